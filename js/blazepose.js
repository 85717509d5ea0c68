import {checkChoice, checkFinite, checkInteger, checkNumber, checkOptions, isList, wrong, wrongType} from './check.js';
import {inputSize} from './detect.js';
import {listOf, wrongShape} from './outputs.js';
import {makePose} from './pose.js';
import {placeFloats} from './tensor.js';
import {View} from './view.js';
import {withBlock} from './wasm.js';

/** @import {Outputs} from './outputs.js' */
/** @import {Pose} from './pose.js' */
/** @import {FloatTensor, Tensor} from './tensor.js' */

const RULES = /** @abi FV_BLAZEPOSE_ */ {mediapipe: 0, tfjs: 1};

const LANDMARKS = 39, JOINTS = 33, VALUES = 5;

/**
 * What BlazePose says of a person besides the pose, whose joints score their visibility.
 *
 * @typedef {object} Body
 * @property {Float32Array} depths [33] of each joint, as pixels of the picture, from the hips; away from the camera is positive
 * @property {Float32Array} presence [33] of each joint within the tensor, 0 to 1
 * @property {Float32Array} auxiliary [6 * 3] x, y, presence of the landmarks past the joints: the first two make the next region
 * @property {Float32Array} [world] [33 * 3] x, y, z of each joint in metres from the middle of the hips, upright as the picture is
 * @property {FloatTensor} [mask] [H, W] share of the person, over all of the tensor: draw it through the tensor's view
 * @property {View | null} region of this person in the next frame; null where the auxiliary landmarks make none
 */

/**
 * Decode BlazePose's landmarks (lite, full and heavy): one person in a turned square, see blazePoseRegion.
 *
 * @param {Outputs} outputs in any order, told apart by their sizes: landmarks [1, 195] and the person's score [1, 1], and, where there are
 *   any, heatmaps [1, H, W, 39] or [1, 39, H, W], the mask [1, H, W, 1] and world landmarks [1, 117]; logits as the network gives them
 * @param {object} [options]
 * @param {View} [options.view] of the region, given by toTensor
 * @param {keyof typeof RULES | 'none'} [options.refine] landmarks by their heatmaps: 'none' (default), what the network says; 'mediapipe', moved to the
 *   centroid of a window about them; 'tfjs', the same with its slip (js/shared/calculators, a column compared with the height), by which
 *   landmarks just below the square are drawn into it
 * @param {number} [options.kernel] side of that window, cells; default 7
 * @param {number} [options.refineThreshold] a heatmap that is nowhere in the window as large moves nothing; default .5
 * @param {readonly [number, number]} [options.size] of the network's input; default the view's, or [256, 256]
 * @returns {Pose & Body} score: that there is a person; keypoints: the 33 of skeletons.BLAZEPOSE_33
 *
 * @example
 * const region = previous?.score > .5 ? previous.region : blazePoseRegion(decodeBlazePoseDetector(found, {view: whole}));
 * const {tensor, view} = toTensor(frame, {width: 256, height: 256, view: region, layout: 'NHWC'});
 * const pose = decodeBlazePose(await run(tensor), {view});
 */
export function decodeBlazePose(outputs, options) {
    const {view, refine = 'none', kernel = 7, refineThreshold = 0.5, size} = checkOptions(options);
    const [width, height] = inputSize({size, view}) ?? [256, 256];
    const rule = refine === 'none' ? RULES.mediapipe : checkChoice('refine', {none: 0, ...RULES}, refine);
    if (checkInteger('kernel', kernel, 1, 65535) % 2 === 0) throw wrong('kernel', 'an odd number', kernel);
    checkNumber('refineThreshold', refineThreshold);
    const {landmarks, flag, heatmap, mask, world} = readOutputs(outputs);
    if (refine !== 'none' && !heatmap) throw wrongShape('heatmaps [1, H, W, 39], to refine by', listOf(outputs));

    const {rows, shares, metres, score} = withBlock((block) => {
        const rowsAt = block.space(LANDMARKS * VALUES * 4);
        const h = refine === 'none' ? undefined : heatmap;
        block.call('fv_blazepose_landmarks', rowsAt, placeFloats(block, landmarks), LANDMARKS, h ? placeFloats(block, h.tensor) : 0, h?.height ?? 1,
            h?.width ?? 1, h?.cell ?? 1, h?.channel ?? 1, h ? width / h.width : 1, h ? height / h.height : 1, kernel, refineThreshold, rule);
        /** @param {Tensor} tensor */
        const floats = (tensor) => block.output(placeFloats(block, tensor), new Float32Array(tensor.data.length));
        const count = mask?.data.length ?? 0, maskAt = block.space(count * 4);
        if (mask) block.call('fv_blazepose_mask', maskAt, placeFloats(block, mask), count);
        return {
            rows: block.output(rowsAt, new Float32Array(LANDMARKS * VALUES)), shares: block.output(maskAt, new Float32Array(count)),
            metres: world && floats(world), score: floats(flag)[0],
        };
    });

    const [a, , , d] = view?.matrix ?? [1, 0, 0, 0], scale = Math.sqrt(a * a + d * d);
    /** @param {number} value @param {number} from @param {number} to */
    const column = (value, from, to) => Float32Array.from({length: to - from}, (_, i) => rows[VALUES * (from + i) + value]);
    /** x, y and another value. @param {number} value @param {number} from @param {number} to */
    const points = (value, from, to) => Float32Array.from({length: 3 * (to - from)}, (_, i) => rows[VALUES * (from + Math.floor(i / 3)) + [0, 1, value][i % 3]]);
    const auxiliary = makePose(1, points(4, JOINTS, LANDMARKS), view).keypoints;
    return {
        ...makePose(score, points(3, 0, JOINTS), view),
        depths: column(2, 0, JOINTS).map((z) => z * scale), presence: column(4, 0, JOINTS), auxiliary,
        ...(metres && {world: turned(metres.slice(0, 3 * JOINTS), a / scale, d / scale)}),
        ...(mask && {mask: {data: shares, dims: mask.dims.filter((side) => side !== 1)}}),
        region: blazePoseRegion({auxiliary}, {size: width, picture: view?.picture}),
    };
}

/** @param {Float32Array} points x, y, z of each @param {number} cos @param {number} sin */
function turned(points, cos, sin) {
    for (let i = 0; i < points.length; i += 3) {
        const [x, y] = points.subarray(i, i + 2);
        points.set([cos * x - sin * y, sin * x + cos * y], i);
    }
    return points;
}

/** @param {Outputs} outputs */
function readOutputs(outputs) {
    const list = listOf(outputs);
    const landmarks = list.find(({data}) => data.length === LANDMARKS * VALUES), flag = list.find(({data}) => data.length === 1);
    const world = list.find(({data}) => data.length === LANDMARKS * 3);
    const maps = list.filter((tensor) => tensor.dims.length > 2 && tensor !== landmarks && tensor !== world);
    const heatmap = maps.find(({dims}) => dims[dims.length - 1] === LANDMARKS || dims[dims.length - 3] === LANDMARKS);
    const mask = maps.find((tensor) => tensor !== heatmap && tensor !== flag && tensor.dims.filter((side) => side !== 1).length === 2);
    if (!landmarks || !flag) throw wrongShape('landmarks [1, 195] and a score [1, 1]', list);
    return {landmarks, flag, world, mask, heatmap: heatmap && readHeatmap(heatmap)};
}

/** @param {Tensor} tensor */
function readHeatmap(tensor) {
    const {dims, data} = tensor, isLast = dims[dims.length - 1] === LANDMARKS;
    const [height, width] = isLast ? dims.slice(-3) : dims.slice(-2);
    if (data.length !== height * width * LANDMARKS || !data.length) throw wrongShape('heatmaps of one picture', [tensor]);
    return {tensor, height, width, cell: isLast ? LANDMARKS : 1, channel: isLast ? 1 : height * width};
}

/**
 * The square of the picture in which BlazePose looks for a person's landmarks, turned so that they stand upright.
 *
 * @param {{auxiliary?: ArrayLike<number>, keypoints?: ArrayLike<number>}} found the person in the frame before, from decodeBlazePose; or
 *   what decodeBlazePoseDetector found
 * @param {object} [options]
 * @param {number} [options.index] which detection; default the best
 * @param {number} [options.scale] the square's side to the diameter of the circle round the person; default 1.25
 * @param {number} [options.size] of the network's input; default 256
 * @param {readonly [number, number]} [options.picture] its width and height, for the view to know
 * @returns {View | null} null where there is no such detection, or its points make no region
 */
export function blazePoseRegion(found, options) {
    const {index = 0, scale = 1.25, size = 256, picture} = checkOptions(options);
    if (!(checkFinite('scale', scale) > 0)) throw wrong('scale', 'a number above 0', scale);
    checkInteger('size', size), checkInteger('index', index, 0);
    const {auxiliary, keypoints} = /** @type {Record<string, any>} */ (checkOptions(found ?? null, 'found'));
    const [name, points, at] = auxiliary ? ['found.auxiliary', auxiliary, 0] : ['found.keypoints', keypoints, 12 * index];
    if (!isList(points)) throw wrongType(name, 'x, y, score of points', points);
    const [cx, cy, x, y] = [0, 1, 3, 4].map((k) => points[at + k]);
    const [dx, dy] = [x - cx, y - cy], radius = Math.sqrt(dx * dx + dy * dy);
    if (!(radius > 0 && radius < Infinity)) return null;
    const step = 2 * scale / size;
    const [a, b, d, e] = [-dy, -dx, dx, -dy].map((v) => v * step);
    return new View([a, b, cx - (a + b) * size / 2, d, e, cy - (d + e) * size / 2], {picture, tensor: [size, size]});
}
