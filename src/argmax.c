#include "argmax.h"

static int shape(int n, int map_count, int height, int width, int entry_stride, int map_stride, int cell_stride)
{
    if (n < 0 || map_count < 0 || height < 1 || width < 1 || entry_stride < 0 || map_stride < 0 || cell_stride < 0) return FV_E_SHAPE;
    if (fv_too_big((int64_t)height * width) || fv_too_big(4 * (int64_t)height * width)) return FV_E_SHAPE;
    const int64_t maps = (int64_t)n * map_count;
    if (fv_too_big(maps) || fv_too_big(maps * 8)) return FV_E_SHAPE;
    return n && map_count && fv_too_big(4 * maps * height * width) ? FV_E_SHAPE : 0;
}

int fv_argmax_scratch(int width)
{
    if (width < 1 || fv_too_big(8 * (int64_t)width + 8 * FV_KERNEL_MOST)) return FV_E_SHAPE;
    return 8 * width + 8 * FV_KERNEL_MOST;
}

typedef struct {
    float *coords, *confidence;
    int refine, flags;
    fv_blur blur;
    float *work;
} task;

static void nowhere(float *coords) { coords[0] = coords[1] = -1; }

static void settle(const task *t, int64_t which, fv_map m, fv_peak peak)
{
    float *coords = t->coords + 2 * which;
    if (t->refine == FV_REFINE_MEGVII && peak.index >= 0 && peak.value == peak.value) {
        const int blurred = fv_blur_peak(m, &t->blur, t->work).index;
        if (blurred >= 0) peak.index = blurred;
    }
    t->confidence[which] = peak.index < 0 ? 0 : peak.value;
    if (peak.index < 0 || (t->flags & FV_ARGMAX_POSITIVE && peak.value <= 0)) {
        nowhere(coords);
        return;
    }
    const int x = peak.index % m.width, y = peak.index / m.width;
    double move[2] = {0, 0};
    if (peak.value - peak.value == 0) fv_refine(move, m, x, y, peak.value, t->refine, &t->blur, t->work);
    coords[0] = (float)(x + move[0]), coords[1] = (float)(y + move[1]);
}

int fv_argmax_maps(float *coords, float *confidence, const float *maps, int n, int map_count, int height, int width,
                   int entry_stride, int map_stride, int cell_stride, int refine, int kernel, int flags, void *scratch)
{
    if (!coords || !confidence || !maps || !scratch) return FV_E_NULL;
    const int fault = shape(n, map_count, height, width, entry_stride, map_stride, cell_stride);
    if (fault) return fault;
    if (refine < FV_REFINE_NONE || refine > FV_REFINE_MEGVII || !fv_kernel_fits(kernel) || flags < 0 || flags > 3) return FV_E_VALUE;
    task t = {.coords = coords, .confidence = confidence, .refine = refine, .flags = flags, .work = scratch};
    fv_blur_make(&t.blur, kernel, 1);
    for (int i = 0; i < n; i++)
        for (int k = 0, count; k < map_count; k += count) {
            const int left = map_count - k;
            fv_peak peaks[FV_PEAKS_MOST];
            count = left >= FV_PEAKS_MOST ? FV_PEAKS_MOST : fv_min(left, 4);
            const float *first = maps + (int64_t)i * entry_stride + (int64_t)k * map_stride;
            fv_map_peaks(peaks, (fv_map){first, height, width, cell_stride}, map_stride, count, flags & FV_ARGMAX_NAN);
            for (int c = 0; c < count; c++)
                settle(&t, (int64_t)i * map_count + k + c, (fv_map){first + (int64_t)c * map_stride, height, width, cell_stride}, peaks[c]);
        }
    return 0;
}

/* A map at one cell, blurred. */
static float blurred_cell(fv_map m, int x, int y, const fv_blur *blur)
{
    float value, line[1 + FV_KERNEL_MOST];
    fv_blur_row(&value, m, y, x, x + 1, blur, line);
    return value;
}

int fv_argmax_offsets(float *coords, float *confidence, const float *maps, int n, int map_count, int height, int width,
                      int entry_stride, int map_stride, int cell_stride, const float *offsets_x, const float *offsets_y,
                      int offset_entry_stride, int offset_map_stride, int offset_cell_stride, float scale, int kernel, int offset_kernel,
                      int flags, void *scratch)
{
    if (!coords || !confidence || !maps || !offsets_x || !offsets_y || !scratch) return FV_E_NULL;
    const int fault = shape(n, map_count, height, width, entry_stride, map_stride, cell_stride);
    if (fault || shape(n, map_count, height, width, offset_entry_stride, offset_map_stride, offset_cell_stride)) return FV_E_SHAPE;
    if (!fv_kernel_fits(kernel) || !fv_kernel_fits(offset_kernel) || flags < 0 || flags > 3 || scale - scale != 0) return FV_E_VALUE;
    fv_blur blur, smooth;
    fv_blur_make(&blur, kernel, 0);
    fv_blur_make(&smooth, offset_kernel, 0);
    for (int64_t which = 0; which < (int64_t)n * map_count; which++) {
        const int64_t i = which / map_count, k = which % map_count, at = i * offset_entry_stride + k * offset_map_stride;
        const fv_map m = {maps + i * entry_stride + k * map_stride, height, width, cell_stride};
        fv_peak peak;
        if (kernel == 1) fv_map_peaks(&peak, m, 0, 1, flags & FV_ARGMAX_NAN);
        else peak = fv_blur_peak(m, &blur, scratch);
        confidence[which] = peak.value;
        if (peak.index < 0 || (flags & FV_ARGMAX_POSITIVE && peak.value <= 0)) {
            nowhere(coords + 2 * which);
            continue;
        }
        const int cell[2] = {peak.index % width, peak.index / width};
        for (int axis = 0; axis < 2; axis++) {
            const fv_map offsets = {(axis ? offsets_y : offsets_x) + at, height, width, offset_cell_stride};
            const float move = blurred_cell(offsets, cell[0], cell[1], &smooth) * scale;
            coords[2 * which + axis] = move - move == 0 ? cell[axis] + move : (float)cell[axis];
        }
    }
    return 0;
}

static float softmax_at_most(fv_map m, float most, float beta)
{
    double sum = 0;
    for (int i = 0; i < m.width; i++) {
        const float v = m.cells[i] == most ? 0 : beta * (m.cells[i] - most); /* of infinities alike, too */
        if (v == v) sum += fv_exp(v);
    }
    return (float)(1 / sum);
}

int fv_argmax_simcc(float *coords, float *confidence, float *visibility, const float *x, const float *y, int n, int width_x, int width_y,
                    int kernel_x, int kernel_y, int visible, float beta_x, float beta_y, float split, void *scratch)
{
    if (!coords || !confidence || !x || !y || !scratch) return FV_E_NULL;
    const int fault = shape(n, 1, 1, width_x, 0, 0, 0);
    if (fault || shape(n, 1, 1, width_y, 0, 0, 0)) return FV_E_SHAPE;
    const int kernels[2] = {kernel_x, kernel_y}, widths[2] = {width_x, width_y};
    const float betas[2] = {beta_x, beta_y};
    fv_blur blurs[2];
    for (int axis = 0; axis < 2; axis++) {
        if ((kernels[axis] && !fv_kernel_fits(kernels[axis])) || !(betas[axis] >= 0 && betas[axis] < FV_INFINITY)) return FV_E_VALUE;
        fv_blur_make(&blurs[axis], kernels[axis] ? kernels[axis] : 1, 1);
    }
    if (visible < FV_VISIBLE_SOFTMAX || visible > FV_VISIBLE_SIGMOID || !(split > 0 && split < FV_INFINITY)) return FV_E_VALUE;
    for (int i = 0; i < n; i++) {
        float values[2], seen[2] = {0, 0};
        double at[2];
        for (int axis = 0; axis < 2; axis++) {
            const fv_map m = {(axis ? y : x) + (int64_t)i * widths[axis], 1, widths[axis], 1};
            fv_peak peak;
            fv_map_peaks(&peak, m, 0, 1, 0);
            values[axis] = peak.value;
            at[axis] = peak.index;
            if (!(peak.value > 0)) continue;
            if (kernels[axis] && peak.value < FV_INFINITY) at[axis] += fv_refine_vector(m, peak.index, peak.value, &blurs[axis], scratch);
            if (visibility) seen[axis] = visible == FV_VISIBLE_SIGMOID ? fv_sigmoid(betas[axis] * peak.value) : softmax_at_most(m, peak.value, betas[axis]);
        }
        confidence[i] = values[1] < values[0] ? values[1] : values[0];
        if (visibility) visibility[i] = seen[1] < seen[0] ? seen[1] : seen[0];
        for (int axis = 0; axis < 2; axis++) coords[2 * i + axis] = (float)((confidence[i] > 0 ? at[axis] : -1) / split);
    }
    return 0;
}
