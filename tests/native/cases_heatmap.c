/* Integral regression. */
#include "cases.h"
#include "fovea/heatmap.h"

#define BIG INT32_MAX

typedef struct {
    int n, joints, dims, depth, height, width, type, normalize, window, unit;
    float zero, scale, beta, eps;
    int32_t *strides;
    void *maps;
    size_t cells, points;
} maps;

/* Planes, channels last, or joints times depths in the last channels. */
static void lay_out(run *r, maps *m)
{
    const int plane = m->height * m->width, volume = m->depth * plane, joints = m->joints > 1 ? m->joints : 1;
    m->strides = input(r, 5 * sizeof *m->strides);
    int32_t *s = m->strides;
    s[0] = joints * volume;
    switch (pick(r, 0, 2)) {
    case 0: s[1] = volume, s[2] = plane, s[3] = m->width, s[4] = 1; break;
    case 1: s[1] = 1, s[2] = joints * plane, s[3] = joints * m->width, s[4] = joints; break;
    default: s[1] = m->depth, s[2] = 1, s[3] = joints * m->depth * m->width, s[4] = joints * m->depth;
    }
}

static maps some_maps(run *r)
{
    static const int joints[] = {0, 1, 2, 3, 4, 5, 8, 9, 17, 66, 69}, bytes[] = {4, 4, 1, 2, 1};
    maps m = {.n = pick(r, 0, 2), .joints = joints[pick(r, 0, 10)], .dims = pick(r, 1, 3), .depth = 1, .height = 1};
    const int most = m.joints > 60 ? 6 : m.dims == 1 ? 90 : m.dims == 2 ? 24 : 9;
    m.width = one_in(r, 60) && m.dims == 1 && m.joints < 10 ? pick(r, 4000, 9000) : pick(r, 1, most);
    if (m.dims > 1) m.height = pick(r, 1, most);
    if (m.dims > 2) m.depth = pick(r, 1, most);
    m.type = one_in(r, 2) ? FV_TYPE_FLOAT32 : pick(r, FV_TYPE_FLOAT32, FV_TYPE_INT8);
    m.normalize = pick(r, FV_NORMALIZE_SOFTMAX, FV_NORMALIZE_NONE), m.window = pick(r, -2, 4) < 0 ? -1 : pick(r, 0, 3), m.unit = pick(r, 0, FV_UNIT_INTEGRAL);
    m.points = (size_t)m.n * m.joints, m.cells = m.points * m.depth * m.height * m.width;
    const int is_plain = one_in(r, 2);
    m.zero = is_plain ? 0 : value(r, -3, 3), m.scale = is_plain ? 1 : value(r, -1, 1);
    m.beta = one_in(r, 8) ? 1e30f : uniform(r, 0, 6), m.eps = one_in(r, 2) ? 0 : uniform(r, 0, .1f);
    lay_out(r, &m);
    if (m.type == FV_TYPE_FLOAT32) m.maps = floats(r, m.cells, -4, 4);
    else {
        uint8_t *raw = m.maps = input(r, m.cells * bytes[m.type]);
        for (size_t i = 0; i < m.cells * bytes[m.type]; i++) raw[i] = (uint8_t)draw(r);
    }
    return m;
}

#define MAPS(m) m.maps, m.type, m.zero, m.scale, m.n, m.joints, m.depth, m.height, m.width, m.dims, m.strides
#define HOW(m) m.normalize, m.beta, m.eps, m.window, m.unit

static void soft_argmax(run *r)
{
    const maps m = some_maps(r);
    float *coords = output(r, m.points * m.dims, FLOATS), *confidence = output(r, m.points, FLOATS);
    float *mass = one_in(r, 2) ? output(r, m.points, FLOATS) : 0, *entropy = one_in(r, 2) ? output(r, m.points, FLOATS) : 0;
    float *covariance = one_in(r, 2) ? output(r, m.points * m.dims * m.dims, FLOATS) : 0;
    const int result = fv_heatmap_soft_argmax(coords, confidence, mass, covariance, entropy, MAPS(m), HOW(m));
    expect(r, result == 0, "soft_argmax succeeds");
    finish(r, result);
}

static void backward(run *r)
{
    const maps m = some_maps(r);
    const float *grad_coords = floats(r, m.points * m.dims, -2, 2);
    const float *grad_covariance = one_in(r, 2) ? floats(r, m.points * m.dims * m.dims, -2, 2) : 0;
    float *grad_maps = output(r, m.cells, FLOATS), *grad_beta = one_in(r, 2) ? output(r, m.points, FLOATS) : 0;
    const int result = fv_heatmap_soft_argmax_backward(grad_maps, grad_beta, grad_coords, grad_covariance, MAPS(m), HOW(m));
    expect(r, result == 0, "soft_argmax_backward succeeds");
    finish(r, result);
}

#define REFUSE(code, ...) \
    do { \
        const int result = (__VA_ARGS__); \
        expect(r, result == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, result); \
    } while (0)

static void errors(run *r)
{
    float *dst = output(r, 16, FLOATS);
    const float *src = floats(r, 16, 0, 1);
    int32_t *strides = input(r, 20);
    const int32_t good[5] = {16, 16, 16, 4, 1};
    for (int i = 0; i < 5; i++) strides[i] = good[i];
    const float nan = __builtin_nanf(""), inf = __builtin_inff();
#define FORWARD(type, n, joints, depth, height, width, dims, normalize, beta, eps, window, unit) \
    fv_heatmap_soft_argmax(dst, dst + 8, 0, 0, 0, src, type, 0, 1, n, joints, depth, height, width, dims, strides, normalize, beta, eps, window, unit)
    REFUSE(FV_E_NULL, fv_heatmap_soft_argmax(0, dst, 0, 0, 0, src, 0, 0, 1, 1, 1, 1, 4, 4, 2, strides, 0, 1, 0, -1, 0));
    REFUSE(FV_E_NULL, fv_heatmap_soft_argmax_backward(dst, 0, src, 0, src, 0, 0, 1, 1, 1, 1, 4, 4, 2, 0, 0, 1, 0, -1, 0));
    REFUSE(FV_E_VALUE, FORWARD(5, 1, 1, 1, 4, 4, 2, 0, 1, 0, -1, 0));
    REFUSE(FV_E_VALUE, FORWARD(0, 1, 1, 1, 4, 4, 4, 0, 1, 0, -1, 0));
    REFUSE(FV_E_VALUE, FORWARD(0, 1, 1, 1, 4, 4, 2, 4, 1, 0, -1, 0));
    REFUSE(FV_E_VALUE, FORWARD(0, 1, 1, 1, 4, 4, 2, 0, -1, 0, -1, 0));
    REFUSE(FV_E_VALUE, FORWARD(0, 1, 1, 1, 4, 4, 2, 0, nan, 0, -1, 0));
    REFUSE(FV_E_VALUE, FORWARD(0, 1, 1, 1, 4, 4, 2, 0, 1, inf, -1, 0));
    REFUSE(FV_E_VALUE, FORWARD(0, 1, 1, 1, 4, 4, 2, 0, 1, 0, -2, 0));
    REFUSE(FV_E_VALUE, FORWARD(0, 1, 1, 1, 4, 4, 2, 0, 1, 0, -1, 5));
    REFUSE(FV_E_SHAPE, FORWARD(0, -1, 1, 1, 4, 4, 2, 0, 1, 0, -1, 0));
    REFUSE(FV_E_SHAPE, FORWARD(0, 1, 1, 0, 4, 4, 3, 0, 1, 0, -1, 0));
    REFUSE(FV_E_SHAPE, FORWARD(0, 1, BIG, 1, 4, 4, 2, 0, 1, 0, -1, 0));
    REFUSE(FV_E_SHAPE, FORWARD(0, 1, 1, BIG, BIG, BIG, 3, 0, 1, 0, -1, 0));
    strides[3] = BIG;
    REFUSE(FV_E_SHAPE, FORWARD(0, 1, 1, 1, 4, 4, 2, 0, 1, 0, -1, 0));
    strides[3] = -4;
    REFUSE(FV_E_SHAPE, FORWARD(0, 1, 1, 1, 4, 4, 2, 0, 1, 0, -1, 0));
}

const group heatmap_groups[] = {{"heatmap.soft_argmax", soft_argmax, 9000}, {"heatmap.backward", backward, 9000}, {"error.heatmap", errors, 1}, {0}};
