/* SPDX-License-Identifier: Apache-2.0 */
/* H_REGISTER_VPA: areas that a thread shares with the hypervisor. PAPR, "H_REGISTER_VPA". */
#include "hv_internal.h"

#define VPA_MIN_SIZE   640u
#define VPA_SIZE       4u    /* u16: offset of its length */
#define VPA_OLD_STATUS 0x09u /* bit 0x02: shared processor */
#define DTL_ENTRY      48u

/* Bits 16:18 of the flags */
enum vpa_function {
    VPA_REGISTER = 1,
    VPA_REGISTER_DTL = 2,
    VPA_REGISTER_SLB = 3,
    VPA_DEREGISTER = 5,
    VPA_DEREGISTER_DTL = 6,
    VPA_DEREGISTER_SLB = 7,
};

static int64_t vpa_register(struct machine *m, struct hv_vcpu *v, gra_t gra)
{
    uint8_t head[VPA_SIZE + 2], status = 0;
    if (!gra || gra % 64 || !gm_read(m, gra, head, sizeof(head)))
        return H_PARAMETER;
    unsigned size = get_be16(head + VPA_SIZE);
    if (size < VPA_MIN_SIZE || gra / 4096 != (gra + VPA_MIN_SIZE - 1) / 4096)
        return H_PARAMETER;
    /* A dedicated processor. yield_count stays as it is: even means dispatched. */
    if (!gm_write(m, gra + VPA_OLD_STATUS, &status, 1))
        return H_PARAMETER;
    v->vpa = gra;
    return H_SUCCESS;
}

/* Both other areas have their length as a u32 at offset 4 and need a VPA first. */
static int64_t area_register(struct machine *m, const struct hv_vcpu *v, gra_t gra, uint32_t min,
                             bool one_page, gra_t *slot)
{
    uint8_t head[8];
    if (!gra || !gm_read(m, gra, head, sizeof(head)))
        return H_PARAMETER;
    uint32_t size = get_be32(head + 4);
    if (size < min || (one_page && gra / 4096 != (gra + size - 1) / 4096))
        return H_PARAMETER;
    if (!v->vpa)
        return H_RESOURCE;
    *slot = gra;
    return H_SUCCESS;
}

int64_t h_register_vpa(struct hcall *c)
{
    struct machine *m = c->hv->m;
    gra_t gra = c->args[2];

    if (!hv_cpu(c->hv, c->args[1]))
        return H_PARAMETER;
    struct hv_vcpu *v = &c->hv->vcpu[c->args[1]];
    switch (c->args[0] >> 45 & 7) {
    case VPA_REGISTER:
        return vpa_register(m, v, gra);
    case VPA_REGISTER_DTL:
        return area_register(m, v, gra, DTL_ENTRY, false, &v->dtl);
    case VPA_REGISTER_SLB:
        return area_register(m, v, gra, 8, true, &v->slb_shadow);
    case VPA_DEREGISTER:
        if (v->dtl || v->slb_shadow)
            return H_RESOURCE;
        v->vpa = 0;
        return H_SUCCESS;
    case VPA_DEREGISTER_DTL:
        v->dtl = 0;
        return H_SUCCESS;
    case VPA_DEREGISTER_SLB:
        v->slb_shadow = 0;
        return H_SUCCESS;
    default:
        return H_PARAMETER;
    }
}
