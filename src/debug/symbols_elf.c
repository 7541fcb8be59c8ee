/* SPDX-License-Identifier: Apache-2.0 */
/* The symbol table of an ELF file (libelf). The file may be hostile. */
#include "symbols_internal.h"

#include <gelf.h>
#include <stdlib.h>

#define MAX_SYMBOLS (4u << 20)

/* STO_PPC64_LOCAL: st_other 5:7 of the ELFv2 ABI, log2 of instructions in the global entry. */
static uint8_t local_entry(unsigned char other)
{
    unsigned code = other >> 5;
    return code < 2 || code > 6 ? 0 : (uint8_t)((1u << code) & ~3u);
}

struct reader {
    struct symtab *t;
    Elf *elf;
    GElf_Ehdr eh;
    size_t room, names_room;
    bool no_memory;
    /* ABI v1: function symbols name descriptors in this section */
    size_t opd_index;
    uint64_t opd_addr;
    const uint8_t *opd;
    size_t opd_len;
};

/* ---- what the file loads ---- */

static problem_t read_range(struct reader *r)
{
    size_t n;
    struct symtab *t = r->t;
    t->first = UINT64_MAX;
    t->end = 0;
    if (elf_getphdrnum(r->elf, &n) || n > 65535)
        return "a damaged ELF program header table; fetch it again";
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(r->elf, (int)i, &ph))
            return "truncated: the program headers lie beyond the end; fetch it again";
        if (ph.p_type != PT_LOAD || !ph.p_memsz || ph.p_vaddr + ph.p_memsz < ph.p_vaddr)
            continue;
        t->first = ph.p_vaddr < t->first ? ph.p_vaddr : t->first;
        t->end = ph.p_vaddr + ph.p_memsz > t->end ? ph.p_vaddr + ph.p_memsz : t->end;
    }
    return t->first < t->end ? NULL : "an ELF file with nothing to load; link it first";
}

/* ---- sections ---- */

static Elf_Scn *find_section(struct reader *r, GElf_Word type, GElf_Shdr *sh)
{
    Elf_Scn *scn = NULL;
    while ((scn = elf_nextscn(r->elf, scn)))
        if (gelf_getshdr(scn, sh) && sh->sh_type == type)
            return scn;
    return NULL;
}

static void find_descriptors(struct reader *r)
{
    Elf_Scn *scn = NULL;
    GElf_Shdr sh;
    size_t names;
    if (elf_getshdrstrndx(r->elf, &names))
        return;
    while ((scn = elf_nextscn(r->elf, scn))) {
        const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(r->elf, names, sh.sh_name) : NULL;
        if (!name || strcmp(name, ".opd") || sh.sh_type != SHT_PROGBITS)
            continue;
        Elf_Data *d = elf_rawdata(scn, NULL);
        if (!d || !d->d_buf)
            return;
        r->opd_index = elf_ndxscn(scn);
        r->opd_addr = sh.sh_addr;
        r->opd = d->d_buf;
        r->opd_len = d->d_size;
    }
}

/* A symbol that names a descriptor: from now on the code that the descriptor does. Its size is the
 * descriptor's, so it gets none. */
static void follow_descriptor(const struct reader *r, GElf_Sym *s)
{
    uint64_t at = s->st_value - r->opd_addr;
    if (!r->opd || s->st_shndx != r->opd_index || r->opd_len < 8 || at > r->opd_len - 8)
        return;
    const uint8_t *p = r->opd + at;
    s->st_value = r->eh.e_ident[EI_DATA] == ELFDATA2LSB ? get_le64(p) : get_be64(p);
    s->st_size = 0;
}

/* ---- symbols ---- */

/* Labels that compilers, assemblers and module loaders leave behind tell nobody anything. */
static bool is_noise(const char *name)
{
    return !name[0] || name[0] == '$' || !strncmp(name, ".L", 2) || !strncmp(name, "__crc_", 6) ||
           !strncmp(name, "__ksym", 6) || !strncmp(name, "__kstrtab", 9);
}

static bool grow(struct reader *r, size_t name_len)
{
    struct symtab *t = r->t;
    if (t->count == r->room) {
        size_t room = r->room ? 2 * r->room : 4096;
        struct sym *p = realloc(t->sym, room * sizeof(*p));
        if (!p)
            return false;
        t->sym = p;
        r->room = room;
    }
    while (r->names_room - t->names_len < name_len) {
        size_t room = r->names_room ? 2 * r->names_room : 65536;
        char *p = room > UINT32_MAX ? NULL : realloc(t->names, room);
        if (!p)
            return false;
        t->names = p;
        r->names_room = room;
    }
    return true;
}

/* Functions before data before labels, those with a size before the others. */
static uint8_t rank_of(const GElf_Sym *s)
{
    unsigned type = GELF_ST_TYPE(s->st_info);
    unsigned kind = type == STT_FUNC ? 8 : type == STT_OBJECT ? 4 : 0;
    return (uint8_t)(kind + (s->st_size ? 2 : 0) + (GELF_ST_BIND(s->st_info) != STB_LOCAL));
}

static void add(struct reader *r, const GElf_Sym *s, const char *name)
{
    struct symtab *t = r->t;
    bool function = GELF_ST_TYPE(s->st_info) == STT_FUNC;
    if (function && name[0] == '.' && name[1])
        name++; /* ABI v1: the code of a function, whose descriptor has the plain name */
    size_t len = strlen(name) + 1;
    if (s->st_value < t->first || s->st_value >= t->end)
        return;
    if (!grow(r, len)) {
        r->no_memory = true;
        return;
    }
    t->sym[t->count++] = (struct sym){
        .ea = s->st_value,
        .size = s->st_size > UINT32_MAX ? UINT32_MAX : (uint32_t)s->st_size,
        .name = (uint32_t)t->names_len,
        .rank = rank_of(s),
        .local = function && (r->eh.e_flags & 3) == 2 ? local_entry(s->st_other) : 0,
        .function = function,
    };
    memcpy(t->names + t->names_len, name, len);
    t->names_len += len;
}

static problem_t read_symbols(struct reader *r)
{
    GElf_Shdr sh;
    Elf_Scn *scn = find_section(r, SHT_SYMTAB, &sh);
    if (!scn)
        scn = find_section(r, SHT_DYNSYM, &sh);
    Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
    size_t entry = gelf_fsize(r->elf, ELF_T_SYM, 1, EV_CURRENT);
    if (!scn)
        return "no symbols in it; use a file that is not stripped";
    if (!data || !data->d_buf || !entry)
        return "a damaged symbol table; fetch it again";
    size_t n = data->d_size / entry;
    if (n > MAX_SYMBOLS)
        return "more symbols than are handled; use a smaller file";
    for (size_t i = 1; i < n && !r->no_memory; i++) {
        GElf_Sym s;
        if (!gelf_getsym(data, (int)i, &s) || s.st_shndx == SHN_UNDEF || s.st_shndx == SHN_ABS ||
            GELF_ST_TYPE(s.st_info) > STT_FUNC)
            continue;
        const char *name = elf_strptr(r->elf, sh.sh_link, s.st_name);
        if (!name || is_noise(name))
            continue;
        follow_descriptor(r, &s);
        add(r, &s, name);
    }
    if (r->no_memory)
        return "the host has not enough memory for its symbols";
    return r->t->count ? NULL : "no symbols in it; use a file that is not stripped";
}

/* ---- the file ---- */

static problem_t read_elf(struct reader *r)
{
    if (!gelf_getehdr(r->elf, &r->eh))
        return "a damaged ELF header; fetch it again";
    if (r->eh.e_machine != EM_PPC64)
        return "not a 64-bit PowerPC ELF file";
    problem_t problem = read_range(r);
    if (problem)
        return problem;
    find_descriptors(r);
    return read_symbols(r);
}

problem_t symtab_read(struct symtab *t, const uint8_t *elf, size_t len)
{
    struct reader r = {.t = t};
    if (elf_version(EV_CURRENT) == EV_NONE)
        return "libelf is too old; install a newer one";
    r.elf = elf_memory((char *)elf, len);
    problem_t problem = r.elf && elf_kind(r.elf) == ELF_K_ELF ? read_elf(&r) : "not an ELF file";
    if (r.elf)
        elf_end(r.elf);
    return problem;
}

void symtab_free(struct symtab *t)
{
    if (!t)
        return;
    free(t->path);
    free(t->sym);
    free(t->by_name);
    free(t->names);
    free(t);
}
