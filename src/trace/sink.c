/* SPDX-License-Identifier: Apache-2.0 */
/* Records into a bounded buffer and out of it, without waiting for anybody. */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FLUSH_BYTES 65536u
#define FLUSH_NS    500000000ULL /* somebody may be looking at the file as it grows */

static uint64_t host_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

bool sink_open(struct sink *s, const char *path)
{
    *s = (struct sink){.fd = -1};
    s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
    if (s->fd < 0)
        return false;
    s->buf = malloc(SINK_ROOM);
    if (!s->buf) {
        close(s->fd);
        errno = ENOMEM;
        return false;
    }
    signal(SIGPIPE, SIG_IGN); /* a reader that ends is no reason to */
    s->flushed_ns = host_ns();
    return true;
}

/* ---- out of the buffer ---- */

static void fail(struct sink *s, int error)
{
    s->error = error;
    s->len = 0;
}

/* Whole records that nobody takes now stay. */
static void flush(struct sink *s)
{
    size_t done = 0;
    s->flushed_ns = host_ns();
    while (done < s->len) {
        ssize_t n = write(s->fd, s->buf + done, s->len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n <= 0) {
            fail(s, n ? errno : EIO);
            return;
        }
        done += (size_t)n;
    }
    memmove(s->buf, s->buf + done, s->len - done);
    s->len -= done;
}

bool sink_close(struct sink *s)
{
    struct pollfd p = {.fd = s->fd, .events = POLLOUT};
    for (flush(s); s->len; flush(s)) {
        size_t before = s->len;
        if (poll(&p, 1, SINK_PATIENCE_MS) <= 0)
            break;
        flush(s);
        if (s->len == before)
            break;
    }
    bool ok = !s->len && !s->error && !s->dropped;
    if (close(s->fd) && ok) {
        s->error = errno;
        ok = false;
    }
    free(s->buf);
    s->buf = NULL;
    return ok;
}

/* ---- into the buffer ---- */

void sink_begin(struct sink *s)
{
    s->record = s->len;
    s->overflow = s->error != 0;
}

static void put(struct sink *s, const char *fmt, va_list ap)
{
    if (s->overflow)
        return;
    size_t room = SINK_ROOM - s->len;
    int n = vsnprintf(s->buf + s->len, room, fmt, ap);
    s->overflow = n < 0 || (size_t)n >= room;
    if (!s->overflow)
        s->len += (size_t)n;
}

void sink_put(struct sink *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    put(s, fmt, ap);
    va_end(ap);
}

void sink_end(struct sink *s)
{
    if (s->overflow) {
        s->len = s->error ? 0 : s->record;
        s->dropped++;
    } else {
        s->records++;
    }
    /* The clock is looked at now and then only. */
    if (s->len >= FLUSH_BYTES || (s->records % 64 == 0 && host_ns() - s->flushed_ns >= FLUSH_NS))
        flush(s);
}

void sink_line(struct sink *s, const char *fmt, ...)
{
    va_list ap;
    sink_begin(s);
    va_start(ap, fmt);
    put(s, fmt, ap);
    va_end(ap);
    sink_end(s);
}

void sink_json(struct sink *s, const char *text)
{
    sink_put(s, "\"");
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            sink_put(s, "\\%c", *p);
        else if (*p < 0x20 || *p > 0x7e)
            sink_put(s, "\\u%04x", *p);
        else
            sink_put(s, "%c", *p);
    }
    sink_put(s, "\"");
}
