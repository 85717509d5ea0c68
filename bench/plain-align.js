/** Alignment as one writes it in JavaScript: Gauss-Newton on the squares, one loop over the pixels, halved twice for a start. */

/** @param {Float32Array} picture @param {number} side */
function halve(picture, side) {
    const half = side >> 1;
    return Float32Array.from({length: half * half}, (_, i) => {
        const at = 2 * (i % half) + 2 * Math.floor(i / half) * side;
        return (picture[at] + picture[at + 1] + picture[at + side] + picture[at + side + 1]) / 4;
    });
}

/** Solves the normal equations in place. @param {Float64Array} h 6 x 6 @param {Float64Array} g @returns {Float64Array} */
function solve(h, g) {
    for (let k = 0; k < 6; k++) {
        for (let i = k + 1; i < 6; i++) {
            const f = h[6 * i + k] / h[6 * k + k];
            for (let j = k; j < 6; j++) h[6 * i + j] -= f * h[6 * k + j];
            g[i] -= f * g[k];
        }
    }
    for (let k = 5; k >= 0; k--) {
        for (let j = k + 1; j < 6; j++) g[k] -= h[6 * k + j] * g[j];
        g[k] /= h[6 * k + k];
    }
    return g;
}

/**
 * @param {Float32Array} moving @param {Float32Array} fixed @param {number} side of both, square
 * @param {readonly number[]} start @param {number} [levels]
 * @returns {Float64Array} theta, normalised
 */
export function gaussNewton(moving, fixed, side, start, levels = 3) {
    const theta = levels > 1 ? gaussNewton(halve(moving, side), halve(fixed, side), side >> 1, start, levels - 1) : Float64Array.from(start);
    for (let step = 0; step < 30; step++) {
        const h = new Float64Array(36), g = new Float64Array(6), slope = new Float64Array(6);
        for (let row = 0, p = 0; row < side; row++) {
            const v = (2 * row + 1) / side - 1;
            for (let column = 0; column < side; column++, p++) {
                const u = (2 * column + 1) / side - 1;
                const x = ((theta[0] * u + theta[1] * v + theta[2] + 1) * side - 1) / 2, y = ((theta[3] * u + theta[4] * v + theta[5] + 1) * side - 1) / 2;
                if (!(x > 0 && y > 0 && x < side - 1 && y < side - 1)) continue;
                const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0, at = y0 * side + x0;
                const a = moving[at], b = moving[at + 1], c = moving[at + side], d = moving[at + side + 1];
                const above = a + (b - a) * fx, below = c + (d - c) * fx, r = above + (below - above) * fy - fixed[p];
                const dx = ((b - a) * (1 - fy) + (d - c) * fy) * side / 2, dy = (below - above) * side / 2;
                slope[0] = dx * u, slope[1] = dx * v, slope[2] = dx, slope[3] = dy * u, slope[4] = dy * v, slope[5] = dy;
                for (let i = 0; i < 6; i++) {
                    g[i] += slope[i] * r;
                    for (let j = i; j < 6; j++) h[6 * i + j] += slope[i] * slope[j];
                }
            }
        }
        for (let i = 0; i < 6; i++) for (let j = 0; j < i; j++) h[6 * i + j] = h[6 * j + i];
        const move = solve(h, g);
        move.forEach((m, i) => theta[i] -= m);
        if (move.every(m => Math.abs(m) < 0.004 / side)) break;
    }
    return theta;
}
