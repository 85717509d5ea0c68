/** Integral regression: from heat maps to joints, and back. */

import * as fovea from '../js/index.js';
import {random} from './harness.js';
import {ints} from './onnx.js';
import {openOrt, openTf, ortSession} from './peers.js';

/** @import {Contender, Race} from './harness.js' */

const JOINTS = 17;
const WHOLE = 'the maximum before, marginals after';

/** @type {{name: string, long?: boolean, open: () => Promise<Race>}[]} */
export const races = [
    {name: 'heatmap soft-argmax 17x64x48', open: () => planes([64, 48])},
    {name: 'heatmap soft-argmax 64x48x17 channels last', open: () => last([64, 48])},
    {name: 'heatmap soft-argmax 17x64x64x64', open: () => planes([64, 64, 64])},
    {name: 'heatmap soft-argmax 64x64x64x17 channels last', open: () => last([64, 64, 64])},
    {name: 'heatmap soft-argmax window 5x5 of 64x48x17 channels last', open: windowed},
    {name: 'heatmap soft-argmax backward 17x64x48', open: backward},
];

/** @param {readonly number[]} sizes */
const product = (sizes) => sizes.reduce((a, b) => a * b, 1);

/** A peak and noise for each joint, row by row. @param {number[]} sizes @param {boolean} isLast */
function scene(sizes, isLast) {
    const draw = random(7), cells = product(sizes), peaks = Array.from({length: JOINTS}, () => sizes.map(size => draw() * size));
    return Float32Array.from({length: JOINTS * cells}, (_, i) => {
        const [joint, cell] = isLast ? [i % JOINTS, Math.floor(i / JOINTS)] : [Math.floor(i / cells), i % cells];
        const distance = indexOf(cell, sizes).reduce((sum, v, k) => sum + (v - peaks[joint][k]) ** 2, 0);
        return 9 * Math.exp(-distance / 8) + draw() - 0.5;
    });
}

/** Along each axis, outermost first. @param {number} cell @param {number[]} sizes */
const indexOf = (cell, sizes) => sizes.map((size, k) => Math.floor(cell / product(sizes.slice(k + 1))) % size);

/** x, y (, z) of every cell: [cells, axes], or turned. @param {number[]} sizes @param {boolean} isTurned */
function places(sizes, isTurned) {
    const cells = product(sizes), axes = sizes.length;
    const all = Array.from({length: cells}, (_, cell) => indexOf(cell, sizes).reverse());
    const data = Float32Array.from({length: cells * axes}, (_, i) => isTurned ? all[i % cells][Math.floor(i / cells)] : all[Math.floor(i / axes)][i % axes]);
    return {data, dims: isTurned ? [axes, cells] : [cells, axes]};
}

/** [axes, joints] as [joints, axes]. @param {ArrayLike<number>} values @param {number} axes */
const turned = (values, axes) => Float32Array.from(values, (_, i) => values[(i % axes) * JOINTS + Math.floor(i / axes)]);

/** @param {ArrayLike<number>} answer @param {ArrayLike<number>} reference */
function samePlaces(answer, reference) {
    const worst = Math.max(...Array.from(reference, (v, i) => Math.abs(answer[i] - v)));
    return answer.length === reference.length && worst < 2e-3 ? undefined : `${worst} cells away`;
}

/**
 * Softmax over the cells and a product with their places.
 * @param {Float32Array} data @param {number[]} dims @param {number[]} sizes @param {boolean} isLast @returns {Promise<Contender>}
 */
async function ortWay(data, dims, sizes, isLast) {
    const ort = await openOrt(), cells = product(sizes), axes = sizes.length;
    const session = await ortSession({
        inputs: {maps: ['float32', dims]}, outputs: {coords: ['float32', isLast ? [axes, JOINTS] : [JOINTS, axes]]},
        constants: {shape: ints(...(isLast ? [cells, JOINTS] : [JOINTS, cells])), places: places(sizes, isLast)},
        nodes: [
            ['Reshape', ['maps', 'shape'], ['flat']], ['Softmax', ['flat'], ['p'], {axis: isLast ? 0 : 1}],
            ['MatMul', isLast ? ['places', 'p'] : ['p', 'places'], ['coords']],
        ],
    });
    const run = async () => {
        const {coords} = await session.run({maps: new ort.Tensor('float32', data, dims)});
        return isLast ? turned(/** @type {Float32Array} */ (coords.data), axes) : coords.data;
    };
    return {name: 'onnxruntime-web', kind: 'peer', run};
}

/** @param {Float32Array} data @param {number[]} sizes @param {boolean} isLast @returns {Promise<Contender>} */
async function tfWay(data, sizes, isLast) {
    const tf = await openTf(), cells = product(sizes), table = places(sizes, false);
    const at = tf.tensor2d(table.data, [cells, sizes.length]);
    const run = () => {
        const coords = tf.tidy(() => {
            const flat = tf.tensor2d(data, isLast ? [cells, JOINTS] : [JOINTS, cells]);
            return tf.matMul(tf.softmax(isLast ? tf.transpose(flat) : flat), at);
        });
        const found = coords.dataSync();
        coords.dispose();
        return found;
    };
    return {name: 'tfjs-wasm', kind: 'peer', run};
}

/** As tutorials write it. @param {Float32Array} data @param {number[]} sizes @param {boolean} isLast */
function plainWay(data, sizes, isLast) {
    const [width, height, depth = 1] = [...sizes].reverse(), cells = product(sizes), axes = sizes.length, out = new Float32Array(JOINTS * axes);
    for (let k = 0; k < JOINTS; k++) {
        const first = isLast ? k : k * cells, step = isLast ? JOINTS : 1;
        let most = -Infinity, sum = 0, sx = 0, sy = 0, sz = 0;
        for (let i = 0, at = first; i < cells; i++, at += step) if (data[at] > most) most = data[at];
        let at = first;
        for (let z = 0; z < depth; z++)
            for (let y = 0; y < height; y++)
                for (let x = 0; x < width; x++, at += step) {
                    const e = Math.exp(data[at] - most);
                    sum += e, sx += e * x, sy += e * y, sz += e * z;
                }
        out.set([sx / sum, sy / sum, sz / sum].slice(0, axes), k * axes);
    }
    return out;
}

/** @param {number[]} sizes @param {boolean} isLast @param {string} name @returns {Promise<Race>} */
async function race(sizes, isLast, name) {
    await fovea.init();
    const data = scene(sizes, isLast), dims = isLast ? [1, ...sizes, JOINTS] : [1, JOINTS, ...sizes];
    const layout = isLast ? 'NHWC' : 'NCHW';
    return {
        name,
        contenders: [
            {name: 'ours', kind: 'ours', target: 2, run: () => fovea.softArgmax({data, dims}, {layout}).coords.data},
            await ortWay(data, dims, sizes, isLast), await tfWay(data, sizes, isLast),
            {name: 'plain JS', kind: 'peer', run: () => plainWay(data, sizes, isLast)},
        ],
        check: samePlaces, rival: 'onnxruntime-web', bound: {copy: data.byteLength, exp: data.length, block: data.byteLength}, rest: WHOLE,
    };
}

/** @param {number[]} sizes */
const planes = (sizes) => race(sizes, false, `soft-argmax of ${[JOINTS, ...sizes].join('x')}`);

/** @param {number[]} sizes */
const last = (sizes) => race(sizes, true, `soft-argmax of ${[...sizes, JOINTS].join('x')}, channels last`);

/** @returns {Promise<Race>} */
async function windowed() {
    await fovea.init();
    const sizes = [64, 48], data = scene(sizes, true), dims = [1, ...sizes, JOINTS];
    return {
        name: 'soft-argmax of the 5x5 about the peak, 64x48x17 channels last',
        contenders: [
            {name: 'ours', kind: 'ours', run: () => fovea.softArgmax({data, dims}, {layout: 'NHWC', window: 2}).coords.data},
            {name: 'plain JS', kind: 'peer', run: () => plainWindow(data, 48, 64)},
        ],
        check: samePlaces, absent: ['onnxruntime-web, tfjs-wasm: no operator takes a window about a maximum'],
        bound: {copy: data.byteLength, read: data.byteLength, block: data.byteLength}, rest: '17 windows of 25 cells gathered one by one',
    };
}

/** @param {Float32Array} data @param {number} width @param {number} height */
function plainWindow(data, width, height) {
    const out = new Float32Array(JOINTS * 2);
    for (let k = 0; k < JOINTS; k++) {
        let peak = 0;
        for (let i = 1; i < width * height; i++) if (data[i * JOINTS + k] > data[peak * JOINTS + k]) peak = i;
        const px = peak % width, py = Math.floor(peak / width), most = data[peak * JOINTS + k];
        let sum = 0, sx = 0, sy = 0;
        for (let y = Math.max(0, py - 2); y <= Math.min(height - 1, py + 2); y++)
            for (let x = Math.max(0, px - 2); x <= Math.min(width - 1, px + 2); x++) {
                const e = Math.exp(data[(y * width + x) * JOINTS + k] - most);
                sum += e, sx += e * x, sy += e * y;
            }
        out.set([sx / sum, sy / sum], 2 * k);
    }
    return out;
}

/** @returns {Promise<Race>} */
async function backward() {
    await fovea.init();
    const sizes = [64, 48], data = scene(sizes, false), dims = [1, JOINTS, ...sizes], cells = product(sizes);
    const gradient = Float32Array.from({length: 2 * JOINTS}, (_, i) => i % 3 - 1), table = places(sizes, false);
    const tf = await openTf();
    const at = tf.tensor2d(table.data, [cells, 2]), dy = tf.tensor2d(gradient, [JOINTS, 2]);
    const tfRun = () => {
        const out = tf.tidy(() => {
            const p = tf.softmax(tf.tensor2d(data, [JOINTS, cells])), pull = tf.matMul(dy, at, false, true);
            return tf.mul(p, tf.sub(pull, tf.sum(tf.mul(p, pull), 1, true)));
        });
        const found = out.dataSync();
        out.dispose();
        return found;
    };
    return {
        name: 'gradient of soft-argmax by its maps, 17x64x48',
        contenders: [
            {name: 'ours', kind: 'ours', run: () => fovea.softArgmaxBackward({data: gradient, dims: [1, JOINTS, 2]}, {data, dims}).data},
            {name: 'tfjs-wasm', kind: 'peer', run: tfRun},
        ],
        check: samePlaces, absent: ['onnxruntime-web: no gradients'],
        bound: {copy: 2 * data.byteLength, exp: 2 * data.length, block: data.byteLength}, rest: 'the maximum before, a product after; nothing is kept from forward',
    };
}
