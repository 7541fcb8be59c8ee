// SPDX-License-Identifier: Apache-2.0
/*
 * Large code: 1024 functions, none like the other, called in no order. Their code and what an
 * emulator makes of it exceed its caches of translations and the host's for instructions.
 */
#include "bench.h"

enum { WORDS = 4096 };

struct large {
    uint64_t words[WORDS];
    uint64_t count;
};

/* What the compiler makes of it depends on N: shapes, constants, offsets. */
static inline __attribute__((always_inline)) uint64_t step(struct large *s, uint64_t x,
                                                           const unsigned n)
{
    uint64_t a = s->words[(x + n * 7) % WORDS], b = s->words[n * 3 % WORDS];
    if (n % 3 == 0) {
        a = a * (n * 2 + 1) + (b >> (n % 31 + 1));
    } else if (n % 3 == 1) {
        a = (a ^ (b << (n % 17 + 1))) - n * 0x1234567ULL;
    } else {
        a = a > b ? a - b + n : b - a + x;
    }
    if (a & (1U << n % 11)) {
        s->count += n % 5 + 1;
        b ^= a >> (n % 23 + 3);
    } else {
        s->words[(n * 5 + 1) % WORDS] += x ^ n;
    }
    for (unsigned i = 0; i < n % 4; i++) {
        b = (b << 7 | b >> 57) + s->words[(a + i * n) % WORDS];
        if (b % 8 == n % 8) {
            b ^= s->count;
        }
    }
    switch (n % 5) {
    case 0:
        b += (uint32_t)a < (uint32_t)x ? a : x;
        break;
    case 1:
        b = (uint64_t)((int64_t)b >> (n % 13)) ^ a;
        break;
    case 2:
        b = b & n ? b + a : b ^ ~a;
        break;
    case 3:
        b *= a | 1;
        break;
    default:
        b = __builtin_bswap64(b) + a;
    }
    s->words[n * 3 % WORDS] = b;
    return a ^ b;
}

#define ONE(n)                                                                                     \
    BENCH_ALONE static uint64_t step_##n(struct large *s, uint64_t x)                              \
    {                                                                                              \
        return step(s, x, 0x##n);                                                                  \
    }
#define NAME(n) step_##n,
#define EACH16(what, p)                                                                            \
    what(p##0) what(p##1) what(p##2) what(p##3) what(p##4) what(p##5) what(p##6) what(p##7)        \
        what(p##8) what(p##9) what(p##a) what(p##b) what(p##c) what(p##d) what(p##e) what(p##f)
#define EACH256(what, p)                                                                           \
    EACH16(what, p##0)                                                                             \
    EACH16(what, p##1)                                                                             \
    EACH16(what, p##2)                                                                             \
    EACH16(what, p##3)                                                                             \
    EACH16(what, p##4)                                                                             \
    EACH16(what, p##5)                                                                             \
    EACH16(what, p##6)                                                                             \
    EACH16(what, p##7)                                                                             \
    EACH16(what, p##8)                                                                             \
    EACH16(what, p##9)                                                                             \
    EACH16(what, p##a)                                                                             \
    EACH16(what, p##b)                                                                             \
    EACH16(what, p##c)                                                                             \
    EACH16(what, p##d)                                                                             \
    EACH16(what, p##e)                                                                             \
    EACH16(what, p##f)
#define EACH(what) EACH256(what, 0) EACH256(what, 1) EACH256(what, 2) EACH256(what, 3)

EACH(ONE)

static uint64_t (*const steps[])(struct large *, uint64_t) = {EACH(NAME)};

uint64_t bench_large(unsigned work)
{
    static struct large state;
    uint64_t seed = 43, x = 1;
    for (size_t i = 0; i < WORDS; i++) {
        state.words[i] = bench_random(&seed);
    }
    for (size_t i = 0; i < (size_t)work * 4096; i++) {
        /* Mostly one after the other in rows of four, the rows at random. */
        seed = i % 4 ? seed : seed * 6364136223846793005ULL + 1442695040888963407ULL;
        x = steps[((seed >> 40) + i % 4) % (sizeof(steps) / sizeof(steps[0]))](&state, x);
    }
    return bench_mix(x, state.count);
}
