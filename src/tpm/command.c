// SPDX-License-Identifier: Apache-2.0
/*
 * Commands are framed and responses taken apart by one table:
 *
 *   command   tag size code | handles | authorizationSize, authorizations | parameters
 *   response  tag size rc   | handle  | parameterSize | parameters | authorizations
 *
 * The size fields of authorizations and parameters are there only when the tag says "sessions".
 */
#include "tpm/command.h"

#include <assert.h>

const struct tpm_command_info tpm_command_table[TPM_CMD_COUNT] = {
#define TPM_COMMAND(name, code, handles, auths, handle)                                            \
    [TPM_CMD_##name] = {#name, code, handles, auths, handle},
#include "pefemu/tpmcommand.def"
#undef TPM_COMMAND
};

const struct tpm_auth tpm_empty_password = {.session = TPM_RS_PW, .attributes = TPMA_CONTINUE};

static void put_auth(struct tpm_writer *w, const struct tpm_auth *auth)
{
    size_t size_at = w->len;
    tw_u32(w, 0);
    tw_u32(w, auth->session);
    tw_2b(w, auth->nonce, auth->nonce_len);
    tw_u8(w, auth->attributes);
    tw_2b(w, auth->hmac, auth->hmac_len);
    if (!w->bad)
        put_be32(w->buf + size_at, (uint32_t)(w->len - size_at - 4));
}

void tpm_cmd_begin(struct tpm_writer *w, enum tpm_command id, const uint32_t *handles,
                   const struct tpm_auth *auth)
{
    const struct tpm_command_info *row = &tpm_command_table[id];
    assert(row->auths == (auth != NULL));
    tw_u16(w, auth ? TPM_TAG_SESSIONS : TPM_TAG_NO_SESSIONS);
    tw_u32(w, 0);
    tw_u32(w, row->code);
    for (unsigned i = 0; i < row->handles; i++)
        tw_u32(w, handles[i]);
    if (auth)
        put_auth(w, auth);
}

bool tpm_cmd_end(struct tpm_writer *w)
{
    if (w->bad)
        return false;
    put_be32(w->buf + 2, (uint32_t)w->len);
    return true;
}

static bool read_auth(struct tpm_reader *r, struct tpm_auth_reply *auth)
{
    struct tpm_reader nonce = tr_2b(r, sizeof(auth->nonce));
    auth->attributes = tr_u8(r);
    struct tpm_reader hmac = tr_2b(r, sizeof(auth->hmac));
    if (!tr_done(r))
        return false;
    auth->nonce_len = nonce.left;
    auth->hmac_len = hmac.left;
    memcpy(auth->nonce, nonce.p, nonce.left);
    memcpy(auth->hmac, hmac.p, hmac.left);
    return true;
}

/* What follows the header of a success. */
static int parse_success(struct tpm_response *rsp, const struct tpm_command_info *row,
                         struct tpm_reader *r)
{
    if (row->gives_handle)
        rsp->handle = tr_u32(r);
    if (!row->auths) {
        rsp->params = *r;
        return r->bad ? TPM_STATUS_FORMAT : TPM_STATUS_OK;
    }
    size_t size = tr_u32(r);
    const uint8_t *params = tr_bytes(r, size);
    if (!params)
        return TPM_STATUS_FORMAT;
    tr_init(&rsp->params, params, size);
    return read_auth(r, &rsp->auth) ? TPM_STATUS_OK : TPM_STATUS_FORMAT;
}

int tpm_rsp_parse(struct tpm_response *rsp, enum tpm_command id, const uint8_t *buf, size_t len)
{
    const struct tpm_command_info *row = &tpm_command_table[id];
    struct tpm_reader r;
    memset(rsp, 0, sizeof(*rsp));
    if (len < TPM_HEADER_LEN || len > TPM_PACKET_MAX)
        return TPM_STATUS_LENGTH;
    tr_init(&r, buf, len);
    unsigned tag = tr_u16(&r);
    if (tr_u32(&r) != len)
        return TPM_STATUS_SIZE;
    rsp->rc = tr_u32(&r);
    bool sessions = rsp->rc == TPM_RC_SUCCESS && row->auths;
    if (tag != (sessions ? TPM_TAG_SESSIONS : TPM_TAG_NO_SESSIONS))
        return TPM_STATUS_TAG;
    if (rsp->rc != TPM_RC_SUCCESS)
        return r.left ? TPM_STATUS_FORMAT : TPM_STATUS_REFUSED;
    return parse_success(rsp, row, &r);
}
