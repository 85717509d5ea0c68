/** Arguments checked at the door: what was expected, and what came. */

const FEW = 12;

/** What came, in a message. @param {any} value @returns {string} */
export function describe(value) {
    if (Array.isArray(value)) {
        const first = Array.from(value.slice(0, FEW), (v) => Array.isArray(v) ? 'an array' : describe(v));
        return `[${first.join(', ')}${value.length > FEW ? ', ...' : ''}]`;
    }
    if (typeof value === 'function') return 'a function';
    if (value === '') return 'an empty string';
    if (value === null || typeof value !== 'object') return String(value);
    return String(value[Symbol.toStringTag] ?? value.constructor?.name ?? 'an object');
}

/**
 * @param {string} name of the argument
 * @param {string} expected
 * @param {unknown} got
 * @param {new (message: string) => Error} [Kind]
 * @returns {Error} to be thrown
 */
export const wrong = (name, expected, got, Kind = RangeError) => new Kind(`${name}: expected ${expected}, got ${describe(got)}`);

/** @param {string} name @param {string} expected @param {unknown} got */
export const wrongType = (name, expected, got) => wrong(name, expected, got, TypeError);

/**
 * @template {Record<string, any>} T
 * @param {string} name option name
 * @param {T} table allowed values
 * @param {unknown} value
 * @returns {T[keyof T]}
 */
export function checkChoice(name, table, value) {
    if (typeof value !== 'string' || !Object.hasOwn(table, value)) throw wrongType(name, `one of ${Object.keys(table).join(', ')}`, value);
    return table[value];
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} [low]
 * @param {number} [high]
 * @returns {number}
 */
export function checkInteger(name, value, low = 1, high = 2 ** 31 - 1) {
    if (!Number.isInteger(value) || /** @type {number} */ (value) < low || /** @type {number} */ (value) > high) {
        throw wrong(name, `an integer from ${low} to ${high}`, value);
    }
    return /** @type {number} */ (value);
}

/** @param {string} name @param {unknown} value any number but NaN @returns {number} */
export function checkNumber(name, value) {
    if (typeof value !== 'number' || Number.isNaN(value)) throw wrongType(name, 'a number', value);
    return value;
}

/** @param {string} name @param {unknown} value @returns {number} */
export function checkFinite(name, value) {
    if (!Number.isFinite(value)) throw wrongType(name, 'a finite number', value);
    return /** @type {number} */ (value);
}

/** @param {string} name @param {unknown} value @returns {number} */
export function checkAbove0(name, value) {
    if (!(checkFinite(name, value) > 0)) throw wrong(name, 'a number above 0', value);
    return /** @type {number} */ (value);
}

/** @param {string} name @param {unknown} value @returns {boolean} */
export function checkFlag(name, value) {
    if (typeof value !== 'boolean') throw wrongType(name, 'true or false', value);
    return value;
}

/**
 * @template T
 * @param {T | undefined} options
 * @param {string} [name]
 * @returns {T} what was given, or no options
 */
export function checkOptions(options, name = 'options') {
    if (options === undefined) return /** @type {T} */ ({});
    if (options === null || typeof options !== 'object' || Array.isArray(options) || ArrayBuffer.isView(options)) throw wrongType(name, 'an object', options);
    return options;
}

/** An array or a typed array of numbers; no array-like, whose length may lie. @param {any} list @returns {list is number[]} */
export function isList(list) {
    return (Array.isArray(list) || ArrayBuffer.isView(list)) && Array.prototype.every.call(list, (v) => typeof v === 'number');
}

/**
 * @param {string} name
 * @param {any} list
 * @param {number} [length] it must have; default: any
 * @param {number} [low] no number is less
 * @returns {number[]} a copy
 */
export function checkList(name, list, length, low = -Infinity) {
    const fits = isList(list) && list.length === (length ?? list.length) && (list.length || Array.isArray(list)); // detached ones have no length
    if (!fits || !Array.from(list).every((v) => Number.isFinite(v) && v >= low)) {
        throw wrongType(name, `${length ?? 'an array of'} finite numbers${low > -Infinity ? ` of at least ${low}` : ''}`, list);
    }
    return Array.from(list);
}

/**
 * @param {string} name
 * @param {any} size
 * @returns {readonly [number, number] | undefined} [width, height]
 */
export function checkSize(name, size) {
    if (size === undefined) return undefined;
    const [width, height] = checkList(name, size, 2, 0);
    if (!(width > 0 && height > 0)) throw wrongType(name, '[width, height] above 0', size);
    return size;
}
