import {checkChoice, checkOptions, isList, wrong} from './check.js';
import {asRows, checkShape} from './tensor.js';
import {sinCos} from './view.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */

/**
 * A number and its derivatives by the parameters: writing a formula with these gives its gradient as well.
 */
class Dual {
    /** @param {number} value @param {Float64Array} slope */
    constructor(value, slope) {
        this.value = value;
        this.slope = slope;
    }

    /** f(this), whose derivative is `by`. @param {number} value @param {number} by */
    map(value, by) {
        return new Dual(value, this.slope.map((s) => s * by));
    }

    /** @param {Dual} b */
    plus(b) {
        return new Dual(this.value + b.value, this.slope.map((s, i) => s + b.slope[i]));
    }

    /** @param {Dual} b */
    times(b) {
        return new Dual(this.value * b.value, this.slope.map((s, i) => s * b.value + b.slope[i] * this.value));
    }

    /** @param {number} k */
    scaled(k) {
        return this.map(this.value * k, k);
    }

    /** @param {Dual} b */
    minus(b) {
        return this.plus(b.scaled(-1));
    }

    /** this to the power of -1/2 */
    inverseRoot() {
        const value = 1 / Math.sqrt(this.value);
        return this.map(value, -0.5 * value / this.value);
    }
}

/** @typedef {Dual[]} Vector */

/** @param {Vector} a @param {Vector} b */
const dot = (a, b) => a.map((x, i) => x.times(b[i])).reduce((sum, x) => sum.plus(x));

/** @param {Vector} a */
function unit(a) {
    const k = dot(a, a).inverseRoot();
    return a.map((x) => x.times(k));
}

/** @param {Vector} a @param {Vector} b */
const cross = ([a, b, c], [d, e, f]) => [b.times(f).minus(c.times(e)), c.times(d).minus(a.times(f)), a.times(e).minus(b.times(d))];

/** Sine and cosine. @param {Dual} angle */
function turn(angle) {
    const [sin, cos] = sinCos(angle.value);
    return {sin: angle.map(sin, cos), cos: angle.map(cos, -sin)};
}

/**
 * sin(r) / r and (1 - cos(r)) / r^2 as functions of u = r^2; near 0 by their series, where the quotients cancel.
 *
 * @param {Dual} u
 */
function rodrigues(u) {
    const v = u.value;
    if (v < 1e-2) {
        /** @param {number[]} c */
        const series = (c) => u.map(c.reduceRight((sum, k) => sum * v + k, 0), c.slice(1).reduceRight((sum, k, i) => sum * v + k * (i + 1), 0));
        return [series([1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880]), series([1 / 2, -1 / 24, 1 / 720, -1 / 40320, 1 / 3628800])];
    }
    const r = Math.sqrt(v);
    const [sin, cos] = sinCos(r);
    const [a, b] = [sin / r, (1 - cos) / v];
    return [u.map(a, (cos - a) / (2 * v)), u.map(b, (a / 2 - b) / v)];
}

/** Rotations, as rows. @type {Record<string, (p: Vector, constant: (k: number) => Dual) => Vector[]>} */
const ROTATIONS = {
    /** Rodrigues: I + a [w] + b [w]^2 */
    axisAngle: (w, constant) => {
        const [a, b] = rodrigues(dot(w, w));
        const u = dot(w, w);
        const skew = [[constant(0), w[2].scaled(-1), w[1]], [w[2], constant(0), w[0].scaled(-1)], [w[1].scaled(-1), w[0], constant(0)]];
        return skew.map((row, i) => row.map((k, j) => {
            const square = i === j ? w[i].times(w[j]).minus(u) : w[i].times(w[j]);
            return constant(+(i === j)).plus(a.times(k)).plus(b.times(square));
        }));
    },
    /** w, x, y, z; normalised */
    quaternion: (q, constant) => {
        const [w, x, y, z] = unit(q);
        const one = constant(1);
        /** @param {Dual} a @param {Dual} b @param {Dual} c @param {Dual} d */
        const twice = (a, b, c, d) => a.times(b).plus(c.times(d)).scaled(2);
        const not = (/** @type {Dual} */ d) => d.scaled(-1);
        return [
            [one.minus(twice(y, y, z, z)), twice(x, y, not(w), z), twice(x, z, w, y)],
            [twice(x, y, w, z), one.minus(twice(x, x, z, z)), twice(y, z, not(w), x)],
            [twice(x, z, not(w), y), twice(y, z, w, x), one.minus(twice(x, x, y, y))],
        ];
    },
    /** Zhou et al. 2019: two columns, orthogonalised by Gram and Schmidt */
    sixD: (p) => {
        const first = unit(p.slice(0, 3));
        const along = dot(first, p.slice(3, 6));
        const second = unit(p.slice(3, 6).map((x, i) => x.minus(first[i].times(along))));
        const columns = [first, second, cross(first, second)];
        return [0, 1, 2].map((i) => columns.map((c) => c[i]));
    },
};

/** @param {(p: Vector, constant: (k: number) => Dual) => Vector[]} rotation @param {number} length of its parameters @param {boolean} [scaled] */
const rigid = (rotation, length, scaled = false) => ({
    params: length + 3 + +scaled,
    /** @param {Vector} p @param {(k: number) => Dual} constant */
    theta: (p, constant) => {
        const rest = scaled ? p.slice(1) : p;
        const rows = rotation(rest.slice(0, length), constant);
        return rows.flatMap((row, i) => [...row.map((x) => scaled ? x.times(p[0]) : x), rest[length + i]]);
    },
    shape: [3, 4],
});

/**
 * The parameterisations: how many parameters, the shape of theta, and its entries row by row.
 *
 * @type {Record<string, {params: number, shape: number[], theta: (p: Vector, constant: (k: number) => Dual) => Vector}>}
 */
const KINDS = {
    translation: {params: 2, shape: [2, 3], theta: ([x, y], c) => [c(1), c(0), x, c(0), c(1), y]},
    attention: {params: 3, shape: [2, 3], theta: ([s, x, y], c) => [s, c(0), x, c(0), s, y]},
    similarity: {
        params: 4, shape: [2, 3],
        theta: ([s, angle, x, y]) => {
            const {sin, cos} = turn(angle);
            return [s.times(cos), s.times(sin).scaled(-1), x, s.times(sin), s.times(cos), y];
        },
    },
    affine: {params: 6, shape: [2, 3], theta: (p) => p},
    projective: {params: 8, shape: [3, 3], theta: (p, c) => [...p, c(1)]},
    translation3d: {params: 3, shape: [3, 4], theta: ([x, y, z], c) => [1, 0, 0, 0, 1, 0, 0, 0, 1].map(c).flatMap((k, i) => i % 3 === 2 ? [k, [x, y, z][(i - 2) / 3]] : [k])},
    rigid3d: rigid(ROTATIONS.axisAngle, 3),
    'rigid3d-quaternion': rigid(ROTATIONS.quaternion, 4),
    'rigid3d-6d': rigid(ROTATIONS.sixD, 6),
    similarity3d: rigid(ROTATIONS.axisAngle, 3, true),
    affine3d: {params: 12, shape: [3, 4], theta: (p) => p},
};

/**
 * Theta from its parameters.
 *
 * | kind | parameters | theta |
 * | --- | --- | --- |
 * | translation | tx, ty | [N, 2, 3] |
 * | attention | scale, tx, ty | [N, 2, 3] |
 * | similarity | scale, angle, tx, ty | [s cos, -s sin, tx; s sin, s cos, ty] |
 * | affine | the 6 entries | [N, 2, 3] |
 * | projective | 8 entries, the ninth is 1 | [N, 3, 3], for projectiveGrid |
 * | translation3d | tx, ty, tz | [N, 3, 4] |
 * | rigid3d | axis times angle (3), t (3) | [R | t], Rodrigues |
 * | rigid3d-quaternion | w, x, y, z (normalised here), t | [R | t] |
 * | rigid3d-6d | two columns (6), orthogonalised here, t | [R | t], Zhou et al. 2019 |
 * | similarity3d | scale, axis times angle, t | [s R | t] |
 * | affine3d | the 12 entries | [N, 3, 4] |
 *
 * Angles are radians; translations are in normalised coordinates.
 *
 * @param {{kind: string, params: Tensor | ArrayLike<number>}} description params: [N, P], or flat
 * @returns {FloatTensor} [N, 2, 3], [N, 3, 4], or [N, 3, 3]
 */
export function thetaFrom(description) {
    const {kind, params} = checkOptions(description, 'description');
    const {shape, each} = evaluate(kind, params);
    return {data: Float32Array.from(each.flatMap((theta) => theta.map(({value}) => value))), dims: [each.length, ...shape]};
}

/**
 * The gradient of thetaFrom.
 *
 * @param {Tensor} gradTheta as thetaFrom's result
 * @param {{kind: string, params: Tensor | ArrayLike<number>}} description
 * @returns {FloatTensor} gradient of the parameters, [N, P]
 */
export function thetaFromBackward(gradTheta, description) {
    const {kind, params} = checkOptions(description, 'description');
    const {shape, each, count} = evaluate(kind, params);
    checkShape('gradTheta', gradTheta, [each.length, ...shape]);
    const size = shape[0] * shape[1];
    const data = new Float32Array(each.length * count);
    each.forEach((theta, n) => {
        for (let p = 0; p < count; p++) {
            data[n * count + p] = theta.reduce((sum, {slope}, i) => sum + slope[p] * gradTheta.data[n * size + i], 0);
        }
    });
    return {data, dims: [each.length, count]};
}

/**
 * The derivatives of theta by the parameters.
 *
 * @param {string} kind
 * @param {ArrayLike<number>} params [P]
 * @returns {{theta: Float64Array, slopes: Float64Array[], shape: number[]}} slopes: of each entry, [P]
 */
export function thetaSlopes(kind, params) {
    const {shape, each} = evaluate(kind, params);
    return {theta: Float64Array.from(each[0], ({value}) => value), slopes: each[0].map(({slope}) => slope), shape};
}

/** @param {string} kind @param {Tensor | ArrayLike<number>} params */
function evaluate(kind, params) {
    const {params: count, shape, theta} = checkChoice('kind', KINDS, kind);
    const values = 'dims' in Object(params) ? asRows('params', params, count).data : /** @type {ArrayLike<number>} */ (params);
    if (!isList(values) || values.length % count !== 0) throw wrong('params', `a multiple of ${count} numbers for ${kind}`, values);
    /** @param {number} k */
    const constant = (k) => new Dual(k, new Float64Array(count));
    const each = Array.from({length: values.length / count}, (_, n) => theta(Array.from({length: count}, (__, i) => {
        const slope = new Float64Array(count);
        slope[i] = 1;
        return new Dual(values[n * count + i], slope);
    }), constant));
    return {count, shape, each};
}
