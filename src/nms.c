#include "fovea/nms.h"
#include "sort.h"

/* A kept box, and its place in the hash: kept boxes of one bucket form a list. */
typedef struct {
    float x1, y1, x2, y2, area;
    int32_t class_id, next, unused;
} kept_box;

typedef struct {
    uint32_t *keys, *spare_keys;
    int32_t *order, *spare_order, *buckets;
    kept_box *kept;
} workspace;

typedef struct {
    float iou, plus;
    int inclusive, bare; /* bare: boxes that do not touch may suppress each other */
} overlap_rule;

static int bucket_count(int n)
{
    int count = 64;
    while (count < n) count *= 2;
    return count;
}

int fv_nms_scratch(int n)
{
    if (n < 0 || n > 1 << 24) return FV_E_SHAPE;
    const int64_t bytes = (int64_t)n * (16 + (int64_t)sizeof(kept_box)) + 4 * (int64_t)bucket_count(n);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

static workspace divide(void *scratch, int n)
{
    workspace w;
    w.kept = scratch;
    w.keys = (uint32_t *)(w.kept + n);
    w.spare_keys = w.keys + n;
    w.order = (int32_t *)(w.spare_keys + n);
    w.spare_order = w.order + n;
    w.buckets = w.spare_order + n;
    return w;
}

static int check(const void *keep, int max_keep, const void *boxes, const void *scores, int n, int stride, const void *scratch)
{
    if (!keep || !boxes || !scores || !scratch) return FV_E_NULL;
    if (max_keep < 0 || fv_nms_scratch(n) < 0 || fv_too_big((int64_t)n * stride * 4)) return FV_E_SHAPE;
    return 0;
}

static overlap_rule make_rule(float iou, int flags)
{
    const int inclusive = (flags & FV_NMS_INCLUSIVE) != 0;
    const overlap_rule rule = {iou, flags & FV_NMS_PLUS_ONE ? 1.f : 0.f, inclusive, iou < 0 || (inclusive && iou <= 0)};
    return rule;
}

static kept_box load_box(const float *box, float plus, int32_t class_id)
{
    kept_box b = {box[0], box[1], box[2], box[3], (box[2] - box[0] + plus) * (box[3] - box[1] + plus), class_id, -1, 0};
    return b;
}

/* Intersection over union of two boxes; 0 where they do not touch. */
static float overlap(const kept_box *a, const kept_box *b, float plus)
{
    const float w = (a->x2 < b->x2 ? a->x2 : b->x2) - (a->x1 > b->x1 ? a->x1 : b->x1) + plus;
    const float h = (a->y2 < b->y2 ? a->y2 : b->y2) - (a->y1 > b->y1 ? a->y1 : b->y1) + plus;
    const float inter = w > 0 && h > 0 ? w * h : 0;
    return inter / (a->area + b->area - inter);
}

static int suppresses(const kept_box *a, const kept_box *b, overlap_rule rule)
{
    if (a->class_id != b->class_id) return 0;
    if (!rule.bare && (b->x1 - a->x2 >= rule.plus || a->x1 - b->x2 >= rule.plus || b->y1 - a->y2 >= rule.plus || a->y1 - b->y2 >= rule.plus))
        return 0;
    const float iou = overlap(a, b, rule.plus);
    return rule.inclusive ? iou >= rule.iou : iou > rule.iou;
}

static int passes(float score, float threshold, int flags)
{
    return score > threshold || (score == threshold && (flags & FV_NMS_SCORE_INCLUSIVE || threshold == -FV_INFINITY));
}

/* Indices of the boxes worth considering, best first, in w->order. */
static int rank(const workspace *w, const float *rows, int stride, const float *scores, int n, float threshold, int flags)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        const float *box = rows + (int64_t)i * stride;
        if (!passes(scores[i], threshold, flags) || box[0] != box[0] || box[1] != box[1] || box[2] != box[2] || box[3] != box[3]) continue;
        w->keys[count] = fv_descending(scores[i]);
        w->order[count++] = i;
    }
    fv_sort(w->keys, w->order, w->spare_keys, w->spare_order, count);
    return count;
}

/* Of the ranked, only the first `limit` of each class. The kept boxes' room serves as scratch. */
static int limit_classes(const workspace *w, const int32_t *classes, int count, int limit)
{
    int32_t *ranks = (int32_t *)w->kept, *passes = ranks + count;
    for (int i = 0; i < count; i++) {
        w->keys[i] = classes ? (uint32_t)classes[w->order[i]] : 0;
        ranks[i] = i;
    }
    fv_sort(w->keys, ranks, w->spare_keys, w->spare_order, count);
    for (int i = 0, run = 0; i < count; i++) {
        run = i && w->keys[i] == w->keys[i - 1] ? run + 1 : 0;
        passes[ranks[i]] = run < limit;
    }
    int left = 0;
    for (int i = 0; i < count; i++)
        if (passes[i]) w->order[left++] = w->order[i];
    return left;
}

/*
 * The hash. Let t be the threshold, and boxes A and B overlap more than it. Then
 *   areas     t <= area(B) / area(A) <= 1/t, since IoU <= smaller / larger area
 *   centres   the intersection is at least t * max(wA, wB) wide, and at most
 *             (wA + wB) / 2 - |dx|; with t * wA <= wB <= wA / t that leaves
 *             |dx| <= wA * max(1 - t, (1/t - 1) / 2); the same for heights
 * So kept boxes are filed by level (areas within a factor of 4, cells about as wide as
 * the boxes) and the cell of their centre, and A asks the few cells that B can be in.
 * The bounds are widened by what float32 may round.
 */
#define WIDEN 1.001f
#define LEAST_HASHED 0.1f
#define MOST_CELLS 48

static int has_extent(const kept_box *b, float plus)
{
    return b->x2 - b->x1 + plus > 0 && b->y2 - b->y1 + plus > 0;
}

static int hashable(const kept_box *b, float plus)
{
    return has_extent(b, plus) && b->area > 1e-36f && b->area < 1e36f;
}

static float magnitude(float v) { return fv_from_bits(fv_to_bits(v) & 0x7fffffffu); }

static int level_of(float area) { return (int)(fv_to_bits(area) >> 24); } /* half the exponent */
static float cells_per_pixel(int level) { return fv_from_bits((uint32_t)(190 - level) << 23); }

static int32_t cell_of(float centre, float scale)
{
    const float v = (float)fv_clamp(centre * scale, -1e9, 1e9);
    const int32_t i = (int32_t)v;
    return i - (v < (float)i);
}

static uint32_t bucket_of(int32_t x, int32_t y, int level, int32_t class_id, uint32_t mask)
{
    uint32_t h = (uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca77u ^ (uint32_t)level * 0xc2b2ae3du ^ (uint32_t)class_id * 0x27d4eb2fu;
    return (h ^ h >> 15) & mask;
}

static void file_box(const workspace *w, int32_t index, uint32_t mask)
{
    kept_box *b = &w->kept[index];
    const int level = level_of(b->area);
    const float scale = cells_per_pixel(level);
    const int32_t x = cell_of((b->x1 + b->x2) * 0.5f, scale), y = cell_of((b->y1 + b->y2) * 0.5f, scale);
    const uint32_t bucket = bucket_of(x, y, level, b->class_id, mask);
    b->next = w->buckets[bucket];
    w->buckets[bucket] = index;
}

/* Whether a filed box suppresses b; -1 where asking all is cheaper. */
static int ask_cells(const workspace *w, const kept_box *b, overlap_rule rule, float reach, uint32_t mask)
{
    const float cx = (b->x1 + b->x2) * 0.5f, cy = (b->y1 + b->y2) * 0.5f;
    const float rx = (b->x2 - b->x1 + rule.plus) * reach + (magnitude(b->x1) + magnitude(b->x2)) * 1e-6f;
    const float ry = (b->y2 - b->y1 + rule.plus) * reach + (magnitude(b->y1) + magnitude(b->y2)) * 1e-6f;
    const int low = level_of(b->area * rule.iou / WIDEN), high = level_of(b->area / rule.iou * WIDEN);
    for (int level = low; level <= high; level++) {
        const float scale = cells_per_pixel(level);
        const int32_t x1 = cell_of(cx - rx, scale), x2 = cell_of(cx + rx, scale);
        const int32_t y1 = cell_of(cy - ry, scale), y2 = cell_of(cy + ry, scale);
        if (((int64_t)x2 - x1 + 1) * ((int64_t)y2 - y1 + 1) > MOST_CELLS) return -1;
        for (int32_t y = y1; y <= y2; y++)
            for (int32_t x = x1; x <= x2; x++)
                for (int32_t i = w->buckets[bucket_of(x, y, level, b->class_id, mask)]; i >= 0; i = w->kept[i].next)
                    if (suppresses(&w->kept[i], b, rule)) return 1;
    }
    return 0;
}

int fv_nms(int32_t *keep, int max_keep, const float *boxes, const float *scores, const int32_t *classes, int n,
           float iou_threshold, float score_threshold, int max_per_class, int flags, void *scratch)
{
    const int error = check(keep, max_keep, boxes, scores, n, 4, scratch);
    if (error) return error;
    if (max_per_class < 0) return FV_E_SHAPE;

    const workspace w = divide(scratch, n);
    const overlap_rule rule = make_rule(iou_threshold, flags);
    int count = rank(&w, boxes, 4, scores, n, score_threshold, flags);
    if (max_per_class) count = limit_classes(&w, classes, count, max_per_class);

    const int alone = iou_threshold > 1; /* nothing overlaps more than wholly */
    int hashed = iou_threshold >= LEAST_HASHED && !alone;
    const float reach = WIDEN * (iou_threshold > 0.5f ? 1 - iou_threshold : (1 / iou_threshold - 1) * 0.5f);
    const uint32_t mask = (uint32_t)bucket_count(count) - 1;
    if (hashed) memset(w.buckets, 0xff, ((size_t)mask + 1) * 4);

    int kept = 0;
    for (int r = 0; r < count && kept < max_keep; r++) {
        const int32_t i = w.order[r];
        const kept_box b = load_box(boxes + 4 * (int64_t)i, rule.plus, classes ? classes[i] : 0);
        const int filed = hashed && hashable(&b, rule.plus);
        int suppressed = filed && kept > 8 ? ask_cells(&w, &b, rule, reach, mask) : -1;
        if (suppressed < 0) {
            suppressed = 0;
            for (int k = 0; k < kept && !suppressed && !alone; k++) suppressed = suppresses(&w.kept[k], &b, rule);
        }
        if (suppressed) continue;
        w.kept[kept] = b;
        if (filed) file_box(&w, kept, mask);
        else if (has_extent(&b, rule.plus)) hashed = 0; /* too small or too large to file, yet able to suppress */
        keep[kept++] = i;
    }
    return kept;
}

int fv_nms_soft(int32_t *keep, float *kept_scores, int max_keep, const float *boxes, const float *scores,
                const int32_t *classes, int n, float iou_threshold, float score_threshold, int decay, float sigma,
                int flags, void *scratch)
{
    const int error = check(keep, max_keep, boxes, scores, n, 4, scratch);
    if (error) return error;
    if (!kept_scores) return FV_E_NULL;
    if (decay != FV_DECAY_LINEAR && decay != FV_DECAY_GAUSSIAN) return FV_E_VALUE;
    if (!(sigma > 0)) return FV_E_VALUE;

    const workspace w = divide(scratch, n);
    const overlap_rule rule = make_rule(iou_threshold, flags);
    float *live = (float *)w.keys;
    int count = rank(&w, boxes, 4, scores, n, score_threshold, flags), kept = 0;
    for (int r = 0; r < count; r++) {
        const int32_t i = w.order[r];
        w.kept[r] = load_box(boxes + 4 * (int64_t)i, rule.plus, classes ? classes[i] : 0);
        live[r] = scores[i];
    }
    while (count && kept < max_keep) {
        int best = 0;
        for (int r = 1; r < count; r++)
            if (live[r] > live[best] || (live[r] == live[best] && w.order[r] < w.order[best])) best = r;
        const kept_box leader = w.kept[best];
        keep[kept] = w.order[best];
        kept_scores[kept++] = live[best];

        int left = 0;
        for (int r = 0; r < count; r++) {
            if (r == best) continue;
            float s = live[r];
            if (leader.class_id == w.kept[r].class_id) {
                const float iou = overlap(&leader, &w.kept[r], rule.plus);
                if (decay == FV_DECAY_GAUSSIAN) s = iou > 0 ? s * fv_exp(-(iou * iou) / sigma) : s;
                else if (rule.inclusive ? iou >= rule.iou : iou > rule.iou) s *= 1 - iou;
            }
            if (!passes(s, score_threshold, flags)) continue;
            w.kept[left] = w.kept[r];
            w.order[left] = w.order[r];
            live[left++] = s;
        }
        count = left;
    }
    return kept;
}

int fv_nms_weighted(int32_t *keep, float *merged, int max_keep, const float *rows, int values, const float *scores,
                    const int32_t *classes, int n, float iou_threshold, float score_threshold, int flags, void *scratch)
{
    if (values < 4) return FV_E_SHAPE;
    const int error = check(keep, max_keep, rows, scores, n, values, scratch);
    if (error) return error;
    if (!merged) return FV_E_NULL;

    const workspace w = divide(scratch, n);
    const overlap_rule rule = make_rule(iou_threshold, flags);
    int32_t *members = w.spare_order;
    int count = rank(&w, rows, values, scores, n, score_threshold, flags), kept = 0;
    for (int r = 0; r < count; r++) {
        const int32_t i = w.order[r];
        w.kept[r] = load_box(rows + (int64_t)i * values, rule.plus, classes ? classes[i] : 0);
    }
    while (count && kept < max_keep) {
        const kept_box leader = w.kept[0];
        int size = 1, left = 0;
        members[0] = w.order[0];
        for (int r = 1; r < count; r++) {
            if (suppresses(&leader, &w.kept[r], rule)) {
                members[size++] = w.order[r];
            } else {
                w.kept[left] = w.kept[r];
                w.order[left++] = w.order[r];
            }
        }
        double weight = 0;
        for (int m = 0; m < size; m++) weight += scores[members[m]];
        for (int v = 0; v < values; v++) {
            double sum = 0;
            for (int m = 0; m < size; m++) sum += (double)scores[members[m]] * rows[(int64_t)members[m] * values + v];
            merged[(int64_t)kept * values + v] = weight > 0 ? (float)(sum / weight) : rows[(int64_t)members[0] * values + v];
        }
        keep[kept++] = members[0];
        count = left;
    }
    return kept;
}
