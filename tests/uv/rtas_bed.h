/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTAS on the test bed: an SVM with the ultravisor's bounce pages, and a hypervisor that notes what
 * it sees of a call, answers it, and does worse on request.
 */
#ifndef PEFEMU_TESTS_UV_RTAS_BED_H
#define PEFEMU_TESTS_UV_RTAS_BED_H

#include "bed.h"
#include "rtas_services.h"

#define BOUNCE (GUEST_BASE + 0x400000) /* six pages, as ESM sets them aside */
#define NORMAL 0x1000000ULL            /* the hypervisor's pages for them */
#define BLOCK  (GUEST_BASE + 0x50100)  /* the SVM's argument block */
#define DATA   (GUEST_BASE + 0x62340)  /* and its buffer, in another page */
#define AROUND 0x5a

#define SERVICE_ID(id, name) id,
enum { BED_SERVICES(SERVICE_ID) OTHER };
#define TOKEN(service) BED_TOKEN(service)
enum { H_BUSY = 1, H_HARDWARE = -1 };

/* What the scripted hypervisor does with a call, and what it has seen. */
struct call_seen {
    uint32_t token, nargs, nret, args[16];
    uint8_t data[4096];
    gra_t block;
};
struct script {
    unsigned calls, page_ins, data_arg; /* data_arg: the argument with a buffer; ~0: none */
    struct call_seen seen;
    uint32_t rets[16];
    uint8_t answer[4096]; /* put into the buffer */
    int64_t rc;
    bool never_pages_in;
    void (*during)(struct bed *b, struct cpu *cpu, uint8_t *block);
};
static struct script hv __attribute__((unused));

static inline uint8_t *bounce_ptr(struct bed *b, gra_t gpa)
{
    assert_in_range(gpa, BOUNCE, BOUNCE + 6 * UV_PAGE_SIZE - 1);
    return memory_ptr(&b->m.mem, NORMAL + (gpa - BOUNCE), 1);
}

static inline void look(struct bed *b, gra_t gpa)
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

static inline void hv_rtas(struct bed *b, struct cpu *cpu, unsigned vector)
{
    int64_t rc = hv.rc;

    assert_int_equal(vector, 0xc00);
    if (cpu->gpr[3] == UV_H_SVM_PAGE_IN) {
        gra_t gpa = cpu->gpr[4];
        hv.page_ins++;
        rc = hv.never_pages_in
                 ? 0
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

static inline struct svm *make_svm(struct bed *b, lpid_t lpid)
{
    struct svm *svm = bed_make_svm(b, lpid);

    hv = (struct script){.data_arg = ~0u};
    b->hv = hv_rtas;
    bed_make_rtas(svm, BOUNCE, NORMAL);
    memset(bed_secure(b, svm, BLOCK), AROUND, UV_PAGE_SIZE);
    memset(bed_secure(b, svm, DATA), AROUND, UV_PAGE_SIZE);
    return svm;
}

static inline void put_block(struct svm *svm, gra_t at, uint32_t token, uint32_t nargs,
                             uint32_t nret, const uint32_t *args)
{
    uint8_t bytes[12 + 64];

    put_be32(bytes, token);
    put_be32(bytes + 4, nargs);
    put_be32(bytes + 8, nret);
    for (unsigned i = 0; i < 16; i++)
        put_be32(bytes + 12 + 4 * i, i < nargs && args ? args[i] : 0x5a5a5a5a);
    svm_write(svm, at, bytes, sizeof(bytes));
}

static inline int64_t call_at(struct bed *b, gra_t block)
{
    struct cpu *cpu = &b->m.cpus[0];

    cpu->gpr[3] = UV_H_RTAS;
    cpu->gpr[4] = block;
    bed_sc(b, cpu, FROM_SVM, 1);
    return (int64_t)cpu->gpr[3];
}

static inline int64_t callv(struct bed *b, struct svm *svm, unsigned service, uint32_t nargs,
                            uint32_t nret, const uint32_t *args)
{
    put_block(svm, BLOCK, TOKEN(service), nargs, nret, args);
    return call_at(b, BLOCK);
}
#define call(b, svm, service, nret, ...)                                                           \
    callv(b, svm, service, ARRAY_SIZE(((uint32_t[]){0, ##__VA_ARGS__})) - 1, nret,                 \
          (uint32_t[]){0, ##__VA_ARGS__} + 1)

static inline uint32_t cell(struct svm *svm, unsigned i)
{
    uint8_t bytes[4];
    assert_true(svm_read(svm, BLOCK + 12 + 4 * i, bytes, 4));
    return get_be32(bytes);
}

static inline bool is_all(const uint8_t *p, uint8_t v, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != v)
            return false;
    return true;
}

#endif
