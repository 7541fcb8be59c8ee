/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secure VMs, seen by the hypervisor: which page of LPID 1 the ultravisor holds (it counts a token
 * for each, as it never sees secure memory), which are shared, and the hypercalls that move them.
 * Behaviour of KVM: Linux arch/powerpc/kvm/book3s_hv_uvmem.c.
 */
#include "hv_internal.h"

#include <stdlib.h>

#include "pefemu/log.h"
#include "pefemu/tpm.h"
#include "pefemu/uv.h"

#define PAGE_IN_SHARED 1u
#define SLOT_ID        0u
#define TPM_EXECUTE    1u
#define TPM_CLOSE      2u

/* ---- ultracalls ---- */

/* The thread on which the hypervisor runs right now; during a reset the first. */
static struct cpu *self(struct hypervisor *hv)
{
    return hv->m->current ? hv->m->current : &hv->m->cpus[0];
}

int64_t hv_ucall(struct hypervisor *hv, uint64_t number, const uint64_t *args, unsigned nargs)
{
    struct cpu *cpu = self(hv);
    uint64_t gpr[13], srr0 = cpu->srr0, srr1 = cpu->srr1, msr = cpu->msr;
    ea_t nia = cpu->nia;

    memcpy(gpr, cpu->gpr, sizeof(gpr));
    cpu->gpr[3] = number;
    memcpy(&cpu->gpr[4], args, nargs * sizeof(*args));
    cpu_set_msr(cpu, MSR_SF | MSR_HV | MSR_ME);
    cpu_model_sc(cpu, 2);
    uv_enter(cpu, (unsigned)cpu->nia);
    int64_t rc = (int64_t)cpu->gpr[3];
    memcpy(cpu->gpr, gpr, sizeof(gpr));
    cpu->srr0 = srr0;
    cpu->srr1 = srr1;
    cpu_set_msr(cpu, msr);
    cpu->nia = nia;
    return rc;
}

void hv_uv_return(struct cpu *cpu, ea_t nia, uint64_t msr, uint64_t guest_srr1)
{
    cpu->gpr[0] = cpu->gpr[3];
    cpu->gpr[2] = guest_srr1;
    cpu->gpr[3] = UV_RETURN;
    cpu->hsrr0 = nia;
    cpu->hsrr1 = msr;
    cpu_model_sc(cpu, 2); /* the machine enters the ultravisor next */
}

static int64_t uv_page(struct hypervisor *hv, uint64_t number, gra_t gpa)
{
    /* LPID 1's map is the identity: the normal page of a guest page has its number. */
    const uint64_t args[] = {HV_LPID, gpa, gpa, 0, UV_PAGE_LOG2};
    return hv_ucall(hv, number, args, ARRAY_SIZE(args));
}

/* ---- the state of pages ---- */

static uint64_t npages(const struct hypervisor *hv)
{
    return hv->m->cfg.ram_size >> UV_PAGE_LOG2;
}

static uint8_t *gfn_state(struct hypervisor *hv, gra_t gpa)
{
    uint64_t gfn = gpa >> UV_PAGE_LOG2;
    return gfn < npages(hv) ? &hv->svm.gfn[gfn] : NULL;
}

/* The normal copy is of no use any more; its host memory goes back. */
static void discard(struct hypervisor *hv, gra_t gpa, uint64_t len)
{
    memory_discard(&hv->m->mem, gpa, len);
    memory_written(hv->m, gpa, len);
}

/* Ciphertext of a secure page into its normal place, for whoever on this side touches it. */
static bool page_out(struct hypervisor *hv, gra_t gpa)
{
    uint8_t *state = gfn_state(hv, gpa);

    if (!state || *state != GFN_SECURE)
        return false;
    if (uv_page(hv, UV_PAGE_OUT, gpa) != U_SUCCESS)
        return false;
    *state = GFN_NORMAL;
    hv->svm.tokens++;
    return true;
}

static bool page_in(struct hypervisor *hv, gra_t gpa)
{
    uint8_t *state = gfn_state(hv, gpa);

    if (!hv->svm.tokens || uv_page(hv, UV_PAGE_IN, gpa) != U_SUCCESS)
        return false;
    *state = GFN_SECURE;
    hv->svm.tokens--;
    discard(hv, gpa, UV_PAGE_SIZE);
    return true;
}

/* As a hostile host would: with one bit of the ciphertext wrong. */
static bool page_in_corrupted(struct hypervisor *hv, gra_t gpa)
{
    uint8_t *byte = memory_ptr(&hv->m->mem, gpa + 0x1234, 1);

    *byte ^= 1;
    bool taken = page_in(hv, gpa);
    if (!taken)
        *byte ^= 1;
    return taken;
}

bool hv_svm_reach(struct hypervisor *hv, gra_t gra, uint64_t len)
{
    if (!hv->svm.started)
        return true;
    for (gra_t at = gra & ~(UV_PAGE_SIZE - 1); at < gra + len; at += UV_PAGE_SIZE) {
        const uint8_t *state = gfn_state(hv, at);
        if (state && *state == GFN_SECURE && !page_out(hv, at))
            return false;
    }
    return true;
}

/* ---- life ---- */

bool hv_svm_init(struct hypervisor *hv)
{
    hv->svm.gfn = calloc(npages(hv) + 1, 1);
    return hv->svm.gfn != NULL;
}

void hv_svm_fini(struct hypervisor *hv)
{
    free(hv->svm.gfn);
    hv->svm.gfn = NULL;
}

static void forget(struct hypervisor *hv)
{
    hv_pressure_reset(hv);
    hv->svm.started = hv->svm.done = false;
    hv->svm.tokens = hv->m->mem.secure_size >> UV_PAGE_LOG2;
    memset(hv->svm.gfn, GFN_NORMAL, npages(hv));
}

static void terminate(struct hypervisor *hv)
{
    const uint64_t lpid = HV_LPID;
    hv_ucall(hv, UV_SVM_TERMINATE, &lpid, 1);
}

void hv_svm_off(struct hypervisor *hv)
{
    const uint64_t slot[] = {HV_LPID, SLOT_ID};

    if (hv->svm.started) {
        hv_ucall(hv, UV_UNREGISTER_MEM_SLOT, slot, ARRAY_SIZE(slot));
        terminate(hv);
    }
    forget(hv);
}

/* ---- hypercalls ---- */

/* Honoured only for a VM that shows MSR[S]: no normal one can. */
static bool from_secure(const struct hcall *c)
{
    return c->hv->m->uv && (c->cpu->srr1 & MSR_S);
}

int64_t h_svm_init_start(struct hcall *c)
{
    struct hypervisor *hv = c->hv;
    const uint64_t slot[] = {HV_LPID, 0, hv->m->cfg.ram_size & ~(UV_PAGE_SIZE - 1), 0, SLOT_ID};

    if (!from_secure(c))
        return H_UNSUPPORTED;
    hv->svm.started = true;
    if (hv->hpt.active || !hv->m->mem.secure_size)
        return H_UNSUPPORTED;
    forget(hv);
    hv->svm.started = true;
    return hv_ucall(hv, UV_REGISTER_MEM_SLOT, slot, ARRAY_SIZE(slot)) == U_SUCCESS ? H_SUCCESS
                                                                                   : H_PARAMETER;
}

static int64_t share(struct hypervisor *hv, gra_t gpa, uint8_t *state)
{
    if (uv_page(hv, UV_PAGE_IN, gpa) != U_SUCCESS)
        return H_PARAMETER;
    if (*state == GFN_SECURE)
        hv->svm.tokens++;
    *state = GFN_SHARED;
    return H_SUCCESS;
}

int64_t h_svm_page_in(struct hcall *c)
{
    struct hypervisor *hv = c->hv;
    gra_t gpa = c->args[0];
    uint8_t *state = gfn_state(hv, gpa);

    if (!from_secure(c) || !hv->svm.started)
        return H_UNSUPPORTED;
    if (c->args[2] != UV_PAGE_LOG2)
        return H_P3;
    if (c->args[1] & ~(uint64_t)PAGE_IN_SHARED)
        return H_P2;
    if (!state || gpa & (UV_PAGE_SIZE - 1))
        return H_PARAMETER;
    if (c->args[1] & PAGE_IN_SHARED)
        return share(hv, gpa, state);
    if (*state == GFN_SECURE)
        return H_PARAMETER;
    switch (hv_pressure_misdeed(hv)) {
    case HV_REFUSES:
        return H_PARAMETER;
    case HV_FORGETS:
        return H_SUCCESS;
    case HV_CORRUPTS:
        return page_in_corrupted(hv, gpa) ? H_SUCCESS : H_PARAMETER;
    case HV_BEHAVES:
        break;
    }
    return page_in(hv, gpa) ? H_SUCCESS : H_PARAMETER;
}

int64_t h_svm_page_out(struct hcall *c)
{
    gra_t gpa = c->args[0];

    if (!from_secure(c) || !c->hv->svm.started)
        return H_UNSUPPORTED;
    if (c->args[1])
        return H_P2;
    if (c->args[2] != UV_PAGE_LOG2)
        return H_P3;
    if (gpa & (UV_PAGE_SIZE - 1) || !page_out(c->hv, gpa))
        return H_PARAMETER;
    return H_SUCCESS;
}

/* What has not moved yet becomes secure without a copy: the SVM sees zeros there. */
int64_t h_svm_init_done(struct hcall *c)
{
    struct hypervisor *hv = c->hv;
    uint64_t pages = npages(hv), start = 0;

    if (!from_secure(c) || !hv->svm.started)
        return H_UNSUPPORTED;
    for (uint64_t i = 0; i <= pages; i++) {
        if (i < pages && hv->svm.gfn[i] == GFN_NORMAL) {
            if (!hv->svm.tokens)
                return H_STATE;
            hv->svm.gfn[i] = GFN_SECURE;
            hv->svm.tokens--;
            continue;
        }
        if (i > start)
            discard(hv, start << UV_PAGE_LOG2, (i - start) << UV_PAGE_LOG2);
        start = i + 1;
    }
    hv->svm.done = true;
    return H_SUCCESS;
}

/* Not only for secure callers: the VM is a normal one again. */
int64_t h_svm_init_abort(struct hcall *c)
{
    struct hypervisor *hv = c->hv;

    if (!hv->m->uv || !hv->svm.started)
        return H_UNSUPPORTED;
    if (hv->svm.done && (c->cpu->srr1 & MSR_S))
        return H_STATE;
    for (uint64_t i = 0; i < npages(hv); i++)
        if (hv->svm.gfn[i] == GFN_SECURE && !page_out(hv, i << UV_PAGE_LOG2))
            LOG(LOG_GUEST_ERRORS, "hv: page 0x%llx did not come back",
                (unsigned long long)(i << UV_PAGE_LOG2));
    terminate(hv);
    forget(hv);
    return H_PARAMETER; /* the result of the VM's UV_ESM */
}

/* Carries TPM packets for the ultravisor, and for nobody else: a guest could reset the TPM. */
int64_t h_tpm_comm(struct hcall *c)
{
    struct hypervisor *hv = c->hv;
    uint8_t in[TPM_PACKET_MAX], out[TPM_PACKET_MAX];
    uint64_t op = c->args[0], in_gpa = c->args[1], in_len = c->args[2], out_gpa = c->args[3];
    size_t len = 0;

    if (!from_secure(c) || !hv->svm.started || hv->svm.done || !hv->m->tpm)
        return H_FUNCTION;
    if (op == TPM_CLOSE)
        return tpm_close(hv->m->tpm) ? H_RESOURCE : H_SUCCESS;
    if (op != TPM_EXECUTE)
        return H_PARAMETER;
    if (in_len > sizeof(in))
        return H_P3;
    if (c->args[4] < sizeof(out))
        return H_P5;
    if (!gm_read(hv->m, in_gpa, in, in_len))
        return H_P2;
    if (tpm_execute(hv->m->tpm, in, in_len, out, sizeof(out), &len))
        return H_RESOURCE;
    if (!gm_write(hv->m, out_gpa, out, len))
        return H_P4;
    c->ret[0] = len;
    return H_SUCCESS;
}

/* ---- faults that the ultravisor hands over ---- */

bool hv_svm_fault(struct hypervisor *hv, gra_t gpa)
{
    const uint8_t *state = gfn_state(hv, gpa);

    return state && *state == GFN_SHARED &&
           uv_page(hv, UV_PAGE_IN, gpa & ~(UV_PAGE_SIZE - 1)) == U_SUCCESS;
}
