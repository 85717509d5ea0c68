import assert from 'node:assert/strict';
import {test} from 'node:test';
import {setImmediate as breath} from 'node:timers/promises';
import {decodeYolo, init, lendTensor, memory, nms, toFloat32, toTensor} from '../js/index.js';
import {freshLibrary} from './fresh.js';
import {Random} from './random.js';

await init();

const random = new Random(3);
const frame = random.picture(40, 30);
const options = {width: 32, height: 32};
const expected = toTensor(frame, options);
const LENT = {name: 'FoveaError', code: 'LENT'};

/** @param {(pixels: Uint8ClampedArray) => any} write @returns {any} a frame */
const written = (write) => ({width: 40, height: 30, write});
/** @param {Uint8ClampedArray} pixels */
const copy = (pixels) => pixels.set(frame.data);
/** @param {Uint8ClampedArray} pixels */
const copyLater = async (pixels) => {
    await breath();
    pixels.set(frame.data);
};
/** @param {{tensor: {data: Float32Array}}} prepared */
const keep = ({tensor}) => tensor.data.slice();

/** Every answer is right, and no memory was lost. @param {number} held */
function assertSound(held) {
    assert.deepEqual(toTensor(frame, options), expected);
    assert.deepEqual([...nms([0, 0, 2, 2, 0, 0, 2, 2], [0.5, 0.9])], [1]);
    assert.equal(memory().bytes, held);
}

test('a frame written into lent memory is the frame given', async () => {
    /** @type {any} */
    let kept;
    const result = toTensor(written((pixels) => {
        kept = pixels;
        assert.ok(pixels instanceof Uint8ClampedArray && pixels.length === 40 * 30 * 4);
        assert.equal(pixels.buffer.byteLength, memory().bytes, 'it is wasm memory');
        copy(pixels);
    }), options);
    assert.deepEqual(result, expected);
    assert.equal(kept.length, 0);
    assert.throws(() => kept.set(frame.data), TypeError);

    const promise = toTensor(written(copyLater), options);
    assert.ok(promise instanceof Promise);
    assert.deepEqual(await promise, expected);
});

test('a tensor lent is the tensor copied, and dies with its callback', async () => {
    /** @type {any} */
    let kept;
    const answer = lendTensor(frame, options, ({tensor, view}) => {
        kept = tensor.data;
        assert.deepEqual(tensor.dims, [1, 3, 32, 32]);
        assert.deepEqual(view, expected.view);
        assert.equal(kept.buffer.byteLength, memory().bytes);
        assert.deepEqual(kept.slice(), expected.tensor.data);
        return 'answer';
    });
    assert.equal(answer, 'answer');
    assert.equal(kept.length, 0);
    assert.throws(() => toFloat32({data: kept, dims: [1, 3, 32, 32]}), {name: 'RangeError', message: /3072 values .*got 0/});

    const later = lendTensor(frame, options, async ({tensor}) => {
        await breath();
        kept = tensor.data;
        return kept.slice();
    });
    assert.ok(later instanceof Promise);
    assert.deepEqual(await later, expected.tensor.data);
    assert.equal(kept.length, 0);
});

test('both may be lent, and either may be slow', async () => {
    for (const write of [copy, copyLater]) {
        for (const use of /** @type {any[]} */ ([keep, async (/** @type {any} */ prepared) => (await breath(), keep(prepared))])) {
            assert.deepEqual(await lendTensor(written(write), options, use), expected.tensor.data);
        }
    }
    for (const dtype of /** @type {const} */ (['float32', 'int32', 'uint8'])) {
        const copied = toTensor(frame, {...options, dtype, layout: 'NHWC'}).tensor.data;
        assert.deepEqual(lendTensor(frame, {...options, dtype, layout: 'NHWC'}, keep), copied);
    }
});

test('other calls may be made meanwhile', async () => {
    const head = {data: random.floats(6 * 40, 0, 9), dims: [1, 6, 40]};
    const held = memory().bytes;
    const inside = () => [decodeYolo(head, {scoreThreshold: 8}).count, ...nms([0, 0, 1, 1, 4, 4, 5, 5], [1, 2])];
    const wanted = inside();
    lendTensor(frame, options, ({tensor}) => {
        assert.deepEqual(inside(), wanted);
        assert.deepEqual(toTensor(frame, options), expected);
        assert.deepEqual(toFloat32(tensor).data, expected.tensor.data, 'what is lent can be given back as an input');
        assert.deepEqual(tensor.data.slice(), expected.tensor.data);
    });
    toTensor(written((pixels) => {
        assert.deepEqual(inside(), wanted);
        copy(pixels);
    }), options);
    const slow = toTensor(written(copyLater), options);
    for (let i = 0; i < 20; i++) assert.deepEqual(toTensor(frame, options), expected);
    assert.deepEqual(await slow, expected);
    assertSound(held);
});

test('memory is lent to one at a time', async () => {
    const held = memory().bytes;
    toTensor(written((pixels) => {
        assert.throws(() => toTensor(written(copy), options), LENT);
        assert.throws(() => lendTensor(frame, options, keep), LENT);
        copy(pixels);
    }), options);
    lendTensor(frame, options, ({tensor}) => {
        assert.throws(() => lendTensor(frame, options, keep), LENT);
        assert.throws(() => toTensor(written(copy), options), LENT);
        assert.deepEqual(tensor.data.slice(), expected.tensor.data, 'the first is not disturbed');
    });
    const first = lendTensor(written(copyLater), options, keep);
    assert.throws(() => toTensor(written(copy), options), LENT);
    assert.throws(() => lendTensor(frame, options, keep), LENT);
    assert.deepEqual(await first, expected.tensor.data);
    assert.deepEqual(await toTensor(written(copyLater), options), expected);
    assertSound(held);
});

test('memory that grows ends a loan, and nobody works on with what is gone', async (t) => {
    const big = {width: 1200, height: 1200};
    const grow = (/** @type {any} */ library) => library.toTensor({width: 1, height: 1, data: new Uint8Array(4)}, big);
    const grown = {...LENT, message: /grew while it was lent/};

    const sync = await freshLibrary(t);
    await sync.init();
    assert.throws(() => sync.toTensor(written((pixels) => {
        copy(pixels);
        grow(sync);
        assert.equal(pixels.length, 0);
    }), options), grown);
    assert.deepEqual(sync.toTensor(frame, options).tensor, expected.tensor);

    const slow = await freshLibrary(t);
    await slow.init();
    /** @type {any} */
    const promise = slow.toTensor(written(copyLater), options);
    grow(slow);
    await assert.rejects(promise, TypeError, 'set on what is gone throws');
    const tolerant = await freshLibrary(t);
    await tolerant.init();
    /** @type {any} */
    const silent = tolerant.toTensor(written(async () => {
        await breath();
    }), options);
    grow(tolerant);
    await assert.rejects(silent, grown);
    assert.deepEqual(tolerant.toTensor(frame, options).tensor, expected.tensor);

    const lending = await freshLibrary(t);
    await lending.init();
    lending.lendTensor(frame, options, ({tensor}) => {
        assert.equal(tensor.data.length, 3072);
        grow(lending);
        assert.equal(tensor.data.length, 0);
    });

    const feeding = await freshLibrary(t);
    await feeding.init();
    feeding.lendTensor(frame, {width: 288, height: 288}, ({tensor}) => {
        assert.throws(() => feeding.toFloat32(tensor), LENT, 'its own copy in makes the memory grow');
    });
    assert.deepEqual(feeding.toTensor(frame, options).tensor, expected.tensor);
});

test('a callback that throws gives the memory back', async () => {
    const held = memory().bytes;
    const oops = new Error('oops');
    const fail = () => {
        throw oops;
    };
    const failLater = async () => {
        await breath();
        throw oops;
    };
    for (let i = 0; i < 300; i++) {
        assert.throws(() => toTensor(written(fail), options), oops);
        assert.throws(() => lendTensor(written(fail), options, keep), oops);
        assert.throws(() => lendTensor(frame, options, fail), oops);
        assert.throws(() => lendTensor(written(copy), options, fail), oops);
    }
    for (let i = 0; i < 50; i++) {
        await assert.rejects(async () => toTensor(written(failLater), options), oops);
        await assert.rejects(async () => lendTensor(frame, options, failLater), oops);
        await assert.rejects(async () => lendTensor(written(copyLater), options, fail), oops);
        await assert.rejects(async () => lendTensor(written(copyLater), options, failLater), oops);
    }
    assertSound(held);
});

test('errors of the options come before anything is lent', () => {
    let called = 0;
    const write = () => {
        called++;
    };
    assert.throws(() => toTensor(written(write), {width: 0, height: 4}), RangeError);
    assert.throws(() => lendTensor(written(write), {resize: /** @type {any} */ ('cubic')}, keep), TypeError);
    assert.throws(() => toTensor({width: 0, height: 30, write}, options), RangeError);
    assert.throws(() => toTensor(/** @type {any} */ ({width: 40, height: 30, write: 5}), options), TypeError);
    assert.throws(() => lendTensor(frame, options, /** @type {any} */ (undefined)), TypeError);
    assert.equal(called, 0);
});
