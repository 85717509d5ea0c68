/* Four doubles, as two vectors: what is summed or subtracted is summed and subtracted in double. */
#ifndef FV_F64X4_H
#define FV_F64X4_H

#include "simd.h"

typedef struct {
    v128_t low, high;
} f64x4;

static inline f64x4 fv_widen(f32x4 v)
{
    return (f64x4){wasm_f64x2_promote_low_f32x4(v), wasm_f64x2_promote_low_f32x4(wasm_i64x2_shuffle(v, v, 1, 1))};
}

static inline f32x4 fv_narrow(f64x4 v)
{
    return wasm_i64x2_shuffle(wasm_f32x4_demote_f64x2_zero(v.low), wasm_f32x4_demote_f64x2_zero(v.high), 0, 2);
}

static inline f64x4 fv_splat64(double s) { return (f64x4){wasm_f64x2_splat(s), wasm_f64x2_splat(s)}; }

#define FV_F64X4(name, operation) \
    static inline f64x4 name(f64x4 a, f64x4 b) { return (f64x4){operation(a.low, b.low), operation(a.high, b.high)}; }
FV_F64X4(fv_add64, wasm_f64x2_add)
FV_F64X4(fv_sub64, wasm_f64x2_sub)
FV_F64X4(fv_mul64, wasm_f64x2_mul)
FV_F64X4(fv_div64, wasm_f64x2_div)
FV_F64X4(fv_lt64, wasm_f64x2_lt)
FV_F64X4(fv_ge64, wasm_f64x2_ge)
FV_F64X4(fv_ne64, wasm_f64x2_ne)
FV_F64X4(fv_and64, wasm_v128_and)
#undef FV_F64X4

static inline f64x4 fv_abs64(f64x4 v) { return (f64x4){wasm_f64x2_abs(v.low), wasm_f64x2_abs(v.high)}; }

/* a where the mask is set, else b */
static inline f64x4 fv_pick64(f64x4 a, f64x4 b, f64x4 mask) { return (f64x4){PICK(a.low, b.low, mask.low), PICK(a.high, b.high, mask.high)}; }

static inline double fv_total64(f64x4 v)
{
    return (wasm_f64x2_extract_lane(v.low, 0) + wasm_f64x2_extract_lane(v.low, 1))
           + (wasm_f64x2_extract_lane(v.high, 0) + wasm_f64x2_extract_lane(v.high, 1));
}

#endif
