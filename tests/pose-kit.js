/** What tests of poses share. */
import assert from 'node:assert/strict';
import {assertClose} from './close.js';

/** @typedef {{data: any, dims: number[]}} Tensor */
/** @typedef {{x: number, y: number, score: number}} Joint64 */

/** Maps [1, H, W, C] as a function of row, column and channel. @param {Tensor} maps */
export const at = ({data, dims: [, , W, C]}) => (/** @type {number} */ y, /** @type {number} */ x, c = 0) => data[(y * W + x) * C + c];

/** Maps [1, H, W, C] as [1, C, H, W]. @param {Tensor} maps @returns {Tensor} */
export function planar({data, dims: [, H, W, C]}) {
    return {data: data.map((/** @type {number} */ _, /** @type {number} */ i) => data[i % (H * W) * C + Math.floor(i / (H * W))]), dims: [1, C, H, W]};
}

/** @param {any} pose @param {(Joint64 | undefined)[]} joints @param {number} pixels @param {string} message */
export function assertPose(pose, joints, pixels, message) {
    assert.equal(pose.keypoints.length, 3 * joints.length, message);
    const found = joints.filter((joint) => joint !== undefined);
    joints.forEach((joint, k) => {
        const {x, y, score} = joint ?? {x: 0, y: 0, score: 0};
        assertClose(pose.keypoints.subarray(3 * k, 3 * k + 2), [x, y], pixels, `${message}: joint ${k}`);
        assertClose(pose.keypoints.subarray(3 * k + 2, 3 * k + 3), [score], 1e-5, `${message}: score of joint ${k}`);
    });
    const edges = [Math.min, Math.max].flatMap((most) => [found.map(({x}) => x), found.map(({y}) => y)].map((all) => most(...all)));
    assertClose(pose.box, found.length ? edges : [0, 0, 0, 0], pixels, `${message}: box`);
}
