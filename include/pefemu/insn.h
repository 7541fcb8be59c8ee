/*
 * The instruction table and what the decoder makes of a word.
 *
 * include/pefemu/insn.def has one row per mnemonic (record and overflow forms stand in rows of
 * their own):
 *
 *   INSN(ID, handler, "mnemonic", FORM, "operands", match, mask, FAC, PRIV, ISA, reserved)
 *
 *   ID        C identifier: the mnemonic in capitals, '.' written as a trailing '_' (ADDO_)
 *   handler   the same in lower case behind op_: C cannot derive it (op_addo_)
 *   FORM      encoding form of the ISA (I B SC D DS DQ DX X XL XFX XFL XX1 XX2 XX3 XX4 XS XO A M
 *             MD MDS VA VC VX Z22 Z23), decides how insn.imm and the VSX numbers are filled
 *   operands  comma-separated operand names in assembler order; src/cpu/disas.c knows each name.
 *             NAME@6-10 is an unsigned number in those bits, =0 prints as it stands
 *   match,mask  a word w is this instruction when (w & mask) == match
 *   FAC       facility: FXU LSU BRU CRU FPU VMX VSX DFP SYS; decides which MSR enable bit it needs
 *             (FPU and DFP: FP; VMX: VEC; VSX: see src/cpu/decode.c) and how engines treat it
 *   PRIV      USER, PRIV (privileged), HV (hypervisor), UV (ultravisor)
 *   ISA       level that introduced it: P1 P2 PPC V2_00 V2_01 ... V3_0 V3_0B
 *   reserved  fields that the ISA prints as "/": assemblers write zeros there and disassemblers
 * insist on them, the processor ignores them (Book I 1.3.3). No part of the mask; operands are
 *             decoded as if these bits were zero. A word with such a bit set is not canonical.
 *
 * A row whose handler no file defines takes
 * op_unimplemented (weak alias, src/cpu/unimplemented.c): illegal-instruction interrupt, -d unimp.
 */
#ifndef PEFEMU_INSN_H
#define PEFEMU_INSN_H

#include "pefemu/types.h"

struct cpu;
struct insn;

/* What an instruction handler returns: TRAP_NONE or a value of enum trap (cpu.h). */
typedef int trap_t;

enum insn_id {
    INSN_ILLEGAL = 0,
#define INSN(id, ...) INSN_##id,
#include "pefemu/insn.def"
#undef INSN
    INSN_COUNT
};

enum insn_fac { FAC_FXU, FAC_LSU, FAC_BRU, FAC_CRU, FAC_FPU, FAC_VMX, FAC_VSX, FAC_DFP, FAC_SYS };
enum insn_priv { PRIV_USER, PRIV_PRIV, PRIV_HV, PRIV_UV };

/* Engine-neutral semantics. Contract: every check and every memory access that can fault comes
 * before the first change of a register. A branch writes cpu->nia. */
typedef trap_t (*insn_handler)(struct cpu *cpu, const struct insn *in);
/* The interp engine's threaded form; returns the next operation or NULL to leave the engine. */
typedef const struct insn *(*insn_thread)(struct cpu *cpu, const struct insn *in);

/* One decoded instruction: 32 bytes. */
struct insn {
    insn_thread fn; /* interp only */
    int64_t imm;    /* by form: D/DS/DQ displacement in bytes or SI, sign-extended; UI of logical
                       immediates and cmpli, zero-extended; already shifted left by 16 in addis,
                       oris, xoris, andis. and addpcis; I/B branch displacement in bytes;
                       M/MD/MDS the 64-bit mask of the rotate; XFX the SPR/TBR number; else 0 */
    uint32_t word;  /* the instruction as the ISA prints it (most significant byte first) */
    uint16_t id;    /* enum insn_id */
    uint8_t rt;     /* bits 6:10; VSX forms and lxsd, lxssp, stxsd, stxssp: VSR 0..63. Operands
                       that the ISA calls VRx (VMX, quad precision) stay 0..31: VSR 32 + n */
    uint8_t ra;     /* bits 11:15; VSX forms with XA: 0..63 */
    uint8_t rb;     /* bits 16:20; VSX forms with XB: 0..63 */
    uint8_t rc;     /* bits 21:25; XX4: XC 0..63 */
    uint8_t sh;     /* shift amount of M/MD/XS forms and of srawi, 0..63 */
    uint8_t spare;
    uint32_t heat; /* interp: how often it was jumped to */
};

struct insn_row {
    const char *mnemonic;
    const char *form;
    const char *operands;
    uint32_t match, mask;
    insn_handler handler;
    uint8_t fac, priv;
    const char *isa;
    uint32_t reserved;
};

/* Indexed by enum insn_id; row 0 is the illegal instruction. */
extern const struct insn_row insn_table[INSN_COUNT];

/**
 * insn_decode - fill @in from an instruction word
 * @word: in ISA order (already byte-swapped for little-endian guests)
 * Never fails: an unknown word decodes as INSN_ILLEGAL. Does not touch in->fn.
 */
void insn_decode(struct insn *in, uint32_t word);

/* The MSR bit (MSR_FP, MSR_VEC or MSR_VSX) that @in needs; 0: none. Depends on operands too: some
 * VSX instructions belong to the vector facility when they name VSRs 32..63. */
uint64_t insn_facility_need(const struct insn *in);

/* Is this what an assembler makes? False for reserved bits that are set, invalid forms,
 * INSN_ILLEGAL. The processor executes the first two all the same. */
bool insn_is_canonical(const struct insn *in);

/**
 * insn_disas - textual form of @word as objdump -M power9,raw writes it
 * @ea:  address of the instruction, for branch targets
 * @buf: receives "mnemonic operands" (a tab between), always terminated; ".long 0x..." when not
 *       canonical
 */
void insn_disas(char *buf, size_t size, uint32_t word, ea_t ea);

/* Facility files define handlers with OP(name) { ... }; src/engine/interp includes the hot ones
 * again with OP_LINKAGE as static inline so that they melt into its threaded code. */
#ifndef OP_LINKAGE
#define OP_LINKAGE
#endif
#define OP(name) OP_LINKAGE trap_t op_##name(struct cpu *cpu, const struct insn *in)

/* Taken by every row that has no semantics yet: logs -d unimp, returns the illegal-instruction
 * trap. */
trap_t op_unimplemented(struct cpu *cpu, const struct insn *in);

#endif
