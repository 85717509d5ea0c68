import {readPair, UDP_RADIUS} from './argmax.js';
import {checkAbove0, checkChoice, checkFinite, checkFlag, checkInteger, checkList, checkOptions, wrong, wrongType} from './check.js';
import {readCodec, readScale} from './codec.js';
import {LAYOUTS} from './image.js';
import {checkShape, checkTensor, makeOutput, placeFloats, toFloat32} from './tensor.js';
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
 * @typedef {object} SpotOptions
 * @property {number} [sigma] in cells; default 2
 * @property {keyof typeof SPOTS} [kind] default 'exact'
 * @property {number} [kernel] of 'megvii', odd; default 11
 * @property {keyof typeof COMBINE} [combine] people who overlap: 'max' (default), 'sum', or 'clipped' at 1
 * @property {keyof typeof NORMS} [norm] what is 1: the 'peak' (default), or the 'sum' over the map of each joint
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
    return {last: checkChoice('layout', LAYOUTS, layout), stride: checkAbove0('stride', stride), offset: checkFinite('offset', offset)};
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
 * @param {CellOptions & SpotOptions & {preset?: string, inputSize?: readonly number[]}} [options] preset: the name of one of CODECS, whose
 *   options are defaults; inputSize: [width, height] of the network's input: coordinates are its pixels, as that codec counts them
 * @returns {FloatTensor & {weight: FloatTensor}} [N, K, H, W], or [N, H, W, K]; its weight is 0 where nothing was drawn
 */
export function gaussianTargets(coords, weight, size, options) {
    const {preset, inputSize, ...given} = checkOptions(options);
    const codec = readCodec(preset);
    const {sigma = 2, kind = 'exact', kernel = 11, combine = 'max', norm = 'peak', ...cells} = {...codec?.spot, ...given};
    const spot = checkChoice('kind', SPOTS, kind);
    if (checkInteger('kernel', kernel, 1, 127) % 2 === 0) throw wrong('kernel', 'an odd number', kernel);
    const joints = readJoints('coords', coords, weight);
    const [height, width] = readMapSize(size);
    return drawSpots(rescaled(joints, readScale('encode', codec, inputSize, width, height)), [height, width], cells, {
        spot, combine: checkChoice('combine', COMBINE, combine), flags: checkChoice('norm', NORMS, norm),
        sigma: spot === SPOTS.megvii ? kernel : checkAbove0('sigma', sigma),
    });
}

/** @param {Joints} joints @param {readonly [number, number]} scale pixels a cell @returns {Joints} in cells */
function rescaled(joints, scale) {
    if (scale[0] === 1 && scale[1] === 1) return joints;
    const data = toFloat32(joints.coords).data.map((v, i) => v / scale[i & 1]);
    return {...joints, coords: {data, dims: joints.coords.dims}};
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
    const unit = spread(checkAbove0('stride', stride));
    return drawSpots(readJoints('coords', coords, weight), readMapSize(size), {stride, offset, layout}, {
        spot, combine, flags: checkFlag('background', background) ? FLAGS.background : 0, sigma: checkAbove0('sigma', sigma) * unit,
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

/**
 * UDP's combined form (mmpose): of each joint a disc of ones, and everywhere the offsets to it along x and y in parts of the disc's radius.
 *
 * @param {Tensor} coords [N, K, 2] (x, y)
 * @param {Tensor | null} weight [N, K]; default: all joints are there
 * @param {readonly number[]} size of the maps: [H, W]
 * @param {CellOptions & {radiusFactor?: number, inputSize?: readonly number[]}} [options] radiusFactor: of the map's larger side, default
 *   .0546875; inputSize: as in gaussianTargets
 * @returns {FloatTensor & {weight: FloatTensor}} [N, 3 K, H, W]
 */
export function udpCombinedTargets(coords, weight, size, options) {
    const {radiusFactor = UDP_RADIUS, inputSize, ...cells} = checkOptions(options);
    const joints = readJoints('coords', coords, weight);
    if (joints.dims.length !== 2) throw wrong('coords', '[N, K, 2]', coords.dims);
    const [height, width] = readMapSize(size);
    const {last, stride, offset} = readCells(cells);
    const radius = checkAbove0('radiusFactor', radiusFactor) * Math.max(height, width);
    const {N, K, dims} = joints;
    const scaled = rescaled(joints, readScale('encode', readCodec('mmpose-udp'), inputSize, width, height));
    const [data, kept] = [makeOutput('into', N * 3 * K * height * width), new Float32Array(N * K)];
    withBlock((block) => {
        const [dst, weights] = [data, kept].map(({byteLength}) => block.space(byteLength));
        const [points, given] = placeJoints(block, scaled);
        block.call('fv_target_offsets', dst, weights, points, given, N, K, height, width, last, radius, stride, offset);
        block.output(dst, data);
        block.output(weights, kept);
    });
    return {data, dims: mapDims(last, N, 3 * K, height, width), weight: {data: kept, dims}};
}

/**
 * SimCC's vectors (mmpose): of each joint one along x and one along y, about the nearest cell.
 *
 * @param {Tensor} coords [N, K, 2] (x, y), pixels of the network's input, as indices
 * @param {Tensor | null} weight [N, K]; default: all joints are there
 * @param {readonly number[]} size of the network's input: [H, W]
 * @param {object} [options]
 * @param {number} [options.splitRatio] cells a pixel, default 2
 * @param {number | readonly number[]} [options.sigma] of the Gaussian, in cells, of both or of x and y; default 6
 * @param {boolean} [options.normalize] divide by sigma sqrt(2 pi); default true
 * @param {number} [options.smoothing] instead of a Gaussian: 1 - smoothing in one cell, the rest shared by the others; 0 to 1
 * @returns {{x: FloatTensor, y: FloatTensor, weight: FloatTensor}} [N, K, W * splitRatio] and [N, K, H * splitRatio]; weight is 0 where nothing is
 */
export function simccTargets(coords, weight, size, options) {
    const {splitRatio = 2, sigma = 6, normalize = true, smoothing} = checkOptions(options);
    const joints = readJoints('coords', coords, weight);
    if (joints.dims.length !== 2) throw wrong('coords', '[N, K, 2]', coords.dims);
    const split = checkAbove0('splitRatio', splitRatio);
    const [height, width] = readMapSize(size).map((side) => checkInteger('splitRatio', Math.round(side * split), 1));
    if (smoothing !== undefined && !(checkFinite('smoothing', smoothing) >= 0 && smoothing <= 1)) throw wrong('smoothing', 'a number from 0 to 1', smoothing);
    const {N, K, dims} = joints;
    const sigmas = readPair('sigma', sigma);
    const [x, y, kept] = [makeOutput('into', N * K * width), makeOutput('into', N * K * height), new Float32Array(N * K)];
    const normal = +checkFlag('normalize', normalize);
    withBlock((block) => {
        const [atX, atY, weights] = [x, y, kept].map(({byteLength}) => block.space(byteLength));
        const [points, given] = placeJoints(block, joints);
        block.call('fv_target_simcc', atX, atY, weights, points, given, N, K, width, height, ...sigmas, normal, smoothing ?? -1, split);
        block.output(atX, x);
        block.output(atY, y);
        block.output(weights, kept);
    });
    return {x: {data: x, dims: [N, K, width]}, y: {data: y, dims: [N, K, height]}, weight: {data: kept, dims}};
}

/**
 * CornerNet's radius: moving both corners of a box by so much, in any of three ways, leaves an overlap of `minOverlap` at least.
 *
 * @param {readonly number[]} size of the box: [height, width]
 * @param {{minOverlap?: number, variant?: 'exact' | 'centernet'}} [options] default .7, 'exact'; 'centernet': the roots as CornerNet and CenterNet take them
 * @returns {number} in the box's unit
 */
export function gaussianRadius(size, options) {
    const {minOverlap = 0.7, variant = 'exact'} = checkOptions(options);
    const [h, w] = checkList('size', size, 2, 0);
    const m = checkFinite('minOverlap', minOverlap);
    if (!(m > 0 && m <= 1)) throw wrong('minOverlap', 'a number above 0, at most 1', minOverlap);
    const isExact = checkChoice('variant', {exact: true, centernet: false}, variant);
    const [sum, area] = [h + w, h * w];
    // a r^2 - b r + c = 0: one corner in and one out; both in; both out
    const cases = [[1, sum, area * (1 - m) / (1 + m), -1], [4, 2 * sum, (1 - m) * area, -1], [4 * m, -2 * m * sum, (m - 1) * area, 1]];
    return Math.min(...cases.map(([a, b, c, sign]) => {
        const root = Math.sqrt(Math.max(b * b - 4 * a * c, 0));
        return isExact ? (b + sign * root) / (2 * a) : (b + root) / 2;
    }));
}
