/** The pedestrians of OpenCV's vtest.avi: found on this machine, sampled once a second, turned into a webcam. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const SECONDS = 20;
export const WIDTH = 768;
export const HEIGHT = 576;
const FPS = 10;

/**
 * @returns {string} path of vtest.avi
 * @throws when the video or ffmpeg is not installed, saying what to do
 */
export function findVtest() {
    const video = process.env.VTEST ?? '/usr/share/doc/opencv-doc/examples/data/vtest.avi';
    if (!existsSync(video)) throw new Error('no vtest.avi: apt-get install opencv-doc, or name the file in $VTEST');
    const onPath = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'ffmpeg')));
    if (!onPath) throw new Error('no ffmpeg on the PATH: apt-get install ffmpeg');
    return video;
}

/**
 * @param {string} video @param {'rgba' | 'yuv420p'} format
 * @returns {Buffer[]} the first frame of every second
 */
function sample(video, format) {
    const size = WIDTH * HEIGHT * (format === 'rgba' ? 4 : 1.5);
    const bytes = execFileSync('ffmpeg', [
        '-v', 'error', '-i', video, '-vf', `select=not(mod(n\\,${FPS})),setpts=N/TB`, '-r', '1', '-frames:v', String(SECONDS), '-pix_fmt', format, '-f', 'rawvideo', '-',
    ], { maxBuffer: size * (SECONDS + 1) });
    if (bytes.length !== size * SECONDS) throw new Error(`${video}: expected ${SECONDS} frames of ${WIDTH}x${HEIGHT}, got ${bytes.length / size}`);
    return Array.from({ length: SECONDS }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/** @param {string} video */
export const sampledFrames = (video) => sample(video, 'rgba').map((data) => ({ data, width: WIDTH, height: HEIGHT }));

/**
 * A webcam film in which each sampled frame stands still for `hold` seconds, so that whoever looks knows which second it shows.
 * @param {string} video @param {string} target a .y4m @param {number} hold
 */
export function makeCameraFilm(video, target, hold) {
    const fps = 4;
    const file = openSync(target, 'w');
    writeSync(file, `YUV4MPEG2 W${WIDTH} H${HEIGHT} F${fps}:1 Ip A1:1 C420jpeg\n`);
    for (const frame of sample(video, 'yuv420p')) {
        for (let i = 0; i < hold * fps; i++) {
            writeSync(file, 'FRAME\n');
            writeSync(file, frame);
        }
    }
    closeSync(file);
}

/** The first seconds as a file that every browser plays. @param {string} video @returns {Buffer} WebM */
export function makeVideo(video) {
    const args = ['-v', 'error', '-i', video, '-t', '4', '-an', '-c:v', 'libvpx', '-b:v', '6M', '-deadline', 'realtime', '-f', 'webm', '-'];
    return execFileSync('ffmpeg', args, { maxBuffer: 1 << 24 });
}
