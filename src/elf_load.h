/* SPDX-License-Identifier: Apache-2.0 */
/* What an ELF image of the guest says, checked. src/elf_load.c */
#ifndef PEFEMU_ELF_LOAD_H
#define PEFEMU_ELF_LOAD_H

#include "pefemu/types.h"
#include "unpack.h"

#define ELF_MAX_SEGMENTS 32

struct elf_segment {
    uint64_t offset; /* in the file */
    uint64_t filesz, memsz;
    uint64_t pa; /* p_paddr, masked for elf64 */
};

struct elf_image {
    bool elf64, little_endian, dynamic;
    uint64_t entry; /* physical */
    unsigned count;
    struct elf_segment segment[ELF_MAX_SEGMENTS]; /* sorted by pa, none overlap */
};

/* A kernel's addresses: the low 28 bits are the physical ones, whatever its virtual base. */
#define ELF_KERNEL_MASK 0x0fffffffULL
/* Programs for real mode, which ignores the four leftmost bits of an effective address. */
#define ELF_REAL_MASK (~0ULL >> 4)

/* Fills @img; every segment's bytes are inside the file. @mask: the bits of a 64-bit image's
 * addresses that count. NULL, or what is wrong. */
problem_t elf_parse(struct elf_image *img, const struct bytes *file, uint64_t mask);
bool elf_recognise(const struct bytes *file);

#endif
