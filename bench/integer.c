// SPDX-License-Identifier: Apache-2.0
/* Integer programs with small working sets: what compilers, interpreters and libraries do. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define BUFFER 65536

static void fill(uint8_t *bytes, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(bench_random(&seed) >> 56);
    }
}

/* ---- crc ---- */
uint64_t bench_crc(unsigned work)
{
    static uint32_t table[256];
    static uint8_t data[BUFFER];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) {
            c = c & 1 ? 0xedb88320U ^ (c >> 1) : c >> 1;
        }
        table[i] = c;
    }
    fill(data, sizeof(data), 1);
    uint32_t crc = ~0U;
    while (work--) {
        for (size_t i = 0; i < sizeof(data); i++) {
            crc = table[(crc ^ data[i]) & 0xff] ^ (crc >> 8);
        }
    }
    return crc;
}

/* ---- sieve ---- */
uint64_t bench_sieve(unsigned work)
{
    enum { LIMIT = 1000000 };
    uint8_t *composite = bench_alloc(LIMIT);
    uint64_t sum = 0;
    while (work--) {
        memset(composite, 0, LIMIT);
        for (size_t i = 2; i < LIMIT; i++) {
            if (composite[i]) {
                continue;
            }
            sum += i;
            for (size_t j = i * i; j < LIMIT; j += i) {
                composite[j] = 1;
            }
        }
    }
    free(composite);
    return sum;
}

/* ---- quicksort ---- */
static void quicksort(uint32_t *a, long low, long high)
{
    while (low < high) {
        uint32_t pivot = a[low + (high - low) / 2];
        long i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot) {
                i++;
            }
            while (a[j] > pivot) {
                j--;
            }
            if (i <= j) {
                uint32_t swap = a[i];
                a[i++] = a[j];
                a[j--] = swap;
            }
        }
        quicksort(a, low, j);
        low = i;
    }
}

uint64_t bench_quicksort(unsigned work)
{
    enum { COUNT = 65536 };
    uint32_t *a = bench_alloc(COUNT * sizeof(*a));
    uint64_t seed = 2, sum = 0;
    while (work--) {
        for (size_t i = 0; i < COUNT; i++) {
            a[i] = (uint32_t)(bench_random(&seed) >> 32);
        }
        quicksort(a, 0, COUNT - 1);
        for (size_t i = 0; i < COUNT; i += 97) {
            sum = bench_mix(sum, a[i]);
        }
    }
    free(a);
    return sum;
}

/* ---- hash ---- */
uint64_t bench_hash(unsigned work)
{
    enum { SLOTS = 16384, KEYS = 12000 };
    struct slot {
        uint64_t key, count;
    } *slots = bench_alloc(SLOTS * sizeof(*slots));
    memset(slots, 0, SLOTS * sizeof(*slots));
    uint64_t sum = 0;
    for (unsigned round = 0; round < work; round++) {
        uint64_t seed = 3 + (round & 3);
        for (size_t k = 0; k < KEYS; k++) {
            uint64_t key = bench_random(&seed) % KEYS + 1;
            size_t at = (key * 0x9e3779b97f4a7c15ULL) >> 50;
            while (slots[at].key != key && slots[at].key != 0) {
                at = (at + 1) & (SLOTS - 1);
                sum++;
            }
            slots[at].key = key;
            sum += ++slots[at].count;
        }
    }
    free(slots);
    return sum;
}

/* ---- sha ---- */
static uint32_t rotate_right(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* The round constants: the first 32 bits of the fractions of the primes' cube roots. The cube root
 * is found by bisection in integers. */
static void sha_constants(uint32_t k[64])
{
    unsigned found = 0;
    for (uint64_t p = 2; found < 64; p++) {
        uint64_t d = 2;
        while (d * d <= p && p % d) {
            d++;
        }
        if (d * d <= p) {
            continue;
        }
        /* floor(cbrt(p) * 2^32) = floor(cbrt(p * 2^96)), below 8 * 2^32 */
        uint64_t root = 0;
        for (int bit = 34; bit >= 0; bit--) {
            unsigned __int128 t = root | 1ULL << bit;
            if (t * t <= ((unsigned __int128)p << 96) / t) {
                root |= 1ULL << bit;
            }
        }
        k[found++] = (uint32_t)root;
    }
}

static void sha_block(uint32_t h[8], const uint32_t k[64], const uint8_t *in)
{
    uint32_t w[64];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)in[4 * i] << 24 | (uint32_t)in[4 * i + 1] << 16 |
               (uint32_t)in[4 * i + 2] << 8 | in[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3) +
               (rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10);
    }
    uint32_t v[8];
    memcpy(v, h, sizeof(v));
    for (int i = 0; i < 64; i++) {
        uint32_t e = v[4], a = v[0];
        uint32_t t1 = v[7] + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                      ((e & v[5]) ^ (~e & v[6])) + k[i] + w[i];
        uint32_t t2 = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +
                      ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        v[7] = v[6], v[6] = v[5], v[5] = v[4], v[4] = v[3] + t1;
        v[3] = v[2], v[2] = v[1], v[1] = v[0], v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) {
        h[i] += v[i];
    }
}

uint64_t bench_sha(unsigned work)
{
    static uint8_t data[BUFFER];
    static uint32_t k[64];
    uint32_t h[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    sha_constants(k);
    fill(data, sizeof(data), 4);
    while (work--) {
        for (size_t i = 0; i < sizeof(data); i += 64) {
            sha_block(h, k, data + i);
        }
    }
    return (uint64_t)h[0] << 32 | (h[7] ^ h[3]);
}

/* ---- dp ---- */
uint64_t bench_dp(unsigned work)
{
    enum { LENGTH = 1000 };
    static uint8_t a[LENGTH], b[LENGTH];
    static uint32_t row[LENGTH + 1];
    uint64_t sum = 0;
    for (unsigned round = 0; round < work; round++) {
        fill(a, LENGTH, 5 + round);
        fill(b, LENGTH, 1005 + round);
        for (uint32_t j = 0; j <= LENGTH; j++) {
            row[j] = j;
        }
        for (uint32_t i = 0; i < LENGTH; i++) {
            uint32_t diagonal = row[0];
            row[0] = i + 1;
            for (size_t j = 0; j < LENGTH; j++) {
                uint32_t best = diagonal + ((a[i] ^ b[j]) >= 32);
                diagonal = row[j + 1];
                best = diagonal + 1 < best ? diagonal + 1 : best;
                best = row[j] + 1 < best ? row[j] + 1 : best;
                row[j + 1] = best;
            }
        }
        sum = bench_mix(sum, row[LENGTH]);
    }
    return sum;
}

/* ---- fib ---- */
BENCH_ALONE static uint64_t fib(uint64_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

uint64_t bench_fib(unsigned work)
{
    uint64_t sum = 0;
    while (work--) {
        sum = bench_mix(sum, fib(25));
    }
    return sum;
}

/* ---- virtual ---- */
struct shape {
    uint64_t (*area)(const struct shape *);
    uint64_t a, b;
};
BENCH_ALONE static uint64_t area_square(const struct shape *s)
{
    return s->a * s->a;
}
BENCH_ALONE static uint64_t area_oblong(const struct shape *s)
{
    return s->a * s->b;
}
BENCH_ALONE static uint64_t area_frame(const struct shape *s)
{
    return s->a * s->a - s->b * s->b;
}
BENCH_ALONE static uint64_t area_none(const struct shape *s)
{
    return s->b;
}

uint64_t bench_virtual(unsigned work)
{
    enum { SHAPES = 4096 };
    static uint64_t (*const areas[4])(const struct shape *) = {area_square, area_oblong, area_frame,
                                                               area_none};
    struct shape *shapes = bench_alloc(SHAPES * sizeof(*shapes));
    uint64_t seed = 6, sum = 0;
    for (size_t i = 0; i < SHAPES; i++) {
        uint64_t r = bench_random(&seed);
        shapes[i] = (struct shape){areas[r >> 62], r & 0xffff, r >> 16 & 0xffff};
    }
    for (unsigned round = 0; round < work * 8; round++) {
        for (size_t i = 0; i < SHAPES; i++) {
            sum += shapes[i].area(&shapes[i]);
        }
    }
    free(shapes);
    return sum;
}

/* ---- bytecode ---- */
enum {
    OP_PUSH,
    OP_ADD,
    OP_MUL,
    OP_XOR,
    OP_DUP,
    OP_SWAP,
    OP_SHIFT,
    OP_LOAD,
    OP_STORE,
    OP_LOOP,
    OP_END
};

BENCH_ALONE static uint64_t interpret(const uint8_t *code, uint64_t count)
{
    uint64_t stack[32] = {0}, vars[16] = {0};
    uint64_t *top = stack;
    vars[0] = count;
    for (const uint8_t *at = code;;) {
        switch (*at++) {
        case OP_PUSH:
            *++top = *at++;
            break;
        case OP_ADD:
            top--, *top += top[1];
            break;
        case OP_MUL:
            top--, *top *= top[1];
            break;
        case OP_XOR:
            top--, *top ^= top[1];
            break;
        case OP_DUP:
            top[1] = *top, top++;
            break;
        case OP_SWAP: {
            uint64_t t = *top;
            *top = top[-1], top[-1] = t;
            break;
        }
        case OP_SHIFT:
            *top ^= *top >> 7;
            break;
        case OP_LOAD:
            *++top = vars[*at++ & 15];
            break;
        case OP_STORE:
            vars[*at++ & 15] = *top--;
            break;
        case OP_LOOP:
            at = --vars[0] ? code + *at : at + 1;
            break;
        default:
            return *top;
        }
    }
}

uint64_t bench_bytecode(unsigned work)
{
    static const uint8_t code[] = {
        OP_LOAD, 1,       OP_PUSH,  31,      OP_MUL,  OP_LOAD, 0,       OP_ADD, OP_DUP,   OP_SHIFT,
        OP_XOR,  OP_DUP,  OP_STORE, 1,       OP_LOAD, 2,       OP_SWAP, OP_ADD, OP_SHIFT, OP_STORE,
        2,       OP_LOOP, 0,        OP_LOAD, 1,       OP_LOAD, 2,       OP_XOR, OP_END,
    };
    uint64_t sum = 0;
    while (work--) {
        sum = bench_mix(sum, interpret(code, 10000));
    }
    return sum;
}

/* ---- tree ---- */
struct node {
    struct node *child[2];
    uint64_t key;
};

uint64_t bench_tree(unsigned work)
{
    enum { NODES = 32768 };
    struct node *pool = bench_alloc(NODES * sizeof(*pool));
    uint64_t seed = 7, sum = 0;
    while (work--) {
        struct node *root = NULL;
        for (size_t i = 0; i < NODES; i++) {
            struct node **at = &root;
            pool[i] = (struct node){{NULL, NULL}, bench_random(&seed)};
            while (*at) {
                at = &(*at)->child[pool[i].key > (*at)->key];
            }
            *at = &pool[i];
        }
        for (size_t i = 0; i < NODES; i++) {
            uint64_t key = bench_random(&seed);
            for (const struct node *n = root; n; n = n->child[key > n->key]) {
                sum++;
            }
        }
    }
    free(pool);
    return sum;
}

/* ---- string ---- */
uint64_t bench_string(unsigned work)
{
    enum { WORDS = 512, WIDTH = 64 };
    static char words[WORDS][WIDTH], line[WORDS * WIDTH], copy[WORDS * WIDTH];
    uint64_t seed = 8, sum = 0;
    for (size_t i = 0; i < WORDS; i++) {
        size_t length = bench_random(&seed) % (WIDTH - 2) + 1;
        for (size_t k = 0; k < length; k++) {
            words[i][k] = (char)('a' + bench_random(&seed) % 26);
        }
    }
    while (work--) {
        char *end = line;
        for (size_t i = 0; i < WORDS; i++) {
            size_t length = strlen(words[i]);
            memcpy(end, words[i], length);
            end[length] = ' ';
            end += length + 1;
            sum += (uint64_t)(strcmp(words[i], words[(i + 1) % WORDS]) > 0);
            const char *q = strchr(words[i], 'q');
            sum += q ? (uint64_t)(q - words[i]) : 7;
        }
        *end = 0;
        memmove(copy, line + (work & 31), (size_t)(end - line) - 32);
        sum += (uint64_t)memcmp(copy + 1, line + (work & 31) + 1, 4096) + strlen(line);
        words[work % WORDS][0] = (char)('a' + sum % 26);
    }
    return sum;
}

/* ---- lz ---- */
/* A stream of {literal count, literals, match length, match distance low, high}. */
static size_t lz_pack(const uint8_t *in, size_t n, uint8_t *out, uint16_t *head)
{
    size_t at = 0, used = 0, literal = 0;
    memset(head, 0, 8192 * sizeof(*head));
    while (at < n) {
        size_t length = 0, from = 0;
        if (at + 4 < n) {
            uint32_t word;
            memcpy(&word, in + at, 4);
            uint16_t *slot = &head[word * 2654435761U >> 19];
            from = *slot;
            *slot = (uint16_t)at;
            while (from < at && length < 255 && at + length < n &&
                   in[from + length] == in[at + length]) {
                length++;
            }
        }
        if (length < 5) {
            at++;
            length = 0;
        }
        if (length || at - literal == 255 || at == n) {
            size_t count = at - literal;
            out[used++] = (uint8_t)count;
            memcpy(out + used, in + literal, count);
            used += count;
            out[used++] = (uint8_t)length;
            out[used++] = (uint8_t)(at - from);
            out[used++] = (uint8_t)((at - from) >> 8);
            at += length;
            literal = at;
        }
    }
    return used;
}

static size_t lz_unpack(const uint8_t *in, size_t n, uint8_t *out)
{
    size_t used = 0;
    for (size_t at = 0; at < n;) {
        size_t count = in[at++];
        memcpy(out + used, in + at, count);
        used += count;
        at += count;
        size_t distance = in[at + 1] | (size_t)in[at + 2] << 8;
        for (size_t length = in[at]; length > 0; length--, used++) {
            out[used] = out[used - distance];
        }
        at += 3;
    }
    return used;
}

uint64_t bench_lz(unsigned work)
{
    static uint8_t text[BUFFER], packed[2 * BUFFER], back[BUFFER + 256];
    static uint16_t head[8192];
    uint64_t seed = 9, sum = 0;
    /* Text in which earlier pieces come back. */
    for (size_t i = 0; i < BUFFER;) {
        uint64_t r = bench_random(&seed);
        size_t length = (r >> 40) % 24 + 3;
        size_t from = i > 100 && (r & 3) ? r % (i - 50) : i;
        for (; length > 0 && i < BUFFER; length--, i++, from++) {
            text[i] = from == i ? (uint8_t)('a' + bench_random(&seed) % 20) : text[from];
        }
    }
    while (work--) {
        size_t size = lz_pack(text, BUFFER, packed, head);
        size_t length = lz_unpack(packed, size, back);
        sum = bench_mix(sum, size + (memcmp(text, back, BUFFER) || length != BUFFER ? 1 : 0));
        text[work % BUFFER] ^= 1;
    }
    return sum;
}

/* ---- muldiv ---- */
uint64_t bench_muldiv(unsigned work)
{
    uint64_t seed = 10, sum = 0;
    for (size_t i = 0; i < (size_t)work * 16384; i++) {
        uint64_t a = bench_random(&seed), b = a >> (i & 31) | 1;
        unsigned __int128 product = (unsigned __int128)a * b;
        sum += (uint64_t)(product >> 64) + a / (b >> 7 | 3);
        sum ^= (uint64_t)((int64_t)a % (int32_t)(b | 1)) + (uint32_t)a / (uint32_t)(i + 1);
    }
    return sum;
}
