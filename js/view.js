import {checkChoice, checkFinite, checkInteger, checkList, checkOptions, checkSize, isList, wrong, wrongType} from './check.js';
import {asRows} from './tensor.js';

/** @import {Tensor, FloatTensor} from './tensor.js' */

/**
 * How a picture of another shape goes into a tensor, as the frameworks do it.
 *
 * keep   which of the two ratios tensor / picture both sides take; none: each its own
 * round  how the sides of the fitted picture become whole pixels
 * align  share of the spare room that lies left and above, whole pixels unless round is 'none'
 *
 * @type {Record<string, {keep?: 'min' | 'max', round: keyof typeof ROUND, align: number}>}
 */
export const FITS = {
    letterbox: {keep: 'min', round: 'even', align: 0.5},
    ultralytics: {keep: 'min', round: 'even', align: 0.5},
    yolox: {keep: 'min', round: 'truncated', align: 0},
    darknet: {keep: 'min', round: 'floor', align: 0.5},
    mediapipe: {keep: 'min', round: 'none', align: 0.5},
    cover: {keep: 'max', round: 'even', align: 0.5},
    stretch: {round: 'none', align: 0},
};

/** A side after scaling by `ratio` = numerator / denominator. */
const ROUND = {
    /** Python's round(): half to even. @param {number} side @param {number} ratio */
    even: (side, ratio) => {
        const exact = side * ratio;
        const floor = Math.floor(exact);
        return exact - floor === 0.5 ? floor + floor % 2 : Math.round(exact);
    },
    /** int(side * ratio), in YOLOX's order of operations. @param {number} side @param {number} ratio */
    truncated: (side, ratio) => Math.floor(side * ratio),
    /** @param {number} side @param {number} _ @param {number} numerator @param {number} denominator */
    floor: (side, _, numerator, denominator) => Math.floor((side * numerator) / denominator),
    /** @param {number} side @param {number} ratio */
    none: (side, ratio) => side * ratio,
};

/**
 * The map from a tensor's coordinates to the picture's, affine; both are the canvas's: (0, 0) is the top-left corner of
 * the top-left pixel, whose centre is (.5, .5). Made with a tensor and handed to the decoder of the network's heads.
 */
export class View {
    /**
     * @param {ArrayLike<number>} matrix [a, b, c, d, e, f]: X = a x + b y + c, Y = d x + e y + f
     * @param {{picture?: readonly [number, number], tensor?: readonly [number, number], place?: Place}} [about]
     */
    constructor(matrix, about) {
        const {picture, tensor, place} = checkOptions(about, 'about');
        /** @type {Float64Array} */
        this.matrix = Float64Array.from(checkList('matrix', matrix, 6), (v) => v + 0); // -0 becomes 0
        checkSize('picture', picture), checkSize('tensor', tensor);
        if (place) checkList('place', [place.left, place.top, place.width, place.height], 4);
        /** [width, height] of the picture, where known @type {readonly [number, number] | undefined} */
        this.picture = picture;
        /** [width, height] of the tensor, where known @type {readonly [number, number] | undefined} */
        this.tensor = tensor;
        /** where the whole picture lies in the tensor, in whole pixels, where it does @type {Place | undefined} */
        this.place = place;
    }

    static identity() {
        return new View([1, 0, 0, 0, 1, 0]);
    }

    /**
     * The whole picture into a tensor.
     *
     * @param {number} srcW width of the picture, pixels
     * @param {number} srcH
     * @param {number} dstW width of the tensor, pixels
     * @param {number} dstH
     * @param {string} [fit] a key of FITS
     * @param {{scaleUp?: boolean}} [options] scaleUp false: a smaller picture keeps its size
     * @returns {View}
     */
    static fit(srcW, srcH, dstW, dstH, fit = 'letterbox', options = {}) {
        const {scaleUp = true} = checkOptions(options);
        const {keep, round, align} = checkChoice('fit', FITS, fit);
        checkInteger('srcW', srcW), checkInteger('srcH', srcH), checkInteger('dstW', dstW), checkInteger('dstH', dstH);
        /** @param {number} side @param {number} num @param {number} den */
        const scaled = (side, num, den) => Math.max(ROUND[round](side, num / den, num, den), round === 'none' ? 0 : 1);
        let [width, height] = [dstW, dstH];
        if (keep) {
            const byWidth = (keep === 'min') === (dstW / srcW < dstH / srcH);
            const [num, den] = !scaleUp && Math[keep](dstW / srcW, dstH / srcH) > 1 ? [1, 1] : byWidth ? [dstW, srcW] : [dstH, srcH];
            [width, height] = [scaled(srcW, num, den), scaled(srcH, num, den)];
        }
        const whole = round === 'none' && keep ? (/** @type {number} */ x) => x : Math.floor;
        const [left, top] = [whole((dstW - width) * align), whole((dstH - height) * align)];
        const [sx, sy] = [srcW / width, srcH / height];
        const isWhole = [left, top, width, height].every(Number.isInteger);
        return new View([sx, 0, -left * sx, 0, sy, -top * sy], {
            picture: [srcW, srcH], tensor: [dstW, dstH], place: isWhole ? {left, top, width, height} : undefined,
        });
    }

    /**
     * A rotated rectangle of the picture, stretched over a tensor.
     *
     * @param {{x: number, y: number, width: number, height: number, angle?: number}} rectangle x, y: its centre, pixels of the
     *   picture; angle: radians, turns its x axis towards +y (clockwise on the screen)
     * @param {number} dstW width of the tensor, pixels
     * @param {number} dstH
     * @returns {View}
     */
    static crop(rectangle, dstW, dstH) {
        const {x, y, width, height, angle = 0} = checkOptions(rectangle, 'rectangle');
        for (const [name, value] of Object.entries({x, y, width, height, angle})) checkFinite(name, value);
        if (Math.abs(angle) > 1e5) throw wrong('angle', 'radians from -1e5 to 1e5', angle);
        checkInteger('dstW', dstW), checkInteger('dstH', dstH);
        const [sin, cos] = sinCos(angle);
        const [sx, sy] = [width / dstW, height / dstH];
        const [a, b, d, e] = [cos * sx, -sin * sy, sin * sx, cos * sy];
        return new View([a, b, x - (a * dstW + b * dstH) / 2, d, e, y - (d * dstW + e * dstH) / 2], {tensor: [dstW, dstH]});
    }

    /**
     * @param {ArrayLike<number>} points x, y, x, y, ... in the tensor
     * @returns {Float64Array} the same points in the picture
     */
    toPicture(points) {
        if (!isList(points) || points.length % 2) throw wrongType('points', 'pairs of numbers', points);
        const [a, b, c, d, e, f] = this.matrix;
        const out = new Float64Array(points.length);
        for (let i = 0; i < out.length; i += 2) {
            out[i] = a * points[i] + b * points[i + 1] + c;
            out[i + 1] = d * points[i] + e * points[i + 1] + f;
        }
        return out;
    }

    /** @param {ArrayLike<number>} points x, y, ... in the picture @returns {Float64Array} in the tensor */
    toTensor(points) {
        return this.inverse().toPicture(points);
    }

    /**
     * @param {Tensor | ArrayLike<number>} boxes [N, 4] x1, y1, x2, y2 in the tensor
     * @returns {Float32Array} in the picture; where the view turns, the upright boxes round the turned ones
     */
    boxesToPicture(boxes) {
        const {data} = asRows('boxes', boxes, 4);
        const out = new Float32Array(data.length);
        const [a, b, c, d, e, f] = this.matrix;
        /** The range of p x + q y + r over the box. @param {number} i @param {number} at @param {number} p @param {number} q @param {number} r */
        const range = (i, at, p, q, r) => {
            const [x1, y1, x2, y2] = data.subarray(i, i + 4);
            out[i + at] = p * (p < 0 ? x2 : x1) + q * (q < 0 ? y2 : y1) + r;
            out[i + at + 2] = p * (p < 0 ? x1 : x2) + q * (q < 0 ? y1 : y2) + r;
        };
        for (let i = 0; i < out.length; i += 4) range(i, 0, a, b, c), range(i, 1, d, e, f);
        return out;
    }

    /** @returns {View} picture -> tensor @throws {RangeError} where the view has no area */
    inverse() {
        const [a, b, c, d, e, f] = this.matrix;
        const det = a * e - b * d;
        if (!Number.isFinite(1 / det)) throw wrong('view', 'some area', 'none');
        return new View([e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det],
            {picture: this.tensor, tensor: this.picture});
    }

    /** @param {View} inner applied first @returns {View} this after inner: a tensor of a tensor of the picture */
    compose(inner) {
        const [a, b, c, d, e, f] = this.matrix;
        const [A, B, C, D, E, F] = checkView('inner', inner).matrix;
        return new View([a * A + b * D, a * B + b * E, a * C + b * F + c, d * A + e * D, d * B + e * E, d * C + e * F + f],
            {picture: this.picture, tensor: inner.tensor});
    }

    /**
     * The same map as an affineGrid theta.
     *
     * @param {number} srcW width of the picture, pixels; with alignCorners at least 2
     * @param {number} srcH
     * @param {number} dstW width of the tensor, pixels
     * @param {number} dstH
     * @param {{alignCorners?: boolean}} [options] of the affineGrid and gridSample it is for
     * @returns {FloatTensor} [1, 2, 3]
     */
    theta(srcW, srcH, dstW, dstH, {alignCorners = false} = {}) {
        const [X, Y, x, y] = halfSpans({srcW, srcH}, alignCorners, 2).concat(halfSpans({dstW, dstH}, alignCorners, 1));
        const [a, b, c, d, e, f] = this.matrix;
        const data = Float32Array.of(
            a * x / X, b * y / X, (a * dstW + b * dstH + 2 * c - srcW) / (2 * X),
            d * x / Y, e * y / Y, (d * dstW + e * dstH + 2 * f - srcH) / (2 * Y));
        return {data, dims: [1, 2, 3]};
    }

    /**
     * The view whose theta this is: normalised coordinates to pixels.
     *
     * @param {Tensor | ArrayLike<number>} theta [1, 2, 3]: of a tensor's normalised coordinates the picture's
     * @param {number} srcW width of the picture, pixels
     * @param {number} srcH
     * @param {number} dstW width of the tensor, pixels; with alignCorners at least 2
     * @param {number} dstH
     * @param {{alignCorners?: boolean}} [options] what theta's -1 and 1 are: the edges, or the outermost pixels' centres
     * @returns {View}
     */
    static fromTheta(theta, srcW, srcH, dstW, dstH, {alignCorners = false} = {}) {
        const values = 'data' in Object(theta) ? /** @type {Tensor} */ (theta).data : /** @type {ArrayLike<number>} */ (theta);
        if (values?.length !== 6) throw wrongType('theta', '6 numbers', values?.length ?? theta);
        const [X, Y, x, y] = halfSpans({srcW, srcH}, alignCorners, 1).concat(halfSpans({dstW, dstH}, alignCorners, 2));
        const [a, b, d, e] = [values[0] * X / x, values[1] * X / y, values[3] * Y / x, values[4] * Y / y];
        return new View([a, b, values[2] * X + (srcW - a * dstW - b * dstH) / 2, d, e, values[5] * Y + (srcH - d * dstW - e * dstH) / 2],
            {picture: [srcW, srcH], tensor: [dstW, dstH]});
    }
}

/**
 * Half of what -1 to 1 spans, in pixels, of each of two sides; its middle is the middle of the side in both conventions.
 *
 * @param {Record<string, number>} sides
 * @param {boolean} alignCorners
 * @param {number} least samples that alignCorners needs
 */
const halfSpans = (sides, alignCorners, least) => Object.entries(sides)
    .map(([name, side]) => (checkInteger(name, side, alignCorners ? least : 1) - +alignCorners) / 2);

/** @typedef {{left: number, top: number, width: number, height: number}} Place */

/** @param {string} name @param {View} view @returns {View} */
export function checkView(name, view) {
    if (!(view instanceof View)) throw wrongType(name, 'a View', view);
    return view;
}

/**
 * Sine and cosine from +, - and * alone (Cody and Waite's reduction, Taylor on [-pi/4, pi/4]; 1e-15 for angles below
 * 1e5): Math.sin differs between engines in the last bit.
 *
 * @param {number} angle
 * @returns {[number, number]}
 */
export function sinCos(angle) {
    const n = Math.round(angle / 1.5707963267948966);
    const r = (angle - n * 1.5707963267341256) - n * 6.077100506506192e-11;
    const z = r * r;
    const s = r + r * z * (-1 / 6 + z * (1 / 120 + z * (-1 / 5040 + z * (1 / 362880 + z * (-1 / 39916800 + z / 6227020800)))));
    const c = 1 + z * (-1 / 2 + z * (1 / 24 + z * (-1 / 720 + z * (1 / 40320 + z * (-1 / 3628800 + z * (1 / 479001600 - z / 87178291200))))));
    return /** @type {[number, number][]} */ ([[s, c], [c, -s], [-s, -c], [-c, s]])[((n % 4) + 4) % 4];
}
