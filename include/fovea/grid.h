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
 * An axis of one sample looks at the centre, 0, with and without align_corners.
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

#ifdef __cplusplus
}
#endif
#endif
