import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, decodePoseNet, init, skeletons} from '../js/index.js';
import {assertClose} from './close.js';
import {halved} from './detect64.js';
import {heads} from './heads.js';
import {sigmoid} from './movenet64.js';
import {assertPose, at, planar} from './pose-kit.js';
import {EDGES as NAMED, people64} from './posenet64.js';
import {Random} from './random.js';

await init();

/** @typedef {{data: Float32Array, dims: number[]}} Tensor */

const {joints: JOINTS} = skeletons.COCO_17;
const EDGES = NAMED.map((pair) => pair.map((name) => JOINTS.indexOf(name)));

/** @param {number} H @param {number} W @param {number} C @param {number} [fill] @returns {Tensor} */
const maps = (H, W, C, fill = 0) => ({data: new Float32Array(H * W * C).fill(fill), dims: [1, H, W, C]});

/** Heads that hold nobody. @param {number} H @param {number} W @param {number} K @param {number} E */
const nobody = (H, W, K, E) => ({heatmaps: maps(H, W, K, -20), offsets: maps(H, W, 2 * K), displacementFwd: maps(H, W, 2 * E), displacementBwd: maps(H, W, 2 * E)});

/** @param {Random} random @param {number} H @param {number} W @param {number} K @param {number} E */
function randomHeads(random, H, W, K, E) {
    const of = (/** @type {number} */ C, /** @type {number} */ far) => ({data: random.floats(H * W * C, -far, far), dims: [1, H, W, C]});
    return {heatmaps: of(K, 4), offsets: of(2 * K, 16), displacementFwd: of(2 * E, 50), displacementBwd: of(2 * E, 50)};
}

/** @param {Record<string, Tensor>} given */
const functions = ({heatmaps, offsets, displacementFwd, displacementBwd}, active = sigmoid) => ({
    heat: (/** @type {number} */ y, /** @type {number} */ x, /** @type {number | undefined} */ c) => active(at(heatmaps)(y, x, c)),
    offset: at(offsets), forward: at(displacementFwd), backward: at(displacementBwd),
});

/** @param {any[]} found @param {import('./posenet64.js').Person64[]} want @param {string} message */
function assertPeople(found, want, message) {
    assert.equal(found.length, want.length, message);
    want.forEach(({score, joints}, i) => {
        assertPose(found[i], joints, 1e-3, `${message}, person ${i}`);
        assertClose([found[i].score], [score], 1e-5, `${message}: score of person ${i}`);
    });
}

test('worked by hand', () => {
    // Two joints, one edge, 4 x 5 cells of 8 pixels. The parent is sure at row 1, column 2; the child is 10 pixels right and 8 below of it.
    const given = nobody(4, 5, 2, 1);
    const [parent, near, child] = [1 * 5 + 2, 2 * 5 + 3, 2 * 5 + 4];
    given.heatmaps.data[2 * parent] = 2;
    given.heatmaps.data[2 * (parent + 1)] = 1; // no peak: its neighbour scores more
    given.heatmaps.data[2 * child + 1] = 0.5;
    given.offsets.data.set([1, 9, 3, 9], 4 * parent); // the parent is at (16 + 3, 8 + 1)
    given.displacementFwd.data.set([8, 10], 2 * parent); // leads to (29, 17): row 2, column 4
    given.offsets.data.set([9, -2, 9, -6], 4 * child); // says (26, 14): row 2, column 3
    given.offsets.data.set([9, 1, 9, 4], 4 * near); // says (28, 17)
    given.heatmaps.data[2 * near + 1] = -1;
    const options = {stride: 8, edges: [[0, 1]], scoreThreshold: 0.7};
    const [pose, ...others] = decodePoseNet(given, options);
    assert.equal(others.length, 0);
    assertClose(pose.keypoints, [19, 9, sigmoid(2), 28, 17, sigmoid(0.5)], 1e-6, 'scored where it ends: (28, 17) is nearest to row 2, column 4');
    assertClose(pose.box, [19, 9, 28, 17]);
    assertClose([pose.score], [(sigmoid(2) + sigmoid(0.5)) / 2], 1e-7);
    assertClose(decodePoseNet(given, {...options, refineSteps: 0})[0].keypoints.subarray(3, 5), [29, 17]);
    assertClose(decodePoseNet(given, {...options, refineSteps: 1})[0].keypoints.subarray(3), [26, 14, sigmoid(-1)], 1e-6);
    assert.equal(decodePoseNet(given, {...options, minScore: 0.8}).length, 0);
    assert.equal(decodePoseNet(given, {...options, scoreThreshold: 0.9}).length, 0);
    // From the child backwards, it being the surer one; the parent's place is within 4 pixels of what is found.
    given.heatmaps.data[2 * child + 1] = 3;
    given.displacementBwd.data.set([-7, -9], 2 * near); // the child's own offset puts it at (26, 14): row 2, column 3
    const [back, ...again] = decodePoseNet(given, {...options, nmsRadius: 4});
    assertClose(back.keypoints, [19, 9, sigmoid(2), 26, 14, sigmoid(3)], 1e-6);
    assert.equal(again.length, 0, 'the parent is this person\'s');
});

for (const [name, most] of /** @type {const} */ ([['posenet-769x577-vtest600', 7], ['posenet-messi5', 8]])) {
    test(`${name}: everyone that other decoders find`, () => {
        const {about, tensors, view} = heads(name);
        const found = decodePoseNet(tensors, {view});
        const [heat, offset, forward, backward] = Object.values(tensors);
        const given = {heatmaps: heat, offsets: offset, displacementFwd: forward, displacementBwd: backward};
        const [, height, width] = heat.dims;
        assertPeople(decodePoseNet(tensors), people64(functions(given), {height, width, joints: 17, edges: EDGES}), 'the definition');
        assert.equal(found.length, most);
        const sure = found.filter(({score}) => score > 0.1);
        assertPeople(sure, about.found.map((/** @type {any} */ {score, kps}) => (
            {score, joints: kps.map((/** @type {number[]} */ [x, y, s]) => ({x, y, score: s}))})), 'another program');
        assert.deepEqual(decodePoseNet(tensors, {view, minScore: 0.1}), sure);
        assert.deepEqual(decodePoseNet(Object.values(tensors), {view}), found, 'as a list');
        assert.deepEqual(decodePoseNet(Object.values(tensors).map(planar), {view}), found, 'planar');
        assert.deepEqual(decodePoseNet(given, {view, maxPoses: 2}), found.slice(0, 2));
        const scores = {...given, heatmaps: {...heat, data: heat.data.map((v) => sigmoid(v))}};
        decodePoseNet(scores, {view, activation: 'none'}).forEach(({keypoints}, i) => assertClose(keypoints, found[i].keypoints, 1e-3));
    });
}

test('against the definition', () => {
    const random = new Random(1);
    let count = 0;
    for (let round = 0; round < 60; round++) {
        const [H, W, K] = [random.integer(1, 12), random.integer(1, 12), random.integer(2, 7)];
        const edges = Array.from({length: K - 1}, (_, i) => [random.integer(0, i), i + 1]);
        const given = randomHeads(random, H, W, K, K - 1);
        const about = {
            height: H, width: W, joints: K, edges, stride: random.pick([8, 16, 32]), threshold: random.between(0.3, 0.95), radius: random.between(0, 40),
            most: random.integer(1, 30), steps: random.integer(0, 3),
        };
        const want = people64(functions(given), about);
        const options = {edges, stride: about.stride, scoreThreshold: about.threshold, nmsRadius: about.radius, maxPoses: about.most, refineSteps: about.steps};
        assertPeople(decodePoseNet(given, options), want, `round ${round}`);
        assertPeople(decodePoseNet(Object.values(given).map(planar), options), want, `round ${round}, planar`);
        count += want.length;
    }
    assert.ok(count > 500);
});

/**
 * Heads as a network is taught: discs of joints, offsets and displacements to the truth, whoever is nearest.
 *
 * @param {{x: number, y: number}[][]} people
 * @param {number} H
 * @param {number} W
 */
function encode(people, H, W) {
    const heads64 = nobody(H, W, 17, 16);
    const {heatmaps, offsets, displacementFwd, displacementBwd} = heads64;
    for (let cell = 0; cell < H * W; cell++) {
        const [x, y] = [16 * (cell % W), 16 * Math.floor(cell / W)];
        for (let k = 0; k < 17; k++) {
            const far = (/** @type {{x: number, y: number}[]} */ joints) => Math.hypot(joints[k].x - x, joints[k].y - y);
            const nearest = people.reduce((a, b) => far(b) < far(a) ? b : a);
            if (far(nearest) > 32) continue;
            heatmaps.data[17 * cell + k] = 5 - far(nearest) / 8;
            offsets.data[34 * cell + k] = nearest[k].y - y, offsets.data[34 * cell + 17 + k] = nearest[k].x - x;
            EDGES.forEach(([parent, child], e) => {
                const [map, to] = k === parent ? [displacementFwd, child] : [displacementBwd, parent];
                if (k !== parent && k !== child) return;
                map.data[32 * cell + e] = nearest[to].y - nearest[k].y, map.data[32 * cell + 16 + e] = nearest[to].x - nearest[k].x;
            });
        }
    }
    return heads64;
}

test('people that are encoded are decoded, once each, in any type and through any view', () => {
    const random = new Random(2);
    const view = View.crop({x: 300, y: 200, width: 800, height: 600, angle: 0.2}, 801, 401);
    for (let round = 0; round < 12; round++) {
        const n = random.integer(1, 5);
        const people = Array.from({length: n}, (_, p) => {
            const [x, y] = [80 + 160 * p + random.between(-10, 10), random.between(150, 250)];
            return Array.from({length: 17}, () => ({x: x + random.between(-50, 50), y: y + random.between(-140, 140)}));
        });
        const given = encode(people, 26, 51);
        const halves = Object.fromEntries(Object.entries(given).map(([role, map]) => [role, halved(map).half]));
        for (const [tensors, pixels] of /** @type {const} */ ([[given, 1e-3], [halves, 0.05]])) {
            const found = decodePoseNet(tensors, {view});
            assert.equal(found.length, n);
            for (const person of people) {
                const points = view.toPicture(person.flatMap(({x, y}) => [x, y]));
                const match = found.filter(({keypoints}) => points.every((v, i) => Math.abs(v - keypoints[3 * (i >> 1) + i % 2]) < pixels));
                assert.equal(match.length, 1);
            }
        }
    }
});

test('hostile heads: defined results', () => {
    for (const [H, W] of [[1, 1], [3, 4], [25, 25]]) {
        for (const value of [NaN, -Infinity]) {
            const given = nobody(H, W, 17, 16);
            for (const map of Object.values(given)) map.data.fill(value);
            assert.deepEqual(decodePoseNet(given, {scoreThreshold: 0}), []);
        }
        const level = nobody(H, W, 17, 16);
        level.heatmaps.data.fill(1);
        const found = decodePoseNet(level, {maxPoses: 3, nmsRadius: 0});
        assert.equal(found.length, Math.min(H * W, 3), 'a plateau: more peaks than slots, in their order');
        found.forEach(({keypoints}, i) => assertClose(keypoints.subarray(0, 2), [16 * (i % W), 16 * Math.floor(i / W)]));
        assert.deepEqual(decodePoseNet(Object.values(level).map(planar), {maxPoses: 3, nmsRadius: 0}), found, 'the same order in any layout');
        assert.equal(decodePoseNet(level, {maxPoses: 0}).length, 0);
        assert.equal(decodePoseNet(level, {nmsRadius: Infinity}).length, 1);
    }
    const tied = nobody(2, 3, 2, 1);
    tied.heatmaps.data[1] = tied.heatmaps.data[2 * 5] = 2; // the child in the first cell, the parent in the last
    for (const given of [tied, Object.values(tied).map(planar)]) {
        const found = decodePoseNet(given, {edges: [[0, 1]]});
        assert.deepEqual(found.map(({keypoints}) => [...keypoints.subarray(3, 5)]), [[0, 0], [32, 16]], 'on ties in order of cell');
    }
    const astray = nobody(4, 4, 17, 16);
    astray.heatmaps.data[0] = 3;
    for (const value of [NaN, Infinity, -Infinity]) {
        astray.displacementFwd.data.fill(value);
        const [{keypoints}] = decodePoseNet(astray, {refineSteps: 0});
        assertClose(keypoints, [0, 0, sigmoid(3), ...new Array(48).fill(0)], 1e-6, 'edges that lead nowhere');
        astray.offsets.data.fill(value);
        assert.deepEqual(decodePoseNet(astray), [], 'a joint that is nowhere');
        astray.offsets.data.fill(0);
    }
    astray.displacementFwd.data.fill(1e30);
    assert.equal(decodePoseNet(astray).length, 1, 'clamped to the map');
    const cyclic = nobody(3, 3, 3, 3);
    cyclic.heatmaps.data.fill(1);
    assert.ok(decodePoseNet(cyclic, {edges: [[0, 1], [1, 2], [2, 0]]}).length > 0);
});

test('mistakes are named', () => {
    const good = nobody(4, 5, 17, 16);
    /** @type {[any, any, string, RegExp][]} */
    const wrong = [
        [undefined, {}, 'TypeError', /^heads/],
        [good.heatmaps, {}, 'RangeError', /^heads: expected heatmaps, offsets, displacementFwd, displacementBwd; no/],
        [{...good, offsets: maps(4, 5, 33)}, {}, 'RangeError', /^heads.offsets: expected 34 channels for 17 joints and 16 edges, got 33/],
        [{...good, displacementBwd: maps(4, 5, 30)}, {}, 'RangeError', /^heads.displacementBwd: expected 32 channels/],
        [good, {edges: [[0, 17]]}, 'TypeError', /^edges: expected pairs of the 17 joints/],
        [good, {edges: 5}, 'TypeError', /^edges/],
        [good, {stride: 0}, 'RangeError', /^stride: expected pixels above 0, got 0/],
        [good, {stride: '16'}, 'TypeError', /^stride/],
        [good, {nmsRadius: -1}, 'RangeError', /^nmsRadius/],
        [good, {scoreThreshold: NaN}, 'TypeError', /^scoreThreshold/],
        [good, {minScore: null}, 'TypeError', /^minScore/],
        [good, {maxPoses: 1.5}, 'RangeError', /^maxPoses/],
        [good, {refineSteps: 1001}, 'RangeError', /^refineSteps/],
        [good, {activation: 'softmax'}, 'TypeError', /^activation: expected one of none, sigmoid/],
        [good, {image: 1}, 'RangeError', /^image/],
        [good, {view: {}}, 'TypeError', /^view/],
    ];
    for (const [given, options, name, message] of wrong) assert.throws(() => decodePoseNet(given, options), {name, message});
});
