/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets on the ultravisor's test bed share; after bed_core.h and fuzz.h. */
#ifndef PEFEMU_FUZZ_UV_H
#define PEFEMU_FUZZ_UV_H

#include <stdarg.h>

/* In place of the library's: formatted like it, and shown only where somebody looks for a bug. */
void uv_say(const struct uv *uv, lpid_t lpid, const char *fmt, ...)
{
    char text[300];
    va_list ap;

    (void)uv;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (getenv("PEFEMU_FUZZ_LOG"))
        fprintf(stderr, "lpid %u: %s\n", lpid, text);
}

static inline bool all_zero(const uint8_t *p, size_t len)
{
    return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

/* Real address of the leaf for @gpa in the SVM's tree, as the MMU would find it; 0: none. */
static inline ra_t uv_mapped(const struct bed *b, const struct svm *svm, gra_t gpa)
{
    static const unsigned shift[] = {39, 30, 21, 16}, bits[] = {13, 9, 9, 5};
    uint64_t entry = svm->tree.root;

    for (unsigned i = 0; i < ARRAY_SIZE(shift); i++) {
        uint64_t index = gpa >> shift[i] & ((1ULL << bits[i]) - 1);
        const uint8_t *p = memory_ptr(&b->m.mem, (entry & 0x00ffffffffffff00ULL) + 8 * index, 8);
        FUZZ_CHECK(p);
        entry = get_be64(p);
        if (!(entry & PPC_BIT(0)))
            return 0;
        if (entry & PPC_BIT(1))
            return (entry & 0x01fffffffffff000ULL) + (gpa & ((1ULL << shift[i]) - 1));
    }
    FUZZ_CHECK(!"a node where a leaf has to be");
}

/* No SVM is there: all of secure memory is free, and zero but for the partition table. */
static inline void uv_check_nothing_left(const struct bed *b, uint64_t free_frames)
{
    const struct uv *uv = b->m.uv;

    FUZZ_CHECK(!uv->svms && uv->frames.free == free_frames);
    for (uint64_t i = 0; i < uv->frames.count; i++) {
        ra_t ra = uv->frames.base + i * UV_PAGE_SIZE;
        FUZZ_CHECK(uv->frames.used[i] || all_zero(memory_ptr(&b->m.mem, ra, 1), UV_PAGE_SIZE));
    }
}

#endif
