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

static inline int fv_is_finite(float v) { return v - v == 0; }

/* What a cell must hold at least to score `least`; a little is given away, so that rounding never decides here. */
static inline float fv_gate(const joint_maps *m, float least)
{
    if (!m->sigmoid) return least;
    const float p = least < 0.999f ? least : 0.999f;
    return p > 1e-30f ? fv_log(p / (1.f - p)) - 1e-3f : -FV_INFINITY;
}

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
