/*
 * The one set of SIMD intrinsics: wasm_simd128.h's. Natively they come from SIMDe, so
 * that the very same kernels run under the sanitizers.
 */
#ifndef FV_SIMD_H
#define FV_SIMD_H

#if defined(__wasm__)
#include <wasm_simd128.h>
#else
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/wasm/simd128.h>
#endif

typedef v128_t f32x4;
typedef v128_t i32x4;

/* clang-14 turns extend + convert into eight scalar conversions unless it loses sight
   of the vector in between. */
static inline v128_t fv_opaque(v128_t v)
{
#if defined(__wasm__) && defined(__clang_major__) && __clang_major__ < 15
    __asm__("" : "+r"(v));
#endif
    return v;
}

#define SPLAT(s) wasm_f32x4_splat(s)
#define SPLATI(s) wasm_i32x4_splat(s)
#define LOAD(p) wasm_v128_load(p)
#define STORE(p, v) wasm_v128_store(p, v)
#define ADD(a, b) wasm_f32x4_add(a, b)
#define SUB(a, b) wasm_f32x4_sub(a, b)
#define MUL(a, b) wasm_f32x4_mul(a, b)
#define DIV(a, b) wasm_f32x4_div(a, b)
#define GT(a, b) wasm_f32x4_gt(a, b)
#define GE(a, b) wasm_f32x4_ge(a, b)
/* b where a is NaN or on a tie: pmin and pmax agree between wasm and SIMDe, min and max do not. */
#define PMAX(a, b) wasm_f32x4_pmax(b, a)
#define PMIN(a, b) wasm_f32x4_pmin(b, a)
#define PICK(a, b, mask) wasm_v128_bitselect(a, b, mask)

static inline f32x4 fv_lerp(f32x4 a, f32x4 b, f32x4 t) { return ADD(a, MUL(SUB(b, a), t)); }

/* The four low and the four high unsigned 16-bit lanes as floats. */
static inline f32x4 fv_float_low(v128_t u16)
{
    return wasm_f32x4_convert_i32x4(fv_opaque(wasm_u32x4_extend_low_u16x8(u16)));
}

static inline f32x4 fv_float_high(v128_t u16)
{
    return wasm_f32x4_convert_i32x4(fv_opaque(wasm_u32x4_extend_high_u16x8(u16)));
}

/* Four rows of four to four columns of four. */
static inline void fv_transpose(f32x4 *a, f32x4 *b, f32x4 *c, f32x4 *d)
{
    const v128_t ab = wasm_i32x4_shuffle(*a, *b, 0, 4, 1, 5), AB = wasm_i32x4_shuffle(*a, *b, 2, 6, 3, 7);
    const v128_t cd = wasm_i32x4_shuffle(*c, *d, 0, 4, 1, 5), CD = wasm_i32x4_shuffle(*c, *d, 2, 6, 3, 7);
    *a = wasm_i64x2_shuffle(ab, cd, 0, 2), *b = wasm_i64x2_shuffle(ab, cd, 1, 3);
    *c = wasm_i64x2_shuffle(AB, CD, 0, 2), *d = wasm_i64x2_shuffle(AB, CD, 1, 3);
}

#endif
