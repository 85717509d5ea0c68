#include "image_target.h"
#include "math.h"

int fv_target_check(const fv_target *t)
{
    if (!t->dst || !t->norm) return FV_E_NULL;
    if (t->width < 1 || t->height < 1) return FV_E_SHAPE;
    if (fv_too_big((int64_t)t->width * t->height) || fv_too_big((int64_t)t->width * t->height * 12)) return FV_E_SHAPE;
    if (t->type < FV_TYPE_FLOAT32 || t->type > FV_TYPE_UINT8) return FV_E_VALUE;
    if (t->layout != FV_LAYOUT_NCHW && t->layout != FV_LAYOUT_NHWC) return FV_E_VALUE;
    if (t->order != FV_ORDER_RGB && t->order != FV_ORDER_BGR) return FV_E_VALUE;
    return 0;
}

static void spread(float *out, int count, float value)
{
    const f32x4 v = SPLAT(value);
    int i = 0;
    for (; i + 4 <= count; i += 4) STORE(out + i, v);
    for (; i < count; i++) out[i] = value;
}

static void planar(float *out, const float *raw, int count, float mul, float add)
{
    const f32x4 m = SPLAT(mul), a = SPLAT(add);
    int i = 0;
    for (; i + 4 <= count; i += 4) STORE(out + i, ADD(MUL(LOAD(raw + i), m), a));
    for (; i < count; i++) out[i] = raw[i] * mul + add;
}

static void narrow(void *dst, int type, const float *line, int count)
{
    for (int i = 0; i < count; i += 4) {
        const int n = fv_min(count - i, 4);
        /* Saturates, and makes 0 of NaN. */
        const v128_t v = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(LOAD(line + i)));
        if (type == FV_TYPE_INT32) {
            memcpy((int32_t *)dst + i, &v, (size_t)n * 4);
        } else {
            const v128_t low = wasm_i16x8_narrow_i32x4(v, v), bytes = wasm_u8x16_narrow_i16x8(low, low);
            memcpy((uint8_t *)dst + i, &bytes, (size_t)n);
        }
    }
}

void fv_target_row(const fv_target *t, int y, int from, int to, const float *raw)
{
    const int width = t->width, pitch = fv_pitch(width), wide = t->type == FV_TYPE_FLOAT32;
    const int interleaved = t->layout == FV_LAYOUT_NHWC;
    float *dst = t->dst, *line = t->line;

    for (int c = 0; c < 3; c++) {
        const float mul = t->norm[c], add = t->norm[3 + c], fill = t->norm[6 + c] * mul + add;
        const float *plane = raw + (t->order == FV_ORDER_BGR ? 2 - c : c) * pitch;
        const int64_t row = interleaved ? (int64_t)y * width * 3 : ((int64_t)c * t->height + y) * width;
        float *out = wide ? dst + row : line;
        if (interleaved) {
            for (int i = 0; i < from; i++) out[3 * i + c] = fill;
            for (int i = from; i < to; i++) out[3 * i + c] = plane[i - from] * mul + add;
            for (int i = to; i < width; i++) out[3 * i + c] = fill;
            if (!wide && c == 2)
                narrow((char *)t->dst + row * (t->type == FV_TYPE_INT32 ? 4 : 1), t->type, line, width * 3);
        } else {
            spread(out, from, fill);
            planar(out + from, plane, to - from, mul, add);
            spread(out + to, width - to, fill);
            if (!wide) narrow((char *)t->dst + row * (t->type == FV_TYPE_INT32 ? 4 : 1), t->type, line, width);
        }
    }
}
