#include "heatmap_spread.h"
#include "f64x4.h"
#include "few.h"
#include "heatmap_weight.h"

/* One row; d: distances of its first cell from the mean. */
static void add_row(fv_spread *s, const float *values, int count, const double d[3], const fv_place *p, const fv_heatmaps *m, int logs)
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
    s->pair[0][0] += fv_total64(second), s->pair[0][1] += along * d[1], s->pair[0][2] += along * d[2];
    s->pair[1][1] += whole * d[1] * d[1], s->pair[1][2] += whole * d[1] * d[2], s->pair[2][2] += whole * d[2] * d[2];
}

double fv_mean_cell(const fv_place *p, const fv_heatmaps *m, int axis)
{
    if (m->normalize != FV_NORMALIZE_NONE) return p->place[axis];
    const fv_unit u = m->unit[axis];
    const double shift = u.slope != 0 ? u.shift / u.slope : 0;
    return p->place[axis] + (p->low[axis] + shift) * (p->sum - 1);
}

void fv_find_spread(fv_spread *s, const fv_place *p, const fv_heatmaps *m, int logs, float *tile)
{
    fv_piece piece = {0};
    double mean[3];
    for (int a = 0; a < 3; a++) mean[a] = fv_mean_cell(p, m, a);
    *s = (fv_spread){{{0}}, 0};
    while (fv_next_piece(&piece, &p->field, 1, tile))
        for (int r = 0; r < piece.rows; r++) {
            const double d[3] = {piece.at[0] - mean[0], piece.at[1] + r - mean[1], piece.at[2] - mean[2]};
            add_row(s, piece.values + r * piece.row, piece.columns, d, p, m, logs);
        }
    s->pair[1][0] = s->pair[0][1], s->pair[2][0] = s->pair[0][2], s->pair[2][1] = s->pair[1][2];
}
