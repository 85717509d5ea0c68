/**
 * PersonLab's greedy decoding (Papandreou, Zhu, Chen, Gidaris, Tompson, Murphy: "PersonLab", ECCV 2018, 3.1.3 and its appendix), float64, from the
 * definition: objects and lists, nothing fast.
 *
 * @typedef {import('./movenet64.js').Map64} Map64
 * @typedef {{x: number, y: number, score: number}} Joint64
 * @typedef {{score: number, joints: (Joint64 | undefined)[]}} Person64
 */

/** Parent and child of each edge, by name. */
export const EDGES = [
    ['nose', 'left_eye'], ['left_eye', 'left_ear'], ['nose', 'right_eye'], ['right_eye', 'right_ear'], ['nose', 'left_shoulder'],
    ['left_shoulder', 'left_elbow'], ['left_elbow', 'left_wrist'], ['left_shoulder', 'left_hip'], ['left_hip', 'left_knee'], ['left_knee', 'left_ankle'],
    ['nose', 'right_shoulder'], ['right_shoulder', 'right_elbow'], ['right_elbow', 'right_wrist'], ['right_shoulder', 'right_hip'],
    ['right_hip', 'right_knee'], ['right_knee', 'right_ankle'],
];

const clamp = (/** @type {number} */ v, /** @type {number} */ size) => Math.min(Math.max(v, 0), size - 1);

/**
 * @param {{heat: Map64, offset: Map64, forward: Map64, backward: Map64}} heads heat: scores
 * @param {{height: number, width: number, joints: number, edges: number[][], stride?: number, threshold?: number, radius?: number, most?: number, steps?: number}} about
 * @returns {Person64[]}
 */
export function people64({heat, offset, forward, backward}, about) {
    const {height, width, joints, edges, stride = 16, threshold = 0.5, radius = 20, most = 20, steps = 2} = about;
    /** @param {Joint64 | {x: number, y: number}} at */
    const cellOf = ({x, y}) => ({x: clamp(Math.round(x / stride), width), y: clamp(Math.round(y / stride), height)});
    /** @param {{x: number, y: number}} cell @param {number} k */
    const jointAt = ({x, y}, k) => ({x: x * stride + offset(y, x, joints + k), y: y * stride + offset(y, x, k)});

    const queue = [];
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            for (let k = 0; k < joints; k++) {
                const score = heat(y, x, k);
                const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [y + dy, x + dx])).filter(([v, u]) => v >= 0 && u >= 0 && v < height && u < width);
                if (score >= threshold && around.every(([v, u]) => !(heat(v, u, k) > score))) queue.push({x, y, k, score});
            }
        }
    }
    queue.sort((a, b) => b.score - a.score);

    /** @type {Person64[]} */
    const people = [];
    /** @param {{x: number, y: number}} place @param {number} k */
    const isTaken = ({x, y}, k) => people.some((person) => {
        const other = person.joints[k];
        return other && (other.x - x) ** 2 + (other.y - y) ** 2 <= radius ** 2;
    });
    for (const {x, y, k, score} of queue) {
        if (people.length === most) break;
        const root = jointAt({x, y}, k);
        if (!Number.isFinite(root.x + root.y) || isTaken(root, k)) continue;
        /** @type {(Joint64 | undefined)[]} */
        const found = new Array(joints).fill(undefined);
        found[k] = {...root, score};
        /** @param {number} from @param {number} to @param {Map64} displacement @param {number} edge */
        const step = (from, to, displacement, edge) => {
            const source = found[from];
            if (!source || found[to]) return;
            const start = cellOf(source);
            let place = {x: source.x + displacement(start.y, start.x, edges.length + edge), y: source.y + displacement(start.y, start.x, edge)};
            for (let i = 0; i < steps; i++) place = jointAt(cellOf(place), to);
            const end = cellOf(place);
            if (Number.isFinite(place.x + place.y)) found[to] = {...place, score: heat(end.y, end.x, to)};
        };
        for (let e = edges.length - 1; e >= 0; e--) step(edges[e][1], edges[e][0], backward, e);
        for (let e = 0; e < edges.length; e++) step(edges[e][0], edges[e][1], forward, e);
        const own = found.map((joint, i) => joint && !isTaken(joint, i) ? joint.score : 0);
        people.push({score: own.reduce((a, b) => a + b, 0) / joints, joints: found});
    }
    return people;
}
