/* Weights and reductions, for every loss. */
#ifndef FV_LOSS_INTERNAL_H
#define FV_LOSS_INTERNAL_H

#include "fovea/loss.h"
#include "math.h"

/* The weights of [outer, middle, inner]: null, or those of some of the axes. */
typedef struct {
    const float *weight;
    int axes, outer, middle, inner;
} fv_weighing;

static inline int fv_is_weight(float w) { return w == w && w != 0; }

/* How many weights there are, 0 if none were given. */
int64_t fv_weights(const fv_weighing *w);

/* The weights of a row: one for all of it, or (FV_AXIS_INNER) `inner`. */
const float *fv_weights_of(const fv_weighing *w, int outer, int middle);

/* What FV_REDUCTION_SUM to WEIGHT_MEAN divide the sum by; `values` counts them for MEAN. */
double fv_divisor(int reduction, const fv_weighing *w, int64_t values, int batch);

/* Divided, or 0 where nothing is to be divided by. */
static inline double fv_share(double total, double divisor) { return divisor == 0 ? 0 : total / divisor; }

/* FV_E_SHAPE where a size is negative or all of them make 2^31 bytes. */
int fv_loss_shape(int outer, int middle, int inner, int batch);

#endif
