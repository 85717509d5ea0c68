#include "linear.h"

#define SWEEPS 30 /* five to eight are enough; more than that are ended by rounding errors of the stopping rule alone */

double fv_det3(const double *a)
{
    return a[0] * (a[4] * a[8] - a[5] * a[7]) - a[1] * (a[3] * a[8] - a[5] * a[6]) + a[2] * (a[3] * a[7] - a[4] * a[6]);
}

static double dot_columns(const double *a, int p, int q) { return a[p] * a[q] + a[3 + p] * a[3 + q] + a[6 + p] * a[6 + q]; }

static void rotate_columns(double *a, int p, int q, double c, double s)
{
    for (int i = 0; i < 9; i += 3) {
        const double x = a[i + p], y = a[i + q];
        a[i + p] = c * x - s * y;
        a[i + q] = s * x + c * y;
    }
}

/* Make columns p and q of w orthogonal; v follows. */
static int orthogonalise(double *w, double *v, int p, int q)
{
    const double pp = dot_columns(w, p, p), qq = dot_columns(w, q, q), pq = dot_columns(w, p, q);
    if (!(pq * pq > 1e-32 * pp * qq)) return 0;
    const double zeta = (qq - pp) / (2 * pq), size = zeta < 0 ? -zeta : zeta;
    const double t = (zeta < 0 ? -1 : 1) / (size + __builtin_sqrt(1 + zeta * zeta)), c = 1 / __builtin_sqrt(1 + t * t);
    rotate_columns(w, p, q, c, c * t);
    rotate_columns(v, p, q, c, c * t);
    return 1;
}

static void swap_columns(double *a, int p, int q)
{
    for (int i = 0; i < 9; i += 3) {
        const double x = a[i + p];
        a[i + p] = a[i + q];
        a[i + q] = x;
    }
}

/* Column `to` becomes the unit vector orthogonal to the unit columns p and q. */
static void cross_columns(double *u, int to, int p, int q)
{
    u[to] = u[3 + p] * u[6 + q] - u[6 + p] * u[3 + q];
    u[3 + to] = u[6 + p] * u[q] - u[p] * u[6 + q];
    u[6 + to] = u[p] * u[3 + q] - u[3 + p] * u[q];
}

/* Column 1 becomes a unit vector orthogonal to the unit column 0: of the axis that is farthest from it. */
static void any_orthogonal(double *u)
{
    int axis = 0;
    for (int i = 1; i < 3; i++)
        if (u[3 * i] * u[3 * i] < u[3 * axis] * u[3 * axis]) axis = i;
    const double along = u[3 * axis], length = __builtin_sqrt(1 - along * along);
    for (int i = 0; i < 3; i++) u[3 * i + 1] = ((i == axis) - along * u[3 * i]) / length;
}

void fv_svd3(double *u, double *s, double *v, const double *a)
{
    double largest = 0;
    for (int i = 0; i < 9; i++) {
        const double size = a[i] < 0 ? -a[i] : a[i];
        largest = size > largest ? size : largest;
        v[i] = i % 4 == 0;
    }
    const double scale = largest > 0 ? largest : 1; /* so that squares neither overflow nor vanish */
    for (int i = 0; i < 9; i++) u[i] = a[i] / scale;
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        if (!(orthogonalise(u, v, 0, 1) | orthogonalise(u, v, 0, 2) | orthogonalise(u, v, 1, 2))) break;
    for (int i = 0; i < 3; i++) s[i] = __builtin_sqrt(dot_columns(u, i, i));
    for (int pass = 0; pass < 3; pass++) {
        const int p = pass % 2;
        if (s[p + 1] > s[p]) {
            const double x = s[p];
            s[p] = s[p + 1], s[p + 1] = x;
            swap_columns(u, p, p + 1), swap_columns(v, p, p + 1);
        }
    }
    const double none = 1e-15 * s[0];
    for (int k = 0; k < 3; k++)
        for (int i = 0; s[k] > none && i < 9; i += 3) u[i + k] /= s[k];
    if (!(s[0] > none))
        for (int i = 0; i < 9; i++) u[i] = i % 4 == 0;
    else if (!(s[1] > none))
        any_orthogonal(u);
    if (s[0] > none && !(s[2] > none)) cross_columns(u, 2, 0, 1);
    for (int k = 0; k < 3; k++) s[k] *= scale;
}
