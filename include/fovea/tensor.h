/* Tensors of other element types, as float32. */
#ifndef FOVEA_TENSOR_H
#define FOVEA_TENSOR_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FV_TYPE_FLOAT32 = 0,
    FV_TYPE_INT32 = 1,
    FV_TYPE_UINT8 = 2,
    FV_TYPE_FLOAT16 = 3, /* IEEE 754 binary16 in 16 bits */
    FV_TYPE_INT8 = 4
};

/**
 * Widen a tensor to float32: dst = (src - zero) * scale.
 *
 *   dst    [count]
 *   src    [count] of `type`
 *   zero   the quantisation's zero point; 0 where there is none
 *   scale  the quantisation's step; 1 where there is none
 *
 * float16 is exact, NaN and infinities included. Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_tensor_widen(float *dst, const void *src, int count, int type, float zero, float scale);

#ifdef __cplusplus
}
#endif
#endif
