#include "fovea/sample.h"
#include "grid_row.h"
#include "math.h"
#include "sample_taps.h"

#define CHUNK 64 /* points of an affine grid at a time */

/* A batch entry's map and where its results go. */
typedef struct {
    fv_sampler sampler;
    int channels, last;   /* last: channels are side by side */
    int64_t channel_step; /* floats from a channel to the next, in the map */
} maps;

static f32x4 gather(const float *src, const int32_t *pixel)
{
    return wasm_f32x4_make(src[pixel[0]], src[pixel[1]], src[pixel[2]], src[pixel[3]]);
}

/* Taps 2k and 2k + 1 are neighbours along a row: one load brings both. */
static f32x4 gather_pair(const float *src, const int32_t *pixel, f32x4 *next)
{
    const v128_t ab = wasm_v128_load64_lane(src + pixel[1], wasm_v128_load64_zero(src + pixel[0]), 1);
    const v128_t cd = wasm_v128_load64_lane(src + pixel[3], wasm_v128_load64_zero(src + pixel[2]), 1);
    *next = wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7);
    return wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6);
}

static void store(float *dst, f32x4 value, int count)
{
    if (count == 4) STORE(dst, value);
    else memcpy(dst, &value, (size_t)count * 4);
}

/* Up to four points; dst is [channels, .] with `dst_step` floats between channels. */
static void sample_planar(float *dst, int64_t dst_step, const float *src, const maps *m, const fv_taps4 *taps, int count)
{
    const int pairs = taps->inside && m->sampler.mode == FV_MODE_BILINEAR && m->sampler.step[0] == 1;
    for (int c = 0; c < m->channels; c++, src += m->channel_step, dst += dst_step) {
        f32x4 sum = SPLAT(0.f);
        if (pairs)
            for (int t = 0; t < taps->count; t += 2) {
                f32x4 right;
                const f32x4 left = gather_pair(src, taps->pixel[t], &right);
                sum = ADD(ADD(sum, MUL(left, taps->weight[t])), MUL(right, taps->weight[t + 1]));
            }
        else
            for (int t = 0; t < taps->count; t++)
                sum = ADD(sum, MUL(wasm_v128_and(gather(src, taps->pixel[t]), taps->mask[t]), taps->weight[t]));
        store(dst, sum, count);
    }
}

/* Up to four points; dst is [count, channels]. */
static void sample_last(float *dst, const float *src, int channels, const fv_taps4 *taps, int count)
{
    for (int p = 0; p < count; p++, dst += channels) {
        const float *pixel[FV_MOST_TAPS];
        float weight[FV_MOST_TAPS];
        uint32_t inside[FV_MOST_TAPS];
        for (int t = 0; t < taps->count; t++) {
            pixel[t] = src + taps->pixel[t][p];
            memcpy(&weight[t], (const char *)&taps->weight[t] + 4 * p, 4);
            memcpy(&inside[t], (const char *)&taps->mask[t] + 4 * p, 4);
        }
        int c = 0;
        for (; c + 4 <= channels; c += 4) {
            f32x4 sum = SPLAT(0.f);
            for (int t = 0; t < taps->count; t++)
                sum = ADD(sum, MUL(wasm_v128_and(LOAD(pixel[t] + c), SPLATI((int32_t)inside[t])), SPLAT(weight[t])));
            STORE(dst + c, sum);
        }
        for (; c < channels; c++) {
            float sum = 0;
            for (int t = 0; t < taps->count; t++) sum += (inside[t] ? pixel[t][c] : 0.f) * weight[t];
            dst[c] = sum;
        }
    }
}

/* `count` points; dst and dst_step as for the layout. */
static void sample_points(float *dst, int64_t dst_step, const float *src, const maps *m, const float *grid, int count)
{
    for (int i = 0; i < count; i += 4) {
        fv_taps4 taps;
        const int few = fv_min(count - i, 4);
        fv_sample_taps(&taps, &m->sampler, grid + (int64_t)i * m->sampler.dims, few, 0);
        if (m->last) sample_last(dst + (int64_t)i * m->channels, src, m->channels, &taps, few);
        else sample_planar(dst + i, dst_step, src, m, &taps, few);
    }
}

/* grad_dst's value of point p, channel c is grad_dst[p * point_step + c * channel_step]. */
static void backward_points(float *grad_src, float *grad_grid, const float *grad_dst, int64_t point_step, int64_t channel_step,
                            const float *src, const maps *m, const float *grid, int count)
{
    const int dims = m->sampler.dims;
    for (int i = 0; i < count; i += 4) {
        fv_taps4 taps;
        const int few = fv_min(count - i, 4);
        fv_sample_taps(&taps, &m->sampler, grid + (int64_t)i * dims, few, 1);
        for (int p = 0; p < few; p++) {
            const float *at = grid + (int64_t)(i + p) * dims;
            int number = 1;
            for (int k = 0; k < dims; k++) number &= at[k] - at[k] == 0;
            double slopes[3] = {0};
            for (int t = 0; number && t < taps.count; t++) {
                float weight, slope[3];
                uint32_t inside;
                memcpy(&inside, (const char *)&taps.mask[t] + 4 * p, 4);
                if (!inside) continue;
                memcpy(&weight, (const char *)&taps.weight[t] + 4 * p, 4);
                for (int k = 0; k < dims; k++) memcpy(&slope[k], (const char *)&taps.slope[t][k] + 4 * p, 4);
                const float *g = grad_dst + (i + p) * point_step;
                double sum = 0;
                for (int c = 0; c < m->channels; c++, g += channel_step) {
                    const int64_t pixel = taps.pixel[t][p] + c * m->channel_step;
                    if (grad_src) grad_src[pixel] += *g * weight;
                    sum += (double)*g * src[pixel];
                }
                for (int k = 0; k < dims; k++) slopes[k] += sum * slope[k];
            }
            if (grad_grid)
                for (int k = 0; k < dims; k++) grad_grid[(int64_t)(i + p) * dims + k] = (float)slopes[k];
        }
    }
}

static int check(const fv_sampler *s, int n, int channels, int64_t points, int layout)
{
    if (s->dims != 2 && s->dims != 3) return FV_E_VALUE;
    if (s->mode < FV_MODE_BILINEAR || s->mode > FV_MODE_BICUBIC || (s->mode == FV_MODE_BICUBIC && s->dims == 3)) return FV_E_VALUE;
    if (s->padding < FV_PADDING_ZEROS || s->padding > FV_PADDING_REFLECTION) return FV_E_VALUE;
    if (s->coords < FV_COORDS_EDGES || s->coords > FV_COORDS_INDEX) return FV_E_VALUE;
    if (layout != FV_MAPS_NCHW && layout != FV_MAPS_NHWC) return FV_E_VALUE;
    if (n < 0 || channels < 1 || points < 0) return FV_E_SHAPE;
    int64_t in = 4, out = 4;
    for (int k = 0; k < 3; k++)
        if (s->size[k] < 1 || fv_too_big(in *= s->size[k])) return FV_E_SHAPE;
    if (fv_too_big(in *= channels) || fv_too_big(in * (n > 1 ? n : 1))) return FV_E_SHAPE;
    if (fv_too_big(out *= points) || fv_too_big(out * s->dims * (n > 1 ? n : 1))) return FV_E_SHAPE;
    return fv_too_big(out *= channels) || fv_too_big(out * (n > 1 ? n : 1)) ? FV_E_SHAPE : 0;
}

static maps make_maps(int channels, int depth, int height, int width, int dims, int layout, int mode, int padding, int coords)
{
    const int64_t pixel = layout == FV_MAPS_NHWC ? channels : 1, area = (int64_t)width * height;
    if (dims == 2) depth = 1;
    const maps m = {{dims, mode, padding, coords, {width, height, depth}, {pixel, pixel * width, pixel * area}},
                    channels, layout == FV_MAPS_NHWC, layout == FV_MAPS_NHWC ? 1 : area * depth};
    return m;
}

static int64_t map_floats(const maps *m)
{
    return (int64_t)m->sampler.size[0] * m->sampler.size[1] * m->sampler.size[2] * m->channels;
}

int fv_sample(float *dst, const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
              const float *grid, int points, int mode, int padding, int coords)
{
    if (!dst || !src || !grid) return FV_E_NULL;
    const maps m = make_maps(channels, depth, height, width, dims, layout, mode, padding, coords);
    const int error = check(&m.sampler, n, channels, points, layout);
    if (error) return error;
    for (int i = 0; i < n; i++)
        sample_points(dst + (int64_t)i * channels * points, points, src + i * map_floats(&m), &m, grid + (int64_t)i * points * dims, points);
    return 0;
}

int fv_sample_backward(float *grad_src, float *grad_grid, const float *grad_dst, const float *src, int n, int channels, int depth,
                       int height, int width, int dims, int layout, const float *grid, int points, int mode, int padding, int coords)
{
    if (!grad_dst || !src || !grid) return FV_E_NULL;
    const maps m = make_maps(channels, depth, height, width, dims, layout, mode, padding, coords);
    const int error = check(&m.sampler, n, channels, points, layout);
    if (error) return error;
    const int last = layout == FV_MAPS_NHWC;
    for (int i = 0; i < n; i++) {
        const int64_t from = i * map_floats(&m), to = (int64_t)i * points * dims;
        backward_points(grad_src ? grad_src + from : 0, grad_grid ? grad_grid + to : 0, grad_dst + (int64_t)i * channels * points,
                        last ? channels : 1, last ? 1 : points, src + from, &m, grid + to, points);
    }
    return 0;
}

/* Checks what both affine operators are given. */
static int check_affine(const maps *m, int n, int depth, int height, int width, int layout)
{
    if (depth < 1 || height < 1 || width < 1) return FV_E_SHAPE;
    if (fv_too_big((int64_t)height * width) || fv_too_big((int64_t)height * width * depth)) return FV_E_SHAPE;
    if (m->sampler.coords > FV_COORDS_CENTRES) return FV_E_VALUE;
    return check(&m->sampler, n, m->channels, (int64_t)height * width * depth, layout);
}

int fv_sample_affine(float *dst, const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
                     const float *theta, int out_depth, int out_height, int out_width, int mode, int padding, int coords)
{
    if (!dst || !src || !theta) return FV_E_NULL;
    if (dims == 2) out_depth = 1;
    const maps m = make_maps(channels, depth, height, width, dims, layout, mode, padding, coords);
    const int error = check_affine(&m, n, out_depth, out_height, out_width, layout);
    if (error) return error;
    const fv_grid_shape shape = {dims, out_depth, out_height, out_width, coords == FV_COORDS_CENTRES};
    const int64_t points = (int64_t)out_depth * out_height * out_width;
    for (int i = 0; i < n; i++, theta += dims * (dims + 1)) {
        int64_t at = 0;
        for (int z = 0; z < out_depth; z++)
            for (int y = 0; y < out_height; y++)
                for (int x = 0; x < out_width; x += CHUNK) {
                    float grid[CHUNK * 3];
                    const int count = fv_min(out_width - x, CHUNK);
                    fv_grid_row(grid, theta, &shape, z, y, x, count);
                    sample_points(dst + i * points * channels + at * (layout == FV_MAPS_NHWC ? channels : 1), points,
                                  src + i * map_floats(&m), &m, grid, count);
                    at += count;
                }
    }
    return 0;
}

int fv_sample_affine_backward(float *grad_src, float *grad_theta, const float *grad_dst, const float *src, int n, int channels, int depth,
                              int height, int width, int dims, int layout, const float *theta, int out_depth, int out_height,
                              int out_width, int mode, int padding, int coords)
{
    if (!grad_dst || !src || !theta) return FV_E_NULL;
    if (dims == 2) out_depth = 1;
    const maps m = make_maps(channels, depth, height, width, dims, layout, mode, padding, coords);
    const int error = check_affine(&m, n, out_depth, out_height, out_width, layout);
    if (error) return error;
    const fv_grid_shape shape = {dims, out_depth, out_height, out_width, coords == FV_COORDS_CENTRES};
    const int64_t points = (int64_t)out_depth * out_height * out_width;
    const int last = layout == FV_MAPS_NHWC, values = dims * (dims + 1);
    for (int i = 0; i < n; i++, theta += values) {
        double sums[12] = {0};
        int64_t at = 0;
        for (int z = 0; z < out_depth; z++)
            for (int y = 0; y < out_height; y++)
                for (int x = 0; x < out_width; x += CHUNK) {
                    float grid[CHUNK * 3], grad_grid[CHUNK * 3];
                    const int count = fv_min(out_width - x, CHUNK);
                    const int64_t from = i * map_floats(&m);
                    fv_grid_row(grid, theta, &shape, z, y, x, count);
                    backward_points(grad_src ? grad_src + from : 0, grad_grid, grad_dst + i * points * channels + at * (last ? channels : 1),
                                    last ? channels : 1, last ? 1 : points, src + from, &m, grid, count);
                    if (grad_theta) fv_grid_row_backward(sums, grad_grid, &shape, z, y, x, count);
                    at += count;
                }
        if (grad_theta)
            for (int k = 0; k < values; k++) *grad_theta++ = (float)sums[k];
    }
    return 0;
}
