import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
    heatmapBce, heatmapCrossEntropy, heatmapFocal, heatmapMse, heatmapWing, init, jointLoss, openposeLoss, simccLoss,
} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {crossEntropy64, hardest64, numericGradient, pointLoss64, simcc64} from './loss64.js';
import {Random} from './random.js';

await init();

/** @param {ArrayLike<number>} values @param {number[]} dims */
const tensor = (values, dims) => ({data: Float32Array.from(values), dims});
/** @param {Random} random @param {number[]} dims @param {number} [low] @param {number} [high] */
const noise = (random, dims, low = -2, high = 2) => ({data: random.floats(dims.reduce((n, d) => n * d, 1), low, high), dims});
/** Some of them 0. @param {Random} random @param {number[]} dims */
function weights(random, dims) {
    const w = noise(random, dims, 0.2, 1.5);
    w.data.forEach((_, i) => random.chance(0.3) && (w.data[i] = 0));
    return w;
}
const REDUCTIONS = /** @type {const} */ (['sum', 'mean', 'batch_mean', 'weight_mean']);
/** Every loss of maps or joints that is a sum of penalties: how it is called, and what it is. */
const POINTS = /** @type {[string, any, any][]} */ ([
    ['l1', jointLoss, {kind: 'l1'}], ['l2', jointLoss, {kind: 'l2'}], ['smooth_l1', jointLoss, {kind: 'smooth_l1', beta: 0.7}],
    ['huber', jointLoss, {kind: 'huber', delta: 0.8}], ['wing', jointLoss, {kind: 'wing', omega: 1.5, epsilon: 0.6}], ['l2', heatmapMse, {}],
    ['bce', heatmapBce, {posWeight: 2.5}], ['focal', heatmapFocal, {alpha: 2, beta: 4}],
    ['adaptive_wing', heatmapWing, {omega: 14, theta: 0.5, epsilon: 1, alpha: 2.1}],
]);

test('by hand: joints, their visibility, their reductions', () => {
    const pred = tensor([1, 2, 3, 4, 5, 5], [1, 3, 2]), target = tensor([0, 4, 3, 4, NaN, 0], [1, 3, 2]), weight = tensor([1, 2, 0], [1, 3]);
    const l1 = jointLoss(pred, target, weight, {kind: 'l1', reduction: 'sum'});
    assert.equal(l1.loss, 3);
    assert.deepEqual(l1.grad, tensor([1, -1, 0, 0, 0, 0], [1, 3, 2]), 'at 0 the gradient is 0, where nothing is seen too');
    const l2 = jointLoss(pred, target, weight, {kind: 'l2', reduction: 'weight_mean'});
    assert.equal(l2.loss, 5 / 3);
    assertClose(l2.grad.data, [2 / 3, -4 / 3, 0, 0, 0, 0], 1e-7);
    assert.equal(jointLoss(pred, target, weight, {kind: 'l2'}).loss, 5 / 6, 'the default is the mean over all values');
    assert.equal(jointLoss(pred, target, weight, {kind: 'l2', reduction: 'batch_mean'}).loss, 5);
    assert.equal(jointLoss(pred, target, weight, {kind: 'smooth_l1', beta: 1.5, reduction: 'sum'}).loss, 1 / 3 + 1.25);
    assert.equal(jointLoss(pred, target, weight, {kind: 'huber', delta: 1.5, reduction: 'sum'}).loss, 0.5 + 1.5 * 1.25);
    assert.deepEqual(jointLoss(pred, target, weight, {kind: 'smooth_l1', beta: 0, reduction: 'sum'}), l1, 'beta 0 is l1');
});

test('by hand: maps, vector body and tail', () => {
    const maps = tensor([0, 0, 0, 0, 0, 0, Math.log(3)], [1, 1, 7]);
    const {loss, grad, each} = heatmapCrossEntropy(maps, {data: Int32Array.of(6), dims: [1, 1]});
    assertClose([loss, each.data[0]], [Math.log(3), Math.log(3)], 1e-7);
    assertClose(grad.data, [1, 1, 1, 1, 1, 1, 3].map((e, i) => e / 9 - (i === 6 ? 1 : 0)), 1e-7);
    assertClose([heatmapBce(tensor([0, 0, 0, 0, 0], [1, 1, 5]), tensor([0, 1, 0, 1, 0.5], [1, 1, 5])).loss], [Math.LN2], 1e-8);
    const mse = heatmapMse(tensor([1, 2, 3, 4, 5], [1, 1, 5]), tensor([1, 2, 3, 4, 10], [1, 1, 5]));
    assert.deepEqual([mse.loss, ...mse.grad.data], [5, 0, 0, 0, 0, -2]);
});

test('by hand: only the hardest maps', () => {
    const maps = tensor([1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 1, 1], [2, 3, 2]), target = tensor(new Float32Array(12), [2, 3, 2]);
    const {loss, grad} = heatmapMse(maps, target, null, {hardest: 2});
    assert.equal(loss, (4 + 9 + 1 + 1) / 4);
    assert.deepEqual([...grad.data], [0, 0, 0.5, 0.5, 0.75, 0.75, 0, 0, 0.25, 0.25, 0.25, 0.25]);
    assert.deepEqual([...heatmapMse(maps, target, null, {hardest: 1}).grad.data.subarray(6)], [0, 0, 0.5, 0.5, 0, 0], 'of equal ones the first');
});

testGolden('heatmap.joint_loss', ({params: {kind, reduction, beta}, inputs: {pred, target, weight}, outputs}) => {
    const {loss, grad} = jointLoss(pred, target, weight, {kind, reduction, beta});
    assertGolden(tensor([loss], [1]), outputs.loss);
    assertGolden(grad, outputs.grad_pred);
});

testGolden('heatmap.ce', ({params, inputs: {logits, weight, index, target}, outputs}) => {
    const {loss, grad, each} = heatmapCrossEntropy(logits, params.target === 'index' ? index : target, weight, {reduction: params.reduction});
    assertGolden(tensor([loss], [1]), outputs.loss);
    assertGolden(grad, outputs.grad_logits);
    each.data.forEach((_, i) => weight.data[i] === 0 && (each.data[i] = outputs.loss_each.data[i]));
    assertGolden(each, outputs.loss_each);
});

testGolden('heatmap.bce', ({params: {reduction, pos_weight: posWeight}, inputs: {logits, target, weight}, outputs}) => {
    const {loss, grad} = heatmapBce(logits, target, weight, {reduction, posWeight});
    assertGolden(tensor([loss], [1]), outputs.loss);
    assertGolden(grad, outputs.grad_logits);
});

testGolden('heatmap.mse', ({params: {reduction}, inputs: {pred, target, weight}, outputs}) => {
    const {loss, grad} = heatmapMse(pred, target, weight, {reduction});
    assertGolden(tensor([loss], [1]), outputs.loss);
    assertGolden(grad, outputs.grad_pred);
});

testGolden('heatmap.openpose_loss', ({params: {reduction}, inputs: {L, S, L_star, S_star, mask}, outputs}) => {
    const {loss, stages, grad} = openposeLoss({pafs: L, heatmaps: S}, {pafs: L_star, heatmaps: S_star}, mask, {reduction});
    assertGolden(tensor([loss], [1]), outputs.loss);
    assertGolden(tensor([...stages.pafs].flatMap((v, t) => [v, stages.heatmaps[t]]), [stages.pafs.length, 2]), outputs.loss_per_stage);
    assertGolden(grad.pafs, outputs.grad_L);
    assertGolden(grad.heatmaps, outputs.grad_S);
});

test('random shapes, weights and reductions against the definition, gradients by central differences', () => {
    const random = new Random(11);
    for (const [kind, call, options] of POINTS) {
        for (let i = 0; i < 30; i++) {
            const dims = call === jointLoss ? [random.integer(1, 4), random.integer(1, 5), random.integer(1, 4)]
                : [random.integer(1, 3), random.integer(1, 3), random.integer(1, 4), random.integer(1, 7)];
            const target = noise(random, dims, 0, 1), pred = noise(random, dims);
            if (kind === 'focal') target.data.forEach((_, j) => random.chance(0.2) && (target.data[j] = 1));
            for (let j = 0; j < target.data.length; j++) if (Math.abs(Math.abs(pred.data[j] - target.data[j]) - 0.6) < 0.45) pred.data[j] += 3; // from the kinks
            const weight = weights(random, random.pick([dims.slice(0, 2), dims, dims.map((d, axis) => axis === 1 ? 1 : d), dims.map((d, axis) => axis === 1 ? d : 1)]));
            const reduction = kind === 'focal' && random.chance(0.5) ? 'positive_mean' : random.pick(REDUCTIONS);
            const {loss, grad} = call(pred, target, weight, {...options, reduction});
            const of = (/** @type {any} */ at) => pointLoss64(kind, at, target, weight, reduction, options);
            const label = `${kind} ${dims} weight ${weight.dims} ${reduction}`;
            assertClose([loss], [of(pred)], {abs: 1e-7, rel: 1e-6}, label);
            assert.deepEqual(grad.dims, dims);
            assertClose(grad.data, numericGradient(pred, of), {abs: 1e-7, rel: 2e-6}, label);
        }
    }
});

test('random cross-entropies against the definition, gradients by central differences', () => {
    const random = new Random(12);
    for (let i = 0; i < 80; i++) {
        const dims = [random.integer(1, 3), random.integer(1, 3), ...random.pick([[1], [5, 3], [2, 3, 2], [4, 4]])];
        const maps = noise(random, dims, -5, 5), weight = weights(random, dims.slice(0, 2)), reduction = random.pick(REDUCTIONS);
        const cells = dims.slice(2).reduce((a, b) => a * b, 1);
        const target = random.chance(0.5) ? noise(random, dims, 0, 1)
            : {data: Int32Array.from(weight.data, () => random.integer(0, cells - 1)), dims: weight.dims};
        const {loss, grad, each} = heatmapCrossEntropy(maps, target, weight, {reduction});
        const want = crossEntropy64(maps, target, weight, reduction);
        assertClose([loss], [want.loss], {abs: 1e-6, rel: 1e-6}, `${dims} ${reduction}`);
        assertClose(each.data, want.each, {abs: 1e-6, rel: 1e-6});
        assertClose(grad.data, numericGradient(maps, (at) => crossEntropy64(at, target, weight, reduction).loss), {abs: 2e-6, rel: 1e-6}, `${dims} ${reduction}`);
    }
});

test('random SimCC divergences against the definition, gradients by central differences', () => {
    const random = new Random(13);
    for (let i = 0; i < 40; i++) {
        const [N, K, W, H] = [random.integer(1, 3), random.integer(1, 4), random.integer(1, 11), random.integer(1, 6)];
        const weight = weights(random, [N, K]);
        weight.data[0] = 1;
        const reduction = random.pick(/** @type {const} */ ([...REDUCTIONS, 'joint_mean']));
        const options = {beta: random.pick([1, 3]), labelBeta: random.pick([0, 2])};
        const x = noise(random, [N, K, W]), y = noise(random, [N, K, H]);
        const target = {x: noise(random, [N, K, W], 0, 1), y: noise(random, [N, K, H], 0, 1)};
        target.x.data[0] = 0;
        const {loss, grad} = simccLoss({x, y}, target, weight, {...options, reduction});
        const of = (/** @type {any} */ a, /** @type {any} */ b) => simcc64([a, b], [target.x, target.y], weight, reduction, options);
        assertClose([loss], [of(x, y)], {abs: 1e-6, rel: 1e-6}, reduction);
        assertClose(grad.x.data, numericGradient(x, (at) => of(at, y)), {abs: 1e-6, rel: 2e-6}, reduction);
        assertClose(grad.y.data, numericGradient(y, (at) => of(x, at)), {abs: 1e-6, rel: 2e-6}, reduction);
    }
});

test('random hardest maps against the definition, gradients by central differences', () => {
    const random = new Random(14);
    for (let i = 0; i < 40; i++) {
        const dims = [random.integer(1, 3), random.integer(1, 6), random.integer(1, 3), random.integer(1, 5)];
        const maps = noise(random, dims), target = noise(random, dims), weight = weights(random, dims.slice(0, 2)), hardest = random.integer(1, dims[1]);
        const {loss, grad} = heatmapMse(maps, target, weight, {hardest});
        const of = (/** @type {any} */ at) => hardest64(at, target, weight, hardest);
        assertClose([loss], [of(maps)], {abs: 1e-7, rel: 1e-6});
        assertClose(grad.data, numericGradient(maps, of), {abs: 1e-7, rel: 2e-6});
    }
});

test('OpenPose: a stage is a masked sum of squares, gradients by central differences', () => {
    const random = new Random(15);
    const pred = {pafs: noise(random, [3, 2, 4, 3, 2]), heatmaps: noise(random, [1, 2, 3, 3, 2])};
    const target = {pafs: noise(random, [2, 4, 3, 2]), heatmaps: noise(random, [2, 3, 3, 2])}, mask = weights(random, [2, 1, 3, 2]);
    const loss64 = (/** @type {any} */ maps, /** @type {any} */ to) => {
        let sum = 0;
        for (let i = 0; i < maps.data.length; i++) {
            const [n, cell] = [Math.floor(i / (to.data.length / 2)) % 2, i % 6];
            sum += mask.data[n * 6 + cell] * (maps.data[i] - to.data[i % to.data.length]) ** 2;
        }
        return sum / 4;
    };
    const {loss, stages, grad} = openposeLoss(pred, target, mask, {reduction: 'half_batch_mean'});
    assertClose([loss], [loss64(pred.pafs, target.pafs) + loss64(pred.heatmaps, target.heatmaps)], {rel: 1e-6});
    assert.deepEqual([stages.pafs.length, stages.heatmaps.length], [3, 1]);
    assertClose([stages.heatmaps[0]], [4 * loss64(pred.heatmaps, target.heatmaps)], {rel: 1e-6});
    assertClose(grad.pafs.data, numericGradient(pred.pafs, (at) => loss64(at, target.pafs)), 1e-6);
    assertClose(grad.heatmaps.data, numericGradient(pred.heatmaps, (at) => loss64(at, target.heatmaps)), 1e-6);
});

test('weight 0: exactly no gradient, whatever is there', () => {
    const random = new Random(16);
    const dims = [2, 3, 3, 3], seen = tensor([1, 0, 1, 0, 0, 1], [2, 3]);
    const maps = noise(random, dims), target = noise(random, dims, 0, 1);
    const hide = (/** @type {any} */ t, /** @type {number} */ value) => ({...t, data: Float32Array.from(t.data, (v, i) => seen.data[Math.floor(i / 9)] ? v : value)});
    const joints = (/** @type {any} */ t) => ({...t, dims: [2, 3, 9]});
    /** @type {[string, (maps: any, target: any, weight: any) => any][]} */
    const calls = [
        ['hardest', (m, t, w) => heatmapMse(m, t, w, {hardest: 2})], ['entropy', heatmapCrossEntropy],
        ['cell', (m, _, w) => heatmapCrossEntropy(m, {data: Int32Array.of(1, 99, 2, -1, -7, 3), dims: [2, 3]}, w)],
    ];
    for (const [kind, call, options] of POINTS) {
        calls.push([kind, call === jointLoss ? (m, t, w) => jointLoss(joints(m), joints(t), w, options) : (m, t, w) => call(m, t, w, options)]);
    }
    for (const [name, call] of calls) {
        const want = call(maps, target, seen);
        assert.ok(want.loss !== 0 && want.grad.data.some((/** @type {number} */ g) => g !== 0), name);
        for (const bad of [NaN, Infinity, -Infinity, 3e38]) {
            assert.deepEqual(call(hide(maps, bad), hide(target, bad), seen), want, `${name} ${bad}`);
            const none = call({...maps, data: maps.data.map(() => bad)}, target, tensor(new Float32Array(6), [2, 3]));
            assert.equal(none.loss, 0, name);
            assert.ok(none.grad.data.every((/** @type {number} */ g) => Object.is(g, 0)), name);
        }
        assert.deepEqual(call(maps, target, tensor(seen.data.map((w) => w || NaN), [2, 3])), want, `${name}: a weight that is NaN is 0`);
        if (name !== 'cell') assert.ok(Number.isNaN(call(hide(maps, NaN), target, null).loss) || name === 'hardest', `${name}: NaN is seen where it counts`);
    }
});

test('weight 0 of single cells, and of a cell that is none', () => {
    const random = new Random(18), dims = [2, 2, 3, 3];
    const maps = noise(random, dims), target = noise(random, dims, 0, 1), mask = weights(random, dims);
    const hide = (/** @type {any} */ t, /** @type {number} */ value) => ({...t, data: Float32Array.from(t.data, (v, i) => mask.data[i] ? v : value)});
    for (const [kind, call, options] of POINTS.slice(5)) {
        const want = call(maps, target, mask, options);
        assert.ok(want.grad.data.every((/** @type {number} */ g, /** @type {number} */ i) => mask.data[i] !== 0 || Object.is(g, 0)), kind);
        for (const bad of [NaN, Infinity]) assert.deepEqual(call(hide(maps, bad), hide(target, bad), mask, options), want, kind);
    }
    const index = (/** @type {number} */ cell) => ({data: Int32Array.of(1, cell, 2, 8), dims: [2, 2]});
    const want = heatmapCrossEntropy(maps, index(0), tensor([1, 0, 1, 1], [2, 2]));
    for (const cell of [9, -1, 2 ** 31 - 1, -(2 ** 31)]) assert.deepEqual(heatmapCrossEntropy(maps, index(cell)), want, `${cell}`);
    assert.deepEqual(heatmapCrossEntropy(maps, tensor([1, 0.5, 2, 8], [2, 2])), want, 'half a cell is none');
});

test('logits of any size: finite losses, softmax that adds up to 1', () => {
    const maps = tensor([1e4, -1e4, 0, 3e38, -3e38, 1, 2, 3, -Infinity, 5], [1, 2, 5]);
    const bce = heatmapBce(maps, tensor([1, 0, 1, 1, 0, 0, 1, 0.5, 0, 1], [1, 2, 5]));
    assert.ok(Number.isFinite(bce.loss) || bce.grad.data.every((g) => Math.abs(g) <= 0.1));
    const {loss, grad} = heatmapCrossEntropy(maps, {data: Int32Array.of(3, 4), dims: [1, 2]});
    assert.ok(Number.isFinite(loss));
    for (const sum of [0, 5]) assert.ok(Math.abs(grad.data.subarray(sum, sum + 5).reduce((a, b) => a + b, 0)) < 1e-6, 'gradients of a softmax add up to 0');
    const focal = heatmapFocal(tensor([1e4, -1e4, 80, -80], [1, 1, 4]), tensor([1, 0, 0, 1], [1, 1, 4]));
    assert.equal(focal.loss, 160 / 2 + 0);
});

test('a perfect prediction costs nothing; float16 and quantised maps are read', () => {
    const random = new Random(17), maps = noise(random, [1, 2, 3, 3], 0, 1);
    assert.equal(heatmapMse(maps, maps).loss, 0);
    assert.equal(heatmapWing(maps, maps).loss, 0);
    const p = noise(random, [1, 2, 9]);
    assert.ok(Math.abs(simccLoss({x: p, y: p}, {x: p, y: p}).loss) < 1e-8);
    const bytes = {data: Uint8Array.of(0, 64, 128, 255), dims: [1, 1, 4], scale: 1 / 64, zeroPoint: 64};
    assert.equal(heatmapMse(bytes, tensor([-1, 0, 1, 0], [1, 1, 4]), null, {reduction: 'sum'}).loss, (191 / 64) ** 2);
    assert.equal(jointLoss(tensor([], [0, 2, 2]), tensor([], [0, 2, 2])).loss, 0, 'of nobody');
});

test('what is wrong is named', () => {
    const joints = tensor([1, 2, 3, 4], [1, 2, 2]), maps = tensor([1, 2, 3, 4], [1, 2, 2]);
    const any = (/** @type {any} */ f) => f;
    assert.throws(() => any(jointLoss)(joints, joints, null, {kind: 'l3'}), /kind: expected one of l1, l2, smooth_l1, huber, wing, got l3/);
    assert.throws(() => any(jointLoss)(joints, joints, null, {reduction: 'none'}), /reduction: expected one of sum, mean, batch_mean, weight_mean/);
    assert.throws(() => jointLoss(joints, tensor([1, 2], [1, 1, 2])), /target: expected shape \[1, 2, 2\]/);
    assert.throws(() => jointLoss(joints, joints, tensor([1, 1, 1], [1, 3])), /weight: expected shape \[1, 2\], or \[1, 2, 2\] with 1/);
    assert.throws(() => jointLoss(joints, joints, null, {kind: 'huber', delta: 0}), /delta: expected above 0/);
    assert.throws(() => jointLoss(joints, joints, null, {kind: 'smooth_l1', beta: -1}), /beta: expected at least 0/);
    assert.throws(() => heatmapMse(tensor([1, 2], [1, 2]), tensor([1, 2], [1, 2])), /maps: expected shape \[N, K, H, W\]/);
    assert.throws(() => heatmapMse(maps, maps, null, {hardest: 3}), /hardest: expected an integer from 1 to 2/);
    assert.throws(() => heatmapMse(maps, maps, null, {hardest: 1, reduction: 'sum'}), /reduction: expected 'mean'/);
    assert.throws(() => heatmapCrossEntropy(maps, tensor([1], [1, 1])), /target: expected shape \[1, 2\]/);
    assert.throws(() => heatmapCrossEntropy(tensor([], [1, 2, 0]), tensor([], [1, 2, 0])), /maps: expected at least one cell/);
    assert.throws(() => any(simccLoss)({x: maps}, {x: maps, y: maps}), /pred.y: expected a tensor/);
    assert.throws(() => any(openposeLoss)({}, {}), /pred.pafs: expected a tensor/);
    assert.throws(() => any(openposeLoss)({}, {}, null, {reduction: 'mean'}), /reduction: expected one of sum, batch_mean, half_batch_mean/);
});
