#include "cases.h"
#include "fovea/image.h"
#include <string.h>

static const int TYPE_BYTES[] = {4, 4, 1};

/* A side of 1, of a few pixels, or of some vectors and a tail. */
static int side(run *r, int most)
{
    switch (pick(r, 0, 3)) {
    case 0: return 1;
    case 1: return pick(r, 1, 9);
    default: return pick(r, 1, most);
    }
}

static uint8_t *picture(run *r, int width, int height)
{
    const size_t bytes = (size_t)width * height * 4;
    uint8_t *rgba = input(r, bytes);
    for (size_t i = 0; i < bytes; i++) rgba[i] = (uint8_t)draw(r);
    return rgba;
}

static float *norm_of(run *r)
{
    float *norm = floats(r, 9, -3, 3);
    for (int c = 0; c < 3; c++)
        if (r->number % 3 != 2) norm[6 + c] = (float)pick(r, 0, 255);
    return norm;
}

static void *tensor(run *r, int type, int width, int height)
{
    return output(r, (size_t)3 * width * height, TYPE_BYTES[type] == 1 ? BYTES : type == FV_TYPE_INT32 ? WORDS : FLOATS);
}

static void fit(run *r)
{
    int width = side(r, 40), height = side(r, 20), src_w = side(r, 60), src_h = side(r, 40);
    int fit_w = side(r, 60), fit_h = side(r, 40);
    if (one_in(r, 4)) src_w = 2 * fit_w, src_h = 2 * fit_h; /* halves */
    if (one_in(r, 8)) src_w = fit_w, src_h = fit_h;
    if (one_in(r, 8)) src_w = side(r, 700), src_h = 1;
    if (one_in(r, 16)) fit_w = pick(r, 1, 1 << 30), fit_h = pick(r, 1, 1 << 30);
    int left = pick(r, 0, 1) ? pick(r, -fit_w, width) : (width - fit_w) / 2;
    int top = pick(r, 0, 1) ? pick(r, -fit_h, height) : (height - fit_h) / 2;
    if (one_in(r, 16)) left = pick(r, -(1 << 30), 1 << 30), top = pick(r, -(1 << 30), 1 << 30);
    const int type = pick(r, FV_TYPE_FLOAT32, FV_TYPE_UINT8), resize = one_in(r, 2) ? FV_RESIZE_BILINEAR : pick(r, 0, FV_RESIZE_ADAPTIVE);
    const int layout = pick(r, 0, 1), order = pick(r, 0, 1);

    void *dst = tensor(r, type, width, height);
    const uint8_t *rgba = picture(r, src_w, src_h);
    const float *norm = norm_of(r);
    const int bytes = fv_image_fit_scratch(width, src_w, src_h, fit_w, fit_h);
    expect(r, bytes > 0, "no scratch size");
    finish(r, fv_image_fit(dst, type, layout, width, height, rgba, src_w, src_h, left, top, fit_w, fit_h, resize, order, norm,
                           scratch(r, bytes)));
}

static double hostile(run *r)
{
    static const uint64_t bits[] = {
        0x7ff8000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x8000000000000000, 0x7fefffffffffffff,
        0xffefffffffffffff, 0x0000000000000001, 0x46293e5939a08cea /* 1e30 */, 0x41dfffffffc00000, 0xc1e0000000000000,
    };
    double d;
    memcpy(&d, &bits[draw(r) % (sizeof bits / sizeof *bits)], sizeof d);
    return d;
}

static void warp(run *r)
{
    const int width = side(r, 24), height = side(r, 12), src_w = side(r, 40), src_h = side(r, 30);
    const int type = pick(r, FV_TYPE_FLOAT32, FV_TYPE_UINT8), layout = pick(r, 0, 1), order = pick(r, 0, 1);
    const int resize = one_in(r, 12) ? FV_RESIZE_ANTIALIAS : pick(r, FV_RESIZE_NEAREST, FV_RESIZE_AREA);
    const float scale = uniform(r, 0, 4);
    double *matrix = input(r, 6 * sizeof *matrix);
    for (int i = 0; i < 6; i++) {
        matrix[i] = i % 3 == 2 ? uniform(r, -10, 40) : uniform(r, -1, 1) * scale;
        if (r->number % 3 == 2 && one_in(r, 3)) matrix[i] = hostile(r);
    }
    void *dst = tensor(r, type, width, height);
    const uint8_t *rgba = picture(r, src_w, src_h);
    const float *norm = norm_of(r);
    finish(r, fv_image_warp(dst, type, layout, width, height, rgba, src_w, src_h, matrix, resize, order, norm,
                            scratch(r, fv_image_warp_scratch(width))));
}

static void resize_maps(run *r)
{
    const int dst_w = side(r, 24), dst_h = side(r, 16), width = side(r, 40), height = side(r, 24);
    const int planes = pick(r, 1, 3), channels = pick(r, 1, 5), resize = pick(r, 0, FV_RESIZE_ADAPTIVE);
    float *dst = output(r, (size_t)planes * channels * dst_w * dst_h, FLOATS);
    const float *src = floats(r, (size_t)planes * channels * width * height, -10, 10);
    const int bytes = fv_image_resize_scratch(dst_w, dst_h, width, height, channels);
    expect(r, bytes > 0, "no scratch size");
    finish(r, fv_image_resize(dst, dst_w, dst_h, src, planes, width, height, channels, resize, scratch(r, bytes)));
}

const group image_groups[] = {{"image.fit", fit, 20000}, {"image.warp", warp, 8000}, {"image.resize", resize_maps, 6000}, {0}};
