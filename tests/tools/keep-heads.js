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

/** @typedef {{width: number, places: number[][]}} Cells of maps, and where among them joints were found */

/** @param {Float32Array[]} heads @param {Cells} cells */
const trimPerson = ([heat, regress, center, offset], cells) => trimJoints(heat, [regress], center, offset, cells);

/** People are found from peaks, by steps of a few cells: what lies further from any joint is nothing. @param {Float32Array[]} heads @param {Cells} cells */
function trimPeople(heads, {width}) {
    const [heat] = heads;
    const count = heat.length / 17;
    const sure = Array.from({length: count}, (_, cell) => heat.subarray(17 * cell, 17 * cell + 17).some((logit) => logit > Math.log(0.05 / 0.95)));
    for (let cell = 0; cell < count; cell++) {
        const isNear = sure.some((is, other) => is && Math.abs(other % width - cell % width) < 2 && Math.abs(Math.floor(other / width) - Math.floor(cell / width)) < 2);
        if (isNear) continue;
        for (const map of heads) map.fill(map === heat ? -20 : 0, cell * map.length / count, (cell + 1) * map.length / count);
    }
}

/** Which tensors are kept, and how. @type {Record<string, {pictures: string[], keep: (name: string) => boolean, trim: (arrays: Float32Array[], cells: Cells) => void}>} */
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
    'posenet': {pictures: ['messi5'], keep: () => true, trim: trimPeople},
    'posenet-769x577': {pictures: ['vtest600'], keep: () => true, trim: trimPeople},
    'movenet-lightning': {pictures: ['camera', 'messi5'], keep: (name) => name !== 'center_weight', trim: trimPerson},
    'movenet-thunder': {pictures: ['camera'], keep: (name) => name !== 'center_weight', trim: trimPerson},
    'movenet-multipose': {
        pictures: ['collage4', 'vtest720'], keep: () => true,
        trim: ([center, heat, regress, offset, ...boxes], cells) => trimJoints(heat, [regress, ...boxes], center, offset, cells),
    },
};

/**
 * Joints that score below .002 are none; offsets matter where a joint was found and at the 60 best of each kind; what a cell knows of a person, where that is one of
 * the best centers, or a peak of them.
 *
 * @param {Float32Array} heat
 * @param {Float32Array[]} regressed
 * @param {Float32Array} center
 * @param {Float32Array} offset
 * @param {Cells} cells
 */
function trimJoints(heat, regressed, center, offset, {width, places}) {
    const joints = heat.length / center.length;
    const kth = Array.from({length: joints}, (_, k) => heat.filter((__, i) => i % joints === k).sort().at(-60) ?? 0);
    heat.forEach((logit, i) => {
        const cell = Math.floor(i / joints);
        const isJoint = places.some(([x, y]) => Math.abs(cell % width + 0.5 - x) < 1.5 && Math.abs(Math.floor(cell / width) + 0.5 - y) < 1.5);
        if (logit < kth[i % joints] && !isJoint) offset.fill(0, 2 * i, 2 * i + 2);
        if (logit < Math.log(0.002)) heat[i] = -20;
    });
    const least = Float32Array.from(center).sort().at(-40) ?? 0;
    center.forEach((logit, cell) => {
        /** @param {number} other */
        const near = (other) => Math.abs(other % width - cell % width) < 3;
        const rows = [-2, -1, 0, 1, 2].flatMap((dy) => [-2, -1, 0, 1, 2].map((dx) => cell + dy * width + dx)).filter(near);
        if (logit > least || !rows.some((other) => center[other] > logit + 1e-3)) return;
        for (const map of regressed) map.fill(0, cell * map.length / center.length, (cell + 1) * map.length / center.length);
    });
}

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
        const {tensors, pictureSize, input, jsDecode, reference} = JSON.parse(readFileSync(`${base}.json`, 'utf8'));
        const kept = tensors.filter((/** @type {any} */ {name}) => keep(name));
        const arrays = split(new Float32Array(new Uint8Array(readFileSync(`${base}.bin`)).buffer), kept);
        const {scaleX, scaleY, padX, padY} = input.geometry;
        const found = jsDecode.dets ?? (reference?.decoded ?? jsDecode).poses;
        const cell = input.shape[2] / kept[0].shape[2];
        const places = found.flatMap((/** @type {any} */ {kps = []}) => kps.map((/** @type {number[]} */ [x, y]) => [(x * scaleX + padX) / cell, (y * scaleY + padY) / cell]));
        trim(arrays, {width: kept[0].shape[2], places});
        const about = {
            model, picture, pictureSize, input: input.shape, geometry: {scaleX, scaleY, left: padX, top: padY},
            tensors: kept.map((/** @type {any} */ {name, shape}) => ({name, dims: shape})), found,
        };
        writeFileSync(new URL(`${model}-${picture}.json`, OUT), `${JSON.stringify(about, null, 1)}\n`);
        writeFileSync(new URL(`${model}-${picture}.bin.gz`, OUT), gzipSync(Buffer.concat(arrays.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength))), {level: 9}));
    }
}
