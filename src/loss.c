#include "loss.h"
#include "loss_points.h"

#define FV_MOST_MAPS 4096 /* they are ranked by comparing each with each */

int64_t fv_weights(const fv_weighing *w)
{
    if (!w->weight) return 0;
    return (int64_t)(w->axes & FV_AXIS_OUTER ? w->outer : 1) * (w->axes & FV_AXIS_MIDDLE ? w->middle : 1) * (w->axes & FV_AXIS_INNER ? w->inner : 1);
}

const float *fv_weights_of(const fv_weighing *w, int outer, int middle)
{
    static const float one = 1;
    if (!w->weight) return &one;
    int64_t at = w->axes & FV_AXIS_OUTER ? outer : 0;
    if (w->axes & FV_AXIS_MIDDLE) at = at * w->middle + middle;
    return w->weight + (w->axes & FV_AXIS_INNER ? at * w->inner : at);
}

double fv_divisor(int reduction, const fv_weighing *w, int64_t values, int batch)
{
    double divisor = 1;
    if (reduction == FV_REDUCTION_MEAN) divisor = (double)values;
    if (reduction == FV_REDUCTION_BATCH_MEAN) divisor = batch;
    if (reduction == FV_REDUCTION_WEIGHT_MEAN) {
        const int64_t count = fv_weights(w);
        divisor = w->weight ? 0 : (double)w->outer * w->middle;
        for (int64_t i = 0; i < count; i++)
            if (fv_is_weight(w->weight[i])) divisor += w->weight[i];
    }
    return divisor;
}

int fv_loss_shape(int outer, int middle, int inner, int batch)
{
    if (outer < 0 || middle < 0 || inner < 0 || batch < 0) return FV_E_SHAPE;
    int64_t bytes = 4;
    if (fv_too_big(bytes *= fv_max(outer, 1)) || fv_too_big(bytes *= fv_max(middle, 1)) || fv_too_big(bytes * fv_max(inner, 1))) return FV_E_SHAPE;
    return fv_too_big(2 * bytes) ? FV_E_SHAPE : 0; /* rows are doubles */
}

/* Options a penalty needs above 0, and those it needs at least 0, as bits. */
static const struct {
    uint8_t above, least;
} needs[] = {{0, 0}, {0, 0}, {0, 1}, {1, 0}, {3, 0}, {0, 1}, {0, 3}, {15, 0}};

static int check_options(int kind, const double *options)
{
    for (int i = 0; i < FV_PENALTY_OPTIONS; i++) {
        if (options[i] - options[i] != 0) return FV_E_VALUE;
        if (needs[kind].above >> i & 1 && !(options[i] > 0)) return FV_E_VALUE;
        if (needs[kind].least >> i & 1 && !(options[i] >= 0)) return FV_E_VALUE;
    }
    return 0;
}

static int64_t count_positive(const fv_weighing *w, const float *target)
{
    int64_t count = 0;
    for (int o = 0; o < w->outer; o++)
        for (int m = 0; m < w->middle; m++, target += w->inner) {
            const float *weights = fv_weights_of(w, o, m);
            for (int i = 0; i < w->inner; i++) count += target[i] == 1 && fv_is_weight(weights[w->weight && w->axes & FV_AXIS_INNER ? i : 0]);
        }
    return count;
}

int fv_loss_points(double *loss, float *grad, double *rows, const float *pred, const float *target, int outer, int middle, int inner,
                   const float *weight, int axes, int batch, int kind, int reduction, const double *options)
{
    if (!loss || !grad || !rows || !pred || !target || !options) return FV_E_NULL;
    if (fv_loss_shape(outer, middle, inner, batch)) return FV_E_SHAPE;
    if (axes < 0 || axes > 7 || kind < FV_PENALTY_L1 || kind > FV_PENALTY_ADAPTIVE_WING) return FV_E_VALUE;
    if (reduction < FV_REDUCTION_SUM || reduction > FV_REDUCTION_POSITIVE_MEAN) return FV_E_VALUE;
    if (check_options(kind, options)) return FV_E_VALUE;

    const fv_weighing w = {weight, axes, outer, middle, inner};
    const double divisor = reduction == FV_REDUCTION_POSITIVE_MEAN ? fv_clamp((double)count_positive(&w, target), 1, INT32_MAX)
                                                                   : fv_divisor(reduction, &w, (int64_t)outer * middle * inner, batch);
    const fv_points points = {grad, rows, pred, target, &w, fv_share(1, divisor), options};
    *loss = fv_share(fv_k_points(&points, kind), divisor);
    return 0;
}

int fv_loss_hardest(double *loss, float *grad, double *rows, const float *pred, const float *target, int n, int k, int inner,
                    const float *weight, int top)
{
    if (!loss || !grad || !rows || !pred || !target) return FV_E_NULL;
    if (k > FV_MOST_MAPS || fv_loss_shape(n, k, inner, 0)) return FV_E_SHAPE;
    if (top < 1 || top > k) return FV_E_VALUE;

    const double divisor = (double)n * top * inner;
    const fv_weighing w = {weight, FV_AXIS_OUTER | FV_AXIS_MIDDLE, n, k, inner};
    const double options[FV_PENALTY_OPTIONS] = {0};
    const fv_points points = {grad, rows, pred, target, &w, fv_share(1, divisor), options};
    fv_k_points(&points, FV_PENALTY_L2);
    double total = 0;
    for (int i = 0; i < n; i++, rows += k, grad += (int64_t)k * inner)
        for (int row = 0; row < k; row++) {
            int before = 0; /* maps that are chosen first */
            for (int other = 0; other < k; other++) before += rows[other] > rows[row] || (rows[other] == rows[row] && other < row);
            if (before < top && rows[row] == rows[row]) total += rows[row];
            else memset(grad + (int64_t)row * inner, 0, (size_t)inner * sizeof *grad);
        }
    *loss = fv_share(total, divisor);
    return 0;
}
