/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gdb resumes the machine, sets stop points and is told why it stands still.
 * All CPUs run whenever one does: gdb's scheduler locking would change what the guest sees.
 */
#include <inttypes.h>

#include "gdb_internal.h"
#include "pefemu/monitor.h"

/* ---- resuming ---- */

/* An error while the machine already runs, for somebody else has resumed it: gdb waits then. */
static bool must_wait(struct gdb_server *s)
{
    s->owed = OWED_STOP;
    s->halted_before = s->is_over_access = false;
    return !debug_halted(s->debug);
}

static bool go_on(struct gdb_server *s)
{
    if (!must_wait(s))
        debug_continue(s->debug);
    return false;
}

static bool step(struct gdb_server *s, struct cpu *cpu)
{
    if (!must_wait(s))
        debug_step(s->debug, cpu, 1);
    return false;
}

static bool step_range(struct gdb_server *s, struct cpu *cpu, ea_t start, ea_t end)
{
    if (!must_wait(s))
        debug_step_range(s->debug, cpu, start, end);
    return false;
}

/* The CPU to step when gdb names none. */
static struct cpu *default_cpu(struct gdb_server *s)
{
    struct cpu *cpu = server_cpu(s);
    return cpu ? cpu : &s->m->cpus[s->m->turn];
}

/* "c", "s": [address], "C", "S": signal[;address]. A guest has no signals; where to go on is
 * written to its PC, by P. */
static bool has_address(struct gdb_server *s, const char *arg)
{
    uint64_t signal;
    bool with_signal = s->wire.body[0] == 'C' || s->wire.body[0] == 'S';
    return (with_signal && !hex_number(&arg, &signal)) || *arg;
}

bool packet_continue(struct gdb_server *s, const char *arg, size_t len)
{
    (void)len;
    return has_address(s, arg) ? reply_error(s, GDB_EINVAL) : go_on(s);
}

bool packet_step(struct gdb_server *s, const char *arg, size_t len)
{
    (void)len;
    return has_address(s, arg) ? reply_error(s, GDB_EINVAL) : step(s, default_cpu(s));
}

bool packet_vcont_query(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    text_printf(&s->reply, "vCont;c;C;s;S;t;r");
    return true;
}

/* One action of vCont. */
struct action {
    char kind; /* c s t r */
    ea_t start, end;
    struct cpu *cpu; /* NULL: all */
};

/* ";KIND[...][:THREAD]" */
static bool take_action(struct gdb_server *s, const char **at, struct action *a)
{
    uint64_t signal;
    *a = (struct action){0};
    if (!skip_char(at, ';'))
        return false;
    a->kind = *(*at)++;
    switch (a->kind) {
    case 'C':
    case 'S':
        a->kind = a->kind == 'C' ? 'c' : 's';
        if (!hex_number(at, &signal))
            return false;
        break;
    case 'r':
        if (!hex_number(at, &a->start) || !skip_char(at, ',') || !hex_number(at, &a->end))
            return false;
        break;
    case 'c':
    case 's':
    case 't':
        break;
    default:
        return false;
    }
    if (skip_char(at, ':') && !thread_parse(s, at, &a->cpu))
        return false;
    return !**at || **at == ';';
}

static bool do_action(struct gdb_server *s, const struct action *a)
{
    struct cpu *cpu = a->cpu ? a->cpu : default_cpu(s);
    switch (a->kind) {
    case 's':
        return step(s, cpu);
    case 'r':
        return step_range(s, cpu, a->start, a->end);
    case 't':
        s->owed = OWED_STATUS;
        if (debug_halted(s->debug))
            server_send_stop(s, debug_halted(s->debug));
        else
            debug_pause(s->debug);
        return false;
    default:
        return go_on(s);
    }
}

/* One CPU at most is stepped, the others run: the first action that is no "continue" counts. */
bool packet_vcont(struct gdb_server *s, const char *arg, size_t len)
{
    struct action chosen = {0}, a;
    (void)len;
    while (*arg) {
        if (!take_action(s, &arg, &a))
            return reply_error(s, GDB_EINVAL);
        if (!chosen.kind || chosen.kind == 'c')
            chosen = a;
    }
    return chosen.kind ? do_action(s, &chosen) : reply_error(s, GDB_EINVAL);
}

/* ---- backwards ---- */

static void send_stop(struct gdb_server *s, const struct debug_halt *halt, bool with_reason);

static bool went_back(struct gdb_server *s, bool possible)
{
    if (!possible)
        return reply_error(s, GDB_EPERM);
    s->owed = OWED_STOP;
    s->halted_before = false;
    s->goes_back = true;
    return false;
}

/* Told of a watch, gdb goes one instruction further in the same direction, over the access.
 * Backwards the machine is in front of it already. */
bool packet_back_step(struct gdb_server *s, const char *arg, size_t len)
{
    struct cpu *cpu = server_cpu(s);
    (void)arg, (void)len;
    if (s->is_over_access && cpu) {
        s->is_over_access = false;
        send_stop(s, debug_halted(s->debug), false);
        return false;
    }
    return went_back(s, cpu && debug_reverse_step(s->debug, cpu, 1));
}

bool packet_back_continue(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    return went_back(s, debug_halted(s->debug) && debug_reverse_continue(s->debug));
}

/* ---- stop points ---- */

/* By the number in Z and z. A software breakpoint is no other than a hardware one: guest memory is
 * never patched. */
static const enum debug_kind point_kind[] = {DEBUG_BREAK, DEBUG_BREAK, DEBUG_WATCH_STORE,
                                             DEBUG_WATCH_LOAD, DEBUG_WATCH_ANY};

/* "TYPE,ADDRESS,KIND[;...]" */
static bool take_point(const char *arg, struct debug_point *p)
{
    uint64_t type, kind;
    if (!hex_number(&arg, &type) || type >= ARRAY_SIZE(point_kind) || !skip_char(&arg, ','))
        return false;
    debug_point_init(p, point_kind[type]);
    p->owned_by_gdb = true;
    p->before = true; /* gdb steps over the access itself: so does POWER9's DAWR */
    if (!hex_number(&arg, &p->ea) || !skip_char(&arg, ',') || !hex_number(&arg, &kind) ||
        (*arg && *arg != ';'))
        return false;
    if (p->kind != DEBUG_BREAK)
        p->len = kind;
    return p->len > 0;
}

static struct debug_point *find_point(struct gdb_server *s, const struct debug_point *like)
{
    struct debug_point *p = NULL;
    while ((p = debug_next_point(s->debug, p)))
        if (p->owned_by_gdb && p->kind == like->kind && p->ea == like->ea && p->len == like->len)
            break;
    return p;
}

bool packet_add_point(struct gdb_server *s, const char *arg, size_t len)
{
    struct debug_point p;
    (void)len;
    if (!take_point(arg, &p))
        return reply_error(s, GDB_EINVAL);
    if (!find_point(s, &p) && !debug_add(s->debug, &p))
        return reply_error(s, GDB_ENOSPC);
    return reply_ok(s);
}

bool packet_delete_point(struct gdb_server *s, const char *arg, size_t len)
{
    struct debug_point like, *p;
    (void)len;
    if (!take_point(arg, &like))
        return reply_error(s, GDB_EINVAL);
    p = find_point(s, &like);
    if (p)
        debug_delete(s->debug, p->id);
    return reply_ok(s);
}

void server_delete_points(struct gdb_server *s)
{
    struct debug_point *p = debug_next_point(s->debug, NULL);
    while (p) {
        struct debug_point before = *p;
        if (p->owned_by_gdb)
            debug_delete(s->debug, p->id);
        p = debug_next_point(s->debug, &before);
    }
}

/* ---- why the machine stands still ---- */

#define SIGNAL_INT  2
#define SIGNAL_TRAP 5

static void send_text(void *opaque, const char *text)
{
    server_send_console(opaque, text);
}

/* Does gdb have no words for it? */
static bool needs_words(const struct debug_halt *halt)
{
    return halt->at_event || (halt->point && !halt->point->owned_by_gdb);
}

void server_send_console(struct gdb_server *s, const char *text)
{
    struct gdb_text packet = {0};
    size_t len = strlen(text);
    while (len) {
        size_t piece = len < GDB_PACKET_MAX / 2 - 1 ? len : GDB_PACKET_MAX / 2 - 1;
        text_clear(&packet);
        text_put(&packet, "O", 1);
        text_put_hex(&packet, text, piece);
        if (!packet.failed)
            wire_send(&s->wire, packet.p, packet.len);
        text += piece;
        len -= piece;
    }
    text_free(&packet);
}

void server_tell_halt(struct gdb_server *s, const struct debug_halt *halt)
{
    monitor_halt(s->debug, halt, false, send_text, s);
}

/* "WATCH:ADDRESS;" and its like, for gdb's own stop points. */
static void put_reason(const struct gdb_server *s, const struct debug_halt *halt,
                       struct gdb_text *out)
{
    static const char *const watch[] = {
        [DEBUG_WATCH_STORE] = "watch", [DEBUG_WATCH_LOAD] = "rwatch", [DEBUG_WATCH_ANY] = "awatch"};
    const struct debug_point *p = halt->point;
    if (halt->cause == HALT_BEGIN_OF_HISTORY)
        text_printf(out, "replaylog:begin;");
    else if (halt->cause == HALT_END_OF_HISTORY)
        text_printf(out, "replaylog:end;");
    else if (halt->cause == HALT_WATCH && p && p->owned_by_gdb)
        text_printf(out, "%s:%" PRIx64 ";", watch[p->kind], halt->ea);
    else if (halt->cause == HALT_BREAK && p && p->owned_by_gdb && s->has_swbreak)
        text_printf(out, "swbreak:;");
}

/* Registers that gdb wants at every stop. */
static void put_expedited(struct gdb_server *s, struct cpu *cpu, struct gdb_text *out)
{
    static const char *const names[] = {"pc", "r1", "lr"};
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        unsigned n = target_find(&s->target, names[i]);
        if (n == s->target.nregs)
            continue;
        text_printf(out, "%02x:", n);
        target_read(&s->target, cpu, n, s->little, out);
        text_printf(out, ";");
    }
}

/* As far as gdb has to know: 0 for an end that guest or user wanted. */
static unsigned exit_status(const struct machine *m)
{
    if (m->stop == STOP_EXIT)
        return m->exit_code;
    return m->stop != STOP_POWER_OFF && m->stop != STOP_REBOOT && m->stop != STOP_QUIT;
}

static void send_stop(struct gdb_server *s, const struct debug_halt *halt, bool with_reason)
{
    struct gdb_text *out = &s->reply;
    bool interrupted = halt->cause == HALT_PAUSED && s->owed == OWED_STOP;
    s->owed = OWED_NOTHING;
    s->cpu = halt->cpu; /* gdb takes this for granted */
    text_clear(out);
    if (halt->cause == HALT_ENDED) {
        text_printf(out, "W%02x", exit_status(s->m));
    } else {
        if (needs_words(halt))
            server_tell_halt(s, halt);
        text_printf(out, "T%02xthread:%x;", interrupted ? SIGNAL_INT : SIGNAL_TRAP,
                    thread_of(halt->cpu));
        if (with_reason)
            put_reason(s, halt, out);
        put_expedited(s, halt->cpu, out);
    }
    if (!out->failed)
        wire_send(&s->wire, out->p, out->len);
}

void server_send_stop(struct gdb_server *s, const struct debug_halt *halt)
{
    s->is_over_access =
        s->goes_back && halt->cause == HALT_WATCH && halt->point && halt->point->owned_by_gdb;
    s->goes_back = false;
    send_stop(s, halt, true);
}
