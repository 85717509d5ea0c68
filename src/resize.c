#include "fovea/image.h"
#include "math.h"
#include "taps.h"

static int64_t scratch_floats(int dst_w, int dst_h, int width, int height, int channels)
{
    return (int64_t)dst_w * (2 + fv_taps_limit(width, dst_w)) + fv_taps_limit(height, dst_h) + (int64_t)width * channels;
}

int fv_image_resize_scratch(int dst_width, int dst_height, int width, int height, int channels)
{
    if (dst_width < 1 || dst_height < 1 || width < 1 || height < 1 || channels < 1) return FV_E_SHAPE;
    if (fv_too_big((int64_t)width * channels)) return FV_E_SHAPE;
    const int64_t bytes = 4 * scratch_floats(dst_width, dst_height, width, height, channels);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

int fv_image_resize(float *dst, int dst_width, int dst_height, const float *src, int planes, int width, int height,
                    int channels, int resize, void *scratch)
{
    if (!dst || !src || !scratch) return FV_E_NULL;
    if (planes < 1 || fv_image_resize_scratch(dst_width, dst_height, width, height, channels) < 0) return FV_E_SHAPE;
    int64_t in = planes, out = planes;
    const int in_sizes[3] = {channels, width, height}, out_sizes[3] = {channels, dst_width, dst_height};
    for (int i = 0; i < 3; i++)
        if (fv_too_big(in *= in_sizes[i]) || fv_too_big(out *= out_sizes[i])) return FV_E_SHAPE;
    if (resize < FV_RESIZE_NEAREST || resize > FV_RESIZE_ADAPTIVE) return FV_E_VALUE;

    const int limit = (int)fv_taps_limit(width, dst_width), pitch = width * channels;
    int32_t *start = scratch, *taps = start + dst_width;
    float *weights = (float *)(taps + dst_width), *weights_y = weights + (int64_t)dst_width * limit;
    float *line = weights_y + fv_taps_limit(height, dst_height);
    for (int x = 0; x < dst_width; x++)
        taps[x] = fv_taps(resize, width, dst_width, x, &start[x], weights + (int64_t)x * limit);

    for (int p = 0; p < planes; p++)
        for (int y = 0; y < dst_height; y++) {
            const float *plane = src + (int64_t)p * height * pitch;
            int first;
            const int rows = fv_taps(resize, height, dst_height, y, &first, weights_y);
            for (int r = 0; r < rows; r++) {
                const float *row = plane + (int64_t)(first + r) * pitch, w = weights_y[r];
                if (r == 0)
                    for (int i = 0; i < pitch; i++) line[i] = row[i] * w;
                else
                    for (int i = 0; i < pitch; i++) line[i] += row[i] * w;
            }
            for (int x = 0; x < dst_width; x++) {
                const float *w = weights + (int64_t)x * limit;
                for (int c = 0; c < channels; c++) {
                    const float *from = line + (int64_t)start[x] * channels + c;
                    float sum = from[0] * w[0];
                    for (int k = 1; k < taps[x]; k++) sum += from[(int64_t)k * channels] * w[k];
                    *dst++ = sum;
                }
            }
        }
    return 0;
}
