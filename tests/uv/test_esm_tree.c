/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UV_ESM from its first page to the lockbox: device tree, RTAS, initrd and blob as a hostile
 * hypervisor hands them over. An honest one comes as far as the lockbox, for which this bed has no
 * TPM.
 */
#include "bed.h"

#include "esm_bed.h"

#define LPID  3
#define OTHER 0x1800000ULL /* normal memory that is not the VM's */

/* What the ultravisor told the user last. */
static char said[300];
static unsigned current; /* row of a table */

void uv_say(const struct uv *uv, lpid_t lpid, const char *fmt, ...)
{
    va_list ap;

    (void)uv;
    (void)lpid;
    va_start(ap, fmt);
    vsnprintf(said, sizeof(said), fmt, ap);
    va_end(ap);
}

/* ---- the VM's memory, at the same real addresses: LPID 3's map is the identity ---- */

static void place_tree(struct bed *b)
{
    memset(b->m.mem.ram, 0x77, VM_RAM);
    memcpy(b->m.mem.ram + FDT, tree,
           fdt_totalsize(tree) < sizeof(tree) ? fdt_totalsize(tree) : sizeof(tree));
}

/* ---- the hypervisor ---- */

struct host {
    bool aborted;
    unsigned pages_in;
    void (*before)(struct bed *b, struct cpu *cpu, gra_t gpa,
                   unsigned n); /* before the n-th page comes */
};

static int64_t page_in(struct cpu *cpu, ra_t ra, gra_t gpa)
{
    return bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, ra, gpa, 0, UV_PAGE_LOG2);
}

static void give_up(struct cpu *cpu, struct host *h)
{
    h->aborted = true;
    for (gra_t at = UV_PAGE_SIZE; at < VM_RAM; at += UV_PAGE_SIZE)
        bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, at, at, 0, UV_PAGE_LOG2);
    assert_int_equal(bed_hv_ucall(cpu, UV_SVM_TERMINATE, cpu->lpid), U_SUCCESS);
    cpu->gpr[3] = (uint64_t)UV_H_PARAMETER;
    cpu->hsrr0 = cpu->srr0;
    cpu->hsrr1 = cpu->srr1;
    cpu_model_return(cpu, RETURN_HRFID);
}

static void host_script(struct bed *b, struct cpu *cpu, unsigned vector)
{
    struct host *h = b->user;
    uint64_t cookie = cpu->gpr[31];
    int64_t rc = 0;

    assert_int_equal(vector, VEC_SC);
    switch (cpu->gpr[3]) {
    case UV_H_SVM_INIT_START:
        rc = bed_hv_ucall(cpu, UV_REGISTER_MEM_SLOT, cpu->lpid, 0, VM_RAM, 0, 0);
        assert_int_equal(rc, U_SUCCESS);
        break;
    case UV_H_SVM_PAGE_IN:
        if (h->before)
            h->before(b, cpu, cpu->gpr[4], h->pages_in);
        h->pages_in++;
        rc = page_in(cpu, cpu->gpr[4], cpu->gpr[4]) ? UV_H_PARAMETER : UV_H_SUCCESS;
        break;
    case UV_H_SVM_INIT_ABORT:
        give_up(cpu, h);
        return;
    default:
        fail_msg("hypercall 0x%llx", (unsigned long long)cpu->gpr[3]);
    }
    bed_hv_return(cpu, rc, cookie);
}

/* ESM fails at step @step for a reason with @why in it, and the VM has its memory and nobody's
 * secrets. */
static void fails(struct bed *b, struct host *h, unsigned step, const char *why)
{
    char begin[64];
    struct uv *uv = b->m.uv;
    uint64_t free = uv->frames.free, failed = uv->stats.esm_failed;

    b->m.cpus[0].lpid = LPID;
    bed_hypervisor(b, host_script, h);
    said[0] = '\0';
    assert_int_equal(bed_call(b, FROM_NVM, UV_ESM, KBASE, FDT), UV_H_PARAMETER);
    snprintf(begin, sizeof(begin), "ESM failed, stays a normal VM. Step %u, ", step);
    if (strncmp(said, begin, strlen(begin)) || !strstr(said, why))
        fail_msg("wanted step %u, '%s' (%u); it said: %s", step, why, current, said);
    assert_true(h->aborted);
    assert_null(uv->svms);
    assert_int_equal(uv->frames.free, free);
    assert_int_equal(uv->stats.esm_failed, failed + 1);
    assert_int_equal(b->m.cpus[0].msr & (MSR_S | MSR_HV), 0);
    for (ra_t at = uv->frames.base; at < SECURE_RA_BIT + BED_SECURE; at += 8)
        assert_int_equal(get_be64(memory_ptr(&b->m.mem, at, 8)), 0);
}

/* ---- trees ---- */

BED_TEST(an_honest_hypervisor_comes_as_far_as_the_blob)
{
    struct host h = {0};

    make_tree();
    place_tree(b);
    fails(b, &h, 8, "no ESM blob in front");
    assert_int_equal(b->m.mem.ram[INITRD + 5], 0x77); /* handed back as it was */
    assert_int_equal(get_be32(b->m.mem.ram + FDT), FDT_MAGIC);
}

static const struct tree_case {
    const char *node, *name; /* the property to change; name NULL: delete the node */
    int n;                   /* cells; -1: delete it */
    uint32_t cell[4];
    unsigned step;
    const char *why;
} cases[] = {
    {"/memory@0", NULL, 0, {0}, 3, "no /memory@0"},
    {"/memory@0", "reg", -1, {0}, 3, "no /memory@0"},
    {"/memory@0", "reg", 2, {0, VM_RAM}, 3, "no /memory@0"},
    {"/memory@0", "reg", 4, {0, 0x10000, 0, VM_RAM}, 3, "does not begin at 0"},
    {"/memory@0", "reg", 4, {0, 0, 0, 0}, 4, "no free memory"},
    {"/memory@0", "reg", 4, {0, 0, 0, 0x10000}, 4, "no free memory"},
    {"/rtas", NULL, 0, {0}, 5, "/rtas"},
    {"/rtas", "stop-self", -1, {0}, 5, "stop-self"},
    {"/rtas", "nvram-store", 1, {0}, 5, "nvram-store"},
    {"/rtas", "ibm,lrdr-capacity", -1, {0}, 5, "ibm,lrdr-capacity"},
    {"/rtas", "ibm,lrdr-capacity", 1, {0}, 5, "ibm,lrdr-capacity"},
    {"/rtas", "ibm,lrdr-capacity", 1, {4097}, 5, "ibm,lrdr-capacity"},
    {"/rtas", "ibm,lrdr-capacity", 1, {0xffffffff}, 5, "ibm,lrdr-capacity"},
    {"/cpu@0", "ibm,ppc-interrupt-server#s", -1, {0}, 5, "ibm,lrdr-capacity"},
    {"/rtas", "linux,rtas-base", -1, {0}, 6, "linux,rtas-base"},
    {"/rtas", "rtas-size", 1, {0}, 6, "rtas-size"},
    {"/rtas", "rtas-size", 1, {0xffffffff}, 6, "rtas-size"},
    {"/rtas", "slof,rtas-size", 1, {0x1001}, 6, "slof,rtas-size"},
    {"/rtas", "slof,rtas-size", 1, {0}, 6, "slof,rtas-size"},
    {"/rtas", "linux,rtas-base", 1, {VM_RAM}, 6, "not all in the VM's memory"},
    {"/rtas", "linux,rtas-base", 1, {VM_RAM - 0x800}, 6, "not all in the VM's memory"},
    {"/rtas", "linux,rtas-base", 2, {0xffffffff, 0xfffff800}, 6, "not all in the VM's memory"},
    {"/chosen", NULL, 0, {0}, 7, "no bootargs"},
    {"/chosen", "bootargs", -1, {0}, 7, "no bootargs"},
    {"/chosen", "bootargs", 0, {0}, 7, "no bootargs"},
    {"/chosen", "bootargs", 1, {0x61626364}, 7, "no bootargs"}, /* without an end */
    {"/chosen", "linux,initrd-start", -1, {0}, 7, "no initrd"},
    {"/chosen", "linux,initrd-end", -1, {0}, 7, "no initrd"},
    {"/chosen", "linux,initrd-end", 3, {0, INITRD, 0}, 7, "no initrd"},
    {"/chosen", "linux,initrd-end", 1, {INITRD}, 7, "no initrd"},
    {"/chosen", "linux,initrd-end", 1, {INITRD - 1}, 7, "no initrd"},
    {"/chosen", "linux,initrd-end", 1, {VM_RAM + 1}, 7, "not all in the VM's memory"},
    {"/chosen", "linux,initrd-end", 2, {0xffffffff, 0xffffffff}, 7, "not all in the VM's memory"},
    {"/chosen", "linux,initrd-start", 2, {0x00010000, INITRD}, 7, "no initrd"},
};

static void change_tree(const struct tree_case *c)
{
    int node = fdt_path_offset(tree, c->node);

    assert_true(node >= 0);
    if (!c->name)
        assert_int_equal(fdt_del_node(tree, node), 0);
    else if (c->n < 0)
        assert_int_equal(fdt_delprop(tree, node, c->name), 0);
    else
        set_cells(c->node, c->name, (unsigned)c->n, c->cell);
}

/* Each is looked at for each page that might be free: so many would keep the ultravisor busy for
 * ever. */
BED_TEST(a_tree_with_too_many_reservations)
{
    struct host h = {0};

    make_tree();
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(fdt_add_mem_rsv(tree, 0x100000000ULL + i * 0x10000ULL, 0x1000), 0);
    place_tree(b);
    fails(b, &h, 4, "memory reservations");
}

/* A reservation that wraps takes all memory behind its start. */
BED_TEST(a_reservation_that_wraps)
{
    struct host h = {0};

    make_tree();
    assert_int_equal(fdt_add_mem_rsv(tree, 0x10000, ~0ULL), 0);
    place_tree(b);
    fails(b, &h, 4, "no free memory");
}

BED_TEST(attack_60_61_69_trees_that_make_no_sense)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct host h = {0};
        current = i;
        make_tree();
        change_tree(&cases[i]);
        place_tree(b);
        fails(b, &h, cases[i].step, cases[i].why);
    }
}

/* A blob named by the tree: reversed, too long, outside. */
BED_TEST(attack_61_a_blob_that_is_nowhere)
{
    static const struct {
        uint32_t start, end;
        const char *why;
    } c[] = {
        {INITRD, INITRD, "make no sense"},
        {INITRD, INITRD - 4, "make no sense"},
        {INITRD, INITRD + ESM_BLOB_MAX + 1, "make no sense"},
        {VM_RAM, VM_RAM + 0x100, "not all in the VM's memory"},
        {VM_RAM - 0x100, VM_RAM + 0x100, "not all in the VM's memory"},
        {INITRD, INITRD + 0x100, "not a flat device tree"},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        struct host h = {0};
        current = i;
        make_tree();
        CELLS("/chosen", "linux,esm-blob-start", c[i].start);
        CELLS("/chosen", "linux,esm-blob-end", c[i].end);
        place_tree(b);
        fails(b, &h, 8, c[i].why);
    }
}

/* The ultravisor takes its pages from the top, but not this one. */
BED_TEST(a_blob_at_the_top_of_memory)
{
    struct host h = {0};

    make_tree();
    CELLS("/chosen", "linux,esm-blob-start", VM_RAM - 0x8000);
    CELLS("/chosen", "linux,esm-blob-end", VM_RAM - 0x8000 + 0x100);
    place_tree(b);
    fails(b, &h, 8, "not a flat device tree");
    assert_int_equal(b->m.mem.ram[VM_RAM - 1], 0x77);
}

BED_TEST(attack_69_a_boot_cpu_that_is_not_there)
{
    struct host h = {0};

    make_tree();
    fdt_set_boot_cpuid_phys(tree, 2); /* the tree allows for two: 0 and 1 */
    place_tree(b);
    fails(b, &h, 5, "boot CPU 2");
}

BED_TEST(attack_60_no_tree_at_all)
{
    static const struct {
        unsigned offset;
        uint32_t value;
        const char *why;
    } c[] = {
        {0, 0, "no device tree"},
        {4, 0, "says it has 0 bytes"},
        {4, 39, "says it has 39 bytes"},
        {4, ESM_FDT_MAX + 1, "says it has"},
        {4, 0xffffffff, "says it has"},
        {4, 48, "damaged"},
        {8, 0xfffffff0, "damaged"},
        {8, 3, "damaged"},
        {12, 0x100000, "damaged"},
        {16, 0xfffffff8, "damaged"},
        {24, 99, "damaged"},
        {36, 0x7fffffff, "damaged"},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        struct host h = {0};
        current = i;
        make_tree();
        place_tree(b);
        put_be32(b->m.mem.ram + FDT + c[i].offset, c[i].value);
        fails(b, &h, 2, c[i].why);
    }
}

/* ---- the hypervisor changes its mind ---- */

/* From the second page on: the tree's page once more, with other bytes, and by way of a page-out.
 */
static void supplies_again(struct bed *b, struct cpu *cpu, gra_t gpa, unsigned n)
{
    const struct svm *svm = svm_find(b->m.uv, cpu->lpid);
    gra_t page = FDT & ~(UV_PAGE_SIZE - 1);

    if (n != 1)
        return;
    assert_int_not_equal(gpa, page);
    memset(bed_normal(b, OTHER), 0x66, UV_PAGE_SIZE);
    assert_int_equal(page_in(cpu, OTHER, page), U_P2);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, OTHER, page, 0, UV_PAGE_LOG2),
                     U_SUCCESS);
    assert_int_not_equal(get_be32(bed_normal(b, OTHER)), FDT_MAGIC); /* not in clear */
    bed_normal(b, OTHER)[9] ^= 1;
    assert_int_equal(page_in(cpu, OTHER, page), U_P3);
    assert_int_equal(page_in(cpu, page, page),
                     U_P3); /* the first bytes, which are not what went out */
    bed_normal(b, OTHER)[9] ^= 1;
    assert_int_equal(page_in(cpu, OTHER, page), U_SUCCESS);
    assert_int_equal(get_be32(bed_secure(b, svm, page)), FDT_MAGIC);
}

BED_TEST(attack_67_the_first_contents_count)
{
    struct host h = {.before = supplies_again};

    make_tree();
    place_tree(b);
    fails(b, &h, 8, "no ESM blob in front");
    assert_true(h.pages_in > 2);
}

/* The VM is reset while pages come in. */
static void terminates(struct bed *b, struct cpu *cpu, gra_t gpa, unsigned n)
{
    (void)b;
    (void)gpa;
    if (n == 3)
        assert_int_equal(bed_hv_ucall(cpu, UV_SVM_TERMINATE, cpu->lpid), U_SUCCESS);
}

static void resets(struct bed *b, struct cpu *cpu, unsigned vector)
{
    struct host *h = b->user;

    if (h->pages_in < 4) {
        host_script(b, cpu, vector);
        return;
    }
    fail_msg("entered for an SVM that is gone");
}

BED_TEST(attack_70_terminated_in_the_middle)
{
    struct host h = {.before = terminates};
    struct uv *uv = b->m.uv;
    uint64_t free = uv->frames.free;

    make_tree();
    place_tree(b);
    b->m.cpus[0].lpid = LPID;
    bed_hypervisor(b, resets, &h);
    bed_call(b, FROM_NVM, UV_ESM, KBASE, FDT);
    assert_int_equal(h.pages_in, 4);
    assert_null(uv->svms);
    assert_int_equal(uv->frames.free, free);
    for (ra_t at = uv->frames.base; at < SECURE_RA_BIT + BED_SECURE; at += 8)
        assert_int_equal(get_be64(memory_ptr(&b->m.mem, at, 8)), 0);
    assert_false(b->m.cpus[0].msr & MSR_S);
}

/* ---- the last steps ---- */

enum {
#define ESM_STEP(id, fn, what) STEP_##id,
#include "pefemu/esmstep.def"
#undef ESM_STEP
};

static void refuses_done(struct bed *b, struct cpu *cpu, unsigned vector)
{
    if (cpu->gpr[3] == UV_H_SVM_INIT_DONE)
        bed_hv_return(cpu, -75 /* H_STATE */, cpu->gpr[31]);
    else
        host_script(b, cpu, vector);
}

/* With the key at hand and everything compared. */
BED_TEST(attack_70_58_init_done_fails)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct uv *uv = b->m.uv;
    struct host h = {0};
    uint64_t free = uv->frames.free;
    struct svm *svm = bed_make_svm(b, LPID);
    struct thread_save *s = thread_save(svm, cpu, 0x10000, MSR_SF | MSR_ME);
    struct esm *e = svm->esm = calloc(1, sizeof(*e));

    assert_true(s && e);
    svm->state = SVM_TRANSITION;
    pate_write(uv, LPID, 0, 0); /* its entry is still the hypervisor's */
    e->step = STEP_INIT_DONE;
    e->want = ~0ULL;
    memset(&e->key, 0x5e, sizeof(e->key));
    memset(bed_secure(b, svm, GUEST_BASE), 0xee, UV_PAGE_SIZE);
    page_of(svm, GUEST_BASE)->fetched = true;
    e->reserved[e->nreserved++] = GUEST_BASE + UV_PAGE_SIZE; /* the ultravisor worked there */
    memset(bed_secure(b, svm, GUEST_BASE + UV_PAGE_SIZE), 0x5e, UV_PAGE_SIZE);
    memset(bed_normal(b, GUEST_BASE + UV_PAGE_SIZE), 0x11, UV_PAGE_SIZE);
    bed_hypervisor(b, refuses_done, &h);
    cpu_set_msr(cpu, MSR_SVM | MSR_HV);
    work_start(s, cpu, WORK_ESM);
    bed_enter(cpu);
    assert_true(h.aborted);
    assert_non_null(strstr(said, "H_SVM_INIT_DONE"));
    assert_int_equal((int64_t)cpu->gpr[3], UV_H_PARAMETER);
    assert_int_equal(cpu->msr & (MSR_S | MSR_HV), 0);
    assert_int_equal(bed_normal(b, GUEST_BASE)[7], 0xee);
    assert_int_equal(bed_normal(b, GUEST_BASE + UV_PAGE_SIZE)[7], 0);
    assert_int_equal(uv->frames.free, free);
    for (ra_t at = uv->frames.base; at < SECURE_RA_BIT + BED_SECURE; at += 8)
        assert_int_equal(get_be64(memory_ptr(&b->m.mem, at, 8)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_hypervisor_comes_as_far_as_the_blob),
        cmocka_unit_test(a_tree_with_too_many_reservations),
        cmocka_unit_test(a_reservation_that_wraps),
        cmocka_unit_test(attack_60_61_69_trees_that_make_no_sense),
        cmocka_unit_test(attack_61_a_blob_that_is_nowhere),
        cmocka_unit_test(a_blob_at_the_top_of_memory),
        cmocka_unit_test(attack_69_a_boot_cpu_that_is_not_there),
        cmocka_unit_test(attack_60_no_tree_at_all),
        cmocka_unit_test(attack_67_the_first_contents_count),
        cmocka_unit_test(attack_70_terminated_in_the_middle),
        cmocka_unit_test(attack_70_58_init_done_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
