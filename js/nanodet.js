import {checkChoice, checkFinite, checkInteger, checkList, checkOptions} from './check.js';
import {ACTIVATIONS, decodeHead, inputSize} from './detect.js';
import {countOf, layoutOf, levelOf, listOf, splitByStride, stepsOf, wrongShape} from './outputs.js';

/** @import {Detections, DetectOptions, HeadBlock} from './detect.js' */
/** @import {Level, Outputs} from './outputs.js' */
/** @import {Tensor} from './tensor.js' */

/**
 * Decode NanoDet (and any head of generalised focal loss: distances in bins, one score per class).
 *
 * Outputs, in any order: one map per stride with both, [1, H, W, classes + 4 * bins] or [1, classes + 4 * bins, H, W] (logits);
 * or rows, [1, H * W, classes] and [1, H * W, 4 * bins], or both in one, for each stride or for all together (scores as
 * exported, usually after the sigmoid).
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
 *   for maps, 'none' for rows
 * @returns {Detections}
 */
export function decodeNanoDet(outputs, options) {
    const {classes = 80, bins, strides: perLevel, offset = 0.5, activation, image = 0, ...rest} = checkOptions(options);
    const C = countOf(classes);
    checkFinite('offset', offset);
    if (bins !== undefined) checkInteger('bins', bins, 2, 1024);
    const strides = perLevel && checkList('strides', perLevel, undefined, 1);
    const tensors = listOf(outputs);
    const size = inputSize(rest);
    const isMaps = tensors.every(({dims}) => dims.length === 4);
    const layout = isMaps ? layoutOf(tensors) : 'rows';
    const pairs = pairUp(tensors.map((tensor) => levelOf(tensor, image, isMaps ? lengths(tensor, C, bins) : [], layout)), C)
        .sort((a, b) => b.scores.positions - a.scores.positions);
    const B = bins ?? (pairs[0] && (pairs[0].boxes.values - pairs[0].at) / 4);
    if (!pairs.length || !(B >= 2) || pairs.some(({boxes, at}) => boxes.values - at !== 4 * B)) {
        throw wrongShape(`${C} classes and 4 * ${bins ?? 'bins'} distances at each stride`, tensors);
    }
    const one = pairs.length === 1 && !isMaps ? pairs[0] : null;
    const boxes = one ? splitByStride(one.boxes, strides, size) : pairs.map((pair) => pair.boxes);
    const scores = one ? splitByStride(one.scores, strides, size) : pairs.map((pair) => pair.scores);
    const all = {...scores[0], positions: scores.reduce((sum, {positions}) => sum + positions, 0)};
    const grids = isMaps || one ? scores : splitByStride(all, strides ?? [8, 16, 32, 64].slice(0, scores.length), size);
    const steps = stepsOf(grids, strides, size);
    const kind = activation ?? (isMaps ? 'sigmoid' : 'none');
    checkChoice('activation', ACTIVATIONS, kind);
    const blocks = scores.map((level, i) => /** @type {HeadBlock} */ ({
        positions: level.positions, scores: level.from(0), boxes: boxes[i].from(pairs[0].at), grid: grids[i].width,
        coder: {code: 'distance', bins: B, step: steps[i], offset},
    }));
    return decodeHead({blocks, classes: C, activation: kind, size}, rest);
}

/** How many values a map may hold. @param {Tensor} tensor @param {number} classes @param {number | undefined} bins */
function lengths({dims}, classes, bins) {
    return [dims[1], dims[3]].filter((n) => bins ? n === classes + 4 * bins : n > classes && (n - classes) % 4 === 0);
}

/**
 * Scores and distances, together or apart: then those of equally many rows.
 *
 * @param {Level[]} levels
 * @param {number} classes
 * @returns {{scores: Level, boxes: Level, at: number}[]} at: value where the distances begin
 */
function pairUp(levels, classes) {
    if (levels.every(({values}) => values > classes)) return levels.map((level) => ({scores: level, boxes: level, at: classes}));
    /** @param {Level} a */
    const firstOf = (a) => levels.find((b) => b.positions === a.positions && b.values === classes);
    const scores = levels.filter((level) => level === firstOf(level));
    return scores.flatMap((s) => {
        const boxes = levels.find((level) => level.positions === s.positions && !scores.includes(level));
        return boxes ? [{scores: s, boxes, at: 0}] : [];
    });
}
