/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UV_ESM up to its first hypercall, and what it does with pages that the hypervisor pushes at it.
 * The steps that follow have tests of their own.
 */
#include "bed.h"

#include "../../src/ultravisor/enter.h"

#define KBASE 0x400000ULL
#define FDT   0x900000ULL
#define RA    0x1000000ULL

static int64_t esm(struct bed *b, enum bed_from from, uint64_t kbase, uint64_t fdt)
{
    return bed_call(b, from, UV_ESM, kbase, fdt);
}

static void not_entered(struct bed *b)
{
    assert_int_equal(b->entries, 0);
    assert_null(b->m.uv->svms);
}

BED_TEST(attack_15_esm_only_from_a_vms_system)
{
    static const enum bed_from others[] = {FROM_HV, FROM_HOST_USER, FROM_NVM_USER, FROM_SVM_USER};

    b->m.cpus[0].lpid = 3;
    bed_refuses_from(b, UV_ESM, others, KBASE, FDT);
    not_entered(b);
}

BED_TEST(esm_checks_in_order)
{
    static const struct {
        lpid_t lpid;
        uint64_t kbase, fdt;
        int64_t rc;
    } c[] = {
        {0, 0, 0, U_P2},
        {0, KBASE, 0, U_P3},
        {3, 0, FDT, U_P2},
        {3, KBASE, 0, U_P3},
        {0, KBASE, FDT, U_PERMISSION},
        {VM_MAX, KBASE, FDT, U_PERMISSION},
        {0xffffffff, KBASE, FDT, U_PERMISSION},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        b->m.cpus[0].lpid = c[i].lpid;
        assert_int_equal(esm(b, FROM_NVM, c[i].kbase, c[i].fdt), c[i].rc);
        uint64_t before = bed_hash(b);
        assert_int_equal(esm(b, FROM_NVM, c[i].kbase, c[i].fdt), c[i].rc);
        assert_true(before == bed_hash(b));
        not_entered(b);
    }
}

BED_TEST(attack_15_esm_twice)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    static const enum svm_state state[] = {SVM_TRANSITION, SVM_SECURE, SVM_DEAD};
    static const enum bed_from from[] = {FROM_NVM, FROM_SVM, FROM_NVM};

    for (unsigned i = 0; i < ARRAY_SIZE(state); i++) {
        svm->state = state[i];
        assert_int_equal(esm(b, from[i], KBASE, FDT), U_RETRY);
        uint64_t before = bed_hash(b);
        assert_int_equal(esm(b, from[i], KBASE, FDT), U_RETRY);
        assert_true(before == bed_hash(b));
    }
    assert_int_equal(b->entries, 0);
}

/* What is measured there would start in front of it. */
BED_TEST(attack_60_a_kernel_that_does_not_begin_with_an_instruction)
{
    b->m.cpus[0].lpid = 3;
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(esm(b, FROM_NVM, KBASE + i, FDT), U_P2);
    not_entered(b);
}

BED_TEST(attack_71_another_thread_runs)
{
    static const enum cpu_run_state awake[] = {CPU_RUNNING, CPU_IDLE};

    b->m.cpus[0].lpid = b->m.cpus[1].lpid = 3;
    for (unsigned i = 0; i < ARRAY_SIZE(awake); i++) {
        b->m.cpus[1].run_state = awake[i];
        assert_int_equal(esm(b, FROM_NVM, KBASE, FDT), U_RETRY);
        uint64_t before = bed_hash(b);
        assert_int_equal(esm(b, FROM_NVM, KBASE, FDT), U_RETRY);
        assert_true(before == bed_hash(b));
        not_entered(b);
    }
    b->m.cpus[1].lpid = 4; /* of another VM: that is all right */
    b->hv = bed_hv_keeps;
    esm(b, FROM_NVM, KBASE, FDT);
    assert_int_equal(b->entries, 1);
}

/* The image is of a secure VM although it is none yet; no register but the number is shown. */
BED_TEST(the_first_hypercall_is_init_start)
{
    struct cpu *cpu = &b->m.cpus[0];

    cpu->lpid = 3;
    cpu->gpr[20] = 0x5ec4e7;
    b->hv = bed_hv_keeps;
    esm(b, FROM_NVM, KBASE, FDT);
    assert_int_equal(b->last.vector, 0xc00);
    assert_int_equal(b->last.number, UV_H_SVM_INIT_START);
    assert_true(b->last.regs.srr1 & MSR_S);
    for (unsigned i = 0; i < 31; i++)
        if (i != 3)
            assert_int_equal(b->last.regs.gpr[i], 0);
    assert_int_equal(svm_find(b->m.uv, 3)->state, SVM_TRANSITION);
    assert_int_equal(pate_read(b->m.uv, 3, 0), 0); /* 71: the entry changes at the commit only */
    assert_false(uv_is_secure(b->m.uv, 3));
}

/* ---- a hypervisor that gives up at once ---- */

static void refuses(struct bed *b, struct cpu *cpu, unsigned vector)
{
    assert_int_equal(vector, 0xc00);
    if (cpu->gpr[3] == UV_H_SVM_INIT_ABORT) {
        assert_false(cpu->srr1 & MSR_S); /* as if the VM itself had called */
        assert_int_equal(cpu->srr1 & SRR1_LEV, 1ULL << 20);
        assert_int_equal(cpu->srr0, 0x10000);
        assert_int_equal(cpu->gpr[20], 0x5ec4e7);
        assert_int_equal(bed_hv_ucall(cpu, UV_SVM_TERMINATE, cpu->lpid), U_SUCCESS);
        cpu->gpr[3] = (uint64_t)UV_H_PARAMETER;
        cpu->hsrr0 = cpu->srr0;
        cpu->hsrr1 = cpu->srr1;
        cpu_model_return(cpu, RETURN_HRFID);
        return;
    }
    (void)b;
    bed_hv_return(cpu, UV_H_PARAMETER, cpu->gpr[31]);
}

BED_TEST(a_refused_esm_leaves_a_normal_vm)
{
    struct cpu *cpu = &b->m.cpus[0];
    uint64_t free = b->m.uv->frames.free;

    cpu->lpid = 3;
    cpu->gpr[20] = 0x5ec4e7;
    b->hv = refuses;
    assert_int_equal(esm(b, FROM_NVM, KBASE, FDT), UV_H_PARAMETER);
    assert_int_equal(cpu->msr & (MSR_S | MSR_HV), 0);
    assert_int_equal(cpu->nia, 0x10000);
    assert_int_equal(cpu->gpr[20], 0x5ec4e7);
    assert_null(b->m.uv->svms);
    assert_int_equal(b->m.uv->frames.free, free);
    assert_int_equal(b->m.uv->stats.esm_failed, 1);
    assert_int_equal(esm(b, FROM_NVM, KBASE, FDT), UV_H_PARAMETER); /* and again */
}

/* ---- pages: what was not asked for is not taken, what was is taken once (57) ---- */

static void pushes(struct bed *b, struct cpu *cpu, unsigned vector)
{
    static unsigned asked;
    uint64_t cookie = cpu->gpr[31];
    int64_t rc = 0;

    (void)vector;
    switch (cpu->gpr[3]) {
    case UV_H_SVM_INIT_START:
        asked = 0;
        assert_int_equal(bed_hv_ucall(cpu, UV_REGISTER_MEM_SLOT, cpu->lpid, 0, BED_RAM / 2, 0, 0),
                         0);
        memset(bed_normal(b, RA), 0xff, UV_PAGE_SIZE); /* kernel, tree, whatever */
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, RA, KBASE, 0, 16), U_P2);
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, RA, FDT, 0, 16), U_P2);
        break;
    case UV_H_SVM_PAGE_IN: {
        gra_t gpa = cpu->gpr[4];
        struct svm *svm = svm_find(b->m.uv, cpu->lpid);
        assert_int_equal(asked++, 0);
        assert_int_equal(gpa, FDT);
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, RA, FDT + UV_PAGE_SIZE, 0, 16),
                         U_P2);
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, RA, FDT, 0, 16), U_SUCCESS);
        memset(bed_normal(b, RA), 0x11, UV_PAGE_SIZE);
        assert_int_equal(bed_secure(b, svm, FDT)[5], 0xff);
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, RA, FDT, 0, 16), U_P2);
        assert_int_equal(bed_secure(b, svm, FDT)[5], 0xff);
        break;
    }
    case UV_H_SVM_INIT_ABORT: /* 0xff is no device tree */
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, RA, FDT, 0, 16), U_SUCCESS);
        assert_int_equal(bed_normal(b, RA)[5], 0xff); /* as it came */
        assert_int_equal(bed_hv_ucall(cpu, UV_SVM_TERMINATE, cpu->lpid), U_SUCCESS);
        cpu->gpr[3] = (uint64_t)UV_H_PARAMETER;
        cpu->hsrr0 = cpu->srr0;
        cpu->hsrr1 = cpu->srr1;
        cpu_model_return(cpu, RETURN_HRFID);
        return;
    default:
        fail_msg("hypercall 0x%llx", (unsigned long long)cpu->gpr[3]);
    }
    bed_hv_return(cpu, rc, cookie);
}

BED_TEST(attack_57_pages_are_taken_when_asked_for_and_once)
{
    b->m.cpus[0].lpid = 3;
    b->hv = pushes;
    assert_int_equal(esm(b, FROM_NVM, KBASE, FDT), UV_H_PARAMETER);
    assert_int_equal(b->entries, 3);
}

/* ---- what nobody asked for is cleared, also when the page is away (68) ---- */

#define ASKED (GUEST_BASE + 0x31234)
#define LEN   0x12345ULL /* of two pages */

/* An SVM in the middle of ESM with the range above brought in, all bytes 0xee; its suspended
 * thread. */
static struct thread_save *fetched_range(struct bed *b, struct svm **svm)
{
    struct cpu *cpu = &b->m.cpus[0];

    *svm = bed_make_svm(b, BED_LPID);
    (*svm)->state = SVM_TRANSITION;
    struct esm *e = (*svm)->esm = calloc(1, sizeof(*e));
    struct thread_save *s = thread_save(*svm, cpu, 0x10000, MSR_SF | MSR_ME);
    assert_true(e && s);
    e->want = ~0ULL;
    e->range[e->nranges++] = (struct esm_range){ASKED, LEN};
    for (gra_t at = ASKED & ~0xffffULL; at < ASKED + LEN; at += UV_PAGE_SIZE) {
        memset(bed_secure(b, *svm, at), 0xee, UV_PAGE_SIZE);
        page_of(*svm, at)->fetched = true;
    }
    cpu_set_msr(cpu, MSR_SVM | MSR_HV);
    return s;
}

static void assert_trimmed(struct bed *b, const struct svm *svm)
{
    gra_t first = ASKED & ~0xffffULL;

    for (gra_t at = first; at < first + 2 * UV_PAGE_SIZE; at++) {
        uint8_t byte = bed_secure(b, svm, at)[at & 0xffff];
        assert_int_equal(byte, at - ASKED < LEN ? 0xee : 0);
    }
}

BED_TEST(attack_68_what_nobody_asked_for_is_cleared)
{
    struct svm *svm;
    struct thread_save *s = fetched_range(b, &svm);

    assert_int_equal(esm_trim(s, &b->m.cpus[0]), ENTER_NEXT);
    assert_trimmed(b, svm);
}

BED_TEST(attack_68_also_of_a_page_that_was_paged_out)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm;
    struct thread_save *s = fetched_range(b, &svm);
    gra_t second = (ASKED & ~0xffffULL) + UV_PAGE_SIZE;

    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, second, 0, 16), U_SUCCESS);
    cpu_set_msr(cpu, MSR_SVM | MSR_HV);
    assert_int_equal(esm_trim(s, cpu), ENTER_WAIT);
    assert_int_equal(cpu->gpr[3], UV_H_SVM_PAGE_IN);
    assert_int_equal(cpu->gpr[4], second);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, BED_LPID, RA, second, 0, 16), U_SUCCESS);
    cpu_set_msr(cpu, MSR_SVM | MSR_HV);
    assert_int_equal(esm_trim(s, cpu), ENTER_NEXT);
    assert_trimmed(b, svm);
}

BED_TEST(attack_68_or_esm_fails)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm;
    struct thread_save *s = fetched_range(b, &svm);

    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, ASKED & ~0xffffULL, 0, 16),
                     U_SUCCESS);
    cpu_set_msr(cpu, MSR_SVM | MSR_HV);
    assert_int_equal(esm_trim(s, cpu), ENTER_WAIT);
    cpu_set_msr(cpu, MSR_SVM | MSR_HV); /* the hypervisor returns and has done nothing */
    assert_int_equal(esm_trim(s, cpu), ENTER_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_15_esm_only_from_a_vms_system),
        cmocka_unit_test(esm_checks_in_order),
        cmocka_unit_test(attack_15_esm_twice),
        cmocka_unit_test(attack_60_a_kernel_that_does_not_begin_with_an_instruction),
        cmocka_unit_test(attack_71_another_thread_runs),
        cmocka_unit_test(the_first_hypercall_is_init_start),
        cmocka_unit_test(a_refused_esm_leaves_a_normal_vm),
        cmocka_unit_test(attack_68_what_nobody_asked_for_is_cleared),
        cmocka_unit_test(attack_68_also_of_a_page_that_was_paged_out),
        cmocka_unit_test(attack_68_or_esm_fails),
        cmocka_unit_test(attack_57_pages_are_taken_when_asked_for_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
