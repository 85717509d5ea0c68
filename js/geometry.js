import {checkChoice, checkFinite, checkInteger, checkList, checkOptions, isList, wrong, wrongType} from './check.js';
import {checkShape, toFloat32} from './tensor.js';
import {View} from './view.js';
import {withBlock} from './wasm.js';

/** @import {Tensor} from './tensor.js' */

const MODELS = /** @abi FV_MODEL_ */ {similarity: 0, affine: 1, homography: 2, fundamental: 3};
const DISTANCES = /** @abi FV_DISTANCE_ */ {forward: 0, backward: 1, symmetric: 2, sampson: 3};
const REASONS = /** @abi FV_SEARCH_ */ {found: 0, few: 1, degenerate: 2, 'no-consensus': 3};

/** Points x, y: a tensor [N, 2], or x, y, x, y, ... @typedef {Tensor | ArrayLike<number>} Points */

/**
 * @typedef {object} Found
 * @property {Float64Array | null} matrix row-major: 9 numbers, or the 6 of [a, b, c, d, e, f] for affine maps and similarities
 * @property {Uint8Array} inliers [N] 1 where the correspondence is within the threshold
 * @property {number} count of inliers
 * @property {number} iterations samples that were drawn
 * @property {'few' | 'degenerate' | 'no consensus'} [reason] why there is no matrix: fewer correspondences than it needs; they do not
 *   determine one (collinear, coincident, mirrored); no more agree with one than may by chance
 */

/**
 * @typedef {object} FindOptions
 * @property {number} [threshold] pixels that an inlier may be off; the distance in `to`, Sampson's for a fundamental matrix
 * @property {number} [confidence] that a sample of inliers alone was drawn; from 0 to below 1
 * @property {number} [maxIterations] samples at most, up to 1e6
 * @property {number} [seed] an integer; the same seed gives the same answer, everywhere
 * @property {ArrayLike<number>} [quality] [N] of the matches, the higher the better: samples begin with the best
 * @property {ArrayLike<number>} [distances] [N] of the matches instead, the lower the better
 */

/** In double; a detached array is empty. @param {any} numbers */
const copy = (numbers) => new Float64Array(numbers.length ? numbers : 0);

/** @param {string} name @param {Points} points @returns {Float64Array} */
function readPoints(name, points) {
    if (points && typeof points === 'object' && 'dims' in points) {
        checkShape(name, points, ['N', 2]);
        const {data} = points.data instanceof Float32Array ? points : toFloat32(points);
        return copy(data);
    }
    if (!isList(points)) throw wrongType(name, 'a tensor [N, 2] or an array of numbers', points);
    if (points.length % 2) throw wrong(name, 'pairs of numbers', points.length);
    return copy(points);
}

/** @param {Points} from @param {Points} to */
function readPairs(from, to) {
    const [a, b] = [readPoints('from', from), readPoints('to', to)];
    if (a.length !== b.length) throw wrong('to', `as many points as from, ${a.length / 2}`, b.length / 2);
    return {from: a, to: b, n: a.length / 2};
}

/** @param {string} name @param {any} values @param {number} n @returns {Float64Array} */
function readNumbers(name, values, n) {
    const list = values && typeof values === 'object' && 'dims' in values ? (checkShape(name, values, [n]), values.data) : values;
    if (!isList(list) || list.length !== n) throw wrongType(name, `${n} numbers`, values);
    return copy(list);
}

/** @param {string} name @param {ArrayLike<number>} matrix @returns {Float64Array} 9 */
function readMatrix(name, matrix) {
    const list = isList(matrix) && matrix.length === 6 ? [...Array.from(matrix), 0, 0, 1] : matrix;
    if (!isList(list) || list.length !== 9) throw wrongType(name, '9 or 6 finite numbers', matrix);
    return Float64Array.from(checkList(name, list, 9));
}

/** Those of affine maps are 6. @param {Float64Array} matrix @param {number} model */
const shorten = (matrix, model) => model <= MODELS.affine ? matrix.slice(0, 6) : matrix;

/**
 * @param {keyof typeof MODELS} name
 * @param {Points} from
 * @param {Points} to
 * @param {ArrayLike<number>} [weights]
 * @param {{refine?: boolean}} [options]
 * @returns {Float64Array[]}
 */
function fit(name, from, to, weights, options) {
    const {refine = false} = checkOptions(options);
    if (typeof refine !== 'boolean') throw wrongType('refine', 'true or false', refine);
    const pairs = readPairs(from, to);
    const each = weights === undefined ? undefined : readNumbers('weights', weights, pairs.n);
    return withBlock((block) => {
        const models = block.space(27 * 8);
        const scratch = block.space(block.call('fv_geometry_scratch', pairs.n));
        const count = block.call('fv_geometry_fit', models, block.input(pairs.from), block.input(pairs.to), each ? block.input(each) : 0, pairs.n,
            MODELS[name], +refine, scratch);
        const all = block.output(models, new Float64Array(9 * count));
        return Array.from({length: count}, (_, i) => shorten(all.slice(9 * i, 9 * i + 9), MODELS[name]));
    });
}

/**
 * The homography of correspondences: exact for four, else the normalised direct linear transform (Hartley 1997).
 *
 * @param {Points} from
 * @param {Points} to
 * @param {ArrayLike<number>} [weights] [N] one that is not above 0 leaves its correspondence out, as do coordinates that are not finite
 * @param {{refine?: boolean}} [options] refine: least squares of the distances in `to` instead, by Levenberg and Marquardt
 * @returns {Float64Array | null} 9 numbers, row-major, the last 1 where it can be; null where the points do not determine one
 */
export function fitHomography(from, to, weights, options) {
    return fit('homography', from, to, weights, options)[0] ?? null;
}

/**
 * The affine map of three or more correspondences, by least squares: see fitHomography.
 *
 * @param {Points} from
 * @param {Points} to
 * @param {ArrayLike<number>} [weights]
 * @returns {Float64Array | null} [a, b, c, d, e, f] as View.matrix
 */
export function fitAffine(from, to, weights) {
    return fit('affine', from, to, weights)[0] ?? null;
}

/**
 * Turn, scale and shift of two or more correspondences, by least squares (Umeyama 1991): see fitHomography.
 *
 * @param {Points} from
 * @param {Points} to
 * @param {ArrayLike<number>} [weights]
 * @returns {Float64Array | null} [a, b, c, d, e, f] as View.matrix
 */
export function fitSimilarity(from, to, weights) {
    return fit('similarity', from, to, weights)[0] ?? null;
}

/**
 * The fundamental matrix of eight or more correspondences, [u, v, 1] F [x, y, 1]' = 0: the normalised eight-point algorithm
 * (Hartley 1997), of rank 2 and length 1, its largest entry positive.
 *
 * @param {Points} from
 * @param {Points} to
 * @param {ArrayLike<number>} [weights] as fitHomography
 * @param {{refine?: boolean}} [options] refine: least squares of Sampson's distances instead
 * @returns {Float64Array | null} 9 numbers; null where the points do not determine one
 */
export function fitFundamental(from, to, weights, options) {
    const found = fit('fundamental', from, to, weights, options);
    return found.length === 1 ? found[0] : null;
}

/** All fundamental matrices of seven correspondences. @param {Points} from @param {Points} to @returns {Float64Array[]} up to three */
export function fitFundamentalOfSeven(from, to) {
    const {n} = readPairs(from, to);
    if (n !== 7) throw wrong('from', '7 points', n);
    return fit('fundamental', from, to);
}

/**
 * @param {keyof typeof MODELS} name
 * @param {Points} from
 * @param {Points} to
 * @param {FindOptions} [options]
 * @returns {Found}
 */
function find(name, from, to, options) {
    const {threshold = 3, confidence = 0.995, maxIterations = 2000, seed = 1, quality, distances} = checkOptions(options);
    if (!(checkFinite('threshold', threshold) > 0 && threshold < 1e15)) throw wrong('threshold', 'pixels above 0, below 1e15', threshold);
    if (!(checkFinite('confidence', confidence) >= 0 && Math.fround(confidence) < 1)) throw wrong('confidence', 'from 0 to below 1', confidence);
    checkInteger('maxIterations', maxIterations, 1, 1e6);
    checkInteger('seed', seed, -(2 ** 31), 2 ** 32 - 1);
    const {n, ...points} = readPairs(from, to);
    const order = quality !== undefined ? readNumbers('quality', quality, n)
        : distances !== undefined ? readNumbers('distances', distances, n).map((d) => -d) : undefined;
    return withBlock((block) => {
        const matrix = block.space(9 * 8);
        const inliers = block.space(n);
        const report = block.space(2 * 4);
        const scratch = block.space(block.call('fv_geometry_scratch', n));
        const count = block.call('fv_geometry_find', matrix, inliers, report, block.input(points.from), block.input(points.to),
            order ? block.input(order) : 0, n, MODELS[name], threshold, confidence, maxIterations, seed | 0, scratch);
        const [end, iterations] = block.output(report, new Int32Array(2));
        const reason = /** @type {Found['reason']} */ (Object.entries(REASONS).find(([, code]) => code === end)?.[0].replace('-', ' '));
        const found = {inliers: block.output(inliers, new Uint8Array(n)), count, iterations};
        return end ? {matrix: null, ...found, reason} : {matrix: shorten(block.output(matrix, new Float64Array(9)), MODELS[name]), ...found};
    });
}

/**
 * The homography that most correspondences agree with, many of them wrong: samples of four, best matches first where their
 * quality is known, scored by how near the others are, optimised locally, refined on all inliers. Seeded: the same answer on
 * every machine. Where there is none, `matrix` is null and `reason` says why.
 *
 * @param {Points} from
 * @param {Points} to
 * @param {FindOptions} [options]
 * @returns {Found}
 */
export function findHomography(from, to, options) {
    return find('homography', from, to, options);
}

/** As findHomography, an affine map of 6 numbers. @param {Points} from @param {Points} to @param {FindOptions} [options] @returns {Found} */
export function findAffine(from, to, options) {
    return find('affine', from, to, options);
}

/** As findHomography, a similarity of 6 numbers. @param {Points} from @param {Points} to @param {FindOptions} [options] @returns {Found} */
export function findSimilarity(from, to, options) {
    return find('similarity', from, to, options);
}

/** As findHomography, a fundamental matrix; distances are Sampson's. @param {Points} from @param {Points} to @param {FindOptions} [options] @returns {Found} */
export function findFundamental(from, to, options) {
    return find('fundamental', from, to, options);
}

/**
 * Points through a homography (9 numbers) or an affine map (6).
 *
 * @param {ArrayLike<number>} matrix
 * @param {Points} points
 * @returns {Float64Array} x, y, ...; NaN where one goes to infinity
 */
export function transformPoints(matrix, points) {
    const m = readMatrix('matrix', matrix);
    const all = readPoints('points', points);
    return withBlock((block) => {
        const dst = block.space(all.byteLength);
        block.call('fv_geometry_transform', dst, block.input(all), all.length / 2, block.input(m));
        return block.output(dst, new Float64Array(all.length));
    });
}

/**
 * How far correspondences are from a model, in pixels.
 *
 * @param {ArrayLike<number>} matrix 9 numbers, or 6 of an affine map
 * @param {Points} from
 * @param {Points} to
 * @param {{kind?: keyof typeof DISTANCES}} [options] forward: in `to`; backward: in `from`, through the inverse; symmetric: the root of the sum of
 *   both squares; sampson: of a fundamental matrix
 * @returns {Float64Array} [N]; infinite where a point goes to infinity
 */
export function modelDistances(matrix, from, to, options) {
    const {kind = 'forward'} = checkOptions(options);
    const code = checkChoice('kind', DISTANCES, kind);
    const m = readMatrix('matrix', matrix);
    const pairs = readPairs(from, to);
    return withBlock((block) => {
        const dst = block.space(pairs.n * 8);
        block.call('fv_geometry_distance', dst, block.input(pairs.from), block.input(pairs.to), pairs.n, block.input(m), code);
        return block.output(dst, new Float64Array(pairs.n));
    });
}

/** The inverse of a homography (9 numbers) or an affine map (6). @param {ArrayLike<number>} matrix @returns {Float64Array | null} of the same length; null where there is none */
export function invertMatrix(matrix) {
    const m = readMatrix('matrix', matrix);
    return withBlock((block) => {
        const dst = block.space(9 * 8);
        const has = block.call('fv_geometry_inverse', dst, block.input(m));
        return has ? block.output(dst, new Float64Array(9)).slice(0, matrix.length) : null;
    });
}

/**
 * What kind of shape four corners make, in their order round it.
 *
 * @param {Points} corners x, y of four
 * @returns {{convex: boolean, orientation: -1 | 0 | 1, area: number}} orientation: 1 clockwise on the screen, -1 the other way, 0 where the
 *   corners are not finite or turn both ways; area: pixels, 0 or more
 */
export function quadrilateral(corners) {
    const p = readPoints('corners', corners);
    if (p.length !== 8) throw wrong('corners', '4 points', p.length / 2);
    const at = (/** @type {number} */ i) => [p[2 * (i % 4)], p[2 * (i % 4) + 1]];
    const turns = [0, 1, 2, 3].map((i) => {
        const [[ax, ay], [bx, by], [cx, cy]] = [at(i), at(i + 1), at(i + 2)];
        return (bx - ax) * (cy - by) - (by - ay) * (cx - bx);
    });
    const orientation = turns.every((t) => t > 0) ? 1 : turns.every((t) => t < 0) ? -1 : 0;
    const [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = [at(0), at(1), at(2), at(3)];
    const area = Math.abs((cx - ax) * (dy - by) - (cy - ay) * (dx - bx)) / 2;
    return {convex: orientation !== 0, orientation, area: Number.isFinite(area) ? area : 0};
}

/**
 * A homography as a View, where it is affine: over a picture of the size given, no corner is further than the tolerance from
 * where the affine map of the same derivative at its centre puts it.
 *
 * @param {ArrayLike<number>} matrix 9 numbers, or 6
 * @param {{size?: readonly [number, number], tolerance?: number}} [options] size: [width, height] in the coordinates that the matrix takes;
 *   tolerance: in those that it gives, pixels
 * @returns {View | null} null where it is not affine
 */
export function viewOfHomography(matrix, options) {
    const {size = [1, 1], tolerance = 1e-6} = checkOptions(options);
    const [width, height] = checkList('size', size, 2, 0);
    if (!(checkFinite('tolerance', tolerance) >= 0)) throw wrong('tolerance', 'pixels, 0 or more', tolerance);
    const [a, b, c, d, e, f, g, h, i] = readMatrix('matrix', matrix);
    const [x, y] = [width / 2, height / 2];
    const w = g * x + h * y + i;
    const [u, v] = [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
    const slopes = [(a - u * g) / w, (b - u * h) / w, (d - v * g) / w, (e - v * h) / w];
    const affine = [slopes[0], slopes[1], u - slopes[0] * x - slopes[1] * y, slopes[2], slopes[3], v - slopes[2] * x - slopes[3] * y];
    if (!affine.every(Number.isFinite)) return null;
    const corners = [0, 0, width, 0, width, height, 0, height];
    const put = transformPoints(affine, corners);
    return transformPoints(matrix, corners).every((p, k) => Math.abs(p - put[k]) <= tolerance) ? new View(affine) : null;
}
