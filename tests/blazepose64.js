/** BlazePose by definition, float64: MediaPipe's RefineLandmarksFromHeatmap and the region of its alignment points. */

/** @param {number} v */
export const sigmoid = (v) => 1 / (1 + Math.exp(-v));

/**
 * @param {number} px @param {number} py place of a landmark, pixels of the tensor
 * @param {(x: number, y: number) => number} logit of its heatmap
 * @param {{width: number, height: number, stepX: number, stepY: number, kernel: number, threshold: number, slip?: boolean}} about
 * @returns {[number, number]}
 */
export function refined(px, py, logit, {width, height, stepX, stepY, kernel, threshold, slip = false}) {
    const [column, row] = [Math.trunc(px / stepX), Math.trunc(py / stepY)];
    if (!(column >= 0 && column < width && row >= 0 && (slip ? column : row) < height)) return [px, py];
    const reach = (kernel - 1) / 2, cells = [];
    for (let y = Math.max(0, row - reach); y < Math.min(height, row + reach + 1); y++) {
        for (let x = Math.max(0, column - reach); x < Math.min(width, column + reach + 1); x++) cells.push({x, y, p: sigmoid(logit(x, y))});
    }
    const sum = cells.reduce((s, {p}) => s + p, 0);
    if (!(Math.max(0, ...cells.map(({p}) => p)) >= threshold && sum > 0)) return [px, py];
    return [cells.reduce((s, {x, p}) => s + x * p, 0) / sum * stepX, cells.reduce((s, {y, p}) => s + y * p, 0) / sum * stepY];
}

/**
 * Of the centre and a point straight above it, on the circle round the person: a square of centre, side and angle, in radians, by which
 * its upright is turned clockwise.
 *
 * @param {number} cx @param {number} cy @param {number} x @param {number} y
 */
export const square = (cx, cy, x, y) => ({x: cx, y: cy, side: 2 * 1.25 * Math.hypot(x - cx, y - cy), angle: Math.PI / 2 - Math.atan2(cy - y, x - cx)});

/** From the tensor's pixels to the picture's. @param {ReturnType<typeof square>} square @param {number} size @param {number} u @param {number} v @returns {[number, number]} */
export function fromSquare({x, y, side, angle}, size, u, v) {
    const [right, down] = [(u / size - 0.5) * side, (v / size - 0.5) * side];
    return [x + right * Math.cos(angle) - down * Math.sin(angle), y + right * Math.sin(angle) + down * Math.cos(angle)];
}

/** Centres of BlazePose's detector's anchors: 28 x 28 cells of two, 14 x 14 of two, 7 x 7 of six. @param {number} side of its input */
export const personAnchors = (side) => [[28, 2], [14, 2], [7, 6]].flatMap(([cells, each]) => Array.from({length: cells * cells * each}, (_, i) => {
    const cell = Math.floor(i / each);
    return [(cell % cells + 0.5) * side / cells, (Math.floor(cell / cells) + 0.5) * side / cells];
}));
