import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, init} from '../js/index.js';
import {makePose, readMaps, readRoles, valuesAt} from '../js/pose.js';
import {assertClose} from './close.js';
import {halved, quantised} from './detect64.js';
import {planar} from './pose-kit.js';
import {Random} from './random.js';

await init();

test('a pose: joints through the view, and the box round those found', () => {
    const view = new View([2, 0, 10, 0, 3, 20]);
    const pose = makePose(0.5, Float32Array.of(1, 2, 0.9, 4, 1, 0.2, NaN, 1, 0.8, 7, 7, 0, 7, 7, NaN, 0, Infinity, 1), view);
    assert.deepEqual([...pose.keypoints].map((v) => Math.fround(v)), [12, 26, 0.9, 18, 23, 0.2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].map(Math.fround));
    assert.deepEqual([pose.score, ...pose.box], [0.5, 12, 23, 18, 26]);
    const sure = makePose(NaN, Float32Array.of(1, 2, 0.9, 4, 1, 0.2), undefined, 0.3);
    assert.deepEqual([sure.score, ...sure.box], [0, 1, 2, 1, 2]);
    assert.deepEqual([...makePose(1, new Float32Array(6)).box], [0, 0, 0, 0]);
    assert.deepEqual([...makePose(1, Float32Array.of(1e30, 1, 1), new View([1e30, 0, 0, 0, 1, 0])).keypoints], [0, 0, 0], 'beyond all floats');
});

test('values of maps of any layout and type', () => {
    const random = new Random(1);
    for (let round = 0; round < 20; round++) {
        const [H, W, C] = [random.integer(1, 5), random.integer(1, 5), random.integer(2, 6)];
        const a = {data: random.floats(2 * H * W * C, -3, 3), dims: [2, H, W, C]};
        const one = {data: random.floats(2 * H * W, -3, 3), dims: [2, H, W, 1]};
        const [cells, count] = [Int32Array.from({length: 9}, () => random.integer(0, H * W - 1)), random.integer(1, C)];
        const from = (/** @type {number} */ i) => i % (C - count + 1);
        const values = (/** @type {any} */ maps) => valuesAt(maps, cells, count, from);
        for (const image of [0, 1]) {
            const want = Array.from({length: 9 * count}, (_, v) => {
                const i = Math.floor(v / count);
                return a.data[(image * H * W + cells[i]) * C + from(i) + v % count];
            });
            assertClose(values(readMaps({a, one}, image).a), want);
            const parts = [a, one].map(({data, dims: [, ...rest]}) => [0, data.length / 2]
                .map((at) => planar({data: data.slice(at, at + data.length / 2), dims: [1, ...rest]})));
            const [b, two] = parts.map((both) => ({data: Float32Array.from(both.flatMap(({data}) => [...data])), dims: [2, ...both[0].dims.slice(1)]}));
            assertClose(values(readMaps({b, two}, image).b), want);
            assertClose(values(readMaps({a: halved(a).half, one}, image).a), want, 2e-3);
            const {bytes, rounded} = quantised(a);
            assertClose(values(readMaps({a: bytes, one}, image).a), values(readMaps({a: rounded, one}, image).a), 1e-6);
            assert.equal(valuesAt(readMaps({a, one}, image).a, [-1], count, from).length, count, 'of no cell: anything');
        }
    }
});

test('heads by name or by order', () => {
    const [first, second] = [1, 2].map((n) => ({data: new Float32Array(n), dims: [1, 1, n]}));
    const names = {one: /uno|one/, two: /due|two/};
    /** @param {any} heads */
    const read = (heads) => readRoles(heads, names, ['one', 'two'], ([two, one]) => ({one, two}));
    for (const heads of [{uno: first, due: second}, {'a/two:0': second, 'a/one:0': first}, [second, first], {x: second, y: first}, {one: second, y: first}]) {
        assert.deepEqual(read(heads), {one: first, two: second});
    }
    assert.throws(() => read([first]), {name: 'RangeError', message: /^heads: expected one, two; no one, got \[\[1, 1, 1\]\]/});
});
