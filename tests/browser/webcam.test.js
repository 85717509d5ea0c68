import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fakeCamera, launchChromium } from '../chromium.js';
import { OUTPUT, openDemo, startDemo } from '../demo-page.js';
import { iou64 } from '../tools/nanodet64.js';
import { findVtest, makeCameraFilm, makeVideo } from '../tools/vtest.js';

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

test('a camera that may not be used is said in words', async () => {
    const browser = await launchChromium();
    try {
        const { page } = await openDemo(browser, demo.base, '?source=webcam', {});
        await page.waitForSelector('#trouble:not([hidden])');
        assert.match(await page.textContent('#trouble') ?? '', /camera/i);
    } finally {
        await browser.close();
    }
});
