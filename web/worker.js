/** Everything between a frame and what is in it, off the main thread: pixels, Fovea's tensor, the network, Fovea's decode. */
import { expose } from 'comlink';
import { init, lendTensor } from 'fovea';
import { Frame } from 'fovea/camera';
import { blank } from './engines/blank.js';
import { families, networkOf, recognise } from './families.js';
import { magnify } from './magnify.js';
import { networks } from './networks.js';
import { onnxNames } from './onnx-names.js';

/**
 * @typedef {import('./networks.js').Options} Options
 * @typedef {import('./networks.js').Network} Network
 * @typedef {{ run(input: any): Promise<any[]>, close(): void }} Engine
 * @typedef {{ read: number, prepare: number, network: number, decode: number }} Times milliseconds
 * @typedef {{ found: import('./networks.js').Found, times: Times, width: number, height: number }} Seen
 * @typedef {{ heads: any[], view: any, times: Times }} Glance what a network made of a frame
 */

const ready = init();

/** @type {Network} */
let network;
/** @type {Engine[]} the network's, and its finder's */
let engines = [];
/** @type {Glance & { width: number, height: number } | undefined} */
let last;
/** What a film's frames so far say of the next one. @type {{ region?: any, tracker?: ReturnType<NonNullable<Network['tracker']>> }} */
let memory = {};
/** @type {Parameters<typeof networkOf>[0] | undefined} */
let dropped;

/** Lent memory allows no second call meanwhile: whatever the page asks for waits its turn. @type {Promise<unknown>} */
let turn = Promise.resolve();

/** @template T @param {() => Promise<T> | T} work @returns {Promise<T>} */
function inTurn(work) {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {});
    return mine;
}

/** @param {Network} next @param {Engine[]} [opened] */
function use(next, opened) {
    if (opened) {
        for (const engine of engines) engine.close();
        engines = opened;
    }
    network = next;
    last = undefined;
    memory = {};
    const { title, task, about, labels, defaults, heatmaps } = network;
    return { title, task, about, labels: [...labels], defaults, joints: [...heatmaps?.joints ?? []] };
}

const eye = {
    /** @param {string} name a key of `networks` */
    open: (name) => inTurn(async () => {
        const { openGraph } = await import('./engines/tfjs.js');
        const { files, finder } = networks[name];
        const opened = await Promise.all([files, finder?.files].flatMap((each) => (each ? [openGraph(each)] : [])));
        await ready;
        dropped = undefined;
        return use(networks[name], opened);
    }),

    /** @param {Uint8Array} bytes @param {string} name of an .onnx or .tflite file */
    openFile: (bytes, name) => inTurn(async () => {
        const lite = /\.tflite$/i.test(name);
        const opening = lite ? import('./engines/litert.js').then(({ openLiteRt }) => openLiteRt(bytes)) : import('./engines/onnx.js').then(({ openOnnx }) => openOnnx(bytes));
        const [opened] = await Promise.all([opening, ready]);
        const heads = await opened.run(blank(opened.input));
        const labels = lite ? undefined : onnxNames(bytes);
        const recognised = recognise(heads, opened.input, labels?.length);
        const family = recognised ?? 'yolov8';
        const doubt = recognised ? '' : `I know no network with outputs of shape ${heads.map(({ dims }) => `[${dims.join(', ')}]`).join(', ')}. Choose how to read them.`;
        dropped = { name, family, heads: heads.map(({ dims }) => ({ data: null, dims })), labels, input: opened.input };
        return { ...use(networkOf(dropped), [opened]), family, pixels: families[family].pixels, doubt };
    }),

    /** Reads the outputs of the dropped file in another way. @param {string} family @param {string} [pixels] */
    reread: (family, pixels) => inTurn(() => {
        if (!dropped) throw new Error('no file is open');
        return { ...use(networkOf({ ...dropped, family, pixels })), family, pixels: pixels ?? families[family].pixels };
    }),

    /**
     * @param {VideoFrame | ImageBitmap} picture transferred, and closed here
     * @param {Options} options
     * @param {number} [now] milliseconds, in a film whose last frame was looked at before
     * @returns {Promise<Seen>}
     */
    look: (picture, options, now) => inTurn(async () => {
        const frame = new Frame(picture);
        const { width, height } = frame;
        const { finder } = network;
        if (now === undefined) memory = {};
        try {
            let { region } = memory;
            const before = finder && !region ? await glance(frame, engines[1], finder.prepare) : undefined;
            if (finder && before) region = finder.decode(before.heads, { view: before.view }) ?? undefined;
            last = undefined;
            if (finder && before && !region) return { found: [], times: before.times, width, height };
            last = { ...await glance(frame, engines[0], region ? { ...network.prepare, view: region } : network.prepare, before?.times), width, height };
        } finally {
            frame.close();
        }
        return decode(options, now);
    }),

    /** The last frame again, with other thresholds: the network need not run. @param {Options} options @returns {Promise<Seen>} */
    again: (options) => inTurn(() => {
        if (!last) throw new Error('nothing was looked at yet');
        return decode(options);
    }),

    /** What the last frame's heatmap says of a joint. @param {number} joint */
    magnify: (joint) => inTurn(() => (last && network.heatmaps ? magnify(last.heads, network.heatmaps, joint, last.view) : undefined)),
};

/** @param {Frame} frame @param {Engine} engine @param {any} prepare @param {Times} [before] what was spent on the frame before @returns {Promise<Glance>} */
async function glance(frame, engine, prepare, before = { read: 0, prepare: 0, network: 0, decode: 0 }) {
    const { width, height } = frame;
    const start = performance.now();
    let read = 0;
    const write = async (/** @type {Uint8ClampedArray} */ pixels) => {
        const asked = performance.now();
        await frame.write(pixels);
        read = performance.now() - asked;
    };
    return lendTensor({ width, height, write }, prepare, async ({ tensor, view }) => {
        const prepared = performance.now();
        const heads = await engine.run(tensor);
        const now = { read, prepare: prepared - start - read, network: performance.now() - prepared, decode: 0 };
        return { heads, view, times: add(before, now) };
    });
}

/** @param {Times} a @param {Times} b @returns {Times} */
const add = (a, b) => ({ read: a.read + b.read, prepare: a.prepare + b.prepare, network: a.network + b.network, decode: a.decode + b.decode });

/** @param {Options} options @param {number} [now] milliseconds, in a film @returns {Seen} */
function decode(options, now) {
    const { heads, view, times, width, height } = /** @type {NonNullable<typeof last>} */ (last);
    const start = performance.now();
    let found = network.decode(heads, { ...options, view });
    if (now !== undefined) {
        memory.tracker ??= network.tracker?.();
        if (memory.tracker) found = memory.tracker.update(/** @type {any[]} */ (found), now);
        memory.region = network.follow?.(found, { width, height });
    }
    return { found, times: { ...times, decode: times.decode + performance.now() - start }, width, height };
}

/** @typedef {typeof eye} Eye */

expose(eye);
