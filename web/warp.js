/** Pictures as maps, sampled through a transform and shown; the grid drawn where it looks. */
import { affineGrid, affineSample, gridSample, projectiveGrid, thetaFrom, toTensor } from 'fovea';
import { line } from './curve.js';
import { CORNERS, KNOB, mapping } from './transforms.js';

/** @typedef {import('./aligner.js').Maps} Maps */
/** @typedef {{ model: import('./transforms.js').Model, params: readonly number[] }} Transform */
/** @typedef {{ mode: any, paddingMode: any, alignCorners: boolean }} How */

/** How far the input's canvas shows, in normalised coordinates: there is something to see outside the picture too. */
const REACH = 1.4;
const CELLS = 8;
const DOTS = 32;

/** @param {ImageData} pixels @param {number} side @param {number} [scale] @returns {Maps} [1, 3, side, side] of the middle square */
export const mapsOf = (pixels, side, scale = 1) => toTensor(pixels, { width: side, height: side, fit: 'cover', resize: 'antialias', scale }).tensor;

/** @param {Maps} input @param {Transform} transform @param {number} side @param {How} how @returns {Maps} [1, 3, side, side] */
export function sampleThrough(input, { model, params }, side, how) {
    const theta = thetaFrom({ kind: model, params: [...params] });
    const size = [1, input.dims[1], side, side];
    return model === 'projective' ? gridSample(input, projectiveGrid(theta, size, how), how) : affineSample(input, theta, size, how);
}

/** @param {HTMLCanvasElement | OffscreenCanvas} canvas @param {Maps} maps [1, 3, H, W] from 0 to `white` @param {number} [white] */
export function showMaps(canvas, { data, dims: [,, height, width] }, white = 255) {
    const count = width * height;
    const image = new ImageData(width, height);
    const bytes = image.data;
    const gain = 255 / white;
    for (let i = 0, at = 0; i < count; i++, at += 4) {
        bytes[at] = data[i] * gain;
        bytes[at + 1] = data[count + i] * gain;
        bytes[at + 2] = data[2 * count + i] * gain;
        bytes[at + 3] = 255;
    }
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).putImageData(image, 0, 0);
    if (canvas instanceof HTMLCanvasElement) canvas.classList.toggle('coarse', width <= 128);
}

/** From normalised coordinates to shares of the input's canvas, and back. @param {number} side of the input @param {boolean} alignCorners */
export function frameOf(side, alignCorners) {
    const k = (alignCorners ? (side - 1) / side : 1) / REACH;
    return {
        /** @param {ArrayLike<number>} point @returns {[number, number]} */
        share: ({ 0: x, 1: y }) => [(x * k + 1) / 2, (y * k + 1) / 2],
        /** @param {readonly number[]} share @returns {[number, number]} */
        point: ([x, y]) => [(2 * x - 1) / k, (2 * y - 1) / k],
        step: k / 2,
    };
}

/** The input, and about it what is sampled outside. @param {Maps} input @param {number} side @param {How} how @returns {OffscreenCanvas} */
export function backdrop(input, side, how) {
    const canvas = new OffscreenCanvas(side, side);
    const inputSide = input.dims[3];
    const scale = 1 / (2 * frameOf(inputSide, how.alignCorners).step);
    showMaps(canvas, sampleThrough(input, { model: 'affine', params: [scale, 0, 0, 0, scale, 0] }, side, how));
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const [from, across] = [side * (1 - 1 / REACH) / 2, side / REACH];
    context.rect(0, 0, side, side);
    context.rect(from, from, across, across);
    context.fillStyle = 'rgb(22 27 30 / .72)';
    context.fill('evenodd');
    return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {OffscreenCanvas} behind
 * @param {Transform} transform
 * @param {{ side: number, outputSide: number, alignCorners: boolean, goal?: Transform }} scene goal: what is to be found
 */
export function drawGrid(canvas, behind, transform, { side, outputSide, alignCorners, goal }) {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const across = canvas.width;
    const unit = across / canvas.clientWidth;
    context.drawImage(behind, 0, 0, across, across);
    const { share } = frameOf(side, alignCorners);
    const place = (/** @type {ArrayLike<number>} */ point) => share(point).map((v) => v * across);
    const through = ({ model, params } = transform) => {
        const map = mapping(model, params);
        return (/** @type {readonly number[]} */ point) => place(map(point));
    };
    /** @param {number[][]} points @param {string} colour @param {number} width */
    const stroke = (points, colour, width) => {
        Object.assign(context, { strokeStyle: colour, lineWidth: width * unit, lineJoin: 'round', lineCap: 'round' });
        line(context, points);
    };
    const outline = [...CORNERS, CORNERS[0]];

    if (goal) {
        const at = outline.map(through(goal));
        stroke(at, 'rgb(0 0 0 / .55)', 5);
        context.setLineDash([8 * unit, 7 * unit]);
        stroke(at, '#ffc14d', 2.5);
        context.setLineDash([]);
    }
    const at = through();
    const lines = Array.from({ length: CELLS + 1 }, (_, i) => -1 + 2 * i / CELLS).flatMap((v) => [[[v, -1], [v, 1]], [[-1, v], [1, v]]]);
    for (const [colour, width] of /** @type {const} */ ([['rgb(0 0 0 / .35)', 2.6], ['rgb(150 238 242 / .9)', 1.1]])) {
        for (const ends of lines) stroke(ends.map(at), colour, width);
    }
    for (const [colour, width] of /** @type {const} */ ([['rgb(0 0 0 / .5)', 5], ['#7fe3e8', 2.5]])) {
        stroke(outline.map(at), colour, width);
        stroke([[0, -1], KNOB].map(at), colour, width);
    }
    if (outputSide <= DOTS) drawDots(context, transform, outputSide, alignCorners, place, unit);
}

/**
 * Every point that is sampled.
 * @param {CanvasRenderingContext2D} context @param {Transform} transform @param {number} outputSide @param {boolean} alignCorners
 * @param {(point: ArrayLike<number>) => number[]} place @param {number} unit of the page, in the canvas's pixels
 */
function drawDots(context, { model, params }, outputSide, alignCorners, place, unit) {
    const theta = thetaFrom({ kind: model, params: [...params] });
    const { data } = (model === 'projective' ? projectiveGrid : affineGrid)(theta, [1, 1, outputSide, outputSide], { alignCorners });
    Object.assign(context, { fillStyle: '#fff', strokeStyle: 'rgb(0 0 0 / .6)', lineWidth: unit });
    const [a, b] = [place(data.subarray(0, 2)), place(data.subarray(2, 4))];
    const radius = Math.min(3 * unit, 0.14 * Math.hypot(b[0] - a[0], b[1] - a[1]));
    for (let i = 0; i < data.length; i += 2) {
        const [x, y] = place([data[i], data[i + 1]]);
        context.beginPath();
        context.arc(x, y, radius, 0, 7);
        context.stroke();
        context.fill();
    }
}
