/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <stdio.h>

#include "pefemu/crypto.h"

static void add_text(struct crypto_hash *h, const char *name, const char *text)
{
    crypto_hash_add(h, name, strlen(name) + 1);
    crypto_hash_add(h, text ? text : "", text ? strlen(text) + 1 : 0);
}

static void add_number(struct crypto_hash *h, const char *name, uint64_t v)
{
    uint8_t bytes[8];
    put_le64(bytes, v);
    crypto_hash_add(h, name, strlen(name) + 1);
    crypto_hash_add(h, bytes, sizeof(bytes));
}

/* What is in the file; one that can not be read is complained about by whoever needs it. */
static void add_file(struct crypto_hash *h, const char *name, const char *path)
{
    uint8_t bytes[16384];
    size_t n;
    FILE *f = path ? fopen(path, "rbe") : NULL;
    crypto_hash_add(h, name, strlen(name) + 1);
    while (f && (n = fread(bytes, 1, sizeof(bytes), f)))
        crypto_hash_add(h, bytes, n);
    if (f)
        fclose(f);
}

static void add_device(struct crypto_hash *h, const char *spec)
{
    char path[4096];
    const char *file = strstr(spec, "file=");
    add_text(h, "device", spec);
    if (!file)
        return;
    snprintf(path, sizeof(path), "%.*s", (int)strcspn(file + 5, ","), file + 5);
    add_file(h, "file", path);
}

static void add_bare(struct crypto_hash *h, const struct bare_config *b)
{
    add_number(h, "smf", b->smf);
    add_number(h, "secure", b->secure_size);
    add_number(h, "exit", b->have_exit ? b->exit : 0);
    for (unsigned i = 0; b->devices && b->devices[i]; i++)
        add_device(h, b->devices[i]);
    for (unsigned i = 0; b->regs && b->regs[i]; i++)
        add_text(h, "reg", b->regs[i]);
}

static void add_images(struct crypto_hash *h, const struct machine_config *cfg)
{
    add_file(h, "kernel", cfg->kernel);
    add_file(h, "initrd", cfg->initrd);
    add_file(h, "bios", cfg->bios);
    add_file(h, "dtb", cfg->dtb);
    add_file(h, "snapshot", cfg->loadvm);
    add_text(h, "append", cfg->append);
    for (unsigned i = 0; cfg->guest_files && cfg->guest_files[i]; i++) {
        char path[4096];
        const char *spec = cfg->guest_files[i];
        add_text(h, "guest file", spec);
        snprintf(path, sizeof(path), "%.*s", (int)strcspn(spec, ":"), spec);
        add_file(h, "file", path);
    }
}

void machine_identity(const struct machine_config *cfg, uint8_t out[32])
{
    struct crypto_hash h;
    crypto_hash_begin(&h, CRYPTO_SHA256);
    add_text(&h, "machine", cfg->machine ? cfg->machine : "pseries");
    add_number(&h, "ram", cfg->ram_size);
    add_number(&h, "pef", cfg->pef);
    add_number(&h, "secure", cfg->secure_size);
    add_number(&h, "svm-paging", cfg->svm_paging);
    add_number(&h, "svm-paging-seed", cfg->svm_paging_seed);
    add_number(&h, "hv-fault", cfg->hv_fault);
    add_number(&h, "cpus", cfg->cpus);
    add_number(&h, "cores", cfg->cores);
    add_number(&h, "threads", cfg->threads);
    add_number(&h, "interrupts", cfg->xive_allowed * 2u + cfg->xics_allowed);
    add_number(&h, "translation", cfg->radix_allowed * 2u + cfg->hash_allowed);
    add_number(&h, "reboot", cfg->reboot_stops);
    add_number(&h, "panic", cfg->panic_stops);
    add_number(&h, "shift", cfg->icount_shift);
    add_number(&h, "sleep", cfg->icount_sleep);
    add_number(&h, "date", (uint64_t)cfg->rtc_base);
    add_number(&h, "seeded", cfg->have_seed);
    add_number(&h, "seed", cfg->have_seed ? cfg->seed : 0);
    add_number(&h, "tpm", cfg->tpm.state_dir || cfg->tpm.socket);
    add_bare(&h, &cfg->bare);
    add_images(&h, cfg);
    crypto_hash_end(&h, out);
}
