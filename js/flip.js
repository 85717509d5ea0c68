import {readMaps} from './argmax.js';
import {checkChoice, checkFinite, checkFlag, checkInteger, checkOptions, wrong, wrongType} from './check.js';
import {checkShape, checkTensor, makeOutput, placeFloats, toFloat32} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */

/** Planes of a joint, and which of them are offsets along x. */
const FORMS = {heatmap: {planes: 1, x: -1}, combined: {planes: 3, x: 1}, offset: {planes: 2, x: 0}};

/** Whom the mirror takes each joint for. @param {any} pairs @param {number} K @returns {Int32Array} */
function readPartners(pairs, K) {
    if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) throw wrongType('pairs', '[left, right] pairs of joints', pairs);
    const partners = Int32Array.from({length: K}, (_, k) => k);
    pairs.forEach(([a, b], i) => {
        for (const joint of [a, b]) checkInteger(`pairs[${i}]`, joint, 0, K - 1);
        [partners[a], partners[b]] = [b, a];
    });
    return partners;
}

/**
 * Flip test: the mean of a network's maps and of those that it gave for the mirrored picture.
 *
 * @param {Tensor} maps [N, K, H, W], or [N, H, W, K]; of SimCC's vectors [N, K, 1, Wx] and, where nothing is mirrored, [N, K, Wy, 1]
 * @param {Tensor} flipped of the mirrored picture, as they came
 * @param {{pairs: readonly (readonly [number, number])[], shift?: boolean, form?: keyof typeof FORMS, layout?: 'NCHW' | 'NHWC'}} options
 *   pairs: a skeleton's [left, right]; shift: move the mirrored maps one column to the right, for networks whose cells are not mirrored about the
 *   map's centre, default false; form: 'heatmap' (default), 'combined' (UDP: disc, x, y of each joint), or 'offset' (x, y)
 * @returns {FloatTensor} as maps
 */
export function flipMaps(maps, flipped, options) {
    const {pairs, shift = false, form = 'heatmap', layout = 'NCHW'} = checkOptions(options);
    const {planes, x} = checkChoice('form', FORMS, form);
    const {N, C, height, width, entry, map, cell} = readMaps('maps', maps, layout);
    checkShape('flipped', flipped, [...maps.dims]);
    if (C % planes) throw wrong('maps', `${planes} for each joint`, maps.dims);
    const joints = readPartners(pairs, C / planes);
    const partners = Int32Array.from({length: C}, (_, c) => joints[Math.floor(c / planes)] * planes + c % planes);
    const signs = Float32Array.from({length: C}, (_, c) => c % planes === x ? -1 : 1);
    const data = makeOutput('into', maps.data.length);
    const move = +checkFlag('shift', shift);
    withBlock((block) => {
        const dst = block.space(data.byteLength);
        block.call('fv_argmax_merge', dst, placeFloats(block, maps), placeFloats(block, flipped), N, C, height, width, entry, map, cell,
            block.input(partners), block.input(signs), move);
        block.output(dst, data);
    });
    return {data, dims: [...maps.dims]};
}

/**
 * The same of joints: the mean of those found, and of those found in the mirrored picture, mirrored back: x is width - 1 - x.
 *
 * @param {Tensor} joints [N, K, 2] or more, index coordinates, x first
 * @param {Tensor} flipped of the mirrored picture, as they came
 * @param {{pairs: readonly (readonly [number, number])[], width: number}} options width: of the map, or of the picture that the indices are of
 * @returns {FloatTensor} as joints
 */
export function flipMerge(joints, flipped, options) {
    const {pairs, width} = checkOptions(options);
    const dims = checkTensor('joints', joints, '[N, K, 2]');
    if (dims.length !== 3 || dims[2] < 1) throw wrong('joints', '[N, K, 2] or more', dims);
    checkShape('flipped', flipped, [...dims]);
    const [, K, D] = dims;
    const partners = readPartners(pairs, K);
    const last = checkFinite('width', width) - 1;
    const [here, there] = [joints, flipped].map((t) => toFloat32(t).data);
    const data = here.map((v, i) => {
        const [k, axis] = [Math.floor(i / D) % K, i % D];
        const other = there[i + (partners[k] - k) * D];
        return (v + (axis ? other : last - other)) / 2;
    });
    return {data, dims: [...dims]};
}
