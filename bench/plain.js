/**
 * The same tasks in the plain JavaScript that people copy from tutorials, written fairly: typed arrays, no garbage in
 * the loops, rows walked in the order they lie in memory.
 */

/** @typedef {{boxes: Float32Array, scores: Float32Array, kinds: number[]}} Candidates boxes xyxy */
/** @typedef {{boxes: ArrayLike<number>, scores: ArrayLike<number>, classes: ArrayLike<number>}} Found boxes xyxy, best first */

/** Farther than any box reaches, yet small enough that float32 keeps hundredths of a pixel. */
export const CLASS_OFFSET = 1024;

/**
 * Letterbox by bilinear interpolation with half-pixel centres, no antialiasing.
 * @param {{data: Uint8ClampedArray, width: number, height: number}} frame
 * @param {number} size side of the square tensor
 * @returns {Float32Array} [3, size, size], x / 255, filled with 114 / 255
 */
export function letterbox({data, width, height}, size) {
    const scale = Math.min(size / width, size / height);
    const w = Math.round(width * scale), h = Math.round(height * scale);
    const left = Math.round((size - w) / 2 - 0.1), top = Math.round((size - h) / 2 - 0.1);
    const plane = size * size;
    const out = new Float32Array(3 * plane).fill(114 / 255);

    const near = new Int32Array(w), far = new Int32Array(w), part = new Float32Array(w);
    for (let x = 0; x < w; x++) {
        const at = Math.max(0, (x + 0.5) * width / w - 0.5), x0 = Math.floor(at);
        near[x] = x0 * 4;
        far[x] = Math.min(x0 + 1, width - 1) * 4;
        part[x] = at - x0;
    }
    for (let y = 0; y < h; y++) {
        const at = Math.max(0, (y + 0.5) * height / h - 0.5), y0 = Math.floor(at), fy = at - y0;
        const row0 = y0 * width * 4, row1 = Math.min(y0 + 1, height - 1) * width * 4;
        let to = (top + y) * size + left;
        for (let x = 0; x < w; x++, to++) {
            const fx = part[x], a = row0 + near[x], b = row0 + far[x], c = row1 + near[x], d = row1 + far[x];
            const wd = fx * fy, wc = fy - wd, wb = fx - wd, wa = 1 - fx - wc;
            out[to] = (data[a] * wa + data[b] * wb + data[c] * wc + data[d] * wd) / 255;
            out[to + plane] = (data[a + 1] * wa + data[b + 1] * wb + data[c + 1] * wc + data[d + 1] * wd) / 255;
            out[to + 2 * plane] = (data[a + 2] * wa + data[b + 2] * wb + data[c + 2] * wc + data[d + 2] * wd) / 255;
        }
    }
    return out;
}

/** The loop after getImageData. @param {Uint8ClampedArray} rgba @param {number} plane @returns {Float32Array} */
export function planes(rgba, plane) {
    const out = new Float32Array(3 * plane);
    for (let i = 0, at = 0; i < plane; i++, at += 4) {
        out[i] = rgba[at] / 255;
        out[plane + i] = rgba[at + 1] / 255;
        out[2 * plane + i] = rgba[at + 2] / 255;
    }
    return out;
}

/**
 * Greedy non-maximum suppression, each box against those kept so far.
 * @param {Float32Array} boxes xyxy
 * @param {Float32Array} scores
 * @param {number} threshold
 * @returns {number[]} indices, best first
 */
export function nms(boxes, scores, threshold, most = Infinity) {
    const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
    const kept = [];
    const keptBoxes = new Float32Array(boxes.length), areas = new Float32Array(scores.length);
    for (const i of order) {
        const x1 = boxes[i * 4], y1 = boxes[i * 4 + 1], x2 = boxes[i * 4 + 2], y2 = boxes[i * 4 + 3];
        const area = (x2 - x1) * (y2 - y1);
        let free = true;
        for (let k = 0; k < kept.length; k++) {
            const kx1 = keptBoxes[k * 4], ky1 = keptBoxes[k * 4 + 1], kx2 = keptBoxes[k * 4 + 2], ky2 = keptBoxes[k * 4 + 3];
            const w = (x2 < kx2 ? x2 : kx2) - (x1 > kx1 ? x1 : kx1);
            if (w <= 0) continue;
            const h = (y2 < ky2 ? y2 : ky2) - (y1 > ky1 ? y1 : ky1);
            if (h <= 0) continue;
            if (w * h > threshold * (area + areas[k] - w * h)) {
                free = false;
                break;
            }
        }
        if (!free) continue;
        keptBoxes.set([x1, y1, x2, y2], kept.length * 4);
        areas[kept.length] = area;
        kept.push(i);
        if (kept.length >= most) break;
    }
    return kept;
}

/**
 * The candidates of a YOLOv8 head [4 + classes, cells]: the best class of each cell, where it passes.
 * @param {Float32Array} head @param {number} classes @param {number} cells @param {number} threshold
 * @returns {Candidates}
 */
export function yoloCandidates(head, classes, cells, threshold) {
    const best = head.slice(4 * cells, 5 * cells), kind = new Uint8Array(cells);
    for (let c = 1; c < classes; c++) {
        const row = (4 + c) * cells;
        for (let i = 0; i < cells; i++) {
            const score = head[row + i];
            if (score > best[i]) {
                best[i] = score;
                kind[i] = c;
            }
        }
    }
    const boxes = [], scores = [], kinds = [];
    for (let i = 0; i < cells; i++) {
        if (best[i] <= threshold) continue;
        const cx = head[i], cy = head[cells + i], w = head[2 * cells + i], h = head[3 * cells + i];
        boxes.push(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2);
        scores.push(best[i]);
        kinds.push(kind[i]);
    }
    return {boxes: Float32Array.from(boxes), scores: Float32Array.from(scores), kinds};
}

/** The tutorials' other way: each cell in turn, down its column. Same answer. @type {typeof yoloCandidates} */
export function yoloCandidatesByCell(head, classes, cells, threshold) {
    const boxes = [], scores = [], kinds = [];
    for (let i = 0; i < cells; i++) {
        let best = head[4 * cells + i], kind = 0;
        for (let c = 1; c < classes; c++) {
            const score = head[(4 + c) * cells + i];
            if (score > best) {
                best = score;
                kind = c;
            }
        }
        if (best <= threshold) continue;
        const cx = head[i], cy = head[cells + i], w = head[2 * cells + i], h = head[3 * cells + i];
        boxes.push(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2);
        scores.push(best);
        kinds.push(kind);
    }
    return {boxes: Float32Array.from(boxes), scores: Float32Array.from(scores), kinds};
}

/**
 * The candidates of NanoDet's head: the best class of each cell, and for those that pass the distances to the four sides,
 * each the expectation of a softmax over bins, in cells.
 * @param {{scores: {data: Float32Array}, distances: {data: Float32Array}}[]} levels for strides 8, 16, 32
 * @param {{classes: number, bins: number, size: number, threshold: number}} options
 * @returns {Candidates}
 */
export function nanoDetCandidates(levels, {classes, bins, size, threshold}) {
    const boxes = [], scores = [], kinds = [];
    const side = [0, 0, 0, 0];
    for (const [level, {scores: {data: probs}, distances: {data: logits}}] of levels.entries()) {
        const stride = 8 << level, width = size / stride;
        for (let i = 0; i < probs.length / classes; i++) {
            let best = threshold, kind = -1;
            for (let c = 0; c < classes; c++) {
                if (probs[i * classes + c] > best) {
                    best = probs[i * classes + c];
                    kind = c;
                }
            }
            if (kind < 0) continue;
            for (let s = 0; s < 4; s++) {
                const at = (i * 4 + s) * bins;
                let largest = -Infinity, sum = 0, moment = 0;
                for (let b = 0; b < bins; b++) largest = Math.max(largest, logits[at + b]);
                for (let b = 0; b < bins; b++) {
                    const weight = Math.exp(logits[at + b] - largest);
                    sum += weight;
                    moment += b * weight;
                }
                side[s] = moment / sum * stride;
            }
            const x = (i % width + 0.5) * stride, y = (Math.floor(i / width) + 0.5) * stride;
            boxes.push(x - side[0], y - side[1], x + side[2], y + side[3]);
            scores.push(best);
            kinds.push(kind);
        }
    }
    return {boxes: Float32Array.from(boxes), scores: Float32Array.from(scores), kinds};
}

/**
 * The candidates of an SSD head: the best class of each anchor but the background, which is class 0.
 * @param {{boxes: {data: Float32Array}, scores: {data: Float32Array}}} head offsets in the order y, x, h, w; logits
 * @param {{anchors: Float32Array, classes: number, size: number, threshold: number}} options anchors: cx, cy, w, h in 0..1
 * @returns {Candidates}
 */
export function ssdCandidates({boxes: {data: offsets}, scores: {data: logits}}, {anchors, classes, size, threshold}) {
    const boxes = [], scores = [], kinds = [];
    for (let i = 0; i < anchors.length / 4; i++) {
        let best = -Infinity, kind = -1;
        for (let c = 1; c < classes; c++) {
            if (logits[i * classes + c] > best) {
                best = logits[i * classes + c];
                kind = c;
            }
        }
        const score = 1 / (1 + Math.exp(-best));
        if (score <= threshold) continue;
        const [ax, ay, aw, ah] = anchors.subarray(i * 4, i * 4 + 4);
        const x = ax + offsets[i * 4 + 1] / 10 * aw, y = ay + offsets[i * 4] / 10 * ah;
        const w = aw * Math.exp(offsets[i * 4 + 3] / 5), h = ah * Math.exp(offsets[i * 4 + 2] / 5);
        boxes.push((x - w / 2) * size, (y - h / 2) * size, (x + w / 2) * size, (y + h / 2) * size);
        scores.push(score);
        kinds.push(kind);
    }
    return {boxes: Float32Array.from(boxes), scores: Float32Array.from(scores), kinds};
}

/**
 * Moves the boxes of each class apart, so that one NMS keeps classes from suppressing each other.
 * @param {Candidates} candidates @returns {Float32Array}
 */
export function separate({boxes, kinds}) {
    return boxes.map((v, i) => v + kinds[i >> 2] * CLASS_OFFSET);
}

/** @param {Candidates} candidates @param {ArrayLike<number | bigint>} kept @returns {Found} */
export function pick({boxes, scores, kinds}, kept) {
    const rows = Array.from(kept, Number);
    return {
        boxes: rows.flatMap(i => Array.from(boxes.subarray(i * 4, i * 4 + 4))),
        scores: rows.map(i => scores[i]), classes: rows.map(i => kinds[i]),
    };
}

/** IoU of every pair. @param {Float32Array} a @param {Float32Array} b @returns {Float32Array} [N, M] */
export function boxIou(a, b) {
    const n = a.length / 4, m = b.length / 4;
    const areas = new Float32Array(m), out = new Float32Array(n * m);
    for (let j = 0; j < m; j++) areas[j] = (b[j * 4 + 2] - b[j * 4]) * (b[j * 4 + 3] - b[j * 4 + 1]);
    for (let i = 0; i < n; i++) {
        const x1 = a[i * 4], y1 = a[i * 4 + 1], x2 = a[i * 4 + 2], y2 = a[i * 4 + 3];
        const area = (x2 - x1) * (y2 - y1);
        for (let j = 0; j < m; j++) {
            const bx1 = b[j * 4], by1 = b[j * 4 + 1], bx2 = b[j * 4 + 2], by2 = b[j * 4 + 3];
            const w = (x2 < bx2 ? x2 : bx2) - (x1 > bx1 ? x1 : bx1), h = (y2 < by2 ? y2 : by2) - (y1 > by1 ? y1 : by1);
            const both = w > 0 && h > 0 ? w * h : 0;
            out[i * m + j] = both / (area + areas[j] - both);
        }
    }
    return out;
}
