#include "sample_taps.h"
#include "math.h"
#include "sample_axis.h"

/* One axis of four points. */
typedef struct {
    int count;
    i32x4 index[4];
    v128_t mask[4];
    f32x4 weight[4], slope[4];
} axis_taps;

/* 0 where x is NaN */
static f32x4 clip(f32x4 x, float last) { return PMIN(PMAX(x, SPLAT(0.f)), SPLAT(last)); }

/*
 * Fold about pixel centres 0 and size - 1, or about edges -.5 and size - .5, then clip.
 * *sign is flipped with each fold, and 0 where clipped.
 */
static f32x4 reflect(f32x4 x, int size, int about_centres, f32x4 *sign)
{
    const float low = about_centres ? 0.f : -0.5f, span = about_centres ? (float)(size - 1) : (float)size;
    const f32x4 zero = SPLAT(0.f), last = SPLAT((float)(size - 1));
    if (span == 0) {
        *sign = zero;
        return zero;
    }
    const f32x4 from_low = SUB(x, SPLAT(low)), distance = wasm_f32x4_abs(from_low);
    const f32x4 folds = wasm_f32x4_floor(DIV(distance, SPLAT(span)));
    const f32x4 rest = SUB(distance, MUL(folds, SPLAT(span)));
    const f32x4 halves = MUL(folds, SPLAT(0.5f));
    const v128_t odd = wasm_f32x4_ne(wasm_f32x4_floor(halves), halves), below = wasm_f32x4_lt(from_low, zero);
    const v128_t unmoved = wasm_v128_and(GE(x, zero), GE(last, x)); /* an index of small size would be rounded */
    const f32x4 folded = PICK(x, ADD(PICK(SUB(SPLAT(span), rest), rest, odd), SPLAT(low)), unmoved);
    const v128_t inside = wasm_v128_and(GT(folded, zero), wasm_f32x4_lt(folded, last));
    const v128_t flipped = wasm_v128_xor(odd, below);
    *sign = wasm_v128_and(PICK(SPLAT(-1.f), SPLAT(1.f), flipped), inside);
    return clip(folded, (float)(size - 1));
}

static v128_t within(f32x4 index, int size)
{
    return wasm_v128_and(GE(index, SPLAT(0.f)), wasm_f32x4_lt(index, SPLAT((float)size)));
}

static void make_axis(axis_taps *t, const fv_sampler *s, int size, f32x4 coordinate)
{
    const fv_axis axis = fv_make_axis(s->coords, size);
    const int cubic = s->mode == FV_MODE_BICUBIC, about_centres = s->coords == FV_COORDS_CENTRES;
    const f32x4 zero = SPLAT(0.f), last = SPLAT((float)(size - 1));
    f32x4 x = fv_to_index(&axis, coordinate), sign = SPLAT(1.f);
    if (!cubic && s->padding == FV_PADDING_BORDER) {
        sign = wasm_v128_and(sign, wasm_v128_and(GT(x, zero), wasm_f32x4_lt(x, last)));
        x = clip(x, (float)(size - 1));
    } else if (!cubic && s->padding == FV_PADDING_REFLECTION) {
        x = reflect(x, size, about_centres, &sign);
    }
    const f32x4 first = fv_first_tap(s->mode, x);
    fv_tap_weights(t->weight, s->mode, x, first);
    fv_tap_slopes(t->slope, s->mode, x, first, MUL(sign, SPLAT(axis.slope)));
    t->count = fv_taps_along(s->mode);
    for (int i = 0; i < t->count; i++) {
        f32x4 index = ADD(first, SPLAT((float)i));
        /* Bicubic pads its taps, not the coordinate. */
        if (cubic && s->padding == FV_PADDING_BORDER) index = clip(index, (float)(size - 1));
        if (cubic && s->padding == FV_PADDING_REFLECTION) index = reflect(index, size, about_centres, &sign);
        t->mask[i] = within(index, size);
        t->index[i] = wasm_i32x4_trunc_sat_f32x4(wasm_v128_and(index, t->mask[i]));
    }
}

void fv_sample_taps(fv_taps4 *taps, const fv_sampler *s, const f32x4 *x, int with_slopes)
{
    const int dims = s->dims;
    axis_taps axis[3];
    for (int k = 0; k < dims; k++) make_axis(&axis[k], s, s->size[k], x[k]);
    v128_t all = SPLATI(-1);
    taps->count = 0;
    for (int z = 0; z < (dims == 3 ? axis[2].count : 1); z++)
        for (int y = 0; y < axis[1].count; y++) {
            i32x4 row = wasm_i32x4_mul(axis[1].index[y], SPLATI((int32_t)s->step[1]));
            v128_t mask = axis[1].mask[y];
            f32x4 weight = axis[1].weight[y], sy = axis[1].slope[y], sz = SPLAT(0.f);
            if (dims == 3) {
                row = wasm_i32x4_add(row, wasm_i32x4_mul(axis[2].index[z], SPLATI((int32_t)s->step[2])));
                mask = wasm_v128_and(mask, axis[2].mask[z]);
                sz = MUL(weight, axis[2].slope[z]);
                sy = MUL(sy, axis[2].weight[z]);
                weight = MUL(weight, axis[2].weight[z]);
            }
            for (int i = 0; i < axis[0].count; i++) {
                const int t = taps->count++;
                taps->mask[t] = wasm_v128_and(mask, axis[0].mask[i]);
                all = wasm_v128_and(all, taps->mask[t]);
                const i32x4 pixel = wasm_i32x4_add(row, wasm_i32x4_mul(axis[0].index[i], SPLATI((int32_t)s->step[0])));
                STORE(taps->pixel[t], wasm_v128_and(pixel, taps->mask[t]));
                taps->weight[t] = MUL(weight, axis[0].weight[i]);
                if (!with_slopes) continue;
                taps->slope[t][0] = MUL(weight, axis[0].slope[i]);
                taps->slope[t][1] = MUL(sy, axis[0].weight[i]);
                taps->slope[t][2] = MUL(sz, axis[0].weight[i]);
            }
        }
    taps->inside = wasm_i32x4_all_true(all);
}
