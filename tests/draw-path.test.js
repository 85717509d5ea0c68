import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {createCanvas, loadImage} from '@napi-rs/canvas';
import {drawArrows, drawHeatmap, drawPath} from '../js/draw.js';

const RED = {color: '#ff0000', halo: false, lineWidth: 2, radius: 4, scale: 1};

/** @param {number} [zoom] */
function canvas(zoom = 1) {
    const ctx = createCanvas(40, 40).getContext('2d');
    ctx.scale(zoom, zoom);
    return ctx;
}

/** @param {any} ctx @param {number} x @param {number} y */
const pixel = (ctx, x, y) => [...ctx.getImageData(x, y, 1, 1).data];
/** @param {any} ctx @param {number} x @param {number} y */
const isRed = (ctx, x, y) => pixel(ctx, x, y).join() === '255,0,0,255';

test('a path: a line through its points, parted where one is no number, dots at its knots', () => {
    const ctx = canvas(2);
    drawPath(ctx, {data: Float32Array.of(1, 5, 8, 5, NaN, 5, 12, 5, 19, 5)}, {...RED, fill: true, knots: [5, 5]});
    assert.ok(isRed(ctx, 4, 10) && isRed(ctx, 36, 10) && !isRed(ctx, 20, 10), 'through the transform');
    assert.ok(isRed(ctx, 10, 7) && !isRed(ctx, 14, 7), 'the knot is wider than the line');
});

test('arrows: as long as asked, with a head at the end', () => {
    const ctx = canvas();
    drawArrows(ctx, [5, 20, 5, 5, 5, 8], [10, 0, .01, 0, Infinity, 0], {...RED, length: 3});
    assert.ok(isRed(ctx, 6, 20) && isRed(ctx, 33, 20) && !isRed(ctx, 37, 20));
    assert.ok(isRed(ctx, 29, 17) && isRed(ctx, 29, 22) && !isRed(ctx, 10, 17), 'the head');
    assert.deepEqual(pixel(ctx, 5, 5), [0, 0, 0, 0], 'too short to see');
});

test('a heat map: dark to bright, clear where it is no number, over a box', () => {
    const ctx = canvas();
    drawHeatmap(ctx, {data: Float32Array.of(0, 1, 2, NaN), dims: [1, 1, 2, 2]}, {box: [0, 0, 40, 40], colors: ['#000000', '#646464', '#c8c8c8']});
    assert.deepEqual([[10, 10], [30, 10], [10, 30], [30, 30]].map(([x, y]) => pixel(ctx, x, y)),
        [[0, 0, 0, 255], [100, 100, 100, 255], [200, 200, 200, 255], [0, 0, 0, 0]]);
    const small = canvas(4);
    drawHeatmap(small, {data: [3, 3], dims: [1, 2]}, {range: [0, 3], colors: ['#000000', '#ffffff'], opacity: .5});
    assert.equal(pixel(small, 6, 2)[3], 128);
    assert.equal(pixel(small, 9, 2)[3], 0, 'a unit of the context to a cell');
});

test('what is wrong is named, and the context is left as it was', () => {
    const ctx = canvas(), bad = /** @type {any} */ ('x');
    const before = [ctx.lineWidth, ctx.globalAlpha, ctx.imageSmoothingEnabled];
    assert.throws(() => drawPath(ctx, [1, 2, 3], RED), /path: expected x, y of each, got 3 numbers/);
    assert.throws(() => drawPath(bad, [1, 2], RED), /ctx: expected a 2D drawing context/);
    assert.throws(() => drawArrows(ctx, [1, 2], [1, 2, 3, 4], RED), /vectors: expected 2 numbers, got 4/);
    assert.throws(() => drawHeatmap(ctx, bad), /map: expected a tensor \[H, W\]/);
    assert.throws(() => drawHeatmap(ctx, {data: [1], dims: [1, 2]}), /map\.data: expected 2 numbers, got 1/);
    drawPath(ctx, [], RED), drawArrows(ctx, [], [], RED), drawHeatmap(ctx, {data: [0], dims: [1, 1]}, {smooth: true});
    assert.deepEqual([ctx.lineWidth, ctx.globalAlpha, ctx.imageSmoothingEnabled], before);
});

test('examples/path.js finds a way between the boxes and draws it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fovea-path-')), out = join(folder, 'path.png');
    try {
        const text = execFileSync(process.execPath, [fileURLToPath(new URL('../examples/path.js', import.meta.url)), '--out', out], {encoding: 'utf8'});
        const [, straight, found] = text.match(/loss\W+([\d.]+)\W+([\d.]+)/) ?? [];
        assert.ok(Number(found) < .4 * Number(straight), text);
        assert.match(text, /clearance\W+129\.\d+\W+0\b/);
        const picture = await loadImage(readFileSync(out));
        assert.deepEqual([picture.width, picture.height], [960, 640]);
        const ctx = createCanvas(960, 640).getContext('2d');
        ctx.drawImage(picture, 0, 0);
        const blue = [...ctx.getImageData(0, 0, 960, 640).data].filter((v, i, all) => i % 4 === 0 && v === 0x56 && all[i + 1] === 0xb4 && all[i + 2] === 0xe9).length;
        assert.ok(blue > 2000, `${blue} pixels of the path`);
    } finally {
        rmSync(folder, {recursive: true});
    }
});
