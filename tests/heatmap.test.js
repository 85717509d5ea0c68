import assert from 'node:assert/strict';
import {test} from 'node:test';
import {gaussianTargets, init, integralJoints, integralLabels, softArgmax, softArgmaxBackward, softArgmaxBackwardBeta, toFloat32} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {heads} from './heads.js';
import {cellsOf, gradients64, softArgmax64} from './heatmap64.js';
import {Random} from './random.js';

/** @import {Tensor} from '../js/tensor.js' */
/** @import {SoftArgmaxOptions} from '../js/heatmap.js' */

await init();

/** @param {ArrayLike<number>} values @param {number[]} dims */
const tensor = (values, dims) => ({data: Float32Array.from(values), dims});
const product = (/** @type {readonly number[]} */ sizes) => sizes.reduce((a, b) => a * b, 1);
const ALL = {mass: true, covariance: true, entropy: true};
const NORMALIZE = /** @type {const} */ (['softmax', 'relu', 'sigmoid', 'none']);
const COORDS = /** @type {const} */ (['index', 'canvas', 'dsnt', 'corner', 'integral']);

/** [N, K, ...cells] as [N, ...cells, K]. @param {Tensor} maps */
function channelsLast({data, dims: [N, K, ...cells]}) {
    const count = product(cells);
    const moved = Array.from(data, (_, i) => data[(Math.floor(i / K / count) * K + i % K) * count + Math.floor(i / K) % count]);
    return tensor(moved, [N, ...cells, K]);
}

/** A map of zeros but for some. @param {number[]} dims @param {Record<number, number>} values @param {number} [rest] */
function zeros(dims, values, rest = 0) {
    const data = new Float32Array(product(dims)).fill(rest);
    for (const [i, v] of Object.entries(values)) data[Number(i)] = v;
    return {data, dims};
}

test('by hand: half of the mass here and half there is in the middle', () => {
    const maps = zeros([1, 1, 3, 21], {0: 1, 20: 1, 22: 0});
    const {coords, confidence} = softArgmax(maps, {normalize: 'relu', eps: 0});
    assert.deepEqual([coords.dims, [...coords.data], confidence.dims, [...confidence.data]], [[1, 1, 2], [10, 0], [1, 1], [1]]);
    const weighed = softArgmax(zeros([1, 1, 21], {3: 1, 20: 3}), {normalize: 'relu', eps: 0, covariance: true, entropy: true});
    assert.deepEqual([...weighed.coords.data], [3 / 4 + 15]);
    assertClose(weighed.covariance?.data ?? [], [.25 * .75 * 17 ** 2], 1e-5);
    assertClose(weighed.entropy?.data ?? [], [-.25 * Math.log(.25) - .75 * Math.log(.75)], 1e-7);
    const soft = softArgmax(zeros([1, 1, 2, 1], {1: Math.log(3)}), {});
    assertClose(soft.coords.data, [0, .75], 1e-7);
    assertClose(soft.confidence.data, [.75], 1e-7);
    assertClose(softArgmax(zeros([1, 1, 2, 1], {1: Math.log(3)}), {beta: 2}).coords.data, [0, .9], 1e-7);
});

test('by hand: each unit of one place', () => {
    const maps = zeros([1, 1, 4, 8], {[2 * 8 + 5]: 1});
    const at = (/** @type {SoftArgmaxOptions['coords']} */ coords) => [...softArgmax(maps, {normalize: 'none', coords}).coords.data];
    assert.deepEqual(at('index'), [5, 2]);
    assert.deepEqual(at('canvas'), [5.5, 2.5]);
    assert.deepEqual(at('dsnt'), [.375, .25]);
    assertClose(at('corner'), [10 / 7 - 1, 1 / 3], 1e-7);
    assert.deepEqual(at('integral'), [.125, 0]);
    const one = softArgmax(tensor([7], [1, 1, 1, 1]), {coords: 'corner'});
    assert.deepEqual([...one.coords.data], [0, 0], 'one cell');
});

test('by hand: a window keeps the peak and its neighbours, as far as the map goes', () => {
    const data = new Float32Array(5 * 9).fill(1);
    data[0] = 2;
    const maps = {data, dims: [1, 1, 5, 9]};
    const {coords, mass} = softArgmax(maps, {normalize: 'relu', eps: 0, window: 1, mass: true});
    assertClose(coords.data, [.4, .4], 1e-7, 'the corner counts 2, the three beside it 1');
    assertClose(mass?.data ?? [], [5 / 46], 1e-7);
    assert.deepEqual([...softArgmax(maps, {window: 0}).coords.data], [0, 0]);
    data[4 * 9 + 8] = 2;
    assert.deepEqual([...softArgmax(maps, {window: 0}).coords.data], [0, 0], 'the first of two');
    data[4 * 9 + 8] = 3;
    assert.deepEqual([...softArgmax(maps, {window: 0}).coords.data], [8, 4]);
    assert.equal(softArgmax(maps, {window: 0, normalize: 'sigmoid'}).confidence.data[0], Math.fround(1 / (1 + Math.exp(-3))));
});

test('by hand: z is the outermost axis, x the innermost', () => {
    const {coords} = softArgmax(zeros([1, 1, 3, 4, 5], {[2 * 20 + 1 * 5 + 4]: 1}), {normalize: 'none'});
    assert.deepEqual([coords.dims, [...coords.data]], [[1, 1, 3], [4, 1, 2]]);
});

test('by hand: the gradient of a pair, and of beta', () => {
    const maps = zeros([1, 1, 1, 2], {1: Math.log(3)}), grad = tensor([1, 0], [1, 1, 2]);
    assertClose(softArgmaxBackward(grad, maps).data, [-3 / 16, 3 / 16], 1e-7, 'p (1 - p)');
    assertClose(softArgmaxBackwardBeta(grad, maps).data, [Math.log(3) * 3 / 16], 1e-7);
    assertClose(softArgmaxBackward(grad, maps, {normalize: 'none', coords: 'canvas'}).data, [.5, 1.5]);
});

for (const d of ['2d', '3d']) {
    const [at, grad] = d === '2d' ? ['xy', 'grad_xy'] : ['xyz', 'grad_xyz'];
    testGolden(`heatmap.soft_argmax_${d}`, ({params: {beta, coords: named}, inputs, outputs}) => {
        const coords = named === 'pixel' ? 'index' : named;
        for (const layout of /** @type {const} */ (['NCHW', 'NHWC'])) {
            const maps = layout === 'NCHW' ? inputs.logits : channelsLast(inputs.logits);
            const found = softArgmax(maps, {beta, coords, layout});
            assertGolden(found.coords, outputs[at]);
            const gradient = softArgmaxBackward(inputs[grad], maps, {beta, coords, layout});
            const wanted = layout === 'NCHW' ? outputs.grad_logits : {...channelsLast(outputs.grad_logits), tolerance: outputs.grad_logits.tolerance};
            assertGolden(gradient, wanted);
            if (!outputs.prob) continue;
            const [N, K, ...cells] = outputs.prob.dims, count = product(cells);
            const largest = Array.from({length: N * K}, (_, j) => Math.max(...outputs.prob.data.subarray(j * count, (j + 1) * count)));
            assertClose(found.confidence.data, largest, outputs.prob.tolerance, 'confidence');
        }
    });
}

testGolden('heatmap.dsnt', ({params, inputs, outputs}) => {
    const coords = params.coords === 'pixel' ? 'index' : params.coords;
    const found = softArgmax(inputs.prob, {normalize: 'none', coords, covariance: true});
    assertGolden(found.coords, outputs.xy);
    const {data = new Float32Array()} = found.covariance ?? {};
    assertGolden({data: outputs.var.data.map((/** @type {number} */ _, /** @type {number} */ i) => data[4 * i] + data[4 * i + 3]), dims: outputs.var.dims}, outputs.var);
    assertGolden(softArgmaxBackward(inputs.grad_xy, inputs.prob, {normalize: 'none', coords}), outputs.grad_prob);
});

testGolden('lift.softargmax', ({params: {beta}, inputs: {score, grad_xy: grad}, outputs}) => {
    const maps = {data: score.data, dims: [score.dims[0], 1, ...score.dims.slice(1)]};
    const gradCoords = {data: grad.data, dims: [grad.dims[0], 1, 2]};
    assertGolden({data: softArgmax(maps, {beta}).coords.data, dims: outputs.xy.dims}, outputs.xy);
    assertGolden({data: softArgmaxBackward(gradCoords, maps, {beta}).data, dims: score.dims}, outputs.grad_score);
});

for (const [network, pictures, most] of /** @type {const} */ ([['lightning', ['camera', 'messi5'], 1.2], ['thunder', ['camera'], .9]])) {
    test(`MoveNet ${network}: a window of 5 x 5 comes near the joints that the offsets head refined`, () => {
        /** Pixels of the input from its own answer, on average over joints that it is sure of. @param {SoftArgmaxOptions} options @param {number} middle */
        const distance = (options, middle) => {
            const far = pictures.flatMap((picture) => {
                const {about, tensors: {kpt_heatmap_logits: maps}, view} = heads(`movenet-${network}-${picture}`);
                const stride = about.input[1] / maps.dims[1], {coords: {data}} = softArgmax(maps, {layout: 'NHWC', ...options});
                return about.found[0].kps.flatMap((/** @type {number[]} */ [X, Y, score], /** @type {number} */ k) => {
                    const [x, y] = view.toTensor([X, Y]);
                    return score > .4 ? [Math.hypot((data[2 * k] + middle) * stride - x, (data[2 * k + 1] + middle) * stride - y)] : [];
                });
            });
            assert.ok(far.length > 9);
            return far.reduce((a, b) => a + b, 0) / far.length;
        };
        const windowed = distance({window: 2, normalize: 'sigmoid'}, .5), argmax = distance({window: 0}, 0), whole = distance({}, .5);
        assert.ok(windowed < most, `windowed: ${windowed}`);
        assert.ok(argmax > 2.5 && whole > 2 * windowed, `argmax: ${argmax}, over the whole map: ${whole}`);
    });
}

/** @param {Random} random @param {number} axes */
function anyMaps(random, axes) {
    const most = [150, 40, 14][axes - 1];
    const dims = [random.integer(1, 2), random.integer(1, 9), ...Array.from({length: axes}, () => random.integer(1, random.chance(.3) ? 5 : most))];
    const maps = tensor(random.floats(product(dims), -2, 2), dims);
    if (random.chance(.2)) for (let i = 0; i < maps.data.length; i++) if (random.chance(.1)) maps.data[i] = NaN;
    return maps;
}

/** @param {Random} random @returns {SoftArgmaxOptions} */
const anyOptions = (random) => ({
    beta: random.pick([0, .5, 1, 4, 20]), normalize: random.pick(NORMALIZE), coords: random.pick(COORDS), window: random.pick([undefined, undefined, 0, 1, 2, 5]),
    eps: random.pick([1e-8, 0, .1]),
});

test('random maps of one, two and three axes against the definition, in both layouts', () => {
    const random = new Random(31);
    for (let round = 0; round < 240; round++) {
        const maps = anyMaps(random, 1 + round % 3), options = anyOptions(random);
        const [N, K, ...sizes] = maps.dims, cells = product(sizes), axes = sizes.length;
        const found = softArgmax(maps, {...options, ...ALL});
        const last = softArgmax(channelsLast(maps), {...options, ...ALL, layout: 'NHWC'});
        const unit = /index|canvas/.test(options.coords ?? '') ? Math.max(...sizes) : 1, sum = options.normalize === 'none' ? cells : 1;
        for (let j = 0; j < N * K; j++) {
            const want = softArgmax64(maps.data.subarray(j * cells, (j + 1) * cells), sizes, options);
            for (const got of [found, last]) {
                const label = `${JSON.stringify(options)} ${maps.dims} map ${j}`;
                const of = (/** @type {{data: Float32Array} | undefined} */ t, /** @type {number} */ n) => t?.data.subarray(j * n, (j + 1) * n) ?? [];
                assertClose(of(got.coords, axes), want.coords, 2e-6 * unit * sum, `coords ${label}`);
                assertClose(of(got.confidence, 1), [want.confidence], {abs: 1e-6, rel: 1e-6}, `confidence ${label}`);
                assertClose(of(got.mass, 1), [want.mass], {abs: 1e-6 * Math.sqrt(sum), rel: 1e-6}, `mass ${label}`);
                assertClose(of(got.entropy, 1), [want.entropy], {abs: 3e-6, rel: 1e-6}, `entropy ${label}`);
                assertClose(of(got.covariance, axes * axes), want.covariance, 2e-6 * (unit * sum) ** 2, `covariance ${label}`);
            }
        }
    }
});

test('long rows, many rows and many joints, in both layouts', () => {
    const random = new Random(37);
    for (const dims of [[1, 1, 3, 5000], [1, 1, 200, 70], [2, 66, 9, 10], [1, 5, 2, 2000], [1, 2, 20, 20, 20]]) {
        const maps = {data: random.floats(product(dims)).map((v) => Math.round(8 * v)), dims}; // most maxima come twice
        const [, , ...sizes] = dims, cells = product(sizes), axes = sizes.length, gradCoords = {data: random.floats(dims[0] * dims[1] * axes), dims: [dims[0], dims[1], axes]};
        for (const window of [undefined, 1]) {
            const found = softArgmax(maps, {window}), last = softArgmax(channelsLast(maps), {window, layout: 'NHWC'});
            for (let j = 0; j < dims[0] * dims[1]; j++) {
                const {coords} = softArgmax64(maps.data.subarray(j * cells, (j + 1) * cells), sizes, {window});
                for (const got of [found, last]) assertClose(got.coords.data.subarray(j * axes, (j + 1) * axes), coords, 1e-6 * Math.max(...sizes), `${dims} map ${j}`);
            }
            const gradient = softArgmaxBackward(gradCoords, maps, {window});
            assertClose(softArgmaxBackward(gradCoords, channelsLast(maps), {window, layout: 'NHWC'}).data, channelsLast(gradient).data, 1e-6);
        }
    }
});

test('gradients of every normalisation and window by central differences, in both layouts', () => {
    const random = new Random(32);
    for (let round = 0; round < 160; round++) {
        const axes = 1 + round % 3, K = random.integer(1, 6);
        const sizes = Array.from({length: axes}, () => random.integer(1, [40, 7, 4][axes - 1]));
        const maps = tensor(random.floats(K * product(sizes), -2, 2), [1, K, ...sizes]);
        const options = {...anyOptions(random), normalize: NORMALIZE[Math.floor(round / 3) % 4], window: [undefined, 0, 1, 2][Math.floor(round / 12) % 4]};
        const gradCoords = tensor(random.floats(K * axes), [1, K, axes]);
        const gradCovariance = round % 2 ? undefined : tensor(random.floats(K * axes * axes), [1, K, axes, axes]);
        const all = {...options, gradCovariance}, got = softArgmaxBackward(gradCoords, maps, all), beta = softArgmaxBackwardBeta(gradCoords, maps, all);
        const last = softArgmaxBackward(gradCoords, channelsLast(maps), {...all, layout: 'NHWC'});
        const cells = product(sizes), part = (/** @type {{data: Float32Array} | undefined} */ t, /** @type {number} */ j, /** @type {number} */ n) =>
            t?.data.subarray(j * n, (j + 1) * n) ?? new Float32Array(n);
        const wanted = Array.from({length: K}, (_, j) =>
            gradients64(part(gradCoords, j, axes), part(gradCovariance, j, axes * axes), part(maps, j, cells), sizes, options));
        const label = `${JSON.stringify(options)} ${maps.dims}${gradCovariance ? ', of the covariance too' : ''}`, most = Math.max(...sizes);
        const unit = most * Math.max(1, options.beta ?? 1) * (gradCovariance ? 2 * most : 1);
        const largest = Math.max(...wanted.flatMap(({byMap}) => byMap).map(Math.abs));
        const tolerance = gradCovariance ? 1e-7 * unit + 1e-6 * largest : 2e-7 * unit;
        assertClose(got.data, wanted.flatMap(({byMap}) => byMap), tolerance, label);
        assertClose(last.data, channelsLast(got).data, tolerance, label);
        assert.deepEqual([got.dims, beta.dims], [maps.dims, [1, K]]);
        if (options.beta || options.normalize !== 'relu') assertClose(beta.data, wanted.map(({byBeta}) => byBeta), 1e-6 * most * (gradCovariance ? most : 1), `beta ${label}`);
    }
});

test('joints times depths in the channels are volumes, in both layouts', () => {
    const random = new Random(33), [N, J, D, H, W] = [2, 5, 6, 7, 9];
    const volume = tensor(random.floats(N * J * D * H * W, -3, 3), [N, J, D, H, W]);
    const planes = {data: volume.data, dims: [N, J * D, H, W]}, last = channelsLast(planes);
    for (const window of [undefined, 2]) {
        const want = softArgmax(volume, {beta: 2, window, covariance: true});
        assert.deepEqual(softArgmax(planes, {beta: 2, window, depth: D, covariance: true}), want);
        const got = softArgmax(last, {beta: 2, window, depth: D, layout: 'NHWC', covariance: true});
        assertClose(got.coords.data, want.coords.data, 1e-5);
        assertClose(got.confidence.data, want.confidence.data, 1e-6);
        assertClose(got.covariance?.data ?? [], want.covariance?.data ?? [], 1e-4);
        const grad = tensor(random.floats(N * J * 3), [N, J, 3]);
        const back = softArgmaxBackward(grad, last, {beta: 2, window, depth: D, layout: 'NHWC'});
        assertClose(back.data, channelsLast({...softArgmaxBackward(grad, volume, {beta: 2, window}), dims: planes.dims}).data, 1e-6);
    }
});

test('float16 and quantised maps are what they are widened to, in both layouts', () => {
    const random = new Random(34);
    for (const dims of [[1, 3, 9, 13], [2, 9, 5, 6], [1, 2, 3, 4, 5]]) {
        const count = product(dims);
        /** @type {Tensor[]} */
        const tensors = [
            {data: Uint16Array.from({length: count}, () => random.integer(0, 0x4a00) | (random.chance(.5) ? 0x8000 : 0)), dims},
            {data: Uint16Array.from({length: count}, () => random.integer(0, 65535)), dims},
            {data: Uint8Array.from({length: count}, () => random.integer(0, 255)), dims, scale: 1 / 16, zeroPoint: 100},
            {data: Int8Array.from({length: count}, () => random.integer(-128, 127)), dims, scale: .05, zeroPoint: -3},
            {data: Int32Array.from({length: count}, () => random.integer(-9, 9)), dims},
            {data: random.floats(count), dims, scale: 3, zeroPoint: .5},
        ];
        for (const maps of tensors) for (const layout of /** @type {const} */ (['NCHW', 'NHWC'])) for (const window of [undefined, 1]) {
            const options = {layout, window, normalize: random.pick(NORMALIZE), ...ALL};
            const wide = toFloat32(maps), {coords} = softArgmax(wide, options);
            assert.deepEqual(softArgmax(maps, options), softArgmax(wide, options));
            const grad = {data: coords.data.map(() => random.between(-1, 1)), dims: coords.dims};
            assert.deepEqual(softArgmaxBackward(grad, maps, options), softArgmaxBackward(grad, wide, options));
        }
    }
});

test('invariants: a constant map is its centre, a delta its place, adding a constant changes nothing', () => {
    const random = new Random(35);
    for (const dims of [[1, 5, 1, 1], [1, 1, 64, 48], [2, 3, 7, 5], [1, 1, 4, 6, 9], [1, 2, 5000], [1, 4, 3, 3000]]) {
        const [N, K, ...sizes] = dims, cells = product(sizes), sides = [...sizes].reverse();
        const centre = Array.from({length: N * K}, () => sides.map((s) => (s - 1) / 2)).flat();
        for (const value of [0, -3.5, 1e4, -1e4, 1e-30]) for (const normalize of /** @type {const} */ (['softmax', 'sigmoid', 'relu'])) {
            const {coords} = softArgmax(zeros(dims, {}, value), {normalize, beta: .01});
            assertClose(coords.data, centre, 1e-6 * Math.max(...sides), `${dims} all ${value}, ${normalize}`);
        }
        const at = random.integer(0, cells - 1);
        const delta = zeros(dims, Object.fromEntries(Array.from({length: N * K}, (_, j) => [j * cells + at, 1e4])), -1e4);
        const place = sides.map((side, a) => Math.floor(at / product(sides.slice(0, a))) % side);
        for (const beta of [1, 1e4, 1e30]) {
            const {coords, confidence} = softArgmax(delta, {beta});
            assert.deepEqual([...coords.data], Array.from({length: N * K}, () => place).flat(), `${dims}, beta ${beta}`);
            assert.ok(confidence.data.every((c) => c === 1));
        }
        const maps = tensor(random.floats(product(dims)), dims), shifted = {data: maps.data.map((v) => v + 256), dims};
        assertClose(softArgmax(shifted, {beta: 3}).coords.data, softArgmax(maps, {beta: 3}).coords.data, 3e-4 * Math.max(...sides));
    }
});

test('invariants: gradients sum to zero over a map, and are zero beyond the window', () => {
    const random = new Random(36);
    for (const [normalize, window] of /** @type {const} */ ([['softmax', undefined], ['softmax', 2], ['sigmoid', 3]])) {
        const maps = tensor(random.floats(4 * 20 * 17, -5, 5), [1, 4, 20, 17]);
        const {data} = softArgmaxBackward(tensor(random.floats(8), [1, 4, 2]), maps, {normalize, window});
        for (let j = 0; j < 4; j++) {
            const own = data.subarray(j * 340, (j + 1) * 340), cells = new Set(cellsOf(maps.data.subarray(j * 340, (j + 1) * 340), [20, 17], window));
            if (normalize === 'softmax') assert.ok(Math.abs(own.reduce((a, b) => a + b, 0)) < 1e-6);
            assert.ok(own.every((v, i) => cells.has(i) || v === 0));
        }
    }
});

test('hostile: NaN, infinities and maps without weight are defined, in both layouts', () => {
    const [H, W] = [5, 6], centre = [2.5, 2];
    /** @param {Record<number, number>} values @param {number} rest @param {SoftArgmaxOptions} [options] */
    const find = (values, rest, options) => {
        const one = zeros([1, 1, H, W], values, rest);
        const four = {data: Float32Array.from({length: 4 * H * W}, (_, i) => one.data[i >> 2]), dims: [1, H, W, 4]};
        const {coords, confidence} = softArgmax(one, options), last = softArgmax(four, {...options, layout: 'NHWC'});
        assertClose(last.coords.data.subarray(6), coords.data, 1e-6);
        assertClose(last.confidence.data.subarray(3), confidence.data, 1e-6);
        return [[...coords.data], confidence.data[0]];
    };
    for (const window of [undefined, 1]) for (const normalize of /** @type {const} */ (['softmax', 'relu', 'sigmoid'])) {
        assert.deepEqual(find({}, NaN, {window, normalize}), [centre, 0], `all NaN, ${normalize}`);
        assert.deepEqual(find({}, -Infinity, {window, normalize}), [centre, 0], `all -Infinity, ${normalize}`);
        assertClose(/** @type {number[]} */ (find({8: 1}, NaN, {window, normalize, eps: 0})[0]), [2, 1], 1e-6, `one number among NaN, ${normalize}`);
    }
    assert.deepEqual(find({}, -1, {normalize: 'relu'}), [centre, 0], 'nothing above 0');
    assert.deepEqual(find({}, 0, {normalize: 'relu', eps: 0}), [centre, 0]);
    assert.deepEqual(find({8: Infinity}, 0), [[2, 1], 1]);
    assert.deepEqual(find({8: Infinity, 10: Infinity}, 0), [[3, 1], .5]);
    assert.deepEqual(find({8: 3e38}, -3e38, {beta: 3e38}), [[2, 1], 1]);
    assert.deepEqual(find({}, 3e38), [centre, Math.fround(1 / 30)]);
    assert.deepEqual(find({}, 1e38, {normalize: 'relu', beta: 0})[0], centre);
    assert.ok(/** @type {number[]} */ (find({3: Infinity, 9: 2e38}, 3e38, {normalize: 'relu'})[0]).every(Number.isFinite));
    const none = softArgmax(zeros([0, 3, 4, 5], {}), ALL);
    assert.deepEqual([none.coords.dims, none.confidence.dims, none.covariance?.dims], [[0, 3, 2], [0, 3], [0, 3, 2, 2]]);
    const gradient = softArgmaxBackward(tensor([1, 1], [1, 1, 2]), zeros([1, 1, 3, 3], {4: 1, 5: NaN, 6: -Infinity}));
    assert.ok(gradient.data.every(Number.isFinite) && gradient.data[5] === 0 && gradient.data[6] === 0);
    const endless = softArgmaxBackward(tensor([NaN, Infinity], [1, 1, 2]), zeros([1, 1, 3, 3], {4: 1, 5: NaN}, -Infinity));
    assert.ok(endless.data.every((v, i) => i === 4 ? Number.isNaN(v) : v === 0), 'a cell without weight has gradient 0, whatever comes');
});

test('hostile: wrong arguments are named', () => {
    const maps = zeros([1, 6, 4, 5], {}), grad = zeros([1, 6, 2], {});
    /** @param {any} options @param {RegExp} message */
    const refuses = (options, message) => {
        assert.throws(() => softArgmax(maps, options), message);
        assert.throws(() => softArgmaxBackward(grad, maps, options), message);
        assert.throws(() => softArgmaxBackwardBeta(grad, maps, options), message);
    };
    refuses({beta: -1}, /^RangeError: beta: expected at least 0, got -1/);
    refuses({beta: NaN}, /^TypeError: beta: expected a finite number/);
    refuses({eps: -1}, /^RangeError: eps/);
    refuses({window: -1}, /^RangeError: window: expected an integer from 0/);
    refuses({normalize: 'l2'}, /^TypeError: normalize: expected one of softmax, relu, sigmoid, none, got l2/);
    refuses({coords: 'pixel'}, /^TypeError: coords: expected one of index, canvas, dsnt, corner, integral/);
    refuses({layout: 'HW'}, /^TypeError: layout/);
    refuses({depth: 4}, /^RangeError: maps: expected \[N, joints \* 4, H, W\]/);
    refuses(3, /^TypeError: options: expected an object/);
    assert.throws(() => softArgmax(zeros([4, 5], {})), /^RangeError: maps: expected \[N, K, W\], \[N, K, H, W\] or \[N, K, D, H, W\], got \[4, 5\]/);
    assert.throws(() => softArgmax(zeros([1, 2, 0, 5], {})), /^RangeError: maps/);
    assert.throws(() => softArgmaxBackward(grad, maps, {gradCovariance: grad}), /^RangeError: gradCovariance: expected shape \[N, K, 2, 2\] with N = 1, K = 6/);
    assert.throws(() => softArgmaxBackward(zeros([1, 6, 3], {}), maps), /^RangeError: gradCoords: expected shape \[N, K, 2\] with N = 1, K = 6/);
});

test('invariants: joints drawn as Gaussians are found where they were drawn', () => {
    const random = new Random(38), joints = tensor(random.floats(2 * 6 * 2, 12, 30), [2, 6, 2]);
    const maps = gaussianTargets(joints, tensor(new Array(12).fill(1), [2, 6]), [48, 44], {sigma: 2});
    assertClose(softArgmax(maps, {normalize: 'relu'}).coords.data, joints.data, 1e-4, 'the mean of a Gaussian');
    const logs = {data: maps.data.map((v) => Math.log(Math.max(v, 1e-30))), dims: maps.dims};
    assertClose(softArgmax(logs, {covariance: true}).coords.data, joints.data, 1e-4, 'softmax of its logarithm');
    const {data = []} = softArgmax(logs, {covariance: true}).covariance ?? {};
    assertClose(data, Array.from({length: 12}, () => [4, 0, 0, 4]).flat(), 1e-3, 'as wide as it was drawn');
    assertClose(softArgmax(maps, {normalize: 'relu', window: 5}).coords.data, joints.data, .06, 'a window cuts its far side');
});

test('labels of integral regression, and back', () => {
    const patch = {width: 192, height: 256}, joints = tensor([0, 0, 0, 192, 256, 96, 96, 64, -48], [1, 3, 3]);
    const labels = integralLabels(joints, patch);
    assert.deepEqual([...labels.data], [-.5, -.5, 0, .5, .5, .5, 0, -.25, -.25], 'z is divided by the width');
    assert.deepEqual(integralJoints(labels, patch), joints);
    assert.deepEqual([...integralLabels(tensor([48, 64], [1, 1, 2]), patch).data], [-.25, -.25]);
    const maps = zeros([1, 1, 64, 48], {[16 * 48 + 12]: 50}), {coords} = softArgmax(maps, {coords: 'integral'});
    assertClose(integralJoints(coords, patch).data, [48, 64], 1e-4, 'a quarter of the way');
    assert.throws(() => integralLabels(tensor([1], [1, 1, 1]), patch), /^RangeError: joints: expected \[N, K, 2\] or \[N, K, 3\]/);
    assert.throws(() => integralJoints(labels, {width: 0, height: 1}), /^TypeError: patch: expected \[width, height\] above 0/);
});
