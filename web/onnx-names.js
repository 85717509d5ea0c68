/** The class names that ultralytics' exporter leaves in a model's metadata. Reads just enough of the protocol buffer to reach them. */

const METADATA = 14;
const KEY = 1;
const VALUE = 2;
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 };

/**
 * @param {Uint8Array} bytes an .onnx file
 * @returns {string[] | undefined} in the order of the classes
 */
export function onnxNames(bytes) {
    const text = new TextDecoder();
    for (const [field, message] of fields(bytes)) {
        if (field !== METADATA) continue;
        const entry = new Map(fields(message));
        if (text.decode(entry.get(KEY)) !== 'names') continue;
        // A Python dictionary: {0: 'person', 1: "driver's cab"}
        const names = [...text.decode(entry.get(VALUE)).matchAll(/(\d+):\s*(?:'([^']*)'|"([^"]*)")/g)];
        if (names.length) return names.sort((a, b) => Number(a[1]) - Number(b[1])).map(([, , single, double]) => single ?? double);
    }
    return undefined;
}

/** @param {Uint8Array} bytes @returns {Generator<[number, Uint8Array]>} the length-delimited fields of a message */
function* fields(bytes) {
    let at = 0;
    const varint = () => {
        let value = 0;
        for (let power = 1; at < bytes.length; power *= 128) {
            const byte = bytes[at++];
            value += (byte & 127) * power;
            if (byte < 128) break;
        }
        return value;
    };
    while (at < bytes.length) {
        const tag = varint();
        const wire = tag & 7;
        if (wire === WIRE.varint) varint();
        else if (wire === WIRE.fixed64) at += 8;
        else if (wire === WIRE.fixed32) at += 4;
        else if (wire === WIRE.bytes) {
            const length = varint();
            yield [Math.floor(tag / 8), bytes.subarray(at, at + length)];
            at += length;
        } else return;
    }
}
