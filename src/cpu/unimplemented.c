/*
 * What a row of the instruction table does when no file defines its handler. Every handler name
 * exists here as a weak alias, so adding an instruction means defining op_<name> and nothing else.
 */
#include "pefemu/cpu.h"
#include "pefemu/log.h"

trap_t op_unimplemented(struct cpu *cpu, const struct insn *in)
{
    LOG(LOG_UNIMP, "%s (word 0x%08x) at 0x%llx is not implemented", insn_table[in->id].mnemonic,
        in->word, (unsigned long long)cpu->cia);
    return cpu_illegal(cpu, in->word);
}

#define INSN(id, handler, ...)                                                                     \
    trap_t handler(struct cpu *cpu, const struct insn *in)                                         \
        __attribute__((weak, alias("op_unimplemented")));
#include "pefemu/insn.def"
#undef INSN
