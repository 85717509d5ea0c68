#include "fovea/box.h"
#include "math.h"

static int check(const void *dst, const void *src, int n)
{
    if (!dst || !src) return FV_E_NULL;
    return n < 0 || fv_too_big((int64_t)n * 16) ? FV_E_SHAPE : 0;
}

int fv_box_convert(float *dst, const float *src, int n, int from, int to)
{
    const int error = check(dst, src, n);
    if (error) return error;
    if (from < FV_BOX_XYXY || from > FV_BOX_CXCYWH || to < FV_BOX_XYXY || to > FV_BOX_CXCYWH) return FV_E_VALUE;
    for (int i = 0; i < n; i++, src += 4, dst += 4) {
        float x = src[0], y = src[1], w = src[2], h = src[3];
        if (from != to) {
            /* by way of x1, y1, width, height */
            if (from == FV_BOX_XYXY) w -= x, h -= y;
            if (from == FV_BOX_CXCYWH) x -= w * 0.5f, y -= h * 0.5f;
            if (to == FV_BOX_CXCYWH) x += w * 0.5f, y += h * 0.5f;
            if (to == FV_BOX_XYXY) w += x, h += y;
        }
        dst[0] = x, dst[1] = y, dst[2] = w, dst[3] = h;
    }
    return 0;
}

int fv_box_clip(float *dst, const float *src, int n, float width, float height)
{
    const int error = check(dst, src, n);
    if (error) return error;
    const f32x4 low = SPLAT(0.f), high = wasm_f32x4_make(width, height, width, height);
    for (int i = 0; i < n; i++) {
        const f32x4 box = LOAD(src + 4 * (int64_t)i);
        STORE(dst + 4 * (int64_t)i, PMIN(high, PMAX(low, box)));
    }
    return 0;
}

/* One box against four. */
static f32x4 iou(const float *a, f32x4 x1, f32x4 y1, f32x4 x2, f32x4 y2, int kind)
{
    const f32x4 zero = SPLAT(0.f), eps = SPLAT(1e-7f);
    const f32x4 ax1 = SPLAT(a[0]), ay1 = SPLAT(a[1]), ax2 = SPLAT(a[2]), ay2 = SPLAT(a[3]);
    const f32x4 aw = SUB(ax2, ax1), ah = SUB(ay2, ay1), w = SUB(x2, x1), h = SUB(y2, y1);
    const f32x4 iw = PMAX(zero, SUB(PMIN(ax2, x2), PMAX(ax1, x1)));
    const f32x4 ih = PMAX(zero, SUB(PMIN(ay2, y2), PMAX(ay1, y1)));
    const f32x4 inter = MUL(iw, ih), area = SUB(ADD(MUL(aw, ah), MUL(w, h)), inter);
    const f32x4 overlap = DIV(inter, area);
    if (kind == FV_IOU_IOU) return overlap;

    const f32x4 hw = PMAX(zero, SUB(PMAX(ax2, x2), PMIN(ax1, x1)));
    const f32x4 hh = PMAX(zero, SUB(PMAX(ay2, y2), PMIN(ay1, y1)));
    if (kind == FV_IOU_GIOU) {
        const f32x4 hull = ADD(MUL(hw, hh), zero); /* never -0 */
        return SUB(overlap, DIV(SUB(hull, area), hull));
    }
    const f32x4 dx = MUL(SUB(ADD(ax1, ax2), ADD(x1, x2)), SPLAT(0.5f));
    const f32x4 dy = MUL(SUB(ADD(ay1, ay2), ADD(y1, y2)), SPLAT(0.5f));
    const f32x4 distance = ADD(MUL(dx, dx), MUL(dy, dy)), diagonal = ADD(ADD(MUL(hw, hw), MUL(hh, hh)), eps);
    const f32x4 diou = SUB(overlap, DIV(distance, diagonal));
    if (kind == FV_IOU_DIOU) return diou;

    const f32x4 turn = SUB(fv_atan4(DIV(aw, ah)), fv_atan4(DIV(w, h)));
    const f32x4 v = MUL(MUL(turn, turn), SPLAT(0.405284735f)); /* 4 / pi^2 */
    const f32x4 alpha = DIV(v, ADD(ADD(SUB(SPLAT(1.f), overlap), v), eps));
    return SUB(diou, MUL(alpha, v));
}

int fv_box_iou(float *dst, const float *a, int n, const float *b, int m, int kind)
{
    if (!dst || !a || !b) return FV_E_NULL;
    if (n < 0 || m < 0 || fv_too_big((int64_t)n * 16) || fv_too_big((int64_t)m * 16)) return FV_E_SHAPE;
    if (fv_too_big((int64_t)n * m * 4)) return FV_E_SHAPE;
    if (kind < FV_IOU_IOU || kind > FV_IOU_CIOU) return FV_E_VALUE;
    for (int j = 0; j < m; j += 4) {
        float last[16] = {0};
        const int count = fv_min(m - j, 4);
        const float *four = b + 4 * (int64_t)j;
        if (count < 4) four = memcpy(last, four, (size_t)count * 16);
        f32x4 x1 = LOAD(four), y1 = LOAD(four + 4), x2 = LOAD(four + 8), y2 = LOAD(four + 12);
        fv_transpose(&x1, &y1, &x2, &y2);
        for (int i = 0; i < n; i++) {
            const f32x4 value = iou(a + 4 * (int64_t)i, x1, y1, x2, y2, kind);
            float *out = dst + (int64_t)i * m + j;
            if (count == 4) STORE(out, value);
            else memcpy(out, &value, (size_t)count * 4);
        }
    }
    return 0;
}
