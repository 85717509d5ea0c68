/**
 * NanoDet from pixels to boxes, straight from its definition: float64, one number at a time, sharing no code with the library.
 * Slow and plain on purpose: it is what the library is compared with.
 */

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
 * @param {ReturnType<typeof prepare64>['geometry']} geometry
 * @param {{ scoreThreshold: number, iouThreshold: number }} thresholds
 * @returns {{ class: number, score: number, box: number[] }[]} boxes x1, y1, x2, y2 in the picture, best first
 */
export function decode64(heads, geometry, { scoreThreshold, iouThreshold }) {
    const candidates = heads.flatMap((head, level) => {
        const stride = STRIDES[level];
        const side = SIZE / stride;
        const found = [];
        for (let cell = 0; cell < side * side; cell++) {
            const row = Array.from({ length: CLASSES + 4 * BINS }, (_, k) => head[cell * (CLASSES + 4 * BINS) + k]);
            const logits = row.slice(0, CLASSES);
            const best = logits.indexOf(Math.max(...logits));
            const score = 1 / (1 + Math.exp(-logits[best]));
            if (score < scoreThreshold) continue;
            const [l, t, r, b] = [0, 1, 2, 3].map((edge) => stride * expectation(row.slice(CLASSES + edge * BINS, CLASSES + (edge + 1) * BINS)));
            const x = (cell % side + 0.5) * stride;
            const y = (Math.floor(cell / side) + 0.5) * stride;
            const { scaleX, scaleY, left, top } = geometry;
            found.push({
                class: best,
                score,
                box: [(x - l - left) / scaleX, (y - t - top) / scaleY, (x + r - left) / scaleX, (y + b - top) / scaleY],
            });
        }
        return found;
    });
    candidates.sort((a, b) => b.score - a.score);
    /** @type {typeof candidates} */
    const kept = [];
    for (const one of candidates) {
        if (kept.every((other) => other.class !== one.class || iou64(other.box, one.box) <= iouThreshold)) kept.push(one);
    }
    return kept;
}

/** @param {number[]} logits */
function expectation(logits) {
    const top = Math.max(...logits);
    const weights = logits.map((v) => Math.exp(v - top));
    return weights.reduce((sum, v, k) => sum + v * k, 0) / weights.reduce((sum, v) => sum + v, 0);
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b boxes x1, y1, x2, y2 */
export function iou64(a, b) {
    const overlap = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
    const area = (/** @type {ArrayLike<number>} */ box) => (box[2] - box[0]) * (box[3] - box[1]);
    const union = area(a) + area(b) - overlap;
    return union > 0 ? overlap / union : 0;
}
