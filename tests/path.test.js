import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
    bendKnots, distanceTransform, fastMarching, gridSample, init, optimizePath, pathCost, resamplePath, resamplePathBackward, signedDistance,
} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {gradient64, loss64, resample64, terms64} from './path64.js';
import {Random} from './random.js';

await init();

const SPLINES = /** @type {const} */ (['linear', 'hermite', 'catmull-rom', 'natural', 'bspline']);
const TERMS = /** @type {const} */ (['cost', 'velocity', 'smooth', 'jerk', 'length', 'spacing', 'clearance', 'goal', 'curvature', 'heading', 'boundary']);

/** @param {number[][]} points */
const tensor = (points) => ({data: Float32Array.from(points.flat()), dims: [points.length, points[0]?.length ?? 2]});
/** @param {{data: Float32Array, dims: number[]}} t */
const rows = ({data, dims: [n, axes]}) => Array.from({length: n}, (_, i) => [...data.subarray(i * axes, (i + 1) * axes)]);
/** @param {number[]} dims @param {(...at: number[]) => number} value of x, y, z */
function field(dims, value) {
    const [W, H = 1, D = 1] = [...dims].reverse(), data = new Float32Array(W * H * D);
    for (let i = 0; i < data.length; i++) data[i] = value(i % W, Math.floor(i / W) % H, Math.floor(i / W / H));
    return {data, dims};
}

test('two knots, five points: the line between', () => {
    const {data, dims} = resamplePath(tensor([[0, 0], [4, 8]]), {samples: 5});
    assert.deepEqual([...data], [0, 0, 1, 2, 2, 4, 3, 6, 4, 8]);
    assert.deepEqual(dims, [5, 2]);
});

test('half way between four knots, each spline by hand', () => {
    const knots = tensor([[0, 0], [1, 2], [2, 6], [3, 0]]);
    const middle = SPLINES.map((spline) => [...resamplePath(knots, {samples: 7, spline}).data.subarray(6, 8)]);
    assertClose(middle.flat(), [1.5, 4, 1.5, 4.5, 1.5, 4.5, 1.5, 4.6, 1.5, (0 + 23 * 2 + 23 * 6 + 0) / 48], 1e-6);
    const begins = SPLINES.map((spline) => resamplePath(knots, {samples: 7, spline}).data[3]);
    assertClose(begins, [1, .5 * 0 + .5 * 2 + 2 / 8 - 3 / 8, .5625 * 2 - 6 / 16, .55, (0 * 1 + 2 * 22 + 6) / 48 + 0], 1e-6, 'half way from the first to the second');
});

test('iPlanner samples half a cell off, and its steps may pass the goal: here the one is a choice, the other cannot be', () => {
    const [W, H] = [6, 4];
    const map = field([H, W], (x, y) => x * x + 10 * y);
    const knots = [[1, 1], [2.5, 1.25], [4, 2]];
    const costs = (/** @type {any} */ coords) => [...pathCost(map, tensor(knots), {coords}).costs];
    /** @param {(value: number, size: number) => number} normalise @param {boolean} alignCorners */
    const sampled = (normalise, alignCorners) => [...gridSample({data: map.data, dims: [1, 1, H, W]},
        {data: Float32Array.from(knots.flatMap(([x, y]) => [normalise(x, W), normalise(y, H)])), dims: [1, 1, 3, 2]}, {alignCorners, paddingMode: 'border'}).data];
    assertClose(costs('canvas'), sampled((v, size) => (v - size / 2) / (size / 2), false), 1e-5, 'its normalisation takes an index for a corner');
    assertClose(costs('index'), sampled((v, size) => 2 * v / (size - 1) - 1, true), 1e-5);
    assert.deepEqual([costs('index')[0], costs('canvas')[0]], [11, 5.5]);

    const [step, count] = [0.4, 2];
    const arange = Array.from({length: Math.ceil((count - 1 + step) / step)}, (_, i) => i * step);
    assert.ok(arange[arange.length - 1] > count - 1, 'its arange(0, count - 1 + step, step) ends at 1.2');
    const random = new Random(47);
    for (let samples = 2; samples < 80; samples++) {
        for (const spline of SPLINES) {
            const ends = Array.from({length: random.integer(2, 20)}, () => [...random.floats(2)]);
            const {data} = resamplePath(tensor(ends), {samples, spline});
            assertClose([...data.subarray(0, 2), ...data.subarray(-2)], [...ends[0], ...ends[ends.length - 1]], 0, `${spline}, ${samples}`);
        }
    }
});

test('a path along a ramp: terms, loss and gradient by hand', () => {
    const ramp = field([5, 6], (x, y) => x + 10 * y);
    const {loss, terms, grad, path, costs} = pathCost(ramp, tensor([[0, 1], [2, 1], [4, 3]]), {weights: {cost: 1, smooth: .5, length: 2}, fixedEnds: false});
    assert.deepEqual([...costs], [10, 12, 34]);
    assert.deepEqual([...path.data], [0, 1, 2, 1, 4, 3]);
    assertClose([terms.cost, terms.smooth, terms.length, loss], [56, .5 * 4, 2 * (2 + Math.sqrt(8)), 56 + 2 + 4 + 2 * Math.sqrt(8)], 1e-12);
    const slope = 2 * Math.SQRT1_2;
    assertClose(grad.data, [0 - 2 + 0, 10 + 2, 1 + 2 - slope, 10 - 4 - slope, 1 + slope, 10 + 2 + slope], 1e-6);
    assert.deepEqual([...pathCost(ramp, tensor([[0, 1], [2, 1], [4, 3]])).grad.data], [0, 0, 1, 10, 0, 0], 'ends stay; the cost alone by default');
});

testGolden('trajectory.resample', ({params, inputs, outputs}) => {
    assertGolden(resamplePath(inputs.control, params), outputs.samples);
    assertGolden(resamplePathBackward(inputs.grad_samples, {knots: inputs.control.dims[0]}), outputs.grad_control);
});

/** @param {any} p */
const goldenOptions = (p) => ({samples: p.samples, weights: {cost: p.w_cost, smooth: p.w_smooth}, smoothOn: p.smooth_on, fixedEnds: p.fixed_ends});
/** @param {number} value */
const scalar = (value) => ({data: [value], dims: [1]});

testGolden('trajectory.cost', ({params, inputs, outputs}) => {
    const {loss, terms, grad, path, costs} = pathCost(inputs.costmap, inputs.control, goldenOptions(params));
    assertGolden(scalar(loss), outputs.loss);
    assertGolden(scalar(terms.cost), outputs.cost);
    assertGolden(scalar(terms.smooth), outputs.smooth);
    assertGolden(path, outputs.samples);
    assertGolden({data: costs, dims: [costs.length]}, outputs.sampled);
    assertGolden(grad, outputs.grad_control);
});

testGolden('trajectory.adam', ({params, inputs, outputs}) => {
    const {knots, history, loss} = optimizePath(inputs.costmap, inputs.control, {...goldenOptions(params), steps: params.steps, learningRate: params.lr});
    assertGolden(knots, outputs.final);
    assertGolden({data: history, dims: [history.length]}, outputs.loss_history);
    assertGolden(scalar(loss), outputs.final_loss);
});

/** A random path, every option of it, and a map with a distance to obstacles. @param {Random} random */
function scene(random) {
    const axes = random.pick([2, 2, 3]), sizes = Array.from({length: axes}, () => random.integer(3, 9));
    const count = random.integer(2, 9), map = {data: random.floats(sizes.reduce((n, s) => n * s, 1), 0, 3), dims: sizes};
    const knots = Array.from({length: count}, () => [...sizes].reverse().map((size) => Math.fround(random.between(-1.5, size + .5))));
    const direction = () => random.chance(.5) ? Array.from(random.floats(axes)) : undefined;
    const goal = random.chance(.5) ? Array.from(random.floats(axes, 0, 5)) : undefined;
    return {map, knots, options: {
        samples: random.integer(2, 40), spline: random.pick(SPLINES), smoothOn: random.pick(/** @type {const} */ (['control', 'samples'])),
        arcLength: random.chance(.5), interpolation: random.pick(/** @type {const} */ (['bilinear', 'bicubic'])),
        coords: random.pick(/** @type {const} */ (['index', 'canvas'])), wrap: axes === 3 && random.chance(.5),
        distance: {data: random.floats(map.data.length, -2, 4), dims: sizes}, margin: random.between(.5, 3), maxCurvature: random.between(0, .3), goal,
        startHeading: direction() ?? Array.from(random.floats(axes)), goalHeading: direction(), fixedEnds: false,
    }};
}

test('every term and spline equals its float64 definition', () => {
    const random = new Random(41);
    for (let round = 0; round < 300; round++) {
        const {map, knots, options} = scene(random);
        const weights = Object.fromEntries(TERMS.map((name) => [name, random.between(.1, 2)]));
        const {terms, loss, path} = pathCost(map, tensor(knots), {...options, weights});
        const want = terms64(map, knots, options);
        for (const name of TERMS) assertClose([terms[name]], [weights[name] * want[name]], {abs: 1e-9, rel: 1e-6}, `${name} ${JSON.stringify({...options, distance: 0})}`);
        assertClose([loss], [loss64(map, knots, {...options, weights})], {rel: 1e-6});
        assertClose(path.data, resample64(knots, options.samples, options.spline).flat(), {abs: 1e-6, rel: 1e-6});
    }
});

test('the gradient of every term, spline and sampling is central differences', () => {
    const random = new Random(42);
    let checked = 0;
    for (let round = 0; round < 330; round++) {
        const {map, knots, options} = scene(random);
        const term = TERMS[round % TERMS.length], weights = {cost: 0, [term]: random.between(.5, 2)};
        const [fine, finer] = [1e-5, 2e-6].map((h) => gradient64(map, knots, {...options, weights}, h));
        const scale = Math.max(...fine.map(Math.abs));
        // At a kink of the definition (a cell's edge, a hinge) differences of two widths disagree; of a random point that is rare.
        if (fine.some((g, i) => Math.abs(g - finer[i]) > 1e-5 * scale)) continue;
        const {grad} = pathCost(map, tensor(knots), {...options, weights});
        assertClose(grad.data, finer, {abs: 1e-5 * scale + 1e-7, rel: 1e-4}, `${term} ${JSON.stringify({...options, distance: 0, dims: map.dims})}`);
        checked++;
    }
    assert.ok(checked > 280, `${checked} of 330 away from kinks`);
});

test('the spline and its gradient are adjoint, and constants stay', () => {
    const random = new Random(43);
    for (const spline of SPLINES) {
        for (const K of [2, 3, 4, 5, 17]) {
            const [knots, gradPath] = [{data: random.floats(3 * K), dims: [K, 3]}, {data: random.floats(3 * 31), dims: [31, 3]}];
            const [path, grad] = [resamplePath(knots, {samples: 31, spline}), resamplePathBackward(gradPath, {knots: K, spline})];
            const dot = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) => a.reduce((total, v, i) => total + v * b[i], 0);
            assertClose([dot(path.data, gradPath.data)], [dot(knots.data, grad.data)], 1e-4, `${spline} ${K}`);
            assertClose(resamplePath({data: new Float32Array(2 * K).fill(7), dims: [K, 2]}, {samples: 13, spline}).data, new Float32Array(26).fill(7), 1e-5);
            assertClose([...path.data.slice(0, 3), ...path.data.slice(-3)], [...knots.data.slice(0, 3), ...knots.data.slice(-3)], 1e-6, 'ends');
        }
    }
});

test('dense: as many samples as knots are the knots, but for the B-spline', () => {
    const knots = {data: new Random(44).floats(2 * 33, 0, 9), dims: [33, 2]};
    for (const spline of SPLINES.slice(0, 4)) assertClose(resamplePath(knots, {samples: 33, spline}).data, knots.data, 1e-6, spline);
});

/** A wall of cost 50 across the map with one gap, at its lower end. */
const wall = field([48, 64], (x, y) => x >= 30 && x <= 33 && !(y >= 36 && y <= 41) ? 50 : 1);

test('through a wall with a gap: within 5 % of the least cost there is', () => {
    const [start, goal] = [[8, 10], [56, 12]];
    const optimum = fastMarching(wall, goal, {length: .001}).data[10 * 64 + 8];
    const line = {data: Float32Array.from({length: 64}, (_, i) => [start, goal].reduce((v, end, k) => v + end[i % 2] * [1 - (i >> 1) / 31, (i >> 1) / 31][k], 0)), dims: [32, 2]};
    for (const optimizer of /** @type {const} */ (['adam', 'lbfgs', 'chomp', 'sgd'])) {
        const how = {warmStart: /** @type {const} */ ('march'), samples: 256, arcLength: true, weights: {spacing: .02}, optimizer};
        const {terms, knots} = optimizePath(wall, line, {...how, steps: 300, learningRate: {adam: .02, lbfgs: 1, chomp: .005, sgd: .005}[optimizer]});
        assert.ok(terms.cost <= 1.05 * optimum, `${optimizer}: ${terms.cost} of ${optimum}`);
        assertClose([...knots.data.slice(0, 2), ...knots.data.slice(-2)], [...start, ...goal], 0);
    }
    const fan = optimizePath(wall, bendKnots(line, {count: 7}), {samples: 256, arcLength: true, weights: {spacing: .02}, steps: 600, learningRate: .1, levels: 2});
    assert.ok(fan.terms.cost <= 1.05 * optimum && fan.start > 0, `bent: ${fan.terms.cost} of ${optimum}, beginning ${fan.start}`);
});

test('every optimiser goes down, and twice is bit for bit the same', () => {
    const random = new Random(45), map = {data: random.floats(24 * 31, 0, 2), dims: [24, 31]};
    const knots = {data: random.floats(2 * 12, 2, 20), dims: [12, 2]};
    for (const optimizer of /** @type {const} */ (['sgd', 'adam', 'chomp', 'lbfgs'])) {
        for (const fixedEnds of /** @type {const} */ ([true, false, [true, false]])) {
            const options = {samples: 50, spline: /** @type {const} */ ('hermite'), optimizer, fixedEnds, steps: 60, weights: {smooth: .05, length: .1, clearance: .2}};
            const [one, two] = [0, 1].map(() => optimizePath(map, knots, options));
            assert.deepEqual(one, two);
            assert.equal(one.history.length, 61);
            assert.ok(one.history[60] < one.history[0], `${optimizer} ${one.history[0]} -> ${one.history[60]}`);
            assert.equal(one.history[60], one.loss);
            assertClose([one.history[0], one.loss], [pathCost(map, knots, options).loss, pathCost(map, one.knots, options).loss], {rel: 1e-5});
            if (optimizer === 'lbfgs') assert.ok(one.history.every((loss, i) => !i || loss <= one.history[i - 1]), 'never up');
        }
    }
});

test('a step of each optimiser is what its authors say', () => {
    const ramp = field([40, 40], (x, y) => 2 * x - y), n = 7, g = [2, -1];
    const knots = tensor(Array.from({length: n}, (_, i) => [8 + 3 * i, 20]));
    /** @param {any} options @returns {number[][]} how far the knots moved, the fixed ends not */
    const moved = (options) => rows(optimizePath(ramp, knots, options).knots).map((p, i) => p.map((v, k) => v - knots.data[2 * i + k]));

    const far = [.01, .019, .0271].reduce((a, b) => a + b);
    moved({optimizer: 'sgd', momentum: .9, steps: 3, learningRate: .01})
        .forEach((by, i) => assertClose(by, i % (n - 1) ? [-far * g[0], -far * g[1]] : [0, 0], 2e-6, 'sgd with momentum'));
    moved({optimizer: 'adam', steps: 1, learningRate: .25}).forEach((by, i) => assertClose(by, i % (n - 1) ? [-.25, .25] : [0, 0], 2e-6, 'adam'));

    const metric = Array.from({length: n - 2}, (_, i) => Array.from({length: n - 2}, (_v, j) => i === j ? 2 + 1 / n ** 2 : Math.abs(i - j) === 1 ? -1 : 0));
    const inverse = inverted(metric), middle = (n - 2 - 1) / 2;
    moved({optimizer: 'chomp', steps: 1, learningRate: .5}).slice(1, -1).forEach((by, i) =>
        assertClose(by, g.map((v) => -.5 * v * inverse[i].reduce((a, b) => a + b) / inverse[middle][middle]), 1e-5, 'chomp'));
    assert.ok(moved({optimizer: 'chomp', steps: 1, fixedEnds: false, learningRate: .5}).every(([x, y]) => x < 0 && y > 0), 'free ends move along');

    const crooked = {data: new Random(47).floats(2 * 12, 0, 30), dims: [12, 2]};
    const line = optimizePath(ramp, crooked, {optimizer: 'lbfgs', weights: {cost: 0, velocity: 1}, steps: 40});
    assertClose(line.knots.data, resamplePath(tensor([rows(crooked)[0], rows(crooked)[11]]), {samples: 12}).data, 1e-4, 'a quadratic, solved');
});

/** By Gauss and Jordan. @param {number[][]} matrix @returns {number[][]} */
function inverted(matrix) {
    const n = matrix.length, m = matrix.map((row, i) => [...row, ...row.map((_, j) => +(i === j))]);
    for (let c = 0; c < n; c++) {
        m[c] = m[c].map((v) => v / m[c][c]);
        for (let r = 0; r < n; r++) if (r !== c) m[r] = m[r].map((v, j) => v - m[r][c] * m[c][j]);
    }
    return m.map((row) => row.slice(n));
}

test('a free end finds its goal, headings are kept, curvature is bounded', () => {
    const flat = field([40, 40], () => 0);
    const knots = tensor(Array.from({length: 12}, (_, i) => [5 + 2 * i, 20]));
    const free = optimizePath(flat, knots, {weights: {goal: 1, smooth: 1e-3}, goal: [30, 8], fixedEnds: [true, false], optimizer: 'lbfgs', steps: 200});
    assertClose(free.knots.data.slice(-2), [30, 8], .05);
    const turned = optimizePath(flat, knots, {samples: 60, spline: 'hermite', weights: {heading: 10, smooth: .1, spacing: 1}, startHeading: [0, 1], goalHeading: [0, -1], optimizer: 'lbfgs', steps: 300});
    const [[x0, y0], [x1, y1]] = rows(turned.path);
    assert.ok((y1 - y0) / Math.hypot(x1 - x0, y1 - y0) > .98, 'begins downwards');
    const sharp = tensor([[5, 5], [12, 5], [20, 5], [20, 12], [20, 20]]);
    const bound = {samples: 50, spline: /** @type {const} */ ('bspline'), maxCurvature: .15, weights: {curvature: 1}, optimizer: /** @type {const} */ ('lbfgs'), steps: 100};
    assert.ok(pathCost(flat, sharp, bound).loss > .01 && optimizePath(flat, sharp, bound).loss < 1e-5, 'no sharper than asked');
});

test('in a volume whose z is an angle, zero and a full turn are one', () => {
    const map = {data: new Random(46).floats(8 * 9 * 10), dims: [8, 9, 10]}, flat = [[1, 1, .25], [4, 6, 3.75], [8, 7, 7.5]];
    const turn = flat.map(([x, y, z]) => [x, y, z + 8]);
    const options = {samples: 30, wrap: true, fixedEnds: false};
    const [here, there] = [flat, turn].map((knots) => pathCost(map, tensor(knots), options));
    assertClose([here.loss], [there.loss], 1e-6);
    assertClose(here.grad.data, there.grad.data, 1e-5);
});

test('clearance measures distance by itself, as if it were given', () => {
    const knots = tensor([[2, 2], [28, 30], [60, 40]]), options = {samples: 40, weights: {clearance: 1}, margin: 4, threshold: 10};
    const given = pathCost(wall, knots, {...options, distance: signedDistance(wall, {threshold: 10})});
    assert.deepEqual(pathCost(wall, knots, options), given);
    assert.ok(given.terms.clearance > 0 && distanceTransform(wall, {threshold: 10}).data.includes(0));
});

test('hostile numbers: nothing is read outside, gradients stay finite', () => {
    const bad = {data: Float32Array.of(NaN, Infinity, -Infinity, 1e38, -1e38, 0, 1, 2, 3), dims: [3, 3]};
    for (const far of [1e30, -1e30, 3.4e38, 0]) {
        for (const interpolation of /** @type {const} */ (['bilinear', 'bicubic'])) {
            const knots = tensor([[far, -far], [1, 1], [far, 2]]);
            const weights = Object.fromEntries(TERMS.map((name) => [name, 1]));
            const options = {weights, interpolation, startHeading: [1, 0], samples: 9, fixedEnds: false, threshold: 1};
            assert.ok(pathCost(bad, knots, options).grad.data.every((v) => !Number.isNaN(v)));
            for (const optimizer of /** @type {const} */ (['sgd', 'adam', 'chomp', 'lbfgs'])) optimizePath(bad, knots, {...options, optimizer, steps: 5});
        }
    }
});

test('what is wrong is named', () => {
    const map = field([4, 4], () => 1), knots = tensor([[0, 0], [3, 3]]);
    /** @param {any} options @param {RegExp} message */
    const refused = (options, message) => assert.throws(() => optimizePath(map, knots, options), message);
    assert.throws(() => pathCost(map, tensor([[1, 1]])), /knots: expected \[K, 2\] or \[K, 3\] with K at least 2/);
    assert.throws(() => pathCost(map, tensor([[1, 1], [NaN, 0]])), /knots: expected finite coordinates, got NaN/);
    assert.throws(() => pathCost(map, tensor([[1, 1, 1], [2, 2, 2]])), /costmap: expected \[D, H, W\]/);
    assert.throws(() => pathCost(field([0, 4], () => 0), knots), /costmap: .*not empty/);
    refused({spline: 'quintic'}, /spline: expected one of linear, hermite, catmull-rom, bspline, natural, got quintic/);
    refused({optimizer: 'newton'}, /optimizer: expected one of/);
    refused({weights: {speed: 1}}, /weights: expected one of .*got speed/);
    refused({weights: {count: 1}}, /weights: expected one of/);
    refused({weights: {cost: Infinity}}, /weights\.cost: expected a finite number/);
    refused({weights: {heading: 1}}, /startHeading: expected a direction/);
    refused({weights: {clearance: 1}, distance: field([3, 4], () => 1)}, /distance: expected the cost map's shape \[4, 4\]/);
    refused({samples: 0}, /samples: expected an integer from 1/);
    refused({steps: -1}, /steps/);
    refused({margin: 0}, /margin: expected above 0/);
    refused({learningRate: -1}, /learningRate: expected at least 0/);
    refused({betas: [1, .9]}, /betas\[0\]: expected .*below 1/);
    refused({optimizer: 'sgd', momentum: 1}, /momentum: expected at least 0 and below 1/);
    refused({eps: 0}, /eps: expected above 0/);
    refused({fixedEnds: 'start'}, /fixedEnds: expected true, false/);
    refused({wrap: true}, /wrap: expected a volume/);
    refused({levels: 0}, /levels/);
    refused({goal: [1]}, /goal: expected \[x, y\]/);
    refused({samples: 2 ** 30}, /samples: expected an integer from 1 to/);
    assert.throws(() => resamplePath(knots, {samples: 2 ** 27}), /samples: expected an integer from 1 to/);
});
