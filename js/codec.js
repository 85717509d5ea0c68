import {checkChoice, checkList, checkInteger} from './check.js';

/**
 * How a reference encodes joints in maps, and decodes them.
 *
 * @typedef {object} Codec
 * @property {Scale} encode pixels of the network's input a cell, of so many of each
 * @property {Scale} decode
 * @property {import('./target.js').SpotOptions} spot of gaussianTargets
 * @property {import('./argmax.js').PeakOptions} peak of argmax
 * @property {readonly [number, number]} [confidence] what its score is of the largest value: times, plus
 *
 * @typedef {(input: number, map: number) => number} Scale
 */

/** @type {Scale} */
const ratio = (input, map) => input / map;

/** @type {Record<string, Codec>} */
const TABLE = {
    'simple-baselines': {encode: ratio, decode: ratio, spot: {kind: 'msra', sigma: 2}, peak: {refine: 'quarter', positive: true}},
    'mmpose-msra': {encode: ratio, decode: ratio, spot: {kind: 'msra', sigma: 2}, peak: {refine: 'quarter-axes', positive: true}},
    'mmpose-dark': {encode: ratio, decode: ratio, spot: {kind: 'unbiased', sigma: 2}, peak: {refine: 'taylor', kernel: 11, positive: true}},
    'mmpose-megvii': {
        encode: ratio, decode: ratio, spot: {kind: 'megvii', kernel: 11}, peak: {refine: 'megvii', kernel: 11, positive: true}, confidence: [1 / 255, 0.5],
    },
    // not each other's inverse: a joint comes back input / (input - 1) times as far from 0
    'mmpose-udp': {
        encode: (input, map) => (input - 1) / Math.max(map - 1, 1), decode: (input, map) => input / Math.max(map - 1, 1),
        spot: {kind: 'udp', sigma: 2}, peak: {refine: 'udp', kernel: 11, positive: true},
    },
};

/**
 * The heatmap codecs of Simple Baselines and HRNet, and of mmpose, by name.
 *
 * @type {{readonly [name: string]: Codec}}
 */
export const CODECS = Object.freeze(TABLE);

/** @param {unknown} preset a name, or none @returns {Codec | undefined} */
export function readCodec(preset) {
    return preset === undefined ? undefined : checkChoice('preset', CODECS, preset);
}

/**
 * Pixels a cell along x and y.
 *
 * @param {'encode' | 'decode'} way
 * @param {Codec | undefined} codec
 * @param {readonly number[] | undefined} inputSize [width, height] of the network's input; without it, coordinates are indices
 * @param {number} width of the map
 * @param {number} height
 * @returns {readonly [number, number]}
 */
export function readScale(way, codec, inputSize, width, height) {
    if (inputSize === undefined) return [1, 1];
    const [w, h] = checkList('inputSize', inputSize, 2).map((side, i) => checkInteger(`inputSize[${i}]`, side));
    const scale = codec ? codec[way] : ratio;
    return [scale(w, width), scale(h, height)];
}
