/* How far a joint's mass is spread: a second pass over its cells, about the mean. */
#ifndef FV_HEATMAP_SPREAD_H
#define FV_HEATMAP_SPREAD_H

#include "heatmap_place.h"

/* covariance [dims, dims] and entropy [1]; either may be null. */
void fv_spread(float *covariance, float *entropy, const fv_place *place, const fv_heatmaps *m, float *tile);

#endif
