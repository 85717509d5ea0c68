/*
 * Losses and their gradients with respect to the prediction.
 *
 * A weight multiplies the loss it belongs to. Where it is 0 (or NaN) neither prediction nor target is
 * looked at: loss and gradient there are exactly 0, whatever lies in them. Elsewhere a NaN makes the
 * loss NaN. Losses are summed in double, in a fixed order.
 */
#ifndef FOVEA_LOSS_H
#define FOVEA_LOSS_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the sum is divided by; where that is 0, loss and gradient are 0. */
enum {
    FV_REDUCTION_SUM = 0,          /* 1 */
    FV_REDUCTION_MEAN = 1,         /* the number of values, weighted or not; of rows in the cross-entropies */
    FV_REDUCTION_BATCH_MEAN = 2,   /* `batch` */
    FV_REDUCTION_WEIGHT_MEAN = 3,  /* the sum of the weights as they are given; without weights, the number of rows */
    FV_REDUCTION_POSITIVE_MEAN = 4 /* the number of targets of 1 that have a weight, at least 1 */
};

/* Penalties of a prediction p and a target t, with d = p - t; and their options, in this order. */
enum {
    FV_PENALTY_L1 = 0,        /* |d|; its gradient at 0 is 0 */
    FV_PENALTY_L2 = 1,        /* d^2 */
    FV_PENALTY_SMOOTH_L1 = 2, /* beta >= 0: d^2 / 2 beta where |d| < beta, |d| - beta / 2 beyond */
    FV_PENALTY_HUBER = 3,     /* delta > 0: beta times that */
    FV_PENALTY_WING = 4,      /* omega, epsilon > 0: omega log(1 + |d| / epsilon) where |d| < omega, |d| - C beyond (Feng et al. 2018) */
    FV_PENALTY_BCE = 5,       /* weight of positives >= 0: p is a logit, -(w t log s(p) + (1 - t) log(1 - s(p))) */
    FV_PENALTY_FOCAL = 6,     /* alpha, beta >= 0: p is a logit, -(1 - s)^alpha log s where t is 1,
                                 -(1 - t)^beta s^alpha log(1 - s) elsewhere (Law and Deng 2018, eq. 1) */
    FV_PENALTY_ADAPTIVE_WING = 7 /* omega, theta, epsilon, alpha > 0: omega log(1 + |d / epsilon|^(alpha - t)) where |d| < theta,
                                    straight beyond (Wang et al. 2019, eq. 4) */
};

/* Axes of [outer, middle, inner] that weights have; along the others they repeat. */
enum { FV_AXIS_OUTER = 1, FV_AXIS_MIDDLE = 2, FV_AXIS_INNER = 4 };

/**
 * The sum of penalties.
 *
 *   loss      [1]
 *   grad      [outer, middle, inner] of the loss by pred
 *   rows      [outer, middle] the loss of each row of `inner` values, weighted, not divided
 *   pred      [outer, middle, inner]
 *   target    [outer, middle, inner]
 *   weight    of the axes in `axes`, outermost first; null: 1 everywhere
 *   axes      FV_AXIS_*, or'ed
 *   batch     >= 0, for FV_REDUCTION_BATCH_MEAN
 *   kind      FV_PENALTY_*
 *   reduction FV_REDUCTION_*
 *   options   [4] the penalty's, finite, the rest unused
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_loss_points(double *loss, float *grad, double *rows, const float *pred, const float *target, int outer, int middle, int inner,
                          const float *weight, int axes, int batch, int kind, int reduction, const double *options);

/**
 * Squared differences of the hardest maps only (online hard keypoint mining, Chen et al. 2018): of every entry the mean over
 * the `top` maps whose weighted mean is largest; the mean of that over entries. A mean that is NaN is never chosen; of equal
 * ones the first is.
 *
 *   loss, grad  as above; grad [n, k, inner]
 *   rows        [n, k] the weighted sum of squares of every map
 *   weight      [n, k], or null
 *   k           at most 4096
 *   top         1 to k
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_loss_hardest(double *loss, float *grad, double *rows, const float *pred, const float *target, int n, int k, int inner,
                           const float *weight, int top);

/**
 * Cross-entropy of the softmax of each row with one cell of it.
 *
 *   loss      [1]
 *   grad      [n, inner] of the loss by logits
 *   rows      [n] the loss of each row, without its weight; 0 where that is 0
 *   logits    [n, inner], inner >= 1
 *   index     [n] the cell; a row whose index is outside has weight 0
 *   weight    [n], or null
 *   batch, reduction  as above; not FV_REDUCTION_POSITIVE_MEAN
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_loss_cell(double *loss, float *grad, double *rows, const float *logits, const int32_t *index, int n, int inner,
                        const float *weight, int batch, int reduction);

enum {
    FV_ENTROPY_BETA = 0,       /* logits are multiplied by it */
    FV_ENTROPY_LABEL_BETA = 1, /* above 0: targets are multiplied by it and go through a softmax too */
    FV_ENTROPY_SCALE = 2,      /* of loss and gradient */
    FV_ENTROPY_COUNT = 3
};

/**
 * Cross-entropy of the softmax of each row with a row of targets, or Kullback and Leibler's divergence, which is less by the
 * target's own entropy.
 *
 *   target      [n, inner] not necessarily of sum 1
 *   divergence  0 or 1
 *   options     [FV_ENTROPY_COUNT] finite
 *
 * Others as for fv_loss_cell. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_loss_entropy(double *loss, float *grad, double *rows, const float *logits, const float *target, int n, int inner,
                           const float *weight, int batch, int reduction, int divergence, const double *options);

#ifdef __cplusplus
}
#endif
#endif
