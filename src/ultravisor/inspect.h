/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ultravisor's state for debuggers: copies of it, as structures that have no other use. Nothing
 * here changes anything, and nothing shows keys. src/ultravisor/inspect.c
 */
#ifndef PEFEMU_UV_INSPECT_H
#define PEFEMU_UV_INSPECT_H

#include "pefemu/uv.h"

/* Functions with @n count from 0 and return false when there are no more. */

struct uv_memory_info {
    ra_t base, partition_table;
    uint64_t pages, free; /* of UV_PAGE_SIZE */
    bool has_wrapping_key;
};
void uv_inspect_memory(const struct uv *uv, struct uv_memory_info *out);

#define UV_PAGE_STATES 13u
struct uv_svm_info {
    lpid_t lpid;
    unsigned state; /* svm_state_name() */
    unsigned slots;
    uint64_t bytes;                 /* of all slots */
    uint64_t pages[UV_PAGE_STATES]; /* in each state: uv_page_state_name() */
    unsigned suspended;             /* threads */
    unsigned esm_step;              /* of the UV_ESM in progress: esm_step_name(); 0: none */
    uint64_t pate[2];               /* its partition table entry */
    bool has_page_key;              /* a page has left */
    uint32_t files_bytes;
    gra_t rtas_bounce; /* 0: none yet */
};
bool uv_inspect_svm(const struct uv *uv, unsigned n, struct uv_svm_info *out);

struct uv_slot_info {
    unsigned id;
    gra_t base;
    uint64_t size;
};
bool uv_inspect_slot(const struct uv *uv, lpid_t lpid, unsigned n, struct uv_slot_info *out);

struct uv_page_info {
    unsigned state; /* uv_page_state_name() */
    ra_t frame;     /* secure memory behind it */
    ra_t normal;    /* the hypervisor's page, where the state has one; else 0 */
    bool fetched;   /* UV_ESM brought its contents in */
};
/* False: @gpa is in no slot. */
bool uv_inspect_page(const struct uv *uv, lpid_t lpid, gra_t gpa, struct uv_page_info *out);
const char *uv_page_state_name(unsigned state); /* NULL: no such state */
const char *uv_page_state_what(unsigned state);

/* A thread of an SVM that waits for the hypervisor. */
struct uv_work_info {
    uint32_t cookie, pid;
    unsigned cpu;   /* index of the one that it ran on */
    unsigned work;  /* uv_work_name() */
    uint64_t step;  /* its own count; of UV_ESM: esm_step_name() */
    uint64_t ucall; /* the ultracall that it is in; 0: none */
    ea_t pc;        /* where it goes on */
    uint64_t msr;
    uint64_t gpr[13];
    char detail[96]; /* "hypercall H_CEDE", "page 0x..." */
};
/* The newest first. */
bool uv_inspect_work(const struct uv *uv, lpid_t lpid, unsigned n, struct uv_work_info *out);

/* A UV_ESM in progress. */
struct uv_esm_info {
    gra_t kernel, fdt;
    unsigned step; /* esm_step_name() */
    gra_t fetch;   /* what is still to come in for it */
    uint64_t fetch_bytes;
    gra_t want; /* the page that the hypervisor was asked for; ~0: none */
    unsigned ranges, reserved_pages;
    gra_t rtas, initrd;
    uint64_t rtas_bytes, initrd_bytes;
    bool has_blob, has_key;
    unsigned lockbox;   /* the one being tried */
    const char *unseal; /* TPM command of that, NULL: none */
    char bootargs[256];
};
bool uv_inspect_esm(const struct uv *uv, lpid_t lpid, struct uv_esm_info *out);

bool uv_inspect_pate(const struct uv *uv, lpid_t lpid, uint64_t dw[2]);

/* ---- memory by principal ---- */

/* As the SVM sees its memory: secure pages in clear, shared ones where they are. False: a page of
 * it is not there. */
bool uv_peek_svm(const struct uv *uv, lpid_t lpid, gra_t gpa, void *buf, uint64_t len);

/* What the hypervisor can get of a page. */
enum uv_exposure {
    UV_EXPOSED_NORMAL, /* the page is no secret: read normal memory */
    UV_EXPOSED_CIPHER, /* @page: what UV_PAGE_OUT would give now */
    UV_EXPOSED_NOTHING,
};
/* Does not page out: uses up no IV, changes no state. @page: UV_PAGE_SIZE bytes. */
enum uv_exposure uv_peek_as_hypervisor(const struct uv *uv, lpid_t lpid, gra_t gpa, uint8_t *page);

#endif
