/*
 * Instructions that a POWER9 decodes and does not carry out: the reserved-nop class, which later
 * levels of the ISA fill with hints (hashst and its kin), and transactional memory, whose facility
 * is never enabled.
 */
#include "pefemu/cpu.h"

#define FSCR_IC_TM 5

#define RESERVED_NOP(name)                                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        (void)cpu;                                                                                 \
        (void)in;                                                                                  \
        return TRAP_NONE;                                                                          \
    }

/* Primary opcode 31 with the extended opcodes 530, 562, 594 and 626; then 658, 690, 722 and 754,
 * which ISA 3.1 calls by name (Book I 1.8, "Reserved-nop"). */
RESERVED_NOP(resnop)
RESERVED_NOP(hashstp)
RESERVED_NOP(hashchkp)
RESERVED_NOP(hashst)
RESERVED_NOP(hashchk)

/* MSR[TM] cannot be set here, and with MSR[TM]=0 all of these are refused (Book III 6.5.26). */
#define TRANSACTIONAL(name)                                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        (void)in;                                                                                  \
        return cpu_facility(cpu, FSCR_IC_TM);                                                      \
    }

TRANSACTIONAL(tbegin_)
TRANSACTIONAL(tend_)
TRANSACTIONAL(tendall_)
TRANSACTIONAL(tabort_)
TRANSACTIONAL(tabortwc_)
TRANSACTIONAL(tabortwci_)
TRANSACTIONAL(tabortdc_)
TRANSACTIONAL(tabortdci_)
TRANSACTIONAL(tcheck)
TRANSACTIONAL(tsr_)
TRANSACTIONAL(treclaim_)
TRANSACTIONAL(trechkpt_)
