/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and lockboxes: commands generate, create, authorize, revoke. */
#include "esm_tool.h"

static bool write_pair(const struct arguments *a, const struct esm_rsa *key,
                       const struct passphrase *p)
{
    static const unsigned mode[] = {0600, 0644};
    const char *path[] = {a->option['s'], a->option['p']};
    char pem[2][ESM_PEM_MAX];
    size_t len[2];
    struct esm_error e;
    bool ok = true;
    if (esm_rsa_secret_pem(key, p->text, p->len, pem[0], &len[0], &e) ||
        esm_rsa_public_pem(key, pem[1], &len[1], &e))
        ok = complain_esm("generate", &e);
    for (unsigned i = 0; ok && i < 2 && !a->dry_run; i++)
        ok = file_write(path[i], &(struct esm_span){pem[i], len[i]}, 1, mode[i]);
    esm_wipe(pem, sizeof(pem));
    return ok;
}

bool command_generate(const struct arguments *a)
{
    struct passphrase p;
    struct esm_rsa *key = NULL;
    struct esm_error e;
    const char *pub = a->option['p'], *sec = a->option['s'];
    if (!strcmp(pub, sec))
        return complain("%s: one file for both keys; give two names", pub);
    if (file_exists(sec) || file_exists(pub))
        return complain("%s: already there; remove it, or give another name",
                        file_exists(sec) ? sec : pub);
    if (!passphrase_get(&p, a, "Passphrase for the new secret key (empty: none): ",
                        "The same passphrase again: "))
        return false;
    say(a, "generating an RSA-%d key", ESM_RSA_BITS_MIN);
    bool ok = !esm_rsa_generate(&key, ESM_RSA_BITS_MIN, &e) || complain_esm("generate", &e);
    if (ok)
        ok = write_pair(a, key, &p);
    esm_wipe(&p, sizeof(p));
    esm_rsa_free(key);
    return ok;
}

bool command_create(const struct arguments *a)
{
    struct esm_recipient origin;
    struct esm_blob blob = {0};
    struct esm_key symkey;
    struct esm_error e;
    bool ok = recipient_read(&origin, a->option['p'], a->option['c']);
    if (ok && esm_build_create(&blob, &origin, &symkey, &e))
        ok = complain_esm(a->option['b'], &e);
    esm_wipe(&symkey, sizeof(symkey));
    if (ok)
        ok = blob_write(a, &blob, a->option['b']);
    esm_blob_close(&blob);
    recipient_free(&origin);
    return ok;
}

bool command_authorize(const struct arguments *a)
{
    struct esm_recipient r;
    struct esm_blob blob = {0};
    struct esm_key symkey;
    struct esm_error e;
    unsigned number = 0;
    bool ok = recipient_read(&r, a->option['p'], a->option['c']) &&
              blob_read(&blob, a->option['b']) && unlock(a, &blob, &symkey);
    if (ok && esm_build_authorize(&blob, &r, &symkey, &number, &e))
        ok = complain_esm(a->option['p'], &e);
    esm_wipe(&symkey, sizeof(symkey));
    if (ok) {
        say(a, "lockbox-%u is for %s", number, a->option['p']);
        ok = blob_write(a, &blob, a->option['b']);
    }
    esm_blob_close(&blob);
    recipient_free(&r);
    return ok;
}

bool command_revoke(const struct arguments *a)
{
    struct esm_recipient r;
    struct esm_blob blob = {0};
    struct esm_error e;
    bool ok = recipient_read(&r, a->option['p'], NULL) && blob_read(&blob, a->option['b']);
    if (ok && esm_build_revoke(&blob, r.fingerprint, &e))
        ok = complain_esm(a->option['p'], &e);
    if (ok)
        ok = blob_write(a, &blob, a->option['b']);
    esm_blob_close(&blob);
    recipient_free(&r);
    return ok;
}
