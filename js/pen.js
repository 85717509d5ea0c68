/** What the drawing functions draw with: a style settled, colours read, and primitives in canvas pixels. */

/**
 * Okabe and Ito's colours and five more, none closer to another, to any kind of colour vision, than their closest two.
 *
 * @type {readonly string[]}
 */
export const PALETTE = [
    '#56b4e9', '#e69f00', '#009e73', '#cc79a7', '#f0e442', '#0072b2', '#d55e00',
    '#882255', '#99ffff', '#3311cc', '#9966ff', '#aadd99',
];

const DEFAULTS = {color: null, lineWidth: 2, halo: true, fill: false, plate: false, label: true, fontSize: 13, radius: 3};
const BLACK = '#111111', WHITE = '#ffffff';
const FAR = 1e5;

/**
 * A value, or a function of the result's index and class.
 *
 * @template T
 * @typedef {T | ((index: number, cls: number) => T)} Styled
 */

/**
 * @typedef {object} Style
 * @property {Styled<string>} [color] any CSS colour; by default the class's of `PALETTE`
 * @property {Styled<number>} [lineWidth=2] 0 for no line
 * @property {Styled<boolean | string>} [halo=true] a hairline in black or white along lines and round text, or its colour
 * @property {Styled<boolean | string>} [fill=false] tint the inside, or fill it with this colour
 * @property {Styled<boolean | string>} [plate=false] put the label on a plate of the line's colour, or of this one
 * @property {Styled<boolean | string>} [label=true] name and score, nothing, or this text
 * @property {Styled<number>} [fontSize=13]
 * @property {string} [font] families; default system-ui
 * @property {Styled<number>} [radius=3] of a keypoint
 * @property {number} [minScore=0] keypoints and joints that score less are not drawn
 * @property {number} [scale] canvas pixels to one CSS pixel. By default as the canvas is laid out; where it is not, the transform's
 *     scale, or one more for each 720 pixels of the canvas's shorter side, whichever is larger
 */

/**
 * The part of a 2D context that drawing needs.
 *
 * @typedef {Pick<CanvasRenderingContext2D, 'save' | 'restore' | 'beginPath' | 'closePath' | 'moveTo' | 'lineTo' | 'arc' | 'fillRect'
 *     | 'fillText' | 'strokeText' | 'font' | 'lineWidth' | 'lineJoin' | 'textAlign' | 'textBaseline' | 'globalAlpha'> & {
 *     fillStyle: any, strokeStyle: any, fill(): void, stroke(): void, measureText(text: string): {width: number},
 *     setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void,
 *     getTransform(): {a: number, b: number, c: number, d: number, e: number, f: number},
 *     canvas: {width: number, height: number, clientWidth?: number, clientHeight?: number}}} Context2D
 */

/** @param {ErrorConstructor} Kind @param {string} name @param {string} expected @param {unknown} got */
export const wrong = (Kind, name, expected, got) => new Kind(`${name}: expected ${expected}, got ${got}`);

/**
 * @param {string} name
 * @param {any} values
 * @param {number} [least]
 * @returns {number} how many there are
 */
export function checkArray(name, values, least = 0) {
    if (typeof values !== 'object' || !(values?.length >= 0)) throw wrong(TypeError, name, 'an array', values);
    if (values.length < least) throw wrong(RangeError, name, `${least} numbers`, values.length);
    return values.length;
}

/** @param {string} name @param {any} value */
export function checkSize(name, value) {
    if (typeof value === 'number' && value >= 0 && value < Infinity) return value;
    throw wrong(RangeError, name, 'a number, at least 0', value);
}

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

/** @type {Map<unknown, string>} */
const inks = new Map();

/** The ink, black or white, that reads best on a colour. @param {any} color @param {Context2D} ctx @param {string} [name] of the colour, to blame */
function inkOn(color, ctx, name = 'color') {
    let ink = inks.get(color);
    if (!ink) {
        const [red, green, blue] = readColor(name, color, ctx).map((v) => (v / 255) ** 2.2);
        ink = .2126 * red + .7152 * green + .0722 * blue > .18 ? BLACK : WHITE;
        inks.set(color, ink);
    }
    return ink;
}

/** Red, green and blue, as a canvas paints them if need be. @param {string} name @param {any} color @param {{canvas: any}} ctx @returns {number[]} */
export function readColor(name, color, {canvas}) {
    if (/^#[\da-f]{6}$/i.test(color)) return [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
    const ctx = makeLayer(canvas, 1, 1);
    ctx.fillStyle = '#01020304';
    const before = ctx.fillStyle;
    ctx.fillStyle = color;
    ctx.fillRect(0, 0, 1, 1);
    if (typeof color !== 'string' || ctx.fillStyle === before) throw wrong(TypeError, name, 'a CSS colour', color);
    return [...ctx.getImageData(0, 0, 1, 1).data];
}

/** The context of a canvas of its own, of the same kind. @param {any} canvas @param {number} width @param {number} height @returns {any} */
export const makeLayer = (canvas, width, height) => new (/** @type {any} */ (globalThis.OffscreenCanvas) ?? canvas.constructor)(width, height).getContext('2d');

/**
 * Hand `use` the primitives, which draw in canvas pixels, and restore the context after it.
 *
 * @param {Context2D} ctx
 * @param {Style} style
 * @param {(pen: ReturnType<typeof makePen>) => void} use
 */
export function withPen(ctx, style, use) {
    if (typeof ctx?.getTransform !== 'function' || !ctx.canvas) throw wrong(TypeError, 'ctx', 'a 2D drawing context', ctx);
    if (style === null || typeof style !== 'object') throw wrong(TypeError, 'style', 'an object', style);
    ctx.save();
    try {
        use(makePen(ctx, style));
    } finally {
        ctx.restore();
    }
}

/**
 * @param {Context2D} ctx
 * @param {Style} style
 */
function makePen(ctx, style) {
    const {width, height, clientWidth, clientHeight} = ctx.canvas;
    const {a, b, c, d, e, f} = ctx.getTransform();
    const scale = checkSize('style.scale', style.scale ?? Math.max(1, ...(clientWidth && clientHeight
        ? [width / clientWidth, height / clientHeight]
        : [Math.sqrt(Math.abs(a * d - b * c)), Math.min(width, height) / 720])));
    /** @type {number[][]} */
    const taken = [];

    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.lineJoin = 'round';
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';

    /** @param {number} size in CSS pixels */
    const crisp = (size) => size && Math.max(1, Math.round(size * scale));
    const hair = crisp(.75);

    /** Settle the style for one result. @param {number} index @param {number} cls */
    function lookOf(index, cls) {
        /** @type {Record<string, any>} */
        const look = {};
        for (const [name, fallback] of Object.entries(DEFAULTS)) {
            const styled = style[/** @type {keyof Style} */ (name)];
            const value = (typeof styled === 'function' ? styled(index, cls) : styled) ?? fallback;
            look[name] = typeof fallback === 'number' ? crisp(checkSize(`style.${name}`, value)) : value;
        }
        look.color ??= PALETTE[Math.abs(cls | 0) % PALETTE.length];
        inkOn(look.color, ctx, 'style.color');
        for (const name of ['halo', 'fill', 'plate']) {
            if (look[name] && look[name] !== true) inkOn(look[name], ctx, `style.${name}`);
        }
        return look;
    }

    /** @param {number} x @param {number} y */
    const at = (x, y) => [clamp(a * x + c * y + e, -FAR, FAR), clamp(b * x + d * y + f, -FAR, FAR)];

    /** Fill and stroke the current path. @param {Record<string, any>} look @param {number} line @param {number} tint */
    function paint({color, halo, fill}, line, tint) {
        if (fill) {
            const {globalAlpha} = ctx;
            ctx.globalAlpha *= fill === true ? tint : 1;
            ctx.fillStyle = fill === true ? color : fill;
            ctx.fill();
            ctx.globalAlpha = globalAlpha;
        }
        strokeHalo(color, halo, line);
        stroke(color, line);
    }

    /** @param {any} color @param {any} halo @param {number} line */
    const strokeHalo = (color, halo, line) => stroke(halo === true ? inkOn(color, ctx) : halo, line && line + 2 * hair);

    /** @param {any} color @param {number} lineWidth */
    function stroke(color, lineWidth) {
        if (!color || !lineWidth) return;
        ctx.strokeStyle = color;
        ctx.lineWidth = lineWidth;
        ctx.stroke();
    }

    /** Through points x, y, ...; one that is not finite parts the line. @param {ArrayLike<number>} points */
    function trace(points) {
        ctx.beginPath();
        for (let i = 0, down = false; i < points.length; i += 2) {
            const here = isFinite(points[i]) && isFinite(points[i + 1]), [px, py] = at(points[i], points[i + 1]);
            if (here) ctx[down ? 'lineTo' : 'moveTo'](px, py);
            down = here;
        }
    }

    return {
        lookOf,

        /** @param {string} name @param {any} color to be sure of */
        checkColor(name, color) {
            inkOn(color, ctx, name);
            return color;
        },

        /** A box, unless it cannot be seen. @param {number[]} box @param {Record<string, any>} look */
        box([x1, y1, x2, y2], look) {
            const corners = [at(x1, y1), at(x2, y1), at(x2, y2), at(x1, y2)];
            const xs = corners.map(([x]) => x), ys = corners.map(([, y]) => y);
            const left = Math.min(...xs), right = Math.max(...xs), top = Math.min(...ys), bottom = Math.max(...ys);
            if (!(right >= 0 && bottom >= 0 && left <= width && top <= height)) return null;

            const line = Math.min(look.lineWidth, Math.max(1, Math.round(Math.min(right - left, bottom - top) / 8)));
            const margin = line / 2 + hair;
            /** To whole pixels, and within the canvas along its edge. @param {number} v @param {number} limit */
            const snap = (v, limit) => {
                const r = Math.round(v - line / 2) + line / 2;
                return Math.abs(r) < margin ? margin : Math.abs(r - limit) < margin ? limit - margin : r;
            };
            return {
                bounds: [left - margin, top - margin, right + margin, bottom + margin].map((v, i) => clamp(v, 0, i % 2 ? height : width)),
                draw() {
                    ctx.beginPath();
                    for (const [x, y] of corners) ctx.lineTo(snap(x, width), snap(y, height));
                    ctx.closePath();
                    paint(look, line, .2);
                },
            };
        },

        /** Lines of several colours, the halos below them all. @param {Iterable<[string, ArrayLike<number>]>} lines @param {Record<string, any>} look */
        lines(lines, {halo, lineWidth}) {
            for (const below of [true, false]) {
                for (const [color, points] of lines) {
                    trace(points);
                    if (below) strokeHalo(color, halo, lineWidth);
                    else stroke(color, lineWidth);
                }
            }
        },

        /** @param {number} x @param {number} y @param {number} dx @param {number} dy @param {Record<string, any>} look */
        arrow(x, y, dx, dy, look) {
            const [x1, y1] = at(x, y), [x2, y2] = at(x + dx, y + dy), length = Math.hypot(x2 - x1, y2 - y1);
            if (!(length >= 1)) return;
            const head = Math.min(length / 2, 2 * look.radius), [u, v] = [(x2 - x1) / length * head, (y2 - y1) / length * head];
            ctx.beginPath();
            ctx.moveTo(x1, y1);
            ctx.lineTo(x2, y2);
            ctx.moveTo(x2 - u - v / 2, y2 - v + u / 2);
            ctx.lineTo(x2, y2);
            ctx.lineTo(x2 - u + v / 2, y2 - v - u / 2);
            paint({...look, fill: false}, look.lineWidth, 1);
        },

        /** @param {number} x @param {number} y @param {Record<string, any>} look */
        ring(x, y, look) {
            ctx.beginPath();
            const [cx, cy] = at(x, y);
            ctx.arc(cx, cy, look.radius, 0, 2 * Math.PI);
            strokeHalo(look.color, look.halo, look.lineWidth);
            paint({...look, halo: false}, look.lineWidth, 1);
        },

        /**
         * Find a label a place of its own outside a box, else inside, always within the canvas.
         *
         * @param {string} name cut short where it is far too long
         * @param {string} percent
         * @param {number[]} bounds of the box, clipped to the canvas
         * @param {Record<string, any>} look
         * @returns {() => void} draws it
         */
        label(name, percent, [left, top, right, bottom], {color, halo, plate, label, fontSize}) {
            const [head, tail] = label === true ? [name, percent] : [`${label || ''}`, ''];
            let text = [head, tail].filter(Boolean).join(' ');
            if (!text || !fontSize) return () => {};
            const font = `600 ${fontSize}px ${style.font ?? 'system-ui, "DejaVu Sans", sans-serif'}`;
            const pad = Math.ceil(fontSize / 4), h = fontSize + pad;
            const room = Math.min(width, Math.max(width / 2, right - left, 16 * fontSize));
            const measure = () => Math.ceil(ctx.measureText(text).width) + 2 * pad;
            ctx.font = font;
            for (let keep = Math.min(head.length, 200); measure() > room && keep > 0;) text = `${head.slice(0, --keep)}… ${tail}`;
            const w = measure();

            const spots = [top - h, bottom, top, bottom - h]
                .flatMap((y) => [left, right - w].map((x) => [Math.round(clamp(x, 0, width - w)), Math.round(y)]))
                .filter(([, y]) => y >= 0 && y + h <= height);
            const [x, y] = spots.find(([sx, sy]) => !taken.some(([tx, ty, tw, th]) => sx < tx + tw && tx < sx + w && sy < ty + th && ty < sy + h))
                ?? spots[0] ?? [Math.round(clamp(left, 0, width - w)), 0];
            if (taken.length < 500) taken.push([x, y, w, h]);

            return () => {
                const own = plate || halo, ground = own === true ? color : own;
                ctx.font = font;
                ctx.fillStyle = ctx.strokeStyle = ground || color;
                ctx.lineWidth = 2 * pad;
                if (plate) ctx.fillRect(x, y, w, h);
                else if (halo) ctx.strokeText(text, x + pad, y + h / 2);
                if (ground) ctx.fillStyle = inkOn(ground, ctx);
                ctx.fillText(text, x + pad, y + h / 2);
            };
        },
    };
}
