import assert from 'node:assert/strict';
import {test} from 'node:test';
import {skeletons} from '../js/index.js';

const all = Object.entries(skeletons);
const SIZES = {COCO_17: [17, 19, 8], COCO_18: [18, 19, 8], BODY_25: [25, 26, 11], MPI_15: [15, 14, 6], MPII_16: [16, 15, 6], BLAZEPOSE_33: [33, 35, 16]};

test('so many joints, limbs and pairs have the networks', () => {
    assert.deepEqual(Object.fromEntries(all.map(([name, {joints, limbs, pairs}]) => [name, [joints.length, limbs.length, pairs.length]])), SIZES);
    for (const [name, skeleton] of all) assert.equal(skeleton.name, name);
});

test('joints have names of their own, limbs and pairs two different joints', () => {
    for (const [name, {joints, limbs, pairs}] of all) {
        assert.equal(new Set(joints).size, joints.length, name);
        for (const couple of [...limbs, ...pairs]) {
            assert.equal(new Set(couple).size, 2, name);
            assert.ok(couple.every((joint) => Number.isInteger(joint) && joint >= 0 && joint < joints.length), `${name}: ${couple}`);
        }
        assert.equal(new Set(limbs.map((limb) => String([...limb].sort()))).size, limbs.length, `${name}: a limb twice`);
    }
});

test('a pair is left and right of one name, and a mirrored limb is a limb', () => {
    for (const [name, {joints, limbs, pairs}] of all) {
        const mirror = joints.map((_, i) => i);
        for (const [left, right] of pairs) {
            assert.ok(joints[left].startsWith('left_') && joints[right] === joints[left].replace('left', 'right'), `${name}: ${left},${right}`);
            [mirror[left], mirror[right]] = [right, left];
        }
        assert.equal(joints.filter((joint) => /^(left|right)_/.test(joint)).length, 2 * pairs.length, name);
        const known = new Set(limbs.map((limb) => String([...limb].sort())));
        for (const limb of limbs) assert.ok(known.has(String(limb.map((joint) => mirror[joint]).sort())), `${name}: ${limb}`);
    }
});

test('every joint but the face of BlazePose is reached through limbs', () => {
    for (const [name, {joints, limbs}] of all) {
        const reached = new Set([name === 'BLAZEPOSE_33' ? 11 : 0]);
        for (let round = 0; round < joints.length; round++) {
            for (const [a, b] of limbs) if (reached.has(a) || reached.has(b)) reached.add(a).add(b);
        }
        assert.equal(reached.size, name === 'BLAZEPOSE_33' ? 22 : joints.length, name);
    }
});

test('part affinity fields: two channels of its own for each limb, and none left over', () => {
    const channels = {COCO_18: 38, BODY_25: 52, MPI_15: 28};
    assert.deepEqual(all.filter(([, {pafs}]) => pafs).map(([name]) => name), Object.keys(channels));
    for (const [name, count] of Object.entries(channels)) {
        const {pafs = [], limbs} = skeletons[/** @type {keyof typeof channels} */ (name)];
        assert.equal(pafs.length, limbs.length, name);
        assert.deepEqual(pafs.flat().sort((a, b) => a - b), Array.from({length: count}, (_, i) => i), name);
        for (const [x, y] of pafs) assert.equal(y, x + 1, name);
    }
});

test('sigmas are COCO\'s, weak limbs go from ears to shoulders, minor joints are feet', () => {
    const {COCO_17, COCO_18, BODY_25} = skeletons;
    assert.deepEqual(COCO_17.sigmas, [0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089]);
    for (const {joints, sigmas} of [COCO_18, BODY_25]) {
        assert.equal(sigmas?.length, joints.length);
        joints.forEach((joint, i) => COCO_17.joints.includes(joint) && assert.equal(sigmas?.[i], COCO_17.sigmas?.[COCO_17.joints.indexOf(joint)], joint));
    }
    for (const {joints, limbs, weakLimbs = [], minorJoints = []} of [COCO_18, BODY_25]) {
        const isWeak = limbs.map(([a, b]) => /shoulder/.test(joints[a]) && /ear/.test(joints[b]));
        assert.deepEqual(weakLimbs, [...isWeak.keys()].filter((i) => isWeak[i]));
        assert.deepEqual(minorJoints, [...joints.keys()].filter((i) => /toe|heel/.test(joints[i])));
    }
});

test('a limb has a colour: warm is left, cool is right', () => {
    /** @param {string} color */
    const warmth = (color) => parseInt(color.slice(1, 3), 16) - parseInt(color.slice(5, 7), 16);
    for (const [name, {joints, limbs, colors}] of all) {
        assert.equal(colors.length, limbs.length, name);
        limbs.forEach((limb, i) => {
            assert.match(colors[i], /^#[0-9a-f]{6}$/);
            const sides = new Set(limb.map((joint) => /^(?:left|right)/.exec(joints[joint])?.[0]).filter(Boolean));
            if (sides.size === 1) assert.equal(warmth(colors[i]) > 0, sides.has('left'), `${name}: ${limb}`);
        });
    }
});

test('nothing of it can be changed', () => {
    'use strict';
    for (const [, skeleton] of all) {
        for (const part of [skeleton, ...Object.values(skeleton)]) assert.ok(typeof part !== 'object' || Object.isFrozen(part));
        assert.ok(skeleton.limbs.every(Object.isFrozen) && skeleton.pairs.every(Object.isFrozen));
        assert.throws(() => /** @type {any} */ (skeleton).limbs.push([0, 0]), TypeError);
    }
    assert.throws(() => Object.assign(skeletons, {COCO_17: null}), TypeError);
});
