/** The families of detection networks that a dropped .onnx may belong to, how each wants its pixels, and how to tell them apart. */
import { COCO_80, decodeNanoDet, decodeYolo } from 'fovea';
import { drawFound } from './networks.js';

/** @typedef {import('./networks.js').Tensor} Tensor */

/** Channels of a YOLO pose network: a box, one class, seventeen joints. */
const COCO_POSE = 4 + 1 + 17 * 3;

/** How pixels become numbers. */
export const PIXELS = {
    'rgb-unit': { title: 'RGB, 0 to 1', options: { order: 'RGB', scale: 1 / 255 } },
    'rgb-byte': { title: 'RGB, 0 to 255', options: { order: 'RGB', scale: 1 } },
    'bgr-byte': { title: 'BGR, 0 to 255', options: { order: 'BGR', scale: 1 } },
    'bgr-imagenet': {
        title: 'BGR, ImageNet mean and deviation',
        options: { order: 'BGR', scale: 1, mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395] },
    },
};

/**
 * `classes` and `keypoints` answer how many a row of `channels` numbers holds.
 *
 * @type {Record<string, { title: string, pixels: keyof typeof PIXELS, fit: string, classes(channels: number): number,
 *     decode(heads: Tensor[], options: any): any }>}
 */
export const families = {
    yolov8: { title: 'YOLOv8, v9, v11', pixels: 'rgb-unit', fit: 'ultralytics', classes: (n) => n - 4, decode: yolo(8) },
    yolov10: { title: 'YOLOv10, v26, end to end', pixels: 'rgb-unit', fit: 'ultralytics', classes: () => 80, decode: yolo(10) },
    yolox: { title: 'YOLOX', pixels: 'bgr-byte', fit: 'yolox', classes: (n) => n - 5, decode: yolo('x') },
    yolov5: { title: 'YOLOv5, v7', pixels: 'rgb-unit', fit: 'ultralytics', classes: (n) => n - 5, decode: yolo(5) },
    yolov3: { title: 'YOLOv3, v4', pixels: 'rgb-unit', fit: 'darknet', classes: (n) => n / 3 - 5, decode: yolo(3) },
    nanodet: { title: 'NanoDet', pixels: 'bgr-byte', fit: 'letterbox', classes: (n) => n, decode: decodeNanoDet },
};

/** @param {number | string} version @returns {(heads: Tensor[], options: any) => any} */
function yolo(version) {
    return (heads, options) => decodeYolo(heads, { version, ...options });
}

/**
 * The family whose outputs have these shapes.
 * @param {Tensor[]} heads @param {{ width: number, height: number }} input @param {number} [named] how many class names the file carries
 * @returns {string}
 * @throws when no family has such outputs
 */
export function recognise(heads, { width, height }, named) {
    const shapes = heads.map(({ dims }) => dims);
    const cells = (/** @type {number[]} */ ...strides) => strides.reduce((sum, s) => sum + Math.ceil(width / s) * Math.ceil(height / s), 0);
    const coarse = cells(8, 16, 32);

    if (shapes.length >= 4 && shapes.length % 2 === 0 && shapes.every((dims) => dims.length === 3)) return 'nanodet';
    if (shapes.length >= 2 && shapes.every((dims) => dims.length >= 4 && dims[1] % 3 === 0)) return 'yolov5';
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
    throw new Error(`I know no decoder for outputs of shape ${shapes.map((dims) => `[${dims.join(', ')}]`).join(', ')}: choose one.`);
}

/**
 * @param {{ name: string, family: string, pixels?: string, heads: Tensor[], labels?: string[],
 *     input: { width: number, height: number, layout: string, dtype: string } }} found
 * @returns {import('./networks.js').Network}
 */
export function networkOf({ name, family, pixels, heads, labels, input }) {
    const { title, fit, classes: count, decode, pixels: usual } = families[family];
    const { width, height, layout, dtype } = input;
    const dims = heads[0].dims;
    const channels = dims.length === 3 ? Math.min(dims[1], dims[2]) : dims[1];
    const masks = heads.length === 2 && heads[1].dims.length === 4 ? heads[1].dims[1] : 0;
    const people = family === 'yolov8' && channels === COCO_POSE;
    const classes = labels?.length ?? (people ? 1 : count(channels) - masks);
    const keypoints = family === 'yolov8' ? (channels - 4 - classes - masks) / 3 : 0;
    const size = [width, height];
    return {
        title: name,
        task: title,
        about: `${title}, at ${width} × ${height}, ${classes} kind${classes === 1 ? '' : 's'}.`,
        labels: labels ?? (classes === 80 ? COCO_80 : classes === 1 ? ['object'] : []),
        prepare: { width, height, layout, dtype, fit, ...PIXELS[/** @type {keyof typeof PIXELS} */ (pixels ?? usual)].options },
        defaults: { scoreThreshold: 0.35, iouThreshold: 0.45 },
        decode: (outputs, options) => decode(outputs, { classes, size, ...(keypoints > 0 ? { keypoints } : {}), ...options }),
        draw: drawFound,
    };
}
