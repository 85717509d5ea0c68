/** Tracking by definition, float64. */

/**
 * The best sum of any assignment, by trying them all.
 *
 * @param {(number | null)[][]} costs null: not allowed
 * @param {boolean} [maximize]
 * @returns {{pairs: number, sum: number}}
 */
export function bestByForce(costs, maximize = false) {
    const sign = maximize ? -1 : 1;
    /** @param {number} row @param {number} used @returns {{pairs: number, sum: number}} */
    const from = (row, used) => {
        if (row === costs.length) return {pairs: 0, sum: 0};
        let best = from(row + 1, used);
        costs[row].forEach((cost, column) => {
            if (cost === null || used & 1 << column) return;
            const rest = from(row + 1, used | 1 << column), pairs = rest.pairs + 1, sum = rest.sum + cost;
            if (pairs > best.pairs || pairs === best.pairs && sign * sum < sign * best.sum) best = {pairs, sum};
        });
        return best;
    };
    return from(0, 0);
}

/**
 * COCO's, over the joints that both have.
 *
 * @param {number[][]} a x, y, score of each joint
 * @param {number} area
 * @param {number[][]} b
 * @param {number[]} sigmas
 * @param {number} least joints
 */
export function oks64(a, area, b, sigmas, least) {
    const terms = sigmas.flatMap((sigma, i) => {
        const [[x, y, s], [u, v, t]] = [a[i], b[i]];
        return s > 0 && t > 0 ? [Math.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * area * (2 * sigma) ** 2))] : [];
    });
    return terms.length < least ? 0 : terms.reduce((sum, term) => sum + term, 0) / terms.length;
}

/** Casiez, Roussel and Vogel 2012, algorithm 1, with times instead of a rate. */
export class OneEuro {
    /** @param {number} minCutoff @param {number} beta @param {number} derivativeCutoff */
    constructor(minCutoff, beta, derivativeCutoff) {
        Object.assign(this, {minCutoff, beta, derivativeCutoff});
        /** @type {{x: number, dx: number} | null} */
        this.past = null;
    }

    /** @param {number} x @param {number} seconds since the one before @param {number} size that speeds are measured in */
    next(x, seconds, size) {
        const {minCutoff, beta, derivativeCutoff} = /** @type {any} */ (this);
        /** @param {number} cutoff */
        const alpha = (cutoff) => 1 / (1 + 1 / (2 * Math.PI * cutoff) / seconds);
        if (!this.past) return (this.past = {x, dx: 0}).x;
        const a = alpha(derivativeCutoff), dx = a * (x - this.past.x) / seconds + (1 - a) * this.past.dx;
        const b = alpha(minCutoff + beta * Math.abs(dx) / size);
        return (this.past = {x: b * x + (1 - b) * this.past.x, dx}).x;
    }
}
