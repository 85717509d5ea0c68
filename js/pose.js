import {checkInteger, describe, wrong} from './check.js';
import {LAYOUTS} from './image.js';
import {listOf} from './outputs.js';
import {checkTensor, placeFloats, toFloat32} from './tensor.js';

/** @import {Block} from './wasm.js' */
/** @import {Tensor} from './tensor.js' */
/** @import {Outputs} from './outputs.js' */
/** @import {View} from './view.js' */

/**
 * A person.
 *
 * @typedef {object} Pose
 * @property {number} score
 * @property {Float32Array} keypoints [K * 3] x, y, score of each joint, in the picture; in the tensor where no view was given. A joint
 *   that was not found is 0, 0, 0
 * @property {Float32Array} box x1, y1, x2, y2 of the joints found; 0 where none was
 * @property {number} [id] given by tracking
 */

/**
 * A pose of what was found in a tensor.
 *
 * @param {number} score
 * @param {Float32Array} keypoints [K * 3] x, y, score in the tensor; becomes the pose's
 * @param {View} [view] to the picture
 * @param {number} [least] joints that score less are not found; nor are any that score 0, or whose place is not finite
 * @returns {Pose}
 */
export function makePose(score, keypoints, view, least = 0) {
    const [a, b, c, d, e, f] = view ? view.matrix : [1, 0, 0, 0, 1, 0];
    const box = Float32Array.of(Infinity, Infinity, -Infinity, -Infinity);
    for (let i = 0; i < keypoints.length; i += 3) {
        const [x, y, s] = [keypoints[i], keypoints[i + 1], keypoints[i + 2]];
        const [X, Y] = [Math.fround(a * x + b * y + c), Math.fround(d * x + e * y + f)];
        if (!(s >= least && s > 0 && Number.isFinite(X) && Number.isFinite(Y))) {
            keypoints.fill(0, i, i + 3);
            continue;
        }
        keypoints[i] = X, keypoints[i + 1] = Y;
        box[0] = Math.min(box[0], X), box[1] = Math.min(box[1], Y);
        box[2] = Math.max(box[2], X), box[3] = Math.max(box[3], Y);
    }
    return {score: score > 0 ? score : 0, keypoints, box: box[0] <= box[2] ? box : new Float32Array(4)};
}

/**
 * Maps of a network over one grid of cells.
 *
 * @typedef {object} Maps
 * @property {Tensor} tensor of one picture
 * @property {number} width
 * @property {number} height
 * @property {number} channels
 * @property {0 | 1} layout LAYOUTS
 */

/**
 * Maps of one grid, [N, H, W, C], [N, C, H, W], or the same without N. They have as many rows and columns each, unlike channels.
 *
 * @template {Record<string, Tensor>} T
 * @param {T} tensors by role
 * @param {number} image which of the N
 * @returns {{[role in keyof T]: Maps}}
 */
export function readMaps(tensors, image) {
    const list = Object.entries(tensors).map(([name, tensor]) => {
        const dims = checkTensor(`heads.${name}`, tensor);
        if (dims.length < 3 || dims.length > 4 || !tensor.data.length) throw wrong(`heads.${name}`, 'maps [N, H, W, channels] or [N, channels, H, W] of at least one cell', dims);
        return {name, tensor, dims: dims.length === 3 ? [1, ...dims] : dims};
    });
    /** @param {number[]} axes */
    const same = (...axes) => list.every(({dims}) => axes.every((axis) => dims[axis] === list[0].dims[axis]));
    const last = same(0, 1, 2);
    if (!last && !same(0, 2, 3)) throw wrong('heads', 'maps of one grid', list.map(({dims}) => describe(dims)));
    checkInteger('image', image, 0, list[0].dims[0] - 1);
    return /** @type {any} */ (Object.fromEntries(list.map(({name, tensor, dims: [N, a, b, c]}) => {
        const [channels, height, width] = last ? [c, a, b] : [a, b, c];
        const size = a * b * c;
        const one = N === 1 ? tensor : {...tensor, data: tensor.data.subarray(image * size, (image + 1) * size), dims: [1, a, b, c]};
        return [name, {tensor: one, width, height, channels, layout: last ? LAYOUTS.NHWC : LAYOUTS.NCHW}];
    })));
}

/** How many channels maps of one grid have. @param {readonly Tensor[]} list @returns {number[]} */
export function channelsOf(list) {
    const sizes = list.map(({dims}) => dims.slice(-3));
    const last = sizes.every(([a, b]) => a === sizes[0][0] && b === sizes[0][1]);
    return sizes.map((dims) => dims[last ? 2 : 0]);
}

/** @param {Block} block @param {Maps} maps @returns {[number, number, number, number, number]} pointer, width, height, channels, layout */
export const placeMaps = (block, {tensor, width, height, channels, layout}) => [placeFloats(block, tensor), width, height, channels, layout];

/**
 * Some values of cells.
 *
 * @param {Maps} maps
 * @param {ArrayLike<number>} cells below 0: of none
 * @param {number} count of values of each
 * @param {(i: number) => number} from the channel of the i-th cell's first
 * @returns {Float32Array} [cells, count]; anything for none
 */
export function valuesAt({tensor, width, height, channels, layout}, cells, count, from) {
    const [perCell, perChannel] = layout === LAYOUTS.NHWC ? [channels, 1] : [1, width * height];
    const data = new (/** @type {any} */ (tensor.data.constructor))(cells.length * count);
    for (let i = 0, v = 0; i < cells.length; i++) {
        let at = Math.max(cells[i], 0) * perCell + from(i) * perChannel;
        for (let c = 0; c < count; c++, v++, at += perChannel) data[v] = tensor.data[at];
    }
    return toFloat32({...tensor, data, dims: [data.length]}).data;
}

/**
 * The heads of a network by role: by their names where these tell all of them, else by what `inOrder` finds among them.
 *
 * @template {string} Role
 * @param {Outputs} heads
 * @param {Record<string, RegExp>} names each head is what the first pattern says that fits its name
 * @param {readonly Role[]} roles that there must be
 * @param {(list: Tensor[]) => Partial<Record<Role, Tensor>>} inOrder
 * @returns {Record<Role, Tensor>}
 */
export function readRoles(heads, names, roles, inOrder) {
    const list = listOf(heads, 'heads');
    /** @type {Record<string, Tensor>} */
    const byName = {};
    for (const [key, tensor] of list.length > 1 && !Array.isArray(heads) ? Object.entries(heads) : []) {
        const role = Object.keys(names).find((name) => names[name].test(key));
        if (role) byName[role] ??= tensor;
    }
    const found = roles.every((role) => byName[role]) ? byName : inOrder(list);
    const missing = roles.filter((role) => !found[role]);
    if (missing.length) throw wrong('heads', `${roles.join(', ')}; no ${missing.join(', ')}`, list.map(({dims}) => describe(dims)));
    return /** @type {any} */ (Object.fromEntries(roles.map((role) => [role, found[role]])));
}
