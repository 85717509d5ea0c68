/**
 * Detection heads decoded straight from their papers and reference implementations: float64, one number at a time, nothing skipped,
 * sharing no code with the library. Slow and plain on purpose: it is what the library is compared with.
 *
 * Each head becomes one candidate per position, { box, scores, row, points }, in the tensor's pixels: box x1, y1, x2, y2, a score for
 * each class, row the position's number in the order of the outputs. `select` then does what every detector does.
 *
 * @typedef {{ data: ArrayLike<number>, dims: readonly number[] }} Tensor
 * @typedef {{ box: number[], scores: number[], row: number, points?: number[][] }} Candidate
 * @typedef {{ class: number, score: number, box: number[], row: number, points?: number[][] }} Found
 * @typedef {{ scaleX: number, scaleY: number, left: number, top: number }} Geometry tensor = picture * scale + (left, top)
 */

const sigmoid = (/** @type {number} */ v) => 1 / (1 + Math.exp(-v));
const softmax = (/** @type {number[]} */ logits) => {
    const top = Math.max(...logits);
    const powers = logits.map((v) => Math.exp(v - top));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((v) => v / sum);
};
const count = (/** @type {number} */ n) => Array.from({length: n}, (_, i) => i);
const centred = (/** @type {number[]} */ [x, y, w, h]) => [x - w / 2, y - h / 2, x + w / 2, y + h / 2];

/** Row k of a table of n numbers each. @param {Tensor} tensor @param {number} k @param {number} n @returns {number[]} */
const row = ({data}, k, n) => count(n).map((v) => data[k * n + v]);

/** Cell `cell` of map number `group` of [1, groups * n, H, W]. @param {Tensor} tensor @param {number} group @param {number} cell @param {number} n */
const column = ({data, dims}, group, cell, n) => count(n).map((v) => data[(group * n + v) * dims[2] * dims[3] + cell]);

/** The expectation of a distribution over 0, 1, ... given as logits. @param {number[]} logits */
const expectation = (logits) => softmax(logits).reduce((sum, p, k) => sum + p * k, 0);

/** Four distances, in bins, from a centre to the edges. @param {number[]} bins @param {number} x @param {number} y @param {number} stride */
function fromDistances(bins, x, y, stride) {
    const n = bins.length / 4;
    const [l, t, r, b] = count(4).map((edge) => stride * expectation(bins.slice(edge * n, (edge + 1) * n)));
    return [x - l, y - t, x + r, y + b];
}

/**
 * NanoDet: maps [1, H, W, classes + 4 * bins] of logits.
 * @param {Tensor[]} maps @param {{ classes: number, strides: number[] }} about @returns {Candidate[]}
 */
export function nanodetMaps(maps, {classes, strides}) {
    return number(maps.flatMap((map, level) => count(map.dims[1] * map.dims[2]).map((cell) => {
        const values = row(map, cell, map.dims[3]);
        const x = (cell % map.dims[2] + 0.5) * strides[level];
        const y = (Math.floor(cell / map.dims[2]) + 0.5) * strides[level];
        return {box: fromDistances(values.slice(classes), x, y, strides[level]), scores: values.slice(0, classes).map(sigmoid)};
    })));
}

/**
 * NanoDet: for each stride [1, side * side, classes] scores and [1, side * side, 4 * bins] logits.
 * @param {Tensor[][]} pairs @param {number[]} strides @returns {Candidate[]}
 */
export function nanodetPairs(pairs, strides) {
    return number(pairs.flatMap(([scores, bins], level) => count(scores.dims[1]).map((cell) => {
        const side = Math.sqrt(scores.dims[1]);
        const x = (cell % side + 0.5) * strides[level];
        const y = (Math.floor(cell / side) + 0.5) * strides[level];
        return {box: fromDistances(row(bins, cell, bins.dims[2]), x, y, strides[level]), scores: row(scores, cell, scores.dims[2])};
    })));
}

/**
 * YOLOX: [1, cells of all strides, 5 + classes], box offsets and logarithmic sizes in cells, the rest after the sigmoid.
 * @param {Tensor} tensor @param {number} side of the input @returns {Candidate[]}
 */
export function yolox(tensor, side) {
    const cells = [8, 16, 32].flatMap((stride) => count((side / stride) ** 2).map((cell) => ({stride, x: cell % (side / stride), y: Math.floor(cell / (side / stride))})));
    return number(cells.map(({stride, x, y}, k) => {
        const [tx, ty, tw, th, objectness, ...classes] = row(tensor, k, tensor.dims[2]);
        return {
            box: centred([(tx + x) * stride, (ty + y) * stride, Math.exp(tw) * stride, Math.exp(th) * stride]),
            scores: classes.map((c) => objectness * c),
        };
    }));
}

/**
 * YOLOv3, v4 (x, y = sigma, size = anchor * e^t) and v5, v7 (x, y = 2 sigma - .5, size = anchor * (2 sigma)^2): maps
 * [1, A * (5 + classes), H, W] of logits, anchors [w, h] in pixels for each map.
 * @param {Tensor[]} maps @param {number[][][]} anchors @param {{ side: number, classes: number, squared: boolean }} about @returns {Candidate[]}
 */
export function anchorMaps(maps, anchors, {side, classes, squared}) {
    return number(maps.flatMap((map, level) => anchors[level].flatMap(([aw, ah], a) => count(map.dims[2] * map.dims[3]).map((cell) => {
        const stride = side / map.dims[3];
        const [tx, ty, tw, th, objectness, ...logits] = column(map, a, cell, 5 + classes);
        const [i, j] = [cell % map.dims[3], Math.floor(cell / map.dims[3])];
        const place = (/** @type {number} */ t) => squared ? 2 * sigmoid(t) - 0.5 : sigmoid(t);
        const size = (/** @type {number} */ t) => squared ? (2 * sigmoid(t)) ** 2 : Math.exp(t);
        return {
            box: centred([(i + place(tx)) * stride, (j + place(ty)) * stride, aw * size(tw), ah * size(th)]),
            scores: logits.map((v) => sigmoid(v) * sigmoid(objectness)),
        };
    }))));
}

/**
 * YOLOv8 and later, raw: maps [1, 4 * bins + classes + 3 * keypoints, H, W] of logits.
 * @param {Tensor[]} maps @param {{ side: number, bins: number, classes: number, keypoints?: number }} about @returns {Candidate[]}
 */
export function binMaps(maps, {side, bins, classes, keypoints = 0}) {
    return number(maps.flatMap((map) => count(map.dims[2] * map.dims[3]).map((cell) => {
        const stride = side / map.dims[3];
        const values = column(map, 0, cell, map.dims[1]);
        const [i, j] = [cell % map.dims[3], Math.floor(cell / map.dims[3])];
        const at = 4 * bins + classes;
        return {
            box: fromDistances(values.slice(0, 4 * bins), (i + 0.5) * stride, (j + 0.5) * stride, stride),
            scores: values.slice(4 * bins, at).map(sigmoid),
            points: count(keypoints).map((k) => {
                const [x, y, seen] = values.slice(at + 3 * k, at + 3 * k + 3);
                return [(2 * x + i) * stride, (2 * y + j) * stride, sigmoid(seen)];
            }),
        };
    })));
}

/**
 * Rows already decoded by the network: [1, values, rows] (YOLOv8 and later: box, classes) or [1, rows, values] (YOLOv5 to 7: box, objectness,
 * classes); boxes centre and size, pixels.
 * @param {Tensor} tensor @param {{ classes: number, objectness?: boolean, transposed?: boolean, keypoints?: number }} about @returns {Candidate[]}
 */
export function decodedRows({data, dims}, {classes, objectness = false, transposed = true, keypoints = 0}) {
    const [values, rows] = transposed ? [dims[1], dims[2]] : [dims[2], dims[1]];
    const first = objectness ? 5 : 4;
    return number(count(rows).map((k) => {
        const all = count(values).map((v) => data[transposed ? v * rows + k : k * values + v]);
        return {
            box: centred(all),
            scores: all.slice(first, first + classes).map((s) => objectness ? s * all[4] : s),
            points: count(keypoints).map((p) => all.slice(first + classes + 3 * p, first + classes + 3 * p + 3)),
        };
    }));
}

/** @param {Omit<Candidate, 'row'>[]} candidates @returns {Candidate[]} */
const number = (candidates) => candidates.map((candidate, k) => ({...candidate, row: k}));

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b boxes x1, y1, x2, y2 */
export function iou64(a, b) {
    const overlap = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
    const area = (/** @type {ArrayLike<number>} */ box) => (box[2] - box[0]) * (box[3] - box[1]);
    const union = area(a) + area(b) - overlap;
    return union > 0 ? overlap / union : 0;
}

/**
 * The best class of each candidate, those above the threshold, best first, less those that overlap a better one of their class.
 * @param {Candidate[]} candidates
 * @param {{ scoreThreshold: number, iouThreshold: number, maxDetections?: number, multiLabel?: boolean }} thresholds
 * @returns {Found[]}
 */
export function select(candidates, {scoreThreshold, iouThreshold, maxDetections = Infinity, multiLabel = false}) {
    const passed = candidates.flatMap(({scores, ...rest}) => {
        const classes = multiLabel ? count(scores.length) : [scores.indexOf(Math.max(...scores))];
        return classes.filter((c) => scores[c] > scoreThreshold).map((c) => ({...rest, class: c, score: scores[c]}));
    }).sort((a, b) => b.score - a.score);
    /** @type {Found[]} */
    const kept = [];
    for (const one of passed) {
        if (kept.length < maxDetections && kept.every((other) => other.class !== one.class || iou64(other.box, one.box) <= iouThreshold)) kept.push(one);
    }
    return kept;
}

/** @param {Found[]} found @param {Geometry} geometry @returns {Found[]} the same in the picture's pixels */
export function toPicture(found, {scaleX, scaleY, left, top}) {
    const x = (/** @type {number} */ v) => (v - left) / scaleX;
    const y = (/** @type {number} */ v) => (v - top) / scaleY;
    return found.map(({box: [x1, y1, x2, y2], points, ...rest}) => ({
        ...rest, box: [x(x1), y(y1), x(x2), y(y2)], points: points?.map(([px, py, score]) => [x(px), y(py), score]),
    }));
}
