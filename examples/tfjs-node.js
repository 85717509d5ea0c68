/** tfjs with its wasm backend in Node: a graph model from disk, any of its nodes read as plain `{ data, dims }` tensors. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** @typedef {{ data: any, dims: number[] }} Tensor */

export async function useWasm() {
    const require = createRequire(import.meta.url);
    setWasmPaths(`${require.resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm').replace(/[^/\\]*$/, '')}`);
    await tf.setBackend('wasm');
}

/**
 * @param {URL} url of the model's .json; its weights lie beside it
 * @returns {Promise<{ run(input: Tensor, nodes: string[]): Tensor[] }>}
 */
export async function loadNetwork(url) {
    await useWasm();
    const graph = JSON.parse(await readFile(url, 'utf8'));
    const groups = graph.weightsManifest;
    const weights = await Promise.all(groups.flatMap((/** @type {any} */ group) => group.paths).map((/** @type {string} */ path) => readFile(new URL(path, url))));
    const model = await loadGraphModel({
        load: async () => ({ ...graph, weightSpecs: groups.flatMap((/** @type {any} */ group) => group.weights), weightData: Uint8Array.from(Buffer.concat(weights)).buffer }),
    });

    return {
        run: ({ data, dims }, nodes) => tf.tidy(() => {
            const heads = [model.execute(tf.tensor(data, dims), nodes)].flat();
            return heads.map((head) => ({ data: head.dataSync(), dims: head.shape }));
        }),
    };
}
