/* SPDX-License-Identifier: Apache-2.0 */
/* ubt: the chain of calls, shown. */
#include "monitor_internal.h"
#include "pefemu/uv.h"
#include "ubt.h"

static const char *who_name(const struct ubt_frame *f)
{
    switch (f->who) {
    case UBT_TPM:
        return "TPM";
    case UBT_ULTRAVISOR:
        return "ultravisor";
    case UBT_HYPERVISOR:
        return "hypervisor";
    case UBT_VM:
        return f->secure ? "SVM" : "VM";
    }
    return "?";
}

static unsigned frames(const struct command *c, struct ubt_frame out[UBT_MAX])
{
    const struct debug_halt *halt = debug_halted(c->d);
    const struct cpu *cpu = command_cpu(c);
    bool here = halt && halt->at_event && halt->cpu == cpu;
    return ubt_frames(cpu, here ? &halt->event : NULL, out);
}

bool monitor_UBT(struct command *c)
{
    struct ubt_frame f[UBT_MAX];
    unsigned n = frames(c, f);
    report_table(c->r, "frames", NULL);
    for (unsigned i = 0; i < n; i++) {
        report_row(c->r);
        report_str(c->r, "frame", "#%u", i);
        report_str(c->r, "who", "%s", who_name(&f[i]));
        report_num(c->r, "lpid", f[i].lpid);
        report_str(c->r, "does", "%s", f[i].text);
        if (f[i].cookie)
            report_str(c->r, "waits as", "cookie %08x", f[i].cookie);
    }
    return true;
}

/* An ultracall that is being answered right now is over. */
static uint64_t answered(const struct command *c)
{
    const struct debug_halt *halt = debug_halted(c->d);
    bool here = halt && halt->at_event && halt->event.id == EVENT_UCALL_RETURN;
    return here ? halt->event.arg[0] : 0;
}

const char *command_ultracall(const struct command *c)
{
    struct ubt_frame f[UBT_MAX];
    unsigned n = frames(c, f);
    uint64_t over = answered(c);
    for (unsigned i = 0; i < n; i++) {
        if (!f[i].ucall)
            continue;
        if (f[i].ucall != over)
            return uv_call_name(f[i].ucall);
        over = 0;
    }
    return NULL;
}
