import {checkFinite, describe, wrong, wrongType} from './check.js';
import {withBlock} from './wasm.js';

/** @import {Block, Data} from './wasm.js' */

/**
 * A tensor: any object with `data` and `dims`, so an onnxruntime-web tensor can be passed as it is.
 *
 * float16 comes as `Uint16Array` or `Float16Array`. A quantised tensor says `scale` and `zeroPoint`:
 * value = (data - zeroPoint) * scale.
 *
 * @typedef {object} Tensor
 * @property {Float32Array | Int32Array | Uint8Array | Int8Array | Uint16Array} data row-major
 * @property {readonly number[]} dims outermost size first
 * @property {number} [scale]
 * @property {number} [zeroPoint]
 */

/** @typedef {{data: Float32Array, dims: number[]}} FloatTensor */

export const TYPES = /** @abi FV_TYPE_ */ {float32: 0, int32: 1, uint8: 2, float16: 3, int8: 4};

/** @type {Record<string, keyof typeof TYPES>} */
const TYPE_OF = {
    Float32Array: 'float32', Int32Array: 'int32', Uint8Array: 'uint8', Uint8ClampedArray: 'uint8',
    Uint16Array: 'float16', Float16Array: 'float16', Int8Array: 'int8',
};

/** @param {unknown} data @returns {keyof typeof TYPES | undefined} element type of a typed array */
export function typeOf(data) {
    return ArrayBuffer.isView(data) ? TYPE_OF[/** @type {any} */ (data)[Symbol.toStringTag]] : undefined;
}

/**
 * Check a tensor against a shape such as ['N', 'C', 'H', 'W'] or ['K', 2]: a number must match, and a letter must
 * be the same size throughout one `sizes`. A size may be 0 (no boxes, no pictures).
 *
 * @param {string} name argument name, for the message
 * @param {Tensor} tensor
 * @param {(string | number)[]} shape
 * @param {Record<string, number>} [sizes] letters bound so far; filled in
 * @returns {Record<string, number>} `sizes`
 * @throws {TypeError | RangeError}
 */
export function checkShape(name, tensor, shape, sizes = {}) {
    const want = `[${shape.join(', ')}]`;
    const dims = checkTensor(name, tensor, want);
    const fits = dims.length === shape.length
        && shape.every((s, i) => dims[i] === (typeof s === 'number' ? s : (sizes[s] ??= dims[i])));
    if (!fits) {
        const bound = shape.filter((s) => s in sizes).map((s) => `${s} = ${sizes[s]}`).join(', ');
        throw wrong(name, `shape ${want}${bound && ` with ${bound}`}`, dims);
    }
    return sizes;
}

/**
 * Check that something is a tensor whose data and dims agree.
 *
 * @param {string} name
 * @param {Tensor} tensor
 * @param {string} [want]
 * @returns {readonly number[]} its dims
 */
export function checkTensor(name, tensor, want = '') {
    const {data, dims} = tensor ?? {};
    if (!Array.isArray(dims) || !typeOf(data)) {
        const got = tensor && typeof tensor === 'object' && 'data' in tensor ? `data: ${describe(data)}, dims: ${describe(dims)}` : describe(tensor);
        throw wrongType(name, `a tensor {data, dims}${want && ` ${want}`}`, got);
    }
    const count = dims.reduce((n, d) => (Number.isInteger(d) && d >= 0 ? n * d : NaN), 1);
    if (data.length !== count) {
        throw wrong(name, `${count} values for dims ${describe(dims)}`, data.length);
    }
    if (tensor.scale !== undefined) checkFinite(`${name}.scale`, tensor.scale);
    if (tensor.zeroPoint !== undefined) checkFinite(`${name}.zeroPoint`, tensor.zeroPoint);
    return dims;
}

/**
 * Place a tensor in wasm memory as it is.
 *
 * @param {Block} block
 * @param {Tensor} tensor checked
 * @returns {[pointer: number, type: number, zero: number, scale: number]}
 */
export function placeRaw(block, {data, scale = 1, zeroPoint = 0}) {
    const type = TYPES[/** @type {keyof typeof TYPES} */ (typeOf(data))];
    const raw = type === TYPES.float16 ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
    return [block.input(raw), type, zeroPoint, scale];
}

/**
 * Place a tensor in wasm memory as float32.
 *
 * @param {Block} block
 * @param {Tensor} tensor checked
 * @returns {number} pointer
 */
export function placeFloats(block, tensor) {
    const {data, scale = 1, zeroPoint = 0} = tensor;
    if (typeOf(data) === 'float32' && scale === 1 && zeroPoint === 0) return block.input(data);
    const dst = block.space(data.length * 4);
    const [raw, ...how] = placeRaw(block, tensor);
    block.call('fv_tensor_widen', dst, raw, data.length, ...how);
    return dst;
}

/**
 * An array for a result: what the caller gave to be written, or a new one.
 *
 * @param {string} name of the option
 * @param {number} count of its values
 * @param {Float32Array | {data: Float32Array}} [into]
 * @returns {Float32Array}
 * @throws {TypeError | RangeError} another length, or more than wasm memory can hold
 */
export function makeOutput(name, count, into) {
    if (count * 4 >= 2 ** 31) throw wrong('size', 'a result of less than 2^31 bytes', count * 4);
    if (into === undefined) return new Float32Array(count);
    const data = into instanceof Float32Array ? into : into?.data;
    if (!(data instanceof Float32Array) || data.length !== count) {
        throw wrongType(name, `a Float32Array of ${count} values`, data instanceof Float32Array ? data.length : into);
    }
    return data;
}

/**
 * A tensor as float32, quantisation undone.
 *
 * @param {Tensor} tensor float32, int32, uint8, int8 or float16
 * @returns {FloatTensor} a copy
 */
export function toFloat32(tensor) {
    const dims = checkTensor('tensor', tensor);
    const data = withBlock((block) => block.output(placeFloats(block, tensor), new Float32Array(tensor.data.length)));
    return {data, dims: [...dims]};
}

/**
 * Rows of numbers, as a tensor [N, width] or as a flat array of N * width.
 *
 * @param {string} name
 * @param {Tensor | ArrayLike<number>} rows
 * @param {number} width
 * @returns {FloatTensor} [N, width]; the argument's own data where it is float32
 */
export function asRows(name, rows, width) {
    const tensor = /** @type {Tensor} */ (rows);
    if (rows && typeof rows === 'object' && 'dims' in rows) {
        if (width === 1) checkTensor(name, tensor);
        else checkShape(name, tensor, ['N', width]);
        const data = tensor.data instanceof Float32Array ? tensor.data : toFloat32(tensor).data;
        return {data, dims: [data.length / width, width]};
    }
    const isList = Array.isArray(rows) ? rows.every((v) => typeof v === 'number') : typeOf(rows) || rows instanceof Float64Array;
    if (!isList) {
        throw wrongType(name, `a tensor [N, ${width}] or an array of numbers`, rows);
    }
    const numbers = /** @type {ArrayLike<number>} */ (rows);
    const data = numbers instanceof Float32Array && numbers.length ? numbers : new Float32Array(/** @type {any} */ (numbers.length ? numbers : 0));
    if (data.length % width) throw wrong(name, `a multiple of ${width} numbers`, data.length);
    return {data, dims: [data.length / width, width]};
}
