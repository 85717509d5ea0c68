#include "path.h"

enum { POINTS = 4, NUMBERS = 4, DOUBLES_A_SAMPLE = 3 * POINTS + NUMBERS };

/* The buffers of a path, its knots and their gradient, and the optimiser's memory. */
typedef struct {
    fv_path path;
    double *knots, *work;
} room;

static int64_t bytes(int count, int dims, int samples)
{
    const int64_t doubles = (int64_t)DOUBLES_A_SAMPLE * samples + (int64_t)count * (2 * dims + 1) + fv_path_optimizer_doubles(count, dims);
    return samples * (int64_t)sizeof(fv_spline_row) + doubles * (int64_t)sizeof(double);
}

static int shape(int count, int dims, int samples)
{
    if (dims != 2 && dims != 3) return FV_E_VALUE;
    return count < 2 || samples < 1 || fv_too_big(bytes(count, dims, samples)) ? FV_E_SHAPE : 0;
}

int fv_path_scratch(int count, int dims, int samples)
{
    const int fault = shape(count, dims, samples);
    return fault ? fault : (int)bytes(count, dims, samples);
}

static room furnish(void *scratch, int count, int dims, int samples, int spline)
{
    room r = {.path = {.count = count, .dims = dims, .samples = samples, .spline = spline, .rows = scratch}};
    double *next = (double *)(r.path.rows + samples);
    double **const points[POINTS] = {&r.path.path, &r.path.pull, &r.path.slopes, &r.path.along};
    double **const numbers[NUMBERS] = {&r.path.values, &r.path.far, &r.path.length, &r.path.stretch};
    for (int i = 0; i < POINTS; i++) *points[i] = next, next += (int64_t)samples * 3;
    for (int i = 0; i < NUMBERS; i++) *numbers[i] = next, next += samples;
    r.path.pivot = next, next += count;
    r.path.controls = next, next += (int64_t)count * dims;
    r.knots = next, next += (int64_t)count * dims;
    r.work = next;
    fv_spline_prepare(&r.path);
    return r;
}

static void widen(double *dst, const float *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++) dst[i] = src[i];
}

static void narrow(float *dst, const double *src, int64_t n)
{
    for (int64_t i = 0; dst && i < n; i++) dst[i] = (float)src[i];
}

int fv_path_resample(float *path, int samples, const float *knots, int count, int dims, int spline, void *scratch)
{
    if (!path || !knots || !scratch) return FV_E_NULL;
    const int fault = shape(count, dims, samples);
    if (fault) return fault;
    if (spline < FV_SPLINE_LINEAR || spline > FV_SPLINE_NATURAL) return FV_E_VALUE;
    room r = furnish(scratch, count, dims, samples, spline);
    widen(r.knots, knots, (int64_t)count * dims);
    fv_spline_apply(&r.path, r.knots);
    narrow(path, r.path.path, (int64_t)samples * dims);
    return 0;
}

int fv_path_resample_backward(float *grad_knots, const float *grad_path, int samples, int count, int dims, int spline, void *scratch)
{
    if (!grad_knots || !grad_path || !scratch) return FV_E_NULL;
    const int fault = shape(count, dims, samples);
    if (fault) return fault;
    if (spline < FV_SPLINE_LINEAR || spline > FV_SPLINE_NATURAL) return FV_E_VALUE;
    room r = furnish(scratch, count, dims, samples, spline);
    widen(r.path.pull, grad_path, (int64_t)samples * dims);
    memset(r.knots, 0, (size_t)count * dims * sizeof *r.knots);
    fv_spline_transpose(&r.path, r.knots);
    narrow(grad_knots, r.knots, (int64_t)count * dims);
    return 0;
}

int fv_path_even(float *dst, int count, const float *src, int n, int dims)
{
    if (!dst || !src) return FV_E_NULL;
    if (dims != 2 && dims != 3) return FV_E_VALUE;
    if (count < 2 || n < 1 || fv_too_big((int64_t)count * dims * 4) || fv_too_big((int64_t)n * dims * 4)) return FV_E_SHAPE;
    double total = 0, passed = 0, length = 0;
    int at = 0; /* the segment from point at - 1 to at */
    for (int pass = 0; pass < 2; pass++) {
        int made = 0;
        for (int i = pass ? at : 1; i < n; i++) {
            double square = 0;
            for (int k = 0; k < dims; k++) {
                const double d = (double)src[i * dims + k] - src[(i - 1) * dims + k];
                square += d * d;
            }
            length = fv_sqrt(square);
            if (!pass) total += length;
            for (; pass && made < count - 1 && total * made / (count - 1) < passed + length; made++)
                for (int k = 0; k < dims; k++) {
                    const double from = src[(i - 1) * dims + k], way = (total * made / (count - 1) - passed) / length;
                    dst[made * dims + k] = (float)(from + way * (src[i * dims + k] - from));
                }
            if (pass) passed += length;
        }
        at = 1;
        for (; pass && made < count; made++)
            for (int k = 0; k < dims; k++) dst[made * dims + k] = src[(n - 1) * dims + k];
    }
    return 0;
}

static int check(const float *map, const float *distance, int dims, const int *size, int spline, int cells, int flags,
                 const double *weights, const double *settings)
{
    int64_t area = 4;
    for (int k = 0; k < 3; k++)
        if (size[k] < 1 || fv_too_big(area *= size[k])) return FV_E_SHAPE;
    if (spline < FV_SPLINE_LINEAR || spline > FV_SPLINE_NATURAL || cells < FV_CELL_BILINEAR || cells > FV_CELL_BICUBIC) return FV_E_VALUE;
    if (flags < 0 || flags > 31 || (flags & FV_PATH_WRAP && dims == 2)) return FV_E_VALUE;
    for (int i = 0; i < FV_TERM_COUNT; i++)
        if (!fv_finite(weights[i])) return FV_E_VALUE;
    for (int i = 0; i < FV_SETTING_COUNT; i++)
        if (!fv_finite(settings[i])) return FV_E_VALUE;
    if (!(settings[FV_SETTING_MARGIN] > 0 && settings[FV_SETTING_BOUND] >= 0)) return FV_E_VALUE;
    return !map || (weights[FV_TERM_CLEARANCE] != 0 && !distance) ? FV_E_NULL : 0;
}

static room load(const float *knots, int count, int dims, int samples, int spline, const float *map, const float *distance, const int *size,
                 int cells, int flags, const double *weights, const double *settings, void *scratch)
{
    room r = furnish(scratch, count, dims, samples, spline);
    fv_path *p = &r.path;
    p->cells = cells, p->flags = flags;
    p->map = map, p->distance = distance;
    p->weights = weights, p->settings = settings;
    memcpy(p->size, size, sizeof p->size);
    widen(r.knots, knots, (int64_t)count * dims);
    return r;
}

int fv_path_cost(double *terms, float *grad, float *path, float *sampled, const float *knots, int count, int dims, int samples, int spline,
                 const float *map, const float *distance, int depth, int height, int width, int cells, int flags,
                 const double *weights, const double *settings, void *scratch)
{
    if (!terms || !knots || !weights || !settings || !scratch) return FV_E_NULL;
    const int size[3] = {width, height, dims == 3 ? depth : 1};
    int fault = shape(count, dims, samples);
    if (!fault) fault = check(map, distance, dims, size, spline, cells, flags, weights, settings);
    if (fault) return fault;
    room r = load(knots, count, dims, samples, spline, map, distance, size, cells, flags, weights, settings, scratch);
    fv_path_loss(&r.path, r.work, r.knots);
    memcpy(terms, r.path.terms, sizeof r.path.terms);
    narrow(grad, r.work, (int64_t)count * dims);
    narrow(path, r.path.path, (int64_t)samples * dims);
    narrow(sampled, r.path.values, samples);
    return 0;
}

int fv_path_optimize(float *result, double *history, double *terms, float *path, const float *knots, int count, int dims, int samples, int spline,
                     const float *map, const float *distance, int depth, int height, int width, int cells, int flags,
                     const double *weights, const double *settings, int optimizer, int steps, void *scratch)
{
    if (!result || !history || !terms || !knots || !weights || !settings || !scratch) return FV_E_NULL;
    const int size[3] = {width, height, dims == 3 ? depth : 1};
    int fault = shape(count, dims, samples);
    if (!fault) fault = check(map, distance, dims, size, spline, cells, flags, weights, settings);
    if (fault) return fault;
    if (steps < 0 || fv_too_big(8 * ((int64_t)steps + 1))) return FV_E_SHAPE;
    if (optimizer < FV_OPTIMIZER_SGD || optimizer > FV_OPTIMIZER_LBFGS || !(settings[FV_SETTING_RATE] >= 0)) return FV_E_VALUE;
    const double momentum = settings[FV_SETTING_MOMENTUM], decay = settings[FV_SETTING_DECAY];
    if (!(momentum >= 0 && momentum < 1 && decay >= 0 && decay < 1 && settings[FV_SETTING_EPSILON] > 0)) return FV_E_VALUE;
    room r = load(knots, count, dims, samples, spline, map, distance, size, cells, flags, weights, settings, scratch);
    fv_path_descend(&r.path, history, r.knots, optimizer, steps, r.work);
    memcpy(terms, r.path.terms, sizeof r.path.terms);
    narrow(result, r.knots, (int64_t)count * dims);
    narrow(path, r.path.path, (int64_t)samples * dims);
    return 0;
}
