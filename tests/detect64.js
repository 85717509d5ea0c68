import assert from 'node:assert/strict';
import {assertClose} from './close.js';
import {iou64} from './tools/heads64.js';

/** @typedef {import('./tools/heads64.js').Candidate} Candidate */
/** @typedef {{data: any, dims: number[], scale?: number, zeroPoint?: number}} Head */

/**
 * What a decoder promises to answer, of candidates decoded by definition: threshold, limit, suppress; all in float64.
 *
 * @param {Candidate[]} candidates
 * @param {any} [options] those of decodeHead
 */
export function selected(candidates, {
    scoreThreshold = 0.25, iouThreshold = 0.45, maxDetections = 300, maxPerClass = Infinity, multiLabel = false, agnostic = false, background = -1,
} = {}) {
    /** @type {Record<number, number>} */
    const seen = {};
    const passed = candidates.flatMap(({scores, ...rest}) => {
        const classes = scores.map((_, c) => c).filter((c) => c !== background && scores[c] > scoreThreshold);
        const best = Math.max(...classes.map((c) => scores[c]));
        const chosen = multiLabel ? classes : classes.filter((c) => scores[c] === best).slice(0, 1);
        return chosen.map((c) => ({...rest, class: c, score: scores[c]}));
    }).sort((a, b) => b.score - a.score)
        .filter(({class: c}) => (seen[agnostic ? 0 : c] = (seen[agnostic ? 0 : c] ?? 0) + 1) <= maxPerClass);
    /** @type {typeof passed} */
    const kept = [];
    for (const one of passed) {
        if (kept.every((other) => !agnostic && other.class !== one.class || !(iou64(other.box, one.box) > iouThreshold))) kept.push(one);
    }
    return kept.slice(0, maxDetections);
}

/**
 * @param {any} got detections
 * @param {any[]} want as `selected` gives them
 * @param {{box?: number, score?: number, least?: number, message?: string}} [tolerance] least: so many there must be, or the test proves little
 */
export function assertFound(got, want, {box = 5e-3, score = 1e-5, least = 1, message = ''} = {}) {
    assert.ok(want.length >= least, `${message}: only ${want.length} to compare`);
    assert.equal(got.count, want.length, message);
    for (const name of ['boxes', 'scores']) assert.ok(got[name] instanceof Float32Array, name);
    for (const name of ['classes', 'rows']) assert.ok(got[name] instanceof Int32Array, name);
    assert.deepEqual([...got.rows], want.map((one) => one.row), `${message}: rows`);
    assert.deepEqual([...got.classes], want.map((one) => one.class), `${message}: classes`);
    assertClose(got.scores, want.map((one) => one.score), score, `${message}: scores`);
    assertClose(got.boxes, want.flatMap((one) => one.box), {abs: box, rel: 1e-5}, `${message}: boxes`);
    if (want[0]?.points?.length) assertClose(got.keypoints, want.flatMap((one) => one.points.flat()), {abs: box, rel: 1e-5}, `${message}: keypoints`);
    else assert.equal(got.keypoints, undefined, message);
}

/** [N, a, b] as [N, b, a]; [N, C, H, W] as [N, H, W, C]. @param {Head} head @returns {Head} */
export function turned({data, dims}) {
    const [N, C, ...rest] = dims;
    const cells = rest.reduce((a, b) => a * b, 1);
    const out = data.slice();
    for (let n = 0; n < N; n++) {
        for (let c = 0; c < C; c++) for (let i = 0; i < cells; i++) out[(n * cells + i) * C + c] = data[(n * C + c) * cells + i];
    }
    return {data: out, dims: [N, ...rest, C]};
}

/** To the nearest float16, as float32 and as codes. @param {Head} head @returns {{rounded: Head, half: Head}} */
export function halved({data, dims}) {
    const rounded = new Float32Array(data.length);
    const codes = Uint16Array.from(data, (v, i) => {
        if (v === 0) return 0;
        const exponent = Math.max(Math.floor(Math.log2(Math.abs(v))), -14);
        const steps = Math.round(Math.abs(v) / 2 ** (exponent - 10));
        rounded[i] = Math.sign(v) * steps * 2 ** (exponent - 10);
        return (v < 0 ? 0x8000 : 0) + ((exponent + 14) << 10) + steps;
    });
    return {rounded: {data: rounded, dims}, half: {data: codes, dims}};
}

/** To 256 steps, as float32 and as bytes. @param {Head} head @returns {{rounded: Head, bytes: Head}} */
export function quantised({data, dims}) {
    const [low, high] = [Math.min(...data), Math.max(...data)];
    const scale = Math.fround((high - low) / 255);
    const zeroPoint = Math.round(-low / scale);
    const bytes = Uint8Array.from(data, (v) => Math.min(Math.max(Math.round(v / scale) + zeroPoint, 0), 255));
    return {rounded: {data: Float32Array.from(bytes, (v) => Math.fround(v - zeroPoint) * scale), dims}, bytes: {data: bytes, dims, scale, zeroPoint}};
}

/**
 * A head of noise.
 *
 * @param {import('./random.js').Random} random
 * @param {number[]} dims
 * @param {number} low
 * @param {number} high
 * @returns {Head}
 */
export function noise(random, dims, low, high) {
    return {data: random.floats(dims.reduce((a, b) => a * b, 1), low, high), dims};
}
