/** The aligner: alignImages in a worker, from one beginning after another until one leads to the end. */
import { alignImages, init } from 'fovea';
import { expose } from 'comlink';
import { identity } from './transforms.js';

/** @typedef {ReturnType<typeof import('fovea').gridSample>} Maps */
/** @typedef {{ loss: number, level: number, params: Float64Array, attempt: number }} Step */

const ready = init();
const ENOUGH = 1e-2;
/** Where a local minimum was the end, turned beginnings are tried: fractions of half a turn. */
const TURNS = [0, 0.25, -0.25, 0.5, -0.5, 0.75, -0.75, 1];

const aligner = {
    /**
     * @param {Maps} moving @param {Maps} fixed
     * @param {{ model: import('./transforms.js').Model, optimizer: any, loss: any, steps: number }} options
     * @param {(steps: Step[]) => void} tell
     * @returns {Promise<{ begin: number, loss: number, params: Float64Array, attempts: number, milliseconds: number }>} begin: the loss of the identity
     */
    async align(moving, fixed, options, tell) {
        await ready;
        const begin = alignImages(moving, fixed, { ...options, steps: 0 }).loss;
        const clock = performance.now();
        /** @type {{ loss: number, params: Float64Array }} */
        let best = { loss: Infinity, params: new Float64Array(identity(options.model)) };
        let attempts = 0;
        for (const half of TURNS) {
            const attempt = attempts++;
            /** @type {Step[]} */
            let told = [];
            const result = alignImages(moving, fixed, {
                ...options, start: turned(options.model, half * Math.PI), pyramid: 5,
                onStep({ loss, level, params }) {
                    told.push({ loss, level, params, attempt });
                    if (told.length < 8) return;
                    tell(told);
                    told = [];
                },
            });
            tell(told);
            if (result.loss < best.loss) best = result;
            if (Math.abs(best.loss) < ENOUGH * Math.abs(begin)) break;
        }
        return { begin, loss: best.loss, params: best.params, attempts, milliseconds: performance.now() - clock };
    },
};

/** @param {import('./transforms.js').Model} model @param {number} angle */
function turned(model, angle) {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return model === 'similarity' ? [1, angle, 0, 0] : [cos, -sin, 0, sin, cos, 0, 0, 0].slice(0, model === 'affine' ? 6 : 8);
}

/** @typedef {typeof aligner} Aligner */
expose(aligner);
