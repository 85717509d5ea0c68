/** Peaks of heatmaps and their refinements, and the targets they are trained on. */

import * as fovea from '../js/index.js';
import {random} from './harness.js';
import {openCv, openOrt, openTf, ortSession} from './peers.js';

/** @import {Contender, Race} from './harness.js' */

const [JOINTS, HEIGHT, WIDTH, KERNEL] = [17, 64, 48, 11];
const CELLS = HEIGHT * WIDTH;
const DIMS = [1, JOINTS, HEIGHT, WIDTH];
const BYTES = JOINTS * CELLS * 4;

/** @type {{name: string, long?: boolean, open: () => Promise<Race>}[]} */
export const races = [
    {name: 'argmax 17x64x48', open: () => peaks('none')},
    {name: 'argmax 17x64x48 quarter', open: () => peaks('quarter')},
    {name: 'argmax 17x64x48 parabola', open: () => peaks('parabola')},
    {name: 'argmax 17x64x48 taylor (DARK)', open: () => peaks('taylor')},
    {name: 'argmax 17x64x48 udp', open: () => peaks('udp')},
    {name: 'argmax 64x48x17 channels last', open: last},
    {name: 'argmax 17x(64x48)x3 UDP combined', open: combined},
    {name: 'argmax SimCC 17x(384+512)', open: simcc},
    {name: 'argmax 20 regions of 17x56x56, Mask R-CNN', open: regions},
];

/** A peak and noise for each joint. @param {number} [joints] @param {number} [height] @param {number} [width] */
function scene(joints = JOINTS, height = HEIGHT, width = WIDTH) {
    const draw = random(9), cells = height * width;
    const places = Array.from({length: joints}, () => [4 + draw() * (width - 9), 4 + draw() * (height - 9)]);
    return Float32Array.from({length: joints * cells}, (_, i) => {
        const [x, y] = places[Math.floor(i / cells)], cell = i % cells;
        return Math.exp(-((cell % width - x) ** 2 + (Math.floor(cell / width) - y) ** 2) / 8) + 0.01 * draw();
    });
}

/** @param {ArrayLike<number>} answer @param {ArrayLike<number>} reference */
function samePlaces(answer, reference) {
    const worst = Math.max(...Array.from(reference, (v, i) => Math.abs(answer[i] - v)));
    return answer.length === reference.length && worst < 2e-3 ? undefined : `${worst} cells away`;
}

/** @param {ArrayLike<number>} data @param {number} from @param {number} cells @param {number} [step] */
function largest(data, from, cells, step = 1) {
    let peak = 0;
    for (let i = 1, most = data[from]; i < cells; i++) {
        if (data[from + i * step] > most) most = data[from + i * step], peak = i;
    }
    return peak;
}

/** @param {number} peak @returns {[number, number]} */
const placeOf = (peak) => [peak % WIDTH, Math.floor(peak / WIDTH)];

/** @typedef {(at: (dx: number, dy: number) => number) => [number, number]} Step from values about a cell */

/** @type {Record<string, Step>} */
const STEPS = {
    none: () => [0, 0],
    quarter: (at) => [Math.sign(at(1, 0) - at(-1, 0)) / 4, Math.sign(at(0, 1) - at(0, -1)) / 4],
    parabola: (at) => [(at(-1, 0) - at(1, 0)) / 2 / (at(-1, 0) - 2 * at(0, 0) + at(1, 0)), (at(0, -1) - at(0, 1)) / 2 / (at(0, -1) - 2 * at(0, 0) + at(0, 1))],
    taylor: (at) => newton((at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2, (at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4,
        (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4, (at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4),
    udp: (at) => newton((at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2, at(1, 0) - 2 * at(0, 0) + at(-1, 0),
        (at(1, 1) - at(1, 0) - at(0, 1) + 2 * at(0, 0) - at(-1, 0) - at(0, -1) + at(-1, -1)) / 2, at(0, 1) - 2 * at(0, 0) + at(0, -1)),
};

/** @param {number} gx @param {number} gy @param {number} xx @param {number} xy @param {number} yy @returns {[number, number]} */
function newton(gx, gy, xx, xy, yy) {
    const det = xx * yy - xy * xy;
    return [(xy * gy - yy * gx) / det, (xy * gx - xx * gy) / det];
}

/** Without a blur: of the map itself. @param {Float32Array} data @param {Step} step */
function plainPeaks(data, step) {
    const out = new Float32Array(JOINTS * 2);
    for (let k = 0; k < JOINTS; k++) {
        const [x, y] = placeOf(largest(data, k * CELLS, CELLS));
        const [dx, dy] = step((i, j) => data[k * CELLS + (y + j) * WIDTH + x + i]);
        out.set([x + dx, y + dy], 2 * k);
    }
    return out;
}

/**
 * As ports of DARK write it: all maps blurred, then their logarithm.
 * @param {Float32Array} data @param {Step} step @param {(map: Float32Array) => Float32Array} blur @param {number} least
 */
function blurredPeaks(data, step, blur, least) {
    const out = new Float32Array(JOINTS * 2);
    for (let k = 0; k < JOINTS; k++) {
        const map = data.subarray(k * CELLS, (k + 1) * CELLS), peak = largest(map, 0, CELLS), soft = blur(map);
        const gain = map[peak] / soft[largest(soft, 0, CELLS)], [x, y] = placeOf(peak);
        const [dx, dy] = step((i, j) => Math.log(Math.max(soft[(y + j) * WIDTH + x + i] * gain, least)));
        out.set([x + dx, y + dy], 2 * k);
    }
    return out;
}

const sigma = 0.3 * ((KERNEL - 1) * 0.5 - 1) + 0.8;
const raw = Array.from({length: KERNEL}, (_, i) => Math.exp(-((i - (KERNEL >> 1)) ** 2) / (2 * sigma * sigma)));
const taps = raw.map((v) => v / raw.reduce((a, b) => a + b));

/** @param {Float32Array} map */
function plainBlur(map) {
    const half = KERNEL >> 1, wide = new Float32Array(CELLS), soft = new Float32Array(CELLS);
    for (let y = 0; y < HEIGHT; y++)
        for (let x = 0; x < WIDTH; x++) {
            let sum = 0;
            for (let t = Math.max(-half, -x); t <= Math.min(half, WIDTH - 1 - x); t++) sum += taps[t + half] * map[y * WIDTH + x + t];
            wide[y * WIDTH + x] = sum;
        }
    for (let y = 0; y < HEIGHT; y++)
        for (let t = Math.max(-half, -y); t <= Math.min(half, HEIGHT - 1 - y); t++)
            for (let x = 0; x < WIDTH; x++) soft[y * WIDTH + x] += taps[t + half] * wide[(y + t) * WIDTH + x];
    return soft;
}

/** @param {Float32Array} data @param {Step} step @param {number} least @returns {Promise<Contender>} */
async function cvWay(data, step, least) {
    const cv = await openCv();
    const [map, soft, size] = [new cv.Mat(HEIGHT, WIDTH, cv.CV_32F), new cv.Mat(), new cv.Size(KERNEL, KERNEL)];
    const blur = (/** @type {Float32Array} */ values) => {
        map.data32F.set(values);
        cv.GaussianBlur(map, soft, size, 0, 0, cv.BORDER_CONSTANT);
        return soft.data32F;
    };
    return {name: 'OpenCV.js GaussianBlur and JS', kind: 'peer', run: () => blurredPeaks(data, step, blur, least)};
}

/** @param {keyof typeof STEPS & ('none' | 'quarter' | 'parabola' | 'taylor' | 'udp')} refine @returns {Promise<Race>} */
async function peaks(refine) {
    await fovea.init();
    const data = scene(), step = STEPS[refine];
    const isBlurred = refine === 'taylor' || refine === 'udp', least = refine === 'udp' ? 1e-3 : 1e-10;
    /** @type {Contender[]} */
    const contenders = [
        {name: 'ours', kind: 'ours', target: 2, run: () => fovea.argmax({data, dims: DIMS}, {refine, kernel: KERNEL}).coords.data},
        {name: 'plain JS', kind: 'peer', run: () => isBlurred ? blurredPeaks(data, step, plainBlur, least) : plainPeaks(data, step)},
    ];
    if (isBlurred) contenders.push(await cvWay(data, step, least));
    if (refine === 'none') contenders.push(await ortWay(data, DIMS, 1), await tfWay(data, [JOINTS, CELLS], 1));
    return {
        name: `argmax of 17x64x48, ${refine}`, contenders, check: samePlaces,
        bound: {copy: BYTES, read: BYTES, block: BYTES},
        rest: isBlurred ? 'five rows of five blurred cells for each joint, 25 logarithms' : 'the place of the maximum, looked for once it is known',
    };
}

/** @param {Float32Array} data @param {number[]} dims @param {number} axis 1: [N, K, H, W], 3: [N, H, W, K] @returns {Promise<Contender>} */
async function ortWay(data, dims, axis) {
    const ort = await openOrt();
    const flat = axis === 1 ? [JOINTS, CELLS] : [CELLS, JOINTS];
    const session = await ortSession({
        inputs: {maps: ['float32', flat]}, outputs: {peaks: ['int64', [JOINTS]]},
        nodes: [['ArgMax', ['maps'], ['peaks'], {axis: axis === 1 ? 1 : 0, keepdims: 0}]],
    });
    const run = async () => {
        const found = await session.run({maps: new ort.Tensor('float32', data, flat)});
        return Array.from(/** @type {BigInt64Array} */ (found.peaks.data), Number).flatMap(placeOf);
    };
    return {name: 'onnxruntime-web', kind: 'peer', run};
}

/** @param {Float32Array} data @param {[number, number]} dims @param {number} axis @returns {Promise<Contender>} */
async function tfWay(data, dims, axis) {
    const tf = await openTf();
    const run = () => {
        const found = tf.tidy(() => tf.argMax(tf.tensor2d(data, dims), axis));
        const at = Array.from(found.dataSync()).flatMap(placeOf);
        found.dispose();
        return at;
    };
    return {name: 'tfjs-wasm', kind: 'peer', run};
}

/** @returns {Promise<Race>} */
async function last() {
    await fovea.init();
    const planes = scene(), data = Float32Array.from(planes, (_, i) => planes[i % JOINTS * CELLS + Math.floor(i / JOINTS)]);
    const plain = () => Array.from({length: JOINTS}, (_, k) => placeOf(largest(data.subarray(k), 0, CELLS, JOINTS))).flat();
    return {
        name: 'argmax of 64x48x17, channels last',
        contenders: [
            {name: 'ours', kind: 'ours', target: 2, run: () => fovea.argmax({data, dims: [1, HEIGHT, WIDTH, JOINTS]}, {layout: 'NHWC'}).coords.data},
            {name: 'plain JS', kind: 'peer', run: plain}, await ortWay(data, DIMS, 3), await tfWay(data, [CELLS, JOINTS], 0),
        ],
        check: samePlaces, bound: {copy: BYTES, read: BYTES, block: BYTES}, rest: 'sixteen joints abreast, and the seventeenth by itself',
    };
}

/** @returns {Promise<Race>} */
async function combined() {
    await fovea.init();
    const [cv, draw] = [await openCv(), random(3)], radius = 0.0546875 * HEIGHT;
    const joints = {data: Float32Array.from({length: 2 * JOINTS}, (_, i) => 4 + draw() * ((i % 2 ? HEIGHT : WIDTH) - 9)), dims: [1, JOINTS, 2]};
    const {data, dims} = fovea.udpCombinedTargets(joints, null, [HEIGHT, WIDTH]);
    const [map, soft] = [new cv.Mat(HEIGHT, WIDTH, cv.CV_32F), new cv.Mat()], sizes = [23, 11, 11].map((k) => new cv.Size(k, k));
    const cvRun = () => {
        const out = new Float32Array(2 * JOINTS);
        for (let k = 0; k < JOINTS; k++) {
            let peak = 0;
            for (let plane = 0; plane < 3; plane++) {
                map.data32F.set(data.subarray((3 * k + plane) * CELLS, (3 * k + plane + 1) * CELLS));
                cv.GaussianBlur(map, soft, sizes[plane], 0);
                if (plane === 0) peak = largest(soft.data32F, 0, CELLS);
                else out[2 * k + plane - 1] = placeOf(peak)[plane - 1] + soft.data32F[peak] * radius;
            }
        }
        return out;
    };
    return {
        name: 'UDP combined, 17 joints of three 64x48 maps',
        contenders: [
            {name: 'ours', kind: 'ours', target: 2, run: () => fovea.decodeUdpCombined({data, dims}).coords.data},
            {name: 'OpenCV.js GaussianBlur and JS', kind: 'peer', run: cvRun},
        ],
        check: samePlaces, bound: {copy: data.byteLength, madd: JOINTS * CELLS * (23 + 23), block: BYTES}, rest: 'sums kept in memory between the rows of a blur',
    };
}

/** @returns {Promise<Race>} */
async function simcc() {
    await fovea.init();
    const [x, y] = [384, 512].map((width) => ({data: scene(JOINTS, 1, width), dims: [1, JOINTS, width]}));
    const plain = () => Array.from({length: 2 * JOINTS}, (_, i) => {
        const {data, dims} = i % 2 ? y : x;
        return largest(data, (i >> 1) * dims[2], dims[2]) / 2;
    });
    const bytes = x.data.byteLength + y.data.byteLength;
    return {
        name: 'SimCC of 17x384 and 17x512',
        contenders: [{name: 'ours', kind: 'ours', run: () => fovea.decodeSimcc(x, y).coords.data}, {name: 'plain JS', kind: 'peer', run: plain}],
        check: samePlaces, bound: {copy: bytes, read: bytes, block: bytes}, rest: 'a call, its checks and its results: microseconds',
    };
}

/** @returns {Promise<Race>} */
async function regions() {
    await fovea.init();
    const [cv, count, side] = [await openCv(), 20, 56], data = scene(count * JOINTS, side, side), draw = random(5);
    const rois = Float32Array.from({length: 4 * count}, (_, i) => Math.round(i % 4 < 2 ? draw() * 300 : 400 + draw() * 150));
    const [map, big] = [new cv.Mat(side, side, cv.CV_32F), new cv.Mat()];
    const cvRun = () => {
        const out = new Float32Array(count * JOINTS * 3);
        for (let i = 0; i < count * JOINTS; i++) {
            const [x1, y1, x2, y2] = rois.subarray(4 * Math.floor(i / JOINTS)), [w, h] = [x2 - x1, y2 - y1];
            map.data32F.set(data.subarray(i * side * side, (i + 1) * side * side));
            cv.resize(map, big, new cv.Size(w, h), 0, 0, cv.INTER_CUBIC);
            const {x, y} = cv.minMaxLoc(big).maxLoc;
            out.set([x + 0.5 + x1, y + 0.5 + y1, 1], 3 * i);
        }
        return out;
    };
    const same = (/** @type {ArrayLike<number>} */ answer, /** @type {ArrayLike<number>} */ reference) => {
        const moved = Array.from(reference).filter((v, i) => Math.abs(v - answer[i]) > 1e-3).length; // neighbours of almost one value
        return moved > reference.length / 100 ? `${moved} of ${reference.length} differ` : undefined;
    };
    return {
        name: 'Mask R-CNN keypoints, 20 regions of 17x56x56, about 250 x 250 pixels',
        contenders: [
            {name: 'ours', kind: 'ours', target: 2, run: () => fovea.heatmapsToKeypoints({data, dims: [count, JOINTS, side, side]}, {data: rois, dims: [count, 4]}).keypoints.data},
            {name: 'OpenCV.js resize, minMaxLoc', kind: 'peer', run: cvRun},
        ],
        check: same, bound: {copy: data.byteLength, block: data.byteLength}, rest: 'every row of pixels at the width of the map, and those that may hold the largest at full width',
    };
}
