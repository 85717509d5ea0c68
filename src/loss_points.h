#ifndef FV_LOSS_POINTS_H
#define FV_LOSS_POINTS_H

#include "loss.h"

#define FV_PENALTY_OPTIONS 4

/* One call: where it writes, what it compares, and what gradients are multiplied with. */
typedef struct {
    float *grad;
    double *rows;
    const float *pred, *target;
    const fv_weighing *weighing;
    double scale;
    const double *options;
} fv_points;

/* The sum of all rows. */
double fv_k_points(const fv_points *p, int kind);

#endif
