import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, decodeBlazeFace, decodeSsd, defaultBoxes, init, ssdAnchors} from '../js/index.js';
import {assertClose} from './close.js';
import {assertFound, halved, noise, quantised, selected} from './detect64.js';
import {testGolden} from './golden.js';
import {Random} from './random.js';
import {faceAnchors, faceCandidates, merged, ssdCandidates} from './ssd64.js';
import {iou64} from './tools/heads64.js';

await init();

/** @param {ArrayLike<number>} data @param {number} width @returns {number[][]} */
const rowsOf = (data, width) => Array.from({length: data.length / width}, (_, i) => Array.from({length: width}, (__, k) => data[i * width + k]));

/** N anchors of a 300 x 300 input, centre and size in pixels. @param {Random} random @param {number} n */
const someAnchors = (random, n) => Float32Array.from({length: 4 * n}, (_, i) => i % 4 < 2 ? random.between(0, 300) : random.between(20, 90));

/** @param {Random} random @param {number} n @param {number} classes @param {number} [N] */
function someHead(random, n, classes, N = 1) {
    return {boxes: noise(random, [N, n, 4], -3, 3), scores: noise(random, [N, n, classes], -5, 2)};
}

test('worked by hand', () => {
    // y, x, height, width; the anchor is 40 x 20 at (100, 50).
    const anchors = {data: Float32Array.of(100, 50, 40, 20), dims: [1, 4]};
    const boxes = {data: Float32Array.of(10, 5, 5 * Math.log(2), 0), dims: [1, 1, 4]};
    const scores = {data: Float32Array.of(9, -1, 0, -3), dims: [1, 1, 4]};
    const found = decodeSsd({boxes, scores}, {anchors});
    assertClose(found.boxes, [120 - 20, 70 - 20, 120 + 20, 70 + 20], 1e-4);
    assert.deepEqual([[...found.scores], [...found.classes], [...found.rows]], [[0.5], [2], [0]]);
    assert.deepEqual([...decodeSsd({boxes, scores}, {anchors, background: -1}).classes], [0]);
    const fractions = {data: anchors.data.map((v) => v / 300), dims: [1, 4]};
    assertClose(decodeSsd({boxes, scores}, {anchors: fractions}).boxes, found.boxes, 1e-3);
    assertClose(decodeSsd({boxes, scores}, {anchors: fractions, size: [600, 150]}).boxes, [...found.boxes].map((v, i) => v * (i % 2 ? 0.5 : 2)), 1e-3);
    const corners = {data: Float32Array.of(80, 40, 120, 60), dims: [1, 4]};
    assertClose(decodeSsd({boxes, scores}, {anchors: corners, anchorFormat: 'xyxy'}).boxes, found.boxes, 1e-3);
    const swapped = {data: Float32Array.of(5, 10, 0, 5 * Math.log(2)), dims: [1, 1, 4]};
    assertClose(decodeSsd({boxes: swapped, scores}, {anchors, order: 'xy'}).boxes, found.boxes, 1e-3);
    const inPicture = decodeSsd({boxes, scores}, {anchors, scales: [20, 10], view: View.fit(600, 600, 300, 300)}).boxes;
    assertClose(inPicture, [220 - 40, 120 - 20 * Math.SQRT2 - 10, 220 + 40, 120 + 20 * Math.SQRT2 - 10].map((v, i) => i % 2 ? v + 10 : v), 1e-3);
});

testGolden('boxes.ssd_detections', ({params, inputs: {cls_logits, bbox_regression, anchors}, outputs}) => {
    let from = 0;
    params.image_shapes.forEach((/** @type {number[]} */ [height, width], /** @type {number} */ image) => {
        const found = decodeSsd({boxes: bbox_regression, scores: cls_logits}, {
            variant: 'torchvision', anchors, size: [width, height], image, scoreThreshold: params.score_thresh, iouThreshold: params.nms_thresh,
            maxPerClass: params.topk_candidates, maxDetections: params.detections_per_img,
        });
        const to = from + outputs.counts.data[image];
        assert.equal(found.count, to - from);
        assertClose(found.scores, outputs.scores.data.subarray(from, to), outputs.scores.tolerance, 'scores');
        assert.deepEqual(found.classes, outputs.labels.data.slice(from, to));
        assertClose(found.boxes, outputs.boxes.data.subarray(4 * from, 4 * to), outputs.boxes.tolerance, 'boxes');
        from = to;
    });
    assert.equal(from, outputs.scores.data.length);
});

test('every variant, against the definition', () => {
    const random = new Random(1);
    for (let round = 0; round < 40; round++) {
        const [n, classes] = [random.integer(1, 120), random.integer(2, 9)];
        const [head, anchors] = [someHead(random, n, classes), someAnchors(random, n)];
        const given = {data: anchors, dims: [n, 4]};
        for (const yx of [true, false]) {
            for (const activation of /** @type {const} */ (['sigmoid', 'softmax', 'none'])) {
                for (const background of [0, -1, classes - 1]) {
                    const options = {scoreThreshold: 0.3, background, multiLabel: random.chance(0.3), iouThreshold: random.between(0.2, 0.8)};
                    const want = selected(ssdCandidates(head.boxes.data, head.scores.data, rowsOf(anchors, 4), {yx, activation}), options);
                    const got = decodeSsd(head, {...options, anchors: given, order: yx ? 'yx' : 'xy', activation});
                    assertFound(got, want, {least: 0, box: 1e-3, message: `${activation} ${background}`});
                }
            }
        }
    }
});

test('the limit of a size\'s exponent', () => {
    const anchors = {data: Float32Array.of(100, 100, 10, 10), dims: [1, 4]};
    const scores = {data: Float32Array.of(-9, 9), dims: [1, 2]};
    const boxes = {data: Float32Array.of(0, 0, 1000, 5 * Math.log(3)), dims: [1, 4]};
    const found = decodeSsd({boxes, scores}, {anchors, order: 'xy', limit: Math.log(1000 / 16)});
    assertClose(found.boxes, [100 - 312.5, 85, 100 + 312.5, 115], 1e-2);
    assert.deepEqual([...decodeSsd({boxes, scores}, {anchors, order: 'xy'}).boxes.subarray(2, 3)], [Infinity], 'none: a defined result');
});

test('its own anchors are the default, of every size and image', () => {
    const random = new Random(2);
    for (const [size, n] of /** @type {const} */ ([[[300, 300], 1917], [[320, 160], ssdAnchors({size: [320, 160]}).dims[0]]])) {
        const head = someHead(random, n, 3, 2);
        const anchors = rowsOf(ssdAnchors({size}).data, 4).map((row) => row.map((v, k) => v * size[k % 2]));
        for (const image of [0, 1]) {
            const part = [head.boxes.data.subarray(image * n * 4, (image + 1) * n * 4), head.scores.data.subarray(image * n * 3, (image + 1) * n * 3)];
            const want = selected(ssdCandidates(part[0], part[1], anchors), {background: 0, scoreThreshold: 0.8});
            const options = {scoreThreshold: 0.8, image};
            assertFound(decodeSsd(head, {...options, size}), want, {least: 20, box: 1e-2});
            assertFound(decodeSsd(head, {...options, view: View.fit(size[0], size[1], size[0], size[1])}), want, {box: 1e-2});
            assertFound(decodeSsd([head.scores, head.boxes], {...options, size}), want, {box: 1e-2});
        }
    }
});

test('float16 and bytes give what their float32 gives', () => {
    const random = new Random(3);
    const {boxes, scores} = someHead(random, 1917, 4);
    /** @param {any[]} raw @param {any[]} rounded */
    const same = (raw, rounded) => {
        const [got, want] = [raw, rounded].map(([b, s]) => decodeSsd({boxes: b, scores: s}, {scoreThreshold: 0.7}));
        assert.ok(want.count > 10);
        assert.deepEqual(got, want);
    };
    const [halves, bytes] = [[boxes, scores].map(halved), [boxes, scores].map(quantised)];
    same(halves.map(({half}) => half), halves.map(({rounded}) => rounded));
    same(bytes.map((q) => q.bytes), bytes.map(({rounded}) => rounded));
});

test('what is encoded is decoded', () => {
    const random = new Random(4);
    const anchors = defaultBoxes();
    for (let round = 0; round < 100; round++) {
        const row = random.integer(0, 8731);
        const [x1, y1, x2, y2] = anchors.data.subarray(4 * row, 4 * row + 4);
        const [aw, ah] = [x2 - x1, y2 - y1];
        const [x, y, w, h] = [(x1 + x2) / 2 + random.between(-9, 9), (y1 + y2) / 2 + random.between(-9, 9), random.between(5, 200), random.between(5, 200)];
        const boxes = {data: new Float32Array(8732 * 4), dims: [1, 8732, 4]};
        const scores = {data: new Float32Array(8732 * 2).map((_, i) => (i % 2 ? -20 : 0)), dims: [1, 8732, 2]};
        boxes.data.set([10 * (x - (x1 + x2) / 2) / aw, 10 * (y - (y1 + y2) / 2) / ah, 5 * Math.log(w / aw), 5 * Math.log(h / ah)], 4 * row);
        scores.data[2 * row + 1] = 9;
        const found = decodeSsd({boxes, scores}, {variant: 'torchvision', anchors, clip: false, scoreThreshold: 0.5});
        assert.deepEqual([found.count, found.rows[0], found.classes[0]], [1, row, 1]);
        assertClose(found.boxes, [x - w / 2, y - h / 2, x + w / 2, y + h / 2], 2e-3);
    }
});

/** A face's values: some noise everywhere, and faces at a few anchors. @param {Random} random @param {number} side */
function faceHead(random, side) {
    const [boxes, logits] = [random.floats(896 * 16, -side / 8, side / 8), random.floats(896, -9, -1)];
    for (let i = 0; i < 896; i++) [2, 3].forEach((k) => (boxes[16 * i + k] = random.between(side / 8, side / 3)));
    for (let i = 0; i < 40; i++) logits[random.integer(0, 895)] = random.between(0.2, 4);
    return {boxes, logits};
}

test('BlazeFace in every form it is exported in, against the definition', () => {
    const random = new Random(5);
    for (const side of [256, 128]) {
        const {boxes, logits} = faceHead(random, side);
        const want = merged(faceCandidates(boxes, logits, side), {scoreThreshold: 0.5, iouThreshold: 0.3}, iou64);
        assert.ok(want.some(({size}) => size > 1), 'something is merged');
        /** @param {number} from @param {number} to @param {boolean} [maps] */
        const part = (from, to, maps) => {
            const [n, cells] = [to - from, from ? 8 : 16];
            return [
                {data: logits.slice(from, to), dims: maps ? [1, cells, cells, n / cells ** 2] : [1, n, 1]},
                {data: boxes.slice(16 * from, 16 * to), dims: maps ? [1, cells, cells, 16 * n / cells ** 2] : [1, n, 16]},
            ];
        };
        const forms = [part(0, 896), part(0, 896).reverse(), [...part(0, 512), ...part(512, 896)], [...part(512, 896, true), ...part(0, 512, true)].reverse()];
        for (const form of forms) {
            const found = decodeBlazeFace(form, {size: [side, side]});
            assertFound(found, want, {least: 10, box: 1e-2});
            const byName = Object.fromEntries(form.map((tensor, i) => [`Identity_${i}`, tensor]));
            assert.deepEqual(decodeBlazeFace(byName, {view: View.fit(side, side, side, side)}), found);
        }
        const greedy = decodeBlazeFace(forms[0], {size: [side, side], policy: 'greedy'});
        assertFound(greedy, selected(faceCandidates(boxes, logits, side), {scoreThreshold: 0.5, iouThreshold: 0.3}), {least: 10, box: 1e-2});
        const view = View.crop({x: 300, y: 200, width: 400, height: 400, angle: 0.4}, side, side);
        const turned = decodeBlazeFace(forms[0], {view});
        assertClose(turned.boxes, view.boxesToPicture(decodeBlazeFace(forms[0], {size: [side, side]}).boxes), 1e-2);
        const [x, y] = want[0].points[3];
        assertClose((turned.keypoints ?? []).slice(9, 12), [...view.toPicture([x, y]), 1], 1e-2);
    }
});

test('a face that is encoded is decoded', () => {
    const [boxes, logits] = [new Float32Array(896 * 16), new Float32Array(896).fill(-20)];
    const [ax, ay] = faceAnchors(256)[700];
    const points = [[90, 80], [120, 82], [105, 100], [104, 115], [70, 85], [140, 90]];
    boxes.set([100 - ax, 95 - ay, 60, 64, ...points.flatMap(([x, y]) => [x - ax, y - ay])], 16 * 700);
    logits[700] = 3;
    const found = decodeBlazeFace([{data: boxes, dims: [1, 896, 16]}, {data: logits, dims: [1, 896, 1]}]);
    assertClose(found.boxes, [70, 63, 130, 127], 1e-3);
    assertClose(found.keypoints ?? [], points.flatMap(([x, y]) => [x, y, 1]), 1e-3);
    assertClose(found.scores, [1 / (1 + Math.exp(-3))], 1e-6);
    assert.deepEqual([[...found.rows], [...found.classes]], [[700], [0]]);
});

test('hostile heads: NaN and infinities are never found', () => {
    const random = new Random(6);
    const anchors = {data: someAnchors(random, 50), dims: [50, 4]};
    for (const value of [NaN, -Infinity, -1e30]) {
        const boxes = {data: new Float32Array(200), dims: [1, 50, 4]};
        for (const variant of ['tensorflow', 'mediapipe', 'torchvision']) {
            const scores = {data: new Float32Array(150).fill(value), dims: [1, 50, 3]};
            assert.equal(decodeSsd({boxes, scores}, {variant, anchors, scoreThreshold: 0.4}).count, 0, `${variant} ${value}`);
        }
        const {boxes: faces} = faceHead(random, 256);
        assert.equal(decodeBlazeFace([{data: faces, dims: [896, 16]}, {data: new Float32Array(896).fill(value), dims: [896]}]).count, 0);
    }
    const sure = {data: new Float32Array(100).fill(3), dims: [1, 50, 2]};
    assert.equal(decodeSsd({boxes: {data: new Float32Array(200).fill(NaN), dims: [1, 50, 4]}, scores: sure}, {anchors}).count, 0);
    const huge = decodeSsd({boxes: {data: new Float32Array(200).fill(1e30), dims: [1, 50, 4]}, scores: sure}, {anchors});
    assert.ok(huge.boxes.every((v) => !Number.isNaN(v)));
    const none = (/** @type {number[]} */ ...dims) => ({data: new Float32Array(0), dims});
    assert.equal(decodeSsd({boxes: none(1, 0, 4), scores: none(1, 0, 2)}, {anchors: none(0, 4)}).count, 0);
});

test('mistakes are named', () => {
    const of = (/** @type {number[]} */ ...dims) => ({data: new Float32Array(dims.reduce((a, b) => a * b, 1)), dims});
    const pair = {boxes: of(1, 5, 4), scores: of(1, 5, 2)};
    /** @type {[any, any, string, RegExp][]} */
    const wrong = [
        [undefined, {}, 'TypeError', /^outputs/],
        [{boxes: pair.boxes}, {}, 'RangeError|TypeError', /^outputs: expected.*boxes \[1, N, 4\] and scores \[1, N, classes\]/],
        [{boxes: of(1, 5, 5), scores: of(1, 5, 2)}, {}, 'RangeError', /^outputs/],
        [{boxes: of(1, 5, 4), scores: of(1, 6, 2)}, {}, 'RangeError', /^outputs/],
        [{boxes: of(2, 5, 4), scores: of(1, 5, 2)}, {}, 'RangeError', /^outputs/],
        [{boxes: {...of(1, 5, 4), dims: [1, 6, 4]}, scores: of(1, 6, 2)}, {}, 'RangeError', /^outputs.*24/],
        [pair, {}, 'RangeError', /^anchors: expected one for each of 5 rows, got 1917/],
        [pair, {anchors: of(4, 4)}, 'RangeError', /^anchors: .*5.*4/],
        [pair, {anchors: of(5, 5)}, 'RangeError', /^anchors/],
        [pair, {anchors: of(5, 4), variant: 'caffe'}, 'TypeError', /^variant: expected one of tensorflow, mediapipe, torchvision/],
        [pair, {anchors: of(5, 4), order: 'zx'}, 'TypeError', /^order/],
        [pair, {anchors: of(5, 4), activation: 'relu'}, 'TypeError', /^activation/],
        [pair, {anchors: of(5, 4), anchorFormat: 'xywh'}, 'TypeError', /^anchorFormat/],
        [pair, {anchors: of(5, 4), image: 1}, 'RangeError', /^image/],
    ];
    for (const [outputs, options, name, message] of wrong) {
        assert.throws(() => decodeSsd(outputs, options), (/** @type {any} */ error) => name.split('|').includes(error.name) && message.test(error.message) || assert.fail(`${message}: ${error}`));
    }
    for (const outputs of [of(1, 896, 16), [of(1, 896, 16)], [of(1, 512, 1), of(1, 512, 16)], [of(1, 895, 1), of(1, 895, 16)]]) {
        assert.throws(() => decodeBlazeFace(outputs), {name: 'RangeError', message: /^outputs: expected scores \[1, 896, 1\] and boxes \[1, 896, 16\]/});
    }
    assert.throws(() => decodeBlazeFace([of(896, 16), of(896, 1)], {keypoints: 5}), {name: 'RangeError', message: /\[1, 896, 14\]/});
    assert.throws(() => decodeBlazeFace([of(896, 16), of(896, 1)], {keypoints: -1}), {name: 'RangeError', message: /^keypoints/});
});
