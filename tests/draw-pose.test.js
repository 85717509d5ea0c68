import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createCanvas} from '@napi-rs/canvas';
import {PALETTE, drawMask, drawPoses} from '../js/draw.js';
import {View} from '../js/view.js';

const PLAIN = {halo: false, lineWidth: 4, radius: 0, scale: 1};
const LINE = {limbs: /** @type {[number, number][]} */ ([[0, 1], [1, 2]])};

const canvas = (side = 40) => createCanvas(side, side).getContext('2d');
/** @param {any} ctx @param {number} x @param {number} y */
const pixel = (ctx, x, y) => [...ctx.getImageData(x, y, 1, 1).data];
/** @param {any} ctx @param {number} x @param {number} y */
const hex = (ctx, x, y) => `#${pixel(ctx, x, y).slice(0, 3).map((v) => v.toString(16).padStart(2, '0')).join('')}`;
/** @param {number} y @param {number[]} scores of three joints at x = 5, 20, 35 */
const pose = (y, scores = [1, 1, 1]) => ({keypoints: Float32Array.from([5, 20, 35].flatMap((x, j) => [x, y, scores[j]]))});

test('limbs join the joints that were found, and no others', () => {
    const ctx = canvas();
    drawPoses(ctx, [pose(5), pose(15, [1, 1, 0]), pose(25, [1, .2, 1]), pose(35, [1, NaN, 1])], LINE, {...PLAIN, color: '#ff0000', minScore: .3});
    const drawn = [5, 15, 25, 35].map((y) => [12, 28].map((x) => pixel(ctx, x, y)[3] === 255));
    assert.deepEqual(drawn, [[true, true], [true, false], [false, false], [false, false]]);
    assert.equal(pixel(ctx, 12, 9)[3], 0);
});

test('joints: rings as wide as asked, dots with fill, through the transform', () => {
    for (const [fill, middle] of /** @type {[boolean, number][]} */ ([[false, 0], [true, 255]])) {
        const ctx = canvas();
        ctx.scale(2, 2);
        drawPoses(ctx, [{keypoints: [10, 10, 1]}], {limbs: []}, {...PLAIN, lineWidth: 2, radius: 6, color: '#ff0000', fill});
        assert.equal(hex(ctx, 25, 19), '#ff0000');
        assert.equal(pixel(ctx, 20, 20)[3], middle);
        assert.equal(pixel(ctx, 30, 20)[3], 0);
    }
});

test('colours: of the identity, of the limbs where nobody has one, or as asked', () => {
    const people = [{...pose(5), id: 14}, pose(15), {...pose(25), id: 3}], skeleton = {...LINE, colors: ['#010203', '#040506']};
    /** @param {object} style @param {any} [bones] */
    const colors = (style, bones = skeleton) => {
        const ctx = canvas();
        drawPoses(ctx, people, bones, {...PLAIN, ...style});
        return [5, 15, 25].map((y) => [hex(ctx, 12, y), hex(ctx, 28, y)]);
    };
    /** @param {number} id */
    const both = (id) => [PALETTE[id % PALETTE.length], PALETTE[id % PALETTE.length]];
    assert.deepEqual(colors({}), [both(14), ['#010203', '#040506'], both(3)]);
    assert.deepEqual(colors({}, LINE), [both(14), both(1), both(3)]);
    assert.deepEqual(colors({color: (/** @type {number} */ i, /** @type {number} */ id) => `#0000${i}${id % 10}`}),
        ['#000004', '#000011', '#000023'].map((c) => [c, c]));
});

test('the best is on top, the first of equals, and one whose score is no number at the bottom', () => {
    const colors = ['#111111', '#222222', '#333333', '#444444'], top = (/** @type {any[]} */ ...scores) => {
        const ctx = canvas();
        drawPoses(ctx, scores.map((score) => ({...pose(5), score})), LINE, {...PLAIN, color: (i) => colors[i]});
        return colors.indexOf(hex(ctx, 12, 5));
    };
    assert.deepEqual([top(.1, .9, .5), top(.5, .5), top(NaN, .1), top(undefined, NaN)], [1, 0, 1, 0]);
});

test('halos lie below every limb of their figure', () => {
    const ctx = canvas();
    drawPoses(ctx, [{keypoints: [5, 20, 1, 35, 20, 1, 20, 5, 1, 20, 35, 1]}], {limbs: [[0, 1], [2, 3]], colors: ['#ff0000', '#00ff00']},
        {...PLAIN, halo: '#0000ff', lineWidth: 4});
    assert.deepEqual([10, 16, 17].map((x) => hex(ctx, x, 20)), ['#ff0000', '#ff0000', '#ff0000']);
    assert.deepEqual([20, 10].map((x) => hex(ctx, x, 22)), ['#00ff00', '#0000ff']);
});

test('labels: none, or identity and score', () => {
    /** @param {any} style */
    const texts = (style) => {
        const ctx = canvas(200);
        /** @type {string[]} */
        const written = [];
        const fillText = ctx.fillText.bind(ctx);
        ctx.fillText = (text, ...place) => (written.push(text), fillText(text, ...place));
        drawPoses(ctx, [{...pose(100), id: 7, score: .876}, {...pose(50), score: NaN}, {...pose(150, [0, 0, 0]), id: 1}], LINE, style);
        return written;
    };
    assert.deepEqual(texts({}), []);
    assert.deepEqual(texts({label: true}), ['#7 88%']);
    assert.deepEqual(texts({label: (/** @type {number} */ i) => `person ${i}`}).sort(), ['person 0', 'person 1']);
});

test('a mask: as much colour as its values say, over a box, no more outside', () => {
    const ctx = canvas();
    drawMask(ctx, {data: Float32Array.of(0, .5, 1, 7, NaN, -1), dims: [1, 2, 3, 1]}, {box: [0, 0, 33, 22], color: '#ff8000', opacity: .8});
    const alphas = [[5, 5], [16, 5], [27, 5], [5, 16], [16, 16], [27, 16], [35, 5]].map(([x, y]) => pixel(ctx, x, y)[3]);
    for (const [i, expected] of [0, 102, 204, 204, 0, 0, 0].entries()) assert.ok(Math.abs(alphas[i] - expected) <= 2, `${alphas}`);
    assert.equal(hex(ctx, 27, 5), '#ff8000');
    const hard = canvas();
    drawMask(hard, {data: [.4, .5], dims: [1, 2]}, {box: [0, 0, 40, 20], color: 'blue', threshold: .5});
    assert.deepEqual([pixel(hard, 5, 10)[3], pixel(hard, 35, 10)], [0, [0, 0, 255, 128]]);
    const units = canvas();
    drawMask(units, {data: [1, 0], dims: [1, 2]}, {opacity: 1, threshold: .5});
    assert.deepEqual([hex(units, 0, 0), pixel(units, 2, 0)[3], pixel(units, 0, 1)[3]], [PALETTE[0], 0, 0]);
});

test('a mask through a turned view lies where the view says, whatever its own size', () => {
    const view = View.crop({x: 20, y: 20, width: 24, height: 24, angle: .6}, 256, 256);
    for (const side of [32, 64]) {
        const ctx = canvas();
        const data = Float32Array.from({length: side * side}, (_, i) => i % side < side / 2 && i < side * side / 2 ? 1 : 0);
        drawMask(ctx, {data, dims: [side, side]}, {view, color: '#ff0000', opacity: 1, threshold: .5});
        for (let y = 0; y < 40; y++) {
            for (let x = 0; x < 40; x++) {
                const [u, v] = view.toTensor([x + .5, y + .5]), edge = Math.min(...[u, v].flatMap((w) => [Math.abs(w), Math.abs(w - 128)]));
                if (edge > 16) assert.equal(pixel(ctx, x, y)[3], u > 0 && v > 0 && u < 128 && v < 128 ? 255 : 0, `${side}: ${x}, ${y}`);
            }
        }
    }
});

test('what is wrong is named, and the context is left as it was', () => {
    const ctx = canvas(), bad = /** @type {any} */ ('x');
    ctx.translate(3, 4);
    const state = () => JSON.stringify([ctx.lineWidth, ctx.globalAlpha, ctx.imageSmoothingEnabled, ctx.fillStyle, ctx.getTransform()]);
    const before = state();
    assert.throws(() => drawPoses(ctx, bad, LINE), /poses: expected an array, got x/);
    assert.throws(() => drawPoses(ctx, [{keypoints: bad}], LINE), /poses\[0\]\.keypoints: expected an array/);
    assert.throws(() => drawPoses(ctx, [{keypoints: [1, 2]}], LINE), /poses\[0\]\.keypoints: expected x, y, score of each, got 2 numbers/);
    assert.throws(() => drawPoses(ctx, [], bad), /skeleton\.limbs: expected an array/);
    assert.throws(() => drawPoses(ctx, [], {limbs: [[0, 1], bad]}), /skeleton\.limbs\[1\]: expected an array/);
    assert.throws(() => drawPoses(ctx, [pose(5)], {...LINE, colors: ['red', 'no such']}), /skeleton\.colors\[1\]: expected a CSS colour, got no such/);
    assert.throws(() => drawPoses(ctx, [pose(5)], LINE, {color: 'no such'}), /style\.color: expected a CSS colour/);
    assert.throws(() => drawPoses(ctx, [pose(5)], LINE, {minScore: NaN}), /style\.minScore/);
    assert.throws(() => drawPoses(bad, [pose(5)], LINE), /ctx: expected a 2D drawing context/);
    assert.throws(() => drawPoses(ctx, [pose(5)], LINE, /** @type {any} */ (null)), /style: expected an object/);
    assert.throws(() => drawMask(ctx, bad), /mask: expected a tensor \[H, W\]/);
    assert.throws(() => drawMask(ctx, {data: [1], dims: [2, 2]}), /mask\.data: expected 4 numbers, got 1/);
    assert.throws(() => drawMask(ctx, {data: [1], dims: [1, 1]}, {view: bad}), /style\.view\.matrix: expected an array/);
    assert.throws(() => drawMask(ctx, {data: [1], dims: [1, 1]}, {box: [1, 2]}), /style\.box: expected 4 numbers, got 2/);
    assert.throws(() => drawMask(ctx, {data: [1], dims: [1, 1]}, {color: 'no such'}), /style\.color: expected a CSS colour/);
    assert.throws(() => drawMask(ctx, {data: [1], dims: [1, 1]}, {opacity: -1}), /style\.opacity/);
    drawPoses(ctx, [], LINE), drawPoses(ctx, [{keypoints: []}, {keypoints: [1e30, -1e30, 1, Infinity, 1, 1, NaN, 1, 1]}], {limbs: [[0, 9], [0, 1]]});
    drawMask(ctx, {data: [1], dims: [1, 1]}, {view: View.identity()});
    assert.equal(state(), before);
});
