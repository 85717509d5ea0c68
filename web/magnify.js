/** A joint's heatmap, and where the ways of reading it say that the joint is. */
import { argmax, softArgmax } from 'fovea';

/** Cells on each side of the highest that count: 5 x 5 in all. */
export const WINDOW = 2;

/**
 * @typedef {object} Magnified
 * @property {{ data: Float32Array, dims: number[] }} map [H, W], its weights
 * @property {[number, number]} highest index of the highest cell
 * @property {[number, number]} window expectation over the cells around it
 * @property {[number, number]} whole expectation over the whole map
 * @property {number[]} matrix from cells, whose corners are whole numbers, to the picture
 * @property {number} centre where in its cell a joint lies
 */

/**
 * @param {any[]} heads @param {import('./networks.js').Heatmaps} heatmaps @param {number} joint @param {{ matrix: Float64Array }} view
 * @returns {Magnified}
 */
export function magnify(heads, { head, layout, normalize, stride, centre }, joint, { matrix: [a, b, c, d, e, f] }) {
    const { data, dims } = heads[head];
    const [height, width] = layout === 'NHWC' ? dims.slice(1, 3) : dims.slice(2, 4);
    const joints = layout === 'NHWC' ? dims[3] : dims[1];
    const [step, first] = layout === 'NHWC' ? [joints, joint] : [1, joint * width * height];
    const raw = { data: Float32Array.from({ length: width * height }, (_, i) => data[first + i * step]), dims: [1, 1, height, width] };
    const weights = raw.data.map((v) => (normalize === 'sigmoid' ? 1 / (1 + Math.exp(-v)) : Math.max(v, 0)));
    const at = (/** @type {{ coords: { data: Float32Array } }} */ { coords: { data: [x, y] } }) => /** @type {[number, number]} */ ([x, y]);
    return {
        map: { data: weights, dims: [height, width] },
        highest: at(argmax(raw)),
        window: at(softArgmax(raw, { normalize, window: WINDOW })),
        whole: at(softArgmax(raw, { normalize })),
        matrix: [a * stride, b * stride, c, d * stride, e * stride, f],
        centre,
    };
}
