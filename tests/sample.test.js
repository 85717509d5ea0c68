import assert from 'node:assert/strict';
import {test} from 'node:test';
import {View, affineGrid, affineSample, gridSample, init, samplePoints, toTensor, warp} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';
import {gridSample64} from './sample64.js';
import {anyMaps, bits, channelsLast, eachWay, tensor} from './sample-cases.js';

await init();

/** The lecture's picture. */
const PICTURE = tensor([
    1, 0, 0, 2,
    6, 3, 2, 1,
    1, 3, 1, 2,
    0, 1, 0, 3,
], [1, 1, 4, 4]);

/** @param {number[]} theta @param {number} [height] @param {number} [width] @param {any} [options] */
const moved = (theta, height = 4, width = 4, options = {}) => [...affineSample(PICTURE, tensor(theta, [1, 2, 3]), [1, 1, height, width], options).data];

test('by hand: the picture moves up by one pixel when we read one pixel lower', () => {
    const pixel = 2 / 4; // of a height of 4 that spans -1 to 1
    assert.deepEqual(moved([1, 0, 0, 0, 1, pixel]), [
        6, 3, 2, 1,
        1, 3, 1, 2,
        0, 1, 0, 3,
        0, 0, 0, 0,
    ]);
    assert.deepEqual(moved([1, 0, 0, 0, 1, pixel], 4, 4, {paddingMode: 'border'}).slice(12), [0, 1, 0, 3], 'the last row again');
    assert.deepEqual(moved([1, 0, 0, 0, 1, pixel], 4, 4, {paddingMode: 'reflection'}).slice(12), [0, 1, 0, 3], 'the edge is the mirror');
    const corners = {paddingMode: 'reflection', alignCorners: true};
    assertClose(moved([1, 0, 0, 0, 1, 2 / 3], 4, 4, corners).slice(12), [1, 3, 1, 2], 1e-6, 'the last row is the mirror');
});

test('by hand: by half a pixel, the mean of two rows', () => {
    assert.deepEqual(moved([1, 0, 0, 0, 1, 1 / 4]), [
        3.5, 1.5, 1, 1.5,
        3.5, 3, 1.5, 1.5,
        0.5, 2, 0.5, 2.5,
        0, 0.5, 0, 1.5, // half of it lies outside, which is 0
    ]);
    assert.deepEqual(moved([1, 0, 0, 0, 1, 1 / 4], 4, 4, {mode: 'nearest'}), [ // rows .5, 1.5, 2.5, 3.5: to the even one
        1, 0, 0, 2,
        1, 3, 1, 2,
        1, 3, 1, 2,
        0, 0, 0, 0,
    ]);
});

test('by hand: turned by a quarter, cropped, mirrored, upsampled', () => {
    assert.deepEqual(moved([0, 1, 0, -1, 0, 0]), [ // x = v, y = -u: the first column, from below, is the first row
        0, 1, 6, 1,
        1, 3, 3, 0,
        0, 1, 2, 0,
        3, 2, 1, 2,
    ]);
    assert.deepEqual(moved([0.5, 0, 0, 0, 0.5, 0], 2, 2), [3, 2, 3, 1], 'the middle');
    assert.deepEqual(moved([-1, 0, 0, 0, 1, 0]).slice(0, 4), [2, 0, 0, 1], 'mirrored');
    assert.deepEqual(moved([1, 0, 0, 0, 1, 0], 4, 8, {paddingMode: 'border'}).slice(0, 8), [1, 0.75, 0.25, 0, 0, 0.5, 1.5, 2], 'twice as wide');
    assertClose(moved([1, 0, 0, 0, 1, 0], 4, 7, {alignCorners: true}).slice(0, 7), [1, 0.5, 0, 0, 0, 1, 2], 1e-6, 'corners stay');
});

test('by hand: bicubic, between the two middle pixels of a step', () => {
    const step = tensor([0, 0, 1, 1], [1, 1, 1, 4]);
    const at = (/** @type {number} */ x) => samplePoints(step, tensor([x, 0.5], [1, 1, 1, 2]), {mode: 'bicubic', paddingMode: 'border'}).data[0];
    assert.equal(at(2), 0.5);
    assert.equal(at(1.75), 0.2265625, 'w(.75) + w(1.75) = .26171875 - .03515625');
    assert.equal(at(0.5), 0);
});

test('by hand: a volume is trilinear', () => {
    const cube = tensor([0, 1, 2, 3, 4, 5, 6, 7], [1, 1, 2, 2, 2]);
    assert.deepEqual([...samplePoints(cube, tensor([1, 1, 1, 0.5, 0.5, 1.5, 1, 0.5, 0.5], [1, 3, 1, 1, 3])).data], [3.5, 4, 0.5]);
});

const how = (/** @type {any} */ {mode, padding, align_corners}) => ({mode, paddingMode: padding, alignCorners: align_corners});
for (const d of ['2d', '3d']) {
    testGolden(`sample.grid_sample_${d}`, ({params, inputs: {input, grid}, outputs}) => {
        assertGolden(gridSample(input, grid, how(params)), outputs.output);
        const last = gridSample(channelsLast(input), grid, {...how(params), layout: 'NHWC'});
        assertGolden(channelsLast(last, true), outputs.output);
    });
}
testGolden('sample.grid_sample_3d_ties', ({params, inputs: {input, grid}, outputs}) => {
    assertGolden(gridSample(input, grid, how(params)), outputs.output_half_even);
});
testGolden('sample.sample_px', ({params, inputs: {image, coords}, outputs}) => {
    const canvas = {data: Float32Array.from(coords.data, (v) => v + 0.5), dims: coords.dims};
    assertGolden(samplePoints(image, canvas, how(params)), outputs.output);
});
testGolden('sample.translate_px', ({params, inputs: {image}, outputs}) => {
    const [, , H, W] = image.dims;
    assertGolden(warp(image, new View([1, 0, params.dx, 0, 1, params.dy]), {mode: params.mode, paddingMode: params.padding}), outputs.output);
    assert.deepEqual(outputs.output.dims.slice(2), [H, W]);
});
testGolden('image.rotated_crop', ({params: {oh, ow, padding}, inputs: {image, rects}, outputs: {theta, crops}}) => {
    const [, C, H, W] = image.dims;
    const N = rects.dims[0];
    const each = {data: Float32Array.from({length: N * image.data.length}, (_, i) => image.data[i % image.data.length]), dims: [N, C, H, W]};
    assertGolden(affineSample(each, theta, [N, C, oh, ow], {paddingMode: padding}), crops);
    const views = Array.from({length: N}, (_, i) => {
        const [x, y, width, height, angle] = rects.data.subarray(5 * i);
        return [...warp(image, View.crop({x, y, width, height, angle}, ow, oh), {paddingMode: padding}).data];
    });
    assertGolden({data: views.flat(), dims: crops.dims}, {...crops, tolerance: {abs: 2 * (crops.tolerance?.abs ?? 0), rel: 1e-5}});
});

test('random shapes, modes, paddings, conventions, layouts against the definition', () => {
    const random = new Random(7);
    eachWay((options, dims) => {
        for (let i = 0; i < 12; i++) {
            const {input, grid} = anyMaps(random, dims, options, i);
            const want = gridSample64(input, grid, options);
            const got = gridSample(input, grid, options);
            assert.deepEqual(got.dims, want.dims);
            assertClose(got.data, want.data, {abs: 3e-4, rel: 1e-5}, `${JSON.stringify(options)} ${input.dims} at ${grid.dims}`);
            const last = gridSample(channelsLast(input), grid, {...options, layout: 'NHWC'});
            assert.deepEqual(bits(channelsLast(last, true)), bits(got), `${JSON.stringify(options)}: NHWC equals NCHW, ${input.dims} at ${grid.dims}`);
        }
    });
});

test('affineSample equals affineGrid and gridSample, bit for bit', () => {
    const random = new Random(8);
    eachWay((options, dims) => {
        for (let i = 0; i < 8; i++) {
            const {input} = anyMaps(random, dims, options, i);
            const [N, C] = input.dims;
            const size = [N, C, ...Array.from({length: dims}, () => random.pick(dims === 2 ? [1, 3, 8, 66, 131] : [1, 2, 5, 9]))];
            const theta = {data: random.floats(N * dims * (dims + 1), -1.5, 1.5), dims: [N, dims, dims + 1]};
            const two = gridSample(input, affineGrid(theta, size, options), options);
            assert.deepEqual(bits(affineSample(input, theta, size, options)), bits(two), `${JSON.stringify(options)} ${input.dims} to ${size}`);
            const last = affineSample(channelsLast(input), theta, size, {...options, layout: 'NHWC'});
            assert.deepEqual(bits(channelsLast(last, true)), bits(two), `channels last, ${JSON.stringify(options)} ${input.dims}`);
        }
    });
});

test('a point is the same whoever its neighbours are, bit for bit', () => {
    const random = new Random(13);
    eachWay((options, dims) => {
        const {input} = anyMaps(random, dims, options, 9);
        const points = random.floats(400 * dims, -1.2, 1.2);
        const at = (/** @type {number} */ p) => [...points.subarray(p * dims, (p + 1) * dims)];
        const one = {...input, data: input.data.subarray(0, input.data.length / input.dims[0]), dims: [1, ...input.dims.slice(1)]};
        const outer = (/** @type {number} */ n) => [1, ...Array(dims - 1).fill(1), n, dims];
        const outside = Array(dims).fill(5);
        const among = (/** @type {number[]} */ others) => gridSample(one, tensor(
            Array.from({length: 400}, (_, p) => [at(p), others, others, others]).flat(2), outer(1600)), options).data.filter((_, i) => i % 4 === 0);
        assert.deepEqual(bits({data: among(outside)}), bits({data: among(Array(dims).fill(0))}), `${JSON.stringify(options)} ${input.dims}`);
    });
});

test('a point is the same alone and in a row of others far outside, bit for bit', () => {
    const random = new Random(14);
    eachWay((options, dims) => {
        const {input} = anyMaps(random, dims, options, 9);
        const one = {...input, data: input.data.subarray(0, input.data.length / input.dims[0]), dims: [1, ...input.dims.slice(1)]};
        const outer = (/** @type {number} */ n) => [1, ...Array(dims - 1).fill(1), n, dims];
        const count = 203, row = random.floats(count * dims, -40, 40);
        for (let p = 0; p < count; p++) if (random.chance(0.1)) row[p * dims] = random.pick([NaN, Infinity, -Infinity, 0]);
        const all = gridSample(one, tensor([...row], outer(count)), options).data;
        const [C, step] = [input.dims[1], dims];
        for (let p = 0; p < count; p++) {
            const alone = gridSample(one, tensor([...row.subarray(p * step, (p + 1) * step)], outer(1)), options);
            assert.deepEqual(bits({data: Float32Array.from({length: C}, (_, c) => all[c * count + p])}), bits(alone), `${JSON.stringify(options)} ${p}`);
        }
    });
});

test('identity theta is the identity; four quarter turns are too', () => {
    const random = new Random(9);
    const identity = {2: [1, 0, 0, 0, 1, 0], 3: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]};
    eachWay((options, dims) => {
        const sides = Array.from({length: dims}, () => random.integer(1, 20));
        const input = {data: random.floats(2 * 3 * sides.reduce((a, b) => a * b, 1)), dims: [2, 3, ...sides]};
        const theta = tensor([...identity[dims], ...identity[dims]], [2, dims, dims + 1]);
        assertClose(affineSample(input, theta, input.dims, options).data, input.data, 2e-5, JSON.stringify(options));
        if (dims === 3) return;
        const side = random.integer(1, 40);
        const square = {data: random.floats(side * side), dims: [1, 1, side, side]};
        /** @type {import('../js/tensor.js').FloatTensor} */
        let turned = square;
        for (let i = 0; i < 4; i++) turned = affineSample(turned, tensor([0, 1, 0, -1, 0, 0], [1, 2, 3]), square.dims, options);
        assertClose(turned.data, square.data, 1e-4, `four turns, ${JSON.stringify(options)}`);
    });
});

test('a shifted grid is a shifted picture; a constant stays, but for zeros', () => {
    const random = new Random(10);
    eachWay((options, dims) => {
        const {input, grid} = anyMaps(random, dims, options, 3);
        const constant = {data: input.data.map(() => 5), dims: input.dims};
        const {data} = gridSample(constant, grid, options);
        if (options.paddingMode === 'zeros') assert.ok(data.every((v) => v > -1.1 && v < 7.1));
        else assertClose(data, data.map(() => 5), 1e-4, JSON.stringify(options));
    });
});

test('warp is toTensor for a frame and affineSample for maps', () => {
    const random = new Random(11);
    const frame = random.picture(37, 23);
    const view = View.crop({x: 17, y: 11, width: 21, height: 13, angle: 0.3}, 19, 11);
    assert.deepEqual(warp(frame, view, {mean: 0.5}), toTensor(frame, {view, mean: 0.5}).tensor);
    const maps = {data: random.floats(2 * 5 * 23 * 37), dims: [2, 5, 23, 37]};
    const got = warp(maps, view, {paddingMode: 'border'});
    assert.deepEqual(got.dims, [2, 5, 11, 19]);
    const points = view.toPicture(Array.from({length: 11 * 19}, (_, i) => [i % 19 + 0.5, Math.floor(i / 19) + 0.5]).flat());
    const both = tensor([...points, ...points], [2, 11, 19, 2]);
    assertClose(got.data, samplePoints(maps, both, {paddingMode: 'border'}).data, 1e-4);
    assert.deepEqual(bits(channelsLast(warp(channelsLast(maps), view, {layout: 'NHWC', paddingMode: 'border'}), true)), bits(got));
    assert.deepEqual(warp(maps, View.identity()).dims, maps.dims);
    assert.deepEqual(warp(maps, View.identity(), {width: 3, height: 2}).dims, [2, 5, 2, 3]);
});

test('into is written and returned; a source may be quantised, or half', () => {
    const grid = affineGrid(tensor([1, 0, 0, 0, 1, 0], [1, 2, 3]), [1, 1, 4, 4]);
    const into = new Float32Array(16);
    assert.equal(gridSample(PICTURE, grid, {into}).data, into);
    assert.deepEqual(into, PICTURE.data);
    assert.equal(affineSample(PICTURE, tensor([1, 0, 0, 0, 1, 0], [1, 2, 3]), [1, 1, 4, 4], {into: {data: into, dims: [16]}}).data, into);
    const bytes = {data: Uint8Array.from(PICTURE.data, (v) => 2 * v + 3), dims: PICTURE.dims, scale: 0.5, zeroPoint: 3};
    assert.deepEqual(gridSample(bytes, grid).data, PICTURE.data);
});

test('a large result is that of its parts, bit for bit', () => {
    const random = new Random(15);
    for (const [N, C, height, width] of [[2, 3, 231, 203], [3, 2, 1, 90001], [70, 3, 25, 26], [1, 200, 31, 33]]) {
        const input = {data: random.floats(N * C * 35), dims: [N, C, 5, 7]};
        const grid = {data: random.floats(N * height * width * 2, -1.1, 1.1), dims: [N, height, width, 2]};
        const theta = {data: random.floats(N * 6, -0.9, 0.9), dims: [N, 2, 3]};
        const whole = gridSample(input, grid), points = height * width;
        for (let n = 0; n < N; n++) {
            const entry = {data: input.data.subarray(n * C * 35, (n + 1) * C * 35), dims: [1, C, 5, 7]};
            for (const [p, count] of [[0, 5], [random.integer(0, points - 600), 600], [points - 9, 9]]) {
                const part = gridSample(entry, {data: grid.data.subarray((n * points + p) * 2, (n * points + p + count) * 2), dims: [1, 1, count, 2]});
                const got = Array.from({length: C}, (_, c) => [...whole.data.subarray((n * C + c) * points + p, (n * C + c) * points + p + count)]);
                assert.deepEqual(bits({data: Float32Array.from(got.flat())}), bits(part), `entry ${n}, points ${p} to ${p + count}`);
            }
        }
        const last = gridSample(channelsLast(input), grid, {layout: 'NHWC'});
        assert.deepEqual(bits(channelsLast(last, true)), bits(whole));
        const size = [N, C, height, width], affine = affineSample(input, theta, size);
        assert.deepEqual(bits(affine), bits(gridSample(input, affineGrid(theta, size))));
        assert.deepEqual(bits(channelsLast(affineSample(channelsLast(input), theta, size, {layout: 'NHWC'}), true)), bits(affine));
    }
});

test('into may be the grid', () => {
    const random = new Random(16);
    const input = {data: random.floats(2 * 35), dims: [1, 2, 5, 7]}, grid = {data: random.floats(2 * 200000, -1, 1), dims: [1, 400, 500, 2]};
    const want = gridSample(input, grid);
    assert.deepEqual(gridSample(input, grid, {into: grid.data}).data, want.data);
});

test('coordinates that are no numbers, as torch has them', () => {
    for (const [bad, mode, paddingMode, want] of /** @type {[number, any, any, number][]} */ ([
        [NaN, 'bilinear', 'border', 1], [NaN, 'bilinear', 'reflection', 1], [NaN, 'nearest', 'border', 1], [NaN, 'nearest', 'zeros', 0],
        [NaN, 'bilinear', 'zeros', NaN], [NaN, 'bicubic', 'border', NaN], [NaN, 'bicubic', 'zeros', NaN],
        [Infinity, 'bilinear', 'border', 3], [-Infinity, 'bilinear', 'border', 1], [Infinity, 'bilinear', 'zeros', NaN], [Infinity, 'nearest', 'zeros', 0],
        [1e30, 'bilinear', 'border', 3], [-1e30, 'nearest', 'border', 1], [1e30, 'nearest', 'zeros', 0], [1e30, 'bilinear', 'zeros', 0],
    ])) {
        const {data} = gridSample(PICTURE, tensor([bad, bad, 0, 0], [1, 1, 2, 2]), {mode, paddingMode});
        assert.deepEqual([data[0] + 0], [want], `${bad} ${mode} ${paddingMode}`);
        assert.ok(Number.isFinite(data[1]), 'its neighbour is none the worse');
    }
});

test('NaN and too far on a ramp: torch 1.13, which is not what its manual says; and both other answers', () => {
    const ramp = tensor(Array.from({length: 12}, (_, i) => i), [1, 1, 3, 4]);
    const at = (/** @type {number[]} */ xs, /** @type {any} */ options) =>
        [...gridSample(ramp, tensor(xs.flatMap((x) => [x, 0]), [1, 1, xs.length, 2]), {alignCorners: true, ...options}).data];
    for (const [mode, paddingMode, want] of /** @type {[any, any, number[]][]} */ ([
        ['bilinear', 'zeros', [NaN, NaN]], ['bilinear', 'border', [4, 7]], ['bilinear', 'reflection', [4, 4]], ['nearest', 'zeros', [0, 0]],
        ['bicubic', 'zeros', [NaN, NaN]], ['bicubic', 'border', [NaN, NaN]], ['bicubic', 'reflection', [NaN, NaN]],
    ])) assert.deepEqual(at([NaN, 3e38], {mode, paddingMode}), want, `${mode} ${paddingMode}`);
    const asManual = [NaN, 0.5].map((x) => Number.isNaN(x) ? -1 : x);
    const asOutside = [NaN, 0.5].map((x) => Number.isNaN(x) ? 9 : x);
    assert.deepEqual([at(asManual, {}), at(asOutside, {})], [[4, 6.25], [0, 6.25]]);
    assert.deepEqual(at([0.5, 1.5, 2.5].map((i) => 2 * i / 3 - 1), {mode: 'nearest'}), [4, 6, 6], 'half to even');
});

test('a tap outside is not read, one of no weight is', () => {
    const nan = tensor([NaN, 2], [1, 1, 1, 2]);
    const at = (/** @type {number} */ x) => samplePoints(nan, tensor([x, 0.5], [1, 1, 1, 2])).data[0];
    assert.deepEqual([at(2), at(1.5), at(1), at(-0.5)], [1, 2, NaN, NaN]);
    assert.equal(at(-0.6), 0);
});

test('hostile grids and thetas in every mode', () => {
    const random = new Random(12);
    const hostile = [NaN, Infinity, -Infinity, 1e30, -1e30, 3.4e38, 1e-40, -0, 2 ** 31, -(2 ** 31), 1e9];
    eachWay((options, dims) => {
        const {input, grid} = anyMaps(random, dims, options, 5);
        for (let i = 0; i < grid.data.length; i++) if (random.chance(0.3)) grid.data[i] = random.pick(hostile);
        const got = gridSample(input, grid, options);
        assert.deepEqual(bits(channelsLast(gridSample(channelsLast(input), grid, {...options, layout: 'NHWC'}), true)), bits(got));
        const theta = {data: random.floats(input.dims[0] * dims * (dims + 1)).map((v) => (random.chance(0.2) ? random.pick(hostile) : v)),
            dims: [input.dims[0], dims, dims + 1]};
        const size = [...input.dims.slice(0, 2), ...Array(dims).fill(6)];
        assert.deepEqual(bits(affineSample(input, theta, size, options)), bits(gridSample(input, affineGrid(theta, size, options), options)));
    });
});

test('nothing in, nothing out', () => {
    assert.deepEqual(gridSample(tensor([], [0, 3, 4, 4]), tensor([], [0, 2, 2, 2])), tensor([], [0, 3, 2, 2]));
    assert.deepEqual(gridSample(PICTURE, tensor([], [1, 0, 5, 2])), tensor([], [1, 1, 0, 5]));
});

test('what is wrong is named', () => {
    const grid = tensor([0, 0], [1, 1, 1, 2]);
    const any = /** @type {any} */ (gridSample);
    assert.throws(() => any(PICTURE, grid, {mode: 'linear'}), /mode: expected one of bilinear, nearest, bicubic, got linear/);
    assert.throws(() => any(PICTURE, grid, {paddingMode: 'wrap'}), /paddingMode: expected one of zeros, border, reflection/);
    assert.throws(() => any(PICTURE, grid, {layout: 'CHW'}), /layout: expected one of NCHW, NHWC/);
    assert.throws(() => any(tensor([1], [1, 1, 1]), grid), /input: expected \[N, C, H, W\] or \[N, C, D, H, W\]/);
    assert.throws(() => any(tensor([], [1, 0, 4, 4]), grid), /input: expected/);
    assert.throws(() => any({data: [1], dims: [1, 1, 1, 1]}, grid), /input: expected a tensor/);
    assert.throws(() => any(PICTURE, tensor([0, 0], [2, 1, 1, 1])), /grid: expected \[1, H, W, 2\]/);
    assert.throws(() => any(PICTURE, tensor([0, 0, 0], [1, 1, 1, 3])), /grid: expected/);
    assert.throws(() => samplePoints(PICTURE, tensor([0], [1, 1, 1, 1])), /points: expected/);
    assert.throws(() => any(PICTURE, grid, {into: new Float32Array(3)}), /into: expected a Float32Array of 1 values, got 3/);
    assert.throws(() => any(PICTURE, grid, {into: []}), /into: expected a Float32Array/);
    const cube = tensor([1], [1, 1, 1, 1, 1]);
    assert.throws(() => any(cube, tensor([0, 0, 0], [1, 1, 1, 1, 3]), {mode: 'bicubic'}), /mode: expected bilinear or nearest for volumes/);
    const theta = tensor([1, 0, 0, 0, 1, 0], [1, 2, 3]);
    assert.throws(() => affineSample(PICTURE, theta, [1, 2, 4, 4]), /size: expected \[1, 1, H, W\], got \[1, 2, 4, 4\]/);
    assert.throws(() => affineSample(PICTURE, theta, [1, 1, 2 ** 16, 2 ** 15]), /size: expected a result of less than 2\^31 bytes/);
    assert.throws(() => warp(PICTURE, /** @type {any} */ ({})), /view: expected a View/);
    assert.throws(() => warp(cube, View.identity()), /source: expected/);
});
