/** The transforms of the spatial transformer's page: parameters, sliders, and what dragging a knob makes of them. */
import { thetaFrom } from 'fovea';

/** @typedef {'similarity' | 'affine' | 'projective'} Model */
/** @typedef {[number, number]} Point normalised: -1 and 1 are the picture's edges */
/** @typedef {{ name: string, title: string, min: number, max: number, identity: number, degrees?: boolean }} Slider */

/** @param {string} name @param {number} reach @param {number} [identity] @returns {Slider} */
const entry = (name, reach, identity = 0) => ({ name: `t${name}`, title: `θ${[...name].map((digit) => '₀₁₂₃'[Number(digit)]).join('')}`, min: -reach, max: reach, identity });

const LINEAR = [entry('11', 2, 1), entry('12', 2), entry('13', 1.5), entry('21', 2), entry('22', 2, 1), entry('23', 1.5)];

/** Within these reaches no horizon crosses the picture. @type {Record<Model, Slider[]>} */
export const SLIDERS = {
    similarity: [
        { name: 'scale', title: 'Scale', min: 0.1, max: 2, identity: 1 },
        { name: 'angle', title: 'Angle', min: -Math.PI, max: Math.PI, identity: 0, degrees: true },
        { name: 'x', title: 'Shift right', min: -1.5, max: 1.5, identity: 0 },
        { name: 'y', title: 'Shift down', min: -1.5, max: 1.5, identity: 0 },
    ],
    affine: LINEAR,
    projective: [...LINEAR, entry('31', 0.45), entry('32', 0.45)],
};

export const CORNERS = /** @type {Point[]} */ ([[-1, -1], [1, -1], [1, 1], [-1, 1]]);
export const KNOB = /** @type {Point} */ ([0, -1.22]);

/** @param {Model} model */
export const identity = (model) => SLIDERS[model].map((slider) => slider.identity);

/** @param {Model} model @param {readonly number[]} params @returns {(point: readonly number[]) => Point} */
export function mapping(model, params) {
    const [a, b, c, d, e, f, g = 0, h = 0, i = 1] = thetaFrom({ kind: model, params }).data;
    return ([x, y]) => [(a * x + b * y + c) / (g * x + h * y + i), (d * x + e * y + f) / (g * x + h * y + i)];
}

/** @param {Model} model @param {readonly number[]} params @returns {Point[]} where the output's corners look */
export const cornersOf = (model, params) => CORNERS.map(mapping(model, params));

/**
 * The transform that takes the square to these corners, or the nearest there is of the model.
 * @param {Model} model @param {readonly Point[]} corners @returns {number[] | null} null: no transform does
 */
export function fromCorners(model, corners) {
    if (!corners.every((corner, i) => turn(corner, corners[(i + 1) % 4], corners[(i + 2) % 4]) > 1e-3)) return null;
    if (model === 'projective') return homography(corners);
    const mean = (/** @type {number[]} */ signs) => [0, 1].map((k) => corners.reduce((sum, corner, i) => sum + signs[i] * corner[k], 0) / 4);
    const [[a, d], [b, e], [c, f]] = [[-1, 1, 1, -1], [-1, -1, 1, 1], [1, 1, 1, 1]].map(mean);
    return model === 'affine' ? [a, b, c, d, e, f] : [Math.hypot(a + e, d - b) / 2, Math.atan2(d - b, a + e), c, f];
}

/** Above 0 where the way turns right, on a screen. @param {Point} a @param {Point} b @param {Point} c */
const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]);

/** Heckbert's, of the square from -1 to 1. @param {readonly Point[]} corners @returns {number[]} */
function homography([p, q, r, s]) {
    const [x1, y1, x2, y2] = [q[0] - r[0], q[1] - r[1], s[0] - r[0], s[1] - r[1]];
    const [x, y] = [0, 1].map((k) => p[k] - q[k] + r[k] - s[k]);
    const det = x1 * y2 - y1 * x2;
    const [g, h] = [(x * y2 - y * x2) / det / 2, (x1 * y - y1 * x) / det / 2];
    const w = 1 + g + h;
    const row = (/** @type {number} */ k) => {
        const [u, v] = [(q[k] - p[k]) / 2 + g * q[k], (s[k] - p[k]) / 2 + h * s[k]];
        return [u / w, v / w, (p[k] + u + v) / w];
    };
    return [...row(0), ...row(1), g / w, h / w];
}

/**
 * What dragging makes of a transform: of a similarity, corners scale and turn it about its centre; of an affine one, a corner takes the
 * opposite one along in the mirror; of a projective one, each corner goes its own way.
 *
 * @param {Model} model @param {readonly number[]} params
 * @param {number | 'centre' | 'turn'} knob a corner's index, the centre, or the knob above the upper edge
 * @param {Point} to
 * @returns {readonly number[]} params where there is no such transform
 */
export function drag(model, params, knob, to) {
    const map = mapping(model, params);
    const centre = map([0, 0]);
    const corners = CORNERS.map(map);
    if (knob === 'centre') return fromCorners(model, corners.map(([x, y]) => [x + to[0] - centre[0], y + to[1] - centre[1]])) ?? params;
    const about = (/** @type {Point} */ from, /** @type {readonly number[]} */ point, /** @type {boolean} */ scaled) => {
        const [fx, fy, tx, ty] = [from[0] - centre[0], from[1] - centre[1], to[0] - centre[0], to[1] - centre[1]];
        const size = (fx * fx + fy * fy) * (scaled ? 1 : Math.hypot(tx, ty) / Math.hypot(fx, fy));
        const [cos, sin] = [(fx * tx + fy * ty) / size, (fx * ty - fy * tx) / size];
        const [x, y] = [point[0] - centre[0], point[1] - centre[1]];
        return /** @type {Point} */ ([centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y]);
    };
    if (knob === 'turn') return fromCorners(model, corners.map((corner) => about(map(KNOB), corner, false))) ?? params;
    if (model === 'similarity') return fromCorners(model, corners.map((corner) => about(corners[knob], corner, true))) ?? params;
    const moved = [...corners];
    moved[knob] = to;
    if (model === 'affine') moved[(knob + 2) % 4] = [2 * centre[0] - to[0], 2 * centre[1] - to[1]];
    return fromCorners(model, moved) ?? params;
}

/** @param {Model} model @returns {readonly number[]} one that alignment can find */
export function surprise(model) {
    const around = (/** @type {number} */ reach) => (2 * Math.random() - 1) * reach;
    const start = [0.6 + 0.3 * Math.random(), (0.15 + 0.35 * Math.random()) * (Math.random() < 0.5 ? -1 : 1), around(0.15), around(0.15)];
    const jitter = model === 'similarity' ? 0 : 0.1;
    return fromCorners(model, cornersOf('similarity', start).map(([x, y]) => [x + around(jitter), y + around(jitter)])) ?? identity(model);
}
