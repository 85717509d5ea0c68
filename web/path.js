/** The path's page: obstacles are painted, and a path through them flows downhill, a little every frame. */
import { init } from 'fovea';
import { makeChoices } from './choices.js';
import { drawCurve, inShort } from './curve.js';
import { HEIGHT, PRESETS, WIDTH, makeField } from './field.js';
import { arrow, makeHandle } from './handles.js';
import { fillSelect, one } from './panel.js';
import { TERMS, makeMap, makeTerms } from './path-view.js';
import { makePlanner } from './planner.js';
import { attempt, calm, onFrame, tell } from './say.js';

/** @typedef {import('./field.js').Point} Point */

/** Weights that no slider sets. */
const GIVEN = { spacing: 0.02, boundary: 1 };
const CURVATURE = 0.12;
/** Milliseconds that a blocked path is left to itself before another way is looked for. */
const STUCK = 250;
const OWN = 'own';
const MEMORY = 0.9;

const ui = {
    box: one('#map-box', HTMLElement), canvas: one('#map', HTMLCanvasElement), told: one('#told', HTMLElement), preset: one('#preset', HTMLSelectElement),
    curve: one('#curve', HTMLCanvasElement), loss: one('#loss', HTMLElement), settled: one('#settled', HTMLElement),
    took: one('#took', HTMLElement), rate: one('#rate', HTMLElement),
};
fillSelect(ui.preset, { ...PRESETS, [OWN]: { title: 'My own' } });

const choices = makeChoices(one('#panel', HTMLFormElement), (name) => {
    if (name === 'preset' && ui.preset.value !== OWN) take(ui.preset.value);
    mapChanged ||= name === 'margin';
    planner.wake();
    draw();
});
const field = makeField();
const planner = makePlanner(field);
const map = makeMap(ui.canvas);
const showTerms = makeTerms({ bar: one('#bar', HTMLElement), list: one('#terms', HTMLElement) });
const draw = onFrame(frame);

/** @type {Point} */
let start = [0, 0];
/** @type {Point} */
let goal = [0, 0];
let mapChanged = true;
let ready = false;
let blockedSince = 0;
let closed = false;
let before = 0;
let interval = 0;
let took = 0;
let toldAt = 0;
/** @type {Point | undefined} */
let brush;
/** @type {Float32Array | undefined} */
let arrows;

/** @returns {import('./planner.js').Wishes} */
function wishes() {
    const { spline, optimizer } = choices.get();
    const chosen = Object.keys(TERMS).filter((name) => !(name in GIVEN)).map((name) => [name, choices.number(name)]);
    const weights = { ...Object.fromEntries(chosen), ...GIVEN };
    return { spline, optimizer, margin: choices.number('margin'), maxCurvature: CURVATURE, weights };
}

/** @param {string} name of a preset */
function take(name) {
    field.preset(name);
    ({ start, goal } = PRESETS[name]);
    choices.also({ map: '', ends: '' });
    mapChanged = true;
    blockedSince = 0;
    planner.begin(start, goal);
}

function remember() {
    ui.preset.value = OWN;
    choices.set('preset', OWN);
    choices.also({ map: field.write(), ends: [...start, ...goal].map((v) => v.toFixed(1)).join(' ') });
}

/** @param {number} now */
function frame(now) {
    if (!ready) return;
    const wish = wishes();
    const passed = now - before;
    before = now;
    // A pause is no slow frame.
    if (passed < 200) interval = interval ? MEMORY * interval + (1 - MEMORY) * passed : passed;
    if (mapChanged) map.field(field.distance(), wish.margin);

    const { steps, milliseconds } = planner.flow(wish);
    took = took ? MEMORY * took + (1 - MEMORY) * milliseconds : milliseconds;
    if (mapChanged || !arrows) arrows = planner.downhill(map.points, wish);
    mapChanged = false;
    reroute(now, wish);

    const more = paint();
    show(steps, now);
    if (!planner.settled() || more) draw();
    else before = 0;
}

/** @param {number} now @param {import('./planner.js').Wishes} wish */
function reroute(now, wish) {
    if (planner.seen().clearance >= 0) [blockedSince, closed] = [0, false];
    else if (!blockedSince) blockedSince = now;
    if (!blockedSince || now - blockedSince < STUCK || choices.get().reroute !== 'on') return;
    blockedSince = now;
    const { path } = planner.seen();
    const outcome = planner.march(wish, true);
    closed = outcome === 'none';
    if (outcome === 'taken' && !calm.matches) map.leave(path);
}

function paint() {
    const { path, clearance, grad } = planner.seen();
    const { arrows: wanted, knots, tool } = choices.get();
    for (const place of places) place();
    return map.draw({ path, clearance, clearances: field.clearances(path) }, {
        arrows: wanted ? arrows : undefined,
        ...(knots && { knots: planner.knots(), grad }),
        brush: brush && { at: brush, radius: choices.number('brush'), erase: tool === 'erase' },
    });
}

/** @param {number} steps @param {number} now */
function show(steps, now) {
    const { loss, terms, clearance, path } = planner.seen();
    const settled = planner.settled();
    ui.canvas.dispatchEvent(new CustomEvent('seen', {
        bubbles: true,
        detail: { loss, terms, clearance, settled, fps: 1000 / interval, start, goal, ...(settled && { path: [...path.data], obstacles: field.write() }) },
    }));
    // Numbers that change sixty times a second cannot be read.
    if (now - toldAt < 120 && !settled) return;
    toldAt = now;
    const words = clearance < 0 ? `The path crosses an obstacle${closed ? ': there is no way round' : ''}.` : `The path keeps ${clearance.toFixed(1)} cells clear.`;
    if (ui.told.textContent !== words) ui.told.textContent = words;
    ui.loss.textContent = inShort(loss);
    ui.settled.textContent = settled ? 'settled' : 'flowing';
    showTerms(terms);
    ui.took.textContent = `${steps} steps in ${took.toFixed(took < 10 ? 2 : 1)} ms`;
    ui.rate.textContent = interval ? `${(1000 / interval).toFixed(0)} frames a second` : '';
    drawCurve(ui.curve, planner.losses(), { least: 0.5 });
    if (!settled) return;
    ui.canvas.setAttribute('aria-label', `Map of ${WIDTH} by ${HEIGHT} cells. ${words}`);
    tell(`${words} Loss ${inShort(loss)}.`);
}

/** @param {Point} from @param {Point} to */
function stroke(from, to) {
    field.paint(from, to, choices.number('brush'), choices.get().tool === 'erase');
    mapChanged = true;
    planner.wake();
    draw();
}

/** @param {PointerEvent} event @returns {Point} */
function cellOf({ clientX, clientY }) {
    const { left, top, width, height } = ui.canvas.getBoundingClientRect();
    return [(clientX - left) / width * WIDTH, (clientY - top) / height * HEIGHT];
}

/** @type {Point} */
let last = [0, 0];
let touched = false;
ui.canvas.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    ui.canvas.setPointerCapture(event.pointerId);
    touched = true;
    brush = last = cellOf(event);
    stroke(last, last);
});
ui.canvas.addEventListener('pointermove', (event) => {
    brush = cellOf(event);
    if (ui.canvas.hasPointerCapture(event.pointerId)) {
        stroke(last, brush);
        last = brush;
    }
    draw();
});
ui.canvas.addEventListener('lostpointercapture', () => touched && remember());
ui.canvas.addEventListener('pointerleave', () => {
    brush = undefined;
    draw();
});
ui.canvas.addEventListener('keydown', (event) => {
    const way = arrow(event);
    const paints = event.key === ' ' || event.key === 'Enter';
    if (!way && !paints) return;
    event.preventDefault();
    const from = brush ?? [WIDTH / 2, HEIGHT / 2];
    const [x, y] = way ?? [0, 0];
    brush = [Math.min(WIDTH, Math.max(0, from[0] + x)), Math.min(HEIGHT, Math.max(0, from[1] + y))];
    if (paints) stroke(brush, brush);
    if (paints) remember();
    draw();
});
ui.canvas.addEventListener('blur', () => {
    brush = undefined;
    draw();
});

/** @param {Point} point @returns {Point} */
const inside = ([x, y]) => [Math.min(WIDTH - 1, Math.max(1, x)), Math.min(HEIGHT - 1, Math.max(1, y))];

/** @param {string} id @param {() => Point} get @param {(point: Point) => void} set @param {boolean} isGoal */
const endHandle = (id, get, set, isGoal) => makeHandle(one(id, HTMLElement), {
    box: ui.box,
    where: () => [get()[0] / WIDTH, get()[1] / HEIGHT],
    move([x, y]) {
        set(inside([x * WIDTH, y * HEIGHT]));
        planner.pull(isGoal, get());
        draw();
    },
    step: [1 / WIDTH, 1 / HEIGHT],
    done: remember,
});
const places = [
    endHandle('#start', () => start, (point) => { start = point; }, false),
    endHandle('#goal', () => goal, (point) => { goal = point; }, true),
];

one('#clear', HTMLButtonElement).addEventListener('click', () => {
    const ends = { start, goal };
    take('empty');
    ({ start, goal } = ends);
    planner.begin(start, goal);
    remember();
    draw();
});
one('#straight', HTMLButtonElement).addEventListener('click', () => {
    blockedSince = 0;
    planner.begin(start, goal);
    draw();
});
one('#march', HTMLButtonElement).addEventListener('click', () => attempt(() => {
    const { path } = planner.seen();
    if (planner.march(wishes()) === 'none') throw new Error('There is no way between start and goal that touches no obstacle.');
    if (!calm.matches) map.leave(path);
    draw();
}));
new ResizeObserver(draw).observe(ui.box);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    mapChanged = true;
    draw();
});

attempt(async () => {
    await init();
    const kept = choices.asked.get('map') ?? '';
    const ends = (choices.asked.get('ends') ?? '').split(' ').map(Number);
    const preset = choices.get().preset;
    take(preset in PRESETS ? preset : 'gap');
    if (preset === OWN && field.read(kept) && ends.length === 4 && ends.every(Number.isFinite)) {
        [start, goal] = [inside([ends[0], ends[1]]), inside([ends[2], ends[3]])];
        planner.begin(start, goal);
        remember();
    }
    ready = true;
    draw();
});
