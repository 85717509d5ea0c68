/** The demo, served by Vite and open in Chromium, with an eye on everything that it must not do. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { launchChromium } from './chromium.js';

/** @param {string} path inside the repository */
export const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const OUTPUT = at('tests/output/');

/** @typedef {ReturnType<typeof import('../web/report.js').record>} Seen what the demo tells of one frame */

/** @param {string[]} [flags] of Chromium */
export async function startDemo(flags) {
    mkdirSync(OUTPUT, { recursive: true });
    const server = await createServer({ configFile: at('web/vite.config.js'), server: { port: 0, host: '127.0.0.1', hmr: false }, logLevel: 'error' });
    await server.listen();
    const browser = await launchChromium(flags);
    const base = /** @type {string} */ (server.resolvedUrls?.local[0]);
    return {
        base,
        /** @param {string} [query] @param {import('playwright-core').BrowserContextOptions} [options] */
        open: (query = '', options = {}) => openDemo(browser, base, query, options),
        async close() {
            await browser.close();
            await server.close();
        },
    };
}

/**
 * @param {import('playwright-core').Browser} browser @param {string} base @param {string} query
 * @param {import('playwright-core').BrowserContextOptions} options
 */
export async function openDemo(browser, base, query, options) {
    const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, acceptDownloads: true, ...options });
    const page = await context.newPage();
    /** @type {string[]} whatever a clean run has none of */
    const offences = [];
    /** @type {Seen[]} */
    const seen = [];
    const local = new URL(base).host;
    context.on('request', (request) => {
        const url = new URL(request.url());
        if (!['blob:', 'data:'].includes(url.protocol) && url.host !== local) offences.push(`request to ${url.href}`);
    });
    page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') offences.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => offences.push(`uncaught: ${error.message}`));
    await page.exposeFunction('tellSeen', (/** @type {Seen} */ detail) => seen.push(detail));
    await page.addInitScript(() => {
        document.addEventListener('seen', (event) => /** @type {any} */ (globalThis).tellSeen(/** @type {CustomEvent} */ (event).detail));
        document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    await page.goto(base + query);

    /**
     * The next frame's record that fits.
     * @param {(seen: Seen) => boolean} [fits] @param {number} [seconds]
     * @returns {Promise<Seen>}
     */
    async function next(fits = () => true, seconds = 40) {
        const end = Date.now() + 1000 * seconds;
        for (let i = 0; ; i++) {
            while (i >= seen.length) {
                const trouble = await page.textContent('#trouble:not([hidden])', { timeout: 50 }).catch(() => '');
                if (trouble) throw new Error(`the demo says: ${trouble}`);
                if (Date.now() > end) throw new Error(`no such frame in ${seconds} s; last: ${JSON.stringify(seen.at(-1))?.slice(0, 600)}; ${offences.join('; ')}`);
                await page.waitForTimeout(50);
            }
            if (fits(seen[i])) return seen.splice(0, i + 1)[i];
        }
    }

    return { page, context, offences, seen, next, close: () => context.close() };
}
