/* SPDX-License-Identifier: Apache-2.0 */
/* The description that command make reads: a YAML list of maps with one key each. config.c
 * (libyaml) */
#ifndef PEFEMU_ESM_CONFIG_H
#define PEFEMU_ESM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

enum entry_kind { ENTRY_ORIGIN, ENTRY_RECIPIENT, ENTRY_DIGEST, ENTRY_FILE, ENTRY_KINDS };
enum entry_key {
    KEY_PUBKEY,
    KEY_SECKEY,
    KEY_ARGS,
    KEY_INITRAMFS,
    KEY_KERNEL,
    KEY_PATH,
    KEY_NAME,
    KEY_COMMENT,
    ENTRY_KEYS
};

struct entry {
    enum entry_kind kind;
    size_t line;
    const char *value[ENTRY_KEYS]; /* borrowed from the document; NULL: not given */
};

struct config {
    yaml_document_t document;
    struct entry *entry; /* owned; in the order of the file */
    size_t count;
};

/* Reads and checks: known keys only, needed ones there, the right number of each kind. */
bool config_read(struct config *c, const char *path);
void config_free(struct config *c);
/* The next entry of a kind behind @after (NULL: the first). */
const struct entry *config_next(const struct config *c, enum entry_kind kind,
                                const struct entry *after);

#endif
