/** Alignment as it is shown: the aligner runs ahead in its worker, the page follows at a pace that can be seen. */
import { proxy, wrap } from 'comlink';
import { inShort } from './curve.js';
import { calm } from './say.js';
import { cornersOf, identity } from './transforms.js';

/** @typedef {import('./warp.js').Maps} Maps */
/** @typedef {{ moving: Maps, fixed: Maps, model: import('./transforms.js').Model, params: readonly number[] }} Goal */

const STEPS = { 'lm': 120, 'gauss-newton': 120, 'adam': 300, 'sgd': 300 };
const PACE = { 'lm': 70, 'gauss-newton': 70, 'adam': 14, 'sgd': 14 };
const LONGEST = 6000;

/** @param {{ changed: (params: readonly number[]) => void, done: (report?: string) => void }} callbacks */
export function makeLearner({ changed, done }) {
    /** @type {Worker | undefined} */
    let worker;
    /** @type {Goal | undefined} */
    let goal;
    /** @type {import('./aligner.js').Step[]} */
    let steps = [];
    /** @type {Awaited<ReturnType<import('./aligner.js').Aligner['align']>> | undefined} */
    let result;
    let running = false;
    let shown = 0;

    function end(story = '') {
        worker?.terminate();
        worker = undefined;
        running = false;
        done(story);
    }

    /** @param {number} pace milliseconds of a step */
    function play(pace) {
        let before = performance.now();
        const mine = goal;
        const frame = (/** @type {number} */ now) => {
            if (!running || goal !== mine || !mine) return;
            shown += Math.max(0, now - before) / Math.min(pace, LONGEST / (steps.length + 1));
            before = now;
            if (result && (shown >= steps.length || calm.matches)) {
                shown = steps.length;
                changed([...result.params]);
                return end(report(mine, result, steps.length));
            }
            shown = Math.min(shown, steps.length);
            changed(between(mine.model, steps, shown));
            requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
    }

    return {
        /** @param {Goal} next @param {{ optimizer: string, loss: string }} choice */
        async start(next, choice) {
            const optimizer = /** @type {keyof typeof STEPS} */ (choice.optimizer);
            goal = next;
            [steps, result, shown, running] = [[], undefined, 0, true];
            worker = new Worker(new URL('./aligner.js', import.meta.url), { type: 'module' });
            /** @type {import('comlink').Remote<import('./aligner.js').Aligner>} */
            const aligner = wrap(worker);
            changed(identity(next.model));
            play(PACE[optimizer]);
            const lost = new Promise((_, reject) => worker?.addEventListener('error', () => reject(new Error('The demo\'s worker could not be loaded.'))));
            const options = { model: next.model, optimizer, loss: choice.loss, steps: STEPS[optimizer] };
            const work = aligner.align(next.moving, next.fixed, options, proxy((more) => goal === next && steps.push(...more)));
            try {
                const found = /** @type {NonNullable<typeof result>} */ (await Promise.race([work, lost]));
                if (goal === next) result = found;
            } catch (error) {
                if (goal === next && running) end();
                throw error;
            }
        },
        /** Gives up; what was to be found is forgotten. */
        stop() {
            goal = undefined;
            if (running) end();
        },
        running: () => running,
        goal: () => goal,
        /** What is known so far. */
        facts() {
            const seen = steps.slice(0, Math.ceil(shown));
            return {
                losses: seen.map(({ loss }) => loss),
                marks: seen.flatMap(({ level, attempt }, i) => (i && (level !== seen[i - 1].level || attempt !== seen[i - 1].attempt) ? [i] : [])),
                result: running ? undefined : result && { ...result, params: [...result.params] },
            };
        },
    };
}

/** The transform on its way from step to step. @param {import('./transforms.js').Model} model @param {import('./aligner.js').Step[]} steps @param {number} at */
function between(model, steps, at) {
    const next = steps[Math.ceil(at) - 1];
    const last = steps[Math.ceil(at) - 2];
    if (!next) return identity(model);
    const begin = last?.attempt === next.attempt ? last.params : last ? next.params : identity(model);
    const t = at - Math.ceil(at) + 1;
    return Array.from(next.params, (v, i) => begin[i] + (v - begin[i]) * t);
}

/** @param {Goal} goal @param {{ begin: number, loss: number, params: Float64Array, attempts: number, milliseconds: number }} result @param {number} steps */
function report({ model, params, fixed }, { begin, loss, params: found, attempts, milliseconds }, steps) {
    const [want, got] = [cornersOf(model, params), cornersOf(model, [...found])];
    const off = Math.max(...want.map(([x, y], i) => Math.hypot(x - got[i][0], y - got[i][1]))) * fixed.dims[3] / 2;
    const way = `${steps} steps${attempts > 1 ? `, ${attempts} beginnings` : ''}, ${milliseconds.toFixed(0)} ms: loss ${inShort(begin)} to ${inShort(loss)}`;
    return off < 1 ? `Found. ${way}; corners within ${off < 0.01 ? '0.01' : off.toFixed(2)} pixels of ${fixed.dims[3]}.` : `Not found, a local minimum. ${way}.`;
}
