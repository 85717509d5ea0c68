import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, affineGrid, affineGridBackward, init, projectiveGrid, projectiveGridBackward} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';
import {affineGrid64} from './sample64.js';

await init();

/** @param {number[]} values @param {number[]} dims */
const tensor = (values, dims) => ({data: Float32Array.from(values), dims});
const SIZES = [1, 2, 3, 4, 5, 7, 9, 64, 65, 67, 130];

/** @param {Random} random @param {2 | 3} dims */
function anySize(random, dims) {
    return [random.integer(0, 3), random.integer(1, 2), ...Array.from({length: dims}, () => random.pick(dims === 2 ? SIZES : SIZES.slice(0, 6)))];
}

test('by hand: the identity looks at pixel centres, or at corners', () => {
    const identity = tensor([1, 0, 0, 0, 1, 0], [1, 2, 3]);
    const xs = (/** @type {number} */ width, /** @type {boolean} */ alignCorners) =>
        [...affineGrid(identity, [1, 1, 1, width], {alignCorners}).data].filter((_, i) => i % 2 === 0);
    assert.deepEqual(xs(4, false), [-0.75, -0.25, 0.25, 0.75]);
    assert.deepEqual(xs(2, false), [-0.5, 0.5]);
    assert.deepEqual(xs(3, true), [-1, 0, 1]);
    assert.deepEqual(xs(5, true), [-1, -0.5, 0, 0.5, 1]);
    assert.deepEqual(xs(1, false), [0]);
    assert.deepEqual(xs(1, true), [0], 'one sample looks at the centre');
});

test('by hand: x comes first, and theta is applied row by row', () => {
    const {data, dims} = affineGrid(tensor([2, 0, 0.5, 0, 4, -1], [1, 2, 3]), [1, 1, 2, 2]);
    assert.deepEqual(dims, [1, 2, 2, 2]);
    assert.deepEqual([...data], [-0.5, -3, 1.5, -3, -0.5, 1, 1.5, 1]);
    const turned = affineGrid(tensor([0, -1, 0, 1, 0, 0], [1, 2, 3]), [1, 1, 1, 2], {alignCorners: true});
    assert.deepEqual([...turned.data].map((v) => v + 0), [0, -1, 0, 1], 'a quarter turn');
    const volume = affineGrid(tensor([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], [1, 3, 4]), [1, 1, 2, 1, 1], {alignCorners: true});
    assert.deepEqual([...volume.data], [0, 0, -1, 0, 0, 1]);
});

test('by hand: the gradient of theta sums base coordinates', () => {
    const gradGrid = tensor([1, 0, 1, 0, 0, 2, 0, 0], [1, 2, 2, 2]);
    assert.deepEqual([...affineGridBackward(gradGrid, [1, 1, 2, 2]).data], [0, -1, 2, -1, 1, 2]);
});

test('by hand: a homography divides by w, and has a horizon', () => {
    const {data, dims} = projectiveGrid(tensor([1, 0, 0, 0, 1, 0, 1, 0, 1], [1, 3, 3]), [1, 1, 1, 3], {alignCorners: true});
    assert.deepEqual(dims, [1, 1, 3, 2]);
    assert.deepEqual([...data], [NaN, NaN, 0, 0, 0.5, 0], 'w is 0, 1, 2');
    const behind = projectiveGrid(tensor([1, 0, 0, 0, 1, 0, 2, 0, 1], [1, 3, 3]), [1, 1, 1, 3], {alignCorners: true});
    assertClose(behind.data, [NaN, NaN, 0, 0, 1 / 3, 0], 1e-7, 'w is -1, 1, 3');
});

for (const d of ['2d', '3d']) {
    testGolden(`grid.affine_grid_${d}`, ({params: {N, C, D, H, W, align_corners: alignCorners}, inputs, outputs}) => {
        const size = d === '2d' ? [N, C, H, W] : [N, C, D, H, W];
        assertGolden(affineGrid(inputs.theta, size, {alignCorners}), outputs.grid);
        assertGolden(affineGridBackward(inputs.grad_grid, size, {alignCorners}), outputs.grad_theta);
    });
}

test('random sizes against the definition', () => {
    const random = new Random(3);
    for (let i = 0; i < 120; i++) {
        const dims = random.pick(/** @type {const} */ ([2, 3]));
        const [size, alignCorners] = [anySize(random, dims), random.chance(0.5)];
        const theta = tensor([...random.floats(size[0] * dims * (dims + 1))], [size[0], dims, dims + 1]);
        const want = affineGrid64(theta, size, alignCorners);
        const got = affineGrid(theta, size, {alignCorners});
        assert.deepEqual(got.dims, want.dims);
        assertClose(got.data, want.data, {abs: 1e-7, rel: 1e-7}, `${size} ${alignCorners}`);

        const gradGrid = {data: random.floats(got.data.length), dims: got.dims};
        const sums = new Float64Array(theta.data.length);
        gradGrid.data.forEach((g, j) => {
            const [point, row] = [Math.floor(j / dims), j % dims];
            const entry = Math.floor(point / (want.bases.length / size[0]));
            want.bases[point].forEach((b, k) => (sums[(entry * dims + row) * (dims + 1) + k] += g * b));
        });
        assertClose(affineGridBackward(gradGrid, size, {alignCorners}).data, sums, {abs: 1e-6, rel: 1e-6}, `gradient ${size}`);
    }
});

/** A homography in float64: the loss <weights, grid>. @param {ArrayLike<number>} h @param {number[]} size @param {ArrayLike<number>} weights @param {boolean} alignCorners */
function projectiveLoss(h, size, weights, alignCorners) {
    const {bases} = affineGrid64({data: [1, 0, 0, 0, 1, 0], dims: [1, 2, 3]}, [1, ...size.slice(1)], alignCorners);
    return bases.reduce((sum, b, i) => {
        const [x, y, w] = [0, 3, 6].map((row) => b[0] * h[row] + b[1] * h[row + 1] + b[2] * h[row + 2]);
        return w > 0 ? sum + weights[2 * i] * x / w + weights[2 * i + 1] * y / w : sum;
    }, 0);
}

test('gradient check: homographies, by central differences', () => {
    const random = new Random(4);
    for (let i = 0; i < 40; i++) {
        const [size, alignCorners] = [[1, 1, random.integer(1, 9), random.integer(1, 9)], random.chance(0.5)];
        const h = Float32Array.from(random.floats(9, -0.3, 0.3), (v, k) => v + +(k % 4 === 0));
        const weights = random.floats(size[2] * size[3] * 2);
        const {data} = projectiveGridBackward({data: weights, dims: [1, size[2], size[3], 2]}, {data: h, dims: [1, 3, 3]}, size, {alignCorners});
        const numeric = Array.from({length: 9}, (_, k) => {
            const at = (/** @type {number} */ step) => projectiveLoss(Float64Array.from(h, (v, j) => v + (j === k ? step : 0)), size, weights, alignCorners);
            return (at(1e-5) - at(-1e-5)) / 2e-5;
        });
        assertClose(data, numeric, {abs: 1e-5, rel: 1e-4}, `${size} ${alignCorners}`);
    }
});

test('behind the horizon there is no gradient', () => {
    const h = tensor([1, 0, 0, 0, 1, 0, 2, 0, 0.5], [1, 3, 3]);
    const gradGrid = tensor([5, 5, 1, 0], [1, 1, 2, 2]);
    const alone = projectiveGridBackward(tensor([NaN, NaN, 1, 0], [1, 1, 2, 2]), h, [1, 1, 1, 2]);
    assert.deepEqual(alone, projectiveGridBackward(gradGrid, h, [1, 1, 1, 2]));
    assert.ok(alone.data.every(Number.isFinite));
});

test('an affine homography is an affine grid; gradients are adjoint', () => {
    const random = new Random(5);
    for (let i = 0; i < 60; i++) {
        const [size, alignCorners] = [anySize(random, 2), random.chance(0.5)];
        const theta = {data: random.floats(size[0] * 6), dims: [size[0], 2, 3]};
        const h = {data: new Float32Array(size[0] * 9), dims: [size[0], 3, 3]};
        for (let n = 0; n < size[0]; n++) h.data.set([...theta.data.subarray(6 * n, 6 * n + 6), 0, 0, 1], 9 * n);
        const grid = affineGrid(theta, size, {alignCorners});
        assertClose(projectiveGrid(h, size, {alignCorners}).data, grid.data, {abs: 1e-7, rel: 2e-7});

        const g = {data: random.floats(grid.data.length), dims: grid.dims};
        const dot = (/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b) => Array.from(a).reduce((sum, v, j) => sum + v * b[j], 0);
        assert.ok(Math.abs(dot(g.data, grid.data) - dot(affineGridBackward(g, size, {alignCorners}).data, theta.data)) <= 1e-4 * Math.sqrt(g.data.length));
    }
});

test('a view is its theta, in both conventions, and back', () => {
    const random = new Random(6);
    for (let i = 0; i < 200; i++) {
        const [srcW, srcH, dstW, dstH] = Array.from({length: 4}, () => random.integer(2, 400));
        const view = new View(random.floats(6, -3, 3));
        const alignCorners = random.chance(0.5);
        const theta = view.theta(srcW, srcH, dstW, dstH, {alignCorners});
        const back = View.fromTheta(theta, srcW, srcH, dstW, dstH, {alignCorners});
        assertClose(back.toPicture([0, 0, dstW, dstH, 0, dstH]), view.toPicture([0, 0, dstW, dstH, 0, dstH]), {abs: 2e-4, rel: 2e-6});
        assert.deepEqual([back.picture, back.tensor], [[srcW, srcH], [dstW, dstH]]);
        const grid = affineGrid(theta, [1, 1, dstH, dstW], {alignCorners}).data;
        const [row, column] = [random.integer(0, dstH - 1), random.integer(0, dstW - 1)];
        const seen = [srcW, srcH].map((side, k) => {
            const g = grid[(row * dstW + column) * 2 + k];
            return alignCorners ? (g + 1) / 2 * (side - 1) + 0.5 : (g + 1) / 2 * side;
        });
        assertClose(seen, view.toPicture([column + 0.5, row + 0.5]), {abs: 1e-3, rel: 1e-5}, `${srcW}x${srcH} to ${dstW}x${dstH}`);
    }
    assert.deepEqual(View.fromTheta([1, 0, 0, 0, 1, 0], 8, 6, 8, 6), new View([1, 0, 0, 0, 1, 0], {picture: [8, 6], tensor: [8, 6]}));
});

test('hostile thetas give numbers where numbers are, and touch nothing else', () => {
    for (const bad of [NaN, Infinity, -Infinity, 1e30, -3e38]) {
        for (let at = 0; at < 6; at++) {
            const theta = tensor([1, 0, 0, 0, 1, 0].map((v, i) => (i === at ? bad : v)), [1, 2, 3]);
            const {data} = affineGrid(theta, [1, 1, 3, 5]);
            for (let i = at < 3 ? 1 : 0; i < data.length; i += 2) assert.ok(Number.isFinite(data[i]), `the other row, ${bad}`);
        }
        projectiveGrid(tensor([1, 0, 0, 0, 1, 0, bad, 0, 1], [1, 3, 3]), [1, 1, 3, 5]);
    }
    assert.deepEqual(affineGrid(tensor([], [0, 2, 3]), [0, 1, 3, 5]), tensor([], [0, 3, 5, 2]));
});

test('what is wrong is named', () => {
    const theta = tensor([1, 0, 0, 0, 1, 0], [1, 2, 3]);
    const any = /** @type {any} */ (affineGrid);
    assert.throws(() => any(theta, [1, 1, 3]), /size: expected \[N, C, H, W\] or \[N, C, D, H, W\], got \[1, 1, 3\]/);
    assert.throws(() => any(theta, [1, 1, 0, 3]), /size\[2\]: expected an integer from 1/);
    assert.throws(() => any(theta, 5), /size: expected/);
    assert.throws(() => any(theta, [2, 1, 3, 3]), /theta: expected shape \[N, 2, 3\] with N = 2, got \[1, 2, 3\]/);
    assert.throws(() => any(theta, [1, 1, 2, 3, 3]), /theta: expected shape \[N, 3, 4\]/);
    assert.throws(() => affineGridBackward(theta, [1, 1, 3, 3]), /gradGrid: expected shape \[N, 3, 3, 2\]/);
    assert.throws(() => projectiveGrid(theta, [1, 1, 3, 3]), /homography: expected shape/);
    assert.throws(() => projectiveGrid(tensor(Array(9).fill(1), [1, 3, 3]), [1, 1, 1, 3, 3]), /size: expected \[N, C, H, W\]/);
    assert.throws(() => View.fromTheta([1, 2], 4, 4, 4, 4), /theta: expected 6 finite numbers, got \[1, 2\]/);
    assert.throws(() => View.identity().theta(1, 4, 4, 4, {alignCorners: true}), /srcW: expected an integer from 2/);
    assert.throws(() => View.fromTheta(theta, 4, 4, 4, 1, {alignCorners: true}), /dstH: expected an integer from 2/);
    assert.throws(() => affineGrid(theta, [1, 1, 2 ** 16, 2 ** 12]), /expected a result of less than 2\^31 bytes, got 2147483648/);
    assert.throws(() => affineGrid(theta, [1, 1, 2 ** 31 - 1, 2 ** 31 - 1]), /expected a result of less than 2\^31 bytes/);
});
