/* SPDX-License-Identifier: Apache-2.0 */
/* What observers are told of ultracalls, reflections, pages and UV_ESM, and in which order. */
#include "bed.h"

#include "pefemu/names.h"

#define KBASE 0x400000ULL
#define FDT   0x900000ULL
#define GPA   (GUEST_BASE + 0x30000)
#define RA    0x1000000ULL
#define ANY   0xa11a11a11a11ULL /* an argument that is not compared */

static struct event seen[200];
static char texts[200][32];
static unsigned nseen;

static void note(void *opaque, const struct event *ev)
{
    (void)opaque;
    assert_in_range(nseen, 0, ARRAY_SIZE(seen) - 1);
    snprintf(texts[nseen], sizeof(texts[0]), "%s", ev->text ? ev->text : "");
    seen[nseen++] = *ev;
}

static void watch(struct bed *b)
{
    nseen = 0;
    assert_true(event_observe(&b->m.events, note, NULL, (1u << EVENT_COUNT) - 1));
}

/* Interrupts and states are compared in a test of their own. */
struct expected {
    enum event_id id;
    const char *text;
    uint64_t arg[EVENT_ARGS];
};

static bool is_about_cpu(const struct event *ev)
{
    return ev->id == EVENT_STATE || ev->id == EVENT_INTERRUPT || ev->id == EVENT_RETURN;
}

static void print_seen(void)
{
    for (unsigned i = 0; i < nseen; i++)
        print_message("%s %s %llx %llx %llx %llx\n", event_rows[seen[i].id].name, texts[i],
                      (unsigned long long)seen[i].arg[0], (unsigned long long)seen[i].arg[1],
                      (unsigned long long)seen[i].arg[2], (unsigned long long)seen[i].arg[3]);
}

static bool matches(const struct expected *e, unsigned at)
{
    for (unsigned i = 0; i < EVENT_ARGS; i++)
        if (e->arg[i] != ANY && e->arg[i] != seen[at].arg[i])
            return false;
    return seen[at].id == e->id && !strcmp(texts[at], e->text);
}

static void assert_seen(const struct expected *e, unsigned n)
{
    unsigned at = 0;
    for (unsigned i = 0; i < n; i++, at++) {
        while (at < nseen && is_about_cpu(&seen[at]))
            at++;
        if (at < nseen && matches(&e[i], at))
            continue;
        print_seen();
        fail_msg("event %u should be %s %s", i, event_rows[e[i].id].name, e[i].text);
    }
    while (at < nseen && is_about_cpu(&seen[at]))
        at++;
    if (at < nseen)
        print_seen();
    assert_int_equal(at, nseen);
}

/* ---- ultracalls that end at once ---- */

BED_TEST(a_page_goes_out_and_comes_in)
{
    bed_make_svm(b, BED_LPID);
    watch(b);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
    bed_normal(b, RA)[77] ^= 1;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA, GPA, 0, 16), U_P3);
    bed_normal(b, RA)[77] ^= 1;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
    static const struct expected e[] = {
        {EVENT_UCALL, "UV_PAGE_OUT", {UV_PAGE_OUT, BED_LPID, RA, GPA}},
        {EVENT_PAGE_OUT, "crypt", {GPA, BED_LPID, PAGE_MOVE_CRYPT, RA}},
        {EVENT_UCALL_RETURN, "UV_PAGE_OUT", {UV_PAGE_OUT, U_SUCCESS, BED_LPID, 0}},
        {EVENT_UCALL, "UV_PAGE_IN", {UV_PAGE_IN, BED_LPID, RA, GPA}},
        {EVENT_PAGE_IN, "forged", {GPA, BED_LPID, PAGE_MOVE_FORGED, RA}},
        {EVENT_UCALL_RETURN, "UV_PAGE_IN", {UV_PAGE_IN, (uint64_t)U_P3, BED_LPID, 0}},
        {EVENT_UCALL, "UV_PAGE_IN", {UV_PAGE_IN, BED_LPID, RA, GPA}},
        {EVENT_PAGE_IN, "crypt", {GPA, BED_LPID, PAGE_MOVE_CRYPT, RA}},
        {EVENT_UCALL_RETURN, "UV_PAGE_IN", {UV_PAGE_IN, U_SUCCESS, BED_LPID, 0}},
    };
    assert_seen(e, ARRAY_SIZE(e));
}

BED_TEST(unknown_and_forbidden_calls_are_seen_too)
{
    watch(b);
    bed_call(b, FROM_HV, 0xf1fc, 7);
    bed_call(b, FROM_NVM, UV_SVM_TERMINATE, 9);
    static const struct expected e[] = {
        {EVENT_UCALL, "", {0xf1fc, 7, 0, 0}},
        {EVENT_UCALL_RETURN, "", {0xf1fc, (uint64_t)U_FUNCTION, 0, 0}},
        {EVENT_UCALL, "UV_SVM_TERMINATE", {UV_SVM_TERMINATE, 9, 0, 0}},
        {EVENT_UCALL_RETURN, "UV_SVM_TERMINATE", {UV_SVM_TERMINATE, (uint64_t)U_PERMISSION, 0, 0}},
    };
    assert_seen(e, ARRAY_SIZE(e));
}

/* ---- calls that wait for the hypervisor ---- */

BED_TEST(a_shared_page_is_seen_from_call_to_answer)
{
    bed_make_svm(b, BED_LPID);
    watch(b);
    bed_share(b, GPA, 1);
    static const struct expected e[] = {
        {EVENT_UCALL, "UV_SHARE_PAGE", {UV_SHARE_PAGE, GPA >> 16, 1, 0}},
        {EVENT_SHARE, "", {GPA, BED_LPID, 1, 0}},
        {EVENT_UV_STEP, "share", {WORK_SHARE, 0, BED_LPID, ANY}},
        {EVENT_REFLECT, "H_SVM_PAGE_IN", {0xc00, UV_H_SVM_PAGE_IN, BED_LPID, ANY}},
        {EVENT_UCALL, "UV_PAGE_IN", {UV_PAGE_IN, BED_LPID, ANY, GPA}},
        {EVENT_PAGE_IN, "shared", {GPA, BED_LPID, PAGE_MOVE_SHARED, ANY}},
        {EVENT_UCALL_RETURN, "UV_PAGE_IN", {UV_PAGE_IN, U_SUCCESS, BED_LPID, 0}},
        {EVENT_UCALL, "UV_RETURN", {UV_RETURN, ANY, ANY, ANY}},
        {EVENT_REFLECT_RETURN, "", {U_SUCCESS, 0, BED_LPID, ANY}},
        {EVENT_UV_STEP, "share", {WORK_SHARE, 0, BED_LPID, ANY}},
        {EVENT_UCALL_RETURN, "UV_SHARE_PAGE", {UV_SHARE_PAGE, U_SUCCESS, BED_LPID, 0}},
    };
    assert_seen(e, ARRAY_SIZE(e));
    assert_int_equal(seen[nseen - 2].id, EVENT_STATE); /* and then back into the SVM */
    assert_string_equal(texts[nseen - 2], "SVM privileged");
    assert_int_equal(seen[nseen - 1].id, EVENT_RETURN);
    assert_int_equal(seen[nseen - 1].arg[0], 0x10000);
    nseen = 0;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_INVAL, BED_LPID, GPA, 16), U_SUCCESS);
    static const struct expected inval[] = {
        {EVENT_UCALL, "UV_PAGE_INVAL", {UV_PAGE_INVAL, BED_LPID, GPA, 16}},
        {EVENT_PAGE_INVAL, "", {GPA, BED_LPID, 0, 0}},
        {EVENT_UCALL_RETURN, "UV_PAGE_INVAL", {UV_PAGE_INVAL, U_SUCCESS, BED_LPID, 0}},
    };
    assert_seen(inval, ARRAY_SIZE(inval));
}

BED_TEST(an_interrupt_is_seen_with_the_states_around_it)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    watch(b);
    bed_interrupt(cpu, TRAP_HDEC, MSR_SVM, 0x1234);
    static const struct {
        enum event_id id;
        const char *text;
    } order[] = {
        {EVENT_INTERRUPT, "hypervisor decrementer"},
        {EVENT_STATE, "ultravisor"},
        {EVENT_UV_STEP, "vector"},
        {EVENT_REFLECT, "hypervisor decrementer"},
        {EVENT_STATE, "hypervisor"},
        {EVENT_RETURN, "urfid"},
        {EVENT_INTERRUPT, "system call"},
        {EVENT_STATE, "ultravisor"},
        {EVENT_UCALL, "UV_RETURN"},
        {EVENT_REFLECT_RETURN, ""},
        {EVENT_UV_STEP, "vector"},
        {EVENT_STATE, "SVM privileged"},
        {EVENT_RETURN, "urfid"},
    };
    assert_int_equal(nseen, ARRAY_SIZE(order));
    for (unsigned i = 0; i < nseen; i++) {
        assert_int_equal(seen[i].id, order[i].id);
        assert_string_equal(texts[i], order[i].text);
    }
    assert_int_equal(seen[0].arg[0], VEC_HDEC);
    assert_int_equal(seen[0].arg[1], 0x1234);
    assert_true(seen[0].arg[2] & MSR_S);
    assert_int_equal(seen[1].arg[0], ST_ULTRAVISOR + 4);
    assert_int_equal(seen[1].arg[1], ST_PRIVILEGED + 4);
    assert_int_equal(seen[3].arg[0], VEC_HDEC);
    assert_int_equal(seen[3].arg[3], seen[9].arg[3]); /* one cookie */
}

/* ---- UV_ESM ---- */

static void refuses(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)b;
    (void)vector;
    if (cpu->gpr[3] == UV_H_SVM_INIT_ABORT) {
        assert_int_equal(bed_hv_ucall(cpu, UV_SVM_TERMINATE, cpu->lpid), U_SUCCESS);
        cpu->gpr[3] = (uint64_t)UV_H_PARAMETER;
        cpu->hsrr0 = cpu->srr0;
        cpu->hsrr1 = cpu->srr1;
        cpu_model_return(cpu, RETURN_HRFID);
        return;
    }
    bed_hv_return(cpu, UV_H_PARAMETER, cpu->gpr[31]);
}

BED_TEST(a_failed_esm_is_seen_to_its_end)
{
    b->m.cpus[0].lpid = 3;
    b->hv = refuses;
    watch(b);
    bed_call(b, FROM_NVM, UV_ESM, KBASE, FDT);
    static const struct expected e[] = {
        {EVENT_UCALL, "UV_ESM", {UV_ESM, KBASE, FDT, 0}},
        {EVENT_SVM_STATE, "transition", {SVM_TRANSITION, 3, 0, 0}},
        {EVENT_ESM_STEP, "INIT_START", {1, 3, 0, 0}},
        {EVENT_UV_STEP, "esm", {WORK_ESM, 1, 3, ANY}},
        {EVENT_REFLECT, "H_SVM_INIT_START", {0xc00, UV_H_SVM_INIT_START, 3, ANY}},
        {EVENT_UCALL, "UV_RETURN", {UV_RETURN, ANY, ANY, ANY}},
        {EVENT_REFLECT_RETURN, "", {(uint64_t)UV_H_PARAMETER, 0, 3, ANY}},
        {EVENT_UV_STEP, "esm", {WORK_ESM, 1, 3, ANY}},
        {EVENT_ESM_END, "refused with -4", {0, 3, 1, 0}},
        {EVENT_SVM_STATE, "aborted", {SVM_ABORTED, 3, 0, 0}},
        {EVENT_UCALL_RETURN, "UV_ESM", {UV_ESM, 0, 3, 1}},
        {EVENT_UCALL, "UV_SVM_TERMINATE", {UV_SVM_TERMINATE, 3, ANY, ANY}},
        {EVENT_SVM_STATE, "gone", {SVM_GONE, 3, 0, 0}},
        {EVENT_UCALL_RETURN, "UV_SVM_TERMINATE", {UV_SVM_TERMINATE, U_SUCCESS, 3, 0}},
    };
    assert_seen(e, ARRAY_SIZE(e));
}

/* ---- memory ---- */

BED_TEST(a_refused_access_to_secure_memory_is_seen)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct xlate x;

    watch(b);
    cpu_set_msr(cpu, MSR_SF | MSR_HV | MSR_ME);
    cpu->cia = 0x500;
    assert_false(mmu_probe(cpu, PPC_BIT(0) | SECURE_RA_BIT | 0x40, ACCESS_LOAD, &x));
    assert_int_equal(nseen, 0);
    assert_int_equal(mmu_translate(cpu, PPC_BIT(0) | SECURE_RA_BIT | 0x40, ACCESS_LOAD, &x),
                     TRAP_MCHECK);
    static const struct expected e[] = {
        {EVENT_SECURE_FAULT,
         "",
         {PPC_BIT(0) | SECURE_RA_BIT | 0x40, SECURE_RA_BIT | 0x40, ACCESS_LOAD, 0x500}},
    };
    assert_seen(e, ARRAY_SIZE(e));
}

/* ---- names ---- */

static void names_of_numbers(void **state)
{
    (void)state;
    assert_string_equal(hcall_name(0xe0), "H_CEDE");
    assert_string_equal(hcall_name(0xf804), "H_ENTER_NESTED"); /* of svm_hcall.def only */
    assert_null(hcall_name(1));
    assert_int_equal(hcall_nargs(UV_H_SVM_PAGE_IN), 3);
    assert_string_equal(hcall_status_name(-4), "H_PARAMETER");
    assert_string_equal(ucall_status_name(U_P2), "U_P2");
    assert_null(ucall_status_name(12345));
    assert_string_equal(rtas_call_name(0x2006), "start-cpu");
    assert_string_equal(tpm_command_name(0x159), "RSA_Decrypt");
    assert_string_equal(vector_name(0xe00), "hypervisor data storage");
    assert_string_equal(uv_work_name(WORK_MMIO), "mmio");
    assert_null(uv_work_name(WORK_COUNT));
    assert_string_equal(esm_step_name(1), "INIT_START");
    assert_string_equal(esm_step_name(15), "COMMIT");
    assert_null(esm_step_name(0));
    assert_null(esm_step_name(16));
    assert_int_equal(uv_call_nargs(UV_PAGE_IN), 5);
    assert_int_equal(event_find("tpm-return"), EVENT_TPM_RETURN);
    assert_int_equal(event_find("nothing"), EVENT_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_goes_out_and_comes_in),
        cmocka_unit_test(unknown_and_forbidden_calls_are_seen_too),
        cmocka_unit_test(a_shared_page_is_seen_from_call_to_answer),
        cmocka_unit_test(an_interrupt_is_seen_with_the_states_around_it),
        cmocka_unit_test(a_failed_esm_is_seen_to_its_end),
        cmocka_unit_test(a_refused_access_to_secure_memory_is_seen),
        cmocka_unit_test(names_of_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
