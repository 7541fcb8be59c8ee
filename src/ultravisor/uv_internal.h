/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the ultravisor share. Nobody outside src/ultravisor includes this.
 *
 * The ultravisor never waits. Where it needs the hypervisor it enters it as if the SVM had made a
 * hypercall or been interrupted, and what is to be done afterwards stands in the suspended thread's
 * record: struct thread_save with its struct work. UV_RETURN with the record's cookie goes on
 * there.
 */
#ifndef PEFEMU_UV_INTERNAL_H
#define PEFEMU_UV_INTERNAL_H

#include "pefemu/uv.h"

#include "pefemu/crypto.h"
#include "pefemu/log.h"
#include "pefemu/names.h"

#define SRR1_LEV    PPC_BITS(42, 43)
#define SRR1_INFO   0x783f0000ULL /* cause bits of SRR1 and HSRR1: 33:36, 42:47 */
#define VM_MAX      4096u         /* entries of the partition table */
#define SLOT_MAX    512u
#define CHUNK_LOG2  21u /* slots take secure memory in these units */
#define CHUNK_SIZE  (1ULL << CHUNK_LOG2)
#define CHUNK_PAGES (CHUNK_SIZE / UV_PAGE_SIZE)

/* Vectors that the ultravisor sees (pef.md 1.5). */
enum {
    VEC_RESET = 0x100,
    VEC_MCHECK = 0x200,
    VEC_EXTERNAL = 0x500,
    VEC_PROGRAM = 0x700,
    VEC_HDEC = 0x980,
    VEC_SC = 0xc00,
    VEC_HDSI = 0xe00,
    VEC_HISI = 0xe20,
    VEC_HEAI = 0xe40,
    VEC_HMI = 0xe60,
    VEC_HDOORBELL = 0xe80,
    VEC_HVI = 0xea0,
    VEC_HFAC = 0xf80,
    VEC_UDOORBELL = 0xfa0,
};

/* Hypercalls that the ultravisor itself makes or has to know. */
enum {
    UV_H_RANDOM = 0x300,
    UV_H_CEDE = 0xe0,
    UV_H_REGISTER_PROC_TBL = 0x37c,
    UV_H_LOGICAL_CI_LOAD = 0x3c,
    UV_H_LOGICAL_CI_STORE = 0x40,
    UV_H_SVM_PAGE_IN = 0xef00,
    UV_H_SVM_PAGE_OUT = 0xef04,
    UV_H_SVM_INIT_START = 0xef08,
    UV_H_SVM_INIT_DONE = 0xef0c,
    UV_H_TPM_COMM = 0xef10,
    UV_H_SVM_INIT_ABORT = 0xef14,
    UV_H_RTAS = 0xf000,
};
enum { UV_H_SUCCESS = 0, UV_H_FUNCTION = -2, UV_H_PARAMETER = -4 };

/* ---- secure memory (frames.c): frames of 64 KiB ---- */

struct frames {
    struct machine *m; /* borrowed */
    ra_t base;
    uint64_t count, free;
    uint64_t hint; /* where the next search begins */
    uint8_t *used; /* owned; a byte per frame */
};

bool frames_init(struct frames *f, struct machine *m, ra_t base, uint64_t bytes);
void frames_fini(struct frames *f);
/* @n adjacent zeroed frames, aligned to their number (a power of two); 0: none left. */
ra_t frames_alloc(struct frames *f, unsigned n);
/* Scrubs and gives back. */
void frames_release(struct frames *f, ra_t ra, unsigned n);
/* Zeroes real memory of either kind; decoded code in it is forgotten. */
void uv_zero(struct machine *m, ra_t ra, uint64_t len);

/* ---- partition-scoped tree of an SVM (tree.c), radix 13/9/9/5, in secure memory ---- */

struct tree {
    ra_t root;
    ra_t arena[512]; /* frames that hold its nodes; the first is the root */
    unsigned frames;
    uint32_t used; /* bytes of the last one */
};

bool tree_init(struct tree *t, struct frames *f);
void tree_fini(struct tree *t, struct frames *f);
uint64_t tree_pate0(const struct tree *t);
/* Maps 2 MiB, all of one slot. False: no memory for a node. */
bool tree_map_chunk(struct tree *t, struct frames *f, gra_t gpa, ra_t ra);
/* Maps or (@ra = 0) unmaps one page. May need a node only where a 2 MiB leaf is broken up. */
bool tree_map_page(struct tree *t, struct frames *f, gra_t gpa, ra_t ra, bool exec);
/* From here on tree_map_page() of this page can't fail. False: no memory for a node. */
bool tree_split(struct tree *t, struct frames *f, gra_t gpa);
/* Nothing is mapped there any more. Of a chunk that is mapped as one all has to go. Needs no
 * memory: what loses its frames must lose its mapping. */
void tree_unmap(struct tree *t, struct frames *f, gra_t gpa, uint64_t len);

/* ---- pages and slots ---- */

enum page_state {
#define PAGE_STATE(id, ...) PAGE_##id,
#include "pagestate.def"
#undef PAGE_STATE
};

#define PAGE_IV_LEN 12u

struct page {
    uint8_t state;                             /* enum page_state */
    bool fetched;                              /* ESM brought its contents in */
    ra_t normal;                               /* of the shared kinds: the hypervisor's page */
    uint8_t iv[PAGE_IV_LEN], tag[GCM_TAG_LEN]; /* PAGEDOUT */
};

struct slot {
    struct slot *next;
    unsigned id;
    gra_t base;
    uint64_t size;
    ra_t *chunk;       /* owned; secure memory behind each CHUNK_SIZE that the slot touches */
    struct page *page; /* owned; one per UV_PAGE_SIZE */
};

/* ---- a suspended thread ---- */

struct thread_regs {
#define EXPOSE(field, action)                   __typeof__(((struct cpu *)0)->field) field;
#define EXPOSE_SPRS(name, first, count, action) uint64_t name[count];
#include "exposure.def"
#undef EXPOSE_SPRS
#undef EXPOSE
    ea_t pc;
    uint64_t msr;
};

/* What goes on when the hypervisor returns; each is a function in the table of work.c. */
enum work_op {
#define UV_WORK(id, ...) WORK_##id,
#include "pefemu/uvwork.def"
#undef UV_WORK
    WORK_COUNT
};

struct work {
    enum work_op op;
    unsigned step;
    union {
        struct {
            uint64_t number;
            uint8_t n_in, n_out; /* registers from R3 on, from svm_hcall.def */
        } hcall;
        struct {
            unsigned vector;
        } vector;
        struct {
            gra_t gpa;
        } fault;
        struct {
            uint64_t gfn, npages, at;
            unsigned rounds;
            bool failed, asked;
        } share;
        struct {
            gra_t block; /* the SVM's argument block */
            uint32_t token, nargs, nret;
            uint32_t args[16], rets[16];
            unsigned service; /* row of the service table, RTAS_SERVICES: another one */
            unsigned buffer;  /* index of the bounce buffer in use */
            gra_t data;       /* the SVM's buffer, of @len bytes */
            uint32_t len, server;
            int64_t rc;      /* of the hypercall */
            unsigned rounds; /* tries to get a page back */
        } rtas;
        struct {
            uint32_t word;
            gra_t gpa;
            ea_t ea;
            bool is_store;
        } mmio;
    };
};

struct thread_save {
    struct thread_save *next;
    struct svm *svm; /* borrowed */
    uint32_t cookie; /* names it towards the hypervisor */
    uint32_t pid;
    unsigned cpu; /* index of the CPU that it ran on */
    struct thread_regs regs;
    struct work work;
    uint64_t ucall;  /* the ultracall that the thread waits in; 0: none */
    unsigned inject; /* the hypervisor wants this vector taken when the thread goes on; 0: none */
    uint64_t inject_cause;
    bool inject_le;
};

/* ---- a secure VM ---- */

enum svm_state {
#define SVM_STATE(id, ...) SVM_##id,
#include "pefemu/svmstate.def"
#undef SVM_STATE
};

struct esm; /* esm.c */

#define RTAS_BUFFERS  16u /* of 4 KiB, behind the page of argument blocks */
#define RTAS_SERVICES 13u

struct svm_rtas {
    bool ready;
    gra_t bounce;                  /* 6 pages: arguments, 4 with buffers, stop-self */
    uint32_t token[RTAS_SERVICES]; /* as the device tree had them; 0: absent */
    uint32_t max_vcpus;
    uint16_t busy; /* bounce buffers in use, a bit each */
    struct {
        uint32_t cookie;
        uint64_t nia, r3;
    } start[MACHINE_MAX_CPUS];
};

struct file_reader { /* UV_ESMB_GET_FILE: read once, by one process, forwards */
    char name[65];
    uint32_t pid;
    uint32_t position;
};

struct svm {
    struct svm *next;
    struct uv *uv; /* borrowed */
    lpid_t lpid;
    enum svm_state state;
    struct slot *slots; /* owned */
    struct tree tree;
    struct thread_save *saves; /* owned */
    uint8_t page_key[16];      /* secret */
    uint8_t iv_fixed[4];
    uint64_t iv_counter;
    bool has_key;
    uint64_t proc_table; /* dw1 as the SVM's last H_REGISTER_PROC_TBL wants it */
    struct svm_rtas rtas;
    struct esm *esm; /* owned; only during the transition */
    uint8_t *files;  /* owned; the files FDT of the blob, or NULL */
    uint32_t files_len;
    uint8_t symkey[32]; /* secret; opens the files */
    struct file_reader reader[8];
};

#define SCOM_MAX 32u

struct scom_reg {
    uint64_t addr, value;
};

struct uv {
    struct machine *m; /* borrowed */
    struct frames frames;
    ra_t patb;        /* the partition table */
    struct svm *svms; /* owned */
    struct tpm_wrapping_key key;
    bool has_key;
    bool hv_le;               /* the hypervisor's interrupt endianness (HID0[HILE]) */
    uint32_t cookie_pool[64]; /* secret: random numbers that nobody has seen yet, then zeros */
    unsigned cookies_left;    /* of them, at the front */
    struct scom_reg scom[SCOM_MAX];
    unsigned nscom;
    struct uv_stats stats;
};

/* ---- svm.c ---- */
/* @lpid as a register has it: all 64 bits count. */
struct svm *svm_find(const struct uv *uv, uint64_t lpid);
struct svm *svm_new(struct uv *uv, lpid_t lpid); /* NULL: no memory */
void svm_destroy(struct svm *svm);
/* For the machine's events: @svm comes into @state. */
void svm_state_event(const struct svm *svm, enum svm_state state);
void svm_flush(struct svm *svm); /* no CPU keeps a translation of it */
/* One line about @lpid for the user: a phase of PEF, or why an SVM ended. */
void uv_say(const struct uv *uv, lpid_t lpid, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void uv_charge(struct uv *uv, uint64_t ns);
enum {
#define COST(id, ns, what) COST_##id = ns,
#include "pefemu/cost.def"
#undef COST
};

/* ---- slots.c ---- */
struct slot *slot_of(const struct svm *svm, gra_t gpa);
gra_t slot_above(const struct svm *svm, gra_t gpa); /* the next slot's base, or where slots end */
struct page *page_of(const struct svm *svm, gra_t gpa); /* NULL: outside every slot */
ra_t page_frame(const struct svm *svm, gra_t gpa);      /* secure memory behind it */
bool slot_covers(const struct svm *svm, gra_t gpa, uint64_t len);
void slots_free(struct svm *svm);

/* ---- pages.c ---- */
bool page_map_secure(struct svm *svm, gra_t gpa);
/* Bytes of a secure SVM page range. False: not all of it is there as secure memory. */
bool svm_read(const struct svm *svm, gra_t gpa, void *buf, uint64_t len);
bool svm_write(struct svm *svm, gra_t gpa, const void *buf, uint64_t len);
/* The ciphertext that UV_PAGE_OUT of the secure page @gpa would give now, in UV_PAGE_SIZE bytes at
 * @out; uses up no IV. Before an SVM has its page key: that of some key. */
void page_preview(const struct svm *svm, gra_t gpa, uint8_t *out);
/* Host address of a normal page that the hypervisor offers; NULL: it may not. */
uint8_t *uv_normal_page(const struct uv *uv, ra_t ra);

/* ---- pate.c ---- */
bool pate_init(struct uv *uv);
void pate_write(struct uv *uv, lpid_t lpid, unsigned dw, uint64_t value);
uint64_t pate_read(const struct uv *uv, lpid_t lpid, unsigned dw);
void pate_flush(struct uv *uv, lpid_t lpid);

/* ---- reflect.c ---- */
/* Puts the interrupted thread away: @pc and @msr are what it goes on with. NULL: no memory. */
struct thread_save *thread_save(struct svm *svm, struct cpu *cpu, ea_t pc, uint64_t msr);
void thread_forget(struct thread_save *s);
/* The thread goes on with its own registers; forgets @s. */
void thread_resume(struct thread_save *s, struct cpu *cpu);
/* The hypervisor sees a hypercall: R3 = @number, R4.. = the @nargs arguments; nothing else. */
void reflect_hcall(struct thread_save *s, struct cpu *cpu, uint64_t number, const uint64_t *args,
                   unsigned nargs);
/* The hypervisor sees the interrupt that the registers of @s were saved at. */
void reflect_vector(struct thread_save *s, struct cpu *cpu, unsigned vector);
/* The interrupt goes to the SVM's own vector. */
void thread_interrupt(struct thread_save *s, unsigned vector, uint64_t cause, bool le);

/* Names a suspended thread or a thread to be started; nobody else in @svm has it. */
uint32_t cookie_new(const struct svm *svm);

/* ---- work.c ---- */
enum progress { WORK_WAITS, WORK_DONE, WORK_FAILED };
typedef enum progress (*work_fn)(struct thread_save *s, struct cpu *cpu);
/* Goes on with s->work. Afterwards the CPU is in the hypervisor or in the SVM. R3.. as the
 * hypervisor returned them are in cpu->gpr for the step function. */
void work_run(struct thread_save *s, struct cpu *cpu);
void work_start(struct thread_save *s, struct cpu *cpu, enum work_op op);
/* Ends the SVM (never the machine): one line, and ibm,os-term on its behalf. */
void svm_kill(struct thread_save *s, struct cpu *cpu, const char *why);
#define UV_WORK(id, name, fn, what) enum progress fn(struct thread_save *s, struct cpu *cpu);
#include "pefemu/uvwork.def"
#undef UV_WORK

/* ---- fault.c, hcall.c, rtas.c, esm.c: entries from entry.c ---- */
void fault_enter(struct thread_save *s, struct cpu *cpu, unsigned vector);
void hcall_enter(struct thread_save *s, struct cpu *cpu);
void rtas_enter(struct thread_save *s, struct cpu *cpu);
bool mmio_begin(struct thread_save *s, struct cpu *cpu, gra_t gpa, ea_t ea);
void esm_free(struct esm *esm);
unsigned esm_step_now(const struct esm *esm); /* 1..: as messages and events count */
/* ESM is over without success: back to the VM by H_SVM_INIT_ABORT. */
void esm_abort(struct thread_save *s, struct cpu *cpu);
/* May a page come in for ESM now? During the transition only what was asked for. */
bool esm_wants_page(const struct svm *svm, gra_t gpa);
/* Is it one of the pages that ESM set aside for secrets and buffers? */
bool esm_reserved_page(const struct svm *svm, gra_t gpa);
/* Reads the tokens of the services out of the guest's tree, and how many threads it may have. False
 * with *missing: what is not there. */
bool rtas_read_tokens(struct svm *svm, const void *fdt, const char **missing);
/* Threads that stopped themselves and will not come back are forgotten. */
void rtas_forget_stopped(struct svm *svm, uint32_t server);
/* ibm,os-term with @text through the bounce page. False: no RTAS to speak to. */
bool rtas_os_term(struct thread_save *s, struct cpu *cpu, const char *text);

/* ---- ultracalls ---- */

struct ucall {
    struct uv *uv;
    struct cpu *cpu;
    uint64_t number;
    uint64_t args[9]; /* R4..R12 */
    uint64_t ret[9];  /* R4..R12 */
    uint64_t srr1;    /* of the caller */
    struct svm *svm;  /* of the caller's LPID, or NULL */
};
/* The handler has seen to the registers itself: the call goes on later, or somewhere else. */
#define U_ELSEWHERE INT64_MIN
typedef int64_t (*ucall_handler)(struct ucall *c);
#define UCALL(number, name, handler, ...) int64_t handler(struct ucall *c);
#include "pefemu/ucall.def"
#undef UCALL
/* For calls that suspend: the caller's registers, R3 = the call's number still in them. */
struct thread_save *ucall_save(struct ucall *c, struct svm *svm);
/* For the machine's events: the call that @s waits in, if any, is answered with @rc, or by the
 * hypervisor. */
void ucall_answered(struct thread_save *s, struct cpu *cpu, int64_t rc, bool by_hv);

#endif
