/* SPDX-License-Identifier: Apache-2.0 */
/* The digests of a guest's files: command digest, and what display and make need of it. */
#include "esm_tool.h"

#include <stdio.h>
#include <stdlib.h>

static void sha512(struct esm_digests *d, enum esm_part part, const void *p, size_t len)
{
    esm_sha512(&(struct esm_span){p, len}, 1, d->sha512[part]);
}

static bool digest_initrd(struct esm_digests *d, const char *path)
{
    struct file f;
    struct esm_initrd at;
    struct esm_error e;
    if (!file_read(&f, path, FILE_ANY))
        return false;
    enum esm_err err = esm_initrd_find(0, f.p, f.len, f.len, &at, &e);
    if (!err || err == ESM_NO_BLOB)
        sha512(d, ESM_PART_INITRD, f.p + at.skip, f.len - at.skip);
    file_free(&f);
    return !err || err == ESM_NO_BLOB ? true : complain_esm(path, &e);
}

static bool digest_kernel(struct esm_digests *d, const char *path)
{
    struct file f;
    struct esm_error e;
    uint8_t *flat;
    size_t len;
    if (!file_read_unpacked(&f, path, FILE_ANY))
        return false;
    enum esm_err err = esm_flat_kernel(f.p, f.len, &flat, &len, &e);
    file_free(&f);
    if (err)
        return complain_esm(path, &e);
    sha512(d, ESM_PART_KERNEL, flat, len);
    d->kernel_size = (uint32_t)len;
    free(flat);
    return true;
}

bool digests_compute(struct esm_digests *d, const char *bootargs, const char *initrd,
                     const char *kernel)
{
    *d = (struct esm_digests){0};
    sha512(d, ESM_PART_RTAS, esm_rtas_text, ESM_RTAS_SIZE);
    if (bootargs)
        sha512(d, ESM_PART_BOOTARGS, bootargs, strlen(bootargs));
    return (!initrd || digest_initrd(d, initrd)) && (!kernel || digest_kernel(d, kernel));
}

void digests_print(const struct esm_digests *d)
{
    for (unsigned i = 0; i < ESM_PARTS; i++) {
        printf("%-12s", esm_part_name[i]);
        print_hex(d->sha512[i], sizeof(d->sha512[i]));
        putchar('\n');
    }
    printf("%-12s%u\n", "kernel-size", d->kernel_size);
}

/* The plain tree, as svm-tool's esm_digest writes it. */
static bool write_plain(const struct arguments *a, const struct esm_digests *d)
{
    struct esm_error e;
    uint8_t *fdt;
    size_t len;
    if (esm_build_digests_fdt(d, &fdt, &len, &e))
        return complain_esm("digests", &e);
    bool ok = a->dry_run || file_write(a->option['o'], &(struct esm_span){fdt, len}, 1, 0644);
    free(fdt);
    return ok;
}

static bool seal(const struct arguments *a, const struct esm_digests *d)
{
    struct esm_blob blob;
    struct esm_key symkey;
    struct esm_error e;
    const char *comment = a->option['c'] ? a->option['c'] : "";
    if (!blob_read(&blob, a->option['b']))
        return false;
    bool ok = unlock(a, &blob, &symkey);
    if (ok && esm_build_digests(&blob, &symkey, d, comment, &e))
        ok = complain_esm(a->option['b'], &e);
    esm_wipe(&symkey, sizeof(symkey));
    if (ok)
        ok = blob_write(a, &blob, a->option['b']);
    esm_blob_close(&blob);
    return ok;
}

bool command_digest(const struct arguments *a)
{
    struct esm_digests d;
    bool into_blob = a->option['b'] || a->option['s'];
    if (into_blob && !(a->option['b'] && a->option['s']))
        return complain("digest: -b and -s belong together: only the secret key can seal digests");
    if (!digests_compute(&d, a->option['a'], a->option['i'], a->option['k']))
        return false;
    if (a->verbose || !(into_blob || a->option['o']))
        digests_print(&d);
    if (a->option['o'] && !write_plain(a, &d))
        return false;
    return !into_blob || seal(a, &d);
}
