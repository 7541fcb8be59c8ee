/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UV_ESMB_GET_FILE: a file that the VM's owner put into the ESM blob, for whoever in the SVM asks
 * first: read once, forwards, by one process.
 */
#include "uv_internal.h"

#include <stdlib.h>

#include "pefemu/esmblob.h"

#define NAME_REGS 8u  /* R5..R12 */
#define CHUNK     64u /* bytes that R4..R11 hold */

/* The name lies in the registers with its first byte leftmost. False: it never ends. */
static bool get_name(const struct ucall *c, char name[CHUNK + 1])
{
    for (unsigned i = 0; i < NAME_REGS; i++)
        put_be64(name + 8 * i, c->args[1 + i]);
    name[CHUNK] = 0;
    return name[0] && memchr(name, 0, CHUNK);
}

/* The reader's record of @name; a new one when nobody has read it. NULL: no room for one more. */
static struct file_reader *find_reader(struct svm *svm, const char *name, uint32_t pid)
{
    struct file_reader *unused = NULL;

    for (unsigned i = 0; i < ARRAY_SIZE(svm->reader); i++) {
        struct file_reader *r = &svm->reader[i];
        if (!strcmp(r->name, name))
            return r;
        if (!r->name[0] && !unused)
            unused = r;
    }
    if (unused) {
        strcpy(unused->name, name);
        unused->pid = pid;
    }
    return unused;
}

/* The plaintext of @name: R3 of the call, or the file in @out, of *len bytes. */
static int64_t decrypt(struct svm *svm, const char *name, uint8_t *out, size_t *len)
{
    struct esm_files files;
    struct esm_file file;
    struct esm_key key;
    int64_t rc = U_PARAMETER;

    if (!svm->files || esm_files_open(&files, svm->files, svm->files_len, NULL))
        return U_PARAMETER;
    memcpy(key.byte, svm->symkey, sizeof(key.byte));
    if (esm_file_find(&files, name, strlen(name), &file, NULL))
        rc = -1; /* libfdt's "not found", which callers know */
    else if (!esm_unseal(&file.sealed, &key, out, NULL)) {
        *len = file.sealed.len;
        rc = U_SUCCESS;
    }
    esm_wipe(&key, sizeof(key));
    esm_files_close(&files);
    return rc;
}

static int64_t read_chunk(struct ucall *c, struct file_reader *r, const uint8_t *file, size_t len)
{
    uint64_t offset = c->args[0];
    size_t n = offset < len ? len - offset : 0;
    uint8_t bytes[CHUNK] = {0};

    n = n < CHUNK ? n : CHUNK;
    memcpy(bytes, file + (n ? offset : 0), n);
    for (unsigned i = 0; i < CHUNK / 8; i++)
        c->ret[i] = n ? get_be64(bytes + 8 * i) : c->args[i];
    r->position = (uint32_t)(offset + n);
    crypto_wipe(bytes, sizeof(bytes));
    return (int64_t)n;
}

/* (offset, name in R5..R12): R3 = bytes, R4..R11 the bytes */
int64_t u_esmb_get_file(struct ucall *c)
{
    char name[CHUNK + 1];
    size_t len = 0;
    uint32_t pid = c->cpu->pid;

    if (!c->svm || c->svm->state != SVM_SECURE || !(c->srr1 & MSR_S))
        return U_PARAMETER;
    if (!get_name(c, name) || c->args[0] >= ESM_FILE_MAX)
        return U_PARAMETER;
    uint8_t *file = malloc(ESM_FILE_MAX);
    int64_t rc = file ? decrypt(c->svm, name, file, &len) : U_RETRY;
    if (rc == U_SUCCESS) {
        struct file_reader *r = find_reader(c->svm, name, pid);
        rc = !r                                          ? U_RETRY
             : r->pid != pid || c->args[0] < r->position ? U_PARAMETER
                                                         : read_chunk(c, r, file, len);
    }
    if (file)
        crypto_wipe(file, ESM_FILE_MAX);
    free(file);
    return rc;
}
