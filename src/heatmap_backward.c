#include "f64x4.h"
#include "few.h"
#include "heatmap_spread.h"
#include "heatmap_weight.h"

/* The gradient of a joint is by * w' * (d' quad d + pull' d + rest), d = cell - mean, along the axes of its field. */
typedef struct {
    double quad[3][3], pull[3], rest, mean[3], by;
} curve;

/* Of one row, by lane; cell - mean along axis 0 is (cell - whole) - part, so that nothing cancels. */
typedef struct {
    float most[FV_LANES], by[FV_LANES], whole[FV_LANES], part[FV_LANES], quad[FV_LANES], pull[FV_LANES], rest[FV_LANES];
} curves;

/* What the gradient of the covariance adds; each weight moves the mean too. */
static void add_covariance(curve *c, const float *grad, const fv_place *p, const fv_heatmaps *m, float *tile)
{
    fv_spread s;
    fv_find_spread(&s, p, m, 0, tile);
    const int is_direct = m->normalize == FV_NORMALIZE_NONE;
    const double missing = p->norm > 0 ? (p->norm - p->sum) / p->norm : 0;
    double mean[3], lean[3]; /* of the coordinates from where the curve starts; and the sum of p (x - mean) */
    for (int a = 0; a < 3; a++) {
        const double slope = m->unit[a].slope;
        mean[a] = slope * (fv_mean_cell(p, m, a) - c->mean[a]);
        lean[a] = missing * (is_direct ? mean[a] : slope * (p->place[a] - (p->field.size[a] - 1) * .5));
    }
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            const int x = m->axis[a], y = m->axis[b];
            if (x >= m->dims || y >= m->dims) continue;
            const double g = .5 * ((double)grad[x * m->dims + y] + grad[y * m->dims + x]);
            c->quad[a][b] = g * m->unit[a].slope * m->unit[b].slope;
            c->pull[a] -= 2 * g * (mean[b] + lean[b]) * m->unit[a].slope;
            c->rest += g * mean[a] * mean[b];
            if (!is_direct && p->norm > 0) c->rest -= c->quad[a][b] * s.pair[a][b] / p->norm;
        }
}

static curve make_curve(const float *grad_coords, const float *grad_covariance, const fv_place *p, const fv_heatmaps *m, float beta, float *tile)
{
    curve c = {{{0}}, {0}, 0, {0}, 0};
    const int is_direct = m->normalize == FV_NORMALIZE_NONE;
    for (int a = 0; a < 3; a++) {
        const fv_unit u = m->unit[a];
        if (m->axis[a] < m->dims) c.pull[a] = grad_coords[m->axis[a]] * u.slope;
        /* Without normalisation the gradient is the coordinate itself, not its distance from the mean. */
        c.mean[a] = !is_direct ? p->place[a] : (u.slope != 0 ? -u.shift / u.slope : 0) - p->low[a];
    }
    if (grad_covariance) add_covariance(&c, grad_covariance, p, m, tile);
    if (is_direct) c.by = 1;
    else if (p->norm > 0) c.by = fv_clamp(beta / p->norm, 0, 1e30);
    return c;
}

static void set_lane(curves *s, int lane, const curve *c, const fv_place *p)
{
    const double whole = (double)(int)fv_clamp(c->mean[0], -1e9, 1e9);
    s->most[lane] = p->most, s->by[lane] = (float)c->by, s->quad[lane] = (float)c->quad[0][0];
    s->whole[lane] = (float)whole, s->part[lane] = (float)(c->mean[0] - whole);
}

/* Along a row, in which d of the other axes is constant. */
static double pull_of(const curve *c, double y, double z) { return c->pull[0] + 2 * (c->quad[0][1] * y + c->quad[0][2] * z); }

static double rest_of(const curve *c, double y, double z)
{
    return c->rest + c->pull[1] * y + c->pull[2] * z + c->quad[1][1] * y * y + c->quad[2][2] * z * z + 2 * c->quad[1][2] * y * z;
}

static void set_row(curves *s, const curve *c, int lanes, const fv_piece *p, int row)
{
    for (int k = 0; k < lanes; k++, c++) {
        const double y = p->at[1] + row - c->mean[1], z = p->at[2] - c->mean[2];
        s->pull[k] = (float)pull_of(c, y, z), s->rest[k] = (float)rest_of(c, y, z);
    }
}

FV_INLINE f32x4 gradient(int normalize, f32x4 value, f32x4 cell, f32x4 most, f32x4 whole, f32x4 part, f32x4 quad, f32x4 pull, f32x4 rest, f32x4 by,
                         f32x4 scale)
{
    const f32x4 slope = fv_weight_slope(normalize, value, fv_weight(normalize, value, most, scale)), d = SUB(SUB(cell, whole), part);
    const f32x4 grown = MUL(MUL(slope, by), ADD(MUL(ADD(MUL(quad, d), pull), d), rest));
    return wasm_v128_and(grown, wasm_f32x4_ne(slope, SPLAT(0.f))); /* 0 without weight, whatever the gradient */
}

FV_INLINE void write_row(float *dst, const float *src, int count, int first, const curves *s, int normalize, float by_beta)
{
    const f32x4 most = SPLAT(*s->most), whole = SPLAT(*s->whole), part = SPLAT(*s->part), quad = SPLAT(*s->quad);
    const f32x4 pull = SPLAT(*s->pull), rest = SPLAT(*s->rest), by = SPLAT(*s->by), scale = SPLAT(by_beta), four = SPLAT(4.f);
    f32x4 cell = ADD(SPLAT((float)first), wasm_f32x4_make(0, 1, 2, 3));
    for (int i = 0; i < count; i += 4, cell = ADD(cell, four)) {
        const f32x4 value = fv_load_few(src + i, count - i, FV_NAN);
        fv_store_few(dst + i, gradient(normalize, value, cell, most, whole, part, quad, pull, rest, by, scale), count - i);
    }
}

FV_INLINE void write_lanes(float *dst, ptrdiff_t step, const fv_piece *p, const float *src, int lanes, const curves *s, int normalize, float by_beta)
{
    const f32x4 scale = SPLAT(by_beta), one = SPLAT(1.f);
    for (int k = 0; k < lanes; k += 4) {
        const int lane = fv_min(k, lanes - 4);
        const f32x4 most = LOAD(s->most + lane), whole = LOAD(s->whole + lane), part = LOAD(s->part + lane), quad = LOAD(s->quad + lane);
        const f32x4 pull = LOAD(s->pull + lane), rest = LOAD(s->rest + lane), by = LOAD(s->by + lane);
        f32x4 cell = SPLAT((float)p->at[0]);
        const float *v = src + lane;
        float *to = dst + lane;
        for (int c = 0; c < p->columns; c++, v += p->column, to += step, cell = ADD(cell, one))
            STORE(to, gradient(normalize, LOAD(v), cell, most, whole, part, quad, pull, rest, by, scale));
    }
}

static void write_row_as(float *dst, const float *src, int count, int first, const curves *s, int normalize, float by_beta)
{
    switch (normalize) {
    case FV_NORMALIZE_SOFTMAX: write_row(dst, src, count, first, s, FV_NORMALIZE_SOFTMAX, by_beta); break;
    case FV_NORMALIZE_RELU: write_row(dst, src, count, first, s, FV_NORMALIZE_RELU, by_beta); break;
    case FV_NORMALIZE_SIGMOID: write_row(dst, src, count, first, s, FV_NORMALIZE_SIGMOID, by_beta); break;
    default: write_row(dst, src, count, first, s, FV_NORMALIZE_NONE, by_beta);
    }
}

static void write_lanes_as(float *dst, ptrdiff_t step, const fv_piece *p, const float *src, int lanes, const curves *s, int normalize, float by_beta)
{
    switch (normalize) {
    case FV_NORMALIZE_SOFTMAX: write_lanes(dst, step, p, src, lanes, s, FV_NORMALIZE_SOFTMAX, by_beta); break;
    case FV_NORMALIZE_RELU: write_lanes(dst, step, p, src, lanes, s, FV_NORMALIZE_RELU, by_beta); break;
    case FV_NORMALIZE_SIGMOID: write_lanes(dst, step, p, src, lanes, s, FV_NORMALIZE_SIGMOID, by_beta); break;
    default: write_lanes(dst, step, p, src, lanes, s, FV_NORMALIZE_NONE, by_beta);
    }
}

/* dst: of the field's first cell. */
static void write_field(float *dst, const fv_field *f, const curve *c, const fv_place *places, int lanes, const fv_heatmaps *m, float *tile)
{
    curves s;
    fv_piece p = {0};
    for (int k = 0; k < lanes; k++) set_lane(&s, k, &c[k], &places[k]);
    while (fv_next_piece(&p, f, lanes, tile))
        for (int r = 0; r < p.rows; r++) {
            float *to = dst + p.offset + r * f->stride[1];
            const float *from = p.values + r * p.row;
            set_row(&s, c, lanes, &p, r);
            if (lanes > 1) write_lanes_as(to, (ptrdiff_t)f->stride[0], &p, from, lanes, &s, m->normalize, m->scale);
            else if (f->stride[0] == 1) write_row_as(to, from, p.columns, p.at[0], &s, m->normalize, m->scale);
            else {
                float *row = tile + r * p.row; /* where `from` points */
                write_row_as(row, from, p.columns, p.at[0], &s, m->normalize, m->scale);
                for (int i = 0; i < p.columns; i++) to[i * f->stride[0]] = row[i];
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
static void write_maps(float *dst, const curve *c, const fv_place *places, int lanes, const fv_heatmaps *m, int entry, int joint, float *tile)
{
    if (m->window < 0) {
        write_field(dst, &places->field, c, places, lanes, m, tile);
        return;
    }
    for (int k = 0; k < lanes; k++, dst += m->joint) {
        const fv_field whole = fv_field_of(m, entry, joint + k), *part = &places[k].field;
        clear_field(dst, &whole);
        write_field(dst + (part->maps - whole.maps) / fv_size_of(whole.type), part, &c[k], &places[k], 1, m, tile);
    }
}

/* Of beta: sum of w' * value * (...) / norm; with SOFTMAX the value may count from the largest. */
static float beta_gradient(const curve *l, const fv_place *p, const fv_heatmaps *m, float *tile)
{
    if (m->normalize == FV_NORMALIZE_NONE || !(p->norm > 0)) return 0;
    f64x4 total = fv_splat64(0);
    fv_piece piece = {0};
    const f32x4 most = SPLAT(p->most), from = SPLAT(m->normalize == FV_NORMALIZE_SOFTMAX ? p->most : 0), huge = SPLAT(FV_HEAVIEST);
    while (fv_next_piece(&piece, &p->field, 1, tile))
        for (int r = 0; r < piece.rows; r++) {
            const double y = piece.at[1] + r - l->mean[1], z = piece.at[2] - l->mean[2];
            const f64x4 quad = fv_splat64(l->quad[0][0]), pull = fv_splat64(pull_of(l, y, z)), rest = fv_splat64(rest_of(l, y, z));
            for (int c = 0; c < piece.columns; c += 4) {
                const f32x4 value = fv_load_few(piece.values + r * piece.row + c, piece.columns - c, FV_NAN);
                const f32x4 slope = fv_weight_slope(m->normalize, value, fv_weight(m->normalize, value, most, SPLAT(m->scale)));
                const f32x4 clear = wasm_v128_and(PMIN(PMAX(SUB(value, from), SPLAT(-FV_HEAVIEST)), huge), GT(slope, SPLAT(0.f)));
                const f64x4 cell = fv_widen(ADD(SPLAT((float)c), wasm_f32x4_make(0, 1, 2, 3)));
                const f64x4 d = fv_add64(cell, fv_splat64(piece.at[0] - l->mean[0]));
                const f64x4 height = fv_add64(fv_mul64(fv_add64(fv_mul64(quad, d), pull), d), rest);
                total = fv_add64(total, fv_mul64(fv_mul64(fv_widen(slope), fv_widen(clear)), height));
            }
        }
    return (float)(fv_total64(total) / p->norm);
}

int fv_heatmap_soft_argmax_backward(float *grad_maps, float *grad_beta, const float *grad_coords, const float *grad_covariance,
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
    curve c[FV_LANES];
    for (int i = 0; i < n; i++)
        for (int first = 0; first < joints;) {
            const int lanes = fv_lanes(&m, &first);
            fv_find_places(places, &m, i, first, lanes, tile);
            for (int k = 0; k < lanes; k++) {
                const int64_t at = (int64_t)i * joints + first + k;
                c[k] = make_curve(grad_coords + at * dims, grad_covariance ? grad_covariance + at * dims * dims : NULL, &places[k], &m, beta, tile);
                if (grad_beta) grad_beta[at] = beta_gradient(&c[k], &places[k], &m, tile);
            }
            if (grad_maps) write_maps(grad_maps + i * m.entry + first * m.joint, c, places, lanes, &m, i, first, tile);
            first += lanes;
        }
    return 0;
}
