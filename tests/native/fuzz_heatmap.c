/*
 * Maps of any type and layout, whole or windowed: places are finite and lie in the map, both layouts agree, gradients are finite
 * where the maps are, and nothing is read or written outside.
 */
#include "fovea/heatmap.h"
#include "fuzz.h"

typedef struct {
    int n, joints, dims, side[3], type, normalize, window, unit; /* side: depth, height, width */
    float zero, scale, beta, eps;
    size_t cells, points;
    void *maps;
} maps;

static const size_t bytes_of[] = {4, 4, 1, 2, 1};

static maps read_maps(reader *r)
{
    maps m = {.n = pick(r, 0, 2), .joints = pick(r, 0, 9), .dims = pick(r, 1, 3), .side = {1, 1, 1}};
    if (pick(r, 0, 15) == 15) m.joints = pick(r, 60, 70);
    for (int k = 3 - m.dims; k < 3; k++) m.side[k] = pick(r, 1, m.dims == 1 ? 60 : 9);
    if (m.dims == 1 && m.joints < 4 && pick(r, 0, 15) == 15) m.side[2] = pick(r, 4000, 9000);
    m.normalize = pick(r, FV_NORMALIZE_SOFTMAX, FV_NORMALIZE_NONE), m.window = pick(r, 0, 6) - 1, m.unit = pick(r, FV_UNIT_INDEX, FV_UNIT_INTEGRAL);
    m.type = pick(r, FV_TYPE_FLOAT32, FV_TYPE_INT8);
    m.zero = 0, m.scale = 1;
    if (pick(r, 0, 1)) m.zero = real(r), m.scale = real(r);
    m.beta = real(r), m.eps = real(r);
    if (!(m.beta >= 0 && m.beta < 3e38f)) m.beta = 1;
    if (!(m.eps >= 0 && m.eps < 3e38f)) m.eps = 0;
    m.points = (size_t)m.n * m.joints, m.cells = m.points * m.side[0] * m.side[1] * m.side[2];
    if (m.type == FV_TYPE_FLOAT32) {
        float *values = m.maps = room(r, m.cells * 4);
        for (size_t i = 0; i < m.cells; i++) values[i] = r->left ? real(r) : (float)(int)(i * 37 % 64) * .125f - 4;
    } else {
        uint8_t *raw = m.maps = room(r, m.cells * bytes_of[m.type]);
        for (size_t i = 0; i < m.cells * bytes_of[m.type]; i++) raw[i] = (uint8_t)(r->left ? bits(r, 1) : i * 37);
    }
    return m;
}

/* [n, joints, cells] as [n, cells, joints]. */
static void *turned(reader *r, const maps *m, const void *from, size_t bytes)
{
    uint8_t *to = room(r, m->cells * bytes);
    const size_t cells = m->points ? m->cells / m->points : 0;
    for (size_t i = 0; i < m->cells; i++) {
        const size_t entry = i / (cells * m->joints), joint = i / cells % m->joints, cell = i % cells;
        memcpy(to + ((entry * cells + cell) * m->joints + joint) * bytes, (const uint8_t *)from + i * bytes, bytes);
    }
    return to;
}

#define MAPS(m, values, strides) values, m.type, m.zero, m.scale, m.n, m.joints, m.side[0], m.side[1], m.side[2], m.dims, strides
#define HOW(m) m.normalize, m.beta, m.eps, m.window, m.unit

static int is_finite(float v) { return v - v == 0; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    const maps m = read_maps(&r);
    const int plane = m.side[1] * m.side[2], volume = m.side[0] * plane;
    int32_t *planes = room(&r, 20), *last = room(&r, 20);
    const int32_t nchw[5] = {m.joints * volume, volume, plane, m.side[2], 1}, nhwc[5] = {m.joints * volume, 1, m.joints * plane, m.joints * m.side[2], m.joints};
    memcpy(planes, nchw, 20), memcpy(last, nhwc, 20);
    const void *other = turned(&r, &m, m.maps, bytes_of[m.type]);
    const size_t count = m.points * m.dims;

    float *coords = room(&r, count * 4), *confidence = room(&r, m.points * 4), *mass = room(&r, m.points * 4), *entropy = room(&r, m.points * 4);
    float *covariance = room(&r, count * m.dims * 4), *coords_too = room(&r, count * 4), *confidence_too = room(&r, m.points * 4);
    CHECK(fv_heatmap_soft_argmax(coords, confidence, mass, covariance, entropy, MAPS(m, m.maps, planes), HOW(m)) == 0);
    CHECK(fv_heatmap_soft_argmax(coords_too, confidence_too, 0, 0, 0, MAPS(m, other, last), HOW(m)) == 0);
    for (size_t i = 0; i < count; i++) {
        CHECK(is_finite(coords[i]) && is_finite(coords_too[i]));
        const float most = (float)m.side[2 - i % m.dims];
        if (m.normalize == FV_NORMALIZE_NONE) continue;
        CHECK(coords[i] > -1.01f && coords[i] < most + .01f);
        if (confidence[i / m.dims] < 1e-30f) continue; /* sums of subnormals */
        CHECK(coords[i] - coords_too[i] < 1e-3f * most && coords_too[i] - coords[i] < 1e-3f * most);
    }
    for (size_t i = 0; i < m.points; i++) {
        CHECK(is_finite(confidence[i]) && is_finite(mass[i]) && is_finite(entropy[i]));
        if (m.normalize == FV_NORMALIZE_SOFTMAX) CHECK(confidence[i] >= 0 && confidence[i] < 1.0001f && mass[i] >= 0 && mass[i] < 1.0001f && entropy[i] > -1e-3f);
    }

    const float *grad_coords = reals(&r, count), *grad_covariance = pick(&r, 0, 1) ? reals(&r, count * m.dims) : 0;
    float *grad_maps = room(&r, m.cells * 4), *grad_beta = room(&r, m.points * 4), *grad_too = room(&r, m.cells * 4);
    CHECK(fv_heatmap_soft_argmax_backward(grad_maps, grad_beta, grad_coords, grad_covariance, MAPS(m, m.maps, planes), HOW(m)) == 0);
    CHECK(fv_heatmap_soft_argmax_backward(grad_too, 0, grad_coords, grad_covariance, MAPS(m, other, last), HOW(m)) == 0);
    int is_tame = m.beta < 1e6f && (m.normalize != FV_NORMALIZE_NONE || !grad_covariance);
    for (size_t i = 0; i < m.points; i++) is_tame = is_tame && (m.normalize == FV_NORMALIZE_NONE || confidence[i] > 1e-15f);
    for (size_t i = 0; i < count; i++) is_tame = is_tame && grad_coords[i] < 1e6f && grad_coords[i] > -1e6f;
    for (size_t i = 0; grad_covariance && i < count * m.dims; i++) is_tame = is_tame && grad_covariance[i] < 1e6f && grad_covariance[i] > -1e6f;
    for (size_t i = 0; is_tame && i < m.cells; i++) CHECK(is_finite(grad_maps[i]) && is_finite(grad_too[i]));
    release(&r);
    return 0;
}
