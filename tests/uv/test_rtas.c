/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTAS calls of an SVM: argument blocks and buffers travel through the ultravisor's own pages; what the
 * hypervisor sees there, and what it can do with it.
 */
#include "bed.h"

#include <libfdt.h>

#define BOUNCE (GUEST_BASE + 0x400000) /* six pages, as ESM sets them aside */
#define NORMAL 0x1000000ULL            /* the hypervisor's pages for them */
#define BLOCK  (GUEST_BASE + 0x50100)  /* the SVM's argument block */
#define DATA   (GUEST_BASE + 0x62340)  /* and its buffer, in another page */
#define AROUND 0x5a

enum { STOP_SELF, START_CPU, OS_TERM, POWER_OFF, CHECK_EXCEPTION, EVENT_SCAN, CONFIGURE_CONNECTOR,
       GET_PARAMETER, SET_PARAMETER, NVRAM_FETCH, NVRAM_STORE, SLOT_ERROR, NMI_REGISTER, OTHER };
#define TOKEN(service) (0x2000u + (service))
enum { H_BUSY = 1, H_HARDWARE = -1 };

/* What the scripted hypervisor does with a call, and what it has seen. */
struct call_seen {
    uint32_t token, nargs, nret, args[16];
    uint8_t data[4096];
    gra_t block;
};
static struct script {
    unsigned calls, page_ins, data_arg; /* data_arg: the argument with a buffer; ~0: none */
    struct call_seen seen;
    uint32_t rets[16];
    uint8_t answer[4096]; /* put into the buffer */
    int64_t rc;
    bool never_pages_in;
    void (*during)(struct bed *b, struct cpu *cpu, uint8_t *block);
} hv;

static uint8_t *bounce_ptr(struct bed *b, gra_t gpa)
{
    assert_in_range(gpa, BOUNCE, BOUNCE + 6 * UV_PAGE_SIZE - 1);
    return memory_ptr(&b->m.mem, NORMAL + (gpa - BOUNCE), 1);
}

static void look(struct bed *b, gra_t gpa)
{
    const uint8_t *p = bounce_ptr(b, gpa);

    hv.calls++;
    hv.seen.block = gpa;
    hv.seen.token = get_be32(p);
    hv.seen.nargs = get_be32(p + 4);
    hv.seen.nret = get_be32(p + 8);
    for (unsigned i = 0; i < 16; i++)
        hv.seen.args[i] = get_be32(p + 12 + 4 * i);
    if (hv.data_arg < 16)
        memcpy(hv.seen.data, bounce_ptr(b, hv.seen.args[hv.data_arg]), sizeof(hv.seen.data));
}

static void hv_rtas(struct bed *b, struct cpu *cpu, unsigned vector)
{
    int64_t rc = hv.rc;

    assert_int_equal(vector, 0xc00);
    if (cpu->gpr[3] == UV_H_SVM_PAGE_IN) {
        gra_t gpa = cpu->gpr[4];
        hv.page_ins++;
        rc = hv.never_pages_in ? 0
                               : bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16);
    } else {
        assert_int_equal(cpu->gpr[3], UV_H_RTAS);
        for (unsigned i = 5; i < 31; i++)
            assert_int_equal(cpu->gpr[i], 0);
        look(b, cpu->gpr[4]);
        uint8_t *p = bounce_ptr(b, cpu->gpr[4]);
        for (unsigned i = 0; i < 16 && hv.seen.nargs + i < 16; i++)
            put_be32(p + 12 + 4 * (hv.seen.nargs + i), hv.rets[i]);
        if (hv.data_arg < 16)
            memcpy(bounce_ptr(b, hv.seen.args[hv.data_arg]), hv.answer, sizeof(hv.answer));
        if (hv.during)
            hv.during(b, cpu, p);
    }
    bed_hv_return(cpu, rc, cpu->gpr[31]);
}

static struct svm *make_svm(struct bed *b, lpid_t lpid)
{
    struct svm *svm = bed_make_svm(b, lpid);

    hv = (struct script){ .data_arg = ~0u };
    b->hv = hv_rtas;
    svm->rtas.ready = true;
    svm->rtas.bounce = BOUNCE;
    svm->rtas.max_vcpus = 4;
    for (unsigned i = 0; i < RTAS_SERVICES; i++)
        svm->rtas.token[i] = TOKEN(i);
    for (unsigned i = 0; i < 6; i++) {
        gra_t at = BOUNCE + i * UV_PAGE_SIZE;
        page_of(svm, at)->state = PAGE_IMPLICIT;
        page_of(svm, at)->normal = NORMAL + i * UV_PAGE_SIZE;
        tree_map_page(&svm->tree, &b->m.uv->frames, at, 0, false);
    }
    memset(bed_secure(b, svm, BLOCK), AROUND, UV_PAGE_SIZE);
    memset(bed_secure(b, svm, DATA), AROUND, UV_PAGE_SIZE);
    return svm;
}

static void put_block(struct svm *svm, gra_t at, uint32_t token, uint32_t nargs, uint32_t nret,
                      const uint32_t *args)
{
    uint8_t bytes[12 + 64];

    put_be32(bytes, token);
    put_be32(bytes + 4, nargs);
    put_be32(bytes + 8, nret);
    for (unsigned i = 0; i < 16; i++)
        put_be32(bytes + 12 + 4 * i, i < nargs && args ? args[i] : 0x5a5a5a5a);
    svm_write(svm, at, bytes, sizeof(bytes));
}

static int64_t call_at(struct bed *b, gra_t block)
{
    struct cpu *cpu = &b->m.cpus[0];

    cpu->gpr[3] = UV_H_RTAS;
    cpu->gpr[4] = block;
    bed_sc(b, cpu, FROM_SVM, 1);
    return (int64_t)cpu->gpr[3];
}

static int64_t callv(struct bed *b, struct svm *svm, unsigned service, uint32_t nargs, uint32_t nret,
                     const uint32_t *args)
{
    put_block(svm, BLOCK, TOKEN(service), nargs, nret, args);
    return call_at(b, BLOCK);
}
#define call(b, svm, service, nret, ...)                                                           \
    callv(b, svm, service, ARRAY_SIZE(((uint32_t[]){ 0, ##__VA_ARGS__ })) - 1, nret,               \
          (uint32_t[]){ 0, ##__VA_ARGS__ } + 1)

static uint32_t cell(struct svm *svm, unsigned i)
{
    uint8_t bytes[4];
    assert_true(svm_read(svm, BLOCK + 12 + 4 * i, bytes, 4));
    return get_be32(bytes);
}

static bool is_all(const uint8_t *p, uint8_t v, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != v)
            return false;
    return true;
}

/* ---- the block ---- */

BED_TEST(a_call_without_a_buffer)
{
    static const unsigned plain[] = { POWER_OFF, SLOT_ERROR, NMI_REGISTER, OTHER };
    struct svm *svm = make_svm(b, BED_LPID);

    for (unsigned i = 0; i < ARRAY_SIZE(plain); i++) {
        hv.rets[0] = 0x77 + i;
        hv.rets[1] = 0x88;
        hv.rc = -4 * (int)i;
        assert_int_equal(call(b, svm, plain[i], 2, 0x11, 0x22, 0x33), -4 * (int)i);
        assert_int_equal(hv.calls, i + 1);
        assert_int_equal(hv.seen.token, TOKEN(plain[i]));
        assert_int_equal(hv.seen.nargs, 3);
        assert_int_equal(hv.seen.nret, 2);
        assert_int_equal(hv.seen.args[1], 0x22);
        assert_true(is_all((uint8_t *)&hv.seen.args[3], 0, 4 * 13)); /* no more than the arguments */
        assert_int_equal(cell(svm, 3), 0x77 + i);
        assert_int_equal(cell(svm, 4), 0x88);
        assert_int_equal(cell(svm, 5), 0x5a5a5a5a);
        assert_int_equal(svm->rtas.busy, 0);
    }
}

BED_TEST(attack_45_blocks_that_make_no_sense)
{
    static const struct { uint32_t nargs, nret; } c[] = {
        { 17, 0 }, { 0, 17 }, { 16, 1 }, { 9, 8 }, { 0xffffffff, 0 }, { 0, 0xffffffff },
        { 0xffffffff, 1 }, { 0x80000000, 0x80000000 }, { 1, 0xffffffff },
    };
    static const gra_t where[] = {
        0, GUEST_BASE - 8, GUEST_BASE + GUEST_SIZE - 8, GUEST_BASE + GUEST_SIZE, ~0ULL, ~0ULL - 11,
        SECURE_RA_BIT, PPC_BIT(0), BOUNCE,
    };
    struct svm *svm = make_svm(b, BED_LPID);

    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        put_block(svm, BLOCK, TOKEN(OTHER), c[i].nargs, c[i].nret, NULL);
        assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
        uint64_t before = bed_hash(b);
        assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
        assert_true(before == bed_hash(b));
    }
    for (unsigned i = 0; i < ARRAY_SIZE(where); i++)
        assert_int_equal(call_at(b, where[i]), UV_H_PARAMETER);
    bed_share(b, BLOCK & ~0xffffULL, 1); /* the hypervisor would choose the arguments */
    assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
    assert_int_equal(hv.calls, 0);
    assert_int_equal(svm->rtas.busy, 0);
    put_block(svm, DATA, TOKEN(OTHER), 8, 8, NULL); /* 16 cells fit */
    assert_int_equal(call_at(b, DATA), 0);
    svm->rtas.ready = false;
    assert_int_equal(call_at(b, DATA), UV_H_PARAMETER);
}

BED_TEST(a_block_address_of_32_bit_mode)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];

    put_block(svm, BLOCK, TOKEN(OTHER), 0, 0, NULL);
    cpu->gpr[3] = UV_H_RTAS;
    cpu->gpr[4] = 0xffffffff00000000 | BLOCK;
    cpu_set_msr(cpu, MSR_SVM & ~MSR_SF);
    cpu->nia = 0x10000;
    cpu_model_sc(cpu, 1);
    bed_enter(cpu);
    assert_int_equal(cpu->gpr[3], 0);
    assert_int_equal(hv.calls, 1);
}

/* ---- buffers ---- */

static const struct { unsigned service, nargs, buf, len; bool to_hv, from_hv; } with_buffer[] = {
    { CHECK_EXCEPTION, 6, 4, 5, false, true }, { EVENT_SCAN, 4, 2, 3, false, true },
    { GET_PARAMETER, 3, 1, 2, false, true },   { NVRAM_FETCH, 3, 1, 2, false, true },
    { NVRAM_STORE, 3, 1, 2, true, false },
};

static int64_t call_with_buffer(struct bed *b, struct svm *svm, unsigned i, uint32_t data, uint32_t len)
{
    uint32_t args[16] = { 0 };

    args[with_buffer[i].buf] = data;
    args[with_buffer[i].len] = len;
    hv.data_arg = with_buffer[i].buf;
    return callv(b, svm, with_buffer[i].service, with_buffer[i].nargs, 1, args);
}

BED_TEST(buffers_travel_in_their_direction_only)
{
    struct svm *svm = make_svm(b, BED_LPID);
    uint8_t *data = bed_secure(b, svm, DATA) + (DATA & 0xffff);

    for (unsigned i = 0; i < ARRAY_SIZE(with_buffer); i++) {
        static const uint32_t lens[] = { 0, 1, 100, 4096 };
        for (unsigned k = 0; k < ARRAY_SIZE(lens); k++) {
            uint32_t len = lens[k];
            memset(data - 0x2000, AROUND, 0x8000);
            memset(hv.answer, 0xa1 + k, sizeof(hv.answer));
            memset(bed_normal(b, NORMAL + UV_PAGE_SIZE), 0xcc, UV_PAGE_SIZE); /* of the last call */
            hv.rets[0] = 0;
            assert_int_equal(call_with_buffer(b, svm, i, DATA, len), 0);
            gra_t at = hv.seen.args[with_buffer[i].buf];
            assert_in_range(at, BOUNCE + UV_PAGE_SIZE, BOUNCE + 5 * UV_PAGE_SIZE - 4096);
            /* the hypervisor sees the SVM's bytes, or none; never more than the length */
            assert_true(is_all(hv.seen.data, with_buffer[i].to_hv ? AROUND : 0, len));
            assert_true(is_all(hv.seen.data + len, 0, sizeof(hv.seen.data) - len));
            /* the SVM gets its own back, exactly */
            assert_true(is_all(data, with_buffer[i].from_hv ? 0xa1 + k : AROUND, len));
            assert_true(is_all(data + len, AROUND, 0x1000));
            assert_true(is_all(data - 0x1000, AROUND, 0x1000));
            assert_int_equal(cell(svm, with_buffer[i].buf), DATA); /* the SVM's argument stays */
            /* nothing on failure */
            memset(data, AROUND, 4096);
            hv.rets[0] = (uint32_t)-1;
            assert_int_equal(call_with_buffer(b, svm, i, DATA, len), 0);
            assert_true(is_all(data, AROUND, 4096));
        }
    }
    assert_int_equal(svm->rtas.busy, 0);
}

BED_TEST(attack_45_buffers_that_make_no_sense)
{
    static const uint32_t lens[] = { 4097, 0x10000, 0x80000000, 0xffffffff };
    struct svm *svm = make_svm(b, BED_LPID);

    for (unsigned i = 0; i < ARRAY_SIZE(with_buffer); i++) {
        for (unsigned k = 0; k < ARRAY_SIZE(lens); k++)
            assert_int_equal(call_with_buffer(b, svm, i, DATA, lens[k]), UV_H_PARAMETER);
        uint32_t args[16] = { 0 };
        assert_int_equal(callv(b, svm, with_buffer[i].service, with_buffer[i].nargs - 1, 1, args),
                         UV_H_PARAMETER);
    }
    assert_int_equal(hv.calls, 0);
    /* no memory there: nothing goes out, or nothing can come in */
    hv.rets[0] = 0;
    assert_int_equal(call_with_buffer(b, svm, 4, GUEST_BASE - 16, 32), UV_H_PARAMETER);
    assert_int_equal(call_with_buffer(b, svm, 4, 0xffffffff, 32), UV_H_PARAMETER);
    assert_int_equal(call_with_buffer(b, svm, 4, BOUNCE, 32), UV_H_PARAMETER);
    assert_int_equal(hv.calls, 0);
    assert_int_equal(call_with_buffer(b, svm, 2, GUEST_BASE + GUEST_SIZE - 16, 32), UV_H_PARAMETER);
    assert_int_equal(svm->rtas.busy, 0);
}

BED_TEST(set_system_parameter_is_as_long_as_it_says)
{
    struct svm *svm = make_svm(b, BED_LPID);
    uint8_t bytes[] = { 0, 5, 'h', 'e', 'l', 'l', 'o', 's', 'e', 'c' };

    hv.data_arg = 1;
    assert_true(svm_write(svm, DATA, bytes, sizeof(bytes)));
    assert_int_equal(call(b, svm, SET_PARAMETER, 1, 42, DATA), 0);
    assert_memory_equal(hv.seen.data, bytes, 7);
    assert_true(is_all(hv.seen.data + 7, 0, 4096 - 7));
    put_be16(bytes, 4095); /* with the length itself one too many */
    assert_true(svm_write(svm, DATA, bytes, 2));
    assert_int_equal(call(b, svm, SET_PARAMETER, 1, 42, DATA), UV_H_PARAMETER);
    assert_int_equal(call(b, svm, SET_PARAMETER, 1, 42, 0), UV_H_PARAMETER);
    assert_int_equal(call(b, svm, SET_PARAMETER, 1, 42), UV_H_PARAMETER);
    assert_int_equal(hv.calls, 1);
}

BED_TEST(configure_connector_goes_both_ways)
{
    struct svm *svm = make_svm(b, BED_LPID);

    hv.data_arg = 0;
    memset(hv.answer, 0xb2, sizeof(hv.answer));
    assert_int_equal(call(b, svm, CONFIGURE_CONNECTOR, 1, DATA, 0), 0);
    assert_true(is_all(hv.seen.data, AROUND, 4096));
    assert_true(is_all(bed_secure(b, svm, DATA) + (DATA & 0xffff), 0xb2, 4096));
    assert_int_equal(call(b, svm, CONFIGURE_CONNECTOR, 1, DATA, 1), UV_H_PARAMETER); /* more memory */
    assert_int_equal(hv.calls, 1);
}

/* The last words of a kernel, and nothing of what lies behind them. */
BED_TEST(os_term_shows_the_string_only)
{
    struct svm *svm = make_svm(b, BED_LPID);
    static const char text[] = "panic: at the disco\0secret";

    hv.data_arg = 0;
    assert_true(svm_write(svm, DATA, text, sizeof(text)));
    assert_int_equal(call(b, svm, OS_TERM, 1, DATA), 0);
    assert_string_equal(hv.seen.data, "panic: at the disco");
    assert_true(is_all(hv.seen.data + strlen(text), 0, 4096 - strlen(text)));
    /* one without an end is cut at the page's */
    assert_int_equal(call(b, svm, OS_TERM, 1, DATA + 0x100), 0);
    assert_int_equal(hv.seen.data[0], AROUND);
    assert_int_equal(hv.seen.data[4095], 0);
    assert_int_equal(call(b, svm, OS_TERM, 1, 0), UV_H_PARAMETER);
    assert_int_equal(call(b, svm, OS_TERM, 1), UV_H_PARAMETER);
}

/* ---- the hypervisor writes into the shared pages during the call ---- */

static void scribbles(struct bed *b, struct cpu *cpu, uint8_t *block)
{
    (void)b;
    (void)cpu;
    put_be32(block, 0x2020);           /* the token */
    put_be32(block + 4, 0);            /* the counts: were they believed, arguments were results */
    put_be32(block + 8, 0xffffffff);
    for (unsigned i = 0; i < 3; i++)   /* the arguments: pointers into the SVM */
        put_be32(block + 12 + 4 * i, BLOCK - 0x100);
    memset(block + 12 + 4 * 4, 0xdd, 0x1000 - 12 - 4 * 4); /* beyond the one result */
}

BED_TEST(attack_44_57_the_block_changes_during_the_call)
{
    struct svm *svm = make_svm(b, BED_LPID);
    static uint8_t before[UV_PAGE_SIZE], data[UV_PAGE_SIZE];

    hv.during = scribbles;
    hv.data_arg = 1;
    memset(hv.answer, 0xb2, sizeof(hv.answer));
    put_block(svm, BLOCK, TOKEN(GET_PARAMETER), 3, 1, (uint32_t[]){ 42, DATA, 16 });
    memcpy(before, bed_secure(b, svm, BLOCK), UV_PAGE_SIZE);
    memcpy(data, bed_secure(b, svm, DATA), UV_PAGE_SIZE);
    assert_int_equal(call_at(b, BLOCK), 0);
    put_be32(before + (BLOCK & 0xffff) + 12 + 12, 0); /* the one result */
    assert_memory_equal(bed_secure(b, svm, BLOCK), before, UV_PAGE_SIZE);
    memset(data + (DATA & 0xffff), 0xb2, 16);
    assert_memory_equal(bed_secure(b, svm, DATA), data, UV_PAGE_SIZE);
}

static void withdraws(struct bed *b, struct cpu *cpu, uint8_t *block)
{
    (void)b;
    (void)block;
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_INVAL, cpu->lpid, BOUNCE + i * UV_PAGE_SIZE, 16), 0);
}

BED_TEST(attack_44_the_bounce_pages_vanish_during_the_call)
{
    struct svm *svm = make_svm(b, BED_LPID);

    hv.during = withdraws;
    assert_int_equal(call(b, svm, POWER_OFF, 1, 1, 2), H_HARDWARE);
    assert_int_equal(svm->rtas.busy, 0);
    assert_int_equal(call(b, svm, POWER_OFF, 1, 1, 2), H_HARDWARE); /* gone before it begins */
    assert_int_equal(call(b, svm, NVRAM_STORE, 1, 0, DATA, 8), UV_H_PARAMETER);
    assert_int_equal(svm->rtas.busy, 0);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, NORMAL + i * UV_PAGE_SIZE,
                                  BOUNCE + i * UV_PAGE_SIZE, 0, 16), 0);
    hv.during = NULL;
    assert_int_equal(call(b, svm, POWER_OFF, 1, 1, 2), 0);
}

/* ---- pages that are out ---- */

static void page_out(struct bed *b, gra_t gpa)
{
    gpa &= ~0xffffULL;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(gpa), gpa, 0, 16), 0);
}

BED_TEST(a_block_and_a_buffer_that_are_paged_out)
{
    struct svm *svm = make_svm(b, BED_LPID);
    uint32_t args[] = { 42, DATA, 16 };

    hv.data_arg = 1;
    memset(hv.answer, 0xb2, sizeof(hv.answer));
    put_block(svm, BLOCK, TOKEN(NVRAM_STORE), 3, 2, args);
    page_out(b, BLOCK);
    page_out(b, DATA);
    assert_int_equal(call_at(b, BLOCK), 0);
    assert_int_equal(hv.page_ins, 2);
    assert_true(is_all(hv.seen.data, AROUND, 16));

    put_block(svm, BLOCK, TOKEN(NVRAM_FETCH), 3, 2, args);
    page_out(b, BLOCK);
    page_out(b, DATA);
    assert_int_equal(call_at(b, BLOCK), 0);
    assert_int_equal(hv.page_ins, 4);
    assert_true(is_all(bed_secure(b, svm, DATA) + (DATA & 0xffff), 0xb2, 16));
}

static void pages_out_during(struct bed *b, struct cpu *cpu, uint8_t *block)
{
    static const gra_t pages[] = { BLOCK & ~0xffffULL, DATA & ~0xffffULL };

    (void)block;
    (void)b;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, bed_pool_ra(pages[i]), pages[i], 0,
                                      16), 0);
}

BED_TEST(paged_out_during_the_call)
{
    struct svm *svm = make_svm(b, BED_LPID);

    hv.during = pages_out_during;
    hv.data_arg = 1;
    hv.rets[1] = 0x99;
    memset(hv.answer, 0xb2, sizeof(hv.answer));
    assert_int_equal(call(b, svm, GET_PARAMETER, 2, 42, DATA, 16), 0);
    assert_int_equal(hv.page_ins, 2);
    assert_int_equal(hv.calls, 1);
    assert_int_equal(cell(svm, 4), 0x99);
    assert_true(is_all(bed_secure(b, svm, DATA) + (DATA & 0xffff), 0xb2, 16));
}

BED_TEST(attack_50_a_block_that_never_comes_back)
{
    struct svm *svm = make_svm(b, BED_LPID);

    put_block(svm, BLOCK, TOKEN(POWER_OFF), 0, 1, NULL);
    page_out(b, BLOCK);
    hv.never_pages_in = true;
    assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
    assert_in_range(hv.page_ins, 1, 20);
    assert_int_equal(hv.calls, 0);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, bed_pool_ra(BLOCK & ~0xffffULL),
                              BLOCK & ~0xffffULL, 0, 16), 0);
    hv.during = pages_out_during;
    assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
    assert_int_equal(svm->rtas.busy, 0);
    assert_null(svm->saves);
}

/* ---- many at a time ---- */

BED_TEST(attack_45_more_calls_than_buffers)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    uint64_t cookie[RTAS_BUFFERS];
    gra_t block[RTAS_BUFFERS];

    put_block(svm, BLOCK, TOKEN(NVRAM_STORE), 3, 1, (uint32_t[]){ 0, DATA, 4 });
    b->hv = bed_hv_keeps;
    for (unsigned i = 0; i < RTAS_BUFFERS; i++) {
        call_at(b, BLOCK);
        assert_int_equal(b->last.number, UV_H_RTAS);
        cookie[i] = b->last.regs.gpr[31];
        block[i] = b->last.args[0];
        for (unsigned k = 0; k < i; k++)
            assert_true(block[k] + 0x1000 <= block[i] || block[i] + 0x1000 <= block[k]);
    }
    unsigned before = b->entries;
    assert_int_equal(call_at(b, BLOCK), H_BUSY);
    assert_int_equal(call_at(b, BLOCK), H_BUSY);
    assert_int_equal(b->entries, before);
    assert_int_equal(bed_resume(cpu, BED_LPID, cookie[5], 0, cookie[5]), 0);
    call_at(b, BLOCK);
    assert_int_equal(b->last.args[0], block[5]);
    assert_int_equal(call_at(b, BLOCK), H_BUSY);
}

/* ---- tokens ---- */

static void *tree(uint32_t token_base, const char *leave_out, uint32_t cores)
{
    static const char *const names[] = {
        "stop-self", "start-cpu", "ibm,os-term", "power-off", "check-exception", "event-scan",
        "ibm,configure-connector", "ibm,get-system-parameter", "ibm,set-system-parameter",
        "nvram-fetch", "nvram-store", "ibm,slot-error-detail", "ibm,nmi-register",
    };
    static uint8_t fdt[8192];
    uint32_t capacity[5] = { 0, 0, 0, 0, cpu_to_fdt32(cores) }, servers[2] = { 0, cpu_to_fdt32(1) };

    assert_int_equal(fdt_create_empty_tree(fdt, sizeof(fdt)), 0);
    int rtas = fdt_add_subnode(fdt, 0, "rtas");
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!leave_out || strcmp(names[i], leave_out))
            fdt_setprop_u32(fdt, rtas, names[i], token_base + i);
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
    static const char *const needed[] = { "stop-self", "start-cpu", "ibm,os-term", "nvram-store",
                                          "ibm,slot-error-detail", "ibm,lrdr-capacity" };
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
    static const uint32_t cores[] = { 0, 2049, 0x80000000, 0xffffffff };
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
    static const uint32_t server[] = { 4, 16, 4096, 0x80000000, 0xffffffff };
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

/* The hypervisor resumes a thread that stopped itself: it must not free the buffer of another call. */
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
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_INVAL, BED_LPID, BOUNCE + i * UV_PAGE_SIZE, 16), 0);
    cpu->gpr[4] = BOUNCE;
    bed_insn(svm, cpu, MSR_SVM, 0xe8640000);
    assert_int_equal(hv.calls, 0);
    assert_int_equal(svm->state, SVM_DEAD);
    assert_int_equal(cpu->run_state, CPU_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_without_a_buffer),
        cmocka_unit_test(attack_45_blocks_that_make_no_sense),
        cmocka_unit_test(a_block_address_of_32_bit_mode),
        cmocka_unit_test(buffers_travel_in_their_direction_only),
        cmocka_unit_test(attack_45_buffers_that_make_no_sense),
        cmocka_unit_test(set_system_parameter_is_as_long_as_it_says),
        cmocka_unit_test(configure_connector_goes_both_ways),
        cmocka_unit_test(os_term_shows_the_string_only),
        cmocka_unit_test(attack_44_57_the_block_changes_during_the_call),
        cmocka_unit_test(attack_44_the_bounce_pages_vanish_during_the_call),
        cmocka_unit_test(a_block_and_a_buffer_that_are_paged_out),
        cmocka_unit_test(paged_out_during_the_call),
        cmocka_unit_test(attack_50_a_block_that_never_comes_back),
        cmocka_unit_test(attack_45_more_calls_than_buffers),
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
