/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who called whom: the chain of stack frames. Its first doubleword is the caller's frame, in which
 * at 16 the caller's return address is saved (ELF ABI v1 and v2). And disassembly with names.
 */
#include "pefemu/symbols.h"

#include <stdio.h>

#include "pefemu/machine.h"
#include "pefemu/mmu.h"

#define FRAME_LR 16u
/* Linux marks the frames that interrupts make: a struct pt_regs lies behind the marker. */
#define LINUX_MARKER      0x7265677368657265ULL /* "regshere" */
#define LINUX_MARKER_AT   96u
#define LINUX_REGS        112u
#define LINUX_REGS_NIP    (LINUX_REGS + 8 * 32)
#define LINUX_REGS_LINK   (LINUX_REGS + 8 * 36)
#define LINUX_REGS_TRAP   (LINUX_REGS + 8 * 40)
#define PROLOGUE_MAX      32u /* instructions from a function's start that may make its frame */
#define INSN_STDU_R1_MASK 0xffff0003u
#define INSN_STDU_R1      0xf8210001u /* stdu r1,DS(r1) */
#define INSN_STDUX_R1     0x7c21016au /* stdux r1,r1,RB */

/* ---- memory as the CPU sees it ---- */

static const uint8_t *see(struct cpu *cpu, ea_t ea, enum mmu_access access, unsigned len)
{
    struct xlate x;
    return mmu_probe(cpu, ea, access, &x) ? memory_ptr(&cpu->machine->mem, x.ra, len) : NULL;
}

/* Aligned, so it is in one page. */
static bool read64(struct cpu *cpu, ea_t ea, uint64_t *v)
{
    const uint8_t *p = ea & 7 ? NULL : see(cpu, ea, ACCESS_LOAD, 8);
    if (p)
        *v = cpu->le ? get_le64(p) : get_be64(p);
    return p != NULL;
}

static bool read_insn(struct cpu *cpu, ea_t ea, uint32_t *word)
{
    const uint8_t *p = ea & 3 ? NULL : see(cpu, ea, ACCESS_FETCH, 4);
    if (p)
        *word = cpu->le ? get_le32(p) : get_be32(p);
    return p != NULL;
}

/* ---- frames ---- */

/* Has the function at @pc made its stack frame yet? */
static bool has_frame(const struct symbols *s, struct cpu *cpu, ea_t pc)
{
    struct symbol sym;
    uint32_t word;
    if (!symbols_at(s, symbols_context(cpu), pc, &sym) || !sym.function)
        return true;
    for (ea_t ea = sym.ea; ea < pc && ea < sym.ea + 4 * PROLOGUE_MAX; ea += 4) {
        if (!read_insn(cpu, ea, &word))
            return true;
        if ((word & INSN_STDU_R1_MASK) == INSN_STDU_R1 || (word & ~0xf800u) == INSN_STDUX_R1)
            return true;
    }
    return false;
}

struct chain {
    struct cpu *cpu;
    struct stack_frame *out;
    unsigned n, max;
    ea_t sp;
};

static bool add(struct chain *c, ea_t pc, unsigned vector)
{
    if (c->n == c->max || !pc)
        return false;
    c->out[c->n++] = (struct stack_frame){.pc = pc, .sp = c->sp, .vector = vector};
    return true;
}

/* The interrupt that made the frame at c->sp, if one did: where it came, and from whom that was
 * called. */
static void add_interrupted(struct chain *c)
{
    uint64_t marker, nip, trap;
    if (read64(c->cpu, c->sp + LINUX_MARKER_AT, &marker) && marker == LINUX_MARKER &&
        read64(c->cpu, c->sp + LINUX_REGS_NIP, &nip) &&
        read64(c->cpu, c->sp + LINUX_REGS_TRAP, &trap))
        add(c, nip, (unsigned)(trap & 0xfff0));
}

/* One frame up. False: the chain ends. A stack grows down, so callers are above; an interrupt may
 * have changed to another one. */
static bool up(struct chain *c, unsigned *strays)
{
    uint64_t next, pc;
    if (!read64(c->cpu, c->sp, &next) || !next || next & 7)
        return false;
    if (next <= c->sp && ++*strays > 4)
        return false;
    c->sp = next;
    return read64(c->cpu, next + FRAME_LR, &pc) && add(c, pc & ~3ULL, 0);
}

unsigned symbols_backtrace(const struct symbols *s, struct cpu *cpu, ea_t pc, ea_t sp, ea_t lr,
                           struct stack_frame *out, unsigned max)
{
    struct chain c = {.cpu = cpu, .out = out, .max = max, .sp = sp};
    unsigned strays = 0;
    if (!add(&c, pc, 0))
        return c.n;
    if (!has_frame(s, cpu, pc))
        add(&c, lr & ~3ULL, 0);
    add_interrupted(&c);
    while (c.n < max && up(&c, &strays))
        add_interrupted(&c);
    return c.n;
}

/* ---- disassembly ---- */

/* Where a branch with its target in the instruction goes. */
static bool branch_target(uint32_t word, ea_t ea, ea_t *target)
{
    struct insn in;
    insn_decode(&in, word);
    const char *form = insn_table[in.id].form;
    if (insn_table[in.id].fac != FAC_BRU || (strcmp(form, "I") && strcmp(form, "B")))
        return false;
    *target = (word & 2 ? 0 : ea) + (uint64_t)in.imm;
    return true;
}

void symbols_disas(const struct symbols *s, enum symbol_context as, uint32_t word, ea_t ea,
                   char *buf, size_t size)
{
    char name[256];
    ea_t target;
    insn_disas(buf, size, word, ea);
    if (!branch_target(word, ea, &target) || !symbols_text(s, as, target, name, sizeof(name))[0])
        return;
    size_t n = strlen(buf);
    snprintf(buf + n, size - n, "  <%s>", name);
}
