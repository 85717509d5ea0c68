/** A user's own .onnx file on onnxruntime-web: plain tensors in, its outputs out as plain tensors. */
import { InferenceSession, Tensor, env } from 'onnxruntime-web/wasm';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { DTYPES } from './blank.js';

env.wasm.wasmPaths = { wasm };
env.wasm.numThreads = 1;
env.logLevel = 'error';

const USUAL_SIZE = 640;

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<{
 *     input: { width: number, height: number, layout: 'NCHW' | 'NHWC', dtype: string },
 *     run(input: import('./tfjs.js').Tensor): Promise<import('./tfjs.js').Tensor[]>,
 *     close(): void,
 * }>}
 */
export async function openOnnx(bytes) {
    const session = await InferenceSession.create(bytes).catch((error) => {
        throw new Error(`onnxruntime-web cannot run this file: ${error.message}`);
    });
    const metadata = session.inputMetadata[0];
    if (session.inputNames.length !== 1 || !metadata?.isTensor || metadata.shape.length !== 4) {
        throw new Error(`This network takes ${session.inputNames.join(', ')}: only networks with one picture as input can run here.`);
    }
    if (!DTYPES[metadata.type]) throw new Error(`This network takes ${metadata.type} pixels: only ${Object.keys(DTYPES).join(', ')} can be made here.`);
    const layout = metadata.shape[3] === 3 ? 'NHWC' : 'NCHW';
    const [height, width] = (layout === 'NHWC' ? metadata.shape.slice(1, 3) : metadata.shape.slice(2, 4))
        .map((side) => (typeof side === 'number' && side > 0 ? side : USUAL_SIZE));

    return {
        input: { width, height, layout, dtype: metadata.type },
        async run({ data, dims }) {
            const results = await session.run({ [session.inputNames[0]]: new Tensor(/** @type {any} */ (metadata.type), data, dims) });
            return session.outputNames.map((name) => ({ data: results[name].data, dims: results[name].dims }));
        },
        close: () => void session.release(),
    };
}
