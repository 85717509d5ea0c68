/** The lightweight decoder as one would write it: maps enlarged whole, then looked at. */

/** @typedef {{x: number, y: number, score: number}} Peak */

/** @param {Float32Array} src @param {number} height @param {number} width @param {number} factor */
function enlarge(src, height, width, factor) {
    if (factor === 1) return src;
    const [H, W] = [height * factor, width * factor];
    const taps = (/** @type {number} */ i) => {
        const x = (i + 0.5) / factor - 0.5;
        const t = x - Math.floor(x);
        const weights = [t + 1, t, 1 - t, 2 - t].map((d) => d <= 1 ? (1.25 * d - 2.25) * d * d + 1 : ((-0.75 * d + 3.75) * d - 6) * d + 3);
        return {from: Math.floor(x) - 1, weights};
    };
    const clamp = (/** @type {number} */ v, /** @type {number} */ n) => Math.min(Math.max(v, 0), n - 1);
    const [wide, large] = [new Float32Array(height * W), new Float32Array(H * W)];
    for (let x = 0; x < W; x++) {
        const {from, weights} = taps(x);
        const [a, b, c, d] = weights.map((_, k) => clamp(from + k, width));
        for (let y = 0; y < height; y++) {
            const row = y * width;
            wide[y * W + x] = weights[0] * src[row + a] + weights[1] * src[row + b] + weights[2] * src[row + c] + weights[3] * src[row + d];
        }
    }
    for (let y = 0; y < H; y++) {
        const {from, weights} = taps(y);
        const [a, b, c, d] = weights.map((_, k) => clamp(from + k, height) * W);
        for (let x = 0; x < W; x++) large[y * W + x] = weights[0] * wide[a + x] + weights[1] * wide[b + x] + weights[2] * wide[c + x] + weights[3] * wide[d + x];
    }
    return large;
}

/** @param {Float32Array} map @param {number} H @param {number} W @returns {Peak[]} */
function find(map, H, W) {
    const value = (/** @type {number} */ x, /** @type {number} */ y) => x < 0 || y < 0 || x >= W || y >= H || map[y * W + x] < 0.1 ? 0 : map[y * W + x];
    /** @type {Peak[]} */
    const peaks = [];
    for (let x = 0; x < W; x++) {
        for (let y = 0; y < H; y++) {
            const score = map[y * W + x];
            if (score < 0.1 || !(score > value(x - 1, y) && score > value(x + 1, y) && score > value(x, y - 1) && score > value(x, y + 1))) continue;
            if (peaks.every((p) => Math.hypot(p.x - x, p.y - y) >= 6)) peaks.push({x, y, score});
        }
    }
    return peaks;
}

const halfEven = (/** @type {number} */ v) => v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v);

/** @param {Peak[]} as @param {Peak[]} bs @param {Float32Array} fx @param {Float32Array} fy @param {number} W */
function connect(as, bs, fx, fy, W) {
    const links = [];
    for (const a of as) {
        for (const b of bs) {
            const [dx, dy] = [b.x - a.x, b.y - a.y];
            const length = Math.sqrt(dx * dx + dy * dy);
            let [sum, passed] = [0, 0];
            for (let k = 0; k < 10 && length > 0; k++) {
                const at = halfEven(a.y + k * dy / 9) * W + halfEven(a.x + k * dx / 9);
                const v = (fx[at] * dx + fy[at] * dy) / length;
                if (v > 0.05) sum += v, passed++;
            }
            if (passed > 8) links.push({a, b, score: sum / passed});
        }
    }
    const used = new Set();
    return links.sort((p, q) => q.score - p.score).filter(({a, b}) => !used.has(a) && !used.has(b) && used.add(a).add(b));
}

/**
 * @param {{data: Float32Array, dims: number[]}} maps [1, 57, H, W]
 * @param {import('../js/skeleton.js').Skeleton} skeleton COCO_18
 * @param {number} factor
 * @returns {{joints: (Peak | undefined)[], score: number, parts: number}[]}
 */
export function openPose({data, dims: [, , height, width]}, {joints, limbs, pafs = [], weakLimbs = []}, factor) {
    const [H, W] = [height * factor, width * factor];
    const map = (/** @type {number} */ c) => enlarge(data.subarray(c * height * width, (c + 1) * height * width), height, width, factor);
    const peaks = joints.map((_, j) => find(map(j), H, W));
    /** @type {{joints: (Peak | undefined)[], score: number, parts: number}[]} */
    const people = [];
    limbs.forEach(([A, B], l) => {
        for (const {a, b, score} of connect(peaks[A], peaks[B], map(19 + pafs[l][0]), map(19 + pafs[l][1]), W)) {
            let found = weakLimbs.includes(l);
            for (const person of people) {
                if (weakLimbs.includes(l)) {
                    if (person.joints[A] === a && !person.joints[B]) person.joints[B] = b;
                    else if (person.joints[B] === b && !person.joints[A]) person.joints[A] = a;
                } else if (person.joints[A] === a) {
                    person.joints[B] = b;
                    person.parts++;
                    person.score += b.score + score;
                    found = true;
                }
            }
            if (found) continue;
            const person = {joints: new Array(joints.length).fill(undefined), score: a.score + b.score + score, parts: 2};
            [person.joints[A], person.joints[B]] = [a, b];
            people.push(person);
        }
    });
    return people.filter(({score, parts}) => parts >= 3 && score / parts >= 0.2).sort((p, q) => q.score / q.parts - p.score / p.parts);
}
