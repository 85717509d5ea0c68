import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
    argmax, CODECS, decodeSimcc, decodeUdpCombined, gaussianRadius, gaussianTargets, init, openposeTargets, pafTargets, simccTargets, udpCombinedTargets,
} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';
import {combine64, field64, joints64, spot64} from './target64.js';

await init();

const KINDS = /** @type {const} */ (['exact', 'unbiased', 'msra', 'udp', 'megvii', 'one-hot']);

/** @param {number[]} data @param {number[]} dims */
const tensor = (data, dims) => ({data: Float32Array.from(data), dims});
/** @param {number[][]} points */
const person = (points) => tensor(points.flat(), [1, points.length, 2]);

test('by hand: each kind of one joint', () => {
    const row = (/** @type {typeof KINDS[number]} */ kind, /** @type {number} */ x, /** @type {object} */ more = {}) =>
        [...gaussianTargets(person([[x, 0]]), null, [1, 7], {kind, sigma: 0.5, ...more}).data];
    const bell = (/** @type {number[]} */ distances) => distances.map((d) => Math.exp(-2 * d * d));
    assertClose(row('exact', 2.25), bell([2.25, 1.25, 0.25, 0.75, 1.75, 2.75, 3.75]), 1e-7);
    assertClose(row('msra', 2.25), [...bell([2, 1, 0, 1]), 0, 0, 0], 1e-7, 'columns int(.5) to int(4.5), not included');
    assertClose(row('udp', 2.25), [...bell([2.25, 1.25, 0.25, 0.75]), 0, 0, 0], 1e-7);
    assert.deepEqual(row('one-hot', 2.5), [0, 0, 0, 1, 0, 0, 0], 'halves go up');
    assertClose(row('megvii', 2.9, {kernel: 3}), [0, 127.5, 255, 127.5, 0, 0, 0], 1e-4);
    assertClose(row('megvii', 0, {kernel: 3}), [255, 127.5, 0, 0, 0, 0, 0], 1e-4, 'the border reflects nothing of the border itself');
    assertClose(row('megvii', 1, {kernel: 3}), [255, 255, 127.5, 0, 0, 0, 0], 1e-4, 'but what is beside it twice');
});

test('by hand: people overlap', () => {
    const two = tensor([1, 0, 3, 0], [1, 2, 1, 2]), near = Math.exp(-0.5), far = Math.exp(-4.5), further = Math.exp(-2);
    const draw = (/** @type {object} */ options) => [...gaussianTargets(two, null, [1, 5], {sigma: 1, ...options}).data];
    assertClose(draw({}), [near, 1, near, 1, near], 1e-7);
    assertClose(draw({combine: 'sum'}), [near + far, 1 + further, 2 * near, 1 + further, near + far], 2e-7);
    assertClose(draw({combine: 'clipped'}), [near + far, 1, 1, 1, near + far], 2e-7);
    const sums = gaussianTargets(two, null, [1, 1, 1, 5], {sigma: 1, combine: 'sum', norm: 'sum'}).data;
    assertClose([sums.reduce((a, b) => a + b)], [2], 1e-6);
});

test('a joint that is not there, or too far away, is not drawn, and weighs nothing', () => {
    const coords = person([[2, 1], [2, 1], [NaN, 1], [2, Infinity], [40, 1], [-9, 1]]);
    const weight = tensor([0.5, 0.49, 1, 1, 1, 2], [1, 6]);
    for (const kind of KINDS) {
        const {data, dims, weight: kept} = gaussianTargets(coords, weight, [3, 8], {kind, sigma: 2});
        assert.deepEqual([dims, kept.dims], [[1, 6, 3, 8], [1, 6]]);
        assert.deepEqual([...kept.data], kind === 'exact' ? [0.5, 0, 0, 0, 1, 2] : [0.5, 0, 0, 0, 0, 0], kind);
        for (let k = 1; k < 6; k++) assert.ok(kept.data[k] > 0 || data.subarray(k * 24, k * 24 + 24).every((v) => v === 0), kind);
    }
});

test('by hand: a field along a limb, and of two people', () => {
    const {data, dims, count} = pafTargets(tensor([1, 1, 4, 1, 2, 0, 2, 2], [1, 2, 2, 2]), null, [[0, 1]], [3, 6], {thickness: 0.5});
    assert.deepEqual([dims, count.dims], [[1, 2, 3, 6], [1, 1, 3, 6]]);
    assert.deepEqual([...count.data], [0, 0, 1, 0, 0, 0, 0, 1, 2, 1, 1, 0, 0, 0, 1, 0, 0, 0]);
    assert.deepEqual([...data.subarray(0, 18)], [0, 0, 0, 0, 0, 0, 0, 1, 0.5, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual([...data.subarray(18)], [0, 0, 1, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    const last = pafTargets(tensor([1, 1, 4, 1, 2, 0, 2, 2], [1, 2, 2, 2]), null, [[0, 1]], [3, 6], {variant: 'lightweight'});
    assert.deepEqual([...last.data.subarray(0, 18)], [1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0].map((v, i) => i >= 12 ? 0 : v), 'rows 0 and 1 of the box');
    assert.deepEqual([...last.data.subarray(18)], [0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0], 'columns 1 and 2 are the second person\'s');
});

test('by hand: confidence maps and their background', () => {
    const near = tensor([1, 0, 3, 0], [1, 2, 1, 2]);
    const {data, dims} = openposeTargets(near, null, [1, 5]);
    const one = Math.exp(-1);
    assert.deepEqual(dims, [1, 2, 1, 5]);
    assertClose(data, [one, 1, one, 1, one, 1 - one, 0, 1 - one, 0, 1 - one], 1e-7);
    const light = openposeTargets(tensor([11.5, 3.5, 19.5, 3.5], [1, 2, 1, 2]), null, [1, 5], {variant: 'lightweight'});
    const [s, t] = [64 / 98, 256 / 98].map((e) => Math.exp(-e));
    assertClose(light.data.subarray(0, 5), [s + t, 1, 1, s + t, t], 2e-7, '24 pixels away is too far');
    assertClose(light.data.subarray(5), [1 - s - t, 0, 0, 1 - s - t, 1 - t], 2e-7);
    assert.deepEqual(openposeTargets(near, null, [1, 5], {background: false}).data, data.subarray(0, 5));
});

test('by hand: SimCC, and UDP combined', () => {
    const {x, y, weight} = simccTargets(person([[1.25, 0], [0.6, 3], [4, 0]]), null, [2, 3], {normalize: false, sigma: [1, 0.5]});
    assert.deepEqual([x.dims, y.dims, [...weight.data]], [[1, 3, 6], [1, 3, 4], [1, 0, 1]]);
    const bell = (/** @type {number[]} */ distances, /** @type {number} */ s) => distances.map((d) => Math.exp(-d * d / (2 * s * s)));
    assertClose(x.data.subarray(0, 6), bell([2, 1, 0, 1, 2, 3], 1), 1e-7, '2.5 goes to 2');
    assertClose(y.data.subarray(0, 4), bell([0, 1, 2, 3], 0.5), 1e-7);
    assert.deepEqual([...x.data.subarray(6, 12), ...y.data.subarray(4, 8)], new Array(10).fill(0), 'y is 6, and 1.5 is as far as it may be beyond 3');
    assertClose(x.data.subarray(12), bell([8, 7, 6, 5, 4, 3], 1), 1e-7, 'x is 8');
    const sum = simccTargets(person([[20, 30]]), null, [64, 48], {sigma: 3}).x.data.reduce((a, b) => a + b);
    assertClose([sum], [1], 1e-6, 'a density');
    const hard = simccTargets(person([[1.25, 0], [4, 0]]), null, [2, 3], {smoothing: 0.1});
    assertClose(hard.x.data, [0.02, 0.02, 0.9, 0.02, 0.02, 0.02, 0, 0, 0, 0, 0, 0], 1e-7);
    assert.deepEqual([...hard.weight.data], [1, 0]);

    const disc = udpCombinedTargets(person([[1.5, 0], [9, 9]]), tensor([1, 0], [1, 2]), [1, 4], {radiusFactor: 0.25});
    assert.deepEqual([disc.dims, [...disc.weight.data]], [[1, 6, 1, 4], [1, 0]]);
    assert.deepEqual([...udpCombinedTargets(person([[2, 0]]), null, [1, 5], {radiusFactor: 0.2}).data.subarray(0, 5)], [0, 1, 1, 1, 0], 'the edge is in');
    const beyond = simccTargets(person([[-3.5, 0], [-4, 0], [0, 10.5], [0, 11]]), null, [8, 8], {sigma: 2}).weight.data;
    assert.deepEqual([...beyond], [1, 0, 1, 0], '-7 + 6 + 1 is still 0, and 21 - 6 below 16');
    assert.deepEqual([...disc.data], [0, 1, 1, 0, 1.5, 0.5, -0.5, -1.5, 0, 0, 0, 0, ...new Array(12).fill(0)]);
});

test('by hand: the radius of a box', () => {
    assertClose([gaussianRadius([10, 10], {minOverlap: 1})], [0]);
    const r = gaussianRadius([30, 50]), overlap = (/** @type {number} */ both, /** @type {number} */ all) => both / all;
    const [inOut, inside, outside] = [overlap((30 - r) * (50 - r), 2 * 1500 - (30 - r) * (50 - r)), (30 - 2 * r) * (50 - 2 * r) / 1500, 1500 / ((30 + 2 * r) * (50 + 2 * r))];
    assertClose([Math.min(inOut, inside, outside)], [0.7], 1e-9, 'the worst of three is as bad as it may be');
    assertClose([gaussianRadius([30, 50], {variant: 'centernet'})], [(Math.sqrt(112 ** 2 + 4 * 2.8 * 450) - 112) / 2], 1e-12);
});

testGolden('heatmap.gaussian_target', ({params: {H, W, ...options}, inputs, outputs}) => {
    assertGolden(gaussianTargets(inputs.centers, inputs.visible, [H, W], options), outputs.map);
});

testGolden('heatmap.paf_target', ({params: {H, W, width: thickness}, inputs, outputs}) => {
    const fields = pafTargets(inputs.joints, inputs.visible, inputs.pairs, [H, W], {thickness});
    assertGolden(fields, outputs.paf);
    assertGolden(fields.count, outputs.count);
});

/** Some people, some of whose joints are elsewhere. @param {Random} random @param {number} H @param {number} W @param {number} stride */
function crowd(random, H, W, stride) {
    const [N, P, K] = [random.integer(1, 2), random.integer(1, 4), random.integer(2, 4)];
    const coords = tensor(Array.from({length: N * P * K * 2}, (_, i) => random.between(-0.4, 1.4) * stride * (i % 2 ? H : W)), [N, P, K, 2]);
    return {coords, weight: tensor(Array.from({length: N * P * K}, () => +random.chance(0.85)), [N, P, K])};
}

/** [N, C, H, W] as [N, H, W, C] @param {{data: ArrayLike<number>, dims: number[]}} maps */
function channelsLast({data, dims: [N, C, H, W]}) {
    return Array.from({length: N * C * H * W}, (_, i) => data[((Math.floor(i / (H * W * C)) * C + i % C) * H * W) + Math.floor(i / C) % (H * W)]);
}

test('random joints against the definition', () => {
    const random = new Random(21);
    for (let i = 0; i < 240; i++) {
        const [H, W, stride, offset] = [random.integer(1, 17), random.integer(1, 19), random.pick([1, 4, 2.5]), random.pick([0, 1.5])];
        const {coords, weight} = crowd(random, H, W, stride);
        const kind = random.pick(KINDS), kernel = random.pick([1, 3, 5, 7, 9, 11, 23]), sigma = random.between(0.4, 3);
        const combine = random.pick(/** @type {const} */ (['max', 'sum', 'clipped'])), norm = kind === 'megvii' ? 'peak' : random.pick(/** @type {const} */ (['peak', 'sum']));
        const got = gaussianTargets(coords, weight, [H, W], {kind, kernel, sigma, combine, norm, stride, offset});
        const want = joints64(coords, weight.data, stride, offset).flatMap((people) => people[0].flatMap((_, k) => {
            const spots = people.map((joints) => spot64(kind, joints[k], H, W, kind === 'megvii' ? kernel : sigma));
            return combine64(spots, H, W, combine, norm === 'sum').flat();
        }));
        assertClose(got.data, want, {abs: kind === 'megvii' ? 1e-4 : 1e-6, rel: 1e-5}, `${kind} ${H}x${W} ${sigma} ${kernel} ${combine} ${norm}`);
        const last = gaussianTargets(coords, weight, [H, W], {kind, kernel, sigma, combine, norm, stride, offset, layout: 'NHWC'});
        assert.deepEqual([...last.data], channelsLast(got));
        assert.deepEqual(last.weight, got.weight);
    }
});

test('random people against the definitions of OpenPose', () => {
    const random = new Random(22);
    for (let i = 0; i < 160; i++) {
        const variant = random.pick(/** @type {const} */ (['paper', 'lightweight'])), stride = random.pick([1, 8]);
        const [H, W] = [random.integer(1, 24), random.integer(1, 24)];
        const {coords, weight} = crowd(random, H, W, stride);
        const sigma = random.between(0.5, 2) * (variant === 'paper' ? 1 : stride);
        const maps = openposeTargets(coords, weight, [H, W], {variant, stride, sigma});
        const offset = variant === 'paper' ? 0 : (stride - 1) / 2;
        const people = joints64(coords, weight.data, stride, offset);
        const want = people.flatMap((some) => {
            const planes = some[0].map((_, k) => combine64(some.map((joints) => variant === 'paper' ? spot64('exact', joints[k], H, W, sigma / Math.SQRT2)
                : spot64('lightweight', joints[k], H, W, sigma / stride)), H, W, variant === 'paper' ? 'max' : 'clipped', false).flat());
            return [...planes.flat(), ...planes[0].map((_, c) => 1 - Math.max(...planes.map((p) => p[c])))];
        });
        assertClose(maps.data, want, 1e-6, `${variant} ${H}x${W} ${sigma}`);

        const [pairs, thickness] = [/** @type {[number, number][]} */ ([[0, 1], [1, coords.dims[2] - 1]]), random.between(0.3, 2)];
        const fields = pafTargets(coords, weight, pairs, [H, W], {variant, stride, thickness});
        const found = joints64(coords, weight.data, stride).map((some) => pairs.map(([a, b]) => field64(some.map((joints) => [joints[a], joints[b]]), H, W, thickness, variant)));
        assert.deepEqual([...fields.count.data], found.flat().flatMap(({count}) => count));
        assertClose(fields.data, found.flat().flatMap(({x, y}) => [...x, ...y]), 1e-6, `field ${variant}`);
        const last = pafTargets(coords, weight, tensor(pairs.flat(), [2, 2]), [H, W], {variant, stride, thickness, layout: 'NHWC'});
        assert.deepEqual([[...last.data], [...last.count.data]], [channelsLast(fields), channelsLast(fields.count)]);
    }
});

test('invariants: a field is a unit vector at most; a spot is 1 at most; the order of people is no matter', () => {
    const random = new Random(23);
    for (let i = 0; i < 40; i++) {
        const {coords, weight} = crowd(random, 12, 14, 1);
        const [, P, K] = coords.dims;
        const {data, dims} = pafTargets(coords, weight, [[0, 1]], [12, 14], {thickness: 1.5});
        for (let n = 0; n < dims[0]; n++) {
            for (let c = 0; c < 168; c++) assert.ok(Math.hypot(data[n * 336 + c], data[n * 336 + 168 + c]) <= 1 + 1e-6);
        }
        const maps = openposeTargets(coords, weight, [12, 14]);
        assert.ok(maps.data.every((v) => v >= 0 && v <= 1));
        const turn = (/** @type {Float32Array} */ list, /** @type {number} */ size) => Float32Array.from(list, (_, j) => {
            const n = Math.floor(j / (P * size)), p = P - 1 - Math.floor(j / size) % P;
            return list[(n * P + p) * size + j % size];
        });
        const turned = openposeTargets({data: turn(coords.data, 2 * K), dims: coords.dims}, {data: turn(weight.data, K), dims: weight.dims}, [12, 14]);
        assert.deepEqual(turned.data, maps.data);
    }
});

/** Joints well inside a map, [1, K, 2]. @param {Random} random @param {number} K @param {number} W @param {number} H @param {number} margin */
const within = (random, K, W, H, margin) => tensor(Array.from({length: 2 * K}, (_, i) => random.between(margin, (i % 2 ? H : W) - 1 - margin)), [1, K, 2]);

test('round trips: every heatmap codec, within its quantisation', () => {
    const random = new Random(24), [W, H] = [48, 64];
    // cells: what a joint may come back off, of the codecs' own sigma; a quarter step leaves a quarter, and Megvii's half a cell and a quarter more
    const off = /** @type {Record<string, number>} */ ({'simple-baselines': 0.751, 'mmpose-msra': 0.751, 'mmpose-dark': 2e-3, 'mmpose-megvii': 0.751, 'mmpose-udp': 2e-2});
    assert.deepEqual(Object.keys(off), Object.keys(CODECS));
    for (const preset of Object.keys(CODECS)) {
        for (let i = 0; i < 20; i++) {
            const joints = within(random, 5, 4 * W, 4 * H, 40), inputSize = [4 * W, 4 * H];
            const maps = gaussianTargets(joints, null, [H, W], {preset, inputSize});
            const {data} = argmax(maps, {preset, inputSize}).coords;
            const quirk = preset === 'mmpose-udp' ? inputSize.map((side) => side / (side - 1)) : [1, 1];
            assertClose(data, joints.data.map((v, k) => v * quirk[k % 2]), 4 * off[preset], preset);
            if (preset === 'mmpose-udp') assert.ok(data.some((v, k) => Math.abs(v - joints.data[k]) > 0.2), 'Q11: it does not come back where it was');
        }
    }
});

test('round trips: exact Gaussians by the parabola of their logarithm, SimCC, UDP combined, one-hot', () => {
    const random = new Random(25), [W, H] = [36, 40];
    for (let i = 0; i < 30; i++) {
        const joints = within(random, 4, W, H, 6);
        const log = gaussianTargets(joints, null, [H, W], {sigma: 2});
        log.data.forEach((v, k) => (log.data[k] = Math.log(v)));
        assertClose(argmax(log, {refine: 'parabola'}).coords.data, joints.data, 1e-4, 'the logarithm of a Gaussian is a parabola');
        assertClose(argmax(gaussianTargets(joints, null, [H, W], {kind: 'one-hot'})).coords.data, joints.data, 0.5 + 1e-6);
        const {x, y} = simccTargets(joints, null, [H, W], {sigma: 3});
        assertClose(decodeSimcc(x, y).coords.data, joints.data, 0.25 + 1e-6, 'half of half a pixel');
        const dark = decodeSimcc(x, y, {refine: 'dark', sigma: 3}).coords.data;
        assertClose(dark, joints.data, 0.25 + 1e-3, 'the targets are of whole cells');
        const smooth = simccTargets(joints, null, [H, W], {smoothing: 0.1, splitRatio: 3});
        assertClose(decodeSimcc(smooth.x, smooth.y, {splitRatio: 3}).coords.data, joints.data, 1 / 6 + 1e-6);
        const combined = udpCombinedTargets(joints, null, [H, W], {layout: 'NHWC'});
        assertClose(decodeUdpCombined(combined, {layout: 'NHWC'}).coords.data, joints.data, 1e-4, 'offsets are linear, so that no blur moves them');
    }
});

test('limbs of no length, of far away, and of nobody', () => {
    const far = tensor([1e30, 1e30, -1e30, 3, 1, 1, 1, 1], [1, 2, 2, 2]);
    assert.ok(pafTargets(far, null, [[0, 1]], [4, 4], {variant: 'lightweight', thickness: 1e30}).data.every(Number.isFinite));
    assert.deepEqual(pafTargets(tensor([], [1, 0, 2, 2]), null, [[0, 1]], [2, 2]).data, new Float32Array(8));
    assert.deepEqual(pafTargets(person([[1, 1]]), null, [], [2, 2]).dims, [1, 0, 2, 2]);
    assert.deepEqual(gaussianTargets(tensor([], [0, 3, 2]), null, [2, 2]).dims, [0, 3, 2, 2]);
});

test('what is wrong is named', () => {
    const coords = person([[1, 1], [2, 2]]);
    const [g, o, p] = /** @type {any[]} */ ([gaussianTargets, openposeTargets, pafTargets]);
    assert.throws(() => g({data: new Float32Array(1), dims: [1, 1, 2]}, null, [4, 4]), /coords: expected 2 values for dims \[1, 1, 2\], got 1/);
    assert.throws(() => g(coords, tensor([1], [1, 1]), [4, 4]), /weight: expected shape \[1, 2\], got \[1, 1\]/);
    assert.throws(() => g(coords, null, [4]), /size: expected \[H, W\] or \[N, C, H, W\], got \[4\]/);
    assert.throws(() => g(coords, null, [4, 0]), /size\[1\]: expected an integer from 1/);
    assert.throws(() => g(coords, null, [4, 4], {kind: 'gaussian'}), /kind: expected one of exact, unbiased, msra, udp, megvii, one-hot, lightweight, got gaussian/);
    assert.throws(() => g(coords, null, [4, 4], {kernel: 4}), /kernel: expected an odd number, got 4/);
    assert.throws(() => g(coords, null, [4, 4], {sigma: 0}), /sigma: expected a number above 0, got 0/);
    assert.throws(() => g(coords, null, [4, 4], {stride: -1}), /stride: expected a number above 0, got -1/);
    assert.throws(() => g(coords, null, [65536, 65536]), /expected a result of less than 2\^31 bytes/);
    assert.throws(() => o(coords, null, [4, 4], {variant: 'cmu'}), /variant: expected one of paper, lightweight, got cmu/);
    assert.throws(() => o(coords, null, [4, 4], {background: 1}), /background: expected true or false, got 1/);
    assert.throws(() => p(coords, null, [[0, 2]], [4, 4]), /pairs\[0\]: expected an integer from 0 to 1, got 2/);
    assert.throws(() => p(coords, null, [0, 1], [4, 4]), /pairs: expected pairs of joints/);
    const [u, s, r] = /** @type {any[]} */ ([udpCombinedTargets, simccTargets, gaussianRadius]);
    assert.throws(() => g(coords, null, [4, 4], {preset: 'mmpose-simcc'}), /preset: expected one of simple-baselines/);
    assert.throws(() => u(tensor([1, 1], [1, 1, 1, 2]), null, [4, 4]), /coords: expected \[N, K, 2\], got \[1, 1, 1, 2\]/);
    assert.throws(() => u(coords, null, [4, 4], {radiusFactor: 0}), /radiusFactor: expected a number above 0, got 0/);
    assert.throws(() => s(coords, null, [4, 4], {smoothing: 2}), /smoothing: expected a number from 0 to 1, got 2/);
    assert.throws(() => s(coords, null, [4, 4], {sigma: [1]}), /sigma: expected 2 finite numbers/);
    assert.throws(() => s(coords, null, [4, 4], {splitRatio: 0.01}), /splitRatio: expected an integer from 1/);
    assert.throws(() => r([4, -4]), /size: expected 2 finite numbers of at least 0/);
    assert.throws(() => r([4, 4], {minOverlap: 0}), /minOverlap: expected a number above 0, at most 1, got 0/);
    assert.throws(() => p(coords, null, [[0, 1]], [4, 4], {thickness: -1}), /thickness: expected a number from 0, got -1/);
});
