#include "fovea/heatmap.h"
#include "heatmap_place.h"
#include "heatmap_spread.h"
#include "heatmap_weight.h"

static void write_coords(float *coords, const fv_place *p, const fv_heatmaps *m)
{
    for (int a = 0; a < 3; a++) {
        const fv_unit u = m->unit[a];
        const double cell = p->place[a] + p->low[a];
        if (m->axis[a] >= m->dims) continue;
        /* sum of p * (slope * cell + shift); without normalisation the p need not sum to 1 */
        coords[m->axis[a]] = (float)(m->normalize == FV_NORMALIZE_NONE ? u.slope * (p->place[a] + p->low[a] * p->sum) + u.shift * p->sum
                                                                       : u.slope * cell + u.shift);
    }
}

static float confidence_of(const fv_place *p, const fv_heatmaps *m)
{
    if (!p->found) return 0;
    const float weight = fv_weight_of(m->normalize, p->most, p->most, m->scale);
    return m->normalize == FV_NORMALIZE_SOFTMAX ? (p->norm > 0 ? (float)(weight / p->norm) : 0) : weight;
}

/* The window's share. */
static float mass_of(const fv_place *p, const fv_heatmaps *m, int entry, int joint, float *tile)
{
    fv_sum whole = {0, p->sum, {0}};
    const fv_field field = fv_field_of(m, entry, joint);
    if (m->window >= 0) fv_sum_maps(&whole, &field, 1, m->normalize, m->scale, tile);
    const double norm = m->normalize == FV_NORMALIZE_NONE ? 1 : whole.sum;
    return norm > 0 ? (float)(p->sum / norm) : 0;
}

static void write_spread(float *covariance, float *entropy, const fv_place *p, const fv_heatmaps *m, float *tile)
{
    fv_spread s;
    fv_find_spread(&s, p, m, entropy != NULL, tile);
    const double by = p->norm > 0 ? 1 / p->norm : 0;
    /* -sum of w/N (ln w - ln N) */
    if (entropy) *entropy = (float)(by * (p->sum * (p->norm >= 0x1p-1000 ? fv_log64(p->norm) : 0) - s.log_sum));
    if (!covariance) return;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            if (m->axis[a] < m->dims && m->axis[b] < m->dims)
                covariance[m->axis[a] * m->dims + m->axis[b]] = (float)(m->unit[a].slope * m->unit[b].slope * s.pair[a][b] * by);
}

int fv_heatmap_soft_argmax(float *coords, float *confidence, float *mass, float *covariance, float *entropy,
                           const void *maps, int type, float zero, float scale,
                           int n, int joints, int depth, int height, int width, int dims, const int32_t *strides,
                           int normalize, float beta, float eps, int window, int unit)
{
    if (!coords || !confidence || !maps || !strides) return FV_E_NULL;
    fv_heatmaps m;
    const int error = fv_read_maps(&m, maps, type, zero, scale, n, joints, depth, height, width, dims, strides, normalize, beta, eps, window, unit);
    if (error) return error;
    _Alignas(16) float tile[FV_TILE];
    fv_place places[FV_LANES];
    for (int i = 0; i < n; i++)
        for (int first = 0; first < joints;) {
            int lanes = fv_lanes(&m, &first);
            fv_find_places(places, &m, i, first, lanes, tile);
            for (int l = 0; l < lanes; l++) {
                const int64_t at = (int64_t)i * joints + first + l;
                write_coords(coords + at * dims, &places[l], &m);
                confidence[at] = confidence_of(&places[l], &m);
                if (mass) mass[at] = mass_of(&places[l], &m, i, first + l, tile);
                if (covariance || entropy)
                    write_spread(covariance ? covariance + at * dims * dims : NULL, entropy ? entropy + at : NULL, &places[l], &m, tile);
            }
            first += lanes;
        }
    return 0;
}
