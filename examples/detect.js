/**
 * Boxes in a picture, from the command line:
 *
 *     npm run detect -- picture.jpg [--faces] [--threshold .4] [--json] [--out annotated.png]
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { COCO_80, decodeBlazeFace, decodeNanoDet, init, toTensor } from 'fovea';
import { drawDetections, drawKeypoints } from 'fovea/draw';
import { loadNetwork } from './tfjs-node.js';

const OBJECTS = {
    model: 'nanodet',
    labels: COCO_80,
    input: { width: 416, height: 416, fill: 0, order: /** @type {const} */ ('BGR'), scale: 1, mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395] },
    heads: ['PartitionedCall/Add_29', 'PartitionedCall/Add_33', 'PartitionedCall/Add_37'],
    decode: decodeNanoDet,
    options: { scoreThreshold: 0.45, classes: 80, bins: 11 },
};
const FACES = {
    model: 'blazeface',
    labels: ['face'],
    input: { width: 256, height: 256, fill: 0, layout: /** @type {const} */ ('NHWC'), scale: 1 / 127.5, mean: 1 },
    heads: ['Identity', 'Identity_1', 'Identity_2', 'Identity_3'],
    decode: decodeBlazeFace,
    options: { scoreThreshold: 0.5 },
};

const { values, positionals: [picture] } = parseArgs({
    allowPositionals: true,
    options: { faces: { type: 'boolean' }, json: { type: 'boolean' }, threshold: { type: 'string' }, out: { type: 'string' } },
});
if (!picture) {
    console.error('usage: npm run detect -- picture.jpg [--faces] [--threshold .4] [--json] [--out annotated.png]');
    process.exit(2);
}

const { model, labels, input, heads, decode, options } = values.faces ? FACES : OBJECTS;
const image = await loadImage(await readFile(picture));
const { width, height } = image;
const canvas = createCanvas(width, height);
const context = canvas.getContext('2d');
context.drawImage(image, 0, 0);

await init();
const network = await loadNetwork(new URL(`../web/models/${model}.json`, import.meta.url));
const { tensor, view } = toTensor(context.getImageData(0, 0, width, height), input);
const found = decode(network.run(tensor, heads), { ...options, ...(values.threshold && { scoreThreshold: Number(values.threshold) }), view });

const rows = Array.from(found.scores, (score, i) => ({
    label: labels[found.classes[i]], score, box: Array.from(found.boxes.subarray(4 * i, 4 * i + 4)),
}));
if (values.json) console.log(JSON.stringify({ picture, width, height, detections: rows }, null, 2));
else console.table(rows.map(({ label, score, box: [x1, y1, x2, y2] }) => ({
    label, score: score.toFixed(3), left: Math.round(x1), top: Math.round(y1), width: Math.round(x2 - x1), height: Math.round(y2 - y1),
})));

if (!values.json || values.out) {
    const target = values.out ?? 'annotated.png';
    drawDetections(context, found, labels, { plate: true });
    if (found.keypoints) drawKeypoints(context, found.keypoints, { fill: true });
    await writeFile(target, await canvas.encode('png'));
    console.error(`wrote ${target}`);
}
