import {checkChoice, checkFinite, checkInteger, checkList, checkOptions, wrong, wrongType} from './check.js';
import {resizeMaps} from './image.js';
import {checkTensor, placeFloats, toFloat32} from './tensor.js';
import {thetaSlopes} from './theta.js';
import {withBlock} from './wasm.js';

/** @import {FloatTensor, Tensor} from './tensor.js' */

const LOSSES = /** @abi FV_LOSS_ */ {l2: 0, huber: 1, ncc: 2};

/** @param {number[]} first @param {number[]} second @param {(a: number, b: number) => number[]} make */
const pairsOf = (first, second, make) => first.flatMap((a) => second.map((b) => make(a, b)));
const TURNS = [-0.5, 0.5, 0];
const ZOOMS = [0.8, 1, 1.25];

/**
 * Models: the parameters of the identity, and where else to begin.
 *
 * @type {Record<string, {identity: number[], tries?: number[][]}>}
 */
const MODELS = {
    translation: {identity: [0, 0]},
    similarity: {identity: [1, 0, 0, 0], tries: pairsOf(TURNS, ZOOMS, (turn, zoom) => [zoom, turn, 0, 0])},
    affine: {identity: [1, 0, 0, 0, 1, 0]},
    projective: {identity: [1, 0, 0, 0, 1, 0, 0, 0]},
    translation3d: {identity: [0, 0, 0]},
    rigid3d: {identity: [0, 0, 0, 0, 0, 0], tries: pairsOf([0, 1, 2], [-0.5, 0.5], (axis, turn) => [0, 1, 2, 3, 4, 5].map((i) => i === axis ? turn : 0))},
    similarity3d: {identity: [1, 0, 0, 0, 0, 0, 0]},
    affine3d: {identity: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]},
};

/** Models whose angles and lengths are to be those of the picture, also where it is not square. */
const ISOTROPIC = new Set(['similarity', 'rigid3d', 'similarity3d']);

/**
 * @typedef {object} Measure what a step knows: the loss, its gradient and its approximate Hessian by the parameters
 * @property {number} loss
 * @property {Float64Array} gradient [P]
 * @property {Float64Array} hessian [P * P]
 * @property {number} overlap share of the fixed picture that sees the moving one
 */

const MOST_STEPS = 10000;

/** Steps of each first try, and the overlap below which a try does not count. */
const TRY_STEPS = 12;
const LEAST_OVERLAP = 0.25;

/**
 * Find the transform that lays one picture over another, by the gradient through sampling, coarse to fine.
 *
 * The result is for affineSample and projectiveGrid: sampling `moving` through `theta` gives `fixed`. Pictures of different sizes can
 * be aligned. Points beyond the moving picture do not count, nor do pixels that are NaN, in either. The search is local, it ends in the
 * optimum that its start leans towards. Without a `start`, models that turn are tried turned and zoomed at the coarsest level, and the
 * best try goes on.
 *
 * `params` are those of thetaFrom. Those of similarity, rigid3d and similarity3d keep angles in pixels whatever the pictures'
 * shape, measuring lengths in half the longest side; theta is thetaFrom's for square pictures.
 *
 * @param {Tensor} moving [1, C, H, W], or [1, C, D, H, W]
 * @param {Tensor} fixed as many channels, any size
 * @param {object} [options]
 * @param {string} [options.model] 'translation', 'similarity', 'affine', 'projective'; 'translation3d', 'rigid3d', 'similarity3d', 'affine3d'. Default 'similarity', or 'rigid3d'
 * @param {number} [options.pyramid] levels, each half the size of the one before; default: down to 16 pixels
 * @param {'lm' | 'gauss-newton' | 'adam' | 'sgd'} [options.optimizer] default 'lm' (Levenberg and Marquardt)
 * @param {number} [options.steps] at most, over all levels, the first tries apart; up to 10000, default 200
 * @param {number} [options.learningRate] of adam (default .01) and of sgd, at the start of a level; falls to a tenth.
 *   sgd's default is one over the trace of the Hessian there: no direction is so curved that such steps diverge
 * @param {number} [options.momentum] of sgd; default .9
 * @param {keyof typeof LOSSES} [options.loss] 'l2', 'huber', or 'ncc' (blind to brightness and contrast); default 'l2'
 * @param {number} [options.delta] of the Huber loss, in the pictures' units; default .1
 * @param {ArrayLike<number>} [options.start] parameters to begin with; default: the identity
 * @param {(step: {step: number, level: number, loss: number, params: Float64Array}) => void} [options.onStep]
 * @returns {{theta: FloatTensor, params: Float64Array, loss: number, overlap: number, history: number[]}} theta: [1, 2, 3], [1, 3, 4] or [1, 3, 3];
 *   loss: infinite where nothing overlaps; overlap: the share of `fixed` that sees `moving`; history: the loss after each step, of its own level
 */
export function alignImages(moving, fixed, options) {
    const {
        model, pyramid, optimizer = 'lm', steps = 200, learningRate, momentum = 0.9, loss = 'l2', delta = 0.1, start, onStep,
    } = checkOptions(options);
    const volume = checkTensor('moving', moving, '[1, C, H, W] or [1, C, D, H, W]').length === 5;
    const sides = moving.dims.length;
    if (sides < 4 || sides > 5 || moving.dims[0] !== 1 || moving.data.length === 0) throw wrong('moving', '[1, C, H, W] or [1, C, D, H, W]', moving.dims);
    if (checkTensor('fixed', fixed).length !== sides || fixed.dims[0] !== 1 || fixed.dims[1] !== moving.dims[1] || fixed.data.length === 0) {
        throw wrong('fixed', `[1, ${moving.dims[1]}, ...] as moving`, fixed.dims);
    }
    const kind = model ?? (volume ? 'rigid3d' : 'similarity');
    const {identity, tries = []} = checkChoice('model', MODELS, kind);
    if (kind.endsWith('3d') !== volume) throw wrong('model', volume ? 'one for volumes' : 'one for pictures', kind);
    const lossKind = checkChoice('loss', LOSSES, loss);
    if (!(checkFinite('delta', delta) > 0)) throw wrong('delta', 'a number above 0', delta);
    const most = checkInteger('steps', steps, 0, MOST_STEPS);
    let params = Float64Array.from(start === undefined ? identity : checkList('start', start, identity.length));
    if (onStep !== undefined && typeof onStep !== 'function') throw wrongType('onStep', 'a function', onStep);
    const makeStep = checkChoice('optimizer', OPTIMIZERS, optimizer);
    const rates = {learningRate: learningRate === undefined ? undefined : checkFinite('learningRate', learningRate), momentum: checkFinite('momentum', momentum)};

    const smallest = Math.min(...moving.dims.slice(2), ...fixed.dims.slice(2));
    const levels = pyramid === undefined ? levelsDownTo(16, smallest) : checkInteger('pyramid', pyramid, 1, 16);
    const pairs = [[toFloat32(moving), toFloat32(fixed)]];
    for (let i = 1; i < levels; i++) pairs.unshift(pairs[0].map(halve));
    const measures = pairs.map((pair) => (/** @type {Float64Array} */ p) => measureAt(pair[0], pair[1], kind, p, lossKind, delta));
    /** a five-hundredth of a pixel @param {number} level */
    const stepping = (level) => ({...rates, precision: 0.004 / Math.max(...pairs[level][1].dims.slice(2))});

    if (!start && most > 0) params = bestOf([identity, ...tries], measures[0], stepping(0));
    /** @type {number[]} */
    const history = [];
    measures.forEach((measure, level) => {
        const step = makeStep(measure, stepping(level));
        const share = Math.ceil((most - history.length) / (pairs.length - level));
        for (let i = 0; i < share && history.length < most; i++) {
            const {value, done} = step(params, i / share);
            history.push(value);
            onStep?.({step: history.length, level, loss: value, params: params.slice()});
            if (done) break;
        }
    });
    const {loss: last, overlap} = measures[levels - 1](params);
    const {theta, shape} = thetaOf(kind, params, moving, fixed);
    return {theta: {data: Float32Array.from(theta), dims: [1, ...shape]}, params, loss: last, overlap, history};
}

/** @param {number} side @param {number} of the whole @returns {number} levels of a pyramid whose smallest is no smaller than side */
function levelsDownTo(side, of) {
    let levels = 1;
    while (of >> levels >= side) levels++;
    return levels;
}

/** Where the best of a few short descents ends. @param {number[][]} tries @param {(p: Float64Array) => Measure} measure @param {StepOptions} options */
function bestOf(tries, measure, options) {
    const ends = tries.map((from) => {
        const params = Float64Array.from(from);
        const step = OPTIMIZERS.lm(measure, options);
        for (let i = 0; i < TRY_STEPS && !step(params, 0).done; i++);
        const {loss, overlap} = measure(params);
        return {params, loss: overlap < LEAST_OVERLAP ? Infinity : loss};
    });
    return ends.reduce((best, end) => end.loss < best.loss ? end : best).params;
}

/**
 * Theta and its derivatives, of one picture's normalised coordinates into the other's.
 *
 * @param {string} kind
 * @param {Float64Array} params
 * @param {Tensor} moving
 * @param {Tensor} fixed
 */
function thetaOf(kind, params, moving, fixed) {
    const {theta, slopes, shape} = thetaSlopes(kind, params);
    if (ISOTROPIC.has(kind)) {
        const [to, from] = [moving, fixed].map(({dims}) => dims.slice(2).reverse().map((side) => side / Math.max(...dims.slice(2))));
        for (let i = 0, at = 0; i < shape[0]; i++) {
            for (let j = 0; j < shape[1]; j++, at++) {
                const k = (from[j] ?? 1) / to[i];
                theta[at] *= k;
                slopes[at] = slopes[at].map((slope) => slope * k);
            }
        }
    }
    return {theta, slopes, shape};
}

/** @param {FloatTensor} maps @returns {FloatTensor} half as large, by the mean of 2 x 2 (x 2) */
function halve(maps) {
    const [N, C, ...sides] = maps.dims;
    const half = sides.map((side) => Math.max(1, side >> 1));
    if (sides.length === 2) return resizeMaps(maps, {width: half[1], height: half[0], resize: 'area'});
    const [D, H, W] = sides;
    const [d, h, w] = half;
    const flat = resizeMaps({data: maps.data, dims: [N, C * D, H, W]}, {width: w, height: h, resize: 'area'});
    const deep = resizeMaps({data: flat.data, dims: [N * C, 1, D, h * w]}, {width: h * w, height: d, resize: 'area'});
    return {data: deep.data, dims: [N, C, d, h, w]};
}

/**
 * @param {FloatTensor} moving
 * @param {FloatTensor} fixed
 * @param {string} kind
 * @param {Float64Array} params
 * @param {number} loss
 * @param {number} delta
 * @returns {Measure}
 */
function measureAt(moving, fixed, kind, params, loss, delta) {
    const {theta, slopes} = thetaOf(kind, params, moving, fixed);
    const [, channels, ...sides] = moving.dims;
    const [width, height, depth = 1] = [...sides].reverse();
    const [outWidth, outHeight, outDepth = 1] = fixed.dims.slice(2).reverse();
    const size = theta.length;
    const out = new Float64Array(1 + size + size * size);
    const inside = withBlock((block) => {
        const result = block.space(out.byteLength);
        const scratch = block.space(block.call('fv_align_scratch', channels, sides.length, outDepth, outHeight, outWidth));
        const n = block.call('fv_align', result, placeFloats(block, moving), channels, depth, height, width, sides.length, placeFloats(block, fixed),
            outDepth, outHeight, outWidth, block.input(Float32Array.from(theta)), +(kind === 'projective'), loss, delta, scratch);
        block.output(result, out);
        return n;
    });
    const P = params.length;
    const gradient = new Float64Array(P);
    const hessian = new Float64Array(P * P);
    for (let i = 0; i < size; i++) {
        for (let p = 0; p < P; p++) {
            if (!slopes[i][p]) continue;
            gradient[p] += slopes[i][p] * out[1 + i];
            for (let j = 0; j < size; j++) {
                for (let q = 0; q < P; q++) hessian[p * P + q] += slopes[i][p] * slopes[j][q] * out[1 + size + i * size + j];
            }
        }
    }
    return {loss: out[0], gradient, hessian, overlap: inside / (outWidth * outHeight * outDepth)};
}

/** @typedef {{learningRate?: number, momentum: number, precision: number}} StepOptions precision: a move below it is none */
/** @typedef {(p: Float64Array, progress: number) => {value: number, done: boolean}} Step progress: 0 to 1, within the level */

/** @param {number} rate @param {number} progress */
const falling = (rate, progress) => rate * (1 - 0.9 * progress);

/** @param {Float64Array} matrix @param {number} n rows */
const trace = (matrix, n) => matrix.reduce((sum, v, i) => i % (n + 1) ? sum : sum + v, 0);

/**
 * Optimisers: given how to measure, a step that changes the parameters in place and tells the loss after it.
 *
 * @type {Record<string, (measure: (p: Float64Array) => Measure, options: StepOptions) => Step>}
 */
const OPTIMIZERS = {
    lm: (measure, {precision}) => newton(measure, precision, true),
    'gauss-newton': (measure, {precision}) => newton(measure, precision, false),
    adam: (measure, {learningRate = 0.01}) => {
        let [oldM, oldV] = [1, 1]; // shares of the zeros that the means began with
        /** @type {Measure | undefined} */ let here;
        /** @type {Float64Array} */ let m;
        /** @type {Float64Array} */ let v;
        return (p, progress) => {
            here ??= measure(p);
            m ??= new Float64Array(p.length), v ??= new Float64Array(p.length);
            oldM *= 0.9, oldV *= 0.999;
            here.gradient.forEach((g, i) => {
                m[i] += 0.1 * (g - m[i]);
                v[i] += 0.001 * (g * g - v[i]);
                p[i] -= falling(learningRate, progress) * (m[i] / (1 - oldM)) / (Math.sqrt(v[i] / (1 - oldV)) + 1e-8);
            });
            here = measure(p);
            return {value: here.loss, done: false};
        };
    },
    sgd: (measure, {learningRate, momentum}) => {
        /** @type {Measure | undefined} */ let here;
        /** @type {Float64Array} */ let velocity;
        return (p, progress) => {
            here ??= measure(p);
            velocity ??= new Float64Array(p.length);
            learningRate ??= 1 / (trace(here.hessian, p.length) || Infinity);
            const rate = falling(learningRate, progress);
            here.gradient.forEach((g, i) => p[i] -= rate * (velocity[i] = momentum * velocity[i] + g));
            here = measure(p);
            return {value: here.loss, done: false};
        };
    },
};

/**
 * @param {(p: Float64Array) => Measure} measure
 * @param {number} precision
 * @param {boolean} damped Levenberg and Marquardt: a step that does not help is shortened
 * @returns {Step}
 */
function newton(measure, precision, damped) {
    let damping = damped ? 1e-3 : 0;
    /** @type {Measure | undefined} */
    let here;
    return (p) => {
        here ??= measure(p);
        for (let tries = 0; tries < 12; tries++) {
            const move = solve(here.hessian, here.gradient, damping);
            const there = move && p.map((x, i) => x - move[i]);
            const found = there && measure(there);
            const lost = found && found.overlap < Math.min(LEAST_OVERLAP, here.overlap);
            if (found && (!damped || found.loss < here.loss && !lost)) {
                const done = move.every((x) => Math.abs(x) < precision) || Math.abs(here.loss - found.loss) < 1e-5 * here.loss;
                p.set(there);
                here = found;
                damping /= 10;
                return {value: found.loss, done};
            }
            if (!damped) break;
            damping = Math.max(damping, 1e-6) * 10;
        }
        return {value: here.loss, done: true};
    };
}

/**
 * (H + damping * diag H) x = g by Gaussian elimination with pivots.
 *
 * @param {Float64Array} hessian
 * @param {Float64Array} gradient
 * @param {number} damping
 * @returns {Float64Array | null} null where the matrix is singular
 */
function solve(hessian, gradient, damping) {
    const n = gradient.length;
    const rows = Array.from(gradient, (g, i) => [...hessian.subarray(i * n, (i + 1) * n), g]);
    const largest = Math.max(...rows.map((row, i) => row[i]));
    rows.forEach((row, i) => (row[i] += damping * Math.max(row[i], 1e-9 * largest)));
    for (let k = 0; k < n; k++) {
        let best = k;
        for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[best][k])) best = i;
        if (!(Math.abs(rows[best][k]) > 1e-14 * largest)) return null;
        [rows[k], rows[best]] = [rows[best], rows[k]];
        for (let i = k + 1; i < n; i++) {
            const f = rows[i][k] / rows[k][k];
            for (let j = k; j <= n; j++) rows[i][j] -= f * rows[k][j];
        }
    }
    const x = new Float64Array(n);
    for (let i = n - 1; i >= 0; i--) {
        let sum = rows[i][n];
        for (let j = i + 1; j < n; j++) sum -= rows[i][j] * x[j];
        x[i] = sum / rows[i][i];
    }
    return x;
}
