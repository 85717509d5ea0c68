/* Dual softmax, without its matrix: what a softmax needs to know of a row or a column is its largest score and its sum. */
#include "match.h"

typedef struct {
    float *highest; /* [n + m] of rows, then of columns */
    double *sum;    /* of exp(score - highest) */
    double *base;   /* highest + log sum */
    float *best;    /* [m] of columns: the largest product, as its logarithm */
    int32_t *chosen; /* [m] its row */
} tally;

int fv_match_dual_softmax_scratch(int n, int m)
{
    if (n < 0 || m < 0 || fv_too_big(((int64_t)n + m) * 20 + (int64_t)m * 8)) return FV_E_SHAPE;
    return 20 * (n + m) + 8 * m;
}

static tally divide(void *scratch, int n, int m)
{
    double *numbers = scratch;
    float *floats = (float *)(numbers + 2 * ((int64_t)n + m));
    const tally t = {floats, numbers, numbers + n + m, floats + n + m, (int32_t *)(floats + n + 2 * (int64_t)m)};
    return t;
}

/* NaN or infinite where a descriptor is not finite: such a score is passed over. */
static float score(const float *a, const float *b, int width, float scale)
{
    f32x4 sum = SPLAT(0);
    int c = 0;
    for (; c + 4 <= width; c += 4) sum = ADD(sum, MUL(LOAD(a + c), LOAD(b + c)));
    float lanes[4];
    STORE(lanes, sum);
    float total = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    for (; c < width; c++) total += a[c] * b[c];
    return total * scale;
}

static int is_finite(float v) { return v > -FV_INFINITY && v < FV_INFINITY; }

static void add(const tally *t, int index, float value)
{
    if (value > t->highest[index]) {
        t->sum[index] = t->sum[index] * fv_exp(t->highest[index] - value) + 1;
        t->highest[index] = value;
    } else t->sum[index] += fv_exp(value - t->highest[index]);
}

int fv_match_dual_softmax(int32_t *indices, float *scores, const float *a, int n, const float *b, int m, int width, float scale, void *scratch)
{
    if (!indices || !scores || !a || !b || !scratch) return FV_E_NULL;
    if (fv_match_dual_softmax_scratch(n, m) < 0 || width < 1 || fv_too_big((int64_t)n * width) || fv_too_big((int64_t)m * width)) return FV_E_SHAPE;
    if (!is_finite(scale)) return FV_E_VALUE;

    const tally t = divide(scratch, n, m);
    for (int i = 0; i < n + m; i++) t.highest[i] = -FV_INFINITY, t.sum[i] = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) {
            const float s = score(a + (int64_t)i * width, b + (int64_t)j * width, width, scale);
            if (is_finite(s)) add(&t, i, s), add(&t, n + j, s);
        }
    for (int i = 0; i < n + m; i++) t.base[i] = t.sum[i] > 0 ? t.highest[i] + fv_log64(t.sum[i]) : 0;
    for (int j = 0; j < m; j++) t.best[j] = -FV_INFINITY, t.chosen[j] = -1;

    for (int i = 0; i < n; i++) {
        indices[i] = -1, scores[i] = -FV_INFINITY;
        for (int j = 0; j < m; j++) {
            const float s = score(a + (int64_t)i * width, b + (int64_t)j * width, width, scale);
            if (!is_finite(s)) continue;
            const float product = (float)(2. * s - t.base[i] - t.base[n + j]);
            if (product > scores[i]) scores[i] = product, indices[i] = j;
            if (product > t.best[j]) t.best[j] = product, t.chosen[j] = i;
        }
    }
    int count = 0;
    for (int i = 0; i < n; i++) {
        const int is_mutual = indices[i] >= 0 && t.chosen[indices[i]] == i;
        scores[i] = is_mutual ? fv_exp(scores[i]) : 0;
        if (!is_mutual) indices[i] = -1;
        count += is_mutual;
    }
    return count;
}
