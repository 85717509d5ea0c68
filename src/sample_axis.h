/* Coordinates along one axis, and what weight a coordinate gives to its neighbours. */
#ifndef FV_SAMPLE_AXIS_H
#define FV_SAMPLE_AXIS_H

#include "fovea/sample.h"
#include "simd.h"

/* Index coordinate = (x + add) * slope - less: torch's operations, but that halving, which is exact, comes first. */
typedef struct {
    float add, slope, less;
} fv_axis;

static inline fv_axis fv_make_axis(int coords, int size)
{
    switch (coords) {
    case FV_COORDS_EDGES: return (fv_axis){1, 0.5f * (float)size, 0.5f};
    case FV_COORDS_CENTRES: return (fv_axis){1, 0.5f * (float)(size - 1), 0};
    case FV_COORDS_CANVAS: return (fv_axis){-0.5f, 1, 0};
    default: return (fv_axis){0, 1, 0};
    }
}

static inline f32x4 fv_to_index(const fv_axis *a, f32x4 x)
{
    return SUB(MUL(ADD(x, SPLAT(a->add)), SPLAT(a->slope)), SPLAT(a->less));
}

/* Keys' kernel at a distance d of 0 to 1, and of 1 to 2; and its derivatives. */
#define FV_KEYS (-0.75f)
static inline f32x4 fv_keys_near(f32x4 d)
{
    return ADD(MUL(MUL(SUB(MUL(SPLAT(FV_KEYS + 2), d), SPLAT(FV_KEYS + 3)), d), d), SPLAT(1.f));
}

static inline f32x4 fv_keys_far(f32x4 d)
{
    return SUB(MUL(ADD(MUL(SUB(MUL(SPLAT(FV_KEYS), d), SPLAT(5 * FV_KEYS)), d), SPLAT(8 * FV_KEYS)), d), SPLAT(4 * FV_KEYS));
}

static inline f32x4 fv_keys_near_slope(f32x4 d)
{
    return MUL(SUB(MUL(SPLAT(3 * (FV_KEYS + 2)), d), SPLAT(2 * (FV_KEYS + 3))), d);
}

static inline f32x4 fv_keys_far_slope(f32x4 d)
{
    return ADD(MUL(SUB(MUL(SPLAT(3 * FV_KEYS), d), SPLAT(10 * FV_KEYS)), d), SPLAT(8 * FV_KEYS));
}

/* Taps of a mode along an axis. */
static inline int fv_taps_along(int mode) { return mode == FV_MODE_NEAREST ? 1 : mode == FV_MODE_BILINEAR ? 2 : 4; }

/* The first tap of index coordinate x. */
static inline f32x4 fv_first_tap(int mode, f32x4 x)
{
    if (mode == FV_MODE_NEAREST) return wasm_f32x4_nearest(x);
    const f32x4 left = wasm_f32x4_floor(x);
    return mode == FV_MODE_BILINEAR ? left : SUB(left, SPLAT(1.f));
}

/* The weights of the taps from `first` on. */
static inline void fv_tap_weights(f32x4 *weight, int mode, f32x4 x, f32x4 first)
{
    const f32x4 one = SPLAT(1.f);
    if (mode == FV_MODE_NEAREST) {
        weight[0] = one;
    } else if (mode == FV_MODE_BILINEAR) {
        weight[1] = SUB(x, first);
        weight[0] = SUB(one, weight[1]);
    } else {
        const f32x4 f = SUB(x, ADD(first, one)), g = SUB(one, f);
        weight[0] = fv_keys_far(ADD(f, one)), weight[1] = fv_keys_near(f);
        weight[2] = fv_keys_near(g), weight[3] = fv_keys_far(ADD(g, one));
    }
}

/* Their derivatives by the coordinate that was given; `scale` is that of the index coordinate. */
static inline void fv_tap_slopes(f32x4 *slope, int mode, f32x4 x, f32x4 first, f32x4 scale)
{
    const f32x4 one = SPLAT(1.f);
    if (mode == FV_MODE_NEAREST) {
        slope[0] = SPLAT(0.f);
    } else if (mode == FV_MODE_BILINEAR) {
        slope[0] = wasm_f32x4_neg(scale), slope[1] = scale;
    } else {
        const f32x4 f = SUB(x, ADD(first, one)), g = SUB(one, f);
        slope[0] = MUL(fv_keys_far_slope(ADD(f, one)), scale), slope[1] = MUL(fv_keys_near_slope(f), scale);
        slope[2] = MUL(wasm_f32x4_neg(fv_keys_near_slope(g)), scale);
        slope[3] = MUL(wasm_f32x4_neg(fv_keys_far_slope(ADD(g, one))), scale);
    }
}

#endif
