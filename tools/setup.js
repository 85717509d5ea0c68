/**
 * Makes a fresh clone ready: `node tools/setup.js build|start|test|bench|models`.
 * npm's pre-scripts call it, so it must run before node_modules exists, and cost nothing the second time.
 * FOVEA_NO_APT=1 keeps it from installing system packages.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onPath } from './chromium.js';
import { COMMANDS, findEmscripten, NEEDS } from './needs.js';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

try {
    await setUp(process.argv[2] ?? '');
} catch (error) {
    console.error(`setup: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
}

/** @param {string} name */
async function setUp(name) {
    const command = COMMANDS[name];
    if (!command) throw new Error(`expected one of ${Object.keys(COMMANDS).join(', ')}; got ${name || 'nothing'}`);
    if (Number(process.versions.node.split('.')[0]) < 20) throw new Error(`install Node 20 or newer; this is ${process.version}`);
    if (!modulesMatchLock()) await step('npm packages', () => npm('ci', '--no-audit', '--no-fund', '--loglevel=error'));
    await provide(command.needs.filter((need) => !NEEDS[need].find()));
    await build();
    if (command.models) {
        const { fetchModels } = await import('./models.js');
        await fetchModels();
    }
}

/** Compared by content: npm writes its own copy of the lock before the lock itself, so the files' ages say nothing. */
function modulesMatchLock() {
    if (!existsSync('node_modules/.package-lock.json')) return false;
    const wanted = packages('package-lock.json');
    const got = packages('node_modules/.package-lock.json');
    return Object.entries(wanted).every(([path, { version, optional }]) => !path || optional || got[path]?.version === version);
}

/**
 * @param {string} file
 * @returns {Record<string, { version: string, optional?: boolean }>}
 */
function packages(file) {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** @param {string[]} args */
function npm(...args) {
    const cli = process.env.npm_execpath;
    if (cli?.endsWith('.js')) run(process.execPath, [cli, ...args]);
    else run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { shell: process.platform === 'win32' });
}

/** @param {string[]} missing names of NEEDS */
async function provide(missing) {
    if (!missing.length) return;
    const apt = aptGet();
    if (!apt) throw new Error(`${missing.join(', ')} missing; ${advice(missing)}`);
    // A stale list or one unreachable source must not stop us: the installation itself tells.
    await step('apt-get update', () => apt('update')).catch(() => {});
    for (const name of missing) {
        const [first, ...more] = NEEDS[name].apt;
        try {
            await step(`${name} (apt-get install ${first})`, () => apt('install', '-y', '--no-install-recommends', first, ...more));
        } catch (error) {
            throw new Error(`${name} is missing and apt-get could not bring it: ${error instanceof Error ? error.message : error}`, { cause: error });
        }
        if (!NEEDS[name].find()) throw new Error(`please install ${NEEDS[name].other}; what apt-get brought does not do`);
    }
}

/** What a person is to do, in one line. @param {string[]} missing names of NEEDS */
function advice(missing) {
    const needs = missing.map((name) => NEEDS[name]);
    if (process.platform === 'darwin') return `for ${missing.join(', ')}: ${needs.map(({ mac }) => mac).join('; ')}`;
    if (!onPath('apt-get')) return `please install ${needs.map(({ other }) => other).join('; ')}`;
    return `please run: apt-get install ${needs.flatMap(({ apt }) => apt).filter((word) => !word.startsWith('-')).join(' ')}`;
}

/** @returns apt-get as a function, undefined where it cannot or must not be used */
function aptGet() {
    const aptget = process.env.FOVEA_NO_APT ? undefined : onPath('apt-get');
    if (!aptget) return undefined;
    const sudo = process.getuid?.() === 0 ? [] : ['sudo', ...(process.stdin.isTTY ? [] : ['-n'])];
    if (sudo.length && spawnSync(sudo[0], [...sudo.slice(1), '-v'], { stdio: 'inherit' }).status !== 0) return undefined;
    const [program, ...first] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', aptget, '-qq'];
    return (/** @type {string[]} */ ...args) => run(program, [...first, ...args]);
}

async function build() {
    if (!existsSync('emscripten.mk')) throw new Error('emscripten.mk is missing: is this a whole clone?');
    const make = ['--no-print-directory', '-s', '-f', 'emscripten.mk', `EMCC=${findEmscripten()}`];
    if (spawnSync('make', ['-q', ...make], { stdio: 'ignore' }).status === 0) return;
    await step('js/fovea.wasm', () => run('make', make));
    console.log(`setup: js/fovea.wasm holds ${statSync('js/fovea.wasm').size} bytes`);
}

/**
 * One line: what is being made ready, and how long it took.
 * @param {string} what
 * @param {() => unknown} work
 */
async function step(what, work) {
    const start = Date.now();
    process.stdout.write(`setup: ${what} ... `);
    try {
        await work();
        console.log(`${((Date.now() - start) / 1000).toFixed(1)} s`);
    } catch (error) {
        console.log('failed');
        throw error;
    }
}

/**
 * Quiet on success; on failure, how what the program said begins and ends.
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function run(program, args, options) {
    const { status, error, stdout, stderr } = spawnSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28, ...options });
    if (status === 0) return;
    const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n');
    const told = said.length > 24 ? [...said.slice(0, 12), '...', ...said.slice(-12)] : said;
    throw new Error([`${program} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`, ...told].join('\n'));
}
