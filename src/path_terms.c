/* What a path costs: each term adds its gradient where it is felt, and answers its value. */
#include "path.h"

static double *point(const fv_path *p, double *base, int i) { return base + (int64_t)i * p->dims; }

static double cost(fv_path *p, double weight)
{
    const int last = p->samples - 1;
    double sum = 0;
    fv_path_cells(p->values, p->slopes, p, p->map);
    if (!(p->flags & FV_PATH_ARC_LENGTH)) {
        for (int i = 0; i <= last; i++) sum += p->values[i];
        for (int64_t i = 0; i < (int64_t)p->samples * p->dims; i++) p->pull[i] += weight * p->slopes[i];
        return sum;
    }
    for (int i = 0; i <= last; i++) {
        const double share = 0.5 * ((i > 0 ? p->length[i - 1] : 0) + (i < last ? p->length[i] : 0));
        double *pull = point(p, p->pull, i), *slope = point(p, p->slopes, i);
        sum += share * p->values[i];
        for (int k = 0; k < p->dims; k++) pull[k] += weight * share * slope[k];
        if (i < last) p->stretch[i] += weight * 0.5 * (p->values[i] + p->values[i + 1]);
    }
    return sum;
}

static double clearance(fv_path *p, double weight)
{
    const double margin = p->settings[FV_SETTING_MARGIN];
    double sum = 0;
    fv_path_cells(p->far, p->slopes, p, p->distance);
    for (int i = 0; i < p->samples; i++) {
        const double s = p->far[i];
        if (!(s < margin)) continue;
        const double lack = s < 0 ? margin : margin - s;
        sum += s < 0 ? 0.5 * margin - s : 0.5 * lack * lack / margin;
        double *pull = point(p, p->pull, i), *slope = point(p, p->slopes, i);
        for (int k = 0; k < p->dims; k++) pull[k] -= weight * lack / margin * slope[k];
    }
    return sum;
}

static double length(fv_path *p, double weight)
{
    double sum = 0;
    for (int i = 0; i < p->samples - 1; i++) {
        sum += p->length[i];
        p->stretch[i] += weight;
    }
    return sum;
}

/* The mean moves too, but the deviations' sum is 0, so that its part of the gradient is. */
static double spacing(fv_path *p, double weight)
{
    const int segments = p->samples - 1;
    double mean = 0, sum = 0;
    for (int i = 0; i < segments; i++) mean += p->length[i];
    if (segments) mean /= segments;
    for (int i = 0; i < segments; i++) {
        const double off = p->length[i] - mean;
        sum += off * off;
        p->stretch[i] += 2 * weight * off;
    }
    return sum;
}

static double goal(fv_path *p, double weight)
{
    const double *end = point(p, p->path, p->samples - 1), *target = p->settings + FV_SETTING_GOAL;
    double square = 0;
    for (int k = 0; k < p->dims; k++) square += (end[k] - target[k]) * (end[k] - target[k]);
    const double distance = fv_sqrt(square);
    if (!(distance > 0 && fv_finite(distance))) return 0;
    double *pull = point(p, p->pull, p->samples - 1);
    for (int k = 0; k < p->dims; k++) pull[k] += weight * (end[k] - target[k]) / (distance * (1 + distance));
    return fv_log64(1 + distance);
}

/* Adds g to segment i's end and takes it from its start, where g is a gradient by the unit vector along it. */
static void turn(fv_path *p, int i, const double *g)
{
    const double *u = point(p, p->along, i);
    double *from = point(p, p->pull, i), *to = from + p->dims, radial = 0;
    if (!(p->length[i] > 0)) return;
    for (int k = 0; k < p->dims; k++) radial += g[k] * u[k];
    for (int k = 0; k < p->dims; k++) {
        const double across = (g[k] - radial * u[k]) / p->length[i];
        to[k] += across;
        from[k] -= across;
    }
}

static double curvature(fv_path *p, double weight)
{
    double sum = 0;
    for (int i = 0; i + 2 < p->samples; i++) {
        const double *u = point(p, p->along, i), *v = point(p, p->along, i + 1), reach = p->length[i] + p->length[i + 1];
        if (!(p->length[i] > 0 && p->length[i + 1] > 0)) continue;
        double change[3], square = 0;
        for (int k = 0; k < p->dims; k++) change[k] = v[k] - u[k], square += change[k] * change[k];
        const double size = fv_sqrt(square), bend = 2 * size / reach, over = bend - p->settings[FV_SETTING_BOUND];
        if (!(over > 0 && size > 0)) continue;
        sum += over * over;
        double ahead[3], behind[3];
        for (int k = 0; k < p->dims; k++) {
            ahead[k] = 4 * weight * over * change[k] / (size * reach);
            behind[k] = -ahead[k];
        }
        turn(p, i, behind);
        turn(p, i + 1, ahead);
        const double shorter = -2 * weight * over * bend / reach;
        p->stretch[i] += shorter;
        p->stretch[i + 1] += shorter;
    }
    return sum;
}

static double heading(fv_path *p, double weight)
{
    double sum = 0;
    for (int end = 0; end < 2 && p->samples > 1; end++) {
        const double *wanted = p->settings + (end ? FV_SETTING_GOAL_HEADING : FV_SETTING_START_HEADING);
        const int i = end ? p->samples - 2 : 0;
        const double *u = point(p, p->along, i);
        double square = 0, cosine = 0, g[3];
        for (int k = 0; k < p->dims; k++) square += wanted[k] * wanted[k];
        const double size = fv_sqrt(square);
        if (!(size > 0 && fv_finite(size) && p->length[i] > 0)) continue;
        for (int k = 0; k < p->dims; k++) {
            g[k] = -weight * wanted[k] / size;
            cosine += u[k] * wanted[k] / size;
        }
        sum += 1 - cosine;
        turn(p, i, g);
    }
    return sum;
}

static double boundary(fv_path *p, double weight)
{
    const double scale = p->settings[FV_SETTING_SCALE], shift = p->settings[FV_SETTING_SHIFT];
    const int axes = p->flags & FV_PATH_WRAP ? 2 : p->dims;
    double sum = 0;
    for (int i = 0; i < p->samples; i++)
        for (int k = 0; k < axes; k++) {
            const double index = point(p, p->path, i)[k] * scale + shift, last = p->size[k] - 1;
            const double beyond = index < 0 ? index : index > last ? index - last : 0;
            sum += beyond * beyond;
            point(p, p->pull, i)[k] += 2 * weight * scale * beyond;
        }
    return sum;
}

static const struct {
    int term, segments; /* whether it looks at them; the cost with the arc length only */
    double (*add)(fv_path *, double weight);
} of_path[] = {
    {FV_TERM_COST, 0, cost}, {FV_TERM_LENGTH, 1, length}, {FV_TERM_SPACING, 1, spacing}, {FV_TERM_CLEARANCE, 0, clearance}, {FV_TERM_GOAL, 0, goal},
    {FV_TERM_CURVATURE, 1, curvature}, {FV_TERM_HEADING, 1, heading}, {FV_TERM_BOUNDARY, 0, boundary},
};
enum { OF_PATH = sizeof of_path / sizeof *of_path };

static const struct {
    int term, order;
    double tap[4];
} differences[] = {{FV_TERM_VELOCITY, 1, {-1, 1}}, {FV_TERM_SMOOTH, 2, {1, -2, 1}}, {FV_TERM_JERK, 3, {-1, 3, -3, 1}}};

static double squared_differences(double *grad, const double *points, int n, int dims, int order, const double *tap, double weight)
{
    double sum = 0;
    for (int i = 0; i < (n - order) * dims; i++) {
        double d = 0;
        for (int t = 0; t <= order; t++) d += tap[t] * points[i + t * dims];
        sum += d * d;
        for (int t = 0; t <= order; t++) grad[i + t * dims] += 2 * weight * tap[t] * d;
    }
    return sum;
}

static void measure(fv_path *p)
{
    for (int i = 0; i < p->samples - 1; i++) {
        const double *at = point(p, p->path, i);
        double *u = point(p, p->along, i), square = 0;
        for (int k = 0; k < p->dims; k++) u[k] = at[p->dims + k] - at[k], square += u[k] * u[k];
        p->length[i] = fv_sqrt(square);
        for (int k = 0; k < p->dims; k++) u[k] = p->length[i] > 0 ? u[k] / p->length[i] : 0;
        p->stretch[i] = 0;
    }
}

static void pull_segments(fv_path *p)
{
    for (int i = 0; i < p->samples - 1; i++) {
        double *from = point(p, p->pull, i), *to = from + p->dims;
        const double *u = point(p, p->along, i);
        for (int k = 0; k < p->dims; k++) {
            to[k] += p->stretch[i] * u[k];
            from[k] -= p->stretch[i] * u[k];
        }
    }
}

double fv_path_loss(fv_path *p, double *grad, const double *knots)
{
    const int n = p->count * p->dims, on_samples = p->flags & FV_PATH_SMOOTH_SAMPLES;
    memset(grad, 0, (size_t)n * sizeof *grad);
    memset(p->pull, 0, (size_t)p->samples * p->dims * sizeof *p->pull);
    memset(p->values, 0, (size_t)p->samples * sizeof *p->values);
    memset(p->terms, 0, sizeof p->terms);
    fv_spline_apply(p, knots);
    int segments = p->weights[FV_TERM_COST] != 0 && p->flags & FV_PATH_ARC_LENGTH;
    for (int i = 0; i < OF_PATH; i++) segments |= of_path[i].segments && p->weights[of_path[i].term] != 0;
    if (segments) measure(p);
    for (int i = 0; i < OF_PATH; i++) {
        const int term = of_path[i].term;
        if (p->weights[term] != 0) p->terms[term] = p->weights[term] * of_path[i].add(p, p->weights[term]);
    }
    if (segments) pull_segments(p);
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        const double weight = p->weights[differences[i].term];
        if (weight != 0)
            p->terms[differences[i].term] = weight * squared_differences(on_samples ? p->pull : grad, on_samples ? p->path : knots,
                on_samples ? p->samples : p->count, p->dims, differences[i].order, differences[i].tap, weight);
    }
    fv_spline_transpose(p, grad);

    if (p->flags & FV_PATH_FIX_START) memset(grad, 0, (size_t)p->dims * sizeof *grad);
    if (p->flags & FV_PATH_FIX_GOAL) memset(grad + n - p->dims, 0, (size_t)p->dims * sizeof *grad);
    for (int i = 0; i < n; i++)
        if (!fv_finite(grad[i])) grad[i] = 0;
    double loss = 0;
    for (int i = 0; i < FV_TERM_COUNT; i++) loss += p->terms[i];
    return loss;
}
