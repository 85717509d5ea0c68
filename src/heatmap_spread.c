#include "heatmap_spread.h"
#include "heatmap_weight.h"

/* Sums of weight times products of distances from the mean, of these pairs of axes. */
enum { AXIS00, AXIS01, AXIS11, AXIS02, AXIS12, AXIS22, PAIRS };

typedef struct {
    double pair[PAIRS], log_sum; /* log_sum: of w ln w */
} spread;

/* One row; d: distance of its first cell from the mean along axis 0. */
static void add_row(spread *s, const float *values, int count, double d0, double d1, double d2, const fv_place *p, const fv_maps *m, int logs)
{
    double sum = 0, first = 0, second = 0;
    for (int i = 0; i < count; i++) {
        const float weight = fv_weight_of(m->normalize, values[i], p->most, m->scale);
        const double w = weight, d = d0 + i;
        sum += w, first += w * d, second += w * d * d;
        if (logs && weight >= 0x1p-126f) s->log_sum += w * fv_log(weight);
    }
    s->pair[AXIS00] += second, s->pair[AXIS01] += first * d1, s->pair[AXIS02] += first * d2;
    s->pair[AXIS11] += sum * d1 * d1, s->pair[AXIS12] += sum * d1 * d2, s->pair[AXIS22] += sum * d2 * d2;
}

/* The mean in cells of the part; of what is not normalised, the cell that the coordinate names. */
static double mean_of(const fv_place *p, const fv_maps *m, int a)
{
    if (m->normalize != FV_NORMALIZE_NONE) return p->place[a];
    const fv_unit u = m->unit[a];
    const double shift = u.slope != 0 ? u.shift / u.slope : 0;
    return p->place[a] + (p->low[a] + shift) * (p->sum - 1);
}

void fv_spread(float *covariance, float *entropy, const fv_place *p, const fv_maps *m, float *tile)
{
    spread s = {{0}, 0};
    fv_piece piece = {0};
    double mean[3];
    for (int a = 0; a < 3; a++) mean[a] = mean_of(p, m, a);
    while (fv_next_piece(&piece, &p->field, 1, tile))
        for (int r = 0; r < piece.rows; r++)
            add_row(&s, piece.values + r * piece.row, piece.columns, piece.at[0] - mean[0], piece.at[1] + r - mean[1], piece.at[2] - mean[2],
                    p, m, entropy != NULL);
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
