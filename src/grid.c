#include "fovea/grid.h"
#include "grid_row.h"
#include "math.h"

/* The base coordinates of `count` samples, torch's linspace: sample i is at (2 i - last) * step, and the middle at 0. */
typedef struct {
    double last, step;
} axis;

static axis make_axis(int count, int align_corners)
{
    const double last = count - 1;
    return (axis){last, count == 1 ? 0 : 1 / (align_corners ? last : last + 1)};
}

static double base(axis a, int i) { return (2.0 * i - a.last) * a.step; }

static int check(const void *a, const void *b, int n, int dims, int depth, int height, int width, int align_corners)
{
    if (!a || !b) return FV_E_NULL;
    if (dims != 2 && dims != 3) return FV_E_VALUE;
    if (align_corners != 0 && align_corners != 1) return FV_E_VALUE;
    if (n < 0 || depth < 1 || height < 1 || width < 1) return FV_E_SHAPE;
    int64_t bytes = (int64_t)dims * 4;
    const int sizes[4] = {width, height, depth, n};
    for (int i = 0; i < 4; i++)
        if (fv_too_big(bytes *= sizes[i])) return FV_E_SHAPE;
    return fv_too_big((int64_t)n * 48) ? FV_E_SHAPE : 0;
}

fv_grid_line fv_make_line(const float *theta, const fv_grid_shape *shape, int z, int y)
{
    const int dims = shape->dims, align = shape->align_corners;
    const double by = base(make_axis(shape->height, align), y), bz = base(make_axis(shape->depth, align), z);
    const axis across = make_axis(shape->width, align);
    fv_grid_line line;
    line.first = -across.last;
    for (int k = 0; k < 3; k++) {
        const float *t = theta + (k < dims ? k : 0) * (dims + 1);
        double start = t[1] * by + t[dims];
        if (dims == 3) start += t[2] * bz;
        line.slope[k] = wasm_f64x2_splat(t[0] * across.step);
        line.start[k] = wasm_f64x2_splat(start);
    }
    return line;
}

void fv_line_points(float *grid, const fv_grid_line *line, int dims, int x, int count)
{
    v128_t places = fv_line_places(line, x);
    for (int i = 0; i < count; i += 4, places = wasm_f64x2_add(places, wasm_f64x2_splat(8))) {
        float lanes[3][4];
        for (int k = 0; k < dims; k++) STORE(lanes[k], fv_line_coordinate(line, k, places));
        for (int p = 0; p < fv_min(count - i, 4); p++)
            for (int k = 0; k < dims; k++) *grid++ = lanes[k][p];
    }
}

void fv_grid_row(float *grid, const float *theta, const fv_grid_shape *shape, int z, int y, int x, int count)
{
    const fv_grid_line line = fv_make_line(theta, shape, z, y);
    fv_line_points(grid, &line, shape->dims, x, count);
}

void fv_grid_row_backward(double *sums, const float *grad_grid, const fv_grid_shape *shape, int z, int y, int x, int count)
{
    const int dims = shape->dims, align = shape->align_corners;
    const double by = base(make_axis(shape->height, align), y), bz = base(make_axis(shape->depth, align), z);
    const axis across = make_axis(shape->width, align);
    double along[3] = {0}, total[3] = {0};
    for (int i = 0; i < count; i++) {
        const double b = base(across, x + i);
        for (int k = 0; k < dims; k++) {
            const double g = *grad_grid++;
            along[k] += g * b;
            total[k] += g;
        }
    }
    for (int k = 0; k < dims; k++) {
        double *s = sums + k * (dims + 1);
        s[0] += along[k];
        s[1] += total[k] * by;
        if (dims == 3) s[2] += total[k] * bz;
        s[dims] += total[k];
    }
}

int fv_grid_affine(float *grid, const float *theta, int n, int dims, int depth, int height, int width, int align_corners)
{
    if (dims == 2) depth = 1;
    const int error = check(grid, theta, n, dims, depth, height, width, align_corners);
    if (error) return error;
    const fv_grid_shape shape = {dims, depth, height, width, align_corners};
    for (int i = 0; i < n; i++, theta += dims * (dims + 1))
        for (int z = 0; z < depth; z++)
            for (int y = 0; y < height; y++, grid += width * dims) fv_grid_row(grid, theta, &shape, z, y, 0, width);
    return 0;
}

int fv_grid_affine_backward(float *grad_theta, const float *grad_grid, int n, int dims, int depth, int height, int width,
                            int align_corners)
{
    if (dims == 2) depth = 1;
    const int error = check(grad_theta, grad_grid, n, dims, depth, height, width, align_corners);
    if (error) return error;
    const fv_grid_shape shape = {dims, depth, height, width, align_corners};
    for (int i = 0; i < n; i++) {
        double sums[12] = {0};
        for (int z = 0; z < depth; z++)
            for (int y = 0; y < height; y++, grad_grid += width * dims)
                fv_grid_row_backward(sums, grad_grid, &shape, z, y, 0, width);
        for (int k = 0; k < dims * (dims + 1); k++) *grad_theta++ = (float)sums[k];
    }
    return 0;
}

int fv_grid_projective(float *grid, const float *homography, int n, int height, int width, int align_corners)
{
    const int error = check(grid, homography, n, 2, 1, height, width, align_corners);
    if (error) return error;
    const axis across = make_axis(width, align_corners), down = make_axis(height, align_corners);
    for (int i = 0; i < n; i++, homography += 9)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, grid += 2) {
                const double bx = base(across, x), by = base(down, y);
                double v[3];
                for (int k = 0; k < 3; k++) v[k] = homography[3 * k] * bx + homography[3 * k + 1] * by + homography[3 * k + 2];
                grid[0] = v[2] > 0 ? (float)(v[0] / v[2]) : FV_NAN;
                grid[1] = v[2] > 0 ? (float)(v[1] / v[2]) : FV_NAN;
            }
    return 0;
}

int fv_grid_projective_backward(float *grad_homography, const float *grad_grid, const float *homography, int n, int height,
                                int width, int align_corners)
{
    if (!homography) return FV_E_NULL;
    const int error = check(grad_homography, grad_grid, n, 2, 1, height, width, align_corners);
    if (error) return error;
    const axis across = make_axis(width, align_corners), down = make_axis(height, align_corners);
    for (int i = 0; i < n; i++, homography += 9) {
        double sums[9] = {0};
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++, grad_grid += 2) {
                const double b[3] = {base(across, x), base(down, y), 1};
                double v[3];
                for (int k = 0; k < 3; k++) v[k] = homography[3 * k] * b[0] + homography[3 * k + 1] * b[1] + homography[3 * k + 2];
                if (!(v[2] > 0)) continue;
                const double gx = grad_grid[0] / v[2], gy = grad_grid[1] / v[2];
                const double gw = -(gx * v[0] + gy * v[1]) / v[2];
                for (int c = 0; c < 3; c++) {
                    sums[c] += gx * b[c];
                    sums[3 + c] += gy * b[c];
                    sums[6 + c] += gw * b[c];
                }
            }
        for (int k = 0; k < 9; k++) *grad_homography++ = (float)sums[k];
    }
    return 0;
}
