/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEFEMU_DUMP_H
#define PEFEMU_DUMP_H

#include "pefemu/machine.h"

/* Text: "NAME HEX" a line, with several CPUs "cpuN.NAME HEX"; JSON: {"cpus":[{NAME:HEX,...}]}. */
void dump_regs(const struct machine *m, enum dump_mode mode);

#endif
