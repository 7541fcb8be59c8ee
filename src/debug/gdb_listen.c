/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets for gdb's server. */
#include "gdb_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- what -gdb says ---- */

static const char wrong_form[] =
    "not tcp:[ADDRESS]:PORT or unix:PATH; use for example tcp::1234 or unix:/tmp/gdb.sock";

static bool copy(char *out, size_t size, const char *from, size_t len)
{
    if (len >= size)
        return false;
    memcpy(out, from, len);
    out[len] = 0;
    return true;
}

/* "[ADDRESS]:PORT"; an address of IPv6 is in brackets. */
static bool parse_tcp(const char *text, size_t len, struct gdb_spec *spec)
{
    char port[8], *end;
    size_t colon = len;
    while (colon && text[colon - 1] != ':')
        colon--;
    if (!colon || !copy(port, sizeof(port), text + colon, len - colon))
        return false;
    unsigned long n = strtoul(port, &end, 10);
    if (*end || end == port || n > 65535)
        return false;
    spec->port = (unsigned)n;
    colon--;
    if (text[0] == '[')
        return text[colon - 1] == ']' && copy(spec->host, sizeof(spec->host), text + 1, colon - 2);
    return copy(spec->host, sizeof(spec->host), text, colon);
}

static bool parse_endian(const char *text, struct gdb_spec *spec)
{
    if (!strcmp(text, ",endian=little"))
        spec->endian = GDB_ENDIAN_LITTLE;
    else if (!strcmp(text, ",endian=big"))
        spec->endian = GDB_ENDIAN_BIG;
    else
        return false;
    return true;
}

bool gdb_spec_parse(const char *text, struct gdb_spec *spec, const char **why)
{
    size_t len = strcspn(text, ",");
    bool good;
    *spec = (struct gdb_spec){0};
    *why = wrong_form;
    if (text[len] && !parse_endian(text + len, spec)) {
        *why = "unknown key; endian=little and endian=big are understood";
        return false;
    }
    if (!strncmp(text, "tcp:", 4) && len > 4) {
        good = parse_tcp(text + 4, len - 4, spec);
    } else {
        spec->is_unix = true;
        good = !strncmp(text, "unix:", 5) && len > 5 &&
               copy(spec->path, sizeof(spec->path), text + 5, len - 5);
    }
    return good;
}

/* ---- sockets ---- */

static int refuse(int fd)
{
    int err = errno;
    if (fd >= 0)
        close(fd);
    errno = err;
    return -1;
}

/* A socket left by a run that is over gives way, anything else does not. */
static int listen_unix(const struct gdb_spec *spec, char *where, size_t size)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stat st;
    memcpy(sun.sun_path, spec->path, sizeof(sun.sun_path));
    if (fd >= 0 && !lstat(spec->path, &st) && S_ISSOCK(st.st_mode) &&
        connect(fd, (struct sockaddr *)&sun, sizeof(sun)) && errno == ECONNREFUSED) {
        unlink(spec->path);
        close(fd);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    mode_t mask = umask(077); /* who may connect may do anything */
    bool good = fd >= 0 && !bind(fd, (struct sockaddr *)&sun, sizeof(sun)) && !listen(fd, 1);
    umask(mask);
    if (!good)
        return refuse(fd);
    snprintf(where, size, "%s", spec->path);
    return fd;
}

static bool name_address(int fd, char *where, size_t size)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    char host[64], port[8];
    if (getsockname(fd, (struct sockaddr *)&ss, &len) ||
        getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return false;
    snprintf(where, size, ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return true;
}

static int listen_tcp(const struct gdb_spec *spec, char *where, size_t size, const char **why)
{
    /* no names: asking for them may take long */
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *ai;
    bool here = !spec->host[0] || !strcmp(spec->host, "localhost");
    const char *host = here ? "127.0.0.1" : spec->host;
    char port[8];
    int one = 1;
    snprintf(port, sizeof(port), "%u", spec->port);
    if (getaddrinfo(host, port, &hints, &ai)) {
        *why = "not an address; leave it out for 127.0.0.1";
        return -1;
    }
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
                !bind(fd, ai->ai_addr, ai->ai_addrlen) && !listen(fd, 1) &&
                name_address(fd, where, size);
    freeaddrinfo(ai);
    return good ? fd : refuse(fd);
}

int gdb_listen(const struct gdb_spec *spec, char *where, size_t size, const char **why)
{
    *why = NULL;
    return spec->is_unix ? listen_unix(spec, where, size) : listen_tcp(spec, where, size, why);
}
