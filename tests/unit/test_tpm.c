// SPDX-License-Identifier: Apache-2.0
/*
 * Boot firmware and ultravisor against a real TPM: libtpms in this process. What a hostile carrier
 * or hypervisor may do to them (attacks 63 to 66) is done here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tpm/key.h"
#include "tpm/session.h"
#include "tpm/tpm_internal.h"
#include "tpm/tss.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

/* ---- a booted TPM ---- */

static struct tpm *tpm;
static struct tpm_wrapping_key key;
static struct tpm_key_info public_key;

/* The bytes of a conversation, and where to break it. */
static struct {
    bool on;
    size_t len;
    uint8_t bytes[1 << 20];
} tape;
static int commands_left = -1; /* then the carrier dies; -1: never */

static void record(const uint8_t *p, size_t len)
{
    if (tape.on && len <= sizeof(tape.bytes) - tape.len) {
        memcpy(tape.bytes + tape.len, p, len);
        tape.len += len;
    }
}

static int carry(void *ctx, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                 size_t *resp_len)
{
    *resp_len = 0;
    if (commands_left == 0)
        return TPM_STATUS_TRANSPORT;
    if (commands_left > 0)
        commands_left--;
    record(cmd, len);
    int status = tpm_execute(ctx, cmd, len, resp, cap, resp_len);
    record(resp, *resp_len);
    return status;
}

static struct tss firmware(void)
{
    return (struct tss){.transmit = carry, .ctx = tpm};
}

#define assert_ok(status) assert_string_equal(tpm_status_text(status), "no error")

static int boot(void)
{
    struct tpm_measurement roles[TPM_FIRMWARE_ROLES];
    struct tss s = firmware();
    tpm_measure_firmware(roles);
    int status = tpm_opal_boot(&s, roles, TPM_FIRMWARE_ROLES, &key);
    return status ? status : tpm_read_key(&s, TPM_WRAPPING_KEY, &public_key);
}

static int boot_fresh(void **state)
{
    char message[TPM_MESSAGE_MAX];
    (void)state;
    tpm = tpm_create(&(struct tpm_config){0}, message);
    return tpm && boot() == TPM_STATUS_OK ? 0 : -1;
}

static int power_off(void **state)
{
    (void)state;
    tpm_destroy(tpm);
    tpm = NULL;
    return 0;
}

/* RSA-OAEP with SHA-256 for both hashes and an empty label, as tools make lockboxes. */
static void make_lockbox(const struct tpm_key_info *to, const void *secret, size_t len,
                         uint8_t lockbox[TPM_LOCKBOX_LEN])
{
    char pem[RSA_PEM_MAX];
    size_t size = crypto_rsa_pem(to->modulus, sizeof(to->modulus), to->exponent, pem);
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *rsa = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    assert_non_null(rsa);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
    size_t out = TPM_LOCKBOX_LEN;
    assert_true(EVP_PKEY_encrypt_init(ctx) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0);
    assert_true(EVP_PKEY_encrypt(ctx, lockbox, &out, secret, len) > 0);
    assert_int_equal(out, TPM_LOCKBOX_LEN);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(rsa);
    BIO_free(bio);
}

static const uint8_t symkey[TPM_SYMKEY_LEN] = "a symmetric key of 32 bytes, yes";

static void begin(struct tpm_unseal *u)
{
    uint8_t lockbox[TPM_LOCKBOX_LEN], entropy[TPM_UNSEAL_ENTROPY];
    make_lockbox(&public_key, symkey, sizeof(symkey), lockbox);
    crypto_random(entropy, sizeof(entropy));
    tpm_unseal_begin(u, &key, lockbox, entropy);
}

/* What a carrier does to the response of one step. */
struct tamper {
    uint32_t step;
    size_t at;
    uint8_t flip;
};

static enum tpm_unseal_result run(struct tpm_unseal *u, const struct tamper *t)
{
    uint8_t cmd[TPM_PACKET_MAX], resp[TPM_PACKET_MAX];
    size_t len, resp_len;
    enum tpm_unseal_result result;
    while ((result = tpm_unseal_command(u, cmd, sizeof(cmd), &len)) == TPM_UNSEAL_MORE) {
        /* The work rests here while the hypervisor has the machine: nothing but bytes. */
        struct tpm_unseal rested;
        memcpy(&rested, u, sizeof(rested));
        memset(u, 0xa5, sizeof(*u));
        assert_ok(carry(tpm, cmd, len, resp, sizeof(resp), &resp_len));
        if (t && t->step == rested.step) {
            assert_true(t->at < resp_len);
            resp[t->at] ^= t->flip;
        }
        memcpy(u, &rested, sizeof(rested));
        if (tpm_unseal_response(u, resp, resp_len) == TPM_UNSEAL_ERROR)
            result = TPM_UNSEAL_ERROR;
        if (result == TPM_UNSEAL_ERROR)
            break;
    }
    assert_ok(tpm_close(tpm));
    return result;
}

static void assert_opens(void)
{
    struct tpm_unseal u;
    uint8_t got[TPM_SYMKEY_LEN];
    begin(&u);
    assert_false(tpm_unseal_key(&u, got));
    assert_int_equal(run(&u, NULL), TPM_UNSEAL_DONE);
    assert_true(tpm_unseal_key(&u, got));
    assert_memory_equal(got, symkey, sizeof(symkey));
    tpm_unseal_end(&u);
}

static bool holds(const void *hay, size_t hay_len, const void *needle, size_t len)
{
    return memmem(hay, hay_len, needle, len) != NULL;
}

/* Failed for good with @status at @step, and without secrets. */
static void assert_failed(const struct tpm_unseal *u, uint32_t step, int status)
{
    assert_string_equal(tpm_status_text(u->status), tpm_status_text(status));
    assert_int_equal(u->step, step);
    assert_false(holds(u, sizeof(*u), key.password, 8));
    assert_false(holds(u, sizeof(*u), symkey, 8));
}

/* ---- pure parts ---- */

static void assert_hex(const uint8_t *p, size_t len, const char *hex)
{
    char text[2 * 64 + 1];
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", p[i]);
    assert_string_equal(text, hex);
}

static void test_policies_are_those_of_the_firmware(void **state)
{
    static const uint8_t zeros[SHA256_LEN];
    uint8_t a[SHA256_LEN], b[SHA256_LEN], either[SHA256_LEN];
    (void)state;
    tpm_policy_digests(a, b, either);
    assert_hex(a, 32, "8dbd2aa10f701b1eda230fa8a38803d342f3b48c2ffcbed56c04674c79dff00f");
    assert_hex(b, 32, "1d48df1d1173570fc3996f1fd2c320a651b5d815f601a1a73a23b39ab7b6eb5d");
    assert_hex(either, 32, "f5c37afbcb47eec916b0f2b96472e92453e841e37f508e771acb2257d7e6b0f9");
    /* The build with the resettable PCR, which this firmware does not use. */
    memset(b, 0, sizeof(b));
    tpm_policy_command_code(b, TPM_CMD_ObjectChangeAuth);
    tpm_policy_pcr(b, 16, zeros);
    tpm_policy_or(either, a, b);
    assert_hex(b, 32, "9795d78f53de94401899cc2d5ba76007b3d4dad85bf95cabeeba04d0f98b502e");
    assert_hex(either, 32, "e86c7354251aa8e6ce27fddc541946f48120ff95c3d7a4d343f463321bd3e55c");
}

/* libcrypto has SP 800-108 too. */
static void other_kdfa(const uint8_t *k, size_t klen, const char *label, const uint8_t *context,
                       size_t clen, uint8_t *out, size_t len)
{
    char mac[] = "HMAC", digest[] = "SHA256", mode[] = "COUNTER";
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, mac, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)k, klen),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)label,
                                          strlen(label)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)context, clen),
        OSSL_PARAM_construct_end(),
    };
    assert_true(EVP_KDF_derive(ctx, out, len, params) > 0);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static void test_kdfa_agrees_with_another_implementation(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 100; len++) {
        uint8_t k[20], nonces[2 * TPM_NONCE_LEN], ours[100], theirs[100];
        crypto_random(k, sizeof(k));
        crypto_random(nonces, sizeof(nonces));
        tpm_kdfa(k, sizeof(k), "CFB", nonces, 32, nonces + 32, 32, ours, len);
        other_kdfa(k, sizeof(k), "CFB", nonces, sizeof(nonces), theirs, len);
        assert_memory_equal(ours, theirs, len);
    }
}

static void test_marshalling_never_passes_an_end(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= 17; cap++) {
        uint8_t *buf = malloc(cap ? cap : 1); /* of the exact size, for the sanitizer */
        struct tpm_writer w;
        struct tpm_reader r;
        tw_init(&w, buf, cap);
        tw_u8(&w, 1);
        tw_u16(&w, 2);
        tw_u32(&w, 3);
        size_t mark = tw_begin_2b(&w);
        tw_bytes(&w, "abcd", 4);
        tw_end_2b(&w, mark);
        tw_2b(&w, "xy", 2);
        assert_int_equal(w.bad, cap < 17);
        assert_true(w.len <= cap);
        tr_init(&r, buf, w.bad ? 0 : cap);
        assert_int_equal(tr_u8(&r), w.bad ? 0 : 1);
        assert_int_equal(tr_u16(&r), w.bad ? 0 : 2);
        assert_int_equal(tr_u32(&r), w.bad ? 0 : 3);
        assert_int_equal(tr_2b(&r, 4).left, w.bad ? 0 : 4);
        uint8_t xy[2];
        assert_int_equal(tr_fixed_2b(&r, xy, 2), !w.bad);
        assert_int_equal(tr_done(&r), !w.bad);
        free(buf);
    }
    static const uint8_t long_2b[] = {0, 3, 'a', 'b', 'c'};
    struct tpm_reader r;
    tr_init(&r, long_2b, sizeof(long_2b));
    assert_int_equal(tr_2b(&r, 2).left, 0);
    assert_false(tr_done(&r));
}

static int parse(enum tpm_command id, const char *hex)
{
    uint8_t bytes[64];
    size_t n = 0;
    struct tpm_response rsp;
    for (; hex[0] && hex[1]; hex += 2 + (hex[2] == ' '))
        bytes[n++] = (uint8_t)strtoul((char[]){hex[0], hex[1], 0}, NULL, 16);
    return tpm_rsp_parse(&rsp, id, bytes, n);
}

static void test_response_frames(void **state)
{
    (void)state;
    assert_ok(parse(TPM_CMD_SelfTest, "8001 0000000a 00000000"));
    assert_int_equal(parse(TPM_CMD_SelfTest, "8001 00000009 000000"), TPM_STATUS_LENGTH);
    assert_int_equal(parse(TPM_CMD_SelfTest, "8001 0000000b 00000000"), TPM_STATUS_SIZE);
    assert_int_equal(parse(TPM_CMD_SelfTest, "8002 0000000a 00000000"), TPM_STATUS_TAG);
    assert_int_equal(parse(TPM_CMD_SelfTest, "00c4 0000000a 0000001e"), TPM_STATUS_TAG);
    assert_int_equal(parse(TPM_CMD_SelfTest, "8001 0000000a 00000101"), TPM_STATUS_REFUSED);
    assert_int_equal(parse(TPM_CMD_SelfTest, "8001 0000000b 00000101 00"), TPM_STATUS_FORMAT);
    assert_ok(parse(TPM_CMD_Clear, "8002 00000013 00000000 00000000 0000 01 0000"));
    assert_int_equal(parse(TPM_CMD_Clear, "8001 0000000a 00000000"), TPM_STATUS_TAG);
    assert_int_equal(parse(TPM_CMD_Clear, "8002 00000013 00000000 00000006 0000 01 0000"),
                     TPM_STATUS_FORMAT);
    assert_int_equal(parse(TPM_CMD_Clear, "8002 00000014 00000000 00000000 0000 01 0000 00"),
                     TPM_STATUS_FORMAT);
    assert_int_equal(parse(TPM_CMD_Load, "8002 0000000d 00000000 800000"), TPM_STATUS_FORMAT);
    uint8_t big[TPM_PACKET_MAX + 1] = {0x80, 1, 0, 0, 0x10, 1};
    struct tpm_response rsp;
    assert_int_equal(tpm_rsp_parse(&rsp, TPM_CMD_SelfTest, big, sizeof(big)), TPM_STATUS_LENGTH);
}

/* ---- boot firmware ---- */

static void test_boot_hands_over_a_key(void **state)
{
    (void)state;
    assert_int_equal(key.handle, TPM_WRAPPING_KEY);
    assert_int_equal(strlen((char *)key.password), TPM_PASSWORD_LEN);
    assert_true(public_key.is_wrapping_key);
    assert_memory_equal(key.name, public_key.name, TPM_NAME_LEN);
    assert_int_equal(public_key.exponent, 65537);
}

static void test_boot_records_measurements(void **state)
{
    struct tpm_measurement roles[TPM_FIRMWARE_ROLES];
    uint8_t chain[2 * SHA256_LEN] = {0}, pcr[SHA256_LEN];
    struct tss s = firmware();
    (void)state;
    tpm_measure_firmware(roles);
    for (unsigned i = 0; i < TPM_FIRMWARE_ROLES; i++) {
        memcpy(chain + SHA256_LEN, roles[i].digest, SHA256_LEN);
        crypto_sha256(chain, sizeof(chain), chain);
    }
    assert_ok(tpm_read_pcr(&s, TPM_PCR_FIRMWARE, pcr));
    assert_memory_equal(pcr, chain, SHA256_LEN);
}

static void test_boot_again_keeps_the_key_and_changes_the_password(void **state)
{
    struct tpm_key_info before = public_key;
    struct tpm_wrapping_key old = key;
    struct tpm_unseal u;
    (void)state;
    assert_ok(tpm_reset(tpm));
    assert_ok(boot());
    assert_memory_equal(before.modulus, public_key.modulus, sizeof(before.modulus));
    assert_memory_not_equal(old.password, key.password, TPM_PASSWORD_LEN);
    assert_opens();
    begin(&u);
    memcpy(u.key.password, old.password, TPM_PASSWORD_LEN);
    assert_int_equal(run(&u, NULL), TPM_UNSEAL_ERROR);
    assert_failed(&u, TPM_UNSEAL_DECRYPT, TPM_STATUS_REFUSED);
}

/* Whatever command is the last one that got through: the next boot finds the key. */
static void test_no_interruption_loses_the_key(void **state)
{
    struct tpm_key_info before = public_key;
    int status, n = 0;
    (void)state;
    do {
        assert_ok(tpm_reset(tpm));
        commands_left = n++;
        status = boot();
        bool cut = commands_left == 0;
        commands_left = -1;
        if (cut && status)
            assert_int_equal(status, TPM_STATUS_TRANSPORT);
        tpm->dead = true; /* power goes without a Shutdown */
        assert_ok(tpm_reset(tpm));
        assert_ok(boot());
        assert_memory_equal(before.modulus, public_key.modulus, sizeof(before.modulus));
        assert_true(n < 100);
        if (!status || !cut)
            break;
    } while (true);
    assert_true(n > 20); /* it was cut that often */
    struct tss s = firmware();
    uint32_t handles[16];
    unsigned count;
    assert_ok(tpm_handles(&s, handles, 16, &count));
    assert_int_equal(count, 2); /* no spare left */
    assert_opens();
}

static void test_a_failed_boot_closes_the_gate(void **state)
{
    struct tpm_wrapping_key zero = {0};
    uint8_t pcr[SHA256_LEN];
    static const uint8_t zeros[SHA256_LEN];
    struct tss s = firmware();
    (void)state;
    /* Before its time, PCR 6 is not zero any more: branch B can not be satisfied. */
    assert_ok(tpm_reset(tpm));
    assert_ok(tpm_startup(&s));
    assert_ok(tss_pcr_extend(&s, TPM_PCR_GATE, symkey));
    assert_int_equal(boot(), TPM_STATUS_REFUSED);
    assert_memory_equal(&key, &zero, sizeof(key));
    assert_ok(tpm_read_pcr(&s, TPM_PCR_GATE, pcr));
    assert_memory_not_equal(pcr, zeros, SHA256_LEN);
    assert_int_equal(tss_platform_auth(&s, zeros), TPM_STATUS_REFUSED);
    assert_ok(tpm_reset(tpm));
    assert_ok(boot());
    assert_opens();
}

/* Attack 63, the key. */
static void test_a_foreign_key_is_not_used(void **state)
{
    struct tss s = firmware();
    uint32_t primary;
    (void)state;
    assert_ok(tpm_reset(tpm));
    assert_ok(tpm_startup(&s));
    assert_ok(tpm_forget(&s));
    assert_ok(tss_create_parent(&s, &primary));
    assert_ok(tss_evict(&s, primary, TPM_WRAPPING_KEY));
    assert_ok(tss_flush(&s, primary));
    assert_int_equal(boot(), TPM_STATUS_POLICY);
    assert_ok(tpm_reset(tpm));
    assert_ok(tpm_startup(&s));
    assert_ok(tpm_forget(&s));
    assert_ok(boot());
    assert_opens();
}

/* ---- the ultravisor ---- */

static void test_lockbox_opens(void **state)
{
    (void)state;
    assert_opens();
}

/* Attack 63, Name and lockbox. */
static void test_wrong_password_name_lockbox(void **state)
{
    struct tpm_unseal u;
    char message[TPM_MESSAGE_MAX];
    (void)state;
    begin(&u);
    u.key.password[0] ^= 1;
    assert_int_equal(run(&u, NULL), TPM_UNSEAL_ERROR);
    assert_failed(&u, TPM_UNSEAL_DECRYPT, TPM_STATUS_REFUSED);
    tpm_unseal_message(&u, message);
    assert_non_null(strstr(message, "RSA_Decrypt: the TPM refused the command (response code 0x"));
    begin(&u);
    u.key.name[20] ^= 1;
    assert_int_equal(run(&u, NULL), TPM_UNSEAL_ERROR);
    assert_failed(&u, TPM_UNSEAL_READ_PUBLIC, TPM_STATUS_NAME);
    begin(&u);
    u.lockbox[100] ^= 1;
    assert_int_equal(run(&u, NULL), TPM_UNSEAL_ERROR);
    assert_failed(&u, TPM_UNSEAL_DECRYPT, TPM_STATUS_REFUSED);
    begin(&u);
    u.key.policy_b[0] ^= 1; /* the policy is then not the key's */
    assert_int_equal(run(&u, NULL), TPM_UNSEAL_ERROR);
    assert_failed(&u, TPM_UNSEAL_DECRYPT, TPM_STATUS_REFUSED);
    begin(&u);
    make_lockbox(&public_key, symkey, 16, u.lockbox);
    assert_int_equal(run(&u, NULL), TPM_UNSEAL_ERROR);
    assert_failed(&u, TPM_UNSEAL_DECRYPT, TPM_STATUS_KEY);
}

/* Attack 64, altered: whatever byte of whatever response, the result is an error. The one thing
 * nobody relies on is the qualified Name in the first response: there the right key comes out. */
static void test_every_altered_byte_is_noticed(void **state)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xff};
    static const size_t expected_len[TPM_UNSEAL_STEPS] = {
        10 + 2 + 312 + 36 + 36, 14 + 34, 10, 10, 10, 14 + 34 + 34 + 1 + 34, 10};
    (void)state;
    for (uint32_t step = 0; step < TPM_UNSEAL_STEPS; step++)
        for (size_t at = 0; at < expected_len[step]; at++)
            for (unsigned f = 0; f < (step == TPM_UNSEAL_DECRYPT ? 3 : 1); f++) {
                struct tamper t = {step, at, flips[f]};
                struct tpm_unseal u;
                uint8_t got[TPM_SYMKEY_LEN];
                bool idle = step == TPM_UNSEAL_READ_PUBLIC && at >= expected_len[0] - 34;
                begin(&u);
                enum tpm_unseal_result result = run(&u, &t);
                if (result != (idle ? TPM_UNSEAL_DONE : TPM_UNSEAL_ERROR))
                    fail_msg("step %u, byte %zu: result %d", step, at, (int)result);
                assert_int_equal(tpm_unseal_key(&u, got), idle);
                if (idle)
                    assert_memory_equal(got, symkey, sizeof(symkey));
                tpm_unseal_end(&u);
            }
}

/* Goes to @step honestly and leaves its genuine response in @resp. */
static size_t advance(struct tpm_unseal *u, uint32_t step, uint8_t *resp)
{
    uint8_t cmd[TPM_PACKET_MAX];
    size_t len, resp_len;
    for (;;) {
        assert_int_equal(tpm_unseal_command(u, cmd, sizeof(cmd), &len), TPM_UNSEAL_MORE);
        assert_ok(carry(tpm, cmd, len, resp, TPM_PACKET_MAX, &resp_len));
        if (u->step == step)
            return resp_len;
        assert_int_equal(tpm_unseal_response(u, resp, resp_len), TPM_UNSEAL_MORE);
    }
}

/* Attack 64, lengths: each shorter one, one more, far more, with the size field telling either the
 * truth or the genuine length. */
static void test_every_wrong_length_is_refused(void **state)
{
    (void)state;
    for (uint32_t step = 0; step < TPM_UNSEAL_STEPS; step++) {
        uint8_t resp[TPM_PACKET_MAX + 1] = {0};
        struct tpm_unseal start, u;
        begin(&start);
        size_t len = advance(&start, step, resp);
        for (size_t n = 0; n <= sizeof(resp); n = n == len - 1   ? len + 1
                                                  : n == len + 1 ? sizeof(resp)
                                                                 : n + 1) {
            uint8_t *exact = malloc(n ? n : 1);
            memcpy(exact, resp, n);
            u = start;
            assert_int_equal(tpm_unseal_response(&u, exact, n), TPM_UNSEAL_ERROR);
            if (n >= 6)
                put_be32(exact + 2, (uint32_t)n);
            u = start;
            assert_int_equal(tpm_unseal_response(&u, exact, n), TPM_UNSEAL_ERROR);
            assert_int_equal(tpm_unseal_command(&u, resp, sizeof(resp), &(size_t){0}),
                             TPM_UNSEAL_ERROR);
            free(exact);
            if (n == sizeof(resp))
                break;
        }
        assert_ok(tpm_close(tpm));
    }
}

/* Attack 64, replayed: the genuine responses of an earlier opening, and of another step. */
static void test_replayed_responses_are_refused(void **state)
{
    static uint8_t old[TPM_UNSEAL_STEPS][TPM_PACKET_MAX];
    size_t old_len[TPM_UNSEAL_STEPS];
    struct tpm_unseal u, now;
    uint8_t fresh[TPM_PACKET_MAX];
    (void)state;
    begin(&u);
    for (uint32_t step = 0; step < TPM_UNSEAL_STEPS; step++) {
        old_len[step] = advance(&u, step, old[step]);
        assert_int_not_equal(tpm_unseal_response(&u, old[step], old_len[step]), TPM_UNSEAL_ERROR);
    }
    begin(&u);
    advance(&u, TPM_UNSEAL_DECRYPT, fresh);
    now = u;
    assert_int_equal(
        tpm_unseal_response(&now, old[TPM_UNSEAL_DECRYPT], old_len[TPM_UNSEAL_DECRYPT]),
        TPM_UNSEAL_ERROR);
    assert_failed(&now, TPM_UNSEAL_DECRYPT, TPM_STATUS_HMAC);
    assert_ok(tpm_close(tpm));
    for (uint32_t step = 0; step < TPM_UNSEAL_STEPS; step++)
        for (uint32_t other = 0; other < TPM_UNSEAL_STEPS; other++) {
            bool same_bytes = old_len[step] == 10 && old_len[other] == 10;
            if (step == other || same_bytes)
                continue;
            begin(&u);
            advance(&u, step, fresh);
            assert_int_equal(tpm_unseal_response(&u, old[other], old_len[other]), TPM_UNSEAL_ERROR);
            assert_ok(tpm_close(tpm));
        }
}

static void test_steps_out_of_order_are_refused(void **state)
{
    uint8_t buf[TPM_PACKET_MAX];
    size_t len;
    struct tpm_unseal u;
    (void)state;
    begin(&u);
    assert_int_equal(tpm_unseal_response(&u, buf, 0), TPM_UNSEAL_ERROR);
    assert_failed(&u, 0, TPM_STATUS_ORDER);
    begin(&u);
    assert_int_equal(tpm_unseal_command(&u, buf, 13, &len), TPM_UNSEAL_ERROR);
    assert_failed(&u, 0, TPM_STATUS_ROOM);
    begin(&u);
    assert_int_equal(run(&u, NULL), TPM_UNSEAL_DONE);
    assert_int_equal(tpm_unseal_command(&u, buf, sizeof(buf), &len), TPM_UNSEAL_DONE);
    assert_int_equal(len, 0);
    tpm_unseal_end(&u);
    static const struct tpm_unseal wiped;
    assert_memory_equal(&u, &wiped, sizeof(u));
}

/* Attack 65: what the carrier sees holds neither secret, not even half of one. */
static void test_carrier_never_sees_the_secrets(void **state)
{
    uint8_t reversed[TPM_SYMKEY_LEN];
    (void)state;
    tape.len = 0;
    tape.on = true;
    assert_opens();
    tape.on = false;
    assert_true(tape.len > 1000 && tape.len < sizeof(tape.bytes));
    for (unsigned i = 0; i < TPM_SYMKEY_LEN; i++)
        reversed[i] = symkey[TPM_SYMKEY_LEN - 1 - i];
    for (unsigned i = 0; i + 6 <= TPM_SYMKEY_LEN; i++) {
        assert_false(holds(tape.bytes, tape.len, symkey + i, 6));
        assert_false(holds(tape.bytes, tape.len, reversed + i, 6));
    }
    for (unsigned i = 0; i + 6 <= TPM_PASSWORD_LEN; i++)
        assert_false(holds(tape.bytes, tape.len, key.password + i, 6));
}

/* ---- a hypervisor at the TPM (attack 66) ---- */

/* RSA_Decrypt of a real lockbox with @auth. */
static int try_decrypt(struct tss *s, const struct tpm_auth *auth)
{
    uint8_t cmd[TPM_PACKET_MAX], resp[TPM_PACKET_MAX], lockbox[TPM_LOCKBOX_LEN];
    uint32_t handle = TPM_WRAPPING_KEY;
    size_t len;
    struct tpm_writer w;
    struct tpm_response rsp;
    make_lockbox(&public_key, symkey, sizeof(symkey), lockbox);
    tw_init(&w, cmd, sizeof(cmd));
    tpm_cmd_begin(&w, TPM_CMD_RSA_Decrypt, &handle, auth);
    tw_2b(&w, lockbox, sizeof(lockbox));
    tw_u16(&w, TPM_ALG_NULL);
    tw_2b(&w, NULL, 0);
    assert_true(tpm_cmd_end(&w));
    assert_ok(carry(tpm, cmd, w.len, resp, sizeof(resp), &len));
    int status = tpm_rsp_parse(&rsp, TPM_CMD_RSA_Decrypt, resp, len);
    s->rc = rsp.rc;
    return status;
}

static void test_key_does_not_decrypt_without_the_password(void **state)
{
    struct tss s = firmware();
    uint32_t session;
    uint8_t a[SHA256_LEN], b[SHA256_LEN], either[SHA256_LEN];
    (void)state;
    assert_int_equal(try_decrypt(&s, &tpm_empty_password), TPM_STATUS_REFUSED);
    /* The user role wants a policy: not even the password itself will do. */
    struct tpm_auth with_password = tpm_empty_password;
    with_password.hmac = key.password;
    with_password.hmac_len = TPM_PASSWORD_LEN;
    assert_int_equal(try_decrypt(&s, &with_password), TPM_STATUS_REFUSED);
    /* A session that satisfies the policy but for PolicyAuthValue. */
    tpm_policy_digests(a, b, either);
    assert_ok(tss_start_policy(&s, &session));
    assert_ok(tss_policy_command_code(&s, session, TPM_CMD_RSA_Decrypt));
    assert_int_equal(tss_policy_or(&s, session, a, b), TPM_STATUS_REFUSED);
    assert_int_equal(try_decrypt(&s, &(struct tpm_auth){.session = session}), TPM_STATUS_REFUSED);
    assert_ok(tpm_close(tpm));
}

/* Attack 66, the password. */
static void test_password_can_not_be_changed_after_boot(void **state)
{
    struct tss s = firmware();
    struct tpm_blob blob;
    uint32_t session;
    uint8_t a[SHA256_LEN], b[SHA256_LEN], either[SHA256_LEN], pcr[SHA256_LEN];
    (void)state;
    tpm_policy_digests(a, b, either);
    assert_ok(tss_pcr_reset(&s, 16)); /* the debug PCR resets, and that does not help */
    assert_int_equal(tss_pcr_reset(&s, TPM_PCR_GATE), TPM_STATUS_REFUSED);
    for (unsigned i = 0; i < 2; i++) {
        assert_ok(tss_start_policy(&s, &session));
        assert_ok(tss_policy_command_code(&s, session, TPM_CMD_ObjectChangeAuth));
        assert_ok(tss_policy_pcr(&s, session, i ? 16 : TPM_PCR_GATE));
        assert_int_equal(tss_policy_or(&s, session, a, b), TPM_STATUS_REFUSED);
        assert_int_equal(
            tss_change_auth(&s, TPM_WRAPPING_KEY, TPM_PARENT_KEY, session, symkey, &blob),
            TPM_STATUS_REFUSED);
        assert_ok(tss_flush(&s, session));
    }
    assert_ok(tpm_read_pcr(&s, 16, pcr));
    assert_opens();
}

/* Attack 66, the key itself. */
static void test_key_can_not_be_evicted_after_boot(void **state)
{
    struct tss s = firmware();
    uint8_t auth[SHA256_LEN] = {1};
    (void)state;
    assert_int_equal(tss_evict(&s, TPM_WRAPPING_KEY, TPM_WRAPPING_KEY), TPM_STATUS_REFUSED);
    assert_int_equal(tss_platform_auth(&s, auth), TPM_STATUS_REFUSED);
    assert_int_equal(tss_clear(&s), TPM_STATUS_REFUSED);
    assert_int_equal(tpm_forget(&s), TPM_STATUS_REFUSED);
    assert_int_equal(tss_create_parent(&s, &(uint32_t){0}), TPM_STATUS_REFUSED);
    assert_opens();
}

/* The lockout authorization is the hypervisor's to use: Clear by it reaches only the owner's and
 * the endorsement hierarchy. */
static void test_clearing_by_lockout_leaves_the_key(void **state)
{
    const uint32_t lockout = 0x4000000a;
    uint8_t cmd[64], resp[TPM_PACKET_MAX];
    size_t len;
    struct tpm_writer w;
    struct tpm_response rsp;
    (void)state;
    tw_init(&w, cmd, sizeof(cmd));
    tpm_cmd_begin(&w, TPM_CMD_Clear, &lockout, &tpm_empty_password);
    assert_true(tpm_cmd_end(&w));
    assert_ok(carry(tpm, cmd, w.len, resp, sizeof(resp), &len));
    assert_ok(tpm_rsp_parse(&rsp, TPM_CMD_Clear, resp, len));
    assert_opens();
}

/* Sessions and objects that a hypervisor leaves behind do not pile up. */
static void test_closing_flushes(void **state)
{
    struct tss s = firmware();
    uint32_t session;
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        assert_ok(tss_start_policy(&s, &session));
        assert_ok(tpm_close(tpm));
    }
    assert_opens();
}

static void test_any_bytes_get_an_answer(void **state)
{
    uint8_t cmd[TPM_PACKET_MAX + 1] = {0}, resp[TPM_PACKET_MAX];
    size_t len;
    (void)state;
    assert_int_equal(tpm_execute(tpm, cmd, 9, resp, sizeof(resp), &len), TPM_STATUS_LENGTH);
    assert_int_equal(tpm_execute(tpm, cmd, sizeof(cmd), resp, sizeof(resp), &len),
                     TPM_STATUS_LENGTH);
    for (unsigned i = 0; i < 200; i++) {
        crypto_random(cmd, 64);
        assert_ok(tpm_execute(tpm, cmd, 10 + i % 50, resp, sizeof(resp), &len));
        assert_in_range(len, 10, sizeof(resp));
    }
    assert_opens();
}

static void test_only_one_in_a_process(void **state)
{
    char message[TPM_MESSAGE_MAX];
    (void)state;
    assert_null(tpm_create(&(struct tpm_config){0}, message));
    assert_non_null(strstr(message, "only one"));
    assert_opens();
}

static void test_forgotten_key_is_gone(void **state)
{
    struct tpm_key_info before = public_key;
    struct tss s = firmware();
    uint32_t handles[8];
    unsigned count;
    (void)state;
    assert_ok(tpm_reset(tpm));
    assert_ok(tpm_startup(&s));
    assert_ok(tpm_forget(&s));
    assert_ok(tpm_handles(&s, handles, 8, &count));
    assert_int_equal(count, 0);
    assert_int_equal(tpm_read_key(&s, TPM_WRAPPING_KEY, &public_key), TPM_STATUS_REFUSED);
    assert_ok(boot());
    assert_memory_not_equal(before.modulus, public_key.modulus, sizeof(before.modulus));
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(test_policies_are_those_of_the_firmware),
        cmocka_unit_test(test_kdfa_agrees_with_another_implementation),
        cmocka_unit_test(test_marshalling_never_passes_an_end),
        cmocka_unit_test(test_response_frames),
    };
    const struct CMUnitTest booted[] = {
        cmocka_unit_test(test_boot_hands_over_a_key),
        cmocka_unit_test(test_boot_records_measurements),
        cmocka_unit_test(test_lockbox_opens),
        cmocka_unit_test(test_wrong_password_name_lockbox),
        cmocka_unit_test(test_every_altered_byte_is_noticed),
        cmocka_unit_test(test_every_wrong_length_is_refused),
        cmocka_unit_test(test_replayed_responses_are_refused),
        cmocka_unit_test(test_steps_out_of_order_are_refused),
        cmocka_unit_test(test_carrier_never_sees_the_secrets),
        cmocka_unit_test(test_key_does_not_decrypt_without_the_password),
        cmocka_unit_test(test_password_can_not_be_changed_after_boot),
        cmocka_unit_test(test_key_can_not_be_evicted_after_boot),
        cmocka_unit_test(test_clearing_by_lockout_leaves_the_key),
        cmocka_unit_test(test_closing_flushes),
        cmocka_unit_test(test_any_bytes_get_an_answer),
        cmocka_unit_test(test_only_one_in_a_process),
        cmocka_unit_test(test_boot_again_keeps_the_key_and_changes_the_password),
        cmocka_unit_test(test_no_interruption_loses_the_key),
        cmocka_unit_test(test_a_failed_boot_closes_the_gate),
        cmocka_unit_test(test_a_foreign_key_is_not_used),
        cmocka_unit_test(test_forgotten_key_is_gone),
    };
    int bad = cmocka_run_group_tests_name("pure", pure, NULL, NULL);
    return bad + cmocka_run_group_tests_name("booted", booted, boot_fresh, power_off);
}
