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
    return (fv_peak){index, index < 0 ? 0 : cells[index]}; /* a zero has the sign it has there */
}

enum { LANES = 4, ABREAST = 4 };

/* Maps side by side, `vectors` vectors of them at each cell; index -1 also of those that have nothing above -infinity. */
static inline void abreast(fv_peak *peaks, fv_map m, int count, int vectors)
{
    f32x4 best[ABREAST];
    i32x4 at[ABREAST];
    for (int k = 0; k < vectors; k++) best[k] = SPLAT(-FV_INFINITY), at[k] = SPLATI(-1);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < vectors; k++) {
            const f32x4 v = LOAD(m.cells + i * m.step + LANES * k);
            const v128_t larger = GT(v, best[k]);
            best[k] = PICK(v, best[k], larger);
            at[k] = PICK(SPLATI(i), at[k], larger);
        }
    for (int k = 0; k < vectors; k++) {
        float values[LANES];
        int32_t where[LANES];
        STORE(values, best[k]);
        STORE(where, at[k]);
        for (int c = 0; c < LANES; c++) peaks[LANES * k + c] = (fv_peak){where[c], values[c]};
    }
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
    for (int k = 0; k < count; k++) peaks[k].index = -1;
    if (stride == 1 && count == ABREAST * LANES) abreast(peaks, m, cells, ABREAST);
    else if (stride == 1 && count == LANES) abreast(peaks, m, cells, 1);
    for (int k = 0; k < count; k++) {
        const fv_map one = {m.cells + k * stride, m.height, m.width, m.step};
        if (peaks[k].index < 0) peaks[k] = m.step == 1 ? dense(one.cells, cells) : sparse(one, cells);
        const int nan = nan_wins ? first_nan(one, cells) : -1;
        if (nan >= 0) peaks[k] = (fv_peak){nan, FV_NAN};
    }
}
