/** Fovea: between the camera and the network, and between the network and the picture. */
export {FoveaError, init, memory} from './wasm.js';
export {toFloat32} from './tensor.js';
export {FITS, View} from './view.js';
export {lendTensor, resizeMaps, toTensor} from './image.js';
export {boxClip, boxConvert, boxesOfSize, boxIou} from './box.js';
export {POLICIES, nms, suppress} from './nms.js';
export {defaultBoxes, ssdAnchors} from './anchor.js';
export {decodeHead} from './detect.js';
export {decodeYolo} from './yolo.js';
export {decodeNanoDet} from './nanodet.js';
export {decodeBlazeFace, decodeSsd} from './ssd.js';
export {COCO_80} from './labels.js';
export {affineGrid, affineGridBackward, projectiveGrid, projectiveGridBackward, tpsGrid, tpsGridBackward} from './grid.js';
export {affineSample, affineSampleBackward, gridSample, gridSampleBackward, samplePoints, warp} from './sample.js';
export {thetaFrom, thetaFromBackward} from './theta.js';
export {alignImages} from './align.js';
export {blurMap, distanceTransform, fastMarching, inflateObstacles, mapPyramid, marchPath, signedDistance, splatBoxes, splatMask} from './costmap.js';
export {bendKnots, optimizePath, pathCost, resamplePath, resamplePathBackward} from './path.js';
