/* What the parts of the costmap room share. */
#ifndef FV_COSTMAP_H
#define FV_COSTMAP_H

#include "fovea/costmap.h"
#include "math.h"

/* 0, or FV_E_SHAPE: sizes of a map whose cells can be counted in bytes. */
static inline int fv_map_shape(int depth, int height, int width)
{
    if (depth < 1 || height < 1 || width < 1) return FV_E_SHAPE;
    const int64_t area = (int64_t)height * width;
    return fv_too_big(area) || fv_too_big(area * depth) || fv_too_big(4 * area * depth) ? FV_E_SHAPE : 0;
}

#endif
