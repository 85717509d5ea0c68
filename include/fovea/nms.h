/* Non-maximum suppression: of boxes that overlap, one. */
#ifndef FOVEA_NMS_H
#define FOVEA_NMS_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FV_NMS_INCLUSIVE = 1,    /* an overlap equal to the threshold suppresses too (tfjs) */
    FV_NMS_PLUS_ONE = 2,     /* widths and heights are x2 - x1 + 1 (Pascal VOC, Faster R-CNN's Python) */
    FV_NMS_SCORE_INCLUSIVE = 4 /* a score equal to the threshold passes too (MediaPipe) */
};

enum {
    FV_DECAY_LINEAR = 0,  /* score *= 1 - IoU where IoU passes the threshold */
    FV_DECAY_GAUSSIAN = 1 /* score *= exp(-IoU^2 / sigma), whatever the threshold */
};

/**
 * Greedy suppression: best score first, each box kept unless one kept before it overlaps it.
 *
 *   keep             [max_keep] indices of the kept boxes, best first
 *   boxes            [n, 4]
 *   scores           [n]; equal scores: the lower index first
 *   classes          [n] or null: boxes of different classes do not suppress each other
 *   iou_threshold    suppressed is what overlaps more than this; above 1 nothing is
 *   score_threshold  considered is what scores more than this
 *   max_per_class    considered are so many of each class, the best; 0: all
 *   flags            FV_NMS_* or 0
 *   scratch          fv_nms_scratch(n) bytes
 *
 * IoU is computed in float32, as torchvision does; 0/0 suppresses nothing. Boxes and
 * scores that are NaN are never kept. The boxes are sorted into a grid, so
 * the time is O(n) where they overlap few others.
 * Returns the number kept, FV_E_NULL or FV_E_SHAPE.
 */
FV_API int fv_nms(int32_t *keep, int max_keep,
                  const float *boxes, const float *scores, const int32_t *classes, int n,
                  float iou_threshold, float score_threshold, int max_per_class, int flags, void *scratch);

/**
 * Soft suppression (Bodla et al. 2017): a box that overlaps a better one loses score.
 *
 *   keep, kept_scores  [max_keep] indices and their final scores, best first
 *   decay              FV_DECAY_*
 *   sigma              of the gaussian, > 0
 *
 * Others as for fv_nms. O(n * kept). Returns the number kept, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_nms_soft(int32_t *keep, float *kept_scores, int max_keep,
                       const float *boxes, const float *scores, const int32_t *classes, int n,
                       float iou_threshold, float score_threshold, int decay, float sigma, int flags, void *scratch);

/**
 * Weighted suppression (MediaPipe's WEIGHTED): a kept box becomes the mean, weighted by
 * score, of itself and all it suppresses; its score stays.
 *
 *   keep    [max_keep] indices of the leading boxes, best first
 *   merged  [max_keep, values] the means
 *   rows    [n, values] what is averaged: a box in the first four, then keypoints or
 *           whatever else belongs to it; values >= 4
 *
 * Others as for fv_nms. O(n * kept). Returns the number kept, FV_E_NULL or FV_E_SHAPE.
 */
FV_API int fv_nms_weighted(int32_t *keep, float *merged, int max_keep,
                           const float *rows, int values, const float *scores, const int32_t *classes, int n,
                           float iou_threshold, float score_threshold, int flags, void *scratch);

/** Bytes of scratch for n boxes, for all three, or FV_E_SHAPE. */
FV_API int fv_nms_scratch(int n);

#ifdef __cplusplus
}
#endif
#endif
