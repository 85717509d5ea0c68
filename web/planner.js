/** The path: a few steps of descent every frame, as many as the frame has time for. */
import { marchPath, optimizePath, pathCost, resamplePath } from 'fovea';

/** @typedef {import('./field.js').Maps} Maps */
/** @typedef {import('./field.js').Point} Point */
/** @typedef {{ optimizer: any, spline: any, margin: number, maxCurvature: number, weights: Record<string, number> }} Wishes */

export const KNOTS = 24;
export const SAMPLES = 240;
/** Milliseconds of a frame that the descent may take, and the steps that still look like a flow. */
const BUDGET = 4;
const STEPS = 24;
const RATES = /** @type {Record<string, number>} */ ({ adam: 0.08, sgd: 0.1, chomp: 0.05, lbfgs: 1 });
/** Settled: not even so little better in so many frames. */
const BETTER = 1e-4;
const PATIENCE = 30;
/** Steps that show where descent from a new way leads. */
const TRIAL = 120;
/** What may be crossed by fast marching: nothing that touches an obstacle. */
const MARCH = { blocked: 0.45, length: 0.06 };

/** @param {ReturnType<typeof import('./field.js').makeField>} field */
export function makePlanner(field) {
    let steps = 4;
    let quiet = 0;
    let best = Infinity;
    /** @type {Maps} */
    let knots;
    /** @type {{ path: Maps, loss: number, terms: Record<string, number>, grad: Maps, clearance: number }} */
    let seen;
    /** @type {number[]} */
    let losses = [];

    function wake() {
        quiet = 0;
        best = Infinity;
    }

    /** @param {Wishes} wishes */
    const options = ({ spline, margin, maxCurvature, weights }) => ({
        samples: SAMPLES, spline, coords: /** @type {const} */ ('canvas'), arcLength: true, distance: field.distance(), margin, maxCurvature, weights,
    });

    /** @param {Wishes} wishes @param {number} count */
    function descend(wishes, count) {
        const start = performance.now();
        const found = optimizePath(field.costs(), knots, { ...options(wishes), optimizer: wishes.optimizer, learningRate: RATES[wishes.optimizer], steps: count });
        const milliseconds = performance.now() - start;
        knots = found.knots;
        return milliseconds;
    }

    /** @param {Wishes} wishes */
    function look(wishes) {
        const { loss, terms, grad, path } = pathCost(field.costs(), knots, options(wishes));
        seen = { loss, terms, grad, path, clearance: Math.min(...field.clearances(path)) };
    }

    const end = (/** @type {boolean} */ last) => knots.data.slice(last ? -2 : 0, last ? undefined : 2);

    return {
        knots: () => knots,
        seen: () => seen,
        losses: () => losses,
        settled: () => quiet >= PATIENCE,
        wake,
        /** A straight line. @param {Point} start @param {Point} goal */
        begin(start, goal) {
            knots = resamplePath({ data: Float32Array.from([...start, ...goal]), dims: [2, 2] }, { samples: KNOTS });
            losses = [];
            wake();
        },
        /** Takes an end elsewhere, and its neighbours along, less and less. @param {boolean} last @param {Point} to */
        pull(last, to) {
            const from = end(last);
            for (let i = 0; i < KNOTS; i++) {
                const share = (1 - (last ? KNOTS - 1 - i : i) / (KNOTS - 1)) ** 3;
                for (const k of [0, 1]) knots.data[2 * i + k] += share * (to[k] - from[k]);
            }
            wake();
        },
        /** One frame. @param {Wishes} wishes @returns {{ steps: number, milliseconds: number }} */
        flow(wishes) {
            const done = steps;
            const milliseconds = descend(wishes, done);
            steps = Math.max(1, Math.floor(Math.min(STEPS, 2 * done, done * BUDGET / Math.max(milliseconds, 0.05))));
            look(wishes);
            quiet = seen.loss < best * (1 - BETTER) ? 0 : quiet + 1;
            best = Math.min(best, seen.loss);
            losses.push(seen.loss);
            if (losses.length > 600) losses = losses.slice(-400);
            return { steps: done, milliseconds };
        },
        /**
         * The way by fast marching.
         * @param {Wishes} wishes @param {boolean} [ifFree] only where descent from there ends free of obstacles
         * @returns {'taken' | 'left' | 'none'} none: there is no way
         */
        march(wishes, ifFree = false) {
            const [start, goal] = [end(false), end(true)].map((point) => point.map((v) => v - 0.5)); // index coordinates
            const way = marchPath(field.costs(), start, goal, { ...MARCH, knots: KNOTS });
            if (!way) return 'none';
            const before = knots;
            const marched = { data: way.data.map((v) => v + 0.5), dims: way.dims };
            knots = marched;
            if (ifFree) {
                descend(wishes, TRIAL);
                const free = Math.min(...field.clearances(pathCost(field.costs(), knots, options(wishes)).path)) >= 0;
                knots = free ? marched : before;
                if (!free) return 'left';
            }
            wake();
            return 'taken';
        },
        /**
         * Where cost and clearance would move single points.
         * @param {Maps} points [N, 2] @param {Wishes} wishes @returns {Float32Array}
         */
        downhill(points, wishes) {
            const { cost, clearance } = wishes.weights;
            const { grad } = pathCost(field.costs(), points, {
                coords: 'canvas', distance: field.distance(), margin: wishes.margin, weights: { cost, clearance }, fixedEnds: false,
            });
            return grad.data.map((v) => -v);
        },
    };
}
