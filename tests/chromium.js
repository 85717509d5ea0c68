/** The one browser of all tests: real Chromium, headless, that can reach nothing but this machine. */
import { chromium } from 'playwright-core';
import { findChromium } from '../tools/chromium.js';

const FLAGS = [
    '--disable-gpu', '--disable-quic', '--no-first-run', '--no-default-browser-check', '--disable-background-networking',
    '--disable-component-update', '--disable-default-apps', '--disable-domain-reliability', '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/**
 * Flags that make `file` (a .mjpeg or .y4m) the webcam of every page.
 * @param {string} file absolute
 */
export const fakeCamera = (file) => [
    '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`,
];

/**
 * @param {string[]} [args] further flags, fakeCamera(file) for instance
 * @returns a Playwright browser; the caller closes it
 */
export async function launchChromium(args = []) {
    const executablePath = findChromium();
    if (!executablePath) throw new Error('no Chrome or Chromium: install one, or name it in $CHROME');
    return chromium.launch({ executablePath, args: [...FLAGS, ...args] });
}
