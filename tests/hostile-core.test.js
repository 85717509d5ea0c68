/**
 * The binary itself: every function that the headers declare, called with null pointers, negative and enormous numbers and
 * hostile floats. What comes back is an FV_E_* code or a success; nothing but its outputs is ever written, and after an
 * error not even they. Whether sizes are true the core cannot know, so buffers are, and strides are left as they are.
 */
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {before, test} from 'node:test';

/** @typedef {{name: string, kind: 'pointer' | 'const pointer' | 'int' | 'float'}} Parameter */

const HEADERS = new URL('../include/fovea/', import.meta.url);
const STACK = 65536;
const ROOM = 4096;
const PAINT = 0xa5;
const [NULL, SHAPE] = [-1, -2];

/** What makes a good call; a number by its name, else 1. */
const GOOD = {
    n: 3, m: 2, positions: 2, position_stride: 4, class_count: 2, capacity: 8, keypoints: 2, planes: 2, channels: 2, iou_threshold: 0.5, sigma: 0.5, scale: 1,
    max_keep: 3, count: 0, first_row: 0, from: 0, to: 2, kind: 3, type: 0, layout: 0, order: 0, resize: 1, flags: 0, activation: 1, background: -1,
    decay: 0, left: 0, top: 0, zero: 0, score_threshold: 0, threshold: 0.1, max_per_class: 0, multi_label: 1, objectness_stride: 1, grid_width: 0,
    dims: 2, samples: 3, points: 2, k: 3, outer: 2, middle: 3, inner: 4, axes: 3, reduction: 1, batch: 2, divergence: 1,
};
/** By function, where the name alone does not tell. */
const OWN = /** @type {Record<string, Record<string, number>>} */ ({
    fv_nms_weighted: {values: 5}, fv_detect_points: {count: 2, values: 2}, fv_detect_boxes: {count: 2}, fv_tensor_widen: {count: 7},
    fv_path_resample: {count: 3}, fv_path_resample_backward: {count: 3}, fv_path_even: {count: 3}, fv_path_cost: {count: 3}, fv_path_optimize: {count: 3},
    fv_track_assign: {method: 0}, fv_loss_hardest: {top: 2}, fv_metric_distances: {root: 0, align: 3}, fv_path_scratch: {count: 3}, fv_costmap_trace: {capacity: 40},
    fv_paf_people: {link_count: 0},
    fv_geometry_find: {confidence: 0.5},
});
/** Doubles that may not be 0, and what they are. */
const FILLED = new Map([['weights', 0.5], ['settings', 0.5], ['options', 0.5], ['rules', 1]]);
/** Points that may not lie on one line. */
const TRIANGLE = [-1, -1, 1, -1, 0, 1];
/** Inputs that may be null, and sizes of which any number is good. */
const OPTIONAL = new Set(['fv_pose_search.boxes', 'fv_metric_oks.boxes', 'fv_geometry_find.quality', 'fv_geometry_fit.weights', 'classes', 'objectness', 'priors', 'weight', 'heatmap', 'grad_covariance']);
/** Outputs that may be null. */
const UNWANTED = new Set([
    'fv_sample_backward.grad_src', 'fv_sample_backward.grad_grid', 'fv_sample_affine_backward.grad_src', 'fv_sample_affine_backward.grad_theta',
    'fv_argmax_simcc.visibility', 'fv_path_cost.grad', 'fv_path_cost.path', 'fv_path_cost.sampled', 'fv_path_optimize.path',
    'fv_heatmap_soft_argmax.mass', 'fv_heatmap_soft_argmax.covariance', 'fv_heatmap_soft_argmax.entropy', 'fv_heatmap_soft_argmax_backward.grad_maps',
    'fv_heatmap_soft_argmax_backward.grad_beta',
]);
const UNBOUNDED = new Set(['max_keep', 'capacity', 'max_per_class', 'class_count', 'grid_width', 'anchors', 'keypoints', 'rivals', 'first_row', 'batch']);

/** @type {Record<string, any>} */
let core;
before(async () => {
    const {instance} = await WebAssembly.instantiate(readFileSync(new URL('../js/fovea.wasm', import.meta.url)), {env: {emscripten_notify_memory_growth() {}}});
    core = instance.exports;
    core._initialize?.();
    core.memory.grow(16);
});

const functions = readdirSync(HEADERS).flatMap((file) => {
    const text = readFileSync(new URL(file, HEADERS), 'utf8').replace(/\/\*[^]*?\*\//g, '');
    return [...text.matchAll(/^FV_API int (fv_\w+)\(([^;]*)\);/gm)].map(([, name, list]) => ({name, parameters: list.split(',').map(readParameter)}));
});

test('the walk covers every function of the binary', () => {
    const exported = Object.keys(core).filter((name) => name.startsWith('fv_'));
    assert.deepEqual(functions.map(({name}) => name).sort(), exported.sort());
});

for (const {name, parameters} of functions) {
    test(`${name}: hostile numbers`, () => {
        assert.ok(call(name, parameters) >= 0, 'a good call');
        parameters.forEach((parameter, at) => {
            if (parameter.kind === 'float') {
                for (const v of [NaN, Infinity, -Infinity, 1e30, -1e30, 3e38, 1e-45, -0]) call(name, parameters, at, v);
            } else if (parameter.kind === 'int') {
                for (const v of [-1, -(2 ** 31), 2 ** 31 - 1, 2 ** 31 - 16, 2 ** 30, 0]) hostileInteger(name, parameters, at, v);
            } else {
                const result = call(name, parameters, at, 0);
                const mayBeNull = parameter.kind === 'const pointer' ? OPTIONAL.has(parameter.name) || OPTIONAL.has(`${name}.${parameter.name}`) : UNWANTED.has(`${name}.${parameter.name}`);
                if (mayBeNull) assert.ok(result >= 0, `${parameter.name} may be null`);
                else assert.equal(result, NULL, `${parameter.name} is null`);
            }
        });
    });
}

test('the stack: a third of it stays free', () => {
    const bytes = new Uint8Array(core.memory.buffer);
    bytes.fill(PAINT, 0, STACK);
    for (const {name, parameters} of functions) call(name, parameters);
    const used = STACK - bytes.subarray(0, STACK).findIndex((byte) => byte !== PAINT);
    assert.ok(used > 1000 && used < (STACK * 2) / 3, `${used} of ${STACK} bytes used`);
});

/** @param {string} declaration @returns {Parameter} */
function readParameter(declaration) {
    const [, type, star, name] = /^\s*(.*?)\s*(\*?)(\w+)\s*$/s.exec(declaration) ?? [];
    assert.ok(star || type === 'int' || type === 'float', declaration);
    return {name, kind: star ? (type.startsWith('const') ? 'const pointer' : 'pointer') : /** @type {'int' | 'float'} */ (type)};
}

/** A size below zero is an error, and one that makes 2^31 bytes. @param {string} name @param {Parameter[]} parameters @param {number} at @param {number} value */
function hostileInteger(name, parameters, at, value) {
    const parameter = parameters[at].name;
    const isStride = parameter.endsWith('stride');
    if (isStride && value > 0) return;
    const result = call(name, parameters, at, value);
    const isIgnored = parameter === 'depth' && parameters.some((p) => p.name === 'dims'); // where these are 2
    const isSize = !isIgnored && (isStride
        || /^(n|m|.*count|.*width|.*height|depth|planes|channels|points|samples|steps|positions|values|outer|middle|inner|batch|capacity|max_.*|keypoints|joints|people|rivals|first_row|anchors)$/.test(parameter));
    if (isSize && value < 0) assert.equal(result, SHAPE, `${parameter} ${value}`);
    if (isSize && value > 2 ** 30 && !UNBOUNDED.has(parameter) && !name.endsWith('_scratch')) assert.ok(result < 0, `${parameter} ${value}`);
}

/**
 * A good call but for one argument.
 *
 * @param {string} name
 * @param {Parameter[]} parameters
 * @param {number} [at]
 * @param {number} [value]
 * @returns {number}
 */
function call(name, parameters, at, value) {
    const base = (core.__heap_base.value + 15) & ~15;
    const bytes = new Uint8Array(core.memory.buffer);
    bytes.fill(0, base);
    parameters.forEach((parameter, i) => FILLED.has(parameter.name) && new Float64Array(core.memory.buffer, base + i * ROOM, 40).fill(FILLED.get(parameter.name) ?? 0));
    parameters.forEach(({name: n}, i) => n === 'controls' && new Float32Array(core.memory.buffer, base + i * ROOM, 6).set(TRIANGLE));
    const args = parameters.map((parameter, i) => parameter.kind.endsWith('pointer') ? base + i * ROOM
        : OWN[name]?.[parameter.name] ?? GOOD[/** @type {keyof typeof GOOD} */ (parameter.name)] ?? (/width|height/.test(parameter.name) ? 4 : 1));
    if (at !== undefined && value !== undefined) args[at] = value;
    const was = bytes.slice(base);
    const label = `${name}(${parameters.map((p, i) => `${p.name} ${args[i]}`).join(', ')})`;
    const result = core[name](...args);
    assert.ok(Number.isInteger(result) && result >= -4, `${label}: ${result}`);
    const is = new Uint8Array(core.memory.buffer);
    for (let i = 0; i < was.length; i += ROOM) {
        const parameter = parameters[i / ROOM];
        if (result >= 0 && parameter?.kind === 'pointer') continue;
        assert.equal(Buffer.compare(is.subarray(base + i, base + i + ROOM), was.subarray(i, i + ROOM)), 0, `${label}: wrote ${parameter ? parameter.name : 'beyond'}`);
    }
    return result;
}
