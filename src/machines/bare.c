/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -M bare: CPUs, RAM and what -device names; no firmware of any kind. For small programs that stand
 * in the place of ultravisor, hypervisor and guest.
 */
#include "pefemu/chardev.h"
#include "pefemu/err.h"
#include "pefemu/loader.h"
#include "pefemu/machine.h"
#include "devices/uart.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define BARE_MAX_UARTS 4
#define EXIT_SIZE      8
#define IRQ_SIZE       16

struct bare {
    struct uart uart[BARE_MAX_UARTS];
    unsigned uarts;
};

/* ---- small devices ---- */

static bool read_zero(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                      uint64_t *value)
{
    (void)opaque, (void)cpu, (void)offset, (void)size;
    *value = 0;
    return true;
}

/* The number that the program stored: a little-endian one's comes with its low byte first. */
static uint64_t stored_number(const struct cpu *cpu, unsigned size, uint64_t value)
{
    return cpu->le ? __builtin_bswap64(value) >> (64 - 8 * size) : value;
}

/* Ends the machine. What a process can not return must not become 0, success, by chance. */
static bool exit_store(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                       uint64_t value)
{
    struct machine *m = opaque;
    (void)offset;
    value = stored_number(cpu, size, value);
    if (value > UINT8_MAX)
        pef_complain(
            "the program's exit code 0x%llx is more than a process can return; 255 instead",
            (unsigned long long)value);
    m->exit_code = value > UINT8_MAX ? UINT8_MAX : (uint8_t)value;
    machine_request_stop(m, STOP_EXIT, "");
    return true;
}

static const struct mmio_ops exit_ops = {read_zero, exit_store};

/* +0 raises, +8 lowers interrupt lines (IRQ_* of cpu.h) of the CPU that stores: there is no other
 * source of external interrupts here. */
static bool irq_store(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size, uint64_t value)
{
    (void)opaque;
    value = stored_number(cpu, size, value);
    (offset < 8 ? cpu_raise : cpu_lower)(cpu, (uint32_t)value);
    return true;
}

static const struct mmio_ops irq_ops = {read_zero, irq_store};

/* ---- -device ---- */

/* One -device taken apart: its name and the keys that any of them knows. */
struct device {
    char name[32], file[4096];
    bool have_addr, have_cpu;
    uint64_t addr, cpu;
};

static bool complain(const char *option, const char *value, const char *why)
{
    pef_complain("%s %s: %s", option, value, why);
    return false;
}

static bool parse_number(const char *s, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(s, &end, 0);
    return isdigit((unsigned char)*s) && !*end && !errno;
}

static bool parse_key(struct device *d, const char *key, const char *value)
{
    if (!strcmp(key, "file")) {
        snprintf(d->file, sizeof(d->file), "%s", value);
        return true;
    }
    if (!strcmp(key, "addr"))
        return d->have_addr = parse_number(value, &d->addr);
    if (!strcmp(key, "cpu-num"))
        return d->have_cpu = parse_number(value, &d->cpu) && d->cpu < MACHINE_MAX_CPUS;
    return false;
}

static bool parse_device(const char *spec, struct device *d)
{
    char copy[4352], *rest = copy, *word;
    memset(d, 0, sizeof(*d));
    if (strlen(spec) >= sizeof(copy))
        return complain("-device", "...", "too long; shorten the file name");
    strcpy(copy, spec);
    word = strsep(&rest, ",");
    snprintf(d->name, sizeof(d->name), "%s", word);
    while ((word = strsep(&rest, ","))) {
        char *value = strchr(word, '=');
        if (!value)
            return complain("-device", spec, "not KEY=VALUE; use file=, addr= or cpu-num=");
        *value++ = '\0';
        if (!parse_key(d, word, value))
            return complain("-device", spec,
                            "unknown key or bad value; use file=, addr=, cpu-num=");
    }
    return true;
}

static bool overlaps(ra_t a, uint64_t a_size, ra_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

/* A window outside RAM and other windows. */
static bool add_window(struct machine *m, const char *what, ra_t addr, uint64_t size,
                       const struct mmio_ops *ops, void *opaque)
{
    struct memory *mem = &m->mem;
    bool clash = mem->mmio_count == MEM_MAX_MMIO || addr > PPC_BITS(4, 63) - size ||
                 overlaps(addr, size, 0, mem->ram_size) ||
                 (mem->secure_size && overlaps(addr, size, SECURE_RA_BIT, mem->secure_size));
    for (unsigned i = 0; i < mem->mmio_count; i++)
        clash |= overlaps(addr, size, mem->mmio[i].base, mem->mmio[i].size);
    if (clash)
        return complain("-device", what,
                        "its address lies in RAM or another device, or there are "
                        "too many; choose one above -m");
    memory_add_mmio(mem, "bare", addr, size, ops, opaque);
    return true;
}

static bool add_uart(struct machine *m, const struct device *d, uint64_t size,
                     const struct mmio_ops *ops)
{
    struct bare *b = m->board;
    if (b->uarts == BARE_MAX_UARTS)
        return complain("-device", d->name, "too many serial ports; four are possible");
    uart_init(&b->uart[b->uarts], m->outside);
    return add_window(m, d->name, d->addr, size, ops, &b->uart[b->uarts++]);
}

static bool add_device(struct machine *m, const char *spec)
{
    struct device d;
    if (!parse_device(spec, &d))
        return false;
    if (!strcmp(d.name, "loader")) /* loaded by reset */
        return d.file[0] || d.have_cpu || complain("-device", spec, "loader needs file=");
    if (!d.have_addr)
        return complain("-device", spec, "where? give addr=");
    if (!strcmp(d.name, "uart16550"))
        return add_uart(m, &d, UART_16550_SIZE, &uart_16550_ops);
    if (!strcmp(d.name, "uart"))
        return add_uart(m, &d, UART_PLAIN_SIZE, &uart_plain_ops);
    if (!strcmp(d.name, "exit"))
        return add_window(m, spec, d.addr, EXIT_SIZE, &exit_ops, m);
    if (!strcmp(d.name, "irq"))
        return add_window(m, spec, d.addr, IRQ_SIZE, &irq_ops, m);
    return complain("-device", spec, "no such device; use loader, uart16550, uart, exit or irq");
}

static bool bare_create(struct machine *m)
{
    const struct bare_config *cfg = &m->cfg.bare;
    m->board = calloc(1, sizeof(struct bare));
    if (!m->board)
        return complain("-M", "bare", "the host has not enough memory");
    if (cfg->have_exit && !add_window(m, "exit", cfg->exit, EXIT_SIZE, &exit_ops, m))
        return false;
    for (unsigned i = 0; cfg->devices && cfg->devices[i]; i++)
        if (!add_device(m, cfg->devices[i]))
            return false;
    return true;
}

static void bare_destroy(struct machine *m)
{
    free(m->board);
    m->board = NULL;
}

/* ---- reset ---- */

/* Where a CPU is to begin; @option and @value for complaints. */
struct start {
    const char *option, *value;
    struct loaded_kernel image;
};

static bool start_cpu(struct machine *m, uint64_t n, const struct start *s)
{
    struct cpu *cpu = &m->cpus[n < m->ncpus ? n : 0];
    uint64_t msr = MSR_HV | MSR_ME | (m->cfg.bare.smf ? MSR_S : 0);
    if (n >= m->ncpus)
        return complain(s->option, s->value, "no such CPU; give more with -smp");
    if (cpu->run_state == CPU_RUNNING)
        return true;
    msr |= (s->image.elf64 ? MSR_SF : 0) | (s->image.little_endian ? MSR_LE : 0);
    cpu_set_msr(cpu, msr);
    cpu->cia = cpu->nia = s->image.entry;
    cpu->run_state = CPU_RUNNING;
    return true;
}

/* One -device loader; @first is filled by the first that names no CPU. */
static bool load_device(struct machine *m, const char *spec, const struct device *d,
                        struct start *first)
{
    struct start s = {"-device", spec, {.entry = d->addr, .elf64 = true}};
    if (d->file[0] && !load_image(m, "-device loader,file", d->file, d->addr, &s.image))
        return false;
    if (d->have_cpu)
        return start_cpu(m, d->cpu, &s);
    if (!first->option)
        *first = s;
    return true;
}

/* -kernel or else the first image that names no CPU starts CPU 0; cpu-num= starts any. */
static bool load_devices(struct machine *m)
{
    const char *const *devices = m->cfg.bare.devices;
    struct start first = {0};
    if (m->cfg.kernel) {
        first = (struct start){.option = "-kernel", .value = m->cfg.kernel};
        if (!load_image(m, "-kernel", m->cfg.kernel, 0, &first.image))
            return false;
    }
    for (unsigned i = 0; devices && devices[i]; i++) {
        struct device d;
        if (parse_device(devices[i], &d) && !strcmp(d.name, "loader") &&
            !load_device(m, devices[i], &d, &first))
            return false;
    }
    return !first.option || start_cpu(m, 0, &first);
}

static bool parse_wide(const char *s, u128 *out)
{
    uint64_t n;
    if (strncmp(s, "0x", 2))
        return parse_number(s, &n) && (*out = n, true);
    *out = 0;
    for (s += 2; isxdigit((unsigned char)*s) && !(*out >> 124); s++)
        *out = *out << 4 | (unsigned)(isdigit((unsigned char)*s) ? *s - '0' : (*s | 32) - 'a' + 10);
    return !*s && s[-1] != 'x';
}

/* NAME=VALUE for all CPUs, cpuN.NAME=VALUE for one. A pc starts the CPU. */
static bool set_register(struct machine *m, char *item)
{
    char *name = item, *value = strchr(item, '=');
    unsigned first = 0, last = m->ncpus - 1;
    u128 v;
    if (!value)
        return complain("-reg", item, "not NAME=VALUE; use for example r3=0x10,msr=0");
    *value++ = '\0';
    if (!strncmp(name, "cpu", 3) && isdigit((unsigned char)name[3]) && strchr(name, '.')) {
        first = last = (unsigned)strtoul(name + 3, &name, 10);
        if (*name++ != '.' || first >= m->ncpus)
            return complain("-reg", item, "no such CPU; give more with -smp");
    }
    if (!parse_wide(value, &v))
        return complain("-reg", *value ? value : item, "not a number; use for example 0x10");
    for (unsigned n = first; n <= last; n++) {
        const char *problem = cpu_reg_set(&m->cpus[n], name, v);
        if (problem)
            return complain("-reg", item, problem);
        if (!strcasecmp(name, "pc") || !strcasecmp(name, "nip"))
            m->cpus[n].run_state = CPU_RUNNING;
    }
    return true;
}

static bool set_registers(struct machine *m)
{
    const char *const *regs = m->cfg.bare.regs;
    for (unsigned i = 0; regs && regs[i]; i++) {
        char *copy = strdup(regs[i]), *rest = copy, *item;
        bool ok = copy != NULL;
        while (ok && (item = strsep(&rest, ",")))
            ok = set_register(m, item);
        free(copy);
        if (!ok)
            return false;
    }
    return true;
}

static bool bare_reset(struct machine *m)
{
    unsigned running = 0;
    if (!load_devices(m) || !set_registers(m))
        return false;
    for (unsigned n = 0; n < m->ncpus; n++) {
        if (m->cpus[n].run_state != CPU_RUNNING)
            continue;
        if (m->cpus[n].cia & 3)
            return complain("-M", "bare",
                            "a CPU would start at an address that is not a multiple of "
                            "4; use another addr=, or -reg pc=");
        running++;
    }
    return running || complain("-M", "bare",
                               "nothing to run; give -kernel, -device "
                               "loader,file=,addr= or -reg pc=");
}

static uint64_t bare_secure_needed(const struct machine_config *cfg)
{
    return cfg->bare.secure_size;
}

static void bare_snap(struct snap *s, struct machine *m)
{
    struct bare *b = m->board;
    snap_begin(s, "bare", 1);
    snap_same(s, b->uarts, "serial ports:");
    for (unsigned i = 0; i < b->uarts; i++)
        uart_snap(s, &b->uart[i]);
    snap_end(s);
}

const struct machine_kind machine_bare = {
    .name = "bare",
    .summary = "CPUs, RAM and -device; no firmware, for small programs",
    .properties = "smf=on|off  secure-mem=SIZE  exit=ADDR",
    .ram_min = 64 * KiB,
    .ram_align = 64 * KiB,
    .stops_at_attn = true,
    .secure_needed = bare_secure_needed,
    .create = bare_create,
    .destroy = bare_destroy,
    .reset = bare_reset,
    .visit = bare_snap,
};
