/**
 * Which joints a network finds, and which of them make limbs.
 *
 * @typedef {object} Skeleton
 * @property {string} name
 * @property {readonly string[]} joints
 * @property {readonly (readonly [number, number])[]} limbs pairs of joints
 * @property {readonly (readonly [number, number])[]} [pafs] of each limb, the channels of its part affinity field's x and y
 * @property {readonly (readonly [number, number])[]} pairs [left, right] joints: what a mirror exchanges
 * @property {readonly string[]} colors of the limbs, CSS
 * @property {readonly number[]} [sigmas] of the joints in object keypoint similarity (COCO), where there are any
 * @property {readonly number[]} [weakLimbs] limbs that only join what others have found: from an ear to a shoulder
 * @property {readonly number[]} [minorJoints] joints that alone make no person: toes and heels
 */

/** Warm is left, cool is right, green between; the further down the body, the deeper. Bright enough for a photograph. */
const HUES = {
    left: {head: '#ffd166', trunk: '#ff9f1c', leg: '#f3562b'},
    right: {head: '#9bdcff', trunk: '#3fb3ff', leg: '#4a7dff'},
    middle: {head: '#d9f99d', trunk: '#7ae582', leg: '#2fc18c'},
};
const HEAD = /nose|eye|ear|mouth|head/;
const LEG = /hip|knee|ankle|heel|toe|foot|pelvis/;

/** @param {string} joint @returns {keyof typeof HUES} */
const sideOf = (joint) => joint.startsWith('left') ? 'left' : joint.startsWith('right') ? 'right' : 'middle';

/** @param {string} a @param {string} b the ends of a limb */
function colorOf(a, b) {
    const sides = new Set([a, b].map(sideOf));
    if (sides.size > 1) sides.delete('middle');
    const [side] = sides.size > 1 ? /** @type {const} */ (['middle']) : sides;
    return HUES[side][HEAD.test(a) || HEAD.test(b) ? 'head' : LEG.test(a) && LEG.test(b) ? 'leg' : 'trunk'];
}

/** '1,2 3,4' as [[1, 2], [3, 4]] @param {string} list @returns {[number, number][]} */
const couples = (list) => list.split(' ').map((couple) => /** @type {[number, number]} */ (couple.split(',').map(Number)));

/** Down to its last array. @template T @param {T} value @returns {T} */
function frozen(value) {
    if (value && typeof value === 'object') Object.values(value).forEach(frozen);
    return Object.freeze(value);
}

/** 'nose l.eye' as ['nose', 'left_eye'] @param {string} list */
const named = (list) => list.split(' ').map((joint) => joint.replace(/^l\./, 'left_').replace(/^r\./, 'right_'));

/**
 * @param {string} name
 * @param {string} joints
 * @param {string} limbs
 * @param {{pafs?: string, sigmas?: number[], weakLimbs?: number[], minorJoints?: number[]}} [more]
 * @returns {Skeleton}
 */
function make(name, joints, limbs, {pafs, ...more} = {}) {
    const names = named(joints);
    const lefts = names.filter((joint) => sideOf(joint) === 'left');
    return frozen({
        name, joints: names, limbs: couples(limbs), ...(pafs && {pafs: couples(pafs)}),
        pairs: lefts.map((left) => /** @type {[number, number]} */ ([names.indexOf(left), names.indexOf(left.replace('left', 'right'))])),
        colors: couples(limbs).map(([a, b]) => colorOf(names[a], names[b])), ...more,
    });
}

/** COCO's, by joint; those it lacks are their neighbours' (neck, middle of the hips) and COCO-WholeBody's (feet). @type {[RegExp, number][]} */
const SIGMAS = [
    [/nose/, 0.026], [/eye/, 0.025], [/ear/, 0.035], [/shoulder|neck/, 0.079], [/elbow/, 0.072], [/wrist/, 0.062], [/hip/, 0.107], [/knee/, 0.087],
    [/ankle/, 0.089], [/left_big_toe/, 0.068], [/left_small_toe|left_heel/, 0.066], [/right_big_toe/, 0.092], [/right_small_toe|right_heel/, 0.094],
];

/** @param {string} joints */
const sigmasOf = (joints) => named(joints).map((joint) => /** @type {[RegExp, number]} */ (SIGMAS.find(([pattern]) => pattern.test(joint)))[1]);

const COCO_17 = 'nose l.eye r.eye l.ear r.ear l.shoulder r.shoulder l.elbow r.elbow l.wrist r.wrist l.hip r.hip l.knee r.knee l.ankle r.ankle';
const COCO_18 = 'nose neck r.shoulder r.elbow r.wrist l.shoulder l.elbow l.wrist r.hip r.knee r.ankle l.hip l.knee l.ankle r.eye l.eye r.ear l.ear';
const BODY_25 = 'nose neck r.shoulder r.elbow r.wrist l.shoulder l.elbow l.wrist middle_hip r.hip r.knee r.ankle l.hip l.knee l.ankle r.eye l.eye r.ear l.ear'
    + ' l.big_toe l.small_toe l.heel r.big_toe r.small_toe r.heel';

/**
 * The skeletons of the networks: COCO's (MoveNet, PoseNet, YOLO, top-down), OpenPose's three, MPII's, BlazePose's.
 *
 * @type {Readonly<Record<'COCO_17' | 'COCO_18' | 'BODY_25' | 'MPI_15' | 'MPII_16' | 'BLAZEPOSE_33', Skeleton>>}
 */
export const skeletons = Object.freeze({
    COCO_17: make('COCO_17', COCO_17, '15,13 13,11 16,14 14,12 11,12 5,11 6,12 5,6 5,7 6,8 7,9 8,10 1,2 0,1 0,2 1,3 2,4 3,5 4,6', {sigmas: sigmasOf(COCO_17)}),
    COCO_18: make('COCO_18', COCO_18, '1,2 1,5 2,3 3,4 5,6 6,7 1,8 8,9 9,10 1,11 11,12 12,13 1,0 0,14 14,16 0,15 15,17 2,16 5,17', {
        pafs: '12,13 20,21 14,15 16,17 22,23 24,25 0,1 2,3 4,5 6,7 8,9 10,11 28,29 30,31 34,35 32,33 36,37 18,19 26,27',
        sigmas: sigmasOf(COCO_18), weakLimbs: [17, 18],
    }),
    BODY_25: make('BODY_25', BODY_25,
        '1,8 1,2 1,5 2,3 3,4 5,6 6,7 8,9 9,10 10,11 8,12 12,13 13,14 1,0 0,15 15,17 0,16 16,18 2,17 5,18 14,19 19,20 14,21 11,22 22,23 11,24', {
            pafs: '0,1 14,15 22,23 16,17 18,19 24,25 26,27 6,7 2,3 4,5 8,9 10,11 12,13 30,31 32,33 36,37 34,35 38,39 20,21 28,29 40,41 42,43 44,45 46,47 48,49 50,51',
            sigmas: sigmasOf(BODY_25), weakLimbs: [18, 19], minorJoints: [19, 20, 21, 22, 23, 24],
        }),
    MPI_15: make('MPI_15', 'head neck r.shoulder r.elbow r.wrist l.shoulder l.elbow l.wrist r.hip r.knee r.ankle l.hip l.knee l.ankle chest',
        '0,1 1,2 2,3 3,4 1,5 5,6 6,7 1,14 14,8 8,9 9,10 14,11 11,12 12,13', {pafs: '0,1 2,3 4,5 6,7 8,9 10,11 12,13 14,15 16,17 18,19 20,21 22,23 24,25 26,27'}),
    MPII_16: make('MPII_16', 'r.ankle r.knee r.hip l.hip l.knee l.ankle pelvis thorax upper_neck head_top r.wrist r.elbow r.shoulder l.shoulder l.elbow l.wrist',
        '0,1 1,2 2,6 6,3 3,4 4,5 6,7 7,8 8,9 10,11 11,12 12,7 7,13 13,14 14,15'),
    BLAZEPOSE_33: make('BLAZEPOSE_33', 'nose l.eye_inner l.eye l.eye_outer r.eye_inner r.eye r.eye_outer l.ear r.ear l.mouth r.mouth l.shoulder r.shoulder'
        + ' l.elbow r.elbow l.wrist r.wrist l.pinky r.pinky l.index r.index l.thumb r.thumb l.hip r.hip l.knee r.knee l.ankle r.ankle l.heel r.heel'
        + ' l.foot_index r.foot_index',
    '0,1 1,2 2,3 3,7 0,4 4,5 5,6 6,8 9,10 11,12 11,13 13,15 15,17 15,19 15,21 17,19 12,14 14,16 16,18 16,20 16,22 18,20 11,23 12,24 23,24 23,25 24,26'
        + ' 25,27 26,28 27,29 28,30 29,31 30,32 27,31 28,32'),
});
