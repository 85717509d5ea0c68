/** Fits and distances in plain float64, from their definitions; slow, and with other arithmetic than the core's. */

/** @typedef {ArrayLike<number>} Numbers */

/** M (x, y). @param {Numbers} m 9 @param {number} x @param {number} y */
export function put(m, x, y) {
    const w = m[6] * x + m[7] * y + m[8];
    return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
}

/** All points through a matrix of 9 or 6. @param {Numbers} m @param {Numbers} points */
export function putAll(m, points) {
    const all = m.length === 6 ? [...Array.from(m), 0, 0, 1] : m;
    return Array.from({length: points.length / 2}, (_, i) => put(all, points[2 * i], points[2 * i + 1])).flat();
}

/** The sum of weighted squared distances in `to`. @param {Numbers} m @param {Numbers} from @param {Numbers} to @param {Numbers} [weights] */
export function squares(m, from, to, weights) {
    const at = putAll(m, from);
    return at.reduce((sum, v, i) => sum + (weights ? weights[i >> 1] : 1) * (v - to[i]) ** 2, 0);
}

/** Sampson's distance. @param {Numbers} f @param {number[]} p @param {number[]} q */
export function sampson(f, [x, y], [u, v]) {
    const line = [0, 1, 2].map((i) => f[3 * i] * x + f[3 * i + 1] * y + f[3 * i + 2]);
    const back = [0, 1, 2].map((i) => f[i] * u + f[3 + i] * v + f[6 + i]);
    return Math.abs(u * line[0] + v * line[1] + line[2]) / Math.hypot(line[0], line[1], back[0], back[1]);
}

/** @param {Numbers} m 9 */
export const determinant = (m) => m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);

/** A x = b of rows [...a, b], by elimination with pivots. @param {number[][]} rows */
export function eliminate(rows) {
    const n = rows.length;
    for (let k = 0; k < n; k++) {
        const best = rows.slice(k).reduce((b, row, i) => Math.abs(row[k]) > Math.abs(rows[b][k]) ? i + k : b, k);
        [rows[k], rows[best]] = [rows[best], rows[k]];
        rows.forEach((row, i) => {
            const f = row[k] / rows[k][k];
            if (i !== k) row.forEach((_, j) => row[j] -= f * rows[k][j]);
        });
    }
    return rows.map((row, i) => row[n] / row[i]);
}

/** Least squares of design rows. @param {number[][]} design @param {number[]} wanted @param {number[]} weights */
export function leastSquares(design, wanted, weights) {
    const n = design[0].length;
    return eliminate(Array.from({length: n}, (_, i) => [
        ...Array.from({length: n}, (__, j) => design.reduce((sum, row, k) => sum + weights[k] * row[i] * row[j], 0)),
        design.reduce((sum, row, k) => sum + weights[k] * row[i] * wanted[k], 0),
    ]));
}

/** Six or four parameters, by the normal equations. @param {'affine' | 'similarity'} kind @param {Numbers} from @param {Numbers} to @param {Numbers} weights */
export function plainLinear(kind, from, to, weights) {
    const design = [];
    for (let i = 0; i < from.length; i += 2) {
        const [x, y] = [from[i], from[i + 1]];
        design.push(...(kind === 'affine' ? [[x, y, 1, 0, 0, 0], [0, 0, 0, x, y, 1]] : [[x, -y, 1, 0], [y, x, 0, 1]]));
    }
    const p = leastSquares(design, Array.from(to), design.map((_, i) => weights[i >> 1]));
    return kind === 'affine' ? p : [p[0], -p[1], p[2], p[1], p[0], p[3]];
}

/** Umeyama 1991, in two dimensions by complex numbers. @param {Numbers} from @param {Numbers} to */
export function plainUmeyama(from, to) {
    const n = from.length / 2;
    const mean = (/** @type {Numbers} */ p, /** @type {number} */ k) => Array.from({length: n}, (_, i) => p[2 * i + k]).reduce((a, b) => a + b) / n;
    const [x0, y0, u0, v0] = [mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1)];
    let [re, im, size] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
        const [x, y, u, v] = [from[2 * i] - x0, from[2 * i + 1] - y0, to[2 * i] - u0, to[2 * i + 1] - v0];
        re += x * u + y * v, im += x * v - y * u, size += x * x + y * y;
    }
    const [a, b] = [re / size, im / size];
    return [a, -b, u0 - a * x0 + b * y0, b, a, v0 - b * x0 - a * y0];
}
