/**
 * Results drawn over a picture, with any 2D context: a canvas's, an OffscreenCanvas's, or that of @napi-rs/canvas.
 *
 * Places are the picture's, taken through the context's transform; sizes are CSS pixels. Everything is drawn in whole canvas pixels
 * whatever the transform, so lines stay crisp and text upright on a scaled or mirrored picture. Nothing is filled unless asked.
 * The context is left as it was found.
 */

import {PALETTE, checkArray, checkSize, makeLayer, readColor, withPen, wrong} from './pen.js';

/** @import {Context2D, Style} from './pen.js' */
/**
 * @typedef {Pick<Context2D, 'save' | 'restore' | 'canvas'> & {
 *     imageSmoothingEnabled: boolean, drawImage(image: any, x: number, y: number, width: number, height: number): void}} Layered
 */

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
 * @typedef {object} DrawnPose
 * @property {ArrayLike<number>} keypoints x, y, score of each joint, in the picture
 * @property {number} [score]
 * @property {number} [id] whose it is, as PoseTracker tells; it chooses the colour
 */

/**
 * Draw people: limbs as lines, joints as rings, or as dots with `fill`; the best on top. A joint that was not found (score 0), scores
 * less than `minScore` or has a NaN or infinite coordinate is skipped, and its limbs with it.
 *
 * @param {Context2D} ctx
 * @param {ArrayLike<DrawnPose>} poses
 * @param {{limbs: readonly (readonly [number, number])[], colors?: readonly string[]}} skeleton limbs: the joints each joins; colors: of the limbs
 * @param {Style} [style] its functions get the pose's index and, for the class, its id, or its index where it has none. color: default
 *   the id's of `PALETTE`, and without ids the skeleton's. label: default none; true for id and score
 * @throws {TypeError | RangeError} naming the argument that is wrong
 *
 * @example
 * drawPoses(ctx, tracker.update(poses), skeletons.COCO_17, {minScore: .3});
 */
export function drawPoses(ctx, poses, skeleton, style = {}) {
    const people = Array.from({length: checkArray('poses', poses)}, (_, index) => readPerson(`poses[${index}]`, poses[index], index));
    const {limbs, colors = []} = Object(skeleton);
    checkArray('skeleton.limbs', limbs);
    for (let i = 0; i < limbs.length; i++) checkArray(`skeleton.limbs[${i}]`, limbs[i], 2);
    checkArray('skeleton.colors', colors);

    withPen(ctx, style && {label: false, ...style}, (pen) => {
        const minScore = checkSize('style.minScore', style.minScore ?? 0);
        /** @type {(() => void)[]} */
        const figures = [];
        /** @type {(() => void)[]} */
        const texts = [];
        for (const {joints, score, id, index} of people.sort((p, q) => q.rank - p.rank || p.index - q.index)) {
            const found = joints.map((joint) => joint[2] > 0 && joint[2] >= minScore && joint.every(isFinite));
            const seen = joints.filter((_, j) => found[j]), xs = seen.map(([x]) => x), ys = seen.map(([, y]) => y);
            if (!seen.length) continue;
            const look = pen.lookOf(index, id ?? index), own = id !== undefined || style.color !== undefined;
            /** @type {Map<string, number[]>} */
            const lines = new Map();
            for (let i = 0; i < limbs.length; i++) {
                const [from, to] = limbs[i], color = own ? look.color : pen.checkColor(`skeleton.colors[${i}]`, colors[i] ?? look.color);
                if (found[from] && found[to]) lines.set(color, [...lines.get(color) ?? [], ...joints[from].slice(0, 2), ...joints[to].slice(0, 2), NaN, NaN]);
            }
            figures.push(() => {
                pen.lines(lines, look);
                for (const [x, y] of seen) pen.ring(x, y, look);
            });
            const frame = pen.box([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], look);
            const percent = score >= 0 ? `${Math.round(100 * score)}%` : '';
            if (frame) texts.push(pen.label(id === undefined ? '' : `#${id}`, percent, frame.bounds, look));
        }
        for (const draw of [...figures.reverse(), ...texts.reverse()]) draw();
    });
}

/** @param {string} name @param {DrawnPose} pose @param {number} index */
function readPerson(name, pose, index) {
    const {keypoints, score, id} = Object(pose);
    const count = checkArray(`${name}.keypoints`, keypoints) / 3;
    if (!Number.isInteger(count)) throw wrong(RangeError, `${name}.keypoints`, 'x, y, score of each', `${3 * count} numbers`);
    const joints = Array.from({length: count}, (_, j) => [0, 1, 2].map((k) => keypoints[3 * j + k]));
    return {joints, score, id, index, rank: score > -Infinity ? score : -Infinity};
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
        const look = pen.lookOf(0, 0);
        pen.lines([[look.color, points]], look);
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
 * @param {Layered} ctx
 * @param {{data: ArrayLike<number>, dims: readonly number[]}} map [H, W], or with sizes of 1 about it
 * @param {object} [style]
 * @param {ArrayLike<number>} [style.box] x1, y1, x2, y2 it is stretched over; default a unit of the context to a cell
 * @param {readonly [number, number]} [style.range] values of the darkest and the brightest; default the least and the largest of the map
 * @param {number} [style.opacity=1]
 * @param {readonly string[]} [style.colors] '#rrggbb', from low to high
 * @param {boolean} [style.smooth=false]
 * @throws {TypeError | RangeError} naming the argument that is wrong
 */
export function drawHeatmap(ctx, map, {box, range, opacity = 1, colors = HEAT, smooth = false} = {}) {
    const {data, width, height} = readMap('map', map);
    const [x1, y1, x2, y2] = box ? readBox(box) : [0, 0, width, height];
    const finite = Array.from(data).filter(isFinite);
    const [low, high] = range ?? [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
    const stops = colors.map((color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)));
    const layer = paintLayer(ctx, width, height, (pixels) => {
        for (let i = 0; i < width * height; i++) {
            if (!isFinite(data[i])) continue;
            const at = Math.max(0, Math.min(1, high > low ? (data[i] - low) / (high - low) : 0)) * (stops.length - 1);
            const from = Math.floor(at), to = Math.min(from + 1, stops.length - 1);
            for (let c = 0; c < 3; c++) pixels[4 * i + c] = stops[from][c] + (stops[to][c] - stops[from][c]) * (at - from);
            pixels[4 * i + 3] = 255 * opacity;
        }
    });
    ctx.save();
    ctx.imageSmoothingEnabled = smooth;
    ctx.drawImage(layer, x1, y1, x2 - x1, y2 - y1);
    ctx.restore();
}

/**
 * Tint what a mask covers, through the view of the tensor it belongs to, turned or not.
 *
 * @param {Layered & {transform(a: number, b: number, c: number, d: number, e: number, f: number): void}} ctx
 * @param {{data: ArrayLike<number>, dims: readonly number[]}} mask [H, W], or with sizes of 1 about it: 0 outside, 1 inside
 * @param {object} [style]
 * @param {{matrix: ArrayLike<number>, tensor?: readonly [number, number]}} [style.view] of the tensor, over all of which the mask lies
 * @param {ArrayLike<number>} [style.box] x1, y1, x2, y2 it is stretched over: in the tensor of the view, or in the picture if there is none.
 *   Default the view's tensor, or else a unit to a cell
 * @param {string} [style.color] any CSS colour
 * @param {number} [style.opacity=0.5]
 * @param {number} [style.threshold] cells from this on are inside, others outside; default: the mask's values are shares
 * @throws {TypeError | RangeError} naming the argument that is wrong
 */
export function drawMask(ctx, mask, style = {}) {
    const {view, box, color = PALETTE[0], opacity = 0.5, threshold} = Object(style);
    const {data, width, height} = readMap('mask', mask);
    if (view !== undefined) checkArray('style.view.matrix', Object(view).matrix, 6);
    const [x1, y1, x2, y2] = box ? readBox(box) : [0, 0, ...view?.tensor ?? [width, height]];
    const [red, green, blue] = readColor('style.color', color, ctx);
    checkSize('style.opacity', opacity);
    const layer = paintLayer(ctx, width, height, (pixels) => {
        for (let i = 0; i < width * height; i++) {
            const share = threshold === undefined ? Math.max(0, Math.min(1, data[i])) : data[i] >= threshold ? 1 : 0;
            pixels.set([red, green, blue, 255 * opacity * share], 4 * i);
        }
    });
    ctx.save();
    if (view) {
        const [a, b, c, d, e, f] = Array.from(view.matrix);
        ctx.transform(a, d, b, e, c, f);
    }
    ctx.imageSmoothingEnabled = true;
    ctx.drawImage(layer, x1, y1, x2 - x1, y2 - y1);
    ctx.restore();
}

/**
 * A canvas of its own, painted pixel by pixel.
 *
 * @param {Layered} ctx
 * @param {number} width
 * @param {number} height
 * @param {(pixels: Uint8ClampedArray) => void} paint
 * @returns {any}
 */
function paintLayer(ctx, width, height, paint) {
    const layer = makeLayer(ctx.canvas, width, height);
    const image = layer.createImageData(width, height);
    paint(image.data);
    layer.putImageData(image, 0, 0);
    return layer.canvas;
}

/** @param {string} name @param {any} map */
function readMap(name, map) {
    const {data, dims} = Object(map);
    const sizes = Array.isArray(dims) ? dims.slice(0, dims.at(-1) === 1 && data?.length > dims.at(-2) ? -1 : undefined) : [];
    const [height, width] = sizes.slice(-2);
    if (!(width > 0 && height > 0)) throw wrong(TypeError, name, 'a tensor [H, W]', map);
    checkArray(`${name}.data`, data, width * height);
    return {data, width, height};
}

/** @param {any} box */
function readBox(box) {
    checkArray('style.box', box, 4);
    return Array.from(box);
}

/** @param {string} name @param {any} points @returns {ArrayLike<number>} */
function pairs(name, points) {
    const values = points?.data ?? points;
    if (checkArray(name, values) % 2) throw wrong(RangeError, name, 'x, y of each', `${values.length} numbers`);
    return values;
}
