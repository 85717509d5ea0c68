/* Targets. */
#include "cases.h"
#include "fovea/image.h"
#include "fovea/target.h"

#define BIG INT32_MAX

typedef struct {
    int n, people, joints, height, width, layout;
    size_t area, points;
    float *coords, *weights;
    float stride, offset;
} crowd;

static crowd some_people(run *r)
{
    crowd c = {.n = pick(r, 0, 2), .people = pick(r, 0, 3), .joints = pick(r, 0, 4), .height = pick(r, 1, 12), .width = pick(r, 1, 20)};
    c.area = (size_t)c.height * c.width, c.points = (size_t)c.n * c.people * c.joints;
    c.layout = pick(r, FV_LAYOUT_NCHW, FV_LAYOUT_NHWC);
    c.coords = floats(r, 2 * c.points, -6, 24);
    c.weights = floats(r, c.points, 0.3f, 1.2f);
    c.stride = uniform(r, 0.2f, 3), c.offset = value(r, -1, 1);
    return c;
}

static void spots(run *r)
{
    const crowd c = some_people(r);
    const int spot = pick(r, FV_SPOT_EXACT, FV_SPOT_LIGHTWEIGHT), flags = pick(r, 0, 3);
    const float sigma = spot == FV_SPOT_MEGVII ? (float)(2 * pick(r, 0, 20) + 1) : one_in(r, 12) ? special(r) : uniform(r, 0.2f, 4);
    float *dst = output(r, (size_t)c.n * (c.joints + (flags & FV_TARGET_BACKGROUND ? 1 : 0)) * c.area, FLOATS), *kept = output(r, c.points, FLOATS);
    finish(r, fv_target_spots(dst, kept, c.coords, c.weights, c.n, c.people, c.joints, c.height, c.width, spot, pick(r, FV_COMBINE_MAX, FV_COMBINE_CLIPPED),
                              flags, c.layout, sigma, c.stride, c.offset, scratch(r, fv_target_scratch(c.height, c.width))));
}

static void fields(run *r)
{
    const crowd c = some_people(r);
    const int limbs = c.joints ? pick(r, 0, 3) : 0, field = pick(r, FV_FIELD_PAPER, FV_FIELD_LIGHTWEIGHT);
    int32_t *pairs = input(r, (size_t)limbs * 8);
    for (int i = 0; i < 2 * limbs; i++) pairs[i] = pick(r, 0, c.joints - 1);
    float *dst = output(r, (size_t)c.n * 2 * limbs * c.area, FLOATS);
    int32_t *count = output(r, (size_t)c.n * limbs * c.area, WORDS);
    const float thickness = one_in(r, 12) ? special(r) : uniform(r, 0, 3);
    finish(r, fv_target_fields(dst, count, c.coords, c.weights, c.n, c.people, c.joints, pairs, limbs, c.height, c.width, field, c.layout, thickness,
                               c.stride, c.offset));
}

static void codes(run *r)
{
    const crowd c = some_people(r);
    const int n = c.n * c.people; /* one person a map */
    float *kept = output(r, c.points, FLOATS);
    if (one_in(r, 2)) {
        float *dst = output(r, (size_t)n * 3 * c.joints * c.area, FLOATS);
        finish(r, fv_target_offsets(dst, kept, c.coords, c.weights, n, c.joints, c.height, c.width, c.layout, uniform(r, 0.5f, 5), c.stride, c.offset));
        return;
    }
    float *x = output(r, (size_t)n * c.joints * c.width, FLOATS), *y = output(r, (size_t)n * c.joints * c.height, FLOATS);
    finish(r, fv_target_simcc(x, y, kept, c.coords, c.weights, n, c.joints, c.width, c.height, uniform(r, 0.3f, 6), uniform(r, 0.3f, 6), pick(r, 0, 1),
                              one_in(r, 2) ? -1 : uniform(r, 0, 1), c.stride));
}

#define REFUSE(code, ...) \
    do { \
        const int refused = (__VA_ARGS__); \
        expect(r, refused == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, refused); \
    } while (0)

static void errors(run *r)
{
    float *dst = output(r, 64, FLOATS), *kept = output(r, 4, FLOATS);
    int32_t *count = output(r, 32, WORDS), *pairs = input(r, 16);
    const float *joints = floats(r, 8, 0, 3), *weights = floats(r, 4, 1, 2);
    void *work = scratch(r, fv_target_scratch(4, 4));
    pairs[0] = 0, pairs[1] = 1, pairs[2] = 1, pairs[3] = 2;
#define SPOTS(d, k, j, w, s) fv_target_spots(d, k, j, w, 1, 2, 2, 4, 4, 0, 0, 0, 0, 1, 1, 0, s)
    REFUSE(FV_E_NULL, SPOTS(0, kept, joints, weights, work));
    REFUSE(FV_E_NULL, SPOTS(dst, 0, joints, weights, work));
    REFUSE(FV_E_NULL, SPOTS(dst, kept, 0, weights, work));
    REFUSE(FV_E_NULL, SPOTS(dst, kept, joints, 0, work));
    REFUSE(FV_E_NULL, SPOTS(dst, kept, joints, weights, 0));
    static const int shapes[][5] = {{-1, 2, 2, 4, 4}, {1, -1, 2, 4, 4}, {1, 2, -1, 4, 4}, {1, 2, 2, 0, 4}, {1, 2, 2, 4, 0}, {BIG, 1, 1, 1, 1}, {1, BIG, BIG, 1, 1},
                                    {1, 1, BIG, 1, 1}, {1, 1, 1, BIG, BIG}, {0, 0, 0, BIG, BIG}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int *s = shapes[i];
        REFUSE(FV_E_SHAPE, fv_target_spots(dst, kept, joints, weights, s[0], s[1], s[2], s[3], s[4], 0, 0, 0, 0, 1, 1, 0, work));
        REFUSE(FV_E_SHAPE, fv_target_fields(dst, count, joints, weights, s[0], s[1], s[2], pairs, 1, s[3], s[4], 0, 0, 1, 1, 0));
    }
#define HOW(spot, combine, flags, layout, sigma, stride, offset) \
    fv_target_spots(dst, kept, joints, weights, 1, 2, 2, 4, 4, spot, combine, flags, layout, sigma, stride, offset, work)
    REFUSE(FV_E_VALUE, HOW(-1, 0, 0, 0, 1, 1, 0));
    REFUSE(FV_E_VALUE, HOW(FV_SPOT_LIGHTWEIGHT + 1, 0, 0, 0, 1, 1, 0));
    REFUSE(FV_E_VALUE, HOW(0, FV_COMBINE_CLIPPED + 1, 0, 0, 1, 1, 0));
    REFUSE(FV_E_VALUE, HOW(0, 0, 4, 0, 1, 1, 0));
    REFUSE(FV_E_VALUE, HOW(0, 0, 0, 2, 1, 1, 0));
    REFUSE(FV_E_VALUE, HOW(0, 0, 0, 0, 0, 1, 0));
    REFUSE(FV_E_VALUE, HOW(0, 0, 0, 0, 1, 0, 0));
    REFUSE(FV_E_VALUE, HOW(0, 0, 0, 0, 1, 1, __builtin_inff()));
    REFUSE(FV_E_VALUE, HOW(FV_SPOT_MEGVII, 0, 0, 0, 2, 1, 0));
    REFUSE(FV_E_VALUE, HOW(FV_SPOT_MEGVII, 0, 0, 0, 129, 1, 0));
    REFUSE(FV_E_VALUE, HOW(FV_SPOT_MEGVII, 0, 0, 0, 1e30f, 1, 0));
#define FIELDS(list, limbs, field, thickness) fv_target_fields(dst, count, joints, weights, 1, 2, 2, list, limbs, 4, 4, field, 0, thickness, 1, 0)
    REFUSE(FV_E_NULL, FIELDS(0, 1, 0, 1));
    REFUSE(FV_E_SHAPE, FIELDS(pairs, -1, 0, 1));
    REFUSE(FV_E_SHAPE, FIELDS(pairs, BIG, 0, 1));
    REFUSE(FV_E_VALUE, FIELDS(pairs, 2, 0, 1));
    REFUSE(FV_E_VALUE, FIELDS(pairs, 1, 2, 1));
    REFUSE(FV_E_VALUE, FIELDS(pairs, 1, 0, -1));
#define OFFSETS(d, n, h, layout, radius, stride) fv_target_offsets(d, kept, joints, weights, n, 2, h, 4, layout, radius, stride, 0)
    REFUSE(FV_E_NULL, OFFSETS(0, 1, 4, 0, 1, 1));
    REFUSE(FV_E_SHAPE, OFFSETS(dst, -1, 4, 0, 1, 1));
    REFUSE(FV_E_SHAPE, OFFSETS(dst, 1, BIG, 0, 1, 1));
    REFUSE(FV_E_VALUE, OFFSETS(dst, 1, 4, 2, 1, 1));
    REFUSE(FV_E_VALUE, OFFSETS(dst, 1, 4, 0, 0, 1));
    REFUSE(FV_E_VALUE, OFFSETS(dst, 1, 4, 0, 1, 0));
#define SIMCC(d, n, width, sigma, normalise, smoothing, split) fv_target_simcc(dst, d, kept, joints, weights, n, 2, width, 4, 1, sigma, normalise, smoothing, split)
    REFUSE(FV_E_NULL, SIMCC(0, 1, 4, 1, 0, -1, 1));
    REFUSE(FV_E_SHAPE, SIMCC(dst + 32, -1, 4, 1, 0, -1, 1));
    REFUSE(FV_E_SHAPE, SIMCC(dst + 32, 1, BIG, 1, 0, -1, 1));
    REFUSE(FV_E_VALUE, SIMCC(dst + 32, 1, 4, 0, 0, -1, 1));
    REFUSE(FV_E_VALUE, SIMCC(dst + 32, 1, 4, 1, 2, -1, 1));
    REFUSE(FV_E_VALUE, SIMCC(dst + 32, 1, 4, 1, 0, 2, 1));
    REFUSE(FV_E_VALUE, SIMCC(dst + 32, 1, 4, 1, 0, -1, 0));
    REFUSE(FV_E_SHAPE, fv_target_scratch(0, 4));
    REFUSE(FV_E_SHAPE, fv_target_scratch(BIG, 4));
}

const group target_groups[] = {{"target.spots", spots, 4000}, {"target.fields", fields, 3000}, {"target.codes", codes, 3000}, {"error.target", errors, 1}, {0}};
