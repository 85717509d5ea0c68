/**
 * npm run bench [-- ROOM or words of a race's name ...] [--quick] [--seconds N] [--json | --markdown]
 * Races Fovea against its peers and the machine; see bench/README.md.
 */

import {readdirSync} from 'node:fs';
import {cpus} from 'node:os';
import {parseArgs} from 'node:util';
import {describe, runRace, summarise} from './harness.js';
import {openLimits} from './limits.js';

/** @import {Race, Result} from './harness.js' */

const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {quick: {type: 'boolean'}, json: {type: 'boolean'}, markdown: {type: 'boolean'}, seconds: {type: 'string'}},
});
const budget = 1000 * (Number(values.seconds) || (values.quick ? 0.7 : 8));

/** @type {{name: string, long?: boolean, open: () => Promise<Race>}[]} */
const races = [];
for (const file of readdirSync(new URL('.', import.meta.url)).sort()) {
    if (file.endsWith('.bench.js')) races.push(...(await import(`./${file}`)).races);
}
const chosen = races.filter(({name, long}) => positionals.every(word => name.includes(word)) && !(values.quick && long));
if (!chosen.length) throw new Error(`no race is named so; there are:\n${races.map(race => race.name).join('\n')}`);

const machine = `${cpus()[0].model.trim()} x ${cpus().length}, Node ${process.versions.node} (V8 ${process.versions.v8})`;
if (!values.json) console.log(`${machine}; processor time; medians, and smallest to largest of the ratios taken round by round`);

const yardsticks = await openLimits();
/** @type {Result[]} */
const results = [];
for (const {open} of chosen) {
    const race = await open();
    const result = await runRace(race, yardsticks(race.bound), budget);
    results.push(result);
    if (!values.json) console.log(describe(result));
}
if (values.json) console.log(JSON.stringify({machine, results}, null, 1));
else if (values.markdown) console.log(`\n${summarise(results)}`);
process.exit(0);
