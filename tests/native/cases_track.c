#include "cases.h"
#include "fovea/track.h"
#include <string.h>

static void assign(run *r)
{
    const int n = pick(r, 0, 12), m = pick(r, 0, 12), whole = one_in(r, 2);
    int32_t *columns = output(r, (size_t)n, WORDS);
    float *costs = floats(r, (size_t)n * m, -9, 9);
    if (whole)
        for (int i = 0; i < n * m; i++)
            if (costs[i] > -9 && costs[i] < 9) costs[i] = (float)(int)costs[i]; /* ties */
    if (one_in(r, 8))
        for (int i = 0; i < n * m; i++) costs[i] *= 1e37f;
    const int maximize = one_in(r, 20) ? pick(r, -1, 2) : pick(r, 0, 1);
    const int method = one_in(r, 20) ? pick(r, -1, 2) : pick(r, FV_ASSIGN_HUNGARIAN, FV_ASSIGN_GREEDY);
    const int pairs = fv_track_assign(columns, costs, n, m, maximize, method, scratch(r, fv_track_assign_scratch(n, m)));
    uint32_t taken = 0;
    for (int i = 0; i < n && pairs >= 0; i++) {
        expect(r, columns[i] >= -1 && columns[i] < m, "a column that is none");
        if (columns[i] >= 0) expect(r, !(taken >> columns[i] & 1), "a column taken twice"), taken |= 1u << columns[i];
    }
    finish(r, pairs);
}

static float *people(run *r, int n, int k)
{
    float *points = floats(r, (size_t)n * k * 3, 0, 90);
    for (int i = 0; i < n * k; i++) points[3 * i + 2] = one_in(r, 5) ? 0 : value(r, 0, 1);
    return points;
}

static void oks(run *r)
{
    const int n = pick(r, 0, 6), m = pick(r, 0, 6), k = pick(r, 0, 20);
    float *dst = output(r, (size_t)n * m, FLOATS), *a = people(r, n, k), *areas = floats(r, (size_t)n, -100, 9000), *b = people(r, m, k);
    const int result = fv_track_oks(dst, a, areas, n, b, m, floats(r, (size_t)k, 0.02f, 0.11f), k, pick(r, 0, 5));
    for (int i = 0; i < n * m && result >= 0; i++) expect(r, dst[i] >= 0 && dst[i] <= 1, "a similarity outside 0 to 1");
    finish(r, result);
}

static void smooth(run *r)
{
    const int k = pick(r, 0, 12);
    float *dst = output(r, (size_t)k * 3, FLOATS), *state = output(r, (size_t)k * 5, FLOATS);
    const float seconds = one_in(r, 6) ? 0 : value(r, 0, 0.2f), cutoff = value(r, 0, 3), beta = value(r, 0, 90), rate = value(r, 0, 3), size = value(r, 1, 200);
    int result = fv_track_smooth(dst, state, people(r, k, k ? 1 : 0), k, -1, cutoff, beta, rate, size);
    expect(r, result < 0, "time went backwards");
    if (one_in(r, 12)) {
        finish(r, result);
        return;
    }
    memset(state, 0, (size_t)k * 20);
    for (int step = 0; step < 4; step++) {
        result = fv_track_smooth(dst, state, people(r, k, 1), k, seconds, cutoff, beta, rate, size);
        if (result < 0) break;
    }
    if (result < 0) memset(state, 0xa5, (size_t)k * 20);
    finish(r, result);
}

const group track_groups[] = {{"track.assign", assign, 6000}, {"track.oks", oks, 3000}, {"track.smooth", smooth, 3000}, {0}};
