/* Maps by strides, read in pieces that fit the first cache, as float32 whatever they are. */
#ifndef FV_HEATMAP_FIELD_H
#define FV_HEATMAP_FIELD_H

#include "fovea/tensor.h"
#include <stddef.h>
#include <stdint.h>

#define FV_TILE 4096 /* floats of a piece */
#define FV_LANES 64  /* joints side by side, at most */

/* A box of cells of one joint, or of joints that lie side by side. Axis 0 has the smallest stride. */
typedef struct {
    const char *maps; /* its first value */
    int type;
    float zero, scale;
    int size[3];
    int64_t stride[3]; /* elements */
} fv_field;

/* A piece: `rows` along axis 1 of `columns` along axis 0, from cell `at` on; steps in floats. */
typedef struct {
    const float *values;
    ptrdiff_t row, column;
    int rows, columns, at[3];
    int64_t offset; /* elements from the field's first value */
    int packed;     /* values is the tile: rows and joints side by side */
} fv_piece;

/* Begin with *piece = {0}; returns 0 after the last. `lanes` joints side by side, or 1. */
int fv_next_piece(fv_piece *piece, const fv_field *field, int lanes, float *tile);

/* The part of a field within [low, high) along each axis. */
fv_field fv_part(const fv_field *field, const int low[3], const int high[3]);

int fv_size_of(int type);

#endif
