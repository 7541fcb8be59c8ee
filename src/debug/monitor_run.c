/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that let the machine go on and halt it. */
#include "monitor_internal.h"

bool monitor_STOP(struct command *c)
{
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

bool monitor_QUIT(struct command *c)
{
    debug_quit(c->d);
    return true;
}
