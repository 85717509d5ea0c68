/* What this machine can do in wasm: the yardsticks of the bench, not part of the library. */
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((used, export_name(#name)))

enum { BLOCK = 16 << 20 };
static uint8_t from[BLOCK], to[BLOCK];

EXPORT(capacity) uint32_t capacity(void) { return BLOCK; }
EXPORT(source) uint8_t *source(void) { return from; }
EXPORT(target) uint8_t *target(void) { return to; }

EXPORT(copy) void copy(uint32_t bytes, uint32_t times)
{
    while (times--) {
        __builtin_memcpy(to, from, bytes);
        __asm__ volatile("" ::: "memory");
    }
}

/* Wider than memory.copy once the blocks leave the cache. */
EXPORT(copy_vectors) void copy_vectors(uint32_t bytes, uint32_t times)
{
    while (times--) {
        for (uint32_t i = 0; i + 64 <= bytes; i += 64) {
            const v128_t a = wasm_v128_load(from + i), b = wasm_v128_load(from + i + 16);
            const v128_t c = wasm_v128_load(from + i + 32), d = wasm_v128_load(from + i + 48);
            wasm_v128_store(to + i, a);
            wasm_v128_store(to + i + 16, b);
            wasm_v128_store(to + i + 32, c);
            wasm_v128_store(to + i + 48, d);
        }
        __asm__ volatile("" ::: "memory");
    }
}

/* Reads at most `bytes`; the sum keeps the loads alive. */
EXPORT(read) int32_t read(uint32_t bytes, uint32_t times)
{
    v128_t a = wasm_i32x4_splat(0), b = a, c = a, d = a;
    while (times--)
        for (uint32_t i = 0; i + 64 <= bytes; i += 64) {
            a = wasm_i32x4_add(a, wasm_v128_load(from + i));
            b = wasm_i32x4_add(b, wasm_v128_load(from + i + 16));
            c = wasm_i32x4_add(c, wasm_v128_load(from + i + 32));
            d = wasm_i32x4_add(d, wasm_v128_load(from + i + 48));
        }
    a = wasm_i32x4_add(wasm_i32x4_add(a, b), wasm_i32x4_add(c, d));
    return wasm_i32x4_extract_lane(a, 0) + wasm_i32x4_extract_lane(a, 1) + wasm_i32x4_extract_lane(a, 2)
        + wasm_i32x4_extract_lane(a, 3);
}

static float lane_sum(v128_t v)
{
    return wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1) + wasm_f32x4_extract_lane(v, 2)
        + wasm_f32x4_extract_lane(v, 3);
}

/* 13 accumulators and 2 constants: all the xmm registers V8 hands out. 104 flop a turn. */
EXPORT(madd) float madd(uint32_t turns)
{
    const v128_t m = wasm_f32x4_splat(0.999f), k = wasm_f32x4_splat(0.5f);
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#define DECLARE(i) v128_t a##i = wasm_f32x4_splat((float)i);
#define STEP(i) a##i = wasm_f32x4_add(wasm_f32x4_mul(a##i, m), k);
#define TOTAL(i) +lane_sum(a##i)
    EACH(DECLARE)
    while (turns--) {
        EACH(STEP)
    }
    return 0 EACH(TOTAL);
}

/* Pairs of floats from places in the first `bytes` that no prefetcher foresees: 4 a turn, added up. */
EXPORT(gather) float gather(uint32_t bytes, uint32_t turns)
{
    v128_t sum = wasm_f32x4_splat(0.0f);
    uint32_t at = 1;
    while (turns--) {
        uint32_t place[4];
        for (int i = 0; i < 4; i++) at = at * 1664525u + 1013904223u, place[i] = (uint32_t)((uint64_t)at * (bytes - 8) >> 32) & ~3u;
        const v128_t ab = wasm_v128_load64_lane(from + place[1], wasm_v128_load64_zero(from + place[0]), 1);
        const v128_t cd = wasm_v128_load64_lane(from + place[3], wasm_v128_load64_zero(from + place[2]), 1);
        sum = wasm_f32x4_add(sum, wasm_f32x4_add(ab, cd));
    }
    return lane_sum(sum);
}

/* 4 independent chains of 4-lane divisions: 16 a turn. */
EXPORT(divide) float divide(uint32_t turns)
{
    const v128_t by = wasm_f32x4_splat(1.0001f);
    v128_t a = wasm_f32x4_splat(1e9f), b = a, c = a, d = a;
    while (turns--) {
        a = wasm_f32x4_div(a, by);
        b = wasm_f32x4_div(b, by);
        c = wasm_f32x4_div(c, by);
        d = wasm_f32x4_div(d, by);
    }
    return lane_sum(a) + lane_sum(b) + lane_sum(c) + lane_sum(d);
}

/* exp by 2^n times a polynomial of degree 5 (Cephes expf), to one or two units in the last place. */
static inline v128_t exp4(v128_t x)
{
    const v128_t n = wasm_f32x4_nearest(wasm_f32x4_mul(x, wasm_f32x4_splat(1.44269504f)));
    x = wasm_f32x4_sub(x, wasm_f32x4_mul(n, wasm_f32x4_splat(0.693359375f)));
    x = wasm_f32x4_sub(x, wasm_f32x4_mul(n, wasm_f32x4_splat(-2.12194440e-4f)));
    v128_t p = wasm_f32x4_splat(1.9875691500e-4f);
    p = wasm_f32x4_add(wasm_f32x4_mul(p, x), wasm_f32x4_splat(1.3981999507e-3f));
    p = wasm_f32x4_add(wasm_f32x4_mul(p, x), wasm_f32x4_splat(8.3334519073e-3f));
    p = wasm_f32x4_add(wasm_f32x4_mul(p, x), wasm_f32x4_splat(4.1665795894e-2f));
    p = wasm_f32x4_add(wasm_f32x4_mul(p, x), wasm_f32x4_splat(1.6666665459e-1f));
    p = wasm_f32x4_add(wasm_f32x4_mul(p, x), wasm_f32x4_splat(5.0000001201e-1f));
    p = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_mul(p, x), x), wasm_f32x4_add(x, wasm_f32x4_splat(1.0f)));
    const v128_t power = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_splat(127)), 23);
    return wasm_f32x4_mul(p, power);
}

/* 4 independent chains: 16 exponentials a turn. */
EXPORT(exponent) float exponent(uint32_t turns)
{
    const v128_t by = wasm_f32x4_splat(-0.5f);
    v128_t a = wasm_f32x4_splat(0.1f), b = wasm_f32x4_splat(0.2f), c = wasm_f32x4_splat(0.3f), d = wasm_f32x4_splat(0.4f);
    while (turns--) {
        a = exp4(wasm_f32x4_mul(a, by));
        b = exp4(wasm_f32x4_mul(b, by));
        c = exp4(wasm_f32x4_mul(c, by));
        d = exp4(wasm_f32x4_mul(d, by));
    }
    return lane_sum(a) + lane_sum(b) + lane_sum(c) + lane_sum(d);
}
