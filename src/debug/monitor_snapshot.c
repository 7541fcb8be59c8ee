/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that keep and bring back a machine. */
#include "monitor_internal.h"

#include "pefemu/snapshot.h"

bool monitor_SAVEVM(struct command *c)
{
    char why[SNAPSHOT_WHY_MAX];
    if (!command_needs_life(c))
        return false;
    if (c->argc != 1)
        return report_fail(c->r, "savevm: say which file");
    if (!snapshot_save(c->m, c->argv[0], why, sizeof(why)))
        return report_fail(c->r, "%s: %s", c->argv[0], why);
    report_say(c->r, "position %llu in %s", (unsigned long long)machine_position(c->m), c->argv[0]);
    return true;
}

/* A machine that is halted is so again when it has been loaded. */
bool monitor_LOADVM(struct command *c)
{
    char why[SNAPSHOT_WHY_MAX];
    if (!command_needs_life(c))
        return false;
    if (c->argc != 1)
        return report_fail(c->r, "loadvm: say which file");
    return snapshot_load(c->m, c->argv[0], why, sizeof(why)) ||
           report_fail(c->r, "%s: %s", c->argv[0], why);
}
