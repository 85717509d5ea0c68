import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { init, toTensor } from '../../js/index.js';
import { fakeCamera, launchChromium } from '../chromium.js';
import { OUTPUT, openDemo, startDemo } from '../demo-page.js';
import { iou64 } from '../tools/nanodet64.js';
import { findVtest, makeCameraFilm, makeVideo, sampledFrames } from '../tools/vtest.js';

/** Boxes of every second, from an independent decode: tests/tools/expect-vtest.js. @type {{ seconds: number[][][] }} */
const { seconds: EXPECTED } = JSON.parse(readFileSync(new URL('../data/vtest-nanodet.json', import.meta.url), 'utf8'));
const PERSON = 0;
const THRESHOLD = 0.45;
/** The camera's colours are converted by other code than the stored frames' were, so a score near the threshold may fall on either side. */
const SLACK = 0.06;
const HOLD = 2;

const film = `${OUTPUT}vtest.y4m`;
/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
    mkdirSync(OUTPUT, { recursive: true });
    makeCameraFilm(findVtest(), film, HOLD);
    demo = await startDemo(fakeCamera(film));
});
after(async () => {
    await demo?.close();
    rmSync(film, { force: true });
});

/** @typedef {{ class: number, score: number, box: number[] }} Found */

/** @type {Found[][]} */
const expected = EXPECTED.map((rows) => rows.map(([cls, score, ...box]) => ({ class: cls, score, box })));

/** Everything clearly above the threshold in one is in the other, in the same place. @param {Found[]} ones @param {Found[]} others */
const covers = (ones, others) => ones.filter(({ score }) => score > THRESHOLD + SLACK).every((one) =>
    others.some((other) => other.class === one.class && Math.abs(other.score - one.score) < SLACK && iou64(one.box, other.box) > 0.85));

test('pedestrians before the webcam: at every sampled second the boxes of an independent decode', { timeout: 300_000 }, async () => {
    const { page, next, offences, close } = await demo.open('?source=webcam&network=nanodet&score=0.45&iou=0.45');
    const unseen = new Set(expected.keys());
    let strangers = 0;
    let looked = 0;
    // The film stands still for two seconds at each sampled one, and goes round: three rounds are enough for a slow machine.
    for (const end = Date.now() + 3000 * HOLD * expected.length + 20_000; unseen.size && Date.now() < end; looked++) {
        const { width, height, detections } = await next();
        assert.deepEqual([width, height], [768, 576]);
        const second = expected.findIndex((found) => covers(found, detections) && covers(detections, found));
        if (second < 0) strangers++;
        else if (unseen.delete(second)) {
            const persons = expected[second].filter((one) => one.class === PERSON && one.score > THRESHOLD + SLACK);
            assert.ok(persons.length >= 3, `second ${second}`);
            if (second === 10) await page.screenshot({ path: `${OUTPUT}demo-webcam.png` });
        }
    }
    assert.deepEqual([...unseen], [], `seconds never seen as expected (${strangers} of ${looked} frames were like none)`);
    assert.equal(strangers, 0, `${strangers} of ${looked} frames are like no sampled second`);
    assert.deepEqual(offences, []);

    await page.click('#pause');
    const still = await next(() => true);
    assert.equal(await page.textContent('#pause'), 'Play');
    await page.fill('#score', '0.9');
    await next((seen) => seen.options.scoreThreshold === 0.9 && seen.detections.length < still.detections.length);
    await close();
});

test('a video file plays, and the boxes follow it', { timeout: 120_000 }, async () => {
    const { page, next, offences, close } = await demo.open();
    await next();
    await page.setInputFiles('#file', { name: 'street.webm', mimeType: 'video/webm', buffer: makeVideo(findVtest()) });
    const first = await next(({ source }) => source === 'file');
    assert.deepEqual([first.width, first.height], [768, 576]);
    assert.ok(covers(expected[0].filter((one) => one.class === PERSON && one.score > 0.7), first.detections), JSON.stringify(first.detections));
    await next(({ detections }) => detections.some((one) => one.class === PERSON && first.detections.every((other) => iou64(one.box, other.box) < 0.5)));
    assert.equal(await page.isVisible('#pause'), true);
    assert.deepEqual(offences, []);
    await close();
});

test('sources changed in haste: the last one asked for stays, and its sliders work', async () => {
    const { page, next, offences, close } = await demo.open('?source=webcam');
    await next();
    await page.fill('#score', '0.5');
    await next(({ options }) => options.scoreThreshold === 0.5);
    await page.check('[value=picture]', { force: true });
    await page.check('[value=webcam]', { force: true });
    await page.check('[value=picture]', { force: true });
    await next(({ source }) => source === 'picture');
    await next(({ source }) => source === 'picture');
    await page.fill('#score', '0.8');
    const last = await next(({ options }) => options.scoreThreshold === 0.8);
    assert.deepEqual([last.source, last.detections.length], ['picture', 1]);
    await page.waitForTimeout(1000);
    assert.equal(await page.isHidden('#pause'), true);
    assert.deepEqual(offences, []);
    await close();
});

test('the spatial transformer samples the webcam, aligns a frame of it, and goes on', { timeout: 120_000 }, async () => {
    await init();
    const side = 128;
    const seconds = sampledFrames(findVtest()).map((frame) => toTensor(frame, { width: side, height: side, fit: 'cover', resize: 'antialias', scale: 1 }).tensor.data);
    const { page, next, offences, close } = await demo.open(`spatial.html?source=webcam&from=${side}&to=${side}&params=1 0 0 0`);
    const rendered = (/** @type {(seen: any) => unknown} */ fits = () => true) => /** @type {Promise<any>} */ (next((seen) => Boolean(fits(seen))));
    /** Which second the output shows, and by how many levels of 255 it differs. */
    const look = async () => {
        const output = await page.evaluate(() => {
            const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('#output'));
            const copy = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true }));
            copy.drawImage(canvas, 0, 0);
            return Array.from(copy.getImageData(0, 0, canvas.width, canvas.height).data);
        });
        const levels = Float32Array.from({ length: 3 * side ** 2 }, (_, i) => output[4 * (i % side ** 2) + Math.floor(i / side ** 2)]);
        const apart = seconds.map((data) => levels.reduce((sum, v, i) => sum + Math.abs(v - data[i]), 0) / levels.length);
        const least = Math.min(...apart);
        return { second: apart.indexOf(least), least };
    };
    const shown = new Set();
    for (const end = Date.now() + 3000 * HOLD; shown.size < 3 && Date.now() < end;) {
        await rendered();
        const { second, least } = await look();
        assert.ok(least < 5, `${least} levels from the nearest sampled second`);
        shown.add(second);
    }
    assert.ok(shown.size >= 2, `only second ${[...shown]} was ever shown`);

    await page.click('#surprise');
    await page.click('#align');
    const { result } = await rendered((seen) => seen.result);
    assert.ok(result.loss < result.begin / 10, `${result.begin} to ${result.loss}`);
    await page.click('#identity');
    const { second } = await look();
    for (const end = Date.now() + 3000 * HOLD; (await look()).second === second;) {
        assert.ok(Date.now() < end, 'the picture stands still after an alignment');
        await rendered();
    }
    await page.screenshot({ path: `${OUTPUT}spatial-webcam.png` });
    assert.deepEqual(offences, []);
    await close();
});

test('a camera that may not be used is said in words', async () => {
    const browser = await launchChromium();
    try {
        for (const query of ['?source=webcam', 'spatial.html?source=webcam']) {
            const { page } = await openDemo(browser, demo.base, query, {});
            await page.waitForSelector('#trouble:not([hidden])');
            assert.match(await page.textContent('#trouble') ?? '', /camera/i);
        }
    } finally {
        await browser.close();
    }
});
