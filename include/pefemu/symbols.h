/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols of guest code, for debuggers and traces: names to addresses and back, backtraces,
 * disassembly with names. From ELF files, each for the privilege context whose code it is, because
 * the same effective address means something else in each.
 */
#ifndef PEFEMU_SYMBOLS_H
#define PEFEMU_SYMBOLS_H

#include "pefemu/cpu.h"

struct symbols;
struct machine;

/* Whose code: the kernel of a partition, a hypervisor, an ultravisor, a program in problem state.
 */
enum symbol_context {
    SYMBOLS_GUEST,
    SYMBOLS_HV,
    SYMBOLS_UV,
    SYMBOLS_USER,
    SYMBOLS_ANY, /* a file that was given for no context in particular */
};
enum symbol_context symbols_context(const struct cpu *cpu); /* of the state that it is in */
enum symbol_context symbols_context_of(uint64_t msr);       /* the same of an MSR image */
const char *symbols_context_name(enum symbol_context as);   /* "guest" "hv" "uv" "user" "any" */

struct symbol {
    const char *name; /* lives as long as the symbols */
    ea_t ea;          /* first byte, where it runs */
    ea_t body;        /* functions: where every call of it passes, behind ELFv2's global entry */
    uint64_t size;    /* bytes; 0: up to the next symbol */
    bool function;
    enum symbol_context as;
    const char *file;
};

/* ---- loading ---- */

#define SYMBOLS_MESSAGE 300u /* room for one line about a failure */

/* The machine's symbols (machine.symbols, freed with it), made at the first call: -sym's files, and
 * the kernel's own when -kernel is an ELF file that has some. NULL: no memory. What can not be read
 * is said in one line each, which fails only symbols_load_options(). */
struct symbols *symbols_of(struct machine *m);
/* The same at the start of a run. False: a file of -sym is no good; one line said why. */
bool symbols_load_options(struct machine *m);

struct symbols *symbols_create(void); /* NULL: no memory */
void symbols_destroy(struct symbols *s);
/**
 * symbols_add - a file as -sym has it: FILE[@ADDR][,as=guest|hv|uv|user]
 * ADDR: where the file's lowest loaded byte runs; default: where it was linked for.
 * Returns false with one line in @message (SYMBOLS_MESSAGE bytes); nothing is added then.
 */
bool symbols_add(struct symbols *s, const char *spec, char *message);
/* A kernel that was loaded at @base: it is found there in real mode, and where it was linked for
 * and at 0 after it has moved itself. */
bool symbols_add_kernel(struct symbols *s, const char *path, ea_t base, char *message);

/* The files in order; NULL: no more. */
struct symbols_file {
    const char *path;
    enum symbol_context as;
    ea_t first, last; /* of its symbols, where they run */
    size_t count;
};
bool symbols_file(const struct symbols *s, unsigned index, struct symbols_file *out);

/* ---- questions; @s may be NULL: there are none ---- */

/* The symbol that covers @ea for code of @as. A program's state sees the kernel's addresses too. */
bool symbols_at(const struct symbols *s, enum symbol_context as, ea_t ea, struct symbol *out);
/* By name, the context's own files first; ANY: all. */
bool symbols_named(const struct symbols *s, enum symbol_context as, const char *name,
                   struct symbol *out);
/* "name" or "name+0x10"; "" when there is none. Returns @buf. */
const char *symbols_text(const struct symbols *s, enum symbol_context as, ea_t ea, char *buf,
                         size_t size);
/* Every symbol of @as (ANY: of all files) whose name begins with @prefix, by name within a file,
 * until @fn returns false. */
void symbols_each(const struct symbols *s, enum symbol_context as, const char *prefix,
                  bool (*fn)(void *opaque, const struct symbol *sym), void *opaque);

/* ---- stacks (ELF ABI v1 and v2 alike) ---- */

struct stack_frame {
    ea_t pc; /* first one: as given; others: return addresses */
    ea_t sp;
    unsigned vector; /* 0, or the frame below was entered by this interrupt: pc is where it came */
};
/**
 * symbols_backtrace - callers of @pc by the chain of stack frames
 * Reads through @cpu's present translation, without side effects; a chain that is cut off, goes
 * down or round ends there. @lr is believed in functions that have no frame yet.
 * Returns the number of frames in @out, at most @max.
 */
unsigned symbols_backtrace(const struct symbols *s, struct cpu *cpu, ea_t pc, ea_t sp, ea_t lr,
                           struct stack_frame *out, unsigned max);

/* ---- disassembly ---- */

/* insn_disas(), and behind a branch the name of its target: "bl\t0xc000...  <printk+0x8>". */
void symbols_disas(const struct symbols *s, enum symbol_context as, uint32_t word, ea_t ea,
                   char *buf, size_t size);

#endif
