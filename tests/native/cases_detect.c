#include "cases.h"
#include "fovea/detect.h"

static void select_case(run *r)
{
    static const float thresholds[] = {0.25f, 0.5f, 0.01f, 0, 1, -1, 1e-35f, 0.99999f};
    const int positions = one_in(r, 10) ? 0 : pick(r, 1, 90), classes = one_in(r, 4) ? 1 : pick(r, 1, 24);
    const int planar = pick(r, 0, 1), spare = one_in(r, 3) ? pick(r, 0, 5) : 0;
    const int position_stride = planar ? 1 : classes + spare, class_stride = planar ? positions + spare : 1;
    const size_t size = positions ? (size_t)(positions - 1) * position_stride + (size_t)(classes - 1) * class_stride + 1 : 0;
    const int activation = pick(r, FV_ACTIVATION_NONE, FV_ACTIVATION_SOFTMAX), multi_label = pick(r, 0, 1);
    const int count = pick(r, 0, 3), need = count + positions * (multi_label ? classes : 1);
    const int capacity = one_in(r, 20) ? need - 1 : need + (one_in(r, 2) ? pick(r, 0, 3) : 0);
    const int objectness_stride = activation != FV_ACTIVATION_SOFTMAX && one_in(r, 2) ? pick(r, 1, 4) : 0;

    const size_t room = capacity > 0 ? (size_t)capacity : 0;
    int32_t *rows = output(r, room, WORDS), *ids = output(r, room, WORDS);
    float *scores = output(r, room, FLOATS);
    const float *logits = activation == FV_ACTIVATION_NONE ? floats(r, size, 0, 1) : floats(r, size, -12, 4);
    const float *objectness = NULL;
    if (objectness_stride) {
        const size_t n = positions ? (size_t)(positions - 1) * objectness_stride + 1 : 0;
        objectness = activation == FV_ACTIVATION_NONE ? floats(r, n, 0, 1) : floats(r, n, -6, 6);
    }
    const float threshold = one_in(r, 8) ? value(r, 0, 1) : thresholds[draw(r) % (sizeof thresholds / sizeof *thresholds)];
    finish(r, fv_detect_select(rows, ids, scores, count, capacity, logits, positions, position_stride, classes, class_stride,
                               objectness, objectness_stride, pick(r, 0, 1000), activation, one_in(r, 3) ? pick(r, 0, classes) : -1,
                               threshold, multi_label));
}

typedef struct {
    int32_t *rows;
    float *head, *priors, *coder;
    int count, positions, position_stride, value_stride, first_row, grid, anchors;
} block;

/* Some rows of a block of `values` values, of any layout. */
static block some_rows(run *r, int values, int bins)
{
    block b = {.count = pick(r, 0, 30), .positions = pick(r, 1, 60), .first_row = pick(r, 0, 500), .anchors = pick(r, 1, 3)};
    const int planar = pick(r, 0, 1);
    b.position_stride = planar ? 1 : values + pick(r, 0, 2);
    b.value_stride = planar ? b.positions + pick(r, 0, 2) : 1;
    b.grid = one_in(r, 2) ? pick(r, 1, 9) : 0;
    b.rows = input(r, (size_t)b.count * 4);
    for (int i = 0; i < b.count; i++) b.rows[i] = b.first_row + pick(r, 0, b.positions - 1);
    if (b.count && one_in(r, 20)) b.rows[pick(r, 0, b.count - 1)] = one_in(r, 2) ? b.first_row + b.positions : (int32_t)draw(r) | INT32_MIN;
    b.head = floats(r, (size_t)(b.positions - 1) * b.position_stride + (size_t)(values > 0 ? values - 1 : 0) * b.value_stride + 1, -5, 5);
    if (one_in(r, 2)) b.priors = b.grid ? floats(r, (size_t)b.anchors * 2, 1, 100) : floats(r, (size_t)b.positions * 4, 0, 100);

    b.coder = floats(r, FV_CODER_COUNT, -2, 10);
    b.coder[FV_CODER_CODE] = (float)pick(r, FV_CODE_CORNERS, FV_CODE_DISTANCE);
    b.coder[FV_CODER_BINS] = (float)bins;
    b.coder[FV_CODER_SWAPPED] = (float)pick(r, 0, 1);
    b.coder[FV_CODER_CENTRE_SHAPE] = (float)pick(r, FV_SHAPE_LINEAR, FV_SHAPE_SQUARE_SIGMOID);
    b.coder[FV_CODER_SIZE_SHAPE] = (float)pick(r, FV_SHAPE_LINEAR, FV_SHAPE_SQUARE_SIGMOID);
    b.coder[FV_CODER_VISIBILITY] = (float)pick(r, FV_ACTIVATION_NONE, FV_ACTIVATION_SIGMOID);
    if (one_in(r, 16)) b.coder[pick(r, 0, FV_CODER_COUNT - 1)] = one_in(r, 2) ? special(r) : 1e9f;
    return b;
}

static void boxes(run *r)
{
    static const int bin_counts[] = {0, 1, 2, 8, 11, 16};
    const int bins = bin_counts[draw(r) % (sizeof bin_counts / sizeof *bin_counts)];
    const block b = some_rows(r, bins > 1 ? 4 * bins : 4, bins);
    const float told = b.coder[FV_CODER_BINS];
    if (told > (float)bins && told <= 1024) b.coder[FV_CODER_BINS] = (float)bins; /* a coder describes its head truly */
    float *dst = output(r, (size_t)b.count * 4, FLOATS);
    finish(r, fv_detect_boxes(dst, b.rows, b.count, b.head, b.positions, b.position_stride, b.value_stride, b.first_row, b.priors,
                              b.grid, b.anchors, b.coder));
}

static void points(run *r)
{
    const int keypoints = pick(r, 0, 17), values = pick(r, 2, 3);
    const block b = some_rows(r, keypoints * values, 0);
    float *dst = output(r, (size_t)b.count * keypoints * 3, FLOATS);
    finish(r, fv_detect_points(dst, b.rows, b.count, keypoints, values, b.head, b.positions, b.position_stride, b.value_stride,
                               b.first_row, b.priors, b.grid, b.anchors, b.coder));
}

const group detect_groups[] = {{"detect.select", select_case, 20000}, {"detect.boxes", boxes, 8000}, {"detect.points", points, 3000}, {0}};
