/** Grids that say where to look. */

import * as fovea from '../js/index.js';

/** @import {Race} from './harness.js' */

const SIDE = 256, ACROSS = 5;

/** @type {{name: string, open: () => Promise<Race>}[]} */
export const races = [
    {name: `grid thin-plate spline ${ACROSS * ACROSS} controls ${SIDE}x${SIDE}`, open: spline},
];

/** @returns {Promise<Race>} */
async function spline() {
    await fovea.init();
    const K = ACROSS * ACROSS;
    const controls = Float32Array.from({length: 2 * K}, (_, i) => (i & 1 ? Math.floor((i >> 1) / ACROSS) : (i >> 1) % ACROSS) * 2 / (ACROSS - 1) - 1);
    const targets = controls.map((v, i) => v * 0.9 + 0.08 * Math.sin(3 * i));
    const [where, to] = [{data: controls, dims: [K, 2]}, {data: targets, dims: [1, K, 2]}];
    const points = SIDE * SIDE;
    return {
        name: `thin-plate spline of ${K} controls, a grid of ${SIDE} x ${SIDE}`,
        contenders: [
            {name: 'ours', kind: 'ours', run: () => fovea.tpsGrid(to, where, [1, 1, SIDE, SIDE]).data},
            {name: 'plain JS', kind: 'peer', run: () => plainSpline(controls, targets, K)},
        ],
        check: (answer, reference) => reference.every((/** @type {number} */ v, /** @type {number} */ i) => Math.abs(v - answer[i]) < 1e-5) ? undefined : 'another grid',
        bound: {copy: 8 * points, exp: points * K, madd: points * K * 10, block: 8 * points},
        rest: 'logarithms in double, one at a time; at the rate of exponentials in float32, four at a time, they count too little',
        absent: ['OpenCV.js: its build has no shape module', 'onnxruntime-web, tfjs: none has it'],
    };
}

/** The weights by elimination, then the sum at each point. @param {Float32Array} controls @param {Float32Array} targets @param {number} K */
function plainSpline(controls, targets, K) {
    const n = K + 3;
    const bend = (/** @type {number} */ x, /** @type {number} */ y) => {
        const r = x * x + y * y;
        return r > 0 ? r * Math.log(r) : 0;
    };
    const rows = Array.from({length: n}, () => new Float64Array(n + 2));
    for (let i = 0; i < K; i++) {
        for (let j = 0; j < K; j++) rows[i][j] = bend(controls[2 * i] - controls[2 * j], controls[2 * i + 1] - controls[2 * j + 1]);
        rows[i].set([1, controls[2 * i], controls[2 * i + 1], targets[2 * i], targets[2 * i + 1]], K);
        for (let k = 0; k < 3; k++) rows[K + k][i] = rows[i][K + k];
    }
    for (let k = 0; k < n; k++) {
        let best = k;
        for (let i = k; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[best][k])) best = i;
        [rows[k], rows[best]] = [rows[best], rows[k]];
        for (let i = 0; i < n; i++) {
            const f = rows[i][k] / rows[k][k];
            if (i !== k && f) for (let j = k; j < n + 2; j++) rows[i][j] -= f * rows[k][j];
        }
    }
    const wx = Float64Array.from(rows, (row, i) => row[n] / row[i]), wy = Float64Array.from(rows, (row, i) => row[n + 1] / row[i]);
    const out = new Float32Array(2 * SIDE * SIDE);
    for (let y = 0, p = 0; y < SIDE; y++) {
        for (let x = 0; x < SIDE; x++, p++) {
            const u = (2 * x + 1) / SIDE - 1, v = (2 * y + 1) / SIDE - 1;
            let [gx, gy] = [wx[K] + wx[K + 1] * u + wx[K + 2] * v, wy[K] + wy[K + 1] * u + wy[K + 2] * v];
            for (let k = 0; k < K; k++) {
                const b = bend(u - controls[2 * k], v - controls[2 * k + 1]);
                gx += b * wx[k], gy += b * wy[k];
            }
            out[2 * p] = gx, out[2 * p + 1] = gy;
        }
    }
    return out;
}
