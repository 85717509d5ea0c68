/* A stable sort of pairs by an unsigned key. */
#ifndef FV_SORT_H
#define FV_SORT_H

#include "math.h"

#define FV_DIGIT 11 /* three passes; 2048 counters */

/* Keys ascending, values along with them; `spare_*` are as long. */
static void fv_sort(uint32_t *keys, int32_t *values, uint32_t *spare_keys, int32_t *spare_values, int n)
{
    uint32_t *k[2] = {keys, spare_keys};
    int32_t *v[2] = {values, spare_values};
    int from = 0;
    for (int shift = 0; shift < 32; shift += FV_DIGIT) {
        int32_t start[1 << FV_DIGIT] = {0};
        for (int i = 0; i < n; i++) start[k[from][i] >> shift & ((1 << FV_DIGIT) - 1)]++;
        if (n && start[k[from][0] >> shift & ((1 << FV_DIGIT) - 1)] == n) continue;
        for (int d = 0, sum = 0; d < 1 << FV_DIGIT; d++) {
            const int32_t count = start[d];
            start[d] = sum;
            sum += count;
        }
        for (int i = 0; i < n; i++) {
            const int32_t at = start[k[from][i] >> shift & ((1 << FV_DIGIT) - 1)]++;
            k[!from][at] = k[from][i];
            v[!from][at] = v[from][i];
        }
        from = !from;
    }
    if (from) {
        memcpy(keys, spare_keys, (size_t)n * 4);
        memcpy(values, spare_values, (size_t)n * 4);
    }
}

/* A key that sorts floats from the highest to the lowest; zeros of both signs are equal. */
static inline uint32_t fv_descending(float score)
{
    const uint32_t bits = fv_to_bits(score + 0.f);
    return bits >> 31 ? bits : bits ^ 0x7fffffffu;
}

#endif
