/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel as the bytes that lie in memory once it is loaded: what `objcopy -O binary -S` writes.
 * Every section with contents that is loaded goes to its load address relative to the lowest one,
 * zeros between. A load address is the section's file offset moved by what its segment says; where
 * no program header has a physical address (binutils' rule), it is the section's virtual address.
 */
#include "esm_internal.h"
#include "pefemu/esmbuild.h"

#include <gelf.h>
#include <stdlib.h>

#define FLAT_MAX (1 * GiB)

static const char what[] = "kernel";

struct image {
    Elf *elf;
    size_t file_len, phnum;
    bool physical; /* some p_paddr is not 0 */
};

static bool in_segment(const GElf_Shdr *sh, const GElf_Phdr *ph)
{
    return ph->p_type == PT_LOAD && sh->sh_offset >= ph->p_offset &&
           sh->sh_offset - ph->p_offset <= ph->p_filesz &&
           sh->sh_size <= ph->p_filesz - (sh->sh_offset - ph->p_offset) &&
           sh->sh_addr >= ph->p_vaddr && sh->sh_addr - ph->p_vaddr <= ph->p_memsz &&
           sh->sh_size <= ph->p_memsz - (sh->sh_addr - ph->p_vaddr);
}

static uint64_t load_address(const struct image *im, const GElf_Shdr *sh)
{
    GElf_Phdr ph;
    for (size_t i = 0; im->physical && i < im->phnum; i++)
        if (gelf_getphdr(im->elf, (int)i, &ph) && in_segment(sh, &ph))
            return ph.p_paddr + (sh->sh_offset - ph.p_offset);
    return sh->sh_addr;
}

/* The next section that is copied; NULL: no more. */
static Elf_Scn *next_section(const struct image *im, Elf_Scn *scn, GElf_Shdr *sh)
{
    while ((scn = elf_nextscn(im->elf, scn)))
        if (gelf_getshdr(scn, sh) && sh->sh_flags & SHF_ALLOC && sh->sh_type != SHT_NOBITS &&
            sh->sh_size)
            return scn;
    return NULL;
}

static enum esm_err measure(const struct image *im, uint64_t *low, uint64_t *high,
                            struct esm_error *e)
{
    GElf_Shdr sh;
    *low = ~0ULL;
    *high = 0;
    for (Elf_Scn *s = next_section(im, NULL, &sh); s; s = next_section(im, s, &sh)) {
        uint64_t lma = load_address(im, &sh);
        if (sh.sh_offset > im->file_len || sh.sh_size > im->file_len - sh.sh_offset)
            return esm_fail(e, ESM_KERNEL, what, "the file is cut short");
        if (lma + sh.sh_size < lma)
            return esm_fail(e, ESM_KERNEL, what, "a section wraps round the end of memory");
        *low = lma < *low ? lma : *low;
        *high = lma + sh.sh_size > *high ? lma + sh.sh_size : *high;
    }
    if (!*high)
        return esm_fail(e, ESM_KERNEL, what,
                        "no section is loaded; take the vmlinux as it was built");
    if (*high - *low > FLAT_MAX)
        return esm_fail(e, ESM_KERNEL, what, "its sections are absurdly far apart");
    return ESM_OK;
}

static bool open_image(struct image *im, const void *elf, size_t len)
{
    const uint8_t *ident = elf;
    GElf_Ehdr eh;
    GElf_Phdr ph;
    *im = (struct image){.file_len = len};
    if (len < EI_NIDENT || elf_version(EV_CURRENT) == EV_NONE || ident[EI_CLASS] != ELFCLASS64)
        return false;
    im->elf = elf_memory((char *)elf, len); /* only read */
    if (!im->elf || !gelf_getehdr(im->elf, &eh) || eh.e_machine != EM_PPC64 ||
        elf_getphdrnum(im->elf, &im->phnum))
        return false;
    for (size_t i = 0; i < im->phnum; i++)
        if (gelf_getphdr(im->elf, (int)i, &ph) && ph.p_paddr)
            im->physical = true;
    return true;
}

static void copy_sections(const struct image *im, const uint8_t *elf, uint64_t low, uint8_t *flat)
{
    GElf_Shdr sh;
    for (Elf_Scn *s = next_section(im, NULL, &sh); s; s = next_section(im, s, &sh))
        memcpy(flat + (load_address(im, &sh) - low), elf + sh.sh_offset, sh.sh_size);
}

enum esm_err esm_flat_kernel(const void *elf, size_t len, uint8_t **flat, size_t *flat_len,
                             struct esm_error *e)
{
    struct image im;
    uint64_t low = 0, high = 0;
    enum esm_err err = ESM_OK;
    *flat = NULL;
    *flat_len = 0;
    if (!open_image(&im, elf, len))
        err = esm_fail(e, ESM_KERNEL, what, "not a 64-bit PowerPC ELF file");
    if (!err)
        err = measure(&im, &low, &high, e);
    uint8_t *made = err ? NULL : calloc(1, high - low);
    if (made) {
        copy_sections(&im, elf, low, made);
        *flat = made;
        *flat_len = high - low;
    } else if (!err) {
        err = esm_fail(e, ESM_NO_MEMORY, what, NULL);
    }
    elf_end(im.elf);
    return err;
}
