import assert from 'node:assert/strict';
import {test} from 'node:test';
import {boxClip, boxConvert, boxIou, boxesOfSize, init} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';

await init();

const FORMATS = /** @type {const} */ (['xyxy', 'xywh', 'cxcywh']);
const KINDS = /** @type {const} */ (['iou', 'giou', 'diou', 'ciou']);

/** @param {ArrayLike<number>} data @returns {{data: Float32Array, dims: number[]}} */
const rows = (data) => ({data: Float32Array.from(data), dims: [data.length / 4, 4]});

/** @param {Random} random @param {number} n @param {number} [side] */
function someBoxes(random, n, side = 100) {
    return Float32Array.from(Array.from({length: n}, () => {
        const [x, y] = [random.between(-side, side), random.between(-side, side)];
        return [x, y, x + random.between(0.1, side), y + random.between(0.1, side)];
    }).flat());
}

/** torchvision's formulas in float64. @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {string} kind */
function pair(a, b, kind) {
    const [aw, ah, bw, bh] = [a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]];
    const inter = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
    const union = aw * ah + bw * bh - inter;
    const iou = inter / union;
    const [hw, hh] = [Math.max(a[2], b[2]) - Math.min(a[0], b[0]), Math.max(a[3], b[3]) - Math.min(a[1], b[1])];
    const apart = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2;
    const diou = iou - apart / (hw ** 2 + hh ** 2 + 1e-7);
    const v = 4 / Math.PI ** 2 * (Math.atan(aw / ah) - Math.atan(bw / bh)) ** 2;
    return {iou, giou: iou - (hw * hh - union) / (hw * hh), diou, ciou: diou - v * v / (1 - iou + v + 1e-7)}[kind] ?? NaN;
}

test('formats worked by hand', () => {
    const convert = (/** @type {any} */ from, /** @type {any} */ to, /** @type {number[]} */ box) => [...boxConvert(box, {from, to}).data];
    assert.deepEqual(convert('xyxy', 'xywh', [1, 2, 5, 10]), [1, 2, 4, 8]);
    assert.deepEqual(convert('xyxy', 'cxcywh', [1, 2, 5, 10]), [3, 6, 4, 8]);
    assert.deepEqual(convert('cxcywh', 'xyxy', [3, 6, 4, 8]), [1, 2, 5, 10]);
    assert.deepEqual(convert('cxcywh', 'xywh', [3, 6, 4, 8]), [1, 2, 4, 8]);
    assert.deepEqual(convert('xywh', 'cxcywh', [1, 2, 4, 8]), [3, 6, 4, 8]);
    assert.deepEqual(boxConvert([], {from: 'xyxy', to: 'xywh'}), {data: new Float32Array(0), dims: [0, 4]});
});

test('overlaps worked by hand', () => {
    const a = [0, 0, 2, 2];
    const b = [1, 1, 3, 3, 0, 0, 2, 2, 5, 5, 6, 6, 2, 0, 4, 2, 0, 0, 2, 1];
    const value = (/** @type {any} */ kind) => boxIou(a, b, {kind});
    assert.deepEqual(value('iou').dims, [1, 5]);
    assertClose(value('iou').data, [1 / 7, 1, 0, 0, 1 / 2], 1e-7);
    assertClose(value('giou').data, [1 / 7 - 2 / 9, 1, -31 / 36, 0, 1 / 2], 1e-6);
    assertClose(value('diou').data, [1 / 7 - 2 / 18, 1, -40.5 / 72, -4 / 20, 1 / 2 - 0.25 / 8], 1e-6);
    assert.deepEqual(boxIou([], b), {data: new Float32Array(0), dims: [0, 5]});
    assert.deepEqual(boxIou(b, []).dims, [5, 0]);
});

test('clipping worked by hand', () => {
    const boxes = [-5, -5, 5, 5, 10, 20, 400, 500, 120, -20, 130, -10, 0, 0, 100, 80];
    assert.deepEqual(boxClip(boxes, {width: 100, height: 80}), rows([0, 0, 5, 5, 10, 20, 100, 80, 100, 0, 100, 0, 0, 0, 100, 80]));
    assert.deepEqual([...boxesOfSize(boxClip(boxes, {width: 100, height: 80}), 5)], [0, 1, 3]);
    assert.deepEqual([...boxesOfSize([0, 0, 1, 1, 0, 0, NaN, 9, 0, 0, 9, 0.5], 1)], [0], 'the size itself is large enough');
});

testGolden('boxes.convert', ({params, inputs, outputs}) => {
    assertGolden(boxConvert(inputs.boxes, params), outputs.boxes);
});

testGolden('boxes.clip', ({params: {W, H, min_size}, inputs, outputs}) => {
    const clipped = boxClip(inputs.boxes, {width: W, height: H});
    assertGolden(clipped, outputs.boxes);
    assert.deepEqual(boxesOfSize(clipped, min_size), outputs.keep.data);
});

testGolden('boxes.pairwise', ({params, inputs: {a, b}, outputs}) => {
    assertGolden(boxIou(a, b, params), outputs.value);
});

test('every number of boxes, against float64', () => {
    const random = new Random(1);
    for (let n = 0; n < 12; n++) {
        for (let m = 0; m < 12; m++) {
            const [a, b] = [someBoxes(random, n), someBoxes(random, m)];
            for (const kind of KINDS) {
                const {data, dims} = boxIou(a, b, {kind});
                assert.deepEqual(dims, [n, m]);
                const want = Array.from(data, (_, i) => pair(a.subarray(4 * Math.floor(i / m)), b.subarray(4 * (i % m)), kind));
                assertClose(data, want, 1e-5, kind);
            }
        }
    }
});

test('CIoU of every shape, from needles to squares', () => {
    const random = new Random(2);
    for (let i = 0; i < 500; i++) {
        const shape = () => [0, 0, 10 ** random.between(-3, 3), 10 ** random.between(-3, 3)].map(Math.fround);
        const [a, b] = [shape(), shape()];
        assertClose(boxIou(a, b, {kind: 'ciou'}).data, [pair(a, b, 'ciou')], 1e-5, `${a} | ${b}`);
    }
});

test('overlaps are symmetric, bounded, and unmoved by a move', () => {
    const random = new Random(3);
    const [a, b] = [someBoxes(random, 23), someBoxes(random, 31)];
    for (const kind of KINDS) {
        const [there, back] = [boxIou(a, b, {kind}).data, boxIou(b, a, {kind}).data];
        for (let i = 0; i < 23; i++) for (let j = 0; j < 31; j++) assertClose([there[i * 31 + j]], [back[j * 23 + i]], 1e-6, kind);
        const low = {iou: 0, giou: -1, diou: -1, ciou: -2}[kind];
        assert.ok(there.every((v) => v >= low && v <= 1), kind);
        const [moved, turned] = [(/** @type {number} */ v) => v + 64, (/** @type {number} */ _, /** @type {number} */ i, /** @type {any} */ all) => all[i ^ 1]];
        assertClose(boxIou(a.map(moved), b.map(moved), {kind}).data, there, 1e-4, kind);
        assertClose(boxIou(a.map(turned), b.map(turned), {kind}).data, there, 2e-6, kind);
        const self = boxIou(a, a, {kind}).data;
        for (let i = 0; i < 23; i++) assertClose([self[i * 24]], [1], 1e-6, kind);
    }
    const [iou, giou, diou, ciou] = KINDS.map((kind) => boxIou(a, b, {kind}).data);
    assert.ok(iou.every((v, i) => v >= giou[i] && v >= diou[i] && diou[i] >= ciou[i] - 1e-6));
});

test('formats come back', () => {
    const random = new Random(4);
    const boxes = someBoxes(random, 101, 1000);
    for (const from of FORMATS) {
        for (const to of FORMATS) {
            const there = boxConvert(boxes, {from, to});
            assertClose(boxConvert(there, {from: to, to: from}).data, boxes, {abs: 1e-3, rel: 1e-6}, `${from} ${to}`);
            if (from === to) assert.deepEqual(there.data, boxes);
        }
    }
});

test('clipping is a projection', () => {
    const random = new Random(5);
    const size = {width: 50.5, height: 40};
    const once = boxClip(someBoxes(random, 57), size);
    assert.deepEqual(boxClip(once, size), once);
    assert.ok(once.data.every((v, i) => v >= 0 && v <= (i % 2 ? 40 : 50.5)));
});

test('a result is a copy, the argument stays, and every form is taken', () => {
    const boxes = Float32Array.of(0, 0, 4, 6, 1, 1, 2, 2);
    const kept = boxes.slice();
    const want = boxConvert(boxes, {from: 'xyxy', to: 'cxcywh'});
    for (const given of [[...boxes], Float64Array.from(boxes), Uint8Array.from(boxes), rows(boxes), {data: Int32Array.from(boxes), dims: [2, 4]}]) {
        assert.deepEqual(boxConvert(given, {from: 'xyxy', to: 'cxcywh'}), want);
    }
    boxClip(boxes, {width: 1, height: 1}).data.fill(9);
    want.dims[0] = 7;
    assert.deepEqual(boxes, kept);
});

test('NaN and infinities stay where they are', () => {
    const hostile = [NaN, 0, 1, 1, -Infinity, 0, Infinity, 1, 1e30, 1e30, 3e38, 3e38, 0, 0, 0, 0, 5, 5, 1, 1];
    const good = [0, 0, 1, 1];
    const clipped = boxClip([...hostile, ...good], {width: 10, height: 10}).data;
    assert.ok(Number.isNaN(clipped[0]));
    assert.deepEqual([...clipped.subarray(1)], [0, 1, 1, 0, 0, 10, 1, 10, 10, 10, 10, 0, 0, 0, 0, 5, 5, 1, 1, 0, 0, 1, 1]);
    assert.deepEqual([...boxConvert([NaN, 1, 2, 3], {from: 'xyxy', to: 'xywh'}).data], [NaN, 1, NaN, 2]);
    assert.ok(Number.isNaN(boxIou([2, 2, 2, 2], [2, 2, 2, 2]).data[0]), '0 / 0');
    for (const kind of KINDS) {
        const values = boxIou([...good, ...hostile], [...hostile, ...good], {kind}).data;
        assert.equal(values.length, 36);
        assertClose([values[5]], [1], 1e-6, 'neighbours do not spoil each other');
        assert.ok(Number.isNaN(values[0]) || kind === 'iou', 'NaN is not a number of overlap');
    }
    assertClose(boxIou([1e30, 0, 1.5e30, 1], [1e30, 0, 2e30, 1]).data, [0.5], 1e-6);
});

test('mistakes are named', () => {
    const any = (/** @type {any} */ value) => value;
    const box = [0, 0, 1, 1];
    /** @type {[() => any, string, RegExp][]} */
    const wrong = [
        [() => boxConvert(box, any({from: 'xyxy', to: 'yxyx'})), 'TypeError', /^to: expected one of xyxy, xywh, cxcywh.* got yxyx/],
        [() => boxConvert(box, any({to: 'xyxy'})), 'TypeError', /^from: .*undefined/],
        [() => boxConvert([1, 2, 3], {from: 'xyxy', to: 'xywh'}), 'RangeError', /^boxes: .*multiple of 4.*3/],
        [() => boxConvert({data: new Float32Array(6), dims: [2, 3]}, {from: 'xyxy', to: 'xywh'}), 'RangeError', /^boxes: expected shape \[N, 4\].*got \[2, 3\]/],
        [() => boxConvert(any(null), {from: 'xyxy', to: 'xywh'}), 'TypeError', /^boxes/],
        [() => boxClip(box, any({width: 3})), 'TypeError', /^height: .*undefined/],
        [() => boxClip(box, any({width: '3', height: 3})), 'TypeError', /^width/],
        [() => boxIou(box, box, any({kind: 'siou'})), 'TypeError', /^kind: expected one of iou, giou, diou, ciou.* got siou/],
        [() => boxIou(box, [1]), 'RangeError', /^b: .*multiple of 4/],
        [() => boxIou(any(7), box), 'TypeError', /^a: .*7/],
        [() => boxesOfSize(box, NaN), 'TypeError', /^minSize/],
    ];
    for (const [call, name, message] of wrong) assert.throws(call, {name, message}, message.source);
});
