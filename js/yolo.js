import {decodeHead} from './detect.js';
import {checkChoice, checkInteger, checkTensor, describe} from './tensor.js';

/** @import {Detections, DetectOptions, HeadBlock, Coder, Head} from './detect.js' */
/** @import {Tensor} from './tensor.js' */

/** @typedef {Tensor | Tensor[] | Record<string, Tensor>} Outputs a network's outputs, as its runtime gives them */

const COCO_ANCHORS = [[10, 13], [16, 30], [33, 23], [30, 61], [62, 45], [59, 119], [116, 90], [156, 198], [373, 326]];
const V4_ANCHORS = [[12, 16], [19, 36], [40, 28], [36, 75], [76, 55], [72, 146], [142, 110], [192, 243], [459, 401]];

/**
 * The families.
 *
 * objectness  a row is box, objectness, classes; else box, classes
 * anchors     raw maps hold so many boxes per cell, coded by `coder`; none: distances in bins
 * raw         a flat [1, rows, values] output is still to be decoded, unless the option `decoded` says otherwise
 * selected    rows are x1, y1, x2, y2, score, class: nothing is left to suppress
 *
 * @type {Record<string, {objectness?: boolean, anchors?: number[][], coder?: Coder, raw?: boolean, selected?: boolean, activation?: 'sigmoid'}>}
 */
const FAMILIES = {
    v3: {objectness: true, anchors: COCO_ANCHORS, coder: {centreShape: 'sigmoid', sizeShape: 'exp'}},
    v4: {objectness: true, anchors: V4_ANCHORS, coder: {centreShape: 'sigmoid', sizeShape: 'exp', gain: 1.1}},
    v5: {objectness: true, anchors: COCO_ANCHORS, coder: {centreShape: 'sigmoid', sizeShape: 'square_sigmoid', gain: 2}},
    v6: {objectness: true},
    v7: {objectness: true, anchors: V4_ANCHORS, coder: {centreShape: 'sigmoid', sizeShape: 'square_sigmoid', gain: 2}},
    v8: {}, v9: {}, v11: {}, v12: {},
    v10: {selected: true}, v26: {selected: true},
    x: {objectness: true, raw: true, coder: {centreShape: 'linear', sizeShape: 'exp'}},
};

/**
 * Decode a YOLO network's outputs, in whatever of these forms they come:
 *
 * - decoded: one tensor [1, values, rows] (v8, v9, v11: [1, 84, 8400]) or [1, rows, values] (v5, v6, v7: [1, 25200, 85]), boxes
 *   centre and size in pixels;
 * - raw maps: one tensor per stride, [1, A * (5 + classes), H, W] or [1, A, H, W, 5 + classes] (v3, v4, v5, v7),
 *   [1, 4 * bins + classes, H, W] (v8 and later), or flat over the strides (YOLOX [1, 3549, 85]; v8 [1, 64 + classes, rows]);
 * - selected: [1, 300, 6] x1, y1, x2, y2, score, class (v10).
 *
 * Values beyond the classes: keypoints (`keypoints: 17`), then whatever else (mask coefficients, found by `detections.rows`).
 *
 * @param {Outputs} outputs
 * @param {DetectOptions & {
 *   version?: number | string,
 *   classes?: number | readonly string[],
 *   keypoints?: number,
 *   anchors?: number[][],
 *   strides?: number[],
 *   bins?: number,
 *   decoded?: boolean,
 *   normalized?: boolean,
 *   layout?: 'auto' | 'rows' | 'values',
 *   image?: number,
 *   gain?: number,
 * }} [options] version: 3, 'v8', 'yolo11n', 'yolox' ...; default 8. classes: how many, or their names; default: what the
 *   values leave. anchors: [width, height] pixels, smallest stride first. strides: default 8, 16, 32. bins: of raw v8 maps,
 *   default 16. decoded: overrides the family's form. normalized: boxes are fractions of the input, not pixels.
 *   layout: 'rows' for [1, rows, values], 'values' for [1, values, rows]. image: which of a batch; default 0. gain: of the
 *   sigmoid centre (Darknet's scale_x_y)
 * @returns {Detections}
 * @throws {TypeError | RangeError} on a wrong shape or option
 */
export function decodeYolo(outputs, {
    version = 8, classes, keypoints = 0, anchors, strides, bins = 16, decoded, normalized = false, layout = 'auto', image = 0, gain, ...options
} = {}) {
    const family = checkChoice('version', FAMILIES, readVersion(version));
    const tensors = listOf(outputs);
    const names = typeof classes === 'object' ? classes.length : classes;
    const given = names === undefined ? undefined : checkInteger('classes', names);
    checkInteger('keypoints', keypoints, 0, 65535), checkInteger('image', image, 0);
    const {selected, objectness = false, coder} = family;
    const first = objectness ? 5 : 4;
    const size = options.size ?? options.view?.tensor;

    if (selected && tensors.length === 1) return decodeSelected(tensors[0], {...options, image, normalized, size});

    const maps = tensors.filter(({dims}) => dims.length >= 4).sort((a, b) => cellsOf(b) - cellsOf(a));
    if (maps.length) {
        const perCell = anchors ?? family.anchors;
        const head = perCell
            ? anchorMaps(maps, {anchors: perCell, given, strides, image, size, coder: {...coder, ...(gain !== undefined && {gain})}})
            : binMaps(maps, {given, keypoints, bins, strides, image, size});
        return decodeHead(head, {...options, multiLabel: options.multiLabel && head.classes > 1});
    }

    const flat = tensors[0];
    const expected = given === undefined ? undefined : first + given + 3 * keypoints;
    const {rows, values, at, position, value} = orient(flat, layout, image, [expected, given && 4 * bins + given + 3 * keypoints]);
    const rawBins = !objectness && given !== undefined && values === 4 * bins + given + 3 * keypoints && decoded !== true;
    const count = given ?? values - first - 3 * keypoints;
    const start = rawBins ? 4 * bins : first;
    if (count < 1 || start + count + 3 * keypoints > values) {
        throw new RangeError(`outputs: rows of ${values} values have no room for ${given ?? 1} classes and ${keypoints} keypoints`);
    }
    /** @param {number} v @param {number} [from] first row */
    const values_ = (v, from = 0) => ({tensor: flat, at: at + v * value + from * position, position, value});
    /** @param {number} positions @param {number} from @param {Coder} c @param {number} [grid] @returns {HeadBlock} */
    const block = (positions, from, c, grid) => ({
        positions, grid, coder: c, boxes: values_(0, from), scores: values_(start, from),
        objectness: objectness ? values_(4, from) : undefined,
        points: keypoints ? {...values_(start + count, from), values: 3} : undefined,
    });
    const raw = decoded === undefined ? rawBins || family.raw : !decoded;
    if (normalized && !size) throw new TypeError('normalized: the size of the network\'s input is needed: give size or view');
    /** @type {HeadBlock[]} */
    const blocks = [];
    if (raw) {
        let from = 0;
        const levels = gridsOf(size, strides ?? [8, 16, 32], rows);
        for (const {width, height, step} of levels) {
            blocks.push(block(width * height, from, rawBins ? binCoder(bins, step) : {code: 'centre', offset: 0, ...coder, step}, width));
            from += width * height;
        }
    } else {
        blocks.push(block(rows, 0, {code: 'centre', step: normalized && size ? size : [1, 1]}));
    }
    return decodeHead({blocks, classes: count, keypoints, activation: rawBins ? 'sigmoid' : 'none', size}, options);
}

/** @param {number} bins @param {readonly [number, number]} step @returns {Coder} */
function binCoder(bins, step) {
    return {code: 'distance', bins, step, pointScale: 2, pointShift: -0.5, visibility: 'sigmoid'};
}

/** @param {number | string} version @returns {string} a key of FAMILIES, if there is one */
function readVersion(version) {
    const match = /^(?:yolo)?[-_ ]?v?(\d+|x(?![a-z]*\d))/i.exec(String(version));
    if (!match) throw new TypeError(`version: expected one of ${Object.keys(FAMILIES).join(', ')}; got ${describe(version)}`);
    return match[1].toLowerCase() === 'x' ? 'x' : `v${match[1]}`;
}

/** @param {Outputs} outputs @returns {Tensor[]} */
export function listOf(outputs) {
    const list = Array.isArray(outputs) ? outputs : outputs && typeof outputs === 'object' && !('data' in outputs && 'dims' in outputs)
        ? Object.values(outputs) : [outputs];
    if (!list.length) throw new TypeError('outputs: expected a tensor, got none');
    list.forEach((tensor, i) => checkTensor(list.length > 1 ? `outputs[${i}]` : 'outputs', tensor));
    return /** @type {Tensor[]} */ (list);
}

/** @param {Tensor} tensor */
function cellsOf({dims}) {
    return dims[dims.length - 2] * dims[dims.length - (dims.length === 5 ? 3 : 1)];
}

/**
 * Which way a flat output lies. The side that has an expected length is the values; else the shorter.
 *
 * @param {Tensor} tensor
 * @param {string} layout
 * @param {number} image
 * @param {(number | undefined)[]} expected lengths of a row of values
 */
function orient({dims}, layout, image, expected) {
    checkChoice('layout', {auto: 0, rows: 0, values: 0}, layout);
    if (dims.length < 2 || dims.length > 3) throw new RangeError(`outputs: expected [1, values, rows] or [1, rows, values], got [${dims.join(', ')}]`);
    const [N, a, b] = dims.length === 3 ? dims : [1, ...dims];
    checkImage(image, N);
    const isRows = layout === 'rows' || layout === 'auto' && (expected.includes(b) || !expected.includes(a) && b <= a);
    const [rows, values] = isRows ? [a, b] : [b, a];
    return {rows, values, at: image * a * b, position: isRows ? values : 1, value: isRows ? 1 : rows};
}

/** @param {number} image @param {number} batch */
function checkImage(image, batch) {
    if (image >= batch) throw new RangeError(`image: expected less than the batch's ${batch}, got ${image}`);
}

/**
 * The grids of a flat raw output.
 *
 * @param {readonly [number, number] | undefined} size
 * @param {number[]} strides
 * @param {number} rows
 */
export function gridsOf(size, strides, rows) {
    if (!size) {
        const side = Math.sqrt(rows / strides.reduce((sum, s) => sum + 1 / s ** 2, 0));
        size = [Math.round(side), Math.round(side)];
    }
    for (const round of [Math.floor, Math.ceil]) {
        const grids = strides.map((s) => ({width: round(size[0] / s), height: round(size[1] / s), step: /** @type {[number, number]} */ ([s, s])}));
        if (grids.reduce((sum, {width, height}) => sum + width * height, 0) === rows) return grids;
    }
    throw new RangeError(`outputs: ${rows} rows are not the grids of a ${size[0]} x ${size[1]} input at strides ${strides.join(', ')}; give size and strides`);
}

/**
 * The pixels per cell of a list of maps, finest first.
 *
 * @param {{width: number, height: number}[]} grids
 * @param {number[] | undefined} strides
 * @param {readonly [number, number] | undefined} size
 * @returns {[number, number][]}
 */
export function stepsOf(grids, strides, size) {
    if (strides && strides.length !== grids.length) throw new RangeError(`strides: expected ${grids.length}, got ${strides.length}`);
    const coarsest = grids[grids.length - 1];
    return grids.map(({width, height}, i) => {
        if (strides) return [strides[i], strides[i]];
        if (size) return [size[0] / width, size[1] / height];
        return [32 * coarsest.width / width, 32 * coarsest.height / height];
    });
}

/**
 * Raw maps with anchors.
 *
 * @param {Tensor[]} maps finest first
 * @param {{anchors: number[][], given?: number, strides?: number[], image: number, size?: readonly [number, number], coder: Coder}} about
 * @returns {Head}
 */
function anchorMaps(maps, {anchors, given, strides, image, size, coder}) {
    const A = anchors.length / maps.length;
    if (!Number.isInteger(A)) throw new RangeError(`anchors: ${anchors.length} do not divide among ${maps.length} maps`);
    const grids = maps.map(({dims}) => ({height: dims[2], width: dims[3]}));
    const steps = stepsOf(grids, strides, size);
    /** @type {HeadBlock[]} */
    const blocks = [];
    let classes = 0;
    maps.forEach((tensor, level) => {
        const {dims} = tensor;
        const {width, height} = grids[level];
        const cells = width * height;
        const values = dims.length === 5 ? dims[4] : dims[1] / A;
        const count = given ?? values - 5;
        if (!(count >= 1 && values >= 5 + count && Number.isInteger(values)) || dims.length === 5 && dims[1] !== A) {
            throw new RangeError(`outputs: expected [1, ${A} * (5 + classes), H, W] or [1, ${A}, H, W, 5 + classes], got [${dims.join(', ')}]`);
        }
        checkImage(image, dims[0]);
        classes = count;
        const [position, value] = dims.length === 5 ? [values, 1] : [1, cells];
        for (let a = 0; a < A; a++) {
            const at = (image * A + a) * values * cells;
            /** @param {number} v */
            const from = (v) => ({tensor, at: at + v * value, position, value});
            blocks.push({
                positions: cells, grid: width, priors: Float32Array.from(anchors[level * A + a]),
                boxes: from(0), objectness: from(4), scores: from(5), coder: {code: 'centre', offset: 0, ...coder, step: steps[level]},
            });
        }
    });
    return {blocks, classes, activation: 'sigmoid', size};
}

/**
 * Raw maps of distances in bins, and class logits: [1, 4 * bins + classes (+ 3 * keypoints), H, W], or NHWC.
 *
 * @param {Tensor[]} maps finest first
 * @param {{given?: number, keypoints: number, bins: number, strides?: number[], image: number, size?: readonly [number, number]}} about
 * @returns {Head}
 */
function binMaps(maps, {given, keypoints, bins, strides, image, size}) {
    const sides = maps.map(({dims}) => dims);
    const nchw = sides.every((d) => d[1] === sides[0][1]);
    const values = nchw ? sides[0][1] : sides[0][3];
    const classes = given ?? values - 4 * bins - 3 * keypoints;
    if (!(classes >= 1 && values >= 4 * bins + classes + 3 * keypoints) || sides.some((d) => d.length !== 4 || d[nchw ? 1 : 3] !== values)) {
        throw new RangeError(`outputs: expected maps [1, ${4 * bins} + classes + ${3 * keypoints}, H, W], got ${sides.map((d) => `[${d.join(', ')}]`).join(', ')}`);
    }
    const grids = sides.map((d) => nchw ? {height: d[2], width: d[3]} : {height: d[1], width: d[2]});
    const steps = stepsOf(grids, strides, size);
    const blocks = maps.map((tensor, level) => {
        const {width, height} = grids[level];
        const cells = width * height;
        checkImage(image, tensor.dims[0]);
        const [position, value] = nchw ? [1, cells] : [values, 1];
        /** @param {number} v */
        const from = (v) => ({tensor, at: image * values * cells + v * value, position, value});
        return /** @type {HeadBlock} */ ({
            positions: cells, grid: width, coder: binCoder(bins, steps[level]), boxes: from(0), scores: from(4 * bins),
            points: keypoints ? {...from(4 * bins + classes), values: 3} : undefined,
        });
    });
    return {blocks, classes, keypoints, activation: 'sigmoid', size};
}

/**
 * Rows of x1, y1, x2, y2, score, class: only to be thresholded.
 *
 * @param {Tensor} tensor [1, rows, 6]
 * @param {DetectOptions & {image: number, normalized: boolean}} options
 */
function decodeSelected(tensor, {image, normalized, size, ...options}) {
    const {rows, values, at, position, value} = orient(tensor, 'auto', image, [6]);
    if (values < 6) throw new RangeError(`outputs: expected [1, rows, 6], got [${tensor.dims.join(', ')}]`);
    if (normalized && !size) throw new TypeError('normalized: the size of the network\'s input is needed: give size or view');
    /** @param {number} v */
    const from = (v) => ({tensor, at: at + v * value, position, value});
    /** @type {Coder} */
    const coder = {step: normalized && size ? size : [1, 1]};
    return decodeHead({blocks: [{positions: rows, boxes: from(0), scores: from(4), coder}], classes: 1, labels: from(5), size},
        {iouThreshold: Infinity, ...options, size});
}
