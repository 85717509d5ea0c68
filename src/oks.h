/* Object keypoint similarity, the one definition. */
#ifndef FV_OKS_H
#define FV_OKS_H

#include "math.h"

/* How alike the places of one joint are, 0 to 1: COCO's exp(-d^2 / (2 area (2 sigma)^2)). NaN where an argument is. */
static inline float fv_oks_joint(double dx, double dy, double sigma, double area)
{
    const double spread = 2 * sigma;
    return fv_exp((float)(-(dx * dx + dy * dy) / (2 * (area + 2.220446049250313e-16) * spread * spread)));
}

#endif
