/** Where the Chrome or Chromium of this machine is. Plain Node: set-up runs it before anything is installed. */
import { accessSync, constants, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const APPS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];
const CACHES = ['.cache/ms-playwright', 'Library/Caches/ms-playwright', 'AppData/Local/ms-playwright'];
const INSIDE = ['chrome-linux64/chrome', 'chrome-linux/chrome', 'chrome-mac/Chromium.app/Contents/MacOS/Chromium', 'chrome-win/chrome.exe'];

/** @param {string} file */
const runs = (file) => {
    try { accessSync(file, constants.X_OK); return true; } catch { return false; }
};

/** @param {string} name */
export const onPath = (name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)).find(runs);

/** @returns {string | undefined} the executable: $CHROME, then the PATH, then what Playwright downloaded */
export function findChromium() {
    if (process.env.CHROME) return runs(process.env.CHROME) ? process.env.CHROME : onPath(process.env.CHROME);
    const caches = [process.env.PLAYWRIGHT_BROWSERS_PATH ?? '', ...CACHES.map((folder) => join(homedir(), folder))];
    return NAMES.map(onPath).find(Boolean) ?? APPS.find(runs) ?? caches.flatMap(downloads).find(runs);
}

/** @param {string} cache */
function downloads(cache) {
    try {
        const builds = readdirSync(cache).filter((name) => /^chromium-\d+$/.test(name)).sort().reverse();
        return builds.flatMap((build) => INSIDE.map((file) => join(cache, build, file)));
    } catch {
        return [];
    }
}
