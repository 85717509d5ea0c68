/**
 * grid_sample by its definition, in float64, one tap at a time: what it gives, and its gradients.
 *
 * @typedef {{mode?: string, paddingMode?: string, alignCorners?: boolean}} How
 * @typedef {{index: number, weight: number, slope: number}} Tap   slope: of the weight, by the normalised coordinate
 * @typedef {{data: ArrayLike<number>, dims: readonly number[]}} Maps [N, C, (D,) H, W]
 */

/** Half to even. @param {number} x */
const roundEven = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

/** @param {number} x @param {number} size */
const clip = (x, size) => Math.min(Math.max(x, 0), size - 1);

/** The mirror image of x within [low, low + span], and whether it is turned. @param {number} x @param {number} low @param {number} span */
function mirror(x, low, span) {
    if (span === 0) return {x: 0, sign: 0};
    const phase = (((x - low) % (2 * span)) + 2 * span) % (2 * span);
    return phase < span ? {x: low + phase, sign: 1} : {x: low + 2 * span - phase, sign: -1};
}

/** @param {number} x an index coordinate @param {number} size @param {How} how */
function reflect(x, size, {alignCorners}) {
    const folded = alignCorners ? mirror(x, 0, size - 1) : mirror(x, -0.5, size);
    return {x: clip(folded.x, size), sign: folded.x > 0 && folded.x < size - 1 ? folded.sign : 0};
}

/** Keys' kernel with A = -0.75, and its derivative. @param {number} d */
function keys(d) {
    const [a, t, s] = [-0.75, Math.abs(d), Math.sign(d)];
    if (t <= 1) return {value: ((a + 2) * t - (a + 3)) * t * t + 1, slope: s * (3 * (a + 2) * t - 2 * (a + 3)) * t};
    return {value: ((a * t - 5 * a) * t + 8 * a) * t - 4 * a, slope: s * ((3 * a * t - 10 * a) * t + 8 * a)};
}

/** The index coordinate. @param {number} g @param {number} size @param {boolean | undefined} alignCorners */
const toIndex = (g, size, alignCorners) => (alignCorners ? (g + 1) / 2 * (size - 1) : ((g + 1) * size - 1) / 2);

/** @param {number} g @param {number} size @param {How} how @returns {Tap[]} those inside */
function tapsAlong(g, size, how) {
    const {mode = 'bilinear', paddingMode = 'zeros', alignCorners} = how;
    const scale = (alignCorners ? size - 1 : size) / 2;
    const index = toIndex(g, size, alignCorners);
    let taps;
    if (mode === 'bicubic') {
        const pad = (/** @type {number} */ i) => paddingMode === 'border' ? clip(i, size) : paddingMode === 'reflection' ? reflect(i, size, how).x : i;
        taps = [-1, 0, 1, 2].map((k) => Math.floor(index) + k).map((i) => {
            const {value, slope} = keys(index - i);
            return {index: pad(i), weight: value, slope: slope * scale};
        });
    } else {
        let [x, sign] = [index, 1];
        if (paddingMode === 'border') [x, sign] = [clip(index, size), index > 0 && index < size - 1 ? 1 : 0];
        if (paddingMode === 'reflection') ({x, sign} = reflect(index, size, how));
        const left = Math.floor(x);
        taps = mode === 'nearest' ? [{index: roundEven(x), weight: 1, slope: 0}]
            : [{index: left, weight: left + 1 - x, slope: -sign * scale}, {index: left + 1, weight: x - left, slope: sign * scale}];
    }
    return taps.filter((tap) => tap.index >= 0 && tap.index < size);
}

/**
 * The taps of a point: where in a plane, how much, and the derivatives of that by the coordinates.
 *
 * @param {ArrayLike<number>} point (x, y) or (x, y, z)
 * @param {number[]} sides [(D,) H, W]
 * @param {How} how
 */
function tapsOf(point, sides, how) {
    let taps = [{at: 0, weight: 1, slopes: /** @type {number[]} */ ([])}];
    for (const [i, size] of sides.entries()) {
        const axis = tapsAlong(point[sides.length - 1 - i], size, how);
        taps = taps.flatMap(({at, weight, slopes}) => axis.map((tap) => ({
            at: at * size + tap.index, weight: weight * tap.weight, slopes: [weight * tap.slope, ...slopes.map((s) => s * tap.weight)],
        })));
    }
    return taps;
}

/**
 * @param {Maps} input
 * @param {Maps} grid [N, ..., dims]
 * @param {How} [how]
 * @param {ArrayLike<number>} [gradOutput] of the result's data
 */
export function gridSample64({data, dims: [N, C, ...sides]}, grid, how = {}, gradOutput) {
    const dims = sides.length;
    const plane = sides.reduce((a, b) => a * b, 1);
    const points = grid.data.length / dims / N;
    const output = new Float64Array(N * C * points);
    const gradInput = new Float64Array(data.length);
    const gradGrid = new Float64Array(grid.data.length);
    for (let n = 0; n < N; n++) {
        for (let p = 0; p < points; p++) {
            const first = (n * points + p) * dims;
            const taps = tapsOf(Array.from({length: dims}, (_, k) => grid.data[first + k]), sides, how);
            for (let c = 0; c < C; c++) {
                const [from, to] = [(n * C + c) * plane, (n * C + c) * points + p];
                for (const {at, weight, slopes} of taps) {
                    output[to] += data[from + at] * weight;
                    if (!gradOutput) continue;
                    gradInput[from + at] += gradOutput[to] * weight;
                    slopes.forEach((slope, k) => (gradGrid[first + k] += gradOutput[to] * data[from + at] * slope));
                }
            }
        }
    }
    return {data: output, dims: [N, C, ...grid.dims.slice(1, -1)], gradInput, gradGrid};
}

/**
 * affine_grid by its definition.
 *
 * @param {Maps} theta [N, d, d + 1]
 * @param {readonly number[]} size [N, C, (D,) H, W]
 * @param {boolean} [alignCorners]
 */
export function affineGrid64({data}, [N, , ...sides], alignCorners) {
    const dims = sides.length;
    const base = (/** @type {number} */ i, /** @type {number} */ size) =>
        size === 1 ? 0 : alignCorners ? 2 * i / (size - 1) - 1 : (2 * i + 1) / size - 1;
    const points = sides.reduce((a, b) => a * b, 1);
    const bases = Array.from({length: N * points}, (_, i) => {
        let rest = i % points;
        const axes = [...sides].reverse().map((size) => {
            const at = rest % size;
            rest = Math.floor(rest / size);
            return base(at, size);
        });
        return [...axes, 1];
    });
    const rows = bases.flatMap((b, i) => Array.from({length: dims}, (_, k) => {
        const row = (Math.floor(i / points) * dims + k) * (dims + 1);
        return b.reduce((sum, v, j) => sum + v * data[row + j], 0);
    }));
    return {data: Float64Array.from(rows), dims: [N, ...sides, dims], bases};
}
