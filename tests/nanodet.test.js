import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, decodeNanoDet, init} from '../js/index.js';
import {assertClose} from './close.js';
import {assertFound, halved, noise, quantised, selected, turned} from './detect64.js';
import {Random} from './random.js';
import {nanodetMaps, nanodetPairs} from './tools/heads64.js';

await init();

/** @typedef {import('./detect64.js').Head} Head */

/** NHWC maps of a square input. @param {Random} random @param {number} side @param {{classes: number, bins: number, strides?: number[]}} about @returns {Head[]} */
function pyramid(random, side, {classes, bins, strides = [8, 16, 32]}) {
    return strides.map((stride) => noise(random, [1, side / stride, side / stride, classes + 4 * bins], -5, 1.5));
}

/** [1, H, W, C] as [1, C, H, W]. @param {Head} head */
const planar = ({data, dims: [, H, W, C]}) => ({data: turned({data, dims: [1, H * W, C]}).data, dims: [1, C, H, W]});

/** For each stride scores after the sigmoid, and distances. @param {Head[]} maps @param {number} classes @returns {Head[][]} */
const apart = (maps, classes) => maps.map(({data, dims: [, H, W, C]}) => [
    {data: Float32Array.from({length: H * W * classes}, (_, i) => 1 / (1 + Math.exp(-data[Math.floor(i / classes) * C + i % classes]))), dims: [1, H * W, classes]},
    {data: Float32Array.from({length: H * W * (C - classes)}, (_, i) => data[Math.floor(i / (C - classes)) * C + classes + i % (C - classes)]), dims: [1, H * W, C - classes]},
]);

/** [1, n, C] of several. @param {Head[]} heads @returns {Head} */
const joined = (heads) => ({data: Float32Array.from(heads.flatMap(({data}) => [...data])), dims: [1, heads.reduce((n, {dims}) => n + dims[1], 0), heads[0].dims[2]]});

test('one cell worked by hand', () => {
    // Two classes, three bins per side: nearly all of the left's mass in bin 2, the top's in 1, halves between 0 and 1, and 0.
    const data = Float32Array.of(2, -2, 0, 0, 30, 0, 30, 0, 30, 30, 0, 30, 0, 0);
    const found = decodeNanoDet({data, dims: [1, 1, 1, 14]}, {classes: 2, size: [32, 32]});
    assertClose(found.boxes, [16 - 64, 16 - 32, 16 + 16, 16], 1e-3);
    assertClose(found.scores, [1 / (1 + Math.exp(-2))], 1e-6);
    assert.deepEqual([[...found.classes], [...found.rows]], [[0], [0]]);
    assertClose(decodeNanoDet({data, dims: [1, 1, 1, 14]}, {classes: 2, strides: [8], offset: 0}).boxes, [-16, -8, 4, 0], 1e-3);
});

test('maps of every layout, number of bins and strides, against the definition', () => {
    const random = new Random(1);
    for (const about of [{classes: 80, bins: 11}, {classes: 80, bins: 8}, {classes: 3, bins: 8}, {classes: 7, bins: 8, strides: [8, 16, 32, 64]}, {classes: 1, bins: 16}]) {
        const {classes, strides = [8, 16, 32]} = about;
        const maps = pyramid(random, 128, about);
        const want = selected(nanodetMaps(maps, {classes, strides}));
        const known = [{classes, size: /** @type {const} */ ([128, 128])}, {classes, strides}];
        const guessed = [{classes}, {classes: Array.from({length: classes}, String)}, {classes, bins: about.bins}];
        for (const options of strides.length === 3 ? [...known, ...guessed] : known) {
            for (const given of [maps, maps.map(planar), [...maps].reverse(), {c: maps[2], a: maps[0], b: maps[1], ...(maps[3] && {d: maps[3]})}]) {
                assertFound(decodeNanoDet(given, options), want, {least: 10, message: `${JSON.stringify(options)} ${JSON.stringify(about)}`});
            }
        }
    }
});

test('an input that its strides do not divide: the last cells reach over the edge', () => {
    const random = new Random(9);
    const [side, strides, classes] = [104, [8, 16, 32, 64], 5];
    const maps = strides.map((stride) => noise(random, [1, Math.ceil(side / stride), Math.ceil(side / stride), classes + 32], -5, 1.5));
    const want = selected(nanodetMaps(maps, {classes, strides}));
    const size = /** @type {const} */ ([side, side]);
    for (const options of [{size}, {strides}, {}]) assertFound(decodeNanoDet(maps, {classes, ...options}), want, {least: 10, message: JSON.stringify(options)});
    const pairs = apart(maps, classes);
    for (const given of [pairs.flat(), [0, 1].map((i) => joined(pairs.map((pair) => pair[i])))]) assertFound(decodeNanoDet(given, {classes, size}), want);
});

test('scores and distances apart, by stride or all together', () => {
    const random = new Random(2);
    for (const about of [{classes: 80, bins: 11}, {classes: 5, bins: 8}]) {
        const {classes} = about;
        const pairs = apart(pyramid(random, 160, about), classes);
        const want = selected(nanodetPairs(pairs, [8, 16, 32]));
        const [scores, boxes] = [0, 1].map((k) => pairs.map((pair) => pair[k]));
        for (const given of [pairs.flat(), [...scores, ...boxes], [...boxes, ...scores].reverse(), [joined(scores), joined(boxes)]]) {
            for (const options of [{classes}, {classes, size: /** @type {const} */ ([160, 160])}, {classes, strides: [8, 16, 32]}]) {
                assertFound(decodeNanoDet(given, options), want, {least: 10, message: JSON.stringify(options)});
            }
        }
    }
});

test('logits apart, probabilities as maps: the activation says', () => {
    const random = new Random(3);
    const maps = pyramid(random, 96, {classes: 4, bins: 8});
    const want = selected(nanodetMaps(maps, {classes: 4, strides: [8, 16, 32]}));
    const rows = maps.map(({data, dims: [, H, W, C]}) => ({data, dims: [1, H * W, C]}));
    assertFound(decodeNanoDet(joined(rows), {classes: 4, activation: 'sigmoid'}), want, {least: 10});
    const exported = maps.map(({data, dims}) => ({data: data.map((/** @type {number} */ v, /** @type {number} */ i) => (i % 36 < 4 ? 1 / (1 + Math.exp(-v)) : v)), dims}));
    assertFound(decodeNanoDet(exported, {classes: 4, activation: 'none'}), want, {least: 10});
});

test('views, batches and other element types', () => {
    const random = new Random(4);
    const maps = pyramid(random, 96, {classes: 4, bins: 8});
    const options = {classes: 4};
    const plain = decodeNanoDet(maps, options);
    const view = View.fit(300, 200, 96, 96);
    assert.deepEqual(decodeNanoDet(maps, {...options, view}).boxes, view.boxesToPicture(plain.boxes));
    const other = pyramid(random, 96, {classes: 4, bins: 8});
    const both = maps.map((map, i) => ({data: Float32Array.from([...other[i].data, ...map.data]), dims: [2, ...map.dims.slice(1)]}));
    assert.deepEqual(decodeNanoDet(both, {...options, image: 1}), plain);
    assert.deepEqual(decodeNanoDet(both, {...options, image: 0}), decodeNanoDet(other, options));
    for (const pairs of [maps.map(halved).map(({half, rounded}) => [half, rounded]), maps.map(quantised).map(({bytes, rounded}) => [bytes, rounded])]) {
        const want = decodeNanoDet(pairs.map(([, rounded]) => rounded), options);
        assert.ok(want.count > 5);
        assert.deepEqual(decodeNanoDet(pairs.map(([raw]) => raw), options), want);
    }
});

test('what is encoded is decoded', () => {
    const random = new Random(5);
    for (let round = 0; round < 100; round++) {
        const maps = [4, 2, 1].map((side) => ({data: new Float32Array(side * side * 34).fill(-12), dims: [1, side, side, 34]}));
        const level = random.integer(0, 2);
        const [stride, side] = [8 << level, 4 >> level];
        const cell = random.integer(0, side * side - 1);
        const [x, y] = [(cell % side + 0.5) * stride, (Math.floor(cell / side) + 0.5) * stride];
        const edges = [0, 1, 2, 3].map(() => random.between(0.05, 6.95));
        const bins = edges.flatMap((d) => Array.from({length: 8}, (_, k) => Math.log(Math.max(1 - Math.abs(d - k), 1e-12))));
        maps[level].data.set([-9, 4, ...bins], cell * 34);
        const found = decodeNanoDet(maps, {classes: 2});
        assert.deepEqual([found.count, found.classes[0]], [1, 1]);
        assertClose(found.boxes, [x - edges[0] * stride, y - edges[1] * stride, x + edges[2] * stride, y + edges[3] * stride], 1e-2);
    }
});

test('hostile maps: NaN, infinities, 1e30', () => {
    for (const value of [NaN, -Infinity, -1e30]) {
        assert.equal(decodeNanoDet({data: new Float32Array(36 * 9).fill(value), dims: [1, 3, 3, 36]}, {classes: 4}).count, 0);
    }
    for (const value of [Infinity, 1e30, 3.4e38]) {
        const found = decodeNanoDet({data: new Float32Array(36 * 9).fill(value), dims: [1, 3, 3, 36]}, {classes: 4});
        assert.ok(found.boxes.every((v) => !Number.isNaN(v)) && found.scores.every((v) => v === 1));
    }
});

test('mistakes are named', () => {
    const of = (/** @type {number[]} */ ...dims) => ({data: new Float32Array(dims.reduce((a, b) => a * b, 1)), dims});
    /** @type {[any, any, string, RegExp][]} */
    const wrong = [
        [undefined, {}, 'TypeError', /^outputs/],
        [[], {}, 'TypeError', /^outputs/],
        [of(1, 4, 4, 124), {classes: 81}, 'RangeError', /^outputs: expected 81 classes and 4 \* bins distances/],
        [of(1, 4, 4, 124), {bins: 8}, 'RangeError', /^outputs: expected 80 classes and 4 \* 8 distances.*124/],
        [[of(1, 4, 4, 124), of(1, 2, 2, 112)], {}, 'RangeError', /^outputs/],
        [[of(1, 16, 80)], {}, 'RangeError', /^outputs/],
        [[of(1, 16, 80), of(1, 15, 44)], {}, 'RangeError', /^outputs/],
        [[of(1, 17, 80), of(1, 17, 44)], {}, 'RangeError', /^outputs: .*17 rows|^outputs/],
        [of(1, 4, 4, 124), {classes: 0}, 'RangeError', /^classes/],
        [of(1, 4, 4, 124), {image: 1}, 'RangeError', /^image/],
        [of(1, 4, 4, 124), {activation: 'tanh'}, 'TypeError', /^activation/],
        [of(1, 4, 4, 124), {strides: [8, 16]}, 'RangeError', /^strides/],
        [of(1, 4, 4, 124), {scoreThreshold: NaN}, 'TypeError', /^scoreThreshold/],
        [{...of(1, 4, 4, 124), dims: [1, 4, 5, 124]}, {}, 'RangeError', /^outputs: expected 2480 values/],
    ];
    for (const [outputs, options, name, message] of wrong) assert.throws(() => decodeNanoDet(outputs, options), {name, message}, message.source);
});
