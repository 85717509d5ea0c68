/*
 * Maps of any layout with any refinement, SimCC, offsets and regions of any size; and every target: no coordinate is NaN, the
 * peak is the first of the largest, layouts agree, targets lie in their range, and nothing is read or written outside.
 */
#include "fovea/argmax.h"
#include "fovea/image.h"
#include "fovea/target.h"
#include "fuzz.h"

typedef struct {
    int n, count, height, width;
    size_t area, all;
    float *maps;
} stack;

static stack read_stack(reader *r, int planes)
{
    stack s = {.n = pick(r, 0, 2), .count = pick(r, 0, 6), .height = pick(r, 1, 11), .width = pick(r, 1, 11)};
    if (pick(r, 0, 7) == 7) s.count = pick(r, 14, 21);
    s.area = (size_t)s.height * s.width, s.all = (size_t)s.n * s.count * planes * s.area;
    s.maps = room(r, s.all * 4);
    for (size_t i = 0; i < s.all; i++) s.maps[i] = r->left ? real(r) : (float)(int)(i * 37 % 64) * .125f - 4;
    return s;
}

static int odd(reader *r, int most) { return 2 * pick(r, 0, most / 2) + 1; }

/* [n, count, area] as [n, area, count]. */
static float *turned(reader *r, const stack *s)
{
    float *to = room(r, s->all * 4);
    for (size_t i = 0; i < s->all; i++) {
        const size_t entry = i / (s->area * s->count), k = i / s->area % s->count, cell = i % s->area;
        to[(entry * s->area + cell) * s->count + k] = s->maps[i];
    }
    return to;
}

static void check_peak(const float *cells, size_t area, float confidence)
{
    int seen = 0;
    for (size_t i = 0; i < area; i++) {
        CHECK(!(cells[i] > confidence) || (!seen && confidence == 0));
        seen |= same_bits(cells[i], confidence) || cells[i] == confidence;
    }
    if (!seen)
        for (size_t i = 0; i < area; i++) CHECK(cells[i] != cells[i]);
}

static void peaks(reader *r)
{
    const stack s = read_stack(r, 1);
    const int refine = pick(r, FV_REFINE_NONE, FV_REFINE_MEGVII), kernel = odd(r, 40), flags = pick(r, 0, 3), points = s.n * s.count, area = (int)s.area;
    float *coords = room(r, (size_t)points * 8), *confidence = room(r, (size_t)points * 4), *coords2 = room(r, (size_t)points * 8), *confidence2 = room(r, (size_t)points * 4);
    void *work = room(r, (size_t)fv_argmax_scratch(s.width));
    CHECK(fv_argmax_maps(coords, confidence, s.maps, s.n, s.count, s.height, s.width, s.count * area, area, 1, refine, kernel, flags, work) == 0);
    CHECK(fv_argmax_maps(coords2, confidence2, turned(r, &s), s.n, s.count, s.height, s.width, s.count * area, 1, s.count, refine, kernel, flags, work) == 0);
    for (int i = 0; i < points; i++) {
        CHECK(same_bits(confidence[i], confidence2[i]) && same_bits(coords[2 * i], coords2[2 * i]) && same_bits(coords[2 * i + 1], coords2[2 * i + 1]));
        CHECK(coords[2 * i] == coords[2 * i] && coords[2 * i + 1] == coords[2 * i + 1]);
        if (refine <= FV_REFINE_QUARTER_AXES || refine == FV_REFINE_PARABOLA)
            CHECK(coords[2 * i] >= -1 && coords[2 * i] < (float)s.width && coords[2 * i + 1] >= -1 && coords[2 * i + 1] < (float)s.height);
        if (!(flags & FV_ARGMAX_NAN)) check_peak(s.maps + (size_t)i * s.area, s.area, confidence[i]);
    }
}

static void offsets(reader *r)
{
    const stack s = read_stack(r, 3);
    const int points = s.n * s.count, area = (int)s.area;
    float *coords = room(r, (size_t)points * 8), *confidence = room(r, (size_t)points * 4);
    const float scale = real(r);
    const int result = fv_argmax_offsets(coords, confidence, s.maps, s.n, s.count, s.height, s.width, 3 * s.count * area, 3 * area, 1, s.maps + area, s.maps + 2 * area,
                                         3 * s.count * area, 3 * area, 1, scale, odd(r, 40), odd(r, 40), pick(r, 0, 3), room(r, (size_t)fv_argmax_scratch(s.width)));
    CHECK(result == (scale - scale == 0 ? 0 : FV_E_VALUE));
    for (int i = 0; result == 0 && i < 2 * points; i++) CHECK(coords[i] - coords[i] == 0);
}

static void vectors(reader *r)
{
    const int n = pick(r, 0, 4), wide = pick(r, 1, 60), high = pick(r, 1, 60);
    float *x = reals(r, (size_t)n * wide), *y = reals(r, (size_t)n * high), *coords = room(r, (size_t)n * 8), *confidence = room(r, (size_t)n * 4);
    float *seen = pick(r, 0, 1) ? room(r, (size_t)n * 4) : NULL;
    const int kernel = pick(r, 0, 1) ? odd(r, 60) : 0;
    CHECK(fv_argmax_simcc(coords, confidence, seen, x, y, n, wide, high, kernel, kernel, pick(r, 0, 1), 7, 150, 2, room(r, (size_t)fv_argmax_scratch(wide > high ? wide : high))) == 0);
    for (int i = 0; i < n; i++) {
        CHECK(coords[2 * i] == coords[2 * i] && coords[2 * i + 1] == coords[2 * i + 1] && confidence[i] == confidence[i]);
        CHECK(!seen || (seen[i] >= 0 && seen[i] <= 1));
    }
}

static void regions(reader *r)
{
    const stack s = read_stack(r, 1);
    const int points = s.n * s.count, columns = pick(r, 1, 90), score = pick(r, FV_SCORE_LOGIT, FV_SCORE_SOFTMAX);
    float *boxes = reals(r, (size_t)s.n * 4), *keypoints = room(r, (size_t)points * 12), *scores = room(r, (size_t)points * 4);
    for (int i = 0; i < 4 * s.n; i++)
        if (boxes[i] > 500) boxes[i] = 500;
    const int result = fv_argmax_rois(keypoints, scores, s.maps, s.n, s.count, s.height, s.width, boxes, columns, score,
                                      room(r, (size_t)fv_argmax_roi_scratch(s.height, s.width, columns)));
    for (int i = 0; result == 0 && i < points; i++) {
        const float *box = boxes + i / s.count * 4, *p = keypoints + 3 * i;
        CHECK(p[2] == 0 || p[2] == 1);
        for (int k = 0; k < 2; k++) CHECK(p[k] >= box[k] - 1 && p[k] <= (box[k + 2] > box[k] + 1 ? box[k + 2] : box[k] + 1) + 1);
        CHECK(scores[i] == scores[i] || score == FV_SCORE_SOFTMAX);
    }
}

static void targets(reader *r)
{
    const int n = pick(r, 0, 2), people = pick(r, 0, 3), joints = pick(r, 1, 4), height = pick(r, 1, 12), width = pick(r, 1, 12), limbs = pick(r, 0, 3);
    const size_t area = (size_t)height * width, points = (size_t)n * people * joints;
    const float *coords = reals(r, 2 * points), *weights = reals(r, points), sigma = real(r), stride = real(r), offset = real(r);
    const int layout = pick(r, FV_LAYOUT_NCHW, FV_LAYOUT_NHWC), flags = pick(r, 0, 3), combine = pick(r, FV_COMBINE_MAX, FV_COMBINE_CLIPPED);
    const int spot = pick(r, FV_SPOT_EXACT, FV_SPOT_LIGHTWEIGHT);
    const size_t cells = (size_t)n * (joints + flags / 2) * area;
    float *maps = room(r, cells * 4), *kept = room(r, points * 4);
    if (fv_target_spots(maps, kept, coords, weights, n, people, joints, height, width, spot, combine, flags, layout, sigma, stride, offset,
                        room(r, (size_t)fv_target_scratch(height, width))) == 0)
        for (size_t i = 0; i < cells; i++) CHECK(maps[i] - maps[i] == 0 && (flags & FV_TARGET_BACKGROUND || maps[i] >= 0));
    int32_t *pairs = room(r, (size_t)limbs * 8), *count = room(r, (size_t)n * limbs * area * 4);
    for (int i = 0; i < 2 * limbs; i++) pairs[i] = pick(r, 0, joints - 1);
    float *fields = room(r, (size_t)n * limbs * 2 * area * 4);
    if (fv_target_fields(fields, count, coords, weights, n, people, joints, pairs, limbs, height, width, pick(r, FV_FIELD_PAPER, FV_FIELD_LIGHTWEIGHT), layout,
                         real(r), stride, offset) == 0)
        for (size_t i = 0; i < (size_t)n * limbs * 2 * area; i++) CHECK(fields[i] >= -1.001f && fields[i] <= 1.001f);
    float *x = room(r, points * width * 4), *y = room(r, points * height * 4);
    if (fv_target_simcc(x, y, kept, coords, weights, n * people, joints, width, height, sigma, sigma, pick(r, 0, 1), pick(r, 0, 1) ? -1 : 0.1f, stride) == 0)
        for (size_t i = 0; i < points * width; i++) CHECK(x[i] >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    static void (*const subjects[])(reader *) = {peaks, offsets, vectors, regions, targets};
    subjects[pick(&r, 0, 4)](&r);
    release(&r);
    return 0;
}
