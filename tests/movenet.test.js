import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, decodeMoveNet, decodeMoveNetMulti, init, moveNetRegion} from '../js/index.js';
import {assertClose} from './close.js';
import {heads} from './heads.js';
import {crowd64, half64, sigmoid, single64} from './movenet64.js';
import {assertPose, at, planar} from './pose-kit.js';
import {Random} from './random.js';
import {halved} from './detect64.js';

await init();

/** @typedef {{data: Float32Array, dims: number[]}} Tensor */
/** @import {Joint64} from './pose-kit.js' */

const NONE = -20;

/** @param {number} H @param {number} W @param {number} C @param {number} [fill] @returns {Tensor} */
const maps = (H, W, C, fill = 0) => ({data: new Float32Array(H * W * C).fill(fill), dims: [1, H, W, C]});

/** Heads that hold nobody. @param {number} H @param {number} W @param {number} K */
const nobody = (H, W, K) => ({heatmaps: maps(H, W, K, NONE), centers: maps(H, W, 1, NONE), regressions: maps(H, W, 2 * K), offsets: maps(H, W, 2 * K)});

/** @param {Random} random @param {number} H @param {number} W @param {number} K */
function randomHeads(random, H, W, K) {
    const of = (/** @type {number} */ C, /** @type {number} */ low, /** @type {number} */ high) => ({data: random.floats(H * W * C, low, high), dims: [1, H, W, C]});
    return {
        heatmaps: of(K, -9, 3), centers: of(1, -6, 2), regressions: of(2 * K, -W / 2, W / 2), offsets: of(2 * K, 0, 1),
        boxScale: of(2, -2, W), boxOffset: of(2, 0, 1),
    };
}

test('worked by hand', () => {
    // The person at row 2, column 3 of 5 x 6 cells; one joint expected at (1, 4), found beside it, and one at (4, 0.5).
    const {heatmaps, centers, regressions, offsets} = nobody(5, 6, 2);
    const cell = 2 * 6 + 3;
    centers.data[cell] = 0;
    centers.data[0] = 1; // sigmoid .73 / (3.9 + 1.8) is less than .5 / (.5 + 1.8)
    regressions.data.set([-1, 1, 2, -2.5], 4 * cell);
    heatmaps.data[2 * (1 * 6 + 4)] = -1; // .269 / 1.8
    heatmaps.data[2 * (1 * 6 + 5)] = 2; // .881 / 2.8: the one
    heatmaps.data[2 * (4 * 6 + 0)] = 5; // .993 / 6.8
    heatmaps.data[2 * (4 * 6 + 1) + 1] = 0;
    offsets.data.set([0.25, 0.75, 9, 9], 4 * (1 * 6 + 5));
    offsets.data.set([9, 9, 0.5, 0.125], 4 * (4 * 6 + 1));
    const pose = decodeMoveNet({heatmaps, centers, regressions, offsets}, {variant: 'exact'});
    assertClose(pose.keypoints, [23, 5, sigmoid(2), 4.5, 18, 0.5], 1e-6);
    assertClose(pose.box, [4.5, 5, 23, 18], 0);
    assertClose([pose.score], [(sigmoid(2) + 0.5) / 2], 1e-7);
    const graph = decodeMoveNet({heatmaps, centers, regressions, offsets});
    assertClose(graph.keypoints, [24 * half64(1 / 6) * 5.75, 20 * half64(1 / 5) * 1.25, sigmoid(2), 24 * half64(1 / 6) * 1.125, 20 * half64(1 / 5) * 4.5, 0.5], 1e-5);
    const sized = decodeMoveNet([heatmaps, centers, regressions, offsets], {variant: 'exact', size: [12, 20], scoreThreshold: 0.6});
    assertClose(sized.keypoints, [11.5, 5, sigmoid(2), 0, 0, 0], 1e-6);
    assertClose(sized.box, [11.5, 5, 11.5, 5]);
    const integral = decodeMoveNet([heatmaps, regressions, centers, offsets], {variant: 'exact', refine: 'integral'});
    const shift = sigmoid(-1) ** 2 / (sigmoid(-1) ** 2 + sigmoid(2) ** 2);
    assertClose(integral.keypoints, [22 - 4 * shift, 6, sigmoid(2), 6, 18, 0.5], 1e-5);
});

for (const name of ['movenet-lightning-camera', 'movenet-lightning-messi5', 'movenet-thunder-camera']) {
    test(`${name}: the graph's own answer`, () => {
        const {about, tensors, view} = heads(name);
        const [{kps}] = about.found;
        /** @type {Joint64[]} */
        const joints = kps.map((/** @type {number[]} */ [x, y, score]) => ({x, y, score}));
        const pose = decodeMoveNet(tensors, {view});
        assertPose(pose, joints, 1e-3, name);
        assertPose(decodeMoveNet(Object.values(tensors), {view}), joints, 1e-3, 'as a list');
        assertPose(decodeMoveNet(Object.values(tensors).map(planar), {view}), joints, 1e-3, 'planar');
        const exact = decodeMoveNet(tensors, {view, variant: 'exact'});
        assertPose(exact, joints, 0.15, 'without the constants in float16');
        const integral = decodeMoveNet(tensors, {view, refine: 'integral'});
        const scale = view.matrix[0];
        const far = joints.flatMap(({x, y, score}, k) => score < 0.3 ? []
            : [Math.hypot(integral.keypoints[3 * k] - x, integral.keypoints[3 * k + 1] - y) / scale]);
        const mean = far.reduce((a, b) => a + b, 0) / far.length;
        assert.ok(mean < 1.2, `integral regression: ${mean} pixels from the offsets head`);
        const [width, height] = view.tensor ?? [0, 0];
        const own = joints.flatMap(({x, y, score}) => [...view.toTensor([x, y])].reverse().map((v, i) => v / (i ? width : height)).concat(score));
        assertPose(decodeMoveNet({data: Float32Array.from(own), dims: [1, 1, 17, 3]}, {view}), joints, 1e-3, 'its own output');
    });
}

for (const [name, people] of /** @type {const} */ ([['movenet-multipose-collage4', 2], ['movenet-multipose-vtest720', 8]])) {
    test(`${name}: the graph's own answer, and who its cap drops`, () => {
        const {about, tensors, view} = heads(name);
        for (const given of [tensors, Object.values(tensors), Object.values(tensors).map(planar)]) {
            for (const maxPoses of [6, 20]) {
                const found = decodeMoveNetMulti(given, {view, maxPoses});
                assert.equal(found.length, Math.min(people, maxPoses));
                about.found.forEach((/** @type {any} */ {score, kps}, /** @type {number} */ i) => {
                    assertPose(found[i], kps.map((/** @type {number[]} */ [x, y, s]) => ({x, y, score: s})), 1e-3, `person ${i}`);
                    assertClose([found[i].score], [score], 1e-6);
                });
            }
        }
        const [first] = decodeMoveNetMulti(tensors, {view, maxPoses: 1});
        assert.deepEqual(first, decodeMoveNetMulti(tensors, {view})[0]);
        const inTensor = decodeMoveNetMulti(tensors);
        const [width, height] = view.tensor ?? [0, 0];
        const rows = inTensor.flatMap(({keypoints, bounds: [x1, y1, x2, y2], score}) => [
            ...keypoints.map((v, i) => i % 3 === 2 ? v : i % 3 ? keypoints[i - 1] / width : keypoints[i + 1] / height),
            y1 / height, x1 / width, y2 / height, x2 / width, score,
        ]);
        const own = decodeMoveNetMulti({data: Float32Array.from(rows), dims: [1, inTensor.length, 56]}, {view});
        decodeMoveNetMulti(tensors, {view}).forEach((pose, i) => {
            assertClose(own[i].keypoints, pose.keypoints, 1e-3);
            assertClose(own[i].bounds, pose.bounds, 1e-3);
            assertClose([own[i].score], [pose.score], 1e-6);
        });
    });
}

test('one person, against the definition', () => {
    const random = new Random(1);
    for (let round = 0; round < 60; round++) {
        const [H, W, K] = [random.integer(1, 20), random.integer(1, 20), random.integer(2, 9)];
        const {heatmaps, centers, regressions, offsets} = randomHeads(random, H, W, K);
        const logits = {heatmaps, centers, regressions, offsets};
        const [fire, halfCells, integral] = [random.chance(0.3), random.chance(0.5), random.chance(0.3)];
        if (fire) for (const map of [heatmaps, centers]) map.data = map.data.map(sigmoid);
        const want = single64({heat: at(heatmaps), center: at(centers), regress: at(regressions), offset: at(offsets)}, {
            height: H, width: W, joints: K, yFirst: !fire, half: !fire && halfCells, integral, whole: fire, active: fire ? (v) => v : sigmoid,
        });
        const options = /** @type {const} */ ({variant: fire ? 'fire717' : halfCells ? 'tfjs' : 'exact', refine: integral ? 'integral' : 'offset'});
        assertPose(decodeMoveNet(logits, options), want, 2e-4, `round ${round}`);
        assertPose(decodeMoveNet(Object.fromEntries(Object.entries(logits).map(([key, map]) => [key, planar(map)])), options), want, 2e-4, `round ${round}, planar`);
    }
});

test('many people, against the definition', () => {
    const random = new Random(2);
    let count = 0;
    for (let round = 0; round < 40; round++) {
        const [H, W, K] = [random.integer(4, 18), random.integer(4, 18), random.integer(2, 6)];
        const given = randomHeads(random, H, W, K);
        const want = crowd64({
            heat: at(given.heatmaps), center: at(given.centers), regress: at(given.regressions), offset: at(given.offsets), scale: at(given.boxScale),
            shift: at(given.boxOffset),
        }, {height: H, width: W, joints: K}, 12).filter(({score}) => score > 0.02);
        const found = decodeMoveNetMulti(given, {maxPoses: 12, scoreThreshold: 0.02});
        assert.equal(found.length, want.length);
        want.forEach(({score, box, joints}, i) => {
            assertPose(found[i], joints, 2e-4, `round ${round}, person ${i}`);
            assertClose([found[i].score], [score], 1e-5);
            assertClose(found[i].bounds, box, 1e-4);
        });
        count += found.length;
        assert.deepEqual(decodeMoveNetMulti(Object.values(given).map(planar), {maxPoses: 12, scoreThreshold: 0.02}), found);
    }
    assert.ok(count > 100);
});

test('the graph\'s weights are float16: a center that wins by that', () => {
    const [H, W] = [48, 48];
    /** @param {number} cell */
    const weight = (cell) => 1 / (Math.hypot(Math.floor(cell / W) - 24, cell % W - 24) + 1.8);
    let tried = 0;
    for (let a = 0; a < H * W; a += 7) {
        const b = (a * 31 + 500) % (H * W);
        const ratio = [weight(a) / weight(b), half64(weight(a)) / half64(weight(b))];
        const between = (ratio[0] + ratio[1]) / 2; // by one of the weights a wins, by the other b
        if (a === b || Math.abs(ratio[0] / ratio[1] - 1) < 1e-5) continue;
        const given = nobody(H, W, 2);
        for (const map of [given.heatmaps, given.centers]) map.data.fill(0);
        given.centers.data[a] = 0.5, given.centers.data[b] = 0.5 * between;
        given.heatmaps.data[2 * a] = given.heatmaps.data[2 * b] = 0.5;
        const winner = (/** @type {'tfjs' | 'exact'} */ variant) => {
            const {keypoints: [x, y]} = decodeMoveNet(given, {variant, activation: 'none'});
            return Math.round(y / 4) * W + Math.round(x / 4);
        };
        assert.deepEqual([winner('exact'), winner('tfjs')], ratio[0] > ratio[1] ? [a, b] : [b, a]);
        tried++;
    }
    assert.ok(tried > 100);
});

test('peaks that are equal but for rounding are two people', () => {
    const given = {...nobody(9, 9, 2), boxScale: maps(9, 9, 2, 9), boxOffset: maps(9, 9, 2)};
    given.heatmaps.data.fill(1);
    given.centers.data[40] = 0, given.centers.data[41] = 2e-6; // sigmoid: .5 and .5000005
    assert.equal(decodeMoveNetMulti(given).length, 2);
    given.centers.data[41] = 1e-5;
    assert.equal(decodeMoveNetMulti(given).length, 1);
});

test('what is encoded is decoded, in any type and through any view', () => {
    const random = new Random(3);
    for (const side of [48, 64]) {
        const view = View.crop({x: 300, y: 200, width: 400, height: 400, angle: 0.3}, 4 * side, 4 * side);
        for (let round = 0; round < 20; round++) {
            const encoded = nobody(side, side, 17);
            const middle = random.integer(0, side * side - 1);
            encoded.centers.data[middle] = 3;
            const joints = Array.from({length: 17}, (_, k) => {
                const [x, y] = [random.between(0, side), random.between(0, side)].map((v) => Math.round(v * 64) / 64); // what float16 holds
                const cell = Math.floor(y) * side + Math.floor(x);
                encoded.heatmaps.data[17 * cell + k] = 2;
                encoded.offsets.data.set([y % 1, x % 1], 34 * cell + 2 * k);
                encoded.regressions.data.set([Math.floor(y) - Math.floor(middle / side), Math.floor(x) - middle % side], 34 * middle + 2 * k);
                const [X, Y] = view.toPicture([4 * x, 4 * y]);
                return {x: X, y: Y, score: sigmoid(2)};
            });
            assertPose(decodeMoveNet(encoded, {view, variant: 'exact'}), joints, 1e-3, 'float32');
            const halves = Object.fromEntries(Object.entries(encoded).map(([role, map]) => [role, halved(map).half]));
            assertPose(decodeMoveNet(halves, {view, variant: 'exact'}), joints, 1e-3, 'float16');
            const batch = Object.fromEntries(Object.entries(encoded).map(([role, {data, dims}]) => {
                const both = new Float32Array(2 * data.length);
                both.set(data, data.length);
                return [role, {data: both, dims: [2, ...dims.slice(1)]}];
            }));
            assertPose(decodeMoveNet(batch, {view, variant: 'exact', image: 1}), joints, 1e-3, 'of a batch');
        }
    }
});

test('where to look next', () => {
    const keypoints = new Float32Array(51);
    const put = (/** @type {number} */ joint, /** @type {number[]} */ ...xys) => keypoints.set(xys, 3 * joint);
    put(5, 290, 200, 0.9), put(6, 310, 200, 0.9), put(11, 295, 260, 0.9), put(12, 305, 260, 0.9), put(16, 300, 360, 0.9), put(15, 300, 400, 0.1);
    const pose = {score: 1, keypoints, box: new Float32Array(4)};
    /** @param {any} view */
    const square = (view) => [...view.toPicture([0, 0]), ...view.toPicture(view.tensor)];
    // The hips' middle is (300, 260): shoulders are 60 away, 1.9 * 60 = 114; the ankle that is sure 100, 1.2 * 100 = 120.
    assertClose(square(moveNetRegion(pose, [640, 480])), [180, 140, 420, 380], 1e-6);
    assertClose(square(moveNetRegion(pose, [640, 480], {size: [256, 256], scoreThreshold: 0.05})), [132, 92, 468, 428], 1e-6);
    assertClose(square(moveNetRegion(pose, [200, 200])), [0, 0, 200, 200], 1e-6);
    for (const nothing of [null, undefined]) assertClose(square(moveNetRegion(nothing, [640, 480])), [0, -80, 640, 560], 1e-6);
    put(16, 300, 360, 0.1);
    assertClose(square(moveNetRegion(pose, [640, 480])), [186, 146, 414, 374], 1e-6, 'the torso decides');
    put(16, 300, 360, 0.9), put(11, 0, 0, 0);
    assertClose(square(moveNetRegion(pose, [640, 480])), [305 - 120, 260 - 120, 305 + 120, 260 + 120], 1e-5);
    put(12, 0, 0, 0);
    assertClose(square(moveNetRegion(pose, [480, 640])), [-80, 0, 560, 640], 1e-6);
});

test('hostile heads: defined results', () => {
    for (const value of [NaN, -Infinity]) {
        for (const [H, W] of [[1, 1], [4, 5], [48, 48]]) {
            const given = {...nobody(H, W, 17), boxScale: maps(H, W, 2, value), boxOffset: maps(H, W, 2, value)};
            for (const map of Object.values(given)) map.data.fill(value);
            assert.deepEqual(decodeMoveNet(given), {score: 0, keypoints: new Float32Array(51), box: new Float32Array(4)});
            assert.deepEqual(decodeMoveNetMulti(given, {scoreThreshold: 0}), []);
        }
    }
    const headless = nobody(4, 4, 2);
    headless.heatmaps.data.fill(3), headless.centers.data.fill(NaN);
    assert.deepEqual([...decodeMoveNet(headless).keypoints], [0, 0, 0, 0, 0, 0], 'joints, but of nobody');
    const level = {...nobody(6, 7, 3), boxScale: maps(6, 7, 2, 100), boxOffset: maps(6, 7, 2)};
    for (const map of [level.heatmaps, level.centers]) map.data.fill(1);
    assertClose(decodeMoveNet(level, {variant: 'exact'}).keypoints, [12, 12, sigmoid(1), 12, 12, sigmoid(1), 12, 12, sigmoid(1)], 1e-6, 'a plateau: the first cell nearest to the middle');
    assert.equal(decodeMoveNetMulti(level, {maxPoses: 5}).length, 5, 'more peaks than slots');
    const single = {...nobody(1, 1, 2)};
    for (const map of [single.heatmaps, single.centers]) map.data.fill(1);
    assertClose(decodeMoveNet(single, {variant: 'exact'}).keypoints, [0, 0, sigmoid(1), 0, 0, sigmoid(1)], 1e-6);
    const far = nobody(4, 4, 2);
    far.centers.data.fill(1), far.heatmaps.data.fill(1);
    for (const value of [1e30, Infinity, -Infinity, NaN]) {
        far.regressions.data.fill(value);
        assert.deepEqual([...decodeMoveNet(far).keypoints], [0, 0, 0, 0, 0, 0], `expected at ${value}`);
    }
    far.regressions.data.fill(0), far.offsets.data.fill(NaN);
    assert.deepEqual([...decodeMoveNet(far).keypoints], [0, 0, 0, 0, 0, 0], 'offsets that are no numbers');
});

test('mistakes are named', () => {
    const good = nobody(4, 5, 3);
    const boxes = {boxScale: maps(4, 5, 2), boxOffset: maps(4, 5, 2)};
    /** @type {[any, any, string, RegExp][]} */
    const wrong = [
        [undefined, {}, 'TypeError', /^heads: expected a tensor/],
        [[], {}, 'TypeError', /^heads: expected a tensor, got none/],
        [maps(4, 5, 4), {}, 'RangeError', /^heads: expected the heads, or the output of a graph that decodes them, got \[1, 4, 5, 4\]/],
        [[good.heatmaps, good.centers], {}, 'RangeError', /^heads: expected heatmaps, centers, regressions, offsets; no heatmaps, regressions, offsets, got/],
        [{...good, offsets: maps(4, 5, 5)}, {}, 'RangeError', /^heads.offsets: expected 6 channels for 3 joints, got 5/],
        [{...good, offsets: maps(5, 4, 6)}, {}, 'RangeError', /^heads: expected maps of one grid/],
        [{...good, offsets: {data: new Float32Array(6), dims: [6]}}, {}, 'RangeError', /^heads.offsets: expected maps \[N, H, W, channels\]/],
        [good, {variant: 'lightning'}, 'TypeError', /^variant: expected one of tfjs, exact, fire717/],
        [good, {activation: 'softmax'}, 'TypeError', /^activation: expected one of none, sigmoid/],
        [good, {refine: 'taylor'}, 'TypeError', /^refine: expected one of offset, integral/],
        [good, {image: 1}, 'RangeError', /^image/],
        [good, {size: [0, 4]}, 'TypeError', /^size/],
        [good, {view: {}}, 'TypeError', /^view/],
        [good, {scoreThreshold: '1'}, 'TypeError', /^scoreThreshold/],
        [{data: new Float32Array(51), dims: [1, 1, 17, 3]}, {}, 'TypeError', /^size: expected the network's input size/],
        [{data: new Float32Array(51), dims: [1, 1, 17, 3]}, {size: [192, 192], image: 1}, 'RangeError', /^image/],
    ];
    for (const [given, options, name, message] of wrong) assert.throws(() => decodeMoveNet(given, options), {name, message});
    assert.throws(() => decodeMoveNetMulti(good), {name: 'RangeError', message: /^heads: .*no boxScale, boxOffset/});
    assert.throws(() => decodeMoveNetMulti({...good, ...boxes}, {maxPoses: -1}), {name: 'RangeError', message: /^maxPoses/});
    assert.throws(() => decodeMoveNetMulti(maps(1, 1, 57)), {name: 'RangeError', message: /^heads/});
    assert.throws(() => moveNetRegion(/** @type {any} */ ({keypoints: [1, 2]}), [4, 4]), {name: 'RangeError', message: /^pose.keypoints/});
    assert.throws(() => moveNetRegion(null, /** @type {any} */ ([4])), {name: 'TypeError', message: /^frame/});
});
