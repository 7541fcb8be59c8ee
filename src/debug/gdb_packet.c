/* SPDX-License-Identifier: Apache-2.0 */
/* gdb's packets: who handles which, and the simple ones. Source: gdb's manual, "Packets". */
#include "gdb_internal.h"

/* ---- replies ---- */

bool reply_ok(struct gdb_server *s)
{
    text_clear(&s->reply);
    text_printf(&s->reply, "OK");
    return true;
}

bool reply_error(struct gdb_server *s, unsigned code)
{
    text_clear(&s->reply);
    text_printf(&s->reply, "E%02x", code);
    return true;
}

/* ---- CPUs ---- */

struct cpu *server_cpu(const struct gdb_server *s)
{
    const struct debug_halt *halt = debug_halted(s->debug);
    if (!halt)
        return NULL;
    return s->cpu ? s->cpu : halt->cpu;
}

bool thread_parse(struct gdb_server *s, const char **at, struct cpu **cpu)
{
    uint64_t n;
    *cpu = NULL;
    if (skip_char(at, '-'))
        return skip_char(at, '1');
    if (!hex_number(at, &n) || n > s->m->ncpus)
        return false;
    if (n)
        *cpu = &s->m->cpus[n - 1];
    return true;
}

static bool packet_select(struct gdb_server *s, const char *arg, size_t len)
{
    (void)len;
    struct cpu *cpu;
    bool for_access = *arg == 'g';
    if (!for_access && *arg != 'c')
        return reply_error(s, GDB_EINVAL);
    arg++;
    if (!thread_parse(s, &arg, &cpu) || *arg)
        return reply_error(s, GDB_EINVAL);
    if (for_access)
        s->cpu = cpu;
    return reply_ok(s);
}

static bool packet_is_alive(struct gdb_server *s, const char *arg, size_t len)
{
    (void)len;
    struct cpu *cpu;
    bool good = thread_parse(s, &arg, &cpu) && cpu && !*arg;
    return good ? reply_ok(s) : reply_error(s, GDB_EINVAL);
}

/* ---- registers ---- */

static bool packet_read_registers(struct gdb_server *s, const char *arg, size_t len)
{
    struct cpu *cpu = server_cpu(s);
    (void)arg, (void)len;
    if (!cpu)
        return reply_error(s, GDB_EPERM);
    target_read_all(&s->target, cpu, s->little, &s->reply);
    return true;
}

static bool packet_read_register(struct gdb_server *s, const char *arg, size_t len)
{
    struct cpu *cpu = server_cpu(s);
    uint64_t n;
    (void)len;
    if (!hex_number(&arg, &n) || *arg || n >= s->target.nregs)
        return reply_error(s, GDB_EINVAL);
    if (!cpu)
        return reply_error(s, GDB_EPERM);
    target_read(&s->target, cpu, (unsigned)n, s->little, &s->reply);
    return true;
}

/* The CPU whose registers may be written: halted, and firmware in C does not rely on them. */
static struct cpu *writable_cpu(struct gdb_server *s)
{
    return debug_in_firmware(s->debug) ? NULL : server_cpu(s);
}

static bool packet_write_registers(struct gdb_server *s, const char *arg, size_t len)
{
    struct cpu *cpu = writable_cpu(s);
    if (!cpu)
        return reply_error(s, GDB_EPERM);
    debug_history_changed(s->debug);
    return target_write_all(&s->target, cpu, s->little, arg, len) ? reply_ok(s)
                                                                  : reply_error(s, GDB_EINVAL);
}

static bool packet_write_register(struct gdb_server *s, const char *arg, size_t len)
{
    const char *end = arg + len;
    struct cpu *cpu = writable_cpu(s);
    uint64_t n;
    if (!hex_number(&arg, &n) || !skip_char(&arg, '=') || n >= s->target.nregs)
        return reply_error(s, GDB_EINVAL);
    if (!cpu)
        return reply_error(s, GDB_EPERM);
    debug_history_changed(s->debug);
    return target_write(&s->target, cpu, (unsigned)n, s->little, arg, (size_t)(end - arg))
               ? reply_ok(s)
               : reply_error(s, GDB_EPERM);
}

/* ---- status, the end ---- */

/* Attaching to a running machine stops it; this is the first packet that wants it stopped. */
static bool packet_why_stopped(struct gdb_server *s, const char *arg, size_t len)
{
    const struct debug_halt *halt = debug_halted(s->debug);
    (void)arg, (void)len;
    if (halt) {
        server_send_stop(s, halt);
        return false;
    }
    s->owed = OWED_STATUS;
    debug_pause(s->debug);
    return false;
}

static bool packet_detach(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    server_delete_points(s);
    s->owed = OWED_NOTHING;
    s->cpu = NULL;
    if (debug_halted(s->debug))
        debug_continue(s->debug);
    return reply_ok(s);
}

static bool packet_kill(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    s->owed = OWED_NOTHING;
    debug_quit(s->debug);
    return false;
}

static bool packet_vkill(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    s->owed = OWED_NOTHING;
    s->ending = true;
    return reply_ok(s);
}

/* ---- dispatch ---- */

static const struct gdb_command packets[] = {
    {"?", packet_why_stopped},   {"g", packet_read_registers}, {"G", packet_write_registers},
    {"p", packet_read_register}, {"P", packet_write_register}, {"m", packet_read_memory},
    {"M", packet_write_memory},  {"X", packet_write_binary},   {"Z", packet_add_point},
    {"z", packet_delete_point},  {"H", packet_select},         {"T", packet_is_alive},
    {"bs", packet_back_step},    {"bc", packet_back_continue}, {"c", packet_continue},
    {"C", packet_continue},      {"s", packet_step},           {"S", packet_step},
    {"D", packet_detach},        {"k", packet_kill},           {"vCont?", packet_vcont_query},
    {"vCont", packet_vcont},     {"vKill", packet_vkill},
};

/* Names of more than one letter end where the letters end. */
static bool is_named(const char *p, const char *name)
{
    size_t len = strlen(name);
    return !strncmp(p, name, len) && (len == 1 || !p[len] || strchr(":,;", p[len]));
}

gdb_handler packet_find(const struct gdb_command *table, size_t count, const char *p,
                        const char **arg)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_named(p, table[i].name))
            continue;
        *arg = p + strlen(table[i].name);
        return table[i].fn;
    }
    return NULL;
}

void packet_handle(struct gdb_server *s)
{
    const char *p = s->wire.body, *arg = p;
    bool is_query = *p == 'q' || *p == 'Q';
    gdb_handler fn = is_query ? packet_find(gdb_queries, gdb_query_count, p, &arg)
                              : packet_find(packets, ARRAY_SIZE(packets), p, &arg);
    text_clear(&s->reply);
    if (fn && !fn(s, arg, s->wire.len - (size_t)(arg - p)))
        return;
    if (s->reply.failed)
        (void)reply_error(s, GDB_ENOSPC);
    wire_send(&s->wire, s->reply.p ? s->reply.p : "", s->reply.len); /* empty: not understood */
}
