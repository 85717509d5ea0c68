/** Detections in words, in a table, and as the JSON that a snapshot saves. */
import { PALETTE } from 'fovea/draw';

/** @typedef {import('./networks.js').Detections} Detections */

/** @param {Detections} found @param {readonly string[]} labels @returns {{ label: string, cls: number, count: number }[]} */
export function tally({ count, classes }, labels) {
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (let i = 0; i < count; i++) counts.set(classes[i], (counts.get(classes[i]) ?? 0) + 1);
    return [...counts].map(([cls, n]) => ({ label: nameOf(cls, labels), cls, count: n })).sort((a, b) => b.count - a.count || a.cls - b.cls);
}

/** @param {ReturnType<typeof tally>} kinds */
export function inWords(kinds) {
    return kinds.length ? kinds.map(({ label, count }) => (count > 1 ? `${label} × ${count}` : label)).join(', ') : 'nothing';
}

/** @param {HTMLElement} list @param {ReturnType<typeof tally>} kinds */
export function showTally(list, kinds) {
    list.replaceChildren(...kinds.map(({ label, cls, count }) => {
        const item = document.createElement('li');
        item.style.setProperty('--kind', PALETTE[cls % PALETTE.length]);
        item.append(label);
        if (count > 1) item.append(' ', Object.assign(document.createElement('b'), { textContent: `× ${count}` }));
        return item;
    }));
    if (!kinds.length) list.append(Object.assign(document.createElement('li'), { className: 'none', textContent: 'nothing found' }));
}

/** @param {HTMLElement} body of a table @param {ReturnType<typeof record>['detections']} detections */
export function showRows(body, detections) {
    body.replaceChildren(...detections.map(({ label, score, box: [x1, y1, x2, y2] }) => {
        const row = document.createElement('tr');
        const cells = [label, score.toFixed(2), ...[x1, y1, x2 - x1, y2 - y1].map((v) => v.toFixed(0))];
        row.append(...cells.map((textContent) => Object.assign(document.createElement('td'), { textContent })));
        return row;
    }));
}

/**
 * Everything known of one frame, in the coordinates of its picture.
 *
 * @param {{ found: Detections, width: number, height: number, times: Record<string, number> }} seen
 * @param {{ source: string, network: string, labels: readonly string[], options: import('./networks.js').Options }} about
 */
export function record({ found, width, height, times }, { source, network, labels, options }) {
    const { count, boxes, scores, classes, keypoints } = found;
    const points = keypoints && count ? keypoints.length / count : 0;
    return {
        time: new Date().toISOString(),
        source, network, width, height, options,
        milliseconds: times,
        detections: Array.from({ length: count }, (_, i) => ({
            label: nameOf(classes[i], labels),
            class: classes[i],
            score: scores[i],
            box: Array.from(boxes.subarray(4 * i, 4 * i + 4)),
            ...(keypoints ? { keypoints: Array.from(keypoints.subarray(points * i, points * (i + 1))) } : {}),
        })),
    };
}

/** @param {number} cls @param {readonly string[]} labels */
const nameOf = (cls, labels) => labels[cls] ?? `class ${cls}`;

/** @param {Blob} blob @param {string} name */
export function save(blob, name) {
    const href = URL.createObjectURL(blob);
    Object.assign(document.createElement('a'), { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
