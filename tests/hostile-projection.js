/** One good call of everything between crops, pictures and cameras. */
import {isTensor, plain, tensor, view} from './hostile-kit.js';

const seen = () => ({view: [view(), view()], depthScale: [2, 3], coords: 'index', intrinsics: {fx: 1000, fy: 1001, cx: 320, cy: 240}, root: [500, 600]});

/** @type {import('./hostile-kit.js').Sample[]} */
export const samples = [
    plain('personView', ['box', 'width', 'height', 'options'], () => [Float32Array.of(1, 2, 30, 40), 12, 16, {padding: 1.25, angle: 0.3, convention: 'udp'}]),
    plain('patchToPicture', ['joints', 'options'], () => [tensor([2, 4, 3]), {view: view(), depthScale: 7, coords: 'index'}], isTensor),
    plain('backProject', ['joints', 'options'], () => [tensor([2, 4, 3]), seen()], isTensor),
    plain('project', ['points', 'options'], () => [tensor([2, 4, 3]), seen()], isTensor),
    plain('rescalePose', ['joints', 'options'], () => [tensor([2, 4, 3]), {limbs: [[0, 1], [1, 2]], length: 100, root: 1}], isTensor),
];
