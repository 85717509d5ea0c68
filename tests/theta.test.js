import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {affineGrid, init, projectiveGrid, thetaFrom, thetaFromBackward} from 'fovea';
import {assertClose} from './close.js';
import {Random} from './random.js';

before(() => init());

/** @typedef {number[][]} Matrix */
/** @param {Matrix} a @param {Matrix} b @returns {Matrix} */
const times = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));
/** @param {number[]} v */
const unit = (v) => v.map((x) => x / Math.hypot(...v));
/** @param {number[]} a @param {number[]} b */
const cross = ([a, b, c], [d, e, f]) => [b * f - c * e, c * d - a * f, a * e - b * d];

/** The exponential of [w] by its power series, scaled and squared. @param {number[]} w @returns {Matrix} */
function exponential([x, y, z]) {
    const squarings = 10;
    const skew = [[0, -z, y], [z, 0, -x], [-y, x, 0]].map((row) => row.map((v) => v / 2 ** squarings));
    let sum = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    let term = sum;
    for (let k = 1; k < 12; k++) {
        term = times(term, skew).map((row) => row.map((v) => v / k));
        sum = sum.map((row, i) => row.map((v, j) => v + term[i][j]));
    }
    for (let k = 0; k < squarings; k++) sum = times(sum, sum);
    return sum;
}

/** Rotate v by q: q v q*. @param {number[]} q @param {number[]} v */
function turned(q, v) {
    const [w, ...u] = unit(q);
    const t = cross(u, v).map((x) => 2 * x);
    return v.map((x, i) => x + w * t[i] + cross(u, t)[i]);
}

/** @param {number[]} q @returns {Matrix} */
function fromQuaternion(q) {
    const columns = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((e) => turned(q, e));
    return [0, 1, 2].map((i) => columns.map((c) => c[i]));
}

/** @param {number[]} p @returns {Matrix} */
function fromSix(p) {
    const a = unit(p.slice(0, 3));
    const c = unit(cross(a, p.slice(3, 6)));
    const columns = [a, cross(c, a), c];
    return [0, 1, 2].map((i) => columns.map((column) => column[i]));
}

/** @param {Matrix} R @param {number[]} t @param {number} [s] */
const rigid = (R, t, s = 1) => R.flatMap((row, i) => [...row.map((v) => s * v), t[i]]);

/** Every kind: its parameters at random, and theta as the definition has it. @type {Record<string, {params: number, dims: number[], theta: (p: number[]) => number[]}>} */
const KINDS = {
    translation: {params: 2, dims: [2, 3], theta: ([x, y]) => [1, 0, x, 0, 1, y]},
    attention: {params: 3, dims: [2, 3], theta: ([s, x, y]) => [s, 0, x, 0, s, y]},
    similarity: {params: 4, dims: [2, 3], theta: ([s, a, x, y]) => [s * Math.cos(a), -s * Math.sin(a), x, s * Math.sin(a), s * Math.cos(a), y]},
    affine: {params: 6, dims: [2, 3], theta: (p) => p},
    projective: {params: 8, dims: [3, 3], theta: (p) => [...p, 1]},
    translation3d: {params: 3, dims: [3, 4], theta: (t) => rigid([[1, 0, 0], [0, 1, 0], [0, 0, 1]], t)},
    rigid3d: {params: 6, dims: [3, 4], theta: (p) => rigid(exponential(p), p.slice(3))},
    'rigid3d-quaternion': {params: 7, dims: [3, 4], theta: (p) => rigid(fromQuaternion(p.slice(0, 4)), p.slice(4))},
    'rigid3d-6d': {params: 9, dims: [3, 4], theta: (p) => rigid(fromSix(p), p.slice(6))},
    similarity3d: {params: 7, dims: [3, 4], theta: ([s, ...p]) => rigid(exponential(p), p.slice(3), s)},
    affine3d: {params: 12, dims: [3, 4], theta: (p) => p},
};
const ROTATIONS = ['rigid3d', 'rigid3d-quaternion', 'rigid3d-6d'];

/** Linear part. @param {ArrayLike<number>} theta @returns {Matrix} */
const linear = (theta) => [0, 1, 2].map((i) => [0, 1, 2].map((j) => theta[4 * i + j]));

test('the lecture\'s similarity: a quarter turn, twice as large, moved', () => {
    const {data, dims} = thetaFrom({kind: 'similarity', params: [2, Math.PI / 2, 0.5, -0.25]});
    assert.deepEqual(dims, [1, 2, 3]);
    assertClose(data, [0, -2, 0.5, 2, 0, -0.25], 1e-7);
});

test('a quarter turn about z takes x to y, in every spelling', () => {
    const quarter = {rigid3d: [0, 0, Math.PI / 2], 'rigid3d-quaternion': [1, 0, 0, 1], 'rigid3d-6d': [0, 3, 0, -1, 7, 0]};
    for (const [kind, rotation] of Object.entries(quarter)) {
        assertClose(thetaFrom({kind, params: [...rotation, 1, 2, 3]}).data, [0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 3], 1e-7, kind);
    }
});

for (const [kind, {params, dims, theta}] of Object.entries(KINDS)) {
    test(`${kind}: the definition in float64, many at once`, () => {
        const random = new Random(kind.length);
        for (const n of [0, 1, 2, 5]) {
            const p = {data: random.floats(n * params, -2, 2), dims: [n, params]};
            const got = thetaFrom({kind, params: p});
            assert.deepEqual(got.dims, [n, ...dims]);
            const want = Array.from({length: n}, (_, i) => theta([...p.data.subarray(i * params, (i + 1) * params)])).flat();
            assertClose(got.data, want, {abs: 2e-6, rel: 2e-6}, kind);
            assert.deepEqual(thetaFrom({kind, params: [...p.data]}), got);
        }
    });

    test(`${kind}: the gradient is the central difference`, () => {
        const random = new Random(kind.length + 100);
        for (let round = 0; round < 10; round++) {
            const p = [...random.floats(params, -1.5, 1.5)];
            const gradTheta = {data: random.floats(dims[0] * dims[1]), dims: [1, ...dims]};
            const loss = (/** @type {number[]} */ q) => theta(q).reduce((sum, v, i) => sum + v * gradTheta.data[i], 0);
            const want = p.map((_, k) => {
                const at = (/** @type {number} */ h) => loss(p.map((v, i) => v + (i === k ? h : 0)));
                return (at(1e-5) - at(-1e-5)) / 2e-5;
            });
            const got = thetaFromBackward(gradTheta, {kind, params: p});
            assert.deepEqual(got.dims, [1, params]);
            assertClose(got.data, want, {abs: 1e-5, rel: 1e-5}, kind);
        }
    });
}

test('rotations are orthonormal and turn right-handed, far from unit parameters too', () => {
    const random = new Random(5);
    for (const kind of ROTATIONS) {
        for (const size of [1e-6, 1e-3, 1, 100]) {
            const p = [...random.floats(KINDS[kind].params, -size, size)];
            const R = linear(thetaFrom({kind, params: p}).data);
            const identity = times(R, R[0].map((_, j) => R.map((row) => row[j])));
            assertClose(identity.flat(), [1, 0, 0, 0, 1, 0, 0, 0, 1], 1e-6, `${kind} of ${size}`);
            assertClose(cross(R[0], R[1]), R[2], 1e-6, `${kind} of ${size}`);
        }
    }
});

test('small angles: values and gradients run on through 0 and where the series ends', () => {
    for (const angle of [0, 1e-12, 1e-6, 1e-4, 0.0999, 0.1, 0.1001, 0.2]) {
        const w = [0.6 * angle, -0.48 * angle, 0.64 * angle];
        assertClose(thetaFrom({kind: 'rigid3d', params: [...w, 0, 0, 0]}).data, KINDS.rigid3d.theta([...w, 0, 0, 0]), 1e-7, `angle ${angle}`);
        const gradTheta = {data: new Float32Array(12).map((_, i) => i % 4 === 3 ? 0 : Math.sin(i)), dims: [1, 3, 4]};
        const loss = (/** @type {number[]} */ v) => exponential(v).flat().reduce((sum, x, i) => sum + x * gradTheta.data[i + Math.floor(i / 3)], 0);
        const want = w.map((_, k) => (loss(w.map((v, i) => v + (i === k ? 1e-5 : 0))) - loss(w.map((v, i) => v - (i === k ? 1e-5 : 0)))) / 2e-5);
        assertClose(thetaFromBackward(gradTheta, {kind: 'rigid3d', params: [...w, 0, 0, 0]}).data.subarray(0, 3), want, 1e-6, `angle ${angle}`);
    }
});

test('the length of a quaternion and of 6D columns does not matter, and has no gradient', () => {
    const random = new Random(8);
    for (const [kind, length] of /** @type {[string, number][]} */ ([['rigid3d-quaternion', 4], ['rigid3d-6d', 6]])) {
        const p = [...random.floats(KINDS[kind].params)];
        const scaled = p.map((v, i) => i < length ? 8 * v : v);
        assertClose(thetaFrom({kind, params: scaled}).data, thetaFrom({kind, params: p}).data, 1e-6, kind);
        const {data} = thetaFromBackward({data: random.floats(12), dims: [1, 3, 4]}, {kind, params: p});
        const along = Array.from(data.subarray(0, length)).reduce((sum, g, i) => sum + g * p[i], 0);
        assertClose([along], [0], 1e-6, kind);
    }
});

test('forward and backward are adjoint: each parameter set of many has its own gradient', () => {
    const random = new Random(9);
    const params = {data: random.floats(8), dims: [2, 4]};
    const gradTheta = {data: random.floats(12), dims: [2, 2, 3]};
    const both = thetaFromBackward(gradTheta, {kind: 'similarity', params});
    for (const n of [0, 1]) {
        const one = thetaFromBackward({data: gradTheta.data.slice(6 * n, 6 * n + 6), dims: [1, 2, 3]}, {kind: 'similarity', params: params.data.slice(4 * n, 4 * n + 4)});
        assert.deepEqual(both.data.slice(4 * n, 4 * n + 4), one.data);
    }
});

test('thetas fit the grids they are for', () => {
    assert.deepEqual(affineGrid(thetaFrom({kind: 'attention', params: [1, 0, 0]}), [1, 1, 2, 2]).data, new Float32Array([-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5]));
    assert.deepEqual(projectiveGrid(thetaFrom({kind: 'projective', params: [1, 0, 0, 0, 1, 0, 0, 0]}), [1, 1, 2, 2]).data,
        new Float32Array([-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5]));
});

test('hostile numbers stay where they are: NaN in, NaN out, no other set touched', () => {
    const params = {data: new Float32Array([1, NaN, 0, 0, 1, 0, 0, 0, 1, 1e30, 0, Infinity]), dims: [3, 4]};
    const {data} = thetaFrom({kind: 'similarity', params});
    assert.deepEqual(data.slice(6, 12), new Float32Array([1, -0, 0, 0, 1, 0]));
    assert.ok(Number.isNaN(data[0]) && data[17] === Infinity);
    assert.ok(thetaFrom({kind: 'rigid3d-quaternion', params: [0, 0, 0, 0, 1, 2, 3]}).data.slice(0, 3).every(Number.isNaN));
});

test('what is wrong is said by name', () => {
    const wrong = /** @type {any} */ (thetaFrom);
    assert.throws(() => wrong({kind: 'sheared', params: []}), /kind: expected one of translation, .*got sheared/);
    assert.throws(() => wrong({kind: 'similarity', params: [1, 2, 3]}), /params: expected a multiple of 4 numbers for similarity, got \[1, 2, 3\]/);
    assert.throws(() => wrong({kind: 'similarity', params: {data: new Float32Array(6), dims: [2, 3]}}), /params: expected shape \[N, 4\]/);
    assert.throws(() => wrong({kind: 'similarity'}), /params: expected/);
    assert.throws(() => wrong({kind: 'similarity', params: 3}), /params: expected/);
    const gradTheta = {data: new Float32Array(12), dims: [1, 3, 4]};
    assert.throws(() => thetaFromBackward(gradTheta, {kind: 'similarity', params: [1, 0, 0, 0]}), /gradTheta: expected shape \[1, 2, 3\]/);
});
