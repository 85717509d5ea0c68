/**
 * Lay one picture over another, by the gradient through sampling:
 *
 *     node examples/align.js moving.jpg fixed.jpg [--model projective] [--loss ncc] [--out build/align.png]
 *     node examples/align.js picture.jpg            the picture against a random warp of itself, whose theta is known
 *
 * The picture it writes has the two over one another before and after: moving in red, fixed in cyan, grey where they agree.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {parseArgs} from 'node:util';
import {createCanvas, ImageData, loadImage} from '@napi-rs/canvas';
import {affineGrid, alignImages, gridSample, init, projectiveGrid} from 'fovea';

/** @import {FloatTensor} from '../js/tensor.js' */

const {values, positionals: [movingPath, fixedPath]} = parseArgs({
    allowPositionals: true,
    options: {
        model: {type: 'string', default: 'projective'},
        loss: {type: 'string', default: 'ncc'},
        optimizer: {type: 'string', default: 'lm'},
        side: {type: 'string', default: '512'},
        seed: {type: 'string', default: '1'},
        out: {type: 'string', default: 'build/align.png'},
    },
});
if (!movingPath) {
    console.error('node examples/align.js moving.jpg [fixed.jpg] [--model translation|similarity|affine|projective] [--loss l2|huber|ncc]');
    console.error('    [--optimizer lm|gauss-newton|adam|sgd] [--side 512, at most] [--seed 1, of the warp] [--out build/align.png]');
    process.exit(2);
}

await init();
const moving = await readGrey(movingPath);
const truth = fixedPath ? undefined : randomWarp(Number(values.seed));
const fixed = truth ? gridSample(moving, projectiveGrid(truth, moving.dims)) : await readGrey(fixedPath);

const begin = performance.now();
const {theta, loss, overlap, history} = alignImages(moving, fixed, /** @type {any} */ ({model: values.model, loss: values.loss, optimizer: values.optimizer}));
const ms = performance.now() - begin;

const rows = theta.dims[1];
for (let r = 0; r < rows; r++) console.log(`${r ? '     ' : 'theta'}  ${Array.from(theta.data.subarray(3 * r, 3 * r + 3), (v) => v.toFixed(5).padStart(9)).join(' ')}`);
console.log(`loss   ${loss.toExponential(2)} (${values.loss}) after ${history.length} steps in ${ms.toFixed(0)} ms; ${(100 * overlap).toFixed(0)} % overlap`);
if (truth) console.log(`error  ${apart(theta, truth).toFixed(3)} pixels at most; before ${apart({data: new Float32Array([1, 0, 0, 0, 1, 0]), dims: [1, 2, 3]}, truth).toFixed(1)}`);
mkdirSync(dirname(values.out), {recursive: true});
writeFileSync(values.out, overlays());
console.log(`${values.out}: before and after`);

/** @param {string} path @returns {Promise<FloatTensor>} [1, 1, H, W], 0 to 1, no side above --side */
async function readGrey(path) {
    const image = await loadImage(path);
    const scale = Math.min(1, Number(values.side) / Math.max(image.width, image.height));
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
    const ctx = createCanvas(width, height).getContext('2d');
    ctx.drawImage(image, 0, 0, width, height);
    const {data} = ctx.getImageData(0, 0, width, height);
    const grey = (/** @type {number} */ i) => (0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]) / 255;
    return {data: Float32Array.from({length: width * height}, (_, i) => grey(4 * i)), dims: [1, 1, height, width]};
}

/** @param {number} seed @returns {FloatTensor} a homography near the identity */
function randomWarp(seed) {
    const noise = Array.from({length: 8}, (_, i) => Math.sin(127.1 * (i + 1) + 311.7 * seed) * 43758.5453 % 1);
    const [identity, size] = [[1, 0, 0, 0, 1, 0, 0, 0], [0.06, 0.06, 0.06, 0.06, 0.06, 0.06, 0.03, 0.03]];
    return {data: Float32Array.from([...identity.map((v, i) => v + size[i] * noise[i]), 1]), dims: [1, 3, 3]};
}

/** @param {FloatTensor} t */
function gridOf(t) {
    return t.dims[1] === 3 ? projectiveGrid(t, fixed.dims) : affineGrid(t, fixed.dims);
}

/** @param {FloatTensor} a @param {FloatTensor} b @returns {number} the largest distance between where they look, in pixels of `moving` */
function apart(a, b) {
    const [p, q] = [gridOf(a).data, gridOf(b).data];
    const [height, width] = moving.dims.slice(2);
    let most = 0;
    for (let i = 0; i < p.length; i += 2) most = Math.max(most, Math.hypot((p[i] - q[i]) * width, (p[i + 1] - q[i + 1]) * height) / 2);
    return most;
}

function overlays() {
    const [height, width] = fixed.dims.slice(2);
    const canvas = createCanvas(2 * width, height);
    const identity = {data: new Float32Array([1, 0, 0, 0, 1, 0]), dims: [1, 2, 3]};
    [identity, theta].forEach((t, i) => {
        const red = gridSample(moving, gridOf(t)).data;
        const data = new Uint8ClampedArray(width * height * 4).fill(255);
        fixed.data.forEach((v, k) => {
            data[4 * k] = 255 * red[k];
            data[4 * k + 1] = data[4 * k + 2] = 255 * v;
        });
        canvas.getContext('2d').putImageData(new ImageData(data, width, height), i * width, 0);
    });
    return canvas.toBuffer('image/png');
}
