#include "costmap.h"

enum { MOST_SIGMA = 1000, MOST_REACH = 3 * MOST_SIGMA }; /* of a blur */

/* One line of squared distances: its lower envelope of parabolas. */
typedef struct {
    int32_t *source, *root;
    double *reach; /* where each parabola begins to be the lowest */
} line_buffers;

static int longest(int depth, int height, int width) { return fv_max(fv_max(depth, height), width); }

/* Marching takes two integers a cell; distances one, and blur one float, with some lines. */
static int64_t scratch_bytes(int depth, int height, int width)
{
    const int64_t cells = (int64_t)depth * height * width, line = longest(depth, height, width);
    return 8 * cells + 16 * line + 4 * (4 * MOST_REACH + 1);
}

int fv_costmap_scratch(int depth, int height, int width)
{
    const int fault = fv_map_shape(depth, height, width);
    if (fault) return fault;
    const int64_t square = (int64_t)depth * depth + (int64_t)height * height;
    if (fv_too_big(square) || fv_too_big(square + (int64_t)width * width)) return FV_E_SHAPE;
    const int64_t bytes = scratch_bytes(depth, height, width);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

#define FAR INT32_MAX
#define UNSEEN (1 << 24) /* and more, by as many as a map has cells a side */

static void transform_line(int32_t *field, int64_t step, int n, const line_buffers *b)
{
    int last = -1;
    for (int q = 0; q < n; q++) {
        b->source[q] = field[q * step];
        if (b->source[q] == FAR) continue;
        const double height = (double)b->source[q] + (double)q * q;
        double from = 0;
        for (; last >= 0; last--) {
            const int r = b->root[last];
            from = (height - ((double)b->source[r] + (double)r * r)) / (2. * (q - r));
            if (from > b->reach[last]) break;
        }
        last++;
        b->root[last] = q;
        b->reach[last] = last ? from : -1;
    }
    for (int q = 0, k = 0; q < n && last >= 0; q++) {
        while (k < last && b->reach[k + 1] < q) k++;
        const int r = b->root[k], d = q - r;
        field[q * step] = d * d + b->source[r];
    }
}

/* row = the lesser of row and from + 1 */
static void relax(int32_t *row, const int32_t *from, int64_t n)
{
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) STORE(row + i, wasm_i32x4_min(LOAD(row + i), wasm_i32x4_add(LOAD(from + i), SPLATI(1))));
    for (; i < n; i++) row[i] = fv_min(row[i], from[i] + 1);
}

/* Along the outer axis of [outer, n], whose steps are far apart: there and back, whole rows at a time. From 0 and UNSEEN to squares. */
static void scan(int32_t *field, int outer, int64_t n)
{
    for (int y = 1; y < outer; y++) relax(field + y * n, field + (y - 1) * n, n);
    for (int y = outer - 2; y >= 0; y--) relax(field + y * n, field + (y + 1) * n, n);
    for (int64_t i = 0; i < outer * n; i++) field[i] = field[i] >= UNSEEN ? FAR : field[i] * field[i];
}

static void transform(int32_t *field, int depth, int height, int width, const line_buffers *b)
{
    const int64_t area = (int64_t)height * width;
    if (depth > 1) scan(field, depth, area);
    else scan(field, height, width);
    for (int z = 0; z < depth; z++) {
        for (int x = 0; x < width && depth > 1; x++) transform_line(field + z * area + x, width, height, b);
        for (int y = 0; y < height; y++) transform_line(field + z * area + (int64_t)y * width, 1, width, b);
    }
}

int fv_costmap_distance(float *dst, const float *src, int depth, int height, int width, float threshold, int with_sign, void *scratch)
{
    if (!dst || !src || !scratch) return FV_E_NULL;
    const int bytes = fv_costmap_scratch(depth, height, width);
    if (bytes < 0) return bytes;
    if (threshold != threshold || (with_sign != 0 && with_sign != 1)) return FV_E_VALUE;
    const int64_t cells = (int64_t)depth * height * width;
    const int line = longest(depth, height, width);
    double *reach = scratch;
    int32_t *source = (int32_t *)(reach + line), *root = source + line, *field = root + line;
    const line_buffers buffers = {source, root, reach};
    const float half = with_sign ? 0.5f : 0.f, nowhere = (float)depth + (float)height + (float)width;
    for (int within = 0; within <= with_sign; within++) {
        for (int64_t i = 0; i < cells; i++) field[i] = (src[i] > threshold) != within ? 0 : UNSEEN;
        transform(field, depth, height, width, &buffers);
        for (int64_t i = 0; i < cells; i++) {
            const float distance = field[i] == FAR ? nowhere : (float)__builtin_sqrt((double)field[i]);
            if (!within) dst[i] = distance - half;
            else if (src[i] > threshold) dst[i] = half - distance;
        }
    }
    return 0;
}

int fv_costmap_inflate(float *dst, const float *src, const float *distance, int count, float radius, float decay, float peak)
{
    if (!dst || !src || !distance) return FV_E_NULL;
    if (count < 0 || fv_too_big((int64_t)count * 4)) return FV_E_SHAPE;
    if (!(decay >= 0 && decay < FV_INFINITY) || !(radius - radius == 0) || !(peak - peak == 0)) return FV_E_VALUE;
    for (int i = 0; i < count; i++) {
        const float beyond = distance[i] - radius;
        const float cost = beyond > 0 ? peak * fv_exp(-decay * beyond) : peak;
        dst[i] = src[i] > cost ? src[i] : cost;
    }
    return 0;
}

static void add_row(float *dst, float weight, const float *src, int n)
{
    int i = 0;
    for (; i + 4 <= n; i += 4) STORE(dst + i, ADD(LOAD(dst + i), MUL(SPLAT(weight), LOAD(src + i))));
    for (; i < n; i++) dst[i] += weight * src[i];
}

/* Along the outer axis of [outer, n]. */
static void blur_outer(float *dst, const float *src, int outer, int64_t n, const float *weights, int reach)
{
    for (int y = 0; y < outer; y++) {
        float *row = dst + y * n;
        memset(row, 0, (size_t)n * sizeof *row);
        for (int t = -reach; t <= reach; t++) add_row(row, weights[t + reach], src + fv_max(fv_min(y + t, outer - 1), 0) * n, (int)n);
    }
}

int fv_costmap_blur(float *dst, const float *src, int depth, int height, int width, float sigma, void *scratch)
{
    if (!dst || !src || !scratch) return FV_E_NULL;
    const int bytes = fv_costmap_scratch(depth, height, width);
    if (bytes < 0) return bytes;
    if (!(sigma > 0 && sigma <= MOST_SIGMA)) return FV_E_VALUE;
    const int64_t area = (int64_t)height * width, cells = area * depth;
    const int reach = (int)__builtin_ceilf(3 * sigma);
    float *other = scratch, *weights = other + cells, *line = weights + 2 * reach + 1;
    double sum = 0;
    for (int t = -reach; t <= reach; t++) {
        const float d = (float)t / sigma;
        sum += weights[t + reach] = fv_exp(-0.5f * d * d);
    }
    for (int t = 0; t <= 2 * reach; t++) weights[t] = (float)(weights[t] / sum);

    for (int64_t row = 0; row < cells; row += width) {
        for (int x = -reach; x < width + reach; x++) line[x + reach] = src[row + fv_max(fv_min(x, width - 1), 0)];
        memset(dst + row, 0, (size_t)width * sizeof *dst);
        for (int t = 0; t <= 2 * reach; t++) add_row(dst + row, weights[t], line + t, width);
    }
    if (height > 1) {
        memcpy(other, dst, (size_t)cells * sizeof *dst);
        for (int z = 0; z < depth; z++) blur_outer(dst + z * area, other + z * area, height, width, weights, reach);
    }
    if (depth > 1) {
        memcpy(other, dst, (size_t)cells * sizeof *dst);
        blur_outer(dst, other, depth, area, weights, reach);
    }
    return 0;
}

int fv_costmap_halve(float *dst, const float *src, int depth, int height, int width)
{
    if (!dst || !src) return FV_E_NULL;
    const int fault = fv_map_shape(depth, height, width);
    if (fault) return fault;
    for (int z = 0; z < depth; z += 2)
        for (int y = 0; y < height; y += 2)
            for (int x = 0; x < width; x += 2) {
                const int planes = fv_min(depth - z, 2), rows = fv_min(height - y, 2), columns = fv_min(width - x, 2);
                double sum = 0;
                for (int i = 0; i < planes * rows * columns; i++) {
                    const int64_t row = (int64_t)(z + i / columns / rows) * height + y + i / columns % rows;
                    sum += src[row * width + x + i % columns];
                }
                *dst++ = (float)(sum / (planes * rows * columns));
            }
    return 0;
}
