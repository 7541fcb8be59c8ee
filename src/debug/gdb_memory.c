/* SPDX-License-Identifier: Apache-2.0 */
/* gdb reads and writes memory as the stopped CPU addresses it: through its translation, in its
 * privilege state, in secure memory too. Devices are not touched: a load can change them. */
#include <stdlib.h>

#include "gdb_internal.h"
#include "pefemu/mmu.h"

/* Host address of the byte at @ea, and how many follow in the same page; NULL: not mapped, or no
 * RAM. A debugger reads and writes what is mapped in any way. */
static uint8_t *byte_at(struct gdb_server *s, struct cpu *cpu, ea_t ea, uint64_t *run, ra_t *ra)
{
    struct xlate x;
    if (!mmu_probe(cpu, ea, ACCESS_LOAD, &x) && !mmu_probe(cpu, ea, ACCESS_FETCH, &x))
        return NULL;
    *ra = x.ra;
    *run = 4096 - (ea & 4095);
    return memory_ptr(&s->m->mem, x.ra, 1);
}

/* Appends up to @len bytes at @ea to the reply, fewer when the rest can not be read. */
static bool read_some(struct gdb_server *s, struct cpu *cpu, ea_t ea, uint64_t len)
{
    uint64_t done = 0, run;
    ra_t ra;
    while (done < len) {
        uint8_t *p = byte_at(s, cpu, ea + done, &run, &ra);
        if (!p)
            break;
        run = run < len - done ? run : len - done;
        text_put_hex(&s->reply, p, run);
        done += run;
    }
    return done > 0 || !len;
}

/* All of it or nothing. */
static bool write_all(struct gdb_server *s, struct cpu *cpu, ea_t ea, const uint8_t *bytes,
                      uint64_t len)
{
    uint64_t run;
    ra_t ra;
    for (uint64_t done = 0; done < len; done += run)
        if (!byte_at(s, cpu, ea + done, &run, &ra))
            return false;
    if (len)
        debug_history_changed(s->debug);
    for (uint64_t done = 0; done < len; done += run) {
        uint8_t *p = byte_at(s, cpu, ea + done, &run, &ra);
        run = run < len - done ? run : len - done;
        memcpy(p, bytes + done, run);
        memory_written(s->m, ra, run);
        cpu_break_reservations(s->m, ra, NULL);
    }
    return true;
}

/* "ADDRESS,LENGTH" */
static bool take_range(const char **at, ea_t *ea, uint64_t *len)
{
    return hex_number(at, ea) && skip_char(at, ',') && hex_number(at, len);
}

bool packet_read_memory(struct gdb_server *s, const char *arg, size_t unused)
{
    (void)unused;
    struct cpu *cpu = server_cpu(s);
    ea_t ea;
    uint64_t len;
    if (!take_range(&arg, &ea, &len) || *arg)
        return reply_error(s, GDB_EINVAL);
    if (!cpu)
        return reply_error(s, GDB_EPERM);
    if (len > GDB_PACKET_MAX / 2)
        len = GDB_PACKET_MAX / 2;
    return read_some(s, cpu, ea, len) || reply_error(s, GDB_EFAULT);
}

static bool write_reply(struct gdb_server *s, ea_t ea, const uint8_t *bytes, uint64_t len)
{
    struct cpu *cpu = server_cpu(s);
    if (!cpu)
        return reply_error(s, GDB_EPERM);
    return write_all(s, cpu, ea, bytes, len) ? reply_ok(s) : reply_error(s, GDB_EFAULT);
}

bool packet_write_memory(struct gdb_server *s, const char *arg, size_t size)
{
    const char *end = arg + size;
    uint8_t bytes[GDB_PACKET_MAX / 2];
    ea_t ea;
    uint64_t len;
    if (!take_range(&arg, &ea, &len) || !skip_char(&arg, ':') || len > sizeof(bytes) ||
        !hex_bytes(arg, (size_t)(end - arg), bytes, len))
        return reply_error(s, GDB_EINVAL);
    return write_reply(s, ea, bytes, len);
}

bool packet_write_binary(struct gdb_server *s, const char *arg, size_t size)
{
    const char *end = arg + size;
    ea_t ea;
    uint64_t len;
    if (!take_range(&arg, &ea, &len) || !skip_char(&arg, ':') || len != (uint64_t)(end - arg))
        return reply_error(s, GDB_EINVAL);
    return write_reply(s, ea, (const uint8_t *)arg, len);
}
