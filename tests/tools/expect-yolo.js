/**
 * Writes tests/data/yolo/found.json: what the head tensors beside it show, decoded in plain float64 JavaScript (heads64.js). Run by
 * hand; tests/yolo.test.js compares the library with it.
 */
import {readFile, writeFile} from 'node:fs/promises';
import {anchorMaps, nanodetPairs, select, toPicture, yolox} from './heads64.js';
import {readHeads} from './yolo-heads.js';

/** @import {Candidate, Geometry, Tensor} from './heads64.js' */

const ANCHORS = [[[12, 18], [37, 49], [52, 132]], [[115, 73], [119, 199], [242, 238]]];

/** @type {Record<string, (heads: Tensor[]) => Candidate[]>} */
const decode = {
    'yolox_nano': ([head]) => yolox(head, 416),
    'nanodet_m_320': (heads) => nanodetPairs([heads.slice(0, 2), heads.slice(2, 4), heads.slice(4)], [8, 16, 32]),
    'yolo-fastest': (heads) => anchorMaps(heads, ANCHORS, {side: 320, classes: 80, squared: false}),
};

/** How each framework fits a picture. @type {Record<string, (width: number, height: number, side: number) => Geometry>} */
const fits = {
    yolox: (width, height, side) => {
        const ratio = Math.min(side / height, side / width);
        return {scaleX: Math.trunc(width * ratio) / width, scaleY: Math.trunc(height * ratio) / height, left: 0, top: 0};
    },
    letterbox: (width, height, side) => {
        const ratio = Math.min(side / height, side / width);
        const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
        return {scaleX: w / width, scaleY: h / height, left: Math.round((side - w) / 2 - 0.1), top: Math.round((side - h) / 2 - 0.1)};
    },
    darknet: (width, height, side) => {
        const [w, h] = width > height ? [side, Math.trunc(height * side / width)] : [Math.trunc(width * side / height), side];
        return {scaleX: w / width, scaleY: h / height, left: Math.trunc((side - w) / 2), top: Math.trunc((side - h) / 2)};
    },
};

const url = new URL('../data/yolo/found.json', import.meta.url);
const {picture: {width, height}, scoreThreshold, iouThreshold, networks} = JSON.parse(await readFile(url, 'utf8'));
for (const [name, network] of Object.entries(networks)) {
    const geometry = fits[network.fit](width, height, network.side);
    const candidates = decode[name](await readHeads(name, network.dims));
    network.found = toPicture(select(candidates, {scoreThreshold, iouThreshold}), geometry)
        .map((d) => [d.class, Number(d.score.toFixed(6)), ...d.box.map((v) => Number(v.toFixed(3))), d.row]);
    console.log(`${name}: ${network.found.length} boxes`);
}

const head = JSON.stringify({picture: {width, height}, scoreThreshold, iouThreshold});
const text = Object.entries(networks).map(([name, {found, ...network}]) => {
    const rows = found.map((/** @type {number[]} */ row) => `  ${JSON.stringify(row)}`).join(',\n');
    return ` ${JSON.stringify(name)}: {${JSON.stringify(network).slice(1, -1)}, "found": [\n${rows}\n ]}`;
});
await writeFile(url, `${head.slice(0, -1)},"networks":{\n${text.join(',\n')}\n}}\n`);
