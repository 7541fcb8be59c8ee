/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit log's hooks (-tracefile FILE,format=commit): while there is one (machine.commit),
 * exec_one() tells it of every instruction, and while it writes (machine.commit_on) the MMU of
 * every access; TLBs are out of use then. src/trace/commit.c
 */
#ifndef PEFEMU_TRACE_COMMIT_H
#define PEFEMU_TRACE_COMMIT_H

#include "pefemu/cpu.h"

struct commit;

/* Must this slice be stepped: can an instruction of it be logged? */
bool commit_wants_slice(struct commit *c, const struct cpu *cpu);
/* Before the instruction @word at cpu->cia; after it has completed, before an interrupt that
 * follows is taken. */
void commit_begin(struct commit *c, struct cpu *cpu, uint32_t word);
void commit_end(struct commit *c, struct cpu *cpu, const struct insn *in);
/* @data: the bytes in guest memory order; NULL: zeros (dcbz). */
void commit_access(struct commit *c, ea_t ea, unsigned len, const void *data, bool store);

#endif
