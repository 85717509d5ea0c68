import {checkChoice, checkFinite, checkInteger, checkList, checkOptions, wrong, wrongType} from './check.js';
import {checkShape, toFloat32} from './tensor.js';
import {View, checkView, sinCos} from './view.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */

/**
 * How a reference lays a person's box over its crop. References call pixel centres integers (index coordinates) and take the numbers of a box as
 * they are, so that what they sample is not what the box encloses: with s pixels of the picture to one of the crop, mmpose's crop lies (1 - s) / 2
 * pixels aside. Networks were trained so, and answer best so.
 *
 * picture  what is added to the box's centre to have it in the canvas's coordinates
 * tensor   what is added to the crop's middle, likewise
 * between  1 where the box's edges fall on the centres of the crop's outermost pixels rather than on its edges
 *
 * @satisfies {Record<string, {picture: number, tensor: number, between: 0 | 1}>}
 */
const CROPS = {
    canvas: {picture: 0, tensor: 0, between: 0},
    mmpose: {picture: 0.5, tensor: 0.5, between: 0},
    integral: {picture: 0.5, tensor: 0.5, between: 0},
    udp: {picture: 0.5, tensor: 0, between: 1},
};

/**
 * The crop of a top-down pose network: the box grows to the crop's proportions and by the padding, and turns.
 *
 * @param {ArrayLike<number>} box x1, y1, x2, y2 in the picture
 * @param {number} width of the crop, pixels
 * @param {number} height
 * @param {object} [options]
 * @param {number} [options.padding] the box's sides are multiplied by it; default 1.25
 * @param {number} [options.angle] radians, turns the crop's x axis towards +y; default 0. mmpose's get_udp_warp_matrix turns the other way
 * @param {keyof typeof CROPS} [options.convention] 'mmpose': TopdownAffine; 'udp': the same with use_udp; 'integral': Integral Human Pose Regression's
 *   gen_trans_from_patch, which is mmpose's; 'canvas': what the box encloses, no half pixel aside. Default 'mmpose'
 * @returns {View}
 */
export function personView(box, width, height, options) {
    const {padding = 1.25, angle = 0, convention = 'mmpose'} = checkOptions(options);
    const {picture, tensor, between} = checkChoice('convention', CROPS, convention);
    checkInteger('width', width, 1 + between), checkInteger('height', height, 1 + between);
    const [x1, y1, x2, y2] = checkList('box', box, 4);
    const [w, h] = [x2 - x1, y2 - y1];
    if (!(w > 0 && h > 0 && Math.max(...[x1, y1, x2, y2].map(Math.abs)) <= 1e9)) throw wrong('box', 'x1 < x2 and y1 < y2, up to 1e9', Array.from(box));
    if (!(checkFinite('padding', padding) > 0 && padding <= 1e6)) throw wrong('padding', 'above 0, up to 1e6', padding);
    if (!(Math.abs(checkFinite('angle', angle)) <= 1e5)) throw wrong('angle', 'radians from -1e5 to 1e5', angle);
    const aspect = width / height;
    const [sx, sy] = [Math.max(w, h * aspect) * padding / (width - between), Math.max(h, w / aspect) * padding / (height - between)];
    const [sin, cos] = sinCos(angle);
    const [a, b, d, e] = [cos * sx, -sin * sy, sin * sx, cos * sy];
    const [u, v] = [width / 2 + tensor, height / 2 + tensor];
    return new View([a, b, (x1 + x2) / 2 + picture - a * u - b * v, d, e, (y1 + y2) / 2 + picture - d * u - e * v], {tensor: [width, height]});
}

const SHIFTS = {index: 0.5, canvas: 0};

/**
 * @typedef {object} PatchOptions
 * @property {View | readonly View[]} [view] of the N crops, or of all; default: joints are the picture's
 * @property {number | ArrayLike<number>} [depthScale] what a joint's z is multiplied with, of each of the N, or of all: millimetres to a pixel of the patch,
 *   in Integral Human Pose Regression 2000 / its width; default 1
 * @property {keyof typeof SHIFTS} [coords] of the joints, of the results and of cx, cy: 'canvas', or 'index' as softArgmax has them, where an integer is a
 *   pixel's centre; default 'canvas'
 */

/**
 * @typedef {object} CameraOptions
 * @property {{fx: number, fy: number, cx: number, cy: number}} intrinsics focal lengths and principal point, pixels
 * @property {number | ArrayLike<number>} [root] depth of the root, of each of the N, or of all; default 0
 */

/**
 * A number for each of N.
 *
 * @param {string} name
 * @param {number | ArrayLike<number> | undefined} value
 * @param {number} N
 * @param {number} otherwise
 * @returns {number[]}
 */
function forEach(name, value, N, otherwise) {
    return typeof value === 'object' ? checkList(name, value, N) : new Array(N).fill(value === undefined ? otherwise : checkFinite(name, value));
}

/** @param {PatchOptions} options @param {number} N */
function readPatches({view, depthScale, coords = 'canvas'}, N) {
    const half = checkChoice('coords', SHIFTS, coords);
    const scales = forEach('depthScale', depthScale, N, 1);
    if (!scales.every((scale) => scale !== 0)) throw wrong('depthScale', 'another number than 0', scales);
    const views = Array.isArray(view) ? view : new Array(N).fill(view ?? View.identity());
    if (views.length !== N) throw wrong('view', `${N} views`, views.length);
    views.forEach((one) => checkView('view', one));
    return {half, scales, views};
}

/** @param {CameraOptions} options @param {number} N */
function readCamera({intrinsics, root}, N) {
    const {fx, fy, cx, cy} = checkOptions(intrinsics, 'intrinsics');
    for (const [name, value] of Object.entries({fx, fy, cx, cy})) {
        if (!Number.isFinite(value)) throw wrongType(`intrinsics.${name}`, 'a finite number', value);
    }
    if (!fx || !fy) throw wrong('intrinsics', 'focal lengths other than 0', [fx, fy]);
    return {fx, fy, cx, cy, roots: forEach('root', root, N, 0)};
}

/**
 * Every point through a function.
 *
 * @param {Tensor} points [N, K, 3] checked
 * @param {(x: number, y: number, z: number, n: number) => [number, number, number]} map
 * @returns {FloatTensor}
 */
function mapPoints(points, map) {
    const {data, dims} = toFloat32(points);
    for (let i = 0; i < data.length; i += 3) data.set(map(data[i], data[i + 1], data[i + 2], Math.floor(i / (3 * dims[1]))), i);
    return {data, dims};
}

/** @param {View} view @param {number} half @returns {(x: number, y: number) => [number, number]} */
function mover({matrix: [a, b, c, d, e, f]}, half) {
    return (x, y) => [a * (x + half) + b * (y + half) + c - half, d * (x + half) + e * (y + half) + f - half];
}

/**
 * Joints of crops in the picture, and their depths in its unit: trans_coords_from_patch_to_org_3d of Integral Human Pose Regression.
 *
 * @param {Tensor} joints [N, K, 3] x, y in the crop, z from the root's
 * @param {PatchOptions} [options]
 * @returns {FloatTensor} [N, K, 3] x, y in the picture, z from the root's
 */
export function patchToPicture(joints, options) {
    const {N} = checkShape('joints', joints, ['N', 'K', 3]);
    const {half, scales, views} = readPatches(checkOptions(options), N);
    const moves = views.map((view) => mover(view, half));
    return mapPoints(joints, (x, y, z, n) => [...moves[n](x, y), z * scales[n]]);
}

/**
 * Joints in the camera's coordinates: x to the right, y down, z away from it; through the pinhole at the depth z * depthScale + root.
 *
 * @param {Tensor} joints [N, K, 3] x, y in the picture, or in the crop of `view`; z from the root's
 * @param {CameraOptions & PatchOptions} options
 * @returns {FloatTensor} [N, K, 3] in the unit of the depths
 */
export function backProject(joints, options) {
    const {N} = checkShape('joints', joints, ['N', 'K', 3]);
    const {fx, fy, cx, cy, roots} = readCamera(checkOptions(options), N);
    const {half, scales, views} = readPatches(checkOptions(options), N);
    const moves = views.map((view) => mover(view, half));
    return mapPoints(joints, (x, y, z, n) => {
        const [u, v] = moves[n](x, y);
        const depth = z * scales[n] + roots[n];
        return [(u - cx) / fx * depth, (v - cy) / fy * depth, depth];
    });
}

/**
 * The inverse of backProject, with the same options: where a camera sees points.
 *
 * @param {Tensor} points [N, K, 3] in the camera's coordinates
 * @param {CameraOptions & PatchOptions} options
 * @returns {FloatTensor} [N, K, 3] x, y in the picture, or in the crop of `view`, NaN behind the camera; z from the root's
 */
export function project(points, options) {
    const {N} = checkShape('points', points, ['N', 'K', 3]);
    const {fx, fy, cx, cy, roots} = readCamera(checkOptions(options), N);
    const {half, scales, views} = readPatches(checkOptions(options), N);
    const moves = views.map((view) => mover(view.inverse(), half));
    return mapPoints(points, (x, y, z, n) => {
        const seen = z > 0 ? moves[n](x / z * fx + cx, y / z * fy + cy) : [NaN, NaN];
        return [seen[0], seen[1], (z - roots[n]) / scales[n]];
    });
}

/**
 * Poses from their roots, in the size of a person whose limbs are so long: rescale_pose_from_patch_to_camera of Integral Human Pose Regression, where
 * neither the camera nor the depth of the root is known.
 *
 * @param {Tensor} joints [N, K, 3] x, y, z in one unit
 * @param {object} options
 * @param {readonly (readonly [number, number])[]} options.limbs pairs of joints, as a skeleton has them
 * @param {number} options.length of all limbs together
 * @param {number} [options.root] the joint that goes to 0; default 0
 * @returns {FloatTensor} [N, K, 3]; a pose whose limbs have no length is not scaled
 */
export function rescalePose(joints, options) {
    const {N, K} = checkShape('joints', joints, ['N', 'K', 3]);
    const {limbs, length, root = 0} = checkOptions(options);
    if (!Array.isArray(limbs)) throw wrongType('limbs', 'pairs of joints', limbs);
    const pairs = limbs.map((limb) => checkList('limbs', limb, 2).map((joint) => checkInteger('limbs', joint, 0, K - 1)));
    checkFinite('length', length), checkInteger('root', root, 0, Math.max(K - 1, 0));
    const {data} = toFloat32(joints);
    const person = (/** @type {number} */ n) => (/** @type {number} */ joint) => data.subarray(3 * (n * K + joint), 3 * (n * K + joint) + 3);
    const scales = Array.from({length: N}, (_, n) => {
        const at = person(n);
        const total = pairs.reduce((sum, [i, j]) => sum + Math.sqrt(at(i).reduce((d2, v, axis) => d2 + (v - at(j)[axis]) ** 2, 0)), 0);
        return total > 0 ? length / total : 1;
    });
    return mapPoints(joints, (x, y, z, n) => {
        const [rx, ry, rz] = person(n)(root);
        return [(x - rx) * scales[n], (y - ry) * scales[n], (z - rz) * scales[n]];
    });
}
