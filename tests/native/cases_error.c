/* Every named error of every operator: its code, and that nothing was written. */
#include "cases.h"
#include "fovea/box.h"
#include "fovea/detect.h"
#include "fovea/image.h"
#include "fovea/nms.h"
#include "fovea/tensor.h"

#define BIG INT32_MAX
#define REFUSE(code, ...) \
    do { \
        const int result = (__VA_ARGS__); \
        expect(r, result == (code), #code " expected of " #__VA_ARGS__); \
        finish(r, result); \
    } while (0)

static void box(run *r)
{
    float *dst = output(r, 64, FLOATS);
    const float *src = floats(r, 64, 0, 9);
    REFUSE(FV_E_NULL, fv_box_convert(0, src, 4, 0, 1));
    REFUSE(FV_E_NULL, fv_box_convert(dst, 0, 4, 0, 1));
    REFUSE(FV_E_SHAPE, fv_box_convert(dst, src, -1, 0, 1));
    REFUSE(FV_E_SHAPE, fv_box_convert(dst, src, BIG, 0, 1));
    REFUSE(FV_E_VALUE, fv_box_convert(dst, src, 4, -1, 1));
    REFUSE(FV_E_VALUE, fv_box_convert(dst, src, 4, 0, FV_BOX_CXCYWH + 1));
    REFUSE(FV_E_NULL, fv_box_clip(0, src, 4, 1, 1));
    REFUSE(FV_E_NULL, fv_box_clip(dst, 0, 4, 1, 1));
    REFUSE(FV_E_SHAPE, fv_box_clip(dst, src, -1, 1, 1));
    REFUSE(FV_E_SHAPE, fv_box_clip(dst, src, BIG, 1, 1));
    REFUSE(FV_E_NULL, fv_box_iou(0, src, 2, src, 2, 0));
    REFUSE(FV_E_NULL, fv_box_iou(dst, 0, 2, src, 2, 0));
    REFUSE(FV_E_NULL, fv_box_iou(dst, src, 2, 0, 2, 0));
    REFUSE(FV_E_SHAPE, fv_box_iou(dst, src, -1, src, 2, 0));
    REFUSE(FV_E_SHAPE, fv_box_iou(dst, src, 2, src, -1, 0));
    REFUSE(FV_E_SHAPE, fv_box_iou(dst, src, BIG, src, 0, 0));
    REFUSE(FV_E_SHAPE, fv_box_iou(dst, src, 0, src, BIG, 0));
    REFUSE(FV_E_SHAPE, fv_box_iou(dst, src, 1 << 16, src, 1 << 16, 0));
    REFUSE(FV_E_VALUE, fv_box_iou(dst, src, 2, src, 2, -1));
    REFUSE(FV_E_VALUE, fv_box_iou(dst, src, 2, src, 2, FV_IOU_CIOU + 1));
}

static void tensor(run *r)
{
    float *dst = output(r, 8, FLOATS);
    const float *src = floats(r, 8, 0, 9);
    REFUSE(FV_E_NULL, fv_tensor_widen(0, src, 8, FV_TYPE_UINT8, 0, 1));
    REFUSE(FV_E_NULL, fv_tensor_widen(dst, 0, 8, FV_TYPE_UINT8, 0, 1));
    REFUSE(FV_E_SHAPE, fv_tensor_widen(dst, src, -1, FV_TYPE_UINT8, 0, 1));
    REFUSE(FV_E_SHAPE, fv_tensor_widen(dst, src, BIG, FV_TYPE_UINT8, 0, 1));
    REFUSE(FV_E_VALUE, fv_tensor_widen(dst, src, 8, -1, 0, 1));
    REFUSE(FV_E_VALUE, fv_tensor_widen(dst, src, 8, FV_TYPE_INT8 + 1, 0, 1));
}

static void nms(run *r)
{
    int32_t *keep = output(r, 8, WORDS);
    float *out = output(r, 32, FLOATS);
    const float *boxes = floats(r, 32, 0, 9), *scores = floats(r, 8, 0, 1);
    void *work = scratch(r, fv_nms_scratch(8));
    REFUSE(FV_E_SHAPE, fv_nms_scratch(-1));
    REFUSE(FV_E_SHAPE, fv_nms_scratch((1 << 24) + 1));
    REFUSE(FV_E_SHAPE, fv_nms_scratch(BIG));
    REFUSE(FV_E_NULL, fv_nms(0, 8, boxes, scores, 0, 8, .5f, 0, 0, 0, work));
    REFUSE(FV_E_NULL, fv_nms(keep, 8, 0, scores, 0, 8, .5f, 0, 0, 0, work));
    REFUSE(FV_E_NULL, fv_nms(keep, 8, boxes, 0, 0, 8, .5f, 0, 0, 0, work));
    REFUSE(FV_E_NULL, fv_nms(keep, 8, boxes, scores, 0, 8, .5f, 0, 0, 0, 0));
    REFUSE(FV_E_SHAPE, fv_nms(keep, -1, boxes, scores, 0, 8, .5f, 0, 0, 0, work));
    REFUSE(FV_E_SHAPE, fv_nms(keep, 8, boxes, scores, 0, -1, .5f, 0, 0, 0, work));
    REFUSE(FV_E_SHAPE, fv_nms(keep, 8, boxes, scores, 0, BIG, .5f, 0, 0, 0, work));
    REFUSE(FV_E_SHAPE, fv_nms(keep, 8, boxes, scores, 0, 8, .5f, 0, -1, 0, work));
    REFUSE(FV_E_NULL, fv_nms_soft(keep, 0, 8, boxes, scores, 0, 8, .5f, 0, 0, 1, 0, work));
    REFUSE(FV_E_VALUE, fv_nms_soft(keep, out, 8, boxes, scores, 0, 8, .5f, 0, 2, 1, 0, work));
    REFUSE(FV_E_VALUE, fv_nms_soft(keep, out, 8, boxes, scores, 0, 8, .5f, 0, -1, 1, 0, work));
    REFUSE(FV_E_VALUE, fv_nms_soft(keep, out, 8, boxes, scores, 0, 8, .5f, 0, 0, 0, 0, work));
    REFUSE(FV_E_VALUE, fv_nms_soft(keep, out, 8, boxes, scores, 0, 8, .5f, 0, 0, __builtin_nanf(""), 0, work));
    REFUSE(FV_E_SHAPE, fv_nms_soft(keep, out, 8, boxes, scores, 0, BIG, .5f, 0, 0, 1, 0, work));
    REFUSE(FV_E_NULL, fv_nms_weighted(keep, 0, 8, boxes, 4, scores, 0, 8, .5f, 0, 0, work));
    REFUSE(FV_E_SHAPE, fv_nms_weighted(keep, out, 8, boxes, 3, scores, 0, 8, .5f, 0, 0, work));
    REFUSE(FV_E_SHAPE, fv_nms_weighted(keep, out, 8, boxes, BIG, scores, 0, 8, .5f, 0, 0, work));
}

static void choose(run *r)
{
    int32_t *rows = output(r, 64, WORDS), *ids = output(r, 64, WORDS);
    float *scores = output(r, 64, FLOATS);
    const float *logits = floats(r, 64, 0, 1), nan = __builtin_nanf("");
#define SELECT(a, b, c, d) fv_detect_select(a, b, c, 0, 64, d, 8, 8, 8, 1, 0, 0, 0, 0, -1, .1f, 0)
    REFUSE(FV_E_NULL, SELECT(0, ids, scores, logits));
    REFUSE(FV_E_NULL, SELECT(rows, 0, scores, logits));
    REFUSE(FV_E_NULL, SELECT(rows, ids, 0, logits));
    REFUSE(FV_E_NULL, SELECT(rows, ids, scores, 0));
#undef SELECT
#define SELECT(...) fv_detect_select(rows, ids, scores, __VA_ARGS__)
    REFUSE(FV_E_SHAPE, SELECT(-1, 64, logits, 8, 8, 8, 1, 0, 0, 0, 0, -1, .1f, 0));
    REFUSE(FV_E_SHAPE, SELECT(9, 8, logits, 0, 8, 8, 1, 0, 0, 0, 0, -1, .1f, 0));
    REFUSE(FV_E_SHAPE, SELECT(0, 64, logits, -1, 8, 8, 1, 0, 0, 0, 0, -1, .1f, 0));
    REFUSE(FV_E_SHAPE, SELECT(0, 64, logits, 8, -8, 8, 1, 0, 0, 0, 0, -1, .1f, 0));
    REFUSE(FV_E_SHAPE, SELECT(0, 64, logits, 8, 8, 0, 1, 0, 0, 0, 0, -1, .1f, 0));
    REFUSE(FV_E_SHAPE, SELECT(0, 64, logits, 8, 8, 8, -1, 0, 0, 0, 0, -1, .1f, 0));
    REFUSE(FV_E_SHAPE, SELECT(0, 64, logits, 8, 8, 8, 1, logits, -1, 0, 0, -1, .1f, 0));
    REFUSE(FV_E_SHAPE, SELECT(0, 64, logits, 8, 8, 8, 1, 0, 0, -1, 0, -1, .1f, 0));
    REFUSE(FV_E_SHAPE, SELECT(0, 64, logits, 8, 8, 8, 1, 0, 0, BIG, 0, -1, .1f, 0));
    REFUSE(FV_E_VALUE, SELECT(0, 64, logits, 8, 8, 8, 1, 0, 0, 0, -1, -1, .1f, 0));
    REFUSE(FV_E_VALUE, SELECT(0, 64, logits, 8, 8, 8, 1, 0, 0, 0, FV_ACTIVATION_SOFTMAX + 1, -1, .1f, 0));
    REFUSE(FV_E_VALUE, SELECT(0, 64, logits, 8, 8, 8, 1, logits, 1, 0, FV_ACTIVATION_SOFTMAX, -1, .1f, 0));
    REFUSE(FV_E_VALUE, SELECT(0, 64, logits, 8, 8, 8, 1, 0, 0, 0, 0, -1, nan, 0));
    REFUSE(FV_E_CAPACITY, SELECT(1, 8, logits, 8, 8, 8, 1, 0, 0, 0, 0, -1, .1f, 0));
    REFUSE(FV_E_CAPACITY, SELECT(0, 63, logits, 8, 8, 8, 1, 0, 0, 0, 0, -1, .1f, 1));
    REFUSE(FV_E_CAPACITY, SELECT(0, BIG, logits, BIG, 0, BIG, 0, 0, 0, 0, 0, -1, .1f, 1));
#undef SELECT
}

static void decode(run *r)
{
    float *dst = output(r, 64, FLOATS), *coder = input(r, FV_CODER_COUNT * sizeof *coder);
    const float *head = floats(r, 64, 0, 1);
    int32_t *rows = input(r, 8 * sizeof *rows);
    for (int i = 0; i < FV_CODER_COUNT; i++) coder[i] = 0;
    for (int i = 0; i < 8; i++) rows[i] = 3 + i;
#define BOXES(...) fv_detect_boxes(dst, rows, 8, __VA_ARGS__)
    REFUSE(FV_E_NULL, fv_detect_boxes(0, rows, 8, head, 8, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_NULL, fv_detect_boxes(dst, 0, 8, head, 8, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_NULL, BOXES(0, 8, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_NULL, BOXES(head, 8, 8, 1, 3, 0, 0, 1, 0));
    REFUSE(FV_E_SHAPE, fv_detect_boxes(dst, rows, -1, head, 8, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, BOXES(head, -1, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, BOXES(head, BIG, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, BOXES(head, 8, -1, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, BOXES(head, 8, 8, -1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, BOXES(head, 8, 8, 1, -1, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, BOXES(head, 8, 8, 1, 3, 0, -1, 1, coder));
    REFUSE(FV_E_SHAPE, BOXES(head, 8, 8, 1, 3, 0, 0, 0, coder));
    REFUSE(FV_E_VALUE, BOXES(head, 7, 8, 1, 3, 0, 0, 1, coder)); /* the last row */
    REFUSE(FV_E_VALUE, BOXES(head, 8, 8, 1, 4, 0, 0, 1, coder)); /* the first */
    static const struct {
        int at;
        float wrong;
    } coders[] = {
        {FV_CODER_CODE, -1}, {FV_CODER_CODE, 3}, {FV_CODER_CODE, 1e30f}, {FV_CODER_BINS, -1}, {FV_CODER_BINS, 1025},
        {FV_CODER_CENTRE_SHAPE, -1}, {FV_CODER_CENTRE_SHAPE, 4}, {FV_CODER_SIZE_SHAPE, 4}, {FV_CODER_VISIBILITY, 2},
    };
    for (size_t i = 0; i < sizeof coders / sizeof *coders; i++) {
        coder[coders[i].at] = coders[i].wrong;
        REFUSE(FV_E_VALUE, BOXES(head, 8, 8, 1, 3, 0, 0, 1, coder));
        coder[coders[i].at] = __builtin_nanf("");
        REFUSE(FV_E_VALUE, BOXES(head, 8, 8, 1, 3, 0, 0, 1, coder));
        coder[coders[i].at] = 0;
    }
    REFUSE(FV_E_SHAPE, fv_detect_points(dst, rows, 8, -1, 2, head, 8, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, fv_detect_points(dst, rows, 8, BIG, 2, head, 8, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, fv_detect_points(dst, rows, 8, 2, 1, head, 8, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_SHAPE, fv_detect_points(dst, rows, 8, 2, 4, head, 8, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_VALUE, fv_detect_points(dst, rows, 8, 2, 2, head, 7, 8, 1, 3, 0, 0, 1, coder));
    REFUSE(FV_E_NULL, fv_detect_points(0, rows, 8, 2, 2, head, 8, 8, 1, 3, 0, 0, 1, coder));
}

static void image(run *r)
{
    uint8_t *dst = output(r, 4 * 4 * 3 * 4, BYTES);
    const uint8_t *rgba = input(r, 4 * 4 * 4);
    const float *norm = floats(r, 9, 0, 1);
    double *matrix = input(r, 6 * sizeof *matrix);
    void *work = scratch(r, fv_image_fit_scratch(4, 4, 4, 4, 4));
    for (int i = 0; i < 6; i++) matrix[i] = i == 0 || i == 4;
#define FIT(...) fv_image_fit(dst, __VA_ARGS__, norm, work)
    REFUSE(FV_E_NULL, fv_image_fit(0, 0, 0, 4, 4, rgba, 4, 4, 0, 0, 4, 4, 1, 0, norm, work));
    REFUSE(FV_E_NULL, fv_image_fit(dst, 0, 0, 4, 4, 0, 4, 4, 0, 0, 4, 4, 1, 0, norm, work));
    REFUSE(FV_E_NULL, fv_image_fit(dst, 0, 0, 4, 4, rgba, 4, 4, 0, 0, 4, 4, 1, 0, 0, work));
    REFUSE(FV_E_NULL, fv_image_fit(dst, 0, 0, 4, 4, rgba, 4, 4, 0, 0, 4, 4, 1, 0, norm, 0));
    static const int sizes[][10] = {
        {0, 4, 4, 4, 0, 0, 4, 4}, {4, 0, 4, 4, 0, 0, 4, 4}, {65536, 1, 4, 4, 0, 0, 4, 4}, {1, 65536, 4, 4, 0, 0, 4, 4},
        {65535, 65535, 4, 4, 0, 0, 4, 4}, {BIG, BIG, 4, 4, 0, 0, 4, 4}, {-4, -4, 4, 4, 0, 0, 4, 4}, {4, 4, 0, 4, 0, 0, 4, 4},
        {4, 4, 4, 0, 0, 0, 4, 4}, {4, 4, 65535, 65535, 0, 0, 4, 4}, {4, 4, BIG, 1, 0, 0, 4, 4}, {4, 4, 4, 4, 0, 0, 0, 4},
        {4, 4, 4, 4, 0, 0, 4, 0}, {4, 4, 4, 4, 0, 0, BIG, 4}, {4, 4, 4, 4, BIG, 0, 4, 4}, {4, 4, 4, 4, 0, INT32_MIN, 4, 4},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int *s = sizes[i];
        REFUSE(FV_E_SHAPE, FIT(0, 0, s[0], s[1], rgba, s[2], s[3], s[4], s[5], s[6], s[7], 1, 0));
        if (i > 10) continue;
        REFUSE(FV_E_SHAPE, fv_image_warp(dst, 0, 0, s[0], s[1], rgba, s[2], s[3], matrix, 1, 0, norm, work));
    }
    REFUSE(FV_E_VALUE, FIT(FV_TYPE_FLOAT16, 0, 4, 4, rgba, 4, 4, 0, 0, 4, 4, 1, 0));
    REFUSE(FV_E_VALUE, FIT(0, 2, 4, 4, rgba, 4, 4, 0, 0, 4, 4, 1, 0));
    REFUSE(FV_E_VALUE, FIT(0, 0, 4, 4, rgba, 4, 4, 0, 0, 4, 4, FV_RESIZE_ADAPTIVE + 1, 0));
    REFUSE(FV_E_VALUE, FIT(0, 0, 4, 4, rgba, 4, 4, 0, 0, 4, 4, 1, 2));
    REFUSE(FV_E_NULL, fv_image_warp(dst, 0, 0, 4, 4, rgba, 4, 4, 0, 1, 0, norm, work));
    REFUSE(FV_E_NULL, fv_image_warp(dst, 0, 0, 4, 4, rgba, 4, 4, matrix, 1, 0, norm, 0));
    REFUSE(FV_E_VALUE, fv_image_warp(dst, 0, 0, 4, 4, rgba, 4, 4, matrix, FV_RESIZE_ANTIALIAS, 0, norm, work));
    REFUSE(FV_E_SHAPE, fv_image_warp_scratch(0));
    REFUSE(FV_E_SHAPE, fv_image_warp_scratch(BIG));
    REFUSE(FV_E_SHAPE, fv_image_fit_scratch(BIG, 4, 4, 4, 4));
    REFUSE(FV_E_SHAPE, fv_image_fit_scratch(4, BIG, 4, 4, 4));
    REFUSE(FV_E_SHAPE, fv_image_fit_scratch(4, 4, 4, 0, 4));
}

static void maps(run *r)
{
    float *dst = output(r, 16, FLOATS);
    const float *src = floats(r, 16, 0, 1);
    void *work = scratch(r, fv_image_resize_scratch(4, 4, 4, 4, 1));
    REFUSE(FV_E_NULL, fv_image_resize(0, 4, 4, src, 1, 4, 4, 1, 1, work));
    REFUSE(FV_E_NULL, fv_image_resize(dst, 4, 4, 0, 1, 4, 4, 1, 1, work));
    REFUSE(FV_E_NULL, fv_image_resize(dst, 4, 4, src, 1, 4, 4, 1, 1, 0));
    REFUSE(FV_E_VALUE, fv_image_resize(dst, 4, 4, src, 1, 4, 4, 1, -1, work));
    REFUSE(FV_E_VALUE, fv_image_resize(dst, 4, 4, src, 1, 4, 4, 1, FV_RESIZE_ADAPTIVE + 1, work));
    static const int sizes[][6] = {
        {0, 4, 1, 4, 4, 1}, {4, 0, 1, 4, 4, 1}, {4, 4, 0, 4, 4, 1}, {4, 4, 1, 0, 4, 1}, {4, 4, 1, 4, 0, 1}, {4, 4, 1, 4, 4, 0},
        {BIG, 4, 1, 4, 4, 1}, {1, 1, 1, BIG, 1, 1}, {1, 1, 1, 1, BIG, 1}, {1, 1, 1, 65536, 65536, 1}, {4, 4, BIG, 4, 4, 1},
        {4, 4, 1, 4, 4, BIG}, {1, 1, -1, 4, 4, 1}, {INT32_MIN, 1, 1, 4, 4, 1},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int *s = sizes[i];
        REFUSE(FV_E_SHAPE, fv_image_resize(dst, s[0], s[1], src, s[2], s[3], s[4], s[5], 1, work));
    }
}

const group error_groups[] = {
    {"error.box", box, 1}, {"error.tensor", tensor, 1}, {"error.nms", nms, 1}, {"error.select", choose, 1},
    {"error.decode", decode, 1}, {"error.image", image, 1}, {"error.maps", maps, 1}, {0},
};
