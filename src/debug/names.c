/* SPDX-License-Identifier: Apache-2.0 */
/* Names of numbers, all of them columns of the tables in include/pefemu. */
#include "pefemu/names.h"

#include "pefemu/cpu.h"
#include "pefemu/hypervisor.h"
#include "pefemu/uv.h"

/* ---- calls ---- */

/* The hypervisor's own table first; what else a secure VM may make has a name too. */
#define HCALL(number, name, handler, nargs, nresults) {number, #name, nargs},
static const struct hcall_name_row {
    uint64_t number;
    const char *name;
    unsigned nargs;
} hcalls[] = {
#include "pefemu/hcall.def"
#define SVM_HCALL(number, name, in, out) {number, #name, (in)-1},
#include "pefemu/svm_hcall.def"
#undef SVM_HCALL
};
#undef HCALL

static const struct hcall_name_row *find_hcall(uint64_t number)
{
    for (unsigned i = 0; i < ARRAY_SIZE(hcalls); i++)
        if (hcalls[i].number == number)
            return &hcalls[i];
    return NULL;
}

const char *hcall_name(uint64_t number)
{
    const struct hcall_name_row *row = find_hcall(number);
    return row ? row->name : NULL;
}

unsigned hcall_nargs(uint64_t number)
{
    const struct hcall_name_row *row = find_hcall(number);
    return row ? row->nargs : 0;
}

const char *rtas_call_name(uint32_t token)
{
    switch (token) {
#define RTAS(token, name, ...)                                                                     \
    case token:                                                                                    \
        return name;
#include "pefemu/rtas.def"
#undef RTAS
    default:
        return NULL;
    }
}

const char *tpm_command_name(uint32_t code)
{
    switch (code) {
#define TPM_COMMAND(name, code, ...)                                                               \
    case code:                                                                                     \
        return #name;
#include "pefemu/tpmcommand.def"
#undef TPM_COMMAND
    default:
        return NULL;
    }
}

/* ---- answers ---- */

const char *hcall_status_name(int64_t rc)
{
    switch (rc) {
#define HSTATUS(name, value)                                                                       \
    case value:                                                                                    \
        return #name;
#include "pefemu/hstatus.def"
#undef HSTATUS
    default:
        return NULL;
    }
}

const char *ucall_status_name(int64_t rc)
{
    switch (rc) {
#define USTATUS(name, value)                                                                       \
    case value:                                                                                    \
        return #name;
#include "pefemu/ustatus.def"
#undef USTATUS
    default:
        return NULL;
    }
}

/* ---- the processor ---- */

const char *vector_name(unsigned vector)
{
    static const struct {
        unsigned offset;
        const char *name;
    } rows[] = {
#define VECTOR(id, name, offset, save, ail) {offset, name},
#include "pefemu/vector.def"
#undef VECTOR
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].offset == vector)
            return rows[i].name;
    return NULL;
}

const char *cpu_state_name(unsigned index)
{
    static const char *const names[CPU_STATES] = {
        [ST_PROBLEM] = "problem",           [ST_PROBLEM + 4] = "SVM problem",
        [ST_PRIVILEGED] = "privileged",     [ST_PRIVILEGED + 4] = "SVM privileged",
        [ST_HYPERVISOR] = "hypervisor",     [ST_HYPERVISOR + 4] = NULL,
        [ST_ULTRAVISOR + 4] = "ultravisor",
    };
    return index < CPU_STATES ? names[index] : NULL;
}

/* ---- the ultravisor ---- */

struct named {
    const char *name, *what;
};

static const struct named works[] = {
#define UV_WORK(id, name, fn, what) {name, what},
#include "pefemu/uvwork.def"
#undef UV_WORK
};
static const struct named esm_steps[] = {
#define ESM_STEP(id, fn, what) {#id, what},
#include "pefemu/esmstep.def"
#undef ESM_STEP
    {"COMMIT", "the partition is a secure VM, its kernel starts anew"},
};
static const struct named svm_states[] = {
#define SVM_STATE(id, name, what) {name, what},
#include "pefemu/svmstate.def"
#undef SVM_STATE
};
static const struct named page_moves[] = {
#define PAGE_MOVE(id, name, what) {name, what},
#include "pefemu/pagemove.def"
#undef PAGE_MOVE
};

#define ROW(table, index, column) ((index) < ARRAY_SIZE(table) ? (table)[index].column : NULL)

const char *uv_work_name(unsigned work)
{
    return ROW(works, work, name);
}

const char *uv_work_what(unsigned work)
{
    return ROW(works, work, what);
}

const char *esm_step_name(unsigned step)
{
    return ROW(esm_steps, step - 1, name);
}

const char *esm_step_what(unsigned step)
{
    return ROW(esm_steps, step - 1, what);
}

const char *svm_state_name(unsigned state)
{
    return ROW(svm_states, state, name);
}

const char *page_move_name(unsigned move)
{
    return ROW(page_moves, move, name);
}

const char *page_move_what(unsigned move)
{
    return ROW(page_moves, move, what);
}
