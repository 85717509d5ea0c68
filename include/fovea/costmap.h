/*
 * Cost maps and what is done to them: distances to obstacles, inflation, blur, halving, things
 * splatted into them, arrival times and the paths these lead to.
 *
 * A map is [height, width], or a volume [depth, height, width]; of a map depth is 1. Points
 * (x, y) or (x, y, z) are in index coordinates: integers name cell centres.
 */
#ifndef FOVEA_COSTMAP_H
#define FOVEA_COSTMAP_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Exact Euclidean distance of each cell's centre to the nearest obstacle's (Felzenszwalb and Huttenlocher 2012).
 *
 *   dst        as src, in cells
 *   src        a cell of more than threshold is an obstacle; NaN is none
 *   with_sign  0: obstacles are at 0. 1: half a cell less, so that 0 lies on the edge between a free
 *              cell and an obstacle, and minus that to the nearest free cell within obstacles
 *   scratch    fv_costmap_scratch() bytes
 *
 * A distance to what is nowhere in the map is width + height + depth, more than any in it.
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_costmap_distance(float *dst, const float *src, int depth, int height, int width, float threshold, int with_sign, void *scratch);

/** Bytes of scratch for every function here that asks for it, or FV_E_SHAPE (also where squared distances would pass 2^31 - 1). */
FV_API int fv_costmap_scratch(int depth, int height, int width);

/**
 * Costs about obstacles: the larger of src and peak * exp(-decay * max(0, distance - radius)).
 *
 *   dst, src, distance  [count]; dst may be either
 *   decay               >= 0, per cell
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_costmap_inflate(float *dst, const float *src, const float *distance, int count, float radius, float decay, float peak);

/**
 * Gaussian blur along every axis, cut off at three sigma, the border repeated.
 *
 *   dst     as src, not src itself
 *   sigma   > 0, in cells, at most 1000
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_costmap_blur(float *dst, const float *src, int depth, int height, int width, float sigma, void *scratch);

/**
 * Half the map: each cell is the mean of the 2 x 2 (x 2) that it covers, fewer at an odd end.
 *
 *   dst  [(depth + 1) / 2, (height + 1) / 2, (width + 1) / 2]
 *
 * Returns 0, FV_E_NULL or FV_E_SHAPE.
 */
FV_API int fv_costmap_halve(float *dst, const float *src, int depth, int height, int width);

/* How what is splatted meets what is there. */
enum {
    FV_SPLAT_MAX = 0,
    FV_SPLAT_ADD = 1
};

/**
 * Boxes become obstacles: each cell by the share of it that a box covers, times the box's cost.
 *
 *   map    [height, width], changed
 *   boxes  [n, 4] x1, y1, x2, y2 in cells of the canvas: cell (i, j) covers [j, j+1) x [i, i+1);
 *          one with a NaN is skipped
 *   costs  [n]
 *   how    FV_SPLAT_*
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_costmap_boxes(float *map, int height, int width, const float *boxes, const float *costs, int n, int how);

/**
 * A mask stretched over a box becomes an obstacle: cells whose centre is in the box get its bilinear value there, times cost.
 *
 *   map   [height, width], changed
 *   mask  [mask_height, mask_width]
 *   box   [4] x1, y1, x2, y2 as for fv_costmap_boxes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_costmap_mask(float *map, int height, int width, const float *mask, int mask_height, int mask_width,
                           const float *box, float cost, int how);

/**
 * Arrival times: the least integral of cost + length along any way from a source, by fast marching
 * (Sethian 1996; first-order upwind, so a few percent too late where fronts curve).
 *
 *   arrival  as cost; infinite where nothing arrives
 *   cost     >= 0; a cell of more than `blocked`, less than 0, or NaN is never entered
 *   length   > 0, of a step of one cell where the cost is 0
 *   sources  [n, 2], or [n, 3] in a volume; n >= 1. One outside the map counts as on its border, one in a wall is none
 *   dims     2 or 3
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_costmap_march(float *arrival, const float *cost, int depth, int height, int width, float length, float blocked,
                            const float *sources, int n, int dims, void *scratch);

/**
 * The way back: from a point down the arrival times, in steps of half a cell, to a source. It ends there, or at
 * the earliest cell on its way if that is none of the source's.
 *
 *   path      [capacity, dims], `from` first; all of it may be written, though an error comes back
 *   arrival   fv_costmap_march's
 *   from, to  [dims] a point, and a source; outside the map they count as on its border
 *
 * Returns the number of points (0 where nothing arrives at `from`), FV_E_NULL, FV_E_SHAPE, FV_E_VALUE or FV_E_CAPACITY.
 */
FV_API int fv_costmap_trace(float *path, int capacity, const float *arrival, int depth, int height, int width,
                            const float *from, const float *to, int dims);

#ifdef __cplusplus
}
#endif
#endif
