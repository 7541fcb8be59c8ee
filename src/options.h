/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line says. src/options.c */
#ifndef PEFEMU_OPTIONS_H
#define PEFEMU_OPTIONS_H

#include "pefemu/machine.h"
#include "pefemu/prompt.h"

enum stats_mode { STATS_NONE, STATS_TEXT, STATS_JSON };

#define OPTIONS_MAX_REPEATS 256          /* of an option that may be repeated */
#define OPTIONS_RAM_MAX     (1024 * GiB) /* of -m, and of secure memory */

struct options {
    struct machine_config cfg; /* strings point into argv or into this struct */
    const char *serial;        /* chardev specification */
    struct prompt_config monitor;
    enum stats_mode stats;
    const char *stats_on; /* -stats-on; NULL: no markers */
    enum dump_mode dump_regs;
    const char *log_file;
    uint64_t savevm_at; /* position; 0: none */
    const char *savevm_file;
    uint64_t reverse; /* instructions between checkpoints; 0: no history is kept */
    const char *dump_as_hypervisor, *dump_normal_ram; /* files, NULL: none */
    const char *guest_files[OPTIONS_MAX_REPEATS + 1];
    const char *devices[OPTIONS_MAX_REPEATS + 1], *regs[OPTIONS_MAX_REPEATS + 1];
    const char *symbols[OPTIONS_MAX_REPEATS + 1];
    const char *traces[OPTIONS_MAX_REPEATS + 1];
    const char *profile;       /* -profile, NULL: none */
    char *dumpdtb;             /* owned */
    const char *memory_given;  /* the argument of -m, NULL: none */
    const char *properties_of; /* the kind that properties of -M were given for, NULL: none */
    char *chardev_id, *socket; /* owned; of -chardev, for -tpmdev */
    const char *gdb;           /* -gdb, NULL: none */
    bool halt_at_start;        /* -S */
    char *rr_file;             /* owned */
    bool ic_given, icount_given;
    bool rtc_fixed, serial_given;
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_BAD };

/**
 * options_parse - fill @o from the command line
 * OPTIONS_RUN: go; OPTIONS_DONE: help or version was printed; OPTIONS_BAD: one line was printed.
 */
enum options_result options_parse(struct options *o, int argc, char **argv);
void options_free(struct options *o);

#endif
