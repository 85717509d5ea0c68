/**
 * Frames from a camera or any <video>: one in flight, the newest wins, so a slow consumer never builds a queue.
 */

/** @type {Record<string, string>} */
const MESSAGES = {
    denied: 'The camera may not be used here. Allow it in the site\'s settings (and in the system\'s), then try again.',
    missing: 'No camera was found. Connect one and try again.',
    busy: 'The camera did not start. Close other programs and tabs that use it, then try again.',
    insecure: 'A camera opens only on a secure page: use https:// or localhost.',
    unsupported: 'This browser cannot open a camera.',
    lost: 'The camera was disconnected.',
    failed: 'The camera could not be opened.',
};

/** What getUserMedia's errors mean. @type {Record<string, string>} */
const REASONS = {
    NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', OverconstrainedError: 'missing',
    NotReadableError: 'busy', AbortError: 'busy',
};

/** Why there is no camera: `message` for people; `reason` for programs, one of denied, missing, busy, insecure, unsupported, lost, failed. */
export class CameraError extends Error {
    /** @param {string} reason @param {unknown} [cause] the browser's own error */
    constructor(reason, cause) {
        super(MESSAGES[reason], {cause});
        this.name = 'CameraError';
        this.reason = reason;
    }
}

/** @typedef {VideoFrame | HTMLVideoElement | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | ImageBitmap} Picture */

/** @type {OffscreenCanvasRenderingContext2D | null} */
let scratch = null;

/**
 * A picture as `toTensor` and `lendTensor` take it, its pixels read when they are asked for.
 *
 * A frame that came from a loop lasts until the next is asked for; then it is closed, and pixels not read by then are gone.
 */
export class Frame {
    /** @type {Uint8ClampedArray | null} */
    #data = null;
    #closed = false;
    #copies = false;

    /**
     * @param {Picture} source anything `drawImage` takes, loaded; a VideoFrame may be transferred to a worker and made a Frame there
     * @param {number} [timestamp] when in its video it is shown, in milliseconds
     * @throws {TypeError} if there is no picture in it yet
     */
    constructor(source, timestamp) {
        let {width, height} = sizeOf(source);
        if (!(width > 0 && height > 0)) throw new TypeError('source: expected a picture that has loaded');
        if ('copyTo' in source) {
            const {rotation = 0, flip = false} = /** @type {{rotation?: number, flip?: boolean}} */ (source);
            if (rotation % 180) [width, height] = [height, width];
            this.#copies = !rotation && !flip && rgbaBytes(source) === width * height * 4;
            timestamp ??= source.timestamp / 1000;
        }
        this.source = source;
        this.timestamp = timestamp ?? 0;
        this.width = width;
        this.height = height;
    }

    /**
     * RGBA bytes, width * height * 4 of them, read at once. A picture made of them, {data, width, height}, needs no waiting for.
     *
     * @returns {Uint8ClampedArray}
     */
    get data() {
        return this.#data ??= this.#read();
    }

    /**
     * Copy the pixels straight into memory lent for them.
     *
     * @param {Uint8ClampedArray} pixels width * height * 4 bytes, RGBA
     * @returns {Promise<void>}
     * @throws {RangeError} if `pixels` has another length
     */
    async write(pixels) {
        const {width, height, source} = this;
        if (pixels.length !== width * height * 4) throw new RangeError(`pixels: expected ${width} x ${height} x 4 bytes, got ${pixels.length}`);
        if (this.#copies && !this.#data && !this.#closed) {
            const layout = [{offset: 0, stride: width * 4}];
            await /** @type {VideoFrame} */ (source).copyTo(pixels, {format: 'RGBA', colorSpace: 'srgb', layout});
        } else {
            pixels.set(this.data);
        }
    }

    /** Let go of the picture; a loop does this by itself. */
    close() {
        this.#closed = true;
        if ('close' in this.source) this.source.close();
    }

    #read() {
        if (this.#closed) throw new Error('This frame is closed: read its pixels before asking for the next.');
        const {width, height} = this;
        scratch ??= /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true}));
        const {canvas} = scratch;
        if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
        scratch.globalCompositeOperation = 'copy';
        scratch.drawImage(this.source, 0, 0, width, height);
        return scratch.getImageData(0, 0, width, height).data;
    }
}

/**
 * The size of the pixels that are there. A camera's track may be scaled where its frames are not, so a VideoFrame is measured itself.
 *
 * @param {any} source
 * @returns {{width: number, height: number}}
 */
function sizeOf(source) {
    const {visibleRect, codedWidth, codedHeight, videoWidth, videoHeight, naturalWidth, naturalHeight, width, height} = Object(source);
    return visibleRect ?? {width: codedWidth ?? videoWidth ?? naturalWidth ?? width, height: codedHeight ?? videoHeight ?? naturalHeight ?? height};
}

/** @param {HTMLVideoElement} video */
function grab(video) {
    if (typeof VideoFrame !== 'function') return video;
    const frame = new VideoFrame(video);
    const {width, height} = sizeOf(frame);
    // Before VideoFrame.rotation a turned picture came unturned; the element is always drawn as it is shown.
    if ('rotation' in frame || (width > height) === (video.videoWidth > video.videoHeight)) return frame;
    frame.close();
    return video;
}

/** How many bytes a frame takes as RGBA; 0 where it cannot be converted. @param {VideoFrame} frame */
function rgbaBytes(frame) {
    // A browser that cannot convert may say so only by not reading the option.
    let read = false;
    const options = {
        get format() {
            read = true;
            return /** @type {const} */ ('RGBA');
        },
    };
    try {
        const bytes = frame.allocationSize(options);
        return read ? bytes : 0;
    } catch {
        return 0;
    }
}

/**
 * The frames of a playing video, each once, until it ends. While the consumer is busy newer frames replace older ones unseen.
 *
 * @param {HTMLVideoElement} video
 * @param {{signal?: AbortSignal}} [options] `signal` ends the loop
 * @returns {AsyncGenerator<Frame, void, void>}
 * @throws {TypeError} if `video` is no video element; when iterated, what the browser says of a video it cannot show or read
 *
 * @example
 * for await (const frame of framesOf(video)) await detect(frame);
 */
export function framesOf(video, {signal} = {}) {
    if (typeof video?.addEventListener !== 'function' || !('readyState' in video)) throw new TypeError('video: expected a <video> element');
    return newest(video, signal);
}

/** @param {HTMLVideoElement} video @param {AbortSignal} [signal] @returns {AsyncGenerator<Frame, void, void>} */
async function* newest(video, signal) {
    const exact = typeof video.requestVideoFrameCallback === 'function';
    const ready = () => video.readyState >= 2;
    let fresh = ready(), time = video.currentTime, handle = 0;
    let wake = () => {};
    const stir = () => wake();
    const watch = () => {
        handle = exact ? video.requestVideoFrameCallback((_, {mediaTime}) => shown(mediaTime, true)) : requestAnimationFrame(() => shown(video.currentTime));
    };
    /** @param {number} now in seconds @param {boolean} [sure] */
    const shown = (now, sure = now !== time) => {
        fresh ||= sure;
        time = now;
        watch();
        wake();
    };

    for (const event of ['ended', 'error']) video.addEventListener(event, stir);
    signal?.addEventListener('abort', stir);
    watch();
    try {
        while (!signal?.aborted) {
            if (video.error) throw new Error(`The video cannot be played: ${video.error.message}`);
            if (fresh && ready()) {
                fresh = false;
                const frame = new Frame(grab(video), time * 1000);
                try {
                    yield frame;
                } finally {
                    frame.close();
                }
            } else if (video.ended) {
                return;
            } else {
                await new Promise((resolve) => {
                    wake = () => resolve(null);
                });
            }
        }
    } finally {
        if (exact) video.cancelVideoFrameCallback(handle);
        else cancelAnimationFrame(handle);
        for (const event of ['ended', 'error']) video.removeEventListener(event, stir);
        signal?.removeEventListener('abort', stir);
    }
}

/**
 * Open a camera. Iterating what comes back gives its frames, as `framesOf` does, until `close()`; a camera that is unplugged ends the loop
 * with a CameraError.
 *
 * @param {object} [options]
 * @param {number} [options.width] wished for, in pixels; frames say what they are
 * @param {number} [options.height]
 * @param {'user' | 'environment'} [options.facing='user'] the person at the screen, or the world behind it; where there is a choice
 * @param {HTMLVideoElement} [options.video] plays the camera; by default one that is not on the page
 * @throws {CameraError} with a message for people and a `reason`
 * @throws {RangeError} naming the option that is wrong
 *
 * @example
 * const camera = await openCamera({width: 1280, height: 720});
 * for await (const frame of camera) {
 *     const {tensor, view} = await toTensor(frame, {width: 640, height: 640});
 *}
 */
export async function openCamera({width, height, facing = 'user', video} = {}) {
    for (const [name, size] of Object.entries({width, height})) {
        if (size !== undefined && !(size >= 1 && size < Infinity)) throw new RangeError(`${name}: expected a number of pixels, got ${size}`);
    }
    if (facing !== 'user' && facing !== 'environment') throw new RangeError(`facing: expected one of user, environment; got ${facing}`);
    const devices = globalThis.navigator?.mediaDevices;
    if (!devices?.getUserMedia) throw new CameraError(globalThis.isSecureContext === false ? 'insecure' : 'unsupported');

    const screen = video ?? globalThis.document.createElement('video');
    const end = new AbortController();
    let closed = false;
    /** @type {MediaTrackConstraints} */
    let wish = {width, height, facingMode: facing};
    /** @type {Promise<void> | null} */
    let switching = null;
    const track = () => /** @type {MediaStream | null} */ (screen.srcObject)?.getVideoTracks()[0];

    function stop() {
        const old = track();
        screen.srcObject = null; // before the track stops, which the element would take for the end of the video
        old?.stop();
    }

    async function start() {
        stop(); // first, as many phones run one camera at a time
        try {
            const stream = await devices.getUserMedia({video: wish});
            screen.srcObject = stream;
            if (closed) return stop();
            track()?.addEventListener('ended', () => end.abort());
            Object.assign(screen, {muted: true, playsInline: true});
            await screen.play();
        } catch (error) {
            stop();
            if (!closed) throw new CameraError(REASONS[/** @type {Error} */ (error)?.name] ?? 'failed', error);
        }
    }

    async function turn() {
        const before = wish;
        const {facingMode, deviceId} = track()?.getSettings() ?? {};
        if (facingMode) {
            wish = {width, height, facingMode: facingMode === 'user' ? 'environment' : 'user'};
        } else {
            const ids = (await devices.enumerateDevices()).filter(({kind}) => kind === 'videoinput').map((device) => device.deviceId);
            wish = {width, height, deviceId: {exact: ids[(ids.indexOf(deviceId ?? '') + 1) % ids.length]}};
        }
        try {
            await start();
        } catch (error) {
            wish = before;
            await start().catch(() => end.abort());
            throw error;
        }
    }

    await start();
    return {
        /** Where the camera plays; it may be shown on the page. */
        video: screen,

        /** @returns {'user' | 'environment' | undefined} which way it looks, where known: a person is best shown mirrored */
        get facing() {
            const {facingMode} = track()?.getSettings() ?? {};
            return /** @type {'user' | 'environment' | undefined} */ (facingMode);
        },

        /** @returns {AsyncGenerator<Frame, void, void>} */
        async *[Symbol.asyncIterator]() {
            yield* framesOf(screen, {signal: end.signal});
            if (!closed) throw new CameraError('lost');
        },

        /**
         * Change to the camera on the other side, or to the next one where cameras do not tell their sides. Loops go on.
         *
         * @returns {Promise<void>}
         * @throws {CameraError} after going back to the camera there was
         */
        switch() {
            return switching ??= turn().finally(() => {
                switching = null;
            });
        },

        /** Stop the camera and end its loops. */
        close() {
            closed = true;
            end.abort();
            stop();
        },
    };
}
