/** Hostile samples of the geometry room. */
import assert from 'node:assert/strict';
import {plain} from './hostile-kit.js';

/** @import {Sample} from './hostile-kit.js' */

const from = () => ({data: Float32Array.of(0, 0, 10, 0, 10, 8, 0, 8, 4, 3, 7, 5, 2, 6, 9, 1), dims: [8, 2]});
const to = () => Float32Array.of(1, 1, 12, 2, 11, 10, 2, 9, 6, 5, 9, 7, 4, 8, 11, 3);
const weights = () => Float64Array.of(1, 1, 2, 1, 1, 1, 1, 1);
const searching = () => ({threshold: 2, confidence: 0.9, maxIterations: 100, seed: 3, quality: Float32Array.of(8, 7, 6, 5, 4, 3, 2, 1)});
const homography = () => Float64Array.of(1, 0.1, 3, 0, 1.1, 2, 1e-3, 0, 1);

/** Finite, or none. @param {Float64Array | null} matrix @param {any} _ @param {string} label */
function isMatrix(matrix, _, label) {
    assert.ok(matrix === null || (matrix.length === 9 || matrix.length === 6) && matrix.every(Number.isFinite), label);
}

/** @param {any} found @param {any} args @param {string} label */
function isFound({matrix, inliers, count, iterations, reason}, args, label) {
    isMatrix(matrix, args, label);
    assert.equal(inliers.reduce((/** @type {number} */ n, /** @type {number} */ i) => n + i, 0), count, label);
    assert.ok(iterations >= 0 && matrix === null === ['few', 'degenerate', 'no consensus'].includes(reason), label);
}

const FITTING = ['from', 'to', 'weights', 'options'];
const FINDING = ['from', 'to', 'options'];

/** @type {Sample[]} */
export const samples = [
    plain('fitHomography', FITTING, () => [from(), to(), weights(), {refine: true}], isMatrix),
    plain('fitAffine', FITTING.slice(0, 3), () => [from(), to(), weights()], isMatrix),
    plain('fitSimilarity', FITTING.slice(0, 3), () => [from(), to(), weights()], isMatrix),
    plain('fitFundamental', FITTING, () => [from(), to(), weights(), {refine: true}], isMatrix),
    plain('fitFundamentalOfSeven', FITTING.slice(0, 2), () => [from().data.slice(0, 14), to().slice(0, 14)],
        (all, args, label) => all.forEach((/** @type {Float64Array} */ matrix) => isMatrix(matrix, args, label))),
    plain('findHomography', FINDING, () => [from(), to(), searching()], isFound),
    plain('findAffine', FINDING, () => [to(), from(), {...searching(), quality: undefined, distances: {data: Float32Array.of(8, 7, 6, 5, 4, 3, 2, 1), dims: [8]}}], isFound),
    plain('findSimilarity', FINDING, () => [from(), to(), searching()], isFound),
    plain('findFundamental', FINDING, () => [from(), to(), searching()], isFound),
    plain('transformPoints', ['matrix', 'points'], () => [homography(), from()]),
    plain('modelDistances', ['matrix', 'from', 'to', 'options'], () => [homography(), from(), to(), {kind: 'symmetric'}],
        (distances, _, label) => assert.ok(distances.every((/** @type {number} */ d) => d >= 0), label)),
    plain('invertMatrix', ['matrix'], () => [homography()], isMatrix),
    plain('quadrilateral', ['corners'], () => [to().slice(0, 8)]),
    plain('viewOfHomography', ['matrix', 'options'], () => [[2, 0.5, 3, -0.5, 2, 1, 0, 0, 1], {size: [640, 480], tolerance: 0.1}]),
];
