/** A joint's heatmap drawn over the picture, and magnified around its highest cell: what integral regression does to it. */
import { drawHeatmap, drawKeypoints } from 'fovea/draw';
import { fillSelect, one } from './panel.js';

/** @typedef {import('./magnify.js').Magnified} Magnified */
/** @typedef {import('./stage.js').Scene} Scene */

/** Cells on each side of the highest. */
const AROUND = 4;

const READINGS = /** @type {const} */ ([
    { key: 'highest', title: 'highest cell', color: '#ff5c5c' },
    { key: 'whole', title: 'expectation, whole map', color: '#ffc145' },
    { key: 'window', title: 'expectation, 5 × 5', color: '#3fe0a8' },
]);

/**
 * @param {(joint: number) => Promise<Magnified | undefined>} ask
 * @param {(task: () => Promise<unknown>) => void} attempt
 */
export function makeMagnifier(ask, attempt) {
    const details = one('#maps', HTMLDetailsElement);
    const select = one('#joint', HTMLSelectElement);
    const [map, near] = ['#map', '#near'].map((id) => one(id, HTMLCanvasElement));
    const readings = one('#readings', HTMLElement);
    /** @type {Scene | undefined} */
    let scene;
    let asking = false;

    readings.replaceChildren(...READINGS.map(({ key, title, color }) => {
        const item = document.createElement('span');
        item.style.setProperty('--kind', color);
        item.append(title, ' ', Object.assign(document.createElement('output'), { id: `reading-${key}` }));
        return item;
    }));

    /** One question at a time: a film does not wait for it. */
    function refresh() {
        if (!scene || !details.open || details.hidden || asking) return;
        const about = scene;
        asking = true;
        attempt(async () => {
            try {
                const magnified = await ask(Number(select.value));
                if (magnified) draw(magnified, about);
            } finally {
                asking = false;
            }
        });
    }

    /** @param {Magnified} magnified @param {Scene} about */
    function draw(magnified, about) {
        const [height, width] = magnified.map.dims;
        const { highest: [x, y] } = magnified;
        paint(map, magnified, about, [0, 0, width, height]);
        paint(near, magnified, about, [x - AROUND, y - AROUND, x + AROUND + 1, y + AROUND + 1]);
        for (const { key } of READINGS) one(`#reading-${key}`, HTMLOutputElement).value = magnified[key].map((v) => v.toFixed(key === 'highest' ? 0 : 2)).join(', ');
    }

    details.addEventListener('toggle', refresh);
    select.addEventListener('change', refresh);
    return {
        /** @param {readonly string[]} joints none: this network has no heatmaps */
        offer(joints) {
            details.hidden = !joints.length;
            fillSelect(select, Object.fromEntries(joints.map((title, i) => [i, { title }])));
        },
        /** @param {Scene} next what is on the canvas now */
        show(next) {
            scene = next;
            refresh();
        },
    };
}

/**
 * The picture under some of the map's cells, the map over it, and the three readings.
 *
 * @param {HTMLCanvasElement} canvas @param {Magnified} magnified @param {Scene} scene
 * @param {readonly [number, number, number, number]} cells x1, y1, x2, y2
 */
function paint(canvas, magnified, { picture, width, height }, [x1, y1, x2, y2]) {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
    const side = Math.min(canvas.width / (x2 - x1), canvas.height / (y2 - y1));
    const [a, b, c, d, e, f] = magnified.matrix;
    const area = a * e - b * d;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = '#000';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(side, 0, 0, side, -x1 * side, -y1 * side);
    context.save();
    context.transform(e / area, -d / area, -b / area, a / area, (b * f - c * e) / area, (c * d - a * f) / area);
    context.drawImage(picture, 0, 0, width, height);
    context.restore();
    // A cell's weight stands around the place that its joint would have.
    const shift = magnified.centre - 0.5;
    const [rows, columns] = magnified.map.dims;
    drawHeatmap(context, magnified.map, { box: [shift, shift, columns + shift, rows + shift], opacity: 0.62 });
    for (const { key, color } of READINGS) {
        const [x, y] = magnified[key].map((v) => v + magnified.centre);
        drawKeypoints(context, [x, y, 1], { color, fill: true, scale: 1.6 });
    }
}
