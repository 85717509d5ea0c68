import {checkChoice, checkFinite, checkInteger, checkOptions, checkSize, wrong} from './check.js';
import {LAYOUTS} from './image.js';
import {checkShape, checkTensor, makeOutput, placeFloats, placeRaw, toFloat32} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */

const NORMALIZE = /** @abi FV_NORMALIZE_ */ {softmax: 0, relu: 1, sigmoid: 2, none: 3};
const UNITS = /** @abi FV_UNIT_ */ {index: 0, canvas: 1, dsnt: 2, corner: 3, integral: 4};
const LARGEST = 3.4e38;

/**
 * @typedef {object} SoftArgmaxOptions
 * @property {number} [beta] the maps are multiplied by it first, at least 0; default 1
 * @property {number} [window] only the cells within so many of the first maximum, along each axis; default: the whole map
 * @property {'NCHW' | 'NHWC'} [layout] of the maps, of any number of axes; default 'NCHW'
 * @property {number} [depth] the channels are joints times so many depths, joint by joint; [N, K, H, W] or channels last is then a volume
 * @property {keyof typeof NORMALIZE} [normalize] what makes weights of values: 'softmax' (default), 'relu' or 'sigmoid', both divided by their
 *     sum + eps, or 'none': they are probabilities already (DSNT)
 * @property {number} [eps] default 1e-8
 * @property {keyof typeof UNITS} [coords] 'index': integers name cell centres (default); 'canvas': these are at .5; 'dsnt': -1 and 1 are the
 *     outer edges (DSNT, align_corners=False); 'corner': they are the outermost cell centres (align_corners=True);
 *     'integral': x / W - .5, as integralLabels
 */

/** @typedef {{mass?: boolean, covariance?: boolean, entropy?: boolean}} SoftArgmaxWanted */

/**
 * @typedef {object} SoftArgmax
 * @property {FloatTensor} coords [N, K, 1], (x, y) [N, K, 2] or (x, y, z) [N, K, 3]
 * @property {FloatTensor} confidence [N, K]: with 'softmax' the largest probability, else the largest weight (a sigmoid, say)
 * @property {FloatTensor} [mass] [N, K]: the share of the whole map's weight that lies in the window
 * @property {FloatTensor} [covariance] [N, K, 2, 2], or as many as there are axes; in squares of the coordinates' unit
 * @property {FloatTensor} [entropy] [N, K], nats
 */

/**
 * Where a map's cells lie, as the core is told.
 *
 * @param {Tensor} maps
 * @param {SoftArgmaxOptions} options
 * @returns {{N: number, K: number, dims: number, sizes: number[], strides: Int32Array}} sizes: N, K, depth, height, width, dims;
 *     strides: of an entry, a joint, a plane, a row, a cell
 */
function readMaps(maps, {layout = 'NCHW', depth}) {
    const last = checkChoice('layout', LAYOUTS, layout) === LAYOUTS.NHWC;
    const dims = checkTensor('maps', maps, '[N, K, W], [N, K, H, W] or [N, K, D, H, W]');
    const [channels, ...cells] = last ? [dims[dims.length - 1], ...dims.slice(1, -1)] : dims.slice(1);
    if (dims.length < 3 || dims.length > 5 || cells.includes(0)) throw wrong('maps', '[N, K, W], [N, K, H, W] or [N, K, D, H, W]', dims);
    const strides = cells.map((_, i) => (last ? channels : 1) * product(cells.slice(i + 1)));
    const planes = depth === undefined ? 1 : checkInteger('depth', depth);
    if (depth !== undefined) {
        if (dims.length !== 4 || channels % planes) throw wrong('maps', `[N, joints * ${planes}, H, W], or channels last`, dims);
        strides.unshift(last ? 1 : product(cells));
        cells.unshift(planes);
    }
    const [N, K] = [dims[0], channels / planes];
    const none = Array(3 - cells.length);
    return {
        N, K, dims: cells.length, sizes: [N, K, ...none.fill(1), ...cells, cells.length],
        strides: Int32Array.of(product(dims.slice(1)), last ? planes : product(cells), ...none.fill(0), ...strides),
    };
}

/** @param {SoftArgmaxOptions} options */
function readOptions({beta = 1, window, normalize = 'softmax', eps = 1e-8, coords = 'index'}) {
    if (checkFinite('beta', beta) < 0) throw wrong('beta', 'at least 0', beta);
    if (checkFinite('eps', eps) < 0) throw wrong('eps', 'at least 0', eps);
    return [
        checkChoice('normalize', NORMALIZE, normalize), Math.min(beta, LARGEST), Math.min(eps, LARGEST),
        window === undefined ? -1 : checkInteger('window', window, 0), checkChoice('coords', UNITS, coords),
    ];
}

/** @param {readonly number[]} sizes */
const product = (sizes) => sizes.reduce((n, s) => n * s, 1);

/**
 * Integral regression: where each map's mass lies, as an expectation (Sun et al., ECCV 2018). Differentiable, and finer than a cell.
 *
 * Other people in a map draw a global expectation to them: with `window: 2` it is that of the peak alone.
 * NaN weighs nothing; a map without weight has its centre, and confidence 0.
 *
 * @param {Tensor} maps [N, K, W], [N, K, H, W] or [N, K, D, H, W], or channels last; float16 and quantised ones are read as they are
 * @param {SoftArgmaxOptions & {mass?: boolean, covariance?: boolean, entropy?: boolean}} [options] the last three: whether they are wanted too
 * @returns {SoftArgmax}
 */
export function softArgmax(maps, options) {
    const given = checkOptions(options);
    const {N, K, dims, sizes, strides} = readMaps(maps, given);
    const how = readOptions(given);
    const outputs = [[dims], [], given.mass && [], given.covariance && [dims, dims], given.entropy && []].map((own) => {
        if (!own) return undefined;
        const of = [N, K, ...own];
        return {data: makeOutput('size', product(of)), dims: of};
    });
    withBlock((block) => {
        const at = outputs.map((output) => output ? block.space(output.data.byteLength) : 0);
        block.call('fv_heatmap_soft_argmax', ...at, ...placeRaw(block, maps), ...sizes, block.input(strides), ...how);
        outputs.forEach((output, i) => output && block.output(at[i], output.data));
    });
    const [coords, confidence, mass, covariance, entropy] = outputs;
    return /** @type {SoftArgmax} */ ({coords, confidence, ...mass && {mass}, ...covariance && {covariance}, ...entropy && {entropy}});
}

/** @typedef {SoftArgmaxOptions & {gradCovariance?: Tensor}} SoftArgmaxBackwardOptions the same as forward; gradCovariance: as softArgmax's covariance */

/**
 * The gradient of softArgmax's coordinates, and of their covariance, by the maps. The window stays where it is.
 *
 * @param {Tensor} gradCoords as softArgmax's coords
 * @param {Tensor} maps
 * @param {SoftArgmaxBackwardOptions} [options]
 * @returns {FloatTensor} gradMaps, as maps
 */
export function softArgmaxBackward(gradCoords, maps, options) {
    return backward(gradCoords, maps, options, false);
}

/**
 * The same by the beta of each joint; that of the one `beta` is their sum.
 *
 * @param {Tensor} gradCoords as softArgmax's coords
 * @param {Tensor} maps
 * @param {SoftArgmaxBackwardOptions} [options]
 * @returns {FloatTensor} gradBeta, [N, K]
 */
export function softArgmaxBackwardBeta(gradCoords, maps, options) {
    return backward(gradCoords, maps, options, true);
}

/**
 * @param {Tensor} gradCoords
 * @param {Tensor} maps
 * @param {SoftArgmaxBackwardOptions | undefined} options
 * @param {boolean} ofBeta which of the two gradients
 * @returns {FloatTensor}
 */
function backward(gradCoords, maps, options, ofBeta) {
    const given = checkOptions(options);
    const {N, K, dims, sizes, strides} = readMaps(maps, given);
    const how = readOptions(given);
    checkShape('gradCoords', gradCoords, ['N', 'K', dims], {N, K});
    const {gradCovariance} = given;
    if (gradCovariance !== undefined) checkShape('gradCovariance', gradCovariance, ['N', 'K', dims, dims], {N, K});
    const of = ofBeta ? [N, K] : [...maps.dims];
    const data = makeOutput('size', product(of));
    withBlock((block) => {
        const at = block.space(data.byteLength);
        const gradients = [placeFloats(block, gradCoords), gradCovariance ? placeFloats(block, gradCovariance) : 0];
        block.call('fv_heatmap_soft_argmax_backward', ...(ofBeta ? [0, at] : [at, 0]), ...gradients, ...placeRaw(block, maps), ...sizes, block.input(strides), ...how);
        block.output(at, data);
    });
    return {data, dims: of};
}

/**
 * Joints as the targets of integral regression: x / width - .5, y / height - .5, and z, relative to the root, / width.
 *
 * @param {Tensor} joints [N, K, 2] or [N, K, 3], pixels of the patch
 * @param {{width: number, height: number}} patch pixels
 * @returns {FloatTensor} labels, as joints; of what softArgmax says with coords 'integral'
 */
export function integralLabels(joints, patch) {
    return recode('joints', joints, patch, (v, side) => v / side - .5, (z, width) => z / width);
}

/**
 * The inverse of integralLabels, so also what a network answers in pixels.
 *
 * @param {Tensor} labels [N, K, 2] or [N, K, 3]
 * @param {{width: number, height: number}} patch pixels
 * @returns {FloatTensor} joints, as labels
 */
export function integralJoints(labels, patch) {
    return recode('labels', labels, patch, (v, side) => (v + .5) * side, (z, width) => z * width);
}

/**
 * @param {string} name
 * @param {Tensor} points
 * @param {{width: number, height: number}} patch
 * @param {(v: number, side: number) => number} across of x and y
 * @param {(z: number, width: number) => number} deep
 * @returns {FloatTensor}
 */
function recode(name, points, patch, across, deep) {
    const {width, height} = checkOptions(patch, 'patch');
    const [w, h] = /** @type {readonly number[]} */ (checkSize('patch', [width, height]));
    const dims = checkTensor(name, points, '[N, K, 2] or [N, K, 3]');
    const axes = dims[2];
    if (dims.length !== 3 || axes !== 2 && axes !== 3) throw wrong(name, '[N, K, 2] or [N, K, 3]', dims);
    const {data} = toFloat32(points);
    return {data: data.map((v, i) => i % axes === 2 ? deep(v, w) : across(v, i % axes ? h : w)), dims: [...dims]};
}
