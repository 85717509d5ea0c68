import {checkChoice, checkInteger, checkOptions, wrong, wrongType} from './check.js';
import {readSize} from './grid.js';
import {LAYOUTS, toTensor} from './image.js';
import {checkShape, checkTensor, makeOutput, placeFloats} from './tensor.js';
import {checkView} from './view.js';
import {withBlock} from './wasm.js';

/** @import {Frame, TensorOptions} from './image.js' */
/** @import {FloatTensor, Tensor} from './tensor.js' */
/** @import {View} from './view.js' */
/** @import {Block} from './wasm.js' */

const MODES = /** @abi FV_MODE_ */ {bilinear: 0, nearest: 1, bicubic: 2};
const PADDINGS = /** @abi FV_PADDING_ */ {zeros: 0, border: 1, reflection: 2};
const COORDS = /** @abi FV_COORDS_ */ {edges: 0, centres: 1, canvas: 2, index: 3};

/**
 * @typedef {object} SampleOptions
 * @property {keyof typeof MODES} [mode] default 'bilinear' (trilinear in volumes); 'bicubic' (A = -0.75) in pictures only
 * @property {keyof typeof PADDINGS} [paddingMode] what lies outside; default 'zeros'
 * @property {boolean} [alignCorners] -1 and 1 are the outermost pixel centres, not the edges; default false
 * @property {'NCHW' | 'NHWC'} [layout] of the maps; channels last samples many channels faster; default 'NCHW'
 * @property {Float32Array | FloatTensor} [into] written instead of a new array
 */

/**
 * bytes: of an entry's floats; args: what the core wants to know after the number of entries
 * @typedef {{N: number, C: number, dims: 2 | 3, depth: number, height: number, width: number, last: boolean, bytes: number, args: number[]}} Maps
 */

/** @param {string} name @param {Tensor} input @param {SampleOptions | undefined} options @returns {Maps} */
function readMaps(name, input, options) {
    const {layout = 'NCHW'} = checkOptions(options);
    const last = checkChoice('layout', LAYOUTS, layout) === LAYOUTS.NHWC;
    const sizes = checkTensor(name, input, '[N, C, H, W] or [N, C, D, H, W]');
    if (sizes.length < 4 || sizes.length > 5 || sizes.slice(1).includes(0)) throw wrong(name, '[N, C, H, W] or [N, C, D, H, W]', sizes);
    const dims = sizes.length === 5 ? 3 : 2;
    const [N, C, ...sides] = last ? [sizes[0], sizes[dims + 1], ...sizes.slice(1, -1)] : sizes;
    const [width, height, depth = 1] = [...sides].reverse();
    return {N, C, dims, depth, height, width, last, bytes: 4 * C * depth * height * width, args: [C, depth, height, width, dims, +last]};
}

/** @param {Maps} maps @param {number[]} outer @returns {number[]} */
const outputDims = ({N, C, last}, outer) => last ? [N, ...outer, C] : [N, C, ...outer];

/** @param {string} name @param {Tensor} grid @param {Maps} maps @returns {number[]} its sizes between N and the coordinates */
function readGrid(name, grid, {N, dims}) {
    const sizes = checkTensor(name, grid, dims === 3 ? '[N, D, H, W, 3]' : '[N, H, W, 2]');
    if (sizes.length !== dims + 2 || sizes[0] !== N || sizes[dims + 1] !== dims) {
        throw wrong(name, dims === 3 ? `[${N}, D, H, W, 3]` : `[${N}, H, W, 2]`, sizes);
    }
    return sizes.slice(1, -1);
}

/** @param {Maps} maps @param {SampleOptions} options @param {keyof typeof COORDS} [coords] @returns {number[]} */
function readOptions({dims}, {mode = 'bilinear', paddingMode = 'zeros', alignCorners = false}, coords = alignCorners ? 'centres' : 'edges') {
    const m = checkChoice('mode', MODES, mode);
    if (m === MODES.bicubic && dims === 3) throw wrong('mode', 'bilinear or nearest for volumes', mode);
    return [m, checkChoice('paddingMode', PADDINGS, paddingMode), checkChoice('coords', COORDS, coords)];
}

/** @param {readonly number[]} sizes */
const product = (sizes) => sizes.reduce((n, s) => n * s, 1);

/** Values made at a time: they, and the points they are of, stay in the cache until they are copied out. */
const BAND = 1 << 17;

/**
 * A result in parts: some batch entries, or some of one entry's points.
 *
 * @param {Maps} maps
 * @param {number} points of an entry
 * @param {number} unit points that go together
 * @param {Float32Array} data filled
 * @param {(block: Block, dst: number, n: number, entries: number, p: number, count: number) => void} make
 *   `count` points from p on, of `entries` entries from n on
 */
function inBands({N, C, last}, points, unit, data, make) {
    const group = Math.max(1, Math.floor(BAND / (C * points)));
    const most = group > 1 ? points : Math.max(1, Math.floor(BAND / (C * unit))) * unit;
    for (let n = 0; n < N; n += group) {
        for (let p = 0; p < points; p += most) {
            const entries = Math.min(group, N - n), count = Math.min(most, points - p);
            withBlock((block) => {
                const dst = block.space(entries * C * count * 4);
                make(block, dst, n, entries, p, count);
                const pieces = last || count === points ? 1 : C, length = entries * C * count / pieces;
                for (let c = 0; c < pieces; c++) {
                    const at = n * C * points + (last ? p * C : p + c * points);
                    block.output(dst + c * length * 4, data.subarray(at, at + length));
                }
            });
        }
    }
}

/**
 * torch.nn.functional.grid_sample: maps at arbitrary points.
 *
 * A NaN coordinate is the first pixel with border and reflection, outside with nearest and zeros, and NaN else, as in torch.
 * Nearest rounds half to even, in volumes too (torch since 2.1).
 *
 * @param {Tensor} input [N, C, H, W], or [N, C, D, H, W]; or channels last
 * @param {Tensor} grid [N, Ho, Wo, 2] (x, y), or [N, Do, Ho, Wo, 3] (x, y, z), normalised
 * @param {SampleOptions} [options]
 * @returns {FloatTensor} [N, C, Ho, Wo], or [N, C, Do, Ho, Wo]; or channels last
 */
export function gridSample(input, grid, options = {}) {
    return sampled(input, grid, options);
}

/**
 * Maps at points given in pixels of the canvas: (.5, .5) is the first pixel's centre.
 *
 * @param {Tensor} input [N, C, H, W], or [N, C, D, H, W]; or channels last
 * @param {Tensor} points [N, Ho, Wo, 2] (x, y), or [N, Do, Ho, Wo, 3]
 * @param {Omit<SampleOptions, 'alignCorners'>} [options]
 * @returns {FloatTensor} as gridSample
 */
export function samplePoints(input, points, options = {}) {
    return sampled(input, points, options, 'canvas');
}

/** @param {Tensor} input @param {Tensor} grid @param {SampleOptions} options @param {keyof typeof COORDS} [coords] @returns {FloatTensor} */
function sampled(input, grid, options, coords) {
    const maps = readMaps('input', input, options);
    const outer = readGrid(coords ? 'points' : 'grid', grid, maps);
    const how = readOptions(maps, options, coords);
    const dims = outputDims(maps, outer);
    const data = makeOutput('into', product(dims), options.into);
    const points = product(outer), where = data.buffer === grid.data.buffer ? grid.data.slice() : grid.data;
    withBlock((block) => {
        const src = placeFloats(block, input);
        inBands(maps, points, 4, data, (band, dst, n, entries, p, count) => {
            const from = (n * points + p) * maps.dims;
            const at = {...grid, data: where.subarray(from, from + entries * count * maps.dims)};
            band.call('fv_sample', dst, src + n * maps.bytes, entries, ...maps.args, placeFloats(band, at), count, ...how);
        });
    });
    return {data, dims};
}

/**
 * The gradients of gridSample.
 *
 * At integer coordinates the right derivative; with border padding 0 on the border and beyond; with reflection the sign changes
 * with each fold; nearest: 0. Where the value is NaN because a coordinate is none, the gradients are 0.
 *
 * @param {Tensor} gradOutput as gridSample's result
 * @param {Tensor} input
 * @param {Tensor} grid
 * @param {SampleOptions} [options] the same as forward
 * @returns {{gradInput: FloatTensor, gradGrid: FloatTensor}}
 */
export function gridSampleBackward(gradOutput, input, grid, options = {}) {
    const maps = readMaps('input', input, options);
    const outer = readGrid('grid', grid, maps);
    const how = readOptions(maps, options);
    checkShape('gradOutput', gradOutput, outputDims(maps, outer));
    return backward(input, grid, (block, gradSrc, gradGrid, src, at) => block.call('fv_sample_backward', gradSrc, gradGrid,
        placeFloats(block, gradOutput), src, maps.N, ...maps.args, at, product(outer), ...how), 'gradGrid');
}

/**
 * affineGrid and gridSample in one, with no grid in memory; the same result.
 *
 * @param {Tensor} input [N, C, H, W], or [N, C, D, H, W]; or channels last
 * @param {Tensor} theta [N, 2, 3], or [N, 3, 4]
 * @param {readonly number[]} size of the output: [N, C, H, W], or [N, C, D, H, W]
 * @param {SampleOptions} [options]
 * @returns {FloatTensor} of that size; or channels last
 */
export function affineSample(input, theta, size, options = {}) {
    const {maps, how, out, dims} = readAffine(input, theta, size, options);
    const data = makeOutput('into', product(dims), options.into);
    const [depth, height, width] = out, thetas = 4 * maps.dims * (maps.dims + 1);
    withBlock((block) => {
        const src = placeFloats(block, input), at = placeFloats(block, theta);
        inBands(maps, depth * height * width, width, data, (band, dst, n, entries, p, count) => band.call('fv_sample_affine', dst,
            src + n * maps.bytes, entries, ...maps.args, at + n * thetas, ...out, p / width, count / width, ...how));
    });
    return {data, dims};
}

/**
 * The gradients of affineSample.
 *
 * @param {Tensor} gradOutput as affineSample's result
 * @param {Tensor} input
 * @param {Tensor} theta
 * @param {readonly number[]} size
 * @param {SampleOptions} [options] the same as forward
 * @returns {{gradInput: FloatTensor, gradTheta: FloatTensor}}
 */
export function affineSampleBackward(gradOutput, input, theta, size, options = {}) {
    const {maps, how, out, dims} = readAffine(input, theta, size, options);
    checkShape('gradOutput', gradOutput, dims);
    return backward(input, theta, (block, gradSrc, gradTheta, src, at) => block.call('fv_sample_affine_backward', gradSrc, gradTheta,
        placeFloats(block, gradOutput), src, maps.N, ...maps.args, at, ...out, ...how), 'gradTheta');
}

/** @param {Tensor} input @param {Tensor} theta @param {readonly number[]} size @param {SampleOptions} options */
function readAffine(input, theta, size, options) {
    const maps = readMaps('input', input, options);
    const {N, C, dims, sizes, depth, height, width} = readSize(size);
    if (dims !== maps.dims || N !== maps.N || C !== maps.C) {
        throw wrong('size', `[${maps.N}, ${maps.C}, ${maps.dims === 3 ? 'D, ' : ''}H, W]`, size);
    }
    checkShape('theta', theta, ['N', dims, dims + 1], {N: maps.N});
    return {maps, how: readOptions(maps, options), out: [depth, height, width], dims: outputDims(maps, sizes)};
}

/**
 * What a View shows: a picture as a network's input, or maps by affineSample (alignCorners false) of each batch entry.
 *
 * @template {Tensor | Frame} T
 * @param {T} source a frame, or maps [N, C, H, W] or channels last
 * @param {View} view from the result's coordinates to the source's
 * @param {(T extends Frame ? TensorOptions : Omit<SampleOptions, 'alignCorners'>) & {width?: number, height?: number}} [options]
 *   width, height: of the result, pixels; default: the view's, or the source's. The others: toTensor's, or affineSample's
 * @returns {FloatTensor} toTensor's tensor, or [N, C, height, width], or channels last
 */
export function warp(source, view, options) {
    checkView('view', view);
    if (!source || typeof source !== 'object') throw wrongType('source', 'a frame or a tensor', source);
    if (!('dims' in source)) return toTensor(/** @type {Frame} */ (source), {...checkOptions(/** @type {any} */ (options)), view}).tensor;
    const {width = view.tensor?.[0], height = view.tensor?.[1], ...how} = checkOptions(/** @type {any} */ (options));
    const maps = readMaps('source', /** @type {Tensor} */ (source), how);
    if (maps.dims !== 2) throw wrong('source', 'a picture or [N, C, H, W]', /** @type {Tensor} */ (source).dims);
    const size = [maps.N, maps.C, checkInteger('height', height ?? maps.height), checkInteger('width', width ?? maps.width)];
    const {data} = view.theta(maps.width, maps.height, size[3], size[2]);
    const theta = {data: Float32Array.from({length: 6 * maps.N}, (_, i) => data[i % 6]), dims: [maps.N, 2, 3]};
    return affineSample(/** @type {Tensor} */ (source), theta, size, {...how, alignCorners: false});
}

/**
 * @template {string} K
 * @param {Tensor} input
 * @param {Tensor} where grid or theta
 * @param {(block: Block, gradSrc: number, gradWhere: number, src: number, where: number) => void} call
 * @param {K} name of the second gradient
 * @returns {{gradInput: FloatTensor} & Record<K, FloatTensor>}
 */
function backward(input, where, call, name) {
    const [gradInput, gradWhere] = [input, where].map(({data, dims}) => ({data: new Float32Array(data.length), dims: [...dims]}));
    withBlock((block) => {
        const gradSrc = block.input(gradInput.data);
        block.space(2112); // a gradient whose address agrees with its source's in the low 12 bits makes loads wait for stores
        const gradAt = block.space(gradWhere.data.byteLength);
        call(block, gradSrc, gradAt, placeFloats(block, input), placeFloats(block, where));
        block.output(gradSrc, gradInput.data);
        block.output(gradAt, gradWhere.data);
    });
    return /** @type {any} */ ({gradInput, [name]: gradWhere});
}
