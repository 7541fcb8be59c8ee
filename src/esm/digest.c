/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of digests inside a blob, and their comparison with a guest. */
#include "esm_internal.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

const char *const esm_part_name[ESM_PARTS] = {
    [ESM_PART_RTAS] = "rtas",
    [ESM_PART_KERNEL] = "kernel",
    [ESM_PART_INITRD] = "initrd",
    [ESM_PART_BOOTARGS] = "bootargs",
};

/* mr r4,r3; lis r3,0; ori r3,r3,0xf000; sc 1; blr: H_RTAS, as every hypervisor for PEF gives it. */
const uint8_t esm_rtas_text[ESM_RTAS_SIZE] = {0x7c, 0x64, 0x1b, 0x78, 0x3c, 0x60, 0x00,
                                              0x00, 0x60, 0x63, 0xf0, 0x00, 0x44, 0x00,
                                              0x00, 0x22, 0x4e, 0x80, 0x00, 0x20};

static enum esm_err read_digests(struct esm_digests *d, const void *fdt, struct esm_error *e)
{
    const void *p;
    int node = fdt_path_offset(fdt, "/digests");
    enum esm_err err = esm_fdt_compatible(fdt, COMPATIBLE_BLOB, "digests-fdt", e);
    if (err)
        return err;
    if (node < 0)
        return esm_fail(e, ESM_MISSING, "digests-fdt /digests", NULL);
    err = esm_fdt_algorithm(fdt, node, "digests-fdt /digests", ESM_DIGEST_ALGORITHM, e);
    for (unsigned i = 0; !err && i < ESM_PARTS; i++) {
        err = esm_fdt_fixed(fdt, node, "digests-fdt /digests", esm_part_name[i], &p, 64, e);
        if (!err)
            memcpy(d->sha512[i], p, 64);
    }
    if (!err)
        err = esm_fdt_fixed(fdt, node, "digests-fdt /digests", "kernel-size", &p, 4, e);
    if (!err)
        d->kernel_size = get_be32(p);
    return err;
}

enum esm_err esm_digests_parse(struct esm_digests *d, const void *fdt, size_t len,
                               struct esm_error *e)
{
    uint8_t *copy;
    size_t size;
    enum esm_err err = esm_fdt_copy(&copy, &size, fdt, len, ESM_DIGESTS_MAX, "digests-fdt", e);
    *d = (struct esm_digests){0};
    if (err)
        return err;
    err = read_digests(d, copy, e);
    esm_wipe(copy, size);
    free(copy);
    return err;
}

/* No shortcut at the first difference: the time says nothing about where it is. */
static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
    volatile uint8_t differ = 0;
    for (size_t i = 0; i < len; i++)
        differ |= a[i] ^ b[i];
    return !differ;
}

enum esm_err esm_digests_compare(const struct esm_digests *blob, const struct esm_digests *guest,
                                 unsigned *differ, struct esm_error *e)
{
    char names[48] = "";
    size_t n = 0;
    unsigned bits = 0;
    for (unsigned i = 0; i < ESM_PARTS; i++) {
        if (same(blob->sha512[i], guest->sha512[i], 64))
            continue;
        bits |= 1u << i;
        n +=
            (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", esm_part_name[i]);
    }
    if (differ)
        *differ = bits;
    return bits ? esm_fail(e, ESM_DIGEST, names, NULL) : ESM_OK;
}
