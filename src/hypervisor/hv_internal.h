/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the built-in hypervisor share. Nobody outside src/hypervisor includes this. */
#ifndef PEFEMU_HV_INTERNAL_H
#define PEFEMU_HV_INTERNAL_H

#include "pefemu/hypervisor.h"

#include "devices/nvram.h"
#include "devices/vty.h"
#include "devices/xics.h"
#include "devices/xive.h"

#define HV_LPID   1u
#define HV_HCALLS 128u /* room for the rows of hcall.def */

/* Guest real addresses of what hv_reset() plants (pseries.md 1.1, 1.3, 1.5). prom_init copies code
 * over 0..0xff while it still uses the client interface, and the kernel takes 0..memsz later. */
#define GRA_OF_ENTRY 0x1000ULL
#define GRA_OF_STACK 0x8000ULL /* lowest byte */
#define GRA_OF_R1    0x3ff00ULL
#define GRA_OF_END   0x40000ULL
#define GRA_KERNEL   0x400000ULL
#define RTAS_LIMIT   (768 * MiB) /* the blob stays below: its addresses are 32 bits */
#define RTAS_SIZE    0x1000u
#define STUB_SIZE    20u

#define HCALL_RTAS      0xf000u
#define HCALL_OF_CLIENT 0xf005u

/* Interrupt sources; the same numbers in XICS and XIVE. XIVE adds an IPI per thread from 0. */
#define IRQ_EPOW  0x1000u
#define IRQ_VTY   0x1100u
#define IRQ_NVRAM 0x1101u

#define VTY_UNIT   0x71000000u
#define NVRAM_UNIT 0x71000001u

#define PVR_ARCHITECTED_P9 0x0f000005u /* logical PVR: ISA 3.00 */

/* Phandle of the interrupt controller node, whichever it is; other nodes count on from it. */
#define PHANDLE_INTC 0x1111u

#define OF_MAX_CELLS     10u
#define OF_MAX_INSTANCES 32u
#define OF_MAX_CLAIMS    64u
#define OF_STDOUT        1u /* ihandle */

struct of_range {
    gra_t base;
    uint64_t size;
};

/* State of the Open Firmware client interface. */
struct of_client {
    uint32_t instance[OF_MAX_INSTANCES]; /* phandle of ihandle i; 0: closed */
    struct of_range claim[OF_MAX_CLAIMS];
    unsigned nclaims;
    bool quiesced;
};

/* The hashed page table of LPID 1: its place is fixed, its contents begin with hpt_reset(). */
struct hpt {
    ra_t base;
    unsigned size_log2;
    bool active; /* the partition translates through it, not by radix trees */
};

/* Areas a thread registered (H_REGISTER_VPA); 0: none. */
struct hv_vcpu {
    gra_t vpa, slb_shadow, dtl;
};

/* Who has a 64 KiB page of LPID 1 while it is, or becomes, a secure VM. */
enum gfn_state { GFN_NORMAL, GFN_SECURE, GFN_SHARED };

struct hv_pressure {
    uint64_t state;   /* of the generator */
    uint64_t last_ns; /* guest time up to which pages have gone out */
};

struct hv_svm {
    struct hv_pressure pressure;
    bool started, done; /* H_SVM_INIT_START, H_SVM_INIT_DONE */
    uint64_t tokens;    /* secure pages that may still be handed out */
    uint8_t *gfn;       /* owned; enum gfn_state of each page */
};

/* The user wants the partition to shut down: epow.c. */
struct hv_epow {
    bool wanted;  /* the interrupt comes with the next poll */
    bool pending; /* it has come, check-exception has not fetched the log */
};

struct hypervisor {
    struct machine *m; /* borrowed */
    uint64_t lpcr;     /* of LPID 1; every thread's copy is the same */
    bool xive_mode;    /* what CAS (or the FDT) chose: H_INT_* or the XICS calls answer */
    struct hv_vcpu vcpu[MACHINE_MAX_CPUS];
    struct xics *xics; /* owned */
    struct xive *xive; /* owned */
    struct vty vty;
    struct nvram nvram;
    void *fdt;    /* owned; the live tree, libfdt read-write form */
    int fdt_size; /* of the buffer */
    struct of_client of;
    struct of_range kernel, initrd;
    bool has_kernel; /* kernel, kernel_entry, kernel_msr are valid */
    ra_t kernel_entry;
    uint64_t kernel_msr;      /* a 32-bit client starts in 32-bit mode */
    gra_t rtas_base;          /* where an FDT entry has the blob */
    ra_t tree_next, tree_end; /* free hypervisor RAM for tables */
    uint64_t radix_pate0;     /* dw0 of LPID 1's partition table entry under radix */
    uint64_t pate[2];         /* the entry, as this hypervisor last wrote it */
    struct hv_epow epow;
    struct hv_svm svm;
    struct hpt hpt;
    uint64_t hcalls[HV_HCALLS]; /* answered since power-on, by row of hcall.def */
};

/* ---- hv.c ---- */
/* Thread with interrupt server number @server, or NULL. */
struct cpu *hv_cpu(struct hypervisor *hv, uint64_t server);
/* Power-on registers of LPID 1's threads, then running at @nia. */
void hv_cpu_start(struct hypervisor *hv, struct cpu *cpu, gra_t nia, uint64_t r3, uint64_t msr);
void hv_cpu_stop(struct cpu *cpu);
/* Replaces the bits @mask of LPCR in all threads of the partition. */
void hv_set_lpcr(struct hypervisor *hv, uint64_t mask, uint64_t value);
/* Chooses hash or radix translation for the partition; an HPT begins with the VRMA's entries. */
void hv_set_mmu_mode(struct hypervisor *hv, bool hash);
/* Chooses the interrupt controller of the partition; resets both. */
void hv_set_interrupt_mode(struct hypervisor *hv, bool xive);
/* A message interrupt of the partition, by the controller in use. */
void hv_pulse(struct hypervisor *hv, uint32_t irq);
/* Plants the five instructions that turn a call with arguments at R3 into hypercall @number. */
bool hv_write_stub(struct hypervisor *hv, gra_t gra, uint32_t number);

/* ---- pagetable.c ---- */
bool pagetable_build(struct hypervisor *hv);
ra_t pagetable_base(const struct hypervisor *hv); /* of the partition table */
uint64_t pagetable_ptcr(const struct hypervisor *hv);
/* Doubleword 1 of LPID 1's partition table entry: where its process table is. */
void pagetable_set_process_table(struct hypervisor *hv, uint64_t dw1);
/* Its doubleword 0: the partition-scoped tree or the HPT. */
void pagetable_set_root(struct hypervisor *hv, uint64_t dw0);
/* log2 of the bytes of a partition's HPT: RAM / 128 or more. */
unsigned pagetable_hpt_log2(const struct machine_config *cfg);
/* Large pages of 16 MiB are offered where RAM ends with one. */
bool pagetable_has_16m(const struct machine_config *cfg);

/* ---- hcall_hpt.c ---- */
/* Empties the HPT but for the VRMA, through which a hash guest's real mode goes. */
void hpt_reset(struct hypervisor *hv);
/* dw0 of the partition table entry with the HPT. */
uint64_t hpt_pate0(const struct hypervisor *hv);

/* ---- svm.c ---- */
bool hv_svm_init(struct hypervisor *hv);
void hv_svm_fini(struct hypervisor *hv);
/* An ultracall that ends at once: all but UV_RETURN. Status. */
int64_t hv_ucall(struct hypervisor *hv, uint64_t number, const uint64_t *args, unsigned nargs);
/* UV_RETURN: the SVM's thread goes on; @nia is its cookie, or a vector to take. */
void hv_uv_return(struct cpu *cpu, ea_t nia, uint64_t msr, uint64_t guest_srr1);
/* Before the hypervisor touches guest memory: secure pages of it come out, encrypted. */
bool hv_svm_reach(struct hypervisor *hv, gra_t gra, uint64_t len);
/* Settles a fault of the SVM at a shared page. False: there is none. */
bool hv_svm_fault(struct hypervisor *hv, gra_t gpa);

/* ---- pressure.c: a host short of memory, or hostile, on request ---- */
enum hv_misdeed { HV_BEHAVES, HV_REFUSES, HV_FORGETS, HV_CORRUPTS };
void hv_pressure_reset(struct hypervisor *hv);
/* Between slices: pages that are due go out. */
void hv_pressure_poll(struct hypervisor *hv);
/* What to do with this page-in. */
enum hv_misdeed hv_pressure_misdeed(struct hypervisor *hv);
/* hv-fault=rtas: flips a bit of the RTAS text at @gra that does not change what it does. */
bool hv_pressure_alter_rtas(struct hypervisor *hv, gra_t gra);

/* ---- guestmem.c ---- */
/* A NUL-terminated string of at most @size - 1 characters, cut there; always terminated. */
bool gm_string(struct machine *m, gra_t gra, char *buf, size_t size);

/* ---- fdt.c ---- */
/* Builds hv->fdt for the Open Firmware client interface, as before CAS. */
bool fdt_build(struct hypervisor *hv);
/* What CAS decides: interrupt controller node, ibm,architecture-vec-5, cpu-version. */
bool fdt_apply_cas(struct hypervisor *hv, bool xive, bool hash, uint32_t cpu_version);
/* Initrd, RTAS and reservations, for a kernel that is entered with the tree itself. */
bool fdt_finish_for_direct_entry(struct hypervisor *hv);
bool fdt_load_file(struct hypervisor *hv, const char *path);
bool fdt_dump(const struct hypervisor *hv, const char *path);

/* ---- of.c ---- */
void of_reset(struct hypervisor *hv);
/* Claims [base, base+size) when it is free memory of the partition. */
bool of_claim_range(struct hypervisor *hv, gra_t base, uint64_t size);
/* Value for R3: 0, or -1 when the service is not known. */
int64_t of_client_call(struct hypervisor *hv, struct cpu *cpu, gra_t args);

/* ---- cas.c: ibm,client-architecture-support. False: the vectors make no sense. ---- */
bool cas_negotiate(struct hypervisor *hv, gra_t vectors);

/* ---- epow.c ---- */
/* States of the sensor, and actions of a log (PAPR). */
enum { EPOW_NONE = 0, EPOW_SYSTEM_SHUTDOWN = 3 };
#define EPOW_LOG_SIZE 116u
void epow_reset(struct hypervisor *hv);
/* Between slices: the interrupt that is due. */
void epow_poll(struct hypervisor *hv);
unsigned epow_sensor(const struct hypervisor *hv);
/* What check-exception returns of the pending warning; the date is the guest's. */
void epow_log(struct hypervisor *hv, uint8_t log[EPOW_LOG_SIZE]);
/* The partition has got it. */
void epow_taken(struct hypervisor *hv);

/* ---- rtas.c ---- */
int64_t rtas_call(struct hypervisor *hv, struct cpu *cpu, gra_t args);
/* Rows of rtas.def, for the device tree. */
struct rtas_name {
    uint32_t token;
    const char *name;
};
const struct rtas_name *rtas_names(unsigned *count);

/* ---- hcall.c, hcall_irq.c, vpa.c ---- */
#define HCALL_MAX_ARGS 9

struct hcall {
    struct hypervisor *hv;
    struct cpu *cpu;
    uint64_t args[HCALL_MAX_ARGS]; /* R4..R12 */
    uint64_t ret[HCALL_MAX_ARGS];  /* to R4.. */
};

typedef int64_t (*hcall_handler)(struct hcall *c);
void hcall_dispatch(struct hypervisor *hv, struct cpu *cpu);

#define HCALL(number, name, handler, nargs, nresults) int64_t handler(struct hcall *c);
#include "pefemu/hcall.def"
#undef HCALL

#endif
