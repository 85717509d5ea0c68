#include "sample_maps.h"
#include "math.h"

static int check(const fv_sampler *s, int n, int channels, int64_t points, int layout)
{
    if (s->dims != 2 && s->dims != 3) return FV_E_VALUE;
    if (s->mode < FV_MODE_BILINEAR || s->mode > FV_MODE_BICUBIC || (s->mode == FV_MODE_BICUBIC && s->dims == 3)) return FV_E_VALUE;
    if (s->padding < FV_PADDING_ZEROS || s->padding > FV_PADDING_REFLECTION) return FV_E_VALUE;
    if (s->coords < FV_COORDS_EDGES || s->coords > FV_COORDS_INDEX) return FV_E_VALUE;
    if (layout != FV_LAYOUT_NCHW && layout != FV_LAYOUT_NHWC) return FV_E_VALUE;
    if (n < 0 || channels < 1 || points < 0) return FV_E_SHAPE;
    int64_t in = 4, out = 4;
    for (int k = 0; k < 3; k++)
        if (s->size[k] < 1 || fv_too_big(in *= s->size[k])) return FV_E_SHAPE;
    if (fv_too_big(in *= channels) || fv_too_big(in * (n > 1 ? n : 1))) return FV_E_SHAPE;
    if (fv_too_big(out *= points) || fv_too_big(out * s->dims * (n > 1 ? n : 1))) return FV_E_SHAPE;
    return fv_too_big(out *= channels) || fv_too_big(out * (n > 1 ? n : 1)) ? FV_E_SHAPE : 0;
}

int fv_make_maps(fv_maps *maps, int n, int channels, int depth, int height, int width, int dims, int layout, int64_t points,
                 int mode, int padding, int coords)
{
    if (dims == 2) depth = 1;
    maps->sampler = (fv_sampler){dims, mode, padding, coords, {width, height, depth}, {0}};
    const int error = check(&maps->sampler, n, channels, points, layout);
    if (error) return error;
    const int64_t area = (int64_t)width * height, pixel = layout == FV_LAYOUT_NHWC ? channels : 1;
    const int64_t step[3] = {pixel, pixel * width, pixel * area};
    memcpy(maps->sampler.step, step, sizeof step);
    maps->inside = fv_make_inside(&maps->sampler);
    maps->channels = channels;
    maps->last = layout == FV_LAYOUT_NHWC && channels > 1;
    maps->channel_step = layout == FV_LAYOUT_NHWC ? 1 : area * depth;
    maps->floats = area * depth * channels;
    return 0;
}

int64_t fv_grid_points(int depth, int height, int width)
{
    const int64_t area = (int64_t)height * width;
    if (depth < 1 || height < 1 || width < 1 || fv_too_big(area) || fv_too_big(area * depth)) return -1;
    return area * depth;
}
