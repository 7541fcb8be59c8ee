/* SPDX-License-Identifier: Apache-2.0 */
/* gdb's general queries: what the server can do, CPUs, target description, monitor commands. */
#include "gdb_internal.h"
#include "pefemu/monitor.h"

/* ---- what both sides can do ---- */

static bool query_supported(struct gdb_server *s, const char *arg, size_t len)
{
    (void)len;
    s->has_swbreak = strstr(arg, "swbreak+") != NULL;
    text_printf(&s->reply,
                "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;"
                "qXfer:threads:read+;vContSupported+;swbreak+;hwbreak+",
                GDB_PACKET_MAX);
    if (debug_can_reverse(s->debug))
        text_printf(&s->reply, ";ReverseStep+;ReverseContinue+");
    return true;
}

static bool query_no_ack(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    s->wire.no_ack = true;
    return reply_ok(s);
}

/* The machine was there before gdb: `quit` detaches. */
static bool query_attached(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    text_printf(&s->reply, "1");
    return true;
}

/* ---- CPUs ---- */

static const char *state_name(const struct cpu *cpu)
{
    static const char *const names[] = {[ST_PROBLEM] = "problem",
                                        [ST_PRIVILEGED] = "privileged",
                                        [ST_HYPERVISOR] = "hypervisor",
                                        [ST_ULTRAVISOR] = "ultravisor"};
    return names[cpu_state(cpu)];
}

static void put_name(const struct cpu *cpu, struct gdb_text *out)
{
    bool says_so = cpu_state(cpu) == ST_ULTRAVISOR;
    text_printf(out, "CPU %u %s%s", cpu->index, cpu_secure(cpu) && !says_so ? "secure " : "",
                state_name(cpu));
}

static void put_details(const struct cpu *cpu, struct gdb_text *out)
{
    static const char *const run[] = {
        [CPU_STOPPED] = "stopped", [CPU_RUNNING] = "running", [CPU_IDLE] = "idle"};
    text_printf(out, "%s, lpid %u, pid %u", run[cpu->run_state], cpu->lpid, cpu->pid);
}

static bool query_current(struct gdb_server *s, const char *arg, size_t len)
{
    struct cpu *cpu = server_cpu(s);
    (void)arg, (void)len;
    text_printf(&s->reply, "QC%x", cpu ? thread_of(cpu) : 1);
    return true;
}

static bool query_first_threads(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    for (unsigned i = 0; i < s->m->ncpus; i++)
        text_printf(&s->reply, "%c%x", i ? ',' : 'm', thread_of(&s->m->cpus[i]));
    return true;
}

static bool query_more_threads(struct gdb_server *s, const char *arg, size_t len)
{
    (void)arg, (void)len;
    text_printf(&s->reply, "l");
    return true;
}

static bool query_thread_info(struct gdb_server *s, const char *arg, size_t len)
{
    struct gdb_text text = {0};
    struct cpu *cpu;
    (void)len;
    if (!skip_char(&arg, ',') || !thread_parse(s, &arg, &cpu) || !cpu || *arg)
        return reply_error(s, GDB_EINVAL);
    put_name(cpu, &text);
    text_printf(&text, ", ");
    put_details(cpu, &text);
    text_put_hex(&s->reply, text.p, text.len);
    text_free(&text);
    return true;
}

/* ---- qXfer ---- */

/* ":OFFSET,LENGTH" of @whole. */
static bool reply_piece(struct gdb_server *s, const char *arg, const struct gdb_text *whole)
{
    uint64_t offset, len, left;
    if (!skip_char(&arg, ':') || !hex_number(&arg, &offset) || !skip_char(&arg, ',') ||
        !hex_number(&arg, &len) || *arg || offset > whole->len || whole->failed)
        return reply_error(s, GDB_EINVAL);
    left = whole->len - offset;
    len = len < GDB_PACKET_MAX - 1 ? len : GDB_PACKET_MAX - 1;
    text_put(&s->reply, len < left ? "m" : "l", 1);
    text_put(&s->reply, whole->p + offset, len < left ? len : left);
    return true;
}

static bool reply_threads(struct gdb_server *s, const char *arg)
{
    struct gdb_text xml = {0};
    text_printf(&xml, "<?xml version=\"1.0\"?>\n<threads>\n");
    for (unsigned i = 0; i < s->m->ncpus; i++) {
        struct cpu *cpu = &s->m->cpus[i];
        text_printf(&xml, "<thread id=\"%x\" core=\"%u\" name=\"", thread_of(cpu), i);
        put_name(cpu, &xml);
        text_printf(&xml, "\">");
        put_details(cpu, &xml);
        text_printf(&xml, "</thread>\n");
    }
    text_printf(&xml, "</threads>\n");
    bool replies = reply_piece(s, arg, &xml);
    text_free(&xml);
    return replies;
}

static const char *behind(const char *arg, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(arg, prefix, len) ? NULL : arg + len;
}

static bool query_xfer(struct gdb_server *s, const char *arg, size_t len)
{
    const char *rest;
    (void)len;
    if ((rest = behind(arg, ":features:read:target.xml")))
        return reply_piece(s, rest, &s->target.xml);
    if ((rest = behind(arg, ":threads:read:")))
        return reply_threads(s, rest);
    return behind(arg, ":features:read:") ? reply_error(s, 0) : true;
}

/* ---- `monitor` ---- */

static void command_output(void *opaque, const char *text)
{
    server_send_console(opaque, text);
}

/* ",COMMAND" in hexadecimal. A command that resumes the machine is over when it halts again. */
static bool query_command(struct gdb_server *s, const char *arg, size_t len)
{
    char line[1024];
    size_t size = (len - 1) / 2;
    bool was_halted = debug_halted(s->debug) != NULL;
    if (!skip_char(&arg, ',') || size >= sizeof(line) ||
        !hex_bytes(arg, len - 1, (uint8_t *)line, size) || memchr(line, 0, size))
        return reply_error(s, GDB_EINVAL);
    line[size] = 0;
    (void)monitor_command(s->debug, line, command_output, s);
    if (!was_halted || debug_halted(s->debug) || s->m->stop != STOP_NONE)
        return reply_ok(s);
    s->owed = OWED_COMMAND;
    return false;
}

const struct gdb_command gdb_queries[] = {
    {"qSupported", query_supported},
    {"QStartNoAckMode", query_no_ack},
    {"qAttached", query_attached},
    {"qC", query_current},
    {"qfThreadInfo", query_first_threads},
    {"qsThreadInfo", query_more_threads},
    {"qThreadExtraInfo", query_thread_info},
    {"qXfer", query_xfer},
    {"qRcmd", query_command},
};
const size_t gdb_query_count = ARRAY_SIZE(gdb_queries);
