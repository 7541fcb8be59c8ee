// SPDX-License-Identifier: Apache-2.0
/* Published vectors for what stands behind crypto.h, and properties where none are published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pefemu/crypto.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

struct bytes {
    uint8_t p[256];
    size_t len;
};

static struct bytes hex(const char *text)
{
    struct bytes b = {.len = 0};
    for (; *text; text += 2) {
        assert_true(b.len < sizeof(b.p));
        b.p[b.len++] = (uint8_t)strtoul((char[]){text[0], text[1], 0}, NULL, 16);
    }
    return b;
}

static void assert_is(const uint8_t *p, size_t len, const char *text)
{
    struct bytes b = hex(text);
    assert_int_equal(len, b.len);
    assert_memory_equal(p, b.p, len);
}

/* FIPS 180-4 examples, one and two blocks; and nothing at all. */
static void test_sha2_vectors(void **state)
{
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    uint8_t out[SHA512_LEN];
    (void)state;
    crypto_sha256("abc", 3, out);
    assert_is(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_sha256(two, strlen(two), out);
    assert_is(out, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    crypto_sha256("", 0, out);
    assert_is(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    crypto_sha512("abc", 3, out);
    assert_is(out, 64,
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    crypto_sha512("", 0, out);
    assert_is(out, 64,
              "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
              "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

/* The RTAS text of pef.md 6.3, whose digest is published there. */
static void test_sha512_of_the_rtas_text(void **state)
{
    struct bytes text = hex("7c641b783c6000006063f000440000224e800020");
    uint8_t out[SHA512_LEN];
    (void)state;
    crypto_sha512(text.p, text.len, out);
    assert_is(out, 64,
              "189698638580422ea58a0968ecce2436daeb2c91a339c14b0ab2bc623c1649fe"
              "274074a4a92679dc61e5528d68778ba3c82f1b1f7e9a5958238b80497fc37f48");
}

static void test_digest_in_pieces_is_the_digest(void **state)
{
    uint8_t data[1000], whole[SHA512_LEN], pieces[SHA512_LEN];
    struct crypto_hash h;
    (void)state;
    crypto_random(data, sizeof(data));
    for (size_t cut = 0; cut <= sizeof(data); cut += 37) {
        crypto_sha512(data, sizeof(data), whole);
        crypto_hash_begin(&h, CRYPTO_SHA512);
        crypto_hash_add(&h, data, cut);
        crypto_hash_add(&h, data + cut, sizeof(data) - cut);
        crypto_hash_end(&h, pieces);
        assert_memory_equal(whole, pieces, SHA512_LEN);
        crypto_sha256(data, sizeof(data), whole);
        crypto_hash_begin(&h, CRYPTO_SHA256);
        crypto_hash_add(&h, data, cut);
        crypto_hash_add(&h, data + cut, sizeof(data) - cut);
        crypto_hash_end(&h, pieces);
        assert_memory_equal(whole, pieces, SHA256_LEN);
    }
    crypto_hash_begin(&h, CRYPTO_SHA256);
    crypto_hash_end(&h, NULL); /* thrown away */
    assert_null(h.ctx);
}

/* RFC 4231, cases 1, 2, 3 and 6. */
static void test_hmac_vectors(void **state)
{
    static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t key[131], data[50], out[SHA256_LEN];
    (void)state;
    memset(key, 0x0b, 20);
    crypto_hmac_sha256(key, 20, "Hi There", 8, out);
    assert_is(out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
    assert_is(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    memset(data, 0xdd, sizeof(data));
    crypto_hmac_sha256(key, 20, data, 50, out);
    assert_is(out, 32, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    crypto_hmac_sha256(key, 131, large, strlen(large), out);
    assert_is(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    crypto_hmac_sha256(NULL, 0, "", 0, out);
    assert_is(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* SP 800-38A, F.3.13 and F.3.14; a last block that is not whole is a prefix of the text. */
static void test_cfb_vectors(void **state)
{
    struct bytes key = hex("2b7e151628aed2a6abf7158809cf4f3c"),
                 iv = hex("000102030405060708090a0b0c0d0e0f"),
                 plain = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                             "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"),
                 cipher = hex("3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
                              "26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6");
    (void)state;
    for (size_t len = 0; len <= plain.len; len++) {
        struct bytes b = plain;
        crypto_aes128_cfb_encrypt(key.p, iv.p, b.p, len);
        assert_memory_equal(b.p, cipher.p, len);
        crypto_aes128_cfb_decrypt(key.p, iv.p, b.p, len);
        assert_memory_equal(b.p, plain.p, plain.len);
    }
}

/* ---- GCM: published vectors, and a plain reference for nonces that none are published for ---- */

struct gcm_case {
    const char *key, *iv, *aad, *plain, *cipher, *tag;
};

#define TEXT60                                                                                     \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"                             \
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"

/* The cases of "The Galois/Counter Mode of Operation" (NIST's submission): 1-4, 13-16; case 5,
 * whose nonce is 8 bytes long, is for the reference alone. */
static const struct gcm_case cases[] = {
    {"00000000000000000000000000000000", "000000000000000000000000", "", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {"00000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78",
     "ab6e47d42cec13bdf53a67b21257bddf"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "", TEXT60 "1aafd255",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
     "4d5c2af327cd64a62cf35abd2ba6fab4"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", AAD, TEXT60,
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     AAD, TEXT60,
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbad", AAD, TEXT60,
     "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423"
     "73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
     "3612d2e79e3b0785561be14aaca2fccb"},
};

static void aes_block(const uint8_t *key, size_t key_len, const uint8_t in[16], uint8_t out[16])
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;
    assert_true(EVP_EncryptInit_ex(ctx, key_len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(), NULL,
                                   key, NULL));
    assert_true(EVP_EncryptUpdate(ctx, out, &n, in, 16));
    EVP_CIPHER_CTX_free(ctx);
}

/* SP 800-38D, algorithm 1, bit by bit. */
static void ghash_block(uint8_t y[16], const uint8_t h[16], const uint8_t *x, size_t len)
{
    uint8_t z[16] = {0}, v[16];
    for (size_t i = 0; i < len; i++)
        y[i] ^= x[i];
    memcpy(v, h, 16);
    for (unsigned bit = 0; bit < 128; bit++) {
        for (unsigned i = 0; i < 16 && y[bit / 8] >> (7 - bit % 8) & 1; i++)
            z[i] ^= v[i];
        bool odd = v[15] & 1;
        for (unsigned i = 15; i > 0; i--)
            v[i] = (uint8_t)(v[i] >> 1 | v[i - 1] << 7);
        v[0] = (uint8_t)(v[0] >> 1 ^ (odd ? 0xe1 : 0));
    }
    memcpy(y, z, 16);
}

static void ghash(uint8_t y[16], const uint8_t h[16], const uint8_t *x, size_t len)
{
    for (; len > 16; x += 16, len -= 16)
        ghash_block(y, h, x, 16);
    if (len)
        ghash_block(y, h, x, len);
}

static void ghash_lengths(uint8_t y[16], const uint8_t h[16], size_t a, size_t b)
{
    uint8_t block[16];
    put_be64(block, 8 * (uint64_t)a);
    put_be64(block + 8, 8 * (uint64_t)b);
    ghash_block(y, h, block, 16);
}

static void reference_seal(const struct crypto_gcm *g, const uint8_t *in, size_t len, uint8_t *out,
                           uint8_t tag[16])
{
    uint8_t h[16] = {0}, counter[16] = {0}, mask[16], pad[16], y[16] = {0};
    aes_block(g->key, g->key_len, h, h);
    if (g->iv_len == 12) {
        memcpy(counter, g->iv, 12);
        counter[15] = 1;
    } else {
        ghash(counter, h, g->iv, g->iv_len);
        ghash_lengths(counter, h, 0, g->iv_len);
    }
    aes_block(g->key, g->key_len, counter, mask);
    for (size_t i = 0; i < len; i++) {
        if (i % 16 == 0) {
            put_be32(counter + 12, get_be32(counter + 12) + 1);
            aes_block(g->key, g->key_len, counter, pad);
        }
        out[i] = in[i] ^ pad[i % 16];
    }
    ghash(y, h, g->aad, g->aad_len);
    ghash(y, h, out, len);
    ghash_lengths(y, h, g->aad_len, len);
    for (unsigned i = 0; i < 16; i++)
        tag[i] = y[i] ^ mask[i];
}

static void test_gcm_vectors(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct gcm_case *c = &cases[i];
        struct bytes key = hex(c->key), iv = hex(c->iv), aad = hex(c->aad), plain = hex(c->plain);
        const struct crypto_gcm g = {key.p, key.len, iv.p, iv.len, aad.p, aad.len};
        uint8_t out[256], tag[16];
        reference_seal(&g, plain.p, plain.len, out, tag);
        assert_is(out, plain.len, c->cipher);
        assert_is(tag, 16, c->tag);
        if (iv.len != 12)
            continue;
        crypto_gcm_seal(&g, plain.p, plain.len, out, tag);
        assert_is(out, plain.len, c->cipher);
        assert_is(tag, 16, c->tag);
        assert_true(crypto_gcm_open(&g, out, plain.len, out, tag));
        assert_memory_equal(out, plain.p, plain.len);
    }
}

static void test_gcm_agrees_with_the_reference(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        uint8_t key[32], iv[16], aad[40], plain[200], expected[200], out[200], tag[16], etag[16];
        size_t len = i % sizeof(plain);
        const struct crypto_gcm g = {key, i & 1 ? 32 : 16, iv, i & 2 ? 16 : 12,
                                     aad, i % sizeof(aad)};
        crypto_random(key, sizeof(key));
        crypto_random(iv, sizeof(iv));
        crypto_random(aad, sizeof(aad));
        crypto_random(plain, sizeof(plain));
        reference_seal(&g, plain, len, expected, etag);
        memcpy(out, plain, len);
        crypto_gcm_seal(&g, out, len, out, tag); /* in place */
        assert_memory_equal(out, expected, len);
        assert_memory_equal(tag, etag, 16);
    }
}

static void test_gcm_refuses_every_alteration(void **state)
{
    uint8_t key[16], iv[16], aad[5] = "page", plain[70], sealed[70], out[70], zeros[70] = {0},
                             tag[16];
    const struct crypto_gcm g = {key, 16, iv, 16, aad, sizeof(aad)};
    struct {
        uint8_t *p;
        size_t len;
    } parts[] = {{key, 16}, {iv, 16}, {aad, sizeof(aad)}, {sealed, sizeof(sealed)}, {tag, 16}};
    (void)state;
    crypto_random(key, sizeof(key));
    crypto_random(iv, sizeof(iv));
    crypto_random(plain, sizeof(plain));
    crypto_gcm_seal(&g, plain, sizeof(plain), sealed, tag);
    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++)
        for (size_t at = 0; at < parts[i].len; at++) {
            parts[i].p[at] ^= (uint8_t)(1u << at % 8);
            memcpy(out, plain, sizeof(out));
            assert_false(crypto_gcm_open(&g, sealed, sizeof(sealed), out, tag));
            assert_memory_equal(out, zeros, sizeof(out));
            parts[i].p[at] ^= (uint8_t)(1u << at % 8);
        }
    assert_true(crypto_gcm_open(&g, sealed, sizeof(sealed), out, tag));
    assert_memory_equal(out, plain, sizeof(out));
    assert_false(crypto_gcm_open(&g, sealed, sizeof(sealed) - 1, out, tag));
}

static void test_gcm_of_a_whole_page(void **state)
{
    const size_t size = 64 * KiB;
    uint8_t key[16], iv[12], tag[16], *page = malloc(size), *out = malloc(size);
    const struct crypto_gcm g = {.key = key, .key_len = 16, .iv = iv, .iv_len = 12};
    (void)state;
    crypto_random(key, sizeof(key));
    crypto_random(iv, sizeof(iv));
    crypto_random(page, size);
    crypto_gcm_seal(&g, page, size, out, tag);
    assert_memory_not_equal(page, out, size);
    assert_true(crypto_gcm_open(&g, out, size, out, tag));
    assert_memory_equal(page, out, size);
    free(page);
    free(out);
}

/* ---- the rest ---- */

static void test_wipe_equal_random(void **state)
{
    uint8_t a[64] = {0}, b[64] = {0}, zeros[64] = {0};
    (void)state;
    crypto_random(a, sizeof(a));
    crypto_random(b, sizeof(b));
    assert_memory_not_equal(a, zeros, sizeof(a));
    assert_false(crypto_equal(a, b, sizeof(a)));
    assert_true(crypto_equal(a, b, 0));
    memcpy(b, a, sizeof(a));
    assert_true(crypto_equal(a, b, sizeof(a)));
    crypto_wipe(a, sizeof(a));
    assert_memory_equal(a, zeros, sizeof(a));
}

static void test_rsa_pem_is_read_back(void **state)
{
    static const size_t sizes[] = {128, 256, 512};
    char pem[RSA_PEM_MAX];
    uint8_t modulus[513];
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        size_t len = sizes[i];
        crypto_random(modulus, len);
        modulus[0] |= 0x80;
        modulus[len - 1] |= 1;
        size_t size = crypto_rsa_pem(modulus, len, 65537, pem);
        assert_int_equal(size, strlen(pem));
        assert_int_equal(strncmp(pem, "-----BEGIN PUBLIC KEY-----\n", 27), 0);
        assert_int_equal(pem[size - 1], '\n');
        BIO *bio = BIO_new_mem_buf(pem, (int)size);
        EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
        assert_non_null(key);
        assert_int_equal(EVP_PKEY_get_bits(key), 8 * len);
        EVP_PKEY_free(key);
        BIO_free(bio);
    }
    assert_int_equal(crypto_rsa_pem(modulus, 0, 65537, pem), 0);
    assert_int_equal(crypto_rsa_pem(modulus, 513, 65537, pem), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha2_vectors),
        cmocka_unit_test(test_sha512_of_the_rtas_text),
        cmocka_unit_test(test_digest_in_pieces_is_the_digest),
        cmocka_unit_test(test_hmac_vectors),
        cmocka_unit_test(test_cfb_vectors),
        cmocka_unit_test(test_gcm_vectors),
        cmocka_unit_test(test_gcm_agrees_with_the_reference),
        cmocka_unit_test(test_gcm_refuses_every_alteration),
        cmocka_unit_test(test_gcm_of_a_whole_page),
        cmocka_unit_test(test_wipe_equal_random),
        cmocka_unit_test(test_rsa_pem_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
