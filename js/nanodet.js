import {ACTIVATIONS, decodeHead} from './detect.js';
import {checkChoice, checkInteger} from './tensor.js';
import {gridsOf, listOf, stepsOf} from './yolo.js';

/** @import {Detections, DetectOptions, HeadBlock, Values} from './detect.js' */
/** @import {Tensor} from './tensor.js' */
/** @import {Outputs} from './yolo.js' */

/**
 * Decode NanoDet (and any head of generalised focal loss: distances in bins, one score per class).
 *
 * Outputs, in any order: one map per stride with both, [1, H, W, classes + 4 * bins] or [1, classes + 4 * bins, H, W] (logits);
 * or for each stride a pair [1, H * W, classes] and [1, H * W, 4 * bins] (scores as exported, usually after the sigmoid).
 *
 * @param {Outputs} outputs
 * @param {DetectOptions & {
 *   classes?: number | readonly string[],
 *   bins?: number,
 *   strides?: number[],
 *   offset?: number,
 *   activation?: keyof typeof ACTIVATIONS,
 *   image?: number,
 * }} [options] classes: how many, or their names; default 80. bins: reg_max + 1, default: what the outputs leave. strides: default: what
 *   size and grids imply. offset: of a cell's centre, in cells: .5; NanoDet-Plus: 0. activation: of the scores, default 'sigmoid'
 *   for maps with both, 'none' for pairs
 * @returns {Detections}
 */
export function decodeNanoDet(outputs, {classes = 80, bins, strides, offset = 0.5, activation, image = 0, ...options} = {}) {
    const C = checkInteger('classes', typeof classes === 'object' ? classes.length : classes);
    checkInteger('image', image, 0);
    const tensors = listOf(outputs);
    const size = options.size ?? options.view?.tensor;
    const fused = tensors.every(({dims}) => dims.length === 4);
    const levels = (fused ? tensors.map((tensor) => fusedLevel(tensor, C, image)) : pairLevels(tensors, C, image))
        .sort((a, b) => b.positions - a.positions);
    const B = bins ?? levels[0].bins;
    if (!Number.isInteger(B) || B < 2 || levels.some((level) => level.bins !== B)) {
        const got = tensors.map(({dims}) => `[${dims.join(', ')}]`).join(', ');
        throw new RangeError(`outputs: expected ${C} classes and 4 * ${Number.isInteger(B) ? B : 'bins'} distances, got ${got}`);
    }
    /** @type {{width: number, height: number, step: [number, number]}[]} */
    let grids;
    if (fused) {
        const steps = stepsOf(levels, strides, size);
        grids = levels.map(({width, height}, i) => ({width, height, step: steps[i]}));
    } else {
        grids = gridsOf(size, strides ?? [8, 16, 32, 64].slice(0, levels.length), levels.reduce((sum, {positions}) => sum + positions, 0));
    }
    const blocks = levels.map(({positions, scores, boxes}, i) => {
        if (positions !== grids[i].width * grids[i].height) throw new RangeError(`outputs: ${positions} rows are not a grid of ${grids[i].width} x ${grids[i].height}`);
        return /** @type {HeadBlock} */ ({
            positions, scores, boxes, grid: grids[i].width, coder: {code: 'distance', bins: B, step: grids[i].step, offset},
        });
    });
    const kind = activation ?? (fused ? 'sigmoid' : 'none');
    checkChoice('activation', ACTIVATIONS, kind);
    return decodeHead({blocks, classes: C, activation: kind, size}, options);
}

/** @typedef {{positions: number, width: number, height: number, bins: number, scores: Values, boxes: Values}} Level */

/** @param {Tensor} tensor @param {number} classes @param {number} image @returns {Level} */
function fusedLevel(tensor, classes, image) {
    const [N, a, b, c] = tensor.dims;
    const nhwc = c > classes && (c - classes) % 4 === 0;
    const [height, width, values] = nhwc ? [a, b, c] : [b, c, a];
    checkInteger('image', image, 0, N - 1);
    const positions = width * height;
    const [position, value] = nhwc ? [values, 1] : [1, positions];
    /** @param {number} v */
    const from = (v) => ({tensor, at: image * values * positions + v * value, position, value});
    return {positions, width, height, bins: (values - classes) / 4, scores: from(0), boxes: from(classes)};
}

/** @param {Tensor[]} tensors @param {number} classes @param {number} image @returns {Level[]} */
function pairLevels(tensors, classes, image) {
    /** @param {Tensor} t */
    const rowsOf = ({dims}) => dims[dims.length - 2];
    /** @param {Tensor} tensor @returns {Values} */
    const all = (tensor) => {
        const width = tensor.dims[tensor.dims.length - 1];
        checkInteger('image', image, 0, (tensor.dims.length === 3 ? tensor.dims[0] : 1) - 1);
        return {tensor, at: image * rowsOf(tensor) * width, position: width, value: 1};
    };
    const scores = tensors.filter(({dims}) => dims[dims.length - 1] === classes);
    return scores.map((tensor) => {
        const boxes = tensors.find((other) => !scores.includes(other) && rowsOf(other) === rowsOf(tensor));
        if (!boxes) throw new RangeError(`outputs: no distances [1, ${rowsOf(tensor)}, 4 * bins] for the scores [${tensor.dims.join(', ')}]`);
        return {
            positions: rowsOf(tensor), width: 0, height: 0, bins: boxes.dims[boxes.dims.length - 1] / 4, scores: all(tensor), boxes: all(boxes),
        };
    });
}
