import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {View, decodeOpenPose, init, skeletons} from '../js/index.js';
import {assertClose} from './close.js';
import {crowd, crowdMaps} from './crowd.js';
import {halved, turned} from './detect64.js';
import {people64} from './paf64.js';
import {Random} from './random.js';

/** @typedef {{data: Float32Array, dims: number[]}} Tensor */

before(() => init());

const VARIANTS = /** @type {const} */ (['lightweight', 'pytorch', 'pafprocess', 'cmu', 'cmu-gpu']);
const {COCO_18, BODY_25, MPI_15} = skeletons;

/** Two joints and the limb between them. @type {import('../js/skeleton.js').Skeleton} */
const STICK = {name: 'stick', joints: ['a', 'b'], limbs: [[0, 1]], pafs: [[0, 1]], pairs: [], colors: ['red']};
/** No enlarging, whoever is linked at all. */
const PLAIN = {upsample: 1, blur: 0, stride: 1, minParts: 2, minScore: 0};

/**
 * Maps of one picture, cell by cell.
 *
 * @param {number} maps
 * @param {number} height
 * @param {number} width
 * @param {[number, number, number, number][]} cells map, x, y, value
 * @returns {Tensor}
 */
function mapsOf(maps, height, width, cells) {
    const data = new Float32Array(maps * height * width);
    for (const [map, x, y, value] of cells) data[(map * height + y) * width + x] = value;
    return {data, dims: [1, maps, height, width]};
}

/** A field that is the same everywhere. @param {number} height @param {number} width @param {number} x @param {number} y @returns {Tensor} */
const field = (height, width, x, y) => ({
    data: Float32Array.from({length: 2 * height * width}, (_, i) => i < height * width ? x : y), dims: [1, 2, height, width],
});

/** @param {ArrayLike<number>} keypoints */
const places = (keypoints) => Array.from(keypoints).filter((_, i) => i % 3 < 2);
/** @param {ArrayLike<number>} keypoints */
const scores = (keypoints) => Array.from(keypoints).filter((_, i) => i % 3 === 2);

/** @param {any} got @param {any[]} want as people64 gives them @param {string} message */
function assertPeople(got, want, message) {
    assert.equal(got.length, want.length, `${message}: people`);
    want.forEach(({score, keypoints, box}, i) => {
        assert.deepEqual(scores(got[i].keypoints).map((v) => v > 0), scores(keypoints).map((v) => v > 0), `${message}: joints of ${i}`);
        assertClose(places(got[i].keypoints), places(keypoints), 1e-4, `${message}: places of ${i}`);
        assertClose(scores(got[i].keypoints), scores(keypoints), 1e-5, `${message}: scores of ${i}`);
        assertClose([got[i].score], [score], 1e-5, `${message}: score of ${i}`);
        assertClose(got[i].box, box, 1e-4, `${message}: box of ${i}`);
    });
}

test('two sticks by hand: peaks, a limb each, the better one first', () => {
    const heatmaps = mapsOf(2, 12, 14, [[0, 2, 2, 0.5], [1, 8, 2, 0.5], [0, 2, 9, 0.9], [1, 12, 9, 0.7], [0, 5, 5, 0.05]]);
    const people = decodeOpenPose({heatmaps, pafs: field(12, 14, 0.8, 0)}, {skeleton: STICK, ...PLAIN});
    assert.equal(people.length, 2);
    assertClose(people.map(({score}) => score), [(0.9 + 0.7 + 0.8) / 2, (0.5 + 0.5 + 0.8) / 2], 1e-6);
    assertClose(people[0].keypoints, [2, 9, 0.9, 12, 9, 0.7], 1e-6);
    assertClose(people[1].keypoints, [2, 2, 0.5, 8, 2, 0.5], 1e-6);
    assertClose(people[0].box, [2, 9, 12, 9], 0);
    assert.deepEqual(decodeOpenPose({heatmaps, pafs: field(12, 14, -0.8, 0)}, {skeleton: STICK, ...PLAIN}), [], 'against the field');
    assert.equal(decodeOpenPose({heatmaps, pafs: field(12, 14, 0.8, 0)}, {skeleton: STICK, ...PLAIN, maxPeople: 1}).length, 1);
    assert.equal(decodeOpenPose({heatmaps, pafs: field(12, 14, 0.8, 0)}, {skeleton: STICK, ...PLAIN, maxPeaks: 1}).length, 1);
});

test('what is a peak, by hand', () => {
    /** @param {[number, number, number][]} cells @param {any} options */
    const peaks = (cells, options) => {
        const heatmaps = mapsOf(2, 8, 9, [...cells.map(([x, y, v]) => /** @type {[number, number, number, number]} */ ([0, x, y, v])), [1, 8, 7, 0]]);
        return decodeOpenPose({heatmaps, pafs: field(8, 9, 0, 0)}, {skeleton: STICK, variant: 'cmu', ...PLAIN, offset: 0, ...options, minParts: 1})
            .map(({keypoints}) => [...keypoints.subarray(0, 2)]).sort((p, q) => p[1] - q[1] || p[0] - q[0]);
    };
    assert.deepEqual(peaks([[3, 3, 1]], {}), [[3, 3]]);
    assert.deepEqual(peaks([[0, 3, 1], [4, 0, 1], [8, 5, 1], [4, 7, 1]], {}), [], 'the outermost ring');
    assert.deepEqual(peaks([[1, 3, 1], [1, 4, 1]], {}).length, 2, 'one within it, equal is enough');
    assert.deepEqual(peaks([[4, 3, 1], [4, 4, 1]], {}), [], 'a plateau');
    assert.deepEqual(peaks([[4, 3, 0.5], [5, 4, 1]], {}).length, 1, 'corners count');
    assertClose(peaks([[3, 3, 1], [4, 3, 0.5]], {}).flat(), [3 + 1 / 3, 3], 1e-6, 'the centroid of 7 x 7');
    assertClose(peaks([[3, 3, 1], [4, 3, -0.5]], {}).flat(), [3, 3], 0, 'of what is positive');
    assertClose(peaks([[3, 3, 1]], {offset: 0.5}).flat(), [3.5, 3.5], 0, 'and its offset');
    assert.deepEqual([0.25, 0.26].map((v) => peaks([[3, 3, v]], {peakThreshold: 0.25}).length), [0, 1], 'above the threshold');
});

test('lightweight drops the later of two peaks nearer than 6 pixels', () => {
    const cells = /** @type {[number, number, number, number][]} */ ([[0, 2, 4, 0.3], [0, 7, 4, 0.9], [0, 8, 4, 0.95], [1, 2, 8, 0.9], [1, 8, 8, 0.9]]);
    const people = decodeOpenPose({heatmaps: mapsOf(2, 12, 12, cells), pafs: field(12, 12, 0, 1)}, {skeleton: STICK, ...PLAIN});
    assert.deepEqual(people.map(({keypoints}) => [keypoints[0], keypoints[3]]).sort(), [[2, 2], [8, 8]], '8 is 6 from 2; 7 is no peak');
});

/** @param {string} variant */
const isBlurred = (variant) => variant === 'pytorch' || variant === 'pafprocess';

/**
 * Crowds small enough for the slow way. Of plateaus, such as clipped maps have, rounding would choose the peaks where they are blurred.
 *
 * @param {number} i
 * @param {string} decoder
 */
function anyCrowd(i, decoder) {
    const random = new Random(9000 + i);
    const skeleton = random.pick([COCO_18, COCO_18, COCO_18, BODY_25, MPI_15]);
    const size = /** @type {[number, number]} */ ([random.integer(10, 20), random.integer(12, 24)]);
    const maps = crowdMaps(random, skeleton, 1 + i % 20, size, {
        noise: random.pick([0, 0, 0.05, 0.1]), twins: random.chance(0.2),
        variant: isBlurred(decoder) ? 'paper' : random.pick(['paper', 'lightweight']),
    });
    return {maps, skeleton};
}

for (const [v, variant] of VARIANTS.entries()) {
    test(`${variant}: 40 crowds as its formulas have it`, () => {
        let joints = 0;
        for (let i = v; i < 200; i += VARIANTS.length) {
            const {maps, skeleton} = anyCrowd(i, variant);
            const mpi = skeleton === MPI_15 && variant.startsWith('cmu') ? {peakThreshold: 0.6, sampleThreshold: 0.01} : {};
            const want = people64(maps, skeleton, variant, mpi);
            assertPeople(decodeOpenPose(maps, {skeleton, variant}), want, `crowd ${i}`);
            for (const {keypoints} of want) joints += keypoints.filter((s, k) => k % 3 === 2 && s > 0).length;
        }
        assert.ok(joints > 1000, `only ${joints} joints to compare`);
    });
}

test('other enlargements and thresholds than the variant\'s', () => {
    for (let i = 0; i < 40; i++) {
        const random = new Random(i);
        const variant = random.pick(VARIANTS);
        const {maps, skeleton} = anyCrowd(i, variant);
        const [upsample, kernel, blur] = [random.pick([1, 2, 3, 5]), random.pick(/** @type {const} */ (['cubic', 'bilinear'])), random.pick([0, 0.7, 2])];
        const thresholds = {
            peakThreshold: random.between(0.05, 0.3), sampleThreshold: random.between(0.01, 0.2), minParts: random.integer(2, 5), minScore: random.between(0.1, 0.6),
        };
        const ratio = variant.startsWith('cmu') ? {sampleRatio: random.between(0.5, 0.9)} : {};
        const want = people64(maps, skeleton, variant, {factor: upsample, kernel, blur: isBlurred(variant) ? blur : 0, ...thresholds, ...ratio});
        const got = decodeOpenPose(maps, {skeleton, variant, upsample, kernel, ...(isBlurred(variant) && {blur}), ...thresholds, ...ratio});
        assertPeople(got, want, `${i}: ${variant} x ${upsample} ${kernel} ${blur}`);
    }
});

test('one tensor or two, with a background or without, channels first or last, float16: the same people', () => {
    const maps = crowdMaps(new Random(5), COCO_18, 4, [20, 24]);
    const cells = 20 * 24;
    const want = decodeOpenPose({maps});
    assert.ok(want.length >= 3);
    /** @param {number} from @param {number} to @returns {Tensor} */
    const part = (from, to) => ({data: maps.data.slice(from * cells, to * cells), dims: [1, to - from, 20, 24]});
    const [all, heat, bare, pafs] = [maps, part(0, 19), part(0, 18), part(19, 57)];
    const noBackground = {data: Float32Array.from([...bare.data, ...pafs.data]), dims: [1, 56, 20, 24]};
    /** @type {any[]} */
    const forms = [all, {maps: all}, {heatmaps: heat, pafs}, {heatmaps: bare, pafs}, noBackground, turned(all), {heatmaps: turned(heat), pafs},
        {heatmaps: heat, pafs: turned(pafs)}, {data: all.data, dims: [57, 20, 24]}, {data: turned(all).data, dims: [20, 24, 57]}];
    for (const [i, form] of forms.entries()) assert.deepEqual(decodeOpenPose(form, {skeleton: 'COCO_18'}), want, `form ${i}`);
    const {rounded, half} = halved(all);
    assert.deepEqual(decodeOpenPose(half), decodeOpenPose(rounded));
    const pair = {data: Float32Array.from([...new Float32Array(all.data.length), ...all.data]), dims: [2, 57, 20, 24]};
    assert.deepEqual(decodeOpenPose(pair, {image: 1}), want);
    assert.deepEqual(decodeOpenPose(pair, {image: 0}), []);
});

test('the answer is the picture\'s through the view', () => {
    const maps = crowdMaps(new Random(6), BODY_25, 3, [20, 24]);
    const view = View.fit(640, 360, 192, 160, 'stretch');
    const plain = decodeOpenPose(maps, {skeleton: BODY_25, variant: 'cmu'});
    const seen = decodeOpenPose(maps, {skeleton: BODY_25, variant: 'cmu', view});
    assert.ok(plain.length >= 2);
    seen.forEach(({keypoints}, p) => {
        for (let j = 0; j < 25; j++) {
            const [x, y, s] = plain[p].keypoints.subarray(3 * j);
            assertClose(keypoints.subarray(3 * j, 3 * j + 3), s > 0 ? [...view.toPicture([x, y]), s] : [0, 0, 0], 1e-3);
        }
    });
    const finer = decodeOpenPose(maps, {skeleton: BODY_25, variant: 'cmu', view: new View(view.matrix, {picture: [640, 360], tensor: [96, 80]})});
    assertClose(finer[0].keypoints.filter((_, i) => i % 3 < 2), seen[0].keypoints.filter((_, i) => i % 3 < 2).map((v) => v / 2), 1e-3, 'stride 4');
});

test('a person drawn by our targets is found where they are, to the nearest pixel of the enlarged maps', () => {
    for (let seed = 1; seed <= 10; seed++) {
        const random = new Random(seed);
        const {coords, weight} = crowd(new Random(seed), COCO_18, 1, [320, 240]);
        const maps = crowdMaps(random, COCO_18, 1, [30, 40], {variant: 'paper'});
        for (const variant of VARIANTS) {
            const [best] = decodeOpenPose(maps, {variant, offset: 0.5});
            for (let j = 0; best && j < 18; j++) {
                const [x, y, s] = best.keypoints.subarray(3 * j);
                const [u, v] = coords.data.subarray(2 * j);
                if (!(s > 0.5) || !weight.data[j] || !(u > 20 && v > 20 && u < 300 && v < 220)) continue;
                assertClose([x, y], [u, v], variant.startsWith('cmu') ? 1.2 : 2.3, `${variant}, seed ${seed}, joint ${j}`);
            }
        }
    }
});

test('whoever stands there twice is found twice, and a tie is the first\'s', () => {
    const maps = crowdMaps(new Random(8), COCO_18, 1, [20, 40], {twins: true});
    for (const variant of VARIANTS) {
        const people = decodeOpenPose(maps, {variant});
        assert.ok(people.length >= 2 && people.length % 2 === 0, variant);
        for (let i = 0; i < people.length; i += 2) {
            const [one, other] = people.slice(i, i + 2).sort((p, q) => p.box[0] - q.box[0]);
            assertClose([one.score], [other.score], 1e-5, variant);
            assertClose(other.keypoints, one.keypoints.map((v, k) => k % 3 === 0 && one.keypoints[k + 2] > 0 ? v + 96 : v), 2e-3, variant);
        }
    }
    const heatmaps = mapsOf(2, 20, 20, [[0, 2, 5, 0.5], [0, 2, 15, 0.5], [1, 12, 5, 0.5], [1, 12, 15, 0.5]]);
    for (const variant of VARIANTS) {
        const people = decodeOpenPose({heatmaps, pafs: field(20, 20, 1, 0)}, {skeleton: STICK, variant, ...PLAIN, offset: 0});
        assert.deepEqual(people.map(({keypoints: [, y1, , , y2]}) => [y1, y2]), [[5, 5], [15, 15]], variant);
    }
});

test('OpenPose tries again where nobody passes, and finds what it can when asked', () => {
    /** @type {import('../js/skeleton.js').Skeleton} */
    const skeleton = {...STICK, joints: ['a', 'b', 'c'], limbs: [[0, 1], [1, 2]], pafs: [[0, 1], [2, 3]]};
    const heatmaps = mapsOf(3, 9, 14, [[0, 2, 4, 0.5], [1, 8, 4, 0.5]]);
    const pafs = {data: Float32Array.from({length: 4 * 126}, (_, i) => i < 126 ? 0.5 : 0), dims: [1, 4, 9, 14]};
    const options = {skeleton, ...PLAIN, minParts: undefined, minScore: undefined};
    assert.equal(decodeOpenPose({heatmaps, pafs}, {...options, variant: 'cmu'}).length, 1, 'two joints are enough then');
    assert.equal(decodeOpenPose({heatmaps, pafs}, {...options, variant: 'lightweight'}).length, 0);
    const faint = {...pafs, data: pafs.data.map((v) => v * 0.08)};
    assert.equal(decodeOpenPose({heatmaps, pafs: faint}, {...options, variant: 'cmu-gpu'}).length, 0);
    assert.equal(decodeOpenPose({heatmaps, pafs: faint}, {...options, variant: 'cmu-gpu', maximizePositives: true}).length, 1);
});

test('maps that hold nothing, too much, or no numbers', () => {
    const random = new Random(12);
    for (const variant of VARIANTS) {
        for (const [H, W] of [[1, 1], [1, 7], [6, 1], [2, 2], [9, 10]]) {
            for (const value of [0, NaN, Infinity, -Infinity, 1, 1e30, -1e30]) {
                const people = decodeOpenPose({data: new Float32Array(57 * H * W).fill(value), dims: [1, 57, H, W]}, {variant, maxPeaks: 60});
                assert.ok(people.every(({keypoints, box}) => [...keypoints, ...box].every((v, i) => i % 3 === 2 || Number.isFinite(v))), `${variant} ${H} x ${W} of ${value}`);
                if (!(value > 0)) assert.deepEqual(people, [], `${variant} ${value}`);
            }
        }
        const noise = {data: random.floats(57 * 12 * 12), dims: [1, 57, 12, 12]};
        const most = decodeOpenPose(noise, {variant, maxPeaks: 5, minParts: 1, minScore: 0});
        assert.ok(most.every(({keypoints}) => keypoints.length === 54));
        noise.data.forEach((_, i) => random.chance(0.02) && (noise.data[i] = random.pick([NaN, Infinity, -Infinity, 3e38])));
        decodeOpenPose(noise, {variant});
    }
});

test('one cell that is not a number spoils what it is part of, and no more', () => {
    const maps = crowdMaps(new Random(3), COCO_18, 2, [20, 30]);
    for (const variant of VARIANTS) {
        const clean = decodeOpenPose(maps, {variant});
        const spoiled = {...maps, data: maps.data.slice()};
        for (let k = 0; k < 18; k++) spoiled.data[k * 600] = NaN; // the corner, where nobody is
        assert.deepEqual(decodeOpenPose(spoiled, {variant}), clean, variant);
    }
});

test('limbs in a circle, a limb of one joint, and people of ears alone', () => {
    /** @type {import('../js/skeleton.js').Skeleton} */
    const ring = {name: 'ring', joints: ['a', 'b', 'c'], limbs: [[0, 1], [1, 2], [2, 0], [1, 1]], pafs: [[0, 1], [2, 3], [4, 5], [6, 7]], pairs: [], colors: []};
    const random = new Random(4);
    for (let i = 0; i < 60; i++) {
        const maps = {data: random.floats(11 * 81, -0.2, 1), dims: [1, 11, 9, 9]};
        for (const variant of VARIANTS) {
            const options = {upsample: random.pick([1, 2]), sampleRatio: 0.3, minParts: 2, minScore: 0};
            const people = decodeOpenPose(maps, {skeleton: ring, variant, ...options});
            assert.ok(people.every(({score, keypoints}) => score >= 0 && keypoints.length === 9), variant);
        }
    }
    const ears = mapsOf(57, 12, 12, [[16, 3, 3, 1], [17, 8, 3, 1]]);
    for (const variant of VARIANTS) assert.deepEqual(decodeOpenPose(ears, {variant}), [], variant);
    assert.equal(decodeOpenPose(ears, {variant: 'cmu', upsample: 1, minParts: 1}).length, 2, 'each somebody, if one joint is enough');
});

test('mistakes are named', () => {
    const maps = {data: new Float32Array(57 * 6), dims: [1, 57, 2, 3]};
    /** @type {[any, any, string, RegExp][]} */
    const wrong = [
        [undefined, {}, 'TypeError', /^outputs/],
        [{heatmaps: maps}, {}, 'RangeError', /^outputs\.heatmaps: expected 19 or 18 maps/],
        [{heatmaps: {data: new Float32Array(114), dims: [1, 19, 2, 3]}, pafs: {data: new Float32Array(38), dims: [1, 38, 1, 1]}}, {}, 'RangeError', /^outputs\.pafs: expected maps of 2 x 3, got 1 x 1/],
        [maps, {skeleton: BODY_25}, 'RangeError', /^outputs\.maps: expected 78 or 77 maps/],
        [{...maps, data: new Float32Array(0), dims: [1, 57, 0, 3]}, {}, 'RangeError', /^outputs\.maps/],
        [maps, {skeleton: 'COCO'}, 'TypeError', /^skeleton: expected one of COCO_17, COCO_18/],
        [maps, {skeleton: skeletons.COCO_17}, 'TypeError', /^skeleton\.pafs: expected two channels for each limb/],
        [maps, {skeleton: {...COCO_18, limbs: COCO_18.limbs.map(() => [0, 18])}}, 'TypeError', /^skeleton\.limbs: expected an array of integers from 0 to 17/],
        [maps, {variant: 'caffe'}, 'TypeError', /^variant: expected one of lightweight, pytorch, pafprocess, cmu, cmu-gpu, got caffe/],
        [maps, {maximizePositives: true}, 'TypeError', /^maximizePositives/],
        [maps, {upsample: 17}, 'RangeError', /^upsample: expected an integer from 1 to 16/],
        [maps, {kernel: 'lanczos'}, 'TypeError', /^kernel: expected one of bilinear, cubic/],
        [maps, {blur: -1}, 'RangeError', /^blur/],
        [maps, {stride: 0}, 'RangeError', /^stride/],
        [maps, {view: {}}, 'TypeError', /^view/],
        [maps, {maxPeaks: 0}, 'RangeError', /^maxPeaks/],
        [maps, {maxPeople: -1}, 'RangeError', /^maxPeople/],
        [maps, {peakThreshold: NaN}, 'TypeError', /^peakThreshold/],
        [maps, {layout: 'CHW'}, 'TypeError', /^layout/],
        [maps, {image: 1}, 'RangeError', /^image/],
    ];
    for (const [outputs, options, name, message] of wrong) assert.throws(() => decodeOpenPose(outputs, options), {name, message}, message.source);
});
