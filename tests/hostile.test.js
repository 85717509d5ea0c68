/**
 * Every export with hostile arguments: each part of a good call is replaced by everything that does not belong there. What
 * comes back is a named error, or a defined result; never a trap, never a hang; and the library works right afterwards.
 */
import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import * as fovea from '../js/index.js';
import {samples} from './hostile.js';

/** @import {Sample} from './hostile-kit.js' */

/** Exports that are no functions, and those whose hostile tests are elsewhere: all others need a sample. */
const NO_CALL = new Map([
    ['COCO_80', 'data'], ['CODECS', 'data'], ['MAP_CONVENTIONS', 'data'], ['skeletons', 'data'], ['FITS', 'data'], ['POLICIES', 'data'], ['FoveaError', 'thrown, not called'], ['init', 'below'], ['memory', 'takes nothing'],
]);

const MILLISECONDS = 2000;

before(() => fovea.init());

test('every export has a hostile test', () => {
    const tested = new Set(samples.map(({name}) => name.split('.')[0]));
    const untested = Object.keys(fovea).filter((name) => !tested.has(name) && !NO_CALL.has(name));
    assert.deepEqual(untested, [], 'add a sample to tests/hostile.js');
    const methods = [...Object.getOwnPropertyNames(fovea.View), ...Object.getOwnPropertyNames(fovea.View.prototype)]
        .filter((name) => !['length', 'name', 'prototype', 'identity', 'constructor', 'inverse'].includes(name));
    assert.deepEqual(methods.filter((name) => !samples.some((sample) => sample.name === `View.${name}`)), []);
});

for (const sample of samples) {
    test(`${sample.name}: hostile arguments`, async () => {
        const good = await sample.call(sample.make());
        for (const path of pathsOf(sample.make())) {
            for (const [what, hostile] of hostiles(at(sample.make(), path))) {
                const label = `${sample.name}, ${path.join('.')} = ${what}`;
                const args = sample.make();
                put(args, path, hostile);
                const start = performance.now();
                await survive(label, sample, args);
                assert.ok(performance.now() - start < MILLISECONDS, `${label}: took ${performance.now() - start} ms`);
            }
        }
        assert.deepEqual(await sample.call(sample.make()), good, 'it works right afterwards');
    });
}

test('after all that, everything works and memory is not used up', async () => {
    for (const sample of samples) assert.ok(await sample.call(sample.make()));
    assert.ok(fovea.memory().bytes < 2 ** 28, `${fovea.memory().bytes} bytes of wasm memory held`);
});

test('init: what is not fovea.wasm is refused by name, and the library that is loaded stays', async () => {
    const wrong = [null, 7, 'nowhere.wasm', new Uint8Array(3), new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), {}, new TextEncoder().encode('<html>')];
    for (const source of wrong) {
        // A fresh copy of the module, as init does nothing the second time.
        const fresh = await import(`../js/wasm.js?${wrong.indexOf(source)}`);
        assert.throws(() => fresh.memory(), {code: 'NOT_READY'});
        await assert.rejects(fresh.init(source), (/** @type {any} */ error) => /^(FoveaError|TypeError|RangeError)$/.test(error.name));
        await fresh.init(new URL('../js/fovea.wasm', import.meta.url));
        assert.ok(fresh.memory().bytes > 0, 'a failed init can be repeated');
    }
});

/** @param {string} label @param {Sample} sample @param {Record<string, any>} args */
async function survive(label, sample, args) {
    let result;
    try {
        result = await sample.call(args);
    } catch (error) {
        named(label, error, sample.make());
        return;
    }
    assert.ok(result !== undefined, `${label}: no result`);
    sample.check?.(result, args, label);
}

/** A TypeError, RangeError or FoveaError that says which argument, what was expected and what came. @param {string} label @param {any} error @param {any} args */
function named(label, error, args) {
    const got = `${label}: ${error?.stack ?? error}`;
    assert.ok(/^(TypeError|RangeError|FoveaError)$/.test(error?.name), got);
    if (error.code === 'MEMORY') return;
    const names = new Set(pathsOf(args).flat().filter((name) => !/^\d+$/.test(name)));
    const [, subject] = /^([\w.[\]]+): expected [^]+, got [^]+/.exec(error.message) ?? [];
    assert.ok(subject?.split(/[.[\]\d]+/).some((name) => names.has(name)), `does not name an argument, what was expected and what came: ${got}`);
}

/** Every part of the arguments: themselves, their properties, the first elements of arrays. @param {any} value @param {string[]} [path] @returns {string[][]} */
function pathsOf(value, path = []) {
    const here = path.length ? [path] : [];
    if (!value || typeof value !== 'object' || ArrayBuffer.isView(value) || value instanceof fovea.View || path.length > 5) return here;
    const keys = Array.isArray(value) ? Object.keys(value).slice(0, 2) : Object.keys(value);
    return [...here, ...keys.flatMap((key) => pathsOf(value[key], [...path, key]))];
}

/** @param {any} value @param {string[]} path */
function at(value, path) {
    return path.reduce((v, key) => v[key], value);
}

/** @param {any} value @param {string[]} path @param {unknown} hostile */
function put(value, path, hostile) {
    at(value, path.slice(0, -1))[path[path.length - 1]] = hostile;
}

/** What to put in place of a good value. @param {any} good @returns {[string, unknown][]} */
function hostiles(good) {
    /** @type {[string, unknown][]} */
    const anywhere = [
        ['undefined', undefined], ['null', null], ['true', true], ['a word', 'no such thing'], ['no word', ''], ['a symbol', Symbol('s')], ['a bigint', 10n],
        ['NaN', NaN], ['Infinity', Infinity], ['-Infinity', -Infinity], ['-1', -1], ['-0', -0], ['0', 0], ['0.5', 0.5], ['1e30', 1e30], ['2^31', 2 ** 31],
        ['2^53', 2 ** 53], ['65535', 65535], ['a function', () => {}], ['an object', {}], ['an object of nothing', Object.create(null)], ['a date', new Date(0)],
        ['an empty array', []], ['an array of NaN', [NaN]], ['an array of words', ['a', 'b', 'c', 'd']], ['an array of null', [null]], ['holes', new Array(4)],
        ['a long array-like', {length: 1e9}], ['a negative array-like', {length: -4}],
        ['a detached array', detached()], ['shared memory', new Float32Array(new SharedArrayBuffer(16))], ['a DataView', new DataView(new ArrayBuffer(16))],
        ['float64', new Float64Array(4)], ['bigints', new BigInt64Array(4)],
        ['a tensor of nothing', {data: new Float32Array(0), dims: [0]}], ['a tensor that lies', {data: new Float32Array(4), dims: [1e9, 1e9, 1e9]}],
        ['a tensor of negative size', {data: new Float32Array(4), dims: [-1, -4]}], ['a tensor of NaN size', {data: new Float32Array(4), dims: [NaN]}],
        ['a tensor of no dims', {data: new Float32Array(4), dims: null}], ['a tensor of no data', {data: null, dims: [1, 4]}],
        ['a tensor of many dims', {data: new Float32Array(1), dims: new Array(40).fill(1)}], ['a scalar', {data: new Float32Array(1), dims: []}],
        ['no rows', {data: new Float32Array(0), dims: [1, 0, 84]}], ['no values', {data: new Float32Array(0), dims: [1, 84, 0]}],
    ];
    if (!ArrayBuffer.isView(good)) return anywhere;
    const {length} = /** @type {any} */ (good);
    const Type = /** @type {any} */ (good).constructor;
    const filled = [NaN, Infinity, -Infinity, 1e30, -1e30, 3.4e38, 1e-45, -0, -1, 2 ** 31, 255]
        .map((v) => /** @type {[string, unknown]} */ ([`all ${v}`, new Type(length).fill(v)]));
    const mixed = new Type(length).map((/** @type {number} */ _, /** @type {number} */ i) => [NaN, 1, -1e30, 0.5, Infinity, 0, 3e38][i * 2654435761 % 7]);
    return [...anywhere, ...filled, ['specials', mixed], ['one short', new Type(Math.max(length - 1, 0))], ['one long', new Type(length + 1)],
        ['shared memory of its size', new Type(new SharedArrayBuffer(length * Type.BYTES_PER_ELEMENT))], ['float64 of its size', new Float64Array(length)],
        ['an array of its size', Array.from(/** @type {any} */ (good))]];
}

function detached() {
    const array = new Float32Array(4);
    structuredClone(array, {transfer: [array.buffer]});
    return array;
}
