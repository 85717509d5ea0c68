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

/* The coordinates of the points at `grid`, `dims` each; of fewer than four the last stands for the rest. */
static inline void fv_load_points(f32x4 *x, const float *grid, int dims, int count)
{
    if (count >= 4 && dims == 2) {
        const v128_t ab = LOAD(grid), cd = LOAD(grid + 4);
        x[0] = wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), x[1] = wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7);
        return;
    }
    const float *b = grid + (count > 1 ? 1 : 0) * dims, *c = grid + (count > 2 ? 2 : count - 1) * dims;
    const float *d = grid + (count > 3 ? 3 : count - 1) * dims;
    for (int k = 0; k < dims; k++) x[k] = wasm_f32x4_make(grid[k], b[k], c[k], d[k]);
}

/* The taps of four points, whose coordinates k are x[k]. */
void fv_sample_taps(fv_taps4 *taps, const fv_sampler *sampler, const f32x4 *x, int with_slopes);

#endif
