import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { loadImage } from '@napi-rs/canvas';
import { build, preview } from 'vite';
import { launchChromium } from '../chromium.js';
import { OUTPUT, at, openDemo, startDemo } from '../demo-page.js';
import { iou64 } from '../tools/nanodet64.js';
import { tinyOnnx } from '../tools/tiny-onnx.js';

/** What is in the shipped picture, measured by hand with an independent decode. */
const COLLAGE = [
    { label: 'person', box: [509, 62, 815, 518] },
    { label: 'person', box: [21, 17, 360, 513] },
    { label: 'cat', box: [2, 500, 465, 843] },
    { label: 'cup', box: [638, 526, 897, 803] },
];
const PERSON = [86, 180, 233];

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => { demo = await startDemo(); });
after(() => demo?.close());

/** @param {import('../demo-page.js').Seen} seen @param {{ label: string, box: number[] }[]} expected @param {number} overlap */
function assertFound({ detections }, expected, overlap) {
    assert.deepEqual(detections.map(({ label }) => label).sort(), expected.map(({ label }) => label).sort());
    for (const { label, box } of expected) {
        const best = Math.max(...detections.filter((one) => one.label === label).map((one) => iou64(one.box, box)));
        assert.ok(best > overlap, `${label} at ${box}: best overlap is ${best}`);
    }
}

test('the shipped picture: NanoDet draws two persons, the cat and the cup', async () => {
    const { page, next, offences, close } = await demo.open();
    const seen = await next();
    assertFound(seen, COLLAGE, 0.97);
    await next(); // the second look, when the clock's engines are warm
    assert.equal(await page.textContent('#found'), 'person × 2catcup');
    assert.match(await page.getAttribute('#canvas', 'aria-label') ?? '', /person × 2, cat, cup/);
    assert.match(await page.textContent('#share') ?? '', /^Fovea: [\d.]+ of [\d.]+ ms, [\d.]+ %$/);

    // The left edge of the astronaut's box is on the canvas, in the colour of persons.
    const edge = await page.evaluate(({ x, y }) => {
        const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('#canvas'));
        const scale = canvas.width / 1024;
        return Array.from(/** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(x * scale - 4, y * scale, 9, 1).data);
    }, { x: 20.6, y: 200 });
    assert.ok(edge.some((_, i) => i % 4 === 0 && PERSON.every((v, c) => Math.abs(edge[i + c] - v) < 6)), `no line of colour ${PERSON} in ${edge}`);

    await page.screenshot({ path: `${OUTPUT}demo.png` });
    await page.screenshot({ path: `${OUTPUT}screenshot.jpg`, type: 'jpeg', quality: 88 }); // the README's: npm run screenshot
    assert.deepEqual(offences, []);
    await close();
});

test('the shipped picture: BlazeFace finds the face and its six points', async () => {
    const { page, next, offences, close } = await demo.open('?network=blazeface');
    const { detections } = await next();
    assert.ok(detections.length >= 1);
    const face = detections.reduce((best, one) => (one.score > best.score ? one : best));
    assert.ok(iou64(face.box, [172, 74, 277, 178]) > 0.7, `${face.box}`);
    assert.equal(face.keypoints?.length, 18);
    const [rightEye, leftEye, nose] = [0, 3, 6].map((i) => face.keypoints?.slice(i, i + 2) ?? []);
    for (const [point, [x, y]] of /** @type {const} */ ([[rightEye, [203, 102]], [leftEye, [248, 103]], [nose, [224, 128]]])) {
        assert.ok(Math.hypot(point[0] - x, point[1] - y) < 8, `${point} is not at ${x}, ${y}`);
    }
    await page.screenshot({ path: `${OUTPUT}demo-faces.png` });
    assert.deepEqual(offences, []);
    await close();
});

test('sliders decode the same frame again, without the network', async () => {
    const { page, next, offences, close } = await demo.open('?score=.6');
    const few = await next();
    await next();
    assert.equal(few.options.scoreThreshold, 0.6);
    assert.deepEqual(few.detections.map(({ label }) => label), ['person', 'person']);
    await page.focus('#score');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowLeft');
    const many = await next((seen) => seen.options.scoreThreshold === 0.4);
    assert.ok(many.detections.length > few.detections.length);
    assert.equal(await page.textContent('#score-value'), '0.40');
    await page.fill('#max', '1');
    assert.equal((await next((seen) => seen.options.maxDetections === 1)).detections.length, 1);
    assert.deepEqual(offences, []);
    await close();
});

test('every control is reached and worked by keyboard, and has a name', async () => {
    const { page, next, offences, close } = await demo.open();
    await next();
    await next();
    await page.focus('.skip');
    const reached = [];
    for (let i = 0; i < 14; i++) {
        await page.keyboard.press('Tab');
        reached.push(await page.evaluate(() => {
            const element = /** @type {HTMLElement} */ (document.activeElement);
            const ring = element.matches(':focus-visible');
            const name = element.getAttribute('aria-label') ?? (/** @type {HTMLInputElement} */ (element).labels?.[0]?.textContent || element.textContent);
            return { what: element.id || element.getAttribute('value') || element.tagName.toLowerCase(), ring, name: name?.trim() };
        }));
    }
    const order = reached.map(({ what }) => what);
    for (const what of ['snapshot', 'summary', 'picture', 'file', 'network', 'score', 'iou', 'max']) assert.ok(order.includes(what), `${what} is not among ${order}`);
    for (const { what, ring, name } of reached) if (what !== 'body') assert.ok(ring && name, `${what}: focus ring ${ring}, name ${name}`);

    await page.focus('#list summary');
    await page.keyboard.press('Enter');
    await page.locator('#rows tr').nth(COLLAGE.length - 1).waitFor();
    await page.focus('#network');
    await page.keyboard.press('ArrowDown');
    assert.equal((await next((seen) => seen.network === 'BlazeFace')).detections[0].label, 'face');
    assert.match(page.url(), /network=blazeface/);
    assert.deepEqual(offences, []);
    await close();
});

test('a snapshot is a PNG of the picture with its boxes, and the JSON of what was found', async () => {
    const { page, next, offences, close } = await demo.open();
    await next();
    const seen = await next();
    /** @type {import('playwright-core').Download[]} */
    const downloads = [];
    page.on('download', (download) => downloads.push(download));
    await page.focus('#snapshot');
    await page.keyboard.press('Enter');
    while (downloads.length < 2) await page.waitForTimeout(50);
    const saved = Object.fromEntries(await Promise.all(downloads.map(async (download) =>
        [download.suggestedFilename().split('.').pop(), readFileSync(await download.path())])));
    const image = await loadImage(saved.png);
    assert.deepEqual([image.width, image.height], [1024, 853]);
    const facts = JSON.parse(saved.json.toString());
    assert.deepEqual(facts.detections, seen.detections);
    assert.equal(facts.network, 'NanoDet');
    assert.deepEqual(offences, []);
    await close();
});

test('a dropped .onnx runs, is recognised, and names its classes', async () => {
    const { page, next, offences, close } = await demo.open();
    await next();
    const cells = 64 + 16 + 4;
    const output = new Float32Array(6 * cells);
    for (const [row, value] of [32, 32, 16, 32, 0.1, 0.9].entries()) output[row * cells + 5] = value;
    const file = [...tinyOnnx({ size: 64, dims: [1, 6, cells], output, names: ['left', 'right'] })];
    await page.evaluate((bytes) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([Uint8Array.from(bytes)], 'tiny.onnx'));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, file);
    const seen = await next(({ network }) => network === 'tiny.onnx');
    assert.equal(await page.inputValue('#family'), 'yolov8');
    // In the letterbox the picture is 64 x 53, five rows down.
    const [{ label, box }] = seen.detections;
    assert.equal(label, 'right');
    [24, 16, 40, 48].forEach((v, i) => assert.ok(Math.abs(box[i] - (i % 2 ? (v - 5) * 853 / 53 : v * 1024 / 64)) < 1e-3, `${box}`));
    assert.deepEqual(offences, []);
    await close();
});

test('what cannot be opened is said in words, and the picture stays', async () => {
    const { page, next, offences, close } = await demo.open();
    await next();
    await page.setInputFiles('#file', { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a picture') });
    await page.waitForSelector('#trouble:not([hidden])');
    assert.match(await page.textContent('#trouble') ?? '', /no picture that the browser can read/);
    await page.setInputFiles('#file', { name: 'broken.onnx', mimeType: '', buffer: Buffer.from('not a network') });
    await page.waitForSelector('#trouble:text("cannot run this file")');
    assert.equal(await page.inputValue('#network'), 'nanodet');
    assert.equal(await page.isChecked('[value=picture]'), true);
    await page.setInputFiles('#file', { name: 'good.jpg', mimeType: 'image/jpeg', buffer: readFileSync(at('web/public/collage.jpg')) });
    assert.ok((await next(({ source }) => source === 'file')).detections.length);
    assert.equal(await page.isHidden('#trouble'), true);
    assert.deepEqual(offences, []);
    await close();
});

test('on a phone, by night: nothing overflows, everything is big enough to touch', async () => {
    const { page, next, offences, close } = await demo.open('', {
        viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: 'dark',
    });
    await next();
    await next();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    const small = await page.evaluate(() => [...document.querySelectorAll('button, select, .choice label, .open')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 32).map((element) => element.outerHTML));
    assert.deepEqual(small, []);
    assert.equal(await page.evaluate(() => /** @type {HTMLCanvasElement} */ (document.querySelector('#canvas')).width), 780);
    await page.screenshot({ path: `${OUTPUT}demo-phone.png`, fullPage: true });
    assert.deepEqual(offences, []);
    await close();
});

test('the built demo does the same from plain files', async () => {
    const outDir = `${OUTPUT}built`;
    await build({ configFile: at('web/vite.config.js'), build: { outDir }, logLevel: 'error' });
    const server = await preview({ configFile: at('web/vite.config.js'), build: { outDir }, preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
    const browser = await launchChromium();
    try {
        const { next, offences } = await openDemo(browser, /** @type {string} */ (server.resolvedUrls?.local[0]), '', {});
        assertFound(await next(), COLLAGE, 0.97);
        assert.deepEqual(offences, []);
    } finally {
        await browser.close();
        await server.close();
        rmSync(outDir, { recursive: true, force: true });
    }
});
