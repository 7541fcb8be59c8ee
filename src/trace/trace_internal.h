/* SPDX-License-Identifier: Apache-2.0 */
/* A trace inside: what is wanted (trace.c), calls inside calls (calls.c), and the formats, one file
 * each. */
#ifndef PEFEMU_TRACE_INTERNAL_H
#define PEFEMU_TRACE_INTERNAL_H

#include "pefemu/debug.h"
#include "pefemu/event.h"
#include "pefemu/machine.h"
#include "pefemu/trace.h"
#include "sink.h"

/* ---- calls that a CPU is in ---- */

#define TRACE_DEPTH 64u

struct trace_call {
    enum event_id id; /* that began it: INTERRUPT UCALL HCALL RTAS REFLECT ESM_STEP TPM */
    uint64_t key;     /* what its end will name */
    uint64_t level;   /* of an interrupt: MSR[HV] and MSR[S] that it came from */
    bool shown;       /* the filters let its beginning through */
};

struct trace_cpu {
    unsigned state; /* cpu_state_index() */
    struct trace_call call[TRACE_DEPTH];
    unsigned depth;
    uint64_t exits; /* entries into hypervisor or ultravisor state from below */
};

/* ---- what is sampled ---- */

#define TRACE_SAMPLE_NS 10000000ULL /* guest time between two samples, at least */

struct trace_sample {
    uint64_t secure_pages, exits;
    double host_mips; /* since the sample before */
};

/* ---- formats ---- */

struct trace_format {
    const char *name;
    const char *suffix; /* of files that are taken for this format; "" : none */
    bool follows_calls; /* needs every event, to know what a CPU is in */
    bool samples;
    void (*begin)(struct trace *t); /* all of them may be NULL */
    /* An event that passes the filters. After calls.c has seen it; @depth: calls around it. */
    void (*happened)(struct trace *t, const struct event *ev, unsigned depth);
    /* A call begins with @ev; one that began as @call is over, with @ev, or NULL: nobody said so.
     */
    void (*enter)(struct trace *t, const struct event *ev, unsigned depth);
    void (*leave)(struct trace *t, struct cpu *cpu, const struct trace_call *call,
                  const struct event *ev);
    /* The privilege state of @cpu was @from, t->cpu[].state is the new one. */
    void (*state)(struct trace *t, struct cpu *cpu, unsigned from);
    void (*sample)(struct trace *t, const struct trace_sample *s);
    void (*end)(struct trace *t); /* the trailer */
};
extern const struct trace_format trace_chrome, trace_csv, trace_text, trace_vcd, trace_commit;

/* What -tracefile says. */
struct trace_config {
    char *path; /* owned */
    const struct trace_format *format;
    uint32_t events; /* bits 1 << EVENT_x */
    uint8_t states;  /* bits 1 << cpu_state_index() */
    bool has_pc;
    ea_t pc_low, pc_high; /* inclusive */
    uint64_t from;        /* machine_position() */
    uint64_t count;       /* records; ~0: no limit */
};

/* A moment: an event among those at a position of the machine. */
struct trace_moment {
    uint64_t position, n;
};

struct trace {
    struct machine *m; /* borrowed */
    struct trace_config cfg;
    /* A trace knows no way back. A machine that was put into its past lives again through what has
     * been written: that is not written again, up to the furthest moment seen. */
    struct trace_moment now, furthest;
    uint64_t loads;    /* m->loads, at `now` */
    uint64_t repeated; /* records that were not written again */
    uint64_t last_ns;  /* trace_ns() */
    struct sink sink;
    struct trace_cpu cpu[MACHINE_MAX_CPUS];
    uint64_t left; /* of cfg.count */
    uint64_t next_sample_ns;
    uint64_t sampled_insns, sampled_host_ns; /* at the last one */
    void *own;                               /* the format's, owned; freed with free() */
};

/* trace.c: guest time; never less than the time before, even when another past has been loaded. */
uint64_t trace_ns(struct trace *t);
/* Do the filters let something pass that happens on @cpu (NULL: on none)? */
bool trace_passes(const struct trace *t, const struct cpu *cpu);

/* calls.c: calls the format's enter and leave. */
void calls_event(struct trace *t, const struct event *ev);
void calls_end(struct trace *t, struct cpu *cpu);

/* values.c: argument @i of @ev as people read it, "0x10", "U_P2", "hypervisor"; NULL: the event has
 * no such argument. */
const char *value_text(const struct event *ev, unsigned i, char *buf, size_t size);
/* "start_kernel+0x10" for the address that @ev names as pc; "": none. */
const char *value_symbol(const struct trace *t, const struct event *ev, char *buf, size_t size);

/* ---- commit.c: the commit log (machine.commit) ---- */
struct commit;

#endif
