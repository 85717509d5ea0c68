/** The head tensors in tests/data/yolo: float16, one after the other, gzipped. */
import {readFile} from 'node:fs/promises';
import {gunzipSync} from 'node:zlib';

/**
 * @param {string} name of the network
 * @param {number[][]} dims of its outputs
 * @returns {Promise<{data: Float32Array, dims: number[]}[]>}
 */
export async function readHeads(name, dims) {
    const bytes = gunzipSync(await readFile(new URL(`../data/yolo/${name}.f16.gz`, import.meta.url)));
    const values = Float32Array.from(new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)), toNumber);
    let end = 0;
    return dims.map((shape) => {
        const start = end;
        end += shape.reduce((a, b) => a * b, 1);
        return {data: values.slice(start, end), dims: shape};
    });
}

/** Of a finite float16. @param {number} half */
function toNumber(half) {
    const [exponent, mantissa] = [(half >> 10) & 31, half & 1023];
    return (half & 0x8000 ? -1 : 1) * (exponent ? 2 ** (exponent - 15) * (1 + mantissa / 1024) : 2 ** -24 * mantissa);
}
