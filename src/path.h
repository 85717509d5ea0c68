/* What the parts of the path room share. */
#ifndef FV_PATH_H
#define FV_PATH_H

#include "fovea/path.h"
#include "math.h"

#define FV_LBFGS_PAIRS 8

/* A row of the spline's matrix: neighbouring knots, fewer than four where there are fewer. */
typedef struct {
    int32_t first, taps;
    double weight[4];
} fv_spline_row;

typedef struct {
    int count, dims, samples, spline, cells, flags;
    int size[3];    /* of the map along x, y, z */
    const float *map, *distance;
    const double *weights, *settings;
    fv_spline_row *rows;
    double *controls; /* [count, dims] of the natural spline */
    double *pivot;    /* [count] of its matrix */
    double *path;   /* [samples, dims] */
    double *pull;   /* [samples, dims] the loss's gradient by the path */
    double *values; /* [samples] the map's */
    double *far;    /* [samples] the distance's */
    double *slopes; /* [samples, dims] of a map */
    double *along;  /* [samples, dims] unit vectors of the segments */
    double *length; /* [samples] the segments' */
    double *stretch; /* [samples] the loss's gradient by them */
    double terms[FV_TERM_COUNT];
} fv_path;

static inline int fv_finite(double v) { return v - v == 0; }
static inline double fv_sqrt(double v) { return __builtin_sqrt(v); }

void fv_spline_prepare(fv_path *p);
void fv_spline_apply(fv_path *p, const double *knots);       /* p->path */
void fv_spline_transpose(fv_path *p, double *grad_knots); /* p->pull's, added to */

/* The values [samples] of a map at the path's points, and their gradients [samples, dims] by these. */
void fv_path_cells(double *values, double *slopes, const fv_path *p, const float *map);

/* The loss of knots [count, dims], and its gradient, written; p->terms too. */
double fv_path_loss(fv_path *p, double *grad, const double *knots);

/* steps + 1 losses; knots [count, dims] are moved. Room for fv_path_optimizer_doubles() at work. */
void fv_path_descend(fv_path *p, double *history, double *knots, int optimizer, int steps, double *work);
int64_t fv_path_optimizer_doubles(int count, int dims);

#endif
