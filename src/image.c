#include "fovea/image.h"
#include "image_target.h"
#include "math.h"
#include "taps.h"

#define ALL_RESIZES(r) ((r) >= FV_RESIZE_NEAREST && (r) <= FV_RESIZE_ADAPTIVE)
#define MAX_SIDE 65535
#define MAX_PLACE (1 << 30)

static int side(int length) { return length >= 1 && length <= MAX_SIDE; }
static int place(int at, int length) { return at >= -MAX_PLACE && at <= MAX_PLACE && length >= 1 && length <= MAX_PLACE; }

/* ---- fit: separable ---- */

/* Where the bilinear taps of a row of columns lie: the left one, and the way to the right one. */
typedef struct {
    int32_t *left; /* byte offset; the right tap is the next pixel */
    float *way;
} columns;

/* The last column stands wholly on its right tap, so that none reads beyond the row. */
static int split(double x, int length, float *way)
{
    const double clamped = fv_clamp(x, 0, length - 1);
    const int left = fv_max(fv_min((int)clamped, length - 2), 0);
    *way = (float)(clamped - left);
    return left;
}

/* The columns of one source row as three planes. */
static void stretch_row(float *out, int pitch, const uint8_t *row, const columns *at, int count)
{
    for (int i = 0; i < count; i += 4) {
        const int32_t *o = at->left + i;
        const f32x4 way = LOAD(at->way + i);
        v128_t p01 = wasm_v128_load64_zero(row + o[0]), p23 = wasm_v128_load64_zero(row + o[2]);
        p01 = wasm_v128_load64_lane(row + o[1], p01, 1);
        p23 = wasm_v128_load64_lane(row + o[3], p23, 1);
        /* left R x4, right R x4, left G x4, right G x4; then B */
        const v128_t rg = wasm_i8x16_shuffle(p01, p23, 0, 8, 16, 24, 4, 12, 20, 28, 1, 9, 17, 25, 5, 13, 21, 29);
        const v128_t b = wasm_i8x16_shuffle(p01, p23, 2, 10, 18, 26, 6, 14, 22, 30, 2, 10, 18, 26, 6, 14, 22, 30);
        const v128_t r16 = wasm_u16x8_extend_low_u8x16(rg), g16 = wasm_u16x8_extend_high_u8x16(rg);
        const v128_t b16 = wasm_u16x8_extend_low_u8x16(b);
        STORE(out + i, fv_lerp(fv_float_low(r16), fv_float_high(r16), way));
        STORE(out + pitch + i, fv_lerp(fv_float_low(g16), fv_float_high(g16), way));
        STORE(out + 2 * pitch + i, fv_lerp(fv_float_low(b16), fv_float_high(b16), way));
    }
}

static void blend_rows(float *out, const float *upper, const float *lower, float way, int count)
{
    const f32x4 w = SPLAT(way);
    for (int i = 0; i < count; i += 4) STORE(out + i, fv_lerp(LOAD(upper + i), LOAD(lower + i), w));
}

/* R R R R G G G G B B B B A A A A of four pixels, each pair of neighbours summed, upper and lower. */
static v128_t sum_squares(const uint8_t *upper, const uint8_t *lower)
{
    const v128_t u = LOAD(upper), l = LOAD(lower);
    return wasm_i16x8_add(
        wasm_u16x8_extadd_pairwise_u8x16(wasm_i8x16_shuffle(u, u, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
        wasm_u16x8_extadd_pairwise_u8x16(wasm_i8x16_shuffle(l, l, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)));
}

/* To exactly half the size, as from 1280 x 720 to 640: the means of four bytes are exact, and so what the lerps give. */
static void halve_rows(float *out, int pitch, const uint8_t *upper, const uint8_t *lower, int count)
{
    const f32x4 quarter = SPLAT(0.25f);
    for (int next = 0; next < count; next += 4) {
        const int i = fv_min(next, count - 4); /* the last four may overlap the ones before */
        const v128_t left = sum_squares(upper + 8 * i, lower + 8 * i);
        const v128_t right = sum_squares(upper + 8 * i + 16, lower + 8 * i + 16);
        const v128_t rg = wasm_i32x4_shuffle(left, right, 0, 4, 1, 5), ba = wasm_i32x4_shuffle(left, right, 2, 6, 3, 7);
        STORE(out + i, MUL(fv_float_low(rg), quarter));
        STORE(out + pitch + i, MUL(fv_float_high(rg), quarter));
        STORE(out + 2 * pitch + i, MUL(fv_float_low(ba), quarter));
    }
}

typedef struct {
    const uint8_t *rgba;
    int width, height;           /* of the picture */
    int left, top, fit_w, fit_h; /* its place in the tensor */
    int from, to;                /* the tensor's columns that show it */
} placed;

static void fit_bilinear(const fv_target *target, const placed *p, void *scratch)
{
    const int count = p->to - p->from, padded = fv_pitch(count), pitch = fv_pitch(target->width);
    columns at = {scratch, (float *)scratch + pitch};
    float *rows[2] = {at.way + pitch, at.way + 4 * pitch}, *out = at.way + 7 * pitch;
    int held[2] = {-1, -1};
    uint8_t twice[8]; /* a picture one pixel wide has no next pixel */
    const int halves = p->width == (int64_t)2 * p->fit_w && p->height == (int64_t)2 * p->fit_h && count >= 4;

    for (int i = 0; i < padded; i++) {
        const int x = fv_min(p->from + i, p->to - 1) - p->left;
        at.left[i] = 4 * split((x + 0.5) * p->width / p->fit_w - 0.5, p->width, at.way + i);
    }
    for (int y = 0; y < target->height; y++) {
        if (y < p->top || y - p->top >= p->fit_h) {
            fv_target_row(target, y, 0, 0, out);
            continue;
        }
        if (halves) {
            const uint8_t *row = p->rgba + ((int64_t)(y - p->top) * p->width + p->from - p->left) * 8;
            halve_rows(out, pitch, row, row + (int64_t)p->width * 4, count);
            fv_target_row(target, y, p->from, p->to, out);
            continue;
        }
        float way;
        const int first = split((y - p->top + 0.5) * p->height / p->fit_h - 0.5, p->height, &way);
        const int wanted[2] = {way < 1 ? first : first + 1, way > 0 ? first + 1 : first};
        const float *have[2];
        for (int k = 0; k < 2; k++) {
            /* Row n is held in slot n & 1, so that two neighbours never displace each other. */
            const int n = wanted[k], slot = n & 1;
            if (held[slot] != n) {
                const uint8_t *row = p->rgba + (int64_t)n * p->width * 4;
                if (p->width == 1) {
                    memcpy(twice, row, 4);
                    memcpy(twice + 4, row, 4);
                    row = twice;
                }
                stretch_row(rows[slot], pitch, row, &at, count);
                held[slot] = n;
            }
            have[k] = rows[slot];
        }
        for (int c = 0; c < 3; c++)
            blend_rows(out + c * pitch, have[0] + c * pitch, have[1] + c * pitch, way, count);
        fv_target_row(target, y, p->from, p->to, out);
    }
}

static void fit_taps(const fv_target *target, const placed *p, int resize, void *scratch)
{
    const int count = p->to - p->from, pitch = fv_pitch(target->width);
    const int limit_x = (int)fv_taps_limit(p->width, p->fit_w), limit_y = (int)fv_taps_limit(p->height, p->fit_h);
    int32_t *start = scratch, *taps = start + pitch;
    float *out = (float *)(taps + pitch), *sums = out + 3 * pitch;
    float *weights_y = sums + 4 * pitch, *weights_x = weights_y + fv_pitch(limit_y);

    for (int i = 0; i < count; i++)
        taps[i] = fv_taps(resize, p->width, p->fit_w, p->from + i - p->left, &start[i], weights_x + (int64_t)i * limit_x);
    for (int y = 0; y < target->height; y++) {
        if (y < p->top || y - p->top >= p->fit_h) {
            fv_target_row(target, y, 0, 0, out);
            continue;
        }
        int first;
        const int rows = fv_taps(resize, p->height, p->fit_h, y - p->top, &first, weights_y);
        memset(sums, 0, (size_t)count * 16);
        for (int r = 0; r < rows; r++) {
            const uint8_t *row = p->rgba + (int64_t)(first + r) * p->width * 4;
            const f32x4 wy = SPLAT(weights_y[r]);
            for (int i = 0; i < count; i++) {
                const uint8_t *pixel = row + 4 * (int64_t)start[i];
                const float *w = weights_x + (int64_t)i * limit_x;
                f32x4 sum = SPLAT(0.f);
                for (int k = 0; k < taps[i]; k++) {
                    const v128_t u16 = wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(pixel + 4 * k));
                    sum = ADD(sum, MUL(fv_float_low(u16), SPLAT(w[k])));
                }
                STORE(sums + 4 * i, ADD(LOAD(sums + 4 * i), MUL(sum, wy)));
            }
        }
        for (int i = 0; i < count; i++)
            for (int c = 0; c < 3; c++) out[c * pitch + i] = sums[4 * i + c];
        fv_target_row(target, y, p->from, p->to, out);
    }
}

static int64_t fit_bytes(int width, int src_w, int src_h, int fit_w, int fit_h)
{
    const int64_t pitch = fv_pitch(width), columns = fv_min(width, fit_w);
    const int64_t line = 3 * pitch + 4;
    const int64_t lerp = 11 * pitch;
    const int64_t taps = 9 * pitch + fv_pitch((int)fv_taps_limit(src_h, fit_h)) + columns * fv_taps_limit(src_w, fit_w);
    return 4 * (line + (lerp > taps ? lerp : taps));
}

int fv_image_fit_scratch(int width, int src_w, int src_h, int fit_w, int fit_h)
{
    if (!side(width) || !side(src_w) || !side(src_h) || fit_w < 1 || fit_h < 1) return FV_E_SHAPE;
    const int64_t bytes = fit_bytes(width, src_w, src_h, fit_w, fit_h);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

static int check_picture(const uint8_t *rgba, int width, int height)
{
    if (!rgba) return FV_E_NULL;
    return side(width) && side(height) && !fv_too_big((int64_t)width * height * 4) ? 0 : FV_E_SHAPE;
}

int fv_image_fit(void *dst, int type, int layout, int width, int height, const uint8_t *rgba, int src_width,
                 int src_height, int left, int top, int fit_width, int fit_height, int resize, int order,
                 const float *norm, void *scratch)
{
    const fv_target target = {dst, type, layout, width, height, order, norm, scratch};
    int error = fv_target_check(&target);
    if (!error) error = check_picture(rgba, src_width, src_height);
    if (error) return error;
    if (!scratch) return FV_E_NULL;
    if (!side(width) || !side(height) || !place(left, fit_width) || !place(top, fit_height)) return FV_E_SHAPE;
    if (fv_image_fit_scratch(width, src_width, src_height, fit_width, fit_height) < 0) return FV_E_SHAPE;
    if (!ALL_RESIZES(resize)) return FV_E_VALUE;

    const int64_t end = (int64_t)left + fit_width;
    placed p = {rgba, src_width, src_height, left, top, fit_width, fit_height, fv_max(left, 0), (int)(end < width ? end : width)};
    if (p.to <= p.from) p.from = p.to = 0, p.top = height; /* wholly beside the tensor: only fill */
    char *rest = (char *)scratch + 4 * (3 * (size_t)fv_pitch(width) + 4);
    if (resize == FV_RESIZE_BILINEAR) fit_bilinear(&target, &p, rest);
    else fit_taps(&target, &p, resize, rest);
    return 0;
}

/* ---- warp: affine ---- */

static f32x4 pixel_or(const uint8_t *rgba, int width, int height, int x, int y, f32x4 fill)
{
    if (x < 0 || y < 0 || x >= width || y >= height) return fill;
    return fv_float_low(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(rgba + 4 * ((int64_t)y * width + x))));
}

/* The picture at pixel-centre coordinates (x, y). */
static f32x4 sample(const uint8_t *rgba, int width, int height, double x, double y, f32x4 fill)
{
    x = fv_clamp(x, -2, width + 1.0);
    y = fv_clamp(y, -2, height + 1.0);
    const int x0 = (int)(x + 2) - 2, y0 = (int)(y + 2) - 2;
    const f32x4 fx = SPLAT((float)(x - x0)), fy = SPLAT((float)(y - y0));
    if (x0 >= 0 && y0 >= 0 && x0 + 1 < width && y0 + 1 < height) {
        const uint8_t *p = rgba + 4 * ((int64_t)y0 * width + x0);
        const v128_t upper = wasm_u16x8_extend_low_u8x16(wasm_v128_load64_zero(p));
        const v128_t lower = wasm_u16x8_extend_low_u8x16(wasm_v128_load64_zero(p + 4 * width));
        return fv_lerp(fv_lerp(fv_float_low(upper), fv_float_high(upper), fx),
                       fv_lerp(fv_float_low(lower), fv_float_high(lower), fx), fy);
    }
    return fv_lerp(fv_lerp(pixel_or(rgba, width, height, x0, y0, fill), pixel_or(rgba, width, height, x0 + 1, y0, fill), fx),
                   fv_lerp(pixel_or(rgba, width, height, x0, y0 + 1, fill), pixel_or(rgba, width, height, x0 + 1, y0 + 1, fill), fx),
                   fy);
}

int fv_image_warp_scratch(int width)
{
    return side(width) ? 4 * (6 * fv_pitch(width) + 4) : FV_E_SHAPE;
}

/* How many source pixels one step of (dx, dy) passes, rounded up, 1 to 16. */
static int steps(double dx, double dy)
{
    const double square = fv_clamp(dx * dx + dy * dy, 1, 256);
    int n = 1;
    while (n * n < square - 1e-9) n++;
    return n;
}

int fv_image_warp(void *dst, int type, int layout, int width, int height, const uint8_t *rgba, int src_width,
                  int src_height, const double *matrix, int resize, int order, const float *norm, void *scratch)
{
    const fv_target target = {dst, type, layout, width, height, order, norm, scratch};
    int error = fv_target_check(&target);
    if (!error) error = check_picture(rgba, src_width, src_height);
    if (error) return error;
    if (!matrix || !scratch) return FV_E_NULL;
    if (!side(width) || !side(height)) return FV_E_SHAPE;
    if (resize < FV_RESIZE_NEAREST || resize > FV_RESIZE_AREA) return FV_E_VALUE;

    const int pitch = fv_pitch(width), bgr = order == FV_ORDER_BGR;
    float *out = target.line + 3 * pitch + 4;
    const float *fills = norm + 6;
    const f32x4 fill = wasm_f32x4_make(fills[bgr ? 2 : 0], fills[1], fills[bgr ? 0 : 2], 0.f);
    const double a = matrix[0], b = matrix[1], c = matrix[2], d = matrix[3], e = matrix[4], f = matrix[5];
    const int nx = resize == FV_RESIZE_AREA ? steps(a, d) : 1, ny = resize == FV_RESIZE_AREA ? steps(b, e) : 1;
    const f32x4 share = SPLAT(1.f / (float)(nx * ny));

    for (int i = 0; i < height; i++) {
        for (int j = 0; j < width; j++) {
            f32x4 value = SPLAT(0.f);
            if (resize == FV_RESIZE_NEAREST) {
                const double x = fv_clamp(a * (j + 0.5) + b * (i + 0.5) + c, -1, src_width);
                const double y = fv_clamp(d * (j + 0.5) + e * (i + 0.5) + f, -1, src_height);
                value = pixel_or(rgba, src_width, src_height, (int)(x + 1) - 1, (int)(y + 1) - 1, fill);
            } else {
                for (int v = 0; v < ny; v++)
                    for (int u = 0; u < nx; u++) {
                        const double x = j + (u + 0.5) / nx, y = i + (v + 0.5) / ny;
                        value = ADD(value, sample(rgba, src_width, src_height, a * x + b * y + c - 0.5,
                                                  d * x + e * y + f - 0.5, fill));
                    }
                value = MUL(value, share);
            }
            out[j] = wasm_f32x4_extract_lane(value, 0);
            out[pitch + j] = wasm_f32x4_extract_lane(value, 1);
            out[2 * pitch + j] = wasm_f32x4_extract_lane(value, 2);
        }
        fv_target_row(&target, i, 0, width, out);
    }
    return 0;
}
