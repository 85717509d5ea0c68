import assert from 'node:assert/strict';
import {test} from 'node:test';
import {FITS, View, boxIou, init} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';

await init();

/** @param {View} view the place of the picture in its tensor, by the corners: [left, top, width, height] */
function placeOf(view) {
    const [w, h] = view.picture ?? [NaN, NaN];
    const [x1, y1, x2, y2] = view.toTensor([0, 0, w, h]);
    return [x1, y1, x2 - x1, y2 - y1];
}

/** @param {number} width @param {number} height @param {number} w @param {number} h @param {string} [fit] @param {boolean} [scaleUp] */
const fitted = (width, height, w, h, fit, scaleUp) => placeOf(View.fit(width, height, w, h, fit, {scaleUp}));

/** A view of any kind, and the sizes of its tensor and picture. @param {Random} random */
function anyView(random) {
    const [srcW, srcH, dstW, dstH] = [4000, 3000, 1300, 1300].map((most) => random.integer(1, most));
    if (random.chance(0.5)) {
        return {view: View.fit(srcW, srcH, dstW, dstH, random.pick(Object.keys(FITS)), {scaleUp: random.chance(0.5)}), srcW, srcH, dstW, dstH};
    }
    const rectangle = {
        x: random.between(-100, srcW), y: random.between(-100, srcH), angle: random.between(-7, 7),
        width: random.between(0.5, srcW) * random.pick([1, 1, -1]), height: random.between(0.5, srcH),
    };
    return {view: View.crop(rectangle, dstW, dstH), srcW, srcH, dstW, dstH};
}

test('a letterbox worked by hand: 1280 x 720 in 640 x 640', () => {
    const view = View.fit(1280, 720, 640, 640);
    assert.deepEqual([...view.matrix], [2, 0, 0, 0, 2, -280]);
    assert.deepEqual([...view.toPicture([0, 140, 640, 500, 320, 320])], [0, 0, 1280, 720, 640, 360]);
    assert.deepEqual([...view.toTensor([0, 0, 1280, 720])], [0, 140, 640, 500]);
    assert.deepEqual([...view.boxesToPicture([10, 150, 20, 170])], [20, 20, 40, 60]);
    assert.deepEqual([view.picture, view.tensor], [[1280, 720], [640, 640]]);
    assert.deepEqual(view.place, {left: 0, top: 140, width: 640, height: 360});
    assert.deepEqual([...View.identity().matrix], [1, 0, 0, 0, 1, 0]);
});

test('a quarter turn worked by hand', () => {
    // The crop's x axis points down in the picture, its y axis to the left.
    const view = View.crop({x: 50, y: 30, width: 20, height: 10, angle: Math.PI / 2}, 20, 10);
    assertClose(view.toPicture([0, 0, 20, 0, 0, 10, 10, 5]), [55, 20, 55, 40, 45, 20, 50, 30], 1e-12);
    assertClose(view.boxesToPicture([0, 0, 20, 10]), [45, 20, 55, 40], 1e-5);
});

test('every fit is its framework\'s', () => {
    const random = new Random(5);
    const halfEven = (/** @type {number} */ v) => {
        const low = Math.floor(v);
        return v - low === 0.5 ? low + Math.abs(low % 2) : Math.floor(v + 0.5);
    };
    assert.deepEqual(Object.keys(FITS), ['letterbox', 'ultralytics', 'yolox', 'darknet', 'mediapipe', 'cover', 'stretch']);
    for (let round = 0; round < 2000; round++) {
        const [w, h] = [random.integer(1, 2000), random.integer(1, 2000)];
        const [W, H] = random.chance(0.5) ? [640, 640] : [random.integer(1, 800), random.integer(1, 800)];
        const place = (/** @type {string} */ fit) => fitted(w, h, W, H, fit);
        const [sx, sy] = [W / w, H / h];
        const ratio = Math.min(sx, sy);
        const most = Math.max(sx, sy);
        const [uw, uh] = [Math.max(halfEven(w * ratio), 1), Math.max(halfEven(h * ratio), 1)];
        const ultralytics = [halfEven((W - uw) / 2 - 0.1), halfEven((H - uh) / 2 - 0.1), uw, uh];
        const [cw, ch] = [halfEven(w * most), halfEven(h * most)];
        const [dw, dh] = (sx < sy ? [W, Math.trunc(h * W / w)] : [Math.trunc(w * H / h), H]).map((side) => Math.max(side, 1));
        const near = (/** @type {string} */ fit, /** @type {number[]} */ want) => assertClose(place(fit), want, {abs: 1e-9, rel: 1e-9}, `${fit} ${w} x ${h} in ${W} x ${H}`);
        near('ultralytics', ultralytics);
        near('letterbox', ultralytics);
        near('yolox', [0, 0, Math.max(Math.trunc(w * ratio), 1), Math.max(Math.trunc(h * ratio), 1)]);
        near('darknet', [Math.trunc((W - dw) / 2), Math.trunc((H - dh) / 2), dw, dh]);
        near('mediapipe', [(W - w * ratio) / 2, (H - h * ratio) / 2, w * ratio, h * ratio]);
        near('cover', [Math.floor((W - cw) / 2), Math.floor((H - ch) / 2), cw, ch]);
        near('stretch', [0, 0, W, H]);
    }
});

test('scaleUp: false leaves a small picture as it is', () => {
    const close = (/** @type {number[]} */ got, /** @type {number[]} */ want) => assertClose(got, want, 1e-9);
    close(fitted(100, 60, 640, 640, 'letterbox', false), [270, 290, 100, 60]);
    close(fitted(101, 61, 640, 640, 'letterbox', false), [269, 289, 101, 61]);
    close(fitted(1280, 60, 640, 640, 'letterbox', false), [0, 305, 640, 30]);
    close(fitted(100, 60, 640, 640, 'yolox', false), [0, 0, 100, 60]);
    close(fitted(100, 60, 640, 640, 'stretch', false), [0, 0, 640, 640]);
});

testGolden('image.letterbox_geometry', ({params, inputs, outputs}) => {
    const [geometry, scales] = [[], []].map(() => /** @type {number[]} */ ([]));
    for (let i = 0; i < inputs.sizes.dims[0]; i++) {
        const [w, h, W, H] = inputs.sizes.data.subarray(4 * i);
        const {left, top, width, height} = View.fit(w, h, W, H, 'letterbox', {scaleUp: params.scaleup}).place ?? assert.fail('no place');
        geometry.push(width, height, left, top, W - left - width, H - top - height);
        scales.push(params.scaleup ? Math.min(W / w, H / h) : Math.min(W / w, H / h, 1));
    }
    assertGolden({data: geometry, dims: [40, 6]}, outputs.geometry);
    assertClose(scales, outputs.scale.data, outputs.scale.tolerance, 'scale');
});

testGolden('image.rotated_crop', ({params: {oh, ow}, inputs: {image, rects}, outputs: {theta}}) => {
    const [, , H, W] = image.dims;
    const all = Array.from({length: rects.dims[0]}, (_, i) => {
        const [x, y, width, height, angle] = rects.data.subarray(5 * i);
        return [...View.crop({x, y, width, height, angle}, ow, oh).theta(W, H, ow, oh).data];
    });
    assertGolden({data: all.flat(), dims: theta.dims}, theta);
});

test('theta is the same map, normalised', () => {
    const random = new Random(6);
    for (let i = 0; i < 100; i++) {
        const {view, srcW, srcH, dstW, dstH} = anyView(random);
        const {data, dims} = view.theta(srcW, srcH, dstW, dstH);
        const [x, y] = [random.between(0, dstW), random.between(0, dstH)];
        const [u, v] = [2 * x / dstW - 1, 2 * y / dstH - 1];
        const back = [0, 1].map((row) => (data[3 * row] * u + data[3 * row + 1] * v + data[3 * row + 2] + 1) / 2 * [srcW, srcH][row]);
        assertClose(back, view.toPicture([x, y]), {abs: 0.01, rel: 1e-5});
        assert.deepEqual(dims, [1, 2, 3]);
    }
});

test('points come back: 500 geometries, within 1e-4 px', () => {
    const random = new Random(500);
    for (let i = 0; i < 500; i++) {
        const {view, srcW, srcH, dstW, dstH} = anyView(random);
        const tensor = Float64Array.from({length: 20}, (_, k) => random.between(-0.5, 1.5) * (k % 2 ? dstH : dstW));
        const picture = Float64Array.from({length: 20}, (_, k) => random.between(-0.5, 1.5) * (k % 2 ? srcH : srcW));
        assertClose(view.toTensor(view.toPicture(tensor)), tensor, 1e-4);
        assertClose(view.toPicture(view.toTensor(picture)), picture, 1e-4);
        assertClose(view.inverse().toPicture(picture), view.toTensor(picture), 0);
        assertClose(view.inverse().inverse().matrix, view.matrix, {abs: 1e-6, rel: 1e-6});
    }
});

test('compose applies the inner first, and knows both sizes', () => {
    const random = new Random(8);
    for (let i = 0; i < 200; i++) {
        const [outer, inner] = [anyView(random), anyView(random)];
        const point = [random.between(0, 300), random.between(0, 300)];
        const both = outer.view.compose(inner.view);
        assertClose(both.toPicture(point), outer.view.toPicture(inner.view.toPicture(point)), {abs: 1e-6, rel: 1e-9});
        assert.deepEqual([both.picture, both.tensor], [outer.view.picture, inner.view.tensor]);
        assertClose(outer.view.compose(outer.view.inverse()).matrix, [1, 0, 0, 0, 1, 0], 1e-6);
        assert.deepEqual(outer.view.compose(View.identity()).matrix, outer.view.matrix);
    }
});

test('boxes become the upright boxes round their corners', () => {
    const random = new Random(9);
    for (let i = 0; i < 200; i++) {
        const {view, dstW, dstH} = anyView(random);
        const [x1, x2] = [random.between(0, dstW), random.between(0, dstW)].sort((a, b) => a - b).map(Math.fround);
        const [y1, y2] = [random.between(0, dstH), random.between(0, dstH)].sort((a, b) => a - b).map(Math.fround);
        const corners = view.toPicture([x1, y1, x2, y1, x1, y2, x2, y2]);
        const [xs, ys] = [0, 1].map((k) => corners.filter((_, j) => j % 2 === k));
        const want = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
        assertClose(view.boxesToPicture([x1, y1, x2, y2]), want, {abs: 1e-3, rel: 1e-6});
    }
    const view = View.fit(100, 100, 50, 50);
    assert.deepEqual([...view.boxesToPicture({data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), dims: [2, 4]})], [2, 4, 6, 8, 10, 12, 14, 16]);
    assert.equal(view.boxesToPicture([]).length, 0);
    assert.ok(view.boxesToPicture([NaN, 0, 1, 1]).some(Number.isNaN));
    assert.equal(boxIou(view.toPicture([0, 0, 1, 1]), view.toPicture([0, 0, 1, 1])).data[0], 1, 'points are rows too');
});

test('crops turn clockwise about their centre, at any angle', () => {
    const random = new Random(11);
    for (let i = 0; i < 300; i++) {
        const angle = i < 20 ? (i - 10) * Math.PI / 4 : random.between(-100, 100);
        const [x, y, width, height, W, H] = [random.between(0, 99), random.between(0, 99), 40, 20, 80, 80];
        const view = View.crop({x, y, width, height, angle}, W, H);
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const want = [x, y, x + 20 * cos, y + 20 * sin, x - 10 * sin, y + 10 * cos];
        assertClose(view.toPicture([40, 40, 80, 40, 40, 80]), want, 1e-10, `angle ${angle}`);
        assert.deepEqual(view.tensor, [W, H]);
    }
    assert.deepEqual(View.crop({x: 5, y: 5, width: 10, height: 10}, 10, 10).matrix, View.identity().matrix);
});

test('mistakes are named', () => {
    const any = (/** @type {any} */ value) => value;
    const view = View.identity();
    /** @type {[() => any, string, RegExp][]} */
    const wrong = [
        [() => View.fit(10, 10, 10, 10, 'squash'), 'TypeError', /^fit: expected one of letterbox, ultralytics, yolox, darknet, mediapipe, cover, stretch.* got squash/],
        [() => View.fit(10, 10, 10, 10, 'toString'), 'TypeError', /^fit/],
        [() => View.fit(0, 10, 10, 10), 'RangeError', /^srcW: expected an integer/],
        [() => View.fit(10, 1.5, 10, 10), 'RangeError', /^srcH.*1\.5/],
        [() => View.fit(10, 10, NaN, 10), 'RangeError', /^dstW.*NaN/],
        [() => View.fit(10, 10, 10, any('10')), 'RangeError', /^dstH.*10/],
        [() => View.crop({x: NaN, y: 0, width: 1, height: 1}, 4, 4), 'TypeError', /x: expected a finite number, got NaN/],
        [() => View.crop({x: 0, y: 0, width: 1, height: Infinity}, 4, 4), 'TypeError', /height.*Infinity/],
        [() => View.crop(any({x: 0, y: 0, width: 1}), 4, 4), 'TypeError', /height.*undefined/],
        [() => View.crop({x: 0, y: 0, width: 1, height: 1}, 0, 4), 'RangeError', /dstW/],
        [() => new View([1, 2, 3]), 'TypeError', /6 finite numbers/],
        [() => new View([1, 0, 0, 0, NaN, 0]), 'TypeError', /6 finite numbers/],
        [() => new View(any(undefined)), 'TypeError', /6 finite numbers/],
        [() => view.toPicture([1, 2, 3]), 'TypeError', /^points: .*3/],
        [() => view.toPicture(any(undefined)), 'TypeError', /^points/],
        [() => view.boxesToPicture([1, 2, 3]), 'RangeError', /^boxes: .*multiple of 4/],
        [() => new View([1, 2, 0, 2, 4, 0]).inverse(), 'RangeError', /area/],
        [() => View.crop({x: 0, y: 0, width: 0, height: 5}, 4, 4).toTensor([1, 1]), 'RangeError', /area/],
    ];
    for (const [call, name, message] of wrong) assert.throws(call, {name, message});
});
