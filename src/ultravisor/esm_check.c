/* SPDX-License-Identifier: Apache-2.0 */
/* ESM: the blob, its lockbox, and whether the VM is the one that its owner measured. */
#include "enter.h"

#include <stdlib.h>

#include <libfdt.h>

enum { TPM_EXECUTE = 1, TPM_CLOSE = 2 };

/* ---- the blob ---- */

static uint8_t *copy_range(const struct svm *svm, gra_t gpa, uint64_t len)
{
    uint8_t *p = malloc(len);

    if (p && !svm_read(svm, gpa, p, len)) {
        free(p);
        p = NULL;
    }
    return p;
}

static bool chosen_number(const struct esm *e, const char *name, uint64_t *v)
{
    int len, node = fdt_path_offset(e->fdt, "/chosen");
    const void *p = fdt_getprop(e->fdt, node, name, &len);

    if (!p || (len != 4 && len != 8))
        return false;
    *v = len == 4 ? get_be32(p) : get_be64(p);
    return true;
}

static enum enter_outcome parse_blob(struct svm *svm, const uint8_t *bytes, size_t len)
{
    struct esm *e = svm->esm;
    struct esm_error err;
    const uint8_t *files;
    size_t files_len;

    if (esm_blob_open(&e->blob, bytes, len, &err))
        return enter_fail(e, "%s", err.text);
    e->has_blob = true;
    if (!esm_blob_files(&e->blob, &files, &files_len))
        return ENTER_NEXT;
    if (files_len > ESM_FILES_FDT_MAX)
        return enter_fail(e, "files-fdt: too large");
    svm->files = malloc(files_len);
    if (!svm->files)
        return enter_fail(e, "no memory for the files");
    memcpy(svm->files, files, files_len);
    svm->files_len = (uint32_t)files_len;
    return ENTER_NEXT;
}

/* In front of the initrd, which begins behind it. */
static enum enter_outcome blob_of_initrd(struct svm *svm)
{
    struct esm *e = svm->esm;
    struct esm_initrd found;
    struct esm_error err;
    size_t n = e->initrd.len < ESM_INITRD_FRONT ? e->initrd.len : ESM_INITRD_FRONT;
    uint8_t *front = copy_range(svm, e->initrd.gpa, n);
    enum enter_outcome o;

    if (!front)
        return enter_fail(e, "the initrd can not be read");
    if (esm_initrd_find(e->initrd.gpa, front, n, e->initrd.len, &found, &err))
        o = enter_fail(e, "%s", err.text);
    else
        o = parse_blob(svm, front + found.blob, found.blob_len);
    free(front);
    if (o == ENTER_NEXT) {
        e->initrd.gpa += found.skip;
        e->initrd.len -= found.skip;
    }
    return o;
}

enum enter_outcome esm_find_blob(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;
    uint64_t start, end;

    (void)cpu;
    if (!chosen_number(e, "linux,esm-blob-start", &start) ||
        !chosen_number(e, "linux,esm-blob-end", &end))
        return blob_of_initrd(svm);
    if (end <= start || end - start > ESM_BLOB_MAX)
        return enter_fail(e, "linux,esm-blob-start and -end make no sense");
    if (!e->sub++)
        return enter_fetch(svm, start, end - start);
    uint8_t *bytes = copy_range(svm, start, end - start);
    enum enter_outcome o =
        bytes ? parse_blob(svm, bytes, end - start) : enter_fail(e, "the blob can not be read");
    free(bytes);
    return o;
}

/* ---- the lockbox ---- */

static uint8_t *tpm_page(const struct svm *svm, gra_t *gpa)
{
    *gpa = svm->esm->reserved[ESM_RTAS_PAGES];
    const struct page *p = page_of(svm, *gpa);
    return p && p->state == PAGE_IMPLICIT ? uv_normal_page(svm->uv, p->normal) : NULL;
}

/* The next lockbox that this TPM might open. */
static bool begin_unseal(struct svm *svm)
{
    struct esm *e = svm->esm;
    uint8_t entropy[TPM_UNSEAL_ENTROPY];
    struct esm_lockbox box;

    for (; esm_lockbox_try(&e->blob, NULL, e->attempt, &box); e->attempt++) {
        if (box.wrapped_len != TPM_LOCKBOX_LEN)
            continue;
        machine_secret(svm->uv->m, entropy, sizeof(entropy));
        tpm_unseal_begin(&e->unseal, &svm->uv->key, box.wrapped, entropy);
        crypto_wipe(entropy, sizeof(entropy));
        return e->unsealing = true;
    }
    return false;
}

static enum enter_outcome send_command(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;
    uint8_t packet[TPM_PACKET_MAX];
    size_t len = 0;
    gra_t gpa;
    uint8_t *page = tpm_page(s->svm, &gpa);

    if (!page || tpm_unseal_command(&e->unseal, packet, sizeof(packet), &len) != TPM_UNSEAL_MORE)
        return enter_fail(e, "the page for TPM packets is gone");
    memcpy(page, packet, len);
    uv_charge(s->svm->uv, COST_TPM);
    const uint64_t args[] = {TPM_EXECUTE, gpa, len, gpa, TPM_PACKET_MAX};
    return enter_hcall(s, cpu, UV_H_TPM_COMM, args, ARRAY_SIZE(args));
}

/* The response as the hypervisor hands it over: taken once, then judged. */
static enum tpm_unseal_result take_response(struct svm *svm, const struct cpu *cpu, bool *carried)
{
    uint8_t packet[TPM_PACKET_MAX];
    gra_t gpa;
    const uint8_t *page = tpm_page(svm, &gpa);
    uint64_t len = cpu->gpr[4];

    *carried = page && cpu->gpr[3] == UV_H_SUCCESS && len <= sizeof(packet);
    if (!*carried)
        return TPM_UNSEAL_ERROR;
    memcpy(packet, page, sizeof(packet));
    return tpm_unseal_response(&svm->esm->unseal, packet, len);
}

static enum enter_outcome close_transport(struct thread_save *s, struct cpu *cpu)
{
    const uint64_t args[] = {TPM_CLOSE, 0, 0, 0, 0};
    return enter_hcall(s, cpu, UV_H_TPM_COMM, args, ARRAY_SIZE(args));
}

enum { BOX_BEGIN, BOX_COMMAND, BOX_RESPONSE, BOX_CLOSED_OK, BOX_CLOSED_FAILED };

static enum enter_outcome judge_response(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;
    char text[TPM_MESSAGE_MAX];
    bool carried;

    switch (take_response(s->svm, cpu, &carried)) {
    case TPM_UNSEAL_MORE:
        e->sub = BOX_COMMAND;
        return ENTER_AGAIN;
    case TPM_UNSEAL_DONE:
        e->sub = BOX_CLOSED_OK;
        return close_transport(s, cpu);
    case TPM_UNSEAL_ERROR:
        break;
    }
    tpm_unseal_message(&e->unseal, text);
    if (carried)
        enter_fail(e, "%.200s", text);
    else
        enter_fail(e, "H_TPM_COMM: status %lld, %llu bytes", (long long)cpu->gpr[3],
                   (unsigned long long)cpu->gpr[4]);
    e->sub = BOX_CLOSED_FAILED;
    return close_transport(s, cpu);
}

/* A lockbox that the TPM's key does not fit may be followed by one that it does. */
static enum enter_outcome after_failure(struct svm *svm)
{
    struct esm *e = svm->esm;
    bool other_key = e->unseal.step == TPM_UNSEAL_DECRYPT;

    tpm_unseal_end(&e->unseal);
    if (!other_key)
        return ENTER_FAIL;
    e->attempt++;
    e->sub = BOX_BEGIN;
    return ENTER_AGAIN;
}

static enum enter_outcome open_digests(struct svm *svm)
{
    struct esm *e = svm->esm;
    struct esm_error err;

    e->has_key = tpm_unseal_key(&e->unseal, e->key.byte);
    tpm_unseal_end(&e->unseal);
    if (!e->has_key)
        return enter_fail(e, "no key in the lockbox");
    uv_say(svm->uv, svm->lpid, "ESM: lockbox opened");
    if (esm_blob_digests(&e->blob, &e->key, &e->digests, &err))
        return enter_fail(e, "%s", err.text);
    return ENTER_NEXT;
}

enum enter_outcome esm_open_lockbox(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;

    switch (e->sub) {
    case BOX_BEGIN:
        if (!svm->uv->has_key)
            return enter_fail(e, "boot firmware gave no wrapping key");
        if (!begin_unseal(svm))
            return e->why[0] ? ENTER_FAIL : enter_fail(e, "no lockbox for an RSA-2048 key");
        e->sub = BOX_COMMAND;
        return ENTER_AGAIN;
    case BOX_COMMAND:
        e->sub = BOX_RESPONSE;
        return send_command(s, cpu);
    case BOX_RESPONSE:
        return judge_response(s, cpu);
    case BOX_CLOSED_OK:
        return open_digests(svm);
    default:
        return after_failure(svm);
    }
}

/* ---- measuring ---- */

enum enter_outcome esm_fetch_kernel(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;

    (void)cpu;
    if (e->sub++)
        return ENTER_NEXT;
    if (e->kbase & 3)
        return enter_fail(e, "kernel at 0x%llx", (unsigned long long)e->kbase);
    for (unsigned i = 0; i < e->nreserved; i++)
        if (e->reserved[i] < e->kbase + e->digests.kernel_size &&
            e->kbase < e->reserved[i] + UV_PAGE_SIZE)
            return enter_fail(e, "the kernel reaches into the ultravisor's buffers");
    return enter_fetch(svm, e->kbase, e->digests.kernel_size);
}

static bool measure(const struct svm *svm, const struct esm_range *r, uint8_t out[64])
{
    size_t n = r->len / UV_PAGE_SIZE + 2, count = 0;
    struct esm_span *spans = calloc(n, sizeof(*spans));

    for (uint64_t done = 0; spans && done < r->len; count++) {
        gra_t at = r->gpa + done;
        uint64_t room = UV_PAGE_SIZE - (at & (UV_PAGE_SIZE - 1));
        uint64_t len = r->len - done < room ? r->len - done : room;
        const struct page *p = page_of(svm, at);
        bool there = p && p->fetched && (p->state == PAGE_SECURE || p->state == PAGE_PSEUDO);
        spans[count].p = there ? memory_ptr(&svm->uv->m->mem,
                                            page_frame(svm, at) + (at & (UV_PAGE_SIZE - 1)), len)
                               : NULL;
        spans[count].len = len;
        if (!spans[count].p)
            break;
        done += len;
    }
    bool ok = spans && count && spans[count - 1].p;
    if (ok)
        esm_sha512(spans, count, out);
    free(spans);
    uv_charge(svm->uv, (r->len / UV_PAGE_SIZE + 1) * COST_PAGE_HASH);
    return ok;
}

enum enter_outcome esm_compare(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;
    const struct esm_range rtas = {e->rtas.gpa, e->rtas_text};
    const struct esm_range kernel = {e->kbase, e->digests.kernel_size};
    const struct esm_span args = {e->bootargs, e->bootargs_len};
    struct esm_digests guest = {.kernel_size = e->digests.kernel_size};
    struct esm_error err;

    (void)cpu;
    uv_say(svm->uv, svm->lpid, "ESM: %llu pages in",
           (unsigned long long)svm->uv->stats.pages_in_clear);
    if (!measure(svm, &rtas, guest.sha512[ESM_PART_RTAS]) ||
        !measure(svm, &kernel, guest.sha512[ESM_PART_KERNEL]) ||
        !measure(svm, &e->initrd, guest.sha512[ESM_PART_INITRD]))
        return enter_fail(e, "a page to be measured is gone");
    esm_sha512(&args, 1, guest.sha512[ESM_PART_BOOTARGS]);
    if (esm_digests_compare(&e->digests, &guest, NULL, &err))
        return enter_fail(e, "%s", err.text);
    uv_say(svm->uv, svm->lpid, "ESM: digests ok");
    return ENTER_NEXT;
}
