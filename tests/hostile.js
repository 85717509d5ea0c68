/** One good call of every function of the library, small, for hostile.test.js to spoil part by part. */
import assert from 'node:assert/strict';
import * as fovea from '../js/index.js';
import {samples as bodies} from './hostile-body.js';
import {isTensor, numbers, plain, tensor, view} from './hostile-kit.js';
import {samples as argmax} from './hostile-argmax.js';
import {samples as geometry} from './hostile-geometry.js';
import {samples as heatmap} from './hostile-heatmap.js';
import {samples as target} from './hostile-target.js';
import {samples as losses} from './hostile-loss.js';
import {samples as matches} from './hostile-match.js';
import {samples as metrics} from './hostile-metric.js';
import {samples as poses} from './hostile-pose.js';
import {samples as projections} from './hostile-projection.js';
import {samples as fields} from './hostile-paf.js';

/** @import {Sample} from './hostile-kit.js' */

const frame = () => ({data: Uint8ClampedArray.from({length: 6 * 4 * 4}, (_, i) => i * 7), width: 6, height: 4});
const maps = () => tensor([1, 2, 4, 5]);
const volume = () => tensor([1, 1, 3, 4, 5]);
const theta = () => ({data: Float32Array.of(0.9, -0.1, 0.1, 0.2, 0.8, 0), dims: [1, 2, 3]});
const sampling = () => ({mode: 'bicubic', paddingMode: 'reflection', alignCorners: true, layout: 'NCHW'});
const costmap = () => tensor([6, 7]);
const knots = () => ({data: Float32Array.of(0, 0, 2, 1, 3, 4, 6, 5), dims: [4, 2]});
const planning = () => ({
    samples: 6, spline: 'hermite', weights: {cost: 1, smooth: 0.1, clearance: 1, heading: 0.1}, fixedEnds: [true, false], coords: 'canvas', interpolation: 'bicubic',
    smoothOn: 'samples', arcLength: true, wrap: false, threshold: 0.5, margin: 2, maxCurvature: 0.2, goal: [5, 5], startHeading: [1, 0], goalHeading: [0, 1],
});
const boxes = () => Float32Array.of(0, 0, 10, 10, 1, 1, 11, 11, 20, 20, 30, 30);
const threshold = {scoreThreshold: 0.3, iouThreshold: 0.5, maxDetections: 20};
const detecting = () => ({...threshold, maxPerClass: 10, multiLabel: true, agnostic: false, policy: 'greedy', view: view(), clip: 'tensor', size: [64, 64]});
const prepared = () => ({
    width: 8, height: 8, fit: 'letterbox', scaleUp: true, fill: [114, 114, 114], resize: 'bilinear', order: 'RGB', layout: 'NCHW', dtype: 'float32', scale: 1 / 255,
    mean: [0, 0, 0], std: [1, 1, 1], into: new Float32Array(192),
});

/** @param {any} found @param {any} _ @param {string} label */
function isDetections(found, _, label) {
    const {count, scores, classes, rows, keypoints} = found;
    assert.ok(Number.isInteger(count) && count >= 0 && count <= 10000, label);
    assert.deepEqual([found.boxes.length, scores.length, classes.length, rows.length], [4 * count, count, count, count], label);
    assert.ok(scores.every((/** @type {number} */ s) => !Number.isNaN(s)) && rows.every((/** @type {number} */ r) => r >= 0), label);
    assert.ok(!keypoints || keypoints.length % 3 === 0, label);
}

/** @param {any} kept @param {any} args @param {string} label */
function isKept(kept, {boxes: b, scores, options}, label) {
    const indices = kept.indices ?? kept;
    const n = (scores.data ?? scores).length;
    const classes = options?.classes;
    assert.deepEqual([(b.data ?? b).length, classes ? (classes.data ?? classes).length : n], [4 * n, n], label);
    assert.ok(new Set(indices).size === indices.length && indices.every((/** @type {number} */ i) => i >= 0 && i < n), label);
}

/** A method of a View that is good. @param {string} method @param {string[]} names @param {() => any[]} make @returns {Sample} */
function ofView(method, names, make) {
    return {...plain(`View.${method}`, names, make), call: (args) => /** @type {any} */ (view())[method](...names.map((n) => args[n]))};
}

/** @type {Sample[]} */
export const samples = [
    ...geometry,
    ...poses,
    plain('toFloat32', ['tensor'], () => [{data: Uint8Array.of(1, 2, 3, 4), dims: [2, 2], scale: 0.5, zeroPoint: 2}], isTensor),
    plain('boxConvert', ['boxes', 'formats'], () => [boxes(), {from: 'xyxy', to: 'cxcywh'}], isTensor),
    plain('boxClip', ['boxes', 'size'], () => [{data: boxes(), dims: [3, 4]}, {width: 8, height: 8}], isTensor),
    plain('boxesOfSize', ['boxes', 'minSize'], () => [boxes(), 2]),
    plain('boxIou', ['a', 'b', 'options'], () => [boxes(), {data: boxes(), dims: [3, 4]}, {kind: 'ciou'}], isTensor),
    plain('nms', ['boxes', 'scores', 'options'], () => [boxes(), Float32Array.of(0.5, 0.6, 0.7),
        {...threshold, classes: Int32Array.of(0, 0, 1), policy: {decay: 'gaussian', sigma: 0.5, inclusive: true, scoreInclusive: false, plusOne: false}}], isKept),
    plain('suppress', ['boxes', 'scores', 'options'], () => [{data: boxes(), dims: [3, 4]}, {data: Float32Array.of(0.5, 0.6, 0.7), dims: [3]},
        {...threshold, maxPerClass: 2, classes: {data: Uint8Array.of(0, 0, 1), dims: [3]}, policy: 'torchvision'}], isKept),
    plain('toTensor', ['frame', 'options'], () => [frame(), prepared()]),
    {...plain('toTensor', ['frame', 'options'], () => [frame(), {...prepared(), layout: 'NHWC', dtype: 'uint8', into: new Uint8Array(192), resize: 'area', view: view()}]),
        name: 'toTensor.view'},
    {...plain('toTensor', ['frame', 'options'], () => [{width: 6, height: 4, write: (/** @type {any} */ pixels) => pixels.fill(9)}, prepared()]), name: 'toTensor.write'},
    {name: 'lendTensor', make: () => ({frame: frame(), options: prepared(), use: (/** @type {any} */ lent) => [...lent.tensor.data.slice(0, 4)]}),
        call: (args) => ({used: fovea.lendTensor(args.frame, args.options, args.use)})},
    plain('resizeMaps', ['maps', 'options'], () => [tensor([1, 2, 3, 4]), {width: 5, height: 6, resize: 'bicubic', layout: 'NCHW'}], isTensor),
    plain('ssdAnchors', ['options'], () => [{size: [64, 64], strides: [16, 32], minScale: 0.2, maxScale: 0.9, ratios: [1, 2], reduceLowest: true,
        interpolatedRatio: 1, fixedSize: false}], isTensor),
    plain('defaultBoxes', ['options'], () => [{size: [64, 64], grids: [[4, 4], [2, 2]], ratios: [[2], [2]], minRatio: 0.2, maxRatio: 0.9, scales: [0.1, 0.2, 0.3],
        steps: [16, 32], clip: true}], isTensor),
    plain('decodeYolo', ['outputs', 'options'], () => [tensor([1, 7, 84]), {...detecting(), version: 8, classes: 3, keypoints: 0, decoded: true, layout: 'values', image: 0}],
        isDetections),
    {...plain('decodeYolo', ['outputs', 'options'], () => [[tensor([1, 18, 4, 4], -2, 2), tensor([1, 18, 2, 2], -2, 2)],
        {...detecting(), version: 'v5', classes: ['a'], anchors: [[10, 13], [16, 30], [33, 23], [30, 61], [62, 45], [59, 119]], strides: [16, 32], gain: 2, image: 0}],
    isDetections), name: 'decodeYolo.anchors'},
    {...plain('decodeYolo', ['outputs', 'options'], () => [{small: tensor([1, 15, 4, 4], -2, 2), large: tensor([1, 15, 2, 2], -2, 2)},
        {...detecting(), version: 8, bins: 2, keypoints: 2, strides: [16, 32], normalized: false}], isDetections), name: 'decodeYolo.bins'},
    {...plain('decodeYolo', ['outputs', 'options'], () => [tensor([1, 84, 8], -2, 2), {...detecting(), version: 'x', strides: [8, 16, 32]}], isDetections),
        name: 'decodeYolo.flat'},
    {...plain('decodeYolo', ['outputs', 'options'], () => [tensor([1, 10, 6]), {...detecting(), version: 10, normalized: true}], isDetections), name: 'decodeYolo.selected'},
    plain('decodeNanoDet', ['outputs', 'options'], () => [[tensor([1, 4, 4, 10], -2, 2), tensor([1, 2, 2, 10], -2, 2)],
        {...detecting(), classes: 2, bins: 2, strides: [16, 32], offset: 0.5, activation: 'sigmoid', image: 0}], isDetections),
    {...plain('decodeNanoDet', ['outputs', 'options'], () => [[tensor([1, 16, 2]), tensor([1, 16, 8]), tensor([1, 4, 2]), tensor([1, 4, 8])],
        {...detecting(), classes: 2, strides: [16, 32]}], isDetections), name: 'decodeNanoDet.pairs'},
    plain('decodeSsd', ['outputs', 'options'], () => [{boxes: tensor([1, 6, 4], -1, 1), scores: tensor([1, 6, 3], -2, 2)},
        {...detecting(), variant: 'torchvision', anchors: tensor([6, 4], 0, 40), anchorFormat: 'xyxy', scales: [10, 5], order: 'xy', activation: 'softmax',
            background: 0, limit: 4, image: 0}], isDetections),
    plain('decodeBlazeFace', ['outputs', 'options'], () => [[tensor([1, 896, 1], -9, 1), tensor([1, 896, 16], -9, 9)],
        {...threshold, policy: 'mediapipe', keypoints: 6, view: view(), size: [128, 128]}], isDetections),
    plain('decodeHead', ['head', 'options'], () => {
        const whole = tensor([1, 12, 9]);
        /** @param {number} v */
        const from = (v) => ({tensor: whole, at: v, position: 9, value: 1});
        return [{
            classes: 2, activation: 'sigmoid', background: -1, keypoints: 1, size: [64, 64], labels: from(8), blocks: [{
                positions: 12, grid: 2, anchors: 3, priors: numbers(6), boxes: from(0), objectness: from(4), scores: from(5), points: {...from(6), values: 2},
                coder: {code: 'centre', bins: 0, swapped: false, step: [16, 16], offset: 0.5, centreShape: 'sigmoid', sizeShape: 'exp', centreScale: 1, sizeScale: 1,
                    gain: 1, limit: 4, pointScale: 1, pointShift: 0, visibility: 'none'},
            }],
        }, detecting()];
    }, isDetections),
    {...plain('View', ['matrix', 'about'], () => [[1, 0, 0, 0, 1, 0], {picture: [6, 4], tensor: [6, 4], place: {left: 0, top: 0, width: 6, height: 4}}]),
        call: ({matrix, about}) => new fovea.View(matrix, about)},
    plain('View.fit', ['srcW', 'srcH', 'dstW', 'dstH', 'fit', 'options'], () => [640, 480, 64, 64, 'cover', {scaleUp: true}]),
    plain('View.crop', ['rectangle', 'dstW', 'dstH'], () => [{x: 5, y: 5, width: 4, height: 3, angle: 1}, 64, 64]),
    ofView('toPicture', ['points'], () => [[1, 2, 3, 4]]),
    ofView('toTensor', ['points'], () => [Float64Array.of(1, 2, 3, 4)]),
    ofView('boxesToPicture', ['boxes'], () => [boxes()]),
    ofView('compose', ['inner'], () => [view()]),
    ofView('theta', ['srcW', 'srcH', 'dstW', 'dstH', 'options'], () => [640, 480, 64, 64, {alignCorners: true}]),
    plain('View.fromTheta', ['theta', 'srcW', 'srcH', 'dstW', 'dstH', 'options'], () => [theta(), 640, 480, 64, 64, {alignCorners: true}]),
    plain('affineGrid', ['theta', 'size', 'options'], () => [tensor([1, 3, 4], -1), [1, 1, 2, 3, 4], {alignCorners: true}], isTensor),
    plain('affineGridBackward', ['gradGrid', 'size', 'options'], () => [tensor([1, 3, 4, 2]), [1, 1, 3, 4], {alignCorners: false}], isTensor),
    plain('projectiveGrid', ['homography', 'size', 'options'], () => [tensor([1, 3, 3], -1), [1, 1, 3, 4], {alignCorners: true}], isTensor),
    plain('projectiveGridBackward', ['gradGrid', 'homography', 'size', 'options'],
        () => [tensor([1, 3, 4, 2]), tensor([1, 3, 3], -1), [1, 1, 3, 4], {alignCorners: true}], isTensor),
    plain('tpsGrid', ['targets', 'controls', 'size', 'options'], () => [tensor([1, 4, 2], -1), null, [1, 1, 3, 4], {alignCorners: true}], isTensor),
    {...plain('tpsGrid', ['targets', 'controls', 'size', 'options'],
        () => [tensor([1, 3, 2], -1), {data: Float32Array.of(-1, -1, 1, -1, 0, 1), dims: [3, 2]}, [1, 1, 3, 4], {}], isTensor), name: 'tpsGrid.controls'},
    plain('tpsGridBackward', ['gradGrid', 'controls', 'size', 'options'],
        () => [tensor([1, 3, 4, 2]), null, [1, 1, 3, 4], {alignCorners: false, count: 4}], isTensor),
    plain('gridSample', ['input', 'grid', 'options'], () => [maps(), tensor([1, 2, 3, 2], -2, 2), {...sampling(), into: new Float32Array(12)}], isTensor),
    {...plain('gridSample', ['input', 'grid', 'options'], () => [volume(), tensor([1, 2, 2, 2, 3], -2, 2), {...sampling(), mode: 'bilinear'}], isTensor),
        name: 'gridSample.volume'},
    plain('gridSampleBackward', ['gradOutput', 'input', 'grid', 'options'], () => [tensor([1, 2, 2, 3]), maps(), tensor([1, 2, 3, 2], -2, 2), sampling()]),
    plain('samplePoints', ['input', 'points', 'options'],
        () => [tensor([1, 4, 5, 2]), tensor([1, 2, 3, 2], -2, 7), {mode: 'bilinear', paddingMode: 'border', layout: 'NHWC', into: {data: new Float32Array(12)}}], isTensor),
    plain('affineSample', ['input', 'theta', 'size', 'options'], () => [maps(), theta(), [1, 2, 3, 4], {...sampling(), into: new Float32Array(24)}], isTensor),
    plain('affineSampleBackward', ['gradOutput', 'input', 'theta', 'size', 'options'],
        () => [tensor([1, 2, 3, 4]), maps(), theta(), [1, 2, 3, 4], {...sampling(), mode: 'nearest'}]),
    plain('warp', ['source', 'view', 'options'], () => [maps(), view(), {width: 4, height: 3, mode: 'bilinear', paddingMode: 'zeros', layout: 'NCHW'}], isTensor),
    {...plain('warp', ['source', 'view', 'options'], () => [frame(), view(), {width: 8, height: 8, fill: 0, resize: 'bilinear', dtype: 'uint8'}], isTensor),
        name: 'warp.frame'},
    plain('thetaFrom', ['description'], () => [{kind: 'similarity', params: [1, 0.5, 0, 0]}], isTensor),
    {...plain('thetaFrom', ['description'], () => [{kind: 'rigid3d-quaternion', params: tensor([2, 7])}], isTensor), name: 'thetaFrom.tensor'},
    plain('thetaFromBackward', ['gradTheta', 'description'], () => [tensor([1, 3, 4]), {kind: 'rigid3d', params: numbers(6)}], isTensor),
    plain('alignImages', ['moving', 'fixed', 'options'], () => [tensor([1, 1, 8, 9]), tensor([1, 1, 9, 8]),
        {model: 'affine', pyramid: 2, optimizer: 'lm', steps: 5, loss: 'huber', delta: 0.1, start: [1, 0, 0, 0, 1, 0], onStep: () => {}}]),
    {...plain('alignImages', ['moving', 'fixed', 'options'], () => [volume(), volume(),
        {model: 'rigid3d', optimizer: 'sgd', steps: 3, learningRate: 0.1, momentum: 0.9, loss: 'ncc'}]), name: 'alignImages.volume'},
    plain('distanceTransform', ['costmap', 'options'], () => [costmap(), {threshold: 0.5}], isTensor),
    plain('signedDistance', ['costmap', 'options'], () => [tensor([2, 3, 4]), {threshold: 0.5}], isTensor),
    plain('inflateObstacles', ['costmap', 'options'], () => [costmap(), {radius: 1, decay: 0.5, cost: 2, threshold: 0.9}], isTensor),
    plain('blurMap', ['costmap', 'options'], () => [costmap(), {sigma: 1.5}], isTensor),
    plain('mapPyramid', ['costmap', 'options'], () => [costmap(), {levels: 3}]),
    plain('splatBoxes', ['costmap', 'boxes', 'options'], () => [costmap(), boxes(), {cost: [1, 2, 3], how: 'add', view: view()}], isTensor),
    plain('splatMask', ['costmap', 'mask', 'options'], () => [costmap(), tensor([3, 2]), {box: [1, 1, 400, 300], cost: 2, how: 'max', view: view()}], isTensor),
    plain('fastMarching', ['costmap', 'source', 'options'], () => [costmap(), [1, 2, 5, 5], {length: 0.1, blocked: 0.9}], isTensor),
    {...plain('marchPath', ['costmap', 'start', 'goal', 'options'], () => [costmap(), [0, 0], [6, 5], {knots: 5, length: 0.1, blocked: 10}]),
        check: (path, _, label) => path && isTensor(path, _, label)},
    plain('resamplePath', ['knots', 'options'], () => [knots(), {samples: 9, spline: 'catmull-rom'}], isTensor),
    plain('resamplePathBackward', ['gradPath', 'options'], () => [tensor([9, 3]), {knots: 4, spline: 'bspline'}], isTensor),
    plain('bendKnots', ['knots', 'options'], () => [knots(), {count: 3, bend: 1}], isTensor),
    plain('pathCost', ['costmap', 'knots', 'options'], () => [costmap(), knots(), planning()]),
    {...plain('pathCost', ['costmap', 'knots', 'options'], () => [tensor([3, 4, 5]), tensor([4, 3], 0, 3),
        {weights: {clearance: 1}, wrap: true, distance: tensor([3, 4, 5], -1, 1)}]), name: 'pathCost.volume'},
    plain('optimizePath', ['costmap', 'knots', 'options'], () => [costmap(), knots(),
        {...planning(), optimizer: 'adam', steps: 4, learningRate: 0.1, betas: [0.9, 0.999], eps: 1e-8, levels: 2, warmStart: 'march'}]),
    {...plain('optimizePath', ['costmap', 'knots', 'options'], () => [costmap(), tensor([2, 4, 2], 0, 5), {optimizer: 'sgd', steps: 3, momentum: 0.5}]),
        name: 'optimizePath.starts'},
    ...argmax,
    ...heatmap,
    ...target,
    ...losses,
    ...matches,
    ...metrics,
    ...bodies,
    ...projections,
    ...fields,
];
