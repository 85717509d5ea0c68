/*
 * Suppression of any boxes. The greedy engine with its grid against the definition in its header,
 * all pairs asked; the soft and the weighted one against what they promise.
 */
#include "fovea/nms.h"
#include "fuzz.h"
#include <math.h>

enum { MOST = 96, MANY = 1300 };

typedef struct {
    int n, stride, flags;
    const float *rows, *scores;
    const int32_t *classes;
    float iou, least;
} task;

static int passes(const task *t, int i, float score)
{
    const float *b = t->rows + i * t->stride;
    if (isnan(b[0]) || isnan(b[1]) || isnan(b[2]) || isnan(b[3])) return 0;
    return score > t->least || (score == t->least && (t->flags & FV_NMS_SCORE_INCLUSIVE || t->least == -INFINITY));
}

static float iou_of(const task *t, int i, int j)
{
    const float *a = t->rows + i * t->stride, *b = t->rows + j * t->stride, one = t->flags & FV_NMS_PLUS_ONE ? 1 : 0;
    const float w = fminf(a[2], b[2]) - fmaxf(a[0], b[0]) + one, h = fminf(a[3], b[3]) - fmaxf(a[1], b[1]) + one;
    const float inter = w > 0 && h > 0 ? w * h : 0;
    const float area_a = (a[2] - a[0] + one) * (a[3] - a[1] + one), area_b = (b[2] - b[0] + one) * (b[3] - b[1] + one);
    return inter / (area_a + area_b - inter);
}

static int suppresses(const task *t, int i, int j)
{
    if (t->classes && t->classes[i] != t->classes[j]) return 0;
    const float iou = iou_of(t, i, j);
    return t->flags & FV_NMS_INCLUSIVE ? iou >= t->iou : iou > t->iou;
}

static const float *by; /* for qsort */

static int worse(const void *a, const void *b)
{
    const int i = *(const int *)a, j = *(const int *)b;
    return by[i] == by[j] ? i - j : by[i] < by[j] ? 1 : -1;
}

/* The candidates, best first, and of each class only the best. */
static int ranked(const task *t, int *order, int per_class)
{
    static int of_class[MANY];
    int count = 0, left = 0;
    for (int i = 0; i < t->n; i++)
        if (passes(t, i, t->scores[i])) order[count++] = i;
    by = t->scores;
    qsort(order, (size_t)count, sizeof *order, worse);
    for (int r = 0; per_class && r < count; r++) {
        of_class[r] = 1;
        for (int q = 0; q < r; q++) of_class[r] += !t->classes || t->classes[order[q]] == t->classes[order[r]];
    }
    for (int r = 0; r < count; r++)
        if (!per_class || of_class[r] <= per_class) order[left++] = order[r];
    return left;
}

static void check_greedy(const task *t, const int32_t *keep, int kept, int most, int per_class)
{
    static int order[MANY], wanted[MANY];
    int count = ranked(t, order, per_class), n = 0;
    for (int r = 0; r < count && n < most; r++) {
        int free_of_all = 1;
        for (int k = 0; k < n && free_of_all; k++) free_of_all = !suppresses(t, wanted[k], order[r]);
        if (free_of_all) wanted[n++] = order[r];
    }
    CHECK(kept == n);
    for (int k = 0; k < n; k++) CHECK(keep[k] == wanted[k]);
}

static void check_indices(const task *t, const int32_t *keep, int kept, int most)
{
    static int seen[MANY];
    memset(seen, 0, sizeof seen);
    CHECK(kept >= 0 && kept <= most);
    for (int k = 0; k < kept; k++) CHECK(keep[k] >= 0 && keep[k] < t->n && !seen[keep[k]]++ && passes(t, keep[k], t->scores[keep[k]]));
}

/* Decay takes scores that are not negative downwards. */
static void check_soft(const task *t, const int32_t *keep, const float *scores, int kept)
{
    for (int k = 0; k < kept; k++) {
        CHECK(passes(t, keep[k], scores[k]));
        if (t->least < 0) continue;
        CHECK(scores[k] <= t->scores[keep[k]]);
        if (k) CHECK(scores[k] <= scores[k - 1]);
    }
}

/* More boxes than an input has bytes: about as large as `spread`, whole pixels, so that many touch. */
static void scatter(float *rows, float *scores, int n, uint32_t seed, float spread)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 5; k++) {
            seed = seed * 1664525u + 1013904223u;
            const float part = (float)(seed >> 8) * 0x1p-24f;
            if (k < 2) rows[4 * i + k] = floorf(part * 640);
            else if (k < 4) rows[4 * i + k] = rows[4 * i + k - 2] + floorf(part * spread);
            else scores[i] = part;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    const int engine = pick(&r, 0, 2), shape = pick(&r, 0, 3), crowded = pick(&r, 0, 1);
    task t = {.n = pick(&r, 0, MOST), .flags = pick(&r, 0, 7), .iou = real(&r) * 0.125f, .least = pick(&r, 0, 1) ? real(&r) : -INFINITY};
    const int many = engine == 0 && !pick(&r, 0, 15);
    if (many) t.n = pick(&r, 0, MANY);
    t.stride = engine == 2 ? 4 + shape : 4;
    const int most = pick(&r, 0, 3) ? t.n : pick(&r, 0, t.n), per_class = shape ? 0 : pick(&r, 0, 9), decay = pick(&r, 0, 1);
    const float sigma = real(&r);
    int32_t *classes = pick(&r, 0, 1) ? room(&r, (size_t)t.n * 4) : NULL, *keep = room(&r, (size_t)most * 4);
    float *rows = reals(&r, (size_t)t.n * t.stride), *scores = reals(&r, (size_t)t.n);
    if (many) scatter(rows, scores, t.n, bits(&r, 4), real(&r) * 10);
    for (int i = 0; classes && i < t.n; i++) classes[i] = pick(&r, -1, 2);
    for (int i = 0; crowded && !many && i < t.n; i++) {
        rows[i * t.stride + 2] += rows[i * t.stride];
        rows[i * t.stride + 3] += rows[i * t.stride + 1];
    }
    t.rows = rows, t.classes = classes, t.scores = scores;
    void *scratch = room(&r, (size_t)fv_nms_scratch(t.n));

    if (engine == 0) {
        const int kept = fv_nms(keep, most, rows, t.scores, classes, t.n, t.iou, t.least, per_class, t.flags, scratch);
        check_indices(&t, keep, kept, most);
        check_greedy(&t, keep, kept, most, per_class);
    } else if (engine == 1) {
        float *decayed = room(&r, (size_t)most * 4);
        const int kept = fv_nms_soft(keep, decayed, most, rows, t.scores, classes, t.n, t.iou, t.least, decay, sigma, t.flags, scratch);
        if (!(sigma > 0)) {
            CHECK(kept == FV_E_VALUE);
        } else {
            check_indices(&t, keep, kept, most);
            check_soft(&t, keep, decayed, kept);
        }
    } else {
        float *merged = room(&r, (size_t)most * t.stride * 4);
        const int kept = fv_nms_weighted(keep, merged, most, rows, t.stride, t.scores, classes, t.n, t.iou, t.least, t.flags, scratch);
        check_indices(&t, keep, kept, most);
        check_greedy(&t, keep, kept, most, 0);
    }
    release(&r);
    return 0;
}
