/* A map between its cells: grid_sample with border padding, in double. */
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

static v128_t splat(double v) { return wasm_f64x2_splat(v); }
static v128_t pair(const float *cells) { return wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(cells)); }

/* Planar maps of at least two cells a side, x and y at once: what make_axis says, except that the last cell is the next of the one before. */
static void bilinear(double *values, double *slopes, const fv_path *p, const float *map)
{
    const int width = p->size[0], height = p->size[1];
    const v128_t zero = splat(0), last = wasm_f64x2_make(width - 1, height - 1), before = wasm_f64x2_sub(last, splat(1));
    const v128_t to_bits = splat(6755399441055744.); /* 1.5 * 2^52: the sum's low word is the integer */
    const v128_t scale = splat(p->settings[FV_SETTING_SCALE]), shift = splat(p->settings[FV_SETTING_SHIFT]);
    for (int i = 0; i < p->samples; i++) {
        const v128_t index = wasm_f64x2_add(wasm_f64x2_mul(LOAD(p->path + 2 * (int64_t)i), scale), shift);
        const v128_t moves = wasm_v128_and(wasm_f64x2_gt(index, zero), wasm_f64x2_lt(index, last));
        const v128_t held = wasm_f64x2_pmin(last, wasm_f64x2_pmax(zero, index)); /* 0 where it is NaN */
        const v128_t whole = wasm_f64x2_pmin(wasm_f64x2_floor(held), before), way = wasm_f64x2_sub(held, whole);
        const i32x4 bits = wasm_f64x2_add(whole, to_bits);
        const float *cell = map + wasm_i32x4_extract_lane(bits, 2) * (int64_t)width + wasm_i32x4_extract_lane(bits, 0);
        const v128_t above = pair(cell), drop = wasm_f64x2_sub(pair(cell + width), above);
        const v128_t row = wasm_f64x2_add(above, wasm_f64x2_mul(drop, wasm_i64x2_shuffle(way, way, 1, 1)));
        /* value and slope along y: both from the left column to the right */
        const v128_t left = wasm_i64x2_shuffle(row, drop, 0, 2), across = wasm_f64x2_sub(wasm_i64x2_shuffle(row, drop, 1, 3), left);
        const v128_t both = wasm_f64x2_add(left, wasm_f64x2_mul(across, wasm_i64x2_shuffle(way, way, 0, 0)));
        STORE(slopes + 2 * (int64_t)i, wasm_f64x2_mul(wasm_v128_and(wasm_i64x2_shuffle(across, both, 0, 3), moves), scale));
        values[i] = wasm_f64x2_extract_lane(both, 0);
    }
}

static double any_cell(double *slope, const fv_path *p, const float *map, const double *at)
{
    const double scale = p->settings[FV_SETTING_SCALE], shift = p->settings[FV_SETTING_SHIFT];
    axis x, y, z = {1, {0}, {1}, {0}};
    make_axis(&x, at[0] * scale + shift, p->size[0], 1, p->cells, 0);
    make_axis(&y, at[1] * scale + shift, p->size[1], p->size[0], p->cells, 0);
    if (p->dims == 3) make_axis(&z, at[2] * scale + shift, p->size[2], (int64_t)p->size[0] * p->size[1], p->cells, p->flags & FV_PATH_WRAP);
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
    slope[0] = sx * scale, slope[1] = sy * scale;
    if (p->dims == 3) slope[2] = sz * scale;
    return value;
}

void fv_path_cells(double *values, double *slopes, const fv_path *p, const float *map)
{
    if (p->dims == 2 && p->cells == FV_CELL_BILINEAR && p->size[0] > 1 && p->size[1] > 1) bilinear(values, slopes, p, map);
    else
        for (int i = 0; i < p->samples; i++)
            values[i] = any_cell(slopes + (int64_t)i * p->dims, p, map, p->path + (int64_t)i * p->dims);
}
