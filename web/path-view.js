/** The map and the path as they are drawn, and the terms of the loss as they are told. */
import { blurMap } from 'fovea';
import { line } from './curve.js';
import { HEIGHT, WIDTH, showField } from './field.js';

/** @typedef {import('./field.js').Maps} Maps */

const SPACING = 6;
const FADE = 500;
/** Of the loss, as they are told. */
export const TERMS = { cost: 'Obstacles', clearance: 'Clearance', smooth: 'Smoothness', length: 'Length', curvature: 'Curvature', spacing: 'Even spacing', boundary: 'Map edge' };

/** Points all over the map. @returns {Maps} */
export const lattice = () => {
    const [across, down] = [WIDTH / SPACING, HEIGHT / SPACING];
    const data = Float32Array.from({ length: 2 * across * down }, (_, i) => SPACING * (0.5 + (i % 2 ? Math.floor(i / 2 / across) : (i >> 1) % across)));
    return { data, dims: [across * down, 2] };
};

/** @param {CSSStyleDeclaration} style @param {string} name @returns {number[]} */
const channels = (style, name) => (style.getPropertyValue(name).match(/\d+/g) ?? []).map(Number);

/** @param {HTMLCanvasElement} canvas */
export function makeMap(canvas) {
    const behind = new OffscreenCanvas(WIDTH, HEIGHT);
    const points = lattice();
    /** @type {{ path: Maps, since: number } | undefined} */
    let left;

    return {
        points,
        /** @param {Maps} distance @param {number} margin */
        field(distance, margin) {
            const style = getComputedStyle(canvas);
            // The steps of cells show in a distance to them; a little blur rounds them off.
            showField(behind, blurMap(distance, { sigma: 1 }), margin, { wall: channels(style, '--wall'), halo: channels(style, '--halo') });
        },
        /** The path is left for another, and fades. @param {Maps} path */
        leave(path) {
            left = { path, since: performance.now() };
        },
        /**
         * @param {{ path: Maps, clearance: number, clearances: Float32Array }} seen
         * @param {{ arrows?: Float32Array, knots?: Maps, grad?: Maps, brush?: { at: readonly [number, number], radius: number, erase: boolean } }} more
         * @returns {boolean} whether there is more to come
         */
        draw({ path, clearances }, { arrows, knots, grad, brush }) {
            const density = Math.min(window.devicePixelRatio || 1, 3);
            const [width, height] = [Math.round(canvas.clientWidth * density), Math.round(canvas.clientHeight * density)];
            if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
            const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
            const style = getComputedStyle(canvas);
            const colour = (/** @type {string} */ name) => style.getPropertyValue(name);
            const cell = width / WIDTH;
            const pixel = density / cell;
            context.setTransform(1, 0, 0, 1, 0, 0);
            context.fillStyle = colour('--ground');
            context.fillRect(0, 0, width, height);
            context.drawImage(behind, 0, 0, width, height);
            context.setTransform(cell, 0, 0, height / HEIGHT, 0, 0);
            context.lineJoin = context.lineCap = 'round';

            if (arrows) drawArrows(context, points.data, arrows, colour('--arrow'), pixel);
            const age = left ? (performance.now() - left.since) / FADE : 1;
            if (left && age < 1) {
                context.globalAlpha = 0.5 * (1 - age);
                stroke(context, rows(left.path), colour('--accent'), 3.5 * pixel);
                context.globalAlpha = 1;
            }
            const way = rows(path);
            stroke(context, way, colour('--ground'), 8 * pixel);
            stroke(context, way, colour('--accent'), 4 * pixel);
            // What touches an obstacle is drawn over, in the colour of trouble.
            let run = 0;
            way.forEach((_, i) => {
                if (clearances[i] < 0) run++;
                if (run && (!(clearances[i] < 0) || i === way.length - 1)) {
                    stroke(context, way.slice(Math.max(0, i - run - 1), i + 1), colour('--alarm'), 4 * pixel);
                    run = 0;
                }
            });
            if (knots && grad) drawKnots(context, rows(knots), rows(grad), colour, pixel);
            if (brush) {
                context.setLineDash(brush.erase ? [4 * pixel, 4 * pixel] : []);
                circle(context, brush.at, brush.radius);
                for (const [name, thick] of /** @type {const} */ ([['--ground', 3.5], ['--ink', 1.5]])) {
                    Object.assign(context, { strokeStyle: colour(name), lineWidth: thick * pixel });
                    context.stroke();
                }
                context.setLineDash([]);
            }
            return age < 1;
        },
    };
}

/** @param {Maps} points @returns {[number, number][]} */
const rows = ({ data, dims }) => Array.from({ length: dims[0] }, (_, i) => [data[2 * i], data[2 * i + 1]]);

/** @param {CanvasRenderingContext2D} context @param {number[][]} points @param {string} colour @param {number} width */
function stroke(context, points, colour, width) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    line(context, points);
}

/** @param {CanvasRenderingContext2D} context @param {readonly [number, number]} at @param {number} radius */
function circle(context, [x, y], radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
}

/** @param {CanvasRenderingContext2D} context @param {Float32Array} points @param {Float32Array} ways @param {string} colour @param {number} pixel */
function drawArrows(context, points, ways, colour, pixel) {
    Object.assign(context, { strokeStyle: colour, lineWidth: 1.3 * pixel });
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
        const size = Math.hypot(ways[i], ways[i + 1]);
        if (size < 0.01) continue;
        const length = 0.8 * SPACING * Math.min(1, Math.sqrt(size) * 0.9) / size;
        const [dx, dy] = [ways[i] * length, ways[i + 1] * length];
        const [x, y] = [points[i] + dx / 2, points[i + 1] + dy / 2];
        context.moveTo(x - dx, y - dy);
        context.lineTo(x, y);
        context.moveTo(x - 0.38 * dx + 0.24 * dy, y - 0.38 * dy - 0.24 * dx);
        context.lineTo(x, y);
        context.lineTo(x - 0.38 * dx - 0.24 * dy, y - 0.38 * dy + 0.24 * dx);
    }
    context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context @param {[number, number][]} knots @param {[number, number][]} grad
 * @param {(name: string) => string} colour @param {number} pixel
 */
function drawKnots(context, knots, grad, colour, pixel) {
    knots.forEach((knot, i) => {
        stroke(context, [knot, [knot[0] - 8 * grad[i][0], knot[1] - 8 * grad[i][1]]], colour('--decode'), 2 * pixel);
        circle(context, knot, 3.2 * pixel);
        context.fillStyle = colour('--panel');
        context.fill();
        Object.assign(context, { strokeStyle: colour('--accent'), lineWidth: 1.5 * pixel });
        context.stroke();
    });
}

/** @param {{ bar: HTMLElement, list: HTMLElement }} elements @returns {(terms: Record<string, number>) => void} */
export function makeTerms({ bar, list }) {
    const entries = Object.entries(TERMS).map(([key, title]) => {
        const piece = bar.appendChild(document.createElement('span'));
        const row = list.appendChild(document.createElement('div'));
        piece.dataset.term = row.dataset.term = key;
        row.append(document.createElement('i'), Object.assign(document.createElement('dt'), { textContent: title }));
        return { key, piece, value: row.appendChild(document.createElement('dd')) };
    });
    return (terms) => {
        for (const { key, piece, value } of entries) {
            piece.style.flexGrow = String(Math.max(0, terms[key]));
            value.textContent = terms[key].toFixed(2);
        }
    };
}
