/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's TPM 2.0 and what firmware does with it.
 *
 *   struct tpm            a TPM: libtpms in this process, or an swtpm behind a socket
 *   tpm_opal_boot()       boot firmware's part: wrapping key, per-boot password, measurements
 *   struct tpm_unseal     the ultravisor's part: opening a lockbox, one command at a time
 *   tpm_read_key() ...    what the tool pefemu-tpm shows and changes
 *
 * The bytes between firmware and TPM pass through hands that are not trusted; everything that
 * comes back is checked here before it is believed.
 */
#ifndef PEFEMU_TPM_H
#define PEFEMU_TPM_H

#include "pefemu/crypto.h"
#include "pefemu/snap.h"
#include "pefemu/types.h"

#define TPM_PACKET_MAX  4096u /* longest command and response, as for H_TPM_COMM */
#define TPM_MESSAGE_MAX 512u  /* room for one line about a failure */

/* What came of a command: TPM_STATUS_OK is 0, everything else negative. */
enum tpm_status {
#define TPM_STATUS(id, number, text) TPM_STATUS_##id = (number),
#include "pefemu/tpmstatus.def"
#undef TPM_STATUS
};
const char *tpm_status_text(int status);

/* ---- the TPM ---- */
struct tpm;
struct outside;

struct tpm_config {
    const char *state_dir; /* folder of the permanent state; NULL: a new TPM, kept in memory */
    const char *socket;    /* swtpm's control socket; excludes state_dir */
    bool create;           /* make state_dir and a new TPM in it where there is none */
    /* Borrowed, may be NULL: where answers are recorded; in a replay there is no other TPM. */
    struct outside *outside;
};

/**
 * tpm_create - power a TPM on
 * @message: TPM_MESSAGE_MAX bytes, one line when it fails
 *
 * Without a socket the TPM is libtpms, whose state belongs to the process: one at a time.
 * Returns NULL with a message: in use, state that can not be read or is damaged (never
 * overwritten), no answer from swtpm.
 */
struct tpm *tpm_create(const struct tpm_config *cfg, char *message);

/** tpm_destroy - orderly shutdown, release of state and lock; NULL is fine */
void tpm_destroy(struct tpm *t);

/**
 * tpm_execute - one command, any bytes
 * @cap: room at @resp; the response never has more than TPM_PACKET_MAX bytes
 *
 * Returns TPM_STATUS_OK with the TPM's response, which may be an error response; TPM_STATUS_LENGTH
 * for a @len outside 10..TPM_PACKET_MAX; TPM_STATUS_TRANSPORT when there was none (tpm_message()
 * tells why). A TPM that failed so stays failed until tpm_reset().
 */
int tpm_execute(struct tpm *t, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                size_t *resp_len);

/* Who wants to see every command: called before it goes to the TPM, @resp NULL, and with what came
 * back, @resp_len 0: nothing. */
typedef void tpm_watcher(void *opaque, const uint8_t *cmd, size_t len, const uint8_t *resp,
                         size_t resp_len);
/** tpm_watch - one at a time; @fn NULL: nobody any more */
void tpm_watch(struct tpm *t, tpm_watcher *fn, void *opaque);

/**
 * tpm_close - the user of the transport is done (H_TPM_COMM's second function): its transient
 * objects and sessions are flushed, as a resource manager does. Status of tpm_execute().
 */
int tpm_close(struct tpm *t);

/** tpm_reset - power off and on: PCRs and everything volatile is gone. TPM_STATUS_OK or _TRANSPORT
 */
int tpm_reset(struct tpm *t);

/**
 * tpm_snap - the TPM in a snapshot: all of its state, secret (src/snapshot)
 *
 * Only a TPM in this process; another fails. After loading, the state folder is not written any
 * more: it belongs to the TPM that the snapshot was not made of.
 */
void tpm_snap(struct snap *s, struct tpm *t);

/** tpm_message - one line about the last TPM_STATUS_TRANSPORT */
const char *tpm_message(const struct tpm *t);

/* ---- commands ---- */
/* How firmware reaches a TPM: as tpm_execute(), with its user's pointer. */
typedef int tpm_transmit(void *ctx, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                         size_t *resp_len);

/* Firmware's end of the transport, and what went wrong last. Fill in the first two. */
struct tss {
    tpm_transmit *transmit;
    void *ctx;
    /* Random bytes for nonces and passwords, with ctx; NULL: crypto_random() */
    void (*random)(void *ctx, void *p, size_t len);
    uint32_t rc;         /* the TPM's response code of TPM_STATUS_REFUSED */
    const char *command; /* name of the command that failed */
};
/** tpm_direct - firmware that reaches @t without a carrier, as boot firmware and the tool do */
struct tss tpm_direct(struct tpm *t);
/** tss_message - "Command: sentence" about @status, in TPM_MESSAGE_MAX bytes at @out */
void tss_message(const struct tss *s, int status, char *out);

/* ---- boot firmware (OPAL's role; pef.md 7.1, 7.2) ---- */
#define TPM_PARENT_KEY   0x81800000u
#define TPM_WRAPPING_KEY 0x81800001u
#define TPM_SPARE_KEY    0x81800002u /* the key's second place while its password changes */
#define TPM_NAME_LEN     34u         /* algorithm, SHA-256 */
#define TPM_PASSWORD_LEN 16u
#define TPM_LOCKBOX_LEN  256u
#define TPM_PCR_COUNT    24u
#define TPM_PCR_FIRMWARE 4u /* measurements of firmware; recorded, no policy reads it */
#define TPM_PCR_GATE     6u /* zero until boot firmware is done with the key */

/* What goes into the ultravisor's device tree (/ibm,uv-fdt/ibm,uv-tpm). */
struct tpm_wrapping_key {
    uint32_t handle;
    uint8_t password[TPM_PASSWORD_LEN + 1]; /* secret: no zero bytes, then one; wipe after use */
    uint8_t name[TPM_NAME_LEN];
    uint8_t policy_a[SHA256_LEN], policy_b[SHA256_LEN];
};

struct tpm_measurement {
    const char *what;
    uint8_t digest[SHA256_LEN];
};
/* The measurements of the firmware that is part of this program: digests over role, version,
 * commit. */
#define TPM_FIRMWARE_ROLES 3u
void tpm_measure_firmware(struct tpm_measurement out[TPM_FIRMWARE_ROLES]);

/**
 * tpm_opal_boot - the TPM's part of a boot, from Startup to the closed gate
 * @measured: extended into PCR 4, in this order
 * @key:      what the ultravisor needs; zero on failure
 *
 * Makes the wrapping key where there is none, otherwise gives the present one a new password. Ends
 * with PCR 6 extended and a random authorization of the platform hierarchy that nobody knows: from
 * then on neither can be undone without a reset of the TPM. Whatever fails or is cut off, the
 * wrapping key is not lost. After a failure the gate is closed too, as far as the TPM answers.
 * Returns a status; TPM_STATUS_POLICY when the key at 0x81800001 is not one of ours.
 */
int tpm_opal_boot(struct tss *s, const struct tpm_measurement *measured, unsigned count,
                  struct tpm_wrapping_key *key);

/** tpm_policy_digests - branches A and B and their PolicyOR */
void tpm_policy_digests(uint8_t a[SHA256_LEN], uint8_t b[SHA256_LEN], uint8_t either[SHA256_LEN]);

/* ---- the ultravisor: opening a lockbox (pef.md 7.3) ---- */
#define TPM_SYMKEY_LEN     32u
#define TPM_NONCE_LEN      32u
#define TPM_UNSEAL_ENTROPY (2 * TPM_NONCE_LEN)

enum tpm_unseal_step {
#define UNSEAL_STEP(id, command) TPM_UNSEAL_##id,
#include "pefemu/tpmunseal.def"
#undef UNSEAL_STEP
    TPM_UNSEAL_STEPS
};

enum tpm_unseal_result { TPM_UNSEAL_MORE, TPM_UNSEAL_DONE, TPM_UNSEAL_ERROR };

/*
 * The opening of one lockbox. Between a command and its response it may rest as long as it likes:
 * numbers and bytes only, no pointers, so it can be kept with other suspended work. Secret from
 * begin to end; tpm_unseal_end() wipes it.
 */
struct tpm_unseal {
    uint32_t step;    /* enum tpm_unseal_step; TPM_UNSEAL_STEPS when all are done */
    uint32_t waiting; /* 1: the command of @step is out */
    int32_t status;   /* enum tpm_status; negative: failed at @step, for good */
    uint32_t rc;      /* the TPM's response code of TPM_STATUS_REFUSED */
    uint32_t session; /* handle of the policy session, 0 when there is none */
    uint8_t nonce_tpm[TPM_NONCE_LEN];
    uint8_t nonce_caller[2][TPM_NONCE_LEN]; /* of StartAuthSession and of RSA_Decrypt */
    uint8_t lockbox[TPM_LOCKBOX_LEN];
    uint8_t symkey[TPM_SYMKEY_LEN];
    struct tpm_wrapping_key key;
};

/**
 * tpm_unseal_begin - start opening @lockbox, an RSA-OAEP ciphertext for the wrapping key
 * @key:     as tpm_opal_boot() made it
 * @entropy: TPM_UNSEAL_ENTROPY random bytes (the ultravisor's generator), used as nonces
 */
void tpm_unseal_begin(struct tpm_unseal *u, const struct tpm_wrapping_key *key,
                      const uint8_t lockbox[TPM_LOCKBOX_LEN],
                      const uint8_t entropy[TPM_UNSEAL_ENTROPY]);

/**
 * tpm_unseal_command - the next command
 * Returns TPM_UNSEAL_MORE with the command, TPM_UNSEAL_DONE when there is none left,
 * TPM_UNSEAL_ERROR after a failure or when @cap is too small (TPM_PACKET_MAX always does).
 */
enum tpm_unseal_result tpm_unseal_command(struct tpm_unseal *u, uint8_t *buf, size_t cap,
                                          size_t *len);

/**
 * tpm_unseal_response - judge the response to the command that is out
 * @len: bytes at @buf, from a carrier that is not trusted: any length, any content
 * Returns TPM_UNSEAL_MORE: go on with tpm_unseal_command(); TPM_UNSEAL_DONE: the key is there;
 * TPM_UNSEAL_ERROR: @u is wiped but for step, status and rc. After DONE and ERROR close the
 * transport, which flushes what the TPM still holds.
 */
enum tpm_unseal_result tpm_unseal_response(struct tpm_unseal *u, const uint8_t *buf, size_t len);

/** tpm_unseal_key - the symmetric key, once DONE; false before */
bool tpm_unseal_key(const struct tpm_unseal *u, uint8_t key[TPM_SYMKEY_LEN]);

/** tpm_unseal_message - "step: sentence" about a failure, in TPM_MESSAGE_MAX bytes at @out */
void tpm_unseal_message(const struct tpm_unseal *u, char *out);

/** tpm_unseal_end - wipe everything */
void tpm_unseal_end(struct tpm_unseal *u);

/* ---- for the tool ---- */
struct tpm_key_info {
    uint8_t name[TPM_NAME_LEN];
    uint8_t policy[SHA256_LEN];
    uint8_t modulus[256];
    uint32_t exponent;
    uint32_t attributes;
    bool is_wrapping_key; /* attributes, scheme and policy are those of pef.md 7.1 */
};
/** tpm_startup - Startup(CLEAR), or an already started TPM (swtpm's --flags startup-clear) */
int tpm_startup(struct tss *s);
/** tpm_read_key - public part of an RSA-2048 key; TPM_STATUS_REFUSED when there is none */
int tpm_read_key(struct tss *s, uint32_t handle, struct tpm_key_info *info);
/** tpm_handles - persistent objects: at most @max handles, *count says how many */
int tpm_handles(struct tss *s, uint32_t *handles, unsigned max, unsigned *count);
/** tpm_read_pcr - SHA-256 bank */
int tpm_read_pcr(struct tss *s, unsigned pcr, uint8_t digest[SHA256_LEN]);
/** tpm_forget - remove the keys at 0x81800000..2 for ever and clear the owner's hierarchies; needs
 * a platform hierarchy that tpm_opal_boot() has not closed */
int tpm_forget(struct tss *s);

#endif
