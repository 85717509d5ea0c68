/* Knots to paths: one constant matrix, kept as rows of at most four taps. */
#include "path.h"

/*
 * Point t of the segment from knot b to c, with neighbours a and d:
 * (1, t, t^2, t^3) basis (a, b, c, d)'. A missing a is b + reach * (b - c).
 */
static const struct {
    int taps;
    double basis[4][4], reach;
} splines[] = {
    [FV_SPLINE_LINEAR] = {2, {{0, 1, 0, 0}, {0, -1, 1, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}, 0},
    [FV_SPLINE_HERMITE] = {4, {{0, 1, 0, 0}, {-.5, 0, .5, 0}, {1, -2.5, 2, -.5}, {-.5, 1.5, -1.5, .5}}, 1},
    [FV_SPLINE_CATMULL_ROM] = {4, {{0, 1, 0, 0}, {-.5, 0, .5, 0}, {1, -2.5, 2, -.5}, {-.5, 1.5, -1.5, .5}}, 0},
    [FV_SPLINE_BSPLINE] = {4, {{1. / 6, 4. / 6, 1. / 6, 0}, {-.5, 0, .5, 0}, {.5, -1, .5, 0}, {-1. / 6, .5, -.5, 1. / 6}}, 1},
    [FV_SPLINE_NATURAL] = {4, {{1. / 6, 4. / 6, 1. / 6, 0}, {-.5, 0, .5, 0}, {.5, -1, .5, 0}, {-1. / 6, .5, -.5, 1. / 6}}, 1},
};

static void make_row(fv_spline_row *row, int spline, int segment, double t, int count)
{
    double weight[4];
    for (int k = 0; k < 4; k++) {
        const double(*b)[4] = splines[spline].basis;
        weight[k] = t < 1 ? b[0][k] + t * (b[1][k] + t * (b[2][k] + t * b[3][k])) : b[0][3 - k]; /* its end is exact */
    }
    const double reach = splines[spline].reach;
    if (segment == 0) {
        weight[1] += (1 + reach) * weight[0], weight[2] -= reach * weight[0], weight[0] = 0;
    }
    if (segment == count - 2) {
        weight[2] += (1 + reach) * weight[3], weight[1] -= reach * weight[3], weight[3] = 0;
    }
    const int taps = fv_min(count, splines[spline].taps), ahead = taps < 4 ? 0 : 1;
    const fv_spline_row empty = {fv_max(fv_min(segment - ahead, count - taps), 0), taps, {0}};
    *row = empty;
    for (int k = 0; k < 4; k++)
        if (weight[k] != 0) row->weight[segment - 1 + k - row->first] = weight[k];
}

void fv_spline_prepare(fv_path *p)
{
    for (int i = 0; i < p->samples; i++) {
        const double t = p->samples > 1 ? (double)i * (p->count - 1) / (p->samples - 1) : 0;
        const int segment = fv_min((int)t, p->count - 2);
        make_row(&p->rows[i], p->spline, segment, t - segment, p->count);
    }
    p->pivot[0] = 0;
    for (int i = 1; i < p->count; i++) p->pivot[i] = 1 / (4 - p->pivot[i - 1]);
}

/*
 * The B-spline of controls c passes (c_i-1 + 4 c_i + c_i+1) / 6, at an end its control: solved for c, of one coordinate.
 * Its missing neighbours of the ends are those of no curvature, so that it is the natural spline.
 */
static void through(double *c, const double *knots, const double *pivot, int count, int dims)
{
    const int last = (count - 1) * dims;
    c[0] = knots[0], c[last] = knots[last];
    for (int i = 1; i < count - 1; i++) c[i * dims] = pivot[i] * (6 * knots[i * dims] - c[(i - 1) * dims]);
    for (int i = count - 2; i > 0; i--) c[i * dims] -= pivot[i] * c[(i + 1) * dims];
}

/* Transposed: the same steps, the last first. */
static void through_backward(double *grad, const double *pivot, int count, int dims)
{
    for (int i = 1; i < count - 1; i++) grad[(i + 1) * dims] -= pivot[i] * grad[i * dims];
    for (int i = count - 2; i > 0; i--) {
        grad[(i - 1) * dims] -= pivot[i] * grad[i * dims];
        grad[i * dims] *= 6 * pivot[i];
    }
}

/* Planes have a point in a vector; inlined with taps known. */
static inline void apply(double *path, const fv_spline_row *rows, int samples, const double *knots, int taps)
{
    for (int i = 0; i < samples; i++) {
        const double *knot = knots + rows[i].first * (int64_t)2;
        v128_t sum = wasm_f64x2_mul(wasm_v128_load64_splat(rows[i].weight), LOAD(knot));
        for (int t = 1; t < taps; t++) sum = wasm_f64x2_add(sum, wasm_f64x2_mul(wasm_v128_load64_splat(rows[i].weight + t), LOAD(knot + 2 * t)));
        STORE(path + 2 * (int64_t)i, sum);
    }
}

/* Neighbouring samples share their knots: summed in registers until the next knot comes. */
static inline void transpose(double *grad_knots, const double *grad_path, const fv_spline_row *rows, int samples, int taps)
{
    for (int i = 0; i < samples;) {
        const int first = rows[i].first;
        double *grad = grad_knots + first * (int64_t)2;
        v128_t sum[4];
        for (int t = 0; t < taps; t++) sum[t] = LOAD(grad + 2 * t);
        for (; i < samples && rows[i].first == first; i++) {
            const v128_t pull = LOAD(grad_path + 2 * (int64_t)i);
            for (int t = 0; t < taps; t++) sum[t] = wasm_f64x2_add(sum[t], wasm_f64x2_mul(wasm_v128_load64_splat(rows[i].weight + t), pull));
        }
        for (int t = 0; t < taps; t++) STORE(grad + 2 * t, sum[t]);
    }
}

static void blend(fv_path *p, const double *knots)
{
    const int dims = p->dims, samples = p->samples, taps = p->rows->taps;
    if (dims == 2 && taps == 4) apply(p->path, p->rows, samples, knots, 4);
    else if (dims == 2 && taps == 2) apply(p->path, p->rows, samples, knots, 2);
    else
        for (int i = 0; i < samples; i++)
            for (int k = 0; k < dims; k++) {
                const double *knot = knots + (int64_t)p->rows[i].first * dims + k;
                double sum = 0;
                for (int t = 0; t < taps; t++) sum += p->rows[i].weight[t] * knot[t * dims];
                p->path[(int64_t)i * dims + k] = sum;
            }
}

static void blend_backward(fv_path *p, double *grad_knots)
{
    const int dims = p->dims, samples = p->samples, taps = p->rows->taps;
    if (dims == 2 && taps == 4) transpose(grad_knots, p->pull, p->rows, samples, 4);
    else if (dims == 2 && taps == 2) transpose(grad_knots, p->pull, p->rows, samples, 2);
    else
        for (int i = 0; i < samples; i++)
            for (int t = 0; t < taps; t++) {
                double *grad = grad_knots + (int64_t)(p->rows[i].first + t) * dims;
                for (int k = 0; k < dims; k++) grad[k] += p->rows[i].weight[t] * p->pull[(int64_t)i * dims + k];
            }
}

void fv_spline_apply(fv_path *p, const double *knots)
{
    if (p->spline != FV_SPLINE_NATURAL) {
        blend(p, knots);
        return;
    }
    for (int k = 0; k < p->dims; k++) through(p->controls + k, knots + k, p->pivot, p->count, p->dims);
    blend(p, p->controls);
}

void fv_spline_transpose(fv_path *p, double *grad_knots)
{
    if (p->spline != FV_SPLINE_NATURAL) {
        blend_backward(p, grad_knots);
        return;
    }
    const int n = p->count * p->dims;
    memset(p->controls, 0, (size_t)n * sizeof *p->controls);
    blend_backward(p, p->controls);
    for (int k = 0; k < p->dims; k++) through_backward(p->controls + k, p->pivot, p->count, p->dims);
    for (int i = 0; i < n; i++) grad_knots[i] += p->controls[i];
}
