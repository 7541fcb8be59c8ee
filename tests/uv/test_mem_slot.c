/* SPDX-License-Identifier: Apache-2.0 */
/* UV_REGISTER_MEM_SLOT and UV_UNREGISTER_MEM_SLOT: the guest real memory of an SVM comes and goes.
 */
#include "bed.h"

#define HIGH   0x40000000ULL /* clear of the bed's first slot */
#define SECRET "the secret of this slot"

static int64_t reg(struct bed *b, uint64_t lpid, uint64_t gpa, uint64_t size, uint64_t flags,
                   uint64_t id)
{
    return bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, lpid, gpa, size, flags, id);
}

/* What the SVM's tree makes of @gpa; 0: nothing. */
static ra_t translate(struct bed *b, gra_t gpa)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct xlate x;

    cpu->lpid = BED_LPID;
    cpu_set_msr(cpu, MSR_SVM);
    return mmu_translate(cpu, gpa, ACCESS_LOAD, &x) ? 0 : x.ra;
}

BED_TEST(mem_slot_only_for_the_hypervisor)
{
    static const enum bed_from others[] = {FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                           FROM_SVM_USER};
    bed_make_svm(b, BED_LPID);
    bed_refuses_from(b, UV_REGISTER_MEM_SLOT, others, BED_LPID, HIGH, CHUNK_SIZE, 0, 1);
    bed_refuses_from(b, UV_UNREGISTER_MEM_SLOT, others, BED_LPID, 0);
}

BED_TEST(attack_19_20_bad_slots_are_refused)
{
    static const struct {
        uint64_t lpid, gpa, size, flags, id;
    } c[] = {
        {9, HIGH, CHUNK_SIZE, 0, 1}, /* no such SVM */
        {1ULL << 32 | BED_LPID, HIGH, CHUNK_SIZE, 0, 1},
        {BED_LPID, HIGH + 4, CHUNK_SIZE, 0, 1}, /* unaligned */
        {BED_LPID, HIGH, CHUNK_SIZE + 0x1000, 0, 1},
        {BED_LPID, HIGH, 0, 0, 1},
        {BED_LPID, 0 - CHUNK_SIZE, 2 * CHUNK_SIZE, 0, 1}, /* wraps */
        {BED_LPID, HIGH, 0 - HIGH, 0, 1},
        {BED_LPID, 0 - UV_PAGE_SIZE, UV_PAGE_SIZE, 0, 1}, /* up to the end */
        {BED_LPID, SECURE_RA_BIT, CHUNK_SIZE, 0, 1},      /* no guest address */
        {BED_LPID, SECURE_RA_BIT - UV_PAGE_SIZE, CHUNK_SIZE, 0, 1},
        {BED_LPID, HIGH, CHUNK_SIZE, 1, 1}, /* flags */
        {BED_LPID, HIGH, CHUNK_SIZE, 0, SLOT_MAX},
        {BED_LPID, HIGH, CHUNK_SIZE, 0, 65535},
        {BED_LPID, HIGH, CHUNK_SIZE, 0, 1ULL << 32},
        {BED_LPID, HIGH, CHUNK_SIZE, 0, 0},       /* the slot is in use */
        {BED_LPID, GUEST_BASE, GUEST_SIZE, 0, 0}, /* the very same again */
        {BED_LPID, GUEST_BASE, GUEST_SIZE, 0, 1}, /* overlaps */
        {BED_LPID, GUEST_BASE + GUEST_SIZE - UV_PAGE_SIZE, 2 * UV_PAGE_SIZE, 0, 1},
        {BED_LPID, GUEST_BASE - UV_PAGE_SIZE, 2 * UV_PAGE_SIZE, 0, 1},
        {BED_LPID, GUEST_BASE + UV_PAGE_SIZE, UV_PAGE_SIZE, 0, 1},
        {BED_LPID, 0, GUEST_BASE + 2 * GUEST_SIZE, 0, 1},
        {BED_LPID, HIGH, BED_SECURE, 0, 1}, /* more than there is */
        {BED_LPID, HIGH, SECURE_RA_BIT - HIGH, 0, 1},
    };
    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        assert_int_equal(reg(b, c[i].lpid, c[i].gpa, c[i].size, c[i].flags, c[i].id), U_PARAMETER);
        uint64_t before = bed_hash(b);
        assert_int_equal(reg(b, c[i].lpid, c[i].gpa, c[i].size, c[i].flags, c[i].id), U_PARAMETER);
        assert_true(before == bed_hash(b));
    }
}

BED_TEST(unregister_checks_in_order)
{
    static const struct {
        uint64_t lpid, id;
        int64_t rc;
    } c[] = {
        {9, SLOT_MAX, U_PARAMETER}, {~0ULL, 0, U_PARAMETER}, {BED_LPID, SLOT_MAX, U_P2},
        {BED_LPID, 65535, U_P2},    {BED_LPID, ~0ULL, U_P2}, {BED_LPID, 1, U_P2},
    };
    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, c[i].lpid, c[i].id);
        uint64_t before = bed_hash(b);
        assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, c[i].lpid, c[i].id), c[i].rc);
        assert_true(before == bed_hash(b));
    }
}

/* Unaligned ends, several slots in one chunk: each page has a zero frame of its own. */
BED_TEST(slots_of_any_shape)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    static const struct {
        gra_t gpa;
        uint64_t size;
    } s[] = {
        {0, UV_PAGE_SIZE},
        {0x20000, 0x30000},
        {HIGH + 0x1f0000, 2 * CHUNK_SIZE + 0x20000},
        {HIGH + 0x10000, UV_PAGE_SIZE},
        {SECURE_RA_BIT - UV_PAGE_SIZE, UV_PAGE_SIZE},
    };
    static const uint8_t zeros[UV_PAGE_SIZE];
    ra_t seen[200];
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(s); i++)
        assert_int_equal(reg(b, BED_LPID, s[i].gpa, s[i].size, 0, i == 3 ? SLOT_MAX - 1 : i + 1),
                         U_SUCCESS);
    for (unsigned i = 0; i < ARRAY_SIZE(s); i++)
        for (gra_t at = s[i].gpa; at < s[i].gpa + s[i].size; at += UV_PAGE_SIZE) {
            ra_t ra = page_frame(svm, at);
            assert_int_equal(translate(b, at), ra);
            assert_int_equal(translate(b, at + 0xfff8), ra + 0xfff8);
            assert_memory_equal(bed_secure(b, svm, at), zeros, UV_PAGE_SIZE);
            for (unsigned k = 0; k < n; k++)
                assert_true(seen[k] != ra);
            seen[n++] = ra;
        }
    assert_int_equal(translate(b, UV_PAGE_SIZE), 0); /* between the slots is nothing */
    assert_int_equal(translate(b, HIGH), 0);
    assert_int_equal(translate(b, HIGH + 0x20000), 0);
    assert_int_equal(translate(b, HIGH + 3 * CHUNK_SIZE + 0x10000), 0);
}

BED_TEST(attack_21_an_unregistered_slot_is_scrubbed)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint64_t free = b->m.uv->frames.free;

    assert_int_equal(reg(b, BED_LPID, HIGH, 2 * CHUNK_SIZE, 0, 7), U_SUCCESS);
    assert_true(svm_write(svm, HIGH + 0x12345, SECRET, sizeof(SECRET)));
    assert_non_null(memmem(b->m.mem.secure, BED_SECURE, SECRET, strlen(SECRET)));
    assert_true(translate(b, HIGH) != 0);
    assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, BED_LPID, 7), U_SUCCESS);
    assert_null(memmem(b->m.mem.secure, BED_SECURE, SECRET, strlen(SECRET)));
    assert_null(page_of(svm, HIGH));
    for (gra_t at = HIGH; at < HIGH + 2 * CHUNK_SIZE; at += UV_PAGE_SIZE)
        assert_int_equal(translate(b, at), 0);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, HIGH, 0, 16), U_P3);
    assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, BED_LPID, 7), U_P2);
    assert_in_range(b->m.uv->frames.free, free - 1, free); /* but for a node of the tree */
    assert_true(translate(b, GUEST_BASE) != 0);            /* the other slot is as it was */
}

/* With no secure memory left not even for a node of the tree, the mapping has to go all the same:
 * the frames get another owner. */
BED_TEST(attack_21_unregistering_needs_no_memory)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    assert_int_equal(reg(b, BED_LPID, HIGH, 2 * CHUNK_SIZE, 0, 7), U_SUCCESS);
    while (frames_alloc(&b->m.uv->frames, 1))
        ;
    svm->tree.used = UV_PAGE_SIZE;
    assert_true(translate(b, HIGH) != 0);
    assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, BED_LPID, 7), U_SUCCESS);
    for (gra_t at = HIGH; at < HIGH + 2 * CHUNK_SIZE; at += UV_PAGE_SIZE)
        assert_int_equal(translate(b, at), 0);
}

/* Nor may a page leave that can not be unmapped, or be lent that can not be mapped. */
BED_TEST(pages_stay_when_the_tree_has_no_memory)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    while (frames_alloc(&b->m.uv->frames, 1))
        ;
    svm->tree.used = UV_PAGE_SIZE;
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, GUEST_BASE, 0, 16);
    uint64_t before = bed_hash(b);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, GUEST_BASE, 0, 16),
                     U_RETRY);
    assert_true(before == bed_hash(b));
    assert_int_equal(page_of(svm, GUEST_BASE)->state, PAGE_SECURE);
    assert_int_equal(bed_call(b, FROM_SVM, UV_SHARE_PAGE, GUEST_BASE >> 16, 1), U_P2);
    assert_int_equal(b->entries, 0);
    assert_int_equal(page_of(svm, GUEST_BASE)->state, PAGE_SECURE);
    assert_int_equal(translate(b, GUEST_BASE), page_frame(svm, GUEST_BASE));
}

/* Memory that is plugged in and out for ever does not use the tree up. */
BED_TEST(a_slot_can_come_and_go_for_ever)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    unsigned frames = 0;

    for (unsigned i = 0; i < 600; i++) {
        assert_int_equal(reg(b, BED_LPID, HIGH - UV_PAGE_SIZE, CHUNK_SIZE + UV_PAGE_SIZE, 0, 7),
                         U_SUCCESS);
        assert_int_equal(translate(b, HIGH + 0x30000), page_frame(svm, HIGH + 0x30000));
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, HIGH, 0, 16),
                         U_SUCCESS);
        assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, BED_LPID, 7), U_SUCCESS);
        assert_int_equal(translate(b, HIGH + 0x30000), 0);
        if (!i)
            frames = svm->tree.frames;
        assert_int_equal(svm->tree.frames, frames);
    }
}

BED_TEST(no_slots_for_an_svm_that_is_over)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    svm->state = SVM_ABORTED;
    assert_int_equal(reg(b, BED_LPID, HIGH, CHUNK_SIZE, 0, 1), U_PARAMETER);
    svm->state = SVM_DEAD;
    assert_int_equal(reg(b, BED_LPID, HIGH, CHUNK_SIZE, 0, 1), U_PARAMETER);
    assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, BED_LPID, 0), U_SUCCESS);
}

/* Pages that ESM has brought in stay until it is over: a slot registered again would show zeros
 * where the owner's data was measured. */
BED_TEST(a_slot_that_esm_needs_stays)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct page *p = page_of(svm, GUEST_BASE + 0x30000);

    svm->state = SVM_TRANSITION;
    p->fetched = true;
    assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, BED_LPID, 0), U_P2);
    p->fetched = false;
    p->state = PAGE_IMPLICIT;
    assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, BED_LPID, 0), U_P2);
    p->state = PAGE_SECURE;
    assert_int_equal(bed_call(b, FROM_HV, UV_UNREGISTER_MEM_SLOT, BED_LPID, 0), U_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mem_slot_only_for_the_hypervisor),
        cmocka_unit_test(attack_19_20_bad_slots_are_refused),
        cmocka_unit_test(unregister_checks_in_order),
        cmocka_unit_test(slots_of_any_shape),
        cmocka_unit_test(attack_21_an_unregistered_slot_is_scrubbed),
        cmocka_unit_test(attack_21_unregistering_needs_no_memory),
        cmocka_unit_test(pages_stay_when_the_tree_has_no_memory),
        cmocka_unit_test(a_slot_can_come_and_go_for_ever),
        cmocka_unit_test(a_slot_that_esm_needs_stays),
        cmocka_unit_test(no_slots_for_an_svm_that_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
