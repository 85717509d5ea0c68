/*
 * Sampling maps at arbitrary points, in two or three dimensions, with gradients:
 * torch.nn.functional.grid_sample.
 *
 * Nearest rounds half to even in volumes too, as torch does since 2.1. torch's documentation says that NaN
 * is -1: that holds neither there nor here, see fv_sample.
 */
#ifndef FOVEA_SAMPLE_H
#define FOVEA_SAMPLE_H

#include "core.h"
#include "image.h" /* FV_LAYOUT_* */

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FV_MODE_BILINEAR = 0, /* trilinear in three dimensions */
    FV_MODE_NEAREST = 1,  /* half to even, in three dimensions too (torch since 2.1) */
    FV_MODE_BICUBIC = 2   /* Keys, A = -0.75; two dimensions only */
};

/* What lies outside the map. */
enum {
    FV_PADDING_ZEROS = 0,     /* each tap outside is 0, and is not read */
    FV_PADDING_BORDER = 1,    /* the nearest pixel */
    FV_PADDING_REFLECTION = 2 /* the mirror image, about edges or, with centres, about pixel centres */
};

/* What a coordinate counts. */
enum {
    FV_COORDS_EDGES = 0,   /* -1 and 1 are the outer edges: align_corners=False */
    FV_COORDS_CENTRES = 1, /* -1 and 1 are the first and last pixel's centres: align_corners=True */
    FV_COORDS_CANVAS = 2,  /* pixels; the first pixel's centre is at .5 */
    FV_COORDS_INDEX = 3    /* pixels; the first pixel's centre is at 0 */
};

/**
 * Sample maps.
 *
 *   dst      [n, channels, points], or [n, points, channels]
 *   src      [n, channels, (depth,) height, width], or [n, (depth,) height, width, channels]
 *   dims     2 or 3; depth is 1 where it is 2
 *   layout   FV_LAYOUT_*; channels last costs less with many channels
 *   grid     [n, points, dims]: (x, y) or (x, y, z) of each point
 *   mode, padding, coords   FV_MODE_*, FV_PADDING_*, FV_COORDS_*
 *
 * A coordinate that is NaN is the first pixel with border and reflection, outside with nearest
 * and zeros, and gives NaN with bilinear and zeros, and with bicubic, as torch does; infinities
 * likewise, except that border clamps them.
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_sample(float *dst, const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
                     const float *grid, int points, int mode, int padding, int coords);

/**
 * Gradients of fv_sample.
 *
 *   grad_src   as src, added to; or null
 *   grad_grid  as grid, written; or null
 *   grad_dst   as dst
 *
 * At integer coordinates the right derivative; with border padding 0 on the border and beyond;
 * reflection changes the sign with each fold; nearest: 0. A pixel's sum runs in order of the
 * points, a coordinate's in order of the channels, in double. A tap whose weight is NaN gives
 * nothing: what has no value has no gradient.
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_sample_backward(float *grad_src, float *grad_grid, const float *grad_dst,
                              const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
                              const float *grid, int points, int mode, int padding, int coords);

/**
 * torch's affine_grid and grid_sample, fv_grid_affine and fv_sample, in one, without a grid in memory; the same bits.
 *
 *   dst    [n, channels, rows, out_width], or channels last
 *   theta  [n, dims, dims + 1]
 *   first_row, rows   those asked for, of out_depth * out_height
 *   coords FV_COORDS_EDGES or FV_COORDS_CENTRES, of the grid and of the sampling
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_sample_affine(float *dst, const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
                            const float *theta, int out_depth, int out_height, int out_width, int first_row, int rows, int mode,
                            int padding, int coords);

/** Gradients of fv_sample_affine: grad_src is added to, grad_theta [n, dims, dims + 1] is written; either may be null. */
FV_API int fv_sample_affine_backward(float *grad_src, float *grad_theta, const float *grad_dst,
                                     const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
                                     const float *theta, int out_depth, int out_height, int out_width, int mode, int padding, int coords);

#ifdef __cplusplus
}
#endif
#endif
