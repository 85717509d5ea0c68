#include "paf.h"

enum { MOST_FACTOR = 16, MOST_SIGMA = 16, TAPS = 4 };

void *fv_k_take(arena *from, int64_t bytes)
{
    uint8_t *piece = from->base ? from->base + from->used : NULL;
    from->used += (bytes + 15) & ~(int64_t)15;
    return piece;
}

static int radius_of(double sigma) { return (int)(4 * sigma + 0.5); }

void fv_k_axis_room(axis *a, arena *from, int cells, int factor, int kernel, double sigma)
{
    const int spread = (kernel == FV_KERNEL_CUBIC ? 4 : 2) + (2 * radius_of(sigma) + factor - 1) / factor;
    a->cells = cells, a->size = cells * factor, a->most = fv_min(spread, cells);
    a->start = fv_k_take(from, (int64_t)a->size * 4);
    a->count = fv_k_take(from, (int64_t)a->size * 4);
    a->weight = fv_k_take(from, (int64_t)a->size * a->most * 8);
}

/* e^x for x <= 0, to some units in the last place */
static double exponential(double x)
{
    if (!(x > -700)) return 0;
    int halvings = 0;
    for (; x < -0.0625; halvings++) x *= 0.5;
    double sum = 1;
    for (int k = 10; k > 0; k--) sum = 1 + x / k * sum;
    for (; halvings; halvings--) sum *= sum;
    return sum;
}

/* Weights of the distances 0 .. radius; both sides together sum to 1. */
static void gaussian(double *weights, int radius, double sigma)
{
    const double q = radius ? exponential(-0.5 / (sigma * sigma)) : 0;
    double step = q, sum = 1;
    weights[0] = 1;
    for (int d = 1; d <= radius; d++, step *= q * q) sum += 2 * (weights[d] = weights[d - 1] * step);
    for (int d = 0; d <= radius; d++) weights[d] /= sum;
}

/* Of pixel p of its cell: *offset of the first tap from the cell. */
static void phase(double *taps, int *offset, int p, int factor, int kernel)
{
    const double at = (p + 0.5) / factor - 0.5, A = -0.75;
    const int below = at < 0 ? -1 : 0;
    const double t = at - below;
    if (kernel == FV_KERNEL_BILINEAR) {
        *offset = below, taps[0] = 1 - t, taps[1] = t, taps[2] = taps[3] = 0;
        return;
    }
    *offset = below - 1;
    for (int k = 0; k < TAPS; k++) {
        const double d = k < 2 ? t + 1 - k : k - 1 - t;
        taps[k] = d <= 1 ? ((A + 2) * d - (A + 3)) * d * d + 1 : ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
    }
}

static int mirrored(int i, int size)
{
    const int period = 2 * size;
    i = (i % period + period) % period;
    return i < size ? i : period - 1 - i;
}

void fv_k_axis_fill(axis *a, int factor, int kernel, double sigma)
{
    double taps[MOST_FACTOR][TAPS], blur[4 * MOST_SIGMA + 2];
    int offset[MOST_FACTOR];
    const int radius = radius_of(sigma), count = kernel == FV_KERNEL_CUBIC ? 4 : 2, last = a->cells - 1;
    gaussian(blur, radius, sigma);
    for (int p = 0; p < factor; p++) phase(taps[p], &offset[p], p, factor, kernel);

    int within = 0; /* so many pixels before this one have all of their cells within the map */
    for (int i = 0; i < a->size; i++) {
        double *weight = a->weight + (int64_t)i * a->most;
        const int low = i - radius, high = i + radius;
        const int is_within = low >= 0 && high < a->size && low / factor + offset[low % factor] >= 0 &&
                              high / factor + offset[high % factor] + count - 1 <= last;
        if (is_within && within >= factor) { /* the same as one cell before */
            a->start[i] = a->start[i - factor] + 1, a->count[i] = a->count[i - factor];
            memcpy(weight, weight - (int64_t)factor * a->most, (size_t)a->most * 8);
            continue;
        }
        within = is_within ? within + 1 : 0;
        int first = last, end = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (int j = low; j <= high; j++) {
                const int u = mirrored(j, a->size), cell = u / factor + offset[u % factor];
                for (int k = 0; k < count; k++) {
                    const int c = fv_min(fv_max(cell + k, 0), last);
                    if (pass) weight[c - first] += blur[j < i ? i - j : j - i] * taps[u % factor][k];
                    else first = fv_min(first, c), end = fv_max(end, c + 1);
                }
            }
            if (!pass) memset(weight, 0, (size_t)a->most * 8);
        }
        int skip = 0;
        while (skip < end - first - 1 && weight[skip] == 0) skip++;
        while (end - first - 1 > skip && weight[end - first - 1] == 0) end--;
        memmove(weight, weight + skip, (size_t)(end - first - skip) * 8);
        a->start[i] = first + skip, a->count[i] = end - first - skip;
    }
}

int fv_k_paf_check(const double *rules)
{
    static const double bounds[FV_PAF_COUNT][2] = {
        [FV_PAF_FACTOR] = {1, MOST_FACTOR}, [FV_PAF_KERNEL] = {FV_KERNEL_BILINEAR, FV_KERNEL_CUBIC}, [FV_PAF_BLUR] = {0, MOST_SIGMA},
        [FV_PAF_PEAK_EQUAL] = {0, 1}, [FV_PAF_CORNERS] = {0, 1}, [FV_PAF_TIES] = {0, 1}, [FV_PAF_BORDER] = {FV_BORDER_ZERO, FV_BORDER_RING},
        [FV_PAF_DISTANCE] = {0, 1e6}, [FV_PAF_REFINE] = {0, 8}, [FV_PAF_SHIFT] = {-1e6, 1e6}, [FV_PAF_SAMPLES] = {0, 64}, [FV_PAF_LAST] = {0, 1},
        [FV_PAF_HALF_UP] = {0, 1}, [FV_PAF_MEAN_OF_ALL] = {0, 1}, [FV_PAF_ASSEMBLY] = {FV_ASSEMBLY_FOLLOW, FV_ASSEMBLY_RANKED},
    };
    for (int i = 0; i < FV_PAF_COUNT; i++) {
        const int is_bounded = bounds[i][0] < bounds[i][1];
        if (rules[i] != rules[i] || (is_bounded && !(rules[i] >= bounds[i][0] && rules[i] <= bounds[i][1]))) return FV_E_VALUE;
    }
    return 0;
}

void fv_k_rank(int32_t *order, int32_t *spare, const double *scores, int n)
{
    for (int i = 0; i < n; i++) order[i] = i;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t low = 0; low + width < n; low += 2 * width) {
            const int32_t middle = (int32_t)(low + width), end = (int32_t)(low + 2 * width < n ? low + 2 * width : n);
            if (!(scores[order[middle]] > scores[order[middle - 1]])) continue; /* sorted as it is */
            memcpy(spare + low, order + low, (size_t)width * 4);
            int32_t a = (int32_t)low, b = middle, to = a;
            while (a < middle) order[to++] = b < end && scores[order[b]] > scores[spare[a]] ? order[b++] : spare[a++];
        }
    }
}
