/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols inside: one table per file (symbols_elf.c reads it, symbols.c asks it). */
#ifndef PEFEMU_DEBUG_SYMBOLS_INTERNAL_H
#define PEFEMU_DEBUG_SYMBOLS_INTERNAL_H

#include "pefemu/symbols.h"
#include "unpack.h"

struct sym {
    uint64_t ea; /* as linked */
    uint32_t size;
    uint32_t name; /* in names[] */
    uint8_t rank;  /* of several at one address the highest is shown */
    uint8_t local; /* bytes of the global entry code of ELFv2 */
    bool function;
};

struct symtab {
    struct symtab *next;
    char *path; /* owned */
    enum symbol_context as;
    struct sym *sym;   /* owned; by ea, then rank */
    uint32_t *by_name; /* owned; indices of sym[] */
    char *names;       /* owned */
    size_t count, names_len;
    uint64_t first, end; /* what the file loads, as linked: symbols are inside */
    uint64_t delta;      /* where it runs less where it was linked for */
    bool kernel;         /* also found at @load and at 0, in real mode */
    uint64_t load;
};

struct symbols {
    struct symtab *first; /* owned, in the order given */
};

/* Fills in sym[], names[] and the range from an ELF image; by_name is the caller's to make.
 * NULL, or what is wrong. @t must be freed either way. */
problem_t symtab_read(struct symtab *t, const uint8_t *elf, size_t len);
void symtab_free(struct symtab *t);

#endif
