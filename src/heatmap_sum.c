#include "heatmap_sum.h"
#include "few.h"
#include "heatmap_weight.h"

#define MOST_FLOAT 3.402823466e38f

/* Of a piece, by joint; places from its middle. */
typedef struct {
    float most[FV_LANES], sum[FV_LANES], along[FV_LANES], across[FV_LANES];
} piece_sums;

FV_INLINE float middle_of(int count) { return (float)(count - 1) * .5f; }

FV_INLINE float lane_sum(f32x4 v)
{
    const f32x4 pairs = ADD(v, wasm_i64x2_shuffle(v, v, 1, 1));
    return wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
}

static float most_of_rows(const fv_piece *p)
{
    f32x4 a = SPLAT(-FV_INFINITY), b = a, c = a, d = a;
    for (int r = 0; r < p->rows; r++) {
        const float *v = p->values + r * p->row;
        int i = 0;
        for (; i + 16 <= p->columns; i += 16) {
            a = PMAX(LOAD(v + i), a), b = PMAX(LOAD(v + i + 4), b);
            c = PMAX(LOAD(v + i + 8), c), d = PMAX(LOAD(v + i + 12), d);
        }
        for (; i < p->columns; i += 4) a = PMAX(fv_load_few(v + i, p->columns - i, FV_NAN), a);
    }
    a = PMAX(PMAX(a, b), PMAX(c, d));
    a = PMAX(a, wasm_i64x2_shuffle(a, a, 1, 1));
    const float low = wasm_f32x4_extract_lane(a, 0), high = wasm_f32x4_extract_lane(a, 1);
    return high > low ? high : low;
}

static void most_of_lanes(float *most, const fv_piece *p, int lanes)
{
    for (int l = 0; l < lanes; l += 4) {
        const int lane = fv_min(l, lanes - 4);
        f32x4 m = SPLAT(-FV_INFINITY);
        for (int r = 0; r < p->rows; r++) {
            const float *v = p->values + r * p->row + lane;
            for (int c = 0; c < p->columns; c++, v += p->column) m = PMAX(LOAD(v), m);
        }
        STORE(most + lane, m);
    }
}

typedef struct {
    f32x4 sum, along, across;
} vector_sums;

/*
 * Sums over all rows of `vectors` vectors of `lanes` values, `step` floats apart, whose cells are x, x + apart ...: marginals
 * first, so that a weight is added twice and multiplied never.
 */
FV_INLINE void sum_columns(vector_sums *s, const fv_piece *p, const float *v, ptrdiff_t step, int vectors, int lanes, f32x4 x, float apart,
                           int normalize, f32x4 most, f32x4 scale)
{
    f32x4 marginal[4] = {SPLAT(0.f), SPLAT(0.f), SPLAT(0.f), SPLAT(0.f)}, y = SPLAT(-middle_of(p->rows));
    for (int r = 0; r < p->rows; r++, v += p->row, y = ADD(y, SPLAT(1.f))) {
        f32x4 row = SPLAT(0.f);
        for (int k = 0; k < vectors; k++) {
            const f32x4 w = fv_weight(normalize, fv_load_few(v + k * step, lanes, FV_NAN), most, scale);
            marginal[k] = ADD(marginal[k], w);
            row = k ? ADD(row, w) : w;
        }
        s->sum = ADD(s->sum, row);
        s->across = ADD(s->across, MUL(row, y));
    }
    for (int k = 0; k < vectors; k++) s->along = ADD(s->along, MUL(marginal[k], ADD(x, SPLAT(apart * (float)k))));
}

FV_INLINE void sum_rows(piece_sums *s, const fv_piece *p, int normalize, float most, float by)
{
    vector_sums v = {SPLAT(0.f), SPLAT(0.f), SPLAT(0.f)};
    const f32x4 top = SPLAT(most), scale = SPLAT(by);
    int i = 0;
#define X ADD(SPLAT((float)i - middle_of(p->columns)), wasm_f32x4_make(0, 1, 2, 3))
    for (; i + 16 <= p->columns; i += 16) sum_columns(&v, p, p->values + i, 4, 4, 4, X, 4, normalize, top, scale);
    for (; i < p->columns; i += 4) sum_columns(&v, p, p->values + i, 4, 1, fv_min(p->columns - i, 4), X, 0, normalize, top, scale);
#undef X
    s->sum[0] = lane_sum(v.sum), s->along[0] = lane_sum(v.along), s->across[0] = lane_sum(v.across);
}

FV_INLINE void sum_lanes(piece_sums *s, const fv_piece *p, int lanes, int normalize, const float *most, float by)
{
    const f32x4 scale = SPLAT(by);
    for (int l = 0; l < lanes; l += 4) {
        const int lane = fv_min(l, lanes - 4);
        const f32x4 top = LOAD(most + lane);
        const float *first = p->values + lane;
        vector_sums v = {SPLAT(0.f), SPLAT(0.f), SPLAT(0.f)};
        int i = 0;
#define X SPLAT((float)i - middle_of(p->columns))
        for (; i + 4 <= p->columns; i += 4) sum_columns(&v, p, first + i * p->column, p->column, 4, 4, X, 1, normalize, top, scale);
        for (; i < p->columns; i++) sum_columns(&v, p, first + i * p->column, 0, 1, 4, X, 0, normalize, top, scale);
#undef X
        STORE(s->sum + lane, v.sum);
        STORE(s->along + lane, v.along);
        STORE(s->across + lane, v.across);
    }
}

FV_INLINE void sum_as(piece_sums *s, const fv_piece *p, int lanes, int normalize, const float *most, float scale)
{
    if (lanes == 1) sum_rows(s, p, normalize, *most, scale);
    else sum_lanes(s, p, lanes, normalize, most, scale);
}

static void sum_piece(piece_sums *s, const fv_piece *p, int lanes, int normalize, const float *most, float scale)
{
    switch (normalize) {
    case FV_NORMALIZE_SOFTMAX: sum_as(s, p, lanes, FV_NORMALIZE_SOFTMAX, most, scale); break;
    case FV_NORMALIZE_RELU: sum_as(s, p, lanes, FV_NORMALIZE_RELU, most, scale); break;
    case FV_NORMALIZE_SIGMOID: sum_as(s, p, lanes, FV_NORMALIZE_SIGMOID, most, scale); break;
    default: sum_as(s, p, lanes, FV_NORMALIZE_NONE, most, scale);
    }
}

static void find_most(float *most, const fv_piece *p, int lanes)
{
    if (lanes == 1) *most = most_of_rows(p);
    else most_of_lanes(most, p, lanes);
}

/* A larger maximum makes what was summed so far weigh less. */
static void raise(fv_sum *s, float most, int normalize, float scale)
{
    if (!(most > s->most)) return;
    most = most < MOST_FLOAT ? most : MOST_FLOAT;
    if (normalize == FV_NORMALIZE_SOFTMAX) {
        const double factor = fv_weight_of(normalize, s->most, most, scale);
        s->sum *= factor;
        for (int a = 0; a < 3; a++) s->place[a] *= factor;
    }
    s->most = most;
}

void fv_sum_maps(fv_sum *sums, const fv_field *field, int lanes, int normalize, float scale, float *tile)
{
    piece_sums s;
    fv_piece p = {0};
    for (int l = 0; l < lanes; l++) sums[l] = (fv_sum){-FV_INFINITY, 0, {0, 0, 0}};
    while (fv_next_piece(&p, field, lanes, tile)) {
        find_most(s.most, &p, lanes);
        for (int l = 0; l < lanes; l++) {
            raise(&sums[l], s.most[l], normalize, scale);
            s.most[l] = sums[l].most > -FV_INFINITY ? sums[l].most : 0;
        }
        sum_piece(&s, &p, lanes, normalize, s.most, scale);
        for (int l = 0; l < lanes; l++) {
            const double sum = s.sum[l];
            sums[l].sum += sum;
            sums[l].place[0] += s.along[l] + (p.at[0] + middle_of(p.columns)) * sum;
            sums[l].place[1] += s.across[l] + (p.at[1] + middle_of(p.rows)) * sum;
            sums[l].place[2] += p.at[2] * sum;
        }
    }
}

static void find_value(int peak[3], const fv_piece *p, int lane, float value)
{
    for (int r = 0; r < p->rows; r++) {
        const float *row = p->values + r * p->row + lane;
        int c = 0;
        if (p->column == 1)
            while (c + 4 <= p->columns && !wasm_v128_any_true(wasm_f32x4_eq(LOAD(row + c), SPLAT(value)))) c += 4;
        for (; c < p->columns; c++)
            if (row[c * p->column] == value) {
                peak[0] = p->at[0] + c, peak[1] = p->at[1] + r, peak[2] = p->at[2];
                return;
            }
    }
}

void fv_peaks(int (*peaks)[3], float *most, const fv_field *field, int lanes, float *tile)
{
    float found[FV_LANES];
    fv_piece p = {0};
    for (int l = 0; l < lanes; l++) most[l] = -FV_INFINITY, memset(peaks[l], 0, sizeof peaks[l]);
    while (fv_next_piece(&p, field, lanes, tile)) {
        find_most(found, &p, lanes);
        for (int l = 0; l < lanes; l++)
            if (found[l] > most[l]) most[l] = found[l], find_value(peaks[l], &p, l, found[l]);
    }
}
