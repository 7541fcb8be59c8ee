/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ESM blob: what a VM owner hands to the ultravisor to have a guest checked before it becomes
 * secure, and the secrets for it. This is the reading side, as the ultravisor uses it:
 *
 *   cpio archive in front of the initrd --esm_initrd_find--> blob --esm_blob_open--> lockboxes
 *   a lockbox opened (by the TPM, or esmkey.h) = the symmetric key --> digests, attached files
 *
 * Every byte is hostile until the symmetric key has authenticated it. The functions do no I/O, keep
 * a private copy of what they parse, allocate no more than the input's size, and answer ESM_OK (0)
 * or what is wrong; @e (may be NULL) then holds one line "FIELD: why". src/esm/ (libfdt, mbedtls)
 * Format: svm-tools docs/README.ESM and the ultravisor's svm/svm-esmb.c; docs/esm-blob.md.
 */
#ifndef PEFEMU_ESMBLOB_H
#define PEFEMU_ESMBLOB_H

#include "pefemu/types.h"

enum esm_err {
#define ESM_ERR(id, why) ESM_##id,
#include "pefemu/esmerr.def"
#undef ESM_ERR
};

struct esm_error {
    enum esm_err code;
    char text[200]; /* "FIELD: why"; printable */
};

/* Limits. The ultravisor's own buffers: 4 KiB of digests, 64 KiB of files. */
#define ESM_BLOB_MAX      (1 * MiB)
#define ESM_LOCKBOX_MAX   64   /* lockboxes of a blob */
#define ESM_WRAPPED_MIN   256  /* an RSA-2048 ciphertext */
#define ESM_WRAPPED_MAX   1024 /* RSA-8192 */
#define ESM_DIGESTS_MAX   (4 * KiB)
#define ESM_FILES_FDT_MAX (64 * KiB)
#define ESM_FILE_MAX      (64 * KiB)
#define ESM_NAME_MAX      31 /* bytes of a file's name */
#define ESM_IV_SIZE       16
#define ESM_MAC_SIZE      16

/* The blob's symmetric key. Secret: esm_wipe() it. */
struct esm_key {
    uint8_t byte[32];
};
void esm_wipe(void *p, size_t len);

/* ---- outer tree ---- */

struct esm_blob {
    uint8_t *fdt; /* owned copy, checked */
    size_t len;
};

/**
 * esm_blob_open - copy and check a blob
 * @bytes: begins with the device tree; what follows the tree is not looked at. May change under our
 *         hands: they are copied first, and only the copy is checked and used
 *
 * Checks the tree, every lockbox, the shape of digests-fdt and of files-fdt where present. Nodes
 * and properties that are not of the format are ignored, as the ultravisor does. Returns ESM_OK,
 * TOO_LARGE, NOT_FDT, BAD_FDT, COMPATIBLE, MISSING, LENGTH, STRING, ALGORITHM, NAME, TOO_MANY,
 * NO_MEMORY; on failure *b is empty.
 */
enum esm_err esm_blob_open(struct esm_blob *b, const void *bytes, size_t len, struct esm_error *e);
void esm_blob_close(struct esm_blob *b);

struct esm_lockbox {
    char name[24];       /* origin-lockbox, lockbox-N */
    unsigned number;     /* N; 0: the origin */
    const char *comment; /* not authenticated; "" without one. Borrowed, as the next */
    uint8_t fingerprint[32];
    const uint8_t *wrapped; /* the symmetric key, RSA-OAEP with SHA-256, no label */
    size_t wrapped_len;
    int node; /* cursor */
};

/* The lockbox behind @box in tree order; the first if box->node is 0. False: no more. */
bool esm_lockbox_next(const struct esm_blob *b, struct esm_lockbox *box);
/**
 * esm_lockbox_try - the lockboxes in the order in which to try them
 * @fingerprint: of the public key that belongs to the secret key at hand; NULL: not known
 * @attempt: 0 for the first
 *
 * Matching fingerprints, then lockbox-1 (the only one that IBM's ultravisor tries), then the
 * others, the origin last. False: no more.
 */
bool esm_lockbox_try(const struct esm_blob *b, const uint8_t fingerprint[32], unsigned attempt,
                     struct esm_lockbox *box);
/* SHA-256 of the public key's PEM file, which is how lockboxes name keys. */
void esm_fingerprint(const void *pem, size_t len, uint8_t out[32]);

/* AES-256-GCM, 16-byte nonce, no associated data. Pointers into the blob. */
struct esm_sealed {
    const char *comment; /* not authenticated */
    const uint8_t *ciphertext, *iv, *mac;
    size_t len; /* of the ciphertext and of the plaintext */
};

/**
 * esm_unseal - decrypt and authenticate
 * @out: s->len bytes; zero on failure
 * Returns ESM_OK or AUTHENTICITY.
 */
enum esm_err esm_unseal(const struct esm_sealed *s, const struct esm_key *key, void *out,
                        struct esm_error *e);

/* ---- digests ---- */

enum esm_part { ESM_PART_RTAS, ESM_PART_KERNEL, ESM_PART_INITRD, ESM_PART_BOOTARGS, ESM_PARTS };
extern const char *const esm_part_name[ESM_PARTS];

struct esm_digests {
    uint8_t sha512[ESM_PARTS][64];
    uint32_t kernel_size; /* bytes at kbase that the kernel's digest covers */
};

/* A piece of what is digested: a kernel may lie in scattered pages. */
struct esm_span {
    const void *p;
    size_t len;
};

/* digests-fdt as it lies in the blob. ESM_MISSING when there is none. */
enum esm_err esm_blob_sealed_digests(const struct esm_blob *b, struct esm_sealed *s,
                                     struct esm_error *e);
/* Decrypts and parses. AUTHENTICITY: wrong key or changed bytes; else as esm_blob_open(). */
enum esm_err esm_blob_digests(const struct esm_blob *b, const struct esm_key *key,
                              struct esm_digests *d, struct esm_error *e);
/* The plain digest tree (root compatible "ibm,esm"), at most ESM_DIGESTS_MAX bytes. */
enum esm_err esm_digests_parse(struct esm_digests *d, const void *fdt, size_t len,
                               struct esm_error *e);
void esm_sha512(const struct esm_span *spans, size_t count, uint8_t out[64]);
/**
 * esm_digests_compare - all four are compared, in constant time
 * Returns ESM_OK or DIGEST; e->text names every part that differs. @differ (may be NULL) gets them
 * as bits 1 << enum esm_part.
 */
enum esm_err esm_digests_compare(const struct esm_digests *blob, const struct esm_digests *guest,
                                 unsigned *differ, struct esm_error *e);

/* The text of RTAS that the hypervisor gives every guest, and its size. */
#define ESM_RTAS_SIZE 20
extern const uint8_t esm_rtas_text[ESM_RTAS_SIZE];

/* ---- attached files ---- */

struct esm_files {
    uint8_t *fdt; /* owned copy, checked */
    size_t len;
};

/* The nested tree as bytes inside the blob; false: nothing is attached. */
bool esm_blob_files(const struct esm_blob *b, const uint8_t **bytes, size_t *len);
/* Copies and checks it; independent of the blob from then on. Errors as esm_blob_open(). */
enum esm_err esm_files_open(struct esm_files *f, const void *bytes, size_t len,
                            struct esm_error *e);
void esm_files_close(struct esm_files *f);
/* ^[A-Za-z][0-9A-Za-z,._+-]{0,30}$ */
bool esm_name_valid(const char *name, size_t len);

struct esm_file {
    char name[ESM_NAME_MAX + 1];
    struct esm_sealed sealed;
    int node; /* cursor */
};
/* The file behind @file; the first if file->node is 0. False: no more. */
bool esm_file_next(const struct esm_files *f, struct esm_file *file);
/* By name, of @len bytes without a NUL. ESM_NAME or MISSING if it is not there. */
enum esm_err esm_file_find(const struct esm_files *f, const char *name, size_t len,
                           struct esm_file *file, struct esm_error *e);

/* ---- the blob in front of an initrd ---- */

#define ESM_CPIO_PATH "opt/ibm/pef"
/* As much of the initrd's front as can matter to esm_initrd_find(). */
#define ESM_INITRD_FRONT (ESM_BLOB_MAX + 64 * KiB)

struct esm_initrd {
    size_t blob, blob_len; /* offset and size of the tree */
    size_t skip;           /* the real initrd starts here */
};

/**
 * esm_initrd_find - find the archive that carries a blob
 * @address: of the first byte; the archive starts at the next multiple of 4, the initrd behind it
 *           at the next multiple of 512 (of addresses, as the ultravisor rounds). 0 for a file.
 * @front, @len: the initrd's first bytes, no more than ESM_INITRD_FRONT are needed. Read more than
 *               once: memory that nobody else changes meanwhile
 * @total: size of the whole initrd
 *
 * Returns ESM_OK; NO_BLOB when the initrd does not begin with such an archive (a guest without a
 * blob, no fault of it); CPIO, BAD_FDT or TOO_LARGE when it does and is damaged.
 */
enum esm_err esm_initrd_find(uint64_t address, const void *front, size_t len, size_t total,
                             struct esm_initrd *out, struct esm_error *e);

/* What an error code says by itself. */
const char *esm_strerror(enum esm_err code);

#endif
