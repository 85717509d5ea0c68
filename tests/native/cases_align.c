#include "cases.h"
#include "fovea/align.h"
#include "fovea/grid.h"
#include <string.h>

#define BIG INT32_MAX
#define REFUSE(code, ...) \
    do { \
        const int result = (__VA_ARGS__); \
        expect(r, result == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, result); \
    } while (0)

static int side(run *r, int most) { return one_in(r, 4) ? 1 : pick(r, 1, most); }

static void align(run *r)
{
    const int dims = pick(r, 2, 3), projective = dims == 2 && one_in(r, 2), channels = pick(r, 1, 3), most = dims == 2 ? 24 : 7;
    const int in[3] = {dims == 3 ? side(r, most) : 1, side(r, most), side(r, most)};
    const int out[3] = {dims == 3 ? side(r, most) : 1, side(r, most), dims == 2 && one_in(r, 10) ? pick(r, 60, 140) : side(r, most)};
    const float *moving = floats(r, (size_t)channels * in[0] * in[1] * in[2], -1, 2);
    const float *fixed = floats(r, (size_t)channels * out[0] * out[1] * out[2], -1, 2);
    const int columns = dims + 1, rows = projective ? 3 : dims, size = rows * columns, near = !one_in(r, 4);
    float *theta = input(r, (size_t)size * sizeof *theta);
    for (int i = 0; i < size; i++) theta[i] = near ? (float)(i / columns == i % columns) + uniform(r, -.2f, .2f) : value(r, -2, 2);
    const int loss = pick(r, FV_LOSS_L2, FV_LOSS_NCC);
    const float delta = uniform(r, .01f, 1);
    const int count = 1 + size + size * size;
    double *result = scratch(r, count * 8);
    void *memory = scratch(r, fv_align_scratch(channels, dims, out[0], out[1], out[2]));
    const int inside = fv_align(result, moving, channels, in[0], in[1], in[2], dims, fixed, out[0], out[1], out[2], theta, projective, loss, delta, memory);
    expect(r, inside >= 0 && inside <= out[0] * out[1] * out[2], "as many points as there are");
    uint32_t *words = output(r, 2 * (size_t)count, WORDS);
    for (int i = 0; i < count; i++) {
        if (result[i] != result[i]) result[i] = -1; /* of a NaN the machines' bits differ */
        memcpy(words + 2 * i, result + i, 8);
    }
    finish(r, inside);
}

static void tps(run *r)
{
    const int n = pick(r, 0, 3), k = one_in(r, 5) ? pick(r, 17, 40) : pick(r, 3, 16), h = side(r, 9), w = side(r, 40), align_corners = pick(r, 0, 1);
    const size_t values = (size_t)n * k * 2, count = (size_t)n * h * w * 2;
    const float *controls = floats(r, (size_t)k * 2, -1, 1), *targets = floats(r, values, -2, 2), *gradient = floats(r, count, -2, 2);
    void *memory = scratch(r, fv_grid_tps_scratch(k));
    finish(r, fv_grid_tps(output(r, count, FLOATS), targets, controls, n, k, h, w, align_corners, memory));
    finish(r, fv_grid_tps_backward(output(r, values, FLOATS), gradient, controls, n, k, h, w, align_corners, memory));
}

static void errors(run *r)
{
    static const float line[8] = {-1, -1, 0, 0, .5f, .5f, 1, 1}, corners[8] = {-1, -1, 1, -1, -1, 1, 1, 1};
    double *dst64 = scratch(r, 91 * 8);
    float *dst = output(r, 64, FLOATS);
    const float *a = floats(r, 64, 0, 1);
    void *memory = scratch(r, 4096);
    REFUSE(FV_E_NULL, fv_align(0, a, 1, 1, 4, 4, 2, a, 1, 4, 4, a, 0, 0, 1, memory));
    REFUSE(FV_E_NULL, fv_align(dst64, 0, 1, 1, 4, 4, 2, a, 1, 4, 4, a, 0, 0, 1, memory));
    REFUSE(FV_E_NULL, fv_align(dst64, a, 1, 1, 4, 4, 2, 0, 1, 4, 4, a, 0, 0, 1, memory));
    REFUSE(FV_E_NULL, fv_align(dst64, a, 1, 1, 4, 4, 2, a, 1, 4, 4, 0, 0, 0, 1, memory));
    REFUSE(FV_E_NULL, fv_align(dst64, a, 1, 1, 4, 4, 2, a, 1, 4, 4, a, 0, 0, 1, 0));
    static const int options[][3] = {{1, 0, 0}, {4, 0, 0}, {2, 2, 0}, {2, -1, 0}, {3, 1, 0}, {2, 0, 3}, {2, 0, -1}}; /* dims, projective, loss */
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const int *o = options[i];
        REFUSE(FV_E_VALUE, fv_align(dst64, a, 1, 1, 4, 4, o[0], a, 1, 4, 4, a, o[1], o[2], 1, memory));
    }
    REFUSE(FV_E_VALUE, fv_align(dst64, a, 1, 1, 4, 4, 2, a, 1, 4, 4, a, 0, 0, 0, memory));
    REFUSE(FV_E_VALUE, fv_align(dst64, a, 1, 1, 4, 4, 2, a, 1, 4, 4, a, 0, 0, -1, memory));
    static const int sizes[][4] = {{0, 1, 4, 4}, {-1, 1, 4, 4}, {1, 0, 4, 4}, {1, 1, 0, 4}, {1, 1, 4, 0}, {BIG, 1, 4, 4}, {1, BIG, BIG, BIG}, {1 << 20, 1, 1 << 5, 1 << 5}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int *s = sizes[i];
        REFUSE(FV_E_SHAPE, fv_align_scratch(s[0], 3, s[1], s[2], s[3]));
        REFUSE(FV_E_SHAPE, fv_align(dst64, a, s[0], s[1], s[2], s[3], 3, a, 1, 1, 1, a, 0, 0, 1, memory));
        REFUSE(FV_E_SHAPE, fv_align(dst64, a, s[0], 1, 1, 1, 3, a, s[1], s[2], s[3], a, 0, 0, 1, memory));
    }
    REFUSE(FV_E_NULL, fv_grid_tps(0, a, corners, 1, 4, 2, 2, 0, memory));
    REFUSE(FV_E_NULL, fv_grid_tps(dst, 0, corners, 1, 4, 2, 2, 0, memory));
    REFUSE(FV_E_NULL, fv_grid_tps(dst, a, 0, 1, 4, 2, 2, 0, memory));
    REFUSE(FV_E_NULL, fv_grid_tps_backward(dst, a, corners, 1, 4, 2, 2, 0, 0));
    REFUSE(FV_E_VALUE, fv_grid_tps(dst, a, line, 1, 4, 2, 2, 0, memory));
    REFUSE(FV_E_VALUE, fv_grid_tps_backward(dst, a, line, 1, 4, 2, 2, 0, memory));
    REFUSE(FV_E_VALUE, fv_grid_tps(dst, a, corners, 1, 4, 2, 2, 2, memory));
    static const int grids[][4] = {{-1, 4, 2, 2}, {1, 2, 2, 2}, {1, 1025, 2, 2}, {1, 4, 0, 2}, {1, 4, 2, 0}, {1, 4, BIG, BIG}, {BIG, 4, 1, 1}, {1, INT32_MIN, 2, 2}};
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
        const int *s = grids[i];
        REFUSE(FV_E_SHAPE, fv_grid_tps(dst, a, corners, s[0], s[1], s[2], s[3], 0, memory));
        REFUSE(FV_E_SHAPE, fv_grid_tps_backward(dst, a, corners, s[0], s[1], s[2], s[3], 0, memory));
    }
}

const group align_groups[] = {{"align", align, 6000}, {"grid.tps", tps, 3000}, {"error.align", errors, 1}, {0}};
