/**
 * Writes small ONNX models from plain objects, so that the graphs onnxruntime-web is raced with can be read as code.
 * Field numbers are those of onnx.proto3.
 */

const TYPES = {float32: 1, uint8: 2, int32: 6, int64: 7};
const OPSET = 17;

const utf8 = new TextEncoder();

/** @typedef {number[]} Bytes */
/** @typedef {Float32Array | BigInt64Array | Uint8Array} ConstantData */
/** @typedef {{data: ConstantData, dims: number[]}} Constant */
/** @typedef {[op: string, inputs: string[], outputs: string[], attributes?: Record<string, number | number[] | string>]} Node */

/** @param {number | bigint} value @returns {Bytes} */
function varint(value) {
    const bytes = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    return [...bytes, Number(rest)];
}

/** @param {number} field @param {number} value */
const int = (field, value) => [...varint(field << 3), ...varint(value)];

/** @param {number} field @param {Bytes | Uint8Array | string} value */
const block = (field, value) => {
    const bytes = typeof value === 'string' ? utf8.encode(value) : value;
    return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
};

/** @param {number} field @param {number} value */
const float = (field, value) => [...varint((field << 3) | 5), ...new Uint8Array(new Float32Array([value]).buffer)];

/** @param {string} name @param {number | number[] | string} value whole numbers become INT, others FLOAT */
function attribute(name, value) {
    const head = block(1, name);
    if (typeof value === 'string') return [...head, ...block(4, value), ...int(20, 3)];
    if (Array.isArray(value)) return [...head, ...value.flatMap(v => int(8, v)), ...int(20, 7)];
    return Number.isInteger(value) ? [...head, ...int(3, value), ...int(20, 2)] : [...head, ...float(2, value), ...int(20, 1)];
}

/** @param {string} name @param {Constant} constant */
function initializer(name, {data, dims}) {
    const type = data instanceof Float32Array ? 'float32' : data instanceof Uint8Array ? 'uint8' : 'int64';
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [...dims.flatMap(d => int(1, d)), ...int(2, TYPES[type]), ...block(8, name), ...block(9, raw)];
}

/** @param {string} name @param {[keyof typeof TYPES, (number | string)[]]} type a string names a free dimension */
function valueInfo(name, [type, dims]) {
    const shape = dims.flatMap(d => block(1, typeof d === 'string' ? block(2, d) : int(1, d)));
    return [...block(1, name), ...block(2, block(1, [...int(1, TYPES[type]), ...block(2, shape)]))];
}

/** @param {Node} node */
function operator([op, inputs, outputs, attributes = {}]) {
    return [
        ...inputs.flatMap(i => block(1, i)), ...outputs.flatMap(o => block(2, o)), ...block(4, op),
        ...Object.entries(attributes).flatMap(([k, v]) => block(5, attribute(k, v))),
    ];
}

/** A 1-D float32 constant. @param {...number} values */
export const floats = (...values) => ({data: Float32Array.from(values), dims: [values.length]});

/** A 1-D int64 constant. @param {...number} values */
export const ints = (...values) => ({data: BigInt64Array.from(values, BigInt), dims: [values.length]});

/**
 * @param {{inputs: Record<string, [keyof typeof TYPES, (number | string)[]]>,
 *           outputs: Record<string, [keyof typeof TYPES, (number | string)[]]>,
 *           constants?: Record<string, Constant>, nodes: Node[]}} graph
 * @returns {Uint8Array} an ONNX model
 */
export function onnxModel({inputs, outputs, constants = {}, nodes}) {
    const graph = [
        ...nodes.flatMap(n => block(1, operator(n))),
        ...block(2, 'bench'),
        ...Object.entries(constants).flatMap(([k, v]) => block(5, initializer(k, v))),
        ...Object.entries(inputs).flatMap(([k, v]) => block(11, valueInfo(k, v))),
        ...Object.entries(outputs).flatMap(([k, v]) => block(12, valueInfo(k, v))),
    ];
    return Uint8Array.from([...int(1, 8), ...block(7, graph), ...block(8, int(2, OPSET))]);
}
