/* SPDX-License-Identifier: Apache-2.0 */
/* RSA keys in PEM files; wrapping and unwrapping the symmetric key. */
#include "pefemu/esmkey.h"
#include "esm_internal.h"
#include "pkcs8.h"

#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <stdlib.h>

#define RSA_BITS_MAX (8 * ESM_WRAPPED_MAX)

struct esm_rsa {
    mbedtls_pk_context pk;
};

static struct esm_rsa *rsa_new(void)
{
    struct esm_rsa *key = calloc(1, sizeof(*key));
    if (key)
        mbedtls_pk_init(&key->pk);
    return key;
}

void esm_rsa_free(struct esm_rsa *key)
{
    if (!key)
        return;
    mbedtls_pk_free(&key->pk); /* wipes */
    free(key);
}

static mbedtls_rsa_context *rsa(const struct esm_rsa *key)
{
    return mbedtls_pk_rsa(key->pk);
}

/* What every key must be before anyone uses it; sets the padding. */
static enum esm_err finish(struct esm_rsa *key, bool secret, const char *what, struct esm_error *e)
{
    if (mbedtls_pk_get_type(&key->pk) != MBEDTLS_PK_RSA)
        return esm_fail(e, ESM_KEY, what, "not an RSA key");
    size_t bits = mbedtls_pk_get_bitlen(&key->pk);
    if (bits < ESM_RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8)
        return esm_fail(e, ESM_KEY, what, "an RSA key of %zu bits, not %d to %d", bits,
                        ESM_RSA_BITS_MIN, RSA_BITS_MAX);
    if (secret ? mbedtls_rsa_check_privkey(rsa(key)) : mbedtls_rsa_check_pubkey(rsa(key)))
        return esm_fail(e, ESM_KEY, what, "an RSA key whose parts do not fit together");
    mbedtls_rsa_set_padding(rsa(key), MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
    return ESM_OK;
}

static bool has(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

/* ---- from PEM ---- */

static enum esm_err parse_public(struct esm_rsa *key, const char *text, size_t len,
                                 struct esm_error *e)
{
    if (has(text, "PRIVATE KEY-----"))
        return esm_fail(e, ESM_KEY, "public key", "it is a secret key");
    if (!has(text, "-----BEGIN ") ||
        mbedtls_pk_parse_public_key(&key->pk, (const uint8_t *)text, len + 1))
        return esm_fail(e, ESM_KEY, "public key", NULL);
    return finish(key, false, "public key", e);
}

/* PKCS#8 under a passphrase. */
static enum esm_err parse_encrypted(struct esm_rsa *key, const char *text, const char *pass,
                                    size_t pass_len, struct esm_error *e)
{
    mbedtls_pem_context pem;
    size_t used, n = 0;
    uint8_t *plain = NULL;
    enum esm_err err = ESM_OK;
    mbedtls_pem_init(&pem);
    if (mbedtls_pem_read_buffer(&pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----",
                                "-----END ENCRYPTED PRIVATE KEY-----", (const uint8_t *)text, NULL,
                                0, &used))
        err = esm_fail(e, ESM_KEY, "secret key", "damaged");
    else if (!(plain = calloc(1, pem.buflen + 16)))
        err = esm_fail(e, ESM_NO_MEMORY, "secret key", NULL);
    else
        err = pkcs8_decrypt(pem.buf, pem.buflen, pass, pass_len, plain, &n, e);
    if (!err && mbedtls_pk_parse_key(&key->pk, plain, n, NULL, 0))
        err = esm_fail(e, ESM_PASSPHRASE_WRONG, "secret key", NULL);
    if (plain)
        esm_wipe(plain, pem.buflen + 16);
    free(plain);
    mbedtls_pem_free(&pem);
    return err;
}

static enum esm_err parse_secret(struct esm_rsa *key, const char *text, size_t len,
                                 const char *pass, size_t pass_len, struct esm_error *e)
{
    bool pkcs8 = has(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
    if (!has(text, "PRIVATE KEY-----"))
        return esm_fail(e, ESM_KEY, "secret key",
                        has(text, "PUBLIC KEY-----") ? "it is a public key"
                                                     : "not an RSA key in PEM form");
    if (!pass && (pkcs8 || has(text, "Proc-Type: 4,ENCRYPTED")))
        return esm_fail(e, ESM_PASSPHRASE_NEEDED, "secret key", NULL);
    if (pkcs8) {
        enum esm_err err = parse_encrypted(key, text, pass, pass_len, e);
        return err ? err : finish(key, true, "secret key", e);
    }
    switch (mbedtls_pk_parse_key(&key->pk, (const uint8_t *)text, len + 1, (const uint8_t *)pass,
                                 pass ? pass_len : 0)) {
    case 0:
        return finish(key, true, "secret key", e);
    case MBEDTLS_ERR_PK_PASSWORD_REQUIRED: /* an empty passphrase */
    case MBEDTLS_ERR_PK_PASSWORD_MISMATCH:
        return esm_fail(e, ESM_PASSPHRASE_WRONG, "secret key", NULL);
    default:
        return esm_fail(e, ESM_KEY, "secret key", NULL);
    }
}

/* A key from @pem, which mbedtls wants with a NUL behind it. */
static enum esm_err from_pem(struct esm_rsa **key, const void *pem, size_t len, bool secret,
                             const char *pass, size_t pass_len, struct esm_error *e)
{
    const char *what = secret ? "secret key" : "public key";
    enum esm_err err;
    *key = NULL;
    if (len > ESM_PEM_MAX)
        return esm_fail(e, ESM_TOO_LARGE, what, "%zu bytes, at most %d are allowed", len,
                        ESM_PEM_MAX);
    struct esm_rsa *made = rsa_new();
    char *text = calloc(1, len + 1);
    if (!made || !text) {
        err = esm_fail(e, ESM_NO_MEMORY, what, NULL);
    } else {
        memcpy(text, pem, len);
        err = secret ? parse_secret(made, text, len, pass, pass_len, e)
                     : parse_public(made, text, len, e);
        esm_wipe(text, len);
    }
    free(text);
    if (err)
        esm_rsa_free(made);
    else
        *key = made;
    return err;
}

enum esm_err esm_rsa_public(struct esm_rsa **key, const void *pem, size_t len, struct esm_error *e)
{
    return from_pem(key, pem, len, false, NULL, 0, e);
}

enum esm_err esm_rsa_secret(struct esm_rsa **key, const void *pem, size_t len, const char *pass,
                            size_t pass_len, struct esm_error *e)
{
    return from_pem(key, pem, len, true, pass, pass_len, e);
}

/* ---- from numbers ---- */

/* An empty RSA key to fill; NULL without memory. */
static struct esm_rsa *rsa_empty(void)
{
    struct esm_rsa *key = rsa_new();
    if (key && mbedtls_pk_setup(&key->pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA))) {
        esm_rsa_free(key);
        return NULL;
    }
    return key;
}

enum esm_err esm_rsa_modulus(struct esm_rsa **key, const uint8_t *n, size_t len, uint32_t exponent,
                             struct esm_error *e)
{
    uint8_t be[4];
    enum esm_err err;
    struct esm_rsa *made = rsa_empty();
    *key = NULL;
    if (!made)
        return esm_fail(e, ESM_NO_MEMORY, "public key", NULL);
    put_be32(be, exponent ? exponent : 65537);
    if (len > ESM_WRAPPED_MAX ||
        mbedtls_rsa_import_raw(rsa(made), n, len, NULL, 0, NULL, 0, NULL, 0, be, sizeof(be)) ||
        mbedtls_rsa_complete(rsa(made)))
        err = esm_fail(e, ESM_KEY, "public key", "not an RSA modulus");
    else
        err = finish(made, false, "public key", e);
    if (err)
        esm_rsa_free(made);
    else
        *key = made;
    return err;
}

enum esm_err esm_rsa_generate(struct esm_rsa **key, unsigned bits, struct esm_error *e)
{
    struct esm_rsa *made = rsa_empty();
    enum esm_err err;
    *key = NULL;
    if (!made)
        return esm_fail(e, ESM_NO_MEMORY, "secret key", NULL);
    if (mbedtls_rsa_gen_key(rsa(made), esm_mbedtls_random, NULL, bits, 65537))
        err = esm_fail(e, ESM_RANDOM, "secret key", "could not be generated");
    else
        err = finish(made, true, "secret key", e);
    if (err)
        esm_rsa_free(made);
    else
        *key = made;
    return err;
}

/* ---- to PEM ---- */

enum esm_err esm_rsa_public_pem(const struct esm_rsa *key, char pem[ESM_PEM_MAX], size_t *len,
                                struct esm_error *e)
{
    mbedtls_pk_context pk = key->pk; /* mbedtls takes it non-const, and does not change it */
    if (mbedtls_pk_write_pubkey_pem(&pk, (uint8_t *)pem, ESM_PEM_MAX))
        return esm_fail(e, ESM_TOO_LARGE, "public key", NULL);
    *len = strlen(pem);
    return ESM_OK;
}

static enum esm_err encrypted_pem(const struct esm_rsa *key, const char *pass, size_t pass_len,
                                  char *pem, struct esm_error *e)
{
    mbedtls_pk_context pk = key->pk;
    uint8_t pkcs1[ESM_PEM_MAX / 2], der[ESM_PEM_MAX / 2];
    size_t n = 0, used;
    int plain = mbedtls_pk_write_key_der(&pk, pkcs1, sizeof(pkcs1)); /* at the end */
    if (plain > 0)
        n = pkcs8_encrypt(pkcs1 + sizeof(pkcs1) - plain, (size_t)plain, pass, pass_len, der,
                          sizeof(der));
    esm_wipe(pkcs1, sizeof(pkcs1));
    if (!n ||
        mbedtls_pem_write_buffer("-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
                                 "-----END ENCRYPTED PRIVATE KEY-----\n", der + sizeof(der) - n, n,
                                 (uint8_t *)pem, ESM_PEM_MAX, &used))
        return esm_fail(e, ESM_TOO_LARGE, "secret key", "could not be encrypted");
    return ESM_OK;
}

enum esm_err esm_rsa_secret_pem(const struct esm_rsa *key, const char *pass, size_t pass_len,
                                char pem[ESM_PEM_MAX], size_t *len, struct esm_error *e)
{
    mbedtls_pk_context pk = key->pk;
    enum esm_err err = ESM_OK;
    if (pass && pass_len)
        err = encrypted_pem(key, pass, pass_len, pem, e);
    else if (mbedtls_pk_write_key_pem(&pk, (uint8_t *)pem, ESM_PEM_MAX))
        err = esm_fail(e, ESM_TOO_LARGE, "secret key", NULL);
    *len = err ? 0 : strlen(pem);
    return err;
}

enum esm_err esm_rsa_fingerprint(const struct esm_rsa *key, uint8_t out[32], struct esm_error *e)
{
    char pem[ESM_PEM_MAX];
    size_t len = 0;
    enum esm_err err = esm_rsa_public_pem(key, pem, &len, e);
    if (!err)
        esm_fingerprint(pem, len, out);
    return err;
}

/* ---- use ---- */

size_t esm_rsa_size(const struct esm_rsa *key)
{
    return mbedtls_pk_get_len(&key->pk);
}

bool esm_rsa_same(const struct esm_rsa *a, const struct esm_rsa *b)
{
    return !mbedtls_mpi_cmp_mpi(&rsa(a)->N, &rsa(b)->N) &&
           !mbedtls_mpi_cmp_mpi(&rsa(a)->E, &rsa(b)->E);
}

enum esm_err esm_rsa_wrap(struct esm_rsa *key, const struct esm_key *symkey, uint8_t *out,
                          struct esm_error *e)
{
    if (mbedtls_rsa_rsaes_oaep_encrypt(rsa(key), esm_mbedtls_random, NULL, MBEDTLS_RSA_PUBLIC, NULL,
                                       0, sizeof(symkey->byte), symkey->byte, out))
        return esm_fail(e, ESM_RANDOM, "encrypted-symkey", NULL);
    return ESM_OK;
}

enum esm_err esm_rsa_unwrap(struct esm_rsa *key, const uint8_t *in, size_t len,
                            struct esm_key *symkey, struct esm_error *e)
{
    uint8_t plain[ESM_WRAPPED_MAX];
    size_t n = 0;
    bool ok =
        len == esm_rsa_size(key) &&
        !mbedtls_rsa_rsaes_oaep_decrypt(rsa(key), esm_mbedtls_random, NULL, MBEDTLS_RSA_PRIVATE,
                                        NULL, 0, &n, in, plain, sizeof(plain)) &&
        n == sizeof(symkey->byte);
    if (ok)
        memcpy(symkey->byte, plain, n);
    esm_wipe(plain, sizeof(plain));
    return ok ? ESM_OK : esm_fail(e, ESM_LOCKED, "encrypted-symkey", NULL);
}

enum esm_err esm_unlock(const struct esm_blob *b, struct esm_rsa *secret, struct esm_key *symkey,
                        struct esm_lockbox *box, struct esm_error *e)
{
    uint8_t fingerprint[32];
    struct esm_lockbox tried;
    enum esm_err err = esm_rsa_fingerprint(secret, fingerprint, e);
    if (err)
        return err;
    for (unsigned i = 0; esm_lockbox_try(b, fingerprint, i, &tried); i++) {
        if (esm_rsa_unwrap(secret, tried.wrapped, tried.wrapped_len, symkey, NULL))
            continue;
        if (box)
            *box = tried;
        return ESM_OK;
    }
    return esm_fail(e, ESM_LOCKED, "lockboxes", "none of them opens with this key");
}
