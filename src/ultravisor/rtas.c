/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTAS calls of an SVM. Neither its argument blocks nor its buffers are visible to the hypervisor,
 * so they travel through pages that ESM set aside for it. What is checked is a private copy, and
 * what comes back fills the places that the SVM named, no others.
 */
#include "uv_internal.h"

#include <libfdt.h>

#include "pefemu/engine.h"

#define CELLS       16u
#define BLOCK_SIZE  0x1000u /* one argument block of the first page */
#define BUFFER_STEP 0x4000u
#define BUFFER_SIZE 0x1000u /* used of it */
#define ROUNDS      8u
#define H_HARDWARE  (-1)
#define H_BUSY      1

enum direction { NONE = 0, TO_HV = 1, FROM_HV = 2, BOTH = 3 };
enum special { PLAIN, STOP_SELF, START_CPU, SIZED_BY_DATA, STRING, CONNECTOR };

/* Services that the ultravisor knows (pef.md 9.6). The first must be there for ESM, but for those
 * that are marked optional. */
static const struct service {
    const char *name;
    bool optional;
    enum special special;
    enum direction data;
    uint8_t nargs;    /* at least */
    uint8_t buf, len; /* arguments with the buffer's address and length */
} services[RTAS_SERVICES] = {
    {"stop-self", false, STOP_SELF, NONE, 0, 0, 0},
    {"start-cpu", false, START_CPU, NONE, 3, 0, 0},
    {"ibm,os-term", false, STRING, TO_HV, 1, 0, 0},
    {"power-off", false, PLAIN, NONE, 0, 0, 0},
    {"check-exception", false, PLAIN, FROM_HV, 6, 4, 5},
    {"event-scan", false, PLAIN, FROM_HV, 4, 2, 3},
    {"ibm,configure-connector", false, CONNECTOR, BOTH, 2, 0, 0},
    {"ibm,get-system-parameter", false, PLAIN, FROM_HV, 3, 1, 2},
    {"ibm,set-system-parameter", false, SIZED_BY_DATA, TO_HV, 2, 1, 0},
    {"nvram-fetch", false, PLAIN, FROM_HV, 3, 1, 2},
    {"nvram-store", false, PLAIN, TO_HV, 3, 1, 2},
    {"ibm,slot-error-detail", false, PLAIN, NONE, 0, 0, 0},
    {"ibm,nmi-register", true, PLAIN, NONE, 0, 0, 0},
};
enum { SVC_STOP_SELF, SVC_START_CPU, SVC_OS_TERM };

/* ---- the device tree ---- */

static uint32_t cell(const void *fdt, int node, const char *name)
{
    int len;
    const void *p = fdt_getprop(fdt, node, name, &len);
    return p && len == 4 ? get_be32(p) : 0;
}

/* Last cell of ibm,lrdr-capacity: most cores; threads of a core: length of its list of servers. */
static uint32_t max_vcpus(const void *fdt, int rtas)
{
    int len, threads, cpu = fdt_node_offset_by_prop_value(fdt, -1, "device_type", "cpu", 4);
    const uint8_t *p = fdt_getprop(fdt, rtas, "ibm,lrdr-capacity", &len);

    if (!p || len < 4 || cpu < 0 ||
        !fdt_getprop(fdt, cpu, "ibm,ppc-interrupt-server#s", &threads) || threads < 4)
        return 0;
    uint64_t n = (uint64_t)get_be32(p + len - 4) * (uint32_t)(threads / 4);
    return n <= VM_MAX ? (uint32_t)n : 0;
}

bool rtas_read_tokens(struct svm *svm, const void *fdt, const char **missing)
{
    int node = fdt_path_offset(fdt, "/rtas");

    *missing = "/rtas";
    if (node < 0)
        return false;
    for (unsigned i = 0; i < RTAS_SERVICES; i++) {
        svm->rtas.token[i] = cell(fdt, node, services[i].name);
        *missing = services[i].name;
        if (!svm->rtas.token[i] && !services[i].optional)
            return false;
    }
    svm->rtas.max_vcpus = max_vcpus(fdt, node);
    *missing = "ibm,lrdr-capacity";
    return svm->rtas.max_vcpus != 0;
}

/* ---- bounce memory: normal pages, as the hypervisor has them ---- */

static gra_t block_gpa(const struct svm *svm, unsigned i)
{
    return svm->rtas.bounce + i * BLOCK_SIZE;
}
static gra_t buffer_gpa(const struct svm *svm, unsigned i)
{
    return svm->rtas.bounce + UV_PAGE_SIZE + i * BUFFER_STEP;
}
static gra_t last_words_gpa(const struct svm *svm)
{
    return svm->rtas.bounce + 5 * UV_PAGE_SIZE + UV_PAGE_SIZE / 2;
}

/* Host bytes of @gpa; NULL while the hypervisor has taken the page back. */
static uint8_t *bounce(const struct svm *svm, gra_t gpa)
{
    const struct page *p = page_of(svm, gpa);
    uint8_t *page = p && p->state == PAGE_IMPLICIT ? uv_normal_page(svm->uv, p->normal) : NULL;
    return page ? page + (gpa & (UV_PAGE_SIZE - 1)) : NULL;
}

static bool bounce_block(struct svm *svm, gra_t gpa, uint32_t token, uint32_t nargs, uint32_t nret,
                         const uint32_t *args)
{
    uint8_t *p = bounce(svm, gpa);

    if (!p)
        return false;
    memset(p, 0, 12 + 4 * CELLS);
    put_be32(p, token);
    put_be32(p + 4, nargs);
    put_be32(p + 8, nret);
    for (unsigned i = 0; i < nargs; i++)
        put_be32(p + 12 + 4 * i, args[i]);
    return true;
}

/* ---- pages of the SVM that may be paged out meanwhile ---- */

/* The first page of the range that is out, or ~0; also for a range that is not all the SVM's. */
static gra_t first_absent(const struct svm *svm, gra_t gpa, uint64_t len)
{
    if (!slot_covers(svm, gpa, len)) /* round the end of the address space, too */
        return ~0ULL;
    for (gra_t at = gpa & ~(UV_PAGE_SIZE - 1); len && at < gpa + len; at += UV_PAGE_SIZE) {
        const struct page *p = page_of(svm, at);
        if (p && p->state == PAGE_PAGEDOUT)
            return at;
    }
    return ~0ULL;
}

/* True: the hypervisor has been asked for a page, come back later. */
static bool must_wait(struct thread_save *s, struct cpu *cpu, gra_t gpa, uint64_t len)
{
    gra_t at = first_absent(s->svm, gpa, len);
    const uint64_t args[] = {at, 0, UV_PAGE_LOG2};

    if (at == ~0ULL || s->work.rtas.rounds++ >= ROUNDS)
        return false;
    reflect_hcall(s, cpu, UV_H_SVM_PAGE_IN, args, ARRAY_SIZE(args));
    return true;
}

/* ---- a call ---- */

static enum progress done(struct thread_save *s, int64_t rc)
{
    s->svm->rtas.busy &= ~(s->work.rtas.buffer < RTAS_BUFFERS ? 1u << s->work.rtas.buffer : 0);
    s->regs.gpr[3] = (uint64_t)rc;
    return WORK_DONE;
}

static bool read_block(struct thread_save *s)
{
    uint8_t head[12], cells[4 * CELLS];

    if (!svm_read(s->svm, s->work.rtas.block, head, sizeof(head)))
        return false;
    s->work.rtas.token = get_be32(head);
    s->work.rtas.nargs = get_be32(head + 4);
    s->work.rtas.nret = get_be32(head + 8);
    if (s->work.rtas.nargs > CELLS || s->work.rtas.nret > CELLS - s->work.rtas.nargs ||
        !svm_read(s->svm, s->work.rtas.block + 12, cells, 4 * s->work.rtas.nargs))
        return false;
    for (unsigned i = 0; i < s->work.rtas.nargs; i++)
        s->work.rtas.args[i] = get_be32(cells + 4 * i);
    return true;
}

static unsigned find_service(const struct svm *svm, uint32_t token)
{
    unsigned i = 0;
    while (i < RTAS_SERVICES && (!svm->rtas.token[i] || svm->rtas.token[i] != token))
        i++;
    return i;
}

/* Where the service's buffer is and how long. False: the arguments make no sense. */
static bool find_data(struct thread_save *s, const struct service *v)
{
    uint32_t *args = s->work.rtas.args;
    uint8_t len[2];

    if (s->work.rtas.nargs < v->nargs)
        return false;
    if (v->data == NONE)
        return true;
    s->work.rtas.data = args[v->buf];
    switch (v->special) {
    case CONNECTOR:
        s->work.rtas.len = BUFFER_SIZE;
        return args[1] == 0;
    case STRING:
        s->work.rtas.len = BUFFER_SIZE - (s->work.rtas.data & (BUFFER_SIZE - 1));
        return true;
    case SIZED_BY_DATA:
        if (!svm_read(s->svm, s->work.rtas.data, len, sizeof(len)))
            return false;
        s->work.rtas.len = 2u + get_be16(len);
        break;
    default:
        s->work.rtas.len = args[v->len];
        break;
    }
    return s->work.rtas.len <= BUFFER_SIZE;
}

static bool copy_out(struct thread_save *s, const struct service *v)
{
    struct svm *svm = s->svm;
    gra_t gpa = buffer_gpa(svm, s->work.rtas.buffer);
    uint8_t *p = bounce(svm, gpa), bytes[BUFFER_SIZE] = {0};

    if (!p || ((v->data & TO_HV) && !svm_read(svm, s->work.rtas.data, bytes, s->work.rtas.len)))
        return false;
    if (v->special == STRING) { /* what lies behind it is the SVM's secret */
        size_t len = strnlen((char *)bytes, BUFFER_SIZE - 1);
        memset(bytes + len, 0, BUFFER_SIZE - len);
    }
    memcpy(p, bytes, BUFFER_SIZE);
    crypto_wipe(bytes, sizeof(bytes));
    s->work.rtas.args[v->buf] = (uint32_t)gpa;
    return true;
}

/* The new thread's R3 is for its eyes only: the hypervisor passes a cookie on. */
static bool hide_start(struct thread_save *s)
{
    struct svm *svm = s->svm;
    uint32_t *args = s->work.rtas.args, server = args[0];

    if (server >= svm->rtas.max_vcpus || server >= ARRAY_SIZE(svm->rtas.start))
        return false;
    s->work.rtas.server = server;
    svm->rtas.start[server].cookie = 0;
    svm->rtas.start[server].nia = args[1];
    svm->rtas.start[server].r3 = args[2];
    args[2] = svm->rtas.start[server].cookie = cookie_new(svm);
    return true;
}

static bool take_buffer(struct thread_save *s)
{
    struct svm_rtas *r = &s->svm->rtas;

    for (unsigned i = 0; i < RTAS_BUFFERS; i++)
        if (!(r->busy >> i & 1)) {
            r->busy |= 1u << i;
            s->work.rtas.buffer = i;
            return true;
        }
    return false;
}

static enum progress refuse(struct thread_save *s)
{
    LOG(LOG_UV | LOG_GUEST_ERRORS, "uv: lpid %u: RTAS call at 0x%llx makes no sense", s->svm->lpid,
        (unsigned long long)s->work.rtas.block);
    return done(s, UV_H_PARAMETER);
}

enum { STEP_PREPARE, STEP_CALLED, STEP_COPY_BACK };

static enum progress prepare(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    static const struct service other = {"", true, PLAIN, NONE, 0, 0, 0};

    if (must_wait(s, cpu, s->work.rtas.block, 12 + 4 * CELLS))
        return WORK_WAITS;
    if (!svm->rtas.ready || !read_block(s))
        return refuse(s);
    s->work.rtas.service = find_service(svm, s->work.rtas.token);
    const struct service *v =
        s->work.rtas.service < RTAS_SERVICES ? &services[s->work.rtas.service] : &other;
    if (v->special == SIZED_BY_DATA && s->work.rtas.nargs >= v->nargs &&
        must_wait(s, cpu, s->work.rtas.args[v->buf], 2))
        return WORK_WAITS;
    if (!find_data(s, v))
        return refuse(s);
    if ((v->data & TO_HV) && must_wait(s, cpu, s->work.rtas.data, s->work.rtas.len))
        return WORK_WAITS;
    if (!take_buffer(s))
        return done(s, H_BUSY);
    gra_t block = block_gpa(svm, s->work.rtas.buffer);
    /* Nothing of the SVM's goes out for a call that can not be made. */
    if (!bounce(svm, block) ||
        (v->data != NONE && !bounce(svm, buffer_gpa(svm, s->work.rtas.buffer))))
        return done(s, H_HARDWARE);
    if ((v->data != NONE && !copy_out(s, v)) || (v->special == START_CPU && !hide_start(s)))
        return refuse(s);
    if (v->special == STOP_SELF)
        s->work.rtas.server = cpu->server;
    if (!bounce_block(svm, block, s->work.rtas.token, s->work.rtas.nargs, s->work.rtas.nret,
                      s->work.rtas.args))
        return done(s, H_HARDWARE);
    if (v->special == STOP_SELF) { /* nobody comes back to free it */
        svm->rtas.busy &= ~(1u << s->work.rtas.buffer);
        s->work.rtas.buffer = RTAS_BUFFERS;
    }
    s->work.step = STEP_CALLED;
    s->work.rtas.rounds = 0;
    reflect_hcall(s, cpu, UV_H_RTAS, &block, 1);
    return WORK_WAITS;
}

/* The hypervisor's answer, read once. */
static void take_results(struct thread_save *s, const struct cpu *cpu)
{
    const uint8_t *p = bounce(s->svm, block_gpa(s->svm, s->work.rtas.buffer));

    s->work.rtas.rc = p ? (int64_t)cpu->gpr[3] : H_HARDWARE;
    for (unsigned i = 0; p && i < s->work.rtas.nret; i++)
        s->work.rtas.rets[i] = get_be32(p + 12 + 4 * (s->work.rtas.nargs + i));
    if (s->work.rtas.service == SVC_START_CPU && s->work.rtas.nret && s->work.rtas.rets[0])
        s->svm->rtas.start[s->work.rtas.server].cookie = 0;
}

static enum progress copy_back(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    uint8_t cells[4 * CELLS];
    unsigned nret = s->work.rtas.nret;
    const struct service *v =
        s->work.rtas.service < RTAS_SERVICES ? &services[s->work.rtas.service] : NULL;
    bool data = v && (v->data & FROM_HV) && nret && !s->work.rtas.rets[0];

    if (must_wait(s, cpu, s->work.rtas.block, 12 + 4 * CELLS) ||
        (data && must_wait(s, cpu, s->work.rtas.data, s->work.rtas.len)))
        return WORK_WAITS;
    for (unsigned i = 0; i < nret; i++)
        put_be32(cells + 4 * i, s->work.rtas.rets[i]);
    const uint8_t *p = data ? bounce(svm, buffer_gpa(svm, s->work.rtas.buffer)) : NULL;
    bool ok = svm_write(svm, s->work.rtas.block + 12 + 4 * s->work.rtas.nargs, cells, 4 * nret) &&
              (!data || (p && svm_write(svm, s->work.rtas.data, p, s->work.rtas.len)));
    return done(s, ok ? s->work.rtas.rc : UV_H_PARAMETER);
}

enum progress work_rtas(struct thread_save *s, struct cpu *cpu)
{
    if (s->work.step == STEP_PREPARE)
        return prepare(s, cpu);
    if (s->work.step == STEP_CALLED) {
        if (s->work.rtas.buffer == RTAS_BUFFERS) /* stop-self has come back: it did not stop */
            return done(s, H_HARDWARE);
        take_results(s, cpu);
        s->work.step = STEP_COPY_BACK;
    }
    return copy_back(s, cpu);
}

void rtas_enter(struct thread_save *s, struct cpu *cpu)
{
    s->work.rtas.block = s->regs.msr & MSR_SF ? s->regs.gpr[4] : (uint32_t)s->regs.gpr[4];
    s->work.rtas.buffer = RTAS_BUFFERS;
    work_start(s, cpu, WORK_RTAS);
}

void rtas_forget_stopped(struct svm *svm, uint32_t server)
{
    for (struct thread_save *s = svm->saves, *next; s; s = next) {
        next = s->next;
        if (s->work.op == WORK_RTAS && s->work.step == STEP_CALLED &&
            s->work.rtas.service == SVC_STOP_SELF && s->work.rtas.server == server)
            thread_forget(s);
    }
}

bool rtas_os_term(struct thread_save *s, struct cpu *cpu, const char *text)
{
    struct svm *svm = s->svm;
    gra_t block = last_words_gpa(svm);
    uint32_t arg = (uint32_t)block + 0x100;
    size_t len = strlen(text) + 1;
    uint8_t *p;

    if (!svm->rtas.ready || len > 0x200 ||
        !bounce_block(svm, block, svm->rtas.token[SVC_OS_TERM], 1, 1, &arg))
        return false;
    p = bounce(svm, block);
    memcpy(p + 0x100, text, len);
    reflect_hcall(s, cpu, UV_H_RTAS, &block, 1);
    return true;
}
