import assert from 'node:assert/strict';
import {test} from 'node:test';
import {COCO_80, decodeBlazeFace, decodeNanoDet, decodeSsd, init, ssdAnchors} from '../js/index.js';
import {assertClose} from './close.js';
import {assertFound, selected} from './detect64.js';
import {heads} from './heads.js';
import {faceCandidates, merged, ssdCandidates} from './ssd64.js';
import {iou64, nanodetMaps, toPicture} from './tools/heads64.js';

await init();

/** The other program's answer: the same boxes within half a pixel, classes, and scores within 1e-4. @param {any} got @param {any[]} found */
function assertSame(got, found) {
    assert.equal(got.count, found.length);
    found.forEach(({cls = 0, score, box, keypoints}, i) => {
        assert.equal(got.classes[i], cls);
        assertClose(got.scores.subarray(i, i + 1), [score], 1e-4);
        assertClose(got.boxes.subarray(4 * i, 4 * i + 4), box, 0.5);
        if (keypoints) assertClose(got.keypoints.filter((/** @type {any} */ _, /** @type {number} */ k) => k % 3 < 2), keypoints.flat(), 0.5);
    });
}

for (const [picture, scoreThreshold, iouThreshold] of /** @type {const} */ ([['collage4', 0.35, 0.45], ['vtest720', 0.35, 0.45]])) {
    test(`NanoDet on ${picture}`, () => {
        const {about, tensors, view} = heads(`nanodet-${picture}`);
        const options = {scoreThreshold, iouThreshold, view, classes: COCO_80};
        const want = toPicture(selected(nanodetMaps(Object.values(tensors), {classes: 80, strides: [8, 16, 32]}), options), about.geometry);
        const got = decodeNanoDet(tensors, options);
        assertFound(got, want, {box: 0.01, least: 5});
        assertSame(got, about.found);
        assert.equal(got.classes[0], COCO_80.indexOf('person'));
    });
}

for (const picture of ['chelsea', 'vtest600']) {
    test(`SSD on ${picture}`, () => {
        const {about, tensors: {box_encodings: boxes, class_logits: scores}, view} = heads(`ssd-mobilenetv2-oidv4-${picture}`);
        const anchors = Array.from({length: 1917}, (_, i) => [...ssdAnchors().data.subarray(4 * i, 4 * i + 4)].map((v) => v * 300));
        const options = {scoreThreshold: 0.35, iouThreshold: 0.5, view};
        const want = toPicture(selected(ssdCandidates(boxes.data, scores.data, anchors), {...options, background: 0}), about.geometry);
        const got = decodeSsd({boxes, scores}, options);
        assertFound(got, want, {box: 0.01});
        assertSame(got, about.found);
        assert.deepEqual(decodeSsd({a: scores, b: boxes}, options), got, 'told apart by shape');
    });
}

for (const picture of ['astronaut', 'camera']) {
    test(`BlazeFace on ${picture}`, () => {
        const {about, tensors: {cls16, cls8, reg16, reg8}, view} = heads(`blazeface-${picture}`);
        const [boxes, logits] = [[reg16, reg8], [cls16, cls8]].map((parts) => parts.flatMap(({data}) => [...data]));
        const faces = merged(faceCandidates(boxes, logits, 256), {scoreThreshold: 0.5, iouThreshold: 0.3}, iou64);
        const got = decodeBlazeFace({reg8, cls16, reg16, cls8}, {view});
        assertFound(got, toPicture(faces, about.geometry), {box: 0.01});
        assertSame(got, about.found);
        assert.deepEqual(faces.map(({size}) => size), about.found.map((/** @type {any} */ {merged: size}) => size));
        const whole = [{data: Float32Array.from(boxes), dims: [1, 896, 16]}, {data: Float32Array.from(logits), dims: [1, 896, 1]}];
        assert.deepEqual(decodeBlazeFace(whole, {view}), got);
    });
}
