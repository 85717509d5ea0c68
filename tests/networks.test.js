import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {COCO_80, View, decodeNanoDet, decodeYolo, init} from '../js/index.js';
import {assertFound, halved, turned} from './detect64.js';
import {readHeads} from './tools/yolo-heads.js';

/** @typedef {import('./detect64.js').Head} Head */

await init();

const {picture: {width, height}, scoreThreshold, networks} = JSON.parse(readFileSync(new URL('data/yolo/found.json', import.meta.url), 'utf8'));
const ANCHORS = [[12, 18], [37, 49], [52, 132], [115, 73], [119, 199], [242, 238]];

/** @type {Record<string, (outputs: any, options: any) => import('../js/detect.js').Detections>} */
const decoders = {
    'yolox_nano': (outputs, options) => decodeYolo(outputs, {version: 'x', ...options}),
    'nanodet_m_320': decodeNanoDet,
    'yolo-fastest': (outputs, options) => decodeYolo(outputs, {version: 3, anchors: ANCHORS, ...options}),
};

/** Rows side by side: [1, n, a] and [1, n, b] as [1, n, a + b]. @param {Head} a @param {Head} b @returns {Head} */
function beside(a, b) {
    const [, n] = a.dims;
    const rows = Array.from({length: n}, (_, i) => [a, b].flatMap(({data, dims}) => [...data.subarray(i * dims[2], (i + 1) * dims[2])]));
    return {data: Float32Array.from(rows.flat()), dims: [1, n, a.dims[2] + b.dims[2]]};
}

/** One under the other. @param {Head[]} heads @returns {Head} */
const under = (heads) => ({
    data: Float32Array.from(heads.flatMap(({data}) => [...data])),
    dims: [1, heads.reduce((sum, {dims}) => sum + dims[1], 0), ...heads[0].dims.slice(2)],
});

/** Two images, the first of them empty. @param {Head} head @returns {Head} */
const second = ({data, dims}) => ({data: Float32Array.from([...new Float32Array(data.length).fill(-20), ...data]), dims: [2, ...dims.slice(1)]});

/** Rows of a square grid as a map [1, H, W, values]. @param {Head} head @returns {Head} */
const asMap = ({data, dims: [, n, values]}) => ({data, dims: [1, Math.sqrt(n), Math.sqrt(n), values]});

/** The ways runtimes and exporters hand over the same heads. @type {Record<string, Record<string, (heads: Head[]) => [outputs: any, options?: any]>>} */
const forms = {
    all: {
        'in another order': (heads) => [[...heads].reverse()],
        'by names that sort otherwise': (heads) => [Object.fromEntries(heads.map((head, i) => [String(900 - i), head]))],
        'float16': (heads) => [heads.map((head) => halved(head).half)],
        'the second image of a batch': (heads) => [heads.map(second), {image: 1}],
        'with the labels': (heads) => [heads, {classes: COCO_80}],
    },
    'yolox_nano': {
        'the tensor itself': ([head]) => [head],
        '[values, rows]': ([head]) => [turned(head)],
    },
    'nanodet_m_320': {
        'both in a row': (heads) => [[0, 2, 4].map((i) => beside(heads[i], heads[i + 1]))],
        'both in a row, all strides together': (heads) => [under([0, 2, 4].map((i) => beside(heads[i], heads[i + 1])))],
        'all strides together': (heads) => [[under([heads[0], heads[2], heads[4]]), under([heads[1], heads[3], heads[5]])]],
        'NHWC maps': (heads) => [[0, 2, 4].map((i) => asMap(beside(heads[i], heads[i + 1]))), {activation: 'none'}],
        'eight bins, said so': (heads) => [heads, {bins: 8, strides: [8, 16, 32]}],
    },
    'yolo-fastest': {
        'NHWC': (heads) => [heads.map(turned)],
    },
};

for (const [name, {fit, side, dims, found}] of /** @type {[string, any][]} */ (Object.entries(networks))) {
    const heads = await readHeads(name, dims);
    const view = View.fit(width, height, side, side, fit);
    const want = found.map((/** @type {number[]} */ [c, score, x1, y1, x2, y2, row]) => ({class: c, score, box: [x1, y1, x2, y2], row}));

    test(`${name} on a picture: the boxes of an independent decode`, () => {
        for (const threshold of [scoreThreshold, 0.25, 0.5]) {
            const above = want.filter((/** @type {{score: number}} */ {score}) => score > threshold);
            assertFound(decoders[name](heads, {view, scoreThreshold: threshold}), above, {message: `over ${threshold}`, least: 2});
        }
        const names = Array.from(decoders[name](heads, {view, scoreThreshold: 0.5}).classes, (c) => COCO_80[c]);
        for (const seen of ['person', 'cat', 'cup']) assert.ok(names.includes(seen), `${seen} among ${names}`);
    });

    test(`${name}: the same heads in other forms`, () => {
        for (const [form, make] of Object.entries({...forms.all, ...forms[name]})) {
            const [outputs, options] = make(heads);
            assertFound(decoders[name](outputs, {view, scoreThreshold, ...options}), want, {message: form});
        }
    });

    test(`${name}: without a view, in the pixels of its input`, () => {
        const there = decoders[name](heads, {scoreThreshold});
        const back = {...there, boxes: view.boxesToPicture(there.boxes)};
        assertFound(back, want);
    });
}
