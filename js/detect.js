import {boxClip} from './box.js';
import {checkChoice, checkInteger, checkList, checkNumber, checkOptions, checkSize, wrong, wrongType} from './check.js';
import {gather, suppression} from './nms.js';
import {checkTensor, placeFloats} from './tensor.js';
import {checkView} from './view.js';
import {withBlock} from './wasm.js';

/** @import {Block} from './wasm.js' */
/** @import {Tensor} from './tensor.js' */
/** @import {Policy} from './nms.js' */
/** @import {View} from './view.js' */

export const ACTIVATIONS = /** @abi FV_ACTIVATION_ */ {none: 0, sigmoid: 1, softmax: 2};
const CODES = /** @abi FV_CODE_ */ {corners: 0, centre: 1, distance: 2};
const SHAPES = /** @abi FV_SHAPE_ */ {linear: 0, exp: 1, sigmoid: 2, square_sigmoid: 3};
const CODER = /** @abi FV_CODER_ */ {
    code: 0, bins: 1, swapped: 2, step_x: 3, step_y: 4, offset: 5, centre_shape: 6, size_shape: 7, centre_scale: 8, size_scale: 9,
    gain: 10, limit: 11, point_scale: 12, point_shift: 13, visibility: 14, count: 15,
};

/**
 * What was found: `count` boxes, best first.
 *
 * @typedef {object} Detections
 * @property {number} count
 * @property {Float32Array} boxes [count * 4] x1, y1, x2, y2 in the picture; in the tensor where no view was given
 * @property {Float32Array} scores [count]
 * @property {Int32Array} classes [count]
 * @property {Int32Array} rows [count] the network's row (anchor) each came from: to look up mask coefficients and the like
 * @property {Float32Array} [keypoints] [count * K * 3] x, y, score, where the head has any
 */

/**
 * Where some values lie in a tensor: value v of position p is data[at + p * position + v * value].
 *
 * @typedef {{tensor: Tensor, at: number, position: number, value: number}} Values
 */

/**
 * How boxes are coded, in the words of include/fovea/detect.h.
 *
 * @typedef {object} Coder
 * @property {keyof typeof CODES} [code] default 'corners'
 * @property {number} [bins] of a distribution per side
 * @property {boolean} [swapped] y before x
 * @property {readonly [number, number]} [step] pixels per cell, x and y; default 1
 * @property {number} [offset] of a cell's centre, in cells; default .5
 * @property {keyof typeof SHAPES} [centreShape] default 'linear'
 * @property {keyof typeof SHAPES} [sizeShape]
 * @property {number} [centreScale] default 1
 * @property {number} [sizeScale]
 * @property {number} [gain] of a sigmoid centre: 1 YOLOv3, 2 YOLOv5
 * @property {number} [limit] of an exponent
 * @property {number} [pointScale]
 * @property {number} [pointShift]
 * @property {'none' | 'sigmoid'} [visibility] of keypoints
 */

/**
 * A part of a head: positions of one stride, and where their scores, boxes and keypoints lie.
 *
 * @typedef {object} HeadBlock
 * @property {number} positions
 * @property {Values} scores
 * @property {Values} [objectness]
 * @property {Values} boxes
 * @property {Values & {values: 2 | 3}} [points]
 * @property {number} [grid] cells in a row; none: the boxes need no grid
 * @property {number} [anchors] per cell, side by side in the positions; default 1
 * @property {Float32Array} [priors] [positions * 4] centre and size, or for a grid [anchors * 2] sizes
 * @property {Coder} coder
 */

/**
 * @typedef {object} DetectOptions
 * @property {number} [scoreThreshold] only what scores more; default .25
 * @property {number} [iouThreshold] default .45
 * @property {number} [maxDetections] default 300
 * @property {number} [maxPerClass] candidates of each class that reach suppression, the best; default all
 * @property {boolean} [multiLabel] every class of a position that passes, not only its best; default false
 * @property {boolean} [agnostic] boxes of different classes suppress each other; default false
 * @property {string | Policy} [policy] of suppression, see POLICIES; default 'greedy'
 * @property {View} [view] given by toTensor: the answer is in the picture's coordinates
 * @property {boolean | 'picture' | 'tensor'} [clip] boxes to the picture (true), or to the tensor before suppression (torchvision); default false
 * @property {readonly [number, number]} [size] [width, height] of the network's input; default: the view's, or what the head's grids imply
 */

/**
 * What a family of heads is, past its blocks.
 *
 * @typedef {object} Head
 * @property {HeadBlock[]} blocks
 * @property {number} classes
 * @property {keyof typeof ACTIVATIONS} [activation] default 'none'
 * @property {number} [background] a class never chosen
 * @property {number} [keypoints]
 * @property {Values} [labels] value 0 of a row is its class (heads that have done their own selection)
 * @property {readonly [number, number]} [size]
 */

/**
 * Decode any head that can be described: score, threshold, decode, suppress, and back to the picture. The named decoders
 * (decodeYolo, decodeSsd, ...) are descriptions for this one.
 *
 * @param {Head} head
 * @param {DetectOptions} [options]
 * @returns {Detections}
 */
export function decodeHead(head, options) {
    const {
        scoreThreshold = 0.25, iouThreshold = 0.45, maxDetections = 300, maxPerClass, multiLabel = false, agnostic = false, policy, view, clip = false, size,
    } = checkOptions(options);
    const {blocks, classes, activation = 'none', background = -1, keypoints = 0, labels} = checkHead(head);
    const threshold = checkNumber('scoreThreshold', scoreThreshold);
    if (![false, true, 'picture', 'tensor'].includes(clip)) throw wrongType('clip', 'true, false, picture or tensor', clip);
    const rule = suppression({iouThreshold, maxDetections, maxPerClass, policy});
    const tensorSize = inputSize({size, view}) ?? head.size;
    if (clip === 'tensor' && !tensorSize) throw wrongType('size', 'the network\'s input size, to clip to, here or in the view', size);
    if ((clip === true || clip === 'picture') && !view?.picture) throw wrongType('view', 'one that knows its picture, to clip to', view);

    const coders = blocks.map(({coder}) => coderFloats(coder));
    const found = withBlock((block) => {
        const place = placer(block);
        const capacity = blocks.reduce((sum, {positions}) => sum + positions * (multiLabel ? classes : 1), 0);
        const [rows, ids, scores] = [block.space(capacity * 4), block.space(capacity * 4), block.space(capacity * 4)];
        const ends = blocks.map(() => 0);
        let n = 0;
        let firstRow = 0;
        blocks.forEach(({positions, scores: s, objectness: o}, i) => {
            n = ends[i] = block.call('fv_detect_select', rows, ids, scores, n, capacity, place(s), positions, s.position, classes, s.value,
                o ? place(o) : 0, o ? o.position : 0, firstRow, ACTIVATIONS[activation], background, threshold, multiLabel ? 1 : 0);
            firstRow += positions;
        });

        const boxes = block.space(n * 16);
        const points = block.space(n * keypoints * 12);
        let from = firstRow = 0;
        blocks.forEach(({positions, boxes: b, points: p, grid = 0, anchors = 1, priors}, i) => {
            const count = ends[i] - from;
            if (count) {
                const about = [firstRow, priors ? block.input(priors) : 0, grid, anchors, block.input(coders[i])];
                block.call('fv_detect_boxes', boxes + from * 16, rows + from * 4, count, place(b), positions, b.position, b.value, ...about);
                if (p) {
                    block.call('fv_detect_points', points + from * keypoints * 12, rows + from * 4, count, keypoints, p.values,
                        place(p), positions, p.position, p.value, ...about);
                }
            }
            from = ends[i];
            firstRow += positions;
        });
        if (clip === 'tensor' && tensorSize) block.call('fv_box_clip', boxes, boxes, n, tensorSize[0], tensorSize[1]);

        const all = {
            rows: block.output(rows, new Int32Array(n)), classes: block.output(ids, new Int32Array(n)),
            boxes: block.output(boxes, new Float32Array(n * 4)), points: block.output(points, new Float32Array(n * keypoints * 3)),
        };
        if (labels && n) {
            const values = block.view(place(labels), Float32Array, labels.tensor.data.length - labels.at);
            all.rows.forEach((row, i) => (all.classes[i] = values[row * labels.position]));
            block.view(ids, Int32Array, n).set(all.classes);
        }
        const values = 4 + keypoints * 3;
        const joined = keypoints ? Float32Array.from({length: n * values}, (_, i) => {
            const [row, column] = [Math.floor(i / values), i % values];
            return column < 4 ? all.boxes[4 * row + column] : all.points[(values - 4) * row + column - 4];
        }) : all.boxes;
        const {indices, rows: merged, scores: kept} = rule(block, {
            n, boxes, rows: keypoints ? block.input(joined) : boxes, values, scores, classes: agnostic ? 0 : ids,
        });
        const results = merged ?? gather(joined, indices, values);
        return {
            boxes: keypoints ? columns(results, values, 0, 4) : results, keypoints: keypoints ? columns(results, values, 4, values) : undefined, scores: kept,
            classes: gather(all.classes, indices, 1), rows: gather(all.rows, indices, 1),
        };
    });
    return toPicture(found, view, clip);
}

/** The size of the network's input, where the options know it. @param {DetectOptions} options */
export function inputSize({size, view}) {
    if (view !== undefined) checkView('view', view);
    return checkSize('size', size) ?? view?.tensor;
}

/** A head may be anyone's: what it says of its tensors must be true. @param {Head} head @returns {Head} */
function checkHead(head) {
    const {blocks, classes, activation = 'none', background = -1, keypoints = 0, labels, size} = checkOptions(head, 'head');
    checkInteger('head.classes', classes), checkInteger('head.background', background, -1), checkInteger('head.keypoints', keypoints, 0, 65535);
    checkChoice('head.activation', ACTIVATIONS, activation), checkSize('head.size', size);
    if (!Array.isArray(blocks)) throw wrongType('head.blocks', 'an array of blocks', blocks);
    let rows = 0;
    for (const block of blocks) {
        const {positions, scores, objectness, boxes, points, grid = 0, anchors = 1, priors, coder} = checkOptions(block, 'head.blocks');
        const {bins = 0} = checkOptions(coder, 'coder');
        rows += checkInteger('positions', positions, 0);
        checkInteger('grid', grid, 0), checkInteger('anchors', anchors), checkInteger('bins', bins, 0, 1024);
        checkValues('scores', scores, positions, classes);
        if (objectness) checkValues('objectness', objectness, positions, 1);
        checkValues('boxes', boxes, positions, bins > 1 ? 4 * bins : 4);
        if (keypoints) {
            checkValues('points', points, positions, keypoints * checkInteger('points.values', points?.values, 2, 3));
        }
        const count = grid ? anchors * 2 : positions * 4;
        if (priors && !(priors instanceof Float32Array && priors.length === count)) throw wrongType('priors', `a Float32Array of ${count}`, priors);
    }
    if (labels) checkValues('labels', labels, rows, 1);
    return head;
}

/** Whether all values lie within their tensor. @param {string} name @param {Values | undefined} values @param {number} positions @param {number} count */
function checkValues(name, values, positions, count) {
    const {tensor, at, position, value} = /** @type {Values} */ (checkOptions(values ?? null, name));
    checkTensor(`${name}.tensor`, tensor);
    checkInteger(`${name}.at`, at, 0), checkInteger(`${name}.position`, position, 0), checkInteger(`${name}.value`, value, 0);
    const last = at + (positions - 1) * position + (count - 1) * value;
    if (positions && last >= tensor.data.length) throw wrong(name, `values within the ${tensor.data.length} of its tensor`, `one at ${last}`);
}

/** Place each tensor once. @param {Block} block @returns {(values: Values) => number} */
function placer(block) {
    /** @type {Map<Tensor, number>} */
    const placed = new Map();
    return ({tensor, at}) => {
        let ptr = placed.get(tensor);
        if (ptr === undefined) placed.set(tensor, ptr = placeFloats(block, tensor));
        return ptr + at * 4;
    };
}

/** @param {Coder} [coder] @returns {Float32Array} FV_CODER_COUNT floats */
function coderFloats({
    code = 'corners', bins = 0, swapped = false, step = [1, 1], offset = 0.5, centreShape = 'linear', sizeShape = 'linear',
    centreScale = 1, sizeScale = 1, gain = 1, limit = Infinity, pointScale = 1, pointShift = 0, visibility = 'none',
} = {}) {
    const [stepX, stepY] = checkList('step', step, 2);
    const numbers = {offset, gain, limit, centreScale, sizeScale, pointScale, pointShift};
    for (const [name, number] of Object.entries(numbers)) checkNumber(name, number);
    const values = {
        code: checkChoice('code', CODES, code), bins, swapped: swapped ? 1 : 0, step_x: stepX, step_y: stepY, offset,
        centre_shape: checkChoice('centreShape', SHAPES, centreShape), size_shape: checkChoice('sizeShape', SHAPES, sizeShape),
        centre_scale: centreScale, size_scale: sizeScale, gain, limit, point_scale: pointScale, point_shift: pointShift,
        visibility: checkChoice('visibility', {none: 0, sigmoid: 1}, visibility),
    };
    const floats = new Float32Array(CODER.count);
    for (const [name, value] of Object.entries(values)) floats[CODER[/** @type {keyof typeof CODER} */ (name)]] = value;
    return floats;
}

/**
 * Columns of rows.
 *
 * @param {Float32Array} rows
 * @param {number} width of a row
 * @param {number} from
 * @param {number} to
 */
const columns = (rows, width, from, to) => rows.filter((_, i) => i % width >= from && i % width < to);

/**
 * @param {Omit<Detections, 'count'>} found in the tensor
 * @param {View | undefined} view
 * @param {boolean | string} clip
 * @returns {Detections}
 */
function toPicture({boxes, scores, classes, rows, keypoints}, view, clip) {
    let out = view ? view.boxesToPicture(boxes) : boxes;
    if (view?.picture && (clip === true || clip === 'picture')) out = boxClip(out, {width: view.picture[0], height: view.picture[1]}).data;
    if (view && keypoints) {
        const [a, b, c, d, e, f] = view.matrix;
        for (let i = 0; i < keypoints.length; i += 3) {
            const [x, y] = [keypoints[i], keypoints[i + 1]];
            keypoints[i] = a * x + b * y + c;
            keypoints[i + 1] = d * x + e * y + f;
        }
    }
    return {count: scores.length, boxes: out, scores, classes, rows, ...(keypoints && {keypoints})};
}
