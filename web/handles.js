/** A knob over a picture: dragged by mouse, pen or finger, or moved by the arrow keys. */

const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

/**
 * The direction of an arrow key, ten times as far with Shift.
 * @param {KeyboardEvent} event @returns {[number, number] | undefined}
 */
export function arrow({ key, shiftKey }) {
    const far = shiftKey ? 10 : 1;
    const [x, y] = ARROWS[key] ?? [0, 0];
    return x || y ? [x * far, y * far] : undefined;
}

/**
 * @param {HTMLElement} knob a button, absolutely placed in `box`
 * @param {object} options
 * @param {HTMLElement} options.box
 * @param {() => [number, number]} options.where its place, as shares of the box
 * @param {(place: [number, number]) => void} options.move
 * @param {readonly [number, number]} options.step of an arrow key, as shares
 * @param {() => void} [options.done]
 * @returns {() => void} puts it where it belongs
 */
export function makeHandle(knob, { box, where, move, step, done = () => {} }) {
    let grip = [0, 0];
    /** @param {PointerEvent} event @returns {[number, number]} */
    const share = ({ clientX, clientY }) => {
        const { left, top, width, height } = box.getBoundingClientRect();
        return [(clientX - left) / width, (clientY - top) / height];
    };
    knob.addEventListener('pointerdown', (event) => {
        if (event.button) return;
        knob.setPointerCapture(event.pointerId);
        const [x, y] = share(event);
        const [atX, atY] = shown();
        grip = [x - atX, y - atY];
    });
    knob.addEventListener('pointermove', (event) => {
        if (!knob.hasPointerCapture(event.pointerId)) return;
        const [x, y] = share(event);
        move([x - grip[0], y - grip[1]]);
    });
    knob.addEventListener('lostpointercapture', done);
    knob.addEventListener('keydown', (event) => {
        const way = arrow(event);
        if (!way) return;
        event.preventDefault();
        const [x, y] = where();
        move([x + way[0] * step[0], y + way[1] * step[1]]);
    });
    knob.addEventListener('keyup', (event) => arrow(event) && done());

    /** Where it can be seen. */
    const shown = () => where().map((v) => Math.min(Math.max(v, 0.02), 0.98));
    return () => {
        const [x, y] = shown();
        knob.style.left = `${100 * x}%`;
        knob.style.top = `${100 * y}%`;
    };
}
