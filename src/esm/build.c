/* SPDX-License-Identifier: Apache-2.0 */
/* Making and changing blobs. A change is made on a larger copy, which replaces the blob when all
 * went well. */
#include "esm_internal.h"
#include "pefemu/esmbuild.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM 8192 /* for the nodes and property names of one change */

/* A tree that is being changed; the first error stays. */
struct edit {
    void *fdt; /* owned */
    int bad;   /* libfdt's */
};

static struct edit edit_new(size_t room)
{
    struct edit t = {malloc(room + ROOM), 0};
    t.bad = t.fdt ? fdt_create_empty_tree(t.fdt, (int)(room + ROOM)) : -FDT_ERR_NOSPACE;
    return t;
}

static struct edit edit_copy(const void *fdt, size_t len, size_t more)
{
    struct edit t = {malloc(len + more + ROOM), 0};
    t.bad = t.fdt ? fdt_open_into(fdt, t.fdt, (int)(len + more + ROOM)) : -FDT_ERR_NOSPACE;
    return t;
}

static int add_node(struct edit *t, int parent, const char *name)
{
    int node = t->bad ? 0 : fdt_add_subnode(t->fdt, parent, name);
    if (node < 0)
        t->bad = node;
    return t->bad ? 0 : node;
}

static void set(struct edit *t, int node, const char *name, const void *value, size_t len)
{
    if (!t->bad)
        t->bad = fdt_setprop(t->fdt, node, name, value, (int)len);
}

static void set_string(struct edit *t, int node, const char *name, const char *value)
{
    set(t, node, name, value, strlen(value) + 1);
}

/* The tree, packed; the caller's from now on. NULL with an error in @e. */
static enum esm_err edit_finish(struct edit *t, uint8_t **fdt, size_t *len, const char *what,
                                struct esm_error *e)
{
    if (t->fdt && !t->bad)
        t->bad = fdt_pack(t->fdt);
    if (!t->fdt || t->bad) {
        enum esm_err err = t->fdt ? esm_fail(e, ESM_BAD_FDT, what, "%s", fdt_strerror(t->bad))
                                  : esm_fail(e, ESM_NO_MEMORY, what, NULL);
        free(t->fdt);
        t->fdt = NULL;
        return err;
    }
    *fdt = t->fdt;
    *len = fdt_totalsize(t->fdt);
    return ESM_OK;
}

/* Replaces @b by the changed tree once that passes the reader's checks. */
static enum esm_err edit_commit(struct edit *t, struct esm_blob *b, struct esm_error *e)
{
    struct esm_blob checked;
    uint8_t *fdt = NULL;
    size_t len = 0;
    enum esm_err err = edit_finish(t, &fdt, &len, "blob", e);
    if (err)
        return err;
    err = esm_blob_open(&checked, fdt, len, e);
    free(fdt);
    if (err)
        return err;
    esm_blob_close(b);
    *b = checked;
    return ESM_OK;
}

static enum esm_err check_comment(const char *comment, struct esm_error *e)
{
    if (strlen(comment) > ESM_COMMENT_MAX)
        return esm_fail(e, ESM_TOO_LARGE, "comment", "more than %d bytes", ESM_COMMENT_MAX);
    if (strchr(comment, '\n'))
        return esm_fail(e, ESM_STRING, "comment", "more than one line");
    return ESM_OK;
}

/* ---- lockboxes ---- */

static void put_lockbox(struct edit *t, int parent, const char *name, const struct esm_recipient *r,
                        const uint8_t *wrapped)
{
    int box = add_node(t, parent, name), print;
    set_string(t, box, "untrusted-comment", r->comment);
    set(t, box, "encrypted-symkey", wrapped, esm_rsa_size(r->key));
    print = add_node(t, box, "pubkey-fingerprint");
    set_string(t, print, "algorithm", ESM_PRINT_ALGORITHM);
    set(t, print, "hash", r->fingerprint, sizeof(r->fingerprint));
}

enum esm_err esm_build_create(struct esm_blob *b, const struct esm_recipient *origin,
                              struct esm_key *symkey, struct esm_error *e)
{
    uint8_t wrapped[ESM_WRAPPED_MAX];
    struct edit t;
    enum esm_err err = check_comment(origin->comment, e);
    *b = (struct esm_blob){0};
    if (!err && !esm_random(symkey, sizeof(*symkey)))
        err = esm_fail(e, ESM_RANDOM, "symmetric key", NULL);
    if (!err)
        err = esm_rsa_wrap(origin->key, symkey, wrapped, e);
    if (!err) {
        t = edit_new(0);
        set_string(&t, 0, "compatible", COMPATIBLE_BLOB);
        add_node(&t, 0, "file");
        add_node(&t, 0, "digest");
        put_lockbox(&t, add_node(&t, 0, "lockboxes"), ESM_ORIGIN_BOX, origin, wrapped);
        err = edit_commit(&t, b, e);
    }
    if (err)
        esm_wipe(symkey, sizeof(*symkey));
    return err;
}

static bool find_lockbox(const struct esm_blob *b, const uint8_t *fingerprint,
                         struct esm_lockbox *box)
{
    *box = (struct esm_lockbox){0};
    while (esm_lockbox_next(b, box))
        if (!memcmp(box->fingerprint, fingerprint, sizeof(box->fingerprint)))
            return true;
    return false;
}

enum esm_err esm_build_authorize(struct esm_blob *b, const struct esm_recipient *r,
                                 const struct esm_key *symkey, unsigned *number,
                                 struct esm_error *e)
{
    uint8_t wrapped[ESM_WRAPPED_MAX];
    char name[24];
    struct esm_lockbox box;
    unsigned last = 0;
    enum esm_err err = check_comment(r->comment, e);
    if (err)
        return err;
    if (find_lockbox(b, r->fingerprint, &box))
        return esm_fail(e, ESM_EXISTS, "recipient", "%s is already for this key", box.name);
    for (box = (struct esm_lockbox){0}; esm_lockbox_next(b, &box);)
        last = box.number > last ? box.number : last;
    err = esm_rsa_wrap(r->key, symkey, wrapped, e);
    if (err)
        return err;
    snprintf(name, sizeof(name), "lockbox-%u", last + 1);
    struct edit t = edit_copy(b->fdt, b->len, 0);
    put_lockbox(&t, t.bad ? 0 : fdt_path_offset(t.fdt, "/lockboxes"), name, r, wrapped);
    err = edit_commit(&t, b, e);
    if (!err && number)
        *number = last + 1;
    return err;
}

enum esm_err esm_build_revoke(struct esm_blob *b, const uint8_t fingerprint[32],
                              struct esm_error *e)
{
    struct esm_lockbox box;
    if (!find_lockbox(b, fingerprint, &box))
        return esm_fail(e, ESM_MISSING, "recipient", "no lockbox is for this key");
    if (!box.number)
        return esm_fail(e, ESM_ORIGIN, box.name, NULL);
    struct edit t = edit_copy(b->fdt, b->len, 0);
    if (!t.bad) /* the node's offset is the blob's: nothing moved */
        t.bad = fdt_del_node(
            t.fdt, fdt_subnode_offset(t.fdt, fdt_path_offset(t.fdt, "/lockboxes"), box.name));
    return edit_commit(&t, b, e);
}

/* ---- sealed data ---- */

static enum esm_err put_sealed(struct edit *t, int node, const struct esm_key *symkey,
                               const void *bytes, size_t len, const char *comment,
                               struct esm_error *e)
{
    uint8_t iv[ESM_IV_SIZE], mac[ESM_MAC_SIZE];
    uint8_t *out = malloc(len ? len : 1);
    enum esm_err err = out ? ESM_OK : esm_fail(e, ESM_NO_MEMORY, "ciphertext", NULL);
    if (!err && (!esm_random(iv, sizeof(iv)) || !esm_gcm_seal(symkey, iv, mac, bytes, len, out)))
        err = esm_fail(e, ESM_RANDOM, "iv", NULL);
    if (!err) {
        set_string(t, node, "algorithm", ESM_SEAL_ALGORITHM);
        set_string(t, node, "untrusted-comment", comment);
        set(t, node, "ciphertext", out, len);
        set(t, node, "iv", iv, sizeof(iv));
        set(t, node, "mac", mac, sizeof(mac));
    }
    free(out);
    return err;
}

enum esm_err esm_build_digests_fdt(const struct esm_digests *d, uint8_t **fdt, size_t *len,
                                   struct esm_error *e)
{
    uint8_t size[4];
    struct edit t = edit_new(0);
    int node;
    put_be32(size, d->kernel_size);
    set_string(&t, 0, "compatible", COMPATIBLE_BLOB);
    node = add_node(&t, 0, "digests");
    set_string(&t, node, "algorithm", ESM_DIGEST_ALGORITHM);
    for (unsigned i = 0; i < ESM_PARTS; i++)
        set(&t, node, esm_part_name[i], d->sha512[i], sizeof(d->sha512[i]));
    set(&t, node, "kernel-size", size, sizeof(size));
    return edit_finish(&t, fdt, len, "digests-fdt", e);
}

/* The child @name of the root, made if it is not there. */
static int child(struct edit *t, const char *name)
{
    int node = t->bad ? 0 : fdt_subnode_offset(t->fdt, 0, name);
    return node > 0 ? node : add_node(t, 0, name);
}

enum esm_err esm_build_digests(struct esm_blob *b, const struct esm_key *symkey,
                               const struct esm_digests *d, const char *comment,
                               struct esm_error *e)
{
    uint8_t *plain;
    size_t len;
    enum esm_err err = check_comment(comment, e);
    if (!err)
        err = esm_build_digests_fdt(d, &plain, &len, e);
    if (err)
        return err;
    struct edit t = edit_copy(b->fdt, b->len, len);
    int old = t.bad ? -1 : fdt_path_offset(t.fdt, "/digest/digests-fdt");
    if (old >= 0)
        t.bad = fdt_del_node(t.fdt, old);
    int node = add_node(&t, child(&t, "digest"), "digests-fdt");
    err = put_sealed(&t, node, symkey, plain, len, comment, e);
    esm_wipe(plain, len);
    free(plain);
    if (err) {
        free(t.fdt);
        return err;
    }
    return edit_commit(&t, b, e);
}

/* ---- files ---- */

/* A copy of the nested tree, or a new one. */
static struct edit files_edit(const struct esm_blob *b, size_t more, enum esm_err *err,
                              struct esm_error *e)
{
    const uint8_t *bytes;
    size_t len;
    struct esm_files files;
    struct edit t;
    *err = ESM_OK;
    if (!esm_blob_files(b, &bytes, &len)) {
        t = edit_new(more);
        set_string(&t, 0, "compatible", COMPATIBLE_FILES);
        add_node(&t, 0, "files");
        return t;
    }
    *err = esm_files_open(&files, bytes, len, e);
    t.fdt = NULL;
    t.bad = 0;
    if (!*err)
        t = edit_copy(files.fdt, files.len, more);
    esm_files_close(&files);
    return t;
}

/* Puts the nested tree back. */
static enum esm_err files_commit(struct edit *nested, struct esm_blob *b, struct esm_error *e)
{
    uint8_t *bytes;
    size_t len;
    enum esm_err err = edit_finish(nested, &bytes, &len, "files-fdt", e);
    if (err)
        return err;
    if (len > ESM_FILES_FDT_MAX) {
        free(bytes);
        return esm_fail(e, ESM_TOO_LARGE, "files-fdt",
                        "all files together would be %zu bytes, at most %llu are allowed", len,
                        ESM_FILES_FDT_MAX);
    }
    struct edit t = edit_copy(b->fdt, b->len, len);
    int node = child(&t, "file");
    set(&t, node, "files-fdt", bytes, len);
    free(bytes);
    return edit_commit(&t, b, e);
}

enum esm_err esm_build_attach(struct esm_blob *b, const struct esm_key *symkey, const char *name,
                              const void *bytes, size_t len, const char *comment,
                              struct esm_error *e)
{
    enum esm_err err = check_comment(comment, e);
    if (err)
        return err;
    if (!esm_name_valid(name, strlen(name)))
        return esm_fail(e, ESM_NAME, name,
                        "not a file's name: a letter, then up to 30 of A-Z a-z 0-9 , . _ + -");
    if (len > ESM_FILE_MAX)
        return esm_fail(e, ESM_TOO_LARGE, name, "%zu bytes, at most %llu are allowed", len,
                        ESM_FILE_MAX);
    struct edit t = files_edit(b, len, &err, e);
    if (err)
        return err;
    int node = add_node(&t, t.bad ? 0 : fdt_path_offset(t.fdt, "/files"), name);
    if (t.bad == -FDT_ERR_EXISTS)
        err = esm_fail(e, ESM_EXISTS, name, "a file of this name is attached already");
    if (!err)
        err = put_sealed(&t, node, symkey, bytes, len, comment, e);
    if (!err)
        return files_commit(&t, b, e);
    free(t.fdt);
    return err;
}

enum esm_err esm_build_detach(struct esm_blob *b, const char *name, struct esm_error *e)
{
    enum esm_err err;
    struct edit t = files_edit(b, 0, &err, e);
    if (err)
        return err;
    int node = t.bad ? 0 : fdt_subnode_offset(t.fdt, fdt_path_offset(t.fdt, "/files"), name);
    if (node < 0 || !esm_name_valid(name, strlen(name))) {
        free(t.fdt);
        return esm_fail(e, ESM_MISSING, name, "no such file is attached");
    }
    if (!t.bad)
        t.bad = fdt_del_node(t.fdt, node);
    return files_commit(&t, b, e);
}
