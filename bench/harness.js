/**
 * Races: every contender is timed once a round, in turn, so that whatever the machine does besides falls on all of them.
 * Each is run once untimed before, or it would pay for the caches that its predecessor emptied. Ratios are taken within a
 * round and only then summarised. Time is this process's processor time: what other programs take does not count.
 */

import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

/** @import {Bound, Yardstick} from './limits.js' */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {'ours' | 'peer' | 'aside'} kind   an aside is timed and checked but competes for nothing
 * @property {() => any} run                   one whole task, or a promise of it
 * @property {() => any} [answer]              what to check, where run does not return it
 * @property {number} [target]                 of ours: how many times faster than its rival it must be
 *
 * @typedef {object} Race
 * @property {string} name
 * @property {Contender[]} contenders          the first one's answer is what the others are compared with
 * @property {(answer: any, reference: any) => string | undefined} check   what is wrong with an answer
 * @property {Bound} bound                     work that ours cannot avoid, every copy of the first contender included
 * @property {string} rest                     where the time above the limit goes
 * @property {string} [rival]                  the peer that targets are measured against; default: the fastest
 * @property {string[]} [absent]               peers that cannot take part, and why
 *
 * @typedef {{median: number, min: number, max: number}} Spread
 * @typedef {object} Standing
 * @property {string} name
 * @property {string} kind
 * @property {Spread} ms
 * @property {Spread} ratio                    its time over the first contender's, round by round
 * @property {number} [target]
 * @property {Spread} [lead]                   of ours: the rival's time over its own, round by round
 * @property {string} [rival]                  of ours: that peer
 *
 * @typedef {object} Result
 * @property {string} race
 * @property {number} rounds
 * @property {Standing[]} standings
 * @property {{ms: number, share: Spread, parts: {name: string, amount: number, unit: string, rate: number, ms: number}[]}} limit
 * @property {string} rest
 * @property {string[]} absent
 */

const WARM_UP_MS = 60;
const SHORTEST_SAMPLE_MS = 1;
const FEWEST_ROUNDS = 5;
const MOST_ROUNDS = 400;
/** A peer this many times slower than the fastest one has shown what it can after the fewest rounds. */
const HOPELESS = 6;
/** Above this, what caches hold no longer matters. */
const LONG_MS = 30;

setFlagsFromString('--expose-gc');
const collectGarbage = /** @type {() => void} */ (runInNewContext('gc'));

/** @param {number[]} values @returns {Spread} */
export function spread(values) {
    const sorted = Float64Array.from(values).sort();
    const middle = sorted.length >> 1;
    const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return {median, min: sorted[0], max: sorted[sorted.length - 1]};
}

/** Processor time so far, in milliseconds. */
function clock() {
    const {user, system} = process.cpuUsage();
    return (user + system) / 1000;
}

/** @param {() => any} run @param {number} times @returns {Promise<number>} milliseconds for one */
async function time(run, times) {
    const start = clock();
    for (let i = 0; i < times; i++) {
        const pending = run();
        if (pending instanceof Promise) await pending;
    }
    return (clock() - start) / times;
}

/** Warms a contender up, then says how often to repeat it within a sample. @param {() => any} run */
async function plan(run) {
    const start = clock();
    let fastest = Infinity;
    for (let i = 0; i < 2 || (clock() - start < WARM_UP_MS && i < 500); i++) fastest = Math.min(fastest, await time(run, 1));
    return {run, times: Math.max(1, Math.ceil(SHORTEST_SAMPLE_MS / Math.max(fastest, 0.001))), long: fastest > LONG_MS};
}

/**
 * @param {Race} race
 * @param {Yardstick[]} yardsticks
 * @param {number} budget milliseconds to spend
 * @returns {Promise<Result>}
 * @throws {Error} when a contender's answer is not the first one's
 */
export async function runRace({name, contenders, check, bound, rest, rival, absent = []}, yardsticks, budget) {
    const [reference] = contenders;
    const expected = await (reference.answer ?? reference.run)();
    for (const contender of contenders) {
        const fault = check(await (contender.answer ?? contender.run)(), expected);
        if (fault) throw new Error(`${name}: ${contender.name} answers differently from ${reference.name}: ${fault}`);
    }

    const field = [];
    for (const {run} of [...contenders, ...yardsticks]) field.push(await plan(run));

    /** @type {number[][]} */
    const laps = field.map(() => []);
    const retired = new Set();
    const start = clock();
    for (let round = 0; round < MOST_ROUNDS; round++) {
        if (round >= FEWEST_ROUNDS && clock() - start > budget) break;
        if (round === FEWEST_ROUNDS) {
            const peers = contenders.flatMap(({kind}, i) => kind === 'ours' ? [] : {i, t: spread(laps[i]).median});
            const fastest = Math.min(...peers.map(({t}) => t));
            for (const {i, t} of peers) if (t > HOPELESS * fastest) retired.add(i);
        }
        collectGarbage();
        for (let turn = 0; turn < field.length; turn++) {
            const i = (round + turn) % field.length;
            const {run, times, long} = field[i];
            if (retired.has(i)) continue;
            if (!long) await time(run, 1);
            laps[i][round] = await time(run, times);
        }
    }
    return {
        race: name, rounds: laps[0].length, rest, absent,
        standings: standings(contenders, laps, rival),
        limit: limit(bound, yardsticks, laps.slice(contenders.length), laps[0]),
    };
}

/** Round by round; the one may have run fewer. @param {number[]} times @param {number[]} base */
const ratios = (times, base) => Array.from({length: Math.min(times.length, base.length)}, (_, round) => times[round] / base[round]);

/** @param {Contender[]} contenders @param {number[][]} laps @param {string} [chosen] @returns {Standing[]} */
function standings(contenders, laps, chosen) {
    const median = laps.map(lap => spread(lap).median);
    const peers = contenders.map((c, i) => ({...c, i})).filter(c => c.kind === 'peer' && (!chosen || c.name === chosen));
    const best = peers.length ? peers.reduce((a, b) => median[b.i] < median[a.i] ? b : a) : undefined;
    return contenders.map(({name, kind, target}, i) => ({
        name, kind, ms: spread(laps[i]), ratio: spread(ratios(laps[i], laps[0])),
        ...kind === 'ours' && best && {target, rival: best.name, lead: spread(ratios(laps[best.i], laps[i]))},
    }));
}

/** @param {Bound} bound @param {Yardstick[]} yardsticks @param {number[][]} laps @param {number[]} ours */
function limit(bound, yardsticks, laps, ours) {
    /** @type {Map<string, {name: string, amount: number, unit: string, laps: number[]}>} */
    const kinds = new Map();
    for (const [i, {name, unit, amount}] of yardsticks.entries()) {
        const perUnit = laps[i].map(t => t / amount);
        const known = kinds.get(name);
        if (!known || spread(perUnit).median < spread(known.laps).median)
            kinds.set(name, {name, unit, amount: bound[/** @type {'copy'} */ (name)] ?? 0, laps: perUnit});
    }
    const parts = [...kinds.values()];
    const total = ours.map((_, round) => parts.reduce((sum, p) => sum + p.amount * p.laps[round], 0));
    return {
        ms: spread(total).median,
        share: spread(total.map((t, round) => t / ours[round])),
        parts: parts.map(({name, unit, amount, laps: per}) =>
            ({name, unit, amount, rate: 1 / spread(per).median, ms: amount * spread(per).median})),
    };
}

const millis = (/** @type {number} */ ms) => ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3);
const factor = (/** @type {number} */ x) => x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2);
const percent = (/** @type {number} */ x) => `${(x * 100).toFixed(0)} %`;
const quantity = (/** @type {number} */ x) => x >= 1e6 ? `${(x / 1e6).toFixed(1)} M` : x >= 1e3 ? `${(x / 1e3).toFixed(0)} k` : `${x.toFixed(0)} `;

/** @param {Result} result @returns {string} a table to read */
export function describe({race, rounds, standings: all, limit: {ms, share, parts}, rest, absent}) {
    const width = Math.max(...all.map(s => s.name.length), 24);
    const lines = [`\n${race}  (${rounds} rounds)`];
    for (const {name, kind, ms: t, ratio} of all) {
        const note = kind === 'aside' ? '   (aside)' : '';
        lines.push(`  ${name.padEnd(width)} ${millis(t.median).padStart(8)} ms  x${factor(ratio.median).padStart(6)}   ${
            `${factor(ratio.min)} to ${factor(ratio.max)}`}${note}`);
    }
    for (const {name, lead, rival, target} of all) {
        if (!lead) continue;
        const verdict = target ? `; target ${target}: ${lead.median >= target ? 'reached' : 'MISSED'}` : '';
        lines.push(`  ${name}: ${factor(lead.median)} times as fast as ${rival} (${factor(lead.min)} to ${factor(lead.max)})${verdict}`);
    }
    const sum = parts.map(p => `${quantity(p.amount)}${p.unit} ${p.name === 'copy' ? 'copied' : p.name === 'read' ? 'read' : ''} at ${
        factor(p.rate / 1e6)} G/s`.replace('  ', ' '));
    lines.push(`  limit: ${millis(ms)} ms = ${percent(share.median)} of ${all[0].name} (${sum.join(', ')}); the rest: ${rest}`);
    for (const line of absent) lines.push(`  absent: ${line}`);
    return lines.join('\n');
}

/** @param {Result[]} results @returns {string} a Markdown table for a README */
export function summarise(results) {
    const rows = results.flatMap(({race, standings: all, limit: {share}}) => all.filter(({lead}) => lead).map(({name, ms, rival, lead}, i) => {
        const other = all.find(s => s.name === rival);
        return `| ${race.replace(/:.*/, '')} | ${name} | ${millis(ms.median)} | ${rival}, ${other ? millis(other.ms.median) : ''} | ${
            lead ? factor(lead.median) : ''} | ${i ? '' : percent(share.median)} |`;
    }));
    return ['| task | Fovea | ms | rival, ms | times as fast | limit / ours |', '| --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** A small seeded generator (mulberry32). @param {number} seed @returns {() => number} uniform in [0, 1) */
export function random(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(state ^ (state >>> 15), state | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}
