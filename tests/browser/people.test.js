import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fakeCamera } from '../chromium.js';
import { OUTPUT, startDemo } from '../demo-page.js';
import { init, openposeTargets, pafTargets, skeletons } from '../../js/index.js';
import { tinyOnnx } from '../tools/tiny-onnx.js';
import { findVtest, makeCameraFilm, makeVideo } from '../tools/vtest.js';

/** What MoveNet's own graph answers for the cameraman, joints that it is sure of: x, y. */
const CAMERAMAN = /** @type {const} */ ({
    0: [247.8, 161.3], 1: [251.1, 146.6], 2: [236.3, 145.0], 4: [190.6, 135.4], 5: [212.5, 201.0], 6: [88.4, 173.4], 7: [251.8, 291.6], 11: [118.5, 367.7], 12: [40.3, 357.2],
});

/** @typedef {import('../demo-page.js').Seen} Seen */

/** @param {Seen['detections'][number]} pose @param {number} j */
const joint = (pose, j) => (pose.keypoints ?? []).slice(3 * j, 3 * j + 3);

describe('pictures', () => {
    /** @type {Awaited<ReturnType<typeof startDemo>>} */
    let demo;
    before(async () => { demo = await startDemo(); });
    after(() => demo?.close());

    test('MoveNet: the joints of its own graph, and what integral regression makes of its heatmaps', async () => {
        const { page, next, offences, close } = await demo.open('?network=movenet');
        const { detections, width, height } = await next();
        await next();
        assert.deepEqual([width, height, detections.length], [512, 512, 1]);
        for (const [j, [x, y]] of Object.entries(CAMERAMAN)) {
            const at = joint(detections[0], Number(j));
            assert.ok(Math.hypot(at[0] - x, at[1] - y) < 6, `joint ${j} is at ${at}, not at ${x}, ${y}`);
        }
        assert.equal(await page.getAttribute('nav a[aria-current]', 'href'), './?network=movenet');
        assert.deepEqual(await page.locator('.slider:visible').count(), 1);

        await page.focus('#maps summary');
        await page.keyboard.press('Enter');
        const read = async () => Promise.all(['highest', 'whole', 'window'].map(async (key) => (await page.textContent(`#reading-${key}`) ?? '').split(', ').map(Number)));
        await page.waitForFunction(() => document.querySelector('#reading-window')?.textContent);
        const [highest, , window] = await read();
        // Where the offsets put the nose, in cells; the expectation is nearer to it than the middle of the highest cell.
        const nose = [247.8, 161.3].map((v) => v * 192 / 512 / 4);
        const off = (/** @type {number[]} */ [x, y]) => Math.hypot(x + 0.5 - nose[0], y + 0.5 - nose[1]);
        assert.ok(off(window) < 0.45, `${window} is ${off(window)} cells from ${nose}`);
        assert.ok(Math.hypot(window[0] - highest[0], window[1] - highest[1]) < 1.5);
        await page.selectOption('#joint', { label: 'left_ankle' });
        await page.waitForFunction((old) => document.querySelector('#reading-highest')?.textContent !== old, highest.join(', '));
        const painted = await page.evaluate(() => {
            const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('#near'));
            const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
            return new Set(data).size;
        });
        assert.ok(painted > 60, `${painted} levels`);
        await page.screenshot({ path: `${OUTPUT}demo-pose.png`, fullPage: true });
        assert.deepEqual(offences, []);
        await close();
    });

    test('PoseNet: both people of the collage', async () => {
        const { page, next, offences, close } = await demo.open('?network=posenet');
        const { detections } = await next();
        assert.equal(await page.textContent('#found'), 'person × 2');
        const noses = detections.map((pose) => joint(pose, 0)).sort((a, b) => a[0] - b[0]);
        for (const [i, [x, y]] of /** @type {const} */ ([[0, [224, 128]], [1, [758, 166]]])) {
            assert.ok(Math.hypot(noses[i][0] - x, noses[i][1] - y) < 16, `a nose is at ${noses[i]}, not at ${x}, ${y}`);
        }
        await page.screenshot({ path: `${OUTPUT}demo-people.png` });
        assert.deepEqual(offences, []);
        await close();
    });

    test('BlazePose: the body, in its own region, with a mask', async () => {
        const { page, next, offences, close } = await demo.open('?network=blazepose');
        const { detections } = await next();
        assert.equal(detections.length, 1);
        assert.equal(detections[0].keypoints?.length, 33 * 3);
        const nose = joint(detections[0], 0);
        assert.ok(Math.hypot(nose[0] - 226, nose[1] - 128) < 25, `the nose is at ${nose}`);
        await page.screenshot({ path: `${OUTPUT}demo-body.png` });
        assert.deepEqual(offences, []);
        await close();
    });

    test('OpenPose: a network of joints and fields that is dropped is known, and read in each way', async () => {
        await init();
        const { joints, limbs, pafs = [] } = skeletons.COCO_18;
        // Two people standing side by side, without eyes and ears, in pixels of the network's input.
        const stand = [[0, 40], [0, 84], [-36, 88], [-48, 136], [-56, 184], [36, 88], [48, 136], [56, 184], [-22, 188], [-26, 252], [-28, 316], [22, 188], [26, 252], [28, 316]];
        const people = [92, 268].map((x) => stand.map(([dx, y]) => [x + dx, y]));
        const coords = { data: Float32Array.from(people.flatMap((person) => [...person.flat(), ...Array(8).fill(0)])), dims: [1, 2, joints.length, 2] };
        const seenJoints = { data: Float32Array.from({ length: 2 * joints.length }, (_, i) => Number(i % joints.length < stand.length)), dims: [1, 2, joints.length] };
        const cells = /** @type {const} */ ({ variant: 'lightweight', stride: 8, offset: 3.5 });
        const maps = openposeTargets(coords, seenJoints, [46, 46], cells);
        const drawn = pafTargets(coords, seenJoints, limbs, [46, 46], cells);
        const plane = 46 * 46, output = new Float32Array((19 + 38) * plane);
        output.set(maps.data);
        pafs.forEach((pair, limb) => pair.forEach((channel, axis) =>
            output.set(drawn.data.subarray((2 * limb + axis) * plane, (2 * limb + axis + 1) * plane), (19 + channel) * plane)));

        const { page, next, offences, close } = await demo.open();
        await next();
        await page.setInputFiles('#file', { name: 'people.onnx', mimeType: '', buffer: tinyOnnx({ size: 368, dims: [1, 57, 46, 46], output, names: [] }) });
        const seen = await next(({ network }) => network === 'people.onnx');
        assert.equal(await page.inputValue('#family'), 'openpose');
        assert.equal(await page.getAttribute('nav a[aria-current]', 'href'), './');
        const across = 1024 / 368;
        for (const family of ['openpose', 'openpose-pytorch', 'openpose-cmu', 'openpose-cmu-gpu']) {
            if (family !== 'openpose') await page.selectOption('#family', family);
            const { detections } = family === 'openpose' ? seen : await next();
            assert.equal(detections.length, 2, family);
            for (const pose of detections) {
                const at = joint(pose, 1)[0] / across;
                const person = people.find(([, neck]) => Math.abs(neck[0] - at) < 8) ?? [];
                assert.equal(person.length, stand.length, `${family}: nobody's neck is at ${at}`);
                person.forEach(([x, y], j) => {
                    const [gotX, gotY] = joint(pose, j);
                    assert.ok(Math.hypot(gotX / across - x, (gotY - 426.5) / across - (y - 184)) < 8, `${family}: joint ${j} at ${joint(pose, j)}`);
                });
            }
        }
        await page.screenshot({ path: `${OUTPUT}demo-openpose.png` });
        assert.deepEqual(offences, []);
        await close();
    });

    test('from one mode to the next, each shows its own picture and controls', async () => {
        const { page, next, offences, close } = await demo.open();
        await next();
        await page.selectOption('#network', 'posenet');
        await next(({ network }) => network === 'PoseNet');
        assert.equal(await page.isVisible('#maps'), true);
        assert.equal(await page.isVisible('#iou'), false);
        await page.selectOption('#network', 'movenet');
        assert.equal((await next(({ network, width }) => network === 'MoveNet' && width === 512)).detections.length, 1);
        await page.selectOption('#network', 'nanodet');
        await next(({ network, width }) => network === 'NanoDet' && width === 1024);
        assert.equal(await page.isVisible('#maps'), false);
        assert.equal(await page.isVisible('#iou'), true);
        assert.deepEqual(offences, []);
        await close();
    });
});

describe('a film of pedestrians', () => {
    const film = `${OUTPUT}people.y4m`;
    /** @type {Awaited<ReturnType<typeof startDemo>>} */
    let demo;
    before(async () => {
        mkdirSync(OUTPUT, { recursive: true });
        makeCameraFilm(findVtest(), film, 8);
        demo = await startDemo(fakeCamera(film));
    });
    after(async () => {
        await demo?.close();
        rmSync(film, { force: true });
    });

    test('before the webcam: people keep their identities', { timeout: 120_000 }, async () => {
        const { page, next, offences, close } = await demo.open('?source=webcam&network=posenet');
        await next();
        /** @type {Map<number, number[]>} */
        let last = new Map();
        let kept = 0;
        for (let i = 0; i < 5; i++) {
            const { detections } = await next(({ detections: found }) => found.length >= 2);
            const now = new Map(detections.filter(({ id }) => id !== undefined).map(({ id, box }) => [Number(id), box]));
            assert.equal(now.size, detections.filter(({ id }) => id !== undefined).length, 'two people have one identity');
            for (const [id, box] of now) {
                const was = last.get(id);
                if (was && Math.hypot(box[0] - was[0], box[1] - was[1]) < 40) kept++;
            }
            last = now;
        }
        assert.ok(kept >= 4, `${kept} identities were kept`);
        await page.screenshot({ path: `${OUTPUT}demo-people-webcam.png` });
        assert.deepEqual(offences, []);
        await close();
    });

    test('from a file: BlazePose follows a region, MoveNet runs on', { timeout: 120_000 }, async () => {
        const { page, next, offences, close } = await demo.open('?network=movenet');
        await next();
        await page.setInputFiles('#file', { name: 'street.webm', mimeType: 'video/webm', buffer: makeVideo(findVtest()) });
        const seen = await next(({ source }) => source === 'file');
        assert.deepEqual([seen.width, seen.height], [768, 576]);
        await page.selectOption('#network', 'blazepose');
        await next(({ source, network }) => source === 'file' && network === 'BlazePose');
        await next(({ source, network }) => source === 'file' && network === 'BlazePose');
        assert.deepEqual(offences, []);
        await close();
    });
});
