/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hypervisor may not do itself under an ultravisor and asks for instead: debug and in-memory
 * collection SPRs, SCOM registers, memory of the power-management firmware, the self-boot engine.
 * -M pseries has one chip without side effects: SCOM registers hold what is written to them, and no
 * firmware memory is open. What may be written is decided here, always (pef.md 3.5).
 */
#include "uv_internal.h"

enum { SPR_DAWR0 = 180, SPR_CIABR = 187, SPR_DAWRX0 = 188, SPR_IMC = 799, SPR_LDBAR = 850 };

static bool may_write_spr(uint64_t spr)
{
    return spr == SPR_DAWR0 || spr == SPR_DAWRX0 || spr == SPR_CIABR || spr == SPR_IMC ||
           spr == SPR_LDBAR;
}

static bool may_read_spr(uint64_t spr)
{
    return spr == SPR_DAWR0 || spr == SPR_DAWRX0 || spr == SPR_CIABR;
}

/* (spr, value) */
int64_t u_restricted_spr_write(struct ucall *c)
{
    if (!may_write_spr(c->args[0]))
        return U_PARAMETER;
    return cpu_spr_poke(c->cpu, (unsigned)c->args[0], c->args[1]) ? U_SUCCESS : U_PARAMETER;
}

/* (spr): the value comes in R5. */
int64_t u_restricted_spr_read(struct ucall *c)
{
    if (!may_read_spr(c->args[0]))
        return U_PARAMETER;
    return cpu_spr_peek(c->cpu, (unsigned)c->args[0], &c->ret[1]) ? U_SUCCESS : U_PARAMETER;
}

/* ---- SCOM ---- */

/* Registers that a hypervisor may write. */
static bool may_write_scom(uint64_t addr)
{
    static const uint32_t single[] = {0x0006c081, 0x0006c082, 0x05012c4b};
    static const uint16_t engine[] = {0x4, 0x5, 0x7, 0x9, 0xa}; /* of each I2C engine */

    for (unsigned i = 0; i < ARRAY_SIZE(single); i++)
        if (addr == single[i])
            return true;
    for (uint64_t base = 0xa0000; base <= 0xa3000; base += 0x1000)
        for (unsigned i = 0; i < ARRAY_SIZE(engine); i++)
            if (addr == base + engine[i])
                return true;
    return false;
}

/* The chip's number is its low 28 bits; the top of it names units that are no chips. */
static bool chip_exists(uint64_t chip)
{
    return chip == 0;
}

static struct scom_reg *find_scom(struct uv *uv, uint64_t addr)
{
    for (unsigned i = 0; i < uv->nscom; i++)
        if (uv->scom[i].addr == addr)
            return &uv->scom[i];
    return NULL;
}

/* (chip, addr) */
int64_t u_read_scom(struct ucall *c)
{
    if (!chip_exists(c->args[0]))
        return U_PARAMETER;
    const struct scom_reg *r = find_scom(c->uv, c->args[1]);
    c->ret[0] = r ? r->value : 0;
    return U_SUCCESS;
}

/* (chip, addr, value) */
int64_t u_write_scom(struct ucall *c)
{
    if (!chip_exists(c->args[0]))
        return U_PARAMETER;
    if (!may_write_scom(c->args[1]))
        return U_PERMISSION;
    struct scom_reg *r = find_scom(c->uv, c->args[1]);
    if (!r && c->uv->nscom < SCOM_MAX) {
        r = &c->uv->scom[c->uv->nscom++];
        r->addr = c->args[1];
    }
    if (!r)
        return U_RETRY;
    r->value = c->args[2];
    return U_SUCCESS;
}

/* ---- memory of other firmware: no range is open on this machine ---- */

/* (buffer, handle, offset, size) */
static int64_t firmware_memory(const struct ucall *c)
{
    uint64_t buffer = c->args[0], offset = c->args[2], size = (uint32_t)c->args[3];

    if (!buffer || !size || offset + size < offset || buffer & SECURE_RA_BIT ||
        !memory_ptr(&c->uv->m->mem, buffer, size))
        return U_PARAMETER;
    return U_PERMISSION;
}

int64_t u_read_mem(struct ucall *c)
{
    return firmware_memory(c);
}

int64_t u_write_mem(struct ucall *c)
{
    return firmware_memory(c);
}

/* ---- self-boot engine: (chip, opcode, input) ---- */

enum { SBE_TIMER, SBE_HANDLE_INTERRUPT, SBE_START_MPIPL };

int64_t u_send_sbe_command(struct ucall *c)
{
    if (!chip_exists(c->args[0]))
        return U_PARAMETER;
    switch (c->args[1]) {
    case SBE_TIMER: /* the time base is the guest's clock: nobody waits for this one */
        c->ret[0] = 0;
        return U_SUCCESS;
    case SBE_HANDLE_INTERRUPT:
    case SBE_START_MPIPL:
        if (c->args[2])
            return U_PARAMETER;
        c->ret[0] = 0; /* no doorbell is pending */
        return U_SUCCESS;
    default:
        return U_PARAMETER;
    }
}
