/** Paths and cost maps. */

import * as fovea from '../js/index.js';
import { random } from './harness.js';
import { openCv } from './peers.js';

/** @import { Race } from './harness.js' */

const KNOTS = 64, SAMPLES = 512, STEPS = 500, SIDE = 256, SMOOTH = 0.1, RATE = 0.1, MAP = 512;

/** @type {{ name: string, open: () => Promise<Race> }[]} */
export const races = [
    { name: `path ${KNOTS} knots ${SAMPLES} samples ${STEPS} steps`, open: optimisation },
    { name: `costmap distance ${MAP}`, open: distance },
];

/** @returns {Promise<Race>} */
async function optimisation() {
    await fovea.init();
    const data = Float32Array.from({ length: SIDE * SIDE }, (_, i) => 1 + Math.sin(i % SIDE / 10) * Math.cos(Math.floor(i / SIDE) / 13));
    const costmap = { data, dims: [SIDE, SIDE] };
    const knots = { data: Float32Array.from({ length: 2 * KNOTS }, (_, i) => 10 + (i >> 1) * 3.7), dims: [KNOTS, 2] };
    const rounds = STEPS * SAMPLES;
    return {
        name: `${STEPS} Adam steps of a path of ${KNOTS} knots, ${SAMPLES} samples, on ${SIDE} x ${SIDE} cells`,
        contenders: [
            { name: 'ours', kind: 'ours', run: () => fovea.optimizePath(costmap, knots,
                { samples: SAMPLES, steps: STEPS, learningRate: RATE, weights: { smooth: SMOOTH } }).loss },
            { name: 'plain JS', kind: 'peer', run: () => plainAdam(data, knots.data) },
        ],
        check: (answer, reference) => Math.abs(answer - reference) < 1e-4 * reference ? undefined : `${answer} instead of ${reference}`,
        // A sample: two knots blended and their gradients, x and y (16), four cells to a value and two slopes (20); in double, two to a vector.
        bound: { copy: data.byteLength, madd: 2 * rounds * 36, block: data.byteLength },
        rest: 'gathering cells at data-dependent places, one sample at a time',
        absent: ['onnxruntime-web, OpenCV.js: no gradient of a sampler', 'tfjs: no sampler at real coordinates'],
    };
}

/** The same in float64, for linear splines alone. @param {Float32Array} map @param {Float32Array} start @returns {number} the loss */
function plainAdam(map, start) {
    const p = Float64Array.from(start), n = p.length, grad = new Float64Array(n), m = new Float64Array(n), v = new Float64Array(n);
    const clamp = (/** @type {number} */ x) => Math.max(0, Math.min(SIDE - 1, x));
    let loss = 0;
    for (let step = 1; step <= STEPS + 1; step++) {
        loss = 0;
        grad.fill(0);
        for (let i = 0; i < SAMPLES; i++) {
            const at = i * (KNOTS - 1) / (SAMPLES - 1), j = Math.min(Math.floor(at), KNOTS - 2), t = at - j;
            const px = p[2 * j] * (1 - t) + p[2 * j + 2] * t, py = p[2 * j + 1] * (1 - t) + p[2 * j + 3] * t;
            const x = clamp(px), y = clamp(py), x0 = Math.floor(x), y0 = Math.floor(y), u = x - x0, w = y - y0;
            const to = y0 * SIDE + x0, right = x0 < SIDE - 1 ? 1 : 0, down = y0 < SIDE - 1 ? SIDE : 0;
            const a = map[to], b = map[to + right], c = map[to + down], d = map[to + down + right];
            const above = a + (b - a) * u, below = c + (d - c) * u;
            loss += above + (below - above) * w;
            const gx = px > 0 && px < SIDE - 1 ? (b - a) * (1 - w) + (d - c) * w : 0, gy = py > 0 && py < SIDE - 1 ? below - above : 0;
            grad[2 * j] += gx * (1 - t);
            grad[2 * j + 1] += gy * (1 - t);
            grad[2 * j + 2] += gx * t;
            grad[2 * j + 3] += gy * t;
        }
        for (let i = 0; i < n - 4; i++) {
            const d = p[i] - 2 * p[i + 2] + p[i + 4];
            loss += SMOOTH * d * d;
            grad[i] += 2 * SMOOTH * d;
            grad[i + 2] -= 4 * SMOOTH * d;
            grad[i + 4] += 2 * SMOOTH * d;
        }
        if (step > STEPS) break;
        const rate = RATE / (1 - 0.9 ** step), root = Math.sqrt(1 - 0.999 ** step);
        for (let i = 2; i < n - 2; i++) {
            m[i] = 0.9 * m[i] + 0.1 * grad[i];
            v[i] = 0.999 * v[i] + 0.001 * grad[i] * grad[i];
            p[i] -= rate * m[i] / (Math.sqrt(v[i]) / root + 1e-8);
        }
    }
    return loss;
}

/** @returns {Promise<Race>} */
async function distance() {
    await fovea.init();
    const cv = await openCv();
    const draw = random(7), data = Float32Array.from({ length: MAP * MAP }, () => draw() < 0.002 ? 1 : 0);
    const free = new cv.Mat(MAP, MAP, cv.CV_8UC1), far = new cv.Mat();
    const openCvWay = () => {
        const bytes = free.data;
        for (let i = 0; i < data.length; i++) bytes[i] = data[i] > 0.5 ? 0 : 1;
        cv.distanceTransform(free, far, cv.DIST_L2, cv.DIST_MASK_PRECISE);
        return Float32Array.from(far.data32F);
    };
    return {
        name: `exact distances to obstacles, ${MAP} x ${MAP}`,
        contenders: [
            { name: 'ours', kind: 'ours', run: () => fovea.distanceTransform({ data, dims: [MAP, MAP] }).data },
            { name: 'OpenCV.js', kind: 'peer', run: openCvWay },
            { name: 'plain JS', kind: 'peer', run: () => plainDistance(data, MAP, MAP) },
        ],
        check: (answer, reference) => reference.every((/** @type {number} */ d, /** @type {number} */ i) => Math.abs(d - answer[i]) < 1e-3) ? undefined : 'other distances',
        bound: { copy: 3 * data.byteLength, divide: 2 * data.length, block: data.byteLength },
        rest: 'walking lower envelopes: branches that nothing predicts',
    };
}

/** Felzenszwalb and Huttenlocher's, by rows and columns. @param {Float32Array} map @param {number} width @param {number} height */
function plainDistance(map, width, height) {
    const field = Float64Array.from(map, v => v > 0.5 ? 0 : 1e12), n = Math.max(width, height);
    const f = new Float64Array(n), roots = new Int32Array(n), reach = new Float64Array(n + 1);
    /** @param {number} from @param {number} step @param {number} count */
    const line = (from, step, count) => {
        for (let q = 0; q < count; q++) f[q] = field[from + q * step];
        let k = 0;
        roots[0] = 0, reach[0] = -Infinity, reach[1] = Infinity;
        for (let q = 1; q < count; q++) {
            let s;
            for (; ; k--) {
                const r = roots[k];
                s = (f[q] + q * q - f[r] - r * r) / (2 * (q - r));
                if (s > reach[k]) break;
            }
            roots[++k] = q, reach[k] = s, reach[k + 1] = Infinity;
        }
        for (let q = 0, j = 0; q < count; q++) {
            while (reach[j + 1] < q) j++;
            field[from + q * step] = (q - roots[j]) ** 2 + f[roots[j]];
        }
    };
    for (let y = 0; y < height; y++) line(y * width, 1, width);
    for (let x = 0; x < width; x++) line(x, width, height);
    return Float32Array.from(field, Math.sqrt);
}
