#include "fovea/metric.h"
#include "linear.h"
#include "oks.h"

static double square(double x) { return x * x; }

/* How far x lies outside [low, high]. */
static double outside(double x, double low, double high) { return x < low ? low - x : x > high ? x - high : x >= low && x <= high ? 0 : (double)FV_NAN; }

static double similarity(const float *found, const float *truth, int k, const float *sigmas, double area, const float *box)
{
    int labelled = 0;
    double sum = 0;
    for (int i = 0; i < k; i++) labelled += truth[3 * i + 2] > 0;
    if (!labelled && !box) return 0;
    for (int i = 0; i < k; i++) {
        const float *p = found + 3 * i, *t = truth + 3 * i;
        if (labelled && !(t[2] > 0)) continue;
        double dx = (double)p[0] - t[0], dy = (double)p[1] - t[1];
        if (!labelled) {
            const double width = (double)box[2] - box[0], height = (double)box[3] - box[1];
            dx = outside(p[0], box[0] - width, box[2] + width);
            dy = outside(p[1], box[1] - height, box[3] + height);
        }
        const double power = fv_oks_joint(dx, dy, sigmas[i], area);
        if (power == power) sum += power;
    }
    return sum / (labelled ? labelled : k);
}

int fv_metric_oks(float *dst, const float *detections, int n, const float *truths, int m, int k, const float *sigmas, const float *areas,
                  const float *boxes)
{
    if (!dst || !detections || !truths || !sigmas || !areas) return FV_E_NULL;
    if (n < 0 || m < 0 || k < 1) return FV_E_SHAPE;
    if (fv_too_big(12 * (int64_t)k) || fv_too_big(12 * (int64_t)k * n) || fv_too_big(12 * (int64_t)k * m) || fv_too_big(4 * (int64_t)n * m)) return FV_E_SHAPE;
    if (fv_too_big(16 * (int64_t)m)) return FV_E_SHAPE;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            dst[(int64_t)i * m + j] = (float)similarity(detections + (int64_t)i * 3 * k, truths + (int64_t)j * 3 * k, k, sigmas, areas[j] > 0 ? areas[j] : 0,
                                                        boxes ? boxes + 4 * (int64_t)j : 0);
    return 0;
}

/* Joints of one person. */
typedef struct {
    const float *pred, *truth, *weight;
    int k, dims, root;
} person;

static double weight_of(const person *p, int joint)
{
    const float w = p->weight ? p->weight[joint] : 1;
    return w > 0 ? w : 0;
}

/* A joint's coordinate, from the root where there is one. */
static double coordinate(const person *p, const float *joints, int joint, int axis)
{
    const double v = joints[joint * p->dims + axis];
    return p->root < 0 ? v : v - joints[p->root * p->dims + axis];
}

/* aligned = matrix (p - from) + to */
typedef struct {
    double matrix[9], from[3], to[3];
} alignment;

static alignment identity(void)
{
    const alignment a = {{1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}, {0, 0, 0}};
    return a;
}

/* The rotation that takes p to t best, where h = sum p t', and the trace of it times h: what is gained by it. */
static double rotation(double *matrix, const double *h, int dims)
{
    if (dims == 2) {
        const double along = h[0] + h[4], across = h[1] - h[3], length = __builtin_sqrt(along * along + across * across);
        const double c = length > 0 ? along / length : 1, s = length > 0 ? across / length : 0;
        matrix[0] = matrix[4] = c, matrix[1] = -s, matrix[3] = s;
        return length;
    }
    double u[9], s[3], v[9];
    fv_svd3(u, s, v, h);
    const double sign = fv_det3(u) * fv_det3(v) < 0 ? -1 : 1;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) matrix[3 * i + j] = v[3 * i] * u[3 * j] + v[3 * i + 1] * u[3 * j + 1] + sign * v[3 * i + 2] * u[3 * j + 2];
    return s[0] + s[1] + sign * s[2];
}

/* Weighted means of predictions and truths. */
static void find_means(alignment *a, const person *p, double total)
{
    for (int joint = 0; joint < p->k; joint++) {
        const double share = weight_of(p, joint) / total;
        for (int i = 0; share > 0 && i < p->dims; i++) {
            a->from[i] += share * coordinate(p, p->pred, joint, i);
            a->to[i] += share * coordinate(p, p->truth, joint, i);
        }
    }
}

static alignment align(const person *p, double total, int how)
{
    alignment a = identity();
    if (how == FV_ALIGN_NONE || !(total > 0)) return a;
    if (how != FV_ALIGN_SCALE) find_means(&a, p, total);
    double h[9] = {0}, size = 0;
    for (int joint = 0; joint < p->k; joint++) {
        const double w = weight_of(p, joint);
        for (int i = 0; w > 0 && i < p->dims; i++) {
            const double x = coordinate(p, p->pred, joint, i) - a.from[i];
            size += w * x * x;
            for (int j = 0; j < p->dims; j++) h[3 * i + j] += w * x * (coordinate(p, p->truth, joint, j) - a.to[j]);
        }
    }
    const double gain = how == FV_ALIGN_SCALE ? h[0] + h[4] + h[8] : rotation(a.matrix, h, p->dims);
    const double scale = how == FV_ALIGN_RIGID || !(size > 0) ? 1 : gain / size;
    for (int i = 0; i < 9; i++) a.matrix[i] *= scale;
    return a;
}

static double distance(const person *p, const alignment *a, int joint)
{
    double sum = 0;
    for (int i = 0; i < p->dims; i++) {
        double v = a->to[i];
        for (int j = 0; j < p->dims; j++) v += a->matrix[3 * i + j] * (coordinate(p, p->pred, joint, j) - a->from[j]);
        sum += square(v - coordinate(p, p->truth, joint, i));
    }
    return __builtin_sqrt(sum);
}

int fv_metric_distances(float *dst, double *mean, const float *pred, const float *truth, int n, int k, int dims, const float *weight, int root,
                        int align_by)
{
    if (!dst || !mean || !pred || !truth) return FV_E_NULL;
    if (dims != 2 && dims != 3) return FV_E_VALUE;
    if (n < 0 || k < 1) return FV_E_SHAPE;
    if (fv_too_big(12 * (int64_t)k) || fv_too_big(12 * (int64_t)k * n)) return FV_E_SHAPE;
    if (root < -1 || root >= k || align_by < FV_ALIGN_NONE || align_by > FV_ALIGN_SIMILARITY) return FV_E_VALUE;
    double sum = 0, seen = 0;
    for (int i = 0; i < n; i++, pred += (int64_t)k * dims, truth += (int64_t)k * dims, dst += k) {
        const person p = {pred, truth, weight ? weight + (int64_t)i * k : 0, k, dims, root};
        double total = 0;
        for (int joint = 0; joint < k; joint++) total += weight_of(&p, joint);
        const alignment a = align(&p, total, align_by);
        for (int joint = 0; joint < k; joint++) {
            const double w = weight_of(&p, joint), d = w > 0 ? distance(&p, &a, joint) : 0;
            dst[joint] = (float)d;
            sum += w * d;
        }
        seen += total;
    }
    *mean = seen > 0 ? sum / seen : 0;
    return 0;
}
