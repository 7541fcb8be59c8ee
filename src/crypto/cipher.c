// SPDX-License-Identifier: Apache-2.0
/* AES: CFB for TPM sessions, GCM for pages and blobs. */
#include "crypto/crypto_internal.h"

#include <openssl/evp.h>

#include <assert.h>
#include <limits.h>

static EVP_CIPHER_CTX *new_cipher(void)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    crypto_must(ctx, "cipher");
    return ctx;
}

static void aes128_cfb(const uint8_t *key, const uint8_t *iv, void *p, size_t len, int encrypt)
{
    EVP_CIPHER_CTX *ctx = new_cipher();
    int n;
    assert(len <= INT_MAX);
    crypto_must(EVP_CipherInit_ex(ctx, EVP_aes_128_cfb128(), NULL, key, iv, encrypt) &&
                    EVP_CipherUpdate(ctx, p, &n, p, (int)len) && (size_t)n == len,
                "AES-CFB");
    EVP_CIPHER_CTX_free(ctx);
}

void crypto_aes128_cfb_encrypt(const uint8_t key[16], const uint8_t iv[AES_BLOCK], void *p,
                               size_t len)
{
    aes128_cfb(key, iv, p, len, 1);
}

void crypto_aes128_cfb_decrypt(const uint8_t key[16], const uint8_t iv[AES_BLOCK], void *p,
                               size_t len)
{
    aes128_cfb(key, iv, p, len, 0);
}

/* Key, nonce and additional data: what sealing and opening begin with. */
static EVP_CIPHER_CTX *gcm_begin(const struct crypto_gcm *g, size_t len, int encrypt)
{
    EVP_CIPHER_CTX *ctx = new_cipher();
    const EVP_CIPHER *aes = g->key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    int n;
    assert(g->key_len == 16 || g->key_len == 32);
    assert(g->iv_len == 12 || g->iv_len == 16);
    assert(len <= INT_MAX && g->aad_len <= INT_MAX);
    crypto_must(EVP_CipherInit_ex(ctx, aes, NULL, NULL, NULL, encrypt) &&
                    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)g->iv_len, NULL) &&
                    EVP_CipherInit_ex(ctx, NULL, NULL, g->key, g->iv, encrypt) &&
                    (!g->aad_len || EVP_CipherUpdate(ctx, NULL, &n, g->aad, (int)g->aad_len)),
                "AES-GCM");
    return ctx;
}

void crypto_gcm_seal(const struct crypto_gcm *g, const void *in, size_t len, void *out,
                     uint8_t tag[GCM_TAG_LEN])
{
    EVP_CIPHER_CTX *ctx = gcm_begin(g, len, 1);
    uint8_t rest[AES_BLOCK];
    int n;
    crypto_must((!len || EVP_CipherUpdate(ctx, out, &n, in, (int)len)) &&
                    EVP_CipherFinal_ex(ctx, rest, &n) &&
                    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, tag),
                "AES-GCM");
    EVP_CIPHER_CTX_free(ctx);
}

bool crypto_gcm_open(const struct crypto_gcm *g, const void *in, size_t len, void *out,
                     const uint8_t tag[GCM_TAG_LEN])
{
    EVP_CIPHER_CTX *ctx = gcm_begin(g, len, 0);
    uint8_t rest[AES_BLOCK], expected[GCM_TAG_LEN];
    int n;
    memcpy(expected, tag, sizeof(expected));
    crypto_must((!len || EVP_CipherUpdate(ctx, out, &n, in, (int)len)) &&
                    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, expected),
                "AES-GCM");
    bool genuine = EVP_CipherFinal_ex(ctx, rest, &n) > 0;
    EVP_CIPHER_CTX_free(ctx);
    if (!genuine && len)
        crypto_wipe(out, len);
    return genuine;
}
