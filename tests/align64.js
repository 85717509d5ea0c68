import {withBlock} from '../js/wasm.js';

/**
 * The losses of alignImages in float64, written plainly, and fv_align itself.
 *
 * @typedef {{data: Float32Array, dims: number[]}} Picture
 * @typedef {{moving: Picture, fixed: Picture, theta: ArrayLike<number>, projective: boolean, loss: 'l2' | 'huber' | 'ncc', delta: number}} Pair
 */

/** @param {Picture} picture @param {number} channel @param {number[]} at index coordinates, x first @returns {number} multilinear, clamped */
function sample({data, dims}, channel, at) {
    const sizes = dims.slice(2).reverse();
    let sum = 0;
    for (let corner = 0; corner < 2 ** sizes.length; corner++) {
        let [weight, offset, step] = [1, 0, 1];
        at.forEach((v, k) => {
            const floor = Math.floor(v);
            const up = (corner >> k) & 1;
            weight *= up ? v - floor : 1 - (v - floor);
            offset += step * Math.min(Math.max(floor + up, 0), sizes[k] - 1);
            step *= sizes[k];
        });
        sum += weight * data[channel * step + offset];
    }
    return sum;
}

/** Each point of the fixed picture: its weight, and its sampled and wanted values. @param {Pair} pair */
export function points({moving, fixed, theta, projective}) {
    const sizes = fixed.dims.slice(2).reverse();
    const inSizes = moving.dims.slice(2).reverse();
    const rows = projective ? 3 : sizes.length;
    const count = sizes.reduce((a, b) => a * b);
    return Array.from({length: count}, (_, n) => {
        let rest = n;
        const base = sizes.map((size) => {
            const i = rest % size;
            rest = Math.floor(rest / size);
            return (2 * i + 1) / size - 1;
        });
        const u = Array.from({length: rows}, (__, r) => [...base, 1].reduce((sum, b, c) => sum + b * theta[r * (base.length + 1) + c], 0));
        const q = projective ? [u[0] / u[2], u[1] / u[2]] : u;
        const at = q.map((v, k) => ((v + 1) * inSizes[k] - 1) / 2);
        const weight = at.reduce((w, v, k) => w * Math.min(Math.max(Math.min(v, inSizes[k] - 1 - v), 0), 1), projective && u[2] <= 0 ? 0 : 1);
        const values = Array.from({length: moving.dims[1]}, (__, c) => ({is: sample(moving, c, at), wanted: fixed.data[c * count + n]}));
        return {weight, values};
    });
}

/** @param {Pair} pair @returns {number} */
export function plainLoss(pair) {
    const all = points(pair).filter(({weight}) => weight > 0);
    const total = all.reduce((sum, {weight}) => sum + weight, 0);
    const channels = pair.moving.dims[1];
    let loss = 0;
    for (let c = 0; c < channels; c++) {
        const mean = (/** @type {(v: {is: number, wanted: number}) => number} */ of) => all.reduce((sum, {weight, values}) => sum + weight * of(values[c]), 0) / total;
        if (pair.loss === 'ncc') {
            const [a, b] = [mean(({is}) => is), mean(({wanted}) => wanted)];
            const both = mean(({is, wanted}) => (is - a) * (wanted - b));
            loss += 1 - both / Math.sqrt(mean(({is}) => (is - a) ** 2) * mean(({wanted}) => (wanted - b) ** 2));
        } else {
            loss += mean(({is, wanted}) => {
                const r = Math.abs(is - wanted);
                return pair.loss === 'huber' && r > pair.delta ? pair.delta * (r - pair.delta / 2) : r * r / 2;
            });
        }
    }
    return loss / channels;
}

/** @param {Pair} pair @returns {{inside: number, loss: number, gradient: Float64Array, hessian: Float64Array}} */
export function measured({moving, fixed, theta, projective, loss, delta}) {
    const size = theta.length;
    const out = new Float64Array(1 + size + size * size);
    const [inWidth, inHeight, inDepth = 1] = moving.dims.slice(2).reverse();
    const [width, height, depth = 1] = fixed.dims.slice(2).reverse();
    const dims = moving.dims.length - 2;
    const inside = withBlock((block) => {
        const result = block.space(out.byteLength);
        const scratch = block.space(block.call('fv_align_scratch', moving.dims[1], dims, depth, height, width));
        const n = block.call('fv_align', result, block.input(moving.data), moving.dims[1], inDepth, inHeight, inWidth, dims, block.input(fixed.data),
            depth, height, width, block.input(Float32Array.from(theta)), +projective, ['l2', 'huber', 'ncc'].indexOf(loss), delta, scratch);
        block.output(result, out);
        return n;
    });
    return {inside, loss: out[0], gradient: out.slice(1, 1 + size), hessian: out.slice(1 + size)};
}
