/** Good calls of the decoders of poses, to be spoiled: see hostile.js. */
import assert from 'node:assert/strict';
import {plain, tensor, view} from './hostile-kit.js';

const K = 3;
const singles = () => ({
    heatmaps: tensor([1, 5, 6, K], -4, 2), centers: tensor([1, 5, 6, 1], -4, 2), regressions: tensor([1, 5, 6, 2 * K], -2, 2), offsets: tensor([1, 5, 6, 2 * K]),
});
const crowds = () => ({...singles(), boxScale: tensor([1, 5, 6, 2], 0, 6), boxOffset: tensor([1, 5, 6, 2])});
const crowd = () => ({
    heatmaps: tensor([1, 5, 6, K], -4, 2), offsets: tensor([1, 5, 6, 2 * K], -9, 9), displacementFwd: tensor([1, 5, 6, 4], -30, 30),
    displacementBwd: tensor([1, 5, 6, 4], -30, 30),
});
const decoding = () => ({view: view(), size: [24, 20], variant: 'tfjs', activation: 'sigmoid', refine: 'offset', scoreThreshold: 0.01, image: 0});

/** Points that are finite, or not found. @param {any} pose @param {any} _ @param {string} label */
function isPose({score, keypoints, box}, _, label) {
    assert.ok(score >= 0 && keypoints.length % 3 === 0 && box.length === 4, label);
    assert.ok([...keypoints, ...box].every((v, i) => i % 3 === 2 && i < keypoints.length || Number.isFinite(v)), label);
}

/** @param {any[]} poses @param {any} args @param {string} label */
const arePoses = (poses, args, label) => poses.forEach((pose) => isPose(pose, args, label));

export const samples = [
    plain('decodeMoveNet', ['heads', 'options'], () => [singles(), decoding()], isPose),
    {...plain('decodeMoveNet', ['heads', 'options'], () => [tensor([1, 1, 4, 3]), {size: [24, 20]}], isPose), name: 'decodeMoveNet.own'},
    plain('decodeMoveNetMulti', ['heads', 'options'], () => [crowds(), {...decoding(), maxPoses: 4}], arePoses),
    {...plain('decodeMoveNetMulti', ['heads', 'options'], () => [[tensor([1, 2, 14])], {size: [24, 20]}], arePoses), name: 'decodeMoveNetMulti.own'},
    plain('decodePoseNet', ['heads', 'options'], () => [crowd(), {
        view: view(), stride: 16, scoreThreshold: 0.4, nmsRadius: 20, maxPoses: 4, refineSteps: 2, minScore: 0.01, activation: 'sigmoid', edges: [[0, 1], [1, 2]], image: 0,
    }], arePoses),
    plain('moveNetRegion', ['pose', 'frame', 'options'],
        () => [{score: 1, keypoints: tensor([51], 1, 400).data, box: new Float32Array(4)}, [640, 480], {size: [192, 192], scoreThreshold: 0.2}]),
];
