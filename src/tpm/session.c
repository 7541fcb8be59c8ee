// SPDX-License-Identifier: Apache-2.0
/* Key derivation, HMACs, parameter encryption and policy digests, on plain bytes. */
#include "tpm/session.h"

#include <assert.h>

void tpm_kdfa(const void *key, size_t key_len, const char *label, const void *u, size_t u_len,
              const void *v, size_t v_len, uint8_t *out, size_t len)
{
    uint8_t block[256], digest[SHA256_LEN];
    for (uint32_t counter = 1; len; counter++) {
        struct tpm_writer w;
        tw_init(&w, block, sizeof(block));
        tw_u32(&w, counter);
        tw_bytes(&w, label, strlen(label) + 1); /* its zero is the separator */
        tw_bytes(&w, u, u_len);
        tw_bytes(&w, v, v_len);
        tw_u32(&w, 0);
        assert(!w.bad);
        /* The last field is the length wanted in bits, the same in every block. */
        size_t done = (counter - 1) * SHA256_LEN;
        put_be32(block + w.len - 4, (uint32_t)(8 * (done + len)));
        crypto_hmac_sha256(key, key_len, block, w.len, digest);
        size_t n = len < SHA256_LEN ? len : SHA256_LEN;
        memcpy(out, digest, n);
        out += n;
        len -= n;
    }
    crypto_wipe(digest, sizeof(digest));
}

void tpm_cp_hash(enum tpm_command id, const uint8_t name[TPM_NAME_LEN], const void *params,
                 size_t len, uint8_t out[SHA256_LEN])
{
    struct crypto_hash h;
    uint8_t code[4];
    put_be32(code, tpm_command_table[id].code);
    crypto_hash_begin(&h, CRYPTO_SHA256);
    crypto_hash_add(&h, code, sizeof(code));
    crypto_hash_add(&h, name, TPM_NAME_LEN);
    crypto_hash_add(&h, params, len);
    crypto_hash_end(&h, out);
}

void tpm_rp_hash(enum tpm_command id, const void *params, size_t len, uint8_t out[SHA256_LEN])
{
    struct crypto_hash h;
    uint8_t head[8];
    put_be32(head, TPM_RC_SUCCESS);
    put_be32(head + 4, tpm_command_table[id].code);
    crypto_hash_begin(&h, CRYPTO_SHA256);
    crypto_hash_add(&h, head, sizeof(head));
    crypto_hash_add(&h, params, len);
    crypto_hash_end(&h, out);
}

void tpm_auth_hmac(const void *auth_value, size_t auth_len, const uint8_t hash[SHA256_LEN],
                   const uint8_t newer[TPM_NONCE_LEN], const uint8_t older[TPM_NONCE_LEN],
                   uint8_t attributes, uint8_t out[SHA256_LEN])
{
    uint8_t text[SHA256_LEN + 2 * TPM_NONCE_LEN + 1];
    memcpy(text, hash, SHA256_LEN);
    memcpy(text + SHA256_LEN, newer, TPM_NONCE_LEN);
    memcpy(text + SHA256_LEN + TPM_NONCE_LEN, older, TPM_NONCE_LEN);
    text[sizeof(text) - 1] = attributes;
    crypto_hmac_sha256(auth_value, auth_len, text, sizeof(text), out);
}

void tpm_decrypt_parameter(const void *auth_value, size_t auth_len,
                           const uint8_t nonce_tpm[TPM_NONCE_LEN],
                           const uint8_t nonce_caller[TPM_NONCE_LEN], uint8_t *p, size_t len)
{
    uint8_t derived[16 + AES_BLOCK]; /* key, then IV */
    tpm_kdfa(auth_value, auth_len, "CFB", nonce_tpm, TPM_NONCE_LEN, nonce_caller, TPM_NONCE_LEN,
             derived, sizeof(derived));
    crypto_aes128_cfb_decrypt(derived, derived + 16, p, len);
    crypto_wipe(derived, sizeof(derived));
}

/* digest := SHA-256(digest || code || more) */
static void extend(uint8_t digest[SHA256_LEN], enum tpm_command id, const void *more, size_t len)
{
    struct crypto_hash h;
    uint8_t code[4];
    put_be32(code, tpm_command_table[id].code);
    crypto_hash_begin(&h, CRYPTO_SHA256);
    crypto_hash_add(&h, digest, SHA256_LEN);
    crypto_hash_add(&h, code, sizeof(code));
    crypto_hash_add(&h, more, len);
    crypto_hash_end(&h, digest);
}

void tpm_policy_command_code(uint8_t digest[SHA256_LEN], enum tpm_command id)
{
    uint8_t code[4];
    put_be32(code, tpm_command_table[id].code);
    extend(digest, TPM_CMD_PolicyCommandCode, code, sizeof(code));
}

void tpm_policy_auth_value(uint8_t digest[SHA256_LEN])
{
    extend(digest, TPM_CMD_PolicyAuthValue, NULL, 0);
}

void tpm_put_pcr_selection(struct tpm_writer *w, unsigned pcr)
{
    uint8_t bits[TPM_PCR_COUNT / 8] = {0};
    assert(pcr < TPM_PCR_COUNT);
    bits[pcr / 8] = (uint8_t)(1u << pcr % 8);
    tw_u32(w, 1); /* one bank */
    tw_u16(w, TPM_ALG_SHA256);
    tw_u8(w, sizeof(bits));
    tw_bytes(w, bits, sizeof(bits));
}

void tpm_policy_pcr(uint8_t digest[SHA256_LEN], unsigned pcr, const uint8_t value[SHA256_LEN])
{
    uint8_t more[TPM_PCR_SELECTION_LEN + SHA256_LEN];
    struct tpm_writer w;
    tw_init(&w, more, TPM_PCR_SELECTION_LEN);
    tpm_put_pcr_selection(&w, pcr);
    assert(!w.bad && w.len == TPM_PCR_SELECTION_LEN);
    crypto_sha256(value, SHA256_LEN, more + TPM_PCR_SELECTION_LEN);
    extend(digest, TPM_CMD_PolicyPCR, more, sizeof(more));
}

void tpm_policy_or(uint8_t digest[SHA256_LEN], const uint8_t a[SHA256_LEN],
                   const uint8_t b[SHA256_LEN])
{
    uint8_t branches[2 * SHA256_LEN];
    memcpy(branches, a, SHA256_LEN);
    memcpy(branches + SHA256_LEN, b, SHA256_LEN);
    memset(digest, 0, SHA256_LEN);
    extend(digest, TPM_CMD_PolicyOR, branches, sizeof(branches));
}
