/** Laying one picture over another by gradient descent. */

import * as fovea from '../js/index.js';
import {openCv} from './peers.js';
import {gaussNewton} from './plain-align.js';

/** @import {Race} from './harness.js' */

const SIDE = 256;
/** Where the fixed picture's pixels lie in the moving one: turned by 2.3 degrees, 3 % smaller, moved by 4 pixels. */
const THETA = {data: Float32Array.of(0.97, -0.04, 0.03, 0.04, 0.97, -0.02), dims: [1, 2, 3]};
/** Pixels that the corners may be off. */
const CLOSE = 0.1;

/** @type {{name: string, open: () => Promise<Race>}[]} */
export const races = [
    {name: `align affine ${SIDE}x${SIDE}`, open: affine},
];

/** Detail of every size, none finer than four pixels. @param {number} x @param {number} y */
function scene(x, y) {
    const blob = (/** @type {number} */ u, /** @type {number} */ v, /** @type {number} */ r) => Math.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * r * r));
    return 0.5 * blob(90, 100, 30) + 0.7 * blob(170, 150, 20) - 0.4 * blob(120, 190, 25) + 0.2 * blob(200, 60, 12)
        + 0.1 * Math.sin(0.11 * x + 0.05 * y) + 0.08 * Math.cos(0.21 * y - 0.07 * x) + 0.05 * Math.sin(0.4 * x) * Math.cos(0.37 * y);
}

/** Where theta puts the corners, in pixels of the canvas. @param {Iterable<number>} theta */
const corners = ([a, b, c, d, e, f]) => [-1, 1].flatMap(y => [-1, 1].flatMap(x =>
    [a * x + b * y + c, d * x + e * y + f].map(v => (v + 1) * SIDE / 2)));

/** @returns {Promise<Race>} */
async function affine() {
    await fovea.init();
    const moving = Float32Array.from({length: SIDE * SIDE}, (_, i) => scene(i % SIDE + 0.5, Math.floor(i / SIDE) + 0.5));
    const [a, b, c, d, e, f] = fovea.View.fromTheta(THETA, SIDE, SIDE, SIDE, SIDE).matrix;
    const fixed = moving.map((_, i) => {
        const [x, y] = [i % SIDE + 0.5, Math.floor(i / SIDE) + 0.5];
        return scene(a * x + b * y + c, d * x + e * y + f);
    });
    const [input, target] = [moving, fixed].map(data => ({data, dims: [1, 1, SIDE, SIDE]}));
    const start = [1, 0, 0, 0, 1, 0];
    const ours = (/** @type {'l2' | 'ncc'} */ loss) => corners(fovea.alignImages(input, target, {model: 'affine', loss, start}).theta.data);

    const cv = await openCv();
    const [from, to] = [0, 1].map(() => new cv.Mat(SIDE, SIDE, cv.CV_32FC1)), warp = new cv.Mat(2, 3, cv.CV_32FC1), everywhere = new cv.Mat();
    const criteria = new cv.TermCriteria(cv.TermCriteria_COUNT + cv.TermCriteria_EPS, 100, 1e-5);
    const ecc = () => {
        from.data32F.set(moving), to.data32F.set(fixed), warp.data32F.set(start);
        cv.findTransformECC(to, from, warp, cv.MOTION_AFFINE, criteria, everywhere, 5);
        const [p, q, r, s, t, u] = warp.data32F;
        return [0, SIDE].flatMap(y => [0, SIDE].flatMap(x => [p * (x - 0.5) + q * (y - 0.5) + r + 0.5, s * (x - 0.5) + t * (y - 0.5) + u + 0.5]));
    };
    const truth = corners(THETA.data);
    return {
        name: `a picture of ${SIDE} x ${SIDE} laid over another by an affine map, to ${CLOSE} pixels`,
        contenders: [
            {name: 'ours, correlation', kind: 'ours', run: () => ours('ncc')},
            {name: 'ours, squares', kind: 'ours', run: () => ours('l2')},
            {name: 'OpenCV.js, findTransformECC', kind: 'peer', run: ecc},
            {name: 'plain JS, Gauss and Newton', kind: 'peer', run: () => corners(gaussNewton(moving, fixed, SIDE, start))},
        ],
        check(answer) {
            const off = Math.max(...truth.map((v, i) => Math.abs(answer[i] - v)));
            return off < CLOSE ? undefined : `${off} pixels from the truth`;
        },
        // One look at the finest level: both pictures copied in, two pairs of taps, 24 for value and slopes, 3 x 6 for gradient and Hessian.
        bound: {copy: 2 * moving.byteLength, gather: 2 * moving.length, madd: 2 * moving.length * 42, block: 2 * moving.byteLength},
        rest: 'the other looks, some forty of them, steps that do not help included; most are at the coarser levels',
        absent: ['onnxruntime-web, tfjs: nothing that aligns'],
    };
}
