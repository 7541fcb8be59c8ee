// SPDX-License-Identifier: Apache-2.0
/*
 * The crypto instructions doing what they are for, against published vectors: AES (FIPS 197,
 * appendix C), SHA-256 and SHA-512 (FIPS 180-4, "abc"), GHASH (SP 800-38D); and the carry-less
 * products against a bit-by-bit reference. Round constants are computed, not listed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <mpfr.h>

#include "pefemu/cpu.h"

enum { VRT = 4, VRA = 5, VRB = 6 };

/* VRT after @name VRT,VRA,VRB; @more: other bits of the word. */
static u128 execute(const char *name, u128 a, u128 b, uint32_t more)
{
    static struct cpu cpu;
    struct insn in;
    unsigned id = INSN_COUNT - 1;
    while (id != INSN_ILLEGAL && strcmp(insn_table[id].mnemonic, name))
        id--;
    assert_int_not_equal(id, INSN_ILLEGAL);
    cpu.msr = MSR_SF | MSR_VEC;
    cpu.vsr[32 + VRA].q = a;
    cpu.vsr[32 + VRB].q = b;
    if (strstr(insn_table[id].operands, "VRB"))
        more |= VRB << 11;
    insn_decode(&in, insn_table[id].match | VRT << 21 | VRA << 16 | more);
    assert_int_equal(in.id, id);
    assert_int_equal(insn_table[id].handler(&cpu, &in), TRAP_NONE);
    return cpu.vsr[32 + VRT].q;
}

static u128 quad(uint64_t high, uint64_t low)
{
    return (u128)high << 64 | low;
}

static void assert_quad_equal(u128 got, u128 want)
{
    assert_int_equal((uint64_t)(got >> 64), (uint64_t)(want >> 64));
    assert_int_equal((uint64_t)got, (uint64_t)want);
}

/* ---- AES ---- */

/* SubWord by vsbox; the rest of the key schedule is FIPS 197, 5.2. */
static unsigned expand_key(unsigned nk, uint32_t w[60])
{
    const unsigned rounds = nk + 6;
    uint32_t rcon = 1;
    for (unsigned i = 0; i < nk; i++)
        w[i] = 0x04040404u * i + 0x00010203;
    for (unsigned i = nk; i < 4 * (rounds + 1); i++) {
        uint32_t t = w[i - 1];
        if (i % nk == 0)
            t = t << 8 | t >> 24;
        if (i % nk == 0 || (nk > 6 && i % nk == 4))
            t = (uint32_t)(execute("vsbox", (u128)t << 96, 0, 0) >> 96);
        if (i % nk == 0) {
            t ^= rcon << 24;
            rcon = rcon << 1 ^ (rcon & 0x80 ? 0x11b : 0);
        }
        w[i] = w[i - nk] ^ t;
    }
    return rounds;
}

static u128 round_key(const uint32_t *w, unsigned round)
{
    w += 4 * round;
    return quad((uint64_t)w[0] << 32 | w[1], (uint64_t)w[2] << 32 | w[3]);
}

static void test_aes_vectors_of_fips_197(void **state)
{
    (void)state;
    static const struct {
        unsigned nk; /* words of the key 00 01 02 .. */
        uint64_t cipher[2];
    } vectors[] = {
        {4, {0x69c4e0d86a7b0430, 0xd8cdb78070b4c55a}},
        {6, {0xdda97ca4864cdfe0, 0x6eaf70a0ec0d7191}},
        {8, {0x8ea2b7ca516745bf, 0xeafc49904b496089}},
    };
    const u128 plain = quad(0x0011223344556677, 0x8899aabbccddeeff);
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        uint32_t w[60];
        const unsigned rounds = expand_key(vectors[i].nk, w);
        u128 s = plain ^ round_key(w, 0);
        for (unsigned r = 1; r < rounds; r++)
            s = execute("vcipher", s, round_key(w, r), 0);
        s = execute("vcipherlast", s, round_key(w, rounds), 0);
        assert_quad_equal(s, quad(vectors[i].cipher[0], vectors[i].cipher[1]));
        s ^= round_key(w, rounds);
        for (unsigned r = rounds - 1; r > 0; r--)
            s = execute("vncipher", s, round_key(w, r), 0);
        assert_quad_equal(execute("vncipherlast", s, round_key(w, 0), 0), plain);
    }
}

/* ---- SHA-2 ---- */

/* The first 64 bits of the fraction of the square or cube root of the @n-th prime, from 0. */
static uint64_t root_fraction(unsigned n, unsigned root)
{
    unsigned p = 1, divisor;
    for (unsigned found = 0; found <= n;) {
        p++;
        for (divisor = 2; divisor < p && p % divisor; divisor++)
            ;
        found += divisor == p;
    }
    mpfr_t r;
    mpfr_init2(r, 200);
    mpfr_set_ui(r, p, MPFR_RNDN);
    mpfr_rootn_ui(r, r, root, MPFR_RNDN);
    mpfr_frac(r, r, MPFR_RNDN);
    mpfr_mul_2ui(r, r, 64, MPFR_RNDN);
    uint64_t v = mpfr_get_ui(r, MPFR_RNDZ);
    mpfr_clear(r);
    return v;
}

/* SHA-2 on words of 32 or 64 bits. */
struct sha {
    unsigned bits, rounds;
    uint64_t mask;
};

/* sigma0, sigma1 (@st=0), Sigma0, Sigma1 (@st=1) of @v in element @i, which one bit of SIX names;
 * the other elements compute the other function. */
static uint64_t sigma(const struct sha *sha, unsigned st, unsigned which, unsigned i, uint64_t v)
{
    const bool words = sha->bits == 32;
    const unsigned at = words ? 3 - i : 2 * (1 - i) + 1; /* from the right of SIX */
    const unsigned six = which ? 1u << at : 15 & ~(1u << at);
    const unsigned shift = (words ? 3 - i : 1 - i) * sha->bits;
    u128 r =
        execute(words ? "vshasigmaw" : "vshasigmad", (u128)v << shift, 0, st << 15 | six << 11);
    return (uint64_t)(r >> shift) & sha->mask;
}

/* One block, FIPS 180-4, 6.2.2 and 6.4.2; the functions are computed in element @i. */
static void sha_block(const struct sha *sha, unsigned i, const uint64_t block[16], uint64_t h[8])
{
    const unsigned cut = 64 - sha->bits;
    uint64_t w[80], v[8];
    for (unsigned t = 0; t < sha->rounds; t++)
        w[t] = (t < 16 ? block[t]
                       : sigma(sha, 0, 1, i, w[t - 2]) + w[t - 7] + sigma(sha, 0, 0, i, w[t - 15]) +
                             w[t - 16]) &
               sha->mask;
    memcpy(v, h, sizeof(v));
    for (unsigned t = 0; t < sha->rounds; t++) {
        uint64_t choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint64_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint64_t t1 =
            v[7] + sigma(sha, 1, 1, i, v[4]) + choose + (root_fraction(t, 3) >> cut) + w[t];
        uint64_t t2 = sigma(sha, 1, 0, i, v[0]) + majority;
        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] = (v[4] + t1) & sha->mask;
        v[0] = (t1 + t2) & sha->mask;
    }
    for (unsigned k = 0; k < 8; k++)
        h[k] = (h[k] + v[k]) & sha->mask;
}

static void test_sha_of_abc(void **state)
{
    (void)state;
    static const struct sha sha256 = {32, 64, 0xffffffff}, sha512 = {64, 80, ~0ULL};
    static const uint64_t want256[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                        0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    static const uint64_t want512[8] = {0xddaf35a193617aba, 0xcc417349ae204131, 0x12e6fa4e89a97ea2,
                                        0x0a9eeee64b55d39a, 0x2192992a274fc1a8, 0x36ba3c23a3feebbd,
                                        0x454d4423643ce80e, 0x2a9ac94fa54ca49f};
    for (unsigned i = 0; i < 6; i++) {
        const struct sha *sha = i < 4 ? &sha256 : &sha512;
        const uint64_t *want = i < 4 ? want256 : want512;
        uint64_t block[16] = {(uint64_t)0x61626380 << (sha->bits - 32)}, h[8];
        block[15] = 24; /* bits of the message */
        for (unsigned k = 0; k < 8; k++)
            h[k] = root_fraction(k, 2) >> (64 - sha->bits);
        sha_block(sha, i & 3, block, h);
        for (unsigned k = 0; k < 8; k++)
            assert_int_equal(h[k], want[k]);
    }
}

/* ---- carry-less multiplication ---- */

static u128 carry_less(uint64_t a, uint64_t b)
{
    u128 r = 0;
    for (unsigned i = 0; i < 64; i++)
        r ^= b >> i & 1 ? (u128)a << i : 0;
    return r;
}

static uint64_t random64(void)
{
    return (uint64_t)(uint32_t)mrand48() << 32 | (uint32_t)mrand48();
}

static void test_polynomial_sums(void **state)
{
    (void)state;
    static const char *const names[] = {"vpmsumb", "vpmsumh", "vpmsumw", "vpmsumd"};
    for (unsigned n = 0; n < 4000; n++) {
        const unsigned bits = 8u << (n & 3);
        const uint64_t mask = ~0ULL >> (64 - bits);
        const u128 a = quad(random64(), random64()), b = quad(random64(), random64());
        u128 want = 0;
        for (unsigned at = 0; at < 128; at += 2 * bits) {
            u128 even = carry_less((uint64_t)(a >> at) & mask, (uint64_t)(b >> at) & mask);
            u128 odd =
                carry_less((uint64_t)(a >> at >> bits) & mask, (uint64_t)(b >> at >> bits) & mask);
            want |= (even ^ odd) << at;
        }
        assert_quad_equal(execute(names[n & 3], a, b, 0), want);
        assert_quad_equal(execute(names[n & 3], b, a, 0), want);
    }
}

static u128 reverse_bits(u128 v)
{
    u128 r = 0;
    for (unsigned i = 0; i < 128; i++)
        r = r << 1 | (v >> i & 1);
    return r;
}

/* Product in GF(2^128) of GCM: its first bit is the constant term. Four vpmsumd make 256 bits. */
static u128 gcm_multiply(u128 x, u128 y)
{
    const u128 a = reverse_bits(x), b = reverse_bits(y), low_half = ~0ULL;
    u128 low = execute("vpmsumd", a & low_half, b & low_half, 0);
    u128 high = execute("vpmsumd", a & ~low_half, b & ~low_half, 0);
    u128 middle = execute("vpmsumd", a, b << 64 | b >> 64, 0);
    low ^= middle << 64;
    high ^= middle >> 64;
    for (unsigned i = 128; i-- > 0;) /* x^128 = x^7 + x^2 + x + 1 */
        if (high >> i & 1) {
            low ^= (u128)0x87 << i;
            high ^= i > 120 ? (u128)0x87 >> (128 - i) : 0;
        }
    return reverse_bits(low);
}

static void test_ghash_of_sp_800_38d(void **state)
{
    (void)state;
    const u128 h = quad(0x66e94bd4ef8a2c3b, 0x884cfa59ca342b2e);
    const u128 c = quad(0x0388dace60b6a392, 0xf328c2b971b2fe78);
    u128 y = gcm_multiply(c, h);
    y = gcm_multiply(y ^ 128, h); /* the length of the text in bits */
    assert_quad_equal(y, quad(0xf38cbb1ad69223dc, 0xc3457ae5b6b0f885));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aes_vectors_of_fips_197),
        cmocka_unit_test(test_sha_of_abc),
        cmocka_unit_test(test_polynomial_sums),
        cmocka_unit_test(test_ghash_of_sp_800_38d),
    };
    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
