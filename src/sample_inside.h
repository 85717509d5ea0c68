/*
 * The common case: four points whose taps all lie inside the map. Their coordinates need no padding, and their
 * taps are rows of neighbours, as far apart for one point as for the next.
 */
#ifndef FV_SAMPLE_INSIDE_H
#define FV_SAMPLE_INSIDE_H

#include "sample_axis.h"
#include "sample_taps.h"

#define FV_INLINE static inline __attribute__((always_inline))
#define FV_OUTLINE static __attribute__((noinline)) /* one copy of what is rare */

typedef struct {
    fv_axis axis[3];
    float last[3];   /* the first tap's last place; -1: none */
    int32_t step[3]; /* bytes from a pixel to the next along x, y, z */
    int32_t row[4];  /* bytes from the first tap to the rows of taps, */
    int32_t tap[FV_MOST_TAPS]; /* and to every tap */
} fv_inside;

/* Four points: the first taps, in bytes, and the weights of all, row by row. */
typedef struct {
    int32_t at[4];
    f32x4 weight[FV_MOST_TAPS];
    f32x4 slope[FV_MOST_TAPS][3]; /* the weights' derivatives by the coordinates, where asked for */
} fv_inside4;

static inline fv_inside fv_make_inside(const fv_sampler *s)
{
    fv_inside in;
    const int along = fv_taps_along(s->mode);
    for (int k = 0; k < 3; k++) {
        in.axis[k] = fv_make_axis(s->coords, s->size[k]);
        in.last[k] = s->size[k] < 1 << 22 ? (float)(s->size[k] - along) : -1.f; /* beyond, floats are not integers enough */
        in.step[k] = (int32_t)(s->step[k] * 4);
    }
    const int rows = s->dims == 3 ? along * along : along;
    for (int i = 0; i < 4; i++) in.row[i] = s->dims == 3 ? (i & 1) * in.step[1] + (i >> 1) * in.step[2] : i * in.step[1];
    for (int i = 0; i < rows * along; i++) in.tap[i] = in.row[i / along] + i % along * in.step[0];
    return in;
}

FV_INLINE int fv_rows_of_taps(int dims, int mode) { return dims == 3 ? fv_taps_along(mode) * fv_taps_along(mode) : fv_taps_along(mode); }

/* Whether all taps of the four points at `grid` are inside; if so, which they are. */
FV_INLINE int fv_find_inside(fv_inside4 *q, const fv_inside *in, const float *grid, int dims, int mode, int with_slopes)
{
    f32x4 x[3], first[3], weight[3][4], slope[3][4];
    if (dims == 2) {
        const v128_t ab = LOAD(grid), cd = LOAD(grid + 4);
        x[0] = wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), x[1] = wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7);
    } else {
        for (int k = 0; k < 3; k++) x[k] = wasm_f32x4_make(grid[k], grid[k + 3], grid[k + 6], grid[k + 9]);
    }
    v128_t inside = SPLATI(-1);
    for (int k = 0; k < dims; k++) {
        x[k] = fv_to_index(&in->axis[k], x[k]);
        first[k] = fv_first_tap(mode, x[k]);
        inside = wasm_v128_and(inside, wasm_v128_and(GE(first[k], SPLAT(0.f)), GE(SPLAT(in->last[k]), first[k])));
    }
    if (wasm_i32x4_bitmask(inside) != 15) return 0;
    i32x4 at = SPLATI(0);
    for (int k = 0; k < dims; k++) {
        /* Adding 2^23 to a whole number below 2^22 leaves it in the low bits. */
        const i32x4 index = wasm_i32x4_sub(ADD(first[k], SPLAT(8388608.f)), SPLATI(0x4b000000));
        at = wasm_i32x4_add(at, wasm_i32x4_mul(index, SPLATI(in->step[k])));
        fv_tap_weights(weight[k], mode, x[k], first[k]);
        if (with_slopes) fv_tap_slopes(slope[k], mode, x[k], first[k], SPLAT(in->axis[k].slope));
    }
    STORE(q->at, at);
    const int rows = fv_rows_of_taps(dims, mode), run = fv_taps_along(mode);
    for (int r = 0; r < rows; r++) {
        const int y = r % run, z = r / run;
        f32x4 w = weight[1][y], sy = w, sz = w;
        if (dims == 3) w = MUL(w, weight[2][z]);
        if (with_slopes) {
            sy = dims == 3 ? MUL(slope[1][y], weight[2][z]) : slope[1][y];
            if (dims == 3) sz = MUL(weight[1][y], slope[2][z]);
        }
        for (int i = 0; i < run; i++) {
            const int t = r * run + i;
            q->weight[t] = MUL(w, weight[0][i]);
            if (!with_slopes) continue;
            q->slope[t][0] = MUL(w, slope[0][i]);
            q->slope[t][1] = MUL(sy, weight[0][i]);
            q->slope[t][2] = MUL(sz, weight[0][i]);
        }
    }
    return 1;
}

/* Four points' runs of neighbouring taps, `at` bytes from src: v[i] are their i-th ones. */
FV_INLINE void fv_load_runs(f32x4 *v, const char *src, const int32_t *at, int run)
{
    if (run == 1) {
        v[0] = wasm_v128_load32_zero(src + at[0]);
        v[0] = wasm_v128_load32_lane(src + at[1], v[0], 1);
        v[0] = wasm_v128_load32_lane(src + at[2], v[0], 2);
        v[0] = wasm_v128_load32_lane(src + at[3], v[0], 3);
    } else if (run == 2) {
        const v128_t ab = wasm_v128_load64_lane(src + at[1], wasm_v128_load64_zero(src + at[0]), 1);
        const v128_t cd = wasm_v128_load64_lane(src + at[3], wasm_v128_load64_zero(src + at[2]), 1);
        v[0] = wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), v[1] = wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7);
    } else {
        for (int i = 0; i < 4; i++) v[i] = LOAD(src + at[i]);
        fv_transpose(&v[0], &v[1], &v[2], &v[3]);
    }
}

#endif
