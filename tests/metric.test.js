import assert from 'node:assert/strict';
import {test} from 'node:test';
import {init, jointDistances, mpjpe, oks, paMpjpe, pck, pckAuc} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';

await init();

/** @param {ArrayLike<number>} values @param {number[]} dims */
const tensor = (values, dims) => ({data: Float32Array.from(values), dims});
/** @param {Random} random @param {number[]} dims @param {number} [low] @param {number} [high] */
const noise = (random, dims, low = -2, high = 2) => ({data: random.floats(dims.reduce((n, d) => n * d, 1), low, high), dims});

/** A rotation about a random axis, or of the plane. @param {Random} random @param {number} dims @returns {number[][]} */
function anyRotation(random, dims) {
    const angle = random.between(-3, 3), [c, s] = [Math.cos(angle), Math.sin(angle)];
    if (dims === 2) return [[c, -s], [s, c]];
    const axis = [0, 1, 2].map(() => random.between(-1, 1)), length = Math.hypot(...axis), [x, y, z] = axis.map((v) => v / length), t = 1 - c;
    return [[t * x * x + c, t * x * y - s * z, t * x * z + s * y], [t * x * y + s * z, t * y * y + c, t * y * z - s * x], [t * x * z - s * y, t * y * z + s * x, t * z * z + c]];
}

/** @param {{data: Float32Array, dims: number[]}} joints @param {(point: number[], person: number) => number[]} map */
function mapPoints({data, dims}, map) {
    const [, K, D] = dims;
    const points = Array.from({length: data.length / D}, (_, i) => map([...data.subarray(i * D, i * D + D)], Math.floor(i / K)));
    return tensor(points.flat(), dims);
}

test('by hand: similarity of keypoints', () => {
    const truth = tensor([0, 0, 2, 10, 0, 1, 99, 99, 0], [1, 3, 3]);
    const found = tensor([0, 0, 1, 10, 2, 1, 0, 0, 1, NaN, 0, 1, 10, 0, 1, 99, 99, 1], [2, 3, 3]);
    const {data, dims} = oks(found, truth, {sigmas: [0.1, 0.1, 0.1], areas: [50]});
    assert.deepEqual(dims, [2, 1]);
    assertClose(data, [(1 + Math.exp(-4 / (2 * 50 * 0.04))) / 2, 0.5], 1e-6, 'two are labelled; one is nowhere');
});

test('by hand: a truth without labels is its box, enlarged', () => {
    const truth = tensor([0, 0, 0, 0, 0, 0], [1, 2, 3]), found = tensor([-9, 0, 1, 23, 5, 1], [1, 2, 3]);
    const options = {sigmas: [0.5, 0.5], areas: [4]};
    assertClose(oks(found, truth, {...options, boxes: [0, 0, 10, 10]}).data, [(1 + Math.exp(-9 / 8)) / 2], 1e-6);
    assert.deepEqual([...oks(found, truth, options).data], [0]);
});

test('by hand: distances, from the root, after a scale', () => {
    const truth = tensor([0, 0, 0, 3, 4, 0], [1, 2, 3]), pred = tensor([1, 1, 1, 7, 9, 1], [1, 2, 3]);
    assertClose(jointDistances(pred, truth).data, [Math.sqrt(3), Math.sqrt(42)], 1e-6);
    assert.deepEqual([...jointDistances(pred, truth, {root: 0}).data], [0, 5]);
    assert.equal(mpjpe(pred, truth, {root: 0}), 2.5);
    assert.equal(mpjpe(pred, truth, {root: 0, weight: tensor([1, 3], [1, 2])}), 15 / 4);
    assert.equal(mpjpe(tensor([0, 0, 6, 8], [1, 2, 2]), tensor([0, 0, 3, 4], [1, 2, 2]), {align: 'scale'}), 0);
    assert.ok(paMpjpe(pred, truth) < 1e-6, 'two points lie on any two');
    assert.equal(mpjpe(pred, truth, {weight: tensor([0, 0], [1, 2])}), 0, 'nothing is seen');
});

test('by hand: shares of correct keypoints', () => {
    const truth = tensor(new Float32Array(8), [2, 2, 2]), pred = tensor([3, 4, 0, 1, 0, 2, 0, 30], [2, 2, 2]);
    assert.deepEqual(pck(pred, truth, {lengths: [10, 4]}), {mean: 3 / 4, joints: Float32Array.of(1, 0.5)}, 'what is just as far counts');
    assert.deepEqual(pck(pred, truth, {lengths: [10, 4], threshold: 0.2}).mean, 1 / 4);
    const weight = tensor([1, 0, 1, 0], [2, 2]);
    assert.deepEqual([...pck(pred, truth, {lengths: [10, 1], weight}).joints], [0.5, NaN]);
    assert.equal(pckAuc(pred, truth, {lengths: [10, 10], thresholds: [0, 0.1, 0.3, 4]}).mean, (0 + 1 + 2 + 4) / 16);
    assert.equal(pckAuc(pred, truth, {lengths: [10, 10]}).joints.length, 2);
});

testGolden('eval.oks', ({inputs: {dt_kpts: found, gt_kpts: truth, gt_area: areas, gt_bbox: bbox, sigmas}, outputs}) => {
    const boxes = bbox.data.map((/** @type {number} */ v, /** @type {number} */ i) => i % 4 > 1 ? v + bbox.data[i - 2] : v);
    assertGolden(oks(found, truth, {sigmas: sigmas.data, areas: areas.data, boxes}), outputs.oks);
});

testGolden('metric.align', ({params: {align}, inputs: {pred, truth, weight}, outputs}) => {
    assertGolden(jointDistances(pred, truth, {align, weight}), outputs.each);
    assertGolden(tensor([mpjpe(pred, truth, {align, weight})], [1]), outputs.mean);
    if (align === 'similarity') assert.equal(paMpjpe(pred, truth, {weight}), mpjpe(pred, truth, {align, weight}));
});

test('random: similarity of keypoints against the definition', () => {
    const random = new Random(21);
    for (let i = 0; i < 60; i++) {
        const [N, M, K] = [random.integer(0, 4), random.integer(0, 4), random.integer(1, 9)];
        const found = noise(random, [N, K, 3], 0, 60), truth = noise(random, [M, K, 3], 0, 60);
        for (let j = 2; j < truth.data.length; j += 3) truth.data[j] = random.integer(0, 2);
        const options = {sigmas: random.floats(K, 0.02, 0.2), areas: random.floats(M, 100, 900), boxes: noise(random, [M, 4], 0, 50)};
        const want = Array.from({length: N * M}, (_, at) => {
            const [n, m] = [Math.floor(at / M), at % M], [x1, y1, x2, y2] = options.boxes.data.subarray(4 * m);
            const joints = Array.from({length: K}, (_u, k) => k), seen = joints.filter((k) => truth.data[3 * (m * K + k) + 2] > 0);
            if (!seen.length && (x2 < x1 || y2 < y1)) return NaN;
            const away = (/** @type {number} */ v, /** @type {number} */ low, /** @type {number} */ high) => Math.max(0, 2 * low - high - v, v - 2 * high + low);
            return (seen.length ? seen : joints).map((k) => {
                const [x, y] = found.data.subarray(3 * (n * K + k)), [X, Y] = truth.data.subarray(3 * (m * K + k));
                const d2 = seen.length ? (x - X) ** 2 + (y - Y) ** 2 : away(x, x1, x2) ** 2 + away(y, y1, y2) ** 2;
                return Math.exp(-d2 / (2 * options.areas[m] * (2 * options.sigmas[k]) ** 2));
            }).reduce((a, b) => a + b, 0) / (seen.length || K);
        });
        const got = oks(found, truth, options);
        want.forEach((w, at) => Number.isNaN(w) && (want[at] = got.data[at])); // a box turned inside out
        assertClose(got.data, want, 1e-6);
    }
});

test('Procrustes: what a similarity does is undone, what a mirror does is not', () => {
    const random = new Random(22);
    for (let i = 0; i < 60; i++) {
        const D = random.pick([2, 3]), truth = noise(random, [random.integer(1, 3), random.integer(D + 1, 18), D]);
        const turns = Array.from({length: truth.dims[0]}, () => ({r: anyRotation(random, D), s: random.between(0.2, 4), t: random.floats(D, -9, 9)}));
        const moved = mapPoints(truth, (p, n) => turns[n].r.map((row, axis) => turns[n].s * row.reduce((sum, v, j) => sum + v * p[j], 0) + turns[n].t[axis]));
        assert.ok(paMpjpe(moved, truth) < 3e-6, `${D}D: ${paMpjpe(moved, truth)}`);
        const rigid = mapPoints(truth, (p, n) => turns[n].r.map((row, axis) => row.reduce((sum, v, j) => sum + v * p[j], 0) + turns[n].t[axis]));
        assert.ok(mpjpe(rigid, truth, {align: 'rigid'}) < 3e-6);
        if (turns.every(({s}) => Math.abs(s - 1) > 0.2)) assert.ok(mpjpe(moved, truth, {align: 'rigid'}) > 0.05, 'a rigid motion has no scale');
        assert.ok(paMpjpe(mapPoints(truth, ([x, ...rest]) => [-x, ...rest]), truth) > 0.05, 'a reflection is not allowed');
    }
});

test('Procrustes: nothing near fits better; flat, straight and single poses have an answer', () => {
    const random = new Random(23);
    const squares = (/** @type {any} */ a, /** @type {any} */ b) => jointDistances(a, b).data.reduce((sum, d) => sum + d * d, 0);
    for (let i = 0; i < 80; i++) {
        const D = random.pick([2, 3]), rank = i % 4, K = random.integer(3, 12);
        const [truth, pred] = [0, 1].map(() => mapPoints(noise(random, [1, K, D]), (p) => p.map((v, axis) => axis < D - (rank === 3 ? D : rank % D) ? v : 0)));
        const best = jointDistances(pred, truth, {align: 'similarity'}).data.reduce((sum, d) => sum + d * d, 0);
        assert.ok(Number.isFinite(best));
        for (let j = 0; j < 30; j++) {
            const r = anyRotation(random, D), s = random.between(0.1, 1.5), t = random.floats(D);
            const other = mapPoints(pred, (p) => r.map((row, axis) => s * row.reduce((sum, v, at) => sum + v * p[at], 0) + t[axis]));
            assert.ok(squares(other, truth) >= best - 1e-5, `rank ${rank}`);
        }
    }
});

test('of equal poses: 1, 0 and 1; weight 0 hides anything', () => {
    const random = new Random(24), pose = noise(random, [2, 5, 3], 1, 60);
    assertClose(oks(pose, pose, {sigmas: [0.1, 0.1, 0.1, 0.1, 0.1], areas: [100, 100]}).data.filter((_, i) => i % 3 === 0), [1, 1]);
    for (const align of /** @type {const} */ (['none', 'scale', 'rigid', 'similarity'])) {
        assert.ok(mpjpe(pose, pose, {align}) < 2e-5, align);
        const weight = tensor([1, 1, 1, 1, 0, 1, 1, 0, 1, 1], [2, 5]), other = noise(random, [2, 5, 3]);
        const want = jointDistances(pose, other, {align, weight});
        for (const bad of [NaN, Infinity, 1e30]) {
            const hidden = mapPoints(pose, (p) => p);
            hidden.data.fill(bad, 12, 15), hidden.data.fill(bad, 21, 24);
            assert.deepEqual(jointDistances(hidden, other, {align, weight}), want);
        }
    }
    assert.equal(pck(pose, pose, {lengths: [0, 0]}).mean, 1);
});

test('what is wrong is named', () => {
    const pose = tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]), any = (/** @type {any} */ f) => f;
    assert.throws(() => any(oks)(pose, pose, {areas: [1]}), /sigmas: expected 2 times 1 numbers, got 17/);
    assert.throws(() => any(oks)(pose, pose, {sigmas: [1, 1]}), /areas: expected a tensor \[N, 1\] or an array/);
    assert.throws(() => oks(pose, pose, {sigmas: [1, 1], areas: [1], boxes: []}), /boxes: expected 1 times 4 numbers, got 0/);
    assert.throws(() => oks(pose, tensor([1, 2, 3], [1, 1, 3]), {sigmas: [1, 1], areas: [1]}), /truths: expected shape \[M, K, 3\] with M = 1, K = 2/);
    assert.throws(() => mpjpe(tensor([1, 2], [1, 2, 1]), tensor([1, 2], [1, 2, 1])), /pred: expected shape \[N, K, 2\] or \[N, K, 3\]/);
    assert.throws(() => mpjpe(pose, pose, {root: 2}), /root: expected an integer from 0 to 1/);
    assert.throws(() => any(mpjpe)(pose, pose, {align: 'affine'}), /align: expected one of none, scale, rigid, similarity/);
    assert.throws(() => mpjpe(pose, pose, {weight: tensor([1], [1, 1])}), /weight: expected shape \[N, K\]/);
    assert.throws(() => any(pck)(pose, pose), /lengths: expected a tensor/);
    assert.throws(() => pckAuc(pose, pose, {lengths: [1], thresholds: []}), /thresholds: expected at least one number/);
});
