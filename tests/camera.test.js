import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setImmediate as breath } from 'node:timers/promises';
import { CameraError, openCamera } from '../js/camera.js';
import { FakeVideo, fakeDevices, open, pretend, restore } from './fake-camera.js';

afterEach(restore);

const PHONE = [{ deviceId: 'front', facingMode: 'user' }, { deviceId: 'back', facingMode: 'environment' }];

/** @param {string} name */
const refusal = (name) => Object.assign(new Error('as the browser puts it'), { name });

test('a camera is asked for as wished, and gives frames until it is closed', async () => {
    const devices = fakeDevices(PHONE);
    const camera = await openCamera({ width: 1280, height: 720, facing: 'environment' });
    assert.deepEqual(devices.asked, [{ width: 1280, height: 720, facingMode: 'environment' }]);
    assert.equal(camera.facing, 'environment');
    const { video } = camera;
    assert.ok(video.muted && video.playsInline);
    let count = 0;
    for await (const frame of camera) {
        assert.deepEqual([frame.width, frame.height], [8, 6]);
        if (++count === 3) camera.close();
        else setImmediate(() => /** @type {any} */ (video).show(count));
    }
    assert.equal(count, 3);
    assert.deepEqual([devices.log, video.srcObject, open()], [['open back', 'stop back'], null, 0]);
});

test('the page\'s own video element may play the camera', async () => {
    fakeDevices(PHONE);
    const video = new FakeVideo();
    assert.equal((await openCamera({ video: /** @type {any} */ (video) })).video, video);
});

test('why there is no camera is said in plain words', async () => {
    const reasons = {
        NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', OverconstrainedError: 'missing',
        NotReadableError: 'busy', AbortError: 'busy', TypeError: 'failed',
    };
    const messages = new Set();
    for (const [name, reason] of Object.entries(reasons)) {
        const cause = fakeDevices(PHONE).failure = refusal(name);
        await assert.rejects(openCamera(), (/** @type {any} */ error) => {
            messages.add(error.message);
            return error instanceof CameraError && error.reason === reason && error.cause === cause && /^[A-Z].*camera.*\.$/.test(error.message);
        });
    }
    assert.equal(messages.size, 4);

    pretend({ navigator: {}, isSecureContext: false });
    await assert.rejects(openCamera(), { reason: 'insecure', message: /https/ });
    pretend({ isSecureContext: true });
    await assert.rejects(openCamera(), { reason: 'unsupported' });
    pretend({ navigator: undefined });
    await assert.rejects(openCamera(), { reason: 'unsupported' });
    await assert.rejects(openCamera({ width: -1 }), { name: 'RangeError', message: /^width: / });
    await assert.rejects(openCamera({ height: NaN }), { name: 'RangeError', message: /^height: / });
    await assert.rejects(openCamera({ facing: /** @type {any} */ ('left') }), { name: 'RangeError', message: /^facing: .*user, environment/ });
});

test('switching turns to the other side, one camera at a time, and loops go on', async () => {
    const devices = fakeDevices(PHONE);
    const camera = await openCamera();
    const frames = camera[Symbol.asyncIterator]();
    await frames.next();
    await Promise.all([camera.switch(), camera.switch()]);
    assert.deepEqual(devices.log, ['open front', 'stop front', 'open back'], 'two presses are one');
    assert.equal(camera.facing, 'environment');
    assert.equal((await Promise.all([frames.next(), /** @type {any} */ (camera.video).show(9)]))[0].value?.timestamp, 9000);
    await camera.switch();
    assert.equal(camera.facing, 'user');
    camera.close();
});

test('cameras that do not tell their sides take turns', async () => {
    const devices = fakeDevices([{ deviceId: 'a' }, { deviceId: 'b' }, { deviceId: 'c' }]);
    const camera = await openCamera();
    for (let i = 0; i < 3; i++) await camera.switch();
    assert.deepEqual(devices.asked.map((wish) => wish.deviceId?.exact), [undefined, 'b', 'c', 'a']);
    assert.equal(camera.facing, undefined);
});

test('a failed switch goes back; if that fails too the loop says the camera is lost', async () => {
    const devices = fakeDevices(PHONE);
    const camera = await openCamera();
    const getUserMedia = devices.getUserMedia;
    devices.getUserMedia = async (constraints) => {
        if (constraints.video.facingMode === 'environment') throw refusal('NotReadableError');
        return getUserMedia(constraints);
    };
    await assert.rejects(camera.switch(), { reason: 'busy' });
    assert.deepEqual([camera.facing, devices.log.at(-1)], ['user', 'open front']);

    const frames = camera[Symbol.asyncIterator]();
    await frames.next();
    const next = frames.next();
    devices.getUserMedia = async () => {
        throw refusal('NotFoundError');
    };
    const lost = assert.rejects(next, { reason: 'lost' });
    await assert.rejects(camera.switch(), { reason: 'missing' });
    await lost;
});

test('a camera that is unplugged ends its loops with an error', async () => {
    fakeDevices(PHONE);
    const camera = await openCamera();
    const frames = camera[Symbol.asyncIterator]();
    await frames.next();
    const next = frames.next();
    await breath();
    /** @type {any} */ (camera.video.srcObject).track.dispatchEvent(new Event('ended'));
    await assert.rejects(next, { name: 'CameraError', reason: 'lost' });
});

test('closing while another camera opens leaves none open', async () => {
    const devices = fakeDevices(PHONE);
    const camera = await openCamera();
    let release = () => {};
    devices.gate = new Promise((resolve) => {
        release = () => resolve(undefined);
    });
    const switching = camera.switch();
    await breath();
    camera.close();
    release();
    await switching;
    assert.deepEqual(devices.log, ['open front', 'stop front', 'open back', 'stop back']);
    assert.equal(camera.video.srcObject, null);
});
