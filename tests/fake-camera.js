/** A browser's video, camera and canvas, played in Node. */
import { createCanvas } from '@napi-rs/canvas';

const none = Symbol('none');
/** @type {Map<string, any>} */
const replaced = new Map();

/** Put fakes in place of globals until the test ends. @param {Record<string, any>} fakes */
export function pretend(fakes) {
    for (const [name, value] of Object.entries(fakes)) {
        if (!replaced.has(name)) replaced.set(name, Object.getOwnPropertyDescriptor(globalThis, name) ?? none);
        Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
}

/** Take the fakes away again. */
export function restore() {
    for (const [name, old] of replaced) {
        if (old === none) delete (/** @type {any} */ (globalThis))[name];
        else Object.defineProperty(globalThis, name, old);
    }
    replaced.clear();
    FakeVideoFrame.made = [];
}

/** A VideoFrame as a camera makes it: its pixels are `visible`, whatever size its track promises. */
export class FakeVideoFrame {
    /** @type {FakeVideoFrame[]} */
    static made = [];
    closed = false;
    /** @type {any[]} */
    copies = [];
    format = 'I420';
    timestamp = 5000;
    rotation = 0;
    flip = false;

    /** @param {any} video */
    constructor(video, { width, height } = video.visible) {
        this.visibleRect = { x: 0, y: 0, width, height };
        this.codedWidth = width + 16;
        this.codedHeight = height + 16;
        this.displayWidth = video.videoWidth;
        this.displayHeight = video.videoHeight;
        FakeVideoFrame.made.push(this);
    }

    /** @param {{ format?: string }} [options] */
    allocationSize(options = {}) {
        const { width, height } = this.visibleRect;
        return options.format === 'RGBA' ? width * height * 4 : width * height * 1.5;
    }

    /** @param {Uint8ClampedArray} pixels @param {any} options */
    async copyTo(pixels, options) {
        this.copies.push(options);
        pixels.fill(7);
    }

    close() {
        this.closed = true;
    }

    /** @param {any} ctx */
    paint(ctx) {
        if (this.closed) throw new Error('InvalidStateError');
        ctx.fillStyle = 'rgb(10, 20, 30)';
        ctx.fillRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    }
}

/** An OffscreenCanvas that can also draw the fakes. @param {number} width @param {number} height */
export function FakeOffscreenCanvas(width, height) {
    const canvas = createCanvas(width, height), ctx = canvas.getContext('2d');
    const drawImage = ctx.drawImage.bind(ctx);
    ctx.drawImage = (/** @type {any} */ image, /** @type {any[]} */ ...place) =>
        image.paint ? image.paint(ctx) : /** @type {any} */ (drawImage)(image, ...place);
    return Object.assign(canvas, { getContext: () => ctx });
}

export class FakeVideo extends EventTarget {
    readyState = 4;
    currentTime = 0;
    ended = false;
    /** @type {any} */
    error = null;
    visible = { width: 8, height: 6 };
    videoWidth = 4;
    videoHeight = 3;
    /** @type {any} */
    srcObject = null;
    /** @type {Map<number, Function>} */
    waiting = new Map();
    listeners = 0;
    #last = 0;

    async play() {}

    /** @param {Function} callback */
    requestVideoFrameCallback(callback) {
        this.waiting.set(++this.#last, callback);
        return this.#last;
    }

    /** @param {number} handle */
    cancelVideoFrameCallback(handle) {
        this.waiting.delete(handle);
    }

    /** Present a frame. @param {number} seconds */
    show(seconds) {
        this.currentTime = seconds;
        const callbacks = [...this.waiting.values()];
        this.waiting.clear();
        for (const callback of callbacks) callback(0, { mediaTime: seconds });
    }

    /** @override @param {[any, any, any]} args */
    addEventListener(...args) {
        this.listeners++;
        super.addEventListener(...args);
    }

    /** @override @param {[any, any, any]} args */
    removeEventListener(...args) {
        this.listeners--;
        super.removeEventListener(...args);
    }
}

/** How many VideoFrames are open. */
export const open = () => FakeVideoFrame.made.filter(({ closed }) => !closed).length;

/**
 * Cameras as a browser has them.
 * @param {{ facingMode?: string, deviceId: string }[]} cameras
 */
export function fakeDevices(cameras) {
    const log = /** @type {string[]} */ ([]);
    const devices = {
        log,
        /** @type {any[]} */
        asked: [],
        /** @type {any} */
        failure: null,
        gate: Promise.resolve(),
        enumerateDevices: async () => [{ kind: 'audioinput', deviceId: 'ear' }, ...cameras.map((camera) => ({ kind: 'videoinput', ...camera }))],
        /** @param {any} constraints */
        async getUserMedia({ video: wish }) {
            devices.asked.push(wish);
            await devices.gate;
            if (devices.failure) throw devices.failure;
            const settings = cameras.find((camera) => wish.deviceId ? camera.deviceId === wish.deviceId.exact : camera.facingMode === wish.facingMode)
                ?? cameras[0];
            log.push(`open ${settings.deviceId}`);
            const track = Object.assign(new EventTarget(), {
                getSettings: () => settings,
                stop: () => log.push(`stop ${settings.deviceId}`),
            });
            return { getVideoTracks: () => [track], track };
        },
    };
    pretend({ navigator: { mediaDevices: devices }, document: { createElement: () => new FakeVideo() }, VideoFrame: FakeVideoFrame });
    return devices;
}
