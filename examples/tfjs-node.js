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
 * @param {{ dynamic?: boolean }} [options] dynamic: the input may have another size than the graph says
 * @returns {Promise<{ run(input: Tensor, nodes: string[]): Tensor[] }>}
 */
export async function loadNetwork(url, { dynamic = false } = {}) {
    await useWasm();
    const graph = JSON.parse(await readFile(url, 'utf8'));
    if (dynamic) for (const { op, attr } of graph.modelTopology.node) if (op === 'Placeholder') delete attr.shape;
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
