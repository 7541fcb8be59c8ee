/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of pefemu-esm share. */
#ifndef PEFEMU_ESM_TOOL_H
#define PEFEMU_ESM_TOOL_H

#include "pefemu/esmbuild.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct arguments {
    const char *option[128]; /* by letter; flags are "" */
    unsigned verbose;
    bool dry_run;
    int passphrase_fd; /* -1: ask the terminal */
};

/* ---- say.c ---- */

/* "pefemu-esm: WHAT: why" on standard error, one printable line. Returns false. */
bool complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for an error of the library about a file or option. */
bool complain_esm(const char *subject, const struct esm_error *e);
/* With -v, on standard error. */
void say(const struct arguments *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text of others for the terminal: what does not print comes out as \xNN. */
void print_safe(const char *s);
void print_hex(const uint8_t *p, size_t len);

/* ---- file.c ---- */

struct file {
    uint8_t *p; /* owned */
    size_t len;
};

#define FILE_ANY ((size_t)2 * GiB)

/* A regular file or pipe of at most @max bytes. */
bool file_read(struct file *f, const char *path, size_t max);
/* Unpacks gzip and zstd. */
bool file_read_unpacked(struct file *f, const char *path, size_t max);
void file_free(struct file *f);
/* Same, with secrets in it. */
void file_wipe(struct file *f);
/* The parts one after the other, all or nothing: written beside @path, then renamed onto it.
 * @mode: 0600 for secrets, else 0644, less the umask. */
bool file_write(const char *path, const struct esm_span *parts, size_t count, unsigned mode);
bool file_exists(const char *path);

/* ---- passphrase.c ---- */

#define PASSPHRASE_MAX 1024

struct passphrase {
    char text[PASSPHRASE_MAX];
    size_t len;
};

/**
 * passphrase_get - from --passphrase-fd (its first line), else from the terminal without echo
 * @again: ask a second time and compare (terminal only)
 */
bool passphrase_get(struct passphrase *p, const struct arguments *a, const char *prompt,
                    const char *again);

/* ---- keys.c ---- */

/* A public key and its fingerprint. recipient_free() it. */
bool recipient_read(struct esm_recipient *r, const char *path, const char *comment);
void recipient_free(struct esm_recipient *r);
/* Asks for a passphrase if the key has one. */
bool secret_read(struct esm_rsa **key, const struct arguments *a, const char *path);
bool blob_read(struct esm_blob *b, const char *path);
/* Unless it is a dry run. */
bool blob_write(const struct arguments *a, const struct esm_blob *b, const char *path);
/* The blob's symmetric key, by the secret key of -s. */
bool unlock(const struct arguments *a, const struct esm_blob *b, struct esm_key *symkey);

/* ---- digests.c ---- */

/* The digests of a guest; NULL: that part stays zero. */
bool digests_compute(struct esm_digests *d, const char *bootargs, const char *initrd,
                     const char *kernel);
void digests_print(const struct esm_digests *d);

/* ---- the commands: true, or complained ---- */

#define ESM_COMMAND(name, needs, takes, help, more) bool command_##name(const struct arguments *a);
#include "command.def"
#undef ESM_COMMAND

#endif
