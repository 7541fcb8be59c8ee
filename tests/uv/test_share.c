/* SPDX-License-Identifier: Apache-2.0 */
/* UV_SHARE_PAGE, UV_UNSHARE_PAGE, UV_UNSHARE_ALL_PAGES, with hypervisors that help and that don't.
 */
#include "bed.h"

#define GPA    (GUEST_BASE + 0x30000)
#define GFN    (GPA >> 16)
#define SECRET "what the page held before"

static int64_t share(struct bed *b, uint64_t gfn, uint64_t n)
{
    return bed_call(b, FROM_SVM, UV_SHARE_PAGE, gfn, n);
}
static int64_t unshare(struct bed *b, uint64_t gfn, uint64_t n)
{
    return bed_call(b, FROM_SVM, UV_UNSHARE_PAGE, gfn, n);
}

static void fill(struct bed *b, struct svm *svm, gra_t gpa, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        memcpy(bed_secure(b, svm, gpa + i * UV_PAGE_SIZE) + 0x777, SECRET, sizeof(SECRET));
}

static bool is_zero(const uint8_t *p)
{
    for (unsigned i = 0; i < UV_PAGE_SIZE; i++)
        if (p[i])
            return false;
    return true;
}

/* What the SVM's tree makes of @gpa; 0: nothing. */
static ra_t translate(struct bed *b, gra_t gpa, enum mmu_access access)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct xlate x;

    cpu_set_msr(cpu, MSR_SVM);
    return mmu_translate(cpu, gpa, access, &x) ? 0 : x.ra;
}

BED_TEST(attack_13_14_share_only_for_an_svms_system)
{
    static const enum bed_from others[] = {FROM_HV, FROM_HOST_USER, FROM_NVM, FROM_NVM_USER,
                                           FROM_SVM_USER};
    bed_make_svm(b, BED_LPID);
    bed_refuses_from(b, UV_SHARE_PAGE, others, GFN, 1);
    bed_refuses_from(b, UV_UNSHARE_PAGE, others, GFN, 1);
    bed_refuses_from(b, UV_UNSHARE_ALL_PAGES, others);
}

BED_TEST(share_without_an_svm)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    static const enum svm_state elsewhere[] = {SVM_TRANSITION, SVM_ABORTED, SVM_DEAD};

    for (unsigned i = 0; i < ARRAY_SIZE(elsewhere); i++) {
        svm->state = elsewhere[i];
        assert_int_equal(share(b, GFN, 1), U_FUNCTION);
        assert_int_equal(unshare(b, GFN, 1), U_FUNCTION);
        assert_int_equal(bed_call(b, FROM_SVM, UV_UNSHARE_ALL_PAGES), U_FUNCTION);
    }
    b->m.cpus[0].lpid = 5;
    assert_int_equal(share(b, GFN, 1), U_FUNCTION);
    assert_int_equal(unshare(b, GFN, 1), U_FUNCTION);
    assert_int_equal(bed_call(b, FROM_SVM, UV_UNSHARE_ALL_PAGES), U_FUNCTION);
}

BED_TEST(attack_54_bad_ranges)
{
    static const struct {
        uint64_t gfn, n;
    } c[] = {
        {GFN, 0},
        {GFN, ~0ULL},
        {GFN, GUEST_SIZE >> 16},
        {GFN, 1ULL << 48},
        {~0ULL, 1},
        {~0ULL, 2},
        {1ULL << 48 | GFN, 1},
        {SECURE_RA_BIT >> 16, 1},
        {(GUEST_BASE >> 16) - 1, 2},
        {(GUEST_BASE + GUEST_SIZE) >> 16, 1},
        {((GUEST_BASE + GUEST_SIZE) >> 16) - 1, 2},
        {0, 1},
        {0, ~0ULL},
    };
    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        assert_int_equal(share(b, c[i].gfn, c[i].n), U_P2);
        uint64_t before = bed_hash(b);
        assert_int_equal(share(b, c[i].gfn, c[i].n), U_P2);
        assert_int_equal(unshare(b, c[i].gfn, c[i].n), U_P2);
        assert_true(before == bed_hash(b));
    }
}

/* Pages on their way, and the ultravisor's own. */
BED_TEST(attack_56_transient_and_implicit_pages_are_refused)
{
    static const enum page_state no[] = {
        PAGE_IMPLICIT,         PAGE_IMPLICIT_INV,  PAGE_HV_SHARING,
        PAGE_HV_SHARED,        PAGE_HV_SHARED_INV, PAGE_HV_UNSHARING,
        PAGE_HV_UNSHARING_INV, PAGE_PSEUDO,        PAGE_PSEUDO_INV};
    struct svm *svm = bed_make_svm(b, BED_LPID);

    for (unsigned i = 0; i < ARRAY_SIZE(no); i++) {
        page_of(svm, GPA)->state = no[i];
        assert_int_equal(share(b, GFN - 1, 2), U_P2);
        uint64_t before = bed_hash(b);
        assert_int_equal(share(b, GFN - 1, 2), U_P2);
        assert_int_equal(unshare(b, GFN - 1, 2), U_P2);
        assert_true(before == bed_hash(b));
        assert_int_equal(page_of(svm, GPA - UV_PAGE_SIZE)->state, PAGE_SECURE);
    }
}

BED_TEST(attack_51_neither_side_sees_what_was_there)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    fill(b, svm, GPA, 3);
    memset(bed_normal(b, bed_pool_ra(GPA)), 0xee, UV_PAGE_SIZE); /* a trap for the SVM */
    b->hv = bed_hv_pages;
    assert_int_equal(share(b, GFN, 3), U_SUCCESS);
    assert_int_equal(b->entries, 3);
    for (unsigned i = 0; i < 3; i++) {
        gra_t at = GPA + i * UV_PAGE_SIZE;
        assert_int_equal(page_of(svm, at)->state, PAGE_SHARED);
        assert_true(is_zero(bed_normal(b, bed_pool_ra(at))));
        assert_int_equal(translate(b, at, ACCESS_STORE), bed_pool_ra(at));
        assert_int_equal(translate(b, at, ACCESS_FETCH), 0); /* 55: no code in shared pages */
    }
    assert_null(memmem(b->m.mem.ram, BED_RAM, SECRET, strlen(SECRET)));

    memset(bed_normal(b, bed_pool_ra(GPA)), 0xee, 3 * UV_PAGE_SIZE);
    assert_int_equal(unshare(b, GFN, 3), U_SUCCESS);
    assert_int_equal(b->entries, 6);
    for (unsigned i = 0; i < 3; i++) {
        gra_t at = GPA + i * UV_PAGE_SIZE;
        assert_int_equal(page_of(svm, at)->state, PAGE_SECURE);
        assert_true(is_zero(bed_secure(b, svm, at)));
        assert_int_equal(translate(b, at, ACCESS_FETCH), page_frame(svm, at));
    }
}

BED_TEST(sharing_twice_keeps_the_contents)
{
    bed_make_svm(b, BED_LPID);
    bed_share(b, GPA, 1);
    strcpy((char *)bed_normal(b, bed_pool_ra(GPA)), "in use");
    b->hv = bed_hv_pages;
    unsigned before = b->entries;
    assert_int_equal(share(b, GFN, 1), U_SUCCESS);
    assert_int_equal(b->entries, before);
    assert_string_equal(bed_normal(b, bed_pool_ra(GPA)), "in use");
    assert_int_equal(share(b, GFN - 1, 3), U_SUCCESS); /* only its neighbours are asked for */
    assert_int_equal(b->entries, before + 2);
    assert_string_equal(bed_normal(b, bed_pool_ra(GPA)), "in use");
}

BED_TEST(unsharing_secure_pages_changes_nothing)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    fill(b, svm, GPA, 1);
    assert_int_equal(unshare(b, GFN, 4), U_SUCCESS);
    assert_memory_equal(bed_secure(b, svm, GPA) + 0x777, SECRET, sizeof(SECRET));
}

/* ---- the hypervisor's side of the protocol ---- */

struct refusal {
    gra_t gpa;
    enum { REFUSES, LIES, REFUSES_AFTER_ALL } how;
    unsigned told_back; /* times it was told that a page stays secure */
};

static void hv_refuses_one(struct bed *b, struct cpu *cpu, unsigned vector)
{
    struct refusal *r = b->user;
    gra_t gpa = cpu->gpr[4];
    int64_t rc = 0;

    (void)vector;
    assert_int_equal(cpu->gpr[3], UV_H_SVM_PAGE_IN);
    assert_int_equal(cpu->gpr[6], 16);
    r->told_back += !cpu->gpr[5];
    if (gpa != r->gpa || r->how == REFUSES_AFTER_ALL)
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16), 0);
    if (gpa == r->gpa && r->how != LIES)
        rc = UV_H_PARAMETER;
    bed_hv_return(cpu, rc, cpu->gpr[31]);
}

static void share_of_five_is_refused(struct bed *b, struct refusal *r, unsigned told_back)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    fill(b, svm, GPA, 5);
    bed_share(b, GPA + UV_PAGE_SIZE, 1); /* the second one is shared beforehand and stays so */
    strcpy((char *)bed_normal(b, bed_pool_ra(GPA + UV_PAGE_SIZE)), "in use");
    bed_hypervisor(b, hv_refuses_one, r);
    assert_int_equal(share(b, GFN, 5), U_P2);
    assert_int_equal(r->told_back, told_back);
    for (unsigned i = 0; i < 5; i++) {
        gra_t at = GPA + i * UV_PAGE_SIZE;
        if (i == 1) {
            assert_int_equal(page_of(svm, at)->state, PAGE_SHARED);
            assert_string_equal(bed_normal(b, bed_pool_ra(at)), "in use");
            continue;
        }
        assert_int_equal(page_of(svm, at)->state, PAGE_SECURE);
        assert_memory_equal(bed_secure(b, svm, at) + 0x777, SECRET, sizeof(SECRET));
        assert_int_equal(translate(b, at, ACCESS_STORE), page_frame(svm, at));
    }
}

BED_TEST(attack_52_one_page_of_many_is_refused)
{
    struct refusal r = {.gpa = GPA + 3 * UV_PAGE_SIZE, .how = REFUSES};
    share_of_five_is_refused(b, &r, 2); /* the first and the third */
}

BED_TEST(attack_50_52_success_without_a_page)
{
    struct refusal r = {.gpa = GPA + 4 * UV_PAGE_SIZE, .how = LIES};
    share_of_five_is_refused(b, &r, 3);
}

BED_TEST(attack_52_refused_after_the_page_came)
{
    struct refusal r = {.gpa = GPA + UV_PAGE_SIZE * 2, .how = REFUSES_AFTER_ALL};
    struct svm *svm = bed_make_svm(b, BED_LPID);

    /* It does not take the page back either: then who knows what it believes. */
    fill(b, svm, GPA, 5);
    bed_hypervisor(b, hv_refuses_one, &r);
    share(b, GFN, 5);
    assert_int_equal(svm->state, SVM_DEAD);
    assert_int_equal(b->m.cpus[0].run_state, CPU_STOPPED);
    assert_null(memmem(b->m.mem.ram, BED_RAM, SECRET, strlen(SECRET)));
}

/* It keeps a page that the SVM wants back. */
BED_TEST(unshare_refused_kills)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    int64_t rc = UV_H_PARAMETER;

    bed_share(b, GPA, 2);
    bed_hypervisor(b, bed_hv_answers, &rc);
    unshare(b, GFN, 2);
    assert_int_equal(svm->state, SVM_DEAD);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), 0);
    assert_int_equal(b->m.stop, STOP_NONE);
}

/* While the hypervisor is asked, the page is in nobody's hands. */
static void hv_looks_at_unsharing(struct bed *b, struct cpu *cpu, unsigned vector)
{
    struct svm *svm = b->user;
    struct xlate x;
    uint64_t msr = cpu->msr;
    gra_t gpa = cpu->gpr[4];

    (void)vector;
    assert_int_equal(cpu->gpr[5], 0);
    assert_int_equal(page_of(svm, gpa)->state, PAGE_HV_UNSHARING);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, 0x100000, gpa, 0, 16), U_RETRY);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_INVAL, cpu->lpid, gpa, 16), U_SUCCESS);
    cpu_set_msr(cpu, MSR_SVM);
    assert_int_equal(mmu_translate(cpu, gpa, ACCESS_STORE, &x), TRAP_HDSI);
    cpu_set_msr(cpu, msr);
    bed_hv_return(cpu, 0, cpu->gpr[31]);
}

BED_TEST(a_page_being_unshared_is_unmapped)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    bed_share(b, GPA, 2);
    bed_hypervisor(b, hv_looks_at_unsharing, svm);
    assert_int_equal(unshare(b, GFN, 2), U_SUCCESS);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_SECURE);
    assert_true(is_zero(bed_secure(b, svm, GPA)));
}

/* Between the offer and the commit the hypervisor tries to have the page in clear. */
static void hv_pages_out_meanwhile(struct bed *b, struct cpu *cpu, unsigned vector)
{
    gra_t gpa = cpu->gpr[4];

    (void)vector;
    (void)b;
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16),
                     U_PARAMETER);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_INVAL, cpu->lpid, gpa, 16), U_P2);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16), 0);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16),
                     U_PARAMETER);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_INVAL, cpu->lpid, gpa, 16), U_SUCCESS);
    bed_hv_return(cpu, 0, cpu->gpr[31]);
}

BED_TEST(a_page_withdrawn_before_the_commit)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    fill(b, svm, GPA, 1);
    b->hv = hv_pages_out_meanwhile;
    assert_int_equal(share(b, GFN, 1), U_SUCCESS);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_SHARED_INV);
    assert_int_equal(translate(b, GPA, ACCESS_LOAD), 0);
    assert_null(memmem(b->m.mem.ram, BED_RAM, SECRET, strlen(SECRET)));
}

/* ---- paged-out pages ---- */

static void hv_brings_back(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)b;
    (void)vector;
    gra_t gpa = cpu->gpr[4];
    bed_hv_return(cpu, bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16),
                  cpu->gpr[31]);
}

BED_TEST(a_paged_out_page_comes_in_before_it_is_shared)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    fill(b, svm, GPA, 1);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16), 0);
    b->hv = hv_brings_back;
    assert_int_equal(share(b, GFN, 1), U_SUCCESS);
    assert_int_equal(b->entries, 2);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_SHARED);
    assert_true(is_zero(bed_normal(b, bed_pool_ra(GPA))));
}

BED_TEST(attack_50_a_page_that_never_comes_back)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16), 0);
    b->hv = bed_hv_answers; /* success, and does nothing */
    assert_int_equal(share(b, GFN - 1, 2), U_P2);
    assert_in_range(b->entries, 1, 10);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_PAGEDOUT);
    assert_int_equal(page_of(svm, GPA - UV_PAGE_SIZE)->state, PAGE_SECURE);
}

BED_TEST(attack_53_unshare_over_a_paged_out_page)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    fill(b, svm, GPA, 1);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16), 0);
    bed_share(b, GPA + UV_PAGE_SIZE, 1);
    b->hv = bed_hv_pages;
    assert_int_equal(unshare(b, GFN, 2), U_SUCCESS);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_PAGEDOUT);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16), 0);
    assert_memory_equal(bed_secure(b, svm, GPA) + 0x777, SECRET, sizeof(SECRET));
}

/* ---- all of them ---- */

BED_TEST(unshare_all_takes_the_shared_pages_of_every_slot)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    assert_int_equal(
        bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, BED_LPID, GUEST_BASE + 0x1000000, 0x20000, 0, 1),
        U_SUCCESS);
    bed_share(b, GPA, 2);
    bed_share(b, GUEST_BASE + GUEST_SIZE - UV_PAGE_SIZE, 1);
    gra_t far = GUEST_BASE + 0x1010000;
    assert_true(bed_pool_ra(far) + UV_PAGE_SIZE <= BED_RAM);
    bed_share(b, far, 1);
    page_of(svm, GPA + 4 * UV_PAGE_SIZE)->state = PAGE_IMPLICIT;
    page_of(svm, GPA + 5 * UV_PAGE_SIZE)->state = PAGE_PSEUDO;
    bed_call(b, FROM_HV, UV_PAGE_INVAL, BED_LPID, GPA + UV_PAGE_SIZE, 16);
    b->hv = bed_hv_pages;
    b->entries = 0;
    assert_int_equal(bed_call(b, FROM_SVM, UV_UNSHARE_ALL_PAGES), U_SUCCESS);
    assert_int_equal(b->entries, 4);
    for (const struct slot *s = svm->slots; s; s = s->next)
        for (uint64_t i = 0; i < s->size >> 16; i++)
            assert_true(s->page[i].state == PAGE_SECURE || s->page[i].state == PAGE_IMPLICIT ||
                        s->page[i].state == PAGE_PSEUDO);
    assert_int_equal(page_of(svm, GPA + 4 * UV_PAGE_SIZE)->state, PAGE_IMPLICIT);
    assert_int_equal(page_of(svm, GPA + 5 * UV_PAGE_SIZE)->state, PAGE_PSEUDO);
}

/* The hypervisor chooses where slots are: 2^32 pages of nothing between two must not be walked. */
BED_TEST(unshare_all_goes_from_slot_to_slot)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct thread_save *s;

    assert_int_equal(bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, BED_LPID,
                              SECURE_RA_BIT - CHUNK_SIZE, CHUNK_SIZE, 0, 1),
                     U_SUCCESS);
    page_of(svm, SECURE_RA_BIT - UV_PAGE_SIZE)->state = PAGE_SHARED;
    b->hv = bed_hv_keeps;
    bed_call(b, FROM_SVM, UV_UNSHARE_ALL_PAGES);
    assert_int_equal(b->entries, 1);
    assert_int_equal(b->last.args[0], SECURE_RA_BIT - UV_PAGE_SIZE);
    s = svm->saves;
    assert_non_null(s);
    assert_int_equal(bed_resume(&b->m.cpus[0], BED_LPID, s->cookie, 0, s->cookie), U_SUCCESS);
    assert_true(bed_in_svm(&b->m.cpus[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_13_14_share_only_for_an_svms_system),
        cmocka_unit_test(share_without_an_svm),
        cmocka_unit_test(attack_54_bad_ranges),
        cmocka_unit_test(attack_56_transient_and_implicit_pages_are_refused),
        cmocka_unit_test(attack_51_neither_side_sees_what_was_there),
        cmocka_unit_test(sharing_twice_keeps_the_contents),
        cmocka_unit_test(unsharing_secure_pages_changes_nothing),
        cmocka_unit_test(attack_52_one_page_of_many_is_refused),
        cmocka_unit_test(attack_50_52_success_without_a_page),
        cmocka_unit_test(attack_52_refused_after_the_page_came),
        cmocka_unit_test(unshare_refused_kills),
        cmocka_unit_test(a_page_being_unshared_is_unmapped),
        cmocka_unit_test(a_page_withdrawn_before_the_commit),
        cmocka_unit_test(a_paged_out_page_comes_in_before_it_is_shared),
        cmocka_unit_test(attack_50_a_page_that_never_comes_back),
        cmocka_unit_test(attack_53_unshare_over_a_paged_out_page),
        cmocka_unit_test(unshare_all_takes_the_shared_pages_of_every_slot),
        cmocka_unit_test(unshare_all_goes_from_slot_to_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
