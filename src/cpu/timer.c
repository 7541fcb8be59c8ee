/* Time base, decrementers and what else follows the clock. Book III chapter 8 (timer facilities).
 */
#include "timer.h"

#include "pefemu/engine.h"
#include "pefemu/machine.h"

/* TB of the machine, without the thread's offset. */
static uint64_t raw_tb(const struct cpu *cpu)
{
    return ns_to_tb(machine_now_ns(cpu->machine));
}

uint64_t cpu_timebase(const struct cpu *cpu)
{
    return raw_tb(cpu) + cpu->tb_offset;
}

void cpu_set_timebase(struct cpu *cpu, uint64_t tb)
{
    cpu->tb_offset = tb - raw_tb(cpu);
}

/* DEC counts down from expiry: large decrementers have 56 bits, else 32. */
static unsigned dec_bits(const struct cpu *cpu)
{
    return cpu->lpcr & LPCR_LD ? 56 : 32;
}

static uint64_t sign_extend(uint64_t v, unsigned bits)
{
    return (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
}

uint64_t cpu_dec_read(const struct cpu *cpu)
{
    return sign_extend(cpu->dec_expiry - raw_tb(cpu), dec_bits(cpu));
}

void cpu_dec_write(struct cpu *cpu, uint64_t v)
{
    cpu->dec_expiry = raw_tb(cpu) + sign_extend(v, dec_bits(cpu));
    cpu_update_timers(cpu);
    cpu_kick(cpu); /* the slice was planned with the old value */
}

uint64_t cpu_hdec_read(const struct cpu *cpu)
{
    return sign_extend(cpu->hdec_expiry - raw_tb(cpu), 56);
}

void cpu_hdec_write(struct cpu *cpu, uint64_t v)
{
    cpu->hdec_expiry = raw_tb(cpu) + sign_extend(v, 56);
    cpu_update_timers(cpu);
    cpu_kick(cpu);
}

/* Negative count: level interrupts for DEC and HDEC. */
void cpu_update_timers(struct cpu *cpu)
{
    uint64_t tb = raw_tb(cpu);
    uint32_t irq = 0, was = cpu_irqs(cpu) & (IRQ_DEC | IRQ_HDEC);

    if ((int64_t)sign_extend(cpu->dec_expiry - tb, dec_bits(cpu)) < 0)
        irq |= IRQ_DEC;
    if ((int64_t)(cpu->hdec_expiry - tb) < 0)
        irq |= IRQ_HDEC;
    cpu_irqs_change(cpu, was & ~irq, irq & ~was);
}

/* Would HDEC do anything: interrupt, or end a stop? */
static bool hdec_counts(const struct cpu *cpu)
{
    return (cpu->lpcr & LPCR_HDICE) || (cpu->stop_ec && (cpu->lpcr & LPCR_PECE_DEC));
}

uint64_t cpu_next_timer_ns(const struct cpu *cpu)
{
    uint64_t tb = raw_tb(cpu);
    uint64_t next = ~0ULL;

    if ((int64_t)(cpu->dec_expiry - tb) >= 0)
        next = tb_to_ns(cpu->dec_expiry + 1);
    if (hdec_counts(cpu) && (int64_t)(cpu->hdec_expiry - tb) >= 0) {
        uint64_t h = tb_to_ns(cpu->hdec_expiry + 1);
        next = h < next ? h : next;
    }
    return next;
}
