#include "fovea/grid.h"
#include "math.h"

/*
 * With U(r) = r^2 log r^2, controls c and their targets t, the spline is
 *     f(b) = sum_k w_k U(|b - c_k|) + a_0 + a_x b_x + a_y b_y,   L (w, a) = (t, 0),
 * where L = (U P; P' 0) is symmetric and depends on the controls alone. So the grid is B L^-1 (t, 0),
 * and the gradient of t is L^-1 B' g.
 */
#define MOST_CONTROLS 1024

typedef struct {
    double *matrix; /* LU, rows in place */
    double *solution; /* [size, 2] of two right-hand sides */
    double *row; /* of B */
    double *x, *y; /* of the controls, the last one twice */
    int *pivot;
    int count, size;
} spline;

static int64_t scratch_bytes(int k) { return (int64_t)(k + 3) * (k + 3) * 8 + (k + 3) * 5 * 8 + (k + 3) * 4; }

int fv_grid_tps_scratch(int k) { return k < 3 || k > MOST_CONTROLS ? FV_E_SHAPE : (int)scratch_bytes(k); }

/* U of two at once */
static v128_t bend(v128_t x, v128_t y)
{
    const v128_t r = wasm_f64x2_add(wasm_f64x2_mul(x, x), wasm_f64x2_mul(y, y));
    return wasm_v128_and(wasm_f64x2_mul(r, fv_log64x2(r)), wasm_f64x2_gt(r, wasm_f64x2_splat(1e-300)));
}

/* The row of B, or of L, of a point. */
static void basis(double *out, const spline *s, double x, double y)
{
    const v128_t at_x = wasm_f64x2_splat(x), at_y = wasm_f64x2_splat(y);
    for (int k = 0; k < s->count; k += 2) STORE(out + k, bend(wasm_f64x2_sub(at_x, LOAD(s->x + k)), wasm_f64x2_sub(at_y, LOAD(s->y + k))));
    out[s->count] = 1;
    out[s->count + 1] = x;
    out[s->count + 2] = y;
}

/* Factors L; FV_E_VALUE where the controls coincide or lie on a line. */
static int factor(spline *s, const float *controls, int count, void *scratch)
{
    const int size = count + 3;
    s->matrix = scratch;
    s->solution = s->matrix + size * size;
    s->row = s->solution + 2 * size;
    s->x = s->row + size;
    s->y = s->x + size;
    s->pivot = (int *)(s->y + size);
    s->count = count;
    s->size = size;
    double largest = 0;
    for (int i = 0; i < 2 * count; i++)
        if (!(controls[i] >= -1e6f && controls[i] <= 1e6f)) return FV_E_VALUE;
    for (int i = 0; i <= count; i++) {
        const int control = fv_min(i, count - 1);
        s->x[i] = controls[2 * control], s->y[i] = controls[2 * control + 1];
    }
    for (int i = 0; i < count; i++) {
        double *row = s->matrix + i * size;
        basis(row, s, controls[2 * i], controls[2 * i + 1]);
        for (int k = 0; k < 3; k++) s->matrix[(count + k) * size + i] = row[count + k];
        for (int k = 0; k < size; k++) largest = row[k] > largest ? row[k] : -row[k] > largest ? -row[k] : largest;
    }
    for (int i = count; i < size; i++)
        for (int k = count; k < size; k++) s->matrix[i * size + k] = 0;
    for (int c = 0; c < size; c++) {
        int best = c;
        double pivot = 0;
        for (int r = c; r < size; r++) {
            const double v = s->matrix[r * size + c], a = v < 0 ? -v : v;
            if (a > pivot) pivot = a, best = r;
        }
        if (!(pivot > 1e-12 * largest)) return FV_E_VALUE;
        s->pivot[c] = best;
        double *top = s->matrix + c * size;
        for (int k = 0; best != c && k < size; k++) {
            const double t = top[k];
            top[k] = s->matrix[best * size + k];
            s->matrix[best * size + k] = t;
        }
        for (int r = c + 1; r < size; r++) {
            double *row = s->matrix + r * size;
            const double f = row[c] /= top[c];
            for (int k = c + 1; f != 0 && k < size; k++) row[k] -= f * top[k];
        }
    }
    return 0;
}

static v128_t minus(v128_t from, double times, const double *what)
{
    return wasm_f64x2_sub(from, wasm_f64x2_mul(wasm_f64x2_splat(times), LOAD(what)));
}

static void solve(const spline *s)
{
    double *x = s->solution;
    for (int i = 0; i < s->size; i++) {
        const v128_t t = LOAD(x + 2 * s->pivot[i]);
        STORE(x + 2 * s->pivot[i], LOAD(x + 2 * i));
        STORE(x + 2 * i, t);
    }
    for (int i = 0; i < s->size; i++) {
        v128_t sum = LOAD(x + 2 * i);
        for (int k = 0; k < i; k++) sum = minus(sum, s->matrix[i * s->size + k], x + 2 * k);
        STORE(x + 2 * i, sum);
    }
    for (int i = s->size - 1; i >= 0; i--) {
        v128_t sum = LOAD(x + 2 * i);
        for (int k = i + 1; k < s->size; k++) sum = minus(sum, s->matrix[i * s->size + k], x + 2 * k);
        STORE(x + 2 * i, wasm_f64x2_div(sum, wasm_f64x2_splat(s->matrix[i * s->size + i])));
    }
}

static int check(int n, int k, int height, int width, int align_corners)
{
    if (align_corners != 0 && align_corners != 1) return FV_E_VALUE;
    if (n < 0 || height < 1 || width < 1 || fv_grid_tps_scratch(k) < 0) return FV_E_SHAPE;
    int64_t bytes = 8;
    const int sizes[3] = {width, height, n};
    for (int i = 0; i < 3; i++)
        if (fv_too_big(bytes *= sizes[i])) return FV_E_SHAPE;
    return fv_too_big((int64_t)n * k * 8) ? FV_E_SHAPE : 0;
}

/* As the other grids: torch's linspace, the middle at 0. */
static double at(int i, int count, int align_corners)
{
    const double last = count - 1;
    return count == 1 ? 0 : (2.0 * i - last) * (1 / (align_corners ? last : last + 1));
}

int fv_grid_tps(float *grid, const float *targets, const float *controls, int n, int k, int height, int width, int align_corners, void *scratch)
{
    if (!grid || !targets || !controls || !scratch) return FV_E_NULL;
    int error = check(n, k, height, width, align_corners);
    spline s;
    if (error || (error = factor(&s, controls, k, scratch))) return error;
    for (int i = 0; i < n; i++, targets += 2 * k) {
        for (int c = 0; c < 2 * s.size; c++) s.solution[c] = c < 2 * k ? targets[c] : 0;
        solve(&s);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, grid += 2) {
                basis(s.row, &s, at(x, width, align_corners), at(y, height, align_corners));
                v128_t sum = wasm_f64x2_splat(0);
                for (int c = 0; c < s.size; c++) sum = wasm_f64x2_add(sum, wasm_f64x2_mul(wasm_f64x2_splat(s.row[c]), LOAD(s.solution + 2 * c)));
                grid[0] = (float)wasm_f64x2_extract_lane(sum, 0);
                grid[1] = (float)wasm_f64x2_extract_lane(sum, 1);
            }
    }
    return 0;
}

int fv_grid_tps_backward(float *grad_targets, const float *grad_grid, const float *controls, int n, int k, int height, int width,
                         int align_corners, void *scratch)
{
    if (!grad_targets || !grad_grid || !controls || !scratch) return FV_E_NULL;
    int error = check(n, k, height, width, align_corners);
    spline s;
    if (error || (error = factor(&s, controls, k, scratch))) return error;
    for (int i = 0; i < n; i++, grad_targets += 2 * k) {
        for (int c = 0; c < 2 * s.size; c++) s.solution[c] = 0;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, grad_grid += 2) {
                const v128_t gradient = wasm_f64x2_make(grad_grid[0], grad_grid[1]);
                basis(s.row, &s, at(x, width, align_corners), at(y, height, align_corners));
                for (int c = 0; c < s.size; c++) {
                    double *sum = s.solution + 2 * c;
                    STORE(sum, wasm_f64x2_add(LOAD(sum), wasm_f64x2_mul(wasm_f64x2_splat(s.row[c]), gradient)));
                }
            }
        solve(&s);
        for (int c = 0; c < 2 * k; c++) grad_targets[c] = (float)s.solution[c];
    }
    return 0;
}
