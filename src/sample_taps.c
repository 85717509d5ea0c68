#include "sample_taps.h"
#include "math.h"

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
    const f32x4 folded = ADD(PICK(SUB(SPLAT(span), rest), rest, odd), SPLAT(low));
    const v128_t inside = wasm_v128_and(GT(folded, zero), wasm_f32x4_lt(folded, last));
    const v128_t flipped = wasm_v128_xor(odd, below);
    *sign = wasm_v128_and(PICK(SPLAT(-1.f), SPLAT(1.f), flipped), inside);
    return clip(folded, (float)(size - 1));
}

static v128_t within(f32x4 index, int size)
{
    return wasm_v128_and(GE(index, SPLAT(0.f)), wasm_f32x4_lt(index, SPLAT((float)size)));
}

static void add_tap(axis_taps *t, f32x4 index, int size, f32x4 weight, f32x4 slope)
{
    const v128_t mask = within(index, size);
    t->index[t->count] = wasm_i32x4_trunc_sat_f32x4(wasm_v128_and(index, mask));
    t->mask[t->count] = mask;
    t->weight[t->count] = weight;
    t->slope[t->count++] = slope;
}

/* Keys' kernel of distances d (1 <= |d| <= 2 and |d| <= 1), and its derivative by d. */
#define KEYS (-0.75f)
static f32x4 keys_near(f32x4 d)
{
    return ADD(MUL(MUL(SUB(MUL(SPLAT(KEYS + 2), d), SPLAT(KEYS + 3)), d), d), SPLAT(1.f));
}

static f32x4 keys_far(f32x4 d)
{
    return SUB(MUL(ADD(MUL(SUB(MUL(SPLAT(KEYS), d), SPLAT(5 * KEYS)), d), SPLAT(8 * KEYS)), d), SPLAT(4 * KEYS));
}

static f32x4 keys_near_slope(f32x4 d) { return MUL(SUB(MUL(SPLAT(3 * (KEYS + 2)), d), SPLAT(2 * (KEYS + 3))), d); }

static f32x4 keys_far_slope(f32x4 d)
{
    return ADD(MUL(SUB(MUL(SPLAT(3 * KEYS), d), SPLAT(10 * KEYS)), d), SPLAT(8 * KEYS));
}

static void add_cubic(axis_taps *t, const fv_sampler *s, int size, f32x4 x, f32x4 scale)
{
    const f32x4 one = SPLAT(1.f), base = wasm_f32x4_floor(x), f = SUB(x, base), g = SUB(one, f);
    const f32x4 weight[4] = {keys_far(ADD(f, one)), keys_near(f), keys_near(g), keys_far(ADD(g, one))};
    const f32x4 slope[4] = {keys_far_slope(ADD(f, one)), keys_near_slope(f), wasm_f32x4_neg(keys_near_slope(g)),
                            wasm_f32x4_neg(keys_far_slope(ADD(g, one)))};
    for (int k = 0; k < 4; k++) {
        f32x4 index = ADD(base, SPLAT((float)(k - 1))), sign;
        if (s->padding == FV_PADDING_BORDER) index = clip(index, (float)(size - 1));
        if (s->padding == FV_PADDING_REFLECTION) index = reflect(index, size, s->coords == FV_COORDS_CENTRES, &sign);
        add_tap(t, index, size, weight[k], MUL(slope[k], scale));
    }
}

static void make_axis(axis_taps *t, const fv_sampler *s, int size, f32x4 coordinate)
{
    const f32x4 one = SPLAT(1.f), zero = SPLAT(0.f);
    f32x4 x = coordinate;
    float scale = 1;
    switch (s->coords) {
    case FV_COORDS_EDGES:
        x = MUL(SUB(MUL(ADD(x, one), SPLAT((float)size)), one), SPLAT(0.5f));
        scale = 0.5f * (float)size;
        break;
    case FV_COORDS_CENTRES:
        x = MUL(MUL(ADD(x, one), SPLAT(0.5f)), SPLAT((float)(size - 1)));
        scale = 0.5f * (float)(size - 1);
        break;
    case FV_COORDS_CANVAS: x = SUB(x, SPLAT(0.5f)); break;
    default: break;
    }
    t->count = 0;
    if (s->mode == FV_MODE_BICUBIC) {
        add_cubic(t, s, size, x, SPLAT(scale));
        return;
    }
    f32x4 sign = one;
    if (s->padding == FV_PADDING_BORDER) {
        sign = wasm_v128_and(one, wasm_v128_and(GT(x, zero), wasm_f32x4_lt(x, SPLAT((float)(size - 1)))));
        x = clip(x, (float)(size - 1));
    } else if (s->padding == FV_PADDING_REFLECTION) {
        x = reflect(x, size, s->coords == FV_COORDS_CENTRES, &sign);
    }
    if (s->mode == FV_MODE_NEAREST) {
        add_tap(t, wasm_f32x4_nearest(x), size, one, zero);
        return;
    }
    const f32x4 left = wasm_f32x4_floor(x), way = SUB(x, left), slope = MUL(sign, SPLAT(scale));
    add_tap(t, left, size, SUB(one, way), wasm_f32x4_neg(slope));
    add_tap(t, ADD(left, one), size, way, slope);
}

void fv_sample_taps(fv_taps4 *taps, const fv_sampler *s, const float *grid, int count, int with_slopes)
{
    const int dims = s->dims;
    axis_taps axis[3];
    for (int k = 0; k < dims; k++) {
        const float *g = grid + k;
        const float *b = g + (count > 1 ? 1 : 0) * dims, *c = g + (count > 2 ? 2 : count - 1) * dims, *d = g + (count - 1) * dims;
        make_axis(&axis[k], s, s->size[k], wasm_f32x4_make(*g, *b, *c, *d));
    }
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
            for (int x = 0; x < axis[0].count; x++) {
                const int i = taps->count++;
                taps->mask[i] = wasm_v128_and(mask, axis[0].mask[x]);
                all = wasm_v128_and(all, taps->mask[i]);
                const i32x4 pixel = wasm_i32x4_add(row, wasm_i32x4_mul(axis[0].index[x], SPLATI((int32_t)s->step[0])));
                STORE(taps->pixel[i], wasm_v128_and(pixel, taps->mask[i]));
                taps->weight[i] = MUL(weight, axis[0].weight[x]);
                if (!with_slopes) continue;
                taps->slope[i][0] = MUL(weight, axis[0].slope[x]);
                taps->slope[i][1] = MUL(sy, axis[0].weight[x]);
                taps->slope[i][2] = MUL(sz, axis[0].weight[x]);
            }
        }
    taps->inside = wasm_i32x4_all_true(all);
}
