/** What comes in, and what the transformer makes of it. */
import {createCanvas, ImageData} from '@napi-rs/canvas';
import {CANVAS} from './digits.js';
import {CROP} from './networks.js';

/** @import {distort} from './digits.js' */
/** @import {Network, Tf} from './networks.js' */

const [COLUMNS, ROWS, CELL, GAP] = [10, 3, 80, 6];

/**
 * @param {Tf} tf
 * @param {Network} network
 * @param {ReturnType<typeof distort>} digits
 * @returns {Buffer} a PNG: each column a class, each row a pair of input and crop
 */
export function drawDigits(tf, network, digits) {
    const count = COLUMNS * ROWS;
    const pictures = digits.pixels.subarray(0, count * CANVAS * CANVAS);
    const {params, seen} = tf.tidy(() => {
        const result = network.run(tf.tensor4d(pictures, [count, CANVAS, CANVAS, 1]));
        return {params: result.params?.dataSync() ?? [], seen: result.seen?.dataSync() ?? []};
    });
    const canvas = createCanvas(COLUMNS * (CELL + GAP) + GAP, ROWS * (2 * CELL + 3 * GAP) + GAP);
    const ctx = canvas.getContext('2d');
    ctx.fillStyle = '#333';
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < count; i++) {
        const x = GAP + (i % COLUMNS) * (CELL + GAP);
        const y = GAP + Math.floor(i / COLUMNS) * (2 * CELL + 3 * GAP);
        ctx.drawImage(grey(pictures.subarray(i * CANVAS * CANVAS, (i + 1) * CANVAS * CANVAS), CANVAS), x, y, CELL, CELL);
        ctx.drawImage(grey(seen.slice(i * CROP * CROP, (i + 1) * CROP * CROP), CROP), x, y + CELL + 2, CELL, CELL);
        const [scale, angle, tx, ty] = params.slice(4 * i, 4 * i + 4);
        ctx.save();
        ctx.beginPath();
        ctx.rect(x, y, CELL, CELL);
        ctx.clip();
        ctx.translate(x + (1 + tx) * CELL / 2, y + (1 + ty) * CELL / 2);
        ctx.rotate(angle);
        const half = scale * CELL / 2;
        ctx.strokeStyle = '#4cf';
        ctx.lineWidth = 1.5;
        ctx.strokeRect(-half, -half, 2 * half, 2 * half);
        ctx.strokeStyle = '#fa3'; // its upper edge
        ctx.beginPath();
        ctx.moveTo(-half, -half);
        ctx.lineTo(half, -half);
        ctx.stroke();
        ctx.restore();
    }
    return canvas.toBuffer('image/png');
}

/** @param {ArrayLike<number>} pixels @param {number} side */
function grey(pixels, side) {
    const canvas = createCanvas(side, side);
    const data = Uint8ClampedArray.from({length: side * side * 4}, (_, i) => i % 4 === 3 ? 255 : 255 * pixels[i >> 2]);
    canvas.getContext('2d').putImageData(new ImageData(data, side, side), 0, 0);
    return canvas;
}
