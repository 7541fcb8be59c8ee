/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA keys of blobs: owners' pairs and recipients' public keys, in PEM files as svm-tool, openssl
 * and tssreadpublic write them. RSA-OAEP with SHA-256 and an empty label wraps the symmetric key.
 * Secret parts are wiped when a key is freed. src/esm/rsa.c, src/esm/pkcs8.c (mbedtls)
 */
#ifndef PEFEMU_ESMKEY_H
#define PEFEMU_ESMKEY_H

#include "pefemu/esmblob.h"

struct esm_rsa; /* opaque */

#define ESM_RSA_BITS_MIN 2048
#define ESM_PEM_MAX      16384 /* bytes of a key file */

/**
 * esm_rsa_public - from "BEGIN PUBLIC KEY" or "BEGIN RSA PUBLIC KEY"
 * Returns ESM_OK or KEY: not that, a secret key, or a size outside 2048 to 8192 bits.
 */
enum esm_err esm_rsa_public(struct esm_rsa **key, const void *pem, size_t len, struct esm_error *e);
/**
 * esm_rsa_secret - from PKCS#1 (also with Proc-Type: 4,ENCRYPTED) or PKCS#8 (also PBES2)
 * @pass: passphrase; NULL: none is known
 * Returns ESM_OK, KEY, PASSPHRASE_NEEDED, PASSPHRASE_WRONG or ALGORITHM (how it is encrypted).
 */
enum esm_err esm_rsa_secret(struct esm_rsa **key, const void *pem, size_t len, const char *pass,
                            size_t pass_len, struct esm_error *e);
/* A TPM's key: big-endian modulus; the exponent 0 stands for 65537 as in TPM2B_PUBLIC. */
enum esm_err esm_rsa_modulus(struct esm_rsa **key, const uint8_t *n, size_t len, uint32_t exponent,
                             struct esm_error *e);
enum esm_err esm_rsa_generate(struct esm_rsa **key, unsigned bits, struct esm_error *e);
void esm_rsa_free(struct esm_rsa *key); /* NULL is fine */

/* Bytes of the modulus, hence of what esm_rsa_wrap() makes. */
size_t esm_rsa_size(const struct esm_rsa *key);
bool esm_rsa_same(const struct esm_rsa *a, const struct esm_rsa *b);

/* The key as files, NUL-terminated; *len without the NUL. The public one is SubjectPublicKeyInfo;
 * its SHA-256 is the fingerprint. The secret one is PKCS#1 without a passphrase, else PKCS#8 with
 * PBES2 (PBKDF2-HMAC-SHA256, AES-256-CBC). */
enum esm_err esm_rsa_public_pem(const struct esm_rsa *key, char pem[ESM_PEM_MAX], size_t *len,
                                struct esm_error *e);
enum esm_err esm_rsa_secret_pem(const struct esm_rsa *key, const char *pass, size_t pass_len,
                                char pem[ESM_PEM_MAX], size_t *len, struct esm_error *e);
enum esm_err esm_rsa_fingerprint(const struct esm_rsa *key, uint8_t out[32], struct esm_error *e);

/* @out has room for ESM_WRAPPED_MAX bytes. */
enum esm_err esm_rsa_wrap(struct esm_rsa *key, const struct esm_key *symkey, uint8_t *out,
                          struct esm_error *e);
/* LOCKED: of another length, not for this key, changed, or not 32 bytes inside. One error for all.
 */
enum esm_err esm_rsa_unwrap(struct esm_rsa *key, const uint8_t *in, size_t len,
                            struct esm_key *symkey, struct esm_error *e);
/**
 * esm_unlock - get a blob's symmetric key with a secret key
 * @box: gets the lockbox that opened; may be NULL
 * Tries in the order of esm_lockbox_try(). Returns ESM_OK or LOCKED.
 */
enum esm_err esm_unlock(const struct esm_blob *b, struct esm_rsa *secret, struct esm_key *symkey,
                        struct esm_lockbox *box, struct esm_error *e);

#endif
