/* Maps of joints, whatever their layout. */
#ifndef FV_POSE_H
#define FV_POSE_H

#include "fovea/pose.h"
#include "math.h"

typedef struct {
    const float *values;
    int width, height, sigmoid;
    int64_t cell_stride, joint_stride;
} joint_maps;

static inline joint_maps fv_joint_maps(const float *values, int width, int height, int joints, int layout, int activation)
{
    const int last = layout == FV_LAYOUT_NHWC;
    const joint_maps maps = {values, width, height, activation == FV_ACTIVATION_SIGMOID, last ? joints : 1, last ? 1 : (int64_t)width * height};
    return maps;
}

static inline float fv_raw(const joint_maps *m, int cell, int joint) { return m->values[cell * m->cell_stride + joint * m->joint_stride]; }
static inline float fv_score(const joint_maps *m, float raw) { return m->sigmoid ? fv_sigmoid(raw) : raw; }

static inline int fv_check_maps(const float *values, int width, int height, int joints, int layout, int activation)
{
    if (!values) return FV_E_NULL;
    if (width < 1 || height < 1 || joints < 1) return FV_E_SHAPE;
    if (fv_too_big((int64_t)width * height) || fv_too_big((int64_t)width * height * joints)) return FV_E_SHAPE;
    if (fv_too_big((int64_t)width * height * joints * 4)) return FV_E_SHAPE;
    if (layout != FV_LAYOUT_NCHW && layout != FV_LAYOUT_NHWC) return FV_E_VALUE;
    return activation == FV_ACTIVATION_NONE || activation == FV_ACTIVATION_SIGMOID ? 0 : FV_E_VALUE;
}

#endif
