#include "fovea/sample.h"
#include "math.h"
#include "sample_maps.h"

#define QUADS 128
#define WEIGHTS 512
#define TOGETHER 3

/*
 * Quads of points that are inside, kept until there are enough of them to go through the channels a few at a time: maps
 * are then read while they are in the cache, and outputs written from left to right.
 */
typedef struct {
    int32_t at[4], point;
    int32_t abreast; /* whether the first taps are neighbours, as where a map is hardly scaled */
} quad;

typedef struct {
    int count;
    quad quad[QUADS];
    f32x4 weight[WEIGHTS]; /* of each quad's taps */
} quads;

/* Where points come from: a grid, or a row of an affine one. */
typedef struct {
    const float *grid;
    const fv_grid_line *line;
} source;

typedef struct {
    source from;
    v128_t places;
} cursor;

FV_INLINE cursor start_at(source from, int point, int dims)
{
    if (!from.grid) return (cursor){from, fv_line_places(from.line, point)};
    from.grid += (int64_t)point * dims;
    return (cursor){from, SPLATI(0)};
}

/* The coordinates of up to four points, and on to those after them. */
FV_INLINE void next_points(f32x4 *x, cursor *at, int dims, int count)
{
    if (at->from.grid) {
        fv_load_points(x, at->from.grid, dims, count);
        at->from.grid += 4 * dims;
    } else {
        for (int k = 0; k < dims; k++) x[k] = fv_line_coordinate(at->from.line, k, at->places);
        at->places = wasm_f64x2_add(at->places, wasm_f64x2_splat(8));
    }
}

/* Those at `point` and after it that are inside, up to the first that is not, or until `most` are kept. Returns that one's point. */
FV_INLINE int keep_inside(quads *kept, int most, const fv_inside *in, source from, int point, int count, int dims, int mode)
{
    const int taps = fv_rows_of_taps(dims, mode) * fv_taps_along(mode);
    quad *q = kept->quad + kept->count;
    f32x4 *weight = kept->weight + kept->count * taps;
    cursor at = start_at(from, point, dims);
    for (; point + 4 <= count && q < kept->quad + most; point += 4, q++, weight += taps) {
        fv_inside4 four;
        f32x4 x[3];
        next_points(x, &at, dims, 4);
        if (!fv_find_inside(&four, in, x, dims, mode, 0)) break;
        STORE(q->at, four.at);
        q->point = point;
        fv_weigh_runs(weight, &four, dims, mode);
        const i32x4 offset = wasm_i32x4_sub(four.at, wasm_i32x4_shuffle(four.at, four.at, 0, 0, 0, 0));
        q->abreast = mode != FV_MODE_BICUBIC && wasm_i32x4_bitmask(wasm_i32x4_eq(offset, in->abreast)) == 15;
    }
    kept->count = (int)(q - kept->quad);
    return point;
}

/* Four points in one channel, their first taps at `from`. */
FV_INLINE f32x4 sample_apart(const char *const *from, const int32_t *row, const f32x4 *weight, int rows, int run)
{
    f32x4 sum[4];
    for (int r = 0; r < rows; r++) {
        f32x4 v[4];
        fv_load_runs(v, from[0] + row[r], from[1] + row[r], from[2] + row[r], from[3] + row[r], run);
        for (int i = 0; i < run; i++) {
            const f32x4 term = rows * run == 1 ? v[i] : MUL(v[i], weight[r * run + i]);
            sum[i] = r ? ADD(sum[i], term) : term;
        }
    }
    fv_split_runs(sum, run);
    for (int i = 1; i < run; i++) sum[0] = ADD(sum[0], sum[i]);
    return sum[0];
}

/* The same where these are neighbours and the weights are those of the i-th taps of all four. */
FV_INLINE f32x4 sample_abreast(const char *first, const int32_t *row, const f32x4 *weight, int rows, int run)
{
    f32x4 sum = SPLAT(0.f);
    for (int i = 0; i < run; i++) {
        f32x4 column = SPLAT(0.f);
        for (int r = 0; r < rows; r++) {
            const f32x4 v = LOAD(first + row[r] + 4 * i), term = rows * run == 1 ? v : MUL(v, weight[r * run + i]);
            column = r ? ADD(column, term) : term;
        }
        sum = i ? ADD(sum, column) : column;
    }
    return sum;
}

/* dst is [channels, .] with `dst_step` floats between channels. */
FV_INLINE void inside_planar(float *dst, int64_t dst_step, const float *src, const fv_maps *m, const quads *kept, int rows, int run)
{
    const int32_t row[4] = {0, m->inside.row[1], m->inside.row[2], m->inside.row[3]};
    const int64_t step = m->channel_step;
    for (int c = 0; c < m->channels; c += TOGETHER, src += TOGETHER * step, dst += TOGETHER * dst_step) {
        const int together = fv_min(m->channels - c, TOGETHER);
        const f32x4 *weights = kept->weight;
        for (const quad *q = kept->quad; q < kept->quad + kept->count; q++, weights += rows * run) {
            const char *from[4];
            f32x4 weight[FV_MOST_TAPS];
            for (int p = 0; p < 4; p++) from[p] = (const char *)src + q->at[p];
            for (int t = 0; t < rows * run; t++) weight[t] = weights[t];
            float *to = dst + q->point;
            if (run < 4 && q->abreast) {
                for (int r = 0; r < rows; r++) fv_split_runs(weight + r * run, run);
                for (int k = 0; k < together; k++, to += dst_step, from[0] += step * 4) STORE(to, sample_abreast(from[0], row, weight, rows, run));
                continue;
            }
            for (int k = 0; k < together; k++, to += dst_step) {
                STORE(to, sample_apart(from, row, weight, rows, run));
                for (int p = 0; p < 4; p++) from[p] += step * 4;
            }
        }
    }
}

/* One point, channels side by side; `mask`, where given, of the taps that are inside. */
FV_INLINE void sample_last(float *dst, const char *first, const int32_t *tap, const uint32_t *mask, const float *weight, int channels, int rows, int run)
{
    int c = 0;
    for (; c + 4 <= channels; c += 4, first += 16) {
        f32x4 sum = SPLAT(0.f);
        for (int i = 0; i < run; i++) {
            f32x4 column = SPLAT(0.f);
            for (int r = 0; r < rows; r++) {
                const int t = r * run + i;
                f32x4 v = LOAD(first + tap[t]);
                if (mask) v = wasm_v128_and(v, SPLATI((int32_t)mask[t]));
                const f32x4 term = MUL(v, SPLAT(weight[t]));
                column = r ? ADD(column, term) : term;
            }
            sum = i ? ADD(sum, column) : column;
        }
        STORE(dst + c, sum);
    }
    for (; c < channels; c++, first += 4) {
        float sum = 0;
        for (int i = 0; i < run; i++) {
            float column = 0;
            for (int r = 0; r < rows; r++) {
                const int t = r * run + i;
                const float term = (!mask || mask[t] ? *(const float *)(first + tap[t]) : 0.f) * weight[t];
                column = r ? column + term : term;
            }
            sum = i ? sum + column : column;
        }
        dst[c] = sum;
    }
}

/* dst is [., channels]. */
FV_INLINE void inside_last(float *dst, const float *src, const fv_maps *m, const quads *kept, int rows, int run)
{
    const int channels = m->channels, taps = rows * run;
    int32_t tap[FV_MOST_TAPS];
    memcpy(tap, m->inside.tap, sizeof tap);
    const float *weights = (const float *)kept->weight;
    for (const quad *q = kept->quad; q < kept->quad + kept->count; q++, weights += 4 * taps) {
        float *to = dst + (int64_t)q->point * channels;
        for (int p = 0; p < 4; p++, to += channels) {
            float weight[FV_MOST_TAPS];
            for (int t = 0; t < taps; t++) weight[t] = weights[t / run * 4 * run + p * run + t % run];
            sample_last(to, (const char *)src + q->at[p], tap, 0, weight, channels, rows, run);
        }
    }
}

FV_OUTLINE void inside_last_any(float *dst, const float *src, const fv_maps *m, const quads *kept, int rows, int run)
{
    inside_last(dst, src, m, kept, rows, run);
}

static void store(float *dst, f32x4 value, int count)
{
    float lanes[4];
    STORE(lanes, value);
    if (count == 4) STORE(dst, value);
    else for (int i = 0; i < count; i++) dst[i] = lanes[i];
}

static f32x4 gather(const float *src, const int32_t *pixel)
{
    return wasm_f32x4_make(src[pixel[0]], src[pixel[1]], src[pixel[2]], src[pixel[3]]);
}

FV_INLINE void padded_planar(float *dst, int64_t dst_step, const float *src, const fv_maps *m, const fv_taps4 *taps, int count, int rows, int run)
{
    for (int c = 0; c < m->channels; c++, src += m->channel_step, dst += dst_step) {
        f32x4 sum = SPLAT(0.f);
        for (int i = 0; i < run; i++) {
            f32x4 column = SPLAT(0.f);
            for (int r = 0; r < rows; r++) {
                const int t = r * run + i;
                const f32x4 term = MUL(wasm_v128_and(gather(src, taps->pixel[t]), taps->mask[t]), taps->weight[t]);
                column = r ? ADD(column, term) : term;
            }
            sum = i ? ADD(sum, column) : column;
        }
        store(dst, sum, count);
    }
}

static void padded_last(float *dst, const float *src, const fv_maps *m, const fv_taps4 *taps, int count, int rows, int run)
{
    for (int p = 0; p < count; p++, dst += m->channels) {
        int32_t tap[FV_MOST_TAPS];
        uint32_t mask[FV_MOST_TAPS];
        float weight[FV_MOST_TAPS];
        for (int t = 0; t < rows * run; t++) {
            uint32_t masks[4];
            float weights[4];
            STORE(masks, taps->mask[t]), STORE(weights, taps->weight[t]);
            tap[t] = taps->pixel[t][p] * 4, mask[t] = masks[p], weight[t] = weights[p];
        }
        sample_last(dst, (const char *)src, tap, mask, weight, m->channels, rows, run);
    }
}

/* Four points of `floats` values in one piece, or one in each of as many pieces. */
FV_INLINE void clear(float *dst, int64_t step, int pieces, int floats)
{
    for (int c = 0; c < pieces; c++, dst += step)
        for (int i = 0; i < floats; i += 4) STORE(dst + i, SPLAT(0.f));
}

/*
 * With zeros outside: clear those at `point` and after it that are so far outside that no tap of theirs is inside, up to the
 * first that is not, or is infinite or NaN. Returns that one's point.
 */
FV_OUTLINE int clear_outside(float *dst, int64_t dst_step, const fv_maps *m, source from, int point, int count)
{
    const fv_inside *in = &m->inside;
    const int dims = m->sampler.dims;
    cursor at = start_at(from, point, dims);
    for (; point + 4 <= count; point += 4) {
        v128_t outside = SPLATI(0), finite = SPLATI(-1);
        f32x4 x[3];
        next_points(x, &at, dims, 4);
        for (int k = 0; k < dims; k++) {
            const f32x4 i = SUB(MUL(ADD(x[k], in->add[k]), in->slope[k]), in->less[k]);
            outside = wasm_v128_or(outside, wasm_v128_or(GT(SPLAT(-2.f), i), GT(i, SPLAT((float)m->sampler.size[k] + 1.f))));
            finite = wasm_v128_and(finite, wasm_f32x4_eq(SUB(i, i), SPLAT(0.f)));
        }
        if (wasm_i32x4_bitmask(wasm_v128_and(outside, finite)) != 15) break;
        if (m->last) clear(dst + (int64_t)point * m->channels, 0, 1, 4 * m->channels);
        else clear(dst + point, dst_step, m->channels, 4);
    }
    return point;
}

/* Up to four points of which some are not inside. */
FV_OUTLINE void padded(float *dst, int64_t dst_step, const float *src, const fv_maps *m, source from, int point, int count)
{
    const int dims = m->sampler.dims, rows = fv_rows_of_taps(dims, m->sampler.mode), run = fv_taps_along(m->sampler.mode);
    cursor at = start_at(from, point, dims);
    f32x4 x[3];
    fv_taps4 taps;
    next_points(x, &at, dims, count);
    fv_sample_taps(&taps, &m->sampler, x, 0);
    dst += m->last ? (int64_t)point * m->channels : point;
    if (m->last) padded_last(dst, src, m, &taps, count, rows, run);
    else if (rows * run == 4) padded_planar(dst, dst_step, src, m, &taps, count, 2, 2);
    else padded_planar(dst, dst_step, src, m, &taps, count, rows, run);
}

/* `count` points; dst and dst_step as for the layout. */
FV_INLINE void sample_as(float *dst, int64_t dst_step, const float *src, const fv_maps *m, source from, int count, int dims, int mode)
{
    const int rows = fv_rows_of_taps(dims, mode), run = fv_taps_along(mode);
    const int most = fv_min(QUADS, WEIGHTS / (rows * run));
    const fv_inside in = m->inside;
    quads kept;
    for (int point = 0; point < count;) {
        kept.count = 0;
        while (point < count && kept.count < most) {
            point = keep_inside(&kept, most, &in, from, point, count, dims, mode);
            if (point == count || kept.count == most) break;
            const int left = point;
            if (m->sampler.padding == FV_PADDING_ZEROS) point = clear_outside(dst, dst_step, m, from, point, count);
            if (point > left) continue;
            padded(dst, dst_step, src, m, from, point, fv_min(count - point, 4));
            point += 4;
        }
        if (!m->last) inside_planar(dst, dst_step, src, m, &kept, rows, run);
        else if (rows * run == 4) inside_last(dst, src, m, &kept, 2, 2);
        else inside_last_any(dst, src, m, &kept, rows, run);
    }
}

static void sample_points(float *dst, int64_t dst_step, const float *src, const fv_maps *m, source from, int count)
{
    switch (m->sampler.mode + (m->sampler.dims == 3 ? 3 : 0)) {
    case FV_MODE_BILINEAR: sample_as(dst, dst_step, src, m, from, count, 2, FV_MODE_BILINEAR); break;
    case FV_MODE_NEAREST: sample_as(dst, dst_step, src, m, from, count, 2, FV_MODE_NEAREST); break;
    case FV_MODE_BICUBIC: sample_as(dst, dst_step, src, m, from, count, 2, FV_MODE_BICUBIC); break;
    case FV_MODE_BILINEAR + 3: sample_as(dst, dst_step, src, m, from, count, 3, FV_MODE_BILINEAR); break;
    default: sample_as(dst, dst_step, src, m, from, count, 3, FV_MODE_NEAREST); break;
    }
}

int fv_sample(float *dst, const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
              const float *grid, int points, int mode, int padding, int coords)
{
    if (!dst || !src || !grid) return FV_E_NULL;
    fv_maps m;
    const int error = fv_make_maps(&m, n, channels, depth, height, width, dims, layout, points, mode, padding, coords);
    if (error) return error;
    for (int i = 0; i < n; i++)
        sample_points(dst + (int64_t)i * channels * points, points, src + i * m.floats, &m, (source){grid + (int64_t)i * points * dims, 0}, points);
    return 0;
}

/* Rows of a map, from .. to - 1. */
typedef struct {
    int from, to;
} rows_read;

/*
 * A row of an affine grid crosses rows of the map, a few pixels of each, in an order that no processor foresees: so read
 * what it comes to beforehand, row by row and once.
 */
static void read_ahead(rows_read *seen, const float *src, const fv_maps *m, const fv_grid_line *line, int width)
{
    const fv_axis axis = fv_make_axis(m->sampler.coords, m->sampler.size[1]);
    const int height = m->sampler.size[1], planes = m->last ? 1 : m->channels;
    float ends[2][4];
    for (int i = 0; i < 2; i++) STORE(ends[i], fv_to_index(&axis, fv_line_coordinate(line, 1, fv_line_places(line, i * (width - 1)))));
    const float a = ends[0][0], b = ends[1][0];
    const int from = (int)fv_clamp(a < b ? a : b, 0, height), to = (int)fv_clamp((a < b ? b : a) + 3, 0, height);
    for (int c = 0; c < planes; c++)
        for (int y = from; y < to; y++) {
            const float *row = src + c * m->channel_step + y * m->sampler.step[1];
            if (y < seen->from || y >= seen->to)
                for (int64_t i = 0; i < m->sampler.step[1]; i += 16) (void)*(const volatile float *)(row + i);
        }
    *seen = seen->to ? (rows_read){fv_min(seen->from, from), fv_max(seen->to, to)} : (rows_read){from, to};
}

int fv_sample_affine(float *dst, const float *src, int n, int channels, int depth, int height, int width, int dims, int layout,
                     const float *theta, int out_depth, int out_height, int out_width, int first_row, int rows, int mode,
                     int padding, int coords)
{
    if (!dst || !src || !theta) return FV_E_NULL;
    if (dims == 2) out_depth = 1;
    if (coords > FV_COORDS_CENTRES) return FV_E_VALUE;
    const int64_t points = fv_grid_points(out_depth, out_height, out_width);
    fv_maps m;
    const int error = fv_make_maps(&m, n, channels, depth, height, width, dims, layout, points, mode, padding, coords);
    if (error) return error;
    if (first_row < 0 || rows < 0 || (int64_t)first_row + rows > (int64_t)out_depth * out_height) return FV_E_SHAPE;
    const fv_grid_shape shape = {dims, out_depth, out_height, out_width, coords == FV_COORDS_CENTRES};
    const int64_t channel_step = (int64_t)rows * out_width, row_step = (int64_t)out_width * (m.last ? channels : 1);
    const int dense = dims == 2 && m.floats / channels <= 4 * points;
    for (int i = 0; i < n; i++, theta += dims * (dims + 1), src += m.floats, dst += channel_step * channels) {
        rows_read seen = {0, 0};
        for (int r = 0; r < rows; r++) {
            const fv_grid_line line = fv_make_line(theta, &shape, (first_row + r) / out_height, (first_row + r) % out_height);
            if (dense) read_ahead(&seen, src, &m, &line, out_width);
            sample_points(dst + r * row_step, channel_step, src, &m, (source){0, &line}, out_width);
        }
    }
    return 0;
}
