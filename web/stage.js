/** The canvas: a picture and its boxes, as sharp as the screen is, and the same at the picture's own size for a snapshot. */

/**
 * @typedef {{ picture: VideoFrame | ImageBitmap, width: number, height: number, mirrored: boolean, labels: readonly string[],
 *     found: import('./networks.js').Found, draw: import('./networks.js').Network['draw'] }} Scene
 */

/**
 * Fits the canvas into the page at the picture's shape and paints it.
 * @param {HTMLCanvasElement} canvas @param {Scene} scene
 * @returns {number} milliseconds that drawing the detections took
 */
export function paint(canvas, scene) {
    const { width, height } = scene;
    canvas.style.aspectRatio = `${width} / ${height}`;
    canvas.style.width = `min(100%, ${width * 2}px, calc((100vh - 190px) * ${width / height}))`;
    const density = Math.min(window.devicePixelRatio || 1, 3);
    const across = Math.max(1, Math.round(canvas.clientWidth * density));
    const down = Math.max(1, Math.round(across * height / width));
    if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
    const scale = across / width;
    context.setTransform(scene.mirrored ? -scale : scale, 0, 0, down / height, scene.mirrored ? across : 0, 0);
    return render(context, scene);
}

/** @param {Scene} scene @returns {Promise<Blob>} a PNG of the picture's own size */
export function snapshot(scene) {
    const { width, height } = scene;
    const canvas = new OffscreenCanvas(width, height);
    render(/** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')), scene);
    return canvas.convertToBlob({ type: 'image/png' });
}

/** @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context @param {Scene} scene */
function render(context, { picture, width, height, found, labels, draw }) {
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, 0, 0, width, height);
    const start = performance.now();
    draw(context, found, labels);
    return performance.now() - start;
}
