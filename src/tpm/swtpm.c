// SPDX-License-Identifier: Apache-2.0
/*
 * A TPM in another process: swtpm, spoken to as its manual page swtpm_ioctls(3) says. Control
 * commands go over its Unix socket: a big-endian number, then a structure; the answer begins with
 * a result, 0 for success. TPM commands go over a socket pair whose other end is handed over once.
 * Every wait has an end, and nothing that comes back is trusted to have a sensible length.
 */
#include "tpm/command.h"
#include "tpm/tpm_internal.h"

#include "pefemu/hostclock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum control { CMD_INIT = 2, CMD_SHUTDOWN = 3, CMD_STOP = 14, CMD_SET_DATAFD = 16 };

#ifndef CONTROL_MS
#define CONTROL_MS 10000 /* an idle process answers at once; a busy host may need a while */
#define COMMAND_MS 90000 /* making an RSA key can take many seconds */
#endif

struct swtpm {
    struct tpm tpm;
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    int control, data; /* owned; -1: closed */
};

static int64_t now_ms(void)
{
    return (int64_t)(host_ns(CLOCK_MONOTONIC) / 1000000);
}

/* Until @fd is ready for @events or @deadline has passed. */
static bool wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        struct pollfd p = {fd, events, 0};
        int64_t left = deadline - now_ms();
        if (left <= 0) {
            errno = ETIMEDOUT;
            return false;
        }
        int n = poll(&p, 1, (int)left);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

static bool send_all(int fd, const uint8_t *p, size_t len, int64_t deadline)
{
    while (len) {
        if (!wait_for(fd, POLLOUT, deadline))
            return false;
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool receive_all(int fd, uint8_t *p, size_t len, int64_t deadline)
{
    while (len) {
        if (!wait_for(fd, POLLIN, deadline))
            return false;
        ssize_t n = recv(fd, p, len, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n == 0)
            errno = ECONNRESET;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* Sends a control command with, unless -1, a file descriptor beside it. */
static bool send_control(int fd, const uint8_t *p, size_t len, int passed, int64_t deadline)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec iov = {(void *)(uintptr_t)p, len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (passed < 0)
        return send_all(fd, p, len, deadline);
    msg.msg_control = control.room;
    msg.msg_controllen = sizeof(control.room);
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &passed, sizeof(int));
    return wait_for(fd, POLLOUT, deadline) && sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)len;
}

/* One control command, whose structure is at most one number, and its result. */
static bool control(struct swtpm *s, enum control cmd, const uint32_t *arg, int passed,
                    char *message)
{
    uint8_t packet[8], answer[4];
    int64_t deadline = now_ms() + CONTROL_MS;
    put_be32(packet, cmd);
    put_be32(packet + 4, arg ? *arg : 0);
    if (!send_control(s->control, packet, arg ? 8 : 4, passed, deadline) ||
        !receive_all(s->control, answer, sizeof(answer), deadline)) {
        tpm_say(message, "%s: swtpm does not answer control command %d: %s", s->path, cmd,
                strerror(errno));
        return false;
    }
    if (get_be32(answer)) {
        tpm_say(message, "%s: swtpm refused control command %d (code 0x%x)", s->path, cmd,
                get_be32(answer));
        return false;
    }
    return true;
}

static bool connect_control(struct swtpm *s, char *message)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, s->path, sizeof(at.sun_path));
    s->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->control < 0 || connect(s->control, (struct sockaddr *)&at, sizeof(at)) < 0) {
        tpm_say(message,
                "%s: no swtpm there: %s; start one with --tpm2 --ctrl type=unixio,path=", s->path,
                strerror(errno));
        return false;
    }
    return true;
}

static bool hand_over_data(struct swtpm *s, char *message)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        tpm_say(message, "no socket pair for the TPM: %s", strerror(errno));
        return false;
    }
    s->data = pair[0];
    bool ok = control(s, CMD_SET_DATAFD, NULL, pair[1], message);
    close(pair[1]);
    return ok;
}

/* Power on: volatile state that an earlier user left is not resumed. */
static bool initialise(struct swtpm *s, char *message)
{
    const uint32_t delete_volatile = 1;
    return control(s, CMD_INIT, &delete_volatile, -1, message);
}

/* The end must not take long even when swtpm hangs. */
static int64_t deadline_of(const uint8_t *cmd)
{
    bool last = get_be32(cmd + 6) == tpm_command_table[TPM_CMD_Shutdown].code;
    return now_ms() + (last ? CONTROL_MS : COMMAND_MS);
}

static int swtpm_execute(struct tpm *t, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                         size_t *resp_len)
{
    struct swtpm *s = (struct swtpm *)t;
    int64_t deadline = deadline_of(cmd);
    if (cap < TPM_HEADER_LEN) {
        tpm_say(t->message, "no room for a response");
        return TPM_STATUS_TRANSPORT;
    }
    if (!send_all(s->data, cmd, len, deadline) ||
        !receive_all(s->data, resp, TPM_HEADER_LEN, deadline)) {
        tpm_say(t->message, "%s: swtpm does not answer: %s", s->path, strerror(errno));
        return TPM_STATUS_TRANSPORT;
    }
    size_t size = get_be32(resp + 2);
    if (size < TPM_HEADER_LEN || size > cap || size > TPM_PACKET_MAX) {
        tpm_say(t->message, "%s: swtpm announces a response of %zu bytes", s->path, size);
        return TPM_STATUS_TRANSPORT;
    }
    if (!receive_all(s->data, resp + TPM_HEADER_LEN, size - TPM_HEADER_LEN, deadline)) {
        tpm_say(t->message, "%s: swtpm's response is incomplete: %s", s->path, strerror(errno));
        return TPM_STATUS_TRANSPORT;
    }
    *resp_len = size;
    return TPM_STATUS_OK;
}

static void close_both(struct swtpm *s)
{
    if (s->control >= 0)
        close(s->control);
    if (s->data >= 0)
        close(s->data);
    s->control = s->data = -1;
}

static int swtpm_reset(struct tpm *t)
{
    struct swtpm *s = (struct swtpm *)t;
    /* A response that came too late must not answer the next command. */
    uint8_t stale[TPM_PACKET_MAX];
    for (unsigned i = 0; i < 16 && recv(s->data, stale, sizeof(stale), MSG_DONTWAIT) > 0; i++)
        ;
    if (control(s, CMD_STOP, NULL, -1, t->message) && initialise(s, t->message))
        return TPM_STATUS_OK;
    return TPM_STATUS_TRANSPORT;
}

static void swtpm_destroy(struct tpm *t)
{
    struct swtpm *s = (struct swtpm *)t;
    char ignored[TPM_MESSAGE_MAX];
    if (!t->dead)
        control(s, CMD_SHUTDOWN, NULL, -1, ignored); /* ends swtpm, as QEMU does */
    close_both(s);
    free(s);
}

static const struct tpm_backend swtpm_backend = {swtpm_execute, swtpm_reset, swtpm_destroy, NULL};

struct tpm *tpm_swtpm_create(const char *path, char *message)
{
    struct swtpm *s = calloc(1, sizeof(*s));
    if (!s || strlen(path) >= sizeof(s->path)) {
        tpm_say(message, "%s: %s", path, s ? "the path of a socket is too long" : "no memory");
        free(s);
        return NULL;
    }
    s->tpm.backend = &swtpm_backend;
    s->control = s->data = -1;
    memcpy(s->path, path, strlen(path) + 1);
    if (connect_control(s, message) && hand_over_data(s, message) && initialise(s, message))
        return &s->tpm;
    close_both(s);
    free(s);
    return NULL;
}
