/*
 * Descriptor matching: the nearest neighbours of each descriptor of one set among those of
 * another. Answers are exact, whatever is done to get there fast. A descriptor with a NaN or
 * an infinity has no neighbours and is nobody's; nor, by cosine, has one of length 0.
 */
#ifndef FOVEA_MATCH_H
#define FOVEA_MATCH_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FV_METRIC_L2 = 0,     /* sqrt(sum (a - b)^2) */
    FV_METRIC_COSINE = 1, /* 1 - a.b / (|a| |b|) */
    FV_METRIC_HAMMING = 2 /* bits that differ; uint8 only, a descriptor is `width` bytes */
};

#define FOVEA_MOST_NEIGHBOURS 64 /* that can be asked for */

/**
 * The k nearest of `b` for each of `a`, nearest first; the lower index first where two are as near.
 *
 *   indices    [n, k] into b; -1 where there is none
 *   distances  [n, k]; infinity where there is none
 *   k          1 to FOVEA_MOST_NEIGHBOURS
 *   a          [n, width] of `type`
 *   b          [m, width] of `type`
 *   type       FV_TYPE_FLOAT32 or FV_TYPE_UINT8
 *   metric     FV_METRIC_*
 *   scratch    fv_match_nearest_scratch(n, m, width, k) bytes
 *
 * Sets are compared in 16-bit integers first; a pair that the quantisation's error does not rule
 * out is measured in double. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_match_nearest(int32_t *indices, float *distances, int k, const void *a, int n, const void *b, int m, int width, int type, int metric,
                            void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_match_nearest_scratch(int n, int m, int width, int k);

/**
 * The same, of those of `b` that lie where they are expected.
 *
 *   a_points  [n, 2] where each of `a` is expected among the points of b; NaN: nowhere
 *   b_points  [m, 2]
 *   radius    how far off it may be, >= 0
 *   scratch   8 * n * k bytes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_match_guided(int32_t *indices, float *distances, int k, const void *a, const float *a_points, int n, const void *b, const float *b_points, int m,
                           int width, int type, int metric, float radius, void *scratch);

/**
 * Dual softmax (LoFTR, Sun et al. 2021): with S = scale * a.b, softmax of S along its rows times softmax along its columns.
 *
 *   indices  [n] into b: the one of the largest product for each of `a`, -1 where that is not also the largest of its column
 *   scores   [n] the product there; 0 where there is none
 *   a, b     [n, width], [m, width]; a row that is not finite matches nothing
 *   scale    1 / temperature, finite
 *   scratch  fv_match_dual_softmax_scratch(n, m) bytes
 *
 * Returns the number of matches, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_match_dual_softmax(int32_t *indices, float *scores, const float *a, int n, const float *b, int m, int width, float scale, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_match_dual_softmax_scratch(int n, int m);

#ifdef __cplusplus
}
#endif
#endif
