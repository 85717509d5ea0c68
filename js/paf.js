import {checkChoice, checkFinite, checkInteger, checkNumber, checkOptions, describe, wrong, wrongType} from './check.js';
import {makePose} from './pose.js';
import {skeletons} from './skeleton.js';
import {checkTensor, placeFloats} from './tensor.js';
import {checkView} from './view.js';
import {withBlock} from './wasm.js';

/** @import {Pose} from './pose.js' */
/** @import {Skeleton} from './skeleton.js' */
/** @import {Tensor} from './tensor.js' */
/** @import {View} from './view.js' */

const RULES = /** @abi FV_PAF_ */ {
    factor: 0, kernel: 1, blur: 2, peakThreshold: 3, peakEqual: 4, corners: 5, ties: 6, border: 7, distance: 8, refine: 9, shift: 10,
    samples: 11, last: 12, halfUp: 13, sampleThreshold: 14, sampleRatio: 15, meanOfAll: 16, reach: 17, near: 18, limbThreshold: 19,
    assembly: 20, minParts: 21, minScore: 22, retryParts: 23, retryScore: 24, count: 25,
};
const KERNELS = /** @abi FV_KERNEL_ */ {bilinear: 0, cubic: 1};
const BORDERS = /** @abi FV_BORDER_ */ {zero: 0, none: 1, ring: 2};
const ASSEMBLIES = /** @abi FV_ASSEMBLY_ */ {follow: 0, share: 1, lone: 2, ranked: 3};

/** What most have in common: a peak exceeds its 4 neighbours; more than 8 of 10 samples, both ends among them, exceed .05. */
const COMMON = {
    slots: 256, kernel: KERNELS.cubic, blur: 0, offset: 0, peakThreshold: 0.1, peakEqual: 0, corners: 0, ties: 0, border: BORDERS.zero, distance: 0, refine: 0,
    samples: 10, last: 1, halfUp: 0, sampleThreshold: 0.05, sampleRatio: 0.8, meanOfAll: 0, reach: 0, near: 0, limbThreshold: 0,
    minParts: 4, minScore: 0.4, retryParts: 0, retryScore: 0,
};
const CMU = {
    ...COMMON, slots: 127, factor: 8, offset: 0.5, peakThreshold: 0.05, corners: 1, border: BORDERS.ring, refine: 3, samples: 0, last: 0, halfUp: 1, sampleRatio: 0.95,
    near: 1, limbThreshold: 1e-6, assembly: ASSEMBLIES.lone, minParts: 3, retryParts: 2, retryScore: 0.05,
};

/**
 * What the programs do that users meet, in the words of include/fovea/paf.h.
 *
 * lightweight    lightweight-human-pose-estimation (Osokin 2018)
 * pytorch        pytorch-openpose, at the resolution of the network's input
 * pafprocess     tf-pose-estimation
 * cmu, cmu-gpu   OpenPose, which puts people together in one way on the CPU and in another on the GPU
 *
 * offset: what a peak's index on the enlarged maps needs to be a coordinate; .5 is the centre of its pixel, 0 what most programs answer.
 * slots: for peaks of a joint.
 * near: 1 stands for just above the threshold of peaks.
 */
const VARIANTS = {
    lightweight: {...COMMON, factor: 4, peakEqual: 1, distance: 6, assembly: ASSEMBLIES.follow, minParts: 3, minScore: 0.2},
    pytorch: {...COMMON, factor: 8, blur: 3, ties: 1, meanOfAll: 1, reach: 0.5, assembly: ASSEMBLIES.share},
    pafprocess: {
        ...COMMON, factor: 4, kernel: KERNELS.bilinear, blur: 3, peakThreshold: 0.05, corners: 1, ties: 1, border: BORDERS.none,
        last: 0, halfUp: 1, sampleRatio: 0.6, meanOfAll: 1, reach: 0.5, assembly: ASSEMBLIES.share, minScore: 0.3,
    },
    cmu: CMU,
    'cmu-gpu': {...CMU, assembly: ASSEMBLIES.ranked},
};

/** What OpenPose changes for MPI's network, and to find all it can. */
const MPI = {peakThreshold: 0.6, sampleThreshold: 0.01};
const MAXIMIZED = {peakThreshold: 0.02, sampleThreshold: 0.01, sampleRatio: 0.75, minParts: 2, minScore: 0.05};

/**
 * @typedef {object} OpenPoseOptions
 * @property {keyof typeof skeletons | Skeleton} [skeleton] default COCO_18; one with part affinity fields
 * @property {keyof typeof VARIANTS} [variant] whose rules; default 'lightweight'
 * @property {View} [view] given by toTensor: the answer is in the picture's coordinates
 * @property {number} [stride] pixels of the network's input per cell; default: the view's, or 8
 * @property {number} [upsample] pixels per cell of the enlarged maps, 1 to 16; 1: not enlarged. Default: the variant's
 * @property {keyof typeof KERNELS} [kernel] default: the variant's
 * @property {number} [blur] sigma of a Gaussian over the enlarged heatmaps, 0 to 16 pixels
 * @property {number} [offset] added to a peak's index on the enlarged maps; .5: its pixel's centre. OpenPose's own: .5 / (picture's pixels per tensor's)
 * @property {number} [peakThreshold] a peak is higher
 * @property {number} [sampleThreshold] a sample of a field counts when it is higher
 * @property {number} [sampleRatio] more than this share of a limb's samples must count
 * @property {number} [limbThreshold] a limb's score is higher
 * @property {number} [minParts] joints of a person
 * @property {number} [minScore] of a person
 * @property {boolean} [maximizePositives] OpenPose's lower thresholds; default false
 * @property {number} [maxPeaks] of a joint, the first ones, up to 1024; default 256, in `cmu` and `cmu-gpu` 127
 * @property {number} [maxPeople] the best; default all
 * @property {'auto' | 'NCHW' | 'NHWC'} [layout] default 'auto': by the number of maps
 * @property {number} [image] which of the batch; default 0
 */

/**
 * People in the heatmaps and part affinity fields of an OpenPose network (Cao et al. 2017).
 *
 * @param {Tensor | {heatmaps: Tensor, pafs: Tensor} | {maps: Tensor}} outputs [N, C, H, W] or [N, H, W, C], or one picture's without N: a map for each
 *   joint, one of the background if any, and for each limb two of its field; all in one tensor, heatmaps first, or in two
 * @param {OpenPoseOptions} [options]
 * @returns {Pose[]} best first; the score is the sum of a person's peaks' and limbs' over its joints, so that it may exceed 1, in `cmu` and `cmu-gpu`
 *   over its joints and limbs
 *
 * @example
 * const {tensor, view} = toTensor(frame, {width: 432, height: 368, fit: 'stretch', order: 'BGR', scale: 1 / 127.5, mean: [1, 1, 1]});
 * const people = decodeOpenPose(await network(tensor), {skeleton: skeletons.COCO_18, variant: 'lightweight', view});
 */
export function decodeOpenPose(outputs, options) {
    const {skeleton = skeletons.COCO_18, maxPeaks, maxPeople, layout = 'auto', image = 0, ...rest} = checkOptions(options);
    const {joints, limbs, channels, minor} = readSkeleton(skeleton);
    const {heat, field} = readMaps(outputs, joints, channels, layout, image);
    const {rules, offset, unit, slots: usual} = readRules(rest, skeleton, heat);
    const slots = checkInteger('maxPeaks', maxPeaks === undefined ? usual : maxPeaks, 1, 1024);
    const limit = maxPeople === undefined || maxPeople === Infinity ? Infinity : checkInteger('maxPeople', maxPeople, 0);
    const {height, width} = heat;

    return withBlock((block) => {
        const heatmaps = placeFloats(block, heat.tensor);
        const fields = field.tensor === heat.tensor ? heatmaps : placeFloats(block, field.tensor);
        const rule = block.input(rules);
        const [peak, count] = [block.space(joints * slots * 24), block.space(joints * 4)];
        block.call('fv_paf_peaks', peak, count, slots, heatmaps + heat.at * 4, joints, height, width, heat.map, heat.row, heat.column, rule,
            block.space(block.call('fv_paf_peaks_scratch', height, width, rule)));
        const counts = block.output(count, new Int32Array(joints));

        const pairs = Array.from({length: limbs.length / 5}, (_, l) => [counts[limbs[5 * l]], counts[limbs[5 * l + 1]]]);
        const isRanked = rules[RULES.assembly] === ASSEMBLIES.ranked;
        const all = pairs.reduce((sum, [a, b]) => sum + a * b, 0);
        const [capacity, room] = isRanked ? [all, all] : [pairs.reduce((sum, [a, b]) => sum + Math.min(a, b), 0), Math.max(0, ...pairs.map(([a, b]) => a * b))];
        const limb = block.input(limbs);
        const [link, linkScore] = [block.space(capacity * 12), block.space(capacity * 8)];
        const links = block.call('fv_paf_limbs', link, linkScore, capacity, peak, count, slots, joints, fields + field.at * 4, channels, height, width,
            field.map, field.row, field.column, limb, pairs.length, room, rule, block.space(block.call('fv_paf_limbs_scratch', room, slots, height, width, rule)));

        const most = Math.min(limit, links + counts.reduce((sum, n) => sum + n, 0));
        const [person, personScore] = [block.space(most * joints * 4), block.space(most * 8)];
        const found = block.call('fv_paf_people', person, personScore, most, link, linkScore, links, peak, count, slots, joints, block.input(minor),
            limb, pairs.length, rule, block.space(block.call('fv_paf_people_scratch', links, slots, joints)));

        const people = block.view(person, Int32Array, found * joints);
        const peaks = block.view(peak, Float64Array, joints * slots * 3);
        return Array.from(block.view(personScore, Float64Array, found), (score, p) => {
            const keypoints = new Float32Array(joints * 3);
            for (let j = 0; j < joints; j++) {
                const at = people[p * joints + j];
                if (at < 0) continue;
                const [x, y, s] = peaks.subarray((j * slots + at) * 3);
                keypoints.set([(x + offset) * unit[0], (y + offset) * unit[1], s], 3 * j);
            }
            return makePose(score, keypoints, rest.view);
        });
    });
}

/**
 * @param {OpenPoseOptions} options
 * @param {keyof typeof skeletons | Skeleton} skeleton
 * @param {{height: number, width: number}} maps
 */
function readRules(options, skeleton, {height, width}) {
    const {variant = 'lightweight', view, stride, upsample, kernel, maximizePositives = false, ...own} = options;
    const base = checkChoice('variant', VARIANTS, variant);
    const isMpi = (Object(skeleton).name ?? skeleton) === 'MPI_15';
    if (typeof maximizePositives !== 'boolean') throw wrongType('maximizePositives', 'true or false', maximizePositives);
    if (maximizePositives && !base.near) throw wrongType('maximizePositives', 'false, or the variant cmu or cmu-gpu', maximizePositives);
    const rule = {...base, ...(isMpi && base.near && MPI), ...(maximizePositives && MAXIMIZED)};
    if (isMpi && maximizePositives) rule.peakThreshold = MPI.peakThreshold / 2;

    for (const name of /** @type {const} */ (['peakThreshold', 'sampleThreshold', 'sampleRatio', 'limbThreshold', 'minParts', 'minScore'])) {
        if (own[name] !== undefined) rule[name] = checkNumber(name, own[name]);
    }
    if (upsample !== undefined) rule.factor = checkInteger('upsample', upsample, 1, 16);
    if (kernel !== undefined) rule.kernel = checkChoice('kernel', KERNELS, kernel);
    if (own.blur !== undefined) rule.blur = checkRange('blur', own.blur, 0, 16);
    if (own.offset !== undefined) rule.offset = checkRange('offset', own.offset, -1e6, 1e6);
    if (stride !== undefined && !(checkFinite('stride', stride) > 0)) throw wrong('stride', 'a number above 0', stride);
    if (view !== undefined) checkView('view', view);

    const shift = rule.refine ? rule.offset : 0; // as OpenPose, which samples fields between shifted peaks
    const rules = new Float64Array(RULES.count);
    for (const [name, value] of Object.entries({...rule, shift, near: rule.near && rule.peakThreshold + 1e-6})) {
        if (name in RULES) rules[RULES[/** @type {keyof typeof RULES} */ (name)]] = value;
    }
    const steps = stride !== undefined ? [stride, stride] : view?.tensor ? [view.tensor[0] / width, view.tensor[1] / height] : [8, 8];
    return {rules, offset: rule.offset - shift, unit: steps.map((s) => s / rule.factor), slots: rule.slots};
}

/** @param {string} name @param {unknown} value @param {number} low @param {number} high */
function checkRange(name, value, low, high) {
    const number = checkFinite(name, value);
    if (number < low || number > high) throw wrong(name, `a number from ${low} to ${high}`, value);
    return number;
}

/** A skeleton as the core wants it. @param {keyof typeof skeletons | Skeleton} skeleton */
function readSkeleton(skeleton) {
    const {joints, limbs, pafs, weakLimbs = [], minorJoints = []} = typeof skeleton === 'string'
        ? /** @type {Skeleton} */ (checkChoice('skeleton', skeletons, skeleton)) : checkOptions(skeleton ?? null, 'skeleton');
    if (!Array.isArray(joints) || !joints.length) throw wrongType('skeleton.joints', 'an array of names', joints);
    if (!Array.isArray(pafs) || pafs.length !== limbs?.length) throw wrongType('skeleton.pafs', 'two channels for each limb', pafs);
    checkCouples('skeleton.limbs', limbs, joints.length);
    checkCouples('skeleton.pafs', pafs, 4 * limbs.length);
    checkNumbers('skeleton.weakLimbs', weakLimbs, limbs.length);
    checkNumbers('skeleton.minorJoints', minorJoints, joints.length);
    return {
        joints: joints.length, channels: Math.max(-1, ...pafs.flat()) + 1,
        limbs: Int32Array.from(limbs.flatMap((limb, i) => [...limb, ...pafs[i], weakLimbs.includes(i) ? 1 : 0])),
        minor: Int32Array.from(joints, (_, i) => minorJoints.includes(i) ? 1 : 0),
    };
}

/** @param {string} name @param {any} list @param {number} count all are below it */
function checkNumbers(name, list, count) {
    const fits = Array.isArray(list) && Array.from(list).every((n) => Number.isInteger(n) && n >= 0 && n < count);
    if (!fits) throw wrongType(name, `an array of integers from 0 to ${count - 1}`, list);
}

/** @param {string} name @param {any} list @param {number} count */
function checkCouples(name, list, count) {
    if (!Array.isArray(list)) throw wrongType(name, 'an array of pairs', list);
    for (const couple of Array.from(list)) {
        checkNumbers(name, couple, count);
        if (couple.length !== 2) throw wrongType(name, 'pairs', couple);
    }
}

/** Where a network's maps lie. @typedef {{tensor: Tensor, at: number, map: number, row: number, column: number, height: number, width: number}} Maps */

/**
 * @param {any} outputs
 * @param {number} joints
 * @param {number} channels of all fields
 * @param {string} layout
 * @param {number} image
 * @returns {{heat: Maps, field: Maps}}
 */
function readMaps(outputs, joints, channels, layout, image) {
    const whole = Object(outputs).maps ?? ('dims' in Object(outputs) ? outputs : undefined);
    if (whole !== undefined) {
        const maps = locate('outputs.maps', whole, [joints + 1 + channels, joints + channels], layout, image);
        return {heat: maps, field: {...maps, at: maps.at + (maps.count - channels) * maps.map}};
    }
    const {heatmaps, pafs} = checkOptions(outputs ?? null, 'outputs');
    const heat = locate('outputs.heatmaps', heatmaps, [joints + 1, joints], layout, image);
    const field = locate('outputs.pafs', pafs, [channels], layout, image);
    if (field.height !== heat.height || field.width !== heat.width) {
        throw wrong('outputs.pafs', `maps of ${heat.height} x ${heat.width}`, `${field.height} x ${field.width}`);
    }
    return {heat, field};
}

/**
 * @param {string} name
 * @param {Tensor} tensor
 * @param {number[]} counts of maps that it may have
 * @param {string} layout
 * @param {number} image
 */
function locate(name, tensor, counts, layout, image) {
    checkChoice('layout', {auto: 0, NCHW: 0, NHWC: 0}, layout);
    const dims = checkTensor(name, tensor);
    const [N, ...sizes] = dims.length === 3 ? [1, ...dims] : dims;
    const isLast = layout === 'NHWC' || layout === 'auto' && !counts.includes(sizes[0]) && counts.includes(sizes[2]);
    const [count, height, width] = isLast ? [sizes[2], sizes[0], sizes[1]] : sizes;
    if (sizes.length !== 3 || !counts.includes(count) || !(N && height && width)) {
        throw wrong(name, `${counts.join(' or ')} maps, [N, C, H, W] or [N, H, W, C]`, describe([...dims]));
    }
    const at = checkInteger('image', image, 0, N - 1) * count * height * width;
    const strides = isLast ? {map: 1, row: width * count, column: count} : {map: height * width, row: width, column: 1};
    return {tensor, at, count, height, width, ...strides};
}
