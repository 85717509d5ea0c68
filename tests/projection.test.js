import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, backProject, init, integralJoints, integralLabels, patchToPicture, personView, project, rescalePose} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';

await init();

/** @param {ArrayLike<number>} values @param {number[]} dims */
const tensor = (values, dims) => ({data: Float32Array.from(values), dims});
const CAMERA = {fx: 1145, fy: 1144, cx: 512, cy: 515};

test('by hand: a box grows to the crop\'s proportions and by the padding', () => {
    const wide = personView([100, 100, 300, 200], 192, 256, {convention: 'canvas'});
    assertClose(wide.toPicture([0, 0, 192, 256, 96, 128]), [75, 150 - 125 * 4 / 3, 325, 150 + 125 * 4 / 3, 200, 150], 1e-9);
    const tall = personView([0, 0, 30, 80], 192, 256, {convention: 'canvas', padding: 1});
    assertClose(tall.toPicture([0, 0, 192, 256]), [-15, 0, 45, 80], 1e-9);
    assert.deepEqual(tall.tensor, [192, 256]);
});

test('by hand: the half pixels of the references', () => {
    const box = [0, 0, 100, 100]; // five pixels of the picture to one of the crop
    const at = (/** @type {'canvas' | 'mmpose' | 'integral' | 'udp'} */ convention, /** @type {number[]} */ point) =>
        [...personView(box, 20, 20, {convention, padding: 1}).toPicture(point)];
    assertClose(at('canvas', [0, 0, 10, 10]), [0, 0, 50, 50], 1e-12);
    assertClose(at('mmpose', [0, 0, 10.5, 10.5]), [-2, -2, 50.5, 50.5], 1e-12, '(1 - 5) / 2 aside; index 10 is index 50');
    assertClose(at('integral', [0, 0]), [-2, -2], 1e-12);
    assertClose(at('udp', [0.5, 0.5, 19.5, 19.5]), [0.5, 0.5, 100.5, 100.5], 1e-12, 'index 0 is index 0, index 19 is index 100');
});

test('by hand: a quarter turn takes the crop\'s x axis down', () => {
    const view = personView([0, 0, 40, 20], 10, 10, {convention: 'canvas', padding: 1, angle: Math.PI / 2});
    assertClose(view.toPicture([5, 5, 10, 5, 5, 10]), [20, 10, 20, 30, 0, 10], 1e-12);
});

test('by hand: through a pinhole and back', () => {
    const joints = tensor([512 + 1145, 515, 0, 512, 515 - 1144, 500], [1, 2, 3]);
    const {data} = backProject(joints, {intrinsics: CAMERA, root: 1000});
    assert.deepEqual([...data], [1000, 0, 1000, 0, -1500, 1500]);
    assert.deepEqual(project(tensor(data, [1, 2, 3]), {intrinsics: CAMERA, root: 1000}), joints);
    assert.deepEqual([...project(tensor([1, 2, -3, 1, 2, 0], [1, 2, 3]), {intrinsics: CAMERA}).data], [NaN, NaN, -3, NaN, NaN, 0], 'behind the camera');
});

test('by hand: a pose of a given length', () => {
    const joints = tensor([1, 1, 1, 1, 4, 5, 1, 1, 6], [1, 3, 3]);
    const {data} = rescalePose(joints, {limbs: [[0, 1], [0, 2]], length: 20});
    assert.deepEqual([...data], [0, 0, 0, 0, 6, 8, 0, 0, 10]);
    assert.deepEqual([...rescalePose(joints, {limbs: [[0, 1]], length: 5, root: 1}).data.subarray(0, 6)], [0, -3, -4, 0, 0, 0]);
    assert.deepEqual([...rescalePose(joints, {limbs: [], length: 5}).data.subarray(3, 6)], [0, 3, 4], 'no limbs, no scale');
});

testGolden('projection.person', ({params: {convention, width, height, padding, rot}, inputs: {box, points}, outputs}) => {
    const view = personView(box.data, width, height, {convention, padding, angle: convention === 'udp' ? -rot : rot});
    const seen = view.toTensor(Array.from(points.data, (/** @type {number} */ v) => v + 0.5)).map((v) => v - 0.5);
    assertGolden({data: seen, dims: points.dims}, outputs.seen);
});

testGolden('projection.camera', ({params: {width, height, rect, fx, fy, cx, cy, length, parents}, inputs: {joints, boxes, roots}, outputs}) => {
    const view = Array.from(roots.data, (_, n) => personView(boxes.data.slice(4 * n, 4 * n + 4), width, height, {convention: 'integral'}));
    const options = /** @type {const} */ ({view, depthScale: rect / width, coords: 'index'});
    assertGolden(patchToPicture(joints, options), outputs.picture);
    assertGolden(backProject(joints, {...options, intrinsics: {fx, fy, cx, cy}, root: roots.data}), outputs.camera);
    const limbs = parents.map((/** @type {number} */ p, /** @type {number} */ i) => /** @type {[number, number]} */ ([p, i]));
    assertGolden(rescalePose(joints, {limbs, length}), outputs.rescaled);
    const labels = integralLabels(joints, {width, height});
    assertGolden(backProject(integralJoints(labels, {width, height}), {...options, intrinsics: {fx, fy, cx, cy}, root: roots.data}), outputs.camera);
});

test('random: project undoes backProject through any crop; conventions agree where pixels are equal', () => {
    const random = new Random(31);
    for (let i = 0; i < 60; i++) {
        const N = random.integer(0, 3), coords = random.pick(/** @type {const} */ (['index', 'canvas']));
        const boxes = Array.from({length: N}, () => [random.between(0, 300), random.between(0, 300), random.between(310, 600), random.between(310, 600)]);
        const view = boxes.map((box) => personView(box, 192, 256, {angle: random.between(-3, 3), convention: random.pick(/** @type {const} */ (['udp', 'mmpose']))}));
        const options = {view, intrinsics: CAMERA, coords, depthScale: 8, root: random.floats(N, 3000, 5000)};
        const joints = tensor(random.floats(N * 5 * 3, 0, 190), [N, 5, 3]);
        if (!N) options.root = /** @type {any} */ ([]);
        assertClose(project(backProject(joints, options), options).data, joints.data, 2e-2);
        const picture = patchToPicture(joints, options);
        assertClose(backProject(joints, options).data, backProject(picture, {intrinsics: CAMERA, coords, root: options.root}).data, {abs: 1e-2, rel: 1e-5});
    }
    const [a, b] = /** @type {const} */ (['canvas', 'mmpose']).map((convention) => personView([3, 4, 195, 260], 192, 256, {convention, padding: 1}));
    assert.deepEqual(a, b, 'at one pixel to one');
});

test('a view with no area has no inverse; NaN stays where it is', () => {
    const joints = tensor([1, 2, 3, NaN, 2, 3], [1, 2, 3]);
    const {data} = backProject(joints, {intrinsics: CAMERA, root: 5});
    assert.deepEqual([...data].map(Number.isNaN), [false, false, false, true, true, false]);
    assert.throws(() => project(joints, {intrinsics: CAMERA, view: new View([0, 0, 0, 0, 0, 0])}), /view: expected some area/);
});

test('what is wrong is named', () => {
    const joints = tensor([1, 2, 3], [1, 1, 3]), any = (/** @type {any} */ f) => f;
    assert.throws(() => personView([0, 0, 0, 5], 4, 4), /box: expected x1 < x2 and y1 < y2, up to 1e9, got \[0, 0, 0, 5\]/);
    assert.throws(() => personView([0, 0, NaN, 5], 4, 4), /box: expected 4 finite numbers/);
    assert.throws(() => personView([0, 0, 5, 5], 1, 4, {convention: 'udp'}), /width: expected an integer from 2/);
    assert.throws(() => personView([0, 0, 5, 5], 4, 4, {padding: 0}), /padding: expected above 0/);
    assert.throws(() => any(personView)([0, 0, 5, 5], 4, 4, {convention: 'hrnet'}), /convention: expected one of canvas, mmpose, integral, udp/);
    assert.throws(() => any(backProject)(joints, {}), /intrinsics.fx: expected a finite number/);
    assert.throws(() => backProject(joints, {intrinsics: {...CAMERA, fx: 0}}), /intrinsics: expected focal lengths other than 0/);
    assert.throws(() => backProject(joints, {intrinsics: CAMERA, root: [1, 2]}), /root: expected 1 finite numbers/);
    assert.throws(() => patchToPicture(joints, {view: []}), /view: expected 1 views, got 0/);
    assert.throws(() => patchToPicture(joints, {depthScale: 0}), /depthScale: expected another number than 0/);
    assert.throws(() => any(rescalePose)(joints, {length: 1}), /limbs: expected pairs of joints/);
    assert.throws(() => rescalePose(joints, {limbs: [[0, 1]], length: 1}), /limbs: expected an integer from 0 to 0, got 1/);
});
