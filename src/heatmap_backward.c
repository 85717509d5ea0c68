#include "f64x4.h"
#include "few.h"
#include "heatmap_place.h"
#include "heatmap_weight.h"

/* The gradient of a joint is by * w' * (sum over axes of pull * (cell - mean)). */
typedef struct {
    double pull[3], mean[3], by;
} line;

/* By lane; cell - mean along axis 0 is (cell - whole) - part, so that nothing cancels. */
typedef struct {
    float most[FV_LANES], by[FV_LANES], pull[FV_LANES], whole[FV_LANES], part[FV_LANES], rest[FV_LANES];
} lines;

static line make_line(const float *grad_coords, const fv_place *p, const fv_heatmaps *m, float beta)
{
    line l = {{0}, {0}, 0};
    for (int a = 0; a < 3; a++) {
        const fv_unit u = m->unit[a];
        if (m->axis[a] < m->dims) l.pull[a] = grad_coords[m->axis[a]] * u.slope;
        l.mean[a] = m->normalize != FV_NORMALIZE_NONE ? p->place[a] : (u.slope != 0 ? -u.shift / u.slope : 0) - p->low[a];
    }
    if (m->normalize == FV_NORMALIZE_NONE) l.by = 1;
    else if (p->norm > 0) l.by = fv_clamp(beta / p->norm, 0, 1e30);
    return l;
}

static void set_lane(lines *s, int lane, const line *l, const fv_place *p)
{
    const double whole = (double)(int)fv_clamp(l->mean[0], -1e9, 1e9);
    s->most[lane] = p->most, s->by[lane] = (float)l->by, s->pull[lane] = (float)l->pull[0];
    s->whole[lane] = (float)whole, s->part[lane] = (float)(l->mean[0] - whole);
}

static void set_row(lines *s, const line *l, int lanes, const fv_piece *p, int row)
{
    for (int k = 0; k < lanes; k++)
        s->rest[k] = (float)(l[k].pull[1] * (p->at[1] + row - l[k].mean[1]) + l[k].pull[2] * (p->at[2] - l[k].mean[2]));
}

FV_INLINE f32x4 gradient(int normalize, f32x4 value, f32x4 cell, f32x4 most, f32x4 whole, f32x4 part, f32x4 pull, f32x4 rest, f32x4 by, f32x4 scale)
{
    const f32x4 slope = fv_weight_slope(normalize, value, fv_weight(normalize, value, most, scale));
    return MUL(MUL(slope, by), ADD(MUL(SUB(SUB(cell, whole), part), pull), rest));
}

FV_INLINE void write_row(float *dst, const float *src, int count, int first, const lines *s, int normalize, float by_beta)
{
    const f32x4 most = SPLAT(*s->most), whole = SPLAT(*s->whole), part = SPLAT(*s->part), pull = SPLAT(*s->pull), rest = SPLAT(*s->rest);
    const f32x4 by = SPLAT(*s->by), scale = SPLAT(by_beta), four = SPLAT(4.f);
    f32x4 cell = ADD(SPLAT((float)first), wasm_f32x4_make(0, 1, 2, 3));
    for (int i = 0; i < count; i += 4, cell = ADD(cell, four)) {
        const f32x4 value = fv_load_few(src + i, count - i, FV_NAN);
        fv_store_few(dst + i, gradient(normalize, value, cell, most, whole, part, pull, rest, by, scale), count - i);
    }
}

FV_INLINE void write_lanes(float *dst, ptrdiff_t step, const fv_piece *p, const float *src, int lanes, const lines *s, int normalize, float by_beta)
{
    const f32x4 scale = SPLAT(by_beta), one = SPLAT(1.f);
    for (int k = 0; k < lanes; k += 4) {
        const int lane = fv_min(k, lanes - 4);
        const f32x4 most = LOAD(s->most + lane), whole = LOAD(s->whole + lane), part = LOAD(s->part + lane), pull = LOAD(s->pull + lane);
        const f32x4 rest = LOAD(s->rest + lane), by = LOAD(s->by + lane);
        f32x4 cell = SPLAT((float)p->at[0]);
        const float *v = src + lane;
        float *to = dst + lane;
        for (int c = 0; c < p->columns; c++, v += p->column, to += step, cell = ADD(cell, one))
            STORE(to, gradient(normalize, LOAD(v), cell, most, whole, part, pull, rest, by, scale));
    }
}

static void write_row_as(float *dst, const float *src, int count, int first, const lines *s, int normalize, float by_beta)
{
    switch (normalize) {
    case FV_NORMALIZE_SOFTMAX: write_row(dst, src, count, first, s, FV_NORMALIZE_SOFTMAX, by_beta); break;
    case FV_NORMALIZE_RELU: write_row(dst, src, count, first, s, FV_NORMALIZE_RELU, by_beta); break;
    case FV_NORMALIZE_SIGMOID: write_row(dst, src, count, first, s, FV_NORMALIZE_SIGMOID, by_beta); break;
    default: write_row(dst, src, count, first, s, FV_NORMALIZE_NONE, by_beta);
    }
}

static void write_lanes_as(float *dst, ptrdiff_t step, const fv_piece *p, const float *src, int lanes, const lines *s, int normalize, float by_beta)
{
    switch (normalize) {
    case FV_NORMALIZE_SOFTMAX: write_lanes(dst, step, p, src, lanes, s, FV_NORMALIZE_SOFTMAX, by_beta); break;
    case FV_NORMALIZE_RELU: write_lanes(dst, step, p, src, lanes, s, FV_NORMALIZE_RELU, by_beta); break;
    case FV_NORMALIZE_SIGMOID: write_lanes(dst, step, p, src, lanes, s, FV_NORMALIZE_SIGMOID, by_beta); break;
    default: write_lanes(dst, step, p, src, lanes, s, FV_NORMALIZE_NONE, by_beta);
    }
}

/* dst: of the field's first cell. */
static void write_field(float *dst, const fv_field *f, const line *l, const fv_place *places, int lanes, const fv_heatmaps *m, float *tile)
{
    lines s;
    fv_piece p = {0};
    for (int k = 0; k < lanes; k++) set_lane(&s, k, &l[k], &places[k]);
    while (fv_next_piece(&p, f, lanes, tile))
        for (int r = 0; r < p.rows; r++) {
            float *to = dst + p.offset + r * f->stride[1];
            const float *from = p.values + r * p.row;
            set_row(&s, l, lanes, &p, r);
            if (lanes > 1) write_lanes_as(to, (ptrdiff_t)f->stride[0], &p, from, lanes, &s, m->normalize, m->scale);
            else if (f->stride[0] == 1) write_row_as(to, from, p.columns, p.at[0], &s, m->normalize, m->scale);
            else {
                float *row = tile + r * p.row; /* where `from` points */
                write_row_as(row, from, p.columns, p.at[0], &s, m->normalize, m->scale);
                for (int c = 0; c < p.columns; c++) to[c * f->stride[0]] = row[c];
            }
        }
}

static void clear_field(float *dst, const fv_field *f)
{
    for (int z = 0; z < f->size[2]; z++)
        for (int y = 0; y < f->size[1]; y++) {
            float *row = dst + z * f->stride[2] + y * f->stride[1];
            for (int x = 0; x < f->size[0]; x++) row[x * f->stride[0]] = 0;
        }
}

/* dst: of the first joint's first cell. */
static void write_maps(float *dst, const line *l, const fv_place *places, int lanes, const fv_heatmaps *m, int entry, int joint, float *tile)
{
    if (m->window < 0) {
        write_field(dst, &places->field, l, places, lanes, m, tile);
        return;
    }
    for (int k = 0; k < lanes; k++, dst += m->joint) {
        const fv_field whole = fv_field_of(m, entry, joint + k), *part = &places[k].field;
        clear_field(dst, &whole);
        write_field(dst + (part->maps - whole.maps) / fv_size_of(whole.type), part, &l[k], &places[k], 1, m, tile);
    }
}

/* Of beta: sum of w' * value * (...) / norm; with SOFTMAX the value may count from the largest. */
static float beta_gradient(const line *l, const fv_place *p, const fv_heatmaps *m, float *tile)
{
    if (m->normalize == FV_NORMALIZE_NONE || !(p->norm > 0)) return 0;
    f64x4 total = fv_splat64(0);
    fv_piece piece = {0};
    const f32x4 most = SPLAT(p->most), from = SPLAT(m->normalize == FV_NORMALIZE_SOFTMAX ? p->most : 0), huge = SPLAT(FV_HEAVIEST);
    while (fv_next_piece(&piece, &p->field, 1, tile))
        for (int r = 0; r < piece.rows; r++) {
            const double rest = l->pull[1] * (piece.at[1] + r - l->mean[1]) + l->pull[2] * (piece.at[2] - l->mean[2]);
            for (int c = 0; c < piece.columns; c += 4) {
                const f32x4 value = fv_load_few(piece.values + r * piece.row + c, piece.columns - c, FV_NAN);
                const f32x4 slope = fv_weight_slope(m->normalize, value, fv_weight(m->normalize, value, most, SPLAT(m->scale)));
                const f32x4 clear = wasm_v128_and(PMIN(PMAX(SUB(value, from), SPLAT(-FV_HEAVIEST)), huge), GT(slope, SPLAT(0.f)));
                const f64x4 cell = fv_widen(ADD(SPLAT((float)c), wasm_f32x4_make(0, 1, 2, 3)));
                const f64x4 pull = fv_mul64(fv_splat64(l->pull[0]), fv_add64(cell, fv_splat64(piece.at[0] - l->mean[0])));
                total = fv_add64(total, fv_mul64(fv_mul64(fv_widen(slope), fv_widen(clear)), fv_add64(pull, fv_splat64(rest))));
            }
        }
    return (float)(fv_total64(total) / p->norm);
}

int fv_heatmap_soft_argmax_backward(float *grad_maps, float *grad_beta, const float *grad_coords,
                                    const void *maps, int type, float zero, float scale,
                                    int n, int joints, int depth, int height, int width, int dims, const int32_t *strides,
                                    int normalize, float beta, float eps, int window, int unit)
{
    if (!grad_coords || !maps || !strides) return FV_E_NULL;
    fv_heatmaps m;
    const int error = fv_read_maps(&m, maps, type, zero, scale, n, joints, depth, height, width, dims, strides, normalize, beta, eps, window, unit);
    if (error) return error;
    _Alignas(16) float tile[FV_TILE];
    fv_place places[FV_LANES];
    line l[FV_LANES];
    for (int i = 0; i < n; i++)
        for (int first = 0; first < joints;) {
            const int lanes = fv_lanes(&m, &first);
            fv_find_places(places, &m, i, first, lanes, tile);
            for (int k = 0; k < lanes; k++) {
                const int64_t at = (int64_t)i * joints + first + k;
                l[k] = make_line(grad_coords + at * dims, &places[k], &m, beta);
                if (grad_beta) grad_beta[at] = beta_gradient(&l[k], &places[k], &m, tile);
            }
            if (grad_maps) write_maps(grad_maps + i * m.entry + first * m.joint, l, places, lanes, &m, i, first, tile);
            first += lanes;
        }
    return 0;
}
