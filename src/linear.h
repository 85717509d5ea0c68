/* Small linear algebra, in double; matrices are row-major. */
#ifndef FV_LINEAR_H
#define FV_LINEAR_H

/*
 * a = u diag(s) v', with s[0] >= s[1] >= s[2] >= 0 and u, v orthogonal, whatever a's rank. By one-sided Jacobi rotations
 * (Hestenes 1958). All finite where a is.
 */
void fv_svd3(double *u, double *s, double *v, const double *a);

double fv_det3(const double *a);

#endif
