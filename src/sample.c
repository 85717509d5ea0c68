#include "fovea/sample.h"
#include "math.h"
#include "sample_maps.h"

#define QUADS 256
#define WEIGHTS 1024

/*
 * Quads of points that are inside, kept until there are enough of them to go through the channels one by one: a map is
 * then read while it is in the cache, and an output written from left to right.
 */
typedef struct {
    int count;
    int32_t point[QUADS];
    int32_t at[QUADS][4];
    f32x4 weight[WEIGHTS]; /* of each quad's taps */
} quads;

/* dst is [channels, .] with `dst_step` floats between channels. */
FV_INLINE void inside_planar(float *dst, int64_t dst_step, const float *src, const fv_maps *m, const quads *q, int rows, int run)
{
    const int count = q->count;
    const int32_t row[4] = {m->inside.row[0], m->inside.row[1], m->inside.row[2], m->inside.row[3]};
    for (int c = 0; c < m->channels; c++, src += m->channel_step, dst += dst_step)
        for (int k = 0; k < count; k++) {
            f32x4 sum = SPLAT(0.f);
            for (int r = 0; r < rows; r++) {
                f32x4 v[4];
                fv_load_runs(v, (const char *)src + row[r], q->at[k], run);
                for (int i = 0; i < run; i++) {
                    const f32x4 term = rows * run == 1 ? v[i] : MUL(v[i], q->weight[k * rows * run + r * run + i]);
                    sum = r + i ? ADD(sum, term) : term;
                }
            }
            STORE(dst + q->point[k], sum);
        }
}

/* Four points; dst is [4, channels]. */
FV_INLINE void inside_last(float *dst, const float *src, const fv_maps *m, const fv_inside4 *q, int taps)
{
    const int channels = m->channels;
    const int32_t *tap = m->inside.tap;
    float weight[FV_MOST_TAPS][4];
    for (int t = 0; t < taps; t++) STORE(weight[t], q->weight[t]);
    for (int p = 0; p < 4; p++, dst += channels) {
        const char *first = (const char *)src + q->at[p];
        int c = 0;
        for (; c + 4 <= channels; c += 4, first += 16) {
            f32x4 sum = SPLAT(0.f);
            for (int t = 0; t < taps; t++) {
                const f32x4 term = MUL(LOAD(first + tap[t]), SPLAT(weight[t][p]));
                sum = t ? ADD(sum, term) : term;
            }
            STORE(dst + c, sum);
        }
        for (; c < channels; c++, first += 4) {
            float sum = 0;
            for (int t = 0; t < taps; t++) {
                const float term = *(const float *)(first + tap[t]) * weight[t][p];
                sum = t ? sum + term : term;
            }
            dst[c] = sum;
        }
    }
}

FV_OUTLINE void inside_last_any(float *dst, const float *src, const fv_maps *m, const fv_inside4 *q, int taps) { inside_last(dst, src, m, q, taps); }

static void store(float *dst, f32x4 value, int count)
{
    if (count == 4) STORE(dst, value);
    else memcpy(dst, &value, (size_t)count * 4);
}

static f32x4 gather(const float *src, const int32_t *pixel)
{
    return wasm_f32x4_make(src[pixel[0]], src[pixel[1]], src[pixel[2]], src[pixel[3]]);
}

FV_OUTLINE void padded_planar(float *dst, int64_t dst_step, const float *src, const fv_maps *m, const fv_taps4 *taps, int count)
{
    for (int c = 0; c < m->channels; c++, src += m->channel_step, dst += dst_step) {
        f32x4 sum = SPLAT(0.f);
        for (int t = 0; t < taps->count; t++) {
            const f32x4 term = MUL(wasm_v128_and(gather(src, taps->pixel[t]), taps->mask[t]), taps->weight[t]);
            sum = t ? ADD(sum, term) : term;
        }
        store(dst, sum, count);
    }
}

FV_OUTLINE void padded_last(float *dst, const float *src, const fv_maps *m, const fv_taps4 *taps, int count)
{
    float weight[FV_MOST_TAPS][4];
    uint32_t inside[FV_MOST_TAPS][4];
    memcpy(weight, taps->weight, sizeof weight);
    memcpy(inside, taps->mask, sizeof inside);
    for (int p = 0; p < count; p++)
        for (int c = 0; c < m->channels; c++) {
            float sum = 0;
            for (int t = 0; t < taps->count; t++) {
                const float term = (inside[t][p] ? src[taps->pixel[t][p] + c] : 0.f) * weight[t][p];
                sum = t ? sum + term : term;
            }
            *dst++ = sum;
        }
}

/* `count` points; dst and dst_step as for the layout. */
FV_INLINE void sample_as(float *dst, int64_t dst_step, const float *src, const fv_maps *m, const float *grid, int count, int dims, int mode)
{
    const int rows = fv_rows_of_taps(dims, mode), run = fv_taps_along(mode), taps = rows * run;
    const int most = fv_min(QUADS, WEIGHTS / taps);
    const fv_inside inside = m->inside;
    quads kept;
    for (int i = 0; i < count;) {
        for (kept.count = 0; i < count && kept.count < most; i += 4, grid += 4 * dims) {
            const int few = fv_min(count - i, 4);
            float *to = dst + (m->last ? (int64_t)i * m->channels : i);
            fv_inside4 q;
            if (few < 4 || !fv_find_inside(&q, &inside, grid, dims, mode, 0)) {
                fv_taps4 padded;
                fv_sample_taps(&padded, &m->sampler, grid, few, 0);
                if (m->last) padded_last(to, src, m, &padded, few);
                else padded_planar(to, dst_step, src, m, &padded, few);
            } else if (m->last) {
                if (taps == 4) inside_last(to, src, m, &q, 4);
                else inside_last_any(to, src, m, &q, taps);
            } else {
                const int k = kept.count++;
                kept.point[k] = i;
                memcpy(kept.at[k], q.at, sizeof q.at);
                for (int t = 0; t < taps; t++) kept.weight[k * taps + t] = q.weight[t];
            }
        }
        inside_planar(dst, dst_step, src, m, &kept, rows, run);
    }
}

static void sample_points(float *dst, int64_t dst_step, const float *src, const fv_maps *m, const float *grid, int count)
{
    switch (m->sampler.mode + (m->sampler.dims == 3 ? 3 : 0)) {
    case FV_MODE_BILINEAR: sample_as(dst, dst_step, src, m, grid, count, 2, FV_MODE_BILINEAR); break;
    case FV_MODE_NEAREST: sample_as(dst, dst_step, src, m, grid, count, 2, FV_MODE_NEAREST); break;
    case FV_MODE_BICUBIC: sample_as(dst, dst_step, src, m, grid, count, 2, FV_MODE_BICUBIC); break;
    case FV_MODE_BILINEAR + 3: sample_as(dst, dst_step, src, m, grid, count, 3, FV_MODE_BILINEAR); break;
    default: sample_as(dst, dst_step, src, m, grid, count, 3, FV_MODE_NEAREST); break;
    }
}

int fv_sample(float *dst, const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
              const float *grid, int points, int mode, int padding, int coords)
{
    if (!dst || !src || !grid) return FV_E_NULL;
    fv_maps m;
    const int error = fv_make_maps(&m, n, channels, depth, height, width, dims, layout, points, mode, padding, coords);
    if (error) return error;
    for (int i = 0; i < n; i++)
        sample_points(dst + (int64_t)i * channels * points, points, src + i * m.floats, &m, grid + (int64_t)i * points * dims, points);
    return 0;
}

int fv_sample_affine(float *dst, const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
                     const float *theta, int out_depth, int out_height, int out_width, int mode, int padding, int coords)
{
    if (!dst || !src || !theta) return FV_E_NULL;
    if (dims == 2) out_depth = 1;
    const int64_t points = fv_grid_points(out_depth, out_height, out_width);
    fv_maps m;
    const int error = coords > FV_COORDS_CENTRES ? FV_E_VALUE
                                                 : fv_make_maps(&m, n, channels, depth, height, width, dims, layout, points, mode, padding, coords);
    if (error) return error;
    const fv_grid_shape shape = {dims, out_depth, out_height, out_width, coords == FV_COORDS_CENTRES};
    for (int i = 0; i < n; i++, theta += dims * (dims + 1), src += m.floats, dst += points * channels) {
        float *to = dst;
        for (int z = 0; z < out_depth; z++)
            for (int y = 0; y < out_height; y++)
                for (int x = 0; x < out_width; x += FV_ROW_CHUNK) {
                    float grid[FV_ROW_CHUNK * 3];
                    const int count = fv_min(out_width - x, FV_ROW_CHUNK);
                    fv_grid_row(grid, theta, &shape, z, y, x, count);
                    sample_points(to, points, src, &m, grid, count);
                    to += m.last ? (int64_t)count * channels : count;
                }
    }
    return 0;
}
