/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEFEMU_DUMP_H
#define PEFEMU_DUMP_H

#include "pefemu/machine.h"

/* Text: "NAME HEX" a line, with several CPUs "cpuN.NAME HEX"; JSON: {"cpus":[{NAME:HEX,...}]}. */
void dump_regs(const struct machine *m, enum dump_mode mode);

/*
 * Memory into files, with holes where it is zero. The files are made before the guest runs: a run
 * is not for nothing. Errors: one line on stderr, false.
 */
struct dump_files {
    FILE *normal, *guest; /* NULL: not wanted */
};
bool dump_open(struct dump_files *d, const char *normal_ram, const char *as_hypervisor);
/* Normal memory as it lies, then the guest's as the hypervisor gets it. Closes the files. */
bool dump_memory(struct dump_files *d, struct machine *m);

#endif
