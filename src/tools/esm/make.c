/* SPDX-License-Identifier: Apache-2.0 */
/* Command make: a whole blob from its description, written once everything went well. */
#include "config.h"
#include "esm_tool.h"

#include <stdio.h>

struct work {
    const struct arguments *a;
    struct config config;
    struct esm_blob blob;
    struct esm_key symkey;
};

static const char *comment_of(const struct entry *e)
{
    return e->value[KEY_COMMENT] ? e->value[KEY_COMMENT] : "";
}

/* The secret key is not needed; but if it can be read without a passphrase it must be the other
 * half.
 */
static bool check_pair(const struct entry *e, const struct esm_rsa *pub)
{
    const char *path = e->value[KEY_SECKEY];
    struct file f;
    struct esm_rsa *secret = NULL;
    struct esm_error error;
    if (!file_read(&f, path, ESM_PEM_MAX))
        return false;
    enum esm_err err = esm_rsa_secret(&secret, f.p, f.len, NULL, 0, &error);
    file_wipe(&f);
    bool same = err || esm_rsa_same(secret, pub);
    esm_rsa_free(secret);
    if (err && err != ESM_PASSPHRASE_NEEDED)
        return complain_esm(path, &error);
    return same || complain("%s: not the secret key of %s", path, e->value[KEY_PUBKEY]);
}

static bool make_origin(struct work *w)
{
    const struct entry *e = config_next(&w->config, ENTRY_ORIGIN, NULL);
    struct esm_recipient r;
    struct esm_error error;
    bool ok = recipient_read(&r, e->value[KEY_PUBKEY], comment_of(e)) && check_pair(e, r.key);
    if (ok && esm_build_create(&w->blob, &r, &w->symkey, &error))
        ok = complain_esm(e->value[KEY_PUBKEY], &error);
    recipient_free(&r);
    return ok;
}

static bool make_recipients(struct work *w)
{
    const struct entry *e = NULL;
    struct esm_error error;
    bool ok = true;
    while (ok && (e = config_next(&w->config, ENTRY_RECIPIENT, e))) {
        struct esm_recipient r;
        unsigned number;
        ok = recipient_read(&r, e->value[KEY_PUBKEY], comment_of(e));
        if (ok && esm_build_authorize(&w->blob, &r, &w->symkey, &number, &error))
            ok = complain_esm(e->value[KEY_PUBKEY], &error);
        if (ok)
            say(w->a, "lockbox-%u is for %s", number, e->value[KEY_PUBKEY]);
        recipient_free(&r);
    }
    return ok;
}

static bool make_digests(struct work *w)
{
    const struct entry *e = config_next(&w->config, ENTRY_DIGEST, NULL);
    struct esm_digests d;
    struct esm_error error;
    if (!e)
        return true;
    if (!digests_compute(&d, e->value[KEY_ARGS], e->value[KEY_INITRAMFS], e->value[KEY_KERNEL]))
        return false;
    if (w->a->verbose)
        digests_print(&d);
    if (esm_build_digests(&w->blob, &w->symkey, &d, comment_of(e), &error))
        return complain_esm("digest", &error);
    return true;
}

static bool make_files(struct work *w)
{
    const struct entry *e = NULL;
    struct esm_error error;
    bool ok = true;
    while (ok && (e = config_next(&w->config, ENTRY_FILE, e))) {
        const char *path = e->value[KEY_PATH], *slash = strrchr(path, '/');
        const char *name = e->value[KEY_NAME] ? e->value[KEY_NAME] : slash ? slash + 1 : path;
        struct file f;
        ok = file_read(&f, path, ESM_FILE_MAX);
        if (ok && esm_build_attach(&w->blob, &w->symkey, name, f.p, f.len, comment_of(e), &error))
            ok = complain_esm(path, &error);
        file_wipe(&f);
    }
    return ok;
}

bool command_make(const struct arguments *a)
{
    struct work w = {.a = a};
    if (!config_read(&w.config, a->option['y']))
        return false;
    bool ok = make_origin(&w) && make_recipients(&w) && make_digests(&w) && make_files(&w);
    esm_wipe(&w.symkey, sizeof(w.symkey));
    if (ok)
        ok = blob_write(a, &w.blob, a->option['b']);
    esm_blob_close(&w.blob);
    config_free(&w.config);
    return ok;
}
