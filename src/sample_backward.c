#include "math.h"
#include "sample_maps.h"

/* Where the gradients of one batch entry come from and go to; grad_src or grad_grid may be null. */
typedef struct {
    float *grad_src, *grad_grid;
    const float *grad_dst, *src, *grid;
    int64_t point_step, channel_step; /* in grad_dst */
} entry;

/* The gradient with respect to each of four points' taps, summed over the channels in double. */
typedef struct {
    v128_t low[FV_MOST_TAPS], high[FV_MOST_TAPS];
} tap_sums;

static void clear(tap_sums *s, int taps)
{
    for (int t = 0; t < taps; t++) s->low[t] = s->high[t] = wasm_f64x2_splat(0);
}

FV_INLINE v128_t high_half(f32x4 v) { return wasm_f64x2_promote_low_f32x4(wasm_i64x2_shuffle(v, v, 1, 1)); }

FV_INLINE void add_product(tap_sums *s, int t, f32x4 g, f32x4 v)
{
    s->low[t] = wasm_f64x2_add(s->low[t], wasm_f64x2_mul(wasm_f64x2_promote_low_f32x4(g), wasm_f64x2_promote_low_f32x4(v)));
    s->high[t] = wasm_f64x2_add(s->high[t], wasm_f64x2_mul(high_half(g), high_half(v)));
}

/* The chain rule's last step: grad_grid = sum of the taps' gradients x their weights' slopes, of those inside. */
FV_INLINE void add_slopes(float *grad_grid, const tap_sums *s, const f32x4 (*slope)[3], const v128_t *mask, int taps, int count, int dims)
{
    float lanes[3][4];
    for (int k = 0; k < dims; k++) {
        v128_t low = wasm_f64x2_splat(0), high = low;
        for (int t = 0; t < taps; t++) {
            v128_t a = wasm_f64x2_mul(s->low[t], wasm_f64x2_promote_low_f32x4(slope[t][k]));
            v128_t b = wasm_f64x2_mul(s->high[t], high_half(slope[t][k]));
            if (mask) {
                a = wasm_v128_and(a, wasm_i32x4_shuffle(mask[t], mask[t], 0, 0, 1, 1));
                b = wasm_v128_and(b, wasm_i32x4_shuffle(mask[t], mask[t], 2, 2, 3, 3));
            }
            low = wasm_f64x2_add(low, a), high = wasm_f64x2_add(high, b);
        }
        STORE(lanes[k], wasm_i64x2_shuffle(wasm_f32x4_demote_f64x2_zero(low), wasm_f32x4_demote_f64x2_zero(high), 0, 2));
    }
    for (int p = 0; p < count; p++)
        for (int k = 0; k < dims; k++) *grad_grid++ = lanes[k][p];
}

/* Four points' gradients in one channel; of fewer the last stands for the rest. */
FV_INLINE f32x4 load_gradients(const float *g, int64_t step, int count)
{
    if (step == 1 && count == 4) return LOAD(g);
    const int last = count - 1;
    return wasm_f32x4_make(g[0], g[fv_min(1, last) * step], g[fv_min(2, last) * step], g[last * step]);
}

/* The weights of all taps, row by row, and their derivatives by the coordinates. */
FV_INLINE void weigh_taps(f32x4 *weight, f32x4 (*slope)[3], const fv_inside4 *q, int dims, int rows, int run)
{
    const f32x4 *x = q->weight[0], *sx = q->slope[0];
    for (int r = 0; r < rows; r++) {
        const int j = r % run, k = r / run;
        f32x4 y = q->weight[1][j], sy = q->slope[1][j], sz = y;
        if (dims == 3) sz = MUL(y, q->slope[2][k]), sy = MUL(sy, q->weight[2][k]), y = MUL(y, q->weight[2][k]);
        for (int i = 0; i < run; i++) {
            const int t = r * run + i;
            weight[t] = MUL(y, x[i]);
            slope[t][0] = MUL(y, sx[i]), slope[t][1] = MUL(sy, x[i]), slope[t][2] = MUL(sz, x[i]);
        }
    }
}

FV_INLINE void inside_points(const entry *e, int64_t at, const fv_maps *m, const fv_inside4 *q, int dims, int rows, int run)
{
    const int taps = rows * run;
    const int32_t *tap = m->inside.tap;
    const float *g = e->grad_dst + at * e->point_step;
    int32_t first[4];
    f32x4 weight[FV_MOST_TAPS], slope[FV_MOST_TAPS][3];
    tap_sums sums;
    STORE(first, q->at);
    weigh_taps(weight, slope, q, dims, rows, run);
    clear(&sums, taps);
    for (int c = 0; c < m->channels; c++, g += e->channel_step) {
        const f32x4 gradient = load_gradients(g, e->point_step, 4);
        if (e->grad_grid) {
            const char *src = (const char *)(e->src + c * m->channel_step);
            const char *from[4] = {src + first[0], src + first[1], src + first[2], src + first[3]};
            for (int r = 0; r < rows; r++) {
                f32x4 v[4];
                const int32_t *to = tap + r * run;
                if (m->last)
                    for (int i = 0; i < run; i++) fv_load_runs(&v[i], from[0] + to[i], from[1] + to[i], from[2] + to[i], from[3] + to[i], 1);
                else fv_load_runs(v, from[0] + *to, from[1] + *to, from[2] + *to, from[3] + *to, run), fv_split_runs(v, run);
                for (int i = 0; i < run; i++) add_product(&sums, r * run + i, gradient, v[i]);
            }
        }
        if (!e->grad_src) continue;
        float share[FV_MOST_TAPS][4];
        for (int t = 0; t < taps; t++) STORE(share[t], MUL(gradient, weight[t]));
        char *to = (char *)(e->grad_src + c * m->channel_step);
        for (int p = 0; p < 4; p++)
            for (int t = 0; t < taps; t++) *(float *)(to + first[p] + tap[t]) += share[t][p];
    }
    if (e->grad_grid) add_slopes(e->grad_grid + at * dims, &sums, (const f32x4(*)[3])slope, 0, taps, 4, dims);
}

FV_OUTLINE void inside_points_any(const entry *e, int64_t at, const fv_maps *m, const fv_inside4 *q)
{
    const int dims = m->sampler.dims, mode = m->sampler.mode;
    inside_points(e, at, m, q, dims, fv_rows_of_taps(dims, mode), fv_taps_along(mode));
}

/* Taps outside, and those of a weight that is no number, take and give nothing. */
FV_OUTLINE void padded_points(const entry *e, int64_t at, const fv_maps *m, fv_taps4 *taps, int count)
{
    const float *g = e->grad_dst + at * e->point_step;
    tap_sums sums;
    uint32_t inside[FV_MOST_TAPS][4];
    clear(&sums, taps->count);
    for (int t = 0; t < taps->count; t++) {
        taps->mask[t] = wasm_v128_and(taps->mask[t], wasm_f32x4_eq(taps->weight[t], taps->weight[t]));
        STORE(inside[t], taps->mask[t]);
    }
    for (int c = 0; c < m->channels; c++, g += e->channel_step) {
        const f32x4 gradient = load_gradients(g, e->point_step, count);
        const float *src = e->src + c * m->channel_step;
        if (e->grad_grid)
            for (int t = 0; t < taps->count; t++) {
                const int32_t *pixel = taps->pixel[t];
                add_product(&sums, t, gradient, wasm_f32x4_make(src[pixel[0]], src[pixel[1]], src[pixel[2]], src[pixel[3]]));
            }
        if (!e->grad_src) continue;
        float share[FV_MOST_TAPS][4];
        for (int t = 0; t < taps->count; t++) STORE(share[t], MUL(gradient, taps->weight[t]));
        for (int p = 0; p < count; p++)
            for (int t = 0; t < taps->count; t++)
                if (inside[t][p]) e->grad_src[c * m->channel_step + taps->pixel[t][p]] += share[t][p];
    }
    if (e->grad_grid) {
        const int dims = m->sampler.dims;
        add_slopes(e->grad_grid + at * dims, &sums, (const f32x4(*)[3])taps->slope, taps->mask, taps->count, count, dims);
    }
}

static void backward_points(const entry *e, const fv_maps *m, int count)
{
    const int dims = m->sampler.dims, mode = m->sampler.mode, common = dims == 2 && mode == FV_MODE_BILINEAR;
    for (int i = 0; i < count; i += 4) {
        const float *grid = e->grid + (int64_t)i * dims;
        const int few = fv_min(count - i, 4);
        fv_inside4 q;
        f32x4 x[3];
        fv_load_points(x, grid, dims, few);
        if (few == 4 && common && fv_find_inside(&q, &m->inside, x, 2, FV_MODE_BILINEAR, 1)) {
            inside_points(e, i, m, &q, 2, 2, 2);
            continue;
        }
        if (few == 4 && !common && fv_find_inside(&q, &m->inside, x, dims, mode, 1)) {
            inside_points_any(e, i, m, &q);
            continue;
        }
        fv_taps4 taps;
        fv_sample_taps(&taps, &m->sampler, x, 1);
        padded_points(e, i, m, &taps, few);
    }
}

int fv_sample_backward(float *grad_src, float *grad_grid, const float *grad_dst, const float *src, int n, int channels, int depth,
                       int height, int width, int dims, int layout, const float *grid, int points, int mode, int padding, int coords)
{
    if (!grad_dst || !src || !grid) return FV_E_NULL;
    fv_maps m;
    const int error = fv_make_maps(&m, n, channels, depth, height, width, dims, layout, points, mode, padding, coords);
    if (error) return error;
    for (int i = 0; i < n; i++) {
        const int64_t from = i * m.floats, to = (int64_t)i * points * dims;
        const entry e = {grad_src ? grad_src + from : 0, grad_grid ? grad_grid + to : 0, grad_dst + (int64_t)i * channels * points,
                         src + from, grid + to, m.last ? channels : 1, m.last ? 1 : points};
        backward_points(&e, &m, points);
    }
    return 0;
}

int fv_sample_affine_backward(float *grad_src, float *grad_theta, const float *grad_dst, const float *src, int n, int channels, int depth,
                              int height, int width, int dims, int layout, const float *theta, int out_depth, int out_height,
                              int out_width, int mode, int padding, int coords)
{
    if (!grad_dst || !src || !theta) return FV_E_NULL;
    if (dims == 2) out_depth = 1;
    const int64_t points = fv_grid_points(out_depth, out_height, out_width);
    fv_maps m;
    const int error = coords > FV_COORDS_CENTRES ? FV_E_VALUE
                                                 : fv_make_maps(&m, n, channels, depth, height, width, dims, layout, points, mode, padding, coords);
    if (error) return error;
    const fv_grid_shape shape = {dims, out_depth, out_height, out_width, coords == FV_COORDS_CENTRES};
    const int values = dims * (dims + 1);
    for (int i = 0; i < n; i++, theta += values) {
        const float *from = grad_dst + i * points * channels;
        double sums[12] = {0};
        for (int z = 0; z < out_depth; z++)
            for (int y = 0; y < out_height; y++)
                for (int x = 0; x < out_width; x += FV_ROW_CHUNK) {
                    float grid[FV_ROW_CHUNK * 3], grad_grid[FV_ROW_CHUNK * 3];
                    const int count = fv_min(out_width - x, FV_ROW_CHUNK);
                    const entry e = {grad_src ? grad_src + i * m.floats : 0, grad_theta ? grad_grid : 0, from, src + i * m.floats, grid,
                                     m.last ? channels : 1, m.last ? 1 : points};
                    fv_grid_row(grid, theta, &shape, z, y, x, count);
                    backward_points(&e, &m, count);
                    if (grad_theta) fv_grid_row_backward(sums, grad_grid, &shape, z, y, x, count);
                    from += count * e.point_step;
                }
        if (grad_theta)
            for (int k = 0; k < values; k++) *grad_theta++ = (float)sums[k];
    }
    return 0;
}
