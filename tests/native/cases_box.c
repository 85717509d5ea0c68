/* Boxes, suppression, element types, and the elementary functions beneath them. */
#include "../../src/math.h"
#include "cases.h"
#include "fovea/box.h"
#include "fovea/nms.h"
#include "fovea/tensor.h"

/* Boxes as networks give them: crowds about a few objects, some equal, some inside out. */
static void crowd(run *r, float *row)
{
    const int centre = pick(r, 0, 5);
    const float x = 40.f * (float)centre + uniform(r, -8, 8), y = 30.f * (float)(centre % 3) + uniform(r, -8, 8);
    row[0] = x, row[1] = y;
    row[2] = x + uniform(r, one_in(r, 20) ? -20 : 5, 50), row[3] = y + uniform(r, 5, 50);
    if (one_in(r, 3))
        for (int i = 0; i < 4; i++) row[i] = (float)(int)row[i];
}

static float *boxes_of(run *r, int n, int stride)
{
    float *rows = floats(r, (size_t)n * stride, -20, 200);
    const float scale = one_in(r, 6) ? uniform(r, 0, 1) * (one_in(r, 2) ? 1e6f : 1e-12f) : 1;
    const int crowded = !one_in(r, 5);
    for (int i = 0; i < n; i++) {
        float *row = rows + (size_t)i * stride;
        if (crowded) crowd(r, row);
        for (int k = 0; k < 4; k++) {
            row[k] *= scale;
            if (r->number % 3 == 2 && one_in(r, 16)) row[k] = special(r);
        }
    }
    return rows;
}

static void convert(run *r)
{
    const int n = pick(r, 0, 40);
    float *boxes = output(r, (size_t)n * 4, FLOATS), *src = boxes_of(r, n, 4);
    const int from = pick(r, FV_BOX_XYXY, FV_BOX_CXCYWH), to = pick(r, FV_BOX_XYXY, FV_BOX_CXCYWH);
    int result = fv_box_convert(boxes, src, n, from, to);
    if (one_in(r, 2)) result = fv_box_convert(boxes, boxes, n, to, from);
    finish(r, result);
}

static void clip(run *r)
{
    const int n = pick(r, 0, 40);
    float *dst = output(r, (size_t)n * 4, FLOATS), *src = boxes_of(r, n, 4);
    finish(r, fv_box_clip(dst, src, n, value(r, 0, 200), value(r, 0, 200)));
}

static void iou(run *r)
{
    const int n = pick(r, 0, 20), m = pick(r, 0, 20), kind = pick(r, FV_IOU_IOU, FV_IOU_CIOU);
    float *dst = output(r, (size_t)n * m, FLOATS), *a = boxes_of(r, n, 4), *b = boxes_of(r, m, 4);
    finish(r, fv_box_iou(dst, a, n, b, m, kind));
}

typedef struct {
    int n, most, flags;
    int32_t *keep, *classes;
    float *rows, *scores, iou, least;
    void *scratch;
} task;

static task suppression(run *r, int stride)
{
    static const float thresholds[] = {0.45f, 0.5f, 0.7f, 0.3f, 0.1f, 0.05f, 0, 1, 1.5f, -1, 0.99f};
    task t = {.n = r->number % 40 == 0 ? 0 : pick(r, 1, r->number % 40 == 1 ? 3000 : 120), .flags = one_in(r, 2) ? 0 : pick(r, 0, 7)};
    t.most = one_in(r, 3) ? pick(r, 0, t.n) : t.n;
    t.keep = output(r, (size_t)t.most, WORDS);
    t.rows = boxes_of(r, t.n, stride);
    t.scores = floats(r, (size_t)t.n, 0, 1);
    if (one_in(r, 3))
        for (int i = 0; i < t.n; i++) t.scores[i] = (float)pick(r, 0, 4) * 0.25f; /* ties */
    if (one_in(r, 2)) {
        t.classes = input(r, (size_t)t.n * 4);
        for (int i = 0; i < t.n; i++) t.classes[i] = one_in(r, 50) ? (int32_t)draw(r) : pick(r, 0, 2);
    }
    t.iou = thresholds[draw(r) % (sizeof thresholds / sizeof *thresholds)];
    if (r->number % 3 == 2 && one_in(r, 8)) t.iou = special(r);
    t.least = one_in(r, 2) ? -FV_INFINITY : value(r, 0, 1);
    t.scratch = scratch(r, fv_nms_scratch(t.n));
    return t;
}

static void greedy(run *r)
{
    const task t = suppression(r, 4);
    finish(r, fv_nms(t.keep, t.most, t.rows, t.scores, t.classes, t.n, t.iou, t.least, one_in(r, 3) ? pick(r, 1, 20) : 0,
                     t.flags, t.scratch));
}

static void soft(run *r)
{
    const task t = suppression(r, 4);
    float *kept = output(r, (size_t)t.most, FLOATS);
    finish(r, fv_nms_soft(t.keep, kept, t.most, t.rows, t.scores, t.classes, t.n, t.iou, t.least, pick(r, 0, 1),
                          one_in(r, 20) ? special(r) : uniform(r, 0.1f, 1), t.flags, t.scratch));
}

static void weighted(run *r)
{
    const int values = pick(r, 4, 9);
    const task t = suppression(r, values);
    float *merged = output(r, (size_t)t.most * values, FLOATS);
    finish(r, fv_nms_weighted(t.keep, merged, t.most, t.rows, values, t.scores, t.classes, t.n, t.iou, t.least, t.flags, t.scratch));
}

static void widen(run *r)
{
    static const int bytes[] = {4, 4, 1, 2, 1};
    const int count = pick(r, 0, 300), type = pick(r, FV_TYPE_FLOAT32, FV_TYPE_INT8);
    float *dst = output(r, (size_t)count, FLOATS);
    uint8_t *src = input(r, (size_t)count * bytes[type]);
    for (int i = 0; i < count * bytes[type]; i++) src[i] = (uint8_t)draw(r);
    finish(r, fv_tensor_widen(dst, src, count, type, value(r, -5, 5), one_in(r, 2) ? 1 : value(r, -2, 2)));
}

/* Any bits at all, then the range in which the functions are not constant. */
static void functions(run *r)
{
    enum { N = 64 };
    float *dst = output(r, 4 * N, FLOATS);
    for (int i = 0; i < N; i++) {
        const float x = i % 2 ? fv_from_bits(draw(r)) : uniform(r, -100, 100);
        dst[i] = fv_exp(x);
        dst[N + i] = fv_sigmoid(x);
        dst[2 * N + i] = x >= 1.17549435e-38f && x < FV_INFINITY ? fv_log(x) : 0;
        dst[3 * N + i] = wasm_f32x4_extract_lane(fv_atan4(SPLAT(x)), 0);
    }
    finish(r, 0);
}

const group box_groups[] = {
    {"box.convert", convert, 1000}, {"box.clip", clip, 1000}, {"box.iou", iou, 3000}, {"nms.greedy", greedy, 12000},
    {"nms.soft", soft, 3000}, {"nms.weighted", weighted, 3000}, {"tensor.widen", widen, 1000}, {"math", functions, 5000}, {0},
};
