/*
 * From the maps of pose networks to joints. Cells of a map are numbered row by row; coordinates of
 * cells are indices (an integer is a cell, whatever of it the network means): what a cell is in
 * pixels, the caller knows of the network.
 *
 * Maps are [height, width, joints] (FV_LAYOUT_NHWC) or [joints, height, width] (FV_LAYOUT_NCHW), and
 * hold scores (FV_ACTIVATION_NONE) or their logits (FV_ACTIVATION_SIGMOID).
 */
#ifndef FOVEA_POSE_H
#define FOVEA_POSE_H

#include "detect.h" /* FV_ACTIVATION_* */
#include "image.h"  /* FV_LAYOUT_* */

#ifdef __cplusplus
extern "C" {
#endif

/* How a cell's score is weighed by its distance d, in cells, from where it is expected. */
enum {
    FV_FALLOFF_INVERSE = 0, /* 1 / (d + spread) */
    FV_FALLOFF_HALF = 1,    /* the same, rounded to float16 */
    FV_FALLOFF_GAUSS = 2    /* exp(-d^2 / spread) */
};

/**
 * The cell of the greatest weighed score of each joint of each person; the first one on ties.
 *
 *   cells    [people, joints]; -1: none has a score above 0
 *   scores   [people, joints] of these cells: the map's own for FV_FALLOFF_INVERSE and _HALF; for
 *            _GAUSS weighed, by itself or by whichever of the first `rivals` people weighs it most
 *            (as MoveNet's multi-person graph does among its six)
 *   places   [people, joints, 2] x, y where each joint is expected; one that is not finite is found nowhere
 *   boxes    [people, 4] x1, y1, x2, y2: only cells x1 <= x < x2, y1 <= y < y2 (NaN is 0); or null
 *   rivals   >= 0, people at most
 *   spread   >= 1e-6, finite
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_pose_search(int32_t *cells, float *scores, const float *map, int width, int height, int joints, int layout, int activation,
                          const float *places, const float *boxes, int people, int rivals, int falloff,
                          float spread);

/**
 * The centre of gravity of the scores' squares round a cell: integral regression (Sun et al., ECCV 2018)
 * in a window, the sigmoid's values in place of the exponentials, beta 2 (with 1 the far side of the
 * window pulls by half a pixel more).
 *
 *   places   [people, joints, 2] x, y; the cell itself where no score in the window is above 0, and 0 where there is no cell
 *   cells    [people, joints], each -1 or of the map
 *   radius   0 to 32767, of a window of 2 radius + 1 cells' side
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_pose_centroid(float *places, const int32_t *cells, int people, const float *map, int width, int height, int joints,
                            int layout, int activation, int radius);

/**
 * The best peaks of one map: cells that no other within `radius` (rows and columns) outscores by
 * `slack` or more.
 *
 *   cells    [capacity] best first, in order of cell on ties
 *   scores   [capacity] above 0
 *   radius   0 to 32767
 *   slack    > 0
 *
 * Returns their number, at most `capacity`; FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_pose_peaks(int32_t *cells, float *scores, int capacity, const float *map, int width, int height, int activation,
                         int radius, float slack);

/**
 * People by displacements (PersonLab, Papandreou et al., ECCV 2018), as PoseNet's users decode it:
 * from every peak of every joint's heat map, best first, a skeleton is followed edge by edge, unless
 * that joint of someone found before lies within the radius.
 *
 *   points        [capacity, joints, 3] x, y, score, pixels; 0, 0, 0 for a joint that was not found,
 *                 its place being no finite number or its score not above 0
 *   scores        [capacity] mean of the joints' scores, those of others before within the radius
 *                 counting 0
 *   heat          [height, width, joints] or its planes
 *   offsets       [height, width, 2 joints] from a cell to the joint, pixels: y of each, then x
 *   forward       [height, width, 2 edge_count] from parent to child of each edge, likewise
 *   backward      from child to parent
 *   edges         [edge_count, 2] parent, child: a tree's, the root's first
 *   stride        pixels per cell, > 0; a cell's place is its index times this
 *   threshold     of a peak: score >= threshold, and no neighbour of the 8 scores more
 *   radius        >= 0, pixels
 *   refine_steps  0 to 1000: how often an edge's end is corrected by the offsets there
 *   scratch       fv_pose_personlab_scratch(width, height, joints) bytes
 *
 * Returns how many were found, at most `capacity`; FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_pose_personlab(float *points, float *scores, int capacity, const float *heat, const float *offsets, const float *forward,
                             const float *backward, int width, int height, int joints, int layout, int activation, const int32_t *edges,
                             int edge_count, float stride, float threshold, float radius, int refine_steps, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_pose_personlab_scratch(int width, int height, int joints);

#ifdef __cplusplus
}
#endif
#endif
