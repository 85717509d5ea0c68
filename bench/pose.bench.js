/** From the heads of pose networks to people: real heads of MoveNet and PoseNet. */

import {existsSync, readFileSync} from 'node:fs';
import {heads} from '../tests/heads.js';
import * as fovea from '../js/index.js';
import {openPoseNet, openTf} from './peers.js';
import * as plain from './plain-pose.js';

/** @import {Contender, Race} from './harness.js' */
/** @typedef {{data: Float32Array, dims: number[]}} Maps */

/** @type {{name: string, open: () => Promise<Race>}[]} */
export const races = [
    {name: 'pose PoseNet 769x577', open: () => people('posenet-769x577-vtest600')},
    {name: 'pose PoseNet 385x385', open: () => people('posenet-messi5')},
    {name: 'pose MoveNet lightning', open: () => person('movenet-lightning-messi5')},
    {name: 'pose MoveNet thunder', open: () => person('movenet-thunder-camera')},
    {name: 'pose MoveNet multi 384x288', open: () => crowd('movenet-multipose-vtest720')},
];

/**
 * Each list of x, y, score, ... as another; MoveNet's graph keeps its 1 / 48 as a float16, which moves a joint by up to .05.
 *
 * @param {ArrayLike<number>[]} answer
 * @param {ArrayLike<number>[]} reference
 * @returns {string | undefined}
 */
function samePeople(answer, reference) {
    if (answer.length !== reference.length) return `${answer.length} people, not ${reference.length}`;
    const far = answer.flatMap((points, i) => Array.from(points).filter((v, k) => Math.abs(v - reference[i][k]) > 0.06));
    return far.length ? `${far.length} values differ by more than .06` : undefined;
}

const pointsOf = (/** @type {{keypoints: Float32Array}[]} */ poses) => poses.map(({keypoints}) => keypoints);
const bytesOf = (/** @type {Maps[]} */ maps) => maps.reduce((sum, {data}) => sum + data.byteLength, 0);

/** @param {string} name @returns {Promise<Race>} */
async function people(name) {
    await fovea.init();
    const tf = await openTf();
    const [heatmaps, offsets, displacementFwd, displacementBwd] = /** @type {Maps[]} */ (Object.values(heads(name).tensors));
    const given = {heatmaps, offsets, displacementFwd, displacementBwd};
    const scores = {...heatmaps, data: heatmaps.data.map((v) => 1 / (1 + Math.exp(-v)))};
    // What the package's own estimateMultiplePoses hands to its decoder, the sigmoid and the copy out of the backend already paid for.
    const buffers = [scores, offsets, displacementFwd, displacementBwd].map(({data, dims}) => tf.buffer(/** @type {[number, number, number]} */ (dims.slice(1)), 'float32', data));
    const {decodeMultiplePoses} = await openPoseNet();
    /** @type {() => {keypoints: {position: {x: number, y: number}, score: number}[]}[]} */
    const peer = () => decodeMultiplePoses(...buffers, 16, 20, 0.5, 20);
    const read = () => peer().map(({keypoints}) => keypoints.flatMap(({position: {x, y}, score}) => [x, y, score]));
    const found = fovea.decodePoseNet(given);
    return {
        name: `PoseNet ${heatmaps.dims[2]}x${heatmaps.dims[1]} cells: ${found.length} people`,
        contenders: [
            {name: 'ours, from logits', kind: 'ours', target: 5, run: () => fovea.decodePoseNet(given), answer: () => pointsOf(fovea.decodePoseNet(given))},
            {name: '@tensorflow-models/posenet, from scores', kind: 'peer', run: peer, answer: read},
        ],
        check: samePeople,
        // The heads in, the heat maps looked at once; a few hundred steps along edges.
        bound: {copy: bytesOf(Object.values(given)), read: heatmaps.data.byteLength, madd: found.length * 16 * 40, block: bytesOf(Object.values(given))},
        rest: 'the calls themselves: some microseconds of JavaScript, four copies, a pose object for each person',
    };
}

/** @param {string} name @returns {Promise<Race>} */
async function person(name) {
    await fovea.init();
    const [heatmaps, regressions, centers, offsets] = /** @type {Maps[]} */ (Object.values(heads(name).tensors));
    const given = {heatmaps, regressions, centers, offsets};
    const ours = () => fovea.decodeMoveNet(given);
    const model = name.split('-').slice(0, 2).join('-');
    const graph = await graphTail(model, given, [4 * heatmaps.dims[2], 4 * heatmaps.dims[1]]);
    return {
        name: `MoveNet, one person, ${heatmaps.dims[2]}x${heatmaps.dims[1]} cells`,
        contenders: [
            {name: 'ours', kind: 'ours', target: 5, run: ours, answer: () => pointsOf([ours()])},
            {name: 'plain JS', kind: 'peer', run: () => plain.person(given), answer: () => [plain.person(given)]},
            ...graph ? [graph] : [],
        ],
        check: samePeople,
        bound: {copy: bytesOf([heatmaps, centers]), read: 0, madd: 17 * 500, block: bytesOf([heatmaps, centers])},
        rest: 'the calls themselves: some microseconds of JavaScript, and a scattered look at each joint\'s neighbourhood',
        absent: graph ? [] : [`${GRAPH}: no web/models/${model}.json`],
    };
}

const GRAPH = '@tensorflow-models/pose-detection, the end of its graph in tfjs-wasm';
const NODES = {heatmaps: 'kpt_heatmap_0/conv2d_5', regressions: 'kpt_regress_0/conv2d_6', centers: 'center_0/conv2d_4', offsets: 'kpt_offset_0/conv2d_7'};

/**
 * The package has MoveNet's graph decode its own heads: the operators after them.
 *
 * @param {string} model
 * @param {Record<string, Maps>} given
 * @param {readonly number[]} size
 * @returns {Promise<Contender | undefined>} none where the model is not at hand
 */
async function graphTail(model, given, [width, height]) {
    const file = new URL(`../web/models/${model}.json`, import.meta.url);
    if (!existsSync(file)) return undefined;
    const tf = await openTf();
    const {loadGraphModel} = await import('@tensorflow/tfjs-converter');
    const topology = JSON.parse(readFileSync(file, 'utf8'));
    const weights = new Uint8Array(readFileSync(new URL(`${model}.bin`, file))).buffer;
    const weightSpecs = topology.weightsManifest.flatMap((/** @type {any} */ group) => group.weights);
    const {executor} = /** @type {any} */ (await loadGraphModel({load: async () => ({...topology, weightSpecs, weightData: weights})}));
    const run = () => {
        const [answer] = tf.tidy(() => executor.execute(Object.fromEntries(Object.entries(NODES).map(([role, node]) => (
            [`StatefulPartitionedCall/${node}/BiasAdd`, tf.tensor(given[role].data, given[role].dims)]))), ['Identity']));
        const data = answer.dataSync();
        answer.dispose();
        return data;
    };
    const places = () => [run().map((/** @type {number} */ v, /** @type {number} */ i, /** @type {Float32Array} */ all) => (
        i % 3 === 2 ? v : i % 3 ? all[i - 1] * height : all[i + 1] * width))];
    return {name: GRAPH, kind: 'peer', run, answer: places};
}

/** @param {string} name @returns {Promise<Race>} */
async function crowd(name) {
    await fovea.init();
    const [centers, heatmaps, regressions, offsets, boxScale, boxOffset] = /** @type {Maps[]} */ (Object.values(heads(name).tensors));
    const given = {heatmaps, regressions, centers, offsets, boxScale, boxOffset};
    const ours = () => fovea.decodeMoveNetMulti(given, {maxPoses: 6, scoreThreshold: 0});
    const places = (/** @type {ArrayLike<number>[]} */ all) => all.map((points) => Array.from(points).filter((_, i) => i % 3 < 2)); // its scores are weighed
    return {
        name: `MoveNet, six people, ${heatmaps.dims[2]}x${heatmaps.dims[1]} cells`,
        contenders: [
            {name: 'ours', kind: 'ours', target: 5, run: ours, answer: () => places(pointsOf(ours()))},
            {name: 'plain JS', kind: 'peer', run: () => plain.crowd(given, 6), answer: () => places(plain.crowd(given, 6))},
        ],
        check: samePeople,
        bound: {copy: bytesOf([heatmaps, centers]), read: centers.data.byteLength, madd: 6 * 17 * 500, block: bytesOf([heatmaps, centers])},
        rest: 'the calls themselves: some microseconds of JavaScript, and a scattered look at each joint\'s neighbourhood',
    };
}
