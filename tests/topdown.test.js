import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {MAP_CONVENTIONS, View, decodeTopDown, gaussianTargets, init} from '../js/index.js';
import {assertClose} from './close.js';
import {Random} from './random.js';

const [K, H, W] = [17, 64, 48], SIZE = /** @type {[number, number]} */ ([192, 256]);
const CROP = View.crop({x: 400, y: 300, width: 240, height: 320, angle: 0.3}, ...SIZE);

before(() => init());

/** Maps with a single cell each. @param {number[][]} cells x, y, value */
function single(cells) {
    const data = new Float32Array(cells.length * H * W);
    cells.forEach(([x, y, value], k) => (data[(k * H + y) * W + x] = value));
    return {data, dims: [1, cells.length, H, W]};
}

/** @param {Float32Array} keypoints */
const places = (keypoints) => [...keypoints].filter((_, i) => i % 3 < 2);

test('one cell by each convention, in pixels of the crop and in the picture', () => {
    const maps = single([[10, 20, 0.5], [47, 63, 1]]);
    /** @param {any} convention */
    const decode = (convention) => decodeTopDown(maps, {convention, refine: 'none'})[0];
    assertClose(decode('simple-baselines').keypoints, [40.5, 80.5, 0.5, 188.5, 252.5, 1], 1e-4);
    assertClose(decode('mmpose-udp').keypoints, [10 * 191 / 47 + 0.5, 20 * 255 / 63 + 0.5, 0.5, 191.5, 255.5, 1], 1e-4);
    assertClose(decode('centre').keypoints, [42, 82, 0.5, 190, 254, 1], 1e-4);
    assertClose(decode('corner').keypoints, [40, 80, 0.5, 188, 252, 1], 1e-4);
    assertClose(decode({cells: 1, pixels: -2}).keypoints, [42, 82, 0.5, 190, 254, 1], 1e-4);
    assertClose(decode('centre').box, [42, 82, 190, 254], 1e-4);
    assert.equal(decode('centre').score, 0.75);
    const [there] = decodeTopDown(maps, {convention: 'centre', view: CROP}), [half] = decodeTopDown(maps, {convention: 'centre', size: [96, 128]});
    assertClose(places(there.keypoints), Array.from(CROP.toPicture([42, 82, 190, 254])), 1e-3);
    assertClose(places(half.keypoints), [21, 41, 95, 127], 1e-4);
});

test('joints of people drawn by each codec come back to the picture, as near as it promises', () => {
    const random = new Random(1);
    const far = {'simple-baselines': 2.5, 'mmpose-msra': 2.5, 'mmpose-dark': 0.01, 'mmpose-megvii': 2.5, 'mmpose-udp': 0.01};
    assert.deepEqual(Object.keys(MAP_CONVENTIONS).sort(), [...Object.keys(far), 'centre', 'corner'].sort());
    for (let round = 0; round < 10; round++) {
        const inside = Array.from({length: K}, () => [random.between(30, 162), random.between(30, 226)]), truth = [...CROP.toPicture(inside.flat())];
        const coords = {data: Float32Array.from(inside.flat(), (v) => v - 0.5), dims: [1, K, 2]};
        for (const [preset, pixels] of Object.entries(far)) {
            const maps = gaussianTargets(coords, null, [H, W], {preset, inputSize: SIZE});
            const [{keypoints, score}] = decodeTopDown(maps, {convention: preset, view: CROP});
            assertClose(places(keypoints), truth, pixels * 1.25, preset);
            assert.ok(score > 0.45, preset);
        }
        const cells = {data: Float32Array.from(inside.flat(), (v) => v / 4 - 0.5), dims: [1, K, 2]};
        const maps = gaussianTargets(cells, null, [H, W], {kind: 'exact', sigma: 2});
        assertClose(places(decodeTopDown(maps, {convention: 'centre', window: 8, view: CROP})[0].keypoints), truth, 0.01, 'integral');
        assertClose(places(decodeTopDown(maps, {convention: 'centre', refine: 'taylor', view: CROP})[0].keypoints), truth, 0.01, 'taylor');
        assertClose(places(decodeTopDown(maps, {convention: 'centre', view: CROP})[0].keypoints), truth, 1.1, 'integral, a small window');
    }
});

test('many people at once, each through a view of its own; channels last; logits', () => {
    const random = new Random(2), N = 3, data = random.floats(N * K * H * W, 0, 0.1);
    for (let i = 0; i < N * K; i++) data[i * H * W + random.integer(0, H * W - 1)] = 1;
    const maps = {data, dims: [N, K, H, W]};
    const views = [0, 1, 2].map((n) => View.crop({x: 100 * n, y: 50, width: 60 + n, height: 80, angle: n}, ...SIZE));
    for (const refine of /** @type {const} */ (['integral', 'quarter', 'taylor'])) {
        const all = decodeTopDown(maps, {view: views, refine});
        assert.equal(all.length, N);
        all.forEach((pose, n) => {
            const one = {data: data.slice(n * K * H * W, (n + 1) * K * H * W), dims: [1, K, H, W]};
            assert.deepEqual(pose, decodeTopDown(one, {view: views[n], refine})[0]);
        });
        const last = {data: Float32Array.from(data, (_, i) => data[(Math.floor(i / (H * W * K)) * K + i % K) * H * W + Math.floor(i / K) % (H * W)]), dims: [N, H, W, K]};
        assertClose(decodeTopDown(last, {view: views, refine, layout: 'NHWC'})[2].keypoints, all[2].keypoints, 1e-4);
    }
    const logits = decodeTopDown({...maps, data: data.map((v) => 8 * v - 4)}, {refine: 'integral', normalize: 'sigmoid'});
    assertClose(logits[0].keypoints.slice(2, 3), [1 / (1 + Math.exp(-4))], 1e-6);
    assert.deepEqual(decodeTopDown({data: new Float32Array(0), dims: [0, K, H, W]}), []);
});

test('joints that are nowhere, or score too little, are not found', () => {
    const maps = single([[10, 20, 0.9], [5, 5, 0.2], [5, 5, NaN], [5, 5, -1]]);
    maps.data.fill(-1, 3 * H * W);
    for (const convention of ['mmpose-megvii', 'simple-baselines']) {
        const [{keypoints}] = decodeTopDown(maps, {convention, refine: 'none'});
        assert.deepEqual([2, 5, 8, 11].map((i) => keypoints[i] > 0), [true, true, false, false], convention);
        assert.deepEqual([...keypoints.subarray(6)], [0, 0, 0, 0, 0, 0]);
    }
    const [{keypoints, box, score}] = decodeTopDown(maps, {scoreThreshold: 0.5});
    assert.deepEqual([...keypoints.subarray(3)], new Array(9).fill(0));
    assertClose([...box, score], [40.5, 80.5, 40.5, 80.5, 0.9], 1e-4);
});

test('mistakes are named', () => {
    const maps = single([[1, 1, 1]]), bad = /** @type {any} */ ('x');
    assert.throws(() => decodeTopDown({...maps, dims: [H, W]}), /maps: expected/);
    assert.throws(() => decodeTopDown(maps, {convention: 'x'}), /convention: expected one of simple-baselines, .*, centre, corner, got x/);
    assert.throws(() => decodeTopDown(maps, {convention: {codec: 'x', cells: 0, pixels: 0}}), /convention\.codec: expected one of/);
    assert.throws(() => decodeTopDown(maps, {convention: /** @type {any} */ ({})}), /convention\.cells: expected a finite number/);
    assert.throws(() => decodeTopDown(maps, {view: [CROP, CROP]}), /view: expected 1 views, got 2/);
    assert.throws(() => decodeTopDown(maps, {view: bad}), /view: expected a View, got x/);
    assert.throws(() => decodeTopDown(maps, {refine: bad}), /refine: expected one of/);
    assert.throws(() => decodeTopDown(maps, {scoreThreshold: bad}), /scoreThreshold: expected a number/);
});
