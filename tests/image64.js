/** Resizing and sampling by their definitions, in float64, one pixel at a time. */

/** @typedef {{at: number, weight: number}[]} Taps */

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Taps from a weight for each of the pixels `from` to `to`. @param {number} from @param {number} to @param {(j: number) => number} weight @returns {Taps} */
function weighted(from, to, weight) {
    const taps = Array.from({length: to - from + 1}, (_, k) => ({at: from + k, weight: weight(from + k)}));
    const sum = taps.reduce((s, tap) => s + tap.weight, 0);
    return taps.map(({at, weight: w}) => ({at, weight: w / sum}));
}

/** Pixel i of `out` from `length` pixels. @type {Record<string, (length: number, out: number, i: number) => Taps>} */
export const TAPS = {
    nearest: (length, out, i) => [{at: Math.floor(i * length / out), weight: 1}],
    nearest_exact: (length, out, i) => [{at: Math.floor((2 * i + 1) * length / (2 * out)), weight: 1}],
    bilinear: (length, out, i) => {
        const x = clamp((i + 0.5) * length / out - 0.5, 0, length - 1);
        return weighted(Math.floor(x), Math.min(Math.floor(x) + 1, length - 1), (j) => 1 - Math.abs(j - x));
    },
    area: (length, out, i) => {
        const [low, high] = [i * length, (i + 1) * length]; // in 1 / out pixels
        return weighted(Math.floor(low / out), Math.ceil(high / out) - 1, (j) => Math.min((j + 1) * out, high) - Math.max(j * out, low));
    },
    antialias: (length, out, i) => {
        const [scale, centre] = [length / out, (i + 0.5) * length / out];
        const support = Math.max(scale, 1);
        const [from, to] = [Math.max(Math.trunc(centre - support + 0.5), 0), Math.min(Math.trunc(centre + support + 0.5), length) - 1];
        return weighted(from, to, (j) => Math.max(0, 1 - Math.abs(j + 0.5 - centre) / support));
    },
    bicubic: (length, out, i) => {
        const x = (i + 0.5) * length / out - 0.5;
        const keys = (/** @type {number} */ d) => d <= 1 ? 1.25 * d ** 3 - 2.25 * d ** 2 + 1 : -0.75 * (d ** 3 - 5 * d ** 2 + 8 * d - 4);
        return [-1, 0, 1, 2].map((k) => Math.floor(x) + k).map((j) => ({at: clamp(j, 0, length - 1), weight: keys(Math.abs(x - j))}));
    },
    adaptive: (length, out, i) => weighted(Math.floor(i * length / out), Math.ceil((i + 1) * length / out) - 1, () => 1),
};

/**
 * @param {(x: number, y: number) => number} pixel
 * @param {Taps} across
 * @param {Taps} down
 */
export function resampled(pixel, across, down) {
    return down.reduce((sum, v) => sum + v.weight * across.reduce((row, u) => row + u.weight * pixel(u.at, v.at), 0), 0);
}

/** How a view's samples are taken: the picture at (x, y), canvas coordinates. @type {Record<string, (pixel: (x: number, y: number) => number, x: number, y: number) => number>} */
export const SAMPLES = {
    nearest: (pixel, x, y) => pixel(Math.floor(x), Math.floor(y)),
    bilinear: (pixel, x, y) => {
        const [x0, y0] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
        const [u, v] = [x - 0.5 - x0, y - 0.5 - y0];
        const row = (/** @type {number} */ at) => (1 - u) * pixel(x0, at) + u * pixel(x0 + 1, at);
        return (1 - v) * row(y0) + v * row(y0 + 1);
    },
};

/**
 * What toTensor promises: [3][height][width], before any rounding, in the output's channel order.
 *
 * @param {{data: ArrayLike<number>, width: number, height: number}} frame
 * @param {{view: any, width: number, height: number, resize: string, order: string, fill: number[], scale: number, mean: number[], std: number[]}} options
 *   view: as toTensor gave it
 * @returns {number[]}
 */
export function tensor64(frame, {view, width, height, resize, order, fill, scale, mean, std}) {
    const out = [];
    const {place, matrix: [a, b, c, d, e, f]} = view;
    /** @param {number} i @param {number} j @param {(x: number, y: number) => number} pixel @param {number} outside */
    const value = (i, j, pixel, outside) => {
        if (place) {
            const [x, y] = [j - place.left, i - place.top];
            if (x < 0 || y < 0 || x >= place.width || y >= place.height) return outside;
            return resampled(pixel, TAPS[resize](frame.width, place.width, x), TAPS[resize](frame.height, place.height, y));
        }
        const count = (/** @type {number} */ dx, /** @type {number} */ dy) => resize === 'area' ? clamp(Math.ceil(Math.hypot(dx, dy) - 1e-9), 1, 16) : 1;
        const [nx, ny] = [count(a, d), count(b, e)];
        let sum = 0;
        for (let v = 0; v < ny; v++) {
            for (let u = 0; u < nx; u++) {
                const [x, y] = [j + (u + 0.5) / nx, i + (v + 0.5) / ny];
                sum += SAMPLES[resize === 'area' ? 'bilinear' : resize](pixel, a * x + b * y + c, d * x + e * y + f);
            }
        }
        return sum / (nx * ny);
    };
    for (let channel = 0; channel < 3; channel++) {
        const source = order === 'BGR' ? 2 - channel : channel;
        /** @param {number} x @param {number} y */
        const pixel = (x, y) => x >= 0 && y >= 0 && x < frame.width && y < frame.height ? frame.data[(y * frame.width + x) * 4 + source] : fill[channel];
        for (let i = 0; i < height; i++) {
            for (let j = 0; j < width; j++) out.push((value(i, j, pixel, fill[channel]) * scale - mean[channel]) / std[channel]);
        }
    }
    return out;
}
