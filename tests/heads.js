import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {View} from '../js/index.js';
import {assertClose} from './close.js';

/** @typedef {{data: Float32Array, dims: number[]}} Tensor */

/**
 * Head tensors of a real network on a real picture: see data/heads/README.md.
 *
 * @param {string} name
 * @returns {{about: any, tensors: Record<string, Tensor>, view: View}}
 */
export function heads(name) {
    const read = (/** @type {string} */ file) => readFileSync(new URL(`data/heads/${name}.${file}`, import.meta.url));
    const about = JSON.parse(read('json').toString());
    const all = new Float32Array(new Uint8Array(gunzipSync(read('bin.gz'))).buffer);
    let at = 0;
    const tensors = about.tensors.map((/** @type {any} */ {name: key, dims}) => {
        const length = dims.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
        at += length;
        return [key, {data: all.subarray(at - length, at), dims}];
    });
    assert.equal(at, all.length);
    const {scaleX, scaleY, left, top} = about.geometry;
    const [width, height] = about.input[1] === 3 ? [about.input[3], about.input[2]] : [about.input[2], about.input[1]];
    const view = View.fit(about.pictureSize[0], about.pictureSize[1], width, height);
    assertClose(view.inverse().matrix, [scaleX, 0, left, 0, scaleY, top], 1e-6, 'our letterbox is the one the network saw');
    return {about, tensors: Object.fromEntries(tensors), view};
}
