/** The libraries Fovea is raced with, each loaded once, single-threaded, from its published package. */

import {fileURLToPath} from 'node:url';
import {onnxModel} from './onnx.js';

/** @template T @param {() => Promise<T>} open @returns {() => Promise<T>} */
function once(open) {
    /** @type {Promise<T> | undefined} */
    let opened;
    return () => opened ??= open();
}

/** OpenCV.js; its types lag behind its build. */
export const openCv = once(async () => {
    const {loadOpenCV} = await import('@opencvjs/web');
    return /** @type {any} */ (await loadOpenCV());
});

/** onnxruntime-web with its wasm provider. */
export const openOrt = once(async () => {
    const ort = await import('onnxruntime-web/wasm');
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'error';
    return ort;
});

/** @param {Parameters<typeof onnxModel>[0]} graph */
export async function ortSession(graph) {
    const ort = await openOrt();
    return ort.InferenceSession.create(onnxModel(graph), {executionProviders: ['wasm']});
}

/** PoseNet's own decoder; its types are those of tfjs 3. @returns {Promise<any>} */
export const openPoseNet = once(async () => {
    const name = '@tensorflow-models/posenet';
    return import(name);
});

/** tfjs with its wasm backend. */
export const openTf = once(async () => {
    const tf = await import('@tensorflow/tfjs-core');
    const {setWasmPaths} = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(fileURLToPath(new URL('.', import.meta.resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm'))));
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    await tf.setBackend('wasm');
    return tf;
});
