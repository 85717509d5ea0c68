#include "cases.h"
#include "fovea/grid.h"
#include "fovea/sample.h"

#define BIG INT32_MAX
#define REFUSE(code, ...) \
    do { \
        const int result = (__VA_ARGS__); \
        expect(r, result == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, result); \
    } while (0)

/* Maps and a way to sample them; sides of 1, of a few pixels, or of some more. */
typedef struct {
    int n, channels, dims, side[3], layout, mode, padding, coords; /* side: depth, height, width */
    size_t map, per_point;                                         /* floats of all maps, and of a point of all entries */
    const float *src;
} maps;

static int side(run *r, int most) { return one_in(r, 4) ? 1 : one_in(r, 2) ? pick(r, 1, 5) : pick(r, 1, most); }

static maps any_maps(run *r, int most_coords)
{
    static const int channels[] = {1, 1, 2, 3, 3, 4, 5, 8, 13};
    maps m = {.n = pick(r, 1, 2), .channels = channels[pick(r, 0, 8)], .dims = pick(r, 2, 3), .layout = pick(r, 0, 1)};
    m.mode = pick(r, 0, m.dims == 2 ? FV_MODE_BICUBIC : FV_MODE_NEAREST);
    m.padding = pick(r, 0, FV_PADDING_REFLECTION), m.coords = pick(r, 0, most_coords);
    for (int k = 0; k < 3; k++) m.side[k] = side(r, m.dims == 2 ? 20 : 8);
    m.map = (size_t)m.n * m.channels * (m.dims == 3 ? m.side[0] : 1) * m.side[1] * m.side[2];
    m.per_point = (size_t)m.n * m.channels;
    m.src = floats(r, m.map, -9, 9);
    return m;
}

/* Coordinates in and about the map: along a gentle line, as pictures are warped, or anywhere. */
static float *any_grid(run *r, const maps *m, int points)
{
    float *grid = input(r, (size_t)m->n * points * m->dims * sizeof *grid);
    const int smooth = one_in(r, 2), wide = one_in(r, 3), whole = one_in(r, 5);
    float at[3], step[3];
    for (int k = 0; k < 3; k++) at[k] = uniform(r, -1, 0), step[k] = uniform(r, -.02f, .12f);
    for (int i = 0; i < m->n * points; i++)
        for (int k = 0; k < m->dims; k++) {
            const float size = (float)m->side[2 - k];
            float g = smooth ? at[k] + step[k] * (float)(i % 24) : uniform(r, wide ? -4.f : -1.1f, wide ? 4.f : 1.1f);
            if (m->coords >= FV_COORDS_CANVAS) g = (g + 1) * size * .5f;
            if (whole) g = (float)(int)(g * 8) * .125f;
            grid[i * m->dims + k] = r->number % 3 == 2 && one_in(r, 8) ? special(r) : g;
        }
    return grid;
}

#define MAPS(m) m.n, m.channels, m.side[0], m.side[1], m.side[2], m.dims, m.layout
#define HOW(m) m.mode, m.padding, m.coords

static float *sums(run *r, size_t count)
{
    float *f = output(r, count, FLOATS);
    for (size_t i = 0; i < count; i++) f[i] = 0;
    return f;
}

static void sample(run *r)
{
    const maps m = any_maps(r, FV_COORDS_INDEX);
    const int points = one_in(r, 20) ? pick(r, 200, 1300) : pick(r, 0, 40); /* more than are kept for the channels */
    const float *grid = any_grid(r, &m, points);
    finish(r, fv_sample(output(r, m.per_point * points, FLOATS), m.src, MAPS(m), grid, points, HOW(m)));
}

static void sample_backward(run *r)
{
    const maps m = any_maps(r, FV_COORDS_INDEX);
    const int points = pick(r, 0, 40), which = pick(r, 0, 3);
    const float *grid = any_grid(r, &m, points), *gradient = floats(r, m.per_point * points, -3, 3);
    float *grad_src = which == 1 ? 0 : sums(r, m.map);
    float *grad_grid = which == 2 ? 0 : output(r, (size_t)m.n * points * m.dims, FLOATS);
    finish(r, fv_sample_backward(grad_src, grad_grid, gradient, m.src, MAPS(m), grid, points, HOW(m)));
}

/* theta that turns and scales, of which one row may be anything */
static float *any_theta(run *r, const maps *m)
{
    const int values = m->dims * (m->dims + 1);
    float *theta = input(r, (size_t)m->n * values * sizeof *theta);
    for (int i = 0; i < m->n * values; i++) {
        const int diagonal = i % values % (m->dims + 2) == 0;
        theta[i] = r->number % 3 == 2 && one_in(r, 6) ? special(r) : uniform(r, -.4f, .4f) + (float)diagonal;
    }
    return theta;
}

static void affine(run *r)
{
    const maps m = any_maps(r, FV_COORDS_CENTRES);
    const int d = m.dims == 2 ? 1 : side(r, 5), h = side(r, 9), w = side(r, m.dims == 2 ? 140 : 9);
    const int first = pick(r, 0, d * h), rows = one_in(r, 3) ? d * h - first : pick(r, 0, d * h - first);
    const float *theta = any_theta(r, &m);
    finish(r, fv_sample_affine(output(r, m.per_point * rows * w, FLOATS), m.src, MAPS(m), theta, d, h, w, first, rows, HOW(m)));
}

static void affine_backward(run *r)
{
    const maps m = any_maps(r, FV_COORDS_CENTRES);
    const int d = m.dims == 2 ? 1 : side(r, 5), h = side(r, 9), w = side(r, m.dims == 2 ? 140 : 9), which = pick(r, 0, 3);
    const float *theta = any_theta(r, &m), *gradient = floats(r, m.per_point * d * h * w, -3, 3);
    float *grad_src = which == 1 ? 0 : sums(r, m.map);
    float *grad_theta = which == 2 ? 0 : output(r, (size_t)m.n * m.dims * (m.dims + 1), FLOATS);
    finish(r, fv_sample_affine_backward(grad_src, grad_theta, gradient, m.src, MAPS(m), theta, d, h, w, HOW(m)));
}

static void grid_affine(run *r)
{
    const int n = pick(r, 0, 3), dims = pick(r, 2, 3), d = dims == 2 ? 1 : side(r, 6), h = side(r, 9), w = side(r, 70), align = pick(r, 0, 1);
    const size_t values = (size_t)n * dims * (dims + 1), count = (size_t)n * d * h * w * dims;
    const float *theta = floats(r, values, -2, 2), *gradient = floats(r, count, -2, 2);
    finish(r, fv_grid_affine(output(r, count, FLOATS), theta, n, dims, d, h, w, align));
    finish(r, fv_grid_affine_backward(output(r, values, FLOATS), gradient, n, dims, d, h, w, align));
}

static void grid_projective(run *r)
{
    const int n = pick(r, 0, 3), h = side(r, 9), w = side(r, 70), align = pick(r, 0, 1);
    const size_t values = (size_t)n * 9, count = (size_t)n * h * w * 2;
    const float *homography = floats(r, values, -1, 1), *gradient = floats(r, count, -2, 2);
    finish(r, fv_grid_projective(output(r, count, FLOATS), homography, n, h, w, align));
    finish(r, fv_grid_projective_backward(output(r, values, FLOATS), gradient, homography, n, h, w, align));
}

static void errors(run *r)
{
    float *dst = output(r, 64, FLOATS), *other = output(r, 64, FLOATS);
    const float *src = floats(r, 64, 0, 1), *grid = floats(r, 64, 0, 1), *g = floats(r, 64, 0, 1);
    REFUSE(FV_E_NULL, fv_sample(0, src, 1, 1, 1, 4, 4, 2, 0, grid, 4, 0, 0, 0));
    REFUSE(FV_E_NULL, fv_sample(dst, 0, 1, 1, 1, 4, 4, 2, 0, grid, 4, 0, 0, 0));
    REFUSE(FV_E_NULL, fv_sample(dst, src, 1, 1, 1, 4, 4, 2, 0, 0, 4, 0, 0, 0));
    REFUSE(FV_E_NULL, fv_sample_backward(dst, other, 0, src, 1, 1, 1, 4, 4, 2, 0, grid, 4, 0, 0, 0));
    REFUSE(FV_E_NULL, fv_sample_backward(dst, other, g, 0, 1, 1, 1, 4, 4, 2, 0, grid, 4, 0, 0, 0));
    REFUSE(FV_E_NULL, fv_sample_backward(dst, other, g, src, 1, 1, 1, 4, 4, 2, 0, 0, 4, 0, 0, 0));
    REFUSE(FV_E_NULL, fv_sample_affine(dst, src, 1, 1, 1, 4, 4, 2, 0, 0, 1, 2, 2, 0, 2, 0, 0, 0));
    REFUSE(FV_E_NULL, fv_sample_affine_backward(dst, other, g, src, 1, 1, 1, 4, 4, 2, 0, 0, 1, 2, 2, 0, 0, 0));
    static const int sizes[][7] = { /* n, channels, depth, height, width, dims, points */
        {-1, 1, 1, 4, 4, 2, 4}, {1, 0, 1, 4, 4, 2, 4}, {1, 1, 1, 0, 4, 2, 4}, {1, 1, 1, 4, 0, 2, 4}, {1, 1, 0, 4, 4, 3, 4}, {1, 1, 1, 4, 4, 2, -1},
        {1, 1, 1, BIG, BIG, 2, 4}, {1, BIG, 1, BIG, BIG, 2, 4}, {1, BIG, BIG, BIG, BIG, 3, 4}, {BIG, BIG, BIG, BIG, BIG, 3, BIG},
        {1, 1, 1, 4, 4, 2, BIG}, {1, 64, 1, 1, 1, 2, 1 << 24}, {1 << 20, 1, 1, 1, 1, 2, 1 << 10}, {2, 1, 1, 1 << 14, 1 << 14, 2, 1},
        {1, 1, 1, INT32_MIN, INT32_MIN, 2, 4}, {INT32_MIN, 1, 1, 4, 4, 2, INT32_MIN},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int *s = sizes[i];
        for (int layout = 0; layout < 2; layout++) {
            REFUSE(FV_E_SHAPE, fv_sample(dst, src, s[0], s[1], s[2], s[3], s[4], s[5], layout, grid, s[6], 0, 0, 0));
            REFUSE(FV_E_SHAPE, fv_sample_backward(dst, other, g, src, s[0], s[1], s[2], s[3], s[4], s[5], layout, grid, s[6], 0, 0, 0));
            REFUSE(FV_E_SHAPE, fv_sample_affine(dst, src, s[0], s[1], s[2], s[3], s[4], s[5], layout, grid, 1, 1, s[6], 0, 1, 0, 0, 0));
            REFUSE(FV_E_SHAPE, fv_sample_affine_backward(dst, other, g, src, s[0], s[1], s[2], s[3], s[4], s[5], layout, grid, 1, 1, s[6], 0, 0, 0));
        }
    }
    static const int options[][5] = {/* dims, layout, mode, padding, coords */
        {1, 0, 0, 0, 0}, {4, 0, 0, 0, 0}, {2, 2, 0, 0, 0}, {2, -1, 0, 0, 0}, {2, 0, 3, 0, 0}, {2, 0, -1, 0, 0}, {3, 0, FV_MODE_BICUBIC, 0, 0},
        {2, 0, 0, 3, 0}, {2, 0, 0, -1, 0}, {2, 0, 0, 0, 4}, {2, 0, 0, 0, -1}, {2, 0, 0, 0, FV_COORDS_CANVAS},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const int *o = options[i], known = o[4] == FV_COORDS_CANVAS;
        if (!known) REFUSE(FV_E_VALUE, fv_sample(dst, src, 1, 1, 1, 2, 2, o[0], o[1], grid, 2, o[2], o[3], o[4]));
        if (!known) REFUSE(FV_E_VALUE, fv_sample_backward(dst, other, g, src, 1, 1, 1, 2, 2, o[0], o[1], grid, 2, o[2], o[3], o[4]));
        REFUSE(FV_E_VALUE, fv_sample_affine(dst, src, 1, 1, 1, 2, 2, o[0], o[1], grid, 1, 1, 2, 0, 1, o[2], o[3], o[4]));
        REFUSE(FV_E_VALUE, fv_sample_affine_backward(dst, other, g, src, 1, 1, 1, 2, 2, o[0], o[1], grid, 1, 1, 2, o[2], o[3], o[4]));
    }
    static const int bands[][2] = {{-1, 2}, {0, -1}, {0, 3}, {2, 1}, {3, 0}, {INT32_MAX, INT32_MAX}, {INT32_MIN, 1}};
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++)
        REFUSE(FV_E_SHAPE, fv_sample_affine(dst, src, 1, 1, 1, 4, 4, 2, 0, grid, 1, 2, 2, bands[i][0], bands[i][1], 0, 0, 0));
    REFUSE(FV_E_NULL, fv_grid_affine(0, src, 1, 2, 1, 2, 2, 0));
    REFUSE(FV_E_NULL, fv_grid_affine(dst, 0, 1, 2, 1, 2, 2, 0));
    REFUSE(FV_E_NULL, fv_grid_affine_backward(dst, 0, 1, 2, 1, 2, 2, 0));
    REFUSE(FV_E_NULL, fv_grid_projective(dst, 0, 1, 2, 2, 0));
    REFUSE(FV_E_NULL, fv_grid_projective_backward(dst, g, 0, 1, 2, 2, 0));
    REFUSE(FV_E_VALUE, fv_grid_affine(dst, src, 1, 4, 1, 2, 2, 0));
    REFUSE(FV_E_VALUE, fv_grid_affine(dst, src, 1, 2, 1, 2, 2, 2));
    REFUSE(FV_E_VALUE, fv_grid_projective(dst, src, 1, 2, 2, -1));
    static const int sides[][4] = {{-1, 1, 2, 2}, {1, 0, 2, 2}, {1, 1, 0, 2}, {1, 1, 2, 0}, {1, 1, BIG, BIG}, {BIG, BIG, BIG, BIG}, {BIG, 1, 1, 1}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        const int *s = sides[i];
        REFUSE(FV_E_SHAPE, fv_grid_affine(dst, src, s[0], 3, s[1], s[2], s[3], 0));
        REFUSE(FV_E_SHAPE, fv_grid_affine_backward(dst, src, s[0], 3, s[1], s[2], s[3], 0));
        if (s[1] < 1) continue;
        REFUSE(FV_E_SHAPE, fv_grid_projective(dst, src, s[0], s[2], s[3], 0));
        REFUSE(FV_E_SHAPE, fv_grid_projective_backward(dst, g, src, s[0], s[2], s[3], 0));
    }
}

const group sample_groups[] = {
    {"sample", sample, 12000}, {"sample.backward", sample_backward, 8000}, {"sample.affine", affine, 5000},
    {"sample.affine.backward", affine_backward, 4000}, {"grid.affine", grid_affine, 3000}, {"grid.projective", grid_projective, 2000},
    {"error.sample", errors, 1}, {0},
};
