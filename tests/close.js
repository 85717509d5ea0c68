import assert from 'node:assert/strict';

/**
 * Every value is equal, or both are NaN, or what is wanted is finite and no further away than abs + rel * |want|.
 *
 * @param {ArrayLike<number>} got
 * @param {ArrayLike<number>} want
 * @param {{abs?: number, rel?: number} | number} [tolerance] a number: abs; default: equal
 * @param {string} [message]
 */
export function assertClose(got, want, tolerance = 0, message = '') {
    const {abs = 0, rel = 0} = typeof tolerance === 'number' ? {abs: tolerance} : tolerance;
    assert.equal(got.length, want.length, `${message}: length`);
    for (let i = 0; i < want.length; i++) {
        const [g, w] = [got[i], want[i]];
        const same = g === w || Number.isNaN(g) && Number.isNaN(w) || Number.isFinite(w) && Math.abs(g - w) <= abs + rel * Math.abs(w);
        if (!same) assert.fail(`${message}: value ${i} of ${want.length}: got ${g}, want ${w} +- ${abs + rel * Math.abs(w)}`);
    }
}
