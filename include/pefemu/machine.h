/*
 * The machine owns everything that changes while a guest runs: CPUs, memory, devices, firmware.
 * Nothing mutable lives outside it (but for the process's log and terminal settings).
 */
#ifndef PEFEMU_MACHINE_H
#define PEFEMU_MACHINE_H

#include <stdio.h>
#include "pefemu/cpu.h"
#include "pefemu/engine.h"
#include "pefemu/event.h"
#include "pefemu/memory.h"
#include "pefemu/outside.h"
#include "pefemu/tpm.h"

#define TIMEBASE_HZ      512000000ULL
#define MACHINE_MAX_CPUS 16

struct debug;
struct symbols;
struct threads;
struct commit;
struct profile;
struct hypervisor;
struct uv;
struct chardev;
struct machine_config;

/* Why machine_run() returned. The process exit codes derive from this (src/main.c). */
enum machine_stop {
    STOP_NONE,
    STOP_POWER_OFF,     /* RTAS power-off */
    STOP_REBOOT,        /* reboot asked for, and -no-reboot */
    STOP_PANIC,         /* ibm,os-term: the guest kernel panicked */
    STOP_CHECKSTOP,     /* machine check with ME=0, or nothing left that could wake a CPU */
    STOP_FIRMWARE_EXIT, /* OF client "exit": the kernel gave up before it had a console */
    STOP_TIMEOUT,       /* -timeout */
    STOP_QUIT,          /* user: Ctrl-A x, signal */
    STOP_EXIT,          /* -M bare: a store to the exit device, or attn; machine.exit_code */
    STOP_TRAP,          /* -exit-on trap */
    STOP_LIMIT,         /* -icount-limit */
    STOP_DIVERGED,      /* a replay differs from its recording */
    STOP_RESTORE,       /* not the end: machine_restore_later() */
    STOP_LOCKSTEP,      /* -accel lockstep: the engines disagree */
};

enum dump_mode { DUMP_NONE, DUMP_TEXT, DUMP_JSON };

/* -accel lockstep (lockstep.h). The engine of the machine itself is machine_config.engine. */
struct lockstep_config {
    bool on;
    const struct engine *base; /* of the other machine; NULL: engine_ref */
    uint64_t check;            /* instructions between comparisons, at least; 0: the default */
};

/* What -M bare is told beyond the common part. Strings as they stand on the command line. */
struct bare_config {
    bool smf;             /* start with SMFCTRL[E]=1 and in ultravisor state */
    uint64_t secure_size; /* bytes of secure memory */
    bool have_exit;
    ra_t exit;                  /* where the exit device is */
    const char *const *devices; /* -device, NULL-terminated, may be NULL */
    const char *const *regs;    /* -reg, the same */
};

/*
 * A kind of machine (src/machines): what is outside the CPUs and their memory. Functions may be
 * NULL where not stated otherwise.
 */
struct machine_kind {
    const char *name, *summary;
    const char *properties; /* of -M NAME, for help */
    uint64_t ram_min, ram_align;
    bool stops_at_attn; /* else attn is an illegal instruction */
    /* Bytes of RAM wanted above the guest's. */
    uint64_t (*ram_needed)(const struct machine_config *cfg);
    /* Bytes of secure memory. */
    uint64_t (*secure_needed)(const struct machine_config *cfg);
    /* Builds what there is beside CPUs and memory; not NULL. False with one line on stderr. */
    bool (*create)(struct machine *m);
    void (*destroy)(struct machine *m); /* of a machine that may be half built */
    /* Power-on, after the CPUs' own reset: images, first registers; not NULL. False as above. */
    bool (*reset)(struct machine *m);
    void (*poll)(struct machine *m);                  /* between slices: host input */
    void (*visit)(struct snap *s, struct machine *m); /* its devices and firmware */
    /* machine_enter_firmware(), for the states that built-in firmware owns. */
    bool (*enter)(struct cpu *cpu);
};
extern const struct machine_kind machine_pseries, machine_bare;
const struct machine_kind *machine_kind_find(const char *name);
/* The table itself, ended by NULL: the default first. */
extern const struct machine_kind *const machine_kinds[];

/* What the built-in hypervisor does wrong on request: with one page-in in four, or with the RTAS
 * text that it gives the guest. */
enum hv_fault { HV_FAULT_NONE, HV_FAULT_REFUSE, HV_FAULT_DELAY, HV_FAULT_CORRUPT, HV_FAULT_RTAS };

struct machine_config {
    const char *machine; /* name of a machine_kind; NULL: "pseries" */
    struct bare_config bare;
    bool exit_on_trap;    /* -exit-on trap */
    uint64_t insn_limit;  /* -icount-limit; 0: none */
    uint64_t ram_size;    /* bytes */
    bool pef;             /* pseries: an ultravisor, and CPUs with SMF */
    uint64_t secure_size; /* pseries: bytes of secure memory; 0: as much as the guest may need */
    struct tpm_config tpm;
    uint64_t svm_paging; /* pages of an SVM that the hypervisor pages out, a second of guest time */
    uint64_t svm_paging_seed; /* which */
    enum hv_fault hv_fault;
    unsigned cpus, cores, threads; /* cpus = cores * threads */
    const struct engine *engine;
    bool multi; /* a host thread for each CPU: threads.h */
    struct lockstep_config lockstep;
    const struct machine *leader; /* borrowed, of the other machine of -accel lockstep: all answers
                                     from outside are those that this one was given; or NULL */
    bool perfmap;                 /* jit: write /tmp/perf-PID.map */
    unsigned hot; /* jit: jumps to code until it is translated; 0: as many as are best */
    /* images, already read and unpacked by the loader (src/loader.c) */
    const char *kernel, *initrd, *append, *bios, *dtb, *dumpdtb;
    const char **guest_files;        /* HOST:GUEST strings, NULL-terminated, may be NULL */
    const char *const *symbols;      /* -sym, NULL-terminated, may be NULL */
    bool xive_allowed, xics_allowed; /* ic-mode */
    bool radix_allowed, hash_allowed;
    bool reboot_stops, panic_stops; /* -no-reboot; -action panic=none clears the second */
    bool shutdown_pauses;           /* -no-shutdown */
    unsigned icount_shift;          /* guest ns per instruction = 1 << shift */
    bool icount_sleep;              /* idle: sleep on the host (true) or warp at once */
    bool deterministic;             /* -rtc base and -seed given: no host input but the console */
    int64_t rtc_base;               /* seconds since 1970 at guest time 0; -1: the host's clock */
    bool have_seed;
    uint64_t seed;    /* -seed: feeds rng-seed, darn, H_RANDOM */
    double timeout_s; /* 0: none */
    enum outside_mode rr;
    const char *rr_file; /* with rr */
    const char *loadvm;  /* snapshot that the machine begins with; NULL: none */
};

/* The rest of a slice that a snapshot was taken in. */
struct slice_rest {
    bool pending;
    bool over; /* all is executed: it only has to be accounted for */
    bool stop_request, step_only;
    int64_t budget;
    uint64_t end; /* cpu.slice_end */
};

struct machine {
    struct machine_config cfg; /* borrowed strings live as long as the machine */
    struct memory mem;
    struct cpu *cpus; /* owned array, ncpus */
    unsigned ncpus;
    struct cpu *current;     /* the CPU whose engine is running, or NULL. With threads: that of them
                                that holds the machine's lock; machine_runs() */
    struct threads *threads; /* owned; while machine_run() runs each CPU in one; or NULL */
    bool tidy_wanted;        /* engine.tidy() has something to do */
    unsigned turn;           /* index of the CPU that runs or ran last */
    struct event_hub events;
    uint64_t loads; /* how often its state was replaced by a saved one: it may be in its past */
    struct symbols *symbols; /* owned; symbols_of() makes them */
    struct commit *commit;   /* owned by its trace; NULL: no commit log */
    bool commit_on;          /* it is being written: accesses must be told, no TLB may serve them */
    struct profile *profile; /* owned by whoever made it (watchers.c); NULL: none */
    struct debug *debug;     /* owned by whoever made it (watchers.c); NULL: no debugger */
    bool debug_breaks, debug_watches; /* it has stop points that engines and MMU must know of */
    const struct engine *engine;
    struct code_cache *code;               /* owned by the engine layer */
    struct jit *jit;                       /* the same: native code */
    const struct code_client *code_client; /* who wants to know of hot code; NULL: nobody */
    struct {                               /* of its predecoded code, for statistics */
        uint64_t pages, insns, dropped;
    } decoded;

    uint64_t host_start_ns; /* CLOCK_MONOTONIC when machine_run() began */
    uint64_t now_ns;        /* guest time at the start of the current slice; machine_now_ns() */
    uint64_t insn_total;    /* retired by all CPUs up to the current slice */
    uint64_t stall_total;   /* the same for attempts that an interrupt ended */
    uint64_t slice_insns, slice_stalls; /* of the running CPU when its slice began */
    struct slice_rest rest;             /* of cpus[turn]: machine_run() goes on with it */
    int64_t piece; /* machine_round() leaves a slice after about so many instructions, with a rest:
                      0: it does not, < 0: in front of the first */
    uint64_t rounds; /* of machine_run() */
    /* machine_restore_later(), while stop is STOP_RESTORE */
    bool (*restore)(struct machine *m, void *opaque);
    void *restore_opaque;
    const struct machine_kind *kind;
    void *board;           /* owned by the kind: its devices */
    bool image_le;         /* byte order of the ELF image that was loaded last, for debuggers */
    uint8_t exit_code;     /* with STOP_EXIT */
    struct hypervisor *hv; /* owned; the built-in (untrusted) hypervisor, NULL on bare metal */
    /* The hypervisor role's entry: hv_enter(), or a test's. */
    void (*hv_entry)(struct cpu *cpu, unsigned vector);
    struct uv *uv;           /* owned; NULL without PEF */
    struct tpm *tpm;         /* owned; NULL without PEF */
    struct chardev *console; /* borrowed; guests reach it through outside */
    struct outside *outside; /* owned; NULL: nothing is outside */
    uint64_t rng_state[4];   /* -seed generator */
    int64_t rtc_offset_ns;   /* set-time-of-day moves it */

    enum machine_stop stop; /* set by machine_request_stop() */
    bool reset_request;     /* RTAS system-reboot, Ctrl-A is not one */
    char stop_text[160];    /* e.g. the panic message */
};

/* Build and power on, and destroy (accepts NULL). Errors: one line on stderr by the callee, NULL.
 */
struct machine *machine_create(const struct machine_config *cfg, struct chardev *console);
/* The same in two parts, for those who watch the events of power-on: CPUs and memory, then the
 * rest. False with one line on stderr; machine_destroy() it then. */
struct machine *machine_build(const struct machine_config *cfg, struct chardev *console);
bool machine_power_on(struct machine *m);
void machine_destroy(struct machine *m);
/* Run until something stops the machine; handles guest reboots inside. src/machine.c */
enum machine_stop machine_run(struct machine *m);
/* What it is made of: a turn of every CPU, or the rest of it, and what the outside wants. False:
 * the machine has stopped. */
bool machine_round(struct machine *m);
/* The rest of a slice (m->rest.pending) made the running one, to execute something of it, and left
 * again; @over: nothing of it is left. In between an engine may run on the CPU returned. */
struct cpu *machine_resume_slice(struct machine *m);
void machine_suspend_slice(struct machine *m, bool over);
/* What the outside, a user and a guest that resets want of the machine between rounds. With
 * threads: the main one, holding the lock, all CPUs parked if a reset is asked for. */
void machine_look_after(struct machine *m);
/* Is the host time of -timeout used up? */
bool machine_time_is_up(const struct machine *m);
/**
 * machine_run_slice - one turn of one CPU; machine_run() is made of these
 * @most: instructions it may execute, at least 1; the engine goes on to the next boundary, at most
 * a page away
 *
 * Wakes the CPU when something does; brings its timers and performance monitor up to date; executes
 * until @most, the machine's next timer, an event of the performance monitor or -icount-limit, or
 * until it is asked to stop; adds what was executed to the machine's time and totals. Does not look
 * at stop and reset_request, which the caller checks between slices.
 *
 * Returns false when the CPU is stopped or sleeps on: nothing was executed. src/schedule.c
 */
bool machine_run_slice(struct machine *m, struct cpu *cpu, int64_t most);
/* From devices, firmware, signal-safe code on the emulator thread: stop at the next boundary. */
void machine_request_stop(struct machine *m, enum machine_stop why, const char *text);
void machine_request_reset(struct machine *m);

/* Everything but memory and the TPM: for snapshots. Between slices, or between two instructions of
 * one. After loading machine_loaded(), when memory is there too. src/snapshot/machine.c */
void machine_snap(struct snap *s, struct machine *m);
void machine_fit_snap(struct snap *s, struct machine *m); /* its beginning: changes nothing */
void machine_loaded(struct machine *m);
/* The slice in progress is given up, with all that it still does: nothing of it reaches the
 * outside. Then @fn makes the machine another one (false: it can not go on), and machine_run() goes
 * on with that. From a debugger's halt, wherever it is. */
void machine_restore_later(struct machine *m, bool (*fn)(struct machine *m, void *opaque),
                           void *opaque);

/* RAM at @ra was written on behalf of something other than @except (or NULL): the reservations of
 * its 128-byte granule are lost. The scheduler drops those of the CPU it leaves. src/cpu/atomic.c
 */
void cpu_break_reservations(struct machine *m, ra_t ra, const struct cpu *except);

/* Does the kernel's command line ask for a secure VM ("svm=" and a boolean)? */
bool machine_wants_svm(const struct machine_config *cfg);

/* One line for the user about what the machine does: "pefemu: [instructions] text". */
void machine_say(const struct machine *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Instructions executed and interrupts taken by all CPUs since power-on: where in its history the
 * machine is. */
uint64_t machine_position(const struct machine *m);
/* Guest time in ns, exact also inside a handler; TB = ns * 64 / 125. */
uint64_t machine_now_ns(const struct machine *m);
static inline uint64_t ns_to_tb(uint64_t ns) /* in parts: a division of 128 bits is slow */
{
    return ns / 125 * 64 + ns % 125 * 64 / 125;
}
static inline uint64_t tb_to_ns(uint64_t tb) /* rounded up: first ns at which the TB shows tb */
{
    return tb / 64 * 125 + (tb % 64 * 125 + 63) / 64;
}
/* Host entropy, or the -seed generator. Secrets never come from here. */
uint64_t machine_random(struct machine *m);
/* Random bytes from the host, whatever -seed says; a replay's are those of the recording. */
void machine_secret(struct machine *m, void *p, size_t len);
/* Guest wall clock in ns since 1970. */
int64_t machine_rtc_ns(const struct machine *m);

/**
 * machine_enter_firmware - run built-in firmware that owns the state the CPU has just entered
 * Called by cpu_interrupt() after the registers show the new state: MSR[HV]=1, cpu->nia the vector.
 * Returns true when firmware handled it and left by a modelled hrfid or urfid; false: the state is
 * guest code, go on.
 */
bool machine_enter_firmware(struct cpu *cpu);

/* Guest time spent by firmware in C, which retires no instruction (pefemu/cost.def). */
void machine_charge_ns(struct machine *m, uint64_t ns);

#endif
