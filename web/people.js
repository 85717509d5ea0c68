/** The networks that see people's joints, as rows of the table. */
import { PoseTracker, blazePoseRegion, decodeBlazePose, decodeBlazePoseDetector, decodeMoveNet, decodePoseNet, skeletons } from 'fovea';
import { drawMask, drawPoses } from 'fovea/draw';
import movenetGraph from './models/movenet-lightning.json?url';
import movenetWeights from './models/movenet-lightning.bin?url';
import posenetGraph from './models/posenet.json?url';
import posenetWeights from './models/posenet.bin?url';
import detectorGraph from './models/blazepose-detector.json?url';
import detectorWeights from './models/blazepose-detector.bin?url';
import blazeposeGraph from './models/blazepose-lite.json?url';
import blazeposeWeights from './models/blazepose-lite.bin?url';

/** @typedef {import('./networks.js').Pose} Pose */

const S = 'StatefulPartitionedCall/';
const BETWEEN = { layout: 'NHWC', scale: 1 / 127.5, mean: [1, 1, 1], fill: 0 };

/** @param {any} skeleton @returns {import('./networks.js').Network['draw']} */
const drawer = (skeleton) => (ctx, poses, _, style) => drawPoses(ctx, poses, skeleton, { minScore: 0.2, ...style });

/** @type {Record<string, import('./networks.js').Network>} */
export const people = {
    movenet: {
        title: 'MoveNet',
        task: 'pose',
        about: 'One person\'s seventeen joints, at 192 × 192.',
        labels: ['person'],
        files: {
            graph: movenetGraph,
            weights: movenetWeights,
            nodes: ['kpt_heatmap_0/conv2d_5', 'center_0/conv2d_4', 'kpt_regress_0/conv2d_6', 'kpt_offset_0/conv2d_7'].map((node) => `${S}${node}/BiasAdd`),
        },
        picture: 'camera.jpg',
        prepare: { width: 192, height: 192, fill: 0, layout: 'NHWC', dtype: 'int32', scale: 1 },
        defaults: { scoreThreshold: 0.2 },
        decode: (heads, { view, scoreThreshold }) => [decodeMoveNet(heads, { view })].filter(({ score }) => score >= scoreThreshold),
        heatmaps: { head: 0, joints: skeletons.COCO_17.joints, layout: 'NHWC', normalize: 'sigmoid', stride: 4, centre: 0.5 },
        draw: drawer(skeletons.COCO_17),
    },
    posenet: {
        title: 'PoseNet',
        task: 'people',
        about: 'Everybody\'s joints, at 513 × 513; in a film each keeps his colour.',
        labels: ['person'],
        files: {
            graph: posenetGraph,
            weights: posenetWeights,
            nodes: ['heatmap_2', 'offset_2', 'displacement_fwd_2', 'displacement_bwd_2'].map((node) => `MobilenetV1/${node}/BiasAdd`),
            dynamic: true,
        },
        prepare: { ...BETWEEN, width: 513, height: 513 },
        defaults: { scoreThreshold: 0.3, maxDetections: 20 },
        decode: ([heatmaps, offsets, displacementFwd, displacementBwd], { view, scoreThreshold, maxDetections }) =>
            decodePoseNet({ heatmaps, offsets, displacementFwd, displacementBwd }, { view, scoreThreshold: 0.3, minScore: scoreThreshold, maxPoses: maxDetections }),
        tracker: () => new PoseTracker({ sigmas: skeletons.COCO_17.sigmas }),
        heatmaps: { head: 0, joints: skeletons.COCO_17.joints, layout: 'NHWC', normalize: 'sigmoid', stride: 16, centre: 0 },
        draw: drawer(skeletons.COCO_17),
    },
    blazepose: {
        title: 'BlazePose',
        task: 'body',
        about: 'One body\'s thirty-three joints and its mask, in a region that turns with it.',
        labels: ['person'],
        finder: {
            files: {
                graph: detectorGraph,
                weights: detectorWeights,
                nodes: ['Identity'],
            },
            prepare: { ...BETWEEN, width: 224, height: 224 },
            decode: (heads, { view }) => blazePoseRegion(decodeBlazePoseDetector(heads, { view, maxDetections: 1 })),
        },
        files: {
            graph: blazeposeGraph,
            weights: blazeposeWeights,
            nodes: ['Identity_2', 'Identity_3', `${S}model/output_heatmap/BiasAdd`, `${S}model/output_segmentation/BiasAdd`, 'Identity_4'],
        },
        picture: 'astronaut.jpg',
        prepare: { width: 256, height: 256, layout: 'NHWC', fill: 0 },
        defaults: { scoreThreshold: 0.5 },
        decode: (heads, { view, scoreThreshold }) => [{ ...decodeBlazePose(heads, { view }), view }].filter(({ score }) => score >= scoreThreshold),
        follow: ([pose]) => pose?.region,
        heatmaps: { head: 2, joints: skeletons.BLAZEPOSE_33.joints, layout: 'NHWC', normalize: 'sigmoid', stride: 4, centre: 0 },
        draw(ctx, poses, labels, style) {
            for (const { mask, view } of poses) if (mask && view) drawMask(ctx, mask, { view });
            drawer(skeletons.BLAZEPOSE_33)(ctx, poses, labels, style);
        },
    },
};
