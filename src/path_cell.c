/* A map between its cells: grid_sample with border padding, one point at a time, in double. */
#include "path.h"

typedef struct {
    int taps;
    int64_t offset[4];
    double weight[4], slope[4];
} axis;

#define KEYS (-0.75)

static double keys(double d)
{
    return d <= 1 ? ((KEYS + 2) * d - (KEYS + 3)) * d * d + 1 : ((KEYS * d - 5 * KEYS) * d + 8 * KEYS) * d - 4 * KEYS;
}

static double keys_slope(double d)
{
    return d <= 1 ? (3 * (KEYS + 2) * d - 2 * (KEYS + 3)) * d : (3 * KEYS * d - 10 * KEYS) * d + 8 * KEYS;
}

static void make_axis(axis *a, double x, int size, int64_t step, int cells, int wrap)
{
    const int cubic = cells == FV_CELL_BICUBIC, last = size - 1;
    if (wrap) x -= __builtin_floor(x / size) * size;
    const double low = wrap ? 0 : cubic ? -2 : 0, high = wrap ? size : cubic ? size + 1 : last;
    const double moves = wrap || cubic || (x > 0 && x < last);
    x = fv_clamp(x, low, high);
    const double whole = __builtin_floor(x), f = x - whole;
    const int at = (int)whole;
    a->taps = cubic ? 4 : 2;
    for (int t = 0; t < a->taps; t++) {
        const int i = at + t - cubic;
        const double d = f - (t - cubic), sign = d < 0 ? -1 : 1;
        a->offset[t] = step * (wrap ? (i % size + size) % size : fv_max(fv_min(i, last), 0));
        a->weight[t] = cubic ? keys(d * sign) : 1 - d * sign;
        a->slope[t] = cubic ? sign * keys_slope(d * sign) : t ? moves : -moves;
    }
}

/* A planar map between four cells: what make_axis says, at once. */
static double bilinear(double *slope, const fv_path *p, const float *map, const double *index)
{
    const int width = p->size[0], right = width - 1, bottom = p->size[1] - 1;
    const double x = fv_clamp(index[0], 0, right), y = fv_clamp(index[1], 0, bottom);
    const int left = (int)x, top = (int)y, on = left < right, under = top < bottom ? width : 0;
    const double u = x - left, v = y - top;
    const float *cell = map + (int64_t)top * width + left;
    const double a = cell[0], b = cell[on], c = cell[under], d = cell[under + on];
    const double above = a + (b - a) * u, below = c + (d - c) * u;
    slope[0] = index[0] > 0 && index[0] < right ? (b - a) + ((d - c) - (b - a)) * v : 0;
    slope[1] = index[1] > 0 && index[1] < bottom ? below - above : 0;
    return above + (below - above) * v;
}

double fv_path_cell(double *slope, const fv_path *p, const float *map, const double *index)
{
    if (p->dims == 2 && p->cells == FV_CELL_BILINEAR) return bilinear(slope, p, map, index);
    axis x, y, z = {1, {0}, {1}, {0}};
    make_axis(&x, index[0], p->size[0], 1, p->cells, 0);
    make_axis(&y, index[1], p->size[1], p->size[0], p->cells, 0);
    if (p->dims == 3) make_axis(&z, index[2], p->size[2], (int64_t)p->size[0] * p->size[1], p->cells, p->flags & FV_PATH_WRAP);
    double value = 0, sx = 0, sy = 0, sz = 0;
    for (int k = 0; k < z.taps; k++) {
        double plane = 0, px = 0, py = 0;
        for (int j = 0; j < y.taps; j++) {
            const float *cell = map + z.offset[k] + y.offset[j];
            double row = 0, rx = 0;
            for (int i = 0; i < x.taps; i++) {
                const double v = cell[x.offset[i]];
                row += v * x.weight[i];
                rx += v * x.slope[i];
            }
            plane += row * y.weight[j];
            px += rx * y.weight[j];
            py += row * y.slope[j];
        }
        value += plane * z.weight[k];
        sx += px * z.weight[k];
        sy += py * z.weight[k];
        sz += plane * z.slope[k];
    }
    slope[0] = sx, slope[1] = sy;
    if (p->dims == 3) slope[2] = sz;
    return value;
}
