/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the numbers that calls, events and registers carry, for people: logs, traces, debuggers.
 * All return NULL for a number that has no name. src/debug/names.c
 */
#ifndef PEFEMU_NAMES_H
#define PEFEMU_NAMES_H

#include "pefemu/types.h"

/* What UV_PAGE_IN and UV_PAGE_OUT do with a page. */
enum page_move {
#define PAGE_MOVE(id, ...) PAGE_MOVE_##id,
#include "pefemu/pagemove.def"
#undef PAGE_MOVE
    PAGE_MOVES
};

const char *hcall_name(uint64_t number);     /* "H_CEDE"; also those that pefemu does not serve */
const char *hcall_status_name(int64_t rc);   /* "H_PARAMETER" */
const char *ucall_status_name(int64_t rc);   /* "U_P2" */
const char *rtas_call_name(uint32_t token);  /* "nvram-fetch" */
const char *tpm_command_name(uint32_t code); /* "RSA_Decrypt" */
const char *vector_name(unsigned vector);    /* "hypervisor data storage", by offset */

/* Of ultracalls and how many arguments they have: uv_call_name(), uv_call_nargs() in uv.h. */
const char *uv_work_name(unsigned work);  /* "fault": enum work_op, uvwork.def */
const char *uv_work_what(unsigned work);  /* what that is */
const char *esm_step_name(unsigned step); /* "LOCKBOX": 1.. as esmstep.def has them, then COMMIT */
const char *esm_step_what(unsigned step); /* what that is */
const char *svm_state_name(unsigned state); /* "secure": enum svm_state, svmstate.def */
const char *page_move_name(unsigned move);  /* "crypt" */
const char *page_move_what(unsigned move);

/* "privileged", "SVM privileged": cpu_state_index() */
const char *cpu_state_name(unsigned index);

/* Arguments that hypercall @number takes, from R4 on; 0 for one that has no row. */
unsigned hcall_nargs(uint64_t number);

#endif
