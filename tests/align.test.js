import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {createCanvas, loadImage} from '@napi-rs/canvas';
import {affineGrid, affineSample, alignImages, gridSample, init, projectiveGrid, thetaFrom} from 'fovea';
import {measured, plainLoss, points} from './align64.js';
import {assertClose} from './close.js';
import {Random} from './random.js';

/** @typedef {import('./align64.js').Picture} Picture */

before(() => init());

const LOSSES = /** @type {const} */ (['l2', 'huber', 'ncc']);
const OPTIMIZERS = /** @type {const} */ (['lm', 'gauss-newton', 'adam', 'sgd']);

/** @param {number} side @param {(x: number, y: number) => number} value @returns {Picture} */
const picture = (side, value) => ({data: Float32Array.from({length: side * side}, (_, i) => value(i % side + 0.5, Math.floor(i / side) + 0.5)), dims: [1, 1, side, side]});

/** An F of 64 x 64, by the distance to its strokes. */
const GLYPH = picture(64, (x, y) => {
    const strokes = [[22, 14, 22, 50], [22, 14, 44, 14], [22, 31, 38, 31]];
    const distance = Math.min(...strokes.map(([a, b, c, d]) => {
        const t = Math.min(Math.max(((x - a) * (c - a) + (y - b) * (d - b)) / ((c - a) ** 2 + (d - b) ** 2), 0), 1);
        return Math.hypot(x - a - t * (c - a), y - b - t * (d - b));
    }));
    return Math.min(Math.max(4 - distance, 0), 1);
});

/** The largest distance between where two thetas look, in pixels. @param {any} a @param {any} b @param {number[]} dims */
function apart(a, b, dims) {
    const [width, height] = [dims[3], dims[2]];
    const [p, q] = [a, b].map((theta) => (theta.dims[1] === 3 ? projectiveGrid : affineGrid)(theta, dims).data);
    let most = 0;
    for (let i = 0; i < p.length; i += 2) most = Math.max(most, Math.hypot((p[i] - q[i]) * width / 2, (p[i + 1] - q[i + 1]) * height / 2));
    return most;
}

/** @param {Random} random @param {number} blobs @returns {Picture} */
function volume(random, blobs) {
    const [S, data] = [32, new Float32Array(32 ** 3)];
    for (let n = 0; n < blobs; n++) {
        const [x, y, z, sigma, height] = [random.between(8, 24), random.between(8, 24), random.between(8, 24), random.between(1.5, 4), random.between(0.3, 1)];
        data.forEach((_, i) => data[i] += height * Math.exp(-((i % S - x) ** 2 + (Math.floor(i / S) % S - y) ** 2 + (Math.floor(i / S / S) - z) ** 2) / (2 * sigma ** 2)));
    }
    return {data, dims: [1, 1, S, S, S]};
}

/** The homography that takes the corners of [-1, 1] elsewhere. @param {Random} random @param {number} by */
function anyHomography(random, by) {
    const rows = [[-1, -1], [1, -1], [1, 1], [-1, 1]].flatMap(([x, y]) => {
        const [u, v] = [x + random.between(-by, by), y + random.between(-by, by)];
        return [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]];
    });
    for (let k = 0; k < 8; k++) {
        const best = rows.slice(k).reduce((b, row, i) => Math.abs(row[k]) > Math.abs(rows[b][k]) ? i + k : b, k);
        [rows[k], rows[best]] = [rows[best], rows[k]];
        rows.forEach((row, i) => {
            const f = row[k] / rows[k][k];
            if (i !== k) row.forEach((_, j) => row[j] -= f * rows[k][j]);
        });
    }
    return {data: Float32Array.from([...rows.map((row, i) => row[8] / row[i]), 1]), dims: [1, 3, 3]};
}

async function astronaut() {
    const image = await loadImage(fileURLToPath(new URL('data/astronaut-grey.png', import.meta.url)));
    const ctx = createCanvas(image.width, image.height).getContext('2d');
    ctx.drawImage(image, 0, 0);
    const {data} = ctx.getImageData(0, 0, image.width, image.height);
    return {data: Float32Array.from({length: image.width * image.height}, (_, i) => data[4 * i] / 255), dims: [1, 1, image.height, image.width]};
}

test('a picture lies on itself: identity, loss 0', () => {
    const {theta, loss, overlap} = alignImages(GLYPH, GLYPH);
    assertClose(theta.data, [1, 0, 0, 0, 1, 0], 1e-6);
    assert.ok(loss < 1e-12 && overlap > 0.9);
});

test('moved by 3 pixels to the right and 2 down: theta looks 3 left and 2 up', () => {
    const moved = picture(64, (x, y) => x > 3 && y > 2 ? GLYPH.data[Math.floor(y - 2) * 64 + Math.floor(x - 3)] : 0);
    const {theta} = alignImages(GLYPH, moved, {model: 'translation'});
    assertClose(theta.data, [1, 0, -3 * 2 / 64, 0, 1, -2 * 2 / 64], 1e-4);
});

/** @param {(pair: import('./align64.js').Pair, name: string) => void} check */
function eachPair(check) {
    const random = new Random(4);
    for (const loss of LOSSES) {
        for (const model of ['affine', 'projective', 'volume']) {
            for (let round = 0; round < 6; round++) {
                const channels = random.integer(1, 3);
                const sides = () => Array.from({length: model === 'volume' ? 3 : 2}, () => random.integer(3, 9));
                const of = (/** @type {number[]} */ size) => ({data: random.floats(channels * size.reduce((a, b) => a * b), 0, 1), dims: [1, channels, ...size]});
                const identity = model === 'affine' ? [1, 0, 0, 0, 1, 0] : model === 'projective' ? [1, 0, 0, 0, 1, 0, 0, 0, 1] : [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
                const theta = Float32Array.from(identity, (v) => 0.8 * v + random.between(-0.2, 0.2));
                check({moving: of(sides()), fixed: of(sides()), theta, projective: model === 'projective', loss, delta: Math.fround(0.2)}, `${loss}, ${model}, round ${round}`);
            }
        }
    }
}

test('every loss and model: the loss in float64, and its gradient by central differences', () => {
    eachPair((pair, name) => {
        const {loss, gradient, inside} = measured(pair);
        assertClose([loss], [plainLoss(pair)], {abs: 1e-5, rel: 1e-5}, name);
        assert.equal(inside, points(pair).filter(({weight}) => weight > 0).length, name);
        const h = 1e-6;
        const at = (/** @type {number} */ k, /** @type {number} */ step) => plainLoss({...pair, theta: Float64Array.from(pair.theta, (v, i) => v + (i === k ? step : 0))});
        const want = Float64Array.from(pair.theta, (_, k) => (at(k, h) - at(k, -h)) / (2 * h));
        assertClose(gradient, want, {abs: 1e-4, rel: 1e-4}, name);
    });
});

test('the Hessian is symmetric and has no negative direction; with l2 and Huber it is J\'WJ', () => {
    const random = new Random(6);
    eachPair((pair, name) => {
        const {hessian} = measured(pair);
        const P = pair.theta.length;
        const scale = Math.max(...hessian);
        for (let i = 0; i < P; i++) for (let j = 0; j < i; j++) assertClose([hessian[i * P + j]], [hessian[j * P + i]], 1e-12 * scale, name);
        for (let n = 0; n < 20; n++) {
            const x = random.floats(P);
            const along = hessian.reduce((sum, h, i) => sum + h * x[i % P] * x[Math.floor(i / P)], 0);
            assert.ok(along >= -1e-9 * scale, name);
        }
        if (pair.loss === 'ncc') return;
        const here = points(pair);
        const total = here.reduce((sum, {weight}) => sum + weight, 0) * pair.moving.dims[1];
        const h = 1e-6;
        const jacobian = Array.from(pair.theta, (_, k) => {
            const [up, down] = [h, -h].map((step) => points({...pair, theta: Float64Array.from(pair.theta, (v, i) => v + (i === k ? step : 0))}));
            return here.map((__, n) => up[n].values.map(({is}, c) => (is - down[n].values[c].is) / (2 * h)));
        });
        /** Huber's share of the curvature. @param {{is: number, wanted: number}} value */
        const bend = ({is, wanted}) => pair.loss === 'huber' ? Math.min(1, pair.delta / Math.abs(is - wanted)) : 1;
        const want = Array.from(hessian, (_, at) => here.reduce((sum, {weight, values}, n) => sum + weight
            * jacobian[Math.floor(at / P)][n].reduce((s, v, c) => s + bend(values[c]) * v * jacobian[at % P][n][c], 0), 0) / total);
        assertClose(hessian, want, {abs: 1e-4 * scale, rel: 1e-4}, name);
    });
});

test('a random similarity of a 64 x 64 glyph: to .3 pixels, within 200 steps and a second', () => {
    const random = new Random(11);
    let slowest = 0;
    for (let i = 0; i < 40; i++) {
        const truth = thetaFrom({kind: 'similarity', params: [random.between(0.8, 1.25), random.between(-0.5, 0.5), random.between(-0.15, 0.15), random.between(-0.15, 0.15)]});
        const fixed = affineSample(GLYPH, truth, GLYPH.dims);
        for (const loss of LOSSES) {
            for (const optimizer of i < 4 ? OPTIMIZERS : /** @type {const} */ (['lm'])) {
                const begin = process.cpuUsage();
                const {theta, history} = alignImages(GLYPH, fixed, {loss, optimizer});
                const {user, system} = process.cpuUsage(begin);
                slowest = Math.max(slowest, (user + system) / 1000);
                assert.ok(history.length <= 200);
                const error = apart(theta, truth, GLYPH.dims);
                assert.ok(error < 0.3, `${loss}, ${optimizer}, ${i}: ${error}`);
            }
        }
    }
    assert.ok(slowest < 1000, `${slowest} ms`);
});

test('a volume of 32 x 32 x 32 turned by 20 degrees and moved: to half a degree', () => {
    const random = new Random(12);
    for (let i = 0; i < 4; i++) {
        const moving = volume(random, 12);
        const axis = [...random.floats(3)];
        const params = [...axis.map((v) => v / Math.hypot(...axis) * Math.PI / 9), ...random.floats(3, -0.1, 0.1)];
        const truth = thetaFrom({kind: 'rigid3d', params});
        const {theta} = alignImages(moving, affineSample(moving, truth, moving.dims), {loss: LOSSES[i % 3]});
        const trace = truth.data.reduce((sum, v, k) => k % 4 === 3 ? sum : sum + v * theta.data[k], 0);
        assert.ok(Math.acos(Math.min(1, (trace - 1) / 2)) < Math.PI / 360);
    }
});

test('a homography of a photograph: to half a pixel from corners 5 % away', async () => {
    const moving = await astronaut();
    const random = new Random(13);
    for (let i = 0; i < 6; i++) {
        const truth = anyHomography(random, 0.1);
        const fixed = gridSample(moving, projectiveGrid(truth, moving.dims));
        for (const loss of LOSSES) {
            const error = apart(alignImages(moving, fixed, {model: 'projective', loss}).theta, truth, moving.dims);
            assert.ok(error < 0.5, `${loss}, ${i}: ${error}`);
        }
    }
});

test('sgd finds its own rate, whatever the picture, its units and the loss', async () => {
    const whole = await astronaut();
    const cut = {data: Float32Array.of(0.6, 0, 0.1, 0, 0.6, -0.2), dims: [1, 2, 3]};
    const truth = thetaFrom({kind: 'similarity', params: [0.95, 0.08, 0.04, -0.03]});
    for (const moving of [whole, affineSample(whole, cut, [1, 1, 72, 72])]) {
        for (const scale of [1, 255]) {
            const bright = {...moving, data: moving.data.map((v) => v * scale)}, fixed = affineSample(bright, truth, moving.dims);
            for (const loss of LOSSES) {
                const {theta, history} = alignImages(bright, fixed, {optimizer: 'sgd', loss, start: [1, 0, 0, 0], delta: 0.1 * scale});
                const error = apart(theta, truth, moving.dims);
                assert.ok(error < 0.3, `${loss}, of ${scale}: ${error}`);
                assert.ok(history.every(Number.isFinite));
            }
        }
    }
});

test('ncc sees through brightness and contrast, Huber through what is in the way, NaN is a mask', async () => {
    const moving = await astronaut();
    const truth = thetaFrom({kind: 'similarity', params: [0.95, 0.1, 0.05, -0.04]});
    const fixed = affineSample(moving, truth, moving.dims);
    const faded = {...fixed, data: fixed.data.map((v) => 0.4 * v + 0.5)};
    assert.ok(apart(alignImages(moving, faded, {loss: 'ncc'}).theta, truth, moving.dims) < 0.05);
    assert.ok(apart(alignImages(moving, faded).theta, truth, moving.dims) > 1, 'l2 does not');

    const hidden = (/** @type {number} */ by) => ({...fixed, data: fixed.data.map((v, i) => i % 128 > 60 && i % 128 < 100 && i > 60 * 128 && i < 105 * 128 ? by : v)});
    assert.ok(apart(alignImages(moving, hidden(1), {loss: 'huber', delta: 0.02}).theta, truth, moving.dims) < 0.3);
    assert.ok(apart(alignImages(moving, hidden(NaN)).theta, truth, moving.dims) < 0.05);
});

test('pictures that are not square: a turn is a turn in pixels', async () => {
    const whole = await astronaut();
    const wide = affineSample(whole, {data: new Float32Array([1, 0, 0, 0, 0.5, -0.2]), dims: [1, 2, 3]}, [1, 1, 64, 128]);
    const angle = 0.2;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const truth = {data: Float32Array.from([cos, -sin * 64 / 128, 0, sin * 128 / 64, cos, 0]), dims: [1, 2, 3]};
    const {theta, params} = alignImages(wide, affineSample(wide, truth, wide.dims));
    assert.ok(apart(theta, truth, wide.dims) < 0.1);
    assertClose(params, [1, angle, 0, 0], 1e-3);
});

test('the way back is the inverse, another size of picture no matter, nor more channels', async () => {
    const moving = await astronaut();
    const truth = thetaFrom({kind: 'affine', params: [0.95, 0.05, 0.03, -0.04, 0.9, 0.02]});
    const fixed = affineSample(moving, truth, [1, 1, 96, 80]);
    const forth = alignImages(moving, fixed, {model: 'affine'});
    assert.ok(apart(forth.theta, truth, moving.dims) < 0.3);
    const [a, b, c, d, e, f] = alignImages(fixed, moving, {model: 'affine'}).theta.data;
    const [A, B, C, D, E, F] = truth.data;
    assertClose([a * A + b * D, a * B + b * E, a * C + b * F + c, d * A + e * D, d * B + e * E, d * C + e * F + f], [1, 0, 0, 0, 1, 0], 5e-3);
    const doubled = (/** @type {Picture} */ {data, dims}) => ({data: Float32Array.from([...data, ...data.map((v) => 1 - v)]), dims: [1, 2, ...dims.slice(2)]});
    assert.ok(apart(alignImages(doubled(moving), doubled(fixed), {model: 'affine'}).theta, truth, moving.dims) < 0.3);
});

test('steps: told one by one, none when none are allowed, the same again on repeat', () => {
    const truth = thetaFrom({kind: 'similarity', params: [1.1, 0.2, 0.05, 0]});
    const fixed = affineSample(GLYPH, truth, GLYPH.dims);
    /** @type {any[]} */
    const seen = [];
    const result = alignImages(GLYPH, fixed, {onStep: (step) => seen.push(step)});
    assert.deepEqual(seen.map(({loss}) => loss), result.history);
    assert.deepEqual(seen.map(({step}) => step), seen.map((_, i) => i + 1));
    assert.deepEqual(new Set(seen.map(({level}) => level)), new Set([0, 1, 2]));
    assert.deepEqual(seen.at(-1).params, result.params);
    assert.deepEqual(alignImages(GLYPH, fixed), result);
    const none = alignImages(GLYPH, fixed, {steps: 0});
    assert.deepEqual([...none.params, none.history.length], [1, 0, 0, 0, 0]);
    const single = alignImages(GLYPH, fixed, {pyramid: 1, start: [1.1, 0.2, 0.05, 0]});
    assert.ok(single.loss < 1e-10);
});

test('hostile pictures: no overlap, flat, all NaN, one pixel', () => {
    const away = alignImages(GLYPH, GLYPH, {start: [1, 0, 5, 5]});
    assert.deepEqual([away.loss, away.overlap], [Infinity, 0]);
    const flat = picture(32, () => 0.5);
    const none = picture(32, () => NaN);
    const dot = {data: new Float32Array([1]), dims: [1, 1, 1, 1]};
    for (const loss of LOSSES) {
        for (const optimizer of OPTIMIZERS) {
            assertClose(alignImages(flat, flat, {loss, optimizer, steps: 5}).params, [1, 0, 0, 0], 1e-9, `${loss}, ${optimizer}`);
            assert.equal(alignImages(none, flat, {loss, optimizer, steps: 5}).loss, Infinity);
            assert.equal(alignImages(flat, none, {loss, optimizer, steps: 5}).overlap, 0);
            assert.ok(alignImages(dot, dot, {loss, optimizer, steps: 5}).params.every(Number.isFinite));
        }
        const huge = {...GLYPH, data: GLYPH.data.map((v, i) => i % 7 ? v * 1e30 : Infinity)};
        alignImages(huge, GLYPH, {loss, steps: 3});
    }
    const pair = {moving: GLYPH, fixed: GLYPH, projective: true, loss: LOSSES[0], delta: 1};
    for (const value of [NaN, Infinity, -Infinity, 1e30, -1]) {
        const {inside, loss} = measured({...pair, theta: new Float32Array(9).fill(value)});
        assert.equal(inside, 0);
        assert.equal(loss, Infinity);
    }
});

test('what is wrong is said by name', () => {
    const align = /** @type {any} */ (alignImages);
    const cube = volume(new Random(1), 1);
    assert.throws(() => align(), /moving: expected a tensor/);
    assert.throws(() => align(GLYPH, cube), /fixed: expected \[1, 1, \.\.\.\] as moving/);
    assert.throws(() => align({data: new Float32Array(8), dims: [2, 1, 2, 2]}, GLYPH), /moving: expected \[1, C, H, W\]/);
    assert.throws(() => align({data: new Float32Array(0), dims: [1, 1, 0, 2]}, GLYPH), /moving: expected \[1, C, H, W\]/);
    assert.throws(() => align(GLYPH, GLYPH, {model: 'rigid3d'}), /model: expected one for pictures/);
    assert.throws(() => align(cube, cube, {model: 'affine'}), /model: expected one for volumes/);
    assert.throws(() => align(GLYPH, GLYPH, {model: 'elastic'}), /model: expected one of translation, similarity/);
    assert.throws(() => align(GLYPH, GLYPH, {loss: 'l1'}), /loss: expected one of l2, huber, ncc/);
    assert.throws(() => align(GLYPH, GLYPH, {optimizer: 'newton'}), /optimizer: expected one of lm, gauss-newton, adam, sgd/);
    assert.throws(() => align(GLYPH, GLYPH, {delta: 0}), /delta: expected a number above 0/);
    assert.throws(() => align(GLYPH, GLYPH, {steps: -1}), /steps: expected an integer/);
    assert.throws(() => align(GLYPH, GLYPH, {pyramid: 0}), /pyramid: expected an integer/);
    assert.throws(() => align(GLYPH, GLYPH, {start: [1, 0]}), /start: expected 4 finite numbers/);
    assert.throws(() => align(GLYPH, GLYPH, {start: [1, 0, NaN, 0]}), /start: expected 4 finite numbers/);
    assert.throws(() => align(GLYPH, GLYPH, {learningRate: 'fast'}), /learningRate: expected a finite number/);
});
