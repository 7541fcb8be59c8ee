/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of boot firmware and of the tool, one function each. All return a status; on
 * TPM_STATUS_REFUSED s->rc is the TPM's code. Hierarchies and keys are authorized with the empty
 * password, which is what they have before tpm_opal_boot() closes the gate.
 */
#ifndef PEFEMU_TPM_TSS_H
#define PEFEMU_TPM_TSS_H

#include "tpm/command.h"

#define TPM_PRIVATE_MAX 512u

/* TPM2B contents of a key that Create or ObjectChangeAuth made, encrypted by its parent. */
struct tpm_blob {
    size_t private_len, public_len;
    uint8_t private_area[TPM_PRIVATE_MAX], public_area[TPM_PRIVATE_MAX];
};

int tss_self_test(struct tss *s);
int tss_shutdown(struct tss *s);
/** tss_get_random - @len at most 32; the TPM may give fewer: TPM_STATUS_FORMAT */
int tss_get_random(struct tss *s, uint8_t *out, size_t len);
/** tss_get_handles - at most @max handles from @first on, all of one kind */
int tss_get_handles(struct tss *s, uint32_t first, uint32_t *handles, unsigned max,
                    unsigned *count);
/** tss_create_parent - the storage parent as a transient object */
int tss_create_parent(struct tss *s, uint32_t *handle);
/** tss_create_wrapping - a new wrapping key below @parent with @password */
int tss_create_wrapping(struct tss *s, uint32_t parent, const uint8_t *password,
                        struct tpm_blob *blob);
/** tss_read_public - fills in blob->public_area and, unless NULL, @info */
int tss_read_public(struct tss *s, uint32_t handle, struct tpm_blob *blob,
                    struct tpm_key_info *info);
/** tss_change_auth - with @session, which ends with it; fills in blob->private_area */
int tss_change_auth(struct tss *s, uint32_t object, uint32_t parent, uint32_t session,
                    const uint8_t *password, struct tpm_blob *blob);
int tss_load(struct tss *s, uint32_t parent, const struct tpm_blob *blob, uint32_t *handle);
/** tss_evict - make transient @object persistent at @at, or remove persistent @object (== @at) */
int tss_evict(struct tss *s, uint32_t object, uint32_t at);
int tss_flush(struct tss *s, uint32_t handle);
int tss_start_policy(struct tss *s, uint32_t *session);
/** tss_random - random bytes from s->random, or the host */
void tss_random(const struct tss *s, void *p, size_t len);
int tss_policy_command_code(struct tss *s, uint32_t session, enum tpm_command id);
/** tss_policy_pcr - the one PCR as it is now */
int tss_policy_pcr(struct tss *s, uint32_t session, unsigned pcr);
int tss_policy_or(struct tss *s, uint32_t session, const uint8_t a[SHA256_LEN],
                  const uint8_t b[SHA256_LEN]);
int tss_pcr_extend(struct tss *s, unsigned pcr, const uint8_t digest[SHA256_LEN]);
int tss_pcr_reset(struct tss *s, unsigned pcr);
int tss_platform_auth(struct tss *s, const uint8_t auth[SHA256_LEN]);
int tss_clear(struct tss *s);

#endif
