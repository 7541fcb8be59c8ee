// SPDX-License-Identifier: Apache-2.0
/* Digests, HMAC, random bytes and the care of secrets. */
#include "crypto/crypto_internal.h"
#include "pefemu/err.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void crypto_must(bool ok, const char *what)
{
    if (ok)
        return;
    pef_complain("%s: libcrypto failed; is the host out of memory?", what);
    exit(EXIT_PEF_HOST);
}

/* OPENSSL_cleanse() takes three times as long for the 64 KiB of a page. */
void crypto_wipe(void *p, size_t len)
{
    if (len)
        explicit_bzero(p, len);
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void crypto_random(void *p, size_t len)
{
    uint8_t *at = p;
    while (len) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        crypto_must(n > 0, "random bytes");
        at += n;
        len -= (size_t)n;
    }
}

void crypto_sha256(const void *p, size_t len, uint8_t out[SHA256_LEN])
{
    crypto_must(EVP_Digest(p, len, out, NULL, EVP_sha256(), NULL), "SHA-256");
}

void crypto_sha512(const void *p, size_t len, uint8_t out[SHA512_LEN])
{
    crypto_must(EVP_Digest(p, len, out, NULL, EVP_sha512(), NULL), "SHA-512");
}

void crypto_hash_begin(struct crypto_hash *h, enum crypto_digest which)
{
    h->ctx = EVP_MD_CTX_new();
    crypto_must(h->ctx && EVP_DigestInit_ex(
                              h->ctx, which == CRYPTO_SHA256 ? EVP_sha256() : EVP_sha512(), NULL),
                "digest");
}

void crypto_hash_add(struct crypto_hash *h, const void *p, size_t len)
{
    crypto_must(EVP_DigestUpdate(h->ctx, p, len), "digest");
}

void crypto_hash_end(struct crypto_hash *h, uint8_t *out)
{
    if (out)
        crypto_must(EVP_DigestFinal_ex(h->ctx, out, NULL), "digest");
    EVP_MD_CTX_free(h->ctx);
    h->ctx = NULL;
}

void crypto_hmac_sha256(const void *key, size_t key_len, const void *p, size_t len,
                        uint8_t out[SHA256_LEN])
{
    /* libcrypto takes a NULL key for "the key of last time". */
    crypto_must(HMAC(EVP_sha256(), key ? key : "", (int)key_len, p, len, out, NULL), "HMAC");
}
