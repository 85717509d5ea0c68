/*
 * What the libFuzzer targets share: bytes as sizes, options and floats, and heap buffers of exactly
 * the documented sizes. Past the end of the input every draw gives its lowest value.
 */
#ifndef FV_TEST_FUZZ_H
#define FV_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *data;
    size_t left;
    void *blocks[24];
    int count;
} reader;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

static inline uint32_t bits(reader *r, size_t bytes)
{
    uint32_t v = 0;
    for (; bytes && r->left; bytes--, r->left--) v = v << 8 | *r->data++;
    return v;
}

static inline int pick(reader *r, int low, int high)
{
    const uint32_t range = (uint32_t)high - (uint32_t)low;
    return (int)((uint32_t)low + bits(r, range < 256 ? 1 : range < 65536 ? 2 : 4) % (range + 1));
}

/* One byte for what is usual, whole or a fraction; four more for any float there is. */
static inline float real(reader *r)
{
    static const uint32_t specials[] = {0x7fc00000, 0x7f800000, 0xff800000, 0x80000000, 1, 0x7149f2ca, 0xf149f2ca, 0x7f7fffff};
    const uint32_t kind = bits(r, 1);
    float f;
    if (kind < 128) return (float)kind * 0.0625f;
    if (kind < 192) return ((float)kind - 160) * 4;
    if (kind < 240) return (float)(int16_t)bits(r, 2) * 0.01f;
    const uint32_t word = kind < 248 ? specials[kind - 240] : bits(r, 4);
    memcpy(&f, &word, sizeof f);
    return f;
}

static inline void *room(reader *r, size_t bytes)
{
    void *p = malloc(bytes);
    CHECK(p && r->count < (int)(sizeof r->blocks / sizeof *r->blocks));
    if (bytes) memset(p, 0xa5, bytes);
    return r->blocks[r->count++] = p;
}

static inline float *reals(reader *r, size_t count)
{
    float *f = room(r, count * sizeof *f);
    for (size_t i = 0; i < count; i++) f[i] = real(r);
    return f;
}

static inline void release(reader *r)
{
    while (r->count) free(r->blocks[--r->count]);
}

static inline int same_bits(float a, float b) { return (a != a && b != b) || !memcmp(&a, &b, sizeof a); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
