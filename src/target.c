#include "target.h"
#include "fovea/image.h"
#include "kernel.h"

static const double FAR = 1e8;
static const float LIGHTWEIGHT_LEAST = 0.00999983f; /* e^-4.6052 */

fv_maps fv_maps_of(int entry, int planes, int64_t area, int layout)
{
    const int last = layout == FV_LAYOUT_NHWC;
    return (fv_maps){last ? 1 : area, last ? planes : 1, entry * (planes * area)};
}

int fv_target_joint(fv_joint *joint, const float *joints, const float *weights, int64_t which, float stride, float offset)
{
    const float x = joints[2 * which], y = joints[2 * which + 1];
    if (!(weights[which] >= .5f) || x - x != 0 || y - y != 0) return 0;
    joint->x = fv_clamp(((double)x - offset) / stride, -FAR, FAR);
    joint->y = fv_clamp(((double)y - offset) / stride, -FAR, FAR);
    return 1;
}

int fv_target_shape(int n, int people_count, int joint_count, int64_t planes, int height, int width)
{
    if (n < 0 || people_count < 0 || joint_count < 0 || planes < 0 || height < 1 || width < 1) return FV_E_SHAPE;
    int64_t points = 8, cells = 4;
    const int64_t sizes[3] = {n, people_count, joint_count}, maps[4] = {n, planes, height, width};
    for (int i = 0; i < 3; i++)
        if (fv_too_big(sizes[i]) || fv_too_big(points *= fv_max((int)sizes[i], 1))) return FV_E_SHAPE;
    for (int i = 0; i < 4; i++)
        if (fv_too_big(maps[i]) || fv_too_big(cells *= fv_max((int)maps[i], 1))) return FV_E_SHAPE;
    return 0;
}

int fv_target_scratch(int height, int width)
{
    if (height < 1 || width < 1 || fv_too_big(4 * ((int64_t)height + width))) return FV_E_SHAPE;
    return 4 * (height + width);
}

/* The blurred delta at `centre` of `size` cells, 1 there. */
static int blurred(float *dst, int size, double centre, int kernel)
{
    const int at = (int)centre, half = kernel / 2;
    double taps[FV_KERNEL_MOST / 2 + 1];
    if (at < 0 || at >= size) return 0;
    fv_kernel(taps, kernel);
    for (int i = 0; i < size; i++) {
        double sum = 0;
        for (int t = -half; t <= half; t++)
            if (fv_reflect(i + t, size) == at) sum += taps[t < 0 ? -t : t];
        dst[i] = (float)sum;
    }
    const float peak = dst[at];
    for (int i = 0; i < size; i++) dst[i] /= peak;
    return 1;
}

/*
 * A joint along one axis of `size` cells: every spot is the product of two. To be normalised, it is 1 in the cell of the
 * map that is nearest, or the tail of a joint far outside would be nothing. Returns whether it is seen there.
 */
static int profile(float *dst, int size, double centre, int spot, float sigma, int normalise)
{
    if (spot == FV_SPOT_MEGVII) return blurred(dst, size, centre, (int)sigma);
    const double radius = fv_clamp(3. * sigma, 0, FAR);
    const int nearest = (int)(centre + .5);
    const int square = spot == FV_SPOT_MSRA || spot == FV_SPOT_UDP;
    const int from = square ? (int)(nearest - radius) : 0, to = square ? (int)(nearest + radius + 1) : size;
    if (square && (from >= size || to < 0)) return 0;
    if (spot == FV_SPOT_UNBIASED && !(centre - radius < size && centre + radius + 1 >= 0)) return 0;
    if (spot == FV_SPOT_ONE_HOT && (nearest < 0 || nearest >= size)) return 0;
    const double about = spot == FV_SPOT_MSRA ? nearest : centre, scale = -.5 / ((double)sigma * sigma);
    const double near = normalise ? about - fv_clamp(nearest, 0, size - 1) : 0;
    for (int i = 0; i < size; i++) {
        const double d = i - about;
        dst[i] = spot == FV_SPOT_ONE_HOT ? i == nearest : i >= from && i < to ? fv_exp((float)((d * d - near * near) * scale)) : 0;
    }
    return 1;
}

/* What to multiply two profiles with. */
static float gain(const float *across, int width, const float *down, int height, int spot, int flags)
{
    if (!(flags & FV_TARGET_NORMALISE)) return spot == FV_SPOT_MEGVII ? 255.f : 1.f;
    double sums[2] = {0, 0};
    for (int j = 0; j < width; j++) sums[0] += across[j];
    for (int i = 0; i < height; i++) sums[1] += down[i];
    const double sum = sums[0] * sums[1];
    return sum > 0 ? (float)(1 / sum) : 0;
}

typedef struct {
    const float *across, *down;
    int height, width;
    float gain, least;
} stamp;

static void paint(float *dst, fv_maps at, int plane, stamp s, int combine)
{
    dst += at.start + plane * at.plane;
    for (int i = 0; i < s.height; i++) {
        const float row = s.down[i] * s.gain;
        if (row == 0) {
            dst += s.width * at.cell;
            continue;
        }
        for (int j = 0; j < s.width; j++, dst += at.cell) {
            const float v = row * s.across[j];
            if (!(v > s.least)) continue;
            const float sum = combine == FV_COMBINE_MAX ? (v > *dst ? v : *dst) : *dst + v;
            *dst = combine == FV_COMBINE_CLIPPED && sum > 1 ? 1 : sum;
        }
    }
}

static void background(float *dst, fv_maps at, int planes, int64_t area)
{
    for (int64_t i = 0; i < area; i++) {
        float *cell = dst + at.start + i * at.cell, most = 0;
        for (int p = 0; p < planes; p++) most = cell[p * at.plane] > most ? cell[p * at.plane] : most;
        cell[planes * at.plane] = 1 - most;
    }
}

int fv_target_spots(float *dst, float *kept, const float *joints, const float *weights, int n, int people_count, int joint_count,
                    int height, int width, int spot, int combine, int flags, int layout, float sigma, float stride, float offset, void *scratch)
{
    if (!dst || !kept || !joints || !weights || !scratch) return FV_E_NULL;
    const int extra = flags & FV_TARGET_BACKGROUND ? 1 : 0;
    const int fault = fv_target_shape(n, people_count, joint_count, (int64_t)joint_count + extra, height, width);
    if (fault) return fault;
    if (spot < FV_SPOT_EXACT || spot > FV_SPOT_LIGHTWEIGHT || combine < FV_COMBINE_MAX || combine > FV_COMBINE_CLIPPED || flags < 0 || flags > 3 ||
        layout < FV_LAYOUT_NCHW || layout > FV_LAYOUT_NHWC || !(sigma > 0 && sigma < FV_INFINITY))
        return FV_E_VALUE;
    if (spot == FV_SPOT_MEGVII && !(sigma <= FV_KERNEL_MOST && sigma == (int)sigma && fv_kernel_fits((int)sigma))) return FV_E_VALUE;
    if (fv_target_step(stride, offset)) return FV_E_VALUE;

    const int planes = joint_count + extra;
    const int64_t area = (int64_t)height * width;
    float *across = scratch, *down = across + width;
    memset(dst, 0, (size_t)n * planes * area * sizeof *dst);
    for (int entry = 0; entry < n; entry++) {
        const fv_maps at = fv_maps_of(entry, planes, area, layout);
        for (int p = 0; p < people_count; p++)
            for (int k = 0; k < joint_count; k++) {
                const int64_t which = ((int64_t)entry * people_count + p) * joint_count + k;
                fv_joint joint;
                const int seen = fv_target_joint(&joint, joints, weights, which, stride, offset) &&
                                 profile(across, width, joint.x, spot, sigma, flags & FV_TARGET_NORMALISE) &&
                                 profile(down, height, joint.y, spot, sigma, flags & FV_TARGET_NORMALISE);
                kept[which] = seen ? weights[which] : 0;
                if (!seen) continue;
                const stamp s = {across, down, height, width, gain(across, width, down, height, spot, flags), spot == FV_SPOT_LIGHTWEIGHT ? LIGHTWEIGHT_LEAST : 0};
                paint(dst, at, k, s, combine);
            }
        if (extra) background(dst, at, joint_count, area);
    }
    return 0;
}
