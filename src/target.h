/* What the targets share: joints read, and maps of either layout written. */
#ifndef FV_TARGET_ROOM_H
#define FV_TARGET_ROOM_H

#include "fovea/target.h"
#include "math.h"

/* The planes of one picture. */
typedef struct {
    int64_t plane, cell, start;
} fv_maps;

typedef struct {
    double x, y;
} fv_joint;

fv_maps fv_maps_of(int entry, int planes, int64_t area, int layout);

/* Index coordinates; what is far away is nearer, so that it is an integer's. Returns whether the joint is there. */
int fv_target_joint(fv_joint *joint, const float *joints, const float *weights, int64_t which, float stride, float offset);

/* FV_E_*, or 0: sizes of joints and of `planes` maps of floats. */
int fv_target_shape(int n, int people_count, int joint_count, int64_t planes, int height, int width);

static inline int fv_target_step(float stride, float offset)
{
    return stride > 0 && stride < FV_INFINITY && offset - offset == 0 ? 0 : FV_E_VALUE;
}

#endif
