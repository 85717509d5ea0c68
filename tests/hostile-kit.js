/** What samples of hostile calls are made of. */
import assert from 'node:assert/strict';
import * as fovea from '../js/index.js';

/**
 * @typedef {object} Sample
 * @property {string} name
 * @property {() => Record<string, any>} make fresh arguments, by name
 * @property {(args: any) => any} call
 * @property {(result: any, args: any, label: string) => void} [check] of a result that came in spite of everything
 */

/** @param {number} length @param {number} [low] @param {number} [high] */
export function numbers(length, low = 0, high = 1) {
    return Float32Array.from({length}, (_, i) => low + (high - low) * ((i * 0.6180339887) % 1));
}

/** @param {number[]} dims @param {number} [low] @param {number} [high] */
export function tensor(dims, low, high) {
    return {data: numbers(dims.reduce((n, d) => n * d, 1), low, high), dims};
}

/** Of a picture of 640 x 480 in a tensor of 64 x 64. */
export const view = () => fovea.View.fit(640, 480, 64, 64);

/** @param {any} result @param {any} _ @param {string} label */
export function isTensor({data, dims}, _, label) {
    assert.equal(data.length, dims.reduce((/** @type {number} */ n, /** @type {number} */ d) => n * d, 1), label);
}

/** @param {string} name @param {string[]} names @param {() => any[]} make @param {Sample['check']} [check] @returns {Sample} */
export function plain(name, names, make, check) {
    const [owner, method] = name.split('.');
    return {
        name, check,
        make: () => Object.fromEntries(make().map((arg, i) => [names[i], arg])),
        call: (args) => {
            const list = names.map((n) => args[n]);
            const target = /** @type {any} */ (fovea)[owner];
            return method ? target[method](...list) : target(...list);
        },
    };
}
