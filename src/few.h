/* Vectors at the end of an array, where fewer than four floats are left. */
#ifndef FV_FEW_H
#define FV_FEW_H

#include "simd.h"

/* Four values, or the `count` that are left, at least one, and `rest`. Value by value: a copy of few bytes is a call. */
static inline f32x4 fv_load_few(const float *from, int count, float rest)
{
    if (count >= 4) return LOAD(from);
    return wasm_f32x4_make(from[0], count > 1 ? from[1] : rest, count > 2 ? from[2] : rest, rest);
}

static inline void fv_store_few(float *to, f32x4 v, int count)
{
    if (count >= 4) {
        STORE(to, v);
        return;
    }
    to[0] = wasm_f32x4_extract_lane(v, 0);
    if (count > 1) to[1] = wasm_f32x4_extract_lane(v, 1);
    if (count > 2) to[2] = wasm_f32x4_extract_lane(v, 2);
}

#endif
