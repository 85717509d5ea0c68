#include "match.h"

int fv_match_nearest_scratch(int n, int m, int width, int k)
{
    if (n < 0 || m < 0 || width < 1 || k < 1 || k > FOVEA_MOST_NEIGHBOURS || fv_too_big((int64_t)n * width) || fv_too_big((int64_t)m * width)) return FV_E_SHAPE;
    const int64_t quantised = fv_match_quantised_bytes(n, m, width), hamming = fv_match_hamming_bytes(n, m, width);
    const int64_t bytes = fv_align16((int64_t)n * k * 8) + (quantised > hamming ? quantised : hamming);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

static int is_known(int type, int metric)
{
    if (metric == FV_METRIC_HAMMING) return type == FV_TYPE_UINT8;
    return (metric == FV_METRIC_L2 || metric == FV_METRIC_COSINE) && (type == FV_TYPE_UINT8 || type == FV_TYPE_FLOAT32);
}

static neighbours nobody(double *nearest, int32_t *indices, int n, int k)
{
    const neighbours found = {nearest, indices, k};
    for (int64_t i = 0; i < (int64_t)n * k; i++) nearest[i] = __builtin_inf(), indices[i] = -1;
    return found;
}

static void write_distances(float *distances, const neighbours *found, int n, int metric)
{
    for (int64_t i = 0; i < (int64_t)n * found->k; i++)
        distances[i] = (float)(metric == FV_METRIC_L2 ? __builtin_sqrt(found->nearest[i]) : found->nearest[i]);
}

int fv_match_nearest(int32_t *indices, float *distances, int k, const void *a, int n, const void *b, int m, int width, int type, int metric,
                     void *scratch)
{
    if (!indices || !distances || !a || !b || !scratch) return FV_E_NULL;
    if (fv_match_nearest_scratch(n, m, width, k) < 0) return FV_E_SHAPE;
    if (!is_known(type, metric)) return FV_E_VALUE;

    const neighbours found = nobody(scratch, indices, n, k);
    void *rest = (char *)scratch + fv_align16((int64_t)n * k * 8);
    if (metric == FV_METRIC_HAMMING) fv_match_hamming(&found, a, n, b, m, width, rest);
    else fv_match_quantised(&found, a, n, b, m, width, type, metric, rest);
    write_distances(distances, &found, n, metric);
    return 0;
}

static double bits_apart(const uint8_t *a, const uint8_t *b, int width)
{
    int bits = 0;
    for (int c = 0; c < width; c++) bits += __builtin_popcount(a[c] ^ b[c]);
    return bits;
}

int fv_match_guided(int32_t *indices, float *distances, int k, const void *a, const float *a_points, int n, const void *b, const float *b_points, int m,
                    int width, int type, int metric, float radius, void *scratch)
{
    if (!indices || !distances || !a || !a_points || !b || !b_points || !scratch) return FV_E_NULL;
    if (fv_match_nearest_scratch(n, m, width, k) < 0) return FV_E_SHAPE;
    if (!is_known(type, metric) || !(radius >= 0)) return FV_E_VALUE;

    const neighbours found = nobody(scratch, indices, n, k);
    const descriptors from = {a, n, width, type, metric == FV_METRIC_COSINE}, to = {b, m, width, type, metric == FV_METRIC_COSINE};
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) {
            const double dx = (double)a_points[2 * i] - b_points[2 * j], dy = (double)a_points[2 * i + 1] - b_points[2 * j + 1];
            if (!(dx * dx + dy * dy <= (double)radius * radius)) continue;
            if (metric == FV_METRIC_HAMMING) fv_take(&found, i, bits_apart((const uint8_t *)fv_row(&from, i), fv_row(&to, j), width), j);
            else if (fv_descriptor_length(&from, fv_row(&from, i)) > 0 && fv_descriptor_length(&to, fv_row(&to, j)) > 0)
                fv_take(&found, i, fv_descriptor_distance(&from, i, &to, j), j);
        }
    write_distances(distances, &found, n, metric);
    return 0;
}
