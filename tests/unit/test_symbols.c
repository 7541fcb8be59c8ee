/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols from ELF files, good and bad; stacks; disassembly with names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <elf.h>

#include "../../src/debug/symbols_internal.h"
#include "pefemu/machine.h"
#include "pefemu/mmu.h"

/* ---- an ELF file: one segment, .symtab, .strtab, .opd ---- */

#define LINKED 0xc000000000000000ULL
#define CODE   0x1000u /* bytes it loads */
#define OPD    0x800u  /* offset of the descriptors, in the file and in what it loads */

struct image {
    Elf64_Ehdr eh;
    Elf64_Phdr ph;
    Elf64_Shdr sh[5];
    Elf64_Sym sym[16];
    char names[256], section_names[32];
    uint8_t opd[24];
};

static unsigned nsym;
static size_t names_len;

static void add(struct image *im, const char *name, uint64_t value, uint64_t size, unsigned type,
                unsigned bind, unsigned section, unsigned other)
{
    im->sym[++nsym] = (Elf64_Sym){.st_name = (uint32_t)names_len,
                                  .st_info = ELF64_ST_INFO(bind, type),
                                  .st_other = (uint8_t)other,
                                  .st_shndx = (uint16_t)section,
                                  .st_value = value,
                                  .st_size = size};
    strcpy(im->names + names_len, name);
    names_len += strlen(name) + 1;
}

static void make(struct image *im, unsigned abi)
{
    memset(im, 0, sizeof(*im));
    nsym = 0;
    names_len = 1;
    memcpy(im->eh.e_ident, ELFMAG, SELFMAG);
    im->eh.e_ident[EI_CLASS] = ELFCLASS64;
    im->eh.e_ident[EI_DATA] = ELFDATA2LSB;
    im->eh.e_ident[EI_VERSION] = 1;
    im->eh.e_type = ET_EXEC;
    im->eh.e_machine = EM_PPC64;
    im->eh.e_version = 1;
    im->eh.e_flags = abi;
    im->eh.e_phoff = offsetof(struct image, ph);
    im->eh.e_shoff = offsetof(struct image, sh);
    im->eh.e_ehsize = sizeof(im->eh);
    im->eh.e_phentsize = sizeof(im->ph);
    im->eh.e_phnum = 1;
    im->eh.e_shentsize = sizeof(im->sh[0]);
    im->eh.e_shnum = 5;
    im->eh.e_shstrndx = 3;
    im->ph = (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = LINKED, .p_memsz = CODE};
    strcpy(im->section_names + 1, ".opd");
    put_le64(im->opd, LINKED + 0x40);
    im->sh[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                             .sh_offset = offsetof(struct image, sym),
                             .sh_size = sizeof(im->sym),
                             .sh_entsize = sizeof(im->sym[0]),
                             .sh_link = 2};
    im->sh[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                             .sh_offset = offsetof(struct image, names),
                             .sh_size = sizeof(im->names)};
    im->sh[3] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                             .sh_offset = offsetof(struct image, section_names),
                             .sh_size = sizeof(im->section_names)};
    im->sh[4] = (Elf64_Shdr){.sh_type = SHT_PROGBITS,
                             .sh_name = 1,
                             .sh_addr = LINKED + OPD,
                             .sh_offset = offsetof(struct image, opd),
                             .sh_size = sizeof(im->opd)};
    add(im, "_stext", LINKED, 0, STT_NOTYPE, STB_GLOBAL, 1, 0);
    add(im, "start", LINKED, 0x40, STT_FUNC, STB_GLOBAL, 1, 0);
    add(im, "inner", LINKED + 0x10, 4, STT_NOTYPE, STB_LOCAL, 1, 0);
    add(im, "middle", LINKED + 0x40, 0x40, STT_FUNC, STB_LOCAL, 1, 3 << 5);
    add(im, "$noise", LINKED + 0x50, 0, STT_NOTYPE, STB_LOCAL, 1, 0);
    add(im, "absolute", LINKED + 0x60, 0, STT_NOTYPE, STB_GLOBAL, SHN_ABS, 0);
    add(im, "outside", LINKED + CODE, 8, STT_FUNC, STB_GLOBAL, 1, 0);
    add(im, "table", LINKED + 0x200, 16, STT_OBJECT, STB_GLOBAL, 1, 0);
    add(im, "tail", LINKED + 0x300, 0, STT_NOTYPE, STB_GLOBAL, 1, 0);
}

static char path[] = "/tmp/pefemu-symbols-XXXXXX";

static void write_file(const void *p, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, len, f), len);
    fclose(f);
}

static struct symbols *load(const char *options)
{
    struct symbols *s = symbols_create();
    char message[SYMBOLS_MESSAGE] = "", spec[200];
    snprintf(spec, sizeof(spec), "%s%s", path, options);
    if (!symbols_add(s, spec, message))
        fail_msg("%s", message);
    return s;
}

static void assert_text(const struct symbols *s, enum symbol_context as, ea_t ea, const char *text)
{
    char buf[100];
    assert_string_equal(symbols_text(s, as, ea, buf, sizeof(buf)), text);
}

/* ---- looking up ---- */

static void addresses_have_names(void **state)
{
    struct image im;
    (void)state;
    make(&im, 2);
    write_file(&im, sizeof(im));
    struct symbols *s = load("");
    assert_text(s, SYMBOLS_GUEST, LINKED, "start"); /* the function, not the label */
    assert_text(s, SYMBOLS_GUEST, LINKED + 0x10, "inner");
    assert_text(s, SYMBOLS_GUEST, LINKED + 0x14, "start+0x14"); /* behind what is inside */
    assert_text(s, SYMBOLS_HV, LINKED + 0x44, "middle+0x4");
    assert_text(s, SYMBOLS_HV, LINKED + 0x100, ""); /* behind its end */
    assert_text(s, SYMBOLS_HV, LINKED + 0x208, "table+0x8");
    assert_text(s, SYMBOLS_HV, LINKED + 0x400, "tail+0x100"); /* no size */
    assert_text(s, SYMBOLS_HV, LINKED - 4, "");
    assert_text(s, SYMBOLS_HV, LINKED + CODE, "");
    assert_text(NULL, SYMBOLS_HV, LINKED, "");
    symbols_destroy(s);
}

static bool collect(void *opaque, const struct symbol *sym)
{
    strcat(opaque, sym->name);
    strcat(opaque, " ");
    return true;
}

static void names_have_addresses(void **state)
{
    struct image im;
    struct symbol sym;
    char all[200] = "";
    (void)state;
    make(&im, 2);
    write_file(&im, sizeof(im));
    struct symbols *s = load("@0x10000");
    assert_true(symbols_named(s, SYMBOLS_UV, "middle", &sym));
    assert_int_equal(sym.ea, 0x10040);
    assert_int_equal(sym.body, 0x10048); /* two instructions of global entry */
    assert_int_equal(sym.size, 0x40);
    assert_true(sym.function);
    assert_false(symbols_named(s, SYMBOLS_UV, "$noise", &sym));
    assert_false(symbols_named(s, SYMBOLS_UV, "absolute", &sym));
    assert_false(symbols_named(s, SYMBOLS_UV, "outside", &sym));
    symbols_each(s, SYMBOLS_ANY, "", collect, all);
    assert_string_equal(all, "_stext inner middle start table tail ");
    all[0] = '\0';
    symbols_each(s, SYMBOLS_ANY, "ta", collect, all);
    assert_string_equal(all, "table tail ");
    symbols_destroy(s);
}

static void contexts_are_kept_apart(void **state)
{
    struct image im;
    struct symbols_file file;
    (void)state;
    make(&im, 2);
    write_file(&im, sizeof(im));
    struct symbols *s = load(",as=guest");
    assert_text(s, SYMBOLS_GUEST, LINKED, "start");
    assert_text(s, SYMBOLS_USER, LINKED, "start"); /* what a program calls is there too */
    assert_text(s, SYMBOLS_HV, LINKED, "");
    assert_text(s, SYMBOLS_UV, LINKED, "");
    assert_true(symbols_file(s, 0, &file));
    assert_string_equal(file.path, path);
    assert_int_equal(file.count, 6);
    assert_int_equal(file.first, LINKED);
    assert_false(symbols_file(s, 1, &file));
    symbols_destroy(s);
}

static void a_kernel_is_found_wherever_it_runs(void **state)
{
    struct image im;
    char message[SYMBOLS_MESSAGE];
    struct symbol sym;
    (void)state;
    make(&im, 2);
    write_file(&im, sizeof(im));
    struct symbols *s = symbols_create();
    assert_true(symbols_add_kernel(s, path, 0x400000, message));
    assert_text(s, SYMBOLS_GUEST, LINKED + 0x44, "middle+0x4");
    assert_text(s, SYMBOLS_GUEST, 0x400044, "middle+0x4");
    assert_text(s, SYMBOLS_GUEST, 0x44, "middle+0x4");
    assert_text(s, SYMBOLS_GUEST, 0x3ffff4, "");
    assert_true(symbols_at(s, SYMBOLS_GUEST, 0x400044, &sym));
    assert_int_equal(sym.ea, 0x400040);
    symbols_destroy(s);
}

static void descriptors_of_abi_1_lead_to_code(void **state)
{
    struct image im;
    struct symbol sym;
    (void)state;
    make(&im, 1);
    add(&im, "described", LINKED + OPD, 24, STT_FUNC, STB_GLOBAL, 4, 0);
    add(&im, ".dotted", LINKED + 0x90, 4, STT_FUNC, STB_GLOBAL, 1, 0);
    write_file(&im, sizeof(im));
    struct symbols *s = load("");
    assert_true(symbols_named(s, SYMBOLS_ANY, "described", &sym));
    assert_int_equal(sym.ea, LINKED + 0x40);
    assert_true(symbols_named(s, SYMBOLS_ANY, "dotted", &sym));
    assert_int_equal(sym.ea, LINKED + 0x90);
    symbols_destroy(s);
}

/* ---- bad input ---- */

static void assert_refused(const char *spec, const char *why)
{
    struct symbols *s = symbols_create();
    struct symbols_file file;
    char message[SYMBOLS_MESSAGE] = "";
    assert_false(symbols_add(s, spec, message));
    if (!strstr(message, why))
        fail_msg("%s: %s", spec, message);
    assert_null(strchr(message, '\n'));
    assert_false(symbols_file(s, 0, &file));
    symbols_destroy(s);
}

static void bad_options_are_refused(void **state)
{
    char spec[200];
    (void)state;
    assert_refused("/nowhere/at/all", "/nowhere/at/all: ");
    assert_refused("@5", "no file is named");
    assert_refused("", "no file is named");
    snprintf(spec, sizeof(spec), "%s,as=king", path);
    assert_refused(spec, "unknown context");
    snprintf(spec, sizeof(spec), "%s@here", path);
    assert_refused(spec, "no address");
}

static void bad_files_are_refused(void **state)
{
    struct image im;
    (void)state;
    write_file("hello", 5);
    assert_refused(path, "not an ELF file");
    make(&im, 2);
    im.eh.e_machine = EM_X86_64;
    write_file(&im, sizeof(im));
    assert_refused(path, "not a 64-bit PowerPC");
    make(&im, 2);
    im.sh[1].sh_type = SHT_NOTE;
    write_file(&im, sizeof(im));
    assert_refused(path, "no symbols");
    make(&im, 2);
    im.ph.p_type = PT_NOTE;
    write_file(&im, sizeof(im));
    assert_refused(path, "nothing to load");
}

/* Whatever byte is wrong and wherever the file ends: no crash, and no address outside it. */
static void damaged_files_do_no_harm(void **state)
{
    struct image im;
    char message[SYMBOLS_MESSAGE];
    (void)state;
    make(&im, 1);
    for (size_t i = 0; i < 2 * sizeof(im); i++) {
        struct symbols *s = symbols_create();
        uint8_t bytes[sizeof(im)];
        memcpy(bytes, &im, sizeof(im));
        size_t len = i < sizeof(im) ? i : sizeof(im);
        if (i >= sizeof(im))
            bytes[i - sizeof(im)] ^= 0xff;
        write_file(bytes, len);
        symbols_add(s, path, message);
        for (ea_t ea = LINKED - 8; ea < LINKED + CODE + 8; ea += 0x38)
            assert_text(s, SYMBOLS_GUEST, ea + (1ULL << 62), "");
        symbols_destroy(s);
    }
}

/* ---- stacks ---- */

#define STACK 0x8000u
static struct machine machine;
static struct cpu *cpu;

static void poke(uint64_t ra, uint64_t v)
{
    put_be64(memory_ptr(&machine.mem, ra, 8), v);
}

static void frame(uint64_t sp, uint64_t next, uint64_t lr)
{
    poke(sp, next);
    poke(next + 16, lr);
}

static void stacks_are_followed_to_their_end(void **state)
{
    struct stack_frame f[8];
    (void)state;
    frame(STACK, STACK + 0x100, 0x111);
    frame(STACK + 0x100, STACK + 0x200, 0x222);
    poke(STACK + 0x200, 0);
    assert_int_equal(symbols_backtrace(NULL, cpu, 0x1000, STACK, 0x999, f, 8), 3);
    assert_int_equal(f[0].pc, 0x1000);
    assert_int_equal(f[1].pc, 0x110);
    assert_int_equal(f[1].sp, STACK + 0x100);
    assert_int_equal(f[2].pc, 0x220);
    assert_int_equal(symbols_backtrace(NULL, cpu, 0x1000, STACK, 0x999, f, 2), 2);
    assert_int_equal(symbols_backtrace(NULL, cpu, 0x1000, 0x7000000000000, 0, f, 8), 1);
    assert_int_equal(symbols_backtrace(NULL, cpu, 0x1000, STACK + 4, 0, f, 8), 1);
}

static void stacks_that_go_round_end(void **state)
{
    struct stack_frame f[64];
    (void)state;
    frame(STACK, STACK, 0x100);
    assert_in_range(symbols_backtrace(NULL, cpu, 0x1000, STACK, 0, f, 64), 1, 8);
}

static void functions_without_a_frame_have_a_caller(void **state)
{
    struct image im;
    struct stack_frame f[8];
    (void)state;
    make(&im, 2);
    write_file(&im, sizeof(im));
    struct symbols *s = load("@0x10000,as=hv");
    frame(STACK, STACK + 0x100, 0x110);
    poke(STACK + 0x100, 0);
    poke(0x10040, 0x6000000060000000);
    poke(0x10048, 0xf821ffa160000000); /* stdu r1,-96(r1) */
    assert_int_equal(symbols_backtrace(s, cpu, 0x10048, STACK, 0x10010, f, 8), 3);
    assert_int_equal(f[1].pc, 0x10010);
    assert_int_equal(f[2].pc, 0x110);
    assert_int_equal(symbols_backtrace(s, cpu, 0x1004c, STACK, 0x10010, f, 8), 2);
    assert_int_equal(f[1].pc, 0x110);
    symbols_destroy(s);
}

static void frames_of_interrupts_are_seen(void **state)
{
    struct stack_frame f[8];
    (void)state;
    frame(STACK, STACK + 0x200, 0x110);
    poke(STACK + 0x200, 0);
    poke(STACK + 96, 0x7265677368657265);
    poke(STACK + 112 + 8 * 32, 0x4440);
    poke(STACK + 112 + 8 * 40, 0x901);
    assert_int_equal(symbols_backtrace(NULL, cpu, 0x1000, STACK, 0, f, 8), 3);
    assert_int_equal(f[1].pc, 0x4440);
    assert_int_equal(f[1].vector, 0x900);
    assert_int_equal(f[2].vector, 0);
}

static void branches_say_where_they_go(void **state)
{
    struct image im;
    char text[200];
    (void)state;
    make(&im, 2);
    write_file(&im, sizeof(im));
    struct symbols *s = load("");
    symbols_disas(s, SYMBOLS_ANY, 0x48000041, LINKED + 8, text, sizeof(text));
    assert_string_equal(text, "bl\t0xc000000000000048  <middle+0x8>");
    symbols_disas(s, SYMBOLS_ANY, 0x41820008, LINKED + 0xc, text, sizeof(text));
    assert_non_null(strstr(text, "<start+0x14>"));
    symbols_disas(s, SYMBOLS_ANY, 0x38600001, LINKED, text, sizeof(text));
    assert_null(strchr(text, '<'));
    symbols_disas(NULL, SYMBOLS_ANY, 0x48000041, LINKED + 8, text, sizeof(text));
    assert_null(strchr(text, '<'));
    symbols_destroy(s);
}

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0 || !memory_init(&machine.mem, 1 * MiB, 0))
        return -1;
    close(fd);
    cpu = aligned_alloc(64, (sizeof(*cpu) + 63) & ~63ULL);
    memset(cpu, 0, sizeof(*cpu));
    machine.cpus = cpu;
    machine.ncpus = 1;
    machine.engine = &engine_ref;
    cpu->machine = &machine;
    tlb_init(cpu);
    cpu_reset(cpu); /* hypervisor state, real mode, big endian */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tlb_destroy(cpu);
    free(cpu);
    memory_free(&machine.mem);
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_names),
        cmocka_unit_test(names_have_addresses),
        cmocka_unit_test(contexts_are_kept_apart),
        cmocka_unit_test(a_kernel_is_found_wherever_it_runs),
        cmocka_unit_test(descriptors_of_abi_1_lead_to_code),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(stacks_are_followed_to_their_end),
        cmocka_unit_test(stacks_that_go_round_end),
        cmocka_unit_test(functions_without_a_frame_have_a_caller),
        cmocka_unit_test(frames_of_interrupts_are_seen),
        cmocka_unit_test(branches_say_where_they_go),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
