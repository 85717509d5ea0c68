import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {
    findAffine, findFundamental, findHomography, findSimilarity, fitAffine, fitFundamental, fitFundamentalOfSeven, fitHomography, fitSimilarity, init, invertMatrix,
    modelDistances, quadrilateral, transformPoints, viewOfHomography,
} from 'fovea';
import {assertClose} from './close.js';
import {determinant, plainLinear, plainUmeyama, putAll, sampson, squares} from './geometry64.js';
import {assertGolden, testGolden} from './golden.js';
import {Random} from './random.js';

/** @typedef {import('./golden.js').GoldenCase} GoldenCase */

before(() => init());

const CORNERS = [0, 0, 640, 0, 640, 480, 0, 480];
const SQUARE = [0, 0, 1, 0, 1, 1, 0, 1];
const FINDERS = {similarity: findSimilarity, affine: findAffine, homography: findHomography, fundamental: findFundamental};
const MINIMAL = {similarity: 2, affine: 3, homography: 4, fundamental: 7};
const KINDS = /** @type {(keyof typeof FINDERS)[]} */ (Object.keys(FINDERS));

/** @param {Random} random @param {number} n */
const scatter = (random, n) => Float64Array.from({length: 2 * n}, (_, i) => random.between(0, i % 2 ? 480 : 640));
/** Of a normal distribution. @param {Random} random */
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
/** @param {Random} random @param {Iterable<number>} points @param {number} sigma */
const noisy = (random, points, sigma) => Float64Array.from(points, (v) => v + sigma * normal(random));

/** A homography that moves the corners of 640 x 480 by up to so many pixels. @param {Random} random @param {number} [by] */
function anyHomography(random, by = 120) {
    const found = fitHomography(CORNERS, CORNERS.map((v) => v + random.between(-by, by)));
    assert.ok(found);
    return found;
}

/** Two pinhole cameras, and points that both see. @param {Random} random @param {number} n */
function twoViews(random, n) {
    const [turn, tilt, focal] = [random.between(-0.3, 0.3), random.between(-0.2, 0.2), random.between(500, 800)];
    const [from, to] = [new Float64Array(2 * n), new Float64Array(2 * n)];
    const move = [random.between(0.5, 1), random.between(-0.5, 0.5), random.between(-0.3, 0.3)];
    for (let i = 0; i < n; i++) {
        const [x, y, z] = [random.between(-2, 2), random.between(-1.5, 1.5), random.between(4, 9)];
        from.set([focal * x / z + 320, focal * y / z + 240], 2 * i);
        const [a, c] = [Math.cos(turn) * x + Math.sin(turn) * z, Math.cos(turn) * z - Math.sin(turn) * x];
        const [b, d] = [Math.cos(tilt) * y - Math.sin(tilt) * c, Math.sin(tilt) * y + Math.cos(tilt) * c];
        to.set([focal * (a + move[0]) / (d + move[2]) + 320, focal * (b + move[1]) / (d + move[2]) + 240], 2 * i);
    }
    return {from, to};
}

test('the unit square to a trapezium, and back', () => {
    const trapezium = [0, 0, 4, 0, 3, 2, 1, 2];
    const matrix = fitHomography(SQUARE, trapezium);
    assert.ok(matrix);
    assertClose(matrix, [4, 2, 0, 0, 4, 0, 0, 1, 1], 1e-12); // w = 1 + y: half as wide at y = 1
    assertClose(transformPoints(matrix, [...SQUARE, 0.5, 1 / 3]), [...trapezium, 2, 1], 1e-12);
    const back = invertMatrix(matrix);
    assert.ok(back);
    assertClose(transformPoints(back, trapezium), SQUARE, 1e-12);
});

test('affine maps and similarities of hand', () => {
    assertClose(/** @type {any} */ (fitAffine([0, 0, 1, 0, 0, 1], [5, 6, 7, 6, 5, 9])), [2, 0, 5, 0, 3, 6], 1e-12);
    assertClose(/** @type {any} */ (fitSimilarity([0, 0, 1, 0], [1, 1, 1, 3])), [0, -2, 1, 2, 0, 1], 1e-12); // a quarter turn, twice as large
    assertClose(/** @type {any} */ (fitSimilarity([-1, 0, 1, 0, 0, 5], [-1, 0, 1, 0, 0, 7], [1, 1, 0])), [1, 0, 0, 0, 1, 0], 1e-12);
});

test('distances: forward, backward, symmetric, Sampson', () => {
    const twice = [2, 0, 0, 0, 2, 0];
    const [from, to] = [[0, 0, 3, 4], [3, 4, 6, 8]];
    assertClose(modelDistances(twice, from, to), [5, 0], 1e-12);
    assertClose(modelDistances(twice, from, to, {kind: 'backward'}), [2.5, 0], 1e-12);
    assertClose(modelDistances(twice, from, to, {kind: 'symmetric'}), [Math.hypot(5, 2.5), 0], 1e-12);
    const rectified = [0, 0, 0, 0, 0, -1, 0, 1, 0]; // v = y
    assertClose(modelDistances(rectified, [1, 1, 9, 2], [5, 3, 4, 2], {kind: 'sampson'}), [2 / Math.SQRT2, 0], 1e-12);
    assertClose(modelDistances([1, 0, 0, 0, 1, 0, 1, 0, 0], [0, 0], [1, 1]), [Infinity]);
});

test('quadrilaterals', () => {
    assert.deepEqual(quadrilateral([0, 0, 4, 0, 4, 3, 0, 3]), {convex: true, orientation: 1, area: 12});
    assert.deepEqual(quadrilateral([0, 3, 4, 3, 4, 0, 0, 0]), {convex: true, orientation: -1, area: 12});
    assert.deepEqual(quadrilateral([0, 0, 4, 0, 0, 3, 4, 3]), {convex: false, orientation: 0, area: 0}, 'a bow tie');
    assert.deepEqual(quadrilateral([0, 0, 4, 0, 1, 1, 0, 4]).convex, false, 'a dart');
    assert.deepEqual(quadrilateral([NaN, 0, 4, 0, 1, 1, 0, 4]), {convex: false, orientation: 0, area: 0});
});

test('a homography as a View, where it is affine', () => {
    const affine = [1.5, 0.2, 30, -0.1, 0.8, 20];
    const scaled = [...affine, 0, 0, 1].map((v) => v * -3);
    assertClose(/** @type {any} */ (viewOfHomography(scaled)).matrix, affine, 1e-12);
    const tilted = [1, 0, 0, 0, 1, 0, 1e-5, 0, 1];
    assert.equal(viewOfHomography(tilted, {size: [640, 480]}), null);
    const near = viewOfHomography(tilted, {size: [640, 480], tolerance: 4});
    assertClose(/** @type {any} */ (near).toPicture([320, 240]), putAll(tilted, [320, 240]), 1e-9);
    assert.equal(viewOfHomography([1, 0, 0, 0, 1, 0, 0, 0, 0]), null);
});

/** @param {ArrayLike<number> | null} matrix @param {any} want corners */
function assertCorners(matrix, want) {
    assert.ok(matrix);
    assertGolden({data: transformPoints(matrix, CORNERS), dims: [4, 2]}, want);
}

testGolden('match.homography_dlt', ({inputs, outputs}) => assertCorners(fitHomography(inputs.src, inputs.dst), outputs.corners));

testGolden('match.homography_ls', ({inputs, outputs}) => {
    const matrix = fitHomography(inputs.src, inputs.dst, undefined, {refine: true});
    assertCorners(matrix, outputs.corners);
    assertGolden({data: [Math.sqrt(squares(/** @type {any} */ (matrix), inputs.src.data, inputs.dst.data) / inputs.src.dims[0])], dims: [1]}, outputs.rms);
});

for (const [name, fit] of [['affine', fitAffine], ['similarity', fitSimilarity]]) {
    testGolden(`match.${name}_ls`, ({inputs, outputs}) =>
        assertGolden({data: /** @type {any} */ (fit)(inputs.src, inputs.dst), dims: [2, 3]}, outputs.A));
}

/** @param {Uint8Array} inliers @param {GoldenCase} c */
function assertInliers(inliers, {params, outputs}) {
    const truth = outputs.inliers.data;
    const share = (/** @type {number} */ kind) => {
        const marks = inliers.filter((_, i) => truth[i] === kind);
        return marks.reduce((a, b) => a + b, 0) / marks.length;
    };
    assert.ok(share(1) >= params.acceptance.min_inlier_recall, `recall ${share(1)}`);
    assert.ok(share(0) <= params.acceptance.max_outlier_accepted, `accepted ${share(0)}`);
}

for (const name of ['homography', 'affine']) {
    testGolden(`match.${name}_ransac`, (c) => {
        const {matrix, inliers} = FINDERS[/** @type {keyof typeof FINDERS} */ (c.params.model ?? 'homography')](c.inputs.src, c.inputs.dst, {threshold: c.params.threshold});
        assert.ok(matrix);
        assertClose(transformPoints(matrix, CORNERS), c.outputs.corners.data, c.params.acceptance.corner_px);
        assertInliers(inliers, c);
    });
}

testGolden('match.fundamental_8pt', ({inputs, outputs, params}) => {
    const matrix = fitFundamental(inputs.src, inputs.dst);
    assert.ok(matrix);
    const distances = modelDistances(matrix, inputs.check_src, inputs.check_dst, {kind: 'sampson'});
    assert.ok(distances.every((d) => d <= params.acceptance.max_sampson_check_px));
    assertGolden({data: modelDistances(matrix, inputs.src, inputs.dst, {kind: 'sampson'}), dims: outputs.sampson.dims}, outputs.sampson);
});

testGolden('match.fundamental_ransac', (c) => {
    const {matrix, inliers} = findFundamental(c.inputs.src, c.inputs.dst, {threshold: c.params.threshold});
    assert.ok(matrix);
    const distances = modelDistances(matrix, c.inputs.src, c.inputs.dst, {kind: 'sampson'}).filter((_, i) => c.outputs.inliers.data[i]);
    assert.ok(Math.sqrt(distances.reduce((sum, d) => sum + d * d, 0) / distances.length) <= c.params.acceptance.rms_sampson_true_inliers_px);
    assertInliers(inliers, c);
});

test('random fits: linear ones are the normal equations\', Umeyama\'s; exact ones exact', () => {
    const random = new Random(2);
    for (let round = 0; round < 200; round++) {
        const n = random.integer(4, 70);
        const from = scatter(random, n);
        const to = noisy(random, putAll(anyHomography(random), from), 2);
        const weights = Float64Array.from({length: n}, () => random.between(0.1, 3));
        assertClose(/** @type {any} */ (fitAffine(from, to, weights)), plainLinear('affine', from, to, weights), {abs: 1e-7, rel: 1e-7});
        assertClose(/** @type {any} */ (fitSimilarity(from, to, weights)), plainLinear('similarity', from, to, weights), {abs: 1e-7, rel: 1e-7});
        assertClose(/** @type {any} */ (fitSimilarity(from, to)), plainUmeyama(from, to), {abs: 1e-8, rel: 1e-8});
        const truth = anyHomography(random, 60);
        const exact = putAll(truth, from);
        assertClose(putAll(/** @type {any} */ (fitHomography(from, exact)), CORNERS), putAll(truth, CORNERS), 1e-5, `${n} points`);
        assertClose(putAll(/** @type {any} */ (fitHomography(from, exact, weights, {refine: true})), CORNERS), putAll(truth, CORNERS), 1e-5, `${n} points`);
    }
});

test('the refined homography is where the gradient of the squared distances is 0, and no worse than the DLT', () => {
    const random = new Random(3);
    for (let round = 0; round < 100; round++) {
        const n = random.integer(5, 60);
        const from = scatter(random, n);
        const to = noisy(random, putAll(anyHomography(random), from), 1.5);
        const weights = Float64Array.from({length: n}, () => random.between(0.1, 3));
        const matrix = /** @type {Float64Array} */ (fitHomography(from, to, weights, {refine: true}));
        const least = squares(matrix, from, to, weights);
        assert.ok(least <= squares(/** @type {any} */ (fitHomography(from, to, weights)), from, to, weights) * (1 + 1e-12));
        for (let k = 0; k < 8; k++) {
            const h = [1e-5, 1e-5, 1e-2, 1e-5, 1e-5, 1e-2, 1e-8, 1e-8][k]; // each moves the points by some thousandths of a pixel
            const at = (/** @type {number} */ by) => squares(matrix.map((v, i) => i === k ? v + by * h : v), from, to, weights);
            const [slope, bend] = [(at(1) - at(-1)) / 2, at(1) + at(-1) - 2 * least];
            assert.ok(bend > 0 && Math.abs(slope) < 0.02 * bend + 1e-9 * least, `round ${round}, entry ${k}: ${slope} of ${bend}`);
        }
    }
});

test('fundamental matrices: rank 2, points on their lines; one of seven points is the truth', () => {
    const random = new Random(4);
    for (let round = 0; round < 100; round++) {
        const {from, to} = twoViews(random, random.integer(9, 60));
        const matrix = fitFundamental(from, to);
        assert.ok(matrix);
        assertClose([determinant(matrix), Math.hypot(...matrix)], [0, 1], 1e-12);
        const distances = modelDistances(matrix, from, to, {kind: 'sampson'});
        distances.forEach((d, i) => assertClose([d], [sampson(matrix, [from[2 * i], from[2 * i + 1]], [to[2 * i], to[2 * i + 1]])], 1e-9));
        assert.ok(Math.max(...distances) < 1e-5, `${Math.max(...distances)}`);
        const seven = fitFundamentalOfSeven(from.slice(0, 14), to.slice(0, 14));
        assert.ok(seven.length === 1 || seven.length === 3, `${seven.length}`);
        for (const one of seven) {
            assertClose([determinant(one)], [0], 1e-12);
            assert.ok(Math.max(...modelDistances(one, from.slice(0, 14), to.slice(0, 14), {kind: 'sampson'})) < 1e-5);
        }
        assert.ok(seven.some((one) => Math.max(...modelDistances(one, from, to, {kind: 'sampson'})) < 1e-2));
        const shaken = noisy(random, to, 0.5);
        const sum = (/** @type {any} */ f) => modelDistances(f, from, shaken, {kind: 'sampson'}).reduce((a, d) => a + d * d, 0);
        assert.ok(sum(fitFundamental(from, shaken, undefined, {refine: true})) <= sum(fitFundamental(from, shaken)));
    }
});

/** @param {keyof typeof FINDERS} kind @param {Random} random @param {number} n @param {number} outliers share @param {number} sigma */
function scene(kind, random, n, outliers, sigma) {
    const views = twoViews(random, n);
    const from = kind === 'fundamental' ? views.from : scatter(random, n);
    const [s, a] = [random.between(0.6, 1.6), random.between(-1, 1)];
    const truth = kind === 'homography' ? anyHomography(random)
        : kind === 'similarity' ? [s * Math.cos(a), -s * Math.sin(a), 90, s * Math.sin(a), s * Math.cos(a), -20] : [s, a / 3, 40, -a / 4, 1.1, 20];
    const to = noisy(random, kind === 'fundamental' ? views.to : putAll(truth, from), sigma);
    const wrong = Uint8Array.from({length: n}, () => +random.chance(outliers));
    wrong.forEach((w, i) => w && to.set([random.between(0, 640), random.between(0, 480)], 2 * i));
    return {from, to, wrong, truth};
}

test('half of the matches wrong: found, with the same answer of the same seed, in the order of quality in fewer samples', () => {
    const random = new Random(5);
    for (const kind of KINDS) {
        for (let round = 0; round < 20; round++) {
            const {from, to, wrong} = scene(kind, random, random.integer(60, 300), 0.5, 0.5);
            const seed = random.integer(0, 1e6);
            const found = FINDERS[kind](from, to, {threshold: 2, seed});
            assert.ok(found.matrix, `${kind}: ${found.reason}`);
            assert.deepEqual(FINDERS[kind](from, to, {threshold: 2, seed}), found);
            const distances = modelDistances(found.matrix, from, to, {kind: kind === 'fundamental' ? 'sampson' : 'forward'});
            found.inliers.forEach((inlier, i) => assert.equal(inlier, +(distances[i] <= 2), `${kind}, ${distances[i]}`));
            const right = found.inliers.filter((inlier, i) => inlier && !wrong[i]).length;
            assert.ok(right >= 0.97 * wrong.filter((w) => !w).length, `${kind}: ${right}`);
            const quality = Float64Array.from(wrong, (w) => random.unit() - 0.7 * w);
            const ordered = FINDERS[kind](from, to, {threshold: 2, seed, quality});
            assert.ok(ordered.matrix && Math.abs(ordered.count - found.count) <= 0.05 * found.count);
            assert.deepEqual(FINDERS[kind](from, to, {threshold: 2, seed, distances: quality.map((q) => -q)}), ordered);
        }
    }
});

test('95 % wrong: found where quality tells, else none or the truth, never a wild matrix', () => {
    const random = new Random(6);
    for (let round = 0; round < 20; round++) {
        const {from, to, wrong, truth} = scene('homography', random, 1000, 0.95, 0.5);
        const quality = Float64Array.from(wrong, (w) => random.unit() - 0.9 * w);
        for (const found of [findHomography(from, to, {quality, seed: round}), findHomography(from, to, {seed: round})]) {
            if (found.matrix) assertClose(putAll(found.matrix, CORNERS), putAll(truth, CORNERS), 6);
            else assert.deepEqual([found.reason, found.count], ['no consensus', 0]);
        }
        assert.ok(findHomography(from, to, {quality, seed: round}).matrix, `round ${round}`);
    }
});

test('matches that are all wrong: no consensus, of every model and number', () => {
    const random = new Random(7);
    for (const kind of KINDS) {
        for (let round = 0; round < 30; round++) {
            const n = random.integer(kind === 'fundamental' ? 30 : MINIMAL[kind] + 8, 200);
            const {matrix, reason, count, inliers} = FINDERS[kind](scatter(random, n), scatter(random, n), {maxIterations: 500});
            assert.deepEqual([matrix, reason, count, inliers], [null, 'no consensus', 0, new Uint8Array(n)], `${kind} of ${n}`);
        }
    }
});

test('few, coincident, collinear, mirrored, missing, huge: defined answers by name', () => {
    const random = new Random(8);
    for (const kind of KINDS) {
        const search = FINDERS[kind];
        for (let n = 0; n < MINIMAL[kind]; n++) {
            const points = scatter(random, n);
            const {matrix, reason, count, inliers} = search(points, points);
            assert.deepEqual([matrix, reason, count, inliers], [null, 'few', 0, new Uint8Array(n)]);
        }
        const many = scatter(random, 40);
        assert.equal(search(many.map(() => NaN), many).reason, 'few', `${kind}: all NaN`);
        assert.equal(search(many, many.map(() => Infinity)).reason, 'few', `${kind}: all infinite`);
        assert.equal(search(many.map(() => 7), many.map(() => 8)).reason, 'degenerate', `${kind}: all equal`);
        if (kind === 'similarity') continue;
        const line = Float64Array.from({length: 80}, (_, i) => i % 2 ? 3 * (i - 1) + 5 : 2 * i);
        assert.equal(search(line, line).reason, 'degenerate', `${kind}: collinear`);
        assert.equal(search(Float32Array.from(line, (v) => v / 3), line).reason, 'degenerate', `${kind}: collinear but for rounding`);
        if (kind === 'fundamental') continue;
        assert.equal(search(noisy(random, line, 0.5), line).reason, 'degenerate', `${kind}: a noisy line`);
    }
    const fits = [fitSimilarity, fitAffine, fitHomography, fitFundamental];
    for (const fit of fits) {
        for (const points of [[], [1, 2], new Float64Array(40), new Float64Array(40).fill(NaN)]) assert.equal(fit(points, points), null);
    }
    for (const fit of fits.slice(1)) assert.equal(fit([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]), null);
    assert.equal(fitHomography([0, 0, 1, 0, 2, 0, 1, 1], SQUARE), null, 'three of four on a line');
    assert.equal(findHomography(SQUARE, [0, 0, 1, 1, 1, 0, 0, 1], {threshold: 0.1}).reason, 'degenerate', 'a square to a bow tie');

    const far = scene('homography', random, 100, 0.3, 0);
    const moved = (/** @type {Float64Array} */ p) => p.map((v) => v + 1e8);
    const found = findHomography(moved(far.from), moved(far.to));
    assert.ok(found.matrix && found.count >= 60);
    assert.ok(modelDistances(found.matrix, moved(far.from), moved(far.to)).every((d, i) => far.wrong[i] || d < 0.1));
    for (let i = 0; i < 10; i++) far.to.set([NaN, 1e30, -1e30, 1e308, Infinity].slice(i % 4, i % 4 + 2), 2 * i);
    assert.ok(findHomography(far.from, far.to).count >= 50);
});

test('named errors', () => {
    const p = [0, 0, 1, 0, 1, 1, 0, 1];
    assert.throws(() => fitHomography(p, p.slice(2)), /^RangeError: to: expected as many points as from, 4, got 3/);
    assert.throws(() => fitHomography(p, p, [1]), /^TypeError: weights: expected 4 numbers/);
    assert.throws(() => fitHomography([1, 2, 3], p), /^RangeError: from: expected pairs of numbers, got 3/);
    assert.throws(() => fitFundamentalOfSeven(p, p), /^RangeError: from: expected 7 points, got 4/);
    assert.throws(() => findHomography(p, p, {threshold: 0}), /^RangeError: threshold/);
    assert.throws(() => findHomography(p, p, {confidence: 1}), /^RangeError: confidence/);
    assert.throws(() => findHomography(p, p, {maxIterations: 0}), /^RangeError: maxIterations/);
    assert.throws(() => findHomography(p, p, {quality: [1]}), /^TypeError: quality: expected 4 numbers/);
    assert.throws(() => modelDistances([1], p, p), /^TypeError: matrix: expected 9 or 6 finite numbers/);
    assert.throws(() => modelDistances(new Float64Array(9), p, p, {kind: /** @type {any} */ ('far')}), /^TypeError: kind: expected one of forward, /);
    assert.throws(() => quadrilateral([1, 2]), /^RangeError: corners: expected 4 points, got 1/);
    assert.throws(() => viewOfHomography([1, 0, 0, 0, 1, 0], {tolerance: -1}), /^RangeError: tolerance/);
});
