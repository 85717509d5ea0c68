/** The spatial transformer: a picture, a grid that is dragged, what it samples, and gradient descent that finds it again. */
import { init } from 'fovea';
import { makeChoices } from './choices.js';
import { drawCurve, inShort } from './curve.js';
import { makeHandle } from './handles.js';
import { makeLearner } from './learner.js';
import { one, radios } from './panel.js';
import { attempt, onFrame, tell, trouble } from './say.js';
import { openPicture, openVideo, openWebcam } from './sources.js';
import { CORNERS, KNOB, SLIDERS, cornersOf, drag, fromCorners, identity, mapping, surprise } from './transforms.js';
import { backdrop, drawGrid, frameOf, mapsOf, sampleThrough, showMaps } from './warp.js';

/** @typedef {import('./transforms.js').Model} Model */

/** Where the output's corners look at first. */
const BEGINNING = /** @type {import('./transforms.js').Point[]} */ ([[-0.28, -0.9], [0.98, -0.52], [0.5, 0.8], [-0.82, 0.38]]);
const LEARNING_SIDE = 128;
const MEMORY = 0.85;

const ui = {
    box: one('#input-box', HTMLElement), input: one('#input', HTMLCanvasElement), output: one('#output', HTMLCanvasElement),
    told: one('#told', HTMLElement), learning: one('#learning', HTMLElement), target: one('#target', HTMLCanvasElement),
    difference: one('#difference', HTMLCanvasElement), curve: one('#curve', HTMLCanvasElement), align: one('#align', HTMLButtonElement),
    params: one('#params', HTMLElement), theta: one('#theta', HTMLTableElement), file: one('#file', HTMLInputElement),
    took: one('#took', HTMLElement), pace: one('#pace', HTMLElement),
};
const choices = makeChoices(one('#panel', HTMLFormElement), (name) => attempt(() => chosen(name)));
const draw = onFrame(render);

/** @type {ImageData} */
let pixels;
/** @type {import('./warp.js').Maps} */
let input;
/** @type {OffscreenCanvas | undefined} */
let behind;
/** @type {import('./sources.js').Source | undefined} */
let source;
/** @type {Blob | undefined} */
let file;
let watching = 0;
let took = 0;
let model = modelChosen();
/** @type {readonly number[]} */
let params = paramsAsked() ?? fromCorners(model, BEGINNING) ?? identity(model);

const learner = makeLearner({
    changed(now) {
        params = now;
        draw();
    },
    done(report) {
        ui.align.textContent = 'Align';
        if (report) ui.told.textContent = report;
        if (report) tell(report);
        draw();
    },
});

/** @returns {import('./warp.js').How} */
const how = () => {
    const { mode, padding, corners } = choices.get();
    return { mode, paddingMode: padding, alignCorners: corners === 'on' };
};

/** As alignment samples. @returns {import('./warp.js').How} */
const plainly = () => ({ ...how(), mode: 'bilinear', alignCorners: false });

function modelChosen() {
    return /** @type {Model} */ (choices.get().model);
}

function paramsAsked() {
    const numbers = (choices.asked.get('params') ?? '').split(' ').map(Number);
    return numbers.length === SLIDERS[model].length && numbers.every(Number.isFinite) ? numbers : undefined;
}

/** @param {readonly number[]} next what the user sets up */
function edit(next) {
    learner.stop();
    ui.learning.hidden = true;
    params = next;
    choices.also({ params: params.map((v) => +v.toFixed(4)).join(' ') });
    draw();
}

/** @param {string} name of a control */
async function chosen(name) {
    if (name === 'source') return changeSource();
    if (name === 'optimizer' || name === 'loss') return undefined;
    if (name === 'model') {
        const corners = cornersOf(model, params);
        model = modelChosen();
        makeSliders();
        edit(fromCorners(model, corners) ?? identity(model));
    }
    if (name === 'from') input = mapsOf(pixels, choices.number('from'));
    behind = undefined;
    draw();
    return undefined;
}

function makeSliders() {
    ui.params.replaceChildren(...SLIDERS[model].map((slider, i) => {
        const turn = slider.degrees ? 180 / Math.PI : 1;
        const row = Object.assign(document.createElement('div'), { className: 'slider' });
        const control = Object.assign(document.createElement('input'), {
            type: 'range', id: `param-${slider.name}`, min: String(slider.min * turn), max: String(slider.max * turn), step: slider.degrees ? '1' : '0.01',
        });
        const label = Object.assign(document.createElement('label'), { htmlFor: control.id, textContent: slider.title });
        const output = document.createElement('output');
        output.htmlFor.add(control.id);
        control.addEventListener('input', () => edit(params.map((v, k) => (k === i ? Number(control.value) / turn : v))));
        row.append(label, output, control);
        return row;
    }));
}

/** Without the minus of -0. @param {number} value @param {number} digits */
const rounded = (value, digits) => (Number(value.toFixed(digits)) + 0).toFixed(digits);

function showParams() {
    SLIDERS[model].forEach(({ degrees }, i) => {
        const row = ui.params.children[i];
        const value = degrees ? params[i] * 180 / Math.PI : params[i];
        const control = /** @type {HTMLInputElement} */ (row.querySelector('input'));
        if (control !== document.activeElement || learner.goal()) control.value = String(value);
        /** @type {HTMLOutputElement} */ (row.querySelector('output')).value = degrees ? `${rounded(value, 0)}°` : rounded(value, 2);
    });
    const [at, x, y] = [[0, 0], [1, 0], [0, 1]].map(mapping(model, params));
    const rows = model === 'affine' || model === 'projective'
        ? [params.slice(0, 3), params.slice(3, 6), ...(model === 'projective' ? [[params[6], params[7], 1]] : [])]
        : [0, 1].map((k) => [x[k] - at[k], y[k] - at[k], at[k]]);
    ui.theta.replaceChildren(...rows.map((row) => {
        const line = document.createElement('tr');
        line.append(...row.map((v) => Object.assign(document.createElement('td'), { textContent: rounded(v, 3) })));
        return line;
    }));
}

function render() {
    if (!input) return;
    const side = Number(choices.get().to);
    const { alignCorners } = how();
    const across = Math.round(ui.input.clientWidth * Math.min(window.devicePixelRatio || 1, 3));
    if (ui.input.width !== across) Object.assign(ui.input, { width: across, height: across });
    behind ??= backdrop(input, Math.min(across, 720), how());

    const start = performance.now();
    const maps = sampleThrough(input, { model, params }, side, how());
    const milliseconds = performance.now() - start;
    took = took ? MEMORY * took + (1 - MEMORY) * milliseconds : milliseconds;
    showMaps(ui.output, maps);

    const goal = learner.goal();
    drawGrid(ui.input, behind, { model, params }, { side: input.dims[3], outputSide: side, alignCorners, goal: goal && { model, params: goal.params } });
    for (const place of places) place();
    showParams();
    ui.took.textContent = `${took.toFixed(took < 10 ? 2 : 1)} ms`;
    ui.pace.textContent = `${side} × ${side} × 3, ${(3 * side * side / took / 1000).toFixed(0)} million values a second`;
    if (goal) showLearning(goal);
    ui.input.dispatchEvent(new CustomEvent('seen', { bubbles: true, detail: { model, params: [...params], side, milliseconds, ...how(), ...learner.facts() } }));
}

/** @param {NonNullable<ReturnType<typeof learner.goal>>} goal */
function showLearning({ moving, fixed }) {
    const now = sampleThrough(moving, { model, params }, LEARNING_SIDE, plainly());
    const data = now.data.map((v, i) => Math.abs(v - fixed.data[i]));
    showMaps(ui.target, fixed, 1);
    showMaps(ui.difference, { data, dims: now.dims }, 0.5);
    const { losses, marks } = learner.facts();
    drawCurve(ui.curve, losses, { marks });
    const last = losses[losses.length - 1];
    ui.curve.setAttribute('aria-label', `Loss after ${losses.length} steps: ${inShort(last ?? NaN)}`);
    if (learner.running()) ui.told.textContent = losses.length ? `Step ${losses.length}, loss ${inShort(last)}` : 'Looking for it …';
}

/** From the identity to what is set up. */
function align() {
    if (learner.running()) return learner.stop();
    const { optimizer, loss } = choices.get();
    const moving = mapsOf(pixels, LEARNING_SIDE, 1 / 255);
    const fixed = sampleThrough(moving, { model, params }, LEARNING_SIDE, plainly());
    ui.learning.hidden = false;
    ui.align.textContent = 'Stop';
    return attempt(() => learner.start({ moving, fixed, model, params }, { optimizer, loss }));
}

const openers = {
    picture: async () => openPicture(await (await fetch('collage.jpg')).blob()),
    webcam: () => openWebcam(),
    file: async () => {
        if (!file) throw new Error('Choose a picture or a video first.');
        return file.type.startsWith('video/') ? openVideo(file) : openPicture(file);
    },
};
let before = 'picture';
async function changeSource() {
    const name = /** @type {keyof typeof openers} */ (choices.get().source);
    try {
        watch(await openers[name]()).catch(trouble);
        before = name;
    } catch (error) {
        choices.set('source', before);
        throw error;
    }
}

const reader = new OffscreenCanvas(1, 1);
const reading = /** @type {OffscreenCanvasRenderingContext2D} */ (reader.getContext('2d', { willReadFrequently: true }));

/** @param {import('./sources.js').Source} next */
async function watch(next) {
    const mine = ++watching;
    source?.close();
    source = next;
    for await (const picture of next.pictures()) {
        if (mine === watching && (next.still || !learner.running())) look(picture, next.mirrored?.() ?? false);
        picture.close();
        if (mine !== watching) return;
    }
}

/** @param {import('./sources.js').Picture} picture @param {boolean} mirrored */
function look(picture, mirrored) {
    const [width, height] = picture instanceof ImageBitmap ? [picture.width, picture.height] : [picture.displayWidth, picture.displayHeight];
    if (reader.width !== width || reader.height !== height) Object.assign(reader, { width, height });
    reading.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? width : 0, 0);
    reading.drawImage(picture, 0, 0, width, height);
    pixels = reading.getImageData(0, 0, width, height);
    input = mapsOf(pixels, choices.number('from'));
    behind = undefined;
    draw();
}

/** @param {Blob | undefined} blob */
const take = (blob) => blob && attempt(() => {
    file = blob;
    const radio = radios('source')[2];
    /** @type {HTMLElement} */ (radio.parentElement).hidden = false;
    one('#file-name', HTMLElement).textContent = blob instanceof File ? blob.name : 'File';
    radio.checked = true;
    return changeSource();
});

const frame = () => frameOf(choices.number('from'), how().alignCorners);
const places = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.knob'))].map((knob) => {
    const name = knob.dataset.knob ?? '';
    const which = name === 'centre' || name === 'turn' ? name : Number(name);
    const from = which === 'centre' ? [0, 0] : which === 'turn' ? KNOB : CORNERS[which];
    return makeHandle(knob, {
        box: ui.box,
        where: () => frame().share(mapping(model, params)(from)),
        move: (place) => edit(drag(model, params, which, frame().point(place))),
        step: [frame().step / 50, frame().step / 50],
    });
});

ui.align.addEventListener('click', align);
one('#identity', HTMLButtonElement).addEventListener('click', () => edit(identity(model)));
one('#surprise', HTMLButtonElement).addEventListener('click', () => edit(surprise(model)));
ui.file.addEventListener('change', () => {
    take(ui.file.files?.[0]);
    ui.file.value = '';
});
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
});
addEventListener('paste', (event) => take([...event.clipboardData?.files ?? []][0]));
new ResizeObserver(() => {
    behind = undefined;
    draw();
}).observe(ui.box);

if (choices.get().source === 'file') choices.set('source', 'picture');
makeSliders();
attempt(async () => {
    await init();
    await changeSource();
});
