import assert from 'node:assert/strict';
import {test} from 'node:test';
import {init, matchDescriptors, matchDualSoftmax, nearest2} from '../js/index.js';
import {assertClose} from './close.js';
import {testGolden} from './golden.js';
import {dualSoftmax64, nearest64} from './match64.js';
import {Random} from './random.js';

/** @typedef {import('../js/match.js').Metric} Metric */

await init();

/** @param {number[]} dims @param {ArrayLike<number>} values */
const floats = (dims, values) => ({data: Float32Array.from(values), dims});
/** @param {number[]} dims @param {ArrayLike<number>} values */
const bytes = (dims, values) => ({data: Uint8Array.from(values), dims});

test('the two nearest, worked by hand: 3-4-5 triangles in nine columns', () => {
    const origin = floats([1, 9], [0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const rows = [[3, 4], [6, 8], [0, 1], [3, 4], [5, 12]].flatMap(([x, y]) => [x, 0, 0, 0, 0, 0, 0, 0, y]);
    const found = nearest2(origin, floats([5, 9], rows));
    assert.deepEqual([...found.indices], [2, 0]); // of the two that are 5 away, the lower
    assert.deepEqual([...found.distances], [1, 5]);
    assert.deepEqual([...nearest2(origin, floats([5, 9], rows), {k: 5}).distances], [1, 5, 5, 10, 13]);
});

test('cosine and bits, worked by hand', () => {
    const found = nearest2(floats([1, 2], [2, 0]), floats([3, 2], [0, 7, 3, 3, -1, 0]), {metric: 'cosine'});
    assert.deepEqual([...found.indices], [1, 0]);
    assertClose(found.distances, [1 - Math.SQRT1_2, 1], 1e-7);
    const bits = nearest2(bytes([1, 3], [0b1011, 0, 255]), bytes([3, 3], [0, 0, 255, 0b1011, 1, 254, 0b1011, 0, 0]), {metric: 'hamming'});
    assert.deepEqual([...bits.indices, ...bits.distances], [1, 0, 2, 3]);
});

test('none and one: what is missing is -1 at infinity', () => {
    for (const metric of /** @type {const} */ (['l2', 'cosine'])) {
        const one = nearest2(floats([2, 3], [1, 2, 3, 4, 5, 6]), floats([1, 3], [1, 2, 3]), {metric});
        assert.deepEqual([...one.indices], [0, -1, 0, -1]);
        assert.deepEqual([one.distances[1], one.distances[3]], [Infinity, Infinity]);
        assert.deepEqual([...nearest2(floats([1, 3], [1, 2, 3]), floats([0, 3], []), {metric}).indices], [-1, -1]);
        assert.equal(nearest2(floats([0, 3], []), floats([1, 3], [1, 2, 3]), {metric}).indices.length, 0);
    }
    assert.deepEqual(matchDescriptors(floats([0, 4], []), floats([0, 4], [])), {count: 0, pairs: new Int32Array(0), distances: new Float32Array(0)});
    assert.equal(matchDescriptors(floats([1, 1], [1]), floats([1, 1], [1]), {ratio: 0.8}).count, 0, 'a lone neighbour has nothing to be compared with');
});

for (const [name, metric] of /** @type {const} */ ([['match.bf_l2', 'l2'], ['match.bf_hamming', 'hamming']])) {
    testGolden(name, ({params, inputs: {query, train}, outputs}) => {
        const [N] = query.dims;
        const found = nearest2(query, train, {metric});
        assert.deepEqual([...found.indices], [...outputs.knn_index.data]);
        assertClose(found.distances, outputs.knn_dist.data, outputs.knn_dist.tolerance);
        const passed = matchDescriptors(query, train, {metric, mutual: false, ratio: params.ratio});
        assert.deepEqual([...passed.pairs], [...outputs.ratio_pairs.data]);
        const mutual = matchDescriptors(query, train, {metric});
        assert.deepEqual([...mutual.pairs], [...outputs.mutual_pairs.data]);
        assert.equal(matchDescriptors(query, train, {metric, mutual: false}).count, N);
    });
}

/** Descriptors of many natures, so that the integers in between are exact, coarse or useless. @type {Record<string, (random: Random) => number>} */
const NATURES = {
    even: (random) => random.between(-1, 1),
    whole: (random) => random.integer(0, 255),
    few: (random) => random.integer(0, 2),
    wild: (random) => random.between(-1, 1) * 10 ** random.between(-6, 6),
    huge: (random) => random.between(-1, 1) * 1e19,
    tiny: (random) => random.between(-1, 1) * 1e-30,
    fine: (random) => random.between(-1, 1) * 1e-22,
    subnormal: (random) => random.between(-1, 1) * 1e-40,
};

test('200 random shapes against brute force in double', () => {
    const random = new Random(5);
    for (let round = 0; round < 200; round++) {
        const [N, M, D, k] = [random.integer(0, 40), random.integer(0, 70), random.integer(1, random.chance(0.1) ? 700 : 140), random.pick([1, 2, 2, 2, 5])];
        const metric = /** @type {Metric} */ (random.pick(['l2', 'l2', 'cosine', 'hamming']));
        const nature = random.pick(Object.keys(NATURES));
        const make = (/** @type {number} */ n) => (metric === 'hamming' || nature === 'whole' && random.chance(0.5)
            ? bytes([n, D], random.bytes(n * D)) : floats([n, D], Array.from({length: n * D}, () => NATURES[nature](random))));
        const a = make(N), b = make(M);
        if (N && M && random.chance(0.5)) for (let copies = 0; copies < 3; copies++) { // ties, and distances of 0
            const from = random.integer(0, N - 1), to = random.integer(0, M - 1);
            b.data.set(a.data.subarray(from * D, (from + 1) * D), to * D);
        }
        const found = nearest2(a, b, {metric, k});
        const want = nearest64(a.data, b.data, N, M, D, metric, k);
        for (let i = 0; i < N; i++) {
            for (let rank = 0; rank < k; rank++) {
                const got = {index: found.indices[i * k + rank], distance: found.distances[i * k + rank]};
                const {index, distance} = want[i][rank] ?? {index: -1, distance: Infinity};
                const label = `round ${round}: ${N}x${M}x${D} ${metric} ${nature}, neighbour ${rank} of ${i}`;
                const slack = metric === 'cosine' ? 2e-15 : 1e-44; // 1 - cos rounds, and so do subnormal floats
                assertClose([got.distance], [distance], {rel: 1e-7, abs: slack}, label);
                const close = want[i].filter((other) => Math.abs(other.distance - distance) <= 1e-13 * distance + (metric === 'cosine' ? slack : 0)).map((other) => other.index);
                assert.ok(metric === 'cosine' || nature === 'wild' ? got.index === index || close.includes(got.index) : got.index === index, `${label}: ${got.index}, not ${index}`);
            }
        }
    }
});

test('by cosine lengths say nothing, however far apart they are', () => {
    const b = floats([3, 2], [1, 0.2, 1.3e-40, 1.2e-40, 0.9e30, 1e30]);
    assert.deepEqual([...nearest2(floats([1, 2], [7e-38, 7e-38]), b, {metric: 'cosine'}).indices], [1, 2]);
});

test('what is not finite, or by cosine has no length, matches nothing', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
        const a = floats([3, 5], [...Array(5).fill(1), bad, 1, 1, 1, 1, ...Array(5).fill(2)]);
        const b = floats([3, 5], [...Array(5).fill(2), ...Array(5).fill(1), 1, 1, 1, 1, bad]);
        assert.deepEqual([...nearest2(a, b).indices], [1, 0, -1, -1, 0, 1]);
        assert.deepEqual([...matchDescriptors(a, b).pairs], [0, 1, 2, 0]);
    }
    assert.deepEqual([...nearest2(floats([2, 2], [0, 0, 1, 1]), floats([2, 2], [0, 0, 1, 0]), {metric: 'cosine'}).indices], [-1, -1, 1, -1]);
});

test('mutual, ratio, maxDistance and top are what they say', () => {
    const random = new Random(9);
    for (let round = 0; round < 30; round++) {
        const [N, M, D] = [random.integer(1, 40), random.integer(1, 40), random.integer(1, 20)];
        const a = floats([N, D], random.floats(N * D)), b = floats([M, D], random.floats(M * D));
        const [ratio, maxDistance, top, mutual] = [random.between(0.7, 1), random.between(0.2, 2), random.integer(0, 12), random.chance(0.5)];
        const there = nearest64(a.data, b.data, N, M, D, 'l2'), back = nearest64(b.data, a.data, M, N, D, 'l2', 1);
        const pass = there.map((near, i) => ({i, ...near[0], second: near[1]?.distance ?? Infinity})).filter((m) =>
            m.distance <= maxDistance && m.second < Infinity && m.distance < ratio * m.second && (!mutual || back[m.index][0].index === m.i));
        const want = pass.sort((p, q) => p.distance - q.distance).slice(0, top).sort((p, q) => p.i - q.i);
        const got = matchDescriptors(a, b, {mutual, ratio, maxDistance, top});
        assert.deepEqual([...got.pairs], want.flatMap((m) => [m.i, m.index]));
        assertClose(got.distances, want.map((m) => m.distance), 1e-6);
        assert.equal(got.count, want.length);
    }
});

test('a guide leaves only those near where they are expected', () => {
    const random = new Random(3);
    const [N, D] = [60, 32];
    const from = random.floats(2 * N, 0, 100);
    const matrix = [0.9, 0.1, 5, -0.1, 1.1, 2, 1e-4, 0, 1];
    const map = (/** @type {number} */ x, /** @type {number} */ y) => {
        const [u, v, w] = [0, 3, 6].map((r) => matrix[r] * x + matrix[r + 1] * y + matrix[r + 2]);
        return [u / w, v / w];
    };
    const to = Float32Array.from({length: N}, (_, i) => i).reduce((points, i) => {
        points.set(map(from[2 * i], from[2 * i + 1]), 2 * i);
        return points;
    }, new Float32Array(2 * N));
    const a = floats([N, D], random.floats(N * D)), b = floats([N, D], random.floats(N * D)); // descriptors that say nothing
    const guide = {matrix, from, to: {data: to, dims: [N, 2]}, radius: 4};
    const {pairs, count} = matchDescriptors(a, b, {guide});
    assert.ok(count > N / 3);
    for (let p = 0; p < count; p++) {
        const [i, j] = pairs.subarray(2 * p, 2 * p + 2);
        assert.ok(Math.hypot(to[2 * i] - to[2 * j], to[2 * i + 1] - to[2 * j + 1]) <= 4.001);
    }
    assert.deepEqual(matchDescriptors(a, b, {guide: {...guide, radius: 1e4}}), matchDescriptors(a, b), 'a guide that leaves all changes nothing');
    assert.equal(matchDescriptors(a, b, {guide: {...guide, from: new Float32Array(2 * N).fill(NaN)}}).count, 0);
    const binary = bytes([N, 4], random.bytes(4 * N));
    assert.equal(matchDescriptors(binary, binary, {metric: 'hamming', guide: {...guide, matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1], to: from, radius: 0}}).count, N);
});

test('dual softmax against its definition', () => {
    const random = new Random(8);
    for (let round = 0; round < 20; round++) {
        const [N, M, D] = [random.integer(1, 20), random.integer(1, 20), random.integer(1, 70)];
        const a = random.floats(N * D), b = random.floats(M * D), temperature = random.pick([0.1, 1, 10]);
        const want = dualSoftmax64(a, b, N, M, D, temperature);
        const {count, pairs, scores} = matchDualSoftmax(floats([N, D], a), floats([M, D], b), {temperature});
        assert.equal(scores.length, count);
        for (let p = 0; p < count; p++) {
            const [i, j] = pairs.subarray(2 * p, 2 * p + 2);
            assertClose([scores[p]], [want[i][j]], {rel: 2e-4, abs: 1e-7}, `round ${round}`);
            assert.ok(want[i][j] >= Math.max(...want[i]) * 0.999 && want[i][j] >= Math.max(...want.map((row) => row[j])) * 0.999);
        }
        assert.ok(count >= 1);
    }
    const {pairs} = matchDualSoftmax(floats([2, 2], [1, 0, NaN, 1]), floats([2, 2], [0, 1, 1, 0]));
    assert.deepEqual([...pairs], [0, 1]);
    assert.equal(matchDualSoftmax(floats([1, 1], [1]), floats([1, 1], [1]), {threshold: 1}).count, 0, 'more than the threshold, not as much');
});

test('errors name the argument', () => {
    const a = floats([2, 3], [1, 2, 3, 4, 5, 6]);
    assert.throws(() => nearest2(a, floats([1, 2], [1, 2])), /b: expected shape \[M, D\] with .*D = 3.*got \[1, 2\]/);
    assert.throws(() => nearest2(a, a, {metric: 'hamming'}), /a: expected uint8/);
    assert.throws(() => nearest2(a, a, {metric: /** @type {any} */ ('l1')}), /metric: expected one of l2, cosine, hamming, got l1/);
    assert.throws(() => nearest2(a, a, {k: 65}), /k: expected an integer from 1 to 64, got 65/);
    assert.throws(() => matchDescriptors(a, a, {ratio: 0}), /ratio: expected a number above 0, got 0/);
    assert.throws(() => matchDescriptors(a, a, {guide: {matrix: [1], from: [0, 0, 0, 0], to: [0, 0, 0, 0], radius: 1}}), /guide.matrix: expected 9 finite numbers/);
    assert.throws(() => matchDescriptors(a, a, {guide: {matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1], from: [0, 0], to: [0, 0, 0, 0], radius: 1}}), /guide.from: expected \[2, 2\]/);
    assert.throws(() => matchDualSoftmax(a, a, {temperature: 0}), /temperature: expected a number above 0, got 0/);
});
