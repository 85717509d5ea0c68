import {checkChoice, checkInteger, describe, wrong, wrongType} from './check.js';
import {checkTensor} from './tensor.js';

/** @import {Tensor} from './tensor.js' */
/** @import {Values} from './detect.js' */

/** @typedef {Tensor | Tensor[] | Record<string, Tensor>} Outputs a network's outputs, as its runtime gives them */

/**
 * The positions of one output, or of one stride of it, and where their values lie.
 *
 * @typedef {object} Level
 * @property {number} positions
 * @property {number} width of its grid; 0 where it has none
 * @property {number} height
 * @property {number} [stride] pixels per cell, where known
 * @property {number} values of one position
 * @property {(value: number, row?: number) => Values} from
 */

/** @param {Outputs} outputs @param {string} [name] of the argument @returns {Tensor[]} */
export function listOf(outputs, name = 'outputs') {
    const isTensor = Object(outputs) !== outputs || 'data' in outputs && 'dims' in outputs;
    const list = /** @type {Tensor[]} */ (Array.isArray(outputs) ? outputs : isTensor ? [outputs] : Object.values(outputs));
    if (!list.length) throw wrongType(name, 'a tensor', 'none');
    for (const [i, tensor] of list.entries()) checkTensor(list.length > 1 ? `${name}[${i}]` : name, tensor);
    return list;
}

/** How many classes, given their number or their names. @param {number | readonly string[]} classes */
export function countOf(classes) {
    return checkInteger('classes', Array.isArray(classes) ? classes.length : classes);
}

/** An error about shapes. @param {string} expected @param {readonly Tensor[]} got */
export function wrongShape(expected, got) {
    return wrong('outputs', expected, got.map(({dims}) => describe(dims)));
}

/**
 * How an output lies: [N, rows, values], [N, values, rows], [N, values, H, W], [N, H, W, values] or [N, A, H, W, values / A]. The
 * side of an expected length holds the values; where none has, the shorter that is long enough, or NCHW.
 *
 * @param {Tensor} tensor
 * @param {number} image which of the N
 * @param {readonly (number | undefined)[]} expected lengths
 * @param {string} [layout] 'rows' for [N, rows, values], 'values' for [N, values, rows], or 'auto'
 * @param {number} [least] values there must be
 * @returns {Level}
 */
export function levelOf(tensor, image, expected, layout = 'auto', least = 1) {
    checkChoice('layout', {auto: 0, rows: 0, values: 0}, layout);
    const {dims} = tensor;
    const [N, a, b, c, d] = dims.length === 2 ? [1, ...dims] : dims;
    if (dims.length < 2 || dims.length > 5 || !N) throw wrongShape('2 to 5 sizes, of one picture or more', [tensor]);
    if (dims.length > 3 && dims.includes(0)) throw wrongShape('maps of at least one cell', [tensor]);
    checkInteger('image', image, 0, N - 1);
    const start = (image * tensor.data.length) / N;
    if (dims.length === 5) {
        const positions = b * c;
        /** @type {Level['from']} */
        const from = (v, row = 0) => ({tensor, at: start + Math.floor(v / d) * positions * d + v % d + row * d, position: d, value: 1});
        return {positions, width: c, height: b, values: a * d, from};
    }
    const flat = dims.length < 4;
    const last = flat ? b : c;
    const inFirst = expected.includes(a);
    const inLast = expected.includes(last);
    const isLast = layout !== 'auto' ? layout === 'rows' : flat ? inLast || !inFirst && (a < least || b >= least && b <= a) : inLast && !inFirst;
    const values = isLast ? last : a;
    const [height, width] = flat ? [0, 0] : isLast ? [a, b] : [b, c];
    const positions = flat ? (isLast ? a : b) : height * width;
    const [position, value] = isLast ? [values, 1] : [1, positions];
    return {positions, width, height, values, from: (v, row = 0) => ({tensor, at: start + v * value + row * position, position, value})};
}

/**
 * Where maps of several strides hold their values: they have as many on every map, unlike rows and columns.
 *
 * @param {readonly Tensor[]} maps
 * @returns {'rows' | 'values' | 'auto'}
 */
export function layoutOf(maps) {
    /** @param {number} axis */
    const same = (axis) => maps.every(({dims}) => dims[axis] === maps[0].dims[axis]);
    return same(1) === same(3) ? 'auto' : same(3) ? 'rows' : 'values';
}

/**
 * Pixels per cell of each level of a pyramid, finest first.
 *
 * @param {readonly Level[]} levels with grids
 * @param {readonly number[] | undefined} strides
 * @param {readonly [number, number] | undefined} size of the network's input; default: up to three end at stride 32, more begin at 8
 * @returns {[number, number][]}
 */
export function stepsOf(levels, strides, size) {
    if (strides && strides.length !== levels.length) throw wrong('strides', `${levels.length} of them`, strides.length);
    const step = Math.max(8, 64 >> levels.length);
    const [width, height] = size ?? [step * levels[0].width, step * levels[0].height];
    return levels.map((level, i) => {
        const stride = strides ? strides[i] : level.stride;
        return stride ? [stride, stride] : [stepOf(width, level.width), stepOf(height, level.height)];
    });
}

/** The stride of so many cells: a power of two, if that makes so many, the last one not quite full. @param {number} side @param {number} cells */
function stepOf(side, cells) {
    const stride = 2 ** Math.ceil(Math.log2(side / cells));
    return Math.ceil(side / stride) === cells ? stride : side / cells;
}

const PYRAMIDS = [[8, 16, 32], [8, 16, 32, 64]];

/**
 * A flat output that runs over the grids of several strides, as levels.
 *
 * @param {Level} level
 * @param {readonly number[] | undefined} strides default: the pyramid that has so many rows
 * @param {readonly [number, number]} [size] of the network's input; default: square
 * @returns {Level[]}
 */
export function splitByStride({positions, values, from}, strides, size) {
    const pyramids = strides ? [strides] : PYRAMIDS;
    for (const pyramid of pyramids) {
        const side = Math.round(Math.sqrt(positions / pyramid.reduce((sum, s) => sum + 1 / s ** 2, 0)));
        const [W, H] = size ?? [side, side];
        for (const round of [Math.floor, Math.ceil]) {
            let start = 0;
            const levels = pyramid.map((s) => {
                const [width, height, first] = [round(W / s), round(H / s), start];
                start += width * height;
                return {positions: width * height, width, height, stride: s, values, from: (/** @type {number} */ v) => from(v, first)};
            });
            if (start === positions) return levels;
        }
    }
    const input = size ? `a ${size[0]} x ${size[1]}` : 'a square';
    throw wrong('outputs', `the grids of ${input} input at strides ${pyramids.map((p) => p.join(', ')).join(' or ')} (or other size and strides)`, `${positions} rows`);
}
