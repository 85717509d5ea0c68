#include "fovea/tensor.h"
#include "math.h"

static float from_half(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t magnitude = half & 0x7fffu;
    if (magnitude >= 0x7c00u) return fv_from_bits(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    /* Exponent and mantissa in place, 2^112 too small: a multiplication also mends subnormals. */
    const float value = fv_from_bits(magnitude << 13) * 0x1p112f;
    return fv_from_bits(fv_to_bits(value) | sign);
}

int fv_tensor_widen(float *dst, const void *src, int count, int type, float zero, float scale)
{
    if (!dst || !src) return FV_E_NULL;
    if (count < 0 || fv_too_big((int64_t)count * 4)) return FV_E_SHAPE;
    if (type < FV_TYPE_FLOAT32 || type > FV_TYPE_INT8) return FV_E_VALUE;
#define WIDEN(T, value) \
    { \
        const T *s = src; \
        for (int i = 0; i < count; i++) dst[i] = ((float)(value) - zero) * scale; \
    } \
    break
    switch (type) {
    case FV_TYPE_FLOAT32: WIDEN(float, s[i]);
    case FV_TYPE_INT32: WIDEN(int32_t, s[i]);
    case FV_TYPE_UINT8: WIDEN(uint8_t, s[i]);
    case FV_TYPE_FLOAT16: WIDEN(uint16_t, from_half(s[i]));
    case FV_TYPE_INT8: WIDEN(int8_t, s[i]);
    }
#undef WIDEN
    return 0;
}
