import {argmax} from './argmax.js';
import {checkChoice, checkFinite, checkNumber, checkOptions, wrong} from './check.js';
import {CODECS} from './codec.js';
import {inputSize} from './detect.js';
import {softArgmax} from './heatmap.js';
import {LAYOUTS} from './image.js';
import {makePose} from './pose.js';
import {checkTensor} from './tensor.js';

/** @import {PeakOptions} from './argmax.js' */
/** @import {SoftArgmaxOptions} from './heatmap.js' */
/** @import {Pose} from './pose.js' */
/** @import {Tensor} from './tensor.js' */
/** @import {View} from './view.js' */

/**
 * How a network lays joints on its maps.
 *
 * codec     the reference that encodes and decodes them, one of CODECS: its refinement, and pixels to a cell
 * refine    otherwise: how a joint is read
 * cells     of a cell's index, what is added to have the joint in cells: .5, the middle of the cell is meant; 0, its corner
 * pixels    what is added after that, in pixels of the input, whose centres a reference may call integers
 *
 * @typedef {object} MapConvention
 * @property {string} [codec]
 * @property {PeakOptions['refine'] | 'integral'} [refine]
 * @property {number} cells
 * @property {number} pixels
 */

/** Both of argmax's coordinates where a map has no largest. */
const NONE = -1;

/**
 * The conventions known by name. The codecs' references give pixels whose centres are integers; `centre` and `corner` are for networks of other makes.
 *
 * @type {Readonly<Record<string, MapConvention>>}
 */
export const MAP_CONVENTIONS = Object.freeze({
    ...Object.fromEntries(Object.keys(CODECS).map((codec) => [codec, {codec, cells: 0, pixels: 0.5}])),
    centre: {refine: 'integral', cells: 0.5, pixels: 0},
    corner: {refine: 'integral', cells: 0, pixels: 0},
});

/**
 * Decode a top-down network: of each person's crop a map for each joint.
 *
 * @param {Tensor} maps [N, K, H, W], or [N, H, W, K]
 * @param {object} [options]
 * @param {View | readonly View[]} [options.view] of the crops, as personView or View.crop makes them: one for each of the N, or for all; default: the answer
 *   is in pixels of the crop
 * @param {string | MapConvention} [options.convention] of the network: a name of MAP_CONVENTIONS, default 'simple-baselines' (so are HRNet and SimplePose);
 *   'mmpose-udp' and the like; 'centre' or 'corner' for integral regression over plain cells
 * @param {PeakOptions['refine'] | 'integral'} [options.refine] another reading than the convention's: 'integral', 'taylor', 'quarter', 'parabola', 'none', ...
 * @param {number} [options.window] of 'integral': cells about the largest that count; default 3
 * @param {SoftArgmaxOptions['normalize']} [options.normalize] of 'integral': what a map's values are: 'relu' (default), heat; 'sigmoid', logits of it;
 *   'softmax', logits of where the joint is
 * @param {number} [options.beta] of 'integral'; default 1
 * @param {'NCHW' | 'NHWC'} [options.layout] default 'NCHW'
 * @param {readonly [number, number]} [options.size] [width, height] of the network's input; default: the view's, or 4 pixels to a cell
 * @param {number} [options.scoreThreshold] joints that score less are not found; default 0
 * @returns {Pose[]} one for each of the N; joints score what their maps do where they are largest, a pose the mean of its joints found
 *
 * @example
 * const {tensor, view} = toTensor(frame, {width: 192, height: 256, view: personView(box, 192, 256, {convention: 'udp'}), mean, std});
 * const [pose] = decodeTopDown(await run(tensor), {view, convention: 'mmpose-udp'});
 */
export function decodeTopDown(maps, options) {
    const {view, convention = 'simple-baselines', refine, window = 3, normalize = 'relu', beta = 1, layout = 'NCHW', size, scoreThreshold = 0} = checkOptions(options);
    const {codec, refine: usual, cells, pixels} = readConvention(convention);
    checkNumber('scoreThreshold', scoreThreshold);
    const how = refine ?? usual;
    const read = how === 'integral' ? softArgmax(maps, {window, normalize, beta, layout}) : argmax(maps, {preset: codec, layout, nan: 'skip', ...(how && {refine: how})});
    const {coords: {data, dims: [N, K]}, confidence} = read;
    const views = Array.isArray(view) ? view : new Array(N).fill(view);
    if (views.length !== N) throw wrong('view', `${N} views`, views.length);
    const [height, width] = checkTensor('maps', maps).slice(layout in LAYOUTS && LAYOUTS[layout] === LAYOUTS.NHWC ? 1 : 2);
    return views.map((one, n) => {
        const input = inputSize({size, view: one}) ?? [4 * width, 4 * height];
        const steps = [width, height].map((side, axis) => codec ? CODECS[codec].encode(input[axis], side) : input[axis] / side);
        const points = Float32Array.from({length: 3 * K}, (_, i) => {
            const [joint, value] = [n * K + Math.floor(i / 3), i % 3];
            if (value < 2) return (data[2 * joint + value] + cells) * steps[value] + pixels;
            return data[2 * joint] === NONE && data[2 * joint + 1] === NONE ? 0 : confidence.data[joint];
        });
        const pose = makePose(1, points, one, scoreThreshold);
        const scores = pose.keypoints.filter((score, i) => i % 3 === 2 && score > 0);
        return {...pose, score: scores.length ? scores.reduce((sum, score) => sum + score, 0) / scores.length : 0};
    });
}

/** @param {unknown} convention @returns {MapConvention} */
function readConvention(convention) {
    if (typeof convention === 'string') return checkChoice('convention', MAP_CONVENTIONS, convention);
    const {codec, refine, cells, pixels} = /** @type {MapConvention} */ (checkOptions(convention ?? null, 'convention'));
    if (codec !== undefined) checkChoice('convention.codec', CODECS, codec);
    return {codec, refine, cells: checkFinite('convention.cells', cells), pixels: checkFinite('convention.pixels', pixels)};
}
