/** A tfjs graph model on its wasm backend: plain tensors in, any of its nodes out as plain tensors. */
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';

/** @typedef {{ data: any, dims: readonly number[] }} Tensor */

/**
 * @param {import('../networks.js').Files} files URLs of the graph and of its one weight file, and the nodes to read
 * @returns {Promise<{ run(input: Tensor): Promise<Tensor[]>, close(): void }>}
 */
export async function openGraph({ graph, weights, nodes, dynamic = false }) {
    if (tf.getBackend() !== 'wasm') {
        setWasmPaths({ 'tfjs-backend-wasm.wasm': wasm, 'tfjs-backend-wasm-simd.wasm': wasm, 'tfjs-backend-wasm-threaded-simd.wasm': wasm });
        await tf.setBackend('wasm');
    }
    const [topology, weightData] = await Promise.all([
        get(graph).then((response) => response.json()),
        get(weights).then((response) => response.arrayBuffer()),
    ]);
    if (dynamic) for (const { op, attr } of topology.modelTopology.node) if (op === 'Placeholder') delete attr.shape;
    const weightSpecs = topology.weightsManifest.flatMap((/** @type {any} */ group) => group.weights);
    const model = await loadGraphModel({ load: async () => ({ ...topology, weightSpecs, weightData }) });

    return {
        // tf.tensor copies into tfjs's own memory at once, so the input may be lent.
        async run({ data, dims }) {
            const input = tf.tensor(data, [...dims]);
            const heads = [model.execute(input, nodes)].flat();
            const results = heads.map((head) => ({ data: head.dataSync(), dims: head.shape }));
            tf.dispose([input, ...heads]);
            return results;
        },
        close: () => model.dispose(),
    };
}

/** @param {string} url */
async function get(url) {
    const response = await fetch(url);
    if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
        throw new Error(`The weights ${url} are missing: run "node tools/models.js" once, with a connection.`);
    }
    return response;
}
