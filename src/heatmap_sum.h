/* One pass over maps: the largest value, the sum of the weights, and the sum of each cell's place times its weight. */
#ifndef FV_HEATMAP_SUM_H
#define FV_HEATMAP_SUM_H

#include "heatmap_field.h"

typedef struct {
    float most;      /* the largest value, at most the largest float; -infinity: there is none but that and NaN */
    double sum;      /* of weights; with SOFTMAX relative to that of `most` */
    double place[3]; /* sum of weight * cell, along each axis of the field */
} fv_sum;

/* Of `lanes` joints side by side, at least 4, or of 1. `tile`: FV_TILE floats, aligned to 16. */
void fv_sum_maps(fv_sum *sums, const fv_field *field, int lanes, int normalize, float scale, float *tile);

/* The first maximum's cell in memory; returns 0 where there is none. */
void fv_peaks(int (*peaks)[3], float *most, const fv_field *field, int lanes, float *tile);

#endif
