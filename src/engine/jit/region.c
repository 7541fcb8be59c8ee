/* SPDX-License-Identifier: Apache-2.0 */
/* Which instructions are translated together: what is reached by branches inside one page. */
#include "jit.h"

#include "debug/hooks.h"

/* How many instructions that are native code already may be made again before that is avoided. */
#define REGION_AGAIN 8
/* Loops of at most so many instructions are tight. */
#define REGION_TIGHT 16

bool region_target(const struct insn *in, unsigned slot, unsigned *target)
{
    int64_t to = (int64_t)slot + in->imm / 4;

    if (in->id != INSN_B && in->id != INSN_BL && in->id != INSN_BC && in->id != INSN_BCL)
        return false;
    if (to < 0 || to >= CODE_PAGE_INSNS)
        return false;
    *target = (unsigned)to;
    return true;
}

static bool is_always(const struct insn *in)
{
    return (in->rt & 0x14) == 0x14;
}

bool region_asks_where(const struct insn *in)
{
    return in->imm == 4 && (in->id == INSN_BL || (in->id == INSN_BCL && is_always(in)));
}

/* Leaves that never come back to the next instruction by themselves. */
static bool leaves_for_good(unsigned id)
{
    return id == INSN_SC || id == INSN_SCV || id == INSN_RFID || id == INSN_HRFID ||
           id == INSN_URFID || id == INSN_RFSCV || id == INSN_RFI || id == INSN_RFEBB ||
           id == INSN_ILLEGAL || id == INSN_ATTN;
}

struct walk {
    struct region *r;
    struct cpu *cpu;
    unsigned start; /* where the region was entered */
    unsigned todo[REGION_LEADERS], ntodo;
    unsigned again; /* instructions that are native code already */
};

static void widen(struct region *r, unsigned slot)
{
    r->first = slot < r->first ? slot : r->first;
    r->end = slot < r->end ? r->end : slot + 1;
}

static void decode(struct region *r, unsigned slot)
{
    const uint8_t *bytes = r->page->host + 4 * slot;

    insn_decode(&r->insn[slot], r->page->le ? get_le32(bytes) : get_be32(bytes));
}

/* Is the region to end before @slot, as native code is there already? A few instructions are made
 * once more all the same: what interpreters do between two of their operations is worth a copy for
 * each, for then the host tells by where it jumps from where it jumps to. */
static bool is_there(const struct walk *w, unsigned slot)
{
    return w->again >= REGION_AGAIN && jit_has_entry(w->r->page, slot);
}

static void add_leader(struct walk *w, unsigned slot)
{
    struct region *r = w->r;

    if (slot >= CODE_PAGE_INSNS || (r->flags[slot] & SLOT_LEADER) || r->leaders >= REGION_LEADERS ||
        is_there(w, slot))
        return;
    r->flags[slot] |= SLOT_LEADER;
    widen(r, slot);
    r->leaders++;
    w->todo[w->ntodo++] = slot;
}

/* Was the region entered in the middle of a loop whose beginning is native code already? It goes on
 * there then: that code does not have a seam where, say, a page fault came back once. */
static bool resumes(const struct walk *w, unsigned target, unsigned last)
{
    return target < w->start && w->start <= last && jit_has_entry(w->r->page, target);
}

/* Can threaded code come back behind the instruction, from an interrupt or with another context? Of
 * those that are not branches. */
static bool may_come_back(const struct insn *in)
{
    struct spr_field field;

    switch (in->id) {
    case INSN_SYNC:
    case INSN_ISYNC:
    case INSN_EIEIO:
    case INSN_MFMSR:
    case INSN_MFTB:
        return false;
    case INSN_MFSPR:
    case INSN_MTSPR: /* what is a number in struct cpu and nothing else */
        return !cpu_spr_field((unsigned)in->imm, in->id == INSN_MTSPR, &field);
    default:
        return insn_table[in->id].fac == FAC_SYS;
    }
}

/* Notes where control can go from the instruction. False: not to the next one. */
static bool follow(struct walk *w, const struct insn *in, unsigned slot)
{
    unsigned target = CODE_PAGE_INSNS;

    if (region_asks_where(in))
        return true;
    switch (in->id) {
    case INSN_B:
        if (region_target(in, slot, &target))
            add_leader(w, target);
        return false;
    case INSN_BC:
        if (region_target(in, slot, &target) && (in->imm != 4 || is_always(in)) &&
            !resumes(w, target, slot))
            add_leader(w, target);
        if (target <= slot && !is_always(in))
            add_leader(w, slot + 1); /* where a loop ends */
        return !is_always(in);
    case INSN_BL:
    case INSN_BCL:
        add_leader(w, slot + 1); /* where the callee returns to */
        return in->id == INSN_BCL && !is_always(in);
    case INSN_BCLR:
    case INSN_BCCTR:
        return !is_always(in);
    case INSN_BCCTRL:
        add_leader(w, slot + 1);
        return !is_always(in);
    default:
        break;
    }
    if (insn_table[in->id].fac == FAC_BRU)
        return false;
    if (may_come_back(in))
        add_leader(w, slot + 1);
    return !leaves_for_good(in->id);
}

static void walk_from(struct walk *w, unsigned slot)
{
    struct region *r = w->r;
    bool again = false;

    for (; slot < CODE_PAGE_INSNS && !(r->flags[slot] & SLOT_IN); slot++) {
        const struct insn *in = &r->insn[slot];

        if (r->count >= REGION_INSNS || is_there(w, slot))
            return;
        decode(r, slot);
        r->flags[slot] |= SLOT_IN;
        widen(r, slot);
        r->count++;
        again |= jit_has_entry(r->page, slot);
        w->again += again;
        if (unlikely(w->cpu->machine->debug_breaks) &&
            debug_may_break(w->cpu->machine->debug, 4 * slot)) {
            r->flags[slot] |= SLOT_STOP;
            return;
        }
        if (!follow(w, in, slot))
            return;
    }
}

/* Is it a branch of a loop? */
static bool goes_back(const struct region *r, unsigned slot, unsigned *target)
{
    const struct insn *in = &r->insn[slot];

    return (r->flags[slot] & SLOT_IN) && (in->id == INSN_B || in->id == INSN_BC) &&
           region_target(in, slot, target) && *target <= slot;
}

static void mark_tight(struct region *r, unsigned first, unsigned last)
{
    for (unsigned slot = first; slot <= last && last - first < REGION_TIGHT; slot++)
        r->flags[slot] |= SLOT_TIGHT;
}

static void mark_loops(struct region *r)
{
    unsigned end = 0, target; /* slots below it lie in a loop */

    for (unsigned slot = r->end; slot-- > r->first;) {
        if (goes_back(r, slot, &target)) {
            mark_tight(r, target, slot);
            if (!end || target < end - 1)
                end = target + 1;
        }
        if (end && slot + 1 >= end)
            r->flags[slot] |= SLOT_LOOP;
        if (end == slot + 1)
            end = 0;
    }
}

void region_find(struct region *r, struct cpu *cpu, struct code_page *page, unsigned slot)
{
    struct walk w = {.r = r, .cpu = cpu, .start = slot};

    r->page = page;
    r->cpu = cpu;
    r->count = r->leaders = 0;
    memset(r->flags + r->first, 0, r->end - r->first);
    r->first = CODE_PAGE_INSNS;
    r->end = 0;
    add_leader(&w, slot);
    while (w.ntodo)
        walk_from(&w, w.todo[--w.ntodo]);
    mark_loops(r);
}
