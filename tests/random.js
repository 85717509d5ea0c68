/** A seeded generator (mulberry32), so that a test that fails fails again. */
export class Random {
    /** @param {number} [seed] */
    constructor(seed = 1) {
        this.state = seed | 0;
    }

    /** @returns {number} in [0, 1) */
    unit() {
        this.state = (this.state + 0x6d2b79f5) | 0;
        let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    }

    /** @param {number} low @param {number} high @returns {number} in [low, high) */
    between(low, high) {
        return low + (high - low) * this.unit();
    }

    /** @param {number} low @param {number} high @returns {number} low to high, both included */
    integer(low, high) {
        return Math.floor(this.between(low, high + 1));
    }

    /** @template T @param {readonly T[]} list @returns {T} */
    pick(list) {
        return list[this.integer(0, list.length - 1)];
    }

    /** @param {number} p @returns {boolean} true p of the time */
    chance(p) {
        return this.unit() < p;
    }

    /** @param {number} n @param {number} [low] @param {number} [high] */
    floats(n, low = -1, high = 1) {
        return Float32Array.from({length: n}, () => this.between(low, high));
    }

    /** @param {number} n */
    bytes(n) {
        return Uint8ClampedArray.from({length: n}, () => this.integer(0, 255));
    }

    /** A picture of noise. @param {number} width @param {number} height */
    picture(width, height) {
        return {width, height, data: this.bytes(width * height * 4)};
    }
}
