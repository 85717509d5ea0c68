/**
 * Makes tests/data/heads of a folder of real networks' head tensors: NAME.json says which, NAME.bin holds them, float32.
 *
 *     node tests/tools/keep-heads.js FOLDER
 *
 * What no decoder can find at a threshold of .1 or more is dropped, to be small: positions whose every class is below it become constants.
 */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';

const LEAST = Math.log(0.1 / 0.9);
const OUT = new URL('../data/heads/', import.meta.url);

/** @param {Float32Array} all @param {any[]} tensors @returns {Float32Array[]} */
const split = (all, tensors) => tensors.map(({byteOffset, byteLength}) => all.subarray(byteOffset / 4, (byteOffset + byteLength) / 4));

/** Which tensors are kept, and how. @type {Record<string, {pictures: string[], keep: (name: string) => boolean, trim: (arrays: Float32Array[]) => void}>} */
const MODELS = {
    'nanodet': {
        pictures: ['collage4', 'vtest720'], keep: () => true,
        trim: (maps) => maps.forEach((map) => trimRows(map, 124, 0, 80, map, 124)),
    },
    'ssd-mobilenetv2-oidv4': {
        pictures: ['chelsea', 'vtest600'], keep: () => true,
        trim: ([boxes, logits]) => trimRows(logits, 24, 1, 24, boxes, 4),
    },
    'blazeface': {pictures: ['astronaut', 'camera'], keep: (name) => !/_/.test(name), trim: () => {}},
};

/** @param {Float32Array} scores @param {number} width @param {number} from @param {number} to @param {Float32Array} boxes @param {number} values */
function trimRows(scores, width, from, to, boxes, values) {
    for (let row = 0; row < scores.length / width; row++) {
        const classes = scores.subarray(row * width + from, row * width + to);
        if (classes.some((v) => v > LEAST)) continue;
        boxes.fill(0, row * values, (row + 1) * values);
        classes.fill(-20);
    }
}

mkdirSync(OUT, {recursive: true});
for (const [model, {pictures, keep, trim}] of Object.entries(MODELS)) {
    for (const picture of pictures) {
        const base = join(process.argv[2], model, picture);
        const {tensors, pictureSize, input, jsDecode} = JSON.parse(readFileSync(`${base}.json`, 'utf8'));
        const kept = tensors.filter((/** @type {any} */ {name}) => keep(name));
        const arrays = split(new Float32Array(new Uint8Array(readFileSync(`${base}.bin`)).buffer), kept);
        trim(arrays);
        const {scaleX, scaleY, padX, padY} = input.geometry;
        const about = {
            model, picture, pictureSize, input: input.shape, geometry: {scaleX, scaleY, left: padX, top: padY},
            tensors: kept.map((/** @type {any} */ {name, shape}) => ({name, dims: shape})), found: jsDecode.dets,
        };
        writeFileSync(new URL(`${model}-${picture}.json`, OUT), `${JSON.stringify(about, null, 1)}\n`);
        writeFileSync(new URL(`${model}-${picture}.bin.gz`, OUT), gzipSync(Buffer.concat(arrays.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength))), {level: 9}));
    }
}
