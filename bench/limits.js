/**
 * The machine's limits, measured by contenders of every race like any other, so that they drift with it.
 * A bound says how much work of each kind a task cannot avoid; its time at the measured rates is the task's limit.
 */

import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

/**
 * @typedef {object} Bound   what no program for the task can avoid
 * @property {number} [copy]    bytes written by a copy (each also read)
 * @property {number} [read]    bytes only read
 * @property {number} [madd]    float32 operations with four lanes, as multiplications and additions
 * @property {number} [gather]  pairs of neighbouring floats loaded from anywhere in 1 MB
 * @property {number} [divide]  float32 divisions
 * @property {number} [exp]     exponentials
 * @property {number} [block]   bytes of the largest block, which says what cache the copies run in; default 4 MB
 */

/** @typedef {{name: string, unit: string, amount: number, run: () => void}} Yardstick */

const FLOPS_A_TURN = 104;
const LANES_A_TURN = 16;
const SAMPLE = 250_000;

/** @returns {Promise<(bound: Bound) => Yardstick[]>} the yardsticks a bound needs */
export async function openLimits() {
    execFileSync('make', ['-s', '-f', 'bench/limits.mk'], {cwd: new URL('..', import.meta.url), stdio: 'inherit'});
    const bytes = readFileSync(new URL('../build/limits.wasm', import.meta.url));
    const {instance} = await WebAssembly.instantiate(bytes, {env: {emscripten_notify_memory_growth() {}}});
    const wasm = /** @type {Record<string, (...sizes: number[]) => number> & {memory: WebAssembly.Memory}} */
        (/** @type {unknown} */ (instance.exports));
    const capacity = wasm.capacity();
    const heap = new Uint8Array(wasm.memory.buffer, wasm.source(), capacity);
    const outside = new Uint8Array(capacity).fill(1);

    return bound => {
        const block = Math.min(capacity, Math.max(4096, bound.block ?? 4 << 20)) & ~63;
        const times = Math.max(1, Math.round(4e6 / block));
        const turns = SAMPLE / LANES_A_TURN;
        /** @type {(name: string, unit: string, amount: number, run: () => void) => Yardstick} */
        const yardstick = (name, unit, amount, run) => ({name, unit, amount, run});
        return [
            yardstick('copy', 'bytes', block * times, () => wasm.copy(block, times)),
            yardstick('copy', 'bytes', block * times, () => wasm.copy_vectors(block, times)),
            yardstick('copy', 'bytes', block * times, () => {
                for (let i = 0; i < times; i++) heap.set(block === capacity ? outside : outside.subarray(0, block));
            }),
            yardstick('read', 'bytes', block * times, () => wasm.read(block, times)),
            yardstick('madd', 'flop', FLOPS_A_TURN * turns, () => wasm.madd(turns)),
            yardstick('gather', 'pairs', 4 * turns, () => wasm.gather(1 << 20, turns)),
            yardstick('divide', 'divisions', LANES_A_TURN * turns, () => wasm.divide(turns)),
            yardstick('exp', 'exponentials', LANES_A_TURN * turns, () => wasm.exponent(turns)),
        ].filter(y => bound[/** @type {'copy'} */ (y.name)]);
    };
}
