/* Gaussian blurs as OpenCV's GaussianBlur does them, its sigma left to the kernel's size. */
#ifndef FV_KERNEL_H
#define FV_KERNEL_H

#include "math.h"

enum { FV_KERNEL_MOST = 127 };

static inline int fv_kernel_fits(int size) { return size >= 1 && size <= FV_KERNEL_MOST && size % 2 == 1; }

/* The taps 0, 1 ... size / 2 away from the centre; all `size` of them sum to 1. */
static inline void fv_kernel(double *taps, int size)
{
    static const double small[4][4] = {{1}, {.5, .25}, {.375, .25, .0625}, {.28125, .21875, .109375, .03125}};
    const int half = size / 2;
    if (size <= 7) {
        for (int i = 0; i <= half; i++) taps[i] = small[half][i];
        return;
    }
    const double sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8;
    double sum = 0;
    for (int i = 0; i <= half; i++) {
        taps[i] = fv_exp((float)(-0.5 * i * i / (sigma * sigma)));
        sum += i ? 2 * taps[i] : taps[i];
    }
    for (int i = 0; i <= half; i++) taps[i] /= sum;
}

/* An index reflected about the centres of the first and the last of `size` (OpenCV's BORDER_REFLECT_101). */
static inline int fv_reflect(int i, int size)
{
    if (size == 1) return 0;
    while (i < 0 || i >= size) i = i < 0 ? -i : 2 * size - 2 - i;
    return i;
}

#endif
