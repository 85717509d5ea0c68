/* Where a row of pixels goes: a tensor of any type, layout and channel order, normalised. */
#ifndef FV_IMAGE_TARGET_H
#define FV_IMAGE_TARGET_H

#include "fovea/image.h"

typedef struct {
    void *dst;
    int type, layout, width, height, order;
    const float *norm;
    float *line; /* one row of 3 * width floats, for types other than float32 */
} fv_target;

/* Rows are padded so that kernels may write whole vectors. */
static inline int fv_pitch(int width) { return (width + 3) & ~3; }

int fv_target_check(const fv_target *target);

/*
 * Row y: columns [from, to) from `raw`, three planes R, G, B of fv_pitch(width)
 * floats in bytes' units, the first pixel at column `from`; the rest is fill.
 */
void fv_target_row(const fv_target *target, int y, int from, int to, const float *raw);

#endif
