import {checkChoice, checkFinite, checkInteger, checkList, checkOptions, wrong, wrongType} from './check.js';
import {decodeHead, inputSize} from './detect.js';
import {countOf, layoutOf, levelOf, listOf, splitByStride, stepsOf, wrongShape} from './outputs.js';

/** @import {Coder, Detections, DetectOptions, HeadBlock} from './detect.js' */
/** @import {Level, Outputs} from './outputs.js' */

const V3_ANCHORS = [[10, 13], [16, 30], [33, 23], [30, 61], [62, 45], [59, 119], [116, 90], [156, 198], [373, 326]];
const V4_ANCHORS = [[12, 16], [19, 36], [40, 28], [36, 75], [76, 55], [72, 146], [142, 110], [192, 243], [459, 401]];

/**
 * The families.
 *
 * objectness  a row is box, objectness, classes; else box, classes
 * anchors     raw maps hold so many boxes per cell, coded by `coder`; none: four distances in bins
 * gains       of each map's sigmoid centre, the finest first; the last, where there are more or fewer maps
 * raw         a flat output is still to be decoded, unless the option `decoded` says otherwise
 * selected    rows are x1, y1, x2, y2, score, class: nothing is left to suppress
 *
 * @type {Record<string, {objectness?: boolean, anchors?: number[][], coder?: Coder, gains?: number[], raw?: boolean, selected?: boolean}>}
 */
const FAMILIES = {
    v3: {objectness: true, anchors: V3_ANCHORS, coder: {centreShape: 'sigmoid', sizeShape: 'exp'}},
    v4: {objectness: true, anchors: V4_ANCHORS, coder: {centreShape: 'sigmoid', sizeShape: 'exp'}, gains: [1.2, 1.1, 1.05]},
    v5: {objectness: true, anchors: V3_ANCHORS, coder: {centreShape: 'sigmoid', sizeShape: 'square_sigmoid'}, gains: [2]},
    v6: {objectness: true},
    v7: {objectness: true, anchors: V4_ANCHORS, coder: {centreShape: 'sigmoid', sizeShape: 'square_sigmoid'}, gains: [2]},
    v8: {}, v9: {}, v11: {}, v12: {}, v13: {},
    v10: {selected: true}, v26: {selected: true},
    x: {objectness: true, raw: true, coder: {sizeShape: 'exp'}},
};

/**
 * Decode a YOLO network's outputs, in whatever of these forms they come:
 *
 * - decoded: one tensor [1, values, rows] (v8, v9, v11: [1, 84, 8400]) or [1, rows, values] (v5, v6, v7: [1, 25200, 85]), boxes
 *   centre and size in pixels;
 * - raw maps: one tensor per stride, [1, A * (5 + classes), H, W] or [1, A, H, W, 5 + classes] (v3, v4, v5, v7),
 *   [1, 4 * bins + classes, H, W] or NHWC (v8 and later), or flat over the strides (YOLOX [1, 3549, 85]; v8 [1, 64 + classes, rows]);
 * - selected: [1, 300, 6] x1, y1, x2, y2, score, class (v10, v26; of others, exported with their suppression: say version 10).
 *
 * Values beyond the classes: keypoints (`keypoints: 17`), then whatever else (mask coefficients, found by `detections.rows`; then
 * say `classes`, unless the masks' prototypes are among the outputs).
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
 *   gain?: number | number[],
 * }} [options] version: 3, 'v8', 'yolo11n', 'yolox' ...; default 8. classes: how many, or their names; default: what the
 *   values leave. anchors: [width, height] pixels, smallest stride first. strides: default: what size and grids imply, or 8, 16, 32.
 *   bins: of raw v8 maps, default 16. decoded: overrides the family's form. normalized: boxes are fractions of the input, not
 *   pixels. layout: 'rows' for [1, rows, values], 'values' for [1, values, rows]. image: which of a batch; default 0. gain: of the
 *   sigmoid centre (Darknet's scale_x_y), one or one per map
 * @returns {Detections}
 * @throws {TypeError | RangeError} on a wrong shape or option
 */
export function decodeYolo(outputs, options) {
    const {
        version = 8, classes, keypoints = 0, anchors, strides: perLevel, bins = 16, decoded, normalized = false, layout, image = 0, gain, ...rest
    } = checkOptions(options);
    const family = checkChoice('version', FAMILIES, readVersion(version));
    const tensors = listOf(outputs);
    const given = classes === undefined ? undefined : countOf(classes);
    checkInteger('bins', bins, 1, 1024);
    const strides = perLevel && checkList('strides', perLevel, undefined, 1);
    if (anchors) for (const pair of Array.isArray(anchors) ? anchors : [anchors]) checkList('anchors', pair, 2);
    const points = 3 * checkInteger('keypoints', keypoints, 0, 65535);
    const size = inputSize(rest);
    if (normalized && !size) throw wrongType('size', 'the network\'s input size, to multiply by, here or in the view', size);
    const whole = /** @type {Coder} */ ({step: normalized && size ? size : [1, 1]});

    const flats = tensors.filter(({dims}) => dims.length < 4);
    if (flats.length > 1) throw wrongShape('one output of rows, or maps of several strides', tensors);
    const maps = flats.length ? [] : tensors;
    const masks = flats.length && tensors.length === 2 ? Math.min(...tensors.flatMap(({dims}) => dims.length === 4 ? [dims[1], dims[3]] : [])) : 0;
    const first = family.objectness ? 5 : 4;
    const expected = given ? [first, 4 * bins].map((n) => n + given + points) : [];
    const lengths = [...expected, ...(family.selected ? [6 + points] : [])];
    const levels = (maps.length ? maps : flats).map((t) => levelOf(t, image, lengths, layout ?? layoutOf(maps), first + 1 + points))
        .sort((a, b) => b.positions - a.positions);
    const {values} = levels[0];

    if (family.selected && flats.some(({dims}) => dims[dims.length - 1] === values)) {
        if (values < 6 + points) throw wrongShape(`[1, rows, ${6 + points}]`, tensors);
        const {positions, from} = levels[0];
        /** @type {HeadBlock} */
        const block = {positions, boxes: from(0), scores: from(4), points: points ? {...from(6), values: 3} : undefined, coder: whole};
        return decodeHead({blocks: [block], classes: 1, labels: from(5), keypoints, size}, {iouThreshold: Infinity, ...rest});
    }

    const perCell = maps.length ? anchors ?? family.anchors : undefined;
    const A = perCell ? perCell.length / maps.length : 1;
    if (!Number.isInteger(A)) throw wrong('anchors', `this network's own, equally many for each of ${maps.length} maps`, perCell?.length);
    const inBins = !perCell && (maps.length > 0 && !family.objectness || values === expected[1] && !family.objectness && decoded !== true);
    const start = inBins ? 4 * bins : first;
    const count = given ?? values / A - start - points - masks;
    const fits = count >= 1 && Number.isInteger(values / A) && values / A >= start + count + points;
    if (!fits || levels.some((level) => level.values !== values)) {
        const each = [start, given ?? 'classes', ...(points ? [points] : [])].join(' + ');
        throw wrongShape(`${A > 1 ? `${A} * (${each})` : each} values${maps.length ? ' on each map' : ''}`, tensors);
    }

    const raw = maps.length > 0 || (decoded === undefined ? inBins || family.raw : !decoded);
    const pyramid = raw && !maps.length ? splitByStride(levels[0], strides, size) : levels;
    const steps = raw ? stepsOf(pyramid, strides, size) : [];
    const gains = gain === undefined ? family.gains ?? [1] : [gain].flat().map((g) => checkFinite('gain', g));
    /** @param {Level} level @param {number} i @param {number} a which anchor @returns {HeadBlock} */
    const block = ({positions, width, from}, i, a) => {
        const at = (a * values) / A;
        return {
            positions, boxes: from(at), scores: from(at + start), objectness: family.objectness ? from(at + 4) : undefined,
            points: points ? {...from(at + start + count), values: 3} : undefined,
            ...(raw && {grid: width}),
            priors: perCell && Float32Array.from(perCell[i * A + a]),
            coder: !raw ? {code: 'centre', ...whole}
                : inBins ? {code: 'distance', bins, step: steps[i], pointScale: 2, pointShift: -0.5, visibility: 'sigmoid'}
                    : {code: 'centre', offset: 0, ...family.coder, gain: gains[gains.length === pyramid.length ? i : gains.length - 1], step: steps[i]},
        };
    };
    return decodeHead({
        blocks: pyramid.flatMap((level, i) => Array.from({length: A}, (_, a) => block(level, i, a))),
        classes: count, keypoints, activation: perCell || inBins ? 'sigmoid' : 'none', size,
    }, rest);
}

/** @param {number | string} version @returns {string} a key of FAMILIES, if there is one */
function readVersion(version) {
    const match = (typeof version === 'string' || typeof version === 'number') && /^(?:yolo)?[-_ ]?v?(\d+|x)/i.exec(String(version));
    if (!match) throw wrongType('version', `one of ${Object.keys(FAMILIES).join(', ')}`, version);
    return match[1].toLowerCase() === 'x' ? 'x' : `v${match[1]}`;
}
