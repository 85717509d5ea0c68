/* Which pixels make four sampled points, and how much of each. */
#ifndef FV_SAMPLE_TAPS_H
#define FV_SAMPLE_TAPS_H

#include "fovea/sample.h"
#include "simd.h"

#define FV_MOST_TAPS 16

typedef struct {
    int dims, mode, padding, coords;
    int size[3];    /* of the map along x, y, z */
    int64_t step[3]; /* floats from a pixel to the next along x, y, z */
} fv_sampler;

/* Four points' taps. A tap outside reads pixel 0 and is masked. */
typedef struct {
    int count, inside; /* inside: no mask is needed */
    int32_t pixel[FV_MOST_TAPS][4]; /* in floats */
    v128_t mask[FV_MOST_TAPS];
    f32x4 weight[FV_MOST_TAPS];
    f32x4 slope[FV_MOST_TAPS][3]; /* the weight's derivatives by the coordinates, where asked for */
} fv_taps4;

/* The taps of the points at `grid`, `dims` coordinates each; of fewer than four the last stands for the rest. */
void fv_sample_taps(fv_taps4 *taps, const fv_sampler *sampler, const float *grid, int count, int with_slopes);

#endif
