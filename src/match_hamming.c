/* Nearest neighbours by the number of bits that differ. */
#include "match.h"

enum { CHUNK = 2048 /* candidates that stay in the cache */ };

int64_t fv_match_hamming_bytes(int n, int m, int width)
{
    const int64_t row = (width + 7) / 8 * 8;
    return fv_align16(n * row) + fv_align16(m * row);
}

/* In words of 64 bits, the last filled up with zeros. */
static uint64_t *in_words(uint64_t *words, const uint8_t *bytes, int count, int width)
{
    const int row = (width + 7) / 8;
    memset(words, 0, (size_t)count * row * 8);
    for (int i = 0; i < count; i++) memcpy(words + (int64_t)i * row, bytes + (int64_t)i * width, (size_t)width);
    return words;
}

static int limit_of(const neighbours *found, int query)
{
    const double last = found->nearest[(int64_t)query * found->k + found->k - 1];
    return last < INT32_MAX ? (int)last : INT32_MAX;
}

/* Takes a candidate `bits` apart where it is nearer than what there is; returns what it takes to be taken from now on. */
static int take(const neighbours *found, int query, int bits, int candidate)
{
    fv_take(found, query, bits, candidate);
    return limit_of(found, query);
}

#define POPCOUNT(x) (int)__builtin_popcountll(x)

/* Two queries of 256 bits, more would not stay in registers, with each candidate of a chunk. */
static void scan_256(const neighbours *found, const uint64_t *a, int query, const uint64_t *b, int from, int to)
{
    const uint64_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], c0 = a[4], c1 = a[5], c2 = a[6], c3 = a[7];
    int first = limit_of(found, query), second = limit_of(found, query + 1);
    for (int j = from; j < to; j++) {
        const uint64_t b0 = b[4 * j], b1 = b[4 * j + 1], b2 = b[4 * j + 2], b3 = b[4 * j + 3];
        const int d = POPCOUNT(a0 ^ b0) + POPCOUNT(a1 ^ b1) + POPCOUNT(a2 ^ b2) + POPCOUNT(a3 ^ b3);
        const int e = POPCOUNT(c0 ^ b0) + POPCOUNT(c1 ^ b1) + POPCOUNT(c2 ^ b2) + POPCOUNT(c3 ^ b3);
        if (d < first) first = take(found, query, d, j);
        if (e < second) second = take(found, query + 1, e, j);
    }
}

static void scan(const neighbours *found, const uint64_t *a, int query, const uint64_t *b, int from, int to, int words)
{
    int limit = limit_of(found, query);
    for (int j = from; j < to; j++) {
        const uint64_t *candidate = b + (int64_t)j * words;
        int bits = 0;
        for (int w = 0; w < words; w++) bits += POPCOUNT(a[w] ^ candidate[w]);
        if (bits < limit) limit = take(found, query, bits, j);
    }
}

void fv_match_hamming(const neighbours *found, const uint8_t *a, int n, const uint8_t *b, int m, int width, void *scratch)
{
    const int words = (width + 7) / 8;
    const uint64_t *rows = in_words(scratch, a, n, width);
    const uint64_t *columns = in_words((uint64_t *)((char *)scratch + fv_align16((int64_t)n * words * 8)), b, m, width);
    for (int from = 0; from < m; from += CHUNK)
        for (int i = 0; i < n;) {
            const int to = fv_min(m, from + CHUNK), pair = words == 4 && i + 1 < n;
            const uint64_t *row = rows + (int64_t)i * words;
            if (pair) scan_256(found, row, i, columns, from, to);
            else scan(found, row, i, columns, from, to, words);
            i += pair ? 2 : 1;
        }
}
