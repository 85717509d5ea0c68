/** A camera's frame to a network's input: letterboxed, scaled to 0..1, planar. */

import * as fovea from '../js/index.js';
import {floats, ints} from './onnx.js';
import {openCv, openOrt, openTf, ortSession} from './peers.js';
import * as plain from './plain.js';
import {picture} from './scenes.js';

/** @import {Contender, Race} from './harness.js' */
/** @typedef {ReturnType<typeof picture>} Frame */
/** @typedef {{size: number, w: number, h: number, left: number, top: number}} Geometry */

const FILL = 114;

/** @type {{name: string, open: () => Promise<Race>}[]} */
export const races = [
    {name: 'image letterbox 1280x720 to 640x640', open: () => letterbox(1280, 720, 640, {copied: 2.5, lent: 4})},
    {name: 'image letterbox 1920x1080 to 640x640', open: () => letterbox(1920, 1080, 640)},
    {name: 'image letterbox 640x480 to 320x320', open: () => letterbox(640, 480, 320)},
];

/** @typedef {{copied?: number, lent?: number}} Targets */

/** @param {number} width @param {number} height @param {number} size @param {Targets} [targets] @returns {Promise<Race>} */
async function letterbox(width, height, size, targets = {}) {
    await fovea.init();
    const frame = picture(width, height);
    const scale = Math.min(size / width, size / height);
    const w = Math.round(width * scale), h = Math.round(height * scale);
    const geometry = {size, w, h, left: Math.round((size - w) / 2 - 0.1), top: Math.round((size - h) / 2 - 0.1)};
    const pixels = w * h, tensor = 12 * size * size;
    const contenders = [
        ...ours(frame, size, targets),
        ...await openCvWays(frame, geometry), ...await ortWays(frame, geometry), ...await tfWays(frame, geometry),
        /** @type {Contender} */ ({name: 'plain JS', kind: 'peer', run: () => plain.letterbox(frame, size)}),
        ...await canvasWay(frame, geometry),
    ];
    return {
        name: `letterbox ${width}x${height} RGBA to 1x3x${size}x${size} float32`,
        contenders, check: sameTensor,
        // Frame in, tensor written, tensor out; three lerps and a normalisation for each value inside the picture.
        bound: {copy: frame.data.length + 2 * tensor, read: frame.data.length, madd: pixels * 3 * 11, block: tensor},
        rest: 'widening bytes to floats and shuffling RGBA into planes, which no arithmetic bound counts',
    };
}

/** Fixed-point peers round to bytes twice. @param {Float32Array} answer @param {Float32Array} reference */
function sameTensor(answer, reference) {
    if (answer.length !== reference.length) return `${answer.length} values instead of ${reference.length}`;
    const worst = reference.reduce((most, v, i) => Math.max(most, Math.abs(v - answer[i])), 0);
    return worst <= 1.6 / 255 ? undefined : `off by ${(worst * 255).toFixed(2)} / 255`;
}

/** @param {Frame} frame @param {number} size @param {Targets} targets @returns {Contender[]} */
function ours(frame, size, {copied, lent: inPlace}) {
    const options = {width: size, height: size};
    const into = new Float32Array(3 * size * size);
    const lent = {
        width: frame.width, height: frame.height,
        /** @param {Uint8ClampedArray} pixels */ write: pixels => pixels.set(frame.data),
    };
    // A decoder's copyTo puts the frame straight into lent memory, where otherwise it fills a buffer before the race.
    const written = {...lent, write: () => {}};
    const answer = () => fovea.lendTensor(lent, options, ({tensor}) => tensor.data.slice());
    return [
        {name: 'ours, copies, into', kind: 'ours', target: copied, run: () => fovea.toTensor(frame, {...options, into}).tensor.data},
        {name: 'ours, copies, new array', kind: 'ours', run: () => fovea.toTensor(frame, options).tensor.data},
        {name: 'ours, lent, frame copied', kind: 'ours', target: inPlace, answer, run: () => fovea.lendTensor(lent, options, look)},
        {name: 'ours, lent, frame in place', kind: 'ours', target: inPlace, answer, run: () => fovea.lendTensor(written, options, look)},
    ];
}

/** Reads a lent tensor where it lies. @param {{tensor: {data: ArrayLike<number>}}} lent */
function look({tensor}) {
    return tensor.data[0];
}

/** @param {Frame} frame @param {Geometry} geometry @returns {Promise<Contender[]>} */
async function openCvWays(frame, {size, w, h, left, top}) {
    const cv = await openCv();
    const src = new cv.Mat(frame.height, frame.width, cv.CV_8UC4), small = new cv.Mat(), rgb = new cv.Mat(), boxed = new cv.Mat();
    const target = new cv.Size(w, h), grey = new cv.Scalar(FILL, FILL, FILL, 255);
    const out = new Float32Array(3 * size * size);

    const resizeAndPad = () => {
        src.data.set(frame.data);
        cv.resize(src, small, target, 0, 0, cv.INTER_LINEAR);
        cv.cvtColor(small, rgb, cv.COLOR_RGBA2RGB);
        cv.copyMakeBorder(rgb, boxed, top, size - h - top, left, size - w - left, cv.BORDER_CONSTANT, grey);
    };
    const blob = () => {
        resizeAndPad();
        const mat = cv.blobFromImage(boxed, 1 / 255, new cv.Size(size, size), new cv.Scalar(0, 0, 0), false, false, cv.CV_32F);
        out.set(mat.data32F);
        mat.delete();
        return out;
    };
    const split = () => {
        resizeAndPad();
        const channels = new cv.MatVector();
        const float = new cv.Mat();
        boxed.convertTo(float, cv.CV_32FC3, 1 / 255);
        cv.split(float, channels);
        for (let c = 0; c < 3; c++) {
            const channel = channels.get(c);
            out.set(channel.data32F, c * size * size);
            channel.delete();
        }
        float.delete();
        channels.delete();
        return out;
    };

    // What an expert would write: no border to copy, bytes split before they are floats, converted in place.
    const tensor = new cv.Mat(3 * size, size, cv.CV_32FC1, new cv.Scalar(FILL / 255));
    const windows = [0, 1, 2].map(c => tensor.roi(new cv.Rect(left, c * size + top, w, h)));
    const inPlace = () => {
        src.data.set(frame.data);
        cv.resize(src, small, target, 0, 0, cv.INTER_LINEAR);
        const channels = new cv.MatVector();
        cv.split(small, channels);
        for (let c = 0; c < 3; c++) {
            const channel = channels.get(c);
            channel.convertTo(windows[c], cv.CV_32FC1, 1 / 255);
            channel.delete();
        }
        channels.delete();
        out.set(tensor.data32F);
        return out;
    };
    return [
        {name: 'OpenCV.js, split', kind: 'peer', run: split},
        {name: 'OpenCV.js, blobFromImage', kind: 'peer', run: blob},
        {name: 'OpenCV.js, in place', kind: 'peer', run: inPlace},
    ];
}

/** @param {Frame} frame @param {Geometry} geometry @returns {Promise<Contender[]>} */
async function ortWays(frame, {size, w, h, left, top}) {
    const ort = await openOrt();
    /** @type {{inputs: any, outputs: any}} */
    const ends = {
        inputs: {frame: ['uint8', [1, frame.height, frame.width, 4]]},
        outputs: {tensor: ['float32', [1, 3, size, size]]},
    };
    const cut = {from: ints(0), to: ints(3), channel: ints(3)};
    const pads = ints(0, 0, top, left, 0, 0, size - h - top, size - w - left);
    const linear = {mode: 'linear', coordinate_transformation_mode: 'half_pixel'};

    const planar = await ortSession({
        ...ends,
        constants: {...cut, pads, sizes: ints(1, 3, h, w), fill: {data: Float32Array.of(FILL), dims: []}, scale: floats(1 / 255)},
        nodes: [
            ['Slice', ['frame', 'from', 'to', 'channel'], ['rgb']],
            ['Transpose', ['rgb'], ['planes'], {perm: [0, 3, 1, 2]}],
            ['Cast', ['planes'], ['floats'], {to: 1}],
            ['Resize', ['floats', '', '', 'sizes'], ['small'], linear],
            ['Pad', ['small', 'pads', 'fill'], ['boxed']],
            ['Mul', ['boxed', 'scale'], ['tensor']],
        ],
    });
    const interleaved = await ortSession({
        ...ends,
        constants: {...cut, pads, scales: floats(1, h / frame.height, w / frame.width, 1), fill: {data: Float32Array.of(FILL / 255), dims: []},
            scale: floats(1 / 255)},
        nodes: [
            ['Resize', ['frame', '', 'scales'], ['small'], linear],
            ['Slice', ['small', 'from', 'to', 'channel'], ['rgb']],
            ['Cast', ['rgb'], ['floats'], {to: 1}],
            ['Transpose', ['floats'], ['planes'], {perm: [0, 3, 1, 2]}],
            ['Mul', ['planes', 'scale'], ['scaled']],
            ['Pad', ['scaled', 'pads', 'fill'], ['tensor']],
        ],
    });
    const bytes = new Uint8Array(frame.data.buffer);
    const run = (/** @type {typeof planar} */ session) => async () => {
        const {tensor} = await session.run({frame: new ort.Tensor('uint8', bytes, [1, frame.height, frame.width, 4])});
        return tensor.data;
    };
    return [
        {name: 'onnxruntime-web, NCHW', kind: 'peer', run: run(planar)},
        {name: 'onnxruntime-web, NHWC', kind: 'peer', run: run(interleaved)},
    ];
}

/** @param {Frame} frame @param {Geometry} geometry @returns {Promise<Contender[]>} */
async function tfWays(frame, {size, w, h, left, top}) {
    const tf = await openTf();
    const bytes = new Uint8Array(frame.data.buffer);
    // tidy() walks whatever it returns, so the numbers are read outside of it.
    const run = (/** @type {() => import('@tensorflow/tfjs-core').Tensor3D} */ open) => () => {
        const tensor = tf.tidy(() => {
            const small = tf.image.resizeBilinear(open(), [h, w], false, true);
            const rgb = tf.slice3d(small, [0, 0, 0], [h, w, 3]);
            const boxed = tf.pad3d(rgb, [[top, size - h - top], [left, size - w - left], [0, 0]], FILL);
            return tf.transpose(tf.mul(boxed, 1 / 255), [2, 0, 1]);
        });
        const data = tensor.dataSync();
        tensor.dispose();
        return data;
    };
    return [
        {name: 'tfjs-wasm, fromPixels', kind: 'peer', run: run(() => tf.browser.fromPixels({...frame, data: bytes}, 3))},
        {name: 'tfjs-wasm, tensor3d', kind: 'peer', run: run(() => tf.tensor3d(bytes, [frame.height, frame.width, 4], 'int32'))},
    ];
}

/** The browser's own way: native code here (Skia), which a page gets without any library. @param {Frame} frame @param {Geometry} geometry */
async function canvasWay(frame, {size, w, h, left, top}) {
    const {createCanvas, ImageData} = await import('@napi-rs/canvas');
    const full = createCanvas(frame.width, frame.height), boxed = createCanvas(size, size);
    const from = full.getContext('2d'), to = boxed.getContext('2d');
    const image = new ImageData(frame.data, frame.width, frame.height);
    to.fillStyle = `rgb(${FILL}, ${FILL}, ${FILL})`;
    const run = () => {
        from.putImageData(image, 0, 0);
        to.fillRect(0, 0, size, size);
        to.drawImage(full, left, top, w, h);
        return plain.planes(to.getImageData(0, 0, size, size).data, size * size);
    };
    return [/** @type {Contender} */ ({name: 'canvas (native) and JS', kind: 'aside', run})];
}
