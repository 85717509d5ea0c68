/** One good call of every metric. */
import assert from 'node:assert/strict';
import {isTensor, plain, tensor} from './hostile-kit.js';

const measured = () => ({weight: tensor([2, 4]), root: 0, align: 'similarity'});

/** @param {any} result @param {any} _ @param {string} label */
function isShare({mean, joints}, _, label) {
    assert.ok(!(mean < 0) && !(mean > 1) && joints.every((/** @type {number} */ v) => !(v < 0 || v > 1)), label);
}

/** @type {import('./hostile-kit.js').Sample[]} */
export const samples = [
    plain('oks', ['detections', 'truths', 'options'], () => [tensor([2, 3, 3]), tensor([2, 3, 3]),
        {areas: [4, 5], sigmas: [0.1, 0.2, 0.3], boxes: Float32Array.of(0, 0, 1, 1, 2, 2, 3, 3)}], isTensor),
    plain('jointDistances', ['pred', 'truth', 'options'], () => [tensor([2, 4, 3]), tensor([2, 4, 3], -1), measured()], isTensor),
    plain('mpjpe', ['pred', 'truth', 'options'], () => [tensor([2, 4, 2]), tensor([2, 4, 2], -1), {...measured(), align: 'scale'}]),
    plain('paMpjpe', ['pred', 'truth', 'options'], () => [tensor([2, 4, 2]), tensor([2, 4, 2], -1), {weight: tensor([2, 4]), root: 1}]),
    plain('pck', ['pred', 'truth', 'options'], () => [tensor([2, 4, 2]), tensor([2, 4, 2], -1), {lengths: [1, 2], threshold: 0.5, ...measured()}], isShare),
    plain('pckAuc', ['pred', 'truth', 'options'], () => [tensor([2, 4, 2]), tensor([2, 4, 2], -1), {lengths: [1, 2], thresholds: [0.5, 1], ...measured()}], isShare),
];
