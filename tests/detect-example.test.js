import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { iou64 } from './tools/nanodet64.js';

const at = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const PICTURE = at('web/public/collage.jpg');
const ANNOTATED = at('tests/output/annotated.png');

/** @param {string[]} args */
const detect = (...args) => execFileSync(process.execPath, [at('examples/detect.js'), PICTURE, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

before(() => {
    assert.ok(existsSync(at('web/models/nanodet.bin')), 'no weights: run "node tools/models.js" once');
    mkdirSync(at('tests/output'), { recursive: true });
});

test('objects, as JSON and as a picture', async () => {
    rmSync(ANNOTATED, { force: true });
    const { detections, width, height } = JSON.parse(detect('--json', '--out', ANNOTATED));
    assert.deepEqual([width, height], [1024, 853]);
    assert.deepEqual(detections.map((/** @type {any} */ one) => one.label), ['person', 'person', 'cat', 'cup']);
    assert.ok(iou64(detections[2].box, [2, 500, 465, 843]) > 0.97, `${detections[2].box}`);

    const image = await loadImage(ANNOTATED);
    const context = createCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0);
    const [left, top, , bottom] = detections[0].box.map(Math.round);
    const { data } = context.getImageData(left - 4, (top + bottom) >> 1, 9, 1);
    assert.ok(data.some((_, i) => i % 4 === 0 && data[i] === 86 && data[i + 1] === 180 && data[i + 2] === 233), `no line at the edge: ${data}`);
});

test('faces, as a table', () => {
    const table = detect('--faces', '--out', ANNOTATED);
    assert.match(table, /face/);
    assert.match(table, /score.*left.*top.*width.*height/);
});

test('the threshold is obeyed, and no picture is an error', () => {
    assert.equal(JSON.parse(detect('--json', '--threshold', '.8')).detections.length, 1);
    assert.throws(() => execFileSync(process.execPath, [at('examples/detect.js')], { stdio: 'pipe' }), /usage/);
});
