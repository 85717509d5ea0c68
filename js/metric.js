import {checkChoice, checkInteger, checkList, checkNumber, checkOptions, wrong} from './check.js';
import {skeletons} from './skeleton.js';
import {asRows, checkShape, placeFloats, toFloat32} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */

const ALIGN = /** @abi FV_ALIGN_ */ {none: 0, scale: 1, rigid: 2, similarity: 3};

/**
 * @param {string} name
 * @param {Tensor | ArrayLike<number> | undefined} rows
 * @param {number} count of them
 * @param {number} [width]
 * @returns {Float32Array}
 */
function readEach(name, rows, count, width = 1) {
    const {data} = asRows(name, /** @type {Tensor} */ (rows), width);
    if (data.length !== count * width) throw wrong(name, `${count} times ${width} numbers`, data.length);
    return data;
}

/**
 * Object keypoint similarity of every detection with every truth, 0 to 1, as COCO's evaluation defines it.
 *
 * @param {Tensor} detections [N, K, 3] x, y and what is not looked at; a joint that is NaN is infinitely far
 * @param {Tensor} truths [M, K, 3] x, y and, above 0, whether the joint is labelled
 * @param {object} options
 * @param {Tensor | ArrayLike<number>} options.areas of the M truths, in pixels
 * @param {Tensor | ArrayLike<number>} [options.sigmas] of the K joints; default COCO's 17
 * @param {Tensor | ArrayLike<number>} [options.boxes] [M, 4] x1, y1, x2, y2: of a truth without a labelled joint, joints are compared with its box
 *   enlarged by its own size on every side; default: it is like nothing
 * @returns {FloatTensor} [N, M]
 */
export function oks(detections, truths, options) {
    const {areas, sigmas = skeletons.COCO_17.sigmas, boxes} = checkOptions(options);
    const {N, K} = checkShape('detections', detections, ['N', 'K', 3]);
    const {M} = checkShape('truths', truths, ['M', 'K', 3], {K});
    if (!K) throw wrong('detections', 'at least one joint', detections.dims);
    const numbers = [readEach('sigmas', sigmas, K), readEach('areas', areas, M)];
    const corners = boxes === undefined ? undefined : readEach('boxes', boxes, M, 4);
    const data = new Float32Array(N * M);
    withBlock((block) => {
        const dst = block.space(data.byteLength);
        const [sigma, area] = numbers.map((list) => block.input(list));
        block.call('fv_metric_oks', dst, placeFloats(block, detections), N, placeFloats(block, truths), M, K, sigma, area, corners ? block.input(corners) : 0);
        block.output(dst, data);
    });
    return {data, dims: [N, M]};
}

/**
 * @typedef {object} DistanceOptions
 * @property {Tensor} [weight] [N, K], at least 0; a joint of weight 0 is not looked at, even where it is NaN; default 1
 * @property {number} [root] the joint that is moved to 0 in both first, the pelvis as a rule; default none
 * @property {keyof typeof ALIGN} [align] of each person, by least squares: 'scale', 'rigid' (rotation and translation), 'similarity' (these and a
 *   scale; never a reflection: Procrustes); default 'none'
 */

/** @param {Tensor} pred @param {Tensor} truth @param {DistanceOptions | undefined} options @returns {{mean: number, each: FloatTensor}} */
function distances(pred, truth, options) {
    const {weight, root, align = 'none'} = checkOptions(options);
    const {N, K, D} = checkShape('pred', pred, ['N', 'K', 'D']);
    if (!K || D !== 2 && D !== 3) throw wrong('pred', 'shape [N, K, 2] or [N, K, 3], K at least 1', pred.dims);
    checkShape('truth', truth, ['N', 'K', 'D'], {N, K, D});
    if (weight !== undefined) checkShape('weight', weight, ['N', 'K'], {N, K});
    const from = root === undefined ? -1 : checkInteger('root', root, 0, K - 1);
    const how = checkChoice('align', ALIGN, align);
    const each = new Float32Array(N * K);
    return withBlock((block) => {
        const [dst, mean] = [each.byteLength, 8].map((bytes) => block.space(bytes));
        block.call('fv_metric_distances', dst, mean, placeFloats(block, pred), placeFloats(block, truth), N, K, D, weight ? placeFloats(block, weight) : 0, from, how);
        return {mean: block.view(mean, Float64Array, 1)[0], each: {data: block.output(dst, each), dims: [N, K]}};
    });
}

/**
 * Distance of each joint from the true one.
 *
 * @param {Tensor} pred [N, K, 2] or [N, K, 3]
 * @param {Tensor} truth of the same shape
 * @param {DistanceOptions} [options]
 * @returns {FloatTensor} [N, K]; 0 where the weight is 0
 */
export function jointDistances(pred, truth, options) {
    return distances(pred, truth, options).each;
}

/**
 * Mean per joint position error: the weighted mean of jointDistances, in the joints' unit; with `root`, of poses relative to it.
 *
 * @param {Tensor} pred [N, K, 2] or [N, K, 3]
 * @param {Tensor} truth of the same shape
 * @param {DistanceOptions} [options]
 * @returns {number} 0 where no joint has a weight
 */
export function mpjpe(pred, truth, options) {
    return distances(pred, truth, options).mean;
}

/**
 * The same after every person has been laid over the truth by the similarity that fits best (Procrustes).
 *
 * @param {Tensor} pred [N, K, 2] or [N, K, 3]
 * @param {Tensor} truth of the same shape
 * @param {Omit<DistanceOptions, 'align'>} [options]
 * @returns {number}
 */
export function paMpjpe(pred, truth, options) {
    return distances(pred, truth, {...checkOptions(options), align: 'similarity'}).mean;
}

/**
 * @typedef {object} PckOptions
 * @property {Tensor | ArrayLike<number>} lengths of the N people, what distances are measured in: PCKh's head size (.6 times the diagonal of the head's
 *   box), PCK's torso or box, 1 for pixels or millimetres
 */

/**
 * The weighted share of joints that are no further away than each threshold times their person's length.
 *
 * @param {Tensor} pred @param {Tensor} truth @param {PckOptions & DistanceOptions} options @param {number[]} thresholds
 * @returns {{mean: number, joints: Float32Array}[]}
 */
function shares(pred, truth, options, thresholds) {
    const {lengths, weight} = checkOptions(options);
    const {data, dims: [N, K]} = jointDistances(pred, truth, options);
    const scale = readEach('lengths', lengths, N);
    const w = weight ? toFloat32(weight).data.map((v) => v > 0 ? v : 0) : new Float32Array(N * K).fill(1);
    return thresholds.map((threshold) => {
        const [near, seen] = [new Float64Array(K), new Float64Array(K)];
        for (let i = 0; i < data.length; i++) {
            if (data[i] <= threshold * scale[Math.floor(i / K)]) near[i % K] += w[i];
            seen[i % K] += w[i];
        }
        const total = (/** @type {Float64Array} */ list) => list.reduce((a, b) => a + b, 0);
        return {mean: total(near) / total(seen), joints: Float32Array.from(near, (v, k) => v / seen[k])};
    });
}

/**
 * Percentage of correct keypoints, as a share: those no further away than `threshold` times their person's length.
 *
 * @param {Tensor} pred [N, K, 2] or [N, K, 3]
 * @param {Tensor} truth of the same shape
 * @param {PckOptions & DistanceOptions & {threshold?: number}} options threshold: default .5
 * @returns {{mean: number, joints: Float32Array}} of all joints, and of each of the K; NaN where none has a weight
 */
export function pck(pred, truth, options) {
    const {threshold = 0.5} = checkOptions(options);
    return shares(pred, truth, options, [checkNumber('threshold', threshold)])[0];
}

/** MPI-INF-3DHP's, of the curve's whole: 0, 1/30, ... 1. */
const THRESHOLDS = Array.from({length: 31}, (_, i) => i / 30);

/**
 * Area under the curve of pck over thresholds: the mean of it at each.
 *
 * @param {Tensor} pred [N, K, 2] or [N, K, 3]
 * @param {Tensor} truth of the same shape
 * @param {PckOptions & DistanceOptions & {thresholds?: ArrayLike<number>}} options thresholds: default 0 to 1 in 31 even steps, which with a length of
 *   150 mm are MPI-INF-3DHP's
 * @returns {{mean: number, joints: Float32Array}} of all joints, and of each of the K; NaN where none has a weight
 */
export function pckAuc(pred, truth, options) {
    const {thresholds = THRESHOLDS} = checkOptions(options);
    const steps = checkList('thresholds', thresholds);
    if (!steps.length) throw wrong('thresholds', 'at least one number', thresholds);
    const curve = shares(pred, truth, options, steps);
    const mean = (/** @type {(share: {mean: number, joints: Float32Array}) => number} */ of) => curve.reduce((sum, share) => sum + of(share), 0) / curve.length;
    return {mean: mean((share) => share.mean), joints: curve[0].joints.map((_, k) => mean((share) => share.joints[k]))};
}
