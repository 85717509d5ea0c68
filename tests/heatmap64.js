/** Integral regression from its definition, in float64 and as plainly as it can be said: the oracle of heatmap.test.js. */

/** @typedef {{beta?: number, window?: number, normalize?: string, eps?: number, coords?: string}} Options64 */

/** What a coordinate is of cell i of so many. @type {Record<string, (i: number, count: number) => number>} */
const UNITS = {
    index: (i) => i,
    canvas: (i) => i + .5,
    dsnt: (i, count) => (2 * i + 1) / count - 1,
    corner: (i, count) => count > 1 ? 2 * i / (count - 1) - 1 : 0,
    integral: (i, count) => i / count - .5,
};

/**
 * @param {ArrayLike<number>} map row-major
 * @param {readonly number[]} sizes [W], [H, W] or [D, H, W]
 * @param {number | undefined} window about the first maximum
 * @returns {number[]} the cells that count
 */
export function cellsOf(map, sizes, window) {
    const all = Array.from({length: map.length}, (_, i) => i);
    const peak = all.reduce((best, i) => map[i] > (best < 0 ? -Infinity : map[best]) ? i : best, -1);
    if (window === undefined || peak < 0) return all;
    const at = placeOf(peak, sizes);
    return all.filter((i) => placeOf(i, sizes).every((v, axis) => Math.abs(v - at[axis]) <= window));
}

/** The cell's index along x, y, z. @param {number} i @param {readonly number[]} sizes */
function placeOf(i, sizes) {
    return [...sizes].reverse().map((size) => {
        const v = i % size;
        i = (i - v) / size;
        return v;
    });
}

/** @param {number} h @param {string} normalize @param {number} most */
function weigh(h, normalize, most) {
    if (Number.isNaN(h)) return 0;
    return {softmax: Math.exp(h - most), relu: Math.max(h, 0), sigmoid: 1 / (1 + Math.exp(-h))}[normalize] ?? h;
}

/**
 * @param {ArrayLike<number>} map finite or NaN
 * @param {readonly number[]} sizes
 * @param {Options64} [options]
 * @param {readonly number[]} [cells] default: those in the window
 */
export function softArgmax64(map, sizes, {beta = 1, window, normalize = 'softmax', eps = 1e-8, coords = 'index'} = {}, cells = cellsOf(map, sizes, window)) {
    const scale = normalize === 'none' ? 1 : beta;
    const most = Array.from(map).reduce((m, v) => v * scale > m ? v * scale : m, -Infinity);
    const weights = Array.from(map, (v) => weigh(v * scale, normalize, most));
    const total = (/** @type {readonly number[]} */ values) => cells.reduce((sum, i) => sum + values[i], 0);
    const whole = weights.reduce((a, b) => a + b, 0), inside = total(weights);
    const norm = normalize === 'none' ? 1 : normalize === 'softmax' ? inside : inside + eps;
    const p = weights.map((w) => norm > 0 ? w / norm : 0);
    const sides = [...sizes].reverse();
    const along = sides.map((size, axis) => Array.from(map, (_, i) => UNITS[coords](placeOf(i, sizes)[axis], size)));
    // What mass is missing lies at the centre of the cells that count.
    const missing = normalize === 'none' ? 0 : 1 - total(p);
    const middle = along.map((x) => cells.reduce((sum, i) => sum + x[i], 0) / cells.length);
    const mean = along.map((x, axis) => total(x.map((v, i) => p[i] * v)) + missing * middle[axis]);
    const covariance = along.flatMap((x, a) => along.map((y, b) => total(x.map((v, i) => p[i] * (v - mean[a]) * (y[i] - mean[b])))));
    const largest = cells.reduce((m, i) => map[i] > m ? map[i] : m, -Infinity);
    const peak = largest > -Infinity ? weigh(largest * scale, normalize, most) : 0;
    return {
        coords: mean, covariance,
        confidence: normalize === 'softmax' ? (norm > 0 ? peak / norm : 0) : peak,
        mass: normalize === 'none' ? inside : whole > 0 ? inside / whole : 0,
        entropy: -total(p.map((v) => v > 0 ? v * Math.log(v) : 0)),
    };
}

/**
 * The gradients of sum(gradCoords * coords) + sum(gradCovariance * covariance) by map and by beta: central differences, the window where it is.
 *
 * @param {ArrayLike<number>} gradCoords
 * @param {ArrayLike<number>} gradCovariance
 * @param {ArrayLike<number>} map
 * @param {readonly number[]} sizes
 * @param {Options64} options
 */
export function gradients64(gradCoords, gradCovariance, map, sizes, options) {
    const cells = cellsOf(map, sizes, options.window), step = 1e-6;
    const dot = (/** @type {number[]} */ a, /** @type {ArrayLike<number>} */ b) => a.reduce((sum, v, k) => sum + v * b[k], 0);
    const loss = (/** @type {ArrayLike<number>} */ m, /** @type {Options64} */ o) => {
        const {coords, covariance} = softArgmax64(m, sizes, o, cells);
        return dot(coords, gradCoords) + dot(covariance, gradCovariance);
    };
    const slope = (/** @type {(h: number) => number} */ f) => (f(step) - f(-step)) / (2 * step);
    const moved = Float64Array.from(map);
    const byMap = Array.from(map, (v, i) => slope((h) => {
        moved[i] = v + h;
        const value = loss(moved, options);
        moved[i] = v;
        return value;
    }));
    return {byMap, byBeta: slope((h) => loss(map, {...options, beta: (options.beta ?? 1) + h}))};
}
