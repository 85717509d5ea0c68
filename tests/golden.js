import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {assertClose} from './close.js';

const TYPES = {float32: Float32Array, int32: Int32Array, uint8: Uint8Array};

/**
 * An array of a golden case; `data` and `dims` make it a tensor.
 *
 * @typedef {{data: any, dims: number[], tolerance?: {abs: number, rel: number}}} GoldenArray
 * @typedef {{id: string, params: any, inputs: Record<string, GoldenArray>, outputs: Record<string, GoldenArray>}} GoldenCase
 */

/**
 * What the reference implementations (torch, torchvision, OpenCV, or numpy from the definition) answer: see golden/README.md.
 *
 * @param {string} name
 * @returns {GoldenCase[]}
 */
export function goldenCases(name) {
    const read = (/** @type {string} */ extension) => readFileSync(new URL(`golden/${name}.${extension}`, import.meta.url));
    const bytes = new Uint8Array(read('bin')).buffer;
    /** @param {Record<string, any>} entries @returns {Record<string, GoldenArray>} */
    const arrays = (entries) => Object.fromEntries(Object.entries(entries).map(([key, {shape, dtype, offset, tolerance}]) => {
        const Type = TYPES[/** @type {keyof typeof TYPES} */ (dtype)];
        const length = shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
        return [key, {data: new Type(bytes, offset, length), dims: shape, tolerance}];
    }));
    const cases = JSON.parse(read('json').toString());
    assert.ok(cases.length > 0);
    return cases.map((/** @type {any} */ c) => ({id: c.id, params: c.params, inputs: arrays(c.inputs), outputs: arrays(c.outputs)}));
}

/**
 * One test over all cases of a golden file.
 *
 * @param {string} name
 * @param {(c: GoldenCase) => void} check
 */
export function testGolden(name, check) {
    test(`golden ${name}`, () => {
        for (const c of goldenCases(name)) {
            try {
                check(c);
            } catch (error) {
                throw new Error(`${c.id} ${JSON.stringify(c.params)}: ${/** @type {Error} */ (error).message}`, {cause: error});
            }
        }
    });
}

/** @param {{data: ArrayLike<number>, dims: readonly number[]}} got @param {GoldenArray} want */
export function assertGolden(got, want) {
    assert.deepEqual(got.dims, want.dims);
    assertClose(got.data, want.data, want.tolerance, 'golden');
}
