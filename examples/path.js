/**
 * A robot's way between boxes, found by following the gradient of what it costs:
 *
 *     node examples/path.js [--out build/path.png] [--optimizer adam|sgd|chomp|lbfgs] [--steps 300] [--bent]
 *
 * White: where it begins, a straight line, with the way the cost pulls each of its knots. Blue: where it ends.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { createCanvas } from '@napi-rs/canvas';
import { bendKnots, blurMap, inflateObstacles, init, optimizePath, pathCost, resamplePath, signedDistance, splatBoxes } from 'fovea';
import { drawArrows, drawDetections, drawHeatmap, drawPath } from 'fovea/draw';

const { values } = parseArgs({
    options: {
        out: { type: 'string', default: 'build/path.png' }, optimizer: { type: 'string', default: 'adam' },
        steps: { type: 'string', default: '300' }, bent: { type: 'boolean' },
    },
});
const WIDTH = 96, HEIGHT = 64, ZOOM = 10;
const START = [6, 52], GOAL = [90, 10];
const BOXES = Float32Array.of(16, 30, 30, 64, 40, 0, 50, 34, 46, 44, 62, 58, 66, 14, 76, 36, 78, 34, 92, 44);

await init();
const empty = { data: new Float32Array(WIDTH * HEIGHT), dims: [HEIGHT, WIDTH] };
const obstacles = splatBoxes(empty, BOXES);
const costmap = blurMap(inflateObstacles(obstacles, { radius: 1, decay: 0.4 }), { sigma: 1 });

const straight = resamplePath({ data: Float32Array.of(...START, ...GOAL), dims: [2, 2] }, { samples: 16 });
/** @type {import('../js/path.js').PathOptions} */
const cost = {
    coords: 'canvas', spline: 'hermite', samples: 192, arcLength: true,
    distance: signedDistance(obstacles), margin: 3, weights: { cost: 2, length: 0.3, smooth: 0.02, clearance: 0.4, spacing: 0.2 },
};
const optimizer = /** @type {'adam'} */ (values.optimizer);
const before = pathCost(costmap, straight, cost);
const begun = performance.now();
const found = optimizePath(costmap, values.bent ? bendKnots(straight) : straight, { ...cost, optimizer, steps: Number(values.steps), warmStart: values.bent ? 'none' : 'march' });
const took = performance.now() - begun;

const used = Object.keys(cost.weights ?? {});
console.table(Object.fromEntries([...used, 'loss'].map((name) => [name, Object.fromEntries(Object.entries({ straight: before, found })
    .map(([which, { loss, terms }]) => [which, Number((name === 'loss' ? loss : terms[/** @type {'cost'} */ (name)]).toFixed(3))]))])));
console.log(`${values.steps} steps of ${optimizer} in ${took.toFixed(1)} ms`);

const canvas = createCanvas(WIDTH * ZOOM, HEIGHT * ZOOM);
const context = canvas.getContext('2d');
context.scale(ZOOM, ZOOM);
const look = { scale: 1.5, fill: true };
drawHeatmap(context, costmap, { range: [0, 1.6], smooth: true });
drawDetections(context, { boxes: BOXES }, null, { color: '#cccccc', label: false, halo: false, lineWidth: 1, scale: 1 });
drawPath(context, before.path, { ...look, color: '#ffffff', knots: straight, lineWidth: 1 });
drawArrows(context, straight.data, before.grad.data, { ...look, color: '#f0e442', length: -1, radius: 5 });
drawPath(context, found.path, { ...look, color: '#56b4e9', knots: found.knots });
await mkdir(dirname(values.out), { recursive: true });
await writeFile(values.out, await canvas.encode('png'));
console.log(`wrote ${values.out}`);
