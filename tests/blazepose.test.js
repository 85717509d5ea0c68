import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {before, test} from 'node:test';
import {createCanvas, loadImage} from '@napi-rs/canvas';
import {loadNetwork} from '../examples/tfjs-node.js';
import {View, blazePoseRegion, decodeBlazePose, decodeBlazePoseDetector, init, skeletons, toTensor} from '../js/index.js';
import {fromSquare, personAnchors, refined, sigmoid, square} from './blazepose64.js';
import {assertClose} from './close.js';
import {assertFound} from './detect64.js';
import {Random} from './random.js';
import {merged} from './ssd64.js';
import {iou64} from './tools/heads64.js';

before(() => init());

/** A network's outputs. @param {(i: number) => number[]} row of landmark i @param {{side?: number, logit?: (x: number, y: number, i: number) => number}} [maps] */
function outputs(row, {side = 64, logit = () => -20} = {}) {
    const heatmap = Float32Array.from({length: side * side * 39}, (_, i) => logit(Math.floor(i / 39) % side, Math.floor(i / 39 / side), i % 39));
    return {
        landmarks: {data: Float32Array.from(Array.from({length: 39}, (_, i) => row(i)).flat()), dims: [1, 195]},
        heatmap: {data: heatmap, dims: [1, side, side, 39]},
        mask: {data: Float32Array.of(0, 20, -20, 0, Infinity, NaN), dims: [1, 2, 3, 1]},
        world: {data: Float32Array.from({length: 117}, (_, i) => i / 10), dims: [1, 117]},
        flag: {data: Float32Array.of(0.75), dims: [1, 1]},
    };
}

test('landmarks: joints, depths, shares, and what else the network says', () => {
    const heads = outputs((i) => [4 * i, 200 - i, i - 5, i ? 20 : 0, -i]);
    const pose = decodeBlazePose(heads);
    assert.equal(pose.score, 0.75);
    assert.equal(pose.keypoints.length, 3 * skeletons.BLAZEPOSE_33.joints.length);
    assertClose(pose.keypoints.slice(0, 9), [0, 200, 0.5, 4, 199, 1, 8, 198, 1], 1e-6);
    assertClose(pose.box, [0, 168, 128, 200]);
    assertClose(pose.depths, Array.from({length: 33}, (_, i) => i - 5));
    assertClose(pose.presence, Array.from({length: 33}, (_, i) => sigmoid(-i)), {rel: 1e-6});
    assertClose(pose.auxiliary, Array.from({length: 6}, (_, i) => [4 * (33 + i), 167 - i, sigmoid(-33 - i)]).flat(), {rel: 1e-6});
    assertClose(pose.world ?? [], Array.from({length: 99}, (_, i) => i / 10), 1e-6);
    assertClose(pose.mask?.data ?? [], [0.5, 1, 0, 0.5, 1, NaN], 1e-6);
    assert.deepEqual(pose.mask?.dims, [2, 3]);
    const {landmarks, flag} = heads, least = decodeBlazePose([flag, landmarks]);
    assert.deepEqual([least.keypoints, least.mask, least.world], [pose.keypoints, undefined, undefined]);
});

test('through a turned view: places, depths in its pixels, world landmarks upright', () => {
    const heads = outputs((i) => [7 * i, 250 - 5 * i, i, 20, 20]);
    const view = View.crop({x: 300, y: 200, width: 512, height: 512, angle: Math.PI / 2}, 256, 256);
    const [pose, flat] = [decodeBlazePose(heads, {view}), decodeBlazePose(heads)];
    for (const name of /** @type {const} */ (['keypoints', 'auxiliary'])) {
        const [got, want] = [pose, flat].map((p) => Array.from(p[name]).filter((_, i) => i % 3 < 2));
        assertClose(got, Array.from(view.toPicture(want)), 1e-3);
    }
    assertClose(pose.depths, flat.depths.map((z) => 2 * z), 1e-4);
    const [x, y, z] = (flat.world ?? new Float32Array()).slice(3, 6);
    assertClose((pose.world ?? []).slice(3, 6), [-y, x, z], 1e-6);
});

test('a region: a square about the first point, upright towards the second', () => {
    const upright = blazePoseRegion({keypoints: [100, 200, 1, 100, 100, 1]}, {picture: [640, 480]});
    assertClose(upright?.matrix ?? [], [250 / 256, 0, 100 - 125, 0, 250 / 256, 200 - 125], 1e-12);
    assert.deepEqual([upright?.tensor, upright?.picture], [[256, 256], [640, 480]]);
    const lying = blazePoseRegion({auxiliary: [100, 200, 0, 150, 200, 0]}, {scale: 1, size: 100});
    assertClose(lying?.matrix ?? [], [0, -1, 150, 1, 0, 150], 1e-12);
    const random = new Random(1);
    for (let round = 0; round < 200; round++) {
        const [cx, cy, x, y] = random.floats(4, -500, 500), want = square(cx, cy, x, y);
        const view = blazePoseRegion({keypoints: [...random.floats(12), cx, cy, 1, x, y, 1]}, {index: 1});
        const [u, v] = random.floats(2, -50, 300);
        assertClose(view?.toPicture([u, v]) ?? [], fromSquare(want, 256, u, v), 1e-9 * want.side);
    }
    for (const points of [[], [1, 2, 1], [5, 5, 1, 5, 5, 1], [NaN, 5, 1, 5, 6, 1], [1e300, 0, 1, -1e300, 0, 1]]) assert.equal(blazePoseRegion({keypoints: points}), null);
});

test('the region of the next frame is made of the auxiliary landmarks', () => {
    const heads = outputs((i) => i === 33 ? [128, 160, 0, 0, 0] : i === 34 ? [128, 60, 0, 0, 0] : [i, i, 0, 0, 0]);
    const view = View.crop({x: 300, y: 200, width: 256, height: 256}, 256, 256);
    const {region} = decodeBlazePose(heads, {view});
    assertClose(region?.toPicture([128, 128, 0, 0]) ?? [], [300, 232, 175, 107], 1e-9);
    assert.equal(decodeBlazePose(outputs(() => [9, 9, 0, 0, 0])).region, null);
});

test('refined: one hot cell draws a landmark to its corner, NHWC and NCHW, unless it is too far, too weak or there is none', () => {
    const heads = outputs((i) => [14, i < 30 ? 22 : 60, 0, 20, 20], {logit: (x, y, i) => x === 3 && y === 5 ? (i === 1 ? -1 : 20) : -30});
    const turned = {
        ...heads,
        heatmap: {dims: [1, 39, 64, 64], data: Float32Array.from(heads.heatmap.data, (_, i) => heads.heatmap.data[i % 4096 * 39 + Math.floor(i / 4096)])},
    };
    for (const form of [heads, turned, Object.values(heads).reverse()]) {
        const {keypoints} = decodeBlazePose(form, {refine: 'mediapipe'});
        assertClose(keypoints.slice(0, 9), [12, 20, 1, 14, 22, 1, 12, 20, 1], 1e-5);
        assertClose(keypoints.slice(90, 93), [14, 60, 1], 1e-5);
        assertClose(decodeBlazePose(form, {refine: 'mediapipe', kernel: 1}).keypoints, decodeBlazePose(form, {refine: 'mediapipe', kernel: 3}).keypoints, 1e-5);
        assertClose(decodeBlazePose(form, {refine: 'mediapipe', refineThreshold: 0.2}).keypoints.slice(3, 6), [12, 20, 1], 1e-5);
        assertClose(decodeBlazePose(form).keypoints.slice(0, 3), [14, 22, 1], 1e-5);
    }
});

test('refined: a landmark below the square stays in MediaPipe, and slips into it in TensorFlow.js', () => {
    const heads = outputs((i) => i === 0 ? [100, 258, 0, 20, 20] : [258, 100, 0, 20, 20], {logit: (x, y) => y === 62 && x === 25 || y === 25 && x === 62 ? 20 : -30});
    const rows = (/** @type {'mediapipe' | 'tfjs'} */ refine) => [...decodeBlazePose(heads, {refine}).keypoints.slice(0, 6)].filter((_, i) => i % 3 < 2);
    assertClose(rows('mediapipe'), [100, 258, 258, 100], 1e-3);
    assertClose(rows('tfjs'), [100, 248, 258, 100], 1e-3);
});

test('refined: random maps against the definition', () => {
    const random = new Random(2);
    for (let round = 0; round < 20; round++) {
        const [width, height, kernel] = [random.integer(1, 20), random.integer(1, 20), 2 * random.integer(0, 5) + 1], size = /** @type {[number, number]} */ ([256, 192]);
        const rows = Array.from({length: 39}, () => [random.between(-30, 290), random.between(-30, 230), 0, 9, 9]);
        const data = random.floats(width * height * 39, -6, random.pick([-1, 4]));
        const heads = {...outputs((i) => rows[i]), heatmap: {data, dims: [1, height, width, 39]}};
        const about = {width, height, stepX: 256 / width, stepY: 192 / height, kernel, threshold: 0.5};
        for (const refine of /** @type {const} */ (['mediapipe', 'tfjs'])) {
            const {keypoints, auxiliary} = decodeBlazePose(heads, {refine, kernel, size});
            const want = rows.flatMap(([x, y], i) => refined(Math.fround(x), Math.fround(y), (u, v) => data[(v * width + u) * 39 + i], {...about, slip: refine === 'tfjs'}));
            assertClose([...keypoints, ...auxiliary].filter((_, i) => i % 3 < 2), want, 1e-3, `${width} x ${height}, ${kernel}, ${refine}`);
        }
    }
});

test('the detector in every form it is exported in, against the definition', () => {
    const random = new Random(3), anchors = personAnchors(224);
    const [boxes, logits] = [random.floats(2254 * 12, -40, 40), random.floats(2254, -9, -1)];
    for (let i = 0; i < 2254; i++) [2, 3].forEach((k) => (boxes[12 * i + k] = random.between(30, 90)));
    for (let i = 0; i < 40; i++) logits[random.integer(0, 2253)] = random.between(0.2, 4);
    const candidates = anchors.map(([ax, ay], row) => {
        const [x, y, w, h, ...points] = boxes.subarray(12 * row, 12 * row + 12);
        return {row, scores: [sigmoid(logits[row])], box: [ax + x - w / 2, ay + y - h / 2, ax + x + w / 2, ay + y + h / 2],
            points: [0, 1, 2, 3].map((k) => [ax + points[2 * k], ay + points[2 * k + 1], 1])};
    });
    const want = merged(candidates, {scoreThreshold: 0.5, iouThreshold: 0.3}, iou64);
    assert.ok(want.some(({size}) => size > 1), 'something is merged');
    const joined = {data: Float32Array.from({length: 2254 * 13}, (_, i) => i % 13 ? boxes[12 * Math.floor(i / 13) + i % 13 - 1] : logits[i / 13]), dims: [1, 2254, 13]};
    const maps = [[0, 28, 2], [1568, 14, 2], [1960, 7, 6]].flatMap(([from, cells, each]) => [
        {data: logits.slice(from, from + cells ** 2 * each), dims: [1, cells, cells, each]},
        {data: boxes.slice(12 * from, 12 * (from + cells ** 2 * each)), dims: [1, cells, cells, 12 * each]},
    ]);
    for (const form of [joined, [{data: boxes, dims: [1, 2254, 12]}, {data: logits, dims: [1, 2254, 1]}], maps, [...maps].reverse()]) {
        assertFound(decodeBlazePoseDetector(form), want, {least: 10, box: 1e-2});
    }
    const {tensor, ...half} = {tensor: joined, view: View.fit(448, 448, 224, 224)};
    assertClose(decodeBlazePoseDetector(tensor, half).keypoints ?? [], (decodeBlazePoseDetector(tensor).keypoints ?? []).map((v, i) => i % 3 < 2 ? 2 * v : v), 1e-3);
});

test('mistakes are named', () => {
    const heads = outputs(() => [1, 2, 3, 4, 5]), {heatmap, ...others} = heads, bad = /** @type {any} */ ('x');
    assert.throws(() => decodeBlazePose([heads.landmarks]), /outputs: expected landmarks \[1, 195\] and a score \[1, 1\], got \[\[1, 195\]\]/);
    assert.throws(() => decodeBlazePose(others, {refine: 'tfjs'}), /outputs: expected heatmaps \[1, H, W, 39\], to refine by/);
    assert.throws(() => decodeBlazePose({...others, heatmap: {...heatmap, dims: [64, 1, 64, 39]}}), /outputs: expected heatmaps of one picture/);
    assert.throws(() => decodeBlazePose(heads, {refine: bad}), /refine: expected one of none, mediapipe, tfjs; got x|refine: expected one of none, mediapipe, tfjs, got x/);
    assert.throws(() => decodeBlazePose(heads, {kernel: 4}), /kernel: expected an odd number, got 4/);
    assert.throws(() => decodeBlazePose(heads, {refineThreshold: NaN}), /refineThreshold: expected a number/);
    assert.throws(() => blazePoseRegion(bad), /found: expected an object/);
    assert.throws(() => blazePoseRegion(/** @type {any} */ ({})), /found\.keypoints: expected x, y, score of points/);
    assert.throws(() => blazePoseRegion({keypoints: []}, {scale: 0}), /scale: expected a number above 0/);
    assert.throws(() => decodeBlazePoseDetector([heatmap]), /outputs: expected scores \[1, 2254, 1\] and boxes \[1, 2254, 12\]/);
});

test('the networks themselves: the landmarks of the graph, through the square that turns, on two people', async () => {
    const [detector, landmarker] = await Promise.all(['blazepose-detector', 'blazepose-lite']
        .map((name) => loadNetwork(new URL(`../web/models/${name}.json`, import.meta.url))));
    const image = await loadImage(await readFile(new URL('../web/public/collage.jpg', import.meta.url)));
    for (const [left, top] of [[0, 0], [512, 0]]) {
        const context = createCanvas(512, 512).getContext('2d');
        context.drawImage(image, -left, -top);
        const frame = context.getImageData(0, 0, 512, 512);
        const whole = toTensor(frame, {width: 224, height: 224, layout: 'NHWC', fill: 0, scale: 1 / 127.5, mean: 1});
        const people = decodeBlazePoseDetector(detector.run(whole.tensor, ['Identity']), {view: whole.view});
        assert.equal(people.count, 1);
        const [cx, cy, , x, y] = people.keypoints ?? [], about = square(cx, cy, x, y);
        const region = /** @type {View} */ (blazePoseRegion(people));
        const {tensor, view} = toTensor(frame, {width: 256, height: 256, layout: 'NHWC', fill: 0, view: region});
        const nodes = ['StatefulPartitionedCall/model/output_heatmap/BiasAdd', 'StatefulPartitionedCall/model/output_segmentation/BiasAdd', 'Identity_2', 'Identity_4', 'Identity_3'];
        const heads = landmarker.run(tensor, nodes), [heatmap, , landmarks] = heads.map(({data}) => /** @type {Float32Array} */ (data));
        const pose = decodeBlazePose(heads, {view}), fine = decodeBlazePose(heads, {view, refine: 'mediapipe'});
        assert.ok(pose.score > 0.9, `${pose.score}`);
        for (let i = 0; i < 33; i++) {
            const [u, v] = landmarks.subarray(5 * i, 5 * i + 2);
            assertClose(pose.keypoints.slice(3 * i, 3 * i + 2), fromSquare(about, 256, u, v), 0.01);
            const to = refined(u, v, (p, q) => heatmap[(q * 64 + p) * 39 + i], {width: 64, height: 64, stepX: 4, stepY: 4, kernel: 7, threshold: 0.5});
            assertClose(fine.keypoints.slice(3 * i, 3 * i + 2), fromSquare(about, 256, ...to), 0.01);
        }
        const inside = view.toTensor([...pose.keypoints.slice(0, 2)]).map(Math.floor);
        assert.ok((pose.mask?.data[256 * inside[1] + inside[0]] ?? 0) > 0.9 && (pose.mask?.data[5] ?? 1) < 0.1, 'the nose is of the person, the corner is not');
        assert.ok((pose.region?.toTensor([cx, cy]) ?? []).every((c) => Math.abs(c - 128) < 40), 'the next region is about the same person');
    }
});
