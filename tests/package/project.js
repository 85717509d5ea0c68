/** Projects of users-to-be: the packed tarball, installed as npm does it, in folders far from this repository. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const exec = promisify(execFile);
export const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const QUIET = ['--offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** @typedef {{ folder: string, packed: string[], size: number }} Store */

/**
 * Packs the repository and installs the tarball into an empty project.
 * @returns {Promise<Store>} `packed`: the names of the files in the tarball; `size` in bytes
 */
export async function pack() {
    const folder = mkdtempSync(join(tmpdir(), 'fovea-package-'));
    const { stdout } = await npm(['pack', '--json', '--foreground-scripts=false', '--pack-destination', folder], root);
    const [{ filename, files, size }] = JSON.parse(stdout);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'store', private: true }));
    await npm(['install', ...QUIET, join(folder, filename)], folder);
    return { folder, packed: files.map((/** @type {{ path: string }} */ { path }) => path), size };
}

/**
 * A project made of a fixture, the shared program and the installed package.
 * @param {Store} store
 * @param {string} name the project's
 * @param {string} [fixture] whose files it starts from
 */
export function project({ folder }, name, fixture = name) {
    const home = join(folder, name);
    cpSync(join(fixtures, fixture), home, { recursive: true });
    cpSync(join(fixtures, 'program.js'), join(home, 'program.js'));
    mkdirSync(join(home, 'node_modules'));
    cpSync(join(folder, 'node_modules/fovea'), join(home, 'node_modules/fovea'), { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name, private: true, type: 'module', dependencies: { fovea: '*' } }));
    return home;
}

/** @param {Store} store */
export const remove = ({ folder }) => rmSync(folder, { recursive: true, force: true });

/**
 * Runs a script in a project, in a Node of its own; answers what it printed.
 * @param {string} home
 * @param {string[]} args
 */
export async function script(home, ...args) {
    return (await exec(process.execPath, args, { cwd: home, timeout: 60_000 })
        .catch((error) => { throw new Error(`${error.message}\n${error.stdout}`, { cause: error }); })).stdout;
}

/** The same, of what a script printed as JSON. @param {string} home @param {string[]} args */
export const node = async (home, ...args) => JSON.parse(await script(home, ...args));

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/**
 * As plain a web server as there is, and as strict a policy as the library can live with.
 * @param {string} home
 * @param {Record<string, string>} [types] content types by extension, over the usual ones
 */
export async function serve(home, types = {}) {
    const server = createServer((request, response) => {
        const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
        const file = join(home, path.endsWith('/') ? `${path}index.html` : path);
        try {
            const body = readFileSync(file);
            response.writeHead(200, {
                'content-type': { ...TYPES, ...types }[extname(file)] ?? 'application/octet-stream',
                'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; img-src data:",
            }).end(body);
        } catch {
            response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html>Not found');
        }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return { url: `http://127.0.0.1:${port}/`, close: () => { server.closeAllConnections(); server.close(); } };
}

/** @param {string[]} args @param {string} cwd */
function npm(args, cwd) {
    const cli = process.env.npm_execpath;
    const options = { cwd, maxBuffer: 1 << 26 };
    return cli?.endsWith('.js') ? exec(process.execPath, [cli, ...args], options) : exec('npm', args, { ...options, shell: process.platform === 'win32' });
}
