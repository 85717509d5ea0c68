/** The families of networks that a dropped file may belong to, how each wants its pixels, and how to tell them apart. */
import { COCO_80, decodeNanoDet, decodeOpenPose, decodeYolo, skeletons } from 'fovea';
import { drawPoses } from 'fovea/draw';
import { drawFound } from './networks.js';

/** @typedef {import('./networks.js').Tensor} Tensor */

/** Numbers of a YOLO pose network beside the box: one class, seventeen joints. */
const COCO_POSE = 1 + 17 * 3;

/** Channels of a box in raw maps of YOLOv8 and later: four sides in sixteen bins. */
const RAW_BOX = 4 * 16;

/** How pixels become numbers. */
export const PIXELS = {
    'rgb-unit': { title: 'RGB, 0 to 1', options: { order: 'RGB', scale: 1 / 255 } },
    'rgb-byte': { title: 'RGB, 0 to 255', options: { order: 'RGB', scale: 1 } },
    'bgr-byte': { title: 'BGR, 0 to 255', options: { order: 'BGR', scale: 1 } },
    'bgr-signed': { title: 'BGR, −1 to 1', options: { order: 'BGR', scale: 1 / 127.5, mean: [1, 1, 1] } },
    'bgr-half': { title: 'BGR, −½ to ½', options: { order: 'BGR', scale: 1 / 256, mean: [0.5, 0.5, 0.5] } },
    'bgr-imagenet': {
        title: 'BGR, ImageNet mean and deviation',
        options: { order: 'BGR', scale: 1, mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395] },
    },
};

/**
 * title    as the panel has it
 * beside   numbers of a row that are not classes, in flat outputs and in raw maps
 * anchors  boxes of a cell in raw maps
 * variant  of OpenPose's ways to read part-affinity fields
 *
 * @typedef {{ title: string, pixels: keyof typeof PIXELS, fit: string, beside: { flat: number, maps: number }, anchors?: number,
 *     decode(heads: Tensor[], options: any): any }} BoxFamily
 * @typedef {{ title: string, pixels: keyof typeof PIXELS, fit: string, variant: NonNullable<Parameters<typeof decodeOpenPose>[1]>['variant'] }} FieldFamily
 *
 * @type {Record<string, BoxFamily | FieldFamily>}
 */
export const families = {
    yolov8: { title: 'YOLOv8, v9, v11', pixels: 'rgb-unit', fit: 'ultralytics', beside: { flat: 4, maps: RAW_BOX }, decode: yolo(8) },
    yolov10: { title: 'YOLOv10, v26, end to end', pixels: 'rgb-unit', fit: 'ultralytics', beside: { flat: 5, maps: RAW_BOX }, decode: yolo(10) },
    yolox: { title: 'YOLOX', pixels: 'bgr-byte', fit: 'yolox', beside: { flat: 5, maps: 5 }, decode: yolo('x') },
    yolov5: { title: 'YOLOv5, v7', pixels: 'rgb-unit', fit: 'ultralytics', beside: { flat: 5, maps: 5 }, anchors: 3, decode: yolo(5) },
    yolov3: { title: 'YOLOv3, v4', pixels: 'rgb-unit', fit: 'darknet', beside: { flat: 5, maps: 5 }, anchors: 3, decode: yolo(3) },
    nanodet: { title: 'NanoDet', pixels: 'bgr-byte', fit: 'letterbox', beside: { flat: 0, maps: 32 }, decode: decodeNanoDet },
    openpose: { title: 'OpenPose, lightweight', pixels: 'bgr-signed', fit: 'letterbox', variant: 'lightweight' },
    'openpose-pytorch': { title: 'OpenPose, pytorch-openpose', pixels: 'bgr-half', fit: 'letterbox', variant: 'pytorch' },
    'openpose-tf': { title: 'OpenPose, tf-pose', pixels: 'bgr-signed', fit: 'letterbox', variant: 'pafprocess' },
    'openpose-cmu': { title: 'OpenPose, CMU', pixels: 'bgr-half', fit: 'letterbox', variant: 'cmu' },
    'openpose-cmu-gpu': { title: 'OpenPose, CMU on GPUs', pixels: 'bgr-half', fit: 'letterbox', variant: 'cmu-gpu' },
};

/** @param {number | string} version @returns {(heads: Tensor[], options: any) => any} */
function yolo(version) {
    return (heads, options) => decodeYolo(heads, { version, ...options });
}

/**
 * The family whose outputs have these shapes.
 * @param {Tensor[]} heads @param {{ width: number, height: number }} input @param {number} [named] how many class names the file carries
 * @returns {string | undefined}
 */
export function recognise(heads, { width, height }, named) {
    const shapes = heads.map(({ dims }) => dims);
    const cells = (/** @type {number[]} */ ...strides) => strides.reduce((sum, s) => sum + Math.ceil(width / s) * Math.ceil(height / s), 0);
    const coarse = cells(8, 16, 32);

    if (findFields(heads)) return 'openpose';
    if (shapes.length >= 4 && shapes.length % 2 === 0 && shapes.every((dims) => dims.length === 3)) return 'nanodet';
    if (shapes.every((dims) => dims.length === 5)) return 'yolov5';
    if (shapes.every((dims) => dims.length === 4)) {
        const channels = mapChannels(shapes);
        return channels % 3 || channels === RAW_BOX + (named ?? COCO_80.length) ? 'yolov8' : 'yolov5';
    }
    const rows = shapes.find((dims) => dims.length === 3);
    if (rows) {
        const [, n, channels] = rows;
        if (channels === 6 && n <= 1000) return 'yolov10';
        if (n < channels) return 'yolov8';
        if (n === 3 * coarse) return 'yolov5';
        if (n === cells(8, 16, 32, 64)) return 'nanodet';
        if (n === coarse) return channels === 84 || channels - 4 === named ? 'yolov8' : 'yolox';
        if (channels > 5) return 'yolov5';
    }
    return undefined;
}

/** Channels of the skeletons whose fields a network may give: maps of joints and of the background, and fields. */
const FIELDS = [skeletons.COCO_18, skeletons.BODY_25, skeletons.MPI_15].map((skeleton) =>
    ({ skeleton, maps: skeleton.joints.length + 1, fields: 2 * skeleton.limbs.length }));

/**
 * Heatmaps and part-affinity fields, the last stage's, beside each other in one output or in two.
 * @param {Tensor[]} heads
 */
function findFields(heads) {
    const four = heads.map(({ dims }, index) => ({ index, dims })).filter(({ dims }) => dims.length === 4);
    for (const { skeleton, maps, fields } of FIELDS) {
        const last = (/** @type {number} */ channels) => four.findLast(({ dims }) => dims[1] === channels || dims[3] === channels);
        const [both, apart] = [last(maps + fields), [last(maps), last(fields)]];
        const found = both ? [both, both] : apart;
        const [first, second] = found;
        if (!first || !second) continue;
        const layout = /** @type {'NCHW' | 'NHWC'} */ (first.dims[1] === (both ? maps + fields : maps) ? 'NCHW' : 'NHWC');
        return { skeleton, maps, fields, layout, heads: [first.index, second.index], rows: layout === 'NCHW' ? first.dims[2] : first.dims[1] };
    }
    return undefined;
}

/** @param {Tensor[]} heads */
const flatOnly = (heads) => (heads.some(({ dims }) => dims.length === 3) ? heads.filter(({ dims }) => dims.length === 3) : heads);

/** The side that is the same at every stride. @param {(readonly number[])[]} shapes */
const mapChannels = (shapes) => (shapes.every((dims) => dims[1] === shapes[0][1]) ? shapes[0][1] : shapes[0][3]);

/**
 * What a row of the outputs holds besides its box.
 * @param {Tensor[]} heads @param {string} family @param {string[]} [labels]
 * @returns {{ classes: number, keypoints: number }}
 */
function contents(heads, family, labels) {
    const { beside, anchors = 1 } = /** @type {BoxFamily} */ (families[family]);
    const flat = heads.find(({ dims }) => dims.length === 3);
    const prototypes = flat ? heads.find(({ dims }) => dims.length === 4)?.dims[1] ?? 0 : 0;
    const { dims } = flat ?? heads[0];
    const channels = flat ? Math.min(dims[1], dims[2]) : dims.length === 5 ? dims[4] : mapChannels(heads.map((head) => head.dims)) / anchors;
    const spare = channels - (flat ? beside.flat : beside.maps) - prototypes;
    if (family === 'yolov10') return { classes: labels?.length ?? COCO_80.length, keypoints: 0 };
    if (family !== 'yolov8') return { classes: labels?.length ?? spare, keypoints: 0 };
    const classes = labels?.length ?? (spare === COCO_POSE ? 1 : spare);
    return { classes, keypoints: Math.floor((spare - classes) / 3) };
}

/**
 * @param {{ name: string, family: string, pixels?: string, heads: Tensor[], labels?: string[],
 *     input: { width: number, height: number, layout: string, dtype: string } }} found
 * @returns {import('./networks.js').Network}
 */
export function networkOf({ name, family, pixels, heads, labels, input }) {
    const row = families[family];
    const { width, height, layout, dtype } = input;
    const prepare = { width, height, layout, dtype, fit: row.fit, ...PIXELS[/** @type {keyof typeof PIXELS} */ (pixels ?? row.pixels)].options };
    return 'variant' in row ? fieldNetwork(name, row, heads, prepare) : boxNetwork(name, family, row, heads, prepare, labels);
}

/** @type {import('./networks.js').Network['draw']} */
function drawPeople(ctx, poses, _, style) {
    const joints = poses[0]?.keypoints.length / 3;
    drawPoses(ctx, poses, FIELDS.find(({ skeleton }) => skeleton.joints.length === joints)?.skeleton ?? skeletons.COCO_18, style);
}

/** @param {string} family */
export const drawerOf = (family) => ('variant' in families[family] ? drawPeople : drawFound);

/**
 * @param {string} name @param {FieldFamily} row @param {Tensor[]} heads @param {any} prepare
 * @returns {import('./networks.js').Network}
 */
function fieldNetwork(name, { title, variant }, heads, prepare) {
    const found = findFields(heads);
    if (!found) throw new Error('This network gives no part-affinity fields of COCO-18, BODY_25 or MPI-15.');
    const { skeleton, layout, heads: [maps, fields], rows } = found;
    const stride = prepare.height / rows;
    return {
        title: name,
        task: title,
        about: `${title}, at ${prepare.width} × ${prepare.height}, ${skeleton.joints.length} joints.`,
        labels: ['person'],
        prepare,
        defaults: { maxDetections: 30 },
        decode: (outputs, { view, maxDetections }) => decodeOpenPose(maps === fields ? outputs[maps] : { heatmaps: outputs[maps], pafs: outputs[fields] },
            { skeleton, variant, stride, view, layout, maxPeople: maxDetections }),
        heatmaps: { head: maps, joints: skeleton.joints, layout, normalize: 'relu', stride, centre: 0.5 },
        draw: drawPeople,
    };
}

/**
 * @param {string} name @param {string} family @param {BoxFamily} row @param {Tensor[]} heads @param {any} prepare @param {string[]} [labels]
 * @returns {import('./networks.js').Network}
 */
function boxNetwork(name, family, { title, decode }, heads, prepare, labels) {
    const { width, height } = prepare;
    const { classes, keypoints } = contents(heads, family, labels);
    return {
        title: name,
        task: title,
        about: `${title}, at ${width} × ${height}, ${classes} kind${classes === 1 ? '' : 's'}.`,
        labels: labels ?? (classes === 80 ? COCO_80 : classes === 1 ? ['object'] : []),
        prepare,
        defaults: { scoreThreshold: 0.35, iouThreshold: 0.45, maxDetections: 100 },
        // Prototypes of masks are not for us.
        decode: (outputs, options) => decode(flatOnly(outputs), { classes, size: [width, height], ...(keypoints && { keypoints }), ...options }),
        draw: drawFound,
    };
}
