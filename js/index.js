/** Fovea: between the camera and the network, and between the network and the picture. */
export {FoveaError, init, memory} from './wasm.js';
export {toFloat32} from './tensor.js';
export {FITS, View} from './view.js';
export {lendTensor, resizeMaps, toTensor} from './image.js';
