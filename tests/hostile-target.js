/** Hostile samples of the targets. */
import assert from 'node:assert/strict';
import {isTensor, plain, tensor} from './hostile-kit.js';

/** @import {Sample} from './hostile-kit.js' */

const people = () => tensor([1, 2, 3, 2], 0, 6);
const weight = () => tensor([1, 2, 3], 0.4, 1);
const size = () => [5, 6];
const cells = () => ({stride: 2, offset: 0.5, layout: 'NHWC'});

/** @type {Sample[]} */
export const samples = [
    plain('gaussianTargets', ['coords', 'weight', 'size', 'options'],
        () => [people(), weight(), [1, 3, 5, 6], {...cells(), sigma: 2, kind: 'megvii', kernel: 5, combine: 'sum', norm: 'sum'}], isTensor),
    {...plain('gaussianTargets', ['coords', 'weight', 'size', 'options'], () => [tensor([1, 3, 2], 0, 6), tensor([1, 3]), size(), {...cells(), sigma: 1.5, kind: 'udp'}], isTensor),
        name: 'gaussianTargets.udp'},
    plain('openposeTargets', ['coords', 'weight', 'size', 'options'],
        () => [people(), weight(), size(), {...cells(), variant: 'lightweight', sigma: 4, background: true}], isTensor),
    plain('pafTargets', ['coords', 'weight', 'pairs', 'size', 'options'],
        () => [people(), weight(), [[0, 1], [1, 2]], size(), {...cells(), variant: 'paper', thickness: 1}], isTensor),
    {...plain('pafTargets', ['coords', 'weight', 'pairs', 'size', 'options'],
        () => [people(), weight(), {data: Int32Array.of(0, 2), dims: [1, 2]}, size(), {variant: 'lightweight'}], isTensor), name: 'pafTargets.lightweight'},
    {...plain('gaussianTargets', ['coords', 'weight', 'size', 'options'], () => [tensor([1, 3, 2], 0, 20), null, size(), {preset: 'mmpose-dark', inputSize: [24, 20]}], isTensor),
        name: 'gaussianTargets.preset'},
    plain('udpCombinedTargets', ['coords', 'weight', 'size', 'options'],
        () => [tensor([1, 3, 2], 0, 6), tensor([1, 3]), size(), {...cells(), radiusFactor: 0.3, inputSize: [24, 20]}], isTensor),
    plain('simccTargets', ['coords', 'weight', 'size', 'options'],
        () => [tensor([1, 3, 2], 0, 6), tensor([1, 3]), size(), {splitRatio: 2, sigma: [2, 3], normalize: true, smoothing: 0.1}],
        ({x, y, weight: kept}, args, label) => [x, y, kept].forEach((t) => isTensor(t, args, label))),
    plain('gaussianRadius', ['size', 'options'], () => [[4, 5], {minOverlap: 0.7, variant: 'exact'}], (radius, _, label) => assert.ok(radius >= 0, label)),
];
