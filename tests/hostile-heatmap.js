/** Hostile samples of integral regression. */
import assert from 'node:assert/strict';
import {isTensor, plain, tensor} from './hostile-kit.js';

/** @import {Sample} from './hostile-kit.js' */

const options = () => ({beta: 2, window: 1, layout: 'NCHW', normalize: 'sigmoid', eps: 1e-6, coords: 'dsnt'});
const wanted = () => ({mass: true, covariance: true, entropy: true});

/** Places are finite, whatever the maps. @param {any} found @param {any} args @param {string} label */
function isFound(found, args, label) {
    for (const part of Object.values(found)) isTensor(part, args, label);
    assert.ok(found.coords.data.every(Number.isFinite), label);
}

/** @type {Sample[]} */
export const samples = [
    plain('softArgmax', ['maps', 'options'], () => [tensor([1, 2, 4, 5], -2, 2), {...options(), ...wanted()}], isFound),
    {...plain('softArgmax', ['maps', 'options'], () => [tensor([1, 4, 5, 6], -2, 2), {beta: 1, layout: 'NHWC', depth: 3, normalize: 'softmax', coords: 'index'}], isFound),
        name: 'softArgmax.channels last'},
    {...plain('softArgmax', ['maps', 'options'], () => [{data: Uint8Array.from({length: 24}, (_, i) => i * 7), dims: [1, 2, 12], scale: 0.1, zeroPoint: 9}, {normalize: 'relu'}], isFound),
        name: 'softArgmax.quantised'},
    plain('softArgmaxBackward', ['gradCoords', 'maps', 'options'], () => [tensor([1, 2, 2]), tensor([1, 2, 4, 5], -2, 2), {...options(), gradCovariance: tensor([1, 2, 2, 2], -1, 1)}], isTensor),
    plain('softArgmaxBackwardBeta', ['gradCoords', 'maps', 'options'], () => [tensor([1, 5, 2]), tensor([1, 3, 4, 5], -2, 2), {beta: 1, layout: 'NHWC'}], isTensor),
    plain('integralLabels', ['joints', 'patch'], () => [tensor([1, 3, 3], 0, 9), {width: 8, height: 6}], isTensor),
    plain('integralJoints', ['labels', 'patch'], () => [tensor([1, 3, 2], -1, 1), {width: 8, height: 6}], isTensor),
];
