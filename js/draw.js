/**
 * Results drawn over a picture, with any 2D context: a canvas's, an OffscreenCanvas's, or that of @napi-rs/canvas.
 *
 * Places are the picture's, taken through the context's transform; sizes are CSS pixels. Everything is drawn in whole canvas pixels
 * whatever the transform, so lines stay crisp and text upright on a scaled or mirrored picture. Nothing is filled unless asked.
 * The context is left as it was found.
 */

import {checkArray, checkSize, withPen, wrong} from './pen.js';

/** @import {Context2D, Style} from './pen.js' */

export {PALETTE} from './pen.js';

/** Samples of inferno, the colour map of matplotlib (CC0). */
const HEAT = ['#000004', '#1b0c41', '#4a0c6b', '#781c6d', '#a52c60', '#cf4446', '#ed6925', '#fb9b06', '#f7d13d', '#fcffa4'];

/**
 * @typedef {object} Detections
 * @property {number} [count] by default as many as there are boxes
 * @property {ArrayLike<number>} boxes x1, y1, x2, y2 of each, in the picture
 * @property {ArrayLike<number>} [scores] 0 to 1
 * @property {ArrayLike<number>} [classes]
 */

/**
 * Draw boxes with their names and scores, the best on top. A box with a NaN or infinite corner, or wholly outside the canvas, is skipped.
 *
 * @param {Context2D} ctx
 * @param {Detections} detections
 * @param {ArrayLike<string> | null} [labels] the classes' names
 * @param {Style} [style]
 * @throws {TypeError | RangeError} naming the argument that is wrong
 *
 * @example
 * drawDetections(ctx, detections, COCO_80, {color: (index, cls) => cls === 0 ? 'gold' : 'grey', plate: true});
 */
export function drawDetections(ctx, detections, labels, style = {}) {
    const {boxes, scores, classes} = Object(detections);
    const count = detections?.count ?? Math.floor(checkArray('detections.boxes', boxes) / 4);
    if (!(Number.isInteger(count) && count >= 0)) throw wrong(RangeError, 'detections.count', 'a whole number', count);
    checkArray('detections.boxes', boxes, 4 * count);
    if (scores) checkArray('detections.scores', scores, count);
    if (classes) checkArray('detections.classes', classes, count);
    if (labels) checkArray('labels', labels);

    withPen(ctx, style, (pen) => {
        const rank = Array.from({length: count}, (_, i) => scores && isFinite(scores[i]) ? scores[i] : -Infinity);
        const bestFirst = [...rank.keys()].sort((i, j) => rank[j] - rank[i]);
        /** @type {(() => void)[]} */
        const frames = [];
        /** @type {(() => void)[]} */
        const texts = [];
        for (const i of bestFirst) {
            const box = [0, 1, 2, 3].map((k) => boxes[4 * i + k]);
            if (!box.every(isFinite)) continue;
            const cls = classes?.[i] ?? 0;
            const look = pen.lookOf(i, cls), frame = pen.box(box, look);
            if (!frame) continue;
            const name = labels?.[cls] ?? (classes ? `class ${cls}` : '');
            const percent = rank[i] > -Infinity ? `${Math.round(100 * rank[i])}%` : '';
            frames.push(frame.draw);
            texts.push(pen.label(name, percent, frame.bounds, look));
        }
        for (const draw of [...frames.reverse(), ...texts.reverse()]) draw();
    });
}

/**
 * Draw keypoints as rings, or as dots with `fill`. A point with a NaN or infinite coordinate is skipped.
 *
 * @param {Context2D} ctx
 * @param {ArrayLike<number>} keypoints x, y, score of each, in the picture
 * @param {Style} [style] its functions get the point's index, and 0 for the class
 * @throws {TypeError | RangeError} naming the argument that is wrong
 */
export function drawKeypoints(ctx, keypoints, style = {}) {
    const count = checkArray('keypoints', keypoints) / 3;
    if (!Number.isInteger(count)) throw wrong(RangeError, 'keypoints', 'x, y, score of each', `${3 * count} numbers`);

    withPen(ctx, style, (pen) => {
        const minScore = checkSize('style.minScore', style.minScore ?? 0);
        for (let i = 0; i < count; i++) {
            const [x, y, score] = [0, 1, 2].map((k) => keypoints[3 * i + k]);
            if (isFinite(x) && isFinite(y) && !(score < minScore)) pen.ring(x, y, pen.lookOf(i, 0));
        }
    });
}

/**
 * Draw a path: a line through its points. A point with a NaN or infinite coordinate parts it.
 *
 * @param {Context2D} ctx
 * @param {ArrayLike<number> | {data: ArrayLike<number>}} path x, y of each point, or a tensor [S, 2], as pathCost answers
 * @param {Style & {knots?: ArrayLike<number> | {data: ArrayLike<number>}}} [style] knots: drawn as dots upon it; its functions get 0, or the knot's index
 * @throws {TypeError | RangeError} naming the argument that is wrong
 */
export function drawPath(ctx, path, style = {}) {
    const points = pairs('path', path), knots = pairs('style.knots', Object(style).knots ?? []);
    withPen(ctx, style, (pen) => {
        pen.line(points, pen.lookOf(0, 0));
        for (let i = 0; i < knots.length; i += 2) {
            if (isFinite(knots[i]) && isFinite(knots[i + 1])) pen.ring(knots[i], knots[i + 1], pen.lookOf(i / 2, 0));
        }
    });
}

/**
 * Draw arrows, such as a gradient's. One with a NaN or infinite number, or shorter than a pixel, is skipped.
 *
 * @param {Context2D} ctx
 * @param {ArrayLike<number> | {data: ArrayLike<number>}} points x, y where each begins
 * @param {ArrayLike<number> | {data: ArrayLike<number>}} vectors dx, dy of each
 * @param {Style & {length?: number}} [style] length: what the vectors are multiplied by; default 1. radius: half an arrow's head
 * @throws {TypeError | RangeError} naming the argument that is wrong
 */
export function drawArrows(ctx, points, vectors, style = {}) {
    const from = pairs('points', points), by = pairs('vectors', vectors), {length = 1} = Object(style);
    if (from.length !== by.length) throw wrong(RangeError, 'vectors', `${from.length} numbers`, by.length);
    withPen(ctx, style, (pen) => {
        for (let i = 0; i < from.length; i += 2) {
            const arrow = /** @type {const} */ ([from[i], from[i + 1], by[i] * length, by[i + 1] * length]);
            if (arrow.every(isFinite)) pen.arrow(...arrow, pen.lookOf(i / 2, 0));
        }
    });
}

/**
 * Draw a map over a rectangle, dark where it is low and bright where it is high; NaN and infinite cells are left clear.
 *
 * @param {Pick<Context2D, 'save' | 'restore' | 'canvas'> & {imageSmoothingEnabled: boolean, drawImage(image: any, x: number, y: number, width: number, height: number): void}} ctx
 * @param {{data: ArrayLike<number>, dims: readonly number[]}} map [H, W], or with sizes of 1 before
 * @param {object} [style]
 * @param {ArrayLike<number>} [style.box] x1, y1, x2, y2 it is stretched over; default a unit of the context to a cell
 * @param {readonly [number, number]} [style.range] values of the darkest and the brightest; default the least and the largest of the map
 * @param {number} [style.opacity=1]
 * @param {readonly string[]} [style.colors] '#rrggbb', from low to high
 * @param {boolean} [style.smooth=false]
 * @throws {TypeError | RangeError} naming the argument that is wrong
 */
export function drawHeatmap(ctx, map, {box, range, opacity = 1, colors = HEAT, smooth = false} = {}) {
    const {data, dims} = Object(map);
    const [height, width] = (Array.isArray(dims) ? dims : []).slice(-2);
    if (!(width > 0 && height > 0)) throw wrong(TypeError, 'map', 'a tensor [H, W]', map);
    checkArray('map.data', data, width * height);
    const [x1, y1, x2, y2] = box ? Array.from(box) : [0, 0, width, height];
    const finite = Array.from(data).filter(isFinite);
    const [low, high] = range ?? [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
    const stops = colors.map((color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)));
    const layer = new (/** @type {any} */ (globalThis.OffscreenCanvas) ?? ctx.canvas.constructor)(width, height).getContext('2d');
    const image = layer.createImageData(width, height);
    for (let i = 0; i < width * height; i++) {
        if (!isFinite(data[i])) continue;
        const at = Math.max(0, Math.min(1, high > low ? (data[i] - low) / (high - low) : 0)) * (stops.length - 1);
        const from = Math.floor(at), to = Math.min(from + 1, stops.length - 1);
        for (let c = 0; c < 3; c++) image.data[4 * i + c] = stops[from][c] + (stops[to][c] - stops[from][c]) * (at - from);
        image.data[4 * i + 3] = 255 * opacity;
    }
    layer.putImageData(image, 0, 0);
    ctx.save();
    ctx.imageSmoothingEnabled = smooth;
    ctx.drawImage(layer.canvas, x1, y1, x2 - x1, y2 - y1);
    ctx.restore();
}

/** @param {string} name @param {any} points @returns {ArrayLike<number>} */
function pairs(name, points) {
    const values = points?.data ?? points;
    if (checkArray(name, values) % 2) throw wrong(RangeError, name, 'x, y of each', `${values.length} numbers`);
    return values;
}
