import {checkChoice, checkFinite, checkInteger, checkNumber, checkOptions, wrong, wrongType} from './check.js';
import {inputSize} from './detect.js';
import {channelsOf, makePose, placeMaps, readMaps, readRoles} from './pose.js';
import {withBlock} from './wasm.js';

/** @import {Pose} from './pose.js' */
/** @import {Tensor} from './tensor.js' */
/** @import {Outputs} from './outputs.js' */
/** @import {View} from './view.js' */

/** PoseNet's tree over COCO's joints: parent, child. The displacement maps are in this order. */
const EDGES = [[0, 1], [1, 3], [0, 2], [2, 4], [0, 5], [5, 7], [7, 9], [5, 11], [11, 13], [13, 15], [0, 6], [6, 8], [8, 10], [6, 12], [12, 14], [14, 16]];

const NAMES = {heatmaps: /heat/i, offsets: /off/i, displacementFwd: /fwd|forward/i, displacementBwd: /bwd|backward/i};
const ROLES = /** @type {const} */ (['heatmaps', 'offsets', 'displacementFwd', 'displacementBwd']);

/**
 * Decode PoseNet, or another network of PersonLab's kind (Papandreou et al., ECCV 2018): everyone in the picture.
 *
 * @param {Outputs} heads heat maps [1, H, W, K], offsets [1, H, W, 2 K], displacements forward and backward [1, H, W, 2 E], or NCHW; by name, or as a list in
 *   this order. y of all joints or edges comes before x of all
 * @param {object} [options]
 * @param {View} [options.view] given by toTensor: the answer is in the picture's coordinates
 * @param {number} [options.stride] pixels of the tensor per cell, default 16. A cell is at its index times this
 * @param {number} [options.scoreThreshold] of the joint that a person is grown from, default .5
 * @param {number} [options.nmsRadius] pixels of the tensor within which a joint is the same person's, default 20
 * @param {number} [options.maxPoses] default 20
 * @param {number} [options.refineSteps] how often the end of an edge is corrected by the offsets there, default 2
 * @param {number} [options.minScore] only people who score at least so much, default 0: all
 * @param {'none' | 'sigmoid'} [options.activation] that makes scores of the heat maps; default 'sigmoid'
 * @param {readonly (readonly number[])[]} [options.edges] [parent, child] in the order of the displacements, the root's first; default: PoseNet's 16
 * @param {number} [options.image] which of the batch; default 0
 * @returns {Pose[]} in the order they were found: surest joint first. A person's score is the mean of the joints', those counting 0 that lie on someone
 *   found before
 */
export function decodePoseNet(heads, options) {
    const {
        view, stride = 16, scoreThreshold = 0.5, nmsRadius = 20, maxPoses = 20, refineSteps = 2, minScore = 0, activation = 'sigmoid', edges = EDGES, image = 0,
    } = checkOptions(options);
    inputSize({view});
    if (!(checkFinite('stride', stride) > 0)) throw wrong('stride', 'pixels above 0', stride);
    if (!(checkNumber('nmsRadius', nmsRadius) >= 0)) throw wrong('nmsRadius', 'pixels, at least 0', nmsRadius);
    checkNumber('scoreThreshold', scoreThreshold), checkNumber('minScore', minScore);
    checkInteger('maxPoses', maxPoses, 0, 65535), checkInteger('refineSteps', refineSteps, 0, 1000);
    const active = checkChoice('activation', {none: 0, sigmoid: 1}, activation);
    const maps = readMaps(readRoles(heads, NAMES, ROLES, inOrder), image);
    const {channels: K, width, height, layout} = maps.heatmaps;
    const tree = readEdges(edges, K);
    const expects = {offsets: 2 * K, displacementFwd: tree.length, displacementBwd: tree.length};
    for (const [role, count] of Object.entries(expects)) {
        const {channels} = maps[/** @type {keyof typeof expects} */ (role)];
        if (channels !== count) throw wrong(`heads.${role}`, `${count} channels for ${K} joints and ${tree.length / 2} edges`, channels);
    }
    return withBlock((block) => {
        const [points, scores] = [block.space(maxPoses * K * 12), block.space(maxPoses * 4)];
        const placed = ROLES.map((role) => placeMaps(block, maps[role])[0]);
        const scratch = block.space(block.call('fv_pose_personlab_scratch', width, height, K));
        const count = block.call('fv_pose_personlab', points, scores, maxPoses, ...placed, width, height, K, layout, active, block.input(tree),
            tree.length / 2, stride, scoreThreshold, nmsRadius, refineSteps, scratch);
        const joints = block.output(points, new Float32Array(count * K * 3));
        return Array.from(block.output(scores, new Float32Array(count)), (score, i) => makePose(score, joints.slice(3 * K * i, 3 * K * (i + 1)), view));
    }).filter(({score}) => score >= minScore);
}

/** @param {readonly (readonly number[])[]} edges @param {number} joints @returns {Int32Array} */
function readEdges(edges, joints) {
    const isJoint = (/** @type {unknown} */ v) => Number.isInteger(v) && /** @type {number} */ (v) >= 0 && /** @type {number} */ (v) < joints;
    const arePairs = Array.isArray(edges) && edges.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isJoint));
    if (!arePairs) throw wrongType('edges', `pairs of the ${joints} joints`, edges);
    return Int32Array.from(edges.flat());
}

/** Heads told apart by their channels and their order. @param {Tensor[]} list @returns {Record<string, Tensor | undefined>} */
function inOrder(list) {
    const channels = channelsOf(list);
    const heatmaps = list.find((_, i) => channels.includes(2 * channels[i]));
    const K = channels[list.indexOf(/** @type {Tensor} */ (heatmaps))];
    const offsets = list.find((_, i) => channels[i] === 2 * K);
    const [displacementFwd, displacementBwd] = list.filter((tensor) => tensor !== heatmaps && tensor !== offsets);
    return {heatmaps, offsets, displacementFwd, displacementBwd};
}
