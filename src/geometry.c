#include "geometry.h"

static double magnitude(double v) { return v < 0 ? -v : v; }

static int64_t padded(int64_t n) { return (n + 3) & ~(int64_t)3; }

/* Of one: pairs, weight and distance in double, pairs in float, two numbers, two items to sort. */
enum { PAIR_BYTES = 6 * 8 + 4 * 4 + 2 * 4 + 2 * 8 };

int fv_geometry_scratch(int n)
{
    if (n < 0) return FV_E_SHAPE;
    const int64_t bytes = padded(n) * PAIR_BYTES + 16;
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

int fv_has_inverse(const double *m)
{
    double sum = 0;
    for (int i = 0; i < 9; i++) sum += m[i] * m[i];
    return magnitude(fv_det3(m)) > 1e-10 * sum * __builtin_sqrt(sum);
}

/* One step of Gauss and Newton, shortened where it is damped; 0 where the directions are not independent. */
static int step(double *next, const double *model, const fv_model *kind, const fv_sums *sums, double damping)
{
    double directions[FV_FREE_MOST * 9], normal[FV_FREE_MOST * FV_FREE_MOST], move[FV_FREE_MOST];
    const int free = kind->parameters;
    kind->directions(directions, model);
    for (int p = 0; p < free; p++) {
        const double *d = directions + 9 * p;
        double bent[9];
        move[p] = 0;
        for (int i = 0; i < 9; i++) {
            bent[i] = 0;
            for (int j = 0; j < 9; j++) bent[i] += sums->bend[9 * i + j] * d[j];
            move[p] -= d[i] * sums->slope[i];
        }
        for (int q = 0; q < free; q++) {
            normal[p * free + q] = 0;
            for (int i = 0; i < 9; i++) normal[p * free + q] += directions[9 * q + i] * bent[i];
        }
        normal[p * free + p] *= 1 + damping;
    }
    if (!fv_solve_symmetric(move, normal, free)) return 0;
    for (int i = 0; i < 9; i++) {
        next[i] = model[i];
        for (int p = 0; p < free; p++) next[i] += directions[9 * p + i] * move[p];
    }
    kind->settle(next);
    return 1;
}

void fv_descend(double *model, const fv_model *kind, const fv_pairs *pairs, int count, int what, double limit, int steps)
{
    fv_sums sums[2];
    double next[9], damping = 1e-4;
    const double least = what == FV_SUM_ROBUST ? 1e-6 : 1e-14; /* a robust sum is mostly of what no model explains */
    int here = 0;
    kind->settle(model);
    kind->sum(sums, model, pairs, count, what, limit);
    for (int i = 0; i < steps && damping < 1e8; i++) {
        damping *= 10;
        if (!step(next, model, kind, sums + here, damping)) continue;
        kind->sum(sums + !here, next, pairs, count, what, limit);
        const double gained = sums[here].loss - sums[!here].loss;
        if (!(gained > 0)) continue;
        memcpy(model, next, sizeof next);
        here = !here, damping /= 1000;
        if (damping < 1e-12) damping = 1e-12;
        if (!(gained > least * sums[here].loss)) break;
    }
}

int fv_solve(double *model, const fv_model *kind, const fv_pairs *pairs)
{
    fv_sums sums;
    if (kind->parameters < 7) { /* linear: from the model that takes all to 0, one step is all */
        static const double nothing[9] = {0, 0, 0, 0, 0, 0, 0, 0, 1};
        kind->sum(&sums, nothing, pairs, pairs->count, FV_SUM_SQUARES, 0);
        return step(model, nothing, kind, &sums, 0) && fv_has_inverse(model);
    }
    double values[9], vectors[81];
    static const double any[9] = {0, 0, 0, 0, 0, 0, 0, 0, 1};
    kind->sum(&sums, any, pairs, pairs->count, FV_SUM_ALGEBRAIC, 0);
    fv_eigen(values, vectors, sums.bend, 9);
    if (!(values[1] > 1e-12 * values[8])) return 0;
    memcpy(model, vectors, 9 * sizeof *model);
    kind->settle(model);
    return 1;
}

/* The centroid of those present, and the square root of 2 over the mean distance from it (Hartley 1997). */
static int normalise(fv_frame *frame, const double *xs, const double *ys, int count)
{
    double x = 0, y = 0, far = 0;
    for (int i = 0; i < count; i++) x += xs[i] / count, y += ys[i] / count;
    for (int i = 0; i < count; i++) far += __builtin_sqrt((xs[i] - x) * (xs[i] - x) + (ys[i] - y) * (ys[i] - y)) / count;
    *frame = (fv_frame){x, y, 1.4142135623730951 / far};
    return far > 0 && fv_there(frame->scale);
}

void fv_pairs_settle(fv_pairs *p)
{
    for (int i = 0; i < p->count; i++) {
        p->x[i] = (p->x[i] - p->from.x) * p->from.scale, p->y[i] = (p->y[i] - p->from.y) * p->from.scale;
        p->u[i] = (p->u[i] - p->to.x) * p->to.scale, p->v[i] = (p->v[i] - p->to.y) * p->to.scale;
    }
    for (int64_t i = p->count; i < padded(p->count); i++) p->x[i] = p->y[i] = 0, p->u[i] = p->v[i] = (double)FV_NAN;
    p->ratio = p->from.scale / p->to.scale * (p->from.scale / p->to.scale);
}

void fv_pairs_divide(fv_pairs *p, double *memory, int n)
{
    const int64_t length = padded(n);
    p->x = memory, p->y = p->x + length, p->u = p->y + length, p->v = p->u + length;
    p->weight = p->v + length;
    p->count = 0;
}

static void matrix_of(double *m, const fv_frame *f)
{
    const double rows[9] = {f->scale, 0, -f->scale * f->x, 0, f->scale, -f->scale * f->y, 0, 0, 1};
    memcpy(m, rows, sizeof rows);
}

/* Its last entry 1 where that may be, else of length 1. */
static void scale_transfer(double *m)
{
    double most = 0, sum = 0;
    for (int i = 0; i < 9; i++) most = magnitude(m[i]) > most ? magnitude(m[i]) : most;
    for (int i = 0; i < 9; i++) m[i] /= most, sum += m[i] * m[i];
    const double by = magnitude(m[8]) > 1e-15 ? m[8] : __builtin_sqrt(sum);
    for (int i = 0; i < 9; i++) m[i] = m[i] / by + 0; /* no -0 */
}

int fv_model_out(double *matrix, const double *model, int which, const fv_pairs *pairs)
{
    double from[9], to[9], back[9], product[9], m[9];
    matrix_of(from, &pairs->from), matrix_of(to, &pairs->to);
    fv_multiply3(product, model, from);
    if (which == FV_MODEL_FUNDAMENTAL) {
        int largest = 0;
        for (int i = 0; i < 9; i++) back[i] = to[i % 3 * 3 + i / 3];
        fv_multiply3(m, back, product);
        fv_models[which].settle(m);
        for (int i = 1; i < 9; i++)
            if (magnitude(m[i]) > magnitude(m[largest])) largest = i;
        const double sign = m[largest] < 0 ? -1 : 1;
        for (int i = 0; i < 9; i++) m[i] = sign * m[i] + 0;
    } else {
        if (!fv_inverse3(back, to)) return 0;
        fv_multiply3(m, back, product);
        scale_transfer(m);
    }
    for (int i = 0; i < 9; i++)
        if (m[i] - m[i] != 0) return 0;
    memcpy(matrix, m, sizeof m);
    return 1;
}

int fv_geometry_fit(double *models, const double *from, const double *to, const double *weights, int n, int model, int refine, void *scratch)
{
    if (!models || !from || !to || !scratch) return FV_E_NULL;
    if (fv_geometry_scratch(n) < 0) return FV_E_SHAPE;
    if (model < FV_MODEL_SIMILARITY || model > FV_MODEL_FUNDAMENTAL || refine < 0 || refine > 1) return FV_E_VALUE;
    const fv_model *kind = fv_models + model;
    fv_pairs pairs;
    fv_pairs_divide(&pairs, scratch, n);
    for (int i = 0; i < n; i++) {
        const double weight = weights ? weights[i] : 1;
        if (!(weight > 0) || !fv_there(weight) || !fv_pair_there(from, to, i)) continue;
        const int at = pairs.count++;
        pairs.x[at] = from[2 * i], pairs.y[at] = from[2 * i + 1];
        pairs.u[at] = to[2 * i], pairs.v[at] = to[2 * i + 1];
        pairs.weight[at] = weight;
    }
    if (pairs.count < kind->minimal) return 0;
    if (!normalise(&pairs.from, pairs.x, pairs.y, pairs.count) || !normalise(&pairs.to, pairs.u, pairs.v, pairs.count)) return 0;
    fv_pairs_settle(&pairs);
    for (int64_t i = pairs.count; i < padded(pairs.count); i++) pairs.weight[i] = 0;

    double found[9 * FV_ANSWERS_MOST];
    int answers, count = 0;
    if (pairs.count == kind->minimal) {
        double sample[FV_SAMPLE_MOST][4];
        for (int i = 0; i < kind->minimal; i++) sample[i][0] = pairs.x[i], sample[i][1] = pairs.y[i], sample[i][2] = pairs.u[i], sample[i][3] = pairs.v[i];
        answers = kind->through(found, sample);
    } else {
        answers = fv_solve(found, kind, &pairs);
        if (answers && refine) fv_descend(found, kind, &pairs, pairs.count, FV_SUM_SQUARES, 0, 100);
    }
    for (int i = 0; i < answers; i++)
        if (model == FV_MODEL_FUNDAMENTAL || fv_has_inverse(found + 9 * i)) count += fv_model_out(models + 9 * count, found + 9 * i, model, &pairs);
    return count;
}

static void put(double *dst, const double *m, const double *p)
{
    const double w = m[6] * p[0] + m[7] * p[1] + m[8];
    dst[0] = (m[0] * p[0] + m[1] * p[1] + m[2]) / w;
    dst[1] = (m[3] * p[0] + m[4] * p[1] + m[5]) / w;
}

int fv_geometry_transform(double *dst, const double *points, int n, const double *matrix)
{
    if (!dst || !points || !matrix) return FV_E_NULL;
    if (n < 0 || fv_too_big(16 * (int64_t)n)) return FV_E_SHAPE;
    for (int i = 0; i < n; i++) {
        double at[2];
        put(at, matrix, points + 2 * (int64_t)i);
        for (int k = 0; k < 2; k++) dst[2 * (int64_t)i + k] = at[k] - at[k] == 0 ? at[k] : (double)FV_NAN;
    }
    return 0;
}

int fv_geometry_inverse(double *dst, const double *matrix)
{
    double inverse[9];
    if (!dst || !matrix) return FV_E_NULL;
    if (!fv_inverse3(inverse, matrix)) return 0;
    scale_transfer(inverse);
    for (int i = 0; i < 9; i++)
        if (inverse[i] - inverse[i] != 0) return 0;
    memcpy(dst, inverse, sizeof inverse);
    return 1;
}

/* The squared distance of a point's image from where it should be; infinite where that is nowhere. */
static double missed(const double *m, const double *p, const double *q)
{
    double at[2];
    put(at, m, p);
    const double d = (at[0] - q[0]) * (at[0] - q[0]) + (at[1] - q[1]) * (at[1] - q[1]);
    return d == d ? d : (double)FV_INFINITY;
}

int fv_geometry_distance(double *dst, const double *from, const double *to, int n, const double *matrix, int kind)
{
    if (!dst || !from || !to || !matrix) return FV_E_NULL;
    if (n < 0 || fv_too_big(16 * (int64_t)n)) return FV_E_SHAPE;
    if (kind < FV_DISTANCE_FORWARD || kind > FV_DISTANCE_SAMPSON) return FV_E_VALUE;
    double inverse[9];
    const int has = fv_inverse3(inverse, matrix);
    for (int64_t i = 0; i < n; i++) {
        const double *p = from + 2 * i, *q = to + 2 * i;
        double x[2] = {p[0], p[1]}, u[2] = {q[0], q[1]}, square = 0;
        if (kind == FV_DISTANCE_SAMPSON) {
            const fv_pairs one = {1, x, x + 1, u, u + 1, 0, {0, 0, 1}, {0, 0, 1}, 1};
            square = fv_sampson_distance(matrix, &one, 0);
        }
        if (kind == FV_DISTANCE_FORWARD || kind == FV_DISTANCE_SYMMETRIC) square += missed(matrix, p, q);
        if (kind == FV_DISTANCE_BACKWARD || kind == FV_DISTANCE_SYMMETRIC) square += has ? missed(inverse, q, p) : (double)FV_INFINITY;
        dst[i] = square == square ? __builtin_sqrt(square) : (double)FV_INFINITY;
    }
    return 0;
}
