/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls of an SVM, and what the hypervisor gets to see of its registers on every way out:
 * canaries are in all of them beforehand, and the hypervisor leaves its own in all of them.
 */
#include "bed.h"

#define PC      (BED_CODE + 0x40)
#define GPA     (GUEST_BASE + 0x30000)
#define CANARY  0x5ec4e7c0dec4fe5eULL
#define HOSTILE 0xbadbadbadbadbad0ULL

static const struct row {
    uint64_t number;
    unsigned in, out;
} rows[] = {
#define SVM_HCALL(number, name, in, out) {number, in, out},
#include "pefemu/svm_hcall.def"
#undef SVM_HCALL
};

/* Numbers from the hypervisor's point of view. */
enum { H_CEDE = 0xe0, H_RANDOM = 0x300, H_PRIVILEGE = -3 };
enum {
    SPR_DEC = 22,
    SPR_SRR0 = 26,
    SPR_SRR1 = 27,
    SPR_PIDR = 48,
    SPR_FSCR = 153,
    SPR_UDSCR = 3,
    SPR_CTRLR = 136,
    SPR_CTRLW = 152,
    SPR_PSPB = 159,
    SPR_PPR = 896,
    SPR_PPR32 = 898,
    SPR_PSSCR = 823,
    SPR_PSSCR_H = 855,
    SPR_TB40 = 286,
    SPR_UMMCR0 = 779,
    SPR_MMCR0 = 795,
};

/* ---- every register ---- */

/* Registers that SVMs write and that are still not theirs, or not hidden: why stands beside each.
 */
static bool is_exempt(unsigned spr)
{
    switch (spr) {
    case SPR_DEC:  /* runs on; checked by itself */
    case SPR_SRR0: /* the cookie */
    case SPR_SRR1: /* the MSR image */
    case SPR_PIDR: /* compared: another one kills */
    case SPR_FSCR: /* which facilities are on: kept */
    case SPR_CTRLR:
    case SPR_CTRLW:
    case SPR_PPR: /* the hypervisor's priority */
    case SPR_PPR32:
    case SPR_PSSCR: /* the hypervisor's own stop states */
        return true;
    default:
        return false;
    }
}

static bool svm_may_write(unsigned spr)
{
    struct spr_desc d;
    return cpu_spr_describe(spr, &d) && (d.write == 'U' || d.write == 'P') && !is_exempt(spr);
}

static void poison(struct cpu *cpu, uint64_t v)
{
    for (unsigned i = 0; i < 32; i++)
        cpu->gpr[i] = v ^ (uint64_t)(i + 1) << 8;
    for (unsigned i = 0; i < 64; i++) {
        cpu->vsr[i].d[0] = v ^ i << 16;
        cpu->vsr[i].d[1] = v ^ i << 24;
    }
    for (unsigned spr = 0; spr < 1024; spr++)
        if (svm_may_write(spr))
            cpu_spr_poke(cpu, spr, v);
    cpu_set_cr_all(cpu, (uint32_t)v | 1);
    cpu->fpscr = 0xf0;
    cpu->vscr = 1;
    cpu->cfar = v;
    cpu->dar = v;
    cpu->dsisr = v;
}

static void assert_hidden(const struct cpu *seen, unsigned n_in)
{
    struct cpu *cpu = malloc(sizeof(*cpu));

    assert_non_null(cpu);
    *cpu = *seen;
    for (unsigned i = 0; i < 32; i++)
        if (i == 31)
            assert_int_equal(cpu->gpr[i], cpu->hsrr0);
        else if (i < 3 || i >= 3 + n_in)
            assert_int_equal(cpu->gpr[i], 0);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(cpu->vsr[i].d[0] | cpu->vsr[i].d[1], 0);
    for (unsigned spr = 0; spr < 1024; spr++) {
        uint64_t v = 0;
        bool mmcr0 = spr == SPR_MMCR0 || spr == SPR_UMMCR0; /* frozen, whatever it was */
        if (svm_may_write(spr) && cpu_spr_peek(cpu, spr, &v) && v != (mmcr0 ? MMCR0_FC : 0))
            fail_msg("SPR %u shows 0x%llx", spr, (unsigned long long)v);
    }
    static const unsigned counters[] = {308, 309, 848};
    for (unsigned i = 0; i < ARRAY_SIZE(counters); i++) {
        uint64_t v = ~0ULL;
        assert_true(cpu_spr_peek(cpu, counters[i], &v));
        assert_in_range(v, 0, 1 << 20); /* the crossing itself takes time */
    }
    assert_int_equal(cpu_get_cr(cpu), 0);
    assert_int_equal(cpu->fpscr | cpu->vscr | cpu->cfar | cpu->dar | cpu->dsisr, 0);
    assert_int_equal(cpu->heir, 0);
    /* who it is, and no more */
    assert_int_equal(cpu->srr0, cpu->gpr[31]);
    assert_int_equal(cpu->hsrr0, cpu->gpr[31]);
    assert_int_equal(cpu->srr1, cpu->hsrr1);
    assert_true(cpu->srr1 & MSR_S);
    assert_false(cpu->msr & MSR_S);
    assert_false(cpu->reserve_valid);
    free(cpu);
}

/* The registers of @was but for R3..R(2+n_out), which are the hypervisor's. */
static void assert_restored(struct cpu *cpu, struct cpu *was, unsigned n_out)
{
    for (unsigned i = 0; i < 32; i++) {
        bool out = i >= 3 && i < 3 + n_out;
        assert_int_equal(cpu->gpr[i], out ? HOSTILE ^ (uint64_t)(i + 1) << 8 : was->gpr[i]);
    }
    assert_memory_equal(cpu->vsr, was->vsr, sizeof(cpu->vsr));
    for (unsigned spr = 0; spr < 1024; spr++) {
        uint64_t a = 0, b = 0;
        if (svm_may_write(spr) && cpu_spr_peek(cpu, spr, &a) && cpu_spr_peek(was, spr, &b) &&
            a != b)
            fail_msg("SPR %u was 0x%llx and comes back as 0x%llx", spr, (unsigned long long)b,
                     (unsigned long long)a);
    }
    assert_int_equal(cpu_get_cr(cpu), cpu_get_cr(was));
    assert_int_equal(cpu->fpscr, was->fpscr);
    assert_int_equal(cpu->vscr, was->vscr);
    assert_int_equal(cpu->dar, was->dar);
    assert_int_equal(cpu->dsisr, was->dsisr);
    assert_int_equal(cpu->hsprg[0], 0x1122); /* the hypervisor's own are as it left them */
}

static void hostile(struct bed *b, struct cpu *cpu, unsigned vector)
{
    uint64_t cookie = cpu->gpr[31], srr1 = cpu->srr1;

    (void)b;
    (void)vector;
    poison(cpu, HOSTILE);
    cpu->hsprg[0] = 0x1122;
    /* R0 is the result, R3 the call's number: as poison() has R3 for the comparison */
    uint64_t r3 = cpu->gpr[3];
    cpu->gpr[31] = cookie;
    cpu->srr1 = srr1;
    cpu->hsrr1 = srr1;
    bed_hv_return(cpu, (int64_t)r3, cookie);
}

#define MSR_ALL (MSR_SVM | MSR_EE | MSR_FP | MSR_VEC | MSR_VSX)

static struct cpu *prepare(struct bed *b, struct cpu *was)
{
    struct cpu *cpu = &b->m.cpus[0];

    b->hv = hostile;
    poison(cpu, CANARY);
    *was = *cpu;
    return cpu;
}

BED_TEST(attack_38_39_registers_of_every_hypercall)
{
    struct cpu *was = malloc(sizeof(*was));

    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cpu *cpu = prepare(b, was);
        cpu->gpr[3] = was->gpr[3] = rows[i].number;
        cpu_set_msr(cpu, MSR_ALL);
        cpu->nia = PC;
        cpu_model_sc(cpu, 1);
        bed_enter(cpu);
        assert_int_equal(b->last.vector, 0xc00);
        assert_int_equal(b->last.number, rows[i].number);
        for (unsigned k = 1; k < rows[i].in; k++)
            assert_int_equal(b->last.args[k - 1], was->gpr[3 + k]);
        assert_hidden(&b->last.regs, rows[i].in);
        assert_int_equal(b->last.regs.srr1 & SRR1_LEV, 1ULL << 20);
        assert_restored(cpu, was, rows[i].out);
        assert_int_equal(cpu->nia, PC);
        assert_int_equal(cpu->msr, MSR_ALL);
    }
    assert_int_equal(b->m.uv->stats.reflected_hcalls, ARRAY_SIZE(rows));
    free(was);
}

/* Interrupts that the hypervisor has to see: nothing goes in, nothing comes back. */
BED_TEST(attack_38_39_42_registers_of_every_interrupt)
{
    static const struct {
        enum trap trap;
        unsigned vector;
    } c[] = {
        {TRAP_RESET, 0x100}, {TRAP_MCHECK, 0x200},    {TRAP_HDEC, 0x980},
        {TRAP_HMI, 0xe60},   {TRAP_HDOORBELL, 0xe80}, {TRAP_HVI, 0xea0},
    };
    struct cpu *was = malloc(sizeof(*was));

    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        struct cpu *cpu = prepare(b, was);
        if (c[i].trap == TRAP_MCHECK) { /* the interrupt itself sets them */
            cpu->trap.dar = was->dar = CANARY;
            cpu->trap.dsisr = was->dsisr = 0;
        }
        bed_interrupt(cpu, c[i].trap, MSR_ALL, PC);
        assert_int_equal(b->last.vector, c[i].vector);
        assert_hidden(&b->last.regs, 0);
        assert_restored(cpu, was, 0);
        assert_int_equal(cpu->nia, PC);
    }
    free(was);
}

/* The ultravisor's own calls: its arguments only. */
BED_TEST(attack_38_39_registers_of_a_fault)
{
    struct cpu *was = malloc(sizeof(*was));

    bed_make_svm(b, BED_LPID);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, GPA, 0, 16);
    struct cpu *cpu = prepare(b, was);
    cpu->trap = (struct trap_info){.dar = GPA + 0x123, .asdr = GPA, .dsisr = DSISR_NOHPTE};
    bed_interrupt(cpu, TRAP_HDSI, MSR_ALL, PC);
    assert_int_equal(b->last.number, UV_H_SVM_PAGE_IN);
    assert_int_equal(b->last.args[0], GPA); /* not which byte of it */
    assert_int_equal(b->last.args[1], 0);
    assert_int_equal(b->last.args[2], 16);
    assert_hidden(&b->last.regs, 4);
    assert_int_equal(b->last.regs.hdar | b->last.regs.asdr | b->last.regs.hdsisr, 0);
    assert_restored(cpu, was, 0);
    free(was);
}

static void hostile_sharer(struct bed *b, struct cpu *cpu, unsigned vector)
{
    gra_t gpa = cpu->gpr[4];
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16), 0);
    hostile(b, cpu, vector);
    cpu->gpr[0] = 0; /* of the return under way */
}

BED_TEST(attack_38_39_registers_of_a_share)
{
    struct cpu *was = malloc(sizeof(*was));

    bed_make_svm(b, BED_LPID);
    struct cpu *cpu = prepare(b, was);
    b->hv = hostile_sharer;
    cpu->gpr[3] = was->gpr[3] = UV_SHARE_PAGE;
    cpu->gpr[4] = was->gpr[4] = GPA >> 16;
    cpu->gpr[5] = was->gpr[5] = 1;
    cpu_set_msr(cpu, MSR_ALL);
    cpu->nia = PC;
    cpu_model_sc(cpu, 2);
    bed_enter(cpu);
    assert_int_equal(b->last.number, UV_H_SVM_PAGE_IN);
    assert_hidden(&b->last.regs, 4);
    assert_int_equal(cpu->gpr[3], U_SUCCESS);
    was->gpr[3] = U_SUCCESS;
    assert_restored(cpu, was, 0);
    free(was);
}

BED_TEST(attack_43_counters_go_on_afterwards)
{
    struct cpu *cpu = &b->m.cpus[0];
    uint64_t purr = 0, ic = 0;

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    cpu_spr_poke(cpu, 309, 1ULL << 40);
    cpu_spr_poke(cpu, 848, 1ULL << 40);
    bed_interrupt(cpu, TRAP_HDEC, MSR_ALL, PC);
    assert_true(cpu_spr_peek(cpu, 309, &purr) && cpu_spr_peek(cpu, 848, &ic));
    assert_in_range(purr, 1ULL << 40, (1ULL << 40) + (1 << 30));
    assert_in_range(ic, 1ULL << 40, (1ULL << 40) + (1 << 30));
}

/* ---- the table ---- */

/* Rows that stand for their kind, as the sheet has them. */
BED_TEST(counts_of_well_known_hypercalls)
{
    static const struct row known[] = {
        {0x0e0, 1, 1},  {0x0f4, 1, 2},  {0x0ec, 1, 6}, {0x2b8, 1, 7}, {0x2d4, 1, 8}, {0x064, 2, 1},
        {0x1c8, 2, 3},  {0x054, 2, 4},  {0x060, 2, 9}, {0x0e4, 3, 1}, {0x03c, 3, 2}, {0x3a8, 3, 5},
        {0x2ec, 3, 7},  {0x00c, 3, 9},  {0x020, 4, 1}, {0x0dc, 4, 1}, {0x3b4, 4, 3}, {0x058, 5, 1},
        {0x31c, 5, 1},  {0x37c, 5, 1},  {0x3c8, 5, 2}, {0x3ac, 6, 1}, {0x3b8, 6, 1}, {0x004, 6, 3},
        {0x110, 6, 9},  {0x2e4, 7, 1},  {0x008, 7, 2}, {0x304, 8, 1}, {0x120, 9, 1}, {0x124, 9, 2},
        {0x328, 10, 1}, {0x2f4, 10, 3},
    };
    (void)b;
    for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
        unsigned found = 0;
        for (unsigned k = 0; k < ARRAY_SIZE(rows); k++)
            if (rows[k].number == known[i].number) {
                assert_int_equal(rows[k].in, known[i].in);
                assert_int_equal(rows[k].out, known[i].out);
                found++;
            }
        assert_int_equal(found, 1);
    }
}

static bool in_table(uint64_t number)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].number == number)
            return true;
    return false;
}

static int64_t hcall(struct bed *b, enum bed_from from, uint64_t number)
{
    struct cpu *cpu = &b->m.cpus[0];

    cpu->gpr[3] = number;
    bed_sc(b, cpu, from, 1);
    assert_int_equal(cpu->nia, 0x10000);
    return (int64_t)cpu->gpr[3];
}

BED_TEST(attack_40_74_unknown_and_forbidden_hypercalls)
{
    static const uint64_t odd[] = {
        1,      2,      3,      0xe1,   1ULL << 32 | 0xe0, PPC_BIT(0) | 0xe0, ~0ULL,
        0xf104, 0xf110, 0xf11c, 0x10000};
    static const uint64_t own[] = {0xef00, 0xef04, 0xef08, 0xef0c, 0xef10, 0xef14};

    bed_make_svm(b, BED_LPID);
    b->hv = NULL; /* must not hear of any of them */
    for (uint64_t n = 0; n < 0x10000; n += 4)
        if (!in_table(n) && n != H_RANDOM && n != UV_H_RTAS)
            assert_int_equal(hcall(b, FROM_SVM, n), UV_H_FUNCTION);
    for (unsigned i = 0; i < ARRAY_SIZE(odd); i++)
        assert_int_equal(hcall(b, FROM_SVM, odd[i]), UV_H_FUNCTION);
    for (unsigned i = 0; i < ARRAY_SIZE(own); i++)
        assert_false(in_table(own[i]));
    assert_int_equal(b->entries, 0);
}

BED_TEST(attack_41_h_random_is_answered_here)
{
    struct cpu *cpu = &b->m.cpus[0];
    uint64_t seen[16];

    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(seen); i++) {
        cpu->gpr[5] = 0x77;
        assert_int_equal(hcall(b, FROM_SVM, H_RANDOM), 0);
        seen[i] = cpu->gpr[4];
        assert_int_equal(cpu->gpr[5], 0x77);
        for (unsigned k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
    }
    assert_int_equal(b->entries, 0);
}

/* A program may not talk to the hypervisor past its system. */
BED_TEST(no_hypercalls_from_problem_state)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(hcall(b, FROM_SVM_USER, rows[i].number), H_PRIVILEGE);
    assert_int_equal(hcall(b, FROM_SVM_USER, UV_H_RTAS), H_PRIVILEGE);
    cpu->gpr[4] = 0x77;
    assert_int_equal(hcall(b, FROM_SVM_USER, H_RANDOM), H_PRIVILEGE);
    assert_int_equal(cpu->gpr[4], 0x77);
    assert_true(cpu->msr & MSR_PR);
    assert_int_equal(b->entries, 0);
}

/* ---- H_CEDE and the decrementer ---- */

BED_TEST(h_cede_enables_interrupts_and_shows_the_decrementer)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    cpu->dec_expiry = 0x123456;
    assert_int_equal(hcall(b, FROM_SVM, H_CEDE), 0);
    assert_int_equal(b->last.regs.dec_expiry, 0x123456);
    assert_true(b->last.regs.srr1 & MSR_EE);
    assert_true(cpu->msr & MSR_EE);
    assert_int_equal(cpu->dec_expiry, 0x123456);
}

BED_TEST(the_decrementer_is_hidden_otherwise)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    cpu->dec_expiry = 0x123456;
    assert_int_equal(hcall(b, FROM_SVM, 0x64), 0);
    assert_in_range(b->last.regs.dec_expiry, 0x7fffffff, 0x7fffffffULL + (1 << 20));
    assert_false(b->last.regs.srr1 & MSR_EE);
    assert_int_equal(cpu->dec_expiry, 0x123456);
    bed_interrupt(cpu, TRAP_HDEC, MSR_SVM, PC);
    assert_true(b->last.regs.dec_expiry >= 0x7fffffff);
    assert_int_equal(cpu->dec_expiry, 0x123456);
}

/* The state that the hypervisor is entered in. */
BED_TEST(the_hypervisor_is_entered_in_its_own_state)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    cpu_set_msr(cpu, MSR_SVM | MSR_LE | MSR_FP | MSR_IR | MSR_DR | MSR_EE);
    cpu->nia = PC;
    cpu->gpr[3] = 0x64;
    cpu_model_sc(cpu, 1);
    bed_enter(cpu);
    assert_int_equal(b->last.regs.msr, MSR_SF | MSR_HV | MSR_ME | MSR_FP);
    assert_int_equal(b->last.regs.nia, 0xc00);
    b->m.uv->hv_le = true;
    bed_interrupt(cpu, TRAP_HDEC, MSR_SVM, PC);
    assert_int_equal(b->last.regs.msr, MSR_SF | MSR_HV | MSR_ME | MSR_LE | MSR_RI);
    bed_interrupt(cpu, TRAP_MCHECK, MSR_SVM, PC);
    assert_int_equal(b->last.regs.msr, MSR_SF | MSR_HV | MSR_LE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_38_39_registers_of_every_hypercall),
        cmocka_unit_test(attack_38_39_42_registers_of_every_interrupt),
        cmocka_unit_test(attack_38_39_registers_of_a_fault),
        cmocka_unit_test(attack_38_39_registers_of_a_share),
        cmocka_unit_test(attack_43_counters_go_on_afterwards),
        cmocka_unit_test(counts_of_well_known_hypercalls),
        cmocka_unit_test(attack_40_74_unknown_and_forbidden_hypercalls),
        cmocka_unit_test(attack_41_h_random_is_answered_here),
        cmocka_unit_test(no_hypercalls_from_problem_state),
        cmocka_unit_test(h_cede_enables_interrupts_and_shows_the_decrementer),
        cmocka_unit_test(the_decrementer_is_hidden_otherwise),
        cmocka_unit_test(the_hypervisor_is_entered_in_its_own_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
