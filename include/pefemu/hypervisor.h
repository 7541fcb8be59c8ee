/*
 * The built-in hypervisor of -M pseries: the untrusted party. It sits outside the CPU, is entered
 * by registers exactly as a real one would be (hv_enter), leaves by writing registers and a
 * modelled hrfid, and reaches guest memory only through gm_*(), which run as S=0 and refuse secure
 * memory.
 */
#ifndef PEFEMU_HYPERVISOR_H
#define PEFEMU_HYPERVISOR_H

#include "pefemu/machine.h"
#include "pefemu/snap.h"

struct hypervisor;

/* H_* return codes (PAPR 14.5.4); the status of a hypercall, in R3. */
enum {
#define HSTATUS(name, value) name = (value),
#include "pefemu/hstatus.def"
#undef HSTATUS
};

struct hypervisor *hv_create(struct machine *m);
void hv_destroy(struct hypervisor *hv);
/* Power-on or reboot: load images, build the device tree, set up LPID 1, start CPU 0 at the kernel.
 * Returns false with one line on stderr. */
bool hv_reset(struct hypervisor *hv);
/* The partition stops being an SVM, its secure pages are dropped (KVM_PPC_SVM_OFF); before
 * hv_reset(). */
void hv_svm_off(struct hypervisor *hv);
/* The CPU is in hypervisor state at @vector. Returns in another state. */
void hv_enter(struct cpu *cpu, unsigned vector);
/* Where the kernel's image was put; meaningless without -kernel. */
ra_t hv_kernel_base(const struct hypervisor *hv);
/* The user wants the partition to shut down: an EPOW event, which a kernel answers by ending its
 * processes and powering off. The interrupt comes with the next poll. src/hypervisor/epow.c */
void hv_powerdown(struct hypervisor *hv);
/* Bytes waiting on the console chardev: raise the vty's interrupt; other events from outside that
 * are due. Called between slices. */
void hv_console_poll(struct hypervisor *hv);
/* For statistics: the name of hypercall number @row of hcall.def, and how often it was answered
 * since power-on, to an SVM's ultravisor too. NULL: there are no more. */
const char *hv_hcall_stat(const struct hypervisor *hv, unsigned row, uint64_t *count);
/* All of it but the memory that it uses. src/hypervisor/snapshot.c */
void hv_snap(struct snap *s, struct hypervisor *hv);
/* Bytes of hypervisor RAM wanted above the LPAR's memory (tables that the MMU walks). */
uint64_t hv_ram_needed(const struct machine_config *cfg);

/* ---- guest memory accessor (src/hypervisor/guestmem.c): S=0, LPID 1's identity map ---- */
bool gm_read(struct machine *m, gra_t gra, void *buf, uint64_t len);
bool gm_write(struct machine *m, gra_t gra, const void *buf, uint64_t len);

#endif
