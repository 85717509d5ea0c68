/**
 * The same tasks in the plain JavaScript that people copy from tutorials, written fairly: typed arrays, no garbage in
 * the loops, rows walked in the order they lie in memory.
 */

/** @typedef {{ boxes: number[][], scores: number[], classes: number[] }} Found boxes as x1, y1, x2, y2 */

/**
 * Letterbox by bilinear interpolation with half-pixel centres, no antialiasing.
 * @param {{ data: Uint8ClampedArray, width: number, height: number }} frame
 * @param {number} size side of the square tensor
 * @returns {Float32Array} [3, size, size], x / 255, filled with 114 / 255
 */
export function letterbox({ data, width, height }, size) {
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
export function nms(boxes, scores, threshold) {
    const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
    const kept = [];
    const keptBoxes = new Float32Array(boxes.length), areas = new Float32Array(scores.length);
    for (const i of order) {
        const x1 = boxes[i * 4], y1 = boxes[i * 4 + 1], x2 = boxes[i * 4 + 2], y2 = boxes[i * 4 + 3];
        const area = (x2 - x1) * (y2 - y1);
        let free = true;
        for (let k = 0; k < kept.length; k++) {
            const w = Math.min(x2, keptBoxes[k * 4 + 2]) - Math.max(x1, keptBoxes[k * 4]);
            if (w <= 0) continue;
            const h = Math.min(y2, keptBoxes[k * 4 + 3]) - Math.max(y1, keptBoxes[k * 4 + 1]);
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
    }
    return kept;
}

/**
 * The candidates of a YOLOv8 head [4 + classes, cells]: the best class of each cell, where it passes.
 * @param {Float32Array} head @param {number} classes @param {number} cells @param {number} threshold
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
    return { boxes: Float32Array.from(boxes), scores: Float32Array.from(scores), kinds };
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
    return { boxes: Float32Array.from(boxes), scores: Float32Array.from(scores), kinds };
}

/** Moves the boxes of each class apart, so that one NMS keeps classes from suppressing each other. */
export function separate(/** @type {Float32Array} */ boxes, /** @type {number[]} */ kinds, offset = 4096) {
    return boxes.map((v, i) => v + kinds[i >> 2] * offset);
}

/** @param {{ boxes: Float32Array, scores: Float32Array, kinds: number[] }} candidates @param {ArrayLike<number>} kept @returns {Found} */
export function pick({ boxes, scores, kinds }, kept) {
    const rows = Array.from(kept);
    return {
        boxes: rows.map(i => Array.from(boxes.subarray(i * 4, i * 4 + 4))),
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
            const w = Math.max(0, Math.min(x2, b[j * 4 + 2]) - Math.max(x1, b[j * 4]));
            const h = Math.max(0, Math.min(y2, b[j * 4 + 3]) - Math.max(y1, b[j * 4 + 1]));
            const both = w * h;
            out[i * m + j] = both / (area + areas[j] - both);
        }
    }
    return out;
}
