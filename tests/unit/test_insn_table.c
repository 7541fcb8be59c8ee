/*
 * The instruction table against itself, against the decoder and disassembler, and against capstone
 * as an independent reader of the same encodings.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <capstone/capstone.h>

#include "pefemu/access.h"
#include "pefemu/cpu.h"

#define RANDOM_WORDS 32 /* per row */

static uint32_t random_word(unsigned id)
{
    const struct insn_row *row = &insn_table[id];
    return row->match | ((uint32_t)mrand48() & ~row->mask);
}

static uint32_t canonical_word(unsigned id)
{
    for (;;) {
        uint32_t word = random_word(id) & ~insn_table[id].reserved;
        struct insn in;
        insn_decode(&in, word);
        if (insn_is_canonical(&in))
            return word;
    }
}

static unsigned id_of(uint32_t word)
{
    struct insn in;
    insn_decode(&in, word);
    return in.id;
}

static void test_masks(void **state)
{
    (void)state;
    for (unsigned i = 1; i < INSN_COUNT; i++) {
        const struct insn_row *row = &insn_table[i];
        if (row->match & ~row->mask)
            fail_msg("%s: match has bits outside mask", row->mnemonic);
        if (row->reserved & (row->mask | row->match))
            fail_msg("%s: reserved bits tell it from others", row->mnemonic);
        if ((row->mask >> 26) != 0x3f)
            fail_msg("%s: mask misses the primary opcode", row->mnemonic);
        assert_non_null(row->handler);
    }
}

/* No word may be two instructions: the order of rows then cannot matter. */
static void test_no_overlap(void **state)
{
    (void)state;
    for (unsigned i = 1; i < INSN_COUNT; i++) {
        for (unsigned j = 1; j < i; j++) {
            const struct insn_row *a = &insn_table[i], *b = &insn_table[j];
            if (!((a->match ^ b->match) & a->mask & b->mask))
                fail_msg("%s and %s overlap", a->mnemonic, b->mnemonic);
            if (!strcmp(a->mnemonic, b->mnemonic))
                fail_msg("%s stands twice", a->mnemonic);
        }
    }
}

static unsigned find_linearly(uint32_t word)
{
    for (unsigned i = 1; i < INSN_COUNT; i++)
        if ((word & insn_table[i].mask) == insn_table[i].match)
            return i;
    return INSN_ILLEGAL;
}

static void test_index_finds_rows(void **state)
{
    (void)state;
    for (unsigned i = 1; i < INSN_COUNT; i++) {
        assert_int_equal(id_of(insn_table[i].match), i);
        assert_int_equal(id_of(insn_table[i].match | ~insn_table[i].mask), i);
        for (unsigned k = 0; k < RANDOM_WORDS; k++)
            assert_int_equal(id_of(random_word(i)), i);
    }
    for (unsigned k = 0; k < 200000; k++) {
        uint32_t word = (uint32_t)mrand48();
        assert_int_equal(id_of(word), find_linearly(word));
    }
}

/* Reserved fields change neither the instruction nor its operands, and show in the text. */
static void test_reserved_bits_are_ignored(void **state)
{
    char text[96];
    (void)state;
    for (unsigned i = 1; i < INSN_COUNT; i++) {
        uint32_t reserved = insn_table[i].reserved;
        for (unsigned k = 0; k < RANDOM_WORDS && reserved; k++) {
            uint32_t clean = canonical_word(i), word = clean | ((uint32_t)mrand48() & reserved);
            struct insn a, b;
            memset(&a, 0, sizeof(a)); /* padding is compared too */
            memset(&b, 0, sizeof(b));
            insn_decode(&a, clean);
            insn_decode(&b, word);
            assert_int_equal(b.word, word);
            b.word = clean;
            a.fn = b.fn = NULL;
            assert_memory_equal(&a, &b, sizeof(a));
            insn_disas(text, sizeof(text), word, 0);
            assert_int_equal(word != clean, !strncmp(text, ".long", 5));
        }
    }
}

static const struct {
    uint32_t word;
    unsigned id;
    bool canonical;
} forms[] = {
    {0x7c632214, INSN_ADD, true},       {0x7c63232f, INSN_STHX, false}, /* bit 31 */
    {0x7c632011, INSN_SUBFC_, true},    {0x7c6323f9, INSN_CMPB, false}, /* no record form */
    {0x7c63202f, INSN_LWZX, false},                                     /* bit 31 */
    {0x7c632496, INSN_MULHW, false}, /* bit 21, OE in its neighbours */
    {0x7c6318d0, INSN_NEG, false},   /* RB */
    {0xfc2218ea, INSN_FADD, false},  /* FRC */
    {0xfc221840, INSN_FCMPO, false}, /* bits 9:10 */
    {0x4c631983, INSN_CRXOR, false},    {0x4fff8124, INSN_RFEBB, false},
    {0x7fff04ac, INSN_SYNC, false},     {0x7c0004a4, INSN_RESNOP, false},
    {0x84000000, INSN_LWZU, false},                                       /* RA=0 */
    {0x84630000, INSN_LWZU, false},                                       /* RA=RT */
    {0x84640000, INSN_LWZU, true},      {0x7c130026, INSN_MFOCRF, false}, /* two fields */
    {0x40200000, INSN_BC, false},                                         /* z=1 */
    {0x10000781, INSN_BCDCTSQ_, false}, {0x10001602, INSN_VCLZLSBB, true},
    {0x10021602, INSN_ILLEGAL, false}, /* bits 11:15 are part of the opcode */
    {0xfc01048e, INSN_MFFSCE, true},    {0xfc02048e, INSN_ILLEGAL, false},
};

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct insn in;
        insn_decode(&in, forms[i].word);
        if (in.id != forms[i].id || insn_is_canonical(&in) != forms[i].canonical)
            fail_msg("%08x decodes as %s", forms[i].word, insn_table[in.id].mnemonic);
    }
}

/* ---- disassembler ---- */

static const struct sample {
    uint32_t word;
    const char *text;
} samples[] = {
    {0x00000000, ".long 0x0"},
    {0x04000000, ".long 0x4000000"},
    {0x38600001, "addi\tr3,0,1"},
    {0x3863ffff, "addi\tr3,r3,-1"},
    {0x3c40fff0, "addis\tr2,0,-16"},
    {0x60000000, "ori\tr0,r0,0"},
    {0x6421ffff, "oris\tr1,r1,65535"},
    {0x4e21b004, "addpcis\tr17,-20478"},
    {0x7c632214, "add\tr3,r3,r4"},
    {0x7c632615, "addo.\tr3,r3,r4"},
    {0x7f1a4078, "andc\tr26,r24,r8"},
    {0x7c0301d4, "addme\tr0,r3"},
    {0x7c6311d4, ".long 0x7c6311d4"},
    {0x54641838, "rlwinm\tr4,r3,3,0,28"},
    {0x786407c6, "rldicr\tr4,r3,32,31"},
    {0x78630020, "rldicl\tr3,r3,0,32"},
    {0x7884f80e, "rldimi\tr4,r4,63,0"},
    {0x7c63f676, "sradi\tr3,r3,62"},
    {0x7c03fe70, "srawi\tr3,r0,31"},
    {0x7c8b2a9e, "isel\tr4,r11,r5,4*cr2+eq"},
    {0x2fa30000, "cmpi\tcr7,1,r3,0"},
    {0x2880ffff, "cmpli\tcr1,0,r0,65535"},
    {0x7fa32000, "cmp\tcr7,1,r3,r4"},
    {0x0fe00000, "twi\t31,r0,0"},
    {0x41820010, "bc\t12,eq,0x1010"},
    {0x4082fff8, "bc\t4,eq,0xff8"},
    {0x4bfffffd, "bl\t0xffc"},
    {0x48000102, "ba\t0x100"},
    {0x4bfffffe, "ba\t0xfffffffc"},
    {0x4e800020, "bclr\t20,lt,0"},
    {0x4e800421, "bcctrl\t20,lt,0"},
    {0x4c631983, ".long 0x4c631983"},
    {0x4de0a242, "creqv\t4*cr3+so,lt,4*cr5+lt"},
    {0x44000022, "sc\t1"},
    {0x44000001, "scv\t0"},
    {0x80610008, "lwz\tr3,8(r1)"},
    {0x80600008, "lwz\tr3,8(0)"},
    {0xf821ff91, "stdu\tr1,-112(r1)"},
    {0xe8410018, "ld\tr2,24(r1)"},
    {0xe0830010, "lq\tr4,16(r3)"},
    {0xf8830012, "stq\tr4,16(r3)"},
    {0x7c6018a8, "ldarx\tr3,0,r3,0"},
    {0x7c6019ad, "stdcx.\tr3,0,r3"},
    {0x7c0004ac, "sync\t0"},
    {0x7c2004ac, "sync\t1"},
    {0x7c4004ac, "sync\t2"},
    {0x7c0006ac, "eieio"},
    {0x4c00012c, "isync"},
    {0x7c001fec, "dcbz\t0,r3"},
    {0x7c6802a6, "mfspr\tr3,8"},
    {0x7c6c42a6, "mfspr\tr3,268"},
    {0x7d3043a6, "mtspr\t272,r9"},
    {0x7c600026, "mfcr\tr3,-1"},
    {0x7c6ff120, "mtcrf\t255,r3"},
    {0x7d710120, "mtocrf\t16,r11"},
    {0x7c210164, "mtmsrd\tr1,1"},
    {0x4c000024, "rfid"},
    {0x7c002264, "tlbie\tr4,r0,0,0,0"},
    {0x7c0303e4, ".long 0x7c0303e4"},
    {0xc8230008, "lfd\tf1,8(r3)"},
    {0xfc22182a, "fadd\tf1,f2,f3"},
    {0xfc2200f2, "fmul\tf1,f2,f3"},
    {0xfc2220fa, "fmadd\tf1,f2,f3,f4"},
    {0xfdfe058e, "mtfsf\t255,f0,0,0"},
    {0xff80010c, "mtfsfi\t7,0,0"},
    {0xfc00048e, "mffs\tf0"},
    {0xfc7e2804, ".long 0xfc7e2804"},
    {0x10221840, "vadduhm\tv1,v2,v3"},
    {0x102220eb, "vperm\tv1,v2,v4,v3"},
    {0x101f034c, "vspltish\tv0,-1"},
    {0x7c2018ce, "lvx\tv1,0,r3"},
    {0x7c201e99, "lxvd2x\tvs33,0,r3"},
    {0xf4230019, "lxv\tvs33,16(r3)"},
    {0xf423001d, "stxv\tvs33,16(r3)"},
    {0xe4230012, "lxsd\tv1,16(r3)"},
    {0xf0211497, "xxlor\tvs33,vs33,vs34"},
    {0xf0422a57, "xxpermdi\tvs34,vs34,vs37,2"},
    {0xf02218ff, "xxsel\tvs33,vs34,vs35,vs35"},
    {0xf3e0fad1, "xxspltib\tvs63,31"},
    {0xf0285fa9, "xvtstdcdp\tvs33,vs11,8"},
    {0xfc221808, "xsaddqp\tv1,v2,v3"},
    {0xfc021804, "daddq\tf0,f2,f2"},
    {0x7c6105e6, "darn\tr3,1"},
};

static void test_disas_samples(void **state)
{
    char text[96];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
        insn_disas(text, sizeof(text), samples[i].word, 0x1000);
        assert_string_equal(text, samples[i].text);
    }
}

/* Every operand name of the table is known to disas.c, and short buffers stay terminated. */
static void test_disas_all(void **state)
{
    char text[96], small[8];
    (void)state;
    for (unsigned i = 1; i < INSN_COUNT; i++) {
        uint32_t word = canonical_word(i);
        insn_disas(text, sizeof(text), word, 0);
        if (strchr(text, '?'))
            fail_msg("%s: operand list not understood: %s", insn_table[i].mnemonic, text);
        insn_disas(small, sizeof(small), word, 0);
        assert_int_equal(strlen(small), strlen(text) < 7 ? strlen(text) : 7);
    }
}

/* ---- operand fields ---- */

static struct insn decode(uint32_t word)
{
    struct insn in;
    insn_decode(&in, word);
    return in;
}

static void test_immediates(void **state)
{
    (void)state;
    assert_int_equal(decode(0x3863ffff).imm, -1);            /* addi r3,r3,-1 */
    assert_int_equal(decode(0x3c608000).imm, -0x80000000LL); /* addis r3,0,-32768 */
    assert_int_equal(decode(0x64638000).imm, 0x80000000LL);  /* oris r3,r3,0x8000 */
    assert_int_equal(decode(0x60638000).imm, 0x8000);        /* ori r3,r3,0x8000 */
    assert_int_equal(decode(0x28608000).imm, 0x8000);        /* cmpli */
    assert_int_equal(decode(0x4c7fffc5).imm, -65536);        /* addpcis r3,-1 */
    assert_int_equal(decode(0xe861fff9).imm, -8);            /* ldu r3,-8(r1) */
    assert_int_equal(decode(0xe081fff0).imm, -16);           /* lq r4,-16(r1) */
    assert_int_equal(decode(0x4bfffffd).imm, -4);            /* bl .-4 */
    assert_int_equal(decode(0x4182fff8).imm, -8);            /* beq .-8 */
    assert_int_equal(decode(0x7c6c42a6).imm, 268);           /* mfspr r3,268 */
    assert_int_equal(decode(0x7d3043a6).imm, 272);           /* mtspr 272,r9 */
}

static uint64_t mask_of(uint32_t word)
{
    return (uint64_t)decode(word).imm;
}

static void test_rotate_masks(void **state)
{
    (void)state;
    assert_int_equal(mask_of(0x54641838), 0xfffffff8);         /* rlwinm 3,0,28 */
    assert_int_equal(mask_of(0x54640fc6), 0xfffffffff0000001); /* 1,31,3 wraps */
    assert_int_equal(mask_of(0x78630020), 0xffffffff);         /* rldicl 0,32 */
    assert_int_equal(mask_of(0x786407c6), 0xffffffff00000000); /* rldicr 32,31 */
    assert_int_equal(mask_of(0x78641f68), ~0ULL);              /* rldic 3,61: all */
    assert_int_equal(mask_of(0x7884f80e), 1ULL << 63);         /* rldimi 63,0 */
    assert_int_equal(mask_of(0x78641810), ~0ULL);              /* rldcl 0 */
    assert_int_equal(mask_of(0x78641812), 1ULL << 63);         /* rldcr 0 */
    assert_int_equal(decode(0x7c63f676).sh, 62);               /* sradi */
    assert_int_equal(decode(0x7c03fe70).sh, 31);               /* srawi */
    assert_int_equal(decode(0x54641838).sh, 3);
}

static void test_vsx_numbers(void **state)
{
    struct insn in = decode(0xf02218ff); /* xxsel vs33,vs34,vs35,vs35 */
    (void)state;
    assert_int_equal(in.rt, 33);
    assert_int_equal(in.ra, 34);
    assert_int_equal(in.rb, 35);
    assert_int_equal(in.rc, 35);
    in = decode(0x7c201e99); /* lxvd2x vs33,0,r3 */
    assert_int_equal(in.rt, 33);
    assert_int_equal(in.rb, 3);
    assert_int_equal(decode(0xf4230019).rt, 33); /* lxv */
    assert_int_equal(decode(0xe4230012).rt, 33); /* lxsd v1 */
    assert_int_equal(decode(0xe0830010).rt, 4);  /* lq */
    assert_int_equal(decode(0x10221840).rt, 1);  /* vadduhm */
}

static uint64_t need(uint32_t word)
{
    struct insn in = decode(word);
    return insn_facility_need(&in);
}

static void test_facilities(void **state)
{
    (void)state;
    assert_int_equal(need(0x7c632214), 0);       /* add */
    assert_int_equal(need(0xc8230008), MSR_FP);  /* lfd */
    assert_int_equal(need(0x7c2018ce), MSR_VEC); /* lvx */
    assert_int_equal(need(0x7c201e99), MSR_VSX); /* lxvd2x, any VSR */
    assert_int_equal(need(0xf4230011), MSR_VSX); /* lxv vs1 */
    assert_int_equal(need(0xf4230019), MSR_VEC); /* lxv vs33 */
    assert_int_equal(need(0xe4230012), MSR_VEC); /* lxsd */
    assert_int_equal(need(0x7c200066), MSR_FP);  /* mfvsrd r0,vs1 */
    assert_int_equal(need(0x7c200067), MSR_VEC); /* mfvsrd r0,vs33 */
    assert_int_equal(need(0xfc221808), MSR_VSX); /* xsaddqp */
}

static void test_privilege(void **state)
{
    (void)state;
    assert_int_equal(insn_table[INSN_ADD].priv, PRIV_USER);
    assert_int_equal(insn_table[INSN_MFSPR].priv, PRIV_USER);
    assert_int_equal(insn_table[INSN_RFID].priv, PRIV_PRIV);
    assert_int_equal(insn_table[INSN_TLBIE].priv, PRIV_PRIV);
    assert_int_equal(insn_table[INSN_HRFID].priv, PRIV_HV);
    assert_int_equal(insn_table[INSN_MSGSND].priv, PRIV_HV);
    assert_int_equal(insn_table[INSN_MSGSNDP].priv, PRIV_PRIV);
    assert_int_equal(insn_table[INSN_URFID].priv, PRIV_UV);
    assert_int_equal(insn_table[INSN_URFID].match, 0x4c000264);
}

/* ---- capstone ---- */

/* Rows that capstone 4 shows under extended mnemonics or, in the last three, other names. */
static bool is_known_alias(const char *ours, const char *theirs)
{
    static const struct {
        const char *ours, *theirs; /* theirs: a prefix */
    } alias[] = {
        {"addi", "li"},
        {"addis", "lis"},
        {"ori", "nop"},
        {"xori", "xnop"},
        {"or", "mr"},
        {"or.", "mr"},
        {"nor", "not"},
        {"nor.", "not"},
        {"cmp", "cmp"},
        {"cmpi", "cmp"},
        {"cmpl", "cmp"},
        {"cmpli", "cmp"},
        {"crnor", "crnot"},
        {"cror", "crmove"},
        {"crxor", "crclr"},
        {"creqv", "crset"},
        {"rldicl", "clrldi"},
        {"rldicl.", "clrldi"},
        {"rldicl", "rotldi"},
        {"rldicl.", "rotldi"},
        {"rldicr", "sldi"},
        {"rldicr.", "sldi"},
        {"rldicr", "rotldi"},
        {"rldcl", "rotld"},
        {"rldcl.", "rotld"},
        {"rlwinm", ""},
        {"rlwinm.", ""},
        {"rlwnm", "rotlw"},
        {"rlwnm.", "rotlw"},
        {"td", "td"},
        {"tdi", "td"},
        {"tw", "t"},
        {"twi", "tw"},
        {"sync", ""},
        {"mfspr", "mf"},
        {"mtspr", "mt"},
        {"mtcrf", "mtcr"},
        {"bc", "b"},
        {"bca", "b"},
        {"bcl", "b"},
        {"bcla", "b"},
        {"bclr", "b"},
        {"bclrl", "b"},
        {"bcctr", "b"},
        {"bcctrl", "b"},
        {"subf", "sub"},
        {"xxpermdi", "xx"},
        {"xvcpsgndp", "xvmovdp"},
        {"xvcpsgnsp", "xvmovsp"},
        {"tlbie", "tlbie"},
        {"slbia", "slbia"},
        {"wait", "wait"},
        {"cntlzw", "cntlz"},
        {"cntlzw.", "cntlz."},
        {"eieio", "mbar"},
        {"tlbld", "tlbwe"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(alias); i++)
        if (!strcmp(alias[i].ours, ours) &&
            !strncmp(alias[i].theirs, theirs, strlen(alias[i].theirs)))
            return true;
    return false;
}

static void test_capstone_agrees(void **state)
{
    csh handle;
    unsigned compared = 0;
    (void)state;
    assert_int_equal(cs_open(CS_ARCH_PPC, CS_MODE_64 | CS_MODE_BIG_ENDIAN, &handle), CS_ERR_OK);
    for (unsigned i = 1; i < INSN_COUNT; i++) {
        for (unsigned k = 0; k < RANDOM_WORDS; k++) {
            uint32_t word = canonical_word(i), bytes = be32(word);
            cs_insn *insn;
            size_t n = cs_disasm(handle, (const uint8_t *)&bytes, 4, 0, 1, &insn);
            if (!n)
                continue;
            compared++;
            if (strcmp(insn->mnemonic, insn_table[i].mnemonic) &&
                !is_known_alias(insn_table[i].mnemonic, insn->mnemonic))
                fail_msg("%08x: %s, capstone: %s", word, insn_table[i].mnemonic, insn->mnemonic);
            cs_free(insn, n);
        }
    }
    cs_close(&handle);
    assert_true(compared > INSN_COUNT * RANDOM_WORDS / 3);
}

/* How many bytes a mnemonic says: "lw", "lfd", "stxsih" and the like. */
static unsigned size_by_name(const char *name)
{
    static const struct {
        const char *begins;
        unsigned size;
    } sizes[] = {
        {"b", 1},    {"h", 2},    {"w", 4},    {"d", 8},    {"fs", 4},  {"fd", 8},
        {"fiw", 4},  {"xsib", 1}, {"xsih", 2}, {"xsiw", 4}, {"xss", 4}, {"xsd", 8},
        {"xvds", 8}, {"xvws", 4}, {"xv", 16},  {"v", 16},
    };
    name += *name == 's' ? 2 : 1;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        if (!strncmp(name, sizes[i].begins, strlen(sizes[i].begins)))
            return sizes[i].size;
    return 0;
}

static void test_accesses_are_what_mnemonics_say(void **state)
{
    unsigned found = 0;
    (void)state;
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        const char *name = insn_table[id].mnemonic;
        struct access a;
        if (!access_of(id, &a)) {
            assert_int_equal(a.size, 0);
            continue;
        }
        found++;
        if (a.size != size_by_name(name) || a.store != !strncmp(name, "st", 2) ||
            a.indexed !=
                (name[strlen(name) - 1] == 'x' || !strcmp(name + strlen(name) - 2, "xl")) ||
            a.update != !!strchr(name, 'u') || (a.regs == ACCESS_GPR_CI) != !!strstr(name, "cix"))
            fail_msg("%s: %u bytes, indexed %d, update %d, store %d", name, a.size, a.indexed,
                     a.update, a.store);
    }
    assert_true(found > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_no_overlap),
        cmocka_unit_test(test_index_finds_rows),
        cmocka_unit_test(test_reserved_bits_are_ignored),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_disas_samples),
        cmocka_unit_test(test_disas_all),
        cmocka_unit_test(test_immediates),
        cmocka_unit_test(test_rotate_masks),
        cmocka_unit_test(test_vsx_numbers),
        cmocka_unit_test(test_facilities),
        cmocka_unit_test(test_privilege),
        cmocka_unit_test(test_capstone_agrees),
        cmocka_unit_test(test_accesses_are_what_mnemonics_say),
    };
    return cmocka_run_group_tests_name("insn_table", tests, NULL, NULL);
}
