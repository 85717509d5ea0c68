#include "argmax.h"

static int first_nan(fv_map m, int count)
{
    for (int i = 0; i < count; i++)
        if (m.cells[i * m.step] != m.cells[i * m.step]) return i;
    return -1;
}

static int first_equal(const float *cells, int count, float value)
{
    int i = 0;
    for (; i + 4 <= count; i += 4)
        if (wasm_v128_any_true(wasm_f32x4_eq(LOAD(cells + i), SPLAT(value)))) break;
    for (; i < count; i++)
        if (cells[i] == value) return i;
    return -1;
}

/* The largest by vectors, then where it is first: half the maps are looked at again, but nothing else is carried along. */
static fv_peak dense(const float *cells, int count)
{
    f32x4 a = SPLAT(-FV_INFINITY), b = a, c = a, d = a;
    int i = 0;
    for (; i + 16 <= count; i += 16) {
        a = PMAX(LOAD(cells + i), a);
        b = PMAX(LOAD(cells + i + 4), b);
        c = PMAX(LOAD(cells + i + 8), c);
        d = PMAX(LOAD(cells + i + 12), d);
    }
    a = PMAX(PMAX(a, b), PMAX(c, d));
    float lanes[4], most = -FV_INFINITY;
    STORE(lanes, a);
    for (int k = 0; k < 4; k++) most = lanes[k] > most ? lanes[k] : most;
    for (; i < count; i++) most = cells[i] > most ? cells[i] : most;
    const int index = first_equal(cells, count, most);
    return (fv_peak){index, index < 0 ? 0 : most};
}

/* Four maps side by side, a vector of them at each cell. */
static void abreast(fv_peak *peaks, fv_map m, int count)
{
    f32x4 best = SPLAT(-FV_INFINITY);
    i32x4 at = SPLATI(-1);
    for (int i = 0; i < count; i++) {
        const f32x4 v = LOAD(m.cells + i * m.step);
        const v128_t first = wasm_v128_and(wasm_f32x4_eq(v, best), wasm_i32x4_lt(at, SPLATI(0))); /* -infinity is a number, too */
        const v128_t larger = wasm_v128_or(GT(v, best), first);
        best = PICK(v, best, larger);
        at = PICK(SPLATI(i), at, larger);
    }
    float values[4];
    int32_t where[4];
    STORE(values, best);
    STORE(where, at);
    for (int k = 0; k < 4; k++) peaks[k] = (fv_peak){where[k], where[k] < 0 ? 0 : values[k]};
}

static fv_peak sparse(fv_map m, int count)
{
    fv_peak p = {-1, 0};
    for (int i = 0; i < count; i++) {
        const float v = m.cells[i * m.step];
        if (v > p.value || (p.index < 0 && v == v)) p = (fv_peak){i, v};
    }
    return p;
}

void fv_map_peaks(fv_peak *peaks, fv_map m, int64_t stride, int count, int nan_wins)
{
    const int cells = m.height * m.width;
    if (stride == 1 && count == 4) abreast(peaks, m, cells);
    else
        for (int k = 0; k < count; k++) {
            const fv_map one = {m.cells + k * stride, m.height, m.width, m.step};
            peaks[k] = m.step == 1 ? dense(one.cells, cells) : sparse(one, cells);
        }
    for (int k = 0; nan_wins && k < count; k++) {
        const int index = first_nan((fv_map){m.cells + k * stride, m.height, m.width, m.step}, cells);
        if (index >= 0) peaks[k] = (fv_peak){index, FV_NAN};
    }
}
