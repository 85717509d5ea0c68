/**
 * Suppression by its definition: every kept box against every other, nothing clever. IoU is rounded to float32 at each step, as
 * torchvision's is, so that decisions can be compared exactly.
 *
 * @typedef {object} Rule
 * @property {number} [iouThreshold]
 * @property {number} [scoreThreshold]
 * @property {ArrayLike<number>} [classes]
 * @property {number} [maxDetections]
 * @property {number} [maxPerClass]
 * @property {boolean} [inclusive]
 * @property {boolean} [scoreInclusive]
 * @property {boolean} [plusOne]
 */

const f = Math.fround;

/** x2 - x1, and one more where widths count both edges. @param {number} low @param {number} high @param {number} one */
const side = (low, high, one) => f(f(high - low) + one);

/** IoU of two boxes. @param {ArrayLike<number>} boxes @param {number} i @param {number} j @param {boolean} [plusOne] */
export function overlap(boxes, i, j, plusOne = false) {
    const [one, a, b] = [plusOne ? 1 : 0, 4 * i, 4 * j];
    const w = side(Math.max(boxes[a], boxes[b]), Math.min(boxes[a + 2], boxes[b + 2]), one);
    const h = side(Math.max(boxes[a + 1], boxes[b + 1]), Math.min(boxes[a + 3], boxes[b + 3]), one);
    const inter = w > 0 && h > 0 ? f(w * h) : 0;
    const areaA = f(side(boxes[a], boxes[a + 2], one) * side(boxes[a + 1], boxes[a + 3], one));
    const areaB = f(side(boxes[b], boxes[b + 2], one) * side(boxes[b + 1], boxes[b + 3], one));
    return f(inter / f(f(areaA + areaB) - inter));
}

/** The candidates, best first. @param {ArrayLike<number>} boxes @param {ArrayLike<number>} scores @param {Rule} rule */
export function ranked(boxes, scores, {scoreThreshold = -Infinity, scoreInclusive, maxPerClass = Infinity, classes}) {
    /** @type {Record<number, number>} */
    const seen = {};
    return Array.from(scores, (_, i) => i)
        .filter((i) => scores[i] > scoreThreshold || scores[i] === scoreThreshold && (scoreInclusive || scoreThreshold === -Infinity))
        .filter((i) => [0, 1, 2, 3].every((v) => !Number.isNaN(boxes[4 * i + v])))
        .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b] > scores[a] ? 1 : -1))
        .filter((i) => (seen[classes?.[i] ?? 0] = (seen[classes?.[i] ?? 0] ?? 0) + 1) <= maxPerClass);
}

/** @param {ArrayLike<number>} boxes @param {number} i @param {number} j @param {Rule} rule */
export function suppresses(boxes, i, j, {iouThreshold = 0.45, inclusive, plusOne, classes}) {
    if (classes && classes[i] !== classes[j]) return false;
    const iou = overlap(boxes, i, j, plusOne);
    return inclusive ? iou >= f(iouThreshold) : iou > f(iouThreshold);
}

/** @param {ArrayLike<number>} boxes @param {ArrayLike<number>} scores @param {Rule} [rule] @returns {number[]} indices, best first */
export function greedy(boxes, scores, rule = {}) {
    /** @type {number[]} */
    const kept = [];
    for (const i of ranked(boxes, scores, rule)) {
        if (!kept.some((k) => suppresses(boxes, k, i, rule))) kept.push(i);
    }
    return kept.slice(0, rule.maxDetections);
}
