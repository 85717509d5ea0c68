import {checkChoice, checkNumber, checkOptions} from './check.js';
import {asRows} from './tensor.js';
import {checkRoom, withBlock} from './wasm.js';

/** @import {Tensor, FloatTensor} from './tensor.js' */

/** @typedef {Tensor | ArrayLike<number>} Boxes [N, 4] as a tensor, or flat */

export const FORMATS = /** @abi FV_BOX_ */ {xyxy: 0, xywh: 1, cxcywh: 2};
export const IOUS = /** @abi FV_IOU_ */ {iou: 0, giou: 1, diou: 2, ciou: 3};

/**
 * Boxes in another format (torchvision's box_convert): corners x1, y1, x2, y2; corner and size; centre and size.
 *
 * @param {Boxes} boxes
 * @param {{from: keyof typeof FORMATS, to: keyof typeof FORMATS}} formats
 * @returns {FloatTensor} [N, 4]
 */
export function boxConvert(boxes, formats) {
    const {from, to} = checkOptions(formats, 'formats');
    const [f, t] = [checkChoice('from', FORMATS, from), checkChoice('to', FORMATS, to)];
    return rewritten(boxes, (block, dst, n) => block.call('fv_box_convert', dst, dst, n, f, t));
}

/**
 * Boxes clipped to [0, width] x [0, height] (torchvision's clip_boxes_to_image).
 *
 * @param {Boxes} boxes x1, y1, x2, y2
 * @param {{width: number, height: number}} size
 * @returns {FloatTensor} [N, 4]
 */
export function boxClip(boxes, size) {
    const {width, height} = checkOptions(size, 'size');
    checkNumber('width', width), checkNumber('height', height);
    return rewritten(boxes, (block, dst, n) => block.call('fv_box_clip', dst, dst, n, width, height));
}

/**
 * Which boxes are at least `minSize` wide and high (torchvision's remove_small_boxes).
 *
 * @param {Boxes} boxes x1, y1, x2, y2
 * @param {number} minSize
 * @returns {Int32Array} their indices
 */
export function boxesOfSize(boxes, minSize) {
    const {data, dims: [n]} = asRows('boxes', boxes, 4);
    checkNumber('minSize', minSize);
    const wide = Array.from({length: n}, (_, i) => i)
        .filter((i) => Math.fround(data[4 * i + 2] - data[4 * i]) >= minSize && Math.fround(data[4 * i + 3] - data[4 * i + 1]) >= minSize);
    return Int32Array.from(wide);
}

/**
 * Every box of a against every box of b: IoU, or its generalised, distance or complete form (torchvision's box_iou,
 * generalized_, distance_, complete_box_iou; two boxes of no area give NaN).
 *
 * @param {Boxes} a [N, 4] x1, y1, x2, y2
 * @param {Boxes} b [M, 4]
 * @param {{kind?: keyof typeof IOUS}} [options]
 * @returns {FloatTensor} [N, M]
 */
export function boxIou(a, b, options) {
    const {kind = 'iou'} = checkOptions(options);
    const k = checkChoice('kind', IOUS, kind);
    const {data: A, dims: [N]} = asRows('a', a, 4);
    const {data: B, dims: [M]} = asRows('b', b, 4);
    checkRoom(N * M * 4);
    const data = new Float32Array(N * M);
    withBlock((block) => {
        const dst = block.space(data.byteLength);
        block.call('fv_box_iou', dst, block.input(A), N, block.input(B), M, k);
        block.output(dst, data);
    });
    return {data, dims: [N, M]};
}

/** @param {Boxes} boxes @param {(block: import('./wasm.js').Block, dst: number, n: number) => void} change @returns {FloatTensor} */
function rewritten(boxes, change) {
    const {data, dims} = asRows('boxes', boxes, 4);
    return withBlock((block) => {
        const dst = block.input(data);
        change(block, dst, dims[0]);
        return {data: block.output(dst, new Float32Array(data.length)), dims};
    });
}
