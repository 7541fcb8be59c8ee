// SPDX-License-Identifier: Apache-2.0
/* A TPM whatever stands behind it: checks that hold for both kinds, and closing the transport. */
#include "tpm/tpm_internal.h"
#include "tpm/tss.h"

#include <stdarg.h>
#include <stdio.h>

void tpm_say(char *message, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, TPM_MESSAGE_MAX, fmt, ap);
    va_end(ap);
}

struct tpm *tpm_create(const struct tpm_config *cfg, char *message)
{
    if (cfg->socket && cfg->state_dir) {
        tpm_say(message, "an swtpm keeps its own state; give either a socket or a state folder");
        return NULL;
    }
    return cfg->socket ? tpm_swtpm_create(cfg->socket, message) : tpm_libtpms_create(cfg, message);
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
    if (!t->dead)
        tss_shutdown(&s); /* an orderly one; refused when the TPM was never started */
    t->backend->destroy(t);
}

int tpm_execute(struct tpm *t, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                size_t *resp_len)
{
    *resp_len = 0;
    if (len < TPM_HEADER_LEN || len > TPM_PACKET_MAX)
        return TPM_STATUS_LENGTH;
    if (t->dead)
        return TPM_STATUS_TRANSPORT;
    if (t->watcher)
        t->watcher(t->watcher_of, cmd, len, NULL, 0);
    int status = t->backend->execute(t, cmd, len, resp, cap, resp_len);
    if (status)
        t->dead = true;
    if (t->watcher)
        t->watcher(t->watcher_of, cmd, len, resp, *resp_len);
    return status;
}

void tpm_watch(struct tpm *t, tpm_watcher *fn, void *opaque)
{
    t->watcher = fn;
    t->watcher_of = opaque;
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
