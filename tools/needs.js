/** What Fovea's commands need beyond Node, as data. Plain Node: it runs before anything is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { findChromium, onPath } from './chromium.js';

/** The pedestrians that walk past the tests' fake webcam. */
export const VIDEO = '/usr/share/doc/opencv-doc/examples/data/vtest.avi';
const EMSCRIPTEN = [3, 1, 6];
const INCLUDES = ['/usr/include', '/usr/local/include', '/opt/homebrew/include', ...(process.env.CPATH ?? '').split(delimiter)];

/**
 * @typedef {object} Need
 * @property {() => string | undefined} find where it is, undefined when missing
 * @property {string[]} apt Debian packages; further apt-get options may follow
 * @property {string} mac
 * @property {string} other
 */

/** @type {Record<string, Need>} */
export const NEEDS = {
    'make': {
        find: () => onPath('make'),
        apt: ['make'], mac: 'xcode-select --install', other: 'GNU make',
    },
    'Emscripten': {
        find: findEmscripten,
        apt: ['emscripten'], mac: 'brew install emscripten', other: 'Emscripten 3.1.6 or newer (emsdk), and put emcc on the PATH or in $EMCC',
    },
    'clang': {
        find: findClang,
        apt: ['clang', 'libclang-rt-dev'], mac: 'brew install llvm, and put its bin first on the PATH', other: 'clang with its sanitizer and libFuzzer runtimes',
    },
    'SIMDe': {
        find: () => INCLUDES.map((folder) => join(folder, 'simde/wasm/simd128.h')).find(existsSync),
        apt: ['libsimde-dev'], mac: 'brew install simde', other: 'SIMDe (the headers, on $CPATH)',
    },
    'Chromium': {
        find: findChromium,
        apt: ['chromium'], mac: 'brew install --cask google-chrome', other: 'Chrome or Chromium (npx playwright-core install chromium, or name yours in $CHROME)',
    },
    'ffmpeg': {
        find: () => onPath('ffmpeg'),
        apt: ['ffmpeg'], mac: 'brew install ffmpeg', other: 'ffmpeg',
    },
    'vtest.avi': {
        find: () => [process.env.VTEST ?? '', VIDEO].find(existsSync),
        // Container images tell dpkg to leave documentation out, and this video counts as such.
        apt: ['opencv-doc', '--reinstall', '-oDpkg::Options::=--path-include=/usr/share/doc/opencv-doc/examples/*'],
        mac: 'download samples/data/vtest.avi of OpenCV 4 and name it in $VTEST', other: 'vtest.avi of OpenCV 4 (samples/data), named in $VTEST',
    },
};

const BUILD = ['make', 'Emscripten'];

/** @type {Record<string, { needs: string[], models?: boolean }>} */
export const COMMANDS = {
    build: { needs: BUILD },
    models: { needs: BUILD, models: true },
    start: { needs: BUILD, models: true },
    bench: { needs: BUILD },
    test: { needs: [...BUILD, 'clang', 'SIMDe', 'Chromium', 'ffmpeg', 'vtest.avi'], models: true },
};

export function findEmscripten() {
    const { EMCC, EMSDK } = process.env;
    const places = [EMCC, EMCC && onPath(EMCC), onPath('emcc'), EMSDK && join(EMSDK, 'upstream/emscripten/emcc')];
    return places.find((file) => file && existsSync(file) && recent(emscriptenVersion(file)));
}

/** @param {string} emcc */
function emscriptenVersion(emcc) {
    try {
        return readFileSync(join(dirname(realpathSync(emcc)), 'emscripten-version.txt'), 'utf8');
    } catch {
        return spawnSync(emcc, ['--version'], { encoding: 'utf8' }).stdout ?? '';
    }
}

/** @param {string} text that holds a version */
function recent(text) {
    const version = /(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [0];
    const differs = EMSCRIPTEN.findIndex((part, i) => part !== version[i]);
    return differs < 0 || version[differs] > EMSCRIPTEN[differs];
}

/** A clang that can link what the native tests and the fuzzer ask for. */
function findClang() {
    const clang = onPath(process.env.CLANG ?? 'clang');
    if (!clang) return undefined;
    const runtimes = join(spawnSync(clang, ['-print-resource-dir'], { encoding: 'utf8' }).stdout.trim(), 'lib');
    const files = existsSync(runtimes) ? readdirSync(runtimes).flatMap((target) => readdirSync(join(runtimes, target))) : [];
    return ['asan', 'fuzzer'].every((name) => files.some((file) => file.startsWith(`libclang_rt.${name}`))) ? clang : undefined;
}
