/**
 * What the architecture promises and no compiler enforces: `npm run check`.
 * Each check answers a line to print, or throws with everything that is wrong.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { findEmscripten } from './needs.js';

/** Gzipped; they grow when a room opens, and only then. */
const LIMITS = {
    'fovea.wasm': 113_000,
    'fovea for detection': 15_000,
    'all of fovea': 53_000,
    'fovea/draw': 4_600,
    'fovea/camera': 2_500,
    'fovea/tfjs': 7_900,
};
const DETECTION = 'init memory toTensor lendTensor View FITS nms suppress POLICIES boxIou boxConvert boxClip boxesOfSize ssdAnchors defaultBoxes'
    + ' decodeHead decodeYolo decodeNanoDet decodeSsd decodeBlazeFace COCO_80 FoveaError toFloat32';
const LINES = 400;
const WORK = 'build/check';
/** All that the core may ask of the world outside; fv_* are its own. */
const ALLOWED = /^(fv_\w+|mem(cpy|move|set|cmp)|llvm\..*)$/;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const headers = files('include/fovea', '.h');
const headerText = headers.map(text).join('\n').replace(/\/\*[\s\S]*?\*\//g, '');
const library = files('js', '.js');

/** name -> number of parameters */
const declared = new Map([...headerText.matchAll(/^FV_API\s+[^;(]*?\b(fv_\w+)\(([^;]*)\);/gm)]
    .map(([, name, list]) => [name, list.trim() === 'void' ? 0 : list.split(',').length]));
/** FV_NAME -> value */
const constants = new Map([...headerText.matchAll(/\b(FV_\w+)\s*=\s*(-?\d+)/g)].map(([, name, value]) => [name, Number(value)]));

/** @type {Record<string, () => string | Promise<string>>} */
const checks = {
    'the core allocates nothing, prints nothing, keeps nothing': coreIsPure,
    'headers compile alone, as C99 and as C++': headersStandAlone,
    'headers and binary declare the same functions': binaryAgrees,
    'the library calls what the headers declare': callsAgree,
    'option tables hold the numbers of the enums': tablesAgree,
    'one noun, one room': rooms,
    'package.json exports what exists': exportsExist,
    'no code from strings': noEval,
    [`no file above ${LINES} lines`]: shortFiles,
    sizes,
};

let failures = 0;
for (const [name, check] of Object.entries(checks)) {
    try {
        console.log(`ok    ${name}: ${await check()}`);
    } catch (error) {
        failures++;
        console.log(`FAIL  ${name}\n      ${(error instanceof Error ? error.message : String(error)).replaceAll('\n', '\n      ')}`);
    }
}
console.log(`check: ${Object.keys(checks).length - failures} of ${Object.keys(checks).length} hold`);
process.exitCode = failures ? 1 : 0;

/** In LLVM's own words: a writable global is a `global`, a read-only one a `constant`, what is not ours a `declare`. */
function coreIsPure() {
    const sources = files('src', '.c');
    mkdirSync(WORK, { recursive: true });
    execFileSync(findEmscripten() ?? 'emcc', ['-O2', '-std=gnu11', '-msimd128', '-mnontrapping-fptoint', '-Wno-everything', '-S', '-emit-llvm',
        `-I${resolve('include')}`, ...sources.map((file) => resolve(file))], { cwd: WORK, stdio: 'pipe' });
    refuse(sources.flatMap((file) => {
        const code = text(join(WORK, `${basename(file, '.c')}.ll`));
        const writable = [...code.matchAll(/^@([\w.]+) = (?:\w+ )*?(?:thread_local\S* )?(?:\w+ )*?global /gm)].map(([, name]) => name)
            .filter((name) => !name.startsWith('llvm.')).map((name) => `${file}: writable ${name}`);
        const foreign = [...code.matchAll(/^declare [^@]*@([\w.$"]+)\(/gm)].map(([, name]) => name).filter((name) => !ALLOWED.test(name));
        return [...writable, ...foreign.map((name) => `${file}: calls ${name}`)];
    }));
    return `${sources.length} sources`;
}

function headersStandAlone() {
    const languages = [['-xc', '-std=c99'], ['-xc++', '-std=c++11']];
    refuse(headers.flatMap((header) => languages.flatMap((language) => {
        const { status, stderr, error } = spawnSync(process.env.CLANG ?? 'clang', [...language, '-pedantic', '-Wall', '-Wextra', '-Werror',
            '-fsyntax-only', '-Iinclude', '-include', header, '/dev/null'], { encoding: 'utf8' });
        return status === 0 ? [] : [error?.message ?? stderr];
    })));
    return `${headers.length} headers`;
}

async function binaryAgrees() {
    const { exports } = await instance();
    const names = Object.keys(exports).filter((name) => name.startsWith('fv_'));
    refuse([
        ...names.filter((name) => !declared.has(name)).map((name) => `${name} is exported, no header declares it`),
        ...[...declared.keys()].filter((name) => !names.includes(name)).map((name) => `${name} is declared, the binary lacks it`),
        // A wasm function's length is the number of its parameters.
        ...[...declared].map(([name, count]) => ({ name, count, got: /** @type {Function} */ (exports[name])?.length }))
            .filter(({ count, got }) => got !== undefined && got !== count)
            .map(({ name, count, got }) => `${name} has ${count} parameters in its header, ${got} in the binary`),
    ]);
    return `${names.length} functions`;
}

/** Everything the binary asks of its host, answered by a stub: nothing is called here. */
async function instance() {
    const module = await WebAssembly.compile(readFileSync('js/fovea.wasm'));
    /** @type {Record<string, Record<string, WebAssembly.ImportValue>>} */
    const imports = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
        if (kind !== 'function') throw new Error(`the binary imports a ${kind}, ${from}.${name}`);
        (imports[from] ??= {})[name] = () => 0;
    }
    const foreign = Object.keys(imports.wasi_snapshot_preview1 ?? {});
    if (foreign.length) throw new Error(`stdio or exit came into the binary: it imports ${foreign.join(', ')}`);
    return WebAssembly.instantiate(module, imports);
}

function callsAgree() {
    const called = new Set(library.flatMap((file) => [...withoutComments(text(file)).matchAll(/\bfv_\w+/g)].map(([name]) => name)));
    refuse([
        ...[...called].filter((name) => !declared.has(name)).map((name) => `js/ calls ${name}, no header declares it`),
        ...[...declared.keys()].filter((name) => !called.has(name)).map((name) => `${name} is declared, js/ never calls it`),
    ]);
    return `${called.size} functions`;
}

/** The convention: an object literal after a comment that says `@abi FV_PREFIX_` mirrors the constants of that prefix. */
function tablesAgree() {
    const tables = library.flatMap((file) => [...text(file).matchAll(/@abi (FV_\w*_)\b[^/]*\*\/[^{;]*\{([^}]*)\}/g)]
        .map(([, prefix, body]) => ({ prefix, name: `${file}: ${prefix}*`, body: withoutComments(body) })));
    const owner = (/** @type {string} */ constant) => tables.filter(({ prefix }) => constant.startsWith(prefix))
        .sort((a, b) => b.prefix.length - a.prefix.length)[0];
    refuse([
        ...[...constants.keys()].filter((name) => !owner(name)).map((name) => `${name} is in no table of js/`),
        ...tables.flatMap(({ prefix, name, body }) => {
            const got = new Map([...body.matchAll(/['"]?([\w-]+)['"]?\s*:\s*\[?\s*(-?\d+)/g)]
                .map(([, key, value]) => [prefix + key.replace(/(?<=[a-z])-?(?=[A-Z])|-/g, '_').toUpperCase(), Number(value)]));
            const wanted = [...constants].filter(([constant]) => owner(constant)?.prefix === prefix);
            return [
                ...wanted.filter(([key, value]) => got.get(key) !== value).map(([key, value]) => `${name}: ${key} is ${value}, here ${got.get(key)}`),
                ...[...got.keys()].filter((key) => !constants.has(key)).map((key) => `${name}: no header has ${key}`),
            ];
        }),
    ]);
    return `${tables.length} tables, ${constants.size} constants`;
}

function rooms() {
    const nouns = headers.map((file) => basename(file, '.h')).filter((noun) => noun !== 'core');
    refuse(nouns.flatMap((noun) => [`src/${noun}.c`, `js/${noun}.js`, `tests/${noun}.test.js`])
        .filter((file) => !existsSync(file)).map((file) => `${file} is missing`));
    return nouns.join(', ');
}

function exportsExist() {
    /** @type {{ exports: Record<string, string | Record<string, string>>, files: string[] }} */
    const { exports } = JSON.parse(text('package.json'));
    const targets = Object.values(exports).flatMap((entry) => typeof entry === 'string' ? [entry] : Object.values(entry));
    // The declarations are made for the package only; each comes from the module of its name.
    refuse(targets.map((file) => file.replace(/^\.\/types\/(.*)\.d\.ts$/, './js/$1.js'))
        .filter((file) => !existsSync(file)).map((file) => `${file} is missing`));
    return Object.keys(exports).join(', ');
}

function noEval() {
    refuse(library.filter((file) => /\beval\(|\bnew Function\b/.test(withoutComments(text(file)))));
    return `${library.length} modules`;
}

function shortFiles() {
    const all = [...headers, ...files('src', '.c'), ...files('src', '.h'), ...library, ...files('web', '.js'), ...files('web', '.css'), ...files('web', '.html')];
    const length = (/** @type {string} */ file) => text(file).trimEnd().split('\n').length;
    refuse(all.filter((file) => length(file) > LINES).map((file) => `${file}: ${length(file)} lines`));
    return `${all.length} files, the longest has ${Math.max(...all.map(length))} lines`;
}

/** A bundler takes only what a program uses: of the whole library, or of what detection needs. */
function sizes() {
    /** @param {string | Uint8Array} contents */
    const gzipped = (contents) => gzipSync(contents, { level: 9 }).length;
    /** @param {string} contents */
    const bundled = (contents) => gzipped(buildSync({
        stdin: { contents, resolveDir: '.' }, bundle: true, minify: true, format: 'esm', target: 'es2022', external: ['node:*', '@tensorflow/*'],
        write: false, logLevel: 'silent',
    }).outputFiles[0].contents);
    const found = {
        'fovea.wasm': gzipped(readFileSync('js/fovea.wasm')),
        'fovea for detection': bundled(`export {${DETECTION.split(' ')}} from './js/index.js'`),
        'all of fovea': bundled("export * from './js/index.js'"),
        ...Object.fromEntries(['draw', 'camera', 'tfjs'].map((name) => [`fovea/${name}`, bundled(`export * from './js/${name}.js'`)])),
    };
    const told = Object.entries(LIMITS).map(([name, limit]) => ({ name, limit, bytes: found[/** @type {keyof typeof found} */ (name)] }));
    refuse(told.filter(({ bytes, limit }) => !(bytes <= limit)).map(({ name, bytes, limit }) => `${name} is ${bytes} bytes gzipped, the limit is ${limit}`));
    return `gzipped, ${told.map(({ name, bytes, limit }) => `${name} ${bytes} of ${limit}`).join(', ')}`;
}

/** @param {string[]} complaints */
function refuse(complaints) {
    if (complaints.length) throw new Error(complaints.join('\n'));
}

/** @param {string} folder @param {string} extension */
function files(folder, extension) {
    return readdirSync(folder).filter((name) => name.endsWith(extension)).sort().map((name) => `${folder}/${name}`);
}

/** @param {string} file */
function text(file) {
    return readFileSync(file, 'utf8');
}

/** @param {string} code */
function withoutComments(code) {
    return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*/g, '');
}
