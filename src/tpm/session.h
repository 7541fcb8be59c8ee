/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of policy sessions that are neither salted nor bound: their session key is empty,
 * so all that protects them is the authorization value (TPM 2.0 Library, Part 1, "Sessions"). */
#ifndef PEFEMU_TPM_SESSION_H
#define PEFEMU_TPM_SESSION_H

#include "pefemu/tpm.h"
#include "tpm/command.h"

/** tpm_kdfa - SP 800-108 counter mode with HMAC-SHA-256: @len bytes from key, label, two contexts
 */
void tpm_kdfa(const void *key, size_t key_len, const char *label, const void *u, size_t u_len,
              const void *v, size_t v_len, uint8_t *out, size_t len);

/** tpm_cp_hash - digest over command code, one handle's Name and the parameters */
void tpm_cp_hash(enum tpm_command id, const uint8_t name[TPM_NAME_LEN], const void *params,
                 size_t len, uint8_t out[SHA256_LEN]);
/** tpm_rp_hash - digest over success, command code and the parameters as they are on the wire */
void tpm_rp_hash(enum tpm_command id, const void *params, size_t len, uint8_t out[SHA256_LEN]);

/** tpm_auth_hmac - the HMAC of an authorization; @newer is the nonce of the side that computes it
 */
void tpm_auth_hmac(const void *auth_value, size_t auth_len, const uint8_t hash[SHA256_LEN],
                   const uint8_t newer[TPM_NONCE_LEN], const uint8_t older[TPM_NONCE_LEN],
                   uint8_t attributes, uint8_t out[SHA256_LEN]);

/** tpm_decrypt_parameter - undo the TPM's AES-128-CFB on a response parameter, in place */
void tpm_decrypt_parameter(const void *auth_value, size_t auth_len,
                           const uint8_t nonce_tpm[TPM_NONCE_LEN],
                           const uint8_t nonce_caller[TPM_NONCE_LEN], uint8_t *p, size_t len);

/* Policy digests: each assertion extends the digest of those before it; start from zeros. */
void tpm_policy_command_code(uint8_t digest[SHA256_LEN], enum tpm_command id);
void tpm_policy_auth_value(uint8_t digest[SHA256_LEN]);
/** tpm_policy_pcr - @value: what the one PCR of the SHA-256 bank must hold */
void tpm_policy_pcr(uint8_t digest[SHA256_LEN], unsigned pcr, const uint8_t value[SHA256_LEN]);
/** tpm_policy_or - replaces the digest, as either branch would */
void tpm_policy_or(uint8_t digest[SHA256_LEN], const uint8_t a[SHA256_LEN],
                   const uint8_t b[SHA256_LEN]);

/** tpm_put_pcr_selection - TPML_PCR_SELECTION of one PCR, SHA-256 bank */
void tpm_put_pcr_selection(struct tpm_writer *w, unsigned pcr);
#define TPM_PCR_SELECTION_LEN 10u

#endif
