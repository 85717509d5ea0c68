/* Steps down the gradient. Each optimiser leaves the gradient of where it arrived, and answers the loss there. */
#include "path.h"

enum { PAIRS = FV_LBFGS_PAIRS, TRIALS = 20 };

typedef struct {
    fv_path *path;
    double *knots, *grad, loss;
    double *memory;      /* work of the optimiser's own, of zeros at first */
    double first, second; /* Adam: the betas to the power of the step */
    double kept[PAIRS];   /* L-BFGS: 1 / s'y of each pair */
    int n, step, pairs;
} descent;

static double setting(const descent *d, int which) { return d->path->settings[which]; }
static double evaluate(descent *d) { return fv_path_loss(d->path, d->grad, d->knots); }

static double sgd(descent *d)
{
    const double rate = setting(d, FV_SETTING_RATE), momentum = setting(d, FV_SETTING_MOMENTUM);
    for (int i = 0; i < d->n; i++) {
        d->memory[i] = momentum * d->memory[i] + d->grad[i];
        d->knots[i] -= rate * d->memory[i];
    }
    return evaluate(d);
}

/* Kingma and Ba 2015, as torch computes it. */
static double adam(descent *d)
{
    const double b1 = setting(d, FV_SETTING_MOMENTUM), b2 = setting(d, FV_SETTING_DECAY), epsilon = setting(d, FV_SETTING_EPSILON);
    double *mean = d->memory, *square = mean + d->n;
    d->first *= b1, d->second *= b2;
    const double rate = setting(d, FV_SETTING_RATE) / (1 - d->first), root = fv_sqrt(1 - d->second);
    for (int i = 0; i < d->n; i++) {
        const double g = d->grad[i];
        mean[i] = b1 * mean[i] + (1 - b1) * g;
        square[i] = b2 * square[i] + (1 - b2) * g * g;
        d->knots[i] -= rate * mean[i] / (fv_sqrt(square[i]) / root + epsilon);
    }
    return evaluate(d);
}

/* L D L' of the tridiagonal metric: `below` is L's subdiagonal, `pivot` is D. */
static void factor(double *pivot, double *below, int count, int flags)
{
    for (int i = 0; i < count; i++) {
        const int fixed = (i == 0 && flags & FV_PATH_FIX_START) || (i == count - 1 && flags & FV_PATH_FIX_GOAL);
        const int apart = i == 0 || fixed || (i == 1 && flags & FV_PATH_FIX_START);
        const double diagonal = fixed ? 1 : (i > 0) + (i < count - 1) + 1. / ((double)count * count);
        below[i] = apart ? 0 : -1 / pivot[i - 1];
        pivot[i] = diagonal - (apart ? 0 : below[i] * below[i] * pivot[i - 1]);
    }
}

static void solve(double *x, int step, const double *pivot, const double *below, int count)
{
    for (int i = 1; i < count; i++) x[i * step] -= below[i] * x[(i - 1) * step];
    for (int i = count - 1; i >= 0; i--) x[i * step] = x[i * step] / pivot[i] - (i + 1 < count ? below[i + 1] * x[(i + 1) * step] : 0);
}

static double chomp(descent *d)
{
    const int count = d->path->count, dims = d->path->dims, middle = count / 2;
    double *pivot = d->memory, *below = pivot + count, *unit = below + count;
    if (d->step == 0) {
        factor(pivot, below, count, d->path->flags);
        unit[middle] = 1;
        solve(unit, 1, pivot, below, count);
    }
    for (int k = 0; k < dims; k++) solve(d->grad + k, dims, pivot, below, count);
    const double rate = setting(d, FV_SETTING_RATE) / unit[middle];
    for (int i = 0; i < d->n; i++) d->knots[i] -= rate * d->grad[i];
    return evaluate(d);
}

static double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void add(double *a, double by, const double *b, int n)
{
    for (int i = 0; i < n; i++) a[i] += by * b[i];
}

/* direction = -(inverse Hessian, as the pairs know it) gradient, by the two loops. */
static void two_loops(const descent *d, double *direction, const double *moves, const double *bends)
{
    const int n = d->n;
    double share[PAIRS];
    for (int i = 0; i < n; i++) direction[i] = -d->grad[i];
    const int oldest = d->pairs > PAIRS ? d->pairs - PAIRS : 0;
    for (int j = d->pairs - 1; j >= oldest; j--) {
        const int64_t at = j % PAIRS;
        share[at] = d->kept[at] * dot(moves + at * n, direction, n);
        add(direction, -share[at], bends + at * n, n);
    }
    if (d->pairs) {
        const int64_t at = (d->pairs - 1) % PAIRS;
        const double size = 1 / (d->kept[at] * dot(bends + at * n, bends + at * n, n));
        for (int i = 0; i < n; i++) direction[i] *= size;
    }
    for (int j = oldest; j < d->pairs; j++) {
        const int64_t at = j % PAIRS;
        add(direction, share[at] - d->kept[at] * dot(bends + at * n, direction, n), moves + at * n, n);
    }
}

static double lbfgs(descent *d)
{
    const int n = d->n;
    double *direction = d->memory, *from = direction + n, *before = from + n;
    double *moves = before + n, *bends = moves + (int64_t)PAIRS * n;
    two_loops(d, direction, moves, bends);
    double slope = dot(direction, d->grad, n), most = 0;
    if (!(slope < 0)) {
        d->pairs = 0;
        two_loops(d, direction, moves, bends);
        slope = dot(direction, d->grad, n);
    }
    for (int i = 0; i < n; i++) most = direction[i] > most ? direction[i] : -direction[i] > most ? -direction[i] : most;
    if (!(most > 0 && fv_finite(most))) return d->loss;
    double length = setting(d, FV_SETTING_RATE); /* nothing known of the scale yet: at most a unit */
    if (!d->pairs && most > 1) length /= most;
    memcpy(from, d->knots, (size_t)n * sizeof *from);
    memcpy(before, d->grad, (size_t)n * sizeof *before);

    for (int trial = 0; trial < TRIALS; trial++, length *= 0.5) {
        for (int i = 0; i < n; i++) d->knots[i] = from[i] + length * direction[i];
        const double loss = evaluate(d);
        if (!(loss <= d->loss + 1e-4 * length * slope)) continue;
        const int64_t at = d->pairs % PAIRS;
        double *s = moves + at * n, *y = bends + at * n;
        for (int i = 0; i < n; i++) s[i] = d->knots[i] - from[i], y[i] = d->grad[i] - before[i];
        const double bend = dot(s, y, n), size = dot(y, y, n);
        if (bend > 1e-10 * size) d->kept[at] = 1 / bend, d->pairs++;
        return loss;
    }
    memcpy(d->knots, from, (size_t)n * sizeof *from);
    d->pairs = 0;
    return evaluate(d);
}

static double (*const advance[])(descent *) = {
    [FV_OPTIMIZER_SGD] = sgd, [FV_OPTIMIZER_ADAM] = adam, [FV_OPTIMIZER_CHOMP] = chomp, [FV_OPTIMIZER_LBFGS] = lbfgs,
};

int64_t fv_path_optimizer_doubles(int count, int dims) { return (1 + 3 + 2 * PAIRS) * (int64_t)count * dims; }

void fv_path_descend(fv_path *p, double *history, double *knots, int optimizer, int steps, double *work)
{
    const int n = p->count * p->dims;
    descent d = {.path = p, .knots = knots, .grad = work, .memory = work + n, .first = 1, .second = 1, .n = n};
    memset(work, 0, (size_t)fv_path_optimizer_doubles(p->count, p->dims) * sizeof *work);
    history[0] = d.loss = evaluate(&d);
    for (; d.step < steps; d.step++) history[d.step + 1] = d.loss = advance[optimizer](&d);
}
