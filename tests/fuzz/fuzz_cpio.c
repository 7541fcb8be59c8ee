/* SPDX-License-Identifier: Apache-2.0 */
/* The front of an initrd from a stranger, at any address, cut anywhere; and archives of ours. */
#include "fuzz.h"

#include <stdlib.h>

#include "pefemu/esmbuild.h"

static void check_found(uint64_t address, size_t total, const struct esm_initrd *at)
{
    FUZZ_CHECK(at->skip <= total && !((address + at->skip) % 512));
    FUZZ_CHECK(at->blob_len <= at->skip && at->blob <= at->skip - at->blob_len);
}

static void try_front(struct input *in)
{
    uint64_t address = input_u16(in);
    size_t total = in->left + input_u16(in) % 2000;
    struct esm_initrd at;
    struct esm_error e = {0};
    uint8_t *copy = malloc(in->left ? in->left : 1); /* so that a step outside is seen */
    memcpy(copy, in->p, in->left);
    enum esm_err err = esm_initrd_find(address, copy, in->left, total, &at, &e);
    if (err)
        FUZZ_CHECK(e.code == err && !at.skip && !at.blob && !at.blob_len);
    else
        check_found(address, total, &at);
    free(copy);
}

/* An archive of any bytes: found again unless they are no tree. */
static void try_archive(struct input *in)
{
    char name[33] = {0};
    struct esm_initrd at;
    struct esm_error e;
    uint8_t *archive;
    size_t size, n = input_u8(in) % sizeof(name);
    n = n < in->left ? n : in->left;
    memcpy(name, in->p, n);
    in->p += n;
    in->left -= n;
    enum esm_err err = esm_initrd_archive(name, in->p, in->left, &archive, &size, &e);
    if (err) {
        FUZZ_CHECK(err == ESM_NAME);
        return;
    }
    err = esm_initrd_find(0, archive, size, size, &at, &e);
    FUZZ_CHECK(!err || err == (in->left ? ESM_BAD_FDT : ESM_NO_BLOB));
    if (!err) {
        check_found(0, size, &at);
        FUZZ_CHECK(at.skip == size && at.blob_len <= in->left);
    }
    free(archive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    if (input_u8(&in) & 1)
        try_archive(&in);
    else
        try_front(&in);
    return 0;
}
