/** Sampling as one writes it in JavaScript: a loop over points, no vectors, all in typed arrays. */

/** @typedef {{C: number, H: number, W: number}} Sides */

/**
 * Bilinear, zeros, align_corners = false.
 * @param {Float32Array} out @param {Float32Array} src @param {Float32Array} grid @param {Sides} sides
 */
export function bilinear(out, src, grid, {C, H, W}) {
    const points = grid.length / 2, plane = H * W;
    for (let p = 0; p < points; p++) {
        const x = ((grid[2 * p] + 1) * W - 1) / 2, y = ((grid[2 * p + 1] + 1) * H - 1) / 2;
        const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
        const left = x0 >= 0 && x0 < W, right = x0 >= -1 && x0 < W - 1, top = y0 >= 0 && y0 < H, bottom = y0 >= -1 && y0 < H - 1;
        const at = y0 * W + x0;
        for (let c = 0, from = at, to = p; c < C; c++, from += plane, to += points) {
            let sum = 0;
            if (top && left) sum += src[from] * (1 - fx) * (1 - fy);
            if (top && right) sum += src[from + 1] * fx * (1 - fy);
            if (bottom && left) sum += src[from + W] * (1 - fx) * fy;
            if (bottom && right) sum += src[from + W + 1] * fx * fy;
            out[to] = sum;
        }
    }
    return out;
}

/**
 * Its gradients.
 * @param {Float32Array} gradOut @param {Float32Array} src @param {Float32Array} grid @param {Sides} sides
 */
export function bilinearBackward(gradOut, src, grid, {C, H, W}) {
    const points = grid.length / 2, plane = H * W, gradInput = new Float32Array(src.length), gradGrid = new Float32Array(grid.length);
    for (let p = 0; p < points; p++) {
        const x = ((grid[2 * p] + 1) * W - 1) / 2, y = ((grid[2 * p + 1] + 1) * H - 1) / 2;
        const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
        const left = x0 >= 0 && x0 < W, right = x0 >= -1 && x0 < W - 1, top = y0 >= 0 && y0 < H, bottom = y0 >= -1 && y0 < H - 1;
        let gx = 0, gy = 0;
        for (let c = 0, at = y0 * W + x0, to = p; c < C; c++, at += plane, to += points) {
            const g = gradOut[to];
            if (top && left) gradInput[at] += g * (1 - fx) * (1 - fy), gx -= g * src[at] * (1 - fy), gy -= g * src[at] * (1 - fx);
            if (top && right) gradInput[at + 1] += g * fx * (1 - fy), gx += g * src[at + 1] * (1 - fy), gy -= g * src[at + 1] * fx;
            if (bottom && left) gradInput[at + W] += g * (1 - fx) * fy, gx -= g * src[at + W] * fy, gy += g * src[at + W] * (1 - fx);
            if (bottom && right) gradInput[at + W + 1] += g * fx * fy, gx += g * src[at + W + 1] * fy, gy += g * src[at + W + 1] * fx;
        }
        gradGrid[2 * p] = gx * W / 2;
        gradGrid[2 * p + 1] = gy * H / 2;
    }
    return {gradInput, gradGrid};
}

/** Keys' weights, A = -0.75. @param {number} f @param {Float64Array} w */
function keys(f, w) {
    const near = (/** @type {number} */ d) => (1.25 * d - 2.25) * d * d + 1, far = (/** @type {number} */ d) => ((-0.75 * d + 3.75) * d - 6) * d + 3;
    w[0] = far(1 + f), w[1] = near(f), w[2] = near(1 - f), w[3] = far(2 - f);
}

const [wx, wy] = [new Float64Array(4), new Float64Array(4)];

/** Bicubic, zeros, align_corners = false. @type {typeof bilinear} */
export function bicubic(out, src, grid, {C, H, W}) {
    const points = grid.length / 2, plane = H * W;
    for (let p = 0; p < points; p++) {
        const x = ((grid[2 * p] + 1) * W - 1) / 2, y = ((grid[2 * p + 1] + 1) * H - 1) / 2;
        const x0 = Math.floor(x), y0 = Math.floor(y);
        keys(x - x0, wx), keys(y - y0, wy);
        for (let c = 0; c < C; c++) {
            let sum = 0;
            for (let i = 0; i < 4; i++) {
                const row = y0 - 1 + i;
                if (row < 0 || row >= H) continue;
                for (let j = 0; j < 4; j++) {
                    const column = x0 - 1 + j;
                    if (column >= 0 && column < W) sum += src[c * plane + row * W + column] * wx[j] * wy[i];
                }
            }
            out[c * points + p] = sum;
        }
    }
    return out;
}

/** Its gradients. @type {typeof bilinearBackward} */
export function bicubicBackward(gradOut, src, grid, {C, H, W}) {
    const points = grid.length / 2, plane = H * W, gradInput = new Float32Array(src.length), gradGrid = new Float32Array(grid.length);
    const near = (/** @type {number} */ d) => (3.75 * d - 4.5) * d, far = (/** @type {number} */ d) => (-2.25 * d + 7.5) * d - 6;
    const [sx, sy] = [new Float64Array(4), new Float64Array(4)];
    for (let p = 0; p < points; p++) {
        const x = ((grid[2 * p] + 1) * W - 1) / 2, y = ((grid[2 * p + 1] + 1) * H - 1) / 2;
        const x0 = Math.floor(x), y0 = Math.floor(y);
        for (const [f, w, s] of /** @type {[number, Float64Array, Float64Array][]} */ ([[x - x0, wx, sx], [y - y0, wy, sy]])) {
            keys(f, w);
            s[0] = far(1 + f), s[1] = near(f), s[2] = -near(1 - f), s[3] = -far(2 - f);
        }
        let gx = 0, gy = 0;
        for (let c = 0; c < C; c++) {
            const g = gradOut[c * points + p];
            for (let i = 0; i < 4; i++) {
                const row = y0 - 1 + i;
                if (row < 0 || row >= H) continue;
                for (let j = 0; j < 4; j++) {
                    const column = x0 - 1 + j;
                    if (column < 0 || column >= W) continue;
                    const at = c * plane + row * W + column;
                    gradInput[at] += g * wx[j] * wy[i];
                    gx += g * src[at] * sx[j] * wy[i];
                    gy += g * src[at] * wx[j] * sy[i];
                }
            }
        }
        gradGrid[2 * p] = gx * W / 2;
        gradGrid[2 * p + 1] = gy * H / 2;
    }
    return {gradInput, gradGrid};
}

/**
 * Trilinear in one volume, zeros, align_corners = false; and its gradients, where gradOut is given.
 * @param {Float32Array} src @param {Float32Array} grid @param {number[]} sides C, D, H, W @param {Float32Array} [gradOut]
 */
export function trilinear(src, grid, [C, D, H, W], gradOut) {
    const points = grid.length / 3, volume = D * H * W, out = new Float32Array(C * points);
    const gradInput = new Float32Array(gradOut ? src.length : 0), gradGrid = new Float32Array(gradOut ? grid.length : 0);
    for (let p = 0; p < points; p++) {
        const x = ((grid[3 * p] + 1) * W - 1) / 2, y = ((grid[3 * p + 1] + 1) * H - 1) / 2, z = ((grid[3 * p + 2] + 1) * D - 1) / 2;
        const x0 = Math.floor(x), y0 = Math.floor(y), z0 = Math.floor(z), fx = x - x0, fy = y - y0, fz = z - z0;
        for (let k = 0; k < 8; k++) {
            const i = x0 + (k & 1), j = y0 + (k >> 1 & 1), l = z0 + (k >> 2);
            if (i < 0 || j < 0 || l < 0 || i >= W || j >= H || l >= D) continue;
            const ux = k & 1 ? fx : 1 - fx, uy = k & 2 ? fy : 1 - fy, uz = k & 4 ? fz : 1 - fz;
            const at = (l * H + j) * W + i;
            for (let c = 0; c < C; c++) {
                const v = src[c * volume + at];
                if (!gradOut) {
                    out[c * points + p] += v * ux * uy * uz;
                    continue;
                }
                const g = gradOut[c * points + p];
                gradInput[c * volume + at] += g * ux * uy * uz;
                gradGrid[3 * p] += (k & 1 ? g : -g) * v * uy * uz * W / 2;
                gradGrid[3 * p + 1] += (k & 2 ? g : -g) * v * ux * uz * H / 2;
                gradGrid[3 * p + 2] += (k & 4 ? g : -g) * v * ux * uy * D / 2;
            }
        }
    }
    return {out, gradInput, gradGrid};
}
