#include "fovea/nms.h"
#include "sort.h"

/* Four boxes that are next to each other in the grid. */
typedef struct {
    float x1[4], y1[4], x2[4], y2[4], area[4];
    int32_t class_id[4], index[4];
} quad;

typedef struct {
    float x1, y1, x2, y2, area;
    int32_t class_id;
} ranked_box;

typedef struct {
    uint64_t *items, *spare;
    quad *quads;       /* greedy: by cell; what else a grid has follows */
    ranked_box *boxes; /* soft and weighted, in the same place: by rank */
} workspace;

typedef struct {
    float iou, plus;
    int inclusive, bare; /* bare: boxes that do not touch may suppress each other */
} overlap_rule;

enum { BOXES_A_CELL = 8, MOST_CELLS_A_SIDE = 1024, BATCH = 1024, SAMPLED = 8 };

int fv_nms_scratch(int n)
{
    if (n < 0 || n > 1 << 24) return FV_E_SHAPE;
    const int64_t quads = n / 4 + 1, cells = n / BOXES_A_CELL + 1;
    const int64_t bytes = (int64_t)n * 16 + quads * (int64_t)(sizeof(quad) + 16) + (cells + 2) * 4;
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

static workspace divide(void *scratch, int n)
{
    uint64_t *items = scratch;
    const workspace w = {items, items + n, (quad *)(items + 2 * (int64_t)n), (ranked_box *)(items + 2 * (int64_t)n)};
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

static ranked_box load_box(const float *box, float plus, int32_t class_id)
{
    ranked_box b = {box[0], box[1], box[2], box[3], (box[2] - box[0] + plus) * (box[3] - box[1] + plus), class_id};
    return b;
}

/* Intersection over union of two boxes; 0 where they do not touch. */
static float overlap(const ranked_box *a, const ranked_box *b, float plus)
{
    const float w = (a->x2 < b->x2 ? a->x2 : b->x2) - (a->x1 > b->x1 ? a->x1 : b->x1) + plus;
    const float h = (a->y2 < b->y2 ? a->y2 : b->y2) - (a->y1 > b->y1 ? a->y1 : b->y1) + plus;
    const float inter = w > 0 && h > 0 ? w * h : 0;
    return inter / (a->area + b->area - inter);
}

static int suppresses(const ranked_box *a, const ranked_box *b, overlap_rule rule)
{
    if (a->class_id != b->class_id) return 0;
    if (!rule.bare &&
        (b->x1 - a->x2 >= rule.plus || a->x1 - b->x2 >= rule.plus || b->y1 - a->y2 >= rule.plus || a->y1 - b->y2 >= rule.plus))
        return 0;
    const float iou = overlap(a, b, rule.plus);
    return rule.inclusive ? iou >= rule.iou : iou > rule.iou;
}

/* x, y, x, y */
static f32x4 centre_of(f32x4 box)
{
    const f32x4 half = MUL(box, SPLAT(0.5f));
    return ADD(half, wasm_i64x2_shuffle(half, half, 1, 0));
}

typedef struct {
    f32x4 low, high; /* x, y, x, y */
} bounds;

/* The boxes worth considering, numbered by index, in that order; and the bounds of their centres. */
static int consider(uint64_t *items, bounds *centres, const float *rows, int stride, const float *scores, int n, float threshold,
                    int flags)
{
    const int inclusive = flags & FV_NMS_SCORE_INCLUSIVE || threshold == -FV_INFINITY;
    f32x4 low = SPLAT(FV_INFINITY), high = SPLAT(-FV_INFINITY);
    int count = 0;
    for (int i = 0; i < n; i++) {
        const float s = scores[i];
        const f32x4 box = LOAD(rows + (int64_t)i * stride);
        const int passes = inclusive ? s >= threshold : s > threshold;
        if (!passes || !wasm_i32x4_all_true(wasm_f32x4_eq(box, box))) continue;
        items[count++] = fv_item(fv_descending(s), i);
        const f32x4 centre = centre_of(box);
        low = PMIN(low, centre), high = PMAX(high, centre);
    }
    centres->low = low, centres->high = high;
    return count;
}

/* Indices of the items, best first; room for as many more numbers follows them. */
static int32_t *rank(const workspace *w, int count)
{
    const uint64_t *sorted = fv_sort(w->items, w->spare, count);
    int32_t *order = (int32_t *)(sorted == w->items ? w->spare : w->items);
    for (int r = 0; r < count; r++) order[r] = (int32_t)sorted[r];
    return order;
}

/* Of the items, only the best `limit` of each class. */
static int limit_classes(const workspace *w, const int32_t *classes, int count, int limit)
{
    const uint64_t dropped = UINT64_MAX;
    uint64_t *ranked = fv_sort(w->items, w->spare, count), *other = ranked == w->items ? w->spare : w->items;
    for (int r = 0; r < count; r++) other[r] = fv_item(classes ? (uint32_t)classes[(int32_t)ranked[r]] : 0, r);
    const uint64_t *by_class = fv_sort(other, (uint64_t *)w->quads, count);
    for (int i = 0, run = 0; i < count; i++) {
        run = i && by_class[i] >> 32 == by_class[i - 1] >> 32 ? run + 1 : 0;
        if (run >= limit) ranked[(int32_t)by_class[i]] = dropped;
    }
    int left = 0;
    for (int r = 0; r < count; r++)
        if (ranked[r] != dropped) w->items[left++] = ranked[r];
    return left;
}

/*
 * Greedy suppression marks what a kept box overlaps, four boxes at a time, and looks only where such boxes can be. Let t be
 * the threshold and A and B overlap more than it. Then their intersection is at least t * max(wA, wB) wide, and at most
 * (wA + wB) / 2 - |dx|; with t * wA <= wB <= wA / t that leaves
 *   |dx| <= wA * max(1 - t, (1/t - 1) / 2)
 * between their centres; the same for heights. So the boxes are sorted into the cells of a grid by their centres, and as a
 * row of cells is a run of boxes, A goes through a few runs. The bounds are widened by what float32 may round.
 */
#define WIDEN 1.001f
#define SLACK 1e-6f

typedef struct {
    f32x4 corner, per_pixel; /* x, y, x, y: where the grid begins, and its cells per pixel */
    int side;
    quad *quads;   /* by cell, any order within; a box has the place 4 * quad + lane */
    int32_t *gone; /* of a place: all bits, where a kept box suppresses its box */
    int32_t *ends; /* [1 + side * side] ends[1 + c] is the end of cell c's places, ends[c] their begin */
} grid;

/* Columns and rows; they never decrease where the coordinates grow, and are 0 for NaN. */
static i32x4 cells_of(const grid *g, f32x4 points)
{
    const f32x4 cells = MUL(SUB(points, g->corner), g->per_pixel);
    const f32x4 within = PMIN(PMAX(cells, SPLAT(0.f)), SPLAT((float)(g->side - 1)));
    return wasm_i32x4_sub(ADD(within, SPLAT(FV_ROUND)), SPLAT(FV_ROUND));
}

static grid lay_out(const workspace *w, const bounds *centres, int count, int side)
{
    const f32x4 scale = DIV(SPLAT((float)side), SUB(centres->high, centres->low));
    const v128_t sound = GT(SPLAT(1e30f), scale); /* not of one point, nor of infinities */
    int32_t *gone = (int32_t *)(w->quads + (count + 3) / 4);
    const grid g = {centres->low, wasm_v128_and(scale, sound), side, w->quads, gone, gone + ((count + 3) & ~3)};
    return g;
}

/* Sorts the boxes by cell. The items are numbered by place from here on. */
static void fill(const grid *g, const workspace *w, const float *boxes, const int32_t *classes, int count, float plus)
{
    int32_t *cells = (int32_t *)w->spare, *begins = g->ends + 1;
    const int cell_count = g->side * g->side;
    memset(g->ends, 0, ((size_t)cell_count + 2) * 4);
    memset(g->gone, 0, (size_t)count * 4);
    for (int k = 0; k < count; k++) {
        const i32x4 at = cells_of(g, centre_of(LOAD(boxes + 4 * (int64_t)(int32_t)w->items[k])));
        cells[k] = wasm_i32x4_extract_lane(at, 1) * g->side + wasm_i32x4_extract_lane(at, 0);
        begins[cells[k] + 1]++;
    }
    for (int c = 0; c < cell_count; c++) begins[c + 1] += begins[c];
    for (int k = 0; k < count; k++) {
        const int32_t index = (int32_t)w->items[k], place = begins[cells[k]]++, lane = place & 3;
        const float *b = boxes + 4 * (int64_t)index;
        quad *q = &g->quads[place >> 2];
        q->x1[lane] = b[0], q->y1[lane] = b[1], q->x2[lane] = b[2], q->y2[lane] = b[3];
        q->area[lane] = (b[2] - b[0] + plus) * (b[3] - b[1] + plus);
        q->class_id[lane] = classes ? classes[index] : 0;
        q->index[lane] = index;
        w->items[k] = fv_item((uint32_t)(w->items[k] >> 32), place);
    }
}

/* Marks, of a run of boxes, those that the one at `place` suppresses; the others of its first and last quad are asked along. */
static void sweep(const grid *g, int place, int from, int to, overlap_rule rule)
{
    const quad *own = &g->quads[place >> 2], *q = &g->quads[from >> 2];
    const int lane = place & 3;
    const f32x4 x1 = SPLAT(own->x1[lane]), y1 = SPLAT(own->y1[lane]), x2 = SPLAT(own->x2[lane]), y2 = SPLAT(own->y2[lane]);
    const f32x4 area = SPLAT(own->area[lane]), plus = SPLAT(rule.plus), iou = SPLAT(rule.iou), zero = SPLAT(0.f);
    const i32x4 class_id = SPLATI(own->class_id[lane]);
    for (int32_t *gone = g->gone + (from & ~3), *end = g->gone + to; gone < end; gone += 4, q++) {
        const v128_t before = LOAD(gone);
        if (wasm_i32x4_all_true(before)) continue;
        const f32x4 width = ADD(SUB(PMIN(x2, LOAD(q->x2)), PMAX(x1, LOAD(q->x1))), plus);
        const f32x4 height = ADD(SUB(PMIN(y2, LOAD(q->y2)), PMAX(y1, LOAD(q->y1))), plus);
        const f32x4 inter = wasm_v128_and(MUL(width, height), wasm_v128_and(GT(width, zero), GT(height, zero)));
        const f32x4 share = DIV(inter, SUB(ADD(area, LOAD(q->area)), inter));
        const v128_t over = rule.inclusive ? GE(share, iou) : GT(share, iou);
        const v128_t same = wasm_i32x4_eq(class_id, LOAD(q->class_id));
        STORE(gone, wasm_v128_or(before, wasm_v128_and(over, same)));
    }
}

static void suppress_from(const grid *g, int place, float reach, overlap_rule rule)
{
    const quad *q = &g->quads[place >> 2];
    const int lane = place & 3;
    const f32x4 box = wasm_f32x4_make(q->x1[lane], q->y1[lane], q->x2[lane], q->y2[lane]), centre = centre_of(box);
    const f32x4 opposite = wasm_i64x2_shuffle(box, box, 1, 0), size = SUB(opposite, box); /* width, height, their negatives */
    const f32x4 plus = SPLAT(rule.plus), slack = ADD(ADD(wasm_f32x4_abs(box), wasm_f32x4_abs(opposite)), plus);
    const f32x4 room = ADD(MUL(ADD(size, plus), SPLAT(reach)), MUL(slack, SPLAT(SLACK)));
    const i32x4 from = cells_of(g, SUB(centre, room)), to = cells_of(g, ADD(centre, room));
    const int left = wasm_i32x4_extract_lane(from, 0), right = wasm_i32x4_extract_lane(to, 0);
    const int top = wasm_i32x4_extract_lane(from, 1), bottom = wasm_i32x4_extract_lane(to, 1);
    for (int row = top; row <= bottom; row++)
        sweep(g, place, g->ends[row * g->side + left], g->ends[row * g->side + right + 1], rule);
}

/*
 * Drops the items that are gone, and moves the best of the others, about a batch, to `best`; the rest close up. Most boxes
 * are suppressed by the very best, and so are never sorted. Returns how many were moved: 0 only if none are left.
 */
static int take_best(uint64_t *best, uint64_t *items, int *count, const grid *g)
{
    int32_t histogram[FV_DIGITS] = {0};
    int rest = 0, taken = 0, last = 0;
    for (int k = 0; k < *count; k += SAMPLED) histogram[items[k] >> (64 - FV_DIGIT)] += !g->gone[(int32_t)items[k]];
    for (int sum = histogram[0]; sum < BATCH / SAMPLED && last < FV_DIGITS - 1; sum += histogram[last]) last++;
    for (int k = 0; k < *count; k++) {
        const uint64_t item = items[k];
        if (g->gone[(int32_t)item]) continue;
        const int take = (int)(item >> (64 - FV_DIGIT)) <= last;
        best[taken] = items[rest] = item;
        taken += take, rest += !take;
    }
    *count = rest;
    return taken;
}

int fv_nms(int32_t *keep, int max_keep, const float *boxes, const float *scores, const int32_t *classes, int n,
           float iou_threshold, float score_threshold, int max_per_class, int flags, void *scratch)
{
    const int error = check(keep, max_keep, boxes, scores, n, 4, scratch);
    if (error) return error;
    if (max_per_class < 0) return FV_E_SHAPE;

    const workspace w = divide(scratch, n);
    const overlap_rule rule = make_rule(iou_threshold, flags);
    bounds centres;
    int count = consider(w.items, &centres, boxes, 4, scores, n, score_threshold, flags);
    if (max_per_class) count = limit_classes(&w, classes, count, max_per_class);

    int side = 1;
    while (iou_threshold > 0 && side < MOST_CELLS_A_SIDE && (side + 1) * (side + 1) * BOXES_A_CELL <= count) side++;
    const grid g = lay_out(&w, &centres, count, side);
    fill(&g, &w, boxes, classes, count, rule.plus);

    const float reach = WIDEN * (iou_threshold > 0.5f ? 1 - iou_threshold : (1 / iou_threshold - 1) * 0.5f);
    int kept = 0;
    while (count && kept < max_keep) {
        const int batch = take_best(w.spare, w.items, &count, &g);
        const uint64_t *sorted = fv_sort(w.spare, w.items + count, batch);
        for (int r = 0; r < batch && kept < max_keep; r++) {
            const int32_t place = (int32_t)sorted[r];
            if (g.gone[place]) continue;
            keep[kept++] = g.quads[place >> 2].index[place & 3];
            /* Nothing overlaps more than wholly. */
            if (iou_threshold <= 1 && kept < max_keep) suppress_from(&g, place, reach, rule);
        }
    }
    return kept;
}

int fv_nms_soft(int32_t *keep, float *kept_scores, int max_keep, const float *boxes, const float *scores, const int32_t *classes,
                int n, float iou_threshold, float score_threshold, int decay, float sigma, int flags, void *scratch)
{
    const int error = check(keep, max_keep, boxes, scores, n, 4, scratch);
    if (error) return error;
    if (!kept_scores) return FV_E_NULL;
    if (decay != FV_DECAY_LINEAR && decay != FV_DECAY_GAUSSIAN) return FV_E_VALUE;
    if (!(sigma > 0)) return FV_E_VALUE;

    const workspace w = divide(scratch, n);
    const overlap_rule rule = make_rule(iou_threshold, flags);
    bounds centres;
    int count = consider(w.items, &centres, boxes, 4, scores, n, score_threshold, flags), kept = 0;
    int32_t *order = rank(&w, count);
    float *live = (float *)(order + count);
    for (int r = 0; r < count; r++) {
        const int32_t i = order[r];
        w.boxes[r] = load_box(boxes + 4 * (int64_t)i, rule.plus, classes ? classes[i] : 0);
        live[r] = scores[i];
    }
    while (count && kept < max_keep) {
        int best = 0;
        for (int r = 1; r < count; r++)
            if (live[r] > live[best] || (live[r] == live[best] && order[r] < order[best])) best = r;
        const ranked_box leader = w.boxes[best];
        keep[kept] = order[best];
        kept_scores[kept++] = live[best];

        int left = 0;
        for (int r = 0; r < count; r++) {
            if (r == best) continue;
            float s = live[r];
            if (leader.class_id == w.boxes[r].class_id) {
                const float iou = overlap(&leader, &w.boxes[r], rule.plus);
                if (decay == FV_DECAY_GAUSSIAN) s = iou > 0 ? s * fv_exp(-(iou * iou) / sigma) : s;
                else if (rule.inclusive ? iou >= rule.iou : iou > rule.iou) s *= 1 - iou;
            }
            if (!(s > score_threshold || (s == score_threshold && flags & FV_NMS_SCORE_INCLUSIVE))) continue;
            w.boxes[left] = w.boxes[r];
            order[left] = order[r];
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
    bounds centres;
    int count = consider(w.items, &centres, rows, values, scores, n, score_threshold, flags), kept = 0;
    int32_t *order = rank(&w, count), *members = order + count;
    for (int r = 0; r < count; r++) {
        const int32_t i = order[r];
        w.boxes[r] = load_box(rows + (int64_t)i * values, rule.plus, classes ? classes[i] : 0);
    }
    while (count && kept < max_keep) {
        const ranked_box leader = w.boxes[0];
        int size = 1, left = 0;
        members[0] = order[0];
        for (int r = 1; r < count; r++) {
            if (suppresses(&leader, &w.boxes[r], rule)) {
                members[size++] = order[r];
            } else {
                w.boxes[left] = w.boxes[r];
                order[left++] = order[r];
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
