/* SPDX-License-Identifier: Apache-2.0 */
/* Attached files, and the blob in front of an initrd: commands attach, detach, extract, add. */
#include "esm_tool.h"

#include <stdio.h>
#include <stdlib.h>

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool command_attach(const struct arguments *a)
{
    struct file f = {0};
    struct esm_blob blob = {0};
    struct esm_key symkey;
    struct esm_error e;
    const char *comment = a->option['c'] ? a->option['c'] : "";
    const char *name = a->option['r'] ? a->option['r'] : last_part(a->option['f']);
    bool ok = blob_read(&blob, a->option['b']) && file_read(&f, a->option['f'], ESM_FILE_MAX) &&
              unlock(a, &blob, &symkey);
    if (ok && esm_build_attach(&blob, &symkey, name, f.p, f.len, comment, &e))
        ok = complain_esm(a->option['f'], &e);
    esm_wipe(&symkey, sizeof(symkey));
    if (ok)
        ok = blob_write(a, &blob, a->option['b']);
    esm_blob_close(&blob);
    file_wipe(&f);
    return ok;
}

bool command_detach(const struct arguments *a)
{
    struct esm_blob blob;
    struct esm_error e;
    if (!blob_read(&blob, a->option['b']))
        return false;
    bool ok = !esm_build_detach(&blob, a->option['f'], &e) || complain_esm(a->option['b'], &e);
    if (ok)
        ok = blob_write(a, &blob, a->option['b']);
    esm_blob_close(&blob);
    return ok;
}

/* The file's node; the tree that it points into is in *files. */
static bool find_file(const struct arguments *a, const struct esm_blob *blob,
                      struct esm_files *files, struct esm_file *file)
{
    const char *name = a->option['f'];
    const uint8_t *bytes;
    size_t len;
    struct esm_error e;
    *files = (struct esm_files){0};
    if (!esm_blob_files(blob, &bytes, &len))
        return complain("%s: no file is attached", a->option['b']);
    if (esm_files_open(files, bytes, len, &e) || esm_file_find(files, name, strlen(name), file, &e))
        return complain_esm(a->option['b'], &e);
    return true;
}

static bool put_extracted(const struct arguments *a, const uint8_t *p, size_t len)
{
    if (a->dry_run)
        return true;
    if (a->option['o'])
        return file_write(a->option['o'], &(struct esm_span){p, len}, 1, 0600);
    return fwrite(p, 1, len, stdout) == len || complain("standard output: write error");
}

bool command_extract(const struct arguments *a)
{
    static uint8_t plain[ESM_FILE_MAX];
    struct esm_blob blob;
    struct esm_files files;
    struct esm_file file;
    struct esm_key symkey;
    struct esm_error e;
    if (!blob_read(&blob, a->option['b']))
        return false;
    bool ok = find_file(a, &blob, &files, &file) && unlock(a, &blob, &symkey);
    if (ok && esm_unseal(&file.sealed, &symkey, plain, &e))
        ok = complain("%s: %s: %s", a->option['b'], file.name, e.text);
    if (ok)
        ok = put_extracted(a, plain, file.sealed.len);
    esm_wipe(&symkey, sizeof(symkey));
    esm_wipe(plain, sizeof(plain));
    esm_files_close(&files);
    esm_blob_close(&blob);
    return ok;
}

bool command_add(const struct arguments *a)
{
    struct file f;
    struct esm_blob blob = {0};
    struct esm_initrd old;
    struct esm_error e;
    uint8_t *archive = NULL;
    size_t size;
    if (!file_read(&f, a->option['i'], FILE_ANY))
        return false;
    enum esm_err err = esm_initrd_find(0, f.p, f.len, f.len, &old, &e);
    bool ok = !err || err == ESM_NO_BLOB || complain_esm(a->option['i'], &e);
    if (!err)
        say(a, "%s: replacing the blob that it carries", a->option['i']);
    ok = ok && blob_read(&blob, a->option['b']);
    if (ok &&
        esm_initrd_archive(last_part(a->option['b']), blob.fdt, blob.len, &archive, &size, &e))
        ok = complain_esm(a->option['b'], &e);
    if (ok && !a->dry_run)
        ok = file_write(a->option['f'],
                        (struct esm_span[]){{archive, size}, {f.p + old.skip, f.len - old.skip}}, 2,
                        0644);
    free(archive);
    esm_blob_close(&blob);
    file_free(&f);
    return ok;
}
