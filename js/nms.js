import {checkAbove0, checkChoice, checkInteger, checkNumber, checkOptions, wrong, wrongType} from './check.js';
import {asRows} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {Block} from './wasm.js' */
/** @import {Boxes} from './box.js' */
/** @import {Tensor} from './tensor.js' */

const FLAGS = /** @abi FV_NMS_ */ {inclusive: 1, plus_one: 2, score_inclusive: 4};
const DECAYS = /** @abi FV_DECAY_ */ {linear: 0, gaussian: 1};

/**
 * What the libraries do, as data.
 *
 * inclusive       an overlap equal to the threshold suppresses too
 * scoreInclusive  a score equal to the threshold passes too
 * plusOne         widths and heights are x2 - x1 + 1
 * decay, sigma    overlapping boxes lose score instead of going (Bodla et al. 2017)
 * weighted        the kept box becomes the mean, by score, of all it stands for
 *
 * @typedef {{inclusive?: boolean, scoreInclusive?: boolean, plusOne?: boolean, decay?: keyof typeof DECAYS, sigma?: number, weighted?: boolean}} Policy
 * @type {Record<string, Policy>}
 */
export const POLICIES = {
    greedy: {},
    torchvision: {},
    ultralytics: {},
    opencv: {},
    darknet: {},
    tfjs: {inclusive: true},
    voc: {plusOne: true},
    yolox: {plusOne: true},
    mediapipe: {weighted: true, scoreInclusive: true},
    'soft-linear': {decay: 'linear'},
    'soft-gaussian': {decay: 'gaussian', sigma: 0.5},
};

/**
 * @typedef {object} NmsOptions
 * @property {number} [iouThreshold] suppressed is what overlaps more; default .45; Infinity: nothing
 * @property {number} [scoreThreshold] considered is what scores more; default: all
 * @property {Tensor | ArrayLike<number> | null} [classes] [N]: boxes of different classes leave each other alone
 * @property {number} [maxDetections] default: all
 * @property {number} [maxPerClass] only so many of each class are considered, the best; default: all. Not with decay or weighted
 * @property {string | Policy} [policy] default 'greedy'
 */

/**
 * Non-maximum suppression: best score first, each box kept unless a kept one overlaps it.
 *
 * Equal scores: the lower index first. A NaN score or coordinate is never kept.
 *
 * @param {Boxes} boxes [N, 4] x1, y1, x2, y2
 * @param {Tensor | ArrayLike<number>} scores [N]
 * @param {NmsOptions} [options]
 * @returns {Int32Array} indices of the kept boxes, best first
 */
export function nms(boxes, scores, options) {
    return suppress(boxes, scores, options).indices;
}

/**
 * The same, with what soft and weighted policies change.
 *
 * @param {Boxes} boxes [N, 4] x1, y1, x2, y2
 * @param {Tensor | ArrayLike<number>} scores [N]
 * @param {NmsOptions} [options]
 * @returns {{indices: Int32Array, boxes: Float32Array, scores: Float32Array}} best first
 */
export function suppress(boxes, scores, options) {
    const {classes, ...others} = checkOptions(options);
    const {data, dims: [n]} = asRows('boxes', boxes, 4);
    const {data: s} = asRows('scores', scores, 1);
    if (s.length !== n) throw wrong('scores', `one for each of ${n} boxes`, s.length);
    const c = classes === undefined || classes === null ? null : readClasses(classes);
    if (c && c.length !== n) throw wrong('classes', `one for each of ${n} boxes`, c.length);
    const rule = suppression(others);
    return withBlock((block) => {
        const rows = block.input(data);
        const {indices, scores: kept, rows: merged} = rule(block, {n, boxes: rows, rows, values: 4, scores: block.input(s), classes: c ? block.input(c) : 0});
        return {indices, scores: kept, boxes: merged ?? gather(data, indices, 4)};
    });
}

/** @param {any} classes a tensor or numbers @returns {Int32Array} */
function readClasses(classes) {
    const ids = classes.data ?? classes;
    return ids instanceof Int32Array ? ids : Int32Array.from(asRows('classes', classes, 1).data);
}

/**
 * @template {Float32Array | Int32Array} T
 * @param {T} rows
 * @param {Int32Array} indices
 * @param {number} width
 * @returns {T} the rows of those indices
 */
export function gather(rows, indices, width) {
    const out = new /** @type {any} */ (rows).constructor(indices.length * width);
    for (let i = 0; i < indices.length; i++) {
        for (let k = 0; k < width; k++) out[i * width + k] = rows[indices[i] * width + k];
    }
    return out;
}

/**
 * What suppression works on, in wasm memory: n boxes, and n rows of `values` floats, the box first, for a policy that merges.
 *
 * @typedef {{n: number, boxes: number, rows: number, values: number, scores: number, classes: number}} Candidates
 */

/**
 * Check the options, choose the operator.
 *
 * @param {NmsOptions} options
 * @returns {(block: Block, candidates: Candidates) => {indices: Int32Array, scores: Float32Array, rows?: Float32Array}}
 *   rows: where the policy merges, the merged ones
 */
export function suppression({iouThreshold = 0.45, scoreThreshold = -Infinity, maxDetections, maxPerClass = 0, policy = 'greedy'} = {}) {
    const iou = checkNumber('iouThreshold', iouThreshold);
    const threshold = checkNumber('scoreThreshold', scoreThreshold);
    const most = maxDetections === undefined || maxDetections === Infinity ? Infinity : checkInteger('maxDetections', maxDetections, 0);
    const perClass = maxPerClass === Infinity ? 0 : checkInteger('maxPerClass', maxPerClass, 0);
    const {inclusive, scoreInclusive, plusOne, decay, sigma = 0.5, weighted} = readPolicy(policy);
    if (perClass && (decay || weighted)) throw wrongType('maxPerClass', 'a policy that neither decays nor merges', policy);
    const flags = (inclusive ? FLAGS.inclusive : 0) + (plusOne ? FLAGS.plus_one : 0) + (scoreInclusive ? FLAGS.score_inclusive : 0);

    return (block, {n, boxes, rows, values, scores, classes}) => {
        const limit = Math.min(n, most);
        const keep = block.space(limit * 4);
        const scratch = block.space(block.call('fv_nms_scratch', n));
        const changed = decay ? block.space(limit * 4) : weighted ? block.space(limit * values * 4) : 0;
        const count = decay
            ? block.call('fv_nms_soft', keep, changed, limit, boxes, scores, classes, n, iou, threshold, DECAYS[decay], sigma, flags, scratch)
            : weighted
                ? block.call('fv_nms_weighted', keep, changed, limit, rows, values, scores, classes, n, iou, threshold, flags, scratch)
                : block.call('fv_nms', keep, limit, boxes, scores, classes, n, iou, threshold, perClass, flags, scratch);
        const indices = block.output(keep, new Int32Array(count));
        return {
            indices,
            scores: decay ? block.output(changed, new Float32Array(count)) : gather(block.view(scores, Float32Array, n), indices, 1),
            rows: weighted ? block.output(changed, new Float32Array(count * values)) : undefined,
        };
    };
}

/** @param {string | Policy} policy @returns {Policy} */
function readPolicy(policy) {
    if (typeof policy === 'string') return checkChoice('policy', POLICIES, policy);
    if (!policy || typeof policy !== 'object') throw wrongType('policy', 'a name or an object', policy);
    const known = ['inclusive', 'scoreInclusive', 'plusOne', 'decay', 'sigma', 'weighted'];
    const unknown = Object.keys(policy).find((key) => !known.includes(key));
    if (unknown) throw wrongType('policy', known.join(', '), unknown);
    if (policy.decay !== undefined) checkChoice('policy.decay', DECAYS, policy.decay);
    if (policy.sigma !== undefined) checkAbove0('policy.sigma', policy.sigma);
    return policy;
}
