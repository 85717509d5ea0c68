import {ssdAnchors} from './anchor.js';
import {boxConvert} from './box.js';
import {checkChoice, checkInteger, checkList, checkNumber, checkOptions, wrong} from './check.js';
import {ACTIVATIONS, decodeHead, inputSize} from './detect.js';
import {listOf, wrongShape} from './outputs.js';
import {asRows} from './tensor.js';

/** @import {Detections, DetectOptions, HeadBlock} from './detect.js' */
/** @import {Tensor} from './tensor.js' */
/** @import {Outputs} from './outputs.js' */

/**
 * What the frameworks' single-shot detectors do, as defaults.
 *
 * @type {Record<string, DetectOptions & {order: 'xy' | 'yx', activation: keyof typeof ACTIVATIONS, background: number, limit: number, anchorFormat: 'cxcywh' | 'xyxy'}>}
 */
const VARIANTS = {
    tensorflow: {order: 'yx', activation: 'sigmoid', background: 0, limit: Infinity, anchorFormat: 'cxcywh'},
    mediapipe: {order: 'yx', activation: 'sigmoid', background: 0, limit: Infinity, anchorFormat: 'cxcywh', policy: 'mediapipe'},
    torchvision: {
        order: 'xy', activation: 'softmax', background: 0, limit: 4.135166556742356, anchorFormat: 'xyxy',
        multiLabel: true, scoreThreshold: 0.01, maxPerClass: 400, maxDetections: 200, clip: 'tensor',
    },
};

/**
 * Decode a single-shot detector: box offsets from anchors, and class logits.
 *
 * @param {{boxes: Tensor, scores: Tensor} | Outputs} outputs boxes [1, N, 4], scores [1, N, classes]; by name, or told apart by shape
 * @param {DetectOptions & {
 *   variant?: string,
 *   anchors?: Tensor,
 *   anchorFormat?: 'cxcywh' | 'xyxy',
 *   scales?: readonly [number, number],
 *   order?: 'xy' | 'yx',
 *   activation?: keyof typeof ACTIVATIONS,
 *   background?: number,
 *   limit?: number,
 *   image?: number,
 * }} [options] variant: 'tensorflow' (TF Object Detection's and MediaPipe's MobileNet SSD), 'mediapipe' (the same, weighted suppression),
 *   'torchvision'; the default of all others. anchors: [N, 4], fractions of the input or pixels; default: ssdAnchors() of the size.
 *   scales: of centre and size offsets, default [10, 5]. background: class never chosen, -1: none. limit: of the size's exponent
 * @returns {Detections} classes as the network counts them, the background included
 */
export function decodeSsd(outputs, options) {
    const {variant = 'tensorflow', ...given} = checkOptions(options);
    const {order, activation, background, limit, anchorFormat, anchors, scales = [10, 5], image = 0, ...rest} = {
        ...checkChoice('variant', VARIANTS, variant), ...given,
    };
    const list = listOf(outputs), named = /** @type {Record<string, Tensor>} */ (outputs);
    const boxes = named.boxes ?? list.find(({dims}) => dims.at(-1) === 4), scores = named.scores ?? list.find((tensor) => tensor !== boxes);
    const [N, sides] = boxes?.dims.slice(-2) ?? [], [rowCount, classes] = scores?.dims.slice(-2) ?? [];
    if (sides !== 4 || rowCount !== N || !classes || scores.data.length / classes !== boxes.data.length / 4) {
        throw wrongShape('boxes [1, N, 4] and scores [1, N, classes]', list);
    }
    checkInteger('image', image, 0, N ? boxes.data.length / 4 / N - 1 : 0);
    checkChoice('order', {xy: 0, yx: 0}, order), checkChoice('activation', ACTIVATIONS, activation);
    checkChoice('anchorFormat', {cxcywh: 0, xyxy: 0}, anchorFormat);
    if (!checkList('scales', scales, 2).every(Boolean)) throw wrong('scales', 'numbers other than 0', scales);
    checkNumber('limit', limit), checkInteger('background', background, -1);
    const size = inputSize(rest) ?? [300, 300];
    const table = anchors ?? ssdAnchors({size});
    const rows = asRows('anchors', table, 4);
    if (rows.dims[0] !== N) throw wrong('anchors', `one for each of ${N} rows`, rows.dims[0]);
    const priors = toPixels(anchorFormat === 'xyxy' ? boxConvert(rows.data, {from: 'xyxy', to: 'cxcywh'}).data : rows.data, size);
    return decodeHead({
        blocks: [{
            positions: N, priors,
            boxes: {tensor: boxes, at: image * N * 4, position: 4, value: 1},
            scores: {tensor: scores, at: image * N * classes, position: classes, value: 1},
            coder: {code: 'centre', swapped: order === 'yx', sizeShape: 'exp', centreScale: 1 / scales[0], sizeScale: 1 / scales[1], limit},
        }],
        classes, activation, background, size,
    }, {...rest, size});
}

/** Anchors as fractions of the input reach no further than a few inputs; pixels do. @param {Float32Array} anchors @param {readonly [number, number]} size */
function toPixels(anchors, size) {
    return anchors.some((v) => Math.abs(v) > 4) ? anchors : anchors.map((v, i) => v * size[i & 1]);
}

/**
 * Decode BlazeFace: 896 anchors, a box and six keypoints each (right eye, left eye, nose, mouth, right ear, left ear).
 *
 * @param {Outputs} outputs scores and boxes, in any order and in any of the forms it is exported in: [1, 896, 1] and [1, 896, 16], or
 *   512 and 384 apart, or maps [1, 16, 16, 2], [1, 16, 16, 32], [1, 8, 8, 6], [1, 8, 8, 96]; logits and pixels
 * @param {DetectOptions & {keypoints?: number}} [options] defaults: scoreThreshold .5, iouThreshold .3, policy 'mediapipe'
 *   (weighted); size: [256, 256] (the back-camera model; the front-camera one has 128)
 * @returns {Detections} with `keypoints`; classes all 0
 */
export function decodeBlazeFace(outputs, options) {
    return decodeBlaze(outputs, checkOptions(options), {side: 256, points: 6, layers: [{cells: 16, anchors: 2}, {cells: 8, anchors: 6}]});
}

/**
 * Decode BlazePose's detector: 2254 anchors, a box round the face and four keypoints each, the first two of which make the region of
 * the body: the middle of the hips, and a point of the circle round the whole person.
 *
 * @param {Outputs} outputs scores and boxes, in any order and in any of the forms it is exported in: [1, 2254, 13], the score first, or
 *   [1, 2254, 1] and [1, 2254, 12], or a pair of maps of each stride, [1, 28, 28, 2] and [1, 28, 28, 24] the first; logits and pixels
 * @param {DetectOptions & {keypoints?: number}} [options] defaults: scoreThreshold .5, iouThreshold .3, policy 'mediapipe'
 *   (weighted); size: [224, 224]
 * @returns {Detections} with `keypoints`; classes all 0
 *
 * @example
 * const {tensor, view} = toTensor(frame, {width: 224, height: 224, layout: 'NHWC', fill: 0, scale: 1 / 127.5, mean: 1});
 * const region = blazePoseRegion(decodeBlazePoseDetector(await run(tensor), {view}));
 */
export function decodeBlazePoseDetector(outputs, options) {
    return decodeBlaze(outputs, checkOptions(options), {
        side: 224, points: 4, layers: [{cells: 28, anchors: 2}, {cells: 14, anchors: 2}, {cells: 7, anchors: 6}],
    });
}

/**
 * @param {Outputs} outputs
 * @param {DetectOptions & {keypoints?: number}} options
 * @param {{side: number, points: number, layers: {cells: number, anchors: number}[]}} network its input's side, and its layers, finest first
 * @returns {Detections}
 */
function decodeBlaze(outputs, options, {side, points, layers}) {
    const {keypoints = points, scoreThreshold = 0.5, iouThreshold = 0.3, policy = 'mediapipe', ...rest} = options;
    const width = 4 + 2 * checkInteger('keypoints', keypoints, 0, 65535);
    const size = inputSize(rest) ?? [side, side];
    const list = listOf(outputs);
    const all = layers.reduce((sum, {cells, anchors}) => sum + cells * cells * anchors, 0);
    /** @param {number} rows @param {number} values */
    const find = (rows, values) => list.find(({data}) => data.length === rows * values);
    /** The scores and boxes of some rows, side by side or apart, how long a row is, and where a box begins in it. @param {number} rows */
    const pairOf = (rows) => {
        const joined = find(rows, width + 1);
        return joined ? {scores: joined, boxes: joined, score: width + 1, box: width + 1, first: 1}
            : {scores: find(rows, 1), boxes: find(rows, width), score: 1, box: width, first: 0};
    };
    const whole = pairOf(all);
    let from = 0;
    const blocks = layers.map(({cells, anchors}) => {
        const positions = cells * cells * anchors;
        const isWhole = whole.scores && whole.boxes, {scores, boxes, score, box, first} = isWhole ? whole : pairOf(positions);
        if (!scores || !boxes) throw wrongShape(`scores [1, ${all}, 1] and boxes [1, ${all}, ${width}]`, list);
        const row = isWhole ? from : 0, at = row * box + first, unit = cells / size[0];
        from += positions;
        return /** @type {HeadBlock} */ ({
            positions, grid: cells, anchors,
            scores: {tensor: scores, at: row * score, position: score, value: 1},
            boxes: {tensor: boxes, at, position: box, value: 1},
            points: keypoints ? {tensor: boxes, at: at + 4, position: box, value: 1, values: 2} : undefined,
            coder: {code: 'centre', step: [size[0] / cells, size[1] / cells], centreScale: unit, sizeScale: unit, pointScale: unit},
        });
    });
    return decodeHead({blocks, classes: 1, keypoints, activation: 'sigmoid', size}, {scoreThreshold, iouThreshold, policy, ...rest});
}
