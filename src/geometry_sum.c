#include "geometry.h"

#define F64(s) wasm_f64x2_splat(s)
#define ADD64(a, b) wasm_f64x2_add(a, b)
#define SUB64(a, b) wasm_f64x2_sub(a, b)
#define MUL64(a, b) wasm_f64x2_mul(a, b)

enum { MONOMIALS = 6 };
/* Of X = (x, y, 1): where X_i X_j is among xx, xy, x, yy, y, 1. */
static const int monomial[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};

static double total(v128_t v) { return wasm_f64x2_extract_lane(v, 0) + wasm_f64x2_extract_lane(v, 1); }

/*
 * A distance's derivative by the rows of the matrix is X / w, X / w, -u X / w in u, the same with v: all sums are
 * of monomials of x and y times 1, u, v and u^2 + v^2. In the algebraic error w is 1 and (u, v) the given point.
 */
void fv_transfer_sum(fv_sums *sums, const double *m, const fv_pairs *pairs, int count, int what, double limit)
{
    const v128_t one = F64(1), none = F64(0), most = F64(what == FV_SUM_ROBUST ? limit * limit : (double)FV_INFINITY);
    const v128_t share = F64(what == FV_SUM_ROBUST ? 1 / (limit * limit) : 0), beyond = F64(what == FV_SUM_ROBUST ? limit * limit / 2 : 0);
    v128_t normal[4][MONOMIALS], slope[9], loss = none;
    for (int i = 0; i < 4 * MONOMIALS; i++) normal[i / MONOMIALS][i % MONOMIALS] = none;
    for (int i = 0; i < 9; i++) slope[i] = none;
    for (int i = 0; i < count; i += 2) {
        const v128_t x = LOAD(pairs->x + i), y = LOAD(pairs->y + i), given_u = LOAD(pairs->u + i), given_v = LOAD(pairs->v + i);
        v128_t inverse = one, u = given_u, v = given_v, inside = wasm_f64x2_eq(u, u);
        if (what != FV_SUM_ALGEBRAIC) {
            const v128_t w = ADD64(ADD64(MUL64(x, F64(m[6])), MUL64(y, F64(m[7]))), F64(m[8]));
            inverse = wasm_f64x2_div(one, w);
            u = MUL64(ADD64(ADD64(MUL64(x, F64(m[0])), MUL64(y, F64(m[1]))), F64(m[2])), inverse);
            v = MUL64(ADD64(ADD64(MUL64(x, F64(m[3])), MUL64(y, F64(m[4]))), F64(m[5])), inverse);
            if (what == FV_SUM_ROBUST) inside = wasm_f64x2_gt(w, none);
        }
        v128_t du = SUB64(u, given_u), dv = SUB64(v, given_v), square = ADD64(MUL64(du, du), MUL64(dv, dv));
        inside = wasm_v128_and(inside, wasm_f64x2_lt(square, most));
        if (i + 1 == count) inside = wasm_v128_and(inside, wasm_i64x2_make(-1, 0));
        if (!wasm_v128_any_true(inside)) {
            loss = ADD64(loss, pairs->weight ? MUL64(beyond, LOAD(pairs->weight + i)) : beyond);
            continue;
        }
        inverse = wasm_v128_and(inverse, inside), u = wasm_v128_and(u, inside), v = wasm_v128_and(v, inside);
        du = wasm_v128_and(du, inside), dv = wasm_v128_and(dv, inside);
        const v128_t part = MUL64(square, share);
        v128_t weight = wasm_v128_and(SUB64(one, part), inside);
        v128_t cost = PICK(MUL64(square, SUB64(one, MUL64(part, F64(.5)))), beyond, inside);
        if (pairs->weight) weight = MUL64(weight, LOAD(pairs->weight + i)), cost = MUL64(cost, LOAD(pairs->weight + i));
        loss = ADD64(loss, cost);

        const v128_t a = MUL64(MUL64(weight, inverse), inverse), ax = MUL64(a, x), ay = MUL64(a, y);
        const v128_t monomials[MONOMIALS] = {MUL64(ax, x), MUL64(ax, y), ax, MUL64(ay, y), ay, a};
        const v128_t both = ADD64(MUL64(u, u), MUL64(v, v));
        for (int k = 0; k < MONOMIALS; k++) {
            normal[0][k] = ADD64(normal[0][k], monomials[k]);
            normal[1][k] = ADD64(normal[1][k], MUL64(monomials[k], u));
            normal[2][k] = ADD64(normal[2][k], MUL64(monomials[k], v));
            normal[3][k] = ADD64(normal[3][k], MUL64(monomials[k], both));
        }
        const v128_t b = MUL64(weight, inverse), bu = MUL64(b, du), bv = MUL64(b, dv), bw = SUB64(none, ADD64(MUL64(bu, u), MUL64(bv, v)));
        const v128_t rows[3] = {bu, bv, bw};
        for (int k = 0; k < 3; k++) {
            slope[3 * k] = ADD64(slope[3 * k], MUL64(rows[k], x));
            slope[3 * k + 1] = ADD64(slope[3 * k + 1], MUL64(rows[k], y));
            slope[3 * k + 2] = ADD64(slope[3 * k + 2], rows[k]);
        }
    }
    static const int which[3][3] = {{0, -1, 1}, {-1, 0, 2}, {1, 2, 3}};
    for (int i = 0; i < 9; i++) {
        sums->slope[i] = total(slope[i]);
        for (int j = 0; j < 9; j++) {
            const int block = which[i / 3][j / 3];
            const double sum = block < 0 ? 0 : total(normal[block][monomial[i % 3][j % 3]]);
            sums->bend[9 * i + j] = block == 1 || block == 2 ? -sum : sum;
        }
    }
    sums->loss = total(loss);
}

double fv_transfer_distance(const double *m, const fv_pairs *pairs, int i)
{
    const double x = pairs->x[i], y = pairs->y[i], w = m[6] * x + m[7] * y + m[8];
    const double u = (m[0] * x + m[1] * y + m[2]) / w - pairs->u[i], v = (m[3] * x + m[4] * y + m[5]) / w - pairs->v[i];
    return w > 0 ? u * u + v * v : (double)FV_INFINITY;
}

/* F's value, its lines in both pictures, and what its square is divided by. */
typedef struct {
    double x[3], u[3], line[3], back[3], value, under;
} epipolar;

static epipolar meet(const double *f, const fv_pairs *pairs, int i)
{
    epipolar e = {{pairs->x[i], pairs->y[i], 1}, {pairs->u[i], pairs->v[i], 1}, {0}, {0}, 0, 0};
    for (int k = 0; k < 3; k++) {
        e.line[k] = f[3 * k] * e.x[0] + f[3 * k + 1] * e.x[1] + f[3 * k + 2];
        e.back[k] = f[k] * e.u[0] + f[3 + k] * e.u[1] + f[6 + k];
    }
    e.value = e.line[0] * e.u[0] + e.line[1] * e.u[1] + e.line[2];
    e.under = e.line[0] * e.line[0] + e.line[1] * e.line[1] + pairs->ratio * (e.back[0] * e.back[0] + e.back[1] * e.back[1]);
    return e;
}

double fv_sampson_distance(const double *f, const fv_pairs *pairs, int i)
{
    const epipolar e = meet(f, pairs, i);
    return e.under > 0 ? e.value * e.value / e.under : (double)FV_INFINITY;
}

void fv_sampson_sum(fv_sums *sums, const double *f, const fv_pairs *pairs, int count, int what, double limit)
{
    const double most = what == FV_SUM_ROBUST ? limit * limit : (double)FV_INFINITY;
    memset(sums, 0, sizeof *sums);
    for (int i = 0; i < count; i++) {
        const double given = pairs->weight ? pairs->weight[i] : 1;
        const epipolar e = meet(f, pairs, i);
        double slope[9], root = 1, distance = 0, by = 0;
        if (what != FV_SUM_ALGEBRAIC) root = __builtin_sqrt(e.under), distance = e.value / root, by = distance / e.under;
        const double square = distance * distance;
        if (!(square < most)) {
            sums->loss += what == FV_SUM_ROBUST ? given * most / 2 : 0;
            continue;
        }
        const double part = what == FV_SUM_ROBUST ? square / most : 0, weight = given * (1 - part);
        sums->loss += given * square * (1 - part / 2);
        for (int k = 0; k < 9; k++) {
            const int p = k / 3, q = k % 3;
            slope[k] = e.u[p] * e.x[q] / root - by * ((p < 2 ? e.line[p] * e.x[q] : 0) + pairs->ratio * (q < 2 ? e.back[q] * e.u[p] : 0));
        }
        for (int j = 0; j < 9; j++) {
            const double w = weight * slope[j];
            sums->slope[j] += w * distance;
            for (int k = 0; k <= j; k++) sums->bend[9 * j + k] += w * slope[k];
        }
    }
    for (int j = 0; j < 9; j++)
        for (int k = 0; k < j; k++) sums->bend[9 * k + j] = sums->bend[9 * j + k];
}

/* A lane's contribution: max(0, 1 - d / limit)^2, 0 of NaN. MSAC's 1 - d^2 / t^2, averaged over t up to the limit. */
static inline f32x4 gain(f32x4 square, f32x4 share)
{
    const f32x4 left = PMAX(SUB(SPLAT(1.f), wasm_f32x4_sqrt(MUL(square, share))), SPLAT(0.f));
    return MUL(left, left);
}

static float total32(f32x4 v)
{
    float lanes[4];
    STORE(lanes, v);
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

float fv_transfer_score(const float *m, const fv_pairs32 *pairs, int first, int fours, float limit)
{
    const f32x4 share = SPLAT(1 / (limit * limit)), m0 = SPLAT(m[0]), m1 = SPLAT(m[1]), m2 = SPLAT(m[2]), m3 = SPLAT(m[3]), m4 = SPLAT(m[4]),
                m5 = SPLAT(m[5]), m6 = SPLAT(m[6]), m7 = SPLAT(m[7]), m8 = SPLAT(m[8]);
    f32x4 sum = SPLAT(0.f);
    for (int i = first; i < first + 4 * fours; i += 4) {
        const f32x4 x = LOAD(pairs->x + i), y = LOAD(pairs->y + i);
        const f32x4 w = ADD(ADD(MUL(x, m6), MUL(y, m7)), m8), inverse = DIV(SPLAT(1.f), w);
        const f32x4 du = SUB(MUL(ADD(ADD(MUL(x, m0), MUL(y, m1)), m2), inverse), LOAD(pairs->u + i));
        const f32x4 dv = SUB(MUL(ADD(ADD(MUL(x, m3), MUL(y, m4)), m5), inverse), LOAD(pairs->v + i));
        sum = ADD(sum, wasm_v128_and(gain(ADD(MUL(du, du), MUL(dv, dv)), share), GT(w, SPLAT(0.f))));
    }
    return total32(sum);
}

float fv_sampson_score(const float *f, const fv_pairs32 *pairs, int first, int fours, float limit)
{
    const f32x4 share = SPLAT(1 / (limit * limit)), ratio = SPLAT(pairs->ratio);
    f32x4 m[9], sum = SPLAT(0.f);
    for (int k = 0; k < 9; k++) m[k] = SPLAT(f[k]);
    for (int i = first; i < first + 4 * fours; i += 4) {
        const f32x4 x = LOAD(pairs->x + i), y = LOAD(pairs->y + i), u = LOAD(pairs->u + i), v = LOAD(pairs->v + i);
        const f32x4 a = ADD(ADD(MUL(x, m[0]), MUL(y, m[1])), m[2]), b = ADD(ADD(MUL(x, m[3]), MUL(y, m[4])), m[5]);
        const f32x4 c = ADD(ADD(MUL(x, m[6]), MUL(y, m[7])), m[8]), value = ADD(ADD(MUL(u, a), MUL(v, b)), c);
        const f32x4 p = ADD(ADD(MUL(u, m[0]), MUL(v, m[3])), m[6]), q = ADD(ADD(MUL(u, m[1]), MUL(v, m[4])), m[7]);
        const f32x4 under = ADD(ADD(MUL(a, a), MUL(b, b)), MUL(ratio, ADD(MUL(p, p), MUL(q, q))));
        sum = ADD(sum, gain(DIV(MUL(value, value), under), share));
    }
    return total32(sum);
}
