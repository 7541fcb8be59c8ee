// SPDX-License-Identifier: Apache-2.0
/* Commands from parameters to results, over whatever transport the caller has. */
#include "tpm/tss.h"
#include "tpm/key.h"
#include "tpm/session.h"

#include <stdio.h>

/* One command under way. Commands may carry a password: call_run() wipes them. */
struct call {
    enum tpm_command id;
    struct tpm_writer w;
    struct tpm_response rsp;
    uint8_t cmd[TPM_PACKET_MAX], out[TPM_PACKET_MAX];
};

static void call_begin(struct call *c, enum tpm_command id, const uint32_t *handles,
                       const struct tpm_auth *auth)
{
    c->id = id;
    tw_init(&c->w, c->cmd, sizeof(c->cmd));
    tpm_cmd_begin(&c->w, id, handles, auth);
}

/* With the empty password where the command needs an authorization. */
static void call_begin_plain(struct call *c, enum tpm_command id, const uint32_t *handles)
{
    call_begin(c, id, handles, tpm_command_table[id].auths ? &tpm_empty_password : NULL);
}

static int exchange(struct tss *s, struct call *c)
{
    size_t len = 0;
    if (!tpm_cmd_end(&c->w))
        return TPM_STATUS_ROOM;
    int status = s->transmit(s->ctx, c->cmd, c->w.len, c->out, sizeof(c->out), &len);
    if (status)
        return status;
    if (len > sizeof(c->out))
        return TPM_STATUS_LENGTH;
    status = tpm_rsp_parse(&c->rsp, c->id, c->out, len);
    s->rc = c->rsp.rc;
    /* Neither the empty password nor a policy without an authorization value has an HMAC. */
    return !status && c->rsp.auth.hmac_len ? TPM_STATUS_HMAC : status;
}

static int call_run(struct tss *s, struct call *c)
{
    s->rc = 0;
    int status = exchange(s, c);
    if (status)
        s->command = tpm_command_table[c->id].name;
    crypto_wipe(c->cmd, c->w.len);
    return status;
}

/* The verdict after the parameters were read. */
static int call_done(struct tss *s, struct call *c)
{
    if (tr_done(&c->rsp.params))
        return TPM_STATUS_OK;
    s->command = tpm_command_table[c->id].name;
    return TPM_STATUS_FORMAT;
}

static int call_run_plain(struct tss *s, struct call *c)
{
    int status = call_run(s, c);
    return status ? status : call_done(s, c);
}

/* A TPM2B's content, copied. */
static void take_2b(struct tpm_reader *r, uint8_t *out, size_t cap, size_t *len)
{
    struct tpm_reader content = tr_2b(r, cap);
    *len = content.left;
    memcpy(out, content.p, content.left);
}

int tpm_startup(struct tss *s)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_Startup, NULL);
    tw_u16(&c.w, TPM_SU_CLEAR);
    int status = call_run_plain(s, &c);
    return status == TPM_STATUS_REFUSED && s->rc == TPM_RC_INITIALIZE ? TPM_STATUS_OK : status;
}

int tss_shutdown(struct tss *s)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_Shutdown, NULL);
    tw_u16(&c.w, TPM_SU_CLEAR);
    return call_run_plain(s, &c);
}

int tss_self_test(struct tss *s)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_SelfTest, NULL);
    tw_u8(&c.w, 1); /* full */
    return call_run_plain(s, &c);
}

int tss_get_random(struct tss *s, uint8_t *out, size_t len)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_GetRandom, NULL);
    tw_u16(&c.w, (uint16_t)len);
    int status = call_run(s, &c);
    if (!status) {
        tr_fixed_2b(&c.rsp.params, out, len);
        status = call_done(s, &c);
    }
    crypto_wipe(c.out, sizeof(c.out));
    return status;
}

int tss_get_handles(struct tss *s, uint32_t first, uint32_t *handles, unsigned max, unsigned *count)
{
    struct call c;
    *count = 0;
    call_begin_plain(&c, TPM_CMD_GetCapability, NULL);
    tw_u32(&c.w, TPM_CAP_HANDLES);
    tw_u32(&c.w, first);
    tw_u32(&c.w, max);
    int status = call_run(s, &c);
    if (status)
        return status;
    tr_u8(&c.rsp.params); /* more data */
    uint32_t kind = tr_u32(&c.rsp.params), n = tr_u32(&c.rsp.params);
    if (kind != TPM_CAP_HANDLES || n > max)
        c.rsp.params.bad = true;
    for (uint32_t i = 0; i < n && !c.rsp.params.bad; i++) {
        handles[i] = tr_u32(&c.rsp.params);
        *count = i + 1;
    }
    status = call_done(s, &c);
    if (status)
        *count = 0;
    return status;
}

/* CreatePrimary and Create: no sensitive data but the password, no PCRs in the creation data. */
static void put_creation(struct tpm_writer *w, const uint8_t *password, size_t len, bool wrapping)
{
    size_t mark = tw_begin_2b(w);
    tw_2b(w, password, len);
    tw_2b(w, NULL, 0);
    tw_end_2b(w, mark);
    if (wrapping)
        tpm_put_wrapping_template(w);
    else
        tpm_put_parent_template(w);
    tw_2b(w, NULL, 0); /* outside information */
    tw_u32(w, 0);
}

int tss_create_parent(struct tss *s, uint32_t *handle)
{
    const uint32_t hierarchy = TPM_RH_PLATFORM;
    struct call c;
    call_begin_plain(&c, TPM_CMD_CreatePrimary, &hierarchy);
    put_creation(&c.w, NULL, 0, false);
    int status = call_run(s, &c); /* the public area is of no interest */
    *handle = c.rsp.handle;
    return status;
}

int tss_create_wrapping(struct tss *s, uint32_t parent, const uint8_t *password,
                        struct tpm_blob *blob)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_Create, &parent);
    put_creation(&c.w, password, TPM_PASSWORD_LEN, true);
    int status = call_run(s, &c);
    if (status)
        return status;
    struct tpm_reader *r = &c.rsp.params;
    take_2b(r, blob->private_area, sizeof(blob->private_area), &blob->private_len);
    take_2b(r, blob->public_area, sizeof(blob->public_area), &blob->public_len);
    tr_2b(r, TPM_PACKET_MAX); /* creation data */
    tr_2b(r, SHA256_LEN);     /* their digest */
    tr_bytes(r, 6);           /* ticket: tag, hierarchy, HMAC */
    tr_2b(r, TPM_PACKET_MAX);
    return call_done(s, &c);
}

int tss_read_public(struct tss *s, uint32_t handle, struct tpm_blob *blob,
                    struct tpm_key_info *info)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_ReadPublic, &handle);
    int status = call_run(s, &c);
    if (status)
        return status;
    struct tpm_reader again = c.rsp.params;
    take_2b(&again, blob->public_area, sizeof(blob->public_area), &blob->public_len);
    if (again.bad || (info && !tpm_get_public(&c.rsp.params, info))) {
        s->command = tpm_command_table[c.id].name;
        return TPM_STATUS_FORMAT;
    }
    return TPM_STATUS_OK;
}

int tpm_read_key(struct tss *s, uint32_t handle, struct tpm_key_info *info)
{
    struct tpm_blob blob;
    return tss_read_public(s, handle, &blob, info);
}

int tss_change_auth(struct tss *s, uint32_t object, uint32_t parent, uint32_t session,
                    const uint8_t *password, struct tpm_blob *blob)
{
    const uint32_t handles[] = {object, parent};
    const struct tpm_auth auth = {.session = session}; /* the policy asks for no HMAC */
    struct call c;
    call_begin(&c, TPM_CMD_ObjectChangeAuth, handles, &auth);
    tw_2b(&c.w, password, TPM_PASSWORD_LEN);
    int status = call_run(s, &c);
    if (status)
        return status;
    take_2b(&c.rsp.params, blob->private_area, sizeof(blob->private_area), &blob->private_len);
    return call_done(s, &c);
}

int tss_load(struct tss *s, uint32_t parent, const struct tpm_blob *blob, uint32_t *handle)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_Load, &parent);
    tw_2b(&c.w, blob->private_area, blob->private_len);
    tw_2b(&c.w, blob->public_area, blob->public_len);
    int status = call_run(s, &c);
    *handle = c.rsp.handle;
    if (status)
        return status;
    tr_2b(&c.rsp.params, TPM_NAME_LEN);
    return call_done(s, &c);
}

int tss_evict(struct tss *s, uint32_t object, uint32_t at)
{
    const uint32_t handles[] = {TPM_RH_PLATFORM, object};
    struct call c;
    call_begin_plain(&c, TPM_CMD_EvictControl, handles);
    tw_u32(&c.w, at);
    return call_run_plain(s, &c);
}

int tss_flush(struct tss *s, uint32_t handle)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_FlushContext, NULL);
    tw_u32(&c.w, handle);
    return call_run_plain(s, &c);
}

void tss_random(const struct tss *s, void *p, size_t len)
{
    if (s->random)
        s->random(s->ctx, p, len);
    else
        crypto_random(p, len);
}

int tss_start_policy(struct tss *s, uint32_t *session)
{
    const uint32_t unsalted_unbound[] = {TPM_RH_NULL, TPM_RH_NULL};
    uint8_t nonce[TPM_NONCE_LEN];
    struct call c;
    tss_random(s, nonce, sizeof(nonce));
    call_begin_plain(&c, TPM_CMD_StartAuthSession, unsalted_unbound);
    tpm_put_policy_session(&c.w, nonce);
    int status = call_run(s, &c);
    *session = c.rsp.handle;
    if (status)
        return status;
    tr_2b(&c.rsp.params, TPM_NONCE_LEN);
    return call_done(s, &c);
}

int tss_policy_command_code(struct tss *s, uint32_t session, enum tpm_command id)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_PolicyCommandCode, &session);
    tw_u32(&c.w, tpm_command_table[id].code);
    return call_run_plain(s, &c);
}

int tss_policy_pcr(struct tss *s, uint32_t session, unsigned pcr)
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_PolicyPCR, &session);
    tw_2b(&c.w, NULL, 0);
    tpm_put_pcr_selection(&c.w, pcr);
    return call_run_plain(s, &c);
}

int tss_policy_or(struct tss *s, uint32_t session, const uint8_t a[SHA256_LEN],
                  const uint8_t b[SHA256_LEN])
{
    struct call c;
    call_begin_plain(&c, TPM_CMD_PolicyOR, &session);
    tpm_put_policy_or(&c.w, a, b);
    return call_run_plain(s, &c);
}

int tss_pcr_extend(struct tss *s, unsigned pcr, const uint8_t digest[SHA256_LEN])
{
    const uint32_t handle = pcr;
    struct call c;
    call_begin_plain(&c, TPM_CMD_PCR_Extend, &handle);
    tw_u32(&c.w, 1); /* one bank */
    tw_u16(&c.w, TPM_ALG_SHA256);
    tw_bytes(&c.w, digest, SHA256_LEN);
    return call_run_plain(s, &c);
}

int tss_pcr_reset(struct tss *s, unsigned pcr)
{
    const uint32_t handle = pcr;
    struct call c;
    call_begin_plain(&c, TPM_CMD_PCR_Reset, &handle);
    return call_run_plain(s, &c);
}

int tpm_read_pcr(struct tss *s, unsigned pcr, uint8_t digest[SHA256_LEN])
{
    uint8_t wanted[TPM_PCR_SELECTION_LEN];
    struct tpm_writer w;
    struct call c;
    tw_init(&w, wanted, sizeof(wanted));
    tpm_put_pcr_selection(&w, pcr);
    call_begin_plain(&c, TPM_CMD_PCR_Read, NULL);
    tw_bytes(&c.w, wanted, sizeof(wanted));
    int status = call_run(s, &c);
    if (status)
        return status;
    tr_u32(&c.rsp.params); /* update counter */
    const uint8_t *selection = tr_bytes(&c.rsp.params, sizeof(wanted));
    if (!selection || memcmp(selection, wanted, sizeof(wanted)) || tr_u32(&c.rsp.params) != 1)
        c.rsp.params.bad = true;
    tr_fixed_2b(&c.rsp.params, digest, SHA256_LEN);
    return call_done(s, &c);
}

int tss_platform_auth(struct tss *s, const uint8_t auth[SHA256_LEN])
{
    const uint32_t hierarchy = TPM_RH_PLATFORM;
    struct call c;
    call_begin_plain(&c, TPM_CMD_HierarchyChangeAuth, &hierarchy);
    tw_2b(&c.w, auth, SHA256_LEN);
    return call_run_plain(s, &c);
}

int tss_clear(struct tss *s)
{
    const uint32_t hierarchy = TPM_RH_PLATFORM;
    struct call c;
    call_begin_plain(&c, TPM_CMD_Clear, &hierarchy);
    return call_run_plain(s, &c);
}

const char *tpm_status_text(int status)
{
    switch (status) {
#define TPM_STATUS(id, number, text)                                                               \
    case TPM_STATUS_##id:                                                                          \
        return text;
#include "pefemu/tpmstatus.def"
#undef TPM_STATUS
    }
    return "unknown status";
}

void tss_message(const struct tss *s, int status, char *out)
{
    int n = snprintf(out, TPM_MESSAGE_MAX, "%s%s%s", s->command ? s->command : "",
                     s->command ? ": " : "", tpm_status_text(status));
    if (status == TPM_STATUS_REFUSED && n > 0)
        snprintf(out + n, TPM_MESSAGE_MAX - (size_t)n, " (response code 0x%x)", s->rc);
}
