/* SPDX-License-Identifier: Apache-2.0 */
/* ESM blobs from a stranger, as outer tree, files tree or tree of digests: whatever they are, what
 * is given out lies inside the private copy, and a blob that is accepted can be read and changed.
 */
#include "fuzz.h"

#include "pefemu/esmbuild.h"

static const struct esm_key key = {{1, 2, 3}};

static void check_error(const struct esm_error *e, enum esm_err err)
{
    FUZZ_CHECK(e->code == err && strstr(e->text, ": "));
    for (const char *p = e->text; *p; p++)
        FUZZ_CHECK(*p >= 0x20 && *p < 0x7f);
}

static void inside(const uint8_t *fdt, size_t len, const void *p, size_t n)
{
    size_t at = (size_t)((const uint8_t *)p - fdt);
    FUZZ_CHECK(at <= len && n <= len - at);
}

static void check_sealed(const uint8_t *fdt, size_t len, const struct esm_sealed *s, size_t max)
{
    static uint8_t plain[ESM_FILE_MAX];
    FUZZ_CHECK(s->len <= max);
    inside(fdt, len, s->ciphertext, s->len);
    inside(fdt, len, s->iv, ESM_IV_SIZE);
    inside(fdt, len, s->mac, ESM_MAC_SIZE);
    esm_unseal(s, &key, plain, NULL);
}

static void try_files(const uint8_t *bytes, size_t len)
{
    struct esm_files f;
    struct esm_file file = {0}, found;
    struct esm_error e = {0};
    enum esm_err err = esm_files_open(&f, bytes, len, &e);
    if (err)
        check_error(&e, err);
    while (!err && esm_file_next(&f, &file)) {
        check_sealed(f.fdt, f.len, &file.sealed, ESM_FILE_MAX);
        FUZZ_CHECK(esm_name_valid(file.name, strlen(file.name)));
        FUZZ_CHECK(!esm_file_find(&f, file.name, strlen(file.name), &found, &e));
    }
    esm_files_close(&f);
}

static void try_changes(struct esm_blob *b)
{
    struct esm_lockbox box = {0};
    struct esm_digests d = {.kernel_size = 7}, read;
    if (!esm_build_attach(b, &key, "fuzz", "abc", 3, "", NULL))
        FUZZ_CHECK(!esm_build_detach(b, "fuzz", NULL));
    if (!esm_build_digests(b, &key, &d, "", NULL)) {
        FUZZ_CHECK(!esm_blob_digests(b, &key, &read, NULL));
        FUZZ_CHECK(read.kernel_size == 7);
    }
    if (esm_lockbox_next(b, &box))
        esm_build_revoke(b, box.fingerprint, NULL);
}

static void try_blob(const uint8_t *bytes, size_t len)
{
    struct esm_blob b;
    struct esm_lockbox box = {0};
    struct esm_sealed s;
    struct esm_digests d;
    struct esm_error e = {0};
    const uint8_t *files;
    unsigned count = 0, tried = 0;
    enum esm_err err = esm_blob_open(&b, bytes, len, &e);
    if (err) {
        check_error(&e, err);
        FUZZ_CHECK(!b.fdt);
        return;
    }
    FUZZ_CHECK(b.len <= len);
    for (; esm_lockbox_next(&b, &box); count++) {
        inside(b.fdt, b.len, box.wrapped, box.wrapped_len);
        if (*box.comment) /* none is a constant */
            inside(b.fdt, b.len, box.comment, strlen(box.comment) + 1);
    }
    while (esm_lockbox_try(&b, box.fingerprint, tried, &box))
        tried++;
    FUZZ_CHECK(count && count <= ESM_LOCKBOX_MAX && tried == count);
    if (!esm_blob_sealed_digests(&b, &s, &e))
        check_sealed(b.fdt, b.len, &s, ESM_DIGESTS_MAX);
    esm_blob_digests(&b, &key, &d, &e);
    if (esm_blob_files(&b, &files, &len))
        try_files(files, len);
    try_changes(&b);
    esm_blob_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct esm_digests d;
    struct esm_error e = {0};
    enum esm_err err;
    if (!size)
        return 0;
    switch (*data % 4) {
    case 0:
        try_files(data + 1, size - 1);
        break;
    case 1:
        err = esm_digests_parse(&d, data + 1, size - 1, &e);
        if (err)
            check_error(&e, err);
        break;
    default:
        try_blob(data + 1, size - 1);
    }
    return 0;
}
