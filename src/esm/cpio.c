/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cpio archive (newc) that carries a blob in front of an initrd. A member:
 *
 *   "070701" and 13 numbers of 8 hexadecimal digits: ino mode uid gid nlink mtime filesize
 *   devmajor devminor rdevmajor rdevminor namesize check; then the name with its NUL and the data,
 *   each padded to a multiple of 4
 */
#include "esm_internal.h"
#include "pefemu/esmbuild.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define HEADER     110u
#define NAME_LIMIT 4096u /* no path is longer */
static const char magic[] = "070701";
static const char trailer[] = "TRAILER!!!";
static const char what[] = "initrd";

struct member {
    const char *name;
    size_t namesize, data, filesize; /* data: offset */
    size_t next;
};

static bool hex_field(const uint8_t *header, unsigned n, size_t *value)
{
    *value = 0;
    for (const uint8_t *p = header + 6 + 8 * n, *end = p + 8; p < end; p++) {
        unsigned digit = *p >= '0' && *p <= '9'   ? *p - '0' + 0u
                         : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10u
                         : *p >= 'A' && *p <= 'F' ? *p - 'A' + 10u
                                                  : 16;
        if (digit > 15)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

enum reading { WHOLE, CUT, NOT_A_MEMBER };

/* The member at @at, a multiple of 4. CUT: the name is there, the data are not all. */
static enum reading read_member(const uint8_t *p, size_t len, size_t at, struct member *m)
{
    if (at > len || len - at < HEADER || memcmp(p + at, magic, 6) ||
        !hex_field(p + at, 6, &m->filesize) || !hex_field(p + at, 11, &m->namesize))
        return NOT_A_MEMBER;
    if (!m->namesize || m->namesize > NAME_LIMIT || m->namesize > len - at - HEADER)
        return NOT_A_MEMBER;
    m->name = (const char *)p + at + HEADER;
    if (memchr(m->name, 0, m->namesize) != m->name + m->namesize - 1)
        return NOT_A_MEMBER;
    m->data = round_up(at + HEADER + m->namesize, 4);
    m->next = round_up(m->data + m->filesize, 4);
    return m->data <= len && m->filesize <= len - m->data ? WHOLE : CUT;
}

/* opt/ibm/pef/NAME */
static bool carries_blob(const struct member *m)
{
    const size_t n = sizeof(ESM_CPIO_PATH) - 1;
    return !strncmp(m->name, ESM_CPIO_PATH, n) && m->name[n] == '/' && m->name[n + 1];
}

static bool is_trailer(const struct member *m)
{
    return m->namesize == sizeof(trailer) && !strcmp(m->name, trailer);
}

/* The tree starts at a multiple of 4 from where the data do, and ends inside them. */
static enum esm_err find_tree(const uint8_t *p, const struct member *m, struct esm_initrd *out,
                              struct esm_error *e)
{
    for (size_t at = 0; m->filesize >= 8 && at <= m->filesize - 8; at += 4) {
        if (get_be32(p + m->data + at) != FDT_MAGIC)
            continue;
        out->blob = m->data + at;
        out->blob_len = get_be32(p + out->blob + 4);
        if (out->blob_len > m->filesize - at)
            return esm_fail(e, ESM_BAD_FDT, what,
                            "the blob is %zu bytes long, the archive holds %zu of them",
                            out->blob_len, m->filesize - at);
        return ESM_OK;
    }
    return esm_fail(e, ESM_BAD_FDT, what, "the archive's first file is not a blob");
}

/* Walks the members up to the trailer: *end is what lies behind it. */
static enum esm_err walk(const uint8_t *p, size_t len, bool all, struct esm_initrd *out,
                         size_t *end, struct esm_error *e)
{
    struct member m;
    bool found = false;
    for (size_t at = 0;; at = m.next) {
        enum reading r = read_member(p, len, at, &m);
        if (!found && (r == NOT_A_MEMBER || is_trailer(&m) || (m.filesize && !carries_blob(&m))))
            return esm_fail(e, ESM_NO_BLOB, what, NULL);
        if (r != WHOLE && !all)
            return esm_fail(e, ESM_TOO_LARGE, what, "the blob's archive is larger than %llu bytes",
                            ESM_INITRD_FRONT);
        if (r != WHOLE)
            return esm_fail(e, ESM_CPIO, what, "the blob's archive is damaged or cut short");
        if (is_trailer(&m)) {
            *end = m.next;
            return ESM_OK;
        }
        if (m.filesize && !found) {
            enum esm_err err = find_tree(p, &m, out, e);
            if (err)
                return err;
            found = true;
        }
    }
}

enum esm_err esm_initrd_find(uint64_t address, const void *front, size_t len, size_t total,
                             struct esm_initrd *out, struct esm_error *e)
{
    size_t start = -address & 3, end = 0;
    enum esm_err err;
    *out = (struct esm_initrd){0};
    if (len > total)
        len = total;
    if (len < start)
        return esm_fail(e, ESM_NO_BLOB, what, NULL);
    err = walk((const uint8_t *)front + start, len - start, len == total, out, &end, e);
    if (!err) {
        out->blob += start;
        out->skip = (size_t)(((address + start + end + 511) & ~511ULL) - address);
        if (out->skip > total)
            err = esm_fail(e, ESM_CPIO, what, "ends inside the blob's archive");
    }
    if (err)
        *out = (struct esm_initrd){0};
    return err;
}

/* ---- making one ---- */

static size_t put_member(uint8_t *p, size_t at, unsigned ino, unsigned mode, const char *name,
                         const void *data, size_t len)
{
    char header[HEADER + 1];
    size_t namesize = strlen(name) + 1;
    if (!p)
        return round_up(round_up(at + HEADER + namesize, 4) + len, 4);
    snprintf(header, sizeof(header), "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
             magic, ino, mode, 0, 0, S_ISDIR(mode) ? 2 : 1, 0, (unsigned)len, 0, 0, 0, 0,
             (unsigned)namesize, 0);
    memcpy(p + at, header, HEADER);
    memcpy(p + at + HEADER, name, namesize);
    at = round_up(at + HEADER + namesize, 4);
    if (len)
        memcpy(p + at, data, len);
    return round_up(at + len, 4);
}

/* With p NULL it only counts. */
static size_t put_archive(uint8_t *p, const char *name, const void *blob, size_t len)
{
    size_t at = put_member(p, 0, 1, S_IFDIR | 0755, "opt", NULL, 0);
    at = put_member(p, at, 2, S_IFDIR | 0755, "opt/ibm", NULL, 0);
    at = put_member(p, at, 3, S_IFDIR | 0755, ESM_CPIO_PATH, NULL, 0);
    at = put_member(p, at, 4, S_IFREG | 0644, name, blob, len);
    at = put_member(p, at, 0, 0, trailer, NULL, 0);
    return round_up(at, 512);
}

enum esm_err esm_initrd_archive(const char *name, const void *blob, size_t len, uint8_t **archive,
                                size_t *size, struct esm_error *e)
{
    char path[NAME_LIMIT];
    *archive = NULL;
    *size = 0;
    if (!*name || strchr(name, '/') || strlen(name) > 255)
        return esm_fail(e, ESM_NAME, name, "not a file's name");
    if (len > ESM_BLOB_MAX)
        return esm_fail(e, ESM_TOO_LARGE, "blob", "%zu bytes, at most %llu are allowed", len,
                        ESM_BLOB_MAX);
    snprintf(path, sizeof(path), "%s/%s", ESM_CPIO_PATH, name);
    *size = put_archive(NULL, path, blob, len);
    *archive = calloc(1, *size);
    if (!*archive)
        return esm_fail(e, ESM_NO_MEMORY, "archive", NULL);
    put_archive(*archive, path, blob, len);
    return ESM_OK;
}
