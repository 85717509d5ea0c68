import {boxIou} from './box.js';
import {checkChoice, checkFinite, checkInteger, checkList, checkNumber, checkOptions, isList, wrong, wrongType} from './check.js';
import {gather} from './nms.js';
import {checkShape, placeFloats} from './tensor.js';
import {withBlock} from './wasm.js';

/** @import {Tensor} from './tensor.js' */
/** @import {Detections} from './detect.js' */

export const METHODS = /** @abi FV_ASSIGN_ */ {hungarian: 0, greedy: 1};

/** COCO's sigmas are .025 (eyes) to .107 (hips). */
const COMMON_SIGMA = 0.07;
const FRAME = 1000 / 30;

/**
 * Pair rows with columns, each at most once, as many as can be; a pair whose cost is NaN or infinite is never made. Ties go to the
 * lower row, then to the lower column.
 *
 * @param {Tensor} costs [N, M]
 * @param {object} [options]
 * @param {boolean} [options.maximize] the largest sum instead of the least
 * @param {keyof typeof METHODS} [options.method] 'hungarian' (default): the best sum there is, exactly; 'greedy': the best pair first
 * @returns {Int32Array} [N] the column of each row, or -1
 */
export function assign(costs, options) {
    const {maximize = false, method = 'hungarian'} = checkOptions(options);
    const {N, M} = checkShape('costs', costs, ['N', 'M']);
    const code = checkChoice('method', METHODS, method);
    return withBlock((block) => {
        const columns = block.space(N * 4), scratch = block.space(block.call('fv_track_assign_scratch', N, M));
        block.call('fv_track_assign', columns, placeFloats(block, costs), N, M, maximize ? 1 : 0, code, scratch);
        return block.output(columns, new Int32Array(N));
    });
}

/**
 * What can be followed: a pose, or a box.
 *
 * @typedef {object} Tracked
 * @property {ArrayLike<number>} [keypoints] [K * 3] x, y, score of each joint; without them the boxes are followed
 * @property {ArrayLike<number>} box x1, y1, x2, y2
 * @property {number} [class] what is of another class is someone else
 */

/** @typedef {Tracked & {points: Float32Array}} Item with its joints, or its box's corners, as points x, y, score */

/**
 * @typedef {object} Track
 * @property {number} id 0 until it is told
 * @property {number | undefined} class
 * @property {Float32Array} points as last found
 * @property {Float32Array} state of the filter
 * @property {[number, number]} velocity pixels per millisecond
 * @property {number} hits frames it was seen in
 * @property {number} seen when, last
 */

/**
 * Who is who from frame to frame, and each a little steadier: similarity with where everyone is expected, assignment, birth and death,
 * and a One-Euro filter for each joint.
 *
 * @example
 * const tracker = new PoseTracker({sigmas: skeletons.COCO_17.sigmas});
 * drawPoses(ctx, tracker.update(decodeMoveNetMulti(heads, {view}), performance.now()), skeletons.COCO_17);
 */
export class PoseTracker {
    /** @type {Track[]} */
    tracks = [];
    nextId = 1;
    time = -Infinity;

    /**
     * @param {object} [options]
     * @param {readonly number[]} [options.sigmas] of the joints, for the object keypoint similarity; default .07 each
     * @param {keyof typeof METHODS} [options.method] of assignment
     * @param {number} [options.minSimilarity] below it nobody is the same: the mean of keypoint similarity and the IoU of the boxes round the joints, or the IoU
     *   of boxes that have no joints; default .1
     * @param {number} [options.minScore] joints that score less do not count in the similarity; default .1
     * @param {number} [options.minJoints] fewer in common make no keypoint similarity; default 3, or all where there are fewer
     * @param {number} [options.minHits] frames somebody must be seen in to be told; default 1
     * @param {number} [options.maxAge] milliseconds somebody may be missing and keep the identity; default 1000
     * @param {{minCutoff?: number, beta?: number, derivativeCutoff?: number} | false} [options.smooth] the One-Euro filter: Hz at rest (default .05),
     *   Hz more at a speed of one's own size per second (80), Hz of the speed (1): MediaPipe's; false: none
     */
    constructor(options) {
        const {
            sigmas, method = 'hungarian', minSimilarity = 0.1, minScore = 0.1, minJoints = 3, minHits = 1, maxAge = 1000, smooth = {},
        } = checkOptions(options);
        const {minCutoff = 0.05, beta = 80, derivativeCutoff = 1} = checkOptions(smooth || {}, 'smooth');
        for (const [name, value] of Object.entries({minCutoff, beta, derivativeCutoff})) {
            if (!(checkFinite(name, value) >= 0 && value < 1e30)) throw wrong(`smooth.${name}`, 'a number of at least 0', value);
        }
        checkChoice('method', METHODS, method), checkNumber('minSimilarity', minSimilarity), checkNumber('minScore', minScore);
        this.sigmas = sigmas === undefined ? undefined : Float32Array.from(checkList('sigmas', sigmas, undefined, 0));
        this.options = {
            method, minSimilarity, minScore, minJoints: checkInteger('minJoints', minJoints), minHits: checkInteger('minHits', minHits),
            maxAge: checkNumber('maxAge', maxAge), smooth: smooth ? [minCutoff, beta, derivativeCutoff] : null,
        };
    }

    /** Forget everybody; identities begin at 1 again. */
    reset() {
        this.tracks = [];
        this.nextId = 1;
        this.time = -Infinity;
    }

    /**
     * The poses of the next frame, with `id`, smoothed, in their order; or detections, with `ids`. Those not yet seen often enough
     * are left out.
     *
     * @template {Tracked | Detections} T
     * @param {readonly T[] | T} found
     * @param {number} [time] milliseconds, as performance.now() or a frame's timestamp; default: a thirtieth of a second after the last
     * @returns {T extends Detections ? T & {ids: Int32Array} : (T & {id: number, box: Float32Array})[]}
     */
    update(found, time = Number.isFinite(this.time) ? this.time + FRAME : 0) {
        if (!(checkFinite('time', time) >= this.time)) throw wrong('time', `at least the last, ${this.time}`, time);
        if (Array.isArray(found)) return /** @type {any} */ (this.#follow(Array.from(found, (item, i) => readItem(`found[${i}]`, item)), time).filter((one) => one));
        const {count, boxes, classes} = /** @type {any} */ (checkOptions(/** @type {any} */ (found ?? null), 'found'));
        checkInteger('found.count', count, 0);
        const corners = count ? checkList('found.boxes', boxes, 4 * count) : [];
        const kinds = count && classes !== undefined ? checkList('found.classes', classes, count) : undefined;
        const items = Array.from({length: count}, (_, i) => readItem('found.boxes', {box: corners.slice(4 * i, 4 * i + 4), class: kinds?.[i]}));
        return /** @type {any} */ (selected(found, this.#follow(items, time)));
    }

    /**
     * @param {Item[]} items
     * @param {number} time
     * @returns {any[]} for each item it again, smoothed and with its id, or null where it is not to be told yet
     */
    #follow(items, time) {
        const {maxAge, minHits} = this.options;
        this.tracks = this.tracks.filter(({seen}) => time - seen <= maxAge);
        const joints = [...this.tracks.map(({points}) => points), ...items.map(({points}) => points)].map(({length}) => length / 3);
        if (this.sigmas && items.some(({keypoints, points}) => keypoints && points.length / 3 !== this.sigmas?.length)) {
            throw wrong('found', `poses of ${this.sigmas.length} joints, one for each of the sigmas`, joints.at(-1));
        }
        if (new Set(joints).size > 1) throw wrong('found', `poses of ${joints[0]} joints as before, or a new tracker`, joints.find((k) => k !== joints[0]));
        const pairs = this.#pair(items, time);
        const alive = new Set(pairs.filter((track) => track));
        this.tracks = this.tracks.filter((track) => alive.has(track) || track.hits >= minHits);
        this.time = time;
        return items.map((item, i) => {
            const track = pairs[i] ?? this.#birth(item, time);
            this.#see(track, item, time);
            if (track.hits < minHits) return null;
            track.id ||= this.nextId++;
            return this.#told(track, item);
        });
    }

    /** Whom each item continues. @param {Item[]} items @param {number} time @returns {(Track | null)[]} */
    #pair(items, time) {
        const {tracks} = this, {minSimilarity, minScore, method} = this.options;
        if (!tracks.length || !items.length) return items.map(() => null);
        const expected = tracks.map(({points, velocity: [vx, vy], seen}) => surely(moved(points, vx * (time - seen), vy * (time - seen)), minScore));
        const got = items.map(({points}) => surely(points, minScore));
        const similarity = boxIou(expected.flatMap(boxOf), got.flatMap(boxOf)).data;
        if (items[0].keypoints) this.#keypointSimilarity(expected, got).forEach((v, i) => (similarity[i] = (v + (similarity[i] || 0)) / 2));
        for (let i = 0; i < similarity.length; i++) {
            const [track, item] = [tracks[Math.floor(i / items.length)], items[i % items.length]];
            if (!(similarity[i] >= minSimilarity) || track.class !== item.class) similarity[i] = 0;
        }
        const columns = assign({data: similarity, dims: [tracks.length, items.length]}, {maximize: true, method});
        /** @type {(Track | null)[]} */
        const pairs = items.map(() => null);
        columns.forEach((column, row) => column >= 0 && similarity[row * items.length + column] > 0 && (pairs[column] = tracks[row]));
        return pairs;
    }

    /** @param {Float32Array[]} expected @param {Float32Array[]} got @returns {Float32Array} [expected, got] */
    #keypointSimilarity(expected, got) {
        const joints = expected[0].length / 3, minJoints = Math.max(1, Math.min(this.options.minJoints, joints));
        const areas = Float32Array.from(expected, (points) => {
            const [x1, y1, x2, y2] = boxOf(points);
            return Math.max(1, (x2 - x1) * (y2 - y1));
        });
        /** @param {Float32Array[]} list */
        const joined = (list) => Float32Array.from(list.flatMap((points) => [...points]));
        const sigmas = this.sigmas ?? new Float32Array(joints).fill(COMMON_SIGMA);
        return withBlock((block) => {
            const dst = block.space(expected.length * got.length * 4);
            block.call('fv_track_oks', dst, block.input(joined(expected)), block.input(areas), expected.length, block.input(joined(got)), got.length,
                block.input(sigmas), joints, minJoints);
            return block.output(dst, new Float32Array(expected.length * got.length));
        });
    }

    /** @param {Item} item @param {number} time @returns {Track} */
    #birth(item, time) {
        const {points} = item, state = new Float32Array(points.length / 3 * 5);
        const track = {id: 0, class: item.class, points, state, velocity: /** @type {[number, number]} */ ([0, 0]), hits: 0, seen: time};
        this.tracks.push(track);
        return track;
    }

    /** @param {Track} track @param {Item} item @param {number} time */
    #see(track, item, time) {
        const milliseconds = time - track.seen, {smooth} = this.options;
        if (milliseconds > 0) {
            const step = meanStep(track.points, item.points);
            track.velocity = /** @type {[number, number]} */ (track.velocity.map((v, k) => (v + step[k] / milliseconds) / (track.hits > 1 ? 2 : 1)));
        }
        Object.assign(track, {points: item.points, seen: time, hits: track.hits + 1});
        if (!smooth) return;
        const [x1, y1, x2, y2] = boxOf(item.points), k = item.points.length / 3;
        withBlock((block) => {
            const dst = block.space(k * 12), state = block.input(track.state);
            block.call('fv_track_smooth', dst, state, block.input(item.points), k, milliseconds / 1000, ...smooth, Math.max(1, (x2 - x1 + y2 - y1) / 2));
            block.output(state, track.state);
            item.points = block.output(dst, new Float32Array(3 * k));
        });
    }

    /** @param {Track} track @param {Item} item */
    #told({id}, {points, ...item}) {
        return {...item, ...(item.keypoints && {keypoints: points}), box: Float32Array.from(boxOf(points)), id};
    }
}

/** @param {string} name @param {any} item @returns {Item} */
function readItem(name, item) {
    const {keypoints, box} = checkOptions(item ?? null, name);
    if (keypoints === undefined) {
        const [x1, y1, x2, y2] = checkList(`${name}.box`, box, 4);
        return {...item, points: Float32Array.of(x1, y1, 1, x2, y2, 1)};
    }
    if (!isList(keypoints) || keypoints.length % 3) throw wrongType(`${name}.keypoints`, 'x, y, score of each joint', keypoints);
    const points = new Float32Array(keypoints.length);
    for (let i = 0; i < points.length; i++) points[i] = keypoints[i];
    for (let i = 0; i < points.length; i += 3) {
        if (!isFound(points, i)) points.fill(0, i, i + 3);
    }
    return {...item, points};
}

/** @param {Float32Array} points x, y, score @param {number} at */
const isFound = (points, at) => points[at + 2] > 0 && points[at + 2] < Infinity && Number.isFinite(points[at]) && Number.isFinite(points[at + 1]);

/** @param {Float32Array} points x, y, score @returns {number[]} x1, y1, x2, y2 of those found; zeros where none is */
function boxOf(points) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < points.length; i += 3) {
        const [x, y] = points.subarray(i, i + 2);
        if (isFound(points, i)) [x, y, x, y].forEach((v, k) => (box[k] = k < 2 ? Math.min(box[k], v) : Math.max(box[k], v)));
    }
    return box[0] <= box[2] ? box : [0, 0, 0, 0];
}

/** @param {Float32Array} points @param {number} dx @param {number} dy */
const moved = (points, dx, dy) => points.map((v, i) => i % 3 === 0 ? v + dx : i % 3 === 1 ? v + dy : v);

/** @param {Float32Array} points @param {number} minScore points that score less are not found */
const surely = (points, minScore) => points.map((v, i) => points[i - i % 3 + 2] >= minScore ? v : 0);

/** How far the points that both have went, on average. @param {Float32Array} from @param {Float32Array} to @returns {[number, number]} */
function meanStep(from, to) {
    let [x, y, count] = [0, 0, 0];
    for (let i = 0; i < from.length; i += 3) {
        if (isFound(from, i) && isFound(to, i)) x += to[i] - from[i], y += to[i + 1] - from[i + 1], count++;
    }
    return count ? [x / count, y / count] : [0, 0];
}

/** Of detections those told. @param {any} found @param {any[]} told of each, or null */
function selected(found, told) {
    const kept = Int32Array.from(told.keys()).filter((i) => told[i]);
    const boxes = Float32Array.from([...kept].flatMap((i) => [...told[i].box]));
    /** @type {Record<string, any>} */
    const rest = {};
    for (const [name, values] of Object.entries(found)) {
        const width = /** @type {any} */ (values)?.length / found.count;
        if (ArrayBuffer.isView(values) && Number.isInteger(width)) rest[name] = gather(/** @type {any} */ (values), kept, width);
    }
    return {...found, ...rest, count: kept.length, boxes, ids: Int32Array.from(kept, (i) => told[i].id)};
}
