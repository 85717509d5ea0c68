/** The losses from their definitions, in float64, and gradients by central differences. */

/** @import {Tensor} from '../js/tensor.js' */
/** @typedef {{data: ArrayLike<number>, dims: readonly number[]}} Array64 */

const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));

/** Of one prediction p and its target t. @type {Record<string, (p: number, t: number, o: any) => number>} */
export const penalties64 = {
    l1: (p, t) => Math.abs(p - t),
    l2: (p, t) => (p - t) ** 2,
    smooth_l1: (p, t, {beta}) => Math.abs(p - t) < beta ? (p - t) ** 2 / (2 * beta) : Math.abs(p - t) - beta / 2,
    huber: (p, t, {delta}) => Math.abs(p - t) <= delta ? (p - t) ** 2 / 2 : delta * (Math.abs(p - t) - delta / 2),
    wing: (p, t, {omega, epsilon}) => {
        const d = Math.abs(p - t);
        return d < omega ? omega * Math.log(1 + d / epsilon) : d - (omega - omega * Math.log(1 + omega / epsilon));
    },
    bce: (p, t, {posWeight}) => (1 - t) * p + (1 + (posWeight - 1) * t) * (Math.max(-p, 0) + Math.log1p(Math.exp(-Math.abs(p)))),
    focal: (p, t, {alpha, beta}) => {
        const s = sigmoid(p);
        return t === 1 ? -((1 - s) ** alpha) * Math.log(s) : -((1 - t) ** beta) * s ** alpha * Math.log(1 - s);
    },
    adaptive_wing: (p, t, {omega, theta, epsilon, alpha}) => {
        const d = Math.abs(p - t), power = (theta / epsilon) ** (alpha - t);
        const a = omega / (1 + power) * (alpha - t) * (theta / epsilon) ** (alpha - t - 1) / epsilon;
        return d < theta ? omega * Math.log(1 + (d / epsilon) ** (alpha - t)) : a * d - (theta * a - omega * Math.log(1 + power));
    },
};

/** Where in the weights that of value `i` is: their sizes are those of dims, 1, or missing at the end. @param {Array64} weight @param {readonly number[]} dims @param {number} i */
function weightAt(weight, dims, i) {
    let [at, step, rest] = [0, 1, i];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
        const size = weight.dims[axis] ?? 1;
        if (size !== 1) at += (rest % dims[axis]) * step;
        rest = Math.floor(rest / dims[axis]);
        step *= size;
    }
    return weight.data[at];
}

const total = (/** @type {ArrayLike<number>} */ values) => Array.from(values).reduce((a, b) => a + b, 0);

/** @param {string} reduction @param {{values: number, N: number, weights: ArrayLike<number>, positive?: number}} count */
function divisor64(reduction, {values, N, weights, positive}) {
    const by = {sum: 1, mean: values, batch_mean: N, weight_mean: total(weights), positive_mean: Math.max(positive ?? 0, 1)};
    return by[/** @type {keyof typeof by} */ (reduction)];
}

/** @param {string} kind @param {Array64} pred @param {Array64} target @param {Array64} weight @param {string} reduction @param {any} options @returns {number} */
export function pointLoss64(kind, pred, target, weight, reduction, options) {
    let [loss, positive] = [0, 0];
    for (let i = 0; i < pred.data.length; i++) {
        const w = weightAt(weight, pred.dims, i);
        if (w === 0) continue;
        loss += w * penalties64[kind](pred.data[i], target.data[i], options);
        positive += target.data[i] === 1 ? 1 : 0;
    }
    const by = divisor64(reduction, {values: pred.data.length, N: pred.dims[0], weights: weight.data, positive});
    return by ? loss / by : 0;
}

/** -sum t log softmax(v). @param {number[]} v @param {number[]} t */
function entropy64(v, t) {
    const most = Math.max(...v), log = most + Math.log(total(v.map((x) => Math.exp(x - most))));
    return t.reduce((sum, share, i) => share === 0 ? sum : sum - share * (v[i] - log), 0);
}

/** @param {number[]} v */
function softmax64(v) {
    const most = Math.max(...v), powers = v.map((x) => Math.exp(x - most)), sum = total(powers);
    return powers.map((e) => e / sum);
}

/** Row r of a tensor [N, K, ...]. @param {Array64} tensor @param {number} r */
function row(tensor, r) {
    const length = tensor.data.length / (tensor.dims[0] * tensor.dims[1]);
    return Array.from({length}, (_, i) => tensor.data[r * length + i]);
}

/** @param {Array64} maps @param {Array64} target [N, K], or as maps @param {Array64} weight [N, K] @param {string} reduction */
export function crossEntropy64(maps, target, weight, reduction) {
    const each = Array.from(weight.data, (w, r) => {
        if (w === 0) return 0;
        const logits = row(maps, r);
        return entropy64(logits, target.dims.length === 2 ? logits.map((_, i) => i === target.data[r] ? 1 : 0) : row(target, r));
    });
    const by = divisor64(reduction, {values: each.length, N: maps.dims[0], weights: weight.data});
    return {loss: by ? total(each.map((l, r) => l * weight.data[r])) / by : 0, each};
}

/** @param {Array64[]} pred x, y @param {Array64[]} target @param {Array64} weight @param {string} reduction @param {{beta: number, labelBeta: number}} options */
export function simcc64(pred, target, weight, reduction, {beta, labelBeta}) {
    const [N, K] = weight.dims;
    const rows = pred.flatMap((logits, axis) => Array.from(weight.data, (w, r) => {
        if (w === 0) return 0;
        const t = labelBeta ? softmax64(row(target[axis], r).map((v) => v * labelBeta)) : row(target[axis], r);
        const divergence = entropy64(row(logits, r).map((v) => v * beta), t) + total(t.map((v) => v > 0 ? v * Math.log(v) : 0));
        return w * divergence / t.length;
    }));
    return total(rows) / (reduction === 'joint_mean' ? K : divisor64(reduction, {values: N * K, N, weights: weight.data}));
}

/** Squared differences of the hardest maps of each entry. @param {Array64} maps @param {Array64} target @param {Array64} weight @param {number} hardest */
export function hardest64(maps, target, weight, hardest) {
    const [N, K] = maps.dims;
    const means = Array.from(weight.data, (w, r) => {
        const t = row(target, r);
        return w === 0 ? 0 : w * total(row(maps, r).map((v, i) => (v - t[i]) ** 2)) / t.length;
    });
    const entries = Array.from({length: N}, (_, n) => means.slice(n * K, (n + 1) * K).sort((a, b) => b - a).slice(0, hardest));
    return total(entries.flat()) / (hardest * N);
}

/** @param {Array64} at @param {(moved: Array64) => number} loss @param {number} [step] @returns {Float64Array} */
export function numericGradient(at, loss, step = 1e-5) {
    const data = Float64Array.from(at.data);
    return data.map((v, i) => {
        const side = (/** @type {number} */ to) => {
            data[i] = to;
            return loss({data, dims: at.dims});
        };
        const slope = (side(v + step) - side(v - step)) / (2 * step);
        data[i] = v;
        return slope;
    });
}
