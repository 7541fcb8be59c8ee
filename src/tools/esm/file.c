/* SPDX-License-Identifier: Apache-2.0 */
/* Files: read whole, written whole or not at all. */
#include "esm_tool.h"
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)64 * 1024)

void file_free(struct file *f)
{
    free(f->p);
    *f = (struct file){0};
}

void file_wipe(struct file *f)
{
    if (f->p)
        esm_wipe(f->p, f->len);
    file_free(f);
}

/* Grows by doubling; what is left behind is wiped, it may be a key. */
static bool grow(struct file *f, size_t *room, size_t max)
{
    size_t want = *room ? 2 * *room : CHUNK;
    want = want > max + 1 ? max + 1 : want;
    uint8_t *p = malloc(want);
    if (!p)
        return false;
    if (f->p) {
        memcpy(p, f->p, f->len);
        file_wipe(&(struct file){f->p, f->len});
    }
    f->p = p;
    *room = want;
    return true;
}

static bool read_all(struct file *f, int fd, const char *path, size_t max)
{
    for (size_t room = 0;;) {
        if (f->len == room && !grow(f, &room, max))
            return complain("%s: the host has not enough memory for it", path);
        ssize_t n = read(fd, f->p + f->len, room - f->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return complain("%s: %s", path, strerror(errno));
        if (!n)
            return true;
        f->len += (size_t)n;
        if (f->len > max)
            return complain("%s: larger than the %zu bytes that are allowed", path, max);
    }
}

bool file_read(struct file *f, const char *path, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *f = (struct file){0};
    if (fd < 0)
        return complain("%s: %s", path, strerror(errno));
    bool ok = read_all(f, fd, path, max);
    close(fd);
    if (!ok)
        file_wipe(f);
    return ok;
}

bool file_read_unpacked(struct file *f, const char *path, size_t max)
{
    problem_t problem;
    struct bytes b;
    if (!file_read(f, path, max))
        return false;
    b = (struct bytes){f->p, f->len};
    problem = bytes_unpack(&b, max);
    *f = (struct file){b.p, b.len};
    if (!problem)
        return true;
    file_free(f);
    return complain("%s: %s", path, problem);
}

bool file_exists(const char *path)
{
    struct stat st;
    return !lstat(path, &st);
}

static bool write_all(int fd, const struct esm_span *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = parts[i].p;
        for (size_t left = parts[i].len; left;) {
            ssize_t n = write(fd, p, left);
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                return false;
            p += n;
            left -= (size_t)n;
        }
    }
    return true;
}

/* A pipe or terminal is written to, not replaced. */
static bool write_through(const char *path, const struct esm_span *parts, size_t count)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write_all(fd, parts, count);
    if (fd >= 0 && close(fd))
        ok = false;
    return ok;
}

/* @beside: where; ends in XXXXXX. Errno tells why it failed; nothing is left then. */
static bool replace(const char *path, char *beside, const struct esm_span *parts, size_t count,
                    mode_t mode)
{
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = !fchmod(fd, mode) && write_all(fd, parts, count) && !fsync(fd);
    int why = errno;
    if (close(fd) && ok) {
        ok = false;
        why = errno;
    }
    if (ok && rename(beside, path)) {
        ok = false;
        why = errno;
    }
    if (!ok)
        unlink(beside);
    errno = why;
    return ok;
}

bool file_write(const char *path, const struct esm_span *parts, size_t count, unsigned mode)
{
    struct stat st;
    char *real, *beside = NULL;
    bool ok;
    mode_t mask = umask(0);
    umask(mask);
    if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
        ok = write_through(path, parts, count);
        return ok || complain("%s: %s", path, strerror(errno));
    }
    real = realpath(path, NULL); /* what a symbolic link names is replaced, not the link */
    ok = asprintf(&beside, "%s.XXXXXX", real ? real : path) >= 0 &&
         replace(real ? real : path, beside, parts, count, mode & ~mask);
    if (!ok)
        complain("%s: %s", path, strerror(errno));
    free(beside);
    free(real);
    return ok;
}
