/* SPDX-License-Identifier: Apache-2.0 */
/* Images from host files into guest memory: kernel, initramfs with the user's files, blobs. */
#include "pefemu/loader.h"

#include "elf_load.h"
#include "pefemu/err.h"
#include "unpack.h"

#include <stdlib.h>
#include <sys/stat.h>

/* A packed or padded file may be somewhat larger than what is loaded of it (symbols, notes). */
#define FILE_MAX(limit) ((size_t)(limit) + 1024 * MiB)

static bool complain(const char *option, const char *path, problem_t problem)
{
    pef_complain("%s %s: %s", option, path, problem);
    return false;
}

/* Copies into RAM; false when [ra, ra+len) is not all RAM below @limit. */
static bool put(struct machine *m, ra_t ra, const void *p, uint64_t len, ra_t limit)
{
    uint8_t *host;
    if (ra > limit || len > limit - ra)
        return false;
    host = memory_ptr(&m->mem, ra, len ? len : 1);
    if (!host)
        return false;
    memcpy(host, p, len);
    memory_written(m, ra, len);
    return true;
}

static bool zero(struct machine *m, ra_t ra, uint64_t len, ra_t limit)
{
    uint8_t *host;
    if (!len)
        return true;
    if (ra > limit || len > limit - ra || !(host = memory_ptr(&m->mem, ra, len)))
        return false;
    memset(host, 0, len);
    memory_written(m, ra, len);
    return true;
}

static problem_t read_image(struct bytes *b, const char *path, ra_t limit)
{
    problem_t problem = bytes_read_file(b, path, FILE_MAX(limit));
    if (!problem)
        problem = bytes_unpack(b, FILE_MAX(limit));
    if (problem)
        bytes_free(b);
    return problem;
}

/* ---- kernel ---- */

static const char does_not_fit[] = "does not fit into the guest's memory; give more with -m";

static problem_t put_elf(struct machine *m, const struct bytes *file, ra_t base, ra_t limit,
                         uint64_t mask, struct loaded_kernel *out)
{
    struct elf_image img;
    const struct elf_segment *last;
    problem_t problem = elf_parse(&img, file, mask);
    if (problem)
        return problem;
    out->elf64 = img.elf64;
    out->little_endian = m->image_le = img.little_endian;
    /* A 32-bit program runs at the addresses that it was linked for, a kernel anywhere. */
    if (!img.elf64 && !img.dynamic && mask == ELF_KERNEL_MASK)
        base = 0;
    last = &img.segment[img.count - 1];
    out->base = base + img.segment[0].pa;
    out->end = base + last->pa + last->memsz;
    out->entry = base + img.entry;
    if (out->end < base)
        return does_not_fit;
    for (unsigned i = 0; i < img.count; i++) {
        const struct elf_segment *s = &img.segment[i];
        if (!put(m, base + s->pa, file->p + s->offset, s->filesz, limit) ||
            !zero(m, base + s->pa + s->filesz, s->memsz - s->filesz, limit))
            return does_not_fit;
    }
    return NULL;
}

/* A raw image begins with a branch forward into itself, in either byte order. */
static bool raw_branch(const struct bytes *file, bool *little_endian)
{
    for (unsigned le = 0; le < 2; le++) {
        uint32_t w = file->len < 8 ? 0 : le ? get_le32(file->p) : get_be32(file->p);
        uint32_t target = w & 0x03fffffc;
        if ((w & 0xfc000003) == 0x48000000 && target >= 4 && target < file->len) {
            *little_endian = le;
            return true;
        }
    }
    return false;
}

static problem_t put_raw(struct machine *m, const struct bytes *file, ra_t base, ra_t limit,
                         struct loaded_kernel *out)
{
    if (!raw_branch(file, &out->little_endian))
        return "neither an ELF file nor a raw image (which starts with a branch instruction); "
               "use a ppc64 vmlinux or zImage";
    out->base = out->entry = base;
    out->end = base + file->len;
    out->elf64 = true;
    return put(m, base, file->p, file->len, limit) ? NULL : does_not_fit;
}

bool load_image(struct machine *m, const char *option, const char *path, ra_t base,
                struct loaded_kernel *out)
{
    struct bytes file;
    problem_t problem = read_image(&file, path, m->mem.ram_size + m->mem.secure_size);
    memset(out, 0, sizeof(*out));
    if (problem)
        return complain(option, path, problem);
    if (elf_recognise(&file)) {
        problem = put_elf(m, &file, base, ~0ULL, ELF_REAL_MASK, out);
    } else {
        out->base = out->entry = base;
        out->end = base + file.len;
        out->elf64 = true;
        problem = put(m, base, file.p, file.len, ~0ULL) ? NULL : does_not_fit;
    }
    bytes_free(&file);
    return problem ? complain(option, path, problem) : true;
}

bool load_kernel(struct machine *m, const char *path, ra_t base, ra_t limit,
                 struct loaded_kernel *out)
{
    struct bytes file;
    problem_t problem = read_image(&file, path, limit);
    memset(out, 0, sizeof(*out));
    if (!problem)
        problem = elf_recognise(&file) ? put_elf(m, &file, base, limit, ELF_KERNEL_MASK, out)
                                       : put_raw(m, &file, base, limit, out);
    bytes_free(&file);
    return problem ? complain("-kernel", path, problem) : true;
}

/* ---- initramfs ---- */

/* Appends to guest memory, keeping 4-byte alignment between archives as the kernel wants it. */
struct cursor {
    struct machine *m;
    ra_t at, limit;
    bool full;
};

static void emit(struct cursor *c, const void *p, size_t len)
{
    if (!c->full && !put(c->m, c->at, p, len, c->limit))
        c->full = true;
    else
        c->at += len;
}

static void align4(struct cursor *c, ra_t origin)
{
    emit(c, "\0\0\0", -(c->at - origin) & 3);
}

/* One member of a newc archive: 6-byte magic, 13 fields of 8 hex digits, name, data. */
static void emit_member(struct cursor *c, ra_t origin, unsigned ino, unsigned mode,
                        const char *name, const struct bytes *data)
{
    char header[111];
    size_t namesize = strlen(name) + 1;
    snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
             ino, mode, 0, 0, S_ISDIR(mode) ? 2 : 1, 0, data ? (unsigned)data->len : 0, 0, 0, 0, 0,
             (unsigned)namesize, 0);
    emit(c, header, 110);
    emit(c, name, namesize);
    align4(c, origin);
    if (data)
        emit(c, data->p, data->len);
    align4(c, origin);
}

/* One archive per -guest-file: the folders on the way, the file, the trailer. */
static void emit_archive(struct cursor *c, char *path, unsigned mode, const struct bytes *data)
{
    ra_t origin = c->at;
    unsigned ino = 1;
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        emit_member(c, origin, ino++, S_IFDIR | 0755, path, NULL);
        *slash = '/';
    }
    emit_member(c, origin, ino, S_IFREG | (mode & 07777), path, data);
    emit_member(c, origin, 0, 0, "TRAILER!!!", NULL);
}

/* The guest's path without leading, doubled or trailing slashes; false when nothing sane is left.
 */
static bool clean_path(char *out, size_t size, const char *in)
{
    size_t n = 0;
    for (const char *s = in; *s; s++) {
        if (*s == '/' && (!n || out[n - 1] == '/'))
            continue;
        if (n + 1 >= size)
            return false;
        out[n++] = *s;
    }
    out[n] = '\0';
    if (!n || out[n - 1] == '/')
        return false;
    for (const char *s = out; s; s = strchr(s, '/'), s = s ? s + 1 : NULL)
        if (!strncmp(s, "../", 3) || !strcmp(s, "..") || !strncmp(s, "./", 2) || !strcmp(s, "."))
            return false;
    return true;
}

static problem_t add_guest_file(struct cursor *c, const char *spec)
{
    const char *colon = strchr(spec, ':');
    char host[4096], guest[1024];
    struct bytes data;
    struct stat st;
    problem_t problem;
    if (!colon || (size_t)(colon - spec) >= sizeof(host))
        return "not HOST:GUEST; use for example ./prog:/bin/prog";
    memcpy(host, spec, (size_t)(colon - spec));
    host[colon - spec] = '\0';
    if (!clean_path(guest, sizeof(guest), colon + 1))
        return "the guest's name is not a file's absolute path; use for example /bin/prog";
    problem = bytes_read_file(&data, host, c->limit > UINT32_MAX ? UINT32_MAX : c->limit);
    if (problem && !stat(host, &st) && S_ISREG(st.st_mode) && !st.st_size)
        problem = NULL; /* an empty file is a file here */
    if (problem)
        return problem;
    emit_archive(c, guest, stat(host, &st) ? 0755 : st.st_mode, &data);
    bytes_free(&data);
    return c->full ? does_not_fit : NULL;
}

bool load_initrd(struct machine *m, const char *path, const char *const *guest_files, ra_t base,
                 ra_t limit, uint64_t *size)
{
    struct cursor c = {.m = m, .at = base, .limit = limit};
    problem_t problem;
    *size = 0;
    if (path) {
        struct bytes file;
        problem = bytes_read_file(&file, path, limit);
        if (!problem) {
            emit(&c, file.p, file.len);
            bytes_free(&file);
            problem = c.full ? does_not_fit : NULL;
        }
        if (problem)
            return complain("-initrd", path, problem);
    }
    for (; guest_files && *guest_files; guest_files++) {
        align4(&c, base);
        problem = add_guest_file(&c, *guest_files);
        if (problem)
            return complain("-guest-file", *guest_files, problem);
    }
    *size = c.at - base;
    return true;
}

bool load_blob(struct machine *m, const char *option, const char *path, ra_t base, ra_t limit,
               uint64_t *size)
{
    struct bytes file;
    problem_t problem = limit <= base ? does_not_fit : bytes_read_file(&file, path, limit - base);
    *size = 0;
    if (problem)
        return complain(option, path, problem);
    if (put(m, base, file.p, file.len, limit))
        *size = file.len;
    else
        problem = does_not_fit;
    bytes_free(&file);
    return problem ? complain(option, path, problem) : true;
}
