// SPDX-License-Identifier: Apache-2.0
/*
 * The storage parent and the wrapping key as TPM public areas (TPM 2.0 Library, Part 2,
 * "TPMT_PUBLIC"), and what the policy of the wrapping key says.
 */
#include "tpm/key.h"
#include "tpm/session.h"

#define RSA_BITS 2048u

#define PARENT_ATTRIBUTES                                                                          \
    (TPMA_FIXED_TPM | TPMA_FIXED_PARENT | TPMA_SENSITIVE_DATA_ORIGIN | TPMA_USER_WITH_AUTH |       \
     TPMA_NO_DA | TPMA_RESTRICTED | TPMA_DECRYPT)
#define WRAPPING_ATTRIBUTES                                                                        \
    (TPMA_SENSITIVE_DATA_ORIGIN | TPMA_NO_DA | TPMA_ENCRYPTED_DUPLICATION | TPMA_DECRYPT)

void tpm_policy_digests(uint8_t a[SHA256_LEN], uint8_t b[SHA256_LEN], uint8_t either[SHA256_LEN])
{
    static const uint8_t zeros[SHA256_LEN];
    memset(a, 0, SHA256_LEN);
    tpm_policy_command_code(a, TPM_CMD_RSA_Decrypt);
    tpm_policy_auth_value(a);
    memset(b, 0, SHA256_LEN);
    tpm_policy_command_code(b, TPM_CMD_ObjectChangeAuth);
    tpm_policy_pcr(b, TPM_PCR_GATE, zeros);
    tpm_policy_or(either, a, b);
}

static void put_public_head(struct tpm_writer *w, uint32_t attributes, const uint8_t *policy,
                            size_t policy_len)
{
    tw_u16(w, TPM_ALG_RSA);
    tw_u16(w, TPM_ALG_SHA256); /* of the Name */
    tw_u32(w, attributes);
    tw_2b(w, policy, policy_len);
}

static void put_public_tail(struct tpm_writer *w)
{
    tw_u16(w, RSA_BITS);
    tw_u32(w, 0); /* exponent: 65537 */
    tw_2b(w, NULL, 0);
}

void tpm_put_parent_template(struct tpm_writer *w)
{
    size_t mark = tw_begin_2b(w);
    put_public_head(w, PARENT_ATTRIBUTES, NULL, 0);
    tw_u16(w, TPM_ALG_AES);
    tw_u16(w, 128);
    tw_u16(w, TPM_ALG_CFB);
    tw_u16(w, TPM_ALG_NULL); /* scheme */
    put_public_tail(w);
    tw_end_2b(w, mark);
}

void tpm_put_wrapping_template(struct tpm_writer *w)
{
    uint8_t a[SHA256_LEN], b[SHA256_LEN], policy[SHA256_LEN];
    size_t mark = tw_begin_2b(w);
    tpm_policy_digests(a, b, policy);
    put_public_head(w, WRAPPING_ATTRIBUTES, policy, sizeof(policy));
    tw_u16(w, TPM_ALG_NULL); /* symmetric: not a parent */
    tw_u16(w, TPM_ALG_OAEP);
    tw_u16(w, TPM_ALG_SHA256);
    put_public_tail(w);
    tw_end_2b(w, mark);
}

/* TPMT_PUBLIC of an RSA key. */
static bool get_rsa_public(struct tpm_reader *r, struct tpm_key_info *info)
{
    bool is_rsa = tr_u16(r) == TPM_ALG_RSA, names_sha256 = tr_u16(r) == TPM_ALG_SHA256;
    info->attributes = tr_u32(r);
    struct tpm_reader policy = tr_2b(r, SHA256_LEN);
    unsigned symmetric = tr_u16(r);
    if (symmetric != TPM_ALG_NULL)
        tr_u32(r); /* key bits and mode */
    unsigned scheme = tr_u16(r);
    unsigned scheme_hash = scheme == TPM_ALG_OAEP ? tr_u16(r) : TPM_ALG_NULL;
    bool is_2048 = tr_u16(r) == RSA_BITS;
    info->exponent = tr_u32(r);
    if (!info->exponent)
        info->exponent = 65537;
    if (!tr_fixed_2b(r, info->modulus, sizeof(info->modulus)) || !tr_done(r))
        return false;
    memcpy(info->policy, policy.p, policy.left); /* zeros when there is none */
    info->is_wrapping_key = info->attributes == WRAPPING_ATTRIBUTES && scheme == TPM_ALG_OAEP &&
                            scheme_hash == TPM_ALG_SHA256 && symmetric == TPM_ALG_NULL;
    return is_rsa && names_sha256 && is_2048;
}

bool tpm_get_public(struct tpm_reader *r, struct tpm_key_info *info)
{
    uint8_t a[SHA256_LEN], b[SHA256_LEN], policy[SHA256_LEN], expected[TPM_NAME_LEN];
    memset(info, 0, sizeof(*info));
    struct tpm_reader area = tr_2b(r, TPM_PACKET_MAX);
    put_be16(expected, TPM_ALG_SHA256);
    crypto_sha256(area.p, area.left, expected + 2);
    if (!tr_fixed_2b(r, info->name, TPM_NAME_LEN) || memcmp(info->name, expected, TPM_NAME_LEN))
        return false;
    tr_2b(r, TPM_NAME_LEN);
    if (!tr_done(r) || !get_rsa_public(&area, info))
        return false;
    tpm_policy_digests(a, b, policy);
    info->is_wrapping_key &= !memcmp(info->policy, policy, SHA256_LEN);
    return true;
}

void tpm_put_policy_session(struct tpm_writer *w, const uint8_t nonce_caller[TPM_NONCE_LEN])
{
    tw_2b(w, nonce_caller, TPM_NONCE_LEN);
    tw_2b(w, NULL, 0); /* no salt */
    tw_u8(w, TPM_SE_POLICY);
    tw_u16(w, TPM_ALG_AES);
    tw_u16(w, 128);
    tw_u16(w, TPM_ALG_CFB);
    tw_u16(w, TPM_ALG_SHA256);
}

void tpm_put_policy_or(struct tpm_writer *w, const uint8_t a[SHA256_LEN],
                       const uint8_t b[SHA256_LEN])
{
    tw_u32(w, 2);
    tw_2b(w, a, SHA256_LEN);
    tw_2b(w, b, SHA256_LEN);
}
