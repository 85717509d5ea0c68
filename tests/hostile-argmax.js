/** Hostile samples of peaks, their codecs, and flips. */
import {isTensor, plain, tensor} from './hostile-kit.js';

/** @import {Sample} from './hostile-kit.js' */

const maps = () => tensor([1, 2, 5, 6]);

/** @param {any} result @param {any} args @param {string} label */
function isPeaks({coords, confidence, visibility}, args, label) {
    for (const t of [coords, confidence, visibility ?? confidence]) isTensor(t, args, label);
}

/** @type {Sample[]} */
export const samples = [
    plain('argmax', ['maps', 'options'], () => [maps(), {refine: 'taylor', kernel: 5, positive: true, nan: 'skip', layout: 'NCHW'}], isPeaks),
    {...plain('argmax', ['maps', 'options'], () => [tensor([1, 5, 6, 5]), {preset: 'mmpose-udp', inputSize: [24, 20], layout: 'NHWC'}], isPeaks), name: 'argmax.preset'},
    {...plain('argmax', ['maps', 'options'], () => [maps(), {preset: 'mmpose-megvii', kernel: 3}], isPeaks), name: 'argmax.megvii'},
    plain('decodeOffsets', ['maps', 'offsets', 'options'],
        () => [maps(), tensor([1, 4, 5, 6]), {scale: 2, kernel: 3, offsetKernel: 3, order: 'yx', grouping: 'axes', positive: true, layout: 'NCHW'}], isPeaks),
    plain('decodeUdpCombined', ['maps', 'options'], () => [tensor([1, 6, 5, 6]), {radiusFactor: 0.3, kernel: 3, layout: 'NCHW', inputSize: [24, 20]}], isPeaks),
    plain('decodeSimcc', ['x', 'y', 'options'],
        () => [tensor([1, 3, 12]), tensor([1, 3, 9]), {splitRatio: 2, refine: 'dark', sigma: [2, 3], visibility: 'softmax', beta: 5}], isPeaks),
    plain('heatmapsToKeypoints', ['maps', 'rois', 'options'], () => [tensor([2, 1, 4, 4]), tensor([2, 4], 0, 40), {score: 'softmax'}],
        ({keypoints, scores}, args, label) => [keypoints, scores].forEach((t) => isTensor(t, args, label))),
    plain('flipMaps', ['maps', 'flipped', 'options'],
        () => [tensor([1, 6, 3, 4]), tensor([1, 6, 3, 4]), {pairs: [[0, 1]], shift: true, form: 'combined', layout: 'NCHW'}], isTensor),
    plain('flipMerge', ['joints', 'flipped', 'options'], () => [tensor([1, 3, 2]), tensor([1, 3, 2]), {pairs: [[0, 2]], width: 10}], isTensor),
];
