/**
 * MoveNet by its graph's formulas, float64, one cell at a time. Maps are functions of row, column and channel.
 *
 * @typedef {(y: number, x: number, c?: number) => number} Map64
 * @typedef {{x: number, y: number, score: number}} Joint64
 */

export const sigmoid = (/** @type {number} */ v) => 1 / (1 + Math.exp(-v));

/** The nearest float16, from a table of all. @param {number} v 0 to 1 @returns {number} */
export function half64(v) {
    const unit = 2 ** (Math.floor(Math.log2(v)) - 10);
    const [down, share] = [Math.floor(v / unit), v / unit % 1];
    return unit * (share > 0.5 || share === 0.5 && down % 2 ? down + 1 : down);
}

/**
 * The cell with the greatest value, the first one on ties.
 *
 * @param {number} height
 * @param {number} width
 * @param {(y: number, x: number) => number} value
 * @returns {{y: number, x: number, value: number} | undefined} none where no value is above 0
 */
function best(height, width, value) {
    /** @type {{y: number, x: number, value: number} | undefined} */
    let found;
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            const v = value(y, x);
            if (v > (found?.value ?? 0)) found = {y, x, value: v};
        }
    }
    return found;
}

/**
 * The centre of gravity of the squares of the 5 x 5 scores round a cell.
 *
 * @param {Map64} score
 * @param {{y: number, x: number}} cell
 * @param {number} height
 * @param {number} width
 * @param {number} k
 */
function centroid(score, cell, height, width, k) {
    let [sum, X, Y] = [0, 0, 0];
    for (let y = Math.max(cell.y - 2, 0); y <= Math.min(cell.y + 2, height - 1); y++) {
        for (let x = Math.max(cell.x - 2, 0); x <= Math.min(cell.x + 2, width - 1); x++) {
            const s = score(y, x, k) ** 2;
            [sum, X, Y] = [sum + s, X + s * x, Y + s * y];
        }
    }
    return {x: X / sum, y: Y / sum};
}

/**
 * @param {{heat: Map64, center: Map64, regress: Map64, offset: Map64}} heads
 * @param {{height: number, width: number, joints: number, active?: (v: number) => number, yFirst?: boolean, half?: boolean, integral?: boolean, whole?: boolean}} about
 * @returns {(Joint64 | undefined)[]} pixels, 4 per cell
 */
export function single64({heat, center, regress, offset}, {height, width, joints, active = sigmoid, yFirst = true, half = true, integral = false, whole = false}) {
    const round = half ? half64 : (/** @type {number} */ v) => v;
    const [first, second] = yFirst ? [1, 0] : [0, 1];
    const middle = best(height, width, (y, x) => active(center(y, x)) * round(1 / (Math.hypot(y - height / 2, x - width / 2) + 1.8)));
    return Array.from({length: joints}, (_, k) => {
        if (!middle) return undefined;
        const cells = (/** @type {number} */ v) => whole ? Math.trunc(v + 0.5) : v;
        const [py, px] = [middle.y + cells(regress(middle.y, middle.x, 2 * k + second)), middle.x + cells(regress(middle.y, middle.x, 2 * k + first))];
        const at = best(height, width, (y, x) => active(heat(y, x, k)) / (Math.hypot(y - py, x - px) + round(1.8)));
        if (!at) return undefined;
        const mean = centroid((y, x) => active(heat(y, x, k)), at, height, width, k);
        const [X, Y] = integral ? [mean.x + 0.5, mean.y + 0.5] : [at.x + offset(at.y, at.x, 2 * k + first), at.y + offset(at.y, at.x, 2 * k + second)];
        return {x: X * 4 * width * round(1 / width), y: Y * 4 * height * round(1 / height), score: active(heat(at.y, at.x, k))};
    });
}

/**
 * @param {{heat: Map64, center: Map64, regress: Map64, offset: Map64, scale: Map64, shift: Map64}} heads
 * @param {{height: number, width: number, joints: number}} about
 * @param {number} most people
 * @returns {{score: number, box: number[], joints: (Joint64 | undefined)[]}[]} pixels, 4 per cell
 */
export function crowd64({heat, center, regress, offset, scale, shift}, {height, width, joints}, most) {
    const sure = (/** @type {number} */ y, /** @type {number} */ x) => sigmoid(center(y, x));
    const peaks = [];
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            let highest = 0;
            for (let v = Math.max(y - 2, 0); v <= Math.min(y + 2, height - 1); v++) {
                for (let u = Math.max(x - 2, 0); u <= Math.min(x + 2, width - 1); u++) highest = Math.max(highest, sure(v, u));
            }
            if (highest - sure(y, x) < 17 * 2 ** -24) peaks.push({y, x, score: sure(y, x)});
        }
    }
    const clip = (/** @type {number} */ v, /** @type {number} */ limit) => Math.min(Math.max(v, 0), limit);
    const people = peaks.sort((a, b) => b.score - a.score).slice(0, most).map(({y, x, score}) => {
        const [cy, cx, h, w] = [y + shift(y, x, 0), x + shift(y, x, 1), Math.max(scale(y, x, 0), 0) / 2, Math.max(scale(y, x, 1), 0) / 2];
        return {
            score, box: [clip(cx - w, width), clip(cy - h, height), clip(cx + w, width), clip(cy + h, height)],
            places: Array.from({length: joints}, (_, k) => ({y: y + regress(y, x, 2 * k), x: x + regress(y, x, 2 * k + 1)})),
        };
    });
    /** @param {number} p @param {number} k @param {number} y @param {number} x */
    const weight = (p, k, y, x) => {
        const {box: [x1, y1, x2, y2], places} = people[p];
        const d2 = (y - places[k].y) ** 2 + (x - places[k].x) ** 2;
        return x >= x1 && x < x2 && y >= y1 && y < y2 ? Math.exp(-d2 / (half64(0.3) * Math.min(height, width))) : 0;
    };
    return people.map(({score, box}, p) => {
        const found = Array.from({length: joints}, (_, k) => {
            const at = best(height, width, (y, x) => sigmoid(heat(y, x, k)) * weight(p, k, y, x));
            if (!at) return undefined;
            const rivals = [p, ...people.keys()].slice(0, 7).map((q) => weight(q, k, at.y, at.x));
            return {
                x: 4 * (at.x + offset(at.y, at.x, 2 * k + 1)), y: 4 * (at.y + offset(at.y, at.x, 2 * k)),
                score: sigmoid(heat(at.y, at.x, k)) * Math.max(...rivals),
            };
        });
        const counted = found.map((joint) => joint?.score ?? 0).filter((s) => s > half64(0.127));
        return {score: counted.length ? score * counted.reduce((a, b) => a + b, 0) / counted.length : 0, box: box.map((v) => 4 * v), joints: found};
    });
}
