/* SPDX-License-Identifier: Apache-2.0 */
/* Who called whom: the chain of calls on a CPU, across secure VM, ultravisor and hypervisor. */
#ifndef PEFEMU_DEBUG_UBT_H
#define PEFEMU_DEBUG_UBT_H

#include "pefemu/machine.h"

enum ubt_who { UBT_TPM, UBT_ULTRAVISOR, UBT_HYPERVISOR, UBT_VM };

struct ubt_frame {
    enum ubt_who who;
    lpid_t lpid;     /* that it is about */
    bool secure;     /* UBT_VM: a secure one */
    uint64_t ucall;  /* UBT_ULTRAVISOR: the ultracall that it serves; 0: another entry */
    uint32_t cookie; /* of a thread that waits for the frame above; 0: it does not */
    ea_t pc;         /* UBT_VM: where it goes on */
    uint64_t msr;    /* UBT_VM */
    char text[240];  /* what it does */
};

#define UBT_MAX 24

/* Innermost first. Returns how many. @ev: what @cpu has halted at, or NULL. */
unsigned ubt_frames(const struct cpu *cpu, const struct event *ev,
                    struct ubt_frame frames[UBT_MAX]);

#endif
