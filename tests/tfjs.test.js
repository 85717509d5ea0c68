import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import {affineGrid, affineSample, gridSample, init, projectiveGrid, softArgmax, thetaFrom, tpsGrid} from 'fovea';
import {withTf} from 'fovea/tfjs';
import {assertClose} from './close.js';
import {Random} from './random.js';

/** @typedef {import('@tensorflow/tfjs-core').Tensor} TfTensor */

const ops = withTf(tf);
/** @param {Random} random @param {number[]} dims @param {number} [low] @param {number} [high] */
const floats = (random, dims, low, high) => ({data: random.floats(dims.reduce((a, b) => a * b), low, high), dims});

/** Operations, their inputs, and what the library says. @type {Record<string, {inputs: (r: Random) => any[], run: (...x: any[]) => TfTensor, library: (...x: any[]) => any}>} */
const CASES = {
    gridSample: {
        inputs: (r) => [floats(r, [2, 5, 4, 3]), floats(r, [2, 3, 2, 2], -1.3, 1.3)],
        run: (x, grid) => ops.gridSample(x, grid),
        library: (x, grid) => gridSample(x, grid, {layout: 'NHWC'}),
    },
    'gridSample, bicubic, border, aligned': {
        inputs: (r) => [floats(r, [1, 5, 4, 2]), floats(r, [1, 3, 2, 2])],
        run: (x, grid) => ops.gridSample(x, grid, {mode: 'bicubic', paddingMode: 'border', alignCorners: true}),
        library: (x, grid) => gridSample(x, grid, {layout: 'NHWC', mode: 'bicubic', paddingMode: 'border', alignCorners: true}),
    },
    'gridSample of volumes': {
        inputs: (r) => [floats(r, [1, 3, 4, 2, 2]), floats(r, [1, 2, 2, 3, 3])],
        run: (x, grid) => ops.gridSample(x, grid),
        library: (x, grid) => gridSample(x, grid, {layout: 'NHWC'}),
    },
    affineSample: {
        inputs: (r) => [floats(r, [2, 6, 5, 3]), floats(r, [2, 2, 3])],
        run: (x, theta) => ops.affineSample(x, theta, [4, 3]),
        library: (x, theta) => affineSample(x, theta, [2, 3, 4, 3], {layout: 'NHWC'}),
    },
    'affineSample of volumes': {
        inputs: (r) => [floats(r, [1, 3, 4, 3, 2]), floats(r, [1, 3, 4], -0.5, 0.5)],
        run: (x, theta) => ops.affineSample(x, theta, [2, 3, 2], {paddingMode: 'border'}),
        library: (x, theta) => affineSample(x, theta, [1, 2, 2, 3, 2], {layout: 'NHWC', paddingMode: 'border'}),
    },
    affineGrid: {
        inputs: (r) => [floats(r, [2, 2, 3])],
        run: (theta) => ops.affineGrid(theta, [3, 4]),
        library: (theta) => affineGrid(theta, [2, 1, 3, 4]),
    },
    'affineGrid of volumes, aligned': {
        inputs: (r) => [floats(r, [1, 3, 4])],
        run: (theta) => ops.affineGrid(theta, [2, 3, 4], {alignCorners: true}),
        library: (theta) => affineGrid(theta, [1, 1, 2, 3, 4], {alignCorners: true}),
    },
    projectiveGrid: {
        inputs: (r) => [{data: r.floats(9, -0.2, 0.2).map((v, i) => v + +(i % 4 === 0)), dims: [1, 3, 3]}],
        run: (homography) => ops.projectiveGrid(homography, [3, 4]),
        library: (homography) => projectiveGrid(homography, [1, 1, 3, 4]),
    },
    tpsGrid: {
        inputs: (r) => [floats(r, [2, 9, 2])],
        run: (targets) => ops.tpsGrid(targets, null, [3, 4]),
        library: (targets) => tpsGrid(targets, null, [2, 1, 3, 4]),
    },
    softArgmax: {
        inputs: (r) => [floats(r, [2, 5, 4, 3])],
        run: (maps) => ops.softArgmax(maps, {beta: 2}),
        library: (maps) => softArgmax(maps, {beta: 2, layout: 'NHWC'}).coords,
    },
    'softArgmax of volumes, with a beta to be learnt': {
        inputs: (r) => [floats(r, [1, 3, 4, 3, 2]), {data: Float32Array.of(1.5), dims: []}],
        run: (maps, beta) => ops.softArgmax(maps, {beta, coords: 'dsnt'}),
        library: (maps, beta) => softArgmax(maps, {beta: beta.data[0], layout: 'NHWC', coords: 'dsnt'}).coords,
    },
    'softArgmax of lines, sigmoid': {
        inputs: (r) => [floats(r, [2, 9, 5])],
        run: (maps) => ops.softArgmax(maps, {normalize: 'sigmoid'}),
        library: (maps) => softArgmax(maps, {normalize: 'sigmoid', layout: 'NHWC'}).coords,
    },
    'thetaFrom similarity': {
        inputs: (r) => [floats(r, [3, 4])],
        run: (params) => ops.thetaFrom({kind: 'similarity', params}),
        library: (params) => thetaFrom({kind: 'similarity', params}),
    },
};

before(async () => {
    await tf.setBackend('cpu');
    await init();
});

for (const [name, {inputs, run, library}] of Object.entries(CASES)) {
    test(`${name}: the library's values, numeric gradients, nothing left behind`, () => {
        const random = new Random(name.length);
        const given = inputs(random);
        const before_ = tf.memory().numTensors;
        tf.tidy(() => {
            const tensors = given.map(ops.toTf);
            const got = run(...tensors);
            const want = library(...given);
            assert.deepEqual(got.shape, want.dims);
            assert.deepEqual(got.dataSync(), want.data);

            const weight = {data: random.floats(want.data.length), dims: want.dims};
            /** @param {any[]} x */
            const loss = (...x) => /** @type {import('@tensorflow/tfjs-core').Scalar} */ (tf.sum(tf.mul(run(...x), ops.toTf(weight))));
            tf.grads(/** @type {any} */ (loss))(tensors).forEach((gradient, k) => {
                assert.deepEqual(gradient.shape, given[k].dims);
                const h = 2 ** -11;
                const slopes = Array.from(given[k].data, (_, i) => {
                    const at = (/** @type {number} */ step) => {
                        const moved = given.map((t, j) => j === k ? {...t, data: t.data.map((/** @type {number} */ v, /** @type {number} */ n) => v + (n === i ? step : 0))} : t);
                        return library(...moved).data.reduce((/** @type {number} */ sum, /** @type {number} */ v, /** @type {number} */ n) => sum + v * weight.data[n], 0);
                    };
                    return [(at(0) - at(-h)) / h, (at(h) - at(0)) / h];
                });
                const smooth = slopes.map(([left, right]) => Math.abs(left - right) < 1e-2); // no tap enters or leaves nearby
                assert.ok(smooth.filter(Boolean).length > smooth.length / 2);
                const only = (/** @type {ArrayLike<number>} */ values) => Array.from(values).filter((_, i) => smooth[i]);
                assertClose(only(gradient.dataSync()), only(slopes.map(([left, right]) => (left + right) / 2)), {abs: 6e-3, rel: 4e-3}, `${name}, input ${k}`);
            });
        });
        assert.equal(tf.memory().numTensors, before_);
    });
}

test('a theta is learnt by tfjs: a picture finds its place', () => {
    const side = 24;
    const blob = (/** @type {number} */ cx, /** @type {number} */ cy) => Float32Array.from({length: side * side}, (_, i) =>
        Math.exp(-((i % side - cx) ** 2 + (Math.floor(i / side) - cy) ** 2) / 20));
    const moved = tf.tensor4d(blob(14, 9), [1, side, side, 1]);
    const wanted = tf.tensor4d(blob(11.5, 11.5), [1, side, side, 1]);
    const params = tf.variable(tf.tensor2d([[1, 0, 0, 0]]));
    const optimizer = tf.train.adam(0.02);
    const loss = () => /** @type {any} */ (tf.mean(tf.squaredDifference(ops.affineSample(moved, ops.thetaFrom({kind: 'similarity', params}), [side, side]), wanted)));
    optimizer.minimize(loss, false, [params]);
    const held = tf.memory().numTensors;
    for (let i = 0; i < 200; i++) optimizer.minimize(loss, false, [params]);
    assert.equal(tf.memory().numTensors, held, 'a step leaves no tensor behind');
    const [scale, , x, y] = params.dataSync();
    assertClose([scale, x, y], [1, 2.5 * 2 / side, -2.5 * 2 / side], 0.02, 'theta');
    optimizer.dispose();
    tf.dispose([moved, wanted, params]);
});

test('joints are learnt by tfjs: a convolution, softArgmax, and a beta', () => {
    const side = 16, random = new Random(8), count = 6;
    const places = Array.from({length: count}, () => [random.between(3, 12), random.between(3, 12)]);
    // A joint is where a bright blob is; beside it, farther up, a dark one that says nothing.
    const picture = (/** @type {number[]} */ [x, y]) => Array.from({length: side * side}, (_, i) => {
        const blob = (/** @type {number} */ cx, /** @type {number} */ cy) => Math.exp(-((i % side - cx) ** 2 + (Math.floor(i / side) - cy) ** 2) / 3);
        return blob(x, y) - blob(side - 1 - x, side - 1 - y);
    });
    const pictures = tf.tensor4d(places.flatMap(picture), [count, side, side, 1]);
    const wanted = tf.tensor3d(places.flat(), [count, 1, 2]);
    const kernel = tf.variable(tf.zeros([3, 3, 1, 1]));
    const beta = tf.variable(tf.scalar(1));
    const optimizer = tf.train.adam(0.05);
    const regress = () => ops.softArgmax(tf.conv2d(pictures, /** @type {any} */ (kernel), 1, 'same'), {beta});
    const loss = () => /** @type {any} */ (tf.mean(tf.squaredDifference(regress(), wanted)));
    const [first] = tf.tidy(() => loss().dataSync());
    optimizer.minimize(loss, false, [kernel, beta]);
    const held = tf.memory().numTensors;
    for (let i = 0; i < 200; i++) optimizer.minimize(loss, false, [kernel, beta]);
    assert.equal(tf.memory().numTensors, held, 'a step leaves no tensor behind');
    assert.ok(first > 4 && tf.tidy(() => loss().dataSync()[0]) < 0.04, 'from the centre to a fifth of a pixel');
    assert.ok(beta.dataSync()[0] > 1.2, 'beta grew');
    optimizer.dispose();
    tf.dispose([pictures, wanted, kernel, beta]);
});

test('affineSample is affineGrid and gridSample, backwards too', () => {
    const random = new Random(3);
    tf.tidy(() => {
        const [x, theta] = [ops.toTf(floats(random, [2, 7, 6, 2])), ops.toTf(floats(random, [2, 2, 3]))];
        const fused = tf.grads((/** @type {any} */ a, /** @type {any} */ b) => tf.sum(tf.square(ops.affineSample(a, b, [5, 4]))))([x, theta]);
        const apart = tf.grads((/** @type {any} */ a, /** @type {any} */ b) => tf.sum(tf.square(ops.gridSample(a, ops.affineGrid(b, [5, 4])))))([x, theta]);
        fused.forEach((gradient, i) => assertClose(gradient.dataSync(), apart[i].dataSync(), {abs: 1e-5, rel: 1e-5}, `input ${i}`));
    });
});

test('tensors come and go unchanged', () => {
    tf.tidy(() => {
        const tensor = tf.tensor([[1, 2, 3]]);
        assert.deepEqual(ops.toTensor(tensor), {data: new Float32Array([1, 2, 3]), dims: [1, 3]});
        assert.deepEqual(ops.toTf({data: new Int32Array([1, 2]), dims: [2, 1]}).dtype, 'int32');
    });
});

test('what is wrong is said by name, and leaves nothing behind', () => {
    const held = tf.memory().numTensors;
    tf.tidy(() => {
        const [x, theta] = [tf.zeros([1, 4, 4, 1]), tf.zeros([1, 2, 3])];
        const wrong = /** @type {any} */ (ops);
        assert.throws(() => wrong.gridSample(x.arraySync(), theta), /input: expected a tensor of the tfjs given/);
        assert.throws(() => ops.gridSample(x, theta), /grid: expected \[N, H, W, 2\]|grid: expected \[1, H, W, 2\]/);
        assert.throws(() => ops.affineSample(x, theta, [4]), /size: expected \[H, W\] or \[D, H, W\], got \[4\]/);
        assert.throws(() => ops.affineSample(x, theta, [4, 4, 4]), /size: expected/);
        assert.throws(() => wrong.affineSample(undefined, theta, [4, 4]), /input: expected a tensor of the tfjs/);
        assert.throws(() => ops.affineGrid(x, [4, 4]), /theta: expected shape/);
        assert.throws(() => wrong.softArgmax(x, {beta: '2'}), /beta: expected a tensor of the tfjs/);
        assert.throws(() => ops.softArgmax(theta, {window: -1}), /window: expected/);
        assert.throws(() => ops.thetaFrom({kind: 'sheared', params: theta}), /kind: expected one of translation/);
        assert.throws(() => wrong.gridSample(x, tf.zeros([1, 2, 2, 2]), {mode: 'cubic'}), /mode: expected one of/);
    });
    assert.equal(tf.memory().numTensors, held);
});
