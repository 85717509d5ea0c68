/*
 * Elementary functions that give the same bits everywhere: only +, -, *, /, integer
 * operations and comparisons, the scalar and the vector form in the same order.
 */
#ifndef FV_MATH_H
#define FV_MATH_H

#include "simd.h"
#include <stdint.h>
#include <string.h>

#define FV_INFINITY __builtin_inff()
#define FV_NAN __builtin_nanf("")

static inline float fv_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t fv_to_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* lo where v is NaN */
static inline double fv_clamp(double v, double lo, double hi)
{
    v = v >= lo ? v : lo;
    return v < hi ? v : hi;
}

static inline int fv_max(int a, int b) { return a > b ? a : b; }
static inline int fv_min(int a, int b) { return a < b ? a : b; }

/* Of a product of sizes (each < 2^31, and checked after every factor): the largest is 2^31 - 1. */
static inline int fv_too_big(int64_t product) { return product > INT32_MAX; }

#define FV_EXP_LOW -87.33654f  /* below: 0, so that no result is subnormal */
#define FV_EXP_HIGH 88.72283f  /* above: infinity */
#define FV_LOG2E 1.44269504f
#define FV_LN2_HIGH 0.693359375f
#define FV_LN2_LOW -2.12194440e-4f
#define FV_ROUND 12582912.f /* 1.5 * 2^23: adding and subtracting it rounds half to even */

/* e^x, relative error below 1.2e-7 (Cephes' polynomial); NaN stays NaN. */
static inline float fv_exp(float x)
{
    if (!(x >= FV_EXP_LOW)) return x != x ? x : 0.f;
    if (x > FV_EXP_HIGH) return FV_INFINITY;
    const float n = (x * FV_LOG2E + FV_ROUND) - FV_ROUND;
    const float r = (x - n * FV_LN2_HIGH) - n * FV_LN2_LOW;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = (p * (r * r) + r) + 1.f;
    const int32_t whole = (int32_t)n, half = whole >> 1; /* 2^128 is no float, 2^64 * 2^64 is */
    return p * fv_from_bits((uint32_t)(half + 127) << 23) * fv_from_bits((uint32_t)(whole - half + 127) << 23);
}

/* fv_exp of four: the same bits. */
static inline f32x4 fv_exp4(f32x4 x)
{
    const f32x4 n = SUB(ADD(MUL(x, SPLAT(FV_LOG2E)), SPLAT(FV_ROUND)), SPLAT(FV_ROUND));
    const f32x4 r = SUB(SUB(x, MUL(n, SPLAT(FV_LN2_HIGH))), MUL(n, SPLAT(FV_LN2_LOW)));
    f32x4 p = SPLAT(1.9875691500e-4f);
    p = ADD(MUL(p, r), SPLAT(1.3981999507e-3f));
    p = ADD(MUL(p, r), SPLAT(8.3334519073e-3f));
    p = ADD(MUL(p, r), SPLAT(4.1665795894e-2f));
    p = ADD(MUL(p, r), SPLAT(1.6666665459e-1f));
    p = ADD(MUL(p, r), SPLAT(5.0000001201e-1f));
    p = ADD(ADD(MUL(p, MUL(r, r)), r), SPLAT(1.f));
    const i32x4 whole = wasm_i32x4_trunc_sat_f32x4(n), half = wasm_i32x4_shr(whole, 1);
    p = MUL(p, wasm_i32x4_shl(wasm_i32x4_add(half, SPLATI(127)), 23));
    p = MUL(p, wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_sub(whole, half), SPLATI(127)), 23));
    p = PICK(SPLAT(FV_INFINITY), wasm_v128_and(p, GE(x, SPLAT(FV_EXP_LOW))), GT(x, SPLAT(FV_EXP_HIGH)));
    return PICK(x, p, wasm_f32x4_ne(x, x));
}

/* e^x of two, relative error below 4e-16; 0 below -708, infinity above 709.7; NaN stays NaN. */
static inline v128_t fv_exp64x2(v128_t x)
{
    const v128_t magic = wasm_f64x2_splat(6755399441055744.0); /* 1.5 * 2^52: adding it rounds half to even, into the low bits */
    const v128_t whole = wasm_f64x2_add(wasm_f64x2_mul(x, wasm_f64x2_splat(1.4426950408889634)), magic), n = wasm_f64x2_sub(whole, magic);
    const v128_t r = wasm_f64x2_sub(wasm_f64x2_sub(x, wasm_f64x2_mul(n, wasm_f64x2_splat(6.93147180369123816490e-1))),
                                    wasm_f64x2_mul(n, wasm_f64x2_splat(1.90821492927058770002e-10)));
    static const double odd[] = {2.505210838544172e-8, 2.7557319223985893e-6, 1.984126984126984e-4, 8.333333333333333e-3, 1.6666666666666666e-1};
    static const double even[] = {2.08767569878681e-9, 2.755731922398589e-7, 2.48015873015873e-5, 1.388888888888889e-3, 4.1666666666666664e-2, 0.5};
    const v128_t z = wasm_f64x2_mul(r, r);
    v128_t p = wasm_f64x2_splat(1.6059043836821613e-10), q = wasm_f64x2_splat(even[0]); /* Taylor's, 1 / 13! and 1 / 12! first */
    for (int i = 0; i < 5; i++) {
        p = wasm_f64x2_add(wasm_f64x2_mul(p, z), wasm_f64x2_splat(odd[i]));
        q = wasm_f64x2_add(wasm_f64x2_mul(q, z), wasm_f64x2_splat(even[i + 1]));
    }
    p = wasm_f64x2_add(wasm_f64x2_mul(p, r), q);
    p = wasm_f64x2_add(wasm_f64x2_add(wasm_f64x2_mul(p, wasm_f64x2_mul(r, r)), r), wasm_f64x2_splat(1));
    const v128_t k = wasm_i64x2_sub(whole, magic), half = wasm_i64x2_shr(k, 1); /* 2^1024 is no double, 2^512 * 2^512 is */
    const v128_t bias = wasm_i64x2_splat(1023);
    p = wasm_f64x2_mul(p, wasm_i64x2_shl(wasm_i64x2_add(half, bias), 52));
    p = wasm_f64x2_mul(p, wasm_i64x2_shl(wasm_i64x2_add(wasm_i64x2_sub(k, half), bias), 52));
    p = wasm_v128_and(p, wasm_f64x2_ge(x, wasm_f64x2_splat(-708)));
    p = PICK(wasm_f64x2_splat(__builtin_inf()), p, wasm_f64x2_gt(x, wasm_f64x2_splat(709.7)));
    return PICK(x, p, wasm_f64x2_ne(x, x));
}

static inline float fv_sigmoid(float x) { return 1.f / (1.f + fv_exp(-x)); }

/* Natural logarithm of a positive, normal x; relative error below 1e-7 (Cephes). */
static inline float fv_log(float x)
{
    uint32_t bits = fv_to_bits(x);
    int32_t exponent = (int32_t)(bits >> 23) - 126;
    float m = fv_from_bits((bits & 0x007fffffu) | 0x3f000000u); /* [.5, 1) */
    if (m < 0.707106781f) exponent--, m += m;
    m -= 1.f;
    const float z = m * m, e = (float)exponent;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    p = p * m * z;
    p += e * FV_LN2_LOW;
    p -= .5f * z;
    return (m + p) + e * FV_LN2_HIGH;
}

/* fv_log of four: the same bits. */
static inline f32x4 fv_log4(f32x4 x)
{
    f32x4 m = wasm_v128_or(wasm_v128_and(x, SPLATI(0x007fffff)), SPLATI(0x3f000000)); /* [.5, 1) */
    const v128_t low = wasm_f32x4_lt(m, SPLAT(0.707106781f));
    const f32x4 e = wasm_f32x4_convert_i32x4(wasm_i32x4_add(wasm_i32x4_sub(wasm_u32x4_shr(x, 23), SPLATI(126)), low));
    m = SUB(ADD(m, wasm_v128_and(m, low)), SPLAT(1.f));
    const f32x4 z = MUL(m, m);
    f32x4 p = SPLAT(7.0376836292e-2f);
    p = SUB(MUL(p, m), SPLAT(1.1514610310e-1f));
    p = ADD(MUL(p, m), SPLAT(1.1676998740e-1f));
    p = SUB(MUL(p, m), SPLAT(1.2420140846e-1f));
    p = ADD(MUL(p, m), SPLAT(1.4249322787e-1f));
    p = SUB(MUL(p, m), SPLAT(1.6668057665e-1f));
    p = ADD(MUL(p, m), SPLAT(2.0000714765e-1f));
    p = SUB(MUL(p, m), SPLAT(2.4999993993e-1f));
    p = ADD(MUL(p, m), SPLAT(3.3333331174e-1f));
    p = ADD(MUL(MUL(p, m), z), MUL(e, SPLAT(FV_LN2_LOW)));
    p = SUB(p, MUL(SPLAT(.5f), z));
    return ADD(ADD(m, p), MUL(e, SPLAT(FV_LN2_HIGH)));
}

/* Natural logarithm of a positive, normal x in double, to a unit in the last place (Sun's fdlibm). */
static inline double fv_log64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u; /* [1, 2) */
    memcpy(&x, &bits, sizeof x);
    if (x > 1.4142135623730951) exponent++, x *= 0.5;
    const double f = x - 1, s = f / (2 + f), z = s * s, half = 0.5 * f * f;
    double p = 1.479819860511658591e-1;
    p = p * z + 1.531383769920937332e-1;
    p = p * z + 1.818357216161805012e-1;
    p = p * z + 2.222219843214978396e-1;
    p = p * z + 2.857142874366239149e-1;
    p = p * z + 3.999999999940941908e-1;
    p = p * z + 6.666666666666735130e-1;
    return exponent * 6.93147180369123816490e-1 - ((half - (s * (half + p * z) + exponent * 1.90821492927058770002e-10)) - f);
}

/* The same of two, in the same order. */
static inline v128_t fv_log64x2(v128_t x)
{
    const v128_t one = wasm_f64x2_splat(1), two_to_52 = wasm_f64x2_splat(4503599627370496.);
    v128_t exponent = wasm_f64x2_sub(wasm_v128_or(wasm_u64x2_shr(x, 52), two_to_52), wasm_f64x2_splat(4503599627370496. + 1023));
    x = wasm_v128_or(wasm_v128_and(x, wasm_i64x2_splat(0x000fffffffffffff)), one); /* [1, 2) */
    const v128_t large = wasm_f64x2_gt(x, wasm_f64x2_splat(1.4142135623730951));
    exponent = wasm_f64x2_add(exponent, wasm_v128_and(large, one));
    const v128_t f = wasm_f64x2_sub(PICK(wasm_f64x2_mul(x, wasm_f64x2_splat(0.5)), x, large), one);
    const v128_t s = wasm_f64x2_div(f, wasm_f64x2_add(wasm_f64x2_splat(2), f)), z = wasm_f64x2_mul(s, s);
    const v128_t half = wasm_f64x2_mul(wasm_f64x2_mul(wasm_f64x2_splat(0.5), f), f);
    static const double series[] = {1.531383769920937332e-1, 1.818357216161805012e-1, 2.222219843214978396e-1, 2.857142874366239149e-1,
                                    3.999999999940941908e-1, 6.666666666666735130e-1};
    v128_t p = wasm_f64x2_splat(1.479819860511658591e-1);
    for (int i = 0; i < 6; i++) p = wasm_f64x2_add(wasm_f64x2_mul(p, z), wasm_f64x2_splat(series[i]));
    const v128_t low = wasm_f64x2_add(wasm_f64x2_mul(s, wasm_f64x2_add(half, wasm_f64x2_mul(p, z))),
                                      wasm_f64x2_mul(exponent, wasm_f64x2_splat(1.90821492927058770002e-10)));
    return wasm_f64x2_sub(wasm_f64x2_mul(exponent, wasm_f64x2_splat(6.93147180369123816490e-1)), wasm_f64x2_sub(wasm_f64x2_sub(half, low), f));
}

/* Arc tangent, absolute error below 2e-7 (Cephes). */
static inline f32x4 fv_atan4(f32x4 x)
{
    const f32x4 sign = wasm_v128_and(x, SPLAT(-0.f)), t = wasm_f32x4_abs(x), one = SPLAT(1.f);
    const v128_t big = GT(t, SPLAT(2.414213562f)), mid = wasm_v128_andnot(GT(t, SPLAT(0.414213562f)), big);
    f32x4 base = wasm_v128_and(big, SPLAT(1.570796327f));
    base = wasm_v128_or(base, wasm_v128_and(mid, SPLAT(0.785398163f)));
    f32x4 r = PICK(DIV(SPLAT(-1.f), t), t, big);
    r = PICK(DIV(SUB(t, one), ADD(t, one)), r, mid);
    const f32x4 z = MUL(r, r);
    f32x4 p = SPLAT(8.05374449538e-2f);
    p = SUB(MUL(p, z), SPLAT(1.38776856032e-1f));
    p = ADD(MUL(p, z), SPLAT(1.99777106478e-1f));
    p = SUB(MUL(p, z), SPLAT(3.33329491539e-1f));
    p = ADD(MUL(MUL(p, z), r), r);
    return wasm_v128_or(ADD(base, p), sign);
}

#endif
