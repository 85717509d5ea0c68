/** A user's own .tflite file on LiteRT.js: plain tensors in, its outputs out as plain tensors. */
import { Tensor, loadAndCompile, loadLiteRt } from '@litertjs/core';
import wasm from '@litertjs/core/wasm/litert_wasm_compat_internal.wasm?url';

/** @type {Promise<unknown> | undefined} */
let loading;

/** Its glue is a script, which a module worker cannot run as one: it is imported, and hands over its factory as to an AMD loader. */
async function load() {
    const here = /** @type {any} */ (globalThis);
    here.define = Object.assign((/** @type {unknown} */ _, /** @type {() => unknown} */ make) => { here.ModuleFactory = make(); }, { amd: true });
    // @ts-ignore: it has no types
    await import('@litertjs/core/wasm/litert_wasm_compat_internal.js');
    delete here.define;
    here.importScripts = () => {};
    here.Module = { locateFile: () => wasm, printErr() {} }; // it tells the console of its every step
    await loadLiteRt('litert_wasm_compat_internal.js');
}

/**
 * @param {Uint8Array} bytes
 * @returns {ReturnType<typeof import('./onnx.js').openOnnx>}
 */
export async function openLiteRt(bytes) {
    await (loading ??= load());
    const model = await loadAndCompile(bytes, { accelerator: 'wasm' }).catch((error) => {
        throw new Error(`LiteRT.js cannot run this file: ${error.message}`);
    });
    const inputs = model.getInputDetails();
    const [{ shape, dtype }] = inputs;
    if (inputs.length !== 1 || shape.length !== 4) throw new Error('Only networks with one picture as input can run here.');
    const layout = shape[3] === 3 ? 'NHWC' : 'NCHW';
    const [height, width] = layout === 'NHWC' ? shape.slice(1, 3) : shape.slice(2, 4);
    return {
        input: { width, height, layout, dtype },
        async run({ data, dims }) {
            const input = new Tensor(data, [...dims]);
            const outputs = await model.run(input);
            const results = model.getOutputDetails().map(({ shape: size }, i) => ({ data: outputs[i].toTypedArray(), dims: Array.from(size) }));
            for (const tensor of [input, ...outputs]) tensor.delete();
            return results;
        },
        close: () => model.delete(),
    };
}
