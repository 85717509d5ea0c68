import {checkChoice, checkInteger} from './check.js';
import {ACTIVATIONS, decodeHead} from './detect.js';
import {levelOf, listOf, splitByStride, stepsOf, wrongShape} from './outputs.js';

/** @import {Detections, DetectOptions, HeadBlock} from './detect.js' */
/** @import {Level, Outputs} from './outputs.js' */

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
    const tensors = listOf(outputs);
    const size = options.size ?? options.view?.tensor;
    const fused = tensors.every(({dims}) => dims.length === 4);
    /** @type {{scores: Level, boxes: Level, at: number}[]} at: value where the distances begin */
    const pairs = (fused ? tensors.map((tensor) => {
        const values = tensor.dims.find((d, i) => (i === 1 || i === 3) && d > C && (d - C) % 4 === 0 && (!bins || d === C + 4 * bins));
        const level = levelOf(tensor, image, [values]);
        return {scores: level, boxes: level, at: C};
    }) : pairUp(tensors.map((tensor) => levelOf(tensor, image, [tensor.dims[tensor.dims.length - 1]])), C))
        .sort((a, b) => b.scores.positions - a.scores.positions);
    const B = bins ?? (pairs[0] && (pairs[0].boxes.values - pairs[0].at) / 4);
    if (!(B >= 2) || pairs.some(({boxes, at}) => boxes.values - at !== 4 * B)) {
        throw wrongShape(`${C} classes and 4 * ${bins ?? 'bins'} distances at each stride`, tensors);
    }
    const levels = pairs.map(({scores}) => scores);
    const total = {...levels[0], positions: levels.reduce((sum, {positions}) => sum + positions, 0)};
    const grids = fused ? levels : splitByStride(total, strides ?? [8, 16, 32, 64].slice(0, levels.length), size);
    const steps = stepsOf(grids, strides, size);
    const kind = activation ?? (fused ? 'sigmoid' : 'none');
    checkChoice('activation', ACTIVATIONS, kind);
    const blocks = pairs.map(({scores, boxes, at}, i) => /** @type {HeadBlock} */ ({
        positions: scores.positions, scores: scores.from(0), boxes: boxes.from(at), grid: grids[i].width,
        coder: {code: 'distance', bins: B, step: steps[i], offset},
    }));
    return decodeHead({blocks, classes: C, activation: kind, size}, options);
}

/** Scores and distances of equally many rows. @param {Level[]} levels @param {number} classes */
function pairUp(levels, classes) {
    const scores = levels.filter(({values}) => values === classes);
    return scores.flatMap((s) => {
        const boxes = levels.find((level) => level.positions === s.positions && !scores.includes(level));
        return boxes ? [{scores: s, boxes, at: 0}] : [];
    });
}
