// SPDX-License-Identifier: Apache-2.0
/*
 * Opening a lockbox: one policy session, whose HMAC and response encryption rest on the password
 * that boot firmware gave the key. Each step is a command and the judgement of its response; what
 * must be remembered between them stands in struct tpm_unseal.
 */
#include "tpm/key.h"
#include "tpm/session.h"

#include <stdio.h>

static const enum tpm_command step_command[TPM_UNSEAL_STEPS] = {
#define UNSEAL_STEP(id, command) [TPM_UNSEAL_##id] = TPM_CMD_##command,
#include "pefemu/tpmunseal.def"
#undef UNSEAL_STEP
};

#define DECRYPT_ATTRIBUTES (TPMA_ENCRYPT | TPMA_CONTINUE)

void tpm_unseal_begin(struct tpm_unseal *u, const struct tpm_wrapping_key *key,
                      const uint8_t lockbox[TPM_LOCKBOX_LEN],
                      const uint8_t entropy[TPM_UNSEAL_ENTROPY])
{
    memset(u, 0, sizeof(*u));
    u->key = *key;
    memcpy(u->lockbox, lockbox, TPM_LOCKBOX_LEN);
    memcpy(u->nonce_caller, entropy, TPM_UNSEAL_ENTROPY);
}

void tpm_unseal_end(struct tpm_unseal *u)
{
    crypto_wipe(u, sizeof(*u));
}

static enum tpm_unseal_result failed(struct tpm_unseal *u, int status)
{
    struct tpm_unseal left = {.step = u->step, .status = status, .rc = u->rc};
    crypto_wipe(u, sizeof(*u));
    *u = left;
    return TPM_UNSEAL_ERROR;
}

/* ---- commands ---- */

static void put_start_session(const struct tpm_unseal *u, struct tpm_writer *w)
{
    const uint32_t unsalted_unbound[] = {TPM_RH_NULL, TPM_RH_NULL};
    tpm_cmd_begin(w, TPM_CMD_StartAuthSession, unsalted_unbound, NULL);
    tpm_put_policy_session(w, u->nonce_caller[0]);
}

static void put_decrypt_params(const struct tpm_unseal *u, struct tpm_writer *w)
{
    tw_2b(w, u->lockbox, TPM_LOCKBOX_LEN);
    tw_u16(w, TPM_ALG_NULL); /* the key's own scheme */
    tw_2b(w, NULL, 0);       /* label */
}

static void put_decrypt(const struct tpm_unseal *u, struct tpm_writer *w)
{
    uint8_t params[TPM_LOCKBOX_LEN + 6], hash[SHA256_LEN], hmac[SHA256_LEN];
    struct tpm_writer p;
    tw_init(&p, params, sizeof(params));
    put_decrypt_params(u, &p);
    tpm_cp_hash(TPM_CMD_RSA_Decrypt, u->key.name, params, p.len, hash);
    tpm_auth_hmac(u->key.password, TPM_PASSWORD_LEN, hash, u->nonce_caller[1], u->nonce_tpm,
                  DECRYPT_ATTRIBUTES, hmac);
    const struct tpm_auth auth = {u->session,    u->nonce_caller[1], hmac,
                                  TPM_NONCE_LEN, sizeof(hmac),       DECRYPT_ATTRIBUTES};
    tpm_cmd_begin(w, TPM_CMD_RSA_Decrypt, &u->key.handle, &auth);
    tw_bytes(w, params, p.len);
}

static void put_command(const struct tpm_unseal *u, struct tpm_writer *w)
{
    enum tpm_command id = step_command[u->step];
    switch ((enum tpm_unseal_step)u->step) {
    case TPM_UNSEAL_READ_PUBLIC:
        tpm_cmd_begin(w, id, &u->key.handle, NULL);
        break;
    case TPM_UNSEAL_START_SESSION:
        put_start_session(u, w);
        break;
    case TPM_UNSEAL_COMMAND_CODE:
        tpm_cmd_begin(w, id, &u->session, NULL);
        tw_u32(w, tpm_command_table[TPM_CMD_RSA_Decrypt].code);
        break;
    case TPM_UNSEAL_AUTH_VALUE:
        tpm_cmd_begin(w, id, &u->session, NULL);
        break;
    case TPM_UNSEAL_POLICY_OR:
        tpm_cmd_begin(w, id, &u->session, NULL);
        tpm_put_policy_or(w, u->key.policy_a, u->key.policy_b);
        break;
    case TPM_UNSEAL_DECRYPT:
        put_decrypt(u, w);
        break;
    case TPM_UNSEAL_FLUSH:
        tpm_cmd_begin(w, id, NULL, NULL);
        tw_u32(w, u->session);
        break;
    case TPM_UNSEAL_STEPS:
        break;
    }
}

enum tpm_unseal_result tpm_unseal_command(struct tpm_unseal *u, uint8_t *buf, size_t cap,
                                          size_t *len)
{
    struct tpm_writer w;
    *len = 0;
    if (u->status)
        return TPM_UNSEAL_ERROR;
    if (u->step >= TPM_UNSEAL_STEPS)
        return TPM_UNSEAL_DONE;
    tw_init(&w, buf, cap);
    put_command(u, &w);
    if (!tpm_cmd_end(&w))
        return failed(u, TPM_STATUS_ROOM);
    u->waiting = 1;
    *len = w.len;
    return TPM_UNSEAL_MORE;
}

/* ---- responses ---- */

/* The TPM computes the Name from the public area; a key that was swapped has another. */
static int got_public(const struct tpm_unseal *u, struct tpm_response *rsp)
{
    struct tpm_key_info info;
    if (!tpm_get_public(&rsp->params, &info))
        return TPM_STATUS_FORMAT;
    return memcmp(info.name, u->key.name, TPM_NAME_LEN) ? TPM_STATUS_NAME : TPM_STATUS_OK;
}

static int got_session(struct tpm_unseal *u, struct tpm_response *rsp)
{
    if (!tr_fixed_2b(&rsp->params, u->nonce_tpm, TPM_NONCE_LEN) || !tr_done(&rsp->params) ||
        rsp->handle >> 24 != TPM_HANDLE_POLICY >> 24)
        return TPM_STATUS_FORMAT;
    u->session = rsp->handle;
    return TPM_STATUS_OK;
}

static bool hmac_is_right(const struct tpm_unseal *u, const struct tpm_response *rsp)
{
    uint8_t hash[SHA256_LEN], hmac[SHA256_LEN];
    if (rsp->auth.nonce_len != TPM_NONCE_LEN || rsp->auth.hmac_len != SHA256_LEN)
        return false;
    tpm_rp_hash(TPM_CMD_RSA_Decrypt, rsp->params.p, rsp->params.left, hash);
    tpm_auth_hmac(u->key.password, TPM_PASSWORD_LEN, hash, rsp->auth.nonce, u->nonce_caller[1],
                  rsp->auth.attributes, hmac);
    return crypto_equal(hmac, rsp->auth.hmac, SHA256_LEN);
}

static int got_plaintext(struct tpm_unseal *u, struct tpm_response *rsp)
{
    /* Everything below is the TPM's word once the HMAC is right, and only then. */
    if (!hmac_is_right(u, rsp))
        return TPM_STATUS_HMAC;
    if (rsp->auth.attributes != DECRYPT_ATTRIBUTES)
        return TPM_STATUS_FORMAT;
    struct tpm_reader message = tr_2b(&rsp->params, TPM_LOCKBOX_LEN);
    if (!tr_done(&rsp->params))
        return TPM_STATUS_FORMAT;
    if (message.left != TPM_SYMKEY_LEN)
        return TPM_STATUS_KEY;
    memcpy(u->symkey, message.p, TPM_SYMKEY_LEN);
    tpm_decrypt_parameter(u->key.password, TPM_PASSWORD_LEN, rsp->auth.nonce, u->nonce_caller[1],
                          u->symkey, TPM_SYMKEY_LEN);
    return TPM_STATUS_OK;
}

static int got_response(struct tpm_unseal *u, struct tpm_response *rsp)
{
    switch ((enum tpm_unseal_step)u->step) {
    case TPM_UNSEAL_READ_PUBLIC:
        return got_public(u, rsp);
    case TPM_UNSEAL_START_SESSION:
        return got_session(u, rsp);
    case TPM_UNSEAL_DECRYPT:
        return got_plaintext(u, rsp);
    case TPM_UNSEAL_COMMAND_CODE:
    case TPM_UNSEAL_AUTH_VALUE:
    case TPM_UNSEAL_POLICY_OR:
    case TPM_UNSEAL_FLUSH:
    case TPM_UNSEAL_STEPS:
        break;
    }
    return tr_done(&rsp->params) ? TPM_STATUS_OK : TPM_STATUS_FORMAT;
}

enum tpm_unseal_result tpm_unseal_response(struct tpm_unseal *u, const uint8_t *buf, size_t len)
{
    struct tpm_response rsp;
    if (u->status)
        return TPM_UNSEAL_ERROR;
    if (!u->waiting || u->step >= TPM_UNSEAL_STEPS)
        return failed(u, TPM_STATUS_ORDER);
    int status = tpm_rsp_parse(&rsp, step_command[u->step], buf, len);
    u->rc = rsp.rc;
    if (!status)
        status = got_response(u, &rsp);
    if (status)
        return failed(u, status);
    u->waiting = 0;
    u->step++;
    return u->step == TPM_UNSEAL_STEPS ? TPM_UNSEAL_DONE : TPM_UNSEAL_MORE;
}

bool tpm_unseal_key(const struct tpm_unseal *u, uint8_t key[TPM_SYMKEY_LEN])
{
    if (u->status || u->step != TPM_UNSEAL_STEPS)
        return false;
    memcpy(key, u->symkey, TPM_SYMKEY_LEN);
    return true;
}

void tpm_unseal_message(const struct tpm_unseal *u, char *out)
{
    struct tss s = {.rc = u->rc};
    if (u->step < TPM_UNSEAL_STEPS)
        s.command = tpm_command_table[step_command[u->step]].name;
    tss_message(&s, u->status, out);
}
