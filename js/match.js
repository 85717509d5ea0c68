import {checkChoice, checkFinite, checkInteger, checkList, checkNumber, checkOptions, wrong, wrongType} from './check.js';
import {TYPES, asRows, checkShape, placeFloats, toFloat32} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {Block} from './wasm.js' */
/** @import {Tensor} from './tensor.js' */

export const METRICS = /** @abi FV_METRIC_ */ {l2: 0, cosine: 1, hamming: 2};

/** @typedef {keyof typeof METRICS} Metric */
/** @typedef {{count: number, pairs: Int32Array, distances: Float32Array}} Matches pairs: index in a, index in b, of each; by ascending index in a */

/**
 * The two nearest of `b` for each of `a`, exactly: nearest first, the lower index first where two are as near.
 *
 * @param {Tensor} a [N, D] float32 or uint8 (others are widened to float32); for hamming uint8, eight bits of a descriptor in each
 * @param {Tensor} b [M, D]
 * @param {{metric?: Metric, k?: number}} [options] metric: 'l2' (default), 'cosine' (1 - cos) or 'hamming' (bits that differ); k: how many
 *   instead of two, up to 64
 * @returns {{indices: Int32Array, distances: Float32Array}} [N * k] each; index -1 at distance Infinity where there is none. A descriptor with a NaN
 *   or an infinity has no neighbours and is nobody's; nor, by cosine, has one of length 0
 * @throws {TypeError | RangeError}
 */
export function nearest2(a, b, options) {
    const {metric = 'l2', k = 2} = checkOptions(options);
    checkInteger('k', k, 1, 64);
    const sets = readSets(a, b, metric);
    return withBlock((block) => nearest(block, sets, k));
}

/**
 * Descriptors of `a` and of `b` that belong together: each of `a` with its nearest in `b`, where nothing below speaks against it.
 *
 * @param {Tensor} a [N, D], as of nearest2
 * @param {Tensor} b [M, D]
 * @param {object} [options]
 * @param {Metric} [options.metric='l2']
 * @param {boolean} [options.mutual=true] only where the one in a is also the nearest to the one in b (OpenCV's crossCheck)
 * @param {number} [options.ratio] only where the distance is less than so much of the second nearest's (Lowe's test); a lone neighbour, which cannot
 *   be compared, is no match
 * @param {number} [options.maxDistance] only up to this distance
 * @param {number} [options.top] only so many, the nearest of all; of those as near, the ones of lower index in a
 * @param {Guide} [options.guide] only where positions agree
 * @returns {Matches}
 * @throws {TypeError | RangeError}
 */
export function matchDescriptors(a, b, options) {
    const {metric = 'l2', mutual = true, ratio = Infinity, maxDistance = Infinity, top, guide} = checkOptions(options);
    if (typeof mutual !== 'boolean') throw wrongType('mutual', 'true or false', mutual);
    if (!(checkNumber('ratio', ratio) > 0)) throw wrong('ratio', 'a number above 0', ratio);
    if (!(checkNumber('maxDistance', maxDistance) >= 0)) throw wrong('maxDistance', 'a number of at least 0', maxDistance);
    if (top !== undefined) checkInteger('top', top, 0);
    const sets = readSets(a, b, metric);
    const near = guide && readGuide(guide, sets);
    const k = ratio < Infinity ? 2 : 1;
    return withBlock((block) => {
        const {indices, distances} = nearest(block, sets, k, near);
        let found = Array.from({length: sets.N}, (_, i) => i).filter((i) => {
            const [first, second] = distances.subarray(k * i, k * i + 2);
            return indices[k * i] >= 0 && first <= maxDistance && (k === 1 || second < Infinity && first < ratio * second);
        });
        if (mutual) found = returned(block, sets, found, found.map((i) => indices[k * i]), near);
        if (top !== undefined && top < found.length) {
            found = found.sort((i, j) => distances[k * i] - distances[k * j] || i - j).slice(0, top).sort((i, j) => i - j);
        }
        return {
            count: found.length,
            pairs: Int32Array.from(found.flatMap((i) => [i, indices[k * i]])),
            distances: Float32Array.from(found, (i) => distances[k * i]),
        };
    });
}

/**
 * What is known of where matches lie: one of a, mapped, is near the one in b.
 *
 * @typedef {object} Guide
 * @property {ArrayLike<number>} matrix of a homography, 9 numbers row by row, from the points of a to those of b
 * @property {Tensor | ArrayLike<number>} from [N, 2] where the descriptors of a are
 * @property {Tensor | ArrayLike<number>} to [M, 2] where those of b are
 * @property {number} radius how far off a match may be, in the units of `to`
 */

/**
 * Matches of learned descriptors by dual softmax: with S = a.b / temperature, the softmax of S along its rows times the softmax along its
 * columns; a pair is a match where that is the largest of both its row and its column (LoFTR, Sun et al. 2021).
 *
 * @param {Tensor} a [N, D], of length 1 as a rule
 * @param {Tensor} b [M, D]
 * @param {{temperature?: number, threshold?: number}} [options] temperature: default 0.1; threshold: a match scores more than this, default 0
 * @returns {{count: number, pairs: Int32Array, scores: Float32Array}} scores: the products, up to 1
 * @throws {TypeError | RangeError}
 */
export function matchDualSoftmax(a, b, options) {
    const {temperature = 0.1, threshold = 0} = checkOptions(options);
    if (!(checkFinite('temperature', temperature) > 0) || !Number.isFinite(Math.fround(1 / temperature))) throw wrong('temperature', 'a number above 0', temperature);
    checkNumber('threshold', threshold);
    const {N, M, D} = readSizes(a, b);
    const indices = new Int32Array(N), scores = new Float32Array(N);
    withBlock((block) => {
        const [i, s] = [block.space(indices.byteLength), block.space(scores.byteLength)];
        const scratch = block.space(block.call('fv_match_dual_softmax_scratch', N, M));
        block.call('fv_match_dual_softmax', i, s, placeFloats(block, a), N, placeFloats(block, b), M, D, 1 / temperature, scratch);
        block.output(i, indices), block.output(s, scores);
    });
    const found = Array.from(indices.keys()).filter((i) => indices[i] >= 0 && scores[i] > threshold);
    return {count: found.length, pairs: Int32Array.from(found.flatMap((i) => [i, indices[i]])), scores: Float32Array.from(found, (i) => scores[i])};
}

/** @param {Tensor} a @param {Tensor} b */
function readSizes(a, b) {
    const {N, D} = checkShape('a', a, ['N', 'D']);
    const {M} = checkShape('b', b, ['M', 'D'], {D});
    if (!D) throw wrong('a', '[N, D] with D of at least 1', a.dims);
    return {N, M, D};
}

/** @typedef {{from: Tensor['data'], to: Tensor['data'], N: number, M: number, D: number, type: number, metric: number}} Sets */

/** @param {Tensor} a @param {Tensor} b @param {Metric} metric @returns {Sets} */
function readSets(a, b, metric) {
    const code = checkChoice('metric', METRICS, metric);
    const sizes = readSizes(a, b);
    const isBytes = (/** @type {Tensor} */ {data, scale = 1, zeroPoint = 0}) => data instanceof Uint8Array && scale === 1 && zeroPoint === 0;
    const bytes = isBytes(a) && isBytes(b);
    if (code === METRICS.hamming && !bytes) throw wrongType(isBytes(a) ? 'b' : 'a', 'uint8, eight bits of a descriptor in each', (isBytes(a) ? b : a).data);
    const [from, to] = bytes ? [a.data, b.data] : [toFloat32(a).data, toFloat32(b).data];
    return {from, to, ...sizes, type: bytes ? TYPES.uint8 : TYPES.float32, metric: code};
}

/** @typedef {{from: Float32Array, to: Float32Array, radius: number}} Near where each of a is expected, where those of b are */

/** @param {Guide} guide @param {Sets} sets @returns {Near} */
function readGuide(guide, {N, M}) {
    const {matrix, from, to, radius} = checkOptions(guide, 'guide');
    const [a, b, c, d, e, f, g, h, i] = checkList('guide.matrix', matrix instanceof Float64Array ? Array.from(matrix) : matrix, 9);
    if (!(checkFinite('guide.radius', radius) >= 0)) throw wrong('guide.radius', 'a number of at least 0', radius);
    const [source, target] = [asRows('guide.from', from, 2), asRows('guide.to', to, 2)];
    if (source.dims[0] !== N) throw wrong('guide.from', `[${N}, 2]`, source.dims);
    if (target.dims[0] !== M) throw wrong('guide.to', `[${M}, 2]`, target.dims);
    const mapped = new Float32Array(2 * N);
    for (let k = 0; k < 2 * N; k += 2) {
        const [x, y] = source.data.subarray(k, k + 2);
        const w = g * x + h * y + i;
        mapped.set([(a * x + b * y + c) / w, (d * x + e * y + f) / w], k);
    }
    return {from: mapped, to: target.data, radius};
}

/** @param {Block} block @param {Sets} sets @param {number} k @param {Near} [near] */
function nearest(block, {from, to, N, M, D, type, metric}, k, near) {
    const indices = new Int32Array(N * k), distances = new Float32Array(N * k);
    const [i, d] = [block.space(indices.byteLength), block.space(distances.byteLength)];
    const scratch = block.space(block.call('fv_match_nearest_scratch', N, M, D, k));
    const [a, b] = [block.input(from), block.input(to)];
    if (near) block.call('fv_match_guided', i, d, k, a, block.input(near.from), N, b, block.input(near.to), M, D, type, metric, near.radius, scratch);
    else block.call('fv_match_nearest', i, d, k, a, N, b, M, D, type, metric, scratch);
    return {indices: block.output(i, indices), distances: block.output(d, distances)};
}

/**
 * Of pairs found, those whose one in a is also the nearest to the one in b.
 *
 * @param {Block} block @param {Sets} sets @param {number[]} found in a @param {number[]} partners in b @param {Near} [near]
 */
function returned(block, sets, found, partners, near) {
    const {from, to, N, D} = sets;
    const asked = [...new Set(partners)];
    const pick = (/** @type {any} */ rows, /** @type {number} */ width) => {
        const picked = new rows.constructor(asked.length * width);
        asked.forEach((j, row) => picked.set(rows.subarray(j * width, (j + 1) * width), row * width));
        return picked;
    };
    const back = {...sets, from: pick(to, D), to: from, N: asked.length, M: N};
    const {indices} = nearest(block, back, 1, near && {from: pick(near.to, 2), to: near.from, radius: near.radius});
    const returns = new Map(asked.map((j, row) => [j, indices[row]]));
    return found.filter((i, row) => returns.get(partners[row]) === i);
}
