/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTAS calls of an SVM with any argument blocks, and a hypervisor that may do anything meanwhile.
 * Checked against a model of its own: the hypervisor sees the cells and bytes that the call names
 * and zeros; the ultravisor writes nothing else of normal memory; the SVM finds results where it
 * said and all of its other memory as it was.
 */
#define BED_RAM    (2 * MiB)
#define BED_SECURE (4 * MiB)
#define GUEST_SIZE (1 * MiB)
#include "../uv/bed_core.h"

#include "fuzz.h"
#include "uv.h"

#define BOUNCE (GUEST_BASE + 0x80000)
#define NORMAL 0x10000ULL  /* the hypervisor's pages for it; as many behind them are spare */
#define POOL   0x100000ULL /* where it keeps ciphertext, a page for each of the SVM's */
#define SECRET 0xc3
#define CELLS  16u
#define BLOCK  (12 + 4 * CELLS)
#define BUFFER 0x1000u
#define CALLS  24u

enum { SIZED_BY_DATA = 16, STRING, WHOLE }; /* lengths that are no argument's */
enum { STOP_SELF = 0, START_CPU = 1, OTHER = RTAS_SERVICES };

/* pef.md 9.6: what goes to the hypervisor and what comes back, where, and how much. */
static const struct service {
    bool out, in;
    uint8_t buffer, len;
} services[RTAS_SERVICES + 1] = {
    [2] = {true, false, 0, STRING}, [4] = {false, true, 4, 5},
    [5] = {false, true, 2, 3},      [6] = {true, true, 0, WHOLE},
    [7] = {false, true, 1, 2},      [8] = {true, false, 1, SIZED_BY_DATA},
    [9] = {false, true, 1, 2},      [10] = {true, false, 1, 2},
};

struct window {
    gra_t at;
    uint64_t len;
};

/* A call from H_RTAS of the SVM to its end. */
struct call {
    bool waits, seen, answering; /* the hypervisor has the thread; has got the call; now */
    uint64_t cookie;
    gra_t block, bounce;
    unsigned service;
    uint32_t server;
    int64_t rc; /* as the hypervisor returned it */
    struct window results, data;
};

struct state {
    struct input in;
    struct svm *svm;
    struct call call[CALLS], *now;
    unsigned ncalls, entries;
    struct {
        uint64_t cookie;
        uint32_t nia, r3;
    } start[4];
};

static uint8_t ram[BED_RAM], guest[GUEST_SIZE]; /* as they have to be */

/* ---- memory ---- */

static uint8_t *guest_ptr(const struct state *st, gra_t gpa)
{
    struct bed *b = bed_of(&st->svm->uv->m->cpus[0]);
    return bed_secure(b, st->svm, gpa & ~(UV_PAGE_SIZE - 1)) + (gpa & (UV_PAGE_SIZE - 1));
}

/* Byte of the SVM's memory, wherever its page is: what was in a frame stays there. */
static bool guest_byte(gra_t gpa, uint8_t *v)
{
    if (gpa - GUEST_BASE >= GUEST_SIZE)
        return false;
    *v = guest[gpa - GUEST_BASE];
    return true;
}

static uint32_t guest_cell(gra_t gpa)
{
    uint8_t bytes[4];

    for (unsigned i = 0; i < 4; i++)
        FUZZ_CHECK(guest_byte(gpa + i, &bytes[i]));
    return get_be32(bytes);
}

static bool inside(const struct window *w, gra_t gpa)
{
    return gpa - w->at < w->len;
}

/* The SVM's memory is as it was, but for the results of @c (NULL: of nobody). */
static void check_guest(struct state *st, const struct call *c)
{
    for (gra_t at = GUEST_BASE; at < GUEST_BASE + GUEST_SIZE; at += UV_PAGE_SIZE) {
        const uint8_t *p = guest_ptr(st, at);
        uint8_t *want = guest + (at - GUEST_BASE);
        if (!memcmp(p, want, UV_PAGE_SIZE))
            continue;
        for (unsigned i = 0; i < UV_PAGE_SIZE; i++)
            FUZZ_CHECK(p[i] == want[i] ||
                       (c && (inside(&c->results, at + i) || inside(&c->data, at + i))));
        memcpy(want, p, UV_PAGE_SIZE);
    }
}

static void check_ram(const struct bed *b)
{
    FUZZ_CHECK(!memcmp(b->m.mem.ram, ram, BED_RAM));
}

/* The hypervisor's own stores. */
static void hv_fill(struct bed *b, ra_t ra, uint8_t v, size_t len)
{
    len = ra + len > BED_RAM ? BED_RAM - ra : len;
    memset(b->m.mem.ram + ra, v, len);
    memset(ram + ra, v, len);
}
static void hv_put(struct bed *b, ra_t ra, uint32_t v)
{
    put_be32(b->m.mem.ram + ra, v);
    put_be32(ram + ra, v);
}

/* The ultravisor may have written here. */
static void accept(struct bed *b, ra_t ra, size_t len)
{
    memcpy(ram + ra, b->m.mem.ram + ra, len);
}

/* ---- the hypervisor ---- */

static ra_t pool_ra(gra_t gpa)
{
    return POOL + (gpa - GUEST_BASE);
}

static void attack(struct bed *b, struct cpu *cpu, struct state *st)
{
    uint8_t what = input_u8(&st->in), n = input_u8(&st->in);
    gra_t page = GUEST_BASE + n % 16 * UV_PAGE_SIZE;
    gra_t bounce = BOUNCE + n % 6 * UV_PAGE_SIZE;

    switch (what & 7) {
    case 0:
        if (!bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, pool_ra(page), page, 0, UV_PAGE_LOG2))
            accept(b, pool_ra(page), UV_PAGE_SIZE);
        break;
    case 1:
        if (page - BOUNCE >= 6 * UV_PAGE_SIZE)
            bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, pool_ra(page), page, 0, UV_PAGE_LOG2);
        break;
    case 2:
        bed_hv_ucall(cpu, UV_PAGE_INVAL, cpu->lpid, bounce, UV_PAGE_LOG2);
        break;
    case 3: /* the same or a spare one, each for one page only */
        bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid,
                     NORMAL + (what & 8 ? 0x60000 : 0) + (bounce - BOUNCE), bounce, 0,
                     UV_PAGE_LOG2);
        break;
    case 4:
        hv_fill(b, NORMAL + (bounce - BOUNCE) + input_u16(&st->in), what, n);
        break;
    case 5:
        hv_fill(b, pool_ra(page) + input_u16(&st->in), what, n);
        break;
    case 6: /* nobody has this cookie */
        cpu->gpr[31] ^= 4;
        bed_hv_ucall(cpu, UV_RETURN, 0);
        cpu->gpr[31] ^= 4;
        break;
    default:
        break;
    }
}

/* Where the hypervisor has the byte at @gpa of the bounce memory. */
static ra_t bounce_ra(const struct state *st, gra_t gpa)
{
    const struct page *p = page_of(st->svm, gpa);

    FUZZ_CHECK(gpa - BOUNCE < 6 * UV_PAGE_SIZE && p->state == PAGE_IMPLICIT);
    return p->normal + (gpa & (UV_PAGE_SIZE - 1));
}

/* What the SVM's block at the moment of the call says. */
static void read_call(struct call *c, uint32_t *nargs, uint32_t *nret)
{
    uint32_t token = guest_cell(c->block) - BED_TOKEN(0);

    c->service = token < RTAS_SERVICES ? token : OTHER;
    *nargs = guest_cell(c->block + 4);
    *nret = guest_cell(c->block + 8);
    FUZZ_CHECK(*nargs <= CELLS && *nret <= CELLS - *nargs);
    c->results = (struct window){c->block + 12 + 4 * *nargs, 4 * *nret};
}

static uint32_t data_length(const struct call *c, gra_t data)
{
    unsigned len = services[c->service].len;

    switch (len) {
    case WHOLE:
        return BUFFER;
    case STRING:
        return BUFFER - (data & (BUFFER - 1));
    case SIZED_BY_DATA:
        return 2 + (guest_cell(data) >> 16);
    default:
        return guest_cell(c->block + 12 + 4 * len);
    }
}

/* The bytes that go out, and nothing behind them. */
static void check_buffer(struct bed *b, struct state *st, struct call *c, gra_t bounce, gra_t data)
{
    const struct service *v = &services[c->service];
    uint32_t len = data_length(c, data);
    ra_t ra = bounce_ra(st, bounce);
    bool ended = !v->out;

    FUZZ_CHECK(bounce >= BOUNCE + UV_PAGE_SIZE && !(bounce & 0x3fff) && len <= BUFFER);
    for (unsigned i = 0; i < BUFFER; i++) {
        uint8_t want = 0;
        ended |= i >= len || (v->len == STRING && i == BUFFER - 1);
        FUZZ_CHECK(ended || guest_byte(data + i, &want));
        ended |= v->len == STRING && !want;
        FUZZ_CHECK(b->m.mem.ram[ra + i] == want);
    }
    accept(b, ra, BUFFER);
    if (v->in)
        c->data = (struct window){data, len};
}

static void check_arguments(struct bed *b, struct state *st, struct call *c, uint32_t nargs)
{
    const struct service *v = &services[c->service];
    ra_t ra = bounce_ra(st, c->bounce);

    for (unsigned i = 0; i < CELLS; i++) {
        uint32_t seen = get_be32(b->m.mem.ram + ra + 12 + 4 * i);
        uint32_t own = i < nargs ? guest_cell(c->block + 12 + 4 * i) : 0;
        if ((v->out || v->in) && i == v->buffer) {
            check_buffer(b, st, c, seen, own);
        } else if (c->service == START_CPU && i == 2) {
            c->server = guest_cell(c->block + 12);
            FUZZ_CHECK(c->server < 4 && seen >= 0x2000);
            st->start[c->server].cookie = seen;
            st->start[c->server].nia = guest_cell(c->block + 16);
            st->start[c->server].r3 = own;
        } else {
            FUZZ_CHECK(seen == own);
        }
    }
}

static void check_call(struct bed *b, struct cpu *cpu, struct state *st, struct call *c)
{
    uint32_t nargs, nret;

    c->bounce = cpu->gpr[4];
    c->seen = true;
    for (unsigned i = 5; i < 31; i++)
        FUZZ_CHECK(!cpu->gpr[i]);
    FUZZ_CHECK(c->bounce - BOUNCE < UV_PAGE_SIZE && !(c->bounce & 0xfff));
    for (unsigned i = 0; i < st->ncalls; i++) /* stop-self does not keep its block */
        FUZZ_CHECK(&st->call[i] == c || !st->call[i].waits || !st->call[i].seen ||
                   st->call[i].service == STOP_SELF || st->call[i].bounce != c->bounce);
    read_call(c, &nargs, &nret);
    ra_t ra = bounce_ra(st, c->bounce);
    FUZZ_CHECK(get_be32(b->m.mem.ram + ra) == guest_cell(c->block));
    FUZZ_CHECK(get_be32(b->m.mem.ram + ra + 4) == nargs);
    FUZZ_CHECK(get_be32(b->m.mem.ram + ra + 8) == nret);
    check_arguments(b, st, c, nargs);
    accept(b, ra, BLOCK);
    check_ram(b);
    check_guest(st, NULL);
}

/* Results, a full buffer, and cells and bytes that nobody asked for. */
static void answer(struct bed *b, struct state *st, const struct call *c)
{
    uint8_t how = input_u8(&st->in);
    ra_t ra = bounce_ra(st, c->bounce);
    uint64_t cell = (c->results.at - c->block) & ~3ULL;

    for (unsigned i = 0; i < (how & 3); i++)
        hv_put(b, ra + cell + 4 * i, how & 4 && input_u8(&st->in) ? input_u32(&st->in) : 0);
    if (how & 8 && c->data.len)
        hv_fill(b, bounce_ra(st, get_be32(ram + ra + 12 + 4 * services[c->service].buffer)), how,
                BUFFER);
    if (how & 16)
        hv_fill(b, ra + input_u8(&st->in), how, 200);
}

static void hypervisor(struct bed *b, struct cpu *cpu, unsigned vector)
{
    struct state *st = b->user;
    struct call *c = st->now;
    uint64_t number = cpu->gpr[3];
    gra_t gpa = cpu->gpr[4];
    int64_t rc = 0;

    FUZZ_CHECK(vector == VEC_SC && st->entries++ < 2000 && c);
    FUZZ_CHECK(number == UV_H_RTAS || number == UV_H_SVM_PAGE_IN);
    FUZZ_CHECK(!c->cookie || c->cookie == cpu->gpr[31]);
    c->cookie = cpu->gpr[31];
    if (number == UV_H_RTAS) {
        FUZZ_CHECK(!c->seen);
        check_call(b, cpu, st, c);
        answer(b, st, c);
    } else {
        check_ram(b);
    }
    uint8_t how = input_u8(&st->in);
    for (unsigned n = how >> 6; n; n--)
        attack(b, cpu, st);
    if (number == UV_H_SVM_PAGE_IN && (how & 3) != 3)
        rc = bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, pool_ra(gpa), gpa, 0, UV_PAGE_LOG2);
    if ((how & 0xc) == 0xc)
        rc = (int32_t)input_u32(&st->in);
    c->answering = number == UV_H_RTAS;
    if (c->answering)
        c->rc = rc;
    if ((how & 0x30) == 0x30) {
        c->waits = true;
        bed_hv_keeps(b, cpu, vector);
    } else {
        bed_hv_return(cpu, rc, (how & 0x30) == 0x20 ? 0x500 : c->cookie);
    }
}

/* ---- the SVM ---- */

static gra_t guest_address(struct input *in)
{
    static const uint32_t offset[] = {0, 0xfffc, 0xffc0, 0xff00, 0xf000, 0x8000, 0x100, 0xffff};
    uint8_t pick = input_u8(in);

    switch (pick >> 6) {
    case 0:
    case 1:
        return GUEST_BASE + (pick & 7) * UV_PAGE_SIZE + offset[pick >> 3 & 7];
    case 2: /* anywhere in it, also the pages of the ultravisor and the end */
        return GUEST_BASE + (pick & 63) * (GUEST_SIZE >> 4) + input_u16(in);
    default:
        return pick & 1 ? input_u64(in) : 4 * (pick & 63);
    }
}

static uint32_t argument(struct input *in)
{
    static const uint32_t known[] = {0, 1, 2, 16, 0x1000, 0x1001, 0xfff, 0xffffffff};
    uint8_t pick = input_u8(in);

    if (pick & 0x80)
        return (uint32_t)guest_address(in);
    return pick & 0x40 ? input_u32(in) : pick & 0x20 ? known[pick & 7] : pick & 31;
}

static void write_guest(struct state *st, gra_t gpa, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (svm_write(st->svm, gpa + i, &p[i], 1))
            guest[gpa + i - GUEST_BASE] = p[i];
}

static void write_block(struct state *st, gra_t block)
{
    uint8_t bytes[BLOCK], how = input_u8(&st->in), pick = input_u8(&st->in);
    uint32_t nargs = how & 15, nret = how >> 4 & 3;

    if ((how & 0xc0) == 0xc0) {
        nargs = argument(&st->in);
        nret = argument(&st->in);
    }
    put_be32(bytes, pick & 0x80 ? input_u32(&st->in) : BED_TOKEN(pick % (RTAS_SERVICES + 1)));
    put_be32(bytes + 4, nargs);
    put_be32(bytes + 8, nret);
    memset(bytes + 12, 0, 4 * CELLS);
    for (unsigned i = 0; i < nargs && i < CELLS; i++)
        put_be32(bytes + 12 + 4 * i, argument(&st->in));
    write_guest(st, block, bytes, sizeof(bytes));
}

/* The call is over, or the hypervisor has it. */
static void check_end(struct bed *b, struct state *st, struct call *c)
{
    const struct cpu *cpu = &b->m.cpus[0];
    int64_t rc = (int64_t)cpu->gpr[3];

    check_ram(b);
    if (c->waits) {
        FUZZ_CHECK(!bed_in_svm(cpu));
        check_guest(st, NULL);
        return;
    }
    FUZZ_CHECK(bed_in_svm(cpu) && st->svm->state == SVM_SECURE);
    FUZZ_CHECK(rc == UV_H_PARAMETER || rc == H_HARDWARE || (c->seen ? rc == c->rc : rc == H_BUSY));
    if (c->service == STOP_SELF && c->seen) /* it has not stopped: no results */
        FUZZ_CHECK(rc == H_HARDWARE);
    check_guest(st, c->seen && c->service != STOP_SELF ? c : NULL);
}

static void make_call(struct bed *b, struct state *st)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct call *c = st->now = &st->call[st->ncalls++];

    *c = (struct call){.block = guest_address(&st->in), .service = OTHER};
    if (!(input_u8(&st->in) & 1)) /* else what is there */
        write_block(st, c->block);
    cpu->gpr[3] = UV_H_RTAS;
    cpu->gpr[4] = c->block;
    bed_sc(b, cpu, FROM_SVM, 1);
    check_end(b, st, c);
}

/* The hypervisor goes on with a call that it kept. */
static void go_on(struct bed *b, struct state *st, struct call *c, int64_t rc)
{
    if (!c->waits)
        return;
    c->waits = false;
    if (c->answering)
        c->rc = rc;
    st->now = c;
    bed_resume(&b->m.cpus[0], BED_LPID, c->cookie, rc, c->cookie);
    check_end(b, st, c);
}

/* A thread that the SVM asked for starts where it said, once. */
static void start_thread(struct bed *b, struct state *st, unsigned server)
{
    struct cpu *cpu = &b->m.cpus[1];
    uint64_t cookie = st->start[server].cookie;

    cpu->gpr[31] = 0;
    int64_t rc = bed_resume(cpu, BED_LPID, 0, (int64_t)cookie, 0);
    if (!bed_in_svm(cpu)) {
        FUZZ_CHECK(rc == U_PARAMETER);
        return;
    }
    FUZZ_CHECK(cookie && cpu->nia == (st->start[server].nia & ~3u) && rc == st->start[server].r3);
    for (unsigned i = 4; i < 32; i++)
        FUZZ_CHECK(!cpu->gpr[i]);
    st->start[server].cookie = 0;
    FUZZ_CHECK(bed_resume(cpu, BED_LPID, 0, (int64_t)cookie, 0) == U_PARAMETER);
}

static void prepare(struct bed *b, struct state *st)
{
    bed_reset(b);
    memset(ram, 0x33, BED_RAM);
    memcpy(b->m.mem.ram, ram, BED_RAM);
    st->svm = bed_make_svm(b, BED_LPID);
    memset(guest, SECRET, GUEST_SIZE);
    for (gra_t at = GUEST_BASE; at < GUEST_BASE + GUEST_SIZE; at += UV_PAGE_SIZE)
        memset(guest_ptr(st, at), SECRET, UV_PAGE_SIZE);
    bed_make_rtas(st->svm, BOUNCE, NORMAL);
    b->hv = hypervisor;
    b->user = st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bed *b;
    static struct state st;

    if (!b)
        b = bed_create();
    st = (struct state){.in = {data, size}};
    bed_reset(b);
    uint64_t free_frames = b->m.uv->frames.free;
    prepare(b, &st);
    while (st.in.left && st.ncalls < CALLS) {
        uint8_t what = input_u8(&st.in);
        if (what < 0xc0)
            make_call(b, &st);
        else if (what < 0xe0)
            go_on(b, &st, &st.call[what % CALLS], (int32_t)input_u32(&st.in));
        else if (what < 0xf0)
            start_thread(b, &st, what & 3);
        else
            write_guest(&st, guest_address(&st.in), (uint8_t[]){0, what & 15}, 2);
    }
    st.in.left = 0;
    for (unsigned i = 0; i < st.ncalls; i++)
        go_on(b, &st, &st.call[i], 0);
    FUZZ_CHECK(!st.svm->rtas.busy && !st.svm->saves);
    bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID);
    uv_check_nothing_left(b, free_frames);
    return 0;
}
