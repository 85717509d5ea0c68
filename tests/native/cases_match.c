/* Nearest neighbours among descriptors of every nature. */
#include "cases.h"
#include "fovea/match.h"
#include "fovea/tensor.h"
#include <string.h>

static float *descriptors(run *r, size_t count)
{
    float *values = floats(r, count, -1, 1);
    const int nature = pick(r, 0, 3);
    for (size_t i = 0; i < count; i++) {
        if (nature == 1) values[i] = (float)pick(r, 0, 255);
        if (nature == 2) values[i] *= one_in(r, 2) ? 1e-20f : 1e15f;
    }
    return values;
}

static uint8_t *bytes(run *r, size_t count)
{
    uint8_t *values = input(r, count);
    for (size_t i = 0; i < count; i++) values[i] = (uint8_t)draw(r);
    return values;
}

typedef struct {
    int n, m, width, k, type, metric;
    const void *a, *b;
} sets;

static sets draw_sets(run *r)
{
    sets s = {pick(r, 0, 20), pick(r, 0, 40), one_in(r, 3) ? 32 : pick(r, 1, 70), pick(r, 1, 4), FV_TYPE_FLOAT32, pick(r, FV_METRIC_L2, FV_METRIC_HAMMING), NULL, NULL};
    if (s.metric == FV_METRIC_HAMMING || one_in(r, 3)) s.type = FV_TYPE_UINT8;
    const size_t rows = (size_t)s.n * s.width, columns = (size_t)s.m * s.width;
    s.a = s.type == FV_TYPE_UINT8 ? (void *)bytes(r, rows) : descriptors(r, rows);
    s.b = s.type == FV_TYPE_UINT8 ? (void *)bytes(r, columns) : descriptors(r, columns);
    return s;
}

static void are_neighbours(run *r, const sets *s, const int32_t *indices, const float *distances)
{
    for (int i = 0; i < s->n * s->k; i++) {
        expect(r, indices[i] >= -1 && indices[i] < s->m && distances[i] >= 0 && (indices[i] >= 0 || distances[i] > 3.4e38f), "an index, or none at infinity");
        if (i % s->k) expect(r, !(distances[i] < distances[i - 1]), "nearest first");
    }
}

static void nearest(run *r)
{
    const sets s = draw_sets(r);
    int32_t *indices = output(r, (size_t)s.n * s.k, WORDS);
    float *distances = output(r, (size_t)s.n * s.k, FLOATS);
    const int result = fv_match_nearest(indices, distances, s.k, s.a, s.n, s.b, s.m, s.width, s.type, s.metric,
                                        scratch(r, fv_match_nearest_scratch(s.n, s.m, s.width, s.k)));
    are_neighbours(r, &s, indices, distances);
    finish(r, result);
}

static void guided(run *r)
{
    const sets s = draw_sets(r);
    const float *from = floats(r, 2 * (size_t)s.n, 0, 20), *to = floats(r, 2 * (size_t)s.m, 0, 20);
    int32_t *indices = output(r, (size_t)s.n * s.k, WORDS);
    float *distances = output(r, (size_t)s.n * s.k, FLOATS);
    const int result = fv_match_guided(indices, distances, s.k, s.a, from, s.n, s.b, to, s.m, s.width, s.type, s.metric, uniform(r, 0, 15), scratch(r, 8 * s.n * s.k));
    are_neighbours(r, &s, indices, distances);
    finish(r, result);
}

static void dual_softmax(run *r)
{
    const int n = pick(r, 0, 20), m = pick(r, 0, 20), width = pick(r, 1, 40);
    const float *a = floats(r, (size_t)n * width, -1, 1), *b = floats(r, (size_t)m * width, -1, 1);
    int32_t *indices = output(r, (size_t)n, WORDS);
    float *scores = output(r, (size_t)n, FLOATS);
    const int result = fv_match_dual_softmax(indices, scores, a, n, b, m, width, uniform(r, .1f, 20), scratch(r, fv_match_dual_softmax_scratch(n, m)));
    for (int i = 0; i < n; i++) expect(r, indices[i] < m && (indices[i] < 0 ? scores[i] == 0 : scores[i] >= 0 && scores[i] < 1.001f), "a share of 1");
    finish(r, result);
}

static void refused(run *r)
{
    const float a[6] = {0};
    int32_t indices[4] = {7, 7, 7, 7};
    float distances[4];
    const int m = pick(r, 0, 2);
    expect(r, fv_match_nearest_scratch(-1, 1, 1, 1) == FV_E_SHAPE && fv_match_nearest_scratch(1, 1, 0, 1) == FV_E_SHAPE, "sizes");
    expect(r, fv_match_nearest_scratch(1, 1, 1, FOVEA_MOST_NEIGHBOURS + 1) == FV_E_SHAPE && fv_match_nearest_scratch(1 << 20, 1, 1 << 20, 1) == FV_E_SHAPE, "products");
    expect(r, fv_match_nearest(NULL, distances, 2, a, 2, a, m, 3, FV_TYPE_FLOAT32, FV_METRIC_L2, distances) == FV_E_NULL, "null");
    expect(r, fv_match_nearest(indices, distances, 2, a, 2, a, m, 3, FV_TYPE_FLOAT32, FV_METRIC_HAMMING, distances) == FV_E_VALUE, "bits of floats");
    expect(r, fv_match_nearest(indices, distances, 2, a, 2, a, m, 3, FV_TYPE_FLOAT16, FV_METRIC_L2, distances) == FV_E_VALUE, "a type");
    expect(r, fv_match_guided(indices, distances, 2, a, a, 2, a, a, m, 3, FV_TYPE_FLOAT32, FV_METRIC_L2, -1, distances) == FV_E_VALUE, "a radius");
    expect(r, fv_match_dual_softmax(indices, distances, a, 2, a, m, 3, 1 / 0.f, distances) == FV_E_VALUE, "a scale");
    for (int i = 0; i < 4; i++) expect(r, indices[i] == 7, "nothing is written");
    finish(r, 0);
}

const group match_groups[] = {
    {"match nearest", nearest, 3000}, {"match guided", guided, 600}, {"match dual softmax", dual_softmax, 600}, {"match refused", refused, 3}, {NULL, NULL, 0},
};
