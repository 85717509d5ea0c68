#include "cases.h"
#include "fovea/loss.h"
#include <string.h>

#define BIG INT32_MAX
#define REFUSE(code, ...) \
    do { \
        const int result = (__VA_ARGS__); \
        expect(r, result == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, result); \
    } while (0)

/* Doubles into the hash; of a NaN the machines' bits differ. */
static void hash_doubles(run *r, const double *values, size_t count, int result)
{
    uint32_t *words = output(r, 2 * count, WORDS);
    if (result < 0) memset(words, 0xa5, 8 * count); /* as it came */
    for (size_t i = 0; i < count && result >= 0; i++) {
        const double v = values[i] == values[i] ? values[i] : -1;
        memcpy(words + 2 * i, &v, 8);
    }
}

static int side(run *r, int most) { return one_in(r, 8) ? 0 : pick(r, 1, most); }

static float *targets(run *r, size_t count)
{
    float *t = floats(r, count, 0, 1);
    for (size_t i = 0; i < count; i++)
        if (one_in(r, 6)) t[i] = 1;
    return t;
}

/* Some of them 0, or none at all. */
static float *weights(run *r, size_t count)
{
    if (one_in(r, 5)) return NULL;
    float *w = floats(r, count, 0, 2);
    for (size_t i = 0; i < count; i++)
        if (one_in(r, 4)) w[i] = 0;
    return w;
}

static void points(run *r)
{
    const int outer = side(r, 4), middle = side(r, 4), inner = one_in(r, 3) ? side(r, 70) : side(r, 5), axes = pick(r, 0, 7);
    const size_t count = (size_t)outer * middle * inner;
    const float *pred = floats(r, count, -3, 3), *target = targets(r, count);
    const float *weight = weights(r, (size_t)(axes & 1 ? outer : 1) * (axes & 2 ? middle : 1) * (axes & 4 ? inner : 1));
    double *loss = scratch(r, 8), *rows = scratch(r, 8 * outer * middle), *options = scratch(r, 32);
    for (int i = 0; i < 4; i++) options[i] = uniform(r, .01f, 3);
    float *grad = output(r, count, FLOATS);
    const int batch = pick(r, 0, 3), kind = pick(r, FV_PENALTY_L1, FV_PENALTY_ADAPTIVE_WING), reduction = pick(r, FV_REDUCTION_SUM, FV_REDUCTION_POSITIVE_MEAN);
    const int result = fv_loss_points(loss, grad, rows, pred, target, outer, middle, inner, weight, axes, batch, kind, reduction, options);
    expect(r, result == 0, "a good call");
    hash_doubles(r, loss, 1, result), hash_doubles(r, rows, (size_t)outer * middle, result);
    finish(r, result);
}

static void hardest(run *r)
{
    const int n = side(r, 3), k = pick(r, 1, 9), inner = side(r, 20), top = pick(r, 1, k);
    const size_t count = (size_t)n * k * inner;
    const float *pred = floats(r, count, -3, 3), *target = targets(r, count), *weight = weights(r, (size_t)n * k);
    double *loss = scratch(r, 8), *rows = scratch(r, 8 * n * k);
    float *grad = output(r, count, FLOATS);
    const int result = fv_loss_hardest(loss, grad, rows, pred, target, n, k, inner, weight, top);
    expect(r, result == 0, "a good call");
    hash_doubles(r, loss, 1, result), hash_doubles(r, rows, (size_t)n * k, result);
    finish(r, result);
}

static void entropies(run *r)
{
    const int n = side(r, 5), inner = one_in(r, 3) ? pick(r, 1, 70) : pick(r, 1, 6), is_cell = one_in(r, 2), batch = pick(r, 0, 3);
    const int reduction = pick(r, FV_REDUCTION_SUM, FV_REDUCTION_WEIGHT_MEAN);
    const size_t count = (size_t)n * inner;
    const float *logits = floats(r, count, -8, 8), *target = targets(r, count), *weight = weights(r, (size_t)n);
    int32_t *index = input(r, (size_t)n * sizeof *index);
    for (int i = 0; i < n; i++) index[i] = pick(r, -1, inner);
    double *loss = scratch(r, 8), *rows = scratch(r, 8 * n), *options = scratch(r, 8 * FV_ENTROPY_COUNT);
    options[FV_ENTROPY_BETA] = uniform(r, .1f, 10);
    options[FV_ENTROPY_LABEL_BETA] = one_in(r, 2) ? 0 : uniform(r, .1f, 10);
    options[FV_ENTROPY_SCALE] = uniform(r, -1, 1);
    float *grad = output(r, count, FLOATS);
    const int result = is_cell ? fv_loss_cell(loss, grad, rows, logits, index, n, inner, weight, batch, reduction)
                               : fv_loss_entropy(loss, grad, rows, logits, target, n, inner, weight, batch, reduction, pick(r, 0, 1), options);
    expect(r, result == 0, "a good call");
    hash_doubles(r, loss, 1, result), hash_doubles(r, rows, (size_t)n, result);
    finish(r, result);
}

static void errors(run *r)
{
    float *grad = output(r, 64, FLOATS);
    const float *a = floats(r, 64, 0, 1);
    const int32_t index[2] = {0, 1};
    const double good[4] = {1, 1, 1, 1}, zeros[4] = {0, 0, 0, 0}, huge[4] = {1e300, 1, 1, 1}, bad[4] = {1, 1e300 * 1e300, 1, 1};
    double loss[1], rows[64];
    REFUSE(FV_E_NULL, fv_loss_points(0, grad, rows, a, a, 2, 3, 4, a, 3, 2, 0, 0, good));
    REFUSE(FV_E_NULL, fv_loss_points(loss, 0, rows, a, a, 2, 3, 4, a, 3, 2, 0, 0, good));
    REFUSE(FV_E_NULL, fv_loss_points(loss, grad, 0, a, a, 2, 3, 4, a, 3, 2, 0, 0, good));
    REFUSE(FV_E_NULL, fv_loss_points(loss, grad, rows, 0, a, 2, 3, 4, a, 3, 2, 0, 0, good));
    REFUSE(FV_E_NULL, fv_loss_points(loss, grad, rows, a, 0, 2, 3, 4, a, 3, 2, 0, 0, good));
    REFUSE(FV_E_NULL, fv_loss_points(loss, grad, rows, a, a, 2, 3, 4, a, 3, 2, 0, 0, 0));
    static const int sizes[][4] = {{-1, 1, 1, 1}, {1, -1, 1, 1}, {1, 1, -1, 1}, {1, 1, 1, -1}, {BIG, 1, 1, 1}, {1, BIG, 0, 1}, {0, BIG, BIG, 1}, {1, 1, 1 << 29, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int *s = sizes[i];
        REFUSE(FV_E_SHAPE, fv_loss_points(loss, grad, rows, a, a, s[0], s[1], s[2], a, 3, s[3], 0, 0, good));
    }
    static const int choices[][3] = {{-1, 0, 0}, {8, 0, 0}, {3, -1, 0}, {3, 8, 0}, {3, 0, -1}, {3, 0, 5}}; /* axes, kind, reduction */
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        const int *c = choices[i];
        REFUSE(FV_E_VALUE, fv_loss_points(loss, grad, rows, a, a, 2, 3, 4, a, c[0], 2, c[1], c[2], good));
    }
    static const int needy[] = {FV_PENALTY_HUBER, FV_PENALTY_WING, FV_PENALTY_ADAPTIVE_WING};
    for (size_t i = 0; i < sizeof needy / sizeof *needy; i++) REFUSE(FV_E_VALUE, fv_loss_points(loss, grad, rows, a, a, 2, 3, 4, a, 3, 2, needy[i], 0, zeros));
    REFUSE(FV_E_VALUE, fv_loss_points(loss, grad, rows, a, a, 2, 3, 4, a, 3, 2, FV_PENALTY_L1, 0, bad));
    REFUSE(FV_E_NULL, fv_loss_hardest(loss, grad, rows, a, 0, 2, 3, 4, a, 1));
    REFUSE(FV_E_SHAPE, fv_loss_hardest(loss, grad, rows, a, a, 2, 4097, 4, a, 1));
    REFUSE(FV_E_VALUE, fv_loss_hardest(loss, grad, rows, a, a, 2, 3, 4, a, 0));
    REFUSE(FV_E_VALUE, fv_loss_hardest(loss, grad, rows, a, a, 2, 3, 4, a, 4));
    REFUSE(FV_E_NULL, fv_loss_cell(loss, grad, rows, a, 0, 2, 3, a, 1, 0));
    REFUSE(FV_E_SHAPE, fv_loss_cell(loss, grad, rows, a, index, 2, 0, a, 1, 0));
    REFUSE(FV_E_VALUE, fv_loss_cell(loss, grad, rows, a, index, 2, 3, a, 1, FV_REDUCTION_POSITIVE_MEAN));
    REFUSE(FV_E_NULL, fv_loss_entropy(loss, grad, rows, a, a, 2, 3, a, 1, 0, 0, 0));
    REFUSE(FV_E_SHAPE, fv_loss_entropy(loss, grad, rows, a, a, -1, 3, a, 1, 0, 0, good));
    REFUSE(FV_E_VALUE, fv_loss_entropy(loss, grad, rows, a, a, 2, 3, a, 1, 0, 2, good));
    REFUSE(FV_E_VALUE, fv_loss_entropy(loss, grad, rows, a, a, 2, 3, a, 1, 0, 0, zeros));
    REFUSE(FV_E_VALUE, fv_loss_entropy(loss, grad, rows, a, a, 2, 3, a, 1, 0, 0, huge));
    REFUSE(FV_E_VALUE, fv_loss_entropy(loss, grad, rows, a, a, 2, 3, a, 1, 0, 0, bad));
}

const group loss_groups[] = {{"loss.points", points, 8000}, {"loss.hardest", hardest, 1500}, {"loss.entropy", entropies, 3000}, {"error.loss", errors, 1}, {0}};
