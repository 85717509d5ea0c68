import assert from 'node:assert/strict';
import {test} from 'node:test';
import {argmax, CODECS, decodeOffsets, decodeSimcc, decodeUdpCombined, flipMaps, flipMerge, heatmapsToKeypoints, init} from '../js/index.js';
import {largest64, refine64, resize64, vector64} from './argmax64.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';

await init();

const REFINEMENTS = /** @type {const} */ (['none', 'quarter', 'quarter-axes', 'taylor', 'udp', 'parabola', 'megvii']);

/** @param {ArrayLike<number>} data @param {number[]} dims */
const tensor = (data, dims) => ({data: Float32Array.from(data), dims});
/** @param {number[][]} map */
const one = (map) => tensor(map.flat(), [1, 1, map.length, map[0].length]);

/** [N, C, H, W] as [N, H, W, C] @param {{data: Float32Array, dims: number[]}} maps */
function channelsLast({data, dims: [N, C, H, W]}) {
    const area = H * W;
    return tensor(Array.from({length: data.length}, (_, i) => data[((Math.floor(i / (area * C)) * C + i % C) * area) + Math.floor(i / C) % area]), [N, H, W, C]);
}

/** Every map of [N, C, H, W] as rows. @param {{data: Float32Array, dims: number[]}} maps */
function planes({data, dims: [N, C, H, W]}) {
    return Array.from({length: N * C}, (_, k) => Array.from({length: H}, (__, y) => Array.from(data.subarray((k * H + y) * W, (k * H + y + 1) * W))));
}

/** Bells, and noise. @param {Random} random @param {number[]} dims @param {number} [noise] */
function bells(random, dims, noise = 0.02) {
    const [N, C, H, W] = dims;
    const maps = Array.from({length: N * C}, () => {
        const [x, y, s] = [random.between(0, W - 1), random.between(0, H - 1), random.between(1.2, 3)];
        return Array.from({length: H * W}, (_, i) => Math.exp(-((i % W - x) ** 2 + (Math.floor(i / W) - y) ** 2) / (2 * s * s)) + random.between(0, noise));
    });
    return tensor(maps.flat(), dims);
}

test('by hand: the first of the largest, wherever it is, in both layouts', () => {
    for (const count of [1, 3, 4, 15, 16, 17, 35]) {
        for (let at = 0; at < count; at++) {
            for (const C of [1, 4, 6, 16, 21]) {
                const maps = tensor(Array.from({length: C * count}, (_, i) => i % count === at || i % count === count - 1 ? 7 : -Math.floor(i / count)), [1, C, 1, count]);
                for (const [layout, input] of /** @type {const} */ ([['NCHW', maps], ['NHWC', channelsLast(maps)]])) {
                    const {coords, confidence} = argmax(input, {layout});
                    assert.deepEqual([coords.dims, confidence.dims], [[1, C, 2], [1, C]]);
                    assert.deepEqual([...coords.data], Array.from({length: 2 * C}, (_, i) => i % 2 ? 0 : at), `${layout} ${count} ${at}`);
                    assert.ok(confidence.data.every((v) => v === 7));
                }
            }
        }
    }
});

test('by hand: refinements of a small map', () => {
    const map = one([[0, 0, 0, 0, 0], [0, 1, 2, 1, 0], [0, 2, 8, 4, 0], [0, 1, 2, 1, 0], [0, 0, 0, 0, 0]]);
    const at = (/** @type {any} */ options) => [...argmax(map, options).coords.data];
    assert.deepEqual(at({}), [2, 2]);
    assert.deepEqual(at({refine: 'quarter'}), [2.25, 2]);
    assertClose(at({refine: 'parabola'}), [2 + (2 - 4) / (2 * (2 - 16 + 4)), 2], 1e-6);
    assert.deepEqual(at({refine: 'megvii', kernel: 3}), [2.75, 2.5]);
    const [l2, l4, l8] = [2, 4, 8].map(Math.log);
    const [gx, xx, yy] = [(l4 - l2) / 2, l4 - 2 * l8 + l2, 2 * l2 - 2 * l8], xy = (0 - l4 - l2 + 2 * l8 - l2 - l2 + 0) / 2, det = xx * yy - xy * xy;
    assertClose(at({refine: 'udp', kernel: 1}), [2 - yy * gx / det, 2 + xy * gx / det], 1e-6);
    const border = one([[0, 0, 0, 0], [0, 5, 4, 0], [0, 4, 0, 0], [0, 0, 0, 0]]);
    assert.deepEqual([...argmax(border, {refine: 'quarter'}).coords.data], [1, 1], 'index 1 is excluded');
    assert.deepEqual([...argmax(border, {refine: 'taylor'}).coords.data], [1, 1], 'and so is what has no two neighbours');
    const edge = one([[0, 1, 9, 4, 0]]);
    assert.deepEqual([...argmax(edge, {refine: 'quarter'}).coords.data], [2, 0]);
    assert.deepEqual([...argmax(edge, {refine: 'quarter-axes'}).coords.data], [2, 0], 'row 0 has none');
});

test('by hand: what was not found', () => {
    const maps = tensor([-1, -2, 0, 0, NaN, NaN, NaN, 3, -Infinity, -Infinity], [1, 5, 1, 2]);
    const {coords, confidence} = argmax(maps, {nan: 'skip'});
    assert.deepEqual([...coords.data], [0, 0, 0, 0, -1, -1, 1, 0, 0, 0]);
    assert.deepEqual([...confidence.data], [-1, 0, 0, 3, -Infinity]);
    const positive = argmax(maps, {nan: 'skip', positive: true});
    assert.deepEqual([...positive.coords.data], [-1, -1, -1, -1, -1, -1, 1, 0, -1, -1]);
    assert.deepEqual([...positive.confidence.data], [-1, 0, 0, 3, -Infinity]);
    for (const C of [4, 16]) { // abreast, those that have no largest are looked at once more
        const least = tensor(Array.from({length: 3 * C}, (_, i) => i % C % 2 ? NaN : i < C ? NaN : -Infinity), [1, 3, 1, C]);
        assert.deepEqual([...argmax(least, {nan: 'skip', layout: 'NHWC'}).coords.data], Array.from({length: 2 * C}, (_, i) => (i >> 1) % 2 ? -1 : +(i % 2)));
    }
    const hollow = tensor(new Array(49).fill(NaN).map((v, i) => i === 24 ? 1 : v), [1, 1, 7, 7]);
    for (const refine of REFINEMENTS) assert.deepEqual([...argmax(hollow, {nan: 'skip', refine}).coords.data], refine === 'megvii' ? [3.5, 3.5] : [3, 3], 'NaN moves nothing');
    const zeros = tensor([-0, 0, 0, -0, -1, 0, -1, -1], [1, 4, 1, 2]);
    for (const input of /** @type {const} */ (['NCHW', 'NHWC'])) {
        const {data} = argmax(input === 'NCHW' ? zeros : channelsLast(zeros), {layout: input}).confidence;
        assert.deepEqual([...data], [-0, 0, 0, -1], `the first of equal zeros, ${input}`);
    }
    const torch = argmax(maps, {refine: 'udp'});
    assert.deepEqual([...torch.coords.data.subarray(4, 8)], [0, 0, 0, 0]);
    assert.deepEqual([...torch.confidence.data.subarray(2, 4)], [NaN, NaN], 'as torch, unless told otherwise');
});

test('by hand: SimCC, offsets, flips', () => {
    const x = tensor([0, 1, 0, 0, 0, 0, 0, 9, 0, 0, 0, -1], [1, 3, 4]), y = tensor([0, 0, 2, 5, 0, 0, -1, -1, -2], [1, 3, 3]);
    const {coords, confidence} = decodeSimcc(x, y);
    assert.deepEqual([...coords.data], [0.5, 1, 1.5, 0, -0.5, -0.5]);
    assert.deepEqual([...confidence.data], [1, 5, -1]);
    assert.deepEqual([...decodeSimcc(x, y, {splitRatio: 1}).coords.data], [1, 2, 3, 0, -1, -1]);
    const seen = decodeSimcc(x, y, {visibility: 'softmax', beta: 1, sigma: [1, 0.5]}).visibility?.data ?? [];
    assertClose(seen, [Math.exp(1) / (3 + Math.exp(1)), Math.exp(2.5) / (2 + Math.exp(2.5)), 0], 1e-6);
    const endless = decodeSimcc(tensor([1, Infinity], [1, 1, 2]), tensor([2], [1, 1, 1]), {visibility: 'softmax', refine: 'dark'});
    assert.deepEqual([...endless.coords.data, ...endless.confidence.data, ...endless.visibility?.data ?? []], [0.5, 0, 2, 1]);
    assertClose(decodeSimcc(x, y, {visibility: 'sigmoid', beta: 1}).visibility?.data ?? [], [1 / (1 + Math.exp(-1)), 1 / (1 + Math.exp(-5)), 0], 1e-6);

    const maps = tensor([0, 1, 0, 0, 0, 3], [1, 2, 1, 3]), offsets = tensor([9, 0.5, 9, 9, -0.25, 9, 9, 9, 2, 9, 9, 1], [1, 4, 1, 3]);
    assert.deepEqual([...decodeOffsets(maps, offsets).coords.data], [1.5, -0.25, 4, 1]);
    assert.deepEqual([...decodeOffsets(maps, offsets, {order: 'yx', scale: 2}).coords.data], [0.5, 1, 4, 4]);
    assert.deepEqual([...decodeOffsets(maps, offsets, {grouping: 'axes'}).coords.data], [1.5, 9, 11, 1]);

    const flipped = tensor([10, 20, 30, 40, 50, 60], [1, 2, 1, 3]);
    assert.deepEqual([...flipMaps(maps, flipped, {pairs: [[0, 1]]}).data], [30, 25.5, 20, 15, 10, 6.5]);
    assert.deepEqual([...flipMaps(maps, flipped, {pairs: [], shift: true}).data], [15, 15.5, 10, 30, 30, 26.5]);
    const offset = flipMaps(tensor([1, 2, 3, 4], [1, 4, 1, 1]), tensor([10, 20, 30, 40], [1, 4, 1, 1]), {pairs: [[0, 1]], form: 'offset'});
    assert.deepEqual([...offset.data], [(1 - 30) / 2, (2 + 40) / 2, (3 - 10) / 2, (4 + 20) / 2], 'left is right');
    const disc = flipMaps(tensor([1, 2, 3], [1, 3, 1, 1]), tensor([10, 20, 30], [1, 3, 1, 1]), {pairs: [], form: 'combined'});
    assert.deepEqual([...disc.data], [5.5, -9, 16.5]);
    const joints = flipMerge(tensor([1, 5, 8, 2], [1, 2, 2]), tensor([2, 4, 7, 5], [1, 2, 2]), {pairs: [[0, 1]], width: 10});
    assert.deepEqual([...joints.data], [1.5, 5, 7.5, 3], '9 - 7 and 1, 9 - 2 and 8');
});

testGolden('heatmap.hard_argmax_2d', ({inputs, outputs}) => {
    for (const [layout, maps] of /** @type {const} */ ([['NCHW', inputs.map], ['NHWC', channelsLast(inputs.map)]])) {
        const {coords, confidence} = argmax(maps, {layout});
        assertGolden(coords, outputs.xy);
        assertGolden(confidence, outputs.value);
    }
});

testGolden('argmax.refine', ({params, inputs, outputs}) => {
    const {coords, confidence} = argmax(inputs.maps, params);
    assertGolden(coords, outputs.coords);
    assertGolden(confidence, outputs.confidence);
    assert.deepEqual(argmax(channelsLast(inputs.maps), {...params, layout: 'NHWC'}), {coords, confidence});
});

testGolden('argmax.combined', ({params, inputs, outputs}) => {
    const {coords, confidence} = decodeUdpCombined(inputs.maps, params);
    assertGolden(coords, outputs.coords);
    assertGolden(confidence, outputs.confidence);
    assert.deepEqual(decodeUdpCombined(channelsLast(inputs.maps), {...params, layout: 'NHWC'}), {coords, confidence});
});

testGolden('argmax.simcc', ({params, inputs, outputs}) => {
    const {coords, confidence, visibility} = decodeSimcc(inputs.x, inputs.y, {...params, visibility: 'softmax'});
    assertGolden(coords, outputs.coords);
    assertGolden(confidence, outputs.confidence);
    assertGolden(/** @type {any} */ (visibility), outputs.visibility);
});

testGolden('boxes.heatmaps_to_keypoints', ({inputs, outputs}) => {
    const {keypoints, scores} = heatmapsToKeypoints(inputs.maps, inputs.rois);
    assertGolden(keypoints, outputs.keypoints);
    assertGolden(scores, outputs.scores);
});

test('random maps against the definitions', () => {
    const random = new Random(31);
    for (let i = 0; i < 210; i++) {
        const refine = REFINEMENTS[i % REFINEMENTS.length], kernel = random.pick([1, 3, 5, 7, 9, 11, 17]);
        const maps = bells(random, [random.integer(1, 2), random.integer(1, 6), random.integer(1, 14), random.integer(1, 14)], random.pick([0, 0.02, 0.1]));
        const gain = random.pick([1, 1e-4, 1e3, 1]);
        maps.data.forEach((v, k) => (maps.data[k] = v * gain));
        const half = {data: Uint16Array.from(maps.data.map((v) => (v > 0.5 ? 0x3c00 : 0))), dims: maps.dims};
        assert.deepEqual(argmax(half, {refine, kernel}), argmax(tensor(Array.from(half.data, (v) => +(v > 0)), maps.dims), {refine, kernel}), 'float16');
        const got = argmax(maps, {refine, kernel});
        assert.deepEqual(argmax(channelsLast(maps), {refine, kernel, layout: 'NHWC'}), got);
        planes(maps).forEach((map, k) => {
            const peak = /** @type {NonNullable<ReturnType<typeof largest64>>} */ (largest64(map));
            if (refine === 'megvii') return; // the largest of a blurred map is a tie too often: see the golden
            const [dx, dy] = refine64(map, refine, kernel, peak);
            const shaken = refine64(map.map((row) => row.map((v) => v * (1 + random.pick([-1, 1]) * 2 ** -23))), refine, kernel, peak);
            const rounding = Math.max(Math.abs(shaken[0] - dx), Math.abs(shaken[1] - dy)); // much, where the matrix has hardly an inverse
            assertClose(got.coords.data.subarray(2 * k, 2 * k + 2), [peak.x + dx, peak.y + dy], 1e-5 + 20 * rounding, `${refine} ${kernel} ${maps.dims} ${gain}`);
            assert.equal(got.confidence.data[k], peak.value);
        });
    }
});

test('a faint peak: only scaled to what it was does it lie within the range of the logarithm', () => {
    const about = new Map([[13 * 6 + 6, 1], [13 * 6 + 7, 0.7], [13 * 5 + 6, 0.4]]);
    for (const [refine, faint] of /** @type {const} */ ([['udp', 0.01], ['taylor', 1e-9], ['udp', 400]])) {
        const map = Array.from({length: 13}, (_, y) => Array.from({length: 13}, (__, x) => faint * (about.get(13 * y + x) ?? 0)));
        const [dx, dy] = refine64(map, refine, 11, {x: 6, y: 6});
        assert.ok(refine === 'udp' && faint > 50 || dx > 0.1 && dy < -0.05);
        assertClose(argmax(one(map), {refine}).coords.data, [6 + dx, 6 + dy], 1e-4, refine);
    }
});

test('random vectors against the definition', () => {
    const random = new Random(32);
    for (let i = 0; i < 60; i++) {
        const [K, Wx, Wy, sigma] = [random.integer(1, 4), random.integer(1, 90), random.integer(1, 90), random.between(0.5, 6)];
        const [x, y] = [Wx, Wy].map((W) => ({...bells(random, [1, K, 1, W]), dims: [1, K, W]}));
        const {coords, confidence} = decodeSimcc(x, y, {refine: 'dark', sigma, splitRatio: 2});
        const size = Math.floor((sigma * 20 - 7) / 3), kernel = Math.max(size - +(size % 2 === 0), 1);
        for (let k = 0; k < K; k++) {
            const found = [x, y].map(({data, dims: [,, W]}) => vector64(data.subarray(k * W, k * W + W), kernel));
            assertClose(coords.data.subarray(2 * k, 2 * k + 2), found.map(({at}) => at / 2), {abs: 1e-4, rel: 1e-4}, `${Wx} ${Wy} ${sigma}`);
            assert.equal(confidence.data[k], Math.min(...found.map(({value}) => value)));
        }
    }
});

test('random regions against the definition, and detectron2\'s score', () => {
    const random = new Random(33);
    for (let i = 0; i < 60; i++) {
        const maps = bells(random, [2, 2, random.integer(1, 9), random.integer(1, 9)], 0.3);
        const rois = tensor(Array.from({length: 2}, () => [random.between(-9, 9), random.between(-9, 9), random.between(-5, 60), random.between(-5, 60)]).flat(), [2, 4]);
        const [logit, softmax] = [heatmapsToKeypoints(maps, rois), heatmapsToKeypoints(maps, rois, {score: 'softmax'})];
        assert.deepEqual(softmax.keypoints, logit.keypoints);
        planes(maps).forEach((map, k) => {
            const [x1, y1, x2, y2] = rois.data.subarray(4 * (k >> 1));
            const [w, h] = [x2 - x1, y2 - y1].map((v) => Math.max(v, 1));
            const big = resize64(map, Math.ceil(h), Math.ceil(w));
            const peak = /** @type {NonNullable<ReturnType<typeof largest64>>} */ (largest64(big));
            const [x, y, found] = logit.keypoints.data.subarray(3 * k, 3 * k + 3);
            const [column, row] = [(x - x1) / w * Math.ceil(w) - 0.5, (y - y1) / h * Math.ceil(h) - 0.5].map(Math.round);
            assert.equal(found, 1);
            assertClose([big[row][column], logit.scores.data[k]], [peak.value, peak.value], 2e-6, `${w} x ${h}`);
            assertClose([x, y], [(column + 0.5) * w / Math.ceil(w) + x1, (row + 0.5) * h / Math.ceil(h) + y1], 1e-4);
            const sum = map.flat().reduce((s, v) => s + Math.exp(v - peak.value), 0);
            assertClose([softmax.scores.data[k]], [1 / sum], {rel: 1e-5});
        });
    }
});

test('invariants: maps times a factor, mirrored, moved; the flip of a flip', () => {
    const random = new Random(34);
    for (let i = 0; i < 40; i++) {
        const [H, W] = [random.integer(6, 20), random.integer(6, 20)];
        const maps = bells(random, [1, 4, H, W], 0);
        for (const refine of REFINEMENTS) {
            const {coords, confidence} = argmax(maps, {refine});
            const twice = argmax(tensor(maps.data.map((v) => 2 * v), maps.dims), {refine});
            if (refine !== 'udp') assertClose(twice.coords.data, coords.data, 1e-6, `${refine}, doubled`);
            assertClose(twice.confidence.data, confidence.data.map((v) => 2 * v));
        }
        const mirrored = tensor(maps.data.map((_, k) => maps.data[k - k % W + W - 1 - k % W]), maps.dims);
        const pairs = /** @type {[number, number][]} */ ([[0, 2]]);
        const swapped = tensor(mirrored.data.map((_, k) => mirrored.data[(k + [2, 0, -2, 0][Math.floor(k / (H * W))] * H * W)]), maps.dims);
        assert.deepEqual(flipMaps(maps, swapped, {pairs}).data, maps.data, 'a network that does not mind mirrors');
        const [here, there] = [maps, swapped].map((m) => argmax(m, {refine: 'parabola'}).coords);
        assertClose(flipMerge(here, there, {pairs, width: W}).data, here.data, 1e-5);
    }
});

test('codecs are data, and what is given goes before them', () => {
    const random = new Random(35), maps = bells(random, [1, 3, 16, 12]);
    for (const [preset, {peak}] of Object.entries(CODECS)) {
        const {coords, confidence} = argmax(maps, {preset});
        assert.deepEqual(coords, argmax(maps, peak).coords);
        const inPixels = argmax(maps, {preset, inputSize: [48, 64]}).coords.data;
        const scale = preset === 'mmpose-udp' ? [48 / 11, 64 / 15] : [4, 4];
        assertClose(inPixels, coords.data.map((v, i) => v * scale[i % 2]), {rel: 1e-6});
        const raw = argmax(maps).confidence.data;
        assertClose(confidence.data, preset === 'mmpose-megvii' ? raw.map((v) => v / 255 + 0.5) : raw, 1e-6);
    }
    assert.deepEqual(argmax(maps, {preset: 'mmpose-dark', refine: 'none'}).coords, argmax(maps).coords);
    assert.deepEqual(argmax(maps, {inputSize: [24, 32]}).coords.data, argmax(maps).coords.data.map((v) => 2 * v));
});

test('hostile maps: plateaus, one cell, specials; every result is a number or nowhere', () => {
    const random = new Random(36);
    for (let i = 0; i < 300; i++) {
        const dims = [1, random.integer(1, 5), random.integer(1, 7), random.integer(1, 7)];
        const specials = [NaN, Infinity, -Infinity, 0, 1, 1, 3e38, -3e38, 1e-45];
        const maps = tensor(Array.from({length: dims.reduce((a, b) => a * b)}, () => random.pick(specials)), dims);
        for (const refine of REFINEMENTS) {
            for (const nan of /** @type {const} */ (['largest', 'skip'])) {
                const {coords, confidence} = argmax(maps, {refine, nan});
                assert.ok(coords.data.every((v) => Number.isFinite(v) || Math.abs(v) > 1e6), `${refine} ${[...maps.data]} ${[...coords.data]}`);
                assert.ok(nan === 'largest' || confidence.data.every((v) => !Number.isNaN(v)));
            }
        }
    }
    for (const refine of REFINEMENTS) {
        const flat = argmax(tensor(new Array(49).fill(1), [1, 1, 7, 7]), {refine, kernel: 1}).coords.data;
        assert.deepEqual([...flat], [0, 0], 'a plateau stays where it begins');
        assert.deepEqual([...argmax(tensor([5], [1, 1, 1, 1]), {refine}).coords.data], [0, 0]);
    }
    assert.deepEqual(argmax(tensor([], [0, 3, 2, 2])).coords, tensor([], [0, 3, 2]));
    assert.deepEqual(heatmapsToKeypoints(tensor([], [0, 3, 2, 2]), tensor([], [0, 4])).scores.dims, [0, 3]);
});

test('what is wrong is named', () => {
    const maps = tensor(new Array(24).fill(0), [1, 2, 3, 4]);
    const [a, o, u, s, h, f, m] = /** @type {any[]} */ ([argmax, decodeOffsets, decodeUdpCombined, decodeSimcc, heatmapsToKeypoints, flipMaps, flipMerge]);
    assert.throws(() => a(tensor([1], [1, 1, 1])), /maps: expected shape \[N, C, H, W\], got \[1, 1, 1\]/);
    assert.throws(() => a(tensor([], [1, 1, 0, 2])), /maps: expected maps of at least one cell/);
    assert.throws(() => a(maps, {refine: 'dark'}), /refine: expected one of none, quarter, quarter-axes, taylor, udp, parabola, megvii, got dark/);
    assert.throws(() => a(maps, {kernel: 4}), /kernel: expected an odd number, got 4/);
    assert.throws(() => a(maps, {kernel: 129}), /kernel: expected an integer from 1 to 127/);
    assert.throws(() => a(maps, {preset: 'mmpose'}), /preset: expected one of simple-baselines, mmpose-msra/);
    assert.throws(() => a(maps, {inputSize: [4]}), /inputSize: expected 2 finite numbers/);
    assert.throws(() => a(maps, {positive: 1}), /positive: expected true or false, got 1/);
    assert.throws(() => o(maps, maps), /offsets: expected two for each of maps \[1,2,3,4\], got \[1, 2, 3, 4\]/);
    assert.throws(() => u(maps), /maps: expected three for each joint, got \[1, 2, 3, 4\]/);
    assert.throws(() => s(tensor([1, 2], [1, 1, 2]), tensor([1, 2], [1, 2, 1])), /y: expected shape \[N, K, Wy\] with N = 1, K = 1, got \[1, 2, 1\]/);
    assert.throws(() => s(tensor([1, 2], [1, 1, 2]), tensor([1], [1, 1, 1]), {splitRatio: 0}), /splitRatio: expected a number above 0, got 0/);
    assert.throws(() => h(maps, tensor([0, 0, 20000, 5], [1, 4])), /rois: expected finite boxes of at most 16384 pixels a side, got \[0, 0, 20000, 5\]/);
    assert.throws(() => h(maps, tensor([0, 0, 5], [1, 3])), /rois: expected shape \[1, 4\]/);
    assert.throws(() => f(maps, maps, {}), /pairs: expected \[left, right\] pairs of joints, got undefined/);
    assert.throws(() => f(maps, maps, {pairs: [[0, 2]]}), /pairs\[0\]: expected an integer from 0 to 1, got 2/);
    assert.throws(() => f(maps, maps, {pairs: [], form: 'combined'}), /maps: expected 3 for each joint/);
    assert.throws(() => m(tensor([1, 2], [1, 1, 2]), tensor([1, 2], [1, 1, 2]), {pairs: []}), /width: expected a finite number, got undefined/);
});
