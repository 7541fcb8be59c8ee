/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the description of a blob. */
#include "config.h"
#include "esm_tool.h"

#include <stdio.h>
#include <stdlib.h>

#define CONFIG_MAX ((size_t)MiB)

#define BIT(key) (1u << KEY_##key)
static const struct kind_row {
    const char *name;
    unsigned needed, known; /* BIT(key) */
} kinds[ENTRY_KINDS] = {
    [ENTRY_ORIGIN] = {"origin", BIT(PUBKEY) | BIT(SECKEY),
                      BIT(PUBKEY) | BIT(SECKEY) | BIT(COMMENT)},
    [ENTRY_RECIPIENT] = {"recipient", BIT(PUBKEY), BIT(PUBKEY) | BIT(COMMENT)},
    [ENTRY_DIGEST] = {"digest", BIT(ARGS) | BIT(INITRAMFS) | BIT(KERNEL),
                      BIT(ARGS) | BIT(INITRAMFS) | BIT(KERNEL) | BIT(COMMENT)},
    [ENTRY_FILE] = {"file", BIT(PATH), BIT(PATH) | BIT(NAME) | BIT(COMMENT)},
};
static const char *const keys[ENTRY_KEYS] = {
    [KEY_PUBKEY] = "pubkey",       [KEY_SECKEY] = "seckey",   [KEY_ARGS] = "args",
    [KEY_INITRAMFS] = "initramfs", [KEY_KERNEL] = "kernel",   [KEY_PATH] = "path",
    [KEY_NAME] = "name",           [KEY_COMMENT] = "comment",
};

static bool wrong(const char *path, const yaml_node_t *node, const char *what, const char *why)
{
    return complain("%s:%zu: %s: %s", path, node->start_mark.line + 1, what, why);
}

/* A scalar without a NUL inside; NULL: something else. */
static const char *text(const yaml_node_t *node)
{
    const char *s =
        node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
    return s && strlen(s) == node->data.scalar.length ? s : NULL;
}

static bool read_value(struct config *c, const char *path, struct entry *e,
                       const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(&c->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&c->document, pair->value);
    const char *name = text(key);
    const struct kind_row *kind = &kinds[e->kind];
    for (unsigned i = 0; name && i < ENTRY_KEYS; i++) {
        if (strcmp(name, keys[i]) || !(kind->known >> i & 1))
            continue;
        if (e->value[i])
            return wrong(path, key, name, "given twice");
        e->value[i] = text(value);
        if (!e->value[i])
            return wrong(path, value, name, "not a plain text");
        if (!*e->value[i] && i != KEY_ARGS && i != KEY_COMMENT)
            return wrong(path, value, name, "empty");
        return true;
    }
    return complain("%s:%zu: %s: unknown key %s", path, key->start_mark.line + 1, kind->name,
                    name ? name : "(not a text)");
}

/* One item of the list: a map of one kind to a map of keys. */
static bool read_entry(struct config *c, const char *path, const yaml_node_t *item)
{
    struct entry *e = &c->entry[c->count];
    *e = (struct entry){.line = item->start_mark.line + 1, .kind = ENTRY_KINDS};
    const yaml_node_pair_t *pair = item->data.mapping.pairs.start;
    if (item->type != YAML_MAPPING_NODE || item->data.mapping.pairs.top - pair != 1)
        return wrong(path, item, "entry", "not a map with one key");
    const char *name = text(yaml_document_get_node(&c->document, pair->key));
    const yaml_node_t *map = yaml_document_get_node(&c->document, pair->value);
    for (unsigned i = 0; name && i < ENTRY_KINDS; i++)
        if (!strcmp(name, kinds[i].name))
            e->kind = i;
    if (e->kind == ENTRY_KINDS)
        return wrong(path, item, name ? name : "entry",
                     "not one of origin, recipient, digest, file");
    if (map->type != YAML_MAPPING_NODE)
        return wrong(path, map, name, "not a map of keys");
    for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++)
        if (!read_value(c, path, e, pair))
            return false;
    for (unsigned i = 0; i < ENTRY_KEYS; i++)
        if (kinds[e->kind].needed >> i & 1 && !e->value[i])
            return complain("%s:%zu: %s: %s is missing", path, e->line, name, keys[i]);
    c->count++;
    return true;
}

static bool check_numbers(const struct config *c, const char *path)
{
    size_t n[ENTRY_KINDS] = {0};
    for (size_t i = 0; i < c->count; i++)
        if (++n[c->entry[i].kind] > 1 &&
            (c->entry[i].kind == ENTRY_ORIGIN || c->entry[i].kind == ENTRY_DIGEST))
            return complain("%s:%zu: more than one %s entry", path, c->entry[i].line,
                            kinds[c->entry[i].kind].name);
    if (!n[ENTRY_ORIGIN])
        return complain("%s: no origin entry", path);
    if (!n[ENTRY_DIGEST] && (n[ENTRY_RECIPIENT] || n[ENTRY_FILE]))
        return complain("%s: no digest entry, and there are recipients or files", path);
    return true;
}

static bool read_list(struct config *c, const char *path)
{
    yaml_node_t *root = yaml_document_get_root_node(&c->document);
    if (!root || root->type != YAML_SEQUENCE_NODE)
        return complain("%s: not a list of entries", path);
    const yaml_node_item_t *item = root->data.sequence.items.start,
                           *end = root->data.sequence.items.top;
    c->entry = calloc((size_t)(end - item) + 1, sizeof(*c->entry));
    if (!c->entry)
        return complain("%s: the host has not enough memory", path);
    for (; item < end; item++)
        if (!read_entry(c, path, yaml_document_get_node(&c->document, *item)))
            return false;
    return check_numbers(c, path);
}

/* One document; the caller's to delete if this succeeds. */
static bool load(yaml_parser_t *parser, yaml_document_t *document, const char *path)
{
    yaml_document_t next;
    if (!yaml_parser_load(parser, document))
        return complain("%s:%zu: %s", path, parser->problem_mark.line + 1,
                        parser->problem ? parser->problem : "not YAML");
    if (!yaml_document_get_root_node(document))
        return true; /* an empty file: there is no second one */
    bool alone = yaml_parser_load(parser, &next);
    if (alone) {
        alone = !yaml_document_get_root_node(&next);
        yaml_document_delete(&next);
    }
    if (alone)
        return true;
    yaml_document_delete(document);
    return complain("%s: more than one document", path);
}

bool config_read(struct config *c, const char *path)
{
    struct file f;
    yaml_parser_t parser;
    *c = (struct config){0};
    if (!file_read(&f, path, CONFIG_MAX))
        return false;
    bool ok =
        yaml_parser_initialize(&parser) || complain("%s: the host has not enough memory", path);
    if (ok) {
        yaml_parser_set_input_string(&parser, f.p, f.len);
        ok = load(&parser, &c->document, path);
        yaml_parser_delete(&parser);
    }
    file_free(&f);
    if (ok && !read_list(c, path)) {
        config_free(c);
        ok = false;
    }
    return ok;
}

void config_free(struct config *c)
{
    yaml_document_delete(&c->document);
    free(c->entry);
    *c = (struct config){0};
}

const struct entry *config_next(const struct config *c, enum entry_kind kind,
                                const struct entry *after)
{
    for (const struct entry *e = after ? after + 1 : c->entry; e < c->entry + c->count; e++)
        if (e->kind == kind)
            return e;
    return NULL;
}
