/**
 * Writes tests/data/vtest-nanodet.json: what NanoDet sees at each second of vtest.avi, prepared and decoded in plain float64
 * JavaScript (nanodet64.js). Run by hand, once; the browser test compares the demo with it.
 */
import { writeFile } from 'node:fs/promises';
import { loadNetwork } from '../../examples/tfjs-node.js';
import { HEADS, decode64, prepare64 } from './nanodet64.js';
import { HEIGHT, WIDTH, findVtest, sampledFrames } from './vtest.js';

const thresholds = { scoreThreshold: 0.3, iouThreshold: 0.45 };

const network = await loadNetwork(new URL('../../web/models/nanodet.json', import.meta.url));
const seconds = [];
for (const frame of sampledFrames(findVtest())) {
    const { planes, geometry } = prepare64(frame);
    const heads = network.run({ data: Float32Array.from(planes), dims: [1, 3, 416, 416] }, HEADS);
    seconds.push(decode64(heads.map((head) => head.data), geometry, thresholds));
}

const round = (/** @type {number} */ value, /** @type {number} */ digits) => Number(value.toFixed(digits));
const rows = seconds.map((found) => found.map((d) => [d.class, round(d.score, 6), ...d.box.map((v) => round(v, 3))]));
const head = JSON.stringify({ video: 'vtest.avi of opencv-doc, frames 0, 10, 20 ...', width: WIDTH, height: HEIGHT, ...thresholds, row: 'class, score, x1, y1, x2, y2' });
const text = `${head.slice(0, -1)},"seconds":[\n${rows.map((found) => ` [\n${found.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n ]`).join(',\n')}\n]}\n`;
await writeFile(new URL('../data/vtest-nanodet.json', import.meta.url), text);
console.log(seconds.map((found, i) => `${i} s: ${found.length} boxes, ${found.filter((d) => d.class === 0 && d.score > 0.5).length} persons over .5`).join('\n'));
