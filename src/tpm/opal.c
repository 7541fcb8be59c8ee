// SPDX-License-Identifier: Apache-2.0
/*
 * Boot firmware's dealings with the TPM, before any hypervisor runs.
 *
 * The wrapping key's policy lets its password be changed only while PCR 6 is zero, that is only
 * here: the last thing done is to extend it. The platform hierarchy, which could evict the key,
 * gets an authorization that nobody knows. A new password means a new copy of the key; the copy
 * rests at TPM_SPARE_KEY while the old one gives way, so that a process killed at any point leaves
 * at least one of them.
 */
#include "tpm/key.h"
#include "tpm/tss.h"
#include "version.h"

#include <stdio.h>

void tpm_measure_firmware(struct tpm_measurement out[TPM_FIRMWARE_ROLES])
{
    static const char *const role[TPM_FIRMWARE_ROLES] = {"boot firmware", "hypervisor",
                                                         "ultravisor"};
    for (unsigned i = 0; i < TPM_FIRMWARE_ROLES; i++) {
        char text[256];
        int n =
            snprintf(text, sizeof(text), "pefemu %s %s %s", role[i], PEFEMU_VERSION, PEFEMU_COMMIT);
        out[i].what = role[i];
        crypto_sha256(text, (size_t)n, out[i].digest);
    }
}

/* 16 bytes without a zero: the device tree carries them as a string. The TPM's random numbers and
 * the host's together are no worse than the better of the two. */
static int make_password(struct tss *s, uint8_t password[TPM_PASSWORD_LEN + 1])
{
    uint8_t tpm[SHA256_LEN], host[SHA256_LEN];
    unsigned have = 0;
    int status = TPM_STATUS_OK;
    while (have < TPM_PASSWORD_LEN && !status) {
        status = tss_get_random(s, tpm, sizeof(tpm));
        tss_random(s, host, sizeof(host));
        for (unsigned i = 0; i < sizeof(tpm) && have < TPM_PASSWORD_LEN && !status; i++)
            if (tpm[i] != host[i])
                password[have++] = tpm[i] ^ host[i];
    }
    password[TPM_PASSWORD_LEN] = '\0';
    crypto_wipe(tpm, sizeof(tpm));
    crypto_wipe(host, sizeof(host));
    return status;
}

/* ---- which keys there are ---- */

struct present {
    bool parent, wrapping, spare;
};

int tpm_handles(struct tss *s, uint32_t *handles, unsigned max, unsigned *count)
{
    return tss_get_handles(s, TPM_HANDLE_PERSISTENT, handles, max, count);
}

static int find_keys(struct tss *s, struct present *keys)
{
    uint32_t handles[64];
    unsigned count;
    memset(keys, 0, sizeof(*keys));
    int status = tss_get_handles(s, TPM_PARENT_KEY, handles, ARRAY_SIZE(handles), &count);
    for (unsigned i = 0; i < count; i++) {
        keys->parent |= handles[i] == TPM_PARENT_KEY;
        keys->wrapping |= handles[i] == TPM_WRAPPING_KEY;
        keys->spare |= handles[i] == TPM_SPARE_KEY;
    }
    return status;
}

/* ---- a copy of the wrapping key with the password of this boot ---- */

static int make_parent(struct tss *s)
{
    uint32_t handle;
    int status = tss_create_parent(s, &handle);
    if (status)
        return status;
    status = tss_evict(s, handle, TPM_PARENT_KEY);
    int flushed = tss_flush(s, handle);
    return status ? status : flushed;
}

/* A session that has satisfied branch B; flushed again when it could not. */
static int start_branch_b(struct tss *s, const struct tpm_wrapping_key *key, uint32_t *session)
{
    int status = tss_start_policy(s, session);
    if (status)
        return status;
    status = tss_policy_command_code(s, *session, TPM_CMD_ObjectChangeAuth);
    if (!status)
        status = tss_policy_pcr(s, *session, TPM_PCR_GATE);
    if (!status)
        status = tss_policy_or(s, *session, key->policy_a, key->policy_b);
    if (status) {
        struct tss quiet = *s;
        tss_flush(&quiet, *session);
    }
    return status;
}

/* The key at @handle, re-encrypted with the new password. */
static int change_password(struct tss *s, uint32_t handle, const struct tpm_wrapping_key *key,
                           struct tpm_blob *blob)
{
    struct tpm_key_info info;
    uint32_t session;
    int status = tss_read_public(s, handle, blob, &info);
    if (status)
        return status == TPM_STATUS_FORMAT ? TPM_STATUS_POLICY : status;
    if (!info.is_wrapping_key)
        return TPM_STATUS_POLICY;
    status = start_branch_b(s, key, &session);
    if (status)
        return status;
    status = tss_change_auth(s, handle, TPM_PARENT_KEY, session, key->password, blob);
    if (status) {
        struct tss quiet = *s;
        tss_flush(&quiet, session); /* a refused command leaves it open */
    }
    return status;
}

/* Transient @copy becomes the key at TPM_WRAPPING_KEY, by way of the spare place. */
static int settle(struct tss *s, uint32_t copy, const struct present *keys)
{
    int status = TPM_STATUS_OK;
    if (keys->spare && keys->wrapping)
        status = tss_evict(s, TPM_SPARE_KEY, TPM_SPARE_KEY);
    if (!status && keys->wrapping) {
        status = tss_evict(s, copy, TPM_SPARE_KEY);
        if (!status)
            status = tss_evict(s, TPM_WRAPPING_KEY, TPM_WRAPPING_KEY);
    }
    if (!status)
        status = tss_evict(s, copy, TPM_WRAPPING_KEY);
    if (!status && (keys->wrapping || keys->spare))
        status = tss_evict(s, TPM_SPARE_KEY, TPM_SPARE_KEY);
    return status;
}

static int make_wrapping_key(struct tss *s, const struct tpm_wrapping_key *key)
{
    struct tpm_blob blob;
    struct present keys;
    uint32_t copy;
    int status = find_keys(s, &keys);
    if (!status && !keys.parent)
        status = make_parent(s);
    if (status)
        return status;
    if (keys.wrapping || keys.spare)
        status = change_password(s, keys.wrapping ? TPM_WRAPPING_KEY : TPM_SPARE_KEY, key, &blob);
    else
        status = tss_create_wrapping(s, TPM_PARENT_KEY, key->password, &blob);
    if (!status)
        status = tss_load(s, TPM_PARENT_KEY, &blob, &copy);
    if (status)
        return status;
    status = settle(s, copy, &keys);
    int flushed = tss_flush(s, copy);
    return status ? status : flushed;
}

/* ---- the boot ---- */

static int measure(struct tss *s, const struct tpm_measurement *measured, unsigned count)
{
    int status = TPM_STATUS_OK;
    for (unsigned i = 0; i < count && !status; i++)
        status = tss_pcr_extend(s, TPM_PCR_FIRMWARE, measured[i].digest);
    return status;
}

/* From here on the password can not be changed and the key not be evicted. */
static int close_gate(struct tss *s)
{
    static const char closed[] = "wrapping key ready";
    uint8_t digest[SHA256_LEN], auth[SHA256_LEN];
    crypto_sha256(closed, sizeof(closed) - 1, digest);
    int status = tss_pcr_extend(s, TPM_PCR_GATE, digest);
    tss_random(s, auth, sizeof(auth));
    int hierarchy = tss_platform_auth(s, auth);
    crypto_wipe(auth, sizeof(auth));
    return status ? status : hierarchy;
}

static int prepare(struct tss *s, const struct tpm_measurement *measured, unsigned count,
                   struct tpm_wrapping_key *key)
{
    struct tpm_key_info info;
    uint8_t policy[SHA256_LEN];
    int status = tss_self_test(s);
    if (!status)
        status = measure(s, measured, count);
    if (!status)
        status = make_password(s, key->password);
    if (status)
        return status;
    key->handle = TPM_WRAPPING_KEY;
    tpm_policy_digests(key->policy_a, key->policy_b, policy);
    status = make_wrapping_key(s, key);
    if (!status)
        status = tpm_read_key(s, TPM_WRAPPING_KEY, &info);
    if (!status)
        memcpy(key->name, info.name, TPM_NAME_LEN);
    return status;
}

int tpm_opal_boot(struct tss *s, const struct tpm_measurement *measured, unsigned count,
                  struct tpm_wrapping_key *key)
{
    memset(key, 0, sizeof(*key));
    int status = tpm_startup(s);
    if (!status) {
        status = prepare(s, measured, count, key);
        struct tss *who = s, quiet = *s;
        if (status)
            who = &quiet; /* the first failure is the one to report */
        int gate = close_gate(who);
        if (!status)
            status = gate;
    }
    if (status)
        crypto_wipe(key, sizeof(*key));
    return status;
}

int tpm_forget(struct tss *s)
{
    static const uint32_t ours[] = {TPM_SPARE_KEY, TPM_WRAPPING_KEY, TPM_PARENT_KEY};
    struct present keys;
    int status = find_keys(s, &keys);
    const bool there[] = {keys.spare, keys.wrapping, keys.parent};
    for (unsigned i = 0; i < ARRAY_SIZE(ours) && !status; i++)
        if (there[i])
            status = tss_evict(s, ours[i], ours[i]);
    return status ? status : tss_clear(s);
}
