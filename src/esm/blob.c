/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blob's outer tree and the nested tree of files.
 *
 *   /  compatible = "ibm,esm"
 *     lockboxes/ { origin-lockbox, lockbox-N }/  encrypted-symkey, untrusted-comment
 *                                                pubkey-fingerprint/  algorithm, hash
 *     digest/digests-fdt/  algorithm, ciphertext, iv, mac, untrusted-comment
 *     file/  files-fdt = a tree:  /files/NAME/  algorithm, ciphertext, iv, mac, untrusted-comment
 */
#include "esm_internal.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

static const char digests_path[] = "/digest/digests-fdt";
static const char files_field[] = "/file/files-fdt";

/* ---- lockboxes ---- */

/* "lockbox-N" with 1 <= N, in the one way to write it; 0: the origin; -1: something else. */
static int lockbox_number(const char *name)
{
    int n = 0;
    if (!strcmp(name, ESM_ORIGIN_BOX))
        return 0;
    if (strncmp(name, "lockbox-", 8) || name[8] < '1' || name[8] > '9')
        return -1;
    for (name += 8; *name; name++) {
        if (*name < '0' || *name > '9' || n > 99999999)
            return -1;
        n = 10 * n + (*name - '0');
    }
    return n;
}

static enum esm_err read_lockbox(const void *fdt, int node, struct esm_lockbox *box,
                                 struct esm_error *e)
{
    char path[96], field[128];
    const void *p, *hash;
    const char *name = fdt_get_name(fdt, node, NULL);
    int number = name ? lockbox_number(name) : -1;
    enum esm_err err;
    snprintf(path, sizeof(path), "/lockboxes/%.40s", name ? name : "?");
    if (number < 0)
        return esm_fail(e, ESM_NAME, path, "not a lockbox's name");
    *box = (struct esm_lockbox){.number = (unsigned)number, .node = node};
    snprintf(box->name, sizeof(box->name), "%.23s", name);
    err = esm_fdt_prop(fdt, node, path, "encrypted-symkey", &p, &box->wrapped_len, e);
    if (!err)
        err = esm_fdt_comment(fdt, node, path, &box->comment, e);
    if (err)
        return err;
    box->wrapped = p;
    if (box->wrapped_len < ESM_WRAPPED_MIN || box->wrapped_len > ESM_WRAPPED_MAX) {
        snprintf(field, sizeof(field), "%s/encrypted-symkey", path);
        return esm_fail(e, ESM_LENGTH, field, "%zu bytes, not %d to %d", box->wrapped_len,
                        ESM_WRAPPED_MIN, ESM_WRAPPED_MAX);
    }
    snprintf(field, sizeof(field), "%s/pubkey-fingerprint", path);
    node = fdt_subnode_offset(fdt, node, "pubkey-fingerprint");
    if (node < 0)
        return esm_fail(e, ESM_MISSING, field, NULL);
    err = esm_fdt_algorithm(fdt, node, field, ESM_PRINT_ALGORITHM, e);
    if (!err)
        err = esm_fdt_fixed(fdt, node, field, "hash", &hash, sizeof(box->fingerprint), e);
    if (!err)
        memcpy(box->fingerprint, hash, sizeof(box->fingerprint));
    return err;
}

static enum esm_err check_lockboxes(const void *fdt, struct esm_error *e)
{
    struct esm_lockbox box;
    unsigned count = 0;
    int node, parent = fdt_path_offset(fdt, "/lockboxes");
    if (parent < 0)
        return esm_fail(e, ESM_MISSING, "/lockboxes", NULL);
    fdt_for_each_subnode(node, fdt, parent)
    {
        enum esm_err err = read_lockbox(fdt, node, &box, e);
        if (err)
            return err;
        if (++count > ESM_LOCKBOX_MAX)
            return esm_fail(e, ESM_TOO_MANY, "/lockboxes", "more than %d lockboxes",
                            ESM_LOCKBOX_MAX);
    }
    return count ? ESM_OK : esm_fail(e, ESM_MISSING, "/lockboxes", "no lockbox in it");
}

bool esm_lockbox_next(const struct esm_blob *b, struct esm_lockbox *box)
{
    int node = box->node > 0 ? fdt_next_subnode(b->fdt, box->node)
                             : fdt_first_subnode(b->fdt, fdt_path_offset(b->fdt, "/lockboxes"));
    return node > 0 && !read_lockbox(b->fdt, node, box, NULL);
}

/* When to try a lockbox: a small rank first. */
static unsigned lockbox_rank(const struct esm_lockbox *box, const uint8_t *fingerprint)
{
    if (fingerprint && !memcmp(box->fingerprint, fingerprint, sizeof(box->fingerprint)))
        return 0;
    return box->number == 1 ? 1 : box->number ? 2 : 3;
}

bool esm_lockbox_try(const struct esm_blob *b, const uint8_t fingerprint[32], unsigned attempt,
                     struct esm_lockbox *box)
{
    for (unsigned rank = 0; rank < 4; rank++) {
        *box = (struct esm_lockbox){0};
        while (esm_lockbox_next(b, box))
            if (lockbox_rank(box, fingerprint) == rank && !attempt--)
                return true;
    }
    return false;
}

/* ---- digests ---- */

enum esm_err esm_blob_sealed_digests(const struct esm_blob *b, struct esm_sealed *s,
                                     struct esm_error *e)
{
    int node = fdt_path_offset(b->fdt, digests_path);
    if (node < 0)
        return esm_fail(e, ESM_MISSING, digests_path, NULL);
    return esm_fdt_sealed(b->fdt, node, digests_path, ESM_DIGESTS_MAX, s, e);
}

enum esm_err esm_blob_digests(const struct esm_blob *b, const struct esm_key *key,
                              struct esm_digests *d, struct esm_error *e)
{
    uint8_t plain[ESM_DIGESTS_MAX];
    struct esm_sealed s = {0};
    enum esm_err err = esm_blob_sealed_digests(b, &s, e);
    if (!err && !esm_gcm_open(key, s.iv, s.mac, s.ciphertext, s.len, plain))
        err = esm_fail(e, ESM_AUTHENTICITY, digests_path, NULL);
    if (!err)
        err = esm_digests_parse(d, plain, s.len, e);
    esm_wipe(plain, sizeof(plain));
    return err;
}

/* ---- files ---- */

bool esm_name_valid(const char *name, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char more[] = "0123456789,._+-";
    if (!len || len > ESM_NAME_MAX || !memchr(letters, name[0], sizeof(letters) - 1))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!memchr(letters, name[i], sizeof(letters) - 1) &&
            !memchr(more, name[i], sizeof(more) - 1))
            return false;
    return true;
}

static enum esm_err read_file(const void *fdt, int node, struct esm_file *file, struct esm_error *e)
{
    char path[64];
    int len = 0;
    const char *name = fdt_get_name(fdt, node, &len);
    snprintf(path, sizeof(path), "/files/%.40s", name ? name : "?");
    if (!name || !esm_name_valid(name, (size_t)len))
        return esm_fail(e, ESM_NAME, path, "not a file's name");
    *file = (struct esm_file){.node = node};
    memcpy(file->name, name, (size_t)len);
    return esm_fdt_sealed(fdt, node, path, ESM_FILE_MAX, &file->sealed, e);
}

static enum esm_err check_files(const void *fdt, struct esm_error *e)
{
    struct esm_file file;
    int node, parent = fdt_path_offset(fdt, "/files");
    enum esm_err err = esm_fdt_compatible(fdt, COMPATIBLE_FILES, files_field, e);
    if (err)
        return err;
    if (parent < 0)
        return esm_fail(e, ESM_MISSING, "/file/files-fdt /files", NULL);
    fdt_for_each_subnode(node, fdt, parent)
    {
        err = read_file(fdt, node, &file, e);
        if (err)
            return err;
    }
    return ESM_OK;
}

bool esm_blob_files(const struct esm_blob *b, const uint8_t **bytes, size_t *len)
{
    int n, node = fdt_path_offset(b->fdt, "/file");
    *bytes = node < 0 ? NULL : fdt_getprop(b->fdt, node, "files-fdt", &n);
    *len = *bytes ? (size_t)n : 0;
    return *bytes;
}

enum esm_err esm_files_open(struct esm_files *f, const void *bytes, size_t len, struct esm_error *e)
{
    enum esm_err err;
    *f = (struct esm_files){0};
    if (len > ESM_FILES_FDT_MAX)
        return esm_fail(e, ESM_TOO_LARGE, files_field, "%zu bytes, at most %llu are allowed", len,
                        ESM_FILES_FDT_MAX);
    err = esm_fdt_copy(&f->fdt, &f->len, bytes, len, ESM_FILES_FDT_MAX, files_field, e);
    if (!err)
        err = check_files(f->fdt, e);
    if (err)
        esm_files_close(f);
    return err;
}

void esm_files_close(struct esm_files *f)
{
    free(f->fdt);
    *f = (struct esm_files){0};
}

bool esm_file_next(const struct esm_files *f, struct esm_file *file)
{
    int node = file->node > 0 ? fdt_next_subnode(f->fdt, file->node)
                              : fdt_first_subnode(f->fdt, fdt_path_offset(f->fdt, "/files"));
    return node > 0 && !read_file(f->fdt, node, file, NULL);
}

enum esm_err esm_file_find(const struct esm_files *f, const char *name, size_t len,
                           struct esm_file *file, struct esm_error *e)
{
    char field[64];
    int node;
    snprintf(field, sizeof(field), "/files/%.*s", (int)(len < 40 ? len : 40), name);
    if (!esm_name_valid(name, len))
        return esm_fail(e, ESM_NAME, field, "not a file's name");
    node = fdt_subnode_offset_namelen(f->fdt, fdt_path_offset(f->fdt, "/files"), name, (int)len);
    if (node < 0)
        return esm_fail(e, ESM_MISSING, field, "no such file is attached");
    return read_file(f->fdt, node, file, e);
}

/* ---- the whole ---- */

static enum esm_err check_attachments(const struct esm_blob *b, struct esm_error *e)
{
    struct esm_files files;
    const uint8_t *bytes;
    size_t len;
    enum esm_err err;
    if (!esm_blob_files(b, &bytes, &len))
        return ESM_OK;
    err = esm_files_open(&files, bytes, len, e);
    esm_files_close(&files);
    return err;
}

enum esm_err esm_blob_open(struct esm_blob *b, const void *bytes, size_t len, struct esm_error *e)
{
    struct esm_sealed digests;
    enum esm_err err = esm_fdt_copy(&b->fdt, &b->len, bytes, len, ESM_BLOB_MAX, "blob", e);
    if (!err)
        err = esm_fdt_compatible(b->fdt, COMPATIBLE_BLOB, "blob", e);
    if (!err)
        err = check_lockboxes(b->fdt, e);
    if (!err && fdt_path_offset(b->fdt, digests_path) >= 0)
        err = esm_blob_sealed_digests(b, &digests, e);
    if (!err)
        err = check_attachments(b, e);
    if (err)
        esm_blob_close(b);
    return err;
}

void esm_blob_close(struct esm_blob *b)
{
    free(b->fdt);
    *b = (struct esm_blob){0};
}
