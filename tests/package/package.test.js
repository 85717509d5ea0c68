/** The packed tarball, in the hands of every kind of user. Nothing here sees this repository's sources. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build as esbuild } from 'esbuild';
import { build, createServer, preview } from 'vite';
import webpack from 'webpack';
import { launchChromium } from '../chromium.js';
import { node, pack, project, remove, root, script, serve } from './project.js';

/** Bytes the tarball may have: a stray picture or network would show. What its parts may have is in tools/check.js. */
const LARGEST = 400_000;

/** Worked by hand: the second box covers a third of what it and the first cover; the third stands alone. */
const ANSWER = {
    iou: [[3, 3], .3333],
    kept: [1, 2],
    tensor: [[1, 3, 1, 2], [255, 0, 0, 255, 51, 102]],
    view: [1, 0, 0, 0, 1, 0],
};

/** @type {import('./project.js').Store} */
let store;
/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
    store = await pack();
    browser = await launchChromium();
});

after(async () => {
    await browser?.close();
    if (store) remove(store);
});

describe('the tarball', () => {
    test('holds JavaScript, wasm, types, headers, README and licence, and nothing else', () => {
        const kinds = /^(js\/\w+\.js|js\/fovea\.wasm|types\/\w+\.d\.ts|include\/fovea\/\w+\.h|README\.md|LICENSE|package\.json)$/;
        assert.deepEqual(store.packed.filter((file) => !kinds.test(file)), []);
        for (const file of ['js/fovea.wasm', 'README.md', 'LICENSE', 'include/fovea/core.h']) assert.ok(store.packed.includes(file), file);
        assert.ok(store.size < LARGEST, `${store.size} bytes`);
    });

    test('has the types of each module, and of no other', () => {
        const modules = readdirSync(join(root, 'js')).filter((file) => file.endsWith('.js')).map((file) => file.slice(0, -3)).sort();
        const named = (/** @type {RegExp} */ pattern) => store.packed.map((file) => pattern.exec(file)?.[1]).filter(Boolean).sort();
        assert.deepEqual(named(/^js\/(\w+)\.js$/), modules);
        assert.deepEqual(named(/^types\/(\w+)\.d\.ts$/), modules);
    });

    test('type-checks in a strict TypeScript program', async () => {
        await script(project(store, 'types'), join(root, 'node_modules/typescript/bin/tsc'), '-p', '.');
    });
});

describe('Node', () => {
    test('imports it and finds the wasm by itself', async () => {
        assert.deepEqual(await node(project(store, 'node-esm', 'node'), 'main.js'), ANSWER);
    });

    test('takes the bytes of fovea/fovea.wasm', async () => {
        assert.deepEqual(await node(project(store, 'node-bytes', 'node'), 'main.js', 'bytes'), ANSWER);
    });

    test('imports it from CommonJS', async () => {
        assert.deepEqual(await node(project(store, 'node-cjs', 'node'), 'main.cjs'), ANSWER);
    });

    test('rendering on a server, imports it without touching, starting or fetching anything', async () => {
        assert.deepEqual(await node(project(store, 'server'), 'main.js'), { touched: [], globals: [], running: [], exports: [true, true, true] });
    });

    test('rendering with Vite, imports it too', async () => {
        const home = project(store, 'vite-ssr', 'server');
        await build({ root: home, configFile: false, logLevel: 'error', build: { ssr: 'program.js' }, ssr: { noExternal: true } });
        const server = await createServer({ root: home, configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false }, appType: 'custom' });
        try {
            const { program } = await server.ssrLoadModule('/program.js');
            const fovea = await server.ssrLoadModule('fovea');
            assert.deepEqual(await program(fovea), ANSWER);
        } finally {
            await server.close();
        }
    });
});

describe('a page and its module worker', () => {
    test('as plain modules, under a strict content security policy', async () => {
        await served(project(store, 'page'));
    });

    test('as plain modules, from a server that has never heard of wasm', async () => {
        await served(project(store, 'page-mime', 'page'), { '.wasm': 'application/octet-stream' });
    });

    test('with Vite in development', async () => {
        const server = await createServer({ root: project(store, 'vite-dev', 'bundled'), configFile: false, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
        try {
            await server.listen();
            await answers(server.resolvedUrls?.local[0] ?? '');
        } finally {
            await server.close();
        }
    });

    test('built by Vite', async () => {
        const home = project(store, 'vite-build', 'bundled');
        await build({ root: home, configFile: false, logLevel: 'error' });
        const server = await preview({ root: home, configFile: false, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
        try {
            await answers(server.resolvedUrls?.local[0] ?? '');
        } finally {
            await server.close();
        }
    });

    test('built by webpack, without a warning', async () => {
        const home = project(store, 'webpack', 'bundled');
        const compiler = webpack({
            context: home, entry: './main.js', mode: 'production', output: { path: home, filename: 'main.js', publicPath: 'auto' },
            performance: { hints: false }, // it counts bytes before compression; ours are in tools/check.js
        });
        const stats = await promised((done) => compiler.run(done));
        await promised((done) => compiler.close(done));
        assert.equal(stats?.toString({ all: false, errors: true, warnings: true }), '');
        await served(home);
    });

    test('built by esbuild, which is told to treat wasm as a file', async () => {
        const home = project(store, 'esbuild');
        const { warnings } = await esbuild({
            absWorkingDir: home, entryPoints: ['main.js', 'worker.js'], outdir: 'dist', bundle: true, format: 'esm', loader: { '.wasm': 'file' }, logLevel: 'silent',
        });
        assert.deepEqual(warnings, []);
        await served(home);
    });
});

/** @param {string} home @param {Record<string, string>} [types] */
async function served(home, types) {
    const server = await serve(home, types);
    try {
        await answers(server.url);
    } finally {
        server.close();
    }
}

/**
 * Opens the page and compares what it and its worker found; no error may be on the console, no request may fail.
 * @param {string} url
 */
async function answers(url) {
    const page = await browser.newPage();
    /** @type {string[]} */
    const trouble = [];
    page.on('pageerror', (error) => trouble.push(String(error)));
    page.on('console', (message) => { if (message.type() === 'error') trouble.push(message.text()); });
    page.on('response', (response) => { if (response.status() >= 400) trouble.push(`${response.status()} ${response.url()}`); });
    try {
        await page.goto(url);
        const got = await page.waitForFunction('globalThis.answers', null, { timeout: 20_000 })
            .then(() => page.evaluate('globalThis.answers'))
            .catch((error) => assert.fail([error.message, ...trouble].join('\n')));
        assert.deepEqual(got, [ANSWER, ANSWER, ['function', 'function']]);
        assert.deepEqual(trouble, []);
    } finally {
        await page.close();
    }
}

/**
 * @template T
 * @param {(done: (error: Error | null | undefined, result?: T) => void) => void} start
 * @returns {Promise<T | undefined>}
 */
function promised(start) {
    return new Promise((resolve, reject) => start((error, result) => error ? reject(error) : resolve(result)));
}
