/** Greedy non-maximum suppression, alone. */

import * as fovea from '../js/index.js';
import {openOrt, openTf, ortSession} from './peers.js';
import * as plain from './plain.js';
import {boxes as scatter} from './scenes.js';

/** @import {Contender, Race} from './harness.js' */

const COUNT = 8400;
const NO_OPENCV = 'OpenCV.js: the published build does not bind NMSBoxes';

/** @typedef {Parameters<typeof scatter>[1]} Scene */

/** @type {[Scene, number][]} */
const CASES = [['clusters', 0.45], ['clusters', 0.5], ['clusters', 0.7], ['uniform', 0.45], ['uniform', 0.7], ['sparse', 0.45]];

/** @type {{name: string, long?: boolean, open: () => Promise<Race>}[]} */
export const races = CASES.map(([scene, iou], i) => ({name: `nms ${COUNT} ${scene} iou ${iou}`, long: i > 3, open: () => suppression(scene, iou)}));

/** @param {Scene} scene @param {number} iouThreshold @returns {Promise<Race>} */
async function suppression(scene, iouThreshold) {
    await fovea.init();
    const {boxes, scores} = scatter(COUNT, scene, 11);
    const kept = plain.nms(boxes, scores, iouThreshold).length;
    /** @type {Contender[]} */
    const contenders = [
        {name: 'ours', kind: 'ours', target: 20, run: () => fovea.nms(boxes, scores, {iouThreshold, maxDetections: COUNT})},
        await ortNms(boxes, scores, iouThreshold),
        await tfNms(boxes, scores, iouThreshold),
        {name: 'plain JS', kind: 'peer', run: () => plain.nms(boxes, scores, iouThreshold)},
    ];
    return {
        name: `NMS of ${COUNT} boxes, ${scene}, iou ${iouThreshold}: keeps ${kept}`,
        contenders, check: sameIndices, rival: 'onnxruntime-web', absent: [NO_OPENCV],
        // Boxes and scores in; a sort; for each box one overlap at least, with what suppresses it or what it spares.
        bound: {copy: boxes.byteLength + scores.byteLength, madd: COUNT * (Math.log2(COUNT) + 12), block: boxes.byteLength},
        rest: 'filing the boxes in a grid, a dozen scattered stores each, and asking neighbours in vain',
    };
}

/**
 * A pair within a rounding error of the threshold may fall either way.
 * @param {ArrayLike<number>} answer @param {ArrayLike<number>} reference
 */
export function sameIndices(answer, reference) {
    const a = new Set(Array.from(answer, Number)), b = new Set(Array.from(reference, Number));
    const strangers = [...a].filter(i => !b.has(i)).length + [...b].filter(i => !a.has(i)).length;
    if (strangers > Math.max(2, b.size / 500)) return `${strangers} of ${b.size} indices differ`;
    return strangers || Array.from(answer, Number).every((v, i) => v === reference[i]) ? undefined : 'another order';
}

/** @param {Float32Array} boxes @param {Float32Array} scores @param {number} iou @returns {Promise<Contender>} */
async function ortNms(boxes, scores, iou) {
    const ort = await openOrt();
    const n = scores.length;
    const session = await ortSession(nmsGraph);
    const limits = {
        most: new ort.Tensor('int64', BigInt64Array.of(BigInt(n)), [1]),
        iou: new ort.Tensor('float32', Float32Array.of(iou), [1]),
    };
    const run = async () => {
        const {selected} = await session.run({
            boxes: new ort.Tensor('float32', boxes, [1, n, 4]), scores: new ort.Tensor('float32', scores, [1, 1, n]), ...limits,
        });
        return (/** @type {BigInt64Array} */ (selected.data)).filter((_, i) => i % 3 === 2);
    };
    return {name: 'onnxruntime-web', kind: 'peer', run};
}

/** The operator by itself; it takes either pair of opposite corners, so x and y may change places. @type {Parameters<typeof ortSession>[0]} */
export const nmsGraph = {
    inputs: {boxes: ['float32', [1, 'n', 4]], scores: ['float32', [1, 1, 'n']], most: ['int64', [1]], iou: ['float32', [1]]},
    outputs: {selected: ['int64', ['k', 3]]},
    nodes: [['NonMaxSuppression', ['boxes', 'scores', 'most', 'iou'], ['selected']]],
};

/** @param {Float32Array} boxes @param {Float32Array} scores @param {number} iou @returns {Promise<Contender>} */
async function tfNms(boxes, scores, iou) {
    const tf = await openTf();
    const n = scores.length;
    const run = () => {
        const kept = tf.tidy(() => tf.image.nonMaxSuppression(tf.tensor2d(boxes, [n, 4]), tf.tensor1d(scores), n, iou));
        const data = kept.dataSync();
        kept.dispose();
        return data;
    };
    return {name: 'tfjs-wasm', kind: 'peer', run};
}
