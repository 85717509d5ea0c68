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
    double *solution; /* two right-hand sides */
    int *row; /* pivots */
    const float *controls;
    int count, size;
} spline;

static int64_t scratch_bytes(int k) { return (int64_t)(k + 3) * (k + 3) * 8 + (k + 3) * 2 * 8 + (k + 3) * 4; }

int fv_grid_tps_scratch(int k) { return k < 3 || k > MOST_CONTROLS ? FV_E_SHAPE : (int)scratch_bytes(k); }

static double bend(double x, double y)
{
    const double r = x * x + y * y;
    return r > 1e-300 ? r * fv_log64(r) : r - r; /* NaN stays */
}

/* The row of B, or of L, of a point. */
static void basis(double *out, const spline *s, double x, double y)
{
    for (int k = 0; k < s->count; k++) out[k] = bend(x - s->controls[2 * k], y - s->controls[2 * k + 1]);
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
    s->row = (int *)(s->solution + 2 * size);
    s->controls = controls;
    s->count = count;
    s->size = size;
    double largest = 0;
    for (int i = 0; i < 2 * count; i++) {
        if (!(controls[i] >= -1e6f && controls[i] <= 1e6f)) return FV_E_VALUE;
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
        s->row[c] = best;
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

static void solve(const spline *s)
{
    for (int side = 0; side < 2; side++) {
        double *x = s->solution + side * s->size;
        for (int i = 0; i < s->size; i++) {
            const double t = x[s->row[i]];
            x[s->row[i]] = x[i];
            x[i] = t;
        }
        for (int i = 0; i < s->size; i++)
            for (int k = 0; k < i; k++) x[i] -= s->matrix[i * s->size + k] * x[k];
        for (int i = s->size - 1; i >= 0; i--) {
            for (int k = i + 1; k < s->size; k++) x[i] -= s->matrix[i * s->size + k] * x[k];
            x[i] /= s->matrix[i * s->size + i];
        }
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
        double *wx = s.solution, *wy = wx + s.size;
        for (int c = 0; c < s.size; c++) {
            wx[c] = c < k ? targets[2 * c] : 0;
            wy[c] = c < k ? targets[2 * c + 1] : 0;
        }
        solve(&s);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, grid += 2) {
                const double bx = at(x, width, align_corners), by = at(y, height, align_corners);
                double gx = wx[k] + wx[k + 1] * bx + wx[k + 2] * by, gy = wy[k] + wy[k + 1] * bx + wy[k + 2] * by;
                for (int c = 0; c < k; c++) {
                    const double u = bend(bx - controls[2 * c], by - controls[2 * c + 1]);
                    gx += u * wx[c];
                    gy += u * wy[c];
                }
                grid[0] = (float)gx;
                grid[1] = (float)gy;
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
        double *sx = s.solution, *sy = sx + s.size;
        for (int c = 0; c < 2 * s.size; c++) sx[c] = 0;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, grad_grid += 2) {
                const double bx = at(x, width, align_corners), by = at(y, height, align_corners);
                const double affine[3] = {1, bx, by};
                for (int c = 0; c < s.size; c++) {
                    const double u = c < k ? bend(bx - controls[2 * c], by - controls[2 * c + 1]) : affine[c - k];
                    sx[c] += u * grad_grid[0];
                    sy[c] += u * grad_grid[1];
                }
            }
        solve(&s);
        for (int c = 0; c < k; c++) {
            grad_targets[2 * c] = (float)sx[c];
            grad_targets[2 * c + 1] = (float)sy[c];
        }
    }
    return 0;
}
