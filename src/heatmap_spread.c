#include "heatmap_spread.h"
#include "f64x4.h"
#include "few.h"
#include "heatmap_weight.h"

/* Sums of weight times products of distances from the mean, of these pairs of axes. */
enum { AXIS00, AXIS01, AXIS11, AXIS02, AXIS12, AXIS22, PAIRS };

typedef struct {
    double pair[PAIRS], log_sum; /* log_sum: of w ln w */
} spread;

/* One row; d: distances of its first cell from the mean. */
static void add_row(spread *s, const float *values, int count, const double d[3], const fv_place *p, const fv_heatmaps *m, int logs)
{
    f64x4 sum = fv_splat64(0), first = sum, second = sum, log_sum = sum;
    f64x4 at = fv_add64(fv_splat64(d[0]), fv_widen(wasm_f32x4_make(0, 1, 2, 3)));
    for (int i = 0; i < count; i += 4, at = fv_add64(at, fv_splat64(4))) {
        const f32x4 weight = fv_weight(m->normalize, fv_load_few(values + i, count - i, FV_NAN), SPLAT(p->most), SPLAT(m->scale));
        const f64x4 w = fv_widen(weight), moment = fv_mul64(w, at);
        sum = fv_add64(sum, w), first = fv_add64(first, moment), second = fv_add64(second, fv_mul64(moment, at));
        if (!logs) continue;
        const f32x4 ln = wasm_v128_and(fv_log4(weight), GE(weight, SPLAT(0x1p-126f)));
        log_sum = fv_add64(log_sum, fv_mul64(w, fv_widen(ln)));
    }
    const double whole = fv_total64(sum), along = fv_total64(first);
    s->log_sum += fv_total64(log_sum);
    s->pair[AXIS00] += fv_total64(second), s->pair[AXIS01] += along * d[1], s->pair[AXIS02] += along * d[2];
    s->pair[AXIS11] += whole * d[1] * d[1], s->pair[AXIS12] += whole * d[1] * d[2], s->pair[AXIS22] += whole * d[2] * d[2];
}

/* The mean in cells of the part; of what is not normalised, the cell that the coordinate names. */
static double mean_of(const fv_place *p, const fv_heatmaps *m, int a)
{
    if (m->normalize != FV_NORMALIZE_NONE) return p->place[a];
    const fv_unit u = m->unit[a];
    const double shift = u.slope != 0 ? u.shift / u.slope : 0;
    return p->place[a] + (p->low[a] + shift) * (p->sum - 1);
}

void fv_spread(float *covariance, float *entropy, const fv_place *p, const fv_heatmaps *m, float *tile)
{
    spread s = {{0}, 0};
    fv_piece piece = {0};
    double mean[3];
    for (int a = 0; a < 3; a++) mean[a] = mean_of(p, m, a);
    while (fv_next_piece(&piece, &p->field, 1, tile))
        for (int r = 0; r < piece.rows; r++) {
            const double d[3] = {piece.at[0] - mean[0], piece.at[1] + r - mean[1], piece.at[2] - mean[2]};
            add_row(&s, piece.values + r * piece.row, piece.columns, d, p, m, entropy != NULL);
        }
    const double by = p->norm > 0 ? 1 / p->norm : 0;
    if (entropy) {
        /* -sum of w/N (ln w - ln N) */
        const double ln = p->norm >= 0x1p-1000 ? fv_log64(p->norm) : 0;
        *entropy = (float)(by * (p->sum * ln - s.log_sum));
    }
    if (!covariance) return;
    static const int pair[3][3] = {{AXIS00, AXIS01, AXIS02}, {AXIS01, AXIS11, AXIS12}, {AXIS02, AXIS12, AXIS22}};
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            if (m->axis[a] < m->dims && m->axis[b] < m->dims)
                covariance[m->axis[a] * m->dims + m->axis[b]] = (float)(m->unit[a].slope * m->unit[b].slope * s.pair[pair[a][b]] * by);
}
