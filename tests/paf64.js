/**
 * OpenPose's decoding in the words of its authors and those after them, in float64: maps enlarged whole, formulas as they are written. Slow.
 *
 * @typedef {{width: number, height: number, at: (x: number, y: number) => number}} Plane
 * @typedef {{x: number, y: number, score: number, id: number}} Peak
 * @typedef {{a: Peak, b: Peak, score: number}} Link
 * @typedef {{joints: (Peak | undefined)[], score: number, parts: number, links: number}} Person
 */

/** Values computed when they are first asked for; zero outside. @param {number} width @param {number} height @param {(x: number, y: number) => number} value @returns {Plane} */
function planeOf(width, height, value) {
    const values = new Float64Array(width * height).fill(NaN);
    return {width, height, at(x, y) {
        if (x < 0 || y < 0 || x >= width || y >= height) return 0;
        const i = y * width + x;
        return values[i] === values[i] ? values[i] : (values[i] = value(x, y));
    }};
}

/** Keys' cubic of A = -.75, and the triangle. */
const KERNELS = {
    /** @param {number} d */
    cubic: (d) => d <= 1 ? 1.25 * d ** 3 - 2.25 * d ** 2 + 1 : d < 2 ? -0.75 * d ** 3 + 3.75 * d ** 2 - 6 * d + 3 : 0,
    /** @param {number} d */
    bilinear: (d) => d < 1 ? 1 - d : 0,
};

/** [cell, weight] of every pixel of an enlarged side. @param {number} cells @param {number} factor @param {keyof typeof KERNELS} kernel */
function taps(cells, factor, kernel) {
    return Array.from({length: cells * factor}, (_, i) => {
        const x = (i + 0.5) / factor - 0.5;
        return [-1, 0, 1, 2].map((k) => {
            const cell = Math.floor(x) + k;
            return [Math.min(Math.max(cell, 0), cells - 1), KERNELS[kernel](Math.abs(x - cell))];
        }).filter(([, weight]) => weight !== 0);
    });
}

/** @param {Plane} cells @param {number} factor @param {keyof typeof KERNELS} kernel @returns {Plane} */
function enlarged(cells, factor, kernel) {
    const [columns, lines] = [taps(cells.width, factor, kernel), taps(cells.height, factor, kernel)];
    const across = planeOf(columns.length, cells.height, (x, y) => columns[x].reduce((sum, [c, w]) => sum + w * cells.at(c, y), 0));
    return planeOf(columns.length, lines.length, (x, y) => lines[y].reduce((sum, [r, w]) => sum + w * across.at(x, r), 0));
}

/** scipy's gaussian_filter: truncated at 4 sigma, mirrored at the edge. @param {Plane} plane @param {number} sigma @returns {Plane} */
function blurred({width, height, at}, sigma) {
    const radius = Math.floor(4 * sigma + 0.5);
    const weights = Array.from({length: 2 * radius + 1}, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)));
    const total = weights.reduce((a, b) => a + b);
    const mirror = (/** @type {number} */ i, /** @type {number} */ n) => {
        while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
        return i;
    };
    const sum = (/** @type {(i: number) => number} */ value) => {
        let all = 0;
        for (let d = -radius; d <= radius; d++) all += weights[d + radius] * value(d);
        return all / total;
    };
    const across = planeOf(width, height, (x, y) => sum((d) => at(mirror(x + d, width), y)));
    return planeOf(width, height, (x, y) => sum((d) => across.at(x, mirror(y + d, height))));
}

const FOUR = [[-1, 0], [1, 0], [0, -1], [0, 1]];
const EIGHT = [...FOUR, [-1, -1], [1, -1], [-1, 1], [1, 1]];

/** @param {Plane} plane @param {(x: number, y: number) => boolean} isPeak */
function scan({width, height}, isPeak) {
    const found = [];
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (isPeak(x, y)) found.push({x, y});
    return found;
}

/** Peaks of one joint. @type {Record<string, (plane: Plane, threshold: number, blur: number, offset: number) => {x: number, y: number, score: number}[]>} */
const PEAKS = {
    lightweight: (plane, threshold) => {
        const cut = (/** @type {number} */ x, /** @type {number} */ y) => plane.at(x, y) < threshold ? 0 : plane.at(x, y);
        const sorted = scan(plane, (x, y) => FOUR.every(([i, j]) => cut(x, y) > cut(x + i, y + j))).sort((p, q) => p.x - q.x);
        const gone = new Set();
        sorted.forEach((p, i) => gone.has(i) || sorted.forEach((q, j) => j > i && Math.hypot(p.x - q.x, p.y - q.y) < 6 && gone.add(j)));
        return sorted.filter((_, i) => !gone.has(i)).map((p) => ({...p, score: plane.at(p.x, p.y)}));
    },
    pytorch: (plane, threshold, blur) => {
        const soft = blur ? blurred(plane, blur) : plane;
        return scan(soft, (x, y) => soft.at(x, y) > threshold && FOUR.every(([i, j]) => soft.at(x, y) >= soft.at(x + i, y + j)))
            .map((p) => ({...p, score: plane.at(p.x, p.y)}));
    },
    pafprocess: (plane, threshold, blur) => {
        const soft = blur ? blurred(plane, blur) : plane;
        const isOutside = (/** @type {number} */ x, /** @type {number} */ y) => x < 0 || y < 0 || x >= soft.width || y >= soft.height;
        return scan(soft, (x, y) => soft.at(x, y) > threshold && EIGHT.every(([i, j]) => isOutside(x + i, y + j) || soft.at(x, y) >= soft.at(x + i, y + j)))
            .map((p) => ({...p, score: plane.at(p.x, p.y)}));
    },
    cmu: (plane, threshold, _, offset) => scan(plane, (x, y) => {
        const ring = Math.min(x, y, plane.width - 1 - x, plane.height - 1 - y);
        if (ring < 1 || !(plane.at(x, y) > threshold)) return false;
        return EIGHT.every(([i, j]) => ring === 1 ? plane.at(x, y) >= plane.at(x + i, y + j) : plane.at(x, y) > plane.at(x + i, y + j));
    }).slice(0, 127).map(({x, y}) => {
        let [mass, mx, my] = [0, 0, 0];
        for (let v = Math.max(y - 3, 0); v <= Math.min(y + 3, plane.height - 1); v++) {
            for (let u = Math.max(x - 3, 0); u <= Math.min(x + 3, plane.width - 1); u++) {
                const score = plane.at(u, v);
                if (score > 0) [mass, mx, my] = [mass + score, mx + u * score, my + v * score];
            }
        }
        return {x: mx / mass + offset, y: my / mass + offset, score: plane.at(x, y)};
    }),
};

const halfUp = (/** @type {number} */ v) => Math.floor(v + 0.5);
const halfEven = (/** @type {number} */ v) => v - Math.floor(v) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v);

/**
 * Samples of a field along A to B.
 *
 * @param {Plane[]} field
 * @param {Peak} a
 * @param {Peak} b
 * @param {number} n samples
 * @param {number} steps from A to B
 * @param {(v: number) => number} round
 */
function along([fx, fy], a, b, n, steps, round) {
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const length = Math.hypot(dx, dy);
    return Array.from({length: n}, (_, k) => {
        const x = Math.min(Math.max(round(a.x + k * dx / steps), 0), fx.width - 1);
        const y = Math.min(Math.max(round(a.y + k * dy / steps), 0), fx.height - 1);
        return (fx.at(x, y) * dx + fy.at(x, y) * dy) / length;
    });
}

const mean = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0) / values.length;

/** The score of a limb from A to B, or none. @type {Record<string, (field: Plane[], a: Peak, b: Peak, rule: any) => number | undefined>} */
const LIMBS = {
    lightweight: (field, a, b, {sampleThreshold}) => {
        const passed = along(field, a, b, 10, 9, halfEven).filter((v) => v > sampleThreshold);
        return passed.length / 10 > 0.8 && mean(passed) > 0 ? mean(passed) : undefined;
    },
    pytorch: (field, a, b, {sampleThreshold}) => {
        const all = along(field, a, b, 10, 9, halfEven);
        const score = mean(all) + Math.min(0.5 * field[0].height / Math.max(0.001, Math.hypot(b.x - a.x, b.y - a.y)) - 1, 0);
        return all.filter((v) => v > sampleThreshold).length > 8 && score > 0 ? score : undefined;
    },
    pafprocess: (field, a, b, {sampleThreshold}) => {
        const all = along(field, a, b, 10, 10, halfUp);
        const score = mean(all) + Math.min(0.5 * field[0].height / Math.hypot(b.x - a.x, b.y - a.y) - 1, 0);
        return all.filter((v) => v > sampleThreshold).length > 6 && score > 0 ? score : undefined;
    },
    cmu: (field, a, b, {sampleThreshold, sampleRatio, peakThreshold}) => {
        const [dx, dy] = [b.x - a.x, b.y - a.y];
        const n = Math.min(Math.max(halfUp(Math.sqrt(5 * Math.max(Math.abs(dx), Math.abs(dy)))), 5), 25);
        if (!(Math.hypot(dx, dy) > 1e-6)) return undefined;
        const passed = along(field, a, b, n, n, halfUp).filter((v) => v > sampleThreshold);
        if (passed.length / n > sampleRatio) return mean(passed) > 1e-6 ? mean(passed) : undefined;
        return Math.hypot(dx, dy) < Math.sqrt(field[0].width * field[0].height) / 150 ? peakThreshold + 1e-6 : undefined;
    },
};

/** @param {number} joints @param {[number, Peak][]} has @param {number} [linked] score of the limb between them @returns {Person} */
function personOf(joints, has, linked) {
    /** @type {Person} */
    const person = {joints: new Array(joints).fill(undefined), score: linked ?? 0, parts: 0, links: linked === undefined ? 0 : 1};
    for (const [joint, peak] of has) give(person, joint, peak);
    return person;
}

/** @param {Person} person @param {number} joint @param {Peak} peak */
function give(person, joint, peak) {
    person.joints[joint] = peak;
    person.parts++;
    person.score += peak.score;
}

/** @param {Person} person @param {number} score */
function link(person, score) {
    person.links++;
    person.score += score;
}

const areDisjoint = (/** @type {Person} */ p, /** @type {Person} */ q) => p.joints.every((peak, j) => !peak || !q.joints[j]);

/** @param {Person[]} people @param {Person} p @param {Person} q who is taken in by p */
function merge(people, p, q) {
    q.joints.forEach((peak, j) => peak && (p.joints[j] = peak));
    [p.parts, p.links, p.score] = [p.parts + q.parts, p.links + q.links, p.score + q.score];
    people.splice(people.indexOf(q), 1);
}

/** Limbs in order, each kind's best first, no peak twice. @param {Link[]} candidates @returns {Link[]} */
function unique(candidates) {
    /** @type {Link[]} */
    const kept = [];
    for (const one of [...candidates].sort((p, q) => q.score - p.score)) if (kept.every(({a, b}) => a !== one.a && b !== one.b)) kept.push(one);
    return kept;
}

/** @type {Record<string, (peaks: Peak[][], candidates: Link[][], skeleton: any) => Person[]>} */
const ASSEMBLIES = {
    follow: (peaks, candidates, skeleton) => follow(peaks, candidates, skeleton, false),
    lone: (peaks, candidates, skeleton) => follow(peaks, candidates, skeleton, true),
    share: (peaks, candidates, {limbs, weakLimbs = []}) => {
        /** @type {Person[]} */
        const people = [];
        limbs.forEach((/** @type {number[]} */ [A, B], /** @type {number} */ l) => unique(candidates[l]).forEach(({a, b, score}) => {
            const found = people.filter(({joints}) => joints[A] === a || joints[B] === b);
            if (found.length === 0 && !weakLimbs.includes(l)) people.push(personOf(peaks.length, [[A, a], [B, b]], score));
            if (found.length === 1 && found[0].joints[B] !== b) give(found[0], B, b), link(found[0], score);
            if (found.length === 2) {
                if (areDisjoint(found[0], found[1])) merge(people, found[0], found[1]);
                else give(found[0], B, b);
                link(found[0], score);
            }
        }));
        return people;
    },
    ranked: (peaks, candidates, {limbs}) => {
        /** @type {Person[]} */
        const people = [];
        const all = candidates.flatMap((list, l) => list.map((one) => ({...one, l, total: one.score + 0.1 * one.a.score + 0.1 * one.b.score})));
        for (const {a, b, score, l} of all.sort((p, q) => q.total - p.total)) {
            const [A, B] = limbs[l];
            const [p, q] = [people.find(({joints}) => joints[A] === a), people.find(({joints}) => joints[B] === b)];
            if (!p && !q) people.push(personOf(peaks.length, [[A, a], [B, b]], score));
            else if (p && !q && !p.joints[B]) give(p, B, b), link(p, score);
            else if (q && !p && !q.joints[A]) give(q, A, a), link(q, score);
            else if (p && p === q) link(p, score);
            else if (p && q && areDisjoint(p, q)) {
                const [first, second] = people.indexOf(p) < people.indexOf(q) ? [p, q] : [q, p];
                merge(people, first, second);
                link(first, score);
            }
        }
        return people;
    },
};

/** @param {Peak[][]} peaks @param {Link[][]} candidates @param {any} skeleton @param {boolean} lone */
function follow(peaks, candidates, {limbs, weakLimbs = []}, lone) {
    /** @type {Person[]} */
    const people = [];
    limbs.forEach((/** @type {number[]} */ [A, B], /** @type {number} */ l) => {
        for (const [joint, other] of [[A, B], [B, A]]) {
            if (!lone || peaks[other].length) continue;
            for (const peak of peaks[joint]) if (people.every(({joints}) => joints[joint] !== peak)) people.push(personOf(peaks.length, [[joint, peak]]));
        }
        for (const {a, b, score} of unique(candidates[l])) {
            if (weakLimbs.includes(l)) {
                for (const {joints} of people) {
                    if (joints[A] === a && !joints[B]) joints[B] = b;
                    else if (joints[B] === b && !joints[A]) joints[A] = a;
                }
                continue;
            }
            const found = people.filter(({joints}) => joints[A] === a);
            for (const person of found) give(person, B, b), link(person, score);
            if (!found.length) people.push(personOf(peaks.length, [[A, a], [B, b]], score));
        }
    });
    return people;
}

const CMU = {factor: 8, kernel: 'cubic', blur: 0, peaks: 'cmu', limbs: 'cmu', peakThreshold: 0.05, sampleRatio: 0.95, minParts: 3, minScore: 0.4, overLinks: true, offset: 0.5};

/** @type {Record<string, any>} */
const VARIANTS = {
    lightweight: {factor: 4, kernel: 'cubic', blur: 0, peaks: 'lightweight', limbs: 'lightweight', assembly: 'follow', peakThreshold: 0.1, minParts: 3, minScore: 0.2, offset: 0},
    pytorch: {factor: 8, kernel: 'cubic', blur: 3, peaks: 'pytorch', limbs: 'pytorch', assembly: 'share', peakThreshold: 0.1, minParts: 4, minScore: 0.4, offset: 0},
    pafprocess: {factor: 4, kernel: 'bilinear', blur: 3, peaks: 'pafprocess', limbs: 'pafprocess', assembly: 'share', peakThreshold: 0.05, minParts: 4, minScore: 0.3, offset: 0},
    cmu: {...CMU, assembly: 'lone'},
    'cmu-gpu': {...CMU, assembly: 'ranked'},
};

/**
 * @param {{data: ArrayLike<number>, dims: readonly number[]}} maps [1, C, H, W] heatmaps, background, fields
 * @param {any} skeleton
 * @param {string} variant
 * @param {any} [options] factor, blur, thresholds other than the variant's
 * @returns {{score: number, keypoints: number[], joints: (Peak | undefined)[], box: number[]}[]} best first, at 8 pixels per cell
 */
export function people64({data, dims: [, C, H, W]}, skeleton, variant, options = {}) {
    const rule = {sampleThreshold: 0.05, ...VARIANTS[variant], ...options};
    const K = skeleton.joints.length;
    const channels = 2 * skeleton.limbs.length;
    const map = (/** @type {number} */ c) => enlarged(planeOf(W, H, (x, y) => data[(c * H + y) * W + x]), rule.factor, rule.kernel);
    const peaks = skeleton.joints.map((/** @type {string} */ _, /** @type {number} */ k) => PEAKS[rule.peaks](map(k), rule.peakThreshold, rule.blur, rule.offset)
        .map((peak, id) => ({...peak, id})));
    const candidates = skeleton.limbs.map((/** @type {number[]} */ [A, B], /** @type {number} */ l) => {
        const field = skeleton.pafs[l].map((/** @type {number} */ c) => map(C - channels + c));
        return peaks[A].flatMap((/** @type {Peak} */ a) => peaks[B].flatMap((/** @type {Peak} */ b) => {
            const score = a.x === b.x && a.y === b.y ? undefined : LIMBS[rule.limbs](field, a, b, rule);
            return score === undefined ? [] : [{a, b, score}];
        }));
    });
    const judged = ASSEMBLIES[rule.assembly](peaks, candidates, skeleton).map((person) => ({...person, mean: person.score / (person.parts + (rule.overLinks ? person.links : 0))}));
    const pass = (/** @type {number} */ parts, /** @type {number} */ score, /** @type {number[]} */ minor) =>
        judged.filter((p) => p.parts - minor.filter((j) => p.joints[j]).length >= parts && p.mean >= score);
    let passed = pass(rule.minParts, rule.minScore, skeleton.minorJoints ?? []);
    if (!passed.length && rule.overLinks) passed = pass(2, 0.05, []);
    const shift = rule.peaks === 'cmu' ? 0 : rule.offset;
    return passed.sort((p, q) => q.mean - p.mean).map(({joints, mean: score}) => {
        const places = joints.map((peak) => peak && [peak.x + shift, peak.y + shift].map((v) => (v * 8) / rule.factor));
        const found = places.filter((place) => place !== undefined);
        const [xs, ys] = [0, 1].map((i) => found.map((place) => place[i]));
        return {
            score, joints, box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
            keypoints: Array.from({length: K}, (_, j) => [...(places[j] ?? [0, 0]), joints[j]?.score ?? 0]).flat(),
        };
    });
}
