/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of commands and responses: header, handles, authorizations (TPM 2.0 Library, Part 1,
 * "Command/Response Structure"). */
#ifndef PEFEMU_TPM_COMMAND_H
#define PEFEMU_TPM_COMMAND_H

#include "pefemu/tpm.h"
#include "tpm/marshal.h"

enum tpm_command {
#define TPM_COMMAND(name, code, handles, auths, handle) TPM_CMD_##name,
#include "pefemu/tpmcommand.def"
#undef TPM_COMMAND
    TPM_CMD_COUNT
};

struct tpm_command_info {
    const char *name;
    uint32_t code;
    uint8_t handles, auths;
    bool gives_handle;
};
extern const struct tpm_command_info tpm_command_table[TPM_CMD_COUNT];

#define TPM_TAG_NO_SESSIONS 0x8001u
#define TPM_TAG_SESSIONS    0x8002u
#define TPM_HEADER_LEN      10u

#define TPM_RC_SUCCESS    0u
#define TPM_RC_INITIALIZE 0x100u

#define TPM_CAP_HANDLES       1u
#define TPM_SU_CLEAR          0u
#define TPM_ALG_RSA           0x0001u
#define TPM_ALG_AES           0x0006u
#define TPM_ALG_SHA256        0x000bu
#define TPM_ALG_NULL          0x0010u
#define TPM_ALG_OAEP          0x0017u
#define TPM_ALG_CFB           0x0043u
#define TPM_RH_OWNER          0x40000001u
#define TPM_RH_NULL           0x40000007u
#define TPM_RS_PW             0x40000009u
#define TPM_RH_PLATFORM       0x4000000cu
#define TPM_SE_POLICY         1u
#define TPMA_CONTINUE         0x01u       /* session attributes: the session outlives the command */
#define TPMA_ENCRYPT          0x40u       /* the response's first parameter comes encrypted */
#define TPM_HANDLE_SESSION    0x02000000u /* HMAC sessions; GetCapability: all loaded sessions */
#define TPM_HANDLE_POLICY     0x03000000u /* policy sessions; GetCapability: all saved sessions */
#define TPM_HANDLE_TRANSIENT  0x80000000u
#define TPM_HANDLE_PERSISTENT 0x81000000u

/* One authorization of a command. An empty @hmac with TPM_RS_PW is the empty password. */
struct tpm_auth {
    uint32_t session;
    const uint8_t *nonce, *hmac;
    size_t nonce_len, hmac_len;
    uint8_t attributes;
};
extern const struct tpm_auth tpm_empty_password;

/**
 * tpm_cmd_begin - header, handles and, for commands that need one, the authorization
 * @handles: as many as the row says; @auth: NULL for commands without
 * The parameters follow; tpm_cmd_end() fills in the size and returns false when it did not fit.
 */
void tpm_cmd_begin(struct tpm_writer *w, enum tpm_command id, const uint32_t *handles,
                   const struct tpm_auth *auth);
bool tpm_cmd_end(struct tpm_writer *w);

/* The TPM's side of an authorization. */
struct tpm_auth_reply {
    uint8_t nonce[TPM_NONCE_LEN], hmac[SHA256_LEN];
    size_t nonce_len, hmac_len;
    uint8_t attributes;
};

struct tpm_response {
    uint32_t rc;
    uint32_t handle;            /* 0 when the command gives none */
    struct tpm_reader params;   /* points into the response */
    struct tpm_auth_reply auth; /* zero for commands without */
};

/**
 * tpm_rsp_parse - take a response apart, believing nothing
 * Returns TPM_STATUS_OK, _LENGTH, _SIZE, _TAG, _FORMAT, or _REFUSED with the TPM's code in rsp->rc.
 * The parameters are not looked at; whoever reads them ends with tr_done().
 */
int tpm_rsp_parse(struct tpm_response *rsp, enum tpm_command id, const uint8_t *buf, size_t len);

#endif
