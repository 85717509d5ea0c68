/** End-to-end training by cross-entropy, and what came of it. */
import {CANVAS, distort, randomOf} from './digits.js';

/** @import {Digits} from './digits.js' */
/** @import {Network, Tf} from './networks.js' */

/**
 * Adam; the learning rate falls over the last two fifths.
 *
 * @param {Tf} tf with its gradients registered
 * @param {Network} network
 * @param {Digits} digits
 * @param {{steps: number, seed: number, batch?: number, learningRate?: number, how?: Parameters<typeof distort>[3]}} options
 * @returns {number[]} the loss of each step
 */
export function train(tf, network, digits, {steps, seed, batch = 64, learningRate = 4e-3, how}) {
    const random = randomOf(seed);
    const optimizer = tf.train.adam(learningRate);
    const losses = Array.from({length: steps}, (_, step) => {
        const rest = 1 - step / steps;
        /** @type {any} */ (optimizer).learningRate = learningRate * Math.min(1, 0.05 + rest / 0.4);
        const which = Array.from({length: batch}, () => Math.floor(random() * digits.count));
        const {pixels, labels} = distort(digits, which, random, how);
        return tf.tidy(() => {
            const pictures = tf.tensor4d(pixels, [batch, CANVAS, CANVAS, 1]);
            const wanted = tf.oneHot(tf.tensor1d(labels, 'int32'), 10);
            const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(wanted, network.run(pictures).logits), true, network.variables);
            return /** @type {import('@tensorflow/tfjs-core').Scalar} */ (loss).dataSync()[0];
        });
    });
    optimizer.dispose();
    return losses;
}

/**
 * @param {Tf} tf
 * @param {Network} network
 * @param {ReturnType<typeof distort>} digits
 * @returns {{error: number, turnLeft?: number, zoomLeft?: number, shiftLeft?: number}} error: the share classified wrongly; and, of a
 *   transformer, how much of the distortion it leaves: its standard deviation after / before (a constant turn or zoom is no harm)
 */
export function evaluate(tf, network, {pixels, labels, count, truth}) {
    const BATCH = 200;
    const area = CANVAS * CANVAS;
    /** @type {number[]} */
    const found = [];
    let wrong = 0;
    for (let at = 0; at < count; at += BATCH) {
        const n = Math.min(BATCH, count - at);
        const {classes, params} = tf.tidy(() => {
            const result = network.run(tf.tensor4d(pixels.subarray(at * area, (at + n) * area), [n, CANVAS, CANVAS, 1]));
            return {classes: tf.argMax(result.logits, 1).dataSync(), params: result.params?.dataSync()};
        });
        classes.forEach((/** @type {number} */ c, /** @type {number} */ i) => (wrong += +(c !== labels[at + i])));
        if (params) found.push(...params);
    }
    const error = wrong / count;
    if (!found.length) return {error};
    const column = (/** @type {ArrayLike<number>} */ rows, /** @type {number} */ k) => Array.from({length: count}, (_, i) => rows[4 * i + k]);
    const left = (/** @type {number} */ k, of = (/** @type {number} */ v) => v) => {
        const [is, was] = [column(found, k).map(of), column(truth, k).map(of)];
        return deviation(is.map((v, i) => v - was[i])) / deviation(was);
    };
    return {error, zoomLeft: left(0, (v) => Math.log(Math.abs(v))), turnLeft: left(1), shiftLeft: (left(2) + left(3)) / 2};
}

/** @param {number[]} values */
function deviation(values) {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}
