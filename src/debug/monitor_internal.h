/* SPDX-License-Identifier: Apache-2.0 */
/* What the files with the monitor's commands share. Nobody outside src/debug includes this. */
#ifndef PEFEMU_MONITOR_INTERNAL_H
#define PEFEMU_MONITOR_INTERNAL_H

#include "debug_internal.h"
#include "pefemu/monitor.h"
#include "report.h"
#include "view.h"

#define COMMAND_WORDS 64

/* What lasts from one command to the next. */
struct monitor {
    unsigned cpu; /* chosen by `cpu`; DEBUG_ANY: the one that has halted */
    struct view view;
    uint64_t next; /* where `x` goes on */
};

/* A command that is being executed. */
struct command {
    struct debug *d;
    struct machine *m;
    struct monitor *mon;
    struct report *r;
    char *words[COMMAND_WORDS]; /* the line, NULL-terminated */
    unsigned argc;              /* words behind the command's name */
    char **argv;                /* these */
};

/* Each returns false after report_fail(). */
#define COMMAND_GROUP(title)
#define COMMAND(id, ...) bool monitor_##id(struct command *c);
#define INFO(id, ...)    bool info_##id(struct command *c);
#include "monitor.def"
#undef COMMAND_GROUP
#undef COMMAND
#undef INFO

/* The CPU that commands speak about. */
struct cpu *command_cpu(const struct command *c);
/* False, with one line, when the machine has ended (-no-shutdown): it can only be looked at. */
bool command_needs_life(struct command *c);
/* False, with one line, unless the machine is halted. */
bool command_needs_halt(struct command *c);

/* The number that @word says. False, with one line. */
bool command_value(struct command *c, const char *word, uint64_t *value);
/* The ultracall that the CPU is in, itself or waiting for the hypervisor; NULL: none. */
const char *command_ultracall(const struct command *c);
/* The @n instructions at @ea as @cpu would execute them, those of them that are there. */
void report_code(struct report *r, struct cpu *cpu, ea_t ea, unsigned n);

#endif
