/*
 * Maps through any grid and theta: nothing is read or written outside, a mean lies within its pixels, both layouts
 * and the fused operator give the same bits, and the gradient is the adjoint.
 */
#include "fovea/grid.h"
#include "fovea/sample.h"
#include "fuzz.h"

typedef struct {
    int n, channels, dims, depth, height, width, mode, padding, coords;
    size_t plane;
    float *src;
} maps;

static maps read_maps(reader *r, int mode, int coords)
{
    maps m = {.n = pick(r, 1, 2), .channels = pick(r, 1, 6), .dims = mode > FV_MODE_BICUBIC ? 3 : 2, .depth = 1};
    m.mode = mode % 3, m.padding = pick(r, 0, FV_PADDING_REFLECTION), m.coords = pick(r, 0, coords);
    m.height = pick(r, 1, 12), m.width = pick(r, 0, 7) ? pick(r, 1, 12) : pick(r, 1, 200);
    if (m.dims == 3) m.depth = pick(r, 1, 5);
    m.plane = (size_t)m.depth * m.height * m.width;
    const size_t count = (size_t)m.n * m.channels * m.plane;
    m.src = room(r, count * sizeof *m.src);
    for (size_t i = 0; i < count; i++) m.src[i] = (float)(int)(i * 37 % 64) - 20;
    return m;
}

/* [n, channels, points] to [n, points, channels]. */
static float *channels_last(reader *r, const float *from, int n, int channels, size_t points)
{
    float *to = room(r, (size_t)n * channels * points * sizeof *to);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < channels; c++)
            for (size_t p = 0; p < points; p++) to[((size_t)i * points + p) * channels + c] = from[((size_t)i * channels + c) * points + p];
    return to;
}

static void same(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++) CHECK(same_bits(a[i], b[i]));
}

#define MAPS(m, layout) m.n, m.channels, m.depth, m.height, m.width, m.dims, layout
#define HOW(m) m.mode, m.padding, m.coords

/* Forward and backward at a grid, in both layouts. */
static float *check_grid(reader *r, const maps m, const float *grid, int points)
{
    const size_t count = (size_t)m.n * m.channels * points, map = (size_t)m.n * m.channels * m.plane, where = (size_t)m.n * points * m.dims;
    float *out = room(r, count * 4), *last = room(r, count * 4);
    const float *src_last = channels_last(r, m.src, m.n, m.channels, m.plane);
    CHECK(fv_sample(out, m.src, MAPS(m, FV_LAYOUT_NCHW), grid, points, HOW(m)) == 0);
    CHECK(fv_sample(last, src_last, MAPS(m, FV_LAYOUT_NHWC), grid, points, HOW(m)) == 0);
    same(channels_last(r, out, m.n, m.channels, (size_t)points), last, count);
    for (size_t i = 0; i < count; i++)
        if (m.mode != FV_MODE_BICUBIC && out[i] == out[i]) CHECK(out[i] > -20.01f && out[i] < 43.01f);

    float *gradient = room(r, count * 4), *grad_src = room(r, map * 4), *grad_grid = room(r, where * 4);
    float *src_too = room(r, map * 4), *grid_too = room(r, where * 4);
    for (size_t i = 0; i < count; i++) gradient[i] = (float)(int)(i % 7) - 3;
    memset(grad_src, 0, map * 4), memset(src_too, 0, map * 4);
    CHECK(fv_sample_backward(grad_src, grad_grid, gradient, m.src, MAPS(m, FV_LAYOUT_NCHW), grid, points, HOW(m)) == 0);
    CHECK(fv_sample_backward(src_too, grid_too, channels_last(r, gradient, m.n, m.channels, (size_t)points), src_last, MAPS(m, FV_LAYOUT_NHWC),
                             grid, points, HOW(m)) == 0);
    same(channels_last(r, grad_src, m.n, m.channels, m.plane), src_too, map);
    same(grad_grid, grid_too, where);
    double forward = 0, adjoint = 0, size = 1;
    for (size_t i = 0; i < count; i++)
        if (out[i] - out[i] == 0) forward += (double)out[i] * gradient[i], size += 200;
    for (size_t i = 0; i < map; i++) adjoint += (double)grad_src[i] * m.src[i];
    if (m.mode != FV_MODE_BICUBIC) CHECK(forward - adjoint < 1e-3 * size && adjoint - forward < 1e-3 * size);
    return out;
}

static void fuzz_grid(reader *r, int mode)
{
    const maps m = read_maps(r, mode, FV_COORDS_INDEX);
    const int points = pick(r, 0, 12);
    check_grid(r, m, reals(r, (size_t)m.n * points * m.dims), points);
}

static void fuzz_theta(reader *r, int mode)
{
    const maps m = read_maps(r, mode, FV_COORDS_CENTRES);
    const int depth = m.dims == 3 ? pick(r, 1, 3) : 1, height = pick(r, 1, 4), width = pick(r, 0, 7) ? pick(r, 1, 9) : pick(r, 1, 140);
    const int points = depth * height * width, values = m.dims * (m.dims + 1), align = m.coords == FV_COORDS_CENTRES;
    const float *theta = reals(r, (size_t)m.n * values);
    float *grid = room(r, (size_t)m.n * points * m.dims * 4), *fused = room(r, (size_t)m.n * m.channels * points * 4);
    CHECK(fv_grid_affine(grid, theta, m.n, m.dims, depth, height, width, align) == 0);
    const float *two = check_grid(r, m, grid, points);
    CHECK(fv_sample_affine(fused, m.src, MAPS(m, FV_LAYOUT_NCHW), theta, depth, height, width, 0, depth * height, HOW(m)) == 0);
    same(fused, two, (size_t)m.n * m.channels * points);
    float *grad_src = room(r, (size_t)m.n * m.channels * m.plane * 4), *grad_theta = room(r, (size_t)m.n * values * 4);
    memset(grad_src, 0, (size_t)m.n * m.channels * m.plane * 4);
    CHECK(fv_sample_affine_backward(grad_src, grad_theta, fused, m.src, MAPS(m, FV_LAYOUT_NCHW), theta, depth, height, width, HOW(m)) == 0);
}

static void fuzz_homography(reader *r)
{
    const int n = pick(r, 0, 2), height = pick(r, 1, 9), width = pick(r, 1, 9), align = pick(r, 0, 1);
    const size_t count = (size_t)n * height * width * 2;
    const float *homography = reals(r, (size_t)n * 9), *gradient = reals(r, count);
    CHECK(fv_grid_projective(room(r, count * 4), homography, n, height, width, align) == 0);
    CHECK(fv_grid_projective_backward(room(r, (size_t)n * 36), gradient, homography, n, height, width, align) == 0);
}

/* Modes 0 to 2 in pictures, 3 and 4 in volumes: a target for each, by grid and by theta. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    const int target = pick(&r, 0, 10);
    if (target == 10) fuzz_homography(&r);
    else if (target % 2) fuzz_theta(&r, target / 2);
    else fuzz_grid(&r, target / 2);
    release(&r);
    return 0;
}
