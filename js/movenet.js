import {checkChoice, checkInteger, checkList, checkNumber, checkOptions, checkSize, wrong, wrongType} from './check.js';
import {inputSize} from './detect.js';
import {listOf} from './outputs.js';
import {channelsOf, makePose, placeMaps, readMaps, readRoles, valuesAt} from './pose.js';
import {toFloat32} from './tensor.js';
import {View} from './view.js';
import {withBlock} from './wasm.js';

/** @import {Block} from './wasm.js' */
/** @import {Maps, Pose} from './pose.js' */
/** @import {Tensor} from './tensor.js' */
/** @import {Outputs} from './outputs.js' */

const FALLOFFS = /** @abi FV_FALLOFF_ */ {inverse: 0, half: 1, gauss: 2};
const REFINES = {offset: 0, integral: 1};

/** The nearest float16. @param {number} v a normal one */
function toHalf(v) {
    const [whole, most] = [Math.fround(v), Math.fround(v * 8193)];
    return Math.fround(most - Math.fround(most - whole));
}

/** @param {number} v */
const exactly = (v) => v;

/** fire717/movenet.pytorch's rounding of regressions, up from .5 but for negative ones. @param {number} v */
const toCells = (v) => Math.trunc(Math.fround(v + 0.5));

/**
 * What the networks of this family are, as data.
 *
 * activation  that makes scores of the heat map and of the centres
 * x, y        where in a pair of regressions and offsets they come
 * falloff     of a centre by its distance from the middle; `spread`: what is added to that distance
 * regress     what is made of a regression before it is added to its cell
 * reach       what is added to a joint's distance from where the centre's regression expects it
 * cell        a cell's size as a share of the map's sides: the published graphs keep 1 / 48 as a float16
 * corner      of a cell that offsets start from; `middle` of one for integral regression: joints were floored to cells in training
 *
 * @satisfies {Record<string, Network>}
 */
const NETWORKS = {
    tfjs: {activation: 'sigmoid', x: 1, y: 0, falloff: 'half', spread: 1.8, regress: exactly, reach: toHalf(1.8), cell: toHalf, corner: 0, middle: 0.5},
    exact: {activation: 'sigmoid', x: 1, y: 0, falloff: 'inverse', spread: 1.8, regress: exactly, reach: 1.8, cell: exactly, corner: 0, middle: 0.5},
    fire717: {activation: 'none', x: 0, y: 1, falloff: 'inverse', spread: 1.8, regress: toCells, reach: 1.8, cell: exactly, corner: 0, middle: 0.5},
};

/**
 * @typedef {object} Network
 * @property {'none' | 'sigmoid'} activation
 * @property {0 | 1} x
 * @property {0 | 1} y
 * @property {keyof typeof FALLOFFS} falloff
 * @property {number} spread
 * @property {(cells: number) => number} regress
 * @property {number} reach
 * @property {(share: number) => number} cell
 * @property {number} corner
 * @property {number} middle
 */

/** The multi-person graph's constants, float16 all: a peak's slack, the spread per side of the map, the score above which a joint counts; and how many people it knows. */
const MULTI = {radius: 2, slack: 1.0132789611816406e-6, spread: 0.300048828125, counts: 0.126953125, rivals: 6, cell: exactly};
const WINDOW = 2;

const NAMES = {
    weight: /weight/i, boxScale: /box.*(scale|size)/i, boxOffset: /box.*off/i, heatmaps: /heat/i, centers: /cent(er|re)/i,
    regressions: /reg/i, offsets: /off/i,
};
const SINGLE = /** @type {const} */ (['heatmaps', 'centers', 'regressions', 'offsets']);
const CROWD = /** @type {const} */ ([...SINGLE, 'boxScale', 'boxOffset']);

/**
 * @typedef {object} MoveNetOptions
 * @property {View} [view] given by toTensor: the answer is in the picture's coordinates
 * @property {readonly [number, number]} [size] [width, height] of the network's input; default: the view's, or 4 pixels per cell
 * @property {'tfjs' | 'exact' | 'fire717'} [variant] 'tfjs' (default) answers as the published graphs do, which keep their constants as float16
 *   (lightning's cells are 3.999 pixels); 'exact' as they were trained; 'fire717': fire717/movenet.pytorch, which has
 *   a scoreThreshold of .1
 * @property {'none' | 'sigmoid'} [activation] that makes scores of the heads; default: the variant's
 * @property {'offset' | 'integral'} [refine] of a joint within its cell: by the offsets head (default), or to the centre of gravity of the
 *   squares of the 5 x 5 scores round it
 * @property {number} [scoreThreshold]
 * @property {number} [image] which of the batch; default 0
 */

/**
 * Decode single-person MoveNet (lightning, thunder): the person nearest to the middle.
 *
 * @param {Outputs} heads the graph's own output [1, 1, K, 3]; or the heads it is made of, before their sigmoid: heat maps [1, H, W, K], centers
 *   [1, H, W, 1], regressions and offsets [1, H, W, 2K] (or NCHW), by name, or as a list: regressions before offsets
 * @param {MoveNetOptions} [options] scoreThreshold: joints that score less are not found; default 0
 * @returns {Pose} its score is the mean of its joints'
 */
export function decodeMoveNet(heads, options) {
    const {scoreThreshold = 0, ...rest} = checkOptions(options);
    const {view} = rest;
    checkNumber('scoreThreshold', scoreThreshold);
    const own = ownOutput(heads, (width) => width === 3);
    const points = own ? readOwn(own, rest) : decodeSingle(heads, rest);
    let sum = 0;
    for (let i = 2; i < points.length; i += 3) sum += points[i];
    return makePose(sum / (points.length / 3), points, view, scoreThreshold);
}

/** @param {Outputs} heads @param {MoveNetOptions} options @returns {Float32Array} x, y, score of each joint, in the tensor */
function decodeSingle(heads, options) {
    const maps = readMaps(readRoles(heads, NAMES, SINGLE, inOrder), options.image ?? 0);
    const K = checkChannels(maps);
    const {network, activation, step} = readNetwork(maps, options);
    const {centers, regressions} = maps;
    return withBlock((block) => {
        const middle = Float32Array.of(centers.width / 2, centers.height / 2);
        const {cells: [centre]} = search(block, centers, activation, middle, 0, 1, network.falloff, network.spread);
        if (centre < 0) return new Float32Array(3 * K);
        const places = placesFrom(network, regressions, [centre], 2 * K, undefined, network.regress);
        const found = search(block, maps.heatmaps, activation, places, 0, 1, 'inverse', network.reach);
        return refined(block, maps, found, {network, activation, step}, options.refine);
    });
}

/**
 * @param {Block} block
 * @param {Maps} maps
 * @param {number} activation
 * @param {Float32Array} places x, y of each joint of each person
 * @param {number} boxes pointer
 * @param {number} people
 * @param {keyof typeof FALLOFFS} falloff
 * @param {number} spread
 */
function search(block, maps, activation, places, boxes, people, falloff, spread) {
    const n = people * maps.channels;
    const [cells, scores] = [block.space(n * 4), block.space(n * 4)];
    const placed = placeMaps(block, maps);
    block.call('fv_pose_search', cells, scores, ...placed, activation, block.input(places), boxes, people, MULTI.rivals, FALLOFFS[falloff], spread);
    return {at: cells, placed, people, cells: block.output(cells, new Int32Array(n)), scores: block.output(scores, new Float32Array(n))};
}

/**
 * Where the pairs that maps hold lead from cells.
 *
 * @param {Network} network
 * @param {Maps} maps
 * @param {ArrayLike<number>} cells
 * @param {number} count of values of each cell
 * @param {(i: number) => number} [from] the channel of a cell's first; default 0
 * @param {(value: number) => number} [made] of each value
 * @returns {Float32Array} x, y of each pair
 */
function placesFrom({x, y}, maps, cells, count, from = () => 0, made = exactly) {
    const values = valuesAt(maps, cells, count, from);
    const places = new Float32Array(values.length);
    for (let i = 0; i < places.length; i += 2) {
        const cell = cells[Math.floor(i / count)];
        places[i] = cell % maps.width + made(values[i + x]);
        places[i + 1] = Math.floor(cell / maps.width) + made(values[i + y]);
    }
    return places;
}

/**
 * @param {Block} block
 * @param {{heatmaps: Maps, offsets: Maps}} maps
 * @param {ReturnType<typeof search>} found
 * @param {{network: Network, activation: number, step: readonly [number, number]}} how
 * @param {MoveNetOptions['refine']} [refine]
 * @returns {Float32Array} x, y, score of each joint of each person, pixels of the tensor
 */
function refined(block, {heatmaps: {channels}, offsets}, found, {network, activation, step}, refine = 'offset') {
    const {cells, scores, people} = found;
    const isIntegral = checkChoice('refine', REFINES, refine) === REFINES.integral;
    const shift = isIntegral ? network.middle : network.corner;
    let places;
    if (isIntegral) {
        const at = block.space(cells.length * 8);
        block.call('fv_pose_centroid', at, found.at, people, ...found.placed, activation, WINDOW);
        places = block.output(at, new Float32Array(2 * cells.length));
    } else {
        places = placesFrom(network, offsets, cells, 2, (i) => i % channels * 2);
    }
    const points = new Float32Array(3 * cells.length);
    for (let i = 0; i < cells.length; i++) {
        points[3 * i] = (places[2 * i] + shift) * step[0], points[3 * i + 1] = (places[2 * i + 1] + shift) * step[1];
        points[3 * i + 2] = scores[i];
    }
    return points;
}

/**
 * Decode multi-person MoveNet: all that its heads hold, not only the six that the graph lets through.
 *
 * @param {Outputs} heads the graph's own output [1, N, 3 K + 5]; or its heads: heat maps, centers, regressions, offsets, and the box's scale and offset
 *   [1, H, W, 2], before their sigmoid, by name, or as a list: regressions before offsets, scale before offset
 * @param {MoveNetOptions & {maxPoses?: number}} [options] maxPoses: the best centers, default 20. scoreThreshold: only people who score more; default .1
 * @returns {(Pose & {bounds: Float32Array})[]} as the graph orders them, by how sure their centers are. A person scores the center's score times the mean
 *   of the joints that score above .127. `bounds`: the network's own box, x1, y1, x2, y2, in the picture
 */
export function decodeMoveNetMulti(heads, options) {
    const {scoreThreshold = 0.1, maxPoses = 20, ...rest} = checkOptions(options);
    checkNumber('scoreThreshold', scoreThreshold), checkInteger('maxPoses', maxPoses, 0, 65535);
    const own = ownOutput(heads, (width) => width > 5 && (width - 5) % 3 === 0);
    const {scores, points, boxes} = own ? readOwnCrowd(own, rest) : decodeCrowd(heads, Math.max(maxPoses, MULTI.rivals), rest);
    const {view} = rest;
    const bounds = view ? view.boxesToPicture(boxes) : boxes;
    const each = points.length / scores.length;
    return Array.from(scores, (score, i) => ({...makePose(score, points.slice(each * i, each * (i + 1)), view), bounds: bounds.slice(4 * i, 4 * i + 4)}))
        .filter(({score}) => score > scoreThreshold).slice(0, maxPoses);
}

/** @typedef {{scores: number[], points: Float32Array, boxes: Float32Array}} Crowd joints and boxes in the tensor */

/** @param {Outputs} heads @param {number} most people @param {MoveNetOptions} options @returns {Crowd} */
function decodeCrowd(heads, most, options) {
    const maps = readMaps(readRoles(heads, NAMES, CROWD, inOrder), options.image ?? 0);
    const K = checkChannels(maps);
    const {network, activation, step} = readNetwork(maps, options, MULTI.cell);
    const {heatmaps: {width, height}, centers} = maps;
    return withBlock((block) => {
        const [at, sure] = [block.space(most * 4), block.space(most * 4)];
        const [centres] = placeMaps(block, centers);
        const people = block.call('fv_pose_peaks', at, sure, most, centres, width, height, activation, MULTI.radius, MULTI.slack);
        const peaks = block.output(at, new Int32Array(people));
        const places = placesFrom(network, maps.regressions, peaks, 2 * K, undefined, network.regress);
        const boxes = boxesOf(network, maps, peaks);
        const found = search(block, maps.heatmaps, activation, places, block.input(boxes), people, 'gauss',
            Math.fround(MULTI.spread * Math.min(width, height)));
        const points = refined(block, maps, found, {network, activation, step}, options.refine);
        const scores = Array.from(block.output(sure, new Float32Array(people)), (score, p) => {
            let [sum, counted] = [0, 0];
            for (let i = p * K; i < (p + 1) * K; i++) {
                if (found.scores[i] > MULTI.counts) sum += found.scores[i], counted++;
            }
            return score * sum / Math.max(counted, 1);
        });
        return {scores, points, boxes: boxes.map((v, i) => v * step[i % 2])};
    });
}

/** Boxes of people, within the map. @param {Network} network @param {{boxOffset: Maps, boxScale: Maps}} maps @param {Int32Array} peaks */
function boxesOf(network, {boxOffset, boxScale}, peaks) {
    const {width, height} = boxScale;
    const centres = placesFrom(network, boxOffset, peaks, 2);
    const sizes = valuesAt(boxScale, peaks, 2, () => 0);
    const boxes = new Float32Array(2 * centres.length);
    centres.forEach((at, i) => {
        const [side, limit] = i % 2 ? [network.y, height] : [network.x, width];
        const half = Math.max(sizes[i - i % 2 + side], 0) / 2;
        const corner = 4 * (i >> 1) + i % 2;
        boxes[corner] = Math.min(Math.max(at - half, 0), limit);
        boxes[corner + 2] = Math.min(Math.max(at + half, 0), limit);
    });
    return boxes;
}

/** The one tensor that is a graph's own output. @param {Outputs} heads @param {(width: number) => boolean} fits its last size @returns {Tensor | undefined} */
function ownOutput(heads, fits) {
    const [own, ...others] = listOf(heads, 'heads');
    if (others.length) return undefined;
    if (own.dims.length < 2 || !fits(own.dims[own.dims.length - 1])) throw wrong('heads', 'the heads, or the output of a graph that decodes them', own.dims);
    return own;
}

/** @param {MoveNetOptions} options @returns {readonly [number, number]} */
function ownSize(options) {
    const size = inputSize(options);
    if (!size) throw wrongType('size', 'the network\'s input size, here or in the view', size);
    return size;
}

/** The last two sizes of a graph's own output, of one picture. @param {Tensor} own @param {number} image @returns {[Float32Array, number]} rows, and the width of each */
function readRows(own, image) {
    const [rows, width] = own.dims.slice(-2);
    checkInteger('image', image, 0, own.dims.length > 2 ? own.dims[0] - 1 : 0);
    return [toFloat32(own).data.subarray(image * rows * width, (image + 1) * rows * width), width];
}

/** @param {Tensor} own [1, 1, K, 3] y, x, score @param {MoveNetOptions} options @returns {Float32Array} x, y, score in the tensor */
function readOwn(own, options) {
    const [width, height] = ownSize(options);
    const [rows] = readRows(own, options.image ?? 0);
    return rows.map((_, i) => i % 3 === 2 ? rows[i] : i % 3 ? rows[i - 1] * height : rows[i + 1] * width);
}

/** @param {Tensor} own [1, N, 3 K + 5] y, x, score of each joint, y1, x1, y2, x2, score @param {MoveNetOptions} options @returns {Crowd} */
function readOwnCrowd(own, options) {
    const size = ownSize(options);
    const [rows, width] = readRows(own, options.image ?? 0);
    /** @type {Crowd} */
    const crowd = {scores: [], points: new Float32Array(rows.length / width * (width - 5)), boxes: new Float32Array(rows.length / width * 4)};
    for (let i = 0; i < rows.length; i += width) {
        const joints = rows.subarray(i, i + width - 5);
        const [y1, x1, y2, x2, score] = rows.subarray(i + width - 5, i + width);
        crowd.points.set(joints.map((_, v) => v % 3 === 2 ? joints[v] : joints[v + 1 - v % 3 * 2] * size[v % 3]), i / width * (width - 5));
        crowd.boxes.set([x1 * size[0], y1 * size[1], x2 * size[0], y2 * size[1]], i / width * 4);
        crowd.scores.push(score);
    }
    return crowd;
}

/** Heads told apart by their channels and their order. @param {Tensor[]} list @returns {Record<string, Tensor>} */
function inOrder(list) {
    const channels = channelsOf(list);
    /** @param {number} count @returns {Tensor[]} */
    const having = (count) => list.filter((_, i) => channels[i] === count);
    const K = channels.find((count) => count > 1 && having(2 * count).length > 1) ?? NaN;
    const [regressions, offsets] = having(2 * K);
    const [heatmaps] = having(K);
    const [boxScale, boxOffset] = having(2).filter((tensor) => tensor !== heatmaps);
    return {heatmaps, centers: having(1)[0], regressions, offsets, boxScale, boxOffset};
}

/** @param {Record<'heatmaps' | 'centers' | 'regressions' | 'offsets', Maps> & Record<string, Maps>} maps @returns {number} of joints */
function checkChannels(maps) {
    const K = maps.heatmaps.channels;
    const expects = {centers: 1, regressions: 2 * K, offsets: 2 * K, boxScale: 2, boxOffset: 2};
    for (const [role, count] of Object.entries(expects)) {
        if (maps[role] && maps[role].channels !== count) throw wrong(`heads.${role}`, `${count} channels for ${K} joints`, maps[role].channels);
    }
    return K;
}

/** @param {{heatmaps: Maps}} maps @param {MoveNetOptions} options @param {Network['cell']} [cell] default: the variant's
 * @returns {{network: Network, activation: number, step: [number, number]}} */
function readNetwork({heatmaps: {width, height}}, options, cell) {
    /** @type {Network} */
    const network = checkChoice('variant', NETWORKS, options.variant ?? 'tfjs');
    const activation = checkChoice('activation', {none: 0, sigmoid: 1}, options.activation ?? network.activation);
    const size = inputSize(options) ?? [4 * width, 4 * height];
    const share = cell ?? network.cell;
    return {network, activation, step: [size[0] * share(1 / width), size[1] * share(1 / height)]};
}

const [SHOULDERS, HIPS] = [[5, 6], [11, 12]];

/**
 * Where to look for a person in the next frame of a video: MoveNet's square round the person found, as its authors crop, or the whole frame where
 * neither a shoulder nor a hip is sure.
 *
 * @param {Pose | null | undefined} pose of decodeMoveNet, in the frame; none: the whole frame
 * @param {readonly [number, number]} frame [width, height]
 * @param {{size?: readonly [number, number], scoreThreshold?: number}} [options] size: of the network's input, default [192, 192]; scoreThreshold: joints
 *   that count, default .2
 * @returns {View} for toTensor
 */
export function moveNetRegion(pose, frame, options) {
    const {size = [192, 192], scoreThreshold = 0.2} = checkOptions(options);
    const [width, height] = checkSize('frame', frame ?? null) ?? [0, 0];
    const [dstW, dstH] = (checkSize('size', size) ?? size).map((side) => checkInteger('size', side));
    checkNumber('scoreThreshold', scoreThreshold);
    const square = {x: width / 2, y: height / 2, width: Math.max(width, height), height: Math.max(width, height)};
    if (!pose) return View.crop(square, dstW, dstH);
    const points = checkList('pose.keypoints', checkOptions(pose, 'pose').keypoints);
    if (points.length < 3 * 13 || points.length % 3) throw wrong('pose.keypoints', 'x, y, score of COCO\'s joints', points.length);
    /** @param {number} joint */
    const score = (joint) => points[3 * joint + 2];
    /** @param {number[]} pair */
    const isSure = (pair) => pair.some((joint) => score(joint) > scoreThreshold);
    if (!isSure(SHOULDERS) || !isSure(HIPS)) return View.crop(square, dstW, dstH);
    const hips = HIPS.filter((joint) => score(joint) > 0);
    const [x, y] = [0, 1].map((axis) => hips.reduce((sum, joint) => sum + points[3 * joint + axis], 0) / hips.length);
    let half = 0;
    for (let joint = 0; joint < points.length / 3; joint++) {
        const far = Math.max(Math.abs(points[3 * joint] - x), Math.abs(points[3 * joint + 1] - y));
        if (score(joint) >= scoreThreshold) half = Math.max(half, far * 1.2);
        if (score(joint) > 0 && (SHOULDERS.includes(joint) || HIPS.includes(joint))) half = Math.max(half, far * 1.9);
    }
    half = Math.min(half, Math.max(x, width - x, y, height - y));
    return View.crop(half > 0 && half <= square.width / 2 ? {x, y, width: 2 * half, height: 2 * half} : square, dstW, dstH);
}
