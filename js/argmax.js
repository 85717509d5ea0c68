import {checkAbove0, checkChoice, checkFinite, checkFlag, checkInteger, checkList, checkOptions, wrong} from './check.js';
import {readCodec, readScale} from './codec.js';
import {LAYOUTS} from './image.js';
import {checkShape, checkTensor, makeOutput, placeFloats} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */

const REFINEMENTS = /** @abi FV_REFINE_ */ {none: 0, quarter: 1, 'quarter-axes': 2, taylor: 3, udp: 4, parabola: 5, megvii: 6};
const FLAGS = /** @abi FV_ARGMAX_ */ {positive: 1, nan: 2};
const SCORES = /** @abi FV_SCORE_ */ {logit: 0, softmax: 1};
const VISIBLE = /** @abi FV_VISIBLE_ */ {softmax: 0, sigmoid: 1};
const NANS = {skip: 0, largest: FLAGS.nan};
/** mmpose's radius of a joint's disc, in parts of the map's larger side. */
export const UDP_RADIUS = 0.0546875;
const WIDEST_KERNEL = 127;
const LARGEST_ROI = 16384;

/**
 * @typedef {object} PeakOptions
 * @property {keyof typeof REFINEMENTS} [refine] from the largest cell to a fraction; default 'none'
 * @property {number} [kernel] of the blur of 'taylor', 'udp' and 'megvii', odd; default 11
 * @property {boolean} [positive] where nothing is above 0, the joint was not found: (-1, -1); default false
 * @property {'largest' | 'skip'} [nan] what NaN is: always the largest, as numpy and torch have it (default), or never
 * @property {'NCHW' | 'NHWC'} [layout] default 'NCHW'
 */

/** @typedef {{coords: FloatTensor, confidence: FloatTensor}} Peaks coords [N, K, 2] (x, y), confidence [N, K] */

/** @typedef {{N: number, C: number, height: number, width: number, entry: number, map: number, cell: number}} Maps */

/** Sizes, and the strides of entries, maps and cells. @param {string} name @param {Tensor} maps @param {unknown} layout @returns {Maps} */
export function readMaps(name, maps, layout) {
    const last = checkChoice('layout', LAYOUTS, layout) === LAYOUTS.NHWC;
    const want = last ? '[N, H, W, C]' : '[N, C, H, W]';
    const dims = checkTensor(name, maps, want);
    if (dims.length !== 4) throw wrong(name, `shape ${want}`, dims);
    const [N, C, height, width] = last ? [dims[0], dims[3], dims[1], dims[2]] : dims;
    if (!height || !width) throw wrong(name, 'maps of at least one cell', dims);
    const area = height * width;
    return {N, C, height, width, entry: C * area, map: last ? 1 : area, cell: last ? C : 1};
}

/** @param {unknown} kernel @param {string} [name] */
function checkKernel(kernel, name = 'kernel') {
    if (checkInteger(name, kernel, 1, WIDEST_KERNEL) % 2 === 0) throw wrong(name, 'an odd number', kernel);
    return /** @type {number} */ (kernel);
}

/** @param {PeakOptions} options */
function readFlags({positive = false, nan = 'skip'}) {
    return +checkFlag('positive', positive) * FLAGS.positive + checkChoice('nan', NANS, nan);
}

/**
 * Run the core, and take its peaks home.
 *
 * @param {number} N
 * @param {number} K
 * @param {readonly [number, number]} scale what coordinates are multiplied with
 * @param {(block: import('./wasm.js').Block, coords: number, confidence: number) => void} call
 * @returns {Peaks}
 */
function peaksOf(N, K, scale, call) {
    const coords = makeOutput('into', N * K * 2);
    const confidence = new Float32Array(N * K);
    withBlock((block) => {
        const [at, of] = [block.space(coords.byteLength), block.space(confidence.byteLength)];
        call(block, at, of);
        block.output(at, coords);
        block.output(of, confidence);
    });
    if (scale[0] !== 1 || scale[1] !== 1) coords.forEach((v, i) => (coords[i] = v * scale[i & 1]));
    return {coords: {data: coords, dims: [N, K, 2]}, confidence: {data: confidence, dims: [N, K]}};
}

/**
 * Where each map is largest; the first of equal values. Coordinates are indices of the map: whole numbers are centres of cells.
 *
 * `refine`: 'quarter' of a cell towards the larger neighbours (Simple Baselines, HRNet; 'quarter-axes' mmpose's), 'taylor' (DARK), 'udp', 'parabola',
 * 'megvii'. With `nan: 'skip'` a map without a number has its largest at (-1, -1), with confidence 0.
 *
 * @param {Tensor} maps [N, K, H, W], or [N, H, W, K]
 * @param {PeakOptions & {preset?: string, inputSize?: readonly number[]}} [options] preset: the name of one of CODECS, whose
 *   options are defaults; inputSize: [width, height] of the network's input: coordinates are those that the preset's reference gives, in its pixels
 * @returns {Peaks} confidence: the largest values
 */
export function argmax(maps, options) {
    const {preset, inputSize, ...given} = checkOptions(options);
    const codec = readCodec(preset);
    const {refine = 'none', kernel = 11, layout = 'NCHW', nan = 'largest', ...rest} = {...codec?.peak, ...given};
    const how = [checkChoice('refine', REFINEMENTS, refine), checkKernel(kernel), readFlags({...rest, nan})];
    const {N, C, height, width, entry, map, cell} = readMaps('maps', maps, layout);
    const scale = readScale('decode', codec, inputSize, width, height);
    const peaks = peaksOf(N, C, scale, (block, coords, confidence) => block.call('fv_argmax_maps', coords, confidence, placeFloats(block, maps), N, C,
        height, width, entry, map, cell, ...how, block.space(block.call('fv_argmax_scratch', width))));
    const [times, plus] = codec?.confidence ?? [1, 0];
    if (codec?.confidence) peaks.confidence.data.forEach((v, i, list) => (list[i] = v * times + plus));
    return peaks;
}

/**
 * @typedef {object} OffsetOptions
 * @property {number} [scale] cells of an offset of 1; default 1
 * @property {number} [kernel] the maps are blurred first, by OpenCV's Gaussian of so many cells, odd; default 1: they are not
 * @property {number} [offsetKernel] so are the offsets; default 1
 * @property {boolean} [positive] as in argmax
 * @property {'NCHW' | 'NHWC'} [layout] of both; default 'NCHW'
 */

/**
 * Where each map is largest, and from there as far as offset maps say in that cell.
 *
 * @param {Tensor} maps [N, K, H, W]
 * @param {Tensor} offsets [N, 2 K, H, W]
 * @param {OffsetOptions & {order?: 'xy' | 'yx', grouping?: 'joints' | 'axes'}} [options] order: of the axes, default 'xy'; grouping: each joint's two
 *   offsets follow each other (default), or all joints' along one axis come before those along the other, as in PoseNet ('yx', 'axes')
 * @returns {Peaks} in indices of the maps
 */
export function decodeOffsets(maps, offsets, options) {
    const {layout = 'NCHW', order = 'xy', grouping = 'joints', ...rest} = checkOptions(options);
    const m = readMaps('maps', maps, layout);
    const o = readMaps('offsets', offsets, layout);
    if (o.C !== 2 * m.C || o.N !== m.N || o.height !== m.height || o.width !== m.width) throw wrong('offsets', `two for each of maps ${JSON.stringify(maps.dims)}`, offsets.dims);
    const byJoint = checkChoice('grouping', {joints: true, axes: false}, grouping);
    const swap = checkChoice('order', {xy: 0, yx: 1}, order);
    const second = (byJoint ? 1 : m.C) * o.map;
    return offsetPeaks(maps, m, {...o, map: (byJoint ? 2 : 1) * o.map}, rest, (block, at) => {
        const base = placeFloats(block, offsets);
        return [at, base + 4 * second * swap, base + 4 * second * (1 - swap)];
    });
}

/**
 * UDP's combined form (mmpose): of each joint a map of its disc, and the offsets to it along x and y in parts of the disc's radius.
 *
 * @param {Tensor} maps [N, 3 K, H, W]
 * @param {{radiusFactor?: number, kernel?: number, layout?: 'NCHW' | 'NHWC', inputSize?: readonly number[]}} [options] radiusFactor: of the map's
 *   larger side, default .0546875; kernel: of mmpose's blur, default 11; inputSize: as in argmax
 * @returns {Peaks}
 */
export function decodeUdpCombined(maps, options) {
    const {radiusFactor = UDP_RADIUS, kernel = 11, layout = 'NCHW', inputSize} = checkOptions(options);
    const m = readMaps('maps', maps, layout);
    if (m.C % 3) throw wrong('maps', 'three for each joint', maps.dims);
    const all = {...m, C: m.C / 3, map: 3 * m.map};
    const blur = checkInteger('kernel', kernel, 1, (WIDEST_KERNEL - 1) / 2);
    return offsetPeaks(maps, all, all, {
        scale: checkFinite('radiusFactor', radiusFactor) * Math.max(m.height, m.width), kernel: 2 * blur + 1, offsetKernel: checkKernel(kernel), positive: true,
    }, (_, at) => [at, at + 4 * m.map, at + 8 * m.map], readScale('decode', readCodec('mmpose-udp'), inputSize, m.width, m.height));
}

/**
 * @param {Tensor} maps
 * @param {Maps} m
 * @param {Maps} o
 * @param {OffsetOptions} options
 * @param {(block: import('./wasm.js').Block, maps: number) => [number, number, number]} place of maps, and of offsets along x and y
 * @param {readonly [number, number]} [scales] of the result
 */
function offsetPeaks(maps, m, o, {scale = 1, kernel = 1, offsetKernel = 1, positive = false}, place, scales = [1, 1]) {
    const how = [checkFinite('scale', scale), checkKernel(kernel), checkKernel(offsetKernel, 'offsetKernel'), readFlags({positive})];
    return peaksOf(m.N, m.C, scales, (block, coords, confidence) => {
        const [at, x, y] = place(block, placeFloats(block, maps));
        block.call('fv_argmax_offsets', coords, confidence, at, m.N, m.C, m.height, m.width, m.entry, m.map, m.cell, x, y, o.entry, o.map, o.cell, ...how,
            block.space(block.call('fv_argmax_scratch', m.width)));
    });
}

/** [x, y] of a number or two. @param {string} name @param {unknown} value @returns {[number, number]} */
export function readPair(name, value) {
    const [x, y] = typeof value === 'number' ? [value, value] : checkList(name, value, 2);
    return [checkAbove0(name, x), checkAbove0(name, y)];
}

/** mmpose's kernel of DARK on vectors: odd, wider with sigma. @param {number} sigma */
function vectorKernel(sigma) {
    const size = Math.floor((sigma * 20 - 7) / 3);
    return Math.min(Math.max(size - +(size % 2 === 0), 1), WIDEST_KERNEL);
}

/**
 * SimCC (RTMPose, DWPose): x and y each the largest of a vector of its own.
 *
 * @param {Tensor} x [N, K, W * splitRatio]
 * @param {Tensor} y [N, K, H * splitRatio]
 * @param {object} [options]
 * @param {number} [options.splitRatio] cells a pixel, default 2
 * @param {'none' | 'dark'} [options.refine] default 'none'
 * @param {number | readonly number[]} [options.sigma] of the network's targets, in cells, of both or of x and y: what 'dark' and the visibility
 *   go by; default 6
 * @param {false | keyof typeof VISIBLE} [options.visibility] 'softmax', of beta * sigma * values (mmpose), or 'sigmoid', of beta * the largest; default: none
 * @param {number} [options.beta] default 150
 * @returns {Peaks & {visibility?: FloatTensor}} coords in pixels of the network's input, as indices; confidence: the smaller of the two largest values,
 *   and where it is not above 0 the coordinates are -1 / splitRatio
 */
export function decodeSimcc(x, y, options) {
    const {splitRatio = 2, refine = 'none', sigma = 6, visibility = false, beta = 150} = checkOptions(options);
    const {N, K} = checkShape('x', x, ['N', 'K', 'Wx']);
    checkShape('y', y, ['N', 'K', 'Wy'], {N, K});
    const [widths, sigmas] = [[x.dims[2], y.dims[2]], readPair('sigma', sigma)];
    if (!widths[0]) throw wrong('x', 'vectors of at least one value', x.dims);
    if (!widths[1]) throw wrong('y', 'vectors of at least one value', y.dims);
    checkAbove0('splitRatio', splitRatio);
    if (!(checkFinite('beta', beta) >= 0)) throw wrong('beta', 'a number from 0', beta);
    const kernels = checkChoice('refine', {none: false, dark: true}, refine) ? sigmas.map(vectorKernel) : [0, 0];
    const kind = visibility === false ? VISIBLE.softmax : checkChoice('visibility', VISIBLE, visibility);
    const betas = sigmas.map((s) => kind === VISIBLE.softmax ? beta * s : beta);
    const seen = new Float32Array(visibility === false ? 0 : N * K);
    const peaks = peaksOf(N, K, [1, 1], (block, coords, confidence) => {
        const at = visibility === false ? 0 : block.space(seen.byteLength);
        block.call('fv_argmax_simcc', coords, confidence, at, placeFloats(block, x), placeFloats(block, y), N * K, widths[0], widths[1],
            kernels[0], kernels[1], kind, betas[0], betas[1], splitRatio, block.space(block.call('fv_argmax_scratch', Math.max(...widths))));
        block.output(at, seen);
    });
    return visibility === false ? peaks : {...peaks, visibility: {data: seen, dims: [N, K]}};
}

/**
 * Mask R-CNN's keypoints (torchvision's heatmaps_to_keypoints): each map resized to its region, in whole pixels, and the largest there.
 *
 * @param {Tensor} maps [R, K, H, W] logits
 * @param {Tensor} rois [R, 4] x1, y1, x2, y2, canvas coordinates, at most 16384 wide and high
 * @param {{score?: keyof typeof SCORES}} [options] 'logit' (torchvision, default), or 'softmax' over the map as it was before (detectron2)
 * @returns {{keypoints: FloatTensor, scores: FloatTensor}} keypoints [R, K, 3] x, y and 1, canvas coordinates; scores [R, K]
 */
export function heatmapsToKeypoints(maps, rois, options) {
    const {score = 'logit'} = checkOptions(options);
    const kind = checkChoice('score', SCORES, score);
    const {N, C, height, width} = readMaps('maps', maps, 'NCHW');
    checkShape('rois', rois, [N, 4]);
    const keypoints = makeOutput('into', N * C * 3);
    const scores = new Float32Array(N * C);
    withBlock((block) => {
        const [points, of, from, boxes] = [block.space(keypoints.byteLength), block.space(scores.byteLength), placeFloats(block, maps), placeFloats(block, rois)];
        let columns = 1;
        const all = block.view(boxes, Float32Array, N * 4);
        all.forEach((v, i) => {
            const length = i % 4 > 1 ? v - all[i - 2] : 1;
            if (!Number.isFinite(v) || length > LARGEST_ROI) throw wrong('rois', `finite boxes of at most ${LARGEST_ROI} pixels a side`, Array.from(all.subarray(i & ~3, (i & ~3) + 4)));
            if (i % 4 === 2) columns = Math.max(columns, Math.ceil(length));
        });
        const scratch = block.space(block.call('fv_argmax_roi_scratch', height, width, columns));
        block.call('fv_argmax_rois', points, of, from, N, C, height, width, boxes, columns, kind, scratch);
        block.output(points, keypoints);
        block.output(of, scores);
    });
    return {keypoints: {data: keypoints, dims: [N, C, 3]}, scores: {data: scores, dims: [N, C]}};
}
