/*
 * Peaks of enlarged maps, most of which are never computed. Where the cells about four pixels bound them
 * below the threshold, nothing is; elsewhere vectors of float find where a peak may be, to within their
 * rounding, and there double decides.
 */
#include "paf.h"

#define SLACK 5e-7f /* of the largest cell, for each cell of a pixel: twice what float may err */

/* Rows of pixels that are made of the same rows of cells. */
typedef struct {
    int32_t first, low, high; /* row of flags; fours of pixels within which any flag is set */
} band;

enum { MAY = 1, BESIDE = 2 }; /* a four of pixels may hold a peak; is, or is beside, one that may */

typedef struct {
    const double *rules;
    axis find[2], sharp[2]; /* x, y: blurred, and not */
    int pitch, quads;       /* of a row of cells, a multiple of 4; fours of pixels in a row */
    int is_plain;           /* a pixel is a cell */
    float largest, slack;   /* NaN where a cell is not finite; how much float may err */
    float *cells;           /* [height, pitch] */
    float *line, *high, *low; /* [pitch] of a row of cells */
    int32_t *from, *wide;   /* [quads] the cells of four pixels */
    float *spread;          /* [quads, most + 3, 4] and their weights */
    band *bands;            /* [pixel rows] */
    uint8_t *flags;         /* [bands, quads] */
    float *rows[3];         /* pixels of three rows, 4 more on either side */
    int32_t *found, *sorted, *heads;
} search;

static int64_t lay_out(search *s, void *scratch, int height, int width, const double *rules)
{
    arena a = {scratch, 0};
    const int factor = (int)rules[FV_PAF_FACTOR], kernel = (int)rules[FV_PAF_KERNEL];
    const int sides[2] = {width, height};
    s->rules = rules;
    for (int i = 0; i < 2; i++) {
        fv_k_axis_room(&s->find[i], &a, sides[i], factor, kernel, rules[FV_PAF_BLUR]);
        fv_k_axis_room(&s->sharp[i], &a, sides[i], factor, kernel, 0);
    }
    const int64_t pixels = (int64_t)s->find[0].size * s->find[1].size, rows = s->find[1].size;
    s->pitch = (width + 3) & ~3, s->quads = (s->find[0].size + 3) / 4;
    s->cells = fv_k_take(&a, (int64_t)height * s->pitch * 4);
    s->line = fv_k_take(&a, (int64_t)s->pitch * 4), s->high = fv_k_take(&a, (int64_t)s->pitch * 4);
    s->low = fv_k_take(&a, (int64_t)s->pitch * 4);
    s->from = fv_k_take(&a, (int64_t)s->quads * 4), s->wide = fv_k_take(&a, (int64_t)s->quads * 4);
    s->spread = fv_k_take(&a, (int64_t)s->quads * (s->find[0].most + 3) * 16);
    s->bands = fv_k_take(&a, rows * (int64_t)sizeof(band)), s->flags = fv_k_take(&a, rows * s->quads);
    for (int i = 0; i < 3; i++) s->rows[i] = fv_k_take(&a, (int64_t)(s->quads + 2) * 16);
    if (rules[FV_PAF_DISTANCE] > 0) {
        s->found = fv_k_take(&a, pixels * 4), s->sorted = fv_k_take(&a, pixels * 4);
        s->heads = fv_k_take(&a, ((int64_t)s->find[0].size + 1) * 4);
    }
    return a.used;
}

int fv_paf_peaks_scratch(int height, int width, const double *rules)
{
    if (!rules) return FV_E_NULL;
    if (height < 1 || width < 1 || fv_too_big((int64_t)height * width)) return FV_E_SHAPE;
    if (fv_k_paf_check(rules)) return FV_E_VALUE;
    const int64_t factor = (int64_t)rules[FV_PAF_FACTOR];
    if (fv_too_big(height * factor) || fv_too_big(width * factor) || fv_too_big(height * factor * (width * factor))) return FV_E_SHAPE;
    search s;
    const int64_t bytes = lay_out(&s, NULL, height, width, rules);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

/* The horizontal axis by fours of pixels, each four from the same cells; the vertical one's bands. */
static void arrange(search *s)
{
    const axis *x = &s->find[0], *y = &s->find[1];
    const int most = x->most + 3;
    memset(s->spread, 0, (size_t)s->quads * most * 16);
    s->is_plain = x->size == x->cells;
    for (int i = 0; i < x->size; i++) s->is_plain &= x->count[i] == 1;
    for (int q = 0; q < s->quads; q++) {
        const int end = fv_min(4 * q + 4, x->size);
        int low = x->cells, high = 0;
        for (int i = 4 * q; i < end; i++) low = fv_min(low, x->start[i]), high = fv_max(high, x->start[i] + x->count[i]);
        s->from[q] = low, s->wide[q] = high - low;
        for (int i = 4 * q; i < end; i++)
            for (int k = 0; k < x->count[i]; k++)
                s->spread[((int64_t)q * most + x->start[i] - low + k) * 4 + i - 4 * q] = (float)x->weight[(int64_t)i * x->most + k];
    }
    for (int i = 0, first = -1; i < y->size; i++) {
        first += !i || y->start[i] != y->start[i - 1] || y->count[i] != y->count[i - 1];
        s->bands[i].first = first;
    }
}

/* At most so much can positive and negative weights be, of any pixel. */
static void reach_of(const axis *a, float *positive, float *negative)
{
    double most[2] = {0, 0};
    for (int i = 0; i < a->size; i++) {
        double sum[2] = {0, 0};
        for (int k = 0; k < a->count[i]; k++) {
            const double w = a->weight[(int64_t)i * a->most + k];
            sum[w < 0] += w < 0 ? -w : w;
        }
        for (int k = 0; k < 2; k++) most[k] = sum[k] > most[k] ? sum[k] : most[k];
    }
    *positive = (float)most[0], *negative = (float)most[1];
}

static void gather(search *s, const float *map, int row_stride, int column_stride)
{
    const int width = s->find[0].cells, height = s->find[1].cells;
    f32x4 zero = SPLAT(0), largest = SPLAT(0);
    for (int y = 0; y < height; y++) {
        const float *from = map + (int64_t)y * row_stride;
        float *to = s->cells + (int64_t)y * s->pitch;
        int x = 0;
        for (; column_stride == 1 && x + 4 <= width; x += 4) STORE(to + x, LOAD(from + x));
        for (; x < width; x++) to[x] = from[(int64_t)x * column_stride];
        for (; x < s->pitch; x++) to[x] = 0;
        for (x = 0; x < s->pitch; x += 4) {
            const f32x4 v = LOAD(to + x);
            zero = ADD(zero, MUL(v, SPLAT(0))), largest = PMAX(largest, wasm_f32x4_abs(v));
        }
    }
    float sums[8];
    STORE(sums, largest), STORE(sums + 4, zero);
    s->largest = 0;
    for (int i = 0; i < 4; i++) s->largest = sums[i] > s->largest ? sums[i] : s->largest;
    s->slack = SLACK * (float)(s->find[0].most + s->find[1].most + 8) * s->largest;
    s->largest += sums[4] + sums[5] + sums[6] + sums[7];
}

/* The extremes of each column of a band's cells. */
static void bound(search *s, const float *cells, int count)
{
    for (int x = 0; x < s->pitch; x += 4) {
        f32x4 high = LOAD(cells + x), low = high;
        for (int k = 1; k < count; k++) {
            const f32x4 v = LOAD(cells + (int64_t)k * s->pitch + x);
            high = PMAX(high, v), low = PMIN(low, v);
        }
        STORE(s->high + x, high), STORE(s->low + x, low);
    }
}

/* Which fours of pixels may hold a peak: reach is how far weights go, positive and negative, of x and of y. */
static void mark(search *s, const float *reach)
{
    const axis *y = &s->find[1];
    const float threshold = (float)s->rules[FV_PAF_PEAK_THRESHOLD] - s->slack;
    const float up = reach[0] * reach[2] + reach[1] * reach[3], down = reach[0] * reach[3] + reach[1] * reach[2];
    for (int i = 0; i < y->size; i++) {
        band *b = &s->bands[i];
        if (s->is_plain) { /* to look is as cheap as to ask */
            memset(s->flags + (int64_t)b->first * s->quads, MAY | BESIDE, (size_t)s->quads);
            b->low = 0, b->high = s->quads;
            continue;
        }
        if (i && b->first == b[-1].first) {
            *b = b[-1];
            continue;
        }
        bound(s, s->cells + (int64_t)y->start[i] * s->pitch, y->count[i]);
        uint8_t *flags = s->flags + (int64_t)b->first * s->quads;
        b->low = s->quads, b->high = 0;
        for (int q = 0; q < s->quads; q++) {
            const int is_same = q && s->from[q] == s->from[q - 1] && s->wide[q] == s->wide[q - 1];
            const float *highs = s->high + s->from[q], *lows = s->low + s->from[q];
            float high = 0, low = 0;
            for (int k = 0; k < s->wide[q] && !is_same; k++) high = highs[k] > high ? highs[k] : high, low = lows[k] < low ? lows[k] : low;
            flags[q] = is_same ? flags[q - 1] & MAY : up * high - down * low < threshold ? 0 : MAY;
            if (flags[q]) b->low = fv_min(b->low, fv_max(q - 1, 0)), b->high = fv_min(q + 2, s->quads);
        }
        for (int q = b->low; q < b->high; q++)
            if ((flags[q] | (q ? flags[q - 1] : 0) | (q + 1 < s->quads ? flags[q + 1] : 0)) & MAY) flags[q] |= BESIDE;
    }
}

/* Pixels of row y, as far as it or a row beside it may hold a peak there. */
static void enlarge(search *s, int y)
{
    const axis *v = &s->find[1];
    float *row = s->rows[(y + 3) % 3] + 4;
    if (y < 0 || y >= v->size) {
        for (int q = -1; q <= s->quads; q++) STORE(row + 4 * q, SPLAT(-FV_INFINITY));
        return;
    }
    const band *here = &s->bands[y], *near[3] = {y ? here - 1 : here, here, y + 1 < v->size ? here + 1 : here};
    int low = s->quads, high = 0;
    for (int i = 0; i < 3; i++) low = fv_min(low, near[i]->low), high = fv_max(high, near[i]->high);
    if (low >= high) return;
    const double *weight = v->weight + (int64_t)y * v->most;
    const float *cells = s->cells + (int64_t)v->start[y] * s->pitch;
    for (int x = 0; x < s->pitch; x += 4) {
        f32x4 sum = MUL(LOAD(cells + x), SPLAT((float)weight[0]));
        for (int k = 1; k < v->count[y]; k++) sum = ADD(sum, MUL(LOAD(cells + (int64_t)k * s->pitch + x), SPLAT((float)weight[k])));
        STORE(s->line + x, sum);
    }
    const uint8_t *flags[3];
    for (int i = 0; i < 3; i++) flags[i] = s->flags + (int64_t)near[i]->first * s->quads;
    for (int q = low; q < high; q++) {
        if (!(flags[0][q] | flags[1][q] | flags[2][q])) continue;
        if (s->is_plain) {
            STORE(row + 4 * q, LOAD(s->line + 4 * q));
            continue;
        }
        const float *w = s->spread + (int64_t)q * (s->find[0].most + 3) * 4, *line = s->line + s->from[q];
        f32x4 sum = MUL(SPLAT(line[0]), LOAD(w));
        for (int k = 1; k < s->wide[q]; k++) sum = ADD(sum, MUL(SPLAT(line[k]), LOAD(w + 4 * k)));
        STORE(row + 4 * q, sum);
    }
    STORE(row - 4, SPLAT(-FV_INFINITY));
    for (int x = s->find[0].size; x < 4 * s->quads + 4; x++) row[x] = -FV_INFINITY;
}

/* Where double decides there is little to do, and code is better short. */
#define RARE __attribute__((noinline))

RARE static double at(const search *s, const axis *axes, int x, int y)
{
    const double *wx = axes[0].weight + (int64_t)x * axes[0].most, *wy = axes[1].weight + (int64_t)y * axes[1].most;
    const float *cell = s->cells + (int64_t)axes[1].start[y] * s->pitch + axes[0].start[x];
    double sum = 0;
    for (int i = 0; i < axes[0].count[x]; i++) {
        double column = 0;
        for (int k = 0; k < axes[1].count[y]; k++) column += wy[k] * (double)cell[(int64_t)k * s->pitch + i];
        sum += wx[i] * column;
    }
    return sum;
}

RARE static int is_peak(const search *s, int x, int y)
{
    static const int beside[8][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, -1}, {-1, 1}, {1, 1}};
    const int width = s->find[0].size, height = s->find[1].size, border = (int)s->rules[FV_PAF_BORDER];
    const double value = at(s, s->find, x, y), threshold = s->rules[FV_PAF_PEAK_THRESHOLD];
    int ties = s->rules[FV_PAF_TIES] != 0;
    if (!(value > threshold || (s->rules[FV_PAF_PEAK_EQUAL] != 0 && value == threshold))) return 0;
    if (border == FV_BORDER_RING) {
        const int ring = fv_min(fv_min(x, width - 1 - x), fv_min(y, height - 1 - y));
        if (ring == 0) return 0;
        ties |= ring == 1;
    }
    for (int i = 0; i < (s->rules[FV_PAF_CORNERS] != 0 ? 8 : 4); i++) {
        const int nx = x + beside[i][0], ny = y + beside[i][1], is_outside = nx < 0 || ny < 0 || nx >= width || ny >= height;
        if (is_outside && border == FV_BORDER_NONE) continue;
        const double other = is_outside ? 0 : at(s, s->find, nx, ny);
        if (!(value > other || (ties && value == other))) return 0;
    }
    return 1;
}

RARE static void keep(const search *s, double *peak, int x, int y)
{
    const int r = (int)s->rules[FV_PAF_REFINE];
    double px = x, py = y, mass = 0, mx = 0, my = 0;
    for (int v = fv_max(y - r, 0); r && v <= fv_min(y + r, s->find[1].size - 1); v++)
        for (int u = fv_max(x - r, 0); u <= fv_min(x + r, s->find[0].size - 1); u++) {
            const double value = at(s, s->sharp, u, v);
            if (!(value > 0)) continue;
            mass += value, mx += value * u, my += value * v;
        }
    if (mass > 0 && mx + my < (double)FV_INFINITY) px = mx / mass, py = my / mass;
    peak[0] = px + s->rules[FV_PAF_SHIFT], peak[1] = py + s->rules[FV_PAF_SHIFT];
    peak[2] = at(s, s->sharp, x, y);
}

typedef struct {
    double *peaks;
    int count, capacity;
} list;

RARE static void accept(search *s, list *to, int x, int y)
{
    if (!is_peak(s, x, y)) return;
    if (s->rules[FV_PAF_DISTANCE] > 0) s->found[to->count++] = y * s->find[0].size + x;
    else keep(s, to->peaks + 3 * (int64_t)to->count++, x, y);
}

/* Every pixel, in double: where a cell is not finite, float tells nothing. */
static void look_everywhere(search *s, list *to)
{
    for (int y = 0; y < s->find[1].size; y++)
        for (int x = 0; x < s->find[0].size && to->count < to->capacity; x++) accept(s, to, x, y);
}

static void look(search *s, list *to)
{
    const f32x4 threshold = SPLAT((float)s->rules[FV_PAF_PEAK_THRESHOLD]), slack = SPLAT(s->slack);
    enlarge(s, -1);
    enlarge(s, 0);
    for (int y = 0; y < s->find[1].size; y++) {
        enlarge(s, y + 1);
        const band *b = &s->bands[y];
        const uint8_t *flags = s->flags + (int64_t)b->first * s->quads;
        const float *row = s->rows[y % 3] + 4, *above = s->rows[(y + 2) % 3] + 4, *below = s->rows[(y + 1) % 3] + 4;
        for (int q = b->low; q < b->high; q++) {
            if (!(flags[q] & MAY)) continue;
            const int x = 4 * q;
            const f32x4 value = ADD(LOAD(row + x), slack);
            v128_t less = wasm_f32x4_lt(value, threshold);
            less = wasm_v128_or(less, wasm_v128_or(wasm_f32x4_lt(value, LOAD(row + x - 1)), wasm_f32x4_lt(value, LOAD(row + x + 1))));
            less = wasm_v128_or(less, wasm_v128_or(wasm_f32x4_lt(value, LOAD(above + x)), wasm_f32x4_lt(value, LOAD(below + x))));
            const int may = ~wasm_i32x4_bitmask(less) & 15;
            for (int i = 0; may >> i; i++)
                if (may >> i & 1 && x + i < s->find[0].size && to->count < to->capacity) accept(s, to, x + i, y);
        }
    }
}

/* By x, then y; the first of those that are too near to each other. */
static int thin(search *s, double *peaks, int found, int capacity)
{
    const int width = s->find[0].size;
    const double square = s->rules[FV_PAF_DISTANCE] * s->rules[FV_PAF_DISTANCE];
    memset(s->heads, 0, ((size_t)width + 1) * 4);
    for (int i = 0; i < found; i++) s->heads[s->found[i] % width + 1]++;
    for (int x = 0; x < width; x++) s->heads[x + 1] += s->heads[x];
    for (int i = 0; i < found; i++) s->sorted[s->heads[s->found[i] % width]++] = s->found[i];
    int count = 0;
    for (int i = 0; i < found && count < capacity; i++) {
        if (s->sorted[i] < 0) continue;
        const int x = s->sorted[i] % width, y = s->sorted[i] / width;
        for (int j = i + 1; j < found; j++) {
            if (s->sorted[j] < 0) continue;
            const double dx = s->sorted[j] % width - x, dy = s->sorted[j] / width - y;
            if (dx * dx >= square) break;
            if (dx * dx + dy * dy < square) s->sorted[j] = -1;
        }
        keep(s, peaks + 3 * (int64_t)count++, x, y);
    }
    return count;
}

int fv_paf_peaks(double *peaks, int32_t *counts, int capacity, const float *maps, int joints, int height, int width, int map_stride,
                 int row_stride, int column_stride, const double *rules, void *scratch)
{
    if (!peaks || !counts || !maps || !rules || !scratch) return FV_E_NULL;
    if (capacity < 0 || joints < 0 || map_stride < 0 || row_stride < 0 || column_stride < 0) return FV_E_SHAPE;
    if (fv_too_big((int64_t)joints * 4) || fv_too_big((int64_t)capacity * 24) || fv_too_big((int64_t)joints * capacity * 24)) return FV_E_SHAPE;
    const int bytes = fv_paf_peaks_scratch(height, width, rules);
    if (bytes < 0) return bytes;

    search s;
    float reach[4];
    lay_out(&s, scratch, height, width, rules);
    for (int i = 0; i < 2; i++) {
        fv_k_axis_fill(&s.find[i], (int)rules[FV_PAF_FACTOR], (int)rules[FV_PAF_KERNEL], rules[FV_PAF_BLUR]);
        fv_k_axis_fill(&s.sharp[i], (int)rules[FV_PAF_FACTOR], (int)rules[FV_PAF_KERNEL], 0);
        reach_of(&s.find[i], &reach[2 * i], &reach[2 * i + 1]);
    }
    arrange(&s);
    int most = 0;
    for (int j = 0; j < joints; j++) {
        const int is_thinned = rules[FV_PAF_DISTANCE] > 0;
        list to = {peaks + 3 * (int64_t)j * capacity, 0, is_thinned ? s.find[0].size * s.find[1].size : capacity};
        gather(&s, maps + (int64_t)j * map_stride, row_stride, column_stride);
        if (s.largest == s.largest) mark(&s, reach), look(&s, &to);
        else look_everywhere(&s, &to);
        counts[j] = is_thinned ? thin(&s, to.peaks, to.count, capacity) : to.count;
        most = fv_max(most, counts[j]);
    }
    return most;
}
