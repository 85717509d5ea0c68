/* Vectors at the end of an array, where fewer than four floats are left. */
#ifndef FV_FEW_H
#define FV_FEW_H

#include "simd.h"
#include <string.h>

/* Four values, or the `count` that are left and `rest`. */
static inline f32x4 fv_load_few(const float *from, int count, float rest)
{
    if (count >= 4) return LOAD(from);
    float lanes[4] = {rest, rest, rest, rest};
    memcpy(lanes, from, (size_t)count * sizeof *lanes);
    return LOAD(lanes);
}

static inline void fv_store_few(float *to, f32x4 v, int count)
{
    if (count >= 4) {
        STORE(to, v);
        return;
    }
    float lanes[4];
    STORE(lanes, v);
    memcpy(to, lanes, (size_t)count * sizeof *lanes);
}

#endif
