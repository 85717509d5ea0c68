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
#define FV_TWO23_BITS 0x4b000000u

/* Vectors of one value each, for a loop to load once. */
typedef struct {
    f32x4 add[3], slope[3], less[3]; /* fv_axis */
    i32x4 last[3]; /* the first tap's last place, a float's bits; -1: none */
    i32x4 step[3]; /* bytes from a pixel to the next along x, y, z */
    i32x4 bias;    /* what 2^23 in each coordinate makes of an offset */
    f32x4 two23;
    i32x4 abreast; /* offsets of four neighbours of a row; none where pixels are further apart */
    int32_t row[4];            /* bytes from the first tap to the rows of taps, */
    int32_t tap[FV_MOST_TAPS]; /* and to every tap */
} fv_inside;

/* Four points: their first taps, in bytes, and the weights of the taps along each axis. */
typedef struct {
    i32x4 at;
    f32x4 weight[3][4];
    f32x4 slope[3][4]; /* the weights' derivatives by the coordinate, where asked for */
} fv_inside4;

static inline fv_inside fv_make_inside(const fv_sampler *s)
{
    fv_inside in;
    const int along = fv_taps_along(s->mode);
    int32_t step[3];
    uint32_t bias = 0;
    for (int k = 0; k < 3; k++) {
        const fv_axis axis = fv_make_axis(s->coords, s->size[k]);
        const int last = s->size[k] - along;
        const int fits = last >= 0 && s->size[k] < 1 << 22; /* beyond, floats are not integers enough */
        in.add[k] = SPLAT(axis.add), in.slope[k] = SPLAT(axis.slope), in.less[k] = SPLAT(axis.less);
        in.last[k] = fits ? SPLAT((float)last) : SPLATI(-1);
        step[k] = (int32_t)(s->step[k] * 4);
        in.step[k] = SPLATI(step[k]);
        if (k < s->dims) bias += FV_TWO23_BITS * (uint32_t)step[k];
    }
    in.bias = SPLATI((int32_t)bias);
    in.two23 = SPLAT(8388608.f);
    in.abreast = s->step[0] == 1 ? wasm_i32x4_make(0, 4, 8, 12) : SPLATI(-1);
    const int rows = s->dims == 3 ? along * along : along;
    for (int i = 0; i < 4; i++) in.row[i] = s->dims == 3 ? (i & 1) * step[1] + (i >> 1) * step[2] : i * step[1];
    for (int i = 0; i < rows * along; i++) in.tap[i] = in.row[i / along] + i % along * step[0];
    return in;
}

FV_INLINE int fv_rows_of_taps(int dims, int mode) { return dims == 3 ? fv_taps_along(mode) * fv_taps_along(mode) : fv_taps_along(mode); }

/* Whether all taps of the four points are inside; if so, which they are. */
FV_INLINE int fv_find_inside(fv_inside4 *q, const fv_inside *in, const f32x4 *point, int dims, int mode, int with_slopes)
{
    f32x4 x[3], first[3];
    v128_t outside = SPLATI(0);
    for (int k = 0; k < dims; k++) {
        x[k] = SUB(MUL(ADD(point[k], in->add[k]), in->slope[k]), in->less[k]);
        first[k] = fv_first_tap(mode, x[k]);
        /* Floats that are not negative are in the order of their bits. */
        outside = wasm_v128_or(outside, wasm_v128_or(first[k], wasm_i32x4_sub(in->last[k], first[k])));
    }
    if (wasm_i32x4_bitmask(outside)) return 0;
    i32x4 at = SPLATI(0);
    for (int k = 0; k < dims; k++) {
        /* Adding 2^23 to a whole number below 2^22 leaves it in the low bits. */
        const i32x4 offset = wasm_i32x4_mul(ADD(first[k], in->two23), in->step[k]);
        at = k ? wasm_i32x4_add(at, offset) : offset;
        fv_tap_weights(q->weight[k], mode, x[k], first[k]);
        if (with_slopes) fv_tap_slopes(q->slope[k], mode, x[k], first[k], in->slope[k]);
    }
    q->at = wasm_i32x4_sub(at, in->bias);
    return 1;
}

/* Four points' runs of neighbouring taps as they lie in memory: in v[0] the first one's or ones', and so on. */
FV_INLINE void fv_load_runs(f32x4 *v, const char *a, const char *b, const char *c, const char *d, int run)
{
    if (run == 1) {
        v[0] = wasm_v128_load32_zero(a);
        v[0] = wasm_v128_load32_lane(b, v[0], 1);
        v[0] = wasm_v128_load32_lane(c, v[0], 2);
        v[0] = wasm_v128_load32_lane(d, v[0], 3);
    } else if (run == 2) {
        v[0] = wasm_v128_load64_lane(b, wasm_v128_load64_zero(a), 1);
        v[1] = wasm_v128_load64_lane(d, wasm_v128_load64_zero(c), 1);
    } else {
        v[0] = LOAD(a), v[1] = LOAD(b), v[2] = LOAD(c), v[3] = LOAD(d);
    }
}

/* From that order to the i-th ones of all four in v[i], */
FV_INLINE void fv_split_runs(f32x4 *v, int run)
{
    if (run == 2) {
        const v128_t ab = v[0], cd = v[1];
        v[0] = wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), v[1] = wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7);
    } else if (run == 4) {
        fv_transpose(&v[0], &v[1], &v[2], &v[3]);
    }
}

/* and back. */
FV_INLINE void fv_join_runs(f32x4 *v, int run)
{
    if (run == 2) {
        const v128_t left = v[0], right = v[1];
        v[0] = wasm_i32x4_shuffle(left, right, 0, 4, 1, 5), v[1] = wasm_i32x4_shuffle(left, right, 2, 6, 3, 7);
    } else if (run == 4) {
        fv_transpose(&v[0], &v[1], &v[2], &v[3]);
    }
}

/* Four points' values, a run's i-th part of them; each as often as its run has taps. */
FV_INLINE f32x4 fv_spread(f32x4 v, int i, int run)
{
    if (run == 2) return i ? wasm_i32x4_shuffle(v, v, 2, 2, 3, 3) : wasm_i32x4_shuffle(v, v, 0, 0, 1, 1);
    switch (i) {
    case 0: return wasm_i32x4_shuffle(v, v, 0, 0, 0, 0);
    case 1: return wasm_i32x4_shuffle(v, v, 1, 1, 1, 1);
    case 2: return wasm_i32x4_shuffle(v, v, 2, 2, 2, 2);
    default: return wasm_i32x4_shuffle(v, v, 3, 3, 3, 3);
    }
}

/* The weights of all taps, row by row, in the order of fv_load_runs. */
FV_INLINE void fv_weigh_runs(f32x4 *weight, const fv_inside4 *q, int dims, int mode)
{
    const int rows = fv_rows_of_taps(dims, mode), run = fv_taps_along(mode);
    f32x4 across[4];
    for (int i = 0; i < run; i++) across[i] = q->weight[0][i];
    fv_join_runs(across, run);
    for (int r = 0; r < rows; r++) {
        const f32x4 y = q->weight[1][r % run], w = dims == 3 ? MUL(y, q->weight[2][r / run]) : y;
        for (int i = 0; i < run; i++) weight[r * run + i] = MUL(fv_spread(w, i, run), across[i]);
    }
}

#endif
