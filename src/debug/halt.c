/* SPDX-License-Identifier: Apache-2.0 */
/* What people are shown when the machine halts. */
#include "monitor_internal.h"

void monitor_halt(struct debug *d, const struct debug_halt *halt, bool json, monitor_out out,
                  void *opaque)
{
    struct report *r = report_new();
    (void)d;
    if (!r)
        return;
    report_say(r, "halted at 0x%llx", (unsigned long long)halt->cpu->cia);
    report_write(r, json, out, opaque);
    report_free(r);
}
