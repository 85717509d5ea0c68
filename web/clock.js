/** The stage clock: where the milliseconds of a frame go, and how many of them are Fovea's. */

const STAGES = [
    { key: 'read', title: 'read pixels', ours: false },
    { key: 'prepare', title: 'prepare', ours: true },
    { key: 'network', title: 'network', ours: false },
    { key: 'decode', title: 'decode', ours: true },
    { key: 'draw', title: 'draw', ours: true },
];
const REFRESH = 250;
const MEMORY = 0.8;

/**
 * @param {{ bar: HTMLElement, stages: HTMLElement, share: HTMLElement, rate: HTMLElement }} elements
 * @returns {{ tick(times: Record<string, number>, live: boolean): void, reset(): void }}
 */
export function makeClock({ bar, stages, share, rate }) {
    const rows = STAGES.map(({ key, title, ours }) => {
        const piece = bar.appendChild(Object.assign(document.createElement('span'), { className: ours ? 'ours' : '' }));
        const row = stages.appendChild(Object.assign(document.createElement('div'), { className: ours ? 'ours' : '' }));
        piece.dataset.stage = row.dataset.stage = key;
        row.append(document.createElement('i'), Object.assign(document.createElement('dt'), { textContent: title }));
        const value = row.appendChild(Object.assign(document.createElement('dd'), { textContent: '–' }));
        return { key, ours, piece, value };
    });
    /** @type {Record<string, number>} */
    let smooth = {};
    let interval = 0;
    let previous = 0;
    let shown = -Infinity;

    /** @param {boolean} live */
    function show(live) {
        const total = rows.reduce((sum, { key }) => sum + smooth[key], 0);
        const ours = rows.reduce((sum, { key, ours: mine }) => sum + (mine ? smooth[key] : 0), 0);
        for (const { key, piece, value } of rows) {
            piece.style.flexGrow = String(smooth[key]);
            value.textContent = `${smooth[key].toFixed(smooth[key] < 10 ? 2 : 0)} ms`;
        }
        share.textContent = `Fovea: ${ours.toFixed(1)} of ${total.toFixed(total < 10 ? 1 : 0)} ms, ${(100 * ours / total).toFixed(1)} %`;
        rate.textContent = live && interval ? `${(1000 / interval).toFixed(1)} fps` : '';
    }

    return {
        tick(times, live) {
            const now = performance.now();
            const blend = (/** @type {number | undefined} */ old, /** @type {number} */ value) => (live && old ? MEMORY * old + (1 - MEMORY) * value : value);
            for (const { key } of rows) smooth[key] = blend(smooth[key], times[key] ?? 0);
            if (previous) interval = blend(interval, now - previous);
            previous = now;
            if (now - shown > REFRESH || !live) {
                show(live);
                shown = now;
            }
        },
        reset() {
            smooth = {};
            interval = previous = 0;
        },
    };
}
