/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gdb's server: one client at a time, its bytes in and out, and what happens to the machine when it
 * comes, waits and goes. Nothing here blocks: a client that sends half a packet, or takes no
 * answer, is no concern of the guest.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gdb_internal.h"
#include "gdb_listen.h"
#include "pefemu/err.h"

/* ---- bytes ---- */

static void take_packet(struct gdb_server *s)
{
    packet_handle(s);
    if (s->ending)
        debug_quit(s->debug);
}

static void take_interrupt(struct gdb_server *s)
{
    if (!debug_halted(s->debug))
        debug_pause(s->debug);
}

void server_take(struct gdb_server *s, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        switch (wire_take(&s->wire, bytes[i])) {
        case GDB_PACKET:
            take_packet(s);
            break;
        case GDB_INTERRUPT:
            take_interrupt(s);
            break;
        case GDB_NOTHING:
            break;
        }
    }
}

/* ---- clients ---- */

void server_client_begins(struct gdb_server *s)
{
    wire_reset(&s->wire);
    s->cpu = NULL;
    s->owed = OWED_NOTHING;
    s->has_swbreak = s->is_known = s->goes_back = s->is_over_access = false;
    s->halted_before = debug_halted(s->debug) != NULL;
}

/* The machine goes on, unless it stood still before (-S, the prompt). */
void server_client_ends(struct gdb_server *s)
{
    server_delete_points(s);
    s->owed = OWED_NOTHING;
    if (debug_halted(s->debug) && !s->halted_before)
        debug_continue(s->debug);
}

static void drop_client(struct gdb_server *s)
{
    if (s->client < 0)
        return;
    close(s->client);
    s->client = -1;
    server_client_ends(s);
}

/* A second client at the same time is turned away. */
static void accept_client(struct gdb_server *s)
{
    int one = 1;
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (s->client >= 0) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* fails on a unix socket */
    s->client = fd;
    server_client_begins(s);
}

/* gdb begins with a packet, an acknowledgment or Ctrl-C. Who begins otherwise is no gdb; perhaps a
 * browser, made to send packets inside something else. */
static bool is_gdb(uint8_t first)
{
    return first == '+' || first == '-' || first == '$' || first == 3;
}

/* False: the client is lost, or not welcome. */
static bool receive(struct gdb_server *s)
{
    uint8_t buf[4096];
    ssize_t n = recv(s->client, buf, sizeof(buf), 0);
    if (n > 0 && !s->is_known && !is_gdb(buf[0]))
        return false;
    s->is_known |= n > 0;
    if (n > 0)
        server_take(s, buf, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool transmit(struct gdb_server *s)
{
    struct gdb_text *out = &s->wire.out;
    if (out->failed)
        return false;
    if (!out->len)
        return true;
    ssize_t n = send(s->client, out->p, out->len, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    out->len -= (size_t)n;
    memmove(out->p, out->p + n, out->len);
    return true;
}

/* ---- the front end ---- */

static unsigned front_fds(void *opaque, struct pollfd *fds, unsigned max)
{
    struct gdb_server *s = opaque;
    unsigned n = 0;
    if (n < max)
        fds[n++] = (struct pollfd){.fd = s->listener, .events = POLLIN};
    if (n < max && s->client >= 0)
        fds[n++] =
            (struct pollfd){.fd = s->client, .events = POLLIN | (s->wire.out.len ? POLLOUT : 0)};
    return n;
}

static void front_poll(void *opaque)
{
    struct gdb_server *s = opaque;
    accept_client(s);
    if (s->client >= 0 && (!receive(s) || !transmit(s)))
        drop_client(s);
}

static void front_halted(void *opaque, const struct debug_halt *halt)
{
    struct gdb_server *s = opaque;
    if (s->client < 0)
        return;
    if (s->owed == OWED_COMMAND) {
        s->owed = OWED_NOTHING;
        if (halt->cause != HALT_ENDED)
            server_tell_halt(s, halt);
        wire_send(&s->wire, "OK", 2);
    } else if (s->owed != OWED_NOTHING) {
        server_send_stop(s, halt);
    }
    if (!transmit(s))
        drop_client(s);
}

static const struct debug_front front = {
    .fds = front_fds, .poll = front_poll, .halted = front_halted};

/* ---- life ---- */

bool gdb_spec_valid(const char *text, const char **why)
{
    struct gdb_spec spec;
    return gdb_spec_parse(text, &spec, why);
}

static void say_how(const struct gdb_server *s, const char *where)
{
    const char *kernel = s->m->cfg.kernel;
    fprintf(stderr,
            "pefemu: gdb: listening at %s; connect with\r\n"
            "gdb-multiarch -ex 'set endian %s' -ex 'target remote %s'%s%s\r\n",
            where, s->little ? "little" : "big", where, kernel ? " " : "", kernel ? kernel : "");
}

static bool start(struct gdb_server *s, const char *text)
{
    struct gdb_spec spec;
    char where[128];
    const char *why;
    if (!gdb_spec_parse(text, &spec, &why)) {
        pef_complain("-gdb %s: %s", text, why);
        return false;
    }
    s->little = spec.endian == GDB_ENDIAN_GUEST ? s->m->image_le || s->m->cpus[0].le
                                                : spec.endian == GDB_ENDIAN_LITTLE;
    s->listener = gdb_listen(&spec, where, sizeof(where), &why);
    if (s->listener < 0) {
        pef_complain("-gdb %s: %s", text, why ? why : strerror(errno));
        return false;
    }
    memcpy(s->path, spec.path, sizeof(s->path));
    if (!target_init(&s->target, &s->m->cpus[0]) || !debug_add_front(s->debug, &front, s)) {
        pef_complain("-gdb %s: the host has not enough memory", text);
        return false;
    }
    say_how(s, where);
    return true;
}

struct gdb_server *gdb_server_create(struct debug *d, const char *spec)
{
    struct gdb_server *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->debug = d;
    s->m = debug_machine(d);
    s->listener = s->client = -1;
    if (start(s, spec))
        return s;
    gdb_server_destroy(s);
    return NULL;
}

void gdb_server_destroy(struct gdb_server *s)
{
    if (!s)
        return;
    debug_remove_front(s->debug, s);
    if (s->client >= 0)
        close(s->client);
    if (s->listener >= 0)
        close(s->listener);
    if (s->listener >= 0 && s->path[0])
        unlink(s->path);
    target_free(&s->target);
    wire_free(&s->wire);
    text_free(&s->reply);
    free(s);
}
