/** From heatmaps and part affinity fields of 46 x 54 cells and 20 people to people. */

import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {crowdMaps} from '../tests/crowd.js';
import {Random} from '../tests/random.js';
import * as fovea from '../js/index.js';
import {openPose} from './plain-paf.js';

/** @import {Race} from './harness.js' */

const CELLS = /** @type {[number, number]} */ ([46, 54]);
const VARIANTS = /** @type {const} */ (['pytorch', 'pafprocess', 'cmu', 'cmu-gpu']);

/** @type {{name: string, open: () => Promise<Race>}[]} */
export const races = [
    ...[1, 4, 8].map((factor) => ({name: `paf lightweight x${factor}`, open: () => lightweight(factor)})),
    ...VARIANTS.flatMap((variant) => [1, undefined].map((upsample) => ({name: `paf ${variant}${upsample ? ' x1' : ''}`, open: () => alone(variant, upsample)}))),
];

const crowd = () => crowdMaps(new Random(3), fovea.skeletons.COCO_18, 20, CELLS, {variant: 'paper'});

/** @param {number} factor @returns {Promise<Race>} */
async function lightweight(factor) {
    await fovea.init();
    const maps = crowd();
    const run = () => fovea.decodeOpenPose(maps, {variant: 'lightweight', upsample: factor, stride: factor});
    const peer = () => openPose(maps, fovea.skeletons.COCO_18, factor);
    const found = run();
    return {
        name: `OpenPose lightweight, ${CELLS.join(' x ')} cells enlarged ${factor} times, ${found.length} people: ${natively(maps, factor, found.length)}`,
        contenders: [
            {name: 'ours', kind: 'ours', run, answer: () => found.map(({keypoints}) => [...keypoints])},
            {name: 'plain JS', kind: 'peer', run: peer, answer: () => peer().map(({joints}) => joints.flatMap((p) => p ? [p.x, p.y, p.score] : [0, 0, 0]))},
        ],
        check: samePeople, ...work(maps, factor),
    };
}

/** @param {typeof VARIANTS[number]} variant @param {number} [upsample] @returns {Promise<Race>} */
async function alone(variant, upsample) {
    await fovea.init();
    const maps = crowd();
    const options = {variant, ...(upsample && {upsample, blur: 0})};
    const run = () => fovea.decodeOpenPose(maps, options);
    const name = `OpenPose ${variant}, ${CELLS.join(' x ')} cells${upsample ? ' as they are' : ''}, ${run().length} people`;
    return {name, contenders: [{name: 'ours', kind: 'ours', run}], check: () => undefined, ...work(maps, upsample ?? 8)};
}

/** The maps in, the heatmaps looked at once as large as they are made, some samples of each pair of peaks. @param {{data: Float32Array}} maps @param {number} factor */
function work({data}, factor) {
    const pixels = 18 * CELLS[0] * CELLS[1] * factor * factor;
    return {
        bound: {copy: data.byteLength, read: pixels * 4, madd: factor > 1 ? pixels * 4 : 0, block: data.byteLength},
        rest: 'what of the maps may hold a peak, in float; the peaks and limbs themselves, in double',
    };
}

/** @param {number[][]} answer @param {number[][]} reference */
function samePeople(answer, reference) {
    if (answer.length !== reference.length) return `${answer.length} people, not ${reference.length}`;
    const far = answer.flatMap((points, i) => points.filter((v, k) => Math.abs(v - reference[i][k]) > 1e-4));
    return far.length ? `${far.length} values differ` : undefined;
}

/** The plain C form by clang -O3, outside of any sandbox. @param {{data: Float32Array}} maps @param {number} factor @param {number} people */
function natively({data}, factor, people) {
    const clang = process.env.CLANG ?? 'clang';
    if (spawnSync(clang, ['--version']).error) return 'no clang for the plain C form';
    const {limbs, pafs = []} = fovea.skeletons.COCO_18;
    const [program, file] = ['build/plain-paf', 'build/plain-paf.maps'];
    mkdirSync('build', {recursive: true});
    execFileSync(clang, ['-O3', '-std=c99', 'bench/plain-paf.c', '-lm', '-o', program]);
    writeFileSync(file, Buffer.concat([data, Int32Array.from(limbs.flatMap((limb, l) => [...limb, ...pafs[l]]))].map((a) => Buffer.from(a.buffer))));
    const [count, ms] = execFileSync(program, [file, ...CELLS, factor, factor > 1 ? 20 : 200].map(String)).toString().split(' ').map(Number);
    if (count !== people) throw new Error(`the plain C form finds ${count} people`);
    return `the plain C form by clang -O3, natively, takes ${ms.toFixed(2)} ms`;
}
