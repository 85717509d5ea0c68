#include "argmax.h"

void fv_blur_make(fv_blur *blur, int kernel, int zeros)
{
    double taps[FV_KERNEL_MOST / 2 + 1];
    fv_kernel(taps, kernel);
    blur->half = kernel / 2, blur->zeros = zeros;
    for (int i = 0; i <= kernel / 2; i++) blur->taps[i] = (float)taps[i];
}

/* line += weight * row, a row of the map; or nothing where it is beyond. */
static void add_row(float *line, fv_map m, int y, int from, int to, float weight, int zeros)
{
    if (y < 0 || y >= m.height) {
        if (zeros) return;
        y = fv_reflect(y, m.height);
    }
    const float *row = m.cells + ((int64_t)y * m.width + from) * m.step;
    const int count = to - from;
    int x = 0;
    if (m.step == 1)
        for (; x + 4 <= count; x += 4) STORE(line + x, ADD(LOAD(line + x), MUL(SPLAT(weight), LOAD(row + x))));
    for (; x < count; x++) line[x] += weight * row[x * m.step];
}

void fv_blur_row(float *dst, fv_map m, int y, int from, int to, const fv_blur *blur, float *line)
{
    const int half = blur->half, first = from - half, left = fv_max(first, 0), right = fv_min(to + half, m.width);
    memset(line, 0, (size_t)(to - from + 2 * half) * sizeof *line);
    for (int t = -half; t <= half; t++) add_row(line + (left - first), m, y + t, left, right, blur->taps[t < 0 ? -t : t], blur->zeros);
    if (!blur->zeros) {
        for (int x = first; x < left; x++) line[x - first] = line[fv_reflect(x, m.width) - first];
        for (int x = right; x < to + half; x++) line[x - first] = line[fv_reflect(x, m.width) - first];
    }
    const int count = to - from;
    const float *centre = line + half;
    int x = 0;
    for (; x + 4 <= count; x += 4) {
        f32x4 sum = MUL(SPLAT(blur->taps[0]), LOAD(centre + x));
        for (int t = 1; t <= half; t++) sum = ADD(sum, MUL(SPLAT(blur->taps[t]), ADD(LOAD(centre + x - t), LOAD(centre + x + t))));
        STORE(dst + x, sum);
    }
    for (; x < count; x++) {
        float sum = blur->taps[0] * centre[x];
        for (int t = 1; t <= half; t++) sum += blur->taps[t] * (centre[x - t] + centre[x + t]);
        dst[x] = sum;
    }
}

fv_peak fv_blur_peak(fv_map m, const fv_blur *blur, float *work)
{
    fv_peak best = {-1, 0};
    for (int y = 0; y < m.height; y++) {
        fv_peak row;
        fv_blur_row(work, m, y, 0, m.width, blur, work + m.width);
        fv_map_peaks(&row, (fv_map){work, 1, m.width, 1}, 0, 1, 0);
        if (row.index >= 0 && (best.index < 0 || row.value > best.value)) best = (fv_peak){y * m.width + row.index, row.value};
    }
    return best;
}
