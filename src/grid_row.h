/* A stretch of one row of an affine grid, for those who need no whole grid. */
#ifndef FV_GRID_ROW_H
#define FV_GRID_ROW_H

#include "simd.h"

/* The sizes of a grid; depth is 1 where dims is 2. */
typedef struct {
    int dims, depth, height, width, align_corners;
} fv_grid_shape;

/* A row: coordinate k of point x is (float)(slope[k] * place + start[k]), where place is first + 2 x; in both lanes. */
typedef struct {
    v128_t slope[3], start[3];
    double first;
} fv_grid_line;

/* Row (z, y). */
fv_grid_line fv_make_line(const float *theta, const fv_grid_shape *shape, int z, int y);

/* The places of points x and x + 1. */
static inline v128_t fv_line_places(const fv_grid_line *line, int x)
{
    return wasm_f64x2_make(line->first + 2.0 * x, line->first + 2.0 * x + 2);
}

/* Coordinate k of four points, the first two at `places`. */
static inline f32x4 fv_line_coordinate(const fv_grid_line *line, int k, v128_t places)
{
    const v128_t next = wasm_f64x2_add(places, wasm_f64x2_splat(4));
    const v128_t ab = wasm_f64x2_add(wasm_f64x2_mul(line->slope[k], places), line->start[k]);
    const v128_t cd = wasm_f64x2_add(wasm_f64x2_mul(line->slope[k], next), line->start[k]);
    return wasm_i64x2_shuffle(wasm_f32x4_demote_f64x2_zero(ab), wasm_f32x4_demote_f64x2_zero(cd), 0, 2);
}

/* Points x .. x + count - 1 of a row, `dims` coordinates each. */
void fv_line_points(float *grid, const fv_grid_line *line, int dims, int x, int count);

/* The same, of row (z, y). */
void fv_grid_row(float *grid, const float *theta, const fv_grid_shape *shape, int z, int y, int x, int count);

/* Add those points' share of the gradient with respect to theta to sums[dims * (dims + 1)]. */
void fv_grid_row_backward(double *sums, const float *grad_grid, const fv_grid_shape *shape, int z, int y, int x, int count);

#endif
