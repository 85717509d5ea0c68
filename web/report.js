/** What was found, in words, in a table, and as the JSON that a snapshot saves. */
import { PALETTE } from 'fovea/draw';

/**
 * @typedef {import('./networks.js').Found} Found
 * @typedef {{ label: string, class: number, score: number, box: number[], keypoints?: number[], id?: number }} Thing
 */

/** One by one. @param {Found} found @param {readonly string[]} labels @returns {Thing[]} */
function things(found, labels) {
    if (Array.isArray(found)) {
        return found.map(({ score, box, keypoints, id }) =>
            ({ label: labels[0], class: 0, score, box: Array.from(box), keypoints: Array.from(keypoints), ...(id !== undefined && { id }) }));
    }
    const { count, boxes, scores, classes, keypoints } = found;
    const points = keypoints && count ? keypoints.length / count : 0;
    return Array.from({ length: count }, (_, i) => ({
        label: labels[classes[i]] ?? `class ${classes[i]}`,
        class: classes[i],
        score: scores[i],
        box: Array.from(boxes.subarray(4 * i, 4 * i + 4)),
        ...(keypoints && { keypoints: Array.from(keypoints.subarray(points * i, points * (i + 1))) }),
    }));
}

/** @param {Thing[]} detections @returns {{ label: string, cls: number, count: number }[]} */
export function tally(detections) {
    /** @type {Map<number, { label: string, cls: number, count: number }>} */
    const kinds = new Map();
    for (const { label, class: cls } of detections) kinds.set(cls, { label, cls, count: (kinds.get(cls)?.count ?? 0) + 1 });
    return [...kinds.values()].sort((a, b) => b.count - a.count || a.cls - b.cls);
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

/** @param {HTMLElement} body of a table @param {Thing[]} detections */
export function showRows(body, detections) {
    body.replaceChildren(...detections.map(({ label, id, score, box: [x1, y1, x2, y2] }) => {
        const row = document.createElement('tr');
        const cells = [id === undefined ? label : `${label} ${id}`, score.toFixed(2), ...[x1, y1, x2 - x1, y2 - y1].map((v) => v.toFixed(0))];
        row.append(...cells.map((textContent) => Object.assign(document.createElement('td'), { textContent })));
        return row;
    }));
}

/**
 * Everything known of one frame, in the coordinates of its picture.
 *
 * @param {{ found: Found, width: number, height: number, times: Record<string, number> }} seen
 * @param {{ source: string, network: string, labels: readonly string[], options: import('./networks.js').Options }} about
 */
export function record({ found, width, height, times }, { source, network, labels, options }) {
    return { time: new Date().toISOString(), source, network, width, height, options, milliseconds: times, detections: things(found, labels) };
}

/** @param {Blob} blob @param {string} name */
export function save(blob, name) {
    const href = URL.createObjectURL(blob);
    Object.assign(document.createElement('a'), { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
