/*
 * Trajectories: a few knots, a dense path through them, what the path costs on a map, the
 * gradient of that, and the optimisation that follows it.
 *
 * A point of D coordinates (x, y) or (x, y, z) lies in the map at index x * scale + shift, where
 * an integer index names a cell's centre; scale 1 and shift 0 are index coordinates
 * (align_corners=True of torch), shift -.5 the canvas's, a smaller scale a coarser map. Lengths
 * are of the points' own units. Beyond the map lies its border. All arithmetic is in double.
 */
#ifndef FOVEA_PATH_H
#define FOVEA_PATH_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Path = a constant matrix times knots. All pass evenly from knot 0 to the last; all but the natural spline with at
   most four knots to a point, a missing neighbour of an end made of the two knots there. */
enum {
    FV_SPLINE_LINEAR = 0,      /* F.interpolate(mode='linear', align_corners=True) */
    FV_SPLINE_HERMITE = 1,     /* tangents are averaged differences, one-sided at the ends (iPlanner) */
    FV_SPLINE_CATMULL_ROM = 2, /* the same within; ends doubled, so half as fast there */
    FV_SPLINE_BSPLINE = 3,     /* uniform cubic: smoother, passes through the end knots only */
    FV_SPLINE_NATURAL = 4      /* the B-spline that passes through all: no curve through them bends less, each moves the whole path */
};

/* What is summed. p are the samples, d their differences, |d| the lengths of the S - 1 segments. */
enum {
    FV_TERM_COST = 0,       /* sum c(p), or with FV_PATH_ARC_LENGTH the trapezoid rule's integral of c ds */
    FV_TERM_VELOCITY = 1,   /* sum of squared first differences of the knots, or of the samples */
    FV_TERM_SMOOTH = 2,     /* second differences */
    FV_TERM_JERK = 3,       /* third differences */
    FV_TERM_LENGTH = 4,     /* sum |d| */
    FV_TERM_SPACING = 5,    /* sum (|d| - mean |d|)^2 */
    FV_TERM_CLEARANCE = 6,  /* CHOMP's hinge on a signed distance s and a margin m: m/2 - s where s < 0,
                               (s - m)^2 / 2m where s < m (Ratliff et al. 2009) */
    FV_TERM_GOAL = 7,       /* log(1 + |last p - goal|) (iPlanner) */
    FV_TERM_CURVATURE = 8,  /* sum max(0, k - bound)^2, k = 2 |change of direction| / (|d| + |next d|) */
    FV_TERM_HEADING = 9,    /* 1 - cos of the angle between the first, and the last, segment and its heading */
    FV_TERM_BOUNDARY = 10,  /* squared distance beyond the outermost cell centres */
    FV_TERM_COUNT = 11
};

enum {
    FV_PATH_FIX_START = 1,      /* the first knot has gradient 0 */
    FV_PATH_FIX_GOAL = 2,       /* the last */
    FV_PATH_SMOOTH_SAMPLES = 4, /* differences are the samples', not the knots' */
    FV_PATH_ARC_LENGTH = 8,     /* the cost is integrated along the path */
    FV_PATH_WRAP = 16           /* a volume's last axis, z, is periodic: an angle */
};

enum {
    FV_CELL_BILINEAR = 0, /* trilinear in volumes; border padding, and its gradient, as grid_sample's */
    FV_CELL_BICUBIC = 1   /* Keys, A = -0.75; tricubic in volumes */
};

/* Numbers of a path: FV_SETTING_COUNT doubles, all finite. A heading of length 0 is none. */
enum {
    FV_SETTING_SCALE = 0,
    FV_SETTING_SHIFT = 1,
    FV_SETTING_MARGIN = 2,        /* of the clearance, > 0 */
    FV_SETTING_BOUND = 3,         /* of the curvature, >= 0: one over the smallest radius */
    FV_SETTING_GOAL = 4,          /* three of each */
    FV_SETTING_START_HEADING = 7,
    FV_SETTING_GOAL_HEADING = 10,
    FV_SETTING_RATE = 13,         /* the optimiser's learning rate, >= 0 */
    FV_SETTING_MOMENTUM = 14,     /* SGD's, or Adam's beta 1; 0 <= it < 1 */
    FV_SETTING_DECAY = 15,        /* Adam's beta 2; 0 <= it < 1 */
    FV_SETTING_EPSILON = 16,      /* Adam's, > 0 */
    FV_SETTING_COUNT = 17
};

enum {
    FV_OPTIMIZER_SGD = 0,   /* torch.optim.SGD with momentum */
    FV_OPTIMIZER_ADAM = 1,  /* torch.optim.Adam */
    FV_OPTIMIZER_CHOMP = 2, /* covariant: the gradient through the inverse of the knots' velocity metric,
                               D'D + I/K^2, scaled so that its middle element is 1 (Ratliff et al. 2009, eq. 9) */
    FV_OPTIMIZER_LBFGS = 3  /* eight pairs, Armijo backtracking from RATE (Nocedal and Wright, algorithm 7.5) */
};

/**
 * The dense path of some knots.
 *
 *   path    [samples, dims]
 *   knots   [count, dims], count >= 2
 *   spline  FV_SPLINE_*
 *   scratch fv_path_scratch() bytes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_path_resample(float *path, int samples, const float *knots, int count, int dims, int spline, void *scratch);

/** Its gradient, the transposed matrix: grad_knots [count, dims] of grad_path [samples, dims]. */
FV_API int fv_path_resample_backward(float *grad_knots, const float *grad_path, int samples, int count, int dims, int spline,
                                     void *scratch);

/**
 * Points at even distances along a polyline, its ends included.
 *
 *   dst   [count, dims], count >= 2
 *   src   [n, dims], n >= 1
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_path_even(float *dst, int count, const float *src, int n, int dims);

/**
 * What a path costs, and the gradient of that by its knots.
 *
 *   terms     [FV_TERM_COUNT] each times its weight; the loss is their sum
 *   grad      [count, dims], or null
 *   path      [samples, dims], or null
 *   sampled   [samples] the map's value at each, 0 where the cost has no weight; or null
 *   knots     [count, dims], count >= 2
 *   map       [height, width], or [depth, height, width] where dims is 3; depth is 1 where it is 2
 *   distance  as map: a signed distance, negative within obstacles; null where the clearance has no weight
 *   cells     FV_CELL_*
 *   flags     FV_PATH_*
 *   weights   [FV_TERM_COUNT] finite; a term of weight 0 is not computed
 *   settings  [FV_SETTING_COUNT]
 *   scratch   fv_path_scratch() bytes
 *
 * A gradient that is not finite (of cells or coordinates that are not) is 0.
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_path_cost(double *terms, float *grad, float *path, float *sampled, const float *knots, int count, int dims, int samples, int spline,
                        const float *map, const float *distance, int depth, int height, int width, int cells, int flags,
                        const double *weights, const double *settings, void *scratch);

/**
 * Optimise the knots.
 *
 *   result    [count, dims] the knots after the last step; may be knots
 *   history   [steps + 1] the loss before each step and after the last
 *
 * Others as for fv_path_cost. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_path_optimize(float *result, double *history, double *terms, float *path, const float *knots, int count, int dims, int samples, int spline,
                            const float *map, const float *distance, int depth, int height, int width, int cells, int flags,
                            const double *weights, const double *settings, int optimizer, int steps, void *scratch);

/** Bytes of scratch for each of these, or FV_E_SHAPE. */
FV_API int fv_path_scratch(int count, int dims, int samples);

#ifdef __cplusplus
}
#endif
#endif
