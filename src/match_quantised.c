/*
 * Nearest neighbours by L2 or cosine. Descriptors become 16-bit integers q with a common step s,
 * and e = |a - s q| is known of each. By the triangle inequality a and b are at least
 * s |qa - qb| - ea - eb apart: what that bound does not rule out is measured in double. Where all
 * values are integers already, s is 1, e is 0 and the integer distance is the distance.
 */
#include "match.h"

enum {
    LANES = 8,   /* descriptors of b side by side */
    ROWS = 4,    /* of a, against them at once */
    CHUNK = 128, /* times LANES of b: what stays in the cache */
    SUMS = 1 << 29, /* width * step^2 at most, so that no sum overflows */
    TRIALS = 4096,   /* of half the values, before it is known whether they spare the other half */
    NEVER = INT32_MAX /* the norm of what is nobody's neighbour */
};

/* A set in integers. */
typedef struct {
    int16_t *values;  /* queries: [count, pairs, 2]; candidates: [count / LANES, pairs, LANES, 2] */
    int32_t *norms;   /* |q|^2; of a candidate nobody wants NEVER, of such a query -1 */
    int32_t *halves;  /* |q|^2 of the first half */
    double *errors;   /* e of a query */
    double worst;     /* the largest e */
} quantised;

typedef struct {
    int pairs, half; /* of values in a descriptor; in its first half */
    double step, largest; /* s; of all values */
    int is_exact;    /* the integers are the values */
    quantised a, b;
    int32_t *limits; /* [n] an integer score from here on is ruled out */
} plan;

static int padded(int count, int to) { return (count + to - 1) / to * to; }

int64_t fv_match_quantised_bytes(int n, int m, int width)
{
    const int64_t row = padded(width, 4) * 2, queries = padded(n, ROWS), candidates = padded(m, LANES);
    return fv_align16(queries * row) + fv_align16(candidates * row) + fv_align16(queries * 8) + 3 * fv_align16(queries * 4) + 2 * fv_align16(candidates * 4);
}

static inline double total(v128_t f64) { return wasm_f64x2_extract_lane(f64, 0) + wasm_f64x2_extract_lane(f64, 1); }

/* What a descriptor is divided by; 0 where it is nobody's neighbour. */
double fv_descriptor_length(const descriptors *s, const void *row)
{
    v128_t sum = wasm_f64x2_splat(0), finite = wasm_i32x4_splat(-1);
    for (int i = 0; i < s->width; i += 4) {
        const f32x4 v = fv_load4(s, row, i);
        finite = wasm_v128_and(finite, wasm_f32x4_lt(wasm_f32x4_abs(v), SPLAT(FV_INFINITY)));
        if (!s->is_cosine) continue;
        const v128_t low = wasm_f64x2_promote_low_f32x4(v), high = wasm_f64x2_promote_low_f32x4(wasm_i64x2_shuffle(v, v, 1, 1));
        sum = wasm_f64x2_add(sum, wasm_f64x2_add(wasm_f64x2_mul(low, low), wasm_f64x2_mul(high, high)));
    }
    if (!wasm_i32x4_all_true(finite)) return 0;
    return s->is_cosine ? __builtin_sqrt(total(sum)) : 1;
}

typedef struct {
    double largest;
    int all_whole;
} extent;

static void measure(extent *e, const descriptors *s)
{
    for (int index = 0; index < s->count; index++) {
        const void *row = fv_row(s, index);
        const double length = fv_descriptor_length(s, row);
        if (length == 0) continue;
        f32x4 most = SPLAT(0);
        v128_t whole = wasm_i32x4_splat(-1);
        for (int i = 0; i < s->width; i += 4) {
            const f32x4 v = fv_load4(s, row, i);
            most = PMAX(most, wasm_f32x4_abs(v));
            whole = wasm_v128_and(whole, wasm_f32x4_eq(v, wasm_f32x4_convert_i32x4(wasm_i32x4_trunc_sat_f32x4(v))));
        }
        float lanes[4];
        STORE(lanes, most);
        for (int c = 0; c < 4; c++)
            if (lanes[c] / length > e->largest) e->largest = lanes[c] / length;
        if (!wasm_i32x4_all_true(whole)) e->all_whole = 0;
    }
}

static inline int32_t sum4(v128_t v)
{
    return wasm_i32x4_extract_lane(v, 0) + wasm_i32x4_extract_lane(v, 1) + wasm_i32x4_extract_lane(v, 2) + wasm_i32x4_extract_lane(v, 3);
}

/* One descriptor into every `stride`th pair from `dst`, which holds zeros. */
static void quantise(const plan *p, quantised *q, const descriptors *s, int index, int16_t *dst, int stride, int nobody)
{
    const void *row = fv_row(s, index);
    const double length = fv_descriptor_length(s, row);
    const float factor = length > 0 ? (float)(1 / (length * p->step)) : 0;
    v128_t norm = wasm_i32x4_splat(0), half = norm;
    f32x4 rests = SPLAT(0);
    /* Steps too small for a float: the zeros stay, and are wrong by all there is. */
    const int fits = factor < FV_INFINITY;
    for (int i = 0; length > 0 && fits && i < 2 * p->pairs; i += 4) {
        const f32x4 scaled = MUL(fv_load4(s, row, i), SPLAT(factor)), nearest = SUB(ADD(scaled, SPLAT(FV_ROUND)), SPLAT(FV_ROUND)), rest = SUB(scaled, nearest);
        const v128_t whole = wasm_i32x4_trunc_sat_f32x4(nearest), pairs = wasm_i16x8_narrow_i32x4(whole, whole);
        rests = ADD(rests, MUL(rest, rest));
        if (i == 2 * p->half) half = norm;
        norm = wasm_i32x4_add(norm, wasm_i32x4_mul(whole, whole));
        wasm_v128_store32_lane(dst + (i >> 1) * stride, pairs, 0);
        wasm_v128_store32_lane(dst + ((i >> 1) + 1) * stride, pairs, 1);
    }
    q->norms[index] = length > 0 ? sum4(norm) : nobody;
    q->halves[index] = length > 0 ? sum4(half) : nobody;
    if (p->is_exact || !(length > 0)) return;
    float lanes[4];
    STORE(lanes, rests);
    const double sum = (double)lanes[0] + lanes[1] + lanes[2] + lanes[3];
    /* The float arithmetic above is wrong by 2^-22 of the largest value at most, in each of the values. */
    const double root = __builtin_sqrt((double)s->width), error = fits ? p->step * __builtin_sqrt(sum) * 1.001 + p->largest * 4e-7 * root : p->largest * root * 1.001;
    if (q->errors) q->errors[index] = error;
    if (error > q->worst) q->worst = error;
}

static plan prepare(const descriptors *a, const descriptors *b, void *scratch)
{
    const int queries = padded(a->count, ROWS), candidates = padded(b->count, LANES), pairs = padded(a->width, 4) / 2;
    plan p = {pairs, pairs / 4 * 2, 1, 0, 0, {0}, {0}, 0};
    const int64_t row = p.pairs * 4;
    char *at = scratch;
    p.a.values = (int16_t *)at, at += fv_align16(queries * row);
    p.b.values = (int16_t *)at, at += fv_align16(candidates * row);
    p.a.errors = (double *)at, at += fv_align16((int64_t)queries * 8);
    p.a.norms = (int32_t *)at, at += fv_align16((int64_t)queries * 4);
    p.a.halves = (int32_t *)at, at += fv_align16((int64_t)queries * 4);
    p.limits = (int32_t *)at, at += fv_align16((int64_t)queries * 4);
    p.b.norms = (int32_t *)at, at += fv_align16((int64_t)candidates * 4);
    p.b.halves = (int32_t *)at;

    extent e = {0, 1};
    measure(&e, a), measure(&e, b);
    const int top = fv_max(1, fv_min((int)__builtin_sqrt((double)SUMS / (2 * p.pairs)), 32767));
    p.largest = e.largest;
    p.is_exact = e.all_whole && e.largest <= top && !a->is_cosine;
    if (!p.is_exact && e.largest > 0) p.step = e.largest / top;

    memset(p.a.values, 0, (size_t)(queries * row)), memset(p.b.values, 0, (size_t)(candidates * row)), memset(p.a.errors, 0, (size_t)queries * 8);
    for (int i = 0; i < a->count; i++) quantise(&p, &p.a, a, i, p.a.values + i * (row / 2), 2, -1);
    for (int i = 0; i < b->count; i++) quantise(&p, &p.b, b, i, p.b.values + i / LANES * LANES * (row / 2) + i % LANES * 2, 2 * LANES, NEVER);
    for (int i = b->count; i < candidates; i++) p.b.norms[i] = p.b.halves[i] = NEVER;
    for (int i = 0; i < queries; i++) p.limits[i] = i < a->count && p.a.norms[i] >= 0 ? NEVER : INT32_MIN;
    return p;
}

/* In double; squared by L2. */
double fv_descriptor_distance(const descriptors *a, int i, const descriptors *b, int j)
{
    const void *x = fv_row(a, i), *y = fv_row(b, j);
    v128_t sum = wasm_f64x2_splat(0), aa = sum, bb = sum;
    for (int c = 0; c < a->width; c += 4) {
        const f32x4 u = fv_load4(a, x, c), v = fv_load4(b, y, c);
        for (int h = 0; h < 2; h++) {
            const v128_t s = wasm_f64x2_promote_low_f32x4(h ? wasm_i64x2_shuffle(u, u, 1, 1) : u);
            const v128_t t = wasm_f64x2_promote_low_f32x4(h ? wasm_i64x2_shuffle(v, v, 1, 1) : v);
            const v128_t d = wasm_f64x2_sub(s, t);
            sum = wasm_f64x2_add(sum, a->is_cosine ? wasm_f64x2_mul(s, t) : wasm_f64x2_mul(d, d));
            if (a->is_cosine) aa = wasm_f64x2_add(aa, wasm_f64x2_mul(s, s)), bb = wasm_f64x2_add(bb, wasm_f64x2_mul(t, t));
        }
    }
    if (!a->is_cosine) return total(sum);
    const double cosine = total(sum) / (__builtin_sqrt(total(aa)) * __builtin_sqrt(total(bb)));
    return cosine < 1 ? 1 - cosine : 0;
}

#define DOT(a, b) wasm_i32x4_dot_i16x8(a, b)

/* a.b of ROWS queries with LANES candidates, over pairs `from` to `to`, into `sums`. */
static inline void multiply(v128_t sums[ROWS][2], const int16_t *a, int row, const int16_t *b, int from, int to)
{
    v128_t s00 = sums[0][0], s01 = sums[0][1], s10 = sums[1][0], s11 = sums[1][1];
    v128_t s20 = sums[2][0], s21 = sums[2][1], s30 = sums[3][0], s31 = sums[3][1];
    for (int c = from; c < to; c++) {
        const v128_t b0 = LOAD(b + c * 2 * LANES), b1 = LOAD(b + c * 2 * LANES + 8);
        const v128_t a0 = wasm_v128_load32_splat(a + 2 * c), a1 = wasm_v128_load32_splat(a + row + 2 * c);
        const v128_t a2 = wasm_v128_load32_splat(a + 2 * row + 2 * c), a3 = wasm_v128_load32_splat(a + 3 * row + 2 * c);
        s00 = wasm_i32x4_add(s00, DOT(a0, b0)), s01 = wasm_i32x4_add(s01, DOT(a0, b1));
        s10 = wasm_i32x4_add(s10, DOT(a1, b0)), s11 = wasm_i32x4_add(s11, DOT(a1, b1));
        s20 = wasm_i32x4_add(s20, DOT(a2, b0)), s21 = wasm_i32x4_add(s21, DOT(a2, b1));
        s30 = wasm_i32x4_add(s30, DOT(a3, b0)), s31 = wasm_i32x4_add(s31, DOT(a3, b1));
    }
    sums[0][0] = s00, sums[0][1] = s01, sums[1][0] = s10, sums[1][1] = s11;
    sums[2][0] = s20, sums[2][1] = s21, sums[3][0] = s30, sums[3][1] = s31;
}

/* Scores |b|^2 - 2 a.b of the tile, and which of them are below the limits: a bit for each candidate, a byte for each query. */
static inline uint32_t below(v128_t scores[ROWS][2], v128_t sums[ROWS][2], const int32_t *norms, const int32_t limits[ROWS])
{
    uint32_t bits = 0;
    v128_t any = wasm_i32x4_splat(0);
    const v128_t norm[2] = {LOAD(norms), LOAD(norms + 4)};
    for (int r = 0; r < ROWS; r++)
        for (int h = 0; h < 2; h++) {
            scores[r][h] = wasm_i32x4_sub(norm[h], wasm_i32x4_shl(sums[r][h], 1));
            any = wasm_v128_or(any, wasm_i32x4_lt(scores[r][h], SPLATI(limits[r])));
        }
    if (!wasm_v128_any_true(any)) return 0;
    for (int r = 0; r < ROWS; r++)
        for (int h = 0; h < 2; h++) bits |= (uint32_t)wasm_i32x4_bitmask(wasm_i32x4_lt(scores[r][h], SPLATI(limits[r]))) << (8 * r + 4 * h);
    return bits;
}

static int32_t saturate(double v) { return v < INT32_MAX ? (int32_t)v : INT32_MAX; }

/* The score from which on no candidate can be nearer than the last of the query's neighbours. */
static int32_t limit_of(const plan *p, double last, int is_cosine, int query)
{
    if (last == __builtin_inf()) return NEVER;
    if (p->is_exact) return saturate(last - p->a.norms[query]);
    /* Unit vectors are sqrt(2 (1 - cos)) apart; of 1 - cos the rounding is less than 1e-15. */
    const double apart = is_cosine ? __builtin_sqrt(2 * (last + 1e-15)) : __builtin_sqrt(last);
    const double most = (apart + p->a.errors[query] + p->b.worst) / p->step;
    return saturate(most * most * (1 + 1e-9) + 1 - p->a.norms[query]);
}

/* Measures what a tile leaves, by ascending candidate. */
static void settle(const plan *p, const neighbours *found, const descriptors *a, const descriptors *b, int query, int candidate, v128_t scores[ROWS][2], uint32_t bits)
{
    int32_t score[ROWS][LANES];
    for (int r = 0; r < ROWS; r++) STORE(score[r], scores[r][0]), STORE(score[r] + 4, scores[r][1]);
    for (; bits; bits &= bits - 1) {
        const int bit = __builtin_ctz(bits), r = bit >> 3, lane = bit & 7, i = query + r, j = candidate + lane;
        if (!(score[r][lane] < p->limits[i])) continue;
        fv_take(found, i, p->is_exact ? (double)score[r][lane] + p->a.norms[i] : fv_descriptor_distance(a, i, b, j), j);
        p->limits[i] = limit_of(p, found->nearest[(int64_t)i * found->k + found->k - 1], a->is_cosine, i);
    }
}

/* Limits on the first half's scores: what the other half adds is not negative. */
static void halve(const plan *p, int32_t limits[ROWS], int query)
{
    for (int r = 0; r < ROWS; r++) {
        const int32_t limit = p->limits[query + r];
        limits[r] = limit == NEVER || limit == INT32_MIN ? limit : saturate((double)limit + p->a.norms[query + r] - p->a.halves[query + r]);
    }
}

void fv_match_quantised(const neighbours *found, const void *a, int n, const void *b, int m, int width, int type, int metric, void *scratch)
{
    const descriptors queries = {a, n, width, type, metric == FV_METRIC_COSINE}, candidates = {b, m, width, type, metric == FV_METRIC_COSINE};
    const plan p = prepare(&queries, &candidates, scratch);
    const int row = 2 * p.pairs;
    int tried = 0, spared = 0;
    for (int chunk = 0; chunk < m; chunk += CHUNK * LANES)
        for (int i = 0; i < n; i += ROWS) {
            const int end = fv_min(m, chunk + CHUNK * LANES);
            const int16_t *rows = p.a.values + (int64_t)i * row;
            for (int j = chunk; j < end; j += LANES) {
                const int16_t *columns = p.b.values + (int64_t)j * row;
                const v128_t zero = wasm_i32x4_splat(0);
                v128_t sums[ROWS][2] = {{zero, zero}, {zero, zero}, {zero, zero}, {zero, zero}}, scores[ROWS][2];
                int from = 0;
                if (p.half && (tried < TRIALS || spared * 8 > tried)) {
                    int32_t limits[ROWS];
                    halve(&p, limits, i);
                    multiply(sums, rows, row, columns, 0, from = p.half);
                    tried++;
                    if (!below(scores, sums, p.b.halves + j, limits)) {
                        spared++;
                        continue;
                    }
                }
                multiply(sums, rows, row, columns, from, p.pairs);
                const uint32_t bits = below(scores, sums, p.b.norms + j, p.limits + i);
                if (bits) settle(&p, found, &queries, &candidates, i, j, scores, bits);
            }
        }
}
