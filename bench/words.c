// SPDX-License-Identifier: Apache-2.0
/* What integer units do beside adding: bits, quotients, and atomic updates. */
#include <stdbool.h>

#include "bench.h"

/* ---- divide: one quotient waits for the other ---- */
static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static unsigned digits_in(uint64_t value, uint64_t base)
{
    unsigned sum = 0;
    for (; value; value /= base) {
        sum += (unsigned)(value % base);
    }
    return sum;
}

static uint32_t power_modulo(uint32_t base, uint32_t exponent, uint32_t n)
{
    uint64_t power = 1, square = base % n;
    for (; exponent; exponent >>= 1) {
        power = exponent & 1 ? power * square % n : power;
        square = square * square % n;
    }
    return (uint32_t)power;
}

uint64_t bench_divide(unsigned work)
{
    uint64_t seed = 44, sum = 0;
    for (size_t i = 0; i < (size_t)work * 64; i++) {
        uint64_t a = bench_random(&seed), b = bench_random(&seed) >> (i & 31);
        sum += common_divisor(a, b) + digits_in(a, 3 + (b & 63));
        sum ^= power_modulo((uint32_t)a, (uint32_t)b, (uint32_t)(a >> 33) | 1);
        sum += (uint64_t)((int32_t)a / ((int32_t)b | 1)) + (uint32_t)b % ((uint32_t)(a >> 40) | 1);
    }
    return sum;
}

/* ---- bits ---- */
static unsigned queens(unsigned free, unsigned left, unsigned right, unsigned all)
{
    if (!free) {
        return 1;
    }
    unsigned solutions = 0;
    for (unsigned open = free & ~(left | right); open; open &= open - 1) {
        unsigned queen = open & -open;
        solutions += queens(free ^ queen, (left | queen) << 1 & all, (right | queen) >> 1, all);
    }
    return solutions;
}

/* The bits of a word, one zero between each two of them. */
static uint64_t spread(uint32_t x)
{
    uint64_t v = x;
    v = (v | v << 16) & 0x0000ffff0000ffffULL;
    v = (v | v << 8) & 0x00ff00ff00ff00ffULL;
    v = (v | v << 4) & 0x0f0f0f0f0f0f0f0fULL;
    v = (v | v << 2) & 0x3333333333333333ULL;
    return (v | v << 1) & 0x5555555555555555ULL;
}

uint64_t bench_bit_tricks(unsigned work)
{
    uint64_t seed = 45, sum = 0;
    while (work--) {
        sum = bench_mix(sum, queens(0xff, 0, 0, 0xff));
        for (size_t i = 0; i < 2048; i++) {
            uint64_t r = bench_random(&seed);
            sum += spread((uint32_t)r) ^ spread((uint32_t)(r >> 32)) << 1;
            sum ^= (uint64_t)__builtin_popcountll(r) << __builtin_ctzll(r | 1ULL << 40);
            sum += (uint64_t)__builtin_clzll(r | 1) + __builtin_bswap32((uint32_t)sum);
            sum = sum << (r & 63) | sum >> (-r & 63);
        }
    }
    return sum;
}

/* ---- atomics: what locks, counters and lists without locks do, nobody else being there ---- */
struct item {
    struct item *next;
    uint32_t references;
};

struct shared {
    uint64_t counter, most;
    uint32_t lock, flags;
    struct item *stack;
    uint8_t byte;
    uint16_t half;
};

static void lock(uint32_t *word)
{
    uint32_t free = 0;
    while (!__atomic_compare_exchange_n(word, &free, 1, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        free = 0;
    }
}

static void push(struct shared *s, struct item *i)
{
    i->next = __atomic_load_n(&s->stack, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&s->stack, &i->next, i, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
    }
}

static struct item *pop(struct shared *s)
{
    struct item *top = __atomic_load_n(&s->stack, __ATOMIC_ACQUIRE);
    while (top && !__atomic_compare_exchange_n(&s->stack, &top, top->next, true, __ATOMIC_ACQUIRE,
                                               __ATOMIC_ACQUIRE)) {
    }
    return top;
}

static void note_most(struct shared *s, uint64_t value)
{
    uint64_t most = __atomic_load_n(&s->most, __ATOMIC_RELAXED);
    while (most < value && !__atomic_compare_exchange_n(&s->most, &most, value, true,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

uint64_t bench_atomics(unsigned work)
{
    enum { ITEMS = 256 };
    static struct shared s;
    static struct item items[ITEMS];
    uint64_t seed = 46, plain = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        push(&s, &items[i]);
    }
    for (size_t i = 0; i < (size_t)work * 4096; i++) {
        uint64_t r = bench_random(&seed);
        __atomic_fetch_add(&s.counter, r & 15, __ATOMIC_RELAXED);
        __atomic_fetch_xor(&s.flags, (uint32_t)r, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&s.byte, (uint8_t)r, __ATOMIC_RELAXED);
        __atomic_fetch_sub(&s.half, (uint16_t)r, __ATOMIC_ACQ_REL);
        lock(&s.lock);
        plain += r >> 60;
        __atomic_store_n(&s.lock, 0, __ATOMIC_RELEASE);
        struct item *first = pop(&s), *second = pop(&s);
        if (first && second && __atomic_add_fetch(&first->references, 1, __ATOMIC_ACQ_REL)) {
            push(&s, first);
            push(&s, second);
        } else {
            bench_fail("atomics: the list is empty");
        }
        note_most(&s, r >> (i & 31));
    }
    return bench_mix(s.counter + plain, s.most ^ s.flags) + s.byte + s.half +
           items[ITEMS - 1].references;
}
