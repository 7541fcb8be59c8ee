/* SPDX-License-Identifier: Apache-2.0 */
/* info: what CPUs and machine are like. */
#include "monitor_internal.h"

static bool is_asked_for(const struct command *c, const char *name)
{
    for (unsigned i = 0; i < c->argc; i++)
        if (!strncmp(name, c->argv[i], strlen(c->argv[i])))
            return true;
    return !c->argc;
}

bool info_REGISTERS(struct command *c)
{
    struct cpu_reg r;
    unsigned at = 0, found = 0;
    report_table(c->r, "registers", NULL);
    while (cpu_reg_next(command_cpu(c), &at, &r)) {
        if (!is_asked_for(c, r.name))
            continue;
        found++;
        report_row(c->r);
        report_str(c->r, "register", "%s", r.name);
        if (r.bits > 64)
            report_str(c->r, "value", "0x%016llx%016llx", (unsigned long long)(r.value >> 64),
                       (unsigned long long)r.value);
        else
            report_str(c->r, "value", "0x%0*llx", r.bits == 64 ? 16 : 8,
                       (unsigned long long)r.value);
    }
    return found || report_fail(c->r, "%s: no register begins so", c->argv[0]);
}
