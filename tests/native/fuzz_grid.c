/*
 * Thin-plate splines through any controls: those on a line are refused, the others give the identity where they are their own
 * targets, the gradient is the adjoint, and nothing is read or written outside.
 */
#include "../../src/math.h"
#include "fovea/grid.h"
#include "fuzz.h"
#include <math.h>

static int tame(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(values[i] >= -64 && values[i] <= 64)) return 0;
    return 1;
}

/* Neither two closer than `least`, nor all within it of a line through two of them. */
static int well_spread(const float *c, int k, float least)
{
    int apart = 0;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < i; j++) {
            const float x = c[2 * j] - c[2 * i], y = c[2 * j + 1] - c[2 * i + 1], square = x * x + y * y;
            if (square < least * least) return 0;
            int off = 0;
            for (int l = 0; l < k && !off; l++) {
                const float cross = x * (c[2 * l + 1] - c[2 * i + 1]) - y * (c[2 * l] - c[2 * i]);
                off = cross * cross > least * least * square;
            }
            if (!off) return 0;
            apart++;
        }
    return apart > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    const int n = pick(&r, 0, 2), k = pick(&r, 3, 12), height = pick(&r, 1, 9), width = pick(&r, 1, 9), align = pick(&r, 0, 1);
    const size_t points = (size_t)height * width * 2;
    const float *controls = reals(&r, (size_t)k * 2), *targets = reals(&r, (size_t)n * k * 2), *gradient = reals(&r, (size_t)n * points);
    float *grid = room(&r, (size_t)n * points * 4), *back = room(&r, (size_t)n * k * 8), *itself = room(&r, points * 4);
    void *scratch = room(&r, (size_t)fv_grid_tps_scratch(k));
    const int result = fv_grid_tps(grid, targets, controls, n, k, height, width, align, scratch);
    CHECK(result == 0 || result == FV_E_VALUE);
    CHECK(fv_grid_tps_backward(back, gradient, controls, n, k, height, width, align, scratch) == result);
    CHECK(fv_grid_tps(itself, controls, controls, 1, k, height, width, align, scratch) == result);

    if (tame(controls, (size_t)k * 2) && well_spread(controls, k, 0.5f)) {
        CHECK(result == 0);
        for (size_t i = 0; i < points; i++) {
            const int side = i % 2 ? height : width, at = (int)(i / 2) / (i % 2 ? width : 1) % side;
            const float place = side == 1 ? 0 : (float)(2 * at - side + 1) / (float)(align ? side - 1 : side);
            CHECK(itself[i] - place < 1e-3f && place - itself[i] < 1e-3f);
        }
        double forward = 0, adjoint = 0, scale = 1;
        for (size_t i = 0; i < n * points; i++) forward += (double)grid[i] * gradient[i], scale += fabs((double)grid[i] * gradient[i]);
        for (size_t i = 0; i < (size_t)n * k * 2; i++) adjoint += (double)back[i] * targets[i], scale += fabs((double)back[i] * targets[i]);
        if (tame(targets, (size_t)n * k * 2) && tame(gradient, (size_t)n * points)) CHECK(fabs(forward - adjoint) < 1e-5 * scale);
    }
    release(&r);
    return 0;
}
