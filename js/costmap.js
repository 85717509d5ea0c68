import {checkChoice, checkFinite, checkInteger, checkList, checkNumber, checkOptions, isList, wrong, wrongType} from './check.js';
import {asRows, checkTensor, placeFloats, toFloat32} from './tensor.js';
import {checkView} from './view.js';
import {withBlock} from './wasm.js';

/** @import {Block} from './wasm.js' */
/** @import {FloatTensor, Tensor} from './tensor.js' */
/** @import {View} from './view.js' */

/**
 * Cost maps: [H, W], or volumes [D, H, W]; sizes of 1 before these are ignored, so that a network's [1, 1, H, W] may be passed.
 * Points (x, y) or (x, y, z) are in index coordinates, as in softArgmax: integers name cell centres. Boxes are the canvas's.
 */

/** of a path, that its scratch fits in memory */
export const MOST_POINTS = 2 ** 22;

const SPLATS = /** @abi FV_SPLAT_ */ {max: 0, add: 1};

/** @typedef {{dims: number[], depth: number, height: number, width: number, size: [number, number, number], count: number}} MapSize */

/**
 * @param {string} name
 * @param {Tensor} map
 * @param {2 | 3} [axes] by default what is left without leading sizes of 1
 * @returns {MapSize}
 */
export function readMap(name, map, axes) {
    const want = axes === 2 ? '[H, W]' : axes === 3 ? '[D, H, W]' : '[H, W] or [D, H, W]';
    let dims = [...checkTensor(name, map, want)];
    while (dims.length > (axes ?? 2) && dims[0] === 1) dims = dims.slice(1);
    if (axes ? dims.length !== axes : dims.length < 2 || dims.length > 3) throw wrong(name, want, map.dims);
    if (dims.includes(0)) throw wrong(name, `${want}, not empty`, map.dims);
    const [width, height, depth = 1] = [...dims].reverse();
    return {dims, depth, height, width, size: [depth, height, width], count: depth * height * width};
}

/**
 * @param {string} name
 * @param {ArrayLike<number>} point
 * @param {number} axes
 * @returns {Float32Array}
 */
export function readPoint(name, point, axes) {
    if (!isList(point) || point.length !== axes) throw wrong(name, axes === 3 ? '[x, y, z]' : '[x, y]', point);
    return Float32Array.from(point, (v) => checkFinite(name, v));
}

/**
 * @param {Block} block
 * @param {MapSize} map
 * @returns {number} scratch
 */
const scratchOf = (block, {size}) => block.space(block.call('fv_costmap_scratch', ...size));

/**
 * A map made of a map.
 *
 * @param {Tensor} map
 * @param {(block: Block, dst: number, src: number, size: MapSize) => void} call
 * @param {(sizes: number[]) => number[]} [reshape]
 * @returns {FloatTensor}
 */
function made(map, call, reshape = (sizes) => sizes) {
    const size = readMap('costmap', map);
    const dims = reshape(size.dims);
    const data = new Float32Array(dims.reduce((n, s) => n * s, 1));
    withBlock((block) => {
        const dst = block.space(data.byteLength);
        call(block, dst, placeFloats(block, map), size);
        block.output(dst, data);
    });
    return {data, dims};
}

/**
 * Exact Euclidean distance of each cell's centre to the nearest obstacle's: 0 on obstacles (Felzenszwalb and Huttenlocher 2012).
 * Without any obstacle it is W + H (+ D), more than any distance in the map.
 *
 * @param {Tensor} costmap [H, W] or [D, H, W]
 * @param {{threshold?: number}} [options] an obstacle is what costs more; default .5
 * @returns {FloatTensor} as the map, in cells
 */
export function distanceTransform(costmap, options) {
    const {threshold = .5} = checkOptions(options);
    checkNumber('threshold', threshold);
    return made(costmap, (block, dst, src, map) => block.call('fv_costmap_distance', dst, src, ...map.size, threshold, 0, scratchOf(block, map)));
}

/**
 * Signed distance: to the nearest obstacle outside, minus that to the nearest free cell within, half a cell less of each, so that 0
 * lies on the edge between a free cell and an obstacle.
 *
 * @param {Tensor} costmap [H, W] or [D, H, W]
 * @param {{threshold?: number}} [options] an obstacle is what costs more; default .5
 * @returns {FloatTensor} as the map, in cells
 */
export function signedDistance(costmap, options) {
    const {threshold = .5} = checkOptions(options);
    checkNumber('threshold', threshold);
    return made(costmap, (block, dst, src, map) => block.call('fv_costmap_distance', dst, src, ...map.size, threshold, 1, scratchOf(block, map)));
}

/**
 * Costs about obstacles: `cost` within `radius` of one, less by exp(-decay) for each cell beyond; the map's own where that is more.
 *
 * @param {Tensor} costmap [H, W] or [D, H, W]
 * @param {{radius?: number, decay?: number, cost?: number, threshold?: number}} [options] defaults 0 cells, .5, 1, .5
 * @returns {FloatTensor} as the map
 */
export function inflateObstacles(costmap, options) {
    const {radius = 0, decay = .5, cost = 1, threshold = .5} = checkOptions(options);
    Object.entries({radius, decay, cost}).forEach(([name, value]) => checkFinite(name, value));
    checkNumber('threshold', threshold);
    if (decay < 0) throw wrong('decay', 'at least 0', decay);
    return made(costmap, (block, dst, src, map) => {
        block.call('fv_costmap_distance', dst, src, ...map.size, threshold, 0, scratchOf(block, map));
        block.call('fv_costmap_inflate', dst, src, dst, map.count, radius, decay, cost);
    });
}

/**
 * Gaussian blur, cut off at three sigma, the border repeated.
 *
 * @param {Tensor} costmap [H, W] or [D, H, W]
 * @param {{sigma?: number}} [options] in cells, above 0, at most 1000; default 1
 * @returns {FloatTensor} as the map
 */
export function blurMap(costmap, options) {
    const {sigma = 1} = checkOptions(options);
    if (!(checkFinite('sigma', sigma) > 0 && sigma <= 1000)) throw wrong('sigma', 'above 0 and at most 1000', sigma);
    return made(costmap, (block, dst, src, map) => block.call('fv_costmap_blur', dst, src, ...map.size, sigma, scratchOf(block, map)));
}

/**
 * The map, and each time half of the one before: a cell is the mean of the 2 x 2 (x 2) it covers.
 *
 * @param {Tensor} costmap [H, W] or [D, H, W]
 * @param {{levels?: number}} [options] how many maps, the first included; default 3
 * @returns {FloatTensor[]} fine to coarse
 */
export function mapPyramid(costmap, options) {
    const {levels = 3} = checkOptions(options);
    checkInteger('levels', levels, 1, 31);
    const {dims} = readMap('costmap', costmap);
    const maps = [{data: toFloat32(costmap).data, dims}];
    const half = (/** @type {number[]} */ sizes) => sizes.map((side) => Math.ceil(side / 2));
    while (maps.length < levels) {
        maps.push(made(maps[maps.length - 1], (block, dst, src, {size}) => block.call('fv_costmap_halve', dst, src, ...size), half));
    }
    return maps;
}

/**
 * Boxes become obstacles: each cell by the share of it that a box covers.
 *
 * @param {Tensor} costmap [H, W]
 * @param {ArrayLike<number> | Tensor} boxes [N, 4] x1, y1, x2, y2 in cells, or with `view` in the picture
 * @param {object} [options]
 * @param {number | ArrayLike<number>} [options.cost] of all, or of each; default 1
 * @param {'max' | 'add'} [options.how] default 'max'
 * @param {View} [options.view] of the map onto the picture
 * @returns {FloatTensor} a new map
 */
export function splatBoxes(costmap, boxes, options) {
    const {cost = 1, how = 'max', view} = checkOptions(options);
    if (view !== undefined) checkView('view', view);
    const rows = asRows('boxes', boxes, 4);
    const count = rows.dims[0];
    const flat = Float32Array.from(view ? view.inverse().boxesToPicture(rows.data) : rows.data);
    const costs = Float32Array.from(checkList('cost', typeof cost === 'number' ? new Array(count).fill(cost) : cost, count));
    return made(costmap, (block, dst, src, {depth, height, width, count: cells}) => {
        if (depth > 1) throw wrong('costmap', '[H, W]', costmap.dims);
        block.view(dst, Float32Array, cells).set(block.view(src, Float32Array, cells));
        block.call('fv_costmap_boxes', dst, height, width, block.input(flat), block.input(costs), count, checkChoice('how', SPLATS, how));
    });
}

/**
 * A mask becomes an obstacle: cells whose centre lies in the box get the mask's bilinear value there, times cost.
 *
 * @param {Tensor} costmap [H, W]
 * @param {Tensor} mask [h, w]
 * @param {object} [options]
 * @param {ArrayLike<number>} [options.box] x1, y1, x2, y2 that the mask is stretched over, in cells, or with `view` in the picture; default the whole map
 * @param {number} [options.cost] default 1
 * @param {'max' | 'add'} [options.how] default 'max'
 * @param {View} [options.view] of the map onto the picture
 * @returns {FloatTensor} a new map
 */
export function splatMask(costmap, mask, options) {
    const {box, cost = 1, how = 'max', view} = checkOptions(options);
    const shape = readMap('mask', mask, 2);
    checkFinite('cost', cost);
    if (box !== undefined) checkList('box', box, 4);
    if (view !== undefined) checkView('view', view);
    return made(costmap, (block, dst, src, {depth, height, width, count}) => {
        if (depth > 1) throw wrong('costmap', '[H, W]', costmap.dims);
        const over = Float32Array.from(!box ? [0, 0, width, height] : view ? view.inverse().boxesToPicture(box) : box);
        block.view(dst, Float32Array, count).set(block.view(src, Float32Array, count));
        block.call('fv_costmap_mask', dst, height, width, placeFloats(block, mask), shape.height, shape.width, block.input(over), cost,
            checkChoice('how', SPLATS, how));
    });
}

/**
 * @typedef {object} MarchOptions
 * @property {number} [length] the cost of a cell's length where the map costs nothing, above 0; default .1
 * @property {number} [blocked] what costs more is never entered; default Infinity
 */

/** @param {MarchOptions | undefined} options @returns {[number, number]} */
function readMarch(options) {
    const {length = .1, blocked = Infinity} = checkOptions(options);
    if (!(checkFinite('length', length) > 0)) throw wrong('length', 'above 0', length);
    return [length, checkNumber('blocked', blocked)];
}

/**
 * Arrival times: the least integral of cost + length along any way from a source, by fast marching (Sethian 1996; first order,
 * so a few percent late where fronts curve). Cells that cost less than 0, NaN or more than `blocked` are walls.
 *
 * @param {Tensor} costmap [H, W] or [D, H, W]
 * @param {ArrayLike<number>} source [x, y] or [x, y, z], or several one after another
 * @param {MarchOptions} [options]
 * @returns {FloatTensor} as the map; infinite where nothing arrives
 */
export function fastMarching(costmap, source, options) {
    const {dims: {length: axes}} = readMap('costmap', costmap);
    const march = readMarch(options);
    const sources = asRows('source', source, axes);
    if (!sources.dims[0]) throw wrong('source', 'a point', source);
    const points = Float32Array.from(sources.data, (v) => checkFinite('source', v));
    return made(costmap, (block, dst, src, map) => block.call('fv_costmap_march', dst, src, ...map.size, ...march,
        block.input(points), sources.dims[0], axes, scratchOf(block, map)));
}

/**
 * The path of least cost between two points, by fast marching; a warm start for optimizePath.
 *
 * @param {Tensor} costmap [H, W] or [D, H, W]
 * @param {ArrayLike<number>} start [x, y] or [x, y, z]
 * @param {ArrayLike<number>} goal
 * @param {MarchOptions & {knots?: number}} [options] knots: how many points, evenly spaced; default 32
 * @returns {FloatTensor | null} [K, 2] or [K, 3], from start to goal; null if there is no way
 */
export function marchPath(costmap, start, goal, options) {
    const {knots = 32} = checkOptions(options);
    const map = readMap('costmap', costmap);
    const axes = map.dims.length;
    const [from, to] = [readPoint('start', start, axes), readPoint('goal', goal, axes)];
    const march = readMarch(options);
    const data = new Float32Array(checkInteger('knots', knots, 2, MOST_POINTS) * axes);
    return withBlock((block) => {
        const arrival = block.space(map.count * 4);
        const capacity = 2 * map.count + 16;
        const way = block.space(capacity * axes * 4);
        const [begin, end] = [block.input(from), block.input(to)];
        block.call('fv_costmap_march', arrival, placeFloats(block, costmap), ...map.size, ...march, end, 1, axes, scratchOf(block, map));
        const count = block.call('fv_costmap_trace', way, capacity, arrival, ...map.size, begin, end, axes);
        if (!count) return null;
        const dst = block.space(data.byteLength);
        block.call('fv_path_even', dst, knots, way, count, axes);
        return {data: block.output(dst, data), dims: [knots, axes]};
    });
}

/** @param {readonly number[]} dims @param {string} name @param {Tensor} other a map that must be as large */
export function checkSameMap(dims, name, other) {
    const got = readMap(name, other, /** @type {2 | 3} */ (dims.length));
    if (got.dims.some((side, i) => side !== dims[i])) throw wrongType(name, `the cost map's shape [${dims.join(', ')}]`, got.dims);
}
