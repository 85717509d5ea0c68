import assert from 'node:assert/strict';
import {test} from 'node:test';
import {defaultBoxes, ssdAnchors} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';

/** @param {{data: Float32Array}} anchors @param {number} i */
const at = ({data}, i) => data.subarray(4 * i, 4 * i + 4);

test('the 1917 anchors of SSD MobileNet', () => {
    const anchors = ssdAnchors();
    assert.deepEqual(anchors.dims, [1917, 4]);
    // 19 x 19 cells of three, then 10, 5, 3, 2 and 1 squared of six; scales .2, .35, .5, .65, .8, .95.
    /** @type {[number, number[]][]} */
    const known = [
        [0, [0.5 / 19, 0.5 / 19, 0.1, 0.1]],
        [1, [0.5 / 19, 0.5 / 19, 0.2 * Math.SQRT2, 0.2 / Math.SQRT2]],
        [2, [0.5 / 19, 0.5 / 19, 0.2 / Math.SQRT2, 0.2 * Math.SQRT2]],
        [3, [1.5 / 19, 0.5 / 19, 0.1, 0.1]],
        [57, [0.5 / 19, 1.5 / 19, 0.1, 0.1]],
        [1082, [18.5 / 19, 18.5 / 19, 0.2 / Math.SQRT2, 0.2 * Math.SQRT2]],
        [1083, [0.05, 0.05, 0.35, 0.35]],
        [1084, [0.05, 0.05, 0.35 * Math.SQRT2, 0.35 / Math.SQRT2]],
        [1085, [0.05, 0.05, 0.35 / Math.SQRT2, 0.35 * Math.SQRT2]],
        [1086, [0.05, 0.05, 0.35 * Math.sqrt(3), 0.35 / Math.sqrt(3)]],
        [1087, [0.05, 0.05, 0.35 * Math.sqrt(0.3333), 0.35 / Math.sqrt(0.3333)]],
        [1088, [0.05, 0.05, Math.sqrt(0.35 * 0.5), Math.sqrt(0.35 * 0.5)]],
        [1683, [0.1, 0.1, 0.5, 0.5]],
        [1833, [0.5 / 3, 0.5 / 3, 0.65, 0.65]],
        [1887, [0.25, 0.25, 0.8, 0.8]],
        [1911, [0.5, 0.5, 0.95, 0.95]],
        [1916, [0.5, 0.5, Math.sqrt(0.95), Math.sqrt(0.95)]],
    ];
    for (const [i, anchor] of known) assertClose(at(anchors, i), anchor, 1e-7, `anchor ${i}`);
});

test('the 896 anchors of BlazeFace, front and back', () => {
    const face = {minScale: 0.1484375, maxScale: 0.75, ratios: [1], reduceLowest: false, fixedSize: true};
    const front = ssdAnchors({...face, size: [128, 128], strides: [8, 16, 16, 16]});
    assert.deepEqual(front.dims, [896, 4]);
    assertClose(at(front, 0), [1 / 32, 1 / 32, 1, 1]);
    assertClose(at(front, 1), [1 / 32, 1 / 32, 1, 1]);
    assertClose(at(front, 2), [3 / 32, 1 / 32, 1, 1]);
    assertClose(at(front, 511), [31 / 32, 31 / 32, 1, 1]);
    for (const i of [512, 517]) assertClose(at(front, i), [1 / 16, 1 / 16, 1, 1]);
    assertClose(at(front, 518), [3 / 16, 1 / 16, 1, 1]);
    assertClose(at(front, 895), [15 / 16, 15 / 16, 1, 1]);
    assert.deepEqual(ssdAnchors({...face, size: [256, 256], strides: [16, 32, 32, 32]}), front);
    assert.equal(ssdAnchors({...face, size: [192, 192], strides: [4]}).dims[0], 48 * 48 * 2, 'one layer');
    assert.equal(ssdAnchors({...face, size: [224, 224], strides: [8, 16, 32, 32, 32]}).dims[0], 2254, 'BlazePose');
    assert.equal(ssdAnchors({...face, size: [192, 192], strides: [8, 16, 16, 16]}).dims[0], 2016, 'palms');
});

test('an input that is not square: width first', () => {
    const anchors = ssdAnchors({size: [64, 32], strides: [16], ratios: [1], reduceLowest: false, interpolatedRatio: 0});
    assert.deepEqual(anchors.dims, [8, 4]);
    assertClose(at(anchors, 0), [0.125, 0.25, 0.575, 0.575], 1e-7);
    assertClose(at(anchors, 4), [0.125, 0.75, 0.575, 0.575], 1e-7);
    assert.equal(ssdAnchors({size: [65, 33], strides: [16], ratios: [1], reduceLowest: false, interpolatedRatio: 0}).dims[0], 15, 'cells are rounded up');
    assert.deepEqual(ssdAnchors({strides: []}).dims, [0, 4]);
});

test('the 8732 boxes of SSD300', () => {
    const boxes = defaultBoxes();
    assert.deepEqual(boxes.dims, [8732, 4]);
    assertClose(at(boxes, 0), [4 - 10.5, 4 - 10.5, 4 + 10.5, 4 + 10.5], 1e-5);
    const between = 150 * Math.sqrt(0.07 * 0.15);
    assertClose(at(boxes, 1), [4 - between, 4 - between, 4 + between, 4 + between], 1e-5);
    assertClose(at(boxes, 2), [4 - 10.5 * Math.SQRT2, 4 - 10.5 / Math.SQRT2, 4 + 10.5 * Math.SQRT2, 4 + 10.5 / Math.SQRT2], 1e-5);
    assertClose(at(boxes, 4), [12 - 10.5, 4 - 10.5, 12 + 10.5, 4 + 10.5], 1e-5);
    assertClose(at(boxes, 8731), [150 - 130.5 / Math.SQRT2, 0, 150 + 130.5 / Math.SQRT2, 300], 1e-4, 'as high as the input at most');
});

testGolden('boxes.default_boxes', ({params, outputs: {boxes}}) => {
    const turn = (/** @type {number[]} */ [height, width]) => /** @type {[number, number]} */ ([width, height]);
    const attempt = (/** @type {(pair: any) => any} */ order) => defaultBoxes({
        size: order(params.image_size), grids: params.grid_sizes.map(order), ratios: params.aspect_ratios, minRatio: params.min_ratio,
        maxRatio: params.max_ratio, scales: params.scales, steps: params.steps, clip: params.clip,
    });
    assertGolden(attempt(turn), boxes);
});

test('mistakes are named', () => {
    const any = (/** @type {any} */ value) => value;
    for (const call of [
        () => ssdAnchors({strides: [0]}), () => ssdAnchors({strides: [8, -8]}), () => ssdAnchors({strides: [2.5]}),
        () => ssdAnchors({strides: any('8')}), () => ssdAnchors({size: any(300)}), () => ssdAnchors({size: any([0, 5])}), () => ssdAnchors({minScale: NaN}),
        () => ssdAnchors({size: [1e9, 1e9]}), () => defaultBoxes({size: any(300)}), () => defaultBoxes({grids: [[1e9, 1e9]]}), () => defaultBoxes({ratios: any(null)}),
    ]) assert.throws(call, (error) => ['TypeError', 'RangeError'].includes(/** @type {Error} */ (error).name) && /: expected /.test(/** @type {Error} */ (error).message));
});
