/** Losses of heat maps, each with its gradient. */

import * as fovea from '../js/index.js';
import {random} from './harness.js';
import {ints} from './onnx.js';
import {openOrt, openTf, ortSession} from './peers.js';

/** @import {Contender, Race} from './harness.js' */
/** @typedef {{loss: number, grad: ArrayLike<number>}} Answer */

const DIMS = [8, 17, 64, 48], ROWS = 8 * 17, CELLS = 64 * 48, COUNT = ROWS * CELLS;

/** @type {{name: string, long?: boolean, open: () => Promise<Race>}[]} */
export const races = [
    {name: 'loss mse 8x17x64x48', open: squares},
    {name: 'loss cross-entropy 8x17x64x48', open: entropies},
    {name: 'loss bce 8x17x64x48', open: binaries},
];

function scene() {
    const draw = random(5);
    const values = (/** @type {() => number} */ of, /** @type {number[]} */ dims) => ({data: Float32Array.from({length: dims.reduce((a, b) => a * b, 1)}, of), dims});
    return {maps: values(() => 6 * draw() - 3, DIMS), target: values(draw, DIMS), weight: values(() => draw() < 0.2 ? 0 : 1, DIMS.slice(0, 2))};
}

/** Peers add 400 000 terms in float32. @param {Answer} answer @param {Answer} reference */
function sameLoss({loss, grad}, reference) {
    const most = Math.max(...Array.from({length: 4096}, (_, i) => Math.abs(reference.grad[i])));
    for (let i = 0; i < COUNT; i++) if (Math.abs(grad[i] - reference.grad[i]) > 2e-5 * most) return `gradient ${grad[i]} instead of ${reference.grad[i]} at ${i}`;
    return Math.abs(loss - reference.loss) <= 2e-4 * Math.abs(reference.loss) ? undefined : `a loss of ${loss} instead of ${reference.loss}`;
}

/**
 * @param {ReturnType<typeof scene>} scene_ @param {import('./onnx.js').Node[]} nodes of maps, target, weight to loss, grad
 * @param {Record<string, import('./onnx.js').Constant>} constants @returns {Promise<Contender>}
 */
async function ortWay({maps, target, weight}, nodes, constants) {
    const ort = await openOrt();
    const shapes = /** @type {const} */ ({maps: ['float32', [ROWS, CELLS]], target: ['float32', [ROWS, CELLS]], weight: ['float32', [ROWS, 1]]});
    const session = await ortSession({
        inputs: /** @type {any} */ (shapes), outputs: {loss: ['float32', []], grad: ['float32', [ROWS, CELLS]]}, nodes, constants,
    });
    const run = async () => {
        const given = Object.fromEntries(Object.entries({maps, target, weight}).map(([name, {data}]) =>
            [name, new ort.Tensor('float32', data, [...shapes[/** @type {'maps'} */ (name)][1]])]));
        const {loss, grad} = await session.run(given);
        return {loss: Number(loss.data[0]), grad: grad.data};
    };
    return {name: 'onnxruntime-web', kind: 'peer', run};
}

/** @param {ReturnType<typeof scene>} scene_ @param {(tf: any, maps: any, target: any, weight: any) => [any, any]} body loss and gradient @returns {Promise<Contender>} */
async function tfWay({maps, target, weight}, body) {
    const tf = await openTf();
    const run = () => {
        const [loss, grad] = tf.tidy(() => body(tf, tf.tensor2d(maps.data, [ROWS, CELLS]), tf.tensor2d(target.data, [ROWS, CELLS]), tf.tensor2d(weight.data, [ROWS, 1])));
        const answer = {loss: loss.dataSync()[0], grad: grad.dataSync()};
        loss.dispose(), grad.dispose();
        return answer;
    };
    return {name: 'tfjs-wasm', kind: 'peer', run};
}

/** One cell after another in float64. @param {ReturnType<typeof scene>} scene_ @param {(grad: Float32Array, first: number, weight: number) => number} row @param {number} by */
const plainWay = ({weight}, row, by) => () => {
    const grad = new Float32Array(COUNT);
    let loss = 0;
    for (let r = 0; r < ROWS; r++) if (weight.data[r]) loss += weight.data[r] * row(grad, r * CELLS, weight.data[r] / by);
    return {loss: loss / by, grad};
};

const scalar = (/** @type {number} */ v) => ({data: Float32Array.of(v), dims: []});

/** @param {ReturnType<typeof scene>} given @param {'heatmapMse' | 'heatmapBce' | 'heatmapCrossEntropy'} name @returns {Contender} */
const ours = (given, name) => ({
    name: 'ours', kind: 'ours', run: () => {
        const {loss, grad} = fovea[name](given.maps, given.target, given.weight);
        return {loss, grad: grad.data};
    },
});

/** @returns {Promise<Race>} */
async function squares() {
    await fovea.init();
    const given = scene(), {maps: {data: p}, target: {data: t}} = given;
    return {
        name: 'mean squared error and gradient of 8x17x64x48',
        contenders: [
            ours(given, 'heatmapMse'),
            await ortWay(given, [
                ['Sub', ['maps', 'target'], ['d']], ['Mul', ['d', 'weight'], ['wd']], ['Mul', ['d', 'wd'], ['squares']],
                ['ReduceMean', ['squares'], ['loss'], {keepdims: 0}], ['Mul', ['wd', 'twice'], ['grad']],
            ], {twice: scalar(2 / COUNT)}),
            await tfWay(given, (tf, maps, target, weight) => {
                const d = tf.sub(maps, target), wd = tf.mul(d, weight);
                return [tf.mean(tf.mul(d, wd)), tf.mul(wd, 2 / COUNT)];
            }),
            {name: 'plain JS', kind: 'peer', run: plainWay(given, (grad, first, factor) => {
                let sum = 0;
                for (let i = first; i < first + CELLS; i++) {
                    const d = p[i] - t[i];
                    sum += d * d;
                    grad[i] = 2 * d * factor;
                }
                return sum;
            }, COUNT)},
        ],
        check: sameLoss, bound: {copy: 12 * COUNT, madd: 10 * COUNT, block: 4 * COUNT}, rest: 'widening to double and back',
    };
}

/** @returns {Promise<Race>} */
async function entropies() {
    await fovea.init();
    const given = scene(), {maps: {data: p}, target: {data: t}, weight} = given;
    for (let r = 0; r < ROWS; r++) {
        const row = t.subarray(r * CELLS, (r + 1) * CELLS), sum = row.reduce((a, b) => a + b, 0);
        row.forEach((v, i) => (row[i] = v / sum));
    }
    const seen = weight.data.reduce((a, b) => a + b, 0);
    return {
        name: 'cross-entropy with target maps and gradient of 8x17x64x48',
        contenders: [
            ours(given, 'heatmapCrossEntropy'),
            await ortWay(given, [
                ['LogSoftmax', ['maps'], ['log'], {axis: 1}], ['Exp', ['log'], ['p']], ['Mul', ['log', 'target'], ['shares']],
                ['ReduceSum', ['shares', 'axis'], ['rows'], {keepdims: 1}], ['Mul', ['rows', 'weight'], ['seen']], ['ReduceSum', ['seen'], ['sum'], {keepdims: 0}],
                ['Mul', ['sum', 'minus'], ['loss']], ['Sub', ['p', 'target'], ['d']], ['Mul', ['weight', 'by'], ['w']], ['Mul', ['d', 'w'], ['grad']],
            ], {axis: ints(1), minus: scalar(-1 / seen), by: scalar(1 / seen)}),
            await tfWay(given, (tf, maps, target, w) => {
                const log = tf.logSoftmax(maps);
                return [tf.mul(tf.sum(tf.mul(tf.sum(tf.mul(log, target), 1, true), w)), -1 / seen), tf.mul(tf.sub(tf.exp(log), target), tf.mul(w, 1 / seen))];
            }),
            {name: 'plain JS', kind: 'peer', run: plainWay(given, (grad, first, factor) => {
                let [most, sum, dot] = [-Infinity, 0, 0];
                for (let i = first; i < first + CELLS; i++) if (p[i] > most) most = p[i];
                for (let i = first; i < first + CELLS; i++) sum += grad[i] = Math.exp(p[i] - most), dot += t[i] * (p[i] - most);
                for (let i = first; i < first + CELLS; i++) grad[i] = (grad[i] / sum - t[i]) * factor;
                return Math.log(sum) - dot;
            }, seen)},
        ],
        check: sameLoss, bound: {copy: 12 * COUNT, exp: COUNT, madd: 10 * COUNT, block: 4 * COUNT}, rest: 'a pass for the maximum, one for the gradient; widening to double',
    };
}

/** @returns {Promise<Race>} */
async function binaries() {
    await fovea.init();
    const given = scene(), {maps: {data: p}, target: {data: t}} = given;
    return {
        name: 'binary cross-entropy of logits and gradient of 8x17x64x48',
        contenders: [
            ours(given, 'heatmapBce'),
            await ortWay(given, [
                ['Sigmoid', ['maps'], ['s']], ['Sub', ['s', 'target'], ['d']], ['Mul', ['weight', 'by'], ['w']], ['Mul', ['d', 'w'], ['grad']],
                ['Softplus', ['maps'], ['soft']], ['Mul', ['maps', 'target'], ['zt']], ['Sub', ['soft', 'zt'], ['each']], ['Mul', ['each', 'weight'], ['seen']],
                ['ReduceMean', ['seen'], ['loss'], {keepdims: 0}],
            ], {by: scalar(1 / COUNT)}),
            await tfWay(given, (tf, maps, target, weight) => [
                tf.mean(tf.mul(tf.sub(tf.add(tf.relu(maps), tf.log(tf.add(tf.exp(tf.neg(tf.abs(maps))), 1))), tf.mul(maps, target)), weight)),
                tf.mul(tf.sub(tf.sigmoid(maps), target), tf.mul(weight, 1 / COUNT)),
            ]),
            {name: 'plain JS', kind: 'peer', run: plainWay(given, (grad, first, factor) => {
                let sum = 0;
                for (let i = first; i < first + CELLS; i++) {
                    const e = Math.exp(-Math.abs(p[i]));
                    sum += Math.max(p[i], 0) - p[i] * t[i] + Math.log1p(e);
                    grad[i] = ((p[i] < 0 ? e : 1) / (1 + e) - t[i]) * factor;
                }
                return sum;
            }, COUNT)},
        ],
        check: sameLoss, bound: {copy: 12 * COUNT, exp: COUNT, divide: 2 * COUNT, madd: 30 * COUNT, block: 4 * COUNT}, rest: 'a logarithm by its series, in double',
    };
}
