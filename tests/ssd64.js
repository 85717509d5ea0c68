/**
 * Single-shot heads by definition, float64. SSD (Liu et al. 2016): a box is an anchor's centre moved by t * anchor size / scale and its size
 * times e^(t / scale). BlazeFace: the same with offsets and sizes in pixels, keypoints beside them.
 *
 * @typedef {import('./tools/heads64.js').Candidate} Candidate
 */

const sigmoid = (/** @type {number} */ v) => 1 / (1 + Math.exp(-v));

/** @param {number[]} logits */
const softmax = (logits) => {
    const sum = logits.reduce((s, v) => s + Math.exp(v), 0);
    return logits.map((v) => Math.exp(v) / sum);
};

/**
 * @param {ArrayLike<number>} boxes [N, 4]
 * @param {ArrayLike<number>} logits [N, classes]
 * @param {number[][]} anchors centre x, y, width, height in pixels
 * @param {{yx?: boolean, scales?: number[], activation?: 'sigmoid' | 'softmax' | 'none', limit?: number}} [about]
 * @returns {Candidate[]}
 */
export function ssdCandidates(boxes, logits, anchors, {yx = true, scales = [10, 5], activation = 'sigmoid', limit = Infinity} = {}) {
    const classes = logits.length / anchors.length;
    return anchors.map(([ax, ay, aw, ah], row) => {
        const t = [0, 1, 2, 3].map((v) => boxes[4 * row + (yx ? v ^ 1 : v)]);
        const [x, y] = [ax + t[0] / scales[0] * aw, ay + t[1] / scales[0] * ah];
        const [w, h] = [aw * Math.exp(Math.min(t[2] / scales[1], limit)), ah * Math.exp(Math.min(t[3] / scales[1], limit))];
        const values = Array.from({length: classes}, (_, c) => logits[row * classes + c]);
        const scores = activation === 'softmax' ? softmax(values) : activation === 'sigmoid' ? values.map(sigmoid) : values;
        return {row, scores, box: [x - w / 2, y - h / 2, x + w / 2, y + h / 2]};
    });
}

/** Centres of 16 x 16 cells of two anchors, then 8 x 8 of six. @param {number} side of the input */
export const faceAnchors = (side) => [[16, 2], [8, 6]].flatMap(([cells, each]) => Array.from({length: cells * cells * each}, (_, i) => {
    const cell = Math.floor(i / each);
    return [(cell % cells + 0.5) * side / cells, (Math.floor(cell / cells) + 0.5) * side / cells];
}));

/**
 * @param {ArrayLike<number>} boxes [896, 16]
 * @param {ArrayLike<number>} logits [896]
 * @param {number} side
 * @returns {Candidate[]}
 */
export function faceCandidates(boxes, logits, side) {
    return faceAnchors(side).map(([ax, ay], row) => {
        const [x, y, w, h, ...points] = Array.from({length: 16}, (_, v) => boxes[16 * row + v]);
        return {
            row, scores: [sigmoid(logits[row])], box: [ax + x - w / 2, ay + y - h / 2, ax + x + w / 2, ay + y + h / 2],
            points: [0, 1, 2, 3, 4, 5].map((k) => [ax + points[2 * k], ay + points[2 * k + 1], 1]),
        };
    });
}

/**
 * Weighted suppression (MediaPipe): each best box becomes the mean, by score, of itself and what overlaps it.
 *
 * @param {Candidate[]} candidates of one class
 * @param {{scoreThreshold: number, iouThreshold: number}} thresholds
 * @param {(a: number[], b: number[]) => number} iou
 */
export function merged(candidates, {scoreThreshold, iouThreshold}, iou) {
    let live = candidates.map((c) => ({...c, score: c.scores[0]})).filter((c) => c.score >= scoreThreshold).sort((a, b) => b.score - a.score);
    const out = [];
    while (live.length) {
        const [leader] = live;
        const group = live.filter((c) => c === leader || iou(leader.box, c.box) > iouThreshold);
        const total = group.reduce((s, c) => s + c.score, 0);
        /** @param {(c: (typeof group)[number]) => number} value */
        const mean = (value) => group.reduce((s, c) => s + c.score * value(c), 0) / total;
        out.push({
            row: leader.row, class: 0, score: leader.score, size: group.length, box: [0, 1, 2, 3].map((v) => mean((c) => c.box[v])),
            points: (leader.points ?? []).map((point, k) => point.map((_, v) => mean((c) => c.points?.[k][v] ?? NaN))),
        });
        live = live.filter((c) => !group.includes(c));
    }
    return out;
}
