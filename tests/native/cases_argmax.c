/* Peaks of heatmaps. */
#include "cases.h"
#include "fovea/argmax.h"

#define BIG INT32_MAX

typedef struct {
    int n, count, height, width, entry, map, cell;
    size_t area;
    float *maps;
} stack;

/* Maps of either layout, some of them with few values, so that they tie, or hollow, so that they bend. */
static stack some_maps(run *r, int planes)
{
    stack s = {.n = pick(r, 0, 2), .count = (planes == 1 && one_in(r, 4) ? pick(r, 14, 21) : pick(r, 0, 9)), .height = pick(r, 1, 12), .width = pick(r, 1, 20)};
    s.area = (size_t)s.height * s.width;
    const int last = one_in(r, 2), all = s.count * planes;
    s.entry = all * (int)s.area, s.map = (last ? 1 : (int)s.area) * planes, s.cell = last ? all : 1;
    s.maps = floats(r, (size_t)s.n * all * s.area, -0.2f, 1);
    const int kind = pick(r, 0, 3);
    for (size_t i = 0; kind < 2 && i < (size_t)s.n * all * s.area; i++)
        if (s.maps[i] == s.maps[i]) s.maps[i] = kind ? (float)(s.maps[i] > 0.8f) : s.maps[i] * s.maps[i] * s.maps[i];
    return s;
}

static int odd(run *r, int most) { return 2 * pick(r, 0, most / 2) + 1; }

static void maps(run *r)
{
    const stack s = some_maps(r, 1);
    float *coords = output(r, (size_t)s.n * s.count * 2, FLOATS), *confidence = output(r, (size_t)s.n * s.count, FLOATS);
    finish(r, fv_argmax_maps(coords, confidence, s.maps, s.n, s.count, s.height, s.width, s.entry, s.map, s.cell, pick(r, FV_REFINE_NONE, FV_REFINE_MEGVII),
                             one_in(r, 10) ? odd(r, 126) : odd(r, 17), pick(r, 0, 3), scratch(r, fv_argmax_scratch(s.width))));
    for (int i = 0; i < s.n * s.count * 2; i++) expect(r, coords[i] == coords[i], "a coordinate is NaN");
}

static void offsets(run *r)
{
    const stack s = some_maps(r, 3);
    const int next = s.cell == 1 ? (int)s.area : 1; /* class, x, y of each joint */
    float *coords = output(r, (size_t)s.n * s.count * 2, FLOATS), *confidence = output(r, (size_t)s.n * s.count, FLOATS);
    finish(r, fv_argmax_offsets(coords, confidence, s.maps, s.n, s.count, s.height, s.width, s.entry, s.map, s.cell, s.maps + next, s.maps + 2 * next,
                                s.entry, s.map, s.cell, uniform(r, 0.5f, 3), one_in(r, 2) ? 1 : odd(r, 23), odd(r, 11), pick(r, 0, 3),
                                scratch(r, fv_argmax_scratch(s.width))));
    for (int i = 0; i < s.n * s.count * 2; i++) expect(r, coords[i] == coords[i], "a coordinate is NaN");
}

static void simcc(run *r)
{
    const int n = pick(r, 0, 5), width_x = pick(r, 1, 70), width_y = pick(r, 1, 40);
    const float *x = floats(r, (size_t)n * width_x, -0.2f, 1), *y = floats(r, (size_t)n * width_y, -0.2f, 1);
    float *coords = output(r, (size_t)n * 2, FLOATS), *confidence = output(r, (size_t)n, FLOATS), *visibility = one_in(r, 2) ? output(r, (size_t)n, FLOATS) : NULL;
    finish(r, fv_argmax_simcc(coords, confidence, visibility, x, y, n, width_x, width_y, one_in(r, 2) ? 0 : odd(r, 37), one_in(r, 2) ? 0 : odd(r, 37),
                              pick(r, FV_VISIBLE_SOFTMAX, FV_VISIBLE_SIGMOID), uniform(r, 0, 150), uniform(r, 0, 150), uniform(r, 0.5f, 3),
                              scratch(r, fv_argmax_scratch(width_x > width_y ? width_x : width_y))));
}

static void rois(run *r)
{
    const int n = pick(r, 0, 2), count = pick(r, 0, 3), height = pick(r, 1, 9), width = pick(r, 1, 9), columns = one_in(r, 8) ? 5 : 60;
    const float *src = floats(r, (size_t)n * count * height * width, -1, 1), *boxes = floats(r, (size_t)n * 4, -9, 50);
    float *keypoints = output(r, (size_t)n * count * 3, FLOATS), *scores = output(r, (size_t)n * count, FLOATS);
    finish(r, fv_argmax_rois(keypoints, scores, src, n, count, height, width, boxes, columns, pick(r, FV_SCORE_LOGIT, FV_SCORE_SOFTMAX),
                             scratch(r, fv_argmax_roi_scratch(height, width, columns))));
}

static void merge(run *r)
{
    const stack s = some_maps(r, 1);
    const size_t all = (size_t)s.n * s.count * s.area;
    const float *flipped = floats(r, all, -1, 1), *signs = floats(r, (size_t)s.count, -1, 1);
    int32_t *partners = input(r, (size_t)s.count * 4);
    for (int k = 0; k < s.count; k++) partners[k] = pick(r, 0, s.count - 1);
    finish(r, fv_argmax_merge(output(r, all, FLOATS), s.maps, flipped, s.n, s.count, s.height, s.width, s.entry, s.map, s.cell, partners, signs, pick(r, 0, 1)));
}

#define REFUSE(code, ...) \
    do { \
        const int refused = (__VA_ARGS__); \
        expect(r, refused == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, refused); \
    } while (0)

static void errors(run *r)
{
    float *dst = output(r, 64, FLOATS), *of = output(r, 64, FLOATS);
    const float *src = floats(r, 64, 0, 3), *signs = floats(r, 2, 0, 1);
    int32_t *partners = input(r, 8);
    void *work = scratch(r, fv_argmax_scratch(8));
    partners[0] = 1, partners[1] = 0;
#define MAPS(d, o, s, refine, kernel, flags, w) fv_argmax_maps(d, o, s, 1, 2, 4, 4, 32, 16, 1, refine, kernel, flags, w)
    REFUSE(FV_E_NULL, MAPS(0, of, src, 0, 1, 0, work));
    REFUSE(FV_E_NULL, MAPS(dst, 0, src, 0, 1, 0, work));
    REFUSE(FV_E_NULL, MAPS(dst, of, 0, 0, 1, 0, work));
    REFUSE(FV_E_NULL, MAPS(dst, of, src, 0, 1, 0, 0));
    REFUSE(FV_E_VALUE, MAPS(dst, of, src, FV_REFINE_MEGVII + 1, 1, 0, work));
    REFUSE(FV_E_VALUE, MAPS(dst, of, src, -1, 1, 0, work));
    REFUSE(FV_E_VALUE, MAPS(dst, of, src, 0, 2, 0, work));
    REFUSE(FV_E_VALUE, MAPS(dst, of, src, 0, 129, 0, work));
    REFUSE(FV_E_VALUE, MAPS(dst, of, src, 0, -1, 0, work));
    REFUSE(FV_E_VALUE, MAPS(dst, of, src, 0, 1, 4, work));
    static const int shapes[][4] = {{-1, 2, 4, 4}, {1, -2, 4, 4}, {1, 2, 0, 4}, {1, 2, 4, 0}, {BIG, BIG, 1, 1}, {BIG, 1, 1, 1}, {1, 1, BIG, 1}, {1, 1, BIG, BIG}, {4, 4, 8192, 8192}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int *s = shapes[i];
        REFUSE(FV_E_SHAPE, fv_argmax_maps(dst, of, src, s[0], s[1], s[2], s[3], 32, 16, 1, 0, 1, 0, work));
        REFUSE(FV_E_SHAPE, fv_argmax_offsets(dst, of, src, s[0], s[1], s[2], s[3], 32, 16, 1, src, src, 32, 16, 1, 1, 1, 1, 0, work));
        REFUSE(FV_E_SHAPE, fv_argmax_merge(dst, src, src, s[0], s[1], s[2], s[3], 32, 16, 1, partners, signs, 0));
        REFUSE(FV_E_SHAPE, fv_argmax_rois(dst, of, src, s[0], s[1], s[2], s[3], src, 8, 0, work));
    }
    REFUSE(FV_E_SHAPE, fv_argmax_maps(dst, of, src, 1, 2, 4, 4, -32, 16, 1, 0, 1, 0, work));
    REFUSE(FV_E_VALUE, fv_argmax_offsets(dst, of, src, 1, 2, 4, 4, 32, 16, 1, src, src, 32, 16, 1, __builtin_inff(), 1, 1, 0, work));
    REFUSE(FV_E_VALUE, fv_argmax_offsets(dst, of, src, 1, 2, 4, 4, 32, 16, 1, src, src, 32, 16, 1, 1, 1, 2, 0, work));
    REFUSE(FV_E_NULL, fv_argmax_offsets(dst, of, src, 1, 2, 4, 4, 32, 16, 1, src, 0, 32, 16, 1, 1, 1, 1, 0, work));
#define SIMCC(n, x, y, kernel, visible, beta, split) fv_argmax_simcc(dst, of, 0, src, src, n, x, y, kernel, 0, visible, beta, 1, split, work)
    REFUSE(FV_E_SHAPE, SIMCC(-1, 4, 4, 0, 0, 1, 1));
    REFUSE(FV_E_SHAPE, SIMCC(1, 4, 0, 0, 0, 1, 1));
    REFUSE(FV_E_SHAPE, SIMCC(1, BIG, 4, 0, 0, 1, 1));
    REFUSE(FV_E_VALUE, SIMCC(1, 4, 4, 2, 0, 1, 1));
    REFUSE(FV_E_VALUE, SIMCC(1, 4, 4, 0, 2, 1, 1));
    REFUSE(FV_E_VALUE, SIMCC(1, 4, 4, 0, 0, -1, 1));
    REFUSE(FV_E_VALUE, SIMCC(1, 4, 4, 0, 0, 1, 0));
    float *box = input(r, 16);
    for (int i = 0; i < 4; i++) box[i] = (float)(5 * i);
#define ROIS(columns, score) fv_argmax_rois(dst, of, src, 1, 1, 4, 4, box, columns, score, work)
    REFUSE(FV_E_CAPACITY, ROIS(9, 0));
    REFUSE(FV_E_SHAPE, ROIS(0, 0));
    REFUSE(FV_E_SHAPE, ROIS(16385, 0));
    REFUSE(FV_E_VALUE, ROIS(10, 2));
    box[3] = 16390;
    REFUSE(FV_E_VALUE, ROIS(10, 0));
    box[3] = __builtin_nanf("");
    REFUSE(FV_E_VALUE, ROIS(10, 0));
    REFUSE(FV_E_NULL, fv_argmax_merge(dst, src, src, 1, 2, 4, 4, 32, 16, 1, 0, signs, 0));
    REFUSE(FV_E_VALUE, fv_argmax_merge(dst, src, src, 1, 2, 4, 4, 32, 16, 1, partners, signs, 2));
    partners[1] = 2;
    REFUSE(FV_E_VALUE, fv_argmax_merge(dst, src, src, 1, 2, 4, 4, 32, 16, 1, partners, signs, 0));
    REFUSE(FV_E_SHAPE, fv_argmax_scratch(0));
    REFUSE(FV_E_SHAPE, fv_argmax_scratch(BIG));
    REFUSE(FV_E_SHAPE, fv_argmax_roi_scratch(4, BIG, 4));
}

const group argmax_groups[] = {
    {"argmax.maps", maps, 6000}, {"argmax.offsets", offsets, 3000}, {"argmax.simcc", simcc, 3000}, {"argmax.rois", rois, 3000}, {"argmax.merge", merge, 1500},
    {"error.argmax", errors, 1}, {0},
};
