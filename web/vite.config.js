import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { FILES, navigation } from './pages.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** Nothing leaves the machine: pages, workers and wasm come from this server, and nothing else may be reached. */
const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
].join('; ');

// The header also binds the worker, which a page's <meta> does not; the <meta> binds the built page on any static host.
const headers = { 'Content-Security-Policy': `${policy}; frame-ancestors 'none'`, 'Referrer-Policy': 'no-referrer' };

const screen = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;

export default defineConfig({
    root: here('.'),
    base: './',
    cacheDir: here('../node_modules/.vite'),
    server: { headers, open: Boolean(screen && process.env.npm_lifecycle_event === 'start' && !process.env.CI), fs: { allow: [here('..')] } },
    preview: { headers },
    optimizeDeps: {
        include: ['comlink', '@tensorflow/tfjs-core', '@tensorflow/tfjs-converter', '@tensorflow/tfjs-backend-wasm', 'onnxruntime-web/wasm'],
        exclude: ['@litertjs/core'],
    },
    worker: { format: 'es' },
    build: {
        target: 'es2022',
        emptyOutDir: true,
        assetsInlineLimit: 0,
        chunkSizeWarningLimit: 1000,
        modulePreload: { polyfill: false },
        rollupOptions: { input: FILES.map(here) },
    },
    plugins: [{
        name: 'content-security-policy',
        transformIndexHtml: () => [{ tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' }],
    }, {
        name: 'navigation',
        transformIndexHtml: { order: 'pre', handler: (html, { filename }) => html.replace('<!-- pages -->', navigation(basename(filename))) },
    }],
});
