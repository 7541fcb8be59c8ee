/* SPDX-License-Identifier: Apache-2.0 */
/* Boot firmware's part of PEF: TPM and wrapping key. */
#include "pef_boot.h"

#include <stdio.h>

#include "pefemu/crypto.h"
#include "pefemu/err.h"
#include "pefemu/names.h"

static int transmit(void *ctx, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                    size_t *resp_len)
{
    struct machine *m = ctx;
    return tpm_execute(m->tpm, cmd, len, resp, cap, resp_len);
}

static void random_bytes(void *ctx, void *p, size_t len)
{
    machine_secret(ctx, p, len);
}

bool machine_wants_svm(const struct machine_config *cfg)
{
    const char *append = cfg->append;

    for (const char *p = append; p && (p = strstr(p, "svm=")); p += 4)
        if ((p == append || p[-1] == ' ') && (strchr("1yY", p[4]) || !strncmp(p + 4, "on", 2)))
            return p[4] != '\0';
    return false;
}

static bool provision(struct machine *m)
{
    struct tpm_measurement measured[TPM_FIRMWARE_ROLES];
    struct tpm_wrapping_key key;
    struct tss tss = {.transmit = transmit, .ctx = m, .random = random_bytes};
    char text[TPM_MESSAGE_MAX];

    tpm_measure_firmware(measured);
    int status = tpm_opal_boot(&tss, measured, TPM_FIRMWARE_ROLES, &key);
    if (status) {
        tss_message(&tss, status, text);
        pef_complain("TPM: %s", text);
        return false;
    }
    uv_set_wrapping_key(m->uv, &key);
    crypto_wipe(&key, sizeof(key));
    return true;
}

/* TPM commands as events; both ways begin with tag, size and code. */
static void watch_tpm(void *machine, const uint8_t *cmd, size_t len, const uint8_t *resp,
                      size_t resp_len)
{
    struct machine *m = machine;
    uint32_t code = get_be32(cmd + 6);

    if (resp)
        event(m->events, EVENT_TPM_RETURN, m->current, tpm_command_name(code), code,
              resp_len >= 10 ? get_be32(resp + 6) : ~0ULL, resp_len);
    else
        event(m->events, EVENT_TPM, m->current, tpm_command_name(code), code, len,
              len >= 14 ? get_be32(cmd + 10) : 0);
}

bool pef_create(struct machine *m)
{
    struct tpm_config cfg = m->cfg.tpm;
    char text[TPM_MESSAGE_MAX];

    m->uv = uv_create(m);
    if (!m->uv) {
        pef_complain("secure-mem: the host has not enough memory");
        return false;
    }
    /* Otherwise nobody needs the TPM and its keys, which take a while to make. */
    if (!machine_wants_svm(&m->cfg) && !m->cfg.tpm.state_dir && !m->cfg.tpm.socket)
        return true;
    cfg.outside = m->outside;
    m->tpm = tpm_create(&cfg, text);
    if (!m->tpm) {
        pef_complain("TPM: %s", text);
        return false;
    }
    tpm_watch(m->tpm, watch_tpm, m);
    if (!provision(m))
        return false;
    machine_say(m, "TPM provisioned, ultravisor up with %llu MiB of secure memory",
                (unsigned long long)(m->mem.secure_size / MiB));
    if (!m->cfg.tpm.state_dir && !m->cfg.tpm.socket)
        machine_say(
            m, "a new TPM: no blob made for another key opens; keep one with -tpmstate dir=DIR");
    return true;
}

void pef_destroy(struct machine *m)
{
    uv_destroy(m->uv);
    m->uv = NULL;
    tpm_destroy(m->tpm);
    m->tpm = NULL;
}
