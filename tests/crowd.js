import {openposeTargets, pafTargets} from '../js/index.js';

/** @import {Random} from './random.js' */
/** @import {Skeleton} from '../js/skeleton.js' */

/** Where joints lie in an upright body of height 1 about its middle, by name without its side; what is not here lies near a neighbour. */
const BODY = /** @type {Record<string, [number, number]>} */ ({
    nose: [0, -0.4], eye: [0.02, -0.42], ear: [0.04, -0.41], head: [0, -0.48], neck: [0, -0.3], shoulder: [0.11, -0.29], elbow: [0.16, -0.14], wrist: [0.18, 0.01],
    chest: [0, -0.15], middle_hip: [0, 0.02], hip: [0.07, 0.02], knee: [0.08, 0.25], ankle: [0.08, 0.47], big_toe: [0.12, 0.5], small_toe: [0.14, 0.49], heel: [0.07, 0.5],
});

/**
 * Joints of people, in pixels of a network's input.
 *
 * @param {Random} random
 * @param {Skeleton} skeleton
 * @param {number} people
 * @param {readonly [number, number]} size [width, height] of the input
 * @returns {{coords: {data: Float32Array, dims: number[]}, weight: {data: Float32Array, dims: number[]}}}
 */
export function crowd(random, {joints, weakLimbs = []}, people, [width, height]) {
    const K = joints.length;
    const [coords, weight] = [new Float32Array(people * K * 2), new Float32Array(people * K)];
    const tall = random.between(0.35, 0.9) * height;
    for (let p = 0; p < people; p++) {
        const [x, y, h] = [random.between(0, width), random.between(0.2, 0.8) * height, tall * random.between(0.7, 1.1)];
        const [turn, lean] = [random.between(-1, 1), random.between(-0.3, 0.3)];
        const hidden = random.chance(0.3) ? random.between(0, 0.6) : 0;
        const isEarsOnly = random.chance(0.03);
        joints.forEach((joint, k) => {
            const [side, name] = /^(left|right)_(.*)$/.exec(joint)?.slice(1) ?? ['', joint];
            const [u, v] = BODY[name];
            const across = (side === 'left' ? 1 : -1) * u * turn + random.between(-0.03, 0.03);
            coords.set([x + h * (across + lean * v), y + h * (v + random.between(-0.03, 0.03))], 2 * (p * K + k));
            weight[p * K + k] = isEarsOnly ? +(name === 'ear' && weakLimbs.length > 0) : +!random.chance(hidden);
        });
    }
    return {coords: {data: coords, dims: [1, people, K, 2]}, weight: {data: weight, dims: [1, people, K]}};
}

/**
 * What a network would answer: our targets, some noise, some blobs that are nobody, and some of what it does not see.
 *
 * @param {Random} random
 * @param {Skeleton} skeleton with fields
 * @param {number} people
 * @param {readonly [number, number]} cells [height, width]
 * @param {{noise?: number, variant?: 'paper' | 'lightweight', twins?: boolean}} [options] twins: everybody twice, 12 cells apart
 * @returns {{data: Float32Array, dims: number[]}} [1, C, H, W] heatmaps, background, fields
 */
export function crowdMaps(random, skeleton, people, [H, W], {noise = 0, variant = 'lightweight', twins = false} = {}) {
    const {coords, weight} = crowd(random, skeleton, people, [8 * W, 8 * H]);
    if (twins) {
        coords.data = Float32Array.from([...coords.data, ...coords.data.map((v, i) => i % 2 ? v : v + 96)]);
        weight.data = Float32Array.from([...weight.data, ...weight.data]);
        coords.dims[1] = weight.dims[1] = 2 * people;
    }
    const about = variant === 'lightweight' ? {variant, stride: 8, offset: 4} : {stride: 8, offset: 4};
    const heat = openposeTargets(coords, weight, [H, W], {...about, ...(variant === 'lightweight' ? {sigma: random.between(6, 10)} : {})});
    const field = pafTargets(coords, weight, skeleton.limbs, [H, W], {...about, thickness: 1});
    const data = new Float32Array(heat.data.length + field.data.length);
    data.set(heat.data);
    skeleton.pafs?.forEach(([x, y], l) => [x, y].forEach((channel, i) => {
        data.set(field.data.subarray((2 * l + i) * H * W, (2 * l + i + 1) * H * W), heat.data.length + channel * H * W);
    }));
    for (let i = 0; noise && i < data.length; i++) data[i] = Math.fround(data[i] * (1 - noise * random.unit()) + noise * random.between(-0.5, 0.5));
    return {data, dims: [1, data.length / (H * W), H, W]};
}
