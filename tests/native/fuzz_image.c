/* Pictures of any size through any place, matrix and number; what is fill must be fill, and a mean lies within its pixels. */
#include "fovea/box.h"
#include "fovea/image.h"
#include "fuzz.h"

typedef struct {
    int type, layout, width, height, src_w, src_h, order;
    const float *norm;
    const uint8_t *rgba;
    void *dst;
} picture;

/* Sizes that one input can fill, a few of them long and thin. */
static int side(reader *r) { return pick(r, 0, 7) ? pick(r, 1, 24) : pick(r, 1, 400); }

static picture read_picture(reader *r)
{
    picture p = {.type = pick(r, FV_TYPE_FLOAT32, FV_TYPE_UINT8), .layout = pick(r, 0, 1), .width = side(r), .height = pick(r, 1, 24)};
    p.src_w = side(r), p.src_h = pick(r, 1, 24), p.order = pick(r, 0, 1);
    float *norm = room(r, 9 * sizeof *norm);
    const int plain = pick(r, 0, 1);
    for (int i = 0; i < 9; i++) norm[i] = plain ? (i < 3 ? 1 : i < 6 ? 0 : (float)pick(r, 0, 255)) : real(r);
    const size_t bytes = (size_t)p.src_w * p.src_h * 4;
    uint8_t *rgba = room(r, bytes);
    for (size_t i = 0; i < bytes; i++) rgba[i] = r->left ? (uint8_t)bits(r, 1) : (uint8_t)(i * 37);
    p.norm = norm, p.rgba = rgba;
    p.dst = room(r, (size_t)3 * p.width * p.height * (p.type == FV_TYPE_UINT8 ? 1 : 4));
    return p;
}

/* The float at row i, column j of channel c. */
static float at(const picture *p, int i, int j, int c)
{
    const float *f = p->dst;
    return p->layout == FV_LAYOUT_NCHW ? f[(c * p->height + i) * p->width + j] : f[(i * p->width + j) * 3 + c];
}

static void fuzz_fit(reader *r)
{
    const picture p = read_picture(r);
    const int far = !pick(r, 0, 15);
    const int left = far ? pick(r, -(1 << 30), 1 << 30) : pick(r, -40, 40), top = far ? pick(r, -(1 << 30), 1 << 30) : pick(r, -40, 40);
    int fit_w = far ? pick(r, 1, 1 << 30) : side(r), fit_h = far ? pick(r, 1, 1 << 30) : pick(r, 1, 48);
    if (!pick(r, 0, 3) && p.src_w % 2 == 0 && p.src_h % 2 == 0) fit_w = p.src_w / 2, fit_h = p.src_h / 2;
    const int resize = pick(r, FV_RESIZE_NEAREST, FV_RESIZE_ADAPTIVE);
    const int bytes = fv_image_fit_scratch(p.width, p.src_w, p.src_h, fit_w, fit_h);
    CHECK(bytes > 0);
    CHECK(fv_image_fit(p.dst, p.type, p.layout, p.width, p.height, p.rgba, p.src_w, p.src_h, left, top, fit_w, fit_h, resize,
                       p.order, p.norm, room(r, (size_t)bytes)) == 0);
    if (p.type != FV_TYPE_FLOAT32) return;
    for (int i = 0; i < p.height; i++)
        for (int j = 0; j < p.width; j++)
            for (int c = 0; c < 3; c++) {
                const float v = at(&p, i, j, c), fill = p.norm[6 + c] * p.norm[c] + p.norm[3 + c];
                const int inside = i >= top && i - top < fit_h && j >= left && j - left < fit_w;
                if (!inside) CHECK(same_bits(v, fill));
                else if (resize != FV_RESIZE_BICUBIC && p.norm[c] == 1 && p.norm[3 + c] == 0) CHECK(v >= 0 && v < 255.01f);
            }
}

static void fuzz_warp(reader *r)
{
    const picture p = read_picture(r);
    double *matrix = room(r, 6 * sizeof *matrix);
    for (int i = 0; i < 6; i++) matrix[i] = pick(r, 0, 7) ? (double)real(r) : (double)real(r) * 1e300;
    const int resize = pick(r, FV_RESIZE_NEAREST, FV_RESIZE_AREA);
    CHECK(fv_image_warp(p.dst, p.type, p.layout, p.width, p.height, p.rgba, p.src_w, p.src_h, matrix, resize, p.order, p.norm,
                        room(r, (size_t)fv_image_warp_scratch(p.width))) == 0);
    for (int i = 0; p.type == FV_TYPE_FLOAT32 && i < p.height; i++)
        for (int j = 0; j < p.width; j++)
            for (int c = 0; c < 3; c++) {
                const float v = at(&p, i, j, c), fill = p.norm[6 + c];
                if (p.norm[c] == 1 && p.norm[3 + c] == 0 && fill >= 0 && fill <= 255) CHECK(v >= 0 && v < 255.01f);
            }
}

static void fuzz_resize(reader *r)
{
    const int dst_w = side(r), dst_h = pick(r, 1, 24), width = side(r), height = pick(r, 1, 24);
    const int planes = pick(r, 1, 2), channels = pick(r, 1, 3), resize = pick(r, FV_RESIZE_NEAREST, FV_RESIZE_ADAPTIVE);
    const int constant = pick(r, 0, 1);
    const size_t count = (size_t)planes * width * height * channels, made = (size_t)planes * dst_w * dst_h * channels;
    float *src = reals(r, count), *dst = room(r, made * sizeof *dst);
    for (size_t i = 0; constant && i < count; i++) src[i] = 100;
    const int bytes = fv_image_resize_scratch(dst_w, dst_h, width, height, channels);
    CHECK(bytes > 0);
    CHECK(fv_image_resize(dst, dst_w, dst_h, src, planes, width, height, channels, resize, room(r, (size_t)bytes)) == 0);
    for (size_t i = 0; constant && i < made; i++) CHECK(dst[i] > 99.98f && dst[i] < 100.02f); /* weights sum to 1 */
}

/* The overlap of any boxes is symmetric. */
static void fuzz_iou(reader *r)
{
    const int n = pick(r, 0, 9), m = pick(r, 0, 9), kind = pick(r, FV_IOU_IOU, FV_IOU_CIOU);
    const float *a = reals(r, (size_t)n * 4), *b = reals(r, (size_t)m * 4);
    float *dst = room(r, (size_t)n * m * 4), *back = room(r, (size_t)n * m * 4);
    CHECK(fv_box_iou(dst, a, n, b, m, kind) == 0 && fv_box_iou(back, b, m, a, n, kind) == 0);
    for (int i = 0; i < n && kind != FV_IOU_CIOU; i++)
        for (int j = 0; j < m; j++) CHECK(dst[i * m + j] == back[j * n + i] || same_bits(dst[i * m + j], back[j * n + i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(reader *) = {fuzz_fit, fuzz_warp, fuzz_resize, fuzz_iou};
    reader r = {data, size, {0}, 0};
    targets[pick(&r, 0, 3)](&r);
    release(&r);
    return 0;
}
