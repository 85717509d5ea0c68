/*
 * How far predicted joints are from the true ones. All arithmetic is in double.
 */
#ifndef FOVEA_METRIC_H
#define FOVEA_METRIC_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Object keypoint similarity of every detection with every truth, 0 to 1, as COCO's evaluation has it: the mean of
 * exp(-d^2 / (2 area (2 sigma)^2)) over the joints that are labelled. Where none is, d is the distance of all joints from the
 * box, enlarged by its own size on every side; without boxes such a truth is like nothing.
 *
 *   dst         [n, m]
 *   detections  [n, k, 3] x, y and what is not looked at; a joint that is NaN is infinitely far
 *   truths      [m, k, 3] x, y and, above 0, whether it is labelled
 *   sigmas      [k] of the joints
 *   areas       [m] pixels; below 0 they count as 0
 *   boxes       [m, 4] x1, y1, x2, y2; or null
 *
 * Returns 0, FV_E_NULL or FV_E_SHAPE.
 */
FV_API int fv_metric_oks(float *dst, const float *detections, int n, const float *truths, int m, int k, const float *sigmas, const float *areas,
                         const float *boxes);

/* What is done to a prediction before its distances are taken, to make the weighted sum of their squares least. */
enum {
    FV_ALIGN_NONE = 0,
    FV_ALIGN_SCALE = 1,     /* a scale */
    FV_ALIGN_RIGID = 2,     /* a rotation and a translation */
    FV_ALIGN_SIMILARITY = 3 /* a scale, a rotation and a translation (Procrustes); never a reflection */
};

/**
 * Distances of joints.
 *
 *   dst     [n, k]; 0 where the weight is 0 (or NaN)
 *   mean    [1] the weighted mean over all joints of all people; 0 where nothing is seen
 *   pred    [n, k, dims]
 *   truth   [n, k, dims]
 *   dims    2 or 3
 *   weight  [n, k], at least 0; or null: 1
 *   root    the joint that is moved to 0 in both before anything else, -1: none
 *   align   FV_ALIGN_*
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_metric_distances(float *dst, double *mean, const float *pred, const float *truth, int n, int k, int dims, const float *weight, int root,
                               int align);

#ifdef __cplusplus
}
#endif
#endif
