#include "loss_points.h"
#include "f64x4.h"
#include "few.h"

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline)) /* long, and not the fast ones */

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

/* log(1 + e) for e of 0 to 1, relative error 2e-9: the series of 2 artanh(e / (2 + e)). */
INLINE f64x4 log1p_unit(f64x4 e)
{
    const f64x4 s = fv_div64(e, fv_add64(e, fv_splat64(2))), z = fv_mul64(s, s);
    f64x4 p = fv_splat64(1 / 15.);
    for (int k = 13; k > 0; k -= 2) p = fv_add64(fv_mul64(p, z), fv_splat64(1. / k));
    return fv_mul64(fv_add64(s, s), p);
}

/* (1 - t) p + (1 + (w - 1) t) softplus(-p) */
INLINE f64x4 bce(f64x4 *slope, f64x4 p, f64x4 t, const double *options)
{
    const f64x4 zero = fv_splat64(0), one = fv_splat64(1), size = fv_abs64(p);
    const f64x4 e = fv_widen(fv_exp4(fv_narrow(fv_sub64(zero, size)))), share = fv_div64(one, fv_add64(one, e));
    const f64x4 softplus = fv_add64(fv_and64(size, fv_lt64(p, zero)), log1p_unit(e));
    const f64x4 off = fv_sub64(one, t), on = fv_add64(one, fv_mul64(fv_splat64(options[0] - 1), t));
    *slope = fv_sub64(off, fv_mul64(on, fv_pick64(share, fv_mul64(e, share), fv_lt64(p, zero))));
    return fv_add64(fv_mul64(off, p), fv_mul64(on, softplus));
}

NOINLINE double exp_of(double x) { return fv_exp64(x); }

NOINLINE double log1p_of(double x) { return x - x != 0 ? x : fv_log64(1 + x); }

NOINLINE double power(double x, double y)
{
    if (y == 0) return 1;
    if (!(x >= 0x1p-1000)) return x != x ? x : y > 0 ? 0 : (double)FV_INFINITY;
    return x - x != 0 ? x : exp_of(y * fv_log64(x));
}

static double softplus_of(double x) { return (x > 0 ? x : 0) + log1p_of(exp_of(x > 0 ? -x : x)); }

NOINLINE double wing_of(double *slope, double p, double t, const double *o)
{
    const double omega = o[0], epsilon = o[1], d = p - t, size = d < 0 ? -d : d, sign = d > 0 ? 1 : d < 0 ? -1 : 0;
    if (size < omega) {
        *slope = sign * omega / (epsilon + size);
        return omega * log1p_of(size / epsilon);
    }
    *slope = d != d ? d : sign;
    return size - omega * (1 - log1p_of(omega / epsilon));
}

NOINLINE double focal_of(double *slope, double x, double t, const double *o)
{
    const double alpha = o[0], on = softplus_of(-x), off = softplus_of(x), share = exp_of(-on), rest = exp_of(-off);
    if (t == 1) {
        const double factor = exp_of(-alpha * off);
        *slope = -factor * (alpha * share * on + rest);
        return factor * on;
    }
    const double factor = power(1 - t, o[1]) * exp_of(-alpha * on);
    *slope = factor * (alpha * rest * off + share);
    return factor * off;
}

NOINLINE double adaptive_wing_of(double *slope, double p, double t, const double *o)
{
    const double omega = o[0], theta = o[1], epsilon = o[2], alpha = o[3] - t;
    const double d = p - t, size = d < 0 ? -d : d, sign = d > 0 ? 1 : d < 0 ? -1 : 0;
    const double at = size < theta ? size : theta, q = power(at / epsilon, alpha); /* beyond theta, its tangent there */
    const double steep = at == 0 ? 0 : omega / (1 + q) * alpha * q / at;
    *slope = d != d ? d : sign * steep;
    return omega * log1p_of(q) + (size < theta ? 0 : steep * (size - theta));
}

/* One after another what has no vector form. */
INLINE f64x4 singly(f64x4 *slope, f64x4 p, f64x4 t, const double *options, double (*one)(double *, double, double, const double *))
{
    double ps[4], ts[4], slopes[4], values[4];
    wasm_v128_store(ps, p.low), wasm_v128_store(ps + 2, p.high);
    wasm_v128_store(ts, t.low), wasm_v128_store(ts + 2, t.high);
    for (int i = 0; i < 4; i++) values[i] = one(&slopes[i], ps[i], ts[i], options);
    *slope = (f64x4){LOAD(slopes), LOAD(slopes + 2)};
    return (f64x4){LOAD(values), LOAD(values + 2)};
}

INLINE f64x4 wing(f64x4 *slope, f64x4 p, f64x4 t, const double *options) { return singly(slope, p, t, options, wing_of); }
INLINE f64x4 focal(f64x4 *slope, f64x4 p, f64x4 t, const double *options) { return singly(slope, p, t, options, focal_of); }
INLINE f64x4 adaptive_wing(f64x4 *slope, f64x4 p, f64x4 t, const double *options) { return singly(slope, p, t, options, adaptive_wing_of); }

/* A row; its weights are its own, or one (varies = 0). */
INLINE double walk_row(float *grad, const float *pred, const float *target, const float *weights, int varies, int inner, double scale,
                       const double *options, penalty *of)
{
    float same[4];
    STORE(same, SPLAT(varies ? 0 : *weights));
    const f64x4 scales = fv_splat64(scale);
    f64x4 sum = fv_splat64(0);
    for (int i = 0; i < inner; i += 4) {
        const int few = inner - i;
        const f32x4 w = fv_load_few(varies ? weights + i : same, few, 0), keep = wasm_v128_and(wasm_f32x4_eq(w, w), wasm_f32x4_ne(w, SPLAT(0)));
        const f64x4 wide = fv_widen(wasm_v128_and(w, keep));
        f64x4 slope;
        const f64x4 value = of(&slope, fv_widen(wasm_v128_and(fv_load_few(pred + i, few, 0), keep)), fv_widen(wasm_v128_and(fv_load_few(target + i, few, 0), keep)), options);
        sum = fv_add64(sum, fv_mul64(value, wide));
        fv_store_few(grad + i, wasm_v128_and(fv_narrow(fv_mul64(slope, fv_mul64(wide, scales))), keep), few);
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
