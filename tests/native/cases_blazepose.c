#include "cases.h"
#include "fovea/blazepose.h"

static void landmarks(run *r)
{
    const int n = pick(r, 0, 6), height = pick(r, 1, 9), width = pick(r, 1, 9), channels = n + pick(r, 0, 1), planar = pick(r, 0, 1);
    const int cell_stride = planar ? 1 : channels, channel_stride = planar ? height * width : 1;
    float *dst = output(r, (size_t)n * 5, FLOATS), *src = floats(r, (size_t)n * 5, -20, 60);
    float *heatmap = one_in(r, 6) ? NULL : floats(r, (size_t)height * width * channels, -9, one_in(r, 2) ? 2 : 9);
    const float step_x = value(r, 1, 8), step_y = value(r, 1, 8);
    finish(r, fv_blazepose_landmarks(dst, src, n, heatmap, height, width, cell_stride, channel_stride, step_x, step_y,
                                     one_in(r, 20) ? pick(r, -1, 70000) : 2 * pick(r, 0, 5) + 1, value(r, 0, 1),
                                     one_in(r, 20) ? pick(r, -1, 2) : pick(r, FV_BLAZEPOSE_MEDIAPIPE, FV_BLAZEPOSE_TFJS)));
}

static void mask(run *r)
{
    const int count = pick(r, 0, 70);
    float *dst = output(r, (size_t)count, FLOATS);
    finish(r, fv_blazepose_mask(dst, floats(r, (size_t)count, -30, 30), count));
}

const group blazepose_groups[] = {{"blazepose.landmarks", landmarks, 4000}, {"blazepose.mask", mask, 500}, {0}};
