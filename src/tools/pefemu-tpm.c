// SPDX-License-Identifier: Apache-2.0
/* pefemu-tpm: makes and shows the TPM that pefemu -tpmstate uses. Its command line, driven by
 * tpm/command.def. */
#include "pefemu/err.h"
#include "tools/tpm/tpm_tool.h"
#include "version.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct command_row {
    const char *name;
    bool makes, writes;
    const char *help, *more;
    bool (*run)(struct tool *t);
} commands[] = {
#define TPM_TOOL_COMMAND(name, makes, writes, help, more)                                          \
    {#name, makes, writes, help, more, command_##name},
#include "tools/tpm/command.def"
#undef TPM_TOOL_COMMAND
};

void complain(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err_line("pefemu-tpm", fmt, ap);
    va_end(ap);
}

static void help(void)
{
    printf("usage: pefemu-tpm COMMAND DIR [-o FILE]\n"
           "The TPM that pefemu -tpmstate dir=DIR uses: its key is what ESM blobs are made for.\n"
           "DIR may be the control socket of an swtpm instead, for pefemu -tpmdev.\n"
           "\ncommands:\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    printf("\n  -o FILE    where pubkey writes to\n  --help, --version\n");
}

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

/* The words behind the command; false after the complaint. */
static bool parse(struct tool *t, const struct command_row *c, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        bool is_output = !strcmp(argv[i], "-o");
        const char **value = is_output ? &t->output : &t->dir;
        if (is_output && (!c->writes || i + 1 == argc)) {
            complain("%s: -o: %s", c->name, c->writes ? "needs a file" : "this command takes none");
            return false;
        }
        if (!is_output && argv[i][0] == '-') {
            complain("%s: %s: no such option; see pefemu-tpm --help", c->name, argv[i]);
            return false;
        }
        if (*value) {
            complain("%s: %s: one %s only", c->name, argv[i], is_output ? "-o" : "folder");
            return false;
        }
        *value = is_output ? argv[++i] : argv[i];
    }
    if (!t->dir || !*t->dir) {
        complain("%s: the TPM's folder is missing; usage: pefemu-tpm %s DIR", c->name, c->name);
        return false;
    }
    return true;
}

static bool is_socket(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISSOCK(st.st_mode);
}

static bool run(struct tool *t, const struct command_row *c)
{
    const bool outside = is_socket(t->dir);
    const struct tpm_config cfg = {.socket = outside ? t->dir : NULL,
                                   .state_dir = outside ? NULL : t->dir,
                                   .create = c->makes};
    char message[TPM_MESSAGE_MAX];
    t->tpm = tpm_create(&cfg, message);
    if (!t->tpm) {
        complain("%s", message);
        return false;
    }
    t->tss = tpm_direct(t->tpm);
    bool ok = c->run(t);
    tpm_destroy(t->tpm);
    if (ok && fflush(stdout) == EOF) {
        complain("standard output can not be written");
        return false;
    }
    return ok;
}

int main(int argc, char **argv)
{
    struct tool t = {0};
    const char *word = argc > 1 ? argv[1] : "";
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
        help();
        return fflush(stdout) == EOF;
    }
    if (!strcmp(word, "--version")) {
        printf("pefemu-tpm %s (commit %s)\n", PEFEMU_VERSION, PEFEMU_COMMIT);
        return fflush(stdout) == EOF;
    }
    const struct command_row *c = find_command(word);
    if (!c) {
        complain("%s%sno such command; see pefemu-tpm --help", word, *word ? ": " : "");
        return EXIT_PEF_USAGE;
    }
    for (int i = 2; i < argc; i++)
        if (!strcmp(argv[i], "--help")) {
            printf("usage: pefemu-tpm %s DIR%s\n%s\n", c->name, c->writes ? " [-o FILE]" : "",
                   c->more);
            return fflush(stdout) == EOF;
        }
    if (!parse(&t, c, argc, argv))
        return EXIT_PEF_USAGE;
    return run(&t, c) ? EXIT_PEF_OK : EXIT_PEF_HOST;
}
