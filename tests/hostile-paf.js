/** Good calls of the decoder of part affinity fields, to be spoiled: see hostile.js. */
import assert from 'node:assert/strict';
import {plain, tensor, view} from './hostile-kit.js';

/** Three joints, each linked with the next. */
const triangle = () => ({joints: ['a', 'b', 'c'], limbs: [[0, 1], [1, 2], [2, 0]], pafs: [[0, 1], [2, 3], [4, 5]], weakLimbs: [2], minorJoints: [1]});
const decoding = () => ({
    skeleton: triangle(), variant: 'cmu-gpu', view: view(), stride: 8, upsample: 4, kernel: 'cubic', blur: 1, offset: 0.5, peakThreshold: 0.2, sampleThreshold: 0.1,
    sampleRatio: 0.5, limbThreshold: 0, minParts: 2, minScore: 0.1, maximizePositives: true, maxPeaks: 20, maxPeople: 10, layout: 'NCHW', image: 0,
});

/** @param {any} poses @param {any} _ @param {string} label */
function arePoses(poses, _, label) {
    assert.ok(Array.isArray(poses), label);
    for (const {score, keypoints, box} of poses) {
        assert.ok(score >= 0 && keypoints.length % 3 === 0 && box.length === 4, label);
        assert.ok([...box].every(Number.isFinite), label);
    }
}

export const samples = [
    plain('decodeOpenPose', ['outputs', 'options'], () => [{heatmaps: tensor([1, 4, 5, 6]), pafs: tensor([1, 6, 5, 6], -1)}, decoding()], arePoses),
    {...plain('decodeOpenPose', ['outputs', 'options'], () => [{maps: tensor([4, 5, 57], -0.2)}, {variant: 'pytorch', skeleton: 'COCO_18', layout: 'auto'}], arePoses),
        name: 'decodeOpenPose.maps'},
    {...plain('decodeOpenPose', ['outputs', 'options'], () => [tensor([1, 9, 5, 6], -0.5), {...decoding(), variant: 'lightweight', maximizePositives: false}], arePoses),
        name: 'decodeOpenPose.tensor'},
];
