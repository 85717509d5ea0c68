import {checkFinite, checkInteger, checkList, checkOptions, checkSize, wrong, wrongType} from './check.js';

/** @import {FloatTensor} from './tensor.js' */

/**
 * The anchors of MediaPipe's SsdAnchorsCalculator and of TensorFlow's ssd_anchor_generator; the defaults are those of SSD
 * MobileNet at 300 x 300 (1917 anchors).
 *
 * @param {object} [options]
 * @param {readonly [number, number]} [options.size] [width, height] of the network's input
 * @param {number[]} [options.strides] one per layer; layers of one stride share their cells
 * @param {number} [options.minScale] of the first layer, of the input's side
 * @param {number} [options.maxScale] of the last layer
 * @param {number[]} [options.ratios] width / height
 * @param {boolean} [options.reduceLowest] only three anchors per cell in the first layer
 * @param {number} [options.interpolatedRatio] of one more anchor between a layer's scale and the next one's; 0: none
 * @param {boolean} [options.fixedSize] all anchors are as large as the input
 * @returns {FloatTensor} [N, 4] centre x, y, width, height as fractions of the input; order y, x, anchor
 */
export function ssdAnchors(options) {
    const {
        size = [300, 300], strides = [16, 32, 64, 128, 256, 512], minScale = 0.2, maxScale = 0.95, ratios = [1, 2, 0.5, 3, 0.3333],
        reduceLowest = true, interpolatedRatio = 1, fixedSize = false,
    } = checkOptions(options);
    const shares = checkList('ratios', ratios, undefined, 0);
    checkSize('size', size);
    checkFinite('minScale', minScale), checkFinite('maxScale', maxScale), checkFinite('interpolatedRatio', interpolatedRatio);
    checkList('strides', strides).forEach((stride) => checkInteger('strides', stride));
    checkCount('size', strides.reduce((sum, s) => sum + Math.ceil(size[0] / s) * Math.ceil(size[1] / s) * (shares.length + 3), 0));
    const layers = strides.length;
    /** @param {number} i */
    const scale = (i) => layers === 1 ? (minScale + maxScale) / 2 : minScale + ((maxScale - minScale) * i) / (layers - 1);
    /** @type {number[]} */
    const anchors = [];
    for (let layer = 0; layer < layers;) {
        /** @type {[number, number][]} */
        const shapes = [];
        const stride = strides[layer];
        for (; layer < layers && strides[layer] === stride; layer++) {
            /** @type {[number, number][]} scale and ratio */
            const wanted = layer === 0 && reduceLowest ? [[0.1, 1], [scale(0), 2], [scale(0), 0.5]] : shares.map((r) => [scale(layer), r]);
            if (!(layer === 0 && reduceLowest) && interpolatedRatio > 0) {
                wanted.push([Math.sqrt(scale(layer) * (layer === layers - 1 ? 1 : scale(layer + 1))), interpolatedRatio]);
            }
            shapes.push(...wanted.map(([s, r]) => /** @type {[number, number]} */ ([s * Math.sqrt(r), s / Math.sqrt(r)])));
        }
        const [width, height] = size.map((side) => Math.ceil(side / stride));
        for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
                for (const [w, h] of shapes) anchors.push((x + 0.5) / width, (y + 0.5) / height, ...(fixedSize ? [1, 1] : [w, h]));
            }
        }
    }
    return {data: Float32Array.from(anchors), dims: [anchors.length / 4, 4]};
}

const MOST = 2 ** 20;

/** @param {string} name of what makes them so many @param {number} anchors */
function checkCount(name, anchors) {
    if (!(anchors <= MOST)) throw wrong(name, `at most ${MOST} anchors`, anchors);
}

/**
 * torchvision's DefaultBoxGenerator; the defaults are SSD300's.
 *
 * @param {object} [options]
 * @param {readonly [number, number]} [options.size] [width, height] of the network's input
 * @param {readonly (readonly [number, number])[]} [options.grids] [width, height] of each feature map
 * @param {number[][]} [options.ratios] of each map, besides 1
 * @param {number} [options.minRatio]
 * @param {number} [options.maxRatio]
 * @param {number[] | null} [options.scales] of each map and one more; default: evenly from minRatio to maxRatio, and 1
 * @param {number[] | null} [options.steps] pixels per cell; default: what the grids imply
 * @param {boolean} [options.clip] widths and heights to the input
 * @returns {FloatTensor} [N, 4] x1, y1, x2, y2 pixels; order y, x, box
 */
export function defaultBoxes(options) {
    const {
        size = [300, 300], grids = [[38, 38], [19, 19], [10, 10], [5, 5], [3, 3], [1, 1]], ratios = [[2], [2, 3], [2, 3], [2, 3], [2], [2]],
        minRatio = 0.15, maxRatio = 0.9, scales = [0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05], steps = [8, 16, 32, 64, 100, 300], clip = true,
    } = checkOptions(options);
    checkSize('size', size), checkFinite('minRatio', minRatio), checkFinite('maxRatio', maxRatio);
    if (!Array.isArray(ratios)) throw wrongType('ratios', 'an array for each map', ratios);
    if (!Array.isArray(grids) || grids.length !== ratios.length) throw wrongType('grids', `[width, height] of ${ratios.length} maps`, grids);
    const maps = ratios.length;
    for (const list of ratios) checkList('ratios', list, undefined, 0);
    for (const grid of grids) checkList('grids', grid, 2, 0).forEach((side) => checkInteger('grids', side, 0));
    if (scales) checkList('scales', scales, maps + 1, 0);
    if (steps) checkList('steps', steps, maps);
    checkCount('grids', grids.reduce((sum, [width, height], k) => sum + width * height * (2 + 2 * ratios[k].length), 0));
    const s = scales ?? (maps > 1 ? [...ratios.map((_, k) => minRatio + ((maxRatio - minRatio) * k) / (maps - 1)), 1] : [minRatio, maxRatio]);
    /** @param {number} side */
    const within = (side) => clip ? Math.min(Math.max(side, 0), 1) : side;
    /** @type {number[]} */
    const boxes = [];
    grids.forEach(([width, height], k) => {
        const between = Math.sqrt(s[k] * s[k + 1]);
        const shapes = [[s[k], s[k]], [between, between]];
        for (const r of ratios[k]) {
            const [w, h] = [s[k] * Math.sqrt(r), s[k] / Math.sqrt(r)];
            shapes.push([w, h], [h, w]);
        }
        const [cellsX, cellsY] = steps ? size.map((side) => side / steps[k]) : [width, height];
        for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
                for (const [w, h] of shapes) {
                    const [cx, cy] = [((x + 0.5) / cellsX) * size[0], ((y + 0.5) / cellsY) * size[1]];
                    const [hw, hh] = [0.5 * within(w) * size[0], 0.5 * within(h) * size[1]];
                    boxes.push(cx - hw, cy - hh, cx + hw, cy + hh);
                }
            }
        }
    });
    return {data: Float32Array.from(boxes), dims: [boxes.length / 4, 4]};
}
