/** An .onnx file made by hand: whatever picture it gets, it answers the constant it was made with. Enough to try the demo's way for files. */

const FLOAT = 1;

/**
 * @param {{ size: number, dims: number[], output: Float32Array, names: string[] }} model input [1, 3, size, size] float32
 * @returns {Buffer}
 */
export function tinyOnnx({ size, dims, output, names }) {
    const tensor = message([[1, packed(dims)], [2, FLOAT], [8, 'answer'], [9, Buffer.from(output.buffer, output.byteOffset, output.byteLength)]]);
    const node = message([[1, 'answer'], [2, 'output0'], [4, 'Identity']]);
    const graph = message([[1, node], [2, 'tiny'], [5, tensor], [11, value('images', [1, 3, size, size])], [12, value('output0', dims)]]);
    const dictionary = `{${names.map((name, i) => `${i}: '${name}'`).join(', ')}}`;
    return message([[1, 8], [7, graph], [8, message([[2, 13]])], [14, message([[1, 'names'], [2, dictionary]])]]);
}

/** @param {string} name @param {number[]} dims */
function value(name, dims) {
    const shape = message(dims.map((size) => [1, message([[1, size]])]));
    return message([[1, name], [2, message([[1, message([[1, FLOAT], [2, shape]])]])]]);
}

/** A protocol buffer message. @param {[number, number | string | Buffer][]} fields */
function message(fields) {
    return Buffer.concat(fields.map(([field, content]) => {
        if (typeof content === 'number') return Buffer.concat([varint(field * 8), varint(content)]);
        const bytes = Buffer.from(content);
        return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
    }));
}

/** @param {number[]} values */
const packed = (values) => Buffer.concat(values.map(varint));

/** @param {number} number */
function varint(number) {
    const bytes = [];
    for (; number > 127; number = Math.floor(number / 128)) bytes.push(number % 128 + 128);
    return Buffer.from([...bytes, number]);
}
