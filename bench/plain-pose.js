/** Decoders of pose heads in plain JavaScript: typed arrays, each score computed once. NHWC, pixels of a tensor of 4 per cell. */

/** @typedef {{data: Float32Array, dims: readonly number[]}} Maps */
/** @typedef {Record<'heatmaps' | 'centers' | 'regressions' | 'offsets', Maps>} PersonHeads */
/** @typedef {PersonHeads & Record<'boxScale' | 'boxOffset', Maps>} CrowdHeads */

const sigmoid = (/** @type {number} */ v) => 1 / (1 + Math.exp(-v));

/** MoveNet's single person. @param {PersonHeads} heads @returns {Float32Array} x, y, score of each joint */
export function person({heatmaps: {data: heat, dims: [, H, W, K]}, centers, regressions, offsets}) {
    let [centre, most] = [0, -1];
    for (let y = 0, cell = 0; y < H; y++) {
        for (let x = 0; x < W; x++, cell++) {
            const [dx, dy] = [x - W / 2, y - H / 2];
            const score = sigmoid(centers.data[cell]) / (Math.sqrt(dx * dx + dy * dy) + 1.8);
            if (score > most) most = score, centre = cell;
        }
    }
    const [cy, cx] = [Math.floor(centre / W), centre % W];
    const best = new Float32Array(K).fill(-1);
    const cells = new Int32Array(K);
    const places = new Float32Array(2 * K);
    for (let k = 0; k < K; k++) {
        places[2 * k] = cy + regressions.data[2 * K * centre + 2 * k];
        places[2 * k + 1] = cx + regressions.data[2 * K * centre + 2 * k + 1];
    }
    for (let y = 0, i = 0; y < H; y++) {
        for (let x = 0; x < W; x++) {
            for (let k = 0; k < K; k++, i++) {
                const [dy, dx] = [y - places[2 * k], x - places[2 * k + 1]];
                const score = sigmoid(heat[i]) / (Math.sqrt(dx * dx + dy * dy) + 1.8);
                if (score > best[k]) best[k] = score, cells[k] = y * W + x;
            }
        }
    }
    return jointsOf(cells, K, W, heat, offsets.data);
}

/** @param {Int32Array} cells @param {number} K @param {number} W @param {Float32Array} heat @param {Float32Array} offsets */
function jointsOf(cells, K, W, heat, offsets) {
    const out = new Float32Array(3 * K);
    for (let k = 0; k < K; k++) {
        const cell = cells[k];
        out[3 * k] = 4 * (cell % W + offsets[2 * K * cell + 2 * k + 1]);
        out[3 * k + 1] = 4 * (Math.floor(cell / W) + offsets[2 * K * cell + 2 * k]);
        out[3 * k + 2] = sigmoid(heat[K * cell + k]);
    }
    return out;
}

/** MoveNet's many people, of each the joints' places. @param {CrowdHeads} heads @param {number} most people @returns {Float32Array[]} */
export function crowd({heatmaps: {data: heat, dims: [, H, W, K]}, centers, regressions, offsets, boxScale, boxOffset}, most) {
    const sure = centers.data.map(sigmoid);
    const peaks = [];
    for (let y = 0, cell = 0; y < H; y++) {
        for (let x = 0; x < W; x++, cell++) {
            let isPeak = true;
            for (let v = Math.max(y - 2, 0); isPeak && v <= Math.min(y + 2, H - 1); v++) {
                for (let u = Math.max(x - 2, 0); u <= Math.min(x + 2, W - 1); u++) {
                    if (sure[v * W + u] - sure[cell] >= 1e-6) isPeak = false;
                }
            }
            if (isPeak) peaks.push(cell);
        }
    }
    peaks.sort((a, b) => sure[b] - sure[a]);
    const spread = 0.3 * Math.min(H, W);
    return peaks.slice(0, most).map((peak) => {
        const [py, px] = [Math.floor(peak / W), peak % W];
        const [cy, cx] = [py + boxOffset.data[2 * peak], px + boxOffset.data[2 * peak + 1]];
        const [h, w] = [Math.max(boxScale.data[2 * peak], 0) / 2, Math.max(boxScale.data[2 * peak + 1], 0) / 2];
        const [top, left] = [Math.ceil(Math.max(cy - h, 0)), Math.ceil(Math.max(cx - w, 0))];
        const best = new Float32Array(K);
        const cells = new Int32Array(K);
        for (let y = top; y < Math.min(cy + h, H); y++) {
            for (let x = left; x < Math.min(cx + w, W); x++) {
                const cell = y * W + x;
                for (let k = 0; k < K; k++) {
                    const dy = y - py - regressions.data[2 * K * peak + 2 * k];
                    const dx = x - px - regressions.data[2 * K * peak + 2 * k + 1];
                    const score = sigmoid(heat[cell * K + k]) * Math.exp(-(dx * dx + dy * dy) / spread);
                    if (score > best[k]) best[k] = score, cells[k] = cell;
                }
            }
        }
        return jointsOf(cells, K, W, heat, offsets.data);
    });
}
