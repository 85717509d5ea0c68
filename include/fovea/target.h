/*
 * What a network is to answer: heatmaps, part affinity fields, offset maps and SimCC vectors of
 * joints that are known.
 *
 * Joints are (x, y), [n, people_count, joint_count, 2]; a map's cell (j, i) is at index
 * coordinates ((x - offset) / stride, (y - offset) / stride), of which whole numbers are centres
 * of cells. A joint whose weight is not at least .5, or that is not finite, is not there. Maps are
 * [n, planes, height, width], or channels last with FV_LAYOUT_NHWC.
 */
#ifndef FOVEA_TARGET_H
#define FOVEA_TARGET_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a joint is drawn; all but the first forget a joint that lies too far outside. */
enum {
    FV_SPOT_EXACT = 0,       /* a Gaussian about the joint, over the whole map */
    FV_SPOT_UNBIASED = 1,    /* the same, of joints whose square of 3 sigma touches the map (DARK) */
    FV_SPOT_MSRA = 2,        /* about the nearest cell, within the square of 3 sigma (Simple Baselines, HRNet) */
    FV_SPOT_UDP = 3,         /* about the joint, within the square round the nearest cell */
    FV_SPOT_MEGVII = 4,      /* the cell that the joint lies in, blurred as by OpenCV, 255 at its peak; sigma is the odd size of the kernel */
    FV_SPOT_ONE_HOT = 5,     /* 1 in the nearest cell */
    FV_SPOT_LIGHTWEIGHT = 6  /* a Gaussian, 0 where its exponent is below -4.6052 */
};

enum {
    FV_COMBINE_MAX = 0,    /* where people overlap, the larger value */
    FV_COMBINE_SUM = 1,
    FV_COMBINE_CLIPPED = 2 /* the sum, but at most 1 */
};

enum {
    FV_TARGET_NORMALISE = 1, /* a joint's values sum to 1 over the map */
    FV_TARGET_BACKGROUND = 2 /* one plane more: 1 less the largest of the others */
};

enum {
    FV_FIELD_PAPER = 0,      /* cells beside the limb, the mean of the people there (Cao et al. 2017, eq. 8 and 9) */
    FV_FIELD_LIGHTWEIGHT = 1 /* cells near its line within its bounding box, both made larger by the thickness; the last person's */
};

/**
 * Heatmaps of joints.
 *
 *   dst      [n, joint_count, height, width], with FV_TARGET_BACKGROUND one plane more
 *   kept     [n, people_count, joint_count] the weights, 0 of joints that are not drawn
 *   joints   [n, people_count, joint_count, 2]
 *   weights  [n, people_count, joint_count]
 *   spot     FV_SPOT_*
 *   combine  FV_COMBINE_*
 *   flags    FV_TARGET_*
 *   layout   FV_LAYOUT_*
 *   sigma    of the Gaussian, in cells, > 0
 *   stride   > 0
 *   scratch  fv_target_scratch() bytes
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_target_spots(float *dst, float *kept, const float *joints, const float *weights, int n, int people_count, int joint_count,
                           int height, int width, int spot, int combine, int flags, int layout, float sigma, float stride, float offset,
                           void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_target_scratch(int height, int width);

/**
 * Part affinity fields: unit vectors from each limb's first joint to its second.
 *
 *   dst        [n, limb_count * 2, height, width] x, y of each limb; 0 where no limb is
 *   count      [n, limb_count, height, width] of people there
 *   joints     [n, people_count, joint_count, 2]
 *   weights    [n, people_count, joint_count]
 *   pairs      [limb_count, 2] joints, each from 0 to joint_count - 1
 *   field      FV_FIELD_*
 *   layout     FV_LAYOUT_*, of dst and of count
 *   thickness  half the width of a limb, in cells, >= 0
 *
 * A limb of no length has no direction. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_target_fields(float *dst, int32_t *count, const float *joints, const float *weights, int n, int people_count, int joint_count,
                            const int32_t *pairs, int limb_count, int height, int width, int field, int layout, float thickness, float stride,
                            float offset);

/**
 * UDP's combined maps: of each joint a disc of ones, and everywhere the offset to the joint along x and along y, in radii.
 *
 *   dst     [n, joint_count * 3, height, width]
 *   kept    [n, joint_count] the weights, 0 of joints that are not there; their maps are 0
 *   joints  [n, joint_count, 2]
 *   weights [n, joint_count]
 *   radius  of the disc, in cells, > 0
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_target_offsets(float *dst, float *kept, const float *joints, const float *weights, int n, int joint_count, int height, int width,
                             int layout, float radius, float stride, float offset);

/**
 * SimCC: of each joint a vector along x and one along y, of cells 1 / split apart, about the nearest cell (half to even).
 *
 *   dst_x      [n, joint_count, width_x]
 *   dst_y      [n, joint_count, width_y]
 *   kept       as above; a joint is forgotten by the rules of FV_SPOT_UNBIASED, or with smoothing of FV_SPOT_ONE_HOT
 *   sigma_x    of the Gaussian, in cells, > 0
 *   normalise  1: divided by sigma sqrt(2 pi)
 *   smoothing  below 0: a Gaussian. Else 1 - smoothing in one cell, and smoothing shared evenly by the others; at most 1
 *   split      cells a unit, > 0
 */
FV_API int fv_target_simcc(float *dst_x, float *dst_y, float *kept, const float *joints, const float *weights, int n, int joint_count, int width_x,
                           int width_y, float sigma_x, float sigma_y, int normalise, float smoothing, float split);

#ifdef __cplusplus
}
#endif
#endif
