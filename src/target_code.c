#include "fovea/image.h"
#include "target.h"

int fv_target_offsets(float *dst, float *kept, const float *joints, const float *weights, int n, int joint_count, int height, int width,
                      int layout, float radius, float stride, float offset)
{
    if (!dst || !kept || !joints || !weights) return FV_E_NULL;
    const int fault = fv_target_shape(n, 1, joint_count, 3 * (int64_t)joint_count, height, width);
    if (fault) return fault;
    if (layout < FV_LAYOUT_NCHW || layout > FV_LAYOUT_NHWC || !(radius > 0 && radius < FV_INFINITY) || fv_target_step(stride, offset)) return FV_E_VALUE;
    const int64_t area = (int64_t)height * width;
    memset(dst, 0, (size_t)n * 3 * joint_count * area * sizeof *dst);
    for (int entry = 0; entry < n; entry++) {
        const fv_maps at = fv_maps_of(entry, 3 * joint_count, area, layout);
        for (int k = 0; k < joint_count; k++) {
            const int64_t which = (int64_t)entry * joint_count + k;
            fv_joint joint;
            const int seen = fv_target_joint(&joint, joints, weights, which, stride, offset);
            kept[which] = seen ? weights[which] : 0;
            float *cell = dst + at.start + 3 * k * at.plane;
            for (int64_t i = 0; seen && i < area; i++, cell += at.cell) {
                const double x = (joint.x - (double)(i % width)) / radius, y = (joint.y - (double)(i / width)) / radius;
                cell[0] = x * x + y * y <= 1;
                cell[at.plane] = (float)x;
                cell[2 * at.plane] = (float)y;
            }
        }
    }
    return 0;
}

/* Half to even; of what is far below 2^51. */
static double nearest(double v) { return (v + 0x1.8p52) - 0x1.8p52; }

static int touches(double centre, int size, double radius) { return centre - radius < size && centre + radius + 1 >= 0; }

static void bell(float *dst, int size, double centre, float sigma, double gain)
{
    for (int i = 0; i < size; i++) {
        const double d = (i - centre) / sigma;
        dst[i] = (float)(fv_exp((float)(-0.5 * d * d)) * gain);
    }
}

static void smooth(float *dst, int size, double centre, float smoothing)
{
    for (int i = 0; i < size; i++) dst[i] = i == centre ? 1 - smoothing : smoothing / (float)(size - 1);
}

int fv_target_simcc(float *dst_x, float *dst_y, float *kept, const float *joints, const float *weights, int n, int joint_count, int width_x,
                    int width_y, float sigma_x, float sigma_y, int normalise, float smoothing, float split)
{
    if (!dst_x || !dst_y || !kept || !joints || !weights) return FV_E_NULL;
    if (fv_target_shape(n, 1, joint_count, joint_count, 1, width_x) || fv_target_shape(n, 1, joint_count, joint_count, 1, width_y)) return FV_E_SHAPE;
    if (normalise < 0 || normalise > 1 || !(smoothing <= 1) || !(split > 0 && split < FV_INFINITY)) return FV_E_VALUE;
    const int widths[2] = {width_x, width_y};
    const float sigmas[2] = {sigma_x, sigma_y};
    if (!(sigma_x > 0 && sigma_x < FV_INFINITY && sigma_y > 0 && sigma_y < FV_INFINITY)) return FV_E_VALUE;
    for (int64_t which = 0; which < (int64_t)n * joint_count; which++) {
        fv_joint joint;
        int seen = fv_target_joint(&joint, joints, weights, which, 1, 0);
        const double centres[2] = {seen ? nearest(joint.x * split) : 0, seen ? nearest(joint.y * split) : 0};
        for (int axis = 0; axis < 2; axis++)
            seen = seen && (smoothing < 0 ? touches(centres[axis], widths[axis], 3. * sigmas[axis]) : centres[axis] >= 0 && centres[axis] < widths[axis]);
        kept[which] = seen ? weights[which] : 0;
        for (int axis = 0; axis < 2; axis++) {
            float *dst = (axis ? dst_y : dst_x) + which * widths[axis];
            if (!seen) memset(dst, 0, (size_t)widths[axis] * sizeof *dst);
            else if (smoothing < 0) bell(dst, widths[axis], centres[axis], sigmas[axis], normalise ? 0.3989422804014327 / sigmas[axis] : 1);
            else smooth(dst, widths[axis], centres[axis], smoothing);
        }
    }
    return 0;
}
