/* Identities over time: who is like whom, who is who, and a steadier picture of each. */
#ifndef FOVEA_TRACK_H
#define FOVEA_TRACK_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FV_ASSIGN_HUNGARIAN = 0, /* the pairs whose sum is best */
    FV_ASSIGN_GREEDY = 1     /* the best pair, then the best of those left, and so on */
};

/**
 * Pair rows with columns, each at most once, as many as can be.
 *
 *   columns   [n] of each row, or -1
 *   costs     [n, m]; a pair whose cost is NaN or infinite is never made
 *   maximize  0: the least sum of costs, 1: the largest
 *   method    FV_ASSIGN_*
 *   scratch   fv_track_assign_scratch(n, m) bytes
 *
 * Ties go to the lower row, then to the lower column: where all costs are equal, row i gets column i. The sum is exact to
 * the rounding of doubles (shortest augmenting paths: Jonker and Volgenant 1987, Crouse 2016); O(min^2 max), greedy O(n m).
 * Returns the number of pairs, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_track_assign(int32_t *columns, const float *costs, int n, int m, int maximize, int method, void *scratch);

/** Bytes of scratch for either method, or FV_E_SHAPE. */
FV_API int fv_track_assign_scratch(int n, int m);

/**
 * Object keypoint similarity of each of n poses to each of m: the mean of exp(-d^2 / (2 area (2 sigma)^2)) over the joints
 * that both have, where d is the distance between them; 0 where these are fewer than min_joints.
 *
 *   dst     [n, m] 0 to 1
 *   a       [n, k, 3] x, y, score; a joint is there if it scores above 0
 *   areas   [n] of the first poses, square pixels, at least 0
 *   b       [m, k, 3]
 *   sigmas  [k]
 *
 * A similarity that is no number is 0. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE (min_joints below 1).
 */
FV_API int fv_track_oks(float *dst, const float *a, const float *areas, int n, const float *b, int m,
                        const float *sigmas, int k, int min_joints);

/**
 * One step of a One-Euro filter (Casiez, Roussel and Vogel 2012) for each coordinate of k points: a low pass whose cutoff
 * rises with the speed.
 *
 *   dst                [k, 3] x, y, score: smoothed; a point that scores not above 0 or is not finite is 0, 0, 0
 *   state              [k, 5] x, y, their rates per second, and 1 where there is a past; zeros at first
 *   points             [k, 3]
 *   seconds            since the step before, at least 0; 0 keeps what was
 *   min_cutoff         Hz, at least 0
 *   beta               Hz to one size per second, at least 0
 *   derivative_cutoff  of the rates, Hz, at least 0
 *   size               of the person, pixels, above 0
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_track_smooth(float *dst, float *state, const float *points, int k, float seconds,
                           float min_cutoff, float beta, float derivative_cutoff, float size);

#ifdef __cplusplus
}
#endif
#endif
