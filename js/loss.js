import {checkChoice, checkInteger, checkNumber, checkOptions, wrong} from './check.js';
import {checkShape, checkTensor, makeOutput, placeFloats, toFloat32} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {Block} from './wasm.js' */
/** @import {FloatTensor, Tensor} from './tensor.js' */

/**
 * What the sum of all losses is divided by: nothing, the number of values (rows in cross-entropies), N, the sum of the
 * weights, or the number of targets of 1. Where that is 0, so are loss and gradient.
 */
const REDUCTIONS = /** @abi FV_REDUCTION_ */ {sum: 0, mean: 1, batch_mean: 2, weight_mean: 3, positive_mean: 4};
const PENALTIES = /** @abi FV_PENALTY_ */ {l1: 0, l2: 1, smooth_l1: 2, huber: 3, wing: 4, bce: 5, focal: 6, adaptive_wing: 7};
const AXES = /** @abi FV_AXIS_ */ {outer: 1, middle: 2, inner: 4};
const ENTROPY = /** @abi FV_ENTROPY_ */ {beta: 0, labelBeta: 1, scale: 2, count: 3};

const {sum, mean, batch_mean, weight_mean} = REDUCTIONS;
const WEIGHTED = {sum, mean, batch_mean, weight_mean};
/** Of stages; lightweight-human-pose-estimation halves squares. */
const STAGED = {sum: 0, batch_mean: 1, half_batch_mean: 2};
const JOINT_KINDS = {l1: [], l2: [], smooth_l1: ['beta'], huber: ['delta'], wing: ['omega', 'epsilon']};

/** @typedef {keyof typeof WEIGHTED} Reduction */
/** @typedef {{loss: number, grad: FloatTensor}} Loss the gradient is of the prediction's shape */

/** @param {string} name @param {unknown} value @param {boolean} [zero] whether it may be 0 @returns {number} */
function checkPositive(name, value, zero = false) {
    const number = checkNumber(name, value);
    if (!(number > 0 || zero && number === 0) || number > 1e30) throw wrong(name, `${zero ? 'at least 0' : 'above 0'}, up to 1e30`, value);
    return number;
}

/** The product of sizes. @param {readonly number[]} sizes */
const product = (sizes) => sizes.reduce((n, size) => n * size, 1);

/**
 * Weights of some axes, as the core takes them: [outer, middle, inner] and which of these the weights have.
 *
 * @param {string} name
 * @param {Tensor | null | undefined} weight its sizes are those of `dims`, or 1; none at the end are 1s
 * @param {readonly number[]} dims
 * @returns {{sizes: [number, number, number], axes: number}}
 */
function readWeight(name, weight, dims) {
    if (!weight) return {sizes: [dims[0] * dims[1], 1, product(dims.slice(2))], axes: 0};
    const given = checkTensor(name, weight, '[N, K, ...]');
    /** @type {{has: boolean, size: number}[]} axes that the weights have in turn with those along which they repeat */
    const runs = [];
    dims.forEach((size, i) => {
        const has = (given[i] ?? 1) !== 1;
        if (size === 1 && !has) return;
        if (runs[runs.length - 1]?.has === has) runs[runs.length - 1].size *= size;
        else runs.push({has, size});
    });
    if (given.length > dims.length || given.some((size, i) => size !== 1 && size !== dims[i]) || runs.length > 3) {
        throw wrong(name, `shape [${dims.slice(0, 2).join(', ')}], or [${dims.join(', ')}] with 1 where the weights repeat`, given);
    }
    const repeats = {has: false, size: 1};
    const [outer, middle, inner] = runs.length === 3 ? runs : runs.length === 2 ? [runs[0], repeats, runs[1]] : [repeats, repeats, runs[0] ?? repeats];
    const axes = (outer.has ? AXES.outer : 0) | (middle.has ? AXES.middle : 0) | (inner.has ? AXES.inner : 0);
    return {sizes: [outer.size, middle.size, inner.size], axes};
}

/** @param {Block} block @param {Tensor | null | undefined} tensor */
const placeOptional = (block, tensor) => tensor ? placeFloats(block, tensor) : 0;

/**
 * A sum of penalties.
 *
 * @param {Tensor} pred
 * @param {Tensor} target
 * @param {Tensor | null | undefined} weight
 * @param {number} kind of PENALTIES
 * @param {number} reduction of REDUCTIONS
 * @param {number[]} [options] the penalty's
 * @returns {Loss}
 */
function sumPenalties(pred, target, weight, kind, reduction, options = []) {
    const dims = [...pred.dims];
    checkShape('target', target, dims);
    const {sizes, axes} = readWeight('weight', weight, dims);
    const data = makeOutput('into', product(dims));
    return withBlock((block) => {
        const loss = block.space(8);
        const grad = block.space(data.byteLength);
        const rows = block.space(8 * sizes[0] * sizes[1]);
        block.call('fv_loss_points', loss, grad, rows, placeFloats(block, pred), placeFloats(block, target), ...sizes, placeOptional(block, weight), axes,
            dims[0], kind, reduction, block.input(Float64Array.of(...options, 0, 0, 0, 0)));
        return {loss: block.view(loss, Float64Array, 1)[0], grad: {data: block.output(grad, data), dims}};
    });
}

/**
 * The loss of joints that a network regresses, or that softArgmax finds in its maps.
 *
 * A weight of 0 gives gradient 0 even where prediction or target is NaN; so it is in every loss here.
 *
 * @param {Tensor} pred [N, K, D]
 * @param {Tensor} target [N, K, D]
 * @param {Tensor | null} [weight] [N, K], [N, K, D], or with 1 where it repeats; default 1
 * @param {object} [options]
 * @param {keyof typeof JOINT_KINDS} [options.kind] d = pred - target; l1: |d|, of gradient 0 at 0; l2: d^2; smooth_l1 and huber as torch's; wing: Feng
 *   et al. 2018. Default 'l1'
 * @param {Reduction} [options.reduction] batch_mean is Integral Human Pose Regression's; default 'mean'
 * @param {number} [options.beta] of smooth_l1, at least 0; default 1
 * @param {number} [options.delta] of huber; default 1
 * @param {number} [options.omega] of wing: its width; default 10
 * @param {number} [options.epsilon] of wing: its curvature; default 2
 * @returns {Loss}
 */
export function jointLoss(pred, target, weight, options) {
    const {kind = 'l1', reduction = 'mean', ...shape} = checkOptions(options);
    checkShape('pred', pred, ['N', 'K', 'D']);
    const names = /** @type {string[]} */ (checkChoice('kind', JOINT_KINDS, kind));
    const divisor = checkChoice('reduction', WEIGHTED, reduction);
    const given = {beta: 1, delta: 1, omega: 10, epsilon: 2, ...shape};
    const values = names.map((name) => checkPositive(name, given[/** @type {keyof typeof given} */ (name)], name === 'beta'));
    return sumPenalties(pred, target, weight, PENALTIES[kind], divisor, values);
}

/** @param {Tensor} maps @returns {readonly number[]} its dims */
function checkMaps(maps) {
    const dims = checkTensor('maps', maps, '[N, K, H, W]');
    if (dims.length < 3) throw wrong('maps', 'shape [N, K, H, W], [N, K, D, H, W] or [N, K, L]', dims);
    return dims;
}

/**
 * Squared differences of heat maps.
 *
 * @param {Tensor} maps [N, K, H, W], or of any rank above 2
 * @param {Tensor} target of the same shape
 * @param {Tensor | null} [weight] [N, K], or the maps' shape with 1 where it repeats: [N, 1, H, W] is a mask; default 1
 * @param {object} [options]
 * @param {Reduction} [options.reduction] default 'mean'
 * @param {number} [options.hardest] only so many maps of each entry, those whose mean is largest: online hard keypoint mining; the mean over them
 *   and over entries. The weight is then [N, K], K at most 4096
 * @returns {Loss}
 */
export function heatmapMse(maps, target, weight, options) {
    const {reduction = 'mean', hardest} = checkOptions(options);
    const [N, K, ...rest] = checkMaps(maps);
    const divisor = checkChoice('reduction', WEIGHTED, reduction);
    if (hardest === undefined) return sumPenalties(maps, target, weight, PENALTIES.l2, divisor);
    if (divisor !== mean) throw wrong('reduction', "'mean' of the hardest", reduction);
    if (K > 4096) throw wrong('maps', 'at most 4096 maps where some are the hardest', maps.dims);
    checkInteger('hardest', hardest, 1, K);
    checkShape('target', target, [...maps.dims]);
    if (weight) checkShape('weight', weight, [N, K]);
    const data = makeOutput('into', maps.data.length);
    return withBlock((block) => {
        const loss = block.space(8);
        const grad = block.space(data.byteLength);
        const rows = block.space(8 * N * K);
        block.call('fv_loss_hardest', loss, grad, rows, placeFloats(block, maps), placeFloats(block, target), N, K, product(rest),
            placeOptional(block, weight), hardest);
        return {loss: block.view(loss, Float64Array, 1)[0], grad: {data: block.output(grad, data), dims: [...maps.dims]}};
    });
}

/**
 * Binary cross-entropy of each cell: torch's binary_cross_entropy_with_logits, finite for any logit.
 *
 * @param {Tensor} maps logits, [N, K, H, W] or of any rank above 2
 * @param {Tensor} target of the same shape, 0 to 1
 * @param {Tensor | null} [weight] [N, K], or the maps' shape with 1 where it repeats; default 1
 * @param {{posWeight?: number, reduction?: Reduction}} [options] posWeight: of what is positive, at least 0, default 1; reduction: default 'mean'
 * @returns {Loss}
 */
export function heatmapBce(maps, target, weight, options) {
    const {posWeight = 1, reduction = 'mean'} = checkOptions(options);
    checkMaps(maps);
    return sumPenalties(maps, target, weight, PENALTIES.bce, checkChoice('reduction', WEIGHTED, reduction), [checkPositive('posWeight', posWeight, true)]);
}

/**
 * The focal loss of CornerNet and CenterNet: cells where the target is 1 are positive, those near them count little.
 *
 * @param {Tensor} maps logits, [N, K, H, W] or of any rank above 2
 * @param {Tensor} target of the same shape, 0 to 1
 * @param {Tensor | null} [weight] [N, K], or the maps' shape with 1 where it repeats; default 1
 * @param {{alpha?: number, beta?: number, reduction?: keyof typeof REDUCTIONS}} [options] default 2, 4, 'positive_mean'
 * @returns {Loss}
 */
export function heatmapFocal(maps, target, weight, options) {
    const {alpha = 2, beta = 4, reduction = 'positive_mean'} = checkOptions(options);
    checkMaps(maps);
    const powers = [checkPositive('alpha', alpha, true), checkPositive('beta', beta, true)];
    return sumPenalties(maps, target, weight, PENALTIES.focal, checkChoice('reduction', REDUCTIONS, reduction), powers);
}

/**
 * The adaptive wing loss of heat maps (Wang et al. 2019): logarithmic near the target, the more so the higher that is.
 *
 * @param {Tensor} maps [N, K, H, W] or of any rank above 2
 * @param {Tensor} target of the same shape, 0 to 1
 * @param {Tensor | null} [weight] [N, K], or the maps' shape with 1 where it repeats; default 1
 * @param {{omega?: number, theta?: number, epsilon?: number, alpha?: number, reduction?: Reduction}} [options] default 14, .5, 1, 2.1, 'mean'
 * @returns {Loss}
 */
export function heatmapWing(maps, target, weight, options) {
    const {omega = 14, theta = 0.5, epsilon = 1, alpha = 2.1, reduction = 'mean'} = checkOptions(options);
    checkMaps(maps);
    const values = Object.entries({omega, theta, epsilon, alpha}).map(([name, value]) => checkPositive(name, value));
    return sumPenalties(maps, target, weight, PENALTIES.adaptive_wing, checkChoice('reduction', WEIGHTED, reduction), values);
}

/**
 * One entropy of rows.
 *
 * @param {Tensor} maps [N, K, ...]
 * @param {Tensor} target
 * @param {Tensor | null | undefined} weight
 * @param {(at: {block: Block, results: number[], sizes: number[], weights: number}) => void} call
 * @returns {Loss & {each: FloatTensor}}
 */
function sumRows(maps, target, weight, call) {
    const [N, K, ...rest] = maps.dims;
    if (!product(rest)) throw wrong('maps', 'at least one cell', maps.dims);
    if (weight) checkShape('weight', weight, [N, K]);
    const data = makeOutput('into', maps.data.length);
    return withBlock((block) => {
        const results = [8, data.byteLength, 8 * N * K].map((bytes) => block.space(bytes));
        call({block, results, sizes: [N * K, product(rest)], weights: placeOptional(block, weight)});
        return {
            loss: block.view(results[0], Float64Array, 1)[0],
            grad: {data: block.output(results[1], data), dims: [...maps.dims]},
            each: {data: Float32Array.from(block.view(results[2], Float64Array, N * K)), dims: [N, K]},
        };
    });
}

/**
 * The cells of a classification. An index that is no cell is -1. @param {Tensor} target
 * @returns {Int32Array}
 */
function readCells(target) {
    if (target.data instanceof Int32Array) return target.data;
    return Int32Array.from(toFloat32(target).data, (v) => Number.isInteger(v) && Math.abs(v) < 2 ** 31 ? v : -1);
}

/**
 * Cross-entropy of the softmax over each map's cells.
 *
 * @param {Tensor} maps logits, [N, K, H, W] or of any rank above 2
 * @param {Tensor} target [N, K] the cell y * W + x, where one that is outside has weight 0; or the maps' shape: shares of cells
 * @param {Tensor | null} [weight] [N, K]; default 1
 * @param {{reduction?: Reduction}} [options] default 'weight_mean': of what is visible
 * @returns {Loss & {each: FloatTensor}} each: [N, K], without weights; 0 where the weight is 0
 */
export function heatmapCrossEntropy(maps, target, weight, options) {
    const {reduction = 'weight_mean'} = checkOptions(options);
    const dims = checkMaps(maps);
    const divisor = checkChoice('reduction', WEIGHTED, reduction);
    const isIndex = checkTensor('target', target).length === 2;
    checkShape('target', target, isIndex ? dims.slice(0, 2) : [...dims]);
    return sumRows(maps, target, weight, ({block, results, sizes, weights}) => {
        const logits = placeFloats(block, maps);
        if (isIndex) {
            block.call('fv_loss_cell', ...results, logits, block.input(readCells(target)), ...sizes, weights, dims[0], divisor);
        } else {
            const how = Float64Array.of(1, 0, 1);
            block.call('fv_loss_entropy', ...results, logits, placeFloats(block, target), ...sizes, weights, dims[0], divisor, 0, block.input(how));
        }
    });
}

/**
 * Kullback and Leibler's divergence of SimCC's two distributions of each joint, its mean over bins: mmpose's KLDiscretLoss.
 *
 * @param {{x: Tensor, y: Tensor}} pred logits [N, K, W], [N, K, H]
 * @param {{x: Tensor, y: Tensor}} target of the same shapes
 * @param {Tensor | null} [weight] [N, K]; default 1
 * @param {object} [options]
 * @param {number} [options.beta] logits are multiplied by it; default 10
 * @param {number} [options.labelBeta] targets are multiplied by it and go through a softmax too; 0: they are distributions; default 10
 * @param {Reduction | 'joint_mean'} [options.reduction] of the sum of both; default 'joint_mean': divided by K
 * @returns {{loss: number, grad: {x: FloatTensor, y: FloatTensor}}}
 */
export function simccLoss(pred, target, weight, options) {
    const {beta = 10, labelBeta = 10, reduction = 'joint_mean'} = checkOptions(options);
    const divisor = checkChoice('reduction', {...WEIGHTED, joint_mean: batch_mean}, reduction);
    const {x, y} = checkOptions(pred, 'pred');
    const wanted = checkOptions(target, 'target');
    const {N, K} = checkShape('pred.x', x, ['N', 'K', 'W']);
    checkShape('pred.y', y, ['N', 'K', 'H'], {N, K});
    checkShape('target.x', wanted.x, [...x.dims]), checkShape('target.y', wanted.y, [...y.dims]);
    const how = new Float64Array(ENTROPY.count);
    how[ENTROPY.beta] = checkPositive('beta', beta);
    how[ENTROPY.labelBeta] = checkPositive('labelBeta', labelBeta, true);
    const sides = [[x, wanted.x], [y, wanted.y]].map(([logits, labels]) => sumRows(logits, labels, weight, ({block, results, sizes, weights}) => {
        how[ENTROPY.scale] = 1 / sizes[1];
        block.call('fv_loss_entropy', ...results, placeFloats(block, logits), placeFloats(block, labels), ...sizes, weights,
            reduction === 'joint_mean' ? K : N, divisor, 1, block.input(how));
    }));
    return {loss: sides[0].loss + sides[1].loss, grad: {x: sides[0].grad, y: sides[1].grad}};
}

/**
 * One branch of OpenPose's loss.
 *
 * @param {string} name
 * @param {Tensor} maps [T, N, C, H, W]
 * @param {Tensor} target [N, C, H, W]
 * @param {Tensor | null | undefined} mask
 * @param {number} halves so many times N divide the sum; 0: nothing does
 * @returns {{loss: number, stages: Float64Array, grad: FloatTensor}}
 */
function branchLoss(name, maps, target, mask, halves) {
    checkShape(`pred.${name}`, maps, ['T', 'N', 'C', 'H', 'W']);
    const [T, ...dims] = maps.dims;
    checkShape(`target.${name}`, target, dims);
    const {sizes, axes} = readWeight('mask', mask, dims);
    const data = makeOutput('into', maps.data.length);
    const stages = new Float64Array(T);
    return withBlock((block) => {
        const [loss, grad, rows] = [8, data.byteLength, 8 * sizes[0] * sizes[1]].map((bytes) => block.space(bytes));
        const [from, to, weights] = [placeFloats(block, maps), placeFloats(block, target), placeOptional(block, mask)];
        const none = block.input(new Float64Array(4));
        let total = 0;
        for (let t = 0; t < T; t++) {
            const at = 4 * t * product(dims);
            block.call('fv_loss_points', loss, grad + at, rows, from + at, to, ...sizes, weights, axes, halves * dims[0], PENALTIES.l2,
                halves ? batch_mean : sum, none);
            total += block.view(loss, Float64Array, 1)[0];
            stages[t] = block.view(rows, Float64Array, sizes[0] * sizes[1]).reduce((a, b) => a + b, 0);
        }
        return {loss: total, stages, grad: {data: block.output(grad, data), dims: [...maps.dims]}};
    });
}

/**
 * OpenPose's loss: squared differences over all stages of both branches, where the mask is (Cao et al. 2017, eq. 5 and 6).
 *
 * @param {{pafs: Tensor, heatmaps: Tensor}} pred [T, N, C, H, W] each, of T stages; the branches may have different numbers of them
 * @param {{pafs: Tensor, heatmaps: Tensor}} target [N, C, H, W] each
 * @param {Tensor | null} [mask] [N, 1, H, W]: 0 where people are not labelled; default 1
 * @param {{reduction?: keyof typeof STAGED}} [options] default 'sum'; batch_mean divides by N, half_batch_mean by 2 N as
 *   lightweight-human-pose-estimation does
 * @returns {{loss: number, stages: {pafs: Float64Array, heatmaps: Float64Array}, grad: {pafs: FloatTensor, heatmaps: FloatTensor}}}
 *   stages: the sum of each, not divided
 */
export function openposeLoss(pred, target, mask, options) {
    const {reduction = 'sum'} = checkOptions(options);
    const halves = checkChoice('reduction', STAGED, reduction);
    const [maps, wanted] = [checkOptions(pred, 'pred'), checkOptions(target, 'target')];
    const pafs = branchLoss('pafs', maps.pafs, wanted.pafs, mask, halves);
    const heatmaps = branchLoss('heatmaps', maps.heatmaps, wanted.heatmaps, mask, halves);
    return {
        loss: pafs.loss + heatmaps.loss,
        stages: {pafs: pafs.stages, heatmaps: heatmaps.stages},
        grad: {pafs: pafs.grad, heatmaps: heatmaps.grad},
    };
}
