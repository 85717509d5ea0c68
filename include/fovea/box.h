/* Boxes: formats and overlaps. A box is x1, y1, x2, y2 unless another format is named. */
#ifndef FOVEA_BOX_H
#define FOVEA_BOX_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FV_BOX_XYXY = 0,  /* x1, y1, x2, y2 */
    FV_BOX_XYWH = 1,  /* x1, y1, width, height */
    FV_BOX_CXCYWH = 2 /* centre x, y, width, height */
};

enum {
    FV_IOU_IOU = 0,  /* intersection over union */
    FV_IOU_GIOU = 1, /* Rezatofighi et al. 2019: minus the empty share of the hull */
    FV_IOU_DIOU = 2, /* Zheng et al. 2020: minus squared centre distance over squared hull diagonal */
    FV_IOU_CIOU = 3  /* Zheng et al. 2020: and minus the aspect ratios' disagreement */
};

/** dst [n, 4] = src [n, 4] in another format; dst may be src. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE. */
FV_API int fv_box_convert(float *dst, const float *src, int n, int from, int to);

/** dst [n, 4] = src [n, 4] clipped to [0, width] x [0, height]; dst may be src; NaN stays. Returns 0, FV_E_NULL or FV_E_SHAPE. */
FV_API int fv_box_clip(float *dst, const float *src, int n, float width, float height);

/**
 * Every box of a against every box of b.
 *
 *   dst    [n, m]
 *   a, b   [n, 4], [m, 4]
 *   kind   FV_IOU_*
 *
 * torchvision's box_iou, generalized_, distance_ and complete_box_iou: no epsilon in
 * IoU and GIoU (0/0 is NaN), 1e-7 on DIoU's diagonal and CIoU's alpha.
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_box_iou(float *dst, const float *a, int n, const float *b, int m, int kind);

#ifdef __cplusplus
}
#endif
#endif
