/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one UV_ESM, between its steps (esm.c, esm_tree.c, esm_check.c). */
#ifndef PEFEMU_UV_ENTER_H
#define PEFEMU_UV_ENTER_H

#include "uv_internal.h"

#include "pefemu/esmblob.h"
#include "pefemu/tpm.h"

#define ESM_FDT_MAX    (1 * MiB)
#define ESM_RANGES     8u
#define ESM_RTAS_PAGES 6u
#define ESM_RESERVED   (ESM_RTAS_PAGES + 1) /* and one for TPM packets */

struct esm_range {
    gra_t gpa;
    uint64_t len;
};

enum enter_outcome { ENTER_NEXT, ENTER_AGAIN, ENTER_WAIT, ENTER_FAIL };

struct esm {
    gra_t kbase, fdt_gpa;
    unsigned step;              /* row of esmstep.def */
    unsigned sub;               /* the step's own progress */
    uint64_t guest_ns, host_ns; /* when UV_ESM was called, for statistics */

    /* What comes in from the hypervisor, page by page. */
    struct esm_range fetch; /* outstanding */
    gra_t want;             /* the page asked for, ~0: none */
    bool asked;             /* a hypercall is out; its status is in R3 when it returns */
    struct esm_range range[ESM_RANGES]; /* what was asked for: only these bytes stay */
    unsigned nranges;

    uint8_t *fdt; /* owned; private copy of the tree */
    uint32_t fdt_size;
    uint64_t rmo_top;
    gra_t reserved[ESM_RESERVED];
    unsigned nreserved;
    struct esm_range rtas, initrd;
    uint32_t rtas_text;
    char *bootargs; /* owned */
    size_t bootargs_len;

    struct esm_blob blob;
    bool has_blob;
    unsigned attempt; /* lockbox being tried */
    struct tpm_unseal unseal;
    bool unsealing;
    struct esm_key key; /* secret */
    bool has_key;
    struct esm_digests digests;

    char why[240]; /* of a failure, for the one line that says so */
};

/* Notes why and fails. */
enum enter_outcome enter_fail(struct esm *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* [gpa, gpa+len) shall come in; the step runs again when it is there. */
enum enter_outcome enter_fetch(struct svm *svm, gra_t gpa, uint64_t len);
/* A hypercall on the step's behalf; it runs again with the status in cpu->gpr[3]. */
enum enter_outcome enter_hcall(struct thread_save *s, struct cpu *cpu, uint64_t number,
                               const uint64_t *args, unsigned nargs);

#define ESM_STEP(id, fn, what) enum enter_outcome fn(struct thread_save *s, struct cpu *cpu);
#include "pefemu/esmstep.def"
#undef ESM_STEP

#endif
