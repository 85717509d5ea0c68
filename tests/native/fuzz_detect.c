/* Heads of any layout and content: selection against its scalar definition, boxes and keypoints within their buffers. */
#include "../../src/math.h"
#include "fovea/detect.h"
#include "fuzz.h"

typedef struct {
    int positions, position_stride, classes, class_stride, objectness_stride, first_row, activation, background, multi_label;
    const float *logits, *objectness;
    float threshold;
} head;

static float logit_of(const head *h, int p, int c) { return h->logits[p * h->position_stride + c * h->class_stride]; }
static float active(const head *h, float t) { return h->activation == FV_ACTIVATION_SIGMOID ? fv_sigmoid(t) : t; }

static float score_of(const head *h, int p, int c)
{
    if (h->activation == FV_ACTIVATION_SOFTMAX) {
        float largest = -FV_INFINITY, sum = 0;
        for (int k = 0; k < h->classes; k++) largest = logit_of(h, p, k) > largest ? logit_of(h, p, k) : largest;
        for (int k = 0; k < h->classes; k++) sum += fv_exp(logit_of(h, p, k) - largest);
        return fv_exp(logit_of(h, p, c) - largest) / sum;
    }
    return active(h, logit_of(h, p, c)) * (h->objectness ? active(h, h->objectness[p * h->objectness_stride]) : 1);
}

/* The header's words, no gate and no vectors. */
static void check_select(const head *h, const int32_t *rows, const int32_t *classes, const float *scores, int from, int count)
{
    int at = from;
    for (int p = 0; p < h->positions; p++) {
        int best = -1;
        for (int c = 0; c < h->classes; c++) {
            if (c == h->background || !(logit_of(h, p, c) > -FV_INFINITY)) continue;
            const float score = score_of(h, p, c);
            if (best < 0 || logit_of(h, p, c) > logit_of(h, p, best)) best = c;
            if (!h->multi_label || !(score > h->threshold)) continue;
            CHECK(at < count && rows[at] == h->first_row + p && classes[at] == c && same_bits(scores[at], score));
            at++;
        }
        if (h->multi_label || best < 0 || !(score_of(h, p, best) > h->threshold)) continue;
        CHECK(at < count && rows[at] == h->first_row + p && classes[at] == best && same_bits(scores[at], score_of(h, p, best)));
        at++;
    }
    CHECK(at == count);
}

/* Where scores are multiplied as they come, they are documented to be 0 to 1. */
static const float *probabilities(reader *r, size_t count, int clamped)
{
    float *f = reals(r, count);
    for (size_t i = 0; clamped && i < count; i++) f[i] = f[i] < 0 ? 0 : f[i] > 1 ? 1 : f[i];
    return f;
}

static void fuzz_select(reader *r)
{
    head h = {.positions = pick(r, 0, 40), .classes = pick(r, 1, 12), .first_row = pick(r, 0, 9), .background = pick(r, -1, 12)};
    h.activation = pick(r, FV_ACTIVATION_NONE, FV_ACTIVATION_SOFTMAX), h.multi_label = pick(r, 0, 1);
    const int planar = pick(r, 0, 1), spare = pick(r, 0, 2), count = pick(r, 0, 2);
    h.position_stride = planar ? 1 : h.classes + spare, h.class_stride = planar ? h.positions + spare : 1;
    h.objectness_stride = h.activation == FV_ACTIVATION_SOFTMAX ? 0 : pick(r, 0, 2);
    h.threshold = real(r) * (pick(r, 0, 1) ? 0.125f : 1);
    const int capacity = count + h.positions * (h.multi_label ? h.classes : 1);
    const size_t last = h.positions ? (size_t)h.positions - 1 : 0;
    const int probable = h.objectness_stride && h.activation == FV_ACTIVATION_NONE;
    if (h.objectness_stride) h.objectness = probabilities(r, last * h.objectness_stride + 1, probable);
    h.logits = probabilities(r, last * h.position_stride + ((size_t)h.classes - 1) * h.class_stride + 1, probable);
    int32_t *rows = room(r, (size_t)capacity * 4), *classes = room(r, (size_t)capacity * 4);
    float *scores = room(r, (size_t)capacity * 4);
    if (h.positions && pick(r, 0, 1)) { /* on the edge: the threshold is a score, or a few bits away */
        const float score = score_of(&h, pick(r, 0, h.positions - 1), pick(r, 0, h.classes - 1));
        h.threshold = fv_from_bits(fv_to_bits(score) + (uint32_t)pick(r, -3, 3));
    }

    const int result = fv_detect_select(rows, classes, scores, count, capacity, h.logits, h.positions, h.position_stride, h.classes,
                                        h.class_stride, h.objectness, h.objectness_stride, h.first_row, h.activation, h.background,
                                        h.threshold, h.multi_label);
    if (h.threshold != h.threshold) {
        CHECK(result == FV_E_VALUE);
        return;
    }
    CHECK(result >= count && result <= capacity);
    for (int i = count; i < result; i++) {
        CHECK(rows[i] >= h.first_row && rows[i] < h.first_row + h.positions && classes[i] >= 0 && classes[i] < h.classes);
        CHECK(classes[i] != h.background && scores[i] > h.threshold);
    }
    if (h.threshold >= 0) check_select(&h, rows, classes, scores, count, result);
}

static void fuzz_boxes(reader *r, int keypoints)
{
    const int positions = pick(r, 1, 40), count = pick(r, 0, 20), bins = pick(r, 0, 9), values = pick(r, 2, 3);
    const int width = keypoints ? keypoints * values : 4 * (bins > 1 ? bins : 1);
    const int planar = pick(r, 0, 1), first_row = pick(r, 0, 9), grid = pick(r, 0, 5), anchors = pick(r, 1, 3);
    const int position_stride = planar ? 1 : width, value_stride = planar ? positions : 1;
    float *coder = reals(r, FV_CODER_COUNT);
    coder[FV_CODER_BINS] = (float)bins; /* describes the head truly */
    for (int i = 0; i < FV_CODER_COUNT; i++)
        if (i == FV_CODER_CODE || i == FV_CODER_CENTRE_SHAPE || i == FV_CODER_SIZE_SHAPE || i == FV_CODER_VISIBILITY)
            coder[i] = (float)pick(r, 0, i == FV_CODER_CODE ? 2 : i == FV_CODER_VISIBILITY ? 1 : 3);
    int32_t *rows = room(r, (size_t)count * 4);
    int in_range = 1;
    for (int i = 0; i < count; i++) {
        rows[i] = pick(r, 0, 15) ? first_row + pick(r, 0, positions - 1) : (int32_t)bits(r, 4);
        in_range &= rows[i] >= first_row && rows[i] - first_row < positions;
    }
    const float *priors = pick(r, 0, 1) ? reals(r, grid ? (size_t)anchors * 2 : (size_t)positions * 4) : NULL;
    const float *head = reals(r, ((size_t)positions - 1) * position_stride + ((size_t)width - 1) * value_stride + 1);
    float *dst = room(r, (size_t)count * (keypoints ? 12 * keypoints : 16));
    const int result = keypoints
        ? fv_detect_points(dst, rows, count, keypoints, values, head, positions, position_stride, value_stride, first_row, priors, grid, anchors, coder)
        : fv_detect_boxes(dst, rows, count, head, positions, position_stride, value_stride, first_row, priors, grid, anchors, coder);
    CHECK(result == (in_range ? 0 : FV_E_VALUE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    const int which = pick(&r, 0, 2);
    if (which == 0) fuzz_select(&r);
    else fuzz_boxes(&r, which == 1 ? 0 : pick(&r, 1, 6));
    release(&r);
    return 0;
}
