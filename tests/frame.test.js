import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setImmediate as breath } from 'node:timers/promises';
import { createCanvas } from '@napi-rs/canvas';
import { Frame, framesOf } from '../js/camera.js';
import { FakeOffscreenCanvas, FakeVideo, FakeVideoFrame, open, pretend, restore } from './fake-camera.js';

afterEach(restore);

/** @param {FakeVideo} video @param {{ signal?: AbortSignal }} [options] */
const loop = (video, options) => framesOf(/** @type {any} */ (video), options);

/** @param {any} source @param {number} [timestamp] */
const frameOf = (source, timestamp) => new Frame(source, timestamp);

test('a frame is as large as its pixels, not as its track', async () => {
    const video = new FakeVideo();
    const frame = frameOf(new FakeVideoFrame(Object.assign(video, { visible: { width: 768, height: 576 }, videoWidth: 640, videoHeight: 480 })));
    assert.deepEqual([frame.width, frame.height, frame.timestamp], [768, 576, 5]);
    const pixels = new Uint8ClampedArray(768 * 576 * 4);
    await frame.write(pixels);
    assert.ok(pixels.every((v) => v === 7));
    assert.deepEqual(FakeVideoFrame.made[0].copies, [{ format: 'RGBA', colorSpace: 'srgb', layout: [{ offset: 0, stride: 768 * 4 }] }]);
    for (const size of [640 * 480 * 4, 0, 768 * 576 * 4 + 1]) {
        await assert.rejects(frame.write(new Uint8ClampedArray(size)), { name: 'RangeError', message: /^pixels: expected 768 x 576 x 4 bytes/ });
    }
});

test('pixels are read when asked for, once', async () => {
    pretend({ OffscreenCanvas: FakeOffscreenCanvas });
    const source = new FakeVideoFrame(new FakeVideo());
    const frame = frameOf(source);
    const { data } = frame;
    assert.equal(data.length, 8 * 6 * 4);
    assert.deepEqual([...data.slice(0, 4)], [10, 20, 30, 255]);
    assert.equal(frame.data, data);
    const pixels = new Uint8ClampedArray(data.length);
    await frame.write(pixels);
    assert.deepEqual(pixels, data);
    assert.equal(source.copies.length, 0, 'what was read is not converted again');
});

test('pictures of all kinds are frames', () => {
    pretend({ OffscreenCanvas: FakeOffscreenCanvas });
    const canvas = createCanvas(5, 4);
    const ctx = canvas.getContext('2d');
    ctx.fillStyle = '#ff0000';
    ctx.fillRect(0, 0, 5, 4);
    const frame = frameOf(canvas, 40);
    assert.deepEqual([frame.width, frame.height, frame.timestamp], [5, 4, 40]);
    assert.deepEqual([...frame.data.slice(-4)], [255, 0, 0, 255]);
    const wide = createCanvas(12, 3);
    wide.getContext('2d').fillRect(0, 0, 12, 3);
    assert.deepEqual([...frameOf(wide).data.slice(-4)], [0, 0, 0, 255], 'after a picture of another size');
    ctx.clearRect(0, 0, 5, 4);
    assert.deepEqual([...frameOf(canvas).data.slice(0, 4)], [0, 0, 0, 0], 'nothing of the picture before shows through');
    assert.deepEqual([frameOf({ naturalWidth: 30, naturalHeight: 20, width: 3, height: 2 }).width, frameOf({ width: 3, height: 2 }).height], [30, 2]);
    for (const nothing of [{ naturalWidth: 0, naturalHeight: 0 }, {}, null, new Date()]) {
        assert.throws(() => frameOf(nothing), { name: 'TypeError', message: /^source: / });
    }
});

test('where a browser cannot convert, the pixels come by way of a canvas', async () => {
    pretend({ OffscreenCanvas: FakeOffscreenCanvas });
    /** @type {Record<string, (frame: any) => void>} */
    const cases = {
        'no conversion': (frame) => {
            frame.allocationSize = () => 8 * 6 * 1.5;
        },
        'BGRA, and the option not known': (frame) => {
            frame.allocationSize = () => 8 * 6 * 4;
        },
        'a format that cannot be read': (frame) => {
            frame.allocationSize = () => {
                throw new Error('NotSupportedError');
            };
        },
        'turned': (frame) => {
            frame.rotation = 90;
        },
        'mirrored': (frame) => {
            frame.flip = true;
        },
    };
    for (const [name, change] of Object.entries(cases)) {
        const source = new FakeVideoFrame(new FakeVideo());
        change(source);
        const frame = frameOf(source);
        const pixels = new Uint8ClampedArray(8 * 6 * 4);
        await frame.write(pixels);
        assert.deepEqual([...pixels.slice(0, 4)], [10, 20, 30, 255], name);
        assert.equal(source.copies.length, 0, name);
        assert.deepEqual([frame.width, frame.height], name === 'turned' ? [6, 8] : [8, 6], name);
    }
});

test('a closed frame says so', async () => {
    const frame = frameOf(new FakeVideoFrame(new FakeVideo()));
    frame.close();
    assert.throws(() => frame.data, /closed/);
    await assert.rejects(frame.write(new Uint8ClampedArray(8 * 6 * 4)), /closed/);
});

test('a slow consumer gets the newest frame, and only one is ever open', async () => {
    pretend({ VideoFrame: FakeVideoFrame });
    const video = new FakeVideo();
    const times = [];
    let shown = 0;
    for await (const frame of loop(video)) {
        times.push(frame.timestamp);
        assert.equal(open(), 1);
        for (let i = 0; i < 5; i++) {
            video.show(++shown);
            await breath();
        }
        if (times.length === 4) break;
    }
    assert.deepEqual(times, [0, 5000, 10000, 15000]);
    assert.equal(FakeVideoFrame.made.length, 4, 'frames nobody sees are never taken');
    assert.equal(open(), 0);
    assert.deepEqual([video.waiting.size, video.listeners], [0, 0], 'nothing is left behind');
});

test('a quick consumer gets each frame once, and waits for the next', async () => {
    pretend({ VideoFrame: FakeVideoFrame });
    const video = new FakeVideo();
    video.readyState = 0;
    const frames = loop(video);
    for (const second of [1, 2, 3]) {
        const next = frames.next();
        await breath();
        assert.equal(open(), 0, 'the frame before is closed while the next is awaited');
        assert.equal(await Promise.race([next, breath('waiting')]), 'waiting');
        video.readyState = 4;
        video.show(second);
        assert.equal((await next).value?.timestamp, second * 1000);
    }
    video.show(4);
    video.readyState = 0;
    const next = frames.next();
    assert.equal(await Promise.race([next, breath('waiting')]), 'waiting', 'a camera is being switched');
    video.readyState = 4;
    video.show(5);
    assert.equal((await next).value?.timestamp, 5000);
    await frames.return();
    assert.equal(open(), 0);
});

test('without requestVideoFrameCallback each animation frame looks for a new picture', async () => {
    /** @type {Map<number, Function>} */
    const callbacks = new Map();
    let last = 0;
    pretend({
        VideoFrame: undefined,
        requestAnimationFrame: (/** @type {Function} */ callback) => callbacks.set(++last, callback) && last,
        cancelAnimationFrame: (/** @type {number} */ handle) => callbacks.delete(handle),
    });
    const refresh = () => {
        const due = [...callbacks.values()];
        callbacks.clear();
        for (const callback of due) callback(0);
    };
    const video = Object.assign(/** @type {any} */ (new FakeVideo()), { requestVideoFrameCallback: undefined });
    const frames = loop(video);
    const first = (await frames.next()).value;
    assert.deepEqual([first?.source, first?.width, first?.height], [video, 4, 3], 'no VideoFrame either: the element itself');
    const next = frames.next();
    await breath();
    refresh();
    refresh();
    assert.equal(await Promise.race([next, breath('waiting')]), 'waiting');
    video.currentTime = .04;
    refresh();
    assert.equal((await next).value?.timestamp, 40);
    video.currentTime = .08;
    refresh();
    refresh();
    assert.equal((await frames.next()).value?.timestamp, 80, 'a picture is not missed for being looked at twice');
    await frames.return();
    assert.equal(callbacks.size, 0);
});

test('a turned picture whose VideoFrame does not know it is taken from the element', async () => {
    class OldVideoFrame extends FakeVideoFrame {
        /** @param {any} video */
        constructor(video) {
            super(video);
            delete (/** @type {any} */ (this)).rotation;
        }
    }
    pretend({ VideoFrame: OldVideoFrame });
    const upright = (await loop(new FakeVideo()).next()).value;
    assert.ok(upright?.source instanceof OldVideoFrame);
    const video = Object.assign(new FakeVideo(), { videoWidth: 6, videoHeight: 8 });
    pretend({ VideoFrame: FakeVideoFrame });
    const cropped = (await loop(video).next()).value;
    assert.ok(cropped?.source instanceof FakeVideoFrame, 'a VideoFrame that knows its rotation is believed');
    pretend({ VideoFrame: OldVideoFrame });
    const turned = (await loop(video).next()).value;
    assert.deepEqual([turned?.source, turned?.width, turned?.height], [video, 6, 8]);
    assert.equal(open(), 2);
});

test('a loop ends with the video, with its signal, and with an error that says why', async () => {
    pretend({ VideoFrame: FakeVideoFrame });
    const ending = new FakeVideo();
    const toTheEnd = loop(ending);
    await toTheEnd.next();
    ending.show(1);
    ending.ended = true;
    assert.equal((await toTheEnd.next()).value?.timestamp, 1000, 'the last frame is not lost');
    assert.equal((await toTheEnd.next()).done, true);

    const video = new FakeVideo();
    const stop = new AbortController();
    const aborted = loop(video, { signal: stop.signal });
    await aborted.next();
    const next = aborted.next();
    await breath();
    stop.abort();
    assert.equal((await next).done, true);
    assert.equal(open(), 0);
    assert.equal((await loop(video, { signal: stop.signal }).next()).done, true);

    const broken = new FakeVideo();
    const failing = loop(broken);
    await failing.next();
    const failure = failing.next();
    await breath();
    broken.error = { message: 'no such codec' };
    broken.dispatchEvent(new Event('error'));
    await assert.rejects(failure, /cannot be played: no such codec/);
    assert.throws(() => framesOf(/** @type {any} */ ({})), { name: 'TypeError', message: /^video: / });
});
