#include "fovea/image.h"
#include "target.h"

/* From one joint `length` along (x, y), and the cells to look at. */
typedef struct {
    fv_joint from;
    double x, y, length, thickness;
    int left, top, right, bottom;
} limb;

/* The integer part, within 0 to size: so do the references round boxes. */
static int whole(double v, int size) { return (int)fv_clamp(v, 0, size); }

/* Whether it has a direction. A cell is looked at from the box's top left, whole, to below its bottom right. */
static int lay(limb *l, fv_joint a, fv_joint b, double thickness, int height, int width, int field)
{
    const double dx = b.x - a.x, dy = b.y - a.y, length = __builtin_sqrt(dx * dx + dy * dy);
    if (!(length >= 1e-7)) return 0;
    const int beyond = field == FV_FIELD_PAPER;
    *l = (limb){
        .from = a, .x = dx / length, .y = dy / length, .length = length, .thickness = thickness,
        .left = whole((a.x < b.x ? a.x : b.x) - thickness, width), .right = whole((a.x > b.x ? a.x : b.x) + thickness + beyond, width),
        .top = whole((a.y < b.y ? a.y : b.y) - thickness, height), .bottom = whole((a.y > b.y ? a.y : b.y) + thickness + beyond, height),
    };
    return 1;
}

static int covers(const limb *l, int x, int y, int field)
{
    const double dx = x - l->from.x, dy = y - l->from.y, across = dx * l->y - dy * l->x, along = dx * l->x + dy * l->y;
    if (!((across < 0 ? -across : across) <= l->thickness)) return 0;
    return field == FV_FIELD_LIGHTWEIGHT || (along >= 0 && along <= l->length);
}

static void draw(float *dst, fv_maps at, int32_t *count, fv_maps many, int which, const limb *l, int width, int field)
{
    dst += at.start + 2 * which * at.plane, count += many.start + which * many.plane;
    for (int y = l->top; y < l->bottom; y++)
        for (int x = l->left; x < l->right; x++) {
            if (!covers(l, x, y, field)) continue;
            const int64_t cell = (int64_t)y * width + x;
            float *vector = dst + cell * at.cell;
            int32_t *people = count + cell * many.cell;
            const int before = field == FV_FIELD_PAPER ? *people : 0;
            /* the mean so far, of one more */
            vector[0] = (float)((vector[0] * before + l->x) / (before + 1));
            vector[at.plane] = (float)((vector[at.plane] * before + l->y) / (before + 1));
            *people = before + 1;
        }
}

int fv_target_fields(float *dst, int32_t *count, const float *joints, const float *weights, int n, int people_count, int joint_count,
                     const int32_t *pairs, int limb_count, int height, int width, int field, int layout, float thickness, float stride, float offset)
{
    if (!dst || !count || !joints || !weights || !pairs) return FV_E_NULL;
    const int fault = limb_count < 0 ? FV_E_SHAPE : fv_target_shape(n, people_count, joint_count, 2 * (int64_t)limb_count, height, width);
    if (fault) return fault;
    if (field < FV_FIELD_PAPER || field > FV_FIELD_LIGHTWEIGHT || layout < FV_LAYOUT_NCHW || layout > FV_LAYOUT_NHWC) return FV_E_VALUE;
    if (!(thickness >= 0 && thickness < FV_INFINITY) || fv_target_step(stride, offset)) return FV_E_VALUE;
    for (int64_t i = 0; i < 2 * (int64_t)limb_count; i++)
        if (pairs[i] < 0 || pairs[i] >= joint_count) return FV_E_VALUE;

    const int64_t area = (int64_t)height * width;
    memset(dst, 0, (size_t)n * 2 * limb_count * area * sizeof *dst);
    memset(count, 0, (size_t)n * limb_count * area * sizeof *count);
    for (int entry = 0; entry < n; entry++) {
        const fv_maps at = fv_maps_of(entry, 2 * limb_count, area, layout), many = fv_maps_of(entry, limb_count, area, layout);
        for (int which = 0; which < limb_count; which++)
            for (int p = 0; p < people_count; p++) {
                const int64_t person = ((int64_t)entry * people_count + p) * joint_count;
                fv_joint a, b;
                limb l;
                if (fv_target_joint(&a, joints, weights, person + pairs[2 * which], stride, offset) &&
                    fv_target_joint(&b, joints, weights, person + pairs[2 * which + 1], stride, offset) && lay(&l, a, b, thickness, height, width, field))
                    draw(dst, at, count, many, which, &l, width, field);
            }
    }
    return 0;
}
