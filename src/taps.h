/* One axis of a resize: which source pixels make a destination pixel, and how much of each. */
#ifndef FV_TAPS_H
#define FV_TAPS_H

#include "fovea/image.h"

/* At most so many taps make one destination pixel. */
int64_t fv_taps_limit(int in, int out);

/*
 * The taps of destination pixel i of `out`, from `in` source pixels: *start and the
 * count are the result, weights[0..count) sum to 1. 0 <= i < out.
 */
int fv_taps(int resize, int in, int out, int i, int *start, float *weights);

#endif
