/** Homographies of matches, half of them wrong. */

import * as fovea from '../js/index.js';
import {random} from './harness.js';
import {openCv} from './peers.js';

/** @import {Race} from './harness.js' */

const COUNT = 1000;
const TRIALS = 200;
const CORNERS = [0, 0, 640, 0, 640, 480, 0, 480];
/** Pixels of noise; a threshold of three of them holds 99 % of the right ones. */
const SIGMA = 1;
const THRESHOLD = 3;

/** @type {{name: string, open: () => Promise<Race>}[]} */
export const races = [
    {name: `geometry findHomography ${COUNT}`, open: findHomography},
];

/** @param {() => number} unit */
function scene(unit) {
    const normal = () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
    const truth = /** @type {Float64Array} */ (fovea.fitHomography(CORNERS, CORNERS.map(v => v + 240 * unit() - 120)));
    const from = Float32Array.from({length: 2 * COUNT}, (_, i) => unit() * (i % 2 ? 480 : 640));
    const to = Float32Array.from(fovea.transformPoints(truth, from), v => v + SIGMA * normal());
    for (let i = 0; i < COUNT; i += 2) to.set([unit() * 640, unit() * 480], 2 * i);
    return {from, to, corners: fovea.transformPoints(truth, CORNERS)};
}

/** @param {ArrayLike<number> | null} matrix @param {ArrayLike<number>} corners */
function off(matrix, corners) {
    if (!matrix) return Infinity;
    const at = fovea.transformPoints(matrix, CORNERS);
    return Math.max(...[0, 2, 4, 6].map(i => Math.hypot(at[i] - corners[i], at[i + 1] - corners[i + 1])));
}

/** Median and 95th percentile. @param {number[]} values */
function percentiles(values) {
    const sorted = Float64Array.from(values).sort();
    return [0.5, 0.95].map(p => sorted[Math.floor(p * sorted.length)].toFixed(3)).join(', ');
}

/** @returns {Promise<Race>} */
async function findHomography() {
    await fovea.init();
    const unit = random(7);
    const trials = Array.from({length: TRIALS}, () => scene(unit));
    const cv = await openCv();
    const [from, to, mask] = [new cv.Mat(COUNT, 1, cv.CV_32FC2), new cv.Mat(COUNT, 1, cv.CV_32FC2), new cv.Mat()];
    /** @param {number} method */
    const peer = method => (/** @type {ReturnType<typeof scene>} */ trial) => {
        from.data32F.set(trial.from), to.data32F.set(trial.to);
        const found = cv.findHomography(from, to, method, THRESHOLD, mask, 2000, 0.995);
        const matrix = found.rows ? Float64Array.from(found.data64F) : null;
        found.delete();
        return matrix;
    };
    /** @type {[string, 'ours' | 'peer', (trial: ReturnType<typeof scene>) => ArrayLike<number> | null, number?][]} */
    const solvers = [
        ['ours', 'ours', trial => fovea.findHomography(trial.from, trial.to, {threshold: THRESHOLD}).matrix, 2],
        ['OpenCV.js, USAC_MAGSAC', 'peer', peer(cv.USAC_MAGSAC)],
        ['OpenCV.js, USAC_DEFAULT', 'peer', peer(cv.USAC_DEFAULT)],
        ['OpenCV.js, RANSAC', 'peer', peer(cv.RANSAC)],
    ];
    return {
        name: `a homography of ${COUNT} matches, half of them wrong, ${SIGMA} pixel of noise; corners off by (median, 95th percentile of ${TRIALS}) ${
            solvers.map(([name, , solve]) => `${name}: ${percentiles(trials.map(trial => off(solve(trial), trial.corners)))}`).join('; ')}`,
        contenders: solvers.map(([name, kind, solve, target]) => {
            let turn = 0;
            return {name, kind, target, run: () => solve(trials[turn++ % TRIALS]), answer: () => trials.map(solve)};
        }),
        rival: 'OpenCV.js, USAC_MAGSAC',
        check: (/** @type {(ArrayLike<number> | null)[]} */ answers) => {
            const errors = answers.map((matrix, i) => off(matrix, trials[i].corners)).sort((a, b) => a - b);
            return errors[TRIALS >> 1] < 2 ? undefined : `${errors[TRIALS >> 1]} pixels off`;
        },
        // One look at every match: 20 operations of four lanes and a division.
        bound: {copy: 4 * 8 * COUNT, madd: 20 * COUNT, divide: COUNT, block: 4 * 8 * COUNT},
        rest: 'the other samples, some eighty; local optimisation and refinement in double',
        absent: ['onnxruntime-web, tfjs: nothing that estimates'],
    };
}
