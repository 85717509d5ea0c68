/** The demo: a source, a network in its worker, a canvas, and a panel. Written with Fovea's public API only. */
import { transfer, wrap } from 'comlink';
import { makeClock } from './clock.js';
import { PIXELS, drawerOf, families } from './families.js';
import { makeMagnifier } from './magnifier.js';
import { drawFound, networks } from './networks.js';
import { fillSelect, makeSliders, one, radios, remember } from './panel.js';
import { inWords, record, save, showRows, showTally, tally } from './report.js';
import { openPicture, openVideo, openWebcam, still } from './sources.js';
import { paint, snapshot } from './stage.js';

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.addEventListener('error', () => trouble('The demo\'s worker could not be loaded.'));
/** @type {import('comlink').Remote<import('./worker.js').Eye>} */
const eye = wrap(worker);

const ui = {
    canvas: one('#canvas', HTMLCanvasElement), busy: one('#busy', HTMLElement), trouble: one('#trouble', HTMLElement),
    status: one('#status', HTMLElement), found: one('#found', HTMLElement), list: one('#list', HTMLDetailsElement), rows: one('#rows', HTMLElement),
    pause: one('#pause', HTMLButtonElement), snapshot: one('#snapshot', HTMLButtonElement), file: one('#file', HTMLInputElement),
    network: one('#network', HTMLSelectElement), about: one('#about', HTMLElement), own: one('#own', HTMLElement),
    family: one('#family', HTMLSelectElement), pixels: one('#pixels', HTMLSelectElement),
    turn: one('#turn', HTMLButtonElement), drop: one('#drop', HTMLElement),
};
const OWN = 'own';
const NOTHING = { count: 0, boxes: new Float32Array(0), scores: new Float32Array(0), classes: new Int32Array(0) };

/** @type {{ key: string, title: string, labels: string[], draw: import('./networks.js').Network['draw'] }} */
let network;
/** @type {import('./sources.js').Source & { name: string } | undefined} */
let source;
/** @type {{ scene: import('./stage.js').Scene, record: ReturnType<typeof record> } | undefined} */
let shown;
/** @type {Blob | undefined} */
let chosen;
/** @type {{ bytes: Uint8Array, name: string } | undefined} */
let dropped;
/** Which of the demo's own pictures is open. */
let shownPicture = '';
let asked = 0;
let watching = 0;
let held = false;
let resume = () => {};

const clock = makeClock({
    bar: one('#bar', HTMLElement), stages: one('#stages', HTMLElement), share: one('#share', HTMLElement), rate: one('#rate', HTMLElement),
});
const sliders = makeSliders(() => again());
const magnifier = makeMagnifier((joint) => eye.magnify(joint), attempt);

const sourceName = () => radios('source').find((radio) => radio.checked)?.value ?? 'picture';
const paused = () => held;

/** @type {Set<string>} */
const tasks = new Set();

/** Says what goes on until it is done. @template T @param {string} text @param {Promise<T>} task @returns {Promise<T>} */
async function during(text, task) {
    const say = () => {
        const latest = [...tasks].pop() ?? '';
        ui.busy.textContent = latest;
        ui.busy.hidden = !latest;
        if (latest) ui.status.textContent = latest;
    };
    tasks.add(text);
    say();
    try {
        return await task;
    } finally {
        tasks.delete(text);
        say();
    }
}

/** @param {unknown} [error] none: all is well */
function trouble(error) {
    ui.trouble.hidden = !error;
    ui.trouble.textContent = error instanceof Error ? error.message : String(error ?? '');
}

/** Runs what a control asks for, and says so in words when it fails. @param {() => Promise<unknown>} task */
async function attempt(task) {
    trouble();
    try {
        await task();
    } catch (error) {
        trouble(error);
    }
}

const live = () => Boolean(source && !source.still) && !paused();

/** @param {import('./sources.js').Picture} picture taken over @param {string} from the source's name @param {number} [now] milliseconds, in a film after its first frame */
async function look(picture, from, now) {
    const copy = await still(picture);
    const options = sliders.get();
    const seen = await eye.look(transfer(copy, [copy]), options, now);
    if (shown?.scene.picture !== picture) shown?.scene.picture.close();
    show({ picture, from, seen, options });
}

/** The same frame with other thresholds, once for all that change while it is on its way. */
let changes = 0;
async function again() {
    if (!shown || live() || ++changes > 1) return;
    await attempt(async () => {
        for (let done = 0; done < changes;) {
            done = changes;
            const options = sliders.get();
            const seen = await eye.again(options);
            if (shown) show({ picture: shown.scene.picture, from: shown.record.source, seen, options });
        }
    });
    changes = 0;
}

/** @param {{ picture: import('./sources.js').Picture, from: string, seen: import('./worker.js').Seen, options: import('./networks.js').Options }} news */
function show({ picture, from, seen, options }) {
    const { labels, title, draw } = network;
    const { found, width, height } = seen;
    const scene = { picture, width, height, mirrored: source?.mirrored?.() ?? false, found, labels, draw };
    const times = { ...seen.times, draw: paint(ui.canvas, scene) };
    shown = { scene, record: record({ ...seen, times }, { source: from, network: title, labels, options }) };
    clock.tick(times, live());
    tell(tally(shown.record.detections));
    magnifier.show(scene);
    ui.snapshot.disabled = false;
    ui.canvas.dispatchEvent(new CustomEvent('seen', { bubbles: true, detail: shown.record }));
}

let told = '';
let lastTold = 0;
/** @param {ReturnType<typeof tally>} kinds */
function tell(kinds) {
    if (ui.list.open) showRows(ui.rows, shown?.record.detections ?? []);
    const words = inWords(kinds);
    const sentence = `${network.title} sees: ${words}`;
    if (sentence === told) return;
    told = sentence;
    showTally(ui.found, kinds);
    ui.canvas.setAttribute('aria-label', sentence);
    // A screen reader must get to the end of the sentence before a live picture gives it another.
    if (live() && performance.now() - lastTold < 4000) return;
    lastTold = performance.now();
    ui.status.textContent = `Found: ${words}.`;
}

/** Looks at one picture after another until another source is chosen. @param {NonNullable<typeof source>} next */
async function watch(next) {
    const mine = ++watching;
    source?.close();
    source = next;
    clock.reset();
    ui.pause.hidden = Boolean(next.still);
    ui.turn.hidden = !next.turn;
    setPaused(false);
    let started = false;
    for await (const picture of next.pictures()) {
        if (mine !== watching) return picture.close();
        await look(picture, next.name, started ? performance.now() : undefined).catch((error) => {
            if (!next.still) picture.close();
            trouble(error);
        });
        started = true;
        // The first time, much of the clock's time is the engines' own warming up.
        if (next.still && mine === watching) await lookAgain();
        if (paused()) await new Promise((resolve) => { resume = () => resolve(undefined); });
        if (mine !== watching) return undefined;
    }
    return undefined;
}

/** @param {boolean} on */
function setPaused(on) {
    held = on;
    ui.pause.textContent = on ? 'Play' : 'Pause';
    if (!on) resume();
}

/** @param {string} key of the network */
const pictureOf = (key) => networks[key]?.picture ?? 'collage.jpg';

const openers = {
    picture: async () => {
        shownPicture = pictureOf(ui.network.value);
        return openPicture(await (await fetch(shownPicture)).blob());
    },
    webcam: () => openWebcam(),
    file: async () => {
        if (!chosen) throw new Error('Choose a picture or a video first.');
        return chosen.type.startsWith('video/') ? openVideo(chosen) : openPicture(chosen);
    },
};

/** Opens what the panel asks for, and answers what will watch it. */
async function openSource() {
    const name = /** @type {keyof typeof openers} */ (sourceName());
    if (name !== 'file') remember({ source: name });
    const mine = ++asked;
    const opened = { name, ...await during(name === 'webcam' ? 'Waiting for the camera …' : 'Opening …', openers[name]()) };
    if (mine !== asked) {
        opened.close();
        return () => {};
    }
    if (opened.still && !shown) {
        const { width, height } = opened.still;
        paint(ui.canvas, { picture: opened.still, width, height, mirrored: false, found: NOTHING, labels: [], draw: drawFound });
    }
    return () => void watch(opened).catch(trouble);
}

async function changeSource() {
    const start = await openSource().catch((error) => {
        for (const radio of radios('source')) radio.checked = radio.value === (shown?.record.source ?? radio.value);
        throw error;
    });
    start();
}

/** Opens what the panel asks for; answers what is doubtful about it. */
async function openNetwork() {
    const name = ui.network.value;
    if (name === OWN && dropped) {
        const own = await during(`Loading ${dropped.name} …`, eye.openFile(dropped.bytes, dropped.name));
        ui.family.value = own.family;
        ui.pixels.value = own.pixels;
        adopt(own);
        return own.doubt;
    }
    adopt(await during(`Loading ${networks[name].title} …`, eye.open(name)));
    remember({ network: name });
    return '';
}

/** @param {Awaited<ReturnType<typeof eye.open>>} opened */
function adopt(opened) {
    const { title, labels } = opened;
    const key = ui.network.value;
    network = { key, title, labels, draw: networks[key]?.draw ?? drawerOf(ui.family.value) };
    markPage(key);
    magnifier.offer(opened.joints);
    ui.about.textContent = opened.about;
    ui.own.hidden = key !== OWN;
    sliders.offer(opened.defaults);
    clock.reset();
}

/** The page of the navigation that shows this network. @param {string} key */
function markPage(key) {
    for (const link of document.querySelectorAll('nav a[data-networks]')) {
        const here = link instanceof HTMLElement && link.dataset.networks?.split(' ').includes(key);
        if (here) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
    }
}

/** @param {typeof dropped} [own] a file that comes new */
async function changeNetwork(own = dropped) {
    const before = dropped;
    const offer = (/** @type {typeof dropped} */ file, /** @type {string} */ choice) => {
        dropped = file;
        ui.network.querySelector(`[value=${OWN}]`)?.remove();
        if (file) ui.network.append(new Option(file.name, OWN));
        ui.network.value = choice;
    };
    offer(own, own === before ? ui.network.value : OWN);
    const doubt = await openNetwork().catch((error) => {
        if (network) offer(before, network.key);
        throw error;
    });
    if (doubt) throw new Error(doubt);
    if (sourceName() === 'picture' && pictureOf(network.key) !== shownPicture) await changeSource();
    else await lookAgain();
}

/** A still picture does not come again by itself. */
async function lookAgain() {
    const picture = source?.still ?? shown?.scene.picture;
    if (source && picture && !live()) await look(picture, source.name);
}

/** @param {Blob | undefined} file */
const take = (file) => file && attempt(async () => {
    if (file instanceof File && /\.(onnx|tflite)$/i.test(file.name)) {
        return changeNetwork({ bytes: new Uint8Array(await file.arrayBuffer()), name: file.name });
    }
    chosen = file;
    const radio = radios('source')[2];
    /** @type {HTMLElement} */ (radio.parentElement).hidden = false;
    one('#file-name', HTMLElement).textContent = file instanceof File ? file.name : 'File';
    radio.checked = true;
    return changeSource();
});

for (const radio of radios('source')) radio.addEventListener('change', () => attempt(changeSource));
ui.turn.addEventListener('click', () => attempt(async () => source?.turn?.()));
ui.network.addEventListener('change', () => attempt(() => changeNetwork()));
for (const select of [ui.family, ui.pixels]) {
    select.addEventListener('change', () => attempt(async () => {
        const opened = await eye.reread(ui.family.value, select === ui.pixels ? ui.pixels.value : undefined);
        ui.pixels.value = opened.pixels;
        adopt(opened);
        await lookAgain();
    }));
}
ui.file.addEventListener('change', () => {
    take(ui.file.files?.[0]);
    ui.file.value = '';
});
ui.pause.addEventListener('click', () => setPaused(!paused()));
ui.list.addEventListener('toggle', () => ui.list.open && showRows(ui.rows, shown?.record.detections ?? []));
ui.snapshot.addEventListener('click', () => shown && attempt(async () => {
    const { scene, record: facts } = /** @type {NonNullable<typeof shown>} */ (shown);
    const name = `fovea-${facts.time.replace(/\D/g, '').slice(0, 14)}`;
    save(await snapshot(scene), `${name}.png`);
    save(new Blob([`${JSON.stringify(facts, null, 2)}\n`], { type: 'application/json' }), `${name}.json`);
    ui.status.textContent = `Saved ${name}.png and ${name}.json.`;
}));
one('#panel', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
new ResizeObserver(() => shown && paint(ui.canvas, shown.scene)).observe(one('#frame', HTMLElement));

addEventListener('dragover', (event) => {
    event.preventDefault();
    ui.drop.hidden = false;
});
addEventListener('dragleave', (event) => { ui.drop.hidden = event.relatedTarget === null; });
addEventListener('drop', (event) => {
    event.preventDefault();
    ui.drop.hidden = true;
    take(event.dataTransfer?.files[0]);
});
addEventListener('paste', (event) => take([...event.clipboardData?.files ?? []][0]));

fillSelect(ui.network, networks);
fillSelect(ui.family, families);
fillSelect(ui.pixels, PIXELS);
const address = new URLSearchParams(location.search);
if (Object.hasOwn(networks, address.get('network') ?? '')) ui.network.value = /** @type {string} */ (address.get('network'));
for (const radio of radios('source')) if (radio.value === address.get('source')) radio.checked = true;
markPage(ui.network.value);
attempt(async () => {
    const opening = openSource();
    opening.catch(() => {}); // told below, after what the network has to say
    await openNetwork();
    sliders.set(sliders.asked(address));
    (await opening)();
});
