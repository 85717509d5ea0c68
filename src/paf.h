/* What the sources of the room share. */
#ifndef FV_PAF_H
#define FV_PAF_H

#include "fovea/paf.h"
#include "math.h"

/* One side of enlarged maps: which cells make a pixel, and how much of each. */
typedef struct {
    int cells, size, most; /* pixels, and cells of one pixel at most */
    int32_t *start, *count;
    double *weight; /* [size, most] */
} axis;

/* Memory handed out piece by piece; from null, only counted. */
typedef struct {
    uint8_t *base;
    int64_t used;
} arena;

void *fv_k_take(arena *from, int64_t bytes);

/* An axis's memory, and its content. */
void fv_k_axis_room(axis *a, arena *from, int cells, int factor, int kernel, double sigma);
void fv_k_axis_fill(axis *a, int factor, int kernel, double sigma);

/* 0 or FV_E_VALUE */
int fv_k_paf_check(const double *rules);

/* Numbers 0 .. n - 1 in order[], best score first, equal ones as they were. Spare is as long. */
void fv_k_rank(int32_t *order, int32_t *spare, const double *scores, int n);

#endif
