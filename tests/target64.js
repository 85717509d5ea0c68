/** Targets straight from their definitions, in float64, cell by cell. */

/** @typedef {{x: number, y: number, seen: boolean}} Joint in index coordinates of the maps */

/**
 * @param {{data: ArrayLike<number>, dims: readonly number[]}} coords
 * @param {ArrayLike<number>} weight
 * @param {number} stride
 * @param {number} offset
 * @returns {Joint[][][]} [N][P][K]
 */
export function joints64({data, dims}, weight, stride = 1, offset = 0) {
    const [N, P, K] = dims.length === 4 ? dims : [dims[0], 1, dims[1]];
    return Array.from({length: N}, (_, n) => Array.from({length: P}, (__, p) => Array.from({length: K}, (___, k) => {
        const at = (n * P + p) * K + k;
        const [x, y] = [(data[2 * at] - offset) / stride, (data[2 * at + 1] - offset) / stride];
        return {x, y, seen: weight[at] >= 0.5 && Number.isFinite(x) && Number.isFinite(y)};
    })));
}

/** OpenCV's kernel for a size without a sigma. @param {number} size */
export function kernel64(size) {
    const small = /** @type {Record<number, number[]>} */ ({1: [1], 3: [1, 2, 1], 5: [1, 4, 6, 4, 1], 7: [2, 7, 14, 18, 14, 7, 2]});
    const sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8;
    const taps = small[size] ?? Array.from({length: size}, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma * sigma)));
    const sum = taps.reduce((a, b) => a + b);
    return taps.map((t) => t / sum);
}

/** @param {number} i @param {number} size */
function mirror(i, size) {
    if (size === 1) return 0;
    const period = 2 * (size - 1), m = ((i % period) + period) % period;
    return m < size ? m : period - m;
}

/** A map blurred by OpenCV's kernel, its border reflected, or 0 beyond. @param {number[][]} map @param {number} size @param {boolean} zeros */
export function blur64(map, size, zeros) {
    const taps = kernel64(size), half = (size - 1) / 2, [H, W] = [map.length, map[0].length];
    return map.map((row, y) => row.map((_, x) => taps.reduce((sum, v, i) => sum + taps.reduce((part, h, j) => {
        const [yy, xx] = [y + i - half, x + j - half];
        const inside = yy >= 0 && yy < H && xx >= 0 && xx < W;
        return part + v * h * (zeros ? (inside ? map[yy][xx] : 0) : map[mirror(yy, H)][mirror(xx, W)]);
    }, 0), 0)));
}

/** One joint's map, or null where it is too far away. @param {string} kind @param {Joint} joint @param {number} H @param {number} W @param {number} sigma or the kernel's size */
export function spot64(kind, {x, y, seen}, H, W, sigma) {
    if (!seen) return null;
    const r = 3 * sigma, [nx, ny] = [Math.trunc(x + 0.5), Math.trunc(y + 0.5)];
    const [left, top, right, bottom] = [nx - r, ny - r, nx + r + 1, ny + r + 1].map(Math.trunc);
    const gone = {
        unbiased: x - r >= W || y - r >= H || x + r + 1 < 0 || y + r + 1 < 0,
        msra: left >= W || top >= H || right < 0 || bottom < 0,
        udp: left >= W || top >= H || right < 0 || bottom < 0,
        'one-hot': nx < 0 || ny < 0 || nx >= W || ny >= H,
        megvii: Math.trunc(x) < 0 || Math.trunc(y) < 0 || Math.trunc(x) >= W || Math.trunc(y) >= H,
    };
    if (gone[/** @type {keyof typeof gone} */ (kind)]) return null;
    /** @param {(j: number, i: number) => number} value */
    const map = (value) => Array.from({length: H}, (_, i) => Array.from({length: W}, (__, j) => value(j, i)));
    /** @param {number} cx @param {number} cy */
    const gaussian = (cx, cy) => (/** @type {number} */ j, /** @type {number} */ i) => Math.exp(-((j - cx) ** 2 + (i - cy) ** 2) / (2 * sigma * sigma));
    const within = (/** @type {number} */ j, /** @type {number} */ i) => j >= left && j < right && i >= top && i < bottom;
    if (kind === 'msra') return map((j, i) => within(j, i) ? gaussian(nx, ny)(j, i) : 0);
    if (kind === 'udp') return map((j, i) => within(j, i) ? gaussian(x, y)(j, i) : 0);
    if (kind === 'one-hot') return map((j, i) => +(j === nx && i === ny));
    if (kind === 'lightweight') return map((j, i) => ((j - x) ** 2 + (i - y) ** 2) / (2 * sigma * sigma) > 4.6052 ? 0 : gaussian(x, y)(j, i));
    if (kind !== 'megvii') return map(gaussian(x, y));
    const [mx, my] = [Math.trunc(x), Math.trunc(y)];
    const soft = blur64(map((j, i) => +(j === mx && i === my)), sigma, false);
    return soft.map((row) => row.map((v) => v / soft[my][mx] * 255));
}

/** @param {(number[][] | null)[]} people @param {number} H @param {number} W @param {string} combine @param {boolean} normalise */
export function combine64(people, H, W, combine, normalise) {
    const out = Array.from({length: H}, () => new Array(W).fill(0));
    for (const map of people) {
        const sum = map && normalise ? map.flat().reduce((a, b) => a + b) || 1 : 1;
        map?.forEach((row, i) => row.forEach((v, j) => {
            out[i][j] = combine === 'max' ? Math.max(out[i][j], v / sum) : combine === 'sum' ? out[i][j] + v / sum : Math.min(1, out[i][j] + v / sum);
        }));
    }
    return out;
}

/** One limb of all people: x, y and how many. @param {[Joint, Joint][]} people @param {number} H @param {number} W @param {number} thickness @param {string} variant */
export function field64(people, H, W, thickness, variant) {
    const [x, y, count] = [0, 1, 2].map(() => new Array(H * W).fill(0));
    for (const [a, b] of people) {
        const length = Math.hypot(b.x - a.x, b.y - a.y);
        if (!a.seen || !b.seen || length < 1e-7) continue;
        const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
        const box = [a.x, b.x, a.y, b.y].map(Number);
        const [left, top] = [Math.min(box[0], box[1]), Math.min(box[2], box[3])].map((v) => Math.trunc(Math.max(v - thickness, 0)));
        const right = Math.trunc(Math.min(Math.max(box[0], box[1]) + thickness, W)), bottom = Math.trunc(Math.min(Math.max(box[2], box[3]) + thickness, H));
        for (let cell = 0; cell < H * W; cell++) {
            const [j, i] = [cell % W, Math.floor(cell / W)], [dx, dy] = [j - a.x, i - a.y];
            if (Math.abs(dx * uy - dy * ux) > thickness) continue;
            if (variant === 'paper') {
                const along = dx * ux + dy * uy;
                if (along >= 0 && along <= length) x[cell] += ux, y[cell] += uy, count[cell]++;
            } else if (j >= left && j < right && i >= top && i < bottom) {
                x[cell] = ux, y[cell] = uy, count[cell] = 1;
            }
        }
    }
    return {count, x: x.map((v, i) => v / Math.max(1, count[i])), y: y.map((v, i) => v / Math.max(1, count[i]))};
}
