import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createCanvas } from '@napi-rs/canvas';
import { build, preview } from 'vite';
import { affineSample, init, thetaFrom, toTensor } from '../../js/index.js';
import { launchChromium } from '../chromium.js';
import { OUTPUT, at, openDemo, startDemo } from '../demo-page.js';

/** @typedef {import('playwright-core').Page} Page */

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: /** @type {const} */ ('dark') };
const [WIDTH, HEIGHT] = [144, 96];

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
    await init();
    demo = await startDemo();
});
after(() => demo?.close());

/** What the pages of this file tell of a frame. @param {Awaited<ReturnType<typeof demo.open>>} opened @param {(seen: any) => unknown} [fits] @returns {Promise<any>} */
const frame = ({ next }, fits = () => true) => next((seen) => Boolean(fits(seen)));

/** Cells that an obstacle takes, from runs of free and taken ones. @param {string} runs */
const cellsOf = (runs) => runs.split('.').flatMap((run, i) => new Array(Number.parseInt(run, 36)).fill(i % 2));

/** @param {{ path: number[], obstacles: string }} seen @returns {number} points of the path that lie on an obstacle */
function collisions({ path, obstacles }) {
    const cells = cellsOf(obstacles);
    assert.equal(cells.length, WIDTH * HEIGHT);
    let count = 0;
    for (let i = 0; i < path.length; i += 2) count += cells[Math.floor(path[i + 1]) * WIDTH + Math.floor(path[i])];
    return count;
}

/** @param {Page} page @param {string} selector @param {number} x as a share @param {number} y */
async function placeIn(page, selector, x, y) {
    const box = await page.locator(selector).boundingBox();
    assert.ok(box);
    return /** @type {const} */ ([box.x + x * box.width, box.y + y * box.height]);
}

/** Every focusable thing has a name, a ring and can be touched. @param {Page} page @param {number} count past the navigation @param {string[]} expected */
async function assertReached(page, count, expected) {
    await page.focus('nav a:last-child');
    const reached = [];
    for (let i = 0; i < count; i++) {
        await page.keyboard.press('Tab');
        reached.push(await page.evaluate(() => {
            const element = /** @type {HTMLElement} */ (document.activeElement);
            const name = element.getAttribute('aria-label') ?? (/** @type {HTMLInputElement} */ (element).labels?.[0]?.textContent || element.textContent);
            return { what: element.id || element.dataset.knob || element.getAttribute('name') || element.tagName.toLowerCase(), ring: element.matches(':focus-visible'), name: name?.trim() };
        }));
    }
    for (const what of expected) assert.ok(reached.some((one) => one.what === what), `${what} is not among ${reached.map((one) => one.what)}`);
    for (const { what, ring, name } of reached) if (what !== 'body') assert.ok(ring && name, `${what}: focus ring ${ring}, name ${name}`);
}

/** @param {Page} page */
async function assertFitsPhone(page) {
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    const small = await page.evaluate(() => [...document.querySelectorAll('button:not(.knob), select, .choice label, .open, nav a')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 32).map((element) => element.outerHTML));
    assert.deepEqual(small, []);
}

test('the pages lead to each other, and say where one is', async () => {
    const { page, offences, close } = await demo.open('path.html');
    const titles = ['Detect', 'Pose', 'People', 'Body', 'Spatial transformer', 'Path'];
    assert.deepEqual(await page.locator('nav a').allTextContents(), titles);
    assert.equal(await page.textContent('nav [aria-current=page]'), 'Path');
    await page.click('nav a:has-text("Spatial transformer")');
    await page.waitForURL(/spatial\.html$/);
    assert.equal(await page.textContent('nav [aria-current=page]'), 'Spatial transformer');
    for (const title of ['People', 'Detect']) {
        await page.click(`nav a:has-text("${title}")`);
        await page.waitForSelector(`nav [aria-current=page]:has-text("${title}")`);
        assert.deepEqual([await page.locator('nav a').allTextContents(), await page.locator('nav [aria-current]').count()], [titles, 1]);
    }
    assert.deepEqual(offences, []);
    await close();
});

/** 128 x 128 pixels that are not alike anywhere, as a PNG and as they are. */
function testPicture() {
    const canvas = createCanvas(128, 128);
    const context = canvas.getContext('2d');
    for (let y = 0; y < 16; y++) {
        for (let x = 0; x < 16; x++) {
            context.fillStyle = `rgb(${(x * 53 + y * 91) % 256}, ${(x * 131 + y * 17) % 256}, ${(x * x * 7 + y * 67) % 256})`;
            context.fillRect(8 * x, 8 * y, 8, 8);
        }
    }
    return { png: canvas.toBuffer('image/png'), pixels: context.getImageData(0, 0, 128, 128) };
}

test('spatial transformer: a rotation by slider is affineSample of that theta', async () => {
    const opened = await demo.open('spatial.html?from=128&to=128&params=1 0 0 0&mode=bilinear');
    const { page, offences, close } = opened;
    const { png, pixels } = testPicture();
    await frame(opened);
    await page.setInputFiles('#file', { name: 'squares.png', mimeType: 'image/png', buffer: png });
    await page.waitForSelector('[name=source][value=file]:checked', { state: 'attached' });
    await page.waitForTimeout(500);
    await page.fill('#param-angle', '30');
    const { params } = await frame(opened, (seen) => Math.abs(seen.params[1] - Math.PI / 6) < 1e-6);
    assert.deepEqual(params, [1, Math.PI / 6, 0, 0]);

    const { tensor } = toTensor(pixels, { width: 128, height: 128, scale: 1 });
    const want = affineSample(tensor, thetaFrom({ kind: 'similarity', params }), [1, 3, 128, 128]);
    const got = await page.evaluate(() => {
        const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('#output'));
        return Array.from(/** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height).data);
    });
    assert.equal(got.length, 4 * 128 * 128);
    const worst = want.data.reduce((most, v, i) => Math.max(most, Math.abs(v - got[4 * (i % 16384) + Math.floor(i / 16384)])), 0);
    assert.ok(worst <= 0.5 + 1e-3, `off by ${worst} of 255`);
    assert.match(page.url(), /from=128/);
    assert.deepEqual(offences, []);
    await close();
});

test('spatial transformer: Align finds each model again, from the identity', async () => {
    for (const model of ['similarity', 'affine', 'projective']) {
        const opened = await demo.open(`spatial.html?model=${model}`);
        const { page, offences, close } = opened;
        const { params: want } = await frame(opened);
        await page.click('#align');
        await frame(opened, ({ losses }) => losses.length > 8);
        if (model === 'similarity') await page.screenshot({ path: `${OUTPUT}spatial-aligning.png` });
        const { result, params } = await frame(opened, (seen) => seen.result);
        assert.ok(result.loss < result.begin / 100, `${model}: ${result.begin} to ${result.loss}`);
        params.forEach((/** @type {number} */ v, /** @type {number} */ i) => assert.ok(Math.abs(v - want[i]) < 1e-3, `${model}: ${params}, not ${want}`));
        assert.match(await page.textContent('#told') ?? '', /^Found\. \d+ steps/);
        await page.screenshot({ path: `${OUTPUT}spatial-${model}.png` });
        assert.deepEqual(offences, []);
        await close();
    }
});

test('spatial transformer: knobs by mouse and by keyboard, remembered in the address', async () => {
    const opened = await demo.open('spatial.html?params=0.5 0 0 0');
    const { page, offences, close } = opened;
    await frame(opened, (seen) => seen.params[0] === 0.5);
    const knob = await page.locator('[data-knob=centre]').boundingBox();
    assert.ok(knob);
    await page.mouse.move(knob.x + knob.width / 2, knob.y + knob.height / 2);
    await page.mouse.down();
    await page.mouse.move(...await placeIn(page, '#input', 0.6, 0.4), { steps: 4 });
    await page.mouse.up();
    const dragged = await frame(opened, (seen) => seen.params[2] > 0.25);
    [0.5, 0, 0.28, -0.28].forEach((v, i) => assert.ok(Math.abs(dragged.params[i] - v) < 0.02, `${dragged.params}`));
    await page.focus('[data-knob="2"]');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    const grown = await frame(opened, (seen) => seen.params[0] > 0.55);
    assert.ok(Math.abs(grown.params[1]) < 0.02, `${grown.params}`);
    await page.waitForTimeout(600); // choices are written down a moment after the last of them
    const kept = Number(new URL(page.url()).searchParams.get('params')?.split(' ')[0]);
    assert.ok(kept > 0.55, page.url());
    await assertReached(page, 26, ['0', 'centre', 'turn', 'align', 'model', 'param-scale', 'mode', 'corners', 'optimizer']);
    await page.goto(page.url());
    opened.seen.length = 0;
    assert.equal((await frame(opened)).params[0], kept);
    assert.deepEqual(offences, []);
    await close();
});

test('path: a wall is painted, and the path goes round it', async (context) => {
    const opened = await demo.open('path.html?preset=empty');
    const { page, offences, close } = opened;
    const free = await frame(opened, (seen) => seen.settled);
    assert.equal(collisions(free), 0);
    const length = free.terms.length;
    await page.mouse.move(...await placeIn(page, '#map', 0.5, 0.2));
    await page.mouse.down();
    await page.mouse.move(...await placeIn(page, '#map', 0.5, 0.7), { steps: 30 });
    await page.mouse.up();
    const round = await frame(opened, (seen) => seen.settled && seen.obstacles.includes('.') && seen.terms.length > length + 1);
    assert.ok(cellsOf(round.obstacles)[48 * WIDTH + 72], 'the wall stands in the way');
    assert.equal(collisions(round), 0);
    assert.ok(round.clearance > 1, `${round.clearance} cells clear`);
    context.diagnostic(`${round.fps.toFixed(1)} frames a second`);
    await page.screenshot({ path: `${OUTPUT}path.png` });

    // Painted obstacles come back with the address.
    await page.waitForURL(/map=/);
    await page.goto(page.url());
    const again = await frame(opened, (seen) => seen.settled);
    assert.equal(again.obstacles, round.obstacles);
    assert.equal(collisions(again), 0);

    await page.check('[value=erase]', { force: true });
    await page.mouse.move(...await placeIn(page, '#map', 0.5, 0.15));
    await page.mouse.down();
    await page.mouse.move(...await placeIn(page, '#map', 0.5, 0.75), { steps: 20 });
    await page.mouse.up();
    await frame(opened, (seen) => seen.settled && Math.abs(seen.terms.length - length) < 0.5);
    assert.deepEqual(offences, []);
    await close();
});

test('path: every preset, spline and optimiser ends free of obstacles', async () => {
    const queries = ['preset=gap', 'preset=slalom&spline=catmull-rom', 'preset=rooms&optimizer=lbfgs', 'preset=pillars&optimizer=chomp&knots=on', 'preset=gap&optimizer=sgd&spline=hermite'];
    for (const query of queries) {
        const opened = await demo.open(`path.html?${query}`);
        const settled = await frame(opened, (seen) => seen.settled && seen.clearance > 0);
        assert.equal(collisions(settled), 0, query);
        assert.deepEqual(opened.offences, []);
        await opened.close();
    }
});

test('path: by keyboard alone', async () => {
    const opened = await demo.open('path.html?preset=empty');
    const { page, offences, close } = opened;
    const { goal } = await frame(opened, (seen) => seen.settled);
    await assertReached(page, 24, ['preset', 'tool', 'brush', 'map', 'start', 'goal', 'march', 'cost', 'spline', 'arrows']);
    await page.focus('#goal');
    await page.keyboard.press('Shift+ArrowUp');
    const moved = await frame(opened, (seen) => seen.settled && seen.goal[1] !== goal[1]);
    assert.ok(Math.abs(goal[1] - moved.goal[1] - 10) < 1e-6, `${goal} to ${moved.goal}`);
    await page.focus('#map');
    for (const key of ['ArrowUp', ' ', 'ArrowDown', ' ', 'Shift+ArrowDown', ' ']) await page.keyboard.press(key);
    const painted = await frame(opened, (seen) => seen.settled && seen.obstacles.includes('.'));
    assert.equal(collisions(painted), 0);
    await page.focus('#march');
    await page.keyboard.press('Enter');
    await frame(opened, (seen) => !seen.settled);
    assert.match(await page.textContent('#status') ?? '', /cells clear|crosses/);
    assert.deepEqual(offences, []);
    await close();
});

test('both pages on a phone, by night: nothing overflows, fingers work', async () => {
    const spatial = await demo.open('spatial.html', PHONE);
    await frame(spatial);
    await assertFitsPhone(spatial.page);
    await spatial.page.screenshot({ path: `${OUTPUT}spatial-phone.png`, fullPage: true });
    assert.deepEqual(spatial.offences, []);
    await spatial.close();

    const path = await demo.open('path.html?preset=empty', PHONE);
    await frame(path, (seen) => seen.settled);
    await assertFitsPhone(path.page);
    await path.page.touchscreen.tap(...await placeIn(path.page, '#map', 0.5, 0.5));
    const seen = await frame(path, (one) => one.settled && one.obstacles.includes('.'));
    assert.equal(collisions(seen), 0);
    await path.page.screenshot({ path: `${OUTPUT}path-phone.png`, fullPage: true });
    assert.deepEqual(path.offences, []);
    await path.close();
});

test('built, both pages do the same from plain files', async () => {
    const outDir = `${OUTPUT}built-pages`;
    await build({ configFile: at('web/vite.config.js'), build: { outDir }, logLevel: 'error' });
    const server = await preview({ configFile: at('web/vite.config.js'), build: { outDir }, preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
    const browser = await launchChromium();
    try {
        const base = /** @type {string} */ (server.resolvedUrls?.local[0]);
        const spatial = await openDemo(browser, base, 'spatial.html', {});
        await frame(spatial);
        await spatial.page.click('#align');
        const { result } = await frame(spatial, (seen) => seen.result);
        assert.ok(result.loss < result.begin / 100);
        assert.deepEqual(spatial.offences, []);
        const path = await openDemo(browser, base, 'path.html', {});
        assert.equal(collisions(await frame(path, (seen) => seen.settled)), 0);
        assert.deepEqual(path.offences, []);
    } finally {
        await browser.close();
        await server.close();
        rmSync(outDir, { recursive: true, force: true });
    }
});
