/* Detections become obstacles. */
#include "costmap.h"

static void splat(float *cell, float cost, int how)
{
    if (how == FV_SPLAT_ADD) *cell += cost;
    else if (cost > *cell) *cell = cost;
}

static int check(int height, int width, int how)
{
    const int fault = fv_map_shape(1, height, width);
    return fault ? fault : how == FV_SPLAT_MAX || how == FV_SPLAT_ADD ? 0 : FV_E_VALUE;
}

/* The cells that [low, high] touches: first and one past the last. */
static void span(int *cells, double low, double high, int size)
{
    cells[0] = (int)__builtin_floor(fv_clamp(low, 0, size));
    cells[1] = (int)__builtin_ceil(fv_clamp(high, 0, size));
}

int fv_costmap_boxes(float *map, int height, int width, const float *boxes, const float *costs, int n, int how)
{
    if (!map || (n > 0 && (!boxes || !costs))) return FV_E_NULL;
    const int fault = check(height, width, how);
    if (fault) return fault;
    if (n < 0 || fv_too_big((int64_t)n * 16)) return FV_E_SHAPE;
    for (int i = 0; i < n; i++, boxes += 4) {
        const double left = boxes[0], top = boxes[1], right = boxes[2], bottom = boxes[3];
        int columns[2], rows[2];
        if (!(left < right && top < bottom)) continue;
        span(columns, left, right, width);
        span(rows, top, bottom, height);
        for (int y = rows[0]; y < rows[1]; y++) {
            const double tall = fv_clamp(bottom, y, y + 1) - fv_clamp(top, y, y + 1);
            for (int x = columns[0]; x < columns[1]; x++) {
                const double wide = fv_clamp(right, x, x + 1) - fv_clamp(left, x, x + 1);
                splat(&map[(int64_t)y * width + x], (float)(costs[i] * wide * tall), how);
            }
        }
    }
    return 0;
}

/* One axis of a bilinear sample: the position of centre `at` in a row of `size` over [low, high]. */
static void axis(double at, double low, double high, int size, int *cell, double *way)
{
    const double x = fv_clamp((at - low) / (high - low) * size - 0.5, 0, size - 1);
    cell[0] = (int)x;
    cell[1] = fv_min(cell[0] + 1, size - 1);
    *way = x - cell[0];
}

int fv_costmap_mask(float *map, int height, int width, const float *mask, int mask_height, int mask_width, const float *box, float cost, int how)
{
    if (!map || !mask || !box) return FV_E_NULL;
    int fault = check(height, width, how);
    if (!fault) fault = fv_map_shape(1, mask_height, mask_width);
    if (fault) return fault;
    const double left = box[0], top = box[1], right = box[2], bottom = box[3];
    if (!(left < right && top < bottom)) return 0;
    int columns[2], rows[2];
    span(columns, left, right, width);
    span(rows, top, bottom, height);
    for (int y = rows[0]; y < rows[1]; y++) {
        int v[2];
        double down;
        if (!(y + 0.5 >= top && y + 0.5 < bottom)) continue;
        axis(y + 0.5, top, bottom, mask_height, v, &down);
        const float *upper = mask + (int64_t)v[0] * mask_width, *lower = mask + (int64_t)v[1] * mask_width;
        for (int x = columns[0]; x < columns[1]; x++) {
            int u[2];
            double across;
            if (!(x + 0.5 >= left && x + 0.5 < right)) continue;
            axis(x + 0.5, left, right, mask_width, u, &across);
            const double above = upper[u[0]] * (1 - across) + upper[u[1]] * across, below = lower[u[0]] * (1 - across) + lower[u[1]] * across;
            splat(&map[(int64_t)y * width + x], (float)(cost * (above * (1 - down) + below * down)), how);
        }
    }
    return 0;
}
