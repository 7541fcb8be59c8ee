/* SPDX-License-Identifier: Apache-2.0 */
/* Registers by name, for -reg and --dump-regs. */
#include "pefemu/cpu.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "fpu.h"
#include "msr.h"

/* cpu_reg_next() counts through these, then SPRs by number. */
enum {
    AT_PC,
    AT_MSR,
    AT_CR,
    AT_FPSCR,
    AT_VSCR,
    AT_GPR,
    AT_VSR = AT_GPR + 32,
    AT_SPR = AT_VSR + 64
};
#define AT_END (AT_SPR + 1024)

static void fill(struct cpu_reg *out, const char *name, unsigned bits, u128 value)
{
    snprintf(out->name, sizeof(out->name), "%s", name);
    out->bits = bits;
    out->value = value;
}

static void fill_numbered(struct cpu_reg *out, const char *name, unsigned n, unsigned bits, u128 v)
{
    snprintf(out->name, sizeof(out->name), "%s%u", name, n & 63);
    out->bits = bits;
    out->value = v;
}

static bool fill_spr(struct cpu *cpu, unsigned spr, struct cpu_reg *out)
{
    struct spr_desc d;
    uint64_t v;

    if (!cpu_spr_peek(cpu, spr, &v) || !cpu_spr_describe(spr, &d))
        return false;
    fill(out, d.name, d.bits, v);
    for (char *p = out->name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return true;
}

bool cpu_reg_next(struct cpu *cpu, unsigned *at, struct cpu_reg *out)
{
    unsigned n = (*at)++;

    switch (n) {
    case AT_PC:
        fill(out, "pc", 64, cpu->cia);
        return true;
    case AT_MSR:
        fill(out, "msr", 64, cpu->msr);
        return true;
    case AT_CR:
        fill(out, "cr", 32, cpu_get_cr(cpu));
        return true;
    case AT_FPSCR:
        fill(out, "fpscr", 64, fpscr_read(cpu));
        return true;
    case AT_VSCR:
        fill(out, "vscr", 32, cpu->vscr);
        return true;
    default:
        break;
    }
    if (n < AT_VSR) {
        fill_numbered(out, "r", n - AT_GPR, 64, cpu->gpr[n - AT_GPR]);
        return true;
    }
    if (n < AT_SPR) {
        fill_numbered(out, "vs", n - AT_VSR, 128, cpu->vsr[n - AT_VSR].q);
        return true;
    }
    while (n < AT_END && !fill_spr(cpu, n - AT_SPR, out))
        n++;
    *at = n + 1;
    return n < AT_END;
}

/* "r7" with prefix "r" is 7; -1 when @name is not of this form or above @max. */
static int numbered(const char *name, const char *prefix, int max)
{
    size_t len = strlen(prefix);
    char *end;
    long n;

    if (strncasecmp(name, prefix, len) || !isdigit((unsigned char)name[len]))
        return -1;
    n = strtol(name + len, &end, 10);
    return *end || n > max ? -1 : (int)n;
}

static bool fits(u128 value, unsigned bits)
{
    return bits >= 128 || !(value >> bits);
}

static const char too_wide[] = "more bits than the register has; use a smaller number";

/* The numbered files. *problem as cpu_reg_set() returns it. */
static bool set_file_register(struct cpu *cpu, const char *name, u128 value, const char **problem)
{
    uint64_t *doubleword = NULL;
    u128 *quadword = NULL;
    int n;

    if ((n = numbered(name, "r", 31)) >= 0 || (n = numbered(name, "gpr", 31)) >= 0)
        doubleword = &cpu->gpr[n];
    else if ((n = numbered(name, "f", 31)) >= 0)
        doubleword = &VD(cpu->vsr[n], 0);
    else if ((n = numbered(name, "vs", 63)) >= 0)
        quadword = &cpu->vsr[n].q;
    else if ((n = numbered(name, "v", 31)) >= 0)
        quadword = &cpu->vsr[32 + n].q;
    else
        return false;
    *problem = fits(value, quadword ? 128 : 64) ? NULL : too_wide;
    if (quadword)
        *quadword = value;
    else if (doubleword && !*problem)
        *doubleword = (uint64_t)value;
    return true;
}

static const char *set_spr(struct cpu *cpu, const char *name, u128 value)
{
    struct spr_desc d;

    for (unsigned spr = 0; spr < 1024; spr++) {
        if (!cpu_spr_describe(spr, &d) || strcasecmp(d.name, name))
            continue;
        if (!fits(value, d.bits))
            return too_wide;
        return cpu_spr_poke(cpu, spr, (uint64_t)value) ? NULL : "read-only; leave it out";
    }
    return "no such register; -cpu power9,help lists SPRs, others are r0, f0, v0, vs0, cr, msr, "
           "pc, "
           "fpscr, vscr";
}

const char *cpu_reg_set(struct cpu *cpu, const char *name, u128 value)
{
    uint64_t v = (uint64_t)value;
    bool is_pc = !strcasecmp(name, "pc") || !strcasecmp(name, "nip");
    bool is_cr = !strcasecmp(name, "cr"), is_vscr = !strcasecmp(name, "vscr");
    bool is_msr = !strcasecmp(name, "msr"), is_fpscr = !strcasecmp(name, "fpscr");
    const char *problem;

    if (set_file_register(cpu, name, value, &problem))
        return problem;
    if (!is_pc && !is_msr && !is_cr && !is_fpscr && !is_vscr)
        return set_spr(cpu, name, value);
    if (!fits(value, is_cr || is_vscr ? 32 : 64))
        return too_wide;
    if (is_pc && (v & 3))
        return "not the address of an instruction; use a multiple of 4";
    if (is_pc)
        cpu->cia = cpu->nia = v;
    else if (is_msr)
        cpu_set_msr(cpu, v & MSR_IMPLEMENTED);
    else if (is_cr)
        cpu_set_cr_all(cpu, (uint32_t)v);
    else if (is_fpscr)
        fpscr_write(cpu, v, ~0ULL);
    else
        cpu->vscr = (uint32_t)v & 0x10001;
    return NULL;
}
