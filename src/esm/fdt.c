/* SPDX-License-Identifier: Apache-2.0 */
/* Device trees from strangers: copied, checked as a whole, then read property by property. */
#include "esm_internal.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

#define FDT_HEADER 40 /* bytes of a version 17 header */

/* Offsets that libfdt takes for aligned, and a version whose properties are where it looks. */
static enum esm_err check_header(const uint8_t *fdt, size_t len, size_t max, const char *what,
                                 struct esm_error *e)
{
    if (len < FDT_HEADER || get_be32(fdt) != FDT_MAGIC)
        return esm_fail(e, ESM_NOT_FDT, what, NULL);
    size_t total = get_be32(fdt + 4);
    if (total > max)
        return esm_fail(e, ESM_TOO_LARGE, what, "%zu bytes, at most %zu are allowed", total, max);
    if (total < FDT_HEADER || total > len)
        return esm_fail(e, ESM_BAD_FDT, what, "the tree is %zu bytes long, there are %zu", total,
                        len);
    if (get_be32(fdt + 20) < 17)
        return esm_fail(e, ESM_BAD_FDT, what, "a tree of version %u, at least 17 is needed",
                        get_be32(fdt + 20));
    if (get_be32(fdt + 8) % 4 || get_be32(fdt + 16) % 8)
        return esm_fail(e, ESM_BAD_FDT, what, "misaligned blocks");
    return ESM_OK;
}

enum esm_err esm_fdt_copy(uint8_t **fdt, size_t *size, const void *bytes, size_t len, size_t max,
                          const char *what, struct esm_error *e)
{
    /* The bytes may be shared with someone who changes them: one look, then only at copies. */
    uint8_t header[FDT_HEADER];
    enum esm_err err;
    *fdt = NULL;
    *size = 0;
    memcpy(header, bytes, len < FDT_HEADER ? len : FDT_HEADER);
    err = check_header(header, len, max, what, e);
    if (err)
        return err;
    size_t total = get_be32(header + 4);
    uint8_t *copy = malloc(total);
    if (!copy)
        return esm_fail(e, ESM_NO_MEMORY, what, NULL);
    memcpy(copy, header, FDT_HEADER);
    memcpy(copy + FDT_HEADER, (const uint8_t *)bytes + FDT_HEADER, total - FDT_HEADER);
    int bad = err ? 0 : fdt_check_full(copy, total);
    if (bad)
        err = esm_fail(e, ESM_BAD_FDT, what, "damaged device tree (%s)", fdt_strerror(bad));
    if (err) {
        free(copy);
        return err;
    }
    *fdt = copy;
    *size = total;
    return ESM_OK;
}

enum esm_err esm_fdt_prop(const void *fdt, int node, const char *path, const char *name,
                          const void **value, size_t *len, struct esm_error *e)
{
    char field[128];
    int n;
    *value = fdt_getprop(fdt, node, name, &n);
    *len = *value ? (size_t)n : 0;
    if (*value)
        return ESM_OK;
    snprintf(field, sizeof(field), "%s/%s", path, name);
    return esm_fail(e, ESM_MISSING, field, NULL);
}

enum esm_err esm_fdt_fixed(const void *fdt, int node, const char *path, const char *name,
                           const void **value, size_t len, struct esm_error *e)
{
    char field[128];
    size_t n;
    enum esm_err err = esm_fdt_prop(fdt, node, path, name, value, &n, e);
    if (err || n == len)
        return err;
    snprintf(field, sizeof(field), "%s/%s", path, name);
    return esm_fail(e, ESM_LENGTH, field, "%zu bytes, not %zu", n, len);
}

enum esm_err esm_fdt_string(const void *fdt, int node, const char *path, const char *name,
                            const char **value, struct esm_error *e)
{
    char field[128];
    const void *p;
    size_t n;
    enum esm_err err = esm_fdt_prop(fdt, node, path, name, &p, &n, e);
    *value = p;
    if (err || (n && memchr(p, 0, n) == *value + n - 1))
        return err;
    snprintf(field, sizeof(field), "%s/%s", path, name);
    return esm_fail(e, ESM_STRING, field, NULL);
}

enum esm_err esm_fdt_compatible(const void *fdt, const char *want, const char *what,
                                struct esm_error *e)
{
    char path[64], field[96];
    const char *value;
    enum esm_err err;
    snprintf(path, sizeof(path), "%s ", what);
    err = esm_fdt_string(fdt, 0, path, "compatible", &value, e);
    if (err || !strcmp(value, want))
        return err;
    snprintf(field, sizeof(field), "%s /compatible", what);
    return esm_fail(e, ESM_COMPATIBLE, field, "\"%.40s\", not \"%s\"", value, want);
}

enum esm_err esm_fdt_algorithm(const void *fdt, int node, const char *path, const char *want,
                               struct esm_error *e)
{
    char field[128];
    const char *value;
    enum esm_err err = esm_fdt_string(fdt, node, path, "algorithm", &value, e);
    if (err || !strcmp(value, want))
        return err;
    snprintf(field, sizeof(field), "%s/algorithm", path);
    return esm_fail(e, ESM_ALGORITHM, field, "\"%.40s\", not \"%s\"", value, want);
}

enum esm_err esm_fdt_comment(const void *fdt, int node, const char *path, const char **value,
                             struct esm_error *e)
{
    *value = "";
    if (!fdt_getprop(fdt, node, "untrusted-comment", NULL))
        return ESM_OK;
    return esm_fdt_string(fdt, node, path, "untrusted-comment", value, e);
}

enum esm_err esm_fdt_sealed(const void *fdt, int node, const char *path, size_t max,
                            struct esm_sealed *s, struct esm_error *e)
{
    char field[128];
    const void *p, *iv, *mac;
    enum esm_err err = esm_fdt_algorithm(fdt, node, path, ESM_SEAL_ALGORITHM, e);
    if (!err)
        err = esm_fdt_comment(fdt, node, path, &s->comment, e);
    if (!err)
        err = esm_fdt_prop(fdt, node, path, "ciphertext", &p, &s->len, e);
    if (err)
        return err;
    if (s->len > max) {
        snprintf(field, sizeof(field), "%s/ciphertext", path);
        return esm_fail(e, ESM_TOO_LARGE, field, "%zu bytes, at most %zu are allowed", s->len, max);
    }
    s->ciphertext = p;
    err = esm_fdt_fixed(fdt, node, path, "iv", &iv, ESM_IV_SIZE, e);
    if (!err)
        err = esm_fdt_fixed(fdt, node, path, "mac", &mac, ESM_MAC_SIZE, e);
    if (err)
        return err;
    s->iv = iv;
    s->mac = mac;
    return ESM_OK;
}
