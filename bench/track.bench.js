/** Assignment of a hundred to a hundred, and following a crowd. */

import * as fovea from '../js/index.js';
import {Random} from '../tests/random.js';

/** @import {Race} from './harness.js' */

const COUNT = 100;

/** @type {{name: string, long?: boolean, open: () => Promise<Race>}[]} */
export const races = [
    {name: `track assign ${COUNT} random`, open: () => assignment(false)},
    {name: `track assign ${COUNT} places`, open: () => assignment(true)},
];

/** @param {boolean} places costs are distances between places and themselves moved a little, rather than random @returns {Promise<Race>} */
async function assignment(places) {
    await fovea.init();
    const random = new Random(7), data = random.floats(COUNT * COUNT, 0, 1);
    if (places) {
        const [at, to] = [random.floats(2 * COUNT, 0, 1000), random.floats(2 * COUNT, -30, 30)];
        for (let i = 0; i < data.length; i++) {
            const [p, q] = [2 * Math.floor(i / COUNT), 2 * (i % COUNT)];
            data[i] = Math.hypot(at[p] - at[q] - to[q], at[p + 1] - at[q + 1] - to[q + 1]);
        }
    }
    const costs = {data, dims: [COUNT, COUNT]};
    return {
        name: `assign ${COUNT} x ${COUNT}, ${places ? 'places that moved' : 'random costs'}`,
        contenders: [
            {name: 'ours', kind: 'ours', target: 1, run: () => fovea.assign(costs)},
            {name: 'plain JS', kind: 'peer', run: () => plainHungarian(data, COUNT)},
            {name: 'ours, greedy', kind: 'aside', run: () => fovea.assign(costs, {method: 'greedy'}), answer: () => null},
        ],
        check: (answer, reference) => answer && sum(data, answer) > sum(data, reference) + 1e-4 ? 'a larger sum' : undefined,
        // Each cost is looked at once at least.
        bound: {copy: data.byteLength, madd: COUNT * COUNT, block: data.byteLength},
        rest: 'the searches: each row looks for its column through those of the rows before it',
    };
}

/** @param {Float32Array} costs @param {ArrayLike<number>} columns */
const sum = (costs, columns) => Array.from(columns).reduce((total, column, row) => total + costs[row * COUNT + column], 0);

/** Kuhn and Munkres's method with potentials, as one writes it. @param {Float32Array} costs @param {number} n */
function plainHungarian(costs, n) {
    const [u, v, way, rowOf] = [new Float64Array(n + 1), new Float64Array(n + 1), new Int32Array(n + 1), new Int32Array(n + 1)];
    for (let i = 1; i <= n; i++) {
        const [least, used] = [new Float64Array(n + 1).fill(Infinity), new Uint8Array(n + 1)];
        let column = 0;
        rowOf[0] = i;
        do {
            used[column] = 1;
            const row = rowOf[column];
            let [delta, next] = [Infinity, 0];
            for (let j = 1; j <= n; j++) {
                if (used[j]) continue;
                const cost = costs[(row - 1) * n + j - 1] - u[row] - v[j];
                if (cost < least[j]) least[j] = cost, way[j] = column;
                if (least[j] < delta) delta = least[j], next = j;
            }
            for (let j = 0; j <= n; j++) {
                if (used[j]) u[rowOf[j]] += delta, v[j] -= delta;
                else least[j] -= delta;
            }
            column = next;
        } while (rowOf[column]);
        do {
            rowOf[column] = rowOf[way[column]];
            column = way[column];
        } while (column);
    }
    const columns = new Int32Array(n);
    for (let j = 1; j <= n; j++) columns[rowOf[j] - 1] = j - 1;
    return columns;
}
