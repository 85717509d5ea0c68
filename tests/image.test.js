import assert from 'node:assert/strict';
import {test} from 'node:test';
import {FITS, View, init, resizeMaps, toTensor} from '../js/index.js';
import {assertClose} from './close.js';
import {assertGolden, testGolden} from './golden.js';
import {TAPS, resampled, tensor64} from './image64.js';
import {Random} from './random.js';

await init();

/** How many levels of a byte float32 may be off: of two to sixteen taps, and of as many as there are pixels. */
const [ROUNDING, SUMMED] = [2e-4, 4e-3];

/** @param {any} frame @param {any} options @returns {any} */
const prepared = (frame, options) => toTensor(frame, options);
/** @param {any} frame @param {any} options */
const floats = (frame, options) => prepared(frame, options).tensor.data;

/** @param {number} width @param {number} height @param {(x: number, y: number) => number[]} rgb */
function drawn(width, height, rgb) {
    const data = new Uint8Array(width * height * 4);
    for (let i = 0; i < width * height; i++) data.set([...rgb(i % width, Math.floor(i / width)), 7 * i], 4 * i);
    return {data, width, height};
}

/** [3][H][W] of either layout. @param {any} data @param {string} layout */
const planes = (data, layout) => layout === 'NCHW' ? data : Array.from(data, (_, i) => data[(i % (data.length / 3)) * 3 + Math.floor(i / (data.length / 3))]);

/**
 * toTensor against the definition, whatever the options.
 *
 * @param {any} frame
 * @param {any} options
 */
function check(frame, options) {
    const {tensor, view} = prepared(frame, options);
    const {dtype = 'float32', layout = 'NCHW'} = options;
    const three = (/** @type {any} */ v) => (typeof v === 'number' ? [v, v, v] : v);
    const all = {
        resize: 'bilinear', order: 'RGB', width: frame.width, height: frame.height, ...options, view, scale: options.scale ?? (dtype === 'float32' ? 1 / 255 : 1),
        fill: three(options.fill ?? 114), mean: three(options.mean ?? 0), std: three(options.std ?? 1),
    };
    const about = JSON.stringify({...options, view: options.view?.matrix, frame: [frame.width, frame.height]});
    assert.deepEqual(tensor.dims, layout === 'NCHW' ? [1, 3, all.height, all.width] : [1, all.height, all.width, 3], about);
    const [got, want] = [planes(tensor.data, layout), tensor64(frame, all)];
    const error = Math.max(...all.std.map((/** @type {number} */ s) => Math.abs(all.scale / s))) * (all.resize === 'area' ? SUMMED : ROUNDING);
    if (dtype === 'float32') return assertClose(got, want, {abs: error, rel: 2e-6}, about);
    const [low, high] = dtype === 'uint8' ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1];
    want.forEach((v, i) => {
        const exact = Math.min(Math.max(v, low), high);
        assert.ok(Number.isInteger(got[i]) && Math.abs(got[i] - exact) <= 0.5 + error + 2e-6 * Math.abs(v), `${about}: value ${i}: got ${got[i]}, want ${v}`);
    });
}

/** @param {Random} random @param {string[]} resizes */
function anyOptions(random, resizes) {
    const some = (/** @type {number} */ low, /** @type {number} */ high) => random.chance(0.5) ? random.between(low, high) : [0, 1, 2].map(() => random.between(low, high));
    return {
        width: random.integer(1, 24), height: random.integer(1, 24), resize: random.pick(resizes), order: random.pick(['RGB', 'BGR']),
        layout: random.pick(['NCHW', 'NHWC']), dtype: random.pick(['float32', 'float32', 'int32', 'uint8']),
        ...(random.chance(0.5) && {mean: some(-3, 3), std: some(0.2, 3), scale: random.between(0.001, 2)}),
        ...(random.chance(0.5) && {fill: some(0, 255)}),
    };
}

test('a letterbox worked by hand', () => {
    // 2 x 1 pixels in 4 x 4: a row of lerps, twice, between rows of fill.
    const frame = drawn(2, 1, (x) => [x ? 200 : 100, 50, 0]);
    const {tensor, view} = toTensor(frame, {width: 4, height: 4, scale: 1, fill: 9});
    assert.deepEqual(tensor.dims, [1, 3, 4, 4]);
    const [pad, row] = [[9, 9, 9, 9], [100, 125, 175, 200]];
    assert.deepEqual([...tensor.data], [...pad, ...row, ...row, ...pad, ...pad, ...new Array(8).fill(50), ...pad, ...pad, ...new Array(8).fill(0), ...pad]);
    assert.deepEqual([...view.matrix], [0.5, 0, 0, 0, 0.5, -0.5]);
});

test('normalised, reordered and interleaved by hand', () => {
    const frame = drawn(1, 1, () => [51, 102, 255]);
    assertClose(floats(frame, {}), [0.2, 0.4, 1], 1e-7);
    assertClose(floats(frame, {order: 'BGR', mean: [1, 0.4, 0], std: [1, 2, 0.1]}), [0, 0, 2], 1e-6);
    assert.deepEqual([...floats(frame, {scale: 1, dtype: 'int32', mean: 100})], [-49, 2, 155]);
    assert.deepEqual([...floats(frame, {dtype: 'uint8', mean: 100})], [0, 2, 155]);
    assert.deepEqual([...floats(frame, {dtype: 'uint8', scale: 2})], [102, 204, 255]);
    assert.deepEqual([...floats(drawn(2, 1, (x) => [x, x + 10, x + 20]), {layout: 'NHWC', scale: 1})], [0, 10, 20, 1, 11, 21]);
});

test('integers are rounded half to even, and saturate', () => {
    const frame = drawn(8, 1, (x) => [x, x + 100, 255 - x]);
    assert.deepEqual([...floats(frame, {dtype: 'uint8', scale: 0.5}).slice(0, 8)], [0, 0, 1, 2, 2, 2, 3, 4]);
    assert.deepEqual([...floats(frame, {dtype: 'int32', scale: -0.5}).slice(0, 8).map(Math.abs)], [0, 0, 1, 2, 2, 2, 3, 4]);
    assert.deepEqual([...floats(frame, {dtype: 'uint8', scale: -1}).slice(0, 8)], new Array(8).fill(0));
    assert.deepEqual([...floats(frame, {dtype: 'int32', scale: 1e9}).slice(0, 4)], [0, 1e9, 2e9, 2 ** 31 - 1]);
    assert.deepEqual([...floats(frame, {dtype: 'int32', scale: -1e9}).slice(2, 4)], [-2e9, -(2 ** 31)]);
});

const MODES = /** @type {Record<string, any>} */ ({
    aa_bilinear: 'antialias', adaptive_area: 'adaptive', linear: 'bilinear', nearest: 'nearest', nearest_exact: 'nearest_exact',
    bilinear: 'bilinear', bicubic: 'bicubic', area: 'area',
});

/** @param {any} params of a golden case @param {any} rgba */
const letterboxed = ({dw, dh, pad, order, mean, std, mode, scaleup}, rgba) => toTensor(
    {data: rgba.data, width: rgba.dims[1], height: rgba.dims[0]},
    {width: dw, height: dh, fill: pad, order: order.toUpperCase(), mean, std, resize: MODES[mode], scaleUp: scaleup});

for (const name of ['image.letterbox', 'image.letterbox_cv_u8']) {
    testGolden(name, ({params, inputs, outputs}) => {
        const {tensor, view} = letterboxed(params, inputs.rgba);
        assertGolden(tensor, outputs.tensor);
        const {left, top, width, height} = view.place ?? assert.fail('no place');
        assert.deepEqual([width, height, left, top], [...outputs.geometry.data]);
    });
}

testGolden('image.normalize', ({params: {mean, std, order}, inputs: {rgba}, outputs}) => {
    const [height, width] = rgba.dims;
    assertGolden(toTensor({data: rgba.data, width, height}, {mean, std, order: order.toUpperCase()}).tensor, outputs.tensor);
});

testGolden('image.resize', ({params: {mode, ow, oh}, inputs: {x}, outputs}) => {
    assertGolden(resizeMaps(x, {width: ow, height: oh, resize: MODES[mode]}), outputs.y);
});

testGolden('image.area', ({params: {ow, oh}, inputs: {x}, outputs}) => {
    const {data, dims} = resizeMaps({data: x.data, dims: [1, ...x.dims]}, {width: ow, height: oh, resize: 'area', layout: 'NHWC'});
    assertGolden({data, dims: dims.slice(1)}, outputs.y);
});

testGolden('image.resize_u8', ({params: {mode, ow, oh}, inputs: {x}, outputs}) => {
    const [height, width, channels] = x.dims;
    const resize = MODES[mode];
    const {data, dims} = resizeMaps({data: x.data, dims: [1, ...x.dims]}, {width: ow, height: oh, resize, layout: 'NHWC'});
    assertGolden({data: data.map(Math.round), dims: dims.slice(1)}, outputs.y);
    const rgba = new Uint8Array(width * height * 4).map((_, i) => x.data[(i >> 2) * channels + Math.min(i & 3, channels - 1)]);
    const got = floats({data: rgba, width, height}, {width: ow, height: oh, fit: 'stretch', resize, dtype: 'uint8', layout: 'NHWC'});
    const want = Array.from(got, (_, i) => outputs.y.data[Math.floor(i / 3) * channels + Math.min(i % 3, channels - 1)]);
    assertClose(got, want, outputs.y.tolerance);
});

test('any picture into any tensor, against float64', () => {
    const random = new Random(100);
    for (let round = 0; round < 600; round++) {
        const options = {...anyOptions(random, Object.keys(TAPS)), fit: random.pick(Object.keys(FITS)), scaleUp: random.chance(0.7)};
        if (options.fit === 'mediapipe') options.resize = random.pick(['bilinear', 'area']);
        check(random.picture(random.integer(1, 40), random.integer(1, 40)), options);
    }
});

test('every combination of options, once', () => {
    const random = new Random(101);
    const frame = random.picture(13, 9);
    for (const fit of ['letterbox', 'cover', 'stretch']) {
        for (const resize of Object.keys(TAPS)) {
            for (const layout of ['NCHW', 'NHWC']) {
                for (const order of ['RGB', 'BGR']) {
                    for (const dtype of ['float32', 'int32', 'uint8']) check(frame, {width: 7, height: 11, fit, resize, layout, order, dtype});
                }
            }
        }
    }
});

test('halving, as 1280 x 720 to 640, of every width', () => {
    const random = new Random(102);
    for (let width = 1; width <= 37; width++) {
        const frame = random.picture(2 * width, 2 * random.integer(1, 3));
        const half = {width, height: frame.height / 2};
        check(frame, half);
        check(frame, {...half, height: half.height + 3, layout: 'NHWC', order: 'BGR'});
        check(frame, {width: Math.max(width - 3, 1), height: half.height, fit: 'cover', dtype: 'uint8'});
        const exact = floats(frame, {...half, scale: 1});
        for (let i = 0; i < exact.length; i++) assert.equal(exact[i] * 4 % 1, 0, 'means of four bytes are exact');
    }
});

test('one pixel, one row, one column; and as wide as can be', () => {
    const random = new Random(103);
    for (const [w, h] of [[1, 1], [1, 9], [9, 1], [2, 1], [1, 2]]) {
        for (const [width, height] of [[1, 1], [5, 7], [1, 6], [6, 1], [16, 16]]) {
            for (const resize of Object.keys(TAPS)) {
                for (const fit of ['letterbox', 'stretch', 'cover']) check(random.picture(w, h), {width, height, resize, fit});
            }
        }
    }
    const dot = floats(drawn(1, 1, () => [10, 20, 30]), {width: 5, height: 7, scale: 1, fit: 'stretch'});
    assert.deepEqual([...dot], [10, 20, 30].flatMap((v) => new Array(35).fill(v)));
    const wide = random.picture(65535, 1);
    check(wide, {width: 3, height: 2});
    check(wide, {width: 3, height: 1, resize: 'area', fit: 'stretch'});
    check(wide, {width: 2, height: 2, fit: 'cover'});
    const long = toTensor(random.picture(1, 2), {width: 65535, height: 1, fit: 'cover', resize: 'nearest'}).tensor;
    assert.equal(long.data.length, 3 * 65535);
});

test('a rotated crop, against float64, fill and all', () => {
    const random = new Random(104);
    for (let round = 0; round < 300; round++) {
        const frame = random.picture(random.integer(1, 30), random.integer(1, 30));
        const options = anyOptions(random, ['bilinear', 'area', 'nearest']);
        const view = View.crop({
            x: random.between(-5, frame.width + 5), y: random.between(-5, frame.height + 5),
            width: random.between(0.5, 60), height: random.between(0.5, 60), angle: random.between(-4, 4),
        }, options.width, options.height);
        check(frame, {...options, view});
    }
    const upright = random.picture(8, 6);
    const whole = View.crop({x: 4, y: 3, width: 8, height: 6}, 8, 6);
    assert.deepEqual(floats(upright, {view: whole}), floats(upright, {}), 'the whole picture');
    const turned = floats(upright, {view: View.crop({x: 4, y: 3, width: 6, height: 8, angle: Math.PI / 2}, 6, 8), scale: 1});
    for (let i = 0; i < 8; i++) {
        for (let j = 0; j < 6; j++) assertClose([turned[i * 6 + j]], [upright.data[4 * (j * 8 + 7 - i)]], 1e-3, 'a quarter turn');
    }
    const nowhere = floats(upright, {view: View.crop({x: 1e30, y: 0, width: 1e25, height: 1}, 4, 4), fill: [1, 2, 3], scale: 1});
    assert.deepEqual([...nowhere], [1, 2, 3].flatMap((v) => new Array(16).fill(v)));
    for (const resize of ['nearest', 'area']) assert.deepEqual(floats(upright, {view: new View([1e300, 0, 1e300, 0, 1, 0]), resize}), floats(upright, {view: new View([0, 0, -9, 0, 0, -9])}));
});

test('a fit through its view is the same picture', () => {
    const random = new Random(105);
    const frame = random.picture(20, 30);
    const {tensor, view} = toTensor(frame, {width: 40, height: 40});
    const through = toTensor(frame, {view});
    assert.equal(through.view, view);
    assert.deepEqual(through.tensor.dims, tensor.dims, 'the size is the view\'s');
    const {left, top, width, height} = view.place ?? assert.fail('no place');
    for (let y = top + 2; y < top + height - 2; y++) {
        for (let x = left + 2; x < left + width - 2; x++) assertClose([through.tensor.data[y * 40 + x]], [tensor.data[y * 40 + x]], 1e-6);
    }
});

test('alpha counts for nothing, and the picture is left as it is', () => {
    const random = new Random(106);
    const frame = random.picture(9, 5);
    const opaque = {...frame, data: frame.data.map((v, i) => (i % 4 === 3 ? 255 : v))};
    const before = frame.data.slice();
    for (const resize of Object.keys(TAPS)) assert.deepEqual(floats(frame, {width: 6, height: 6, resize}), floats(opaque, {width: 6, height: 6, resize}));
    assert.deepEqual(frame.data, before);
    const inside = new Uint8Array(9 * 5 * 4 + 5);
    inside.set(frame.data, 5);
    for (const data of [new Uint8Array(frame.data), Buffer.from(frame.data), inside.subarray(5)]) assert.deepEqual(floats({...frame, data}, {}), floats(frame, {}));
});

test('into is written, again and again', () => {
    const random = new Random(107);
    const into = new Float32Array(3 * 6 * 6);
    for (let i = 0; i < 3; i++) {
        const frame = random.picture(9, 5);
        const {tensor} = toTensor(frame, {width: 6, height: 6, into});
        assert.equal(tensor.data, into);
        assert.deepEqual(into, floats(frame, {width: 6, height: 6}));
        assert.equal(toTensor(frame, {width: 6, height: 6, into: tensor}).tensor.data, into, 'a tensor will do');
    }
    const part = new Uint8Array(20).fill(1);
    toTensor(drawn(1, 1, () => [7, 8, 9]), {dtype: 'uint8', into: part.subarray(4, 7)});
    assert.deepEqual([...part.subarray(3, 8)], [1, 7, 8, 9, 1]);
});

test('maps of floats, any shape, against float64', () => {
    const random = new Random(108);
    for (let round = 0; round < 200; round++) {
        const [N, C, H, W, height, width] = [3, 5, 12, 12, 15, 15].map((most) => random.integer(1, most));
        const resize = /** @type {any} */ (random.pick(Object.keys(TAPS)));
        const data = random.floats(N * C * H * W, -10, 10);
        const nchw = resizeMaps({data, dims: [N, C, H, W]}, {width, height, resize});
        const want = [];
        for (let p = 0; p < N * C; p++) {
            for (let y = 0; y < height; y++) {
                for (let x = 0; x < width; x++) want.push(resampled((u, v) => data[(p * H + v) * W + u], TAPS[resize](W, width, x), TAPS[resize](H, height, y)));
            }
        }
        assertClose(nchw.data, want, 2e-5, `${resize} ${W} x ${H} to ${width} x ${height}`);
        assert.deepEqual(nchw.dims, [N, C, height, width]);
        const last = (/** @type {ArrayLike<number>} */ from, /** @type {number} */ cells) => Float32Array.from(from,
            (_, i) => from[(Math.floor(i / C / cells) * C + i % C) * cells + Math.floor(i / C) % cells]);
        const nhwc = resizeMaps({data: last(data, H * W), dims: [N, H, W, C]}, {width, height, resize, layout: 'NHWC'});
        assert.deepEqual(nhwc.dims, [N, height, width, C]);
        assert.deepEqual(nhwc.data, last(nchw.data, width * height));
    }
});

test('maps keep NaN and infinities to their neighbourhood', () => {
    const data = new Float32Array(64).fill(1);
    data[0] = NaN;
    data[63] = Infinity;
    const {data: out} = resizeMaps({data, dims: [1, 1, 8, 8]}, {width: 16, height: 16});
    assert.ok(Number.isNaN(out[0]) && out[255] === Infinity);
    assert.ok(out.filter((v) => v === 1).length === 256 - 2 * 9);
});

test('mistakes are named', () => {
    const any = (/** @type {any} */ value) => value;
    const good = {width: 2, height: 2, data: new Uint8Array(16)};
    const maps = {data: new Float32Array(4), dims: [1, 1, 2, 2]};
    /** @type {[() => any, string, RegExp][]} */
    const wrong = [
        [() => toTensor(any(undefined)), 'RangeError', /^frame\.width: .*undefined/],
        [() => toTensor({...good, width: 0}), 'RangeError', /^frame\.width/],
        [() => toTensor({...good, height: 65536}), 'RangeError', /^frame\.height.*65536/],
        [() => toTensor({...good, width: 2.5}), 'RangeError', /^frame\.width.*2\.5/],
        [() => toTensor({...good, data: new Uint8Array(12)}), 'RangeError', /^frame\.data: .*16 bytes.*12/],
        [() => toTensor({...good, data: any(new Float32Array(16))}), 'TypeError', /^frame\.data: expected RGBA bytes, got Float32Array/],
        [() => toTensor({...good, data: any([1, 2, 3])}), 'TypeError', /^frame\.data/],
        [() => toTensor({...good, data: any(undefined)}), 'TypeError', /^frame\.data/],
        [() => toTensor(good, {width: 0}), 'RangeError', /^width/],
        [() => toTensor(good, {height: Infinity}), 'RangeError', /^height.*Infinity/],
        [() => toTensor(good, {width: 65535, height: 65535}), 'FoveaError|RangeError', /bytes|allocation|length/],
        [() => toTensor(good, {fit: 'contain'}), 'TypeError', /^fit: expected one of letterbox.* got contain/],
        [() => toTensor(good, {resize: any('lanczos')}), 'TypeError', /^resize: expected one of .* got lanczos/],
        [() => toTensor(good, {order: any('GRB')}), 'TypeError', /^order: expected one of RGB, BGR.* got GRB/],
        [() => toTensor(good, {layout: any('CHW')}), 'TypeError', /^layout: expected one of NCHW, NHWC/],
        [() => toTensor(good, {dtype: any('float16')}), 'TypeError', /^dtype: expected one of float32, int32, uint8/],
        [() => toTensor(good, {view: any({matrix: [1, 0, 0, 0, 1, 0]})}), 'TypeError', /^view: expected a View/],
        [() => toTensor(good, {view: View.identity(), resize: 'bicubic'}), 'RangeError|TypeError', /^resize/],
        [() => toTensor(good, {mean: [1, 2]}), 'TypeError', /^mean: .*\[1,\s?2\]/],
        [() => toTensor(good, {mean: NaN}), 'TypeError', /^mean.*NaN/],
        [() => toTensor(good, {fill: [1, 2, Infinity]}), 'TypeError', /^fill/],
        [() => toTensor(good, {std: 0}), 'RangeError', /std/],
        [() => toTensor(good, {std: [1, 0, 1], mean: 1}), 'RangeError', /std/],
        [() => toTensor(good, {scale: any('1')}), 'TypeError', /^scale/],
        [() => toTensor(good, {scale: NaN}), 'TypeError', /^scale/],
        [() => toTensor(good, {into: new Float32Array(11)}), 'TypeError|RangeError', /^into: expected a Float32Array of 12 values.*11/],
        [() => toTensor(good, {into: new Uint8Array(12)}), 'TypeError', /^into: expected a Float32Array of 12 values.*Uint8Array/],
        [() => toTensor(good, {into: any('x')}), 'TypeError', /^into/],
        [() => resizeMaps(any(null), {width: 1, height: 1}), 'TypeError', /^maps/],
        [() => resizeMaps({...maps, dims: [2, 2]}, {width: 1, height: 1}), 'RangeError', /^maps: .*\[2, ?2\]/],
        [() => resizeMaps({data: new Float32Array(0), dims: [1, 0, 2, 2]}, {width: 1, height: 1}), 'RangeError', /^maps/],
        [() => resizeMaps(maps, {width: 0, height: 1}), 'RangeError', /^width/],
        [() => resizeMaps(maps, any({width: 1})), 'RangeError', /^height.*undefined/],
        [() => resizeMaps(maps, {width: 1, height: 1, resize: any('cubic')}), 'TypeError', /^resize/],
        [() => resizeMaps(maps, {width: 1e9, height: 1e9}), 'FoveaError|RangeError', /./],
    ];
    for (const [call, name, message] of wrong) {
        assert.throws(call, (error) => error instanceof Error && name.split('|').includes(error.name) && message.test(error.message) || assert.fail(`${message}: ${error}`));
    }
});
