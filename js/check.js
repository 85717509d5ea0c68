/** Arguments checked at the door: what was expected, and what came. */

/** What came, in a message. @param {any} value @returns {string} */
export function describe(value) {
    if (Array.isArray(value)) return `[${value.join(', ')}]`;
    if (value === null || typeof value !== 'object') return String(value);
    return value[Symbol.toStringTag] ?? value.constructor?.name ?? 'an object';
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
