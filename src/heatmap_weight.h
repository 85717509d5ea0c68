/* What a cell of a map weighs. NaN weighs nothing, so that a vector may be filled up with it. */
#ifndef FV_HEATMAP_WEIGHT_H
#define FV_HEATMAP_WEIGHT_H

#include "fovea/heatmap.h"
#include "math.h"

#define FV_INLINE static inline __attribute__((always_inline))
#define FV_HEAVIEST 1e30f /* so that a sum of 2^31 of them is still a float */

/* 2^y for -127 <= y < 127.5, relative error below 2e-7; 1 of 0, and 0 of -127 (minimax polynomial on [-.5, .5]). */
FV_INLINE f32x4 fv_power_of_two(f32x4 y)
{
    const f32x4 t = ADD(y, SPLAT(FV_ROUND)), f = SUB(y, SUB(t, SPLAT(FV_ROUND)));
    f32x4 p = SPLAT(1.326472731307149e-3f);
    p = ADD(MUL(p, f), SPLAT(9.671512991189957e-3f));
    p = ADD(MUL(p, f), SPLAT(5.550733581185341e-2f));
    p = ADD(MUL(p, f), SPLAT(2.402224242687225e-1f));
    p = ADD(MUL(p, f), SPLAT(6.931470036506653e-1f));
    p = ADD(MUL(p, f), SPLAT(1.f));
    return wasm_i32x4_add(p, wasm_i32x4_shl(t, 23)); /* the low bits of t are y, rounded */
}

/* beta, or beta * log2(e) where an exponential follows; a product with it that should be 0 must not be NaN */
static inline float fv_weight_scale(int normalize, float beta)
{
    const float scale = normalize == FV_NORMALIZE_NONE ? 1.f : normalize == FV_NORMALIZE_RELU ? beta : beta * FV_LOG2E;
    return scale < 3.4e38f ? scale : 3.4e38f;
}

/* `most`: with SOFTMAX the value that weighs 1, finite; none weighs more. */
FV_INLINE f32x4 fv_weight(int normalize, f32x4 value, f32x4 most, f32x4 scale)
{
    const f32x4 lowest = SPLAT(-127.f);
    switch (normalize) {
    case FV_NORMALIZE_SOFTMAX: return fv_power_of_two(PMIN(PMAX(MUL(SUB(value, most), scale), lowest), SPLAT(0.f)));
    case FV_NORMALIZE_RELU: return PMIN(PMAX(MUL(value, scale), SPLAT(0.f)), SPLAT(FV_HEAVIEST));
    case FV_NORMALIZE_SIGMOID: {
        const f32x4 e = fv_power_of_two(PMIN(PMAX(MUL(value, scale), lowest), SPLAT(126.f)));
        return DIV(e, ADD(e, SPLAT(1.f)));
    }
    default: return wasm_v128_and(PMIN(PMAX(value, SPLAT(-FV_HEAVIEST)), SPLAT(FV_HEAVIEST)), wasm_f32x4_eq(value, value));
    }
}

/* The derivative of a weight by beta * value; with NONE by the value. */
FV_INLINE f32x4 fv_weight_slope(int normalize, f32x4 value, f32x4 weight)
{
    const f32x4 one = SPLAT(1.f);
    switch (normalize) {
    case FV_NORMALIZE_SOFTMAX: return weight;
    case FV_NORMALIZE_RELU: return wasm_v128_and(one, GT(weight, SPLAT(0.f)));
    case FV_NORMALIZE_SIGMOID: return MUL(weight, SUB(one, weight));
    default: return wasm_v128_and(one, wasm_f32x4_eq(value, value));
    }
}

static inline float fv_weight_of(int normalize, float value, float most, float scale)
{
    return wasm_f32x4_extract_lane(fv_weight(normalize, SPLAT(value), SPLAT(most), SPLAT(scale)), 0);
}

#endif
