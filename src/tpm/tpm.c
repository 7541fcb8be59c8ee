// SPDX-License-Identifier: Apache-2.0
/* A TPM whatever stands behind it: checks that hold for both kinds, and closing the transport. */
#include "tpm/tpm_internal.h"
#include "tpm/tss.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pefemu/outside.h"

void tpm_say(char *message, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, TPM_MESSAGE_MAX, fmt, ap);
    va_end(ap);
}

/* ---- in a replay: whatever the recording does not answer has none ---- */

static int recorded_execute(struct tpm *t, const uint8_t *cmd, size_t len, uint8_t *resp,
                            size_t cap, size_t *resp_len)
{
    (void)cmd, (void)len, (void)resp, (void)cap, (void)resp_len;
    tpm_say(t->message, "the recording has no answer of the TPM");
    return TPM_STATUS_TRANSPORT;
}

static int recorded_reset(struct tpm *t)
{
    return recorded_execute(t, NULL, 0, NULL, 0, NULL);
}

static void recorded_destroy(struct tpm *t)
{
    free(t);
}

static const struct tpm_backend recorded_backend = {
    .execute = recorded_execute, .reset = recorded_reset, .destroy = recorded_destroy};

static struct tpm *recorded_create(char *message)
{
    struct tpm *t = calloc(1, sizeof(*t));
    if (t)
        t->backend = &recorded_backend;
    else
        tpm_say(message, "no memory for the TPM");
    return t;
}

/* ---- both kinds ---- */

static struct tpm *create(const struct tpm_config *cfg, char *message)
{
    if (outside_is_replay(cfg->outside))
        return recorded_create(message);
    return cfg->socket ? tpm_swtpm_create(cfg->socket, message) : tpm_libtpms_create(cfg, message);
}

struct tpm *tpm_create(const struct tpm_config *cfg, char *message)
{
    if (cfg->socket && cfg->state_dir) {
        tpm_say(message, "an swtpm keeps its own state; give either a socket or a state folder");
        return NULL;
    }
    struct tpm *t = create(cfg, message);
    if (t)
        t->outside = cfg->outside;
    return t;
}

static int transmit(void *ctx, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                    size_t *resp_len)
{
    return tpm_execute(ctx, cmd, len, resp, cap, resp_len);
}

struct tss tpm_direct(struct tpm *t)
{
    return (struct tss){.transmit = transmit, .ctx = t};
}

void tpm_destroy(struct tpm *t)
{
    struct tss s = tpm_direct(t);
    if (!t)
        return;
    t->outside = NULL; /* the run is over */
    if (!t->dead)
        tss_shutdown(&s); /* an orderly one; refused when the TPM was never started */
    t->backend->destroy(t);
}

/* By the outside's journal, or by the TPM itself. */
static int execute(struct tpm *t, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                   size_t *resp_len)
{
    int status;
    if (outside_tpm_answer(t->outside, cmd, len, resp, cap, resp_len, &status))
        return status;
    if (t->dead)
        return TPM_STATUS_TRANSPORT;
    status = t->backend->execute(t, cmd, len, resp, cap, resp_len);
    if (status)
        t->dead = true;
    outside_tpm_note(t->outside, cmd, len, resp, *resp_len, status);
    return status;
}

int tpm_execute(struct tpm *t, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                size_t *resp_len)
{
    *resp_len = 0;
    if (len < TPM_HEADER_LEN || len > TPM_PACKET_MAX)
        return TPM_STATUS_LENGTH;
    if (t->watcher)
        t->watcher(t->watcher_of, cmd, len, NULL, 0);
    int status = execute(t, cmd, len, resp, cap, resp_len);
    if (t->watcher)
        t->watcher(t->watcher_of, cmd, len, resp, *resp_len);
    return status;
}

void tpm_watch(struct tpm *t, tpm_watcher *fn, void *opaque)
{
    t->watcher = fn;
    t->watcher_of = opaque;
}

void tpm_snap(struct snap *s, struct tpm *t)
{
    snap_begin(s, "tpm", 1);
    s->secrets = true;
    snap(s, &t->dead);
    if (t->backend->visit)
        t->backend->visit(s, t);
    else
        snap_fail(s, "the TPM is outside this process, its state is out of reach; use "
                     "-tpmstate or a TPM of the run's own");
    snap_end(s);
}

int tpm_reset(struct tpm *t)
{
    struct tss s = tpm_direct(t);
    if (!t->dead)
        tss_shutdown(&s);
    int status = t->backend->reset(t);
    t->dead = status != TPM_STATUS_OK;
    return status;
}

/* Flushes all of one kind; a TPM that does not answer to the purpose ends it. */
static int flush_kind(struct tss *s, uint32_t first)
{
    uint32_t handles[128]; /* the library's TPM has at most 64 sessions */
    unsigned count;
    int status = tss_get_handles(s, first, handles, ARRAY_SIZE(handles), &count);
    for (unsigned i = 0; i < count && !status; i++)
        status = tss_flush(s, handles[i]);
    return status;
}

int tpm_close(struct tpm *t)
{
    /* In a GetCapability these stand for loaded sessions, saved ones, transient objects. */
    static const uint32_t kinds[] = {TPM_HANDLE_SESSION, TPM_HANDLE_POLICY, TPM_HANDLE_TRANSIENT};
    struct tss s = tpm_direct(t);
    int status = TPM_STATUS_OK;
    for (unsigned i = 0; i < ARRAY_SIZE(kinds) && !status; i++)
        status = flush_kind(&s, kinds[i]);
    /* What a TPM refuses to flush is not the transport's failure. */
    return status == TPM_STATUS_REFUSED ? TPM_STATUS_OK : status;
}

const char *tpm_message(const struct tpm *t)
{
    return t->message;
}
