#include "cases.h"
#include <string.h>

enum { GUARD = 16, SKEW = 4, POISON = 0xa5 };

#if defined(__wasm__)
static _Alignas(16) uint8_t arena[24 << 20];
static size_t used;

static uint8_t *take(size_t bytes)
{
    uint8_t *p = arena + used;
    used += (bytes + GUARD + 15) & ~(size_t)15;
    if (used > sizeof arena) __builtin_trap();
    memset(p, POISON, bytes + GUARD);
    return p;
}

static int guarded(const uint8_t *end)
{
    for (int i = 0; i < GUARD; i++)
        if (end[i] != POISON) return 0;
    return 1;
}

static void drop(uint8_t *p) { (void)p, used = 0; }
#else
#include <stdlib.h>

static uint8_t *take(size_t bytes)
{
    uint8_t *p = malloc(bytes);
    if (!p) abort();
    memset(p, POISON, bytes);
    return p;
}

static int guarded(const uint8_t *end) { return end != NULL; } /* ASan's redzone */
static void drop(uint8_t *p) { free(p); }
#endif

uint32_t draw(run *r)
{
    uint32_t z = r->random += 0x9e3779b9u; /* splitmix32 */
    z = (z ^ z >> 16) * 0x21f0aaadu;
    z = (z ^ z >> 15) * 0x735a2d97u;
    return z ^ z >> 15;
}

int pick(run *r, int low, int high) { return (int)((uint32_t)low + draw(r) % ((uint32_t)high - (uint32_t)low + 1)); }
int one_in(run *r, int n) { return draw(r) % (uint32_t)n == 0; }
float uniform(run *r, float low, float high) { return low + (high - low) * ((float)(draw(r) >> 8) * 0x1p-24f); }

float special(run *r)
{
    static const uint32_t bits[] = {
        0x7fc00000, 0xffc12345, 0x7f800000, 0xff800000, 0x80000000, 0x00000000, 0x00000001, 0x807fffff,
        0x00800000, 0x7f7fffff, 0xff7fffff, 0x7149f2ca, 0xf149f2ca, 0x4b800000, 0x4f000000, 0xcf000000,
    };
    float f;
    memcpy(&f, &bits[draw(r) % (sizeof bits / sizeof *bits)], sizeof f);
    return f;
}

float value(run *r, float low, float high)
{
    if (r->number % 3 == 2 && one_in(r, 8)) return special(r);
    return uniform(r, low, high);
}

/* `skew` bytes past an alignment of 16, for a buffer that need only be aligned to its element. */
static buffer *add(run *r, size_t bytes, size_t skew)
{
    buffer *b = &r->buffers[r->count++];
    if (r->count > MAX_BUFFERS) __builtin_trap();
    b->start = take(bytes + skew);
    b->bytes = b->start + skew;
    b->size = bytes;
    b->is_output = 0;
    return b;
}

void *input(run *r, size_t bytes) { return add(r, bytes, bytes % 8 ? SKEW : 2 * SKEW)->bytes; }

float *floats(run *r, size_t count, float low, float high)
{
    float *f = input(r, count * sizeof *f);
    for (size_t i = 0; i < count; i++) f[i] = value(r, low, high);
    return f;
}

void *output(run *r, size_t count, element type)
{
    buffer *b = add(r, count * (type == BYTES ? 1 : 4), SKEW);
    b->is_output = 1;
    b->type = type;
    return b->bytes;
}

void *scratch(run *r, int bytes) { return add(r, bytes > 0 ? (size_t)bytes : 0, 0)->bytes; }

static void mix(run *r, uint32_t word)
{
    for (int i = 0; i < 32; i += 8) r->hash = (r->hash ^ (word >> i & 255)) * 0x100000001b3u; /* FNV-1a */
}

static int untouched(const buffer *b)
{
    for (size_t i = 0; i < b->size; i++)
        if (b->bytes[i] != POISON) return 0;
    return 1;
}

void finish(run *r, int result)
{
    mix(r, (uint32_t)result);
    for (int i = 0; i < r->count; i++) {
        const buffer *b = &r->buffers[i];
        if (!b->is_output) continue;
        if (result < 0) expect(r, untouched(b), "an output was written before an error");
        if (b->type == BYTES) {
            for (size_t k = 0; k < b->size; k++) mix(r, b->bytes[k]);
            continue;
        }
        for (size_t k = 0; k < b->size; k += 4) {
            uint32_t word;
            memcpy(&word, b->bytes + k, 4);
            if (b->type == FLOATS && (word & 0x7fffffffu) > 0x7f800000u) word = 0x7fc00000u;
            mix(r, word);
        }
    }
}

void expect(run *r, int condition, const char *what)
{
    if (!condition && !r->failure) r->failure = what;
}

void run_case(run *r, const group *g, int which, int number)
{
    memset(r, 0, sizeof *r);
    r->random = (uint32_t)(which * 1000003 + number) * 0x85ebca77u;
    r->number = number;
    r->hash = 0xcbf29ce484222325u;
    g->call(r);
    for (int i = 0; i < r->count; i++) {
        const buffer *b = &r->buffers[i];
        expect(r, guarded(b->bytes + b->size), "a guard band was written");
        for (const uint8_t *p = b->start; p < b->bytes; p++) expect(r, *p == POISON, "the guard before a buffer was written");
    }
    for (int i = 0; i < r->count; i++) drop(r->buffers[i].start);
}
