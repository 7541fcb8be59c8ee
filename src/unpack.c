/* SPDX-License-Identifier: Apache-2.0 */
/* Reading files of the user and unpacking gzip and zstd. The data may be hostile. */
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define CHUNK ((size_t)1 << 20)

static const char no_memory[] = "the host has not enough memory for it; use a smaller file";
static const char too_large[] = "too large for the guest's memory; give more with -m";

void bytes_free(struct bytes *b)
{
    free(b->p);
    *b = (struct bytes){NULL, 0};
}

/* Makes room for CHUNK more bytes behind @len, doubling; never above @max + 1. */
static bool grow(struct bytes *b, size_t *room, size_t max)
{
    size_t want = *room ? *room * 2 : CHUNK;
    uint8_t *p;
    if (want > max + 1)
        want = max + 1;
    if (want <= *room || !(p = realloc(b->p, want)))
        return false;
    b->p = p;
    *room = want;
    return true;
}

static problem_t read_all(struct bytes *b, int fd, size_t max)
{
    size_t room = 0;
    for (;;) {
        ssize_t n;
        if (b->len == room && !grow(b, &room, max))
            return b->len > max ? too_large : no_memory;
        n = read(fd, b->p + b->len, room - b->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return "can not be read; check the file and its disk";
        if (!n)
            return NULL;
        b->len += (size_t)n;
        if (b->len > max)
            return too_large;
    }
}

static problem_t open_problem(int err)
{
    switch (err) {
    case ENOENT:
        return "not found; check the name (relative names start at the current folder)";
    case EACCES:
        return "permission denied; make it readable for you";
    case ENOTDIR:
        return "a part of its path is not a folder; check the name";
    default:
        return "can not be opened; check the name";
    }
}

problem_t bytes_read_file(struct bytes *b, const char *path, size_t max)
{
    struct stat st;
    problem_t problem = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *b = (struct bytes){NULL, 0};
    if (fd < 0)
        return open_problem(errno);
    if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
        problem = "is a folder; name a file";
    else if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
        problem = too_large;
    else
        problem = read_all(b, fd, max);
    close(fd);
    if (!problem && !b->len)
        problem = "is empty; name another file";
    if (problem)
        bytes_free(b);
    return problem;
}

static problem_t unpack_gzip(const struct bytes *in, struct bytes *out, size_t max)
{
    problem_t problem = NULL;
    z_stream z = {0};
    size_t room = 0, done = 0;
    int rc;
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return no_memory;
    do {
        if (out->len == room && !grow(out, &room, max)) {
            problem = room > max ? too_large : no_memory;
            break;
        }
        z.next_in = in->p + done;
        z.avail_in = in->len - done < CHUNK ? (uInt)(in->len - done) : (uInt)CHUNK;
        z.next_out = out->p + out->len;
        z.avail_out = room - out->len < CHUNK ? (uInt)(room - out->len) : (uInt)CHUNK;
        done += z.avail_in;
        out->len += z.avail_out;
        rc = inflate(&z, Z_NO_FLUSH);
        done -= z.avail_in;
        out->len -= z.avail_out;
        if (rc != Z_OK && rc != Z_STREAM_END)
            problem = rc == Z_BUF_ERROR && done == in->len ? "truncated gzip data; fetch it again"
                                                           : "damaged gzip data; fetch it again";
    } while (!problem && rc != Z_STREAM_END);
    inflateEnd(&z);
    return problem;
}

static problem_t unpack_zstd(const struct bytes *in, struct bytes *out, size_t max)
{
    problem_t problem = NULL;
    ZSTD_DCtx *ctx = ZSTD_createDCtx();
    ZSTD_inBuffer src = {in->p, in->len, 0};
    size_t room = 0, rc = 1;
    if (!ctx)
        return no_memory;
    while (!problem && rc) {
        ZSTD_outBuffer dst;
        size_t before_in = src.pos;
        if (out->len == room && !grow(out, &room, max)) {
            problem = room > max ? too_large : no_memory;
            break;
        }
        dst = (ZSTD_outBuffer){out->p, room, out->len};
        rc = ZSTD_decompressStream(ctx, &dst, &src);
        if (ZSTD_isError(rc))
            problem = "damaged zstd data; fetch it again";
        else if (rc && src.pos == before_in && dst.pos == out->len)
            problem = "truncated zstd data; fetch it again";
        out->len = dst.pos;
    }
    ZSTD_freeDCtx(ctx);
    return problem;
}

problem_t bytes_unpack(struct bytes *b, size_t max)
{
    struct bytes out = {NULL, 0};
    problem_t problem;
    if (b->len >= 2 && b->p[0] == 0x1f && b->p[1] == 0x8b)
        problem = unpack_gzip(b, &out, max);
    else if (b->len >= 4 && !memcmp(b->p, "\x28\xb5\x2f\xfd", 4))
        problem = unpack_zstd(b, &out, max);
    else
        return NULL;
    if (!problem && out.len > max)
        problem = too_large;
    if (problem) {
        bytes_free(&out);
        return problem;
    }
    bytes_free(b);
    *b = out;
    return NULL;
}
