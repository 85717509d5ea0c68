/** The panel: native controls, their values, and the address bar that remembers them. */

/** @typedef {import('./networks.js').Options} Options */

const SLIDERS = /** @type {const} */ ({ score: 'scoreThreshold', iou: 'iouThreshold', max: 'maxDetections' });

/** @template {Element} T @param {string} selector @param {new () => T} Type @returns {T} */
export function one(selector, Type) {
    const found = document.querySelector(selector);
    if (!(found instanceof Type)) throw new Error(`${selector} is not on the page`);
    return found;
}

/** @param {string} name of a radio group @returns {HTMLInputElement[]} */
export const radios = (name) => [.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(`input[name="${name}"]`))];

/** @param {HTMLSelectElement} select @param {Record<string, { title: string, task?: string }>} entries */
export function fillSelect(select, entries) {
    select.replaceChildren(...Object.entries(entries).map(([value, { title, task }]) => new Option(task ? `${title} · ${task}` : title, value)));
}

/**
 * The three sliders as the decoders' options.
 * @param {() => void} changed called as a slider moves
 */
export function makeSliders(changed) {
    const sliders = Object.entries(SLIDERS).map(([id, option]) => ({
        id, option, input: one(`#${id}`, HTMLInputElement), output: one(`#${id}-value`, HTMLOutputElement),
    }));
    const show = () => {
        for (const { input, output } of sliders) output.value = Number(input.step) < 1 ? Number(input.value).toFixed(2) : input.value;
    };
    for (const { input } of sliders) {
        input.addEventListener('input', () => {
            show();
            changed();
        });
    }
    show();
    return {
        /** @returns {Options} */
        get: () => /** @type {any} */ (Object.fromEntries(sliders.map(({ option, input }) => [option, Number(input.value)]))),
        /** @param {Partial<Options>} values */
        set(values) {
            for (const { option, input } of sliders) if (values[option] !== undefined) input.value = String(values[option]);
            show();
        },
        /** Only those that mean something. @param {Partial<Options>} defaults */
        offer(defaults) {
            for (const { option, input } of sliders) /** @type {HTMLElement} */ (input.parentElement).hidden = defaults[option] === undefined;
            this.set(defaults);
        },
        /** What the address asks for. @param {URLSearchParams} address @returns {Partial<Options>} */
        asked: (address) => Object.fromEntries(sliders.filter(({ id }) => address.has(id)).map(({ id, option }) => [option, Number(address.get(id))])),
    };
}

/** @param {Record<string, string>} choices */
export function remember(choices) {
    const address = new URL(location.href);
    for (const [key, value] of Object.entries(choices)) address.searchParams.set(key, value);
    history.replaceState(null, '', address);
}
