/*
 * From the heads of a detection network to candidate boxes. A head is described by
 * numbers: where its values lie (strides) and how they are coded (FV_CODER_*); what is
 * usual in NCHW, NHWC, transposed, raw or exported heads are values of the same few options.
 *
 * A head is read in blocks. A block has `positions`, its values for position p begin at
 * p * position_stride; position p is row first_row + p of the network's list of anchors.
 */
#ifndef FOVEA_DETECT_H
#define FOVEA_DETECT_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What makes a score of a logit. */
enum {
    FV_ACTIVATION_NONE = 0,
    FV_ACTIVATION_SIGMOID = 1,
    FV_ACTIVATION_SOFTMAX = 2 /* over the classes of a position */
};

/**
 * Append the positions of a block that score above a threshold.
 *
 *   rows, classes, scores  [capacity] written from `count` on, in order of row, then class;
 *                          there must be room for all positions (times classes if multi_label)
 *   count                  candidates so far
 *   logits                 class c of position p is logits[p * position_stride + c * class_stride]
 *   objectness             of position p is objectness[p * objectness_stride], of the same
 *                          activation (not softmax); it multiplies the score, both are 0 to 1. Or null
 *   activation             FV_ACTIVATION_*
 *   background             a class that is never chosen (SSD: 0), or -1
 *   threshold              score > threshold; compared with the logits first, so that
 *                          few of them ever meet an exp. A logit of -infinity is never chosen
 *   multi_label            0: the best class of each position, the lowest on ties; 1: every class
 *
 * Returns the new count, FV_E_NULL, FV_E_SHAPE, FV_E_VALUE or FV_E_CAPACITY.
 */
FV_API int fv_detect_select(int32_t *rows, int32_t *classes, float *scores, int count, int capacity,
                            const float *logits, int positions, int position_stride, int class_count, int class_stride,
                            const float *objectness, int objectness_stride,
                            int first_row, int activation, int background, float threshold, int multi_label);

/* What a box is coded as. */
enum {
    FV_CODE_CORNERS = 0,  /* x1, y1, x2, y2 */
    FV_CODE_CENTRE = 1,   /* centre x, y, width, height */
    FV_CODE_DISTANCE = 2  /* left, top, right, bottom distances from the prior's centre */
};

/* What is done to a centre's or a size's value before it meets the prior. */
enum {
    FV_SHAPE_LINEAR = 0,
    FV_SHAPE_EXP = 1,
    FV_SHAPE_SIGMOID = 2,       /* gain * sigmoid(t) - (gain - 1) / 2: YOLOv3 with gain 1, YOLOv5 with 2 */
    FV_SHAPE_SQUARE_SIGMOID = 3 /* (2 sigmoid(t))^2: YOLOv5 */
};

/*
 * A coder: FV_CODER_COUNT floats. The prior of a position has a centre, a unit and a size:
 *
 *   grid width > 0   cell p / anchors of a grid: centre (column + offset, row + offset) * step,
 *                    unit = step, size = anchor p % anchors
 *   else, priors     [positions, 4] centre x, y, width, height: unit and size are the prior's
 *   else             centre 0, unit = size = step
 *
 * centre = prior centre + unit * shape(t * centre scale), size = prior size * shape(t * size scale)
 */
enum {
    FV_CODER_CODE = 0,         /* FV_CODE_* */
    FV_CODER_BINS = 1,         /* > 1: a value is the expectation of softmax over so many (distribution focal loss, Li et al. 2020) */
    FV_CODER_SWAPPED = 2,      /* 1: y comes before x */
    FV_CODER_STEP_X = 3,
    FV_CODER_STEP_Y = 4,
    FV_CODER_OFFSET = 5,       /* of a cell's centre from its corner, in cells: 0 or .5 */
    FV_CODER_CENTRE_SHAPE = 6, /* FV_SHAPE_* */
    FV_CODER_SIZE_SHAPE = 7,
    FV_CODER_CENTRE_SCALE = 8,
    FV_CODER_SIZE_SCALE = 9,
    FV_CODER_GAIN = 10,        /* of FV_SHAPE_SIGMOID */
    FV_CODER_LIMIT = 11,       /* of the argument of FV_SHAPE_EXP, from above */
    FV_CODER_POINT_SCALE = 12, /* keypoint = prior centre + unit * (t * scale + shift) */
    FV_CODER_POINT_SHIFT = 13,
    FV_CODER_VISIBILITY = 14,  /* of a keypoint's third value: FV_ACTIVATION_NONE or _SIGMOID */
    FV_CODER_COUNT = 15
};

/**
 * Decode the boxes of some rows of a block.
 *
 *   boxes       [count, 4] x1, y1, x2, y2 in the tensor
 *   rows        [count] each in first_row .. first_row + positions - 1
 *   head        value v of position p is head[p * position_stride + v * value_stride]
 *   priors      [positions, 4], or for a grid its anchors' sizes [anchors, 2] (null: the step), or null
 *   grid_width  cells in a row of the grid; 0: no grid
 *   anchors     per cell, >= 1
 *   coder       [FV_CODER_COUNT]
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE (a row or coder out of range).
 */
FV_API int fv_detect_boxes(float *boxes, const int32_t *rows, int count,
                           const float *head, int positions, int position_stride, int value_stride, int first_row,
                           const float *priors, int grid_width, int anchors, const float *coder);

/**
 * Decode the keypoints of some rows of a block.
 *
 *   points       [count, keypoints, 3] x, y, score; the score is 1 where the head has none
 *   head         value v of position p, in the order x, y(, score) of each keypoint
 *   values       per keypoint in the head: 2 or 3
 *
 * Others as for fv_detect_boxes. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_detect_points(float *points, const int32_t *rows, int count, int keypoints, int values,
                            const float *head, int positions, int position_stride, int value_stride, int first_row,
                            const float *priors, int grid_width, int anchors, const float *coder);

#ifdef __cplusplus
}
#endif
#endif
