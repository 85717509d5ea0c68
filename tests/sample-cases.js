/** @import { Random } from './random.js' */

const MODES = /** @type {const} */ (['bilinear', 'nearest', 'bicubic']);
const PADDINGS = /** @type {const} */ (['zeros', 'border', 'reflection']);

/** @typedef {{mode: typeof MODES[number], paddingMode: typeof PADDINGS[number], alignCorners: boolean}} Way */

/** @param {ArrayLike<number>} values @param {number[]} dims */
export const tensor = (values, dims) => ({data: Float32Array.from(values), dims});

/** Every mode x padding x alignCorners x dimension. @param {(way: Way, dims: 2 | 3) => void} visit */
export function eachWay(visit) {
    for (const dims of /** @type {const} */ ([2, 3])) {
        for (const mode of MODES.filter((m) => dims === 2 || m !== 'bicubic')) {
            for (const paddingMode of PADDINGS) {
                for (const alignCorners of [false, true]) visit({mode, paddingMode, alignCorners}, dims);
            }
        }
    }
}

/**
 * Maps and a grid for them; coordinates keep a distance to whole and half index coordinates, where float32 may fall on the other side.
 *
 * @param {Random} random
 * @param {2 | 3} dims
 * @param {{alignCorners?: boolean}} way
 * @param {number} number small ones draw what is small; every third stays inside
 */
export function anyMaps(random, dims, {alignCorners}, number) {
    const N = random.integer(1, 2);
    const C = random.pick([1, 2, 3, 4, 5, 8, 9]);
    const sides = Array.from({length: dims}, () => random.integer(1, number < 3 ? 3 : dims === 2 ? 24 : 9));
    const outer = Array.from({length: dims}, () => random.integer(1, dims === 2 ? 9 : 4));
    const product = (/** @type {number[]} */ list) => list.reduce((a, b) => a * b, 1);
    const grid = new Float32Array(N * product(outer) * dims);
    for (let i = 0; i < grid.length; i++) {
        const size = sides[dims - 1 - i % dims];
        const [low, high] = number % 3 === 0 ? [1, Math.max(size - 3, 1)] : [-2 * size - 2, 3 * size + 2];
        const index = random.integer(low, high) + random.pick([0.03, 0.53]) + random.between(0, 0.43);
        grid[i] = alignCorners ? (size > 1 ? 2 * index / (size - 1) - 1 : random.between(-2, 2)) : (2 * index + 1) / size - 1;
    }
    return {
        input: {data: random.floats(N * C * product(sides), -4, 4), dims: [N, C, ...sides]},
        grid: {data: grid, dims: [N, ...outer, dims]},
    };
}

/** [N, C, ...] to [N, ..., C], or back. @param {{data: ArrayLike<number>, dims: readonly number[]}} maps @param {boolean} [back] */
export function channelsLast({data, dims}, back = false) {
    const [N, ...rest] = dims;
    const [C, sides] = back ? [rest[rest.length - 1], rest.slice(0, -1)] : [rest[0], rest.slice(1)];
    const plane = sides.reduce((a, b) => a * b, 1);
    const out = Float32Array.from({length: data.length}, (_, i) => {
        const entry = Math.floor(i / (plane * C)) * plane * C;
        const [outer, inner] = back ? [i % plane, Math.floor((i - entry) / plane)] : [i % C, Math.floor((i - entry) / C)];
        return data[entry + (back ? outer * C + inner : outer * plane + inner)];
    });
    return {data: out, dims: back ? [N, C, ...sides] : [N, ...sides, C]};
}

/** Bit patterns, every NaN the same. @param {{data: Float32Array}} tensor */
export const bits = ({data}) => new Uint32Array(data.map((v) => (Number.isNaN(v) ? NaN : v)).buffer);
