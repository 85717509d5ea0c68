/* How far a joint's mass is spread: a second pass over its cells, about the mean. */
#ifndef FV_HEATMAP_SPREAD_H
#define FV_HEATMAP_SPREAD_H

#include "heatmap_place.h"

/* Sums over the cells of a joint, along the axes of its field: weight times products of distances from the mean, and w ln w. */
typedef struct {
    double pair[3][3], log_sum;
} fv_spread;

/* logs: whether log_sum is wanted. */
void fv_find_spread(fv_spread *s, const fv_place *place, const fv_heatmaps *m, int logs, float *tile);

/* The mean in cells of the part; of what is not normalised, the cell that the coordinate names. */
double fv_mean_cell(const fv_place *p, const fv_heatmaps *m, int axis);

#endif
