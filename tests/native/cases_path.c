/* Paths and cost maps. */
#include "cases.h"
#include "fovea/costmap.h"
#include "fovea/path.h"
#include <string.h>

#define BIG INT32_MAX

/* Doubles that were written, as words of which every NaN is the same. */
static void hash_doubles(run *r, const double *src, size_t count)
{
    uint32_t *words = output(r, 2 * count, WORDS);
    for (size_t i = 0; i < count; i++) {
        const double v = src[i] == src[i] ? src[i] : 0;
        memcpy(words + 2 * i, &v, sizeof v);
    }
}

static double *doubles(run *r, size_t count, float low, float high)
{
    double *d = input(r, count * sizeof *d);
    for (size_t i = 0; i < count; i++) d[i] = r->number % 3 == 2 && one_in(r, 40) ? (double)special(r) * 1e10 : uniform(r, low, high);
    return d;
}

typedef struct {
    int depth, height, width;
    size_t cells;
} size3;

static size3 some_size(run *r, int axes, int most)
{
    size3 s = {axes == 3 ? pick(r, 1, most) : 1, pick(r, 1, most), pick(r, 1, most), 0};
    s.cells = (size_t)s.depth * s.height * s.width;
    return s;
}

typedef struct {
    int count, dims, samples, spline, cells, flags;
    size3 size;
    float *knots, *map, *distance;
    double *weights, *settings;
    void *work;
} task;

static task some_path(run *r)
{
    task t = {.count = pick(r, 2, 12), .dims = pick(r, 2, 3), .samples = pick(r, 1, 40), .spline = pick(r, FV_SPLINE_LINEAR, FV_SPLINE_NATURAL)};
    t.size = some_size(r, t.dims, 9);
    t.cells = pick(r, FV_CELL_BILINEAR, FV_CELL_BICUBIC);
    t.flags = pick(r, 0, t.dims == 3 ? 31 : 15);
    t.knots = floats(r, (size_t)t.count * t.dims, -3, 12);
    t.map = floats(r, t.size.cells, 0, 3);
    if (!one_in(r, 4)) t.distance = floats(r, t.size.cells, -2, 4);
    t.weights = doubles(r, FV_TERM_COUNT, 0, 1);
    for (int i = 0; i < FV_TERM_COUNT; i++)
        if (one_in(r, 3)) t.weights[i] = 0;
    t.settings = doubles(r, FV_SETTING_COUNT, 0.01f, 0.9f);
    if (one_in(r, 2)) t.settings[FV_SETTING_SCALE] = 1, t.settings[FV_SETTING_SHIFT] = -0.5;
    t.work = scratch(r, fv_path_scratch(t.count, t.dims, t.samples));
    return t;
}

static void cost(run *r)
{
    const task t = some_path(r);
    double *terms = scratch(r, FV_TERM_COUNT * sizeof *terms);
    float *grad = one_in(r, 8) ? NULL : output(r, (size_t)t.count * t.dims, FLOATS), *path = one_in(r, 8) ? NULL : output(r, (size_t)t.samples * t.dims, FLOATS);
    float *sampled = one_in(r, 8) ? NULL : output(r, (size_t)t.samples, FLOATS);
    const int result = fv_path_cost(terms, grad, path, sampled, t.knots, t.count, t.dims, t.samples, t.spline, t.map, t.distance,
                                    t.size.depth, t.size.height, t.size.width, t.cells, t.flags, t.weights, t.settings, t.work);
    for (int i = 0; grad && result == 0 && i < t.count * t.dims; i++) expect(r, grad[i] == grad[i], "a gradient is NaN");
    if (result == 0) hash_doubles(r, terms, FV_TERM_COUNT);
    finish(r, result);
}

static void optimize(run *r)
{
    const task t = some_path(r);
    const int steps = pick(r, 0, 12);
    double *terms = scratch(r, FV_TERM_COUNT * sizeof *terms), *history = scratch(r, (steps + 1) * (int)sizeof *history);
    float *result = output(r, (size_t)t.count * t.dims, FLOATS), *path = output(r, (size_t)t.samples * t.dims, FLOATS);
    const int code = fv_path_optimize(result, history, terms, path, t.knots, t.count, t.dims, t.samples, t.spline, t.map, t.distance,
                                      t.size.depth, t.size.height, t.size.width, t.cells, t.flags, t.weights, t.settings,
                                      pick(r, FV_OPTIMIZER_SGD, FV_OPTIMIZER_LBFGS), steps, t.work);
    if (code == 0) hash_doubles(r, history, (size_t)steps + 1);
    finish(r, code);
}

static void resample(run *r)
{
    const int count = pick(r, 2, 12), dims = pick(r, 2, 3), samples = pick(r, 1, 40), spline = pick(r, FV_SPLINE_LINEAR, FV_SPLINE_NATURAL);
    void *work = scratch(r, fv_path_scratch(count, dims, samples));
    if (one_in(r, 2)) {
        float *path = output(r, (size_t)samples * dims, FLOATS);
        finish(r, fv_path_resample(path, samples, floats(r, (size_t)count * dims, -9, 9), count, dims, spline, work));
    } else {
        float *grad = output(r, (size_t)count * dims, FLOATS);
        finish(r, fv_path_resample_backward(grad, floats(r, (size_t)samples * dims, -9, 9), samples, count, dims, spline, work));
    }
}

static void even(run *r)
{
    const int count = pick(r, 2, 20), n = pick(r, 1, 20), dims = pick(r, 2, 3);
    float *dst = output(r, (size_t)count * dims, FLOATS);
    finish(r, fv_path_even(dst, count, floats(r, (size_t)n * dims, -9, 9), n, dims));
}

static float *some_map(run *r, size3 s)
{
    float *map = floats(r, s.cells, 0, 1);
    if (one_in(r, 2))
        for (size_t i = 0; i < s.cells; i++) map[i] = one_in(r, 4) ? 9 : 0;
    return map;
}

static void distance(run *r)
{
    const size3 s = some_size(r, pick(r, 2, 3), 14);
    float *dst = output(r, s.cells, FLOATS);
    const float *src = some_map(r, s);
    void *work = scratch(r, fv_costmap_scratch(s.depth, s.height, s.width));
    finish(r, fv_costmap_distance(dst, src, s.depth, s.height, s.width, one_in(r, 20) ? special(r) : 0.5f, pick(r, 0, 1), work));
}

static void smooth(run *r)
{
    const size3 s = some_size(r, pick(r, 2, 3), 14);
    float *dst = output(r, s.cells, FLOATS);
    const float *src = some_map(r, s);
    switch (pick(r, 0, 2)) {
    case 0: {
        const float sigma = one_in(r, 20) ? special(r) : uniform(r, 0.01f, one_in(r, 40) ? 1000.f : 5.f);
        void *work = scratch(r, fv_costmap_scratch(s.depth, s.height, s.width));
        finish(r, fv_costmap_blur(dst, src, s.depth, s.height, s.width, sigma, work));
        break;
    }
    case 1: finish(r, fv_costmap_inflate(dst, src, floats(r, s.cells, 0, 9), (int)s.cells, value(r, 0, 3), value(r, 0, 1), value(r, 0, 9))); break;
    default: {
        float *half = output(r, (size_t)((s.depth + 1) / 2) * ((s.height + 1) / 2) * ((s.width + 1) / 2), FLOATS);
        memset(dst, 0, s.cells * sizeof *dst);
        finish(r, fv_costmap_halve(half, src, s.depth, s.height, s.width));
    }
    }
}

static void splat(run *r)
{
    const size3 s = some_size(r, 2, 14), m = some_size(r, 2, 9);
    const int n = pick(r, 0, 6), how = pick(r, FV_SPLAT_MAX, FV_SPLAT_ADD);
    float *map = output(r, s.cells, FLOATS);
    memset(map, 0, s.cells * sizeof *map);
    if (one_in(r, 2)) finish(r, fv_costmap_boxes(map, s.height, s.width, floats(r, (size_t)n * 4, -4, 18), floats(r, (size_t)n, -1, 3), n, how));
    else finish(r, fv_costmap_mask(map, s.height, s.width, floats(r, m.cells, 0, 1), m.height, m.width, floats(r, 4, -4, 18), value(r, 0, 3), how));
}

static void march(run *r)
{
    const int dims = pick(r, 2, 3), n = pick(r, 1, 3), capacity = one_in(r, 20) ? pick(r, 2, 4) : 400;
    const size3 s = some_size(r, dims, 14);
    const float *cost_map = some_map(r, s), *sources = floats(r, (size_t)n * dims, -2, 15), *from = floats(r, (size_t)dims, -2, 15);
    float *arrival = output(r, s.cells, FLOATS), *path = scratch(r, capacity * dims * 4);
    const int result = fv_costmap_march(arrival, cost_map, s.depth, s.height, s.width, one_in(r, 20) ? special(r) : uniform(r, 0.01f, 2),
                                        one_in(r, 2) ? 5 : special(r), sources, n, dims, scratch(r, fv_costmap_scratch(s.depth, s.height, s.width)));
    if (result == 0) {
        const int count = fv_costmap_trace(path, capacity, arrival, s.depth, s.height, s.width, from, sources, dims);
        if (count > 0) memcpy(output(r, (size_t)count * dims, FLOATS), path, (size_t)count * dims * 4);
        expect(r, count >= 0 || count == FV_E_CAPACITY, "no way down");
    }
    finish(r, result);
}

#define REFUSE(code, ...) \
    do { \
        const int refused = (__VA_ARGS__); \
        expect(r, refused == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, refused); \
    } while (0)

static void path_errors(run *r)
{
    float *dst = output(r, 64, FLOATS);
    const float *src = floats(r, 64, 0, 3);
    double *terms = (double *)output(r, 2 * 64, WORDS), *weights = doubles(r, FV_TERM_COUNT, 0, 1), *settings = doubles(r, FV_SETTING_COUNT, 0.1f, 0.9f);
    void *work = scratch(r, fv_path_scratch(4, 2, 4));
    terms = (double *)(((uintptr_t)terms + 7) & ~(uintptr_t)7);
#define COST(count, dims, samples, spline, map, far, h, w, cells, flags) \
    fv_path_cost(terms, dst, 0, 0, src, count, dims, samples, spline, map, far, 1, h, w, cells, flags, weights, settings, work)
    REFUSE(FV_E_NULL, fv_path_cost(0, dst, 0, 0, src, 4, 2, 4, 0, src, src, 1, 4, 4, 0, 0, weights, settings, work));
    REFUSE(FV_E_NULL, fv_path_cost(terms, dst, 0, 0, 0, 4, 2, 4, 0, src, src, 1, 4, 4, 0, 0, weights, settings, work));
    REFUSE(FV_E_NULL, fv_path_cost(terms, dst, 0, 0, src, 4, 2, 4, 0, src, src, 1, 4, 4, 0, 0, 0, settings, work));
    REFUSE(FV_E_NULL, fv_path_cost(terms, dst, 0, 0, src, 4, 2, 4, 0, src, src, 1, 4, 4, 0, 0, weights, 0, work));
    REFUSE(FV_E_NULL, fv_path_cost(terms, dst, 0, 0, src, 4, 2, 4, 0, src, src, 1, 4, 4, 0, 0, weights, settings, 0));
    REFUSE(FV_E_NULL, COST(4, 2, 4, 0, 0, src, 4, 4, 0, 0));
    REFUSE(FV_E_NULL, COST(4, 2, 4, 0, src, 0, 4, 4, 0, 0));
    REFUSE(FV_E_SHAPE, COST(1, 2, 4, 0, src, src, 4, 4, 0, 0));
    REFUSE(FV_E_SHAPE, COST(4, 2, 0, 0, src, src, 4, 4, 0, 0));
    REFUSE(FV_E_SHAPE, COST(BIG, 2, 4, 0, src, src, 4, 4, 0, 0));
    REFUSE(FV_E_SHAPE, COST(4, 2, BIG, 0, src, src, 4, 4, 0, 0));
    REFUSE(FV_E_SHAPE, COST(4, 2, 4, 0, src, src, 0, 4, 0, 0));
    REFUSE(FV_E_SHAPE, COST(4, 2, 4, 0, src, src, 65536, 65536, 0, 0));
    REFUSE(FV_E_VALUE, COST(4, 4, 4, 0, src, src, 4, 4, 0, 0));
    REFUSE(FV_E_VALUE, COST(4, 2, 4, FV_SPLINE_NATURAL + 1, src, src, 4, 4, 0, 0));
    REFUSE(FV_E_VALUE, COST(4, 2, 4, 0, src, src, 4, 4, FV_CELL_BICUBIC + 1, 0));
    REFUSE(FV_E_VALUE, COST(4, 2, 4, 0, src, src, 4, 4, 0, 32));
    REFUSE(FV_E_VALUE, COST(4, 2, 4, 0, src, src, 4, 4, 0, FV_PATH_WRAP));
    weights[2] = 1e300 * 1e300;
    REFUSE(FV_E_VALUE, COST(4, 2, 4, 0, src, src, 4, 4, 0, 0));
    weights[2] = 0, settings[FV_SETTING_MARGIN] = 0;
    REFUSE(FV_E_VALUE, COST(4, 2, 4, 0, src, src, 4, 4, 0, 0));
    settings[FV_SETTING_MARGIN] = 1;
#define OPTIMIZE(optimizer, steps) \
    fv_path_optimize(dst, terms, terms, 0, src, 4, 2, 4, 0, src, src, 1, 4, 4, 0, 0, weights, settings, optimizer, steps, work)
    REFUSE(FV_E_VALUE, OPTIMIZE(FV_OPTIMIZER_LBFGS + 1, 2));
    REFUSE(FV_E_SHAPE, OPTIMIZE(0, -1));
    REFUSE(FV_E_SHAPE, OPTIMIZE(0, BIG));
    static const int rates[] = {FV_SETTING_RATE, FV_SETTING_MOMENTUM, FV_SETTING_DECAY, FV_SETTING_EPSILON};
    for (int i = 0; i < 4; i++) {
        settings[rates[i]] = -1;
        REFUSE(FV_E_VALUE, OPTIMIZE(1, 2));
        settings[rates[i]] = 0.5;
    }
    REFUSE(FV_E_NULL, fv_path_resample(0, 4, src, 4, 2, 0, work));
    REFUSE(FV_E_VALUE, fv_path_resample(dst, 4, src, 4, 2, -1, work));
    REFUSE(FV_E_SHAPE, fv_path_resample_backward(dst, src, 4, 1, 2, 0, work));
    REFUSE(FV_E_NULL, fv_path_even(dst, 4, 0, 4, 2));
    REFUSE(FV_E_SHAPE, fv_path_even(dst, 1, src, 4, 2));
    REFUSE(FV_E_VALUE, fv_path_even(dst, 4, src, 4, 1));
}

static void map_errors(run *r)
{
    float *dst = output(r, 64, FLOATS);
    const float *src = floats(r, 64, 0, 3);
    void *work = scratch(r, fv_costmap_scratch(1, 4, 4));
    REFUSE(FV_E_SHAPE, fv_costmap_scratch(1, 0, 4));
    REFUSE(FV_E_SHAPE, fv_costmap_scratch(1, 50000, 1));
    REFUSE(FV_E_SHAPE, fv_costmap_scratch(2000, 2000, 2000));
    REFUSE(FV_E_NULL, fv_costmap_distance(dst, 0, 1, 4, 4, 0, 0, work));
    REFUSE(FV_E_VALUE, fv_costmap_distance(dst, src, 1, 4, 4, 0, 2, work));
    REFUSE(FV_E_SHAPE, fv_costmap_distance(dst, src, -1, 4, 4, 0, 0, work));
    REFUSE(FV_E_SHAPE, fv_costmap_inflate(dst, src, src, -1, 0, 0, 0));
    REFUSE(FV_E_VALUE, fv_costmap_inflate(dst, src, src, 4, 0, -1, 0));
    REFUSE(FV_E_VALUE, fv_costmap_blur(dst, src, 1, 4, 4, 0, work));
    REFUSE(FV_E_VALUE, fv_costmap_blur(dst, src, 1, 4, 4, 1001, work));
    REFUSE(FV_E_SHAPE, fv_costmap_halve(dst, src, 1, BIG, BIG));
    REFUSE(FV_E_NULL, fv_costmap_boxes(dst, 4, 4, 0, src, 1, 0));
    REFUSE(FV_E_VALUE, fv_costmap_boxes(dst, 4, 4, src, src, 1, 2));
    REFUSE(FV_E_SHAPE, fv_costmap_boxes(dst, 4, 4, src, src, -1, 0));
    REFUSE(FV_E_SHAPE, fv_costmap_mask(dst, 4, 4, src, 0, 4, src, 1, 0));
    REFUSE(FV_E_VALUE, fv_costmap_march(dst, src, 1, 4, 4, 0, 1, src, 1, 2, work));
    REFUSE(FV_E_VALUE, fv_costmap_march(dst, src, 2, 4, 4, 1, 1, src, 1, 2, work));
    REFUSE(FV_E_SHAPE, fv_costmap_march(dst, src, 1, 4, 4, 1, 1, src, 0, 2, work));
    REFUSE(FV_E_SHAPE, fv_costmap_trace(dst, 1, src, 1, 4, 4, src, src, 2));
    REFUSE(FV_E_NULL, fv_costmap_trace(dst, 4, src, 1, 4, 4, src, 0, 2));
}

const group path_groups[] = {
    {"path.cost", cost, 6000}, {"path.optimize", optimize, 3000}, {"path.resample", resample, 2000}, {"path.even", even, 2000},
    {"costmap.distance", distance, 3000}, {"costmap.smooth", smooth, 3000}, {"costmap.splat", splat, 3000}, {"costmap.march", march, 4000},
    {"error.path", path_errors, 1}, {"error.costmap", map_errors, 1}, {0},
};
