#include "f64x4.h"
#include "few.h"
#include "loss.h"

#define INLINE static inline __attribute__((always_inline))

/* The largest, where any is a number. */
static float maximum(const float *v, int count)
{
    f32x4 most = SPLAT(-FV_INFINITY);
    for (int i = 0; i < count; i += 4) most = PMAX(fv_load_few(v + i, count - i, -FV_INFINITY), most);
    float lanes[4], best = -FV_INFINITY;
    STORE(lanes, most);
    for (int i = 0; i < 4; i++) best = lanes[i] > best ? lanes[i] : best;
    return best;
}

/* beta (v - most) of four. */
INLINE f32x4 below(const float *v, int few, float most, float beta) { return MUL(SUB(fv_load_few(v, few, -FV_INFINITY), SPLAT(most)), SPLAT(beta)); }

/* The sum of exp(beta (v - most)); each into `powers` too, unless that is null. */
static double sum_powers(float *powers, const float *v, int count, float most, float beta)
{
    f64x4 sum = fv_splat64(0);
    for (int i = 0; i < count; i += 4) {
        const f32x4 e = fv_exp4(below(v + i, count - i, most, beta));
        if (powers) fv_store_few(powers + i, e, count - i);
        sum = fv_add64(sum, fv_widen(e));
    }
    return fv_total64(sum);
}

/* A sum of powers of which the largest is 1: the logarithm of none is needed that is no normal number. */
static double log_sum(double sum) { return sum >= 1 && sum - sum == 0 ? fv_log64(sum) : (double)FV_NAN; }

static void scale_by(float *powers, int count, double factor)
{
    const f64x4 f = fv_splat64(factor);
    for (int i = 0; i < count; i += 4) fv_store_few(powers + i, fv_narrow(fv_mul64(fv_widen(fv_load_few(powers + i, count - i, 0)), f)), count - i);
}

static int check(const void *loss, const void *grad, const void *rows, const void *logits, const void *target, int n, int inner, int batch, int reduction)
{
    if (!loss || !grad || !rows || !logits || !target) return FV_E_NULL;
    if (inner < 1 || fv_loss_shape(n, 1, inner, batch)) return FV_E_SHAPE;
    return reduction < FV_REDUCTION_SUM || reduction > FV_REDUCTION_WEIGHT_MEAN ? FV_E_VALUE : 0;
}

int fv_loss_cell(double *loss, float *grad, double *rows, const float *logits, const int32_t *index, int n, int inner, const float *weight, int batch,
                 int reduction)
{
    const int error = check(loss, grad, rows, logits, index, n, inner, batch, reduction);
    if (error) return error;

    double seen = 0, total = 0;
#define WEIGHT(i) (index[i] >= 0 && index[i] < inner && (!weight || fv_is_weight(weight[i])) ? weight ? weight[i] : 1.f : 0.f)
    const fv_weighing all = {0, 0, n, 1, inner};
    for (int i = 0; i < n; i++) seen += WEIGHT(i);
    const double divisor = reduction == FV_REDUCTION_WEIGHT_MEAN ? seen : fv_divisor(reduction, &all, n, batch), scale = fv_share(1, divisor);
    for (int i = 0; i < n; i++, logits += inner, grad += inner) {
        const float w = WEIGHT(i);
        rows[i] = 0;
        if (w == 0) {
            memset(grad, 0, (size_t)inner * sizeof *grad);
            continue;
        }
        const float most = maximum(logits, inner);
        const double sum = sum_powers(grad, logits, inner, most, 1), share = grad[index[i]] / sum;
        rows[i] = log_sum(sum) - ((double)logits[index[i]] - most);
        total += w * rows[i];
        scale_by(grad, inner, w * scale / sum);
        grad[index[i]] = (float)(w * scale * (share - 1));
    }
#undef WEIGHT
    *loss = fv_share(total, divisor);
    return 0;
}

/* Targets as they are, or the softmax of them. */
typedef struct {
    const float *values;
    float most, beta; /* 0: as they are */
    double sum;
} labels;

static labels read_labels(const float *values, int count, float beta)
{
    labels l = {values, 0, beta, 1};
    if (beta > 0) {
        l.most = maximum(values, count);
        l.sum = sum_powers(0, values, count, l.most, beta);
    }
    return l;
}

INLINE f64x4 label(const labels *l, int i, int few)
{
    if (!(l->beta > 0)) return fv_widen(fv_load_few(l->values + i, few, 0));
    return fv_div64(fv_widen(fv_exp4(below(l->values + i, few, l->most, l->beta))), fv_splat64(l->sum));
}

/* The sum of t log t; of a softmax sum t log t = sum t beta (v - most) - log(sum of powers). */
static double negative_entropy(const labels *l, int count)
{
    f64x4 sum = fv_splat64(0);
    double total = 0;
    for (int i = 0; i < count; i += 4) {
        const f64x4 t = label(l, i, count - i);
        if (l->beta > 0) {
            const f32x4 v = below(l->values + i, count - i, l->most, l->beta), keep = GT(v, SPLAT(-FV_INFINITY));
            sum = fv_add64(sum, fv_mul64(t, fv_widen(wasm_v128_and(v, keep))));
            continue;
        }
        double lanes[4];
        wasm_v128_store(lanes, t.low), wasm_v128_store(lanes + 2, t.high);
        for (int j = 0; j < 4; j++) total += lanes[j] > 0 ? lanes[j] * fv_log64(lanes[j]) : lanes[j] == 0 ? 0 : (double)FV_NAN;
    }
    return l->beta > 0 ? fv_total64(sum) - log_sum(l->sum) : total;
}

/*
 * A row's cross-entropy T log(sum e^v) - sum t v, where v = beta (logit - most) and T = sum t; into
 * powers goes its gradient by the logits, (T softmax - t) beta, times `factor`.
 */
static double entropy_row(float *powers, const float *logits, const labels *l, int count, float beta, double factor)
{
    const float most = maximum(logits, count);
    const f64x4 none = fv_splat64(0);
    f64x4 weight = none, product = none, powers_sum = none;
    for (int i = 0; i < count; i += 4) {
        const f32x4 below_most = below(logits + i, count - i, most, beta), e = fv_exp4(below_most);
        const f64x4 t = label(l, i, count - i);
        fv_store_few(powers + i, e, count - i);
        powers_sum = fv_add64(powers_sum, fv_widen(e));
        weight = fv_add64(weight, t);
        product = fv_add64(product, fv_and64(fv_mul64(t, fv_widen(below_most)), fv_ne64(t, none)));
    }
    const double sum = fv_total64(powers_sum);
    const double total = fv_total64(weight);
    const f64x4 share = fv_splat64(total / sum), times = fv_splat64(factor * beta);
    for (int i = 0; i < count; i += 4) {
        const f64x4 p = fv_mul64(fv_widen(fv_load_few(powers + i, count - i, 0)), share);
        fv_store_few(powers + i, fv_narrow(fv_mul64(fv_sub64(p, label(l, i, count - i)), times)), count - i);
    }
    return total * log_sum(sum) - fv_total64(product);
}

int fv_loss_entropy(double *loss, float *grad, double *rows, const float *logits, const float *target, int n, int inner, const float *weight,
                    int batch, int reduction, int divergence, const double *options)
{
    const int error = options ? check(loss, grad, rows, logits, target, n, inner, batch, reduction) : FV_E_NULL;
    if (error) return error;
    for (int i = 0; i < FV_ENTROPY_COUNT; i++)
        if (options[i] - options[i] != 0) return FV_E_VALUE;
    const float beta = (float)options[FV_ENTROPY_BETA], label_beta = (float)options[FV_ENTROPY_LABEL_BETA];
    if ((divergence != 0 && divergence != 1) || !(beta > 0) || beta - beta != 0 || label_beta - label_beta != 0) return FV_E_VALUE;

    const fv_weighing w = {weight, FV_AXIS_OUTER, n, 1, inner};
    const double divisor = fv_divisor(reduction, &w, n, batch), scale = fv_share(options[FV_ENTROPY_SCALE], divisor);
    double total = 0;
    for (int i = 0; i < n; i++, logits += inner, target += inner, grad += inner) {
        const float factor = *fv_weights_of(&w, i, 0);
        rows[i] = 0;
        if (!fv_is_weight(factor)) {
            memset(grad, 0, (size_t)inner * sizeof *grad);
            continue;
        }
        const labels l = read_labels(target, inner, label_beta);
        rows[i] = entropy_row(grad, logits, &l, inner, beta, factor * scale);
        if (divergence) rows[i] += negative_entropy(&l, inner);
        total += factor * rows[i];
    }
    *loss = fv_share(total * options[FV_ENTROPY_SCALE], divisor);
    return 0;
}
