/*
 * An engine executes instructions of one CPU until its budget is used up or something needs the
 * machine. Both engines decode with insn_decode() and share the handlers op_*.
 */
#ifndef PEFEMU_ENGINE_H
#define PEFEMU_ENGINE_H

#include "pefemu/cpu.h"

struct engine {
    const char *name;
    const char *summary;
    bool uses_tlb; /* may the software TLBs be filled? */
    bool host_fp;  /* may handlers take the host FPU's fast path? */
    /* Run from cpu->cia for at least cpu->budget instructions, ending at the first boundary after
     * them: a taken branch, a context change or the end of a 4 KiB page. All engines stop at the
     * same instruction, so that counts agree. Interrupts of instructions are taken inside;
     * asynchronous ones by the caller, at boundaries only. On return cpu->cia is the next
     * instruction and cpu->budget exact. With cpu->debug_stop it may come back anywhere, to be
     * called again for the rest. */
    void (*run)(struct cpu *cpu);
    bool (*cpu_init)(struct cpu *cpu); /* may be NULL */
    void (*cpu_destroy)(struct cpu *cpu);
    void (*machine_destroy)(struct machine *m); /* frees m->code; may be NULL */
    /* Memory [ra, ra+len) changed and its pages' code_map bytes are set. */
    void (*code_written)(struct machine *m, ra_t ra, uint64_t len);
    /* Stop points have changed: forget what was decoded; may be NULL. */
    void (*code_forget)(struct machine *m);
    /* With threads, after machine.tidy_wanted was set: no CPU executes anything; may be NULL. */
    void (*tidy)(struct machine *m);
};

extern const struct engine engine_ref;    /* plain fetch, decode, dispatch; integer-only FP */
extern const struct engine engine_interp; /* predecoded, threaded; host FPU */
extern const struct engine engine_jit;    /* interp whose hot regions become native code */
const struct engine *engine_find(const char *name);
/* The fastest that this host can run. */
const struct engine *engine_default(void);
/* The engines in turn, the fastest first: start with *at = 0. NULL: that was all. */
const struct engine *engine_next(size_t *at);

/* What the jit engine has translated since power-on. */
struct jit_stats {
    uint64_t regions, insns, bytes; /* of native code */
    uint64_t dropped;               /* pages whose native code went */
    uint64_t flushes;               /* how often all of it went: the space was full */
    uint64_t translate_ns;          /* host CPU time of translating */
};
/* False: there is no native code. */
bool jit_stats(const struct machine *m, struct jit_stats *out);

/* Around run(), by whoever makes it the machine's current CPU: @budget instructions from now on,
 * and how many it has been. */
void engine_begin(struct cpu *cpu, int64_t budget);
void engine_end(struct cpu *cpu);

/* Instructions retired by @cpu so far, also from inside a handler (cpu->cia must be current). */
uint64_t cpu_insns_now(const struct cpu *cpu);
/* The engine is to return at the first boundary after @most instructions, whatever the slice; the
 * second gives back what of the slice was taken away, by however many. Only while the engine does
 * not run. */
void cpu_withhold(struct cpu *cpu, int64_t most);
void cpu_withhold_none(struct cpu *cpu);
/* Make the running engine return at the next boundary (from inside a handler or a device). */
void cpu_kick(struct cpu *cpu);
/* The same once @budget more instructions have been executed. */
void cpu_limit(struct cpu *cpu, int64_t budget);
/* Set or clear a pending interrupt cause; wakes or kicks the CPU as needed. */
void cpu_raise(struct cpu *cpu, uint32_t irq);
void cpu_lower(struct cpu *cpu, uint32_t irq);

#endif
