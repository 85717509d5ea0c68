#include "geometry.h"

/* A triangle this thin, area over longest side squared, is a line. */
#define THIN 1e-5

static double cross(const double *p, const double *q, const double *r) { return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]); }

static double squared(const double *p, const double *q) { return (q[0] - p[0]) * (q[0] - p[0]) + (q[1] - p[1]) * (q[1] - p[1]); }

/* Twice the signed area of three points, 0 where they are on a line. */
static double area(const double *p, const double *q, const double *r)
{
    const double a = squared(p, q), b = squared(q, r), c = squared(r, p), most = a > b ? (a > c ? a : c) : (b > c ? b : c);
    const double found = cross(p, q, r);
    return (found < 0 ? -found : found) > THIN * most ? found : 0;
}

static int similarity_through(double *m, double (*s)[4])
{
    const double x = s[1][0] - s[0][0], y = s[1][1] - s[0][1], u = s[1][2] - s[0][2], v = s[1][3] - s[0][3], length = x * x + y * y;
    const double a = (x * u + y * v) / length, b = (x * v - y * u) / length;
    if (!(length > 0 && a * a + b * b > 0)) return 0;
    m[0] = m[4] = a, m[1] = -b, m[3] = b;
    m[2] = s[0][2] - a * s[0][0] + b * s[0][1], m[5] = s[0][3] - b * s[0][0] - a * s[0][1];
    m[6] = m[7] = 0, m[8] = 1;
    return 1;
}

static int affine_through(double *m, double (*s)[4])
{
    const double whole = area(s[0], s[1], s[2]);
    if (!(whole != 0 && area(s[0] + 2, s[1] + 2, s[2] + 2) != 0)) return 0;
    const double x = s[1][0] - s[0][0], y = s[1][1] - s[0][1], z = s[2][0] - s[0][0], w = s[2][1] - s[0][1];
    for (int i = 0; i < 2; i++) {
        const double a = s[1][2 + i] - s[0][2 + i], b = s[2][2 + i] - s[0][2 + i];
        double *row = m + 3 * i;
        row[0] = (a * w - b * y) / whole, row[1] = (b * x - a * z) / whole;
        row[2] = s[0][2 + i] - row[0] * s[0][0] - row[1] * s[0][1];
    }
    m[6] = m[7] = 0, m[8] = 1;
    return 1;
}

/*
 * The map from the projective basis e1, e2, e3, e1 + e2 + e3 to four points: columns p1, p2, p3, each times the area that
 * the fourth point makes with the other two. Points in front of both cameras have all areas' signs kept, or all
 * turned (a mirror image).
 */
static int homography_through(double *m, double (*s)[4])
{
    static const int others[4][3] = {{3, 1, 2}, {0, 3, 2}, {0, 1, 3}, {0, 1, 2}};
    double basis[2][9], inverse[9];
    int kept = 0;
    for (int k = 0; k < 4; k++) {
        const int *o = others[k];
        double areas[2];
        for (int side = 0; side < 2; side++) {
            areas[side] = area(s[o[0]] + 2 * side, s[o[1]] + 2 * side, s[o[2]] + 2 * side);
            if (!(areas[side] != 0)) return 0;
            for (int i = 0; i < 3 && k < 3; i++) basis[side][3 * i + k] = areas[side] * (i < 2 ? s[k][2 * side + i] : 1);
        }
        kept += areas[0] > 0 == areas[1] > 0;
    }
    if (kept % 4) return 0;
    fv_adjugate3(inverse, basis[0]);
    fv_multiply3(m, basis[1], inverse);
    if (m[6] * s[0][0] + m[7] * s[0][1] + m[8] < 0)
        for (int i = 0; i < 9; i++) m[i] = -m[i];
    return 1;
}

/*
 * Real roots of c[3] t^3 + c[2] t^2 + c[1] t + c[0], c[3] not 0. About the point of inflection it is s^3 + p s + q; from
 * beyond the outermost root, on the side that q tells, Newton's steps lead to it without turning.
 */
static int cubic_roots(double *roots, const double *c)
{
    const double a = c[2] / c[3], b = c[1] / c[3], d = c[0] / c[3];
    const double p = b - a * a / 3, q = a * (2 * a * a / 27 - b / 3) + d;
    double s = (q > 0 ? -1 : 1) * (1 + (p < 0 ? -p : p) + (q < 0 ? -q : q));
    for (int i = 0; i < 300; i++) {
        const double next = s - ((s * s + p) * s + q) / (3 * s * s + p);
        if (!(next * next < s * s)) break;
        s = next;
    }
    const double t = s - a / 3, half = (t + a) / 2, rest = b + t * (t + a), under = half * half - rest; /* t^2 + 2 half t + rest is left */
    roots[0] = t;
    if (!(under >= 0)) return 1;
    const double root = __builtin_sqrt(under);
    roots[1] = half > 0 ? -half - root : -half + root;
    roots[2] = roots[1] != 0 ? rest / roots[1] : 0;
    for (int k = 0; k < 3; k++) { /* what rounding took away above */
        const double slope = (3 * roots[k] + 2 * a) * roots[k] + b, move = (((roots[k] + a) * roots[k] + b) * roots[k] + d) / slope;
        if (move * move < 1e-8 * roots[k] * roots[k]) roots[k] -= move;
    }
    return 3;
}

/* In the span of two matrices, those of determinant 0. */
static int fundamental_through(double *models, double (*s)[4])
{
    double rows[7 * 9], pair[2 * 9], c[4], roots[3], at[4];
    for (int k = 0; k < 7; k++)
        for (int i = 0; i < 9; i++) rows[9 * k + i] = (i / 3 < 2 ? s[k][2 + i / 3] : 1) * (i % 3 < 2 ? s[k][i % 3] : 1);
    if (!fv_null_space(pair, rows, 7, 9)) return 0;
    double *f = pair, *g = pair + 9;
    static const double ways[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}}; /* a cubic is 0 in three directions at most */
    int best = -1;
    double most = 0, tried[9];
    for (int w = 0; w < 4; w++) {
        for (int i = 0; i < 9; i++) tried[i] = ways[w][0] * f[i] + ways[w][1] * g[i];
        const double det = fv_det3(tried), size = det < 0 ? -det : det;
        if (size > most) most = size, best = w;
    }
    if (best < 0) return 0;
    for (int i = 0; i < 9; i++) {
        const double a = ways[best][0] * f[i] + ways[best][1] * g[i], b = ways[best][1] * f[i] - ways[best][0] * g[i];
        f[i] = b, g[i] = a;
    }
    for (int k = 0; k < 4; k++) { /* det(f + t g) at t = 0, 1, -1, and g's */
        for (int i = 0; i < 9; i++) tried[i] = k == 3 ? g[i] : f[i] + (k == 2 ? -1 : k) * g[i];
        at[k] = fv_det3(tried);
    }
    c[0] = at[0], c[3] = at[3];
    c[2] = (at[1] + at[2]) / 2 - c[0], c[1] = (at[1] - at[2]) / 2 - c[3];
    const int count = cubic_roots(roots, c);
    for (int k = 0; k < count; k++)
        for (int i = 0; i < 9; i++) models[9 * k + i] = f[i] + roots[k] * g[i];
    return count;
}

static void settle_similarity(double *m)
{
    m[0] = m[4] = (m[0] + m[4]) / 2;
    m[3] = (m[3] - m[1]) / 2, m[1] = -m[3];
    m[6] = m[7] = 0, m[8] = 1;
}

static void settle_affine(double *m) { m[6] = m[7] = 0, m[8] = 1; }

static void settle_length(double *m)
{
    double most = 0, sum = 0;
    for (int i = 0; i < 9; i++) {
        const double size = m[i] < 0 ? -m[i] : m[i];
        most = size > most ? size : most;
    }
    for (int i = 0; i < 9; i++) m[i] /= most, sum += m[i] * m[i];
    const double length = __builtin_sqrt(sum);
    for (int i = 0; i < 9; i++) m[i] /= length;
}

static void settle_rank(double *m)
{
    double u[9], s[3], v[9];
    settle_length(m);
    fv_svd3(u, s, v, m);
    for (int i = 0; i < 9; i++) m[i] = u[i / 3 * 3] * s[0] * v[i % 3 * 3] + u[i / 3 * 3 + 1] * s[1] * v[i % 3 * 3 + 1];
    settle_length(m);
}

static void similarity_directions(double *d, const double *m)
{
    (void)m;
    static const double rows[4 * 9] = {.7071067811865476, 0, 0, 0, .7071067811865476, 0, 0, 0, 0, /**/
                                       0, -.7071067811865476, 0, .7071067811865476, 0, 0, 0, 0, 0, /**/
                                       0, 0, 1, 0, 0, 0, 0, 0, 0, /**/
                                       0, 0, 0, 0, 0, 1, 0, 0, 0};
    memcpy(d, rows, sizeof rows);
}

static void affine_directions(double *d, const double *m)
{
    (void)m;
    for (int i = 0; i < 6 * 9; i++) d[i] = i / 9 == i % 9;
}

/* All that are orthogonal to the model: rows of Householder's matrix that takes it to the last axis. */
static void homography_directions(double *d, const double *m)
{
    double v[9], length = 0;
    for (int i = 0; i < 9; i++) v[i] = m[i] + (i == 8 ? (m[8] < 0 ? -1 : 1) : 0);
    for (int i = 0; i < 9; i++) length += v[i] * v[i];
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < 9; i++) d[9 * k + i] = (i == k) - 2 * v[k] * v[i] / length;
}

/* F = U diag(s0, s1, 0) V': all u_i v_j' but that of i = j = 2, and of the two in F only what is orthogonal to it. */
static void fundamental_directions(double *d, const double *m)
{
    double u[9], s[3], v[9];
    fv_svd3(u, s, v, m);
    const double length = __builtin_sqrt(s[0] * s[0] + s[1] * s[1]);
    for (int k = 1; k < 8; k++) /* u_i v_j' of ij = 01 02 10 11 12 20 21 */
        for (int i = 0; i < 9; i++) {
            const double first = u[i / 3 * 3] * v[i % 3 * 3], second = u[i / 3 * 3 + 1] * v[i % 3 * 3 + 1];
            d[9 * (k - 1) + i] = k == 4 ? s[1] / length * first - s[0] / length * second : u[i / 3 * 3 + k / 3] * v[i % 3 * 3 + k % 3];
        }
}

const fv_model fv_models[] = {
    {2, 4, similarity_through, similarity_directions, settle_similarity, fv_transfer_sum, fv_transfer_distance, fv_transfer_score},
    {3, 6, affine_through, affine_directions, settle_affine, fv_transfer_sum, fv_transfer_distance, fv_transfer_score},
    {4, 8, homography_through, homography_directions, settle_length, fv_transfer_sum, fv_transfer_distance, fv_transfer_score},
    {7, 7, fundamental_through, fundamental_directions, settle_rank, fv_sampson_sum, fv_sampson_distance, fv_sampson_score},
};
