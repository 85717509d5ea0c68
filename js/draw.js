/**
 * Results drawn over a picture, with any 2D context: a canvas's, an OffscreenCanvas's, or that of @napi-rs/canvas.
 *
 * Places are the picture's, taken through the context's transform; sizes are CSS pixels. Everything is drawn in whole canvas pixels
 * whatever the transform, so lines stay crisp and text upright on a scaled or mirrored picture. Nothing is filled unless asked.
 * The context is left as it was found.
 */

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
 * @property {number} [minScore=0] keypoints that score less are not drawn
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

/**
 * @typedef {object} Detections
 * @property {number} [count] by default as many as there are boxes
 * @property {ArrayLike<number>} boxes x1, y1, x2, y2 of each, in the picture
 * @property {ArrayLike<number>} [scores] 0 to 1
 * @property {ArrayLike<number>} [classes]
 */

/**
 * Draw boxes with their names and scores, the best on top. A box with a NaN or infinite corner, or wholly outside the canvas, is skipped.
 *
 * @param {Context2D} ctx
 * @param {Detections} detections
 * @param {ArrayLike<string> | null} [labels] the classes' names
 * @param {Style} [style]
 * @throws {TypeError | RangeError} naming the argument that is wrong
 *
 * @example
 * drawDetections(ctx, detections, COCO_80, {color: (index, cls) => cls === 0 ? 'gold' : 'grey', plate: true});
 */
export function drawDetections(ctx, detections, labels, style = {}) {
    const {boxes, scores, classes} = Object(detections);
    const count = detections?.count ?? Math.floor(checkArray('detections.boxes', boxes) / 4);
    if (!(Number.isInteger(count) && count >= 0)) throw wrong(RangeError, 'detections.count', 'a whole number', count);
    checkArray('detections.boxes', boxes, 4 * count);
    if (scores) checkArray('detections.scores', scores, count);
    if (classes) checkArray('detections.classes', classes, count);
    if (labels) checkArray('labels', labels);

    withPen(ctx, style, (pen) => {
        const rank = Array.from({length: count}, (_, i) => scores && isFinite(scores[i]) ? scores[i] : -Infinity);
        const bestFirst = [...rank.keys()].sort((i, j) => rank[j] - rank[i]);
        /** @type {(() => void)[]} */
        const frames = [];
        /** @type {(() => void)[]} */
        const texts = [];
        for (const i of bestFirst) {
            const box = [0, 1, 2, 3].map((k) => boxes[4 * i + k]);
            if (!box.every(isFinite)) continue;
            const cls = classes?.[i] ?? 0;
            const look = pen.lookOf(i, cls), frame = pen.box(box, look);
            if (!frame) continue;
            const name = labels?.[cls] ?? (classes ? `class ${cls}` : '');
            const percent = rank[i] > -Infinity ? `${Math.round(100 * rank[i])}%` : '';
            frames.push(frame.draw);
            texts.push(pen.label(name, percent, frame.bounds, look));
        }
        for (const draw of [...frames.reverse(), ...texts.reverse()]) draw();
    });
}

/**
 * Draw keypoints as rings, or as dots with `fill`. A point with a NaN or infinite coordinate is skipped.
 *
 * @param {Context2D} ctx
 * @param {ArrayLike<number>} keypoints x, y, score of each, in the picture
 * @param {Style} [style] its functions get the point's index, and 0 for the class
 * @throws {TypeError | RangeError} naming the argument that is wrong
 */
export function drawKeypoints(ctx, keypoints, style = {}) {
    const count = checkArray('keypoints', keypoints) / 3;
    if (!Number.isInteger(count)) throw wrong(RangeError, 'keypoints', 'x, y, score of each', `${3 * count} numbers`);

    withPen(ctx, style, (pen) => {
        const minScore = checkSize('style.minScore', style.minScore ?? 0);
        for (let i = 0; i < count; i++) {
            const [x, y, score] = [0, 1, 2].map((k) => keypoints[3 * i + k]);
            if (isFinite(x) && isFinite(y) && !(score < minScore)) pen.ring(x, y, pen.lookOf(i, 0));
        }
    });
}

/** @param {ErrorConstructor} Kind @param {string} name @param {string} expected @param {unknown} got */
const wrong = (Kind, name, expected, got) => new Kind(`${name}: expected ${expected}, got ${got}`);

/**
 * @param {string} name
 * @param {any} values
 * @param {number} [least]
 * @returns {number} how many there are
 */
function checkArray(name, values, least = 0) {
    if (typeof values !== 'object' || !(values?.length >= 0)) throw wrong(TypeError, name, 'an array', values);
    if (values.length < least) throw wrong(RangeError, name, `${least} numbers`, values.length);
    return values.length;
}

/** @param {string} name @param {any} value */
function checkSize(name, value) {
    if (typeof value === 'number' && value >= 0 && value < Infinity) return value;
    throw wrong(RangeError, name, 'a number, at least 0', value);
}

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

/** @type {Map<unknown, string>} */
const inks = new Map();

/** The ink, black or white, that reads best on a colour. @param {any} color @param {Context2D} ctx @param {string} [name] of the style, to blame */
function inkOn(color, {canvas}, name) {
    let ink = inks.get(color);
    if (!ink) {
        const channels = readColor(color, canvas);
        if (!channels) throw wrong(TypeError, `style.${name}`, 'a CSS colour', color);
        const [red, green, blue] = channels.map((v) => (v / 255) ** 2.2);
        ink = .2126 * red + .7152 * green + .0722 * blue > .18 ? BLACK : WHITE;
        inks.set(color, ink);
    }
    return ink;
}

/** Red, green and blue, as a canvas paints them if need be; null if that is no colour. @param {any} color @param {any} canvas */
function readColor(color, canvas) {
    if (/^#[\da-f]{6}$/i.test(color)) return [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
    const ctx = new (/** @type {any} */ (globalThis.OffscreenCanvas) ?? canvas.constructor)(1, 1).getContext('2d');
    ctx.fillStyle = '#01020304';
    const before = ctx.fillStyle;
    ctx.fillStyle = color;
    ctx.fillRect(0, 0, 1, 1);
    return typeof color === 'string' && ctx.fillStyle !== before ? [...ctx.getImageData(0, 0, 1, 1).data] : null;
}

/**
 * Hand `use` the primitives, which draw in canvas pixels, and restore the context after it.
 *
 * @param {Context2D} ctx
 * @param {Style} style
 * @param {(pen: ReturnType<typeof makePen>) => void} use
 */
function withPen(ctx, style, use) {
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
        inkOn(look.color, ctx, 'color');
        for (const name of ['halo', 'fill', 'plate']) {
            if (look[name] && look[name] !== true) inkOn(look[name], ctx, name);
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
        for (const [stroke, lineWidth] of [[halo === true ? inkOn(color, ctx) : halo, line + 2 * hair], [color, line]]) {
            if (!stroke || !line) continue;
            ctx.strokeStyle = stroke;
            ctx.lineWidth = lineWidth;
            ctx.stroke();
        }
    }

    return {
        lookOf,

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

        /** @param {number} x @param {number} y @param {Record<string, any>} look */
        ring(x, y, look) {
            ctx.beginPath();
            const [cx, cy] = at(x, y);
            ctx.arc(cx, cy, look.radius, 0, 2 * Math.PI);
            paint(look, look.lineWidth, 1);
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
