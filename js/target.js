import {checkChoice, checkFinite, checkInteger, checkList, checkOptions, wrong, wrongType} from './check.js';
import {LAYOUTS} from './image.js';
import {checkShape, checkTensor, makeOutput, placeFloats} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */
/** @import {Block} from './wasm.js' */

const SPOTS = /** @abi FV_SPOT_ */ {exact: 0, unbiased: 1, msra: 2, udp: 3, megvii: 4, 'one-hot': 5, lightweight: 6};
const COMBINE = /** @abi FV_COMBINE_ */ {max: 0, sum: 1, clipped: 2};
const FIELDS = /** @abi FV_FIELD_ */ {paper: 0, lightweight: 1};
const FLAGS = /** @abi FV_TARGET_ */ {normalise: 1, background: 2};
const NORMS = {peak: 0, sum: FLAGS.normalise};

/**
 * Where the cells of a map lie: cell j is at stride * j + offset of the joints' coordinates.
 *
 * @typedef {object} CellOptions
 * @property {number} [stride] default 1: the joints are in index coordinates of the map
 * @property {number} [offset] default 0
 * @property {'NCHW' | 'NHWC'} [layout] of the maps; default 'NCHW'
 */

/**
 * @typedef {object} Joints
 * @property {number} N
 * @property {number} people
 * @property {number} K
 * @property {number[]} dims of the weights
 * @property {Tensor} coords
 * @property {Tensor | undefined} weight
 */

/** @param {string} name @param {Tensor} coords @param {Tensor | null | undefined} weight @returns {Joints} */
function readJoints(name, coords, weight) {
    const dims = checkTensor(name, coords, '[N, K, 2] or [N, P, K, 2]');
    if (dims.length < 3 || dims.length > 4 || dims[dims.length - 1] !== 2) throw wrong(name, '[N, K, 2] or [N, P, K, 2]', dims);
    const outer = dims.slice(0, -1);
    if (weight) checkShape('weight', weight, outer);
    const [N, people, K] = outer.length === 3 ? outer : [outer[0], 1, outer[1]];
    return {N, people, K, dims: outer, coords, weight: weight ?? undefined};
}

/** @param {Block} block @param {Joints} joints @returns {[number, number, number, number, number]} */
function placeJoints(block, {coords, weight, N, people, K, dims}) {
    const ones = () => block.input(new Float32Array(dims.reduce((n, d) => n * d, 1)).fill(1));
    return [placeFloats(block, coords), weight ? placeFloats(block, weight) : ones(), N, people, K];
}

/** [height, width]. @param {readonly number[]} size of the maps: [H, W], or [N, C, H, W] @returns {[number, number]} */
function readMapSize(size) {
    const list = checkList('size', size);
    if (list.length !== 2 && list.length !== 4) throw wrong('size', '[H, W] or [N, C, H, W]', size);
    const [height, width] = list.slice(-2).map((side, i) => checkInteger(`size[${list.length - 2 + i}]`, side));
    return [height, width];
}

/** @param {CellOptions} options */
function readCells({stride = 1, offset = 0, layout = 'NCHW'}) {
    if (!(checkFinite('stride', stride) > 0)) throw wrong('stride', 'a number above 0', stride);
    return {last: checkChoice('layout', LAYOUTS, layout), stride, offset: checkFinite('offset', offset)};
}

/** @param {string} name @param {unknown} value */
function checkPositive(name, value) {
    if (!(checkFinite(name, value) > 0)) throw wrong(name, 'a number above 0', value);
    return /** @type {number} */ (value);
}

/** @param {number} last @param {number} N @param {number} planes @param {number} height @param {number} width */
const mapDims = (last, N, planes, height, width) => last ? [N, height, width, planes] : [N, planes, height, width];

/**
 * Heatmaps of joints.
 *
 * `kind` says how a joint is drawn: 'exact', a Gaussian about it over the whole map; 'unbiased' (DARK), the same of joints whose square of
 * 3 sigma touches the map; 'msra' (Simple Baselines, HRNet), about the nearest cell, within the square of 3 sigma; 'udp', about the joint
 * within that square; 'megvii' (CPN, MSPN), the joint's cell blurred by OpenCV's Gaussian of `kernel` cells, 255 at its peak; 'one-hot', 1 in
 * the nearest cell: the classes of a cross-entropy; 'lightweight', 'exact' down to .01.
 *
 * @param {Tensor} coords [N, K, 2] (x, y), or of several people on the same maps [N, P, K, 2]; index coordinates where stride is 1
 * @param {Tensor | null} weight [N, K], or [N, P, K]: joints of less than .5 are not drawn; default: all are
 * @param {readonly number[]} size of the maps: [H, W], or [N, K, H, W]
 * @param {CellOptions & {sigma?: number, kind?: keyof typeof SPOTS, kernel?: number,
 *   combine?: keyof typeof COMBINE, norm?: keyof typeof NORMS}} [options]
 *   sigma: in cells, default 2; kernel: of 'megvii', odd, default 11; combine: people who overlap, default 'max'; norm: what is 1, the
 *   peak (default), or the sum over the map of each joint
 * @returns {FloatTensor & {weight: FloatTensor}} [N, K, H, W], or [N, H, W, K]; its weight is 0 where nothing was drawn
 */
export function gaussianTargets(coords, weight, size, options) {
    const {sigma = 2, kind = 'exact', kernel = 11, combine = 'max', norm = 'peak', ...cells} = checkOptions(options);
    const spot = checkChoice('kind', SPOTS, kind);
    if (checkInteger('kernel', kernel, 1, 127) % 2 === 0) throw wrong('kernel', 'an odd number', kernel);
    return drawSpots(readJoints('coords', coords, weight), readMapSize(size), cells, {
        spot, combine: checkChoice('combine', COMBINE, combine), flags: checkChoice('norm', NORMS, norm),
        sigma: spot === SPOTS.megvii ? kernel : checkPositive('sigma', sigma),
    });
}

/**
 * @param {Joints} joints
 * @param {[number, number]} size
 * @param {CellOptions} cells
 * @param {{spot: number, combine: number, flags: number, sigma: number}} how
 * @returns {FloatTensor & {weight: FloatTensor}}
 */
function drawSpots(joints, [height, width], cells, {spot, combine, flags, sigma}) {
    const {last, stride, offset} = readCells(cells);
    const {N, K} = joints;
    const planes = K + +((flags & FLAGS.background) > 0);
    const data = makeOutput('into', N * planes * height * width);
    const kept = makeOutput('into', joints.coords.data.length / 2);
    withBlock((block) => {
        const [dst, weights] = [data, kept].map(({byteLength}) => block.space(byteLength));
        const scratch = block.space(block.call('fv_target_scratch', height, width));
        block.call('fv_target_spots', dst, weights, ...placeJoints(block, joints), height, width, spot, combine, flags, last, sigma, stride, offset, scratch);
        block.output(dst, data);
        block.output(weights, kept);
    });
    return {data, dims: mapDims(last, N, planes, height, width), weight: {data: kept, dims: joints.dims}};
}

/**
 * OpenPose's confidence maps and, as the last, that of the background: 1 less the largest of the others.
 *
 * 'paper' (Cao et al. 2017, eq. 7): the maximum over people of exp(-d^2 / sigma^2), d in cells. 'lightweight' (Osokin 2018): the sum over
 * people, at most 1, of exp(-d^2 / (2 sigma^2)) down to .01, where sigma is in pixels and cell j lies at pixel stride * j + (stride - 1) / 2.
 *
 * @param {Tensor} coords [N, P, K, 2] (x, y)
 * @param {Tensor | null} weight [N, P, K]; default: all joints are there
 * @param {readonly number[]} size of the maps: [H, W]
 * @param {CellOptions & {variant?: 'paper' | 'lightweight', sigma?: number, background?: boolean}} [options] default: paper, 1 cell or
 *   lightweight, 7 pixels, stride 8; with background
 * @returns {FloatTensor & {weight: FloatTensor}} [N, K + 1, H, W]
 */
export function openposeTargets(coords, weight, size, options) {
    const {variant = 'paper', background = true, ...given} = checkOptions(options);
    const {spot, combine, spread, sigma: usual, ...about} = checkChoice('variant', CONFIDENCE, variant);
    const {sigma = usual, stride = about.stride, offset = about.offset(stride), layout} = given;
    const unit = spread(checkPositive('stride', stride));
    return drawSpots(readJoints('coords', coords, weight), readMapSize(size), {stride, offset, layout}, {
        spot, combine, flags: checkFlag('background', background) ? FLAGS.background : 0, sigma: checkPositive('sigma', sigma) * unit,
    });
}

/** `spread`: a Gaussian's sigma, in cells, of the formula's. */
const CONFIDENCE = {
    paper: {spot: SPOTS.exact, combine: COMBINE.max, sigma: 1, stride: 1, offset: () => 0, spread: () => Math.SQRT1_2},
    lightweight: {
        spot: SPOTS.lightweight, combine: COMBINE.clipped, sigma: 7, stride: 8,
        offset: (/** @type {number} */ stride) => (stride - 1) / 2, spread: (/** @type {number} */ stride) => 1 / stride,
    },
};

/** @param {string} name @param {unknown} value */
function checkFlag(name, value) {
    if (typeof value !== 'boolean') throw wrongType(name, 'true or false', value);
    return value;
}

/**
 * Part affinity fields: on every limb the unit vector from its first joint to its second.
 *
 * 'paper' (Cao et al. 2017, eq. 8 and 9): in cells no more than `thickness` beside the limb, the mean over the people there. 'lightweight'
 * (Osokin 2018): in cells no more than `thickness` from its line, within its bounding box made as much larger; the last person's.
 *
 * @param {Tensor} coords [N, P, K, 2] (x, y), or [N, K, 2]; index coordinates of the maps where stride is 1
 * @param {Tensor | null} weight [N, P, K], or [N, K]: limbs of joints of less than .5 are not drawn; default: all are
 * @param {readonly (readonly [number, number])[] | Tensor} pairs the two joints of each limb; a skeleton's `limbs`
 * @param {readonly number[]} size of the maps: [H, W]
 * @param {CellOptions & {variant?: keyof typeof FIELDS, thickness?: number}} [options] default: 'paper', 1 cell
 * @returns {FloatTensor & {count: {data: Int32Array, dims: number[]}}} [N, 2 L, H, W], x and y of each limb; count [N, L, H, W]: people there
 */
export function pafTargets(coords, weight, pairs, size, options) {
    const {variant = 'paper', thickness = 1, ...cells} = checkOptions(options);
    const field = checkChoice('variant', FIELDS, variant);
    if (!(checkFinite('thickness', thickness) >= 0)) throw wrong('thickness', 'a number from 0', thickness);
    const joints = readJoints('coords', coords, weight);
    const limbs = readPairs(pairs, joints.K);
    const [height, width] = readMapSize(size);
    const {last, stride, offset} = readCells(cells);
    const [N, L] = [joints.N, limbs.length / 2];
    const data = makeOutput('into', N * 2 * L * height * width);
    const people = new Int32Array(data.length / 2);
    withBlock((block) => {
        const [dst, count] = [data, people].map(({byteLength}) => block.space(byteLength));
        block.call('fv_target_fields', dst, count, ...placeJoints(block, joints), block.input(limbs), L, height, width, field, last, thickness, stride, offset);
        block.output(dst, data);
        block.output(count, people);
    });
    return {data, dims: mapDims(last, N, 2 * L, height, width), count: {data: people, dims: mapDims(last, N, L, height, width)}};
}

/** @param {any} pairs @param {number} K @returns {Int32Array} */
function readPairs(pairs, K) {
    const isTensor = pairs && typeof pairs === 'object' && 'dims' in pairs;
    if (isTensor) checkShape('pairs', pairs, ['L', 2]);
    else if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) throw wrongType('pairs', 'pairs of joints, [first, second]', pairs);
    const list = isTensor ? Array.from(pairs.data, Number) : pairs.flat();
    return Int32Array.from(list, (joint, i) => checkInteger(`pairs[${i >> 1}]`, joint, 0, K - 1));
}
