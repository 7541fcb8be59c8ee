/* SPDX-License-Identifier: Apache-2.0 */
/* What the two kinds of TPM have in common. A back end's struct begins with struct tpm. */
#ifndef PEFEMU_TPM_INTERNAL_H
#define PEFEMU_TPM_INTERNAL_H

#include "pefemu/tpm.h"

struct tpm_backend {
    /* As tpm_execute(), with the lengths checked. */
    int (*execute)(struct tpm *t, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                   size_t *resp_len);
    int (*reset)(struct tpm *t);
    void (*destroy)(struct tpm *t);
    void (*visit)(struct snap *s, struct tpm *t); /* NULL: its state is out of reach */
};

struct tpm {
    const struct tpm_backend *backend;
    struct outside *outside;       /* borrowed, or NULL */
    bool dead;                     /* failed; only a reset may help */
    tpm_watcher *watcher;          /* NULL: none */
    void *watcher_of;              /* borrowed */
    char message[TPM_MESSAGE_MAX]; /* why */
};

/** tpm_say - set the message, one line; the format may not name the message itself */
void tpm_say(char *message, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct tpm *tpm_libtpms_create(const struct tpm_config *cfg, char *message);
struct tpm *tpm_swtpm_create(const char *path, char *message);

/* ---- permanent state: one file in a folder, or memory ---- */
struct tpm_state;

/**
 * tpm_state_open - take hold of the state in @dir; NULL: in memory, nothing there yet
 * @create: make the folder (0700) where there is none, and accept one without state
 *
 * Returns NULL with a message: no folder, in use by another process, writable by others, state
 * damaged or not ours. Nothing is written before tpm_state_save().
 */
struct tpm_state *tpm_state_open(const char *dir, bool create, char *message);
void tpm_state_close(struct tpm_state *s);
/** tpm_state_data - the state, NULL when there is none; valid until the next call for @s */
const uint8_t *tpm_state_data(const struct tpm_state *s, size_t *len);
/**
 * tpm_state_save - replace the state, on disk before it returns
 * Returns false with a message when the host's file system refused; the old file is intact then.
 */
bool tpm_state_save(struct tpm_state *s, const void *data, size_t len, char *message);
/** tpm_state_detach - from here on in memory only; the folder stays as it is, and ours */
void tpm_state_detach(struct tpm_state *s);
/** tpm_state_hold - while held, saves stay in memory; releasing writes the last of them */
void tpm_state_hold(struct tpm_state *s);
bool tpm_state_release(struct tpm_state *s, char *message);

#endif
