/** Matching by its definition, in double. */

/** @param {ArrayLike<number>} a @param {number} i @param {ArrayLike<number>} b @param {number} j @param {number} D @param {string} metric */
export function distance64(a, i, b, j, D, metric) {
    let [sum, aa, bb] = [0, 0, 0];
    for (let c = 0; c < D; c++) {
        const [x, y] = [a[i * D + c], b[j * D + c]];
        if (metric === 'hamming') for (let bits = x ^ y; bits; bits &= bits - 1) sum++;
        else if (metric === 'l2') sum += (x - y) ** 2;
        else sum += x * y, aa += x * x, bb += y * y;
    }
    if (metric === 'l2') return Math.sqrt(sum);
    return metric === 'hamming' ? sum : Math.max(0, 1 - sum / (Math.sqrt(aa) * Math.sqrt(bb)));
}

/**
 * @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {number} N @param {number} M @param {number} D @param {string} metric @param {number} [k]
 * @returns {{index: number, distance: number}[][]} the k nearest of each
 */
export function nearest64(a, b, N, M, D, metric, k = 2) {
    return Array.from({length: N}, (_, i) => {
        const all = Array.from({length: M}, (__, index) => ({index, distance: distance64(a, i, b, index, D, metric)}));
        return all.filter(({distance}) => Number.isFinite(distance)).sort((p, q) => p.distance - q.distance || p.index - q.index).slice(0, k);
    });
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {number} N @param {number} M @param {number} D @param {number} temperature */
export function dualSoftmax64(a, b, N, M, D, temperature) {
    const s = Array.from({length: N}, (_, i) => Array.from({length: M}, (__, j) => {
        let dot = 0;
        for (let c = 0; c < D; c++) dot += a[i * D + c] * b[j * D + c];
        return dot / temperature;
    }));
    const rows = s.map((row) => row.reduce((sum, v) => sum + Math.exp(v - Math.max(...row)), 0));
    const tops = Array.from({length: M}, (_, j) => Math.max(...s.map((row) => row[j])));
    const columns = tops.map((top, j) => s.reduce((sum, row) => sum + Math.exp(row[j] - top), 0));
    return s.map((row, i) => row.map((v, j) => Math.exp(v - Math.max(...row)) / rows[i] * Math.exp(v - tops[j]) / columns[j]));
}
