import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {PoseTracker, assign, init, skeletons} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';
import {iou64} from './tools/heads64.js';
import {OneEuro, bestByForce, oks64} from './track64.js';

before(() => init());

/** @typedef {{keypoints: Float32Array, score: number, box: Float32Array}} Person */

const STILL = {smooth: /** @type {const} */ (false)};
const SIGMAS = /** @type {number[]} */ ([...skeletons.COCO_17.sigmas ?? []]);

/** @param {number[][]} rows */
const matrix = (rows) => ({data: Float32Array.from(rows.flat()), dims: [rows.length, rows[0].length]});

/** A person of so many pixels, upright about x. @param {number} x @param {number} y @param {number} [height] @returns {Person} */
function person(x, y, height = 200) {
    const joints = SIGMAS.map((_, i) => [x + (i % 2 ? 1 : -1) * height * 0.12, y + height * (i / 16 - 0.5), 0.9]);
    return {keypoints: Float32Array.from(joints.flat()), score: 0.9, box: Float32Array.of(x - height * 0.12, y - height / 2, x + height * 0.12, y + height / 2)};
}

/** @param {number} x1 @param {number} y1 @param {number} side */
const square = (x1, y1, side) => ({box: [x1, y1, x1 + side, y1 + side], score: 1});

/** @param {{id: number}[]} list */
const ids = (list) => list.map(({id}) => id);

test('assignment, worked by hand', () => {
    assert.deepEqual([...assign(matrix([[4, 1, 3], [2, 0, 5], [3, 2, 2]]))], [1, 0, 2]);
    assert.deepEqual([...assign(matrix([[4, 1, 3], [2, 0, 5], [3, 2, 2]]), {maximize: true})], [0, 2, 1]);
    assert.deepEqual([...assign(matrix([[4, 1, 3], [2, 0, 5], [3, 2, 2]]), {method: 'greedy'})], [0, 1, 2]);
    assert.deepEqual([...assign(matrix([[1, 9, 9, 9], [1, 2, 9, 9]]))], [0, 1], 'more columns');
    assert.deepEqual([...assign(matrix([[1, 1], [9, 2], [9, 9], [0, 9]]))], [1, -1, -1, 0], 'more rows');
    assert.deepEqual([...assign({data: new Float32Array(0), dims: [2, 0]})], [-1, -1]);
    assert.deepEqual([...assign({data: new Float32Array(0), dims: [0, 2]})], []);
});

test('ties go to the lower row, then to the lower column', () => {
    for (const method of /** @type {const} */ (['hungarian', 'greedy'])) {
        for (const [n, m] of [[1, 1], [5, 5], [3, 7], [7, 3]]) {
            const columns = assign({data: new Float32Array(n * m).fill(2), dims: [n, m]}, {method});
            assert.deepEqual([...columns], Array.from({length: n}, (_, i) => i < m ? i : -1), `${n} x ${m} ${method}`);
        }
    }
});

test('what is NaN or infinite is never paired, and takes no pair from others', () => {
    const [no, far] = [NaN, Infinity];
    for (const maximize of [false, true]) {
        for (const method of /** @type {const} */ (['hungarian', 'greedy'])) {
            assert.deepEqual([...assign(matrix([[no, no], [far, -far]]), {maximize, method})], [-1, -1]);
            assert.deepEqual([...assign(matrix([[no, 3], [2, no]]), {maximize, method})], [1, 0]);
        }
    }
    assert.deepEqual([...assign(matrix([[1, no], [0, 100]]))], [0, 1], 'two pairs, though one would cost less');
    assert.deepEqual([...assign(matrix([[5, no], [1, no]]))], [-1, 0], 'of one column the cheaper row');
});

testGolden('track.assign', ({params: {maximize, unique}, inputs: {costs}, outputs}) => {
    const columns = assign(costs, {maximize});
    if (unique) assert.deepEqual([...columns], [...outputs.columns.data]);
    const sum = columns.reduce((s, column, row) => column < 0 ? s : s + costs.data[row * costs.dims[1] + column], 0);
    assertGolden({data: [sum], dims: [1]}, outputs.sum);
    assert.equal(columns.filter((column) => column >= 0).length, Math.min(...costs.dims));
});

test('assignment of random matrices: the best there is, each row and column once', () => {
    const random = new Random(1);
    for (let round = 0; round < 600; round++) {
        const [n, m, maximize] = [random.integer(1, 6), random.integer(1, 6), random.chance(0.5)], whole = random.chance(0.5);
        const rows = Array.from({length: n}, () => Array.from({length: m}, () => random.chance(0.2) ? null : whole ? random.integer(-3, 3) : Math.fround(random.between(-9, 9))));
        const columns = assign(matrix(rows.map((row) => row.map((cost) => cost ?? random.pick([NaN, Infinity, -Infinity])))), {maximize});
        const made = [...columns].flatMap((column, row) => column < 0 ? [] : [{column, cost: rows[row][column] ?? NaN}]);
        assert.equal(new Set(made.map(({column}) => column)).size, made.length);
        const best = bestByForce(rows, maximize);
        assert.equal(made.length, best.pairs);
        assertClose([made.reduce((sum, {cost}) => sum + cost, 0)], [best.sum], 1e-5, `${JSON.stringify(rows)} ${maximize}`);
    }
});

test('greedy: no pair left out is better than both it stands against', () => {
    const random = new Random(2);
    for (let round = 0; round < 100; round++) {
        const [n, m] = [random.integer(1, 12), random.integer(1, 12)], data = random.floats(n * m);
        const columns = assign({data, dims: [n, m]}, {method: 'greedy'}), rowOf = new Map([...columns].map((column, row) => [column, row]));
        for (let i = 0; i < n * m; i++) {
            const [row, column] = [Math.floor(i / m), i % m];
            /** @param {number | undefined} r @param {number | undefined} c */
            const cost = (r, c) => r === undefined || c === undefined || c < 0 ? Infinity : data[r * m + c];
            assert.ok(data[i] >= Math.min(cost(row, columns[row]), cost(rowOf.get(column), column)));
        }
    }
});

test('identities: kept by who is near, new for who comes, gone after their age, in the order given', () => {
    const tracker = new PoseTracker({...STILL, sigmas: SIGMAS, maxAge: 100});
    assert.deepEqual(ids(tracker.update([person(100, 200), person(300, 200)], 0)), [1, 2]);
    assert.deepEqual(ids(tracker.update([person(304, 200), person(98, 202)], 33)), [2, 1]);
    assert.deepEqual(ids(tracker.update([person(500, 200), person(96, 204)], 66)), [3, 1]);
    assert.deepEqual(ids(tracker.update([person(308, 200)], 99)), [2], 'missing for a frame');
    assert.deepEqual(ids(tracker.update([], 120)), []);
    assert.deepEqual(ids(tracker.update([person(96, 204), person(308, 200)], 180)), [4, 2], 'gone after 114 ms, kept for 81');
    tracker.reset();
    assert.deepEqual(ids(tracker.update([person(9, 9)], 0)), [1]);
});

test('people who cross keep their identities, by expectation; boxes alone do too', () => {
    for (const method of /** @type {const} */ (['hungarian', 'greedy'])) {
        for (const make of [person, (/** @type {number} */ x, /** @type {number} */ y) => square(x - 40, y - 40, 80)]) {
            const tracker = new PoseTracker({method}), random = new Random(3);
            for (let frame = 0; frame < 60; frame++) {
                const noise = () => random.between(-2, 2);
                const places = [[100 + 8 * frame + noise(), 200 + noise()], [580 - 8 * frame + noise(), 215 + noise()], [340 + noise(), 300 - 3 * frame + noise()]];
                const order = random.chance(0.5) ? [0, 1, 2] : [2, 1, 0];
                const list = order.map((i) => make(places[i][0], places[i][1])), got = tracker.update(/** @type {any} */ (list), 33 * frame);
                if (frame === 0) order.forEach((i, k) => assert.equal(got[k].id, k + 1, `${i}`));
                if (frame === 0) first = order;
                assert.deepEqual(ids(got), order.map((i) => first.indexOf(i) + 1), `${method}, frame ${frame}`);
            }
        }
    }
});

/** @type {number[]} */
let first = [];

test('people who hide each other as they cross come out as themselves', () => {
    const tracker = new PoseTracker(STILL);
    for (let frame = 0; frame <= 40; frame++) {
        const pair = [person(100 + 8 * frame, 200), person(580 - 8 * frame, 200)];
        const got = ids(tracker.update(frame > 26 && frame < 34 ? [] : pair, 33 * frame));
        assert.deepEqual(got, frame > 26 && frame < 34 ? [] : [1, 2], `frame ${frame}`);
    }
});

test('joints that are unsure do not count, and too few in common leave it to the boxes', () => {
    const sure = person(100, 100), moved = person(100, 100);
    for (let k = 5; k < 16; k++) moved.keypoints.set([100, 100, 0.05], 3 * k);
    /** @param {ConstructorParameters<typeof PoseTracker>[0]} options @param {Person} to */
    const follows = (options, to) => {
        const tracker = new PoseTracker({...STILL, minSimilarity: 0.7, ...options});
        tracker.update([sure], 0);
        return tracker.update([to], 0)[0].id === 1;
    };
    assert.deepEqual([follows({}, moved), follows({minScore: 0.01}, moved)], [true, false]);
    const few = person(100, 100);
    for (let k = 4; k < 16; k++) few.keypoints.fill(0, 3 * k, 3 * k + 3);
    assert.deepEqual([follows({minJoints: 5}, few), follows({minJoints: 6}, few)], [true, false]);
});

test('nobody is told before their hits, and who is missed before that is forgotten', () => {
    const tracker = new PoseTracker({...STILL, minHits: 3}), [A, B] = [person(100, 100), person(400, 100)];
    const told = [[A], [A], [A], [A, B], [A], [A, B], [A], [A, B], [A], [A, B]]
        .map((frame, i) => ids(tracker.update(frame, 33 * i)));
    assert.deepEqual(told, [[], [], [1], [1], [1], [1], [1], [1], [1], [1]]);
});

/** @param {number[][]} joints */
const boxOf = (joints) => [Math.min, Math.max].flatMap((most) => [0, 1].map((axis) => most(...joints.filter(([, , s]) => s > 0).map((p) => p[axis]))));

test('similarity is the definition: it decides exactly at its threshold', () => {
    const random = new Random(4);
    for (let round = 0; round < 200; round++) {
        const [a, b] = [0, 1].map(() => SIGMAS.map(() => [random.between(0, 60), random.between(0, 60), random.chance(0.2) ? 0 : random.between(0.1, 1)]));
        const found = a.filter(([, , s]) => s > 0), area = [0, 1].map((k) => Math.max(...found.map((p) => p[k])) - Math.min(...found.map((p) => p[k]))).reduce((w, h) => w * h);
        const [p, q] = [a, b].map((rows) => ({keypoints: Float32Array.from(rows.flat()), score: 1, box: new Float32Array(4)}));
        const similarity = (oks64(a, area, b, SIGMAS, 3) + iou64(boxOf(a), boxOf(b))) / 2;
        for (const [minSimilarity, id] of [[similarity - 1e-4, 1], [similarity + 1e-4, 2]]) {
            const tracker = new PoseTracker({...STILL, sigmas: SIGMAS, minSimilarity});
            tracker.update([p], 0);
            assert.deepEqual(ids(tracker.update([q], 0)), [similarity > 0 ? id : 2], `${similarity}`);
        }
    }
});

test('smoothed: every joint as the definition of the One-Euro filter says, through gaps and uneven times', () => {
    for (const smooth of [{minCutoff: 1, beta: 0.5, derivativeCutoff: 1}, {minCutoff: 0.05, beta: 80}]) {
        const random = new Random(5), tracker = new PoseTracker({smooth, minSimilarity: 0, maxAge: Infinity});
        /** @type {Map<number, OneEuro[]>} */
        const filters = new Map();
        let time = 0;
        for (let frame = 0; frame < 80; frame++) {
            const milliseconds = frame ? random.between(5, 90) : 0, pose = person(300 + 40 * Math.sin(frame / 9) + random.between(-3, 3), 200 + frame, 180);
            for (let k = 0; k < 17; k++) if (random.chance(0.05)) pose.keypoints[3 * k + 2] = 0;
            time += milliseconds;
            const seen = Array.from({length: 17}, (_, k) => [...pose.keypoints.subarray(3 * k, 3 * k + 3)]);
            const there = seen.filter(([, , s]) => s > 0), span = (/** @type {number} */ axis) => Math.max(...there.map((p) => p[axis])) - Math.min(...there.map((p) => p[axis]));
            const want = seen.flatMap(([x, y, s], k) => {
                if (!s) return filters.delete(k), [0, 0, 0];
                const [fx, fy] = filters.get(k) ?? [0, 1].map(() => new OneEuro(smooth.minCutoff, smooth.beta, smooth.derivativeCutoff ?? 1));
                filters.set(k, [fx, fy]);
                const size = (span(0) + span(1)) / 2;
                return [fx.next(x, milliseconds / 1000, size), fy.next(y, milliseconds / 1000, size), s];
            });
            const [{keypoints, box, id}] = tracker.update([pose], time);
            assert.equal(id, 1);
            assertClose(keypoints, want, 2e-3, `frame ${frame}`);
            const points = want.flatMap((_, i) => i % 3 || !want[i + 2] ? [] : [[want[i], want[i + 1]]]);
            assertClose(box, [Math.min(...points.map(([x]) => x)), Math.min(...points.map(([, y]) => y)),
                Math.max(...points.map(([x]) => x)), Math.max(...points.map(([, y]) => y))], 2e-3);
        }
    }
});

test('smoothing: what rests is still, what moves is not late, and a frame of no time changes nothing', () => {
    const random = new Random(6), tracker = new PoseTracker();
    let [shake, noise, late] = [0, 0, 0];
    for (let frame = 0; frame < 120; frame++) {
        const x = frame < 60 ? 300 : 300 + 6 * (frame - 60), off = random.between(-1, 1), [{box}] = tracker.update([person(x + off, 200)], 33 * frame);
        const error = (box[0] + box[2]) / 2 - x;
        if (frame >= 20 && frame < 60) shake += error ** 2, noise += off ** 2;
        if (frame >= 70) late = Math.max(late, Math.abs(error));
    }
    assert.ok(shake < 0.6 * noise && late < 2, `${shake} of ${noise} at rest, ${late} px behind`);
    const [last] = tracker.update([person(660, 200)], 33 * 119), [again] = tracker.update([person(670, 200)], 33 * 119);
    assert.deepEqual(again.keypoints, last.keypoints);
});

test('detections: their ids, boxes smoothed, classes apart, other columns along', () => {
    const tracker = new PoseTracker({...STILL, minHits: 2});
    /** @param {number[]} xs @param {number[]} classes */
    const found = (xs, classes) => ({
        count: xs.length, boxes: Float32Array.from(xs.flatMap((x) => [x, 10, x + 50, 60])), scores: Float32Array.from(xs, (_, i) => 1 - i / 10),
        classes: Int32Array.from(classes), rows: Int32Array.from(xs),
    });
    assert.deepEqual([...tracker.update(found([10, 200], [0, 1]), 0).ids], []);
    const second = tracker.update(found([205, 10, 12], [1, 3, 0]), 33);
    assert.deepEqual([second.count, [...second.ids], [...second.rows], [...second.boxes]], [2, [1, 2], [205, 12], [205, 10, 255, 60, 12, 10, 62, 60]]);
    assertClose(second.scores, [1, 0.8], 1e-6);
    assert.deepEqual([...tracker.update(found([], []), 66).boxes], []);
});

test('results are copies, and what else a pose knows stays with it', () => {
    const tracker = new PoseTracker(), pose = {...person(100, 100), depths: [1]};
    const [got] = tracker.update([pose], 0);
    assert.notEqual(got.keypoints, pose.keypoints);
    assert.deepEqual([got.keypoints, got.depths, got.score], [pose.keypoints, [1], 0.9]);
    got.keypoints.fill(0);
    assert.deepEqual(tracker.update([person(100, 100)], 10)[0].keypoints, pose.keypoints);
});

test('mistakes are named', () => {
    const bad = /** @type {any} */ ('x'), tracker = new PoseTracker({sigmas: SIGMAS});
    assert.throws(() => assign({data: new Float32Array(3), dims: [3]}), /costs: expected shape \[N, M\], got \[3\]/);
    assert.throws(() => assign(matrix([[1]]), {method: bad}), /method: expected one of hungarian, greedy, got x/);
    assert.throws(() => new PoseTracker({minHits: 0}), /minHits: expected an integer from 1/);
    assert.throws(() => new PoseTracker({sigmas: [-1]}), /sigmas: expected an array of finite numbers of at least 0/);
    assert.throws(() => new PoseTracker({smooth: {beta: -1}}), /smooth\.beta: expected a number of at least 0, got -1/);
    assert.throws(() => tracker.update(bad), /found: expected an object, got x/);
    assert.throws(() => tracker.update([/** @type {any} */ ({keypoints: [1, 2]})]), /found\[0\]\.keypoints: expected x, y, score of each joint/);
    assert.throws(() => tracker.update([/** @type {any} */ ({})]), /found\[0\]\.box: expected 4 finite numbers/);
    assert.throws(() => tracker.update([{keypoints: [1, 2, 1], box: [0, 0, 1, 1]}]), /found: expected poses of 17 joints, one for each of the sigmas, got 1/);
    tracker.update([person(1, 1)], 50);
    assert.throws(() => tracker.update([person(1, 1)], 49), /time: expected at least the last, 50, got 49/);
    const free = new PoseTracker();
    free.update([person(1, 1)]);
    assert.throws(() => free.update([{keypoints: [1, 2, 1], box: [0, 0, 1, 1]}]), /found: expected poses of 17 joints as before, or a new tracker, got 1/);
});
