/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes from a gdb client: packets of any content, and what is none. The first byte chooses whether
 * the rest is the stream itself or contents that get framed here, separated by newlines: checksums
 * would keep a fuzzer out.
 */
#include "fuzz.h"

#include "debug/gdb_internal.h"

#include <stdlib.h>
#include <string.h>

static struct gdb_server *make_server(struct machine *m)
{
    struct gdb_server *s = calloc(1, sizeof(*s));
    if (!s || !(s->debug = debug_create(m)))
        abort();
    s->m = m;
    s->listener = s->client = -1;
    FUZZ_CHECK(target_init(&s->target, &m->cpus[0]));
    return s;
}

/* The client's bytes, and how far they have been taken. */
struct client {
    struct gdb_server *s;
    const uint8_t *p;
    size_t left;
    bool framed;
};

static void take_framed(struct client *c)
{
    const uint8_t *end = memchr(c->p, '\n', c->left);
    size_t len = end ? (size_t)(end - c->p) : c->left, used = len + (end != NULL);
    uint8_t sum = 0;
    char tail[8];
    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + c->p[i]);
    snprintf(tail, sizeof(tail), "#%02x", sum);
    server_take(c->s, (const uint8_t *)"$", 1);
    server_take(c->s, c->p, len);
    server_take(c->s, (const uint8_t *)tail, 3);
    c->p += used;
    c->left -= used;
}

static void take_some(struct client *c)
{
    if (c->framed) {
        take_framed(c);
        return;
    }
    server_take(c->s, c->p, 1);
    c->p++;
    c->left--;
}

/* Packets until one resumes the machine; without any it goes on. */
static void on_halt(void *opaque, const struct debug_halt *halt)
{
    struct client *c = opaque;
    if (halt->cause != HALT_START)
        server_send_stop(c->s, halt);
    while (c->left && debug_halted(c->s->debug))
        take_some(c);
    if (debug_halted(c->s->debug))
        debug_continue(c->s->debug);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct debug_front front = {.halted = on_halt};
    static struct client c;
    static struct machine *m;
    if (!m) {
        m = fuzz_machine(&engine_interp, 2);
        c.s = make_server(m);
        debug_add_front(c.s->debug, &front, &c);
    }
    if (!size || memmem(data, size, "qRcmd", 5)) /* the monitor's commands may write files */
        return 0;
    fuzz_reset(m);
    debug_continue(c.s->debug);
    c.framed = !(data[0] & 1);
    c.p = data + 1;
    c.left = size - 1;
    server_client_begins(c.s);
    debug_halt_at_start(c.s->debug);
    debug_poll(c.s->debug);
    for (unsigned i = 0; i < 8 && m->stop == STOP_NONE; i++)
        machine_run_slice(m, &m->cpus[i % 2], 100);
    while (c.left) /* the machine runs */
        take_some(&c);
    server_client_ends(c.s);
    FUZZ_CHECK(!debug_next_point(c.s->debug, NULL));
    return 0;
}
