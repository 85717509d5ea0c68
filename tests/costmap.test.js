import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
    View, blurMap, distanceTransform, fastMarching, inflateObstacles, init, mapPyramid, marchPath, resizeMaps, signedDistance, splatBoxes, splatMask,
} from '../js/index.js';
import {assertClose} from './close.js';
import {Random} from './random.js';

await init();

/** @param {number[][]} values */
const map = (values) => ({data: Float32Array.from(values.flat()), dims: [values.length, values[0].length]});
/** @param {number[]} dims @param {(...at: number[]) => number} value of x, y, z */
function field(dims, value) {
    const [W, H = 1, D = 1] = [...dims].reverse(), data = new Float32Array(W * H * D);
    for (let i = 0; i < data.length; i++) data[i] = value(i % W, Math.floor(i / W) % H, Math.floor(i / W / H));
    return {data, dims};
}
/** The place of each cell, x first. @param {readonly number[]} dims */
function places(dims) {
    const [W, H, D = 1] = [...dims].reverse();
    return Array.from({length: W * H * D}, (_, i) => [i % W, Math.floor(i / W) % H, Math.floor(i / W / H)]);
}

test('distances and signed distances by hand', () => {
    const wall = map([[0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1, 0]]);
    assert.deepEqual([...distanceTransform(wall).data], [3, 2, 1, 0, 0, 0, 1, 3, 2, 1, 0, 0, 0, 1]);
    assert.deepEqual([...signedDistance(wall).data], [2.5, 1.5, .5, -.5, -1.5, -.5, .5, 2.5, 1.5, .5, -.5, -1.5, -.5, .5]);
    assertClose(distanceTransform(map([[0, 0, 0], [0, 0, 0], [0, 0, 1]])).data, [8, 5, 4, 5, 2, 1, 4, 1, 0].map((d) => Math.fround(Math.sqrt(d))));
    assert.deepEqual([...distanceTransform(map([[0, 0, 0]])).data], [5, 5, 5], 'without obstacles: 1 + 1 + 3');
    assert.deepEqual([...signedDistance(map([[1, 1]])).data], [-3.5, -3.5]);
});

test('inflation, halving, boxes and masks by hand', () => {
    const dot = map([[0, 0, 0, 0, 9]]);
    assertClose(inflateObstacles(dot, {radius: 1, decay: Math.LN2, cost: 8}).data, [1, 2, 4, 8, 9], 1e-5);
    assert.deepEqual(mapPyramid(map([[1, 3, 5], [3, 5, 9], [2, 4, 7]]), {levels: 3}), [
        map([[1, 3, 5], [3, 5, 9], [2, 4, 7]]), map([[3, 7], [3, 7]]), map([[5]]),
    ]);
    const empty = map([[0, 0, 0], [0, 1, 0]]);
    assert.deepEqual(splatBoxes(empty, [.5, .5, 2, 2], {cost: 4}), map([[1, 2, 0], [2, 4, 0]]));
    assert.deepEqual(splatBoxes(empty, [0, 0, 2, 1, 1, 0, 9, 9], {cost: [1, 2], how: 'add'}), map([[1, 3, 2], [0, 3, 2]]));
    assert.deepEqual(splatBoxes(map([[0, 0], [0, 0]]), [64, 0, 128, 48], {view: View.fit(128, 96, 2, 2, 'stretch')}), map([[0, 1], [0, 0]]));
    assert.deepEqual(splatMask(empty, map([[1, 0]]), {box: [0, 0, 2, 2], cost: 3}), map([[3, 0, 0], [3, 1, 0]]));
});

test('arrival by hand: along a line, round a corner', () => {
    assertClose(fastMarching(map([[1, 1, 3, 3, 1]]), [0, 0], {length: 1}).data, [0, 2, 6, 10, 12], 1e-6);
    const corner = fastMarching(map([[0, 9], [0, 0]]), [0, 0], {length: 1, blocked: 1});
    assert.deepEqual([...corner.data], [0, Infinity, 1, 2]);
    assertClose(marchPath(map([[0, 9], [0, 0]]), [0, 0], [1, 1], {length: 1, blocked: 1, knots: 3})?.data ?? [], [0, 0, .1, .9, 1, 1], .12);
    assert.equal(marchPath(map([[0, 9, 0]]), [0, 0], [2, 0], {blocked: 1}), null);
});

test('distances equal brute force, in maps and volumes', () => {
    const random = new Random(51);
    for (let round = 0; round < 120; round++) {
        const dims = Array.from({length: random.integer(2, 3)}, () => random.integer(1, random.pick([3, 14])));
        const share = random.pick([0, .02, .3, .9, 1]);
        const cells = field(dims, () => random.chance(share) ? 1 : random.pick([0, .5, NaN]));
        const at = places(dims), nowhere = dims.reduce((a, b) => a + b, 3 - dims.length);
        const nearest = at.map((here) => [true, false].map((obstacle) => {
            const those = at.filter((_there, j) => cells.data[j] > .5 === obstacle);
            return those.length ? Math.fround(Math.min(...those.map((there) => Math.sqrt(there.reduce((sum, v, k) => sum + (v - here[k]) ** 2, 0))))) : nowhere;
        }));
        assertClose(distanceTransform(cells).data, nearest.map(([far]) => far), 0, `${dims}`);
        assertClose(signedDistance(cells).data, nearest.map(([out, within], i) => cells.data[i] > .5 ? .5 - within : out - .5), 0, `signed ${dims}`);
    }
});

test('distances of a long, thin map are exact beyond float32 squares', () => {
    const {data} = distanceTransform(field([3, 20000], (x, y) => +(x === 0 && y === 0)));
    assert.ok(data.every((d, i) => d === Math.fround(Math.sqrt((i % 20000) ** 2 + Math.floor(i / 20000) ** 2))));
});

test('blur, inflation and splats equal their float64 definitions', () => {
    const random = new Random(52);
    for (let round = 0; round < 60; round++) {
        const dims = Array.from({length: random.integer(2, 3)}, () => random.integer(1, 11)), cells = {data: random.floats(dims.reduce((n, s) => n * s, 1)), dims};
        const sigma = random.between(.2, 3), reach = Math.ceil(3 * sigma);
        const kernel = Array.from({length: 2 * reach + 1}, (_, t) => Math.exp(-.5 * ((t - reach) / sigma) ** 2)), total = kernel.reduce((a, b) => a + b);
        let want = [...cells.data], step = 1;
        for (const size of [...dims].reverse()) {
            const from = want, s = step;
            want = from.map((_v, i) => kernel.reduce((sum, w, t) => {
                const x = Math.floor(i / s) % size, to = Math.min(Math.max(x + t - reach, 0), size - 1);
                return sum + w / total * from[i + (to - x) * s];
            }, 0));
            step *= size;
        }
        assertClose(blurMap(cells, {sigma}).data, want, 1e-5, `blur ${dims} ${sigma}`);

        const [radius, decay, cost] = [random.between(0, 2), random.between(0, 1), random.between(0, 2)];
        const far = distanceTransform(cells).data;
        assertClose(inflateObstacles(cells, {radius, decay, cost}).data,
            far.map((d, i) => Math.max(cells.data[i], cost * Math.exp(-decay * Math.max(0, d - radius)))), 1e-5, 'inflate');

        const [H, W] = [random.integer(1, 9), random.integer(1, 9)], plane = {data: random.floats(H * W), dims: [H, W]};
        const boxes = random.floats(12, -3, 12), costs = [...random.floats(3, 0, 2)];
        const cover = (/** @type {number} */ n) => places([H, W]).map(([x, y]) => {
            const [x1, y1, x2, y2] = boxes.subarray(4 * n, 4 * n + 4);
            const side = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c) => Math.max(0, Math.min(b, c + 1) - Math.max(a, c));
            return x1 < x2 && y1 < y2 ? costs[n] * side(x1, x2, x) * side(y1, y2, y) : NaN;
        });
        const splat = (/** @type {(a: number, b: number) => number} */ how) =>
            [0, 1, 2].reduce((cell, n) => cover(n).map((v, i) => v > 0 ? how(cell[i], v) : cell[i]), [...plane.data]);
        assertClose(splatBoxes(plane, boxes, {cost: costs, how: 'add'}).data, splat((a, b) => a + b), 1e-5, 'add');
        assertClose(splatBoxes(plane, boxes, {cost: costs}).data.map((v, i) => Math.max(v, 0, plane.data[i])), splat(Math.max).map((v) => Math.max(v, 0)), 1e-5, 'max');
        const mask = {data: random.floats(H * 2 * (W * 3), 0, 1), dims: [H * 2, W * 3]}, zero = {data: new Float32Array(25 * 30), dims: [25, 30]};
        const stretched = resizeMaps({data: mask.data, dims: [1, 1, ...mask.dims]}, {width: 30, height: 25, resize: 'bilinear'});
        assertClose(splatMask(zero, mask).data, stretched.data, 1e-5, 'mask');
    }
});

test('arrival in free space is distance, within the scheme; a path found is as long', () => {
    const free = field([61, 61], () => 0), {data} = fastMarching(free, [30, 30], {length: 1});
    for (const [i, [x, y]] of places([61, 61]).entries()) {
        const d = Math.hypot(x - 30, y - 30);
        assert.ok(data[i] >= d - 1e-4 && data[i] <= 1.06 * d + .5, `${x} ${y}: ${data[i]} of ${d}`);
    }
    const volume = fastMarching(field([9, 9, 9], () => .5), [0, 0, 0], {length: .5}).data;
    assert.ok(volume[8] === 8 && volume[728] >= Math.sqrt(192) && volume[728] < 1.2 * Math.sqrt(192));
    const path = marchPath(free, [3.25, 7], [55, 41.5], {length: 1, knots: 20});
    assert.ok(path);
    assert.deepEqual([...path.data.slice(0, 2), ...path.data.slice(-2)], [3.25, 7, 55, 41.5]);
    const steps = Array.from({length: 19}, (_, i) => Math.hypot(path.data[2 * i + 2] - path.data[2 * i], path.data[2 * i + 3] - path.data[2 * i + 1]));
    assertClose(steps, new Float64Array(19).fill(Math.hypot(51.75, 34.5) / 19), .2, 'even and straight');
});

test('arrival obeys its equation: no cell later than any neighbour allows, each as late as some do', () => {
    const random = new Random(53);
    for (let round = 0; round < 20; round++) {
        const dims = [random.integer(2, 20), random.integer(2, 20)], cells = field(dims, () => random.chance(.2) ? 99 : random.between(0, 3));
        const source = [random.integer(0, dims[1] - 1), random.integer(0, dims[0] - 1)], {data} = fastMarching(cells, source, {length: .5, blocked: 50});
        for (const [i, [x, y]] of places(dims).entries()) {
            if (x === source[0] && y === source[1] || data[i] === Infinity) continue;
            const at = (/** @type {number} */ u, /** @type {number} */ v) => u < 0 || v < 0 || u >= dims[1] || v >= dims[0] ? Infinity : data[v * dims[1] + u];
            const slow = cells.data[i] + .5, [a, b] = [Math.min(at(x - 1, y), at(x + 1, y)), Math.min(at(x, y - 1), at(x, y + 1))].sort((p, q) => p - q);
            const want = b - a >= slow ? a + slow : (a + b + Math.sqrt(2 * slow * slow - (b - a) ** 2)) / 2;
            assertClose([data[i]], [want], {rel: 1e-5}, `${x} ${y}`);
        }
    }
});

test('a maze: the path found stays off the walls', () => {
    const maze = field([41, 41], (x, y) => x % 8 === 4 && (x % 16 === 4 ? y < 37 : y > 3) ? 1e4 : 0);
    for (const blocked of [1, Infinity]) {
        const path = marchPath(maze, [0, 0], [40, 40], {knots: 400, length: 1, blocked});
        assert.ok(path);
        const worst = Array.from({length: 400}, (_, i) => maze.data[Math.round(path.data[2 * i + 1]) * 41 + Math.round(path.data[2 * i])]);
        assert.equal(Math.max(...worst), 0);
    }
});

test('hostile maps: NaN and infinite cells, boxes and points', () => {
    const bad = map([[NaN, Infinity, -Infinity], [0, 3e38, -3e38], [1, 0, NaN]]);
    for (const make of [distanceTransform, signedDistance, inflateObstacles, blurMap, mapPyramid]) make(bad);
    assert.deepEqual(splatBoxes(map([[0]]), [NaN, 0, 1, 1, 0, 0, -1, 5, 3, 3, 3, 3], {cost: 5}), map([[0]]));
    assert.deepEqual([...splatBoxes(map([[0, 0]]), [-3e38, -Infinity, Infinity, 3e38]).data], [1, 1]);
    splatMask(bad, bad, {box: [-1e30, -1e30, 1e30, 1e30]});
    assert.deepEqual([...fastMarching(bad, [-1e30, 1e30], {length: 1}).data].slice(6), [0, 1, Infinity]);
    fastMarching(bad, [1, 0]);
    assert.ok(marchPath(bad, [0, 2], [1e30, 0]) === null);
});

test('what is wrong is named', () => {
    const one = map([[0, 1]]), bad = /** @type {any} */ ('x');
    assert.throws(() => distanceTransform({data: new Float32Array(1), dims: [1]}), /costmap: expected \[H, W\] or \[D, H, W\]/);
    assert.throws(() => distanceTransform({data: new Float32Array(0), dims: [0, 4]}), /not empty/);
    assert.throws(() => distanceTransform(one, {threshold: NaN}), /threshold: expected a number/);
    assert.throws(() => distanceTransform({data: new Uint8Array(70000), dims: [70000, 1]}), /fv_costmap_scratch: a size is out of range/);
    assert.throws(() => blurMap(one, {sigma: 0}), /sigma: expected above 0/);
    assert.throws(() => inflateObstacles(one, {decay: -1}), /decay: expected at least 0/);
    assert.throws(() => inflateObstacles(one, {radius: bad}), /radius: expected a finite number/);
    assert.throws(() => mapPyramid(one, {levels: 0}), /levels: expected an integer/);
    assert.throws(() => splatBoxes(one, [0, 0, 1], {}), /boxes: expected a multiple of 4/);
    assert.throws(() => splatBoxes(one, [0, 0, 1, 1], {cost: [1, 2]}), /cost: expected 1 finite numbers/);
    assert.throws(() => splatBoxes(one, [0, 0, 1, 1], {how: bad}), /how: expected one of max, add/);
    assert.throws(() => splatMask(one, {data: new Float32Array(8), dims: [2, 2, 2]}), /mask: expected \[H, W\]/);
    assert.throws(() => splatMask(one, one, {box: [0, 1]}), /box: expected 4 finite numbers/);
    assert.throws(() => fastMarching(one, [NaN, 0]), /source: expected a finite number/);
    assert.throws(() => fastMarching(one, []), /source: expected a point/);
    assert.throws(() => fastMarching(one, [0, 0], {length: 0}), /length: expected above 0/);
    assert.throws(() => marchPath(one, [0], [1, 0]), /start: expected \[x, y\]/);
    assert.throws(() => marchPath(one, [0, 0], [1, 0], {knots: 1}), /knots: expected an integer from 2/);
});
