/** One good call of every way of matching. */
import assert from 'node:assert/strict';
import {plain, tensor} from './hostile-kit.js';

const bits = (/** @type {number} */ n) => ({data: Uint8Array.from({length: 5 * n}, (_, i) => i * 37), dims: [n, 5]});
const guide = () => ({matrix: [1, 0.1, 0, 0, 1, 0, 0, 0, 1], from: tensor([3, 2], 0, 10), to: tensor([4, 2], 0, 10), radius: 20});

/** @param {any} found @param {any} args @param {string} label */
function isMatches({count, pairs, distances, scores}, {a, b}, label) {
    assert.deepEqual([pairs.length, (distances ?? scores).length], [2 * count, count], label);
    assert.ok(pairs.every((/** @type {number} */ v, /** @type {number} */ i) => v >= 0 && v < (i % 2 ? b : a).dims[0]), label);
    assert.ok((distances ?? scores).every((/** @type {number} */ d) => d >= 0), label);
}

/** @type {import('./hostile-kit.js').Sample[]} */
export const samples = [
    plain('nearest2', ['a', 'b', 'options'], () => [tensor([3, 6], -1), tensor([4, 6], -1), {metric: 'cosine', k: 3}]),
    {...plain('nearest2', ['a', 'b', 'options'], () => [bits(3), bits(4), {metric: 'hamming'}]), name: 'nearest2.bits'},
    plain('matchDescriptors', ['a', 'b', 'options'], () => [tensor([3, 6], -1), tensor([4, 6], -1),
        {metric: 'l2', mutual: true, ratio: 0.9, maxDistance: 10, top: 3, guide: guide()}], isMatches),
    plain('matchDualSoftmax', ['a', 'b', 'options'], () => [tensor([3, 6], -1), tensor([4, 6], -1), {temperature: 0.2, threshold: 0.01}], isMatches),
];
