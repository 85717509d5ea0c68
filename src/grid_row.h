/* A stretch of one row of an affine grid, for those who need no whole grid. */
#ifndef FV_GRID_ROW_H
#define FV_GRID_ROW_H

/* The sizes of a grid; depth is 1 where dims is 2. */
typedef struct {
    int dims, depth, height, width, align_corners;
} fv_grid_shape;

/* Points x .. x + count - 1 of row (z, y), `dims` coordinates each. */
void fv_grid_row(float *grid, const float *theta, const fv_grid_shape *shape, int z, int y, int x, int count);

/* Add those points' share of the gradient with respect to theta to sums[dims * (dims + 1)]. */
void fv_grid_row_backward(double *sums, const float *grad_grid, const fv_grid_shape *shape, int z, int y, int x, int count);

#endif
