/** From a network's head to boxes, and the overlaps of boxes. */

import * as fovea from '../js/index.js';
import { ints } from './onnx.js';
import { openOrt, openTf, ortSession } from './peers.js';
import * as plain from './plain.js';
import { boxes as scatter, nanoDetHead, ssdHead, yoloHead } from './scenes.js';

/** @import { Contender, Race } from './harness.js' */
/** @import { Candidates, Found } from './plain.js' */

const IOU = 0.45;
const MOST = 300;
const NO_OPENCV = 'OpenCV.js: the published build does not bind NMSBoxes';

/** @type {{ name: string, open: () => Promise<Race> }[]} */
export const races = [
    { name: 'detect yolov8 84x8400 score .25', open: () => yolo(0.25, 2.5) },
    { name: 'detect yolov8 84x8400 score .001', open: () => yolo(0.001, 6) },
    { name: 'detect nanodet 320x320', open: nanoDet },
    { name: 'detect ssd 1917 anchors', open: ssd },
    { name: 'detect boxIou 1000x1000', open: iou },
];

/** @param {number} threshold @param {number} target @returns {Promise<Race>} */
async function yolo(threshold, target) {
    await fovea.init();
    const head = yoloHead(7);
    const [, values, cells] = head.dims, classes = values - 4;
    const candidates = () => plain.yoloCandidates(head.data, classes, cells, threshold);
    const passed = candidates().scores.length;
    const options = { version: 8, classes, scoreThreshold: threshold, iouThreshold: IOU, maxDetections: MOST };
    /** @type {Contender[]} */
    const contenders = [
        { name: 'ours', kind: 'ours', target, run: () => fovea.decodeYolo(head, options) },
        { name: 'plain JS', kind: 'peer', run: () => suppress(candidates()) },
        { name: 'plain JS, cell by cell', kind: 'peer', run: () => suppress(plain.yoloCandidatesByCell(head.data, classes, cells, threshold)) },
        { name: 'plain JS, onnxruntime-web NMS', kind: 'peer', run: await ortSuppress(candidates) },
        { name: 'onnxruntime-web graph', kind: 'peer', run: await ortGraph(head, threshold) },
        { name: 'onnxruntime-web graph, transposed', kind: 'peer', run: await ortTransposedGraph(head, threshold) },
        { name: 'plain JS, tfjs-wasm NMS', kind: 'peer', run: await tfSuppress(candidates) },
    ];
    return {
        name: `YOLOv8 head 84x8400, score ${threshold}: ${passed} candidates`,
        contenders, check: sameBoxes, absent: [NO_OPENCV],
        // The head in, then read once, a comparison and two selections for each score; a sort and an overlap for each candidate.
        bound: {
            copy: head.data.byteLength, read: head.data.byteLength, block: head.data.byteLength,
            madd: 3 * classes * cells + passed * (Math.log2(passed) + 12),
        },
        rest: 'the candidates: one gather of four distant rows each, sorting and suppression, and the call\'s own JavaScript',
    };
}

/** @param {Candidates} candidates @returns {Found} */
function suppress(candidates) {
    return plain.pick(candidates, plain.nms(plain.separate(candidates), candidates.scores, IOU, MOST));
}

/** @param {() => Candidates} decode */
async function ortSuppress(decode) {
    const ort = await openOrt();
    const session = await ortSession({
        inputs: { boxes: ['float32', [1, 'n', 4]], scores: ['float32', [1, 1, 'n']], most: ['int64', [1]], iou: ['float32', [1]] },
        outputs: { selected: ['int64', ['k', 3]] },
        nodes: [['NonMaxSuppression', ['boxes', 'scores', 'most', 'iou'], ['selected']]],
    });
    const most = new ort.Tensor('int64', BigInt64Array.of(BigInt(MOST)), [1]), iouThreshold = new ort.Tensor('float32', Float32Array.of(IOU), [1]);
    return async () => {
        const candidates = decode();
        const n = candidates.scores.length;
        const { selected } = await session.run({
            boxes: new ort.Tensor('float32', plain.separate(candidates), [1, n, 4]), scores: new ort.Tensor('float32', candidates.scores, [1, 1, n]),
            most, iou: iouThreshold,
        });
        return plain.pick(candidates, (/** @type {BigInt64Array} */ (selected.data)).filter((_, i) => i % 3 === 2));
    };
}

/** @param {() => Candidates} decode */
async function tfSuppress(decode) {
    const tf = await openTf();
    return () => {
        const candidates = decode();
        const n = candidates.scores.length;
        const kept = tf.tidy(() => tf.image.nonMaxSuppression(tf.tensor2d(plain.separate(candidates), [n, 4]), tf.tensor1d(candidates.scores), MOST, IOU));
        const rows = kept.dataSync();
        kept.dispose();
        return plain.pick(candidates, rows);
    };
}

const GRAPH = {
    inputs: { head: ['float32', [1, 84, 8400]], most: ['int64', [1]], iou: ['float32', [1]], score: ['float32', [1]] },
    outputs: { rows: ['float32', ['k', 84]] },
};
const SLICES = { zero: ints(0), values: ints(1), last: ints(2), three: ints(3), four: ints(4), end: ints(84) };

/**
 * @param {import('onnxruntime-web').InferenceSession} session
 * @param {typeof import('onnxruntime-web')} ort
 * @param {{ data: Float32Array, dims: number[] }} head
 * @param {number} threshold
 */
function runGraph(session, ort, head, threshold) {
    const limits = {
        most: new ort.Tensor('int64', BigInt64Array.of(BigInt(MOST)), [1]),
        iou: new ort.Tensor('float32', Float32Array.of(IOU), [1]), score: new ort.Tensor('float32', Float32Array.of(threshold), [1]),
    };
    return async () => {
        const { rows: { data, dims: [count, values] } } = await session.run({ head: new ort.Tensor('float32', head.data, head.dims), ...limits });
        return readRows(/** @type {Float32Array} */ (data), count, values);
    };
}

/**
 * The class of each row that a graph selected, as the demos that use such graphs read it.
 *
 * @param {Float32Array} rows
 * @param {number} count
 * @param {number} values
 * @returns {Found}
 */
function readRows(rows, count, values) {
    const boxes = new Float32Array(count * 4), scores = new Float32Array(count), classes = new Int32Array(count);
    for (let i = 0; i < count; i++) {
        const [cx, cy, w, h, ...probs] = rows.subarray(i * values, (i + 1) * values);
        boxes.set([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], i * 4);
        scores[i] = Math.max(...probs);
        classes[i] = probs.indexOf(scores[i]);
    }
    return { boxes, scores, classes };
}

/** A second graph for what the first one gives, scores taken where they lie. @param {ReturnType<typeof yoloHead>} head @param {number} threshold */
async function ortGraph(head, threshold) {
    const ort = await openOrt();
    const session = await ortSession({
        .../** @type {any} */ (GRAPH),
        constants: { ...SLICES, offset: { data: Float32Array.of(plain.CLASS_OFFSET, 0, 0, 0), dims: [1, 1, 4] } },
        nodes: [
            ['Slice', ['head', 'four', 'end', 'values'], ['scores']],
            ['ReduceMax', ['scores'], ['best'], { axes: [1], keepdims: 1 }],
            ['ArgMax', ['scores'], ['kind'], { axis: 1, keepdims: 1 }],
            ['Slice', ['head', 'zero', 'four', 'values'], ['planes']],
            ['Transpose', ['planes'], ['boxes'], { perm: [0, 2, 1] }],
            ['Cast', ['kind'], ['kinds'], { to: 1 }],
            ['Transpose', ['kinds'], ['column'], { perm: [0, 2, 1] }],
            ['Mul', ['column', 'offset'], ['shift']],
            ['Add', ['boxes', 'shift'], ['apart']],
            ['NonMaxSuppression', ['apart', 'best', 'most', 'iou', 'score'], ['selected'], { center_point_box: 1 }],
            ['Slice', ['selected', 'last', 'three', 'values'], ['cells']],
            ['Squeeze', ['cells', 'values'], ['index']],
            ['Gather', ['head', 'index'], ['picked'], { axis: 2 }],
            ['Transpose', ['picked'], ['batch'], { perm: [0, 2, 1] }],
            ['Squeeze', ['batch', 'zero'], ['rows']],
        ].map(node => /** @type {any} */ (node)),
    });
    return runGraph(session, ort, head, threshold);
}

/** The same as it is usually exported: transposed first. @param {ReturnType<typeof yoloHead>} head @param {number} threshold */
async function ortTransposedGraph(head, threshold) {
    const ort = await openOrt();
    const session = await ortSession({
        .../** @type {any} */ (GRAPH),
        constants: { ...SLICES, offset: { data: Float32Array.of(plain.CLASS_OFFSET, 0, 0, 0), dims: [1, 1, 4] } },
        nodes: [
            ['Transpose', ['head'], ['table'], { perm: [0, 2, 1] }],
            ['Slice', ['table', 'zero', 'four', 'last'], ['boxes']],
            ['Slice', ['table', 'four', 'end', 'last'], ['scores']],
            ['ReduceMax', ['scores'], ['best'], { axes: [2], keepdims: 1 }],
            ['Transpose', ['best'], ['row'], { perm: [0, 2, 1] }],
            ['ArgMax', ['scores'], ['kind'], { axis: 2, keepdims: 1 }],
            ['Cast', ['kind'], ['kinds'], { to: 1 }],
            ['Mul', ['kinds', 'offset'], ['shift']],
            ['Add', ['boxes', 'shift'], ['apart']],
            ['NonMaxSuppression', ['apart', 'row', 'most', 'iou', 'score'], ['selected'], { center_point_box: 1 }],
            ['Slice', ['selected', 'last', 'three', 'values'], ['cells']],
            ['Squeeze', ['cells', 'values'], ['index']],
            ['Gather', ['table', 'index'], ['batch'], { axis: 1 }],
            ['Squeeze', ['batch', 'zero'], ['rows']],
        ].map(node => /** @type {any} */ (node)),
    });
    return runGraph(session, ort, head, threshold);
}

/**
 * A pair within a rounding error of the threshold may fall either way, so a few boxes may differ.
 * @param {Found} answer @param {Found} reference
 */
function sameBoxes(answer, reference) {
    const unlike = (/** @type {Found} */ from, /** @type {Found} */ among) => {
        const rows = Array.from(among.scores, (_, j) => j);
        return Array.from(from.scores).filter((score, i) => !rows.some(j => Math.abs(score - among.scores[j]) < 1e-5
            && from.classes[i] === among.classes[j] && [0, 1, 2, 3].every(c => Math.abs(from.boxes[i * 4 + c] - among.boxes[j * 4 + c]) < 0.01))).length;
    };
    const strangers = unlike(answer, reference) + unlike(reference, answer);
    return strangers <= Math.max(2, reference.scores.length / 100) ? undefined : `${strangers} of ${reference.scores.length} boxes differ`;
}

/** @returns {Promise<Race>} */
async function nanoDet() {
    await fovea.init();
    const size = 320, classes = 80, bins = 8, threshold = 0.35;
    const levels = nanoDetHead(5, classes, bins, size);
    const outputs = levels.flatMap(level => [level.scores, level.distances]);
    const bytes = outputs.reduce((sum, t) => sum + t.data.byteLength, 0), scores = levels.reduce((sum, l) => sum + l.scores.data.length, 0);
    const candidates = () => plain.nanoDetCandidates(levels, { classes, bins, size, threshold });
    const passed = candidates().scores.length;
    /** @type {Contender[]} */
    const contenders = [
        { name: 'ours', kind: 'ours', run: () => fovea.decodeNanoDet(outputs, { classes, bins, scoreThreshold: threshold, iouThreshold: IOU, size: [size, size] }) },
        { name: 'plain JS', kind: 'peer', run: () => suppress(candidates()) },
    ];
    return {
        name: `NanoDet head 2100x(80 + 32), score ${threshold}: ${passed} candidates`,
        contenders, check: sameBoxes,
        bound: { copy: bytes, read: scores * 4, madd: 3 * scores, exp: passed * 4 * bins, divide: passed * 4, block: bytes },
        rest: 'the best class of each row by scalar comparisons, rows lying class by class, and the call\'s own JavaScript',
    };
}

/** @returns {Promise<Race>} */
async function ssd() {
    await fovea.init();
    const size = 300, threshold = 0.4;
    const anchors = fovea.ssdAnchors({ size: [size, size] });
    const head = ssdHead(anchors.dims[0], 9), classes = head.scores.dims[2];
    const candidates = () => plain.ssdCandidates(head, { anchors: anchors.data, classes, size, threshold });
    const passed = candidates().scores.length;
    const bytes = head.boxes.data.byteLength + head.scores.data.byteLength;
    /** @type {Contender[]} */
    const contenders = [
        { name: 'ours', kind: 'ours', run: () => fovea.decodeSsd(head, { anchors, scoreThreshold: threshold, iouThreshold: IOU, size: [size, size] }) },
        { name: 'plain JS', kind: 'peer', run: () => suppress(candidates()) },
    ];
    return {
        name: `SSD head 1917x(4 + 24), score ${threshold}: ${passed} candidates`,
        contenders, check: sameBoxes,
        bound: { copy: bytes, read: head.scores.data.byteLength, madd: 3 * head.scores.data.length, exp: passed * 3, block: bytes },
        rest: 'the best class of each row by scalar comparisons, and the call\'s own JavaScript',
    };
}

/** @returns {Promise<Race>} */
async function iou() {
    await fovea.init();
    const n = 1000;
    const { boxes: a } = scatter(n, 'uniform', 3), { boxes: b } = scatter(n, 'uniform', 4);
    /** @param {ArrayLike<number>} answer @param {ArrayLike<number>} reference */
    const check = (answer, reference) => {
        const off = Array.from(reference).findIndex((v, i) => !(Math.abs(v - answer[i]) < 1e-6));
        return off < 0 ? undefined : `pair ${off}: ${answer[off]} instead of ${reference[off]}`;
    };
    /** @type {Contender[]} */
    const contenders = [
        { name: 'ours', kind: 'ours', run: () => fovea.boxIou(a, b).data },
        { name: 'plain JS', kind: 'peer', run: () => plain.boxIou(a, b) },
    ];
    return {
        name: 'boxIou 1000x1000', contenders, check,
        bound: { copy: 2 * n * n * 4, madd: n * n * 11, divide: n * n, block: n * n * 4 },
        rest: 'a fresh 4 MB array for each answer, whose pages the system has to zero',
    };
}
