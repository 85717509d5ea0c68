/**
 * NanoDet from pixels to boxes, straight from its definition: float64, one number at a time, sharing no code with the library.
 * Slow and plain on purpose: it is what the library is compared with.
 */

import { nanodetMaps, select, toPicture } from './heads64.js';

export { iou64 } from './heads64.js';

const SIZE = 416;
const CLASSES = 80;
const BINS = 11;
const MEAN = [103.53, 116.28, 123.675];
const STD = [57.375, 57.12, 58.395];

/** The heads of the npm weights, one per stride: [1, 52, 52, 124], [1, 26, 26, 124], [1, 13, 13, 124]. */
export const HEADS = ['PartitionedCall/Add_29', 'PartitionedCall/Add_33', 'PartitionedCall/Add_37'];
const STRIDES = [8, 16, 32];

/**
 * Centred letterbox, bilinear with half-pixel centres, black bars, then BGR planes less the mean over the deviation.
 * @param {{ data: Uint8Array | Uint8ClampedArray, width: number, height: number }} frame RGBA
 * @returns {{ planes: Float64Array, geometry: { scaleX: number, scaleY: number, left: number, top: number } }}
 */
export function prepare64({ data, width, height }) {
    const scale = Math.min(SIZE / width, SIZE / height);
    const w = Math.round(width * scale);
    const h = Math.round(height * scale);
    const left = Math.floor((SIZE - w) / 2);
    const top = Math.floor((SIZE - h) / 2);
    const planes = new Float64Array(3 * SIZE * SIZE);
    const clamp = (/** @type {number} */ v, /** @type {number} */ high) => Math.min(Math.max(v, 0), high);
    for (let c = 0; c < 3; c++) {
        for (let i = 0; i < SIZE; i++) {
            for (let j = 0; j < SIZE; j++) {
                let value = 0;
                if (i >= top && i < top + h && j >= left && j < left + w) {
                    const y = (i - top + 0.5) * height / h - 0.5;
                    const x = (j - left + 0.5) * width / w - 0.5;
                    const y0 = Math.floor(y);
                    const x0 = Math.floor(x);
                    const at = (/** @type {number} */ row, /** @type {number} */ column) =>
                        data[(clamp(row, height - 1) * width + clamp(column, width - 1)) * 4 + 2 - c];
                    const upper = at(y0, x0) * (1 - (x - x0)) + at(y0, x0 + 1) * (x - x0);
                    const lower = at(y0 + 1, x0) * (1 - (x - x0)) + at(y0 + 1, x0 + 1) * (x - x0);
                    value = upper * (1 - (y - y0)) + lower * (y - y0);
                }
                planes[(c * SIZE + i) * SIZE + j] = (value - MEAN[c]) / STD[c];
            }
        }
    }
    return { planes, geometry: { scaleX: w / width, scaleY: h / height, left, top } };
}

/**
 * @param {ArrayLike<number>[]} heads in the order of HEADS, rows of 80 class logits and 4 x 11 distance logits
 * @param {import('./heads64.js').Geometry} geometry
 * @param {{ scoreThreshold: number, iouThreshold: number }} thresholds
 * @returns {{ class: number, score: number, box: number[] }[]} boxes x1, y1, x2, y2 in the picture, best first
 */
export function decode64(heads, geometry, thresholds) {
    const maps = heads.map((data, level) => ({ data, dims: [1, SIZE / STRIDES[level], SIZE / STRIDES[level], CLASSES + 4 * BINS] }));
    return toPicture(select(nanodetMaps(maps, { classes: CLASSES, strides: STRIDES }), thresholds), geometry);
}
