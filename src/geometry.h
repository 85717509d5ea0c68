/* What the parts of the geometry room share. */
#ifndef FV_GEOMETRY_H
#define FV_GEOMETRY_H

#include "fovea/geometry.h"
#include "linear.h"
#include "math.h"

enum { FV_SAMPLE_MOST = 7, FV_ANSWERS_MOST = 3, FV_ENTRIES = 9, FV_FREE_MOST = 8 };

/* Normalised coordinates: (p - centre) * scale. */
typedef struct {
    double x, y, scale;
} fv_frame;

/*
 * Correspondences that are there, (x, y) to (u, v), in normalised coordinates; padded to a multiple of four with (0, 0)
 * to NaN.
 * Distances are in the units of (u, v).
 */
typedef struct {
    int count;
    double *x, *y, *u, *v;
    double *weight; /* or null: 1 each */
    fv_frame from, to;
    double ratio; /* of the frames' scales, from / to, squared */
} fv_pairs;

/* The same for scoring, in float. */
typedef struct {
    float *x, *y, *u, *v;
    float ratio;
} fv_pairs32;

/*
 * Of a sum over correspondences of weighted squared distances: itself, and in the nine entries of the model its half
 * gradient, and Gauss and Newton's half Hessian.
 */
typedef struct {
    double loss, slope[FV_ENTRIES], bend[FV_ENTRIES * FV_ENTRIES];
} fv_sums;

/* What is summed: the squared error of the equations that are linear in the model, or of distances. */
enum { FV_SUM_ALGEBRAIC, FV_SUM_SQUARES, FV_SUM_ROBUST };

typedef struct {
    int minimal, parameters;
    /* The models through a sample, rows of x, y, u, v; how many, 0 where it is degenerate. */
    int (*through)(double *models, double (*sample)[4]);
    /* Orthonormal directions [parameters, 9] in which a settled model may move. */
    void (*directions)(double *directions, const double *model);
    /* The nearest model to nine numbers. */
    void (*settle)(double *model);
    /* A distance d counts d^2, or d^2 (1 - d^2 / 2 limit^2) up to the limit and as much as that beyond it. */
    void (*sum)(fv_sums *sums, const double *model, const fv_pairs *pairs, int count, int what, double limit);
    double (*distance)(const double *model, const fv_pairs *pairs, int i); /* squared */
    /* Sum of max(0, 1 - d / limit)^2 over four times `fours` correspondences from `first` on. */
    float (*score)(const float *model, const fv_pairs32 *pairs, int first, int fours, float limit);
} fv_model;

extern const fv_model fv_models[];

/* Levenberg and Marquardt over the first count correspondences; at most so many steps. */
void fv_descend(double *model, const fv_model *kind, const fv_pairs *pairs, int count, int what, double limit, int steps);
/* The least squares of the algebraic error of all; 0 where they are degenerate. */
int fv_solve(double *model, const fv_model *kind, const fv_pairs *pairs);
int fv_has_inverse(const double *transfer);
/* Take a scratch for n, and once its pairs are in their places and frames, those into these. */
void fv_pairs_divide(fv_pairs *pairs, double *memory, int n);
void fv_pairs_settle(fv_pairs *pairs);
/* A model in pixels; 0 where that is not finite. */
int fv_model_out(double *matrix, const double *model, int which, const fv_pairs *pairs);

void fv_transfer_sum(fv_sums *sums, const double *model, const fv_pairs *pairs, int count, int what, double limit);
void fv_sampson_sum(fv_sums *sums, const double *model, const fv_pairs *pairs, int count, int what, double limit);
double fv_transfer_distance(const double *model, const fv_pairs *pairs, int i);
double fv_sampson_distance(const double *model, const fv_pairs *pairs, int i);
float fv_transfer_score(const float *model, const fv_pairs32 *pairs, int first, int fours, float limit);
float fv_sampson_score(const float *model, const fv_pairs32 *pairs, int first, int fours, float limit);

static inline int fv_there(double v) { return v >= -1e30 && v <= 1e30; }
/* Whether a correspondence is not missing. */
static inline int fv_pair_there(const double *from, const double *to, int64_t i)
{
    return fv_there(from[2 * i]) && fv_there(from[2 * i + 1]) && fv_there(to[2 * i]) && fv_there(to[2 * i + 1]);
}

#endif
