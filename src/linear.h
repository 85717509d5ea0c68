/* Small linear algebra, in double; matrices are row-major. */
#ifndef FV_LINEAR_H
#define FV_LINEAR_H

/*
 * a = u diag(s) v', with s[0] >= s[1] >= s[2] >= 0 and u, v orthogonal, whatever a's rank. By one-sided Jacobi rotations
 * (Hestenes 1958). All finite where a is.
 */
void fv_svd3(double *u, double *s, double *v, const double *a);

double fv_det3(const double *a);

void fv_multiply3(double *dst, const double *a, const double *b);

/* The transposed matrix of cofactors: the inverse times the determinant. */
void fv_adjugate3(double *dst, const double *a);

/* The inverse; 0, and nothing written, where a is singular or that is not finite. */
int fv_inverse3(double *dst, const double *a);

enum { FV_LINEAR_MOST = 9 };

/* Eigenvalues of a symmetric matrix [n, n], ascending, and its eigenvectors as rows; n <= FV_LINEAR_MOST, a is lost. By Jacobi's rotations. */
void fv_eigen(double *values, double *vectors, double *a, int n);

/* a x = b for a symmetric positive definite [n, n], by Cholesky's factors in a's lower half; b becomes x. 0 where a is not that, to rounding. */
int fv_solve_symmetric(double *b, double *a, int n);

/* The `columns - rows` vectors that every row of a is orthogonal to; a is lost. 0 where the rows depend on each other. */
int fv_null_space(double *vectors, double *a, int rows, int columns);

#endif
