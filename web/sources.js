/** Where pictures come from. Each source gives its pictures one by one, when asked, always the newest. */
import { framesOf, openCamera } from 'fovea/camera';

/** @typedef {VideoFrame | ImageBitmap} Picture closed by whoever takes it */
/**
 * @typedef {object} Source
 * @property {ImageBitmap} [still] the only picture; without it pictures keep coming
 * @property {() => AsyncGenerator<Picture>} pictures
 * @property {() => Promise<void>} [turn] change to the camera on the other side
 * @property {() => boolean} [mirrored] a person looks at himself
 * @property {() => void} close
 */

/** @param {Blob} blob @returns {Promise<Source>} */
export async function openPicture(blob) {
    const bitmap = await createImageBitmap(blob).catch(() => {
        throw new Error('This file is no picture that the browser can read.');
    });
    return {
        still: bitmap,
        async* pictures() {
            yield bitmap;
        },
        close() {},
    };
}

/** @param {Blob} blob @returns {Promise<Source>} a film that plays round and round, without sound */
export async function openVideo(blob) {
    const video = Object.assign(document.createElement('video'), { muted: true, loop: true, playsInline: true, src: URL.createObjectURL(blob) });
    const end = new AbortController();
    const close = () => {
        end.abort();
        video.pause();
        URL.revokeObjectURL(video.src);
        video.removeAttribute('src');
    };
    await video.play().catch(() => {
        close();
        throw new Error('This file is no video that the browser can play.');
    });
    return {
        async* pictures() {
            for await (const { source } of framesOf(video, { signal: end.signal })) yield await still(source);
        },
        close,
    };
}

/** @returns {Promise<Source>} */
export async function openWebcam() {
    const camera = await openCamera({ width: 1280, height: 720 });
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput');
    return {
        async* pictures() {
            for await (const { source } of camera) yield await still(source);
        },
        turn: cameras.length > 1 ? () => camera.switch() : undefined,
        mirrored: () => camera.facing === 'user',
        close: () => camera.close(),
    };
}

/** A picture of its own, which outlives its source. @param {import('fovea/camera').Picture} source @returns {Promise<Picture>} */
export async function still(source) {
    return typeof VideoFrame === 'function' && source instanceof VideoFrame ? source.clone() : createImageBitmap(source);
}
