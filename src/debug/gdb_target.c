/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers as gdb knows them: the target description and their values. What gdb has its own names
 * for comes first, by feature; all other registers of the emulator's tables (cpu_reg_next()) follow
 * in a feature of ours.
 * Source: gdb's manual, "Target Descriptions", "PowerPC Features".
 */
#include <stdlib.h>

#include "gdb_internal.h"

/* gdb's features. A register file is one row: NAME0, NAME1... */
static const struct known {
    const char *feature, *name, *after, *source;
    unsigned first, count; /* first: number of the first in the source's file; count 0: one
                              register, no number */
    unsigned bits;
    enum gdb_part part;
    const char *type;
} known[] = {
#define CORE "org.gnu.gdb.power.core"
#define FPU  "org.gnu.gdb.power.fpu"
#define VMX  "org.gnu.gdb.power.altivec"
#define PMU  "org.gnu.gdb.power.linux.pmu"
#define EBB  "org.gnu.gdb.power.ebb"
    {CORE, "r", "", "r", 0, 32, 64, PART_ALL, "uint64"},
    {CORE, "pc", "", "pc", 0, 0, 64, PART_ALL, "code_ptr"},
    {CORE, "msr", "", "msr", 0, 0, 64, PART_ALL, "pefemu_msr"},
    {CORE, "cr", "", "cr", 0, 0, 32, PART_ALL, "uint32"},
    {CORE, "lr", "", "lr", 0, 0, 64, PART_ALL, "code_ptr"},
    {CORE, "ctr", "", "ctr", 0, 0, 64, PART_ALL, "uint64"},
    {CORE, "xer", "", "xer", 0, 0, 32, PART_LOW, "uint32"},
    {FPU, "f", "", "vs", 0, 32, 64, PART_HIGH, "ieee_double"},
    {FPU, "fpscr", "", "fpscr", 0, 0, 64, PART_ALL, "uint64"},
    {VMX, "vr", "", "vs", 32, 32, 128, PART_ALL, "vec128"},
    {VMX, "vscr", "", "vscr", 0, 0, 32, PART_ALL, "uint32"},
    {VMX, "vrsave", "", "vrsave", 0, 0, 32, PART_ALL, "uint32"},
    {"org.gnu.gdb.power.vsx", "vs", "h", "vs", 0, 32, 64, PART_LOW, "uint64"},
    {"org.gnu.gdb.power.ppr", "ppr", "", "ppr", 0, 0, 64, PART_ALL, "uint64"},
    {"org.gnu.gdb.power.dscr", "dscr", "", "dscr", 0, 0, 64, PART_ALL, "uint64"},
    {"org.gnu.gdb.power.tar", "tar", "", "tar", 0, 0, 64, PART_ALL, "uint64"},
    {EBB, "bescr", "", "bescr", 0, 0, 64, PART_ALL, "uint64"},
    {EBB, "ebbhr", "", "ebbhr", 0, 0, 64, PART_ALL, "uint64"},
    {EBB, "ebbrr", "", "ebbrr", 0, 0, 64, PART_ALL, "uint64"},
    {PMU, "mmcr0", "", "mmcr0", 0, 0, 64, PART_ALL, "uint64"},
    {PMU, "mmcr2", "", "mmcr2", 0, 0, 64, PART_ALL, "uint64"},
    {PMU, "siar", "", "siar", 0, 0, 64, PART_ALL, "uint64"},
    {PMU, "sdar", "", "sdar", 0, 0, 64, PART_ALL, "uint64"},
    {PMU, "sier", "", "sier", 0, 0, 64, PART_ALL, "uint64"},
#undef CORE
#undef FPU
#undef VMX
#undef PMU
#undef EBB
};
#define OURS "org.pefemu.power.priv"

static const char head[] = "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
                           "<target>\n<architecture>powerpc:common64</architecture>\n";

/* Types go before the first register of the feature that uses them. */
static const char vector_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>\n"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>\n"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>\n"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>\n"
    "<union id=\"vec128\">\n<field name=\"uint128\" type=\"uint128\"/>\n"
    "<field name=\"v4_float\" type=\"v4f\"/>\n<field name=\"v4_int32\" type=\"v4i32\"/>\n"
    "<field name=\"v8_int16\" type=\"v8i16\"/>\n<field name=\"v16_int8\" type=\"v16i8\"/>\n"
    "</union>\n";

/* MSR's bits by name, from the left. */
static const struct {
    const char *name;
    uint64_t bits;
} msr_bits[] = {
#define BIT(name)                                                                                  \
    {                                                                                              \
#name, MSR_##name                                                                          \
    }
    BIT(SF), BIT(HV),  BIT(TS), BIT(TM), BIT(VEC), BIT(VSX), BIT(S),  BIT(EE),  BIT(PR), BIT(FP),
    BIT(ME), BIT(FE0), BIT(SE), BIT(BE), BIT(FE1), BIT(IR),  BIT(DR), BIT(PMM), BIT(RI), BIT(LE),
#undef BIT
};

static void put_msr_type(struct gdb_text *xml)
{
    text_printf(xml, "<flags id=\"pefemu_msr\" size=\"8\">\n");
    for (unsigned i = ARRAY_SIZE(msr_bits); i-- > 0;) {
        unsigned low = (unsigned)__builtin_ctzll(msr_bits[i].bits);
        unsigned high = 63 - (unsigned)__builtin_clzll(msr_bits[i].bits);
        text_printf(xml, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>\n", msr_bits[i].name, low,
                    high);
    }
    text_printf(xml, "</flags>\n");
}

/* ---- making the list ---- */

static void add(struct gdb_target *t, const struct gdb_reg *r, const char *type, const char *group)
{
    if (t->nregs == GDB_MAX_REGS)
        return;
    t->reg[t->nregs++] = *r;
    text_printf(&t->xml, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"%s/>\n", r->name, r->bits,
                type, group);
}

/* Which of cpu_reg_next()'s registers is @name? */
static bool find_source(struct cpu *cpu, const char *name, unsigned *at)
{
    struct cpu_reg reg;
    unsigned next = 0;
    for (*at = 0; cpu_reg_next(cpu, &next, &reg); ++*at)
        if (!strcmp(reg.name, name))
            return true;
    return false;
}

static void add_known(struct gdb_target *t, struct cpu *cpu, const struct known *k)
{
    struct gdb_reg r = {.bits = k->bits, .part = (uint8_t)k->part};
    snprintf(r.name, sizeof(r.name), "%s", k->name);
    snprintf(r.source, sizeof(r.source), "%s", k->source);
    for (unsigned i = 0; i < (k->count ? k->count : 1); i++) {
        if (k->count) {
            snprintf(r.name, sizeof(r.name), "%s%u%s", k->name, i, k->after);
            snprintf(r.source, sizeof(r.source), "%s%u", k->source, k->first + i);
        }
        if (find_source(cpu, r.source, &r.at))
            add(t, &r, k->type, "");
    }
}

static bool is_taken(const struct gdb_target *t, const char *source)
{
    for (unsigned i = 0; i < t->nregs; i++)
        if (!strcmp(t->reg[i].source, source))
            return true;
    return false;
}

/* What is left of the emulator's registers. Not in gdb's group "general": `info registers` shows a
 * programmer's, `info registers system` these. */
static void add_rest(struct gdb_target *t, struct cpu *cpu)
{
    struct cpu_reg reg;
    unsigned next = 0;
    text_printf(&t->xml, "<feature name=\"" OURS "\">\n");
    for (unsigned at = 0; cpu_reg_next(cpu, &next, &reg); at++) {
        struct gdb_reg r = {.bits = reg.bits, .at = at, .part = PART_ALL};
        snprintf(r.name, sizeof(r.name), "%s", reg.name);
        snprintf(r.source, sizeof(r.source), "%s", reg.name);
        if (!is_taken(t, reg.name))
            add(t, &r, reg.bits == 32 ? "uint32" : "uint64", " group=\"system\"");
    }
    text_printf(&t->xml, "</feature>\n");
}

bool target_init(struct gdb_target *t, struct cpu *cpu)
{
    const char *feature = "";
    text_put(&t->xml, head, strlen(head));
    for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
        if (strcmp(known[i].feature, feature)) {
            text_printf(&t->xml, "%s<feature name=\"%s\">\n", i ? "</feature>\n" : "",
                        known[i].feature);
            if (!i)
                put_msr_type(&t->xml);
            if (known[i].bits == 128)
                text_put(&t->xml, vector_types, strlen(vector_types));
        }
        feature = known[i].feature;
        add_known(t, cpu, &known[i]);
    }
    text_printf(&t->xml, "</feature>\n");
    add_rest(t, cpu);
    text_printf(&t->xml, "</target>\n");
    return !t->xml.failed;
}

void target_free(struct gdb_target *t)
{
    text_free(&t->xml);
}

unsigned target_find(const struct gdb_target *t, const char *name)
{
    unsigned n = 0;
    while (n < t->nregs && strcmp(t->reg[n].name, name))
        n++;
    return n;
}

/* ---- values ---- */

/* All registers of the CPU, in the order of cpu_reg_next(). */
struct values {
    u128 v[GDB_MAX_SOURCES];
    unsigned count;
};

static void take_values(struct values *all, struct cpu *cpu)
{
    struct cpu_reg reg;
    unsigned next = 0;
    for (all->count = 0; all->count < GDB_MAX_SOURCES && cpu_reg_next(cpu, &next, &reg);)
        all->v[all->count++] = reg.value;
}

static u128 value_of(const struct gdb_reg *r, const struct values *all)
{
    u128 v = r->at < all->count ? all->v[r->at] : 0;
    if (r->part == PART_HIGH)
        v >>= r->bits;
    return r->bits < 128 ? v & (((u128)1 << r->bits) - 1) : v;
}

static void put_value(u128 v, unsigned bits, bool little, struct gdb_text *out)
{
    uint8_t bytes[16];
    unsigned len = bits / 8;
    for (unsigned i = 0; i < len; i++)
        bytes[little ? i : len - 1 - i] = (uint8_t)(v >> 8 * i);
    text_put_hex(out, bytes, len);
}

void target_read(const struct gdb_target *t, struct cpu *cpu, unsigned n, bool little,
                 struct gdb_text *out)
{
    struct values all;
    take_values(&all, cpu);
    put_value(value_of(&t->reg[n], &all), t->reg[n].bits, little, out);
}

void target_read_all(const struct gdb_target *t, struct cpu *cpu, bool little, struct gdb_text *out)
{
    struct values all;
    take_values(&all, cpu);
    for (unsigned n = 0; n < t->nregs; n++)
        put_value(value_of(&t->reg[n], &all), t->reg[n].bits, little, out);
}

static bool take_value(const struct gdb_reg *r, bool little, const char *hex, size_t digits,
                       u128 *v)
{
    uint8_t bytes[16];
    unsigned len = r->bits / 8;
    if (!hex_bytes(hex, digits, bytes, len))
        return false;
    *v = 0;
    for (unsigned i = 0; i < len; i++)
        *v |= (u128)bytes[little ? i : len - 1 - i] << 8 * i;
    return true;
}

/* @v instead of the part of the emulator's register that @r is. */
static bool set(const struct gdb_reg *r, struct cpu *cpu, u128 v, u128 old)
{
    u128 mask = r->bits < 128 ? ((u128)1 << r->bits) - 1 : ~(u128)0;
    unsigned shift = r->part == PART_HIGH ? r->bits : 0;
    return !cpu_reg_set(cpu, r->source, (old & ~(mask << shift)) | v << shift);
}

bool target_write(const struct gdb_target *t, struct cpu *cpu, unsigned n, bool little,
                  const char *hex, size_t digits)
{
    const struct gdb_reg *r = &t->reg[n];
    struct values all;
    u128 v;
    take_values(&all, cpu);
    return take_value(r, little, hex, digits, &v) && r->at < all.count &&
           set(r, cpu, v, all.v[r->at]);
}

bool target_write_all(const struct gdb_target *t, struct cpu *cpu, bool little, const char *hex,
                      size_t digits)
{
    for (unsigned n = 0; n < t->nregs; n++) {
        const struct gdb_reg *r = &t->reg[n];
        size_t part = r->bits / 4;
        struct values now; /* f3 and vr3 are pieces of what another write may have changed */
        u128 v;
        if (digits < part || !take_value(r, little, hex, part, &v))
            return false;
        take_values(&now, cpu);
        if (v != value_of(r, &now) && r->at < now.count)
            (void)set(r, cpu, v, now.v[r->at]);
        hex += part;
        digits -= part;
    }
    return true;
}
