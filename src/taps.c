#include "taps.h"
#include "math.h"

int64_t fv_taps_limit(int in, int out)
{
    return 2 * ((int64_t)in / out + 1) + 3;
}

/* Triangle of half-width max(1, scale) about the centre. */
static int antialias(int in, double scale, int i, int *start, float *weights)
{
    const double support = scale > 1 ? scale : 1, centre = scale * (i + 0.5);
    const int from = fv_max((int)(centre - support + 0.5), 0), to = fv_min((int)(centre + support + 0.5), in);
    double sum = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int j = from; j < to; j++) {
            const double d = (j + 0.5 - centre) / support, w = 1 - (d < 0 ? -d : d);
            if (pass == 0) sum += w > 0 ? w : 0;
            else weights[j - from] = (float)(w > 0 ? w / sum : 0);
        }
    *start = from;
    return to - from;
}

/* How much of each source pixel the box [i * scale, (i + 1) * scale) covers. */
static int area(int in, int out, int i, int *start, float *weights)
{
    /* In units of 1/out source pixel the box's edges are integers. */
    const int64_t from = (int64_t)i * in, to = from + in;
    const int first = (int)(from / out), last = (int)((to - 1) / out);
    for (int j = first; j <= last; j++) {
        const int64_t a = (int64_t)j * out, b = a + out;
        weights[j - first] = (float)((double)((b < to ? b : to) - (a > from ? a : from)) / in);
    }
    *start = first;
    return last - first + 1;
}

static int adaptive(int in, int out, int i, int *start, float *weights)
{
    const int first = (int)((int64_t)i * in / out), end = (int)(((int64_t)(i + 1) * in + out - 1) / out);
    for (int j = first; j < end; j++) weights[j - first] = (float)(1.0 / (end - first));
    *start = first;
    return end - first;
}

static int bicubic(int in, double x, int *start, float *weights)
{
    const double A = -0.75;
    const int x0 = x < 0 ? -1 : (int)x;
    const int first = fv_min(fv_max(x0 - 1, 0), in - 1), last = fv_max(fv_min(x0 + 2, in - 1), 0);
    for (int j = first; j <= last; j++) weights[j - first] = 0;
    for (int k = x0 - 1; k <= x0 + 2; k++) {
        const double d = x < k ? k - x : x - k;
        const double w = d <= 1 ? ((A + 2) * d - (A + 3)) * d * d + 1 : ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
        weights[fv_min(fv_max(k, first), last) - first] += (float)w;
    }
    *start = first;
    return last - first + 1;
}

int fv_taps(int resize, int in, int out, int i, int *start, float *weights)
{
    const double scale = (double)in / out, x = (i + 0.5) * scale - 0.5;
    weights[0] = 1;
    switch (resize) {
    case FV_RESIZE_NEAREST:
        *start = (int)((int64_t)i * in / out);
        return 1;
    case FV_RESIZE_NEAREST_EXACT:
        *start = (int)((2 * (int64_t)i + 1) * in / (2 * (int64_t)out));
        return 1;
    case FV_RESIZE_AREA: return area(in, out, i, start, weights);
    case FV_RESIZE_ANTIALIAS: return antialias(in, scale, i, start, weights);
    case FV_RESIZE_BICUBIC: return bicubic(in, x, start, weights);
    case FV_RESIZE_ADAPTIVE: return adaptive(in, out, i, start, weights);
    default: break;
    }
    const double clamped = fv_clamp(x, 0, in - 1);
    *start = (int)clamped;
    weights[1] = (float)(clamped - *start);
    weights[0] = 1 - weights[1];
    return *start + 1 < in ? 2 : 1;
}
