/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of src/esm share. */
#ifndef PEFEMU_ESM_INTERNAL_H
#define PEFEMU_ESM_INTERNAL_H

#include "pefemu/esmblob.h"

#define COMPATIBLE_BLOB      "ibm,esm"
#define COMPATIBLE_FILES     "ibm,esm-file"
#define ESM_SEAL_ALGORITHM   "AES256-GCM"
#define ESM_DIGEST_ALGORITHM "SHA512"
#define ESM_PRINT_ALGORITHM  "SHA256"
#define ESM_ORIGIN_BOX       "origin-lockbox"

/**
 * esm_fail - fill @e with "FIELD: why" and return @code
 * @fmt: the why; NULL: the sentence of the code. Bytes that do not print come out as '?'.
 */
enum esm_err esm_fail(struct esm_error *e, enum esm_err code, const char *field, const char *fmt,
                      ...) __attribute__((format(printf, 4, 5)));

/* ---- fdt.c: trees from strangers ---- */

/* Copies the tree at @bytes to *fdt (owned) once it is sound; @what names it in errors. */
enum esm_err esm_fdt_copy(uint8_t **fdt, size_t *size, const void *bytes, size_t len, size_t max,
                          const char *what, struct esm_error *e);
/* The root's compatible must be @want. */
enum esm_err esm_fdt_compatible(const void *fdt, const char *want, const char *what,
                                struct esm_error *e);
/* A property by node and by the node's name for messages. */
enum esm_err esm_fdt_prop(const void *fdt, int node, const char *path, const char *name,
                          const void **value, size_t *len, struct esm_error *e);
/* The same of a fixed length. */
enum esm_err esm_fdt_fixed(const void *fdt, int node, const char *path, const char *name,
                           const void **value, size_t len, struct esm_error *e);
/* A string with exactly one NUL, at its end. */
enum esm_err esm_fdt_string(const void *fdt, int node, const char *path, const char *name,
                            const char **value, struct esm_error *e);
/* A string that must be @want, else ALGORITHM. */
enum esm_err esm_fdt_algorithm(const void *fdt, int node, const char *path, const char *want,
                               struct esm_error *e);
/* untrusted-comment; "" if there is none. */
enum esm_err esm_fdt_comment(const void *fdt, int node, const char *path, const char **value,
                             struct esm_error *e);

/* A node of sealed data: algorithm, ciphertext of at most @max bytes, iv, mac, comment. */
enum esm_err esm_fdt_sealed(const void *fdt, int node, const char *path, size_t max,
                            struct esm_sealed *s, struct esm_error *e);

/* ---- crypto.c ---- */

bool esm_random(void *p, size_t len);
/* For mbedtls: 0 or an error number. */
int esm_mbedtls_random(void *unused, unsigned char *p, size_t len);
bool esm_gcm_open(const struct esm_key *key, const uint8_t iv[ESM_IV_SIZE],
                  const uint8_t mac[ESM_MAC_SIZE], const void *in, size_t len, void *out);
bool esm_gcm_seal(const struct esm_key *key, const uint8_t iv[ESM_IV_SIZE],
                  uint8_t mac[ESM_MAC_SIZE], const void *in, size_t len, void *out);

#endif
