import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {test} from 'node:test';
import {setImmediate as breath} from 'node:timers/promises';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import * as fovea from '../js/index.js';
import {assertClose} from './close.js';
import {freshLibrary} from './fresh.js';
import {Random} from './random.js';

const WASM = new URL('../js/fovea.wasm', import.meta.url);
const bytes = new Uint8Array(await readFile(WASM));

/** An answer, to see that the core works. @param {typeof fovea} library */
const answer = (library) => [...library.nms([0, 0, 2, 2, 0, 0, 2, 2, 5, 5, 6, 6], [0.5, 0.9, 0.7])];

test('nothing works before init, and all say the same', async (t) => {
    const {init, ...library} = await freshLibrary(t);
    const notReady = {name: 'FoveaError', code: 'NOT_READY', message: /await init\(\) first/};
    const boxes = [0, 0, 1, 1];
    const head = {data: new Float32Array(600), dims: [1, 6, 100]};
    /** @type {[string, () => void][]} */
    const calls = [
        ['memory', () => library.memory()],
        ['nms', () => library.nms(boxes, [1])],
        ['boxIou', () => library.boxIou(boxes, boxes)],
        ['boxClip', () => library.boxClip(boxes, {width: 1, height: 1})],
        ['boxConvert', () => library.boxConvert(boxes, {from: 'xyxy', to: 'xywh'})],
        ['toFloat32', () => library.toFloat32(head)],
        ['decodeYolo', () => library.decodeYolo(head)],
        ['resizeMaps', () => library.resizeMaps({data: new Float32Array(1), dims: [1, 1, 1, 1]}, {width: 1, height: 1})],
        ['toTensor', () => library.toTensor({width: 1, height: 1, data: new Uint8Array(4)}, {width: 1, height: 1})],
        ['lendTensor', () => library.lendTensor({width: 1, height: 1, write() {}}, {}, () => {})],
    ];
    for (const [name, call] of calls) assert.throws(call, notReady, name);
    await init();
    for (const [, call] of calls) call();
});

test('init takes the core in every form', async (t) => {
    const framed = new Uint8Array(bytes.length + 7);
    framed.set(bytes, 3);
    const server = createServer((_, response) => response.writeHead(200, {'Content-Type': 'application/wasm'}).end(bytes));
    const url = await serve(t, server);
    /** @type {Record<string, () => any>} */
    const forms = {
        'nothing': () => undefined,
        'a file URL': () => WASM,
        'a string': () => WASM.href,
        'an http URL': () => url,
        'a Response': () => new Response(bytes),
        'a promise of a Response': () => fetch(url),
        'an ArrayBuffer': () => bytes.slice().buffer,
        'bytes inside a buffer': () => framed.subarray(3, 3 + bytes.length),
        'a DataView': () => new DataView(framed.buffer, 3, bytes.length),
        'a Buffer': () => readFile(WASM),
        'a Module': () => new WebAssembly.Module(bytes),
    };
    for (const [name, form] of Object.entries(forms)) {
        const library = await freshLibrary(t);
        await library.init(form());
        assert.deepEqual(answer(library), [1, 2], name);
    }
});

test('init loads once, and again after it has failed', async (t) => {
    const library = await freshLibrary(t);
    await assert.rejects(library.init(new Uint8Array(8)), {code: 'LOAD'});
    assert.throws(() => library.memory(), {code: 'NOT_READY'});
    const first = library.init();
    assert.equal(library.init(new Uint8Array(8)), first, 'while it loads, and whatever it is given');
    await first;
    const held = library.memory();
    await library.init();
    assert.deepEqual(library.memory(), held);
    assert.deepEqual(answer(library), [1, 2]);
});

test('what is not fovea.wasm is named', async (t) => {
    const {init} = await freshLibrary(t);
    const page = new TextEncoder().encode('<!doctype html><title>Not here</title>');
    const server = createServer((request, response) => {
        if (request.url === '/missing') response.writeHead(404).end('no');
        else response.writeHead(200, {'Content-Type': 'text/html'}).end(page);
    });
    const url = await serve(t, server);
    const foreign = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 97, 1, 98, 0, 0]); // imports a.b
    const load = (/** @type {RegExp} */ message) => ({name: 'FoveaError', code: 'LOAD', message});
    /** @type {[any, any][]} */
    const wrong = [
        [page, load(/the bytes given is not WebAssembly \(it is HTML.*the path is wrong\)/)],
        [`${url}/page`, load(/127\.0\.0\.1.*\/page is not WebAssembly \(it is HTML/)],
        [`${url}/missing`, load(/HTTP 404 from .*\/missing/)],
        [new Response('gone', {status: 410}), load(/HTTP 410/)],
        [new Uint8Array(0), load(/not WebAssembly$/)],
        [new Uint8Array([1, 2, 3, 4, 5]), load(/not WebAssembly$/)],
        [bytes.subarray(0, 1000), load(/fovea\.wasm/)],
        [new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]), load(/not fovea\.wasm/)],
        [foreign, load(/fovea\.wasm: .*import/i)],
        [new WebAssembly.Module(foreign), load(/fovea\.wasm: .*import/i)],
        [42, {name: 'TypeError', message: /expected a URL, a Response, bytes or a WebAssembly\.Module/}],
        [{}, {name: 'TypeError'}],
        [null, {name: 'TypeError'}],
        [new URL('nothing-here.wasm', WASM), {code: 'ENOENT'}],
    ];
    for (const [source, error] of wrong) await assert.rejects(init(source), error);
    await init();
});

test('memory grows inside a call, and nothing goes stale', async (t) => {
    const random = new Random(7);
    const frame = random.picture(700, 500);
    const head = {data: random.floats(84 * 8400, -6, 1), dims: [1, 84, 8400]};
    const half = {data: Uint16Array.from({length: 300000}, (_, i) => i % 30000), dims: [300000]};
    const boxes = random.floats(4 * 30000, 0, 900).map((v, i, all) => i % 4 < 2 ? v : all[i - 2] + 40);
    const scores = random.floats(30000, 0, 1);
    /** @type {Record<string, (library: typeof fovea) => any>} */
    const calls = {
        toTensor: ({toTensor}) => toTensor(frame, {width: 640, height: 640}).tensor,
        lendTensor: ({lendTensor}) => lendTensor(frame, {width: 640, height: 640}, ({tensor}) => tensor.data.slice()),
        written: ({toTensor}) => toTensor({width: 700, height: 500, write: (pixels) => pixels.set(frame.data)}, {width: 640, height: 640}).tensor,
        warp: ({toTensor, View}) => toTensor(frame, {view: View.crop({x: 300, y: 200, width: 300, height: 200, angle: 0.3}, 512, 512)}).tensor,
        resizeMaps: ({resizeMaps}) => resizeMaps({data: head.data, dims: [1, 84, 84, 100]}, {width: 150, height: 150}),
        toFloat32: ({toFloat32}) => toFloat32(half),
        nms: ({nms}) => nms(boxes, scores),
        weighted: ({suppress}) => suppress(boxes.subarray(0, 80000), scores.subarray(0, 20000), {policy: 'mediapipe', maxDetections: 50}),
        boxIou: ({boxIou}) => boxIou(boxes.subarray(0, 2000), boxes.subarray(0, 4000)),
        decodeYolo: ({decodeYolo}) => decodeYolo(head, {decoded: true, scoreThreshold: 0.5}),
    };
    const warm = await freshLibrary(t);
    await warm.init();
    warm.toTensor({width: 2000, height: 2000, data: new Uint8Array(16e6)});
    for (const [name, call] of Object.entries(calls)) {
        const cold = await freshLibrary(t);
        await cold.init();
        const small = cold.toTensor({width: 2, height: 2, data: new Uint8Array(16).fill(9)}).tensor.data;
        const before = cold.memory().bytes;
        const first = call(cold);
        assert.ok(cold.memory().bytes > before, `${name} grew the memory`);
        const held = warm.memory().bytes;
        assert.deepEqual(first, call(warm), name);
        assert.equal(warm.memory().bytes, held, `${name} did not grow it here`);
        assert.deepEqual(first, call(cold), `${name} again`);
        assertClose(small, new Float32Array(12).fill(9 / 255), 0, 'a result is the caller\'s');
    }
});

test('what does not fit is refused, and the next call works', async (t) => {
    const library = await freshLibrary(t);
    await library.init();
    const frame = {width: 1, height: 1, data: new Uint8Array(4)};
    const huge = {width: 1, height: 1, write: () => {}};
    assert.throws(() => library.lendTensor(huge, {width: 20000, height: 20000}, () => {}), {name: 'FoveaError', code: 'MEMORY', message: /4800000000 bytes/});
    assert.throws(() => library.lendTensor({width: 65535, height: 65535, write: () => {}}, {width: 1, height: 1}, () => {}), {code: 'MEMORY'});
    assert.ok(library.toTensor(frame).tensor.data.length === 3);
    assert.ok(library.memory().bytes < 4e6);
});

test('10,000 frames hold no more memory than the first', async () => {
    await fovea.init();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const random = new Random(10);
    const frame = random.picture(48, 36);
    const written = {width: 48, height: 36, write: (/** @type {Uint8ClampedArray} */ pixels) => pixels.set(frame.data)};
    const head = {data: random.floats(14 * 84, -4, 2), dims: [1, 14, 84]};
    const used = async () => {
        for (let i = 0; i < 3; i++) {
            collect();
            await breath();
        }
        return process.memoryUsage().arrayBuffers;
    };
    /** @param {number} n */
    const step = (n) => {
        const options = {width: 64, height: 64, fit: n % 2 ? 'letterbox' : 'cover'};
        const {view} = /** @type {any} */ (n % 3 ? fovea.toTensor(frame, options) : fovea.lendTensor(written, options, (lent) => lent));
        const {boxes, scores, classes} = fovea.decodeYolo(head, {view, classes: 10, multiLabel: n % 5 === 0});
        return fovea.nms(boxes, scores, {classes, iouThreshold: 0.3}).length;
    };
    for (let n = 0; n < 30; n++) assert.ok(step(n) > 0);
    const [held, arrays] = [fovea.memory().bytes, await used()];
    for (let n = 0; n < 10000; n++) step(n);
    assert.equal(fovea.memory().bytes, held);
    const grown = await used() - arrays;
    assert.ok(grown < 1e6, `${grown} bytes of arrays are still held`);
});

/** @param {import('node:test').TestContext} t @param {import('node:http').Server} server @returns {Promise<string>} */
async function serve(t, server) {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    t.after(() => server.close());
    return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
}
