/** A classifier with and without a spatial transformer in front (Jaderberg et al. 2015), in tfjs. */
import {withTf} from 'fovea/tfjs';

/** @typedef {import('fovea/tfjs').Tf} Tf */
/** @typedef {import('@tensorflow/tfjs-core').Variable} Variable */
/** @typedef {import('@tensorflow/tfjs-core').Tensor} TfTensor */

/**
 * @typedef {object} Network
 * @property {(pictures: TfTensor) => {logits: TfTensor, params?: TfTensor, seen?: TfTensor}} run pictures: [N, 40, 40, 1]; params: [N, 4] of the
 *   similarity; seen: what the transformer made of the pictures, [N, CROP, CROP, 1]
 * @property {Variable[]} variables
 * @property {number} parameters
 * @property {() => void} dispose
 */

export const CROP = 20;

/** Fully connected layers. @param {Tf} tf @param {() => number} random @param {number[]} sizes */
function dense(tf, random, sizes) {
    const layers = sizes.slice(1).map((outputs, i) => {
        const inputs = sizes[i];
        const bound = Math.sqrt(6 / inputs);
        const weights = Float32Array.from({length: inputs * outputs}, () => bound * (2 * random() - 1));
        return tf.tidy(() => ({weights: tf.variable(tf.tensor2d(weights, [inputs, outputs])), bias: tf.variable(tf.zeros([outputs]))}));
    });
    return {
        /** @param {TfTensor} x */
        run: (x) => layers.reduce((y, {weights, bias}, i) => tf.add(tf.matMul(i ? tf.relu(y) : y, weights), bias), x),
        variables: layers.flatMap(({weights, bias}) => [weights, bias]),
    };
}

/** The pictures at half the size, flat. @param {Tf} tf @param {TfTensor} pictures */
const glance = (tf, pictures) => tf.reshape(tf.avgPool(/** @type {any} */ (pictures), 2, 2, 'valid'), [pictures.shape[0], 400]);

/** @param {Tf} tf @param {Variable[]} variables @param {...TfTensor} constants */
const asNetwork = (tf, variables, ...constants) => ({
    variables,
    parameters: variables.reduce((sum, {size}) => sum + size, 0),
    dispose: () => tf.dispose([...variables, ...constants]),
});

/** 45354 parameters. @param {Tf} tf @param {() => number} random @returns {Network} */
export function plain(tf, random) {
    const classify = dense(tf, random, [400, 96, 64, 10]);
    return {run: (pictures) => ({logits: classify.run(glance(tf, pictures))}), ...asNetwork(tf, classify.variables)};
}

/**
 * 45614 parameters. The transformer looks twice, first for where and how large, then for how turned; its classifier sees the crop only.
 *
 * @param {Tf} tf
 * @param {() => number} random
 * @returns {Network}
 */
export function transformer(tf, random) {
    const {thetaFrom, affineSample} = withTf(tf);
    const place = dense(tf, random, [400, 32, 3]);
    const turn = dense(tf, random, [CROP * CROP, 32, 1]);
    const classify = dense(tf, random, [CROP * CROP, 48, 10]);
    for (const {variables} of [place, turn]) tf.tidy(() => variables[2].assign(tf.zerosLike(variables[2]))); // begins upright, with the middle
    const start = tf.tensor([0.7, 0, 0]);
    // .1 and .3: theta moves more slowly than the rest
    return {
        run: (pictures) => {
            const crop = (/** @type {TfTensor} */ params) => affineSample(pictures, thetaFrom({kind: 'similarity', params}), [CROP, CROP]);
            const [scale, x, y] = tf.split(tf.add(start, tf.mul(0.1, place.run(glance(tf, pictures)))), 3, 1);
            const found = crop(tf.concat([scale, tf.zerosLike(scale), x, y], 1));
            const angle = tf.mul(0.3, turn.run(tf.reshape(found, [-1, CROP * CROP])));
            const params = tf.concat([scale, angle, x, y], 1);
            const seen = crop(params);
            return {logits: classify.run(tf.reshape(seen, [-1, CROP * CROP])), params, seen};
        },
        ...asNetwork(tf, [...place.variables, ...turn.variables, ...classify.variables], start),
    };
}
