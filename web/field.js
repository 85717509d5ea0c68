/** The map of the path's page: obstacles that are painted, and what follows from them. */
import { affineSample, blurMap, samplePoints, signedDistance, splatBoxes, thetaFrom } from 'fovea';

export const WIDTH = 144;
export const HEIGHT = 96;
/** How much finer than its cells the map is shown. */
const FINE = 4;
/** Of a cell's distance. */
const SHADES = 64;
const BLUR = 2;

/** @typedef {{ data: Float32Array, dims: number[] }} Maps */
/** @typedef {readonly [number, number]} Point in cells; (0, 0) is the map's upper left corner */

/** Boxes [x1, y1, x2, y2] in cells, and the ends of a path. @type {Record<string, { title: string, boxes: number[][], start: Point, goal: Point }>} */
export const PRESETS = {
    gap: { title: 'A wall with a gap', boxes: [[68, 0, 76, 58], [68, 74, 76, 96]], start: [14, 30], goal: [130, 34] },
    slalom: { title: 'Slalom', boxes: [[34, 0, 40, 62], [70, 34, 76, 96], [106, 0, 112, 62]], start: [14, 22], goal: [130, 22] },
    rooms: {
        title: 'Rooms',
        boxes: [
            [46, 0, 50, 36], [46, 52, 50, 96], [94, 0, 98, 20], [94, 36, 98, 96], [0, 60, 22, 64],
            [36, 60, 50, 64], [50, 46, 66, 50], [80, 46, 98, 50], [98, 50, 118, 54], [132, 50, 144, 54],
        ],
        start: [14, 80], goal: [126, 80],
    },
    pillars: {
        title: 'Pillars',
        boxes: Array.from({ length: 15 }, (_, i) => [30 + 20 * (i % 5), 10 + 32 * Math.floor(i / 5) - 11 * (i % 2)])
            .map(([x, y]) => [x - 4, Math.max(0, y), x + 5, y + 9]),
        start: [10, 52], goal: [134, 46],
    },
    empty: { title: 'Empty', boxes: [], start: [14, 48], goal: [130, 48] },
};

/** @param {number} [count] @returns {Maps} */
const empty = (count = WIDTH * HEIGHT) => ({ data: new Float32Array(count), dims: [HEIGHT, WIDTH] });

export function makeField() {
    let obstacles = empty();
    let costs = empty();
    let distance = empty();

    function derive() {
        costs = blurMap(obstacles, { sigma: BLUR });
        distance = signedDistance(obstacles);
    }

    return {
        obstacles: () => obstacles,
        /** What the path pays: the obstacles, blurred, so that there is a slope within and about them. */
        costs: () => costs,
        distance: () => distance,
        /** @param {keyof typeof PRESETS} name */
        preset(name) {
            obstacles = splatBoxes(empty(), PRESETS[name].boxes.flat());
            obstacles.data.forEach((v, i) => { obstacles.data[i] = Math.round(v); });
            derive();
        },
        /** A thick line. @param {Point} from @param {Point} to @param {number} radius cells @param {boolean} erase */
        paint([x1, y1], [x2, y2], radius, erase) {
            const [dx, dy] = [x2 - x1, y2 - y1];
            const square = dx * dx + dy * dy || 1;
            for (let y = Math.max(0, Math.floor(Math.min(y1, y2) - radius)); y < Math.min(HEIGHT, Math.max(y1, y2) + radius); y++) {
                for (let x = Math.max(0, Math.floor(Math.min(x1, x2) - radius)); x < Math.min(WIDTH, Math.max(x1, x2) + radius); x++) {
                    const [px, py] = [x + 0.5 - x1, y + 0.5 - y1];
                    const t = Math.min(1, Math.max(0, (px * dx + py * dy) / square));
                    if (Math.hypot(px - t * dx, py - t * dy) <= radius) obstacles.data[y * WIDTH + x] = erase ? 0 : 1;
                }
            }
            derive();
        },
        /** The least distance of points to an obstacle, below 0 within. @param {Maps} path [S, 2] @returns {Float32Array} */
        clearances: (path) => samplePoints({ data: distance.data, dims: [1, 1, HEIGHT, WIDTH] }, { data: path.data, dims: [1, 1, path.dims[0], 2] },
            { paddingMode: 'border' }).data,
        /** Runs of free and taken cells in turn, base 36: for the address. */
        write() {
            const runs = [0];
            obstacles.data.forEach((v, i) => (v === (i ? obstacles.data[i - 1] : 0) ? runs[runs.length - 1]++ : runs.push(1)));
            return runs.map((run) => run.toString(36)).join('.');
        },
        /** @param {string} text @returns {boolean} whether it was a map */
        read(text) {
            const runs = text.split('.').map((run) => Number.parseInt(run, 36));
            if (runs.reduce((sum, run) => sum + run, 0) !== WIDTH * HEIGHT) return false;
            obstacles = empty();
            runs.reduce((at, run, i) => {
                obstacles.data.fill(i % 2, at, at + run);
                return at + run;
            }, 0);
            derive();
            return true;
        },
    };
}

/**
 * Obstacles with smooth edges and the margin about them, from the signed distance, sampled finer.
 *
 * @param {OffscreenCanvas} canvas @param {Maps} distance @param {number} margin cells
 * @param {{ wall: readonly number[], halo: readonly number[] }} colours
 */
export function showField(canvas, distance, margin, colours) {
    const [width, height] = [WIDTH * FINE, HEIGHT * FINE];
    if (canvas.width !== width) Object.assign(canvas, { width, height });
    const { data } = affineSample({ data: distance.data, dims: [1, 1, HEIGHT, WIDTH] }, thetaFrom({ kind: 'affine', params: [1, 0, 0, 0, 1, 0] }),
        [1, 1, height, width], { paddingMode: 'border' });
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const shades = shadesOf(margin, colours);
    for (let i = 0; i < data.length; i++) if (data[i] < margin) pixels[i] = shades[data[i] < -1 ? 0 : (data[i] + 1) * SHADES | 0];
    /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')).putImageData(image, 0, 0);
}

/** The pixels of distances from -1 to the margin. @param {number} margin @param {{ wall: readonly number[], halo: readonly number[] }} colours */
function shadesOf(margin, { wall, halo }) {
    const bytes = new Uint8ClampedArray(4 * Math.ceil((margin + 1) * SHADES));
    for (let at = 0; at < bytes.length; at += 4) {
        const d = at / 4 / SHADES - 1;
        const solid = Math.min(1, Math.max(0, 0.5 - d * FINE / 2));
        const near = 0.42 * (1 - Math.max(0, d) / margin) ** 2 * (1 - solid);
        for (let c = 0; c < 3; c++) bytes[at + c] = (wall[c] * solid + halo[c] * near) / (solid + near);
        bytes[at + 3] = 255 * (solid + near);
    }
    return new Uint32Array(bytes.buffer);
}
