/**
 * The same calls natively and in wasm, line by line: node differential.js NATIVE WASM.
 * Differing lines, failed expectations and sanitizer reports end it with 1.
 */
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

const [native, wasm] = process.argv.slice(2);

const {status, stdout, stderr, error} = spawnSync(native, {encoding: 'utf8', maxBuffer: 2 ** 28});
if (error || status !== 0) {
    console.error(stderr || error || `${native} ended with ${status}`);
    process.exit(1);
}
const expected = stdout.trimEnd().split('\n');
const {lines, failures} = await runWasm();
const different = Array.from({length: Math.max(lines.length, expected.length)}, (_, i) => i).filter((i) => lines[i] !== expected[i]);
for (const i of different.slice(0, 20)) failures.push(`native ${expected[i]}, wasm ${lines[i]}`);
if (different.length > 20) failures.push(`${different.length} cases differ`);

failures.forEach((failure) => console.error(failure));
console.log(`${expected.length} cases: native and wasm ${different.length ? 'DIFFER' : 'give the same bits'}`);
process.exit(failures.length || !expected.length ? 1 : 0);

async function runWasm() {
    const {instance} = await WebAssembly.instantiate(readFileSync(wasm), {env: {emscripten_notify_memory_growth() {}}});
    const core = /** @type {Record<string, any>} */ (instance.exports);
    core._initialize?.();
    const {memory} = core;
    /** @param {number} at */
    const text = (at) => {
        const bytes = new Uint8Array(memory.buffer, at);
        return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
    };
    const hashes = [];
    const broken = [];
    const out = core.room();
    for (let which = 0, count; (count = core.cases(which)) >= 0; which++) {
        const name = text(core.name(which));
        for (let number = 0; number < count; number++) {
            const failed = core.run(out, which, number);
            if (failed) broken.push(`wasm ${name} ${number}: ${text(failed)}`);
            const hash = new DataView(memory.buffer).getBigUint64(out, true);
            hashes.push(`${name} ${number} ${hash.toString(16).padStart(16, '0')}`);
        }
    }
    return {lines: hashes, failures: broken};
}
