// SPDX-License-Identifier: Apache-2.0
/* What each command of pefemu-tpm does. */
#include "tools/tpm/tpm_tool.h"

#include <errno.h>
#include <stdio.h>

static bool judge(const struct tool *t, int status)
{
    char message[TPM_MESSAGE_MAX];
    if (status == TPM_STATUS_TRANSPORT)
        complain("%s", tpm_message(t->tpm));
    else if (status) {
        tss_message(&t->tss, status, message);
        complain("%s: %s", t->dir, message);
    }
    return !status;
}

/* The TPM's part of a boot. The password is for an ultravisor, and there is none. */
static bool boot(struct tool *t)
{
    struct tpm_measurement measured[TPM_FIRMWARE_ROLES];
    struct tpm_wrapping_key key;
    tpm_measure_firmware(measured);
    int status = tpm_opal_boot(&t->tss, measured, TPM_FIRMWARE_ROLES, &key);
    crypto_wipe(&key, sizeof(key));
    return judge(t, status);
}

static bool read_wrapping_key(struct tool *t, struct tpm_key_info *key)
{
    int status = tpm_startup(&t->tss);
    if (!status)
        status = tpm_read_key(&t->tss, TPM_WRAPPING_KEY, key);
    if (status == TPM_STATUS_REFUSED) {
        complain("%s: no wrapping key in this TPM; run pefemu-tpm provision %s", t->dir, t->dir);
        return false;
    }
    return judge(t, status);
}

static void print_hex(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", p[i]);
    putchar('\n');
}

static void print_field(const char *name, const uint8_t *p, size_t len)
{
    printf("%-12s ", name);
    print_hex(p, len);
}

bool command_provision(struct tool *t)
{
    struct tpm_key_info key;
    if (!boot(t) || !judge(t, tpm_read_key(&t->tss, TPM_WRAPPING_KEY, &key)))
        return false;
    print_field("name", key.name, sizeof(key.name));
    return true;
}

static bool write_output(const struct tool *t, const char *text, size_t len)
{
    FILE *f = t->output ? fopen(t->output, "w") : stdout;
    bool ok = f && fwrite(text, 1, len, f) == len && fflush(f) == 0;
    int error = errno;
    if (f && t->output && fclose(f) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (!ok)
        complain("%s: %s", t->output ? t->output : "standard output", strerror(error));
    return ok;
}

bool command_pubkey(struct tool *t)
{
    struct tpm_key_info key;
    char pem[RSA_PEM_MAX];
    if (!read_wrapping_key(t, &key))
        return false;
    size_t len = crypto_rsa_pem(key.modulus, sizeof(key.modulus), key.exponent, pem);
    return write_output(t, pem, len);
}

static bool show_handles(struct tool *t)
{
    uint32_t handles[32];
    unsigned count;
    if (!judge(t, tpm_handles(&t->tss, handles, ARRAY_SIZE(handles), &count)))
        return false;
    printf("%-12s", "handles");
    for (unsigned i = 0; i < count; i++)
        printf(" 0x%08x", handles[i]);
    putchar('\n');
    return true;
}

static void show_attributes(uint32_t attributes)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } known[] = {
        {1u << 1, "fixedTPM"},
        {1u << 4, "fixedParent"},
        {1u << 5, "sensitiveDataOrigin"},
        {1u << 6, "userWithAuth"},
        {1u << 7, "adminWithPolicy"},
        {1u << 10, "noDA"},
        {1u << 11, "encryptedDuplication"},
        {1u << 16, "restricted"},
        {1u << 17, "decrypt"},
        {1u << 18, "sign"},
    };
    printf("%-12s 0x%08x", "attributes", attributes);
    for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
        if (attributes & known[i].bit)
            printf(" %s", known[i].name);
    putchar('\n');
}

static void show_key(const struct tpm_key_info *key)
{
    uint8_t fingerprint[SHA256_LEN], a[SHA256_LEN], b[SHA256_LEN], either[SHA256_LEN];
    char pem[RSA_PEM_MAX];
    size_t len = crypto_rsa_pem(key->modulus, sizeof(key->modulus), key->exponent, pem);
    crypto_sha256(pem, len, fingerprint);
    tpm_policy_digests(a, b, either);
    printf("%-12s 0x%08x, %s\n", "wrapping key", TPM_WRAPPING_KEY,
           key->is_wrapping_key ? "as this firmware makes it" : "not made by this firmware");
    print_field("name", key->name, sizeof(key->name));
    print_field("fingerprint", fingerprint, sizeof(fingerprint));
    show_attributes(key->attributes);
    print_field("policy", key->policy, sizeof(key->policy));
    if (key->is_wrapping_key) {
        print_field("  branch A", a, sizeof(a));
        print_field("  branch B", b, sizeof(b));
    }
}

bool command_show(struct tool *t)
{
    struct tpm_measurement measured[TPM_FIRMWARE_ROLES];
    struct tpm_key_info key;
    if (!read_wrapping_key(t, &key) || !show_handles(t))
        return false;
    show_key(&key);
    tpm_measure_firmware(measured);
    for (unsigned i = 0; i < TPM_FIRMWARE_ROLES; i++) {
        printf("measured     ");
        for (unsigned n = 0; n < SHA256_LEN; n++)
            printf("%02x", measured[i].digest[n]);
        printf(" %s\n", measured[i].what);
    }
    return true;
}

bool command_pcrs(struct tool *t)
{
    uint8_t digest[SHA256_LEN];
    if (!boot(t))
        return false;
    for (unsigned i = 0; i < TPM_PCR_COUNT; i++) {
        if (!judge(t, tpm_read_pcr(&t->tss, i, digest)))
            return false;
        printf("%2u ", i);
        print_hex(digest, sizeof(digest));
    }
    return true;
}

bool command_reset(struct tool *t)
{
    int status = tpm_startup(&t->tss);
    return judge(t, status ? status : tpm_forget(&t->tss));
}
