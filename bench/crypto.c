// SPDX-License-Identifier: Apache-2.0
/* Cryptography as libraries without special instructions do it; known answers come first. */
#include <stdbool.h>
#include <string.h>

#include "bench.h"

enum { BYTES = 65536 };

static uint32_t rotate_left(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- aes: AES-128 in counter mode, four tables of 1 KiB ---- */
struct aes {
    uint8_t sbox[256];
    uint32_t table[4][256]; /* a byte's share of the next column: substituted, mixed, rotated */
    uint32_t key[44];
};

static uint8_t times_two(uint8_t x)
{
    return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0));
}

/* 3 generates the field's multiplicative group and 0xf6 is its inverse: walking both ways at once
 * meets every element with its inverse. */
static void aes_tables(struct aes *a)
{
    uint8_t p = 1, q = 1;
    do {
        p = (uint8_t)(p ^ times_two(p));
        q ^= (uint8_t)(q << 1);
        q ^= (uint8_t)(q << 2);
        q ^= (uint8_t)(q << 4);
        q ^= q & 0x80 ? 0x09 : 0;
        unsigned x = q | q << 8;
        a->sbox[p] = (uint8_t)(q ^ x >> 7 ^ x >> 6 ^ x >> 5 ^ x >> 4 ^ 0x63);
    } while (p != 1);
    a->sbox[0] = 0x63;
    for (size_t i = 0; i < 256; i++) {
        uint8_t s = a->sbox[i], two = times_two(s);
        uint32_t column = (uint32_t)two << 24 | (uint32_t)s << 16 | (uint32_t)s << 8 | (two ^ s);
        for (unsigned t = 0; t < 4; t++) {
            a->table[t][i] = t ? column >> (8 * t) | column << (32 - 8 * t) : column;
        }
    }
}

static uint32_t substitute(const struct aes *a, uint32_t w)
{
    return (uint32_t)a->sbox[w >> 24] << 24 | (uint32_t)a->sbox[w >> 16 & 255] << 16 |
           (uint32_t)a->sbox[w >> 8 & 255] << 8 | a->sbox[w & 255];
}

static void aes_key(struct aes *a, const uint8_t key[16])
{
    uint8_t round = 1;
    for (size_t i = 0; i < 4; i++) {
        a->key[i] = be32(key + 4 * i);
    }
    for (size_t i = 4; i < 44; i++) {
        uint32_t t = a->key[i - 1];
        if (i % 4 == 0) {
            t = substitute(a, rotate_left(t, 8)) ^ (uint32_t)round << 24;
            round = times_two(round);
        }
        a->key[i] = a->key[i - 4] ^ t;
    }
}

BENCH_ALONE static void aes_block(const struct aes *a, const uint32_t in[4], uint32_t out[4])
{
    uint32_t s[4], t[4];
    for (size_t i = 0; i < 4; i++) {
        s[i] = in[i] ^ a->key[i];
    }
    for (size_t round = 1; round < 10; round++) {
        for (size_t i = 0; i < 4; i++) {
            t[i] = a->table[0][s[i] >> 24] ^ a->table[1][s[(i + 1) & 3] >> 16 & 255] ^
                   a->table[2][s[(i + 2) & 3] >> 8 & 255] ^ a->table[3][s[(i + 3) & 3] & 255] ^
                   a->key[4 * round + i];
        }
        memcpy(s, t, sizeof(s));
    }
    for (size_t i = 0; i < 4; i++) {
        uint32_t w = (s[i] & 0xff000000) | (s[(i + 1) & 3] & 0xff0000) | (s[(i + 2) & 3] & 0xff00) |
                     (s[(i + 3) & 3] & 0xff);
        out[i] = substitute(a, w) ^ a->key[40 + i];
    }
}

uint64_t bench_aes(unsigned work)
{
    static struct aes aes;
    static uint32_t data[BYTES / 4];
    static const uint32_t plain[4] = {0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff};
    uint8_t key[16];
    uint32_t pad[4];
    for (uint8_t i = 0; i < 16; i++) {
        key[i] = i;
    }
    aes_tables(&aes);
    aes_key(&aes, key);
    aes_block(&aes, plain, pad); /* FIPS 197, appendix C.1 */
    if (pad[0] != 0x69c4e0d8 || pad[3] != 0x70b4c55a) {
        bench_fail("aes: the known answer is another");
    }
    uint64_t sum = 0;
    for (unsigned round = 0; round < work; round++) {
        for (uint32_t i = 0; i < BYTES / 16; i++) {
            aes_block(&aes, (uint32_t[4]){round, 7, 0, i}, pad);
            for (size_t k = 0; k < 4; k++) {
                data[4 * i + k] ^= pad[k];
            }
        }
        sum = bench_mix(sum, data[round % (BYTES / 4)]);
    }
    return sum;
}

/* ---- chacha: ChaCha20 (RFC 8439) ---- */
static void quarter(uint32_t *s, size_t a, size_t b, size_t c, size_t d)
{
    s[a] += s[b], s[d] = rotate_left(s[d] ^ s[a], 16);
    s[c] += s[d], s[b] = rotate_left(s[b] ^ s[c], 12);
    s[a] += s[b], s[d] = rotate_left(s[d] ^ s[a], 8);
    s[c] += s[d], s[b] = rotate_left(s[b] ^ s[c], 7);
}

BENCH_ALONE static void chacha_block(const uint32_t in[16], uint32_t out[16])
{
    uint32_t s[16];
    memcpy(s, in, sizeof(s));
    for (int i = 0; i < 10; i++) {
        for (size_t k = 0; k < 4; k++) {
            quarter(s, k, 4 + k, 8 + k, 12 + k);
        }
        for (size_t k = 0; k < 4; k++) {
            quarter(s, k, 4 + (k + 1) % 4, 8 + (k + 2) % 4, 12 + (k + 3) % 4);
        }
    }
    for (size_t k = 0; k < 16; k++) {
        out[k] = s[k] + in[k];
    }
}

uint64_t bench_chacha(unsigned work)
{
    static uint32_t data[BYTES / 4];
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, pad[16];
    for (uint32_t i = 0; i < 8; i++) {
        state[4 + i] = 0x03020100 + i * 0x04040404;
    }
    state[12] = 1, state[13] = 0x09000000, state[14] = 0x4a000000, state[15] = 0;
    chacha_block(state, pad); /* RFC 8439, section 2.3.2 */
    if (pad[0] != 0xe4e7f110 || pad[15] != 0x4e3c50a2) {
        bench_fail("chacha: the known answer is another");
    }
    uint64_t sum = 0;
    for (unsigned round = 0; round < work; round++) {
        for (size_t i = 0; i < BYTES / 64; i++) {
            state[12]++;
            chacha_block(state, pad);
            for (size_t k = 0; k < 16; k++) {
                data[16 * i + k] ^= pad[k];
            }
        }
        sum = bench_mix(sum, data[round % (BYTES / 4)]);
    }
    return sum;
}

/* ---- bignum: powers modulo a number of 1024 bits, Montgomery's way ---- */
enum { LIMBS = 16 };

static bool less(const uint64_t *a, const uint64_t *b)
{
    size_t i = LIMBS - 1;
    while (i > 0 && a[i] == b[i]) {
        i--;
    }
    return a[i] < b[i];
}

/* a * b / 2^1024 modulo n; @inverse is -1/n modulo 2^64. */
BENCH_ALONE static void multiply(uint64_t *to, const uint64_t *a, const uint64_t *b,
                                 const uint64_t *n, uint64_t inverse)
{
    uint64_t t[LIMBS + 2] = {0};
    for (size_t i = 0; i < LIMBS; i++) {
        unsigned __int128 x = 0;
        for (size_t j = 0; j < LIMBS; j++) {
            x = (x >> 64) + (unsigned __int128)a[i] * b[j] + t[j];
            t[j] = (uint64_t)x;
        }
        x = (x >> 64) + t[LIMBS];
        t[LIMBS] = (uint64_t)x;
        t[LIMBS + 1] = (uint64_t)(x >> 64);
        uint64_t m = t[0] * inverse;
        x = (unsigned __int128)m * n[0] + t[0];
        for (size_t j = 1; j < LIMBS; j++) {
            x = (x >> 64) + (unsigned __int128)m * n[j] + t[j];
            t[j - 1] = (uint64_t)x;
        }
        x = (x >> 64) + t[LIMBS];
        t[LIMBS - 1] = (uint64_t)x;
        t[LIMBS] = t[LIMBS + 1] + (uint64_t)(x >> 64);
    }
    if (t[LIMBS] || !less(t, n)) {
        uint64_t borrow = 0;
        for (size_t j = 0; j < LIMBS; j++) {
            unsigned __int128 d = (unsigned __int128)t[j] - n[j] - borrow;
            t[j] = (uint64_t)d;
            borrow = (uint64_t)(d >> 64) & 1;
        }
    }
    memcpy(to, t, LIMBS * sizeof(*to));
}

uint64_t bench_bignum(unsigned work)
{
    uint64_t n[LIMBS], base[LIMBS], power[LIMBS], exponent[LIMBS], seed = 40, sum = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        n[i] = bench_random(&seed);
        base[i] = bench_random(&seed);
        exponent[i] = bench_random(&seed);
    }
    n[0] |= 1;
    n[LIMBS - 1] |= 1ULL << 63;
    base[LIMBS - 1] >>= 1;
    uint64_t inverse = 1;
    for (int i = 0; i < 6; i++) {
        inverse *= 2 - n[0] * inverse; /* each step doubles the number of right bits */
    }
    inverse = -inverse;
    while (work--) {
        memcpy(power, base, sizeof(power));
        for (size_t bit = 0; bit < 256; bit++) {
            multiply(power, power, power, n, inverse);
            if (exponent[bit / 64] >> bit % 64 & 1) {
                multiply(power, power, base, n, inverse);
            }
        }
        sum = bench_mix(sum, power[work % LIMBS]);
        base[work % LIMBS] ^= power[0] >> 1;
    }
    return sum;
}
