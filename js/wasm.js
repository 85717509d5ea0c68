/**
 * The binding: the only file that sees the wasm memory. Places buffers, copies in, calls, copies out.
 *
 * The core never allocates, so the memory past its data is ours: one arena, a bump pointer, empty again after
 * each call. Pointers stay valid when the memory grows; views do not, so each view is made where it is used.
 */

/** @typedef {string | URL | Response | Promise<Response> | BufferSource | WebAssembly.Module} WasmSource */
/** @typedef {Float32Array | Float64Array | Int32Array | Int8Array | Uint16Array | Uint8Array | Uint8ClampedArray} Data */

const ERRORS = /** @abi FV_E_ */ {
    NULL: [-1, 'a required buffer is missing'],
    SHAPE: [-2, 'a size is out of range'],
    VALUE: [-3, 'an option is out of range'],
    CAPACITY: [-4, 'an output buffer is too small'],
};

/** An error of the core, of the loader, or of a lent view; `code` is a short, stable name. */
export class FoveaError extends Error {
    /** @param {string} code @param {string} message */
    constructor(code, message) {
        super(message);
        this.name = 'FoveaError';
        /** @type {string} */
        this.code = code;
    }
}

/** @type {Promise<void> | undefined} */
let loading;
/** @type {Record<string, any> | undefined} */
let core;
let base = 0;
let top = 0;
/** @type {Set<Block>} */
const active = new Set();
let lent = false;

/**
 * Load the core. Await it once, before anything else is called; calling it again does nothing.
 *
 * @param {WasmSource} [source] default: the fovea.wasm beside this module. In a Worker, a
 *   `WebAssembly.Module` compiled elsewhere spares a second compilation.
 * @returns {Promise<void>}
 * @throws {FoveaError} `LOAD`: what was found is not fovea.wasm
 */
export function init(source) {
    loading ??= load(source).catch((error) => {
        loading = undefined;
        throw error;
    });
    return loading;
}

/** @param {WasmSource} [source] */
async function load(source) {
    const module = await compile(source);
    const stub = () => 52; // ENOSYS; a zero would make some C libraries retry for ever
    const {exports} = await WebAssembly.instantiate(module, {
        env: {emscripten_notify_memory_growth() {}},
        wasi_snapshot_preview1: {proc_exit: stub, fd_write: stub, fd_close: stub, fd_seek: stub},
    }).catch(refused);
    const loaded = /** @type {Record<string, any>} */ (exports);
    if (!loaded.memory || !loaded.__heap_base) throw new FoveaError('LOAD', 'the wasm module loaded is not fovea.wasm');
    loaded._initialize?.();
    base = top = align(loaded.__heap_base.value);
    core = loaded;
}

/** @param {WasmSource} [source] @returns {Promise<WebAssembly.Module>} */
async function compile(source = new URL('./fovea.wasm', import.meta.url)) {
    if (source instanceof WebAssembly.Module) return source;
    if (typeof source === 'string' || source instanceof URL) {
        const url = new URL(source, globalThis.location?.href);
        if (url.protocol === 'file:') {
            const fs = 'node:fs/promises'; // a variable, so that no bundler tries to resolve it
            const {readFile} = await import(/* webpackIgnore: true */ /* @vite-ignore */ fs);
            source = await readFile(url);
        } else {
            source = fetch(url);
        }
    }
    const found = await source;
    if (typeof Response !== 'undefined' && found instanceof Response) {
        if (!found.ok) throw new FoveaError('LOAD', `fovea.wasm: HTTP ${found.status} from ${found.url}`);
        return compileBytes(await found.arrayBuffer(), found.url);
    }
    return compileBytes(/** @type {BufferSource} */ (found), 'the bytes given');
}

/** @param {BufferSource} source @param {string} from */
async function compileBytes(source, from) {
    if (!(source instanceof ArrayBuffer || ArrayBuffer.isView(source))) {
        throw new TypeError('init: expected a URL, a Response, bytes or a WebAssembly.Module');
    }
    const bytes = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
    if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d) {
        const html = bytes[0] === 0x3c ? ' (it is HTML: the server answered with a page, so the path is wrong)' : '';
        throw new FoveaError('LOAD', `fovea.wasm: ${from} is not WebAssembly${html}`);
    }
    return WebAssembly.compile(/** @type {BufferSource} */ (bytes)).catch(refused);
}

/** @param {Error} error @returns {never} */
function refused(error) {
    throw new FoveaError('LOAD', `fovea.wasm: ${error.message}`);
}

/** @returns {{bytes: number}} wasm memory held; it grows to what the largest call needs and stays */
export function memory() {
    return {bytes: ready().memory.buffer.byteLength};
}

/** @returns {Record<string, any>} */
function ready() {
    if (!core) throw new FoveaError('NOT_READY', 'fovea is not loaded: await init() first');
    return core;
}

/** @param {number} bytes */
function align(bytes) {
    return (bytes + 15) & ~15;
}

const LIMIT = 2 ** 31 - 65536;

/** Refuse what no call can hold, before anything is allocated for it. @param {number} bytes @param {number} [end] where they would end */
export function checkRoom(bytes, end = bytes) {
    if (!(end <= LIMIT)) throw new FoveaError('MEMORY', `fovea: ${bytes} bytes are more than wasm memory can hold`);
}

/** The memory of one call; made by `withBlock`. */
export class Block {
    /** where its last buffer ends */
    end = top;

    /**
     * Room for `bytes`, aligned to 16; what is in it is undefined.
     *
     * @param {number} bytes
     * @returns {number} pointer
     */
    space(bytes) {
        const {memory: heap} = ready();
        const ptr = top;
        const end = ptr + Math.ceil(bytes / 16) * 16;
        checkRoom(bytes, end);
        const missing = end - heap.buffer.byteLength;
        if (missing > 0) {
            try {
                heap.grow(Math.ceil(missing / 65536));
            } catch {
                throw new FoveaError('MEMORY', `fovea: cannot get ${missing} more bytes of wasm memory`);
            }
        }
        top = this.end = end;
        return ptr;
    }

    /** Copy an array in. @param {Data} array @returns {number} pointer */
    input(array) {
        const {length} = array;
        const ptr = this.space(array.byteLength);
        if (array.length !== length) throw new FoveaError('LENT', 'fovea: the memory grew while this array of it was lent');
        if (length) this.view(ptr, /** @type {any} */ (array.constructor), length).set(array);
        return ptr;
    }

    /**
     * Call the core.
     *
     * @param {string} name
     * @param {...number} args
     * @returns {number} its result, >= 0
     * @throws {FoveaError} whose code is the core's
     */
    call(name, ...args) {
        const result = ready()[name](...args);
        if (result < 0) {
            const [code, [, text]] = Object.entries(ERRORS).find(([, [n]]) => n === result) ?? [`${result}`, [0, 'failed']];
            throw new FoveaError(code, `${name}: ${text}`);
        }
        return result;
    }

    /**
     * The memory itself; use at once, it dies when the memory grows.
     *
     * @template T
     * @param {number} ptr
     * @param {new (buffer: ArrayBuffer, offset: number, length: number) => T} Type
     * @param {number} length
     * @returns {T}
     */
    view(ptr, Type, length) {
        return new Type(ready().memory.buffer, ptr, length);
    }

    /**
     * Copy out.
     *
     * @template {Data} T
     * @param {number} ptr
     * @param {T} into filled
     * @returns {T} `into`
     */
    output(ptr, into) {
        into.set(this.view(ptr, /** @type {any} */ (into.constructor), into.length));
        return into;
    }

    /**
     * Lend memory to a callback: it gets a view that is detached when it returns, or when its promise settles, so
     * that a view kept has length 0 and `set` on it throws. One loan at a time.
     *
     * @template T, R
     * @param {number} ptr
     * @param {new (buffer: ArrayBuffer, offset: number, length: number) => T} Type
     * @param {number} length
     * @param {(view: T) => R} use
     * @returns {R}
     */
    lend(ptr, Type, length, use) {
        if (lent) throw new FoveaError('LENT', 'fovea: memory is lent already; wait until that callback has finished');
        lent = true;
        return finish(() => use(this.view(ptr, Type, length)), () => {
            lent = false;
            ready().memory.grow(0); // detaches every view
        });
    }
}

/**
 * Run `body`, then `end`: at once, or when the promise that body returned has settled.
 *
 * @template R
 * @param {() => R} body
 * @param {() => void} end
 * @returns {R}
 */
function finish(body, end) {
    let later = false;
    try {
        const result = body();
        if (typeof (/** @type {any} */ (result)?.then) !== 'function') return result;
        later = true;
        return /** @type {any} */ (Promise.resolve(result).finally(end));
    } finally {
        if (!later) end();
    }
}

/**
 * Run `body` with memory of its own, given back when it returns or when its promise settles.
 *
 * @template R
 * @param {(block: Block) => R} body
 * @returns {R}
 */
export function withBlock(body) {
    ready();
    const block = new Block();
    active.add(block);
    return finish(() => body(block), () => {
        active.delete(block);
        top = Math.max(base, ...[...active].map(({end}) => end));
    });
}
