/** @type {Record<string, new (length: number) => any>} */
export const DTYPES = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array };

/** @param {{ width: number, height: number, layout: string, dtype: string }} input a black picture, to learn the shapes of the outputs */
export function blank({ width, height, layout, dtype }) {
    return { data: new DTYPES[dtype](3 * width * height), dims: layout === 'NHWC' ? [1, height, width, 3] : [1, 3, height, width] };
}
