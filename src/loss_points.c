#include "loss_points.h"
#include "f64x4.h"
#include "few.h"

#define INLINE static inline __attribute__((always_inline))
#define CALLED static __attribute__((noinline))

/*
 * A penalty of four predictions and targets: its values, and its slopes by the predictions. Both
 * are finite where prediction and target are 0, which is what a masked lane holds.
 */
typedef f64x4 penalty(f64x4 *slope, f64x4 p, f64x4 t, const double *options);

INLINE f64x4 sign_of(f64x4 d)
{
    const f64x4 zero = fv_splat64(0);
    return fv_sub64(fv_and64(fv_lt64(zero, d), fv_splat64(1)), fv_and64(fv_lt64(d, zero), fv_splat64(1)));
}

INLINE f64x4 l1(f64x4 *slope, f64x4 p, f64x4 t, const double *options)
{
    (void)options;
    const f64x4 d = fv_sub64(p, t);
    *slope = sign_of(d);
    return fv_abs64(d);
}

INLINE f64x4 l2(f64x4 *slope, f64x4 p, f64x4 t, const double *options)
{
    (void)options;
    const f64x4 d = fv_sub64(p, t);
    *slope = fv_add64(d, d);
    return fv_mul64(d, d);
}

/* Squares within `width`, straight beyond, times `slope_beyond`. */
INLINE f64x4 rounded(f64x4 *slope, f64x4 p, f64x4 t, double width, double slope_beyond)
{
    const f64x4 d = fv_sub64(p, t), size = fv_abs64(d), beyond = fv_splat64(slope_beyond);
    const f64x4 within = fv_lt64(size, fv_splat64(width)), steep = fv_splat64(width >= 0x1p-1000 ? slope_beyond / width : 0);
    *slope = fv_pick64(fv_mul64(d, steep), fv_mul64(sign_of(d), beyond), within);
    const f64x4 square = fv_mul64(fv_mul64(d, d), fv_mul64(steep, fv_splat64(0.5)));
    return fv_pick64(square, fv_mul64(fv_sub64(size, fv_splat64(width / 2)), beyond), within);
}

INLINE f64x4 smooth_l1(f64x4 *slope, f64x4 p, f64x4 t, const double *options) { return rounded(slope, p, t, options[0], 1); }
INLINE f64x4 huber(f64x4 *slope, f64x4 p, f64x4 t, const double *options) { return rounded(slope, p, t, options[0], options[0]); }

/* What is long is called, not inlined in each of two loops. */

/*
 * Of e = exp(-|p|): s(-|p|), and log(1 + e) by the series of 2 artanh(e / (2 + e)); relative errors below 3e-7.
 */
INLINE f32x4 logistic(f32x4 *share, f32x4 p)
{
    const f32x4 one = SPLAT(1), e = fv_exp4(wasm_f32x4_neg(wasm_f32x4_abs(p)));
    const f32x4 e1 = ADD(one, e), e2 = ADD(one, e1), inverse = DIV(one, MUL(e1, e2)); /* one division for two */
    *share = MUL(MUL(e, e2), inverse);
    const f32x4 s = MUL(MUL(e, e1), inverse), z = MUL(s, s);
    f32x4 series = SPLAT(1 / 13.f);
    series = ADD(MUL(series, z), SPLAT(1 / 11.f));
    series = ADD(MUL(series, z), SPLAT(1 / 9.f));
    series = ADD(MUL(series, z), SPLAT(1 / 7.f));
    series = ADD(MUL(series, z), SPLAT(1 / 5.f));
    series = ADD(MUL(series, z), SPLAT(1 / 3.f));
    return MUL(ADD(s, s), ADD(MUL(series, z), one));
}

/* (1 - t) p + (1 + (w - 1) t) softplus(-p), whose slope is -s(-p). */
CALLED f64x4 bce(f64x4 *slope, f64x4 p, f64x4 t, const double *options)
{
    const f64x4 zero = fv_splat64(0), one = fv_splat64(1), negative = fv_lt64(p, zero);
    f32x4 share;
    const f64x4 log = fv_widen(logistic(&share, fv_narrow(p))), rest = fv_widen(share);
    const f64x4 softplus = fv_add64(fv_and64(fv_abs64(p), negative), log);
    const f64x4 off = fv_sub64(one, t), on = fv_add64(one, fv_mul64(fv_splat64(options[0] - 1), t));
    *slope = fv_sub64(off, fv_mul64(on, fv_pick64(fv_sub64(one, rest), rest, negative)));
    return fv_add64(fv_mul64(off, p), fv_mul64(on, softplus));
}

CALLED f64x4 exponential(f64x4 x) { return (f64x4){fv_exp64x2(x.low), fv_exp64x2(x.high)}; }

/* Of 1 or more, or of any normal number. */
CALLED f64x4 logarithm(f64x4 x) { return (f64x4){fv_log64x2(x.low), fv_log64x2(x.high)}; }

INLINE f64x4 negate(f64x4 x) { return fv_sub64(fv_splat64(0), x); }

/* x^y of x >= 0; a base below 2^-1000 is 0, and 0^0 is 1. */
INLINE f64x4 power(f64x4 x, f64x4 y)
{
    const f64x4 zero = fv_splat64(0), one = fv_splat64(1), nothing = fv_lt64(x, fv_splat64(0x1p-1000));
    const f64x4 of_nothing = fv_pick64(zero, fv_pick64(fv_splat64((double)FV_INFINITY), one, fv_lt64(y, zero)), fv_lt64(zero, y));
    return fv_pick64(of_nothing, exponential(fv_mul64(y, logarithm(fv_pick64(one, x, nothing)))), nothing);
}

CALLED f64x4 wing(f64x4 *slope, f64x4 p, f64x4 t, const double *options)
{
    const double omega = options[0], epsilon = options[1];
    const f64x4 d = fv_sub64(p, t), size = fv_abs64(d), within = fv_lt64(size, fv_splat64(omega)), one = fv_splat64(1);
    const f64x4 near = fv_and64(size, within), bent = fv_splat64(omega), log = logarithm(fv_add64(one, fv_div64(near, fv_splat64(epsilon))));
    const double constant = omega * (1 - fv_log64(1 + omega / epsilon));
    *slope = fv_mul64(sign_of(d), fv_pick64(fv_div64(bent, fv_add64(fv_splat64(epsilon), near)), one, within));
    return fv_pick64(fv_mul64(bent, log), fv_sub64(size, fv_splat64(constant)), within);
}

/* With `on` = -log s(p) and `off` = -log(1 - s(p)), powers of s and 1 - s are exponentials of sums: nothing cancels. */
CALLED f64x4 focal(f64x4 *slope, f64x4 p, f64x4 t, const double *options)
{
    const f64x4 zero = fv_splat64(0), one = fv_splat64(1), size = fv_abs64(p), negative = fv_lt64(p, zero);
    f32x4 small;
    const f64x4 log = fv_widen(logistic(&small, fv_narrow(p))), rest = fv_widen(small), share = fv_sub64(one, rest), far = fv_add64(size, log);
    const f64x4 on = fv_pick64(far, log, negative), off = fv_pick64(log, far, negative);
    const f64x4 s = fv_pick64(rest, share, negative), other = fv_pick64(share, rest, negative);
    const f64x4 positive = fv_and64(fv_ge64(t, one), fv_ge64(one, t)), alpha = fv_splat64(options[0]);
    const f64x4 left = fv_sub64(one, t), away = power(fv_and64(left, fv_lt64(zero, left)), fv_splat64(options[1]));
    const f64x4 factor = fv_mul64(exponential(fv_mul64(negate(alpha), fv_pick64(off, on, positive))), fv_pick64(one, away, positive));
    const f64x4 loss = fv_pick64(on, off, positive), mine = fv_pick64(s, other, positive), its = fv_pick64(other, s, positive);
    const f64x4 steep = fv_mul64(factor, fv_add64(fv_mul64(fv_mul64(alpha, mine), loss), its));
    *slope = fv_pick64(negate(steep), steep, positive);
    return fv_mul64(factor, loss);
}

CALLED f64x4 adaptive_wing(f64x4 *slope, f64x4 p, f64x4 t, const double *options)
{
    const f64x4 omega = fv_splat64(options[0]), theta = fv_splat64(options[1]), epsilon = fv_splat64(options[2]), one = fv_splat64(1);
    const f64x4 d = fv_sub64(p, t), size = fv_abs64(d), alpha = fv_sub64(fv_splat64(options[3]), t), zero = fv_splat64(0);
    const f64x4 within = fv_lt64(size, theta), at = fv_pick64(size, theta, within); /* beyond theta, its tangent there */
    const f64x4 q = power(fv_div64(at, epsilon), alpha), bent = fv_div64(fv_mul64(fv_mul64(omega, alpha), q), fv_mul64(fv_add64(one, q), at));
    const f64x4 steep = fv_and64(bent, fv_lt64(zero, at));
    *slope = fv_mul64(sign_of(d), steep);
    const f64x4 beyond = fv_pick64(zero, fv_mul64(steep, fv_sub64(size, theta)), within);
    return fv_add64(fv_mul64(omega, logarithm(fv_add64(one, q))), beyond);
}

/* Four values, or the `few` that are left; their weights may differ, and be 0. */
INLINE f64x4 weighted(float *grad, const float *pred, const float *target, f32x4 w, int few, double scale, const double *options, penalty *of)
{
    const f32x4 keep = wasm_v128_and(wasm_f32x4_eq(w, w), wasm_f32x4_ne(w, SPLAT(0)));
    const f64x4 wide = fv_widen(wasm_v128_and(w, keep));
    f64x4 slope;
    const f64x4 value = of(&slope, fv_widen(wasm_v128_and(fv_load_few(pred, few, 0), keep)), fv_widen(wasm_v128_and(fv_load_few(target, few, 0), keep)), options);
    fv_store_few(grad, wasm_v128_and(fv_narrow(fv_mul64(slope, fv_mul64(wide, fv_splat64(scale)))), keep), few);
    return fv_mul64(value, wide);
}

/* A row; its weights are its own, or (varies = 0) one that is not 0. */
INLINE double walk_row(float *grad, const float *pred, const float *target, const float *weights, int varies, int inner, double scale,
                       const double *options, penalty *of)
{
    f64x4 sum = fv_splat64(0);
    int i = 0;
    if (!varies) {
        const f64x4 wide = fv_splat64(*weights), factor = fv_splat64(*weights * scale);
        for (; i + 4 <= inner; i += 4) {
            f64x4 slope;
            sum = fv_add64(sum, fv_mul64(of(&slope, fv_widen(LOAD(pred + i)), fv_widen(LOAD(target + i)), options), wide));
            STORE(grad + i, fv_narrow(fv_mul64(slope, factor)));
        }
    }
    for (; i < inner; i += 4) {
        const int few = inner - i;
        float same[4] = {0, 0, 0, 0};
        for (int j = 0; !varies && j < few; j++) same[j] = *weights;
        const f32x4 w = varies ? fv_load_few(weights + i, few, 0) : LOAD(same);
        sum = fv_add64(sum, weighted(grad + i, pred + i, target + i, w, few, scale, options, of));
    }
    return fv_total64(sum);
}

INLINE double walk(const fv_points *p, penalty *of)
{
    const fv_weighing *w = p->weighing;
    const int varies = w->weight && w->axes & FV_AXIS_INNER;
    double total = 0;
    int64_t at = 0, row = 0;
    for (int o = 0; o < w->outer; o++)
        for (int m = 0; m < w->middle; m++, at += w->inner, row++) {
            const float *weights = fv_weights_of(w, o, m);
            if (!varies && !fv_is_weight(*weights)) {
                memset(p->grad + at, 0, (size_t)w->inner * sizeof *p->grad);
                p->rows[row] = 0;
                continue;
            }
            p->rows[row] = walk_row(p->grad + at, p->pred + at, p->target + at, weights, varies, w->inner, p->scale, p->options, of);
            total += p->rows[row];
        }
    return total;
}

double fv_k_points(const fv_points *p, int kind)
{
    switch (kind) {
    case FV_PENALTY_L1: return walk(p, l1);
    case FV_PENALTY_L2: return walk(p, l2);
    case FV_PENALTY_SMOOTH_L1: return walk(p, smooth_l1);
    case FV_PENALTY_HUBER: return walk(p, huber);
    case FV_PENALTY_WING: return walk(p, wing);
    case FV_PENALTY_BCE: return walk(p, bce);
    case FV_PENALTY_FOCAL: return walk(p, focal);
    default: return walk(p, adaptive_wing);
    }
}
