/* The MSR state machine: who may change which MSR bit, and the MSR an interrupt starts with. */
#ifndef PEFEMU_CPU_MSR_H
#define PEFEMU_CPU_MSR_H

#include "pefemu/cpu.h"

/* The bits POWER9 implements here; TM is reported absent. */
#define MSR_IMPLEMENTED                                                                            \
    (MSR_SF | MSR_HV | MSR_VEC | MSR_VSX | MSR_S | MSR_EE | MSR_PR | MSR_FP | MSR_ME | MSR_FE0 |   \
     MSR_SE | MSR_BE | MSR_FE1 | MSR_IR | MSR_DR | MSR_PMM | MSR_RI | MSR_LE)

/* Instructions that write MSR; one row each in the table of msr.c. */
enum msr_writer { BY_MTMSR, BY_MTMSRD, BY_MTMSR_L1, BY_RFID, BY_RFSCV, BY_HRFID, BY_URFID };

/* The MSR after @writer moves @source into it in the CPU's present state. */
uint64_t msr_after(const struct cpu *cpu, enum msr_writer writer, uint64_t source);

/* Where an interrupt goes. */
enum msr_entry { TO_SAME_HV, TO_HYPERVISOR, TO_ULTRAVISOR };

/**
 * msr_on_interrupt - the MSR with which an interrupt handler starts
 * @relocated: AIL keeps IR and DR set
 * @keep: further bits of the present MSR to keep (scv keeps EE and RI)
 */
uint64_t msr_on_interrupt(const struct cpu *cpu, enum msr_entry entry, bool relocated,
                          uint64_t keep);

#endif
