#include "heatmap_place.h"
#include "heatmap_weight.h"

static int read_strides(fv_heatmaps *m, const int32_t *strides, const int size[3])
{
    int64_t last = 0;
    const int64_t count[5] = {m->n, m->joints, size[2], size[1], size[0]};
    for (int i = 0; i < 5; i++) {
        if (strides[i] < 0) return FV_E_SHAPE;
        if (count[i] > 1) last += (count[i] - 1) * strides[i];
        if (fv_too_big(last * fv_size_of(m->field.type))) return FV_E_SHAPE;
    }
    m->entry = strides[0], m->joint = strides[1];
    for (int a = 0; a < 3; a++) m->axis[a] = a;
    /* The smallest stride first; an axis of one cell has none. */
#define STEP(a) (size[m->axis[a]] > 1 ? strides[4 - m->axis[a]] : INT32_MAX)
    for (int i = 1; i < 3; i++)
        for (int k = i; k > 0 && STEP(k) < STEP(k - 1); k--) {
            const int a = m->axis[k];
            m->axis[k] = m->axis[k - 1], m->axis[k - 1] = a;
        }
#undef STEP
    for (int a = 0; a < 3; a++) {
        m->field.size[a] = size[m->axis[a]];
        m->field.stride[a] = m->field.size[a] > 1 ? strides[4 - m->axis[a]] : 1;
    }
    m->side_by_side = m->joint == 1 && m->joints >= 4 && m->field.stride[0] > 1;
    return 0;
}

static fv_unit unit_of(int unit, int size)
{
    switch (unit) {
    case FV_UNIT_CANVAS: return (fv_unit){1, .5};
    case FV_UNIT_DSNT: return (fv_unit){2. / size, 1. / size - 1};
    case FV_UNIT_CORNER: return size > 1 ? (fv_unit){2. / (size - 1), -1} : (fv_unit){0, 0};
    case FV_UNIT_INTEGRAL: return (fv_unit){1. / size, -.5};
    default: return (fv_unit){1, 0};
    }
}

int fv_read_maps(fv_heatmaps *m, const void *maps, int type, float zero, float scale, int n, int joints, int depth, int height, int width, int dims,
                 const int32_t *strides, int normalize, float beta, float eps, int window, int unit)
{
    if (dims < 1 || dims > 3 || type < FV_TYPE_FLOAT32 || type > FV_TYPE_INT8 || normalize < 0 || normalize > FV_NORMALIZE_NONE) return FV_E_VALUE;
    if (!(beta >= 0 && beta < FV_INFINITY) || !(eps >= 0 && eps < FV_INFINITY) || window < -1 || unit < 0 || unit > FV_UNIT_INTEGRAL) return FV_E_VALUE;
    if (n < 0 || joints < 0 || width < 1 || (dims > 1 && height < 1) || (dims > 2 && depth < 1)) return FV_E_SHAPE;
    const int size[3] = {width, dims > 1 ? height : 1, dims > 2 ? depth : 1};
    const int sizes[] = {n, joints, width, size[1], size[2], 4};
    int64_t bytes = 1;
    for (int i = 0; i < 6; i++)
        if (fv_too_big(bytes *= sizes[i] > 1 ? sizes[i] : 1)) return FV_E_SHAPE;
    if (fv_too_big((int64_t)n * joints * dims * dims * 4)) return FV_E_SHAPE;
    *m = (fv_heatmaps){.field = {maps, type, zero, scale, {0}, {0}}, .n = n, .joints = joints, .dims = dims, .normalize = normalize, .window = window};
    const int error = read_strides(m, strides, size);
    if (error) return error;
    m->scale = fv_weight_scale(normalize, beta);
    m->eps = eps;
    for (int a = 0; a < 3; a++) m->unit[a] = unit_of(unit, m->field.size[a]);
    return 0;
}

int fv_lanes(const fv_heatmaps *m, int *joint)
{
    if (!m->side_by_side) return 1;
    *joint = fv_min(*joint, m->joints - 4);
    return fv_min(m->joints - *joint, FV_LANES);
}

fv_field fv_field_of(const fv_heatmaps *m, int entry, int joint)
{
    fv_field field = m->field;
    field.maps += (entry * m->entry + joint * m->joint) * fv_size_of(field.type);
    return field;
}

/* What a sum of weights says of the place. */
static void set_place(fv_place *p, const fv_sum *s, const fv_heatmaps *m)
{
    const int is_direct = m->normalize == FV_NORMALIZE_NONE;
    p->found = s->most > -FV_INFINITY;
    p->most = p->found ? s->most : 0;
    p->sum = s->sum;
    p->norm = is_direct ? 1 : m->normalize == FV_NORMALIZE_SOFTMAX ? s->sum : s->sum + m->eps;
    for (int a = 0; a < 3; a++) {
        const double centre = is_direct ? 0 : (p->field.size[a] - 1) * .5;
        p->place[a] = p->norm > 0 ? centre + (s->place[a] - centre * s->sum) / p->norm : centre;
    }
}

/* The cells within the window about a peak. */
static void set_window(fv_place *p, const fv_field *field, const int peak[3], int radius)
{
    int high[3];
    for (int a = 0; a < 3; a++) {
        p->low[a] = peak[a] > radius ? peak[a] - radius : 0;
        high[a] = radius < field->size[a] - 1 - peak[a] ? peak[a] + radius + 1 : field->size[a];
    }
    p->field = fv_part(field, p->low, high);
}

void fv_find_places(fv_place *places, const fv_heatmaps *m, int entry, int joint, int lanes, float *tile)
{
    fv_sum sums[FV_LANES];
    const fv_field field = fv_field_of(m, entry, joint);
    if (m->window < 0) {
        fv_sum_maps(sums, &field, lanes, m->normalize, m->scale, tile);
        for (int l = 0; l < lanes; l++) {
            places[l] = (fv_place){.field = fv_field_of(m, entry, joint + l)};
            set_place(&places[l], &sums[l], m);
        }
        return;
    }
    int peaks[FV_LANES][3];
    float most[FV_LANES];
    fv_peaks(peaks, most, &field, lanes, tile);
    for (int l = 0; l < lanes; l++) {
        const fv_field own = fv_field_of(m, entry, joint + l);
        if (most[l] > -FV_INFINITY) set_window(&places[l], &own, peaks[l], m->window);
        else places[l] = (fv_place){.field = own};
        fv_sum_maps(sums, &places[l].field, 1, m->normalize, m->scale, tile);
        set_place(&places[l], sums, m);
    }
}
