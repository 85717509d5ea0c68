#include "argmax.h"

int fv_argmax_merge(float *dst, const float *maps, const float *flipped, int n, int map_count, int height, int width, int entry_stride,
                    int map_stride, int cell_stride, const int32_t *partners, const float *signs, int shift)
{
    if (!dst || !maps || !flipped || !partners || !signs) return FV_E_NULL;
    if (n < 0 || map_count < 0 || height < 1 || width < 1 || entry_stride < 0 || map_stride < 0 || cell_stride < 0) return FV_E_SHAPE;
    int64_t cells = 4;
    const int sizes[4] = {n, map_count, height, width};
    for (int i = 0; i < 4; i++)
        if (fv_too_big(cells *= fv_max(sizes[i], 1))) return FV_E_SHAPE;
    if (shift < 0 || shift > 1) return FV_E_VALUE;
    for (int k = 0; k < map_count; k++)
        if (partners[k] < 0 || partners[k] >= map_count) return FV_E_VALUE;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < map_count; k++) {
            const int64_t entry = (int64_t)i * entry_stride, mine = entry + (int64_t)k * map_stride, other = entry + (int64_t)partners[k] * map_stride;
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) {
                    const int64_t row = (int64_t)y * width, mirrored = width - 1 - (shift && x > 0 ? x - 1 : x);
                    dst[mine + (row + x) * cell_stride] =
                        (maps[mine + (row + x) * cell_stride] + signs[k] * flipped[other + (row + mirrored) * cell_stride]) * .5f;
                }
        }
    return 0;
}
