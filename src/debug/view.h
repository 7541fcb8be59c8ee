/* SPDX-License-Identifier: Apache-2.0 */
/* Memory as one of the principals sees it. Looking changes nothing: no page moves, no R or C bit.
 */
#ifndef PEFEMU_DEBUG_VIEW_H
#define PEFEMU_DEBUG_VIEW_H

#include "pefemu/machine.h"

enum view_kind {
    VIEW_CPU,  /* effective addresses, as the CPU translates them now */
    VIEW_SVM,  /* guest real addresses of a secure VM, as it sees them */
    VIEW_HV,   /* its guest real addresses as the hypervisor gets them; other normal memory */
    VIEW_UV,   /* the ultravisor's real mode: address OR URMOR, secure memory and normal */
    VIEW_REAL, /* real addresses, secure memory and normal */
};

struct view {
    enum view_kind kind;
    lpid_t lpid;                                /* VIEW_SVM, VIEW_HV */
    enum { VIEW_AUTO, VIEW_BE, VIEW_LE } order; /* of bytes in numbers; auto: the principal's */
};

/**
 * view_read - bytes at @addr
 * @cpu: whose translation, URMOR and byte order count
 * @why: set to a sentence when false is returned: not all of it can be seen
 */
bool view_read(const struct view *v, struct cpu *cpu, uint64_t addr, void *buf, uint64_t len,
               const char **why);
bool view_is_le(const struct view *v, const struct cpu *cpu);
/* "svm 1", as the command takes it. */
void view_text(const struct view *v, char *out, size_t size);

#endif
