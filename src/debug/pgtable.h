/* SPDX-License-Identifier: Apache-2.0 */
/* info pgtable: what its two kinds of tables share. */
#ifndef PEFEMU_DEBUG_PGTABLE_H
#define PEFEMU_DEBUG_PGTABLE_H

#include "monitor_internal.h"

/* A row: the entry @entry, which lies at @addr of @tree. */
void pgtable_row(struct report *r, const char *tree, uint64_t addr, uint64_t entry,
                 const char *what);
/* The last line. */
void pgtable_found(struct report *r, ea_t ea, ra_t ra);
/* pgtable_hash.c: the way of @ea through SLB and HPT, or the VRMA; @pate0: the partition's, which
 * lies at @pate_at. */
void pgtable_hash(struct command *c, struct cpu *cpu, ra_t pate_at, uint64_t pate0, ea_t ea);

#endif
