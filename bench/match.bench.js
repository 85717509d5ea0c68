/** The two nearest neighbours of every descriptor, exactly. */

import {readFileSync} from 'node:fs';
import * as fovea from '../js/index.js';
import {random} from './harness.js';
import {openCv, openOrt, ortSession} from './peers.js';

/** @import {Contender, Race} from './harness.js' */

const N = 2000;

/** @type {{name: string, long?: boolean, open: () => Promise<Race>}[]} */
export const races = [
    {name: 'match 2-NN 2000x2000x128', open: () => ofFloats(128)},
    {name: 'match 2-NN 2000x2000x64', open: () => ofFloats(64)},
    {name: 'match 2-NN 2000x2000 real SIFT', open: () => ofSift()},
    {name: 'match 2-NN 2000x2000x256 bits', open: ofBits},
];

/** Of length 1, in every direction. @param {number} D @param {() => number} draw */
function directions(D, draw) {
    const data = Float32Array.from({length: N * D}, () => draw() + draw() + draw() - 1.5);
    for (let i = 0; i < N; i++) {
        const row = data.subarray(i * D, (i + 1) * D), length = Math.hypot(...row);
        for (let c = 0; c < D; c++) row[c] /= length;
    }
    return data;
}

/** @param {number} D */
function ofFloats(D) {
    const draw = random(5);
    return byLength(`2-NN of 2000 in 2000, ${D} floats at random`, directions(D, draw), directions(D, draw), D);
}

/** SIFT descriptors of a photograph, as OpenCV gives them: whole numbers, many of them small. */
function ofSift() {
    const sets = ['match.bf_l2'].flatMap((name) => {
        const golden = (/** @type {string} */ end) => readFileSync(new URL(`../tests/golden/${name}.${end}`, import.meta.url));
        const real = JSON.parse(golden('json').toString()).filter((/** @type {any} */ c) => c.params.image);
        return real.flatMap((/** @type {any} */ {inputs}) => ['query', 'train'].map((key) =>
            new Float32Array(new Uint8Array(golden('bin')).buffer, inputs[key].offset, inputs[key].shape[0] * 128)));
    });
    const all = Float32Array.from(sets.flatMap((set) => [...set]));
    const count = all.length / 128, draw = random(6);
    // Of one photograph there are too few: each comes several times, with what another view would change.
    const take = () => {
        const data = new Float32Array(N * 128);
        for (let i = 0; i < N; i++) {
            const row = Math.floor(draw() * count);
            for (let c = 0; c < 128; c++) data[i * 128 + c] = Math.max(0, Math.min(255, Math.round(all[row * 128 + c] + 30 * (draw() - 0.5) * (all[row * 128 + c] > 0 ? 1 : 0))));
        }
        return data;
    };
    return byLength('2-NN of 2000 in 2000 SIFT descriptors of photographs', take(), take(), 128);
}

/** @param {string} name @param {Float32Array} a @param {Float32Array} b @param {number} D @returns {Promise<Race>} */
async function byLength(name, a, b, D) {
    await fovea.init();
    /** @type {Contender[]} */
    const contenders = [
        {name: 'ours', kind: 'ours', target: D === 64 ? 2 : 1.7, run: () => fovea.nearest2({data: a, dims: [N, D]}, {data: b, dims: [N, D]}).indices},
        await ortNearest(a, b, D),
        await cvNearest(a, b, D, 'CV_32FC1', 'NORM_L2'),
    ];
    return {
        name, contenders, check: agree, rival: undefined,
        bound: {copy: 2 * a.byteLength, madd: N * N * D * 2, block: a.byteLength},
        rest: 'nothing: pairs of 16-bit products are summed by one instruction, which floats cannot be',
    };
}

/** @returns {Promise<Race>} */
async function ofBits() {
    await fovea.init();
    const draw = random(7);
    const [a, b] = [0, 1].map(() => Uint8Array.from({length: N * 32}, () => draw() * 256));
    /** @type {Contender[]} */
    const contenders = [
        {name: 'ours', kind: 'ours', target: 10, run: () => fovea.nearest2({data: a, dims: [N, 32]}, {data: b, dims: [N, 32]}, {metric: 'hamming'}).indices},
        await cvNearest(a, b, 32, 'CV_8UC1', 'NORM_HAMMING'),
    ];
    return {
        name: '2-NN of 2000 in 2000, 256 bits at random', contenders, check: agree,
        bound: {copy: 2 * a.byteLength, madd: N * N * 11, block: a.byteLength}, // four exclusive ors, four counts, three sums
        rest: 'loads, and the branch that sees whether a pair is nearer',
        absent: ['onnxruntime-web: it does not count bits'],
    };
}

/** Indices may differ where the peer's float arithmetic cannot tell two distances apart. @param {ArrayLike<number>} answer @param {ArrayLike<number>} reference */
function agree(answer, reference) {
    let off = 0;
    for (let i = 0; i < reference.length; i++) off += Number(answer[i] !== reference[i]);
    return answer.length === reference.length && off <= 0.002 * reference.length ? undefined : `${off} of ${reference.length} indices differ`;
}

/** @param {Float32Array} a @param {Float32Array} b @param {number} D @returns {Promise<Contender>} */
async function ortNearest(a, b, D) {
    const ort = await openOrt();
    const session = await ortSession({
        inputs: {a: ['float32', [N, D]], b: ['float32', [N, D]]},
        outputs: {indices: ['int64', [N, 2]]},
        constants: {two: {data: Float32Array.of(2), dims: []}, k: {data: BigInt64Array.of(2n), dims: [1]}},
        nodes: [
            ['Transpose', ['b'], ['bt'], {perm: [1, 0]}],
            ['MatMul', ['a', 'bt'], ['ab']],
            ['Mul', ['ab', 'two'], ['twice']],
            ['ReduceSumSquare', ['b'], ['bb'], {axes: [1], keepdims: 0}],
            ['Sub', ['twice', 'bb'], ['score']],
            ['TopK', ['score', 'k'], ['values', 'indices'], {axis: 1, largest: 1, sorted: 1}],
        ],
    });
    return {
        name: 'onnxruntime-web', kind: 'peer', run: async () => {
            const {indices} = await session.run({a: new ort.Tensor('float32', a, [N, D]), b: new ort.Tensor('float32', b, [N, D])});
            return Int32Array.from(/** @type {BigInt64Array} */ (indices.data), Number);
        },
    };
}

/** @param {Float32Array | Uint8Array} a @param {Float32Array | Uint8Array} b @param {number} D @param {string} type @param {string} norm @returns {Promise<Contender>} */
async function cvNearest(a, b, D, type, norm) {
    const cv = await openCv();
    const matcher = new cv.BFMatcher(cv[norm], false);
    const [from, to] = [a, b].map(() => new cv.Mat(N, D, cv[type]));
    const run = () => {
        const matches = new cv.DMatchVectorVector();
        [[from, a], [to, b]].forEach(([mat, values]) => (values instanceof Float32Array ? mat.data32F : mat.data).set(values));
        matcher.knnMatch(from, to, matches, 2);
        const indices = new Int32Array(2 * N);
        for (let i = 0; i < N; i++) {
            const pair = matches.get(i);
            for (const rank of [0, 1]) indices[2 * i + rank] = pair.get(rank).trainIdx;
            pair.delete?.();
        }
        matches.delete();
        return indices;
    };
    return {name: 'OpenCV.js BFMatcher', kind: 'peer', run};
}
