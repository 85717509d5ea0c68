import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, decodeHead, decodeYolo, init, nms} from '../js/index.js';
import {assertClose} from './close.js';
import {assertFound, noise, selected, turned} from './detect64.js';
import {Random} from './random.js';
import {binMaps} from './tools/heads64.js';

await init();

/** @typedef {import('./detect64.js').Head} Head */

const EVERYTHING = {scoreThreshold: -1, iouThreshold: Infinity, maxDetections: Infinity};

/**
 * A description of positions of [rows, 4 + classes] values.
 *
 * @param {Head} tensor [rows, 4 + classes] or, planar, [4 + classes, rows]
 * @param {any} [about]
 */
function simple(tensor, about = {}) {
    const [a, b] = tensor.dims;
    const planar = about.planar ?? false;
    const [positions, values] = planar ? [b, a] : [a, b];
    const [position, value] = planar ? [1, b] : [values, 1];
    const from = (/** @type {number} */ v) => ({tensor, at: v * value, position, value});
    return {
        blocks: [{positions, boxes: from(0), scores: from(about.objectness ? 5 : 4), objectness: about.objectness ? from(4) : undefined, coder: {}, ...about.block}],
        classes: values - (about.objectness ? 5 : 4), ...about.head,
    };
}

/** @param {any} found @returns {Map<string, number>} score by row and class */
const scoresOf = ({rows, classes, scores}) => new Map(Array.from(rows, (row, i) => [`${row} ${classes[i]}`, scores[i]]));

test('thresholding logits is thresholding after the sigmoid: the same set, to the last bit', () => {
    const random = new Random(1);
    for (const objectness of [false, true]) {
        for (const planar of [false, true]) {
            for (let round = 0; round < 60; round++) {
                const [rows, classes] = [random.integer(1, 70), random.integer(1, 9)];
                const spread = random.pick([1, 6, 30, 120]);
                const dims = [rows, classes + (objectness ? 5 : 4)];
                const head = noise(random, planar ? dims.reverse() : dims, -spread, spread);
                for (let i = 0; i < head.data.length; i += 13) head.data[i] = random.pick([0, -0, 20, -20, 88, -88, 104, -104, 1e30, -1e30, Infinity, -Infinity]);
                for (const multiLabel of [false, true]) {
                    const about = simple(head, {objectness, planar, head: {activation: 'sigmoid'}});
                    const all = decodeHead(about, {...EVERYTHING, multiLabel});
                    if (!head.data.includes(-Infinity)) assert.equal(all.count, rows * (multiLabel ? classes : 1));
                    const some = [...all.scores].filter((v) => v > 0 && v < 1);
                    const thresholds = [0, 1e-38, 1e-12, 0.001, 0.25, 0.5, 0.999, 1 - 2 ** -24, 1, 1.5, random.unit(), some[0] ?? 0.3, some[1] ?? 0.3];
                    for (const scoreThreshold of thresholds) {
                        const got = decodeHead(about, {...EVERYTHING, multiLabel, scoreThreshold});
                        const want = [...scoresOf(all)].filter(([, score]) => score > Math.fround(scoreThreshold));
                        assert.deepEqual(new Set(scoresOf(got)), new Set(want), `${scoreThreshold}, spread ${spread}, objectness ${objectness}`);
                    }
                }
            }
        }
    }
});

test('the best class is the best of the logits, the lowest on ties', () => {
    const random = new Random(2);
    for (const planar of [false, true]) {
        for (let rows = 1; rows < 40; rows++) {
            const classes = random.integer(1, 12);
            const head = noise(random, planar ? [4 + classes, rows] : [rows, 4 + classes], -2, 2);
            for (let i = 0; i < head.data.length; i++) head.data[i] = Math.round(head.data[i] * 2);
            const found = decodeHead(simple(head, {planar, head: {activation: 'sigmoid'}}), EVERYTHING);
            assert.deepEqual([...found.rows].sort((a, b) => a - b), Array.from({length: rows}, (_, i) => i));
            found.rows.forEach((row, i) => {
                const logits = Array.from({length: classes}, (_, c) => head.data[planar ? (4 + c) * rows + row : row * (4 + classes) + 4 + c]);
                assert.equal(found.classes[i], logits.indexOf(Math.max(...logits)));
                assertClose([found.scores[i]], [1 / (1 + Math.exp(-Math.max(...logits)))], 2e-7);
            });
        }
    }
});

test('softmax, with and without a background', () => {
    const random = new Random(3);
    for (let round = 0; round < 60; round++) {
        const [rows, classes] = [random.integer(1, 30), random.integer(2, 8)];
        const head = noise(random, [rows, 4 + classes], -4, 4);
        for (const background of [-1, 0, classes - 1]) {
            for (const multiLabel of [false, true]) {
                const candidates = Array.from({length: rows}, (_, row) => {
                    const logits = [...head.data.subarray(row * (4 + classes) + 4, (row + 1) * (4 + classes))];
                    const sum = logits.reduce((s, v) => s + Math.exp(v), 0);
                    return {box: [...head.data.subarray(row * (4 + classes), row * (4 + classes) + 4)], scores: logits.map((v) => Math.exp(v) / sum), row};
                });
                const options = {scoreThreshold: 0.1, iouThreshold: Infinity, multiLabel, background};
                assertFound(decodeHead(simple(head, {head: {activation: 'softmax', background}}), options), selected(candidates, options), {least: 0, message: 'softmax'});
            }
        }
    }
});

test('one option after another, against the definition', () => {
    const random = new Random(4);
    const maps = [8, 16, 32].map((stride) => noise(random, [1, 32 + 6, 96 / stride, 96 / stride], -3.5, 1.5));
    const candidates = binMaps(maps, {side: 96, bins: 8, classes: 6});
    const options = [
        {}, {scoreThreshold: 0.05}, {scoreThreshold: 0.8}, {iouThreshold: 0.1}, {iouThreshold: 0.9}, {iouThreshold: Infinity}, {multiLabel: true},
        {multiLabel: true, scoreThreshold: 0.5, agnostic: true}, {agnostic: true}, {maxDetections: 7}, {maxDetections: 0}, {maxPerClass: 4}, {maxPerClass: 1},
        {multiLabel: true, maxPerClass: 9, maxDetections: 20}, {maxPerClass: 5, agnostic: true},
    ];
    for (const given of options) {
        const [got, want] = [decodeYolo(maps, {bins: 8, ...given}), selected(candidates, given)];
        if (!want.length) assert.equal(got.count, 0);
        else assertFound(got, want, {message: JSON.stringify(given)});
    }
});

test('a view takes boxes and keypoints to the picture', () => {
    const random = new Random(5);
    const head = noise(random, [40, 5], 5, 90);
    for (let i = 0; i < 200; i++) head.data[i] += i % 5 === 2 || i % 5 === 3 ? 90 : 0;
    for (const view of [View.fit(640, 480, 200, 200), View.fit(50, 300, 200, 200, 'mediapipe'), View.crop({x: 90, y: 70, width: 300, height: 200, angle: 2}, 200, 200)]) {
        const [inTensor, inPicture] = [decodeHead(simple(head)), decodeHead(simple(head), {view})];
        assert.deepEqual(inPicture.boxes, view.boxesToPicture(inTensor.boxes));
        assert.deepEqual([inPicture.rows, inPicture.scores], [inTensor.rows, inTensor.scores], 'the view comes after suppression');
    }
    const view = View.fit(100, 60, 200, 200);
    for (const clip of /** @type {const} */ ([true, 'picture'])) {
        const {boxes} = decodeHead(simple(head), {view, clip, iouThreshold: Infinity});
        assert.ok(boxes.every((v, i) => v >= 0 && v <= (i % 2 ? 60 : 100)));
    }
    const wide = decodeHead(simple(head), {clip: 'tensor', size: [80, 100], iouThreshold: Infinity});
    assert.ok(wide.boxes.every((v, i) => v >= 0 && v <= (i % 2 ? 100 : 80)) && wide.boxes.includes(80));
});

test('policies reach the decoders', () => {
    const head = {data: Float32Array.of(0, 0, 10, 10, 0.9, 2, 0, 12, 10, 0.3, 50, 50, 60, 60, 0.5), dims: [3, 5]};
    assertClose(decodeHead(simple(head), {policy: 'mediapipe'}).boxes.subarray(0, 4), [0.5, 0, 10.5, 10], 1e-5);
    const soft = decodeHead(simple(head), {policy: 'soft-linear', scoreThreshold: 0.01});
    assert.equal(soft.count, 3);
    assertClose(soft.scores, [0.9, 0.5, 0.3 * (1 - 8 / 12)], 1e-6);
    assert.deepEqual([...soft.rows], [0, 2, 1]);
});

test('candidates meet the same suppression as boxes do', () => {
    const random = new Random(6);
    const head = noise(random, [300, 7], 0, 1);
    for (let i = 0; i < 300; i++) [0, 1].forEach((k) => (head.data[7 * i + 2 + k] = (head.data[7 * i + k] *= 100) + random.between(20, 60)));
    const all = decodeHead(simple(head), {...EVERYTHING, scoreThreshold: 0.25});
    const kept = decodeHead(simple(head), {maxDetections: Infinity});
    const byRow = all.rows.map((_, i) => i).sort((a, b) => all.rows[a] - all.rows[b]);
    const rows = byRow.map((i) => all.rows[i]);
    const boxes = Float32Array.from([...byRow].flatMap((i) => [...all.boxes.subarray(4 * i, 4 * i + 4)]));
    const indices = nms(boxes, [...byRow].map((i) => all.scores[i]), {classes: [...byRow].map((i) => all.classes[i])});
    assert.deepEqual(kept.rows, indices.map((i) => rows[i]));
});

test('NaN, infinities and 1e30 are never found nor spoil what is', () => {
    const random = new Random(7);
    const nasty = [NaN, Infinity, -Infinity, 1e30, -1e30, 3.4e38, 1e-40];
    for (let round = 0; round < 120; round++) {
        const rows = random.integer(1, 60);
        const good = noise(random, [1, 4 + 3, rows], 0.3, 0.9);
        for (let i = 0; i < rows; i++) [0, 1, 2, 3].forEach((k) => (good.data[k * rows + i] = k < 2 ? 50 * i : 10));
        const bad = {data: good.data.slice(), dims: good.dims};
        const spoilt = new Set();
        for (let k = 0; k < 1 + rows / 4; k++) {
            const i = random.integer(0, rows - 1);
            spoilt.add(i);
            bad.data[random.integer(0, 6) * rows + i] = random.pick(nasty);
        }
        const options = {layout: /** @type {const} */ ('values'), classes: 3, multiLabel: random.chance(0.3), iouThreshold: random.pick([0, 0.45, 1])};
        for (const given of [bad, turned(bad)]) {
            const found = decodeYolo(given, {...options, layout: given === bad ? 'values' : 'rows'});
            const clean = decodeYolo(good, options);
            const whole = [...clean.rows].filter((row) => !spoilt.has(row));
            const kept = [...found.rows].filter((row) => !spoilt.has(row));
            if (![...bad.data.subarray(0, 4 * rows)].some((v) => Math.abs(v) > 1e29)) assert.deepEqual(kept, whole);
            assert.ok(found.scores.every((v) => v > 0.25) && found.boxes.every((v) => !Number.isNaN(v)));
            assert.ok(found.classes.every((c) => c >= 0 && c < 3));
        }
    }
    const raw = [{data: new Float32Array(3 * 8 * 16).fill(NaN), dims: [1, 24, 4, 4]}];
    for (const value of [NaN, -Infinity, -1e30]) assert.equal(decodeYolo([{...raw[0], data: raw[0].data.fill(value)}], {version: 3, anchors: [[1, 1], [2, 2], [3, 3]]}).count, 0);
    for (const value of [1e30, Infinity]) {
        const {boxes, scores} = decodeYolo([{...raw[0], data: raw[0].data.fill(value)}], {version: 3, anchors: [[1, 1], [2, 2], [3, 3]]});
        assert.ok(scores.every((v) => v === 1) && boxes.every((v) => !Number.isNaN(v)));
    }
});

test('nothing in, nothing out', () => {
    const none = {count: 0, boxes: new Float32Array(0), scores: new Float32Array(0), classes: new Int32Array(0), rows: new Int32Array(0)};
    assert.deepEqual(decodeHead(simple({data: new Float32Array(0), dims: [0, 6]})), none);
    assert.deepEqual(decodeYolo({data: new Float32Array(0), dims: [1, 84, 0]}, {classes: 80}), none);
    assert.deepEqual(decodeYolo({data: new Float32Array(0), dims: [1, 0, 85]}, {version: 5}), none);
    assert.deepEqual(decodeYolo({data: new Float32Array(0), dims: [1, 0, 6]}, {version: 10}), none);
    assert.deepEqual(decodeYolo({data: new Float32Array(84 * 100), dims: [1, 84, 100]}, {clip: true, view: View.fit(9, 9, 9, 9)}), none);
    assert.deepEqual(decodeYolo({data: new Float32Array(7 * 100), dims: [1, 7, 100]}, {keypoints: 1, scoreThreshold: 0.5, classes: undefined, layout: 'rows', version: 5}).count, 0);
});

test('inputs are left as they are, results are the caller\'s', () => {
    const random = new Random(8);
    const head = noise(random, [1, 9, 200], 0, 60);
    const before = head.data.slice();
    const first = decodeYolo(head, {keypoints: 1, classes: 2, view: View.fit(90, 50, 60, 60)});
    const copy = structuredClone(first);
    decodeYolo(noise(random, [1, 9, 200], 0, 60), {keypoints: 1, classes: 2});
    assert.deepEqual(first, copy);
    assert.deepEqual(head.data, before);
    assert.notEqual(first.boxes.buffer, first.scores.buffer);
});
