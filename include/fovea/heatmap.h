/*
 * Integral regression: where a map's mass lies, as an expectation instead of its maximum, with
 * gradients (Sun et al., Integral Human Pose Regression, ECCV 2018; Nibali et al., DSNT, 2018).
 *
 * Maps are given by strides, so that any layout is read where it lies: planes (NCHW), channels
 * last (NHWC), joints and depths folded into channels. A joint's weights are w = f(beta * value),
 * p = w / (sum of w + eps), a coordinate is the sum of p times each cell's.
 */
#ifndef FOVEA_HEATMAP_H
#define FOVEA_HEATMAP_H

#include "core.h"
#include "tensor.h" /* FV_TYPE_* */

#ifdef __cplusplus
extern "C" {
#endif

/* What makes a weight of a value. NaN weighs nothing. */
enum {
    FV_NORMALIZE_SOFTMAX = 0, /* exp; less than 2^-126 of the largest is 0. eps is not added: the largest counts 1 */
    FV_NORMALIZE_RELU = 1,    /* max(0, .), at most 1e30 */
    FV_NORMALIZE_SIGMOID = 2,
    FV_NORMALIZE_NONE = 3     /* the value itself, from -1e30 to 1e30, is p already (DSNT); without beta */
};

/* What a coordinate is of cell i of an axis of so many. */
enum {
    FV_UNIT_INDEX = 0,   /* i */
    FV_UNIT_CANVAS = 1,  /* i + 1/2 */
    FV_UNIT_DSNT = 2,    /* (2 i + 1) / count - 1: -1 and 1 are the outer edges, align_corners=False */
    FV_UNIT_CORNER = 3,  /* 2 i / (count - 1) - 1: the outermost cells' centres, align_corners=True; 0 of one cell */
    FV_UNIT_INTEGRAL = 4 /* i / count - 1/2, as the code of integral regression has it */
};

/**
 * The expectation of a cell's place.
 *
 *   coords      [n, joints, dims]: (x), (x, y) or (x, y, z)
 *   confidence  [n, joints] the largest p with SOFTMAX, else the largest weight
 *   mass        [n, joints] the share of the whole map's weight that lies in the window; or null
 *   covariance  [n, joints, dims, dims] of the place, in squares of the coordinates' unit; or null
 *   entropy     [n, joints] -sum of p ln p, in nats; or null
 *   maps        of `type` FV_TYPE_*; value = (maps[i] - zero) * scale
 *   n, joints, depth, height, width
 *               each at least 1, but for n and joints; those that dims does not count are taken as 1
 *   strides     [5] elements from an entry, a joint, a plane, a row and a cell to the next; none below 0
 *   normalize   FV_NORMALIZE_*
 *   beta        0 or more, finite
 *   eps         0 or more, finite: what mass is missing lies at the centre
 *   window      -1: the whole map; r: only the cells within r, along each axis, of the first maximum
 *               in memory, as far as the map goes
 *   unit        FV_UNIT_*
 *
 * Infinity weighs as the largest float. Where nothing has weight (all NaN, all -infinity, all <= 0
 * with RELU) the place is the centre, of the map or of the window, and confidence is 0.
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_heatmap_soft_argmax(float *coords, float *confidence, float *mass, float *covariance, float *entropy,
                                  const void *maps, int type, float zero, float scale,
                                  int n, int joints, int depth, int height, int width, int dims, const int32_t *strides,
                                  int normalize, float beta, float eps, int window, int unit);

/**
 * Its gradients: beta w' (x - E[x]) / (sum of w + eps) for each coordinate. The window stays where it is.
 *
 *   grad_maps        float32, with the strides of maps: every cell is written; or null
 *   grad_beta        [n, joints] by the beta of each joint; or null
 *   grad_coords      [n, joints, dims]
 *   grad_covariance  [n, joints, dims, dims]; or null
 *
 * Others as forward. A cell without weight has gradient 0. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_heatmap_soft_argmax_backward(float *grad_maps, float *grad_beta, const float *grad_coords, const float *grad_covariance,
                                           const void *maps, int type, float zero, float scale,
                                           int n, int joints, int depth, int height, int width, int dims, const int32_t *strides,
                                           int normalize, float beta, float eps, int window, int unit);

#ifdef __cplusplus
}
#endif
#endif
