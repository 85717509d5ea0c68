import {checkInteger, checkList, checkOptions, wrong} from './check.js';
import {checkShape, makeOutput, placeFloats} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */

/**
 * The output of an affine grid: [N, C, H, W], or [N, C, D, H, W] for volumes.
 *
 * @param {readonly number[]} size
 * @returns {{N: number, C: number, dims: 2 | 3, sizes: number[], depth: number, height: number, width: number, points: number}}
 */
export function readSize(size) {
    const [N, C, ...sizes] = checkList('size', size);
    if (sizes.length !== 2 && sizes.length !== 3) throw wrong('size', '[N, C, H, W] or [N, C, D, H, W]', size);
    [N, C, ...sizes].forEach((side, i) => checkInteger(`size[${i}]`, side, i ? 1 : 0));
    const [width, height, depth = 1] = [...sizes].reverse();
    return {N, C, dims: sizes.length === 3 ? 3 : 2, sizes, depth, height, width, points: depth * height * width};
}

/**
 * torch.nn.functional.affine_grid: where each output of gridSample looks, (x, y) or (x, y, z). -1 and 1 are the outer edges of the
 * input, or with `alignCorners` the centres of its first and last pixels.
 *
 * @param {Tensor} theta [N, 2, 3], or [N, 3, 4] for volumes
 * @param {readonly number[]} size of the output: [N, C, H, W], or [N, C, D, H, W]
 * @param {{alignCorners?: boolean}} [options]
 * @returns {FloatTensor} [N, H, W, 2], or [N, D, H, W, 3]
 */
export function affineGrid(theta, size, options) {
    const corners = readCorners(options);
    const {N, dims, sizes, depth, height, width, points} = readSize(size);
    checkShape('theta', theta, ['N', dims, dims + 1], {N});
    const data = makeOutput('into', N * points * dims);
    withBlock((block) => {
        const grid = block.space(data.byteLength);
        block.call('fv_grid_affine', grid, placeFloats(block, theta), N, dims, depth, height, width, corners);
        block.output(grid, data);
    });
    return {data, dims: [N, ...sizes, dims]};
}

/**
 * The gradient of affineGrid.
 *
 * @param {Tensor} gradGrid [N, H, W, 2], or [N, D, H, W, 3]
 * @param {readonly number[]} size that was given to affineGrid
 * @param {{alignCorners?: boolean}} [options]
 * @returns {FloatTensor} gradient of theta, [N, 2, 3] or [N, 3, 4]
 */
export function affineGridBackward(gradGrid, size, options) {
    const corners = readCorners(options);
    const {N, dims, sizes, depth, height, width} = readSize(size);
    checkShape('gradGrid', gradGrid, ['N', ...sizes, dims], {N});
    const data = new Float32Array(N * dims * (dims + 1));
    withBlock((block) => {
        const theta = block.space(data.byteLength);
        block.call('fv_grid_affine_backward', theta, placeFloats(block, gradGrid), N, dims, depth, height, width, corners);
        block.output(theta, data);
    });
    return {data, dims: [N, dims, dims + 1]};
}

/**
 * A grid through homographies of normalised coordinates, divided by w; a point behind the horizon is NaN.
 *
 * @param {Tensor} homography [N, 3, 3]
 * @param {readonly number[]} size of the output: [N, C, H, W]
 * @param {{alignCorners?: boolean}} [options]
 * @returns {FloatTensor} [N, H, W, 2]
 */
export function projectiveGrid(homography, size, options) {
    const corners = readCorners(options);
    const {N, height, width} = readPlane(size);
    checkShape('homography', homography, ['N', 3, 3], {N});
    const data = makeOutput('into', N * height * width * 2);
    withBlock((block) => {
        const grid = block.space(data.byteLength);
        block.call('fv_grid_projective', grid, placeFloats(block, homography), N, height, width, corners);
        block.output(grid, data);
    });
    return {data, dims: [N, height, width, 2]};
}

/**
 * The gradient of projectiveGrid.
 *
 * @param {Tensor} gradGrid [N, H, W, 2]
 * @param {Tensor} homography [N, 3, 3]
 * @param {readonly number[]} size that was given to projectiveGrid
 * @param {{alignCorners?: boolean}} [options]
 * @returns {FloatTensor} gradient of the homographies, [N, 3, 3]
 */
export function projectiveGridBackward(gradGrid, homography, size, options) {
    const corners = readCorners(options);
    const {N, height, width} = readPlane(size);
    checkShape('homography', homography, ['N', 3, 3], {N});
    checkShape('gradGrid', gradGrid, ['N', height, width, 2], {N});
    const data = new Float32Array(N * 9);
    withBlock((block) => {
        const gradient = block.space(data.byteLength);
        block.call('fv_grid_projective_backward', gradient, placeFloats(block, gradGrid), placeFloats(block, homography), N, height, width, corners);
        block.output(gradient, data);
    });
    return {data, dims: [N, 3, 3]};
}

/**
 * A grid through thin-plate splines: the smoothest that takes each control point to its target.
 *
 * @param {Tensor} targets [N, K, 2]: where in the input each control point looks, normalised
 * @param {Tensor | null} controls [K, 2]: where in the output they are, not all on one line; null: side x side of them, row by row,
 *   from -1 to 1, where K is a square
 * @param {readonly number[]} size of the output: [N, C, H, W]
 * @param {{alignCorners?: boolean}} [options]
 * @returns {FloatTensor} [N, H, W, 2]
 * @throws {RangeError | FoveaError} where the controls lie on one line; where two coincide (VALUE)
 */
export function tpsGrid(targets, controls, size, options) {
    const alignCorners = readCorners(options);
    const {N, height, width} = readPlane(size);
    const {K} = checkShape('targets', targets, ['N', 'K', 2], {N});
    const at = readControls(controls, K);
    const data = new Float32Array(N * height * width * 2);
    withBlock((block) => {
        const grid = block.space(data.byteLength);
        const scratch = block.space(block.call('fv_grid_tps_scratch', K));
        block.call('fv_grid_tps', grid, placeFloats(block, targets), placeFloats(block, at), N, K, height, width, alignCorners, scratch);
        block.output(grid, data);
    });
    return {data, dims: [N, height, width, 2]};
}

/**
 * The gradient of tpsGrid with respect to the targets.
 *
 * @param {Tensor} gradGrid [N, H, W, 2]
 * @param {Tensor | null} controls [K, 2] as given to tpsGrid
 * @param {readonly number[]} size that was given to tpsGrid
 * @param {{alignCorners?: boolean, count?: number}} [options] count: K, where controls is null
 * @returns {FloatTensor} [N, K, 2]
 */
export function tpsGridBackward(gradGrid, controls, size, options) {
    const alignCorners = readCorners(options);
    const {count} = checkOptions(options);
    const {N, height, width} = readPlane(size);
    checkShape('gradGrid', gradGrid, ['N', height, width, 2], {N});
    const at = readControls(controls, count ?? controls?.dims?.[0]);
    const K = at.dims[0];
    const data = new Float32Array(N * K * 2);
    withBlock((block) => {
        const gradient = block.space(data.byteLength);
        const scratch = block.space(block.call('fv_grid_tps_scratch', K));
        block.call('fv_grid_tps_backward', gradient, placeFloats(block, gradGrid), placeFloats(block, at), N, K, height, width, alignCorners, scratch);
        block.output(gradient, data);
    });
    return {data, dims: [N, K, 2]};
}

/** Whether a first point, the one farthest from it and the one farthest from their line make a triangle. @param {ArrayLike<number>} points x, y, ... */
function spansPlane(points) {
    const all = Array.from({length: points.length / 2}, (_, i) => [points[2 * i] - points[0], points[2 * i + 1] - points[1]]);
    if (!all.flat().every((v) => Math.abs(v) <= 1e6)) return false;
    const [X, Y] = all.reduce((far, at) => Math.hypot(...at) > Math.hypot(...far) ? at : far, [0, 0]);
    return all.some(([x, y]) => Math.abs(x * Y - y * X) > 1e-6 * (X * X + Y * Y));
}

/** @param {Tensor | null} controls @param {number | undefined} count @returns {Tensor} [K, 2] */
function readControls(controls, count) {
    if (controls) {
        const {K: given} = checkShape('controls', controls, ['K', 2], count === undefined ? {} : {K: count});
        if (given < 3 || given > 1024 || !spansPlane(controls.data)) throw wrong('controls', '3 to 1024 finite points, not all on one line', controls.dims);
        return controls;
    }
    const K = checkInteger('count', count, 3, 1024);
    const side = Math.sqrt(K);
    if (!Number.isInteger(side)) throw wrong('controls', `[${K}, 2] (null: only where their number is a square)`, controls);
    return {data: Float32Array.from({length: 2 * K}, (_, i) => 2 * (i % 2 ? Math.floor(i / 2 / side) : (i / 2) % side) / (side - 1) - 1), dims: [K, 2]};
}

/** @param {{alignCorners?: boolean} | undefined} options @returns {0 | 1} */
const readCorners = (options) => checkOptions(options).alignCorners ? 1 : 0;

/** @param {readonly number[]} size */
function readPlane(size) {
    const read = readSize(size);
    if (read.dims !== 2) throw wrong('size', '[N, C, H, W]', size);
    return read;
}
