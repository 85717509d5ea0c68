/**
 * People's joints in a picture, from the command line:
 *
 *     npm run pose -- picture.jpg [--network posenet|movenet|blazepose] [--threshold .3] [--json] [--out annotated.png]
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { blazePoseRegion, decodeBlazePose, decodeBlazePoseDetector, decodeMoveNet, decodePoseNet, init, skeletons, toTensor } from 'fovea';
import { drawMask, drawPoses } from 'fovea/draw';
import { loadNetwork } from './tfjs-node.js';

const S = 'StatefulPartitionedCall/';
const SIGNED = /** @type {const} */ ({ layout: 'NHWC', scale: 1 / 127.5, mean: 1, fill: 0 });

/** @typedef {{ data: Uint8ClampedArray, width: number, height: number }} Frame */

/** @type {Record<string, { skeleton: typeof skeletons.COCO_17, threshold: number, see: (frame: Frame) => Promise<any[]> }>} */
const NETWORKS = {
    /** Everybody, in a picture of any size: the network runs at 769 x 577. */
    posenet: {
        skeleton: skeletons.COCO_17,
        threshold: 0.25,
        async see(frame) {
            const network = await load('posenet', { dynamic: true });
            const { tensor, view } = toTensor(frame, { width: 769, height: 577, ...SIGNED });
            const [heatmaps, offsets, displacementFwd, displacementBwd] = network.run(tensor,
                ['heatmap_2', 'offset_2', 'displacement_fwd_2', 'displacement_bwd_2'].map((head) => `MobilenetV1/${head}/BiasAdd`));
            return decodePoseNet({ heatmaps, offsets, displacementFwd, displacementBwd }, { view, scoreThreshold: 0.3 });
        },
    },
    /** One person. */
    movenet: {
        skeleton: skeletons.COCO_17,
        threshold: 0.2,
        async see(frame) {
            const network = await load('movenet-lightning');
            const { tensor, view } = toTensor(frame, { width: 192, height: 192, fill: 0, layout: 'NHWC', dtype: 'int32', scale: 1 });
            const heads = network.run(tensor,
                ['kpt_heatmap_0/conv2d_5', 'center_0/conv2d_4', 'kpt_regress_0/conv2d_6', 'kpt_offset_0/conv2d_7'].map((head) => `${S}${head}/BiasAdd`));
            return [decodeMoveNet(heads, { view })];
        },
    },
    /** One body, found first, then seen in a region that is turned as it is. */
    blazepose: {
        skeleton: skeletons.BLAZEPOSE_33,
        threshold: 0.5,
        async see(frame) {
            const [finder, network] = [await load('blazepose-detector'), await load('blazepose-lite')];
            const first = toTensor(frame, { width: 224, height: 224, ...SIGNED });
            const region = blazePoseRegion(decodeBlazePoseDetector(finder.run(first.tensor, ['Identity']), { view: first.view, maxDetections: 1 }));
            if (!region) return [];
            const { tensor, view } = toTensor(frame, { view: region, width: 256, height: 256, layout: 'NHWC', fill: 0 });
            const heads = ['Identity_2', 'Identity_3', 'Identity_4', `${S}model/output_segmentation/BiasAdd`];
            return [{ ...decodeBlazePose(network.run(tensor, heads), { view }), view }];
        },
    },
};

const { values, positionals: [picture] } = parseArgs({
    allowPositionals: true,
    options: { network: { type: 'string', default: 'posenet' }, json: { type: 'boolean' }, threshold: { type: 'string' }, out: { type: 'string' } },
});
const chosen = Object.hasOwn(NETWORKS, values.network) && NETWORKS[values.network];
if (!picture || !chosen) {
    console.error('usage: npm run pose -- picture.jpg [--network posenet|movenet|blazepose] [--threshold .3] [--json] [--out annotated.png]');
    process.exit(2);
}

/** @param {string} name @param {{ dynamic?: boolean }} [options] */
function load(name, options) {
    return loadNetwork(new URL(`../web/models/${name}.json`, import.meta.url), options);
}

const image = await loadImage(await readFile(picture));
const { width, height } = image;
const canvas = createCanvas(width, height);
const context = canvas.getContext('2d');
context.drawImage(image, 0, 0);

await init();
const { skeleton, threshold, see } = chosen;
const least = Number(values.threshold ?? threshold);
const people = (await see(/** @type {Frame} */ (/** @type {unknown} */ (context.getImageData(0, 0, width, height))))).filter(({ score }) => score >= least);

const rows = people.map(({ score, keypoints }) => ({
    score,
    joints: skeleton.joints.map((name, j) => ({ name, x: keypoints[3 * j], y: keypoints[3 * j + 1], score: keypoints[3 * j + 2] })).filter((joint) => joint.score > 0),
}));
if (values.json) console.log(JSON.stringify({ picture, width, height, poses: rows }, null, 2));
else {
    console.log(`${rows.length} ${rows.length === 1 ? 'person' : 'people'}`);
    for (const { score, joints } of rows) {
        console.log(`score ${score.toFixed(3)}`);
        console.table(joints.map(({ name, x, y, score: sure }) => ({ joint: name, x: Math.round(x), y: Math.round(y), score: sure.toFixed(2) })));
    }
}

if (!values.json || values.out) {
    const target = values.out ?? 'annotated.png';
    for (const { mask, view } of people) if (mask) drawMask(context, mask, { view });
    drawPoses(context, people, skeleton, { minScore: 0.2 });
    await writeFile(target, await canvas.encode('png'));
    console.error(`wrote ${target}`);
}
