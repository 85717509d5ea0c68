/*
 * The geometry of two views: the map that takes points to points, or the epipolar geometry between
 * them, of exact, noisy or mostly wrong correspondences. All arithmetic that decides is in double.
 *
 * A matrix is 3 x 3, row-major; points are x, y. A transfer takes (x, y) to (u, v) with
 * (u, v, 1) ~ M (x, y, 1) and is of length 9, its last entry 1 where that may be; similarities and
 * affine maps end with the row 0, 0, 1. A fundamental matrix F has (u, v, 1) F (x, y, 1)' = 0,
 * rank 2 and length 1, its largest entry positive.
 *
 * A correspondence with a coordinate that is not finite, or beyond 1e30, counts as missing.
 */
#ifndef FOVEA_GEOMETRY_H
#define FOVEA_GEOMETRY_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The least points of each: 2, 3, 4, 7. */
enum {
    FV_MODEL_SIMILARITY = 0, /* turn, scale, move: least squares, as Umeyama 1991 */
    FV_MODEL_AFFINE = 1,     /* least squares */
    FV_MODEL_HOMOGRAPHY = 2, /* four points exactly; more: normalised DLT (Hartley 1997) */
    FV_MODEL_FUNDAMENTAL = 3 /* seven points: up to three answers; more: normalised eight points (Hartley 1997) */
};

/* Distances of a correspondence from a model, in pixels. */
enum {
    FV_DISTANCE_FORWARD = 0,   /* from M (x, y) to (u, v); infinite where (x, y) goes to infinity */
    FV_DISTANCE_BACKWARD = 1,  /* from the inverse of M at (u, v) to (x, y) */
    FV_DISTANCE_SYMMETRIC = 2, /* the root of the sum of the squares of these two */
    FV_DISTANCE_SAMPSON = 3    /* of a fundamental matrix: to first order, how far both points must move together */
};

/* How the search for a model ended. */
enum {
    FV_SEARCH_FOUND = 0,
    FV_SEARCH_FEW = 1,        /* fewer correspondences than the model needs */
    FV_SEARCH_DEGENERATE = 2, /* they do not determine one: collinear, coincident, mirrored */
    FV_SEARCH_NO_CONSENSUS = 3 /* what agrees with the best one may well agree by chance */
};

/**
 * Fit a model to correspondences, by least squares where there are more than needed.
 *
 *   models   [3 * 9] as many matrices as it returns
 *   from     [n, 2]
 *   to       [n, 2]
 *   weights  [n], or null: 1 each. One that is not above 0 is a correspondence that is missing
 *   model    FV_MODEL_*
 *   refine   else 0: a homography by the sum of squared distances in `to`, a fundamental matrix by that of
 *            Sampson's distances, both least (Levenberg and Marquardt), not the algebraic error
 *   scratch  fv_geometry_scratch(n) bytes
 *
 * Returns the number of answers, 0 where the points do not determine one; or FV_E_NULL, FV_E_SHAPE, FV_E_VALUE.
 */
FV_API int fv_geometry_fit(double *models, const double *from, const double *to, const double *weights, int n, int model, int refine,
                           void *scratch);

/**
 * Search the model that most of the correspondences agree with, when many are wrong: sample, score, optimise the best
 * locally (Chum et al. 2003), at last by the least squares of its inliers. The score of a distance d is max(0, 1 - d/t)^2:
 * MSAC's, averaged over all thresholds up to t, so that t need not be exact (as Barath et al. 2019 average over noise).
 * Samples come in the order of quality (Chum and Matas 2005); hopeless models are left early. A model is refused where as
 * many points may agree so well with one by chance (Moisan and Stival 2004).
 *
 *   matrix      [9] zeros where there is none
 *   inliers     [n] 1 where the distance is within the threshold, else 0
 *   report      [2] FV_SEARCH_*, and the number of samples
 *   from, to    [n, 2]
 *   quality     [n] the higher the better, or null
 *   model       FV_MODEL_*; the distance of a fundamental matrix is Sampson's, else the forward one
 *   threshold   > 0, pixels
 *   confidence  0 <= it < 1: that a sample of inliers alone was seen
 *   iterations  samples at most
 *   seed        the same seed gives the same answer
 *   scratch     fv_geometry_scratch(n) bytes
 *
 * Returns the number of inliers, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_geometry_find(double *matrix, uint8_t *inliers, int32_t *report, const double *from, const double *to, const double *quality, int n,
                            int model, float threshold, float confidence, int iterations, int seed, void *scratch);

/** Bytes of scratch for n correspondences, or FV_E_SHAPE. */
FV_API int fv_geometry_scratch(int n);

/**
 * Points through a matrix: dst [n, 2] of points [n, 2]. NaN where one goes to infinity.
 *
 * Returns 0, FV_E_NULL or FV_E_SHAPE.
 */
FV_API int fv_geometry_transform(double *dst, const double *points, int n, const double *matrix);

/**
 * The distances [n] of correspondences from a model.
 *
 *   kind  FV_DISTANCE_*
 *
 * Infinite where the matrix has no inverse but needs one. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_geometry_distance(double *dst, const double *from, const double *to, int n, const double *matrix, int kind);

/** The inverse, its last entry 1 where that may be. Returns 1, 0 where there is none (and nothing is written), or FV_E_NULL. */
FV_API int fv_geometry_inverse(double *dst, const double *matrix);

#ifdef __cplusplus
}
#endif
#endif
