/* The interp engine's predecoded pages: one slot per instruction of a 4 KiB page of RAM. */
#ifndef PEFEMU_ENGINE_INTERP_CODE_H
#define PEFEMU_ENGINE_INTERP_CODE_H

#include "pefemu/machine.h"

#define CODE_PAGE_INSNS 1024

struct code_page;
struct native_page;

/* Who makes more of hot code than threaded code is (src/engine/jit). */
struct code_client {
    /* The slot of cpu->ops has become hot; its operation may be another one afterwards. */
    void (*hot)(struct cpu *cpu, const struct insn *op);
    /* The page's code changes, or the page goes. Its native is not NULL. */
    void (*drop)(struct machine *m, struct code_page *page);
};

struct code_page {
    struct insn ops[CODE_PAGE_INSNS + 1]; /* the last slot leads to the next page. First member: a
                                             pointer to ops is a pointer to the page */
    const uint8_t *host;                  /* the guest bytes */
    ra_t ra;
    uint32_t writes; /* stores into the page since it was last found to be code */
    bool le;
    bool dropped;
    struct code_page *next_dead;
    struct native_page *native; /* owned; NULL: no native code was ever made */
};

struct code_cache {
    struct code_page **pages; /* owned; index = 2 * RAM page + le */
    size_t slots;
    unsigned live;
    struct code_page *dead; /* dropped while they might be executing; freed between runs */
    unsigned ndead;
};

/* The predecoded page of real page @ra (4 KiB aligned, RAM); NULL when the host is out of memory.
 */
struct code_page *code_page_get(struct machine *m, ra_t ra, bool le);
/* Frees pages dropped earlier. Only when no threaded code is being executed. */
void code_bury(struct machine *m);
/* What a slot's heat starts with. */
uint32_t code_cold(const struct machine *m);
/* Engine callbacks. */
void code_written(struct machine *m, ra_t ra, uint64_t len);
void code_forget(struct machine *m);
void code_destroy(struct machine *m);

/* Decodes all slots (interp.c). Only when nobody executes the page. */
void thread_decode_page(struct machine *m, struct code_page *page);
/* Decodes the slot of cpu->ops if it is not (interp.c). */
void thread_prepare(struct cpu *cpu, unsigned index);
/* struct engine's run() of interp and of the engines that build on it. */
void interp_run(struct cpu *cpu);

/* The operations every slot starts with, and those of a dropped page (interp.c). */
const struct insn *thread_decode(struct cpu *cpu, const struct insn *in);
const struct insn *thread_page_end(struct cpu *cpu, const struct insn *in);
const struct insn *thread_stale(struct cpu *cpu, const struct insn *in);

#endif
