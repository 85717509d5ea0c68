/*
 * What is done to cost maps, against the definitions in the header, each asked cell by cell: nothing is read or written
 * outside, distances are exact, arrivals obey every neighbour, and the way back ends.
 */
#include "../../src/math.h"
#include "fovea/costmap.h"
#include "fuzz.h"
#include <math.h>

typedef struct {
    int dims, depth, height, width, cells;
    const float *values;
    void *scratch;
} map;

static map read_map(reader *r)
{
    map m = {.dims = pick(r, 2, 3), .depth = 1};
    m.height = pick(r, 1, 12), m.width = pick(r, 1, 12);
    if (m.dims == 3) m.depth = pick(r, 1, 5);
    m.cells = m.depth * m.height * m.width;
    m.values = reals(r, (size_t)m.cells);
    m.scratch = room(r, (size_t)fv_costmap_scratch(m.depth, m.height, m.width));
    return m;
}

#define SIZES(m) (m)->depth, (m)->height, (m)->width

static void place_of(const map *m, int cell, int *at)
{
    at[0] = cell % m->width, at[1] = cell / m->width % m->height, at[2] = cell / m->width / m->height;
}

static void range_of(const map *m, float *low, float *high)
{
    *low = INFINITY, *high = -INFINITY;
    for (int i = 0; i < m->cells; i++) {
        if (!(fabsf(m->values[i]) < 1e30f)) *low = *high = NAN; /* stays so: nothing is less or more */
        if (m->values[i] < *low) *low = m->values[i];
        if (m->values[i] > *high) *high = m->values[i];
    }
}

/* To the nearest cell that is, or is not, an obstacle. */
static float nearest(const map *m, int cell, float threshold, int obstacle)
{
    int least = INT32_MAX, here[3], there[3];
    place_of(m, cell, here);
    for (int i = 0; i < m->cells; i++) {
        if ((m->values[i] > threshold) != obstacle) continue;
        place_of(m, i, there);
        int square = 0;
        for (int k = 0; k < 3; k++) square += (here[k] - there[k]) * (here[k] - there[k]);
        if (square < least) least = square;
    }
    return least == INT32_MAX ? (float)(m->width + m->height + m->depth) : (float)sqrt(least);
}

static void check_distance(reader *r, const map *m)
{
    const float threshold = real(r), radius = real(r), decay = real(r), peak = real(r);
    float *distance = room(r, (size_t)m->cells * 4), *inflated = room(r, (size_t)m->cells * 4);
    for (int with_sign = 0; with_sign < 2; with_sign++) {
        const int result = fv_costmap_distance(distance, m->values, SIZES(m), threshold, with_sign, m->scratch);
        CHECK(result == (threshold == threshold ? 0 : FV_E_VALUE));
        for (int i = 0; result == 0 && i < m->cells; i++) {
            const float half = with_sign ? 0.5f : 0;
            const int within = with_sign && m->values[i] > threshold;
            CHECK(distance[i] == (within ? half - nearest(m, i, threshold, 0) : nearest(m, i, threshold, 1) - half));
        }
    }
    const int result = fv_costmap_inflate(inflated, m->values, distance, m->cells, radius, decay, peak);
    CHECK(result == (decay >= 0 && decay < INFINITY && radius - radius == 0 && peak - peak == 0 ? 0 : FV_E_VALUE));
    for (int i = 0; result == 0 && i < m->cells; i++) CHECK(!(inflated[i] < m->values[i]));
}

static void check_means(reader *r, const map *m)
{
    const float sigma = real(r);
    float low, high, *blurred = room(r, (size_t)m->cells * 4);
    const int half = ((m->depth + 1) / 2) * ((m->height + 1) / 2) * ((m->width + 1) / 2);
    float *halved = room(r, (size_t)half * 4);
    range_of(m, &low, &high);
    const float room_for_rounding = 1e-4f * (fabsf(low) + fabsf(high)) + 1e-30f;
    const int result = fv_costmap_blur(blurred, m->values, SIZES(m), sigma, m->scratch);
    CHECK(result == (sigma > 0 && sigma <= 1000 ? 0 : FV_E_VALUE));
    for (int i = 0; result == 0 && low == low && i < m->cells; i++)
        CHECK(blurred[i] >= low - room_for_rounding && blurred[i] <= high + room_for_rounding);
    CHECK(fv_costmap_halve(halved, m->values, SIZES(m)) == 0);
    for (int i = 0; low == low && i < half; i++) CHECK(halved[i] >= low - room_for_rounding && halved[i] <= high + room_for_rounding);
}

static int enterable(float cost, float blocked) { return cost >= 0 && cost <= blocked && cost < INFINITY; }

/* Nowhere later than by a step from a neighbour, nowhere earlier than all of them but at a source. */
static void check_arrivals(const map *m, const float *arrival, float length, float blocked)
{
    for (int i = 0; i < m->cells; i++) {
        int at[3];
        place_of(m, i, at);
        CHECK(arrival[i] >= 0);
        if (!enterable(m->values[i], blocked)) CHECK(arrival[i] == INFINITY);
        const double step = (double)m->values[i] + length;
        for (int side = 0; enterable(m->values[i], blocked) && side < 6; side++) {
            const int k = side / 2, off = side % 2 ? 1 : -1, size[3] = {m->width, m->height, m->depth};
            const int stride[3] = {1, m->width, m->width * m->height};
            if (at[k] + off < 0 || at[k] + off >= size[k]) continue;
            const double next = arrival[i + off * stride[k]];
            if (next + step < 1e30) CHECK(arrival[i] <= (next + step) * (1 + 1e-5));
        }
    }
}

static void check_march(reader *r, const map *m)
{
    const float length = real(r), blocked = real(r);
    const int n = pick(r, 1, 3), capacity = pick(r, 2, 200);
    const float *sources = reals(r, (size_t)n * m->dims), *from = reals(r, (size_t)m->dims);
    float *arrival = room(r, (size_t)m->cells * 4), *path = room(r, (size_t)capacity * m->dims * 4);
    const int size[3] = {m->width, m->height, m->depth};
    const int result = fv_costmap_march(arrival, m->values, SIZES(m), length, blocked, sources, n, m->dims, m->scratch);
    CHECK(result == (length > 0 && length < INFINITY && blocked == blocked ? 0 : FV_E_VALUE));
    if (result == 0) check_arrivals(m, arrival, length, blocked);

    const float *times = result == 0 && pick(r, 0, 3) ? arrival : m->values; /* whatever they are */
    const int count = fv_costmap_trace(path, capacity, times, SIZES(m), from, sources, m->dims);
    CHECK((count >= 0 && count <= capacity) || count == FV_E_CAPACITY);
    if (count > 0) CHECK(!memcmp(path, from, (size_t)m->dims * 4));
    for (int i = 1; i < count; i++) {
        const int arrived = i == count - 1 && !memcmp(path + i * m->dims, sources, (size_t)m->dims * 4);
        for (int k = 0; k < m->dims && !arrived; k++) CHECK(path[i * m->dims + k] >= 0 && path[i * m->dims + k] <= (float)(size[k] - 1));
    }
}

static void check_splat(reader *r, const map *m)
{
    const int n = pick(r, 0, 4), how = pick(r, 0, FV_SPLAT_ADD), mask_height = pick(r, 1, 5), mask_width = pick(r, 1, 5);
    const float *boxes = reals(r, (size_t)n * 4), *costs = reals(r, (size_t)n), *box = reals(r, 4), *mask = reals(r, (size_t)mask_height * mask_width);
    const int cells = m->height * m->width;
    float cost = real(r), *into = room(r, (size_t)cells * 4);
    memcpy(into, m->values, (size_t)cells * 4);
    CHECK(fv_costmap_boxes(into, m->height, m->width, boxes, costs, n, how) == 0);
    for (int i = 0; i < cells; i++) {
        double most = m->values[i], sum = m->values[i];
        for (int b = 0; b < n; b++) {
            const float *at = boxes + 4 * b;
            const double x = i % m->width, y = i / m->width;
            const double wide = fmin(at[2], x + 1) - fmax(at[0], x), tall = fmin(at[3], y + 1) - fmax(at[1], y);
            if (!(at[0] < at[2] && at[1] < at[3] && wide > 0 && tall > 0)) continue;
            sum += costs[b] * wide * tall;
            most = fmax(most, costs[b] * wide * tall);
        }
        if (fabs(sum) < 1e4 && fabs(most) < 1e4) CHECK(fabs(into[i] - (how == FV_SPLAT_ADD ? sum : most)) < 1e-2);
    }
    memcpy(into, m->values, (size_t)cells * 4);
    CHECK(fv_costmap_mask(into, m->height, m->width, mask, mask_height, mask_width, box, cost, how) == 0);
    for (int i = 0; i < cells; i++) {
        const double x = i % m->width + 0.5, y = i / m->width + 0.5;
        if (!(x >= box[0] && x < box[2] && y >= box[1] && y < box[3])) CHECK(same_bits(into[i], m->values[i]));
        if (how == FV_SPLAT_MAX) CHECK(!(into[i] < m->values[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    const int target = pick(&r, 0, 3);
    const map m = read_map(&r);
    if (target == 0) check_distance(&r, &m);
    else if (target == 1) check_means(&r, &m);
    else if (target == 2) check_march(&r, &m);
    else check_splat(&r, &m);
    release(&r);
    return 0;
}
