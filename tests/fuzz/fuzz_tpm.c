/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Responses of any content to boot firmware and ultravisor, from a carrier that knows what was
 * asked. The input is a list of responses; what is left out of one (size, HMAC) can be made right,
 * so that the parsers behind the frame are reached.
 */
#include "fuzz.h"
#include "tpm/key.h"
#include "tpm/session.h"
#include "tpm/tss.h"

#define FIX_SIZE 1u
#define FIX_HMAC 2u

struct carrier {
    struct input in;
    unsigned count;
};

/* how (1), length (2), bytes */
static size_t next_response(struct carrier *c, uint8_t *resp, size_t cap, unsigned *how)
{
    *how = input_u8(&c->in);
    size_t len = input_u16(&c->in) % (cap + 1);
    if (len > c->in.left)
        len = c->in.left;
    memcpy(resp, c->in.p, len);
    c->in.p += len;
    c->in.left -= len;
    if (*how & FIX_SIZE && len >= 6)
        put_be32(resp + 2, (uint32_t)len);
    return len;
}

static int transmit(void *ctx, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                    size_t *resp_len)
{
    struct carrier *c = ctx;
    unsigned how;
    FUZZ_CHECK(len >= TPM_HEADER_LEN && len <= TPM_PACKET_MAX && get_be32(cmd + 2) == len);
    FUZZ_CHECK(cap == TPM_PACKET_MAX);
    if (++c->count > 200 || !c->in.left)
        return TPM_STATUS_TRANSPORT;
    *resp_len = next_response(c, resp, cap, &how);
    return TPM_STATUS_OK;
}

static bool is_wiped(const struct tpm_wrapping_key *key)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < sizeof(*key); i++)
        bits |= ((const uint8_t *)key)[i];
    return !bits;
}

static void boot(struct carrier *c)
{
    struct tss s = {.transmit = transmit, .ctx = c};
    struct tpm_measurement roles[TPM_FIRMWARE_ROLES];
    struct tpm_wrapping_key key;
    char message[TPM_MESSAGE_MAX];
    tpm_measure_firmware(roles);
    int status = tpm_opal_boot(&s, roles, TPM_FIRMWARE_ROLES, &key);
    if (status)
        FUZZ_CHECK(is_wiped(&key));
    else
        FUZZ_CHECK(strlen((char *)key.password) == TPM_PASSWORD_LEN);
    tss_message(&s, status, message);
}

static void tool(struct carrier *c)
{
    struct tss s = {.transmit = transmit, .ctx = c};
    struct tpm_key_info info;
    struct tpm_blob blob;
    uint8_t digest[SHA256_LEN];
    uint32_t handles[8];
    unsigned count;
    while (c->in.left && c->count < 200) {
        tpm_read_key(&s, TPM_WRAPPING_KEY, &info);
        tss_read_public(&s, TPM_WRAPPING_KEY, &blob, NULL);
        tpm_read_pcr(&s, 7, digest);
        tpm_handles(&s, handles, ARRAY_SIZE(handles), &count);
        FUZZ_CHECK(count <= ARRAY_SIZE(handles));
        tss_create_wrapping(&s, TPM_PARENT_KEY, digest, &blob);
        tss_change_auth(&s, TPM_WRAPPING_KEY, TPM_PARENT_KEY, 0, digest, &blob);
        FUZZ_CHECK(tpm_forget(&s) != TPM_STATUS_ROOM);
    }
}

/* The Name that the seeds' ReadPublic response has. */
static void learn_name(struct tpm_unseal *u, const uint8_t *resp, size_t len)
{
    struct tpm_response rsp;
    struct tpm_key_info info;
    if (!tpm_rsp_parse(&rsp, TPM_CMD_ReadPublic, resp, len) && tpm_get_public(&rsp.params, &info))
        memcpy(u->key.name, info.name, TPM_NAME_LEN);
}

/* Puts the right HMAC into an RSA_Decrypt response that is well enough formed to have one. */
static bool fix_hmac(const struct tpm_unseal *u, uint8_t *resp, size_t len)
{
    struct tpm_response rsp;
    uint8_t hash[SHA256_LEN];
    if (tpm_rsp_parse(&rsp, TPM_CMD_RSA_Decrypt, resp, len) ||
        rsp.auth.nonce_len != TPM_NONCE_LEN || rsp.auth.hmac_len != SHA256_LEN)
        return false;
    tpm_rp_hash(TPM_CMD_RSA_Decrypt, rsp.params.p, rsp.params.left, hash);
    tpm_auth_hmac(u->key.password, TPM_PASSWORD_LEN, hash, rsp.auth.nonce, u->nonce_caller[1],
                  rsp.auth.attributes, resp + len - SHA256_LEN);
    return true;
}

static void unseal(struct carrier *c)
{
    static const struct tpm_wrapping_key key = {.handle = TPM_WRAPPING_KEY,
                                                .password = "0123456789abcdef"};
    static const uint8_t lockbox[TPM_LOCKBOX_LEN], entropy[TPM_UNSEAL_ENTROPY];
    struct tpm_unseal u;
    uint8_t cmd[TPM_PACKET_MAX], resp[TPM_PACKET_MAX], symkey[TPM_SYMKEY_LEN];
    char message[TPM_MESSAGE_MAX];
    size_t len;
    bool authentic = false;
    enum tpm_unseal_result result = TPM_UNSEAL_MORE;
    tpm_unseal_begin(&u, &key, lockbox, entropy);
    for (unsigned i = 0; result == TPM_UNSEAL_MORE; i++) {
        unsigned how;
        FUZZ_CHECK(i < TPM_UNSEAL_STEPS);
        FUZZ_CHECK(tpm_unseal_command(&u, cmd, sizeof(cmd), &len) == TPM_UNSEAL_MORE);
        len = next_response(c, resp, sizeof(resp), &how);
        if (i == TPM_UNSEAL_READ_PUBLIC)
            learn_name(&u, resp, len);
        if (i == TPM_UNSEAL_DECRYPT && how & FIX_HMAC)
            authentic = fix_hmac(&u, resp, len);
        result = tpm_unseal_response(&u, resp, len);
    }
    /* Nobody without the password gets anything accepted. */
    FUZZ_CHECK(result == TPM_UNSEAL_ERROR || authentic);
    FUZZ_CHECK(tpm_unseal_key(&u, symkey) == (result == TPM_UNSEAL_DONE));
    if (result == TPM_UNSEAL_ERROR)
        FUZZ_CHECK(!memmem(&u, sizeof(u), key.password, TPM_PASSWORD_LEN));
    tpm_unseal_message(&u, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct carrier c = {.in = {data, size}};
    switch (input_u8(&c.in) % 3) {
    case 0:
        boot(&c);
        break;
    case 1:
        tool(&c);
        break;
    default:
        unseal(&c);
    }
    return 0;
}
