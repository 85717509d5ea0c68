/** Everything between a frame and its boxes, off the main thread: pixels, Fovea's tensor, the network, Fovea's decode. */
import { expose } from 'comlink';
import { init, lendTensor } from 'fovea';
import { Frame } from 'fovea/camera';
import { families, networkOf, recognise } from './families.js';
import { networks } from './networks.js';
import { onnxNames } from './onnx-names.js';

/**
 * @typedef {import('./networks.js').Options} Options
 * @typedef {import('./networks.js').Detections} Detections
 * @typedef {{ run(input: any): Promise<any[]>, close(): void }} Engine
 * @typedef {{ read: number, prepare: number, network: number, decode: number }} Times milliseconds
 * @typedef {{ found: Detections, times: Times, width: number, height: number }} Seen
 */

const ready = init();

/** @type {import('./networks.js').Network} */
let network;
/** @type {Engine | undefined} */
let engine;
/** @type {{ heads: any[], view: any, times: Times, width: number, height: number } | undefined} */
let last;
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

/** @param {import('./networks.js').Network} next @param {Engine} [opened] */
function use(next, opened) {
    if (opened) {
        engine?.close();
        engine = opened;
    }
    network = next;
    last = undefined;
    const { title, task, about, labels, defaults } = network;
    return { title, task, about, labels: [...labels], defaults };
}

const eye = {
    /** @param {string} name a key of `networks` */
    open: (name) => inTurn(async () => {
        const { openGraph } = await import('./engines/tfjs.js');
        const { files } = networks[name];
        if (!files) throw new Error(`${name} has no weights`);
        const [opened] = await Promise.all([openGraph(files), ready]);
        dropped = undefined;
        return use(networks[name], opened);
    }),

    /** @param {Uint8Array} bytes @param {string} name of an .onnx file */
    openFile: (bytes, name) => inTurn(async () => {
        const { blank, openOnnx } = await import('./engines/onnx.js');
        const [opened] = await Promise.all([openOnnx(bytes), ready]);
        const heads = await opened.run(blank(opened.input));
        const labels = onnxNames(bytes);
        const recognised = recognise(heads, opened.input, labels?.length);
        const family = recognised ?? 'yolov8';
        const doubt = recognised ? '' : `I know no network with outputs of shape ${heads.map(({ dims }) => `[${dims.join(', ')}]`).join(', ')}. Choose how to read them.`;
        dropped = { name, family, heads: heads.map(({ dims }) => ({ data: null, dims })), labels, input: opened.input };
        return { ...use(networkOf(dropped), opened), family, pixels: families[family].pixels, doubt };
    }),

    /** Reads the outputs of the dropped .onnx in another way. @param {string} family @param {string} [pixels] */
    reread: (family, pixels) => inTurn(() => {
        if (!dropped) throw new Error('no .onnx is open');
        return { ...use(networkOf({ ...dropped, family, pixels })), family, pixels: pixels ?? families[family].pixels };
    }),

    /** @param {VideoFrame | ImageBitmap} picture transferred, and closed here @param {Options} options @returns {Promise<Seen>} */
    look: (picture, options) => inTurn(async () => {
        const start = performance.now();
        const frame = new Frame(picture);
        const { width, height } = frame;
        let read = 0;
        const write = async (/** @type {Uint8ClampedArray} */ pixels) => {
            const asked = performance.now();
            await frame.write(pixels);
            read = performance.now() - asked;
        };
        try {
            last = await lendTensor({ width, height, write }, network.prepare, async ({ tensor, view }) => {
                const prepared = performance.now();
                const heads = await /** @type {Engine} */ (engine).run(tensor);
                const times = { read, prepare: prepared - start - read, network: performance.now() - prepared, decode: 0 };
                return { heads, view, times, width, height };
            });
        } finally {
            frame.close();
        }
        return decode(options);
    }),

    /** The last frame again, with other thresholds: the network need not run. @param {Options} options @returns {Promise<Seen>} */
    again: (options) => inTurn(() => decode(options)),
};

/** @param {Options} options @returns {Seen} */
function decode(options) {
    if (!last) throw new Error('nothing was looked at yet');
    const { heads, view, times, width, height } = last;
    const start = performance.now();
    const found = network.decode(heads, { ...options, view });
    times.decode = performance.now() - start;
    return { found, times, width, height };
}

/** @typedef {typeof eye} Eye */

expose(eye);
