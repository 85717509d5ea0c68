/** Seeded inputs that look like what cameras and networks give. */

import {random} from './harness.js';

/** A picture: slow gradients, discs with edges, sensor noise. @param {number} width @param {number} height */
export function picture(width, height, seed = 1) {
    const next = random(seed);
    const discs = Array.from({length: 40}, () => ({
        x: next() * width, y: next() * height, r: (0.02 + 0.1 * next()) * height, rgb: [next() * 255, next() * 255, next() * 255],
    }));
    const data = new Uint8ClampedArray(width * height * 4);
    for (let y = 0, at = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at += 4) {
            const disc = discs.find(d => (x - d.x) ** 2 + (y - d.y) ** 2 < d.r * d.r);
            const noise = 12 * (next() - 0.5);
            data[at] = (disc ? disc.rgb[0] : 255 * x / width) + noise;
            data[at + 1] = (disc ? disc.rgb[1] : 255 * y / height) + noise;
            data[at + 2] = (disc ? disc.rgb[2] : 128 + 90 * Math.sin(x / 90 + y / 70)) + noise;
            data[at + 3] = 255;
        }
    }
    return {data, width, height};
}

/** Standard normal. @param {() => number} next */
const normal = next => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** @param {number} logit */
const sigmoid = logit => 1 / (1 + Math.exp(-logit));

/**
 * @typedef {{cx: number, cy: number, w: number, h: number, kind: number}} Thing
 * @param {number} count @param {number} size side of the square network input @param {number} classes
 * @param {() => number} next
 * @returns {Thing[]}
 */
function things(count, size, classes, next) {
    return Array.from({length: count}, () => {
        const w = size * (0.06 + 0.3 * next() ** 2), h = w * (0.5 + 1.8 * next());
        return {cx: size * next(), cy: size * next(), w, h, kind: Math.floor(next() * classes)};
    });
}

/**
 * How well a cell sees a thing, from 1 in its middle down to 0 outside of it or at the wrong scale.
 * @param {Thing} thing @param {number} x @param {number} y @param {number} stride
 */
function fit({cx, cy, w, h}, x, y, stride) {
    const scale = Math.abs(Math.log2(Math.sqrt(w * h) / (stride * 5)));
    const inside = 1 - Math.max(Math.abs(x - cx) / (w / 2), Math.abs(y - cy) / (h / 2));
    return inside <= 0 ? 0 : inside * Math.max(0, 1 - scale / 2);
}

/**
 * A YOLOv8 head over 640 x 640: [1, 4 + classes, 8400]. About 150 cells pass .25 and 1500 pass .001, a fifth of them
 * of a second class, as measured on yolov8n over street pictures.
 * @param {number} seed
 */
export function yoloHead(seed, classes = 80, size = 640) {
    const next = random(seed);
    const seen = things(24, size, classes, next);
    const strides = [8, 16, 32];
    const cells = strides.reduce((sum, s) => sum + (size / s) ** 2, 0);
    const data = new Float32Array((4 + classes) * cells);
    let at = 0;
    for (const stride of strides) {
        for (let y = stride / 2; y < size; y += stride) {
            for (let x = stride / 2; x < size; x += stride, at++) {
                const quality = seen.map(t => fit(t, x, y, stride));
                const best = quality.reduce((b, q, i) => q > quality[b] ? i : b, 0);
                const q = quality[best], thing = seen[best];
                const jitter = () => stride * 0.6 * (1 - q) * normal(next);
                const box = q > 0
                    ? [thing.cx + jitter(), thing.cy + jitter(), thing.w + jitter(), thing.h + jitter()]
                    : [x + jitter(), y + jitter(), stride * (1 + 6 * next()), stride * (1 + 6 * next())];
                for (let c = 0; c < 4; c++) data[c * cells + at] = box[c];
                const mood = 2.2 * normal(next);
                for (let c = 0; c < classes; c++) data[(4 + c) * cells + at] = sigmoid(-14 + mood + 1.3 * normal(next));
                if (q > 0) {
                    data[(4 + thing.kind) * cells + at] = sigmoid(-8 + 13.5 * q + 0.7 * normal(next));
                    data[(4 + (thing.kind + 7) % classes) * cells + at] = sigmoid(-12 + 9 * q + normal(next));
                }
            }
        }
    }
    return {data, dims: [1, 4 + classes, cells]};
}

/**
 * Boxes xyxy with distinct scores.
 * @param {'clusters' | 'uniform' | 'sparse'} kind clusters: about 60 things, each reported many times; uniform: boxes of many
 *   sizes anywhere; sparse: small boxes that seldom touch
 */
export function boxes(/** @type {number} */ count, kind, /** @type {number} */ seed) {
    const next = random(seed);
    const out = new Float32Array(count * 4), scores = new Float32Array(count);
    const seen = things(60, 640, 1, next);
    for (let i = 0; i < count; i++) {
        let cx = 640 * next(), cy = 640 * next(), w = 8 + 120 * next() ** 2, h = 8 + 120 * next() ** 2;
        if (kind === 'sparse') w = h = 3 + 6 * next();
        if (kind === 'clusters') {
            const thing = seen[Math.floor(next() * seen.length)];
            const loose = 0.12 * next();
            cx = thing.cx + loose * thing.w * normal(next);
            cy = thing.cy + loose * thing.h * normal(next);
            w = thing.w * Math.exp(loose * normal(next));
            h = thing.h * Math.exp(loose * normal(next));
        }
        out.set([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], i * 4);
        scores[i] = next() ** 3;
    }
    return {boxes: out, scores};
}

/**
 * A NanoDet head over 320 x 320 as it is exported, for each of the strides 8, 16, 32: scores [1, N, classes] after the
 * sigmoid and distances [1, N, 4 * bins] before the softmax.
 */
export function nanoDetHead(/** @type {number} */ seed, classes = 80, bins = 8, size = 320) {
    const next = random(seed);
    const seen = things(10, size, classes, next);
    return [8, 16, 32].map(stride => {
        const side = size / stride, scores = [], distances = [];
        for (let y = 0; y < side; y++) {
            for (let x = 0; x < side; x++) {
                const px = (x + 0.5) * stride, py = (y + 0.5) * stride;
                const quality = seen.map(t => fit(t, px, py, stride));
                const best = quality.reduce((b, q, i) => q > quality[b] ? i : b, 0);
                const q = quality[best], {cx, cy, w, h, kind} = seen[best];
                for (let c = 0; c < classes; c++)
                    scores.push(sigmoid(c === kind && q > 0 ? -5 + 9 * q + 0.5 * normal(next) : -7 + normal(next)));
                for (const length of [px - cx + w / 2, py - cy + h / 2, cx + w / 2 - px, cy + h / 2 - py]) {
                    const peak = Math.min(bins - 1, Math.max(0, length / stride));
                    for (let b = 0; b < bins; b++) distances.push(4 - 3 * Math.abs(b - peak) + 0.3 * normal(next));
                }
            }
        }
        return {
            scores: {data: Float32Array.from(scores), dims: [1, side * side, classes]},
            distances: {data: Float32Array.from(distances), dims: [1, side * side, 4 * bins]},
        };
    });
}

/** SSD outputs over N anchors: box offsets [1, N, 4] in the order y, x, h, w, and class logits [1, N, classes]; class 0 is background. */
export function ssdHead(/** @type {number} */ count, /** @type {number} */ seed, classes = 24) {
    const next = random(seed);
    const encoded = Float32Array.from({length: count * 4}, () => 1.5 * normal(next));
    const logits = Float32Array.from({length: count * classes}, () => -6 + 1.5 * normal(next));
    for (let i = 0; i < 120; i++) {
        const at = Math.floor(next() * count);
        logits[at * classes + 1 + Math.floor(next() * (classes - 1))] = 3 * next();
    }
    return {boxes: {data: encoded, dims: [1, count, 4]}, scores: {data: logits, dims: [1, count, classes]}};
}
