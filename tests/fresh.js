import {cp, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

/**
 * The library as a program that has just started sees it: not loaded, its memory as small as it can be.
 *
 * @param {import('node:test').TestContext} t removes it
 * @returns {Promise<typeof import('../js/index.js') & typeof import('../js/wasm.js')>} everything of index.js and wasm.js
 */
export async function freshLibrary(t) {
    const folder = await mkdtemp(join(tmpdir(), 'fovea-'));
    t.after(() => rm(folder, {recursive: true}));
    await cp(new URL('../js', import.meta.url), folder, {recursive: true});
    const load = (/** @type {string} */ name) => import(pathToFileURL(join(folder, name)).href);
    return {...await load('index.js'), ...await load('wasm.js')};
}
