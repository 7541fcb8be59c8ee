/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passphrases on secret keys: PKCS#8 with PBES2, as openssl and python write it.
 *
 *   EncryptedPrivateKeyInfo ::= SEQ { SEQ { OID pbes2, SEQ { kdf, cipher } }, OCTET STRING }
 *   kdf    ::= SEQ { OID pbkdf2, SEQ { salt, iterations, [key length], [SEQ { OID prf, NULL }] } }
 *   cipher ::= SEQ { OID, OCTET STRING iv }
 *
 * mbedtls 2.28 reads only DES in this place, and writes nothing.
 */
#include "pkcs8.h"

#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/cipher.h>
#include <mbedtls/pkcs5.h>
#include <stdlib.h>

#define ITERATIONS     600000 /* of the keys that we write */
#define ITERATIONS_MAX 50000000
#define BLOCK_MAX      16

#define OID(s)     s, sizeof(s) - 1
#define OID_RSA    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
#define OID_PBES2  "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"
#define OID_PBKDF2 "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
#define OID_HMAC   "\x2a\x86\x48\x86\xf7\x0d\x02" /* and the hash's number */
#define OID_AES    "\x60\x86\x48\x01\x65\x03\x04\x01"

static const struct cipher_row {
    const char *oid;
    size_t oid_len;
    mbedtls_cipher_type_t type;
} ciphers[] = {
    {OID(OID_AES "\x2a"), MBEDTLS_CIPHER_AES_256_CBC},
    {OID(OID_AES "\x16"), MBEDTLS_CIPHER_AES_192_CBC},
    {OID(OID_AES "\x02"), MBEDTLS_CIPHER_AES_128_CBC},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x03\x07"), MBEDTLS_CIPHER_DES_EDE3_CBC},
};

static const struct prf_row {
    const char *oid;
    size_t oid_len;
    mbedtls_md_type_t md;
} prfs[] = {
    {OID(OID_HMAC "\x09"), MBEDTLS_MD_SHA256}, {OID(OID_HMAC "\x07"), MBEDTLS_MD_SHA1},
    {OID(OID_HMAC "\x08"), MBEDTLS_MD_SHA224}, {OID(OID_HMAC "\x0a"), MBEDTLS_MD_SHA384},
    {OID(OID_HMAC "\x0b"), MBEDTLS_MD_SHA512},
};

struct scheme {
    const uint8_t *salt, *iv, *data;
    size_t salt_len, data_len;
    unsigned iterations;
    mbedtls_md_type_t md;
    const mbedtls_cipher_info_t *cipher;
};

/* ---- parsing: each function leaves *p behind what it read ---- */

static bool sequence(uint8_t **p, const uint8_t *end, uint8_t **inner_end)
{
    size_t n;
    if (mbedtls_asn1_get_tag(p, end, &n, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE))
        return false;
    *inner_end = *p + n;
    return true;
}

static bool octets(uint8_t **p, const uint8_t *end, const uint8_t **at, size_t *n)
{
    if (mbedtls_asn1_get_tag(p, end, n, MBEDTLS_ASN1_OCTET_STRING))
        return false;
    *at = *p;
    *p += *n;
    return true;
}

static bool oid(uint8_t **p, const uint8_t *end, const uint8_t **at, size_t *n)
{
    if (mbedtls_asn1_get_tag(p, end, n, MBEDTLS_ASN1_OID))
        return false;
    *at = *p;
    *p += *n;
    return true;
}

static bool is(const uint8_t *at, size_t n, const char *want, size_t len)
{
    return n == len && !memcmp(at, want, n);
}

/* The part of an AlgorithmIdentifier for the random function; without one it is HMAC-SHA1. */
static enum esm_err parse_prf(uint8_t *p, const uint8_t *end, struct scheme *s)
{
    const uint8_t *at;
    uint8_t *inner;
    size_t n;
    s->md = MBEDTLS_MD_SHA1;
    if (p == end)
        return ESM_OK;
    if (!sequence(&p, end, &inner) || !oid(&p, inner, &at, &n))
        return ESM_KEY;
    for (unsigned i = 0; i < ARRAY_SIZE(prfs); i++)
        if (is(at, n, prfs[i].oid, prfs[i].oid_len)) {
            s->md = prfs[i].md;
            return ESM_OK;
        }
    return ESM_ALGORITHM;
}

static enum esm_err parse_kdf(uint8_t **p, const uint8_t *end, struct scheme *s)
{
    const uint8_t *at;
    uint8_t *kdf, *params;
    size_t n;
    int iterations, key_len;
    if (!sequence(p, end, &kdf) || !oid(p, kdf, &at, &n))
        return ESM_KEY;
    if (!is(at, n, OID(OID_PBKDF2)))
        return ESM_ALGORITHM;
    if (!sequence(p, kdf, &params) || !octets(p, params, &s->salt, &s->salt_len) ||
        mbedtls_asn1_get_int(p, params, &iterations) || iterations < 1 ||
        iterations > ITERATIONS_MAX)
        return ESM_KEY;
    s->iterations = (unsigned)iterations;
    if (*p < params && **p == MBEDTLS_ASN1_INTEGER && mbedtls_asn1_get_int(p, params, &key_len))
        return ESM_KEY;
    enum esm_err err = parse_prf(*p, params, s);
    *p = kdf;
    return err;
}

static enum esm_err parse_cipher(uint8_t **p, const uint8_t *end, struct scheme *s)
{
    const uint8_t *at;
    uint8_t *inner;
    size_t n;
    if (!sequence(p, end, &inner) || !oid(p, inner, &at, &n))
        return ESM_KEY;
    for (unsigned i = 0; i < ARRAY_SIZE(ciphers); i++)
        if (is(at, n, ciphers[i].oid, ciphers[i].oid_len))
            s->cipher = mbedtls_cipher_info_from_type(ciphers[i].type);
    if (!s->cipher)
        return ESM_ALGORITHM;
    return octets(p, inner, &s->iv, &n) && n == s->cipher->iv_size ? ESM_OK : ESM_KEY;
}

static enum esm_err parse(uint8_t *p, size_t len, struct scheme *s)
{
    const uint8_t *end = p + len, *at;
    uint8_t *whole, *algorithm, *params;
    size_t n;
    *s = (struct scheme){0};
    if (!sequence(&p, end, &whole) || !sequence(&p, whole, &algorithm) ||
        !oid(&p, algorithm, &at, &n))
        return ESM_KEY;
    if (!is(at, n, OID(OID_PBES2)))
        return ESM_ALGORITHM;
    if (!sequence(&p, algorithm, &params))
        return ESM_KEY;
    enum esm_err err = parse_kdf(&p, params, s);
    if (!err)
        err = parse_cipher(&p, params, s);
    if (err)
        return err;
    p = algorithm;
    return octets(&p, whole, &s->data, &s->data_len) && s->data_len ? ESM_OK : ESM_KEY;
}

/* ---- the cipher ---- */

static bool derive(const struct scheme *s, const char *pass, size_t pass_len, uint8_t key[32])
{
    mbedtls_md_context_t md;
    mbedtls_md_init(&md);
    bool ok = !mbedtls_md_setup(&md, mbedtls_md_info_from_type(s->md), 1) &&
              !mbedtls_pkcs5_pbkdf2_hmac(&md, (const uint8_t *)pass, pass_len, s->salt, s->salt_len,
                                         s->iterations, s->cipher->key_bitlen / 8, key);
    mbedtls_md_free(&md);
    return ok;
}

/* CBC with PKCS#7 padding; @out has room for one more block than @len. */
static bool crypt(const struct scheme *s, mbedtls_operation_t way, const char *pass,
                  size_t pass_len, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    mbedtls_cipher_context_t c;
    uint8_t key[32];
    mbedtls_cipher_init(&c);
    bool ok = derive(s, pass, pass_len, key) && !mbedtls_cipher_setup(&c, s->cipher) &&
              !mbedtls_cipher_setkey(&c, key, (int)s->cipher->key_bitlen, way) &&
              !mbedtls_cipher_set_padding_mode(&c, MBEDTLS_PADDING_PKCS7) &&
              !mbedtls_cipher_crypt(&c, s->iv, s->cipher->iv_size, in, len, out, out_len);
    mbedtls_cipher_free(&c);
    esm_wipe(key, sizeof(key));
    return ok;
}

enum esm_err pkcs8_decrypt(const uint8_t *der, size_t len, const char *pass, size_t pass_len,
                           uint8_t *out, size_t *out_len, struct esm_error *e)
{
    struct scheme s;
    uint8_t *copy = malloc(len + BLOCK_MAX); /* mbedtls parses through pointers to non-const */
    enum esm_err err;
    if (!copy)
        return esm_fail(e, ESM_NO_MEMORY, "secret key", NULL);
    memcpy(copy, der, len);
    err = parse(copy, len, &s);
    if (err == ESM_ALGORITHM)
        esm_fail(e, err, "secret key",
                 "encrypted in a way that is not known; convert it with openssl pkcs8 -topk8");
    else if (err)
        esm_fail(e, err, "secret key", "damaged");
    else if (s.data_len % s.cipher->block_size ||
             !crypt(&s, MBEDTLS_DECRYPT, pass, pass_len, s.data, s.data_len, out, out_len))
        err = esm_fail(e, ESM_PASSPHRASE_WRONG, "secret key", NULL);
    free(copy);
    return err;
}

/* ---- writing: backwards, as mbedtls does ---- */

struct writer {
    uint8_t *p, *start;
    size_t len; /* written so far */
    bool full;
};

static void wrote(struct writer *w, int n)
{
    if (n < 0)
        w->full = true;
    else
        w->len += (size_t)n;
}

static void wrap(struct writer *w, size_t from, unsigned char tag)
{
    if (!w->full)
        wrote(w, mbedtls_asn1_write_len(&w->p, w->start, w->len - from));
    if (!w->full)
        wrote(w, mbedtls_asn1_write_tag(&w->p, w->start, tag));
}

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define WRITE(w, kind, ...)                                                                        \
    do {                                                                                           \
        if (!(w)->full)                                                                            \
            wrote((w), mbedtls_asn1_write_##kind(&(w)->p, (w)->start, __VA_ARGS__));               \
    } while (0)

/* PrivateKeyInfo ::= SEQ { 0, SEQ { OID rsaEncryption, NULL }, OCTET STRING RSAPrivateKey } */
static size_t write_plain(struct writer *w, const uint8_t *pkcs1, size_t len)
{
    WRITE(w, octet_string, pkcs1, len);
    WRITE(w, algorithm_identifier, OID(OID_RSA), 0);
    WRITE(w, int, 0);
    wrap(w, 0, SEQUENCE);
    return w->full ? 0 : w->len;
}

static size_t write_encrypted(struct writer *w, const struct scheme *s)
{
    WRITE(w, octet_string, s->data, s->data_len);
    size_t algorithm = w->len;
    WRITE(w, octet_string, s->iv, s->cipher->iv_size);
    WRITE(w, oid, ciphers[0].oid, ciphers[0].oid_len);
    wrap(w, algorithm, SEQUENCE);
    size_t kdf = w->len;
    WRITE(w, algorithm_identifier, prfs[0].oid, prfs[0].oid_len, 0);
    WRITE(w, int, ITERATIONS);
    WRITE(w, octet_string, s->salt, s->salt_len);
    wrap(w, kdf, SEQUENCE);
    WRITE(w, oid, OID(OID_PBKDF2));
    wrap(w, kdf, SEQUENCE);
    wrap(w, algorithm, SEQUENCE);
    WRITE(w, oid, OID(OID_PBES2));
    wrap(w, algorithm, SEQUENCE);
    wrap(w, 0, SEQUENCE);
    return w->full ? 0 : w->len;
}

/* PrivateKeyInfo at the end of @plain, encrypted at the start of @data; both have @size bytes and
 * @data a block more. */
static bool encrypt(struct scheme *s, const uint8_t *pkcs1, size_t len, const char *pass,
                    size_t pass_len, uint8_t *plain, uint8_t *data, size_t size)
{
    struct writer w = {plain + size, plain, 0, false};
    size_t n = write_plain(&w, pkcs1, len);
    s->data = data;
    return n && crypt(s, MBEDTLS_ENCRYPT, pass, pass_len, w.p, n, data, &s->data_len);
}

size_t pkcs8_encrypt(const uint8_t *pkcs1, size_t len, const char *pass, size_t pass_len,
                     uint8_t *buf, size_t room)
{
    uint8_t salt[16], iv[BLOCK_MAX];
    const size_t size = len + 64; /* PrivateKeyInfo around it */
    uint8_t *plain = malloc(size), *data = malloc(size + BLOCK_MAX);
    struct scheme s = {.salt = salt,
                       .salt_len = sizeof(salt),
                       .iv = iv,
                       .iterations = ITERATIONS,
                       .md = prfs[0].md,
                       .cipher = mbedtls_cipher_info_from_type(ciphers[0].type)};
    struct writer w = {buf + room, buf, 0, false};
    size_t n = 0;
    if (plain && data && esm_random(salt, sizeof(salt)) && esm_random(iv, sizeof(iv)) &&
        encrypt(&s, pkcs1, len, pass, pass_len, plain, data, size))
        n = write_encrypted(&w, &s);
    if (plain)
        esm_wipe(plain, size);
    free(plain);
    free(data);
    return n;
}
