#include "paf.h"

enum { MOST_SAMPLES = 64 };

typedef struct {
    const double *rules;
    axis x, y;
    const float *maps;
    int map_stride, row_stride, column_stride;
    int allowed[MOST_SAMPLES + 1]; /* of so many samples, how many may fail; -1: nothing passes */
    double *scores, *totals;
    int32_t *links, *order, *spare, *used; /* used: [2, slots] */
} fields;

static int64_t lay_out(fields *f, void *scratch, int64_t room, int slots, int height, int width, const double *rules)
{
    arena a = {scratch, 0};
    const int factor = (int)rules[FV_PAF_FACTOR], kernel = (int)rules[FV_PAF_KERNEL];
    f->rules = rules;
    fv_k_axis_room(&f->x, &a, width, factor, kernel, 0);
    fv_k_axis_room(&f->y, &a, height, factor, kernel, 0);
    f->scores = fv_k_take(&a, room * 8), f->totals = fv_k_take(&a, room * 8);
    f->links = fv_k_take(&a, room * 12);
    f->order = fv_k_take(&a, room * 4), f->spare = fv_k_take(&a, room * 4);
    f->used = fv_k_take(&a, (int64_t)slots * 8);
    return a.used;
}

int fv_paf_limbs_scratch(int room, int slots, int height, int width, const double *rules)
{
    if (!rules) return FV_E_NULL;
    if (room < 0 || slots < 0 || height < 1 || width < 1 || fv_too_big((int64_t)height * width)) return FV_E_SHAPE;
    if (fv_k_paf_check(rules)) return FV_E_VALUE;
    const int64_t factor = (int64_t)rules[FV_PAF_FACTOR];
    if (fv_too_big(height * factor) || fv_too_big(width * factor) || fv_too_big((int64_t)slots * 8)) return FV_E_SHAPE;
    fields f;
    const int64_t bytes = lay_out(&f, NULL, room, slots, height, width, rules);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

static int rounded(double v, int half_up)
{
    const int up = (int)(v + 0.5);
    return !half_up && up - v == 0.5 ? up & ~1 : up;
}

/* The dot product of the field at a pixel, enlarged there alone, with a direction. */
static double along(const fields *f, const int32_t *limb, int px, int py, double ux, double uy)
{
    const double *wx = f->x.weight + (int64_t)px * f->x.most, *wy = f->y.weight + (int64_t)py * f->y.most;
    const float *first = f->maps + (int64_t)f->y.start[py] * f->row_stride + (int64_t)f->x.start[px] * f->column_stride;
    const float *x = first + (int64_t)limb[2] * f->map_stride, *y = first + (int64_t)limb[3] * f->map_stride;
    const int columns = f->x.count[px], rows = f->y.count[py];
    double vx = 0, vy = 0;
    for (int k = 0; k < rows; k++, x += f->row_stride, y += f->row_stride) {
        const float *cx = x, *cy = y;
        double rx = 0, ry = 0;
        for (int i = 0; i < columns; i++, cx += f->column_stride, cy += f->column_stride) rx += wx[i] * (double)*cx, ry += wx[i] * (double)*cy;
        vx += wy[k] * rx, vy += wy[k] * ry;
    }
    return vx * ux + vy * uy;
}

/* Whether a limb lies between two peaks, and its score. */
static int integrate(const fields *f, const int32_t *limb, const double *a, const double *b, double *score)
{
    const double *rules = f->rules, dx = b[0] - a[0], dy = b[1] - a[1], length = __builtin_sqrt(dx * dx + dy * dy);
    if (!(length > 1e-6)) return 0;
    const double longest = dx * dx > dy * dy ? (dx < 0 ? -dx : dx) : (dy < 0 ? -dy : dy);
    const int fixed = (int)rules[FV_PAF_SAMPLES], half_up = rules[FV_PAF_HALF_UP] != 0;
    const int n = fixed ? fixed : (int)fv_clamp(__builtin_sqrt(5 * longest) + 0.5, 5, 25);
    const double per = 1 / length, ux = dx * per, uy = dy * per, steps = rules[FV_PAF_LAST] != 0 && n > 1 ? n - 1 : n;
    double all = 0, passed = 0;
    int missed = 0;
    for (int k = 0; k < n && missed <= f->allowed[n]; k++) {
        const int x = rounded(fv_clamp(a[0] + k * dx / steps, 0, f->x.size - 1), half_up);
        const int y = rounded(fv_clamp(a[1] + k * dy / steps, 0, f->y.size - 1), half_up);
        const double value = along(f, limb, x, y, ux, uy);
        all += value;
        if (value > rules[FV_PAF_SAMPLE_THRESHOLD]) passed += value;
        else missed++;
    }
    if (missed <= f->allowed[n]) {
        *score = rules[FV_PAF_MEAN_OF_ALL] != 0 ? all / n : passed / (n - missed);
        const double reach = rules[FV_PAF_REACH] * f->y.size / length - 1;
        if (rules[FV_PAF_REACH] > 0 && reach < 0) *score += reach;
    } else {
        if (!(rules[FV_PAF_NEAR] > 0 && length < __builtin_sqrt((double)f->x.size * f->y.size) / 150)) return 0;
        *score = rules[FV_PAF_NEAR];
    }
    return *score > rules[FV_PAF_LIMB_THRESHOLD];
}

/* All pairs of a limb's peaks that it may link, from number `count` on. Returns how many there are then. */
static int propose(fields *f, int count, int kind, const int32_t *limb, const double *peaks, const int32_t *counts, int slots)
{
    const double *as = peaks + 3 * (int64_t)limb[0] * slots, *bs = peaks + 3 * (int64_t)limb[1] * slots;
    for (int a = 0; a < counts[limb[0]]; a++)
        for (int b = 0; b < counts[limb[1]]; b++) {
            double score;
            if (!integrate(f, limb, as + 3 * a, bs + 3 * b, &score)) continue;
            int32_t *link = f->links + 3 * (int64_t)count;
            link[0] = kind, link[1] = a, link[2] = b;
            f->scores[count] = score;
            f->totals[count++] = score + 0.1 * as[3 * a + 2] + 0.1 * bs[3 * b + 2];
        }
    return count;
}

/* The best ones, none of whose ends is taken. */
static int choose(fields *f, int count, int32_t *links, double *scores, int slots)
{
    int chosen = 0;
    fv_k_rank(f->order, f->spare, f->scores, count);
    memset(f->used, 0, (size_t)slots * 8);
    for (int i = 0; i < count; i++) {
        const int32_t *link = f->links + 3 * (int64_t)f->order[i];
        if (f->used[link[1]] || f->used[slots + link[2]]) continue;
        f->used[link[1]] = f->used[slots + link[2]] = 1;
        memcpy(links + 3 * (int64_t)chosen, link, 12);
        scores[chosen++] = f->scores[f->order[i]];
    }
    return chosen;
}

static int check(const int32_t *counts, int slots, int joints, int map_count, const int32_t *limbs, int limb_count, int64_t capacity, int64_t room, int ranked)
{
    int64_t links = 0, candidates = 0;
    for (int j = 0; j < joints; j++)
        if (counts[j] < 0 || counts[j] > slots) return FV_E_VALUE;
    for (int l = 0; l < limb_count; l++) {
        const int32_t *limb = limbs + 5 * (int64_t)l;
        for (int k = 0; k < 4; k++)
            if (limb[k] < 0 || limb[k] >= (k < 2 ? joints : map_count)) return FV_E_VALUE;
        const int64_t a = counts[limb[0]], b = counts[limb[1]];
        links += ranked ? a * b : a < b ? a : b;
        candidates = ranked ? links : a * b > candidates ? a * b : candidates;
    }
    return links > capacity || candidates > room ? FV_E_CAPACITY : 0;
}

int fv_paf_limbs(int32_t *links, double *scores, int capacity, const double *peaks, const int32_t *counts, int slots, int joints,
                 const float *maps, int map_count, int height, int width, int map_stride, int row_stride, int column_stride,
                 const int32_t *limbs, int limb_count, int room, const double *rules, void *scratch)
{
    if (!links || !scores || !peaks || !counts || !maps || !limbs || !rules || !scratch) return FV_E_NULL;
    if (capacity < 0 || joints < 0 || slots < 0 || map_count < 0 || limb_count < 0 || map_stride < 0 || row_stride < 0 || column_stride < 0) return FV_E_SHAPE;
    if (fv_too_big((int64_t)limb_count * 20) || fv_too_big((int64_t)map_count * 4) || fv_too_big((int64_t)joints * 4)) return FV_E_SHAPE;
    if (fv_too_big((int64_t)capacity * 12) || fv_too_big((int64_t)joints * slots)) return FV_E_SHAPE;
    const int bytes = fv_paf_limbs_scratch(room, slots, height, width, rules);
    if (bytes < 0) return bytes;
    const int ranked = rules[FV_PAF_ASSEMBLY] >= FV_ASSEMBLY_RANKED;
    const int error = check(counts, slots, joints, map_count, limbs, limb_count, capacity, room, ranked);
    if (error) return error;

    fields f = {.maps = maps, .map_stride = map_stride, .row_stride = row_stride, .column_stride = column_stride};
    lay_out(&f, scratch, room, slots, height, width, rules);
    fv_k_axis_fill(&f.x, (int)rules[FV_PAF_FACTOR], (int)rules[FV_PAF_KERNEL], 0);
    fv_k_axis_fill(&f.y, (int)rules[FV_PAF_FACTOR], (int)rules[FV_PAF_KERNEL], 0);
    for (int n = 1; n <= MOST_SAMPLES; n++)
        for (f.allowed[n] = n; f.allowed[n] >= 0 && !((n - f.allowed[n]) / (double)n > rules[FV_PAF_SAMPLE_RATIO]);) f.allowed[n]--;
    int count = 0;
    for (int l = 0; l < limb_count; l++) {
        const int found = propose(&f, ranked ? count : 0, l, limbs + 5 * (int64_t)l, peaks, counts, slots);
        count = ranked ? found : count + choose(&f, found, links + 3 * (int64_t)count, scores + count, slots);
    }
    if (!ranked) return count;
    fv_k_rank(f.order, f.spare, f.totals, count);
    for (int i = 0; i < count; i++) {
        memcpy(links + 3 * (int64_t)i, f.links + 3 * (int64_t)f.order[i], 12);
        scores[i] = f.scores[f.order[i]];
    }
    return count;
}
