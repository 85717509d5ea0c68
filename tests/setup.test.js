/** What set-up says and does before anything is there; what it installs is proved by every fresh clone. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findChromium } from '../tools/chromium.js';
import { COMMANDS, findEmscripten, NEEDS } from '../tools/needs.js';

const SETUP = fileURLToPath(new URL('../tools/setup.js', import.meta.url));
const bare = mkdtempSync(join(tmpdir(), 'fovea-setup-'));
after(() => rmSync(bare, { recursive: true, force: true }));

/**
 * @param {string} command
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
const setUp = (command, env) => new Promise((resolve) => execFile(process.execPath, [SETUP, command], { env: { ...process.env, ...env } },
    (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr })));

test('the second time, nothing is done and nothing is said', async () => {
    await setUp('test', {});
    assert.deepEqual(await setUp('test', {}), { code: 0, stdout: '', stderr: '' });
});

test('without the tools and without apt-get, one line says what to install', async () => {
    const { code, stdout, stderr } = await setUp('build', { PATH: bare, EMCC: '', EMSDK: '' });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^setup: make, Emscripten missing; .*Emscripten.*\n$/i);
});

test('FOVEA_NO_APT leaves the system alone and says which command it would have run', async () => {
    writeFileSync(join(bare, 'apt-get'), '#!/bin/sh\necho apt-get was called >&2\nexit 9\n', { mode: 0o755 });
    const { code, stderr } = await setUp('build', { PATH: bare, EMCC: '', EMSDK: '', FOVEA_NO_APT: '1' });
    assert.equal(code, 1);
    assert.match(stderr, /^setup: make, Emscripten missing; (please run: apt-get install make emscripten|for make, Emscripten: .*)\n$/);
});

test('an unknown command is named with those that there are', async () => {
    const { code, stderr } = await setUp('dance', {});
    assert.deepEqual([code, stderr], [1, 'setup: expected one of build, models, start, bench, test; got dance\n']);
});

test('every command needs only what can be found and installed', () => {
    for (const { needs } of Object.values(COMMANDS)) for (const need of needs) assert.ok(NEEDS[need]?.apt.length, need);
});

test('an Emscripten too old, or broken, is none', (t) => {
    const saved = { ...process.env };
    t.after(() => Object.assign(process.env, saved));
    const emcc = join(bare, 'emcc');
    writeFileSync(emcc, '#!/bin/sh\necho emcc 3.1.5\n', { mode: 0o755 });
    Object.assign(process.env, { PATH: bare, EMCC: emcc, EMSDK: '' });
    /** @type {[string, boolean][]} */
    const versions = [['3.1.5', false], ['3.1.6', true], ['2.9.99', false], ['3.2.0', true], ['4.0.1', true], ['"3.1.10"', true], ['nonsense', false]];
    for (const [version, good] of versions) {
        writeFileSync(join(bare, 'emscripten-version.txt'), version);
        assert.equal(findEmscripten(), good ? emcc : undefined, version);
    }
    rmSync(join(bare, 'emscripten-version.txt'));
    assert.equal(findEmscripten(), undefined);
});

test('$CHROME is believed only when it runs', (t) => {
    const saved = process.env.CHROME;
    t.after(() => saved === undefined ? delete process.env.CHROME : process.env.CHROME = saved);
    process.env.CHROME = join(bare, 'no-such-browser');
    assert.equal(findChromium(), undefined);
    process.env.CHROME = process.execPath;
    assert.equal(findChromium(), process.execPath);
});
