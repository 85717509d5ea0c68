#include "../../src/linear.h"
#include "cases.h"
#include "fovea/metric.h"
#include <string.h>

#define BIG INT32_MAX
#define REFUSE(code, ...) \
    do { \
        const int result = (__VA_ARGS__); \
        expect(r, result == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, result); \
    } while (0)

static void oks(run *r)
{
    const int n = pick(r, 0, 4), m = pick(r, 0, 4), k = pick(r, 1, 18);
    const float *found = floats(r, (size_t)n * k * 3, 0, 60), *truth = floats(r, (size_t)m * k * 3, -20, 40);
    const float *sigmas = floats(r, (size_t)k, .02f, .2f), *areas = floats(r, (size_t)m, -9, 900), *boxes = one_in(r, 2) ? 0 : floats(r, (size_t)m * 4, 0, 60);
    finish(r, fv_metric_oks(output(r, (size_t)n * m, FLOATS), found, n, truth, m, k, sigmas, areas, boxes));
}

static void distances(run *r)
{
    const int n = pick(r, 0, 3), k = pick(r, 1, 18), dims = pick(r, 2, 3), root = pick(r, -1, k - 1), align = pick(r, FV_ALIGN_NONE, FV_ALIGN_SIMILARITY);
    const size_t count = (size_t)n * k * dims;
    const float *pred = floats(r, count, -9, 9), *truth = floats(r, count, -9, 9);
    float *weight = one_in(r, 4) ? 0 : floats(r, (size_t)n * k, -1, 2);
    double *mean = scratch(r, 8);
    const int result = fv_metric_distances(output(r, (size_t)n * k, FLOATS), mean, pred, truth, n, k, dims, weight, root, align);
    uint32_t *words = output(r, 2, WORDS);
    if (*mean != *mean) *mean = -1; /* of a NaN the machines' bits differ */
    memcpy(words, mean, 8);
    finish(r, result);
}

/* Whatever the matrix: its product, orthogonal factors, the order. */
static void svd(run *r)
{
    double a[9], u[9], s[3], v[9];
    const int rank = pick(r, 0, 3);
    const double size = one_in(r, 3) ? 1e100 : one_in(r, 3) ? 1e-100 : 1;
    for (int i = 0; i < 9; i++) a[i] = 0;
    for (int k = 0; k < rank; k++) {
        double x[3], y[3];
        for (int i = 0; i < 3; i++) x[i] = uniform(r, -1, 1), y[i] = one_in(r, 4) ? 0 : uniform(r, -1, 1);
        for (int i = 0; i < 9; i++) a[i] += size * x[i / 3] * y[i % 3];
    }
    fv_svd3(u, s, v, a);
    expect(r, s[0] >= s[1] && s[1] >= s[2] && s[2] >= 0, "singular values in order");
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double product = -a[3 * i + j], uu = i == j ? -1 : 0, vv = uu;
            for (int k = 0; k < 3; k++) {
                product += u[3 * i + k] * s[k] * v[3 * j + k];
                uu += u[3 * k + i] * u[3 * k + j];
                vv += v[3 * k + i] * v[3 * k + j];
            }
            expect(r, product * product <= 1e-28 * size * size, "the product is the matrix");
            expect(r, uu * uu < 1e-28 && vv * vv < 1e-28, "the factors are orthogonal");
        }
    uint32_t *words = output(r, 42, WORDS);
    memcpy(words, u, sizeof u), memcpy(words + 18, v, sizeof v), memcpy(words + 36, s, sizeof s);
    finish(r, 0);
}

static void errors(run *r)
{
    float *dst = output(r, 64, FLOATS);
    const float *a = floats(r, 64, 0, 1);
    double mean[1];
    REFUSE(FV_E_NULL, fv_metric_oks(0, a, 2, a, 2, 3, a, a, a));
    REFUSE(FV_E_NULL, fv_metric_oks(dst, 0, 2, a, 2, 3, a, a, a));
    REFUSE(FV_E_NULL, fv_metric_oks(dst, a, 2, 0, 2, 3, a, a, a));
    REFUSE(FV_E_NULL, fv_metric_oks(dst, a, 2, a, 2, 3, 0, a, a));
    REFUSE(FV_E_NULL, fv_metric_oks(dst, a, 2, a, 2, 3, a, 0, a));
    static const int sizes[][3] = {{-1, 1, 1}, {1, -1, 1}, {1, 1, 0}, {BIG, 1, 1}, {1, BIG, 1}, {1, 1, BIG}, {1 << 16, 1 << 16, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) REFUSE(FV_E_SHAPE, fv_metric_oks(dst, a, sizes[i][0], a, sizes[i][1], sizes[i][2], a, a, a));
    REFUSE(FV_E_NULL, fv_metric_distances(0, mean, a, a, 2, 3, 2, a, 0, 0));
    REFUSE(FV_E_NULL, fv_metric_distances(dst, 0, a, a, 2, 3, 2, a, 0, 0));
    REFUSE(FV_E_NULL, fv_metric_distances(dst, mean, 0, a, 2, 3, 2, a, 0, 0));
    REFUSE(FV_E_NULL, fv_metric_distances(dst, mean, a, 0, 2, 3, 2, a, 0, 0));
    REFUSE(FV_E_SHAPE, fv_metric_distances(dst, mean, a, a, -1, 3, 2, a, 0, 0));
    REFUSE(FV_E_SHAPE, fv_metric_distances(dst, mean, a, a, 1, 0, 2, a, -1, 0));
    REFUSE(FV_E_SHAPE, fv_metric_distances(dst, mean, a, a, BIG, 3, 2, a, 0, 0));
    static const int choices[][3] = {{1, 0, 0}, {4, 0, 0}, {2, -2, 0}, {2, 3, 0}, {2, 0, -1}, {2, 0, 4}}; /* dims, root, align */
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        REFUSE(FV_E_VALUE, fv_metric_distances(dst, mean, a, a, 2, 3, choices[i][0], a, choices[i][1], choices[i][2]));
}

const group metric_groups[] = {{"metric.oks", oks, 1500}, {"metric.distances", distances, 4000}, {"linear.svd", svd, 4000}, {"error.metric", errors, 1}, {0}};
