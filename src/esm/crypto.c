/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, the symmetric cipher, random bytes, and forgetting. */
#include "esm_internal.h"

#include <errno.h>
#include <mbedtls/entropy.h>
#include <mbedtls/gcm.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <stdlib.h>
#include <sys/random.h>

void esm_wipe(void *p, size_t len)
{
    mbedtls_platform_zeroize(p, len);
}

bool esm_random(void *p, size_t len)
{
    for (uint8_t *at = p; len;) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

int esm_mbedtls_random(void *unused, unsigned char *p, size_t len)
{
    (void)unused;
    return esm_random(p, len) ? 0 : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}

/* These fail only when a hardware accelerator does; there is none. */
static void must(int result)
{
    if (result)
        abort();
}

void esm_fingerprint(const void *pem, size_t len, uint8_t out[32])
{
    must(mbedtls_sha256_ret(pem, len, out, 0));
}

void esm_sha512(const struct esm_span *spans, size_t count, uint8_t out[64])
{
    mbedtls_sha512_context c;
    mbedtls_sha512_init(&c);
    must(mbedtls_sha512_starts_ret(&c, 0));
    for (size_t i = 0; i < count; i++)
        must(mbedtls_sha512_update_ret(&c, spans[i].p, spans[i].len));
    must(mbedtls_sha512_finish_ret(&c, out));
    mbedtls_sha512_free(&c);
}

bool esm_gcm_open(const struct esm_key *key, const uint8_t iv[ESM_IV_SIZE],
                  const uint8_t mac[ESM_MAC_SIZE], const void *in, size_t len, void *out)
{
    mbedtls_gcm_context c;
    mbedtls_gcm_init(&c);
    int bad = mbedtls_gcm_setkey(&c, MBEDTLS_CIPHER_ID_AES, key->byte, 8 * sizeof(key->byte));
    if (!bad)
        bad =
            mbedtls_gcm_auth_decrypt(&c, len, iv, ESM_IV_SIZE, NULL, 0, mac, ESM_MAC_SIZE, in, out);
    mbedtls_gcm_free(&c);
    if (bad)
        esm_wipe(out, len);
    return !bad;
}

bool esm_gcm_seal(const struct esm_key *key, const uint8_t iv[ESM_IV_SIZE],
                  uint8_t mac[ESM_MAC_SIZE], const void *in, size_t len, void *out)
{
    mbedtls_gcm_context c;
    mbedtls_gcm_init(&c);
    int bad = mbedtls_gcm_setkey(&c, MBEDTLS_CIPHER_ID_AES, key->byte, 8 * sizeof(key->byte));
    if (!bad)
        bad = mbedtls_gcm_crypt_and_tag(&c, MBEDTLS_GCM_ENCRYPT, len, iv, ESM_IV_SIZE, NULL, 0, in,
                                        out, ESM_MAC_SIZE, mac);
    mbedtls_gcm_free(&c);
    return !bad;
}

enum esm_err esm_unseal(const struct esm_sealed *s, const struct esm_key *key, void *out,
                        struct esm_error *e)
{
    if (!esm_gcm_open(key, s->iv, s->mac, s->ciphertext, s->len, out))
        return esm_fail(e, ESM_AUTHENTICITY, "ciphertext", NULL);
    return ESM_OK;
}
