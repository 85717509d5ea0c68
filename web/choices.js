/** What a form chooses, on the panel or elsewhere on the page: every control with a name takes part, and the address brings it back. */

const PAUSE = 300;

/**
 * @param {HTMLFormElement} form
 * @param {(name: string) => void} changed called as a control changes
 */
export function makeChoices(form, changed) {
    const get = () => /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
    const names = [...new Set([...form.elements].map((control) => control.getAttribute('name') ?? '').filter(Boolean))];
    const defaults = get();
    /** @type {Record<string, string>} */
    let others = {};
    let timer = 0;

    /** @param {string} name @param {string} value of a control; one that it does not have is ignored */
    function set(name, value) {
        const control = form.elements.namedItem(name);
        if (control instanceof HTMLInputElement && control.type === 'checkbox') control.checked = value === 'on';
        else if (control instanceof HTMLSelectElement && [...control.options].every((option) => option.value !== value)) return;
        else if (control && 'value' in control) control.value = value;
        show();
    }

    function show() {
        for (const output of form.elements) {
            if (!(output instanceof HTMLOutputElement)) continue;
            const input = /** @type {HTMLInputElement | null} */ (document.getElementById(output.htmlFor.value));
            if (input?.name) output.value = input.step.includes('.') ? Number(input.value).toFixed(input.step.split('.')[1].length) : input.value;
        }
    }

    /** Into the address what differs from the page as it comes; browsers allow few such writes a second. */
    function remember() {
        clearTimeout(timer);
        timer = window.setTimeout(() => {
            const address = new URL(location.href);
            const values = { ...get(), ...others };
            for (const name of [...names, ...Object.keys(others)]) {
                if ((values[name] ?? '') === (defaults[name] ?? '')) address.searchParams.delete(name);
                else address.searchParams.set(name, values[name] ?? '');
            }
            history.replaceState(null, '', address);
        }, PAUSE);
    }

    form.addEventListener('submit', (event) => event.preventDefault());
    document.addEventListener('input', ({ target }) => {
        const { form: owner, name } = /** @type {HTMLInputElement} */ (target);
        if (owner !== form || !name) return;
        show();
        remember();
        changed(name);
    });

    const asked = new URLSearchParams(location.search);
    for (const [name, value] of asked) if (names.includes(name)) set(name, value);
    show();
    return {
        get,
        /** @param {string} name @returns {number} */
        number: (name) => Number(get()[name]),
        /** @param {string} name @param {string} value */
        set(name, value) {
            set(name, value);
            remember();
        },
        /** What is chosen elsewhere on the page; '' is forgotten. @param {Record<string, string>} more */
        also(more) {
            others = { ...others, ...more };
            remember();
        },
        asked,
    };
}
