/* SPDX-License-Identifier: Apache-2.0 */
/* ELF images (libelf): header and PT_LOAD checks. The file may be hostile. */
#include "elf_load.h"

#include <gelf.h>
#include <stdlib.h>

bool elf_recognise(const struct bytes *file)
{
    return file->len >= 4 && !memcmp(file->p,
                                     "\x7f"
                                     "ELF",
                                     4);
}

static problem_t check_header(const GElf_Ehdr *eh)
{
    bool e64 = eh->e_ident[EI_CLASS] == ELFCLASS64;
    if (eh->e_machine != (e64 ? EM_PPC64 : EM_PPC))
        return "an ELF file for another machine; use a ppc64 or ppc64el kernel";
    if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
        return "an ELF file that is not a program (object or core file); link it first";
    if (!e64 && eh->e_ident[EI_DATA] != ELFDATA2MSB)
        return "a 32-bit little-endian ELF file; use a 64-bit kernel or a zImage";
    return NULL;
}

static problem_t add_segment(struct elf_image *img, const GElf_Phdr *ph, size_t file_len,
                             uint64_t mask)
{
    struct elf_segment *s = &img->segment[img->count];
    if (ph->p_type != PT_LOAD || !ph->p_memsz)
        return NULL;
    if (img->count == ELF_MAX_SEGMENTS)
        return "more loadable segments than are handled; use another image";
    if (ph->p_offset > file_len || ph->p_filesz > file_len - ph->p_offset)
        return "truncated: a segment lies beyond the end of the file; fetch it again";
    if (ph->p_filesz > ph->p_memsz)
        return "a segment is larger in the file than in memory; use another image";
    /* A 32-bit image is linked for real addresses; a kernel's are virtual ones with high bits. */
    s->pa = img->elf64 ? ph->p_paddr & mask : ph->p_paddr;
    s->offset = ph->p_offset;
    s->filesz = ph->p_filesz;
    s->memsz = ph->p_memsz;
    if (s->memsz > 1ULL << 40)
        return "a segment of absurd size; use another image";
    img->count++;
    return NULL;
}

static int by_address(const void *a, const void *b)
{
    const struct elf_segment *x = a, *y = b;
    return x->pa < y->pa ? -1 : x->pa > y->pa;
}

static problem_t check_segments(struct elf_image *img)
{
    bool entry_inside = false;
    if (!img->count)
        return "an ELF file with nothing to load; link it first";
    qsort(img->segment, img->count, sizeof(img->segment[0]), by_address);
    for (unsigned i = 0; i < img->count; i++) {
        const struct elf_segment *s = &img->segment[i];
        if (i && s->pa < s[-1].pa + s[-1].memsz)
            return "its segments overlap; use another image";
        if (img->entry >= s->pa && img->entry - s->pa < s->filesz)
            entry_inside = true;
    }
    if (!entry_inside)
        return "its entry point lies outside what is loaded; use another image";
    return img->entry & 3 ? "its entry point is not a multiple of 4; use another image" : NULL;
}

/* BE kernels of ABI v1 give code addresses as entry (pseries.md 1.1), so no descriptor is read. */
static problem_t parse(struct elf_image *img, Elf *elf, size_t file_len, uint64_t mask)
{
    GElf_Ehdr eh;
    size_t count;
    problem_t problem;
    if (!gelf_getehdr(elf, &eh))
        return "a damaged ELF header; fetch it again";
    problem = check_header(&eh);
    if (problem)
        return problem;
    img->elf64 = eh.e_ident[EI_CLASS] == ELFCLASS64;
    img->little_endian = eh.e_ident[EI_DATA] == ELFDATA2LSB;
    img->dynamic = eh.e_type == ET_DYN;
    img->entry = img->elf64 ? eh.e_entry & mask : eh.e_entry;
    if (elf_getphdrnum(elf, &count) || count > 65535)
        return "a damaged ELF program header table; fetch it again";
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(elf, (int)i, &ph))
            return "truncated: the program headers lie beyond the end; fetch it again";
        problem = add_segment(img, &ph, file_len, mask);
        if (problem)
            return problem;
    }
    return check_segments(img);
}

problem_t elf_parse(struct elf_image *img, const struct bytes *file, uint64_t mask)
{
    Elf *elf;
    problem_t problem;
    memset(img, 0, sizeof(*img));
    if (elf_version(EV_CURRENT) == EV_NONE)
        return "libelf is too old; install a newer one";
    elf = elf_memory((char *)file->p, file->len);
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        if (elf)
            elf_end(elf);
        return "a damaged ELF header; fetch it again";
    }
    problem = parse(img, elf, file->len, mask);
    elf_end(elf);
    return problem;
}
