/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit log: a line for each instruction that completes, with what it wrote.
 *
 *   core   0: s.os 0xc00000000000a1f0 (0xf8610070) mem 0xc00000000130fd70 0x0000000000000001
 *   core   0: interrupt 0x900 decrementer, at 0xc00000000000a1f4
 *
 * State: pr problem, os privileged, hv, uv; "s." in secure state. Registers that the instruction
 * names as its result are shown in any case, others when they have changed. A load shows its
 * address, a store address and value.
 */
#include "commit.h"

#include <stdlib.h>

#include "cpu/fpu.h"
#include "pefemu/mmu.h"
#include "trace_internal.h"

#define ACCESSES 40u /* of one instruction: lmw and stmw make 32 */

struct access {
    ea_t ea;
    unsigned len;
    bool store, zero;
    uint8_t data[16];
};

/* What instructions write, before one of them. */
struct shadow {
    uint64_t gpr[32], lr, ctr, xer, fpscr, msr;
    uint32_t cr;
    union vsr vsr[64];
};

struct commit {
    struct trace *t;   /* borrowed */
    bool skip;         /* the present instruction does not pass the filters, or is known */
    bool leaves;       /* it never was: the machine is on its way into its past */
    uint64_t position; /* it begins at */
    uint64_t next;     /* of what has not been seen yet: a trace knows no way back */
    ea_t cia;
    uint32_t word;
    unsigned state;
    bool le;
    struct shadow before;
    struct access access[ACCESSES];
    unsigned accesses;
};

/* ---- when ---- */

/* An engine's slice may be that much longer than asked for: to the end of a page. */
#define OVERRUN 4096

bool commit_wants_slice(struct commit *c, const struct cpu *cpu)
{
    const struct trace *t = c->t;
    uint64_t end = machine_position(t->m) + (uint64_t)(cpu->budget > 0 ? cpu->budget : 0);
    return t->left && end + OVERRUN >= t->cfg.from;
}

/* What TLBs hold would be accessed without the MMU. */
static void begin_writing(struct machine *m)
{
    for (unsigned i = 0; i < m->ncpus; i++)
        tlb_flush_all(&m->cpus[i]);
    m->commit_on = true;
}

static void look(struct commit *c)
{
    struct trace *t = c->t;
    bool on = t->left && machine_position(t->m) >= t->cfg.from;
    if (on && !t->m->commit_on)
        begin_writing(t->m);
    t->m->commit_on = on;
}

/* ---- before ---- */

static void save(struct shadow *s, struct cpu *cpu)
{
    fpscr_sync(cpu);
    memcpy(s->gpr, cpu->gpr, sizeof(s->gpr));
    memcpy(s->vsr, cpu->vsr, sizeof(s->vsr));
    s->lr = cpu->lr;
    s->ctr = cpu->ctr;
    s->xer = cpu_get_xer(cpu);
    s->cr = cpu_get_cr(cpu);
    s->fpscr = cpu->fpscr;
    s->msr = cpu->msr;
}

void commit_begin(struct commit *c, struct cpu *cpu, uint32_t word)
{
    look(c);
    c->skip = !c->t->m->commit_on || !trace_passes(c->t, cpu);
    c->position = machine_position(c->t->m);
    c->leaves = c->t->m->stop == STOP_RESTORE;
    if (!c->skip && (c->leaves || c->position < c->next)) {
        c->t->repeated += !c->leaves;
        c->skip = true;
    }
    c->accesses = 0;
    if (c->skip)
        return;
    c->cia = cpu->cia;
    c->word = word;
    c->state = cpu_state_index(cpu->msr);
    c->le = cpu->le;
    save(&c->before, cpu);
}

void commit_access(struct commit *c, ea_t ea, unsigned len, const void *data, bool store)
{
    if (c->skip || c->accesses == ACCESSES)
        return;
    struct access *a = &c->access[c->accesses++];
    *a = (struct access){.ea = ea, .len = len, .store = store, .zero = !data};
    if (data)
        memcpy(a->data, data, len < sizeof(a->data) ? len : sizeof(a->data));
}

/* ---- after ---- */

/* Registers that the instruction names as its result. */
struct results {
    int gpr[2], vsr[2]; /* -1: none */
    bool cr, lr;
    int spr;
};

static bool has_operand(const char *operands, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = operands; (p = strstr(p, name)); p += len)
        if ((p == operands || p[-1] == ',') && (!p[len] || p[len] == ','))
            return true;
    return false;
}

static struct results results_of(const struct insn *in)
{
    const struct insn_row *row = &insn_table[in->id];
    const char *ops = row->operands;
    size_t len = strlen(row->mnemonic);
    struct results r = {.gpr = {-1, -1}, .vsr = {-1, -1}, .spr = -1};
    if (has_operand(ops, "RT") || has_operand(ops, "RTp"))
        r.gpr[0] = in->rt;
    if (has_operand(ops, "RTp"))
        r.gpr[1] = (in->rt + 1) & 31;
    if (!strncmp(ops, "RA,", 3) && row->fac == FAC_FXU)
        r.gpr[0] = in->ra;
    if (has_operand(ops, "FRT") || has_operand(ops, "XT") || has_operand(ops, "FRTp"))
        r.vsr[0] = in->rt;
    if (has_operand(ops, "FRTp"))
        r.vsr[1] = (in->rt + 1) & 63;
    if (has_operand(ops, "VRT"))
        r.vsr[0] = in->rt < 32 && row->fac != FAC_LSU ? 32 + in->rt : in->rt;
    r.cr = !strncmp(ops, "BF", 2) || !strncmp(ops, "BT", 2) || !strncmp(ops, "FXM", 3) ||
           (len && row->mnemonic[len - 1] == '.');
    r.lr = row->fac == FAC_BRU && (in->word & 1); /* LK */
    if (in->id == INSN_MTSPR)
        r.spr = (int)in->imm;
    return r;
}

static void put_vsr(struct sink *s, unsigned n, const union vsr *v)
{
    sink_put(s, " vs%u 0x%016llx%016llx", n, (unsigned long long)VD(*v, 0),
             (unsigned long long)VD(*v, 1));
}

static void put64(struct sink *s, const char *name, uint64_t v)
{
    sink_put(s, " %s 0x%016llx", name, (unsigned long long)v);
}

static void put_registers(struct commit *c, struct cpu *cpu, const struct insn *in)
{
    struct sink *s = &c->t->sink;
    const struct shadow *b = &c->before;
    struct results r = results_of(in);
    struct spr_desc spr;

    fpscr_sync(cpu);
    for (int i = 0; i < 32; i++)
        if (cpu->gpr[i] != b->gpr[i] || i == r.gpr[0] || i == r.gpr[1])
            sink_put(s, " r%d 0x%016llx", i, (unsigned long long)cpu->gpr[i]);
    for (int i = 0; i < 64; i++)
        if (cpu->vsr[i].q != b->vsr[i].q || i == r.vsr[0] || i == r.vsr[1])
            put_vsr(s, (unsigned)i, &cpu->vsr[i]);
    if (cpu_get_cr(cpu) != b->cr || r.cr)
        sink_put(s, " cr 0x%08x", (unsigned)cpu_get_cr(cpu));
    if (cpu_get_xer(cpu) != b->xer)
        put64(s, "xer", cpu_get_xer(cpu));
    if (cpu->lr != b->lr || r.lr)
        put64(s, "lr", cpu->lr);
    if (cpu->ctr != b->ctr)
        put64(s, "ctr", cpu->ctr);
    if (cpu->fpscr != b->fpscr)
        put64(s, "fpscr", cpu->fpscr);
    if (cpu->msr != b->msr)
        put64(s, "msr", cpu->msr);
    if (r.spr >= 0 && r.spr != 1 && r.spr != 8 && r.spr != 9 &&
        cpu_spr_describe((unsigned)r.spr, &spr)) /* XER, LR, CTR are shown above */
        put64(s, spr.name, b->gpr[in->rt]);
}

static void put_access(const struct commit *c, const struct access *a)
{
    struct sink *s = &c->t->sink;
    sink_put(s, " mem 0x%016llx", (unsigned long long)a->ea);
    if (a->zero) {
        sink_put(s, " zero %u", a->len);
        return;
    }
    if (!a->store)
        return;
    sink_put(s, " 0x");
    for (unsigned i = 0; i < a->len && i < sizeof(a->data); i++)
        sink_put(s, "%02x", a->data[c->le ? a->len - 1 - i : i]);
}

void commit_end(struct commit *c, struct cpu *cpu, const struct insn *in)
{
    static const char *const states[CPU_STATES] = {
        [ST_PROBLEM] = "pr  ",        [ST_PROBLEM + 4] = "s.pr", [ST_PRIVILEGED] = "os  ",
        [ST_PRIVILEGED + 4] = "s.os", [ST_HYPERVISOR] = "hv  ",  [ST_HYPERVISOR + 4] = "    ",
        [ST_ULTRAVISOR + 4] = "uv  ", [ST_ULTRAVISOR] = "    ",
    };
    struct sink *s = &c->t->sink;
    if (!c->leaves && c->position >= c->next)
        c->next = c->position + 1;
    if (c->skip)
        return;
    sink_begin(s);
    sink_put(s, "core %3u: %s 0x%016llx (0x%08x)", cpu->index, states[c->state],
             (unsigned long long)c->cia, (unsigned)c->word);
    put_registers(c, cpu, in);
    for (unsigned i = 0; i < c->accesses; i++)
        put_access(c, &c->access[i]);
    sink_put(s, "\n");
    sink_end(s);
    c->t->left--;
    c->skip = true;
}

/* ---- interrupts, and the trace's life ---- */

static void interrupt(struct trace *t, const struct event *ev, unsigned depth)
{
    (void)depth;
    if (t->m->commit_on && ev->id == EVENT_INTERRUPT)
        sink_line(&t->sink, "core %3u: interrupt 0x%llx %s, at 0x%016llx\n", ev->cpu->index,
                  (unsigned long long)ev->arg[0], ev->text, (unsigned long long)ev->arg[1]);
}

static void begin(struct trace *t)
{
    struct commit *c = t->own = calloc(1, sizeof(*c));
    if (c) {
        c->t = t;
        c->skip = true;
        t->m->commit = c;
    }
}

static void end(struct trace *t)
{
    t->m->commit = NULL;
    t->m->commit_on = false;
    sink_line(&t->sink, "# end: %llu records, %llu dropped, %llu not repeated\n",
              (unsigned long long)t->sink.records, (unsigned long long)t->sink.dropped,
              (unsigned long long)t->repeated);
}

const struct trace_format trace_commit = {
    .name = "commit",
    .suffix = ".commit",
    .begin = begin,
    .happened = interrupt,
    .end = end,
};
