/* Timer registers, for spr.c. All values in 512 MHz ticks. */
#ifndef PEFEMU_CPU_TIMER_H
#define PEFEMU_CPU_TIMER_H

#include "pefemu/cpu.h"

void cpu_set_timebase(struct cpu *cpu, uint64_t tb);
uint64_t cpu_dec_read(const struct cpu *cpu);
void cpu_dec_write(struct cpu *cpu, uint64_t v);
uint64_t cpu_hdec_read(const struct cpu *cpu);
void cpu_hdec_write(struct cpu *cpu, uint64_t v);

#endif
