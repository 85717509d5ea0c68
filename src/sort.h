/* A stable sort of numbered items. */
#ifndef FV_SORT_H
#define FV_SORT_H

#include "math.h"

#define FV_DIGIT 11 /* three passes */
#define FV_DIGITS (1 << FV_DIGIT)

/* An unsigned key to sort by, above the number of what it belongs to. */
static inline uint64_t fv_item(uint32_t key, int32_t number) { return (uint64_t)key << 32 | (uint32_t)number; }

/* Ascending by key. Returns where the sorted items are: `items`, or `spare`, which is as long. */
static uint64_t *fv_sort(uint64_t *items, uint64_t *spare, int n)
{
    int32_t starts[3][FV_DIGITS];
    memset(starts, 0, sizeof starts);
    for (int i = 0; i < n; i++)
        for (int pass = 0; pass < 3; pass++) starts[pass][items[i] >> (32 + pass * FV_DIGIT) & (FV_DIGITS - 1)]++;
    for (int pass = 0; pass < 3 && n; pass++) {
        int32_t *start = starts[pass];
        const int shift = 32 + pass * FV_DIGIT;
        if (start[items[0] >> shift & (FV_DIGITS - 1)] == n) continue;
        for (int d = 0, sum = 0; d < FV_DIGITS; d++) {
            const int32_t count = start[d];
            start[d] = sum;
            sum += count;
        }
        for (int i = 0; i < n; i++) spare[start[items[i] >> shift & (FV_DIGITS - 1)]++] = items[i];
        uint64_t *sorted = spare;
        spare = items;
        items = sorted;
    }
    return items;
}

/* A key that sorts floats from the highest to the lowest; zeros of both signs are equal. */
static inline uint32_t fv_descending(float score)
{
    const uint32_t bits = fv_to_bits(score + 0.f);
    return bits >> 31 ? bits : bits ^ 0x7fffffffu;
}

#endif
