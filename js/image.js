import {checkChoice, checkFinite, checkInteger, checkList, checkOptions, wrong, wrongType} from './check.js';
import {checkTensor, placeFloats, typeOf} from './tensor.js';
import {checkView, View} from './view.js';
import {checkRoom, FoveaError, withBlock} from './wasm.js';

/** @import {Tensor, FloatTensor} from './tensor.js' */
/** @import {Block} from './wasm.js' */
/** @import {Fit} from './view.js' */

export const RESIZES = /** @abi FV_RESIZE_ */ {
    nearest: 0, bilinear: 1, area: 2, antialias: 3, nearest_exact: 4, bicubic: 5, adaptive: 6,
};
export const LAYOUTS = /** @abi FV_LAYOUT_ */ {NCHW: 0, NHWC: 1};
export const ORDERS = /** @abi FV_ORDER_ */ {RGB: 0, BGR: 1};

const OUTPUTS = {
    float32: {type: 0, Data: Float32Array},
    int32: {type: 1, Data: Int32Array},
    uint8: {type: 2, Data: Uint8Array},
};

/**
 * A picture: RGBA bytes, as an ImageData has them. Instead of `data`, `write` may fill them in: it gets wasm memory, lent
 * until it returns or its promise settles, and the copy in is saved (`VideoFrame.copyTo(pixels, {format: 'RGBA'})`).
 *
 * @typedef {{data: Uint8Array | Uint8ClampedArray, width: number, height: number}} Picture
 * @typedef {{width: number, height: number, write: (pixels: Uint8ClampedArray) => void | Promise<any>}} WrittenPicture
 * @typedef {Picture | WrittenPicture} Frame
 */

/**
 * @typedef {object} TensorOptions
 * @property {number} [width] of the tensor, pixels; default: the view's, or the frame's
 * @property {number} [height]
 * @property {Fit} [fit] 'letterbox' (= 'ultralytics'), 'stretch', 'cover', 'yolox', 'darknet', 'mediapipe'; default 'letterbox'
 * @property {boolean} [scaleUp] false: a picture smaller than the tensor keeps its size; default true
 * @property {View} [view] sample through this (a rotated crop) instead of fitting; what lies beyond the picture is fill
 * @property {number | number[]} [fill] bytes, one or one per output channel; normalised like a pixel; default 114
 * @property {keyof typeof RESIZES} [resize] default 'bilinear': half-pixel centres, no antialiasing, torch's F.interpolate.
 *   'area' (box coverage, OpenCV's INTER_AREA) and 'antialias' (Pillow's bilinear) for much smaller tensors
 * @property {'RGB' | 'BGR'} [order] default 'RGB'
 * @property {'NCHW' | 'NHWC'} [layout] default 'NCHW'
 * @property {number} [scale] value = (byte * scale - mean) / std; default 1/255, for integer tensors 1
 * @property {number | number[]} [mean] one, or one per output channel; default 0
 * @property {number | number[]} [std] default 1
 * @property {'float32' | 'int32' | 'uint8'} [dtype] integers are rounded half to even and saturate; default 'float32'
 * @property {Float32Array | Int32Array | Uint8Array | {data: any}} [into] written instead of a new array
 */

/**
 * A picture to a network's input.
 *
 * @template {Frame} F
 * @param {F} frame
 * @param {TensorOptions} [options]
 * @returns {F extends WrittenPicture ? ReturnType<F['write']> extends Promise<any> ? Promise<Prepared> : Prepared : Prepared}
 *   tensor: [1, 3, H, W] or [1, H, W, 3]; view: its coordinates to the picture's, for the decoder. A promise where `write` gives one
 * @throws {TypeError | RangeError} on a wrong frame or option
 */
export function toTensor(frame, options) {
    const plan = makePlan(frame, options);
    const {into} = checkOptions(options);
    const data = /** @type {any} */ (into)?.data ?? into ?? new plan.Data(plan.count);
    if (!(data instanceof plan.Data) || data.length !== plan.count) {
        throw wrongType('into', `a ${plan.Data.name} of ${plan.count} values`, data instanceof plan.Data ? data.length : data);
    }
    return /** @type {any} */ (withBlock((block) => {
        const rows = stripOf(plan);
        const dst = block.space(3 * plan.dstW * rows * data.BYTES_PER_ELEMENT);
        return then(bring(block, frame, plan), (make) => {
            for (let y = 0; y < plan.dstH; y += rows) copyRows(block, dst, data, plan, y, make(dst, y, rows));
            return {tensor: {data, dims: plan.dims}, view: plan.view};
        });
    }));
}

/**
 * A picture to a network's input, without the copy out: `use` gets the tensor in wasm memory. It is lent until `use` returns,
 * or its promise settles; after that its data has length 0. Memory that has to grow in between also ends the loan.
 *
 * @template R
 * @param {Frame} frame
 * @param {TensorOptions} options
 * @param {(prepared: Prepared) => R} use
 * @returns {R | Promise<Awaited<R>>} what `use` returns; a promise also where the frame's `write` gives one
 */
export function lendTensor(frame, options, use) {
    const plan = makePlan(frame, options);
    if (typeof use !== 'function') throw wrongType('use', 'a function', use);
    return /** @type {any} */ (withBlock((block) => {
        const dst = block.space(plan.count * plan.Data.BYTES_PER_ELEMENT);
        return then(bring(block, frame, plan), (make) => {
            make(dst, 0, plan.dstH);
            return block.lend(dst, /** @type {any} */ (plan.Data), plan.count, (data) => use({tensor: {data, dims: plan.dims}, view: plan.view}));
        });
    }));
}

/** @typedef {{tensor: {data: any, dims: number[]}, view: View}} Prepared */

/** @param {any} value @param {(value: any) => any} next */
function then(value, next) {
    return typeof value?.then === 'function' ? value.then(next) : next(value);
}

/** @param {string} name @param {unknown} value @returns {number[]} one number per channel */
function perChannel(name, value) {
    const three = typeof value === 'number' ? [value, value, value] : value;
    return Array.from(checkList(name, three, 3));
}

/** @param {Frame} frame @param {TensorOptions | undefined} options */
function makePlan(frame, options) {
    const {
        width, height, fit = 'letterbox', scaleUp = true, view, fill: fillBytes = 114, resize = 'bilinear', order = 'RGB', layout = 'NCHW',
        dtype = 'float32', scale = dtype === 'float32' ? 1 / 255 : 1, mean = 0, std = 1,
    } = checkOptions(options);
    const {type, Data} = checkChoice('dtype', OUTPUTS, dtype);
    const [W, H] = checkFrame(frame);
    if (view !== undefined) checkView('view', view);
    const dstW = checkInteger('width', width ?? view?.tensor?.[0] ?? W, 1, 65535);
    const dstH = checkInteger('height', height ?? view?.tensor?.[1] ?? H, 1, 65535);
    checkRoom(3 * dstW * dstH * Data.BYTES_PER_ELEMENT);
    const means = perChannel('mean', mean);
    const stds = perChannel('std', std);
    checkFinite('scale', scale);
    const norm = Float32Array.of(...stds.map((s) => scale / s), ...stds.map((s, c) => -means[c] / s), ...perChannel('fill', fillBytes));
    if (!norm.every(Number.isFinite)) throw wrong('std', 'numbers other than 0', stds);
    const through = view ?? View.fit(W, H, dstW, dstH, fit, {scaleUp});
    return {
        type, Data, W, H, dstW, dstH, norm,
        view: through, place: view ? undefined : through.place,
        resize: checkChoice('resize', RESIZES, resize),
        order: checkChoice('order', ORDERS, order),
        layout: checkChoice('layout', LAYOUTS, layout),
        count: 3 * dstW * dstH,
        dims: layout === 'NCHW' ? [1, 3, dstH, dstW] : [1, dstH, dstW, 3],
    };
}

/** @param {any} frame @returns {[number, number]} its width and height */
function checkFrame(frame) {
    const W = checkInteger('frame.width', frame?.width, 1, 65535);
    const H = checkInteger('frame.height', frame?.height, 1, 65535);
    const {data, write} = frame;
    if (typeof write === 'function') return [W, H];
    if (typeOf(data) !== 'uint8') throw wrongType('frame.data', 'RGBA bytes', data);
    if (data.length !== W * H * 4) throw wrong('frame.data', `${W * H * 4} bytes for ${W} x ${H} RGBA`, data.length);
    return [W, H];
}

/** @typedef {(dst: number, y: number, rows: number) => number} Make rows of the tensor from y on, at `dst`; returns how many there were */

/**
 * Bring the pixels in.
 *
 * @param {Block} block
 * @param {Frame} frame
 * @param {ReturnType<typeof makePlan>} plan
 * @returns {Make | Promise<Make>}
 */
function bring(block, frame, {type, W, H, dstW, dstH, norm, view, place, resize, order, layout}) {
    const bytes = W * H * 4;
    const rgba = block.space(bytes);
    const normPtr = block.input(norm);
    const ready = () => {
        if (!place) {
            if (resize > RESIZES.area) throw wrong('resize', 'nearest, bilinear or area through this view', Object.keys(RESIZES)[resize]);
            const matrix = block.input(view.matrix);
            const scratch = block.space(block.call('fv_image_warp_scratch', dstW));
            return (/** @type {number} */ dst) => {
                block.call('fv_image_warp', dst, type, layout, dstW, dstH, rgba, W, H, matrix, resize, order, normPtr, scratch);
                return dstH;
            };
        }
        const {left, top, width, height} = place;
        const scratch = block.space(block.call('fv_image_fit_scratch', dstW, W, H, width, height));
        return (/** @type {number} */ dst, /** @type {number} */ y, /** @type {number} */ rows) => {
            const count = Math.min(rows, dstH - y);
            block.call('fv_image_fit', dst, type, layout, dstW, count, rgba, W, H, left, top - y, width, height, resize, order, normPtr, scratch);
            return count;
        };
    };
    if ('write' in frame && typeof frame.write === 'function') {
        return then(block.lend(rgba, Uint8ClampedArray, bytes, (pixels) => then(frame.write(pixels), () => {
            if (pixels.length === 0) throw new FoveaError('LENT', 'frame.write: the wasm memory grew while it was lent');
        })), ready);
    }
    block.view(rgba, Uint8Array, bytes).set(/** @type {Picture} */ (frame).data);
    return ready();
}

const STRIP_BYTES = 2 ** 18;

/**
 * How many rows to make before they are copied out: as many as stay in the cache meanwhile. A warp is made whole.
 *
 * @param {ReturnType<typeof makePlan>} plan
 */
function stripOf({place, dstW, dstH, Data}) {
    return place ? Math.min(dstH, Math.max(8, Math.floor(STRIP_BYTES / (3 * dstW * Data.BYTES_PER_ELEMENT)))) : dstH;
}

/**
 * @param {Block} block
 * @param {number} from
 * @param {Float32Array | Int32Array | Uint8Array} data
 * @param {ReturnType<typeof makePlan>} plan
 * @param {number} y
 * @param {number} rows
 */
function copyRows(block, from, data, {dstW, dstH, layout}, y, rows) {
    const [planes, length] = layout === LAYOUTS.NCHW ? [3, rows * dstW] : [1, 3 * rows * dstW];
    for (let c = 0; c < planes; c++) {
        const strip = block.view(from + c * length * data.BYTES_PER_ELEMENT, /** @type {any} */ (data.constructor), length);
        data.set(strip, (c * dstH + y) * length / rows);
    }
}

/**
 * Resize float maps: torch's F.interpolate(align_corners=False), OpenCV's INTER_AREA.
 *
 * @param {Tensor} maps [N, C, H, W], or [N, H, W, C]
 * @param {{width: number, height: number, resize?: keyof typeof RESIZES, layout?: 'NCHW' | 'NHWC'}} options
 *   resize: see toTensor; also 'bicubic' (A = -0.75), 'adaptive' (torch's 'area'), 'nearest_exact'. Default 'bilinear'
 * @returns {FloatTensor} the same layout
 */
export function resizeMaps(maps, options) {
    const {width, height, resize = 'bilinear', layout = 'NCHW'} = checkOptions(options);
    const dims = checkTensor('maps', maps, '[N, C, H, W]');
    checkInteger('width', width), checkInteger('height', height);
    const kind = checkChoice('resize', RESIZES, resize);
    const nchw = checkChoice('layout', LAYOUTS, layout) === LAYOUTS.NCHW;
    if (dims.length !== 4 || dims.includes(0)) throw wrong('maps', '4 sizes of at least 1', dims);
    const [N, C, H, W] = nchw ? dims : [dims[0], dims[3], dims[1], dims[2]];
    const [planes, channels] = nchw ? [N * C, 1] : [N, C];
    checkRoom(N * C * width * height * 4);
    const data = new Float32Array(planes * height * width * channels);
    withBlock((block) => {
        const dst = block.space(data.byteLength);
        const src = placeFloats(block, maps);
        const scratch = block.space(block.call('fv_image_resize_scratch', width, height, W, H, channels));
        block.call('fv_image_resize', dst, width, height, src, planes, W, H, channels, kind, scratch);
        block.output(dst, data);
    });
    return {data, dims: nchw ? [N, C, height, width] : [N, height, width, C]};
}
