#include "fovea/align.h"
#include "grid_row.h"
#include "math.h"
#include "sample_taps.h"

#define ROWS 3   /* theta has at most so many rows, */
#define BASES 4  /* and columns */
#define CHUNK 64

/*
 * What a point keeps until its loss is known: its weight and, for each channel, its value, each
 * with its derivatives by the rows of theta * (base coordinates). With rows u = theta b, an
 * affine point is q = u, and a projective one q = u_xy / u_w, so that the derivative by theta is
 * (the derivative by u) x b in both.
 */
#define KEPT (1 + ROWS)
static int point_floats(int channels) { return KEPT * (1 + channels); }

int fv_align_scratch(int channels, int dims, int out_depth, int out_height, int out_width)
{
    if (channels < 1 || channels > 1 << 20 || (dims != 2 && dims != 3)) return FV_E_SHAPE;
    if (out_depth < 1 || out_height < 1 || out_width < 1) return FV_E_SHAPE;
    int64_t bytes = 4 * point_floats(channels);
    const int sizes[3] = {out_width, out_height, dims == 3 ? out_depth : 1};
    for (int i = 0; i < 3; i++)
        if (fv_too_big(bytes *= sizes[i])) return FV_E_SHAPE;
    return (int)bytes;
}

typedef struct {
    fv_sampler sampler;
    fv_grid_shape shape;
    const float *moving, *fixed, *theta;
    int channels, projective, rows;
    int64_t plane, points;
} alignment;

/* A value and its derivatives by u, from those by q. */
static inline void keep(float *out, float value, const float *slope, const float *q, float w, const int dims, const int projective)
{
    out[0] = value;
    if (projective) {
        out[1] = slope[0] / w;
        out[2] = slope[1] / w;
        out[3] = -(slope[0] * q[0] + slope[1] * q[1]) / w;
    } else {
        for (int k = 0; k < dims; k++) out[1 + k] = slope[k];
    }
}

/*
 * A point's weight: 0 from the outermost pixels' centres on, beyond which the picture is not
 * known, and 1 from a pixel further in, so that the loss is continuous in theta.
 */
static inline float weigh(const alignment *a, float *slope, const float *q, const int dims)
{
    float weight = 1;
    for (int k = 0; k < dims; k++) slope[k] = 0;
    for (int k = 0; k < dims; k++) {
        const int size = a->sampler.size[k];
        const float edge = (float)(size - 1) / size, room = (edge - (q[k] < 0 ? -q[k] : q[k])) * size / 2;
        if (size == 1 ? q[k] >= -1 && q[k] <= 1 : room >= 1) continue;
        if (!(room > 0)) return 0;
        for (int j = 0; j < k; j++) slope[j] *= room;
        slope[k] = weight * (q[k] < 0 ? size : -size) / 2;
        weight *= room;
    }
    return weight;
}

/* The values of four points, and their derivatives by the coordinates. */
static inline void sample_four(float *value, float (*slopes)[4], const fv_taps4 *taps, const float *moving, const int dims)
{
    f32x4 sum = SPLAT(0.f), slope[3] = {sum, sum, sum};
    for (int t = 0; t < 1 << dims; t++) {
        const int32_t *pixel = taps->pixel[t];
        const f32x4 v = wasm_f32x4_make(moving[pixel[0]], moving[pixel[1]], moving[pixel[2]], moving[pixel[3]]);
        sum = ADD(sum, MUL(v, taps->weight[t]));
        for (int k = 0; k < dims; k++) slope[k] = ADD(slope[k], MUL(v, taps->slope[t][k]));
    }
    STORE(value, sum);
    for (int k = 0; k < 3; k++) STORE(slopes[k], slope[k]);
}

/* Weights, values and derivatives of the points of one row, from `x` on. Inlined, with dims and projective known. */
static inline void sample_row(const alignment *a, float *kept, int z, int y, int x, int count, int64_t at, const int dims, const int projective)
{
    const int stride = point_floats(a->channels);
    float grid[CHUNK * 3], w[CHUNK];
    if (projective) {
        for (int i = 0; i < count; i++) {
            double u[3];
            for (int k = 0; k < 3; k++)
                u[k] = a->theta[3 * k] * ((2.0 * (x + i) + 1) / a->shape.width - 1) + a->theta[3 * k + 1] * ((2.0 * y + 1) / a->shape.height - 1)
                       + a->theta[3 * k + 2];
            w[i] = (float)u[2];
            grid[2 * i] = u[2] > 0 ? (float)(u[0] / u[2]) : FV_NAN;
            grid[2 * i + 1] = u[2] > 0 ? (float)(u[1] / u[2]) : FV_NAN;
        }
    } else {
        fv_grid_row(grid, a->theta, &a->shape, z, y, x, count);
    }
    for (int i = 0; i < count; i += 4) {
        fv_taps4 taps;
        const int few = fv_min(count - i, 4);
        f32x4 x4[3];
        fv_load_points(x4, grid + i * dims, dims, few);
        fv_sample_taps(&taps, &a->sampler, x4, 1);
        for (int p = 0; p < few; p++) {
            float slope[3];
            const float *q = grid + (i + p) * dims;
            keep(kept + (int64_t)(i + p) * stride, weigh(a, slope, q, dims), slope, q, w[i + p], dims, projective);
        }
        for (int c = 0; c < a->channels; c++) {
            const float *moving = a->moving + c * a->plane, *fixed = a->fixed + c * a->points + at + i;
            float value[4], slopes[3][4];
            sample_four(value, slopes, &taps, moving, dims);
            for (int p = 0; p < few; p++) {
                float *point = kept + (int64_t)(i + p) * stride;
                const float slope[3] = {slopes[0][p], slopes[1][p], slopes[2][p]};
                const float residual = value[p] - fixed[p];
                if (residual - residual != 0) point[0] = 0;
                keep(point + KEPT * (1 + c), value[p], slope, grid + (i + p) * dims, w[i + p], dims, projective);
            }
        }
    }
}

typedef struct {
    double mean, fixed_mean, deviation, fixed_deviation, correlation;
} statistics;

/* Weighted zero-mean statistics of one channel; `total` is the sum of the weights. */
static statistics correlate(const float *kept, int stride, int channel_at, const float *fixed, int64_t points, double total)
{
    statistics s = {0, 0, 0, 0, 0};
    for (int64_t i = 0; i < points; i++) {
        const float *point = kept + i * stride;
        if (point[0] == 0) continue;
        s.mean += (double)point[0] * point[channel_at];
        s.fixed_mean += (double)point[0] * fixed[i];
    }
    s.mean /= total;
    s.fixed_mean /= total;
    for (int64_t i = 0; i < points; i++) {
        const float *point = kept + i * stride;
        if (point[0] == 0) continue;
        const double v = point[channel_at] - s.mean, f = fixed[i] - s.fixed_mean;
        s.deviation += point[0] * v * v;
        s.fixed_deviation += point[0] * f * f;
        s.correlation += point[0] * v * f;
    }
    s.deviation = __builtin_sqrt(s.deviation);
    s.fixed_deviation = __builtin_sqrt(s.fixed_deviation);
    const double product = s.deviation * s.fixed_deviation;
    s.correlation = product > 0 ? s.correlation / product : 0;
    return s;
}

/* Sums along a row of the grid: everything but x is constant there. */
typedef struct {
    double slope[ROWS][2], curvature[ROWS][ROWS][3]; /* times 1, x and x^2; of the curvature the upper half */
} moments;

/* Add a point: the loss's derivatives by its value and by its weight, and its curvature by its value. */
static inline void add_point(moments *m, const float *weights, const float *slopes, double by_value, double by_weight, double curvature, double b,
                             const int rows)
{
    for (int k = 0; k < rows; k++) {
        const double slope = by_value * slopes[k] + by_weight * weights[k];
        m->slope[k][0] += slope;
        m->slope[k][1] += slope * b;
        for (int l = k; l < rows; l++) {
            const double h = curvature * slopes[k] * slopes[l];
            m->curvature[k][l][0] += h;
            m->curvature[k][l][1] += h * b;
            m->curvature[k][l][2] += h * b * b;
        }
    }
}

static void expand(double *gradient, double *hessian, const moments *m, const double *base, int rows, int columns)
{
    const int size = rows * columns;
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < columns; j++) {
            const int at = r * columns + j;
            gradient[at] += j == 0 ? m->slope[r][1] : m->slope[r][0] * base[j];
            for (int s = 0; hessian && s < rows; s++)
                for (int k = 0; k < columns; k++) {
                    const int power = (j == 0) + (k == 0);
                    hessian[at * size + s * columns + k] += m->curvature[fv_min(r, s)][fv_max(r, s)][power] * (j ? base[j] : 1) * (k ? base[k] : 1);
                }
        }
}

typedef struct {
    int kind;
    double delta;
    statistics s;
    double weight; /* of all points */
} objective;

/* A point's loss, and what add_point wants to know. */
static double judge(const objective *o, double value, double wanted, double weight, double *by_value, double *by_weight, double *curvature)
{
    const double r = value - wanted, size = r < 0 ? -r : r;
    double loss = r * r / 2, slope = r, bend = 1;
    if (o->kind == FV_LOSS_NCC) {
        const statistics *s = &o->s;
        const double product = s->deviation * s->fixed_deviation;
        if (!(product > 0)) return *by_value = *by_weight = *curvature = 0;
        const double v = (value - s->mean) / s->deviation, f = (wanted - s->fixed_mean) / s->fixed_deviation;
        *by_value = o->weight * weight * (s->correlation * v - f) / s->deviation;
        *by_weight = o->weight * (s->correlation * (v * v + f * f) / 2 - v * f);
        *curvature = o->weight * weight / (s->deviation * s->deviation);
        return 0;
    }
    if (o->kind == FV_LOSS_HUBER && size > o->delta) {
        loss = o->delta * (size - o->delta / 2);
        slope = r < 0 ? -o->delta : o->delta;
        bend = o->delta / size;
    }
    *by_value = weight * slope;
    *by_weight = loss;
    *curvature = weight * bend;
    return weight * loss;
}

static inline double accumulate_rows(double *gradient, double *hessian, const alignment *a, const float *kept, int channel_at, const float *target,
                                     const objective *o, const int rows)
{
    const int stride = point_floats(a->channels), columns = a->shape.dims + 1;
    const fv_grid_shape *shape = &a->shape;
    double total = 0;
    for (int z = 0; z < shape->depth; z++)
        for (int y = 0; y < shape->height; y++) {
            moments m = {{{0}}, {{{0}}}};
            for (int x = 0; x < shape->width; x++, kept += stride) {
                if (kept[0] == 0) continue;
                const double b = (2.0 * x + 1) / shape->width - 1;
                const float *channel = kept + channel_at;
                double by_value = 0, by_weight = 1, curvature = 0;
                total += target ? judge(o, channel[0], target[x], kept[0], &by_value, &by_weight, &curvature) : kept[0];
                if (target || kept[0] < 1) add_point(&m, kept + 1, channel + 1, by_value, by_weight, curvature, b, rows);
            }
            if (target) target += shape->width;
            const double base_y = shape->height == 1 ? 0 : (2.0 * y + 1) / shape->height - 1;
            const double base_z = shape->depth == 1 ? 0 : (2.0 * z + 1) / shape->depth - 1;
            const double base[BASES] = {0, base_y, shape->dims == 3 ? base_z : 1, 1};
            expand(gradient, hessian, &m, base, rows, columns);
        }
    return total;
}

/*
 * Sum over one channel (or, where target is null, over the weights alone) the loss, its gradient
 * and its Hessian by theta.
 */
static double accumulate(double *gradient, double *hessian, const alignment *a, const float *kept, int channel_at, const float *target,
                         const objective *o)
{
    if (a->rows == 2) return accumulate_rows(gradient, hessian, a, kept, channel_at, target, o, 2);
    return accumulate_rows(gradient, hessian, a, kept, channel_at, target, o, 3);
}

int fv_align(double *out, const float *moving, int channels, int depth, int height, int width, int dims, const float *fixed,
             int out_depth, int out_height, int out_width, const float *theta, int projective, int loss, float delta, void *scratch)
{
    if (!out || !moving || !fixed || !theta || !scratch) return FV_E_NULL;
    if (dims == 2) depth = out_depth = 1;
    if (fv_align_scratch(channels, dims, out_depth, out_height, out_width) < 0) return dims == 2 || dims == 3 ? FV_E_SHAPE : FV_E_VALUE;
    if (depth < 1 || height < 1 || width < 1) return FV_E_SHAPE;
    int64_t bytes = 4 * (int64_t)channels;
    if (fv_too_big(bytes *= width) || fv_too_big(bytes *= height) || fv_too_big(bytes *= depth)) return FV_E_SHAPE;
    if (projective != 0 && (projective != 1 || dims != 2)) return FV_E_VALUE;
    if (loss < FV_LOSS_L2 || loss > FV_LOSS_NCC || !(delta > 0)) return FV_E_VALUE;

    const int64_t area = (int64_t)width * height, points = (int64_t)out_width * out_height * out_depth;
    const int rows = projective ? 3 : dims, size = rows * (dims + 1), stride = point_floats(channels);
    const alignment a = {{dims, FV_MODE_BILINEAR, FV_PADDING_BORDER, FV_COORDS_EDGES, {width, height, depth}, {1, width, area}},
                         {dims, out_depth, out_height, out_width, 0}, moving, fixed, theta, channels, projective, rows, area * depth, points};
    float *kept = scratch;
    int64_t row = 0;
    int inside = 0;
    for (int z = 0; z < out_depth; z++)
        for (int y = 0; y < out_height; y++, row += out_width)
            for (int x = 0; x < out_width; x += CHUNK) {
                float *chunk = kept + (row + x) * stride;
                const int count = fv_min(out_width - x, CHUNK);
                if (projective) sample_row(&a, chunk, z, y, x, count, row + x, 2, 1);
                else if (dims == 2) sample_row(&a, chunk, z, y, x, count, row + x, 2, 0);
                else sample_row(&a, chunk, z, y, x, count, row + x, 3, 0);
            }
    for (int64_t i = 0; i < points; i++) inside += kept[i * stride] != 0;

    double *gradient = out + 1, *hessian = gradient + size, weights[ROWS * BASES] = {0};
    for (int i = 0; i < 1 + size + size * size; i++) out[i] = 0;
    out[0] = FV_INFINITY;
    if (!inside) return 0;
    objective o = {loss, delta, {0, 0, 0, 0, 0}, 0};
    o.weight = accumulate(weights, 0, &a, kept, KEPT, 0, &o);
    double total = 0;
    for (int c = 0; c < channels; c++) {
        const int at = KEPT * (1 + c);
        const float *target = fixed + c * points;
        if (loss == FV_LOSS_NCC) {
            o.s = correlate(kept, stride, at, target, points, o.weight);
            total += o.weight * (1 - o.s.correlation);
        }
        total += accumulate(gradient, hessian, &a, kept, at, target, &o);
    }
    const double share = 1 / (o.weight * channels);
    out[0] = total * share;
    for (int i = 0; i < size + size * size; i++) gradient[i] *= share;
    for (int i = 0; loss != FV_LOSS_NCC && i < size; i++) gradient[i] -= out[0] * weights[i] / o.weight;
    return inside;
}
