/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writing side of blobs: for pefemu-esm and for tests. Every function leaves the blob as it was
 * when it fails. src/esm/build.c, src/esm/flat.c (libelf), src/esm/cpio.c
 */
#ifndef PEFEMU_ESMBUILD_H
#define PEFEMU_ESMBUILD_H

#include "pefemu/esmkey.h"

#define ESM_COMMENT_MAX 1023

/* A public key and the bytes of its file, whose SHA-256 names it in the blob. */
struct esm_recipient {
    struct esm_rsa *key; /* borrowed */
    uint8_t fingerprint[32];
    const char *comment; /* one line */
};

/* A new blob with the origin's lockbox; @symkey gets the key it made. */
enum esm_err esm_build_create(struct esm_blob *b, const struct esm_recipient *origin,
                              struct esm_key *symkey, struct esm_error *e);
/* Adds lockbox-N, N = largest number + 1; *number (may be NULL) = N. EXISTS: it has one. */
enum esm_err esm_build_authorize(struct esm_blob *b, const struct esm_recipient *r,
                                 const struct esm_key *symkey, unsigned *number,
                                 struct esm_error *e);
/* Deletes the lockbox of that key. MISSING, or ORIGIN. */
enum esm_err esm_build_revoke(struct esm_blob *b, const uint8_t fingerprint[32],
                              struct esm_error *e);
/* Seals the digests into the blob, in place of older ones. */
enum esm_err esm_build_digests(struct esm_blob *b, const struct esm_key *symkey,
                               const struct esm_digests *d, const char *comment,
                               struct esm_error *e);
/* EXISTS: detach the old one first. TOO_LARGE: the file, or all of them together. */
enum esm_err esm_build_attach(struct esm_blob *b, const struct esm_key *symkey, const char *name,
                              const void *bytes, size_t len, const char *comment,
                              struct esm_error *e);
enum esm_err esm_build_detach(struct esm_blob *b, const char *name, struct esm_error *e);

/* The plain tree of digests; *fdt is the caller's to free(). */
enum esm_err esm_build_digests_fdt(const struct esm_digests *d, uint8_t **fdt, size_t *len,
                                   struct esm_error *e);

/**
 * esm_flat_kernel - the image that `objcopy -O binary -S` makes of an ELF file
 * @flat: malloc; the caller's to free()
 * Returns ESM_OK or KERNEL (no 64-bit PowerPC ELF, no sections, absurd addresses).
 */
enum esm_err esm_flat_kernel(const void *elf, size_t len, uint8_t **flat, size_t *flat_len,
                             struct esm_error *e);

/* The archive to put in front of an initrd; a multiple of 512 bytes, the caller's to free(). */
enum esm_err esm_initrd_archive(const char *name, const void *blob, size_t len, uint8_t **archive,
                                size_t *size, struct esm_error *e);

#endif
