/** What goes wrong is said in words, and what happens is told to screen readers. */
import { one } from './panel.js';

/** @param {unknown} [error] none: all is well */
export function trouble(error) {
    const place = one('#trouble', HTMLElement);
    place.hidden = !error;
    place.textContent = error instanceof Error ? error.message : String(error ?? '');
}

/** Runs what a control asks for, and says so when it fails. @param {() => unknown} task */
export async function attempt(task) {
    trouble();
    try {
        await task();
    } catch (error) {
        trouble(error);
    }
}

/** @param {string} text */
export function tell(text) {
    one('#status', HTMLElement).textContent = text;
}

/** Calls `draw` once before the next frame is shown, however often it is asked. @param {(now: number) => void} draw @returns {() => void} */
export function onFrame(draw) {
    let asked = false;
    const frame = (/** @type {number} */ now) => {
        asked = false;
        try {
            draw(now);
        } catch (error) {
            trouble(error);
        }
    };
    return () => {
        if (!asked) requestAnimationFrame(frame);
        asked = true;
    };
}

export const calm = matchMedia('(prefers-reduced-motion: reduce)');
