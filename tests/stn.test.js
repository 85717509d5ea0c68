import assert from 'node:assert/strict';
import {test} from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import {init} from 'fovea';
import {distort, randomOf, readDigits} from '../examples/stn/digits.js';
import {plain, transformer} from '../examples/stn/networks.js';
import {evaluate, train} from '../examples/stn/train.js';
import {useWasm} from '../examples/tfjs-node.js';

/** @param {number[]} losses */
const mean = (losses) => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;

test('digits: each class in turn, distorted as told, the same again from the same seed', async () => {
    await init();
    const digits = readDigits(0, 2);
    assert.deepEqual([...digits.labels], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const once = distort(digits, [3, 1], randomOf(1));
    assert.deepEqual([...once.labels], [3, 1]);
    assert.deepEqual(distort(digits, [3, 1], randomOf(1)), once);
    assert.notDeepEqual(distort(digits, [3, 1], randomOf(2)).truth, once.truth);
    const ink = (/** @type {Float32Array} */ pixels) => pixels.reduce((sum, v) => sum + v, 0);
    const still = distort(digits, [0], randomOf(1), {turn: 0, zoom: [1, 1], shift: 0});
    assert.ok(Math.abs(ink(still.pixels) - ink(digits.pixels.subarray(0, 28 * 28))) < 1, 'no ink is lost');
});

test('a spatial transformer learns end to end: it turns and centres digits, and errs half as often', async () => {
    await init();
    await useWasm();
    const how = {shift: 0.4, zoom: /** @type {[number, number]} */ ([0.8, 1])};
    const digits = readDigits(0, 700);
    const unseen = readDigits(700, 750);
    const exam = distort(unseen, [...unseen.labels.keys()], randomOf(7), how);
    const held = tf.memory().numTensors;
    const [without, withIt] = [plain, transformer].map((make) => {
        const network = make(tf, randomOf(1));
        const losses = train(tf, network, digits, {steps: 350, seed: 1, batch: 32, learningRate: 5e-3, how});
        const result = {...evaluate(tf, network, exam), parameters: network.parameters, first: mean(losses.slice(0, 20)), last: mean(losses.slice(-50))};
        network.dispose();
        return result;
    });
    assert.equal(tf.memory().numTensors, held, 'nothing is left behind');
    assert.ok(Math.abs(withIt.parameters / without.parameters - 1) < 0.01, 'as many parameters');
    assert.ok(withIt.first > 2 && withIt.last < 0.9, `its loss falls: ${withIt.first} to ${withIt.last}`);
    assert.ok(withIt.error < 0.27, `${withIt.error}; a guess errs in 90 %`);
    assert.ok(withIt.error < without.error - 0.1, `${withIt.error} with, ${without.error} without`);
    assert.ok(/** @type {number} */ (withIt.shiftLeft) < 0.5, `of the shift it leaves ${withIt.shiftLeft}`);
    assert.ok(/** @type {number} */ (withIt.turnLeft) < 0.85, `of the turn it leaves ${withIt.turnLeft}`);
});
