/** Peaks and their refinements straight from the definitions, in float64. */
import {blur64, kernel64} from './target64.js';

/** @typedef {number[][]} Map */

/** The first largest; null where there is no number. @param {Map} map @returns {{x: number, y: number, value: number} | null} */
export function largest64(map) {
    let best = null;
    for (const [y, row] of map.entries()) {
        for (const [x, value] of row.entries()) if (!Number.isNaN(value) && (!best || value > best.value)) best = {x, y, value};
    }
    return best;
}

/** Blurred with zeros beyond, as large as it was. @param {Map} map @param {number} kernel */
export function modulated64(map, kernel) {
    const soft = blur64(map, kernel, true), most = Math.max(...map.flat()), now = Math.max(...soft.flat());
    return soft.map((row) => row.map((v) => v * (most / now)));
}

/** @param {number} before @param {number} after */
const quarter = (before, after) => Math.sign(after - before) / 4;

/** -inverse(H) g @param {number} gx @param {number} gy @param {number} xx @param {number} xy @param {number} yy */
function newton(gx, gy, xx, xy, yy) {
    const det = xx * yy - xy * xy;
    return det === 0 ? [0, 0] : [-(yy * gx - xy * gy) / det, -(xx * gy - xy * gx) / det];
}

/** @param {Map} map @param {string} refine @param {number} kernel @param {{x: number, y: number}} at @returns {number[]} */
export function refine64(map, refine, kernel, {x, y}) {
    const [H, W] = [map.length, map[0].length];
    const [inX, inY] = [1 < x && x < W - 1, 1 < y && y < H - 1];
    if (refine === 'quarter' || refine === 'megvii') {
        const m = refine === 'quarter' ? map : modulated64(map, kernel);
        return inX && inY ? [quarter(m[y][x - 1], m[y][x + 1]), quarter(m[y - 1][x], m[y + 1][x])].map((v) => v + (refine === 'megvii' ? 0.5 : 0)) : [0, 0];
    }
    if (refine === 'quarter-axes') return [inX && y > 0 ? quarter(map[y][x - 1], map[y][x + 1]) : 0, inY && x > 0 ? quarter(map[y - 1][x], map[y + 1][x]) : 0];
    if (refine === 'parabola') {
        const vertex = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c) => a - 2 * b + c < 0 ? (a - c) / (2 * (a - 2 * b + c)) : 0;
        return [x > 0 && x < W - 1 ? vertex(map[y][x - 1], map[y][x], map[y][x + 1]) : 0, y > 0 && y < H - 1 ? vertex(map[y - 1][x], map[y][x], map[y + 1][x]) : 0];
    }
    const [least, most] = refine === 'taylor' ? [1e-10, Infinity] : [1e-3, 50];
    const logs = refine === 'none' ? map : modulated64(map, kernel).map((row) => row.map((v) => Math.log(Math.min(Math.max(v, least), most))));
    const l = (/** @type {number} */ dx, /** @type {number} */ dy) => logs[Math.min(Math.max(y + dy, 0), H - 1)][Math.min(Math.max(x + dx, 0), W - 1)];
    const [gx, gy] = [(l(1, 0) - l(-1, 0)) / 2, (l(0, 1) - l(0, -1)) / 2];
    if (refine === 'taylor') {
        if (!(1 < x && x < W - 2 && 1 < y && y < H - 2)) return [0, 0];
        return newton(gx, gy, (l(2, 0) - 2 * l(0, 0) + l(-2, 0)) / 4, (l(1, 1) - l(1, -1) - l(-1, 1) + l(-1, -1)) / 4, (l(0, 2) - 2 * l(0, 0) + l(0, -2)) / 4);
    }
    if (refine === 'udp') {
        return newton(gx, gy, l(1, 0) - 2 * l(0, 0) + l(-1, 0) + 2 ** -23, (l(1, 1) - l(1, 0) - l(0, 1) + 2 * l(0, 0) - l(-1, 0) - l(0, -1) + l(-1, -1)) / 2,
            l(0, 1) - 2 * l(0, 0) + l(0, -1) + 2 ** -23);
    }
    return [0, 0];
}

/** @param {ArrayLike<number>} vector @param {number} kernel 0: none @returns {{at: number, value: number}} */
export function vector64(vector, kernel) {
    const list = Array.from(vector), value = Math.max(...list), at = list.indexOf(value);
    if (!kernel || !(value > 0)) return {at, value};
    const taps = kernel64(kernel), half = (kernel - 1) / 2;
    const soft = list.map((_, i) => taps.reduce((sum, t, k) => sum + t * (list[i + k - half] ?? 0), 0));
    const gain = value / Math.max(...soft);
    const l = (/** @type {number} */ d) => Math.log(Math.min(Math.max(soft[Math.min(Math.max(at + d, 0), list.length - 1)] * gain, 1e-3), 50));
    return {at: at - (l(1) - l(-1)) / 2 / (1e-9 + (l(2) - 2 * l(0) + l(-2)) / 4), value};
}

/** Keys' kernel, A = -.75, taps clamped to the map. @param {number[]} line @param {number} size @returns {number[]} */
function resizeLine64(line, size) {
    const A = -0.75;
    return Array.from({length: size}, (_, i) => {
        const x = (i + 0.5) * line.length / size - 0.5, x0 = Math.floor(x);
        return [-1, 0, 1, 2].reduce((sum, k) => {
            const d = Math.abs(x - x0 - k);
            const w = d <= 1 ? ((A + 2) * d - (A + 3)) * d * d + 1 : ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
            return sum + w * line[Math.min(Math.max(x0 + k, 0), line.length - 1)];
        }, 0);
    });
}

/** @param {Map} map @param {number} height @param {number} width */
export function resize64(map, height, width) {
    const wide = map.map((row) => resizeLine64(row, width));
    const columns = wide[0].map((_, x) => resizeLine64(wide.map((row) => row[x]), height));
    return Array.from({length: height}, (_, y) => columns.map((column) => column[y]));
}
