import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {affineGrid, gridSample, gridSampleBackward, init, tpsGrid, tpsGridBackward} from 'fovea';
import {assertClose} from './close.js';
import {Random} from './random.js';

before(() => init());

/** @param {number} count @param {boolean} align */
const axis = (count, align) => Array.from({length: count}, (_, i) => count === 1 ? 0 : align ? 2 * i / (count - 1) - 1 : (2 * i + 1) / count - 1);

/**
 * The definition in float64: solve for the weights, then sum.
 *
 * @param {number[][]} controls
 * @param {number[][]} targets
 * @param {number} height
 * @param {number} width
 * @param {boolean} align
 */
function plainTps(controls, targets, height, width, align) {
    const K = controls.length;
    const bend = (/** @type {number[]} */ a, /** @type {number[]} */ b) => {
        const r = Math.hypot(a[0] - b[0], a[1] - b[1]);
        return r ? 2 * r * r * Math.log(r) : 0;
    };
    const rows = [...controls.map((a, i) => [...controls.map((b) => bend(a, b)), 1, ...a, ...targets[i]]),
        ...[0, 1, 2].map((k) => [...controls.map((c) => [1, ...c][k]), 0, 0, 0, 0, 0])];
    for (let k = 0; k < K + 3; k++) {
        const best = rows.reduce((b, row, i) => i >= k && Math.abs(row[k]) > Math.abs(rows[b][k]) ? i : b, k);
        [rows[k], rows[best]] = [rows[best], rows[k]];
        for (let i = 0; i < K + 3; i++) {
            const f = i === k ? 0 : rows[i][k] / rows[k][k];
            for (let j = k; f && j < K + 5; j++) rows[i][j] -= f * rows[k][j];
        }
    }
    const weights = rows.map((row, i) => [row[K + 3] / row[i], row[K + 4] / row[i]]);
    return axis(height, align).flatMap((y) => axis(width, align).flatMap((x) => [0, 1].map((d) =>
        [...controls.map((c) => bend([x, y], c)), 1, x, y].reduce((sum, u, i) => sum + u * weights[i][d], 0))));
}

/** Points in general position. @param {Random} random @param {number} K */
const points = (random, K) => Array.from({length: K}, () => [...random.floats(2)]);
/** @param {number[][]} rows */
const tensor = (rows) => ({data: Float32Array.from(rows.flat()), dims: [rows.length, 2]});

test('each control point takes its target: four corners and a middle pushed to the right', () => {
    const controls = tensor([[-1, -1], [1, -1], [-1, 1], [1, 1], [0, 0]]);
    const targets = {data: new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1, 0.3, 0]), dims: [1, 5, 2]};
    const {data, dims} = tpsGrid(targets, controls, [1, 1, 3, 3], {alignCorners: true});
    assert.deepEqual(dims, [1, 3, 3, 2]);
    assertClose([...data.slice(0, 2), ...data.slice(4, 6), ...data.slice(8, 10), ...data.slice(12, 14), ...data.slice(16)], [-1, -1, 1, -1, 0.3, 0, -1, 1, 1, 1], 1e-6);
    assert.ok(data[2] > 0.02 && data[2] < 0.2, 'between them it gives way');
});

test('random controls and targets: the definition in float64', () => {
    const random = new Random(1);
    for (let round = 0; round < 30; round++) {
        const [n, K, height, width] = [random.integer(1, 3), random.integer(3, 20), random.integer(1, 7), random.integer(1, 7)];
        const controls = points(random, K);
        const targets = {data: random.floats(n * K * 2), dims: [n, K, 2]};
        const alignCorners = random.chance(0.5);
        const {data} = tpsGrid(targets, tensor(controls), [n, 1, height, width], {alignCorners});
        const want = Array.from({length: n}, (_, i) => plainTps(controls, Array.from({length: K}, (__, k) => [...targets.data.subarray((i * K + k) * 2, (i * K + k) * 2 + 2)]),
            height, width, alignCorners)).flat();
        const most = Math.max(1, ...want.map(Math.abs));
        assertClose(data, want, {abs: 1e-5 * most}, `round ${round}`);
    }
});

test('targets an affine map away: an affine grid, nothing bends', () => {
    const theta = [0.8, -0.3, 0.1, 0.2, 0.9, -0.2];
    const regular = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => [x, y]));
    const targets = regular.flatMap(([x, y]) => [theta[0] * x + theta[1] * y + theta[2], theta[3] * x + theta[4] * y + theta[5]]);
    const got = tpsGrid({data: Float32Array.from(targets), dims: [1, 9, 2]}, null, [1, 1, 5, 6]);
    assertClose(got.data, affineGrid({data: Float32Array.from(theta), dims: [1, 2, 3]}, [1, 1, 5, 6]).data, 1e-6);
    assert.deepEqual(got, tpsGrid({data: Float32Array.from(targets), dims: [1, 9, 2]}, tensor(regular), [1, 1, 5, 6]));
});

test('forward and backward are adjoint: <g, J t> = <J\'g, t>, and so is a gradient through sampling', () => {
    const random = new Random(2);
    for (let round = 0; round < 20; round++) {
        const [n, K, height, width] = [random.integer(1, 3), random.integer(3, 16), random.integer(1, 6), random.integer(1, 6)];
        const controls = tensor(points(random, K));
        const size = [n, 1, height, width];
        const targets = {data: random.floats(n * K * 2), dims: [n, K, 2]};
        const gradGrid = {data: random.floats(n * height * width * 2), dims: [n, height, width, 2]};
        const dot = (/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b) => Array.from(a).reduce((sum, v, i) => sum + v * b[i], 0);
        const forth = tpsGrid(targets, controls, size).data;
        const back = tpsGridBackward(gradGrid, controls, size);
        assert.deepEqual(back.dims, targets.dims);
        const scale = Math.max(1, ...forth.map(Math.abs), ...back.data.map(Math.abs));
        assertClose([dot(back.data, targets.data)], [dot(gradGrid.data, forth)], 1e-4 * scale, `round ${round}`);
    }
});

test('a spline is learnt: a picture pulled out of shape is pulled back', () => {
    const side = 24;
    const picture = {data: Float32Array.from({length: side * side}, (_, i) => Math.sin(i % side / 3) * Math.cos(Math.floor(i / side) / 4)), dims: [1, 1, side, side]};
    const regular = Float32Array.from({length: 18}, (_, i) => 0.9 * ((i % 2 ? Math.floor(i / 6) : (i / 2) % 3) - 1));
    const truth = new Random(3).floats(18, -0.08, 0.08).map((v, i) => v + regular[i]);
    const grid = (/** @type {Float32Array} */ t) => tpsGrid({data: t, dims: [1, 9, 2]}, null, picture.dims);
    const wanted = gridSample(picture, grid(truth), {paddingMode: 'border'});
    const targets = regular.slice();
    const losses = [];
    for (let i = 0; i < 300; i++) {
        const at = grid(targets);
        const seen = gridSample(picture, at, {paddingMode: 'border'});
        const gradOutput = {...seen, data: seen.data.map((v, k) => v - wanted.data[k])};
        losses.push(gradOutput.data.reduce((sum, r) => sum + r * r, 0));
        const {gradGrid} = gridSampleBackward(gradOutput, picture, at, {paddingMode: 'border'});
        tpsGridBackward(gradGrid, null, picture.dims, {count: 9}).data.forEach((g, k) => targets[k] -= 0.0015 * g);
    }
    assert.ok(losses[299] < losses[0] / 100, `${losses[0]} to ${losses[299]}`);
});

test('hostile targets stay in their own grid', () => {
    const targets = {data: new Float32Array(16).map((_, i) => i < 8 ? [NaN, Infinity, 1e30, 0][i % 4] : [-1, -1, 1, -1, -1, 1, 1, 1][i - 8]), dims: [2, 4, 2]};
    const {data} = tpsGrid(targets, null, [2, 1, 2, 2]);
    assertClose(data.slice(8), [-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5], 1e-6);
});

test('what is wrong is said by name', () => {
    const of = (/** @type {number[]} */ dims) => ({data: new Float32Array(dims.reduce((a, b) => a * b)), dims});
    assert.throws(() => tpsGrid(of([1, 5, 2]), null, [1, 1, 2, 2]), /controls: expected \[5, 2\] \(null: only where their number is a square\)/);
    assert.throws(() => tpsGrid(of([1, 2, 2]), null, [1, 1, 2, 2]), /count: expected an integer from 3 to 1024, got 2/);
    assert.throws(() => tpsGrid(of([1, 4, 3]), null, [1, 1, 2, 2]), /targets: expected shape \[N, K, 2\]/);
    assert.throws(() => tpsGrid(of([1, 4, 2]), of([3, 2]), [1, 1, 2, 2]), /controls: expected shape \[K, 2\] with K = 4/);
    assert.throws(() => tpsGrid(of([1, 4, 2]), null, [1, 1, 2, 2, 2]), /size: expected \[N, C, H, W\]/);
    assert.throws(() => tpsGridBackward(of([1, 2, 2, 2]), null, [1, 1, 2, 2]), /count: expected/);
    for (const controls of [of([4, 2]), tensor([[0, 0], [1, 1], [2, 2], [3, 3]]), tensor([[0, 0], [0, 1], [1, 0], [NaN, 1]])]) {
        assert.throws(() => tpsGrid(of([1, 4, 2]), controls, [1, 1, 2, 2]), /controls: expected 3 to 1024 finite points, not all on one line/);
    }
});
