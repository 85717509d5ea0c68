import assert from 'node:assert/strict';
import test from 'node:test';
import { createCanvas } from '@napi-rs/canvas';
import { PALETTE, drawDetections, drawKeypoints } from '../js/draw.js';

const GREY = [128, 128, 128, 255];

/** @param {number} width @param {number} height */
function greyCanvas(width, height) {
    const ctx = createCanvas(width, height).getContext('2d');
    ctx.fillStyle = 'rgb(128, 128, 128)';
    ctx.fillRect(0, 0, width, height);
    return ctx;
}

/** @param {any} ctx @param {number} x @param {number} y */
const pixel = (ctx, x, y) => [...ctx.getImageData(x, y, 1, 1).data];

/** @param {string} hex */
const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/** @param {any} ctx @returns {string} */
const picture = (ctx) => Buffer.from(ctx.getImageData(0, 0, ctx.canvas.width, ctx.canvas.height).data).toString('base64');

/**
 * A context that notes what is drawn, with the state it is drawn in.
 * @param {any} ctx
 * @param {object} [canvas] what it says it draws on
 */
function recorded(ctx, canvas = ctx.canvas) {
    /** @type {{ name: string, args: any[], [state: string]: any }[]} */
    const calls = [];
    const proxy = new Proxy(ctx, {
        get(target, key) {
            const value = key === 'canvas' ? canvas : Reflect.get(target, key, target);
            if (typeof value !== 'function') return value;
            return (/** @type {any[]} */ ...args) => {
                const { fillStyle, strokeStyle, lineWidth, font, textBaseline, globalAlpha } = target;
                const { a, b, c, d } = target.getTransform();
                calls.push({ name: String(key), args, fillStyle, strokeStyle, lineWidth, font, textBaseline, globalAlpha, transform: [a, b, c, d] });
                return value.apply(target, args);
            };
        },
        set: (target, key, value) => Reflect.set(target, key, value, target),
    });
    return { ctx: /** @type {typeof ctx} */ (proxy), calls, named: (/** @type {string} */ name) => calls.filter((call) => call.name === name) };
}

/** @param {number[][]} rows x1, y1, x2, y2, score, class */
const detections = (...rows) => ({
    count: rows.length,
    boxes: Float32Array.from(rows.flatMap((row) => row.slice(0, 4))),
    scores: Float32Array.from(rows, (row) => row[4] ?? 1),
    classes: Int32Array.from(rows, (row) => row[5] ?? 0),
});

const PLAIN = { label: false, lineWidth: 2, color: '#ff0000', halo: '#00ff00' };

/** A seeded generator of numbers in [0, 1). */
function random(seed = 1) {
    return () => {
        seed = Math.imul(seed ^ seed >>> 15, seed | 1);
        seed ^= seed + Math.imul(seed ^ seed >>> 7, seed | 61);
        return ((seed ^ seed >>> 14) >>> 0) / 4294967296;
    };
}

test('a box is two pixels of colour between two hairlines, and its inside is untouched', () => {
    const ctx = greyCanvas(60, 60);
    drawDetections(ctx, detections([10, 20, 40, 50]), null, PLAIN);
    const across = Array.from({ length: 6 }, (_, i) => pixel(ctx, 7 + i, 35).slice(0, 3).join());
    assert.deepEqual(across, ['128,128,128', '0,255,0', '255,0,0', '255,0,0', '0,255,0', '128,128,128']);
    const down = Array.from({ length: 6 }, (_, i) => pixel(ctx, 25, 47 + i).slice(0, 3).join());
    assert.deepEqual(down, ['128,128,128', '0,255,0', '255,0,0', '255,0,0', '0,255,0', '128,128,128']);
    for (const x of [13, 25, 36]) assert.deepEqual(pixel(ctx, x, 35), GREY);
});

test('lines fall on whole pixels wherever the box lies and whatever the scale', () => {
    for (const factor of [1, 1.5, 2, 3]) {
        for (const shift of [0, .3, .5, .77]) {
            const ctx = greyCanvas(240, 240);
            ctx.scale(factor, factor);
            drawDetections(ctx, detections([20 + shift, 20 - shift, 60 - shift, 50 + shift]), null, PLAIN);
            const seen = new Set();
            for (let x = 0; x < 240; x++) seen.add(pixel(ctx, x, Math.round(35 * factor)).slice(0, 3).join());
            assert.deepEqual([...seen].sort(), ['0,255,0', '128,128,128', '255,0,0'], `scale ${factor}, shift ${shift}`);
        }
    }
});

test('sizes follow the transform, the layout, the picture and the option', () => {
    /** @param {any} ctx @param {object} [style] @param {object} [canvas] */
    const lineOf = (ctx, style, canvas) => {
        const { ctx: noting, named } = recorded(ctx, canvas);
        drawDetections(noting, detections([10, 10, 90, 90]), null, { label: false, ...style });
        return named('stroke').at(-1)?.lineWidth;
    };
    assert.equal(lineOf(greyCanvas(640, 480)), 2);
    assert.equal(lineOf(greyCanvas(1920, 1440)), 4, 'two for each 720 pixels');
    assert.equal(lineOf(greyCanvas(640, 480), { scale: 3 }), 6);
    assert.equal(lineOf(greyCanvas(640, 480), { lineWidth: 5 }), 5);
    assert.equal(lineOf(greyCanvas(640, 480), { lineWidth: 0 }), undefined, 'no line');

    const scaled = greyCanvas(640, 480);
    scaled.scale(2, 2);
    assert.equal(lineOf(scaled), 4, 'a context scaled for a dense screen');
    const shrunk = greyCanvas(640, 480);
    shrunk.scale(.25, .25);
    assert.equal(lineOf(shrunk), 2, 'never thinner than on a screen');

    for (const [clientWidth, clientHeight] of [[160, 120], [160, 480], [640, 120]]) {
        assert.equal(lineOf(greyCanvas(640, 480), {}, { width: 640, height: 480, clientWidth, clientHeight }), 8, 'four canvas pixels to one of the page');
    }
});

test('nothing is filled unless asked', () => {
    const { ctx, named } = recorded(greyCanvas(200, 200));
    drawDetections(ctx, detections([50, 50, 150, 150]), ['cat']);
    drawKeypoints(ctx, [100.5, 100.5, 1]);
    assert.equal(named('fill').length + named('fillRect').length, 0);
    assert.deepEqual(pixel(ctx, 75, 75), GREY);
    assert.deepEqual(pixel(ctx, 100, 100), GREY, 'a ring shows what it marks');

    drawDetections(ctx, detections([50, 50, 150, 150]), null, { fill: true, color: '#ff0000' });
    const [red, green] = pixel(ctx, 75, 75);
    assert.ok(red > 140 && red < 170 && green > 90 && green < 115, `a tint, got ${red}, ${green}`);
    assert.deepEqual(pixel(ctx, 50, 75), [255, 0, 0, 255], 'its line is no tint');
    drawDetections(ctx, detections([50, 50, 150, 150]), null, { fill: '#0000ff' });
    assert.deepEqual(pixel(ctx, 75, 75), [0, 0, 255, 255]);
    drawKeypoints(ctx, [100.5, 100.5, 1], { fill: true, color: '#ff0000' });
    assert.deepEqual(pixel(ctx, 100, 100), [255, 0, 0, 255]);
});

test('the best is drawn last, ties go to the first, NaN is the worst', () => {
    for (const [scores, top] of /** @type {[number[], number][]} */ ([
        [[.9, .5, .2], 0], [[.2, .5, .9], 2], [[.5, .5, .5], 0], [[NaN, .1, 0], 1], [[NaN, -2, -1], 2],
    ])) {
        const ctx = greyCanvas(80, 80);
        const colors = ['#ff0000', '#00ff00', '#0000ff'];
        drawDetections(ctx, detections(...scores.map((score) => [20, 20, 60, 60, score])), null, { label: false, color: (i) => colors[i] });
        assert.deepEqual(pixel(ctx, 20, 40).slice(0, 3), rgb(colors[top]), `scores ${scores}`);
    }
});

test('labels name the class and the score, and lie over every line', () => {
    const { ctx, calls, named } = recorded(greyCanvas(640, 480));
    drawDetections(ctx, detections([50, 50, 150, 150, .876, 1], [300, 300, 400, 400, .5, 7], [500, 50, 600, 150, NaN, 0]), ['cat', 'dog']);
    assert.deepEqual(named('fillText').map(({ args }) => args[0]), ['cat', 'class 7 50%', 'dog 88%'], 'the best last');
    assert.ok(calls.findLastIndex(({ name }) => name === 'stroke') < calls.findIndex(({ name }) => name === 'strokeText'));

    const boxesOnly = recorded(greyCanvas(640, 480));
    drawDetections(boxesOnly.ctx, { boxes: [50, 50, 150, 150] });
    assert.equal(boxesOnly.named('fillText').length, 0);
    assert.equal(boxesOnly.named('stroke').length, 2);

    const own = recorded(greyCanvas(640, 480));
    drawDetections(own.ctx, detections([50, 50, 150, 150], [250, 50, 350, 150]), ['cat'], { label: (i) => i === 0 && 'mine', plate: '#123456' });
    assert.deepEqual(own.named('fillText').map(({ args }) => args[0]), ['mine']);
    assert.equal(own.named('fillRect')[0].fillStyle, '#123456');
});

test('labels stay within the canvas and, where there is room, apart', () => {
    const next = random(7);
    for (let round = 0; round < 60; round++) {
        const [width, height] = [70 + Math.round(600 * next()), 30 + Math.round(400 * next())];
        const rows = Array.from({ length: 6 }, () => {
            const [x, y] = [(1.4 * next() - .2) * width, (1.4 * next() - .2) * height];
            return [x, y, x + next() * width, y + next() * height, next(), Math.floor(next() * 3)];
        });
        const { ctx, named } = recorded(greyCanvas(width, height));
        drawDetections(ctx, detections(...rows), ['cat', 'a rather long name', 'person'], { plate: true });
        for (const { args: [x, y, w, h] } of named('fillRect').slice(1)) {
            assert.ok(x >= 0 && y >= 0 && x + w <= width && y + h <= height, `${[x, y, w, h]} in ${width} x ${height}`);
        }
    }
    for (const box of [[200, 200, 300, 300], [-50, -50, 700, 700], [600, -20, 900, 900]]) {
        const { ctx, named } = recorded(greyCanvas(640, 480));
        drawDetections(ctx, detections([...box, .9], [...box, .8]), ['person'], { plate: true });
        const [[x, y, w, h], [x2, y2, w2, h2]] = named('fillRect').map(({ args }) => args);
        assert.ok(x >= x2 + w2 || x2 >= x + w || y >= y2 + h2 || y2 >= y + h, `two labels of ${box} overlap`);
    }
});

test('a name far too long is cut, its score is not', () => {
    const { ctx, named } = recorded(greyCanvas(300, 300));
    drawDetections(ctx, detections([50, 50, 150, 150, .5]), ['x'.repeat(1e5)]);
    const [text] = named('fillText')[0].args;
    assert.match(text, /^x{10,40}… 50%$/);
});

test('text is readable on its ground, whatever the colour', () => {
    const linear = (/** @type {number} */ v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    const luminance = (/** @type {string} */ hex) => rgb(hex).map(linear).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    for (const color of [...PALETTE, '#000000', '#ffffff', '#ff0000', '#00ff00', '#0000ff', '#777777']) {
        for (const plate of [true, false]) {
            const { ctx, named } = recorded(greyCanvas(300, 300));
            drawDetections(ctx, detections([50, 50, 150, 150, .5]), ['cat'], { color, plate });
            const ground = plate ? named('fillRect')[0].fillStyle : named('strokeText')[0].strokeStyle;
            const [a, b] = [luminance(ground), luminance(named('fillText')[0].fillStyle)];
            const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            assert.equal(ground, color);
            assert.ok(contrast >= 4, `${color}: contrast ${contrast.toFixed(2)}`);
        }
    }
});

test('a colour may be spelt in any way', () => {
    for (const [color, ink] of Object.entries({ navy: '#ffffff', gold: '#111111', 'rgb(0, 0, 90)': '#ffffff', '#ff0': '#111111', 'hsl(60, 100%, 50%)': '#111111' })) {
        const { ctx, named } = recorded(greyCanvas(300, 300));
        drawDetections(ctx, detections([50, 50, 150, 150, .5]), ['cat'], { color });
        assert.equal(named('fillText')[0].fillStyle, ink, color);
    }
});

test('no two colours of the palette are closer than the closest of Okabe and Ito, to any colour vision', () => {
    // Machado, Oliveira and Fernandes 2009, severity 1: as seen by all, protanopes, deuteranopes, tritanopes.
    const visions = [
        [1, 0, 0, 0, 1, 0, 0, 0, 1],
        [.152286, 1.052583, -.204868, .114503, .786281, .099216, -.003882, -.048116, 1.051998],
        [.367322, .860646, -.227968, .280085, .672501, .047413, -.01182, .04294, .968881],
        [1.255528, -.076749, -.178779, -.078411, .930809, .147602, .004733, .691367, .3039],
    ];
    const linear = (/** @type {number} */ v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    /** @param {number[]} matrix @param {number[]} v */
    const times = (matrix, v) => [0, 3, 6].map((i) => matrix[i] * v[0] + matrix[i + 1] * v[1] + matrix[i + 2] * v[2]);
    /** @param {number[]} seen */
    const oklab = (seen) => times(
        [.2104542553, .793617785, -.0040720468, 1.9779984951, -2.428592205, .4505937099, .0259040371, .7827717662, -.808675766],
        times([.4122214708, .5363325363, .0514459929, .2119034982, .6806995451, .1073969566, .0883024619, .2817188376, .6299787005], seen).map(Math.cbrt));
    const views = PALETTE.map((hex) => visions.map((vision) => oklab(times(vision, rgb(hex).map(linear)).map((v) => Math.min(1, Math.max(0, v))))));
    /** @param {number} i @param {number} j */
    const distance = (i, j) => Math.min(...visions.map((_, k) => Math.hypot(...views[i][k].map((v, c) => v - views[j][k][c]))));
    const pairs = (/** @type {number} */ n) => Array.from({ length: n }, (_, i) => Array.from({ length: i }, (__, j) => distance(i, j))).flat();
    const okabeIto = Math.min(...pairs(7));
    assert.ok(okabeIto > .07);
    assert.equal(Math.min(...pairs(PALETTE.length)), okabeIto);
    assert.equal(new Set(PALETTE).size, PALETTE.length);
});

test('a class keeps its colour, beyond the palette and below it', () => {
    for (const cls of [0, 5, PALETTE.length, 3 * PALETTE.length + 4, -3, 2 ** 31 - 1]) {
        const { ctx, named } = recorded(greyCanvas(100, 100));
        drawDetections(ctx, detections([10, 10, 90, 90, 1, cls]), null, { label: false });
        assert.equal(named('stroke').at(-1)?.strokeStyle, PALETTE[Math.abs(cls) % PALETTE.length]);
    }
});

test('a style may be a function of the index and the class', () => {
    /** @type {number[][]} */
    const asked = [];
    const { ctx, named } = recorded(greyCanvas(300, 100));
    drawDetections(ctx, detections([10, 10, 90, 90, .5, 7], [110, 10, 190, 90, .9, 8]), null, {
        color(index, cls) {
            asked.push([index, cls]);
            return cls === 7 ? '#ff0000' : '#0000ff';
        },
        lineWidth: (index) => 1 + 2 * index,
        label: false,
    });
    assert.deepEqual(asked.sort(), [[0, 7], [1, 8]]);
    assert.deepEqual(named('stroke').filter((_, i) => i % 2).map(({ strokeStyle, lineWidth }) => [strokeStyle, lineWidth]), [['#ff0000', 1], ['#0000ff', 3]]);
});

test('text stands upright on a mirrored picture, at the box', () => {
    const { ctx, named } = recorded(greyCanvas(400, 300));
    ctx.setTransform(-1, 0, 0, 1, 400, 0);
    drawDetections(ctx, detections([300, 100, 390, 200, .5]), ['cat'], { plate: true });
    assert.deepEqual(named('fillText')[0].transform, [1, 0, 0, 1]);
    const [x, y] = named('fillRect')[0].args;
    assert.ok(x >= 5 && x <= 10 && y > 75 && y < 100, `${x}, ${y}`);
});

test('a turned context turns the box', () => {
    const ctx = greyCanvas(200, 200);
    ctx.translate(100, 100);
    ctx.rotate(Math.PI / 4);
    drawDetections(ctx, detections([-50, -50, 50, 50]), null, { ...PLAIN, fill: '#0000ff' });
    assert.deepEqual(pixel(ctx, 100, 35), [0, 0, 255, 255]);
    assert.deepEqual(pixel(ctx, 60, 60), GREY);
});

test('the context is left as it was found, even after an error', () => {
    const ctx = greyCanvas(200, 200);
    ctx.setTransform(2, .5, 0, 3, 7, 9);
    Object.assign(ctx, { lineWidth: 9, globalAlpha: .5, textAlign: 'center', font: '20px serif', strokeStyle: '#123456', lineJoin: 'bevel' });
    /** What it would draw, rather than what it says: some contexts do not tell their colours true. */
    const state = () => {
        const { a, b, c, d, e, f } = ctx.getTransform();
        ctx.clearRect(-500, -500, 1000, 1000);
        ctx.fillRect(10, 10, 20, 10);
        ctx.strokeRect(50, 10, 20, 10);
        ctx.fillText('state', 40, 40);
        return [a, b, c, d, e, f, picture(ctx)].join();
    };
    const before = state();
    drawDetections(ctx, detections([10, 10, 50, 50]), ['cat'], { plate: true, fill: true });
    drawKeypoints(ctx, [10, 10, 1], { fill: true });
    assert.ok(state() === before);
    assert.throws(() => drawDetections(ctx, detections([10, 10, 50, 50]), ['cat'], { color: 'no such colour' }), TypeError);
    assert.ok(state() === before);
});

test('boxes that cannot be seen are skipped, and hostile ones do no harm', () => {
    const ctx = greyCanvas(100, 100);
    const before = picture(ctx);
    drawDetections(ctx, detections(
        [NaN, 10, 20, 20], [10, 10, Infinity, 20], [10, -Infinity, 20, 20], [-50, -50, -10, -10], [200, 10, 300, 50],
    ), ['cat']);
    drawDetections(ctx, { count: 0, boxes: [] }, []);
    drawKeypoints(ctx, [NaN, 1, 1, 1, Infinity, 1, 1e30, -1e30, 1]);
    drawKeypoints(ctx, []);
    ctx.rotate(.1);
    drawDetections(ctx, detections([10, 10, Infinity, 20], [-Infinity, 10, 20, Infinity]));
    ctx.resetTransform();
    assert.ok(picture(ctx) === before);
    drawDetections(ctx, detections([-1e30, -1e30, 1e30, 1e30], [50, 50, 50, 50], [90, 90, 10, 10], [-3e38, 5, 3e38, 6]), ['cat']);
    assert.ok(picture(ctx) !== before);
});

test('a box along the edge of the canvas shows its whole line', () => {
    const ctx = greyCanvas(60, 60);
    drawDetections(ctx, detections([0, 0, 60, 60]), null, PLAIN);
    for (const [x, y] of [[1, 30], [2, 30], [57, 30], [58, 30], [30, 1], [30, 58]]) assert.deepEqual(pixel(ctx, x, y), [255, 0, 0, 255]);
});

test('keypoints are rings at their places, and those that score too little are left out', () => {
    const ctx = greyCanvas(100, 60);
    drawKeypoints(ctx, Float32Array.of(20.5, 30.5, .9, 80.5, 30.5, .2), { minScore: .5, color: '#ff0000', radius: 5 });
    assert.deepEqual(pixel(ctx, 25, 30), [255, 0, 0, 255]);
    assert.deepEqual(pixel(ctx, 20, 30), GREY);
    assert.deepEqual(pixel(ctx, 85, 30), GREY);
});

test('wrong arguments are named', () => {
    const ctx = greyCanvas(10, 10);
    const good = detections([1, 1, 9, 9]);
    /** @type {[RegExp, () => void][]} */
    const cases = [
        [/^ctx: /, () => drawDetections(/** @type {any} */ (null), good)],
        [/^ctx: /, () => drawDetections(/** @type {any} */ (ctx.canvas), good)],
        [/^detections.boxes: /, () => drawDetections(ctx, /** @type {any} */ (undefined))],
        [/^detections.boxes: /, () => drawDetections(ctx, { count: 2, boxes: [1, 2, 3, 4] })],
        [/^detections.count: /, () => drawDetections(ctx, { count: 1.5, boxes: [1, 2, 3, 4] })],
        [/^detections.scores: /, () => drawDetections(ctx, { boxes: [1, 2, 3, 4], scores: [] })],
        [/^detections.classes: /, () => drawDetections(ctx, { boxes: [1, 2, 3, 4], classes: [] })],
        [/^labels: /, () => drawDetections(ctx, good, 'cat')],
        [/^style: /, () => drawDetections(ctx, good, [], /** @type {any} */ (null))],
        [/^style.color: /, () => drawDetections(ctx, good, [], { color: 'blau' })],
        [/^style.plate: /, () => drawDetections(ctx, good, [], { plate: 'grün' })],
        [/^style.halo: /, () => drawDetections(ctx, good, [], { halo: /** @type {any} */ (5) })],
        [/^style.lineWidth: /, () => drawDetections(ctx, good, [], { lineWidth: -1 })],
        [/^style.fontSize: /, () => drawDetections(ctx, good, [], { fontSize: NaN })],
        [/^style.scale: /, () => drawDetections(ctx, good, [], { scale: Infinity })],
        [/^keypoints: /, () => drawKeypoints(ctx, [1, 2])],
        [/^keypoints: /, () => drawKeypoints(ctx, /** @type {any} */ (7))],
        [/^style.minScore: /, () => drawKeypoints(ctx, [], { minScore: NaN })],
    ];
    for (const [message, call] of cases) assert.throws(call, { message });
});
