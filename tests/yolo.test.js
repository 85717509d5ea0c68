import assert from 'node:assert/strict';
import {test} from 'node:test';
import {COCO_80, View, boxConvert, decodeYolo, init} from '../js/index.js';
import {assertClose} from './close.js';
import {assertFound, halved, noise, quantised, selected, turned} from './detect64.js';
import {testGolden} from './golden.js';
import {Random} from './random.js';
import {anchorMaps, binMaps, decodedRows, yolox} from './tools/heads64.js';

await init();

/** @typedef {import('./detect64.js').Head} Head */

const ANCHORS = [[[10, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]], [[116, 90], [156, 198], [373, 326]]];
const V7_ANCHORS = [[[12, 16], [19, 36], [40, 28]], [[36, 75], [76, 55], [72, 146]], [[142, 110], [192, 243], [459, 401]]];
/** Every candidate, as it is. */
const ALL = {scoreThreshold: -1, iouThreshold: Infinity, maxDetections: Infinity, multiLabel: true};

/**
 * [1, values, rows] as a network decodes it: boxes in a 320 x 320 input, then scores, then the rest.
 *
 * @param {Random} random
 * @param {{rows: number, classes: number, rest?: number, objectness?: boolean}} about
 * @returns {Head}
 */
function decodedHead(random, {rows, classes, rest = 0, objectness = false}) {
    const values = (objectness ? 5 : 4) + classes + rest;
    const data = random.floats(values * rows, 0, 1).map((v) => v ** 3);
    for (let i = 0; i < rows; i++) {
        [random.between(0, 320), random.between(0, 320), random.between(20, 120), random.between(20, 120)].forEach((v, k) => (data[k * rows + i] = v));
        for (let k = values - rest; k < values; k++) data[k * rows + i] = random.between(0, 320);
    }
    return {data, dims: [1, values, rows]};
}

/** Maps of logits at strides 8, 16, 32 of a square input. @param {Random} random @param {number} side @param {number} values @returns {Head[]} */
const pyramid = (random, side, values) => [8, 16, 32].map((stride) => noise(random, [1, values, side / stride, side / stride], -4.5, 1.5));

/** [1, A * V, H, W] as [1, A, H, W, V]. @param {Head} head @param {number} A @returns {Head} */
function perAnchor({data, dims: [N, values, H, W]}, A) {
    const {data: out} = turned({data, dims: [N * A, values / A, H, W]});
    return {data: out, dims: [N, A, H, W, values / A]};
}

/** Several maps as one [1, values, rows]. @param {Head[]} maps @returns {Head} */
function flat(maps) {
    const [, values] = maps[0].dims;
    const rows = maps.reduce((sum, {dims: [, , H, W]}) => sum + H * W, 0);
    const data = Array.from({length: values}, (_, v) => maps.map((map) => [...map.data.subarray(v * map.dims[2] * map.dims[3], (v + 1) * map.dims[2] * map.dims[3])]));
    return {data: Float32Array.from(data.flat(2)), dims: [1, values, rows]};
}

/** Several tensors [1, ...] as a batch. @param {Head[]} heads @returns {Head} */
const batch = (heads) => ({data: Float32Array.from(heads.flatMap(({data}) => [...data])), dims: [heads.length, ...heads[0].dims.slice(1)]});

test('YOLOv8 worked by hand', () => {
    // Columns are boxes: the second overlaps the first and is of its class, the third is of another, the fourth is weak.
    const head = {data: Float32Array.of(10, 11, 10, 50, 10, 10, 10, 50, 8, 8, 8, 4, 4, 4, 4, 4, 0.9, 0.8, 0.1, 0.2, 0.1, 0.3, 0.7, 0.1), dims: [1, 6, 4]};
    const found = decodeYolo(head);
    assert.equal(found.count, 2);
    assert.deepEqual([...found.boxes], [6, 8, 14, 12, 6, 8, 14, 12]);
    assert.deepEqual([...found.classes], [0, 1]);
    assert.deepEqual([...found.rows], [0, 2]);
    assertClose(found.scores, [0.9, 0.7], 1e-7);
    assert.equal(found.keypoints, undefined);
    const view = View.fit(128, 64, 64, 64);
    assert.deepEqual([...decodeYolo(head, {view}).boxes.subarray(0, 4)], [12, -16, 28, -8]);
    assert.deepEqual([...decodeYolo(head, {view, clip: true}).boxes.subarray(0, 4)], [12, 0, 28, 0]);
    assert.equal(decodeYolo(head, {classes: ['cat', 'dog']}).count, 2);
});

test('YOLOv5 worked by hand: objectness times class', () => {
    const head = {data: Float32Array.of(10, 10, 8, 4, 0.5, 0.9, 0.2, 30, 30, 8, 4, 0.4, 0.6, 0.5), dims: [1, 2, 7]};
    const found = decodeYolo(head, {version: 5});
    assert.deepEqual([...found.boxes], [6, 8, 14, 12]);
    assertClose(found.scores, [0.45], 1e-7);
});

test('YOLOv10 worked by hand: nothing is left to suppress', () => {
    const head = {data: Float32Array.of(1, 2, 3, 4, 0.3, 7, 1, 2, 3, 4, 0.9, 7, 5, 6, 7, 8, 0.1, 2), dims: [1, 3, 6]};
    const found = decodeYolo(head, {version: 10});
    assert.deepEqual([[...found.rows], [...found.classes], [...found.boxes]], [[1, 0], [7, 7], [1, 2, 3, 4, 1, 2, 3, 4]]);
    assert.deepEqual([...decodeYolo(head, {version: 10, normalized: true, size: [100, 10]}).boxes.subarray(0, 4)], [100, 20, 300, 40]);
    assert.deepEqual([...decodeYolo(head, {version: 'yolo26n', view: View.fit(20, 20, 10, 10)}).boxes.subarray(0, 4)], [2, 4, 6, 8]);
});

testGolden('boxes.yolov3_decode', ({params: {anchors, classes, stride}, inputs: {raw}, outputs: {boxes, score}}) => {
    const rows = boxes.dims[1];
    for (let image = 0; image < raw.dims[0]; image++) {
        const found = decodeYolo(raw, {...ALL, version: 3, anchors, classes, strides: [stride], image});
        assert.equal(found.count, rows * classes);
        const [b, s] = [new Float32Array(rows * 4), new Float32Array(rows * classes)];
        found.rows.forEach((row, i) => {
            b.set(found.boxes.subarray(4 * i, 4 * i + 4), 4 * row);
            s[row * classes + found.classes[i]] = found.scores[i];
        });
        assertClose(b, boxes.data.subarray(image * rows * 4, (image + 1) * rows * 4), boxes.tolerance, 'boxes');
        assertClose(s, score.data.subarray(image * rows * classes, (image + 1) * rows * classes), score.tolerance, 'score');
    }
});

testGolden('boxes.yolov8_decode', ({params, inputs: {raw}, outputs: {boxes, scores}}) => {
    const {grid_sizes: [[height, width]], strides, reg_max: bins, classes, box_format: to} = params;
    const [N, rows] = boxes.dims;
    for (let image = 0; image < N; image++) {
        const found = decodeYolo(raw, {...ALL, classes, bins, strides, size: [width * strides[0], height * strides[0]], layout: 'values', image});
        assert.equal(found.count, rows * classes);
        const [b, s] = [new Float32Array(rows * 4), new Float32Array(rows * classes)];
        const converted = boxConvert(found.boxes, {from: 'xyxy', to}).data;
        found.rows.forEach((row, i) => {
            b.set(converted.subarray(4 * i, 4 * i + 4), 4 * row);
            s[row * classes + found.classes[i]] = found.scores[i];
        });
        assertClose(b, boxes.data.subarray(image * rows * 4, (image + 1) * rows * 4), boxes.tolerance, 'boxes');
        assertClose(s, scores.data.subarray(image * rows * classes, (image + 1) * rows * classes), scores.tolerance, 'scores');
    }
});

testGolden('boxes.letterbox_inverse', ({params: {W, H, scale, pad_left, pad_top}, inputs, outputs}) => {
    const view = new View([1 / scale, 0, -pad_left / scale, 0, 1 / scale, -pad_top / scale], {picture: [W, H]});
    const n = inputs.boxes.dims[0];
    const rows = Array.from({length: n}, (_, i) => [...inputs.boxes.data.subarray(4 * i, 4 * i + 4), 1 - i / n, 0]);
    const found = decodeYolo({data: Float32Array.from(rows.flat()), dims: [1, n, 6]}, {version: 10, view, clip: true, scoreThreshold: 0});
    assertClose(found.boxes, outputs.boxes.data, outputs.boxes.tolerance);
});

test('decoded rows, either way round, of every version', () => {
    const random = new Random(1);
    for (const version of [8, 9, 11, 12, 'v8', 'yolov8n', 'yolo11x', 'YOLOv9-c']) {
        const head = decodedHead(random, {rows: 400, classes: 7});
        const want = selected(decodedRows(head, {classes: 7}));
        assertFound(decodeYolo(head, {version}), want, {least: 10});
        assertFound(decodeYolo(turned(head), {version}), want, {least: 10});
        assertFound(decodeYolo({data: head.data, dims: head.dims.slice(1)}, {version}), want, {least: 10, message: 'no batch'});
    }
    for (const version of [5, 6, 7, 'yolov5s', 'yolov7-tiny']) {
        const head = decodedHead(random, {rows: 400, classes: 7, objectness: true});
        const want = selected(decodedRows(head, {classes: 7, objectness: true}));
        for (const given of [head, turned(head), {output: head}, [head]]) assertFound(decodeYolo(given, {version}), want, {least: 10});
    }
    const wide = decodedHead(random, {rows: 30, classes: 80});
    const want = selected(decodedRows(wide, {classes: 80}), {scoreThreshold: 0.5});
    const options = {scoreThreshold: 0.5};
    assertFound(decodeYolo(wide, {...options, classes: COCO_80}), want, {message: 'fewer rows than values, and the classes known'});
    assertFound(decodeYolo(turned(wide), {...options, classes: 80}), want);
    assertFound(decodeYolo(wide, {...options, layout: 'values'}), want);
    assertFound(decodeYolo(turned(wide), {...options, layout: 'rows'}), want);
});

test('raw maps with anchors: YOLOv3, v5, v7; four and five sizes, any order', () => {
    const random = new Random(2);
    for (const [version, anchors, squared] of /** @type {[any, number[][][], boolean][]} */ ([[3, ANCHORS, false], ['yolov5', ANCHORS, true], [7, V7_ANCHORS, true]])) {
        const maps = pyramid(random, 160, 3 * (5 + 4));
        const want = selected(anchorMaps(maps, anchors, {side: 160, classes: 4, squared}));
        for (const options of [{}, {classes: 4}, {size: /** @type {const} */ ([160, 160])}, {strides: [8, 16, 32]}, {anchors: anchors.flat()}]) {
            assertFound(decodeYolo(maps, {version, ...options}), want, {least: 20, message: `${version} ${JSON.stringify(options)}`});
        }
        const five = maps.map((map) => perAnchor(map, 3));
        assertFound(decodeYolo(five, {version}), want, {message: 'five sizes'});
        assertFound(decodeYolo({c: five[2], a: five[0], b: five[1]}, {version}), want, {message: 'by name, unordered'});
        assertFound(decodeYolo([maps[1], maps[2], maps[0]], {version}), want, {message: 'unordered'});
    }
});

test('YOLOv4 and other gains: the centre reaches past its cell', () => {
    const sigmoid = (/** @type {number} */ t) => 1 / (1 + Math.exp(-t));
    const map = (/** @type {number} */ side) => ({data: Float32Array.from([1.5, -2, 0.25, -0.5, 9, 9].flatMap((t) => new Array(side * side).fill(t))), dims: [1, 6, side, side]});
    const anchors = [[20, 10], [20, 10], [20, 10]];
    const [w, h] = [20 * Math.exp(0.25), 10 * Math.exp(-0.5)];
    const firstOf = (/** @type {number} */ gain, /** @type {number} */ stride) => {
        const [x, y] = [1.5, -2].map((t) => stride * (gain * sigmoid(t) - (gain - 1) / 2));
        return [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
    };
    const all = {iouThreshold: Infinity};
    const four = decodeYolo([map(4), map(2), map(1)], {version: 4, anchors, ...all});
    [[0, 1.2, 8], [16, 1.1, 16], [20, 1.05, 32]].forEach(([row, gain, stride]) => {
        const at = four.rows.indexOf(row);
        assertClose(four.boxes.subarray(4 * at, 4 * at + 4), firstOf(gain, stride), 1e-4, `stride ${stride}`);
    });
    /** @type {[any, number][]} */
    const gains = [[{version: 4, gain: 1.2}, 1.2], [{version: 3}, 1], [{version: 3, gain: 2}, 2], [{version: 4, gain: [1.3]}, 1.3]];
    for (const [options, gain] of gains) {
        assertClose(decodeYolo(map(1), {...options, anchors: [[20, 10]]}).boxes, firstOf(gain, 32), 1e-4);
    }
});

test('raw bins: YOLOv8 and later, as maps and flat', () => {
    const random = new Random(3);
    for (const [version, bins, classes] of /** @type {[any, number, number][]} */ ([[8, 16, 5], ['yolo11', 16, 80], [9, 8, 3]])) {
        const maps = pyramid(random, 128, 4 * bins + classes);
        const want = selected(binMaps(maps, {side: 128, bins, classes}));
        for (const given of [maps, maps.map(turned), Object.fromEntries(maps.map((map, i) => [`out${2 - i}`, map]))]) {
            assertFound(decodeYolo(given, {version, bins}), want, {least: 20});
            assertFound(decodeYolo(given, {version, bins, classes, strides: [8, 16, 32]}), want);
        }
        for (const given of [flat(maps), turned(flat(maps))]) {
            for (const options of [{}, {size: /** @type {const} */ ([128, 128])}]) assertFound(decodeYolo(given, {version, bins, classes, ...options}), want, {least: 20});
        }
    }
});

test('YOLOX: flat over the strides, still to be decoded', () => {
    const random = new Random(4);
    for (const side of [64, 160]) {
        const rows = (side / 8) ** 2 * (1 + 1 / 4 + 1 / 16);
        const data = random.floats(rows * 9, 0, 1).map((v, i) => (i % 9 < 4 ? 2 * v - 0.5 : v ** 0.5));
        const head = {data, dims: [1, rows, 9]};
        const want = selected(yolox(head, side));
        for (const options of [{}, {classes: 4}, {size: /** @type {const} */ ([side, side])}]) assertFound(decodeYolo(head, {version: 'yolox', ...options}), want, {least: 20});
        assertFound(decodeYolo(turned(head), {version: 'x'}), want);
        assertFound(decodeYolo(head, {version: 'x', decoded: true}), selected(decodedRows(head, {classes: 4, objectness: true, transposed: false})), {message: 'decoded'});
    }
});

test('keypoints, decoded and raw; and what comes after them', () => {
    const random = new Random(5);
    const head = decodedHead(random, {rows: 300, classes: 2, rest: 3 * 5 + 2});
    const want = selected(decodedRows(head, {classes: 2, keypoints: 5}));
    for (const given of [head, turned(head)]) assertFound(decodeYolo(given, {classes: 2, keypoints: 5}), want, {least: 20});
    const maps = pyramid(random, 128, 64 + 1 + 3 * 17);
    const raw = selected(binMaps(maps, {side: 128, bins: 16, classes: 1, keypoints: 17}));
    for (const given of [maps, maps.map(turned)]) assertFound(decodeYolo(given, {keypoints: 17}), raw, {least: 20});
    for (const given of [flat(maps), turned(flat(maps))]) assertFound(decodeYolo(given, {keypoints: 17, classes: 1}), raw);
    const view = View.crop({x: 50, y: 60, width: 256, height: 256, angle: 0.5}, 128, 128);
    const turnedBack = decodeYolo(maps, {keypoints: 17, view}).keypoints ?? assert.fail();
    raw.forEach(({points}, i) => points?.forEach(([x, y, seen], k) => {
        assertClose(turnedBack.subarray(51 * i + 3 * k, 51 * i + 3 * k + 3), [...view.toPicture([x, y]), seen], 1e-2);
    }));
});

test('mask coefficients are left to be found by their rows', () => {
    const random = new Random(6);
    const head = decodedHead(random, {rows: 300, classes: 3, rest: 8});
    const protos = noise(random, [1, 8, 20, 20], -1, 1);
    const want = selected(decodedRows(head, {classes: 3}));
    assertFound(decodeYolo(head, {classes: 3}), want, {least: 20});
    assertFound(decodeYolo({output0: head, output1: protos}), want, {message: 'the classes are what the masks leave'});
});

test('every image of a batch', () => {
    const random = new Random(7);
    const heads = [0, 1, 2].map(() => decodedHead(random, {rows: 200, classes: 3}));
    const pyramids = [0, 1].map(() => pyramid(random, 96, 3 * 8));
    for (const image of [0, 1, 2]) {
        const want = selected(decodedRows(heads[image], {classes: 3}));
        assertFound(decodeYolo(batch(heads), {image}), want);
        assertFound(decodeYolo(turned(batch(heads)), {image}), want);
    }
    for (const image of [0, 1]) {
        const want = selected(anchorMaps(pyramids[image], ANCHORS, {side: 96, classes: 3, squared: true}));
        const maps = [0, 1, 2].map((level) => batch(pyramids.map((p) => p[level])));
        assertFound(decodeYolo(maps, {version: 5, image}), want);
        assertFound(decodeYolo(maps.map((map) => perAnchor(map, 3)), {version: 5, image}), want);
    }
});

test('float16 and bytes give what their float32 gives', () => {
    const random = new Random(8);
    const decoded = decodedHead(random, {rows: 400, classes: 6});
    const maps = pyramid(random, 96, 3 * 9);
    /** @type {[Head[], any][]} */
    const cases = [[[decoded], {}], [[turned(decoded)], {}], [maps, {version: 3}], [pyramid(random, 96, 64 + 5), {}]];
    for (const [heads, options] of cases) {
        const [halves, bytes] = [heads.map(halved), heads.map(quantised)];
        const same = (/** @type {Head[]} */ a, /** @type {Head[]} */ b) => {
            const want = decodeYolo(b, options);
            assert.ok(want.count > 5);
            assert.deepEqual(decodeYolo(a, options), want);
        };
        same(halves.map(({half}) => half), halves.map(({rounded}) => rounded));
        same(bytes.map((b) => b.bytes), bytes.map(({rounded}) => rounded));
    }
});

test('boxes as fractions of the input', () => {
    const random = new Random(9);
    const head = decodedHead(random, {rows: 200, classes: 3});
    const fractions = {data: head.data.slice(), dims: head.dims};
    for (let i = 0; i < 800; i++) fractions.data[i] /= Math.floor(i / 200) % 2 ? 480 : 640;
    const want = selected(decodedRows(head, {classes: 3}));
    assertFound(decodeYolo(fractions, {normalized: true, size: [640, 480]}), want, {box: 1e-2, least: 20});
    const view = View.fit(640, 480, 640, 480);
    assertFound(decodeYolo(fractions, {normalized: true, view}), want, {box: 1e-2});
});

test('what is encoded is decoded', () => {
    const random = new Random(10);
    const logit = (/** @type {number} */ p) => Math.log(p / (1 - p));
    for (let round = 0; round < 100; round++) {
        const [cell, stride, [aw, ah]] = [random.integer(0, 15), 32, [random.between(20, 200), random.between(20, 200)]];
        const [fx, fy] = [random.between(0.1, 0.9), random.between(0.1, 0.9)];
        const [x, y, w, h] = [(cell % 4 + fx) * stride, (Math.floor(cell / 4) + fy) * stride, aw * random.between(0.3, 3), ah * random.between(0.3, 3)];
        const want = [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
        /** @param {any} version @param {number[]} t */
        const decoded = (version, t) => {
            const data = new Float32Array(6 * 16).fill(-9);
            [...t, 9, 9].forEach((v, k) => (data[k * 16 + cell] = v));
            return decodeYolo({data, dims: [1, 6, 4, 4]}, {version, anchors: [[aw, ah]]}).boxes;
        };
        assertClose(decoded(3, [logit(fx), logit(fy), Math.log(w / aw), Math.log(h / ah)]), want, 1e-2);
        assertClose(decoded(5, [logit((fx + 0.5) / 2), logit((fy + 0.5) / 2), logit(Math.sqrt(w / aw) / 2), logit(Math.sqrt(h / ah) / 2)]), want, 1e-2);
        assertClose(decoded(4, [logit((fx + 0.025) / 1.05), logit((fy + 0.025) / 1.05), Math.log(w / aw), Math.log(h / ah)]), want, 1e-2);
        const rows = new Float32Array(21 * 6);
        [fx + cell % 4, fy + Math.floor(cell / 4), Math.log(w / stride), Math.log(h / stride), 1, 0.9].forEach((v, k) => (rows[120 + k] = v));
        assertClose(decodeYolo({data: rows, dims: [1, 21, 6]}, {version: 'x', size: [32, 32]}).boxes, want, 1e-2);
        const edges = [random.between(0.1, 6.9), random.between(0.1, 6.9), random.between(0.1, 6.9), random.between(0.1, 6.9)];
        const bins = edges.flatMap((d) => Array.from({length: 8}, (_, k) => Math.log(Math.max(1 - Math.abs(d - k), 1e-12))));
        const map = {data: Float32Array.from([...bins, 5]), dims: [1, 33, 1, 1]};
        assertClose(decodeYolo(map, {bins: 8}).boxes, edges.map((d, k) => 16 + (k < 2 ? -32 : 32) * d), 1e-2);
    }
});

test('mistakes are named', () => {
    const head = {data: new Float32Array(7 * 20), dims: [1, 7, 20]};
    const map = {data: new Float32Array(24 * 4), dims: [1, 24, 2, 2]};
    const of = (/** @type {number[]} */ ...dims) => ({data: new Float32Array(dims.reduce((a, b) => a * b, 1)), dims});
    /** @type {[any, any, string, RegExp][]} */
    const wrong = [
        [undefined, {}, 'TypeError', /^outputs: expected a tensor.*undefined/],
        [null, {}, 'TypeError', /^outputs/],
        [[], {}, 'TypeError', /^outputs: expected a tensor, got none/],
        [{}, {}, 'TypeError', /^outputs: expected a tensor, got none/],
        [[head, 5], {}, 'TypeError', /^outputs\[1\]: expected a tensor.*5/],
        [{...head, dims: [1, 7, 21]}, {}, 'RangeError', /^outputs: expected 147 values .*got 140/],
        [of(140), {}, 'RangeError', /^outputs.*\[140\]/],
        [of(1, 1, 1, 1, 7, 20), {}, 'RangeError', /^outputs/],
        [of(1, 4, 4), {}, 'RangeError', /^outputs: expected 4 \+ classes values.*\[1, 4, 4\]/],
        [of(1, 5, 5), {version: 5}, 'RangeError', /^outputs: expected 5 \+ classes values/],
        [[head, head], {}, 'RangeError', /^outputs: expected one output/],
        [head, {version: 'rcnn'}, 'TypeError', /^version: expected one of v3, .* got rcnn/],
        [head, {version: 99}, 'TypeError', /^version: .* got v?99/],
        [head, {version: null}, 'TypeError', /^version/],
        [head, {classes: 4}, 'RangeError', /^outputs: expected 4 \+ 4 values/],
        [head, {classes: 0}, 'RangeError', /^classes/],
        [head, {classes: []}, 'RangeError', /^classes/],
        [head, {classes: 1.5}, 'RangeError', /^classes/],
        [head, {keypoints: -1}, 'RangeError', /^keypoints/],
        [of(1, 7, 7), {keypoints: 1}, 'RangeError', /^outputs: expected 4 \+ classes \+ 3 values/],
        [head, {image: 1}, 'RangeError', /^image: expected an integer from 0 to 0, got 1/],
        [head, {layout: 'columns'}, 'TypeError', /^layout/],
        [head, {scoreThreshold: NaN}, 'TypeError', /^scoreThreshold/],
        [head, {iouThreshold: 'x'}, 'TypeError', /^iouThreshold/],
        [head, {maxDetections: -2}, 'RangeError', /^maxDetections/],
        [head, {policy: 'best'}, 'TypeError', /^policy/],
        [head, {view: [1, 0, 0, 0, 1, 0]}, 'TypeError', /^view: expected a View/],
        [head, {clip: 'frame'}, 'TypeError', /^clip/],
        [head, {clip: true}, 'TypeError', /^view/],
        [head, {clip: 'tensor'}, 'TypeError', /^size/],
        [head, {size: [0, 5]}, 'TypeError', /^size/],
        [head, {size: 640}, 'TypeError', /^size/],
        [head, {normalized: true}, 'TypeError', /^size/],
        [map, {version: 3, anchors: [[1, 2]], strides: [8, 16]}, 'RangeError', /^strides/],
        [[map, map], {version: 3, anchors: [[1, 2]]}, 'RangeError', /^anchors/],
        [[map, of(1, 27, 1, 1)], {version: 3, anchors: [[1, 2], [3, 4]]}, 'RangeError', /^outputs/],
        [of(1, 4, 1, 1), {version: 3, anchors: [[1, 2]]}, 'RangeError', /^outputs/],
        [of(1, 10, 9), {version: 'x', size: [64, 64]}, 'RangeError', /^outputs: .*64 x 64.*strides 8, 16, 32/],
        [of(1, 21, 6), {version: 'x', strides: [7]}, 'RangeError', /^outputs/],
        [of(1, 20, 5), {version: 10, layout: 'rows'}, 'RangeError', /^outputs/],
    ];
    for (const [outputs, options, name, message] of wrong) {
        assert.throws(() => decodeYolo(outputs, options), {name, message}, `${JSON.stringify(outputs?.dims ?? outputs)} ${JSON.stringify(options)}`);
    }
});
