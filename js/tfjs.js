/**
 * Sampling, its grids and integral regression as operations of TensorFlow.js, with gradients, so that a spatial transformer or a
 * network of joints can sit inside a model.
 *
 * Fovea depends on no tfjs: the caller hands in the one of his model. `await init()` of 'fovea' first. The arithmetic is Fovea's, on
 * the CPU, so that on a GPU backend every call waits for its inputs. Gradients are first order.
 */
import {affineGrid, affineGridBackward, projectiveGrid, projectiveGridBackward, tpsGrid, tpsGridBackward} from './grid.js';
import {softArgmax, softArgmaxBackward, softArgmaxBackwardBeta} from './heatmap.js';
import {affineSample, affineSampleBackward, gridSample, gridSampleBackward} from './sample.js';
import {thetaFrom, thetaFromBackward} from './theta.js';
import {wrong, wrongType} from './check.js';

/** @import {Tensor} from './tensor.js' */
/** @import {SoftArgmaxOptions} from './heatmap.js' */
/** @import {SampleOptions} from './sample.js' */

/** @typedef {typeof import('@tensorflow/tfjs-core')} Tf */
/** @typedef {import('@tensorflow/tfjs-core').Tensor} TfTensor */
/** @typedef {Omit<SampleOptions, 'layout'>} TfSampleOptions maps are channels last, as everywhere in tfjs */

/**
 * @param {Tf} tf '@tensorflow/tfjs-core', or '@tensorflow/tfjs'
 */
export function withTf(tf) {
    /** A copy, for the functions of 'fovea'. @param {TfTensor} tensor @returns {Tensor} */
    const toTensor = (tensor) => ({data: /** @type {Float32Array} */ (tensor.dataSync()), dims: tensor.shape});

    /** @param {Tensor} tensor of 'fovea' or onnxruntime-web @returns {TfTensor} */
    const toTf = ({data, dims}) => tf.tensor(/** @type {Float32Array} */ (data), [...dims]);

    /**
     * @param {Record<string, TfTensor>} inputs
     * @param {(...inputs: Tensor[]) => Tensor} forward
     * @param {(gradient: Tensor, ...inputs: Tensor[]) => Tensor[]} backward
     * @returns {TfTensor}
     */
    function operation(inputs, forward, backward) {
        for (const [name, input] of Object.entries(inputs)) {
            if (!(input instanceof tf.Tensor)) throw wrongType(name, 'a tensor of the tfjs given to withTf', input);
        }
        return tf.customGrad((/** @type {any[]} */ ...args) => {
            const [save, ...tensors] = [args.pop(), ...args];
            save(tensors);
            return {
                value: toTf(forward(...tensors.map(toTensor))),
                gradFunc: (/** @type {any} */ gradient, /** @type {TfTensor[]} */ saved) => backward(toTensor(gradient), ...saved.map(toTensor)).map(toTf),
            };
        })(...Object.values(inputs));
    }

    return {
        toTensor,
        toTf,

        /**
         * @param {TfTensor} input [N, H, W, C], or [N, D, H, W, C]
         * @param {TfTensor} grid [N, Ho, Wo, 2], or [N, Do, Ho, Wo, 3], normalised
         * @param {TfSampleOptions} [options] as gridSample of 'fovea'
         * @returns {TfTensor} [N, Ho, Wo, C], or [N, Do, Ho, Wo, C]
         */
        gridSample(input, grid, options = {}) {
            const how = {...options, layout: /** @type {const} */ ('NHWC')};
            return operation({input, grid}, (x, g) => gridSample(x, g, how), (dy, x, g) => {
                const {gradInput, gradGrid} = gridSampleBackward(dy, x, g, how);
                return [gradInput, gradGrid];
            });
        },

        /**
         * affineGrid and gridSample in one, with no grid in memory.
         *
         * @param {TfTensor} input [N, H, W, C], or [N, D, H, W, C]
         * @param {TfTensor} theta [N, 2, 3], or [N, 3, 4]
         * @param {number[]} size of the output: [Ho, Wo], or [Do, Ho, Wo]
         * @param {TfSampleOptions} [options]
         * @returns {TfTensor} [N, Ho, Wo, C], or [N, Do, Ho, Wo, C]
         */
        affineSample(input, theta, size, options = {}) {
            const how = {...options, layout: /** @type {const} */ ('NHWC')};
            const full = [input?.shape?.[0], input?.shape?.at(-1) ?? 0, ...checkSize(size)];
            return operation({input, theta}, (x, t) => affineSample(x, t, full, how), (dy, x, t) => {
                const {gradInput, gradTheta} = affineSampleBackward(dy, x, t, full, how);
                return [gradInput, gradTheta];
            });
        },

        /**
         * @param {TfTensor} theta [N, 2, 3], or [N, 3, 4]
         * @param {number[]} size [Ho, Wo], or [Do, Ho, Wo]
         * @param {{alignCorners?: boolean}} [options]
         * @returns {TfTensor} [N, Ho, Wo, 2], or [N, Do, Ho, Wo, 3]
         */
        affineGrid(theta, size, options = {}) {
            const full = [theta?.shape?.[0], 1, ...checkSize(size)];
            return operation({theta}, (t) => affineGrid(t, full, options), (dy) => [affineGridBackward(dy, full, options)]);
        },

        /**
         * @param {TfTensor} homography [N, 3, 3]
         * @param {number[]} size [Ho, Wo]
         * @param {{alignCorners?: boolean}} [options]
         * @returns {TfTensor} [N, Ho, Wo, 2]
         */
        projectiveGrid(homography, size, options = {}) {
            const full = [homography?.shape?.[0], 1, ...checkSize(size)];
            return operation({homography}, (h) => projectiveGrid(h, full, options), (dy, h) => [projectiveGridBackward(dy, h, full, options)]);
        },

        /**
         * @param {TfTensor} targets [N, K, 2]
         * @param {Tensor | null} controls [K, 2], constant, as tpsGrid of 'fovea'
         * @param {number[]} size [Ho, Wo]
         * @param {{alignCorners?: boolean}} [options]
         * @returns {TfTensor} [N, Ho, Wo, 2]
         */
        tpsGrid(targets, controls, size, options = {}) {
            const full = [targets?.shape?.[0], 1, ...checkSize(size)];
            return operation({targets}, (t) => tpsGrid(t, controls, full, options),
                (dy) => [tpsGridBackward(dy, controls, full, {...options, count: targets.shape[1]})]);
        },

        /**
         * Integral regression: where each channel's mass lies.
         *
         * @param {TfTensor} maps [N, W, K], [N, H, W, K] or [N, D, H, W, K]
         * @param {Omit<SoftArgmaxOptions, 'layout' | 'beta'> & {beta?: number | TfTensor}} [options] as softArgmax of 'fovea'; a scalar `beta` is learnt
         * @returns {TfTensor} [N, K, 1], (x, y) [N, K, 2] or (x, y, z) [N, K, 3]
         */
        softArgmax(maps, {beta = 1, ...options} = {}) {
            /** @param {number} b */
            const how = (b) => ({...options, beta: b, layout: /** @type {const} */ ('NHWC')});
            if (typeof beta === 'number') {
                return operation({maps}, (m) => softArgmax(m, how(beta)).coords, (dy, m) => [softArgmaxBackward(dy, m, how(beta))]);
            }
            return operation({maps, beta}, (m, b) => softArgmax(m, how(b.data[0])).coords, (dy, m, b) => {
                const each = softArgmaxBackwardBeta(dy, m, how(b.data[0])).data;
                return [softArgmaxBackward(dy, m, how(b.data[0])), {data: Float32Array.of(each.reduce((sum, v) => sum + v, 0)), dims: b.dims}];
            });
        },

        /**
         * @param {{kind: string, params: TfTensor}} description as thetaFrom of 'fovea'; params: [N, P]
         * @returns {TfTensor} theta, [N, 2, 3], [N, 3, 4] or [N, 3, 3]
         */
        thetaFrom({kind, params}) {
            return operation({params}, (p) => thetaFrom({kind, params: p}), (dy, p) => [thetaFromBackward(dy, {kind, params: p})]);
        },
    };
}

/** @param {number[]} size */
function checkSize(size) {
    if (!Array.isArray(size) || size.length < 2 || size.length > 3) throw wrong('size', '[H, W] or [D, H, W]', size);
    return size;
}
