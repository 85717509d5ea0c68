/* What the kinds of matching share: the neighbours found so far. */
#ifndef FV_MATCH_PARTS_H
#define FV_MATCH_PARTS_H

#include "fovea/match.h"
#include "fovea/tensor.h"
#include "math.h"

/* The k nearest of each query, nearest first; what stands between two is a double that orders them as their distance does. */
typedef struct {
    double *nearest; /* [n, k] */
    int32_t *indices; /* [n, k] */
    int k;
} neighbours;

/* Candidates come by ascending index, so that of two as near the lower stays. */
static inline void fv_take(const neighbours *all, int query, double distance, int32_t index)
{
    double *nearest = all->nearest + (int64_t)query * all->k;
    int32_t *indices = all->indices + (int64_t)query * all->k;
    int at = all->k - 1;
    if (!(distance < nearest[at])) return;
    for (; at && distance < nearest[at - 1]; at--) nearest[at] = nearest[at - 1], indices[at] = indices[at - 1];
    nearest[at] = distance, indices[at] = index;
}

static inline int64_t fv_align16(int64_t bytes) { return (bytes + 15) & ~(int64_t)15; }

/* Descriptors of float32 or uint8, measured by L2 or cosine. */
typedef struct {
    const void *values;
    int count, width, type, is_cosine;
} descriptors;

/* Four values from number `i` of a row on; past its end, zeros. */
static inline f32x4 fv_load4(const descriptors *s, const void *row, int i)
{
    float part[4] = {0, 0, 0, 0};
    if (s->type == FV_TYPE_FLOAT32) {
        if (i + 4 <= s->width) return LOAD((const float *)row + i);
        memcpy(part, (const float *)row + i, (size_t)(s->width - i) * 4);
    } else
        for (int c = 0; c < 4 && i + c < s->width; c++) part[c] = ((const uint8_t *)row)[i + c];
    return LOAD(part);
}

static inline const void *fv_row(const descriptors *s, int index)
{
    return (const char *)s->values + (int64_t)index * s->width * (s->type == FV_TYPE_FLOAT32 ? 4 : 1);
}

/* What a descriptor is divided by; 0 where it is nobody's neighbour. */
double fv_descriptor_length(const descriptors *s, const void *row);

/* In double; squared by L2. */
double fv_descriptor_distance(const descriptors *a, int i, const descriptors *b, int j);

/* By L2 the squared distance, by cosine the distance; scratch of fv_match_quantised_bytes. */
void fv_match_quantised(const neighbours *found, const void *a, int n, const void *b, int m, int width, int type, int metric, void *scratch);
int64_t fv_match_quantised_bytes(int n, int m, int width);

void fv_match_hamming(const neighbours *found, const uint8_t *a, int n, const uint8_t *b, int m, int width, void *scratch);
int64_t fv_match_hamming_bytes(int n, int m, int width);

#endif
