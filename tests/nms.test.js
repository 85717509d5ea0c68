import assert from 'node:assert/strict';
import {test} from 'node:test';
import {POLICIES, init, nms, suppress} from '../js/index.js';
import {assertClose} from './close.js';
import {testGolden} from './golden.js';
import {greedy, overlap, ranked, suppresses} from './nms64.js';
import {Random} from './random.js';

await init();

/** @param {any} boxes @param {any} scores @param {any} [options] */
const kept = (boxes, scores, options) => [...nms(boxes, scores, options)];

/** Boxes as networks make them: many round few things. @param {Random} random @param {number} n */
function crowd(random, n) {
    const things = Array.from({length: Math.max(1, n >> 2)}, () => [random.between(0, 600), random.between(0, 400), random.between(4, 200), random.between(4, 200)]);
    return fill(n, () => {
        const [x, y, w, h] = random.pick(things);
        const jitter = () => random.between(0.75, 1.25);
        const [cx, cy, bw, bh] = [x + w * random.between(-0.2, 0.2), y + h * random.between(-0.2, 0.2), w * jitter(), h * jitter()];
        return [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2];
    });
}

/** @param {number} n @param {(i: number) => number[]} box */
const fill = (n, box) => Float32Array.from(Array.from({length: n}, (_, i) => box(i)).flat());

/** Kinds of sets that have little to do with networks. @type {Record<string, (random: Random, n: number) => Float32Array>} */
const SETS = {
    crowd,
    thin: (random, n) => fill(n, () => {
        const [x, y, long, short] = [random.between(0, 50), random.between(0, 50), random.between(100, 2000), random.between(0.01, 2)];
        return random.chance(0.5) ? [x, y, x + long, y + short] : [x, y, x + short, y + long];
    }),
    grid: (random, n) => fill(n, () => {
        const [x, y] = [random.integer(0, 4), random.integer(0, 4)];
        return [x, y, x + random.integer(0, 3), y + random.integer(0, 3)];
    }),
    same: (random, n) => fill(n, () => [10, 10, 30, 40 + random.integer(0, 1)]),
    far: (random, n) => crowd(random, n).map((v, i) => v + (i % 2 ? 3e6 : -7e6)),
    huge: (random, n) => crowd(random, n).map((v) => v * 1e15),
    immense: (random, n) => crowd(random, n).map((v) => v * random.pick([1e17, 1e17, 3e35])),
    tiny: (random, n) => crowd(random, n).map((v) => v * 1e-5),
    minute: (random, n) => crowd(random, n).map((v) => v * 1e-22),
    mixed: (random, n) => fill(n, () => {
        const [x, y, s] = [random.between(-1, 1) * 10 ** random.integer(-3, 4), random.between(-1, 1), 10 ** random.between(-4, 4)];
        return [x, y, x + s * random.between(0.5, 2), y + s * random.between(0.5, 2)];
    }),
    degenerate: (random, n) => crowd(random, n).map((v, i, all) => (random.chance(0.2) && i > 1 ? all[i - 2] : v)),
    inverted: (random, n) => fill(n, () => [random.between(0, 9), random.between(0, 9), random.between(0, 9), random.between(0, 9)]),
    hostile: (random, n) => crowd(random, n).map((v) => (random.chance(0.1) ? random.pick([NaN, Infinity, -Infinity, 1e30, -1e30, 3.4e38, 0, -0, 1e-40]) : v)),
};

/** @param {Random} random @param {number} n */
function anyScores(random, n) {
    const kind = random.integer(0, 3);
    return Float32Array.from({length: n}, () => kind === 0 ? random.integer(0, 4) / 4 : kind === 1 && random.chance(0.15)
        ? random.pick([NaN, Infinity, -Infinity, -0, 0, -1]) : random.unit());
}

/** @param {Random} random @param {number} n @returns {any} */
function anyOptions(random, n) {
    return {
        iouThreshold: random.pick([0, 0.05, 0.1, 0.2, 0.25, 0.3, 1 / 3, 0.45, 0.5, 0.6, 0.7, 0.75, 0.9, 0.99, 1, random.unit(), random.between(-0.5, 1.5)]),
        ...(random.chance(0.4) && {scoreThreshold: random.pick([0, 0.25, 0.5, random.unit(), Infinity])}),
        ...(random.chance(0.4) && {classes: Int32Array.from({length: n}, () => random.pick([0, 1, 2, -5, 2 ** 31 - 1]))}),
        ...(random.chance(0.2) && {maxDetections: random.integer(0, n + 2)}),
        ...(random.chance(0.2) && {maxPerClass: random.integer(1, 20)}),
    };
}

test('worked by hand', () => {
    // IoU of the first two: 1 / 3. The third is apart, the fourth is the first again.
    const boxes = [0, 0, 2, 1, 1, 0, 3, 1, 8, 8, 9, 9, 0, 0, 2, 1];
    const scores = [0.6, 0.9, 0.1, 0.6];
    assert.deepEqual(kept(boxes, scores, {iouThreshold: 0.4}), [1, 0, 2]);
    assert.deepEqual(kept(boxes, scores, {iouThreshold: 0.3}), [1, 2]);
    assert.deepEqual(kept(boxes, scores, {iouThreshold: 1}), [1, 0, 3, 2]);
    assert.deepEqual(kept(boxes, scores, {iouThreshold: Infinity}), [1, 0, 3, 2]);
    assert.deepEqual(kept(boxes, scores, {iouThreshold: 0.3, classes: [0, 1, 0, 1]}), [1, 0, 3, 2].filter((i) => i !== 3));
    assert.deepEqual(kept(boxes, scores, {scoreThreshold: 0.6}), [1], 'a score at the threshold does not pass');
    assert.deepEqual(kept(boxes, scores, {maxDetections: 2}), [1, 0]);
    assert.deepEqual(kept(boxes, scores, {maxDetections: 0}), []);
    assert.deepEqual(kept([], []), []);
    assert.deepEqual([...suppress(boxes, scores, {iouThreshold: 0.3}).boxes], [1, 0, 3, 1, 8, 8, 9, 9]);
    assertClose(suppress(boxes, scores, {iouThreshold: 0.3}).scores, [0.9, 0.1], 1e-7);
});

test('a suppressed box suppresses nothing', () => {
    const chain = [0, 0, 10, 10, 4, 0, 14, 10, 8, 0, 18, 10];
    assert.deepEqual(kept(chain, [0.9, 0.8, 0.7], {iouThreshold: 0.4}), [0, 2]);
});

test('equal scores: the lower index; NaN never', () => {
    const boxes = Array.from({length: 9}, (_, i) => [i * 5, 0, i * 5 + 4, 4]).flat();
    assert.deepEqual(kept(boxes, new Array(9).fill(0.5)), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(kept(boxes, [0, -0, 0, NaN, 1, -Infinity, -1, Infinity, NaN]), [7, 4, 0, 1, 2, 6, 5]);
    const nan = boxes.map((v, i) => ([5, 14, 19].includes(i) ? NaN : v));
    assert.deepEqual(kept(nan, new Array(9).fill(1)), [0, 2, 5, 6, 7, 8]);
});

test('exactly at the threshold: > keeps, >= does not', () => {
    const boxes = [0, 0, 2, 1, 0, 0, 1, 1]; // IoU 1 / 2
    assert.deepEqual(kept(boxes, [2, 1], {iouThreshold: 0.5}), [0, 1]);
    assert.deepEqual(kept(boxes, [2, 1], {iouThreshold: 0.5, policy: 'tfjs'}), [0]);
    assert.deepEqual(kept(boxes, [2, 1], {iouThreshold: 0.5, policy: {inclusive: true}}), [0]);
    assert.deepEqual(kept([0, 0, 1, 1, 5, 5, 6, 6], [2, 1], {iouThreshold: 0, policy: 'tfjs'}), [0], 'apart is IoU 0, and 0 >= 0');
    assert.deepEqual(kept([3, 3, 3, 3, 3, 3, 3, 3], [2, 1], {iouThreshold: 0.1, policy: 'tfjs'}), [0, 1], '0 / 0 suppresses nothing');
    // With both edges counted: 2 x 2 and 2 x 1 of it.
    assert.deepEqual(kept([0, 0, 1, 1, 0, 0, 1, 0], [2, 1], {iouThreshold: 0.49, policy: 'voc'}), [0]);
    assert.deepEqual(kept([0, 0, 1, 1, 0, 0, 1, 0], [2, 1], {iouThreshold: 0.5, policy: 'voc'}), [0, 1]);
});

testGolden('boxes.nms', ({params, inputs: {boxes, scores}, outputs: {keep}}) => {
    assert.deepEqual(nms(boxes, scores, {iouThreshold: params.iou_threshold}), keep.data);
});

testGolden('boxes.batched_nms', ({params, inputs: {boxes, scores, labels}, outputs: {keep}}) => {
    assert.deepEqual(nms(boxes, scores, {iouThreshold: params.iou_threshold, classes: labels}), keep.data);
});

for (const [name, make] of Object.entries(SETS)) {
    test(`as by brute force: ${name}`, () => {
        const random = new Random(name.length);
        for (let round = 0; round < 400; round++) {
            const n = random.pick([0, 1, 2, 9, 20, 40, 60, round % 40 ? 80 : 400]);
            const [boxes, scores, options] = [make(random, n), anyScores(random, n), anyOptions(random, n)];
            const policy = random.pick([{}, {inclusive: true}, {plusOne: true}, {inclusive: true, plusOne: true}, {scoreInclusive: true}]);
            const about = `round ${round}: ${n} boxes, ${JSON.stringify({...options, policy})}`;
            assert.deepEqual(kept(boxes, scores, {...options, policy}), greedy(boxes, scores, {...options, ...policy}), about);
        }
    });
}

test('as by brute force: as many boxes as a network has', () => {
    const random = new Random(8400);
    const boxes = crowd(random, 8400);
    const scores = random.floats(8400, 0, 1);
    const classes = Int32Array.from({length: 8400}, () => random.integer(0, 79));
    for (const options of [{}, {classes}, {iouThreshold: 0.7, maxPerClass: 1000}, {iouThreshold: 0.99}]) {
        assert.deepEqual(kept(boxes, scores, options), greedy(boxes, scores, options));
    }
});

test('what is kept is pairwise below the threshold, sorted, and maximal', () => {
    const random = new Random(20);
    for (let round = 0; round < 100; round++) {
        const [n, iouThreshold] = [random.integer(1, 300), random.between(0.05, 0.95)];
        const [boxes, scores] = [crowd(random, n), random.floats(n, 0, 1)];
        const indices = kept(boxes, scores, {iouThreshold});
        const rule = {iouThreshold};
        for (const [rank, i] of indices.entries()) {
            assert.ok(!rank || scores[indices[rank - 1]] >= scores[i]);
            assert.ok(indices.slice(0, rank).every((k) => !suppresses(boxes, k, i, rule)));
        }
        for (let i = 0; i < n; i++) {
            assert.ok(indices.includes(i) || indices.some((k) => scores[k] >= scores[i] && suppresses(boxes, k, i, rule)), `box ${i} was lost`);
        }
        assert.deepEqual(kept(indices.flatMap((i) => [...boxes.subarray(4 * i, 4 * i + 4)]), indices.map((i) => scores[i]), rule), indices.map((_, i) => i));
    }
});

test('soft suppression by its definition', () => {
    const random = new Random(30);
    for (let round = 0; round < 200; round++) {
        const n = random.integer(0, 40);
        const [boxes, scores, {classes, ...options}] = [crowd(random, n), anyScores(random, n), anyOptions(random, n)];
        delete options.maxPerClass;
        options.scoreThreshold = random.pick([0.001, 0.1, 0.3]);
        const sigma = random.between(0.1, 1);
        for (const decay of /** @type {const} */ (['linear', 'gaussian'])) {
            const want = soft(boxes, scores, {...options, classes, decay, sigma});
            const got = suppress(boxes, scores, {...options, classes, policy: {decay, sigma}});
            if (want.near) continue;
            assert.deepEqual([...got.indices], want.indices, decay);
            assertClose(got.scores, want.scores, {abs: 1e-6, rel: 1e-5}, decay);
            assert.deepEqual([...got.boxes], want.indices.flatMap((i) => [...boxes.subarray(4 * i, 4 * i + 4)]));
        }
    }
});

test('weighted suppression by its definition', () => {
    const random = new Random(40);
    for (let round = 0; round < 200; round++) {
        const n = random.integer(0, 60);
        const [boxes, scores, options] = [crowd(random, n), random.floats(n, 0.1, 1), anyOptions(random, n)];
        delete options.maxPerClass;
        const want = weighted(boxes, scores, {...options, scoreInclusive: true});
        const got = suppress(boxes, scores, {...options, policy: 'mediapipe'});
        assert.deepEqual([...got.indices], want.map(({index}) => index));
        assert.deepEqual([...got.scores], want.map(({index}) => scores[index]), 'the score stays');
        assertClose(got.boxes, want.flatMap(({box}) => box), {abs: 1e-4, rel: 1e-5});
    }
    const pair = suppress([0, 0, 10, 10, 2, 0, 12, 10], [0.75, 0.25], {policy: 'mediapipe'});
    assert.deepEqual([...pair.boxes], [0.5, 0, 10.5, 10]);
});

test('the policies are data, and say what they are', () => {
    for (const name of Object.keys(POLICIES)) {
        assert.deepEqual(suppress([0, 0, 4, 4, 0, 0, 4, 5], [1, 2], {policy: name}), suppress([0, 0, 4, 4, 0, 0, 4, 5], [1, 2], {policy: POLICIES[name]}), name);
    }
    assert.deepEqual(kept([0, 0, 1, 1], [0.5], {scoreThreshold: 0.5}), []);
    assert.deepEqual(kept([0, 0, 1, 1], [0.5], {scoreThreshold: 0.5, policy: 'mediapipe'}), [0]);
});

test('inputs come as tensors or flat, and are left as they are', () => {
    const boxes = Float32Array.of(0, 0, 2, 2, 0, 0, 2, 2.5, 9, 9, 10, 10);
    const scores = Float32Array.of(0.1, 0.2, 0.3);
    const [b, s] = [boxes.slice(), scores.slice()];
    const want = [2, 1];
    for (const given of [boxes, [...boxes], {data: boxes, dims: [3, 4]}]) {
        for (const marks of [scores, [...scores], {data: scores, dims: [3]}, {data: scores, dims: [3, 1]}, Float64Array.from(scores)]) {
            assert.deepEqual(kept(given, marks), want);
        }
    }
    assert.deepEqual(kept(boxes, {data: Uint8Array.of(10, 20, 30), dims: [3], scale: 0.01}), want);
    assert.deepEqual(kept(boxes, scores, {classes: {data: Int32Array.of(0, 1, 0), dims: [3]}}), [2, 1, 0]);
    assert.deepEqual(kept(boxes, scores, {classes: null}), want);
    assert.deepEqual([boxes, scores], [b, s]);
});

test('mistakes are named', () => {
    const boxes = [0, 0, 1, 1];
    /** @type {[any[], string, RegExp][]} */
    const wrong = [
        [[[0, 0, 1], [1]], 'RangeError', /^boxes: .*multiple of 4/],
        [[boxes, [1, 2]], 'RangeError', /^scores: expected one for each of 1 boxes, got 2/],
        [[boxes, []], 'RangeError', /^scores/],
        [[undefined, [1]], 'TypeError', /^boxes/],
        [[boxes, 'x'], 'TypeError', /^scores/],
        [[boxes, [1], {classes: [1, 2]}], 'RangeError', /^classes: expected one for each of 1 boxes, got 2/],
        [[boxes, [1], {iouThreshold: NaN}], 'TypeError', /^iouThreshold: expected a number, got NaN/],
        [[boxes, [1], {iouThreshold: '0.5'}], 'TypeError', /^iouThreshold/],
        [[boxes, [1], {scoreThreshold: null}], 'TypeError', /^scoreThreshold/],
        [[boxes, [1], {maxDetections: -1}], 'RangeError', /^maxDetections/],
        [[boxes, [1], {maxDetections: 1.5}], 'RangeError', /^maxDetections.*1\.5/],
        [[boxes, [1], {maxPerClass: -1}], 'RangeError', /^maxPerClass/],
        [[boxes, [1], {policy: 'fast'}], 'TypeError', /^policy: expected one of greedy, .*soft-gaussian.* got fast/],
        [[boxes, [1], {policy: null}], 'TypeError', /^policy/],
        [[boxes, [1], {policy: {gready: true}}], 'TypeError', /^policy: .*gready/],
        [[boxes, [1], {policy: {decay: 'cubic'}}], 'TypeError', /^policy\.decay: expected one of linear, gaussian.* got cubic/],
        [[boxes, [1], {policy: {decay: 'linear', sigma: 0}}], 'RangeError', /sigma/],
        [[boxes, [1], {policy: 'mediapipe', maxPerClass: 3}], 'TypeError', /^maxPerClass/],
        [[boxes, [1], {policy: 'soft-linear', maxPerClass: 3}], 'TypeError', /^maxPerClass/],
    ];
    for (const [args, name, message] of wrong) assert.throws(() => nms(.../** @type {[any, any]} */ (args)), {name, message}, message.source);
});

/** @param {Float32Array} boxes @param {Float32Array} scores @param {any} rule */
function soft(boxes, scores, {iouThreshold, scoreThreshold, classes, decay, sigma, maxDetections = Infinity}) {
    let live = ranked(boxes, scores, {scoreThreshold}).map((index) => ({index, score: scores[index]}));
    const out = {indices: /** @type {number[]} */ ([]), scores: /** @type {number[]} */ ([]), near: false};
    while (live.length && out.indices.length < maxDetections) {
        const best = live.reduce((a, b) => (b.score > a.score || b.score === a.score && b.index < a.index ? b : a));
        out.near ||= live.some((b) => b !== best && b.score !== best.score && Math.abs(b.score - best.score) < 1e-5);
        out.indices.push(best.index);
        out.scores.push(best.score);
        live = live.filter((b) => b !== best);
        for (const b of live) {
            if (classes && classes[b.index] !== classes[best.index]) continue;
            const iou = overlap(boxes, best.index, b.index);
            if (decay === 'gaussian') b.score *= Math.exp(-iou * iou / sigma);
            else if (iou > Math.fround(iouThreshold)) b.score *= 1 - iou;
        }
        out.near ||= live.some((b) => Math.abs(b.score - scoreThreshold) < 1e-5);
        live = live.filter((b) => b.score > scoreThreshold);
    }
    return out;
}

/** @param {Float32Array} boxes @param {Float32Array} scores @param {any} rule */
function weighted(boxes, scores, {maxDetections = Infinity, ...rule}) {
    let live = ranked(boxes, scores, rule);
    const out = [];
    while (live.length && out.length < maxDetections) {
        const [leader] = live;
        const group = live.filter((i) => i === leader || suppresses(boxes, leader, i, rule));
        const total = group.reduce((sum, i) => sum + scores[i], 0);
        out.push({index: leader, box: [0, 1, 2, 3].map((v) => group.reduce((sum, i) => sum + scores[i] * boxes[4 * i + v], 0) / total)});
        live = live.filter((i) => !group.includes(i));
    }
    return out;
}
