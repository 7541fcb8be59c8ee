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
    uint64_t pa; /* p_paddr without the kernel's high bits */
};

struct elf_image {
    bool elf64, little_endian, dynamic;
    uint64_t entry; /* physical */
    unsigned count;
    struct elf_segment segment[ELF_MAX_SEGMENTS]; /* sorted by pa, none overlap */
};

/* Fills @img; every segment's bytes are inside the file. NULL, or what is wrong. */
problem_t elf_parse(struct elf_image *img, const struct bytes *file);
bool elf_recognise(const struct bytes *file);

#endif
