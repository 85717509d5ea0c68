/*
 * Where heatmaps are largest, to a fraction of a cell.
 *
 * Coordinates are indices (x, y) of cells, of which whole numbers are centres. Of equal values the first, by rows, is the
 * largest; a map without a number has its largest nowhere: (-1, -1), with confidence 0.
 *
 * Map k of entry i begins at (i * entry_stride + k * map_stride), and has the cell (x, y) at (y * width + x) * cell_stride
 * more: floats, all from 0.
 */
#ifndef FOVEA_ARGMAX_H
#define FOVEA_ARGMAX_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* From the largest cell to a point. Only a number moves it. "Blurred": by the Gaussian of `kernel` cells, sigma as OpenCV
   chooses it, 0 beyond the map, and scaled to the maximum that was. */
enum {
    FV_REFINE_NONE = 0,
    FV_REFINE_QUARTER = 1,      /* a quarter of a cell towards the larger neighbour along either axis, where 1 < x < width - 1 and
                                   1 < y < height - 1 (Simple Baselines, HRNet) */
    FV_REFINE_QUARTER_AXES = 2, /* each axis by itself: x where 1 < x < width - 1 and y > 0, y alike (mmpose) */
    FV_REFINE_TAYLOR = 3,       /* Newton's step on the logarithm, from 1e-10, of the blurred map, differences two cells wide, where
                                   1 < x < width - 2 and 1 < y < height - 2 (DARK) */
    FV_REFINE_UDP = 4,          /* Newton's step on the logarithm of the blurred map within [1e-3, 50], one cell wide, the border
                                   repeated, 2^-23 added to the diagonal (UDP) */
    FV_REFINE_PARABOLA = 5,     /* the vertex of the parabola through three cells, along each axis that has them */
    FV_REFINE_MEGVII = 6        /* the largest of the blurred map, QUARTER on it, and half a cell more where that applies */
};

enum {
    FV_ARGMAX_POSITIVE = 1, /* what is not above 0 was not found: (-1, -1), but with its confidence */
    FV_ARGMAX_NAN = 2       /* the first NaN is the largest (numpy, torch) */
};

enum {
    FV_SCORE_LOGIT = 0,  /* the value (torchvision) */
    FV_SCORE_SOFTMAX = 1 /* e^value over the sum of e^cell of the map as it was before it was resized (detectron2) */
};

/* Whether a joint is seen, of the two vectors of SimCC. */
enum {
    FV_VISIBLE_SOFTMAX = 0, /* the smaller of the softmaxes, of beta times the values, at the largest (mmpose) */
    FV_VISIBLE_SIGMOID = 1  /* the smaller of the sigmoids of beta times the largest */
};

/**
 * The largest of each map.
 *
 *   coords      [n, map_count, 2]
 *   confidence  [n, map_count] the largest values
 *   maps        floats as above
 *   refine      FV_REFINE_*
 *   kernel      odd, 1 to 127
 *   flags       FV_ARGMAX_*
 *   scratch     fv_argmax_scratch() bytes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_argmax_maps(float *coords, float *confidence, const float *maps, int n, int map_count, int height, int width,
                          int entry_stride, int map_stride, int cell_stride, int refine, int kernel, int flags, void *scratch);

/**
 * The largest of each map, and from there as far as two more maps say.
 *
 *   offsets_x, offsets_y  one for each map; their strides like the maps'
 *   scale                 cells of an offset of 1
 *   kernel                blurs the maps first, the border reflected (OpenCV's GaussianBlur); 1 does nothing
 *   offset_kernel         blurs the offsets
 *
 * Others as for fv_argmax_maps.
 */
FV_API int fv_argmax_offsets(float *coords, float *confidence, const float *maps, int n, int map_count, int height, int width,
                             int entry_stride, int map_stride, int cell_stride, const float *offsets_x, const float *offsets_y,
                             int offset_entry_stride, int offset_map_stride, int offset_cell_stride, float scale, int kernel, int offset_kernel,
                             int flags, void *scratch);

/**
 * SimCC: each coordinate is the largest of a vector of its own.
 *
 *   coords      [n, 2] over split; -1 / split where the confidence is not above 0
 *   confidence  [n] the smaller of the two largest values
 *   visibility  [n] or null, see FV_VISIBLE_*
 *   x           [n, width_x]
 *   y           [n, width_y]
 *   kernel_x    0: no refinement. Else Newton's step on the logarithm of the vector, blurred, within [1e-3, 50], two cells wide,
 *   kernel_y    the ends repeated (mmpose)
 *   visible     FV_VISIBLE_*
 *   split       cells a unit, > 0
 *   scratch     fv_argmax_scratch() bytes of the wider
 */
FV_API int fv_argmax_simcc(float *coords, float *confidence, float *visibility, const float *x, const float *y, int n, int width_x, int width_y,
                           int kernel_x, int kernel_y, int visible, float beta_x, float beta_y, float split, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_argmax_scratch(int width);

/**
 * Mask R-CNN's keypoints: each map resized (bicubic, A = -0.75) to whole pixels over its region, and its largest there.
 *
 *   keypoints  [n, map_count, 3] x, y in canvas coordinates, and 1; or 0 where the map has no number
 *   scores     [n, map_count]
 *   maps       [n, map_count, height, width]
 *   rois       [n, 4] x1, y1, x2, y2, at most 16384 wide and high
 *   columns    of the widest region in whole pixels, 1 to 16384
 *   score      FV_SCORE_*
 *   scratch    fv_argmax_roi_scratch() bytes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE, FV_E_VALUE, or FV_E_CAPACITY where a region is wider than `columns`.
 */
FV_API int fv_argmax_rois(float *keypoints, float *scores, const float *maps, int n, int map_count, int height, int width, const float *rois,
                          int columns, int score, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_argmax_roi_scratch(int height, int width, int columns);

/**
 * The mean of maps and of those of the mirrored picture, mirrored back.
 *
 *   dst       floats, as maps
 *   flipped   as maps
 *   partners  [map_count] whose map is whose in the mirror
 *   signs     [map_count] what the mirrored map is multiplied with: -1 for offsets along x
 *   shift     1: the mirrored maps are moved one column to the right but for their first
 *
 * Strides are those of all three. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_argmax_merge(float *dst, const float *maps, const float *flipped, int n, int map_count, int height, int width, int entry_stride,
                           int map_stride, int cell_stride, const int32_t *partners, const float *signs, int shift);

#ifdef __cplusplus
}
#endif
#endif
