#include "linear.h"

#define SWEEPS 40

static double size_of(double v) { return v < 0 ? -v : v; }

void fv_multiply3(double *dst, const double *a, const double *b)
{
    for (int i = 0; i < 9; i += 3)
        for (int j = 0; j < 3; j++) dst[i + j] = a[i] * b[j] + a[i + 1] * b[3 + j] + a[i + 2] * b[6 + j];
}

void fv_adjugate3(double *dst, const double *a)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            const int p = (j + 1) % 3 * 3, q = (j + 2) % 3 * 3, r = (i + 1) % 3, s = (i + 2) % 3;
            dst[3 * i + j] = a[p + r] * a[q + s] - a[p + s] * a[q + r];
        }
}

int fv_inverse3(double *dst, const double *a)
{
    double largest = 0, scaled[9], inverse[9];
    for (int i = 0; i < 9; i++) largest = size_of(a[i]) > largest ? size_of(a[i]) : largest;
    if (!(largest > 0)) return 0;
    for (int i = 0; i < 9; i++) scaled[i] = a[i] / largest;
    const double det = fv_det3(scaled);
    fv_adjugate3(inverse, scaled);
    for (int i = 0; i < 9; i++) {
        inverse[i] = inverse[i] / det / largest;
        if (inverse[i] - inverse[i] != 0) return 0;
    }
    for (int i = 0; i < 9; i++) dst[i] = inverse[i];
    return 1;
}

/* Make a[p][q] zero; the rows of vectors follow. */
static void rotate(double *a, double *vectors, int n, int p, int q)
{
    const double apq = a[p * n + q];
    if (apq == 0) return;
    const double zeta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    const double t = (zeta < 0 ? -1 : 1) / (size_of(zeta) + __builtin_sqrt(1 + zeta * zeta)), c = 1 / __builtin_sqrt(1 + t * t), s = c * t;
    for (int i = 0; i < n; i++) {
        const double x = a[i * n + p], y = a[i * n + q];
        a[i * n + p] = c * x - s * y, a[i * n + q] = s * x + c * y;
    }
    for (int i = 0; i < n; i++) {
        const double x = a[p * n + i], y = a[q * n + i], v = vectors[p * n + i], w = vectors[q * n + i];
        a[p * n + i] = c * x - s * y, a[q * n + i] = s * x + c * y;
        vectors[p * n + i] = c * v - s * w, vectors[q * n + i] = s * v + c * w;
    }
    a[p * n + q] = a[q * n + p] = 0;
}

void fv_eigen(double *values, double *vectors, double *a, int n)
{
    double total = 0;
    for (int i = 0; i < n * n; i++) total += a[i] * a[i], vectors[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) off += a[p * n + q] * a[p * n + q];
        if (!(off > 1e-34 * total)) break;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) rotate(a, vectors, n, p, q);
    }
    for (int i = 0; i < n; i++) values[i] = a[i * n + i];
    for (int i = 0; i < n; i++) {
        int least = i;
        for (int k = i + 1; k < n; k++)
            if (values[k] < values[least]) least = k;
        const double value = values[i];
        values[i] = values[least], values[least] = value;
        for (int k = 0; k < n && least != i; k++) {
            const double v = vectors[i * n + k];
            vectors[i * n + k] = vectors[least * n + k], vectors[least * n + k] = v;
        }
    }
}

int fv_solve_symmetric(double *b, double *a, int n)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            const double whole = sum;
            for (int k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
            if (i == j && !(sum > 1e-13 * whole && sum - sum == 0)) return 0;
            a[i * n + j] = i == j ? __builtin_sqrt(sum) : sum / a[j * n + j];
        }
    }
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
    return 1;
}

/* Gauss and Jordan's elimination, the pivot always the largest entry left. */
int fv_null_space(double *vectors, double *a, int rows, int columns)
{
    int pivots[FV_LINEAR_MOST], is_free[FV_LINEAR_MOST];
    double first = 0;
    for (int j = 0; j < columns; j++) is_free[j] = 1;
    for (int k = 0; k < rows; k++) {
        int row = k, column = 0;
        double largest = -1;
        for (int i = k; i < rows; i++)
            for (int j = 0; j < columns; j++)
                if (is_free[j] && size_of(a[i * columns + j]) > largest) largest = size_of(a[i * columns + j]), row = i, column = j;
        if (k == 0) first = largest;
        if (!(largest > 1e-12 * first)) return 0;
        for (int j = 0; j < columns; j++) {
            const double v = a[k * columns + j];
            a[k * columns + j] = a[row * columns + j], a[row * columns + j] = v;
        }
        const double pivot = a[k * columns + column];
        pivots[k] = column, is_free[column] = 0;
        for (int j = 0; j < columns; j++) a[k * columns + j] /= pivot;
        for (int i = 0; i < rows; i++) {
            const double f = a[i * columns + column];
            for (int j = 0; j < columns && i != k; j++) a[i * columns + j] -= f * a[k * columns + j];
        }
    }
    for (int j = 0, found = 0; j < columns; j++) {
        if (!is_free[j]) continue;
        double *vector = vectors + found++ * columns;
        for (int i = 0; i < columns; i++) vector[i] = i == j;
        for (int k = 0; k < rows; k++) vector[pivots[k]] = -a[k * columns + j];
    }
    return 1;
}
