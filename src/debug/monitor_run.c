/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that halt the machine, let it go on, and tell it what a user would: reset, NMI, log. */
#include "monitor_internal.h"

#include <stdio.h>

#include "pefemu/hypervisor.h"
#include "pefemu/log.h"

/* The only argument, how often; 1 without. */
static bool count(struct command *c, uint64_t *n)
{
    *n = 1;
    if (c->argc && !command_value(c, c->argv[0], n))
        return false;
    return *n || report_fail(c->r, "0: at least once");
}

/* ---- instructions ---- */

bool monitor_STOP(struct command *c)
{
    if (!command_needs_life(c))
        return false;
    if (!debug_halted(c->d))
        debug_pause(c->d);
    return true;
}

bool monitor_CONT(struct command *c)
{
    if (!command_needs_halt(c))
        return false;
    debug_continue(c->d);
    return true;
}

bool monitor_STEP(struct command *c)
{
    uint64_t n;
    if (!command_needs_halt(c) || !count(c, &n))
        return false;
    debug_step(c->d, command_cpu(c), n);
    return true;
}

bool monitor_CPU(struct command *c)
{
    uint64_t n;
    if (!c->argc) {
        report_say(c->r, "cpu %u", command_cpu(c)->index);
        return true;
    }
    if (!command_value(c, c->argv[0], &n))
        return false;
    if (n >= c->m->ncpus)
        return report_fail(c->r, "%s: there are CPUs 0 to %u", c->argv[0], c->m->ncpus - 1);
    c->mon->cpu = (unsigned)n;
    return true;
}

/* ---- the ultravisor's steps ---- */

#define BIT(event) (1u << EVENT_##event)
#define USTEP_EVENTS                                                                               \
    (BIT(UCALL) | BIT(UCALL_RETURN) | BIT(UV_STEP) | BIT(REFLECT) | BIT(REFLECT_RETURN) |          \
     BIT(ESM_STEP) | BIT(ESM_END) | BIT(PAGE_IN) | BIT(PAGE_OUT) | BIT(PAGE_INVAL) | BIT(SHARE) |  \
     BIT(UNSHARE) | BIT(SECURE_FAULT) | BIT(SVM_STATE) | BIT(TPM) | BIT(TPM_RETURN))

/* The CPU that is in an ultracall, or any when none is: the next one begins somewhere. */
static struct cpu *ustep_cpu(const struct command *c)
{
    const struct debug_halt *halt = debug_halted(c->d);
    return halt->at_event ? halt->cpu : NULL;
}

bool monitor_USTEP(struct command *c)
{
    struct debug_wish wish = {.events = USTEP_EVENTS};
    if (!command_needs_halt(c) || !count(c, &wish.count))
        return false;
    wish.cpu = ustep_cpu(c);
    debug_until_wish(c->d, &wish);
    return true;
}

bool monitor_UFINISH(struct command *c)
{
    struct debug_wish wish = {.events = BIT(UCALL_RETURN), .count = 1};
    if (!command_needs_halt(c))
        return false;
    const char *name = command_ultracall(c);
    if (!name)
        return report_fail(c->r, "no ultracall is in progress on CPU %u; ubt shows what is",
                           command_cpu(c)->index);
    wish.cpu = command_cpu(c);
    snprintf(wish.text, sizeof(wish.text), "%s", name);
    report_say(c->r, "until %s returns", name);
    debug_until_wish(c->d, &wish);
    return true;
}

/* ---- history ---- */

static bool went_back(struct command *c, bool ok)
{
    return ok || report_fail(c->r, "there is no history to go back in; see docs/debugging.md");
}

bool monitor_REVERSE_STEP(struct command *c)
{
    uint64_t n;
    return command_needs_halt(c) && count(c, &n) &&
           went_back(c, debug_reverse_step(c->d, command_cpu(c), n));
}

bool monitor_REVERSE_CONT(struct command *c)
{
    return command_needs_halt(c) && went_back(c, debug_reverse_continue(c->d));
}

bool monitor_REWIND(struct command *c)
{
    uint64_t n;
    if (!c->argc)
        return report_fail(c->r, "say how far: instructions, as info history counts them");
    return command_needs_halt(c) && count(c, &n) && went_back(c, debug_rewind(c->d, n));
}

/* ---- the machine ---- */

bool monitor_QUIT(struct command *c)
{
    debug_quit(c->d);
    return true;
}

/* What comes of it is the guest's affair. */
bool monitor_SYSTEM_POWERDOWN(struct command *c)
{
    if (!command_needs_life(c))
        return false;
    if (!c->m->hv)
        return report_fail(c->r, "this machine has no hypervisor that could tell the guest");
    debug_history_changed(c->d);
    hv_powerdown(c->m->hv);
    return true;
}

bool monitor_SYSTEM_RESET(struct command *c)
{
    if (!command_needs_life(c))
        return false;
    debug_history_changed(c->d);
    machine_request_reset(c->m);
    return true;
}

/* The system reset interrupt, to all CPUs that run. */
bool monitor_NMI(struct command *c)
{
    if (!command_needs_life(c))
        return false;
    debug_history_changed(c->d);
    for (unsigned i = 0; i < c->m->ncpus; i++)
        if (c->m->cpus[i].run_state != CPU_STOPPED)
            cpu_raise(&c->m->cpus[i], IRQ_RESET);
    return true;
}

bool monitor_LOG(struct command *c)
{
    const char *bad;
    if (!c->argc) {
        report_table(c->r, "log", NULL);
#define LOG_ITEM(id, name, help)                                                                   \
    report_row(c->r);                                                                              \
    report_str(c->r, "item", "%s", name);                                                          \
    report_flag(c->r, "on", log_mask &LOG_##id);                                                   \
    report_str(c->r, "what", "%s", help);
#include "pefemu/logitem.def"
#undef LOG_ITEM
        return true;
    }
    if (!strcmp(c->argv[0], "none")) {
        log_mask = 0;
        return true;
    }
    if (!strcmp(c->argv[0], "help"))
        return report_fail(c->r, "log without an argument lists the items");
    return !log_set_items(c->argv[0], &bad) ||
           report_fail(c->r, "%s: no such item; log lists them", bad);
}
