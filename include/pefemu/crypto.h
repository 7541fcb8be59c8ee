/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cryptography of ultravisor and TPM roles, in libcrypto's hands: digests, HMAC, AES and random
 * bytes. Nothing here depends on a machine or keeps state between calls. When libcrypto itself
 * fails (out of memory, a crippled provider) the process ends with one line and EXIT_PEF_HOST: no
 * caller could go on without a digest or a key.
 */
#ifndef PEFEMU_CRYPTO_H
#define PEFEMU_CRYPTO_H

#include "pefemu/types.h"

#define SHA256_LEN  32u
#define SHA512_LEN  64u
#define AES_BLOCK   16u
#define GCM_TAG_LEN 16u

/* ---- secrets ---- */
/** crypto_wipe - overwrite a secret; the compiler may not leave it out */
void crypto_wipe(void *p, size_t len);
/** crypto_equal - compare @len bytes in a time that does not depend on them */
bool crypto_equal(const void *a, const void *b, size_t len);
/** crypto_random - @len bytes from the kernel's generator; never from -seed */
void crypto_random(void *p, size_t len);

/* ---- digests (FIPS 180-4) ---- */
enum crypto_digest { CRYPTO_SHA256, CRYPTO_SHA512 };
void crypto_sha256(const void *p, size_t len, uint8_t out[SHA256_LEN]);
void crypto_sha512(const void *p, size_t len, uint8_t out[SHA512_LEN]);

/* A digest in pieces: begin, add any number of times, then end, which frees it. */
struct crypto_hash {
    void *ctx; /* owned between begin and end */
};
void crypto_hash_begin(struct crypto_hash *h, enum crypto_digest which);
void crypto_hash_add(struct crypto_hash *h, const void *p, size_t len);
/** crypto_hash_end - @out takes the digest, SHA256_LEN or SHA512_LEN bytes; NULL throws it away */
void crypto_hash_end(struct crypto_hash *h, uint8_t *out);

/** crypto_hmac_sha256 - RFC 2104 with SHA-256; an empty key is allowed */
void crypto_hmac_sha256(const void *key, size_t key_len, const void *p, size_t len,
                        uint8_t out[SHA256_LEN]);

/* ---- AES ---- */
/* AES-128 in 128-bit cipher feedback mode (SP 800-38A CFB128), @len bytes in place. */
void crypto_aes128_cfb_encrypt(const uint8_t key[16], const uint8_t iv[AES_BLOCK], void *p,
                               size_t len);
void crypto_aes128_cfb_decrypt(const uint8_t key[16], const uint8_t iv[AES_BLOCK], void *p,
                               size_t len);

/* Everything about a GCM message (SP 800-38D) but its text. */
struct crypto_gcm {
    const uint8_t *key;
    size_t key_len; /* 16 or 32 */
    const uint8_t *iv;
    size_t iv_len;      /* 12 or 16; the ESM blob's is 16, so its first counter block is a GHASH */
    const uint8_t *aad; /* NULL when aad_len is 0 */
    size_t aad_len;
};
/** crypto_gcm_seal - encrypt @len bytes of @in into @out (may be the same) and make the tag */
void crypto_gcm_seal(const struct crypto_gcm *g, const void *in, size_t len, void *out,
                     uint8_t tag[GCM_TAG_LEN]);
/**
 * crypto_gcm_open - decrypt @len bytes of @in into @out (may be the same) and check the tag
 * Returns false when key, nonce, text or tag are not those of a sealed message; @out is zero then.
 */
bool crypto_gcm_open(const struct crypto_gcm *g, const void *in, size_t len, void *out,
                     const uint8_t tag[GCM_TAG_LEN]);

/* ---- RSA public keys ---- */
#define RSA_PEM_MAX 1024u /* room for the PEM of a 4096-bit key */
/**
 * crypto_rsa_pem - a public key as SubjectPublicKeyInfo in PEM, final newline included
 * @modulus: big endian, at most 512 bytes; @out has RSA_PEM_MAX bytes and becomes a string
 * Returns the length without the terminating zero, 0 when it is no RSA key.
 */
size_t crypto_rsa_pem(const uint8_t *modulus, size_t len, uint32_t exponent, char *out);

#endif
