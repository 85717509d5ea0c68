#include "heatmap_field.h"
#include "math.h"

int fv_size_of(int type)
{
    return type == FV_TYPE_FLOAT32 || type == FV_TYPE_INT32 ? 4 : type == FV_TYPE_FLOAT16 ? 2 : 1;
}

/* Exponent and mantissa in place, 2^112 too small: a multiplication also mends subnormals. */
static f32x4 from_halves(v128_t half)
{
    const v128_t magnitude = wasm_i32x4_shl(wasm_v128_and(half, SPLATI(0x7fff)), 13);
    const v128_t endless = wasm_i32x4_ge(magnitude, SPLATI(0x7c00 << 13));
    const v128_t sign = wasm_i32x4_shl(wasm_v128_and(half, SPLATI(0x8000)), 16);
    const f32x4 value = MUL(magnitude, SPLAT(0x1p112f));
    return wasm_v128_or(wasm_v128_or(value, sign), wasm_v128_and(endless, SPLATI(0x7f800000)));
}

static void widen_halves(float *dst, const uint16_t *src, int count)
{
    for (; count >= 8; count -= 8, src += 8, dst += 8) {
        const v128_t half = LOAD(src);
        STORE(dst, from_halves(wasm_u32x4_extend_low_u16x8(half)));
        STORE(dst + 4, from_halves(wasm_u32x4_extend_high_u16x8(half)));
    }
    if (!count) return;
    uint16_t few[8] = {0};
    float wide[8];
    memcpy(few, src, (size_t)count * 2);
    widen_halves(wide, few, 8);
    memcpy(dst, wide, (size_t)count * 4);
}

/* `count` values, each `step` elements after the one before. */
static void read_run(float *dst, const fv_field *f, int64_t offset, int count, int64_t step)
{
    const char *from = f->maps + offset * fv_size_of(f->type);
    const float zero = f->zero, scale = f->scale;
#define READ(T) \
    for (int i = 0; i < count; i++) dst[i] = (float)((const T *)from)[i * step]; \
    break
    switch (f->type) {
    case FV_TYPE_FLOAT32: READ(float);
    case FV_TYPE_INT32: READ(int32_t);
    case FV_TYPE_UINT8: READ(uint8_t);
    case FV_TYPE_INT8: READ(int8_t);
    default:
        if (step == 1) widen_halves(dst, (const uint16_t *)from, count);
        else
            for (int i = 0; i < count; i++) widen_halves(dst + i, (const uint16_t *)from + i * step, 1);
    }
#undef READ
    if (zero == 0 && scale == 1) return;
    for (int i = 0; i < count; i++) dst[i] = (dst[i] - zero) * scale;
}

static void pack(float *tile, const fv_piece *p, const fv_field *f, int lanes)
{
    const int64_t step = f->stride[0];
    for (int r = 0; r < p->rows; r++) {
        const int64_t offset = p->offset + r * f->stride[1];
        if (lanes == 1) read_run(tile, f, offset, p->columns, step), tile += p->columns;
        else if (step == lanes) read_run(tile, f, offset, p->columns * lanes, 1), tile += p->columns * lanes;
        else
            for (int c = 0; c < p->columns; c++, tile += lanes) read_run(tile, f, offset + c * step, lanes, 1);
    }
}

/* To the next stretch of a row, then the next rows, then the next plane. */
static int advance(fv_piece *p, const fv_field *f)
{
    if (!p->values) return 1;
    p->at[0] += p->columns;
    if (p->at[0] < f->size[0]) return 1;
    p->at[0] = 0, p->at[1] += p->rows;
    if (p->at[1] < f->size[1]) return 1;
    p->at[1] = 0;
    return ++p->at[2] < f->size[2];
}

int fv_next_piece(fv_piece *p, const fv_field *f, int lanes, float *tile)
{
    if (!advance(p, f)) return 0;
    p->columns = fv_min(f->size[0] - p->at[0], FV_TILE / lanes);
    p->rows = p->columns < f->size[0] ? 1 : fv_min(f->size[1] - p->at[1], FV_TILE / (lanes * p->columns));
    p->offset = p->at[0] * f->stride[0] + p->at[1] * f->stride[1] + p->at[2] * f->stride[2];
    p->packed = f->type != FV_TYPE_FLOAT32 || f->zero != 0 || f->scale != 1 || (lanes == 1 && f->stride[0] != 1);
    if (p->packed) {
        pack(tile, p, f, lanes);
        p->values = tile, p->row = (ptrdiff_t)p->columns * lanes, p->column = lanes;
    } else {
        p->values = (const float *)f->maps + p->offset, p->row = (ptrdiff_t)f->stride[1], p->column = (ptrdiff_t)f->stride[0];
    }
    return 1;
}

fv_field fv_part(const fv_field *field, const int low[3], const int high[3])
{
    fv_field part = *field;
    for (int a = 0; a < 3; a++) {
        part.maps += low[a] * field->stride[a] * fv_size_of(field->type);
        part.size[a] = high[a] - low[a];
    }
    return part;
}
