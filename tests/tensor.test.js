import assert from 'node:assert/strict';
import {test} from 'node:test';
import {init, toFloat32} from '../js/index.js';
import {asRows, checkShape} from '../js/tensor.js';
import {assertClose} from './close.js';
import {Random} from './random.js';

await init();

/** @param {any} data @param {number[]} [dims] */
const tensor = (data, dims = [data.length]) => ({data, dims});

/** binary16 by its definition. @param {number} code */
function half(code) {
    const sign = code >> 15 ? -1 : 1;
    const exponent = (code >> 10) & 31;
    const fraction = code & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

test('float16: every one of the 65536 codes, exactly', () => {
    const codes = Uint16Array.from({length: 65536}, (_, i) => i);
    const {data, dims} = toFloat32(tensor(codes, [256, 1, 256]));
    assert.deepEqual(dims, [256, 1, 256]);
    assert.ok(data instanceof Float32Array);
    for (let code = 0; code < 65536; code++) assert.ok(Object.is(data[code], half(code)), `${code}: ${data[code]}`);
    assert.deepEqual([data[0x3c00], data[0x3555], data[1], data[0x7bff]], [1, 0.333251953125, 2 ** -24, 65504]);
});

test('float16: a part of a buffer, and a Float16Array', () => {
    const codes = Uint16Array.of(0xffff, 0x3c00, 0xc000, 0xffff);
    assert.deepEqual([...toFloat32(tensor(codes.subarray(1, 3))).data], [1, -2]);
    const view = new Uint16Array(codes.buffer, 2, 2);
    Object.defineProperty(view, Symbol.toStringTag, {value: 'Float16Array'});
    assert.deepEqual([...toFloat32(tensor(view)).data], [1, -2]);
});

test('integers of all widths, vector body and tail', () => {
    const extremes = {
        Int8Array: [-128, -1, 0, 1, 127], Uint8Array: [0, 1, 128, 255], Uint8ClampedArray: [0, 255],
        Int32Array: [-(2 ** 31), -16777216, -1, 0, 7, 16777216, 2147483520],
    };
    const random = new Random();
    for (const [name, values] of Object.entries(extremes)) {
        const Type = /** @type {any} */ (globalThis)[name];
        assert.deepEqual([...toFloat32(tensor(Type.from(values))).data], values, name);
        for (let n = 0; n < 40; n++) {
            const data = Type.from({length: n}, () => random.integer(values[0], values[values.length - 1]));
            assert.deepEqual(toFloat32(tensor(data)).data, Float32Array.from(data), `${name} of ${n}`);
        }
    }
});

test('scale and zero point: (data - zeroPoint) * scale', () => {
    const random = new Random(2);
    assert.deepEqual([...toFloat32({...tensor(Uint8Array.of(0, 128, 255)), scale: 0.5, zeroPoint: 128}).data], [-64, 0, 63.5]);
    assert.deepEqual([...toFloat32({...tensor(Int8Array.of(-128, 3)), zeroPoint: -128}).data], [0, 131]);
    assert.deepEqual([...toFloat32({...tensor(Float32Array.of(1, 2)), scale: 4, zeroPoint: 1}).data], [0, 4]);
    for (const Type of /** @type {any[]} */ ([Uint8Array, Int8Array, Int32Array, Uint16Array, Float32Array])) {
        const data = Type.from({length: 137}, () => random.integer(0, 127));
        const [scale, zeroPoint] = [random.between(0.001, 0.1), random.integer(-128, 128)];
        const value = (/** @type {number} */ v) => ((Type === Uint16Array ? half(v) : v) - zeroPoint) * scale;
        assertClose(toFloat32({...tensor(data), scale, zeroPoint}).data, Array.from(data, value), {abs: 1e-6, rel: 3e-7}, Type.name);
    }
});

test('a result is a copy', () => {
    const source = tensor(Float32Array.of(1, 2, NaN, -Infinity));
    const {data, dims} = toFloat32(source);
    data[0] = 9;
    dims[0] = 9;
    assert.deepEqual([...source.data], [1, 2, NaN, -Infinity]);
    assert.deepEqual(source.dims, [4]);
    assert.deepEqual(toFloat32(tensor(new Float32Array(0), [0, 4])), tensor(new Float32Array(0), [0, 4]));
    assert.deepEqual([...toFloat32(tensor(Uint8Array.of(7), [])).data], [7], 'a scalar has no dims');
});

test('a wrong tensor is named, with what was expected and what came', () => {
    const data = new Float32Array(6);
    /** @type {[any, string, RegExp][]} */
    const wrong = [
        [undefined, 'TypeError', /^tensor: expected a tensor \{data, dims\}.*got undefined/],
        [null, 'TypeError', /got null/],
        [7, 'TypeError', /got 7/],
        [data, 'TypeError', /got Float32Array/],
        [{dims: [6]}, 'TypeError', /expected a tensor/],
        [{data}, 'TypeError', /dims: undefined/],
        [{data: [1, 2], dims: [2]}, 'TypeError', /expected a tensor/],
        [{data: new Float64Array(2), dims: [2]}, 'TypeError', /Float64Array/],
        [{data: new BigInt64Array(2), dims: [2]}, 'TypeError', /BigInt64Array/],
        [{data: new DataView(new ArrayBuffer(2)), dims: [2]}, 'TypeError', /DataView/],
        [{data, dims: 6}, 'TypeError', /dims: 6/],
        [tensor(data, [5]), 'RangeError', /5.*6/],
        [tensor(data, [7]), 'RangeError', /7.*6/],
        [tensor(data, [-2, -3]), 'RangeError', /\[-2, -3\]/],
        [tensor(data, [1.5, 4]), 'RangeError', /\[1\.5, 4\]/],
        [tensor(data, [NaN]), 'RangeError', /\[NaN\]/],
        [tensor(new Float32Array(0), [2 ** 40, 2 ** 40]), 'RangeError', /1099511627776/],
    ];
    for (const [value, name, message] of wrong) assert.throws(() => toFloat32(value), {name, message});
});

test('shapes are checked by letters', () => {
    const boxes = tensor(new Float32Array(12), [3, 4]);
    assert.deepEqual(checkShape('boxes', boxes, ['N', 4]), {N: 3});
    const sizes = checkShape('boxes', boxes, ['N', 'M']);
    assert.equal(checkShape('more', tensor(new Float32Array(12), [4, 3]), ['M', 'N'], sizes), sizes);
    assert.deepEqual(checkShape('none', tensor(new Float32Array(0), [0, 4]), ['N', 4]), {N: 0});
    assert.throws(() => checkShape('boxes', boxes, ['N', 5]), {name: 'RangeError', message: 'boxes: expected shape [N, 5] with N = 3, got [3, 4]'});
    assert.throws(() => checkShape('boxes', boxes, ['N', 'N']), {name: 'RangeError', message: /with N = 3.*got \[3, 4\]/});
    assert.throws(() => checkShape('boxes', boxes, ['N', 4, 1]), /^RangeError: boxes: expected shape \[N, 4, 1\]/);
    assert.throws(() => checkShape('grid', boxes, ['N', 'M'], {M: 5}), /^RangeError: grid: expected shape \[N, M\] with .*M = 5.*got \[3, 4\]/);
});

test('rows come as a tensor or flat', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    assert.equal(asRows('boxes', data, 4).data, data, 'float32 is not copied');
    for (const rows of [data, [...data], tensor(data, [2, 4]), tensor(Uint8Array.from(data), [2, 4]), Float64Array.from(data), Int8Array.from(data)]) {
        assert.deepEqual(asRows('boxes', rows, 4), tensor(data, [2, 4]));
    }
    assert.throws(() => asRows('boxes', data.subarray(1), 4), {name: 'RangeError', message: /^boxes: .*multiple of 4.*7/});
    assert.throws(() => asRows('boxes', tensor(data, [4, 2]), 4), {name: 'RangeError', message: /^boxes: expected shape \[N, 4\].*got \[4, 2\]/});
    for (const wrong of [null, undefined, 3, 'abcd', {length: 4}]) {
        assert.throws(() => asRows('boxes', /** @type {any} */ (wrong), 4), {name: 'TypeError', message: /^boxes: expected/});
    }
});
