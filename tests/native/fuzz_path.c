/*
 * Paths of any knots on any map: nothing is read or written outside, every gradient is finite, the spline's gradient is its
 * transpose, what is fixed stays, a descent tells the loss of what it returns, and the same is answered again.
 */
#include "../../src/math.h"
#include "fovea/path.h"
#include "fuzz.h"
#include <math.h>

typedef struct {
    int count, dims, samples, spline, depth, height, width, cells, flags;
    size_t where, points; /* numbers of the knots, and of the path */
    const float *knots, *map, *distance;
    double *weights, *settings;
    void *scratch;
} task;

static double *doubles(reader *r, size_t count)
{
    double *d = room(r, count * sizeof *d);
    for (size_t i = 0; i < count; i++) d[i] = real(r);
    return d;
}

static task read_task(reader *r)
{
    task t = {.count = pick(r, 2, 12), .dims = pick(r, 2, 3), .samples = pick(r, 1, 40), .spline = pick(r, 0, FV_SPLINE_NATURAL), .depth = 1};
    t.height = pick(r, 1, 9), t.width = pick(r, 1, 9);
    if (t.dims == 3) t.depth = pick(r, 1, 5);
    t.cells = pick(r, 0, FV_CELL_BICUBIC), t.flags = pick(r, 0, 31);
    t.where = (size_t)t.count * t.dims, t.points = (size_t)t.samples * t.dims;
    t.settings = doubles(r, FV_SETTING_COUNT);
    if (pick(r, 0, 3)) {
        const double usual[] = {[FV_SETTING_SCALE] = 1, [FV_SETTING_SHIFT] = -.5, [FV_SETTING_MARGIN] = 2, [FV_SETTING_RATE] = .1,
                                [FV_SETTING_MOMENTUM] = .9, [FV_SETTING_DECAY] = .999, [FV_SETTING_EPSILON] = 1e-8};
        memcpy(t.settings, usual, sizeof usual);
    }
    const int terms = pick(r, 0, (1 << FV_TERM_COUNT) - 1);
    t.weights = doubles(r, FV_TERM_COUNT);
    for (int i = 0; i < FV_TERM_COUNT; i++)
        if (!(terms >> i & 1)) t.weights[i] = 0;
    t.knots = reals(r, t.where);
    t.map = reals(r, (size_t)t.depth * t.height * t.width);
    t.distance = pick(r, 0, 3) ? reals(r, (size_t)t.depth * t.height * t.width) : NULL;
    t.scratch = room(r, (size_t)fv_path_scratch(t.count, t.dims, t.samples));
    return t;
}

static int all_within(const float *values, size_t count, float low, float high)
{
    for (size_t i = 0; i < count; i++)
        if (!(values[i] >= low && values[i] <= high)) return 0;
    return 1;
}

/* The same numbers; -0 is 0. */
static int same(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i] && !same_bits(a[i], b[i])) return 0;
    return 1;
}

static double dot(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)a[i] * b[i];
    return sum;
}

static void check_spline(reader *r, const task *t)
{
    float *path = room(r, t->points * 4), *back = room(r, t->where * 4);
    const float *gradient = reals(r, t->points);
    CHECK(fv_path_resample(path, t->samples, t->knots, t->count, t->dims, t->spline, t->scratch) == 0);
    CHECK(fv_path_resample_backward(back, gradient, t->samples, t->count, t->dims, t->spline, t->scratch) == 0);
    if (!all_within(t->knots, t->where, -200, 200)) return;
    CHECK(all_within(path, t->points, -500, 500));
    for (int k = 0; k < t->dims; k++) CHECK(fabsf(path[k] - t->knots[k]) < 1e-3f);
    if (!all_within(gradient, t->points, -200, 200)) return;
    const double off = dot(gradient, path, t->points) - dot(back, t->knots, t->where);
    CHECK(fabs(off) < 1);
}

static void check_even(reader *r, const task *t)
{
    const int many = pick(r, 2, 20);
    float *dst = room(r, (size_t)many * t->dims * 4);
    CHECK(fv_path_even(dst, many, t->knots, t->count, t->dims) == 0);
    if (!all_within(t->knots, t->where, -200, 200)) return;
    CHECK(all_within(dst, (size_t)many * t->dims, -200.01f, 200.01f));
    CHECK(same(dst + (many - 1) * t->dims, t->knots + t->where - t->dims, (size_t)t->dims));
}

#define PATH(t) (t)->knots, (t)->count, (t)->dims, (t)->samples, (t)->spline
#define MAP(t) (t)->map, (t)->distance, (t)->depth, (t)->height, (t)->width, (t)->cells, (t)->flags, (t)->weights, (t)->settings

static double sum_of(const double *terms)
{
    double sum = 0;
    for (int i = 0; i < FV_TERM_COUNT; i++) sum += terms[i];
    return sum;
}

static int same_double(double a, double b) { return a == b || (a != a && b != b); }

/* The settings and weights it must refuse; whether it did. */
static int refused(const task *t, int result)
{
    int fault = t->flags & FV_PATH_WRAP && t->dims == 2;
    for (int i = 0; i < FV_SETTING_COUNT; i++) fault |= t->settings[i] - t->settings[i] != 0;
    for (int i = 0; i < FV_TERM_COUNT; i++) fault |= t->weights[i] - t->weights[i] != 0;
    fault |= !(t->settings[FV_SETTING_MARGIN] > 0 && t->settings[FV_SETTING_BOUND] >= 0);
    if (fault) CHECK(result == FV_E_VALUE);
    else if (t->weights[FV_TERM_CLEARANCE] != 0 && !t->distance) CHECK(result == FV_E_NULL);
    else return 0;
    return 1;
}

static void check_cost(reader *r, const task *t)
{
    double *terms = room(r, FV_TERM_COUNT * 8), again[FV_TERM_COUNT];
    float *grad = room(r, t->where * 4), *path = room(r, t->points * 4), *sampled = room(r, (size_t)t->samples * 4);
    const int result = fv_path_cost(terms, grad, path, sampled, PATH(t), MAP(t), t->scratch);
    if (refused(t, result)) return;
    CHECK(result == 0);
    for (size_t i = 0; i < t->where; i++) CHECK(grad[i] == grad[i]);
    for (int k = 0; k < t->dims; k++) {
        if (t->flags & FV_PATH_FIX_START) CHECK(grad[k] == 0);
        if (t->flags & FV_PATH_FIX_GOAL) CHECK(grad[t->where - 1 - k] == 0);
    }
    for (int i = 0; i < FV_TERM_COUNT; i++) CHECK(t->weights[i] != 0 || terms[i] == 0);
    if (t->cells == FV_CELL_BILINEAR && all_within(t->map, (size_t)t->depth * t->height * t->width, -200, 200))
        CHECK(all_within(sampled, (size_t)t->samples, -200.01f, 200.01f));
    CHECK(fv_path_cost(again, NULL, NULL, NULL, PATH(t), MAP(t), t->scratch) == 0);
    for (int i = 0; i < FV_TERM_COUNT; i++) CHECK(same_double(terms[i], again[i]));
}

static void check_descent(reader *r, const task *t)
{
    const int optimizer = pick(r, 0, FV_OPTIMIZER_LBFGS), steps = pick(r, 0, 12);
    double *history = room(r, (size_t)(steps + 1) * 8), *terms = room(r, FV_TERM_COUNT * 8);
    float *result = room(r, t->where * 4), *path = room(r, t->points * 4), *moved = room(r, t->where * 4);
    const int fault = fv_path_optimize(result, history, terms, path, PATH(t), MAP(t), optimizer, steps, t->scratch);
    if (refused(t, fault)) return;
    const double *s = t->settings;
    if (!(s[FV_SETTING_RATE] >= 0 && s[FV_SETTING_MOMENTUM] >= 0 && s[FV_SETTING_MOMENTUM] < 1 && s[FV_SETTING_DECAY] >= 0 && s[FV_SETTING_DECAY] < 1
          && s[FV_SETTING_EPSILON] > 0)) {
        CHECK(fault == FV_E_VALUE);
        return;
    }
    CHECK(fault == 0);
    CHECK(same_double(history[steps], sum_of(terms)));
    for (int i = 0; i < steps && optimizer == FV_OPTIMIZER_LBFGS; i++) CHECK(!(history[i + 1] > history[i]));
    if (t->flags & FV_PATH_FIX_START) CHECK(same(result, t->knots, (size_t)t->dims));
    if (t->flags & FV_PATH_FIX_GOAL) CHECK(same(result + t->where - t->dims, t->knots + t->where - t->dims, (size_t)t->dims));
    task in_place = *t;
    in_place.knots = memcpy(moved, t->knots, t->where * 4);
    CHECK(fv_path_optimize(moved, history, terms, NULL, PATH(&in_place), MAP(t), optimizer, steps, t->scratch) == 0);
    CHECK(same(result, moved, t->where));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    const int target = pick(&r, 0, 3);
    const task t = read_task(&r);
    if (target == 0) check_spline(&r, &t);
    else if (target == 1) check_even(&r, &t);
    else if (target == 2) check_cost(&r, &t);
    else check_descent(&r, &t);
    release(&r);
    return 0;
}
