#include "fovea/align.h"
#include "grid_row.h"
#include "math.h"
#include "sample_taps.h"

#define ROWS 3   /* theta has at most so many rows, */
#define BASES 4  /* and columns */
#define CHUNK 64

/*
 * What a point keeps until its loss is known: for each channel its value, and its value's
 * derivatives by the rows of theta * (base coordinates); and whether it is inside.
 * With rows u = theta b, an affine point is q = u, and a projective one q = u_xy / u_w, so that
 * the derivative of a value by theta is (its derivative by u) x b in both.
 */
static int point_floats(int channels, int dims) { return 1 + channels * (1 + (dims == 2 ? 3 : dims)); }

int fv_align_scratch(int channels, int dims, int out_depth, int out_height, int out_width)
{
    if (channels < 1 || (dims != 2 && dims != 3) || out_depth < 1 || out_height < 1 || out_width < 1) return FV_E_SHAPE;
    int64_t bytes = 4;
    const int sizes[3] = {out_width, out_height, dims == 3 ? out_depth : 1};
    if (channels > 1 << 20) return FV_E_SHAPE;
    bytes *= point_floats(channels, dims);
    for (int i = 0; i < 3; i++)
        if (fv_too_big(bytes *= sizes[i])) return FV_E_SHAPE;
    return (int)bytes;
}

typedef struct {
    fv_sampler sampler;
    fv_grid_shape shape;
    const float *moving, *theta;
    int channels, projective, rows;
    int64_t plane;
} alignment;

static float lane(v128_t v, int i)
{
    float lanes[4];
    STORE(lanes, v);
    return lanes[i];
}

/* Value and derivatives of the points of one row, from `x` on. */
static void sample_row(const alignment *a, float *kept, int z, int y, int x, int count)
{
    const int dims = a->shape.dims, stride = point_floats(a->channels, dims);
    float grid[CHUNK * 3], w[CHUNK];
    if (a->projective) {
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
        fv_sample_taps(&taps, &a->sampler, grid + i * dims, few, 1);
        for (int p = 0; p < few; p++) {
            float *out = kept + (int64_t)(i + p) * stride;
            const float *q = grid + (i + p) * dims;
            int inside = 1;
            for (int k = 0; k < dims; k++) inside &= q[k] >= -1 && q[k] <= 1;
            *out++ = (float)inside;
            for (int c = 0; inside && c < a->channels; c++, out += 1 + a->rows) {
                float value = 0, slope[3] = {0};
                for (int t = 0; t < taps.count; t++) {
                    const float v = a->moving[c * a->plane + taps.pixel[t][p]];
                    value += v * lane(taps.weight[t], p);
                    for (int k = 0; k < dims; k++) slope[k] += v * lane(taps.slope[t][k], p);
                }
                out[0] = value;
                if (a->projective) {
                    out[1] = slope[0] / w[i + p];
                    out[2] = slope[1] / w[i + p];
                    out[3] = -(slope[0] * q[0] + slope[1] * q[1]) / w[i + p];
                } else {
                    for (int k = 0; k < dims; k++) out[1 + k] = slope[k];
                }
            }
        }
    }
}

typedef struct {
    double count, mean, fixed_mean, deviation, fixed_deviation, correlation;
} statistics;

/* Zero-mean statistics of one channel. */
static statistics correlate(const float *kept, int stride, int channel_at, const float *fixed, int64_t points)
{
    statistics s = {0, 0, 0, 0, 0, 0};
    for (int64_t i = 0; i < points; i++) {
        if (kept[i * stride] == 0) continue;
        s.count++;
        s.mean += kept[i * stride + channel_at];
        s.fixed_mean += fixed[i];
    }
    if (s.count == 0) return s;
    s.mean /= s.count;
    s.fixed_mean /= s.count;
    for (int64_t i = 0; i < points; i++) {
        if (kept[i * stride] == 0) continue;
        const double v = kept[i * stride + channel_at] - s.mean, f = fixed[i] - s.fixed_mean;
        s.deviation += v * v;
        s.fixed_deviation += f * f;
        s.correlation += v * f;
    }
    s.deviation = __builtin_sqrt(s.deviation);
    s.fixed_deviation = __builtin_sqrt(s.fixed_deviation);
    const double product = s.deviation * s.fixed_deviation;
    s.correlation = product > 0 ? s.correlation / product : 0;
    return s;
}

/* Sums along a row of the grid: everything but x is constant there. */
typedef struct {
    double slope[ROWS][2], curvature[ROWS][ROWS][3]; /* times 1, x and x^2 */
} moments;

static void expand(double *gradient, double *hessian, const moments *m, const double *base, int rows, int columns)
{
    const int size = rows * columns;
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < columns; j++) {
            const int at = r * columns + j;
            gradient[at] += j == 0 ? m->slope[r][1] : m->slope[r][0] * base[j];
            for (int s = 0; s < rows; s++)
                for (int k = 0; k < columns; k++) {
                    const int power = (j == 0) + (k == 0);
                    hessian[at * size + s * columns + k] += m->curvature[r][s][power] * (j ? base[j] : 1) * (k ? base[k] : 1);
                }
        }
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
    const int rows = projective ? 3 : dims, columns = dims + 1, size = rows * columns;
    const alignment a = {{dims, FV_MODE_BILINEAR, FV_PADDING_BORDER, FV_COORDS_EDGES, {width, height, depth}, {1, width, area}},
                         {dims, out_depth, out_height, out_width, 0}, moving, theta, channels, projective, rows, area * depth};
    const int stride = point_floats(channels, dims);
    float *kept = scratch;
    int64_t row = 0, inside = 0;
    for (int z = 0; z < out_depth; z++)
        for (int y = 0; y < out_height; y++, row += out_width)
            for (int x = 0; x < out_width; x += CHUNK)
                sample_row(&a, kept + (row + x) * stride, z, y, x, fv_min(out_width - x, CHUNK));
    for (int64_t i = 0; i < points; i++) inside += kept[i * stride] != 0;

    double *gradient = out + 1, *hessian = gradient + size, total = 0;
    for (int i = 0; i < 1 + size + size * size; i++) out[i] = 0;
    out[0] = FV_INFINITY;
    if (!inside) return 0;
    for (int c = 0; c < channels; c++) {
        const int at = 1 + c * (1 + rows);
        const float *target = fixed + c * points;
        const statistics s = loss == FV_LOSS_NCC ? correlate(kept, stride, at, target, points) : (statistics){0, 0, 0, 0, 0, 0};
        const double product = s.deviation * s.fixed_deviation;
        total += loss == FV_LOSS_NCC ? (double)inside * (1 - s.correlation) : 0;
        row = 0;
        for (int z = 0; z < out_depth; z++)
            for (int y = 0; y < out_height; y++, row += out_width) {
                moments m = {{{0}}, {{{0}}}};
                for (int x = 0; x < out_width; x++) {
                    const float *point = kept + (row + x) * stride, *slopes = point + at + 1;
                    if (point[0] == 0) continue;
                    const double value = point[at], wanted = target[row + x], r = value - wanted, size_of_r = r < 0 ? -r : r;
                    double slope = r, curvature = 1;
                    if (loss == FV_LOSS_NCC) {
                        if (!(product > 0)) continue;
                        const double v = (value - s.mean) / s.deviation, f = (wanted - s.fixed_mean) / s.fixed_deviation;
                        slope = (s.correlation * v - f) / s.deviation * (double)inside;
                        curvature = (double)inside / (s.deviation * s.deviation);
                    } else if (loss == FV_LOSS_HUBER && size_of_r > delta) {
                        slope = r < 0 ? -delta : delta;
                        curvature = delta / size_of_r;
                        total += delta * (size_of_r - delta / 2);
                    } else {
                        total += r * r / 2;
                    }
                    const double b = (2.0 * x + 1) / out_width - 1;
                    for (int k = 0; k < rows; k++) {
                        m.slope[k][0] += slope * slopes[k];
                        m.slope[k][1] += slope * slopes[k] * b;
                        for (int l = 0; l < rows; l++) {
                            const double h = curvature * slopes[k] * slopes[l];
                            m.curvature[k][l][0] += h;
                            m.curvature[k][l][1] += h * b;
                            m.curvature[k][l][2] += h * b * b;
                        }
                    }
                }
                const double base_y = out_height == 1 ? 0 : (2.0 * y + 1) / out_height - 1;
                const double base_z = out_depth == 1 ? 0 : (2.0 * z + 1) / out_depth - 1;
                const double base[BASES] = {0, base_y, dims == 3 ? base_z : 1, 1};
                expand(gradient, hessian, &m, base, rows, columns);
            }
    }
    const double share = 1 / ((double)inside * channels);
    out[0] = total * share;
    for (int i = 0; i < size + size * size; i++) gradient[i] *= share;
    return (int)inside;
}
