/* Alignment of pictures and volumes by the gradient of sampling with respect to the transform. */
#ifndef FOVEA_ALIGN_H
#define FOVEA_ALIGN_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of a residual r = sampled - fixed, in the weighted mean over all channels of the points inside the moving picture. */
enum {
    FV_LOSS_L2 = 0,    /* r^2 / 2 */
    FV_LOSS_HUBER = 1, /* r^2 / 2 up to delta, then delta * (|r| - delta / 2) */
    FV_LOSS_NCC = 2    /* 1 - zero-mean normalised cross-correlation of the channel; blind to brightness and contrast */
};

/**
 * How well theta lays the moving picture over the fixed one: the loss, its gradient with respect to theta, and the
 * Gauss-Newton approximation of its Hessian.
 *
 *   out      [1 + P + P * P] doubles: loss, gradient, Hessian (row-major, symmetric); P is the
 *            number of theta's entries
 *   moving   [channels, (depth,) height, width]
 *   fixed    [channels, (out_depth,) out_height, out_width]
 *   dims     2 or 3
 *   theta    [dims, dims + 1], as for fv_grid_affine; or, where projective is 1 and dims 2,
 *            [3, 3], as for fv_grid_projective; align_corners is 0
 *   loss     FV_LOSS_*
 *   delta    of the Huber loss, > 0
 *   scratch  fv_align_scratch() bytes
 *
 * A point that looks beyond the moving picture's outermost pixel centres does not count, and
 * one within a pixel of them counts less, so that the loss is continuous; nor does a point count
 * where either picture is no finite number, which thus masks.
 * Returns the number of points inside (0: nothing overlaps, and the loss is infinite), FV_E_NULL,
 * FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_align(double *out, const float *moving, int channels, int depth, int height, int width, int dims,
                    const float *fixed, int out_depth, int out_height, int out_width,
                    const float *theta, int projective, int loss, float delta, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_align_scratch(int channels, int dims, int out_depth, int out_height, int out_width);

#ifdef __cplusplus
}
#endif
#endif
