import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
    View, affineGrid, affineGridBackward, affineSample, affineSampleBackward, gridSample, gridSampleBackward, init, thetaFrom, thetaFromBackward,
} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';
import {affineGrid64, gridSample64} from './sample64.js';
import {anyMaps, bits, channelsLast, eachWay, tensor} from './sample-cases.js';

await init();

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
const dot = (a, b) => Array.from(a).reduce((sum, v, i) => sum + v * b[i], 0);

/** The derivatives of `loss` by each of `values`, in float64. @param {ArrayLike<number>} values @param {(values: Float64Array) => number} loss */
function differences(values, loss, step = 1e-6) {
    const at = Float64Array.from(values);
    return at.map((v, i) => {
        const [up, down] = [v + step, v - step].map((w) => ((at[i] = w), loss(at)));
        at[i] = v;
        return (up - down) / (2 * step);
    });
}

/** Gradients of a row of three pixels 0, 1, 3 at one index coordinate. @param {number} x @param {any} options */
function atIndex(x, options) {
    const row = tensor([0, 1, 3], [1, 1, 1, 3]);
    const g = options.alignCorners ? x - 1 : (2 * x + 1) / 3 - 1;
    return gridSampleBackward(tensor([1], [1, 1, 1, 1]), row, tensor([g, 0], [1, 1, 1, 2]), options);
}

test('by hand: the kinks, as torch defines them', () => {
    const slope = (/** @type {number} */ x, /** @type {any} */ paddingMode, alignCorners = true) => atIndex(x, {paddingMode, alignCorners}).gradGrid.data[0];
    assert.deepEqual([slope(0.5, 'zeros'), slope(1.5, 'zeros')], [1, 2], 'a unit of the grid is one pixel');
    assert.deepEqual([slope(0.5, 'zeros', false), slope(1.5, 'zeros', false)], [1.5, 3], 'a unit of the grid is a pixel and a half');
    assert.equal(slope(1, 'zeros'), 2, 'at a whole number the right derivative');
    assert.deepEqual([slope(2, 'zeros'), slope(2.5, 'zeros'), slope(3.5, 'zeros')], [-3, -3, 0]);
    assert.deepEqual([slope(0, 'border'), slope(2, 'border'), slope(-1, 'border'), slope(5, 'border')], [0, 0, 0, 0], 'the border belongs outside');
    assert.deepEqual([slope(-0.5, 'reflection'), slope(2.5, 'reflection'), slope(4.5, 'reflection')], [-1, -2, 1], 'each fold turns the sign');
    assert.deepEqual([...atIndex(1.25, {}).gradInput.data], [0, 0.75, 0.25]);
    assert.deepEqual([...atIndex(2.5, {paddingMode: 'zeros'}).gradInput.data], [0, 0, 0.5]);
    assert.deepEqual([...atIndex(7, {paddingMode: 'border'}).gradInput.data], [0, 0, 1]);
    assert.deepEqual(atIndex(0.7, {mode: 'nearest'}).gradGrid.data, Float32Array.of(0, 0));
});

test('a ramp at its right edge, its left edge and beyond: slopes as torch 1.13 answers', () => {
    const ramp = tensor(Array.from({length: 12}, (_, i) => i), [1, 1, 3, 4]);
    const grid = tensor([1, 0, -1, 0, 1.5, 0.2], [1, 1, 3, 2]);
    for (const [paddingMode, alignCorners, dx, dy] of /** @type {[any, boolean, number[], number[]][]} */ ([
        ['zeros', true, [-10.5, 1.5, -11.7], [4, 4, 1]], ['zeros', false, [-14, 8, 0], [3, 3, 0]],
        ['border', true, [0, 0, 0], [4, 4, 4]], ['border', false, [0, 0, 0], [6, 6, 6]],
        ['reflection', true, [0, 0, -1.5], [4, 4, 4]], ['reflection', false, [0, 0, -2], [6, 6, 6]],
    ])) {
        const {data} = gridSampleBackward(tensor([1, 1, 1], [1, 1, 1, 3]), ramp, grid, {paddingMode, alignCorners}).gradGrid;
        assertClose(data, dx.flatMap((v, i) => [v, dy[i]]), 3e-6, `${paddingMode} ${alignCorners}`);
    }
});

const how = (/** @type {any} */ {mode, padding, align_corners}) => ({mode, paddingMode: padding, alignCorners: align_corners});
for (const d of ['2d', '3d']) {
    testGolden(`sample.grid_sample_${d}_backward`, ({params, inputs: {grad_out: gradOut, input, grid}, outputs}) => {
        const {gradInput, gradGrid} = gridSampleBackward(gradOut, input, grid, how(params));
        assertGolden(gradInput, outputs.grad_input);
        assertGolden(gradGrid, outputs.grad_grid);
        const last = gridSampleBackward(channelsLast(gradOut), channelsLast(input), grid, {...how(params), layout: 'NHWC'});
        assertGolden(channelsLast(last.gradInput, true), outputs.grad_input);
        assertGolden(last.gradGrid, outputs.grad_grid);
    });
}

testGolden('lift.similarity_crop', ({inputs: {image, xy, angle, size, grad_out: gradOut}, outputs}) => {
    const [N, C, H, W] = image.dims;
    const P = gradOut.dims[2];
    /** A square of `size` about `xy`, which counts pixel centres. */
    const parts = Array.from({length: N}, (_, n) => {
        const view = View.crop({x: xy.data[2 * n] + 0.5, y: xy.data[2 * n + 1] + 0.5, width: size.data[n], height: size.data[n], angle: angle.data[n]}, P, P);
        return view.theta(W, H, P, P).data;
    });
    const theta = tensor(parts.flatMap((part) => [...part]), [N, 2, 3]);
    assertGolden(affineSample(image, theta, [N, C, P, P]), outputs.patch);
    const {gradInput, gradTheta} = affineSampleBackward(gradOut, image, theta, [N, C, P, P]);
    assertGolden(gradInput, outputs.grad_image);

    // theta = diag(1 / W, 1 / H) [s cos, -s sin, 2 x + 1 - W; s sin, s cos, 2 y + 1 - H]
    const params = tensor(Array.from({length: N}, (_, n) => [size.data[n], angle.data[n], 2 * xy.data[2 * n] + 1 - W, 2 * xy.data[2 * n + 1] + 1 - H]).flat(), [N, 4]);
    const scaled = {data: gradTheta.data.map((g, i) => g / (i % 6 < 3 ? W : H)), dims: gradTheta.dims};
    assertClose(thetaFrom({kind: 'similarity', params}).data.map((v, i) => v / (i % 6 < 3 ? W : H)), theta.data, 2e-6);
    const {data} = thetaFromBackward(scaled, {kind: 'similarity', params});
    const of = (/** @type {number[]} */ columns, /** @type {number} */ factor, /** @type {number[]} */ dims) =>
        ({data: Float32Array.from({length: N * columns.length}, (_, i) => factor * data[4 * Math.floor(i / columns.length) + columns[i % columns.length]]), dims});
    assertGolden(of([2, 3], 2, [N, 2]), outputs.grad_xy);
    assertGolden(of([1], 1, [N]), outputs.grad_angle);
    assertGolden(of([0], 1, [N]), outputs.grad_size);
});

test('random shapes in every way against the definition, in both layouts', () => {
    const random = new Random(21);
    eachWay((options, dims) => {
        for (let i = 0; i < 10; i++) {
            const {input, grid} = anyMaps(random, dims, options, i);
            const forward = gridSample(input, grid, options);
            const gradOutput = {data: random.floats(forward.data.length), dims: forward.dims};
            const want = gridSample64(input, grid, options, gradOutput.data);
            const name = `${JSON.stringify(options)} ${input.dims} at ${grid.dims}`;
            const got = gridSampleBackward(gradOutput, input, grid, options);
            assert.deepEqual([got.gradInput.dims, got.gradGrid.dims], [input.dims, grid.dims]);
            assertClose(got.gradInput.data, want.gradInput, {abs: 1e-4, rel: 1e-5}, `input, ${name}`);
            assertClose(got.gradGrid.data, want.gradGrid, {abs: 1e-3 * Math.max(...input.dims), rel: 1e-4}, `grid, ${name}`);
            const last = gridSampleBackward(channelsLast(gradOutput), channelsLast(input), grid, {...options, layout: 'NHWC'});
            assert.deepEqual(bits(channelsLast(last.gradInput, true)), bits(got.gradInput), name);
            assert.deepEqual(bits(last.gradGrid), bits(got.gradGrid), name);
        }
    });
});

test('gradient check: the definition by central differences, in every way', () => {
    const random = new Random(22);
    eachWay((options, dims) => {
        for (let i = 0; i < 4; i++) {
            const {input, grid} = anyMaps(random, dims, options, 3 + i);
            const gradOutput = random.floats(input.dims[1] * grid.data.length / dims);
            const gradient = gridSample64(input, grid, options, gradOutput);
            const some = Array.from({length: 12}, () => random.integer(0, grid.data.length - 1));
            for (const k of some) {
                const loss = (/** @type {Float64Array} */ [v]) => {
                    const data = Float64Array.from(grid.data);
                    data[k] = v;
                    return dot(gradOutput, gridSample64(input, {data, dims: grid.dims}, options).data);
                };
                assertClose([gradient.gradGrid[k]], differences([grid.data[k]], loss), {abs: 1e-5, rel: 1e-4}, `${JSON.stringify(options)} ${input.dims}`);
            }
        }
    });
});

test('gradient check: the kernel itself, where a cell is linear enough for float32', () => {
    const random = new Random(23);
    eachWay((options, dims) => {
        if (options.mode === 'nearest') return;
        for (let i = 0; i < 4; i++) {
            const {input, grid} = anyMaps(random, dims, options, 3 + i);
            const forward = gridSample(input, grid, options);
            const gradOutput = {data: random.floats(forward.data.length), dims: forward.dims};
            const {gradGrid} = gridSampleBackward(gradOutput, input, grid, options);
            for (const k of Array.from({length: 8}, () => random.integer(0, grid.data.length - 1))) {
                const side = input.dims[input.dims.length - 1 - k % dims];
                const at = (/** @type {number} */ step) => {
                    const data = Float32Array.from(grid.data, (v, j) => (j === k ? v + step : v));
                    return {loss: dot(gradOutput.data, gridSample(input, {data, dims: grid.dims}, options).data), v: data[k]};
                };
                const [up, down] = [at(0.025 / side), at(-0.025 / side)]; // an eightieth of a pixel, within the cell
                const numeric = (up.loss - down.loss) / (up.v - down.v);
                assertClose([gradGrid.data[k]], [numeric], {abs: 0.02 * side * input.dims[1], rel: 2e-2}, `${JSON.stringify(options)} ${input.dims}`);
            }
        }
    });
});

test('forward and backward are adjoint: <g, Jx> = <J\'g, x>', () => {
    const random = new Random(24);
    eachWay((options, dims) => {
        for (let i = 0; i < 8; i++) {
            const {input, grid} = anyMaps(random, dims, options, i);
            const forward = gridSample(input, grid, options);
            const gradOutput = {data: random.floats(forward.data.length), dims: forward.dims};
            const {gradInput} = gridSampleBackward(gradOutput, input, grid, options);
            const [a, b] = [dot(gradOutput.data, forward.data), dot(gradInput.data, input.data)];
            assert.ok(Math.abs(a - b) <= 2e-6 * (1 + Math.sqrt(dot(forward.data, forward.data) * forward.data.length)), `${a} ${b} ${JSON.stringify(options)}`);
        }
    });
});

test('affineSampleBackward is gridSampleBackward, then affineGridBackward', () => {
    const random = new Random(25);
    eachWay((options, dims) => {
        for (let i = 0; i < 4; i++) {
            const {input} = anyMaps(random, dims, options, i);
            const [N, C] = input.dims;
            const size = [N, C, ...Array.from({length: dims}, () => random.pick(dims === 2 ? [1, 3, 8, 67] : [1, 2, 5]))];
            const theta = {data: random.floats(N * dims * (dims + 1)), dims: [N, dims, dims + 1]};
            const grid = affineGrid(theta, size, options);
            const gradOutput = {data: random.floats(size.reduce((a, b) => a * b, 1)), dims: size};
            const got = affineSampleBackward(gradOutput, input, theta, size, options);
            const two = gridSampleBackward(gradOutput, input, grid, options);
            assert.deepEqual(bits(got.gradInput), bits(two.gradInput));
            assert.deepEqual(bits(got.gradTheta), bits(affineGridBackward(two.gradGrid, size, options)));
        }
    });
});

test('gradient check: theta, through grid and samples, by central differences of the definition', () => {
    const random = new Random(26);
    eachWay((options, dims) => {
        if (options.mode === 'nearest') return;
        const sides = Array(dims).fill(dims === 2 ? 9 : 5);
        const input = {data: random.floats(2 * sides.reduce((a, b) => a * b, 1)), dims: [1, 2, ...sides]};
        const size = [1, 2, ...sides.map((side) => side - 2)];
        const theta = {data: random.floats(dims * (dims + 1), -0.4, 0.4), dims: [1, dims, dims + 1]};
        const gradOutput = random.floats(size.reduce((a, b) => a * b, 1));
        const {gradTheta} = affineSampleBackward({data: gradOutput, dims: size}, input, theta, size, options);
        const loss = (/** @type {Float64Array} */ data) =>
            dot(gradOutput, gridSample64(input, affineGrid64({data, dims: theta.dims}, size, options.alignCorners), options).data);
        assertClose(gradTheta.data, differences(theta.data, loss, 1e-7), {abs: 2e-3, rel: 1e-3}, JSON.stringify(options));
    });
});

test('hostile coordinates: gradients flow where the value is a number, and only there', () => {
    const random = new Random(27);
    const hostile = [NaN, Infinity, -Infinity, 1e30, -1e30, 3.4e38, 2 ** 31];
    eachWay((options, dims) => {
        const {input, grid} = anyMaps(random, dims, options, 6);
        for (let i = 0; i < grid.data.length; i++) if (random.chance(0.2)) grid.data[i] = random.pick(hostile);
        const forward = gridSample(input, grid, options);
        const gradOutput = {data: random.floats(forward.data.length), dims: forward.dims};
        const {gradInput, gradGrid} = gridSampleBackward(gradOutput, input, grid, options);
        assert.ok(gradInput.data.every(Number.isFinite) && gradGrid.data.every(Number.isFinite), JSON.stringify(options));
        const numbers = forward.data.map((v) => (Number.isFinite(v) ? v : 0));
        const [a, b] = [dot(gradOutput.data, numbers), dot(gradInput.data, input.data)];
        assert.ok(Math.abs(a - b) <= 1e-4 * (1 + Math.abs(a)), `adjoint: ${a} ${b} ${JSON.stringify(options)}`);
    });
});

test('what is wrong is named', () => {
    const [input, grid, g] = [tensor([1, 2], [1, 1, 1, 2]), tensor([0, 0], [1, 1, 1, 2]), tensor([1], [1, 1, 1, 1])];
    assert.throws(() => gridSampleBackward(tensor([1, 1], [1, 1, 1, 2]), input, grid), /gradOutput: expected shape \[1, 1, 1, 1\], got \[1, 1, 1, 2\]/);
    assert.throws(() => gridSampleBackward(g, input, tensor([0], [1, 1, 1, 1])), /grid: expected \[1, H, W, 2\]/);
    assert.throws(() => gridSampleBackward(g, input, grid, /** @type {any} */ ({mode: 'cubic'})), /mode: expected one of/);
    const theta = tensor([1, 0, 0, 0, 1, 0], [1, 2, 3]);
    assert.throws(() => affineSampleBackward(g, input, theta, [1, 1, 2, 2]), /gradOutput: expected shape \[1, 1, 2, 2\]/);
    assert.throws(() => affineSampleBackward(g, input, grid, [1, 1, 1, 1]), /theta: expected shape/);
});
