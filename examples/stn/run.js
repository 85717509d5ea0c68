/**
 * Does a spatial transformer help a classifier of distorted digits? Same pictures, steps and number of parameters, several seeds:
 *
 *     npm run experiment:stn -- [--steps 3000] [--seeds 3] [--out build/stn.png]
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import {init} from 'fovea';
import {useWasm} from '../tfjs-node.js';
import {distort, randomOf, readDigits} from './digits.js';
import {plain, transformer} from './networks.js';
import {drawDigits} from './picture.js';
import {evaluate, train} from './train.js';

const {values} = parseArgs({options: {steps: {type: 'string', default: '3000'}, seeds: {type: 'string', default: '3'}, out: {type: 'string', default: 'build/stn.png'}}});
const steps = Number(values.steps);

await init();
await useWasm();
const digits = readDigits(0, 700);
const unseen = readDigits(700, 860);
const test = distort(unseen, [...unseen.labels.keys()], randomOf(7));
const percent = (/** @type {number | undefined} */ v) => (v === undefined ? '' : (100 * v).toFixed(1)).padStart(7);
const NETWORKS = {plain, transformer};

console.log(`${digits.count} digits to learn from, ${test.count} others to test on; ${steps} steps of 64\n`);
console.log('seed  network      parameters   loss  error %   turn %  zoom % shift % left   seconds');
for (let seed = 1; seed <= Number(values.seeds); seed++) {
    for (const [name, make] of Object.entries(NETWORKS)) {
        const network = make(tf, randomOf(seed));
        const begin = performance.now();
        const losses = train(tf, network, digits, {steps, seed});
        const seconds = (performance.now() - begin) / 1000;
        const {error, turnLeft, zoomLeft, shiftLeft} = evaluate(tf, network, test);
        const loss = losses.slice(-100).reduce((sum, l) => sum + l, 0) / Math.min(100, steps);
        console.log(`${String(seed).padEnd(5)} ${name.padEnd(12)} ${String(network.parameters).padStart(10)} ${loss.toFixed(3).padStart(6)}  ${percent(error)}  `
            + `${percent(turnLeft)} ${percent(zoomLeft)} ${percent(shiftLeft)}       ${seconds.toFixed(0).padStart(6)}`);
        if (seed === 1 && name === 'transformer') {
            mkdirSync(dirname(values.out), {recursive: true});
            writeFileSync(values.out, drawDigits(tf, network, test));
        }
        network.dispose();
    }
}
console.log(`\n${values.out}: above what comes in, with the region the transformer chose; below what it hands to its classifier`);
