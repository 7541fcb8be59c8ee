/* SPDX-License-Identifier: Apache-2.0 */
/* Secret keys under a passphrase: PKCS#8 with PBES2 (RFC 8018). src/esm/pkcs8.c */
#ifndef PEFEMU_ESM_PKCS8_H
#define PEFEMU_ESM_PKCS8_H

#include "esm_internal.h"

/* EncryptedPrivateKeyInfo to PrivateKeyInfo; @out has room for @len bytes. ALGORITHM, KEY or
 * PASSPHRASE_WRONG (as far as the padding tells: the caller must parse what comes out). */
enum esm_err pkcs8_decrypt(const uint8_t *der, size_t len, const char *pass, size_t pass_len,
                           uint8_t *out, size_t *out_len, struct esm_error *e);
/* A PKCS#1 RSAPrivateKey to EncryptedPrivateKeyInfo, which ends at buf + room; its size, or 0. */
size_t pkcs8_encrypt(const uint8_t *pkcs1, size_t len, const char *pass, size_t pass_len,
                     uint8_t *buf, size_t room);

#endif
