/* Nearest neighbours against their definition in double, over descriptors of any bits. */
#include "fovea/match.h"
#include "fovea/tensor.h"
#include "fuzz.h"
#include <math.h>

typedef struct {
    int n, m, width, k, type, metric;
    uint8_t *a, *b;
} sets;

static double value_of(const sets *s, const uint8_t *set, int row, int c)
{
    const int at = row * s->width + c;
    float f;
    if (s->type == FV_TYPE_UINT8) return set[at];
    memcpy(&f, set + 4 * (size_t)at, 4);
    return f;
}

/* NaN where one of the two has no neighbours. */
static double apart(const sets *s, int i, int j)
{
    double sum = 0, aa = 0, bb = 0;
    for (int c = 0; c < s->width; c++) {
        const double x = value_of(s, s->a, i, c), y = value_of(s, s->b, j, c);
        if (s->metric == FV_METRIC_HAMMING) sum += __builtin_popcount((unsigned)x ^ (unsigned)y);
        else if (!isfinite(x) || !isfinite(y)) return NAN;
        else if (s->metric == FV_METRIC_L2) sum += (x - y) * (x - y);
        else sum += x * y, aa += x * x, bb += y * y;
    }
    if (s->metric == FV_METRIC_L2) return sqrt(sum);
    if (s->metric == FV_METRIC_HAMMING) return sum;
    return aa > 0 && bb > 0 ? fmax(0, 1 - sum / (sqrt(aa) * sqrt(bb))) : NAN;
}

static uint8_t *descriptors(reader *r, const sets *s, int rows)
{
    const size_t count = (size_t)rows * s->width, size = s->type == FV_TYPE_UINT8 ? 1 : 4;
    uint8_t *set = room(r, count * size);
    for (size_t i = 0; i < count; i++) {
        const float f = real(r);
        if (size == 1) set[i] = (uint8_t)bits(r, 1);
        else memcpy(set + 4 * i, &f, 4);
    }
    return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    sets s = {pick(&r, 0, 9), pick(&r, 0, 20), pick(&r, 1, 40), pick(&r, 1, 3), pick(&r, 0, 1) ? FV_TYPE_UINT8 : FV_TYPE_FLOAT32, pick(&r, 0, 2), NULL, NULL};
    if (s.metric == FV_METRIC_HAMMING) s.type = FV_TYPE_UINT8;
    s.a = descriptors(&r, &s, s.n), s.b = descriptors(&r, &s, s.m);
    int32_t *indices = room(&r, (size_t)s.n * s.k * 4);
    float *distances = room(&r, (size_t)s.n * s.k * 4);
    void *scratch = room(&r, (size_t)fv_match_nearest_scratch(s.n, s.m, s.width, s.k));
    CHECK(fv_match_nearest(indices, distances, s.k, s.a, s.n, s.b, s.m, s.width, s.type, s.metric, scratch) == 0);
    for (int i = 0; i < s.n; i++) {
        int reachable = 0, found = 0;
        double last = -1;
        for (int rank = 0; rank < s.k; rank++) {
            const int j = indices[i * s.k + rank];
            if (j < 0) continue;
            const double d = apart(&s, i, j);
            CHECK(j < s.m && rank == found++ && d >= last - 1e-12 * last - 1e-14);
            CHECK((float)d == distances[i * s.k + rank] || fabs(d - distances[i * s.k + rank]) <= 1e-6 * d + 1e-14);
            last = d;
        }
        for (int j = 0; j < s.m; j++) {
            const double d = apart(&s, i, j);
            reachable += !isnan(d);
            int taken = 0;
            for (int rank = 0; rank < found; rank++) taken |= indices[i * s.k + rank] == j;
            if (!taken && found == s.k && !isnan(d)) CHECK(d >= last - 1e-12 * last - 1e-14);
        }
        CHECK(found == (reachable < s.k ? reachable : s.k));
    }
    for (int i = 0; i < r.count; i++) free(r.blocks[i]);
    return 0;
}
