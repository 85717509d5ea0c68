import {checkChoice, checkFinite, checkInteger, checkList, checkOptions, wrong, wrongType} from './check.js';
import {checkSameMap, mapPyramid, marchPath, MOST_POINTS, readMap, readPoint, signedDistance} from './costmap.js';
import {checkShape, checkTensor, placeFloats, toFloat32} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {Block} from './wasm.js' */
/** @import {FloatTensor, Tensor} from './tensor.js' */

const SPLINES = /** @abi FV_SPLINE_ */ {linear: 0, hermite: 1, 'catmull-rom': 2, bspline: 3, natural: 4};
const CELLS = /** @abi FV_CELL_ */ {bilinear: 0, bicubic: 1};
const OPTIMIZERS = /** @abi FV_OPTIMIZER_ */ {sgd: 0, adam: 1, chomp: 2, lbfgs: 3};
const TERMS = /** @abi FV_TERM_ */ {
    cost: 0, velocity: 1, smooth: 2, jerk: 3, length: 4, spacing: 5, clearance: 6, goal: 7, curvature: 8, heading: 9, boundary: 10, count: 11,
};
const FLAGS = /** @abi FV_PATH_ */ {fixStart: 1, fixGoal: 2, smoothSamples: 4, arcLength: 8, wrap: 16};
const SETTINGS = /** @abi FV_SETTING_ */ {
    scale: 0, shift: 1, margin: 2, bound: 3, goal: 4, startHeading: 7, goalHeading: 10, rate: 13, momentum: 14, decay: 15, epsilon: 16, count: 17,
};
const SHIFTS = {index: 0, canvas: -.5};
const SMOOTHED = {control: false, samples: true};
const WARM_STARTS = {none: false, march: true};
const MOST_STEPS = 1e6;
const RATES = {sgd: .01, adam: .1, chomp: .01, lbfgs: 1};

/** @typedef {Exclude<keyof typeof TERMS, 'count'>} Term */

const NAMES = /** @type {Term[]} */ (Object.keys(TERMS).filter((name) => name !== 'count'));

/**
 * The loss is the sum of the terms, each times its weight. p: the samples of the path, d: their differences.
 *
 * - cost: sum of the map at p, or with `arcLength` its integral along the path
 * - velocity, smooth, jerk: squared first, second, third differences, of the knots or with `smoothOn: 'samples'` of p
 * - length: sum |d|; spacing: sum (|d| - mean |d|)^2
 * - clearance: CHOMP's hinge where the signed distance is less than `margin`
 * - goal: log(1 + distance of the last p to `goal`)
 * - curvature: squared excess over `maxCurvature`
 * - heading: 1 - cos of the first d's angle to `startHeading`, the last one's to `goalHeading`; with spacing, or that d may vanish
 * - boundary: squared distance beyond the outermost cell centres
 *
 * @typedef {object} PathOptions
 * @property {number} [samples] of the path; default as many as knots, which with 'linear' are then the path itself
 * @property {keyof typeof SPLINES} [spline] default 'linear'
 * @property {Partial<Record<Term, number>>} [weights] default cost 1, others 0
 * @property {boolean | readonly [boolean, boolean]} [fixedEnds] whether the first and the last knot stay; default true
 * @property {keyof typeof SHIFTS} [coords] of points: 'index', integers name cell centres (torch's align_corners=True), or 'canvas',
 *     where these are at .5; default 'index'
 * @property {keyof typeof CELLS} [interpolation] of the map, whose border goes on outside; default 'bilinear' (trilinear in volumes)
 * @property {keyof typeof SMOOTHED} [smoothOn] default 'control'
 * @property {boolean} [arcLength] default false
 * @property {boolean} [wrap] a volume's z is an angle, its last cell beside its first; default false
 * @property {Tensor} [distance] signed distance, as the map; default signedDistance(costmap, {threshold})
 * @property {number} [threshold] obstacles cost more, where `distance` is not given; default .5
 * @property {number} [margin] of the clearance, in cells; default 2
 * @property {number} [maxCurvature] one over the smallest radius; default .2
 * @property {ArrayLike<number>} [goal] [x, y] or [x, y, z]; default the last knot
 * @property {ArrayLike<number>} [startHeading] a direction, [x, y] or [x, y, z] of any length
 * @property {ArrayLike<number>} [goalHeading]
 */

/**
 * @param {string} name
 * @param {Tensor} knots
 * @returns {{count: number, axes: 2 | 3}}
 */
function readKnots(name, knots) {
    const [count, axes] = checkTensor(name, knots, '[K, 2] or [K, 3]');
    if (knots.dims.length !== 2 || count < 2 || (axes !== 2 && axes !== 3)) throw wrong(name, '[K, 2] or [K, 3] with K at least 2', knots.dims);
    return {count, axes};
}

/** @param {Tensor} knots */
function checkNumbers({data}) {
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) throw wrong('knots', 'finite coordinates', data[i]);
}

/**
 * Everything of a path that the core is told, but for where things lie.
 *
 * @param {Tensor} costmap
 * @param {Tensor} knots
 * @param {PathOptions | undefined} options
 */
function readPath(costmap, knots, options) {
    const {
        samples, spline = 'linear', weights, fixedEnds = true, coords = 'index', interpolation = 'bilinear', smoothOn = 'control', arcLength = false,
        wrap = false, distance, threshold = .5, margin = 2, maxCurvature = .2, goal, startHeading, goalHeading,
    } = checkOptions(options);
    const {count, axes} = readKnots('knots', knots);
    checkNumbers(knots);
    const map = readMap('costmap', costmap, axes);
    const [fixStart, fixGoal] = Array.isArray(fixedEnds) ? fixedEnds : [fixedEnds, fixedEnds];
    if (typeof fixStart !== 'boolean' || typeof fixGoal !== 'boolean') throw wrongType('fixedEnds', 'true, false or one of each end', fixedEnds);
    if (wrap && axes === 2) throw wrong('wrap', 'a volume and knots [K, 3]', knots.dims);
    const flags = Object.entries({fixStart, fixGoal, smoothSamples: checkChoice('smoothOn', SMOOTHED, smoothOn), arcLength, wrap})
        .reduce((sum, [name, on]) => sum + (on ? FLAGS[/** @type {keyof typeof FLAGS} */ (name)] : 0), 0);

    const weighed = new Float64Array(TERMS.count);
    for (const [name, weight] of Object.entries({cost: 1, ...checkOptions(weights, 'weights')})) {
        weighed[checkChoice('weights', TERMS, name === 'count' ? '' : name)] = checkFinite(`weights.${name}`, weight);
    }
    const settings = new Float64Array(SETTINGS.count);
    settings.set([1, checkChoice('coords', SHIFTS, coords), checkFinite('margin', margin), checkFinite('maxCurvature', maxCurvature)]);
    if (margin <= 0) throw wrong('margin', 'above 0', margin);
    if (maxCurvature < 0) throw wrong('maxCurvature', 'at least 0', maxCurvature);
    const last = Array.from({length: axes}, (_, i) => knots.data[(count - 1) * axes + i]);
    settings.set(readPoint('goal', goal ?? last, axes), SETTINGS.goal);
    if (startHeading !== undefined) settings.set(readPoint('startHeading', startHeading, axes), SETTINGS.startHeading);
    if (goalHeading !== undefined) settings.set(readPoint('goalHeading', goalHeading, axes), SETTINGS.goalHeading);
    if (weighed[TERMS.heading] && !startHeading && !goalHeading) throw wrongType('startHeading', 'a direction, or goalHeading', startHeading);

    if (distance !== undefined) checkSameMap(map.dims, 'distance', distance);
    const clearance = weighed[TERMS.clearance] !== 0 ? distance ?? signedDistance(costmap, {threshold}) : undefined;
    const S = samples === undefined ? count : checkInteger('samples', samples, 1, MOST_POINTS);
    const how = [checkChoice('interpolation', CELLS, interpolation), flags];
    return {count, axes, samples: S, curve: [count, axes, S, checkChoice('spline', SPLINES, spline)], how, weighed, settings, clearance};
}

/** @param {Block} block @param {ReturnType<typeof readPath>} path @param {Tensor} costmap @param {Tensor | undefined} distance @param {Float64Array} settings */
function placePath(block, {count, axes, samples, curve, how, weighed}, costmap, distance, settings) {
    const {size} = readMap('costmap', costmap, axes);
    const map = placeFloats(block, costmap);
    const far = distance ? placeFloats(block, distance) : 0;
    const scratch = block.space(block.call('fv_path_scratch', count, axes, samples));
    return {args: [...curve, map, far, ...size, ...how, block.input(weighed), block.input(settings)], scratch};
}

/** @param {Float64Array} values @returns {{loss: number, terms: Record<Term, number>}} */
function named(values) {
    const terms = /** @type {Record<Term, number>} */ (Object.fromEntries(NAMES.map((name) => [name, values[TERMS[name]]])));
    return {loss: values.reduce((sum, v) => sum + v, 0), terms};
}

/**
 * What a path through a cost map costs, and the gradient of that by its knots. Computed in double.
 *
 * @param {Tensor} costmap [H, W], or [D, H, W]
 * @param {Tensor} knots [K, 2] (x, y), or [K, 3] (x, y, z); K at least 2
 * @param {PathOptions} [options]
 * @returns {{loss: number, terms: Record<Term, number>, grad: FloatTensor, path: FloatTensor, costs: Float32Array}} terms: each times its weight;
 *     grad: [K, 2 or 3], 0 at fixed ends; path: [S, 2 or 3]; costs: the map's value at each sample
 */
export function pathCost(costmap, knots, options) {
    const read = readPath(costmap, knots, options);
    const {count, axes, samples} = read;
    const terms = new Float64Array(TERMS.count);
    const grad = new Float32Array(count * axes);
    const path = new Float32Array(samples * axes);
    const costs = new Float32Array(samples);
    withBlock((block) => {
        const results = [terms, grad, path, costs];
        const at = results.map(({byteLength}) => block.space(byteLength));
        const {args, scratch} = placePath(block, read, costmap, read.clearance, read.settings);
        block.call('fv_path_cost', ...at, placeFloats(block, knots), ...args, scratch);
        results.forEach((result, i) => block.output(at[i], result));
    });
    return {...named(terms), grad: {data: grad, dims: [count, axes]}, path: {data: path, dims: [samples, axes]}, costs};
}

/**
 * @typedef {object} DescentOptions
 * @property {keyof typeof OPTIMIZERS} [optimizer] 'adam' and 'sgd' as torch's, 'chomp': covariant gradient, 'lbfgs' with a line search; default 'adam'
 * @property {number} [steps] at most 1e6; default 100
 * @property {number} [learningRate] default .1 for adam, .01 for sgd and chomp, 1 for lbfgs
 * @property {number} [momentum] of sgd; default 0
 * @property {readonly [number, number]} [betas] of adam; default .9, .999
 * @property {number} [eps] of adam; default 1e-8
 * @property {number} [levels] of a pyramid: so many optimisations of `steps` each, on the coarsest map first; default 1
 * @property {'none' | 'march'} [warmStart] 'march': begin on the path of least cost by fast marching, at even distances; default 'none'
 */

/**
 * Optimise a path: the loss of pathCost, by its gradient. One call of the core for all steps of a level, the same bits every time.
 *
 * @param {Tensor} costmap [H, W], or [D, H, W]
 * @param {Tensor} knots [K, 2] or [K, 3]; or [N, K, 2 or 3], several beginnings (see bendKnots) of which the best ends as the result
 * @param {PathOptions & DescentOptions} [options]
 * @returns {{knots: FloatTensor, path: FloatTensor, loss: number, terms: Record<Term, number>, history: Float64Array, start: number}}
 *     history: the loss before each step and after the last, on the finest map; start: which beginning it was
 */
export function optimizePath(costmap, knots, options) {
    const runs = splitStarts(knots).map((start) => descend(costmap, start, checkOptions(options)));
    const best = runs.reduce((least, {loss}, i) => loss < runs[least].loss ? i : least, 0);
    return {...runs[best], start: best};
}

/** @param {Tensor} knots @returns {Tensor[]} */
function splitStarts(knots) {
    const dims = checkTensor('knots', knots, '[K, 2], [K, 3], [N, K, 2] or [N, K, 3]');
    if (dims.length !== 3) return [knots];
    const [N, K, axes] = dims;
    if (!N) throw wrong('knots', 'at least one beginning', dims);
    const {data} = toFloat32(knots);
    return Array.from({length: N}, (_, i) => ({data: data.subarray(i * K * axes, (i + 1) * K * axes), dims: [K, axes]}));
}

/** @param {Tensor} costmap @param {Tensor} knots @param {PathOptions & DescentOptions} options */
function descend(costmap, knots, options) {
    const {optimizer = 'adam', steps = 100, momentum = 0, betas = [.9, .999], eps = 1e-8, levels = 1, warmStart = 'none'} = options;
    const which = checkChoice('optimizer', OPTIMIZERS, optimizer);
    const {learningRate = RATES[optimizer]} = options;
    checkInteger('steps', steps, 0, MOST_STEPS);
    const read = readPath(costmap, knots, options);
    const {count, axes, samples} = read;
    const [beta1, beta2] = checkList('betas', betas, 2);
    /** @type {[string, number, number, number][]} name, value, setting, below */
    const rates = [
        ['learningRate', learningRate, SETTINGS.rate, Infinity],
        optimizer === 'adam' ? ['betas[0]', beta1, SETTINGS.momentum, 1] : ['momentum', momentum, SETTINGS.momentum, 1],
        ['betas[1]', beta2, SETTINGS.decay, 1],
        ['eps', eps, SETTINGS.epsilon, Infinity],
    ];
    for (const [name, value, setting, below] of rates) {
        if (!(checkFinite(name, value) >= 0 && value < below)) throw wrong(name, below === 1 ? 'at least 0 and below 1' : 'at least 0', value);
        read.settings[setting] = value;
    }
    if (!eps) throw wrong('eps', 'above 0', eps);

    const maps = levels === 1 ? [costmap] : mapPyramid(costmap, {levels});
    const distances = !read.clearance ? [] : levels === 1 ? [read.clearance] : mapPyramid(read.clearance, {levels});
    const begin = checkChoice('warmStart', WARM_STARTS, warmStart) ? marched(costmap, knots, read, options) : toFloat32(knots).data;
    const [result, path] = [new Float32Array(count * axes), new Float32Array(samples * axes)];
    const [history, terms] = [new Float64Array(steps + 1), new Float64Array(TERMS.count)];
    withBlock((block) => {
        const outputs = [result, history, terms, path];
        const at = outputs.map(({byteLength}) => block.space(byteLength));
        let from = block.input(begin);
        for (let level = maps.length - 1; level >= 0; level--) {
            const settings = read.settings.slice();
            settings[SETTINGS.scale] = 2 ** -level;
            settings[SETTINGS.shift] = (settings[SETTINGS.shift] + .5) * 2 ** -level - .5;
            const {args, scratch} = placePath(block, read, maps[level], distances[level], settings);
            block.call('fv_path_optimize', ...at, from, ...args, which, steps, scratch);
            from = at[0];
        }
        outputs.forEach((output, i) => block.output(at[i], output));
    });
    return {knots: {data: result, dims: [count, axes]}, path: {data: path, dims: [samples, axes]}, ...named(terms), history};
}

/**
 * The way by fast marching between the ends of the knots; the knots themselves if there is none.
 *
 * @param {Tensor} costmap
 * @param {Tensor} knots
 * @param {ReturnType<typeof readPath>} read
 * @param {PathOptions} options
 * @returns {Float32Array}
 */
function marched(costmap, knots, {count, axes, settings, weighed}, {arcLength = false}) {
    const {data} = toFloat32(knots);
    const shift = settings[SETTINGS.shift];
    const [start, goal] = [data.subarray(0, axes), data.subarray(-axes)].map((point) => point.map((v) => v + shift));
    const length = arcLength && weighed[TERMS.cost] > 0 ? weighed[TERMS.length] / weighed[TERMS.cost] : 0;
    const found = marchPath(costmap, start, goal, {knots: count, ...(length > 0 && {length})});
    return found ? found.data.map((v) => v - shift) : data;
}

/**
 * The dense path of some knots: a constant matrix times them. 'linear' is F.interpolate(mode='linear', align_corners=True).
 *
 * @param {Tensor} knots [K, 2] or [K, 3]
 * @param {{samples?: number, spline?: keyof typeof SPLINES}} [options] samples: default 32; spline: default 'linear'
 * @returns {FloatTensor} [S, 2] or [S, 3]
 */
export function resamplePath(knots, options) {
    const {samples = 32, spline = 'linear'} = checkOptions(options);
    const {count, axes} = readKnots('knots', knots);
    const data = new Float32Array(checkInteger('samples', samples, 1, MOST_POINTS) * axes);
    const kind = checkChoice('spline', SPLINES, spline);
    withBlock((block) => {
        const path = block.space(data.byteLength);
        const scratch = block.space(block.call('fv_path_scratch', count, axes, samples));
        block.call('fv_path_resample', path, samples, placeFloats(block, knots), count, axes, kind, scratch);
        block.output(path, data);
    });
    return {data, dims: [samples, axes]};
}

/**
 * The gradient of resamplePath: the transposed matrix.
 *
 * @param {Tensor} gradPath [S, 2] or [S, 3]
 * @param {{knots: number, spline?: keyof typeof SPLINES}} options knots: how many there are, at least 2
 * @returns {FloatTensor} gradient of the knots, [K, 2] or [K, 3]
 */
export function resamplePathBackward(gradPath, options) {
    const {knots, spline = 'linear'} = checkOptions(options);
    checkInteger('knots', knots, 2, MOST_POINTS);
    const axes = checkTensor('gradPath', gradPath, '[S, 2] or [S, 3]')[1];
    const {S} = checkShape('gradPath', gradPath, ['S', axes === 3 ? 3 : 2]);
    const data = new Float32Array(knots * axes);
    const kind = checkChoice('spline', SPLINES, spline);
    withBlock((block) => {
        const grad = block.space(data.byteLength);
        const scratch = block.space(block.call('fv_path_scratch', knots, axes, S));
        block.call('fv_path_resample_backward', grad, placeFloats(block, gradPath), S, knots, axes, kind, scratch);
        block.output(grad, data);
    });
    return {data, dims: [knots, axes]};
}

/**
 * Several beginnings from one: bent to either side of the chord in the plane of x and y, so that a path round the other side of an
 * obstacle is found too. The ends stay.
 *
 * @param {Tensor} knots [K, 2] or [K, 3]
 * @param {{count?: number, bend?: number}} [options] count: beginnings, the given one first; default 5. bend: how far the middle is
 *     moved by the next two, twice as far by those after, and so on; default a quarter of the chord
 * @returns {FloatTensor} [N, K, 2] or [N, K, 3]
 */
export function bendKnots(knots, options) {
    const {count = 5, bend} = checkOptions(options);
    const {count: K, axes} = readKnots('knots', knots);
    checkNumbers(knots);
    checkInteger('count', count, 1, Math.max(1, Math.floor(MOST_POINTS / K)));
    const {data: given} = toFloat32(knots);
    const [x, y] = [0, 1].map((k) => given[(K - 1) * axes + k] - given[k]);
    const chord = Math.sqrt(x * x + y * y);
    const unit = checkFinite('bend', bend ?? chord / 4);
    const data = new Float32Array(count * K * axes);
    for (let n = 0; n < count; n++) {
        const far = unit * Math.ceil(n / 2) * (n % 2 ? 1 : -1);
        data.set(given, n * K * axes);
        for (let i = 0; i < K && n && chord; i++) {
            const t = i / (K - 1), aside = far * 4 * t * (1 - t) / chord;
            data[(n * K + i) * axes] += -y * aside;
            data[(n * K + i) * axes + 1] += x * aside;
        }
    }
    return {data, dims: [count, K, axes]};
}
