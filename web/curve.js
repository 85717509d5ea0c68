/** A curve of losses, by their logarithm. */

const FLOOR = 1e-12;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {{ marks?: readonly number[], least?: number }} [options] marks: where something new begins, as indices; least: decades at least
 */
export function drawCurve(canvas, values, { marks = [], least = 1 } = {}) {
    const density = Math.min(window.devicePixelRatio || 1, 3);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    Object.assign(canvas, { width: Math.round(width * density), height: Math.round(height * density) });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    context.scale(density, density);
    if (!values.length) return;
    const style = getComputedStyle(canvas);
    const logs = Array.from(values, (v) => Math.log10(Math.max(v, FLOOR)));
    const middle = (Math.max(...logs) + Math.min(...logs)) / 2;
    const [top, bottom] = [Math.max(...logs, middle + least / 2), Math.min(...logs, middle - least / 2)];
    const [left, right] = [44, width - 8];
    const x = (/** @type {number} */ i) => left + (right - left) * (values.length > 1 ? i / (values.length - 1) : 0);
    const y = (/** @type {number} */ log) => 10 + (height - 20) * (top - log) / (top - bottom);

    context.font = `11px ${style.fontFamily}`;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.fillStyle = style.getPropertyValue('--quiet');
    context.strokeStyle = style.getPropertyValue('--line');
    context.lineWidth = 1;
    for (const value of ticks(bottom, top, height / 26)) {
        const at = y(Math.log10(value));
        line(context, [[left, at], [right, at]]);
        context.fillText(value >= 1e-2 && value < 1e4 ? String(+value.toPrecision(1)) : value.toExponential(0), left - 7, at);
    }
    context.setLineDash([3, 3]);
    for (const i of marks) line(context, [[x(i), 6], [x(i), height - 6]]);
    context.setLineDash([]);
    context.strokeStyle = style.getPropertyValue('--accent');
    context.lineWidth = 2;
    context.lineJoin = 'round';
    line(context, logs.map((log, i) => [x(i), y(log)]));
    context.fillStyle = context.strokeStyle;
    context.beginPath();
    context.arc(x(logs.length - 1), y(logs[logs.length - 1]), 3.5, 0, 7);
    context.fill();
}

/** Round numbers. @param {number} bottom their logarithms @param {number} top @param {number} most @returns {number[]} */
function ticks(bottom, top, most) {
    const stride = Math.max(1, Math.ceil((top - bottom) / most));
    const within = top - bottom < most / 3 ? [1, 2, 5] : [1];
    const decades = Array.from({ length: Math.floor((top - bottom) / stride) + 2 }, (_, i) => (Math.floor(bottom / stride) + i) * stride);
    return decades.flatMap((log) => within.map((k) => k * 10 ** log)).filter((v) => Math.log10(v) >= bottom && Math.log10(v) <= top);
}

/** @param {CanvasRenderingContext2D} context @param {number[][]} points */
export function line(context, points) {
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x, y);
    context.stroke();
}

/** @param {number} loss @returns {string} */
export const inShort = (loss) => (loss === 0 ? '0' : Math.abs(loss) < 1e-3 || loss >= 1e4 ? loss.toExponential(1) : loss.toPrecision(3));
