/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of gdb's server share. */
#ifndef PEFEMU_GDB_INTERNAL_H
#define PEFEMU_GDB_INTERNAL_H

#include "gdb_wire.h"
#include "pefemu/debug.h"
#include "pefemu/gdb.h"

/* ---- registers as gdb knows them: gdb_target.c ---- */

/* Which part of the emulator's register a register of gdb's is. */
enum gdb_part { PART_ALL, PART_HIGH, PART_LOW };

struct gdb_reg {
    char name[16];   /* gdb's */
    char source[12]; /* of struct cpu_reg */
    unsigned bits;   /* on the wire */
    unsigned at;     /* which of cpu_reg_next()'s registers it is */
    uint8_t part;    /* enum gdb_part */
};

#define GDB_MAX_REGS    512
#define GDB_MAX_SOURCES 512

struct gdb_target {
    struct gdb_reg reg[GDB_MAX_REGS];
    unsigned nregs;
    struct gdb_text xml; /* target.xml */
};
/* From the registers that @cpu has. False: no memory. */
bool target_init(struct gdb_target *t, struct cpu *cpu);
void target_free(struct gdb_target *t);
/* Appends register @n of @cpu, or all, in hexadecimal and the byte order @little. */
void target_read(const struct gdb_target *t, struct cpu *cpu, unsigned n, bool little,
                 struct gdb_text *out);
void target_read_all(const struct gdb_target *t, struct cpu *cpu, bool little,
                     struct gdb_text *out);
/* The number of the register that gdb calls @name; nregs: none. */
unsigned target_find(const struct gdb_target *t, const char *name);
/* From @digits hexadecimal digits. False: not so many, or the register can not be written. */
bool target_write(const struct gdb_target *t, struct cpu *cpu, unsigned n, bool little,
                  const char *hex, size_t digits);
/* Those that differ from what they are now; read-only ones stay. False: not so many digits. */
bool target_write_all(const struct gdb_target *t, struct cpu *cpu, bool little, const char *hex,
                      size_t digits);

/* ---- the server: gdb.c ---- */

/* What the client waits for while the machine runs. */
enum gdb_owed {
    OWED_NOTHING,
    OWED_STOP,    /* it has resumed the machine: a stop reply */
    OWED_STATUS,  /* it asked why the machine stands still, while it did not: a stop reply */
    OWED_COMMAND, /* its `monitor` command has resumed the machine: "OK" */
};

struct gdb_server {
    struct debug *debug; /* borrowed */
    struct machine *m;   /* its machine */
    struct gdb_target target;
    bool little;          /* byte order of registers on the wire */
    char path[108];       /* of a unix socket, to be removed; "": none */
    int listener, client; /* descriptors, -1: none */

    struct gdb_wire wire;
    struct gdb_text reply; /* to the packet being handled */
    struct cpu *cpu;       /* that g, p, m... are about; NULL: the one that halted */
    enum gdb_owed owed;
    bool is_known;       /* the client has begun as gdb does */
    bool has_swbreak;    /* it understands that a breakpoint is the reason of a stop */
    bool halted_before;  /* the machine stood still before the client came, and has not
                            run since */
    bool goes_back;      /* it has been resumed towards the past */
    bool is_over_access; /* and was halted there by a watch of gdb's */
    bool ending;         /* the machine ends when the reply is out (vKill) */
};

/* Bytes of the client; also a test's. */
void server_take(struct gdb_server *s, const uint8_t *bytes, size_t len);
/* A client has come, or is lost: it leaves nothing behind. */
void server_client_begins(struct gdb_server *s);
void server_client_ends(struct gdb_server *s);

/* ---- packets: gdb_packet.c. ---- */
void packet_handle(struct gdb_server *s);
/* A handler gets what follows its name in the packet, ended by a 0. True: s->reply is the answer.
 */
typedef bool (*gdb_handler)(struct gdb_server *s, const char *arg, size_t len);
struct gdb_command {
    const char *name;
    gdb_handler fn;
};
/* The handler of the packet @p; *arg: behind its name. NULL: none. */
gdb_handler packet_find(const struct gdb_command *table, size_t count, const char *p,
                        const char **arg);
bool reply_ok(struct gdb_server *s);
bool reply_error(struct gdb_server *s, unsigned code);
/* What may be wrong: an errno of gdb's "File-I/O" list, which it does not interpret here. */
#define GDB_EPERM  0x01
#define GDB_EFAULT 0x0e
#define GDB_EINVAL 0x16
#define GDB_ENOSPC 0x1c

/* Threads are CPUs, counted from 1. */
static inline unsigned thread_of(const struct cpu *cpu)
{
    return cpu->index + 1;
}
/* "1", "0" (any) or "-1" (all) at *@at. *cpu is NULL for any and all. False: no such thread. */
bool thread_parse(struct gdb_server *s, const char **at, struct cpu **cpu);
/* The CPU that packets are about, which is halted; NULL: the machine runs. */
struct cpu *server_cpu(const struct gdb_server *s);

/* ---- gdb_query.c: packets that begin with q or Q ---- */
extern const struct gdb_command gdb_queries[];
extern const size_t gdb_query_count;

/* ---- gdb_memory.c ---- */
bool packet_read_memory(struct gdb_server *s, const char *arg, size_t len);
bool packet_write_memory(struct gdb_server *s, const char *arg, size_t len);
bool packet_write_binary(struct gdb_server *s, const char *arg, size_t len);

/* ---- gdb_run.c: resuming, stop points, and saying why the machine stands still ---- */
bool packet_continue(struct gdb_server *s, const char *arg, size_t len);
bool packet_step(struct gdb_server *s, const char *arg, size_t len);
bool packet_vcont(struct gdb_server *s, const char *arg, size_t len);
bool packet_vcont_query(struct gdb_server *s, const char *arg, size_t len);
bool packet_back_step(struct gdb_server *s, const char *arg, size_t len);
bool packet_back_continue(struct gdb_server *s, const char *arg, size_t len);
bool packet_add_point(struct gdb_server *s, const char *arg, size_t len);
bool packet_delete_point(struct gdb_server *s, const char *arg, size_t len);
void server_delete_points(struct gdb_server *s);
/* Sends the stop reply, with console output for what gdb has no words for. */
void server_send_stop(struct gdb_server *s, const struct debug_halt *halt);
/* Says on gdb's console why and where the machine stands still, as the prompt does. */
void server_tell_halt(struct gdb_server *s, const struct debug_halt *halt);
/* Text for the user of gdb. */
void server_send_console(struct gdb_server *s, const char *text);

#endif
