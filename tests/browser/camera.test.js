import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fakeCamera, launchChromium } from '../chromium.js';

const WIDTH = 320, HEIGHT = 240, COUNT = 10;
const ROOT = new URL('../../', import.meta.url);

/** @type {string} */
let folder;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let browser;

/** A camera that films a bright and a dark half, while a white bar crosses the lower half, a tenth of the width a frame. */
function film() {
    const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F25:1 Ip A1:1 C420jpeg\n`)];
    for (let n = 0; n < COUNT; n++) {
        const frame = Buffer.alloc(WIDTH * HEIGHT * 1.5, 128);
        for (let y = 0; y < HEIGHT; y++) {
            for (let x = 0; x < WIDTH; x++) {
                const bar = y >= HEIGHT / 2 && Math.floor(x * COUNT / WIDTH) === n;
                frame[y * WIDTH + x] = bar ? 235 : x < WIDTH / 2 ? 180 : 60;
            }
        }
        parts.push(Buffer.from('FRAME\n'), frame);
    }
    return Buffer.concat(parts);
}

before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fovea-camera-'));
    const file = join(folder, 'camera.y4m');
    await writeFile(file, film());
    browser = await launchChromium(fakeCamera(file));
});

after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
});

/**
 * A page at `address` that can import the library and nothing else.
 * @param {string} [address]
 * @param {Record<string, string>} [headers]
 */
async function openPage(address = 'http://localhost/', headers = {}) {
    const page = await browser.newPage();
    await page.route('**/*', async (route) => {
        const { pathname } = new URL(route.request().url());
        if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: '<title>camera</title>', headers });
        if (!/^\/js\/\w+\.js$/.test(pathname)) return route.fulfill({ status: 404 });
        return route.fulfill({ contentType: 'text/javascript', body: await readFile(new URL(`.${pathname}`, ROOT)) });
    });
    await page.goto(address);
    return page;
}

test('frames are as large as the camera\'s pixels though the track is scaled, and are written into wasm memory', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
        const { openCamera } = await import(/** @type {any} */ ('/js/camera.js'));
        const camera = await openCamera({ width: 160, height: 120 });
        const memory = new WebAssembly.Memory({ initial: 16 });
        const { value: frame } = await camera[Symbol.asyncIterator]().next();
        const pixels = new Uint8ClampedArray(memory.buffer, 64, frame.width * frame.height * 4);
        await frame.write(pixels);
        const { data } = frame;
        const grey = (/** @type {number} */ x, /** @type {number} */ y) => pixels[4 * (y * frame.width + x) + 1];
        const { videoWidth, videoHeight } = camera.video;
        camera.close();
        return {
            track: [videoWidth, videoHeight], frame: [frame.width, frame.height],
            bright: grey(frame.width / 4, frame.height / 4), dark: grey(frame.width * 3 / 4, frame.height / 4),
            different: pixels.reduce((most, v, i) => Math.max(most, Math.abs(v - data[i])), 0), alpha: pixels[3], live: camera.video.srcObject !== null,
        };
    });
    await page.close();
    assert.deepEqual([seen.track, seen.frame], [[160, 120], [WIDTH, HEIGHT]]);
    assert.ok(seen.bright > 165 && seen.bright < 205 && seen.dark > 40 && seen.dark < 70, `bright ${seen.bright}, dark ${seen.dark}`);
    assert.ok(seen.different <= 3, `the two ways to the pixels differ by ${seen.different}`);
    assert.deepEqual([seen.alpha, seen.live], [255, false]);
});

test('each frame comes once, and a slow consumer gets the newest', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
        const { openCamera } = await import(/** @type {any} */ ('/js/camera.js'));
        const camera = await openCamera();
        /** Where the bar stands in each of `count` frames, and when. @param {number} count @param {number} wait */
        const watch = async (count, wait) => {
            const bars = [], times = [], ages = [];
            for await (const frame of camera) {
                const row = frame.data.subarray(-4 * frame.width);
                bars.push(Math.floor(Array.from({ length: frame.width }, (_, x) => row[4 * x]).findIndex((v) => v > 220) * 10 / frame.width));
                times.push(frame.timestamp);
                ages.push(camera.video.currentTime * 1000 - frame.timestamp);
                if (bars.length === count) break;
                await new Promise((resolve) => setTimeout(resolve, wait));
            }
            return { bars, times, ages };
        };
        const quick = await watch(12, 0), slow = await watch(6, 150);
        camera.close();
        return { quick, slow };
    });
    await page.close();
    for (const { times } of [seen.quick, seen.slow]) {
        assert.ok(times.every((/** @type {number} */ t, /** @type {number} */ i) => i === 0 || t > times[i - 1]), `times ${times}`);
    }
    const pace = (/** @type {number[]} */ times) => (times[times.length - 1] - times[1]) / (times.length - 2);
    assert.ok(pace(seen.quick.times) < 200, `quick: a frame each ${pace(seen.quick.times)} ms`);
    assert.ok(pace(seen.slow.times) > 120, `slow: a frame each ${pace(seen.slow.times)} ms`);
    assert.ok(seen.slow.ages.every((/** @type {number} */ age) => age < 300), `slow, but never old: ${seen.slow.ages} ms`);
    assert.ok(new Set(seen.quick.bars).size >= 5, `the bar moves: ${seen.quick.bars}`);
    assert.ok(seen.slow.bars.every((/** @type {number} */ bar) => bar >= 0 && bar < 10), `${seen.slow.bars}`);
});

test('a camera goes on after a switch, and its VideoFrame can go to a worker', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
        const { openCamera } = await import(/** @type {any} */ ('/js/camera.js'));
        const camera = await openCamera();
        const source = `import { Frame } from '${location.origin}/js/camera.js';
            onmessage = async ({ data: picture }) => {
                const frame = new Frame(picture);
                const pixels = new Uint8ClampedArray(frame.width * frame.height * 4);
                await frame.write(pixels);
                postMessage([frame.width, frame.height, pixels[3], frame.data[4] - pixels[4]]);
                frame.close();
            };`;
        const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
        let frames = 0, answer;
        for await (const frame of camera) {
            if (++frames === 2) await camera.switch();
            if (frames < 5) continue;
            answer = new Promise((resolve) => {
                worker.onmessage = ({ data }) => resolve(data);
            });
            worker.postMessage(frame.source, [frame.source]);
            break;
        }
        const result = await answer;
        camera.close();
        worker.terminate();
        return result;
    });
    await page.close();
    assert.deepEqual(seen, [WIDTH, HEIGHT, 255, 0]);
});

test('an insecure page and a forbidden camera are told apart', async () => {
    /** @param {import('playwright-core').Page} page */
    const reason = (page) => page.evaluate(async () => {
        const { openCamera } = await import(/** @type {any} */ ('/js/camera.js'));
        return openCamera().catch((/** @type {any} */ error) => error.reason);
    });
    const insecure = await openPage('http://insecure.test/');
    assert.equal(await reason(insecure), 'insecure');
    const forbidden = await openPage('http://localhost/', { 'Permissions-Policy': 'camera=()' });
    assert.equal(await reason(forbidden), 'denied');
    await Promise.all([insecure.close(), forbidden.close()]);
});

test('lines and labels are drawn alike on a canvas of the page and on an OffscreenCanvas', async () => {
    const page = await openPage();
    const same = await page.evaluate(async () => {
        const { drawDetections, drawKeypoints } = await import(/** @type {any} */ ('/js/draw.js'));
        const detections = { count: 2, boxes: [20, 40, 120, 160, 90, 60, 190, 190], scores: [.9, .6], classes: [0, 1] };
        const [first, second] = [Object.assign(document.createElement('canvas'), { width: 200, height: 200 }), new OffscreenCanvas(200, 200)]
            .map((canvas) => {
                const ctx = /** @type {any} */ (canvas.getContext('2d'));
                drawDetections(ctx, detections, ['cat', 'dog'], { fill: true });
                drawKeypoints(ctx, [100, 100, 1]);
                return ctx.getImageData(0, 0, 200, 200).data;
            });
        return { drawn: first.some((/** @type {number} */ v) => v > 0), same: first.every((/** @type {number} */ v, /** @type {number} */ i) => v === second[i]) };
    });
    await page.close();
    assert.deepEqual(same, { drawn: true, same: true });
});
