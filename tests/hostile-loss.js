/** One good call of every loss. */
import assert from 'node:assert/strict';
import {isTensor, plain, tensor} from './hostile-kit.js';

const maps = () => tensor([2, 2, 2, 3], -1);
const seen = () => ({data: Float32Array.of(1, 0, 0.5, 1), dims: [2, 2]});
const shared = () => ({reduction: 'weight_mean'});

/** @param {any} result @param {any} args @param {string} label */
function isLoss({loss, grad}, args, label) {
    assert.equal(typeof loss, 'number', label);
    for (const part of grad.data ? [grad] : Object.values(grad)) isTensor(part, args, label);
}

/** @type {import('./hostile-kit.js').Sample[]} */
export const samples = [
    plain('jointLoss', ['pred', 'target', 'weight', 'options'], () => [tensor([2, 2, 3]), tensor([2, 2, 3], -1), seen(), {...shared(), kind: 'smooth_l1', beta: 0.5}], isLoss),
    {...plain('jointLoss', ['pred', 'target', 'weight', 'options'],
        () => [tensor([1, 2, 2]), tensor([1, 2, 2], -1), tensor([1, 2, 2]), {kind: 'wing', omega: 2, epsilon: 1}], isLoss), name: 'jointLoss.wing'},
    {...plain('jointLoss', ['pred', 'target', 'weight', 'options'], () => [tensor([1, 2, 2]), tensor([1, 2, 2], -1), null, {kind: 'huber', delta: 0.5}], isLoss),
        name: 'jointLoss.huber'},
    plain('heatmapMse', ['maps', 'target', 'weight', 'options'], () => [maps(), maps(), tensor([2, 1, 2, 3]), {reduction: 'batch_mean'}], isLoss),
    {...plain('heatmapMse', ['maps', 'target', 'weight', 'options'], () => [maps(), maps(), seen(), {reduction: 'mean', hardest: 1}], isLoss), name: 'heatmapMse.hardest'},
    plain('heatmapBce', ['maps', 'target', 'weight', 'options'], () => [maps(), tensor([2, 2, 2, 3]), maps(), {...shared(), posWeight: 2}], isLoss),
    plain('heatmapFocal', ['maps', 'target', 'weight', 'options'], () => [maps(), tensor([2, 2, 2, 3]), seen(), {reduction: 'positive_mean', alpha: 2, beta: 4}], isLoss),
    plain('heatmapWing', ['maps', 'target', 'weight', 'options'],
        () => [maps(), tensor([2, 2, 2, 3]), seen(), {reduction: 'sum', omega: 14, theta: 0.5, epsilon: 1, alpha: 2.1}], isLoss),
    plain('heatmapCrossEntropy', ['maps', 'target', 'weight', 'options'], () => [maps(), {data: Int32Array.of(0, 1, 2, 3), dims: [2, 2]}, seen(), shared()], isLoss),
    {...plain('heatmapCrossEntropy', ['maps', 'target', 'weight', 'options'], () => [maps(), tensor([2, 2, 2, 3]), seen(), shared()], isLoss), name: 'heatmapCrossEntropy.maps'},
    plain('simccLoss', ['pred', 'target', 'weight', 'options'],
        () => [{x: tensor([2, 2, 4]), y: tensor([2, 2, 3])}, {x: tensor([2, 2, 4]), y: tensor([2, 2, 3])}, seen(), {beta: 10, labelBeta: 10, reduction: 'joint_mean'}], isLoss),
    plain('openposeLoss', ['pred', 'target', 'mask', 'options'], () => [{pafs: tensor([2, 1, 4, 2, 3]), heatmaps: tensor([1, 1, 2, 2, 3])},
        {pafs: tensor([1, 4, 2, 3]), heatmaps: tensor([1, 2, 2, 3])}, tensor([1, 1, 2, 3]), {reduction: 'half_batch_mean'}], isLoss),
];
