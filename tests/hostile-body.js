/** Hostile samples of BlazePose, top-down decoding and tracking. */
import assert from 'node:assert/strict';
import {PoseTracker} from '../js/index.js';
import {numbers, plain, tensor, view} from './hostile-kit.js';

/** @import {Sample} from './hostile-kit.js' */

/** @param {any} pose @param {any} _ @param {string} label */
export function isPose({score, keypoints, box}, _, label) {
    assert.ok(score >= 0 && keypoints.length % 3 === 0 && box.length === 4, label);
    assert.ok(keypoints.every((/** @type {number} */ v, /** @type {number} */ i) => i % 3 === 2 ? v >= 0 : Number.isFinite(v)) && box.every(Number.isFinite), label);
}

const person = () => ({score: 0.5, keypoints: numbers(12, 1, 99), box: numbers(4), class: 1});
const tracking = () => ({
    sigmas: [0.1, 0.1, 0.1, 0.1], method: /** @type {const} */ ('greedy'), minSimilarity: 0.2, minScore: 0.1, minJoints: 2, minHits: 1, maxAge: 500,
    smooth: {minCutoff: 1, beta: 1, derivativeCutoff: 1},
});

/** A tracker that has seen somebody. */
function following() {
    const tracker = new PoseTracker(tracking());
    tracker.update([person()], 1);
    return tracker;
}

/** @type {Sample[]} */
export const samples = [
    plain('decodeBlazePoseDetector', ['outputs', 'options'], () => [[tensor([1, 2254, 1], -9, 1), tensor([1, 2254, 12], -9, 9)],
        {scoreThreshold: 0.5, iouThreshold: 0.3, policy: 'mediapipe', keypoints: 4, view: view(), size: [224, 224]}]),
    plain('decodeBlazePose', ['outputs', 'options'], () => [
        [tensor([1, 195], 0, 256), tensor([1, 1]), tensor([1, 117], -1), tensor([1, 8, 8, 39], -5, 5), tensor([1, 4, 4, 1], -5, 5)],
        {view: view(), refine: 'tfjs', kernel: 7, refineThreshold: 0.5, size: [256, 256]}], isPose),
    {...plain('blazePoseRegion', ['found', 'options'], () => [{keypoints: numbers(12, 0, 99)}, {index: 0, scale: 1.25, size: 256, picture: [640, 480]}]),
        check: () => {}},
    plain('decodeTopDown', ['maps', 'options'], () => [tensor([2, 3, 4, 5]), {
        view: view(), convention: {codec: 'mmpose-dark', refine: 'taylor', cells: 0.5, pixels: 0}, window: 2, normalize: 'relu', beta: 1, layout: 'NCHW', size: [20, 16], scoreThreshold: 0.1,
    }], (list, _, label) => list.forEach((/** @type {any} */ pose) => isPose(pose, _, label))),
    {...plain('decodeTopDown', ['maps', 'options'], () => [tensor([2, 3, 4, 5]), {view: [view(), view()], refine: 'integral', window: 2, normalize: 'sigmoid', beta: 2}]),
        name: 'decodeTopDown.integral'},
    plain('assign', ['costs', 'options'], () => [tensor([3, 4]), {maximize: true, method: 'hungarian'}]),
    {name: 'PoseTracker', make: () => ({options: tracking(), found: [person()]}), call: ({options, found}) => new PoseTracker(options).update(found, 5)},
    {name: 'PoseTracker.update', make: () => ({found: [person(), person()], time: 9}), call: ({found, time}) => following().update(found, time),
        check: (list, _, label) => Array.isArray(list) && list.forEach((pose) => isPose({...pose, score: 0}, _, label))},
    {name: 'PoseTracker.update.detections', make: () => ({found: {count: 2, boxes: numbers(8), scores: numbers(2), classes: Int32Array.of(0, 1)}, time: 9}),
        call: ({found, time}) => new PoseTracker().update(found, time)},
    plain('blazePoseRegion', ['found'], () => [{auxiliary: numbers(18, 0, 99)}]),
];
