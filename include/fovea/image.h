/* From a picture's bytes to a network's tensor. */
#ifndef FOVEA_IMAGE_H
#define FOVEA_IMAGE_H

#include "core.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a length of source pixels becomes a length of destination pixels. Coordinates
   are those of pixel centres (torch's align_corners=False) in every kind. */
enum {
    FV_RESIZE_NEAREST = 0,       /* floor(i * in / out): F.interpolate('nearest') */
    FV_RESIZE_BILINEAR = 1,      /* two taps, no antialiasing: F.interpolate('bilinear') */
    FV_RESIZE_AREA = 2,          /* exact box coverage: OpenCV's INTER_AREA when shrinking */
    FV_RESIZE_ANTIALIAS = 3,     /* triangle filter: F.interpolate('bilinear', antialias=True) */
    FV_RESIZE_NEAREST_EXACT = 4, /* floor((i + .5) * in / out) */
    FV_RESIZE_BICUBIC = 5,       /* Keys, A = -0.75, taps clamped: F.interpolate('bicubic') */
    FV_RESIZE_ADAPTIVE = 6       /* integer bins, equal weights: F.interpolate('area') */
};

enum { FV_LAYOUT_NCHW = 0, FV_LAYOUT_NHWC = 1 };
enum { FV_ORDER_RGB = 0, FV_ORDER_BGR = 1 };

/**
 * Resize a picture into a rectangle of a tensor; the rest of the tensor is fill.
 *
 *   dst         [3, height, width] or [height, width, 3] of `type`, written in full
 *   type        FV_TYPE_FLOAT32, FV_TYPE_INT32 or FV_TYPE_UINT8; integers are
 *               rounded half to even and saturate
 *   rgba        [src_height, src_width, 4] bytes; alpha is ignored
 *   left, top, fit_width, fit_height
 *               where the whole picture comes to lie, in tensor pixels; it may
 *               reach beyond the tensor, which then shows a part of it
 *   resize      FV_RESIZE_*
 *   norm        [9] multiplier, addend and fill of each output channel:
 *               value = byte * norm[c] + norm[3 + c]; outside, norm[6 + c] is the byte
 *   scratch     fv_image_fit_scratch() bytes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_image_fit(void *dst, int type, int layout, int width, int height,
                        const uint8_t *rgba, int src_width, int src_height,
                        int left, int top, int fit_width, int fit_height,
                        int resize, int order, const float *norm, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_image_fit_scratch(int width, int src_width, int src_height, int fit_width, int fit_height);

/**
 * Sample a picture through an affine map; beyond the picture lies fill.
 *
 *   matrix      [6] a b c, d e f: the centre (x, y) of a tensor pixel shows the
 *               picture at (a x + b y + c, d x + e y + f)
 *   resize      FV_RESIZE_BILINEAR: each tap outside counts as fill;
 *               FV_RESIZE_NEAREST: the pixel that holds the point;
 *               FV_RESIZE_AREA: the mean of a grid of bilinear samples, one per
 *               source pixel of the footprint (16 x 16 at most)
 *   scratch     fv_image_warp_scratch() bytes
 *
 * Others as for fv_image_fit. A coordinate that is not a number is outside.
 */
FV_API int fv_image_warp(void *dst, int type, int layout, int width, int height,
                         const uint8_t *rgba, int src_width, int src_height,
                         const double *matrix, int resize, int order, const float *norm, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_image_warp_scratch(int width);

/**
 * Resize float maps: torch.nn.functional.interpolate(align_corners=False).
 *
 *   dst      [planes, dst_height, dst_width, channels]
 *   src      [planes, height, width, channels]; NCHW is planes = N*C, channels = 1
 *   resize   FV_RESIZE_*
 *   scratch  fv_image_resize_scratch() bytes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_image_resize(float *dst, int dst_width, int dst_height,
                           const float *src, int planes, int width, int height, int channels,
                           int resize, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_image_resize_scratch(int dst_width, int dst_height, int width, int height, int channels);

#ifdef __cplusplus
}
#endif
#endif
