#include "cases.h"
#include "fovea/geometry.h"
#include <string.h>

#define REFUSE(code, ...) \
    do { \
        const int result = (__VA_ARGS__); \
        expect(r, result == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, result); \
    } while (0)

/* Doubles into the hash; of a NaN the machines' bits differ. */
static void hash_doubles(run *r, const double *values, size_t count)
{
    uint32_t *words = output(r, 2 * count, WORDS);
    for (size_t i = 0; i < count; i++) {
        const double v = values[i] == values[i] ? values[i] : -1;
        memcpy(words + 2 * i, &v, 8);
    }
}

static double *points(run *r, int n)
{
    const float *drawn = floats(r, 2 * (size_t)n, -100, 500);
    double *p = scratch(r, 16 * n);
    for (int i = 0; i < 2 * n; i++) p[i] = (double)drawn[i];
    return p;
}

static double *matrix(run *r)
{
    double *m = scratch(r, 72);
    for (int i = 0; i < 9; i++) m[i] = (double)(i < 6 ? value(r, -2, 2) : uniform(r, -1e-3f, 1e-3f)) + (i % 4 == 0);
    return m;
}

/* Where a homography takes the points, a share of them elsewhere, most a little beside it. */
static double *images(run *r, const double *from, int n)
{
    double *to = points(r, n);
    const double *m = matrix(r), share = uniform(r, 0, 1);
    double *exact = scratch(r, 16 * n);
    fv_geometry_transform(exact, from, n, m);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 2 && uniform(r, 0, 1) > (float)share; k++) to[2 * i + k] = exact[2 * i + k] + (double)uniform(r, -.5f, .5f);
    return to;
}

static int side(run *r) { return one_in(r, 6) ? pick(r, 0, 8) : pick(r, 4, 150); }

static void fit(run *r)
{
    const int n = side(r), model = pick(r, FV_MODEL_SIMILARITY, FV_MODEL_FUNDAMENTAL);
    const double *from = points(r, n), *to = images(r, from, n);
    double *weights = scratch(r, 8 * n), *models = scratch(r, 27 * 8);
    for (int i = 0; i < n; i++) weights[i] = (double)value(r, -.2f, 1);
    memset(models, 0, 27 * 8);
    const int count = fv_geometry_fit(models, from, to, one_in(r, 2) ? weights : NULL, n, model, pick(r, 0, 1), scratch(r, fv_geometry_scratch(n)));
    expect(r, count >= 0 && count <= 3, "up to three answers");
    for (int i = 0; i < 9 * count; i++) expect(r, models[i] - models[i] == 0, "finite entries");
    hash_doubles(r, models, 27);
    finish(r, count);
}

static void find(run *r)
{
    const int n = side(r), model = pick(r, FV_MODEL_SIMILARITY, FV_MODEL_FUNDAMENTAL);
    const double *from = points(r, n), *to = images(r, from, n);
    double *quality = scratch(r, 8 * n), *found = scratch(r, 72);
    for (int i = 0; i < n; i++) quality[i] = (double)value(r, -1, 1);
    uint8_t *inliers = output(r, (size_t)n, BYTES);
    int32_t *report = output(r, 2, WORDS);
    const float threshold = uniform(r, .1f, 4), confidence = uniform(r, 0, .99f);
    const int count = fv_geometry_find(found, inliers, report, from, to, one_in(r, 2) ? quality : NULL, n, model, threshold, confidence, pick(r, 1, 200),
                                       pick(r, 0, 99), scratch(r, fv_geometry_scratch(n)));
    int marked = 0;
    for (int i = 0; i < n; i++) marked += inliers[i];
    expect(r, count == marked && (count > 0) == (report[0] == FV_SEARCH_FOUND), "as many inliers as are marked");
    hash_doubles(r, found, 9);
    finish(r, count);
}

static void apply(run *r)
{
    const int n = side(r);
    const double *from = points(r, n), *to = points(r, n), *m = matrix(r);
    double *dst = scratch(r, 16 * n), *inverse = scratch(r, 72);
    finish(r, fv_geometry_transform(dst, from, n, m));
    hash_doubles(r, dst, 2 * (size_t)n);
    finish(r, fv_geometry_distance(dst, from, to, n, m, pick(r, FV_DISTANCE_FORWARD, FV_DISTANCE_SAMPSON)));
    hash_doubles(r, dst, (size_t)n);
    memset(inverse, 0, 72);
    finish(r, fv_geometry_inverse(inverse, m));
    hash_doubles(r, inverse, 9);
}

static void errors(run *r)
{
    double *m = scratch(r, 27 * 8), *p = scratch(r, 16 * 8);
    uint8_t *inliers = output(r, 8, BYTES);
    int32_t *report = output(r, 2, WORDS);
    void *memory = scratch(r, fv_geometry_scratch(8));
    memset(p, 0, 16 * 8);
    REFUSE(FV_E_SHAPE, fv_geometry_scratch(-1));
    REFUSE(FV_E_SHAPE, fv_geometry_scratch(INT32_MAX));
    REFUSE(FV_E_SHAPE, fv_geometry_fit(m, p, p, 0, -1, 0, 0, memory));
    REFUSE(FV_E_SHAPE, fv_geometry_transform(m, p, INT32_MAX, p));
    REFUSE(FV_E_SHAPE, fv_geometry_distance(m, p, p, -1, p, 0));
    REFUSE(FV_E_NULL, fv_geometry_inverse(m, 0));
    REFUSE(0, fv_geometry_inverse(m, p));
    static const int options[][2] = {{-1, 0}, {4, 0}, {0, 2}, {0, -1}}; /* model, refine */
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) REFUSE(FV_E_VALUE, fv_geometry_fit(m, p, p, 0, 8, options[i][0], options[i][1], memory));
    static const float settings[][3] = {{0, .5f, 9}, {-1, .5f, 9}, {1e16f, .5f, 9}, {3, 1, 9}, {3, -.1f, 9}, {3, .5f, 0}, {3, .5f, 2e6f}}; /* threshold, confidence, iterations */
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const float *s = settings[i];
        REFUSE(FV_E_VALUE, fv_geometry_find(m, inliers, report, p, p, 0, 8, 2, s[0], s[1], (int)s[2], 1, memory));
    }
    REFUSE(FV_E_VALUE, fv_geometry_find(m, inliers, report, p, p, 0, 8, 4, 3, .5f, 9, 1, memory));
    REFUSE(FV_E_VALUE, fv_geometry_distance(m, p, p, 8, p, 4));
}

const group geometry_groups[] = {{"geometry.fit", fit, 4000}, {"geometry.find", find, 3000}, {"geometry.apply", apply, 2000}, {"error.geometry", errors, 1}, {0}};
