/** The definition of a path's loss, in float64 and as plainly as it can be said: the oracle of path.test.js. */

/** @typedef {{data: ArrayLike<number>, dims: readonly number[]}} Table */

const bases = {
    linear: {phantom: 0, weights: (/** @type {number} */ t) => [0, 1 - t, t, 0]},
    hermite: {phantom: 1, weights: cubic},
    'catmull-rom': {phantom: 0, weights: cubic},
    bspline: {phantom: 1, weights: (/** @type {number} */ t) => [(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, 3 * (t ** 2 - t ** 3 + t) + 1, t ** 3].map((w) => w / 6)},
};

/** Hermite's polynomials on the ends and their tangents, half the difference of the neighbours. @param {number} t */
function cubic(t) {
    const [h00, h10, h01, h11] = [2 * t ** 3 - 3 * t ** 2 + 1, t ** 3 - 2 * t ** 2 + t, 3 * t ** 2 - 2 * t ** 3, t ** 3 - t ** 2];
    return [-h10 / 2, h00 - h11 / 2, h01 + h10 / 2, h11 / 2];
}

/** @param {number[][]} knots @param {number} samples @param {keyof typeof bases | 'natural'} spline @returns {number[][]} */
export function resample64(knots, samples, spline) {
    if (spline === 'natural') return natural64(knots, samples);
    const K = knots.length, {phantom, weights} = bases[spline];
    const beyond = (/** @type {number[]} */ end, /** @type {number[]} */ next) => end.map((v, k) => v + phantom * (v - next[k]));
    const all = [beyond(knots[0], knots[1]), ...knots, beyond(knots[K - 1], knots[K - 2])];
    return Array.from({length: samples}, (_, i) => {
        const at = samples > 1 ? i * (K - 1) / (samples - 1) : 0, j = Math.min(Math.floor(at), K - 2), w = weights(at - j);
        return knots[0].map((_v, k) => w.reduce((sum, weight, tap) => sum + weight * all[j + tap][k], 0));
    });
}

/**
 * By its second derivatives, which are 0 at the ends: M_i-1 + 4 M_i + M_i+1 = 6 (p_i-1 - 2 p_i + p_i+1).
 * @param {number[][]} p @param {number} samples
 */
function natural64(p, samples) {
    const last = p.length - 1;
    const bends = p[0].map((_v, k) => {
        const rows = p.map((_p, i) => p.map((_q, j) => i % last === 0 ? +(i === j) : i === j ? 4 : +(Math.abs(i - j) === 1)));
        const M = p.map((_p, i) => i % last === 0 ? 0 : 6 * (p[i - 1][k] - 2 * p[i][k] + p[i + 1][k]));
        for (let i = 0; i <= last; i++) {
            for (let j = 0; j <= last; j++) {
                const f = j === i ? 0 : rows[j][i] / rows[i][i];
                rows[j].forEach((_r, at) => rows[j][at] -= f * rows[i][at]);
                M[j] -= f * M[i];
            }
        }
        return M.map((m, i) => m / rows[i][i]);
    });
    return Array.from({length: samples}, (_, i) => {
        const at = samples > 1 ? i * last / (samples - 1) : 0, j = Math.min(Math.floor(at), last - 1), t = at - j, s = 1 - t;
        return p[0].map((_v, k) => s * p[j][k] + t * p[j + 1][k] + ((s ** 3 - s) * bends[k][j] + (t ** 3 - t) * bends[k][j + 1]) / 6);
    });
}

/** @param {number} d */
function keys(d) {
    const a = -.75, x = Math.abs(d);
    return x <= 1 ? (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1 : x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
}

const tent = (/** @type {number} */ d) => Math.max(0, 1 - Math.abs(d));

/** @param {Table} map @param {number[]} point index coordinates, x first @param {boolean} bicubic @param {boolean} [wrap] the last axis */
export function cell64({data, dims}, point, bicubic, wrap) {
    const sizes = [...dims].reverse();
    let parts = [{index: 0, weight: 1}], step = 1;
    for (const [axis, size] of sizes.entries()) {
        const around = wrap && axis === 2;
        const x = around || bicubic ? point[axis] : Math.min(Math.max(point[axis], 0), size - 1);
        /** @type {{index: number, weight: number}[]} */
        const next = [];
        for (let i = Math.floor(x) - 1; i <= Math.floor(x) + 2; i++) {
            const weight = (bicubic ? keys : tent)(x - i), cell = around ? ((i % size) + size) % size : Math.min(Math.max(i, 0), size - 1);
            if (weight) for (const part of parts) next.push({index: part.index + cell * step, weight: part.weight * weight});
        }
        parts = next;
        step *= size;
    }
    return parts.reduce((sum, {index, weight}) => sum + data[index] * weight, 0);
}

const norm = (/** @type {number[]} */ v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
const minus = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a.map((v, k) => v - b[k]);
const sum = (/** @type {number[]} */ values) => values.reduce((total, v) => total + v, 0);

/** @param {number[][]} points @param {number} order */
function differences(points, order) {
    for (let n = 0; n < order; n++) points = points.slice(1).map((p, i) => minus(p, points[i]));
    return sum(points.map((p) => norm(p) ** 2));
}

/** Each term without its weight. @param {Table} map @param {number[][]} knots @param {any} options */
export function terms64(map, knots, {
    samples, spline = 'linear', smoothOn = 'control', arcLength, interpolation, coords, wrap, distance, margin = 2, maxCurvature = .2, goal,
    startHeading, goalHeading,
}) {
    const path = resample64(knots, samples, spline);
    const index = path.map((p) => p.map((v) => coords === 'canvas' ? v - .5 : v));
    const at = (/** @type {Table} */ m) => index.map((p) => cell64(m, p, interpolation === 'bicubic', wrap));
    const steps = path.slice(1).map((p, i) => minus(p, path[i])), lengths = steps.map(norm);
    const units = steps.map((d, i) => d.map((v) => v / lengths[i]));
    const smoothed = smoothOn === 'samples' ? path : knots;
    const costs = at(map), mean = sum(lengths) / lengths.length;
    const angle = (/** @type {number[]} */ u, /** @type {number[] | undefined} */ wanted) =>
        wanted ? 1 - u.reduce((dot, v, k) => dot + v * wanted[k], 0) / norm(wanted) : 0;
    const last = [...map.dims].reverse().map((size) => size - 1);
    return {
        cost: arcLength ? sum(lengths.map((l, i) => l * (costs[i] + costs[i + 1]) / 2)) : sum(costs),
        velocity: differences(smoothed, 1), smooth: differences(smoothed, 2), jerk: differences(smoothed, 3),
        length: sum(lengths), spacing: sum(lengths.map((l) => (l - mean) ** 2)),
        clearance: distance ? sum(at(distance).map((s) => s < 0 ? margin / 2 - s : s < margin ? (s - margin) ** 2 / (2 * margin) : 0)) : 0,
        goal: Math.log(1 + norm(minus(path[samples - 1], goal ?? knots[knots.length - 1]))),
        curvature: sum(units.slice(1).map((u, i) => Math.max(0, 2 * norm(minus(u, units[i])) / (lengths[i] + lengths[i + 1]) - maxCurvature) ** 2)),
        heading: angle(units[0], startHeading) + angle(units[units.length - 1], goalHeading),
        boundary: sum(index.flatMap((p) => p.map((v, k) => wrap && k === 2 ? 0 : v < 0 ? v * v : v > last[k] ? (v - last[k]) ** 2 : 0))),
    };
}

/** @param {Table} map @param {number[][]} knots @param {any} options @returns {number} */
export function loss64(map, knots, options) {
    const terms = /** @type {Record<string, number>} */ (terms64(map, knots, options));
    return sum(Object.entries(/** @type {Record<string, number>} */ (options.weights)).map(([name, weight]) => weight && weight * terms[name]));
}

/** Central differences. @param {Table} map @param {number[][]} knots @param {any} options @returns {number[]} */
export function gradient64(map, knots, options, h = 1e-6) {
    const free = {goal: knots[knots.length - 1], ...options};
    return knots.flatMap((knot, i) => knot.map((_v, k) => {
        const [up, down] = [h, -h].map((d) => loss64(map, knots.map((p, j) => p.map((v, n) => j === i && n === k ? v + d : v)), free));
        return (up - down) / (2 * h);
    }));
}
