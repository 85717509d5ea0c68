/**
 * What the demo can look through, as data. A network says where its weights are, how a frame becomes its input, which of its nodes are
 * the heads, how they become detections, and how these are drawn. Another task is another row, with its own decode and draw.
 */
import { COCO_80, decodeBlazeFace, decodeNanoDet } from 'fovea';
import { drawDetections, drawKeypoints } from 'fovea/draw';
import { people } from './people.js';
import nanodetGraph from './models/nanodet.json?url';
import nanodetWeights from './models/nanodet.bin?url';
import blazefaceGraph from './models/blazeface.json?url';
import blazefaceWeights from './models/blazeface.bin?url';

/**
 * @typedef {object} Options what the panel's controls hold
 * @property {number} scoreThreshold
 * @property {number} iouThreshold
 * @property {number} maxDetections
 *
 * @typedef {{ data: any, dims: readonly number[] }} Tensor
 * @typedef {{ graph: string, weights: string, nodes: string[], dynamic?: boolean }} Files dynamic: the input may have another size than the graph says
 *
 * @typedef {{ count: number, boxes: Float32Array, scores: Float32Array, classes: Int32Array, keypoints?: Float32Array }} Detections
 * @typedef {{ score: number, keypoints: Float32Array, box: Float32Array, id?: number, mask?: Tensor, view?: { matrix: ArrayLike<number> }, region?: any }} Pose
 * @typedef {Detections | Pose[]} Found
 *
 * @typedef {object} Heatmaps how the network's joints lie in one of its heads
 * @property {number} head which
 * @property {readonly string[]} joints
 * @property {'NCHW' | 'NHWC'} layout
 * @property {'softmax' | 'relu' | 'sigmoid'} normalize what makes weights of its numbers
 * @property {number} stride pixels of the input to a cell
 * @property {number} centre where in its cell a joint lies, in cells
 *
 * @typedef {object} Finder another network, which says where this one is to look
 * @property {Files} files
 * @property {any} prepare
 * @property {(heads: Tensor[], about: { view: any }) => any} decode a View, or nothing
 *
 * @typedef {object} Network
 * @property {string} title
 * @property {string} task
 * @property {string} about one line for the panel
 * @property {readonly string[]} labels
 * @property {Files} [files] for tfjs; a network without comes from the user's file
 * @property {Finder} [finder]
 * @property {any} prepare options of toTensor
 * @property {string} [picture] that shows it well; default the collage
 * @property {Partial<Options>} defaults a control without one has no meaning here
 * @property {(heads: Tensor[], options: Options & { view?: any }) => Found} decode
 * @property {(found: any, size: { width: number, height: number }) => any} [follow] the View in which the next frame of a film is looked at, if known
 * @property {() => { update(poses: any[], milliseconds: number): any[] }} [tracker]
 * @property {Heatmaps} [heatmaps]
 * @property {(ctx: any, found: any, labels: readonly string[], style?: any) => void} draw
 */

/** @type {Network['draw']} */
export function drawFound(ctx, found, labels, style) {
    drawDetections(ctx, found, labels, { plate: true, ...style });
    if (found.keypoints) drawKeypoints(ctx, found.keypoints, { fill: true, minScore: 0.3, ...style });
}

const COLLAGE = { scoreThreshold: 0.45, iouThreshold: 0.45, maxDetections: 100 };

/** @type {Record<string, Network>} */
export const networks = {
    nanodet: {
        title: 'NanoDet',
        task: 'objects',
        about: 'Eighty everyday things, at 416 × 416.',
        labels: COCO_80,
        files: {
            graph: nanodetGraph,
            weights: nanodetWeights,
            nodes: ['PartitionedCall/Add_29', 'PartitionedCall/Add_33', 'PartitionedCall/Add_37'],
        },
        prepare: {
            width: 416, height: 416, fill: 0, order: 'BGR', scale: 1, mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395],
        },
        defaults: COLLAGE,
        decode: (heads, options) => decodeNanoDet(heads, { classes: 80, bins: 11, size: [416, 416], ...options }),
        draw: drawFound,
    },
    blazeface: {
        title: 'BlazeFace',
        task: 'faces',
        about: 'Faces with eyes, nose, mouth and ears, at 256 × 256.',
        labels: ['face'],
        files: {
            graph: blazefaceGraph,
            weights: blazefaceWeights,
            nodes: ['Identity', 'Identity_1', 'Identity_2', 'Identity_3'],
        },
        prepare: { width: 256, height: 256, fill: 0, layout: 'NHWC', scale: 1 / 127.5, mean: [1, 1, 1] },
        defaults: { scoreThreshold: 0.5, iouThreshold: 0.3, maxDetections: 100 },
        decode: (heads, options) => decodeBlazeFace(heads, { size: [256, 256], ...options }),
        draw: drawFound,
    },
    ...people,
};
