/* SPDX-License-Identifier: Apache-2.0 */
/* RTAS of an SVM: tokens, threads that start and stop, and the last call of one that is killed. */
#include "rtas_bed.h"

#include <libfdt.h>

/* ---- tokens ---- */

static void *tree(uint32_t token_base, const char *leave_out, uint32_t cores)
{
    static uint8_t fdt[8192];
    uint32_t capacity[5] = {0, 0, 0, 0, cpu_to_fdt32(cores)}, servers[2] = {0, cpu_to_fdt32(1)};

    assert_int_equal(fdt_create_empty_tree(fdt, sizeof(fdt)), 0);
    int rtas = fdt_add_subnode(fdt, 0, "rtas");
    for (unsigned i = 0; i < ARRAY_SIZE(bed_services); i++)
        if (!leave_out || strcmp(bed_services[i], leave_out))
            fdt_setprop_u32(fdt, rtas, bed_services[i], token_base + i);
    if (!leave_out || strcmp(leave_out, "ibm,lrdr-capacity"))
        fdt_setprop(fdt, rtas, "ibm,lrdr-capacity", capacity, sizeof(capacity));
    int cpu = fdt_add_subnode(fdt, 0, "cpu");
    fdt_setprop_string(fdt, cpu, "device_type", "cpu");
    fdt_setprop(fdt, cpu, "ibm,ppc-interrupt-server#s", servers, sizeof(servers));
    return fdt;
}

BED_TEST(tokens_come_from_the_tree)
{
    struct svm *svm = make_svm(b, BED_LPID);
    static const char *const needed[] = {
        "stop-self",        "start-cpu", "ibm,os-term", "nvram-store", "ibm,slot-error-detail",
        "ibm,lrdr-capacity"};
    const char *missing = NULL;

    assert_true(rtas_read_tokens(svm, tree(0x3000, NULL, 8), &missing));
    assert_int_equal(svm->rtas.token[NVRAM_STORE], 0x3000 + NVRAM_STORE);
    assert_int_equal(svm->rtas.max_vcpus, 16);
    assert_true(rtas_read_tokens(svm, tree(0x3000, "ibm,nmi-register", 8), &missing));
    assert_int_equal(svm->rtas.token[NMI_REGISTER], 0);
    for (unsigned i = 0; i < ARRAY_SIZE(needed); i++) {
        assert_false(rtas_read_tokens(svm, tree(0x3000, needed[i], 8), &missing));
        assert_string_equal(missing, needed[i]);
    }
    static const uint32_t cores[] = {0, 2049, 0x80000000, 0xffffffff};
    for (unsigned i = 0; i < ARRAY_SIZE(cores); i++)
        assert_false(rtas_read_tokens(svm, tree(0x3000, NULL, cores[i]), &missing));
    assert_true(rtas_read_tokens(svm, tree(0x3000, NULL, 2048), &missing));
    assert_int_equal(svm->rtas.max_vcpus, 4096);
}

BED_TEST(attack_46_tokens_of_one_svm_are_its_own)
{
    struct svm *one = make_svm(b, BED_LPID), *two = svm_new(b->m.uv, 2);
    const char *missing;

    assert_true(rtas_read_tokens(two, tree(TOKEN(1), NULL, 8), &missing)); /* all shifted by one */
    hv.data_arg = 1;
    assert_int_equal(call(b, one, NVRAM_STORE, 1, 0, DATA, 4), 0);
    assert_true(is_all(hv.seen.data, AROUND, 4));
    assert_int_equal(one->rtas.token[NVRAM_STORE], TOKEN(NVRAM_STORE));
}

/* ---- threads ---- */

BED_TEST(start_cpu_hides_the_argument)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[1];

    hv.rets[0] = 0;
    assert_int_equal(call(b, svm, START_CPU, 1, 1, BED_CODE, 0xfeed5ec4), 0);
    uint32_t cookie = hv.seen.args[2];
    assert_int_equal(hv.seen.args[0], 1);
    assert_true(cookie != 0xfeed5ec4 && cookie >= 0x2000);
    assert_int_equal(cell(svm, 2), 0xfeed5ec4);
    bed_resume(cpu, BED_LPID, 0, cookie, 0);
    assert_true(bed_in_svm(cpu));
    assert_int_equal(cpu->nia, BED_CODE);
    assert_int_equal(cpu->gpr[3], 0xfeed5ec4);
    assert_int_equal(bed_resume(cpu, BED_LPID, 0, cookie, 0), U_PARAMETER);
}

BED_TEST(attack_47_start_cpu_that_makes_no_sense)
{
    static const uint32_t server[] = {4, 16, 4096, 0x80000000, 0xffffffff};
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[1];

    for (unsigned i = 0; i < ARRAY_SIZE(server); i++)
        assert_int_equal(call(b, svm, START_CPU, 1, server[i], BED_CODE, 5), UV_H_PARAMETER);
    assert_int_equal(call(b, svm, START_CPU, 1, 1, BED_CODE), UV_H_PARAMETER);
    svm->rtas.max_vcpus = 4096; /* more than this machine can have */
    assert_int_equal(call(b, svm, START_CPU, 1, MACHINE_MAX_CPUS, BED_CODE, 5), UV_H_PARAMETER);
    assert_int_equal(hv.calls, 0);
    /* refused by the hypervisor: the cookie is void */
    hv.rets[0] = (uint32_t)-3;
    assert_int_equal(call(b, svm, START_CPU, 1, 1, BED_CODE, 5), 0);
    assert_int_equal(cell(svm, 3), (uint32_t)-3);
    assert_int_equal(bed_resume(cpu, BED_LPID, 0, hv.seen.args[2], 0), U_PARAMETER);
    assert_int_equal(svm->rtas.busy, 0);
}

/* A thread that stopped itself is forgotten when its CPU is started again. */
BED_TEST(stop_self_and_start_again)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];

    b->hv = bed_hv_keeps;
    put_block(svm, BLOCK, TOKEN(STOP_SELF), 0, 1, NULL);
    for (unsigned i = 0; i < 40; i++) { /* more often than there are buffers */
        call_at(b, BLOCK);
        uint64_t cookie = b->last.regs.gpr[31];
        assert_non_null(svm->saves);
        svm->rtas.start[0].cookie = 0xabcd0;
        bed_resume(cpu, BED_LPID, cookie, 0xabcd0, cookie);
        assert_true(bed_in_svm(cpu));
        assert_null(svm->saves);
        assert_int_equal(bed_resume(cpu, BED_LPID, cookie, 0, cookie), U_PARAMETER);
        assert_int_equal(svm->rtas.busy, 0);
    }
}

/* The hypervisor resumes a thread that stopped itself: it must not free the buffer of another call.
 */
BED_TEST(attack_47_a_stopped_thread_is_resumed)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];

    b->hv = bed_hv_keeps;
    put_block(svm, BLOCK, TOKEN(STOP_SELF), 0, 1, NULL);
    call_at(b, BLOCK);
    uint64_t stopped = b->last.regs.gpr[31];
    put_block(svm, BLOCK, TOKEN(POWER_OFF), 0, 1, NULL);
    call_at(b, BLOCK);
    assert_int_equal(svm->rtas.busy, 1);
    assert_int_equal(bed_resume(cpu, BED_LPID, stopped, 0, stopped), H_HARDWARE);
    assert_int_equal(svm->rtas.busy, 1);
}

/* ---- the ultravisor's own last call ---- */

BED_TEST(a_killed_svm_says_why)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];

    hv.data_arg = 0;
    cpu->gpr[4] = BOUNCE;
    cpu->gpr[20] = 0x5ec4e7;
    bed_insn(svm, cpu, MSR_SVM, 0xe8640000); /* ld r3,0(r4): the ultravisor's own page */
    assert_int_equal(hv.calls, 1);
    assert_int_equal(hv.seen.token, TOKEN(OS_TERM));
    assert_int_equal(hv.seen.nargs, 1);
    assert_non_null(strstr((char *)hv.seen.data, "ultravisor"));
    assert_int_equal(svm->state, SVM_DEAD);
    assert_int_equal(cpu->run_state, CPU_STOPPED); /* ibm,os-term returned */
    assert_int_equal(b->m.stop, STOP_NONE);
}

/* Killed while its own calls fill every buffer, and while the pages are gone. */
BED_TEST(a_killed_svm_needs_nobody)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];

    svm->rtas.busy = 0xffff;
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(
            bed_call(b, FROM_HV, UV_PAGE_INVAL, BED_LPID, BOUNCE + i * UV_PAGE_SIZE, 16), 0);
    cpu->gpr[4] = BOUNCE;
    bed_insn(svm, cpu, MSR_SVM, 0xe8640000);
    assert_int_equal(hv.calls, 0);
    assert_int_equal(svm->state, SVM_DEAD);
    assert_int_equal(cpu->run_state, CPU_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_from_the_tree),
        cmocka_unit_test(attack_46_tokens_of_one_svm_are_its_own),
        cmocka_unit_test(start_cpu_hides_the_argument),
        cmocka_unit_test(attack_47_start_cpu_that_makes_no_sense),
        cmocka_unit_test(stop_self_and_start_again),
        cmocka_unit_test(attack_47_a_stopped_thread_is_resumed),
        cmocka_unit_test(a_killed_svm_says_why),
        cmocka_unit_test(a_killed_svm_needs_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
