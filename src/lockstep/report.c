/* SPDX-License-Identifier: Apache-2.0 */
/* What two engines disagree about, in words. */
#include "lockstep_internal.h"

#include <inttypes.h>

static const char *const stops[] = {
    [STOP_NONE] = "goes on",
    [STOP_POWER_OFF] = "power off",
    [STOP_REBOOT] = "reboot",
    [STOP_PANIC] = "panic",
    [STOP_CHECKSTOP] = "checkstop",
    [STOP_FIRMWARE_EXIT] = "firmware exit",
    [STOP_TIMEOUT] = "time is up",
    [STOP_QUIT] = "quit",
    [STOP_EXIT] = "exit",
    [STOP_TRAP] = "trap",
    [STOP_LIMIT] = "instruction limit",
    [STOP_DIVERGED] = "asks the outside for something else",
};

static void say_insn(FILE *out, const struct lockstep_insn *in)
{
    char text[96] = "(can not be read)";
    if (in->known)
        insn_disas(text, sizeof(text), in->word, in->ea);
    fprintf(out, "  cpu %u: %016" PRIx64 ": %08x  %s\n", in->cpu, in->ea, in->known ? in->word : 0,
            text);
}

static void say_number(FILE *out, u128 v, unsigned bits)
{
    if (bits > 64)
        fprintf(out, "%016" PRIx64, (uint64_t)(v >> 64));
    fprintf(out, "%0*" PRIx64, bits == 32 ? 8 : 16, (uint64_t)v);
}

/* "  cpu 0 r3: interp 0x1, ref 0x2" */
static void say_values(FILE *out, const struct lockstep *ls, const struct lockstep_difference *d,
                       unsigned bits)
{
    for (unsigned i = 0; i < BOTH; i++) {
        fprintf(out, "%s %s ", i ? "," : ":", ls->m[i]->engine->name);
        say_number(out, d->value[i], bits);
    }
    fprintf(out, "\n");
}

static void say_difference(FILE *out, const struct lockstep *ls,
                           const struct lockstep_difference *d)
{
    switch (d->what) {
    case LOCKSTEP_REGISTER:
        fprintf(out, "  cpu %u: %s", d->cpu, d->name);
        say_values(out, ls, d, d->bits);
        break;
    case LOCKSTEP_MEMORY:
        fprintf(out, "  memory at real address %016" PRIx64, d->ra);
        say_values(out, ls, d, 64);
        break;
    case LOCKSTEP_STATE:
        fprintf(out, "  other state: %s\n", d->name);
        break;
    case LOCKSTEP_END:
        fprintf(out, "  the machine: %s %s, %s %s (%s)\n", ls->m[LEADER]->engine->name,
                stops[d->value[LEADER]], ls->m[FOLLOWER]->engine->name, stops[d->value[FOLLOWER]],
                d->name);
        break;
    }
}

static void say_where(FILE *out, const struct lockstep_finding *f)
{
    unsigned long long from = f->position, to = f->end;
    switch (f->found) {
    case LOCKSTEP_STEP:
        fprintf(out, "after instruction %llu:\n", from);
        break;
    case LOCKSTEP_WRITER:
        fprintf(out, "after instruction %llu, but not when it is stepped:\n", from);
        break;
    case LOCKSTEP_BLOCK:
        fprintf(out, "between instruction %llu, where no boundary follows until %llu:\n", from, to);
        break;
    case LOCKSTEP_OUTSIDE:
        fprintf(out, "between instructions, after %llu\n", from);
        break;
    case LOCKSTEP_GONE:
        fprintf(out, "between instructions %llu and %llu, but not in smaller pieces\n", from, to);
        break;
    }
}

void lockstep_report(const struct lockstep *ls, FILE *out)
{
    const struct lockstep_finding *f = &ls->finding;
    bool has_insn = f->found != LOCKSTEP_OUTSIDE && f->found != LOCKSTEP_GONE;
    fprintf(out, "pefemu: -accel lockstep: %s and %s differ ", ls->m[LEADER]->engine->name,
            ls->m[FOLLOWER]->engine->name);
    say_where(out, f);
    if (has_insn)
        say_insn(out, &f->insn);
    fprintf(out, "what differs:\n");
    for (unsigned i = 0; i < f->ndiff; i++)
        say_difference(out, ls, &f->diff[i]);
    if (f->nbefore)
        fprintf(out, "what was executed before, the last one last:\n");
    for (unsigned i = 0; i < f->nbefore; i++)
        say_insn(out, &f->before[i]);
}
