/* SPDX-License-Identifier: Apache-2.0 */
/* Registers by name, for -reg and --dump-regs. */
#include "pefemu/cpu.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "fpu.h"

/* cpu_reg_next() counts through these, then SPRs by number. */
enum { AT_PC, AT_MSR, AT_CR, AT_FPSCR, AT_VSCR, AT_GPR, AT_VSR = AT_GPR + 32, AT_SPR = AT_VSR + 64 };
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

static bool set_file_register(struct cpu *cpu, const char *name, u128 value)
{
    int n;

    if ((n = numbered(name, "r", 31)) >= 0 || (n = numbered(name, "gpr", 31)) >= 0)
        cpu->gpr[n] = (uint64_t)value;
    else if ((n = numbered(name, "f", 31)) >= 0)
        VD(cpu->vsr[n], 0) = (uint64_t)value;
    else if ((n = numbered(name, "vs", 63)) >= 0)
        cpu->vsr[n].q = value;
    else if ((n = numbered(name, "v", 31)) >= 0)
        cpu->vsr[32 + n].q = value;
    return n >= 0;
}

bool cpu_reg_set(struct cpu *cpu, const char *name, u128 value)
{
    uint64_t v = (uint64_t)value;
    struct spr_desc d;

    if (set_file_register(cpu, name, value))
        return true;
    if (!strcasecmp(name, "pc") || !strcasecmp(name, "nip"))
        cpu->cia = cpu->nia = v;
    else if (!strcasecmp(name, "msr"))
        cpu_set_msr(cpu, v);
    else if (!strcasecmp(name, "cr"))
        cpu_set_cr_all(cpu, (uint32_t)v);
    else if (!strcasecmp(name, "fpscr"))
        fpscr_write(cpu, v, ~0ULL);
    else if (!strcasecmp(name, "vscr"))
        cpu->vscr = (uint32_t)v & 0x10001;
    else {
        for (unsigned spr = 0; spr < 1024; spr++)
            if (cpu_spr_describe(spr, &d) && !strcasecmp(d.name, name))
                return cpu_spr_poke(cpu, spr, v);
        return false;
    }
    return true;
}
