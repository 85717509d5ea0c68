/** Maps at arbitrary points, forwards and backwards: what grid_sample, remap and warpAffine do. */

import * as fovea from '../js/index.js';
import {random} from './harness.js';
import {openCv, openOrt, ortSession} from './peers.js';
import * as plain from './plain-sample.js';

/** @import {Contender, Race} from './harness.js' */
/** @typedef {{C: number, H: number, W: number}} Sides */

const VGA = {C: 3, H: 480, W: 640};
const DEEP = {C: 64, H: 64, W: 64};
/** A little turned, a little smaller, a little shifted. */
const THETA = {data: Float32Array.of(0.9, -0.1, 0.05, 0.1, 0.9, 0), dims: [1, 2, 3]};
const NO_VOLUMES = 'onnxruntime-web: its GridSample takes pictures only; OpenCV.js: remap too';
const NO_GRADIENT = 'onnxruntime-web, OpenCV.js: neither has this gradient';

/** @type {{name: string, open: () => Promise<Race>}[]} */
export const races = [
    {name: 'sample bilinear 3x480x640', open: () => lens('bilinear', 3)},
    {name: 'sample nearest 3x480x640', open: () => lens('nearest')},
    {name: 'sample bicubic 3x480x640', open: () => lens('bicubic')},
    {name: 'sample affine 3x480x640', open: affine},
    {name: 'sample channels last 480x640x3', open: interleaved},
    {name: 'sample deep 64x64x64 at random points', open: deep},
    {name: 'sample volume 2x48x48x48', open: () => volume(false)},
    {name: 'sample backward bilinear 3x480x640', open: () => backward('bilinear')},
    {name: 'sample backward bicubic 3x480x640', open: () => backward('bicubic')},
    {name: 'sample backward volume 2x48x48x48', open: () => volume(true)},
];

/** Smooth as pictures are, so that OpenCV's coordinates in 32nds of a pixel do. @param {Sides} sides */
function picture({C, H, W}) {
    return Float32Array.from({length: C * H * W}, (_, i) => {
        const x = i % W, y = Math.floor(i / W) % H, c = Math.floor(i / (H * W));
        return Math.sin(x * 0.05 + c) * Math.cos(y * 0.07 - c) + 0.2 * Math.sin(0.31 * (x + y));
    });
}

/** A lens's distortion: smooth, about 4 % of it beyond the picture. @param {Sides} sides */
function lensGrid({H, W}) {
    return Float32Array.from({length: H * W * 2}, (_, i) => {
        const p = i >> 1, u = (2 * (p % W) + 1) / W - 1, v = (2 * Math.floor(p / W) + 1) / H - 1;
        return (i & 1 ? v : u) * (0.86 + 0.09 * (u * u + v * v));
    });
}

/** @param {number} most of any value @param {number} mean */
const close = (most, mean) => (/** @type {ArrayLike<number>} */ answer, /** @type {ArrayLike<number>} */ reference) => {
    let [worst, sum] = [0, 0];
    for (let i = 0; i < reference.length; i++) {
        const d = Math.abs(answer[i] - reference[i]);
        worst = Math.max(worst, d), sum += d;
    }
    const is = `${worst} at worst, ${sum / reference.length} on average`;
    return answer.length === reference.length && worst <= most && sum / reference.length <= mean ? undefined : is;
};

/** Floats moved, taps gathered two by two, and the arithmetic. @param {Sides} sides @param {number} points @param {number} taps @param {number} moved */
const bound = ({C}, points, taps, moved) => ({copy: 4 * moved, gather: points * C * Math.max(1, taps / 2), madd: points * (C * 2 * taps + 20), block: 4 << 20});

/** @param {Sides} sides @param {string} mode @param {Float32Array} image @param {Float32Array} grid @returns {Promise<Contender>} */
async function ortWay({C, H, W}, mode, image, grid) {
    const ort = await openOrt();
    const dims = [1, C, H, W], at = [1, H, W, 2];
    const session = await ortSession({
        inputs: {image: ['float32', dims], grid: ['float32', at]}, outputs: {out: ['float32', dims]},
        nodes: [['GridSample', ['image', 'grid'], ['out'], {mode, padding_mode: 'zeros', align_corners: 0}]],
    });
    const run = async () => (await session.run({image: new ort.Tensor('float32', image, dims), grid: new ort.Tensor('float32', grid, at)})).out.data;
    return {name: 'onnxruntime-web', kind: 'peer', run};
}

/**
 * OpenCV.js keeps channels side by side: planes go one by one, or are merged and split.
 * @param {Sides} sides @param {Float32Array} image @param {(cv: any, src: any, dst: any) => void} call @param {(cv: any) => void} [prepare]
 * @returns {Promise<Contender[]>}
 */
async function cvPlanes({C, H, W}, image, call, prepare = () => {}) {
    const cv = await openCv(), plane = H * W;
    const planes = Array.from({length: C}, () => new cv.Mat(H, W, cv.CV_32FC1)), whole = new cv.Mat(), dst = new cv.Mat();
    const vector = new cv.MatVector(), parts = new cv.MatVector(), out = new Float32Array(C * plane);
    for (const mat of planes) vector.push_back(mat);
    const load = () => {
        prepare(cv);
        for (const [c, mat] of planes.entries()) mat.data32F.set(image.subarray(c * plane, (c + 1) * plane));
    };
    const each = () => {
        load();
        for (let c = 0; c < C; c++) call(cv, planes[c], dst), out.set(dst.data32F, c * plane);
        return out;
    };
    const merged = () => {
        load();
        cv.merge(vector, whole);
        call(cv, whole, dst);
        cv.split(dst, parts);
        for (let c = 0; c < C; c++) {
            const part = parts.get(c);
            out.set(part.data32F, c * plane);
            part.delete();
        }
        return out;
    };
    return [{name: 'OpenCV.js, each plane', kind: 'peer', run: each}, {name: 'OpenCV.js, merge and split', kind: 'peer', run: merged}];
}

/** A grid as OpenCV's map of pixels, copied in each time. @param {Sides} sides @param {Float32Array} grid */
async function cvMap({H, W}, grid) {
    const cv = await openCv();
    const map = new cv.Mat(H, W, cv.CV_32FC2), none = new cv.Mat();
    const pixels = grid.map((v, i) => ((v + 1) * (i & 1 ? H : W) - 1) / 2);
    return {map, none, copy: () => map.data32F.set(pixels)};
}

const FLAGS = {bilinear: 'INTER_LINEAR', nearest: 'INTER_NEAREST', bicubic: 'INTER_CUBIC'};

/** @param {keyof typeof FLAGS} mode @param {number} [target] @returns {Promise<Race>} */
async function lens(mode, target) {
    await fovea.init();
    const image = picture(VGA), grid = lensGrid(VGA), {C, H, W} = VGA;
    const input = {data: image, dims: [1, C, H, W]}, at = {data: grid, dims: [1, H, W, 2]}, into = new Float32Array(image.length);
    const {map, none, copy} = await cvMap(VGA, grid);
    /** @type {Contender[]} */
    const slow = mode === 'nearest' ? [] : [{name: 'plain JS', kind: 'aside', run: () => plain[mode](new Float32Array(image.length), image, grid, VGA)}];
    const taps = {bilinear: 4, nearest: 1, bicubic: 16}[mode];
    return {
        name: `grid_sample ${mode}, 3x480x640 through a lens`,
        contenders: [
            {name: 'ours, into', kind: 'ours', target, run: () => fovea.gridSample(input, at, {mode, into}).data},
            {name: 'ours', kind: 'ours', run: () => fovea.gridSample(input, at, {mode}).data},
            await ortWay(VGA, mode, image, grid),
            ...await cvPlanes(VGA, image, (cv, src, dst) => cv.remap(src, dst, map, none, cv[FLAGS[mode]], cv.BORDER_CONSTANT), copy),
            ...slow,
        ],
        check: mode === 'nearest' ? close(0.8, 2e-3) : close(0.2, 2e-3), // half pixels of nearest fall either way
        bound: bound(VGA, H * W, taps, 2 * image.length + grid.length),
        rest: 'three channels share their four addresses and weights, which are 40 vector operations for each four points',
    };
}

/** @returns {Promise<Race>} */
async function affine() {
    await fovea.init();
    const image = picture(VGA), {C, H, W} = VGA, size = [1, C, H, W];
    const input = {data: image, dims: size}, into = new Float32Array(image.length);
    const grid = fovea.affineGrid(THETA, size).data;
    const cv = await openCv();
    const {matrix} = fovea.View.fromTheta(THETA, W, H, W, H), [a, b, c, d, e, f] = matrix;
    const pixels = cv.matFromArray(2, 3, cv.CV_64F, [a, b, c + (a + b - 1) / 2, d, e, f + (d + e - 1) / 2]);
    const whole = new cv.Size(W, H);
    return {
        name: 'affine grid_sample bilinear, 3x480x640',
        contenders: [
            {name: 'ours, into', kind: 'ours', target: 5, run: () => fovea.affineSample(input, THETA, size, {into}).data},
            {name: 'ours', kind: 'ours', run: () => fovea.affineSample(input, THETA, size).data},
            {name: 'ours, grid and sample', kind: 'ours', run: () => fovea.gridSample(input, fovea.affineGrid(THETA, size), {into}).data},
            {...await ortWay(VGA, 'bilinear', image, grid), name: 'onnxruntime-web, grid given'},
            ...await cvPlanes(VGA, image, (_, src, dst) => cv.warpAffine(src, dst, pixels, whole, cv.INTER_LINEAR | cv.WARP_INVERSE_MAP, cv.BORDER_CONSTANT)),
            {name: 'plain JS', kind: 'aside', run: () => plain.bilinear(new Float32Array(image.length), image, grid, VGA)},
        ],
        check: close(0.2, 3e-3),
        bound: bound(VGA, H * W, 4, 2 * image.length),
        rest: 'as of a grid, and 20 vector operations more: its coordinates, in double',
    };
}

/** OpenCV's own layout. @returns {Promise<Race>} */
async function interleaved() {
    await fovea.init();
    const planar = picture(VGA), {C, H, W} = VGA, grid = lensGrid(VGA);
    const image = planar.map((_, i) => planar[(i % C) * H * W + Math.floor(i / C)]);
    const input = {data: image, dims: [1, H, W, C]}, at = {data: grid, dims: [1, H, W, 2]}, into = new Float32Array(image.length);
    const cv = await openCv();
    const {map, none, copy} = await cvMap(VGA, grid);
    const src = new cv.Mat(H, W, cv.CV_32FC3), dst = new cv.Mat(), out = new Float32Array(image.length);
    const remap = () => {
        copy();
        src.data32F.set(image);
        cv.remap(src, dst, map, none, cv.INTER_LINEAR, cv.BORDER_CONSTANT);
        out.set(dst.data32F);
        return out;
    };
    return {
        name: 'grid_sample bilinear, 480x640x3 channels last',
        contenders: [
            {name: 'ours, into', kind: 'ours', run: () => fovea.gridSample(input, at, {layout: 'NHWC', into}).data},
            {name: 'OpenCV.js', kind: 'peer', run: remap},
        ],
        check: close(0.2, 2e-3),
        bound: bound(VGA, H * W, 4, 2 * image.length + grid.length),
        rest: 'three channels fill no vector: one at a time',
    };
}

/** @returns {Promise<Race>} */
async function deep() {
    await fovea.init();
    const {C, H, W} = DEEP, draw = random(5);
    const image = Float32Array.from({length: C * H * W}, () => draw() * 2 - 1), grid = Float32Array.from({length: H * W * 2}, () => draw() * 2 - 1);
    const last = image.map((_, i) => image[(i % C) * H * W + Math.floor(i / C)]);
    const input = {data: image, dims: [1, C, H, W]}, at = {data: grid, dims: [1, H, W, 2]}, into = new Float32Array(image.length);
    const lastInput = {data: last, dims: [1, H, W, C]};
    const planarAnswer = () => {
        const {data} = fovea.gridSample(lastInput, at, {layout: 'NHWC'});
        return data.map((_, i) => data[(i % (H * W)) * C + Math.floor(i / (H * W))]);
    };
    return {
        name: 'grid_sample bilinear, 64x64x64 at 4096 random points',
        contenders: [
            {name: 'ours, into', kind: 'ours', target: 2, run: () => fovea.gridSample(input, at, {into}).data},
            {name: 'ours, channels last', kind: 'ours', target: 2, answer: planarAnswer, run: () => fovea.gridSample(lastInput, at, {layout: 'NHWC', into}).data},
            await ortWay(DEEP, 'bilinear', image, grid),
            {name: 'plain JS', kind: 'aside', run: () => plain.bilinear(new Float32Array(image.length), image, grid, DEEP)},
        ],
        check: close(1e-4, 1e-5), absent: ['OpenCV.js: its binding makes no matrix of 64 channels'],
        bound: bound(DEEP, H * W, 4, 2 * image.length + grid.length),
        rest: 'gathers that miss the first cache',
    };
}

/** @param {boolean} back @returns {Promise<Race>} */
async function volume(back) {
    await fovea.init();
    const [C, S] = [2, 48], draw = random(6), points = S ** 3;
    const src = Float32Array.from({length: C * points}, () => draw() * 2 - 1), grid = Float32Array.from({length: points * 3}, () => draw() * 2 - 1);
    const gradOut = src.slice().reverse();
    const input = {data: src, dims: [1, C, S, S, S]}, at = {data: grid, dims: [1, S, S, S, 3]}, gradient = {data: gradOut, dims: input.dims};
    const ours = back ? () => both(backwards(fovea.gridSampleBackward(gradient, input, at))) : () => fovea.gridSample(input, at).data;
    const theirs = back ? () => both(plain.trilinear(src, grid, [C, S, S, S], gradOut)) : () => plain.trilinear(src, grid, [C, S, S, S]).out;
    return {
        name: `grid_sample trilinear${back ? ' backward' : ''}, 2x48x48x48 at random points`,
        contenders: [{name: 'ours', kind: 'ours', run: ours}, {name: 'plain JS', kind: 'peer', run: theirs}],
        check: close(back ? 1e-2 : 1e-4, 1e-3), absent: [back ? NO_GRADIENT : NO_VOLUMES],
        bound: bound({C, H: S, W: S}, points, 8, back ? 5 * src.length + 2 * grid.length : 2 * src.length + grid.length),
        rest: 'eight weights of three factors for each point',
    };
}

/** @param {{gradInput: {data: Float32Array}, gradGrid: {data: Float32Array}}} gradients */
const backwards = ({gradInput, gradGrid}) => ({gradInput: gradInput.data, gradGrid: gradGrid.data});

/** @param {{gradInput: Float32Array, gradGrid: Float32Array}} gradients @returns {Float32Array} what is looked at of both */
function both({gradInput, gradGrid}) {
    return Float32Array.of(...gradInput.subarray(0, 2000), ...gradInput.subarray(-2000), ...gradGrid.subarray(0, 2000).map(v => v / 100));
}

/** @param {'bilinear' | 'bicubic'} mode @returns {Promise<Race>} */
async function backward(mode) {
    await fovea.init();
    const image = picture(VGA), grid = lensGrid(VGA), {C, H, W} = VGA, gradOut = image.slice().reverse();
    const input = {data: image, dims: [1, C, H, W]}, at = {data: grid, dims: [1, H, W, 2]}, gradient = {data: gradOut, dims: input.dims};
    const name = /** @type {'bilinearBackward'} */ (`${mode}Backward`);
    return {
        name: `grid_sample ${mode} backward, 3x480x640: gradients of input and grid`,
        contenders: [
            {name: 'ours', kind: 'ours', run: () => both(backwards(fovea.gridSampleBackward(gradient, input, at, {mode})))},
            {name: 'plain JS', kind: 'peer', run: () => both(plain[name](gradOut, image, grid, VGA))},
        ],
        check: close(2e-2, 1e-3), absent: [NO_GRADIENT],
        bound: bound(VGA, H * W, mode === 'bilinear' ? 8 : 32, 5 * image.length + 2 * grid.length),
        rest: 'adding to pixels one at a time, for neighbours share them; sums in double',
    };
}
