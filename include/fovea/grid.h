/*
 * Sampling grids: where each output of fv_sample looks, from a few parameters.
 *
 * Normalised coordinates are PyTorch's: -1 and +1 are the outer edges of the input, or, with
 * align_corners, the centres of its first and last pixels. A grid's last axis is (x, y) or
 * (x, y, z), a tensor's axes are (z,) y, x.
 */
#ifndef FOVEA_GRID_H
#define FOVEA_GRID_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * torch.nn.functional.affine_grid, in two or three dimensions.
 *
 *   grid   [n, height, width, 2], or [n, depth, height, width, 3] where dims is 3
 *   theta  [n, 2, 3], or [n, 3, 4]
 *   dims   2 or 3; depth is ignored where it is 2
 *
 * An axis of one sample looks at the centre, 0, with and without align_corners. Deviation from
 * torch: base coordinates and the product with theta are in double, and rounded once.
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_grid_affine(float *grid, const float *theta, int n, int dims,
                          int depth, int height, int width, int align_corners);

/**
 * Its gradient: grad_theta = sum over the grid of grad_grid x (base coordinates, 1).
 *
 *   grad_theta  [n, 2, 3] or [n, 3, 4], written
 *   grad_grid   as grid
 *
 * Summed in double. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_grid_affine_backward(float *grad_theta, const float *grad_grid, int n, int dims,
                                   int depth, int height, int width, int align_corners);

/**
 * A grid through homographies of normalised coordinates, with the division by w.
 *
 *   grid        [n, height, width, 2]
 *   homography  [n, 3, 3]
 *
 * A point at or behind the horizon (w <= 0) is NaN. Returns 0, FV_E_NULL or FV_E_SHAPE.
 */
FV_API int fv_grid_projective(float *grid, const float *homography, int n, int height, int width, int align_corners);

/**
 * Its gradient.
 *
 *   grad_homography  [n, 3, 3], written; points behind the horizon contribute nothing
 *   grad_grid        as grid
 */
FV_API int fv_grid_projective_backward(float *grad_homography, const float *grad_grid, const float *homography,
                                       int n, int height, int width, int align_corners);

/**
 * A grid through thin-plate splines (Bookstein 1989), the smoothest that takes each control point to its target: the
 * spatial transformer paper's third.
 *
 *   grid      [n, height, width, 2]
 *   targets   [n, k, 2]: where in the input each control point looks
 *   controls  [k, 2]: where in the output the control points are, at most 1e6 away; 3 <= k <= 1024
 *   scratch   fv_grid_tps_scratch(k) bytes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE, or FV_E_VALUE where the controls coincide or lie on one line.
 */
FV_API int fv_grid_tps(float *grid, const float *targets, const float *controls, int n, int k, int height, int width,
                       int align_corners, void *scratch);

/** Its gradient: grad_targets [n, k, 2], written. The grid is linear in the targets, so they are not asked for. */
FV_API int fv_grid_tps_backward(float *grad_targets, const float *grad_grid, const float *controls, int n, int k,
                                int height, int width, int align_corners, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_grid_tps_scratch(int k);

#ifdef __cplusplus
}
#endif
#endif
