/* SPDX-License-Identifier: Apache-2.0 */
/* Public areas of the two keys, and parameters that boot firmware and ultravisor write alike. */
#ifndef PEFEMU_TPM_KEY_H
#define PEFEMU_TPM_KEY_H

#include "tpm/command.h"

/* TPMA_OBJECT */
#define TPMA_FIXED_TPM             0x00002u
#define TPMA_FIXED_PARENT          0x00010u
#define TPMA_SENSITIVE_DATA_ORIGIN 0x00020u
#define TPMA_USER_WITH_AUTH        0x00040u
#define TPMA_NO_DA                 0x00400u
#define TPMA_ENCRYPTED_DUPLICATION 0x00800u
#define TPMA_RESTRICTED            0x10000u
#define TPMA_DECRYPT               0x20000u

/** tpm_put_parent_template, tpm_put_wrapping_template - TPM2B_PUBLIC of the keys of pef.md 7.1 */
void tpm_put_parent_template(struct tpm_writer *w);
void tpm_put_wrapping_template(struct tpm_writer *w);

/** tpm_get_public - ReadPublic's response: TPM2B_PUBLIC, Name (which must be that of the public
 * area), qualified Name. False unless it is an RSA-2048 key with SHA-256 names. */
bool tpm_get_public(struct tpm_reader *r, struct tpm_key_info *info);

/** tpm_put_policy_session - StartAuthSession's parameters: policy, AES-128-CFB, SHA-256 */
void tpm_put_policy_session(struct tpm_writer *w, const uint8_t nonce_caller[TPM_NONCE_LEN]);
/** tpm_put_policy_or - PolicyOR's parameters */
void tpm_put_policy_or(struct tpm_writer *w, const uint8_t a[SHA256_LEN],
                       const uint8_t b[SHA256_LEN]);

#endif
